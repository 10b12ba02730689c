#!/usr/bin/env python3
"""Reports what has grown large, and fails on what has grown too large.

                              wished     limit
    function, lines             60        100
    function, McCabe            15         25
    source file, lines         600        800
    public header, lines       400        500

Needs universal-ctags and pmccabe. Exit code 1 when a limit is passed.
"""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WISH = {"function lines": 60, "McCabe": 15, "file lines": 600, "header lines": 400}
LIMIT = {"function lines": 100, "McCabe": 25, "file lines": 800, "header lines": 500}


def files():
    found = []
    for top in ("src", "include", "tests", "bench", "fuzz"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            found += [os.path.relpath(os.path.join(folder, n), ROOT) for n in names if n.endswith((".c", ".h"))]
    return sorted(found)


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def function_lines(sources):
    for line in run("ctags", "--output-format=json", "--fields=+ne", "--kinds-C=f", "--languages=C", "-o", "-", *sources):
        tag = json.loads(line)
        if tag.get("_type") == "tag" and "end" in tag:
            yield "function lines", tag["end"] - tag["line"] + 1, f"{tag['path']}:{tag['line']} {tag['name']}"


def complexity(sources):
    for line in run("pmccabe", *sources):
        # modified McCabe (a switch counts once), traditional, statements, first line, lines, file(line): function
        modified, _, _, first, _, place = line.split("\t")
        yield "McCabe", int(modified), f"{place.split('(')[0]}:{first} {place.rsplit(' ', 1)[-1]}"


def file_lines(paths):
    for path in paths:
        with open(os.path.join(ROOT, path), "rb") as f:
            kind = "header lines" if path.startswith("include/") else "file lines"
            yield kind, f.read().count(b"\n"), path


def main():
    paths = files()
    sources = [p for p in paths if p.endswith(".c")]
    if not sources:
        print("no sources")
        return 1
    measured = [*function_lines(sources), *complexity(sources), *file_lines(paths)]
    large = sorted((m for m in measured if m[1] > WISH[m[0]]), key=lambda m: (m[0], -m[1], m[2]))
    for kind, n, where in large:
        print(f"{kind} {n} (wished {WISH[kind]}, limit {LIMIT[kind]}): {where}" + (" TOO LARGE" if n > LIMIT[kind] else ""))
    functions = [n for kind, n, _ in measured if kind == "function lines"]
    functions.sort()
    print(f"{len(paths)} files, {len(functions)} functions, median length {functions[len(functions) // 2]} lines, "
          f"{len(large)} above the wish")
    return 1 if any(n > LIMIT[kind] for kind, n, _ in large) else 0


if __name__ == "__main__":
    sys.exit(main())

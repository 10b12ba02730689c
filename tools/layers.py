#!/usr/bin/env python3
"""Checks that no layer includes a higher one.

    base  <-  table  <-  op  <-  study  <-  report, cli
    base  <-  kernel <-  op

A file of src/LAYER may include the headers of the layers in ALLOWED[LAYER], the public headers, and libraries; the DuckDB
header belongs to src/table alone. Public headers include only public headers and the C library. Prints one line for each
wrong include; exit code 1 when there is one.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ALLOWED = {
    "base": {"base"},
    "kernel": {"base", "kernel"},
    "table": {"base", "table"},
    "op": {"base", "kernel", "table", "op"},
    "study": {"base", "table", "op", "study"},
    "report": {"base", "table", "op", "study", "report"},
    "cli": {"base", "table", "op", "study", "report", "cli"},
}
# Public headers whose content belongs to a layer; every other public header describes kernels and is open to all but base.
PUBLIC = {"base": "base", "table": "table", "study": "study", "report": "report"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
STANDARD = re.compile(r"^(assert|complex|ctype|errno|float|inttypes|limits|locale|math|setjmp|signal|std\w+|string|tgmath|"
                      r"time|wchar)\.h$")
# Libraries with one home; cli names their versions.
ONLY_IN = {"duckdb.h": {"table"}, "yaml.h": {"study", "cli"}}


def layer_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def check_layered(path, layer, name):
    """Why the file `path` of `layer` must not include `name`, or None."""
    if name.startswith("agglo/"):
        owner = PUBLIC.get(name[6:-2], "kernel")
        if owner not in ALLOWED[layer]:
            return f"{layer} must not use the public header of {owner}"
        return None
    if name in ONLY_IN and layer not in ONLY_IN[name]:
        return f"only {', '.join(sorted(ONLY_IN[name]))} may use {name}"
    near = os.path.join(ROOT, os.path.dirname(path), name)
    target = os.path.relpath(near, ROOT) if os.path.exists(near) else "src/" + name
    owner = layer_of(target)
    if owner and os.path.exists(os.path.join(ROOT, target)) and owner not in ALLOWED[layer]:
        return f"{layer} must not include {owner}"
    return None


def check_public(name, quote):
    if quote == "<" and STANDARD.match(name):
        return None
    return None if name.startswith("agglo/") else "a public header may include only public headers and the C library"


def wrong_includes(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        text = f.read()
    layer = layer_of(path)
    for m in INCLUDE.finditer(text):
        quote, name = m.groups()
        if path.startswith("include/"):
            why = check_public(name, quote)
        elif layer in ALLOWED:
            why = check_layered(path, layer, name)
        else:
            why = f"'{layer}' is no layer; the layers are {', '.join(ALLOWED)}"
        if why:
            yield f"{path}:{text.count(chr(10), 0, m.start()) + 1}: includes {name}: {why}"


def main():
    files = []
    for top in ("src", "include"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            files += [os.path.relpath(os.path.join(folder, n), ROOT) for n in names if n.endswith((".c", ".h"))]
    wrong = [line for path in sorted(files) for line in wrong_includes(path)]
    print("\n".join(wrong) if wrong else f"{len(files)} files keep to their layers")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())

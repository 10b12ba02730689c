#!/usr/bin/env python3
"""Runs the command-line tests: every function test_*(agglo, tmp) of every test_*.py beside this file.

usage: run.py AGGLO [WORD...]     only tests whose name holds one of the words

Each test gets the command and an empty folder of its own. Prints one line a test and at the end "N passed, N failed" (and ", N
skipped" when some could not run here).
"""
import importlib
import os
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import cli  # noqa: E402


def tests(words):
    for file in sorted(os.listdir(HERE)):
        if not (file.startswith("test_") and file.endswith(".py")):
            continue
        module = importlib.import_module(file[:-3])
        for name, function in list(vars(module).items()):
            full = f"{file[5:-3]}: {name[5:]}".replace("_", " ")
            if name.startswith("test_") and callable(function) and (not words or any(w in full for w in words)):
                yield full, function


def run(function, agglo):
    """('ok' | 'not ok' | 'skip', text)"""
    with tempfile.TemporaryDirectory(prefix="agglo-cli-") as tmp:
        try:
            function(agglo, tmp)
            return "ok", ""
        except cli.Skip as e:
            return "skip", str(e)
        except AssertionError as e:
            where = traceback.extract_tb(e.__traceback__)
            line = next(f for f in reversed(where) if os.path.basename(f.filename).startswith("test_"))
            return "not ok", f"{os.path.basename(line.filename)}:{line.lineno} {line.line}\n{e}"
        except Exception:
            return "not ok", traceback.format_exc()


def main(argv):
    if len(argv) < 2:
        print(__doc__)
        return 2
    agglo = cli.Agglo(argv[1])
    count = {"ok": 0, "not ok": 0, "skip": 0}
    for name, function in tests(argv[2:]):
        started = time.monotonic()
        verdict, text = run(function, agglo)
        count[verdict] += 1
        seconds = time.monotonic() - started
        took = f" ({seconds:.1f} s)" if seconds > 5 else ""
        print(f"{verdict} {name}{took}" + (f" # {text}" if verdict == "skip" else ""), flush=True)
        if verdict == "not ok":
            print("    " + text.rstrip().replace("\n", "\n    "), flush=True)
    skipped = f", {count['skip']} skipped" if count["skip"] else ""
    print(f"{count['ok']} passed, {count['not ok']} failed{skipped}")
    return 1 if count["not ok"] or not count["ok"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

#!/usr/bin/env python3
"""Runs the property tests: every function test_*(agglo) of every module beside this script.

usage: run.py AGGLO [WORD...]     only tests whose name holds one of the words

A test takes the path of the command and asserts. It may raise Skip("why"). The last line is "N passed, N failed".
What tests share (running the command, reading tables) is in agglo_test.py.
"""
import importlib
import os
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True  # the checkout stays clean
from agglo_test import Skip  # noqa: E402  (the path must be set first)


def tests_of(module):
    return [(f"{module.__name__}.{name}", test) for name, test in vars(module).items()
            if name.startswith("test_") and callable(test)]


def reason(error):
    """The assertion's own text, or the line that failed."""
    line = traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.path.basename(line.filename)}:{line.lineno}: {type(error).__name__} {error}".rstrip() + f"\n    {line.line}"


def main(argv):
    if len(argv) < 2:
        print(__doc__)
        return 2
    binary, words = os.path.abspath(argv[1]), argv[2:]
    passed = failed = 0
    for file in sorted(os.listdir(HERE)):
        name, ending = os.path.splitext(file)
        if ending != ".py" or name in ("run", "agglo_test"):
            continue
        try:
            tests = tests_of(importlib.import_module(name))
            if not tests:
                raise ImportError("the module holds no test")
        except Exception as e:
            failed += 1
            print(f"not ok {name}\n    {reason(e)}", flush=True)
            continue
        for label, test in tests:
            if words and not any(w in label for w in words):
                continue
            try:
                test(binary)
                passed += 1
                print(f"ok {label}", flush=True)
            except Skip as e:
                print(f"skip {label} # {e}", flush=True)
            except Exception as e:
                failed += 1
                print(f"not ok {label}\n    {reason(e)}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

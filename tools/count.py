#!/usr/bin/env python3
"""Adds up test results and prints "N passed, N failed".

usage: count.py TESTLOG.json   the log that `meson test` leaves (one JSON object a line, one a test program)
       count.py --sum          lines "N passed, N failed" on stdin

Each test program says how many of its tests passed, as "N passed, N failed[, N skipped]" or as Check does, "P%: Checks: N,
Failures: N, Errors: N". A program that fails without admitting a failed test (a crash, a time-out) counts as one failed, one
that succeeds without any count as one passed. Exit code 1 when anything failed or nothing ran.
"""
import json
import re
import sys

OWN = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.M)
CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)


def counts(text):
    """(passed, failed, skipped) that a program printed, or None."""
    own = [[int(n or 0) for n in m] for m in OWN.findall(text)]
    check = [[int(n) for n in m] for m in CHECK.findall(text)]
    found = own + [[n - f - e, f + e, 0] for n, f, e in check]
    return [sum(c) for c in zip(*found)] if found else None


def program(test):
    ok = test["result"] in ("OK", "EXPECTEDFAIL", "SKIP")
    passed, failed, skipped = counts(test.get("stdout") or "") or (int(ok), 0, 0)
    if not ok and not failed:
        failed = 1
    return passed, failed, skipped


def main(argv):
    if argv[1:] == ["--sum"]:
        rows = [counts(line) or (0, 0, 0) for line in sys.stdin]
    else:
        try:
            with open(argv[1], encoding="utf-8") as f:
                rows = [program(json.loads(line)) for line in f if line.strip()]
        except OSError as e:
            print(f"error: no test log: {e}", file=sys.stderr)
            rows = []
    passed, failed, skipped = [sum(c) for c in zip(*rows)] or (0, 0, 0)
    if skipped:
        print(f"{skipped} skipped", file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

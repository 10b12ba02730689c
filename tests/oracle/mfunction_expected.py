#!/usr/bin/env python3
"""Brings reference curves into the form that 'match' compares: distances written as agglo writes them.

usage: mfunction_expected.py IN OUT [COLUMN_OF_R [COLUMN_TO_WRITE=COLUMN_TO_READ ...]]
"""
import csv
import sys


def main(source, target, r="r", *columns):
    with open(source, newline="") as f:
        rows = list(csv.DictReader(f))
    names = [c.split("=") for c in columns] or [[c, c] for c in rows[0] if c != r]
    with open(target, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["r_km"] + [name for name, _ in names])
        for row in rows:
            cells = [row[c].strip() for _, c in names]
            out.writerow([repr(float(row[r]))] + ["" if c in ("NaN", "NA", "Inf") else c for c in cells])


main(*sys.argv[1:])

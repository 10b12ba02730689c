#!/usr/bin/env python3
"""Numbers the rows of reference tables for spatial statistics, which have no key.

usage: hotspots_inputs.py IN OUT [FIRST [SKIP [COLUMN]]]
FIRST: number of the first row (0); SKIP: lines before the header (0); COLUMN: adds COLUMN_up, the column moved so that its least value is 1.
"""
import csv
import sys


def main(source, target, first="0", skip="0", column=None):
    with open(source, newline="") as f:
        rows = list(csv.reader(f))[int(skip):]
    header, rows = rows[0], rows[1:]
    if column:
        at = header.index(column)
        least = min(float(row[at]) for row in rows)
        header = header + [column + "_up"]
        rows = [row + [repr(float(row[at]) - least + 1)] for row in rows]
    with open(target, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["row"] + header)
        for i, row in enumerate(rows):
            out.writerow([i + int(first)] + row)


main(*sys.argv[1:])

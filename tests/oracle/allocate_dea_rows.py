#!/usr/bin/env python3
"""Brings tables without a unit column into the form that the DEA tests need.

usage: allocate_dea_rows.py number IN OUT             a column unit = 1, 2, ... in front
       allocate_dea_rows.py stack OUT YEAR=IN...      the same, with a column year
       allocate_dea_rows.py long IN OUT COLUMN=NAME...   unit, variable (NAME), value of each row and column
       allocate_dea_rows.py prices IN OUT PRICE...    columns w1, w2, ... with the same price in every row
"""
import csv
import sys


def rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def write(path, table):
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, list(table[0]))
        out.writeheader()
        out.writerows(table)


def main(argv):
    if len(argv) == 4 and argv[1] == "number":
        write(argv[3], [{"unit": i, **{k: v for k, v in r.items() if k != "unit"}} for i, r in enumerate(rows(argv[2]), 1)])
    elif len(argv) > 3 and argv[1] == "stack":
        table = []
        for part in argv[3:]:
            year, path = part.split("=", 1)
            table += [{"unit": i, "year": year, **r} for i, r in enumerate(rows(path), 1)]
        write(argv[2], table)
    elif len(argv) > 4 and argv[1] == "long":
        names = [part.split("=", 1) for part in argv[4:]]
        write(argv[3], [{"unit": i, "variable": name, "value": r[column]} for i, r in enumerate(rows(argv[2]), 1)
                        for column, name in names])
    elif len(argv) > 4 and argv[1] == "prices":
        write(argv[3], [{**r, **{f"w{k}": p for k, p in enumerate(argv[4:], 1)}} for r in rows(argv[2])])
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

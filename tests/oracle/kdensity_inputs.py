#!/usr/bin/env python3
"""Makes inputs and expected tables for kdensity.oracle.

usage: kdensity_inputs.py one IN OUT                 the points of IN, all of one industry
       kdensity_inputs.py table IN OUT r NEW=OLD ...  columns of IN under new names, r written as the command writes it
       kdensity_inputs.py random OUT N SEED           N random points of two industries dealt without effect
"""
import csv
import random
import sys


def rows(path):
    with open(path, newline="") as f:
        return [{k.strip('"'): v.strip() for k, v in row.items()} for row in csv.DictReader(f)]


def write(path, header, lines):
    with open(path, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(header)
        out.writerows(lines)


def main(what, *args):
    if what == "one":
        data = rows(args[0])
        x, y = ("X", "Y") if "X" in data[0] else ("x", "y")
        write(args[1], ["x", "y", "industry"], [[r[x], r[y], "all"] for r in data])
    elif what == "table":
        names = [a.split("=") for a in args[3:]]
        write(args[1], ["r_km"] + [new for new, _ in names],
              [[repr(float(r[args[2]]))] + [r[old] for _, old in names] for r in rows(args[0])])
    elif what == "random":
        rng = random.Random(int(args[2]))
        write(args[0], ["lon", "lat", "industry"],
              [[f"{rng.uniform(5, 9):.6f}", f"{rng.uniform(45, 48):.6f}", rng.choice("ab")] for _ in range(int(args[1]))])
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])

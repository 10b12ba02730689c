#!/usr/bin/env python3
"""Makes inputs for the oracle tests of complexity, relatedness and coagglomeration.

usage: complexity_inputs.py trade IN OUT        20 x 30 values without names -> region,industry,value (r001.., i0001..)
       complexity_inputs.py presence IN OUT     list of country,product -> industry,ubiquity
       complexity_inputs.py cells IN OUT        matrix with names, 0/1 or numbers -> region,industry,value
       complexity_inputs.py pairs IN OUT        square matrix with names -> a,b,value for a before b
       complexity_inputs.py renamed IN OUT      the same for names i01, i02, ... -> i0001, i0002, ...
       complexity_inputs.py jobs IN OUT         plants (emp,industry,region) -> region,industry,value (sums)
"""
import csv
import sys


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.reader(f))


def trade(rows):
    return [["region", "industry", "value"]] + [[f"r{r:03d}", f"i{i:04d}", x] for r, row in enumerate(rows, 1)
                                                for i, x in enumerate(row, 1)]


def presence(rows):
    count = {}
    for _, product in rows[1:]:
        count[product] = count.get(product, 0) + 1
    return [["industry", "ubiquity"]] + [[k, n] for k, n in sorted(count.items())]


def cells(rows):
    return [["region", "industry", "value"]] + [[r[0], name, x] for r in rows[1:] for name, x in zip(rows[0][1:], r[1:])]


def pairs(rows):
    return [["a", "b", "value"]] + [[r[0], name, x] for r in rows[1:] for name, x in zip(rows[0][1:], r[1:]) if r[0] < name]


def renamed(rows):
    return [["a", "b", "value"]] + [[f"i{int(a[1:]):04d}", f"i{int(b[1:]):04d}", x] for a, b, x in pairs(rows)[1:]]


def jobs(rows):
    at, total = {name: k for k, name in enumerate(rows[0])}, {}
    for r in rows[1:]:
        key = r[at["region"]], r[at["industry"]]
        total[key] = total.get(key, 0) + float(r[at["emp"]])
    return [["region", "industry", "value"]] + [[r, i, x] for (r, i), x in sorted(total.items())]


def main(argv):
    if len(argv) != 4 or argv[1] not in ("trade", "presence", "cells", "pairs", "renamed", "jobs"):
        print(__doc__, file=sys.stderr)
        return 2
    with open(argv[3], "w", encoding="utf-8", newline="") as f:
        csv.writer(f).writerows(globals()[argv[1]](read(argv[2])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

#!/usr/bin/env python3
"""Makes inputs for the oracle tests of `agglo measure` from files in other shapes.

usage: measure_inputs.py long IN OUT            matrix with regions in rows -> region,industry,value
       measure_inputs.py bare IN OUT            the same without names: r01.. and i01.. are given
       measure_inputs.py names IN OUT           column names without blanks (an empty one becomes "key")
       measure_inputs.py national IN OUT        US Cluster Mapping -> national employment by cluster: each region gives
                                                employment / its share of the cluster in single precision; their mean
"""
import csv
import sys


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.reader(f))


def long(rows):
    header, body = rows[0], rows[1:]
    return [["region", "industry", "value"]] + [[r[0], name, x] for r in body for name, x in zip(header[1:], r[1:])]


def bare(rows):
    header = [""] + [f"i{k:02d}" for k in range(1, len(rows[0]) + 1)]
    return long([header] + [[f"r{k:02d}"] + r for k, r in enumerate(rows, 1)])


def names(rows):
    return [[h.strip().replace(" ", "_") or "key" for h in rows[0]]] + rows[1:]


def national(rows):
    column = {name: k for k, name in enumerate(rows[0])}
    found = {}
    for r in rows[1:]:
        employment, share = float(r[column["emp_tl"]]), r[column["cluster_emp_per_tf"]]
        if employment > 0:
            found.setdefault((r[column["cluster_code_t"]], r[column["traded_b"]]), []).append(employment / float(share))
    return [["industry", "basis", "value"]] + [[c, b, round(sum(v) / len(v))] for (c, b), v in sorted(found.items())]


def main(argv):
    if len(argv) != 4 or argv[1] not in ("long", "bare", "names", "national"):
        print(__doc__, file=sys.stderr)
        return 2
    rows = globals()[argv[1]](read(argv[2]))
    with open(argv[3], "w", encoding="utf-8", newline="") as f:
        csv.writer(f).writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

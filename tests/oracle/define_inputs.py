#!/usr/bin/env python3
"""Makes inputs for the oracle tests of `agglo measure define` from the published cluster definitions, which may not be copied.

usage: define_inputs.py definitions VINTAGE IN OUT   industry, cluster, kind of one vintage of the classification
       define_inputs.py planted VINTAGE IN OUT       jobs of its industries over as many regions as there are clusters: every
                                                     industry has most of its jobs where its cluster is, some elsewhere
       define_inputs.py four VINTAGE IN OUT          the published cluster that holds most of the six-digit codes of each
                                                     four-digit industry (of equals the first by name)
"""
import collections
import csv
import sys


def vintage(path, year):
    with open(path, encoding="utf-8", newline="") as f:
        return [(r["naics"], r["cluster"], "traded" if r["traded"] == "TRUE" else "local")
                for r in csv.DictReader(f) if r["vintage"] == year]


def definitions(rows):
    return [["industry", "cluster", "kind"]] + [list(r) for r in sorted(rows)]


def planted(rows):
    """Jobs by a fixed rule: 200 and more in the own region, 1 to 7 in a third of the others, changing with industry and region."""
    clusters = sorted({cluster for _, cluster, _ in rows})
    out = [["region", "industry", "kind", "employment"]]
    for n, (code, cluster, kind) in enumerate(sorted(rows)):
        for r, name in enumerate(clusters):
            mixed = (n * 7919 + r * 104729 + n * r * 31) % 1009
            if name == cluster:
                out.append([f"r{r:02d}", code, kind, 200 + mixed % 50])
            elif mixed % 3 == 0:
                out.append([f"r{r:02d}", code, kind, 1 + mixed % 7])
    return out


def four(rows):
    count = collections.defaultdict(collections.Counter)
    for code, cluster, kind in rows:
        count[code[:4]][cluster, kind] += 1
    best = {code: min(c, key=lambda key: (-c[key], key)) for code, c in count.items()}
    return [["industry", "cluster", "kind"]] + [[code, *best[code]] for code in sorted(best)]


def main(argv):
    if len(argv) != 5 or argv[1] not in ("definitions", "planted", "four"):
        print(__doc__, file=sys.stderr)
        return 2
    rows = globals()[argv[1]](vintage(argv[3], argv[2]))
    with open(argv[4], "w", encoding="utf-8", newline="") as f:
        csv.writer(f).writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

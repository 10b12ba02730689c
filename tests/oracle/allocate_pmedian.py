#!/usr/bin/env python3
"""A p-median problem of the OR-Library (edges of a graph) as tables of demand, sites and distances.

usage: allocate_pmedian.py FILE FOLDER     an edge given twice counts as the file has it last; distances are shortest paths
"""
import sys
from pathlib import Path


def main(path, folder):
    lines = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines() if line.split()]
    n = int(lines[0][0])
    d = [[0.0 if i == j else float("inf") for j in range(n)] for i in range(n)]
    for a, b, length in lines[1:]:
        d[int(a) - 1][int(b) - 1] = d[int(b) - 1][int(a) - 1] = float(length)
    for k in range(n):
        for i in range(n):
            via = d[i][k]
            d[i] = [min(x, via + y) for x, y in zip(d[i], d[k])]
    out = Path(folder)
    out.joinpath("demand.csv").write_text("demand,weight\n" + "".join(f"N{i + 1},1\n" for i in range(n)), encoding="utf-8")
    out.joinpath("sites.csv").write_text("site\n" + "".join(f"N{i + 1}\n" for i in range(n)), encoding="utf-8")
    out.joinpath("distances.csv").write_text("demand,site,distance\n" + "".join(
        f"N{i + 1},N{j + 1},{d[i][j]:.0f}\n" for i in range(n) for j in range(n)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

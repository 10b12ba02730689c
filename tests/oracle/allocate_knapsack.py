#!/usr/bin/env python3
"""Multidimensional knapsacks of the OR-Library (file mknap1) as tables of projects.

usage: allocate_knapsack.py FILE NUMBER FOLDER     writes FOLDER/projects.csv, uses.csv, limits.csv of problem NUMBER (1, 2, ...)
"""
import sys
from pathlib import Path


def main(path, number, folder):
    numbers = iter(Path(path).read_text(encoding="utf-8").split())
    next(numbers)
    for _ in range(int(number)):
        n, m = int(next(numbers)), int(next(numbers))
        next(numbers)  # the optimum
        value = [next(numbers) for _ in range(n)]
        use = [[next(numbers) for _ in range(n)] for _ in range(m)]
        limit = [next(numbers) for _ in range(m)]
    out = Path(folder)
    out.joinpath("projects.csv").write_text("project,value\n" + "".join(f"P{j},{v}\n" for j, v in enumerate(value)), encoding="utf-8")
    out.joinpath("limits.csv").write_text("resource,limit\n" + "".join(f"R{r},{v}\n" for r, v in enumerate(limit)), encoding="utf-8")
    out.joinpath("uses.csv").write_text("project,resource,amount\n" + "".join(
        f"P{j},R{r},{use[r][j]}\n" for r in range(m) for j in range(n)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

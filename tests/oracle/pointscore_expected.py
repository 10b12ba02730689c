#!/usr/bin/env python3
"""Scores of points by the definition, and exact p-values without sizes.

usage: pointscore_expected.py POINTS OUT INDUSTRY RADIUS [SIZE_COLUMN]
"""
import csv
import sys
from fractions import Fraction
from math import comb


def main(source, target, industry, radius, size=None):
    with open(source, newline="") as f:
        rows = list(csv.DictReader(f))
    x = [float(r["x"]) for r in rows]
    y = [float(r["y"]) for r in rows]
    w = [float(r[size]) if size else 1.0 for r in rows]
    same = [r["type"] == industry for r in rows]
    n, n_same, limit = len(rows), sum(same), float(radius) ** 2
    total, total_same = sum(w), sum(v for v, s in zip(w, same) if s)
    with open(target, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["row", "neighbours", "score", "p_value"])
        for i in range(n):
            if not same[i]:
                continue
            near = [j for j in range(n) if j != i and (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= limit]
            weight = sum(w[j] for j in near)
            hits = sum(same[j] for j in near)
            share = sum(w[j] for j in near if same[j]) / weight if weight else None
            score = share / ((total_same - w[i]) / (total - w[i])) if weight else ""
            ways = sum(comb(n_same - 1, k) * comb(n - n_same, len(near) - k) for k in range(hits, len(near) + 1))
            out.writerow([i + 1, len(near), score, float(Fraction(ways, comb(n - 1, len(near)))) if near else ""])


main(*sys.argv[1:])

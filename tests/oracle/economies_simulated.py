#!/usr/bin/env python3
"""Establishments in sparse and dense places whose productivity differs by a known shift, dilation and truncation.

usage: economies_simulated.py OUT SHIFT DILATION TRUNCATION N

Sparse places (density 1): ln productivity is normal. Dense ones (density 10): the lowest share TRUNCATION is missing, what
is left is stretched by DILATION and moved by SHIFT. Quantiles at the middle ranks instead of random draws: the answer is exact
up to the interpolation of quantiles. The mean is removed, as the method does.
"""
import csv
import statistics
import sys


def main(out, shift, dilation, truncation, n):
    shift, dilation, truncation, n = float(shift), float(dilation), float(truncation), int(n)
    normal = statistics.NormalDist()
    sparse = [normal.inv_cdf((i + 0.5) / n) for i in range(n)]
    dense = [dilation * normal.inv_cdf(truncation + (1 - truncation) * (i + 0.5) / n) + shift for i in range(n)]
    with open(out, "w", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["place", "density", "tfp"])
        for i in range(n):
            writer.writerow(["sparse", 1, repr(sparse[i])])
            writer.writerow(["dense", 10, repr(dense[i])])


main(*sys.argv[1:])

"""Writes an edge list (columns i, j, ...) with the ends of each row in the order of texts. usage: IN OUT"""
import csv
import sys

with open(sys.argv[1], newline="") as f, open(sys.argv[2], "w", newline="") as g:
    reader = csv.DictReader(f)
    writer = csv.DictWriter(g, reader.fieldnames, lineterminator="\n")
    writer.writeheader()
    for row in reader:
        row["i"], row["j"] = sorted((row["i"], row["j"]))
        writer.writerow(row)

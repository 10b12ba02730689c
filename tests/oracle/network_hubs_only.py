#!/usr/bin/env python3
"""A table of nodes of an edge list in which only one node may be a hub.

usage: network_hubs_only.py EDGES FOLDER NODE
"""
import csv
import sys
from pathlib import Path


def main(path, folder, only):
    with open(path, encoding="utf-8", newline="") as f:
        ids = sorted({row[end] for row in csv.DictReader(f) for end in ("source", "target")})
    Path(folder, "nodes.csv").write_text("id,fixed\n" + "".join(f"{v},{'' if v == only else 'out'}\n" for v in ids),
                                         encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

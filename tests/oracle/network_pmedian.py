#!/usr/bin/env python3
"""A p-median problem of the OR-Library as a list of edges with lengths.

usage: network_pmedian.py FILE FOLDER     an edge given twice counts as the file has it last
"""
import sys
from pathlib import Path


def main(path, folder):
    lines = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines() if line.split()]
    length = {}
    for a, b, d in lines[1:]:
        length[min(int(a), int(b)), max(int(a), int(b))] = d
    Path(folder, "edges.csv").write_text("source,target,length\n" + "".join(
        f"N{a},N{b},{d}\n" for (a, b), d in length.items()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

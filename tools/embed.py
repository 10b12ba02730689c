#!/usr/bin/env python3
"""Writes a C file that holds text files as constants.

usage: embed.py OUT NAME=FILE...     const char NAME[] = the bytes of FILE and a NUL
"""
import sys


def main(argv):
    with open(argv[1], "w", encoding="ascii") as out:
        for pair in argv[2:]:
            name, path = pair.split("=", 1)
            with open(path, "rb") as f:
                data = f.read() + b"\0"
            # bytes, not a string: compilers need not take string literals beyond 4095 characters
            rows = [", ".join(str(b if b < 128 else b - 256) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
            out.write(f"extern const char {name}[];\nconst char {name}[] = {{\n    " + ",\n    ".join(rows) + "};\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

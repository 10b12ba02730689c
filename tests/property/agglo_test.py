"""What the property tests share: running the command in a scratch folder and reading what it wrote."""
import csv
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Skip(Exception):
    """The test cannot run here; the text says why."""


class Scratch:
    """A folder that is gone afterwards, and the command run in it.

    with Scratch(agglo) as s:
        s.write("jobs.csv", ["region", "industry", "value"], rows)
        tables = s.run("measure", "specialization", "jobs.csv")
        tables["lq"][0]["lq"]
    """

    def __init__(self, agglo):
        self.agglo, self.runs = agglo, 0

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="agglo-property-")
        self.path = self._folder.name
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def write(self, name, header, rows):
        with open(os.path.join(self.path, name), "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f)
            out.writerow(header)
            out.writerows(rows)

    def call(self, *args):
        """The finished process, whatever its exit code."""
        return subprocess.run([self.agglo, *map(str, args)], cwd=self.path, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=600)

    def run(self, *args):
        """Tables of the result by name, each a list of rows (dicts of text)."""
        self.runs += 1
        folder = os.path.join(self.path, f"out{self.runs}")
        done = self.call(*args, "-o", folder + "/")
        assert done.returncode == 0, done.stderr.strip()
        tables = {}
        for file in os.listdir(folder):
            with open(os.path.join(folder, file), encoding="utf-8", newline="") as f:
                tables[os.path.splitext(file)[0]] = list(csv.DictReader(f))
        return tables


def number(text):
    """The number in a cell; None when the cell is empty."""
    return None if text == "" else float(text)


def close(a, b, tolerance=1e-9):
    """Both missing, or equal up to a relative (below 1: absolute) tolerance."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= tolerance * max(1, abs(a), abs(b))


def same_rows(found, expected, keys, columns, tolerance=1e-9):
    """Asserts that two tables hold the same numbers for the same keys."""
    index = {tuple(r[k] for k in keys): r for r in found}
    assert len(index) == len(found), f"{keys} is no key"
    assert len(found) == len(expected), f"{len(found)} rows instead of {len(expected)}"
    for row in expected:
        key = tuple(row[k] for k in keys)
        assert key in index, f"{key} is not there"
        for c in columns:
            a, b = number(index[key][c]), number(row[c])
            assert close(a, b, tolerance), f"{c} of {key}: {a} instead of {b}"

"""What the property tests share: running the command in a scratch folder and reading what it wrote."""
import csv
import io
import os
import random
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

    def files(self, *args):
        """What a run writes: the bytes of every file by name."""
        self.runs += 1
        folder = os.path.join(self.path, f"out{self.runs}")
        done = self.call(*args, "-o", folder + "/")
        assert done.returncode == 0, done.stderr.strip()
        found = {}
        for file in os.listdir(folder):
            with open(os.path.join(folder, file), "rb") as f:
                found[file] = f.read()
        return found

    def run(self, *args):
        """Tables of the result by name, each a list of rows (dicts of text)."""
        return {os.path.splitext(name)[0]: list(csv.DictReader(io.StringIO(text.decode("utf-8"), newline="")))
                for name, text in self.files(*args).items()}

    def same_for_any_threads(self, *args):
        """Asserts that one thread and several write the same files, to the last byte."""
        one, several = (self.files(*args, "--threads", n) for n in (1, 5))
        assert one and set(one) == set(several), args
        for name in one:
            assert one[name] == several[name], f"{' '.join(map(str, args))}: {name} depends on the number of threads"


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


def value_of(text):
    """The number in a cell, or its text."""
    try:
        return number(text)
    except ValueError:
        return text


def same_table(found, expected, keys, rename=None, scale=None, skip=(), tolerance=1e-9):
    """Asserts that every column of two tables agrees, once the expected one is put into the other's terms:
    rename = {column: {old text: new text}}, scale = {column: factor}."""
    rename, scale = rename or {}, scale or {}
    assert expected, "an empty table shows nothing"
    index = {tuple(r[k] for k in keys): r for r in found}
    assert len(index) == len(found), f"{keys} is no key"
    assert len(found) == len(expected), f"{len(found)} rows instead of {len(expected)}"
    assert list(found[0]) == list(expected[0]), "other columns"
    for row in expected:
        told = {c: rename[c].get(x, x) if c in rename else x for c, x in row.items()}
        key = tuple(told[k] for k in keys)
        assert key in index, f"{key} is not there"
        for c, text in told.items():
            if c in skip or c in keys:
                continue
            a, b = (index[key][c], text) if c in rename else (value_of(index[key][c]), value_of(text))
            if c in scale and b is not None:
                b *= scale[c]
            numbers = not isinstance(a, str) and not isinstance(b, str)
            assert close(a, b, tolerance) if numbers else a == b, f"{c} of {key}: {a} instead of {b}"


def other_names(names, seed=1, prefix="n"):
    """New names for old ones, in another order."""
    names = sorted(set(names))
    places = random.Random(seed).sample(range(100, 100 + len(names)), len(names))
    return {old: f"{prefix}{place}" for old, place in zip(names, places)}

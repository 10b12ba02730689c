#!/usr/bin/env python3
"""Runs the oracle tests: every *.oracle file beside this script, in the format that docs/developing.md gives.

usage: run.py AGGLO [WORD...]     only files or cases whose name holds one of the words

Each check line (value, count, match, fails) is one test. The last line is "N passed, N failed" (and ", N skipped" when
the reference data are absent: they lie in ../shared beside the checkout or in $AGGLO_SHARED).
"""
import csv
import gzip
import math
import operator
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SHARED = os.environ.get("AGGLO_SHARED") or os.path.join(os.path.dirname(ROOT), "shared")
CHECKS = ("value", "count", "match", "fails")
OPERATORS = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
CONDITION = re.compile(r'\s*([^\s=!<>]+)\s*(!=|>=|<=|=|>|<)\s*("[^"]*"|[^,]*?)\s*(?:,|$)')


class Wrong(Exception):
    """A line that is not in the format."""


class Failed(Exception):
    """A check that does not hold."""


# ---- values and rows --------------------------------------------------------------------------------------------------
def number(text):
    """The number that a cell holds (true = 1, false = 0), or None when it holds none."""
    low = text.strip().lower()
    if low in ("true", "false"):
        return float(low == "true")
    try:
        x = float(low)
    except ValueError:
        return None
    return None if math.isnan(x) else x


def missing(text):
    return text is None or text.strip().lower() in ("", "na", "nan", "null")


def conditions(text):
    """[(column, operator, value)] of 'a=1, b > 2'."""
    found, at = [], 0
    while at < len(text):
        m = CONDITION.match(text, at)
        if not m:
            raise Wrong(f"cannot read the condition '{text[at:]}'")
        found.append((m[1], m[2], m[3].strip('"')))
        at = m.end()
    return found


def holds(row, condition):
    column, op, value = condition
    if column not in row:
        raise Failed(f"there is no column '{column}'; the columns are {', '.join(row)}")
    cell = row[column]
    a, b = number(cell), number(value)
    comparable = a is not None and b is not None
    if op in ("=", "!="):
        return (cell == value or comparable and a == b) == (op == "=")
    return comparable and OPERATORS[op](a, b)  # a missing cell is neither more nor less than a number


def rows_of(path):
    try:
        opened = gzip.open(path, "rt", encoding="utf-8-sig", newline="") if path.endswith(".gz") else \
            open(path, encoding="utf-8-sig", newline="")
        with opened as f:
            header = f.readline()
            f.seek(0)
            delimiter = max(",;\t", key=header.count)
            return list(csv.DictReader(f, delimiter=delimiter))
    except OSError as e:
        raise Failed(f"cannot read {path}: {e.strerror}")


def close(found, expected, tolerance):
    kind, size = tolerance
    if found == expected:
        return True
    return abs(found - expected) <= size * (abs(expected) if kind == "rel" else 1)


def same(found, expected, tolerance):
    """None when the two cells agree, otherwise how far they are apart (inf when not comparable)."""
    if missing(expected) or missing(found):
        return None if missing(expected) and missing(found) else math.inf
    a, b = number(found), number(expected)
    if a is None or b is None:
        return None if found == expected else math.inf
    return None if close(a, b, tolerance) else abs(a - b)


# ---- one case ---------------------------------------------------------------------------------------------------------
class Case:
    def __init__(self, file, name):
        self.file, self.name = file, name
        self.lines = []  # (number, keyword, rest)

    def needs_shared(self):
        return any("{shared}" in rest for _, _, rest in self.lines)

    def checks(self):
        return sum(keyword in CHECKS for _, keyword, _ in self.lines)


class Runner:
    """Goes through the lines of one case."""

    def __init__(self, binary, tmp):
        self.binary, self.tmp = binary, tmp
        self.tolerance = ("rel", 1e-9)
        self.n_runs = 0
        self.result = self.folder = None
        self.tables = {}

    def fill(self, text):
        places = {"data": os.path.join(HERE, "data"), "shared": SHARED, "root": ROOT, "tmp": self.tmp,
                  "last": self.folder or self.tmp}
        return re.sub(r"\{(data|shared|root|tmp|last)\}", lambda m: places[m[1]], text)

    def run(self, rest):
        args = shlex.split(self.fill(rest))
        self.n_runs += 1
        self.folder = os.path.join(self.tmp, f"run{self.n_runs}")
        if "-o" not in args:
            args += ["-o", self.folder + "/"]
        self.tables = {}
        self.result = subprocess.run([self.binary, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                     timeout=900, cwd=ROOT, errors="replace")

    def make(self, rest):
        script, *args = shlex.split(self.fill(rest))
        r = subprocess.run([sys.executable, os.path.join(HERE, script), *args], capture_output=True, text=True)
        if r.returncode != 0:
            raise Wrong(f"{script} failed: {r.stderr.strip()[-500:]}")

    def tol(self, rest):
        m = re.fullmatch(r"(abs|rel)\s+(\S+)", rest)
        if not m or number(m[2]) is None:
            raise Wrong("tol needs: abs NUMBER or rel NUMBER")
        self.tolerance = (m[1], number(m[2]))

    def table(self, name):
        if self.result is None:
            raise Wrong("there is no run line before this")
        if self.result.returncode != 0:
            raise Failed(f"exit code {self.result.returncode}: {self.result.stderr.strip()[-500:]}")
        if name not in self.tables:
            path = os.path.join(self.folder, name + ".csv")
            if not os.path.exists(path):
                there = sorted(os.listdir(self.folder)) if os.path.isdir(self.folder) else []
                raise Failed(f"no table '{name}' among {there}")
            self.tables[name] = rows_of(path)
        return self.tables[name]

    def value(self, rest):
        m = re.fullmatch(r"(\S+)\s+(\S+)\s*(?:\[(.*)\])?\s*=\s*(\S+)", rest)
        if not m:
            raise Wrong("value needs: TABLE COLUMN [KEY=VALUE, ...] = NUMBER")
        rows = [r for r in self.table(m[1]) if all(holds(r, c) for c in conditions(m[3] or ""))]
        if len(rows) != 1:
            raise Failed(f"{len(rows)} rows of {m[1]} satisfy [{m[3] or ''}], one is needed")
        if m[2] not in rows[0]:
            raise Failed(f"{m[1]} has no column '{m[2]}'; the columns are {', '.join(rows[0])}")
        if same(rows[0][m[2]], m[4], self.tolerance) is not None:
            raise Failed(f"{rows[0][m[2]] or 'missing'} instead of {m[4]} (tolerance {' '.join(map(str, self.tolerance))})")

    def count(self, rest):
        m = re.fullmatch(r"(\S+)\s*(?:\[(.*)\])?\s*=\s*(\d+)", rest)
        if not m:
            raise Wrong("count needs: TABLE [CONDITION, ...] = NUMBER")
        n = sum(all(holds(r, c) for c in conditions(m[2] or "")) for r in self.table(m[1]))
        if n != int(m[3]):
            raise Failed(f"{n} rows instead of {m[3]}")

    def match(self, rest):
        m = re.fullmatch(r"(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s*(?:\[(.*)\])?", rest)
        if not m:
            raise Wrong("match needs: TABLE KEYS COLUMN FILE KEYS COLUMN [CONDITION on FILE, ...]")
        table, keys, column, path, their_keys, their_column, condition = m.groups()
        keys, their_keys = keys.split(","), their_keys.split(",")
        expected = [r for r in rows_of(self.fill(path)) if all(holds(r, c) for c in conditions(condition or ""))]
        if not expected:
            raise Failed(f"no rows in {path}")
        found = self.table(table)
        for rows, names, what in ((found, keys + [column], table), (expected, their_keys + [their_column], path)):
            lacking = [n for n in names if rows and n not in rows[0]]
            if lacking or not rows:
                raise Failed(f"{what} has no column {', '.join(lacking)}" if rows else f"{what} has no rows")
        by_key = {tuple(r[k] for k in keys): r[column] for r in found}
        if len(by_key) != len(found):
            raise Failed(f"{', '.join(keys)} is no key of {table}")
        self.compare(expected, their_keys, their_column, by_key)

    def compare(self, expected, keys, column, by_key):
        wrong, absent = [], []
        for row in expected:
            key = tuple(row[k] for k in keys)
            if key not in by_key:
                absent.append(key)
                continue
            off = same(by_key[key], row[column], self.tolerance)
            if off is not None:
                wrong.append((off, key, by_key[key], row[column]))
        if wrong or absent:
            wrong.sort(key=lambda w: w[0], reverse=True)
            text = f"{len(wrong)} of {len(expected)} rows differ, {len(absent)} are absent"
            text += "".join(f"\n  {','.join(k)}: {a or 'missing'} instead of {b or 'missing'}" for _, k, a, b in wrong[:3])
            raise Failed(text + "".join(f"\n  {','.join(k)}: absent" for k in absent[:3]))

    def fails(self, rest):
        m = re.fullmatch(r'(\d+)\s*(?:"(.*)")?', rest)
        if not m:
            raise Wrong('fails needs: CODE "piece of the message"')
        if self.result is None:
            raise Wrong("there is no run line before this")
        if self.result.returncode != int(m[1]):
            raise Failed(f"exit code {self.result.returncode} instead of {m[1]}: {self.result.stderr.strip()[-300:]}")
        if m[2] and m[2] not in self.result.stderr:
            raise Failed(f"the message lacks \"{m[2]}\": {self.result.stderr.strip()[-300:]}")


KEYWORDS = ("case", "source", "run", "make", "tol") + CHECKS


def load(path):
    cases, case = [], None
    with open(path, encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line.strip():
                case = None
                continue
            if line.lstrip().startswith("#"):
                continue
            keyword, _, rest = line.strip().partition(" ")
            # A remark may follow after two spaces and a hash.
            rest = re.split(r"\s{2,}#", rest.strip())[0].strip()
            if keyword not in KEYWORDS:
                raise Wrong(f"{path}:{n}: unknown keyword '{keyword}'; the keywords are {', '.join(KEYWORDS)}")
            if keyword == "case":
                case = Case(path, rest)
                cases.append(case)
            elif case is None:
                raise Wrong(f"{path}:{n}: a block starts with a case line")
            else:
                case.lines.append((n, keyword, rest))
    for case in cases:
        if not case.checks():
            raise Wrong(f"{path}: case '{case.name}' checks nothing")
        if not any(k == "source" for _, k, _ in case.lines):
            raise Wrong(f"{path}: case '{case.name}' names no source")
    return cases


def run_case(case, binary, report):
    with tempfile.TemporaryDirectory(prefix="agglo-oracle-") as tmp:
        runner = Runner(binary, tmp)
        broken = None
        for n, keyword, rest in case.lines:
            where = f"{os.path.basename(case.file)}:{n} {case.name}: {keyword} {rest}"
            if keyword == "source":
                continue
            try:
                if broken:
                    raise Failed(broken)
                getattr(runner, keyword)(rest)
                if keyword in CHECKS:
                    report("ok", where)
            except (Wrong, Failed, subprocess.TimeoutExpired, ValueError) as e:
                text = f"{type(e).__name__ if not isinstance(e, (Wrong, Failed)) else ''} {e}".strip()
                if keyword in CHECKS:
                    report("not ok", f"{where}\n    {text}")
                else:
                    broken = f"line {n}: {text}"  # every check below fails for this reason


def main(argv):
    if len(argv) < 2:
        print(__doc__)
        return 2
    binary, words = os.path.abspath(argv[1]), argv[2:]
    count = {"ok": 0, "not ok": 0}
    skipped = 0

    def report(verdict, text):
        count[verdict] += 1
        if verdict == "not ok":
            print(f"{verdict} {text}", flush=True)

    for name in sorted(os.listdir(HERE)):
        if not name.endswith(".oracle"):
            continue
        try:
            cases = load(os.path.join(HERE, name))
        except Wrong as e:
            report("not ok", str(e))
            continue
        for case in cases:
            if words and not any(w in name or w in case.name for w in words):
                continue
            if case.needs_shared() and not os.path.isdir(SHARED):
                skipped += case.checks()
                print(f"skip {name}: {case.name} # the reference data are not in {SHARED}")
                continue
            before = dict(count)
            run_case(case, binary, report)
            if count["not ok"] == before["not ok"]:
                print(f"ok {name}: {case.name} ({count['ok'] - before['ok']} checks)", flush=True)
    print(f"{count['ok']} passed, {count['not ok']} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if count["not ok"] or not (count["ok"] or skipped) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

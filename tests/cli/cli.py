"""What the command-line tests share: running the binary, and small files."""
import csv
import io
import os
import subprocess
import time


class Skip(Exception):
    """Raised by a test that cannot run here; its text says why."""


class Result:
    def __init__(self, command, code, out, err, seconds):
        self.command, self.code, self.out, self.err, self.seconds = command, code, out, err, seconds

    def __str__(self):
        return f"$ {self.command}\nexit code {self.code} after {self.seconds:.1f} s\nstdout: {self.out[:1500]}\nstderr: {self.err[:1500]}"

    def rows(self):
        """The CSV on stdout as a list of dictionaries."""
        return list(csv.DictReader(io.StringIO(self.out)))


class Agglo:
    def __init__(self, binary):
        self.binary = os.path.abspath(binary)

    def start(self, *args, cwd=None, **options):
        return subprocess.Popen([self.binary, *map(str, args)], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)

    def finish(self, process, started, timeout=120):
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            err += b"\n(killed by the test: no end in sight)"
        return Result(" ".join(process.args), process.returncode, out.decode(errors="replace"), err.decode(errors="replace"),
                      time.monotonic() - started)

    def __call__(self, *args, cwd=None, timeout=120, **options):
        started = time.monotonic()
        return self.finish(self.start(*args, cwd=cwd, **options), started, timeout)

    def ok(self, *args, **options):
        """Runs and insists on success."""
        r = self(*args, **options)
        assert r.code == 0, f"failed\n{r}"
        return r

    def fails(self, code, words, *args, **options):
        """Runs and insists on the exit code and on one error line that holds all the words (any of a tuple of words)."""
        r = self(*args, **options)
        assert r.code in (code if isinstance(code, tuple) else (code,)), f"exit code {code} expected\n{r}"
        lines = [line for line in r.err.splitlines() if line.strip()]
        assert lines, f"no message\n{r}"
        message = lines[-1].lower()
        for word in words:
            choices = word if isinstance(word, tuple) else (word,)
            assert any(w.lower() in message for w in choices), f"the message lacks {word!r}\n{r}"
        assert r.out == "", f"a failed run printed a result\n{r}"
        return r


JOBS = """region,industry,value
A,food,10
A,steel,30
A,cars,0
B,food,20
B,steel,10
B,cars,70
C,food,40
C,steel,5
C,cars,15
"""

# Two projects share firm f1; u2 stands alone in p3.
PARTICIPATIONS = """project,actor,kind,start
p1,f1,PRC,2015-01-01
p1,u1,HES,2015-01-01
p1,r1,REC,2015-01-01
p2,f1,PRC,2017-06-01
p2,u2,HES,2017-06-01
p3,u2,HES,2018-01-01
"""


def write(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(content.encode() if isinstance(content, str) else content)
    return path


def read(path):
    with open(path, "rb") as f:
        return f.read()


def table(path):
    """A CSV file as a list of dictionaries."""
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def untouched(agglo, tmp, code, words, *args, out="out.csv", **options):
    """The run fails with code and words, and neither writes the output nor harms an earlier one, nor leaves anything behind."""
    before = sorted(os.listdir(tmp))
    agglo.fails(code, words, *args, "-o", os.path.join(tmp, out), **options)
    assert sorted(os.listdir(tmp)) == before, f"left behind: {set(os.listdir(tmp)) - set(before)}"
    old = write(tmp, out, "an earlier result\n")
    r = agglo.fails(code, words, *args, "-o", old, **options)
    assert read(old) == b"an earlier result\n", "the earlier output was changed"
    os.unlink(old)
    assert sorted(os.listdir(tmp)) == before, f"left behind: {set(os.listdir(tmp)) - set(before)}"
    return r


def slow():
    """Skips a test that is too slow for a thread-sanitized build."""
    if os.environ.get("AGGLO_TEST_QUICK"):
        raise Skip("left out in a quick run")

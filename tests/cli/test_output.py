"""Outputs that cannot be written, and runs that are stopped: nothing half-written."""
import os
import random
import re
import signal
import subprocess
import time

from cli import JOBS, PARTICIPATIONS, Skip, read, slow, write

SPEC = ("measure", "specialization")


def test_folder_of_the_output_is_missing(agglo, tmp):
    out = os.path.join(tmp, "no", "such", "out.csv")
    agglo.fails(5, [out], *SPEC, write(tmp, "jobs.csv", JOBS), "-o", out)
    assert not os.path.exists(os.path.join(tmp, "no"))


def test_output_below_a_file(agglo, tmp):
    agglo.fails(5, ["out.csv"], *SPEC, write(tmp, "jobs.csv", JOBS), "-o", os.path.join(tmp, "jobs.csv", "out.csv"))


def test_output_is_a_folder(agglo, tmp):
    os.mkdir(os.path.join(tmp, "out.csv"))
    agglo.fails(5, ["out.csv"], *SPEC, write(tmp, "jobs.csv", JOBS), "-o", os.path.join(tmp, "out.csv"))
    assert os.listdir(os.path.join(tmp, "out.csv")) == []


def test_folder_that_may_not_be_written(agglo, tmp):
    if os.geteuid() == 0:
        raise Skip("root may write everywhere")
    os.mkdir(os.path.join(tmp, "closed"), 0o555)
    agglo.fails(5, ["closed"], *SPEC, write(tmp, "jobs.csv", JOBS), "-o", os.path.join(tmp, "closed", "out.csv"))


def test_input_that_may_not_be_read(agglo, tmp):
    if os.geteuid() == 0:
        raise Skip("root may read everything")
    jobs = write(tmp, "jobs.csv", JOBS)
    os.chmod(jobs, 0)
    agglo.fails(5, ["jobs.csv"], *SPEC, jobs)


def full_disk(agglo, tmp, name):
    if os.geteuid() != 0:
        raise Skip("a small file system needs root")
    disk = os.path.join(tmp, "disk")
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", disk], capture_output=True).returncode != 0:
        raise Skip("mounting is not allowed here")
    try:
        rng = random.Random(1)
        rows = [f"r{r:04d},i{i:02d},{rng.randrange(1, 100000)}" for r in range(600) for i in range(20)]
        jobs = write(tmp, "big.csv", "region,industry,value\n" + "\n".join(rows) + "\n")
        old = write(disk, name, "an earlier result\n")
        agglo.fails(5, [name], *SPEC, jobs, "-o", old)
        assert os.listdir(disk) == [name], f"left behind: {os.listdir(disk)}"
        assert read(old) == b"an earlier result\n"
    finally:
        subprocess.run(["umount", disk], check=True)


def test_full_disk_csv(agglo, tmp):
    full_disk(agglo, tmp, "out.csv")


def test_full_disk_parquet(agglo, tmp):
    full_disk(agglo, tmp, "out.parquet")


def test_full_disk_json(agglo, tmp):
    full_disk(agglo, tmp, "out.json")


def test_full_disk_duckdb(agglo, tmp):
    full_disk(agglo, tmp, "out.duckdb")


def test_appending_to_a_file(agglo, tmp):
    jobs, log = write(tmp, "jobs.csv", JOBS), write(tmp, "log.txt", "what was there\n")
    with open(log, "ab") as f:
        subprocess.run([agglo.binary, *SPEC, jobs], stdout=f, check=True)
    lines = read(log).decode().splitlines()
    assert lines[0] == "what was there" and lines[1].startswith("region,industry,") and len(lines) == 11, lines


def test_full_standard_output(agglo, tmp):
    with open("/dev/full", "wb") as full:
        r = subprocess.run([agglo.binary, *SPEC, write(tmp, "jobs.csv", JOBS)], stdout=full, stderr=subprocess.PIPE, text=True)
    assert r.returncode == 5 and "standard output" in r.stderr, r


def test_closed_pipe(agglo, tmp):
    # `agglo ... | head -1` must not be an error with a long message, and must not hang.
    rows = "".join(f"r{r},i{i},{r + i + 1}\n" for r in range(3000) for i in range(10))
    jobs = write(tmp, "big.csv", "region,industry,value\n" + rows)
    p = agglo.start(*SPEC, jobs, "--quiet")
    p.stdout.read(10)
    p.stdout.close()
    err = p.stderr.read().decode()
    code = p.wait(timeout=60)
    p.stderr.close()
    assert code in (0, 5, 141, -signal.SIGPIPE), f"exit code {code}: {err}"
    assert "internal" not in err.lower(), err


def large_graph(tmp):
    """Edges of a graph on which exact betweenness takes a good while."""
    rng = random.Random(2)
    nodes = 30_000
    rows = (f"n{rng.randrange(nodes)},n{rng.randrange(nodes)},{rng.randrange(1, 9)}\n" for _ in range(250_000))
    return write(tmp, "edges.csv", "source,target,weight\n" + "".join(rows))


def stop(agglo, *args, after):
    """Ctrl-C `after` seconds from the moment at which the command listens to it."""
    started = time.monotonic()
    p = agglo.start(*args)
    while p.poll() is None:
        with open(f"/proc/{p.pid}/status", encoding="ascii") as f:
            caught = int(re.search(r"^SigCgt:\s*(\w+)", f.read(), re.M)[1], 16)
        if caught >> (signal.SIGINT - 1) & 1:
            break
        time.sleep(0.005)
    time.sleep(after)
    assert p.poll() is None, f"it had ended before it could be stopped\n{agglo.finish(p, started)}"
    sent = time.monotonic()
    p.send_signal(signal.SIGINT)
    r = agglo.finish(p, started, timeout=60)
    assert r.code == 130, f"exit code 130 expected\n{r}"
    assert time.monotonic() - sent < 10, f"it took {time.monotonic() - sent:.1f} s to stop\n{r}"
    return r


def test_ctrl_c_in_the_middle(agglo, tmp):
    slow()
    edges = large_graph(tmp)
    out = os.path.join(tmp, "out.csv")
    for after in (0, 0.5, 3):
        stop(agglo, "network", "metrics", edges, "--table", "nodes", "-o", out, after=after)
    assert sorted(os.listdir(tmp)) == ["edges.csv"], f"left behind: {os.listdir(tmp)}"
    write(tmp, "out.csv", "an earlier result\n")
    stop(agglo, "network", "metrics", edges, "--table", "nodes", "-o", out, after=1)
    assert read(out) == b"an earlier result\n"
    assert sorted(os.listdir(tmp)) == ["edges.csv", "out.csv"], f"left behind: {os.listdir(tmp)}"


def test_ctrl_c_while_reading(agglo, tmp):
    slow()
    rows = "".join(f"r{i // 300},i{i % 300},{i % 977 + 1}\n" for i in range(1_500_000))
    jobs = write(tmp, "jobs.csv", "region,industry,value\n" + rows)
    out = os.path.join(tmp, "out.csv")
    for after in (0, 0.1):
        stop(agglo, *SPEC, jobs, "-o", out, after=after)
    assert sorted(os.listdir(tmp)) == ["jobs.csv"], f"left behind: {os.listdir(tmp)}"


def test_ctrl_c_in_a_study(agglo, tmp):
    slow()
    large_graph(tmp)
    study = write(tmp, "study.yaml", "title: T\noutput: study.duckdb\ninputs:\n  ties: {path: edges.csv}\nsteps:\n"
                                     "  centre:\n    method: network metrics\n    input: ties\n")
    stop(agglo, "run", study, after=2)
    left = set(os.listdir(tmp)) - {"edges.csv", "study.yaml", "study.duckdb"}
    assert not left, f"left behind: {left}"
    assert not os.path.exists(os.path.join(tmp, "report.html"))


def test_large_project_does_not_hang(agglo, tmp):
    # One project of 3,000 members makes 4.5 million ties: allowed, but it must end.
    slow()
    rows = "".join(f"p0,a{i}\n" for i in range(3000))
    r = agglo.ok("network", "build", write(tmp, "p.csv", "project,actor\n" + rows), "-o", os.path.join(tmp, "out") + "/", timeout=60)
    assert len(PARTICIPATIONS) and os.path.exists(os.path.join(tmp, "out", "edges.csv")), str(r)

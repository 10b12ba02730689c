"""network spillover: bad data end in one clear line."""
import os

from cli import untouched, write

SPEC = ("network", "spillover")
PATENTS = "actor,class,value\nA,x,3\nA,y,1\nB,y,2\nC,x,1\n"
FIRMS = "actor,rd,lon,lat\nA,10,0,50\nB,20,1,51\nC,5,2,52\n"


def bad(agglo, tmp, patents, firms, *words, args=(), code=3):
    return untouched(agglo, tmp, code, words, *SPEC, write(tmp, "patents.csv", patents), "--actors", write(tmp, "firms.csv", firms), *args)


def test_spillover_negative_patents(agglo, tmp):
    bad(agglo, tmp, PATENTS.replace("A,y,1", "A,y,-1"), FIRMS, "patents.csv", "line 3", "value")


def test_spillover_negative_rd(agglo, tmp):
    bad(agglo, tmp, PATENTS, FIRMS.replace("B,20", "B,-20"), "firms.csv", "line 3", "rd")


def test_spillover_position_outside(agglo, tmp):
    bad(agglo, tmp, PATENTS, FIRMS.replace("B,20,1,51", "B,20,1,151"), "firms.csv", "151", "latitude")


def test_spillover_profiles_of_zero(agglo, tmp):
    bad(agglo, tmp, "actor,class,value\nA,x,0\nB,y,0\n", FIRMS, "above 0")


def test_spillover_no_rd(agglo, tmp):
    bad(agglo, tmp, PATENTS, "actor,rd\nA,0\nB,0\n", "R&D above 0")


def test_spillover_decay_without_places(agglo, tmp):
    bad(agglo, tmp, PATENTS, "actor,rd\nA,1\nB,2\n", "lon and lat", args=["--decay", "inverse"], code=2)


def test_spillover_actor_without_rd_has_a_pool(agglo, tmp):
    out = os.path.join(tmp, "pools.csv")
    r = agglo.ok(*SPEC, write(tmp, "patents.csv", PATENTS), "--actors", write(tmp, "firms.csv", "actor,rd\nA,10\nB,\n"), "--table", "pools", "-o", out)
    rows = open(out).read().splitlines()
    head = rows[0].split(",")
    b = dict(zip(head, rows[2].split(",")))
    assert b["actor"] == "B" and b["rd"] == "" and float(b["pool"]) > 0, rows
    assert "no known R&D" in r.err, r

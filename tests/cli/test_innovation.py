"""network innovation: bad data end in one clear line; works in circles are told."""
import os

from cli import untouched, write

SPEC = ("network", "innovation")
FLOWS = "citing,cited,value,year,age\nA,B,3,2005,1\nB,A,2,2006,2\nA,A,5,2006,1\n"


def bad(agglo, tmp, flows, *words, args=(), code=3):
    return untouched(agglo, tmp, code, words, *SPEC, write(tmp, "flows.csv", flows), *args)


def test_innovation_negative_citations(agglo, tmp):
    bad(agglo, tmp, FLOWS.replace("B,A,2", "B,A,-2"), "flows.csv", "line 3", "value")


def test_innovation_only_own_citations(agglo, tmp):
    bad(agglo, tmp, "citing,cited,value\nA,A,3\nB,B,2\n", "no citation between two classes", args=["--external"])


def test_innovation_repeated_document(agglo, tmp):
    docs = write(tmp, "docs.csv", "document,class\nA,x\nB,y\nA,y\n")
    bad(agglo, tmp, "citing,cited\nB,A\n", "docs.csv", "document", args=["--documents", docs])


def test_innovation_base_years(agglo, tmp):
    patents = write(tmp, "patents.csv", "class,year,patents\n" + "".join(f"{c},{y},{5 + y % 3}\n" for c in "AB" for y in range(2003, 2009)))
    bad(agglo, tmp, FLOWS, "base years", "2003 to 2008", args=["--patents", patents, "--base-to", "2008"], code=2)


def test_innovation_circles_are_told(agglo, tmp):
    out = os.path.join(tmp, "path.csv")
    r = agglo.ok(*SPEC, write(tmp, "works.csv", "citing,cited\nb,a\nc,b\nb,c\nd,c\n"), "--works", "--table", "path", "-o", out)
    assert "2 works cite each other in circles (1 of them)" in r.err, r
    assert [row.split(",")[1] for row in open(out).read().splitlines()[1:]] == ["a", "b", "c", "d"]

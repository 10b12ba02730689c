"""measure define: data that cannot be grouped, and definitions that do not fit."""
import os

from cli import untouched, write

DEFINE = ("measure", "define")
HEAD = "region,industry,employment\n"


def jobs(industries=8, regions=9, skip=()):
    """Industries of the same parity go together."""
    return HEAD + "".join(f"r{r},i{i},{10 + 7 * ((r + i) % 2) + (r * i) % 3}\n" for r in range(regions) for i in range(industries)
                          if (r, i) not in skip)


def test_fewer_industries_than_clusters(agglo, tmp):
    untouched(agglo, tmp, 2, ["8 industries", "clusters"], *DEFINE, write(tmp, "jobs.csv", jobs()), "--k-min", "5", "--k-max", "30")


def test_three_industries(agglo, tmp):
    untouched(agglo, tmp, 3, ["3 industries", "at least 4"], *DEFINE, write(tmp, "jobs.csv", jobs(industries=3)))


def test_one_region(agglo, tmp):
    untouched(agglo, tmp, 3, ["one region", "r0"], *DEFINE, write(tmp, "jobs.csv", jobs(regions=1)))


def test_an_industry_in_one_region_is_named_and_left_out(agglo, tmp):
    text = jobs() + "r4,lonely,50\n"
    r = agglo.ok(*DEFINE, write(tmp, "jobs.csv", text), "-o", os.path.join(tmp, "out") + "/")
    assert "fewer than 3 regions" in r.err and "lonely" in r.err, str(r)
    with open(os.path.join(tmp, "out", "industries.csv"), encoding="utf-8") as f:
        assert "lonely" not in f.read()


def test_all_industries_alike(agglo, tmp):
    text = HEAD + "".join(f"r{r},i{i},{r + 1}\n" for r in range(6) for i in range(5))
    untouched(agglo, tmp, 3, ["equally similar"], *DEFINE, write(tmp, "jobs.csv", text), "--use", "employment")


def test_a_matrix_that_falls_into_parts(agglo, tmp):
    flows = "source,target,value\n" + "".join(f"i{a},i{b},{5 + a}\n" for a, b in [(0, 2), (2, 4), (4, 6), (1, 3), (3, 5), (5, 7)])
    r = agglo.ok(*DEFINE, write(tmp, "jobs.csv", jobs()), "--flows", write(tmp, "io.csv", flows), "-o", os.path.join(tmp, "out") + "/")
    assert "falls into 2 separate parts" in r.err and "flows" in r.err, str(r)


def test_definitions_that_name_an_industry_twice(agglo, tmp):
    definitions = write(tmp, "definitions.csv", "industry,cluster\ni0,a\ni1,b\ni0,b\n")
    untouched(agglo, tmp, 3, ["definitions.csv", "i0"], *DEFINE, write(tmp, "jobs.csv", jobs()), "--definitions", definitions)


def test_definitions_of_other_industries(agglo, tmp):
    definitions = write(tmp, "definitions.csv", "industry,cluster\n2410,a\n2420,b\n")
    untouched(agglo, tmp, 3, ["definitions", "2410", "i0"], *DEFINE, write(tmp, "jobs.csv", jobs()), "--definitions", definitions)


def test_definitions_with_one_cluster(agglo, tmp):
    definitions = write(tmp, "definitions.csv", "industry,cluster\n" + "".join(f"i{i},all\n" for i in range(8)))
    untouched(agglo, tmp, 3, ["one cluster"], *DEFINE, write(tmp, "jobs.csv", jobs()), "--definitions", definitions)


def test_a_matrix_without_its_data(agglo, tmp):
    untouched(agglo, tmp, 3, ["--use occupations", "not given"], *DEFINE, write(tmp, "jobs.csv", jobs()), "--use", "occupations")

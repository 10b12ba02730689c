"""Wrong command lines: exit code 2 and the nearest name."""
from cli import JOBS, read, untouched, write

SPEC = ("measure", "specialization")


def test_without_arguments(agglo, tmp):
    r = agglo()
    assert r.code in (0, 2), str(r)
    text = r.out + r.err
    for word in ("measure", "network", "run", "methods", "explain"):
        assert word in text, f"the overview lacks {word}\n{r}"


def test_version(agglo, tmp):
    r = agglo.ok("--version")
    assert r.out.startswith("agglo "), str(r)
    for library in ("DuckDB", "GLPK", "GDAL", "PROJ"):
        assert library.lower() in r.out.lower(), f"no version of {library}\n{r}"


def test_unknown_verb(agglo, tmp):
    agglo.fails(2, ["mesure", "measure"], "mesure", "specialization", write(tmp, "jobs.csv", JOBS))


def test_unknown_method(agglo, tmp):
    agglo.fails(2, ["specialisation", "specialization"], "measure", "specialisation", write(tmp, "jobs.csv", JOBS))


def test_method_without_a_near_name(agglo, tmp):
    agglo.fails(2, ["zzzzzz"], "measure", "zzzzzz", write(tmp, "jobs.csv", JOBS))


def test_method_missing(agglo, tmp):
    r = agglo("measure")
    assert r.code in (0, 2) and "specialization" in r.out + r.err, f"no list of the methods of the verb\n{r}"


def test_unknown_option(agglo, tmp):
    untouched(agglo, tmp, 2, ["--levle", "--level"], *SPEC, write(tmp, "jobs.csv", JOBS), "--levle", "0.9")
    untouched(agglo, tmp, 2, ["--treads", "--threads"], *SPEC, write(tmp, "jobs.csv", JOBS), "--treads", "2")


def test_option_without_its_value(agglo, tmp):
    agglo.fails(2, ["--level"], *SPEC, write(tmp, "jobs.csv", JOBS), "--level")


def test_option_out_of_range(agglo, tmp):
    untouched(agglo, tmp, 2, ["level"], *SPEC, write(tmp, "jobs.csv", JOBS), "--level", "95")
    untouched(agglo, tmp, 2, ["level", "high"], *SPEC, write(tmp, "jobs.csv", JOBS), "--level", "high")


def test_wrong_common_options(agglo, tmp):
    jobs = write(tmp, "jobs.csv", JOBS)
    for option, value in (("--threads", "many"), ("--threads", "-1"), ("--seed", "x"), ("--aggregate", "total"),
                          ("--table", "nothing"), ("--like", "nobody")):
        untouched(agglo, tmp, 2, [option.strip("-")], *SPEC, jobs, option, value)


def test_col_without_equals_sign(agglo, tmp):
    agglo.fails(2, ["--col", "role=column"], *SPEC, write(tmp, "jobs.csv", JOBS), "--col", "value")


def test_col_with_an_unknown_role(agglo, tmp):
    untouched(agglo, tmp, 2, ["industri", "industry"], *SPEC, write(tmp, "jobs.csv", JOBS), "--col", "industri=industry")


def test_no_input(agglo, tmp):
    agglo.fails(2, [("input", "file")], *SPEC)


def test_unknown_ending_of_the_output(agglo, tmp):
    untouched(agglo, tmp, 2, [".csv", ".parquet"], *SPEC, write(tmp, "jobs.csv", JOBS), out="out.xyz")


def test_several_tables_into_one_file(agglo, tmp):
    # measure concentration has two tables: a file alone cannot hold them, --table or a folder can.
    untouched(agglo, tmp, 2, ["--table", "industries", "regions"], "measure", "concentration", write(tmp, "jobs.csv", JOBS))


def test_graph_output_of_a_table_method(agglo, tmp):
    untouched(agglo, tmp, 2, ["graphml"], *SPEC, write(tmp, "jobs.csv", JOBS), out="out.graphml")


def test_output_onto_the_input(agglo, tmp):
    # Allowed or refused, but the input must not be lost when the run fails.
    jobs = write(tmp, "jobs.csv", JOBS + "A,food,oops\n")
    r = agglo(*SPEC, jobs, "-o", jobs)
    assert r.code in (2, 3), str(r)
    assert read(jobs).decode() == JOBS + "A,food,oops\n"


def test_help_of_a_method(agglo, tmp):
    r = agglo.ok(*SPEC, "--help")
    for word in ("region", "industry", "value", "--level", "lq", "--col", "-o", "agglo --help"):
        assert word in r.out, f"the help lacks {word}\n{r}"
    common = agglo.ok("--help")
    for word in ("--where", "--aggregate", "--table", "--seed", "--threads", "--like", "--quiet", "--json-errors"):
        assert word in common.out, f"the help lacks {word}\n{common}"


def test_methods_lists_every_record(agglo, tmp):
    r = agglo.ok("methods")
    for name in ("specialization", "concentration", "agglomeration", "clusters", "build", "metrics", "helix"):
        assert name in r.out, f"no {name}\n{r}"


def test_explain(agglo, tmp):
    r = agglo.ok("explain", *SPEC)
    for word in ("location quotient", "source", "not"):
        assert word in r.out.lower(), f"no {word}\n{r}"
    agglo.fails(2, ["specialization"], "explain", "measure", "specialisation")


def test_json_errors(agglo, tmp):
    import json
    r = agglo(*SPEC, write(tmp, "jobs.csv", JOBS.replace("B,steel,10", 'B,steel,"te""n"')), "--json-errors")
    assert r.code == 3, str(r)
    error = json.loads(r.err.strip().splitlines()[-1])
    text = json.dumps(error)
    assert "line 6" in text and "jobs.csv" in text, str(r)
    assert any(v in (3, "3") for v in error.values()) or "data" in text.lower(), f"no code\n{r}"

"""Bad data: a clear line, exit code 3, nothing written."""
import os

from cli import JOBS, untouched, write

SPEC = ("measure", "specialization")


def bad(agglo, tmp, content, *words, args=(), name="jobs.csv", code=3):
    return untouched(agglo, tmp, code, words, *SPEC, write(tmp, name, content), *args)


def test_missing_file(agglo, tmp):
    untouched(agglo, tmp, 5, ["nowhere.csv"], *SPEC, os.path.join(tmp, "nowhere.csv"))


def test_glob_without_a_match(agglo, tmp):
    untouched(agglo, tmp, 5, ["nowhere*.csv"], *SPEC, os.path.join(tmp, "nowhere*.csv"))


def test_empty_file(agglo, tmp):
    bad(agglo, tmp, "", "jobs.csv", "empty")


def test_only_a_header(agglo, tmp):
    bad(agglo, tmp, "region,industry,value\n", "jobs.csv", "no rows")


def test_missing_role_column(agglo, tmp):
    # Which role is missing, how to name its column, and which columns there are.
    bad(agglo, tmp, "region,industry,jobs\nA,food,1\n", "jobs.csv", "'value'", "--col value=", "region, industry, jobs")


def test_col_that_names_no_column(agglo, tmp):
    bad(agglo, tmp, JOBS, "jobs.csv", "'emp'", "region, industry, value", args=["--col", "value=emp"])


def test_text_where_a_number_is_due(agglo, tmp):
    r = bad(agglo, tmp, JOBS.replace("B,steel,10", "B,steel,ten"), "jobs.csv", "line 6", "column value", "'ten'", "not a number")
    assert "--where" in r.err, f"no cure named\n{r}"


def test_the_column_is_named_as_the_file_names_it(agglo, tmp):
    text = JOBS.replace("region,industry,value", "region,industry,emp").replace("B,food,20", "B,food,?")
    bad(agglo, tmp, text, "line 5", "column emp", args=["--col", "value=emp"])


def test_the_line_is_that_of_the_file_when_where_filters(agglo, tmp):
    bad(agglo, tmp, JOBS.replace("C,cars,15", "C,cars,fifteen"), "line 10", args=["--where", "region <> 'A'"])


def test_negative_employment(agglo, tmp):
    bad(agglo, tmp, JOBS.replace("B,steel,10", "B,steel,-10"), "jobs.csv", "line 6", "value", "negative", "-10")


def test_nan(agglo, tmp):
    bad(agglo, tmp, JOBS.replace("B,steel,10", "B,steel,nan"), "jobs.csv", "line 6", "value", "not a number")


def test_inf(agglo, tmp):
    for text in ("inf", "-inf", "Infinity", "1e999"):
        bad(agglo, tmp, JOBS.replace("B,steel,10", f"B,steel,{text}"), "jobs.csv", "line 6", "value")


def test_duplicate_keys(agglo, tmp):
    bad(agglo, tmp, JOBS + "A,food,5\n", "duplicate", "region=A", "industry=food", "line 2", "line 11", "--aggregate sum")


def test_all_zeros(agglo, tmp):
    text = "region,industry,value\n" + "".join(f"{r},{i},0\n" for r in "AB" for i in ("food", "steel"))
    bad(agglo, tmp, text, ("zero", "0"))


def test_every_value_missing(agglo, tmp):
    bad(agglo, tmp, "region,industry,value\nA,food,\nB,food,\n", ("missing", "no value", "value"))


def test_one_region(agglo, tmp):
    # The region would be its own reference: every quotient 1, none of them telling anything.
    text = "region,industry,value\nA,food,10\nA,steel,30\n"
    bad(agglo, tmp, text, "one region", "--reference")
    nation = write(tmp, "nation.csv", "industry,value\nfood,50\nsteel,50\n")
    rows = agglo.ok(*SPEC, write(tmp, "jobs.csv", text), "--reference", nation).rows()
    assert [float(row["lq"]) for row in rows] == [0.5, 1.5], rows


def test_a_line_of_10_mb(agglo, tmp):
    bad(agglo, tmp, JOBS + "D,food," + "9" * 10_000_000 + "\n", "jobs.csv", "line 11")


def test_an_unclosed_quote(agglo, tmp):
    bad(agglo, tmp, JOBS + 'D,"food,5\n' + "E,food,1\n" * 10, "jobs.csv", "line 11")


def test_broken_utf8(agglo, tmp):
    bad(agglo, tmp, JOBS.encode() + b"D,caf\xe9,5\n", "jobs.csv", "line 11", "utf-8")


def test_broken_utf8_in_the_header(agglo, tmp):
    bad(agglo, tmp, b"r\xe9gion,industry,value\nA,food,1\n", "jobs.csv", "utf-8", args=["--col", "region=region"])


def test_ragged_rows(agglo, tmp):
    bad(agglo, tmp, JOBS.replace("B,food,20", "B,food"), "jobs.csv", "line 5", "column")
    bad(agglo, tmp, JOBS.replace("B,food,20", "B,food,20,7"), "jobs.csv", "line 5", "column")


def test_a_binary_file(agglo, tmp):
    bad(agglo, tmp, bytes(range(256)) * 20, "jobs.csv")


def test_unreadable_parquet(agglo, tmp):
    bad(agglo, tmp, b"PAR1" + b"garbage" * 50 + b"PAR1", "jobs.parquet", name="jobs.parquet")
    bad(agglo, tmp, "", "jobs.parquet", name="jobs.parquet")


def test_truncated_parquet(agglo, tmp):
    good = os.path.join(tmp, "good.parquet")
    agglo.ok(*SPEC, write(tmp, "jobs.csv", JOBS), "-o", good)
    with open(good, "rb") as f:
        content = f.read()
    bad(agglo, tmp, content[:len(content) // 2], "cut.parquet", name="cut.parquet")


def test_broken_json(agglo, tmp):
    bad(agglo, tmp, '[{"region": "A", "industry": "food", "value": 1}, {"region', "jobs.json", name="jobs.json")


def test_broken_gzip(agglo, tmp):
    bad(agglo, tmp, b"\x1f\x8b\x08\x00garbage" * 10, "jobs.csv.gz", name="jobs.csv.gz", code=(3, 5))


def test_a_table_that_the_database_lacks(agglo, tmp):
    good = os.path.join(tmp, "good.duckdb")
    agglo.ok(*SPEC, write(tmp, "jobs.csv", JOBS), "-o", good)
    untouched(agglo, tmp, 3, ["good.duckdb", "nothing"], *SPEC, good + "::nothing")


def test_a_file_that_is_no_database(agglo, tmp):
    bad(agglo, tmp, "no database at all\n" * 500, "jobs.duckdb", name="jobs.duckdb", code=(3, 5))


def test_a_directory_as_input(agglo, tmp):
    os.mkdir(os.path.join(tmp, "folder.csv"))
    r = agglo(*SPEC, os.path.join(tmp, "folder.csv"))
    assert r.code in (3, 5) and "folder.csv" in r.err, str(r)


def test_where_that_keeps_nothing(agglo, tmp):
    bad(agglo, tmp, JOBS, "--where", args=["--where", "region = 'Z'"])


def test_where_that_is_no_sql(agglo, tmp):
    for sql in ("region ==== 'A'", "regoin = 'A'", "region = 'A", ""):
        r = agglo(*SPEC, write(tmp, "jobs.csv", JOBS), "--where", sql)
        assert r.code in (2, 3) and "where" in r.err, f"--where '{sql}' must be refused by its name\n{r}"


def test_where_cannot_change_files(agglo, tmp):
    victim = write(tmp, "victim.csv", "precious\n")
    jobs = write(tmp, "jobs.csv", JOBS)
    for sql in (f"true; COPY (SELECT 1) TO '{victim}'", f"true); COPY (SELECT 1) TO '{victim}'; SELECT (1"):
        r = agglo(*SPEC, jobs, "--where", sql)
        assert r.code in (2, 3), str(r)
        with open(victim, encoding="utf-8") as f:
            assert f.read() == "precious\n", f"--where wrote a file\n{r}"

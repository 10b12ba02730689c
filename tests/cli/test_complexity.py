"""Bad input of complexity, relatedness and coagglomeration ends in one line that says what would mend it."""
import os

from cli import write

HEAD = "region,industry,value\n"
GOOD = HEAD + "A,x,4\nA,y,2\nB,y,3\nB,z,1\nC,z,5\nC,x,1\n"
METHODS = ("complexity", "relatedness", "coagglomeration")


def test_good_table_runs(agglo, tmp):
    for method in METHODS:
        agglo.ok("measure", method, write(tmp, "good.csv", GOOD), "-o", os.path.join(tmp, method) + "/")


def test_negative_value(agglo, tmp):
    path = write(tmp, "negative.csv", GOOD + "C,y,-3\n")
    for method in METHODS:
        agglo.fails(3, ["negative.csv", "line 8", "value", "-3"], "measure", method, path)


def test_duplicate_cell(agglo, tmp):
    path = write(tmp, "twice.csv", GOOD + "A,x,9\n")
    for method in METHODS:
        agglo.fails(3, ["twice.csv", "--aggregate"], "measure", method, path)


def test_one_region(agglo, tmp):
    path = write(tmp, "one.csv", HEAD + "A,x,4\nA,y,2\n")
    for method in ("complexity", "relatedness"):
        agglo.fails(3, ["1 region holds anything"], "measure", method, path)
    agglo.fails(3, ["fewer than two regions"], "measure", "coagglomeration", path)


def test_one_industry(agglo, tmp):
    path = write(tmp, "one.csv", HEAD + "A,x,4\nB,x,2\n")
    for method in ("complexity", "relatedness"):
        agglo.fails(3, ["1 industry is held"], "measure", method, path)
    agglo.fails(3, ["fewer than two industries"], "measure", "coagglomeration", path)


def test_nothing_above_zero(agglo, tmp):
    path = write(tmp, "zero.csv", HEAD + "A,x,0\nB,y,0\n")
    for method in METHODS:
        agglo.fails(3, ["every value is zero or missing"], "measure", method, path)


def test_filter_leaves_nothing(agglo, tmp):
    path = write(tmp, "good.csv", GOOD)
    for method in ("complexity", "relatedness"):
        agglo.fails(3, ["after the filters"], "measure", method, path, "--min-total", "1e9")


def test_income_of_other_codes(agglo, tmp):
    income = write(tmp, "income.csv", "region,value\nQQ,100\n")
    agglo.fails(3, ["no region of the data has an income"], "measure", "complexity", write(tmp, "good.csv", GOOD), "--income", income)


def test_links_without_a_measure(agglo, tmp):
    links = write(tmp, "links.csv", "industry_a,industry_b\nx,y\n")
    agglo.fails(2, ["io or occupation"], "measure", "coagglomeration", write(tmp, "good.csv", GOOD), "--links", links)


def test_groups_of_other_codes(agglo, tmp):
    groups = write(tmp, "groups.csv", "industry,group\nQ,g\n")
    agglo.fails(3, ["no industry of the data has a group"], "measure", "coagglomeration", write(tmp, "good.csv", GOOD), "--groups", groups)


def test_region_without_a_total(agglo, tmp):
    totals = write(tmp, "totals.csv", "region,value\nA,5\nB,5\n")
    agglo.fails(3, ["line 7", "region C has no total"], "measure", "coagglomeration", write(tmp, "good.csv", GOOD), "--region_totals", totals)


def test_same_for_any_number_of_threads(agglo, tmp):
    rows = "".join(f"r{r:02d},i{i:02d},{(r * 7 + i * 13) % 11 * (1 + (i < r))}\n" for r in range(30) for i in range(40))
    path = write(tmp, "table.csv", HEAD + rows)
    for method in METHODS:
        for threads in ("1", "3"):
            agglo.ok("measure", method, path, "--threads", threads, "-o", os.path.join(tmp, method + threads) + "/")
        for table in sorted(os.listdir(os.path.join(tmp, method + "1"))):
            with open(os.path.join(tmp, method + "1", table), "rb") as one, open(os.path.join(tmp, method + "3", table), "rb") as three:
                assert one.read() == three.read(), (method, table)

"""Bad input of measure economies."""
from pathlib import Path

ROWS = """region,industry,density,twice,wage,c1,c2
a,food,10,20,100,1,5
b,food,20,40,110,2,3
c,food,30,60,130,2,8
d,food,45,90,120,4,1
a,steel,10,20,140,3,6
b,steel,20,40,150,6,2
c,steel,30,60,180,1,9
d,steel,45,90,0,5,4
"""


def run(agglo, tmp, rows, *args):
    (Path(tmp) / "d.csv").write_text(rows)
    return ("measure", "economies", "d.csv", "--col", "outcome=wage", *args, "-o", "out.csv", "--table", "coefficients")


def test_no_logarithm(agglo, tmp):
    agglo.fails(3, ["d.csv line 9", "outcome 0 has no logarithm"], *run(agglo, tmp, ROWS), cwd=tmp)


def test_collinear_regressor_is_named(agglo, tmp):
    agglo.fails(3, ["'control_1' is a linear combination"],
                *run(agglo, tmp, ROWS, "--where", "wage > 0", "--col", "control_1=twice", "--log-controls"), cwd=tmp)


def test_regressor_without_variation_within(agglo, tmp):
    agglo.fails(3, ["'density' does not vary within the fixed effects"],
                *run(agglo, tmp, ROWS, "--where", "wage > 0", "--fixed", "region"), cwd=tmp)


def test_few_clusters(agglo, tmp):
    agglo.fails(3, ["2 clusters for 3 coefficients"], *run(agglo, tmp, ROWS, "--where", "wage > 0", "--se", "cluster", "--cluster",
                "industry", "--col", "control_1=c1", "--col", "control_2=c2"), cwd=tmp)


def test_singletons_are_counted(agglo, tmp):
    rows = ROWS.replace("d,steel,45,90,0", "d,glass,45,90,90")
    r = agglo.ok(*run(agglo, tmp, rows, "--fixed", "industry"), cwd=tmp)
    assert "1 rows were left out because they are alone in a fixed effect" in r.err


def test_nothing_that_explains(agglo, tmp):
    agglo.fails(2, ["bind density"], *run(agglo, tmp, ROWS, "--col", "density="), cwd=tmp)


def test_unknown_fixed_effect(agglo, tmp):
    agglo.fails(2, ["'town' is none of region, industry, year"], *run(agglo, tmp, ROWS, "--fixed", "industry,town"), cwd=tmp)


def test_instrument_for_nothing(agglo, tmp):
    agglo.fails(2, ["no own to be instrumented"], *run(agglo, tmp, ROWS, "--where", "wage > 0", "--col", "instrument_1=c1",
                "--instrumented", "own"), cwd=tmp)


def test_derived_from_jobs(agglo, tmp):
    # What follows from jobs by region and industry is the same as the columns given.
    cells = [(r, i, 10 * (1 + (3 * a + 2 * b * b + a * b) % 7), 2 + a, 100 + 17 * ((5 * a + 3 * b) % 11))
             for a, r in enumerate("abcdefgh") for b, i in enumerate(("food", "steel", "glass"))]
    total, square = {}, {}
    for r, _, jobs, _, _ in cells:
        total[r] = total.get(r, 0) + jobs
        square[r] = square.get(r, 0) + jobs ** 2
    given = "region,industry,density,own,diversity,wage\n" + "".join(
        "%s,%s,%r,%r,%r,%d\n" % (r, i, total[r] / area, jobs, (total[r] - jobs) ** 2 / (square[r] - jobs ** 2), wage)
        for r, i, jobs, area, wage in cells)
    derived = "region,industry,jobs,area,wage\n" + "".join("%s,%s,%d,%d,%d\n" % cell for cell in cells)
    tables = []
    for rows in (given, derived):
        agglo.ok(*run(agglo, tmp, rows), cwd=tmp)
        tables.append([line.split(",") for line in (Path(tmp) / "out.csv").read_text().splitlines()[1:]])
    assert [row[1] for row in tables[0]] == ["density", "diversity", "own"], tables[0]
    for a, b in zip(*tables):
        assert a[:2] == b[:2] and abs(float(a[2]) - float(b[2])) < 1e-10, (a, b)

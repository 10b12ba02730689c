"""allocate efficiency, malmquist, productivity, misallocation and rd on bad data: one clear line, nothing written."""
import csv
import os
import random

from cli import untouched, write

UNITS = "unit,year,input_1,input_2,output_1\n" + "".join(f"U{k},{y},{3 + k},{9 - k % 5},{10 + 2 * k + y % 3}\n" for k in range(9) for y in (2010, 2011, 2012))


def firms(gap=0, seed=1):
    """Firms over 2001..2008, of which every `gap`-th year is missing."""
    r, rows = random.Random(seed), ["firm,year,output,labour,capital,materials,investment"]
    for f in range(60):
        omega, k = r.gauss(0, 0.3), r.gauss(2, 1)
        for year in range(2001, 2009):
            omega = 0.7 * omega + r.gauss(0, 0.3)
            l, m = 1 + 0.5 * k + 0.5 * omega + r.gauss(0, 0.4), 0.4 * k + 0.8 * omega
            y = 1 + 0.6 * l + 0.3 * k + omega + r.gauss(0, 0.1)
            if not gap or year % gap:
                rows.append(f"F{f},{year}," + ",".join(f"{2.718281828 ** x:.6f}" for x in (y, l, k, m, 0.5 * k + omega)))
            k = 0.8 * k + 0.4 + 0.3 * omega + r.gauss(0, 0.3)
    return rows


def spoil(rows, line, column, value):
    """The CSV with one cell changed; `line` as an editor counts."""
    out = list(rows)
    cells = out[line - 1].split(",")
    cells[rows[0].split(",").index(column)] = value
    out[line - 1] = ",".join(cells)
    return "\n".join(out) + "\n"


def bad(agglo, tmp, method, content, *words, args=(), code=3):
    return untouched(agglo, tmp, code, words, "allocate", method, write(tmp, "data.csv", content), *args)


def out(agglo, tmp, method, content, *args):
    said = agglo.ok("allocate", method, write(tmp, "data.csv", content), *args, "-o", os.path.join(tmp, "out", ""))
    tables = {}
    for name in os.listdir(os.path.join(tmp, "out")):
        with open(os.path.join(tmp, "out", name), newline="") as f:
            tables[name[:-4]] = list(csv.DictReader(f))
    return said, tables


# ---- efficiency, malmquist


def test_efficiency_negative_input(agglo, tmp):
    bad(agglo, tmp, "efficiency", spoil(UNITS.splitlines(), 5, "input_2", "-1"), "line 5", "input_2")


def test_efficiency_no_output(agglo, tmp):
    bad(agglo, tmp, "efficiency", "unit,input_1,output_1\nA,1,1\nB,2,0\nC,3,2\n", "line 3", "no output above zero")


def test_efficiency_units_with_missing_inputs(agglo, tmp):
    said, tables = out(agglo, tmp, "efficiency", spoil(UNITS.splitlines(), 5, "input_1", ""))
    assert len(tables["units"]) == 26 and "missing" in said.err, said
    assert not any(r["unit"] == "U1" and r["year"] == "2010" for r in tables["units"])


def test_efficiency_nothing_left(agglo, tmp):
    bad(agglo, tmp, "efficiency", "unit,input_1,output_1\nA,,1\nB,2,\n", "no row has all inputs")


def test_efficiency_repeated_unit(agglo, tmp):
    bad(agglo, tmp, "efficiency", "unit,input_1,output_1\nA,1,1\nA,2,1\n", "A", "line 3")


def test_malmquist_panel_with_gaps(agglo, tmp):
    gaps = "".join(line + "\n" for line in UNITS.splitlines() if not line.startswith("U3,2011"))
    said, tables = out(agglo, tmp, "malmquist", gaps)
    assert not [r for r in tables["changes"] if r["unit"] == "U3"], "a change over a gap was made up"
    assert "U3" in said.err or "gap" in said.err or "missing" in said.err, said
    said, tables = out(agglo, tmp, "malmquist", gaps, "--bridge")
    assert [(r["from_year"], r["year"]) for r in tables["changes"] if r["unit"] == "U3"] == [("2010", "2012")]


def test_malmquist_one_year(agglo, tmp):
    bad(agglo, tmp, "malmquist", "unit,year,input_1,output_1\nA,2010,1,1\nB,2010,2,1\n", "two years")


# ---- productivity


def test_productivity_zero_where_a_logarithm_is_due(agglo, tmp):
    rows = firms()
    r = bad(agglo, tmp, "productivity", spoil(rows, 7, "labour", "0"), "line 7", "column labour", "no logarithm")
    assert "--invalid drop" in r.err, f"no cure named\n{r}"
    bad(agglo, tmp, "productivity", spoil(rows, 9, "materials", "-2"), "line 9", "column materials")
    said, _ = out(agglo, tmp, "productivity", spoil(rows, 7, "labour", "0"), "--invalid", "drop", "--replications", "0")
    assert "1 of 480 firm-years were left out" in said.err, said


def test_productivity_missing_values(agglo, tmp):
    said, tables = out(agglo, tmp, "productivity", spoil(firms(), 7, "labour", ""), "--replications", "0")
    assert "1 of 480 firm-years were left out because a value is missing" in said.err, said
    assert all(r["firm_years"] == "479" and r["pairs"] == "418" for r in tables["coefficients"]), tables["coefficients"]


def test_productivity_panel_with_gaps(agglo, tmp):
    for method in ("lp", "op", "acf", "wrdg"):
        bad(agglo, tmp, "productivity", "\n".join(firms(gap=2)) + "\n", "consecutive years", args=["--method", method])
    bad(agglo, tmp, "productivity", "\n".join(firms(gap=2)) + "\n", "consecutive years", args=["--method", "gnr", "--output-is", "gross"])
    said, tables = out(agglo, tmp, "productivity", "\n".join(firms(gap=4)) + "\n", "--replications", "0")
    assert all(r["pairs"] == "240" for r in tables["coefficients"]), tables["coefficients"]
    assert [r["year"] for r in tables["tfp"] if r["firm"] == "F0" and not r["growth"]] == ["2001", "2005"]


def test_productivity_gross_output_needs_materials(agglo, tmp):
    bad(agglo, tmp, "productivity", "firm,year,output,labour,capital\nA,2001,1,1,1\n", "gross output", "materials",
        args=["--output-is", "gross", "--method", "gnr"], code=2)
    bad(agglo, tmp, "productivity", "\n".join(firms()) + "\n", "gnr", args=["--method", "lp", "--output-is", "gross"], code=2)


def test_productivity_input_that_does_not_vary(agglo, tmp):
    rows = firms()
    flat = [rows[0]] + [",".join(v if k != 4 else "5" for k, v in enumerate(line.split(","))) for line in rows[1:]]
    bad(agglo, tmp, "productivity", "\n".join(flat) + "\n", ("collinear", "does not vary"))


# ---- misallocation

PLANTS = ["industry,output,labour,capital"] + [f"{'AB'[k % 2]},{10 + k},{4 + k % 3},{8 + k % 5}" for k in range(12)]


def test_misallocation_zero_and_negative(agglo, tmp):
    r = bad(agglo, tmp, "misallocation", spoil(PLANTS, 4, "capital", "0"), "line 4", "column capital")
    assert "--invalid drop" in r.err, r
    bad(agglo, tmp, "misallocation", spoil(PLANTS, 6, "output", "-3"), "line 6", "column output")
    said, tables = out(agglo, tmp, "misallocation", spoil(PLANTS, 6, "output", "-3"), "--invalid", "drop", "--replications", "0", "--trim", "0")
    assert "firms with losses go" in said.err and float(tables["summary"][0]["firms"]) == 11, said


def test_misallocation_missing(agglo, tmp):
    said, tables = out(agglo, tmp, "misallocation", spoil(PLANTS, 5, "labour", ""), "--replications", "0", "--trim", "0")
    assert "1 of 12 rows were left out because a value is missing" in said.err, said


def test_misallocation_shares(agglo, tmp):
    bad(agglo, tmp, "misallocation", "\n".join(PLANTS) + "\n", "industry B", "capital share",
        args=["--shares", write(tmp, "shares.csv", "industry,capital_share\nA,0.4\n")])
    bad(agglo, tmp, "misallocation", "\n".join(PLANTS) + "\n", "--capital-share", args=["--model", "span-of-control"], code=2)


# ---- rd

FLOWS = "source,target,weight\nA,B,3\nB,A,1\nB,C,2\nC,C,1\n"
SECTORS = "sector,consumption,rd\nA,1,2\nB,2,1\nC,3,3\n"


def rd(agglo, tmp, flows, sectors, *words, code=3, args=()):
    bad(agglo, tmp, "rd", flows, *words, args=["--sectors", write(tmp, "sectors.csv", sectors), *args], code=code)


def test_rd_bad_flows_and_sectors(agglo, tmp):
    rd(agglo, tmp, FLOWS.replace("B,C,2", "B,C,-2"), SECTORS, "line 4", "weight")
    rd(agglo, tmp, FLOWS + "A,D,1\n", SECTORS, "sector D", "--sectors")
    rd(agglo, tmp, FLOWS, SECTORS.replace("B,2,1", "B,-2,1"), "line 3", "consumption")
    rd(agglo, tmp, FLOWS, SECTORS.replace("1,2", "0,2").replace("2,1", "0,1").replace("3,3", "0,3"), "consumption")
    rd(agglo, tmp, FLOWS, SECTORS + "A,1,1\n", "A", "line 5")


def test_rd_sector_without_citations_and_without_rd(agglo, tmp):
    said, tables = out(agglo, tmp, "rd", "source,target,weight\nA,B,3\n", "--sectors", write(tmp, "s.csv", SECTORS.replace("C,3,3", "C,3,0")))
    assert abs(sum(float(r["optimal_share"]) for r in tables["sectors"]) - 1) < 1e-12
    assert "floor" in said.err and "cite" in said.err, said

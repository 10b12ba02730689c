"""What must hold for measures of regions and the industries in them, whatever the data: names, units, empty cells and the
number of threads do not matter."""
import math
import random

from agglo_test import Scratch, close, number, other_names, same_table

JOBS = ["region", "industry", "year", "value"]


def jobs(seed, regions=14, industries=10, years=(2015, 2019)):
    """Random cells with holes; regions and industries of very different size, so that nothing is tied."""
    rng = random.Random(seed)
    size = [math.exp(rng.gauss(0, 1)) for _ in range(regions)]
    rows = []
    for r in range(regions):
        for i in range(industries):
            if rng.random() < 0.35:
                continue
            x = 100 * size[r] * math.exp(rng.gauss(0, 1))
            rows += [[f"R{r:02d}", f"I{i:02d}", y, round(x * math.exp(rng.gauss(0, 0.3)), 3)] for y in years]
    return rows


def holes(rows, value=0):
    """Rows of zeros for all region-industry-years that are not listed."""
    regions, industries, years = (sorted({r[k] for r in rows}) for k in range(3))
    there = {tuple(r[:3]) for r in rows}
    return [[r, i, y, value] for r in regions for i in industries for y in years if (r, i, y) not in there]


def renamed(rows, seed=1):
    regions = other_names((r[0] for r in rows), seed, "region ")
    industries = other_names((r[1] for r in rows), seed + 1, "ind")
    out = [[regions[r[0]], industries[r[1]], *r[2:]] for r in rows]
    random.Random(seed).shuffle(out)
    return out, regions, industries


def scaled(rows, factor):
    return [r[:3] + [r[3] * factor] + r[4:] for r in rows]


def fill(s, rows, header=JOBS):
    """a.csv the data; names.csv with other names; big.csv in another unit; zeros.csv with empty cells. Returns the names."""
    other, regions, industries = renamed(rows)
    s.write("a.csv", header, rows)
    s.write("names.csv", header, other)
    s.write("big.csv", header, scaled(rows, 1000))
    s.write("zeros.csv", header, rows + [r + [0] * (len(header) - 4) for r in holes(rows)])
    return regions, industries


# ---- complexity ---------------------------------------------------------------------------------------------------------
def test_complexity(agglo):
    with Scratch(agglo) as s:
        regions, industries = fill(s, jobs(1))
        call = ("measure", "complexity")
        a, b, c, d = (s.run(*call, f, "--draws", 0) for f in ("a.csv", "names.csv", "big.csv", "zeros.csv"))
        same_table(b["regions"], a["regions"], ["region", "year"], {"region": regions}, tolerance=1e-8)
        same_table(b["industries"], a["industries"], ["industry", "year"], {"industry": industries}, tolerance=1e-8)
        same_table(c["regions"], a["regions"], ["region", "year"], scale={"total": 1000}, tolerance=1e-8)
        same_table(c["industries"], a["industries"], ["industry", "year"], scale={"total": 1000}, tolerance=1e-8)
        assert d == a, "empty cells matter"
        s.same_for_any_threads(*call, "a.csv", "--draws", 40)


# ---- relatedness --------------------------------------------------------------------------------------------------------
RELATED = {"density": ["region", "industry"], "opportunities": ["region", "industry"], "change": ["region", "industry"],
           "entry": ["decile"]}


def test_relatedness(agglo):
    with Scratch(agglo) as s:
        regions, industries = fill(s, jobs(2))
        call = ("measure", "relatedness")
        a, b, c, d = (s.run(*call, f) for f in ("a.csv", "names.csv", "big.csv", "zeros.csv"))
        for name, keys in RELATED.items():
            # Places among equals, and with them the tenths, are mean places: they do not know the names.
            same_table(b[name], a[name], keys, {"region": regions, "industry": industries}, skip=("rank",), tolerance=1e-8)
        turned = {(r["industry_a"], r["industry_b"]): r for r in b["pairs"]}
        for r in a["pairs"]:
            x, y = industries[r["industry_a"]], industries[r["industry_b"]]
            other = turned[min(x, y), max(x, y)]
            for k in list(r)[2:]:
                assert close(number(r[k]), number(other[k])), (k, r)
        for name, keys in (RELATED | {"pairs": ["industry_a", "industry_b"]}).items():
            same_table(c[name], a[name], keys, tolerance=1e-8)
        assert d == a, "empty cells matter"
        s.same_for_any_threads(*call, "a.csv")


# ---- coagglomeration ----------------------------------------------------------------------------------------------------
def test_coagglomeration(agglo):
    with Scratch(agglo) as s:
        rng = random.Random(3)
        rows = [r + [rng.randint(1, 9)] for r in jobs(3, years=(2019,))]
        regions, industries = fill(s, rows, JOBS + ["establishments"])
        s.write("groups.csv", ["industry", "group"], [[f"I{i:02d}", f"G{i % 3}"] for i in range(10)])
        call = ("measure", "coagglomeration")
        a, b, c, d = (s.run(*call, f) for f in ("a.csv", "names.csv", "big.csv", "zeros.csv"))
        same_table(b["industries"], a["industries"], ["industry"], {"industry": industries, "partner": industries})
        same_table(c["industries"], a["industries"], ["industry"], scale={"size": 1000})
        same_table(c["pairs"], a["pairs"], ["industry_a", "industry_b"])
        turned = {(r["industry_a"], r["industry_b"]): r for r in b["pairs"]}
        for r in a["pairs"]:
            x, y = industries[r["industry_a"]], industries[r["industry_b"]]
            for k in ("gamma", "z", "p_value", "q_value"):
                assert close(number(r[k]), number(turned[min(x, y), max(x, y)][k])), (k, r)
        assert d == a, "empty cells matter"
        s.same_for_any_threads(*call, "a.csv", "--groups", "groups.csv", "--simulations", 60)


# ---- define -------------------------------------------------------------------------------------------------------------
def test_define(agglo):
    with Scratch(agglo) as s:
        rows = jobs(4, regions=30, industries=18, years=(2019,))
        regions, industries = fill(s, rows)
        call = ("measure", "define")
        ward = ("--col", "employment=value", "--algorithm", "ward", "--k-min", 3, "--k-max", 7)
        a, b, c, d = (s.run(*call, f, *ward) for f in ("a.csv", "names.csv", "big.csv", "zeros.csv"))
        names = {"industry": industries, "cluster": industries, "best_other": industries, "cluster_name": industries}
        same_table(b["industries"], a["industries"], ["industry"], names)
        same_table(b["result"], a["result"], ["k"])
        same_table(c["industries"], a["industries"], ["industry"], scale={"employment": 1000})
        same_table(c["result"], a["result"], ["k"])
        assert d == a, "empty cells matter"
        s.same_for_any_threads(*call, "a.csv", "--col", "employment=value", "--k-max", 6)


def test_define_compared_with_itself_agrees(agglo):
    with Scratch(agglo) as s:
        s.write("a.csv", JOBS, jobs(5, regions=25, industries=14, years=(2019,)))
        call = ("measure", "define", "a.csv", "--col", "employment=value", "--rounds", 0)
        found = s.run(*call)["industries"]
        s.write("found.csv", ["industry", "cluster"], [[r["industry"], r["cluster"]] for r in found])
        again = s.run(*call, "--definitions", "found.csv", "--compare", "found.csv")
        assert number(again["result"][0]["rand"]) == 1, again["result"]
        for x, y in zip(found, again["industries"]):
            assert close(number(x["wcr"]), number(y["wcr"])), x


# ---- stage --------------------------------------------------------------------------------------------------------------
def test_stage(agglo):
    with Scratch(agglo) as s:
        rows = jobs(6, regions=9, industries=5, years=tuple(range(2008, 2020)))
        regions, industries = fill(s, rows)
        call = ("measure", "stage")
        a, b, c, d = (s.run(*call, f) for f in ("a.csv", "names.csv", "big.csv", "zeros.csv"))
        same_table(b["stages"], a["stages"], ["region", "cluster", "year"], {"region": regions, "cluster": industries})
        same_table(b["transitions"], a["transitions"], ["from_stage", "to_stage"])
        same_table(c["stages"], a["stages"], ["region", "cluster", "year"], scale={"value": 1000})
        same_table(c["counts"], a["counts"], ["year", "stage"], scale={"value": 1000})
        assert d == a, "empty cells matter"
        s.same_for_any_threads(*call, "a.csv")


# ---- hotspots -----------------------------------------------------------------------------------------------------------
def test_hotspots(agglo):
    """Names, the unit and the zero of the value, and turning the globe leave the statistics."""
    with Scratch(agglo) as s:
        rng = random.Random(7)
        header = ["region", "value", "lon", "lat"]
        rows = [[f"R{r:02d}", rng.gauss(0, 1) + 3, rng.uniform(2, 12), rng.uniform(42, 50)] for r in range(60)]
        names = other_names(r[0] for r in rows)
        s.write("a.csv", header, rows)
        s.write("names.csv", header, [[names[r[0]], *r[1:]] for r in reversed(rows)])
        s.write("unit.csv", header, [[r[0], 20 * r[1] - 7, *r[2:]] for r in rows])
        s.write("turned.csv", header, [[*r[:2], r[2] + 100, r[3]] for r in rows])
        s.write("unknown.csv", header, rows + [["X", "", 5, 45]])
        call = ("measure", "hotspots")
        a, b, c, d, e = (s.run(*call, f, "--permutations", 0, "--inference", "analytic")
                         for f in ("a.csv", "names.csv", "unit.csv", "turned.csv", "unknown.csv"))
        same_table(b["regions"], a["regions"], ["region"], {"region": names}, tolerance=1e-8)
        same_table(b["overall"], a["overall"], ["index"], tolerance=1e-8)
        # G_i and General G are ratios of sums, so only their z-values know nothing of the zero; General G not even so.
        same_table(c["regions"], a["regions"], ["region"], skip=("value", "lag"), tolerance=1e-8)
        both = [[r for r in t["overall"] if r["index"] != "General G"] for t in (c, a)]
        same_table(*both, ["index"], tolerance=1e-8)
        same_table(d["regions"], a["regions"], ["region"], skip=("lon",), tolerance=1e-8)
        same_table(e["regions"], a["regions"], ["region"], tolerance=1e-12)
        s.same_for_any_threads(*call, "a.csv", "--permutations", 199)


# ---- economies ----------------------------------------------------------------------------------------------------------
def test_economies(agglo):
    """Units of outcome and density move the constant alone; fixed effects take up what is common to an industry."""
    with Scratch(agglo) as s:
        rng = random.Random(8)
        header = ["region", "industry", "outcome", "density"]
        density = {f"R{r:02d}": math.exp(rng.gauss(4, 1)) for r in range(40)}
        rows = [[r, f"I{i}", 30 * d ** 0.05 * math.exp(rng.gauss(0, 0.1)), d] for r, d in density.items() for i in range(5)]
        other, regions, industries = renamed(rows)
        s.write("a.csv", header, rows)
        s.write("names.csv", header, other)
        s.write("units.csv", header, [[r, i, 1000 * y, d / 2.59] for r, i, y, d in rows])
        s.write("shifted.csv", header, [[r, i, y * (2 + int(i[1:])), d] for r, i, y, d in rows])
        call = ("measure", "economies")
        fixed = ("--fixed", "industry", "--se", "cluster")
        a, b, c, d = (s.run(*call, f, *fixed) for f in ("a.csv", "names.csv", "units.csv", "shifted.csv"))
        for other in (b, c, d):
            same_table(other["coefficients"], a["coefficients"], ["model", "variable"], tolerance=1e-8)
            same_table(other["fit"], a["fit"], ["model"], skip=("r2", "constant"), tolerance=1e-8)
        s.same_for_any_threads(*call, "a.csv", "--compare", "--bootstrap", 6)

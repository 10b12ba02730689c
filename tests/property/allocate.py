"""What must hold for the methods that say where means should go, whatever the data: names, units, empty rows and the number
of threads do not matter."""
import math
import random

from agglo_test import Scratch, close, number, other_names, same_table


# ---- R&D in a network of sectors ----------------------------------------------------------------------------------------
def test_rd(agglo):
    with Scratch(agglo) as s:
        rng = random.Random(21)
        flows = [[f"s{a}", f"s{b}", rng.randint(1, 99)] for a in range(8) for b in range(8) if a == b or rng.random() < 0.6]
        sectors = [[f"s{a}", rng.uniform(1, 9), rng.uniform(1, 9)] for a in range(8)]
        names = other_names((r[0] for r in sectors), 1, "sector ")
        head, about = ["source", "target", "weight"], ["sector", "consumption", "rd"]
        there = {tuple(r[:2]) for r in flows}
        s.write("a.csv", head, flows)
        s.write("names.csv", head, [[names[a], names[b], w] for a, b, w in reversed(flows)])
        s.write("zeros.csv", head, flows + [[a, b, 0] for a in names for b in names if (a, b) not in there])
        s.write("s.csv", about, sectors)
        s.write("named.csv", about, [[names[a], c, r] for a, c, r in sectors])
        s.write("units.csv", about, [[a, 1000 * c, 8 * r] for a, c, r in sectors])
        call = ("allocate", "rd")
        a, c = (s.run(*call, "a.csv", "--sectors", f) for f in ("s.csv", "units.csv"))
        b, d = (s.run(*call, f, "--sectors", g) for f, g in (("names.csv", "named.csv"), ("zeros.csv", "s.csv")))
        same_table(b["sectors"], a["sectors"], ["sector"], {"sector": names})
        same_table(b["summary"], a["summary"], ["economy"])
        same_table(c["sectors"], a["sectors"], ["sector"], scale={"rd_change": 8})
        assert d == a, "empty flows matter"
        assert close(sum(number(r["optimal_share"]) for r in a["sectors"]), 1)
        s.same_for_any_threads(*call, "a.csv", "--sectors", "s.csv")


# ---- key firms ----------------------------------------------------------------------------------------------------------
def test_keyfirms(agglo):
    with Scratch(agglo) as s:
        rng = random.Random(22)
        links = sorted({tuple(sorted(rng.sample(range(40), 2))) for _ in range(70)})
        firms = [[f"f{k:02d}", f"m{k % 5}", round(rng.uniform(1, 3), 4)] for k in range(40)]
        names, markets = other_names((f[0] for f in firms), 2), other_names((f[1] for f in firms), 3, "market ")
        head, about = ["source", "target"], ["firm", "market", "mu"]
        s.write("a.csv", head, [[f"f{a:02d}", f"f{b:02d}"] for a, b in links])
        s.write("twice.csv", head, [[f"f{x:02d}", f"f{y:02d}"] for a, b in links for x, y in ((a, b), (b, a))])
        s.write("names.csv", head, [[names[f"f{b:02d}"], names[f"f{a:02d}"]] for a, b in reversed(links)])
        s.write("f.csv", about, firms)
        s.write("named.csv", about, [[names[f], markets[m], mu] for f, m, mu in firms])
        call = ("allocate", "keyfirms")
        a, c = (s.run(*call, f, "--firms", "f.csv") for f in ("a.csv", "twice.csv"))
        b = s.run(*call, "names.csv", "--firms", "named.csv")
        same_table(b["firms"], a["firms"], ["firm"], {"firm": names, "market": markets}, skip=("loss_estimate",), tolerance=1e-7)
        assert c == a, "a link listed both ways is one link"
        s.same_for_any_threads(*call, "a.csv", "--firms", "f.csv")


# ---- platforms and portfolios -------------------------------------------------------------------------------------------
def test_platforms(agglo):
    with Scratch(agglo) as s:
        rng = random.Random(23)
        demand = [[f"d{k:02d}", round(math.exp(rng.gauss(0, 1)), 3), rng.uniform(0, 9), rng.uniform(45, 50)] for k in range(40)]
        sites = [[f"s{k}", rng.uniform(1, 3), rng.uniform(0, 9), rng.uniform(45, 50)] for k in range(12)]
        places, codes = other_names((d[0] for d in demand), 4), other_names((x[0] for x in sites), 5, "site ")
        head, about = ["demand", "weight", "lon", "lat"], ["site", "cost", "lon", "lat"]
        s.write("a.csv", head, demand)
        s.write("names.csv", head, [[places[d[0]], *d[1:]] for d in reversed(demand)])
        s.write("big.csv", head, [[d[0], 64 * d[1], *d[2:]] for d in demand])
        s.write("s.csv", about, sites)
        s.write("named.csv", about, [[codes[x[0]], *x[1:]] for x in sites])
        call = ("allocate", "platforms")
        limit = ("--budget", 7, "--seconds", 0)
        a, c = (s.run(*call, f, "--sites", "s.csv", *limit) for f in ("a.csv", "big.csv"))
        b = s.run(*call, "names.csv", "--sites", "named.csv", *limit)
        same_table(b["sites"], a["sites"], ["site"], {"site": codes})
        same_table(b["demand"], a["demand"], ["demand"], {"demand": places, "site": codes})
        same_table(c["sites"], a["sites"], ["site"], scale={"served": 64})
        same_table(c["demand"], a["demand"], ["demand"], scale={"weight": 64})
        s.same_for_any_threads(*call, "a.csv", "--sites", "s.csv", *limit)


def test_portfolio(agglo):
    with Scratch(agglo) as s:
        rng = random.Random(24)
        rows = [[f"p{k:02d}", round(rng.uniform(1, 9), 3), round(rng.uniform(1, 9), 3)] for k in range(25)]
        names = other_names((r[0] for r in rows), 6)
        head = ["project", "value", "cost"]
        s.write("a.csv", head, rows)
        s.write("names.csv", head, [[names[p], v, c] for p, v, c in reversed(rows)])
        s.write("units.csv", head, [[p, 4 * v, 1024 * c] for p, v, c in rows])
        s.write("useless.csv", head, rows + [["zero", 0, 3]])
        call = ("allocate", "portfolio")
        limit = ("--budget", 40, "--seconds", 0)
        a, b, d = (s.run(*call, f, *limit) for f in ("a.csv", "names.csv", "useless.csv"))
        c = s.run(*call, "units.csv", "--budget", 40 * 1024, "--seconds", 0)
        same_table(b["projects"], a["projects"], ["project"], {"project": names}, tolerance=1e-7)
        worth = {k: 4 for k in ("value", "cost_at_prices", "switch_value", "margin")}
        same_table(c["projects"], a["projects"], ["project"], scale=worth, tolerance=1e-7)
        assert [r["chosen"] for r in d["projects"]] == [r["chosen"] for r in a["projects"]] + ["false"]
        s.same_for_any_threads(*call, "a.csv", *limit)


# ---- production functions and misallocation -----------------------------------------------------------------------------
def firms(seed, count=60, years=(2001, 2002, 2003, 2004, 2005, 2006)):
    rng = random.Random(seed)
    rows = []
    for f in range(count):
        w, k = rng.gauss(0, 0.5), rng.gauss(2, 1)
        for y in years:
            w, k = 0.7 * w + rng.gauss(0, 0.2), k + rng.gauss(0.02, 0.1)
            labour = 0.4 * k + w + rng.gauss(0, 0.3)
            materials = 0.5 * k + w + 0.1 * labour
            output = 0.6 * labour + 0.4 * k + w + rng.gauss(0, 0.1)
            rows.append([f"f{f:02d}", y, *(math.exp(x) for x in (output, labour, k, materials)), f"I{f % 4}"])
    return rows


def test_productivity(agglo):
    """Elasticities have no unit, and firms no name."""
    with Scratch(agglo) as s:
        rows = firms(25)
        names = other_names((r[0] for r in rows), 7)
        head = ["firm", "year", "output", "labour", "capital", "materials", "industry"]
        s.write("a.csv", head, rows)
        s.write("names.csv", head, [[names[r[0]], *r[1:]] for r in reversed(rows)])
        s.write("units.csv", head, [[*r[:2], 50 * r[2], r[3], 7 * r[4], r[5], r[6]] for r in rows])
        call = ("allocate", "productivity")
        for method in ("ols", "fe", "lp", "wrdg"):
            a, b, c = (s.run(*call, f, "--method", method, "--replications", 0) for f in ("a.csv", "names.csv", "units.csv"))
            same_table(b["coefficients"], a["coefficients"], ["method", "input"], tolerance=1e-6)
            same_table(b["tfp"], a["tfp"], ["method", "firm", "year"], {"firm": names}, tolerance=1e-6)
            same_table(c["coefficients"], a["coefficients"], ["method", "input"], tolerance=1e-6)
            same_table(c["tfp"], a["tfp"], ["method", "firm", "year"], skip=("ln_tfp",), tolerance=1e-5)
        s.same_for_any_threads(*call, "a.csv", "--method", "lp", "--replications", 8)


def test_misallocation(agglo):
    with Scratch(agglo) as s:
        rows = firms(26)
        industries = other_names((r[6] for r in rows), 8, "industry ")
        head = ["firm", "year", "output", "labour", "capital", "materials", "industry"]
        s.write("a.csv", head, rows)
        s.write("names.csv", head, [[*r[:6], industries[r[6]]] for r in rows])
        s.write("units.csv", head, [[*r[:2], 1000 * r[2], 1000 * r[3], 8 * r[4], *r[5:]] for r in rows])
        call = ("allocate", "misallocation")
        more = ("--replications", 0, "--capital-share", 0.35)
        a, b, c = (s.run(*call, f, *more) for f in ("a.csv", "names.csv", "units.csv"))
        same_table(b["summary"], a["summary"], ["year"])
        same_table(b["industries"], a["industries"], ["industry", "year"], {"industry": industries})
        same_table(c["summary"], a["summary"], ["year"], scale={"output": 1000})
        same_table(c["industries"], a["industries"], ["industry", "year"], scale={"output": 1000})
        s.same_for_any_threads(*call, "a.csv", "--replications", 20)

"""What must hold for the measures of regions and industries, whatever the data."""
import math
import os
import random

from agglo_test import Scratch, close, number, same_rows

JOBS = ["region", "industry", "year", "value"]
LQ = ["value", "region_total", "industry_total", "share_of_region", "share_of_industry", "lq", "lq_lo", "lq_hi", "p_value"]
INDUSTRY = ["value", "regions", "hhi", "hhi_norm", "gini", "gini_loc", "krugman_conc", "theil_t", "theil_l", "hoover", "entropy"]
REGION = ["value", "industries", "hhi", "gini_spec", "krugman_spec", "theil_t", "theil_l", "entropy", "related_variety",
          "unrelated_variety", "hachman"]


def jobs(seed, regions=12, industries=9, years=(2017, 2018), holes=0.3):
    """Random whole numbers with empty cells; industry codes that fall into three groups."""
    rng = random.Random(seed)
    return [[f"R{r:02d}", f"{10 * (i % 3 + 1)}{i:02d}", y, rng.randint(1, 400) if rng.random() > 0.05 else 0]
            for r in range(regions) for i in range(industries) for y in years if rng.random() > holes]


def plants(seed, n=300):
    rng = random.Random(seed)
    return [[f"I{rng.randrange(5)}", f"R{int(9 * rng.random() ** 2)}", int(math.exp(6 * rng.random())) + 1] for _ in range(n)]


def column(rows, name):
    return [number(r[name]) for r in rows]


# ---- specialization -----------------------------------------------------------------------------------------------------
def test_lq_weighted_by_shares_is_one(agglo):
    """Over the regions, the quotients of an industry weighted by x_r./x.. have mean 1."""
    with Scratch(agglo) as s:
        s.write("jobs.csv", JOBS, jobs(1))
        rows = s.run("measure", "specialization", "jobs.csv")["lq"]
        totals, sums = {}, {}
        for r in rows:
            totals[r["year"]] = totals.get(r["year"], 0) + number(r["value"])
        for r in rows:
            if r["lq"]:
                key = (r["year"], r["industry"])
                sums[key] = sums.get(key, 0) + number(r["lq"]) * number(r["region_total"]) / totals[r["year"]]
        assert len(sums) == 18
        assert all(close(x, 1) for x in sums.values()), sums


def test_lq_interval_holds_the_lq_and_narrows(agglo):
    with Scratch(agglo) as s:
        s.write("jobs.csv", JOBS, jobs(2))
        s.write("more.csv", JOBS, [r[:3] + [100 * r[3]] for r in jobs(2)])
        few, many = (s.run("measure", "specialization", f)["lq"] for f in ("jobs.csv", "more.csv"))
        for a, b in zip(few, many):
            if not a["lq"]:
                continue
            lo, x, hi, p = (number(a[c]) for c in ("lq_lo", "lq", "lq_hi", "p_value"))
            assert 0 <= lo <= x <= hi and 0 <= p <= 1, a
            assert close(number(b["lq"]), x), "a hundred times the jobs must leave the quotient alone"
            assert number(b["lq_hi"]) - number(b["lq_lo"]) < hi - lo, "and narrow its interval"


def test_lq_does_not_depend_on_names_or_order(agglo):
    with Scratch(agglo) as s:
        rows = jobs(3)
        names = {f"R{r:02d}": f"Z{(7 * r) % 12:02d} é" for r in range(12)}
        renamed = [[names[r], i, y, x] for r, i, y, x in rows]
        random.Random(4).shuffle(renamed)
        s.write("a.csv", JOBS, rows)
        s.write("b.csv", JOBS, renamed)
        a, b = (s.run("measure", "specialization", f)["lq"] for f in ("a.csv", "b.csv"))
        for r in a:
            r["region"] = names[r["region"]]
        same_rows(b, a, ["region", "industry", "year"], LQ, 1e-14)
        assert [(r["region"], r["industry"], r["year"]) for r in b] == sorted((r["region"], r["industry"], r["year"]) for r in b)


def test_lq_of_a_year_stands_alone(agglo):
    with Scratch(agglo) as s:
        s.write("jobs.csv", JOBS, jobs(5))
        both = s.run("measure", "specialization", "jobs.csv")["lq"]
        one = s.run("measure", "specialization", "jobs.csv", "--where", "year = 2018")["lq"]
        same_rows(one, [r for r in both if r["year"] == "2018"], ["region", "industry"], LQ, 0)


def test_lq_of_a_basis_stands_alone(agglo):
    with Scratch(agglo) as s:
        rows = [r + ["local" if int(r[1][:2]) == 10 else "traded"] for r in jobs(6)]
        s.write("jobs.csv", JOBS + ["basis"], rows)
        both = s.run("measure", "specialization", "jobs.csv")["lq"]
        one = s.run("measure", "specialization", "jobs.csv", "--where", "basis = 'local'")["lq"]
        same_rows(one, [r for r in both if r["basis"] == "local"], ["region", "industry", "year"], LQ, 0)


def test_lq_with_its_own_totals_as_reference(agglo):
    with Scratch(agglo) as s:
        rows = jobs(7)
        totals = {}
        for _, i, y, x in rows:
            totals[i, y] = totals.get((i, y), 0) + x
        s.write("jobs.csv", JOBS, rows)
        s.write("all.csv", ["industry", "year", "value"], [[i, y, x] for (i, y), x in totals.items()])
        alone = s.run("measure", "specialization", "jobs.csv")["lq"]
        same_rows(s.run("measure", "specialization", "jobs.csv", "--reference", "all.csv")["lq"], alone,
                  ["region", "industry", "year"], LQ, 1e-13)
        # half the regions against the totals of all keep their quotients
        half = s.run("measure", "specialization", "jobs.csv", "--where", "region < 'R06'", "--reference", "all.csv")["lq"]
        same_rows(half, [r for r in alone if r["region"] < "R06"], ["region", "industry", "year"], ["lq", "p_value"], 1e-13)


def test_unknown_is_not_zero(agglo):
    """A cell without a value leaves the totals as if it were not there, keeps its row, and is told."""
    with Scratch(agglo) as s:
        rows = jobs(8, holes=0)
        rows[5][3] = ""
        s.write("hole.csv", JOBS, rows)
        s.write("without.csv", JOBS, rows[:5] + rows[6:])
        a, b = (s.run("measure", "specialization", f)["lq"] for f in ("hole.csv", "without.csv"))
        empty = [r for r in a if not r["value"]]
        assert len(empty) == 1 and not empty[0]["lq"] and not empty[0]["p_value"] and empty[0]["region_total"]
        same_rows([r for r in a if r["value"]], b, ["region", "industry", "year"], LQ, 0)
        done = s.call("measure", "specialization", "hole.csv", "-o", "x.csv")
        assert "1 of 216 cells have no value" in done.stderr, done.stderr


# ---- concentration ------------------------------------------------------------------------------------------------------
def test_concentration_stays_in_bounds(agglo):
    with Scratch(agglo) as s:
        s.write("jobs.csv", JOBS, jobs(10))
        t = s.run("measure", "concentration", "jobs.csv")
        assert len(t["industries"]) == 18 and len(t["regions"]) == 24
        for r in t["industries"]:
            n = number(r["regions"])
            assert 1 / n - 1e-12 <= number(r["hhi"]) <= 1 and number(r["hhi_norm"]) <= 1
            assert 0 <= number(r["gini_loc"]) < 1 and 0 <= number(r["gini"]) < 1
            assert close(number(r["hoover"]) * 2, number(r["krugman_conc"])) and number(r["krugman_conc"]) <= 2
            assert number(r["theil_t"]) >= 0 and 0 <= number(r["entropy"]) <= math.log2(n) + 1e-12
        for r in t["regions"]:
            assert close(number(r["related_variety"]) + number(r["unrelated_variety"]), number(r["entropy"]))
            assert 0 < number(r["hachman"]) <= 1


def test_concentration_does_not_depend_on_scale_or_names(agglo):
    with Scratch(agglo) as s:
        rows = jobs(11)
        s.write("a.csv", JOBS, rows)
        s.write("b.csv", JOBS, [["X" + r, i, y, 3 * x] for r, i, y, x in reversed(rows)])
        a, b = (s.run("measure", "concentration", f) for f in ("a.csv", "b.csv"))
        same_rows(b["industries"], a["industries"], ["industry", "year"], INDUSTRY[1:], 1e-13)
        for r in a["regions"]:
            r["region"] = "X" + r["region"]
        same_rows(b["regions"], a["regions"], ["region", "year"], REGION[1:], 1e-13)


def test_a_region_split_in_equal_parts(agglo):
    """Measures relative to all industries do not see how a region is cut, as long as its parts are alike; hhi does."""
    with Scratch(agglo) as s:
        rows = jobs(12)
        s.write("a.csv", JOBS, [[r, i, y, 2 * x] for r, i, y, x in rows])
        s.write("b.csv", JOBS, [[r + part, i, y, x] for r, i, y, x in rows for part in "ab"])
        a, b = (s.run("measure", "concentration", f)["industries"] for f in ("a.csv", "b.csv"))
        same_rows(b, a, ["industry", "year"], ["value", "gini_loc", "krugman_conc", "theil_t", "hoover"], 1e-12)
        assert all(close(2 * number(y["hhi"]), number(x["hhi"])) for x, y in zip(a, b))
        assert all(close(number(y["entropy"]), number(x["entropy"]) + 1) for x, y in zip(a, b))


def test_forms_of_the_gini(agglo):
    with Scratch(agglo) as s:
        s.write("jobs.csv", JOBS, jobs(13))
        full = s.run("measure", "concentration", "jobs.csv")["industries"]
        for option in (["--like", "krugman1991"], ["--gini", "half"], ["--like", "econgeo"]):
            half = s.run("measure", "concentration", "jobs.csv", *option)["industries"]
            assert all(close(number(a["gini_loc"]), 2 * number(b["gini_loc"])) for a, b in zip(full, half))


def test_groups_by_code_or_by_column(agglo):
    with Scratch(agglo) as s:
        s.write("jobs.csv", JOBS + ["group"], [r + ["G" + r[1][:2]] for r in jobs(14)])
        by_column = s.run("measure", "concentration", "jobs.csv")["regions"]
        s.write("plain.csv", JOBS, jobs(14))
        by_code = s.run("measure", "concentration", "plain.csv", "--digits", 2)["regions"]
        same_rows(by_code, by_column, ["region", "year"], REGION, 0)
        alone = s.run("measure", "concentration", "plain.csv", "--digits", 9)["regions"]
        assert all(close(number(r["related_variety"]), 0) for r in alone)


def test_lorenz_curves_are_convex(agglo):
    with Scratch(agglo) as s:
        s.write("jobs.csv", JOBS, jobs(15))
        t = s.run("measure", "concentration", "jobs.csv", "--curves", 3)
        names = sorted({r["industry"] for r in t["lorenz"]})
        assert len(names) == 3 and {r["year"] for r in t["lorenz"]} == {"2018"}
        for name in names:
            points = [(number(r["x"]), number(r["y"])) for r in t["lorenz"] if r["industry"] == name]
            assert points[0] == (0, 0) and points[-1] == (1, 1)
            slopes = [(d - b) / (c - a) for (a, b), (c, d) in zip(points, points[1:]) if c > a]
            assert all(second >= first - 1e-9 for first, second in zip(slopes, slopes[1:])), slopes
            assert all(y <= x + 1e-12 for x, y in points)


# ---- agglomeration ------------------------------------------------------------------------------------------------------
PLANT = ["plants", "hhi_plants", "g", "gamma", "z", "p_value", "gamma_ms"]


def test_eg_does_not_depend_on_scale_names_or_order(agglo):
    with Scratch(agglo) as s:
        rows = plants(20)
        s.write("a.csv", ["industry", "region", "size"], rows)
        s.write("b.csv", ["industry", "region", "size"], [[i, "Z" + str(9 - int(r[1:])), 10 * x] for i, r, x in reversed(rows)])
        a, b = (s.run("measure", "agglomeration", f)["industries"] for f in ("a.csv", "b.csv"))
        assert len(a) == 5
        same_rows(b, a, ["industry"], PLANT, 1e-12)


def test_eg_with_its_own_totals(agglo):
    with Scratch(agglo) as s:
        rows, totals = plants(21), {}
        for _, r, x in rows:
            totals[r] = totals.get(r, 0) + x
        s.write("plants.csv", ["industry", "region", "size"], rows)
        s.write("regions.csv", ["region", "value"], [[r, x] for r, x in totals.items()])
        own = s.run("measure", "agglomeration", "plants.csv")["industries"]
        same_rows(s.run("measure", "agglomeration", "plants.csv", "--region_totals", "regions.csv")["industries"], own,
                  ["industry"], PLANT, 1e-12)
        s.write("more.csv", ["region", "value"], [[r, x] for r, x in totals.items()] + [["empty", 500]])
        wider = s.run("measure", "agglomeration", "plants.csv", "--region_totals", "more.csv")["industries"]
        assert all(not close(number(a["g"]), number(b["g"])) for a, b in zip(own, wider)), "an empty region counts"


def test_eg_counts_equal_plants(agglo):
    """Plants of one size: the variants by size and by count are the same."""
    with Scratch(agglo) as s:
        s.write("plants.csv", ["industry", "region", "size"], [[i, r, 7] for i, r, _ in plants(22)])
        by_size = s.run("measure", "agglomeration", "plants.csv")["industries"]
        by_count = s.run("measure", "agglomeration", "plants.csv", "--variant", "count")["industries"]
        same_rows(by_count, by_size, ["industry"], PLANT, 1e-12)
        assert all(close(number(r["hhi_plants"]), 1 / number(r["plants"])) for r in by_size)


def test_eg_simulation_depends_on_the_seed_alone(agglo):
    with Scratch(agglo) as s:
        s.write("plants.csv", ["industry", "region", "size"], plants(23))
        call = ["measure", "agglomeration", "plants.csv", "--simulations", 500]
        one, two, other = (s.run(*call, *more)["industries"] for more in (["--threads", 1], ["--threads", 4], ["--seed", 7]))
        assert one == two
        assert column(one, "p_value") != column(other, "p_value")
        assert all(abs(a - b) < 0.12 for a, b in zip(column(one, "p_value"), column(other, "p_value")))


# ---- clusters -----------------------------------------------------------------------------------------------------------
CLUSTER = ["region", "industry", "year", "employment", "establishments"]


def cluster_rows(seed):
    rng = random.Random(seed)
    return [[r, i, y, x, rng.randint(1, 1 + x // 10)] for r, i, y, x in jobs(seed, regions=30)]


def test_flags_are_nested(agglo):
    with Scratch(agglo) as s:
        s.write("jobs.csv", CLUSTER, cluster_rows(30))
        rows = s.run("measure", "clusters", "jobs.csv")["clusters"]
        flags = [[r[c] == "true" for c in ("strong10", "strong", "significant", "qualifying")] for r in rows]
        assert all(a <= b for f in flags for a, b in zip(f, f[1:]))
        assert any(f[0] for f in flags) and any(f[3] and not f[2] for f in flags)
        assert all(number(r["lq"]) > 1 for r in rows if r["strong"] == "true")
        for key in {(r["cluster"], r["year"]) for r in rows}:
            ranks = [number(r["rank_lq"]) for r in rows if (r["cluster"], r["year"]) == key and r["rank_lq"]]
            assert min(ranks) == 1 and max(ranks) <= len(ranks)


def test_definitions_add_up(agglo):
    """Adding industries up by hand or by --definitions is the same."""
    with Scratch(agglo) as s:
        rows, sums = cluster_rows(31), {}
        for r, i, y, x, e in rows:
            a, b = sums.get((r, i[:2], y), (0, 0))
            sums[r, i[:2], y] = (a + x, b + e)
        s.write("jobs.csv", CLUSTER, rows)
        s.write("definitions.csv", ["industry", "cluster"], sorted({(r[1], r[1][:2]) for r in rows}))
        s.write("sums.csv", CLUSTER, [[*key, *value] for key, value in sums.items()])
        by_hand = s.run("measure", "clusters", "sums.csv")["clusters"]
        defined = s.run("measure", "clusters", "jobs.csv", "--definitions", "definitions.csv")["clusters"]
        assert defined == by_hand


def test_clusters_without_establishments_say_so(agglo):
    with Scratch(agglo) as s:
        s.write("jobs.csv", CLUSTER[:4], [r[:4] for r in cluster_rows(32)])
        rows = s.run("measure", "clusters", "jobs.csv")["clusters"]
        assert "establishments" not in rows[0]
        assert "hold no establishments" in s.call("measure", "clusters", "jobs.csv", "-o", "x.csv").stderr


# ---- all ----------------------------------------------------------------------------------------------------------------
def test_one_thread_or_many_give_the_same_bytes(agglo):
    with Scratch(agglo) as s:
        s.write("jobs.csv", JOBS, jobs(40, regions=60, industries=50))
        s.write("clusters.csv", CLUSTER, cluster_rows(41))
        s.write("plants.csv", ["industry", "region", "size"], plants(42))
        for method, file in (("specialization", "jobs.csv"), ("concentration", "jobs.csv"), ("clusters", "clusters.csv"),
                             ("agglomeration", "plants.csv")):
            assert s.run("measure", method, file, "--threads", 1) == s.run("measure", method, file, "--threads", 5), method


def test_bad_data_end_in_one_line(agglo):
    """Exit code 3, one line that says what is wrong, and nothing written."""
    cases = [("specialization", "region,industry,value\nA,1,0\nB,1,0\n", "zero or missing"),
             ("specialization", "region,industry,value\nA,1,3\nA,2,4\n", "one region only"),
             ("concentration", "region,industry,value\nA,1,3\nA,2,4\n", "one region only"),
             ("clusters", "region,industry,employment\nA,1,3\nA,2,4\n", "one region only"),
             ("specialization", "region,industry,value\nA,1,-3\nB,2,4\n", "-3"),
             ("specialization", "region,industry,year,value\nA,1,1,3\nB,2,99999,4\n", "year"),
             ("agglomeration", "region,industry,size\nA,1,3\nA,2,4\n", "fewer than two regions"),
             ("agglomeration", "region,industry,size\nA,1,0\nB,2,\n", "zero or missing")]
    with Scratch(agglo) as s:
        for method, text, piece in cases:
            with open(s.path + "/bad.csv", "w", encoding="utf-8") as f:
                f.write(text)
            done = s.call("measure", method, "bad.csv", "-o", "never.csv")
            lines = [line for line in done.stderr.strip().split("\n") if "warning" not in line]
            assert done.returncode == 3 and len(lines) == 1 and piece in lines[0], (method, piece, done)
            assert "never.csv" not in os.listdir(s.path)

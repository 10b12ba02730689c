"""What must hold for data envelopment analysis and the Malmquist index, whatever the data."""
import math
import random

from agglo_test import Scratch, close, number, same_rows

COLUMNS = ["unit", "year", "input_1", "input_2", "output_1", "output_2"]


def panel(seed, units=40, years=(2020,)):
    rng = random.Random(seed)
    rows = []
    for u in range(units):
        size = math.exp(rng.gauss(0, 1))
        for y in years:
            x = [size * (0.3 + rng.random()) for _ in range(2)]
            level = (x[0] * x[1]) ** 0.45 * math.exp(-abs(rng.gauss(0, 0.3)))
            rows.append([f"u{u:02d}", y, *x, level * (0.3 + rng.random()), level * (0.3 + rng.random())])
    return rows


def efficiency(s, rows, *options, name="d.csv"):
    s.write(name, COLUMNS, rows)
    return s.run("allocate", "efficiency", name, *options)


def scores(tables, column="score"):
    return {(r["unit"], r.get("year")): number(r[column]) for r in tables["units"]}


def test_larger_technologies_find_more_inefficiency(agglo):
    """FDH within VRS within NIRS or NDRS within CRS: efficiency can only fall."""
    with Scratch(agglo) as s:
        e = {rts: scores(efficiency(s, panel(1), "--rts", rts), "efficiency") for rts in ("fdh", "vrs", "nirs", "ndrs", "crs")}
        for k in e["vrs"]:
            assert 0 < e["crs"][k] <= e["nirs"][k] + 1e-9 <= e["vrs"][k] + 2e-9 <= e["fdh"][k] + 3e-9 <= 1 + 4e-9, k
            assert e["crs"][k] <= e["ndrs"][k] + 1e-9 <= e["vrs"][k] + 2e-9, k
            assert close(e["crs"][k], min(e["nirs"][k], e["ndrs"][k])), k
            assert close(e["vrs"][k], max(e["nirs"][k], e["ndrs"][k])), k


def test_constant_returns_do_not_care_for_orientation(agglo):
    with Scratch(agglo) as s:
        a, b = (scores(efficiency(s, panel(2), "--rts", "crs", "--orientation", o), "efficiency") for o in ("input", "output"))
        assert all(close(a[k], b[k]) for k in a)


def test_units_of_measurement_do_not_matter(agglo):
    with Scratch(agglo) as s:
        rows = panel(3)
        scaled = [[u, y, 1e6 * a, 1e-4 * b, 3 * c, 1e3 * d] for u, y, a, b, c, d in rows]
        a, b = (efficiency(s, r, "--sbm", "both", "--super") for r in (rows, scaled))
        same_rows(b["units"], a["units"], ["unit", "year"], ["score", "scale_efficiency", "sbm", "super_score"])


def test_names_order_and_copies_do_not_matter(agglo):
    """Renaming and shuffling leave the scores; so does every unit a second time, except for super-efficiency."""
    with Scratch(agglo) as s:
        rows = panel(4)
        names = {f"u{i:02d}": f"Ü{(7 * i) % 40:02d}" for i in range(40)}
        other = [[names[r[0]], *r[1:]] for r in rows]
        random.Random(1).shuffle(other)
        a, b = scores(efficiency(s, rows)), scores(efficiency(s, other))
        assert all(close(a[u, y], b[names[u], y]) for u, y in a)
        twice = efficiency(s, rows + [["copy " + r[0], *r[1:]] for r in rows], "--super")
        c = scores(twice)
        assert all(close(a[u, y], c[u, y]) and close(a[u, y], c["copy " + u, y]) for u, y in a)
        assert all(close(number(r["score"]), number(r["super_score"])) for r in twice["units"]), "a copy matches every unit"


def test_targets_are_efficient(agglo):
    """Units moved to their targets have nothing left to gain, and leave the frontier where it is."""
    with Scratch(agglo) as s:
        rows = panel(5)
        for orientation in ("input", "output"):
            first = efficiency(s, rows, "--orientation", orientation)
            goal = {}
            for t in first["targets"]:
                goal.setdefault(t["unit"], {})[t["variable"]] = number(t["target"])
            moved = [[u, 2020, *(goal[u][c] for c in COLUMNS[2:])] for u in goal]
            again = efficiency(s, rows + [["new " + r[0], *r[1:]] for r in moved], "--orientation", orientation)
            e, f = scores(first), scores(again)
            for (u, y) in e:
                assert close(f["new " + u, y], 1, 1e-8), u
                assert close(e[u, y], f[u, y], 1e-8), u


def test_a_year_stands_alone_and_pooling_lowers(agglo):
    with Scratch(agglo) as s:
        rows = panel(6, 25, (2019, 2020))
        both = scores(efficiency(s, rows))
        alone = scores(efficiency(s, [r for r in rows if r[1] == 2020]))
        pooled = scores(efficiency(s, rows, "--frontier", "pooled"))
        assert all(close(alone[k], both[k], 1e-12) for k in alone)
        assert all(pooled[k] <= both[k] + 1e-9 for k in both)


def test_cost_efficiency_is_below_technical(agglo):
    with Scratch(agglo) as s:
        rows = [r + [1 + i % 3, 2 - i % 2] for i, r in enumerate(panel(7))]
        s.write("p.csv", COLUMNS + ["price_1", "price_2"], rows)
        for u in s.run("allocate", "efficiency", "p.csv")["units"]:
            assert 0 < number(u["cost_efficiency"]) <= number(u["efficiency"]) + 1e-9, u


def test_threads_do_not_matter(agglo):
    with Scratch(agglo) as s:
        rows = panel(8, 300)
        options = ("--bootstrap", 20, "--sbm", "both", "--super")
        a, b = (efficiency(s, rows, *options, "--threads", t) for t in (1, 4))
        assert a == b, "results must be the same to the last bit"


def test_malmquist_of_a_standing_world_is_one(agglo):
    with Scratch(agglo) as s:
        rows = panel(9)
        s.write("p.csv", COLUMNS, rows + [[r[0], 2021, *r[2:]] for r in rows])
        for r in s.run("allocate", "malmquist", "p.csv")["changes"]:
            for c in ("mi", "ec", "tc", "pec", "sec", "tc_vrs", "scale_vrs"):
                assert close(number(r[c]), 1), (c, r)


def test_malmquist_turns_round_with_time(agglo):
    """Exchanging the two years inverts the index and both parts."""
    with Scratch(agglo) as s:
        rows = panel(10, 30, (1, 2))
        s.write("a.csv", COLUMNS, rows)
        s.write("b.csv", COLUMNS, [[r[0], 3 - r[1], *r[2:]] for r in rows])
        a, b = ({r["unit"]: r for r in s.run("allocate", "malmquist", f)["changes"]} for f in ("a.csv", "b.csv"))
        for u in a:
            for c in ("mi", "ec", "tc", "pec", "sec"):
                assert close(number(a[u][c]) * number(b[u][c]), 1), (u, c)
            assert close(number(a[u]["ec"]) * number(a[u]["tc"]), number(a[u]["mi"]))

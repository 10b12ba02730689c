"""What must hold for networks, whatever the data."""
import random

from agglo_test import Scratch, close, number, same_rows

PARTS = ["project", "actor", "kind", "start", "end", "money", "region"]
MEASURES = ["degree", "strength", "betweenness", "closeness", "eigenvector", "pagerank", "clustering", "constraint",
            "effective_size", "core"]
KINDS = ["firm", "university", "institute", "government", "other"]


def parts(seed, actors=60, projects=50, rows=260):
    """Random participations with duplicates; busy actors and large projects as in reality."""
    rng = random.Random(seed)
    kind = {a: rng.choice(KINDS) for a in range(actors)}
    year = {p: rng.randint(2010, 2016) for p in range(projects)}
    out = []
    for _ in range(rows):
        p, a = int(projects * rng.random() ** 2), int(actors * rng.random() ** 2)
        out.append([f"P{p:03d}", f"A{a:03d}", kind[a], year[p], year[p] + p % 4, rng.randint(0, 900), f"R{a % 4}"])
    return out


def total(rows, column):
    return sum(number(r[column]) for r in rows)


# ---- build ----------------------------------------------------------------------------------------------------------
def test_order_of_rows_does_not_matter(agglo):
    with Scratch(agglo) as s:
        rows = parts(1)
        s.write("a.csv", PARTS, rows)
        random.Random(9).shuffle(rows)
        s.write("b.csv", PARTS, rows)
        for option in ("full", "fractional"):
            a, b = (s.run("network", "build", f, "--weights", option) for f in ("a.csv", "b.csv"))
            same_rows(b["edges"], a["edges"], ["source", "target"], ["weight", "projects", "first_year", "last_year"], 1e-12)
            same_rows(b["nodes"], a["nodes"], ["id"], ["projects", "partners", "money", "first_year", "last_year"], 1e-12)
            assert [r["kind"] for r in a["nodes"]] == [r["kind"] for r in b["nodes"]]


def test_partners_and_ties_agree(agglo):
    with Scratch(agglo) as s:
        s.write("a.csv", PARTS, parts(2))
        t = s.run("network", "build", "a.csv")
        assert t["edges"]
        assert total(t["nodes"], "partners") == 2 * len(t["edges"])
        assert all(r["source"] < r["target"] for r in t["edges"])
        keys = [(r["source"], r["target"]) for r in t["edges"]]
        assert keys == sorted(set(keys)), "rows are not in the order of their key"
        assert all(number(r["weight"]) == number(r["projects"]) for r in t["edges"])


def test_fractional_ties_add_up_to_projects_with_partners(agglo):
    """Newman: the ties of an actor sum to the number of its projects that have somebody else."""
    with Scratch(agglo) as s:
        rows = parts(3)
        s.write("a.csv", PARTS, rows)
        members = {}
        for r in rows:
            members.setdefault(r[0], set()).add(r[1])
        strength = {}
        for e in s.run("network", "build", "a.csv", "--weights", "fractional")["edges"]:
            for end in ("source", "target"):
                strength[e[end]] = strength.get(e[end], 0) + number(e["weight"])
        assert strength
        for actor, sum_of_ties in strength.items():
            joint = sum(actor in m and len(m) > 1 for m in members.values())
            assert close(sum_of_ties, joint), (actor, sum_of_ties, joint)


def test_slices_add_up(agglo):
    with Scratch(agglo) as s:
        s.write("a.csv", PARTS, parts(4))
        whole = s.run("network", "build", "a.csv")
        sliced = s.run("network", "build", "a.csv", "--slice", "year")
        sums = {}
        for r in sliced["edges"]:
            key = (r["source"], r["target"])
            sums[key] = sums.get(key, 0) + number(r["weight"])
        assert len(sliced["edges"]) > len(whole["edges"])
        assert {(r["source"], r["target"]): number(r["weight"]) for r in whole["edges"]} == sums
        assert sliced["nodes"] == whole["nodes"]


def test_filters_only_take_ties_away(agglo):
    with Scratch(agglo) as s:
        s.write("a.csv", PARTS, parts(5))
        whole = {(r["source"], r["target"]): number(r["weight"]) for r in s.run("network", "build", "a.csv")["edges"]}
        heavy = s.run("network", "build", "a.csv", "--min-weight", 2)["edges"]
        assert {(r["source"], r["target"]): number(r["weight"]) for r in heavy} == {k: w for k, w in whole.items() if w >= 2}
        small = s.run("network", "build", "a.csv", "--max-members", 5)
        assert 0 < len(small["edges"]) < len(whole)
        assert len(small["nodes"]) == len(s.run("network", "build", "a.csv")["nodes"])


def test_kinds_file_renames_kinds(agglo):
    with Scratch(agglo) as s:
        rows = parts(6)
        s.write("a.csv", PARTS, rows)
        s.write("b.csv", PARTS, [r[:2] + [r[2][0].upper()] + r[3:] for r in rows])
        s.write("kinds.csv", ["code", "kind"], [[k[0].upper(), k] for k in KINDS])
        assert s.run("network", "build", "a.csv")["nodes"] == s.run("network", "build", "b.csv", "--kinds", "kinds.csv")["nodes"]
        s.write("wrong.csv", ["code", "kind"], [["F", "company"]])
        done = s.call("network", "build", "b.csv", "--kinds", "wrong.csv")
        assert done.returncode == 3 and "company" in done.stderr, done.stderr


# ---- metrics --------------------------------------------------------------------------------------------------------
def edges(s, seed, **more):
    s.write("parts.csv", PARTS, parts(seed, **more))
    rows = s.run("network", "build", "parts.csv")["edges"]
    return [[r["source"], r["target"], number(r["weight"])] for r in rows]


def test_names_of_nodes_do_not_matter(agglo):
    with Scratch(agglo) as s:
        ties = edges(s, 7)
        ids = sorted({x for e in ties for x in e[:2]})
        other = dict(zip(ids, random.Random(3).sample([f"X{i:03d}" for i in range(len(ids))], len(ids))))
        s.write("a.csv", ["source", "target", "weight"], ties)
        s.write("b.csv", ["source", "target", "weight"], [[other[b], other[a], w] for a, b, w in ties])
        a, b = (s.run("network", "metrics", f)["nodes"] for f in ("a.csv", "b.csv"))
        for r in a:
            r["id"] = other[r["id"]]
        same_rows(b, a, ["id"], MEASURES, 1e-9)


def test_scaling_weights_changes_only_strength(agglo):
    with Scratch(agglo) as s:
        ties = edges(s, 8)
        s.write("a.csv", ["source", "target", "weight"], ties)
        s.write("b.csv", ["source", "target", "weight"], [[a, b, 8 * w] for a, b, w in ties])
        a, b = (s.run("network", "metrics", f, "--betweenness-weights", "inverse")["nodes"] for f in ("a.csv", "b.csv"))
        same_rows(b, a, ["id"], [m for m in MEASURES if m != "strength"], 1e-9)
        assert all(close(number(x["strength"]) * 8, number(y["strength"])) for x, y in zip(a, b))


def test_bounds_and_sums(agglo):
    with Scratch(agglo) as s:
        s.write("a.csv", ["source", "target", "weight"], edges(s, 9))
        t = s.run("network", "metrics", "a.csv")
        nodes, network = t["nodes"], t["network"][0]
        assert close(total(nodes, "pagerank"), 1)
        assert close(sum(number(r["eigenvector"]) ** 2 for r in nodes), 1)
        assert total(nodes, "degree") == 2 * number(network["ties"])
        assert close(total(nodes, "strength"), 2 * number(network["total_weight"]))
        for r in nodes:
            assert 0 <= number(r["clustering"]) <= 1 and 0 <= number(r["closeness"]) <= 1, r
            assert 0 < number(r["constraint"]) < 1.5 and 0 <= number(r["participation"]) < 1, r
            assert 0 < number(r["effective_size"]) <= number(r["degree"]) and number(r["core"]) <= number(r["degree"]), r
        # A pair at distance d has d - 1 nodes between on each shortest path: betweenness adds up to the sum of d - 1.
        n = {}
        for r in nodes:
            n[r["component"]] = n.get(r["component"], 0) + 1
        pairs = sum(k * (k - 1) / 2 for k in n.values())
        assert close(total(nodes, "betweenness"), pairs * (number(network["mean_path"]) - 1)), "paths and betweenness disagree"


def test_threads_give_the_same_bits(agglo):
    with Scratch(agglo) as s:
        s.write("a.csv", ["source", "target", "weight"], edges(s, 10, actors=300, projects=200, rows=900))
        for more in ([], ["--sources", "40"], ["--betweenness-weights", "inverse"], ["--like", "networkx"]):
            assert s.run("network", "metrics", "a.csv", "--threads", 1, *more) == \
                s.run("network", "metrics", "a.csv", "--threads", 5, *more)


def test_measures_and_skip(agglo):
    with Scratch(agglo) as s:
        s.write("a.csv", ["source", "target", "weight"], edges(s, 11))
        whole = s.run("network", "metrics", "a.csv")["nodes"]
        some = s.run("network", "metrics", "a.csv", "--measures", "core, constraint")["nodes"]
        assert list(some[0]) == ["id", "constraint", "core"]
        same_rows(some, whole, ["id"], ["constraint", "core"], 0)
        less = s.run("network", "metrics", "a.csv", "--skip", "betweenness,community")
        assert "betweenness" not in less["nodes"][0] and "participation" in less["nodes"][0]


def test_isolated_nodes_come_from_the_table_of_nodes(agglo):
    with Scratch(agglo) as s:
        s.write("a.csv", ["source", "target"], [["a", "b"], ["b", "c"]])
        s.write("n.csv", ["id", "kind"], [["a", "firm"], ["z", "university"]])
        t = s.run("network", "metrics", "a.csv", "--nodes", "n.csv")
        by_id = {r["id"]: r for r in t["nodes"]}
        assert list(by_id) == ["a", "b", "c", "z"]
        assert by_id["z"]["degree"] == "0" and by_id["z"]["constraint"] == "" and by_id["z"]["community"] == ""
        assert by_id["b"]["kind"] == "" and by_id["z"]["kind"] == "university"
        assert t["network"][0]["isolates"] == "1"


def test_weights_that_are_no_weights(agglo):
    with Scratch(agglo) as s:
        head = ["source", "target", "weight"]
        s.write("negative.csv", head, [["a", "b", 1], ["b", "c", -2]])
        done = s.call("network", "metrics", "negative.csv")
        assert done.returncode == 3 and "line 3" in done.stderr and "negative" in done.stderr, done.stderr
        s.write("odd.csv", head, [["a", "b", 1], ["b", "c", 0], ["c", "d", ""], ["d", "d", 4], ["b", "a", 2]])
        t = s.run("network", "metrics", "odd.csv")
        assert t["network"][0]["ties"] == "1" and t["network"][0]["nodes"] == "4"
        assert {r["id"]: number(r["strength"]) for r in t["nodes"]} == {"a": 3, "b": 3, "c": 0, "d": 0}


# ---- helix ----------------------------------------------------------------------------------------------------------
def test_helix_parts_add_up(agglo):
    """T = T_between + sum of the contributions of the groups, and the counts of the groups add up to those of the whole."""
    with Scratch(agglo) as s:
        s.write("a.csv", PARTS, parts(12, projects=120, rows=900))
        t = s.run("network", "helix", "a.csv", "--col", "group=region", "--replicates", 100)
        whole = t["total"][0]
        assert close(number(whole["t_mbit"]), number(whole["between_mbit"]) + total(t["groups"], "contribution_mbit"))
        for c in ("projects", "u", "i", "g", "ui", "ug", "ig", "uig", "none", "ties"):
            assert number(whole[c]) == total(t["groups"], c), c
        for r in t["groups"]:
            assert number(r["t_lo_mbit"]) <= number(r["t_hi_mbit"]) and 0 <= number(r["cross_kind_share"]) <= 1, r
            assert sum(number(r[c]) for c in ("u", "i", "g", "ui", "ug", "ig", "uig")) == number(r["projects"]), r


def test_helix_one_group_is_the_whole(agglo):
    with Scratch(agglo) as s:
        rows = parts(13)
        s.write("a.csv", PARTS[:3] + ["group"], [r[:3] + ["x"] for r in rows])
        s.write("b.csv", PARTS[:3], [r[:3] for r in rows])
        a, b = s.run("network", "helix", "a.csv"), s.run("network", "helix", "b.csv")
        assert close(number(a["total"][0]["between_mbit"]), 0)
        for c in ("t_mbit", "t_lo_mbit", "t_hi_mbit", "independent_mbit", "cross_kind_share"):
            assert a["total"][0][c] == b["total"][0][c] == a["groups"][0][c], c
        assert "groups" not in b


def test_helix_copies_of_the_projects_leave_it_alone(agglo):
    with Scratch(agglo) as s:
        rows = [r[:3] for r in parts(14)]
        s.write("a.csv", PARTS[:3], rows)
        s.write("b.csv", PARTS[:3], rows + [[p + "x", a, k] for p, a, k in rows])
        a, b = (s.run("network", "helix", f)["total"][0] for f in ("a.csv", "b.csv"))
        assert close(number(a["t_mbit"]), number(b["t_mbit"]))
        assert number(b["t_hi_mbit"]) - number(b["t_lo_mbit"]) < number(a["t_hi_mbit"]) - number(a["t_lo_mbit"])

"""What must hold for networks of actors and of ideas, whatever the data: names, the order and the direction in which ties
are listed, units and the number of threads do not matter."""
import math
import random

from agglo_test import Scratch, close, number, other_names, same_table

EDGES = ["source", "target", "weight"]


def ties(seed, nodes=40, count=110):
    """A random network with heavy and light ties, in one piece along a path."""
    rng = random.Random(seed)
    pairs = {(i, i + 1) for i in range(nodes - 1)}
    while len(pairs) < count:
        a, b = sorted(int(nodes * rng.random() ** 1.5) for _ in range(2))
        if a != b:
            pairs.add((a, b))
    return [[f"a{a:02d}", f"a{b:02d}", round(math.exp(rng.gauss(0, 1)), 3)] for a, b in sorted(pairs)]


def turned(rows, names, seed=1):
    """The same ties under other names, each end first now and then, in another order."""
    rng = random.Random(seed)
    out = [[names[a], names[b], *rest] if rng.random() < 0.5 else [names[b], names[a], *rest] for a, b, *rest in rows]
    rng.shuffle(out)
    return out


def nodes_of(rows):
    return sorted({x for r in rows for x in r[:2]})


def by_pair(rows, columns, names=None):
    """{unordered pair: values}"""
    names = names or {}
    return {tuple(sorted(names.get(r[k], r[k]) for k in ("source", "target"))): [number(r[c]) for c in columns] for r in rows}


# ---- hubs ---------------------------------------------------------------------------------------------------------------
def test_hubs(agglo):
    with Scratch(agglo) as s:
        rng = random.Random(11)
        rows = ties(11)
        names = other_names(nodes_of(rows))
        sizes = [[n, round(math.exp(rng.gauss(0, 1)), 3)] for n in nodes_of(rows)]
        s.write("a.csv", EDGES, rows)
        s.write("b.csv", EDGES, turned(rows, names))
        s.write("n.csv", ["id", "size"], sizes)
        s.write("named.csv", ["id", "size"], [[names[n], x] for n, x in sizes])
        s.write("big.csv", ["id", "size"], [[n, 64 * x] for n, x in sizes])
        s.write("empty.csv", ["id", "size"], sizes + [["nobody", 0]])
        call = ("network", "hubs", "a.csv", "--count", 3, "--nodes")
        a, c, d = (s.run(*call, f) for f in ("n.csv", "big.csv", "empty.csv"))
        b = s.run("network", "hubs", "b.csv", "--count", 3, "--nodes", "named.csv")
        assert number(a["summary"][0]["gap"]) == 0, "small networks are to be solved"
        node = {"node": names, "substitute": names}
        same_table(b["hubs"], a["hubs"], ["node"], node)
        assert close(number(b["summary"][0]["value"]), number(a["summary"][0]["value"]))
        grown = {k: 64 for k in ("served", "loss", "substitute_loss")}
        same_table(c["hubs"], a["hubs"], ["node"], scale=grown)
        assert d["hubs"] == a["hubs"], "a node without demand and ties changes the choice"
        for objective in ("p-median", "coverage", "key-player"):
            more = ("--radius", 1) if objective == "coverage" else ()
            s.same_for_any_threads(*call, "n.csv", "--objective", objective, *more)


def test_key_players_do_not_depend_on_names(agglo):
    with Scratch(agglo) as s:
        rows = ties(12)
        names = other_names(nodes_of(rows))
        s.write("a.csv", EDGES, rows)
        s.write("b.csv", EDGES, turned(rows, names))
        a, b = (s.run("network", "hubs", f, "--objective", "key-player", "--count", 4) for f in ("a.csv", "b.csv"))
        same_table(b["hubs"], a["hubs"], ["node"], {"node": names})
        same_table(b["summary"], a["summary"], ["objective"])


# ---- resilience ---------------------------------------------------------------------------------------------------------
def test_resilience(agglo):
    with Scratch(agglo) as s:
        rows = ties(13)
        names = other_names(nodes_of(rows))
        s.write("a.csv", EDGES, rows)
        s.write("b.csv", EDGES, turned(rows, names))
        s.write("twice.csv", EDGES, rows + [[b, a, w] for a, b, w in rows[::3]])
        group = {n: f"g{k % 4}" for k, n in enumerate(nodes_of(rows))}
        s.write("n.csv", ["id", "group"], list(group.items()))
        s.write("named.csv", ["id", "group"], [[names[n], g] for n, g in group.items()])
        more = ("--remove-by", "group", "--replicates", 3)
        a, c = (s.run("network", "resilience", f, "--nodes", "n.csv", *more) for f in ("a.csv", "twice.csv"))
        b = s.run("network", "resilience", "b.csv", "--nodes", "named.csv", *more)
        same_table(b["exits"], a["exits"], ["node"], {"node": names}, skip=("rank",))
        same_table(b["groups"], a["groups"], ["group"])
        assert c == a, "a tie listed twice is another tie"
        for option in ((), ("--recompute",), ("--sources", 12)):
            s.same_for_any_threads("network", "resilience", "a.csv", *option)


# ---- spillover ----------------------------------------------------------------------------------------------------------
def profiles(seed, actors=30, classes=8):
    rng = random.Random(seed)
    rows = [[f"a{a:02d}", f"c{c}", round(math.exp(rng.gauss(0, 1)), 3)] for a in range(actors) for c in range(classes)
            if rng.random() < 0.4 or c == a % classes]
    firms = [[f"a{a:02d}", round(math.exp(rng.gauss(2, 1)), 3), rng.uniform(0, 20), rng.uniform(40, 55)]
             for a in range(actors)]
    return rows, firms


def test_spillover(agglo):
    with Scratch(agglo) as s:
        rows, firms = profiles(14)
        actors, classes = other_names((r[0] for r in rows), 2, "firm "), other_names((r[1] for r in rows), 3, "cpc")
        head, about = ["actor", "class", "value"], ["actor", "rd", "lon", "lat"]
        there = {tuple(r[:2]) for r in rows}
        s.write("a.csv", head, rows)
        s.write("names.csv", head, [[actors[a], classes[c], x] for a, c, x in reversed(rows)])
        s.write("big.csv", head, [[a, c, (1 + int(a[1:])) * x] for a, c, x in rows])
        s.write("zeros.csv", head, rows + [[a, c, 0] for a in actors for c in classes if (a, c) not in there])
        s.write("f.csv", about, firms)
        s.write("named.csv", about, [[actors[f[0]], *f[1:]] for f in firms])
        s.write("rich.csv", about, [[f[0], 8 * f[1], *f[2:]] for f in firms])
        for proximity in ("jaffe", "mahalanobis"):
            more = ("--proximity", proximity, "--decay", "exponential", "--pairs", 3)
            a, c, d = (s.run("network", "spillover", f, "--actors", "f.csv", *more) for f in ("a.csv", "big.csv", "zeros.csv"))
            b = s.run("network", "spillover", "names.csv", "--actors", "named.csv", *more)
            e = s.run("network", "spillover", "a.csv", "--actors", "rich.csv", *more)
            same_table(b["pools"], a["pools"], ["actor"], {"actor": actors, "nearest": actors, "main_class": classes})
            same_table(b["pairs"], a["pairs"], ["actor", "rank"], {"actor": actors, "other": actors})
            same_table(c["pools"], a["pools"], ["actor"])  # the patents of each actor in a unit of their own
            assert d == a, "empty cells matter"
            same_table(e["pools"], a["pools"], ["actor"], scale={"rd": 8, "pool": 8, "near_pool": 8})
            s.same_for_any_threads("network", "spillover", "a.csv", "--actors", "f.csv", *more)


# ---- innovation ---------------------------------------------------------------------------------------------------------
def test_innovation_network(agglo):
    with Scratch(agglo) as s:
        rng = random.Random(15)
        rows = [[f"c{a}", f"c{b}", rng.randint(1, 200)] for a in range(9) for b in range(9) if rng.random() < 0.7]
        names = other_names((r[0] for r in rows), 4, "class ")
        head = ["citing", "cited", "value"]
        s.write("a.csv", head, rows)
        s.write("names.csv", head, [[names[a], names[b], x] for a, b, x in reversed(rows)])
        s.write("parts.csv", head, [[a, b, part] for a, b, x in rows for part in (x // 3, x - x // 3)])
        call = ("network", "innovation")
        a, b, c = (s.run(*call, f, "--replicates", 0) for f in ("a.csv", "names.csv", "parts.csv"))
        same_table(b["classes"], a["classes"], ["class"], {"class": names}, tolerance=1e-8)
        same_table(b["links"], a["links"], ["citing", "cited"], {"citing": names, "cited": names})
        assert close(sum(number(r["centrality"]) for r in a["classes"]), 1)
        assert c == a, "rows of the same pair do not add up"
        s.same_for_any_threads(*call, "a.csv", "--replicates", 30)


def test_main_path(agglo):
    with Scratch(agglo) as s:
        rng = random.Random(16)
        rows = {(f"d{a:03d}", f"d{rng.randrange(max(0, a - 40), a):03d}") for a in range(1, 150) for _ in range(3)}
        names = other_names((x for r in rows for x in r), 5, "doc ")
        s.write("a.csv", ["citing", "cited"], sorted(rows))
        s.write("b.csv", ["citing", "cited"], [[names[a], names[b]] for a, b in sorted(rows, reverse=True)])
        call = ("network", "innovation")
        a, b = (s.run(*call, f, "--works", "--replicates", 0) for f in ("a.csv", "b.csv"))
        same_table(b["documents"], a["documents"], ["document"], {"document": names}, skip=("on_path",))
        s.same_for_any_threads(*call, "a.csv", "--works", "--replicates", 20)


# ---- export -------------------------------------------------------------------------------------------------------------
def test_export(agglo):
    with Scratch(agglo) as s:
        rows = ties(17)
        names = other_names(nodes_of(rows))
        s.write("a.csv", EDGES, rows)
        s.write("b.csv", EDGES, turned(rows, names))
        a, b = (s.run("network", "export", f) for f in ("a.csv", "b.csv"))
        same_table(b["nodes"], a["nodes"], ["id"], {"id": names})
        assert by_pair(b["edges"], ["weight"]) == by_pair(a["edges"], ["weight"], names)
        s.write("again.csv", EDGES, [[r[k] for k in EDGES] for r in a["edges"]])
        assert s.run("network", "export", "again.csv") == a, "what is exported reads back as itself"
        s.same_for_any_threads("network", "export", "a.csv")


# ---- recommend ----------------------------------------------------------------------------------------------------------
def test_recommend(agglo):
    """All missing links, so that equals at the end of the list cannot differ."""
    with Scratch(agglo) as s:
        rng = random.Random(18)
        start = {p: rng.randint(2005, 2020) for p in range(150)}
        rows = sorted({(f"p{p:03d}", f"a{int(35 * rng.random() ** 1.4):02d}") for p in start for _ in range(3)})
        rows = [[p, a, start[int(p[1:])]] for p, a in rows]
        actors, projects = other_names((r[1] for r in rows), 6), other_names((r[0] for r in rows), 7, "proj")
        head = ["project", "actor", "start"]
        s.write("a.csv", head, rows)
        s.write("b.csv", head, [[projects[p], actors[a], y] for p, a, y in reversed(rows)])
        s.write("alone.csv", head, rows + [["p900", "a00", 2012]])
        call = ("network", "recommend")
        a, b, c = (s.run(*call, f, "--top", 100000) for f in ("a.csv", "b.csv", "alone.csv"))
        scores = ["common_neighbours", "adamic_adar", "resource_allocation", "preferential_attachment", "katz", "probability"]
        old, new = by_pair(a["links"], scores, actors), by_pair(b["links"], scores)
        assert old and set(old) == set(new)
        for pair, values in old.items():
            assert all(close(x, y, 1e-6) for x, y in zip(values, new[pair])), (pair, values, new[pair])
        assert set(by_pair(c["links"], scores)) == set(by_pair(a["links"], scores)), "a project of one makes no tie"
        s.same_for_any_threads(*call, "a.csv", "--train-until", 2015, "--replicates", 20)

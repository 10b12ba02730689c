"""network build: layers, citations, slices, resolved actors, vintages of kinds against a second count; and bad input."""
import itertools
import os
import random

from cli import read, table, untouched, write

SPEC = ("network", "build")


def bad(agglo, tmp, content, code, *words, args=()):
    return untouched(agglo, tmp, code, words, *SPEC, write(tmp, "projects.csv", content), *args)


def build(agglo, tmp, content, *args, out="out"):
    folder = os.path.join(tmp, out)
    r = agglo.ok(*SPEC, write(tmp, "projects.csv", content), *args, "-o", folder + os.sep)
    return r, {name[:-4]: table(os.path.join(folder, name)) for name in os.listdir(folder)}


# ---- the same by a second, slow count ----------------------------------------------------------------------

def sample(seed):
    """Projects, patents and citations of 12 actors over 2001 to 2009; codes of projects and patents overlap."""
    rng = random.Random(seed)
    actors = [f"a{k:02d}" for k in range(12)]
    projects = {f"{p}": (rng.randint(2001, 2009), rng.sample(actors, rng.randint(1, 5))) for p in range(14)}
    patents = {f"{d}": (rng.randint(2001, 2009), rng.sample(actors, rng.randint(1, 3))) for d in range(20)}
    citations = [(str(rng.randrange(22)), str(rng.randrange(22))) for _ in range(60)]
    return projects, patents, citations + citations[:5]


def files(tmp, projects, patents, citations):
    text = "project,actor,start\n" + "".join(f"{p},{a},{y}\n" for p, (y, who) in projects.items() for a in who)
    write(tmp, "patents.csv", "document,actor,date\n" + "".join(f"{d},{a},{y}-06-30\n" for d, (y, who) in patents.items() for a in who))
    write(tmp, "citations.csv", "citing,cited\n" + "".join(f"{p},{q}\n" for p, q in citations))
    return text, ["--patents", os.path.join(tmp, "patents.csv"), "--citations", os.path.join(tmp, "citations.csv")]


def expected(projects, patents, citations, fractional, slice_of):
    """(source, target, layer, slice) -> [weight, number]."""
    ties = {}

    def add(a, b, layer, year, weight, number):
        key = (min(a, b), max(a, b), layer, slice_of(year))
        w = ties.setdefault(key, [0, 0])
        w[0] += weight
        w[1] += number

    for layer, events in (("project", projects), ("patent", patents)):
        for year, who in events.values():
            for a, b in itertools.combinations(who, 2):
                add(a, b, layer, year, 1 / (len(who) - 1) if fractional else 1, 1)
    for p, q in set(citations):
        if p == q or p not in patents or q not in patents:
            continue
        (year, citing), (_, cited) = patents[p], patents[q]
        pairs = [(a, b) for a in citing for b in cited if a != b]
        for a, b in pairs:
            add(a, b, "citation", year, 1 / (len(citing) * len(cited)) if fractional else 1, 0)
        for a, b in {(min(x), max(x)) for x in pairs}:
            add(a, b, "citation", year, 0, 1)
    return ties


def found(edges):
    return {(e["source"], e["target"], e.get("layer"), e.get("year")): (float(e["weight"]), int(e["projects"])) for e in edges}


def same(got, want):
    assert got.keys() == want.keys(), sorted(got.keys() ^ want.keys())[:5]
    for key, (weight, number) in want.items():
        assert abs(got[key][0] - weight) < 1e-9 and got[key][1] == number, (key, got[key], weight, number)


def test_layers_against_a_second_count(agglo, tmp):
    for seed in range(3):
        for fractional in (False, True):
            data = sample(seed)
            text, inputs = files(tmp, *data)
            _, out = build(agglo, tmp, text, *inputs, "--weights", "fractional" if fractional else "full", out=f"o{seed}{fractional}")
            same(found(out["edges"]), expected(*data, fractional, lambda year: None))
            want = expected(*data, fractional, lambda year: None)
            for row in out["layers"]:
                pairs = {key[:2] for key in want if key[2] == row["layer"]}
                others = {key[:2] for key in want if key[2] != row["layer"]}
                assert int(row["ties"]) == len(pairs) and int(row["shared"]) == len(pairs & others), row
                assert abs(float(row["weight"]) - sum(w for key, (w, _) in want.items() if key[2] == row["layer"])) < 1e-9, row


def test_slices_of_layers(agglo, tmp):
    data = sample(5)
    text, inputs = files(tmp, *data)
    first = min(year for events in data[:2] for year, _ in events.values())
    slice_of = lambda year: str(first + (year - first) // 3 * 3)
    _, out = build(agglo, tmp, text, *inputs, "--slice-years", "3")
    want = expected(*data, False, slice_of)
    same(found(out["edges"]), want)
    partners, projects = {}, {}
    for a, b, _, year in want:
        partners.setdefault((a, year), set()).add(b)
        partners.setdefault((b, year), set()).add(a)
    for events in data[:2]:
        for year, who in events.values():
            for a in who:
                projects[a, slice_of(year)] = projects.get((a, slice_of(year)), 0) + 1
    rows = {(r["id"], r["year"]): (int(r["projects"]), int(r["partners"])) for r in out["slices"]}
    assert rows == {k: (projects.get(k, 0), len(partners.get(k, ()))) for k in partners.keys() | projects.keys()}


def test_weighted_sum_of_layers(agglo, tmp):
    weights = {"project": 1, "patent": 0.5, "citation": 0.25}
    for option, slice_of in (((), lambda year: None), (("--slice", "year"), str)):
        data = sample(7)
        text, inputs = files(tmp, *data)
        _, out = build(agglo, tmp, text, *inputs, *option, "--layers", "sum", "--layer-weights", "patent=0.5,citation=0.25",
                       out=f"sum{len(option)}")
        want = {}
        for (a, b, layer, year), (w, n) in expected(*data, False, slice_of).items():
            total = want.setdefault((a, b, None, year), [0, 0])
            total[0] += weights[layer] * w
            total[1] += n
        same(found(out["edges"]), want)


def test_a_layer_of_weight_zero_is_left_out(agglo, tmp):
    data = sample(2)
    text, inputs = files(tmp, *data)
    _, out = build(agglo, tmp, text, *inputs, "--layer-weights", "citation=0")
    assert {e["layer"] for e in out["edges"]} == {"project", "patent"}


def test_the_role_layer(agglo, tmp):
    _, out = build(agglo, tmp, "project,actor,layer\n1,a,fair\n1,b,fair\n1,a,\n1,c,\n2,a,fair\n2,b,fair\n")
    assert found(out["edges"]) == {("a", "b", "fair", None): (2, 2), ("a", "c", "project", None): (1, 1)}, out["edges"]


def test_order_of_rows_and_threads_change_nothing(agglo, tmp):
    data = sample(3)
    text, inputs = files(tmp, *data)
    build(agglo, tmp, text, *inputs, "--weights", "fractional", "--slice-years", "2", "--threads", "1", out="one")
    projects, patents, citations = data
    text, inputs = files(tmp, dict(reversed(projects.items())), dict(reversed(patents.items())), citations[::-1])
    build(agglo, tmp, text, *inputs, "--weights", "fractional", "--slice-years", "2", "--threads", "3", out="two")
    for name in os.listdir(os.path.join(tmp, "one")):
        assert read(os.path.join(tmp, "one", name)) == read(os.path.join(tmp, "two", name)), name


# ---- who the actors are -------------------------------------------------------------------------------------

def test_resolved_actors(agglo, tmp):
    write(tmp, "actors.csv", "record,actor,actor_name\nA Ltd,1,A Limited\nA Limited,1,A Limited\nB plc,2,B\n")
    r, out = build(agglo, tmp, "project,actor\np,A Ltd\np,B plc\nq,A Limited\nq,B plc\nq,C\nr,A Ltd\nr,A Limited\n",
                   "--actors", os.path.join(tmp, "actors.csv"))
    assert found(out["edges"]) == {("1", "2", None, None): (2, 2), ("1", "C", None, None): (1, 1), ("2", "C", None, None): (1, 1)}
    assert [(n["id"], n["name"]) for n in out["nodes"]] == [("1", "A Limited"), ("2", "B"), ("C", "")]
    assert "1 of 4 codes of actors are not in the table" in r.err, r.err


def test_a_record_that_is_two_actors(agglo, tmp):
    write(tmp, "actors.csv", "record,actor\nA,1\nA,2\n")
    before = write(tmp, "projects.csv", "project,actor\np,A\np,B\n")
    agglo.fails(3, ["actors.csv", "record=A"], *SPEC, before, "--actors", os.path.join(tmp, "actors.csv"), "-o", os.path.join(tmp, "x.csv"))


KINDS = "code,kind,from,until\nIND,firm,,2006\nIND,other,2007,\nHES,university,,\n"


def test_kinds_by_vintage(agglo, tmp):
    kinds = write(tmp, "kinds.csv", KINDS)
    _, out = build(agglo, tmp, "project,actor,kind,start\np,a,IND,2003\np,b,HES,2003\nq,c,IND,2008\nq,b,HES,2008\n", "--kinds", kinds)
    assert {n["id"]: n["kind"] for n in out["nodes"]} == {"a": "firm", "b": "university", "c": "other"}


def test_a_vintage_that_does_not_reach_the_year(agglo, tmp):
    kinds = write(tmp, "kinds.csv", "code,kind,from,until\nIND,firm,2010,2012\n")
    r, out = build(agglo, tmp, "project,actor,kind,start\np,a,IND,2003\np,b,IND,2011\nq,b,IND,2011\n", "--kinds", kinds)
    assert {n["id"]: n["kind"] for n in out["nodes"]} == {"a": "", "b": "firm"}
    assert "1 rows have a kind" in r.err, r.err


def test_vintages_that_overlap(agglo, tmp):
    write(tmp, "kinds.csv", KINDS.replace("2007", "2006"))
    projects = write(tmp, "projects.csv", "project,actor,kind,start\np,a,IND,2003\np,b,HES,2003\n")
    agglo.fails(3, ["kinds.csv", "IND", "overlap"], *SPEC, projects, "--kinds", os.path.join(tmp, "kinds.csv"), "-o",
                os.path.join(tmp, "x.csv"))


# ---- bad input ----------------------------------------------------------------------------------------------

def test_layer_weights_that_name_no_layer(agglo, tmp):
    text = "project,actor,layer\np,a,fair\np,b,fair\n"
    for weights in ("fiar=2", "fair", "fair=", "fair=-1", "fair=x", "fair=1,", "fair=nan"):
        bad(agglo, tmp, text, 2, "--layer-weights", "fair", args=["--layer-weights", weights])


def test_layer_weights_without_layers(agglo, tmp):
    bad(agglo, tmp, "project,actor\np,a\np,b\n", 2, "--layer-weights", "--patents", args=["--layer-weights", "project=1"])


def test_slices_without_years(agglo, tmp):
    bad(agglo, tmp, "project,actor\np,a\np,b\n", 2, "--slice-years", "start", args=["--slice-years", "3"])


def test_citations_of_unknown_documents(agglo, tmp):
    write(tmp, "c.csv", "citing,cited\nx,y\np,q\np,y\n")
    r, out = build(agglo, tmp, "project,actor\np,a\nq,b\n", "--citations", os.path.join(tmp, "c.csv"))
    assert "of 3 citations 1 name a citing and 2 a cited document" in r.err, r.err
    assert found(out["edges"]) == {("a", "b", "citation", None): (1, 1)}


def test_a_layer_that_takes_the_name_of_the_citations(agglo, tmp):
    c = write(tmp, "c.csv", "citing,cited\np,q\n")
    projects = write(tmp, "projects.csv", "project,actor,layer\np,a,citation\nq,b,citation\n")
    agglo.fails(3, ["citation", "another name"], *SPEC, projects, "--citations", c, "-o", os.path.join(tmp, "x.csv"))


def test_one_mode_as_two_mode(agglo, tmp):
    # Ties given as participations: every "project" is an actor, and most have a single partner; the run says what it sees.
    r, out = build(agglo, tmp, "source,target\na,b\nb,c\nc,d\n", "--col", "project=source", "--col", "actor=target")
    assert "no project has two actors" in r.err and "project and actor right" in r.err, r.err
    assert out["edges"] == []


def test_self_loops_duplicates_and_isolates(agglo, tmp):
    r, out = build(agglo, tmp, "project,actor\np,a\np,a\np,b\np,b\nq,c\n")
    assert found(out["edges"]) == {("a", "b", None, None): (1, 1)}
    assert "2 participations repeat" in r.err and "1 of 2 projects have a single actor" in r.err, r.err
    assert [n["id"] for n in out["nodes"]] == ["a", "b", "c"]


def test_a_project_of_5000(agglo, tmp):
    members = "".join(f"big,m{k:04d}\n" for k in range(5000))
    r, out = build(agglo, tmp, "project,actor\n" + members + "small,m0001\nsmall,m0002\n", "--table", "nodes")
    assert "5000 actors" in r.err and "--max-members" in r.err, r.err
    assert {n["partners"] for n in out["nodes"]} == {"4999"}
    r, out = build(agglo, tmp, "project,actor\n" + members + "small,m0001\nsmall,m0002\n", "--max-members", "100", out="small")
    assert found(out["edges"]) == {("m0001", "m0002", None, None): (1, 1)}


def test_a_project_that_ends_before_it_starts(agglo, tmp):
    bad(agglo, tmp, "project,actor,start,end\np,a,2015,2014\np,b,2015,2014\n", 3, "line 2", "ends before it starts")

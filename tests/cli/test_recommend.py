"""network recommend: bad input, constraints, and what it refuses."""
import os

from cli import PARTICIPATIONS, read, table, untouched, write

SPEC = ("network", "recommend")


def ring(n=30, years=range(2010, 2020)):
    """Projects of three neighbours on a ring that widen from year to year, so that new ties follow common partners."""
    rows = ["project,actor,kind,country,start,name,lon,lat"]
    for step, year in enumerate(years):
        for a in range(n):
            for b in (a, a + 1, a + 2 + step):
                b %= n
                rows.append(f"{year}-{a},a{b:02d},{'PRC' if b % 2 else 'HES'},{'XY'[b % 2]},{year}-01-01,Actor {b},{b},{b / 2}")
    return "\n".join(rows) + "\n"


def bad(agglo, tmp, content, code, *words, args=()):
    return untouched(agglo, tmp, code, words, *SPEC, write(tmp, "projects.csv", content), *args)


def run(agglo, tmp, content, *args):
    """The list, by its rank."""
    out = os.path.join(tmp, "out")
    agglo.ok(*SPEC, write(tmp, "projects.csv", content), "-o", out + os.sep, *args)
    return sorted(table(os.path.join(out, "links.csv")), key=lambda row: int(row["rank"]))


def test_no_start(agglo, tmp):
    bad(agglo, tmp, "project,actor\np,a\np,b\n", 3, "start", "--col start=")


def test_no_project_with_a_year(agglo, tmp):
    bad(agglo, tmp, "project,actor,start\np,a,\np,b,\n", 3, "year", "start")


def test_unknown_kind_of_pair(agglo, tmp):
    bad(agglo, tmp, PARTICIPATIONS, 2, "--pairs company-university", "firm", args=["--pairs", "company-university"])


def test_pairs_without_kinds(agglo, tmp):
    bad(agglo, tmp, ring().replace(",kind,", ",sort,"), 2, "--pairs", "--col kind=", args=["--pairs", "firm-university"])


def test_distance_without_positions(agglo, tmp):
    bad(agglo, tmp, PARTICIPATIONS, 2, "--max-km", "lon", "lat", args=["--max-km", "100"])


def test_region_that_nobody_is_in(agglo, tmp):
    bad(agglo, tmp, ring(), 2, "--region Z", args=["--region", "Z"])


def test_actor_of_the_wrong_kind(agglo, tmp):
    bad(agglo, tmp, PARTICIPATIONS, 2, "--actor r1", "--pairs", args=["--actor", "r1", "--pairs", "firm-university"])


def test_back_test_after_the_last_year(agglo, tmp):
    bad(agglo, tmp, ring(), 2, "years on both sides", args=["--train-until", "2019"])


def test_projects_of_one_actor_recommend_nothing(agglo, tmp):
    text = "project,actor,start\n" + "".join(f"p{k},a{k},2015-01-01\n" for k in range(9))
    out = os.path.join(tmp, "out")
    r = agglo.ok(*SPEC, write(tmp, "projects.csv", text), "-o", out + os.sep)
    assert "nothing is recommended" in r.err, f"no warning\n{r}"
    assert table(os.path.join(out, "links.csv")) == []


def test_duplicates_and_order_of_rows_change_nothing(agglo, tmp):
    text = ring()
    first = run(agglo, tmp, text, "--top", "40")
    head, *rows = text.splitlines()
    again = run(agglo, tmp, "\n".join([head] + rows[::-1] + rows[:50]) + "\n", "--top", "40")
    assert len(first) == 40 and first == again


def test_projects_in_the_future_can_be_left_out(agglo, tmp):
    text = ring()
    late = "future,a00,HES,X,2031-01-01,Actor 0,0,0\nfuture,a15,PRC,Y,2031-01-01,Actor 15,15,7.5\n"
    r = agglo.ok(*SPEC, write(tmp, "projects.csv", text + late), "--until", "2025", "-o", os.path.join(tmp, "late") + os.sep)
    assert "1 projects start after 2025" in r.err, f"no warning\n{r}"
    agglo.ok(*SPEC, write(tmp, "projects.csv", text), "-o", os.path.join(tmp, "plain") + os.sep)
    assert read(os.path.join(tmp, "late", "links.csv")) == read(os.path.join(tmp, "plain", "links.csv"))


def test_constraints_hold(agglo, tmp):
    links = run(agglo, tmp, ring(), "--pairs", "firm-university", "--max-km", "1800", "--capacity", "2")
    assert links, "nothing left"
    count = {}
    for row in links:
        assert row["source_kind"] == "firm" and row["target_kind"] == "university", row
        assert float(row["km"]) <= 1800, row
        for end in (row["source"], row["target"]):
            count[end] = count.get(end, 0) + 1
    assert max(count.values()) <= 2, count


def test_links_of_one_actor(agglo, tmp):
    links = run(agglo, tmp, ring(), "--actor", "a05", "--top", "5")
    assert links and all("a05" in (row["source"], row["target"]) for row in links), links


def test_every_link_has_a_reason_and_no_tie(agglo, tmp):
    text = ring()
    met = set()
    projects = {}
    for row in text.splitlines()[1:]:
        project, actor = row.split(",")[:2]
        projects.setdefault(project, set()).add(actor)
    for members in projects.values():
        met |= {(a, b) for a in members for b in members}
    links = run(agglo, tmp, text, "--top", "500")
    assert links
    for row in links:
        assert (row["source"], row["target"]) not in met, row
        assert row["reason"], row


def test_a_disconnected_network_has_links_within_its_parts_only(agglo, tmp):
    text = ring()
    other = "\n".join(row.replace(",a", ",b").replace("20", "x20", 1) for row in text.splitlines()[1:]) + "\n"
    for row in run(agglo, tmp, text + other, "--top", "200"):
        assert row["source"][0] == row["target"][0], row

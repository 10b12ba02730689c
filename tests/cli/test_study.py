"""agglo run: studies that are wrong, and one that is right."""
import os
import re

from cli import JOBS, PARTICIPATIONS, read, write

STUDY = """title: A small study
subtitle: Three regions
description: Made for a test.
output: small.duckdb
report: small.html
seed: 3
inputs:
  jobs: {path: jobs.csv}
  projects: {path: participations.csv}
labels:
  region: {path: regions.csv, code: code, name: name, lon: lon, lat: lat}
steps:
  quotient:
    method: measure specialization
    input: jobs
    options: {level: 0.9}
  spread:
    method: measure concentration
    input: jobs
  net:
    method: network build
    input: projects
  centre:
    method: network metrics
    input: net.edges
sections:
  - title: Which clusters do we have?
    text: Quotients and concentration.
    steps: [quotient, spread]
  - title: Who works with whom?
    steps: [net, centre]
"""
REGIONS = "code,name,lon,lat\nA,Alpha,10,50\nB,Beta & Sons,11,51\nC,Gamma,12,52\n"


def folder(tmp, study=STUDY):
    write(tmp, "jobs.csv", JOBS)
    write(tmp, "participations.csv", PARTICIPATIONS)
    write(tmp, "regions.csv", REGIONS)
    return write(tmp, "study.yaml", study)


def wrong(agglo, tmp, old, new, *words, codes=(2, 3)):
    """The study with `old` replaced must be refused before anything is written."""
    assert old in STUDY
    path = folder(tmp, STUDY.replace(old, new))
    r = agglo("run", path)
    assert r.code in codes, f"exit code {codes} expected\n{r}"
    for word in words:
        assert word in r.err, f"the message lacks {word!r}\n{r}"
    assert not [n for n in os.listdir(tmp) if n.startswith("small.")], f"left behind: {os.listdir(tmp)}"


def test_cycle(agglo, tmp):
    wrong(agglo, tmp, "method: network build\n    input: projects", "method: network build\n    input: centre.nodes", "net",
          "centre", "study.yaml")


def test_step_that_feeds_itself(agglo, tmp):
    wrong(agglo, tmp, "input: net.edges", "input: centre.nodes", "centre")


def test_unknown_key(agglo, tmp):
    wrong(agglo, tmp, "subtitle:", "subtitel:", "subtitel", "subtitle", "study.yaml")


def test_unknown_key_of_a_step(agglo, tmp):
    wrong(agglo, tmp, "options: {level: 0.9}", "option: {level: 0.9}", "option", "options", "quotient")


def test_missing_step(agglo, tmp):
    wrong(agglo, tmp, "input: net.edges", "input: network.edges", "network", "centre")


def test_missing_table_of_a_step(agglo, tmp):
    wrong(agglo, tmp, "input: net.edges", "input: net.ties", "ties", "edges")


def test_section_with_a_missing_step(agglo, tmp):
    wrong(agglo, tmp, "steps: [net, centre]", "steps: [net, center]", "center", "centre")


TABLE = """    steps: [quotient, spread]
    tables:
      - title: Both side by side
        note: By region.
        sql: SELECT label('region', q.region) AS place, max(q.lq) AS largest_lq, r.hhi FROM quotient_%s q JOIN
          spread_regions r ON r.region = q.region GROUP BY q.region, r.hhi ORDER BY q.region
"""


def test_table_of_a_section(agglo, tmp):
    path = folder(tmp, STUDY.replace("    steps: [quotient, spread]\n", TABLE % "lq"))
    agglo.ok("run", path)
    html = read(os.path.join(tmp, "small.html")).decode()
    assert "Both side by side" in html and "largest_<wbr>lq" in html and "<td>Beta &amp; Sons</td>" in html, html[:2000]


def test_table_of_a_section_that_is_wrong(agglo, tmp):
    wrong(agglo, tmp, "    steps: [quotient, spread]\n", "    tables: [{title: T}]\n", "needs a title and sql", "line 29")
    path = folder(tmp, STUDY.replace("    steps: [quotient, spread]\n", TABLE % "nowhere"))
    agglo.fails(3, ["section 'Which clusters do we have?'", "table 'Both side by side'", "quotient_nowhere"], "run", path)
    assert not os.path.exists(os.path.join(tmp, "small.html"))


def test_unknown_input(agglo, tmp):
    wrong(agglo, tmp, "input: projects", "input: project", "project", "projects")


def test_unknown_method(agglo, tmp):
    wrong(agglo, tmp, "measure specialization", "measure specialisation", "specialisation", "specialization")


def test_unknown_option(agglo, tmp):
    wrong(agglo, tmp, "{level: 0.9}", "{levle: 0.9}", "levle", "level")


def test_option_out_of_range(agglo, tmp):
    wrong(agglo, tmp, "{level: 0.9}", "{level: 90}", "level", "quotient")


def test_missing_data_file(agglo, tmp):
    wrong(agglo, tmp, "path: jobs.csv", "path: gone.csv", "gone.csv", codes=(5,))


def test_no_yaml(agglo, tmp):
    wrong(agglo, tmp, "steps:\n  quotient:", "steps:\n quotient: [", "study.yaml", "line")


def test_a_step_twice(agglo, tmp):
    wrong(agglo, tmp, "  spread:\n", "  quotient:\n", "quotient", "twice")


def test_missing_study(agglo, tmp):
    agglo.fails(5, ["study.yaml"], "run", os.path.join(tmp, "study.yaml"))


def test_bad_data_in_a_step(agglo, tmp):
    path = folder(tmp)
    write(tmp, "jobs.csv", JOBS.replace("B,steel,10", "B,steel,ten"))
    r = agglo("run", path)
    assert r.code == 3, str(r)
    for word in ("quotient", "jobs.csv", "line 6", "value", "ten"):
        assert word in r.err, f"the message lacks {word!r}\n{r}"
    assert not os.path.exists(os.path.join(tmp, "small.html"))


def test_run(agglo, tmp):
    r = agglo.ok("run", folder(tmp))
    assert os.path.exists(os.path.join(tmp, "small.duckdb")) and os.path.exists(os.path.join(tmp, "small.html")), str(r)
    assert sorted(os.listdir(tmp)) == ["jobs.csv", "participations.csv", "regions.csv", "small.duckdb", "small.html",
                                       "study.yaml"], os.listdir(tmp)


def test_report_is_one_file_without_network(agglo, tmp):
    agglo.ok("run", folder(tmp))
    html = read(os.path.join(tmp, "small.html")).decode()
    for text in ("A small study", "Which clusters do we have?", "Who works with whom?", "<svg", "Beta &amp; Sons"):
        assert text in html, f"the dossier lacks {text!r}"
    loads = re.findall(r"""<(?:script|img|link|iframe|source)\b[^>]*\b(?:src|href)\s*=\s*["']?([^"'\s>]+)|@import|url\(\s*["']?(?!data:|#)""",
                       html)
    assert not [x for x in loads if not x.startswith(("data:", "#"))], loads


def test_names_are_escaped(agglo, tmp):
    path = folder(tmp)
    write(tmp, "regions.csv", "code,name,lon,lat\nA,<script>alert(1)</script>,10,50\nB,B,11,51\nC,C,12,52\n")
    agglo.ok("run", path)
    assert "<script>alert(1)</script>" not in read(os.path.join(tmp, "small.html")).decode()


def test_unchanged_steps_are_skipped(agglo, tmp):
    path = folder(tmp)
    first = agglo.ok("run", path)
    second = agglo.ok("run", path)
    assert second.err.lower().count("unchanged") + second.out.lower().count("unchanged") >= 4, f"{first}\n{second}"
    write(tmp, "jobs.csv", JOBS.replace("B,steel,10", "B,steel,11"))
    third = agglo.ok("run", path)
    text = (third.err + third.out).lower()
    assert 0 < text.count("unchanged") < 4, f"only the steps on jobs.csv should run again\n{third}"


def test_same_dossier_from_the_same_data(agglo, tmp):
    path = folder(tmp)
    agglo.ok("run", path, "--threads", "1")
    one = read(os.path.join(tmp, "small.html"))
    for name in ("small.html", "small.duckdb"):
        os.unlink(os.path.join(tmp, name))
    agglo.ok("run", path, "--threads", "2")
    two = read(os.path.join(tmp, "small.html"))
    # Only the seconds differ, which stand in the last part.
    last = b"How the numbers were made"
    assert one.count(last) == two.count(last) > 0
    assert one.rsplit(last, 1)[0] == two.rsplit(last, 1)[0]


def test_report_again(agglo, tmp):
    agglo.ok("run", folder(tmp))
    again = os.path.join(tmp, "again.html")
    agglo.ok("report", os.path.join(tmp, "small.duckdb"), "-o", again)
    assert "Which clusters do we have?" in read(again).decode()


def test_tables_and_provenance(agglo, tmp):
    agglo.ok("run", folder(tmp))
    db = os.path.join(tmp, "small.duckdb")
    # A database as input names its tables when one is missing: that is how a test without DuckDB sees them.
    r = agglo("measure", "specialization", db)
    assert r.code == 3 and "provenance" in r.err, str(r)
    rows = agglo.ok("measure", "specialization", f"{db}::quotient_lq").rows()
    assert len(rows) == 9

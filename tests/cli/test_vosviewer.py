"""Networks for VOSviewer, and what Pajek says of actors without ties."""
import json
import os

from cli import PARTICIPATIONS, untouched, write

SPEC = ("network", "build")


def network(agglo, tmp, content, *args):
    out = os.path.join(tmp, "net.vosviewer.json")
    agglo.ok(*SPEC, write(tmp, "p.csv", content), "-o", out, *args)
    with open(out, encoding="utf-8") as f:
        return json.load(f)["network"]


def test_items_and_links(agglo, tmp):
    net = network(agglo, tmp, PARTICIPATIONS)
    items = {i["id"]: i for i in net["items"]}
    assert list(items) == ["f1", "r1", "u1", "u2"] and all(i["label"] == i["id"] for i in net["items"])
    # kinds in their order: firm, government, institute, other, university
    assert {k: i["cluster"] for k, i in items.items()} == {"f1": 1, "r1": 3, "u1": 5, "u2": 5}
    assert items["f1"]["weights"] == {"projects": 2, "partners": 3}
    assert items["f1"]["scores"] == {"first_year": 2015, "last_year": 2017}
    links = {(l["source_id"], l["target_id"]): l["strength"] for l in net["links"]}
    assert links == {("f1", "r1"): 1, ("f1", "u1"): 1, ("f1", "u2"): 1, ("r1", "u1"): 1}


def test_slices_of_a_pair_are_one_link(agglo, tmp):
    text = PARTICIPATIONS + "p4,f1,PRC,2016-01-01\np4,u1,HES,2016-01-01\n"
    net = network(agglo, tmp, text, "--slice", "year")
    links = [(l["source_id"], l["target_id"]) for l in net["links"]]
    assert len(links) == len(set(links)) == 4
    assert {l["strength"] for l in net["links"] if (l["source_id"], l["target_id"]) == ("f1", "u1")} == {2}


def test_odd_names_stay_valid_json(agglo, tmp):
    text = 'project,actor,name\np,a,"He said ""no"" \\ yes\ttab"\np,b,"Zażółć """\np,c,\n'
    labels = {i["id"]: i["label"] for i in network(agglo, tmp, text)["items"]}
    assert labels["a"] == 'He said "no" \\ yes\ttab' and labels["c"] == "c", labels


def test_without_a_table_of_nodes(agglo, tmp):
    edges = write(tmp, "edges.csv", "source,target,weight\na,b,9\nb,c,1\nc,d,1\na,d,1\nb,d,1\n")
    out = os.path.join(tmp, "b.vosviewer.json")
    agglo.ok("network", "backbone", edges, "--table", "edges", "-o", out)
    with open(out, encoding="utf-8") as f:
        net = json.load(f)["network"]
    ids = {i["id"] for i in net["items"]}
    assert ids and all(l["source_id"] in ids and l["target_id"] in ids for l in net["links"])


def test_a_method_without_a_network(agglo, tmp):
    untouched(agglo, tmp, 2, ["edges", ".vosviewer.json"], "network", "resolve", write(tmp, "n.csv", "name\nA\nB\n"),
              out="x.vosviewer.json")


def test_a_plain_json_is_still_a_table(agglo, tmp):
    out = os.path.join(tmp, "vosviewer.json")
    agglo.ok(*SPEC, write(tmp, "p.csv", PARTICIPATIONS), "--table", "nodes", "-o", out)
    with open(out, encoding="utf-8") as f:
        assert isinstance(json.load(f), list)


def test_pajek_lists_actors_without_ties(agglo, tmp):
    out = os.path.join(tmp, "net.net")
    agglo.ok(*SPEC, write(tmp, "p.csv", PARTICIPATIONS + "p9,alone,PRC,2016-01-01\n"), "-o", out)
    with open(out, encoding="utf-8") as f:
        lines = f.read().splitlines()
    assert lines[0] == "*Vertices 5" and lines[1] == '1 "alone"', lines
    ends = {int(x) for line in lines[7:] for x in line.split()[:2]}
    assert ends == {2, 3, 4, 5}, lines

"""network export: communities become the clusters of the file."""
import json
import os
import xml.etree.ElementTree as ET

from cli import table, untouched, write

SPEC = ("network", "export")
EDGES = "source,target,weight\na,b,2\nb,a,1\nb,c,1\nc,d,5\na,c,0.5\nd,d,9\n"
NODES = "id,name,kind,lon,lat\na,Alpha,firm,1,50\nb,Beta,firm,,\nc,Gamma,university,2,51\ne,Epsilon,firm,3,52\n"
COMMUNITIES = "id,community,stability\na,2,1\nb,2,1\nc,11,1\nd,11,1\n"


def export(agglo, tmp, name, *args):
    out = os.path.join(tmp, name)
    agglo.ok(*SPEC, write(tmp, "edges.csv", EDGES), "--nodes", write(tmp, "nodes.csv", NODES), "--communities",
             write(tmp, "communities.csv", COMMUNITIES), "-o", out, *args)
    return out


def test_clusters_in_vosviewer(agglo, tmp):
    with open(export(agglo, tmp, "x.vosviewer.json"), encoding="utf-8") as f:
        net = json.load(f)["network"]
    items = {i["id"]: i for i in net["items"]}
    assert {k: i.get("cluster") for k, i in items.items()} == {"a": 2, "b": 2, "c": 11, "d": 11, "e": None}
    assert {k: i["label"] for k, i in items.items()} == {"a": "Alpha", "b": "Beta", "c": "Gamma", "d": "d", "e": "Epsilon"}
    assert items["c"]["weights"] == {"partners": 3, "strength": 6.5}
    links = {(l["source_id"], l["target_id"]): l["strength"] for l in net["links"]}
    assert links == {("a", "b"): 3, ("a", "c"): 0.5, ("b", "c"): 1, ("c", "d"): 5}, links


def test_communities_in_gephi_and_graphml(agglo, tmp):
    for name, tag in (("x.gexf", "attvalue"), ("x.graphml", "data")):
        root = ET.parse(export(agglo, tmp, name)).getroot()
        nodes = {n.get("id"): n for n in root.iter() if n.tag.endswith("}node")}
        values = {k: [v.get("value") or v.text for v in n.iter() if v.tag.endswith("}" + tag)] for k, n in nodes.items()}
        assert "11" in values["d"] and "2" in values["a"] and set(nodes) == set("abcde"), values


def test_tables(agglo, tmp):
    out = export(agglo, tmp, "tables/", "--min-weight", "1")
    edges = [(e["source"], e["target"], float(e["weight"])) for e in table(os.path.join(out, "edges.csv"))]
    assert edges == [("a", "b", 3), ("b", "c", 1), ("c", "d", 5)], edges
    nodes = {n["id"]: n for n in table(os.path.join(out, "nodes.csv"))}
    assert nodes["e"]["partners"] == "0" and nodes["e"]["community"] == "" and nodes["a"]["lon"] == "1.0", nodes


def test_communities_of_another_network(agglo, tmp):
    other = write(tmp, "other.csv", "id,community\nx,1\ny,1\n")
    untouched(agglo, tmp, 3, ["--communities", "codes"], *SPEC, write(tmp, "edges.csv", EDGES), "--communities", other)

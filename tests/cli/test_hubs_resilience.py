"""Hubs and resilience: networks that fall apart, nodes without ties, ties to oneself, and what cannot be meant."""
from cli import untouched, write

EDGES = "source,target,weight\na,b,1\nb,c,1\nc,c,5\nx,y,1\n"
NODES = "id,size,cost,fixed,lon,lat\na,1,1,,0,0\nb,2,1,,1,0\nc,1,1,,2,0\nx,1,1,,3,0\ny,1,1,,4,0\nlone,4,1,,5,0\n"


def hubs(agglo, tmp, *args, edges=EDGES, nodes=NODES, code=None, words=()):
    command = ["network", "hubs", write(tmp, "edges.csv", edges), "--nodes", write(tmp, "nodes.csv", nodes), *args]
    if code is None:
        return agglo.ok(*command, "-o", str(tmp) + "/out/")
    return untouched(agglo, tmp, code, words, *command)


def resilience(agglo, tmp, *args, edges=EDGES, code=None, words=()):
    command = ["network", "resilience", write(tmp, "edges.csv", edges), "--nodes", write(tmp, "nodes.csv", NODES), *args]
    if code is None:
        return agglo.ok(*command, "-o", str(tmp) + "/out/")
    return untouched(agglo, tmp, code, words, *command)


def test_demand_that_no_hub_reaches_is_told(agglo, tmp):
    r = hubs(agglo, tmp, "--count", "1")
    assert "can reach no hub" in r.err and "not connected" in r.err, f"not told\n{r}"
    assert "from a node to itself" in r.err, f"self loop not told\n{r}"


def test_a_node_without_ties_can_be_its_own_hub(agglo, tmp):
    hubs(agglo, tmp, "--count", "3")
    with open(f"{tmp}/out/hubs.csv", encoding="utf-8") as f:
        assert ",lone," in f.read(), "the node of most demand has no hub"


def test_hubs_without_a_limit(agglo, tmp):
    hubs(agglo, tmp, code=2, words=["--count", "--budget"])


def test_coverage_without_a_radius(agglo, tmp):
    hubs(agglo, tmp, "--objective", "coverage", "--count", "1", code=2, words=["--radius"])


def test_key_players_have_no_budget(agglo, tmp):
    hubs(agglo, tmp, "--objective", "key-player", "--budget", "1", code=2, words=["--count"])


def test_length_without_the_role(agglo, tmp):
    hubs(agglo, tmp, "--count", "1", "--distance", "length", code=2, words=["length", "--col"])


def test_negative_length(agglo, tmp):
    hubs(agglo, tmp, "--count", "1", "--distance", "length", edges="source,target,length\na,b,1\nb,c,-2\n", code=3,
         words=["edges.csv", "line 3", "negative length -2"])


def test_kind_that_nobody_has(agglo, tmp):
    hubs(agglo, tmp, "--count", "1", "--site-kinds", "bank", code=2, words=["kind"])
    hubs(agglo, tmp, "--count", "1", "--site-kinds", "bank", nodes="id,kind\na,firm\nb,firm\n", code=3, words=["bank"])


def test_more_hubs_open_than_allowed(agglo, tmp):
    nodes = NODES.replace("a,1,1,,", "a,1,1,in,").replace("b,2,1,,", "b,2,1,in,")
    hubs(agglo, tmp, "--count", "1", nodes=nodes, code=4, words=["2 sites are open already"])


def test_fixed_that_is_neither(agglo, tmp):
    hubs(agglo, tmp, "--count", "1", nodes=NODES.replace("a,1,1,,", "a,1,1,maybe,"), code=3,
         words=["nodes.csv", "line 2", "maybe", "neither in nor out"])


def test_no_demand(agglo, tmp):
    hubs(agglo, tmp, "--count", "1", nodes="id,size\na,0\nb,0\nc,0\nx,0\ny,0\n", code=3, words=["no demand"])


def test_decay_beyond_the_limit(agglo, tmp):
    hubs(agglo, tmp, "--objective", "key-player", "--count", "1", "--decay", "0.8", code=4, words=["must be below"])


def test_resilience_of_a_network_in_parts(agglo, tmp):
    r = resilience(agglo, tmp)
    assert "1 nodes have no tie" in r.err and "not connected" in r.err, f"not told\n{r}"


def test_resilience_without_ties(agglo, tmp):
    resilience(agglo, tmp, edges="source,target\na,a\n", code=3, words=["no ties"])


def test_resilience_by_a_role_that_is_not_there(agglo, tmp):
    resilience(agglo, tmp, "--remove-by", "region", code=2, words=["region", "--col"])

"""allocate platforms: positions, capacities, the frontier, and rules that cannot hold together."""
import csv
import os

from cli import untouched, write

DEMAND = "demand,weight,lon,lat\na,1,0,0\nb,1,1,0\nc,1,10,0\nd,1,11,0\n"
SITES = "site,lon,lat\nleft,0.5,0\nmiddle,5.5,0\nright,10.5,0\n"


def run(agglo, tmp, demand, sites, *args):
    said = agglo.ok("allocate", "platforms", write(tmp, "demand.csv", demand), "--sites", write(tmp, "sites.csv", sites), *args, "-o",
                    os.path.join(tmp, "out", ""))
    tables = {}
    for name in os.listdir(os.path.join(tmp, "out")):
        with open(os.path.join(tmp, "out", name), newline="") as f:
            tables[name[:-4]] = list(csv.DictReader(f))
    return said, tables


def bad(agglo, tmp, code, words, demand, sites, *args):
    return untouched(agglo, tmp, code, words, "allocate", "platforms", write(tmp, "demand.csv", demand), "--sites",
                     write(tmp, "sites.csv", sites), *args)


def opened(tables):
    return {r["site"]: float(r["served"]) for r in tables["sites"] if r["open"] in ("true", "1")}


def test_platforms_capacity_moves_demand(agglo, tmp):
    _, tables = run(agglo, tmp, DEMAND, SITES, "--sites-max", "2")
    assert opened(tables) == {"left": 2, "right": 2}, tables["sites"]
    small = "site,lon,lat,capacity\nleft,0.5,0,1\nmiddle,5.5,0,\nright,10.5,0,2\n"
    _, tables = run(agglo, tmp, DEMAND, small, "--sites-max", "2")
    assert opened(tables) == {"middle": 2, "right": 2}, tables["sites"]
    bad(agglo, tmp, 4, ["capacities of the sites"], DEMAND, small, "--sites-max", "1", "--col", "sites.capacity=capacity",
        "--distances", write(tmp, "d.csv", "demand,site,distance\n" + "".join(f"{d},{s},1\n" for d in "abcd" for s in ("left", "right"))))
    bad(agglo, tmp, 2, ["capacities", "--objective distance"], DEMAND, small, "--sites-max", "1", "--objective", "coverage", "--reach", "100")


def test_platforms_frontier(agglo, tmp):
    _, tables = run(agglo, tmp, DEMAND, SITES, "--budget", "2", "--reach", "100")
    f = {float(r["scale"]): r for r in tables["frontier"]}
    assert f[1.0]["objective"] == tables["summary"][0]["objective"]
    assert float(f[0.5]["sites"]) == 1 and float(f[0.5]["mean_distance"]) > float(f[1.0]["mean_distance"])
    values = [float(f[k]["objective"]) for k in sorted(f)]
    assert values == sorted(values, reverse=True), values
    _, tables = run(agglo, tmp, DEMAND, SITES, "--budget", "2", "--reach", "100", "--coverage", "1")
    assert tables["frontier"][0]["objective"] == "" and tables["frontier"][0]["sites"] == "", "half the budget covers half"


def test_platforms_positions_from_places(agglo, tmp):
    places = write(tmp, "places.csv", "place,lon,lat\n" + "".join(line.rsplit(",", 3)[0] + "," + ",".join(line.rsplit(",", 2)[1:]) + "\n"
                                                                  for line in DEMAND.splitlines()[1:]) + SITES.split("\n", 1)[1])
    bare = "region,cluster,employment\na,steel,0.5\na,food,0.5\nb,food,1\nc,food,1\nd,food,1\n"
    _, tables = run(agglo, tmp, bare, "id\nleft\nmiddle\nright\n", "--col", "demand=region", "--col", "weight=employment", "--aggregate", "sum",
                    "--col", "sites.site=id", "--places", places, "--sites-max", "2")
    assert opened(tables) == {"left": 2, "right": 2}, tables["sites"]
    bad(agglo, tmp, 3, ["site elsewhere", "no position", "--places"], DEMAND, SITES + "elsewhere,,\n", "--sites-max", "2")
    bad(agglo, tmp, 2, ["--distances", "--places"], "demand,weight\na,1\n", "site\nleft\n", "--sites-max", "1")


def test_platforms_conflicts(agglo, tmp):
    bad(agglo, tmp, 4, ["conflict", "the budget", "the least coverage"], DEMAND, SITES, "--budget", "1", "--reach", "100", "--coverage", "0.9")
    bad(agglo, tmp, 4, ["the number of sites"], DEMAND, SITES, "--sites-max", "1", "--reach", "100", "--coverage", "0.9")
    bad(agglo, tmp, 2, ["--reach"], DEMAND, SITES, "--sites-max", "1", "--coverage", "0.9")
    bad(agglo, tmp, 2, ["--budget", "--sites-max"], DEMAND, SITES)


def test_platforms_bad_rows(agglo, tmp):
    bad(agglo, tmp, 3, ["line 3", "weight"], DEMAND.replace("b,1", "b,-1"), SITES, "--sites-max", "1")
    bad(agglo, tmp, 3, ["line 3", "missing"], DEMAND.replace("b,1", "b,"), SITES, "--sites-max", "1")
    bad(agglo, tmp, 3, ["line 2", "capacity"], DEMAND, "site,lon,lat,capacity\nleft,0.5,0,-1\n", "--sites-max", "1")
    bad(agglo, tmp, 3, ["neither in nor out"], DEMAND, "site,lon,lat,fixed\nleft,0.5,0,maybe\n", "--sites-max", "1")

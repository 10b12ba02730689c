"""Bad input of measure hotspots: geodata, weights, positions."""
import json
from pathlib import Path

SQUARES = {"a": (0, 0), "b": (1, 0), "c": (0, 1), "d": (1, 1), "e": (5, 5)}


def square(x, y):
    return [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]


def write_geojson(path, rings=None):
    features = [{"type": "Feature", "properties": {"code": k, "jobs": i + 1.5 * i * i},
                 "geometry": {"type": "Polygon", "coordinates": [(rings or {}).get(k) or square(*at)]}}
                for i, (k, at) in enumerate(SQUARES.items())]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def write_points(path, values=(1, 2, 4, 8)):
    path.write_text("region,value,x,y\n" + "".join("r%d,%s,%d,%d\n" % (i, v, 100 * i, i) for i, v in enumerate(values)))


def test_geojson_in_and_out_with_island(agglo, tmp):
    tmp = Path(tmp)
    write_geojson(tmp / "map.geojson")
    r = agglo.ok("measure", "hotspots", "map.geojson", "--col", "region=code", "--col", "value=jobs", "--outlines", "-o", "out.geojson", cwd=tmp)
    assert "1 of 5 regions have no neighbour (e is the first)" in r.err
    out = json.loads((tmp / "out.geojson").read_text())
    assert len(out["features"]) == 5
    assert out["features"][0]["geometry"]["type"] == "Polygon"
    assert out["features"][0]["properties"]["neighbours"] == 3


def test_rook_and_snap(agglo, tmp):
    tmp = Path(tmp)
    write_geojson(tmp / "map.geojson", {"d": square(1 + 1e-7, 1 + 1e-7)})
    run = ("measure", "hotspots", "map.geojson", "--col", "region=code", "--col", "value=jobs", "--neighbours", "rook", "--table", "neighbours")
    agglo.ok(*run, "-o", "apart.csv", cwd=tmp)
    agglo.ok(*run, "--snap", "1e-6", "-o", "near.csv", cwd=tmp)
    count = [len((tmp / f).read_text().splitlines()) - 1 for f in ("apart.csv", "near.csv")]
    assert count == [4, 8], count


def test_invalid_ring_names_the_region(agglo, tmp):
    tmp = Path(tmp)
    write_geojson(tmp / "map.geojson", {"c": [[0, 1], [1, 2], [1, 1], [0, 2], [0, 1]]})
    agglo.fails(3, ["map.geojson", "region c", "intersection"], "measure", "hotspots", "map.geojson", "--col", "region=code",
                "--col", "value=jobs", "-o", "out.csv", cwd=tmp)


def test_points_are_no_outlines(agglo, tmp):
    tmp = Path(tmp)
    write_points(tmp / "p.csv")
    agglo.fails(2, ["queen", "outlines"], "measure", "hotspots", "p.csv", "--planar", "km", "--neighbours", "queen", "-o", "out.csv", cwd=tmp)


def test_band_without_neighbours(agglo, tmp):
    tmp = Path(tmp)
    write_points(tmp / "p.csv")
    agglo.fails(3, ["--radius 5 km", "100"], "measure", "hotspots", "p.csv", "--planar", "km", "--neighbours", "band", "--radius", "5",
                "-o", "out.csv", cwd=tmp)


def test_constant_value(agglo, tmp):
    tmp = Path(tmp)
    write_points(tmp / "p.csv", (3, 3, 3, 3))
    agglo.fails(3, ["every region has the value 3"], "measure", "hotspots", "p.csv", "--planar", "km", "--k", "2", "-o", "out.csv", cwd=tmp)


def test_duplicate_region(agglo, tmp):
    tmp = Path(tmp)
    (tmp / "p.csv").write_text("region,value,x,y\na,1,0,0\nb,2,1,0\na,3,2,0\nc,4,3,0\n")
    agglo.fails(3, ["duplicate key region=a", "line 2", "line 4"], "measure", "hotspots", "p.csv", "--planar", "km", "-o", "out.csv", cwd=tmp)


def test_unknown_region_in_weights(agglo, tmp):
    tmp = Path(tmp)
    write_points(tmp / "p.csv")
    (tmp / "w.csv").write_text("source,target\nr0,r1\nr1,r7\n")
    agglo.fails(3, ["w.csv line 3", "region r7 is not in the data"], "measure", "hotspots", "p.csv", "--weights", "w.csv", "-o", "out.csv", cwd=tmp)


def test_negative_weight(agglo, tmp):
    tmp = Path(tmp)
    write_points(tmp / "p.csv")
    (tmp / "w.csv").write_text("source,target,weight\nr0,r1,1\nr1,r0,-2\n")
    agglo.fails(3, ["w.csv line 3", "negative weight -2"], "measure", "hotspots", "p.csv", "--weights", "w.csv", "-o", "out.csv", cwd=tmp)


def test_broken_gal(agglo, tmp):
    tmp = Path(tmp)
    write_points(tmp / "p.csv")
    (tmp / "w.gal").write_text("4\nr0 2\nr1 r2\nr1 many\nr0\n")
    agglo.fails(3, ["w.gal line 4", "many"], "measure", "hotspots", "p.csv", "--weights", "w.gal", "-o", "out.csv", cwd=tmp)


def test_more_neighbours_than_regions(agglo, tmp):
    tmp = Path(tmp)
    write_points(tmp / "p.csv")
    agglo.fails(3, ["--k 6", "3 other regions"], "measure", "hotspots", "p.csv", "--planar", "km", "-o", "out.csv", cwd=tmp)

"""What goes in and what comes out."""
import gzip
import json
import os
import sqlite3
import xml.etree.ElementTree as ET
import zipfile

from cli import JOBS, PARTICIPATIONS, table, write

SPEC = ("measure", "specialization")
# total 200; A 40, B 100, C 60; food 70, steel 45, cars 85
LQ = {("A", "food"): 10 / 40 / (70 / 200), ("A", "steel"): 30 / 40 / (45 / 200), ("A", "cars"): 0.0,
      ("B", "food"): 20 / 100 / (70 / 200), ("B", "steel"): 10 / 100 / (45 / 200), ("B", "cars"): 70 / 100 / (85 / 200),
      ("C", "food"): 40 / 60 / (70 / 200), ("C", "steel"): 5 / 60 / (45 / 200), ("C", "cars"): 15 / 60 / (85 / 200)}


def check(rows, expected=LQ):
    found = {(r["region"], r["industry"]): float(r["lq"]) for r in rows}
    assert set(found) == set(expected), f"rows {sorted(found)}"
    for key, lq in expected.items():
        assert abs(found[key] - lq) < 1e-12 * max(1, lq), f"{key}: {found[key]} instead of {lq}"


def given(agglo, tmp, name, content, *args):
    check(agglo.ok(*SPEC, write(tmp, name, content), *args).rows())


# ---- in ----

def test_csv(agglo, tmp):
    given(agglo, tmp, "jobs.csv", JOBS)


def test_semicolons(agglo, tmp):
    given(agglo, tmp, "jobs.csv", JOBS.replace(",", ";"))


def test_tabs(agglo, tmp):
    given(agglo, tmp, "jobs.tsv", JOBS.replace(",", "\t"))


def test_pipes(agglo, tmp):
    given(agglo, tmp, "jobs.txt", JOBS.replace(",", "|"))


def test_crlf(agglo, tmp):
    given(agglo, tmp, "jobs.csv", JOBS.replace("\n", "\r\n"))


def test_no_newline_at_the_end(agglo, tmp):
    given(agglo, tmp, "jobs.csv", JOBS.rstrip("\n"))


def test_byte_order_mark(agglo, tmp):
    given(agglo, tmp, "jobs.csv", b"\xef\xbb\xbf" + JOBS.encode())


def test_gzip(agglo, tmp):
    given(agglo, tmp, "jobs.csv.gz", gzip.compress(JOBS.encode()))


def test_decimal_comma(agglo, tmp):
    text = JOBS.replace(",", ";").replace("\n", ",0\n").replace("value,0", "value")
    given(agglo, tmp, "jobs.csv", text)


def test_thousands(agglo, tmp):
    rows = [line.split(",") for line in JOBS.strip().split("\n")[1:]]
    text = "region;industry;value\n" + "".join(f"{r};{i};{int(v) * 1000:,}\n".replace(",", ".") for r, i, v in rows)
    given(agglo, tmp, "jobs.csv", text.replace("0.000", "0.000,00"))


def test_quotes(agglo, tmp):
    text = 'region,industry,value\n"Sainte-Marie, ""la belle""",food,1\nB,"food, drink",2\n'
    rows = agglo.ok(*SPEC, write(tmp, "jobs.csv", text)).rows()
    assert {(r["region"], r["industry"]) for r in rows} == {('Sainte-Marie, "la belle"', "food"), ("B", "food, drink")}, rows


def test_leading_zeros_stay(agglo, tmp):
    text = "region,industry,value\n02016,0111,10\n01001,0111,5\n01001,0112,5\n"
    rows = agglo.ok(*SPEC, write(tmp, "jobs.csv", text)).rows()
    assert [(r["region"], r["industry"]) for r in rows] == [("01001", "0111"), ("01001", "0112"), ("02016", "0111")], rows


def test_leading_zeros_stay_under_where(agglo, tmp):
    text = "region,industry,value,year\n02016,0111,10,2019\n01001,0111,5,2019\n01001,0112,5,2018\n"
    rows = agglo.ok(*SPEC, write(tmp, "jobs.csv", text), "--where", "value > 1").rows()
    assert {r["region"] for r in rows} == {"01001", "02016"}, rows


def test_unicode_names(agglo, tmp):
    text = "région,secteur,emplois\nÎle-de-France,食品,10\nÅland,鋼鉄,5\n"
    rows = agglo.ok(*SPEC, write(tmp, "jobs.csv", text), "--col", "region=région", "--col", "industry=secteur", "--col",
                    "value=emplois").rows()
    assert {r["region"] for r in rows} == {"Île-de-France", "Åland"}, rows


def test_json_in(agglo, tmp):
    rows = [dict(zip(("region", "industry", "value"), line.split(","))) for line in JOBS.strip().split("\n")[1:]]
    for r in rows:
        r["value"] = float(r["value"])
    given(agglo, tmp, "jobs.json", json.dumps(rows))
    given(agglo, tmp, "jobs.ndjson", "\n".join(json.dumps(r) for r in rows) + "\n")


def sheet(tmp, name, sheets):
    """A spreadsheet of Office Open XML: {sheet name: lines of cells}, texts inline."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    content = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    path = os.path.join(tmp, name)
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types">'
                   '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                   f'<Override PartName="/xl/workbook.xml" ContentType="{content}.sheet.main+xml"/>' +
                   "".join(f'<Override PartName="/xl/worksheets/sheet{k}.xml" ContentType="{content}.worksheet+xml"/>'
                           for k in range(1, len(sheets) + 1)) + "</Types>")
        z.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
                   f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        z.writestr("xl/workbook.xml", f'<workbook {main} xmlns:r="{office}"><sheets>' + "".join(
            f'<sheet name="{title}" sheetId="{k}" r:id="rId{k}"/>' for k, title in enumerate(sheets, 1)) + "</sheets></workbook>")
        z.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">' + "".join(
            f'<Relationship Id="rId{k}" Type="{office}/worksheet" Target="worksheets/sheet{k}.xml"/>'
            for k in range(1, len(sheets) + 1)) + "</Relationships>")
        for k, lines in enumerate(sheets.values(), 1):
            rows = ""
            for i, line in enumerate(lines, 1):
                cells = "".join(f'<c r="{chr(65 + j)}{i}"><v>{v}</v></c>' if isinstance(v, int) else
                                f'<c r="{chr(65 + j)}{i}" t="inlineStr"><is><t>{v}</t></is></c>' for j, v in enumerate(line))
                rows += f'<row r="{i}">{cells}</row>'
            z.writestr(f"xl/worksheets/sheet{k}.xml", f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>")
    return path


def test_spreadsheet_in(agglo, tmp):
    lines = [line.split(",") for line in JOBS.split()]
    jobs = [lines[0]] + [[r, i, int(v)] for r, i, v in lines[1:]]
    path = sheet(tmp, "jobs.xlsx", {"Notes": [["what"], ["jobs by region"]], "Jobs": jobs})
    check(agglo.ok(*SPEC, path + "::Jobs").rows())
    agglo.fails(3, ["region", "what"], *SPEC, path)
    agglo.fails(3, ["jobs.xlsx", "Nowhere"], *SPEC, path + "::Nowhere")


def test_spreadsheet_keeps_zeros_of_codes(agglo, tmp):
    lines = [line.split(",") for line in JOBS.split()]
    jobs = [lines[0]] + [["0" + str("ABC".index(r)), i, int(v)] for r, i, v in lines[1:]]
    rows = agglo.ok(*SPEC, sheet(tmp, "jobs.xlsx", {"Jobs": jobs})).rows()
    assert {r["region"] for r in rows} == {"00", "01", "02"}, rows


def test_spreadsheet_that_is_none(agglo, tmp):
    agglo.fails((3, 5), ["jobs.xlsx"], *SPEC, write(tmp, "jobs.xlsx", b"PK no spreadsheet"))


def test_several_files(agglo, tmp):
    header, *rows = JOBS.strip().split("\n")
    for region in "ABC":
        write(tmp, f"jobs_{region}.csv", "\n".join([header] + [r for r in rows if r[0] == region]) + "\n")
    check(agglo.ok(*SPEC, os.path.join(tmp, "jobs_*.csv")).rows())
    check(agglo.ok(*SPEC, *[os.path.join(tmp, f"jobs_{r}.csv") for r in "ABC"]).rows())


def test_columns_in_another_order(agglo, tmp):
    rows = [line.split(",") for line in JOBS.strip().split("\n")]
    given(agglo, tmp, "jobs.csv", "".join(f"{v},note,{i},{r}\n" for r, i, v in rows).replace("value,note", "value,remark"))


def test_missing_suppressed_and_zero(agglo, tmp):
    # A zero is a value; empty and suppressed cells are not, and both are counted in the warnings.
    text = JOBS + "D,food,\nD,steel,(D)\nD,cars,20\n"
    r = agglo.ok(*SPEC, write(tmp, "jobs.csv", text))
    rows = {(x["region"], x["industry"]): x for x in r.rows()}
    assert rows["A", "cars"]["value"] in ("0", "0.0"), rows["A", "cars"]
    for key in (("D", "food"), ("D", "steel")):
        assert key not in rows or rows[key]["lq"] == "", f"a missing value has a quotient: {rows[key]}"
    assert "suppressed" in r.err and ("missing" in r.err or "no value" in r.err), f"dropped cells are not told\n{r}"


# ---- out ----

def result(agglo, tmp, name):
    out = os.path.join(tmp, name)
    r = agglo.ok(*SPEC, write(tmp, "jobs.csv", JOBS), "-o", out)
    assert r.out == "", f"a result both in the file and on stdout\n{r}"
    assert sorted(os.listdir(tmp)) == sorted({"jobs.csv", name}), os.listdir(tmp)
    return out


def test_csv_out(agglo, tmp):
    check(table(result(agglo, tmp, "out.csv")))


def test_rows_are_in_the_order_of_the_keys(agglo, tmp):
    lines = JOBS.strip().split("\n")
    shuffled = "\n".join([lines[0]] + lines[:0:-1]) + "\n"
    keys = [(r["region"], r["industry"]) for r in agglo.ok(*SPEC, write(tmp, "jobs.csv", shuffled)).rows()]
    assert keys == sorted(keys), keys


def test_numbers_come_back_to_the_last_bit(agglo, tmp):
    rows = table(result(agglo, tmp, "out.csv"))
    again = agglo.ok(*SPEC, os.path.join(tmp, "out.csv")).rows()
    assert [r["lq"] for r in rows] == [r["lq"] for r in again]
    third = next(r for r in rows if (r["region"], r["industry"]) == ("C", "food"))
    assert float(third["share_of_region"]) == 40 / 60, third


def test_parquet_out_and_in(agglo, tmp):
    out = result(agglo, tmp, "out.parquet")
    with open(out, "rb") as f:
        assert f.read(4) == b"PAR1"
    check(agglo.ok(*SPEC, out).rows())


def test_duckdb_out_and_in(agglo, tmp):
    out = result(agglo, tmp, "out.duckdb")
    r = agglo(*SPEC, out + "::nothing")
    assert r.code == 3, str(r)
    check(agglo.ok(*SPEC, out).rows())  # a single table needs no name


def test_json_out(agglo, tmp):
    with open(result(agglo, tmp, "out.json"), encoding="utf-8") as f:
        check(json.load(f))


def test_json_out_and_in(agglo, tmp):
    check(agglo.ok(*SPEC, result(agglo, tmp, "out.json")).rows())


def test_tabs_and_gzip_out_and_in(agglo, tmp):
    for name in ("out.tsv", "out.csv.gz", "out.csv.zst", "out.ndjson"):
        out = os.path.join(tmp, name)
        agglo.ok(*SPEC, write(tmp, "jobs.csv", JOBS), "-o", out)
        check(agglo.ok(*SPEC, out).rows())
    with open(os.path.join(tmp, "out.tsv"), encoding="utf-8") as f:
        assert f.readline().startswith("region\tindustry\t")
    with gzip.open(os.path.join(tmp, "out.csv.gz"), "rt") as f:
        assert f.readline().startswith("region,industry,")


def test_output_replaces_an_earlier_one(agglo, tmp):
    write(tmp, "out.csv", "an earlier result\n")
    check(table(result(agglo, tmp, "out.csv")))


def test_folder_of_tables(agglo, tmp):
    out = os.path.join(tmp, "tables")
    agglo.ok("measure", "concentration", write(tmp, "jobs.csv", JOBS), "-o", out + "/")
    assert {"industries.csv", "regions.csv"} <= set(os.listdir(out)), os.listdir(out)
    assert all(name.endswith(".csv") for name in os.listdir(out)), f"left behind: {os.listdir(out)}"
    assert {r["industry"] for r in table(os.path.join(out, "industries.csv"))} == {"food", "steel", "cars"}


def test_one_table(agglo, tmp):
    jobs = write(tmp, "jobs.csv", JOBS)
    rows = agglo.ok("measure", "concentration", jobs, "--table", "regions").rows()
    assert {r["region"] for r in rows} == {"A", "B", "C"}, rows
    agglo.ok("measure", "concentration", jobs, "--table", "regions", "-o", os.path.join(tmp, "regions.parquet"))


def test_duckdb_holds_all_tables(agglo, tmp):
    out = os.path.join(tmp, "out.duckdb")
    agglo.ok("measure", "concentration", write(tmp, "jobs.csv", JOBS), "-o", out)
    # Both tables can be named; specialization finds their columns or says which they have.
    for name, column in (("industries", "hhi_norm"), ("regions", "krugman_spec")):
        r = agglo(*SPEC, f"{out}::{name}")
        assert r.code == 3 and column in r.err, str(r)


def network(agglo, tmp, name):
    out = os.path.join(tmp, name)
    agglo.ok("network", "build", write(tmp, "participations.csv", PARTICIPATIONS), "-o", out)
    return ET.parse(out).getroot()


def local(root, tag):
    return [e for e in root.iter() if e.tag.rsplit("}", 1)[-1] == tag]


def test_graphml(agglo, tmp):
    root = network(agglo, tmp, "net.graphml")
    assert root.tag.endswith("graphml")
    assert {n.get("id") for n in local(root, "node")} == {"f1", "u1", "r1", "u2"}
    ties = {frozenset((e.get("source"), e.get("target"))) for e in local(root, "edge")}
    assert ties == {frozenset(t) for t in (("f1", "u1"), ("f1", "r1"), ("u1", "r1"), ("f1", "u2"))}, ties
    keys = {k.get("attr.name") for k in local(root, "key")}
    assert "weight" in keys and "kind" in keys, keys


def test_gexf(agglo, tmp):
    root = network(agglo, tmp, "net.gexf")
    assert root.tag.endswith("gexf")
    assert len(local(root, "node")) == 4 and len(local(root, "edge")) == 4


def test_pajek(agglo, tmp):
    out = os.path.join(tmp, "net.net")
    agglo.ok("network", "build", write(tmp, "participations.csv", PARTICIPATIONS), "-o", out)
    with open(out, encoding="utf-8") as f:
        lines = f.read().splitlines()
    assert lines[0].lower().split() == ["*vertices", "4"], lines
    assert len(lines) == 1 + 4 + 1 + 4, lines


def places(agglo, tmp, name):
    rows = PARTICIPATIONS.split("\n")
    text = rows[0] + ",lon,lat\n" + "".join(f"{r},{k + 1}.5,50.25\n" for k, r in enumerate(rows[1:4]))
    out = os.path.join(tmp, name)
    agglo.ok("network", "build", write(tmp, "p.csv", text), "--table", "nodes", "-o", out)
    return out


def test_geojson(agglo, tmp):
    with open(places(agglo, tmp, "actors.geojson"), encoding="utf-8") as f:
        features = json.load(f)["features"]
    found = {x["properties"]["id"]: x["geometry"]["coordinates"] for x in features}
    assert found == {"f1": [1.5, 50.25], "u1": [2.5, 50.25], "r1": [3.5, 50.25]}, found


def test_geopackage(agglo, tmp):
    with sqlite3.connect(places(agglo, tmp, "actors.gpkg")) as db:
        assert db.execute("SELECT count(*) FROM gpkg_contents").fetchone() == (1,)
        name = db.execute("SELECT table_name FROM gpkg_contents").fetchone()[0]
        assert db.execute(f'SELECT count(*) FROM "{name}"').fetchone() == (3,)
    db.close()


def test_graph_text_is_escaped(agglo, tmp):
    text = PARTICIPATIONS.replace("f1", '"A&B <""x"">"')
    out = os.path.join(tmp, "net.graphml")
    agglo.ok("network", "build", write(tmp, "p.csv", text), "-o", out)
    root = ET.parse(out).getroot()
    assert 'A&B <"x">' in ET.tostring(root, encoding="unicode").replace("&amp;", "&").replace("&lt;", "<").replace(
        "&gt;", ">").replace("&quot;", '"')


# ---- options that every method has ----

def test_where(agglo, tmp):
    text = JOBS.replace("\n", ",2019\n").replace("value,2019", "value,year") + "A,food,99,2018\n"
    jobs = write(tmp, "jobs.csv", text)
    rows = agglo.ok(*SPEC, jobs, "--where", "year = 2019", "--col", "year=year").rows()
    check(rows)
    assert all(r.get("year", "2019") == "2019" for r in rows)


def test_where_compares_years_and_dates(agglo, tmp):
    rows = JOBS.strip().split("\n")
    text = rows[0] + ",year,day\n" + "".join(f"{r},2019,2019-03-12\n" for r in rows[1:]) + "A,food,99,2018,2018-03-12\n"
    jobs = write(tmp, "jobs.csv", text)
    for where in ("year = 2019", "year >= 2019", "year BETWEEN 2019 AND 2020", "day > DATE '2018-12-31'"):
        found = agglo.ok(*SPEC, jobs, "--where", where).rows()
        check(found)
        assert {r["year"] for r in found} == {"2019"}, found
    check(agglo.ok(*SPEC, jobs, "--where", "day > DATE '2018-12-31'", "--col", "year=day").rows())


def test_col(agglo, tmp):
    given(agglo, tmp, "jobs.csv", JOBS.replace("region,industry,value", "fips,naics,emp"), "--col", "region=fips", "--col",
          "industry=naics", "--col", "value=emp")


def test_role_left_empty(agglo, tmp):
    rows = JOBS.strip().split("\n")
    jobs = write(tmp, "jobs.csv", rows[0] + ",year\n" + "".join(f"{r},{2010 + k}\n" for k, r in enumerate(rows[1:])))
    found = agglo.ok(*SPEC, jobs, "--col", "year=").rows()
    check(found)
    assert "year" not in found[0], found[0]


def test_suppressed_by_condition(agglo, tmp):
    rows = JOBS.strip().split("\n")
    text = rows[0] + ",flag\n" + "".join(r + ("," if r != "A,cars,0" else ",D") + "\n" for r in rows[1:])
    r = agglo.ok(*SPEC, write(tmp, "jobs.csv", text), "--suppressed", "value: flag = 'D'")
    lq = {(x["region"], x["industry"]): x["lq"] for x in r.rows()}
    assert lq.get(("A", "cars"), "") == "", f"a withheld zero has a quotient\n{r}"
    assert "suppressed" in r.err, f"withheld cells are not told\n{r}"


def test_aggregate(agglo, tmp):
    text = JOBS.replace("C,food,40\n", "C,food,15\nC,food,25\n")
    jobs = write(tmp, "jobs.csv", text)
    assert agglo(*SPEC, jobs).code == 3
    check(agglo.ok(*SPEC, jobs, "--aggregate", "sum").rows())
    doubled = write(tmp, "twice.csv", JOBS + JOBS.split("\n", 1)[1])
    for how in ("mean", "max", "min"):
        check(agglo.ok(*SPEC, doubled, "--aggregate", how).rows())


def test_threads_do_not_change_a_bit(agglo, tmp):
    rows = "".join(f"r{r},i{i},{(r * 7919 + i * 104729) % 1009}\n" for r in range(200) for i in range(30))
    jobs = write(tmp, "jobs.csv", "region,industry,value\n" + rows)
    one = agglo.ok(*SPEC, jobs, "--threads", "1").out
    assert one == agglo.ok(*SPEC, jobs, "--threads", "2").out
    assert one == agglo.ok(*SPEC, jobs).out
    ties = write(tmp, "p.csv", "project,actor\n" + "".join(f"p{k % 150},a{(k * k * 31 + k) % 97}\n" for k in range(1200)))
    nets = []
    for n in ("1", "2", "3"):
        out = os.path.join(tmp, "net" + n)
        agglo.ok("network", "build", ties, "--threads", n, "-o", out + "/")
        metrics = agglo.ok("network", "metrics", os.path.join(out, "edges.csv"), "--table", "nodes", "--threads", n).out
        with open(os.path.join(out, "edges.csv"), "rb") as f:
            nets.append((f.read(), metrics))
    assert nets[0] == nets[1] == nets[2]


def test_same_seed_same_numbers(agglo, tmp):
    kinds = ("PRC", "HES", "PUB")
    rows = "".join(f"p{k},a{k}{i},{kinds[i]}\n" for k in range(60) for i in range(3) if (k * 7 + i * k * k) % 5 < 3)
    p = write(tmp, "p.csv", "project,actor,kind\n" + rows)
    run = [agglo.ok("network", "helix", p, "--seed", s, "--threads", t, "-o", os.path.join(tmp, f"o{k}") + "/")
           for k, (s, t) in enumerate((("5", "1"), ("5", "2"), ("6", "1")))]
    assert len(run) == 3
    files = [[open(os.path.join(tmp, f"o{k}", n), "rb").read() for n in sorted(os.listdir(os.path.join(tmp, f"o{k}")))]
             for k in range(3)]
    assert files[0] == files[1], "threads changed a number"
    assert files[0] != files[2], "the seed changes nothing: is there no bootstrap?"


def test_quiet(agglo, tmp):
    r = agglo.ok(*SPEC, write(tmp, "jobs.csv", JOBS + "D,food,(D)\n"), "--quiet")
    assert r.err == "", f"--quiet spoke\n{r}"

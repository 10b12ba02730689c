"""measure stage: panels with holes, too short, without a year, with definitions that fit nothing."""
import os

from cli import untouched, write

STAGE = ("measure", "stage")


def panel(years=range(2010, 2016), regions=4, industries=2):
    return "region,industry,year,value\n" + "".join(
        f"r{r},i{i},{y},{100 + 10 * r + (y - 2000) * (r + 1) * (i + 1)}\n" for r in range(regions) for i in range(industries) for y in years)


def test_missing_years_are_named(agglo, tmp):
    untouched(agglo, tmp, 3, ["2012", "2013", "add them"], *STAGE, write(tmp, "panel.csv", panel([2010, 2011, 2014, 2015])))


def test_a_panel_shorter_than_the_window(agglo, tmp):
    untouched(agglo, tmp, 3, ["3 years", "2010 to 2012", "--window"], *STAGE, write(tmp, "panel.csv", panel(range(2010, 2013))))


def test_no_year_column(agglo, tmp):
    untouched(agglo, tmp, 3, ["year"], *STAGE, write(tmp, "panel.csv", "region,industry,value\nA,x,1\nB,x,2\n"))


def test_one_region(agglo, tmp):
    untouched(agglo, tmp, 3, ["one region", "r0"], *STAGE, write(tmp, "panel.csv", panel(regions=1)))


def test_definitions_of_other_industries(agglo, tmp):
    definitions = write(tmp, "definitions.csv", "industry,cluster\n2410,a\n")
    untouched(agglo, tmp, 3, ["definitions", "2410"], *STAGE, write(tmp, "panel.csv", panel()), "--definitions", definitions)


def test_a_window_out_of_range(agglo, tmp):
    untouched(agglo, tmp, 2, ["window", "8"], *STAGE, write(tmp, "panel.csv", panel()), "--window", "9")


def test_an_industry_of_one_region_is_told(agglo, tmp):
    text = panel() + "".join(f"r1,lonely,{y},{y}\n" for y in range(2010, 2016))
    r = agglo.ok(*STAGE, write(tmp, "panel.csv", text), "-o", os.path.join(tmp, "out") + "/")
    assert "one region only" in r.err, str(r)


def test_industries_add_up_to_clusters(agglo, tmp):
    definitions = write(tmp, "definitions.csv", "industry,cluster\ni0,both\ni1,both\n")
    agglo.ok(*STAGE, write(tmp, "panel.csv", panel()), "--definitions", definitions, "-o", os.path.join(tmp, "out") + "/")
    with open(os.path.join(tmp, "out", "stages.csv"), encoding="utf-8") as f:
        lines = f.read().splitlines()
    assert len(lines) == 1 + 4 * 3, lines  # four regions, one cluster, the years 2013 to 2015
    assert lines[1].startswith("r0,both,2013,") and f",{2 * 100 + 13 + 26}.0," in lines[1], lines[1]

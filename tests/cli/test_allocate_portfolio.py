"""allocate portfolio: rules that conflict and what mends them, risk, ties."""
import csv
import itertools
import os

from cli import untouched, write

PROJECTS = "project,value,cost,fixed\nA,9,8,\nB,6,5,\nC,5,5,\nD,4,3,\n"


def read(tmp, name):
    with open(os.path.join(tmp, "out", name + ".csv"), newline="") as f:
        return list(csv.DictReader(f))


def run(agglo, tmp, projects, *args):
    return agglo.ok("allocate", "portfolio", write(tmp, "projects.csv", projects), *args, "-o", os.path.join(tmp, "out", ""))


def funded(tmp):
    return [r["project"] for r in read(tmp, "projects") if r["chosen"] in ("true", "1")]


def test_portfolio_conflict_names_limit_and_cure(agglo, tmp):
    data = write(tmp, "p.csv", PROJECTS.replace("A,9,8,", "A,9,8,in").replace("B,6,5,", "B,6,5,in"))
    untouched(agglo, tmp, 4, ["conflict", "the limit of cost", "raise the limit of cost to 13"], "allocate", "portfolio", data, "--budget", "10")


def test_portfolio_conflict_of_rules(agglo, tmp):
    data = write(tmp, "p.csv", PROJECTS.replace("A,9,8,", "A,9,8,in"))
    needs, rules = write(tmp, "n.csv", "project,needs\nA,B\nC,D\n"), write(tmp, "x.csv", "project,other\nA,B\nC,D\n")
    r = untouched(agglo, tmp, 4, ["A needs B", "A excludes B", "no limits mend it"], "allocate", "portfolio", data, "--budget", "100",
                  "--requires", needs, "--excludes", rules)
    assert "C needs D" not in r.err and "limit of cost" not in r.err, f"a rule that does not matter is named\n{r}"


def test_portfolio_conflict_of_two_limits(agglo, tmp):
    data = write(tmp, "p.csv", PROJECTS.replace(",\n", ",in\n"))
    uses = write(tmp, "u.csv", "project,resource,amount\n" + "".join(f"{p},staff,{n}\n" for p, n in zip("ABCD", (2, 2, 3, 4))))
    limits = write(tmp, "l.csv", "resource,limit\nstaff,10\n")
    untouched(agglo, tmp, 4, ["limit of cost to 21", "limit of staff to 11"], "allocate", "portfolio", data, "--budget", "20", "--uses",
              uses, "--limits", limits)


def test_portfolio_ties_go_to_the_first(agglo, tmp):
    text = "project,value,cost\n" + "".join(f"P{k},1,1\n" for k in (7, 3, 5, 1, 9))
    r = run(agglo, tmp, text, "--budget", "2")
    assert funded(tmp) == ["P1", "P3"], read(tmp, "projects")
    assert "several portfolios share the best value" in r.err, r


def scenarios(tmp):
    value = {"good": dict(A=20, B=5, C=6, D=4), "bad": dict(A=0, B=5, C=4, D=4)}
    text = "project,scenario,value,probability\n" + "".join(
        f"{p},{s},{v},{0.75 if s == 'good' else 0.25}\n" for s in value for p, v in value[s].items())
    return value, write(tmp, "s.csv", text)


def test_portfolio_risk_against_all_subsets(agglo, tmp):
    value, file = scenarios(tmp)
    cost = dict(A=8, B=5, C=5, D=3)
    for risk in (0, 0.4, 0.8, 1):
        best = max((0.75 * sum(value["good"][p] for p in c) + 0.25 * sum(value["bad"][p] for p in c)) * (1 - risk)
                   + risk * sum(value["bad"][p] for p in c)
                   for k in range(5) for c in itertools.combinations("ABCD", k) if sum(cost[p] for p in c) <= 10)
        run(agglo, tmp, PROJECTS, "--budget", "10", "--scenarios", file, "--risk", risk, "--tail", "0.25")
        row = read(tmp, "summary")[0]
        assert abs(float(row["value"]) - best) < 1e-9, (risk, best, row)
        assert abs((1 - risk) * float(row["mean"]) + risk * float(row["tail_mean"]) - best) < 1e-9, row
    table = read(tmp, "risk")
    assert [float(r["weight"]) for r in table] == [0, 0.25, 0.5, 0.75, 1]
    assert float(table[0]["mean"]) >= float(table[-1]["mean"]) and float(table[0]["tail_mean"]) <= float(table[-1]["tail_mean"])


def test_portfolio_bad_scenarios(agglo, tmp):
    projects = write(tmp, "p.csv", PROJECTS)
    go = ("allocate", "portfolio", projects, "--budget", "10")
    untouched(agglo, tmp, 2, ["--risk", "--scenarios"], *go, "--risk", "0.5")
    odd = write(tmp, "odd.csv", "project,scenario,value,probability\nA,good,1,0.5\nB,good,1,0.4\n")
    untouched(agglo, tmp, 3, ["line 3", "probability", "same in all its rows"], *go, "--scenarios", odd)
    unknown = write(tmp, "unknown.csv", "project,scenario,value\nZ,good,1\n")
    untouched(agglo, tmp, 3, ["project Z"], *go, "--scenarios", unknown)
    gap = write(tmp, "gap.csv", "project,scenario,value\nA,good,\n")
    untouched(agglo, tmp, 3, ["line 2", "missing"], *go, "--scenarios", gap)


def test_portfolio_bad_projects(agglo, tmp):
    untouched(agglo, tmp, 3, ["line 3", "no value"], "allocate", "portfolio", write(tmp, "a.csv", "project,value,cost\nA,1,1\nB,,1\n"), "--budget", "1")
    untouched(agglo, tmp, 3, ["line 2", "cost"], "allocate", "portfolio", write(tmp, "b.csv", "project,value,cost\nA,1,-1\n"), "--budget", "1")
    untouched(agglo, tmp, 2, ["--budget", "cost"], "allocate", "portfolio", write(tmp, "c.csv", "project,value\nA,1\n"), "--budget", "1")
    untouched(agglo, tmp, 2, ["nothing limits"], "allocate", "portfolio", write(tmp, "d.csv", "project,value\nA,1\n"))

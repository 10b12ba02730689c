"""allocate keyfirms: parameters outside the stable range, and rho and phi estimated from a panel."""
import csv
import os
import random

from cli import untouched, write

RHO, PHI, FIRMS, MARKETS, YEARS = 0.06, 0.05, 240, 40, range(2010, 2017)


def table(tmp, name, head, rows):
    return write(tmp, name, "\n".join([head, *(",".join(str(x) for x in row) for row in rows)]) + "\n")


def read(folder, name):
    with open(os.path.join(folder, name + ".csv"), newline="") as f:
        return list(csv.DictReader(f))


def game(tmp, shift=0.6, seed=1):
    """Firms that meet and part; every year is the equilibrium of the game with RHO and PHI."""
    r, links, panel = random.Random(seed), [], []
    names = [f"F{i:03d}" for i in range(FIRMS)]
    mu = [3 + r.random() for _ in names]
    pairs = [r.sample(range(FIRMS), 2) for _ in range(360)]
    for year in YEARS:
        pairs = [r.sample(range(FIRMS), 2) if r.random() < 0.2 else p for p in pairs]
        partners = [set() for _ in names]
        for a, b in pairs:
            partners[a].add(b)
            partners[b].add(a)
        links += [(names[a], names[b], year) for a, b in pairs]
        x = [shift * r.gauss(0, 1) for _ in names]
        push = [mu[i] + x[i] + 0.3 * r.gauss(0, 1) for i in range(FIRMS)]
        q = push[:]
        for _ in range(200):
            market = [sum(q[m::MARKETS]) for m in range(MARKETS)]
            q = [push[i] - RHO * (market[i % MARKETS] - q[i]) + PHI * sum(q[j] for j in partners[i]) for i in range(FIRMS)]
        panel += [(names[i], year, f"{q[i]:.9f}", f"{x[i]:.9f}") for i in range(FIRMS)]
    return (table(tmp, "links.csv", "source,target,year", links), table(tmp, "panel.csv", "firm,year,output,shifter", panel),
            table(tmp, "firms.csv", "firm,market,mu", [(names[i], f"M{i % MARKETS}", f"{mu[i]:.6f}") for i in range(FIRMS)]))


def test_keyfirms_estimates_are_used(agglo, tmp):
    links, panel, firms = game(tmp)
    agglo.ok("allocate", "keyfirms", links, "--firms", firms, "--panel", panel, "--exact", "5", "-o", os.path.join(tmp, "out", ""))
    rows = {r["parameter"]: r for r in read(os.path.join(tmp, "out"), "estimate")}
    summary = read(os.path.join(tmp, "out"), "summary")[0]
    for name, truth in (("rho", RHO), ("phi", PHI)):
        row = rows[name]
        assert abs(float(row["estimate"]) - truth) < 3.5 * float(row["se"]) < 0.05, row
        assert float(row["weak_f"]) > 10 and row["used"] in ("true", "1"), row
        assert summary[name] == row["estimate"], (summary, row)


def test_keyfirms_weak_instruments(agglo, tmp):
    links, panel, firms = game(tmp)
    r = random.Random(2)
    with open(panel) as f:
        lines = f.read().splitlines()
    noise = write(tmp, "noise.csv", "\n".join([lines[0], *(line.rsplit(",", 1)[0] + f",{r.gauss(0, 1):.6f}" for line in lines[1:])]) + "\n")
    said = agglo.ok("allocate", "keyfirms", links, "--firms", firms, "--panel", noise, "--rho", "0.01", "--phi", "0.02",
                    "--exact", "5", "-o", os.path.join(tmp, "out", ""))
    assert "instruments are weak" in said.err and "--rho 0.01 --phi 0.02" in said.err, said
    assert all(row["used"] in ("false", "0") for row in read(os.path.join(tmp, "out"), "estimate"))
    assert float(read(os.path.join(tmp, "out"), "summary")[0]["phi"]) == 0.02


def test_keyfirms_panel_with_gaps(agglo, tmp):
    links, panel, firms = game(tmp)
    with open(panel) as f:
        lines = f.read().splitlines()
    odd = write(tmp, "odd.csv", "\n".join(line for line in lines if ",201" not in line or int(line.split(",")[1]) % 2 == 0) + "\n")
    untouched(agglo, tmp, 3, ["firm-years", "rho and phi"], "allocate", "keyfirms", links, "--firms", firms, "--panel", odd)


def test_keyfirms_panel_firm_that_is_not_listed(agglo, tmp):
    links, panel, firms = game(tmp)
    with open(panel, "a") as f:
        f.write("F999,2010,1,0\n")
    untouched(agglo, tmp, 3, ["F999", "--firms"], "allocate", "keyfirms", links, "--firms", firms, "--panel", panel)


def test_keyfirms_outside_the_stable_range(agglo, tmp):
    star = table(tmp, "star.csv", "source,target", [("A", b) for b in "BCDEFGHIJ"])  # largest eigenvalue 3
    firms = table(tmp, "f.csv", "firm,mu", [(a, 1) for a in "ABCDEFGHIJ"])
    untouched(agglo, tmp, 4, ["phi = 0.34", "below 0.3333"], "allocate", "keyfirms", star, "--firms", firms, "--rho", "0", "--phi", "0.34")
    untouched(agglo, tmp, 4, ["below 0.1666"], "allocate", "keyfirms", star, "--firms", firms, "--rho", "0.5", "--phi", "0.2")
    agglo.ok("allocate", "keyfirms", star, "--firms", firms, "--rho", "0", "--phi", "0.33", "-o", os.path.join(tmp, "out", ""))


def test_keyfirms_missing_values(agglo, tmp):
    links = table(tmp, "l.csv", "source,target", [("A", "B")])
    untouched(agglo, tmp, 3, ["missing value of firm B", "line 3"], "allocate", "keyfirms", links, "--firms",
              write(tmp, "f.csv", "firm,mu\nA,1\nB,\n"))
    untouched(agglo, tmp, 2, ["mu", "effort"], "allocate", "keyfirms", links, "--firms", write(tmp, "g.csv", "firm,size\nA,1\nB,2\n"))
    untouched(agglo, tmp, 3, ["effort"], "allocate", "keyfirms", links, "--firms", write(tmp, "h.csv", "firm,effort\nA,1\nB,-2\n"))

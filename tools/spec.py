#!/usr/bin/env python3
"""Checks the method records (spec/VERB/METHOD.toml) and writes what is made from them.

usage: spec.py c OUT RECORD...       C tables for src/op/spec.h
       spec.py man OUTDIR RECORD...  one man page a method
       spec.py md OUTDIR RECORD...   one Markdown page a method
       spec.py header OUT HEADER...  the umbrella header agglo.h
       spec.py ops OUT RECORD...     prototypes of all ops, included by src/op/run.h
"""
import os
import sys
import tomllib

VERBS = ["measure", "network", "allocate", "track"]
ROLE_TYPES = ["key", "number", "integer", "date", "year"]
OPTION_TYPES = ["number", "integer", "text", "choice", "flag"]
COLUMN_TYPES = {"key": "AGL_KEY", "number": "AGL_NUM", "integer": "AGL_INT", "bool": "AGL_BOOL", "date": "AGL_DATE"}
CHART_KINDS = ["bars", "scatter", "bubble", "lorenz", "lines", "histogram", "network", "map"]
TOP = {"summary", "definition", "source", "computed", "warnings", "likes", "inputs", "options", "outputs", "examples",
       "findings", "charts"}
COMMON = {"col", "where", "seed", "threads", "like", "quiet", "json-errors", "o", "table", "aggregate", "help"}


class Bad(Exception):
    pass


def need(record, keys, where):
    for key in keys:
        if key not in record:
            raise Bad(f"{where}: '{key}' is missing")


def only(record, keys, where):
    for key in record:
        if key not in keys:
            raise Bad(f"{where}: unknown key '{key}'")


def check(r, path):
    need(r, ["summary", "definition", "source", "computed", "inputs", "outputs", "examples"], path)
    only(r, TOP, path)
    for i in r["inputs"]:
        where = f"{path} input {i.get('name')}"
        need(i, ["name", "summary", "roles"], where)
        only(i, {"name", "summary", "roles", "unique", "required"}, where)
        roles = [role.get("name") for role in i["roles"]]
        for role in i["roles"]:
            need(role, ["name", "type", "meaning"], where)
            only(role, {"name", "type", "required", "unit", "min", "max", "meaning"}, f"{where} role {role['name']}")
            if role["type"] not in ROLE_TYPES:
                raise Bad(f"{where} role {role['name']}: type must be one of {ROLE_TYPES}")
        for name in i.get("unique", []):
            if name not in roles:
                raise Bad(f"{where}: unique names '{name}', which is no role")
    inputs = {i["name"] for i in r["inputs"][1:]}
    for o in r.get("options", []):
        where = f"{path} option {o.get('name')}"
        need(o, ["name", "type", "meaning"], where)
        only(o, {"name", "type", "default", "min", "max", "choices", "meaning"}, where)
        if o["type"] not in OPTION_TYPES:
            raise Bad(f"{where}: type must be one of {OPTION_TYPES}")
        if o["name"] in COMMON or o["name"] in inputs:
            raise Bad(f"{where}: the name is taken by a common option or an input")
        if o["type"] == "choice" and o.get("default", o["choices"][0]) not in o["choices"]:
            raise Bad(f"{where}: the default is none of the choices")
    for o in r["outputs"]:
        where = f"{path} output {o.get('table')}"
        need(o, ["table", "summary", "columns"], where)
        only(o, {"table", "summary", "rank", "columns"}, where)
        for c in o["columns"]:
            need(c, ["name", "type", "meaning"], where)
            only(c, {"name", "type", "key", "optional", "unit", "meaning"}, f"{where} column {c['name']}")
            if c["type"] not in COLUMN_TYPES:
                raise Bad(f"{where} column {c['name']}: type must be one of {list(COLUMN_TYPES)}")
        if "rank" in o and o["rank"] not in [c["name"] for c in o["columns"]]:
            raise Bad(f"{where}: rank names no column")
    for c in r.get("charts", []):
        where = f"{path} chart {c.get('title')}"
        need(c, ["kind", "title", "sql"], where)
        only(c, {"kind", "title", "x_title", "y_title", "note", "sql", "nodes"}, where)
        if c["kind"] not in CHART_KINDS:
            raise Bad(f"{where}: kind must be one of {CHART_KINDS}")
    for f in r.get("findings", []):
        need(f, ["sql"], f"{path} finding")
        only(f, {"rank", "sql"}, f"{path} finding")


def load(paths):
    records = []
    for path in paths:
        with open(path, "rb") as f:
            try:
                r = tomllib.load(f)
            except tomllib.TOMLDecodeError as e:
                raise Bad(f"{path}: {e}")
        check(r, path)
        r["verb"] = os.path.basename(os.path.dirname(path))
        r["name"] = os.path.splitext(os.path.basename(path))[0]
        if r["verb"] not in VERBS:
            raise Bad(f"{path}: the folder must be one of {VERBS}")
        records.append(r)
    return sorted(records, key=lambda r: (VERBS.index(r["verb"]), r["name"]))


# ---- C ----------------------------------------------------------------------------------------------------------------
def c_str(text):
    if text is None:
        return "NULL"
    out = []
    for byte in text.encode():
        ch = chr(byte)
        if ch in '"\\?':
            out.append("\\" + ch)
        elif ch == "\n":
            out.append("\\n")
        elif byte < 32 or byte > 126:
            out.append(f"\\{byte:03o}")
        else:
            out.append(ch)
    return '"' + "".join(out) + '"'


def c_bool(x):
    return "true" if x else "false"


def c_num(x, default):
    return default if x is None else repr(float(x))


def default_text(o):
    d = o.get("default")
    return None if d is None else ("true" if d else "false") if isinstance(d, bool) else f"{d}"


class Writer:
    """Collects constant arrays and gives each a name, so that structs can point to them."""

    def __init__(self):
        self.lines = []
        self.n = 0

    def array(self, ctype, rows):
        if not rows:
            return "NULL, 0"
        name = f"a{self.n}"
        self.n += 1
        self.lines.append(f"static const {ctype} {name}[] = {{\n    " + ",\n    ".join(rows) + "};")
        return f"{name}, {len(rows)}"

    def strings(self, texts):
        return self.array("char *const", [c_str(t) for t in texts])


def c_method(w, r):
    inputs = []
    for k, i in enumerate(r["inputs"]):
        roles = w.array("agl_role_spec", [
            "{%s, %s, %s, AGL_ROLE_%s, %s, %s, %s}" % (
                c_str(x["name"]), c_str(x.get("unit", "")), c_str(x["meaning"]), x["type"].upper(),
                c_bool(x.get("required", False)), c_num(x.get("min"), "-INFINITY"), c_num(x.get("max"), "INFINITY"))
            for x in i["roles"]])
        unique = w.strings(i.get("unique", []))
        inputs.append("{%s, %s, %s, %s, %s}" % (c_str(i["name"]), c_str(i["summary"]),
                                               c_bool(i.get("required", k == 0)), roles, unique))
    options = []
    for o in r.get("options", []):
        choices = w.strings(o.get("choices", []))
        options.append("{%s, %s, AGL_OPTION_%s, %s, %s, %s, %s}" % (
            c_str(o["name"]), c_str(o["meaning"]), o["type"].upper(), c_str(default_text(o)),
            c_num(o.get("min"), "-INFINITY"), c_num(o.get("max"), "INFINITY"), choices))
    outputs = []
    for o in r["outputs"]:
        columns = w.array("agl_output_column_spec", [
            "{%s, %s, %s, %s, %s, %s}" % (c_str(c["name"]), c_str(c.get("unit", "")), c_str(c["meaning"]),
                                          COLUMN_TYPES[c["type"]], c_bool(c.get("key", False)),
                                          c_bool(c.get("optional", False))) for c in o["columns"]])
        outputs.append("{%s, %s, %s, %s}" % (c_str(o["table"]), c_str(o["summary"]), c_str(o.get("rank")), columns))
    examples = ["{%s, %s}" % (c_str(e["command"]), c_str(e.get("meaning", ""))) for e in r["examples"]]
    findings = ["{%d, %s}" % (f.get("rank", 100), c_str(f["sql"])) for f in r.get("findings", [])]
    charts = ["{%s}" % ", ".join(c_str(c.get(k)) for k in ("kind", "title", "x_title", "y_title", "note", "sql", "nodes"))
              for c in r.get("charts", [])]
    return "{" + ",\n     ".join(
        [c_str(r[k].strip()) if k not in ("verb", "name") else c_str(r[k])
         for k in ("verb", "name", "summary", "definition", "source", "computed")]
        + [w.strings(r.get("warnings", [])), w.strings(r.get("likes", [])), w.array("agl_input_spec", inputs),
           w.array("agl_option_spec", options), w.array("agl_output_spec", outputs),
           w.array("agl_example_spec", examples), w.array("agl_finding_spec", findings),
           w.array("agl_chart_spec", charts), f"agl_op_{r['verb']}_{r['name']}"]) + "}"


def write_c(out, records):
    w = Writer()
    rows = [c_method(w, r) for r in records]
    with open(out, "w") as f:
        f.write("/* Made by tools/spec.py from spec/; do not edit. */\n#include \"op/spec.h\"\n\n#include <math.h>\n\n"
                + "\n".join(w.lines) + "\n\nconst agl_method agl__methods[] = {\n    "
                + (",\n    ".join(rows) or "{0}") + f"}};\nconst size_t agl__n_methods = {len(rows)};\n")


def write_ops(out, records):
    with open(out, "w") as f:
        f.write("/* Made by tools/spec.py from spec/; do not edit. */\n" + "".join(
            f"agl_status agl_op_{r['verb']}_{r['name']}(agl_run *run, agl_error *err);\n" for r in records))


# ---- documents --------------------------------------------------------------------------------------------------------
def usage(r):
    line = f"agglo {r['verb']} {r['name']} INPUT... [--col role=column ...]"
    for i in r["inputs"][1:]:
        line += f" --{i['name']} FILE" if i.get("required") else f" [--{i['name']} FILE]"
    return line + (" [options]" if r.get("options") else "") + " [-o OUT]"


def option_head(o):
    arg = {"flag": "", "choice": "|".join(o.get("choices", [])), "number": "X", "integer": "N", "text": "TEXT"}[o["type"]]
    return f"--{o['name']}" + (f" {arg}" if arg else "")


def option_tail(o):
    d = default_text(o)
    return o["meaning"] + (f" Default {d}." if d is not None and o["type"] != "flag" else "")


def write_md(outdir, records):
    os.makedirs(outdir, exist_ok=True)
    index = ["# Methods", ""]
    for r in records:
        lines = [f"# {r['verb']} {r['name']}", "", r["summary"].strip(), "", "    " + usage(r), "", "## Definition", "",
                 r["definition"].strip(), "", "Source: " + r["source"].strip(), "", "In short: " + r["computed"].strip(), ""]
        for k, i in enumerate(r["inputs"]):
            head = i["name"] if k == 0 else f"--{i['name']} FILE"
            lines += [f"## Input: {head}", "", i["summary"], "", "| role | type | required | unit | meaning |",
                      "|---|---|---|---|---|"]
            lines += [f"| {x['name']} | {x['type']} | {'yes' if x.get('required') else 'no'} | {x.get('unit', '')} | {x['meaning']} |"
                      for x in i["roles"]] + [""]
            if i.get("unique"):
                lines += ["One row per " + ", ".join(i["unique"]) + "; `--aggregate` combines several.", ""]
        if r.get("options"):
            lines += ["## Options", ""] + [f"- `{option_head(o)}`: {option_tail(o)}" for o in r["options"]] + [""]
        if r.get("likes"):
            lines += ["`--like` follows the conventions of: " + ", ".join(r["likes"]) + ".", ""]
        for o in r["outputs"]:
            lines += [f"## Output: {o['table']}", "", o["summary"], "", "| column | type | unit | meaning |", "|---|---|---|---|"]
            lines += [f"| {c['name']} | {c['type']} | {c.get('unit', '')} | {c['meaning']} |" for c in o["columns"]] + [""]
        if r.get("warnings"):
            lines += ["## When not to use it", ""] + [f"- {t}" for t in r["warnings"]] + [""]
        lines += ["## Examples", ""]
        for e in r["examples"]:
            lines += [e.get("meaning", ""), "", "    " + e["command"], ""]
        with open(os.path.join(outdir, f"{r['verb']}-{r['name']}.md"), "w") as f:
            f.write("\n".join(lines))
        index.append(f"- [{r['verb']} {r['name']}]({r['verb']}-{r['name']}.md): {r['summary'].strip()}")
    with open(os.path.join(outdir, "index.md"), "w") as f:
        f.write("\n".join(index) + "\n")


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in ".'" else line for line in text.strip().split("\n"))


def man_page(r):
    name = f"agglo-{r['verb']}-{r['name']}"
    out = [f'.TH "{name.upper()}" 1 "" "agglo" "agglo manual"', ".SH NAME", f"{roff(name)} \\- {roff(r['summary'])}",
           ".SH SYNOPSIS", roff(usage(r)), ".SH DEFINITION", ".nf", roff(r["definition"]), ".fi", ".PP",
           "Source: " + roff(r["source"])]
    for k, i in enumerate(r["inputs"]):
        out += [f".SH INPUT {roff(i['name'] if k == 0 else '--' + i['name']).upper()}", roff(i["summary"])]
        for x in i["roles"]:
            out += [".TP", f"\\fB{roff(x['name'])}\\fR ({x['type']}{'' if x.get('required') else ', optional'})", roff(x["meaning"])]
    if r.get("options"):
        out.append(".SH OPTIONS")
        for o in r["options"]:
            out += [".TP", f"\\fB{roff(option_head(o))}\\fR", roff(option_tail(o))]
    for o in r["outputs"]:
        out += [f".SH OUTPUT {roff(o['table']).upper()}", roff(o["summary"])]
        for c in o["columns"]:
            out += [".TP", f"\\fB{roff(c['name'])}\\fR ({c['type']})", roff(c["meaning"])]
    if r.get("warnings"):
        out.append(".SH WHEN NOT TO USE IT")
        for t in r["warnings"]:
            out += [".PP", roff(t)]
    out.append(".SH EXAMPLES")
    for e in r["examples"]:
        out += [".PP", roff(e.get("meaning", "")), ".PP", ".nf", roff(e["command"]), ".fi"]
    return name, "\n".join(line for line in out if line) + "\n"


def write_man(outdir, records):
    os.makedirs(outdir, exist_ok=True)
    for r in records:
        name, text = man_page(r)
        with open(os.path.join(outdir, name + ".1"), "w") as f:
            f.write(text)


def write_header(out, headers):
    names = sorted(h.split("include/", 1)[1] for h in headers)
    with open(out, "w") as f:
        f.write("/* agglo.h - everything public. Made by tools/spec.py. */\n#ifndef AGGLO_H\n#define AGGLO_H\n\n"
                + "".join(f'#include "{n}"\n' for n in names) + "\n#endif\n")


def main(argv):
    kind, out, files = argv[1], argv[2], argv[3:]
    if kind == "header":
        write_header(out, files)
        return 0
    try:
        records = load(files)
    except Bad as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    {"c": write_c, "ops": write_ops, "man": write_man, "md": write_md}[kind](out, records)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))

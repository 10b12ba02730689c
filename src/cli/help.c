#include "cli/cli.h"
#include "table/db.h"

#include <gdal.h>
#include <glpk.h>
#include <gsl/gsl_version.h>
#include <proj.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

static const struct {
    const char *verb, *question;
} verbs[] = {
    {"measure", "Which clusters do we have, how strong, at what stage?"},
    {"network", "Who innovates with whom, what is missing?"},
    {"allocate", "Where does the next euro, person or hectare do most?"},
    {"track", "Are we moving from low cost to innovation, and up the value chain?"},
};

void agl__help_main(FILE *out) {
    fputs(
        "agglo - an engine for industrial clusters: measure them, form their innovation networks, allocate "
        "what is scarce,\n"
        "track where they go.\n\n"
        "usage:  agglo run study.yaml                        raw files in, result tables and a dossier out\n"
        "        agglo report study.duckdb [-o report.html]  the dossier again, from results already there\n"
        "        agglo VERB METHOD INPUT... [options]        one method on your own table\n"
        "        agglo methods [VERB]                        all methods, a line each\n"
        "        agglo explain VERB METHOD                   definition, source, conventions, when not to "
        "use it\n"
        "        agglo VERB METHOD --help                    roles, options and output columns of a method\n"
        "        agglo --version                             versions of agglo and its libraries\n\n",
        out);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        fprintf(out, "  %-9s %s\n", verbs[i].verb, verbs[i].question);
    fputs("\nCommon options of the methods:\n"
          "  --col ROLE=COLUMN   which column plays a role (INPUT.ROLE=COLUMN for a further input; ROLE= "
          "leaves\n"
          "                      an optional role empty although a column has its name)\n"
          "  --where SQL         use only the rows that satisfy this condition\n"
          "  --suppressed SQL    under this condition an empty number is suppressed, not just missing; "
          "'ROLE: SQL' withholds the\n"
          "                      values of that role even when a number (often 0) stands there\n"
          "  --aggregate HOW     combine rows of the same key: sum, mean, max or min\n"
          "  -o OUT              .csv .csv.gz .tsv .parquet .json .duckdb .graphml .gexf .net "
          ".vosviewer.json .geojson .gpkg, or DIR/\n"
          "  --table NAME        only this result table\n"
          "  --like PEER         follow another package's convention\n"
          "  --seed N            seed of the random numbers (default 1)\n"
          "  --threads N         threads (default: all cores); results do not depend on it\n"
          "  --quiet             no progress, no warnings\n"
          "  --json-errors       errors as JSON on stderr\n\n"
          "Exit codes: 0 done, 2 usage, 3 bad input data, 4 no convergence or infeasible, 5 input or output, "
          "130 cancelled.\n",
          out);
}

void agl__help_methods(FILE *out, const char *verb) {
    for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++) {
        if (verb && strcmp(verb, verbs[v].verb) != 0) continue;
        bool headed = false;
        for (size_t i = 0; i < agl__n_methods; i++) {
            if (strcmp(agl__methods[i].verb, verbs[v].verb) != 0) continue;
            if (!headed) fprintf(out, "%s: %s\n", verbs[v].verb, verbs[v].question);
            headed = true;
            fprintf(out, "  %-18s %s\n", agl__methods[i].name, agl__methods[i].summary);
        }
    }
}

/* Text folded to the width of a terminal, indented, `mark` at the end of the first indent; a paragraph's own
 * line ends are kept. */
static void fold(FILE *out, const char *text, int indent, const char *mark) {
    const int width = 110;
    int at = 0;
    for (const char *c = text; *c;) {
        if (*c == '\n') {
            fputc('\n', out);
            at = 0;
            c++;
            continue;
        }
        size_t lead = strspn(c, " "), word = strcspn(c + lead, " \n");
        if (at > 0 && at + (int)(lead + word) > width) {
            fputc('\n', out);
            at = 0;
            lead = 0;
            c += strspn(c, " ");
        }
        if (at == 0) {
            fprintf(out, "%*s", indent, mark);
            at = indent;
            mark = "";
        }
        fwrite(c, 1, lead + word, out);
        at += (int)(lead + word);
        c += lead + word;
    }
    fputc('\n', out);
}

/* Text with its own line ends, indented: definitions hold formulas that folding would break. */
static void verbatim(FILE *out, const char *text, int indent) {
    for (const char *line = text; *line;) {
        int n = (int)strcspn(line, "\n");
        fprintf(out, "%*s%.*s\n", n ? indent : 0, "", n, line);
        line += n + (line[n] == '\n');
    }
}

static void usage_line(FILE *out, const agl_method *m) {
    fprintf(out, "usage: agglo %s %s INPUT... [--col role=column ...]", m->verb, m->name);
    for (size_t i = 1; i < m->n_inputs; i++)
        fprintf(out, m->inputs[i].required ? " --%s FILE" : " [--%s FILE]", m->inputs[i].name);
    fputs(" [options] [-o OUT]\n\n", out);
}

static void help_inputs(FILE *out, const agl_method *m) {
    static const char *const types[] = {"text", "number", "integer", "date", "year"};
    for (size_t i = 0; i < m->n_inputs; i++) {
        const agl_input_spec *in = &m->inputs[i];
        fprintf(out, "%s%s%s: %s\n", i ? "--" : "Input ", in->name, i ? " FILE" : "", in->summary);
        for (size_t k = 0; k < in->n_roles; k++) {
            const agl_role_spec *r = &in->roles[k];
            fprintf(out, "  %-16s %-8s%s %s%s%s%s\n", r->name, types[r->type],
                    r->required ? "" : " (optional)", r->meaning, *r->unit ? " [" : "", r->unit,
                    *r->unit ? "]" : "");
        }
        if (in->n_unique) fputs("  One row per", out);
        for (size_t k = 0; k < in->n_unique; k++)
            fprintf(out, "%s %s", k ? "," : "", in->unique[k]);
        if (in->n_unique) fputs("; --aggregate combines several.\n", out);
        fputc('\n', out);
    }
}

static void help_options(FILE *out, const agl_method *m) {
    static const char *const arguments[] = {" X", " N", " TEXT", "", ""};
    if (m->n_options) fputs("Options:\n", out);
    for (size_t i = 0; i < m->n_options; i++) {
        const agl_option_spec *o = &m->options[i];
        fprintf(out, "  --%s%s", o->name, arguments[o->type]);
        for (size_t k = 0; k < o->n_choices; k++)
            fprintf(out, "%s%s", k ? "|" : " ", o->choices[k]);
        if (o->default_text && o->type != AGL_OPTION_FLAG) fprintf(out, "  (default %s)", o->default_text);
        fputc('\n', out);
        fold(out, o->meaning, 6, "");
    }
    if (m->n_likes) fputs("  --like ", out);
    for (size_t i = 0; i < m->n_likes; i++)
        fprintf(out, "%s%s", i ? "|" : "", m->likes[i]);
    if (m->n_likes) fputs("\n      Follow that package's convention.\n", out);
    fputs("  Common options: see 'agglo --help'.\n\n", out);
}

static void help_outputs(FILE *out, const agl_method *m) {
    for (size_t i = 0; i < m->n_outputs; i++) {
        const agl_output_spec *o = &m->outputs[i];
        fprintf(out, "Table %s: %s\n", o->table, o->summary);
        for (size_t j = 0; j < o->n_columns; j++)
            fprintf(out, "  %-22s %s%s%s%s%s\n", o->columns[j].name, o->columns[j].meaning,
                    *o->columns[j].unit ? " [" : "", o->columns[j].unit, *o->columns[j].unit ? "]" : "",
                    o->columns[j].optional ? " (when it applies)" : "");
        fputc('\n', out);
    }
}

static void help_examples(FILE *out, const agl_method *m) {
    fputs("Examples:\n", out);
    for (size_t i = 0; i < m->n_examples; i++) {
        if (*m->examples[i].meaning) fprintf(out, "  # %s\n", m->examples[i].meaning);
        fprintf(out, "  %s\n", m->examples[i].command);
    }
}

void agl__help_method(FILE *out, const agl_method *m) {
    fprintf(out, "agglo %s %s: ", m->verb, m->name);
    fold(out, m->summary, 0, "");
    usage_line(out, m);
    help_inputs(out, m);
    help_options(out, m);
    help_outputs(out, m);
    help_examples(out, m);
}

void agl__help_explain(FILE *out, const agl_method *m) {
    fprintf(out, "%s %s\n\n", m->verb, m->name);
    fold(out, m->summary, 0, "");
    fputs("\nDefinition\n", out);
    verbatim(out, m->definition, 2);
    fputs("\nSource\n", out);
    fold(out, m->source, 2, "");
    fputs("\nIn short\n", out);
    fold(out, m->computed, 2, "");
    if (m->n_warnings) fputs("\nWhen not to use it\n", out);
    for (size_t i = 0; i < m->n_warnings; i++)
        fold(out, m->warnings[i], 4, "- ");
    if (m->n_likes) fputs("\nConventions offered (--like): ", out);
    for (size_t i = 0; i < m->n_likes; i++)
        fprintf(out, "%s%s", i ? ", " : "", m->likes[i]);
    fputs(m->n_likes ? "\n\n" : "\n", out);
    help_examples(out, m);
}

void agl__print_version(FILE *out) {
    int yaml_major, yaml_minor, yaml_patch;
    yaml_get_version(&yaml_major, &yaml_minor, &yaml_patch);
    fprintf(out, "agglo %s\nDuckDB %s\nGSL %s\nGLPK %s\nGDAL %s\nPROJ %s\nlibyaml %d.%d.%d\n", agl_version(),
            agl__db_version(), gsl_version, glp_version(), GDALVersionInfo("RELEASE_NAME"),
            proj_info().version, yaml_major, yaml_minor, yaml_patch);
}

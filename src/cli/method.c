#include "base/mem.h"
#include "cli/cli.h"
#include "op/invoke.h"
#include "table/write.h"

#include <string.h>
#include <unistd.h>

enum { MOST_COLS = 64 };

/* One input as the command line gives it. */
typedef struct given {
    const char **paths;
    size_t n_paths;
    agl_pair columns[MOST_COLS];
    agl_source source;
} given;

typedef struct command {
    agl_common common;
    const agl_method *method;
    given *inputs; /* by input of the record */
    const char *out, *table, *like, *where, *suppressed, *aggregate;
    bool help;
} command;

static agl_status add_path(given *g, const char *path, agl_error *err) {
    const char **grown = reallocarray(g->paths, g->n_paths + 1, sizeof *grown);
    if (!grown) return agl_fail_memory(err);
    g->paths = grown;
    g->paths[g->n_paths++] = path;
    return AGL_OK;
}

/* "role=column" or "input.role=column"; cuts the argument in place. */
static agl_status add_column(command *c, char *text, agl_error *err) {
    char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return agl_fail(err, AGL_EUSAGE, "--col needs ROLE=COLUMN, not '%s'", text);
    *equals = '\0';
    char *dot = strchr(text, '.');
    const agl_input_spec *in = c->method->inputs;
    if (dot) {
        *dot = '\0';
        in = agl__method_input(c->method, text);
        if (!in)
            return agl_fail(err, AGL_EUSAGE, "--col: %s %s has no input '%s'", c->method->verb,
                            c->method->name, text);
        text = dot + 1;
    }
    given *g = &c->inputs[in - c->method->inputs];
    if (g->source.n_columns == MOST_COLS) return agl_fail(err, AGL_EUSAGE, "too many --col");
    g->columns[g->source.n_columns++] = (agl_pair){text, equals + 1};
    return AGL_OK;
}

static agl_status fail_option(const command *c, const char *argument, agl_error *err) {
    static const char *const common[] = {"col",  "where", "suppressed",  "aggregate", "seed", "threads",
                                         "like", "quiet", "json-errors", "table",     "help"};
    const char *names[96];
    char word[64];
    size_t n = 0;
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        names[n++] = common[i];
    for (size_t i = 0; i < c->method->n_options && n < 90; i++)
        names[n++] = c->method->options[i].name;
    for (size_t i = 1; i < c->method->n_inputs && n < 96; i++)
        names[n++] = c->method->inputs[i].name;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
    const char *near = agl__nearest(word, names, n);
    return agl_fail(err, AGL_EUSAGE, "unknown option '--%s'%s%s%s; 'agglo %s %s --help' lists them", word,
                    near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "", c->method->verb,
                    c->method->name);
}

/* Options of all methods whose value is a text; -1 when the argument is none of them. */
static agl_status text_option(bool *taken, command *c, int argc, char **argv, int *i, agl_error *err) {
    const struct {
        const char *name;
        const char **to;
    } texts[] = {{"table", &c->table},
                 {"like", &c->like},
                 {"where", &c->where},
                 {"suppressed", &c->suppressed},
                 {"aggregate", &c->aggregate}};
    *taken = true;
    if (strcmp(argv[*i], "-o") == 0) return agl__option_value(&c->out, argc, argv, i, err);
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        if (agl__is_option(argv[*i], texts[k].name))
            return agl__option_value(texts[k].to, argc, argv, i, err);
    *taken = false;
    return AGL_OK;
}

static agl_status method_option(command *c, agl_run *run, int argc, char **argv, int *i, agl_error *err) {
    const char *value = NULL;
    for (size_t k = 0; k < c->method->n_options; k++) {
        const agl_option_spec *o = &c->method->options[k];
        if (!agl__is_option(argv[*i], o->name)) continue;
        if (o->type == AGL_OPTION_FLAG && !strchr(argv[*i], '='))
            return agl__run_set(run, o->name, "true", err);
        agl_status status = agl__option_value(&value, argc, argv, i, err);
        return status == AGL_OK ? agl__run_set(run, o->name, value, err) : status;
    }
    for (size_t k = 1; k < c->method->n_inputs; k++) {
        if (!agl__is_option(argv[*i], c->method->inputs[k].name)) continue;
        agl_status status = agl__option_value(&value, argc, argv, i, err);
        return status == AGL_OK ? add_path(&c->inputs[k], value, err) : status;
    }
    return fail_option(c, argv[*i], err);
}

static agl_status parse(command *c, agl_run *run, int argc, char **argv, agl_error *err) {
    agl_status status = AGL_OK;
    for (int i = 0; i < argc && status == AGL_OK; i++) {
        bool taken = false;
        const char *value = NULL;
        if (argv[i][0] != '-' || !argv[i][1]) {
            status = add_path(&c->inputs[0], argv[i], err);
            continue;
        }
        status = agl__common_option(&taken, &c->common, argc, argv, &i, err);
        if (status == AGL_OK && !taken) status = text_option(&taken, c, argc, argv, &i, err);
        if (status != AGL_OK || taken) continue;
        if (agl__is_option(argv[i], "col")) {
            status = agl__option_value(&value, argc, argv, &i, err);
            if (status == AGL_OK) status = add_column(c, (char *)value, err); /* argv is ours to cut */
        } else if (strncmp(argv[i], "--", 2) == 0) {
            status = method_option(c, run, argc, argv, &i, err);
        } else {
            status = agl_fail(err, AGL_EUSAGE, "unknown option '%s'; 'agglo --help' lists them", argv[i]);
        }
    }
    return status;
}

static agl_status check_aggregate(const char *how, agl_error *err) {
    static const char *const known[] = {"sum", "mean", "max", "min"};
    for (size_t i = 0; how && i < 4; i++)
        if (strcmp(how, known[i]) == 0) return AGL_OK;
    return how ? agl_fail(err, AGL_EUSAGE, "--aggregate: '%s' is none of sum, mean, max, min", how) : AGL_OK;
}

static agl_status bind_inputs(command *c, agl_run *run, agl_error *err) {
    agl_status status = check_aggregate(c->aggregate, err);
    if (status == AGL_OK && c->like) status = agl__run_set_like(run, c->like, err);
    if (status == AGL_OK && c->table) status = agl__run_set_table(run, c->table, err);
    if (status == AGL_OK && c->inputs[0].n_paths == 0)
        status = agl_fail(err, AGL_EUSAGE, "no input file; 'agglo %s %s --help' says what it needs",
                          c->method->verb, c->method->name);
    for (size_t k = 0; k < c->method->n_inputs && status == AGL_OK; k++) {
        given *g = &c->inputs[k];
        if (g->n_paths == 0) continue;
        g->source.paths = g->paths;
        g->source.n_paths = g->n_paths;
        g->source.columns = g->columns;
        if (k == 0) {
            g->source.where = c->where;
            g->source.suppressed = c->suppressed;
        }
        g->source.aggregate = c->aggregate;
        status = agl__run_bind(run, c->method->inputs[k].name, &g->source, err);
    }
    return status;
}

static agl_status present(command *c, agl_run *run, agl_db *db, agl_error *err) {
    size_t n = agl__run_n_outputs(run);
    const agl_table **tables = AGL_NEW(const agl_table *, n);
    if (!tables) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        tables[i] = agl__run_output_at(run, i);
    agl__progress_end();
    agl_status status = AGL_OK;
    if (c->out) {
        status = agl__write(c->out, db, tables, n, err);
    } else if (isatty(1)) {
        for (size_t i = 0; i < n; i++) {
            if (n > 1) printf("%s%s\n", i ? "\n" : "", tables[i]->name);
            agl__print_table(stdout, tables[i], 40);
        }
    } else if (n == 1) {
        status = agl__write_stdout(db, tables[0], err);
    } else {
        char names[300] = "";
        for (size_t i = 0, used = 0; i < n && used + 40 < sizeof names; i++)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.30s", i ? ", " : "",
                                     tables[i]->name);
        status = agl_fail(err, AGL_EUSAGE,
                          "the result has several tables (%s); choose one with --table NAME or write -o DIR/",
                          names);
    }
    free(tables);
    for (size_t i = 0; i < agl__run_n_warnings(run) && status == AGL_OK && !c->common.quiet; i++)
        fprintf(stderr, "agglo: warning: %s\n", agl__run_warning(run, i));
    return status;
}

static bool wants_help(int argc, char **argv) {
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    return false;
}

int agl__cmd_method(const char *verb, int argc, char **argv) {
    command c = {.common = {.ctx = AGL_CTX_INIT}};
    agl_error err = {0};
    agl_run *run = NULL;
    agl_db *db = NULL;
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--json-errors") == 0) c.common.json_errors = true;
    if (argc == 0 || argv[0][0] == '-') {
        agl__help_methods(stdout, verb);
        return argc == 0 ? 2 : 0;
    }
    agl_status status = agl__method_find(&c.method, verb, argv[0], &err);
    if (status != AGL_OK) return agl__complain(&c.common, &err);
    if (wants_help(argc, argv)) {
        agl__help_method(stdout, c.method);
        return 0;
    }
    c.inputs = AGL_NEW(given, c.method->n_inputs);
    status = c.inputs ? AGL_OK : agl_fail_memory(&err);
    /* Options come before the database: threads and seed shape both, and a wrong option should cost nothing.
     */
    if (status == AGL_OK) status = agl__run_new(&run, c.method, NULL, &c.common.ctx, &err);
    if (status == AGL_OK) status = parse(&c, run, argc - 1, argv + 1, &err);
    if (status == AGL_OK) {
        agl__watch(&c.common);
        status = agl__db_open(&db, NULL, false, &c.common.ctx, &err);
    }
    if (status == AGL_OK) {
        agl__run_set_db(run, db);
        status = bind_inputs(&c, run, &err);
    }
    if (status == AGL_OK) status = agl__run_execute(run, &err);
    if (status == AGL_OK) status = present(&c, run, db, &err);
    agl__run_free(run);
    agl__db_close(db);
    for (size_t k = 0; c.inputs && k < c.method->n_inputs; k++)
        free(c.inputs[k].paths);
    free(c.inputs);
    return status == AGL_OK ? 0 : agl__complain(&c.common, &err);
}

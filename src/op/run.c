#include "op/run.h"
#include "base/mem.h"
#include "op/invoke.h"
#include "table/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct bound_input {
    agl_table *table;
    const agl_source *source;
    size_t *origin; /* row of the table -> row as read; NULL when no row was dropped */
} bound_input;

struct agl_run {
    const agl_method *method;
    agl_db *db;
    const agl_ctx *ctx;
    bound_input *inputs; /* by input of the record */
    char **values;       /* by option of the record; NULL = unset */
    const char *like, *table;
    agl_table **outputs; /* by output of the record; NULL = not made */
    char **warnings;
    size_t n_warnings, warnings_capacity;
    size_t rows_in, rows_used, rows_dropped;
    bool rows_told;
};

/* ---- making
 * -------------------------------------------------------------------------------------------------------- */

agl_status agl__run_new(agl_run **out, const agl_method *method, agl_db *db, const agl_ctx *ctx,
                        agl_error *err) {
    agl_run *r = AGL_NEW(agl_run, 1);
    if (!r) return agl_fail_memory(err);
    r->method = method;
    r->db = db;
    r->ctx = ctx;
    r->inputs = AGL_NEW(bound_input, method->n_inputs);
    r->values = AGL_NEW(char *, method->n_options);
    r->outputs = AGL_NEW(agl_table *, method->n_outputs);
    bool ok = r->inputs && r->values && r->outputs;
    for (size_t i = 0; ok && i < method->n_options; i++) {
        const char *text = method->options[i].default_text;
        if (text) ok = (r->values[i] = strdup(text)) != NULL;
    }
    if (!ok) {
        agl__run_free(r);
        return agl_fail_memory(err);
    }
    *out = r;
    return AGL_OK;
}

void agl__run_set_db(agl_run *r, agl_db *db) { r->db = db; }

void agl__run_free(agl_run *r) {
    if (!r) return;
    for (size_t i = 0; r->inputs && i < r->method->n_inputs; i++) {
        agl_table_free(r->inputs[i].table);
        free(r->inputs[i].origin);
    }
    for (size_t i = 0; r->values && i < r->method->n_options; i++)
        free(r->values[i]);
    for (size_t i = 0; r->outputs && i < r->method->n_outputs; i++)
        agl_table_free(r->outputs[i]);
    for (size_t i = 0; i < r->n_warnings; i++)
        free(r->warnings[i]);
    free(r->inputs);
    free(r->values);
    free(r->outputs);
    free(r->warnings);
    free(r);
}

static agl_status check_number(const agl_option_spec *o, const char *text, agl_error *err) {
    char *end;
    double x = strtod(text, &end);
    bool whole = o->type == AGL_OPTION_INTEGER;
    if (end == text || *end || !isfinite(x) || (whole && x != floor(x)))
        return agl_fail(err, AGL_EUSAGE, "option --%s needs a %snumber, not '%s'", o->name,
                        whole ? "whole " : "", text);
    if (x < o->min || x > o->max)
        return agl_fail(err, AGL_EUSAGE, "option --%s: %s is outside %g to %g", o->name, text, o->min,
                        o->max);
    return AGL_OK;
}

static agl_status check_choice(const agl_option_spec *o, const char *text, agl_error *err) {
    char all[300] = "";
    for (size_t i = 0, used = 0; i < o->n_choices && used + 40 < sizeof all; i++) {
        if (strcmp(o->choices[i], text) == 0) return AGL_OK;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%.30s", i ? ", " : "", o->choices[i]);
    }
    return agl_fail(err, AGL_EUSAGE, "option --%s: '%s' is none of %s", o->name, text, all);
}

static agl_status check_value(const agl_option_spec *o, const char *text, agl_error *err) {
    switch (o->type) {
    case AGL_OPTION_NUMBER:
    case AGL_OPTION_INTEGER:
        return check_number(o, text, err);
    case AGL_OPTION_CHOICE:
        return check_choice(o, text, err);
    case AGL_OPTION_TEXT:
        return AGL_OK;
    case AGL_OPTION_FLAG:
        break;
    }
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) return AGL_OK;
    return agl_fail(err, AGL_EUSAGE, "option --%s is a flag: true or false, not '%s'", o->name, text);
}

agl_status agl__run_set(agl_run *r, const char *option, const char *text, agl_error *err) {
    const agl_method *m = r->method;
    for (size_t i = 0; i < m->n_options; i++) {
        if (strcmp(m->options[i].name, option) != 0) continue;
        agl_status status = check_value(&m->options[i], text, err);
        if (status != AGL_OK) return status;
        char *copy = strdup(text);
        if (!copy) return agl_fail_memory(err);
        free(r->values[i]);
        r->values[i] = copy;
        return AGL_OK;
    }
    const char *names[64], *near;
    size_t n = 0;
    for (size_t i = 0; i < m->n_options && n < 64; i++)
        names[n++] = m->options[i].name;
    near = agl__nearest(option, names, n);
    return agl_fail(err, AGL_EUSAGE, "%s %s has no option '%s'%s%s%s", m->verb, m->name, option,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

agl_status agl__run_set_like(agl_run *r, const char *peer, agl_error *err) {
    char all[200] = "";
    for (size_t i = 0, used = 0; i < r->method->n_likes && used + 40 < sizeof all; i++) {
        if (strcmp(r->method->likes[i], peer) == 0) {
            r->like = r->method->likes[i];
            return AGL_OK;
        }
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%s%.30s", i ? ", " : "", r->method->likes[i]);
    }
    return r->method->n_likes
               ? agl_fail(err, AGL_EUSAGE, "--like '%s' is not known to %s %s; known: %s", peer,
                          r->method->verb, r->method->name, all)
               : agl_fail(err, AGL_EUSAGE, "%s %s has no --like", r->method->verb, r->method->name);
}

agl_status agl__run_set_table(agl_run *r, const char *table, agl_error *err) {
    const agl_output_spec *o = agl__method_output(r->method, table);
    if (o) {
        r->table = o->table;
        return AGL_OK;
    }
    char all[200] = "";
    for (size_t i = 0, used = 0; i < r->method->n_outputs && used + 40 < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%.30s", i ? ", " : "",
                                 r->method->outputs[i].table);
    return agl_fail(err, AGL_EUSAGE, "%s %s has no table '%s'; its tables: %s", r->method->verb,
                    r->method->name, table, all);
}

/* ---- inputs
 * -------------------------------------------------------------------------------------------------------- */

static agl_status check_roles(const agl_input_spec *in, const agl_source *source, agl_error *err) {
    for (size_t i = 0; i < source->n_columns; i++) {
        if (agl__input_role(in, source->columns[i].role)) continue;
        char all[400] = "";
        for (size_t k = 0, used = 0; k < in->n_roles && used + 40 < sizeof all; k++)
            used +=
                (size_t)snprintf(all + used, sizeof all - used, "%s%.30s", k ? ", " : "", in->roles[k].name);
        return agl_fail(err, AGL_EUSAGE, "input '%s' has no role '%s'; its roles: %s", in->name,
                        source->columns[i].role, all);
    }
    return AGL_OK;
}

/* Marks rows that lack a required key; returns how many. */
static size_t rows_without_key(bool *bad, const agl_table *t, const agl_input_spec *in,
                               const char **first_role) {
    size_t n = 0;
    for (size_t i = 0; i < in->n_roles; i++) {
        const agl_column *c = agl_table_column(t, in->roles[i].name);
        if (!c || c->type != AGL_KEY || !in->roles[i].required) continue;
        for (size_t row = 0; row < t->rows; row++)
            if (c->code[row] < 0 && !bad[row]) {
                bad[row] = true;
                if (n++ == 0) *first_role = in->roles[i].name;
            }
    }
    return n;
}

static void keep_rows(agl_table *t, const bool *bad, size_t *origin) {
    size_t to = 0;
    for (size_t row = 0; row < t->rows; row++) {
        if (bad[row]) continue;
        for (size_t j = 0; j < t->n_columns; j++) {
            agl_column *c = &t->columns[j];
            if (c->code) c->code[to] = c->code[row];
            if (c->num) c->num[to] = c->num[row];
            if (c->state) c->state[to] = c->state[row];
        }
        origin[to++] = row;
    }
    t->rows = to;
}

static agl_status drop_keyless(agl_run *r, bound_input *b, const agl_input_spec *in, bool main_input,
                               agl_error *err) {
    agl_table *t = b->table;
    const char *role = "";
    bool *bad = AGL_NEW(bool, t->rows);
    size_t *origin = AGL_NEW(size_t, t->rows);
    size_t n = bad && origin ? rows_without_key(bad, t, in, &role) : 0;
    agl_status status = bad && origin ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK && n == t->rows)
        status = agl_fail(err, AGL_EDATA, "no row of %s has a %s; is --col %s=COLUMN right?",
                          b->source->paths[0], role, role);
    if (status == AGL_OK && n > 0) {
        agl__run_warn(r, "%zu of %zu rows of input %s were dropped because they have no %s", n, t->rows,
                      in->name, role);
        keep_rows(t, bad, origin);
        b->origin = origin;
        origin = NULL;
        if (main_input) r->rows_dropped = n;
    }
    free(bad);
    free(origin);
    return status;
}

agl_status agl__run_bind(agl_run *r, const char *input, const agl_source *source, agl_error *err) {
    static const agl_want_type types[] = {AGL_WANT_KEY, AGL_WANT_NUMBER, AGL_WANT_INTEGER, AGL_WANT_DATE,
                                          AGL_WANT_YEAR};
    const agl_input_spec *in = agl__method_input(r->method, input);
    if (!in)
        return agl_fail(err, AGL_EUSAGE, "%s %s has no input '%s'", r->method->verb, r->method->name, input);
    agl_status status = check_roles(in, source, err);
    if (status != AGL_OK) return status;
    agl_want *wants = AGL_NEW(agl_want, in->n_roles);
    if (!wants) return agl_fail_memory(err);
    for (size_t i = 0; i < in->n_roles; i++)
        wants[i] = (agl_want){.role = in->roles[i].name,
                              .type = types[in->roles[i].type],
                              .required = in->roles[i].required,
                              .min = in->roles[i].min,
                              .max = in->roles[i].max};
    bound_input *b = &r->inputs[in - r->method->inputs];
    status = agl__read(&b->table, r->db, source, wants, in->n_roles, in->unique, in->n_unique, err);
    free(wants);
    if (status != AGL_OK) return status;
    b->source = source;
    bool main_input = in == r->method->inputs;
    if (main_input) r->rows_in = b->table->rows;
    return drop_keyless(r, b, in, main_input, err);
}

const agl_table *agl__run_input(const agl_run *r, const char *input) {
    const agl_input_spec *in = agl__method_input(r->method, input);
    return in ? r->inputs[in - r->method->inputs].table : NULL;
}

const agl_column *agl__run_column(const agl_run *r, const char *input, const char *role) {
    return agl_table_column(agl__run_input(r, input), role);
}

/* ---- options
 * ------------------------------------------------------------------------------------------------------- */

const char *agl__run_text(const agl_run *r, const char *option) {
    const agl_option_spec *o = agl__method_option(r->method, option);
    return o ? r->values[o - r->method->options] : NULL;
}

bool agl__run_is(const agl_run *r, const char *option, const char *value) {
    const char *text = agl__run_text(r, option);
    return text && strcmp(text, value) == 0;
}

bool agl__run_flag(const agl_run *r, const char *option) { return agl__run_is(r, option, "true"); }

double agl__run_number(const agl_run *r, const char *option) {
    const char *text = agl__run_text(r, option);
    return text ? strtod(text, NULL) : NAN;
}

int64_t agl__run_integer(const agl_run *r, const char *option) {
    const char *text = agl__run_text(r, option);
    return text ? (int64_t)strtod(text, NULL) : 0;
}

bool agl__run_like(const agl_run *r, const char *peer) { return r->like && strcmp(r->like, peer) == 0; }
bool agl__run_wants(const agl_run *r, const char *table) { return !r->table || strcmp(r->table, table) == 0; }
const agl_ctx *agl__run_ctx(const agl_run *r) { return r->ctx; }

/* ---- outputs
 * ------------------------------------------------------------------------------------------------------- */

agl_status agl__run_output(agl_table **out, agl_run *r, const char *name, size_t rows, agl_error *err) {
    const agl_output_spec *o = agl__method_output(r->method, name);
    if (!o)
        return agl_fail(err, AGL_EINTERNAL, "the record of %s %s has no table '%s'", r->method->verb,
                        r->method->name, name);
    agl_table *t = NULL;
    agl_status status = agl_table_new(&t, name, rows, err);
    for (size_t j = 0; j < o->n_columns && status == AGL_OK; j++)
        status = agl_table_add(NULL, t, o->columns[j].name, o->columns[j].type, err);
    if (status != AGL_OK) {
        agl_table_free(t);
        return status;
    }
    agl_table_free(r->outputs[o - r->method->outputs]);
    *out = r->outputs[o - r->method->outputs] = t;
    return AGL_OK;
}

agl_status agl__run_drop_column(agl_table *t, const char *column, agl_error *err) {
    if (!agl_table_column(t, column))
        return agl_fail(err, AGL_EINTERNAL, "table '%s' has no column '%s'", t->name, column);
    agl__table_drop(t, column);
    return AGL_OK;
}

agl_status agl__run_key(int32_t **codes, agl_table *t, const char *name, const agl_dict *from,
                        agl_error *err) {
    agl_column *c = agl_table_column_mut(t, name);
    if (!c || c->type != AGL_KEY)
        return agl_fail(err, AGL_EINTERNAL, "table '%s' has no key column '%s'", t->name, name);
    agl_dict_free(&c->dict);
    *codes = c->code;
    return agl_dict_copy(&c->dict, from, err);
}

double *agl__run_num(agl_table *t, const char *name) {
    agl_column *c = agl_table_column_mut(t, name);
    return c ? c->num : NULL;
}

void agl__run_warn(agl_run *r, const char *format, ...) {
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) return;
    char **grown = agl__grow(r->warnings, &r->warnings_capacity, r->n_warnings + 1, sizeof *grown);
    if (!grown) {
        free(text);
        return;
    }
    r->warnings = grown;
    r->warnings[r->n_warnings++] = text;
}

void agl__run_rows(agl_run *r, size_t used, size_t dropped) {
    r->rows_used = used;
    r->rows_dropped += dropped;
    r->rows_told = true;
}

agl_status agl__run_fail_row(const agl_run *r, const char *input, size_t row, const char *role,
                             agl_error *err, const char *format, ...) {
    char where[400], what[500];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const agl_input_spec *in = agl__method_input(r->method, input);
    const bound_input *b = &r->inputs[in - r->method->inputs];
    agl__read_locate(where, sizeof where, r->db, b->source, b->origin ? b->origin[row] : row);
    const char *column = role;
    for (size_t i = 0; role && i < b->source->n_columns; i++)
        if (strcmp(b->source->columns[i].role, role) == 0) column = b->source->columns[i].column;
    return role ? agl_fail(err, AGL_EDATA, "%s, column %s: %s", where, column, what)
                : agl_fail(err, AGL_EDATA, "%s: %s", where, what);
}

/* ---- executing
 * ----------------------------------------------------------------------------------------------------- */

agl_status agl__run_execute(agl_run *r, agl_error *err) {
    for (size_t i = 0; i < r->method->n_inputs; i++)
        if (r->method->inputs[i].required && !r->inputs[i].table)
            return agl_fail(err, AGL_EUSAGE, "%s %s needs the input '%s': %s", r->method->verb,
                            r->method->name, r->method->inputs[i].name, r->method->inputs[i].summary);
    agl_status status = r->method->run(r, err);
    if (status == AGL_OK && agl_cancelled(r->ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
    if (!r->rows_told) r->rows_used = r->rows_in - r->rows_dropped;
    return status;
}

size_t agl__run_n_outputs(const agl_run *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->method->n_outputs; i++)
        n += r->outputs[i] && agl__run_wants(r, r->outputs[i]->name);
    return n;
}

const agl_table *agl__run_output_at(const agl_run *r, size_t at) {
    for (size_t i = 0; i < r->method->n_outputs; i++)
        if (r->outputs[i] && agl__run_wants(r, r->outputs[i]->name) && at-- == 0) return r->outputs[i];
    return NULL;
}

size_t agl__run_n_warnings(const agl_run *r) { return r->n_warnings; }
const char *agl__run_warning(const agl_run *r, size_t i) { return r->warnings[i]; }
size_t agl__run_rows_in(const agl_run *r) { return r->rows_in; }
size_t agl__run_rows_used(const agl_run *r) { return r->rows_used; }
size_t agl__run_rows_dropped(const agl_run *r) { return r->rows_dropped; }
const char *agl__run_like_name(const agl_run *r) { return r->like; }
const char *agl__run_option_text(const agl_run *r, size_t option) { return r->values[option]; }

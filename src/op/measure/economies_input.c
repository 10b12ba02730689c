#include "op/measure/economies_input.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A variable before rows are chosen: values of all rows, and whether their logarithm enters. */
typedef struct variable {
    const char *role;
    const double *value;
    bool log, derived;
} variable;

typedef struct draft {
    size_t rows, k, m;
    variable y, x[AGL_ECONOMIES_MOST], z[AGL_ECONOMIES_MOST];
    const double *weight;
    double *own, *density, *diversity; /* derived; NULL when not */
    size_t effects;
    const char *effect[AGL_REGRESS_MOST_EFFECTS];
    const char *cluster; /* NULL = none */
} draft;

static const double *numbers(const agl_run *run, const char *role) {
    const agl_column *c = agl__run_column(run, "data", role);
    return c ? c->num : NULL;
}

/** One of density, own and diversity: bound, or derived. */
static void add_main(draft *d, const agl_run *run, const char *role, const double *derived) {
    const double *bound = numbers(run, role);
    if (bound || derived) d->x[d->k++] = (variable){role, bound ? bound : derived, true, !bound};
}

static agl_status derive(draft *d, const agl_run *run, agl_error *err) {
    if (!agl__run_column(run, "data", "jobs")) return AGL_OK;
    if (!agl__run_column(run, "data", "region"))
        return agl_fail(err, AGL_EUSAGE, "jobs say something about a region: bind the role region as well");
    d->density = AGL_NEW(double, d->rows);
    d->own = AGL_NEW(double, d->rows);
    d->diversity = AGL_NEW(double, d->rows);
    if (!d->density || !d->own || !d->diversity) return agl_fail_memory(err);
    return agl__economies_derive(d->density, d->own, d->diversity, run, err);
}

static agl_status list_variables(draft *d, const agl_run *run, agl_error *err) {
    static const char *const controls[] = {"control_1", "control_2", "control_3",
                                           "control_4", "control_5", "control_6"};
    static const char *const instruments[] = {"instrument_1", "instrument_2", "instrument_3", "instrument_4"};
    agl_status status = derive(d, run, err);
    if (status != AGL_OK) return status;
    bool industries = agl__run_column(run, "data", "industry") != NULL;
    d->y = (variable){"outcome", numbers(run, "outcome"), !agl__run_flag(run, "outcome-in-logs"), false};
    add_main(d, run, "density", agl__run_column(run, "data", "area") ? d->density : NULL);
    add_main(d, run, "own", industries ? d->own : NULL);
    add_main(d, run, "diversity", industries ? d->diversity : NULL);
    for (size_t c = 0; c < 6; c++)
        if (numbers(run, controls[c]))
            d->x[d->k++] =
                (variable){controls[c], numbers(run, controls[c]), agl__run_flag(run, "log-controls"), false};
    for (size_t c = 0; c < 4; c++)
        if (numbers(run, instruments[c]))
            d->z[d->m++] = (variable){instruments[c], numbers(run, instruments[c]),
                                      agl__run_flag(run, "log-instruments"), false};
    d->weight = numbers(run, "weight");
    if (d->k) return AGL_OK;
    return agl_fail(
        err, AGL_EUSAGE,
        "nothing explains the outcome: bind density, own or diversity, or jobs (with region, industry and "
        "area), from which they follow");
}

/* ---- groups ---- */

static agl_status check_group(const agl_run *run, const char *option, const char *role, agl_error *err) {
    static const char *const known[] = {"region", "industry", "year"};
    bool ok = false;
    for (int k = 0; k < 3; k++)
        ok = ok || strcmp(role, known[k]) == 0;
    if (!ok) return agl_fail(err, AGL_EUSAGE, "--%s: '%s' is none of region, industry, year", option, role);
    if (agl__run_column(run, "data", role)) return AGL_OK;
    return agl_fail(err, AGL_EUSAGE, "--%s %s needs the role %s: --col %s=COLUMN", option, role, role, role);
}

/** Fixed effects from a list such as "industry,year", and the clusters. */
static agl_status list_groups(draft *d, const agl_run *run, agl_error *err) {
    static const char *const known[] = {"region", "industry", "year"};
    const char *list = agl__run_text(run, "fixed");
    agl_status status = AGL_OK;
    while (list && *list && status == AGL_OK) {
        char word[32];
        size_t length = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < 31 ? length : 31), list);
        status = check_group(run, "fixed", word, err);
        for (int k = 0; k < 3 && status == AGL_OK; k++)
            if (strcmp(word, known[k]) == 0) {
                for (size_t e = 0; e < d->effects; e++)
                    if (d->effect[e] == known[k])
                        status = agl_fail(err, AGL_EUSAGE, "--fixed names %s twice", word);
                if (status == AGL_OK) d->effect[d->effects++] = known[k];
            }
        list += length + (list[length] == ',');
    }
    if (status == AGL_OK && agl__run_is(run, "se", "cluster")) {
        d->cluster = agl__run_text(run, "cluster");
        status = check_group(run, "cluster", d->cluster, err);
    }
    return status;
}

/** Group of a row, -1 when missing; *groups at least one more than the largest. */
static int32_t group_of(const agl_column *c, size_t row, double first) {
    if (c->type == AGL_KEY) return c->code[row];
    return isfinite(c->num[row]) ? (int32_t)(c->num[row] - first) : -1;
}

static agl_status group_range(double *first, size_t *groups, const agl_column *c, size_t rows,
                              agl_error *err) {
    *first = INFINITY;
    double last = -INFINITY;
    *groups = c->dict.n;
    if (c->type == AGL_KEY) return AGL_OK;
    for (size_t i = 0; i < rows; i++)
        if (isfinite(c->num[i])) {
            *first = fmin(*first, c->num[i]);
            last = fmax(last, c->num[i]);
        }
    *groups = last >= *first ? (size_t)(last - *first) + 1 : 1;
    return *groups <= 10000 ? AGL_OK : agl_fail(err, AGL_EDATA, "the years run from %g to %g", *first, last);
}

static agl_status take_groups(int32_t **out, size_t *groups, const agl_run *run, const char *role,
                              size_t rows, agl_error *err) {
    const agl_column *c = agl__run_column(run, "data", role);
    double first;
    agl_status status = group_range(&first, groups, c, rows, err);
    if (status != AGL_OK) return status;
    *out = AGL_NEW(int32_t, rows);
    if (!*out) return agl_fail_memory(err);
    for (size_t i = 0; i < rows; i++)
        (*out)[i] = group_of(c, i, first);
    return AGL_OK;
}

/* ---- rows ---- */

/** The value that enters; NaN when missing. A value that has no logarithm is an error of its row, a derived
 * one makes the row incomplete. */
static agl_status entry(double *out, const variable *v, const agl_run *run, size_t row, agl_error *err) {
    double x = v->value[row];
    *out = x;
    if (!v->log || isnan(x)) return AGL_OK;
    *out = x > 0 ? log(x) : NAN;
    if (x > 0 || v->derived) return AGL_OK;
    return agl__run_fail_row(
        run, "data", row, v->role, err, "%s %g has no logarithm; leave such rows out with --where%s", v->role,
        x, strcmp(v->role, "outcome") == 0 ? ", or use --outcome-in-logs when it is one already" : "");
}

/** Fills one row at `to`; *complete tells whether nothing is missing. */
static agl_status take_row(agl_economies_input *in, bool *complete, const draft *d, const agl_run *run,
                           size_t row, size_t to, agl_error *err) {
    agl_status status = entry(&in->y[to], &d->y, run, row, err);
    *complete = !isnan(in->y[to]);
    for (size_t c = 0; c < d->k && status == AGL_OK; c++) {
        status = entry(&in->x[c][to], &d->x[c], run, row, err);
        *complete = *complete && !isnan(in->x[c][to]);
    }
    for (size_t c = 0; c < d->m && status == AGL_OK; c++) {
        status = entry(&in->z[c][to], &d->z[c], run, row, err);
        *complete = *complete && !isnan(in->z[c][to]);
    }
    if (d->weight) {
        in->weight[to] = d->weight[row];
        *complete = *complete && d->weight[row] > 0;
    }
    for (size_t g = 0; g < d->effects + (d->cluster != NULL); g++) {
        in->code[g][to] = in->code[g][row];
        *complete = *complete && in->code[g][row] >= 0;
    }
    return status;
}

static agl_status allocate(agl_economies_input *in, const draft *d, agl_error *err) {
    bool ok = (in->y = AGL_NEW(double, d->rows)) != NULL;
    for (size_t c = 0; c < d->k; c++)
        ok = (in->x[c] = AGL_NEW(double, d->rows)) && ok;
    for (size_t c = 0; c < d->m; c++)
        ok = (in->z[c] = AGL_NEW(double, d->rows)) && ok;
    if (d->weight) ok = (in->weight = AGL_NEW(double, d->rows)) && ok;
    return ok ? AGL_OK : agl_fail_memory(err);
}

static agl_status take_rows(agl_economies_input *in, const draft *d, agl_run *run, agl_error *err) {
    agl_regression_data *data = &in->data;
    agl_status status = allocate(in, d, err);
    for (size_t e = 0; e < d->effects && status == AGL_OK; e++)
        status = take_groups(&in->code[e], &data->groups[e], run, d->effect[e], d->rows, err);
    if (status == AGL_OK && d->cluster)
        status = take_groups(&in->code[d->effects], &data->clusters, run, d->cluster, d->rows, err);
    for (size_t row = 0; row < d->rows && status == AGL_OK; row++) {
        bool complete;
        status = take_row(in, &complete, d, run, row, data->n, err);
        data->n += complete;
    }
    if (status != AGL_OK) return status;
    in->left_out = d->rows - data->n;
    agl__run_rows(run, data->n, in->left_out);
    if (in->left_out)
        agl__run_warn(
            run, "%zu of %zu rows were left out because a value, a group or a positive weight is missing",
            in->left_out, d->rows);
    return AGL_OK;
}

/** Puts the columns where the regression finds them. */
static agl_status wire(agl_economies_input *in, const draft *d, const agl_run *run, agl_error *err) {
    agl_regression_data *data = &in->data;
    const char *instrumented = agl__run_text(run, "instrumented");
    in->instrumented = SIZE_MAX;
    for (size_t c = 0; c < d->k; c++) {
        in->columns[c] = in->x[c];
        in->name[c] = d->x[c].role;
        if (strcmp(d->x[c].role, "density") == 0) in->density = in->x[c];
        if (d->m && strcmp(d->x[c].role, instrumented) == 0) in->instrumented = c;
    }
    for (size_t c = 0; c < d->m; c++) {
        in->columns[d->k + c] = in->z[c];
        in->name[d->k + c] = d->z[c].role;
    }
    if (d->m && in->instrumented == SIZE_MAX)
        return agl_fail(err, AGL_EUSAGE,
                        "there are instruments, but no %s to be instrumented; see --instrumented",
                        instrumented);
    if (d->m) in->endogenous[in->instrumented] = true;
    data->y = in->y;
    data->k = d->k;
    data->x = in->columns;
    data->endogenous = in->endogenous;
    data->m = d->m;
    data->z = in->columns + d->k;
    data->weight = in->weight;
    data->effects = d->effects;
    for (size_t e = 0; e < d->effects; e++)
        data->effect[e] = in->code[e];
    data->cluster = d->cluster ? in->code[d->effects] : NULL;
    data->name = in->name;
    return AGL_OK;
}

agl_status agl__economies_input(agl_economies_input *in, agl_run *run, agl_error *err) {
    *in = (agl_economies_input){0};
    draft d = {.rows = agl__run_input(run, "data")->rows};
    agl_status status = list_variables(&d, run, err);
    if (status == AGL_OK) status = list_groups(&d, run, err);
    if (status == AGL_OK) status = take_rows(in, &d, run, err);
    if (status == AGL_OK) status = wire(in, &d, run, err);
    free(d.own);
    free(d.density);
    free(d.diversity);
    return status;
}

void agl__economies_input_free(agl_economies_input *in) {
    for (size_t c = 0; c < AGL_ECONOMIES_MOST; c++) {
        free(in->x[c]);
        free(in->z[c]);
    }
    for (size_t g = 0; g < 5; g++)
        free(in->code[g]);
    free(in->y);
    free(in->weight);
    *in = (agl_economies_input){0};
}

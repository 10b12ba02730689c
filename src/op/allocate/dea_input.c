#include "op/allocate/dea_input.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct columns {
    const agl_column *x[AGL_DEA_MOST], *y[AGL_DEA_MOST], *w[AGL_DEA_MOST];
    size_t m, s, prices;
    int input[AGL_DEA_MOST], output[AGL_DEA_MOST]; /* numbers of the roles */
} columns;

static void find_columns(columns *c, const agl_run *run) {
    *c = (columns){0};
    for (int k = 1; k <= AGL_DEA_MOST; k++) {
        char role[16];
        snprintf(role, sizeof role, "input_%d", k);
        const agl_column *x = agl__run_column(run, "data", role);
        snprintf(role, sizeof role, "price_%d", k);
        const agl_column *w = agl__run_column(run, "data", role);
        snprintf(role, sizeof role, "output_%d", k);
        const agl_column *y = agl__run_column(run, "data", role);
        c->prices += w != NULL;
        if (x) c->input[c->m] = k, c->w[c->m] = w, c->x[c->m++] = x;
        if (y) c->output[c->s] = k, c->y[c->s++] = y;
    }
}

/** A price belongs to the input of its number: all inputs have one, or none. */
static agl_status check_prices(const columns *c, agl_error *err) {
    size_t paired = 0;
    for (size_t i = 0; i < c->m; i++) {
        paired += c->w[i] != NULL;
        if (c->prices && !c->w[i])
            return agl_fail(err, AGL_EDATA,
                            "input_%d has no price; give --col price_%d=COLUMN for every input or no prices",
                            c->input[i], c->input[i]);
    }
    return paired == c->prices ? AGL_OK
                               : agl_fail(err, AGL_EDATA, "there is a price for an input that is not given");
}

static double largest(const agl_column *const *of, size_t n, size_t row) {
    double top = 0;
    for (size_t k = 0; k < n; k++) /* a missing value makes it NaN */
        top = isnan(top) || isnan(of[k]->num[row]) ? NAN : of[k]->num[row] > top ? of[k]->num[row] : top;
    return top;
}

/** Rows that can be used; a unit that uses or makes nothing at all is an error, since it would bend the
 * frontier. */
static agl_status keep_rows(agl_dea_input *in, agl_run *run, const columns *c, agl_error *err) {
    const agl_table *t = agl__run_input(run, "data");
    const agl_column *unit = agl__run_column(run, "data", "unit"),
                     *year = agl__run_column(run, "data", "year"),
                     *group = agl__run_column(run, "data", "group");
    in->row = AGL_NEW(size_t, t->rows);
    if (!in->row) return agl_fail_memory(err);
    size_t no_value = 0, no_key = 0;
    for (size_t r = 0; r < t->rows; r++) {
        double x = largest(c->x, c->m, r), y = largest(c->y, c->s, r);
        if (unit->code[r] < 0 || (year && isnan(year->num[r])) || (group && group->code[r] < 0))
            no_key++;
        else if (isnan(x) || isnan(y))
            no_value++;
        else if (x == 0 || y == 0)
            return agl__run_fail_row(run, "data", r, x == 0 ? "input_1" : "output_1", err,
                                     "%s has no %s above zero; correct the row or leave it out with --where",
                                     unit->dict.text[unit->code[r]], x == 0 ? "input" : "output");
        else
            in->row[in->n++] = r;
    }
    if (no_value)
        agl__run_warn(run, "%zu rows are left out because an input or an output is missing", no_value);
    if (no_key) agl__run_warn(run, "%zu rows are left out because unit, year or group is missing", no_key);
    agl__run_rows(run, in->n, no_value + no_key);
    return in->n > 0 ? AGL_OK : agl_fail(err, AGL_EDATA, "no row has all inputs and outputs");
}

/* ---- order and technologies
 * ------------------------------------------------------------------------------------------- */

typedef struct keyed {
    int32_t unit, group;
    double year;
    size_t row;
} keyed;

static int by_unit_and_year(const void *a, const void *b) {
    const keyed *p = a, *q = b;
    if (p->unit != q->unit) return p->unit < q->unit ? -1 : 1;
    if (p->year != q->year) return p->year < q->year ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

static int by_technology(const void *a, const void *b) {
    const keyed *p = a, *q = b;
    if (p->year != q->year) return p->year < q->year ? -1 : 1;
    if (p->group != q->group) return p->group < q->group ? -1 : 1;
    return by_unit_and_year(a, b);
}

static agl_status order(agl_dea_input *in, const agl_run *run, agl_error *err) {
    const agl_column *unit = agl__run_column(run, "data", "unit"),
                     *year = agl__run_column(run, "data", "year"),
                     *group = agl__run_column(run, "data", "group");
    keyed *k = AGL_NEW(keyed, in->n);
    if (!k) return agl_fail_memory(err);
    for (size_t i = 0; i < in->n; i++) {
        size_t r = in->row[i];
        k[i] = (keyed){unit->code[r], group ? group->code[r] : -1, year ? year->num[r] : 0, r};
    }
    qsort(k, in->n, sizeof *k, by_unit_and_year);
    for (size_t i = 0; i < in->n; i++) {
        in->row[i] = k[i].row, in->unit[i] = k[i].unit, in->group[i] = k[i].group;
        in->year[i] = year ? k[i].year : NAN;
        k[i].row = i;
    }
    qsort(k, in->n, sizeof *k, by_technology);
    in->n_slices = 1;
    for (size_t i = 0; i < in->n; i++) {
        in->n_slices += i > 0 && (k[i].year != k[i - 1].year || k[i].group != k[i - 1].group);
        in->slice[k[i].row] = (int32_t)in->n_slices - 1;
    }
    free(k);
    in->units = &unit->dict;
    in->groups = group ? &group->dict : NULL;
    in->has_year = year != NULL;
    return AGL_OK;
}

static agl_status fill(agl_dea_input *in, const columns *c, agl_error *err) {
    in->x = AGL_NEW(double, in->n * in->m);
    in->y = AGL_NEW(double, in->n * in->s);
    if (c->prices) in->w = AGL_NEW(double, in->n * in->m);
    if (!in->x || !in->y || (c->prices && !in->w)) return agl_fail_memory(err);
    for (size_t k = 0; k < in->n; k++) {
        for (size_t i = 0; i < in->m; i++) {
            in->x[k * in->m + i] = c->x[i]->num[in->row[k]];
            if (in->w) in->w[k * in->m + i] = c->w[i]->num[in->row[k]];
        }
        for (size_t r = 0; r < in->s; r++)
            in->y[k * in->s + r] = c->y[r]->num[in->row[k]];
    }
    return AGL_OK;
}

/* ---- names of the variables
 * ------------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static agl_status sort_variables(agl_dea_input *in, agl_error *err) {
    const char *sorted[2 * AGL_DEA_MOST];
    size_t n = in->m + in->s, shown = 0;
    for (size_t k = 0; k < n; k++)
        sorted[k] = in->names[k];
    qsort(sorted, n, sizeof *sorted, by_text);
    for (int part = 0; part < 2; part++)
        for (size_t at = 0; at < n; at++)
            for (size_t k = part == 0 ? 0 : in->m; k < (part == 0 ? in->m : n); k++)
                if (sorted[at] == in->names[k]) in->show[shown++] = k;
    return agl_dict_set(&in->variables, sorted, n, err);
}

/** The names of --names, "staff,capital,output" in the order of the roles, else the roles themselves. */
static agl_status name_variables(agl_dea_input *in, const agl_run *run, const columns *c, agl_error *err) {
    const char *at = agl__run_text(run, "names");
    bool given = at != NULL;
    for (size_t k = 0; k < in->m + in->s; k++) {
        char role[16];
        snprintf(role, sizeof role, k < in->m ? "input_%d" : "output_%d",
                 k < in->m ? c->input[k] : c->output[k - in->m]);
        size_t length = given ? strcspn(at, ",") : strlen(role);
        if (given && length == 0)
            return agl_fail(err, AGL_EUSAGE,
                            "--names needs %zu names separated by commas: %zu inputs, then %zu outputs",
                            in->m + in->s, in->m, in->s);
        in->names[k] = strndup(given ? at : role, length);
        if (!in->names[k]) return agl_fail_memory(err);
        for (size_t before = 0; before < k; before++)
            if (strcmp(in->names[before], in->names[k]) == 0)
                return agl_fail(err, AGL_EUSAGE, "--names has '%s' twice", in->names[k]);
        if (given) at += length + (at[length] == ',');
    }
    if (given && *at)
        return agl_fail(err, AGL_EUSAGE, "--names has more than the %zu inputs and %zu outputs of the data",
                        in->m, in->s);
    return sort_variables(in, err);
}

agl_status agl__dea_input(agl_dea_input *out, agl_run *run, bool pooled, agl_error *err) {
    columns c;
    find_columns(&c, run);
    *out = (agl_dea_input){.m = c.m, .s = c.s};
    agl_status status = check_prices(&c, err);
    if (status == AGL_OK) status = name_variables(out, run, &c, err);
    if (status == AGL_OK) status = keep_rows(out, run, &c, err);
    if (status != AGL_OK) return status;
    out->unit = AGL_NEW(int32_t, out->n);
    out->group = AGL_NEW(int32_t, out->n);
    out->slice = AGL_NEW(int32_t, out->n);
    out->year = AGL_NEW(double, out->n);
    if (!out->unit || !out->group || !out->slice || !out->year) return agl_fail_memory(err);
    status = order(out, run, err);
    if (pooled) {
        memset(out->slice, 0, out->n * sizeof *out->slice);
        out->n_slices = 1;
    }
    return status == AGL_OK ? fill(out, &c, err) : status;
}

void agl__dea_input_free(agl_dea_input *in) {
    free(in->row);
    free(in->x);
    free(in->y);
    free(in->w);
    free(in->unit);
    free(in->group);
    free(in->slice);
    free(in->year);
    agl_dict_free(&in->variables);
    for (size_t k = 0; k < sizeof in->names / sizeof *in->names; k++)
        free(in->names[k]);
    *in = (agl_dea_input){0};
}

agl_status agl__dea_keys(agl_table *table, const agl_dea_input *in, const size_t *of, agl_error *err) {
    int32_t *unit, *group = NULL;
    agl_status status = AGL_OK;
    if (!in->has_year) status = agl__run_drop_column(table, "year", err);
    if (status == AGL_OK && !in->groups && agl_table_column(table, "group"))
        status = agl__run_drop_column(table, "group", err);
    if (status == AGL_OK) status = agl__run_key(&unit, table, "unit", in->units, err);
    if (status == AGL_OK && in->groups) status = agl__run_key(&group, table, "group", in->groups, err);
    if (status != AGL_OK) return status;
    double *year = in->has_year ? agl__run_num(table, "year") : NULL;
    for (size_t k = 0; k < table->rows; k++) {
        unit[k] = in->unit[of[k]];
        if (group) group[k] = in->group[of[k]];
        if (year) year[k] = in->year[of[k]];
    }
    return AGL_OK;
}

agl_status agl__dea_warn_small(agl_run *run, const agl_dea_input *in, agl_error *err) {
    size_t *count = AGL_NEW(size_t, in->n_slices), smallest = in->n;
    if (!count) return agl_fail_memory(err);
    for (size_t k = 0; k < in->n; k++)
        count[in->slice[k]]++;
    for (size_t t = 0; t < in->n_slices; t++)
        smallest = count[t] < smallest ? count[t] : smallest;
    free(count);
    if (smallest < 3 * (in->m + in->s))
        agl__run_warn(run,
                      "a frontier stands on %zu units with %zu inputs and outputs: with fewer than three "
                      "units for each, most "
                      "units look efficient because nothing compares with them",
                      smallest, in->m + in->s);
    return AGL_OK;
}

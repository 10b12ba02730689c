#include "op/network/innovation_input.h"
#include "base/mem.h"

#include <math.h>

void agl__innovation_input_free(agl__innovation_input *in) {
    if (!in) return;
    agl__ids_free(&in->ids);
    agl__ids_free(&in->classes);
    agl_citations_free(&in->citations);
    free(in->class_of);
    free(in->year_of);
    free(in->citing);
    free(in->cited);
    free(in->patents);
    *in = (agl__innovation_input){0};
}

static size_t rows_of(const agl_table *t) { return t ? t->rows : 0; }

/** NaN, and numbers that no year or age can be, are not known. */
static int32_t whole(double x) { return fabs(x) < 1e6 ? (int32_t)x : INT32_MIN; }

static agl_status number(agl__innovation_input *in, const agl_run *run, agl_error *err) {
    const agl_table *data = agl__run_input(run, "data"), *docs = agl__run_input(run, "documents");
    const agl_table *counts = agl__run_input(run, "patents");
    const agl_column *citing = agl_table_column(data, "citing"), *cited = agl_table_column(data, "cited");
    const agl_column *of_counts = counts ? agl_table_column(counts, "class") : NULL;
    in->works = docs || agl__run_flag(run, "works");
    in->units = in->works || agl_table_column(data, "unit");
    if (in->works) {
        const agl_column *works[] = {citing, cited, docs ? agl_table_column(docs, "document") : NULL};
        const size_t rows[] = {data->rows, data->rows, rows_of(docs)};
        agl_status status = agl__ids_new(&in->ids, works, rows, 3, err);
        if (status != AGL_OK || !docs) return status;
        const agl_column *classes[] = {agl_table_column(docs, "class"), of_counts};
        const size_t class_rows[] = {docs->rows, rows_of(counts)};
        return agl__ids_new(&in->classes, classes, class_rows, 2, err);
    }
    const agl_column *classes[] = {citing, cited, of_counts};
    const size_t rows[] = {data->rows, data->rows, rows_of(counts)};
    return agl__ids_new(&in->classes, classes, rows, 3, err);
}

/** Class and year of each work. */
static agl_status describe_works(agl__innovation_input *in, const agl_run *run, agl_error *err) {
    const agl_table *docs = agl__run_input(run, "documents");
    size_t n = in->ids.dict.n;
    in->year_of = AGL_NEW(int32_t, n);
    in->class_of = docs ? AGL_NEW(int32_t, n) : NULL;
    if (!in->year_of || (docs && !in->class_of)) return agl_fail_memory(err);
    for (size_t v = 0; v < n; v++) {
        in->year_of[v] = INT32_MIN;
        if (docs) in->class_of[v] = -1;
    }
    if (!docs) return AGL_OK;
    const agl_column *work = agl_table_column(docs, "document"), *klass = agl_table_column(docs, "class");
    const agl_column *year = agl_table_column(docs, "year");
    for (size_t i = 0; i < docs->rows; i++) {
        int32_t v = in->ids.of[2][work->code[i]];
        in->class_of[v] = in->classes.of[0][klass->code[i]];
        if (year) in->year_of[v] = whole(year->num[i]);
    }
    return AGL_OK;
}

/* Rows of citations as the kernel takes them. */
typedef struct rows {
    size_t n;
    int32_t *citing, *cited, *year, *age, *unit; /* classes, and the citing work */
    double *value;
} rows;

static agl_status rows_new(rows *r, size_t n, agl_error *err) {
    *r = (rows){.citing = AGL_NEW(int32_t, n),
                .cited = AGL_NEW(int32_t, n),
                .year = AGL_NEW(int32_t, n),
                .age = AGL_NEW(int32_t, n),
                .unit = AGL_NEW(int32_t, n),
                .value = AGL_NEW(double, n)};
    return r->citing && r->cited && r->year && r->age && r->unit && r->value ? AGL_OK : agl_fail_memory(err);
}

static void rows_free(rows *r) {
    free(r->citing);
    free(r->cited);
    free(r->year);
    free(r->age);
    free(r->unit);
    free(r->value);
}

static void push(rows *r, int32_t citing, int32_t cited, double value, int32_t year, int32_t age,
                 int32_t unit) {
    r->citing[r->n] = citing;
    r->cited[r->n] = cited;
    r->value[r->n] = value;
    r->year[r->n] = year;
    r->age[r->n] = age;
    r->unit[r->n++] = unit;
}

/** Citations between works; those whose works both have a class go on to the classes. */
static agl_status read_works(agl__innovation_input *in, rows *r, agl_run *run, agl_error *err) {
    const agl_table *data = agl__run_input(run, "data");
    const agl_column *citing = agl_table_column(data, "citing"), *cited = agl_table_column(data, "cited");
    size_t unknown = 0, backwards = 0, self = 0;
    in->citing = AGL_NEW(int32_t, data->rows);
    in->cited = AGL_NEW(int32_t, data->rows);
    if (!in->citing || !in->cited) return agl_fail_memory(err);
    for (size_t i = 0; i < data->rows; i++) {
        int32_t a = in->ids.of[0][citing->code[i]], b = in->ids.of[1][cited->code[i]];
        self += a == b;
        if (a == b) continue;
        in->citing[in->m] = a;
        in->cited[in->m++] = b;
        if (!in->class_of) continue;
        if (in->class_of[a] < 0 || in->class_of[b] < 0) {
            unknown++;
            continue;
        }
        bool dated = in->year_of[a] != INT32_MIN && in->year_of[b] != INT32_MIN;
        int32_t age = dated ? in->year_of[a] - in->year_of[b] : INT32_MIN;
        backwards += dated && age < 0;
        push(r, in->class_of[a], in->class_of[b], 1, in->year_of[a], age, a);
        in->dated |= dated && age > 0;
    }
    agl__run_rows(run, in->m, self);
    if (self) agl__run_warn(run, "%zu works cite themselves; these citations were left out", self);
    if (unknown)
        agl__run_warn(run,
                      "%zu citations of or to works that are not in --documents count for the main path only",
                      unknown);
    if (backwards)
        agl__run_warn(run, "%zu citations go to younger works; they are no part of the forecast", backwards);
    return AGL_OK;
}

static agl_status read_flows(agl__innovation_input *in, rows *r, agl_run *run) {
    const agl_table *data = agl__run_input(run, "data");
    const agl_column *citing = agl_table_column(data, "citing"), *cited = agl_table_column(data, "cited");
    const agl_column *value = agl_table_column(data, "value"), *year = agl_table_column(data, "year");
    const agl_column *age = agl_table_column(data, "age"), *unit = agl_table_column(data, "unit");
    size_t unnamed = 0;
    for (size_t i = 0; i < data->rows; i++) {
        if (value && isnan(value->num[i])) continue;
        if (unit && unit->code[i] < 0) {
            unnamed++;
            continue;
        }
        int32_t a = age ? whole(age->num[i]) : INT32_MIN, y = year ? whole(year->num[i]) : INT32_MIN;
        push(r, in->classes.of[0][citing->code[i]], in->classes.of[1][cited->code[i]],
             value ? value->num[i] : 1, y, a, unit ? unit->code[i] : 0);
        in->dated |= a > 0 && a != INT32_MIN && y != INT32_MIN;
    }
    agl__run_rows(run, r->n, data->rows - r->n);
    if (r->n < data->rows)
        agl__run_warn(
            run,
            "%zu rows were left out: %zu without the role unit, the others without a number of citations",
            data->rows - r->n, unnamed);
    return AGL_OK;
}

/* ---- patents by class and year ---- */

static void widen(int32_t *first, int32_t *last, int32_t year) {
    if (year == INT32_MIN) return;
    if (year < *first) *first = year;
    if (year > *last) *last = year;
}

static agl_status make_years(agl__innovation_input *in, int32_t first, int32_t last, double fill,
                             agl_error *err) {
    in->first_year = first;
    in->years = last - first + 1;
    size_t cells = in->classes.dict.n * (size_t)in->years;
    in->patents = AGL_NEW(double, cells);
    if (!in->patents) return agl_fail_memory(err);
    for (size_t k = 0; k < cells; k++)
        in->patents[k] = fill;
    return AGL_OK;
}

/** Numbers of a table: what it does not list is not known. */
static agl_status read_patents(agl__innovation_input *in, agl_run *run, agl_error *err) {
    const agl_table *t = agl__run_input(run, "patents");
    const agl_column *klass = agl_table_column(t, "class"), *year = agl_table_column(t, "year");
    const double *patents = agl_table_column(t, "patents")->num;
    int32_t first = INT32_MAX, last = INT32_MIN, column = in->works ? 1 : 2;
    size_t listed = 0;
    for (size_t i = 0; i < t->rows; i++)
        widen(&first, &last, whole(year->num[i]));
    if (first > last) return agl_fail(err, AGL_EDATA, "no row of --patents has a year");
    agl_status status = make_years(in, first, last, NAN, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < t->rows; i++) {
        if (isnan(year->num[i]) || isnan(patents[i])) continue;
        size_t k = (size_t)in->classes.of[column][klass->code[i]];
        in->patents[k * (size_t)in->years + (size_t)(whole(year->num[i]) - first)] = patents[i];
        listed++;
    }
    size_t cells = in->classes.dict.n * (size_t)in->years;
    if (listed < cells)
        agl__run_warn(run,
                      "--patents has no number for %zu of %zu class-years; forecasts that need them are "
                      "missing (give a "
                      "0 where there were none)",
                      cells - listed, cells);
    return AGL_OK;
}

/** Works of each class and year, when the works are dated. */
static agl_status count_works(agl__innovation_input *in, agl_error *err) {
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (size_t v = 0; v < in->ids.dict.n; v++)
        if (in->class_of[v] >= 0) widen(&first, &last, in->year_of[v]);
    if (first > last) return AGL_OK;
    agl_status status = make_years(in, first, last, 0, err);
    for (size_t v = 0; status == AGL_OK && v < in->ids.dict.n; v++)
        if (in->class_of[v] >= 0 && in->year_of[v] != INT32_MIN)
            in->patents[(size_t)in->class_of[v] * (size_t)in->years + (size_t)(in->year_of[v] - first)]++;
    return status;
}

/** Citations between classes, and the patents of these. */
static agl_status read_classes(agl__innovation_input *in, const rows *r, agl_run *run, agl_error *err) {
    agl_status status =
        agl_citations_new(&in->citations, (int32_t)in->classes.dict.n, r->n, r->citing, r->cited, r->value,
                          r->year, r->age, in->units ? r->unit : NULL, err);
    if (status != AGL_OK) return status;
    if (agl__run_input(run, "patents")) return read_patents(in, run, err);
    return in->works ? count_works(in, err) : AGL_OK;
}

agl_status agl__innovation_input_new(agl__innovation_input *out, agl_run *run, agl_error *err) {
    *out = (agl__innovation_input){0};
    rows r = {0};
    agl_status status = number(out, run, err);
    if (status == AGL_OK) status = rows_new(&r, agl__run_input(run, "data")->rows, err);
    if (status == AGL_OK && out->works) status = describe_works(out, run, err);
    if (status == AGL_OK) status = out->works ? read_works(out, &r, run, err) : read_flows(out, &r, run);
    if (status == AGL_OK && (!out->works || out->class_of)) status = read_classes(out, &r, run, err);
    rows_free(&r);
    if (status != AGL_OK) agl__innovation_input_free(out);
    return status;
}

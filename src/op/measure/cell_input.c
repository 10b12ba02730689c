#include "op/measure/cell_input.h"
#include "base/mem.h"
#include "kernel/measure/cells.h"

#include <math.h>

/* Years are coded through a table over their range; a wider range than this holds no years but something
 * else. */
#define MOST_YEARS 10000

agl_cell_columns agl__cell_columns(const agl_run *run, const char *value) {
    const agl_column *region = agl__run_column(run, "data", "region"),
                     *industry = agl__run_column(run, "data", "industry");
    const agl_column *basis = agl__run_column(run, "data", "basis"),
                     *year = agl__run_column(run, "data", "year");
    const agl_column *x = agl__run_column(run, "data", value);
    return (agl_cell_columns){.rows = agl__run_input(run, "data")->rows,
                              .region = region->code,
                              .industry = industry->code,
                              .basis = basis ? basis->code : NULL,
                              .regions = &region->dict,
                              .industries = &industry->dict,
                              .bases = basis ? &basis->dict : NULL,
                              .value = x->num,
                              .year = year ? year->num : NULL,
                              .state = x->state};
}

/** Codes of the years of `n` rows (-1 = missing) and the different years in ascending order. */
static agl_status code_years(int32_t *code, double **years, size_t *n_years, const double *year, size_t n,
                             agl_error *err) {
    double first = INFINITY, last = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (isnan(year[i])) continue;
        if (year[i] < first) first = year[i];
        if (year[i] > last) last = year[i];
    }
    if (first > last)
        return agl_fail(err, AGL_EDATA, "no row has a year; leave the role year out if the data have none");
    if (last - first >= MOST_YEARS)
        return agl_fail(err, AGL_EDATA,
                        "the years run from %g to %g; is the role year bound to the right column?", first,
                        last);
    size_t range = (size_t)(last - first) + 1;
    int32_t *at = AGL_NEW(int32_t, range);
    *years = AGL_NEW(double, range);
    if (!at || !*years) {
        free(at);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++)
        if (!isnan(year[i])) at[(size_t)(year[i] - first)] = 1;
    *n_years = 0;
    for (size_t k = 0; k < range; k++) {
        if (!at[k]) continue;
        at[k] = (int32_t)*n_years;
        (*years)[(*n_years)++] = first + (double)k;
    }
    for (size_t i = 0; i < n; i++)
        code[i] = isnan(year[i]) ? -1 : at[(size_t)(year[i] - first)];
    free(at);
    return AGL_OK;
}

/** Slice of every row, -1 where the row is left out. */
static agl_status code_slices(int32_t *slice, agl_cell_input *in, const agl_cell_columns *c, agl_error *err) {
    in->n_years = 1;
    in->n_bases = c->bases ? (c->bases->n > 0 ? c->bases->n : 1) : 1;
    if (c->year) {
        agl_status status = code_years(slice, &in->years, &in->n_years, c->year, c->rows, err);
        if (status != AGL_OK) return status;
    }
    if (in->n_years * in->n_bases > INT32_MAX)
        return agl_fail(
            err, AGL_EDATA,
            "%zu years times %zu bases are too many; is the role basis bound to the right column?",
            in->n_years, in->n_bases);
    for (size_t i = 0; i < c->rows; i++) {
        int32_t basis = c->basis ? c->basis[i] : 0;
        bool coded = c->region[i] >= 0 && c->industry[i] >= 0, dated = slice[i] >= 0 && basis >= 0;
        in->unmapped += !coded;
        in->left_out += coded && !dated;
        if (!coded || !dated)
            slice[i] = -1;
        else
            slice[i] = slice[i] * (int32_t)in->n_bases + basis;
    }
    return AGL_OK;
}

/** True when row a may stand before row b. */
static bool in_order(const agl_cell_columns *c, const int32_t *slice, size_t a, size_t b) {
    if (c->region[a] != c->region[b]) return c->region[a] < c->region[b];
    if (c->industry[a] != c->industry[b]) return c->industry[a] < c->industry[b];
    return slice[a] <= slice[b];
}

/** Lists the rows that are kept in in->row; returns their number and whether they already stand in order. */
static size_t keep_rows(bool *sorted, agl_cell_input *in, const agl_cell_columns *c, const int32_t *slice) {
    size_t n = 0;
    *sorted = true;
    for (size_t i = 0; i < c->rows; i++) {
        if (slice[i] < 0) continue;
        if (n > 0 && *sorted) *sorted = in_order(c, slice, in->row[n - 1], i);
        in->row[n++] = (uint32_t)i;
    }
    return n;
}

/** Puts the n kept rows into the order of region, industry and slice. */
static agl_status sort_rows(agl_cell_input *in, const agl_cell_columns *c, const int32_t *slice, size_t n,
                            agl_error *err) {
    int32_t *keys[3] = {AGL_NEW(int32_t, n), AGL_NEW(int32_t, n), AGL_NEW(int32_t, n)};
    uint32_t *order = AGL_NEW(uint32_t, n);
    agl_status status = keys[0] && keys[1] && keys[2] && order ? AGL_OK : agl_fail_memory(err);
    for (size_t k = 0; k < n && status == AGL_OK; k++) {
        keys[0][k] = c->region[in->row[k]];
        keys[1][k] = c->industry[in->row[k]];
        keys[2][k] = slice[in->row[k]];
    }
    const size_t codes[3] = {c->regions->n, c->industries->n, in->n_years * in->n_bases};
    if (status == AGL_OK) status = agl__code_order(order, (const int32_t *const *)keys, codes, 3, n, err);
    if (status == AGL_OK) {
        for (size_t k = 0; k < n; k++)
            order[k] = in->row[order[k]];
        uint32_t *unsorted = in->row;
        in->row = order;
        order = unsorted;
    }
    for (int k = 0; k < 3; k++)
        free(keys[k]);
    free(order);
    return status;
}

static void warn_and_count(agl_run *run, const agl_cell_input *in, size_t rows) {
    if (in->left_out)
        agl__run_warn(run, "%zu of %zu rows were left out because they have no year or no basis",
                      in->left_out, rows);
    if (in->missing)
        agl__run_warn(run,
                      "%zu of %zu cells have no value: they are left out of every total, so the totals are "
                      "too small where "
                      "these cells lie",
                      in->missing, in->cells.n);
    if (in->suppressed)
        agl__run_warn(run,
                      "%zu of %zu cells are suppressed: they are left out of every total, so the totals are "
                      "too small where "
                      "these cells lie",
                      in->suppressed, in->cells.n);
    agl__run_rows(run, in->cells.n - in->missing - in->suppressed,
                  rows - in->cells.n + in->missing + in->suppressed);
}

/** Copies the columns in cell order and looks at the values. */
static agl_status gather(agl_cell_input *in, const agl_cell_columns *c, const int32_t *slice, size_t n,
                         agl_error *err) {
    in->region = AGL_NEW(int32_t, n);
    in->industry = AGL_NEW(int32_t, n);
    in->slice = AGL_NEW(int32_t, n);
    in->value = AGL_NEW(double, n);
    if (!in->region || !in->industry || !in->slice || !in->value) return agl_fail_memory(err);
    bool any = false;
    for (size_t k = 0; k < n; k++) {
        size_t i = in->row[k];
        double x = c->value[i];
        in->region[k] = c->region[i];
        in->industry[k] = c->industry[i];
        in->slice[k] = slice[i];
        in->value[k] = x;
        any = any || x > 0;
        if (!isnan(x))
            in->fractions += x != floor(x);
        else if (c->state && c->state[i] == AGL_SUPPRESSED)
            in->suppressed++;
        else
            in->missing++;
    }
    if (n == 0) return agl_fail(err, AGL_EDATA, "no row has a region, an industry, a year and a basis");
    if (!any) return agl_fail(err, AGL_EDATA, "every value is zero or missing: there is nothing to compare");
    in->regions = c->regions, in->industries = c->industries, in->bases = c->bases;
    in->cells = (agl_cells){.n = n,
                            .region = in->region,
                            .industry = in->industry,
                            .slice = in->slice,
                            .value = in->value,
                            .n_regions = c->regions->n,
                            .n_industries = c->industries->n,
                            .n_slices = in->n_years * in->n_bases};
    return AGL_OK;
}

agl_status agl__cell_input(agl_cell_input *out, agl_run *run, const agl_cell_columns *c, agl_error *err) {
    *out = (agl_cell_input){0};
    if (c->rows > UINT32_MAX)
        return agl_fail(err, AGL_EDATA, "more than 4 billion rows: split the data by year with --where");
    int32_t *slice = AGL_NEW(int32_t, c->rows);
    out->row = AGL_NEW(uint32_t, c->rows);
    size_t n = 0;
    bool sorted = true;
    agl_status status = slice && out->row ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = code_slices(slice, out, c, err);
    if (status == AGL_OK) n = keep_rows(&sorted, out, c, slice);
    if (status == AGL_OK && !sorted) status = sort_rows(out, c, slice, n, err);
    if (status == AGL_OK) status = gather(out, c, slice, n, err);
    if (status == AGL_OK) warn_and_count(run, out, c->rows);
    free(slice);
    return status;
}

void agl__cell_input_free(agl_cell_input *in) {
    free(in->region);
    free(in->industry);
    free(in->slice);
    free(in->value);
    free(in->row);
    free(in->years);
    *in = (agl_cell_input){0};
}

agl_status agl__cell_input_needs_regions(const agl_cell_input *in, bool reference, agl_error *err) {
    if (reference) return AGL_OK;
    for (size_t k = 1; k < in->cells.n; k++)
        if (in->region[k] != in->region[0]) return AGL_OK;
    return agl_fail(err, AGL_EDATA,
                    "there is one region only (%s): give more regions, or the totals of the larger economy "
                    "with --reference",
                    in->regions->text[in->region[0]]);
}

double agl__cell_year(const agl_cell_input *in, size_t slice) {
    return in->years ? in->years[slice / in->n_bases] : NAN;
}

int32_t agl__cell_basis(const agl_cell_input *in, size_t slice) {
    return in->bases ? (int32_t)(slice % in->n_bases) : -1;
}

agl_status agl__cell_drop_unused(agl_table *table, const agl_cell_input *in, agl_error *err) {
    agl_status status = AGL_OK;
    if (!in->years) status = agl__run_drop_column(table, "year", err);
    if (!in->bases && status == AGL_OK) status = agl__run_drop_column(table, "basis", err);
    return status;
}

agl_status agl__cell_keys(agl_table *table, const agl_cell_input *in, const char *industry_column,
                          agl_error *err) {
    agl_status status = agl__cell_drop_unused(table, in, err);
    int32_t *region, *industry, *basis = NULL;
    if (status == AGL_OK) status = agl__run_key(&region, table, "region", in->regions, err);
    if (status == AGL_OK) status = agl__run_key(&industry, table, industry_column, in->industries, err);
    if (status == AGL_OK && in->bases) status = agl__run_key(&basis, table, "basis", in->bases, err);
    if (status != AGL_OK) return status;
    double *year = in->years ? agl__run_num(table, "year") : NULL;
    for (size_t k = 0; k < in->cells.n; k++) {
        size_t slice = (size_t)in->slice[k];
        region[k] = in->region[k];
        industry[k] = in->industry[k];
        if (year) year[k] = agl__cell_year(in, slice);
        if (basis) basis[k] = agl__cell_basis(in, slice);
    }
    return AGL_OK;
}

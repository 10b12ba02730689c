#include "op/measure/stage_input.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- years ---- */

/** A panel with a hole would take the growth of two years for that of one: the missing years are named
 * instead. */
static agl_status check_years(const agl_cell_input *in, size_t window, agl_error *err) {
    if (!in->years)
        return agl_fail(err, AGL_EDATA, "stages need a panel: bind the role year with --col year=COLUMN");
    char names[160] = "";
    size_t missing = 0, used = 0;
    double first = in->years[0], last = in->years[in->n_years - 1];
    for (size_t k = 1; k < in->n_years; k++)
        for (double y = in->years[k - 1] + 1; y < in->years[k]; y++)
            if (missing++ < 10)
                used +=
                    (size_t)snprintf(names + used, sizeof names - used, "%s%.0f", missing > 1 ? ", " : "", y);
    if (missing)
        return agl_fail(err, AGL_EDATA,
                        "the panel runs from %.0f to %.0f but has no rows for %s%s: add them, or keep years "
                        "without a gap with --where",
                        first, last, names, missing > 10 ? ", ..." : "");
    if (in->n_years <= window)
        return agl_fail(err, AGL_EDATA,
                        "the panel has %zu years (%.0f to %.0f); growth over %zu years needs %zu: give more "
                        "years or a shorter --window",
                        in->n_years, first, last, window, window + 1);
    return AGL_OK;
}

/* ---- series ---- */

static bool same_series(const agl_cell_input *c, size_t a, size_t b) {
    return c->region[a] == c->region[b] && c->industry[a] == c->industry[b];
}

/** Puts a column into its places; cells of one place are added up, and unknown when one of them is. */
static agl_status place(double **out, const agl_stage_input *in, const double *column, double absent,
                        agl_error *err) {
    const agl_cell_input *c = &in->cells;
    size_t T = c->n_years, n = in->panel.n_series * T, s = 0;
    bool *filled = AGL_NEW(bool, n);
    *out = AGL_NEW(double, n);
    if (!*out || !filled) {
        free(filled);
        return agl_fail_memory(err);
    }
    for (size_t k = 0; k < n; k++)
        (*out)[k] = absent;
    for (size_t k = 0; k < c->cells.n; k++) {
        if (k > 0 && !same_series(c, k, k - 1)) s++;
        size_t at = s * T + (size_t)c->slice[k];
        (*out)[at] = filled[at] ? (*out)[at] + column[k] : column[k];
        filled[at] = true;
    }
    free(filled);
    return AGL_OK;
}

/** A column of the data by cell, times the value when `weighted`; NULL when it is not bound. */
static agl_status place_role(double **out, const agl_stage_input *in, const agl_run *run, const char *role,
                             bool weighted, agl_error *err) {
    const agl_column *c = agl__run_column(run, "data", role);
    if (!c) return AGL_OK;
    double *by_cell = AGL_NEW(double, in->cells.cells.n);
    if (!by_cell) return agl_fail_memory(err);
    for (size_t k = 0; k < in->cells.cells.n; k++)
        by_cell[k] = c->num[in->cells.row[k]] * (weighted ? in->cells.value[k] : 1);
    agl_status status = place(out, in, by_cell, NAN, err);
    free(by_cell);
    return status;
}

static agl_status make_series(agl_stage_input *in, agl_error *err) {
    const agl_cell_input *c = &in->cells;
    size_t n = 0;
    for (size_t k = 0; k < c->cells.n; k++)
        n += k == 0 || !same_series(c, k, k - 1);
    in->region = AGL_NEW(int32_t, n);
    in->cluster = AGL_NEW(int32_t, n);
    if (!in->region || !in->cluster) return agl_fail_memory(err);
    for (size_t k = 0, s = 0; k < c->cells.n; k++) {
        if (k > 0 && same_series(c, k, k - 1)) continue;
        in->region[s] = c->region[k], in->cluster[s] = c->industry[k];
        s++;
    }
    in->panel = (agl_stage_panel){.n_series = n,
                                  .n_years = c->n_years,
                                  .n_regions = c->cells.n_regions,
                                  .n_clusters = c->cells.n_industries,
                                  .region = in->region,
                                  .cluster = in->cluster};
    return AGL_OK;
}

agl_status agl__stage_input(agl_stage_input *in, agl_run *run, agl_error *err) {
    *in = (agl_stage_input){0};
    in->mapped.columns = agl__cell_columns(run, "value");
    agl_status status = agl__definitions_apply(&in->mapped, run, err);
    if (status == AGL_OK) status = agl__cell_input(&in->cells, run, &in->mapped.columns, err);
    if (status == AGL_OK) status = agl__cell_input_needs_regions(&in->cells, false, err);
    if (status == AGL_OK) status = check_years(&in->cells, (size_t)agl__run_integer(run, "window"), err);
    if (status == AGL_OK) status = make_series(in, err);
    double absent = agl__run_is(run, "absent", "zero") ? 0 : NAN;
    if (status == AGL_OK) status = place(&in->value, in, in->cells.value, absent, err);
    if (status == AGL_OK) status = place_role(&in->firms, in, run, "firms", false, err);
    if (status == AGL_OK) status = place_role(&in->entry, in, run, "entry", false, err);
    if (status == AGL_OK) status = place_role(&in->exit, in, run, "exit", false, err);
    if (status == AGL_OK) status = place_role(&in->heterogeneity, in, run, "heterogeneity", true, err);
    size_t n = in->panel.n_series * in->panel.n_years;
    for (size_t k = 0; status == AGL_OK && in->heterogeneity && k < n; k++)
        in->heterogeneity[k] = in->value[k] > 0 ? in->heterogeneity[k] / in->value[k] : NAN;
    in->panel.value = in->value, in->panel.firms = in->firms;
    in->panel.entry = in->entry, in->panel.exit = in->exit, in->panel.heterogeneity = in->heterogeneity;
    return status;
}

void agl__stage_input_free(agl_stage_input *in) {
    agl__cell_input_free(&in->cells);
    agl__mapped_free(&in->mapped);
    free(in->region);
    free(in->cluster);
    free(in->value);
    free(in->firms);
    free(in->entry);
    free(in->exit);
    free(in->heterogeneity);
}

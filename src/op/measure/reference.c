#include "base/mem.h"
#include "base/sum.h"
#include "op/measure/cell_input.h"

#include <math.h>

/** Columns of the input "reference", with codes translated to those of the data (-1 = not in the data). */
typedef struct reference_rows {
    size_t n;
    const double *value, *year; /* year may be NULL */
    const agl_column *industry, *basis;
    int32_t *industry_of, *basis_of; /* by code of the reference */
} reference_rows;

static int32_t *translation(const agl_column *from, const agl_dict *to) {
    int32_t *of = AGL_NEW(int32_t, from->dict.n);
    for (size_t k = 0; of && k < from->dict.n; k++)
        of[k] = agl_dict_find(to, from->dict.text[k]);
    return of;
}

static agl_status check_roles(const agl_cell_input *in, const reference_rows *r, agl_error *err) {
    if (in->bases && !r->basis)
        return agl_fail(
            err, AGL_EDATA,
            "the data have a basis and the reference has none: add the role basis to the reference");
    if (!in->bases && r->basis)
        return agl_fail(err, AGL_EDATA,
                        "the reference has a basis and the data have none: add the role basis to the data");
    if (in->years || !r->year) return AGL_OK;
    for (size_t k = 1; k < r->n; k++)
        if (r->year[k] != r->year[0])
            return agl_fail(err, AGL_EDATA,
                            "the reference has several years and the data have none: choose one year of the "
                            "reference, or add the role year to the data");
    return AGL_OK;
}

/** Enters the value of row k into every slice that it serves. */
static void enter(agl_reference *out, agl_sum *total, const agl_cell_input *in, const reference_rows *r,
                  size_t k) {
    int32_t industry = r->industry_of[r->industry->code[k]], basis = 0;
    double value = r->value[k];
    if (isnan(value)) return;
    if (r->basis) basis = r->basis->code[k] < 0 ? -1 : r->basis_of[r->basis->code[k]];
    if (basis < 0) return;
    for (size_t y = 0; y < in->n_years; y++) {
        if (r->year && in->years && r->year[k] != in->years[y]) continue;
        size_t slice = y * in->n_bases + (size_t)basis;
        agl__sum_add(&total[slice], value);
        if (industry >= 0) out->industry[slice * in->cells.n_industries + (size_t)industry] = value;
    }
}

/** Every slice with values must be in the reference; industries that are not are counted and told. */
static agl_status check_cover(agl_run *run, const agl_reference *out, const agl_cell_input *in,
                              agl_error *err) {
    size_t unknown = 0, above = 0;
    for (size_t k = 0; k < in->cells.n; k++) {
        size_t slice = (size_t)in->slice[k];
        if (!(in->value[k] > 0)) continue;
        if (!(out->total[slice] > 0))
            return in->years ? agl_fail(err, AGL_EDATA, "the reference holds nothing for the year %.0f",
                                        agl__cell_year(in, slice))
                             : agl_fail(err, AGL_EDATA, "the reference holds nothing above zero");
        double total = out->industry[slice * in->cells.n_industries + (size_t)in->industry[k]];
        unknown += !(total > 0);
        above += in->value[k] > total;
    }
    if (unknown)
        agl__run_warn(run,
                      "%zu cells are in industries that the reference does not hold: they have no quotient",
                      unknown);
    if (above)
        agl__run_warn(
            run,
            "%zu cells are larger than the reference total of their industry: data and reference do not fit",
            above);
    return AGL_OK;
}

agl_status agl__reference(agl_reference *out, agl_run *run, const agl_cell_input *in, agl_error *err) {
    *out = (agl_reference){0};
    const agl_table *table = agl__run_input(run, "reference");
    if (!table) return AGL_OK;
    const agl_column *year = agl__run_column(run, "reference", "year");
    reference_rows r = {.n = table->rows,
                        .value = agl__run_column(run, "reference", "value")->num,
                        .year = year ? year->num : NULL,
                        .industry = agl__run_column(run, "reference", "industry"),
                        .basis = agl__run_column(run, "reference", "basis")};
    agl_status status = check_roles(in, &r, err);
    if (status != AGL_OK) return status;
    size_t slices = in->cells.n_slices, n = slices * in->cells.n_industries;
    agl_sum *total = AGL_NEW(agl_sum, slices);
    r.industry_of = translation(r.industry, in->industries);
    r.basis_of = r.basis ? translation(r.basis, in->bases) : NULL;
    out->industry = AGL_NEW(double, n);
    out->total = AGL_NEW(double, slices);
    if (!total || !r.industry_of || (r.basis && !r.basis_of) || !out->industry || !out->total) {
        status = agl_fail_memory(err);
        goto out;
    }
    for (size_t k = 0; k < n; k++)
        out->industry[k] = NAN;
    for (size_t k = 0; k < r.n; k++)
        enter(out, total, in, &r, k);
    for (size_t s = 0; s < slices; s++)
        out->total[s] = agl__sum_value(&total[s]);
    out->given = true;
    out->economy = (agl_economy){.industry = out->industry, .total = out->total};
    status = check_cover(run, out, in, err);
out:
    free(total);
    free(r.industry_of);
    free(r.basis_of);
    return status;
}

void agl__reference_free(agl_reference *reference) {
    free(reference->industry);
    free(reference->total);
    *reference = (agl_reference){0};
}

const agl_economy *agl__reference_economy(const agl_reference *reference) {
    return reference->given ? &reference->economy : NULL;
}

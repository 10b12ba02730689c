#include "op/measure/mfunction_bands.h"
#include "agglo/envelope.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

/* ---- industries ---- */

static agl_status keep_large(agl_chosen *out, const bool *wanted, const agl_points_input *in, size_t min_n,
                             agl_run *run, agl_error *err) {
    size_t small = 0;
    for (size_t i = 0; i < in->points.n; i++)
        out->count[in->industry[i]]++;
    for (size_t t = 0; t < in->industries->n; t++) {
        if (!wanted[t] || out->count[t] == 0 || (int32_t)t == out->against) continue;
        if (out->count[t] < min_n)
            small++;
        else
            out->industry[out->n++] = (int32_t)t;
    }
    if (small)
        agl__run_warn(run, "%zu %s with fewer than %zu establishments %s left out (--min-n)", small,
                      small == 1 ? "industry" : "industries", min_n, small == 1 ? "was" : "were");
    if (out->n == 0)
        return agl_fail(
            err, AGL_EDATA,
            "no industry has at least %zu establishments; lower --min-n or choose others with --industries",
            min_n);
    return AGL_OK;
}

agl_status agl__choose_industries(agl_chosen *out, const agl_points_input *in, agl_run *run, agl_error *err) {
    const char *against = agl__run_text(run, "against");
    size_t types = in->industries->n;
    bool *wanted = AGL_NEW(bool, types);
    *out = (agl_chosen){.industry = AGL_NEW(int32_t, types), .count = AGL_NEW(size_t, types), .against = -1};
    agl_status status = wanted && out->industry && out->count ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK)
        status = agl__points_industries(wanted, in, agl__run_text(run, "industries"), "industries", err);
    if (status == AGL_OK && against)
        status = agl__points_industry(&out->against, in, against, "against", err);
    if (status == AGL_OK)
        status = keep_large(out, wanted, in, (size_t)agl__run_integer(run, "min-n"), run, err);
    free(wanted);
    return status;
}

void agl__chosen_free(agl_chosen *chosen) {
    free(chosen->industry);
    free(chosen->count);
    chosen->industry = NULL;
    chosen->count = NULL;
}

agl_status agl__even_distances(size_t *steps, double step, double reach, agl_error *err) {
    double n = floor(reach / step * (1 + 1e-12));
    if (!(n >= 1) || n > 100000)
        return agl_fail(err, AGL_EUSAGE, "--step-km %g makes %.0f distances up to %g km; give 1 to 100000",
                        step, n, reach);
    *steps = (size_t)n;
    return AGL_OK;
}

/* ---- bands ---- */

agl_status agl__bands_options(agl_bands *out, const agl_run *run, agl_error *err) {
    *out = (agl_bands){.simulations = (size_t)agl__run_integer(run, "simulations"),
                       .alpha = agl__run_number(run, "alpha"),
                       .band = agl__run_like(run, "dbmss")          ? AGL_BAND_DBMSS
                               : agl__run_is(run, "band", "do2005") ? AGL_BAND_DO2005
                                                                    : AGL_BAND_ERL};
    if (out->simulations > 0 && (double)out->simulations * out->alpha < 1)
        return agl_fail(
            err, AGL_EUSAGE,
            "%zu simulations cannot show a level of %g; give at least --simulations %.0f, or 0 for no bands",
            out->simulations, out->alpha, ceil(1 / out->alpha));
    return AGL_OK;
}

static void compare(agl_bands_summary *out, const agl_envelope *e, const double *observed, const double *r) {
    double most = 0;
    for (size_t k = 0; k < e->n; k++) {
        double excess = observed[k] - e->global_hi[k];
        if (excess > 0) out->above = true;
        if (observed[k] < e->global_lo[k]) out->below = true;
        if (excess > most) {
            most = excess;
            out->r_above = r[k];
        }
    }
}

agl_status agl__bands_write(agl_bands_summary *out, agl_table *table, size_t row, const double *observed,
                            const double *sims, const double *r, size_t n, const agl_bands *bands,
                            agl_error *err) {
    *out = (agl_bands_summary){.r_above = NAN,
                               .p_global = NAN,
                               .p_dclf = NAN,
                               .p_mad = NAN,
                               .p_dclf_student = NAN,
                               .p_mad_student = NAN};
    if (bands->simulations == 0) return AGL_OK;
    agl_envelope_options o = AGL_ENVELOPE_OPTIONS_INIT;
    o.alpha = bands->alpha;
    o.band = (agl_band)bands->band;
    agl_cmat all = {.data = sims, .rows = bands->simulations, .cols = n, .stride = n};
    agl_envelope e;
    agl_status status = agl_envelope_fit(&e, all, observed, &o, err);
    if (status != AGL_OK) return status;
    const struct {
        const char *name;
        const double *value;
    } columns[] = {{"null_mean", e.mean},    {"null_median", e.median},  {"local_lo", e.local_lo},
                   {"local_hi", e.local_hi}, {"global_lo", e.global_lo}, {"global_hi", e.global_hi}};
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        memcpy(agl__run_num(table, columns[c].name) + row, columns[c].value, n * sizeof(double));
    compare(out, &e, observed, r);
    out->p_global = e.p_global;
    agl_envelope_free(&e);
    agl_gof plain, student;
    status = agl_gof_test(&plain, all, observed, r, false, err);
    if (status == AGL_OK) status = agl_gof_test(&student, all, observed, r, true, err);
    if (status != AGL_OK) return status;
    out->p_dclf = plain.dclf_p;
    out->p_mad = plain.mad_p;
    out->p_dclf_student = student.dclf_p;
    out->p_mad_student = student.mad_p;
    return AGL_OK;
}

agl_status agl__bands_drop(agl_table *curves, agl_table *industries, agl_error *err) {
    static const char *const of_curves[] = {"null_mean", "null_median", "local_lo",
                                            "local_hi",  "global_lo",   "global_hi"};
    static const char *const of_industries[] = {"concentrated",   "dispersed",    "r_max_excess_km",
                                                "p_global",       "p_dclf",       "p_mad",
                                                "p_dclf_student", "p_mad_student"};
    agl_status status = AGL_OK;
    for (size_t c = 0; c < sizeof of_curves / sizeof *of_curves && status == AGL_OK; c++)
        status = agl__run_drop_column(curves, of_curves[c], err);
    for (size_t c = 0; c < sizeof of_industries / sizeof *of_industries && status == AGL_OK; c++)
        if (agl_table_column(industries, of_industries[c]))
            status = agl__run_drop_column(industries, of_industries[c], err);
    return status;
}

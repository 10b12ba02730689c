#include "op/measure/mfunction_bands.h"
#include "agglo/envelope.h"

#include <math.h>
#include <string.h>

agl_status agl__bands_options(agl_bands *out, const agl_run *run, agl_error *err) {
    *out = (agl_bands){.simulations = (size_t)agl__run_integer(run, "simulations"),
                       .alpha = agl__run_number(run, "alpha"),
                       .band = agl__run_like(run, "dbmss")          ? AGL_BAND_DBMSS
                               : agl__run_is(run, "band", "do2005") ? AGL_BAND_DO2005
                                                                    : AGL_BAND_ERL};
    if (out->simulations > 0 && (double)out->simulations * out->alpha < 1)
        return agl_fail(err, AGL_EUSAGE, "%zu simulations cannot show a level of %g; give at least --simulations %.0f, or 0 for no bands",
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

agl_status agl__bands_write(agl_bands_summary *out, agl_table *table, size_t row, const double *observed, const double *sims,
                            const double *r, size_t n, const agl_bands *bands, agl_error *err) {
    *out = (agl_bands_summary){.r_above = NAN, .p_global = NAN, .p_dclf = NAN, .p_mad = NAN, .p_dclf_student = NAN, .p_mad_student = NAN};
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
    } columns[] = {{"null_mean", e.mean},     {"null_median", e.median},   {"local_lo", e.local_lo},
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
    static const char *const of_curves[] = {"null_mean", "null_median", "local_lo", "local_hi", "global_lo", "global_hi"};
    static const char *const of_industries[] = {"concentrated", "dispersed", "r_max_excess_km", "p_global", "p_dclf", "p_mad", "p_dclf_student", "p_mad_student"};
    agl_status status = AGL_OK;
    for (size_t c = 0; c < sizeof of_curves / sizeof *of_curves && status == AGL_OK; c++)
        status = agl__run_drop_column(curves, of_curves[c], err);
    for (size_t c = 0; c < sizeof of_industries / sizeof *of_industries && status == AGL_OK; c++)
        if (agl_table_column(industries, of_industries[c])) status = agl__run_drop_column(industries, of_industries[c], err);
    return status;
}

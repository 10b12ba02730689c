/* Moran's I and what the indices over the whole map have in common. */
#include "base/mem.h"
#include "base/sum.h"
#include "kernel/measure/autocorrelation.h"

#include <math.h>

agl_status agl__deviations_new(agl_deviations *d, const double *y, size_t n, agl_error *err) {
    *d = (agl_deviations){0};
    if (n < 4) return agl_fail(err, AGL_EDATA, "there are %zu regions; autocorrelation needs at least 4", n);
    bool same = true;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(y[i])) return agl_fail(err, AGL_EDATA, "value %zu is not finite", i);
        same = same && y[i] == y[0];
    }
    if (same)
        return agl_fail(err, AGL_EDATA,
                        "every region has the value %g: without variation there is nothing to compare", y[0]);
    d->z = AGL_NEW(double, n);
    if (!d->z) return agl_fail_memory(err);
    d->mean = agl__sum(y, n) / (double)n;
    agl_sum sum2 = {0}, sum4 = {0};
    for (size_t i = 0; i < n; i++) {
        double z = d->z[i] = y[i] - d->mean;
        agl__sum_add(&sum2, z * z);
        agl__sum_add(&sum4, z * z * z * z);
    }
    d->sum2 = agl__sum_value(&sum2);
    d->sum4 = agl__sum_value(&sum4);
    if (d->sum2 > 0 && isfinite(d->sum4)) return AGL_OK;
    agl__deviations_free(d);
    return agl_fail(err, AGL_EDATA, "the values are too %s to compare; change their unit",
                    d->sum2 > 0 ? "large" : "close to one another");
}

void agl__deviations_free(agl_deviations *d) {
    free(d->z);
    d->z = NULL;
}

agl_status agl__weight_sums(agl_weight_sums *out, const agl_spatial_weights *w, agl_error *err) {
    agl_status status = agl_spatial_weights_sums(out, w, err);
    if (status == AGL_OK && !(out->s0 > 0))
        status = agl_fail(err, AGL_EDATA,
                          "no region has a neighbour; widen the radius, or take the nearest regions instead");
    return status;
}

double agl__normal_two_sided(double z) { return isnan(z) ? z : erfc(fabs(z) / M_SQRT2); }

void agl__autocorrelation_test(agl_autocorrelation *a) {
    a->z = (a->value - a->expected) / sqrt(a->variance);
    a->z_normal = (a->value - a->expected) / sqrt(a->variance_normal);
    a->p = agl__normal_two_sided(a->z);
    a->p_normal = agl__normal_two_sided(a->z_normal);
    a->p_permutation = NAN;
}

double agl__cross_sum(const agl_spatial_weights *w, const double *v) {
    agl_sum sum = {0};
    for (size_t i = 0; i < w->n; i++) {
        double lag = 0;
        for (size_t s = w->start[i]; s < w->start[i + 1]; s++)
            lag += w->weight[s] * v[w->to[s]];
        agl__sum_add(&sum, v[i] * lag);
    }
    return agl__sum_value(&sum);
}

agl_status agl_moran(agl_autocorrelation *out, const agl_spatial_weights *w, const double *y,
                     agl_error *err) {
    agl_deviations d;
    agl_weight_sums s;
    agl_status status = agl__weight_sums(&s, w, err);
    if (status == AGL_OK) status = agl__deviations_new(&d, y, w->n, err);
    if (status != AGL_OK) return status;
    double n = (double)w->n, s02 = s.s0 * s.s0, b2 = n * d.sum4 / (d.sum2 * d.sum2);
    /* I = n/S0 sum w z z / sum z^2 */
    out->value = n / s.s0 * agl__cross_sum(w, d.z) / d.sum2;
    out->expected = -1 / (n - 1);
    double e2 = out->expected * out->expected;
    /* V_N = (n^2 S1 - n S2 + 3 S0^2) / ((n^2 - 1) S0^2) - E^2 */
    out->variance_normal = (n * n * s.s1 - n * s.s2 + 3 * s02) / ((n * n - 1) * s02) - e2;
    /* V_R = [n ((n^2 - 3n + 3) S1 - n S2 + 3 S0^2) - b2 ((n^2 - n) S1 - 2n S2 + 6 S0^2)]
     *       / ((n-1)(n-2)(n-3) S0^2) - E^2 */
    out->variance = (n * ((n * n - 3 * n + 3) * s.s1 - n * s.s2 + 3 * s02) -
                     b2 * ((n * n - n) * s.s1 - 2 * n * s.s2 + 6 * s02)) /
                        ((n - 1) * (n - 2) * (n - 3) * s02) -
                    e2;
    agl__autocorrelation_test(out);
    agl__deviations_free(&d);
    return AGL_OK;
}

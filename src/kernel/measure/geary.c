/* Geary's c. */
#include "base/sum.h"
#include "kernel/measure/autocorrelation.h"

#include <math.h>

double agl__square_sum(const agl_spatial_weights *w, const double *v) {
    agl_sum sum = {0};
    for (size_t i = 0; i < w->n; i++) {
        double row = 0;
        for (size_t s = w->start[i]; s < w->start[i + 1]; s++) {
            double gap = v[i] - v[w->to[s]];
            row += w->weight[s] * gap * gap;
        }
        agl__sum_add(&sum, row);
    }
    return agl__sum_value(&sum);
}

agl_status agl_geary(agl_autocorrelation *out, const agl_spatial_weights *w, const double *y,
                     agl_error *err) {
    agl_deviations d;
    agl_weight_sums s;
    agl_status status = agl__weight_sums(&s, w, err);
    if (status == AGL_OK) status = agl__deviations_new(&d, y, w->n, err);
    if (status != AGL_OK) return status;
    double n = (double)w->n, s02 = s.s0 * s.s0, k = n * d.sum4 / (d.sum2 * d.sum2);
    /* c = (n-1) sum w (y_i - y_j)^2 / (2 S0 sum z^2) */
    out->value = (n - 1) * agl__square_sum(w, d.z) / (2 * s.s0 * d.sum2);
    out->expected = 1;
    /* V_N = ((2 S1 + S2)(n-1) - 4 S0^2) / (2 (n+1) S0^2) */
    out->variance_normal = ((2 * s.s1 + s.s2) * (n - 1) - 4 * s02) / (2 * (n + 1) * s02);
    /* V_R = [(n-1) S1 (n^2 - 3n + 3 - (n-1) k) - (n-1) S2 (n^2 + 3n - 6 - (n^2 - n + 2) k) / 4
     *        + S0^2 (n^2 - 3 - (n-1)^2 k)] / (n (n-2)(n-3) S0^2),  k = m4 / m2^2 */
    out->variance = ((n - 1) * s.s1 * (n * n - 3 * n + 3 - (n - 1) * k) -
                     (n - 1) * s.s2 * (n * n + 3 * n - 6 - (n * n - n + 2) * k) / 4 +
                     s02 * (n * n - 3 - (n - 1) * (n - 1) * k)) /
                    (n * (n - 2) * (n - 3) * s02);
    agl__autocorrelation_test(out);
    agl__deviations_free(&d);
    return AGL_OK;
}

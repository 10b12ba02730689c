/* The general G of Getis and Ord. */
#include "base/sum.h"
#include "kernel/measure/autocorrelation.h"

#include <math.h>

/** E[G^2] from the raw moments of the values, m_k = sum y^k (Getis and Ord 1992, eq. 8). */
static double second_moment(const agl_weight_sums *s, double n, const double m[5]) {
    double s02 = s->s0 * s->s0;
    double b0 = (n * n - 3 * n + 3) * s->s1 - n * s->s2 + 3 * s02;
    double b1 = -((n * n - n) * s->s1 - 2 * n * s->s2 + 6 * s02);
    double b2 = -(2 * n * s->s1 - (n + 3) * s->s2 + 6 * s02);
    double b3 = 4 * (n - 1) * s->s1 - 2 * (n + 1) * s->s2 + 8 * s02;
    double b4 = s->s1 - s->s2 + s02;
    double pairs = m[1] * m[1] - m[2];
    return (b0 * m[2] * m[2] + b1 * m[4] + b2 * m[1] * m[1] * m[2] + b3 * m[1] * m[3] +
            b4 * m[1] * m[1] * m[1] * m[1]) /
           (pairs * pairs * n * (n - 1) * (n - 2) * (n - 3));
}

agl_status agl_general_g(agl_autocorrelation *out, const agl_spatial_weights *w, const double *y,
                         agl_error *err) {
    agl_deviations d;
    agl_weight_sums s;
    agl_status status = agl__weight_sums(&s, w, err);
    if (status == AGL_OK) status = agl__deviations_new(&d, y, w->n, err);
    if (status != AGL_OK) return status;
    agl__deviations_free(&d);
    double n = (double)w->n, m[5] = {0}, top = 0;
    agl_sum power[5] = {0};
    bool negative = false;
    for (size_t i = 0; i < w->n; i++) {
        negative = negative || y[i] < 0;
        top = fmax(top, y[i]);
    }
    /* G has no unit: values relative to the largest keep their fourth powers in range */
    for (size_t i = 0; i < w->n; i++)
        for (int k = 1; k < 5; k++)
            agl__sum_add(&power[k], pow(y[i] / top, k));
    for (int k = 1; k < 5; k++)
        m[k] = agl__sum_value(&power[k]);
    if (negative || !(m[1] * m[1] - m[2] > 0)) {
        *out = (agl_autocorrelation){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        return AGL_OK;
    }
    out->value = agl__cross_sum(w, y) / (top * top) / (m[1] * m[1] - m[2]);
    out->expected = s.s0 / (n * (n - 1));
    out->variance = second_moment(&s, n, m) - out->expected * out->expected;
    out->variance_normal = NAN;
    agl__autocorrelation_test(out);
    return AGL_OK;
}

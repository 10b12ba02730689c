/* Local Moran, local Geary, G_i and G_i* in one pass over the weights. */
#include "base/mem.h"
#include "base/sum.h"
#include "kernel/measure/autocorrelation.h"

#include <math.h>

/** What one row of weights gives. */
typedef struct row_sums {
    double w, w2, wz, largest; /* sum w, sum w^2, sum w z_j, the largest weight */
    double wu;                 /* sum w (z_i - z_j)^2 */
} row_sums;

static row_sums sums_of(const agl_spatial_weights *w, size_t i, const double *z) {
    row_sums r = {0};
    for (size_t s = w->start[i]; s < w->start[i + 1]; s++) {
        double a = w->weight[s], other = z[w->to[s]], gap = z[i] - other;
        r.w += a;
        r.w2 += a * a;
        r.wz += a * other;
        r.wu += a * gap * gap;
        if (a > r.largest) r.largest = a;
    }
    return r;
}

/** Variance of sum_j w_ij v_j when m values of variance s2 (divided by m) are dealt out:
 * s2 (m W2 - W^2) / (m - 1). */
static double dealt_variance(double s2, double m, double w, double w2) {
    return fmax(s2 * (m * w2 - w * w) / (m - 1), 0);
}

static void put(double *to, size_t i, double value) {
    if (to) to[i] = value;
}

static void fill_star(agl_local *out, size_t i, row_sums r, const agl_deviations *d, double n) {
    double self = r.largest > 0 ? r.largest : 1;
    double w = r.w + self, w2 = r.w2 + self * self, wz = r.wz + self * d->z[i];
    /* sum w (y - mean) / (s sqrt((n W2 - W^2) / (n-1))), s^2 = sum z^2 / n */
    double z = wz / sqrt(dealt_variance(d->sum2 / n, n, w, w2));
    put(out->gi_star, i, isfinite(z) ? z : NAN);
    put(out->p_gi_star, i, agl__normal_two_sided(isfinite(z) ? z : NAN));
}

/** Sums of z over all regions, up to the fourth power: moments of what is left without region i follow. */
typedef struct powers {
    double n, s2, s3, s4;
} powers;

/** Local Geary given z_i: u_j = (z_i - z_j)^2 over the other regions has
 * sum u = (n-1) z_i^2 + 2 z_i^2 + s2 - z_i^2 = n z_i^2 + s2, and with e_j = z_i - z_j,
 * sum u^2 = sum_j e_j^4 = n z_i^4 + 6 z_i^2 s2 - 4 z_i s3 + s4 (sum z = 0; the term of i itself is 0). */
static void fill_geary(agl_local *out, size_t i, row_sums r, double z, const powers *p, double scale) {
    double m = p->n - 1, z2 = z * z;
    double mean = (p->n * z2 + p->s2) / m;
    double square = (p->n * z2 * z2 + 6 * z2 * p->s2 - 4 * z * p->s3 + p->s4) / m;
    double value = r.wu * scale, expected = r.w * mean * scale;
    double variance = scale * scale * dealt_variance(square - mean * mean, m, r.w, r.w2);
    put(out->geary, i, value);
    put(out->geary_expected, i, expected);
    put(out->geary_variance, i, variance);
    put(out->p_geary, i, variance > 0 ? agl__normal_two_sided((value - expected) / sqrt(variance)) : NAN);
}

static void fill_moran(agl_local *out, size_t i, row_sums r, const agl_deviations *d, double n, double c) {
    double z = d->z[i], m = n - 1, mu = -z / m;
    double s2 = fmax((d->sum2 - z * z) / m - mu * mu, 0);
    double variance = dealt_variance(s2, m, r.w, r.w2);
    double gi = variance > 0 ? (r.wz - r.w * mu) / sqrt(variance) : NAN;
    put(out->lag, i, d->mean + r.wz / r.w);
    put(out->moran, i, c * z * r.wz);
    put(out->moran_expected, i, c * z * r.w * mu);
    put(out->moran_variance, i, c * z * c * z * variance);
    put(out->gi, i, gi);
    put(out->p_gi, i, agl__normal_two_sided(gi));
}

static void fill_island(agl_local *out, size_t i) {
    double *const all[] = {out->lag,  out->moran,  out->moran_expected, out->moran_variance,
                           out->gi,   out->geary,  out->geary_expected, out->geary_variance,
                           out->p_gi, out->p_geary};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        put(all[k], i, NAN);
}

agl_status agl_local_indices(agl_local *out, const agl_spatial_weights *w, const double *y,
                             const agl_local_options *options, agl_error *err) {
    agl_local_options o = options ? *options : (agl_local_options){0};
    agl_deviations d;
    agl_status status = agl__deviations_new(&d, y, w->n, err);
    if (status != AGL_OK) return status;
    double n = (double)w->n;
    double c = (o.moran_n ? n : n - 1) / d.sum2, scale = (o.geary_n ? n : n - 1) / d.sum2;
    agl_sum cubes = {0};
    for (size_t i = 0; i < w->n; i++)
        agl__sum_add(&cubes, d.z[i] * d.z[i] * d.z[i]);
    const powers p = {.n = n, .s2 = d.sum2, .s3 = agl__sum_value(&cubes), .s4 = d.sum4};
    for (size_t i = 0; i < w->n; i++) {
        row_sums r = sums_of(w, i, d.z);
        fill_star(out, i, r, &d, n);
        if (r.w > 0) {
            fill_moran(out, i, r, &d, n, c);
            fill_geary(out, i, r, d.z[i], &p, scale);
        } else {
            fill_island(out, i);
        }
    }
    agl__deviations_free(&d);
    return AGL_OK;
}

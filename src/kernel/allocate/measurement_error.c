#include "agglo/misallocation.h"
#include "base/mem.h"
#include "kernel/allocate/lsq.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#define K 3 /* ln r, d ln X, ln r d ln X */

typedef struct pair {
    double x[K], y;
    int32_t market, unit;
} pair;

static double ln_input(const agl_producers *f, size_t i) {
    double a = f->capital_share[f->market[i]];
    return a * log(f->capital[i]) + (1 - a) * log(f->labour[i]);
}

/** The pairs of firm-years that are both in, as deviations from the means of their markets. */
static size_t gather(pair *pairs, double *mean, const agl_producers *f, const double *ln_tfpr,
                     const int32_t *lag, const int32_t *unit) {
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        int32_t l = lag[i];
        if (l < 0 || f->market[i] < 0 || f->market[l] < 0) continue;
        double r = 0.5 * (ln_tfpr[i] + ln_tfpr[l]), dx = ln_input(f, i) - ln_input(f, (size_t)l);
        pairs[n] = (pair){{r, dx, r * dx}, log(f->output[i]) - log(f->output[l]), f->market[i], unit[i]};
        double *of = mean + (size_t)f->market[i] * (K + 2);
        for (int j = 0; j < K; j++)
            of[j] += pairs[n].x[j];
        of[K] += pairs[n].y;
        of[K + 1] += 1;
        n++;
    }
    for (size_t k = 0; k < n; k++) {
        const double *of = mean + (size_t)pairs[k].market * (K + 2);
        for (int j = 0; j < K; j++)
            pairs[k].x[j] -= of[j] / of[K + 1];
        pairs[k].y -= of[K] / of[K + 1];
    }
    return n;
}

static int by_unit(const void *a, const void *b) {
    int32_t x = ((const pair *)a)->unit, y = ((const pair *)b)->unit;
    return (x > y) - (x < y);
}

/** Variance of lambda = 1 + b2/b1 by the delta method: gradient' V gradient, V the sandwich clustered by
 * unit. The scores of a unit are sum x u; with h = (X'X)^-1 gradient the variance is sum over units of
 * (h'score)^2. */
static double lambda_variance(pair *pairs, size_t n, const double *b) {
    double a[K * K] = {0}, h[K] = {0, -b[2] / (b[1] * b[1]), 1 / b[1]}, sum = 0;
    for (size_t k = 0; k < n; k++)
        for (int i = 0; i < K; i++)
            for (int j = 0; j < K; j++)
                a[i * K + j] += pairs[k].x[i] * pairs[k].x[j];
    if (LAPACKE_dposv_work(LAPACK_COL_MAJOR, 'L', K, 1, a, K, h, K) != 0) return NAN;
    qsort(pairs, n, sizeof *pairs, by_unit);
    for (size_t first = 0, last; first < n; first = last) {
        double score = 0;
        for (last = first; last < n && pairs[last].unit == pairs[first].unit; last++) {
            double u = pairs[last].y, hx = 0;
            for (int j = 0; j < K; j++) {
                u -= b[j] * pairs[last].x[j];
                hx += h[j] * pairs[last].x[j];
            }
            score += hx * u;
        }
        sum += score * score;
    }
    return sum;
}

agl_status agl_misallocation_error(agl_measurement_error *out, const agl_producers *firms,
                                   const double *ln_tfpr, const int32_t *lag, const int32_t *unit,
                                   agl_error *err) {
    *out = (agl_measurement_error){0, NAN, NAN, NAN};
    pair *pairs = AGL_NEW(pair, firms->n);
    double *mean = AGL_NEW(double, firms->n_markets *(K + 2)), b[K];
    agl_lsq s;
    agl_status status = agl__lsq_new(&s, K + 1, err);
    if (status == AGL_OK && !(pairs && mean)) status = agl_fail_memory(err);
    if (status == AGL_OK) {
        out->pairs = gather(pairs, mean, firms, ln_tfpr, lag, unit);
        for (size_t k = 0; k < out->pairs; k++) {
            memcpy(agl__lsq_row(&s), pairs[k].x, sizeof pairs[k].x);
            agl__lsq_row(&s)[K] = pairs[k].y;
            agl__lsq_push(&s);
        }
        if (out->pairs >= 30 && agl__lsq_solve(b, &s, K) && b[1] != 0) {
            out->psi = b[1];
            out->lambda = 1 + b[2] / b[1];
            out->se = sqrt(lambda_variance(pairs, out->pairs, b));
        }
    }
    agl__lsq_free(&s);
    free(pairs);
    free(mean);
    return status;
}

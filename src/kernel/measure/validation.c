#include "agglo/define.h"
#include "base/mem.h"
#include "base/sort.h"

#include <math.h>
#include <string.h>

typedef struct work {
    double *industry; /* n x k: sums, then means */
    double *between;  /* k x k */
    double *size;     /* k */
    double *others;   /* k: relatedness to the other clusters */
} work;

static agl_status count(double *size, const int32_t *cluster, size_t n, size_t k, agl_error *err) {
    if (k < 2) return agl_fail(err, AGL_EDATA, "one cluster has no other to be compared with");
    for (size_t i = 0; i < n; i++) {
        if (cluster[i] < 0 || (size_t)cluster[i] >= k)
            return agl_fail(err, AGL_EDATA, "object %zu: the cluster %d is not in 0..%zu", i, cluster[i],
                            k - 1);
        size[cluster[i]]++;
    }
    for (size_t c = 0; c < k; c++)
        if (size[c] == 0) return agl_fail(err, AGL_EDATA, "cluster %zu is empty", c);
    return AGL_OK;
}

/** Sums over i in c, j in d first; then means, where the own cluster leaves out the object itself. */
static void relate(work *w, const double *m, size_t n, const int32_t *cluster, size_t k) {
    for (size_t i = 0; i < n; i++) {
        double *to = w->industry + i * k;
        for (size_t j = 0; j < n; j++)
            to[cluster[j]] += m[i * n + j];
        size_t own = (size_t)cluster[i];
        to[own] -= m[i * n + i];
        for (size_t d = 0; d < k; d++)
            w->between[own * k + d] += to[d];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < k; d++) {
            double others = w->size[d] - (d == (size_t)cluster[i]);
            w->industry[i * k + d] = others > 0 ? w->industry[i * k + d] / others : NAN;
        }
    for (size_t c = 0; c < k; c++)
        for (size_t d = 0; d < k; d++) {
            double pairs = w->size[c] * (w->size[d] - (c == d));
            w->between[c * k + d] = pairs > 0 ? w->between[c * k + d] / pairs : NAN;
        }
}

/** Mean and 95th percentile of a row of k values without the one at `own`. */
static void summary(double *mean, double *p95, double *scratch, const double *row, size_t k, size_t own) {
    size_t n = 0;
    double sum = 0;
    for (size_t d = 0; d < k; d++) {
        if (d == own) continue;
        scratch[n++] = row[d];
        sum += row[d];
    }
    qsort(scratch, n, sizeof *scratch, agl__ascending);
    double at = 0.95 * (double)(n - 1);
    size_t below = (size_t)at, above = below + 1 < n ? below + 1 : below;
    *mean = sum / (double)n;
    *p95 = scratch[below] + (at - (double)below) * (scratch[above] - scratch[below]);
}

agl_status agl_score_partition(agl_partition_score *out, double *industry, double *between, double *p95,
                               const double *m, size_t n, const int32_t *cluster, size_t k, agl_error *err) {
    work w = {AGL_NEW(double, n *k), AGL_NEW(double, k *k), AGL_NEW(double, k), AGL_NEW(double, k)};
    size_t pass[4] = {0};
    agl_status status = w.industry && w.between && w.size && w.others ? count(w.size, cluster, n, k, err)
                                                                      : agl_fail_memory(err);
    if (status != AGL_OK) goto out;
    relate(&w, m, n, cluster, k);
    for (size_t c = 0; c < k; c++) {
        double mean, high, own = w.between[c * k + c]; /* NaN passes no comparison */
        summary(&mean, &high, w.others, w.between + c * k, k, c);
        pass[0] += own > mean, pass[1] += own > high;
    }
    for (size_t i = 0; i < n; i++) {
        double mean, high, own = w.industry[i * k + (size_t)cluster[i]];
        summary(&mean, &high, w.others, w.industry + i * k, k, (size_t)cluster[i]);
        pass[2] += own > mean, pass[3] += own > high;
        if (p95) p95[i] = high;
    }
    *out = (agl_partition_score){.cluster_mean = (double)pass[0] / (double)k,
                                 .cluster_p95 = (double)pass[1] / (double)k,
                                 .industry_mean = (double)pass[2] / (double)n,
                                 .industry_p95 = (double)pass[3] / (double)n};
    out->score = (out->cluster_mean + out->cluster_p95 + out->industry_mean + out->industry_p95) / 4;
    if (industry) memcpy(industry, w.industry, n * k * sizeof *industry);
    if (between) memcpy(between, w.between, k * k * sizeof *between);
out:
    free(w.industry);
    free(w.between);
    free(w.size);
    free(w.others);
    return status;
}

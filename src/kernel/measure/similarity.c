#include "agglo/similarity.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"
#include "kernel/measure/lanes.h"

#include <math.h>

/* ---- products of all pairs of rows ---- */

typedef struct gram {
    double *out;
    const double *z;
    size_t n, m;
    double scale;
} gram;

/** Row i against the rows from i on. Every pair is formed once and written to both places: no two tasks share
 * one. */
static agl_status gram_row(void *arg, size_t i, int worker, agl_error *err) {
    const gram *g = arg;
    (void)worker, (void)err;
    for (size_t j = i; j < g->n; j++) {
        double product = agl__dot(g->z + i * g->m, g->z + j * g->m, g->m) * g->scale;
        g->out[i * g->n + j] = g->out[j * g->n + i] = product;
    }
    return AGL_OK;
}

/** Row and column i become unknown. */
static void erase(double *out, size_t n, size_t i) {
    for (size_t j = 0; j < n; j++)
        out[i * n + j] = out[j * n + i] = NAN;
}

/** Sum and number of the known values of a row; false when one is infinite. */
static bool known(double *sum, size_t *count, const double *x, size_t m) {
    agl_sum s = {0, 0};
    *count = 0;
    for (size_t r = 0; r < m; r++) {
        if (isnan(x[r])) continue;
        if (isinf(x[r])) return false;
        agl__sum_add(&s, x[r]);
        ++*count;
    }
    *sum = agl__sum_value(&s);
    return true;
}

/* ---- correlation ---- */

/** z = (x - mean) / |x - mean|, so that correlations are plain products; false when x does not vary. */
static bool normalise(double *z, const double *x, size_t m, double mean) {
    double largest = 0;
    for (size_t r = 0; r < m; r++) {
        z[r] = isnan(x[r]) ? 0 : x[r] - mean;
        if (fabs(x[r]) > largest) largest = fabs(x[r]);
    }
    double norm = sqrt(agl__dot(z, z, m));
    /* what rounding leaves of a constant row is no variation */
    if (!(norm > 1e-14 * largest * sqrt((double)m))) return false;
    for (size_t r = 0; r < m; r++)
        z[r] /= norm;
    return true;
}

agl_status agl_similarity_correlation(double *out, const double *x, size_t n, size_t m, const agl_ctx *ctx,
                                      agl_error *err) {
    double *z = AGL_NEW(double, n *m);
    bool *constant = AGL_NEW(bool, n);
    agl_status status = z && constant ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; i < n && status == AGL_OK; i++) {
        double sum;
        size_t count;
        if (!known(&sum, &count, x + i * m, m))
            status = agl_fail(err, AGL_EDATA, "row %zu holds an infinite value", i);
        else
            constant[i] = count == 0 || !normalise(z + i * m, x + i * m, m, sum / (double)count);
    }
    gram g = {out, z, n, m, 1};
    if (status == AGL_OK) status = agl__parallel(n, gram_row, &g, "location correlation", ctx, err);
    for (size_t i = 0; i < n && status == AGL_OK; i++) {
        out[i * n + i] = 1;
        if (constant[i]) erase(out, n, i);
    }
    free(z);
    free(constant);
    return status;
}

/* ---- coagglomeration ---- */

/** s_ri of every industry (NaN where unknown, whole rows NaN where the industry is empty). */
static agl_status shares(double *s, const double *x, size_t n, size_t m, agl_error *err) {
    for (size_t i = 0; i < n; i++) {
        double sum;
        size_t count;
        if (!known(&sum, &count, x + i * m, m))
            return agl_fail(err, AGL_EDATA, "row %zu holds an infinite value", i);
        for (size_t r = 0; r < m; r++) {
            if (x[i * m + r] < 0) return agl_fail(err, AGL_EDATA, "row %zu holds a negative value", i);
            s[i * m + r] = sum > 0 ? x[i * m + r] / sum : NAN;
        }
    }
    return AGL_OK;
}

/** s -> s - x_r with x_r the mean over the industries; returns 1 - sum x_r^2. */
static double centre(double *s, size_t n, size_t m) {
    agl_sum squares = {0, 0}, all = {0, 0};
    for (int pass = 0; pass < 2; pass++)
        for (size_t r = 0; r < m; r++) {
            agl_sum sum = {0, 0};
            size_t count = 0;
            for (size_t i = 0; i < n; i++) {
                if (isnan(s[i * m + r])) continue;
                agl__sum_add(&sum, s[i * m + r]);
                count++;
            }
            double mean = count ? agl__sum_value(&sum) / (double)count : 0;
            if (pass == 0) {
                agl__sum_add(&all, mean); /* means over different industries need not add up to 1 */
                continue;
            }
            double x = agl__sum_value(&all) > 0 ? mean / agl__sum_value(&all) : 0;
            agl__sum_add(&squares, x * x);
            for (size_t i = 0; i < n; i++)
                s[i * m + r] = isnan(s[i * m + r]) ? 0 : s[i * m + r] - x;
        }
    return 1 - agl__sum_value(&squares);
}

agl_status agl_similarity_coagglomeration(double *out, const double *x, size_t n, size_t m,
                                          const agl_ctx *ctx, agl_error *err) {
    double *s = AGL_NEW(double, n *m);
    bool *empty = AGL_NEW(bool, n);
    agl_status status = s && empty ? shares(s, x, n, m, err) : agl_fail_memory(err);
    double spread = 0;
    if (status == AGL_OK) {
        for (size_t i = 0; i < n; i++) {
            empty[i] = true;
            for (size_t r = 0; r < m; r++)
                empty[i] = empty[i] && isnan(s[i * m + r]);
        }
        spread = centre(s, n, m);
        if (!(spread > 1e-12))
            status =
                agl_fail(err, AGL_EDATA, "everything lies in one region: coagglomeration needs at least two");
    }
    gram g = {out, s, n, m, 1 / spread};
    if (status == AGL_OK) status = agl__parallel(n, gram_row, &g, "coagglomeration", ctx, err);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        if (empty[i]) erase(out, n, i);
    free(s);
    free(empty);
    return status;
}

/* ---- flows ---- */

static double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

agl_status agl_similarity_flows(double *out, const double *flow, const double *sold, const double *bought,
                                size_t n, agl_error *err) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double there = flow[i * n + j], back = flow[j * n + i];
            if (!(there >= 0) || isinf(there) || there > sold[i] * (1 + 1e-9) ||
                there > bought[j] * (1 + 1e-9))
                return agl_fail(
                    err, AGL_EDATA,
                    "the flow %g from industry %zu to industry %zu is negative or above its totals", there, i,
                    j);
            double a = fmax(share(there, sold[i]), share(there, bought[j]));
            double b = fmax(share(back, sold[j]), share(back, bought[i]));
            out[i * n + j] = i == j ? 1 : fmax(a, b);
        }
    for (size_t i = 0; i < n; i++)
        if (!(sold[i] > 0) && !(bought[i] > 0)) erase(out, n, i);
    return AGL_OK;
}

/* ---- a common scale ---- */

agl_status agl_similarity_standardize(double *a, size_t n, size_t *unknown, agl_error *err) {
    agl_sum sum = {0, 0}, squares = {0, 0};
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            if (isnan(a[i * n + j])) continue;
            agl__sum_add(&sum, a[i * n + j]);
            count++;
        }
    if (unknown) *unknown = n * (n - (n > 0)) / 2 - count;
    double mean = count ? agl__sum_value(&sum) / (double)count : 0, largest = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            if (isnan(a[i * n + j])) continue;
            double d = a[i * n + j] - mean;
            agl__sum_add(&squares, d * d);
            largest = fmax(largest, fabs(a[i * n + j]));
        }
    double sd = count > 1 ? sqrt(agl__sum_value(&squares) / (double)count) : 0;
    if (!(sd > 1e-13 * largest))
        return agl_fail(err, AGL_EDATA,
                        "all pairs of industries are equally similar: nothing tells clusters apart");
    for (size_t i = 0; i < n; i++) {
        double most = -INFINITY;
        for (size_t j = 0; j < n; j++) {
            if (i == j) continue;
            a[i * n + j] = isnan(a[i * n + j]) ? 0 : (a[i * n + j] - mean) / sd;
            most = fmax(most, a[i * n + j]);
        }
        a[i * n + i] = most;
    }
    return AGL_OK;
}

agl_status agl_similarity_parts(size_t *parts, size_t *largest, const double *a, size_t n, agl_error *err) {
    size_t *queue = AGL_NEW(size_t, n);
    bool *seen = AGL_NEW(bool, n);
    *parts = 0;
    if (largest) *largest = 0;
    agl_status status = queue && seen ? AGL_OK : agl_fail_memory(err);
    for (size_t first = 0; first < n && status == AGL_OK; first++) {
        if (seen[first]) continue;
        size_t end = 0;
        queue[end++] = first;
        seen[first] = true;
        for (size_t at = 0; at < end; at++)
            for (size_t j = 0; j < n; j++)
                if (!seen[j] && a[queue[at] * n + j] > 0) {
                    seen[j] = true;
                    queue[end++] = j;
                }
        ++*parts;
        if (largest && end > *largest) *largest = end;
    }
    free(queue);
    free(seen);
    return status;
}

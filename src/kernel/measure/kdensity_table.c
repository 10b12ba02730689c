#include "kernel/measure/kdensity_table.h"
#include "base/mem.h"

#include <math.h>

static const double WINDOW = 6, MERGED_PER_H = 24;

/* Lower edge of merged bin b: bin 0, then groups of `merge`; the last may be short. */
static double edge_of(const double *edge, size_t bins, size_t merge, size_t b) {
    size_t k = b == 0 ? 0 : 1 + (b - 1) * merge;
    return edge[k < bins ? k : bins];
}

static double kernel(double r, double d, double variance, double h) {
    double narrowed = sqrt(h * h - variance), u = (r - d) / narrowed, v = (r + d) / narrowed;
    return (exp(-0.5 * u * u) + exp(-0.5 * v * v)) / (narrowed * sqrt(2 * M_PI));
}

/* Bins that matter at r: within the window of r, which holds that of -r. `at` are their places, ascending. */
static void reach(size_t *first, size_t *count, const double *at, size_t bins, double r, double h) {
    size_t b = 0;
    while (b < bins && at[b] < r - WINDOW * h)
        b++;
    *first = b;
    while (b < bins && at[b] <= r + WINDOW * h)
        b++;
    *count = b - *first;
}

/* `variance` of the mass within each bin, or NULL. */
static agl_status fill(agl_kd_table *t, const double *at, const double *variance, size_t bins,
                       const double *r, double h, agl_error *err) {
    size_t total = 0;
    t->first = AGL_NEW(size_t, t->n_r);
    t->count = AGL_NEW(size_t, t->n_r);
    t->start = AGL_NEW(size_t, t->n_r);
    if (!t->first || !t->count || !t->start) return agl_fail_memory(err);
    for (size_t i = 0; i < t->n_r; i++) {
        reach(&t->first[i], &t->count[i], at, bins, r[i], h);
        t->start[i] = total;
        total += t->count[i];
    }
    t->weight = AGL_NEW(double, total);
    if (!t->weight) return agl_fail_memory(err);
    for (size_t i = 0; i < t->n_r; i++)
        for (size_t k = 0; k < t->count[i]; k++) {
            size_t b = t->first[i] + k;
            t->weight[t->start[i] + k] = kernel(r[i], at[b], variance ? variance[b] : 0, h);
        }
    return AGL_OK;
}

agl_status agl__kd_table_new(agl_kd_table *out, const double *edge, size_t bins, const double *r, size_t n_r,
                             double h, agl_error *err) {
    *out = (agl_kd_table){.n_r = n_r, .merge = 1};
    double width = (edge[bins] - edge[0]) / (double)bins;
    while ((double)(out->merge * 2) * width * MERGED_PER_H <= h)
        out->merge *= 2;
    size_t merged = 1 + (bins - 1 + out->merge - 1) / out->merge;
    double *at = AGL_NEW(double, merged), *variance = AGL_NEW(double, merged);
    agl_status status = at && variance ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (size_t b = 0; b < merged; b++) {
            double low = edge_of(edge, bins, out->merge, b), high = edge_of(edge, bins, out->merge, b + 1);
            at[b] = (low + high) / 2;
            variance[b] = (high - low) * (high - low) / 12;
        }
        status = fill(out, at, variance, merged, r, h, err);
    }
    free(at);
    free(variance);
    if (status != AGL_OK) agl__kd_table_free(out);
    return status;
}

agl_status agl__kd_table_at(agl_kd_table *out, const double *at, size_t bins, const double *r, size_t n_r,
                            double h, agl_error *err) {
    *out = (agl_kd_table){.n_r = n_r, .merge = 1};
    agl_status status = fill(out, at, NULL, bins, r, h, err);
    if (status != AGL_OK) agl__kd_table_free(out);
    return status;
}

void agl__kd_table_free(agl_kd_table *table) {
    free(table->first);
    free(table->count);
    free(table->start);
    free(table->weight);
    *table = (agl_kd_table){0};
}

void agl__kd_table_apply(float *kd, const agl_kd_table *table, const double *mass, size_t bins, double total,
                         double *merged) {
    if (table->merge > 1) {
        merged[0] = mass[0];
        for (size_t b = 1, k = 1; k < bins; b++) {
            double sum = 0;
            for (size_t stop = k + table->merge; k < stop && k < bins; k++)
                sum += mass[k];
            merged[b] = sum;
        }
        mass = merged;
    }
    for (size_t i = 0; i < table->n_r; i++) {
        const double *m = mass + table->first[i], *w = table->weight + table->start[i];
        double even = 0, odd = 0;
        size_t k = 0;
        for (; k + 2 <= table->count[i]; k += 2) {
            even += m[k] * w[k];
            odd += m[k + 1] * w[k + 1];
        }
        if (k < table->count[i]) even += m[k] * w[k];
        kd[i] = (float)((even + odd) / total);
    }
}

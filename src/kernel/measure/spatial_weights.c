#include "agglo/spatial_weights.h"
#include "base/mem.h"
#include "base/sum.h"
#include "kernel/measure/spatial_weights.h"

#include <math.h>
#include <string.h>

void agl_spatial_weights_free(agl_spatial_weights *w) {
    if (!w) return;
    free(w->start);
    free(w->to);
    free(w->weight);
    *w = (agl_spatial_weights){0};
}

agl_status agl__spatial_weights_room(agl_spatial_weights *out, size_t n, size_t pairs, agl_error *err) {
    *out = (agl_spatial_weights){.n = n,
                                 .start = AGL_NEW(size_t, n + 1),
                                 .to = AGL_NEW(int32_t, pairs),
                                 .weight = AGL_NEW(double, pairs)};
    if (out->start && out->to && out->weight) return AGL_OK;
    agl_spatial_weights_free(out);
    return agl_fail_memory(err);
}

typedef struct entry {
    int32_t to;
    double weight;
} entry;

static int by_target(const void *a, const void *b) {
    const entry *p = a, *q = b;
    return (p->to > q->to) - (p->to < q->to);
}

void agl__spatial_weights_sort_row(int32_t *to, double *weight, size_t k, void *scratch) {
    bool sorted = true;
    for (size_t s = 1; s < k && sorted; s++)
        sorted = to[s - 1] < to[s];
    if (sorted) return;
    entry *e = scratch;
    for (size_t s = 0; s < k; s++)
        e[s] = (entry){to[s], weight[s]};
    qsort(e, k, sizeof *e, by_target);
    for (size_t s = 0; s < k; s++) {
        to[s] = e[s].to;
        weight[s] = e[s].weight;
    }
}

size_t agl__spatial_weights_scratch(void) { return sizeof(entry); }

static agl_status check_pairs(size_t n, const int32_t *source, const int32_t *target, const double *weight,
                              size_t m, agl_error *err) {
    for (size_t k = 0; k < m; k++) {
        if (source[k] < 0 || target[k] < 0 || (size_t)source[k] >= n || (size_t)target[k] >= n)
            return agl_fail(err, AGL_EDATA, "pair %zu names a region outside 0 to %zu", k, n - 1);
        if (source[k] == target[k])
            return agl_fail(err, AGL_EDATA,
                            "pair %zu makes region %d its own neighbour; leave such pairs out", k, source[k]);
        if (weight && !(weight[k] >= 0 && isfinite(weight[k])))
            return agl_fail(err, AGL_EDATA, "pair %zu has the weight %g; weights are finite and not negative",
                            k, weight[k]);
    }
    return AGL_OK;
}

/** Sorts the rows and looks for a pair that occurs twice. */
static agl_status sort_rows(agl_spatial_weights *w, agl_error *err) {
    size_t longest = 0;
    for (size_t i = 0; i < w->n; i++)
        if (w->start[i + 1] - w->start[i] > longest) longest = w->start[i + 1] - w->start[i];
    entry *scratch = AGL_NEW(entry, longest);
    if (!scratch) return agl_fail_memory(err);
    agl_status status = AGL_OK;
    for (size_t i = 0; i < w->n && status == AGL_OK; i++) {
        size_t first = w->start[i], k = w->start[i + 1] - first;
        agl__spatial_weights_sort_row(w->to + first, w->weight + first, k, scratch);
        for (size_t s = 1; s < k && status == AGL_OK; s++)
            if (w->to[first + s] == w->to[first + s - 1])
                status = agl_fail(err, AGL_EDATA, "the pair of regions %zu and %d is given twice", i,
                                  w->to[first + s]);
    }
    free(scratch);
    return status;
}

agl_status agl_spatial_weights_pairs(agl_spatial_weights *out, size_t n, const int32_t *source,
                                     const int32_t *target, const double *weight, size_t m, agl_error *err) {
    *out = (agl_spatial_weights){0};
    agl_status status = check_pairs(n, source, target, weight, m, err);
    if (status == AGL_OK) status = agl__spatial_weights_room(out, n, m, err);
    if (status != AGL_OK) return status;
    for (size_t k = 0; k < m; k++)
        out->start[source[k] + 1]++;
    for (size_t i = 0; i < n; i++)
        out->start[i + 1] += out->start[i];
    size_t *at = AGL_NEW(size_t, n);
    if (!at) {
        agl_spatial_weights_free(out);
        return agl_fail_memory(err);
    }
    memcpy(at, out->start, n * sizeof *at);
    for (size_t k = 0; k < m; k++) {
        size_t to = at[source[k]]++;
        out->to[to] = target[k];
        out->weight[to] = weight ? weight[k] : 1;
    }
    free(at);
    status = sort_rows(out, err);
    if (status != AGL_OK) agl_spatial_weights_free(out);
    return status;
}

void agl_spatial_weights_standardise(agl_spatial_weights *w) {
    for (size_t i = 0; i < w->n; i++) {
        double sum = agl__sum(w->weight + w->start[i], w->start[i + 1] - w->start[i]);
        if (!(sum > 0)) continue;
        for (size_t s = w->start[i]; s < w->start[i + 1]; s++)
            w->weight[s] /= sum;
    }
}

/** w_ij, 0 when j is no neighbour of i: bisection in the sorted row. */
static double weight_of(const agl_spatial_weights *w, size_t i, int32_t j) {
    size_t lo = w->start[i], hi = w->start[i + 1];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->to[mid] < j)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < w->start[i + 1] && w->to[lo] == j ? w->weight[lo] : 0;
}

agl_status agl_spatial_weights_sums(agl_weight_sums *out, const agl_spatial_weights *w, agl_error *err) {
    double *both = AGL_NEW(double, w->n); /* w_i. + w_.i */
    if (!both) return agl_fail_memory(err);
    agl_sum s0 = {0}, s1 = {0}, s2 = {0};
    *out = (agl_weight_sums){0};
    for (size_t i = 0; i < w->n; i++) {
        double row = 0;
        for (size_t s = w->start[i]; s < w->start[i + 1]; s++) {
            double a = w->weight[s];
            row += a;
            both[w->to[s]] += a;
            /* 1/2 sum (w_ij + w_ji)^2 = sum w_ij^2 + sum w_ij w_ji, both over the ordered pairs */
            agl__sum_add(&s1, a * (a + weight_of(w, (size_t)w->to[s], (int32_t)i)));
        }
        both[i] += row;
        agl__sum_add(&s0, row);
        out->islands += !(row > 0);
    }
    for (size_t i = 0; i < w->n; i++)
        agl__sum_add(&s2, both[i] * both[i]);
    out->s0 = agl__sum_value(&s0);
    out->s1 = agl__sum_value(&s1);
    out->s2 = agl__sum_value(&s2);
    free(both);
    return AGL_OK;
}

#include "op/network/removals.h"
#include "agglo/betweenness.h"
#include "base/mem.h"
#include "base/sort.h"
#include "kernel/graph/graph.h"

#include <math.h>
#include <string.h>

#define LOW  0.05 /* quantiles of the replicates */
#define HIGH 0.95

/* Shares of the nodes removed at which the network is looked at. */
static const double shares[] = {0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5};
enum { SHARES = sizeof shares / sizeof *shares, ARRAYS = 7 };
enum { ALL_SOURCES = 1000, SOURCES = 128 }; /* paths from all nodes up to so many; from so many beyond */

typedef struct work {
    agl_run *run;
    const agl_ctx *ctx;
    const agl_graph *g;
    int32_t *order, *largest; /* n, n + 1 */
} work;

/* ---- one order ---------------------------------------------------------------------------------- */

static double robustness(const int32_t *largest, int32_t n) {
    double sum = 0;
    for (int32_t k = 1; k <= n; k++)
        sum += largest[k];
    return sum / n / n;
}

static double half(const int32_t *largest, int32_t n) {
    for (int32_t k = 0; k <= n; k++)
        if (2 * (int64_t)largest[k] < largest[0]) return (double)k / n;
    return 1;
}

static agl_status follow(agl__removal *to, const agl__removals *r, work *w, uint32_t replicate,
                         agl_error *err) {
    int32_t n = w->g->n;
    agl_status status = agl_removal_largest(w->largest, w->g, w->order, err);
    if (status == AGL_OK)
        status = agl_removal_efficiency(to->efficiency, to->efficiency_error, w->g, w->order, r->left,
                                        r->stages, r->sources, replicate, w->ctx, err);
    if (status != AGL_OK) return status;
    double whole = to->efficiency[0];
    for (size_t i = 0; i < r->stages; i++) {
        to->largest[i] = (double)w->largest[r->left[i]] / n;
        to->efficiency[i] = whole > 0 ? to->efficiency[i] / whole : (double)NAN;
        to->efficiency_error[i] = whole > 0 ? to->efficiency_error[i] / whole : (double)NAN;
    }
    to->robustness = robustness(w->largest, n);
    to->half = half(w->largest, n);
    return AGL_OK;
}

/* ---- targeted ----------------------------------------------------------------------------------- */

typedef struct ranked {
    double value;
    int32_t node;
} ranked;

static int falling(const void *a, const void *b) {
    const ranked *p = a, *q = b;
    if (p->value != q->value) return p->value > q->value ? -1 : 1;
    return (p->node > q->node) - (p->node < q->node);
}

static agl_status betweenness(double *to, const agl_graph *g, size_t sources, const work *w, agl_error *err) {
    agl_betweenness_options o = AGL_BETWEENNESS_OPTIONS_INIT;
    o.sources = sources;
    return agl_betweenness(to, NULL, g, &o, w->ctx, err);
}

/* The nodes still there by falling value, from place `from` of the order. */
static void rank_rest(ranked *r, int32_t *order, int32_t from, const int32_t *id, int32_t n,
                      const double *value) {
    for (int32_t v = 0; v < n; v++)
        r[v] = (ranked){value[v], id ? id[v] : v};
    qsort(r, (size_t)n, sizeof *r, falling);
    for (int32_t v = 0; v < n; v++)
        order[from + v] = r[v].node;
}

/* Anew at each stage: ranks those who are left by their betweenness among themselves. */
static agl_status recompute(const agl__removals *r, work *w, ranked *rank, double *value, agl_error *err) {
    int32_t n = w->g->n;
    uint8_t *keep = AGL_NEW(uint8_t, n);
    int32_t *id = AGL_NEW(int32_t, n);
    agl_status status = keep && id ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 1; status == AGL_OK && i < r->stages; i++) {
        agl_graph rest = {0};
        int32_t gone = r->left[i];
        memset(keep, 1, (size_t)n);
        for (int32_t k = 0; k < gone; k++)
            keep[w->order[k]] = 0;
        status = agl_graph_induced(&rest, id, w->g, keep, err);
        if (status == AGL_OK) status = betweenness(value, &rest, r->sources, w, err);
        if (status == AGL_OK) rank_rest(rank, w->order, gone, id, n - gone, value);
        agl_graph_free(&rest);
    }
    free(keep);
    free(id);
    return status;
}

static agl_status by_betweenness(agl__removals *r, work *w, agl_error *err) {
    int32_t n = w->g->n;
    ranked *rank = AGL_NEW(ranked, n);
    double *value = AGL_NEW(double, n);
    agl_status status =
        rank && value ? betweenness(r->betweenness, w->g, r->sources, w, err) : agl_fail_memory(err);
    if (status == AGL_OK) rank_rest(rank, w->order, 0, NULL, n, r->betweenness);
    if (status == AGL_OK && agl__run_flag(w->run, "recompute")) status = recompute(r, w, rank, value, err);
    if (status == AGL_OK) status = follow(&r->of[AGL_REMOVE_BETWEENNESS], r, w, 0, err);
    free(rank);
    free(value);
    return status;
}

static agl_status by_degree(agl__removals *r, work *w, agl_error *err) {
    agl_status status = agl_degree_order(w->order, w->g, agl__run_flag(w->run, "recompute"), err);
    return status == AGL_OK ? follow(&r->of[AGL_REMOVE_DEGREE], r, w, 0, err) : status;
}

/* ---- random ------------------------------------------------------------------------------------- */

/* Mean and quantiles over the replicates of stage i: values[replicate * stages + i]. */
static void summarise(double *mean, double *low, double *high, const double *values, size_t n, size_t stages,
                      double *sorted) {
    for (size_t i = 0; i < stages; i++) {
        double sum = 0;
        for (size_t k = 0; k < n; k++)
            sum += sorted[k] = values[k * stages + i];
        qsort(sorted, n, sizeof *sorted, agl__ascending);
        mean[i] = sum / (double)n;
        low[i] = sorted[(size_t)floor(LOW * (double)(n - 1))];
        high[i] = sorted[(size_t)ceil(HIGH * (double)(n - 1))];
    }
}

static agl_status by_chance(agl__removals *r, work *w, agl_error *err) {
    size_t n = (size_t)agl__run_integer(w->run, "replicates"), stages = r->stages;
    agl__removal *to = &r->of[AGL_REMOVE_RANDOM];
    double *values = AGL_NEW(double, 2 * n * stages + n), *largest = values,
           *efficiency = values + n * stages;
    double mean_robustness = 0, mean_half = 0, variance = 0;
    agl_status status = values ? AGL_OK : agl_fail_memory(err);
    for (size_t k = 0; status == AGL_OK && k < n; k++) {
        agl_random_order(w->order, w->g->n, (uint32_t)k, w->ctx);
        status =
            follow(to, r, w, (uint32_t)k, err); /* other sources in every replicate: their error shows, too */
        if (status != AGL_OK) break;
        memcpy(largest + k * stages, to->largest, stages * sizeof *largest);
        memcpy(efficiency + k * stages, to->efficiency, stages * sizeof *efficiency);
        mean_robustness += to->robustness / (double)n;
        mean_half += to->half / (double)n;
        agl_progress(w->ctx, "random removal", (double)k + 1, (double)n);
    }
    if (status == AGL_OK) {
        double *sorted = values + 2 * n * stages;
        summarise(to->largest, to->largest_low, to->largest_high, largest, n, stages, sorted);
        summarise(to->efficiency, to->efficiency_low, to->efficiency_high, efficiency, n, stages, sorted);
        to->robustness = mean_robustness;
        to->half = mean_half;
        for (size_t i = 0; i < stages; i++) { /* of the mean over the replicates */
            variance = 0;
            for (size_t k = 0; k < n; k++) {
                double d = efficiency[k * stages + i] - to->efficiency[i];
                variance += d * d;
            }
            to->efficiency_error[i] = n > 1 ? sqrt(variance / (double)(n - 1) / (double)n) : (double)NAN;
        }
    }
    free(values);
    return status;
}

/* ---- all ---------------------------------------------------------------------------------------- */

static agl_status allocate(agl__removals *r, int32_t n, agl_error *err) {
    r->left = AGL_NEW(int32_t, SHARES);
    r->betweenness = AGL_NEW(double, n);
    if (!r->left || !r->betweenness) return agl_fail_memory(err);
    for (size_t i = 0; i < SHARES; i++) {
        int32_t k = (int32_t)floor(shares[i] * n + 0.5);
        if (r->stages == 0 || k > r->left[r->stages - 1]) r->left[r->stages++] = k;
    }
    double *at = r->values = AGL_NEW(double, (size_t)AGL_REMOVALS *ARRAYS * r->stages);
    if (!at) return agl_fail_memory(err);
    for (int k = 0; k < AGL_REMOVALS; k++) {
        agl__removal *to = &r->of[k];
        double **arrays[ARRAYS] = {&to->largest,         &to->largest_low,    &to->largest_high,
                                   &to->efficiency,      &to->efficiency_low, &to->efficiency_high,
                                   &to->efficiency_error};
        for (int a = 0; a < ARRAYS; a++, at += r->stages) {
            *arrays[a] = at;
            for (size_t i = 0; i < r->stages; i++)
                at[i] = NAN;
        }
    }
    return AGL_OK;
}

agl_status agl__removals_new(agl__removals *out, agl_run *run, const agl_graph *g, agl_error *err) {
    work w = {.run = run, .ctx = agl__run_ctx(run), .g = g};
    size_t tied = 0;
    int64_t asked = agl__run_integer(run, "sources");
    for (int32_t v = 0; v < g->n; v++)
        tied += agl__degree(g, v) > 0;
    if (asked <= 0) asked = g->n <= ALL_SOURCES ? INT64_MAX : SOURCES;
    *out = (agl__removals){.sources = (uint64_t)asked < tied ? (size_t)asked : 0};
    w.order = AGL_NEW(int32_t, g->n);
    w.largest = AGL_NEW(int32_t, (size_t)g->n + 1);
    agl_status status = w.order && w.largest ? allocate(out, g->n, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = by_betweenness(out, &w, err);
    if (status == AGL_OK) status = by_degree(out, &w, err);
    if (status == AGL_OK) status = by_chance(out, &w, err);
    free(w.order);
    free(w.largest);
    if (status != AGL_OK) agl__removals_free(out);
    return status;
}

void agl__removals_free(agl__removals *r) {
    free(r->left);
    free(r->betweenness);
    free(r->values);
    *r = (agl__removals){0};
}

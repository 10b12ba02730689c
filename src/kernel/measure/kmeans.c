#include "agglo/grouping.h"
#include "base/mem.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

/** Groups in the making. Everything that a move needs follows from the sums of distances to each group:
 *
 *     squared distance of i to the centre of c = toward[i,c] / n_c - inner[c] / n_c^2
 *
 * with toward[i,c] = sum over j in c of d_ij and inner[c] = half the sum over i in c of toward[i,c]. */
typedef struct groups {
    const double *d;
    size_t n, k;
    int32_t *cluster;
    double *toward; /* n x k */
    double *inner, *size;
    double *near; /* n: distance to the nearest seed */
} groups;

/* ---- start ---- */

/** Next seed: drawn with chance in proportion to the squared distance to the seeds so far; the first object
 * that is no seed when all others coincide with seeds. */
static size_t draw(const groups *g, agl_rng *rng) {
    double total = 0;
    size_t pick = SIZE_MAX;
    for (size_t i = 0; i < g->n; i++)
        total += g->near[i] > 0 ? g->near[i] : 0;
    double left = agl__rng_unit(rng) * total;
    for (size_t i = 0; i < g->n; i++) {
        if (g->near[i] < 0 || (total > 0 && g->near[i] == 0)) continue;
        pick = i; /* the last one, should rounding leave something over */
        if ((left -= g->near[i]) < 0 || total == 0) break;
    }
    return pick;
}

/** k-means++; each object goes to its nearest seed. */
static void seed(groups *g, agl_rng *rng) {
    for (size_t i = 0; i < g->n; i++)
        g->near[i] = INFINITY;
    for (size_t c = 0; c < g->k; c++) {
        size_t pick = c == 0 ? agl__rng_below(rng, (uint32_t)g->n) : draw(g, rng);
        for (size_t i = 0; i < g->n; i++)
            if (g->near[i] >= 0 && g->d[pick * g->n + i] < g->near[i]) {
                g->near[i] = g->d[pick * g->n + i];
                g->cluster[i] = (int32_t)c;
            }
        g->near[pick] = -1; /* a seed: never drawn again, and stays in its group, so that none is empty */
        g->cluster[pick] = (int32_t)c;
    }
}

/** All sums afresh from the groups, n^2. */
static void add_up(groups *g) {
    memset(g->toward, 0, g->n * g->k * sizeof *g->toward);
    memset(g->inner, 0, g->k * sizeof *g->inner);
    memset(g->size, 0, g->k * sizeof *g->size);
    for (size_t i = 0; i < g->n; i++) {
        for (size_t j = 0; j < g->n; j++)
            g->toward[i * g->k + (size_t)g->cluster[j]] += g->d[i * g->n + j];
        g->size[g->cluster[i]]++;
    }
    for (size_t i = 0; i < g->n; i++)
        g->inner[g->cluster[i]] += g->toward[i * g->k + (size_t)g->cluster[i]] / 2;
}

static double objective_of(const groups *g) {
    double w = 0;
    for (size_t c = 0; c < g->k; c++)
        w += g->inner[c] / g->size[c];
    return w;
}

/* ---- moves ---- */

static double distance(const groups *g, size_t i, size_t c) {
    double v = g->toward[i * g->k + c] / g->size[c] - g->inner[c] / (g->size[c] * g->size[c]);
    return v > 0 ? v : 0;
}

static void move(groups *g, size_t i, size_t from, size_t to) {
    g->inner[from] -= g->toward[i * g->k + from];
    g->inner[to] += g->toward[i * g->k + to];
    g->size[from]--, g->size[to]++;
    g->cluster[i] = (int32_t)to;
    for (size_t j = 0; j < g->n; j++) {
        g->toward[j * g->k + from] -= g->d[i * g->n + j];
        g->toward[j * g->k + to] += g->d[i * g->n + j];
    }
}

/** Offers every object its best move; returns the number of moves. Leaving c lowers W by n_c / (n_c - 1)
 * times the squared distance to its centre, entering b raises it by n_b / (n_b + 1) times. */
static size_t sweep(groups *g, double least) {
    size_t moves = 0;
    for (size_t i = 0; i < g->n; i++) {
        size_t own = (size_t)g->cluster[i], best = own;
        if (g->size[own] < 2) continue;
        double gain = g->size[own] / (g->size[own] - 1) * distance(g, i, own), cost = gain - least;
        for (size_t c = 0; c < g->k; c++) {
            if (c == own) continue;
            double enter = g->size[c] / (g->size[c] + 1) * distance(g, i, c);
            if (enter < cost) cost = enter, best = c;
        }
        if (best == own) continue;
        move(g, i, own, best);
        moves++;
    }
    return moves;
}

static agl_status one_start(groups *g, double *objective, const agl_kmeans_options *o, size_t start,
                            const agl_ctx *ctx, agl_error *err) {
    agl_rng rng = agl__rng(agl_seed(ctx), o->stream, (uint32_t)start);
    seed(g, &rng);
    add_up(g);
    double least = 1e-12 * (objective_of(g) + 1e-300);
    for (size_t s = 0; s < o->sweeps; s++) {
        if (agl_cancelled(ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        if (sweep(g, least) == 0) break;
    }
    add_up(g); /* sums afresh: many moves leave rounding behind */
    *objective = objective_of(g);
    return AGL_OK;
}

/** Numbers the groups by their smallest members. */
static void renumber(int32_t *to, const int32_t *from, int32_t *number, size_t n, size_t k) {
    int32_t next = 0;
    for (size_t c = 0; c < k; c++)
        number[c] = -1;
    for (size_t i = 0; i < n; i++) {
        if (number[from[i]] < 0) number[from[i]] = next++;
        to[i] = number[from[i]];
    }
}

static agl_status best_start(groups *g, int32_t *cluster, double *objective, const agl_kmeans_options *o,
                             const agl_ctx *ctx, agl_error *err) {
    int32_t *number = AGL_NEW(int32_t, g->k);
    if (!number) return agl_fail_memory(err);
    agl_status status = AGL_OK;
    double best = INFINITY;
    for (size_t start = 0; start < (o->starts ? o->starts : 1) && status == AGL_OK; start++) {
        double w = INFINITY;
        status = one_start(g, &w, o, start, ctx, err);
        if (status != AGL_OK || !(w < best)) continue;
        best = w;
        renumber(cluster, g->cluster, number, g->n, g->k);
    }
    if (objective) *objective = best;
    free(number);
    return status;
}

agl_status agl_kmeans(int32_t *cluster, double *objective, const double *d, size_t n, size_t k,
                      const agl_kmeans_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_kmeans_options o = AGL_KMEANS_OPTIONS_INIT;
    if (options) o = *options;
    if (k == 0 || k > n || n > INT32_MAX)
        return agl_fail(err, AGL_EUSAGE, "%zu clusters of %zu objects cannot be made", k, n);
    groups g = {.d = d, .n = n, .k = k};
    g.cluster = AGL_NEW(int32_t, n);
    g.toward = AGL_NEW(double, n *k);
    g.inner = AGL_NEW(double, k);
    g.size = AGL_NEW(double, k);
    g.near = AGL_NEW(double, n);
    agl_status status = g.cluster && g.toward && g.inner && g.size && g.near
                            ? best_start(&g, cluster, objective, &o, ctx, err)
                            : agl_fail_memory(err);
    free(g.cluster);
    free(g.toward);
    free(g.inner);
    free(g.size);
    free(g.near);
    return status;
}

/* What the exit of each of several sets of nodes costs the network. */
#include "agglo/resilience.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/graph/graph.h"
#include "kernel/network/harmonic.h"

#include <math.h>
#include <string.h>

#define ROUNDING 1e-13 /* share of the efficiency that counts as no loss */

typedef struct scratch {
    agl__harmonic h;
    uint8_t *gone;
} scratch;

typedef struct job {
    const agl_graph *g;
    const int32_t *set_of;
    int32_t sets;
    int32_t *source, *largest;
    size_t sources, batches, population;
    double *sum;   /* sources: T_s */
    double *part;  /* sources x sets: B_s */
    double *after; /* sets x sources: A_s */
    scratch *scratch;
    const agl_ctx *ctx;
} job;

static agl_status prepare(job *j, int worker, agl_error *err) {
    scratch *s = &j->scratch[worker];
    if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
    if (s->gone) return AGL_OK;
    s->gone = AGL_NEW(uint8_t, j->g->n);
    return s->gone ? agl__harmonic_new(&s->h, j->g->n, err) : agl_fail_memory(err);
}

static int32_t batch_size(const job *j, size_t first) {
    return (int32_t)(j->sources - first < AGL__LANES ? j->sources - first : AGL__LANES);
}

static agl_status whole(void *arg, size_t batch, int worker, agl_error *err) {
    job *j = arg;
    size_t first = batch * AGL__LANES;
    agl_status status = prepare(j, worker, err);
    if (status == AGL_OK)
        agl__harmonic_sums(j->sum + first, j->part + first * (size_t)j->sets, &j->scratch[worker].h, j->g,
                           NULL, j->source + first, batch_size(j, first), j->set_of, j->sets);
    return status;
}

static agl_status without_set(void *arg, size_t task, int worker, agl_error *err) {
    job *j = arg;
    size_t set = task / j->batches, first = task % j->batches * AGL__LANES;
    agl_status status = prepare(j, worker, err);
    if (status != AGL_OK) return status;
    scratch *s = &j->scratch[worker];
    for (int32_t v = 0; v < j->g->n; v++)
        s->gone[v] = j->set_of[v] == (int32_t)set;
    agl__harmonic_sums(j->after + set * j->sources + first, NULL, &s->h, j->g, s->gone, j->source + first,
                       batch_size(j, first), NULL, 0);
    return AGL_OK;
}

/* Largest component without the set: searches that never enter it. */
static agl_status largest_without(void *arg, size_t set, int worker, agl_error *err) {
    job *j = arg;
    const agl_graph *g = j->g;
    int32_t most = 0;
    agl_status status = prepare(j, worker, err);
    if (status != AGL_OK) return status;
    uint8_t *gone = j->scratch[worker].gone;
    int32_t *queue = j->scratch[worker].h.active;
    for (int32_t v = 0; v < g->n; v++)
        gone[v] = j->set_of[v] == (int32_t)set;
    for (int32_t v = 0; v < g->n; v++) {
        if (gone[v]) continue;
        int32_t head = 0, tail = 0;
        queue[tail++] = v;
        gone[v] = 1;
        while (head < tail) {
            int32_t u = queue[head++];
            for (size_t a = g->offset[u]; a < g->offset[u + 1]; a++) {
                int32_t w = g->neighbour[a];
                if (gone[w]) continue;
                gone[w] = 1;
                queue[tail++] = w;
            }
        }
        if (tail > most) most = tail;
    }
    j->largest[set] = most;
    return AGL_OK;
}

/* Sources outside the set (0) and inside it (1): how many nodes with ties, how many of them were drawn. */
typedef struct strata {
    double nodes[2], drawn[2];
} strata;

/* Ratio of two sums over all nodes from the sources drawn of each stratum, and its standard error (Cochran
 * 1977, eq. 6.51). `inside`[k] = the stratum of source k; with `both` false only those outside count. */
static void ratio(double *value, double *error, const double *y, const double *x, const uint8_t *inside,
                  size_t m, const strata *st, bool both) {
    double above = 0, below = 0, mean[2] = {0, 0}, squares[2] = {0, 0}, variance = 0;
    for (size_t k = 0; k < m; k++) {
        double share = st->nodes[inside[k]] / st->drawn[inside[k]];
        if (inside[k] && !both) continue;
        above += share * y[k];
        below += share * x[k];
    }
    *value = *error = NAN;
    if (!(below > 0)) return;
    *value = fabs(above) > ROUNDING * below ? above / below : 0;
    for (size_t k = 0; k < m; k++)
        mean[inside[k]] += (y[k] - *value * x[k]) / st->drawn[inside[k]];
    for (size_t k = 0; k < m; k++) {
        double e = y[k] - *value * x[k] - mean[inside[k]];
        squares[inside[k]] += e * e;
    }
    for (int h = 0; h < (both ? 2 : 1); h++)
        if (st->drawn[h] > 1 && st->drawn[h] < st->nodes[h])
            variance += st->nodes[h] * st->nodes[h] * (1 - st->drawn[h] / st->nodes[h]) * squares[h] /
                        (st->drawn[h] - 1) / st->drawn[h];
    *error = sqrt(variance) / below;
}

typedef struct work {
    double *y, *x;   /* sources */
    uint8_t *inside; /* sources */
} work;

/* The sums over sources inside the set are written as sums over those outside, which meet the same pairs from
 * the other end: a set of one node, which is hardly ever drawn, then takes nothing from the precision. */
static void settle(agl_exit_loss *loss, const job *j, int32_t set, work *w) {
    const double *after = j->after + (size_t)set * j->sources;
    strata st = {{0, 0}, {0, 0}};
    bool nobody = true;
    for (int32_t v = 0; v < j->g->n; v++) {
        nobody = nobody && j->set_of[v] != set;
        st.nodes[j->set_of[v] == set] += agl__degree(j->g, v) > 0;
    }
    for (size_t k = 0; k < j->sources; k++) {
        double within = j->part[k * (size_t)j->sets + (size_t)set], all = j->sum[k];
        w->inside[k] = j->set_of[j->source[k]] == set;
        st.drawn[w->inside[k]]++;
        w->x[k] = w->inside[k] ? within : all + within;
        w->y[k] = w->inside[k] ? within : all + within - after[k];
    }
    ratio(&loss->total, &loss->total_error, w->y, w->x, w->inside, j->sources, &st, true);
    for (size_t k = 0; k < j->sources; k++) {
        double within = j->part[k * (size_t)j->sets + (size_t)set], all = j->sum[k];
        w->x[k] = w->inside[k] ? 0 : all - within;
        w->y[k] = w->inside[k] ? 0 : all - within - after[k];
    }
    ratio(&loss->others, &loss->others_error, w->y, w->x, w->inside, j->sources, &st, false);
    if (nobody) loss->total = loss->total_error = loss->others = loss->others_error = NAN;
    loss->largest = j->largest[set];
}

static agl_status compute(agl_exit_loss *loss, job *j, agl_error *err) {
    size_t sets = (size_t)j->sets;
    agl_status status = agl__parallel(j->batches, whole, j, NULL, j->ctx, err);
    if (status == AGL_OK) status = agl__parallel(sets * j->batches, without_set, j, "exits", j->ctx, err);
    if (status == AGL_OK) status = agl__parallel(sets, largest_without, j, NULL, j->ctx, err);
    if (status != AGL_OK) return status;
    work w = {AGL_NEW(double, j->sources), AGL_NEW(double, j->sources), AGL_NEW(uint8_t, j->sources)};
    bool ok = w.y && w.x && w.inside;
    for (int32_t set = 0; ok && set < j->sets; set++)
        settle(&loss[set], j, set, &w);
    free(w.y);
    free(w.x);
    free(w.inside);
    return ok ? AGL_OK : agl_fail_memory(err);
}

/* The graph, the sets and the sources under the names that make searches fast. */
static agl_status rename_all(job *j, agl_graph *fast, int32_t *renamed, const agl_graph *g,
                             const int32_t *set_of, agl_error *err) {
    int32_t *new_id = NULL;
    agl_status status = agl__busiest_first(fast, &new_id, g, err);
    for (size_t k = 0; status == AGL_OK && k < j->sources; k++)
        j->source[k] = new_id[j->source[k]];
    for (int32_t v = 0; status == AGL_OK && v < g->n; v++)
        renamed[new_id[v]] = set_of[v];
    free(new_id);
    j->g = fast;
    j->set_of = renamed;
    j->batches = (j->sources + AGL__LANES - 1) / AGL__LANES;
    return status;
}

static agl_status allocate(job *j, agl_error *err) {
    size_t sets = (size_t)j->sets;
    j->largest = AGL_NEW(int32_t, sets);
    j->scratch = AGL_NEW(scratch, agl_threads(j->ctx));
    j->sum = AGL_NEW(double, j->sources);
    j->part = AGL_NEW(double, j->sources *sets);
    j->after = AGL_NEW(double, j->sources *sets);
    return j->largest && j->scratch && j->sum && j->part && j->after ? AGL_OK : agl_fail_memory(err);
}

static void job_free(job *j) {
    for (int w = 0; j->scratch && w < agl_threads(j->ctx); w++) {
        agl__harmonic_free(&j->scratch[w].h);
        free(j->scratch[w].gone);
    }
    free(j->scratch);
    free(j->largest);
    free(j->source);
    free(j->sum);
    free(j->part);
    free(j->after);
}

/* E from the sums of the sources. */
static double mean_efficiency(const job *j, int32_t n) {
    double total = 0;
    if (n < 2) return NAN;
    if (j->sources == 0) return 0;
    for (size_t k = 0; k < j->sources; k++)
        total += j->sum[k];
    return total * (double)j->population / (double)j->sources / ((double)n * (n - 1.0));
}

agl_status agl_exit_losses(agl_exit_loss *loss, double *efficiency, const agl_graph *graph,
                           const int32_t *set_of, int32_t sets, size_t sources, const agl_ctx *ctx,
                           agl_error *err) {
    if (graph->directed) return agl_fail(err, AGL_EDATA, "resilience needs undirected ties");
    for (int32_t v = 0; v < graph->n; v++)
        if (set_of[v] >= sets)
            return agl_fail(err, AGL_EDATA, "node %d is in set %d of %d", v, set_of[v], sets);
    int32_t *renamed = AGL_NEW(int32_t, graph->n);
    agl_graph fast = {0};
    job j = {.sets = sets, .ctx = ctx};
    agl_status status =
        renamed ? agl__draw_tied(&j.source, &j.sources, &j.population, graph, sources, 0, ctx, err)
                : agl_fail_memory(err);
    if (status == AGL_OK) status = rename_all(&j, &fast, renamed, graph, set_of, err);
    if (status == AGL_OK) status = allocate(&j, err);
    if (status == AGL_OK) status = compute(loss, &j, err);
    if (status == AGL_OK) *efficiency = mean_efficiency(&j, graph->n);
    job_free(&j);
    free(renamed);
    agl_graph_free(&fast);
    return status;
}

/* Orders of removal, the largest component and the efficiency along them. */
#include "agglo/resilience.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/graph/graph.h"
#include "kernel/network/harmonic.h"

#include <math.h>
#include <string.h>

static agl_status undirected(const agl_graph *g, agl_error *err) {
    return g->directed ? agl_fail(err, AGL_EDATA, "resilience needs undirected ties") : AGL_OK;
}

/* ---- largest component -------------------------------------------------------------------------- */

static int32_t root_of(int32_t *parent, int32_t v) {
    while (parent[v] != v) {
        parent[v] = parent[parent[v]];
        v = parent[v];
    }
    return v;
}

static int32_t join(int32_t *parent, int32_t *size, int32_t a, int32_t b) {
    a = root_of(parent, a);
    b = root_of(parent, b);
    if (a == b) return size[a];
    if (size[a] < size[b]) {
        int32_t swap = a;
        a = b;
        b = swap;
    }
    parent[b] = a;
    size[a] += size[b];
    return size[a];
}

/* Brings v back and joins it to those neighbours that are there; returns the size of its component. */
static int32_t bring_back(int32_t *parent, int32_t *size, const agl_graph *g, int32_t v) {
    int32_t joined = 1;
    parent[v] = v;
    size[v] = 1;
    for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
        if (parent[g->neighbour[a]] >= 0) joined = join(parent, size, v, g->neighbour[a]);
    return joined;
}

agl_status agl_removal_largest(int32_t *largest, const agl_graph *graph, const int32_t *order,
                               agl_error *err) {
    int32_t n = graph->n;
    agl_status status = undirected(graph, err);
    if (status != AGL_OK) return status;
    int32_t *parent = AGL_NEW(int32_t, n), *size = AGL_NEW(int32_t, n);
    if (!parent || !size) {
        status = agl_fail_memory(err);
        goto out;
    }
    memset(parent, 0xff, (size_t)n * sizeof *parent); /* -1: not there */
    largest[n] = 0;
    for (int32_t k = n; k-- > 0;) {
        int32_t v = order[k];
        if (v < 0 || v >= n || parent[v] >= 0) {
            status = agl_fail(err, AGL_EDATA, "the order of removal is no permutation of the nodes");
            goto out;
        }
        int32_t joined = bring_back(parent, size, graph, v);
        largest[k] = joined > largest[k + 1] ? joined : largest[k + 1];
    }
out:
    free(parent);
    free(size);
    return status;
}

/* ---- orders ------------------------------------------------------------------------------------- */

/* Nodes in lists by their degree. */
typedef struct lists {
    int32_t *head, *before, *after, *degree;
} lists;

static void put(lists *l, int32_t v) {
    int32_t d = l->degree[v];
    l->before[v] = -1;
    l->after[v] = l->head[d];
    if (l->head[d] >= 0) l->before[l->head[d]] = v;
    l->head[d] = v;
}

static void take_out(lists *l, int32_t v) {
    if (l->before[v] >= 0)
        l->after[l->before[v]] = l->after[v];
    else
        l->head[l->degree[v]] = l->after[v];
    if (l->after[v] >= 0) l->before[l->after[v]] = l->before[v];
}

static void remove_by_degree(int32_t *order, lists *l, const agl_graph *g, bool adaptive) {
    int32_t most = 0, n = g->n;
    for (int32_t v = n; v-- > 0;) { /* from behind: the lowest node heads its list */
        l->degree[v] = (int32_t)agl__degree(g, v);
        if (l->degree[v] > most) most = l->degree[v];
        put(l, v);
    }
    for (int32_t k = 0; k < n; k++) {
        while (l->head[most] < 0)
            most--;
        int32_t v = order[k] = l->head[most];
        take_out(l, v);
        l->degree[v] = -1;
        for (size_t a = g->offset[v]; adaptive && a < g->offset[v + 1]; a++) {
            int32_t u = g->neighbour[a];
            if (l->degree[u] < 0) continue;
            take_out(l, u);
            l->degree[u]--;
            put(l, u);
        }
    }
}

agl_status agl_degree_order(int32_t *order, const agl_graph *graph, bool adaptive, agl_error *err) {
    agl_status status = undirected(graph, err);
    if (status != AGL_OK) return status;
    int32_t n = graph->n;
    lists l = {.head = AGL_NEW(int32_t, (size_t)n + 1),
               .before = AGL_NEW(int32_t, n),
               .after = AGL_NEW(int32_t, n),
               .degree = AGL_NEW(int32_t, n)};
    if (l.head && l.before && l.after && l.degree) {
        memset(l.head, 0xff, ((size_t)n + 1) * sizeof *l.head);
        remove_by_degree(order, &l, graph, adaptive);
    } else {
        status = agl_fail_memory(err);
    }
    free(l.head);
    free(l.before);
    free(l.after);
    free(l.degree);
    return status;
}

void agl_random_order(int32_t *order, int32_t n, uint32_t replicate, const agl_ctx *ctx) {
    agl_rng rng = agl__rng(agl_seed(ctx), replicate, 1);
    for (int32_t v = 0; v < n; v++) { /* Fisher and Yates, from the inside out */
        int32_t at = (int32_t)agl__rng_below(&rng, (uint32_t)v + 1);
        order[v] = order[at];
        order[at] = v;
    }
}

/* ---- efficiency --------------------------------------------------------------------------------- */

typedef struct scratch {
    agl__harmonic h;
    uint8_t *gone;
} scratch;

typedef struct job {
    const agl_graph *g;
    const int32_t *order, *left;
    const int32_t *source;
    size_t sources, batches;
    double *sum; /* stages x sources */
    scratch *scratch;
    const agl_ctx *ctx;
} job;

static agl_status one_batch(void *arg, size_t task, int worker, agl_error *err) {
    job *j = arg;
    scratch *s = &j->scratch[worker];
    size_t stage = task / j->batches, first = task % j->batches * AGL__LANES, count = j->sources - first;
    if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
    if (!s->gone) {
        agl_status status = agl__harmonic_new(&s->h, j->g->n, err);
        if (status != AGL_OK) return status;
        s->gone = AGL_NEW(uint8_t, j->g->n);
        if (!s->gone) return agl_fail_memory(err);
    }
    memset(s->gone, 0, (size_t)j->g->n);
    for (int32_t k = 0; k < j->left[stage]; k++)
        s->gone[j->order[k]] = 1;
    if (count > AGL__LANES) count = AGL__LANES;
    agl__harmonic_sums(j->sum + stage * j->sources + first, NULL, &s->h, j->g, s->gone, j->source + first,
                       (int32_t)count, NULL, 0);
    return AGL_OK;
}

/* Mean of the sums of one stage, and its standard error. */
static void average(double *efficiency, double *error, const double *sum, size_t m, size_t population,
                    int32_t n) {
    double total = 0, squares = 0, M = (double)population, pairs = (double)n * (n - 1.0);
    for (size_t k = 0; k < m; k++)
        total += sum[k];
    for (size_t k = 0; k < m; k++)
        squares += (sum[k] - total / (double)m) * (sum[k] - total / (double)m);
    *efficiency = m > 0 ? M * total / (double)m / pairs : n > 1 ? 0 : NAN;
    if (!error) return;
    double variance = m > 1 ? squares / (double)(m - 1) : 0;
    *error = m > 0 ? M * sqrt((1 - (double)m / M) * variance / (double)m) / pairs : 0;
}

/* The graph, the order and the sources under the names that make searches fast. */
static agl_status rename_all(job *j, agl_graph *fast, int32_t *renamed, int32_t *source, const agl_graph *g,
                             const int32_t *order, agl_error *err) {
    int32_t *new_id = NULL;
    agl_status status = agl__busiest_first(fast, &new_id, g, err);
    for (size_t k = 0; status == AGL_OK && k < j->sources; k++)
        source[k] = new_id[source[k]];
    for (int32_t k = 0; status == AGL_OK && k < g->n; k++)
        renamed[k] = new_id[order[k]];
    free(new_id);
    j->g = fast;
    j->order = renamed;
    j->source = source;
    j->batches = (j->sources + AGL__LANES - 1) / AGL__LANES;
    return status;
}

static agl_status search_all(job *j, size_t stages, agl_error *err) {
    int workers = agl_threads(j->ctx);
    j->sum = AGL_NEW(double, stages * j->sources);
    j->scratch = AGL_NEW(scratch, workers);
    agl_status status = j->sum && j->scratch ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__parallel(stages * j->batches, one_batch, j, NULL, j->ctx, err);
    for (int w = 0; j->scratch && w < workers; w++) {
        agl__harmonic_free(&j->scratch[w].h);
        free(j->scratch[w].gone);
    }
    free(j->scratch);
    return status;
}

agl_status agl_removal_efficiency(double *efficiency, double *error, const agl_graph *graph,
                                  const int32_t *order, const int32_t *left, size_t stages, size_t sources,
                                  uint32_t replicate, const agl_ctx *ctx, agl_error *err) {
    agl_status status = undirected(graph, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < stages; i++)
        if (left[i] < 0 || left[i] > graph->n)
            return agl_fail(err, AGL_EDATA, "%d of %d nodes cannot leave", left[i], graph->n);
    size_t population;
    int32_t *source = NULL, *renamed = AGL_NEW(int32_t, graph->n);
    agl_graph fast = {0};
    job j = {.left = left, .ctx = ctx};
    status = renamed ? agl__draw_tied(&source, &j.sources, &population, graph, sources, replicate, ctx, err)
                     : agl_fail_memory(err);
    if (status == AGL_OK) status = rename_all(&j, &fast, renamed, source, graph, order, err);
    if (status == AGL_OK) status = search_all(&j, stages, err);
    for (size_t i = 0; status == AGL_OK && i < stages; i++)
        average(&efficiency[i], error ? &error[i] : NULL, j.sum + i * j.sources, j.sources, population,
                graph->n);
    free(j.sum);
    free(source);
    free(renamed);
    agl_graph_free(&fast);
    return status;
}

/* Shortest paths from some nodes to all, as a matrix. */
#include "agglo/hubs.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/graph/graph.h"
#include "kernel/graph/heap.h"

#include <math.h>

typedef struct scratch {
    int32_t *queue, *steps, *place; /* n: reached or heap; steps or -1; place in the heap */
    double *far;                    /* n */
} scratch;

typedef struct job {
    double *distance;
    const agl_graph *g;
    const double *length;
    const int32_t *source;
    size_t n_sources;
    scratch *scratch;
} job;

static agl_status scratch_new(scratch *s, const job *j, agl_error *err) {
    size_t n = (size_t)j->g->n;
    s->queue = AGL_NEW(int32_t, n);
    s->steps = AGL_NEW(int32_t, j->length ? 0 : n);
    s->place = AGL_NEW(int32_t, j->length ? n : 0);
    s->far = AGL_NEW(double, j->length ? n : 0);
    if (!s->queue || !s->steps || !s->place || !s->far) return agl_fail_memory(err);
    for (size_t v = 0; v < n; v++) {
        if (j->length)
            s->place[v] = -1;
        else
            s->steps[v] = -1;
    }
    return AGL_OK;
}

static void by_steps(const job *j, scratch *s, size_t k) {
    int32_t reached = agl__bfs(s->queue, s->steps, j->g, j->source[k]);
    for (int32_t v = 0; v < j->g->n; v++)
        j->distance[(size_t)v * j->n_sources + k] = s->steps[v] < 0 ? (double)NAN : s->steps[v];
    agl__bfs_reset(s->steps, s->queue, reached);
}

/* Dijkstra. */
static void by_length(const job *j, scratch *s, size_t k) {
    const agl_graph *g = j->g;
    agl__heap heap = {.node = s->queue, .place = s->place, .distance = s->far};
    for (int32_t v = 0; v < g->n; v++)
        s->far[v] = INFINITY;
    s->far[j->source[k]] = 0;
    agl__heap_raise(&heap, j->source[k]);
    while (heap.n > 0) {
        int32_t v = agl__heap_pop(&heap);
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
            int32_t u = g->neighbour[a];
            double d = s->far[v] + j->length[a];
            if (!(d < s->far[u])) continue;
            s->far[u] = d;
            agl__heap_raise(&heap, u);
        }
    }
    for (int32_t v = 0; v < g->n; v++)
        j->distance[(size_t)v * j->n_sources + k] = isinf(s->far[v]) ? (double)NAN : s->far[v];
}

static agl_status one_source(void *arg, size_t task, int worker, agl_error *err) {
    job *j = arg;
    scratch *s = &j->scratch[worker];
    if (!s->queue) {
        agl_status status = scratch_new(s, j, err);
        if (status != AGL_OK) return status;
    }
    if (j->length)
        by_length(j, s, task);
    else
        by_steps(j, s, task);
    return AGL_OK;
}

agl_status agl_path_distances(double *distance, const agl_graph *graph, const double *length,
                              const int32_t *source, int32_t n_sources, const agl_ctx *ctx, agl_error *err) {
    if (graph->directed) return agl_fail(err, AGL_EDATA, "distances need undirected ties");
    for (size_t a = 0; length && a < graph->arcs; a++)
        if (!(length[a] >= 0) || isinf(length[a]))
            return agl_fail(err, AGL_EDATA, "a tie has the length %g; it must be zero or more", length[a]);
    for (int32_t k = 0; k < n_sources; k++)
        if (source[k] < 0 || source[k] >= graph->n)
            return agl_fail(err, AGL_EDATA, "source %d is not a node", source[k]);
    int workers = agl_threads(ctx);
    job j = {.distance = distance,
             .g = graph,
             .length = length,
             .source = source,
             .n_sources = (size_t)n_sources,
             .scratch = AGL_NEW(scratch, workers)};
    agl_status status = j.scratch ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__parallel(j.n_sources, one_source, &j, "distances", ctx, err);
    for (int w = 0; j.scratch && w < workers; w++) {
        free(j.scratch[w].queue);
        free(j.scratch[w].steps);
        free(j.scratch[w].place);
        free(j.scratch[w].far);
    }
    free(j.scratch);
    return status;
}

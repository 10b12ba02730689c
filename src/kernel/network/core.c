#include "agglo/centrality.h"
#include "base/mem.h"
#include "kernel/graph/graph.h"

/* Nodes sorted by remaining degree: order[], and where each node stands and each degree begins in it. */
typedef struct buckets {
    int32_t *order, *place, *begin;
} buckets;

/* Moves v from its degree to the one below by swapping it with the first node of its bucket. */
static void lower(buckets *b, int32_t *degree, int32_t v) {
    int32_t first = b->begin[degree[v]]++, other = b->order[first];
    b->order[b->place[v]] = other;
    b->place[other] = b->place[v];
    b->order[first] = v;
    b->place[v] = first;
    degree[v]--;
}

/* Takes away a node of the smallest remaining degree until none is left; that degree is its core number. */
static void peel(buckets *b, int32_t *degree, const agl_graph *g) {
    for (int32_t i = 0; i < g->n; i++) {
        int32_t v = b->order[i];
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            if (degree[g->neighbour[a]] > degree[v]) lower(b, degree, g->neighbour[a]);
    }
}

agl_status agl_core_numbers(int32_t *core, const agl_graph *graph, agl_error *err) {
    if (graph->directed)
        return agl_fail(err, AGL_EDATA, "core numbers need undirected ties: make the graph undirected first");
    int32_t n = graph->n;
    buckets b = {
        .order = AGL_NEW(int32_t, n), .place = AGL_NEW(int32_t, n), .begin = AGL_NEW(int32_t, (size_t)n + 1)};
    agl_status status = b.order && b.place && b.begin ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (int32_t v = 0; v < n; v++) {
            core[v] = (int32_t)agl__degree(graph, v);
            b.begin[core[v] + 1]++; /* a degree is below n */
        }
        for (int32_t d = 0; d < n; d++)
            b.begin[d + 1] += b.begin[d];
        for (int32_t v = 0; v < n; v++) {
            b.place[v] = b.begin[core[v]]++;
            b.order[b.place[v]] = v;
        }
        for (int32_t d = n; d > 0; d--)
            b.begin[d] = b.begin[d - 1];
        b.begin[0] = 0;
        peel(&b, core, graph);
    }
    free(b.order);
    free(b.place);
    free(b.begin);
    return status;
}

#include "kernel/graph/graph.h"

#include "base/mem.h"

#include <math.h>

void agl_graph_free(agl_graph *graph) {
    if (!graph) return;
    free(graph->offset);
    free(graph->neighbour);
    free(graph->weight);
    *graph = (agl_graph){0};
}

size_t agl_graph_edges(const agl_graph *graph) { return graph->directed ? graph->arcs : graph->arcs / 2; }

static agl_status allocate(agl_graph *out, int32_t n, size_t arcs, bool weighted, bool directed,
                           agl_error *err) {
    *out = (agl_graph){.n = n, .arcs = arcs, .directed = directed};
    out->offset = AGL_NEW(size_t, (size_t)n + 1);
    out->neighbour = AGL_NEW(int32_t, arcs);
    if (weighted) out->weight = AGL_NEW(double, arcs);
    if (out->offset && out->neighbour && (!weighted || out->weight)) return AGL_OK;
    agl_graph_free(out);
    return agl_fail_memory(err);
}

static void place(agl_graph *g, int32_t from, int32_t to, const double *weight) {
    size_t slot = g->offset[from]++;
    g->neighbour[slot] = to;
    if (g->weight) g->weight[slot] = *weight;
}

/* out = transpose of g. Rows come out ascending whatever their order in g, equal entries keep their order:
 * applied to arcs bucketed by target this is a stable radix sort, which no comparison sort beats here. */
static agl_status transpose(agl_graph *out, const agl_graph *g, agl_error *err) {
    agl_status status = allocate(out, g->n, g->arcs, g->weight != NULL, g->directed, err);
    if (status != AGL_OK) return status;
    for (size_t a = 0; a < g->arcs; a++)
        out->offset[g->neighbour[a] + 1]++;
    agl__counts_to_offsets(out->offset, g->n);
    for (int32_t v = 0; v < g->n; v++)
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            place(out, g->neighbour[a], v, g->weight ? &g->weight[a] : NULL);
    agl__rewind_offsets(out->offset, g->n);
    return AGL_OK;
}

static agl_status check_edges(int32_t n, size_t m, const int32_t *source, const int32_t *target,
                              const double *weight, agl_error *err) {
    for (size_t e = 0; e < m; e++) {
        if (source[e] < 0 || source[e] >= n || target[e] < 0 || target[e] >= n)
            return agl_fail(err, AGL_EDATA, "edge %zu joins %d and %d, but nodes are numbered 0 to %d", e,
                            source[e], target[e], n - 1);
        if (weight && !(weight[e] > 0 && isfinite(weight[e])))
            return agl_fail(err, AGL_EDATA, "edge %zu has weight %g: weights must be positive and finite", e,
                            weight[e]);
    }
    return AGL_OK;
}

/* Arcs of the edges bucketed by target, self loops left out. */
static agl_status bucket(agl_graph *out, size_t *self_loops, int32_t n, size_t m, const int32_t *source,
                         const int32_t *target, const double *weight, bool directed, agl_error *err) {
    size_t loops = 0;
    for (size_t e = 0; e < m; e++)
        loops += source[e] == target[e];
    agl_status status = allocate(out, n, (m - loops) * (directed ? 1 : 2), weight != NULL, directed, err);
    if (status != AGL_OK) return status;
    for (size_t e = 0; e < m; e++) {
        if (source[e] == target[e]) continue;
        out->offset[target[e] + 1]++;
        if (!directed) out->offset[source[e] + 1]++;
    }
    agl__counts_to_offsets(out->offset, n);
    for (size_t e = 0; e < m; e++) {
        if (source[e] == target[e]) continue;
        const double *w = weight ? &weight[e] : NULL;
        place(out, target[e], source[e], w);
        if (!directed) place(out, source[e], target[e], w);
    }
    agl__rewind_offsets(out->offset, n);
    *self_loops = loops;
    return AGL_OK;
}

/* Adds up equal neighbours within each (ascending) row, in place; returns the number of arcs merged away. */
static size_t merge_duplicates(agl_graph *g) {
    size_t kept = 0, begin = 0;
    for (int32_t v = 0; v < g->n; v++) {
        size_t end = g->offset[v + 1], first = kept;
        for (size_t a = begin; a < end; a++) {
            if (kept > first && g->neighbour[kept - 1] == g->neighbour[a]) {
                if (g->weight) g->weight[kept - 1] += g->weight[a];
                continue;
            }
            g->neighbour[kept] = g->neighbour[a];
            if (g->weight) g->weight[kept] = g->weight[a];
            kept++;
        }
        begin = end;
        g->offset[v + 1] = kept;
    }
    size_t merged = g->arcs - kept;
    g->arcs = kept;
    return merged;
}

agl_status agl_graph_from_edges(agl_graph *out, agl_graph_counts *counts, int32_t n, size_t m,
                                const int32_t *source, const int32_t *target, const double *weight,
                                bool directed, agl_error *err) {
    *out = (agl_graph){0};
    agl_graph by_target = {0};
    size_t loops = 0;
    agl_status status = check_edges(n, m, source, target, weight, err);
    if (status == AGL_OK) status = bucket(&by_target, &loops, n, m, source, target, weight, directed, err);
    if (status == AGL_OK) status = transpose(out, &by_target, err);
    agl_graph_free(&by_target);
    if (status != AGL_OK) return status;
    size_t merged = merge_duplicates(out);
    if (counts)
        *counts = (agl_graph_counts){.self_loops = loops, .duplicates = directed ? merged : merged / 2};
    return AGL_OK;
}

agl_status agl_graph_reverse(agl_graph *out, const agl_graph *graph, agl_error *err) {
    return transpose(out, graph, err);
}

agl_status agl_graph_undirected(agl_graph *out, const agl_graph *graph, agl_error *err) {
    if (!graph->directed) return transpose(out, graph, err); /* symmetric: the transpose is the copy */
    *out = (agl_graph){0};
    int32_t *source = AGL_NEW(int32_t, graph->arcs);
    if (!source) return agl_fail_memory(err);
    for (int32_t v = 0; v < graph->n; v++)
        for (size_t a = graph->offset[v]; a < graph->offset[v + 1]; a++)
            source[a] = v;
    agl_status status = agl_graph_from_edges(out, NULL, graph->n, graph->arcs, source, graph->neighbour,
                                             graph->weight, false, err);
    free(source);
    return status;
}

agl_status agl_graph_induced(agl_graph *out, int32_t *old_id, const agl_graph *graph, const uint8_t *keep,
                             agl_error *err) {
    *out = (agl_graph){0};
    int32_t *new_id = AGL_NEW(int32_t, graph->n);
    if (!new_id) return agl_fail_memory(err);
    int32_t kept = 0;
    for (int32_t v = 0; v < graph->n; v++) {
        if (keep[v] && old_id) old_id[kept] = v;
        new_id[v] = keep[v] ? kept++ : -1;
    }
    size_t arcs = 0;
    for (int32_t v = 0; v < graph->n; v++)
        for (size_t a = graph->offset[v]; keep[v] && a < graph->offset[v + 1]; a++)
            arcs += keep[graph->neighbour[a]] != 0;
    agl_status status = allocate(out, kept, arcs, graph->weight != NULL, graph->directed, err);
    if (status != AGL_OK) goto out;
    size_t slot = 0;
    for (int32_t v = 0; v < graph->n; v++) {
        if (!keep[v]) continue;
        for (size_t a = graph->offset[v]; a < graph->offset[v + 1]; a++) {
            if (!keep[graph->neighbour[a]]) continue;
            out->neighbour[slot] = new_id[graph->neighbour[a]];
            if (out->weight) out->weight[slot] = graph->weight[a];
            slot++;
        }
        out->offset[new_id[v] + 1] = slot;
    }
out:
    free(new_id);
    return status;
}

agl_status agl_graph_relabel(agl_graph *out, const agl_graph *graph, const int32_t *new_id, agl_error *err) {
    *out = (agl_graph){0};
    agl_graph moved = {0}; /* transposed and renamed; transposing again sorts its rows */
    agl_status status = allocate(&moved, graph->n, graph->arcs, graph->weight != NULL, graph->directed, err);
    if (status != AGL_OK) return status;
    for (size_t a = 0; a < graph->arcs; a++)
        moved.offset[new_id[graph->neighbour[a]] + 1]++;
    agl__counts_to_offsets(moved.offset, graph->n);
    for (int32_t v = 0; v < graph->n; v++)
        for (size_t a = graph->offset[v]; a < graph->offset[v + 1]; a++)
            place(&moved, new_id[graph->neighbour[a]], new_id[v], graph->weight ? &graph->weight[a] : NULL);
    agl__rewind_offsets(moved.offset, graph->n);
    status = transpose(out, &moved, err);
    agl_graph_free(&moved);
    return status;
}

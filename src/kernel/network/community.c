#include "agglo/community.h"

#include "base/mem.h"
#include "base/sum.h"
#include "kernel/graph/graph.h"
#include "kernel/graph/igraph_bridge.h"

#include <math.h>

agl_status agl_modularity(double *modularity, const agl_graph *graph, const int32_t *group, int32_t k,
                          double resolution, agl_error *err) {
    double *strength = AGL_NEW(double, k), *inside = AGL_NEW(double, k);
    agl_status status = strength && inside ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (int32_t v = 0; v < graph->n; v++)
            for (size_t a = graph->offset[v]; a < graph->offset[v + 1]; a++) {
                double w = agl__arc_weight(graph, a);
                strength[group[v]] += w;
                if (group[graph->neighbour[a]] == group[v]) inside[group[v]] += w;
            }
        double total = agl__sum(strength, (size_t)k); /* 2W: every tie is met from both ends */
        agl_sum q = {0, 0};
        for (int32_t c = 0; c < k; c++) {
            double share = strength[c] / total;
            agl__sum_add(&q, inside[c] / total - resolution * share * share);
        }
        *modularity = total > 0 ? agl__sum_value(&q) : NAN;
    }
    free(strength);
    free(inside);
    return status;
}

agl_status agl_participation(double *participation, const agl_graph *graph, const int32_t *group, int32_t k,
                             agl_error *err) {
    double *into = AGL_NEW(double, k); /* s_vc of the present node; cleared through its own arcs */
    if (!into) return agl_fail_memory(err);
    for (int32_t v = 0; v < graph->n; v++) {
        size_t begin = graph->offset[v], end = graph->offset[v + 1];
        double strength = 0, squares = 0;
        for (size_t a = begin; a < end; a++) {
            into[group[graph->neighbour[a]]] += agl__arc_weight(graph, a);
            strength += agl__arc_weight(graph, a);
        }
        for (size_t a = begin; a < end; a++) {
            double *share = &into[group[graph->neighbour[a]]];
            squares += (*share / strength) * (*share / strength);
            *share = 0;
        }
        participation[v] = begin < end ? 1 - squares : NAN;
    }
    free(into);
    return AGL_OK;
}

typedef struct job {
    int32_t *group;
    int32_t k;
    double resolution; /* of igraph's quality function: r / 2W with strengths as node weights makes it
                          modularity */
    int32_t iterations;
    const double *strength;
    const agl_ctx *ctx;
} job;

static igraph_error_t work(void *arg, const agl__igraph *g) {
    job *j = arg;
    igraph_vector_t strength;
    igraph_vector_int_t group;
    igraph_integer_t k = 0, n = igraph_vcount(&g->graph);
    IGRAPH_CHECK(igraph_vector_int_init_range(&group, 0, n)); /* everybody a community of one */
    IGRAPH_FINALLY(igraph_vector_int_destroy, &group);
    igraph_vector_view(&strength, j->strength, n);
    /* igraph cannot be interrupted (see the bridge), so it is asked for one sweep at a time: the same sweeps,
     * and Ctrl-C takes effect between two of them. */
    double quality = -INFINITY, before;
    int32_t sweep = 0;
    do {
        before = quality;
        IGRAPH_CHECK(igraph_community_leiden(&g->graph, g->weights, &strength, j->resolution, 0.01, true, 1,
                                             &group, &k, &quality));
        sweep++;
    } while (!agl_cancelled(j->ctx) && (j->iterations < 0 ? quality > before : sweep < j->iterations));
    for (igraph_integer_t v = 0; v < n; v++)
        j->group[v] = (int32_t)VECTOR(group)[v];
    j->k = (int32_t)k;
    igraph_vector_int_destroy(&group);
    IGRAPH_FINALLY_CLEAN(1);
    return IGRAPH_SUCCESS;
}

agl_status agl_leiden(int32_t *group, int32_t *k, const agl_graph *graph, const agl_leiden_options *options,
                      const agl_ctx *ctx, agl_error *err) {
    static const agl_leiden_options defaults = AGL_LEIDEN_OPTIONS_INIT;
    if (!options) options = &defaults;
    if (graph->directed)
        return agl_fail(err, AGL_EDATA,
                        "communities are found in undirected ties: make the graph undirected first");
    if (graph->arcs == 0) { /* igraph would divide by the total weight */
        for (int32_t v = 0; v < graph->n; v++)
            group[v] = v;
        *k = graph->n;
        return AGL_OK;
    }
    double *strength = AGL_NEW(double, graph->n);
    if (!strength) return agl_fail_memory(err);
    agl__strength(strength, graph);
    job j = {.group = group, .iterations = options->iterations, .strength = strength, .ctx = ctx};
    j.resolution = options->resolution / agl__sum(strength, (size_t)graph->n);
    agl_status status = agl__igraph_call(work, &j, graph, ctx, err);
    if (status == AGL_OK && agl_cancelled(ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
    if (status == AGL_OK) status = agl__rank_by_size(group, graph->n, j.k, err);
    *k = j.k;
    free(strength);
    return status;
}

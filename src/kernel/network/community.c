#include "agglo/community.h"

#include "base/mem.h"
#include "base/sum.h"
#include "kernel/graph/graph.h"
#include "kernel/network/leiden.h"

#include <limits.h>
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

agl_status agl_leiden(int32_t *group, int32_t *k, const agl_graph *graph, const agl_leiden_options *options,
                      const agl_ctx *ctx, agl_error *err) {
    static const agl_leiden_options defaults = AGL_LEIDEN_OPTIONS_INIT;
    if (!options) options = &defaults;
    if (graph->directed)
        return agl_fail(err, AGL_EDATA,
                        "communities are found in undirected ties: make the graph undirected first");
    const agl_leiden_run run = {.resolution = options->resolution,
                                .rounds = options->iterations < 0 ? INT_MAX : (int)options->iterations,
                                .seed = agl_seed(ctx)};
    agl_status status = agl__leiden(group, k, graph, &run, ctx, err);
    return status == AGL_OK ? agl__rank_by_size(group, graph->n, *k, err) : status;
}

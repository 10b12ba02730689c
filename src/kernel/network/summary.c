#include "agglo/summary.h"

#include "base/mem.h"
#include "kernel/graph/graph.h"

#include <math.h>

/* Correlation of degrees over the arcs; every tie counts from both ends, so both ends have the same mean and
 * variance: r = (E[k k'] - E[k]^2) / (E[k^2] - E[k]^2). */
static double assortativity(const agl_graph *g) {
    double mean = 0, square = 0, product = 0, arcs = (double)g->arcs;
    for (int32_t v = 0; v < g->n; v++) {
        double k = (double)agl__degree(g, v), others = 0;
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            others += (double)agl__degree(g, g->neighbour[a]);
        mean += k * k; /* k arcs leave v, each with k at this end; whole numbers: exact to 2^53 */
        square += k * k * k;
        product += k * others;
    }
    mean /= arcs;
    double variance = square / arcs - mean * mean;
    return variance > 1e-12 * mean * mean ? (product / arcs - mean * mean) / variance : NAN;
}

agl_status agl_network_summarize(agl_network_summary *out, const agl_graph *graph, agl_error *err) {
    int32_t n = graph->n, largest = 0;
    *out = (agl_network_summary){.nodes = (size_t)n, .ties = agl_graph_edges(graph), .assortativity = NAN};
    int32_t *component = AGL_NEW(int32_t, n);
    if (!component) return agl_fail_memory(err);
    agl_status status = agl_graph_components(component, &out->components, graph, err);
    for (int32_t v = 0; status == AGL_OK && v < n; v++) {
        largest += component[v] == 0;
        out->isolates += agl__degree(graph, v) == 0;
        for (size_t a = graph->offset[v]; a < graph->offset[v + 1]; a++)
            if (graph->neighbour[a] > v) out->total_weight += agl__arc_weight(graph, a);
    }
    free(component);
    double nodes = n, ties = (double)out->ties;
    out->density = n > 1 ? ties / (nodes * (nodes - 1) / 2) : NAN;
    out->mean_degree = n > 0 ? 2 * ties / nodes : NAN;
    out->largest_share = n > 0 ? largest / nodes : NAN;
    if (graph->arcs > 0) out->assortativity = assortativity(graph);
    return status;
}

double agl_transitivity(const agl_graph *graph, const double *triangles) {
    double closed = 0, pairs = 0; /* pairs of partners; a triangle closes one at each of its corners */
    for (int32_t v = 0; v < graph->n; v++) {
        double k = (double)agl__degree(graph, v);
        closed += triangles[v];
        pairs += k * (k - 1) / 2;
    }
    return pairs > 0 ? closed / pairs : NAN;
}

/* agglo/summary.h - a network in a few numbers. */
#ifndef AGGLO_SUMMARY_H
#define AGGLO_SUMMARY_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** NaN where a number is not defined (no ties, fewer than two nodes, no pair of partners). */
typedef struct agl_network_summary {
    size_t nodes, ties, isolates;
    double total_weight;
    double density;     /**< ties / (n (n - 1) / 2) */
    double mean_degree; /**< 2 ties / n */
    int32_t components;
    double largest_share; /**< share of the nodes that are in the largest component */
    double assortativity; /**< correlation of the degrees at the two ends of a tie (Newman 2002, eq. 4) */
} agl_network_summary;

/** Summary of an undirected graph. O(n + arcs). */
AGL_NODISCARD agl_status agl_network_summarize(agl_network_summary *out, const agl_graph *graph,
                                               agl_error *err);

/** Share of the pairs of partners that are tied to each other, 3 triangles / paths of length two, from the
 * number of ties among the neighbours of each node (agl_ego). NaN when there is no such pair. */
double agl_transitivity(const agl_graph *graph, const double *triangles);

#ifdef __cplusplus
}
#endif
#endif

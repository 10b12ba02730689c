/* agglo/closeness.h - how near an actor is to all others, and how long paths are. */
#ifndef AGGLO_CLOSENESS_H
#define AGGLO_CLOSENESS_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Steps over all pairs of nodes that can reach each other. */
typedef struct agl_path_lengths {
    double mean;      /**< mean number of steps; NaN when no two nodes are joined */
    int32_t diameter; /**< largest number of steps; 0 when no two nodes are joined */
} agl_path_lengths;

/** Closeness of an undirected graph, in steps:
 *     c(v) = (k - 1) / sum d(v, u) * (k - 1) / (n - 1)
 * over the k nodes of v's component; the second factor (Wasserman and Faust 1994, eq. 5.22) keeps small
 * components from looking central and is left out when `within_component`. An isolated node has 0, and NaN
 * when within_component. closeness: n values. lengths may be NULL. Errors: AGL_EDATA when directed. Cost: O(n
 * arcs / 256) in time (256 searches at once as bits of four words), O(n) memory a thread. */
AGL_NODISCARD agl_status agl_closeness(double *closeness, agl_path_lengths *lengths, const agl_graph *graph,
                                       bool within_component, const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

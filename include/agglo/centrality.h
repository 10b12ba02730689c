/* agglo/centrality.h - importance through important partners, and membership of the dense core. */
#ifndef AGGLO_CENTRALITY_H
#define AGGLO_CENTRALITY_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** PageRank of an undirected graph: share of time that a random surfer spends at a node who follows ties by
 * their weight with probability d (`damping`, usually 0.85) and jumps anywhere otherwise, and always from a
 * node without ties: x_v = (1 - d + d D) / n + d sum over neighbours u of x_u w_uv / s_u,    D = sum of x
 * over nodes without ties. Adds up to 1 (n values). Errors: AGL_EDATA when directed or d outside 0..1,
 * AGL_ECONV. Cost: O(arcs) a sweep, some 30 to 150 sweeps to 1e-13. Source: Brin and Page 1998. */
AGL_NODISCARD agl_status agl_pagerank(double *pagerank, const agl_graph *graph, double damping,
                                      const agl_ctx *ctx, agl_error *err);

/** Eigenvector centrality: x >= 0 with A x = lambda x for the largest lambda, A the (weighted) adjacency
 * matrix, scaled to length 1, or so that the largest entry is 1 when `max_one`. Lies on one component when
 * there are several, the others have 0; NaN when there are no ties. Residual |A x - lambda x| <= 1e-14
 * lambda. Errors: AGL_EDATA when directed, AGL_ECONV. Cost: O(arcs) a step, 30 steps a restart, few restarts;
 * memory 31 n values. Source: Bonacich 1972. */
AGL_NODISCARD agl_status agl_eigenvector(double *eigenvector, const agl_graph *graph, bool max_one,
                                         const agl_ctx *ctx, agl_error *err);

/** Core number: the largest k such that the node belongs to a group whose members each have k partners in the
 * group. O(n + arcs). Source: Seidman 1983; Batagelj and Zaversnik 2003 for the algorithm. */
AGL_NODISCARD agl_status agl_core_numbers(int32_t *core, const agl_graph *graph, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

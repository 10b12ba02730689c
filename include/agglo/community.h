/* agglo/community.h - groups of actors that work with each other more than with the rest. */
#ifndef AGGLO_COMMUNITY_H
#define AGGLO_COMMUNITY_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Modularity of a partition of an undirected graph at resolution r:
 *     Q = sum over groups c of [ W_c / W - r (S_c / 2W)^2 ]
 * W the total weight of the ties, W_c that inside c, S_c the strength of c's members (Newman and Girvan 2004;
 * Reichardt and Bornholdt 2006 for r). group[v] in 0..k-1. NaN when there are no ties. O(n + arcs). */
AGL_NODISCARD agl_status agl_modularity(double *modularity, const agl_graph *graph, const int32_t *group,
                                        int32_t k, double resolution, agl_error *err);

typedef struct agl_leiden_options {
    double resolution;  /**< larger = smaller groups */
    int32_t iterations; /**< rounds at most; below 0 until nothing changes */
} agl_leiden_options;

#define AGL_LEIDEN_OPTIONS_INIT                                                                              \
    { .resolution = 1, .iterations = 5 }

/** Groups of high modularity by one run of the Leiden algorithm (Traag, Waltman and van Eck 2019), seeded by
 * the context, on one thread. group[v] in 0..*k - 1, numbered by falling size; isolated nodes are groups of
 * their own. Errors: AGL_EDATA when directed, AGL_ECANCEL. Cost: about O(arcs) a sweep, 24 bytes a tie. */
AGL_NODISCARD agl_status agl_leiden(int32_t *group, int32_t *k, const agl_graph *graph,
                                    const agl_leiden_options *options, const agl_ctx *ctx, agl_error *err);

/** Participation coefficient: how evenly the ties of a node spread over the groups,
 *     P_v = 1 - sum over groups c of (s_vc / s_v)^2,
 * s_vc the strength of v's ties into c. 0 = all ties in one group. NaN for an isolated node. group[v] in
 * 0..k-1. O(n + k + arcs). Source: Guimera and Amaral 2005, Nature 433, 895-900, eq. 2. */
AGL_NODISCARD agl_status agl_participation(double *participation, const agl_graph *graph,
                                           const int32_t *group, int32_t k, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* agglo/ego.h - what an actor's own surroundings look like: structural holes and clustering. */
#ifndef AGGLO_EGO_H
#define AGGLO_EGO_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How the clustering coefficient uses weights. With t_v the ties among the k_v neighbours of v:
 *   PLAIN   2 t_v / (k_v (k_v - 1)); weights are not used (Watts and Strogatz 1998)
 *   BARRAT  sum over triangles v-a-b of (w_va + w_vb) / (s_v (k_v - 1)), s_v the strength (Barrat et al.
 * 2004, eq. 5) ONNELA  2 / (k_v (k_v - 1)) sum over triangles of (w_va w_vb w_ab)^(1/3) / max w (Onnela et
 * al. 2005, eq. 9) */
typedef enum agl_clustering {
    AGL_CLUSTERING_PLAIN,
    AGL_CLUSTERING_BARRAT,
    AGL_CLUSTERING_ONNELA
} agl_clustering;

/** Results of agl_ego, n values each; any may be NULL. */
typedef struct agl_ego_measures {
    /** Burt's constraint c_v = sum over neighbours u of (p_vu + sum over common neighbours q of p_vq p_qu)^2,
     * where p_vu = w_vu / s_v (Burt 1992, eq. 2.4). Low = the partners do not know each other. NaN for an
     * isolated node. */
    double *constraint;
    /** Effective size k_v - 2 t_v / k_v, weights not used (Borgatti 1997). NaN for an isolated node. */
    double *effective_size;
    /** Clustering coefficient; NaN below two neighbours. */
    double *clustering;
    /** Ties among the neighbours, t_v. */
    double *triangles;
} agl_ego_measures;

/** Structural holes and clustering of every node of an undirected graph. Errors: AGL_EDATA when directed.
 * Cost: O(sum over v of k_v h_v), h_v the neighbours of v busier than v (at most sqrt(2 m)); O(n) memory a
 * thread; parallel, the same bits for any number of threads. */
AGL_NODISCARD agl_status agl_ego(const agl_ego_measures *out, const agl_graph *graph, agl_clustering variant,
                                 const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* Dependencies of one source: the inner step of betweenness, unweighted and weighted (Brandes 2001).
 *
 *     delta_s(v) = sum over t of sigma_st(v) / sigma_st,
 *
 * sigma_st the number of shortest paths from s to t and sigma_st(v) of those through v. */
#ifndef AGL_KERNEL_NETWORK_BRANDES_H
#define AGL_KERNEL_NETWORK_BRANDES_H

#include "kernel/network/twins.h"

/** Memory of one thread for graphs of n nodes; after a step it holds the result. */
typedef struct agl__brandes {
    int32_t *queue;     /* nodes reached, nearest first; queue[0] is the source */
    int32_t reached;    /* how many */
    double *dependency; /* delta_s(v) of the nodes reached */
    /* working memory */
    double *paths, *sum, *offer, *distance;
    int32_t *level, *rest, *place, *heap;
    size_t *level_start;
} agl__brandes;

AGL_NODISCARD agl_status agl__brandes_new(agl__brandes *out, int32_t n, bool weighted, agl_error *err);
void agl__brandes_free(agl__brandes *scratch);

/** Unweighted step on classes of twins: dependency of one member of class `source` on one member of each
 * class. O(arcs of the component), in practice a third of that: see brandes.c. */
void agl__brandes_hops(agl__brandes *scratch, const agl__twins *twins, int32_t source);

/** Weighted step (Dijkstra). length[a] > 0 belongs to arc a; lengths of paths that differ by no more than
 * tolerance * length are ties. O(arcs + n log n). */
void agl__brandes_lengths(agl__brandes *scratch, const agl_graph *g, const double *length, double tolerance,
                          int32_t source);

#endif

/* A smaller graph with the same shortest paths: actors with the same partners become one node that counts
 * many times.
 *
 * Two neighbouring nodes are twins when their closed neighbourhoods are equal, N[u] = N[v]; partners that met
 * in one project only are. Twins lie side by side on every shortest path or both off it, so one of them can
 * be followed for all. Isolated nodes are left out. In projection networks this takes away a sixth to a half
 * of the nodes. */
#ifndef AGL_KERNEL_NETWORK_TWINS_H
#define AGL_KERNEL_NETWORK_TWINS_H

#include "kernel/graph/graph.h"

typedef struct agl__twins {
    agl_graph
        graph;      /* one node a class, unweighted; components one after another, busy nodes first in each */
    double *copies; /* members of each class */
    int32_t *begin; /* first node of the component of each class */
    int32_t *end;   /* one past the last node of that component */
    int32_t *class_of; /* class of each node of the original graph; -1 for isolated nodes */
} agl__twins;

/** Classes of twins of an undirected graph. O(n log n + arcs). */
AGL_NODISCARD agl_status agl__twins_new(agl__twins *out, const agl_graph *graph, agl_error *err);
void agl__twins_free(agl__twins *twins);

#endif

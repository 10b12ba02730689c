/* igraph, tamed: its error handler aborts by default, its warnings print, its random numbers and its clean-up
 * stack are global, and the Debian build is not thread-safe. agl__igraph_call puts all that aside for the
 * time of one call, under a lock, and puts it back afterwards, so that a program that uses igraph itself
 * beside agglo notices nothing. */
#ifndef AGL_KERNEL_GRAPH_IGRAPH_BRIDGE_H
#define AGL_KERNEL_GRAPH_IGRAPH_BRIDGE_H

#include "agglo/graph.h"

#include <igraph.h>

/** A graph as igraph holds it. */
typedef struct agl__igraph {
    igraph_t graph;
    igraph_vector_t weight;         /* of the edges, when weighted */
    const igraph_vector_t *weights; /* &weight, or NULL */
} agl__igraph;

/** Work to be done inside igraph; whatever it makes there it must also destroy there. */
typedef igraph_error_t (*agl__igraph_fn)(void *arg, const agl__igraph *g);

/** Runs work(arg) on a copy of `graph` with igraph's random numbers seeded from ctx. Memory of the copy:
 * about 60 bytes a tie. igraph's errors come back as AGL_ENOMEM or AGL_EINTERNAL; the call cannot be
 * cancelled once it runs. */
AGL_NODISCARD agl_status agl__igraph_call(agl__igraph_fn work, void *arg, const agl_graph *graph,
                                          const agl_ctx *ctx, agl_error *err);

#endif

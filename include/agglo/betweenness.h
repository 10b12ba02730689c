/* agglo/betweenness.h - brokers: how often an actor lies between others. */
#ifndef AGGLO_BETWEENNESS_H
#define AGGLO_BETWEENNESS_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How long a tie is. */
typedef enum agl_tie_length {
    AGL_LENGTH_NONE,    /**< 1: paths are counted in steps */
    AGL_LENGTH_INVERSE, /**< 1 / weight: strong ties are short */
    AGL_LENGTH_WEIGHT   /**< the weight itself is a length */
} agl_tie_length;

typedef struct agl_betweenness_options {
    agl_tie_length length;
    size_t
        sources; /**< 0 = every node (exact); otherwise an estimate from so many drawn without replacement */
    double tolerance; /**< weighted paths whose lengths differ by less than this share are ties */
} agl_betweenness_options;

#define AGL_BETWEENNESS_OPTIONS_INIT                                                                         \
    { .length = AGL_LENGTH_NONE, .sources = 0, .tolerance = 1e-10 }

/** Betweenness of an undirected graph, every pair counted once, unnormalised:
 *     b(v) = sum over pairs {s, t} without v of sigma_st(v) / sigma_st,
 * sigma_st the number of shortest paths between s and t, sigma_st(v) of those through v.
 * betweenness: n values. error: n values or NULL: standard error of the estimate, 0 when exact. The estimate
 * draws m of the M nodes that have a tie: b(v) = M / (2 m) sum delta_s(v), with standard error M / 2 sqrt((1
 * - m/M) var / m). Isolated nodes have 0. Errors: AGL_EDATA when directed. Cost: O(n arcs) in time (weighted:
 * + n^2 log n), O(n) memory; parallel, the same bits for any number of threads. Source: Brandes 2001, J.
 * Math. Sociology 25, 163-177; Brandes and Pich 2007 for the estimate. */
AGL_NODISCARD agl_status agl_betweenness(double *betweenness, double *error, const agl_graph *graph,
                                         const agl_betweenness_options *options, const agl_ctx *ctx,
                                         agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* Exact quantiles of the distances between points, without holding the distances: time about n^1.5, memory
 * O(n).
 *
 * Two trees are walked together. A pair of nodes whose boxes lie wholly nearer than a bracket of distances
 * counts at once, one wholly beyond drops out, and only pairs of leaves that straddle the bracket are looked
 * at point by point. The bracket starts from a sample and shrinks by a histogram until what is left fits a
 * list, which is sorted. */
#ifndef AGL_KERNEL_GEO_PAIR_RANK_H
#define AGL_KERNEL_GEO_PAIR_RANK_H

#include "kernel/geo/kdtree.h"

/** The pairs in question: i < j of `a` when b is NULL or b == a, else all of a x b. */
typedef struct agl_pairs {
    const agl_kdtree *a, *b;
} agl_pairs;

/** Number of all pairs. */
double agl__pairs_total(const agl_pairs *pairs);

/** Number of pairs at most `distance` km apart. */
AGL_NODISCARD agl_status agl__pairs_within(uint64_t *count, const agl_pairs *pairs, double distance,
                                           const agl_ctx *ctx, agl_error *err);

/** Quantiles of type 7 at each p[0..n-1] over the `count` nearest pairs (all of them, or what
 * agl__pairs_within gave). NaN when count is 0. */
AGL_NODISCARD agl_status agl__pairs_quantiles(double *quantile, const double *p, size_t n, uint64_t count,
                                              const agl_pairs *pairs, const agl_ctx *ctx, agl_error *err);

#endif

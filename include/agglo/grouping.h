/* agglo/grouping.h - putting n objects into k groups: trees, k-means, and how alike two groupings are. */
#ifndef AGGLO_GROUPING_H
#define AGGLO_GROUPING_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How the distance between two groups follows from that between their members. */
typedef enum agl_linkage_method {
    AGL_LINKAGE_WARD,   /**< least growth of the sum of squares; give squared Euclidean distances */
    AGL_LINKAGE_AVERAGE /**< mean over the pairs; give any dissimilarity */
} agl_linkage_method;

/** One union of two groups, named by their smallest members: a < b. */
typedef struct agl_merge {
    int32_t a, b;
    double height; /**< distance of the two groups; Ward: 2 |A||B| / (|A|+|B|) times the squared distance of
                      centres */
} agl_merge;

/** Hierarchical clustering: n - 1 merges in ascending height, from the n x n symmetric distances d (left as
 * is).
 *
 * Lance and Williams' recurrences (1967), with the joined group k = i + j seen from l:
 *     Ward      d_kl = [ (n_i + n_l) d_il + (n_j + n_l) d_jl - n_l d_ij ] / (n_i + n_j + n_l)
 *     average   d_kl = ( n_i d_il + n_j d_jl ) / (n_i + n_j)
 * by nearest-neighbour chains (Benzecri 1982; Murtagh 1983): both methods are reducible, so the chains give
 * the tree of the plain algorithm. Ties go to the smaller index. Errors: AGL_EDATA (a distance NaN, infinite
 * or negative), AGL_ENOMEM, AGL_ECANCEL. Cost: n^2 time and memory. */
AGL_NODISCARD agl_status agl_linkage(agl_merge *merges, const double *d, size_t n, agl_linkage_method method,
                                     const agl_ctx *ctx, agl_error *err);

/** The k groups that are left after the first n - k merges: cluster[i] in 0..k-1, numbered by smallest
 * member. Errors: AGL_EUSAGE (k = 0 or k > n), AGL_ENOMEM. Cost: n. */
AGL_NODISCARD agl_status agl_linkage_cut(int32_t *cluster, const agl_merge *merges, size_t n, size_t k,
                                         agl_error *err);

typedef struct agl_kmeans_options {
    size_t starts;   /**< independent starts; the best is kept */
    size_t sweeps;   /**< most passes over the objects in a start */
    uint32_t stream; /**< names the random numbers: callers that run many give each its own */
} agl_kmeans_options;

#define AGL_KMEANS_OPTIONS_INIT                                                                              \
    { .starts = 10, .sweeps = 100, .stream = 0 }

/** k groups with the smallest sum over the groups of the squared distances to their centres:
 *
 *     W = sum_c (1 / 2 n_c) sum over i, j in c of d_ij        d = squared Euclidean distances, n x n
 *
 * which needs the distances alone. Starts by k-means++ (Arthur and Vassilvitskii 2007), then moves one object
 * at a time to the group where W falls most, until no move lowers it (Hartigan 1975): W never rises, no group
 * empties, and every result is also a fixed point of Lloyd's algorithm. Groups are numbered by smallest
 * member. `objective` (may be NULL) gets W. Errors: AGL_EUSAGE (k = 0 or k > n), AGL_ENOMEM, AGL_ECANCEL.
 * Cost: a start n^2 + sweeps n k + moves n; memory n k. Runs on one thread. */
AGL_NODISCARD agl_status agl_kmeans(int32_t *cluster, double *objective, const double *d, size_t n, size_t k,
                                    const agl_kmeans_options *options, const agl_ctx *ctx, agl_error *err);

/** Adjusted Rand index of two groupings of n objects (Hubert and Arabie 1985): 1 = the same, 0 = alike as by
 * chance.
 *
 *     ( S - A B / N ) / ( (A + B) / 2 - A B / N )
 *
 * S pairs together in both, A and B pairs together in the first and the second, N all pairs. Objects with a
 * negative code in either are left out. NaN with fewer than two objects, and when both put all objects into
 * one group or each into its own (then the two are equal but nothing is to adjust). Errors: AGL_ENOMEM. Cost:
 * n plus the product of the numbers of groups: for two groupings into very many groups count the pairs
 * otherwise and call agl_adjusted_rand_of. */
AGL_NODISCARD agl_status agl_adjusted_rand(double *index, const int32_t *a, const int32_t *b, size_t n,
                                           agl_error *err);

/** The same from sums of pairs: together in both, in the first, in the second, and all pairs. */
double agl_adjusted_rand_of(double both, double first, double second, double all);

#ifdef __cplusplus
}
#endif
#endif

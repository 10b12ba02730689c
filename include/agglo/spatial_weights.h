/* agglo/spatial_weights.h - who is a neighbour of whom, and how much it counts.
 *
 * W = (w_ij), n x n, sparse by rows: the neighbours of region i are to[start[i] .. start[i+1]-1], in
 * ascending order, with weights > 0 or 0. No region is its own neighbour: w_ii = 0. A region without
 * neighbours (an island) has an empty row: it adds nothing to any sum over the weights.
 */
#ifndef AGGLO_SPATIAL_WEIGHTS_H
#define AGGLO_SPATIAL_WEIGHTS_H

#include "agglo/points.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct agl_spatial_weights {
    size_t n;
    size_t *start; /**< n + 1 */
    int32_t *to;
    double *weight;
} agl_spatial_weights;

void agl_spatial_weights_free(agl_spatial_weights *weights);

/** Weights from m pairs: w[source[k], target[k]] = weight[k] (1 when `weight` is NULL), in any order. A pair
 * given twice, a region that is its own neighbour, an index outside 0..n-1 and a weight that is negative or
 * not finite are AGL_EDATA with the 0-based position of the pair. O(n + m log k), k the longest row. */
AGL_NODISCARD agl_status agl_spatial_weights_pairs(agl_spatial_weights *out, size_t n, const int32_t *source,
                                                   const int32_t *target, const double *weight, size_t m,
                                                   agl_error *err);

/** How much a neighbour at distance d counts when it lies within the bandwidth h, with u = d / h:
 * uniform 1; triangular 1 - u; epanechnikov (1 - u^2) 3/4; biweight (1 - u^2)^2 15/16;
 * gaussian exp(-u^2 / 2) / sqrt(2 pi). */
typedef enum agl_distance_kernel {
    AGL_KERNEL_UNIFORM,
    AGL_KERNEL_TRIANGULAR,
    AGL_KERNEL_EPANECHNIKOV,
    AGL_KERNEL_BIWEIGHT,
    AGL_KERNEL_GAUSSIAN
} agl_distance_kernel;

/** The k nearest other points, each with weight 1; of equally near ones those with the lower index. With
 * k >= n every other point. k >= 1. O(n k log n), threads. */
AGL_NODISCARD agl_status agl_spatial_weights_nearest(agl_spatial_weights *out, const agl_points *points,
                                                     size_t k, const agl_ctx *ctx, agl_error *err);

/** All other points within `radius_km` (d <= radius), weighted by the kernel with that bandwidth.
 * AGL_EDATA when that are more than 2^31 pairs. O(n log n + pairs), threads. */
AGL_NODISCARD agl_status agl_spatial_weights_within(agl_spatial_weights *out, const agl_points *points,
                                                    double radius_km, agl_distance_kernel kernel,
                                                    const agl_ctx *ctx, agl_error *err);

/** The n regions' outlines as closed rings of vertices. Ring r belongs to region owner[r] and has the
 * vertices first[r] .. first[r+1]-1; its last vertex repeats the first or is joined to it. */
typedef struct agl_outlines {
    size_t n, n_rings;
    const int32_t *owner; /**< n_rings */
    const size_t *first;  /**< n_rings + 1 */
    const double *x, *y;
} agl_outlines;

/** Neighbours share a vertex (queen) or an edge, that is two successive vertices (rook); each has weight 1.
 * Vertices are the same when their coordinates are equal, or with `snap` > 0 when they lie within that
 * distance in x and y units (each vertex joins the first one met within reach). Two polygons that meet along
 * a line without a common vertex are not found: such maps need `snap` or common vertices.
 * O(vertices), expected. */
AGL_NODISCARD agl_status agl_spatial_weights_touching(agl_spatial_weights *out, const agl_outlines *outlines,
                                                      bool rook, double snap, agl_error *err);

/** Divides every row by its sum; a row whose sum is 0 stays. O(pairs). */
void agl_spatial_weights_standardise(agl_spatial_weights *weights);

/** Sums over the weights (Cliff and Ord 1981): S0 = sum w_ij, S1 = 1/2 sum (w_ij + w_ji)^2,
 * S2 = sum_i (w_i. + w_.i)^2. O(pairs log k). */
typedef struct agl_weight_sums {
    double s0, s1, s2;
    size_t islands; /**< regions whose row is empty or all zero */
} agl_weight_sums;
AGL_NODISCARD agl_status agl_spatial_weights_sums(agl_weight_sums *out, const agl_spatial_weights *weights,
                                                  agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* agglo/similarity.h - how related are two industries? Matrices of similarity between n industries. */
#ifndef AGGLO_SIMILARITY_H
#define AGGLO_SIMILARITY_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** out[i * n + j] = Pearson correlation of the rows i and j of x (n rows of m columns, row-major).
 *
 * With rows = industries and columns = regions this is the location correlation of Porter (2003); with
 * columns = occupations and shares as values, the similarity of their work. An unknown value (NaN) counts as
 * the mean of its row: it adds nothing to any correlation. A row without variation (or without any known
 * value) has no correlation: its row and column of `out` are NaN, the diagonal too; elsewhere the diagonal
 * is 1. Errors: AGL_EDATA (an infinite value), AGL_ENOMEM, AGL_ECANCEL. Cost: n^2 m / 2 multiplications over
 * the threads, memory n m. */
AGL_NODISCARD agl_status agl_similarity_correlation(double *out, const double *x, size_t n, size_t m,
                                                    const agl_ctx *ctx, agl_error *err);

/** Coagglomeration of every pair of industries, from employment x (n industries, m regions, row-major):
 *
 *     out_ij = sum_r (s_ri - x_r) (s_rj - x_r) / (1 - sum_r x_r^2)        Ellison, Glaeser and Kerr 2010, eq.
 * 1
 *
 * s_ri = share of region r in industry i, x_r = mean of s_ri over the industries (their choice, which gives
 * every industry the same say). An unknown value counts as the share x_r. A row that sums to zero is NaN.
 * Errors: AGL_EDATA (a negative or infinite value; everything in one region), AGL_ENOMEM, AGL_ECANCEL. Cost
 * as above. */
AGL_NODISCARD agl_status agl_similarity_coagglomeration(double *out, const double *x, size_t n, size_t m,
                                                        const agl_ctx *ctx, agl_error *err);

/** Input-output similarity from the flows flow[i * n + j] of goods from industry i to industry j:
 *
 *     out_ij = max( flow_ij / sold_i,  flow_ij / bought_j,  flow_ji / sold_j,  flow_ji / bought_i )
 *
 * the largest of the four shares of one in the sales or purchases of the other (Ellison, Glaeser and Kerr
 * 2010; Delgado, Porter and Stern 2016). sold[i] and bought[i] are the totals of the industry, which may
 * include sales to and purchases from industries beyond the n. An industry that neither sells nor buys is
 * NaN. Symmetric; diagonal 1. Errors: AGL_EDATA (a flow that is negative, unknown or above its total). Cost:
 * n^2. */
AGL_NODISCARD agl_status agl_similarity_flows(double *out, const double *flow, const double *sold,
                                              const double *bought, size_t n, agl_error *err);

/** Puts a symmetric matrix on a common scale, in place: every pair as its distance from the mean of all pairs
 * i < j in standard deviations. Unknown pairs (NaN) become 0, the average pair; their number goes to
 * `unknown` (may be NULL). The diagonal becomes the largest value of its row, so that an industry is as close
 * to itself as to its closest other. Errors: AGL_EDATA when fewer than two pairs are known or all are equal.
 * Cost: n^2. */
AGL_NODISCARD agl_status agl_similarity_standardize(double *matrix, size_t n, size_t *unknown,
                                                    agl_error *err);

/** Number of separate parts into which the industries fall when those with out_ij > 0 are tied; `largest`
 * (may be NULL) gets the size of the largest part. NaN ties nothing. Cost: n^2. */
AGL_NODISCARD agl_status agl_similarity_parts(size_t *parts, size_t *largest, const double *matrix, size_t n,
                                              agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

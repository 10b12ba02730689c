/* agglo/coagglomeration.h - which industries choose the same regions (Ellison and Glaeser; Ellison, Glaeser,
 * Kerr).
 *
 * s_ri share of region r in industry i, x_r reference share of the region, X2 = sum x_r^2, X3 = sum x_r^3:
 *
 *     gamma_ij = sum_r (s_ri - x_r)(s_rj - x_r) / (1 - X2)                                   pairs, EGK 2010
 *     gamma_c  = sum_{i != j} w_i w_j gamma_ij / (1 - sum w_i^2)                              group, w_i =
 * share of i in it
 *
 * The second equals [ G/(1 - X2) - H - sum_i gamma_i w_i^2 (1 - H_i) ] / (1 - sum w_i^2) of Ellison and
 * Glaeser 1997 for the pooled group, without needing plants. */
#ifndef AGGLO_COAGGLOMERATION_H
#define AGGLO_COAGGLOMERATION_H

#include "agglo/cells.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum agl_region_shares {
    AGL_SHARES_TOTAL, /**< x_r = share of the region in the sum over all industries (Ellison and Glaeser 1997)
                       */
    AGL_SHARES_MEAN   /**< x_r = mean of s_ri over the industries (Ellison, Glaeser and Kerr 2010) */
} agl_region_shares;

/** Plants of the industries, by size: `count` plants of `size` each in industry `industry`. */
typedef struct agl_plant_sizes {
    size_t n;
    const int32_t *industry;
    const double *size, *count; /**< both above 0 */
} agl_plant_sizes;

typedef struct agl_coagglomeration_options {
    agl_region_shares shares;
    const double *region_total; /**< by region code, instead of shares; may be NULL */
    size_t simulations;         /**< random allocations for p_value; 0 = normal approximation */
} agl_coagglomeration_options;

/** Results by industry code; matrices are industry x industry. Released with agl_coagglomeration_free. */
typedef struct agl_coagglomeration {
    size_t n_industries, regions; /**< regions with a share above 0 in the reference */
    double *size;                 /**< of each industry; 0 = it holds nothing and has no numbers */
    double *gamma;                /**< gamma_ij; on the diagonal G_i/(1 - X2), raw concentration */
    double *hhi_plants;           /**< H_i; NaN without plants */
    double *z, *p_value;          /**< matrices; NULL without plants, NaN on the diagonal */
} agl_coagglomeration;

/** gamma of all pairs of industries in one slice of the cells, and with `plants` (may be NULL) a test.
 *
 * Null hypothesis: every plant chooses region r with chance x_r, whatever its size and industry. Then the
 * mean of gamma_ij is 0 and its variance H_i H_j (X2 - 2 X3 + X2^2) / (1 - X2)^2, since s_i - x has the
 * covariance H_i (diag x - x x'). z is gamma over the root of it, p_value its upper normal tail, or with
 * `simulations` = S the share (1 + #{gamma* >= gamma}) / (S + 1) of random allocations. An industry of more
 * than 1000 plants is drawn as 1/H_i (rounded) plants of equal size, which has the same variance.
 *
 * Errors: AGL_EDATA (codes, values, fewer than two regions or industries, a region without a total),
 * AGL_ENOMEM, AGL_ECANCEL. Cost: I^2 R products, and for each simulation the plants plus sum over regions of
 * the squared number of industries drawn there; memory O(I R + I^2). Sources: Ellison and Glaeser 1997,
 * Journal of Political Economy 105; Ellison, Glaeser and Kerr 2010, American Economic Review 100. */
AGL_NODISCARD agl_status agl_coagglomerate(agl_coagglomeration *out, const agl_cells *cells, size_t slice,
                                           const agl_plant_sizes *plants,
                                           const agl_coagglomeration_options *options, const agl_ctx *ctx,
                                           agl_error *err);
void agl_coagglomeration_free(agl_coagglomeration *c);

/** gamma_c of groups: group[i] in 0..n_groups-1 or -1. NaN for a group with fewer than two industries that
 * hold anything. `industries` (may be NULL) receives their number. */
void agl_coagglomeration_groups(double *gamma, double *industries, const agl_coagglomeration *c,
                                const int32_t *group, size_t n_groups);

/** How gamma goes together with a link between industries (input-output, occupations): link[k] of the pair
 * (a[k], b[k]). Pairs where either is missing are left out. */
typedef struct agl_link_test {
    size_t pairs;
    double correlation; /**< NaN with fewer than three pairs or without variation */
    double p_value;     /**< share of relabellings of the industries with a correlation as large (QAP) */
} agl_link_test;

/** The p-value permutes the industries of gamma `permutations` times, which keeps the dependence between
 * pairs that share an industry (Krackhardt 1988). Errors: AGL_ENOMEM, AGL_ECANCEL. */
AGL_NODISCARD agl_status agl_coagglomeration_link(agl_link_test *out, const agl_coagglomeration *c,
                                                  const int32_t *a, const int32_t *b, const double *link,
                                                  size_t n, size_t permutations, const agl_ctx *ctx,
                                                  agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

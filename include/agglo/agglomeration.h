/* agglo/agglomeration.h - is an industry more concentrated than its plants, thrown at random, would be? */
#ifndef AGGLO_AGGLOMERATION_H
#define AGGLO_AGGLOMERATION_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Establishments. A size that is NaN or 0 takes the establishment out. */
typedef struct agl_plants {
    size_t n;
    const int32_t *industry, *region;
    const double *size; /**< finite and >= 0, or NaN */
    size_t n_industries, n_regions;
} agl_plants;

typedef struct agl_agglomeration_options {
    bool count;         /**< every establishment weighs the same, whatever its size */
    bool exclude_own;   /**< x_r over the other industries; not together with region totals */
    size_t simulations; /**< random allocations for p_value; 0 = normal approximation */
} agl_agglomeration_options;

#define AGL_AGGLOMERATION_OPTIONS_INIT                                                                       \
    { .count = false, .exclude_own = false, .simulations = 0 }

/** Largest plant Herfindahl index for which the index is formed: it divides by 1 - H. */
#define AGL_AGGLOMERATION_MAX_HHI 0.999

typedef struct agl_agglomeration {
    double plants, size; /**< establishments with a size above 0, and their total */
    double hhi_plants;   /**< H = sum z_k^2 */
    double g;            /**< G = sum_r (s_r - x_r)^2 */
    double gamma, gamma_ms, z, p_value;
} agl_agglomeration;

/** Ellison-Glaeser index of every industry: out[industry], memory of the caller.
 *
 * With s_r the share of region r in the industry, x_r its share in all industries (or in region_total[r] when
 * that is given), z_k the share of plant k in its industry, X2 = sum x_r^2, X3 = sum x_r^3:
 *
 *     gamma    = [ G/(1-X2) - H ] / (1-H)                        Ellison and Glaeser 1997, eq. 5
 *     gamma_ms = [ (sum s^2 - X2)/(1-X2) - H ] / (1-H)           Maurel and Sedillot 1999
 *     Var(G)   = 2 { H^2 [X2 - 2 X3 + X2^2] - sum z_k^4 [X2 - 4 X3 + 3 X2^2] }
 *     z        = [ G - (1-X2) H ] / sqrt(Var(G))
 *
 * Both have mean 0 when each plant picks its region with probability x_r, independently of the others.
 * p_value is the chance of a G at least as large under that hypothesis: the upper normal tail of z, or with
 * `simulations` = S the share (1 + #{G* >= G}) / (S + 1) of S random allocations. G is a quadratic form,
 * skewed to the right: for industries of few or very unequal plants the normal tail is too large near the
 * mean and too small far out.
 *
 * NaN: everything but plants and size without plants; gamma, gamma_ms, z, p_value with one plant or H >
 * 0.999. Errors: AGL_EDATA (code out of range, bad size, all plants or totals in one region), AGL_EUSAGE
 * (exclude_own with region totals), AGL_ENOMEM, AGL_ECANCEL. Cost: O(plants + industries regions), and O(S
 * plants log regions) for the simulation; memory O(plants + regions). Source: Ellison and Glaeser 1997,
 * Journal of Political Economy 105(5). */
AGL_NODISCARD agl_status agl_agglomerate(agl_agglomeration *out, const agl_plants *plants,
                                         const double *region_total, const agl_agglomeration_options *options,
                                         const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

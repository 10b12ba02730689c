/* agglo/specialization.h - location quotients with intervals and exact tests.
 *
 *     industry      x_ri   x_r.   LQ     lq_lo  lq_hi   p_value        x_.i/x.. = 0.02 for both
 *     tyres           12    100   6.0    3.5    9.9     8e-07          six times the usual share, and not by
 * chance toys             3    100   1.5    0.51   4.2     0.32           one and a half times, but three
 * jobs prove nothing
 */
#ifndef AGGLO_SPECIALIZATION_H
#define AGGLO_SPECIALIZATION_H

#include "agglo/cells.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct agl_specialization_options {
    double level; /**< confidence level of the interval, in (0, 1) */
} agl_specialization_options;

#define AGL_SPECIALIZATION_OPTIONS_INIT                                                                      \
    { .level = 0.95 }

/** Result, cells->n values each, NaN where not defined; arrays of the caller, NULL where not wanted. */
typedef struct agl_specialization {
    double *region_total;      /**< x_r. */
    double *industry_total;    /**< x_.i, of the larger economy when it is given */
    double *share_of_region;   /**< x_ri / x_r. */
    double *share_of_industry; /**< x_ri / x_.i */
    double *lq;                /**< (x_ri / x_r.) / (x_.i / x..), 1 = as in the whole */
    double *lq_lo, *lq_hi;     /**< interval of lq */
    double *p_value;           /**< P[Bin(x_r., x_.i / x..) >= x_ri] */
} agl_specialization;

/** Location quotient (Hoover-Balassa index, revealed comparative advantage) of every cell.
 *
 *     LQ_ri = (x_ri / x_r.) / pi_i,   pi_i = x_.i / x..
 *
 * with the sums taken within the slice, or x_.i and x.. from `economy` when it is given.
 *
 * Interval: Wilson's score interval of the regional share s = x_ri / x_r. over the fixed share pi_i. With z
 * the normal quantile of (1 + level)/2 and n = x_r.
 *
 *     [ s + z^2/2n -+ z sqrt(s (1-s)/n + z^2/4n^2) ] / (1 + z^2/n) / pi_i.
 *
 * It has a closed form, holds its level for small counts and rare industries where the textbook interval s -+
 * z sd falls below zero, and is defined for x_ri = 0. Clopper-Pearson is wider than it says and, like
 * Jeffreys', needs an inverse beta function per cell. p_value is the exact upper binomial tail, for values
 * that are not whole numbers continued by the incomplete beta function. Both take pi_i as known and every
 * unit counted in a region as an independent draw: they mean something for counts (plants, patents, persons),
 * are too narrow where one decision moves many units (a plant of 500 jobs), and depend on the unit of
 * measurement for anything that is not a count (sales, exports).
 *
 * A cell that is NaN gives NaN throughout, except the totals. Where the region has nothing at all, or the
 * industry is empty or not in `economy`, lq, its interval and p_value are NaN.
 *
 * Errors: AGL_EDATA (code out of range, negative or infinite value), AGL_EUSAGE (level), AGL_ENOMEM,
 * AGL_ECANCEL. Cost: O(n + slices (regions + industries)) time, the latter in memory. Source: Hoover 1936;
 * Balassa 1965; Wilson 1927. */
AGL_NODISCARD agl_status agl_specialize(agl_specialization *out, const agl_cells *cells,
                                        const agl_economy *economy, const agl_specialization_options *options,
                                        const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

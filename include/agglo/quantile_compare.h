/* agglo/quantile_compare.h - why is one distribution above another: is it shifted, stretched, or cut off on
 * the left?
 *
 * Combes, Duranton, Gobillon, Puga and Roux (2012) compare the log productivity of establishments in large
 * and in small cities. With q_l(u) and q_s(u) the quantiles, 0 <= u <= 1,
 *
 *     q_l(u) = D q_s(S + (1 - S) u) + A        for S >= 0
 *
 *   A   shift: everybody gains (agglomeration)
 *   D   dilation: the better ones gain more (> 1) or less (< 1)
 *   S   truncation: the share at the lower end that is missing in the large cities beyond those missing in
 * the small ones (selection); negative when it is the small cities that lack them
 */
#ifndef AGGLO_QUANTILE_COMPARE_H
#define AGGLO_QUANTILE_COMPARE_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct agl_quantile_fit {
    double shift, dilation, truncation;
    double lo[3], hi[3];      /**< percentile intervals of the three from the bootstrap; NaN without */
    double gap, gap_unfitted; /**< the criterion at the fit, and at A = 0, D = 1, S = 0 */
    double r2;                /**< 1 - gap / gap_unfitted */
    size_t starts_agreeing;   /**< of the starts, those that ended at the same minimum */
} agl_quantile_fit;

typedef struct agl_quantile_options {
    bool shift_only;    /**< D = 1 and S = 0 */
    bool no_truncation; /**< S = 0 */
    size_t bootstrap;   /**< samples; 0 = no intervals */
    double level;       /**< of the intervals; 0 = 0.95 */
} agl_quantile_options;

/** Fits A, D and S to samples of the two groups (log values, at least 20 each, finite, not all the same; any
 * order).
 *
 * Minimises, over a grid of 500 ranks, int m(u)^2 du + int m~(u)^2 du with
 *     m(u)  = q_l(r) - D q_s(S + (1 - S) r) - A,         r  = max(0, -S / (1-S)) + (1 - max(0, -S / (1-S))) u
 *     m~(u) = q_s(r~) - (q_l((r~ - S) / (1 - S)) - A) / D,  r~ = max(0, S) + (1 - max(0, S)) u
 * both directions, so that neither group is preferred (the paper's eq. 21 and 22), by the simplex of Nelder
 * and Mead from several values of S, D and A from moments. Quantiles are interpolated linearly between order
 * statistics. A bootstrap sample draws both groups with replacement and starts from the fit; sample r of
 * group g uses the stream (seed, r, g). The same result for any number of threads. AGL_EDATA for samples that
 * cannot be used. Cost: some 10 ms and O(n log n), the same again
 * for each bootstrap sample. Source: Combes, Duranton, Gobillon, Puga and Roux 2012, Econometrica 80(6),
 * section 4. */
AGL_NODISCARD agl_status agl_quantile_compare(agl_quantile_fit *out, const double *large, size_t n_large,
                                              const double *small, size_t n_small,
                                              const agl_quantile_options *options, const agl_ctx *ctx,
                                              agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* agglo/mfunction.h - the M function of Marcon and Puech and its kernel form m: how much larger the share of
 * an industry is around the establishments of an industry than in the whole area.
 *
 * For every reference establishment i (industry A) the share of the neighbour industry B among the weight of
 * all establishments nearby is compared with its share overall: q_i(r) = sum_{j in B, j != i} w_j 1[d_ij <=
 * r] / sum_{j != i} w_j 1[d_ij <= r] Q_i    = (W_B - [A = B] w_i) / (W - w_i) M(r)   = sum_i q_i(r) / sum_i
 * Q_i     over the i that have any neighbour within r W is the weight of all, W_B that of B. M = 1: no
 * effect; M = 2: around A the share of B is twice its overall share. NaN where no i has a neighbour. The
 * kernel form m(r) has k((d_ij - r) / h), Gaussian, in place of 1[d_ij <= r]: it looks at distance r instead
 * of up to r. Case-control: the denominators are the weight of the controls B alone, and the numerators that
 * of the cases A around cases. Source: Marcon and Puech 2010, Journal of Economic Geography 10(5), eqs. 1 to
 * 5; Lang, Marcon and Puech 2020, Annals of Regional Science 64, eq. 7 (m).
 *
 * Null hypotheses to draw from:
 *   location      (type, weight) marks are dealt anew to all occupied sites
 *   labelling     types are dealt anew, weights stay at their sites
 *   independence  the marks of all but the reference industry are dealt anew among their sites (B unlike A)
 */
#ifndef AGGLO_MFUNCTION_H
#define AGGLO_MFUNCTION_H

#include "agglo/points.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Distances r_k = at[k] * step km, ascending; at[0] may be 0. */
typedef struct agl_distances {
    double step;
    size_t n;
    const size_t *at;
} agl_distances;

/** The spacing of Marcon and Puech: 63 distances from 0 to d_max/2, finer near 0, multiples of d_max/800.
 * Writes the multiples to at[63]. */
void agl_mfunction_default_distances(size_t at[63]);

/** An industry (code of type) and the industry that is counted around it; the same for the intra-industry
 * curve. */
typedef struct agl_mfunction_curve {
    int32_t reference, neighbour;
} agl_mfunction_curve;

typedef enum agl_null { AGL_NULL_LOCATION, AGL_NULL_LABELLING, AGL_NULL_INDEPENDENCE } agl_null;

typedef struct agl_mfunction_options {
    bool case_control; /**< false */
    /** 0: cumulative M. Above 0: kernel m with this bandwidth in km, the same in simulations. Distances are
     * then rounded to h/256 and the kernel cut off at 6 h: m is right to about 1e-4 relative. */
    double bandwidth;
} agl_mfunction_options;

#define AGL_MFUNCTION_OPTIONS_INIT                                                                           \
    { .case_control = false, .bandwidth = 0 }

/** Points, marks and curves, made ready. */
typedef struct agl_mfunction agl_mfunction;

/** `type` holds n codes in 0..n_types-1, `weight` n values >= 0 or NULL for 1 each. Everything is copied.
 * AGL_EUSAGE for a curve of a type outside or an unusable distance grid, AGL_EDATA for fewer than two points,
 * a negative weight, or a reference type with no point. O(n), sorting included. */
AGL_NODISCARD agl_status agl_mfunction_new(agl_mfunction **out, const agl_points *points, const int32_t *type,
                                           size_t n_types, const double *weight,
                                           const agl_mfunction_curve *curves, size_t n_curves,
                                           const agl_distances *distances,
                                           const agl_mfunction_options *options, agl_error *err);
void agl_mfunction_free(agl_mfunction *f);

/** Observed curves: m[c * distances.n + k]. Every pair within reach of a reference point is looked at, far
 * ones in groups; about 1 ns a pair at most and core. Exact (but for `bandwidth`); the same bits for any
 * number of threads. */
AGL_NODISCARD agl_status agl_mfunction_observed(double *m, agl_mfunction *f, const agl_ctx *ctx,
                                                agl_error *err);

/** Curves of `simulations` draws under a null hypothesis: m[(c * simulations + s) * distances.n + k]. One
 * draw deals the marks of all industries at once. AGL_EUSAGE for independence with more than one reference
 * type or with B = A. Where weights stay at their sites (or there are none) the neighbourhoods of all are
 * summed once and every draw looks only at pairs within an industry; where they move, 32 draws share one pass
 * when the references are many. */
AGL_NODISCARD agl_status agl_mfunction_simulated(double *m, agl_mfunction *f, size_t simulations,
                                                 agl_null null, const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

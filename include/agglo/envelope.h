/* agglo/envelope.h - bands around simulated curves and tests of an observed curve against them.
 *
 * S curves T_s(r), s = 1..S, are simulated without the effect; one is observed. All are given at the same n
 * distances. local band    pointwise quantiles (type 7). Holds its level at one distance chosen beforehand,
 * not over the curve. global band   a curve without effect leaves it anywhere with probability alpha. DO2005
 * Duranton and Overman 2005, REStud 72(4), section 3: the common pointwise level at which a share alpha of
 * the simulated curves leaves the band of the others somewhere. Between the two neighbouring order statistics
 *             whose shares bracket alpha the band is interpolated linearly. Where the simulations are so few
 * that even their hull is left too often, the band is continued beyond it (exponential tails). ERL Myllymaki,
 * Mrkvicka, Grabarnik, Seijo, Hahn 2017, JRSSB 79(2): curves ordered by extreme rank, ties broken by the
 * length of their extremes (all pointwise ranks in ascending order, compared from the first); the band is the
 * hull of what remains when a share alpha of the most extreme is taken away. The observed curve takes part in
 * the ordering, so it leaves the band exactly when p <= alpha. DBMSS   the peer's rule: every curve that is
 * extreme anywhere is dropped, round by round, until at most 1 - alpha remain. It overshoots (6 to 10 % of
 * the simulations lie outside a band of nominal 5 %); for comparison only. NaN marks a distance at which a
 * curve has no value. Such values are left out of the pointwise quantiles and ranks and never count as
 * leaving the band; where no simulated curve has a value the band is NaN.
 */
#ifndef AGGLO_ENVELOPE_H
#define AGGLO_ENVELOPE_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum agl_band { AGL_BAND_DO2005, AGL_BAND_ERL, AGL_BAND_DBMSS } agl_band;

typedef struct agl_envelope_options {
    double alpha; /**< level of both bands, 0.05 */
    agl_band band;
    /** false: alpha is shared by both sides (local alpha/2 each, global both together). true: each side has
     * alpha by itself, as in Duranton and Overman (5 % and 95 % quantiles; a test of localization and one of
     * dispersion). Only for the local band and DO2005. */
    bool each_side;
} agl_envelope_options;

#define AGL_ENVELOPE_OPTIONS_INIT                                                                            \
    { .alpha = 0.05, .band = AGL_BAND_DO2005, .each_side = false }

/** The arrays hold n values each and are owned. */
typedef struct agl_envelope {
    size_t n;
    double *mean, *median;         /**< of the simulated curves */
    double *local_lo, *local_hi;   /**< pointwise quantiles */
    double *global_lo, *global_hi; /**< global band */
    /** Rank of the observed curve among all S + 1 by extreme rank length, both sides, whatever the band; ties
     * count against it. NaN without an observed curve. */
    double p_global;
} agl_envelope;

/** Fits the bands. `sims` is S x n, one simulated curve a row; `observed` n values or NULL. AGL_EUSAGE when S
 * < 1/alpha. Time O(n S log S + S n log n), memory O(n S). */
AGL_NODISCARD agl_status agl_envelope_fit(agl_envelope *out, agl_cmat sims, const double *observed,
                                          const agl_envelope_options *options, agl_error *err);
void agl_envelope_free(agl_envelope *envelope);

/** Goodness of fit of the whole observed curve (Diggle 1986; Loosmore and Ford 2006; Baddeley et al. 2014).
 *   DCLF  u = integral of (T(r) - mean(r))^2 dr      MAD  u = max over r of |T(r) - mean(r)|
 * mean(r) is that of the simulations; for a simulated curve that of all the others and the observed left out.
 * p = (1 + #{u_s >= u}) / (S + 1). Studentised: differences are divided by the pointwise standard deviation
 * of the simulations. Distances at which any curve is NaN, or (studentised) does not vary, are left out. */
typedef struct agl_gof {
    double dclf, dclf_p;
    double mad, mad_p;
    size_t n_used; /**< distances that took part; 0 leaves the rest NaN */
} agl_gof;

/** `r` holds the n ascending distances (trapezoid rule). O(n S). */
AGL_NODISCARD agl_status agl_gof_test(agl_gof *out, agl_cmat sims, const double *observed, const double *r,
                                      bool studentised, agl_error *err);

/** Quantile of type 7 (linear interpolation between the order statistics at (n-1)p) of ascending values; NaN
 * for n = 0. */
double agl_quantile_sorted(const double *ascending, size_t n, double p);

#ifdef __cplusplus
}
#endif
#endif

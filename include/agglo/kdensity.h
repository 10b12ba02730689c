/* agglo/kdensity.h - Duranton-Overman K-density of every industry at once, with bands.
 *
 * Duranton and Overman 2005, Review of Economic Studies 72(4), 1077-1106. For the n establishments of an
 * industry, d_ij the distance of a pair, w_i = 1 (Kd) or employment (Kemp), f the standard normal density, h
 * the bandwidth:
 *
 *     K(r) = 1 / (h W) * sum over i<j of w_i w_j [ f((r - d_ij)/h) + f((r + d_ij)/h) ],    W = sum over i<j
 * of w_i w_j
 *
 * The second term reflects at zero (Silverman 1986), so that K integrates to 1 over r >= 0; no edge
 * correction. Between two industries the sums run over all n_a n_b pairs. K is per km.
 *
 * Bandwidth: Silverman's 0.9 min(sd, IQR/1.34) m^(-1/5) over the m distances up to `limit_km` (quartiles of
 * type 7), or Sheather and Jones 1991 (JRSSB 53, eq. 12, solve the equation) over the same, or a number
 * given.
 *
 * Bands: curves of `simulations` draws under the null hypothesis, see agglo/envelope.h.
 *   LOCATION      the marks (industry, size) are dealt anew to all sites: n sites at random carry the
 * industry's sizes. LABELLING     the industries are dealt anew, sizes stay at their sites. INDEPENDENCE  two
 * industries only: the first stays, the marks of all other sites are dealt anew among them. Draws of one
 * simulation come from one random order of the sites; an industry of n takes the first n of it. Each
 * industry's band is a fair one; bands of different industries share their luck.
 * Draws use the bandwidth of the observed curve (the same estimator on both sides of the comparison), or with
 * `bandwidth_per_draw` each their own, as dbmss does.
 *
 * Precision: `exact` equals the sum above to 1e-12 relative (down to 1e-15 of the largest value). Otherwise
 * the observed curve is within 1e-5 of its maximum everywhere: distances are counted in bins of h/96 that
 * keep their mean, or (in the plane, many pairs) spread onto a grid by B-splines of order 8 and correlated by
 * FFT. Draws use coarser bins and grids; that moves the bands by less than a tenth of their Monte Carlo
 * error. The result is the same for any number of threads.
 */
#ifndef AGGLO_KDENSITY_H
#define AGGLO_KDENSITY_H

#include "agglo/envelope.h"
#include "agglo/points.h"

#include <math.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum agl_kd_rule { AGL_KD_SILVERMAN, AGL_KD_SHEATHER_JONES, AGL_KD_GIVEN } agl_kd_rule;
typedef enum agl_kd_null { AGL_KD_LOCATION, AGL_KD_LABELLING, AGL_KD_INDEPENDENCE } agl_kd_null;

typedef struct agl_kd_options {
    agl_kd_rule rule;
    double bandwidth_km; /**< of AGL_KD_GIVEN */
    double adjust;       /**< the bandwidth is multiplied by it */
    double limit_km;     /**< distances that the rule looks at; NaN = twice the largest r, INFINITY = all */
    bool exact;
    agl_kd_null null;
    size_t simulations; /**< 0 = no bands */
    bool bandwidth_per_draw;
    agl_envelope_options band;
} agl_kd_options;

#define AGL_KD_OPTIONS_INIT                                                                                  \
    {                                                                                                        \
        .rule = AGL_KD_SILVERMAN, .bandwidth_km = 0, .adjust = 1, .limit_km = NAN, .exact = false,           \
        .null = AGL_KD_LOCATION, .simulations = 0, .bandwidth_per_draw = false,                              \
        .band = AGL_ENVELOPE_OPTIONS_INIT                                                                    \
    }

/** K of the points `a` (b NULL), or between `a` and `b`, at the ascending distances r[0..n_r-1] >= 0 in km:
 * n_r values in `kd`, the bandwidth in *bandwidth_km (may be NULL). `wa`, `wb` are sizes >= 0 or NULL
 * (together). AGL_EDATA for fewer than two points, all points in one place, or no size at all; AGL_EUSAGE for
 * bad distances. Time O(n^2) at about 1 ns a pair, or O(n log n + grid) in the plane when that is less;
 * memory O(n + grid). */
AGL_NODISCARD agl_status agl_kd_curve(double *kd, double *bandwidth_km, const agl_points *a, const double *wa,
                                      const agl_points *b, const double *wb, const double *r, size_t n_r,
                                      const agl_kd_options *options, const agl_ctx *ctx, agl_error *err);

/** All establishments. */
typedef struct agl_kd_data {
    const agl_points *points;
    const int32_t *industry; /**< code of each point, 0..n_industries-1 */
    size_t n_industries;
    const double *size; /**< of each point, >= 0; NULL for Kd instead of Kemp */
} agl_kd_data;

/** Which industries. */
typedef struct agl_kd_choice {
    const bool *wanted; /**< by code; NULL = all */
    int32_t against;    /**< second industry, -1 = none; it is itself left out of the list */
    size_t min_n;       /**< smaller industries are left out */
} agl_kd_choice;

typedef enum agl_kd_state {
    AGL_KD_DONE,
    AGL_KD_ONE_PLACE, /**< all establishments in one place: no curve */
    AGL_KD_NO_SIZE    /**< no pair with a positive size */
} agl_kd_state;

typedef struct agl_kd_industry {
    int32_t industry;
    agl_kd_state state; /**< other than DONE: every number below but n and pairs is NaN, band.n is 0 */
    size_t n;
    double pairs, bandwidth_km;
    double *kd; /**< n_r values, owned */
    agl_envelope band;
    bool localized, dispersed;
    /** Integral over r of max(K - global_hi, 0) and of max(global_lo - K, 0), the latter 0 for a localized
     * industry: Duranton and Overman's Gamma and Psi. NaN without simulations. */
    double localization_index, dispersion_index;
    double r_max_excess_km; /**< where K exceeds the band most; NaN when not localized */
} agl_kd_industry;

typedef struct agl_kd_result {
    size_t n_r, n;
    double *r;
    agl_kd_industry *industry; /**< n, ascending by code */
} agl_kd_result;

/** K-density, bands and indices of all chosen industries. AGL_EUSAGE when the simulations cannot show alpha.
 * Memory O(points) + 4 bytes x simulations x n_r x industries for the simulated curves. */
AGL_NODISCARD agl_status agl_kdensity(agl_kd_result *out, const agl_kd_data *data,
                                      const agl_kd_choice *choice, const double *r, size_t n_r,
                                      const agl_kd_options *options, const agl_ctx *ctx, agl_error *err);
void agl_kd_result_free(agl_kd_result *result);

/** Median of the distances between all points: the customary range of r. Exact; time about n^1.5. */
AGL_NODISCARD agl_status agl_kd_median_distance(double *km, const agl_points *points, const agl_ctx *ctx,
                                                agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

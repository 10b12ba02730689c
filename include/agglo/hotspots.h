/* agglo/hotspots.h - do like values lie together? Spatial autocorrelation of one value over n regions.
 *
 * y_i the value, z_i = y_i - mean, m2 = sum z^2 / n, w_ij the weights (agglo/spatial_weights.h), W_i = sum_j
 * w_ij. Values must be finite, at least four, and not all the same (AGL_EDATA).
 */
#ifndef AGGLO_HOTSPOTS_H
#define AGGLO_HOTSPOTS_H

#include "agglo/spatial_weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One index over the whole map. z and p (two-sided) are those of the normal approximation, once with the
 * variance under randomisation (the values are shuffled over the regions) and once under normality (each
 * value drawn from one normal distribution); p_permutation is the share of shuffled maps at least as far from
 * the expectation, (1 + #) / (1 + permutations). NaN where there is none. */
typedef struct agl_autocorrelation {
    double value, expected;
    double variance, z, p;                      /**< under randomisation */
    double variance_normal, z_normal, p_normal; /**< under normality; NaN for G */
    double p_permutation;
} agl_autocorrelation;

/** Moran's I = n/S0 sum w_ij z_i z_j / sum z^2; E = -1/(n-1). Above E: like values lie together.
 * Source: Cliff and Ord 1981, Spatial processes, eq. 1.37-1.44. O(pairs). */
AGL_NODISCARD agl_status agl_moran(agl_autocorrelation *out, const agl_spatial_weights *weights,
                                   const double *y, agl_error *err);

/** Geary's c = (n-1) sum w_ij (y_i - y_j)^2 / (2 S0 sum z^2); E = 1. Below 1: like values lie together.
 * Source: Cliff and Ord 1981, eq. 1.38-1.47. O(pairs). */
AGL_NODISCARD agl_status agl_geary(agl_autocorrelation *out, const agl_spatial_weights *weights,
                                   const double *y, agl_error *err);

/** General G = sum w_ij y_i y_j / sum_(i != j) y_i y_j; E = S0 / (n (n-1)). Above E: high values lie
 * together, below: low ones do. It is made for values that are not negative; with a negative value every
 * field is NaN and the call succeeds. Source: Getis and Ord 1992, Geographical Analysis 24, eq. 5-9.
 * O(pairs). */
AGL_NODISCARD agl_status agl_general_g(agl_autocorrelation *out, const agl_spatial_weights *weights,
                                       const double *y, agl_error *err);

/** Fills p_permutation of the indices that are not NULL from the same `permutations` shuffles. Shuffle r
 * draws from the stream (seed, r, 2^32 - 1). O(permutations (n + pairs)), threads. */
AGL_NODISCARD agl_status agl_autocorrelation_permute(agl_autocorrelation *moran, agl_autocorrelation *geary,
                                                     agl_autocorrelation *general_g,
                                                     const agl_spatial_weights *weights, const double *y,
                                                     size_t permutations, const agl_ctx *ctx, agl_error *err);

/** Indices of each region; n values each, any may be NULL. NaN at islands unless said otherwise.
 *
 *   lag       sum_j w_ij y_j / W_i, the mean of the neighbours
 *   moran     I_i = n z_i sum_j w_ij z_j / sum z^2, or (n-1)/n times that: see agl_local_options
 *   moran_expected, moran_variance   given z_i, when the other values are shuffled over the other regions:
 *             E = c z_i W_i mu, V = (c z_i)^2 V_i with c = n / sum z^2 (scaled as moran is), mu = -z_i /
 * (n-1), V_i = s2_i ((n-1) W2_i - W_i^2) / (n-2), s2_i the variance of the other values (divided by n-1
 *             values), W2_i = sum_j w_ij^2
 *   gi        (sum_j w_ij y_j - W_i mean_(i)) / sqrt(V_i), mean and variance of the other n-1 values: the
 *             z-value of the neighbours' sum; |gi| is also the z-value of moran
 *   gi_star   the same with the region among its own neighbours, with the largest weight of its row, against
 *             mean and variance of all n values: (sum w y - W mean) / (s sqrt((n W2 - W^2) / (n-1))). An
 * island has itself alone. geary     c_i = sum_j w_ij (z_i - z_j)^2 / m2, or with sum z^2 / (n-1) for m2
 *   geary_expected, geary_variance   given z_i as above, with u_j = (z_i - z_j)^2 in the place of z_j
 *   p_moran, p_gi, p_gi_star, p_geary   two-sided, from the normal distribution. p_moran = p_gi.
 * Scale changes of the weights of a row change moran and geary, not gi, gi_star and the p-values. */
typedef struct agl_local {
    double *lag, *moran, *moran_expected, *moran_variance, *gi, *gi_star, *geary, *geary_expected,
        *geary_variance;
    double *p_gi, *p_gi_star, *p_geary;
} agl_local;

typedef struct agl_local_options {
    bool moran_n; /**< moran with n / sum z^2 (as R's spdep has it) instead of (n-1) / sum z^2 (PySAL, GeoDa)
                   */
    bool geary_n; /**< geary with m2 = sum z^2 / n (PySAL) instead of sum z^2 / (n-1) (spdep) */
} agl_local_options;

/** Source: Anselin 1995, Geographical Analysis 27 (I_i, c_i); Sokal, Oden and Thomson 1998, Geographical
 * Analysis 30 (moments given z_i); Getis and Ord 1992, Ord and Getis 1995, Geographical Analysis 27 (G).
 * O(pairs). */
AGL_NODISCARD agl_status agl_local_indices(agl_local *out, const agl_spatial_weights *weights,
                                           const double *y, const agl_local_options *options, agl_error *err);

/** Conditional permutation: region i keeps its value, each of the `permutations` rounds gives its k_i
 * neighbours k_i different ones of the other n-1 values, every ordered choice equally likely. Only k_i draws
 * a round are needed: the rest of the map does not enter the indices of i.
 *
 *   lag_above   number of rounds whose sum w y is at least the observed one (to 1e-12 of its scale)
 *   geary_above number of rounds whose local Geary is at least the observed one
 *   lag_mean, lag_sd   of the drawn sums w z (sd divided by the number of rounds)
 * n values each, any may be NULL; islands 0 and NaN. The rank of the sum is the rank of G_i and G_i*, and
 * that of I_i for z_i > 0, its mirror for z_i < 0: one permutation test serves the three.
 *
 * Round r of region i draws from the stream (seed, r, i), so regions are independent of one another, and
 * results do not depend on threads or on the processor.
 * A draw is the high half of a 32-bit number times the choices left; its bias, at most n / 2^32, is far below
 * the resolution of a permutation test. Cost: some 0.02 us a neighbour and round up to 64 neighbours, on
 * threads; memory O(n).
 * Alternatives: one set of shuffled orders for all regions (PySAL) makes the tests of different
 * regions depend on one another. */
typedef struct agl_local_draws {
    uint32_t *lag_above, *geary_above;
    double *lag_mean, *lag_sd;
} agl_local_draws;
AGL_NODISCARD agl_status agl_local_permute(agl_local_draws *out, const agl_spatial_weights *weights,
                                           const double *y, size_t permutations, const agl_ctx *ctx,
                                           agl_error *err);

/** p-value of a rank: r = min(above, permutations - above), p = (r + 1) / (permutations + 1): the share in
 * the nearer tail, which PySAL reports. Two-sided: min(1, 2 p). */
double agl_permutation_p(uint32_t above, size_t permutations, bool two_sided);

#ifdef __cplusplus
}
#endif
#endif

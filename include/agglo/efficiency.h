/* agglo/efficiency.h - data envelopment analysis: how far is each unit from the best practice of its peers?
 *
 *     unit   staff  output    VRS, input oriented
 *     A        4      2       1.00   efficient
 *     B        8      8       1.00   efficient
 *     C        8      5       0.75   half A and half B make 5 with 6 staff: 6/8, peers A (0.5) and B (0.5)
 *
 * Units j = 1..n use inputs x_j (m of them) for outputs y_j (s). The technology is what the units show to be
 * possible,
 *
 *     T = { (x, y) : x >= sum_j lambda_j x_j,  y <= sum_j lambda_j y_j,  lambda >= 0, and by returns to scale
 *           CRS -,  VRS sum lambda = 1,  NIRS sum lambda <= 1,  NDRS sum lambda >= 1,  FDH lambda one unit }.
 *
 * Values are finite and not negative; each unit has an input and an output above zero. The efficient units
 * are found first (Ali 1993, Dula 2011: the programs of all other units need only these), and the linear
 * programs are solved by a dual simplex that starts from the previous unit's basis.
 */
#ifndef AGGLO_EFFICIENCY_H
#define AGGLO_EFFICIENCY_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { AGL_DEA_MOST = 8 /**< inputs, and outputs, at most */ };

typedef enum agl_rts { AGL_CRS, AGL_VRS, AGL_NIRS, AGL_NDRS, AGL_FDH } agl_rts;
typedef enum agl_orientation { AGL_INPUT, AGL_OUTPUT, AGL_BOTH /**< slacks-based only */ } agl_orientation;

/** n x m inputs and n x s outputs, row per unit. */
typedef struct agl_dea_units {
    agl_cmat inputs, outputs;
} agl_dea_units;

typedef struct agl_dea_options {
    agl_rts rts;
    agl_orientation orientation;
} agl_dea_options;

#define AGL_DEA_OPTIONS_INIT                                                                                 \
    { .rts = AGL_VRS, .orientation = AGL_INPUT }

/** Result; arrays of the caller, NULL where not wanted. */
typedef struct agl_dea {
    double *score;                /**< n: theta <= 1 (input) or phi >= 1 (output); NaN when infeasible */
    double *slack_in, *slack_out; /**< n x m, n x s: what is left after the radial change, largest sum */
    double *weight_in,
        *weight_out; /**< n x m, n x s: shadow prices, v'x = 1 (input) or u'y = 1 (output); 0 for FDH */
    int32_t *peer;   /**< n x (m + s + 1): reference units, -1 beyond the last */
    double *lambda;  /**< n x (m + s + 1): their weights */
} agl_dea;

/** Radial efficiency (Farrell) of every unit against `reference` (NULL = the units themselves).
 *
 *     input   theta = min { theta : (theta x_o, y_o) in T }        output   phi = max { phi : (x_o, phi y_o)
 * in T }
 *
 * Scores within 1e-10 of 1 are 1 when the units are their own reference. Slacks come from a second program
 * that keeps the score and maximises the sum of slacks in units of the data. Peers, weights and shadow prices
 * need not be unique; scores are. Against another reference the score may be beyond 1, and under VRS, NIRS
 * (output) or NDRS there may be none: NaN. Errors: AGL_EDATA (shape, negative or infinite value, unit without
 * input or output), AGL_ENOMEM, AGL_ECANCEL, AGL_ECONV. Cost: about n programs of m + s + 1 rows and as many
 * columns as there are efficient units; FDH O(n^2 (m + s)). Source: Charnes, Cooper and Rhodes 1978; Banker,
 * Charnes and Cooper 1984; Deprins, Simar and Tulkens 1984. */
AGL_NODISCARD agl_status agl_dea_radial(agl_dea *out, const agl_dea_units *units,
                                        const agl_dea_units *reference, const agl_dea_options *options,
                                        const agl_ctx *ctx, agl_error *err);

/** Super-efficiency (Andersen and Petersen 1993): the radial score of each unit against all others; above 1
 * (input) or below 1 (output) for efficient units, NaN when the others cannot match the unit at all. Not for
 * FDH. */
AGL_NODISCARD agl_status agl_dea_super(double *score, const agl_dea_units *units,
                                       const agl_dea_options *options, const agl_ctx *ctx, agl_error *err);

/** Slacks-based measure (Tone 2001), in (0, 1], 1 exactly when there is no slack at all:
 *
 *     rho = min (1 - 1/m sum_i s-_i / x_io) / (1 + 1/s sum_r s+_r / y_ro),   x_o = X lambda + s-, y_o = Y
 * lambda - s+
 *
 * Orientation input keeps the numerator, output the denominator, both both. Units with a zero among their
 * inputs or outputs get NaN: the measure divides by them. Not for FDH, NIRS and NDRS (AGL_EUSAGE). */
AGL_NODISCARD agl_status agl_dea_sbm(double *score, const agl_dea_units *units,
                                     const agl_dea_options *options, const agl_ctx *ctx, agl_error *err);

/** Cost efficiency: least cost at the unit's own prices w_o over actual cost.
 *
 *     CE = min { w_o'x : (x, y_o) in T } / w_o'x_o
 *
 * `prices` is n x m, not negative; a unit with a missing price (NaN) or no cost gets NaN. `best_inputs` (n x
 * m, may be NULL) are the inputs of least cost. Not for FDH. Source: Farrell 1957; Coelli, Rao and Battese
 * 1998. */
AGL_NODISCARD agl_status agl_dea_cost(double *efficiency, double *best_inputs, const agl_dea_units *units,
                                      const agl_cmat *prices, agl_rts rts, const agl_ctx *ctx,
                                      agl_error *err);

typedef struct agl_dea_bootstrap_options {
    size_t replications;
    double level;     /**< of the interval, in (0, 1) */
    double bandwidth; /**< of the kernel in units of the distance; <= 0 = Silverman's rule */
} agl_dea_bootstrap_options;

#define AGL_DEA_BOOTSTRAP_INIT                                                                               \
    { .replications = 2000, .level = 0.95, .bandwidth = 0 }

/** Result, n values each; NULL where not wanted. All in the scale of the score. */
typedef struct agl_dea_interval {
    double *corrected; /**< score without its bias */
    double *lo, *hi;   /**< interval of the true score */
    double *bandwidth; /**< one value: the bandwidth used */
} agl_dea_interval;

/** Bias-corrected scores with intervals by the smoothed bootstrap of Simar and Wilson (1998, 2000).
 *
 * The sample shows too little of what is possible, so scores are too kind. With distances d_j = 1 / theta_j
 * or phi_j (>= 1), each replication draws distances d* from the kernel density of d, reflected at 1, moves
 * every unit along its ray to that distance (x_j d*_j / d_j, or y_j d_j / d*_j), and measures the true units
 * against this technology: d^_o.
 *
 *     corrected d = 2 d - mean d^       interval  d - Q(1 - a/2) <= true d <= d - Q(a/2),  Q quantiles of d^
 * - d
 *
 * Bandwidth: h = 0.9 min(sd, IQR/1.34) N^(-1/5) of the N reflected distances above 1, times 2^(1/5) sd(d) /
 * sd(reflected). `score` are the scores of agl_dea_radial. NaN where a distance is not finite. AGL_EDATA when
 * all units are efficient. Not for FDH. Cost: replications times the cost of agl_dea_radial; memory n x
 * replications. */
AGL_NODISCARD agl_status agl_dea_bootstrap(agl_dea_interval *out, const double *score,
                                           const agl_dea_units *units, const agl_dea_options *options,
                                           const agl_dea_bootstrap_options *bootstrap, const agl_ctx *ctx,
                                           agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

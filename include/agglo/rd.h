/* agglo/rd.h - optimal allocation of R&D across the sectors of an innovation network.
 *
 *     sector   consumption   actual R&D   optimal R&D   return
 *     tools        0.10          0.10         0.27        2.7      little consumed, but everybody builds on
 * it games        0.40          0.50         0.20        0.4      much consumed, nobody builds on it
 */
#ifndef AGGLO_RD_H
#define AGGLO_RD_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Innovation network: row i holds the shares omega_ij of the backward citations of sector i that go to
 * sector j. A sector that cites nobody cites itself (omega_ii = 1). */
typedef struct agl_rd_network {
    int32_t n;
    size_t *offset; /**< n + 1 */
    int32_t *cited; /**< offset[n] */
    double *share;  /**< offset[n]: omega_ij, or omega_ij x_ij in an open economy */
    size_t silent;  /**< sectors without citations */
    bool open;      /**< domestic shares were given */
} agl_rd_network;

/** Network of n sectors from m flows: `weight[e]` citations of sector citing[e] to sector cited[e] (repeated
 * pairs add up; self-citations count). domestic[e] (NULL = 1) is the share of them that goes to domestic
 * inventions: the rest is foreign knowledge, which domestic R&D does not move. Errors: AGL_EDATA (id outside
 * 0..n-1, weight negative or not finite, domestic share outside 0..1), AGL_ENOMEM. O(n + m). */
AGL_NODISCARD agl_status agl_rd_network_new(agl_rd_network *out, int32_t n, size_t m, const int32_t *citing,
                                            const int32_t *cited, const double *weight,
                                            const double *domestic, agl_error *err);
void agl_rd_network_free(agl_rd_network *network);

typedef struct agl_rd_options {
    double rho;    /**< discount rate a year, above 0 */
    double lambda; /**< innovation step size: gain in log quality of one more unit of log R&D, above 0 */
    double psi;    /**< weight of log quality in utility, above 0 */
} agl_rd_options;

#define AGL_RD_OPTIONS_INIT                                                                                  \
    { .rho = 0.05, .lambda = 0.17, .psi = 1 }

/** Arrays of the caller, n each, NULL where not wanted. */
typedef struct agl_rd {
    double *gamma;      /**< optimal shares of R&D, sum 1 */
    double *gain;       /**< part of ln_gain that comes from the sector */
    double *centrality; /**< limit of gamma without impatience (rho -> 0) */
    double mass;        /**< sum before it is scaled to 1; 1 in a closed economy */
    double ln_gain;  /**< log of the factor by which consumption would have to rise to make up for the actual
                        shares; NaN without them */
    double distance; /**< share of R&D in the wrong sector: half the sum of |gamma - b| */
    bool settled;    /**< the centrality converged */
} agl_rd;

/** Optimal R&D shares and the welfare gain from moving to them.
 *
 * Quality q_i of sector i grows by  d ln q / dt = lambda (ln s + (Omega - I) ln q) + const,  s the shares of
 * R&D; utility is psi beta' ln q discounted at rho, beta the consumption shares. With d = 1 / (1 +
 * rho/lambda)
 *
 *     gamma' = rho/(rho + lambda) beta' (I - d Omega)^-1 = (1 - d) sum_k d^k beta' Omega^k
 *     ln L   = (psi lambda / rho) mass sum_i gamma_i ln(gamma_i / b_i)
 *
 * The power series is summed until what is left is below 1e-15 of the whole: k of about 35 (1 + lambda/rho)
 * sparse products. A factorisation would fill in; the series never does, and every term is positive, so there
 * is no cancellation. Open economy: Omega is replaced by Omega o X (domestic shares); the sum is then below 1
 * (mass) and gamma is scaled to 1; the same factor scales the gain because foreign knowledge arrives anyway.
 * centrality: the limit of a lazy walk beta' ((I + Omega)/2)^k, scaled to 1; it exists for periodic and
 * reducible networks, too. In an open economy it is that of the network with its rows scaled back to 1.
 *
 * `consumption` and `actual` (NULL = not known) are amounts; they are scaled to shares. An actual share of
 * zero in a sector with gamma_i > 0 makes the gain infinite: put a floor under it beforehand. Errors:
 * AGL_EDATA (negative, not finite, or all zero), AGL_EUSAGE (parameters), AGL_ENOMEM, AGL_ECANCEL. Cost:
 * O(terms m). Source: Liu and Ma 2021, NBER 29607. */
AGL_NODISCARD agl_status agl_rd_optimal(agl_rd *out, const agl_rd_network *network, const double *consumption,
                                        const double *actual, const agl_rd_options *options,
                                        const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

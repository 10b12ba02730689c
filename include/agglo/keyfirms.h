/* agglo/keyfirms.h - R&D networks with rivals in product markets: equilibrium, subsidies, key firms.
 *
 *     A - B - C      A and C sell in the same market, B in another
 *
 * B lowers the costs of both; A and C lower each other's costs through B and take sales from each other.
 * Which of the three is worth most to all, and whose R&D should be subsidised by how much?
 */
#ifndef AGGLO_KEYFIRMS_H
#define AGGLO_KEYFIRMS_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Firm i: demand p_i = a_i - q_i - rho sum_j b_ij q_j (b_ij = 1 for rivals in its market), unit cost
 * c_i - e_i - phi sum_j a_ij e_j (a_ij = 1 for partners), cost of effort e_i^2 / 2; mu_i = a_i - c_i. */
typedef struct agl_klz_network {
    const agl_graph *links; /**< undirected; weights are not used */
    const int32_t
        *market; /**< links->n: 0..n_markets-1, or -1 for a firm without rivals; NULL = nobody has any */
    int32_t n_markets;
    double rho; /**< rivalry, 0 <= rho < 1 */
    double phi; /**< spillover along a link, >= 0 */
} agl_klz_network;

typedef struct agl_klz_bounds {
    double lambda; /**< largest eigenvalue of the links */
    double
        phi_max; /**< below this phi there is one equilibrium: (1 - rho) / lambda; infinite without links */
    double sum_max; /**< the published bound on rho + phi: 1 / max(lambda, largest market - 1) */
} agl_klz_bounds;

/** The range of parameters. Fills `bounds` also when it fails. I + rho B - phi A is positive definite when
 * phi lambda < 1 - rho (the eigenvalues of B are at least -1); the game then has a concave potential and one
 * equilibrium. The published condition, rho + phi < sum_max, is stricter, hopelessly so in large markets; it
 * is reported, not demanded. Errors: AGL_ECONV beyond phi_max, with the bound; AGL_EUSAGE (rho, phi negative
 * or rho >= 1); AGL_EDATA (market out of range). lambda by power iteration, to 1e-9. */
AGL_NODISCARD agl_status agl_klz_check(agl_klz_bounds *bounds, const agl_klz_network *net, const agl_ctx *ctx,
                                       agl_error *err);

/** Output of every firm, q = (I + rho B - phi A)^-1 (mu + (I + phi A) s); effort is q + s. `subsidy` s per
 * unit of effort (NULL = none). A negative q means that the firm would leave; the formula does not know
 * corners. Conjugate gradients, preconditioned with I + rho B, which is solved market by market: some 10 to
 * 40 products with the links, B is never formed. */
AGL_NODISCARD agl_status agl_klz_equilibrium(double *q, const agl_klz_network *net, const double *mu,
                                             const double *subsidy, const agl_ctx *ctx, agl_error *err);

/** mu = (I + rho B - phi A) effort: the marginal profits under which the efforts seen are the equilibrium. */
AGL_NODISCARD agl_status agl_klz_marginal(double *mu, const agl_klz_network *net, const double *effort,
                                          const agl_ctx *ctx, agl_error *err);

/** Consumer surplus and profits less the subsidy bill, W = q'q + (rho/2) q'Bq - s'q - s's/2. */
AGL_NODISCARD agl_status agl_klz_welfare(double *welfare, const agl_klz_network *net, const double *q,
                                         const double *subsidy, agl_error *err);

/** Subsidies per unit of effort that maximise W: one for each firm, and one for all. With S = I + rho B - phi
 * A, r = S^-1 mu, R = S^-1 (I + phi A), Q = 2 I + rho B
 *
 *     targeted[]   = H^-1 (R'Q - I) r,    H = I + R + R' - R'QR
 *     *homogeneous = 1'(R'Q - I) r / 1'H1
 *
 * by conjugate gradients on H, each step two inner solves. `targeted` may be NULL. Errors: AGL_ECONV when H
 * is not positive definite: more subsidy then always pays and no best one exists. */
AGL_NODISCARD agl_status agl_klz_subsidies(double *targeted, double *homogeneous, const agl_klz_network *net,
                                           const double *mu, const agl_ctx *ctx, agl_error *err);

/** Welfare lost when firm k leaves, loss_k = W(G) - W(G without k), without subsidies. With v = S^-1 e_k the
 * others go to q - v q_k / v_k, thus, with a = q_k / v_k,
 *
 *     loss_k = a v'Qq - a^2/2 v'Qv
 *
 * estimate[k] takes the diagonals of S^-1 and S^-1 Q S^-1 from `probes` random signs (Hutchinson 1989) for
 * all firms at once; the `exact` firms with the largest estimates are then solved, loss[k] is NaN for the
 * others. When exact >= n all are solved and estimate is the loss. Cost: 2 probes + exact solves. */
AGL_NODISCARD agl_status agl_klz_key_firms(double *loss, double *estimate, const agl_klz_network *net,
                                           const double *q, size_t exact, size_t probes, const agl_ctx *ctx,
                                           agl_error *err);
/** Firm-years in ascending order of firms, and who was linked when. */
typedef struct agl_klz_panel {
    size_t n;
    const int32_t *firm; /**< n: 0..n_firms-1 */
    const int32_t *year; /**< n; a firm has a year once at most; without a row it was not active */
    const double *output;
    const double *effort;  /**< n; NULL = output, with which it coincides without subsidies */
    const double *shifter; /**< n: what moves a firm's effort but not its partners' and rivals' profits, such
                              as its tax credit; NULL = none */
    int32_t n_firms, n_markets;
    const int32_t *market;  /**< n_firms: 0..n_markets-1 or -1; NULL = nobody has rivals */
    size_t n_graphs;        /**< 1: the links are the same in all years; else one network a year */
    const agl_graph *links; /**< n_graphs undirected networks of all firms */
    int32_t first_graph_year;
} agl_klz_panel;

typedef struct agl_klz_estimates {
    double rho, phi, rho_se, phi_se;         /**< NaN where there are no rivals, or no partners */
    double first_stage_rho, first_stage_phi; /**< F of the instruments in each first stage */
    double weak;                             /**< Cragg and Donald's F of both together; below 10 is weak */
    double overidentification_p;             /**< Sargan: small = the instruments contradict each other */
    size_t firm_years, firms;                /**< that entered */
} agl_klz_estimates;

/** rho and phi by two-stage least squares on changes from year to year,
 *
 *     d q_it = year_t + phi d (sum_j a_ijt e_jt) - rho d (sum_j b_ij q_jt) + beta d x_it + d eps_it
 *
 * with the shifter x: instruments are the changes of A x, A A x, B x, A B x with the links of the year
 * before, so that links which form because of the shock of the year do not enter; without: the same sums of
 * outputs two years before, valid when shocks do not last. Errors of the estimates are by firm. A missing
 * value drops the firm-years that need it. Errors: AGL_EDATA (too few consecutive years, nothing varies,
 * collinear), AGL_EUSAGE, AGL_ENOMEM. Cost: some ten passes over n and the links. Source: Koenig, Liu and
 * Zenou 2019, section IV; weak instruments: Cragg and Donald 1993, Stock and Yogo 2005. */
AGL_NODISCARD agl_status agl_klz_estimate(agl_klz_estimates *out, const agl_klz_panel *panel, agl_error *err);

/* Errors of all: AGL_EDATA (market out of range), AGL_ECONV (no convergence), AGL_ENOMEM, AGL_ECANCEL.
 * Source: Koenig, Liu and Zenou 2019, REStat 101(3), 476-491. */

#ifdef __cplusplus
}
#endif
#endif

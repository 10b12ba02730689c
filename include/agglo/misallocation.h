/* agglo/misallocation.h - what output would be gained if labour and capital stood with the firms that use
 * them best.
 *
 *     firm  output  labour  capital     TFPR = output / (K^a L^(1-a)), a = 0.5      alike wages and rents, no
 * distortions: TFPR alike A       10       4       4        2.5    high: too small, something keeps labour
 * and capital away from it B       10       9       9        1.1    low:  too large
 *
 * Both models are one formula. In a market with totals Y, K, L let X_i = K_i^a L_i^(1-a), x_i = X_i / (K^a
 * L^(1-a)) and r_i = TFPR_i / (Y / (K^a L^(1-a))). The efficient output over the actual one is
 *
 *     G = [ sum_i x_i r_i^p ]^q          Hsieh-Klenow     p = sigma, q = 1/(sigma - 1)
 *                                        span of control  p = 1/(1 - gamma), q = 1 - gamma
 *
 * and e_i = x_i r_i^p / sum is firm i's share of the market when nothing is distorted. Hsieh and Klenow's own
 * form, Y / Y_eff = [ sum_i (A_i TFPRbar / (Abar TFPR_i))^(sigma-1) ]^(1/(sigma-1)), is the same number: put
 * A_i = Y_i^(sigma/(sigma-1)) / X_i. Quantities (TFPQ) follow as ln A_i = q (ln X_i + p ln TFPR_i) +
 * constant.
 */
#ifndef AGGLO_MISALLOCATION_H
#define AGGLO_MISALLOCATION_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum agl_misallocation_model { AGL_HSIEH_KLENOW, AGL_SPAN_OF_CONTROL } agl_misallocation_model;

typedef struct agl_misallocation_options {
    agl_misallocation_model model;
    double sigma;  /**< elasticity of substitution between the goods of a market, > 1 */
    double gamma;  /**< returns to scale of the firm, in (0, 1); span of control only */
    double rental; /**< R, price of capital; moves the level of tau_k only */
} agl_misallocation_options;

#define AGL_MISALLOCATION_OPTIONS_INIT                                                                       \
    { .model = AGL_HSIEH_KLENOW, .sigma = 3, .gamma = 0.8, .rental = 0.1 }

/** Firms (or firm-years), each in a market: an industry, in a year when there are several, in a region when
 * labour and capital are to stay there. */
typedef struct agl_producers {
    size_t n, n_markets;
    const int32_t *market;       /**< 0..n_markets-1, -1 = left out */
    const double *output;        /**< value added (Hsieh-Klenow) or output (span of control), > 0 */
    const double *labour;        /**< wage bill, or persons when wages do not matter, > 0 */
    const double *capital;       /**< > 0 */
    const double *capital_share; /**< n_markets: a, in (0, 1); a market without firms may have NaN */
} agl_producers;

typedef struct agl_market {
    size_t n;                       /**< firms */
    double output, labour, capital; /**< totals */
    double gain;                    /**< G - 1; NaN without firms */
    double mean_tfpr;               /**< mean of ln r_i */
    double sd_tfpr;                 /**< standard deviation (n - 1) of ln r_i; NaN with one firm */
    double op_covariance; /**< Olley-Pakes: sum_i (s_i - 1/n)(ln TFPR_i - mean), s_i = share of output */
} agl_market;

/** Per firm; arrays of n values or NULL where not wanted. NaN for firms that are left out. */
typedef struct agl_wedges {
    double *ln_tfpr;         /**< ln r_i: TFPR relative to the market */
    double *ln_tfpq;         /**< ln of A_i n^q / (sum A^(1/q))^q: TFPQ relative to the market */
    double *share;           /**< of the market's output */
    double *efficient_share; /**< e_i */
    double *tau_y;           /**< 1 - tau_y = sigma/(sigma-1) wL / ((1-a) PY); NaN in span of control */
    double *tau_k;           /**< 1 + tau_k = a/(1-a) wL / (R K); NaN in span of control */
} agl_wedges;

/** Wedges, gains and dispersion. `market` has n_markets entries. Linear time: three logarithms and an
 * exponential a firm. Errors: AGL_EDATA (value not above zero, market out of range, capital share outside (0,
 * 1)), AGL_EUSAGE, AGL_ENOMEM, AGL_ECANCEL. Source: Hsieh and Klenow 2009, Quarterly Journal of Economics
 * 124, eqs. 10-19; Adamopoulos, Brandt, Leight and Restuccia 2022, Econometrica 90; decomposition: Olley and
 * Pakes 1996, Econometrica 64, eq. 16. */
AGL_NODISCARD agl_status agl_misallocation(agl_market *market, agl_wedges *wedges, const agl_producers *firms,
                                           const agl_misallocation_options *options, const agl_ctx *ctx,
                                           agl_error *err);

/** Gain of markets taken together, labour and capital staying in their markets: Hsieh-Klenow prod G^theta - 1
 * with theta = shares of output, span of control sum Y G / sum Y - 1. `group` (0..n_groups-1, -1 = none) says
 * what each market belongs to. `gain` and `output` (sum Y) have n_groups entries; the gain of an empty group
 * is NaN. */
void agl_misallocation_total(double *gain, double *output, const agl_market *market, size_t n_markets,
                             const int32_t *group, size_t n_groups, agl_misallocation_model model);

/** Sets market[i] = -1 for the firms in the tails: outside the quantiles (trim, 1 - trim) of ln_tfpr or of
 * ln_tfpq among the firms of the same group of markets. Returns their number in `trimmed`. Expected linear
 * time. */
AGL_NODISCARD agl_status agl_misallocation_trim(int32_t *market, size_t *trimmed, size_t n,
                                                const double *ln_tfpr, const double *ln_tfpq,
                                                const int32_t *group, size_t n_groups, double trim,
                                                agl_error *err);

typedef struct agl_dispersion {
    size_t n;
    double sd_tfpr, p75_25_tfpr, p90_10_tfpr; /**< of ln_tfpr, each firm counted once; quantiles of type 7 */
    double sd_tfpq, p75_25_tfpq, p90_10_tfpq;
    double correlation; /**< of ln_tfpr and ln_tfpq */
} agl_dispersion;

/** Dispersion in each of n_groups groups of firms; group[i] = -1 or a NaN leaves a firm out. */
AGL_NODISCARD agl_status agl_misallocation_dispersion(agl_dispersion *out, const double *ln_tfpr,
                                                      const double *ln_tfpq, const int32_t *group,
                                                      size_t n_groups, size_t n, agl_error *err);

typedef struct agl_gain_interval {
    double *lo, *hi; /**< n_groups */
} agl_gain_interval;

/** Basic bootstrap intervals of the gains of groups of markets (as agl_misallocation_total) by a bootstrap
 * that gives every unit a weight Poisson(1), the same in all its years. unit[i] >= 0 is the firm that row i
 * belongs to; NULL = every row its own. A market may belong to several groups at once: to group[k * n_markets
 * + m] at each level k < n_levels, -1 = none. They are taken of ln(1 + gain), twice the estimate minus the
 * quantiles, which takes out the bias that markets of few firms have. Capital shares are held fixed. Poisson
 * weights are the multinomial ones of the ordinary bootstrap but for their sum (Chamandy et al. 2012), and
 * need no pass over the firms of a market to draw. Cost: replications x n. */
AGL_NODISCARD agl_status agl_misallocation_bootstrap(agl_gain_interval *out, const agl_producers *firms,
                                                     const int32_t *unit, const int32_t *group,
                                                     size_t n_levels, size_t n_groups, size_t replications,
                                                     double level, const agl_misallocation_options *options,
                                                     const agl_ctx *ctx, agl_error *err);

typedef struct agl_measurement_error {
    size_t pairs;  /**< firm-years with the year before */
    double psi;    /**< response of revenue growth to input growth at average TFPR */
    double lambda; /**< share of the variance of ln TFPR that is no additive measurement error; NaN when it
                      cannot be told */
    double se;     /**< of lambda, clustered by firm */
} agl_measurement_error;

/** Additive measurement error makes TFPR high where measured inputs are too small; then revenue reacts less
 * to measured input growth in firms of high TFPR. Over firm-years with a lag, all deviations from the mean of
 * the market in that year:
 *
 *     d ln Y = phi ln r + psi d ln X - psi (1 - lambda) ln r d ln X + error,   ln r the mean of this year's
 * and last year's
 *
 * lag[i] is the row of the same firm a year before, or -1; `unit` the firm. AGL_OK with lambda NaN when there
 * are too few pairs. Source: Bils, Klenow and Ruane 2021, Journal of Monetary Economics 124, eq. 17 as
 * recalled; no published number to check it with. */
AGL_NODISCARD agl_status agl_misallocation_error(agl_measurement_error *out, const agl_producers *firms,
                                                 const double *ln_tfpr, const int32_t *lag,
                                                 const int32_t *unit, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

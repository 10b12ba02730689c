/* agglo/productivity.h - production functions of firms from a panel, and the productivity that they leave.
 *
 *     firm year   ln y  ln l  ln k         y = b0 + b_l l + b_k k + omega + eps
 *     A    2001    5.0   2.0   3.0         LP: b_l = 0.6, b_k = 0.3  ->  ln tfp = 5.0 - 1.2 - 0.9 = 2.9
 *     A    2003    5.4   2.1   3.0         2002 is missing: 2003 has no lag and takes no part where one is
 * needed
 *
 * omega is productivity as the firm knows it when it chooses its inputs, eps is not. Least squares gives free
 * inputs too large a coefficient, because firms that know a good omega hire more; the methods differ in how
 * they control for omega. All variables are natural logarithms.
 */
#ifndef AGGLO_PRODUCTIVITY_H
#define AGGLO_PRODUCTIVITY_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    AGL_TFP_MOST_INPUTS = 6, /**< free inputs and state inputs together */
    AGL_TFP_MOST_MINIMA = 16
};

typedef enum agl_tfp_method {
    AGL_TFP_OLS,
    AGL_TFP_FE,   /**< fixed effects of firms */
    AGL_TFP_OP,   /**< Olley and Pakes 1996: proxy is investment */
    AGL_TFP_LP,   /**< Levinsohn and Petrin 2003: proxy is an intermediate input */
    AGL_TFP_WRDG, /**< Wooldridge 2009: both stages as one system */
    AGL_TFP_ACF,  /**< Ackerberg, Caves and Frazer 2015 */
    AGL_TFP_GNR   /**< gross output, Gandhi, Navarro and Rivers 2020: proxy is ln of the materials' share in
                     revenue,   materials are the last free input */
} agl_tfp_method;

/** Firm-years in ascending order of firm, then year; no firm has a year twice. Every value is finite. */
typedef struct agl_firm_panel {
    size_t n, n_firms;
    const int32_t *firm;    /**< 0..n_firms-1 */
    const int32_t *year;    /**< t - 1 is the year before; a gap has no lag */
    const double *output;   /**< n: ln y */
    size_t n_free, n_state; /**< inputs that follow omega at once; inputs fixed one year ahead */
    const double *inputs;   /**< n x (n_free + n_state): ln of the free inputs, then of the state inputs */
    const double *proxy;    /**< n: ln of investment, of an intermediate input, or of the share of materials;
                               NULL    for OLS and FE */
} agl_firm_panel;

typedef struct agl_tfp_options {
    agl_tfp_method method;
    size_t replications; /**< of the bootstrap by firms; 0 = none */
    double level;        /**< of its intervals */
    bool no_drift;       /**< WRDG as the R package prodest 1.0: see below */
} agl_tfp_options;

#define AGL_TFP_OPTIONS_INIT                                                                                 \
    { .method = AGL_TFP_LP, .replications = 0, .level = 0.95, .no_drift = false }

/** A local minimum of the second stage. */
typedef struct agl_tfp_minimum {
    double coefficient[AGL_TFP_MOST_INPUTS];
    double criterion; /**< OP, LP: mean square of xi. ACF: m'Wm, 0 at a solution of the moment conditions */
    size_t starts;    /**< starting values that led here */
} agl_tfp_minimum;

/** Result. Index n_inputs of the intervals is the sum of the coefficients (returns to scale). */
typedef struct agl_tfp {
    double coefficient[AGL_TFP_MOST_INPUTS];
    double se[AGL_TFP_MOST_INPUTS + 1], lo[AGL_TFP_MOST_INPUTS + 1], hi[AGL_TFP_MOST_INPUTS + 1];
    size_t n_pairs;      /**< firm-years with the year before */
    size_t n_minima;     /**< of the second stage, by ascending criterion; 0 where there is none */
    size_t chosen;       /**< the one that the coefficients are from */
    size_t n_replicates; /**< bootstrap replications that could be estimated */
    agl_tfp_minimum minima[AGL_TFP_MOST_MINIMA];
} agl_tfp;

/** Estimates the coefficients; `tfp` (n values or NULL) receives ln tfp = y - sum b x, which is b0 + omega +
 * eps.
 *
 *     OLS, FE   y on the inputs; FE from deviations from the mean of the firm
 *     OP, LP    1  y on l and all terms of degree 1 and 2 of (k, proxy) -> b_l,  phi = fit - b_l l
 *               2  for trial b_k:  omega = phi - b_k k,  g = regression of omega on 1, omega_-1, omega_-1^2,
 * omega_-1^3, xi = y - b_l l - b_k k - g;   b_k = argmin sum xi^2 ACF       1  y on all terms of degree 1 and
 * 2 of (l, k, proxy) -> phi = fit 2  omega = phi - b_l l - b_k k,  xi = omega - g(omega_-1);   b from sum xi
 * (l_-1, k) = 0 WRDG      y on 1, l, k and the terms of (k, proxy), once with those of the same year and once
 * with those of the year before and a constant of its own, stacked; l is instrumented by l_-1. omega is taken
 * for a random walk with drift. no_drift: without the second constant, and without constant among the
 * instruments (prodest 1.0).
 *
 *     GNR       1  ln share = ln(E gamma(l, k, m)) - eps by nonlinear least squares, gamma all terms of
 * degree 0 to 2, E = mean exp(eps): gamma is the elasticity of materials 2  Y = y - eps - integral of gamma
 * over m,  omega = Y + C(l, k), C all terms of degree 1 and 2, xi = omega - g(omega_-1);   C from sum xi
 * (terms of C) = 0 coefficients are means of the elasticities over firm-years; ln tfp = omega + eps. Labour
 * counts as chosen before omega is known, as capital does.
 *
 * The second stages of OP, LP and ACF may have several minima (Kim, Luo and Su 2019). They are searched from
 * a grid of starting values and all found are returned. OP and LP take the least. The conditions of ACF hold
 * exactly at every solution, so that the criterion cannot tell them apart: the one next to the coefficients
 * of OLS is taken, and the caller should look at the others.
 *
 * Standard errors and percentile intervals: firms are drawn with replacement with all their years; the second
 * stage starts from the estimate. NaN with fewer than 10 replications. Errors: AGL_EDATA (order, gaps only,
 * collinear inputs, too few rows), AGL_ECONV, AGL_ENOMEM, AGL_ECANCEL. Cost: a few passes over n for OLS to
 * WRDG; some thousand for ACF; times (1 + replications). Memory 8 n doubles a thread. */
AGL_NODISCARD agl_status agl_productivity(agl_tfp *out, double *tfp, const agl_firm_panel *panel,
                                          const agl_tfp_options *options, const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

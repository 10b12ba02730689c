/* agglo/regress.h - linear regression with fixed effects, weights, instruments and clustered standard errors.
 *
 * y = X b + sum over the fixed effects of a_(group of the row) + e. Without fixed effects a constant takes
 * their place (a single group). Rows are weighted by w.
 */
#ifndef AGGLO_REGRESS_H
#define AGGLO_REGRESS_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AGL_REGRESS_MOST_EFFECTS 4

typedef enum agl_se {
    AGL_SE_CLASSICAL, /**< s^2 (X'X)^-1 */
    AGL_SE_ROBUST,    /**< heteroskedasticity: n / (n - K) times the sandwich (HC1) */
    AGL_SE_CLUSTER    /**< G/(G-1) (n-1)/(n-K) times the sandwich of the sums by cluster (CR1) */
} agl_se;

/** All arrays by row; columns of x and z one after the other: x[j] has n values. Nothing may be missing. */
typedef struct agl_regression_data {
    size_t n;
    const double *y;
    size_t k; /**< regressors */
    const double *const *x;
    const bool *endogenous; /**< k; NULL = none */
    size_t m;               /**< excluded instruments */
    const double *const *z;
    const double *weight;                            /**< NULL = 1 each */
    size_t effects;                                  /**< 0 to AGL_REGRESS_MOST_EFFECTS */
    const int32_t *effect[AGL_REGRESS_MOST_EFFECTS]; /**< group of each row, 0 to groups - 1 */
    size_t groups[AGL_REGRESS_MOST_EFFECTS];
    const int32_t *cluster; /**< AGL_SE_CLUSTER: 0 to clusters - 1 */
    size_t clusters;
    const char *const *name; /**< k + m: of regressors and instruments, for errors */
} agl_regression_data;

typedef struct agl_regression {
    double *b, *se, *t, *p;  /**< k each, given by the caller; p two-sided, Student with `df` */
    double *first_stage_f;   /**< k, may be NULL: of an endogenous regressor, else NaN */
    double intercept;        /**< without fixed effects; NaN with them */
    double r2;               /**< of y as it is; NaN with instruments */
    double r2_within;        /**< of y less its fixed effects; NaN with instruments */
    double df;               /**< n - K, or clusters - 1 */
    size_t used, singletons; /**< rows; rows left out because they are alone in a group */
    size_t clusters;         /**< that have a row in use */
    size_t parameters;       /**< K: regressors and fixed effects (those nested in clusters not counted) */
} agl_regression;

/** Least squares, or with endogenous regressors two-stage least squares.
 *
 * Fixed effects are swept out by weighted means, one effect after the other until nothing changes any more
 * (to 1e-13 of the column's length; AGL_ECONV after 10,000 rounds). Rows alone in their group are left out
 * first, again and again until none is (Correia 2015): they fit perfectly and say nothing. K counts the
 * groups of the first effect, those of the second less the connected parts that the two form, and those of
 * further ones less one each. first_stage_f is the Wald statistic of the excluded instruments in the
 * regression of the endogenous regressor on all exogenous ones, divided by their number, with the same kind
 * of standard errors.
 *
 * Errors: AGL_EDATA naming the regressor that is a combination of others (or of the fixed effects), when
 * there are too few rows, fewer instruments than endogenous regressors, or no more clusters than regressors.
 * Cost: O(n (k + m)^2) and O(n (k + m)) a sweep.
 * Source: Frisch and Waugh 1933; Guimaraes and Portugal 2010; Cameron and Miller 2015, Journal of Human
 * Resources 50(2); Correia 2015, Singletons, cluster-robust standard errors and fixed effects. */
AGL_NODISCARD agl_status agl_regress(agl_regression *out, const agl_regression_data *data, agl_se se,
                                     const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

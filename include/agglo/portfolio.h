/* agglo/portfolio.h - which projects to fund under budgets and rules.
 *
 *     project   value   cost        budget 10:  take B and C (value 11), not A
 *     A            9      8         one more unit of budget is worth 1.1 at the margin
 *     B            6      5         A would have to be worth more than 11 to get in
 *     C            5      5
 */
#ifndef AGGLO_PORTFOLIO_H
#define AGGLO_PORTFOLIO_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Pair of projects, or group and resource with a least share. */
typedef struct agl_pair {
    int32_t a, b;
} agl_pair;

typedef struct agl_projects {
    int32_t n, n_resources, n_groups;
    const double *value; /**< n */
    size_t uses;         /**< amounts of a resource that projects use; repeated places add up */
    const int32_t *use_project, *use_resource;
    const double *use_amount;
    const double *limit; /**< n_resources; infinite = no limit */
    size_t n_requires, n_excludes, n_minima;
    const agl_pair *requires_;    /**< a only with b */
    const agl_pair *excludes;     /**< not both a and b */
    const agl_pair *minima;       /**< group a has at least minimum[k] of what is used of resource b */
    const double *minimum;        /**< n_minima, shares */
    const int32_t *group;         /**< n, or NULL; -1 = none */
    const int8_t *fixed;          /**< n: 1 = in, -1 = out, 0 = free; NULL = all free */
    int32_t n_scenarios;          /**< 0 = values are certain */
    const double *scenario_value; /**< n_scenarios x n; value then holds their means */
    const double *probability;    /**< n_scenarios, sum 1 */
} agl_projects;

typedef struct agl_portfolio_options {
    double gap;           /**< relative; 0 = prove the optimum */
    double seconds;       /**< for each problem; 0 = no limit */
    double scale;         /**< factor on all limits; 0 stands for 1 */
    int32_t differ_n;     /**< earlier portfolios from which this one must differ */
    const double *differ; /**< differ_n x n of 0 and 1 */
    double risk;          /**< weight of the tail against the mean, 0 to 1 */
    double tail;          /**< share of the worst scenarios, in (0, 1]; 0 stands for 0.1 */
} agl_portfolio_options;

/** Arrays of the caller, NULL where not wanted. */
typedef struct agl_portfolio {
    double *chosen; /**< n: 0 or 1 */
    double *used;   /**< n_resources: amount used */
    double *price;  /**< n_resources: value of one more unit of the limit in the linear relaxation */
    double value, bound, gap, relaxation; /**< of the objective */
    double mean;                          /**< sum of values of the chosen projects */
    double tail_mean; /**< mean over the worst scenarios (conditional value at risk); NaN without scenarios */
} agl_portfolio;

/** max sum v_j x_j, x_j in {0, 1}, under
 *     sum_j a_rj x_j <= limit_r;  x_a <= x_b (requires);  x_a + x_b <= 1 (excludes);
 *     sum_{j in g} a_rj x_j >= share sum_j a_rj x_j (minima).
 *
 * With scenarios the objective is (1 - risk) mean + risk tail mean, where the tail mean, the mean value in
 * the worst `tail` of the scenarios, is the largest  eta - sum_s p_s z_s / tail  with  z_s >= eta - sum_j
 * v_js x_j, z_s >= 0 (Rockafellar and Uryasev 2000). Among portfolios of the same value the one that the
 * search meets first is told, see agl_portfolio_first. Errors: AGL_ECONV when no portfolio satisfies all (see
 * agl_portfolio_conflict), AGL_EDATA, AGL_ENOMEM, AGL_ECANCEL. */
AGL_NODISCARD agl_status agl_portfolio_solve(agl_portfolio *out, const agl_projects *projects,
                                             const agl_portfolio_options *options, const agl_ctx *ctx,
                                             agl_error *err);

/** For each project the value at which the decision on it changes: a chosen one leaves below it, another one
 * enters above it, all other values unchanged:  v_j - (V - V with the decision on j turned round). -INFINITY
 * for one that never leaves, INFINITY for one that can never enter. One problem a project, in parallel.
 * `best` is the solution. */
AGL_NODISCARD agl_status agl_portfolio_switches(double *value, const agl_projects *projects,
                                                const agl_portfolio *best,
                                                const agl_portfolio_options *options, const agl_ctx *ctx,
                                                agl_error *err);

/** Of the portfolios that are worth as much as `best`, the one whose projects come first: it funds project 0
 * if any of them does, then project 1, and so on. `change` are the values of agl_portfolio_switches: only
 * projects whose value stands where the decision changes are open. Writes best->chosen and best->used. One
 * problem for each of these. */
AGL_NODISCARD agl_status agl_portfolio_first(agl_portfolio *best, const double *change,
                                             const agl_projects *projects,
                                             const agl_portfolio_options *options, const agl_ctx *ctx,
                                             agl_error *err);

/** For a problem without a portfolio: excess[r] by which limits must be raised so that there is one, with the
 * least sum of excess relative to the limits (absolute for a limit of zero); rules and fixed projects stand.
 * AGL_ECONV when no limits help, because the rules contradict each other. */
AGL_NODISCARD agl_status agl_portfolio_mend(double *excess, const agl_projects *projects,
                                            const agl_portfolio_options *options, const agl_ctx *ctx,
                                            agl_error *err);

/** Constraints that cannot hold together, of which each one matters: flags by resource, requires, excludes,
 * minima (arrays of the caller; fixed projects are part of the problem). All zero when there is a portfolio.
 */
AGL_NODISCARD agl_status agl_portfolio_conflict(uint8_t *limit, uint8_t *require, uint8_t *exclude,
                                                uint8_t *minimum, const agl_projects *projects,
                                                const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

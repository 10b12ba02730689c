/* agglo/platforms.h - where to put platforms (labs, hubs, centres) under a budget.
 *
 *     demand  a ---- b -------------- c ---- d        two sites: one near a and b, one near c and d;
 *     site        1          2            3           with one only, site 2 is best for the average distance,
 *                                                     but nobody is within reach
 */
#ifndef AGGLO_PLATFORMS_H
#define AGGLO_PLATFORMS_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct agl_siting {
    int32_t n_demand, n_sites, n_groups;
    const double *weight;   /**< n_demand, not negative */
    const double *distance; /**< n_demand x n_sites; NaN = the site cannot serve it */
    const double *cost;     /**< n_sites, not negative */
    const int8_t *fixed;    /**< n_sites: 1 = open already, -1 = not to be used, 0 = free; NULL = all free */
    const int32_t *group;   /**< n_demand, -1 = none; NULL without groups */
    double budget;          /**< on the sum of costs; infinite = none */
    double max_sites;       /**< infinite = no limit */
    double reach;           /**< a demand with an open site within it is covered; infinite = any site */
    double coverage;        /**< least share of the weight that is covered */
    double equity;          /**< least share that is covered in every group */
    bool cover; /**< maximise the weight covered; otherwise minimise weight x distance to the nearest site */
    const double
        *capacity; /**< n_sites: most weight that a site serves; NULL = no limits. Not for covering */
} agl_siting;

typedef struct agl_siting_options {
    double gap, seconds; /**< see agglo/portfolio.h */
} agl_siting_options;

/** Arrays of the caller, NULL where not wanted. */
typedef struct agl_siting_plan {
    double *open;     /**< n_sites, 0 or 1 */
    int32_t *site;    /**< n_demand: nearest open site, -1 = none can serve it */
    double *distance; /**< n_demand: to it, NaN = none */
    double *served;   /**< n_sites: weight that the site serves */
    double *covered;  /**< n_demand: part of it that is served within reach, 0 or 1 without capacities */
    double objective, bound, gap, relaxation;
    double budget_price;   /**< change of the objective of the relaxation for one more unit of the budget */
    double sites_price;    /**< the same for one more site */
    double coverage_price; /**< for one more percentage point of least coverage */
} agl_siting_plan;

/** Best sites x_j in {0, 1}, with y_ij the part of demand i that site j serves
 *
 *     min sum_ij w_i d_ij y_ij,   sum_j y_ij = 1,   0 <= y_ij <= x_j,                     (p-median, strong
 * form) or max sum_i w_i z_i,       z_i <= sum_{j: d_ij <= reach} x_j,   0 <= z_i <= 1      (maximal
 * covering)
 *
 * With capacities  sum_i w_i y_ij <= capacity_j x_j  as well: demand then goes to the site where there is
 * room, in parts if need be; plan->site is the one that serves the largest part, plan->distance the mean over
 * the parts.
 *
 * under sum_j c_j x_j <= budget, sum_j x_j <= max_sites, the share of all weight that is covered >= coverage
 * and of that of each group >= equity. Errors: AGL_ECONV when no plan satisfies all, AGL_EDATA (negative
 * numbers, a demand that no site can serve when distances are minimised), AGL_ENOMEM, AGL_ECANCEL. The
 * p-median has a variable and a row for each pair: some ten thousand pairs are a matter of a minute. Source:
 * ReVelle and Swain 1970 (p-median); Church and ReVelle 1974 (covering). */
AGL_NODISCARD agl_status agl_siting_solve(agl_siting_plan *out, const agl_siting *problem,
                                          const agl_siting_options *options, const agl_ctx *ctx,
                                          agl_error *err);

/** Which of budget, number of sites, coverage and equity (conflict[0..3]) cannot hold together; each one
 * matters. */
AGL_NODISCARD agl_status agl_siting_conflict(uint8_t conflict[4], const agl_siting *problem,
                                             const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

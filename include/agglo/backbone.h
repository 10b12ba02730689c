/* agglo/backbone.h - which ties of a network say more than the sizes of its actors and projects do.
 *
 * A projection of projects onto actors is dense: a project of 40 makes 780 ties, and large actors meet by
 * accident. Each model gives a tie the chance p of being at least as strong if partners were random, with
 *   - disparity: the weights of an actor spread at random over its ties,
 *   - hypergeometric: the number of projects of each actor held fixed,
 *   - stochastic: that and the number of members of each project held fixed, on average.
 */
#ifndef AGGLO_BACKBONE_H
#define AGGLO_BACKBONE_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** p[a] of every arc a = (v, u) of an undirected weighted graph, seen from v:
 *     p = (1 - w_vu / s_v)^(k_v - 1)
 * s_v the strength, k_v the degree of v (Serrano, Boguna and Vespignani 2009, eq. 2). 1 for the tie of a node
 * with one tie: there is nothing to compare it with. Errors: AGL_EDATA when directed. O(n + arcs). */
AGL_NODISCARD agl_status agl_disparity(double *p, const agl_graph *graph, agl_error *err);

/** p[t] of every tie: the chance of sharing at least ties->projects[t] projects, when both draw from all,
 *     X ~ Hypergeometric(P, k_a, k_b),   p = P[X >= x]
 * P the projects with members, k the projects of an actor (Tumminello et al. 2011, eq. 1). expected[t] (may
 * be NULL) = k_a k_b / P. Relative error below 1e-11 for up to 1e6 projects. Cost: some 0.5 us a tie, memory
 * 16 bytes a project. */
AGL_NODISCARD agl_status agl_backbone_hypergeometric(double *p, double *expected, const agl_ties *ties,
                                                     const agl_incidence *incidence, const agl_ctx *ctx,
                                                     agl_error *err);

/** How well agl_backbone_stochastic did. */
typedef struct agl_stochastic_report {
    int iterations;      /**< of the fit */
    double degree_error; /**< largest relative difference between a degree and its expectation */
    size_t approximated; /**< ties whose tail was approximated, see below */
} agl_stochastic_report;

/** p[t] of every tie in the stochastic degree sequence model: actor a is in project j with probability
 *     p_aj = x_a y_j / (1 + x_a y_j),   sum_j p_aj = k_a,  sum_a p_aj = d_j   (bipartite configuration model)
 * independently, so that the number X of shared projects is Poisson-binomial with chances p_aj p_bj, and
 *     p = P[X >= x],   expected[t] (may be NULL) = sum_j p_aj p_bj
 *
 * Actors of one degree share x, projects of one size y, so that the fit has as many unknowns as there are
 * different degrees, and ties are computed once for each pair of degrees. The tail is exact (relative error
 * below 1e-10) by convolution of the binomials of the project sizes, tilted to its mean at x so that nothing
 * underflows. Where that would cost more than 5e8 steps, it is the saddle-point approximation of Lugannani
 * and Rice, whose relative error is below 1e-3 there. `report` may be NULL.
 *
 * Errors: AGL_ECONV when the fit does not reach a relative error of 1e-8.
 * Cost: about two seconds on 144,000 participations.
 * Source: Neal 2014, Social Networks 39, 84; Squartini and Garlaschelli 2011, New J. Phys. 13, 083001 (the
 * model); Vallarano et al. 2021, Sci. Rep. 11, 15227 (reduced by degree). */
AGL_NODISCARD agl_status agl_backbone_stochastic(double *p, double *expected, agl_stochastic_report *report,
                                                 const agl_ties *ties, const agl_incidence *incidence,
                                                 const agl_ctx *ctx, agl_error *err);

/** q[i]: the smallest false-discovery rate at which test i is rejected (Benjamini and Hochberg 1995),
 *     q_(r) = min over s >= r of p_(s) tests / s
 * p sorted upwards. `tests` >= n counts also the tests that are not listed; their p is taken for 1. NaN stays
 * NaN. O(n log n). */
AGL_NODISCARD agl_status agl_false_discovery(double *q, const double *p, size_t n, double tests,
                                             agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

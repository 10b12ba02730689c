/* agglo/hubs.h - which nodes of a network should carry the common platforms.
 *
 *     a - b - c - d - e          one hub for all: c (paths of 2, 1, 0, 1, 2 steps)
 *                                two hubs: b and d
 *
 * Three questions: the hubs that are nearest to all (p-median), that have most within reach (maximal
 * covering), and whose exit would cost the network most (key players). Siting works on any matrix of
 * distances; agl_path_distances gives those of a network.
 */
#ifndef AGGLO_HUBS_H
#define AGGLO_HUBS_H

#include "agglo/graph.h"
#include "agglo/platforms.h"

#ifdef __cplusplus
extern "C" {
#endif

/** distance[v * n_sources + k] = length of the shortest path between node v and source[k], NaN when there is
 * none. `length` belongs to the arcs (not negative; NULL = every tie is one step). Errors: AGL_EDATA when
 * directed, for a source out of range, for a length that is negative or not finite. O(n_sources (arcs + n)),
 * with lengths + n log n; parallel over the sources. */
AGL_NODISCARD agl_status agl_path_distances(double *distance, const agl_graph *graph, const double *length,
                                            const int32_t *source, int32_t n_sources, const agl_ctx *ctx,
                                            agl_error *err);

typedef struct agl_siting_search_options {
    double unreachable; /**< distance at which demand counts that no open site can serve; no distance counts
                           as more */
    size_t iterations;  /**< at most so many steps towards the bound */
    size_t exact_pairs; /**< prove the optimum by branch and cut when no more pairs of demand and site are
                           left open */
    double
        seconds; /**< time limit of that proof; 0 = none. A proof that ends by time may differ between runs */
} agl_siting_search_options;

#define AGL_SITING_SEARCH_OPTIONS_INIT                                                                       \
    { .unreachable = 0, .iterations = 300, .exact_pairs = 20000, .seconds = 60 }

/** What each open site is worth; arrays of n_sites of the caller, NULL where not wanted. */
typedef struct agl_siting_worth {
    double *loss; /**< what the objective loses when it closes and nothing replaces it; NaN when not open */
    int32_t *substitute;     /**< the best site to take its place; -1 = none */
    double *substitute_loss; /**< what the objective loses when that one takes its place */
} agl_siting_worth;

/** Sites for problems that are too large for agl_siting_solve: the same problem, without its rules of
 * coverage and equity (both must be 0). Adds sites greedily (by gain, or gain per cost under a budget), then
 * exchanges one open site for a closed one as long as that pays (Teitz and Bart 1968). The bound is
 * Lagrangian: with a price l_i for serving demand i, for every set S of sites that is allowed
 *
 *     sum_i w_i min_{j in S} d_ij  >=  sum_i l_i + sum_{j in S} r_j,     r_j = sum_i min(0, w_i d_ij - l_i),
 *
 * so the smallest right-hand side over all allowed S, easy to find, bounds the optimum (under a budget its
 * relaxation to fractions of a site). Prices follow the subgradient, and the sets that they choose are tried
 * as starts of further exchanges. Maximal covering is the same with d = 0 within reach and 1 beyond. Sites
 * that the bound rules out are dropped; when few pairs are left the optimum is proven by agl_siting_solve.
 * plan->relaxation is the Lagrangian bound, plan->budget_price NaN. `worth` may be NULL. Errors: as
 * agl_siting_solve; AGL_ECONV when the sites that are open already exceed the limits; AGL_EUSAGE for rules
 * that it does not know. Cost: O(n_demand n_sites) a step. The same bits for any number of threads. Source:
 * Narula, Ogbu and Samuelsson 1977, Operations Research 25(4); Whitaker 1983, INFOR 21(2) for the exchanges.
 */
AGL_NODISCARD agl_status agl_siting_search(agl_siting_plan *plan, const agl_siting_worth *worth,
                                           const agl_siting *problem,
                                           const agl_siting_search_options *options, const agl_ctx *ctx,
                                           agl_error *err);

/** Arrays of n nodes of the caller, NULL where not wanted, and the group of key players. */
typedef struct agl_key_group {
    double *bonacich;        /**< n: b = M 1, M = (I - a G)^-1 */
    double *intercentrality; /**< n: b_i^2 / m_ii, what leaves with i alone; NaN where it was not needed, see
                                below */
    int32_t *member;         /**< count: the group in the order in which it was chosen */
    double *gain;            /**< count: what each one adds to the loss */
    int32_t size;            /**< members found: count, or fewer when fewer are allowed */
    double total;            /**< sum of b */
    double loss;             /**< by how much sum b falls when the group leaves */
    double bound;            /**< no group of that size loses more */
    double lambda, decay;    /**< largest eigenvalue of G, a */
} agl_key_group;

typedef struct agl_key_group_options {
    int32_t count;          /**< size of the group */
    double share;           /**< a = share / lambda, unless decay is given; 0 < share < 1 */
    double decay;           /**< a itself; NaN = by share */
    const uint8_t *allowed; /**< n: nodes that may be chosen; NULL = all */
    size_t solves;          /**< at most so many nodes get their m_ii, those with the highest bounds first */
} agl_key_group_options;

/** Key players (Ballester, Calvo-Armengol and Zenou 2006, Econometrica 74(5)): in a game where effort pays
 * more when neighbours make effort, equilibrium efforts are b = (I - a G)^-1 1, G the weights of the ties,
 * and the exit of a set S lowers their sum by
 *
 *     f(S) = b_S' (M_SS)^-1 b_S,         for one node b_i^2 / m_ii (intercentrality).
 *
 * f(S) is the weight of all walks (a^length times the weights of their ties) that touch S, a coverage
 * function, hence submodular: adding the best node at each step comes within 1 - 1/e of the best group, and
 * after each step f(S_t) + the sum of the `count` largest gains at S_t bounds every group. Each step is one
 * of pivoted Cholesky on M. m_ii >= 1 / (1 - a^2 sum_j g_ij^2) (Jensen on the closed walks of even length)
 * bounds the gain of nodes whose m_ii is not known, so few columns of M are ever solved for. Small problems
 * are proven by branch and bound. Errors: AGL_EDATA when directed; AGL_ECONV for a >= 1 / lambda; AGL_EUSAGE
 * for count < 1. Cost: a solve by conjugate gradients for each m_ii. The same bits for any number of threads.
 */
AGL_NODISCARD agl_status agl_key_players(agl_key_group *out, const agl_graph *graph,
                                         const agl_key_group_options *options, const agl_ctx *ctx,
                                         agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

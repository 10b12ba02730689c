/* agglo/brokerage.h - who stands between others: Gould and Fernandez' roles, and what falls apart without an
 * actor. */
#ifndef AGGLO_BROKERAGE_H
#define AGGLO_BROKERAGE_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Roles of a broker b between i and k, by the groups of i, b, k (A, B, C are different groups). */
typedef enum agl_broker_role {
    AGL_ROLE_COORDINATOR,    /**< A-A-A: within its own group (w_I) */
    AGL_ROLE_ITINERANT,      /**< B-A-B: between members of one other group; also consultant (w_O) */
    AGL_ROLE_REPRESENTATIVE, /**< A-A-B: from its own group outwards (b_IO) */
    AGL_ROLE_GATEKEEPER,     /**< B-A-A: from outside into its own group (b_OI) */
    AGL_ROLE_LIAISON,        /**< B-A-C: between two other groups (b_O) */
    AGL_ROLES
} agl_broker_role;

/** Brokerage of every node: count[v * AGL_ROLES + role] = number of ordered pairs (i, k), i -> v -> k without
 * i -> k. In an undirected graph every tie goes both ways, so that a pair counts twice, as (i, k) and (k, i),
 * and representative = gatekeeper. group[v] in 0..k-1 or -1; nodes of -1 take no part and have 0.
 *
 * Pairs are counted by group from the numbers of neighbours, minus the closed ones, which are the triangles;
 * these are listed once, from the node of lowest degree.
 * Cost: O(arcs^1.5) at worst, memory 40 bytes a node and thread; exact, the same for any number of threads.
 * Source: Gould and Fernandez 1989, Sociological Methodology 19, eq. 1 to 5. */
AGL_NODISCARD agl_status agl_gould_fernandez(double *count, const agl_graph *graph, const int32_t *group,
                                             int32_t k, const agl_ctx *ctx, agl_error *err);

/** Share of each role that chance would give a broker of each group if the groups of all others were dealt
 * out at random: share[g * AGL_ROLES + role], e.g. for the coordinator (n_g - 1)(n_g - 2) / ((n - 1)(n - 2)).
 * size[g] members. NaN below three nodes. */
void agl_role_chances(double *share, const int32_t *size, int32_t k);

/** What happens when a node leaves an undirected graph: parts[v] = parts that the rest of its component falls
 * into (0 for an isolated node), cut_off[v] = nodes that end up outside the largest part. parts > 1 makes v
 * an articulation point. One depth-first search without recursion (Tarjan 1972), O(n + arcs). Errors:
 * AGL_EDATA when directed. */
AGL_NODISCARD agl_status agl_articulation(int32_t *parts, int32_t *cut_off, const agl_graph *graph,
                                          agl_error *err);

/** Share of the values that are below, plus half of those that are equal, its own left out: rank[i] in 0..1,
 * 0.5 when alone; NaN values have NaN and do not count. O(n log n). */
AGL_NODISCARD agl_status agl_percent_rank(double *rank, const double *value, size_t n, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

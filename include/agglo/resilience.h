/* agglo/resilience.h - what becomes of a network when actors leave.
 *
 *     a - b - c - d - e       without c: largest part 2 of 5 nodes, and no path joins {a, b} and {d, e}
 *
 * Two measures: the largest component, and the global efficiency (Latora and Marchiori 2001)
 *
 *     E = 1 / (n (n - 1)) sum over ordered pairs of 1 / d(u, v),       0 for pairs without a path,
 *
 * d in steps. After removals n stays the number of nodes at the start: an actor that has left reaches nobody.
 * Graphs are undirected; weights are not used.
 */
#ifndef AGGLO_RESILIENCE_H
#define AGGLO_RESILIENCE_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** largest[k] = nodes of the largest component after order[0..k-1] have left, k = 0..n; `order` holds every
 * node once. Nodes come back in reverse order and are joined to their neighbours (union-find, Newman and Ziff
 * 2001): O(n + arcs). Errors: AGL_EDATA when directed or when `order` is no permutation. */
AGL_NODISCARD agl_status agl_removal_largest(int32_t *largest, const agl_graph *graph, const int32_t *order,
                                             agl_error *err);

/** Nodes by falling degree, ties by their number; when `adaptive` the degree is that among the nodes still
 * there, counted anew after every removal. O(n + arcs). */
AGL_NODISCARD agl_status agl_degree_order(int32_t *order, const agl_graph *graph, bool adaptive,
                                          agl_error *err);

/** A random order: replicate r of the seed of the context. */
void agl_random_order(int32_t *order, int32_t n, uint32_t replicate, const agl_ctx *ctx);

/** efficiency[i] = E after the first left[i] nodes of `order` have left, i < stages, and its standard error
 * (NULL = not wanted). `sources` = 0: from all nodes, exact; otherwise estimated from so many nodes with
 * ties, the same ones at every stage, drawn without replacement by replicate r of the seed of the context.
 * Searches run 64 at a time as bits of a word (Then et al. 2014): O(stages sources / 64 arcs levels); the
 * same bits for any number of threads. */
AGL_NODISCARD agl_status agl_removal_efficiency(double *efficiency, double *error, const agl_graph *graph,
                                                const int32_t *order, const int32_t *left, size_t stages,
                                                size_t sources, uint32_t replicate, const agl_ctx *ctx,
                                                agl_error *err);

/** What the exit of a set of nodes costs. Shares of E; _error = standard errors, 0 when exact. */
typedef struct agl_exit_loss {
    double total, total_error; /**< of the efficiency of all pairs */
    double others,
        others_error; /**< of the efficiency among the nodes that stay: paths that led through the set */
    int32_t largest;  /**< nodes of the largest component that remains */
} agl_exit_loss;

/** loss[x] for the exit of set x alone, x = 0..sets-1; set_of[v] = -1 for nodes in no set. *efficiency is E
 * of the whole. With the sums T_s = sum_t 1/d(s, t), B_s the part of it that falls on the set, A_s the sum
 * after the exit:
 *
 *     total  = (sum_{s not in X} (T_s + B_s - A_s) + W) / (sum_{s not in X} (T_s + B_s) + W),   W = sum_{s in
 * X} B_s others = sum_{s not in X} (T_s - B_s - A_s) / sum_{s not in X} (T_s - B_s)
 *
 * over all nodes, or estimated from `sources` nodes with ties as above. A set of nobody, and a network
 * without ties, have NaN. Cost: that of agl_removal_efficiency with `sets` stages. */
AGL_NODISCARD agl_status agl_exit_losses(agl_exit_loss *loss, double *efficiency, const agl_graph *graph,
                                         const int32_t *set_of, int32_t sets, size_t sources,
                                         const agl_ctx *ctx, agl_error *err);
/* Errors of both: AGL_EDATA when directed, AGL_ENOMEM, AGL_ECANCEL. */

#ifdef __cplusplus
}
#endif
#endif

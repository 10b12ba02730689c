/* The Leiden algorithm on modularity, one run a call, so that runs with other seeds can go side by side.
 *
 * igraph's was used first: a run takes three times as long (bench/bench_communities.c), and as that
 * library is not thread-safe the runs of a consensus go one after the other. This one keeps neighbours in the
 * caller's compressed rows, adds up the weights to communities in one flat array, and shares nothing between
 * runs. */
#ifndef AGL_KERNEL_NETWORK_LEIDEN_H
#define AGL_KERNEL_NETWORK_LEIDEN_H

#include "agglo/graph.h"

typedef struct agl_leiden_run {
    double resolution;
    int rounds; /* at most; ends earlier when a round changes nothing */
    uint64_t seed;
    uint32_t replicate; /* stream of the random order */
    /* n: strength of each node in ties to itself, when a node stands for several; NULL = 0 */
    const double *inner;
} agl_leiden_run;

/** Communities of an undirected graph: group[v] in 0..*k - 1, numbered by their lowest node. Starts from
 * every node alone.
 *
 * A round is: move nodes to the community of largest gain
 *     w_vc - r s_v S_c / 2W
 * (w_vc weight of v's ties into c, s strength, S_c that of c without v) until no move gains, visiting again
 * only nodes whose neighbours moved; split every community into well-connected parts by merging its nodes
 * afresh; contract the parts; and so on upwards (Traag, Waltman and van Eck 2019, algorithm A.2). Merges take
 * the best partner instead of a random one of probability exp(gain / theta): theta is 0.01 there, so near 0
 * that only equal gains are left to chance, and here these fall to the random order of the nodes. Cost:
 * O(arcs) a sweep, memory 12 bytes an arc and 60 a node beside the graph. Errors: AGL_ECANCEL. */
AGL_NODISCARD agl_status agl__leiden(int32_t *group, int32_t *k, const agl_graph *graph,
                                     const agl_leiden_run *run, const agl_ctx *ctx, agl_error *err);

#endif

/* Small graphs for the tests of the network kernels, and the slow, obvious way to look at them. */
#ifndef AGL_TESTS_GRAPHS_H
#define AGL_TESTS_GRAPHS_H

#include "base/mem.h"
#include "base/rng.h"
#include "kernel/graph/graph.h"
#include "unit.h"

#include <math.h>

/** Fails the test when a call fails. */
#define OK(call)                                                                                             \
    do {                                                                                                     \
        agl_error ok_error = {.message = ""};                                                                \
        agl_error *err = &ok_error;                                                                          \
        agl_status ok_status = (call);                                                                       \
        ck_assert_msg(ok_status == AGL_OK, "%s", ok_error.message);                                          \
    } while (0)

/** Graph of n nodes made of projects: `projects` groups of 1 to `most` members drawn at random, members of a
 * group tied to each other, weight = shared groups. Has twins, several components and isolated nodes, as real
 * ones do. */
static inline agl_graph project_graph(int32_t n, int projects, uint32_t most, uint64_t seed, bool weighted) {
    enum { MOST = 64 };
    agl_rng rng = agl__rng(seed, 0, 0);
    size_t m = 0;
    int32_t *source = AGL_NEW(int32_t, (size_t)projects * MOST * MOST),
            *target = AGL_NEW(int32_t, (size_t)projects * MOST * MOST);
    double *weight = AGL_NEW(double, (size_t)projects *MOST *MOST);
    for (int p = 0; p < projects; p++) {
        int32_t member[MOST];
        uint32_t k = 1 + agl__rng_below(&rng, most);
        for (uint32_t i = 0; i < k; i++) { /* the square makes low numbers busy */
            double u = agl__rng_unit(&rng);
            member[i] = (int32_t)(u * u * 0.9 * n);
            for (uint32_t j = 0; j < i; j++) {
                if (member[i] == member[j]) continue;
                source[m] = member[i];
                target[m] = member[j];
                weight[m++] = 1;
            }
        }
    }
    agl_graph g;
    OK(agl_graph_from_edges(&g, NULL, n, m, source, target, weighted ? weight : NULL, false, err));
    free(source);
    free(target);
    free(weight);
    return g;
}

/** Graph from pairs {a, b}, ... */
static inline agl_graph graph_of(int32_t n, size_t m, const int32_t pairs[][2], const double *weight) {
    int32_t source[64], target[64];
    for (size_t e = 0; e < m; e++) {
        source[e] = pairs[e][0];
        target[e] = pairs[e][1];
    }
    agl_graph g;
    OK(agl_graph_from_edges(&g, NULL, n, m, source, target, weight, false, err));
    return g;
}

/** Weight of the tie u-v, 0 when there is none. */
static inline double tie(const agl_graph *g, int32_t u, int32_t v) {
    for (size_t a = g->offset[u]; a < g->offset[u + 1]; a++)
        if (g->neighbour[a] == v) return agl__arc_weight(g, a);
    return 0;
}

#endif

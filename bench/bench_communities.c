/* Runs of the Leiden algorithm: ours side by side on the threads, igraph's one after the other, with the same
 * number of rounds; and what the consensus costs on top.
 *
 *   bench_communities FILE PROJECT ACTOR [RUNS]      e.g. bip_200000.csv.gz project org 8
 */
#include "agglo/communities.h"
#include "agglo/community.h"
#include "network.h"

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: %s FILE PROJECT ACTOR [RUNS]\n", argv[0]);
        return 2;
    }
    agl_graph g = read_projection(argv[1], argv[2], argv[3]);
    agl_error err = {0};
    agl_communities_options o = AGL_COMMUNITIES_OPTIONS_INIT;
    agl_communities found;
    o.runs = argc > 4 ? atoi(argv[4]) : 4;
    o.best = true;
    printf("%d nodes, %zu ties, %d threads, %d runs\n", g.n, agl_graph_edges(&g), agl_threads(NULL), o.runs);

    double start = now();
    check(agl_find_communities(&found, &g, &o, NULL, &err), &err);
    double ours = now() - start, best = found.modularity, theirs_best = 0;
    agl_communities_free(&found);

    int32_t *group = calloc((size_t)g.n, sizeof *group), k;
    agl_leiden_options theirs = {.resolution = 1, .iterations = o.rounds};
    if (!group) return 1;
    start = now();
    for (int r = 0; r < o.runs; r++) {
        agl_ctx ctx = AGL_CTX_INIT;
        double q;
        ctx.seed = (uint64_t)r + 1;
        check(agl_leiden(group, &k, &g, &theirs, &ctx, &err), &err);
        check(agl_modularity(&q, &g, group, k, 1, &err), &err);
        if (q > theirs_best) theirs_best = q;
    }
    compare("runs of the Leiden algorithm", ours, now() - start, &g);
    printf("best modularity %.5f, igraph %.5f\n", best, theirs_best);

    o.best = false;
    start = now();
    check(agl_find_communities(&found, &g, &o, NULL, &err), &err);
    printf("with consensus %.2f s, modularity %.5f, %d rounds\n", now() - start, found.modularity,
           found.consensus_rounds);
    agl_communities_free(&found);
    agl_graph_free(&g);
    free(group);
    return 0;
}

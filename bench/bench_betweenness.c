/* Exact betweenness against igraph's on the projection of participations, in one process. With a number of
 * sources both search from so many nodes only (igraph's time for all nodes of 50,000 is a quarter of an
 * hour).
 *
 *   bench_betweenness FILE PROJECT ACTOR [SOURCES]      e.g. bip_10000.csv.gz project org
 */
#include "agglo/betweenness.h"
#include "network.h"

#include <math.h>

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: %s FILE PROJECT ACTOR [SOURCES]\n", argv[0]);
        return 2;
    }
    agl_graph g = read_projection(argv[1], argv[2], argv[3]);
    igraph_t theirs;
    igraph_vector_t weights, result;
    igraph_vs_t sources = igraph_vss_all();
    agl_betweenness_options options = AGL_BETWEENNESS_OPTIONS_INIT;
    agl_error err = {0};
    double *b = calloc((size_t)g.n, sizeof *b), worst = 0;
    if (!b) return 1;
    if (argc > 4) options.sources = strtoul(argv[4], NULL, 10);
    printf("%d nodes, %zu ties, %d threads\n", g.n, agl_graph_edges(&g), agl_threads(NULL));

    double start = now();
    check(agl_betweenness(b, NULL, &g, &options, NULL, &err), &err);
    double ours = now() - start;
    to_igraph(&theirs, &weights, &g);
    igraph_vector_init(&result, 0);
    start = now();
    if (options.sources > 0) {
        igraph_vs_range(&sources, 0, (igraph_integer_t)options.sources);
        igraph_betweenness_subset(&theirs, &result, igraph_vss_all(), false, sources, igraph_vss_all(), NULL);
    } else {
        igraph_betweenness(&theirs, &result, igraph_vss_all(), false, NULL);
    }
    compare("betweenness", ours, now() - start, &g);
    for (int32_t v = 0; v < g.n && options.sources == 0; v++)
        worst = fmax(worst, fabs(b[v] - VECTOR(result)[v]) / (1 + fabs(b[v])));
    if (options.sources == 0) printf("largest relative difference %.2g\n", worst);
    igraph_vector_destroy(&result);
    igraph_vector_destroy(&weights);
    igraph_destroy(&theirs);
    agl_graph_free(&g);
    free(b);
    return worst < 1e-9 ? 0 : 1;
}

/* The measures of `network metrics` other than betweenness against igraph's functions called directly, one
 * after the other in one process. Closeness in igraph searches from SAMPLE nodes; its time is scaled to all
 * of them.
 *
 *   bench_metrics FILE PROJECT ACTOR      e.g. bip_200000.csv.gz project org
 */
#include "agglo/centrality.h"
#include "agglo/closeness.h"
#include "agglo/community.h"
#include "agglo/ego.h"
#include "network.h"

#include <math.h>
#include <string.h>

enum { SAMPLE = 200 };

typedef struct bench {
    agl_graph g;
    igraph_t theirs;
    igraph_vector_t weights, result;
    igraph_vector_int_t whole;
    double *x, *y;
    int32_t *z;
    double ours_all, theirs_all;
} bench;

static void told(bench *b, const char *what, double ours, double theirs) {
    compare(what, ours, theirs, &b->g);
    b->ours_all += ours;
    b->theirs_all += theirs;
}

/* Burt's constraint alone, with the largest difference and the processor time of both. */
static void constraint(bench *b) {
    agl_error err = {0};
    agl_ego_measures out = {.constraint = b->x};
    double start = now(), cpu = work(), worst = 0;
    check(agl_ego(&out, &b->g, AGL_CLUSTERING_PLAIN, NULL, &err), &err);
    double ours = now() - start, ours_cpu = work() - cpu;
    start = now(), cpu = work();
    igraph_constraint(&b->theirs, &b->result, igraph_vss_all(), &b->weights);
    double theirs = now() - start, theirs_cpu = work() - cpu;
    for (int32_t v = 0; v < b->g.n; v++)
        if (!isnan(b->x[v])) worst = fmax(worst, fabs(b->x[v] - VECTOR(b->result)[v]));
    told(b, "constraint", ours, theirs);
    printf("%-24s agglo %9.3f s   igraph %9.3f s   ratio %6.3f   largest difference %.2g\n",
           "  processor time", ours_cpu, theirs_cpu, ours_cpu / theirs_cpu, worst);
}

static void ego(bench *b) {
    agl_error err = {0};
    agl_ego_measures out = {.constraint = b->x, .clustering = b->y};
    double start = now();
    check(agl_ego(&out, &b->g, AGL_CLUSTERING_BARRAT, NULL, &err), &err);
    double ours = now() - start;
    start = now();
    igraph_constraint(&b->theirs, &b->result, igraph_vss_all(), &b->weights);
    igraph_transitivity_barrat(&b->theirs, &b->result, igraph_vss_all(), &b->weights,
                               IGRAPH_TRANSITIVITY_NAN);
    told(b, "constraint, clustering", ours, now() - start);
}

static void closeness(bench *b) {
    agl_error err = {0};
    double start = now();
    check(agl_closeness(b->x, NULL, &b->g, true, NULL, &err), &err);
    double ours = now() - start;
    igraph_integer_t n = b->g.n < SAMPLE ? b->g.n : SAMPLE;
    igraph_vs_t some;
    igraph_vs_range(&some, 0, n);
    start = now();
    igraph_closeness(&b->theirs, &b->result, NULL, NULL, some, IGRAPH_ALL, NULL, true);
    told(b, "closeness", ours, (now() - start) * b->g.n / (double)n);
}

static void spectral(bench *b) {
    agl_error err = {0};
    igraph_arpack_options_t arpack;
    igraph_arpack_options_init(&arpack);
    double start = now();
    check(agl_eigenvector(b->x, &b->g, true, NULL, &err), &err);
    double ours = now() - start;
    start = now();
    igraph_eigenvector_centrality(&b->theirs, &b->result, NULL, false, true, &b->weights, &arpack);
    told(b, "eigenvector", ours, now() - start);
    start = now();
    check(agl_pagerank(b->x, &b->g, 0.85, NULL, &err), &err);
    ours = now() - start;
    start = now();
    igraph_pagerank(&b->theirs, IGRAPH_PAGERANK_ALGO_PRPACK, &b->result, NULL, igraph_vss_all(), false, 0.85,
                    &b->weights, NULL);
    told(b, "pagerank", ours, now() - start);
}

static void groups(bench *b) {
    agl_error err = {0};
    agl_leiden_options options = AGL_LEIDEN_OPTIONS_INIT;
    int32_t k;
    igraph_integer_t m;
    double start = now();
    check(agl_core_numbers(b->z, &b->g, &err), &err);
    double ours = now() - start;
    start = now();
    igraph_coreness(&b->theirs, &b->whole, IGRAPH_ALL);
    told(b, "core", ours, now() - start);
    start = now();
    check(agl_leiden(b->z, &k, &b->g, &options, NULL, &err), &err);
    ours = now() - start;
    start = now();
    igraph_vector_t strength;
    igraph_vector_init(&strength, 0);
    igraph_strength(&b->theirs, &strength, igraph_vss_all(), IGRAPH_ALL, false, &b->weights);
    igraph_rng_seed(igraph_rng_default(), 1);
    igraph_community_leiden(&b->theirs, &b->weights, &strength, 1 / igraph_vector_sum(&strength), 0.01, false,
                            options.iterations, &b->whole, &m, NULL);
    told(b, "community (Leiden)", ours, now() - start);
    igraph_vector_destroy(&strength);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: %s FILE PROJECT ACTOR [constraint|ego|closeness|spectral|groups]\n", argv[0]);
        return 2;
    }
    bench b = {.g = read_projection(argv[1], argv[2], argv[3])};
    size_t n = (size_t)b.g.n;
    b.x = calloc(n, sizeof *b.x);
    b.y = calloc(n, sizeof *b.y);
    b.z = calloc(n, sizeof *b.z);
    if (!b.x || !b.y || !b.z) return 1;
    to_igraph(&b.theirs, &b.weights, &b.g);
    igraph_vector_init(&b.result, 0);
    igraph_vector_int_init(&b.whole, 0);
    printf("%d nodes, %zu ties, %d threads\n", b.g.n, agl_graph_edges(&b.g), agl_threads(NULL));
    const struct {
        const char *word;
        void (*run)(bench *);
    } parts[] = {{"constraint", constraint},
                 {"ego", ego},
                 {"closeness", closeness},
                 {"spectral", spectral},
                 {"groups", groups}};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        if (argc < 5 || strcmp(argv[4], parts[k].word) == 0) parts[k].run(&b);
    told(&b, "all", b.ours_all, b.theirs_all);
    igraph_vector_destroy(&b.result);
    igraph_vector_int_destroy(&b.whole);
    igraph_vector_destroy(&b.weights);
    igraph_destroy(&b.theirs);
    agl_graph_free(&b.g);
    free(b.x);
    free(b.y);
    free(b.z);
    return 0;
}

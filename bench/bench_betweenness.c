/* Betweenness against igraph's on the projection of participations, in one process. We search from OURS nodes
 * (0 = all: exact), igraph from THEIRS; times are compared for the same number of nodes, and igraph's is
 * scaled to all of them where it would take too long (a quarter of an hour for 50,000 nodes, hours for
 * 200,000). An estimate comes with its standard error, told for the hundred nodes of highest betweenness.
 *
 *   bench_betweenness FILE PROJECT ACTOR [OURS [THEIRS]]
 *   bench_betweenness bip_10000.csv.gz project org             both exact, and compared
 *   bench_betweenness bip_50000.csv.gz project org 0 200       ours exact, igraph from 200 nodes
 *   bench_betweenness bip_200000.csv.gz project org 500 10     ours an estimate
 */
#include "agglo/betweenness.h"
#include "network.h"

#include <math.h>
#include <string.h>

typedef struct timing {
    double wall, cpu;
} timing;

static timing since(timing start) { return (timing){now() - start.wall, work() - start.cpu}; }

static int falling(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Median of error / b over the hundred nodes of highest b. */
static double typical_error(const double *b, const double *error, int32_t n) {
    double *sorted = calloc((size_t)n, sizeof *sorted), relative[100];
    int32_t top = n < 100 ? n : 100, k = 0;
    if (!sorted || top == 0) exit(1);
    memcpy(sorted, b, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, falling);
    for (int32_t v = 0; v < n && k < top; v++)
        if (b[v] >= sorted[top - 1]) relative[k++] = error[v] / b[v];
    qsort(relative, (size_t)k, sizeof *relative, falling);
    free(sorted);
    return relative[k / 2];
}

static void search_theirs(igraph_vector_t *result, const igraph_t *g, size_t sources, size_t n) {
    igraph_vs_t some;
    igraph_vs_range(&some, 0, (igraph_integer_t)sources);
    if (sources < n)
        igraph_betweenness_subset(g, result, igraph_vss_all(), false, some, igraph_vss_all(), NULL);
    else
        igraph_betweenness(g, result, igraph_vss_all(), false, NULL);
}

/* Number of nodes that an argument names; all n when it is 0 or too large. */
static size_t nodes_asked(const char *text, size_t n) {
    size_t asked = strtoul(text, NULL, 10);
    return asked == 0 || asked > n ? n : asked;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: %s FILE PROJECT ACTOR [OURS [THEIRS]]\n", argv[0]);
        return 2;
    }
    agl_graph g = read_projection(argv[1], argv[2], argv[3]);
    igraph_t theirs;
    igraph_vector_t weights, result;
    agl_betweenness_options options = AGL_BETWEENNESS_OPTIONS_INIT;
    agl_error err = {0};
    size_t n = (size_t)g.n, ours = argc > 4 ? nodes_asked(argv[4], n) : n;
    size_t others = argc > 5 ? nodes_asked(argv[5], n) : ours;
    double *b = calloc(n, sizeof *b), *error = calloc(n, sizeof *error), worst = 0;
    if (!b || !error) return 1;
    options.sources = ours;
    printf("%d nodes, %zu ties, %d threads; agglo from %zu nodes, igraph from %zu\n", g.n,
           agl_graph_edges(&g), agl_threads(NULL), ours, others);

    timing start = {now(), work()};
    check(agl_betweenness(b, error, &g, &options, NULL, &err), &err);
    timing mine = since(start);
    to_igraph(&theirs, &weights, &g);
    igraph_vector_init(&result, 0);
    start = (timing){now(), work()};
    search_theirs(&result, &theirs, others, n);
    timing his = since(start);
    double scale = (double)ours / (double)others;
    compare(scale > 1 ? "betweenness, scaled" : "betweenness", mine.wall, his.wall * scale, &g);
    printf("%-24s agglo %9.3f s   igraph %9.3f s   ratio %6.3f\n", "  processor time", mine.cpu,
           his.cpu * scale, mine.cpu / (his.cpu * scale));
    if (ours < n)
        printf("standard error of the estimate: %.1f %% (median, top 100)\n",
               100 * typical_error(b, error, g.n));
    bool comparable = ours == n && others == n;
    for (int32_t v = 0; v < g.n && comparable; v++)
        worst = fmax(worst, fabs(b[v] - VECTOR(result)[v]) / (1 + fabs(b[v])));
    if (comparable) printf("largest relative difference %.2g\n", worst);
    igraph_vector_destroy(&result);
    igraph_vector_destroy(&weights);
    igraph_destroy(&theirs);
    agl_graph_free(&g);
    free(b);
    free(error);
    return worst < 1e-9 ? 0 : 1;
}

/* Betweenness against its definition: distances and path counts of all pairs, every node tried between them.
 */
#include "agglo/betweenness.h"
#include "graphs.h"
#include "kernel/network/twins.h"

#include <string.h>

enum { N = 60 };

static double length_of(const double *length, size_t arc) { return length ? length[arc] : 1; }

/* d[a][b], by way of every node (Floyd and Warshall). */
static void distances(double d[N][N], const agl_graph *g, const double *length) {
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++)
            d[a][b] = a == b ? 0 : INFINITY;
    for (int32_t a = 0; a < N; a++)
        for (size_t i = g->offset[a]; i < g->offset[a + 1]; i++)
            d[a][g->neighbour[i]] = length_of(length, i);
    for (int k = 0; k < N; k++)
        for (int a = 0; a < N; a++)
            for (int b = 0; b < N; b++)
                d[a][b] = fmin(d[a][b], d[a][k] + d[k][b]);
}

/* paths[b]: number of shortest paths from the node whose distances are d; nearest nodes first, since theirs
 * are complete. */
static void count_paths(double paths[N], int from, const double d[N], const agl_graph *g,
                        const double *length) {
    bool done[N] = {false};
    memset(paths, 0, N * sizeof *paths);
    paths[from] = 1;
    for (int round = 0; round < N; round++) {
        int v = -1;
        for (int b = 0; b < N; b++)
            if (!done[b] && d[b] < INFINITY && (v < 0 || d[b] < d[v])) v = b;
        if (v < 0) break;
        done[v] = true;
        for (size_t i = g->offset[v]; i < g->offset[v + 1]; i++) {
            int w = g->neighbour[i];
            if (!done[w] && fabs(d[v] + length_of(length, i) - d[w]) < 1e-9) paths[w] += paths[v];
        }
    }
}

static void by_definition(double *b, const agl_graph *g, const double *length) {
    static double d[N][N], s[N][N];
    distances(d, g, length);
    for (int a = 0; a < N; a++)
        count_paths(s[a], a, d[a], g, length);
    for (int v = 0; v < N; v++) {
        b[v] = 0;
        for (int x = 0; x < N; x++)
            for (int y = 0; y < x; y++)
                if (x != v && y != v && d[x][y] < INFINITY && fabs(d[x][v] + d[v][y] - d[x][y]) < 1e-9)
                    b[v] += s[x][v] * s[v][y] / s[x][y];
    }
}

static void expect_equal(const double *found, const double *expected) {
    for (int v = 0; v < N; v++)
        ck_assert_double_eq_tol(found[v], expected[v], 1e-9 * (1 + expected[v]));
}

START_TEST(steps) {
    agl_graph g = project_graph(N, 5 + 6 * _i, 2 + (uint32_t)_i % 7, (uint64_t)_i, false);
    double found[N], expected[N];
    OK(agl_betweenness(found, NULL, &g, NULL, NULL, err));
    by_definition(expected, &g, NULL);
    expect_equal(found, expected);
    agl_graph_free(&g);
}
END_TEST

START_TEST(lengths) {
    agl_graph g = project_graph(N, 10 + 8 * _i, 5, 100 + (uint64_t)_i, true);
    agl_betweenness_options options = AGL_BETWEENNESS_OPTIONS_INIT;
    double found[N], expected[N], *length = AGL_NEW(double, g.arcs);
    for (int inverse = 0; inverse < 2; inverse++) {
        for (size_t a = 0; a < g.arcs; a++)
            length[a] = inverse ? 1 / g.weight[a] : g.weight[a];
        options.length = inverse ? AGL_LENGTH_INVERSE : AGL_LENGTH_WEIGHT;
        OK(agl_betweenness(found, NULL, &g, &options, NULL, err));
        by_definition(expected, &g, length);
        expect_equal(found, expected);
    }
    free(length);
    agl_graph_free(&g);
}
END_TEST

/* 1/3 + 1/3 + 1/3 and 1 differ in the last bit or not; either way they are the same length. */
START_TEST(lengths_within_tolerance_are_ties) {
    const int32_t pairs[][2] = {{0, 1}, {1, 2}, {2, 3}, {0, 4}, {4, 3}};
    const double weight[] = {0.1, 0.2, 0.3, 0.3 + 1e-14, 0.3 - 3e-14};
    agl_graph g = graph_of(5, 5, pairs, weight);
    agl_betweenness_options options = AGL_BETWEENNESS_OPTIONS_INIT;
    double b[5];
    options.length = AGL_LENGTH_WEIGHT;
    OK(agl_betweenness(b, NULL, &g, &options, NULL, err));
    ck_assert_double_eq_tol(b[4], 0.5, 1e-9); /* half of 0-3; 4 lies on no other path */
    options.tolerance = 0;
    OK(agl_betweenness(b, NULL, &g, &options, NULL, err));
    ck_assert_double_ne(b[4], 0.5);
    agl_graph_free(&g);
}
END_TEST

START_TEST(threads_do_not_matter) {
    agl_graph g = project_graph(400, 300, 9, 5, true);
    agl_ctx one = AGL_CTX_INIT, many = AGL_CTX_INIT;
    one.threads = 1;
    many.threads = 7;
    double a[400], b[400], ea[400], eb[400];
    for (int kind = 0; kind < 3; kind++) {
        agl_betweenness_options options = {
            .length = (agl_tie_length)kind, .sources = kind == 1 ? 50 : 0, .tolerance = 1e-10};
        OK(agl_betweenness(a, ea, &g, &options, &one, err));
        OK(agl_betweenness(b, eb, &g, &options, &many, err));
        ck_assert_mem_eq(a, b, sizeof a);
        ck_assert_mem_eq(ea, eb, sizeof ea);
    }
    agl_graph_free(&g);
}
END_TEST

/* Over many seeds the estimate is right on average, and its error is the spread over the seeds. */
START_TEST(estimate) {
    enum { SEEDS = 400 };
    agl_graph g = project_graph(N, 60, 5, 9, false);
    agl_betweenness_options options = AGL_BETWEENNESS_OPTIONS_INIT;
    double exact[N], found[N], error[N], sum[N] = {0}, squares[N] = {0}, variance[N] = {0};
    OK(agl_betweenness(exact, error, &g, &options, NULL, err));
    for (int v = 0; v < N; v++)
        ck_assert_double_eq(error[v], 0);
    options.sources = 20;
    for (int seed = 1; seed <= SEEDS; seed++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.seed = (uint64_t)seed;
        OK(agl_betweenness(found, error, &g, &options, &ctx, err));
        for (int v = 0; v < N; v++) {
            sum[v] += found[v];
            squares[v] += found[v] * found[v];
            variance[v] += error[v] * error[v];
        }
    }
    for (int v = 0; v < N; v++) {
        double mean = sum[v] / SEEDS, spread = sqrt(fmax(0, squares[v] / SEEDS - mean * mean));
        ck_assert_double_le(fabs(mean - exact[v]), 4 * spread / sqrt(SEEDS) + 1e-9);
        if (exact[v] > 10) ck_assert_double_eq_tol(sqrt(variance[v] / SEEDS) / spread, 1, 0.15);
    }
    agl_graph_free(&g);
}
END_TEST

START_TEST(twins_are_found) {
    /* Two triangles that share node 2; 0 and 1 are twins, 3 and 4 are twins, 5 is alone. */
    const int32_t pairs[][2] = {{0, 1}, {0, 2}, {1, 2}, {2, 3}, {2, 4}, {3, 4}};
    agl_graph g = graph_of(6, 6, pairs, NULL);
    agl__twins t;
    OK(agl__twins_new(&t, &g, err));
    ck_assert_int_eq(t.graph.n, 3);
    ck_assert_int_eq(t.class_of[0], t.class_of[1]);
    ck_assert_int_eq(t.class_of[3], t.class_of[4]);
    ck_assert_int_ne(t.class_of[0], t.class_of[3]);
    ck_assert_int_eq(t.class_of[5], -1);
    ck_assert_double_eq(t.copies[t.class_of[0]], 2);
    ck_assert_double_eq(t.copies[t.class_of[2]], 1);
    double b[6];
    OK(agl_betweenness(b, NULL, &g, NULL, NULL, err));
    ck_assert_double_eq(b[2], 4);
    ck_assert_double_eq(b[0], 0);
    agl__twins_free(&t);
    agl_graph_free(&g);
}
END_TEST

START_TEST(refusals) {
    const int32_t source[] = {0}, target[] = {1};
    double b[2];
    agl_graph g;
    agl_error e;
    OK(agl_graph_from_edges(&g, NULL, 2, 1, source, target, NULL, true, err));
    ck_assert_int_eq(agl_betweenness(b, NULL, &g, NULL, NULL, &e), AGL_EDATA);
    agl_graph_free(&g);
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    OK(agl_graph_from_edges(&g, NULL, 2, 1, source, target, NULL, false, err));
    ck_assert_int_eq(agl_betweenness(b, NULL, &g, NULL, &ctx, NULL), AGL_ECANCEL);
    agl_graph_free(&g);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("betweenness");
    TCase *tests = tcase_create("betweenness");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, steps, 0, 24);
    tcase_add_loop_test(tests, lengths, 0, 8);
    tcase_add_test(tests, lengths_within_tolerance_are_ties);
    tcase_add_test(tests, threads_do_not_matter);
    tcase_add_test(tests, estimate);
    tcase_add_test(tests, twins_are_found);
    tcase_add_test(tests, refusals);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

/* PageRank, eigenvector and core numbers against their definitions. */
#include "agglo/centrality.h"
#include "graphs.h"

enum { N = 80 };

START_TEST(pagerank_is_stationary) {
    agl_graph g = project_graph(N, 10 + 10 * _i, 5, 60 + (uint64_t)_i, _i % 2);
    double x[N], strength[N], d = _i == 5 ? 0 : 0.85, total = 0, dangling = 0;
    OK(agl_pagerank(x, &g, d, NULL, err));
    agl__strength(strength, &g);
    for (int v = 0; v < N; v++) {
        total += x[v];
        dangling += strength[v] == 0 ? x[v] : 0;
    }
    ck_assert_double_eq_tol(total, 1, 1e-12);
    for (int v = 0; v < N; v++) {
        double next = (1 - d + d * dangling) / N;
        for (int u = 0; u < N; u++)
            if (strength[u] > 0) next += d * x[u] * tie(&g, u, v) / strength[u];
        ck_assert_double_eq_tol(x[v], next, 1e-13);
    }
    agl_graph_free(&g);
}
END_TEST

START_TEST(pagerank_refuses) {
    agl_graph g = project_graph(N, 10, 5, 1, false);
    double x[N];
    ck_assert_int_eq(agl_pagerank(x, &g, 1, NULL, NULL), AGL_EDATA);
    ck_assert_int_eq(agl_pagerank(x, &g, NAN, NULL, NULL), AGL_EDATA);
    agl_graph_free(&g);
}
END_TEST

START_TEST(eigenvector_is_one) {
    agl_graph g = project_graph(N, 120, 5, 70, true);
    double x[N], y[N], lambda = 0, length = 0, largest = 0;
    OK(agl_eigenvector(x, &g, false, NULL, err));
    OK(agl_eigenvector(y, &g, true, NULL, err));
    for (int v = 0; v < N; v++) {
        length += x[v] * x[v];
        largest = fmax(largest, y[v]);
        for (int u = 0; u < N; u++)
            lambda += x[v] * tie(&g, u, v) * x[u];
    }
    ck_assert_double_eq_tol(length, 1, 1e-12);
    ck_assert_double_eq(largest, 1);
    for (int v = 0; v < N; v++) {
        double image = 0;
        for (int u = 0; u < N; u++)
            image += tie(&g, u, v) * x[u];
        ck_assert_double_eq_tol(image, lambda * x[v], 1e-9 * lambda);
        ck_assert_double_ge(x[v], -1e-12);
    }
    agl_graph_free(&g);
    OK(agl_graph_from_edges(&g, NULL, 2, 0, NULL, NULL, NULL, false, err));
    OK(agl_eigenvector(x, &g, false, NULL, err));
    ck_assert(isnan(x[1]));
    agl_graph_free(&g);
}
END_TEST

/* The k-core by taking away nodes of fewer than k partners until nothing changes. */
static bool in_core(const agl_graph *g, int32_t v, int k) {
    bool there[N];
    for (int u = 0; u < N; u++)
        there[u] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (int32_t u = 0; u < N; u++) {
            int partners = 0;
            for (size_t a = g->offset[u]; a < g->offset[u + 1]; a++)
                partners += there[g->neighbour[a]];
            if (!there[u] || partners >= k) continue;
            there[u] = false;
            changed = true;
        }
    }
    return there[v];
}

START_TEST(core_numbers) {
    agl_graph g = project_graph(N, 10 + 25 * _i, 6, 80 + (uint64_t)_i, false);
    int32_t core[N];
    OK(agl_core_numbers(core, &g, err));
    for (int32_t v = 0; v < N; v++) {
        ck_assert(in_core(&g, v, core[v]));
        ck_assert(!in_core(&g, v, core[v] + 1));
    }
    agl_graph_free(&g);
}
END_TEST

START_TEST(cancelled) {
    agl_graph g = project_graph(N, 60, 5, 90, true);
    double x[N];
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    ck_assert_int_eq(agl_eigenvector(x, &g, false, &ctx, NULL), AGL_ECANCEL);
    ck_assert_int_eq(agl_pagerank(x, &g, 0.85, &ctx, NULL), AGL_ECANCEL);
    agl_graph_free(&g);
}
END_TEST

START_TEST(eigenvector_of_two_components) { /* a star and a triangle, whose largest eigenvalue is 2 */
    const int32_t pairs[][2] = {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {5, 6}, {6, 7}, {5, 7}, {0, 8}};
    agl_graph g = graph_of(10, 8, pairs, NULL); /* the star of five rays wins: sqrt(5) > 2 */
    double x[10];
    OK(agl_eigenvector(x, &g, true, NULL, err));
    ck_assert_double_eq_tol(x[0], 1, 1e-12);
    ck_assert_double_eq_tol(x[3], 1 / sqrt(5), 1e-12);
    ck_assert_double_eq_tol(x[6], 0, 1e-12);
    ck_assert_double_eq(x[9], 0);
    agl_graph_free(&g);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("centrality");
    TCase *tests = tcase_create("centrality");
    tcase_add_loop_test(tests, pagerank_is_stationary, 0, 6);
    tcase_add_test(tests, pagerank_refuses);
    tcase_add_test(tests, eigenvector_is_one);
    tcase_add_loop_test(tests, core_numbers, 0, 5);
    tcase_add_test(tests, eigenvector_of_two_components);
    tcase_add_test(tests, cancelled);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

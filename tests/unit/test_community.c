/* Modularity and participation against their formulas; Leiden on graphs whose groups are known. */
#include "agglo/community.h"
#include "graphs.h"

enum { N = 60 };

START_TEST(modularity) {
    agl_graph g = project_graph(N, 60, 5, 20 + (uint64_t)_i, _i % 2);
    int32_t group[N];
    double strength[N], total = 0, expected = 0, found, resolution = 0.5 + 0.5 * _i;
    agl__strength(strength, &g);
    for (int v = 0; v < N; v++) {
        group[v] = v % 7;
        total += strength[v];
    }
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++)
            if (group[a] == group[b])
                expected += (tie(&g, a, b) - resolution * strength[a] * strength[b] / total) / total;
    OK(agl_modularity(&found, &g, group, 7, resolution, err));
    ck_assert_double_eq_tol(found, expected, 1e-13);
    agl_graph_free(&g);
}
END_TEST

START_TEST(participation) {
    agl_graph g = project_graph(N, 60, 5, 30, true);
    int32_t group[N];
    double strength[N], found[N];
    agl__strength(strength, &g);
    for (int v = 0; v < N; v++)
        group[v] = (v * 5) % 9;
    OK(agl_participation(found, &g, group, 9, err));
    for (int v = 0; v < N; v++) {
        double expected = 1;
        for (int c = 0; c < 9; c++) {
            double into = 0;
            for (int u = 0; u < N; u++)
                if (group[u] == c) into += tie(&g, v, u);
            expected -= strength[v] > 0 ? into / strength[v] * into / strength[v] : 0;
        }
        if (strength[v] > 0)
            ck_assert_double_eq_tol(found[v], expected, 1e-13);
        else
            ck_assert(isnan(found[v]));
    }
    agl_graph_free(&g);
}
END_TEST

START_TEST(leiden_finds_cliques) { /* four cliques of 5, 4, 3 and 3 nodes in a ring of single ties, and one
                                      node alone */
    const int32_t pairs[][2] = {{0, 1},   {0, 2}, {0, 3},  {0, 4},   {1, 2},   {1, 3},   {1, 4},
                                {2, 3},   {2, 4}, {3, 4},  {5, 6},   {5, 7},   {5, 8},   {6, 7},
                                {6, 8},   {7, 8}, {9, 10}, {9, 11},  {10, 11}, {12, 13}, {12, 14},
                                {13, 14}, {0, 5}, {8, 9},  {11, 12}, {14, 4}};
    const int32_t expected[] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4};
    agl_graph g = graph_of(16, sizeof pairs / sizeof *pairs, pairs, NULL);
    int32_t group[16], k;
    OK(agl_leiden(group, &k, &g, NULL, NULL, err));
    ck_assert_int_eq(k, 5);
    for (int v = 0; v < 16; v++)
        for (int u = 0; u < 16; u++)
            ck_assert_int_eq(group[u] == group[v], expected[u] == expected[v]);
    ck_assert_int_eq(group[0], 0); /* the largest first */
    ck_assert_int_eq(group[5], 1);
    agl_graph_free(&g);
}
END_TEST

START_TEST(leiden_repeats_itself) {
    agl_graph g = project_graph(500, 300, 6, 4, true);
    int32_t a[500], b[500], ka, kb;
    agl_ctx one = AGL_CTX_INIT, four = AGL_CTX_INIT;
    one.threads = 1;
    four.threads = 4;
    OK(agl_leiden(a, &ka, &g, NULL, &one, err));
    OK(agl_leiden(b, &kb, &g, NULL, &four, err));
    ck_assert_int_eq(ka, kb);
    ck_assert_mem_eq(a, b, sizeof a);
    double q, singles;
    OK(agl_modularity(&q, &g, a, ka, 1, err));
    for (int v = 0; v < 500; v++)
        b[v] = v;
    OK(agl_modularity(&singles, &g, b, 500, 1, err));
    ck_assert_double_gt(q, singles + 0.1);
    agl_graph_free(&g);
}
END_TEST

START_TEST(no_ties) {
    agl_graph g;
    int32_t group[3], k;
    double q;
    OK(agl_graph_from_edges(&g, NULL, 3, 0, NULL, NULL, NULL, false, err));
    OK(agl_leiden(group, &k, &g, NULL, NULL, err));
    ck_assert_int_eq(k, 3);
    OK(agl_modularity(&q, &g, group, k, 1, err));
    ck_assert(isnan(q));
    agl_graph_free(&g);
}
END_TEST

START_TEST(leiden_stops_when_asked) {
    agl_graph g = project_graph(N, 60, 5, 90, true);
    int32_t group[N], k;
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    ck_assert_int_eq(agl_leiden(group, &k, &g, NULL, &ctx, NULL), AGL_ECANCEL);
    agl_graph_free(&g);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("community");
    TCase *tests = tcase_create("community");
    tcase_add_loop_test(tests, modularity, 0, 4);
    tcase_add_test(tests, participation);
    tcase_add_test(tests, leiden_finds_cliques);
    tcase_add_test(tests, leiden_repeats_itself);
    tcase_add_test(tests, no_ties);
    tcase_add_test(tests, leiden_stops_when_asked);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

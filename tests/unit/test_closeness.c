/* Closeness and path lengths against one breadth-first search from every node. */
#include "agglo/closeness.h"
#include "graphs.h"

static void by_search(double *closeness, agl_path_lengths *lengths, const agl_graph *g, bool within) {
    int32_t *queue = AGL_NEW(int32_t, g->n), *distance = AGL_NEW(int32_t, g->n);
    double all = 0, pairs = 0;
    lengths->diameter = 0;
    for (int32_t v = 0; v < g->n; v++)
        distance[v] = -1;
    for (int32_t v = 0; v < g->n; v++) {
        int32_t reached = agl__bfs(queue, distance, g, v);
        double sum = 0;
        for (int32_t i = 0; i < reached; i++) {
            sum += distance[queue[i]];
            if (distance[queue[i]] > lengths->diameter) lengths->diameter = distance[queue[i]];
        }
        agl__bfs_reset(distance, queue, reached);
        closeness[v] = reached > 1 ? (reached - 1) / sum * (within ? 1 : (reached - 1.0) / (g->n - 1))
                       : within    ? (double)NAN
                                   : 0;
        all += sum;
        pairs += reached - 1;
    }
    lengths->mean = pairs > 0 ? all / pairs : (double)NAN;
    free(queue);
    free(distance);
}

static void check(const agl_graph *g) {
    double *found = AGL_NEW(double, g->n), *expected = AGL_NEW(double, g->n);
    for (int within = 0; within < 2; within++) {
        agl_path_lengths a, b;
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = 3;
        OK(agl_closeness(found, &a, g, within, &ctx, err));
        by_search(expected, &b, g, within);
        for (int32_t v = 0; v < g->n; v++) {
            ck_assert_int_eq(isnan(found[v]), isnan(expected[v]));
            if (!isnan(expected[v])) ck_assert_double_eq_tol(found[v], expected[v], 1e-15);
        }
        ck_assert_int_eq(a.diameter, b.diameter);
        ck_assert_int_eq(isnan(a.mean), isnan(b.mean));
        if (!isnan(b.mean)) ck_assert_double_eq_tol(a.mean, b.mean, 1e-13);
    }
    free(found);
    free(expected);
}

START_TEST(projects) { /* from scattered pieces to one dense component, over and under 256 nodes */
    agl_graph g =
        project_graph(40 + 130 * (_i % 7), 20 + 90 * (_i / 3), 2 + (uint32_t)_i % 8, (uint64_t)_i, false);
    check(&g);
    agl_graph_free(&g);
}
END_TEST

START_TEST(long_path) { /* few active nodes in every step */
    enum { N = 700 };
    int32_t source[N], target[N];
    for (int i = 0; i + 1 < N; i++) {
        source[i] = (i * 37) % N; /* neighbours on the path are far apart by number */
        target[i] = ((i + 1) * 37) % N;
    }
    agl_graph g;
    OK(agl_graph_from_edges(&g, NULL, N, N - 1, source, target, NULL, false, err));
    agl_path_lengths lengths;
    double closeness[N];
    OK(agl_closeness(closeness, &lengths, &g, false, NULL, err));
    ck_assert_int_eq(lengths.diameter, N - 1);
    ck_assert_double_eq_tol(lengths.mean, (N + 1) / 3.0, 1e-9);
    check(&g);
    agl_graph_free(&g);
}
END_TEST

START_TEST(no_ties) {
    agl_graph g;
    double closeness[5];
    agl_path_lengths lengths;
    OK(agl_graph_from_edges(&g, NULL, 5, 0, NULL, NULL, NULL, false, err));
    OK(agl_closeness(closeness, &lengths, &g, false, NULL, err));
    ck_assert_double_eq(closeness[3], 0);
    ck_assert(isnan(lengths.mean));
    agl_graph_free(&g);
}
END_TEST

START_TEST(cancelled) {
    agl_graph g = project_graph(50, 40, 5, 1, false);
    double closeness[50];
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    ck_assert_int_eq(agl_closeness(closeness, NULL, &g, false, &ctx, NULL), AGL_ECANCEL);
    agl_graph_free(&g);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("closeness");
    TCase *tests = tcase_create("closeness");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, projects, 0, 21);
    tcase_add_test(tests, long_path);
    tcase_add_test(tests, no_ties);
    tcase_add_test(tests, cancelled);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

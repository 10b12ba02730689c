/* Builders of graphs: merging, loops, order, and the operations that copy graphs. */
#include "graphs.h"

#include <string.h>

static void check_form(const agl_graph *g) {
    ck_assert_uint_eq(g->offset[0], 0);
    ck_assert_uint_eq(g->offset[g->n], g->arcs);
    for (int32_t v = 0; v < g->n; v++)
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
            ck_assert_int_ne(g->neighbour[a], v);
            if (a > g->offset[v]) ck_assert_int_lt(g->neighbour[a - 1], g->neighbour[a]);
            if (!g->directed) ck_assert_double_eq(tie(g, g->neighbour[a], v), agl__arc_weight(g, a));
        }
}

START_TEST(duplicates_add_up) {
    const int32_t source[] = {0, 1, 2, 1, 3, 0}, target[] = {1, 0, 1, 2, 3, 1};
    const double weight[] = {1, 2, 4, 8, 16, 32};
    agl_graph g;
    agl_graph_counts counts;
    OK(agl_graph_from_edges(&g, &counts, 4, 6, source, target, weight, false, err));
    check_form(&g);
    ck_assert_uint_eq(agl_graph_edges(&g), 2);
    ck_assert_uint_eq(counts.self_loops, 1);
    ck_assert_uint_eq(counts.duplicates, 3);
    ck_assert_double_eq(tie(&g, 0, 1), 35);
    ck_assert_double_eq(tie(&g, 2, 1), 12);
    agl_graph_free(&g);
    OK(agl_graph_from_edges(&g, &counts, 4, 6, source, target, weight, true, err));
    ck_assert_uint_eq(agl_graph_edges(&g), 4);
    ck_assert_uint_eq(counts.duplicates, 1);
    ck_assert_double_eq(tie(&g, 0, 1), 33);
    ck_assert_double_eq(tie(&g, 1, 0), 2);
    agl_graph_free(&g);
    OK(agl_graph_from_edges(&g, NULL, 4, 6, source, target, NULL, false, err));
    ck_assert_ptr_null(g.weight);
    ck_assert_uint_eq(agl_graph_edges(&g), 2);
    agl_graph_free(&g);
}
END_TEST

START_TEST(empty) {
    agl_graph g;
    int32_t component[3], k = -1;
    OK(agl_graph_from_edges(&g, NULL, 3, 0, NULL, NULL, NULL, false, err));
    OK(agl_graph_components(component, &k, &g, err));
    ck_assert_int_eq(k, 3);
    agl_graph_free(&g);
    OK(agl_graph_from_edges(&g, NULL, 0, 0, NULL, NULL, NULL, false, err));
    OK(agl_graph_components(component, &k, &g, err));
    ck_assert_int_eq(k, 0);
    agl_graph_free(&g);
}
END_TEST

START_TEST(bad_edges) {
    const int32_t source[] = {0, 1}, target[] = {1, 2};
    const double weights[][2] = {{1, 0}, {1, -1}, {1, NAN}, {1, INFINITY}};
    agl_graph g;
    agl_error e;
    ck_assert_int_eq(agl_graph_from_edges(&g, NULL, 2, 2, source, target, NULL, false, &e), AGL_EDATA);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(agl_graph_from_edges(&g, NULL, 3, 2, source, target, weights[i], false, &e),
                         AGL_EDATA);
    ck_assert_ptr_null(g.offset);
}
END_TEST

START_TEST(reverse_and_undirected) {
    const int32_t source[] = {0, 0, 2, 3, 1}, target[] = {1, 2, 0, 1, 3};
    const double weight[] = {1, 2, 3, 4, 5};
    agl_graph g, r, u;
    OK(agl_graph_from_edges(&g, NULL, 4, 5, source, target, weight, true, err));
    OK(agl_graph_reverse(&r, &g, err));
    OK(agl_graph_undirected(&u, &g, err));
    check_form(&r);
    check_form(&u);
    for (int32_t a = 0; a < 4; a++)
        for (int32_t b = 0; b < 4; b++) {
            ck_assert_double_eq(tie(&r, a, b), tie(&g, b, a));
            ck_assert_double_eq(tie(&u, a, b), tie(&g, a, b) + tie(&g, b, a));
        }
    agl_graph_free(&g);
    agl_graph_free(&r);
    agl_graph_free(&u);
}
END_TEST

START_TEST(induced_and_relabelled) {
    agl_graph g = project_graph(40, 30, 6, 3, true), sub, moved;
    uint8_t keep[40];
    int32_t old_id[40], new_id[40];
    for (int i = 0; i < 40; i++) {
        keep[i] = i % 3 != 0;
        new_id[i] = (i * 7 + 5) % 40;
    }
    OK(agl_graph_induced(&sub, old_id, &g, keep, err));
    OK(agl_graph_relabel(&moved, &g, new_id, err));
    check_form(&sub);
    check_form(&moved);
    ck_assert_int_eq(sub.n, 26);
    for (int32_t a = 0; a < sub.n; a++)
        for (int32_t b = 0; b < sub.n; b++)
            ck_assert_double_eq(tie(&sub, a, b), tie(&g, old_id[a], old_id[b]));
    for (int32_t a = 0; a < 40; a++)
        for (int32_t b = 0; b < 40; b++)
            ck_assert_double_eq(tie(&moved, new_id[a], new_id[b]), tie(&g, a, b));
    agl_graph_free(&g);
    agl_graph_free(&sub);
    agl_graph_free(&moved);
}
END_TEST

START_TEST(components_by_size) {
    const int32_t pairs[][2] = {{5, 6}, {1, 2}, {2, 3}, {3, 4}};
    agl_graph g = graph_of(8, 4, pairs, NULL);
    int32_t component[8], k, expected[] = {2, 0, 0, 0, 0, 1, 1, 3};
    OK(agl_graph_components(component, &k, &g, err));
    ck_assert_int_eq(k, 4);
    ck_assert_mem_eq(component, expected, sizeof expected);
    agl_graph_free(&g);
    const int32_t source[] = {0, 2},
                  target[] = {1, 1}; /* 0 -> 1 <- 2 hangs together although 1 reaches nobody */
    OK(agl_graph_from_edges(&g, NULL, 3, 2, source, target, NULL, true, err));
    OK(agl_graph_components(component, &k, &g, err));
    ck_assert_int_eq(k, 1);
    agl_graph_free(&g);
}
END_TEST

START_TEST(locality_order_keeps_components_together) {
    agl_graph g = project_graph(200, 60, 5, 11, false), moved;
    int32_t new_id[200], begin[200], end[200], component[200], k;
    OK(agl__locality_order(new_id, &g, err));
    OK(agl_graph_relabel(&moved, &g, new_id, err));
    OK(agl__component_ranges(begin, end, &moved, err));
    OK(agl_graph_components(component, &k, &moved, err));
    for (int32_t v = 0; v < 200; v++)
        for (int32_t u = 0; u < 200; u++)
            ck_assert_int_eq(component[u] == component[v], u >= begin[v] && u < end[v]);
    for (int32_t v = 1; v < 200; v++)
        if (component[v] == component[v - 1])
            ck_assert_uint_ge(agl__degree(&moved, v - 1), agl__degree(&moved, v));
    agl_graph_free(&g);
    agl_graph_free(&moved);
}
END_TEST

START_TEST(breadth_first) {
    const int32_t pairs[][2] = {{0, 1}, {1, 2}, {2, 3}, {0, 4}, {4, 3}, {5, 6}};
    agl_graph g = graph_of(7, 6, pairs, NULL);
    int32_t queue[7], distance[7] = {-1, -1, -1, -1, -1, -1, -1}, expected[] = {0, 1, 2, 2, 1, -1, -1};
    ck_assert_int_eq(agl__bfs(queue, distance, &g, 0), 5);
    ck_assert_mem_eq(distance, expected, sizeof expected);
    agl__bfs_reset(distance, queue, 5);
    for (int v = 0; v < 7; v++)
        ck_assert_int_eq(distance[v], -1);
    ck_assert_uint_eq(agl__find_arc(&g, 5, 0), SIZE_MAX);
    ck_assert_int_eq(g.neighbour[agl__find_arc(&g, 4, 3)], 3);
    agl_graph_free(&g);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("graph");
    TCase *tests = tcase_create("graph");
    tcase_add_test(tests, duplicates_add_up);
    tcase_add_test(tests, empty);
    tcase_add_test(tests, bad_edges);
    tcase_add_test(tests, reverse_and_undirected);
    tcase_add_test(tests, induced_and_relabelled);
    tcase_add_test(tests, components_by_size);
    tcase_add_test(tests, locality_order_keeps_components_together);
    tcase_add_test(tests, breadth_first);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

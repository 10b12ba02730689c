/* Communities: what Leiden promises, the consensus, and stability against counting pairs one by one. */
#include "agglo/communities.h"
#include "agglo/community.h"
#include "base/rng.h"
#include "kernel/network/leiden.h"
#include "unit.h"

#include <math.h>
#include <string.h>

/* Groups of `each` nodes, tied with chance `in` inside and `out` across. */
static void planted(agl_graph *g, int32_t groups, int32_t each, double in, double out, bool weighted) {
    int32_t n = groups * each;
    size_t m = 0, most = (size_t)n * (size_t)n / 2;
    int32_t *source = calloc(most, sizeof *source), *target = calloc(most, sizeof *target);
    double *weight = calloc(most, sizeof *weight);
    agl_rng rng = agl__rng(17, (uint32_t)groups, (uint32_t)each);
    for (int32_t a = 0; a < n; a++)
        for (int32_t b = a + 1; b < n; b++)
            if (agl__rng_unit(&rng) < (a / each == b / each ? in : out)) {
                source[m] = a, target[m] = b;
                weight[m++] = 1 + (double)agl__rng_below(&rng, 3);
            }
    ck_assert_int_eq(
        agl_graph_from_edges(g, NULL, n, m, source, target, weighted ? weight : NULL, false, NULL), AGL_OK);
    free(source);
    free(target);
    free(weight);
}

START_TEST(planted_groups) {
    agl_graph g;
    agl_communities c;
    planted(&g, 8, 25, 0.4, 0.02, true);
    ck_assert_int_eq(agl_find_communities(&c, &g, NULL, NULL, NULL), AGL_OK);
    ck_assert_int_eq(c.k, 8);
    for (int32_t v = 0; v < g.n; v++)
        ck_assert_int_eq(c.community[v], c.community[v / 25 * 25]);
    for (int32_t k = 0; k < 8; k++) {
        ck_assert_int_eq(c.size[k], 25);
        ck_assert(c.stability[k] > 0.9 && c.stability[k] <= 1);
    }
    agl_communities_free(&c);
    agl_graph_free(&g);
}
END_TEST

/* Every community is connected, and no single move gains. */
START_TEST(leiden_promises) {
    agl_graph g;
    planted(&g, 6, 30, 0.15, 0.05, true);
    int32_t group[180], k;
    for (uint32_t run = 0; run < 10; run++) {
        agl_leiden_run o = {.resolution = 1, .rounds = 50, .seed = 5, .replicate = run};
        ck_assert_int_eq(agl__leiden(group, &k, &g, &o, NULL, NULL), AGL_OK);
        double q, moved;
        ck_assert_int_eq(agl_modularity(&q, &g, group, k, 1, NULL), AGL_OK);
        for (int32_t v = 0; v < g.n; v++) {
            int32_t own = group[v];
            for (int32_t c = 0; c <= k; c++) { /* c = k: alone */
                group[v] = c;
                ck_assert_int_eq(agl_modularity(&moved, &g, group, k + 1, 1, NULL), AGL_OK);
                ck_assert(moved <= q + 1e-12);
            }
            group[v] = own;
        }
        for (int32_t c = 0; c < k; c++) {
            uint8_t keep[180];
            for (int32_t v = 0; v < g.n; v++)
                keep[v] = group[v] == c;
            agl_graph part;
            int32_t of[180], parts;
            ck_assert_int_eq(agl_graph_induced(&part, NULL, &g, keep, NULL), AGL_OK);
            ck_assert_int_eq(agl_graph_components(of, &parts, &part, NULL), AGL_OK);
            ck_assert_int_eq(parts, 1);
            agl_graph_free(&part);
        }
    }
    agl_graph_free(&g);
}
END_TEST

START_TEST(stability_counts_pairs) {
    agl_graph g;
    agl_communities c;
    planted(&g, 5, 20, 0.2, 0.08, false);
    agl_communities_options o = AGL_COMMUNITIES_OPTIONS_INIT;
    o.runs = 7;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.seed = 42;
    ck_assert_int_eq(agl_find_communities(&c, &g, &o, &ctx, NULL), AGL_OK);
    double together[100] = {0}, possible[100] = {0}, node[100] = {0}, agreement[7] = {0};
    for (int r = 0; r < 7; r++) {
        int32_t group[100], k;
        agl_leiden_run run = {.resolution = 1, .rounds = o.rounds, .seed = 42, .replicate = (uint32_t)r};
        ck_assert_int_eq(agl__leiden(group, &k, &g, &run, NULL, NULL), AGL_OK);
        double both = 0, mine = 0, theirs = 0, all = 0;
        for (int32_t a = 0; a < 100; a++)
            for (int32_t b = a + 1; b < 100; b++) {
                bool in = c.community[a] == c.community[b], there = group[a] == group[b];
                both += in && there, mine += in, theirs += there, all++;
                if (!in) continue;
                possible[c.community[a]]++;
                together[c.community[a]] += there;
                node[a] += there, node[b] += there;
            }
        agreement[r] = (both - mine * theirs / all) / ((mine + theirs) / 2 - mine * theirs / all);
        ck_assert_double_eq_tol(c.run_agreement[r], agreement[r], 1e-12);
        ck_assert_int_eq(c.run_k[r], k);
    }
    for (int32_t k = 0; k < c.k; k++)
        if (c.size[k] > 1) ck_assert_double_eq_tol(c.stability[k], together[k] / possible[k], 1e-12);
    for (int32_t v = 0; v < 100; v++)
        if (c.size[c.community[v]] > 1)
            ck_assert_double_eq_tol(c.node_stability[v], node[v] / (7 * (c.size[c.community[v]] - 1)), 1e-12);
    agl_communities_free(&c);
    agl_graph_free(&g);
}
END_TEST

START_TEST(threads_and_seeds) {
    agl_graph g;
    agl_communities one, three, other;
    planted(&g, 10, 30, 0.15, 0.06, true);
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 1;
    ck_assert_int_eq(agl_find_communities(&one, &g, NULL, &ctx, NULL), AGL_OK);
    ctx.threads = 3;
    ck_assert_int_eq(agl_find_communities(&three, &g, NULL, &ctx, NULL), AGL_OK);
    ck_assert_mem_eq(one.community, three.community, (size_t)g.n * sizeof *one.community);
    ck_assert_mem_eq(one.run_modularity, three.run_modularity, (size_t)one.runs * sizeof *one.run_modularity);
    ck_assert_mem_eq(one.node_stability, three.node_stability, (size_t)g.n * sizeof *one.node_stability);
    ctx.seed = 2;
    ck_assert_int_eq(agl_find_communities(&other, &g, NULL, &ctx, NULL), AGL_OK);
    ck_assert(memcmp(one.run_modularity, other.run_modularity, (size_t)one.runs * sizeof(double)) != 0);
    agl_communities_free(&one);
    agl_communities_free(&three);
    agl_communities_free(&other);
    agl_graph_free(&g);
}
END_TEST

START_TEST(edge_cases) {
    agl_graph g;
    agl_communities c;
    agl_error err;
    /* no ties */
    ck_assert_int_eq(agl_graph_from_edges(&g, NULL, 3, 0, NULL, NULL, NULL, false, NULL), AGL_OK);
    ck_assert_int_eq(agl_find_communities(&c, &g, NULL, NULL, NULL), AGL_OK);
    ck_assert(c.k == 3 && isnan(c.modularity) && isnan(c.stability[0]) && isnan(c.node_stability[2]));
    agl_communities_free(&c);
    agl_graph_free(&g);
    /* no nodes */
    ck_assert_int_eq(agl_graph_from_edges(&g, NULL, 0, 0, NULL, NULL, NULL, false, NULL), AGL_OK);
    ck_assert_int_eq(agl_find_communities(&c, &g, NULL, NULL, NULL), AGL_OK);
    ck_assert_int_eq(c.k, 0);
    agl_communities_free(&c);
    agl_graph_free(&g);
    /* two triangles and an isolated node */
    int32_t source[] = {0, 1, 2, 4, 5, 6}, target[] = {1, 2, 0, 5, 6, 4};
    ck_assert_int_eq(agl_graph_from_edges(&g, NULL, 7, 6, source, target, NULL, false, NULL), AGL_OK);
    ck_assert_int_eq(agl_find_communities(&c, &g, NULL, NULL, NULL), AGL_OK);
    int32_t expected[] = {0, 0, 0, 2, 1, 1, 1};
    ck_assert_mem_eq(c.community, expected, sizeof expected);
    ck_assert_double_eq_tol(c.modularity, 0.5, 1e-15);
    agl_communities_free(&c);
    agl_communities_options o = AGL_COMMUNITIES_OPTIONS_INIT;
    o.resolution = 0;
    ck_assert_int_eq(agl_find_communities(&c, &g, &o, NULL, &err), AGL_EUSAGE);
    agl_graph_free(&g);
    ck_assert_int_eq(agl_graph_from_edges(&g, NULL, 7, 6, source, target, NULL, true, NULL), AGL_OK);
    ck_assert_int_eq(agl_find_communities(&c, &g, NULL, NULL, &err), AGL_EDATA);
    agl_graph_free(&g);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("communities");
    TCase *t = tcase_create("communities");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, planted_groups);
    tcase_add_test(t, leiden_promises);
    tcase_add_test(t, stability_counts_pairs);
    tcase_add_test(t, threads_and_seeds);
    tcase_add_test(t, edge_cases);
    suite_add_tcase(suite, t);
    return unit_main(suite);
}

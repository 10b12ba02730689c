/* Brokerage against counting triads one by one, articulation points against taking nodes out. */
#include "agglo/brokerage.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { N = 40 };

typedef struct sample {
    agl_graph graph;
    bool arc[N][N];
    int32_t group[N];
} sample;

static void make(sample *s, double density, bool directed, int32_t groups, uint32_t stream) {
    static int32_t source[N * N], target[N * N];
    agl_rng rng = agl__rng(23, stream, 0);
    size_t m = 0;
    memset(s, 0, sizeof *s);
    for (int32_t a = 0; a < N; a++) {
        s->group[a] = (int32_t)agl__rng_below(&rng, (uint32_t)groups + 1) - 1; /* some have none */
        for (int32_t b = directed ? 0 : a + 1; b < N; b++) {
            if (a == b || agl__rng_unit(&rng) > density) continue;
            source[m] = a, target[m++] = b;
            s->arc[a][b] = true;
            if (!directed) s->arc[b][a] = true;
        }
    }
    ck_assert_int_eq(agl_graph_from_edges(&s->graph, NULL, N, m, source, target, NULL, directed, NULL),
                     AGL_OK);
}

static void count_slowly(double *count, const sample *s) {
    memset(count, 0, N * AGL_ROLES * sizeof *count);
    for (int i = 0; i < N; i++)
        for (int b = 0; b < N; b++)
            for (int k = 0; k < N; k++) {
                if (i == k || !s->arc[i][b] || !s->arc[b][k] || s->arc[i][k]) continue;
                int32_t gi = s->group[i], gb = s->group[b], gk = s->group[k];
                if (gi < 0 || gb < 0 || gk < 0) continue;
                int role = gi == gb && gb == gk ? AGL_ROLE_COORDINATOR
                           : gi == gb           ? AGL_ROLE_REPRESENTATIVE
                           : gk == gb           ? AGL_ROLE_GATEKEEPER
                           : gi == gk           ? AGL_ROLE_ITINERANT
                                                : AGL_ROLE_LIAISON;
                count[b * AGL_ROLES + role]++;
            }
}

START_TEST(roles) {
    static double fast[N * AGL_ROLES], slow[N * AGL_ROLES], again[N * AGL_ROLES];
    for (uint32_t t = 0; t < 12; t++) {
        sample s;
        make(&s, t % 3 == 0 ? 0.08 : t % 3 == 1 ? 0.3 : 0.8, t % 2 == 0, 1 + (int32_t)t % 4, t);
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = 1;
        ck_assert_int_eq(agl_gould_fernandez(fast, &s.graph, s.group, 5, &ctx, NULL), AGL_OK);
        count_slowly(slow, &s);
        ck_assert_mem_eq(fast, slow, sizeof slow);
        ctx.threads = 3;
        ck_assert_int_eq(agl_gould_fernandez(again, &s.graph, s.group, 5, &ctx, NULL), AGL_OK);
        ck_assert_mem_eq(fast, again, sizeof slow);
        agl_graph_free(&s.graph);
    }
}
END_TEST

/* Shares by dealing out the groups of all others in every order that matters: by counting ordered pairs. */
START_TEST(chances) {
    int32_t size[] = {3, 1, 4}, group[] = {0, 0, 0, 1, 2, 2, 2, 2};
    double share[3 * AGL_ROLES];
    agl_role_chances(share, size, 3);
    for (int b = 0; b < 8; b++) {
        double count[AGL_ROLES] = {0};
        for (int i = 0; i < 8; i++)
            for (int k = 0; k < 8; k++) {
                if (i == k || i == b || k == b) continue;
                int32_t gi = group[i], gb = group[b], gk = group[k];
                count[gi == gb && gk == gb ? 0 : gi == gb ? 2 : gk == gb ? 3 : gi == gk ? 1 : 4]++;
            }
        for (int r = 0; r < AGL_ROLES; r++)
            ck_assert_double_eq_tol(share[group[b] * AGL_ROLES + r], count[r] / 42, 1e-15);
    }
}
END_TEST

static void check_articulation(const sample *s) {
    int32_t parts[N], cut_off[N], of[N], k;
    ck_assert_int_eq(agl_articulation(parts, cut_off, &s->graph, NULL), AGL_OK);
    ck_assert_int_eq(agl_graph_components(of, &k, &s->graph, NULL), AGL_OK);
    for (int32_t v = 0; v < N; v++) {
        uint8_t keep[N];
        int32_t left = 0, part[N], n_parts, size[N] = {0}, most = 0;
        for (int32_t u = 0; u < N; u++)
            left += keep[u] = u != v && of[u] == of[v];
        agl_graph without;
        ck_assert_int_eq(agl_graph_induced(&without, NULL, &s->graph, keep, NULL), AGL_OK);
        ck_assert_int_eq(agl_graph_components(part, &n_parts, &without, NULL), AGL_OK);
        for (int32_t u = 0; u < left; u++)
            if (++size[part[u]] > most) most = size[part[u]];
        ck_assert_int_eq(parts[v], n_parts);
        ck_assert_int_eq(cut_off[v], left - most);
        agl_graph_free(&without);
    }
}

START_TEST(articulation) {
    for (uint32_t t = 0; t < 20; t++) {
        sample s;
        make(&s, 0.02 + 0.004 * t, false, 1, 100 + t);
        check_articulation(&s);
        agl_graph_free(&s.graph);
    }
    agl_graph path;
    int32_t source[100000], target[100000], parts[100001],
        cut_off[100001]; /* deep, for a search that recursed */
    for (int32_t i = 0; i < 100000; i++)
        source[i] = i, target[i] = i + 1;
    ck_assert_int_eq(agl_graph_from_edges(&path, NULL, 100001, 100000, source, target, NULL, false, NULL),
                     AGL_OK);
    ck_assert_int_eq(agl_articulation(parts, cut_off, &path, NULL), AGL_OK);
    ck_assert(parts[0] == 1 && parts[50000] == 2 && cut_off[50000] == 50000 && cut_off[1] == 1);
    agl_graph_free(&path);
}
END_TEST

START_TEST(percent_ranks) {
    double value[] = {3, 1, NAN, 3, 2}, rank[5];
    ck_assert_int_eq(agl_percent_rank(rank, value, 5, NULL), AGL_OK);
    ck_assert_double_eq_tol(rank[0], 2.5 / 3, 1e-15);
    ck_assert(rank[1] == 0 && isnan(rank[2]) && rank[3] == rank[0]);
    ck_assert_double_eq_tol(rank[4], 1.0 / 3, 1e-15);
    ck_assert_int_eq(agl_percent_rank(rank, value, 1, NULL), AGL_OK);
    ck_assert_double_eq(rank[0], 0.5);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("brokerage");
    TCase *t = tcase_create("brokerage");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, roles);
    tcase_add_test(t, chances);
    tcase_add_test(t, articulation);
    tcase_add_test(t, percent_ranks);
    suite_add_tcase(suite, t);
    return unit_main(suite);
}

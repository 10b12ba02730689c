/* Structural holes and clustering against their formulas on the full matrix. */
#include "agglo/ego.h"
#include "agglo/summary.h"
#include "graphs.h"

enum { N = 50 };

typedef struct matrix {
    double w[N][N], strength[N], degree[N], largest;
} matrix;

static matrix matrix_of(const agl_graph *g) {
    matrix m = {.largest = 0};
    for (int32_t a = 0; a < N; a++)
        for (int32_t b = 0; b < N; b++) {
            m.w[a][b] = tie(g, a, b);
            m.strength[a] += m.w[a][b];
            m.degree[a] += m.w[a][b] > 0;
            m.largest = fmax(m.largest, m.w[a][b]);
        }
    return m;
}

static double constraint(const matrix *m, int i) {
    double sum = 0;
    for (int j = 0; j < N; j++) {
        if (m->w[i][j] == 0) continue;
        double share = m->w[i][j] / m->strength[i];
        for (int q = 0; q < N; q++)
            if (q != i && q != j && m->w[i][q] > 0)
                share += m->w[i][q] / m->strength[i] * m->w[q][j] / m->strength[q];
        sum += share * share;
    }
    return m->degree[i] > 0 ? sum : (double)NAN;
}

static double clustering(const matrix *m, int i, agl_clustering variant, double *ties) {
    double sum = 0;
    *ties = 0;
    for (int j = 0; j < N; j++)
        for (int h = 0; h < j; h++) {
            if (m->w[i][j] == 0 || m->w[i][h] == 0 || m->w[j][h] == 0) continue;
            ++*ties;
            if (variant == AGL_CLUSTERING_PLAIN) sum += 2;
            if (variant == AGL_CLUSTERING_BARRAT) sum += m->w[i][j] + m->w[i][h];
            if (variant == AGL_CLUSTERING_ONNELA)
                sum += 2 * cbrt(m->w[i][j] * m->w[i][h] * m->w[j][h]) / m->largest;
        }
    double k = m->degree[i];
    if (k < 2) return NAN;
    return sum / ((variant == AGL_CLUSTERING_BARRAT ? m->strength[i] : k) * (k - 1));
}

static void expect(double found, double expected) {
    ck_assert_int_eq(isnan(found), isnan(expected));
    if (!isnan(expected)) ck_assert_double_eq_tol(found, expected, 1e-12);
}

START_TEST(against_formulas) {
    bool weighted = _i % 2;
    agl_graph g = project_graph(N, 6 + 5 * _i, 3 + (uint32_t)_i % 6, 40 + (uint64_t)_i, weighted);
    matrix m = matrix_of(&g);
    double c[N], e[N], k[N], t[N];
    agl_ego_measures out = {c, e, k, t};
    for (int variant = 0; variant < 3; variant++) {
        OK(agl_ego(&out, &g, (agl_clustering)variant, NULL, err));
        for (int v = 0; v < N; v++) {
            double ties, expected = clustering(&m, v, (agl_clustering)variant, &ties);
            expect(k[v], expected);
            expect(c[v], constraint(&m, v));
            expect(t[v], ties);
            expect(e[v], m.degree[v] > 0 ? m.degree[v] - 2 * ties / m.degree[v] : (double)NAN);
        }
    }
    agl_graph_free(&g);
}
END_TEST

START_TEST(only_what_is_wanted) {
    agl_graph g = project_graph(N, 40, 5, 2, true);
    double all[N], alone[N], other[N];
    agl_ego_measures both = {.constraint = all, .clustering = other}, one = {.constraint = alone};
    agl_ctx single = AGL_CTX_INIT;
    single.threads = 1;
    OK(agl_ego(&both, &g, AGL_CLUSTERING_ONNELA, NULL, err));
    OK(agl_ego(&one, &g, AGL_CLUSTERING_PLAIN, &single, err));
    ck_assert_mem_eq(all, alone, sizeof all);
    agl_graph_free(&g);
}
END_TEST

START_TEST(summary) {
    agl_graph g = project_graph(N, 25, 5, 8, true);
    matrix m = matrix_of(&g);
    agl_network_summary s;
    double ties = 0, weight = 0, x = 0, xx = 0, xy = 0, closed = 0, pairs = 0, t[N];
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++) {
            if (m.w[a][b] == 0) continue;
            ties += 0.5;
            weight += m.w[a][b] / 2;
            x += m.degree[a];
            xx += m.degree[a] * m.degree[a];
            xy += m.degree[a] * m.degree[b];
        }
    agl_ego_measures out = {.triangles = t};
    OK(agl_ego(&out, &g, AGL_CLUSTERING_PLAIN, NULL, err));
    OK(agl_network_summarize(&s, &g, err));
    ck_assert_uint_eq(s.ties, (size_t)ties);
    ck_assert_double_eq(s.total_weight, weight);
    ck_assert_double_eq_tol(s.density, ties / (N * (N - 1) / 2.0), 1e-15);
    double arcs = 2 * ties, mean = x / arcs;
    ck_assert_double_eq_tol(s.assortativity, (xy / arcs - mean * mean) / (xx / arcs - mean * mean), 1e-12);
    for (int v = 0; v < N; v++) {
        double k;
        clustering(&m, v, AGL_CLUSTERING_PLAIN, &k);
        closed += k;
        pairs += m.degree[v] * (m.degree[v] - 1) / 2;
    }
    ck_assert_double_eq_tol(agl_transitivity(&g, t), closed / pairs, 1e-15);
    agl_graph_free(&g);

    OK(agl_graph_from_edges(&g, NULL, 3, 0, NULL, NULL, NULL, false, err));
    OK(agl_network_summarize(&s, &g, err));
    ck_assert_uint_eq(s.isolates, 3);
    ck_assert(isnan(s.assortativity));
    ck_assert_double_eq(s.density, 0);
    agl_graph_free(&g);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("ego");
    TCase *tests = tcase_create("ego");
    tcase_add_loop_test(tests, against_formulas, 0, 16);
    tcase_add_test(tests, only_what_is_wanted);
    tcase_add_test(tests, summary);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

/* The game against best replies, welfare against its definition, subsidies against trial and error, key firms
 * against really leaving them out. */
#include "agglo/keyfirms.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { N = 12 };

typedef struct game {
    agl_graph links;
    int32_t market[N];
    double mu[N];
    agl_klz_network net;
} game;

/** A ring with chords, three markets and one firm without rivals. */
static void make(game *g, double rho, double phi) {
    int32_t source[2 * N], target[2 * N];
    agl_rng rng = agl__rng(3, 0, 0);
    for (int32_t i = 0; i < N; i++) {
        source[i] = i, target[i] = (i + 1) % N;
        source[N + i] = i, target[N + i] = (i * 5 + 3) % N;
        g->market[i] = i == 4 ? -1 : i % 3;
        g->mu[i] = 1 + agl__rng_unit(&rng);
    }
    ck_assert_int_eq(agl_graph_from_edges(&g->links, NULL, N, 2 * N, source, target, NULL, false, NULL),
                     AGL_OK);
    g->net = (agl_klz_network){&g->links, g->market, 3, rho, phi};
}

static bool linked(const game *g, int i, int j) {
    for (size_t a = g->links.offset[i]; a < g->links.offset[i + 1]; a++)
        if (g->links.neighbour[a] == j) return true;
    return false;
}
static bool rivals(const game *g, int i, int j) {
    return i != j && g->market[i] >= 0 && g->market[i] == g->market[j];
}

/** Best replies until nobody moves: e = q + s, q = mu - rho sum b q + phi sum a e + e - q ... solved for q.
 */
static void best_replies(double *q, const game *g, const double *s, const bool *gone) {
    for (int i = 0; i < N; i++)
        q[i] = 0;
    for (int k = 0; k < 2000; k++)
        for (int i = 0; i < N; i++) {
            double x = g->mu[i] + s[i];
            for (int j = 0; j < N; j++) {
                if (gone[j]) continue;
                if (rivals(g, i, j)) x -= g->net.rho * q[j];
                if (linked(g, i, j)) x += g->net.phi * (q[j] + s[j]);
            }
            q[i] = gone[i] ? 0 : x;
        }
}

/** Consumer surplus plus profits less the bill, term by term. */
static double welfare(const game *g, const double *q, const double *s) {
    double w = 0;
    for (int i = 0; i < N; i++) {
        double surplus = q[i] * q[i] / 2, e = q[i] + s[i];
        for (int j = 0; j < N; j++)
            if (rivals(g, i, j)) surplus += g->net.rho / 2 * q[i] * q[j];
        w += surplus + q[i] * q[i] / 2 + s[i] * s[i] / 2 - s[i] * e;
    }
    return w;
}

static const bool nobody[N] = {false};

START_TEST(equilibrium_of_best_replies) {
    game g;
    double q[N], expected[N], s[N], w, mu[N];
    make(&g, 0.15, 0.1);
    for (int i = 0; i < N; i++)
        s[i] = 0.1 * i;
    best_replies(expected, &g, s, nobody);
    ck_assert_int_eq(agl_klz_equilibrium(q, &g.net, g.mu, s, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_klz_welfare(&w, &g.net, q, s, NULL), AGL_OK);
    for (int i = 0; i < N; i++)
        ck_assert_double_eq_tol(q[i], expected[i], 1e-11);
    ck_assert_double_eq_tol(w, welfare(&g, expected, s), 1e-10);
    ck_assert_int_eq(agl_klz_equilibrium(q, &g.net, g.mu, NULL, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_klz_marginal(mu, &g.net, q, NULL, NULL), AGL_OK);
    for (int i = 0; i < N; i++)
        ck_assert_double_eq_tol(mu[i], g.mu[i], 1e-11);
    agl_graph_free(&g.links);
}
END_TEST

START_TEST(subsidies_are_best) {
    game g;
    double s[N], all, q[N];
    make(&g, 0.2, 0.03);
    ck_assert_int_eq(agl_klz_subsidies(s, &all, &g.net, g.mu, NULL, NULL), AGL_OK);
    best_replies(q, &g, s, nobody);
    double best = welfare(&g, q, s), same[N], of_same[3];
    for (int i = 0; i < N; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double t[N];
            memcpy(t, s, sizeof t);
            t[i] += sign * 1e-3;
            best_replies(q, &g, t, nobody);
            ck_assert_double_lt(welfare(&g, q, t), best);
        }
    for (int k = -1; k <= 1; k++) {
        for (int i = 0; i < N; i++)
            same[i] = all + k * 1e-3;
        best_replies(q, &g, same, nobody);
        of_same[k + 1] = welfare(&g, q, same);
    }
    ck_assert_double_lt(of_same[0], of_same[1]);
    ck_assert_double_lt(of_same[2], of_same[1]);
    ck_assert_double_lt(of_same[1], best);
    agl_graph_free(&g.links);
}
END_TEST

START_TEST(key_firms_by_leaving_them_out) {
    game g;
    double q[N], none[N] = {0}, loss[N], estimate[N], some[N];
    make(&g, 0.15, 0.1);
    ck_assert_int_eq(agl_klz_equilibrium(q, &g.net, g.mu, NULL, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_klz_key_firms(loss, estimate, &g.net, q, N, 0, NULL, NULL), AGL_OK);
    double whole = welfare(&g, q, none);
    for (int k = 0; k < N; k++) {
        bool gone[N] = {false};
        double without[N];
        gone[k] = true;
        best_replies(without, &g, none, gone);
        ck_assert_double_eq_tol(loss[k], whole - welfare(&g, without, none), 1e-10);
        ck_assert_double_eq(loss[k], estimate[k]);
    }
    /* with many random signs the estimate is near the loss, and the three best of it are solved */
    ck_assert_int_eq(agl_klz_key_firms(some, estimate, &g.net, q, 3, 20000, NULL, NULL), AGL_OK);
    int solved = 0;
    for (int k = 0; k < N; k++) {
        ck_assert_double_eq_tol(estimate[k], loss[k], 0.03 * loss[k]);
        if (isnan(some[k])) continue;
        solved++;
        ck_assert_double_eq_tol(some[k], loss[k], 1e-12);
    }
    ck_assert_int_eq(solved, 3);
    agl_graph_free(&g.links);
}
END_TEST

START_TEST(threads_do_not_matter) {
    enum { M = 30000 };
    static int32_t source[4 * M], target[4 * M], market[M];
    static double mu[M], q[2][M], loss[2][M], estimate[2][M], s[2][M];
    agl_rng rng = agl__rng(8, 0, 0);
    for (int e = 0; e < 4 * M; e++)
        source[e] = (int32_t)agl__rng_below(&rng, M), target[e] = (int32_t)agl__rng_below(&rng, M);
    for (int i = 0; i < M; i++)
        market[i] = (int32_t)agl__rng_below(&rng, 300), mu[i] = agl__rng_unit(&rng) + 5;
    agl_graph links;
    ck_assert_int_eq(agl_graph_from_edges(&links, NULL, M, 4 * M, source, target, NULL, false, NULL), AGL_OK);
    agl_klz_network net = {&links, market, 300, 0.002, 0.02};
    for (int k = 0; k < 2; k++) {
        agl_ctx ctx = AGL_CTX_INIT;
        double all;
        ctx.threads = k == 0 ? 1 : 3;
        ck_assert_int_eq(agl_klz_equilibrium(q[k], &net, mu, NULL, &ctx, NULL), AGL_OK);
        ck_assert_int_eq(agl_klz_subsidies(s[k], &all, &net, mu, &ctx, NULL), AGL_OK);
        ck_assert_int_eq(agl_klz_key_firms(loss[k], estimate[k], &net, q[k], 4, 2, &ctx, NULL), AGL_OK);
    }
    ck_assert_mem_eq(q[0], q[1], sizeof q[0]);
    ck_assert_mem_eq(s[0], s[1], sizeof s[0]);
    ck_assert_mem_eq(loss[0], loss[1], sizeof loss[0]);
    ck_assert_mem_eq(estimate[0], estimate[1], sizeof estimate[0]);
    agl_graph_free(&links);
}
END_TEST

START_TEST(outside_the_range) {
    game g;
    agl_klz_bounds b;
    agl_error err = {0};
    double s[N], all, q[N];
    make(&g, 0.1, 0.3);
    ck_assert_int_eq(agl_klz_check(&b, &g.net, NULL, &err), AGL_ECONV);
    ck_assert_ptr_nonnull(strstr(err.message, "must be below"));
    ck_assert_double_eq_tol(b.phi_max * b.lambda, 0.9, 1e-12);
    g.net.phi = b.phi_max * 0.99;
    ck_assert_int_eq(agl_klz_check(&b, &g.net, NULL, &err), AGL_OK);
    ck_assert_int_eq(agl_klz_subsidies(s, &all, &g.net, g.mu, NULL, &err), AGL_ECONV);
    ck_assert_ptr_nonnull(strstr(err.message, "no best subsidy"));
    g.net.rho = 1;
    ck_assert_int_eq(agl_klz_check(&b, &g.net, NULL, &err), AGL_EUSAGE);
    g.net.rho = 0.1;
    g.market[2] = 3;
    ck_assert_int_eq(agl_klz_equilibrium(q, &g.net, g.mu, NULL, NULL, &err), AGL_EDATA);
    agl_graph_free(&g.links);
}
END_TEST

/* A complete network of N firms has the eigenvalue N - 1; without links there is no bound. */
START_TEST(eigenvalue) {
    int32_t source[N * N], target[N * N];
    size_t m = 0;
    for (int32_t i = 0; i < N; i++)
        for (int32_t j = 0; j < i; j++)
            source[m] = i, target[m++] = j;
    agl_graph links;
    agl_klz_bounds b;
    ck_assert_int_eq(agl_graph_from_edges(&links, NULL, N, m, source, target, NULL, false, NULL), AGL_OK);
    agl_klz_network net = {&links, NULL, 0, 0, 0.01};
    ck_assert_int_eq(agl_klz_check(&b, &net, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(b.lambda, N - 1, 1e-10);
    agl_graph_free(&links);
    ck_assert_int_eq(agl_graph_from_edges(&links, NULL, 3, 0, source, target, NULL, false, NULL), AGL_OK);
    ck_assert_int_eq(agl_klz_check(&b, &net, NULL, NULL), AGL_OK);
    ck_assert_double_infinite(b.phi_max);
    agl_graph_free(&links);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("keyfirms");
    TCase *tests = tcase_create("keyfirms");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, equilibrium_of_best_replies);
    tcase_add_test(tests, subsidies_are_best);
    tcase_add_test(tests, key_firms_by_leaving_them_out);
    tcase_add_test(tests, threads_do_not_matter);
    tcase_add_test(tests, outside_the_range);
    tcase_add_test(tests, eigenvalue);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

/* Backbones: every fast tail against a slow, obvious one; the fit against the degrees it must meet. */
#include "agglo/backbone.h"
#include "base/rng.h"
#include "kernel/network/bicm.h"
#include "kernel/network/hypergeometric.h"
#include "kernel/network/poisson_binomial.h"
#include "unit.h"

#include <math.h>
#include <string.h>

START_TEST(disparity) {
    /* a star of weights 7, 2, 1 and a tie between the two last leaves */
    int32_t source[] = {0, 0, 0, 2}, target[] = {1, 2, 3, 3};
    double weight[] = {7, 2, 1, 1}, p[8];
    agl_graph g;
    ck_assert_int_eq(agl_graph_from_edges(&g, NULL, 4, 4, source, target, weight, false, NULL), AGL_OK);
    ck_assert_int_eq(agl_disparity(p, &g, NULL), AGL_OK);
    ck_assert_double_eq_tol(p[0], 0.3 * 0.3, 1e-15); /* (1 - 7/10)^2 */
    ck_assert_double_eq_tol(p[1], 0.8 * 0.8, 1e-15);
    ck_assert_double_eq_tol(p[2], 0.9 * 0.9, 1e-15);
    ck_assert_double_eq(p[3], 1);                  /* the leaf with one tie */
    ck_assert_double_eq_tol(p[4], 1.0 / 3, 1e-15); /* node 2: weights 2, 1 */
    ck_assert_double_eq_tol(p[5], 2.0 / 3, 1e-15);
    agl_graph_free(&g);
}
END_TEST

/* P[X >= x] by adding products of fractions in long double. */
static double slow_hypergeometric(size_t x, size_t a, size_t b, size_t urn) {
    size_t most = a < b ? a : b;
    long double tail = 0;
    for (size_t t = x; t <= most; t++) {
        if (urn - a + t < b) continue;
        long double p = 0;
        for (size_t i = 1; i <= t; i++) /* log C(a, t) */
            p += logl((long double)(a - t + i)) - logl((long double)i);
        for (size_t i = 1; i <= b - t; i++)
            p += logl((long double)(urn - a - (b - t) + i)) - logl((long double)i);
        for (size_t i = 1; i <= b; i++)
            p -= logl((long double)(urn - b + i)) - logl((long double)i);
        tail += expl(p);
    }
    return (double)tail;
}

START_TEST(hypergeometric) {
    static const size_t cases[][4] = {
        {1, 1, 1, 2},     {2, 5, 7, 20},           {0, 5, 7, 20},         {5, 5, 7, 20},
        {3, 18, 17, 20},  {16, 18, 17, 20},        {40, 300, 400, 31451}, {4, 300, 400, 31451},
        {1, 2, 3, 31451}, {120, 1500, 2300, 31451}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const size_t *k = cases[c];
        long double *lf = agl__log_factorials(k[3]);
        double fast = agl__hypergeometric_upper(k[0], k[1], k[2], k[3], lf),
               slow = slow_hypergeometric(k[0], k[1], k[2], k[3]);
        ck_assert_msg(fabs(fast - slow) <= 1e-11 * slow, "case %zu: %.17g against %.17g", c, fast, slow);
        free(lf);
    }
}
END_TEST

/* P[X >= x] one event at a time. */
static double slow_tail(size_t x, const agl_events *e) {
    static long double p[4000];
    size_t n = 0;
    memset(p, 0, sizeof p);
    p[0] = 1;
    for (size_t d = 0; d < e->classes; d++)
        for (double k = 0; k < e->n[d]; k++, n++)
            for (size_t t = n + 2; t-- > 0;)
                p[t] = p[t] * (1 - (long double)e->q[d]) + (t > 0 ? p[t - 1] * (long double)e->q[d] : 0);
    long double tail = 0;
    for (size_t t = n + 1; t-- > x;)
        tail += p[t];
    return (double)tail;
}

static void check_tail(size_t x, const agl_events *e, agl_tail_scratch *scratch) {
    bool exact;
    double fast = agl__poisson_binomial_upper(x, e, scratch, &exact), slow = slow_tail(x, e);
    ck_assert(exact);
    ck_assert_msg(fabs(fast - slow) <= 1e-10 * slow, "x = %zu: %.17g against %.17g", x, fast, slow);
}

START_TEST(poisson_binomial) {
    agl_tail_scratch scratch = {0};
    double n[] = {1000, 500, 30, 4, 2}, q[] = {1e-4, 3e-3, 0.2, 0.7, 1}, none[] = {0, 0, 0, 0, 0};
    agl_events e = {n, q, 5};
    for (size_t x = 0; x <= 60; x += x < 12 ? 1 : 7)
        check_tail(x, &e, &scratch);
    double few[] = {3, 2}, sure[] = {0.25, 1};
    agl_events small = {few, sure, 2};
    for (size_t x = 0; x <= 6; x++)
        check_tail(x, &small, &scratch);
    ck_assert_double_eq_tol(agl__poisson_binomial_upper(5, &small, &scratch, NULL), 1.0 / 64, 1e-15);
    ck_assert_double_eq(agl__poisson_binomial_upper(6, &small, &scratch, NULL), 0);
    ck_assert_double_eq(agl__poisson_binomial_upper(1, &(agl_events){few, none, 2}, &scratch, NULL), 0);
    /* far beyond what a double between 0 and 1 minus a sum could show */
    double deep = agl__poisson_binomial_upper(200, &(agl_events){n, q, 3}, &scratch, NULL);
    ck_assert(deep > 0 && deep < 1e-100);
    free(scratch.sum);
    free(scratch.binomial);
}
END_TEST

START_TEST(saddle_point) {
    agl_tail_scratch scratch = {0};
    double n[] = {1500, 1500}, q[] = {0.05, 0.3};
    agl_events e = {n, q, 2};
    for (size_t x = 530; x <= 900; x += 37) {
        double exact = agl__poisson_binomial_upper(x, &e, &scratch, NULL),
               near = agl__poisson_binomial_saddle(x, &e);
        ck_assert_msg(fabs(near - exact) <= 1e-3 * exact, "x = %zu: %.12g against %.12g", x, near, exact);
    }
    free(scratch.sum);
    free(scratch.binomial);
}
END_TEST

static void make_incidence(agl_incidence *out, int32_t projects, int32_t actors, double share,
                           uint32_t stream) {
    static int32_t project[20000], actor[20000];
    agl_rng rng = agl__rng(3, stream, 0);
    size_t rows = 0;
    for (int32_t j = 0; j < projects; j++)
        for (int32_t a = 0; a < actors; a++)
            if (agl__rng_unit(&rng) < share * (a % 5 + 1) / 3 * (j % 4 + 1) / 3)
                project[rows] = j, actor[rows++] = a;
    ck_assert_int_eq(agl_incidence_new(out, NULL, projects, actors, rows, project, actor, 0, NULL), AGL_OK);
}

static void check_degrees(const agl_incidence *inc) {
    agl_bicm m;
    ck_assert_int_eq(agl__bicm_fit(&m, inc, NULL, NULL), AGL_OK);
    for (int32_t c = 0; c < m.actor.n; c++) {
        double sum = 0;
        for (int32_t e = 0; e < m.project.n; e++)
            sum += m.project.count[e] * agl__bicm_chance(&m, c, e);
        ck_assert_double_eq_tol(sum, m.actor.degree[c], 1e-7);
    }
    for (int32_t e = 0; e < m.project.n; e++) {
        double sum = 0;
        for (int32_t c = 0; c < m.actor.n; c++)
            sum += m.actor.count[c] * agl__bicm_chance(&m, c, e);
        ck_assert_double_eq_tol(sum, m.project.degree[e], 1e-7);
    }
    agl__bicm_free(&m);
}

START_TEST(configuration_model) {
    agl_incidence inc;
    make_incidence(&inc, 60, 40, 0.1, 1);
    check_degrees(&inc);
    agl_incidence_free(&inc);
    /* actor 0 in every project, project 3 holds everybody, actor 4 in no other */
    int32_t project[] = {0, 1, 2, 3, 3, 3, 3, 3, 0, 1, 2}, actor[] = {0, 0, 0, 0, 1, 2, 3, 4, 1, 2, 3};
    ck_assert_int_eq(agl_incidence_new(&inc, NULL, 4, 5, 11, project, actor, 0, NULL), AGL_OK);
    check_degrees(&inc);
    agl_incidence_free(&inc);
    /* everybody in everything */
    int32_t all_project[] = {0, 0, 1, 1}, all_actor[] = {0, 1, 0, 1};
    ck_assert_int_eq(agl_incidence_new(&inc, NULL, 2, 2, 4, all_project, all_actor, 0, NULL), AGL_OK);
    check_degrees(&inc);
    agl_incidence_free(&inc);
}
END_TEST

START_TEST(stochastic_model) {
    agl_incidence inc;
    agl_ties ties;
    make_incidence(&inc, 80, 50, 0.12, 2);
    ck_assert_int_eq(agl_project(&ties, &inc, AGL_WEIGHT_FULL, 0, NULL, NULL, NULL), AGL_OK);
    double *p = calloc(ties.n, sizeof *p), *expected = calloc(ties.n, sizeof *p),
           *again = calloc(ties.n, sizeof *p);
    agl_stochastic_report report;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 1;
    ck_assert_int_eq(agl_backbone_stochastic(p, expected, &report, &ties, &inc, &ctx, NULL), AGL_OK);
    ck_assert(report.degree_error <= 1e-8 && report.approximated == 0);
    agl_bicm m;
    ck_assert_int_eq(agl__bicm_fit(&m, &inc, NULL, NULL), AGL_OK);
    for (size_t t = 0; t < ties.n; t += 11) {
        double n[80], q[80], mean = 0;
        for (int32_t j = 0; j < 80; j++) {
            int32_t e = m.project.of[j];
            n[j] = 1;
            q[j] = e < 0 ? 0
                         : agl__bicm_chance(&m, m.actor.of[ties.source[t]], e) *
                               agl__bicm_chance(&m, m.actor.of[ties.target[t]], e);
            mean += q[j];
        }
        double slow = slow_tail((size_t)ties.projects[t], &(agl_events){n, q, 80});
        ck_assert_double_eq_tol(p[t], slow, 1e-10 * slow);
        ck_assert_double_eq_tol(expected[t], mean, 1e-10);
    }
    ctx.threads = 3;
    ck_assert_int_eq(agl_backbone_stochastic(again, NULL, NULL, &ties, &inc, &ctx, NULL), AGL_OK);
    ck_assert_mem_eq(p, again, ties.n * sizeof *p);
    ck_assert_int_eq(agl_backbone_hypergeometric(p, expected, &ties, &inc, &ctx, NULL), AGL_OK);
    for (size_t t = 0; t < ties.n; t++)
        ck_assert(p[t] > 0 && p[t] <= 1 && expected[t] > 0);
    agl__bicm_free(&m);
    agl_ties_free(&ties);
    agl_incidence_free(&inc);
    free(p);
    free(expected);
    free(again);
}
END_TEST

START_TEST(false_discovery) {
    double p[] = {0.04, 0.01, NAN, 0.03, 0.02, 0.5}, q[6];
    ck_assert_int_eq(agl_false_discovery(q, p, 6, 5, NULL), AGL_OK);
    for (int i = 0; i < 5; i++)
        ck_assert(i == 2 ? isnan(q[i]) : fabs(q[i] - 0.05) < 1e-15); /* 0.01 5/1 = 0.02 5/2 = ... = 0.05 */
    ck_assert_double_eq_tol(q[5], 0.5, 1e-15);
    ck_assert_int_eq(agl_false_discovery(q, p, 6, 100, NULL), AGL_OK);
    ck_assert_double_eq_tol(q[1], 1, 1e-15);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("backbone");
    TCase *t = tcase_create("backbone");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, disparity);
    tcase_add_test(t, hypergeometric);
    tcase_add_test(t, poisson_binomial);
    tcase_add_test(t, saddle_point);
    tcase_add_test(t, configuration_model);
    tcase_add_test(t, stochastic_model);
    tcase_add_test(t, false_discovery);
    suite_add_tcase(suite, t);
    return unit_main(suite);
}

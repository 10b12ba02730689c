/* The innovation network against dense algebra, its bootstrap against known distributions, and the promises
 * of the header. */
#include "agglo/innovation.h"
#include "kernel/network/citations.h"
#include "unit.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { N = 7, ROWS = 120 };

typedef struct world {
    int32_t citing[ROWS], cited[ROWS], year[ROWS], age[ROWS], unit[ROWS];
    double value[ROWS], omega[N][N];
    agl_citations c;
} world;

static void draw(world *w, bool units, bool external) {
    agl_rng rng = agl__rng(8, 0, 0);
    memset(w->omega, 0, sizeof w->omega);
    for (int e = 0; e < ROWS; e++) {
        w->unit[e] = (int32_t)agl__rng_below(&rng, 30);
        w->citing[e] = units ? w->unit[e] % N : (int32_t)agl__rng_below(&rng, N);
        w->cited[e] = (int32_t)agl__rng_below(&rng, N);
        w->value[e] = units ? 1 : 1 + agl__rng_below(&rng, 30);
        w->year[e] = 2000, w->age[e] = 1;
        if (!external || w->citing[e] != w->cited[e]) w->omega[w->citing[e]][w->cited[e]] += w->value[e];
    }
    for (int i = 0; i < N; i++) {
        double all = 0;
        for (int k = 0; k < N; k++)
            all += w->omega[i][k];
        for (int k = 0; k < N; k++)
            w->omega[i][k] /= all;
    }
    ck_assert_int_eq(agl_citations_new(&w->c, N, ROWS, w->citing, w->cited, w->value, w->year, w->age,
                                       units ? w->unit : NULL, NULL),
                     AGL_OK);
}

/** Left eigenvector of eigenvalue 1 by LAPACK, sum 1. */
static void perron(double *a, double omega[N][N]) {
    double copy[N * N], re[N], im[N], left[N * N], sum = 0;
    memcpy(copy, omega, sizeof copy);
    ck_assert_int_eq(LAPACKE_dgeev(LAPACK_ROW_MAJOR, 'V', 'N', N, copy, N, re, im, left, N, NULL, N), 0);
    int one = 0;
    for (int k = 1; k < N; k++)
        if (re[k] > re[one]) one = k;
    ck_assert_double_eq_tol(re[one], 1, 1e-12);
    for (int i = 0; i < N; i++)
        sum += left[i * N + one];
    for (int i = 0; i < N; i++)
        a[i] = left[i * N + one] / sum;
}

static void check_network(bool external) {
    world w;
    double a[N];
    draw(&w, false, external);
    perron(a, w.omega);
    agl_innovation net;
    agl_innovation_options o = {external, 0, 0.95};
    ck_assert_int_eq(agl_innovation_network(&net, &w.c, &o, NULL, NULL), AGL_OK);
    ck_assert(net.settled);
    for (int i = 0; i < N; i++) {
        double given = 0, received = 0;
        ck_assert_double_eq_tol(net.centrality[i], a[i], 1e-12);
        ck_assert_double_nan(net.centrality_lo[i]);
        for (size_t l = net.offset[i]; l < net.offset[i + 1]; l++)
            ck_assert_double_eq_tol(net.share[l], w.omega[i][net.cited[l]], 1e-15);
        for (int e = 0; e < ROWS; e++) {
            if (w.citing[e] == w.cited[e]) continue;
            given += w.citing[e] == i ? w.value[e] : 0;
            received += w.cited[e] == i ? w.value[e] : 0;
        }
        ck_assert_double_eq_tol(net.given[i], given, 1e-12);
        ck_assert_double_eq_tol(net.received[i], received, 1e-12);
        ck_assert_double_eq_tol(net.net[i], (received - given) / (received + given), 1e-14);
    }
    agl_innovation_free(&net);
    agl_citations_free(&w.c);
}

START_TEST(centrality_is_the_eigenvector) {
    check_network(false);
    check_network(true);
}
END_TEST

/* Of two independent Poisson counts x and y the share x / (x + y) has, given the sum, the spread of a
 * binomial. */
START_TEST(intervals_of_a_share) {
    int32_t citing[] = {0, 0, 1}, cited[] = {0, 1, 0};
    double value[] = {300, 100, 50};
    agl_citations c;
    agl_innovation net;
    agl_innovation_options o = {false, 2000, 0.95};
    ck_assert_int_eq(agl_citations_new(&c, 2, 3, citing, cited, value, NULL, NULL, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_innovation_network(&net, &c, &o, NULL, NULL), AGL_OK);
    double half = 1.96 * sqrt(0.75 * 0.25 / 400);
    ck_assert_double_eq_tol(net.lo[0], 0.75 - half, 0.006);
    ck_assert_double_eq_tol(net.hi[0], 0.75 + half, 0.006);
    ck_assert_double_eq(net.lo[2], 1); /* class 1 cites class 0 only */
    ck_assert_double_eq_tol(net.centrality[0], 0.8, 1e-12);
    ck_assert_double_lt(net.centrality_lo[0], 0.8);
    ck_assert_double_gt(net.centrality_hi[0], 0.8);
    ck_assert_double_eq(net.above[0], 1);
    agl_innovation_free(&net);
    agl_citations_free(&c);
}
END_TEST

/* Ten works with ten equal citations each say no more than ten citations do. */
START_TEST(works_are_drawn_whole) {
    int32_t citing[200] = {0}, cited[200], unit[200];
    double value[200];
    for (int e = 0; e < 200; e++)
        cited[e] = (e / 10) % 2, unit[e] = e / 10, value[e] = 1;
    double width[2];
    for (int whole = 0; whole < 2; whole++) {
        agl_citations c;
        agl_innovation net;
        agl_innovation_options o = {false, 1000, 0.95};
        ck_assert_int_eq(
            agl_citations_new(&c, 2, 200, citing, cited, value, NULL, NULL, whole ? unit : NULL, NULL),
            AGL_OK);
        ck_assert_int_eq(agl_innovation_network(&net, &c, &o, NULL, NULL), AGL_OK);
        width[whole] = net.hi[0] - net.lo[0];
        ck_assert_uint_eq(net.silent, 1);
        agl_innovation_free(&net);
        agl_citations_free(&c);
    }
    ck_assert_double_eq_tol(width[1] / width[0], sqrt(10), 0.4);
}
END_TEST

START_TEST(poisson_numbers) {
    const double means[] = {0.3, 4, 11.9, 12.1, 80, 5000};
    for (size_t k = 0; k < sizeof means / sizeof *means; k++) {
        agl_rng rng = agl__rng(5, 0, (uint32_t)k);
        double sum = 0, square = 0, zero = 0;
        int draws = 20000;
        for (int i = 0; i < draws; i++) {
            double x = agl__poisson(&rng, means[k]);
            ck_assert(x >= 0 && x == floor(x));
            sum += x, square += (x - means[k]) * (x - means[k]), zero += x == 0;
        }
        ck_assert_double_eq_tol(sum / draws, means[k], 4 * sqrt(means[k] / draws));
        ck_assert_double_eq_tol(square / draws / means[k], 1, 4 * sqrt((2 + 1 / means[k]) / draws));
        ck_assert_double_eq_tol(zero / draws, exp(-means[k]), 4 * sqrt(exp(-means[k]) / draws) + 1e-9);
    }
}
END_TEST

START_TEST(same_bits_for_any_threads) {
    world w;
    agl_innovation net[2];
    agl_innovation_options o = {false, 50, 0.9};
    draw(&w, true, false);
    for (int run = 0; run < 2; run++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = run ? 3 : 1;
        ck_assert_int_eq(agl_innovation_network(&net[run], &w.c, &o, &ctx, NULL), AGL_OK);
    }
    ck_assert_mem_eq(net[0].centrality_lo, net[1].centrality_lo, N * sizeof(double));
    ck_assert_mem_eq(net[0].net_hi, net[1].net_hi, N * sizeof(double));
    ck_assert_mem_eq(net[0].hi, net[1].hi, net[0].offset[N] * sizeof(double));
    agl_innovation_free(&net[0]);
    agl_innovation_free(&net[1]);
    agl_citations_free(&w.c);
}
END_TEST

START_TEST(bad_input) {
    int32_t citing[] = {0}, cited[] = {2};
    double value[] = {1};
    agl_error err = {0};
    agl_citations c;
    agl_innovation net;
    ck_assert_int_eq(agl_citations_new(&c, 2, 1, citing, cited, value, NULL, NULL, NULL, &err), AGL_EDATA);
    cited[0] = 0, value[0] = -1;
    ck_assert_int_eq(agl_citations_new(&c, 2, 1, citing, cited, value, NULL, NULL, NULL, &err), AGL_EDATA);
    value[0] = 3;
    ck_assert_int_eq(agl_citations_new(&c, 2, 1, citing, cited, value, NULL, NULL, NULL, &err), AGL_OK);
    agl_innovation_options o = {true, 10, 0.95};
    ck_assert_int_eq(agl_innovation_network(&net, &c, &o, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "between two classes"));
    o.level = 1;
    ck_assert_int_eq(agl_innovation_network(&net, &c, &o, NULL, &err), AGL_EUSAGE);
    agl_citations_free(&c);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("innovation");
    TCase *tests = tcase_create("innovation");
    tcase_add_test(tests, centrality_is_the_eigenvector);
    tcase_add_test(tests, intervals_of_a_share);
    tcase_add_test(tests, works_are_drawn_whole);
    tcase_add_test(tests, poisson_numbers);
    tcase_add_test(tests, same_bits_for_any_threads);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

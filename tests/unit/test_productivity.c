#include "agglo/productivity.h"
#include "base/rng.h"
#include "kernel/allocate/lsq.h"
#include "unit.h"

#include <math.h>
#include <string.h>

/* Firms as the theory has them: omega is a Markov process, capital is fixed a year ahead, labour and
 * materials follow omega. wage: shocks to labour alone, which identify its coefficient; hidden: how much
 * labour knows of omega (0 = nothing). */
enum { FIRMS = 1500, YEARS = 8, ROWS = FIRMS * YEARS };
static int32_t firm[ROWS], year[ROWS];
static double output[ROWS], inputs[ROWS * 2], proxy[ROWS];
#define B_L 0.6
#define B_K 0.3

static agl_firm_panel simulate(uint64_t seed, double hidden) {
    size_t n = 0;
    for (int f = 0; f < FIRMS; f++) {
        agl_rng rng = agl__rng(seed, 0, (uint32_t)f);
        double omega = 0.5 * agl__rng_normal(&rng), k = 2 + agl__rng_normal(&rng),
               wage = 0.5 * agl__rng_normal(&rng);
        for (int t = 0; t < YEARS; t++) {
            double before = omega;
            omega = 0.7 * omega + 0.3 * agl__rng_normal(&rng);
            wage = 0.6 * wage + 0.4 * agl__rng_normal(&rng);
            double l = 1 + 0.5 * k + hidden * omega - wage;
            firm[n] = f, year[n] = 2000 + t;
            inputs[2 * n] = l, inputs[2 * n + 1] = k;
            proxy[n] = 0.4 * k + 0.8 * omega;
            output[n++] = 1 + B_L * l + B_K * k + omega + 0.1 * agl__rng_normal(&rng);
            k = 0.8 * k + 0.4 + 0.3 * before + 0.3 * agl__rng_normal(&rng);
        }
    }
    return (agl_firm_panel){ROWS, FIRMS, firm, year, output, 1, 1, inputs, proxy};
}

static agl_tfp estimate(const agl_firm_panel *p, agl_tfp_method method) {
    agl_tfp t;
    agl_tfp_options o = AGL_TFP_OPTIONS_INIT;
    o.method = method;
    agl_error err = {0};
    ck_assert_msg(agl_productivity(&t, NULL, p, &o, NULL, &err) == AGL_OK, "%s", err.message);
    return t;
}

START_TEST(proxies_find_the_truth_that_ols_misses) {
    agl_firm_panel p = simulate(1, 0.8);
    agl_tfp ols = estimate(&p, AGL_TFP_OLS), lp = estimate(&p, AGL_TFP_LP), op = estimate(&p, AGL_TFP_OP),
            acf = estimate(&p, AGL_TFP_ACF);
    ck_assert_double_gt(fabs(ols.coefficient[0] - B_L), 0.1);
    ck_assert_double_eq_tol(lp.coefficient[0], B_L, 0.02);
    ck_assert_double_eq_tol(lp.coefficient[1], B_K, 0.05);
    ck_assert_mem_eq(lp.coefficient, op.coefficient,
                     sizeof lp.coefficient); /* the same algebra on the same proxy */
    double nearest = 1;                      /* the truth is among the solutions of ACF */
    for (size_t k = 0; k < acf.n_minima; k++)
        if (acf.minima[k].criterion < 1e-12)
            nearest =
                fmin(nearest, hypot(acf.minima[k].coefficient[0] - B_L, acf.minima[k].coefficient[1] - B_K));
    ck_assert_double_lt(nearest, 0.05);
    ck_assert_uint_eq(acf.n_pairs, FIRMS * (YEARS - 1));
}
END_TEST

START_TEST(acf_solves_its_conditions) {
    agl_firm_panel p = simulate(2, 0.5);
    agl_tfp t = estimate(&p, AGL_TFP_ACF);
    size_t starts = 0;
    ck_assert_double_lt(t.minima[t.chosen].criterion, 1e-20);
    for (size_t k = 0; k < t.n_minima; k++) {
        starts += t.minima[k].starts;
        if (k > 0) ck_assert_double_ge(t.minima[k].criterion, t.minima[k - 1].criterion);
    }
    ck_assert_uint_le(starts, 10); /* 9 of the grid and OLS */
    ck_assert_uint_ge(starts, 5);
}
END_TEST

START_TEST(fixed_effects_remove_what_does_not_change) {
    agl_firm_panel p = simulate(3, 0);
    for (int i = 0; i < ROWS; i++)
        output[i] = 2 * inputs[2 * i] - inputs[2 * i + 1] + 10 * sin(firm[i]);
    agl_tfp t = estimate(&p, AGL_TFP_FE);
    ck_assert_double_eq_tol(t.coefficient[0], 2, 1e-10);
    ck_assert_double_eq_tol(t.coefficient[1], -1, 1e-10);
}
END_TEST

START_TEST(gaps_have_no_lag) {
    agl_firm_panel p = simulate(4, 0.5);
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) { /* drop 2003 everywhere: two of seven pairs of each firm go */
        if (year[i] == 2003) continue;
        firm[n] = firm[i], year[n] = year[i], output[n] = output[i], proxy[n] = proxy[i];
        inputs[2 * n] = inputs[2 * i], inputs[2 * n + 1] = inputs[2 * i + 1];
        n++;
    }
    p.n = n;
    agl_tfp t = estimate(&p, AGL_TFP_LP);
    ck_assert_uint_eq(t.n_pairs, FIRMS * (YEARS - 3));
    for (size_t i = 0; i < n; i++)
        year[i] *= 2; /* nothing but gaps */
    agl_error err = {0};
    agl_tfp_options o = AGL_TFP_OPTIONS_INIT;
    ck_assert_int_eq(agl_productivity(&t, NULL, &p, &o, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "consecutive"));
    o.method = AGL_TFP_WRDG;
    ck_assert_int_eq(agl_productivity(&t, NULL, &p, &o, NULL, &err), AGL_EDATA);
}
END_TEST

START_TEST(bootstrap_errors) {
    agl_firm_panel p = simulate(5, 0.5);
    agl_tfp t[2];
    agl_tfp_options o = {AGL_TFP_OLS, 200, 0.95, false};
    for (int k = 0; k < 2; k++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = k ? 3 : 1;
        memset(t + k, 0, sizeof *t);
        ck_assert_int_eq(agl_productivity(t + k, NULL, &p, &o, &ctx, NULL), AGL_OK);
    }
    ck_assert_mem_eq(t[0].se, t[1].se, sizeof t[0].se); /* the same bits for any thread count */
    ck_assert_uint_eq(t[0].n_replicates, 200);
    double other[20], mean = 0,
                      square = 0; /* the spread over samples drawn afresh is what the bootstrap estimates */
    for (int s = 0; s < 20; s++) {
        agl_firm_panel q = simulate(100 + (uint64_t)s, 0.5);
        other[s] = estimate(&q, AGL_TFP_OLS).coefficient[0];
        mean += other[s] / 20;
    }
    for (int s = 0; s < 20; s++)
        square += (other[s] - mean) * (other[s] - mean);
    ck_assert_double_gt(t[0].se[0] / sqrt(square / 19), 0.6);
    ck_assert_double_lt(t[0].se[0] / sqrt(square / 19), 1.7);
    ck_assert(t[0].lo[0] < t[0].coefficient[0] && t[0].coefficient[0] < t[0].hi[0]);
}
END_TEST

START_TEST(productivity_is_the_residual) {
    agl_firm_panel p = simulate(6, 0.5);
    static double tfp[ROWS];
    agl_tfp t;
    ck_assert_int_eq(agl_productivity(&t, tfp, &p, NULL, NULL, NULL), AGL_OK);
    for (int i = 0; i < ROWS; i += 97)
        ck_assert_double_eq_tol(
            tfp[i], output[i] - t.coefficient[0] * inputs[2 * i] - t.coefficient[1] * inputs[2 * i + 1],
            1e-13);
}
END_TEST

START_TEST(bad_input) {
    agl_firm_panel p = simulate(7, 0.5);
    agl_tfp t;
    agl_error err = {0};
    agl_tfp_options o = AGL_TFP_OPTIONS_INIT;
    inputs[10] = NAN;
    ck_assert_int_eq(agl_productivity(&t, NULL, &p, &o, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "row 5"));
    p = simulate(7, 0.5);
    year[3] = year[2];
    ck_assert_int_eq(agl_productivity(&t, NULL, &p, &o, NULL, &err), AGL_EDATA);
    p = simulate(7, 0.5);
    for (int i = 0; i < ROWS; i++)
        inputs[2 * i] = 3 * inputs[2 * i + 1];
    for (int m = AGL_TFP_OLS; m <= AGL_TFP_ACF; m++) {
        o.method = (agl_tfp_method)m;
        ck_assert_int_eq(agl_productivity(&t, NULL, &p, &o, NULL, &err), AGL_EDATA);
    }
    p.proxy = NULL;
    ck_assert_int_eq(agl_productivity(&t, NULL, &p, &o, NULL, &err), AGL_EUSAGE);
}
END_TEST

START_TEST(blocked_least_squares) {
    enum { LSQ_ROWS = 1000, X = 5 };
    agl_lsq s;
    double b[X];
    ck_assert_int_eq(agl__lsq_new(&s, X + 1, NULL), AGL_OK);
    for (int i = 0; i < LSQ_ROWS; i++) {
        double *row = agl__lsq_row(&s), t = i / 100.;
        row[X] = 0;
        for (int j = 0; j < X; j++) {
            row[j] = pow(t, j);
            row[X] += (j + 1) * row[j];
        }
        agl__lsq_push(&s);
    }
    ck_assert(agl__lsq_solve(b, &s, X));
    for (int j = 0; j < X; j++)
        ck_assert_double_eq_tol(b[j], j + 1, 1e-9);
    agl__lsq_free(&s);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("productivity");
    TCase *tests = tcase_create("productivity");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, proxies_find_the_truth_that_ols_misses);
    tcase_add_test(tests, acf_solves_its_conditions);
    tcase_add_test(tests, fixed_effects_remove_what_does_not_change);
    tcase_add_test(tests, gaps_have_no_lag);
    tcase_add_test(tests, bootstrap_errors);
    tcase_add_test(tests, productivity_is_the_residual);
    tcase_add_test(tests, bad_input);
    tcase_add_test(tests, blocked_least_squares);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

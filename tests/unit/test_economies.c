/* Regression against closed forms and dummies; quantile comparison against simulated data with known answers.
 */
#include "agglo/quantile_compare.h"
#include "agglo/regress.h"
#include "base/mem.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { N = 240, G1 = 8, G2 = 5, CLUSTERS = 20 };

typedef struct data {
    double y[N], a[N], b[N], z[N], w[N], dummy[G1 + G2][N];
    int32_t g1[N], g2[N], cluster[N];
} data;

/** y = 2 a - b + effects + e, a depends on z and on e. */
static data make(void) {
    data d;
    memset(&d, 0, sizeof d);
    for (int i = 0; i < N; i++) {
        agl_rng r = agl__rng(5, 0, (uint32_t)i);
        double e = agl__rng_normal(&r);
        d.g1[i] = (int32_t)agl__rng_below(&r, G1);
        d.g2[i] = (int32_t)agl__rng_below(&r, G2);
        d.cluster[i] = i % CLUSTERS;
        d.z[i] = agl__rng_normal(&r);
        d.a[i] = d.z[i] + 0.8 * e + 0.3 * agl__rng_normal(&r) + 0.2 * d.g1[i];
        d.b[i] = agl__rng_normal(&r) + 0.1 * d.g2[i];
        d.w[i] = 0.5 + agl__rng_unit(&r);
        d.y[i] = 2 * d.a[i] - d.b[i] + d.g1[i] + 0.5 * d.g2[i] + e;
        d.dummy[d.g1[i]][i] = 1;
        d.dummy[G1 + d.g2[i]][i] = 1;
    }
    return d;
}

static const char *const names[] = {"a",  "b",  "d1", "d2",  "d3",  "d4",  "d5",  "d6",
                                    "d7", "d8", "d9", "d10", "d11", "d12", "d13", "d14"};

typedef struct result {
    agl_regression r;
    double b[16], se[16], t[16], p[16], f[16];
} result;

static agl_status run(result *out, const agl_regression_data *d, agl_se se, agl_error *err) {
    out->r = (agl_regression){.b = out->b, .se = out->se, .t = out->t, .p = out->p, .first_stage_f = out->f};
    return agl_regress(&out->r, d, se, NULL, err);
}

START_TEST(test_line) { /* closed form of one regressor with a constant */
    data d = make();
    const double *x[] = {d.a};
    agl_regression_data in = {.n = N, .y = d.y, .k = 1, .x = x, .name = names};
    result r;
    ck_assert_int_eq(run(&r, &in, AGL_SE_CLASSICAL, NULL), AGL_OK);
    double ma = 0, my = 0, saa = 0, say = 0, syy = 0;
    for (int i = 0; i < N; i++)
        ma += d.a[i] / N, my += d.y[i] / N;
    for (int i = 0; i < N; i++) {
        saa += (d.a[i] - ma) * (d.a[i] - ma);
        say += (d.a[i] - ma) * (d.y[i] - my);
        syy += (d.y[i] - my) * (d.y[i] - my);
    }
    double b = say / saa, rss = syy - b * say;
    ck_assert_double_eq_tol(r.b[0], b, 1e-12);
    ck_assert_double_eq_tol(r.r.intercept, my - b * ma, 1e-12);
    ck_assert_double_eq_tol(r.se[0], sqrt(rss / (N - 2) / saa), 1e-12);
    ck_assert_double_eq_tol(r.r.r2, 1 - rss / syy, 1e-12);
    double hc = 0; /* HC1 by its definition */
    for (int i = 0; i < N; i++) {
        double u = d.y[i] - my - b * (d.a[i] - ma);
        hc += (d.a[i] - ma) * (d.a[i] - ma) * u * u;
    }
    ck_assert_int_eq(run(&r, &in, AGL_SE_ROBUST, NULL), AGL_OK);
    ck_assert_double_eq_tol(r.se[0], sqrt((double)N / (N - 2) * hc) / saa, 1e-12);
}
END_TEST

/** The same regression with fixed effects swept out and with dummies in their place. */
static void dummies(agl_se se, bool weights) {
    data d = make();
    const double *x[16] = {d.a, d.b};
    size_t k = 2;
    for (int g = 0; g < G1 + G2; g++)
        if (g != 0 && g != G1) x[k++] = d.dummy[g];
    agl_regression_data swept = {.n = N,
                                 .y = d.y,
                                 .k = 2,
                                 .x = x,
                                 .name = names,
                                 .weight = weights ? d.w : NULL,
                                 .effects = 2,
                                 .effect = {d.g1, d.g2},
                                 .groups = {G1, G2},
                                 .cluster = d.cluster,
                                 .clusters = CLUSTERS};
    agl_regression_data full = swept;
    full.k = k;
    full.effects = 0;
    result a, b;
    ck_assert_int_eq(run(&a, &swept, se, NULL), AGL_OK);
    ck_assert_int_eq(run(&b, &full, se, NULL), AGL_OK);
    for (int c = 0; c < 2; c++) {
        ck_assert_double_eq_tol(a.b[c], b.b[c], 1e-10);
        ck_assert_double_eq_tol(a.se[c], b.se[c], 1e-10);
        ck_assert_double_eq_tol(a.p[c], b.p[c], 1e-10);
    }
    ck_assert_double_eq_tol(a.r.r2, b.r.r2, 1e-11);
    ck_assert_uint_eq(a.r.parameters, b.r.parameters);
    ck_assert_double_eq(a.r.df, b.r.df);
}

START_TEST(test_dummies) {
    dummies(AGL_SE_CLASSICAL, false);
    dummies(AGL_SE_ROBUST, true);
    dummies(AGL_SE_CLUSTER, false);
    dummies(AGL_SE_CLUSTER, true);
}
END_TEST

START_TEST(
    test_instruments) { /* one instrument: b = cov(z, y) / cov(z, a), and its classical standard error */
    data d = make();
    const double *x[] = {d.a}, *z[] = {d.z};
    const bool endogenous[] = {true};
    agl_regression_data in = {
        .n = N, .y = d.y, .k = 1, .x = x, .endogenous = endogenous, .m = 1, .z = z, .name = names};
    result r, first;
    ck_assert_int_eq(run(&r, &in, AGL_SE_CLASSICAL, NULL), AGL_OK);
    double ma = 0, my = 0, mz = 0, zy = 0, za = 0, zz = 0, uu = 0;
    for (int i = 0; i < N; i++)
        ma += d.a[i] / N, my += d.y[i] / N, mz += d.z[i] / N;
    for (int i = 0; i < N; i++) {
        zy += (d.z[i] - mz) * d.y[i];
        za += (d.z[i] - mz) * d.a[i];
        zz += (d.z[i] - mz) * (d.z[i] - mz);
    }
    double b = zy / za;
    for (int i = 0; i < N; i++) {
        double u = d.y[i] - my - b * (d.a[i] - ma);
        uu += u * u;
    }
    ck_assert_double_eq_tol(r.b[0], b, 1e-11);
    ck_assert_double_eq_tol(r.se[0], sqrt(uu / (N - 2) * zz / (za * za)), 1e-11);
    ck_assert(isnan(r.r.r2));
    const double *only[] = {d.z}; /* the first-stage F of one instrument is the square of its t */
    agl_regression_data stage = {.n = N, .y = d.a, .k = 1, .x = only, .name = names};
    ck_assert_int_eq(run(&first, &stage, AGL_SE_CLASSICAL, NULL), AGL_OK);
    ck_assert_double_eq_tol(r.f[0], first.t[0] * first.t[0], 1e-8);
    /* with fixed effects the instrument recovers 2, least squares does not */
    agl_regression_data both = {.n = N,
                                .y = d.y,
                                .k = 2,
                                .x = (const double *const[]){d.a, d.b},
                                .endogenous = (const bool[]){true, false},
                                .m = 1,
                                .z = z,
                                .name = names,
                                .effects = 2,
                                .effect = {d.g1, d.g2},
                                .groups = {G1, G2}};
    ck_assert_int_eq(run(&r, &both, AGL_SE_ROBUST, NULL), AGL_OK);
    ck_assert_double_lt(fabs(r.b[0] - 2), 3 * r.se[0]);
    both.m = 0, both.endogenous = NULL;
    ck_assert_int_eq(run(&r, &both, AGL_SE_ROBUST, NULL), AGL_OK);
    ck_assert_double_gt(r.b[0], 2 + 4 * r.se[0]);
}
END_TEST

START_TEST(test_weights_are_repetitions) {
    data d = make();
    double y[2 * N], a[2 * N], w[N];
    size_t n = 0;
    for (int i = 0; i < N; i++) {
        w[i] = 1 + i % 2;
        for (int t = 0; t < (int)w[i]; t++)
            y[n] = d.y[i], a[n++] = d.a[i];
    }
    const double *x[] = {d.a}, *twice[] = {a};
    agl_regression_data weighted = {.n = N, .y = d.y, .k = 1, .x = x, .weight = w, .name = names};
    agl_regression_data repeated = {.n = n, .y = y, .k = 1, .x = twice, .name = names};
    result p, q;
    ck_assert_int_eq(run(&p, &weighted, AGL_SE_CLASSICAL, NULL), AGL_OK);
    ck_assert_int_eq(run(&q, &repeated, AGL_SE_CLASSICAL, NULL), AGL_OK);
    ck_assert_double_eq_tol(p.b[0], q.b[0], 1e-12);
    ck_assert_double_eq_tol(p.r.intercept, q.r.intercept, 1e-12);
    ck_assert_double_eq_tol(p.r.r2, q.r.r2, 1e-12);
}
END_TEST

START_TEST(test_singletons) { /* rows alone in a group leave no trace, also those that become alone */
    data d = make();
    result with, without;
    const double *x[] = {d.a};
    agl_regression_data in = {.n = N - 2,
                              .y = d.y,
                              .k = 1,
                              .x = x,
                              .name = names,
                              .effects = 1,
                              .effect = {d.g1},
                              .groups = {G1 + 2}};
    ck_assert_int_eq(run(&without, &in, AGL_SE_ROBUST, NULL), AGL_OK);
    d.g1[N - 2] = G1;
    d.g1[N - 1] = G1 + 1;
    in.n = N;
    ck_assert_int_eq(run(&with, &in, AGL_SE_ROBUST, NULL), AGL_OK);
    ck_assert_uint_eq(with.r.singletons, 2);
    ck_assert_uint_eq(with.r.used, N - 2);
    ck_assert_double_eq_tol(with.b[0], without.b[0], 1e-13);
    ck_assert_double_eq_tol(with.se[0], without.se[0], 1e-13);
}
END_TEST

START_TEST(test_nested_effects_count_none) { /* effects within clusters do not enter K */
    data d = make();
    int32_t pair[N];
    for (int i = 0; i < N; i++)
        pair[i] = 2 * d.cluster[i] + (i / CLUSTERS) % 2;
    const double *x[] = {d.a};
    agl_regression_data in = {.n = N,
                              .y = d.y,
                              .k = 1,
                              .x = x,
                              .name = names,
                              .effects = 1,
                              .effect = {pair},
                              .groups = {2 * CLUSTERS},
                              .cluster = d.cluster,
                              .clusters = CLUSTERS};
    result r;
    ck_assert_int_eq(run(&r, &in, AGL_SE_CLUSTER, NULL), AGL_OK);
    ck_assert_uint_eq(r.r.parameters, 2);
    ck_assert_double_eq(r.r.df, CLUSTERS - 1);
    ck_assert_int_eq(run(&r, &in, AGL_SE_ROBUST, NULL), AGL_OK);
    ck_assert_uint_eq(r.r.parameters, 1 + 2 * CLUSTERS);
}
END_TEST

START_TEST(test_bad_regressions) {
    data d = make();
    double sum[N], same[N];
    for (int i = 0; i < N; i++) {
        sum[i] = d.a[i] - 2 * d.b[i] + 1;
        same[i] = d.g1[i] * 3.0;
    }
    const double *x[] = {d.a, d.b, sum}, *flat[] = {d.a, same};
    static const char *const named[] = {"alpha", "beta", "gamma"};
    agl_regression_data in = {.n = N, .y = d.y, .k = 3, .x = x, .name = named};
    agl_error err;
    result r;
    ck_assert_int_eq(run(&r, &in, AGL_SE_ROBUST, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "'gamma' is a linear combination"));
    agl_regression_data within = {
        .n = N, .y = d.y, .k = 2, .x = flat, .name = named, .effects = 1, .effect = {d.g1}, .groups = {G1}};
    ck_assert_int_eq(run(&r, &within, AGL_SE_ROBUST, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "'beta' does not vary within"));
    in.k = 2;
    int32_t two[N];
    for (int i = 0; i < N; i++)
        two[i] = i % 2;
    in.cluster = two, in.clusters = 2;
    ck_assert_int_eq(run(&r, &in, AGL_SE_CLUSTER, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "2 clusters for 2 coefficients"));
    in.n = 3;
    ck_assert_int_eq(run(&r, &in, AGL_SE_ROBUST, &err), AGL_EDATA);
    in.n = N, in.endogenous = (const bool[]){true, false};
    ck_assert_int_eq(run(&r, &in, AGL_SE_ROBUST, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "0 instruments for 1"));
}
END_TEST

/* ---- quantiles ---- */

/** Normal values, of which those below the quantile `cut` are drawn again, then stretched and shifted. */
static void simulate(double *v, size_t n, double shift, double dilation, double limit, uint32_t unit) {
    for (size_t i = 0; i < n; i++) {
        agl_rng r = agl__rng(21, (uint32_t)i, unit);
        double x;
        do
            x = agl__rng_normal(&r);
        while (x < limit);
        v[i] = dilation * x + shift;
    }
}

static void recover(double shift, double dilation, double limit, double cut, bool swap) {
    enum { M = 8000 };
    double *large = AGL_NEW(double, M), *small = AGL_NEW(double, M);
    agl_quantile_fit f;
    simulate(large, M, shift, dilation, limit, 1);
    simulate(small, M, 0, 1, -INFINITY, 2);
    ck_assert_int_eq(
        agl_quantile_compare(&f, swap ? small : large, M, swap ? large : small, M, NULL, NULL, NULL), AGL_OK);
    /* the other way round: q_s = (q_l - A) / D, and the cut changes its sign: S' = -S / (1 - S) */
    double a = swap ? -shift / dilation : shift, d = swap ? 1 / dilation : dilation,
           s = swap ? -cut / (1 - cut) : cut;
    ck_assert_double_eq_tol(f.shift, a, 0.05);
    ck_assert_double_eq_tol(f.dilation, d, 0.04);
    ck_assert_double_eq_tol(f.truncation, s, 0.03);
    ck_assert_double_gt(f.r2, 0.97);
    free(large);
    free(small);
}

START_TEST(test_known_answers) {
    recover(0.1, 1.2, -INFINITY, 0, false);
    recover(0.3, 1.0, -1.2815515655446004, 0.1, false); /* the lowest tenth is missing in the large cities */
    recover(0.3, 1.1, -1.2815515655446004, 0.1, true);
}
END_TEST

START_TEST(
    test_exact_shift_and_threads) { /* a shifted and stretched copy is found exactly; intervals cover it */
    enum { M = 400 };
    double large[M], small[M];
    simulate(small, M, 0, 1, -INFINITY, 3);
    for (int i = 0; i < M; i++)
        large[i] = 1.3 * small[M - 1 - i] + 0.25;
    agl_quantile_fit f[2];
    const agl_quantile_options o = {.bootstrap = 24, .level = 0.9}, shift = {.shift_only = true};
    for (int t = 0; t < 2; t++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = t ? 3 : 1;
        ck_assert_int_eq(agl_quantile_compare(&f[t], large, M, small, M, &o, &ctx, NULL), AGL_OK);
    }
    ck_assert_double_eq_tol(f[0].shift, 0.25, 1e-5);
    ck_assert_double_eq_tol(f[0].dilation, 1.3, 1e-5);
    ck_assert_double_eq_tol(f[0].truncation, 0, 1e-5);
    ck_assert_double_lt(f[0].lo[1], 1.3);
    ck_assert_double_gt(f[0].hi[1], 1.3);
    ck_assert_mem_eq(&f[0], &f[1], sizeof f[0]);
    ck_assert_int_eq(agl_quantile_compare(&f[0], large, M, small, M, &shift, NULL, NULL), AGL_OK);
    ck_assert_double_eq(f[0].dilation, 1);
    ck_assert_double_eq(f[0].truncation, 0);
    ck_assert(isnan(f[0].lo[0]));
}
END_TEST

START_TEST(test_bad_samples) {
    double v[30], same[30];
    agl_error err;
    agl_quantile_fit f;
    for (int i = 0; i < 30; i++)
        v[i] = i, same[i] = 1;
    ck_assert_int_eq(agl_quantile_compare(&f, v, 10, v, 30, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "large group has 10 values"));
    ck_assert_int_eq(agl_quantile_compare(&f, v, 30, same, 30, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "small group are the same"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("economies");
    TCase *c = tcase_create("economies");
    tcase_set_timeout(c, 180);
    tcase_add_test(c, test_line);
    tcase_add_test(c, test_dummies);
    tcase_add_test(c, test_instruments);
    tcase_add_test(c, test_weights_are_repetitions);
    tcase_add_test(c, test_singletons);
    tcase_add_test(c, test_nested_effects_count_none);
    tcase_add_test(c, test_bad_regressions);
    tcase_add_test(c, test_known_answers);
    tcase_add_test(c, test_exact_shift_and_threads);
    tcase_add_test(c, test_bad_samples);
    suite_add_tcase(suite, c);
    return unit_main(suite);
}

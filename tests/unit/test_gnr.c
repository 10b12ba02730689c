/* Gross output after Gandhi, Navarro and Rivers on firms that buy materials as the theory says: elasticities
 * that are known. */
#include "agglo/productivity.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { FIRMS = 400, YEARS = 8, ROWS = FIRMS * YEARS };
static int32_t firm[ROWS], year[ROWS];
static double output[ROWS], inputs[ROWS * 3], share[ROWS];

/* f = a m + b k m - c m^2 / 2 + 0.2 l + 0.2 k, so that the elasticities are a + b k - c m, 0.2 and 0.2 + b m.
 * With b = c = 0 it is a Cobb-Douglas function. */
typedef struct truth {
    double a, b, c, capital, materials; /* the last two: means over firm-years */
} truth;

/** Materials at which their expected share is their elasticity: ln f_m + f + omega + ln E = m, by bisection.
 */
static double materials(const truth *t, double l, double k, double omega, double ln_e) {
    double low = -20, high = 20;
    for (int i = 0; i < 80; i++) {
        double m = (low + high) / 2, slope = t->a + t->b * k - t->c * m;
        double f = t->a * m + t->b * k * m - t->c * m * m / 2 + 0.2 * l + 0.2 * k;
        if (slope > 0 && log(slope) + f + omega + ln_e > m)
            low = m;
        else
            high = m;
    }
    return (low + high) / 2;
}

static agl_firm_panel simulate(truth *t, uint64_t seed) {
    const double noise = 0.2, ln_e = noise * noise / 2;
    size_t n = 0;
    t->capital = t->materials = 0;
    for (int f = 0; f < FIRMS; f++) {
        agl_rng rng = agl__rng(seed, 0, (uint32_t)f);
        double omega = 0.2 * agl__rng_normal(&rng), k = 2 + agl__rng_normal(&rng),
               l = 1 + agl__rng_normal(&rng);
        for (int y = 0; y < YEARS; y++) {
            double before = omega, eps = noise * agl__rng_normal(&rng);
            omega = 0.7 * omega + 0.15 * agl__rng_normal(&rng);
            double m = materials(t, l, k, omega, ln_e), slope = t->a + t->b * k - t->c * m;
            firm[n] = f, year[n] = 2000 + y;
            inputs[3 * n] = l, inputs[3 * n + 1] = m, inputs[3 * n + 2] = k;
            output[n] = t->a * m + t->b * k * m - t->c * m * m / 2 + 0.2 * l + 0.2 * k + omega + eps;
            share[n] = m - output[n];
            t->materials += slope / ROWS;
            t->capital += (0.2 + t->b * m) / ROWS;
            n++;
            k = 0.8 * k + 0.4 + 0.5 * before + 0.3 * agl__rng_normal(&rng);
            l = 0.7 * l + 0.3 + 0.8 * before + 0.4 * agl__rng_normal(&rng);
        }
    }
    return (agl_firm_panel){ROWS, FIRMS, firm, year, output, 2, 1, inputs, share};
}

static agl_tfp estimate(const agl_firm_panel *p, double *tfp, agl_tfp_method method, size_t replications,
                        int threads) {
    agl_tfp t;
    memset(&t, 0, sizeof t);
    agl_tfp_options o = {method, replications, 0.95, false};
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = threads;
    agl_error err = {0};
    ck_assert_msg(agl_productivity(&t, tfp, p, &o, &ctx, &err) == AGL_OK, "%s", err.message);
    return t;
}

START_TEST(cobb_douglas) {
    truth t = {.a = 0.5};
    static double tfp[ROWS];
    agl_firm_panel p = simulate(&t, 1);
    agl_tfp gnr = estimate(&p, tfp, AGL_TFP_GNR, 0, 1), ols = estimate(&p, NULL, AGL_TFP_OLS, 0, 1);
    ck_assert_double_eq_tol(gnr.coefficient[1], 0.5, 0.01);
    ck_assert_double_eq_tol(gnr.coefficient[0], 0.2, 0.03);
    ck_assert_double_eq_tol(gnr.coefficient[2], 0.2, 0.04);
    ck_assert_double_gt(ols.coefficient[1], 0.7); /* materials follow omega */
    ck_assert_double_lt(gnr.minima[gnr.chosen].criterion, 1e-16);
    double off =
        0; /* ln tfp is what the mean elasticities leave, up to a constant, when they are the same for all */
    for (int i = 0; i < ROWS; i++) {
        double rest = output[i] - 0.2 * inputs[3 * i] - 0.5 * inputs[3 * i + 1] - 0.2 * inputs[3 * i + 2];
        double first = output[0] - 0.2 * inputs[0] - 0.5 * inputs[1] - 0.2 * inputs[2];
        off = fmax(off, fabs((tfp[i] - tfp[0]) - (rest - first)));
    }
    ck_assert_double_lt(off, 0.6);
}
END_TEST

START_TEST(elasticities_that_differ_by_firm) {
    truth t = {.a = 0.5, .b = 0.03, .c = 0.04};
    agl_firm_panel p = simulate(&t, 2);
    agl_tfp gnr = estimate(&p, NULL, AGL_TFP_GNR, 0, 1);
    ck_assert_double_eq_tol(gnr.coefficient[1], t.materials, 0.01);
    ck_assert_double_eq_tol(gnr.coefficient[2], t.capital, 0.04);
    ck_assert_double_eq_tol(gnr.coefficient[0], 0.2, 0.03);
}
END_TEST

START_TEST(units_do_not_matter) {
    truth t = {.a = 0.5};
    agl_firm_panel p = simulate(&t, 3);
    agl_tfp one = estimate(&p, NULL, AGL_TFP_GNR, 0, 1);
    for (int i = 0; i < ROWS; i++) /* kilograms for tonnes: logarithms shift, shares do not */
        inputs[3 * i] += 3, inputs[3 * i + 1] -= 2, inputs[3 * i + 2] += 7, output[i] += 1;
    agl_tfp other = estimate(&p, NULL, AGL_TFP_GNR, 0, 1);
    for (int j = 0; j < 3; j++)
        ck_assert_double_eq_tol(one.coefficient[j], other.coefficient[j], 1e-7);
}
END_TEST

START_TEST(bootstrap_does_not_depend_on_threads) {
    truth t = {.a = 0.5};
    agl_firm_panel p = simulate(&t, 4);
    agl_tfp one = estimate(&p, NULL, AGL_TFP_GNR, 12, 1), three = estimate(&p, NULL, AGL_TFP_GNR, 12, 3);
    ck_assert_mem_eq(one.se, three.se, sizeof one.se);
    ck_assert_uint_eq(one.n_replicates, 12);
    ck_assert(one.lo[1] < one.coefficient[1] && one.coefficient[1] < one.hi[1]);
}
END_TEST

START_TEST(bad_input) {
    truth t = {.a = 0.5};
    agl_firm_panel p = simulate(&t, 5);
    agl_tfp r;
    agl_error err = {0};
    agl_tfp_options o = {AGL_TFP_GNR, 0, 0.95, false};
    for (int i = 0; i < ROWS; i++)
        year[i] *= 2; /* nothing but gaps */
    ck_assert_int_eq(agl_productivity(&r, NULL, &p, &o, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "consecutive"));
    p = simulate(&t, 5);
    for (int i = 0; i < ROWS; i++)
        inputs[3 * i] = 1;
    ck_assert_int_eq(agl_productivity(&r, NULL, &p, &o, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "does not vary"));
    p.n_free = 0, p.n_state = 1;
    ck_assert_int_eq(agl_productivity(&r, NULL, &p, &o, NULL, &err), AGL_EUSAGE);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("gnr");
    TCase *tests = tcase_create("gnr");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, cobb_douglas);
    tcase_add_test(tests, elasticities_that_differ_by_firm);
    tcase_add_test(tests, units_do_not_matter);
    tcase_add_test(tests, bootstrap_does_not_depend_on_threads);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

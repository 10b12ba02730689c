/* Ellison-Glaeser index: the printed example, a slow version, and the null hypothesis by simulation. */
#include "agglo/agglomeration.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

/* Farhauer and Kroell 2014: ten plants in Vienna (0), Linz (1) and Graz (2); regional employment 500, 400 and
 * 100 thousand. */
static const int32_t example_region[] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 2}, example_industry[10];
static const double example_size[] = {200, 650, 12000, 100, 50, 16000, 13000, 1500, 1500, 25000};
static const double example_total[] = {500000, 400000, 100000};
static const agl_plants example = {10, example_industry, example_region, example_size, 1, 3};

START_TEST(printed_example) {
    agl_agglomeration found;
    ck_assert_int_eq(agl_agglomerate(&found, &example, example_total, NULL, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(found.gamma, 0.0599062841165, 1e-12);
    ck_assert_double_eq_tol(found.g, 0.168163265306, 1e-12);
    ck_assert_double_eq_tol(found.hhi_plants, 0.24468877551, 1e-12);
    ck_assert_double_eq_tol(found.z, 0.195900197026, 1e-12);
    ck_assert_double_eq(found.plants, 10);
    ck_assert_double_eq(found.size, 70000);
}
END_TEST

enum { PLANTS = 400, INDUSTRIES = 6, REGIONS = 8 };

typedef struct data {
    int32_t industry[PLANTS], region[PLANTS];
    double size[PLANTS];
    agl_plants plants;
} data;

static void fill(data *d) {
    agl_rng rng = agl__rng(3, 0, 0);
    for (int k = 0; k < PLANTS; k++) {
        d->industry[k] = (int32_t)agl__rng_below(&rng, INDUSTRIES);
        d->region[k] = (int32_t)(REGIONS * agl__rng_unit(&rng) * agl__rng_unit(&rng));
        d->size[k] = 1 + floor(exp(5 * agl__rng_unit(&rng)));
    }
    d->plants = (agl_plants){PLANTS, d->industry, d->region, d->size, INDUSTRIES, REGIONS};
}

/** gamma and gamma_ms of one industry, dense and plain. Weight 1 a plant when `count`; x without the industry
 * when `without`. */
static void slow(double *gamma, double *ms, const data *d, int industry, bool count, bool without) {
    double s[REGIONS] = {0}, x[REGIONS] = {0}, own = 0, all = 0, h = 0, g = 0, s2 = 0, x2 = 0;
    for (int k = 0; k < PLANTS; k++) {
        double w = isnan(d->size[k]) || d->size[k] == 0 ? 0 : count ? 1 : d->size[k];
        if (d->industry[k] == industry) own += w, s[d->region[k]] += w;
        if (d->industry[k] != industry || !without) all += w, x[d->region[k]] += w;
    }
    for (int k = 0; k < PLANTS; k++) {
        double w = isnan(d->size[k]) || d->size[k] == 0 ? 0 : count ? 1 : d->size[k];
        if (d->industry[k] == industry) h += w / own * w / own;
    }
    for (int r = 0; r < REGIONS; r++) {
        double share = s[r] / own, of_all = x[r] / all;
        g += (share - of_all) * (share - of_all);
        s2 += share * share, x2 += of_all * of_all;
    }
    *gamma = (g - (1 - x2) * h) / ((1 - x2) * (1 - h));
    *ms = ((s2 - x2) / (1 - x2) - h) / (1 - h);
}

START_TEST(as_the_formula) {
    data d;
    fill(&d);
    d.size[7] = NAN;
    d.size[9] = 0;
    for (int turn = 0; turn < 4; turn++) {
        agl_agglomeration_options o = {.count = turn % 2, .exclude_own = turn / 2};
        agl_agglomeration found[INDUSTRIES];
        ck_assert_int_eq(agl_agglomerate(found, &d.plants, NULL, &o, NULL, NULL), AGL_OK);
        for (int i = 0; i < INDUSTRIES; i++) {
            double gamma, ms;
            slow(&gamma, &ms, &d, i, o.count, o.exclude_own);
            ck_assert_double_eq_tol(found[i].gamma, gamma, 1e-13);
            ck_assert_double_eq_tol(found[i].gamma_ms, ms, 1e-13);
            ck_assert_double_eq_tol(found[i].p_value, 0.5 * erfc(found[i].z / sqrt(2)), 1e-14);
        }
    }
}
END_TEST

/* Plants that pick regions with the chances x: gamma has mean 0, z mean 0 and variance 1. */
START_TEST(random_plants_have_gamma_zero) {
    enum { DRAWS = 4000 };
    static int32_t industry[10], region[10];
    const double x[] = {0.5, 0.4, 0.1};
    double gamma = 0, ms = 0, z = 0, z2 = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
        agl_rng rng = agl__rng(17, (uint32_t)draw, 0);
        for (int k = 0; k < 10; k++) {
            double u = agl__rng_unit(&rng);
            region[k] = u < x[0] ? 0 : u < x[0] + x[1] ? 1 : 2;
        }
        agl_plants plants = {10, industry, region, example_size, 1, 3};
        agl_agglomeration found;
        ck_assert_int_eq(agl_agglomerate(&found, &plants, x, NULL, NULL, NULL), AGL_OK);
        gamma += found.gamma / DRAWS, ms += found.gamma_ms / DRAWS, z += found.z / DRAWS,
            z2 += found.z * found.z / DRAWS;
    }
    /* standard errors: 0.003 for gamma (sd 0.2), 0.016 for z; the variance of z is skewed, about 0.04 */
    ck_assert_double_lt(fabs(gamma), 0.015);
    ck_assert_double_lt(fabs(ms), 0.02);
    ck_assert_double_lt(fabs(z), 0.08);
    ck_assert_double_lt(fabs(z2 - 1), 0.15);
}
END_TEST

START_TEST(simulated_p_value) {
    agl_agglomeration_options o = {.simulations = 2000};
    agl_agglomeration one, three;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 1;
    ck_assert_int_eq(agl_agglomerate(&one, &example, example_total, &o, &ctx, NULL), AGL_OK);
    ctx.threads = 3;
    ck_assert_int_eq(agl_agglomerate(&three, &example, example_total, &o, &ctx, NULL), AGL_OK);
    ck_assert_mem_eq(&one, &three, sizeof one);
    ck_assert(one.p_value > 0.2 && one.p_value < 0.6);

    /* all plants in the smallest region: no random allocation comes near */
    const int32_t region[10] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    agl_plants plants = {10, example_industry, region, example_size, 1, 3};
    ck_assert_int_eq(agl_agglomerate(&one, &plants, example_total, &o, &ctx, NULL), AGL_OK);
    ck_assert_double_eq_tol(one.p_value, 1.0 / 2001, 1.1 / 2001);
    ck_assert_double_gt(one.gamma, 0.5);
}
END_TEST

START_TEST(undefined_cases) {
    const int32_t industry[] = {0, 1, 1, 2, 2, 3}, region[] = {0, 0, 1, 0, 1, 1};
    const double size[] = {10, 5, 5, 1e6, 1, 0};
    agl_plants plants = {6, industry, region, size, 5, 2};
    agl_agglomeration found[5];
    ck_assert_int_eq(agl_agglomerate(found, &plants, NULL, NULL, NULL, NULL), AGL_OK);
    ck_assert_double_eq(found[0].plants, 1); /* one plant */
    ck_assert_double_eq(found[0].hhi_plants, 1);
    ck_assert_double_nan(found[0].gamma);
    ck_assert_double_nan(found[0].p_value);
    ck_assert(!isnan(found[1].gamma));
    ck_assert_double_nan(found[2].gamma_ms); /* one plant holds nearly everything */
    ck_assert_double_eq(found[3].plants, 0); /* only a plant of size 0 */
    ck_assert_double_nan(found[3].g);
    ck_assert_double_eq(found[4].plants, 0); /* no plant */
}
END_TEST

START_TEST(bad_input) {
    data d;
    fill(&d);
    agl_agglomeration found[INDUSTRIES];
    agl_error err = {0};
    agl_agglomeration_options own = {.exclude_own = true};
    double totals[REGIONS] = {1, 1, 1, 1, 1, 1, 1, 1};
    ck_assert_int_eq(agl_agglomerate(found, &d.plants, totals, &own, NULL, NULL), AGL_EUSAGE);
    totals[2] = -1;
    ck_assert_int_eq(agl_agglomerate(found, &d.plants, totals, NULL, NULL, NULL), AGL_EDATA);
    d.size[5] = -1;
    ck_assert_int_eq(agl_agglomerate(found, &d.plants, NULL, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "establishment 5"));
    d.size[5] = 1;
    d.region[5] = -1;
    ck_assert_int_eq(agl_agglomerate(found, &d.plants, NULL, NULL, NULL, NULL), AGL_EDATA);
    d.region[5] = 0;
    for (int k = 0; k < PLANTS; k++)
        d.region[k] = 4;
    ck_assert_int_eq(agl_agglomerate(found, &d.plants, NULL, NULL, NULL, NULL), AGL_EDATA);
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    fill(&d);
    ck_assert_int_eq(agl_agglomerate(found, &d.plants, NULL, NULL, &ctx, NULL), AGL_ECANCEL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("agglomeration");
    TCase *tests = tcase_create("agglomeration");
    tcase_add_test(tests, printed_example);
    tcase_add_test(tests, as_the_formula);
    tcase_add_test(tests, random_plants_have_gamma_zero);
    tcase_add_test(tests, simulated_p_value);
    tcase_add_test(tests, undefined_cases);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

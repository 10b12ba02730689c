/* Coagglomeration: the pair form, the group form of 1997 with plants, the variance under chance, the
 * simulation. */
#include "agglo/agglomeration.h"
#include "agglo/coagglomeration.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { REGIONS = 37, INDUSTRIES = 23, CELLS = REGIONS * INDUSTRIES };

typedef struct table {
    int32_t region[CELLS], industry[CELLS];
    double value[CELLS];
    agl_cells cells;
} table;

static void fill(table *t, uint64_t seed) {
    agl_rng rng = agl__rng(seed, 0, 0);
    for (size_t k = 0; k < CELLS; k++) {
        t->region[k] = (int32_t)(k / INDUSTRIES), t->industry[k] = (int32_t)(k % INDUSTRIES);
        t->value[k] =
            agl__rng_unit(&rng) < 0.4 && k % INDUSTRIES != 6 ? floor(exp(5 * agl__rng_unit(&rng))) : 0;
    }
    t->cells = (agl_cells){CELLS, t->region, t->industry, NULL, t->value, REGIONS, INDUSTRIES, 1};
}

/** Shares s[r][i], and x of the total or the mean. */
static void shares(double *s, double *x, const table *t, bool mean) {
    double of[INDUSTRIES] = {0}, all = 0, industries = 0;
    memset(x, 0, REGIONS * sizeof *x);
    for (size_t k = 0; k < CELLS; k++)
        of[k % INDUSTRIES] += t->value[k], all += t->value[k];
    for (size_t i = 0; i < INDUSTRIES; i++)
        industries += of[i] > 0;
    for (size_t k = 0; k < CELLS; k++) {
        s[k] = of[k % INDUSTRIES] > 0 ? t->value[k] / of[k % INDUSTRIES] : 0;
        x[k / INDUSTRIES] += mean ? s[k] / industries : t->value[k] / all;
    }
}

START_TEST(pairs_as_the_formula) {
    static table t;
    static double s[CELLS], x[REGIONS];
    for (int mean = 0; mean < 2; mean++) {
        agl_coagglomeration c;
        agl_coagglomeration_options o = {.shares = mean ? AGL_SHARES_MEAN : AGL_SHARES_TOTAL};
        fill(&t, 1);
        shares(s, x, &t, mean);
        ck_assert_int_eq(agl_coagglomerate(&c, &t.cells, 0, NULL, &o, NULL, NULL), AGL_OK);
        double x2 = 0;
        for (size_t r = 0; r < REGIONS; r++)
            x2 += x[r] * x[r];
        for (size_t i = 0; i < INDUSTRIES; i++)
            for (size_t j = 0; j < INDUSTRIES; j++) {
                double sum = 0, got = c.gamma[i * INDUSTRIES + j];
                for (size_t r = 0; r < REGIONS; r++)
                    sum += (s[r * INDUSTRIES + i] - x[r]) * (s[r * INDUSTRIES + j] - x[r]);
                if (i == 6 || j == 6)
                    ck_assert_double_nan(got); /* holds nothing */
                else
                    ck_assert_double_eq_tol(got, sum / (1 - x2), 1e-14);
            }
        agl_coagglomeration_free(&c);
    }
}
END_TEST

/* The identity of methods: pairs, weighted, are the 1997 index of the pooled group, which needs plants. */
START_TEST(group_form_with_plants) {
    enum { PLANTS = 400, N = 6 };
    int32_t region[PLANTS], industry[PLANTS], cr[REGIONS * N], ci[REGIONS * N],
        group[N] = {0, 1, 0, 0, -1, 1}, pooled[PLANTS];
    double size[PLANTS], cell[REGIONS * N] = {0}, total[REGIONS] = {0}, gamma[2], members[2];
    agl_rng rng = agl__rng(2, 0, 0);
    for (size_t k = 0; k < PLANTS; k++) {
        industry[k] = (int32_t)agl__rng_below(&rng, N);
        region[k] = (int32_t)agl__rng_below(&rng, REGIONS);
        size[k] = floor(1 + exp(4 * agl__rng_unit(&rng)));
        pooled[k] = group[industry[k]] == 0 ? 0 : 1;
        cell[(size_t)region[k] * N + (size_t)industry[k]] += size[k];
        total[region[k]] += size[k];
    }
    for (size_t k = 0; k < REGIONS * N; k++)
        cr[k] = (int32_t)(k / N), ci[k] = (int32_t)(k % N);
    agl_cells cells = {REGIONS * N, cr, ci, NULL, cell, REGIONS, N, 1};
    agl_coagglomeration c;
    ck_assert_int_eq(agl_coagglomerate(&c, &cells, 0, NULL, NULL, NULL, NULL), AGL_OK);
    agl_coagglomeration_groups(gamma, members, &c, group, 2);
    ck_assert_double_eq(members[0], 3);
    ck_assert_double_eq(members[1], 2);

    agl_plants by_industry = {PLANTS, industry, region, size, N, REGIONS},
               by_group = {PLANTS, pooled, region, size, 2, REGIONS};
    agl_agglomeration single[N], pool[2];
    ck_assert_int_eq(agl_agglomerate(single, &by_industry, total, NULL, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_agglomerate(pool, &by_group, total, NULL, NULL, NULL), AGL_OK);
    double all = 0, x2 = 0, h = 0, own = 0, w2 = 0, of_group = 0;
    for (size_t r = 0; r < REGIONS; r++)
        all += total[r];
    for (size_t r = 0; r < REGIONS; r++)
        x2 += total[r] / all * (total[r] / all);
    for (size_t i = 0; i < N; i++)
        of_group += group[i] == 0 ? single[i].size : 0;
    for (size_t i = 0; i < N; i++) {
        double w = single[i].size / of_group;
        if (group[i] != 0) continue;
        h += w * w * single[i].hhi_plants;
        own += single[i].gamma * w * w * (1 - single[i].hhi_plants);
        w2 += w * w;
    }
    ck_assert_double_eq_tol(gamma[0], (pool[0].g / (1 - x2) - h - own) / (1 - w2), 1e-13);
    agl_coagglomeration_free(&c);
}
END_TEST

/* Plants thrown at random many times: mean 0 and variance as the header says. */
START_TEST(variance_under_chance) {
    enum { DRAWS = 4000, R = 5 };
    static const double x[R] = {0.4, 0.25, 0.2, 0.1, 0.05},
                        sizes[2][6] = {{5, 3, 2, 2, 1, 1}, {9, 1, 1, 1, 1, 1}};
    double totals[R] = {8, 5, 4, 2, 1}, mean = 0, square = 0, z_square = 0;
    int32_t region[2 * R], industry[2 * R], plant_of[12];
    double size[12], count[12];
    for (size_t k = 0; k < 12; k++)
        plant_of[k] = (int32_t)(k / 6), size[k] = sizes[k / 6][k % 6], count[k] = 1;
    agl_plant_sizes plants = {12, plant_of, size, count};
    for (int k = 0; k < 2 * R; k++)
        region[k] = k % R, industry[k] = k / R;
    for (uint32_t d = 0; d < DRAWS; d++) {
        double value[2 * R] = {0};
        agl_rng rng = agl__rng(3, d, 0);
        for (size_t k = 0; k < 12; k++) {
            double u = agl__rng_unit(&rng);
            size_t r = 0;
            while (r + 1 < R && u >= x[r])
                u -= x[r++];
            value[k / 6 * R + r] += size[k];
        }
        agl_cells cells = {2 * R, region, industry, NULL, value, R, 2, 1};
        agl_coagglomeration c;
        agl_coagglomeration_options o = {.region_total = totals};
        ck_assert_int_eq(agl_coagglomerate(&c, &cells, 0, &plants, &o, NULL, NULL), AGL_OK);
        mean += c.gamma[1] / DRAWS, square += c.gamma[1] * c.gamma[1] / DRAWS,
            z_square += c.z[1] * c.z[1] / DRAWS;
        agl_coagglomeration_free(&c);
    }
    ck_assert_double_eq_tol(mean / sqrt(square), 0, 4 / sqrt(DRAWS));
    ck_assert_double_eq_tol(z_square, 1, 0.12);
}
END_TEST

/** Cells and plants of industries of which 0 and 1 share their regions. */
static void with_plants(table *t, int32_t *industry, double *size, double *count, agl_plant_sizes *plants) {
    size_t n = 0;
    fill(t, 4);
    for (size_t k = 0; k < CELLS; k++) {
        if (k % INDUSTRIES == 1) t->value[k] = t->value[k - 1] * 2;
        if (!(t->value[k] > 0)) continue;
        industry[n] = t->industry[k], count[n] = 1 + floor(t->value[k] / 20),
        size[n] = t->value[k] / count[n];
        n++;
    }
    *plants = (agl_plant_sizes){n, industry, size, count};
}

START_TEST(simulation_agrees_with_the_normal_and_with_itself) {
    static table t;
    static int32_t industry[CELLS];
    static double size[CELLS], count[CELLS];
    agl_plant_sizes plants;
    agl_coagglomeration normal, one, three;
    agl_coagglomeration_options o = {.simulations = 400};
    agl_ctx ctx = AGL_CTX_INIT;
    with_plants(&t, industry, size, count, &plants);
    ck_assert_int_eq(agl_coagglomerate(&normal, &t.cells, 0, &plants, NULL, NULL, NULL), AGL_OK);
    ctx.threads = 1;
    ck_assert_int_eq(agl_coagglomerate(&one, &t.cells, 0, &plants, &o, &ctx, NULL), AGL_OK);
    ctx.threads = 3;
    ck_assert_int_eq(agl_coagglomerate(&three, &t.cells, 0, &plants, &o, &ctx, NULL), AGL_OK);
    ck_assert_mem_eq(one.gamma, three.gamma, INDUSTRIES * INDUSTRIES * sizeof(double));
    double far = 0;
    for (size_t a = 0; a < INDUSTRIES; a++)
        for (size_t b = a + 1; b < INDUSTRIES; b++) {
            size_t k = a * INDUSTRIES + b;
            if (a == 6 || b == 6) {
                ck_assert_double_nan(one.p_value[k]);
                continue;
            }
            ck_assert_double_eq(one.p_value[k], three.p_value[k]);
            far = fmax(far, fabs(one.p_value[k] - normal.p_value[k]));
        }
    ck_assert_double_lt(far, 0.2);
    ck_assert_double_eq(one.p_value[1], 1.0 / 401); /* the pair that shares its regions */
    agl_coagglomeration_free(&normal);
    agl_coagglomeration_free(&one);
    agl_coagglomeration_free(&three);
}
END_TEST

START_TEST(links) {
    enum { PAIRS = INDUSTRIES * (INDUSTRIES - 1) / 2 };
    static table t;
    agl_coagglomeration c;
    agl_link_test same, other, again;
    int32_t a[PAIRS], b[PAIRS];
    double like[PAIRS], noise[PAIRS];
    size_t n = 0;
    agl_ctx ctx = AGL_CTX_INIT;
    agl_rng rng = agl__rng(7, 0, 0);
    fill(&t, 5);
    ck_assert_int_eq(agl_coagglomerate(&c, &t.cells, 0, NULL, NULL, NULL, NULL), AGL_OK);
    for (int32_t i = 0; i < INDUSTRIES; i++)
        for (int32_t k = i + 1; k < INDUSTRIES; k++, n++)
            a[n] = i, b[n] = k, like[n] = 3 - 2 * c.gamma[i * INDUSTRIES + k],
            noise[n] = agl__rng_normal(&rng);
    ck_assert_int_eq(agl_coagglomeration_link(&same, &c, a, b, like, PAIRS, 199, NULL, NULL), AGL_OK);
    ck_assert_uint_eq(same.pairs, PAIRS - (INDUSTRIES - 1)); /* the industry that holds nothing has none */
    ck_assert_double_eq_tol(same.correlation, -1, 1e-12);
    ck_assert_double_eq(same.p_value, 1); /* no relabelling is as far below */
    ck_assert_int_eq(agl_coagglomeration_link(&other, &c, a, b, noise, PAIRS, 199, NULL, NULL), AGL_OK);
    ctx.threads = 3;
    ck_assert_int_eq(agl_coagglomeration_link(&again, &c, a, b, noise, PAIRS, 199, &ctx, NULL), AGL_OK);
    ck_assert_double_lt(fabs(other.correlation), 0.3);
    ck_assert_double_gt(other.p_value, 0.005);
    ck_assert_double_eq(other.p_value, again.p_value);
    agl_coagglomeration_free(&c);
}
END_TEST

START_TEST(bad_input) {
    static table t;
    agl_coagglomeration c;
    agl_error err = {0};
    fill(&t, 6);
    double totals[REGIONS] = {0};
    agl_coagglomeration_options o = {.region_total = totals};
    ck_assert_int_eq(agl_coagglomerate(&c, &t.cells, 0, NULL, &o, NULL, &err), AGL_EDATA);
    ck_assert_ptr_null(c.gamma);
    int32_t industry[] = {1};
    double size[] = {0}, count[] = {1};
    agl_plant_sizes plants = {1, industry, size, count};
    ck_assert_int_eq(agl_coagglomerate(&c, &t.cells, 0, &plants, NULL, NULL, &err), AGL_EDATA);
    t.value[8] = -1;
    ck_assert_int_eq(agl_coagglomerate(&c, &t.cells, 0, NULL, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "cell 8"));
    t.value[8] = 0;
    for (size_t k = 0; k < CELLS; k++)
        if (t.region[k] > 0) t.value[k] = 0;
    ck_assert_int_eq(agl_coagglomerate(&c, &t.cells, 0, NULL, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "fewer than two"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("coagglomeration");
    TCase *tests = tcase_create("coagglomeration");
    tcase_add_test(tests, pairs_as_the_formula);
    tcase_add_test(tests, group_form_with_plants);
    tcase_add_test(tests, variance_under_chance);
    tcase_add_test(tests, simulation_agrees_with_the_normal_and_with_itself);
    tcase_add_test(tests, links);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

/* Concentration indices against slow, dense versions of the same formulas. */
#include "agglo/concentration.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { REGIONS = 9, INDUSTRIES = 6, SLICES = 2, CELLS = REGIONS * INDUSTRIES * SLICES };

typedef struct table {
    int32_t region[CELLS], industry[CELLS], slice[CELLS];
    double value[CELLS], dense[SLICES][REGIONS][INDUSTRIES];
    agl_cells cells;
} table;

/** Random counts; a third of the cells are empty, and half of those are not listed. */
static void fill(table *t) {
    agl_rng rng = agl__rng(21, 0, 0);
    size_t n = 0;
    for (int32_t s = 0; s < SLICES; s++)
        for (int32_t r = 0; r < REGIONS; r++)
            for (int32_t i = 0; i < INDUSTRIES; i++) {
                double u = agl__rng_unit(&rng), x = u < 0.33 ? 0 : 1 + (double)agl__rng_below(&rng, 90);
                t->dense[s][r][i] = x;
                if (u < 0.16) continue;
                t->region[n] = r, t->industry[n] = i, t->slice[n] = s, t->value[n++] = x;
            }
    t->cells = (agl_cells){n, t->region, t->industry, t->slice, t->value, REGIONS, INDUSTRIES, SLICES};
}

/* ---- the slow versions
 * --------------------------------------------------------------------------------------------- */

/** Line values y and totals of the whole X of the n units of a line. */
static size_t dense_line(double *y, double *x, const table *t, agl_lines lines, int s, int line) {
    int n = lines == AGL_LINES_INDUSTRIES ? REGIONS : INDUSTRIES,
        others = lines == AGL_LINES_INDUSTRIES ? INDUSTRIES : REGIONS;
    for (int k = 0; k < n; k++) {
        y[k] = lines == AGL_LINES_INDUSTRIES ? t->dense[s][k][line] : t->dense[s][line][k];
        x[k] = 0;
        for (int o = 0; o < others; o++)
            x[k] += lines == AGL_LINES_INDUSTRIES ? t->dense[s][k][o] : t->dense[s][o][k];
    }
    return (size_t)n;
}

static void to_shares(double *y, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += y[k];
    for (size_t k = 0; k < n; k++)
        y[k] /= sum;
}

/** Mean absolute difference over twice the mean, weights w: the definition of the Gini coefficient. */
static double gini_by_pairs(const double *ratio, const double *w, size_t n) {
    double differences = 0, mean = 0, weights = 0;
    for (size_t a = 0; a < n; a++) {
        mean += w[a] * ratio[a];
        weights += w[a];
        for (size_t b = 0; b < n; b++)
            differences += w[a] * w[b] * fabs(ratio[a] - ratio[b]);
    }
    return differences / (2 * mean * weights);
}

static void check_line(const agl_indices *found, const double *s, const double *x, size_t n,
                       agl_gini_form form, bool absolute) {
    double hhi = 0, krugman = 0, t = 0, l = 0, entropy = 0, lq = 0, ratio[32], one[32],
           even = 1.0 / (double)n;
    for (size_t k = 0; k < n; k++) {
        double base = absolute ? even : x[k];
        hhi += s[k] * s[k];
        krugman += fabs(s[k] - x[k]);
        l += base * log(base / s[k]);
        if (s[k] > 0) t += s[k] * log(s[k] / base), entropy -= s[k] * log2(s[k]), lq += s[k] * s[k] / x[k];
        ratio[k] = s[k] / x[k];
        one[k] = 1;
    }
    ck_assert_double_eq_tol(found->hhi, hhi, 1e-14);
    ck_assert_double_eq_tol(found->hhi_norm, (hhi - even) / (1 - even), 1e-14);
    ck_assert_double_eq_tol(found->krugman, krugman, 1e-13);
    ck_assert_double_eq_tol(found->hoover, krugman / 2, 1e-13);
    ck_assert_double_eq_tol(found->theil_t, t, 1e-13);
    if (isinf(l))
        ck_assert_double_nan(found->theil_l);
    else
        ck_assert_double_eq_tol(found->theil_l, l, 1e-13);
    ck_assert_double_eq_tol(found->entropy, entropy, 1e-13);
    ck_assert_double_eq_tol(found->hachman, 1 / lq, 1e-13);
    ck_assert_double_eq_tol(found->gini, gini_by_pairs(s, one, n), 1e-13);
    double lorenz = gini_by_pairs(ratio, x, n);
    double expected = form == AGL_GINI_LORENZ ? lorenz
                      : form == AGL_GINI_HALF ? lorenz / 2
                                              : gini_by_pairs(ratio, one, n);
    ck_assert_double_eq_tol(found->gini_loc, expected, 1e-13);
}

START_TEST(as_the_formulas) {
    table t;
    fill(&t);
    for (int turn = 0; turn < 6; turn++) {
        agl_lines lines = turn % 2 ? AGL_LINES_REGIONS : AGL_LINES_INDUSTRIES;
        int n_lines = turn % 2 ? REGIONS : INDUSTRIES;
        agl_concentration_options o = {.gini = (agl_gini_form)(turn / 2), .theil_absolute = turn >= 4};
        agl_indices found[SLICES * REGIONS];
        ck_assert_int_eq(agl_concentrate(found, &t.cells, lines, NULL, &o, NULL, NULL), AGL_OK);
        for (int s = 0; s < SLICES; s++)
            for (int line = 0; line < n_lines; line++) {
                double y[32], x[32];
                size_t n = dense_line(y, x, &t, lines, s, line);
                to_shares(y, n);
                to_shares(x, n);
                check_line(&found[s * n_lines + line], y, x, n, o.gini, o.theil_absolute);
            }
    }
}
END_TEST

START_TEST(variety_adds_up) {
    table t;
    fill(&t);
    const int32_t group[INDUSTRIES] = {0, 0, 1, 2, 2, 2};
    agl_concentration_options o = AGL_CONCENTRATION_OPTIONS_INIT;
    o.group = group, o.n_groups = 3;
    agl_indices found[SLICES * REGIONS];
    ck_assert_int_eq(agl_concentrate(found, &t.cells, AGL_LINES_REGIONS, NULL, &o, NULL, NULL), AGL_OK);
    for (int g = 0; g < SLICES * REGIONS; g++) {
        double y[32], x[32], p[3] = {0}, related = 0, unrelated = 0;
        size_t n = dense_line(y, x, &t, AGL_LINES_REGIONS, g / REGIONS, g % REGIONS);
        to_shares(y, n);
        for (size_t k = 0; k < n; k++)
            p[group[k]] += y[k];
        for (int j = 0; j < 3; j++) {
            if (p[j] > 0) unrelated -= p[j] * log2(p[j]);
            for (size_t k = 0; k < n; k++) /* P_g times the entropy of the group's own shares */
                if (group[k] == j && y[k] > 0) related -= p[j] * (y[k] / p[j]) * log2(y[k] / p[j]);
        }
        ck_assert_double_eq_tol(found[g].related, related, 1e-13);
        ck_assert_double_eq_tol(found[g].unrelated, unrelated, 1e-13);
        ck_assert_double_eq_tol(found[g].related + found[g].unrelated, found[g].entropy, 1e-13);
    }
}
END_TEST

START_TEST(known_extremes) {
    /* industry 0 in region 0 only, industry 1 spread as everything would be without it, industry 2 nowhere */
    int32_t region[] = {0, 0, 1, 2, 2}, industry[] = {0, 1, 1, 1, 2};
    double value[] = {100, 50, 50, 100, 0};
    agl_cells cells = {5, region, industry, NULL, value, 3, 3, 1};
    agl_indices found[3];
    ck_assert_int_eq(agl_concentrate(found, &cells, AGL_LINES_INDUSTRIES, NULL, NULL, NULL, NULL), AGL_OK);
    ck_assert_double_eq(found[0].hhi, 1);
    ck_assert_double_eq(found[0].hhi_norm, 1);
    ck_assert_double_eq(found[0].entropy, 0);
    ck_assert_double_eq_tol(found[0].gini_loc, 0.5,
                            1e-15); /* 1 - x of the one region, which holds half of everything */
    ck_assert_double_eq_tol(found[0].krugman, 1, 1e-15);
    ck_assert_double_eq_tol(found[0].theil_t, log(2), 1e-15);
    ck_assert_double_eq(found[2].total, 0);
    ck_assert_double_nan(found[2].hhi);
    ck_assert_double_nan(found[2].gini_loc);
}
END_TEST

START_TEST(economy_for_regions) {
    int32_t region[] = {0, 0}, industry[] = {0, 1};
    double value[] = {30, 70}, industry_total[] = {500, 1500, 2000}, total = 4000;
    agl_cells cells = {2, region, industry, NULL, value, 1, 3, 1};
    agl_economy economy = {industry_total, &total};
    agl_indices found;
    ck_assert_int_eq(agl_concentrate(&found, &cells, AGL_LINES_REGIONS, &economy, NULL, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(found.krugman, fabs(0.3 - 0.125) + fabs(0.7 - 0.375) + 0.5, 1e-15);
    ck_assert_double_eq_tol(found.theil_t, 0.3 * log(0.3 / 0.125) + 0.7 * log(0.7 / 0.375), 1e-15);
    ck_assert_double_eq_tol(found.hhi_norm, (0.58 - 1.0 / 3) / (2.0 / 3), 1e-15);
    ck_assert_int_eq(agl_concentrate(&found, &cells, AGL_LINES_INDUSTRIES, &economy, NULL, NULL, NULL),
                     AGL_EUSAGE);
    industry_total[1] = NAN; /* an industry that the economy does not know */
    ck_assert_int_eq(agl_concentrate(&found, &cells, AGL_LINES_REGIONS, &economy, NULL, NULL, NULL), AGL_OK);
    ck_assert_double_nan(found.krugman);
    ck_assert_double_eq_tol(found.hhi, 0.58, 1e-15);
}
END_TEST

START_TEST(lorenz_curve_encloses_the_gini) {
    table t;
    fill(&t);
    agl_indices found[SLICES * INDUSTRIES];
    ck_assert_int_eq(agl_concentrate(found, &t.cells, AGL_LINES_INDUSTRIES, NULL, NULL, NULL, NULL), AGL_OK);
    for (int g = 0; g < SLICES * INDUSTRIES; g++) {
        double *x, *y, under = 0;
        size_t n;
        ck_assert_int_eq(agl_lorenz(&x, &y, &n, &t.cells, g % INDUSTRIES, g / INDUSTRIES, 0, NULL), AGL_OK);
        ck_assert(x[0] == 0 && y[0] == 0 && x[n - 1] == 1 && y[n - 1] == 1);
        for (size_t k = 1; k < n; k++) {
            ck_assert(x[k] >= x[k - 1] && y[k] >= y[k - 1]);
            under += (x[k] - x[k - 1]) * (y[k] + y[k - 1]) / 2;
        }
        ck_assert_double_eq_tol(1 - 2 * under, found[g].gini_loc, 1e-13);
        free(x);
        free(y);
        size_t few;
        ck_assert_int_eq(agl_lorenz(&x, &y, &few, &t.cells, g % INDUSTRIES, g / INDUSTRIES, 0.4, NULL),
                         AGL_OK);
        ck_assert_uint_lt(few, n);
        ck_assert(x[few - 1] == 1 && y[few - 1] == 1);
        free(x);
        free(y);
    }
    double *x, *y;
    size_t n;
    int32_t none = 0;
    double zero = 0;
    agl_cells empty = {1, &none, &none, NULL, &zero, 1, 1, 1};
    ck_assert_int_eq(agl_lorenz(&x, &y, &n, &empty, 0, 0, 0, NULL), AGL_EDATA);
    ck_assert_ptr_null(x);
}
END_TEST

START_TEST(bits_do_not_depend_on_threads_or_order) {
    table t, back;
    fill(&t);
    back = t;
    for (size_t k = 0; k < t.cells.n; k++) {
        size_t from = t.cells.n - 1 - k;
        back.region[k] = t.region[from], back.industry[k] = t.industry[from], back.slice[k] = t.slice[from];
        back.value[k] = t.value[from];
    }
    back.cells = (agl_cells){t.cells.n,  back.region, back.industry, back.slice,
                             back.value, REGIONS,     INDUSTRIES,    SLICES};
    agl_indices one[SLICES * REGIONS], many[SLICES * REGIONS];
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 1;
    ck_assert_int_eq(agl_concentrate(one, &t.cells, AGL_LINES_REGIONS, NULL, NULL, &ctx, NULL), AGL_OK);
    ctx.threads = 5;
    ck_assert_int_eq(agl_concentrate(many, &back.cells, AGL_LINES_REGIONS, NULL, NULL, &ctx, NULL), AGL_OK);
    ck_assert_mem_eq(one, many, sizeof one);
}
END_TEST

START_TEST(bad_input) {
    table t;
    fill(&t);
    agl_indices found[SLICES * REGIONS];
    const int32_t group[INDUSTRIES] = {0, 0, 7, 2, 2, 2};
    agl_concentration_options o = AGL_CONCENTRATION_OPTIONS_INIT;
    o.group = group, o.n_groups = 3;
    ck_assert_int_eq(agl_concentrate(found, &t.cells, AGL_LINES_REGIONS, NULL, &o, NULL, NULL), AGL_EDATA);
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    ck_assert_int_eq(agl_concentrate(found, &t.cells, AGL_LINES_REGIONS, NULL, NULL, &ctx, NULL),
                     AGL_ECANCEL);
    t.value[0] = -1;
    ck_assert_int_eq(agl_concentrate(found, &t.cells, AGL_LINES_REGIONS, NULL, NULL, NULL, NULL), AGL_EDATA);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("concentration");
    TCase *tests = tcase_create("concentration");
    tcase_add_test(tests, as_the_formulas);
    tcase_add_test(tests, variety_adds_up);
    tcase_add_test(tests, known_extremes);
    tcase_add_test(tests, economy_for_regions);
    tcase_add_test(tests, lorenz_curve_encloses_the_gini);
    tcase_add_test(tests, bits_do_not_depend_on_threads_or_order);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

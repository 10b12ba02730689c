/* Relatedness against the formulas written out, and the promises of the header. */
#include "agglo/relatedness.h"
#include "base/rng.h"
#include "kernel/measure/relatedness.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { REGIONS = 70, INDUSTRIES = 330, CELLS = REGIONS * INDUSTRIES };

/* Wider than a block of columns and than a word of bits, and with room for empty lines. */
typedef struct table {
    int32_t region[CELLS], industry[CELLS];
    double value[CELLS], m[CELLS], pci[INDUSTRIES];
    agl_cells cells;
} table;

static void fill(table *t, uint64_t seed) {
    agl_rng rng = agl__rng(seed, 0, 0);
    for (size_t k = 0; k < CELLS; k++) {
        size_t r = k / INDUSTRIES, i = k % INDUSTRIES;
        t->region[k] = (int32_t)r, t->industry[k] = (int32_t)i;
        t->value[k] = t->m[k] = r != 4 && i != 7 && agl__rng_unit(&rng) < 0.1 + 0.4 * ((i * 7 + r) % 5 == 0);
    }
    for (size_t i = 0; i < INDUSTRIES; i++)
        t->pci[i] = agl__rng_normal(&rng);
    t->pci[7] = NAN;
    t->cells = (agl_cells){CELLS, t->region, t->industry, NULL, t->value, REGIONS, INDUSTRIES, 1};
}

static void counts(double *c, double *n, double *s, double *t, const table *of) {
    *t = 0;
    for (size_t i = 0; i < INDUSTRIES; i++)
        for (size_t j = 0; j < INDUSTRIES; j++) {
            double sum = 0;
            for (size_t r = 0; r < REGIONS; r++)
                sum += of->m[r * INDUSTRIES + i] * of->m[r * INDUSTRIES + j];
            c[i * INDUSTRIES + j] = sum;
        }
    for (size_t i = 0; i < INDUSTRIES; i++) {
        n[i] = c[i * INDUSTRIES + i], s[i] = 0;
        for (size_t j = 0; j < INDUSTRIES; j++)
            s[i] += i == j ? 0 : c[i * INDUSTRIES + j];
        *t += s[i];
    }
}

static double formula(agl_relation relation, double c, double ni, double nj, double a, double b, double t) {
    switch (relation) {
    case AGL_PROXIMITY:
        return c / ni < c / nj ? c / ni : c / nj;
    case AGL_ASSOCIATION:
        return (c / t) / ((a / t) * (b / t));
    case AGL_COSINE:
        return c / sqrt(a) / sqrt(b);
    case AGL_JACCARD:
        return c / (a + b - c);
    case AGL_PROBABILITY:
        return c / ((a / t * (b / (t - a)) + b / t * (a / (t - b))) * t / 2);
    case AGL_TEECE:
        break;
    }
    return NAN;
}

START_TEST(density_and_gain_as_the_formula) {
    static table t;
    static double c[INDUSTRIES * INDUSTRIES], phi[INDUSTRIES * INDUSTRIES], n[INDUSTRIES], s[INDUSTRIES], all;
    static double density[CELLS], cog[CELLS], present[CELLS], coi[REGIONS], sum[INDUSTRIES];
    fill(&t, 1);
    counts(c, n, s, &all, &t);
    for (int relation = AGL_PROXIMITY; relation < AGL_TEECE; relation++) {
        agl_relatedness_options o = AGL_RELATEDNESS_OPTIONS_INIT;
        agl_density out = {.present = present, .density = density, .cog = cog, .coi = coi};
        o.any = true, o.relation = (agl_relation)relation;
        ck_assert_int_eq(agl_density_around(&out, &t.cells, 0, t.pci, &o, NULL, NULL), AGL_OK);
        for (size_t i = 0; i < INDUSTRIES; i++) {
            sum[i] = 0;
            for (size_t j = 0; j < INDUSTRIES; j++) {
                double x =
                    formula((agl_relation)relation, c[i * INDUSTRIES + j], n[i], n[j], s[i], s[j], all);
                if (i == j) x = relation == AGL_PROXIMITY && n[i] > 0;
                phi[i * INDUSTRIES + j] = isfinite(x) ? x : 0;
                sum[i] += phi[i * INDUSTRIES + j];
            }
        }
        for (size_t r = 0; r < REGIONS; r += 3) {
            double outlook = 0;
            for (size_t i = 0; i < INDUSTRIES; i++) {
                const double *m = t.m + r * INDUSTRIES;
                double has = 0, gain = 0;
                for (size_t j = 0; j < INDUSTRIES; j++) {
                    has += m[j] * phi[i * INDUSTRIES + j];
                    if (j != 7) gain += phi[i * INDUSTRIES + j] * (1 - m[j]) * t.pci[j] / sum[j];
                }
                if (i == 7) {
                    ck_assert_double_nan(density[r * INDUSTRIES + i]);
                    continue;
                }
                ck_assert_double_eq(present[r * INDUSTRIES + i], m[i]);
                ck_assert_double_eq_tol(density[r * INDUSTRIES + i], has / sum[i], 1e-12);
                ck_assert_double_eq_tol(cog[r * INDUSTRIES + i], (1 - m[i]) * gain, 1e-12);
                outlook += has / sum[i] * (1 - m[i]) * t.pci[i];
            }
            ck_assert_double_eq_tol(coi[r], outlook, 1e-10);
        }
        ck_assert_double_nan(coi[4]);
        ck_assert_double_nan(density[4 * INDUSTRIES]);
    }
}
END_TEST

START_TEST(pairs_as_the_formula) {
    static table t;
    static double c[INDUSTRIES * INDUSTRIES], n[INDUSTRIES], s[INDUSTRIES], all;
    agl_related pairs;
    agl_relatedness_options o = AGL_RELATEDNESS_OPTIONS_INIT;
    o.any = true;
    fill(&t, 2);
    counts(c, n, s, &all, &t);
    ck_assert_int_eq(agl_related_pairs(&pairs, &t.cells, 0, 0.25, &o, NULL, NULL), AGL_OK);
    size_t expected = 0, at = 0;
    for (size_t i = 0; i < INDUSTRIES; i++)
        for (size_t j = i + 1; j < INDUSTRIES; j++) {
            double x = c[i * INDUSTRIES + j];
            if (!(x / fmax(n[i], n[j]) >= 0.25)) continue;
            expected++;
            ck_assert_int_eq(pairs.a[at], (int32_t)i);
            ck_assert_int_eq(pairs.b[at], (int32_t)j);
            double *const got[] = {pairs.proximity, pairs.association, pairs.cosine, pairs.jaccard,
                                   pairs.probability};
            for (int m = AGL_PROXIMITY; m < AGL_TEECE; m++)
                ck_assert_double_eq_tol(got[m][at], formula((agl_relation)m, x, n[i], n[j], s[i], s[j], all),
                                        1e-12);
            at++;
        }
    ck_assert_uint_eq(pairs.n, expected);
    ck_assert_uint_gt(expected, 10);
    agl_related_free(&pairs);
}
END_TEST

/* Teece's z: mean and standard deviation of the overlap of random sets. 65 places but the empty one. */
START_TEST(teece_is_the_hypergeometric) {
    double mean = 0, square = 0, places = 30, a = 9, b = 13, ways = 0;
    for (int k = 0; k <= 9; k++) {
        double lw = lgamma(a + 1) - lgamma(k + 1) - lgamma(a - k + 1) + lgamma(places - a + 1) -
                    lgamma(b - k + 1) - lgamma(places - a - b + k + 1);
        ways += exp(lw), mean += k * exp(lw), square += k * k * exp(lw);
    }
    mean /= ways, square /= ways;
    agl_cooccurrence c = {.together = 7, .n_i = a, .n_j = b, .places = places};
    ck_assert_double_eq_tol(agl_relate(AGL_TEECE, &c), (7 - mean) / sqrt(square - mean * mean), 1e-10);
    c.n_i = places; /* everywhere: no chance to differ */
    ck_assert_double_nan(agl_relate(AGL_TEECE, &c));
}
END_TEST

/* EconGeo's documented example (GPL), pair I1-I2: S_1 = 30, S_2 = 23, T = 144, C = 10. */
START_TEST(printed_example) {
    agl_cooccurrence c = {.together = 10, .s_i = 30, .s_j = 23, .t = 144};
    ck_assert_double_eq_tol(agl_relate(AGL_PROBABILITY, &c), 1.701387604070305, 1e-12);
    ck_assert_double_eq_tol(agl_relate(AGL_ASSOCIATION, &c), 2.086956521739130, 1e-12);
    ck_assert_double_eq_tol(agl_relate(AGL_COSINE, &c), 0.3806934938134405, 1e-12);
    ck_assert_double_eq_tol(agl_relate(AGL_JACCARD, &c), 0.2325581395348837, 1e-12);
}
END_TEST

START_TEST(same_bits_for_any_thread_count) {
    static table t;
    static double one[2 * CELLS], two[2 * CELLS];
    double *const to[2] = {one, two};
    fill(&t, 3);
    for (int k = 0; k < 2; k++) {
        agl_ctx ctx = AGL_CTX_INIT;
        agl_relatedness_options o = AGL_RELATEDNESS_OPTIONS_INIT;
        agl_density out = {.density = to[k], .cog = to[k] + CELLS};
        ctx.threads = k ? 3 : 1;
        o.any = true;
        ck_assert_int_eq(agl_density_around(&out, &t.cells, 0, t.pci, &o, &ctx, NULL), AGL_OK);
    }
    ck_assert_mem_eq(one, two, sizeof one);
}
END_TEST

START_TEST(same_bits_for_any_instruction_set) {
    enum { N = 133, ROWS = 11, DEPTH = 57 };
    static double a[DEPTH * N], b[DEPTH * N], sum[3][N], c[3][AGL__TILE_ROWS * AGL__TILE_COLS] = {{0}},
                                                                               common[3][N];
    static uint64_t bits[3 * N];
    const double *row[ROWS];
    agl_rng rng = agl__rng(4, 0, 0);
    for (size_t k = 0; k < DEPTH * N; k++)
        a[k] = agl__rng_normal(&rng), b[k] = agl__rng_normal(&rng);
    for (size_t k = 0; k < 3 * N; k++)
        bits[k] = agl__rng_u64(&rng);
    for (size_t k = 0; k < ROWS; k++)
        row[k] = a + k * N;
    for (int level = 0; level < 3; level++) {
        const agl__tiles *tiles = agl__tiles_for(level);
        if (!tiles) continue;
        tiles->add(sum[level], row, ROWS, N);
        tiles->add_weighted(sum[level], row, b, ROWS, N);
        tiles->products(c[level], a, b, DEPTH);
        tiles->together(common[level], bits, bits, 3, N);
        ck_assert_mem_eq(sum[level], sum[0], sizeof sum[0]);
        ck_assert_mem_eq(c[level], c[0], sizeof c[0]);
        ck_assert_mem_eq(common[level], common[0], sizeof common[0]);
    }
    double slow = 0;
    for (size_t k = 0; k < DEPTH; k++)
        slow += a[k * AGL__TILE_ROWS + 5] * b[k * AGL__TILE_COLS + 3];
    ck_assert_double_eq(c[0][5 * AGL__TILE_COLS + 3], slow);
    ck_assert_double_eq(common[0][0], __builtin_popcountll(bits[0]) + __builtin_popcountll(bits[1]) +
                                          __builtin_popcountll(bits[2]));
}
END_TEST

START_TEST(bad_input) {
    static table t;
    static double density[CELLS];
    agl_error err = {0};
    agl_relatedness_options o = AGL_RELATEDNESS_OPTIONS_INIT;
    agl_density out = {.density = density, .cog = density};
    fill(&t, 5);
    ck_assert_int_eq(agl_density_around(&out, &t.cells, 0, NULL, &o, NULL, &err), AGL_EUSAGE);
    out.cog = NULL;
    o.relation = AGL_TEECE;
    ck_assert_int_eq(agl_density_around(&out, &t.cells, 0, NULL, &o, NULL, &err), AGL_EUSAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "Teece"));
    o.relation = AGL_COSINE, o.threshold = -1;
    ck_assert_int_eq(agl_density_around(&out, &t.cells, 0, NULL, &o, NULL, &err), AGL_EUSAGE);
    t.value[9] = -2;
    ck_assert_int_eq(agl_density_around(&out, &t.cells, 0, NULL, NULL, NULL, &err), AGL_EDATA);
    t.value[9] = 2;
    agl_related pairs;
    t.region[5] = REGIONS;
    ck_assert_int_eq(agl_related_pairs(&pairs, &t.cells, 0, 0, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_null(pairs.a);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("relatedness");
    TCase *tests = tcase_create("relatedness");
    tcase_add_test(tests, density_and_gain_as_the_formula);
    tcase_add_test(tests, pairs_as_the_formula);
    tcase_add_test(tests, teece_is_the_hypergeometric);
    tcase_add_test(tests, printed_example);
    tcase_add_test(tests, same_bits_for_any_thread_count);
    tcase_add_test(tests, same_bits_for_any_instruction_set);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

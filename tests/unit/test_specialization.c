/* Location quotients against a version that reads like the formula, and the promises of the header. */
#include "agglo/specialization.h"
#include "base/rng.h"
#include "kernel/measure/binomial.h"
#include "kernel/measure/cells.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { REGIONS = 7, INDUSTRIES = 5, SLICES = 2, CELLS = REGIONS * INDUSTRIES * SLICES };

typedef struct table {
    int32_t region[CELLS], industry[CELLS], slice[CELLS];
    double value[CELLS];
    agl_cells cells;
} table;

typedef struct result {
    double region_total[CELLS], industry_total[CELLS], of_region[CELLS], of_industry[CELLS], lq[CELLS],
        lo[CELLS], hi[CELLS], p[CELLS];
    agl_specialization out;
} result;

static void fill(table *t) {
    agl_rng rng = agl__rng(5, 0, 0);
    size_t n = 0;
    for (int32_t s = 0; s < SLICES; s++)
        for (int32_t r = 0; r < REGIONS; r++)
            for (int32_t i = 0; i < INDUSTRIES; i++, n++) {
                t->region[n] = r, t->industry[n] = i, t->slice[n] = s;
                t->value[n] = (double)agl__rng_below(&rng, 60);
            }
    t->cells = (agl_cells){CELLS, t->region, t->industry, t->slice, t->value, REGIONS, INDUSTRIES, SLICES};
}

static agl_status specialize(result *r, const agl_cells *cells, const agl_economy *economy, double level,
                             int threads) {
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = threads;
    agl_specialization_options o = {.level = level};
    r->out = (agl_specialization){
        r->region_total, r->industry_total, r->of_region, r->of_industry, r->lq, r->lo, r->hi, r->p};
    return agl_specialize(&r->out, cells, economy, &o, &ctx, NULL);
}

static double sum_where(const agl_cells *c, size_t i, bool same_region, bool same_industry) {
    double sum = 0;
    for (size_t k = 0; k < c->n; k++)
        if (!isnan(c->value[k]) && c->slice[k] == c->slice[i] &&
            (!same_region || c->region[k] == c->region[i]) &&
            (!same_industry || c->industry[k] == c->industry[i]))
            sum += c->value[k];
    return sum;
}

START_TEST(as_the_formula) {
    table t;
    result r;
    fill(&t);
    t.value[3] = NAN;
    ck_assert_int_eq(specialize(&r, &t.cells, NULL, 0.95, 2), AGL_OK);
    for (size_t i = 0; i < CELLS; i++) {
        double x_r = sum_where(&t.cells, i, true, false), x_i = sum_where(&t.cells, i, false, true);
        double all = sum_where(&t.cells, i, false, false), x = t.value[i];
        ck_assert_double_eq(r.region_total[i], x_r);
        ck_assert_double_eq(r.industry_total[i], x_i);
        if (i == 3) {
            ck_assert_double_nan(r.lq[i]);
            ck_assert_double_nan(r.lo[i]);
            ck_assert_double_nan(r.p[i]);
            ck_assert_double_nan(r.of_region[i]);
            continue;
        }
        ck_assert_double_eq_tol(r.lq[i], x * all / (x_r * x_i), 1e-12);
        ck_assert_double_eq_tol(r.of_region[i], x / x_r, 1e-15);
        ck_assert_double_eq_tol(r.of_industry[i], x / x_i, 1e-15);
        ck_assert_double_eq(r.p[i], agl__binomial_upper(x, x_r, x_i / all));
        ck_assert(r.lo[i] <= r.lq[i] && r.lq[i] <= r.hi[i]);
    }
}
END_TEST

/* The end points of Wilson's interval are the shares whose score test just rejects: (s - w)^2 = z^2 w (1-w) /
 * n. */
START_TEST(interval_solves_the_score_equation) {
    table t;
    result r;
    fill(&t);
    static const double z[] = {1.6448536269514722, 2.5758293035489004}, levels[] = {0.90, 0.99};
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(specialize(&r, &t.cells, NULL, levels[k], 1), AGL_OK);
        for (size_t i = 0; i < CELLS; i++) {
            double n = r.region_total[i], s = t.value[i] / n;
            double pi = r.industry_total[i] / sum_where(&t.cells, i, false, false);
            const double ends[2] = {r.lo[i] * pi, r.hi[i] * pi};
            for (int e = 0; e < 2; e++)
                ck_assert_double_eq_tol((s - ends[e]) * (s - ends[e]),
                                        z[k] * z[k] * ends[e] * (1 - ends[e]) / n, 1e-14);
        }
    }
}
END_TEST

START_TEST(same_bits_for_any_thread_count) {
    enum { N = 40000 };
    static int32_t region[N], industry[N];
    static double value[N], one[4 * N], two[4 * N];
    agl_rng rng = agl__rng(9, 0, 0);
    for (int i = 0; i < N; i++)
        region[i] = i / 200, industry[i] = i % 200, value[i] = floor(exp(6 * agl__rng_unit(&rng)));
    agl_cells cells = {N, region, industry, NULL, value, 200, 200, 1};
    double *to[2] = {one, two};
    for (int k = 0; k < 2; k++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = k == 0 ? 1 : 3;
        agl_specialization out = {
            .lq = to[k], .lq_lo = to[k] + N, .lq_hi = to[k] + 2 * N, .p_value = to[k] + 3 * N};
        ck_assert_int_eq(agl_specialize(&out, &cells, NULL, NULL, &ctx, NULL), AGL_OK);
    }
    ck_assert_mem_eq(one, two, sizeof one);
}
END_TEST

START_TEST(economy_gives_the_shares) {
    table t;
    result r;
    fill(&t);
    double industry[SLICES * INDUSTRIES], total[SLICES] = {10000, 20000};
    for (int k = 0; k < SLICES * INDUSTRIES; k++)
        industry[k] = 1000 + 100 * k;
    industry[1] = NAN;
    agl_economy economy = {industry, total};
    ck_assert_int_eq(specialize(&r, &t.cells, &economy, 0.95, 1), AGL_OK);
    for (size_t i = 0; i < CELLS; i++) {
        int32_t s = t.slice[i], k = t.industry[i];
        if (s == 0 && k == 1) {
            ck_assert_double_nan(r.lq[i]);
            ck_assert_double_nan(r.p[i]);
            ck_assert_double_nan(r.hi[i]);
        } else {
            ck_assert_double_eq_tol(
                r.lq[i], t.value[i] / r.region_total[i] * total[s] / industry[s * INDUSTRIES + k], 1e-12);
        }
    }
}
END_TEST

START_TEST(empty_region_and_industry) {
    int32_t region[] = {0, 0, 1, 1}, industry[] = {0, 1, 0, 1};
    double value[] = {0, 0, 5, 0}, lq[4], p[4], lo[4];
    agl_cells cells = {4, region, industry, NULL, value, 3, 2, 1};
    agl_specialization out = {.lq = lq, .p_value = p, .lq_lo = lo};
    ck_assert_int_eq(agl_specialize(&out, &cells, NULL, NULL, NULL, NULL), AGL_OK);
    ck_assert_double_nan(lq[0]); /* region without anything */
    ck_assert_double_nan(lq[3]); /* industry without anything */
    ck_assert_double_nan(p[3]);
    ck_assert_double_eq(lq[2], 1);
    ck_assert_double_eq(p[2], 1);
}
END_TEST

START_TEST(bad_input) {
    table t;
    result r;
    fill(&t);
    agl_error err = {0};
    agl_specialization out = {0};
    t.value[4] = -3;
    ck_assert_int_eq(agl_specialize(&out, &t.cells, NULL, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "cell 4"));
    t.value[4] = INFINITY;
    ck_assert_int_eq(specialize(&r, &t.cells, NULL, 0.95, 1), AGL_EDATA);
    t.value[4] = 3;
    t.region[4] = REGIONS;
    ck_assert_int_eq(specialize(&r, &t.cells, NULL, 0.95, 1), AGL_EDATA);
    t.region[4] = 0;
    ck_assert_int_eq(specialize(&r, &t.cells, NULL, 1, 1), AGL_EUSAGE);
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    ck_assert_int_eq(agl_specialize(&out, &t.cells, NULL, NULL, &ctx, NULL), AGL_ECANCEL);
}
END_TEST

/* The example of the header. */
START_TEST(example) {
    int32_t region[] = {0, 0, 0, 1, 1, 1}, industry[] = {0, 1, 2, 0, 1, 2};
    double value[] = {12, 3, 85, 188, 197, 9515}, lq[6], lo[6], hi[6], p[6];
    agl_cells cells = {6, region, industry, NULL, value, 2, 3, 1};
    agl_specialization out = {.lq = lq, .lq_lo = lo, .lq_hi = hi, .p_value = p};
    ck_assert_int_eq(agl_specialize(&out, &cells, NULL, NULL, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(lq[0], 6, 1e-12);
    ck_assert_double_eq_tol(lo[0], 3.5, 0.05);
    ck_assert_double_eq_tol(hi[0], 9.9, 0.05);
    ck_assert_double_eq_tol(lq[1], 1.5, 1e-12);
    ck_assert_double_eq_tol(lo[1], 0.51, 0.005);
    ck_assert_double_eq_tol(hi[1], 4.2, 0.05);
    ck_assert_double_eq_tol(p[1], 0.32, 0.005);
    ck_assert_double_lt(p[0], 1e-5);
}
END_TEST

START_TEST(order_of_codes) {
    const int32_t a[] = {2, 0, 1, 0, 2, 0}, b[] = {0, 1, 0, 0, 0, 1};
    const int32_t *keys[] = {a, b};
    const size_t codes[] = {3, 2};
    uint32_t order[6];
    const uint32_t expected[] = {3, 1, 5, 2, 0, 4}; /* equal keys keep their order */
    ck_assert_int_eq(agl__code_order(order, keys, codes, 2, 6, NULL), AGL_OK);
    ck_assert_mem_eq(order, expected, sizeof order);
}
END_TEST

START_TEST(members_of_groups) {
    const int32_t group[] = {1, -1, 0, 1, 3};
    size_t *start;
    uint32_t *member;
    ck_assert_int_eq(agl__groups(&start, &member, group, 4, 5, NULL), AGL_OK);
    const size_t starts[] = {0, 1, 3, 3, 4};
    const uint32_t members[] = {2, 0, 3, 4};
    ck_assert_mem_eq(start, starts, sizeof starts);
    ck_assert_mem_eq(member, members, sizeof members);
    free(start);
    free(member);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("specialization");
    TCase *tests = tcase_create("specialization");
    tcase_add_test(tests, as_the_formula);
    tcase_add_test(tests, interval_solves_the_score_equation);
    tcase_add_test(tests, same_bits_for_any_thread_count);
    tcase_add_test(tests, economy_gives_the_shares);
    tcase_add_test(tests, empty_region_and_industry);
    tcase_add_test(tests, bad_input);
    tcase_add_test(tests, example);
    tcase_add_test(tests, order_of_codes);
    tcase_add_test(tests, members_of_groups);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

/* Complexity against a dense solver and slow versions of the formulas, and the promises of the header. */
#include "agglo/complexity.h"
#include "base/rng.h"
#include "kernel/measure/complexity.h"
#include "unit.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { REGIONS = 24, INDUSTRIES = 31, CELLS = REGIONS * INDUSTRIES };

typedef struct table {
    int32_t region[CELLS], industry[CELLS];
    double value[CELLS];
    agl_cells cells;
} table;

typedef struct result {
    double total[REGIONS], diversity[REGIONS], eci[REGIONS], lo[REGIONS], hi[REGIONS], fitness[REGIONS],
        ubiquity[INDUSTRIES], pci[INDUSTRIES], q[INDUSTRIES], of[INDUSTRIES];
    agl_complexity_validity validity;
} result;

/** Regions of rising ability have more, and rarer, industries; `regions` and `industries` may be exchanged.
 */
static void fill(table *t, size_t regions, size_t industries, uint64_t seed) {
    agl_rng rng = agl__rng(seed, 0, 0);
    size_t n = 0;
    for (size_t r = 0; r < regions; r++)
        for (size_t i = 0; i < industries; i++, n++) {
            double able = (double)(r + 1) / (double)regions, asks = (double)i / (double)industries;
            t->region[n] = (int32_t)r, t->industry[n] = (int32_t)i;
            t->value[n] =
                agl__rng_unit(&rng) < 0.15 + 0.7 * (able > asks) ? 1 + floor(99 * agl__rng_unit(&rng)) : 0;
        }
    t->cells = (agl_cells){n, t->region, t->industry, NULL, t->value, regions, industries, 1};
}

static agl_status run(result *r, const agl_cells *cells, const agl_complexity_options *o, int threads,
                      agl_error *err) {
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = threads;
    memset(r, 0, sizeof *r);
    agl_complexity out = {r->total,   r->diversity, r->eci,      r->lo,  r->hi,
                          r->fitness, r->of,        r->ubiquity, r->pci, r->q};
    return agl_complex(&out, &r->validity, cells, 0, o, &ctx, err);
}

/** Presence as the definition says, from the raw table. */
static void presence(double *m, const agl_cells *c) {
    double all = 0, row[REGIONS] = {0}, col[INDUSTRIES > REGIONS ? INDUSTRIES : REGIONS] = {0};
    for (size_t k = 0; k < c->n; k++)
        row[c->region[k]] += c->value[k], col[c->industry[k]] += c->value[k], all += c->value[k];
    for (size_t k = 0; k < c->n; k++)
        m[k] = c->value[k] / row[c->region[k]] / (col[c->industry[k]] / all) >= 1;
}

/* ECI from all eigenvectors of the symmetric form, formed as it is written. */
static void dense_eci(double *eci, const double *m, size_t regions, size_t industries) {
    static double a[REGIONS * REGIONS];
    double d[REGIONS] = {0}, u[INDUSTRIES] = {0}, w[REGIONS], mean = 0, sd = 0, with = 0;
    for (size_t r = 0; r < regions; r++)
        for (size_t i = 0; i < industries; i++)
            d[r] += m[r * industries + i], u[i] += m[r * industries + i];
    memset(a, 0, sizeof a);
    for (size_t r = 0; r < regions; r++)
        for (size_t s = 0; s < regions; s++)
            for (size_t i = 0; i < industries; i++)
                a[r * regions + s] +=
                    m[r * industries + i] * m[s * industries + i] / u[i] / sqrt(d[r] * d[s]);
    int n = (int)regions;
    ck_assert_int_eq(LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'U', n, a, n, w), 0);
    for (size_t r = 0; r < regions; r++) {
        eci[r] = a[(regions - 2) * regions + r] / sqrt(d[r]);
        mean += eci[r] / (double)regions;
    }
    for (size_t r = 0; r < regions; r++)
        sd += (eci[r] - mean) * (eci[r] - mean), with += (eci[r] - mean) * d[r];
    sd = sqrt(sd / (double)(regions - 1)) * (with < 0 ? -1 : 1);
    for (size_t r = 0; r < regions; r++)
        eci[r] = (eci[r] - mean) / sd;
}

START_TEST(as_a_dense_solver) {
    static table t;
    static double m[CELLS];
    result r;
    double expected[REGIONS];
    for (uint64_t seed = 1; seed <= 6; seed++) {
        fill(&t, REGIONS, INDUSTRIES, seed);
        presence(m, &t.cells);
        dense_eci(expected, m, REGIONS, INDUSTRIES);
        ck_assert_int_eq(run(&r, &t.cells, NULL, 2, NULL), AGL_OK);
        for (size_t k = 0; k < REGIONS; k++)
            ck_assert_double_eq_tol(r.eci[k], expected[k], 1e-10);
    }
}
END_TEST

/* More regions than industries: the other side is solved. A table and its transpose give the same
 * presence when it is given as such, and then regions and industries change roles but for sign and scale. */
START_TEST(either_side) {
    static table t, u;
    result a, b;
    agl_complexity_options o = AGL_COMPLEXITY_OPTIONS_INIT;
    o.any = true;
    fill(&t, REGIONS, INDUSTRIES, 3);
    size_t n = 0; /* only industries below REGIONS - 4, so that regions are more */
    for (size_t k = 0; k < t.cells.n; k++)
        if (t.industry[k] < REGIONS - 4)
            t.region[n] = t.region[k], t.industry[n] = t.industry[k], t.value[n++] = t.value[k];
    t.cells.n = n, t.cells.n_industries = REGIONS - 4;
    u.cells = t.cells;
    u.cells.region = t.industry, u.cells.industry = t.region;
    u.cells.n_regions = REGIONS - 4, u.cells.n_industries = REGIONS;
    ck_assert_int_eq(run(&a, &t.cells, &o, 1, NULL), AGL_OK);
    ck_assert_int_eq(run(&b, &u.cells, &o, 1, NULL), AGL_OK);
    double sign = a.eci[0] * b.pci[0] < 0 ? -1 : 1;
    ck_assert_double_eq_tol(a.validity.second, b.validity.second, 1e-12);
    for (size_t k = 0; k < REGIONS; k++)
        ck_assert_double_eq_tol(a.eci[k], sign * b.pci[k], 1e-9);
    for (size_t k = 0; k < REGIONS - 4; k++)
        ck_assert_double_eq_tol(a.pci[k], sign * b.eci[k], 1e-9);
}
END_TEST

/* py-ecomplexity's scale: the ECI is the mean PCI of the industries of the region. */
START_TEST(eci_is_the_mean_pci) {
    static table t;
    static double m[CELLS];
    result r;
    agl_complexity_options o = AGL_COMPLEXITY_OPTIONS_INIT;
    o.scale = AGL_COMPLEXITY_ECI_SD;
    fill(&t, REGIONS, INDUSTRIES, 8);
    presence(m, &t.cells);
    ck_assert_int_eq(run(&r, &t.cells, &o, 1, NULL), AGL_OK);
    for (size_t k = 0; k < REGIONS; k++) {
        double sum = 0;
        for (size_t i = 0; i < INDUSTRIES; i++)
            sum += m[k * INDUSTRIES + i] * r.pci[i];
        ck_assert_double_eq_tol(sum / r.diversity[k], r.eci[k], 1e-12);
    }
}
END_TEST

START_TEST(fitness_as_the_formula) {
    static table t;
    static double m[CELLS];
    result r;
    double f[REGIONS], q[INDUSTRIES], f2[REGIONS], q2[INDUSTRIES];
    agl_complexity_options o = AGL_COMPLEXITY_OPTIONS_INIT;
    o.iterations = 7;
    o.extremality = 2;
    fill(&t, REGIONS, INDUSTRIES, 4);
    presence(m, &t.cells);
    for (size_t k = 0; k < REGIONS; k++)
        f[k] = 1;
    for (size_t i = 0; i < INDUSTRIES; i++)
        q[i] = 1;
    for (int step = 0; step < 7; step++) {
        double mf = 0, mq = 0;
        for (size_t k = 0; k < REGIONS; k++, mf += f2[k - 1] / REGIONS) {
            f2[k] = 0;
            for (size_t i = 0; i < INDUSTRIES; i++)
                f2[k] += m[k * INDUSTRIES + i] * q[i];
        }
        for (size_t i = 0; i < INDUSTRIES; i++, mq += q2[i - 1] / INDUSTRIES) {
            double sum = 0;
            for (size_t k = 0; k < REGIONS; k++)
                sum += m[k * INDUSTRIES + i] / (f[k] * f[k]);
            q2[i] = 1 / sqrt(sum);
        }
        for (size_t k = 0; k < REGIONS; k++)
            f[k] = f2[k] / mf;
        for (size_t i = 0; i < INDUSTRIES; i++)
            q[i] = q2[i] / mq;
    }
    ck_assert_int_eq(run(&r, &t.cells, &o, 1, NULL), AGL_OK);
    for (size_t k = 0; k < REGIONS; k++)
        ck_assert_double_eq_tol(r.fitness[k], f[k], 1e-12);
    for (size_t i = 0; i < INDUSTRIES; i++)
        ck_assert_double_eq_tol(r.q[i], q[i], 1e-12);
    ck_assert_uint_eq(r.validity.fitness_iterations, 7);
    ck_assert(!r.validity.fitness_settled);
}
END_TEST

START_TEST(same_bits_for_any_thread_count) {
    static table t;
    static result a, b;
    agl_complexity_options o = AGL_COMPLEXITY_OPTIONS_INIT;
    o.replications = 25;
    fill(&t, REGIONS, INDUSTRIES, 5);
    ck_assert_int_eq(run(&a, &t.cells, &o, 1, NULL), AGL_OK);
    ck_assert_int_eq(run(&b, &t.cells, &o, 3, NULL), AGL_OK);
    ck_assert_mem_eq(a.eci, b.eci, sizeof a.eci);
    ck_assert_mem_eq(a.lo, b.lo, sizeof a.lo);
    ck_assert_mem_eq(a.hi, b.hi, sizeof a.hi);
    ck_assert_double_eq(a.validity.sign_stability, b.validity.sign_stability);
    size_t holds = 0;
    for (size_t k = 0; k < REGIONS; k++) {
        ck_assert(a.lo[k] < a.hi[k]);
        holds += a.lo[k] <= a.eci[k] && a.eci[k] <= a.hi[k];
    }
    ck_assert_uint_ge(holds, REGIONS - 4);
}
END_TEST

/* Neither the unit of the values nor the order of the cells matters. */
START_TEST(unit_and_order) {
    static table t;
    static result a, b;
    fill(&t, REGIONS, INDUSTRIES, 6);
    ck_assert_int_eq(run(&a, &t.cells, NULL, 1, NULL), AGL_OK);
    for (size_t k = 0; k < CELLS; k++)
        t.value[k] *= 1024;
    for (size_t k = 0; k < CELLS / 2; k++) {
        size_t m = CELLS - 1 - k;
        int32_t r = t.region[k], i = t.industry[k];
        double x = t.value[k];
        t.region[k] = t.region[m], t.industry[k] = t.industry[m], t.value[k] = t.value[m];
        t.region[m] = r, t.industry[m] = i, t.value[m] = x;
    }
    ck_assert_int_eq(run(&b, &t.cells, NULL, 1, NULL), AGL_OK);
    ck_assert_mem_eq(a.eci, b.eci, sizeof a.eci);
    ck_assert_mem_eq(a.q, b.q, sizeof a.q);
}
END_TEST

/* A table of exact proportions has a quotient of 1 everywhere: present, whatever the rounding. */
START_TEST(ties_are_present) {
    int32_t region[9], industry[9];
    double value[9];
    for (int k = 0; k < 9; k++)
        region[k] = k / 3, industry[k] = k % 3, value[k] = 0.1 * (k / 3 + 1) * (0.3 * (k % 3) + 0.7);
    agl_cells cells = {9, region, industry, NULL, value, 3, 3, 1};
    agl__presence p;
    agl__presence_rule rule = {.threshold = 1};
    ck_assert_int_eq(agl__presence_make(&p, &cells, 0, &rule, NULL), AGL_OK);
    ck_assert_uint_eq(p.regions.start[3], 9);
    agl__presence_free(&p);
}
END_TEST

START_TEST(small_and_empty_are_left_out) {
    static table t;
    result r;
    agl_complexity_options o = AGL_COMPLEXITY_OPTIONS_INIT;
    fill(&t, REGIONS, INDUSTRIES, 7);
    for (size_t k = 0; k < CELLS; k++) {
        if (t.region[k] == 2) t.value[k] = 0;
        if (t.region[k] == 3) t.value[k] = t.industry[k] == 0 ? 1 : 0;
        if (t.industry[k] == 5) t.value[k] = 0;
    }
    o.min_region = 2;
    ck_assert_int_eq(run(&r, &t.cells, &o, 1, NULL), AGL_OK);
    ck_assert_double_nan(r.eci[2]);
    ck_assert_double_nan(r.fitness[3]);
    ck_assert_double_nan(r.pci[5]);
    ck_assert_uint_eq(r.validity.empty_regions, 1);
    ck_assert_uint_eq(r.validity.small_regions, 1);
    ck_assert_uint_eq(r.validity.empty_industries, 1);
    ck_assert_uint_eq(r.validity.regions, REGIONS - 2);
    for (size_t k = 4; k < REGIONS; k++)
        ck_assert(isfinite(r.eci[k]));
}
END_TEST

START_TEST(income_of_industries) {
    int32_t region[] = {0, 0, 1, 1, 2}, industry[] = {0, 1, 0, 1, 1};
    double value[] = {8, 2, 5, 5, 4}, income[] = {100, 200, NAN}, prody[2], expy[3];
    agl_cells cells = {5, region, industry, NULL, value, 3, 2, 1};
    ck_assert_int_eq(agl_prody(prody, expy, &cells, 0, income, NULL, NULL), AGL_OK);
    double p0 = (0.8 * 100 + 0.5 * 200) / 1.3, p1 = (0.2 * 100 + 0.5 * 200) / 0.7;
    ck_assert_double_eq_tol(prody[0], p0, 1e-12);
    ck_assert_double_eq_tol(prody[1], p1, 1e-12);
    ck_assert_double_eq_tol(expy[0], 0.8 * p0 + 0.2 * p1, 1e-12);
    ck_assert_double_eq_tol(expy[2], p1, 1e-12); /* no income of its own, but a structure */
}
END_TEST

START_TEST(bad_input) {
    static table t;
    result r;
    agl_error err = {0};
    agl_complexity_options o = AGL_COMPLEXITY_OPTIONS_INIT;
    fill(&t, REGIONS, INDUSTRIES, 9);
    o.threshold = 0;
    ck_assert_int_eq(run(&r, &t.cells, &o, 1, &err), AGL_EUSAGE);
    o = (agl_complexity_options)AGL_COMPLEXITY_OPTIONS_INIT;
    o.min_region = 1e9;
    ck_assert_int_eq(run(&r, &t.cells, &o, 1, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "0 regions hold anything"));
    t.value[3] = -1;
    ck_assert_int_eq(run(&r, &t.cells, NULL, 1, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "cell 3"));
    for (size_t k = 0; k < CELLS; k++)
        t.value[k] = 1;
    ck_assert_int_eq(run(&r, &t.cells, NULL, 1, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "the same industries"));
}
END_TEST

/* Two regions, and blocks that hang together by one industry only. */
START_TEST(extremes) {
    int32_t region[] = {0, 0, 1}, industry[] = {0, 1, 1};
    double value[] = {1, 1, 1}, eci[2], pci[2];
    agl_cells cells = {3, region, industry, NULL, value, 2, 2, 1};
    agl_complexity_options o = AGL_COMPLEXITY_OPTIONS_INIT;
    agl_complexity out = {.eci = eci, .pci = pci};
    o.any = true;
    ck_assert_int_eq(agl_complex(&out, NULL, &cells, 0, &o, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(eci[0], sqrt(0.5), 1e-12);
    ck_assert_double_eq_tol(eci[1], -sqrt(0.5), 1e-12);
    ck_assert(pci[0] > pci[1]);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("complexity");
    TCase *tests = tcase_create("complexity");
    tcase_add_test(tests, as_a_dense_solver);
    tcase_add_test(tests, either_side);
    tcase_add_test(tests, eci_is_the_mean_pci);
    tcase_add_test(tests, fitness_as_the_formula);
    tcase_add_test(tests, same_bits_for_any_thread_count);
    tcase_add_test(tests, unit_and_order);
    tcase_add_test(tests, ties_are_present);
    tcase_add_test(tests, small_and_empty_are_left_out);
    tcase_add_test(tests, income_of_industries);
    tcase_add_test(tests, bad_input);
    tcase_add_test(tests, extremes);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

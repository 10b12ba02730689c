/* Triple helix: known values, the decomposition, and what the intervals promise. */
#include "agglo/helix.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { CELLS = AGL_HELIX_CELLS };
enum { U = AGL_HELIX_UNIVERSITY, I = AGL_HELIX_INDUSTRY, G = AGL_HELIX_GOVERNMENT };

START_TEST(known_values) {
    const double xor_cells[CELLS] = {[0] = 1, [U | I] = 1, [U | G] = 1, [I | G] = 1},
                 copy[CELLS] = {[0] = 3, [U | I | G] = 3};
    ck_assert_double_eq_tol(agl_helix_information(xor_cells, false), -1, 1e-15);
    ck_assert_double_eq_tol(agl_helix_information(copy, false), 1, 1e-15);
    const double one[CELLS] = {[U | I] = 7}, none[CELLS] = {0};
    ck_assert_double_eq(agl_helix_information(one, false), 0);
    ck_assert(isnan(agl_helix_information(none, true)));
    ck_assert(isnan(agl_helix_independent(none)));
}
END_TEST

START_TEST(correction) { /* two cells: every entropy of two filled cells gets 1 / (2 N ln 2), one of a single
                            cell nothing */
    const double count[CELLS] = {[U] = 6, [U | I] = 4};
    double plain = agl_helix_information(count, false);
    /* H_i, H_ui, H_ig and H_uig have two cells: + 1 - 1 - 1 + 1 */
    ck_assert_double_eq_tol(agl_helix_information(count, true), plain, 1e-15);
    const double three[CELLS] = {[U] = 6, [I] = 4, [G] = 5};
    double expected = agl_helix_information(three, false) + (3 * 1 - 3 * 2 + 2) * 1 / (2 * 15 * M_LN2);
    ck_assert_double_eq_tol(agl_helix_information(three, true), expected, 1e-14);
}
END_TEST

START_TEST(independence) {
    const double shares[][3] = {{0.6, 0.5, 0.3}, {0.9, 0.1, 0.05}, {0.02, 0.03, 0.01}, {1, 0.4, 0.5}};
    for (int k = 0; k < 4; k++) {
        double count[CELLS] = {0};
        for (int cell = 1; cell < CELLS; cell++) {
            count[cell] = 1e6;
            for (int h = 0; h < 3; h++)
                count[cell] *= cell >> h & 1 ? shares[k][h] : 1 - shares[k][h];
        }
        ck_assert_double_eq_tol(agl_helix_independent(count), agl_helix_information(count, false), 1e-9);
        count[0] = 1;
        ck_assert_double_eq(agl_helix_independent(count), 0);
    }
    const double apart[CELLS] = {
        [U] = 5, [I] = 3, [G] = 2}; /* never together: independence in the limit of rare parts */
    ck_assert_double_eq_tol(agl_helix_independent(apart), agl_helix_information(apart, false), 1e-12);
}
END_TEST

static const double groups[3][CELLS] = {
    {0, 50, 20, 6, 15, 4, 2, 1}, {0, 3, 40, 12, 2, 1, 9, 5}, {0, 0, 0, 0, 0, 0, 0, 0}};

START_TEST(decomposition) {
    agl_helix_value value[3], total, between;
    double pooled[CELLS] = {0}, within = 0, n = 0;
    ck_assert_int_eq(agl_helix(value, &total, &between, groups[0], 3, NULL, NULL, NULL), AGL_OK);
    for (int g = 0; g < 3; g++)
        for (int cell = 0; cell < CELLS; cell++) {
            pooled[cell] += groups[g][cell];
            n += groups[g][cell];
            if (g < 2) within += groups[g][cell] * value[g].plain;
        }
    ck_assert_double_eq_tol(total.plain, agl_helix_information(pooled, false), 1e-15);
    ck_assert_double_eq_tol(between.plain + within / n, total.plain, 1e-15);
    ck_assert(isnan(value[2].plain));
    ck_assert(isnan(value[2].lo));
    ck_assert_double_lt(value[0].lo, value[0].corrected);
    ck_assert_double_gt(value[0].hi, value[0].corrected);
    ck_assert_double_lt(between.lo, between.hi);
}
END_TEST

START_TEST(threads_do_not_matter) {
    agl_helix_value a[3], b[3], ta, tb, ba, bb;
    agl_ctx one = AGL_CTX_INIT, many = AGL_CTX_INIT;
    one.threads = 1;
    many.threads = 6;
    ck_assert_int_eq(agl_helix(a, &ta, &ba, groups[0], 3, NULL, &one, NULL), AGL_OK);
    ck_assert_int_eq(agl_helix(b, &tb, &bb, groups[0], 3, NULL, &many, NULL), AGL_OK);
    ck_assert_mem_eq(&a[0], &b[0], sizeof a[0]);
    ck_assert_mem_eq(&ta, &tb, sizeof ta);
    ck_assert_mem_eq(&ba, &bb, sizeof ba);
    many.seed = 2;
    ck_assert_int_eq(agl_helix(b, &tb, &bb, groups[0], 3, NULL, &many, NULL), AGL_OK);
    ck_assert_double_ne(tb.lo, ta.lo);
    ck_assert_double_eq(tb.corrected, ta.corrected);
}
END_TEST

/* Samples from known shares: the 95 % interval covers the true value in about 95 of 100. */
START_TEST(coverage) {
    enum { TRIALS = 600, DOCUMENTS = 400 };
    const double share[CELLS] = {0, 0.3, 0.25, 0.1, 0.1, 0.1, 0.05, 0.1};
    double truth = agl_helix_information(share, false);
    int covered = 0;
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        agl_rng rng = agl__rng(77, trial, 0);
        double count[CELLS] = {0};
        for (int i = 0; i < DOCUMENTS; i++) {
            double u = agl__rng_unit(&rng);
            int cell = 1;
            while (cell < CELLS - 1 && u >= share[cell])
                u -= share[cell++];
            count[cell]++;
        }
        agl_helix_value value, total, between;
        agl_helix_options options = {.replicates = 300, .level = 0.95};
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.seed = trial + 1;
        ctx.threads = 1;
        ck_assert_int_eq(agl_helix(&value, &total, &between, count, 1, &options, &ctx, NULL), AGL_OK);
        covered += total.lo <= truth && truth <= total.hi;
    }
    ck_assert_int_gt(covered, TRIALS * 92 / 100);
    ck_assert_int_lt(covered, TRIALS * 98 / 100);
}
END_TEST

START_TEST(refusals) {
    double count[CELLS] = {0, 1, -1};
    agl_helix_value value, total, between;
    ck_assert_int_eq(agl_helix(&value, &total, &between, count, 1, NULL, NULL, NULL), AGL_EDATA);
    count[2] = NAN;
    ck_assert_int_eq(agl_helix(&value, &total, &between, count, 1, NULL, NULL, NULL), AGL_EDATA);
    count[2] = 3;
    agl_helix_options none = {.replicates = 0, .level = 0.95};
    ck_assert_int_eq(agl_helix(&value, &total, &between, count, 1, &none, NULL, NULL), AGL_OK);
    ck_assert(isnan(total.lo));
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    ck_assert_int_eq(agl_helix(&value, &total, &between, count, 1, NULL, &ctx, NULL), AGL_ECANCEL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("helix");
    TCase *tests = tcase_create("helix");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, known_values);
    tcase_add_test(tests, correction);
    tcase_add_test(tests, independence);
    tcase_add_test(tests, decomposition);
    tcase_add_test(tests, threads_do_not_matter);
    tcase_add_test(tests, coverage);
    tcase_add_test(tests, refusals);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

/* Two-mode data and their projection, against counting every pair of every project. */
#include "graphs.h"

#include <string.h>

enum { ACTORS = 60, PROJECTS = 50, ROWS = 260 };

typedef struct rows {
    int32_t project[ROWS], actor[ROWS], start[PROJECTS], end[PROJECTS];
} rows;

static rows random_rows(uint64_t seed) {
    agl_rng rng = agl__rng(seed, 0, 0);
    rows r;
    for (int i = 0; i < ROWS; i++) {
        double u = agl__rng_unit(&rng), v = agl__rng_unit(&rng);
        r.project[i] = (int32_t)(u * u * PROJECTS);
        r.actor[i] = (int32_t)(v * v * ACTORS);
    }
    for (int p = 0; p < PROJECTS; p++) {
        r.start[p] = p % 7 == 6 ? INT32_MIN : -2 + p % 5;
        r.end[p] = r.start[p] == INT32_MIN ? INT32_MIN : r.start[p] + 3;
    }
    return r;
}

static bool takes_part(const rows *r, int32_t p, int32_t a) {
    for (int i = 0; i < ROWS; i++)
        if (r->project[i] == p && r->actor[i] == a) return true;
    return false;
}

static int members(const rows *r, int32_t p) {
    int k = 0;
    for (int32_t a = 0; a < ACTORS; a++)
        k += takes_part(r, p, a);
    return k;
}

START_TEST(incidence) {
    rows r = random_rows(1);
    agl_incidence inc;
    size_t too_large = 99;
    OK(agl_incidence_new(&inc, &too_large, PROJECTS, ACTORS, ROWS, r.project, r.actor, 0, err));
    ck_assert_uint_eq(too_large, 0);
    ck_assert_uint_eq(inc.pairs + inc.duplicates, ROWS);
    size_t pairs = 0;
    for (int32_t p = 0; p < PROJECTS; p++) {
        ck_assert_uint_eq(inc.project_offset[p + 1] - inc.project_offset[p], members(&r, p));
        for (size_t i = inc.project_offset[p]; i < inc.project_offset[p + 1]; i++) {
            ck_assert(takes_part(&r, p, inc.actor[i]));
            if (i > inc.project_offset[p]) ck_assert_int_lt(inc.actor[i - 1], inc.actor[i]);
        }
    }
    for (int32_t a = 0; a < ACTORS; a++)
        for (size_t i = inc.actor_offset[a]; i < inc.actor_offset[a + 1]; i++, pairs++) {
            ck_assert(takes_part(&r, inc.project[i], a));
            if (i > inc.actor_offset[a]) ck_assert_int_lt(inc.project[i - 1], inc.project[i]);
        }
    ck_assert_uint_eq(pairs, inc.pairs);
    agl_incidence_free(&inc);

    int large = 0;
    for (int32_t p = 0; p < PROJECTS; p++)
        large += members(&r, p) > 6;
    OK(agl_incidence_new(&inc, &too_large, PROJECTS, ACTORS, ROWS, r.project, r.actor, 6, err));
    ck_assert_int_gt(large, 0);
    ck_assert_uint_eq(too_large, large);
    for (int32_t p = 0; p < PROJECTS; p++)
        ck_assert_uint_eq(inc.project_offset[p + 1] - inc.project_offset[p],
                          members(&r, p) > 6 ? 0 : members(&r, p));
    agl_incidence_free(&inc);
}
END_TEST

/* Number of projects that a and b share, counted the slow way; slice INT32_MIN = over all projects. */
static size_t common(const rows *r, int32_t a, int32_t b, bool fractional, int32_t slice, double *weight,
                     int32_t *first, int32_t *last) {
    size_t shared = 0;
    *weight = 0;
    *first = *last = INT32_MIN;
    for (int32_t p = 0; p < PROJECTS; p++) {
        if ((slice != INT32_MIN && r->start[p] != slice) || !takes_part(r, p, a) || !takes_part(r, p, b))
            continue;
        shared++;
        *weight += fractional ? 1.0 / (members(r, p) - 1) : 1;
        if (r->start[p] != INT32_MIN && (*first == INT32_MIN || r->start[p] < *first)) *first = r->start[p];
        if (r->end[p] > *last) *last = r->end[p];
    }
    return shared;
}

static void check_projection(bool fractional, bool sliced, double min_weight) {
    rows r = random_rows(2);
    agl_incidence inc;
    agl_ties t;
    agl_project_facts facts = {.start = r.start, .end = r.end, .slice = sliced ? r.start : NULL};
    OK(agl_incidence_new(&inc, NULL, PROJECTS, ACTORS, ROWS, r.project, r.actor, 0, err));
    OK(agl_project(&t, &inc, fractional ? AGL_WEIGHT_FRACTIONAL : AGL_WEIGHT_FULL, min_weight, &facts, NULL,
                   err));
    size_t row = 0;
    for (int32_t a = 0; a < ACTORS; a++)
        for (int32_t b = a + 1; b < ACTORS; b++)
            for (int32_t slice = sliced ? -2 : INT32_MIN; slice < (sliced ? 3 : INT32_MIN + 1); slice++) {
                double weight;
                int32_t first, last;
                size_t shared = common(&r, a, b, fractional, slice, &weight, &first, &last);
                if (shared == 0 || weight < min_weight - 1e-9) continue;
                ck_assert_uint_lt(row, t.n);
                ck_assert_int_eq(t.source[row], a);
                ck_assert_int_eq(t.target[row], b);
                ck_assert_int_eq(t.projects[row], shared);
                ck_assert_double_eq_tol(t.weight[row], weight, 1e-12);
                ck_assert_int_eq(t.first[row], first);
                ck_assert_int_eq(t.last[row], last);
                if (sliced) ck_assert_int_eq(t.slice[row], slice);
                row++;
            }
    ck_assert_uint_eq(row, t.n);
    ck_assert_uint_gt(row, 20);
    agl_ties_free(&t);
    agl_incidence_free(&inc);
}

START_TEST(projection) { check_projection(_i & 1, _i & 2, _i & 4 ? (_i & 1 ? 0.5 : 2) : 0); }
END_TEST

START_TEST(threads_do_not_matter) {
    rows r = random_rows(3);
    agl_incidence inc;
    agl_ties one, many;
    agl_ctx single = AGL_CTX_INIT, several = AGL_CTX_INIT;
    single.threads = 1;
    several.threads = 5;
    OK(agl_incidence_new(&inc, NULL, PROJECTS, ACTORS, ROWS, r.project, r.actor, 0, err));
    OK(agl_project(&one, &inc, AGL_WEIGHT_FRACTIONAL, 0, NULL, &single, err));
    OK(agl_project(&many, &inc, AGL_WEIGHT_FRACTIONAL, 0, NULL, &several, err));
    ck_assert_uint_eq(one.n, many.n);
    ck_assert_mem_eq(one.weight, many.weight, one.n * sizeof *one.weight);
    ck_assert_mem_eq(one.target, many.target, one.n * sizeof *one.target);
    ck_assert_ptr_null(one.first);
    agl_ties_free(&one);
    agl_ties_free(&many);
    agl_incidence_free(&inc);
}
END_TEST

START_TEST(cancelled) {
    rows r = random_rows(4);
    agl_incidence inc;
    agl_ties t;
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    OK(agl_incidence_new(&inc, NULL, PROJECTS, ACTORS, ROWS, r.project, r.actor, 0, err));
    ck_assert_int_eq(agl_project(&t, &inc, AGL_WEIGHT_FULL, 0, NULL, &ctx, NULL), AGL_ECANCEL);
    ck_assert_ptr_null(t.source);
    agl_incidence_free(&inc);
}
END_TEST

START_TEST(rows_without_ids_are_skipped) {
    const int32_t project[] = {0, -1, 0, 1}, actor[] = {0, 1, 1, -1};
    agl_incidence inc;
    OK(agl_incidence_new(&inc, NULL, 2, 2, 4, project, actor, 0, err));
    ck_assert_uint_eq(inc.pairs, 2);
    ck_assert_uint_eq(inc.duplicates, 0);
    agl_incidence_free(&inc);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("project");
    TCase *tests = tcase_create("project");
    tcase_add_test(tests, incidence);
    tcase_add_loop_test(tests, projection, 0, 8);
    tcase_add_test(tests, threads_do_not_matter);
    tcase_add_test(tests, cancelled);
    tcase_add_test(tests, rows_without_ids_are_skipped);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

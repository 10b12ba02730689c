/* The flags of strong clusters: the rule worked by hand, ties, and unknown values. */
#include "agglo/clusters.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>

enum { N = 8 };

typedef struct result {
    double rank_employment[100], rank_lq[100], qualifying[100], significant[100], strong[100], strong10[100];
    agl_clusters out;
} result;

static agl_status flag(result *r, const agl_cells *cells, const double *lq, const double *establishments) {
    r->out =
        (agl_clusters){r->rank_employment, r->rank_lq, r->qualifying, r->significant, r->strong, r->strong10};
    return agl_flag_clusters(&r->out, cells, lq, establishments, NULL, NULL);
}

static const int32_t region[N] = {0, 1, 2, 3, 4, 5, 6, 7}, cluster[N];

START_TEST(by_hand) {
    /* Seven regions with employment. Q25: employment 20 + 0.5 (30 - 20) = 25, establishments 2.5, LQ 0.65 */
    const double jobs[N] = {10, 20, 30, 40, 50, 60, 70, 0}, plants[N] = {1, 9, 8, 7, 2, 3, 4, 0};
    const double lq[N] = {3, 0.5, 0.8, 2.5, 2, 0.4, 1.5, 0};
    agl_cells cells = {N, region, cluster, NULL, jobs, N, 1, 1};
    result r;
    ck_assert_int_eq(flag(&r, &cells, lq, plants), AGL_OK);
    const double ranks[] = {1, 6, 5, 2, 3, 7, 4}, sizes[] = {7, 6, 5, 4, 3, 2, 1};
    /* region 0: too few jobs; 1: too few jobs, low LQ; 4: too few plants; 5: low LQ. Left: 2 (rank 5), 3
     * (rank 2), 6 (rank 4) */
    const double qualifying[] = {0, 0, 1, 1, 0, 0, 1, 0};
    const double significant[] = {0, 0, 0, 1, 0, 0, 0, 0}; /* rank <= floor(3.5) */
    for (int k = 0; k < N; k++) {
        if (k < 7) {
            ck_assert_double_eq(r.rank_lq[k], ranks[k]);
            ck_assert_double_eq(r.rank_employment[k], sizes[k]);
        }
        ck_assert_double_eq(r.qualifying[k], qualifying[k]);
        ck_assert_double_eq(r.significant[k], significant[k]);
        ck_assert_double_eq(r.strong[k], k == 3); /* rank <= ceil(1.75) = 2 */
        ck_assert_double_eq(r.strong10[k], 0);    /* rank <= ceil(0.7) = 1, which region 0 holds */
    }
    ck_assert_double_nan(r.rank_lq[7]);
    ck_assert_double_nan(r.rank_employment[7]);

    /* without establishments region 4 qualifies (rank 3 of 7) and is significant, but not strong */
    ck_assert_int_eq(flag(&r, &cells, lq, NULL), AGL_OK);
    ck_assert(r.qualifying[4] == 1 && r.significant[4] == 1 && r.strong[4] == 0);
}
END_TEST

START_TEST(ties_share_the_better_rank) {
    const double jobs[N] = {5, 5, 5, 1, 9, 2, 2, 0}, lq[N] = {2, 2, 1, 1, 0.5, 0.5, 3, 0};
    agl_cells cells = {N, region, cluster, NULL, jobs, N, 1, 1};
    result r;
    ck_assert_int_eq(flag(&r, &cells, lq, NULL), AGL_OK);
    const double of_lq[] = {2, 2, 4, 4, 6, 6, 1}, of_jobs[] = {2, 2, 2, 7, 1, 5, 5};
    for (int k = 0; k < 7; k++) {
        ck_assert_double_eq(r.rank_lq[k], of_lq[k]);
        ck_assert_double_eq(r.rank_employment[k], of_jobs[k]);
    }
}
END_TEST

START_TEST(unknown_values) {
    const double jobs[N] = {NAN, 10, 20, 30, 40, 50, 60, 0}, lq[N] = {NAN, 1, NAN, 3, 2, 1.5, 5, 0};
    const double plants[N] = {3, 3, 3, NAN, 4, 5, 6, NAN};
    agl_cells cells = {N, region, cluster, NULL, jobs, N, 1, 1};
    result r;
    ck_assert_int_eq(flag(&r, &cells, lq, plants), AGL_OK);
    ck_assert_double_nan(r.rank_employment[0]); /* no employment known: nothing is */
    ck_assert_double_nan(r.strong[0]);
    ck_assert_double_nan(r.rank_lq[2]); /* employment without LQ: no flags */
    ck_assert_double_nan(r.qualifying[2]);
    ck_assert_double_eq(r.rank_lq[3], 2); /* without establishments: ranks, but no flags */
    ck_assert_double_nan(r.significant[3]);
    ck_assert_double_eq(r.qualifying[7], 0); /* no employment */
    ck_assert_double_eq(r.strong[6], 1);
}
END_TEST

START_TEST(slices_and_clusters_stand_alone) {
    enum { R = 11, C = 3, S = 2 };
    int32_t where[R * C * S], what[R * C * S], when[R * C * S];
    double jobs[R * C * S], lq[R * C * S];
    agl_rng rng = agl__rng(2, 0, 0);
    for (int k = 0; k < R * C * S; k++) {
        where[k] = k % R, what[k] = k / R % C, when[k] = k / R / C;
        jobs[k] = 1 + (double)agl__rng_below(&rng, 50), lq[k] = 3 * agl__rng_unit(&rng);
    }
    agl_cells all = {R * C * S, where, what, when, jobs, R, C, S};
    result together, alone;
    ck_assert_int_eq(flag(&together, &all, lq, NULL), AGL_OK);
    for (int first = 0; first < R * C * S; first += R) {
        agl_cells part = {R, where + first, what + first, when + first, jobs + first, R, C, S};
        ck_assert_int_eq(flag(&alone, &part, lq + first, NULL), AGL_OK);
        for (int k = 0; k < R; k++) {
            ck_assert_double_eq(alone.rank_lq[k], together.rank_lq[first + k]);
            ck_assert_double_eq(alone.significant[k], together.significant[first + k]);
            ck_assert_double_eq(alone.strong10[k], together.strong10[first + k]);
        }
    }
}
END_TEST

START_TEST(bad_input) {
    double jobs[N] = {1, 2, 3, -4}, lq[N] = {0};
    agl_cells cells = {N, region, cluster, NULL, jobs, N, 1, 1};
    result r;
    ck_assert_int_eq(flag(&r, &cells, lq, NULL), AGL_EDATA);
    jobs[3] = 4;
    cells.n_regions = 3;
    ck_assert_int_eq(flag(&r, &cells, lq, NULL), AGL_EDATA);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("clusters");
    TCase *tests = tcase_create("clusters");
    tcase_add_test(tests, by_hand);
    tcase_add_test(tests, ties_share_the_better_rank);
    tcase_add_test(tests, unknown_values);
    tcase_add_test(tests, slices_and_clusters_stand_alone);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

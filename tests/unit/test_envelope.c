/* Bands and tests of simulated curves against versions that read like the definitions, and the promise of the
 * level. */
#include "agglo/envelope.h"
#include "base/rng.h"
#include "kernel/geo/envelope.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { SIMS = 199, N = 20 };

typedef struct curves {
    double sims[SIMS * N], observed[N];
} curves;

/* Random walks: neighbouring distances hang together, as in real curves. Rounded, they have ties. */
static void fill(curves *c, uint32_t replicate, bool rounded) {
    agl_rng rng = agl__rng(11, replicate, 0);
    for (size_t s = 0; s <= SIMS; s++) {
        double *curve = s < SIMS ? c->sims + s * N : c->observed, level = 0;
        for (size_t j = 0; j < N; j++) {
            level += agl__rng_normal(&rng);
            curve[j] = rounded ? round(level) : level;
        }
    }
}

static agl_cmat matrix(const curves *c) { return (agl_cmat){c->sims, SIMS, N, N}; }

static agl_envelope fit(const curves *c, agl_band band, double alpha, bool each_side) {
    agl_envelope e;
    agl_envelope_options o = {.alpha = alpha, .band = band, .each_side = each_side};
    agl_error err;
    ck_assert_msg(agl_envelope_fit(&e, matrix(c), c->observed, &o, &err) == AGL_OK, "%s", err.message);
    return e;
}

static bool leaves(const double *curve, const agl_envelope *e) {
    for (size_t j = 0; j < N; j++)
        if (curve[j] < e->global_lo[j] || curve[j] > e->global_hi[j]) return true;
    return false;
}

static int ascending(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return p < q ? -1 : p > q;
}

START_TEST(quantile_of_type_7) {
    const double v[] = {1, 2, 4, 8};
    ck_assert_double_eq(agl_quantile_sorted(v, 4, 0), 1);
    ck_assert_double_eq(agl_quantile_sorted(v, 4, 1), 8);
    ck_assert_double_eq_tol(agl_quantile_sorted(v, 4, 0.5), 3, 1e-15);
    ck_assert_double_eq_tol(agl_quantile_sorted(v, 4, 0.25), 1.75, 1e-15);
    ck_assert_double_eq(agl_quantile_sorted(v, 1, 0.3), 1);
    ck_assert(isnan(agl_quantile_sorted(v, 0, 0.5)));
}
END_TEST

START_TEST(local_band_mean_and_median) {
    curves c;
    fill(&c, 1, false);
    agl_envelope both = fit(&c, AGL_BAND_DO2005, 0.1, false), each = fit(&c, AGL_BAND_DO2005, 0.1, true);
    for (size_t j = 0; j < N; j++) {
        double v[SIMS], sum = 0;
        for (size_t s = 0; s < SIMS; s++)
            sum += v[s] = c.sims[s * N + j];
        qsort(v, SIMS, sizeof *v, ascending);
        ck_assert_double_eq_tol(both.mean[j], sum / SIMS, 1e-12);
        ck_assert_double_eq(both.median[j], v[SIMS / 2]);
        ck_assert_double_eq(both.local_lo[j], agl_quantile_sorted(v, SIMS, 0.05));
        ck_assert_double_eq(both.local_hi[j], agl_quantile_sorted(v, SIMS, 0.95));
        ck_assert_double_eq(each.local_lo[j], agl_quantile_sorted(v, SIMS, 0.1));
        ck_assert_double_eq(each.local_hi[j], agl_quantile_sorted(v, SIMS, 0.9));
    }
    agl_envelope_free(&both);
    agl_envelope_free(&each);
}
END_TEST

/* Number of simulated curves below the k-th smallest or above the k-th largest value of the others somewhere.
 */
static size_t exits(const curves *c, size_t k, bool lower, bool upper) {
    size_t n = 0;
    for (size_t s = 0; s < SIMS; s++) {
        bool out = false;
        for (size_t j = 0; j < N && !out; j++) {
            double v[SIMS];
            size_t m = 0;
            for (size_t t = 0; t < SIMS; t++)
                if (t != s) v[m++] = c->sims[t * N + j];
            qsort(v, m, sizeof *v, ascending);
            out = (lower && c->sims[s * N + j] < v[k - 1]) || (upper && c->sims[s * N + j] > v[m - k]);
        }
        n += out;
    }
    return n;
}

static void check_common_level(const curves *c, const agl_envelope *e, bool lower, bool upper, double alpha) {
    size_t k = 1;
    double target = alpha * SIMS, now = (double)exits(c, 1, lower, upper),
           next = (double)exits(c, 2, lower, upper);
    ck_assert(now < target);
    for (; next <= target; k++) {
        now = next;
        next = (double)exits(c, k + 2, lower, upper);
    }
    double share = (target - now) / (next - now);
    for (size_t j = 0; j < N; j++) {
        double v[SIMS];
        for (size_t t = 0; t < SIMS; t++)
            v[t] = c->sims[t * N + j];
        qsort(v, SIMS, sizeof *v, ascending);
        if (lower) ck_assert_double_eq_tol(e->global_lo[j], v[k - 1] + share * (v[k] - v[k - 1]), 1e-9);
        if (upper)
            ck_assert_double_eq_tol(e->global_hi[j], v[SIMS - k] - share * (v[SIMS - k] - v[SIMS - k - 1]),
                                    1e-9);
    }
}

START_TEST(common_level_of_duranton_and_overman) {
    curves c;
    fill(&c, 2, false);
    agl_envelope e = fit(&c, AGL_BAND_DO2005, 0.2, false);
    check_common_level(&c, &e, true, true, 0.2);
    agl_envelope_free(&e);
    e = fit(&c, AGL_BAND_DO2005, 0.2, true);
    check_common_level(&c, &e, true, false, 0.2);
    check_common_level(&c, &e, false, true, 0.2);
    agl_envelope_free(&e);
}
END_TEST

/* Pointwise rank from the nearer side, ties at their mean rank, all SIMS + 1 curves taking part. */
static void naive_ranks(double *rank, const curves *c, size_t s) {
    const double *own = s < SIMS ? c->sims + s * N : c->observed;
    for (size_t j = 0; j < N; j++) {
        double below = 0, above = 0, tied = 0;
        for (size_t t = 0; t <= SIMS; t++) {
            double v = t < SIMS ? c->sims[t * N + j] : c->observed[j];
            below += v < own[j];
            above += v > own[j];
            tied += v == own[j];
        }
        rank[j] = fmin(below, above) + (tied + 1) / 2;
    }
    qsort(rank, N, sizeof *rank, ascending);
}

static double naive_erl_p(const curves *c) {
    double own[N], other[N];
    size_t as_extreme = 0;
    naive_ranks(own, c, SIMS);
    for (size_t s = 0; s <= SIMS; s++) {
        naive_ranks(other, c, s);
        size_t j = 0;
        while (j < N && other[j] == own[j])
            j++;
        as_extreme += j == N || other[j] < own[j];
    }
    return (double)as_extreme / (SIMS + 1);
}

START_TEST(extreme_rank_length) {
    curves c;
    for (uint32_t k = 0; k < 60; k++) {
        fill(&c, 100 + k, k % 2 == 1);
        if (k % 3 == 0)
            for (size_t j = 0; j < N; j++)
                c.observed[j] += 4;
        agl_envelope e = fit(&c, AGL_BAND_ERL, 0.1, false);
        ck_assert_double_eq(e.p_global, naive_erl_p(&c));
        if (k % 2 == 0) ck_assert_int_eq(leaves(c.observed, &e), e.p_global <= 0.1); /* without ties */
        agl_envelope_free(&e);
    }
}
END_TEST

START_TEST(elimination_as_the_peer) {
    /* five curves at two distances; 20 % may go. The first round drops the curves that are first to reach an
     * edge: 0 and 4 at the first distance, 3 and 1 at the second. One is left, below the target of 4, so
     * nothing but an error is right; with alpha 0.8 the target is 1 and the last curve is the band. */
    const double sims[] = {1, 5, 2, 9, 3, 6, 4, 4, 5, 7};
    agl_cmat m = {sims, 5, 2, 2};
    agl_envelope e;
    agl_envelope_options o = {.alpha = 0.2, .band = AGL_BAND_DBMSS};
    agl_error err;
    ck_assert_int_eq(agl_envelope_fit(&e, m, NULL, &o, &err), AGL_EDATA);
    /* nine curves 1..9 at one distance, alpha 0.5: rounds leave 7, 5, 3 <= 4.5; the band [4, 6] steps back
     * towards [3, 7] by (4.5 - 3)/9 of the way */
    const double nine[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    o.alpha = 0.5;
    ck_assert_int_eq(agl_envelope_fit(&e, (agl_cmat){nine, 9, 1, 1}, NULL, &o, &err), AGL_OK);
    ck_assert_double_eq_tol(e.global_lo[0], 4 - 1.5 / 9, 1e-12);
    ck_assert_double_eq_tol(e.global_hi[0], 6 + 1.5 / 9, 1e-12);
    agl_envelope_free(&e);
}
END_TEST

START_TEST(missing_values) {
    curves c;
    fill(&c, 3, false);
    for (size_t s = 0; s < SIMS; s++) {
        c.sims[s * N] = NAN;                /* no simulated value at the first distance */
        if (s % 2) c.sims[s * N + 1] = NAN; /* half of them at the second */
    }
    c.observed[2] = NAN;
    for (int band = AGL_BAND_DO2005; band <= AGL_BAND_DBMSS; band++) {
        agl_envelope e = fit(&c, (agl_band)band, 0.1, false);
        ck_assert(isnan(e.mean[0]) && isnan(e.local_lo[0]));
        ck_assert(isfinite(e.mean[1]) && isfinite(e.global_lo[1]) && isfinite(e.global_hi[1]));
        ck_assert(isfinite(e.global_lo[2]));
        ck_assert(isfinite(e.p_global));
        for (size_t j = 1; j < N; j++)
            ck_assert(e.global_lo[j] <= e.median[j] && e.median[j] <= e.global_hi[j]);
        agl_envelope_free(&e);
    }
}
END_TEST

START_TEST(too_few_simulations) {
    curves c;
    fill(&c, 4, false);
    agl_envelope e;
    agl_error err;
    agl_envelope_options o = {.alpha = 0.05, .band = AGL_BAND_ERL};
    ck_assert_int_eq(agl_envelope_fit(&e, (agl_cmat){c.sims, 19, N, N}, c.observed, &o, &err), AGL_EUSAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "at least 20"));
    ck_assert_int_eq(agl_envelope_fit(&e, (agl_cmat){c.sims, 20, N, N}, c.observed, &o, &err), AGL_OK);
    agl_envelope_free(&e);
}
END_TEST

/* 1,000 observed curves drawn like the simulated ones: a band of nominal 5 % is left by 3 to 7 %, and so is
 * the level of the p-value. Standard error of the share: 0.7 %. */
START_TEST(level_is_held) {
    enum { RUNS = 1000 };
    size_t outside[2] = {0, 0}, p_small = 0, each_up = 0;
    curves c;
    for (uint32_t k = 0; k < RUNS; k++) {
        fill(&c, 1000 + k, false);
        for (int band = 0; band < 2; band++) {
            agl_envelope e = fit(&c, band ? AGL_BAND_ERL : AGL_BAND_DO2005, 0.05, false);
            outside[band] += leaves(c.observed, &e);
            if (band) p_small += e.p_global <= 0.05;
            agl_envelope_free(&e);
        }
        agl_envelope e = fit(&c, AGL_BAND_DO2005, 0.05, true);
        bool up = false;
        for (size_t j = 0; j < N; j++)
            up = up || c.observed[j] > e.global_hi[j];
        each_up += up;
        agl_envelope_free(&e);
    }
    ck_assert_msg(outside[0] > 0.03 * RUNS && outside[0] < 0.07 * RUNS, "do2005 %zu", outside[0]);
    ck_assert_msg(outside[1] > 0.03 * RUNS && outside[1] < 0.07 * RUNS, "erl %zu", outside[1]);
    ck_assert_msg(p_small > 0.03 * RUNS && p_small < 0.07 * RUNS, "p %zu", p_small);
    ck_assert_msg(each_up > 0.03 * RUNS && each_up < 0.07 * RUNS, "upper side %zu", each_up);
}
END_TEST

START_TEST(goodness_of_fit) {
    /* three simulated curves at r = 0, 1, 3 and an observed one; worked out by hand */
    const double sims[] = {0, 0, 0, 1, 2, 0, 2, 1, 3}, observed[] = {1, 3, 1}, r[] = {0, 1, 3};
    agl_gof g;
    ck_assert_int_eq(agl_gof_test(&g, (agl_cmat){sims, 3, 3, 3}, observed, r, false, NULL), AGL_OK);
    /* means 1, 1, 1: deviations 0, 2, 0; weights 0.5, 1.5, 1 -> DCLF 6, MAD 2 */
    ck_assert_double_eq_tol(g.dclf, 6, 1e-12);
    ck_assert_double_eq_tol(g.mad, 2, 1e-12);
    /* leave-one-out: curve 1 (-1.5, -1.5, -1.5) 6.75 and 1.5; curve 2 (0, 1.5, -1.5) 5.625 and 1.5;
     * curve 3 (1.5, 0, 3) 10.125 and 3 */
    ck_assert_double_eq_tol(g.dclf_p, 3.0 / 4, 1e-12);
    ck_assert_double_eq_tol(g.mad_p, 2.0 / 4, 1e-12);
    ck_assert_uint_eq(g.n_used, 3);

    curves c;
    size_t small = 0;
    const double even[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
    for (uint32_t k = 0; k < 1000; k++) {
        fill(&c, 9000 + k, false);
        ck_assert_int_eq(agl_gof_test(&g, matrix(&c), c.observed, even, k % 2 == 0, NULL), AGL_OK);
        small += g.dclf_p <= 0.05;
    }
    ck_assert_msg(small > 30 && small < 70, "%zu of 1000", small);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("envelope");
    TCase *t = tcase_create("envelope");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, quantile_of_type_7);
    tcase_add_test(t, local_band_mean_and_median);
    tcase_add_test(t, common_level_of_duranton_and_overman);
    tcase_add_test(t, extreme_rank_length);
    tcase_add_test(t, elimination_as_the_peer);
    tcase_add_test(t, missing_values);
    tcase_add_test(t, too_few_simulations);
    tcase_add_test(t, level_is_held);
    tcase_add_test(t, goodness_of_fit);
    suite_add_tcase(suite, t);
    return unit_main(suite);
}

/* Spatial autocorrelation: moments against all orders of the values, draws against a slow version, neighbours
 * against all pairs. */
#include "agglo/hotspots.h"
#include "base/mem.h"
#include "base/rng.h"
#include "kernel/measure/permutation.h"
#include "unit.h"

#include <math.h>
#include <string.h>

#define FEW 6

/** Asymmetric weights with gaps, without an island. */
static agl_spatial_weights odd_weights(void) {
    const int32_t source[] = {0, 0, 1, 1, 1, 2, 3, 3, 4, 5, 5}, target[] = {1, 4, 0, 2, 5, 3, 2, 0, 5, 4, 1};
    const double weight[] = {1, 0.5, 2, 1, 0.25, 3, 1, 1, 0.7, 1.1, 2};
    agl_spatial_weights w;
    ck_assert_int_eq(agl_spatial_weights_pairs(&w, FEW, source, target, weight, 11, NULL), AGL_OK);
    return w;
}

static const double few[FEW] = {3, 1, 4, 1.5, 9, 2.6};

/** The next order of `order` in the order of words; false after the last. */
static bool next_order(int *order, int n) {
    int i = n - 2, j = n - 1;
    while (i >= 0 && order[i] > order[i + 1])
        i--;
    if (i < 0) return false;
    while (order[j] < order[i])
        j--;
    int t = order[i];
    order[i] = order[j];
    order[j] = t;
    for (int a = i + 1, b = n - 1; a < b; a++, b--) {
        t = order[a];
        order[a] = order[b];
        order[b] = t;
    }
    return true;
}

typedef agl_status index_fn(agl_autocorrelation *, const agl_spatial_weights *, const double *, agl_error *);

static void moments_over_orders(index_fn *index) {
    agl_spatial_weights w = odd_weights();
    int order[FEW] = {0, 1, 2, 3, 4, 5};
    agl_autocorrelation first, a;
    ck_assert_int_eq(index(&first, &w, few, NULL), AGL_OK);
    double sum = 0, square = 0, n = 0;
    do {
        double y[FEW];
        for (int i = 0; i < FEW; i++)
            y[i] = few[order[i]];
        ck_assert_int_eq(index(&a, &w, y, NULL), AGL_OK);
        sum += a.value;
        square += a.value * a.value;
        n++;
    } while (next_order(order, FEW));
    ck_assert_double_eq(n, 720);
    ck_assert_double_eq_tol(sum / n, first.expected, 1e-12);
    ck_assert_double_eq_tol(square / n - sum / n * (sum / n), first.variance, 1e-12);
    agl_spatial_weights_free(&w);
}

START_TEST(test_global_moments) {
    moments_over_orders(agl_moran);
    moments_over_orders(agl_geary);
    moments_over_orders(agl_general_g);
}
END_TEST

/** Orders that leave region i in place: the conditional moments of its indices. */
static void local_moments(int fixed) {
    agl_spatial_weights w = odd_weights();
    double moran[FEW], expected[FEW], variance[FEW], geary[FEW], geary_expected[FEW], geary_variance[FEW];
    agl_local all = {.moran_expected = expected,
                     .moran_variance = variance,
                     .geary_expected = geary_expected,
                     .geary_variance = geary_variance},
              one = {.moran = moran, .geary = geary};
    ck_assert_int_eq(agl_local_indices(&all, &w, few, NULL, NULL), AGL_OK);
    int order[FEW] = {0, 1, 2, 3, 4, 5};
    double sum[2] = {0}, square[2] = {0}, n = 0;
    do {
        if (order[fixed] != fixed) continue;
        double y[FEW];
        for (int i = 0; i < FEW; i++)
            y[i] = few[order[i]];
        ck_assert_int_eq(agl_local_indices(&one, &w, y, NULL, NULL), AGL_OK);
        const double value[2] = {moran[fixed], geary[fixed]};
        for (int k = 0; k < 2; k++) {
            sum[k] += value[k];
            square[k] += value[k] * value[k];
        }
        n++;
    } while (next_order(order, FEW));
    ck_assert_double_eq_tol(sum[0] / n, expected[fixed], 1e-12);
    ck_assert_double_eq_tol(square[0] / n - sum[0] / n * (sum[0] / n), variance[fixed], 1e-11);
    ck_assert_double_eq_tol(sum[1] / n, geary_expected[fixed], 1e-12);
    ck_assert_double_eq_tol(square[1] / n - sum[1] / n * (sum[1] / n), geary_variance[fixed], 1e-11);
    agl_spatial_weights_free(&w);
}

START_TEST(test_local_moments) {
    for (int i = 0; i < FEW; i++)
        local_moments(i);
}
END_TEST

START_TEST(test_sum_of_local) { /* sum of local Moran (n scale) = I S0; z of moran = +- gi; gi has no scale */
    agl_spatial_weights w = odd_weights();
    double moran[FEW], expected[FEW], variance[FEW], gi[FEW], again[FEW], star[FEW], star_again[FEW], sum = 0;
    agl_local out = {
        .moran = moran, .moran_expected = expected, .moran_variance = variance, .gi = gi, .gi_star = star};
    agl_local_options n_scale = {.moran_n = true};
    agl_autocorrelation global;
    agl_weight_sums sums;
    ck_assert_int_eq(agl_local_indices(&out, &w, few, &n_scale, NULL), AGL_OK);
    ck_assert_int_eq(agl_moran(&global, &w, few, NULL), AGL_OK);
    ck_assert_int_eq(agl_spatial_weights_sums(&sums, &w, NULL), AGL_OK);
    for (int i = 0; i < FEW; i++) {
        sum += moran[i];
        ck_assert_double_eq_tol(fabs((moran[i] - expected[i]) / sqrt(variance[i])), fabs(gi[i]), 1e-12);
    }
    ck_assert_double_eq_tol(sum, global.value * sums.s0, 1e-12);
    agl_spatial_weights_standardise(&w);
    agl_local scaled = {.gi = again, .gi_star = star_again};
    ck_assert_int_eq(agl_local_indices(&scaled, &w, few, NULL, NULL), AGL_OK);
    for (int i = 0; i < FEW; i++) {
        ck_assert_double_eq_tol(again[i], gi[i], 1e-12);
        ck_assert_double_eq_tol(star_again[i], star[i], 1e-12);
    }
    agl_spatial_weights_free(&w);
}
END_TEST

/* ---- draws ---- */

/** One round, slowly: a list of the regions left, from which the chosen is taken out. */
static void slow_round(double *lag, double *geary, const agl__draw_site *s, uint32_t round) {
    int32_t *left = AGL_NEW(int32_t, s->n);
    uint32_t m = 0;
    for (uint32_t j = 0; j < s->n; j++)
        if (j != s->site) left[m++] = (int32_t)j;
    agl_rng rng = agl__rng(s->seed, round, s->site);
    *lag = *geary = 0;
    for (uint32_t d = 0; d < s->k; d++) {
        uint32_t at = (uint32_t)(((uint64_t)agl__rng_u32(&rng) * m) >> 32);
        double z = s->z[left[at]], gap = s->z[s->site] - z;
        memmove(left + at, left + at + 1, (--m - at) * sizeof *left);
        *lag += s->weight[d] * z;
        *geary += s->weight[d] * (gap * gap);
    }
    free(left);
}

START_TEST(test_draws_are_those_of_a_list) {
    enum { N = 90, MOST = AGL__DRAW_MOST };
    double z[N], weight[MOST];
    for (int i = 0; i < N; i++)
        z[i] = sin(i * 1.7) * 10;
    for (int d = 0; d < MOST; d++)
        weight[d] = 1 + d * 0.125;
    for (uint32_t k = 1; k <= MOST; k += k < 9 ? 1 : 11) {
        agl__draw_site site = {z, weight, N, k, 7 * k % N, 0x123456789abcdefULL};
        for (int level = 0; level < 3; level++) {
            agl__draw_kernel *draw = agl__draw_kernel_for(level);
            if (!draw) continue;
            double lag[AGL__DRAW_LANES], geary[AGL__DRAW_LANES], slow, slow_geary;
            draw(lag, geary, &site, 32);
            for (uint32_t l = 0; l < AGL__DRAW_LANES; l++) {
                slow_round(&slow, &slow_geary, &site, 32 + l);
                ck_assert_double_eq(lag[l], slow);
                ck_assert_double_eq(geary[l], slow_geary);
            }
        }
    }
}
END_TEST

START_TEST(test_draws_all_there) { /* k = n - 1: every other region once, whatever the order */
    enum { N = 9 };
    double z[N], weight[N - 1], lag[AGL__DRAW_LANES], geary[AGL__DRAW_LANES], sum = 0;
    for (int i = 0; i < N; i++) {
        z[i] = 1 << i;
        if (i != 4) sum += z[i];
    }
    for (int d = 0; d < N - 1; d++)
        weight[d] = 1;
    agl__draw_site site = {z, weight, N, N - 1, 4, 5};
    for (uint32_t r = 0; r < 160; r += AGL__DRAW_LANES) {
        agl__draw_plain(lag, geary, &site, r);
        for (int l = 0; l < AGL__DRAW_LANES; l++)
            ck_assert_double_eq(lag[l], sum);
    }
}
END_TEST

/** Random points, weights by nearest neighbours, a smooth value. */
static void random_map(agl_points *points, double *y, size_t n, bool sphere) {
    double *a = AGL_NEW(double, n), *b = AGL_NEW(double, n);
    for (size_t i = 0; i < n; i++) {
        agl_rng rng = agl__rng(11, 0, (uint32_t)i);
        a[i] = agl__rng_unit(&rng) * (sphere ? 360 : 1) - (sphere ? 180 : 0);
        b[i] = agl__rng_unit(&rng) * (sphere ? 180 : 1) - (sphere ? 90 : 0);
        y[i] = sin(3 * a[i]) + 0.5 * agl__rng_normal(&rng);
    }
    ck_assert_int_eq(sphere ? agl_points_sphere(points, a, b, n, NULL)
                            : agl_points_plane(points, a, b, 1, n, NULL),
                     AGL_OK);
    free(a);
    free(b);
}

static void
drawn_moments(size_t k) { /* mean and deviation of the draws against theory, few and many neighbours */
    enum { N = 150, ROUNDS = 4000 };
    agl_points points;
    agl_spatial_weights w;
    double y[N], mean[N], sd[N], moran[N], gi[N];
    random_map(&points, y, N, false);
    ck_assert_int_eq(agl_spatial_weights_nearest(&w, &points, k, NULL, NULL), AGL_OK);
    agl_local_draws draws = {.lag_mean = mean, .lag_sd = sd};
    agl_local local = {.moran = moran, .gi = gi};
    ck_assert_int_eq(agl_local_permute(&draws, &w, y, ROUNDS, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_local_indices(&local, &w, y, NULL, NULL), AGL_OK);
    double average = 0, sum2 = 0, worst = 0;
    for (int i = 0; i < N; i++)
        average += y[i] / N;
    for (int i = 0; i < N; i++)
        sum2 += (y[i] - average) * (y[i] - average);
    for (int i = 0; i < N; i++) {
        double z = y[i] - average, lag = moran[i] * sum2 / (N - 1) / z, expected = -z * (double)k / (N - 1);
        double deviation = (lag - expected) / gi[i];
        worst = fmax(worst, fabs(mean[i] - expected) / (deviation / sqrt(ROUNDS)));
        ck_assert_double_eq_tol(sd[i] / deviation, 1, 0.06); /* its standard error is 0.011 */
    }
    ck_assert_double_lt(worst, 4.5);
    agl_spatial_weights_free(&w);
    agl_points_free(&points);
}

START_TEST(test_drawn_moments) {
    drawn_moments(5);
    drawn_moments(100);
}
END_TEST

START_TEST(test_threads) {
    enum { N = 300 };
    agl_points points;
    double y[N];
    random_map(&points, y, N, false);
    uint32_t above[2][N], geary[2][N];
    double p[2][3];
    for (int t = 0; t < 2; t++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = t ? 3 : 1;
        agl_spatial_weights w;
        agl_autocorrelation moran, gearys, g;
        ck_assert_int_eq(agl_spatial_weights_within(&w, &points, 0.25, AGL_KERNEL_TRIANGULAR, &ctx, NULL),
                         AGL_OK);
        agl_local_draws draws = {.lag_above = above[t], .geary_above = geary[t]};
        ck_assert_int_eq(agl_local_permute(&draws, &w, y, 99, &ctx, NULL), AGL_OK);
        ck_assert_int_eq(agl_moran(&moran, &w, y, NULL), AGL_OK);
        ck_assert_int_eq(agl_geary(&gearys, &w, y, NULL), AGL_OK);
        ck_assert_int_eq(agl_general_g(&g, &w, y, NULL), AGL_OK);
        ck_assert_int_eq(agl_autocorrelation_permute(&moran, &gearys, &g, &w, y, 199, &ctx, NULL), AGL_OK);
        p[t][0] = moran.p_permutation, p[t][1] = gearys.p_permutation, p[t][2] = moran.value;
        ck_assert(isnan(g.value)); /* negative values */
        agl_spatial_weights_free(&w);
    }
    ck_assert_mem_eq(above[0], above[1], sizeof above[0]);
    ck_assert_mem_eq(geary[0], geary[1], sizeof geary[0]);
    ck_assert_mem_eq(p[0], p[1], sizeof p[0]);
    ck_assert_double_eq(p[0][0], 0.005); /* the map is smooth: no shuffle comes near */
    agl_points_free(&points);
}
END_TEST

START_TEST(test_permutation_p) {
    ck_assert_double_eq(agl_permutation_p(0, 999, false), 0.001);
    ck_assert_double_eq(agl_permutation_p(999, 999, true), 0.002);
    ck_assert_double_eq(agl_permutation_p(500, 999, true), 1);
    ck_assert_double_eq(agl_permutation_p(499, 999, false), 0.5);
}
END_TEST

/* ---- neighbours ---- */

static void near_and_within(bool sphere) {
    enum { N = 220, K = 7 };
    agl_points points;
    agl_spatial_weights near, within;
    double y[N], radius = sphere ? 2500 : 0.17;
    random_map(&points, y, N, sphere);
    ck_assert_int_eq(agl_spatial_weights_nearest(&near, &points, K, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_spatial_weights_within(&within, &points, radius, AGL_KERNEL_BIWEIGHT, NULL, NULL),
                     AGL_OK);
    for (size_t i = 0; i < N; i++) {
        ck_assert_uint_eq(near.start[i + 1] - near.start[i], K);
        double farthest = 0;
        for (size_t s = near.start[i]; s < near.start[i + 1]; s++)
            farthest = fmax(farthest, agl_points_distance(&points, i, (size_t)near.to[s]));
        size_t nearer = 0, inside = 0, at = within.start[i];
        for (size_t j = 0; j < N; j++) {
            if (j == i) continue;
            double d = agl_points_distance(&points, i, j), u = d / radius;
            nearer += d <= farthest;
            if (u > 1) continue;
            inside++;
            ck_assert_int_eq(within.to[at], (int32_t)j);
            ck_assert_double_eq_tol(within.weight[at++], 15.0 / 16 * (1 - u * u) * (1 - u * u), 1e-12);
        }
        ck_assert_uint_eq(nearer, K);
        ck_assert_uint_eq(inside, within.start[i + 1] - within.start[i]);
    }
    agl_spatial_weights_free(&near);
    agl_spatial_weights_free(&within);
    agl_points_free(&points);
}

START_TEST(test_near_and_within) {
    near_and_within(false);
    near_and_within(true);
}
END_TEST

START_TEST(test_ties_go_to_the_lower_index) { /* a lattice, where most distances are equal */
    double x[9], y[9];
    for (int i = 0; i < 9; i++)
        x[i] = i % 3, y[i] = i / 3;
    agl_points points;
    agl_spatial_weights w;
    ck_assert_int_eq(agl_points_plane(&points, x, y, 1, 9, NULL), AGL_OK);
    ck_assert_int_eq(agl_spatial_weights_nearest(&w, &points, 2, NULL, NULL), AGL_OK);
    const int32_t expected[9][2] = {{1, 3}, {0, 2}, {1, 5}, {0, 4}, {1, 3}, {2, 4}, {3, 7}, {4, 6}, {5, 7}};
    ck_assert_mem_eq(w.to, expected, sizeof expected);
    agl_spatial_weights_free(&w);
    agl_points_free(&points);
}
END_TEST

enum { SIDE = 5, SQUARES = SIDE * SIDE };

/** A chessboard; `jitter` moves the corners of each square a little. */
static void touching(agl_spatial_weights *w, bool rook, double jitter, double snap) {
    double x[4 * SQUARES], y[4 * SQUARES];
    int32_t owner[SQUARES];
    size_t first[SQUARES + 1];
    static const int dx[4] = {0, 1, 1, 0}, dy[4] = {0, 0, 1, 1};
    for (int q = 0; q < SQUARES; q++) {
        owner[q] = q;
        first[q] = (size_t)q * 4;
        for (int c = 0; c < 4;
             c++) { /* begun at another corner and turned the other way round in every other square */
            int k = q % 2 ? (q + c) % 4 : (q + 4 - c) % 4;
            agl_rng rng = agl__rng(3, (uint32_t)q, (uint32_t)c);
            x[4 * q + c] = q % SIDE + dx[k] + jitter * (agl__rng_unit(&rng) - 0.5);
            y[4 * q + c] = (double)(q / SIDE) + dy[k] + jitter * (agl__rng_unit(&rng) - 0.5);
        }
    }
    first[SQUARES] = 4 * SQUARES;
    agl_outlines o = {.n = SQUARES, .n_rings = SQUARES, .owner = owner, .first = first, .x = x, .y = y};
    ck_assert_int_eq(agl_spatial_weights_touching(w, &o, rook, snap, NULL), AGL_OK);
}

START_TEST(test_touching) {
    for (int rook = 0; rook < 2; rook++)
        for (int jitter = 0; jitter < 2; jitter++) {
            agl_spatial_weights w;
            touching(&w, rook, jitter * 1e-6, jitter * 1e-5);
            for (int q = 0; q < SQUARES; q++) {
                size_t s = w.start[q];
                for (int r = 0; r < SQUARES; r++) {
                    int dx = abs(q % SIDE - r % SIDE), dy = abs(q / SIDE - r / SIDE);
                    bool neighbour = rook ? dx + dy == 1 : q != r && dx <= 1 && dy <= 1;
                    if (neighbour) ck_assert_int_eq(w.to[s++], r);
                }
                ck_assert_uint_eq(s, w.start[q + 1]);
            }
            agl_spatial_weights_free(&w);
        }
    agl_spatial_weights apart;
    touching(&apart, false, 1e-6, 0); /* without snapping nothing touches */
    ck_assert_uint_eq(apart.start[SQUARES], 0);
    agl_spatial_weights_free(&apart);
}
END_TEST

/* ---- bad input ---- */

START_TEST(test_bad_pairs) {
    agl_spatial_weights w;
    agl_error err;
    const int32_t a[] = {0, 1, 0}, twice[] = {1, 0, 1}, self[] = {1, 1, 2}, far[] = {1, 2, 9};
    const double negative[] = {1, -1, 1};
    ck_assert_int_eq(agl_spatial_weights_pairs(&w, 3, a, twice, NULL, 3, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "given twice"));
    ck_assert_int_eq(agl_spatial_weights_pairs(&w, 3, a, self, NULL, 3, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "own neighbour"));
    ck_assert_int_eq(agl_spatial_weights_pairs(&w, 3, a, far, NULL, 3, &err), AGL_EDATA);
    ck_assert_int_eq(agl_spatial_weights_pairs(&w, 3, a, twice, negative, 2, &err), AGL_EDATA);
}
END_TEST

START_TEST(test_bad_values) {
    agl_spatial_weights w = odd_weights(), none;
    agl_error err;
    agl_autocorrelation a;
    const double same[FEW] = {2, 2, 2, 2, 2, 2}, gap[FEW] = {1, 2, NAN, 3, 4, 5};
    ck_assert_int_eq(agl_moran(&a, &w, same, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "every region has the value 2"));
    ck_assert_int_eq(agl_geary(&a, &w, gap, &err), AGL_EDATA);
    ck_assert_int_eq(agl_spatial_weights_pairs(&none, FEW, NULL, NULL, NULL, 0, NULL), AGL_OK);
    ck_assert_int_eq(agl_moran(&a, &none, few, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "no region has a neighbour"));
    agl_spatial_weights_free(&w);
    agl_spatial_weights_free(&none);
}
END_TEST

START_TEST(
    test_islands) { /* an island has no index, but itself in G*; the others do not change their weights */
    const int32_t source[] = {0, 1, 1, 2, 3, 2}, target[] = {1, 0, 2, 1, 2, 3};
    agl_spatial_weights w;
    ck_assert_int_eq(agl_spatial_weights_pairs(&w, 5, source, target, NULL, 6, NULL), AGL_OK);
    agl_weight_sums sums;
    ck_assert_int_eq(agl_spatial_weights_sums(&sums, &w, NULL), AGL_OK);
    ck_assert_uint_eq(sums.islands, 1);
    ck_assert_double_eq(sums.s0, 6);
    ck_assert_double_eq(sums.s1, 12); /* symmetric: 2 sum w^2 */
    double moran[5], gi[5], star[5], lag[5], mean[5];
    uint32_t above[5];
    const double y[5] = {1, 2, 4, 8, 16};
    agl_local out = {.moran = moran, .gi = gi, .gi_star = star, .lag = lag};
    agl_local_draws draws = {.lag_above = above, .lag_mean = mean};
    ck_assert_int_eq(agl_local_indices(&out, &w, y, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_local_permute(&draws, &w, y, 19, NULL, NULL), AGL_OK);
    ck_assert(isnan(moran[4]) && isnan(gi[4]) && isnan(lag[4]) && isnan(mean[4]));
    ck_assert_double_eq_tol(star[4], (16 - 6.2) / sqrt(29.76), 1e-12); /* its own z-value */
    ck_assert_double_eq(lag[1], 2.5);
    agl_spatial_weights_free(&w);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("hotspots");
    TCase *c = tcase_create("hotspots");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, test_global_moments);
    tcase_add_test(c, test_local_moments);
    tcase_add_test(c, test_sum_of_local);
    tcase_add_test(c, test_draws_are_those_of_a_list);
    tcase_add_test(c, test_draws_all_there);
    tcase_add_test(c, test_drawn_moments);
    tcase_add_test(c, test_threads);
    tcase_add_test(c, test_permutation_p);
    tcase_add_test(c, test_near_and_within);
    tcase_add_test(c, test_ties_go_to_the_lower_index);
    tcase_add_test(c, test_touching);
    tcase_add_test(c, test_bad_pairs);
    tcase_add_test(c, test_bad_values);
    tcase_add_test(c, test_islands);
    suite_add_tcase(suite, c);
    return unit_main(suite);
}

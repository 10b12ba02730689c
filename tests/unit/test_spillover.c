/* Spillover pools and nearest actors against dense matrices, and the promises of the header. */
#include "agglo/points.h"
#include "agglo/spillover.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { N = 60, C = 12, ROWS = 260, K = 4 };

typedef struct world {
    int32_t actor[ROWS], klass[ROWS];
    double value[ROWS], rd[N], lon[N], lat[N];
    agl_profiles p;
    double tec[N][N]; /* dense */
} world;

/** TEC by the definitions, from the dense matrix of values. */
static void dense(world *w, agl_proximity kind) {
    static double t[N][C], x[N][C], omega[C][C];
    memset(t, 0, sizeof t);
    memset(omega, 0, sizeof omega);
    for (int r = 0; r < ROWS; r++)
        t[w->actor[r]][w->klass[r]] += w->value[r];
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int c = 0; c < C; c++)
            sum += t[i][c];
        for (int c = 0; c < C && sum > 0; c++)
            t[i][c] /= sum;
    }
    for (int c = 0; c < C; c++) {
        double length = 0;
        for (int i = 0; i < N; i++)
            length += t[i][c] * t[i][c];
        for (int i = 0; i < N; i++)
            x[i][c] = length > 0 ? t[i][c] / sqrt(length) : 0;
    }
    for (int a = 0; a < C; a++)
        for (int b = 0; b < C; b++)
            for (int i = 0; i < N; i++)
                omega[a][b] += kind == AGL_JAFFE ? (a == b) / (double)N : x[i][a] * x[i][b];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double li = 0, lj = 0, s = 0;
            for (int a = 0; a < C; a++) {
                li += t[i][a] * t[i][a], lj += t[j][a] * t[j][a];
                for (int b = 0; b < C; b++)
                    s += t[i][a] * omega[a][b] * t[j][b];
            }
            w->tec[i][j] = li > 0 && lj > 0 ? s / sqrt(li * lj) : NAN;
        }
}

static void draw(world *w, agl_proximity kind) {
    agl_rng rng = agl__rng(3, 0, 0);
    for (int r = 0; r < ROWS; r++) {
        double u = agl__rng_unit(&rng);
        w->actor[r] = (int32_t)agl__rng_below(&rng, N - 1); /* the last actor has no profile */
        w->klass[r] = (int32_t)(u * u * (C - 1));           /* the last class nobody */
        w->value[r] = r % 17 == 0 ? 0 : agl__rng_unit(&rng);
    }
    for (int i = 0; i < N; i++) {
        w->rd[i] = i % 9 == 4 ? NAN : 100 * agl__rng_unit(&rng);
        w->lon[i] = i % 3 == 0 && i > 0 ? w->lon[i - 1] : 20 * agl__rng_unit(&rng); /* some at one place */
        w->lat[i] = i % 3 == 0 && i > 0 ? w->lat[i - 1] : 40 + 10 * agl__rng_unit(&rng);
    }
    w->lon[7] = NAN;
    ck_assert_int_eq(agl_profiles_new(&w->p, N, C, ROWS, w->actor, w->klass, w->value, NULL), AGL_OK);
    dense(w, kind);
}

static double km(const world *w, int i, int j) {
    agl_points at;
    double lon[] = {w->lon[i], w->lon[j]}, lat[] = {w->lat[i], w->lat[j]};
    ck_assert_int_eq(agl_points_sphere(&at, lon, lat, 2, NULL), AGL_OK);
    double d = agl_points_distance(&at, 0, 1);
    agl_points_free(&at);
    return d;
}

static void check_pools(agl_proximity kind) {
    static world w;
    draw(&w, kind);
    double pool[N], self[N];
    ck_assert_int_eq(agl_spillover_pools(pool, self, &w.p, w.rd, kind, NULL, NULL), AGL_OK);
    for (int i = 0; i < N; i++) {
        if (isnan(w.tec[i][i])) {
            ck_assert_double_nan(pool[i]);
            continue;
        }
        double sum = 0;
        for (int j = 0; j < N; j++)
            if (j != i && !isnan(w.rd[j]) && !isnan(w.tec[i][j])) sum += w.tec[i][j] * w.rd[j];
        ck_assert_double_eq_tol(pool[i], sum, 1e-11);
        ck_assert_double_eq_tol(self[i], w.tec[i][i], 1e-13);
    }
    agl_profiles_free(&w.p);
}

START_TEST(pools_are_those_of_the_matrix) {
    check_pools(AGL_JAFFE);
    check_pools(AGL_MAHALANOBIS);
}
END_TEST

static void check_near(agl_proximity kind, agl_decay_kind fade) {
    static world w;
    draw(&w, kind);
    double pool[N], self[N], near[N], rough[N];
    agl_decay exact = {fade, 250, 0}, cells = {fade, 250, 0.05};
    ck_assert_int_eq(agl_spillover_pools(pool, self, &w.p, w.rd, kind, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_spillover_pools_near(near, &w.p, w.rd, self, w.lon, w.lat, kind, &exact, NULL, NULL),
                     AGL_OK);
    ck_assert_int_eq(
        agl_spillover_pools_near(rough, &w.p, w.rd, self, w.lon, w.lat, kind, &cells, NULL, NULL), AGL_OK);
    bool differs = false;
    for (int i = 0; i < N; i++) {
        if (isnan(w.tec[i][i]) || isnan(w.lon[i])) {
            ck_assert_double_nan(near[i]);
            continue;
        }
        double sum = 0;
        for (int j = 0; j < N; j++) {
            if (j == i || isnan(w.rd[j]) || isnan(w.tec[i][j]) || isnan(w.lon[j])) continue;
            double d = km(&w, i, j);
            sum += w.tec[i][j] * w.rd[j] * (fade == AGL_DECAY_INVERSE ? 1 / (1 + d / 250) : exp(-d / 250));
        }
        ck_assert_double_eq_tol(near[i], sum, 1e-9);
        ck_assert_double_le(fabs(rough[i] - near[i]), 0.05 * near[i]);
        differs |= rough[i] != near[i];
    }
    ck_assert(differs);
    agl_profiles_free(&w.p);
}

START_TEST(pools_by_distance) {
    check_near(AGL_JAFFE, AGL_DECAY_EXPONENTIAL);
    check_near(AGL_MAHALANOBIS, AGL_DECAY_INVERSE);
}
END_TEST

static void check_nearest(agl_proximity kind) {
    static world w;
    draw(&w, kind);
    int32_t other[N * K], near[N];
    double proximity[N * K];
    ck_assert_int_eq(agl_spillover_nearest(other, proximity, near, &w.p, w.rd, kind, K, 0.5, NULL, NULL),
                     AGL_OK);
    for (int i = 0; i < N; i++) {
        bool used[N] = {false};
        int count = 0;
        for (int j = 0; j < N; j++)
            count += j != i && w.tec[i][j] >= 0.5 - 1e-12;
        ck_assert_int_eq(near[i], count);
        for (int r = 0; r < K; r++) { /* the best of those not used yet */
            int best = -1;
            for (int j = 0; j < N; j++) {
                if (j == i || used[j] || !(w.tec[i][j] > 1e-14)) continue;
                double ahead = best < 0 ? 1 : w.tec[i][j] - w.tec[i][best];
                double mine = isnan(w.rd[j]) ? -1 : w.rd[j],
                       its = best < 0 || isnan(w.rd[best]) ? -1 : w.rd[best];
                if (ahead > 1e-12 || (ahead > -1e-12 && mine > its)) best = j;
            }
            ck_assert_int_eq(other[i * K + r], best);
            if (best < 0) continue;
            used[best] = true;
            ck_assert_double_eq_tol(proximity[i * K + r], w.tec[i][best], 1e-12);
        }
    }
    agl_profiles_free(&w.p);
}

START_TEST(nearest_are_those_of_the_matrix) {
    check_nearest(AGL_JAFFE);
    check_nearest(AGL_MAHALANOBIS);
}
END_TEST

/* An actor alone in its class draws on nothing, exactly, however large it is. */
START_TEST(nobody_learns_from_himself) {
    int32_t actor[] = {0, 1, 1, 2, 2}, klass[] = {0, 1, 2, 1, 2};
    double value[] = {3, 1, 2, 2, 1}, rd[] = {1e17, 1, 1e-3}, pool[3], proximity[3];
    int32_t other[3];
    agl_profiles p;
    ck_assert_int_eq(agl_profiles_new(&p, 3, 3, 5, actor, klass, value, NULL), AGL_OK);
    ck_assert_int_eq(agl_spillover_pools(pool, NULL, &p, rd, AGL_JAFFE, NULL, NULL), AGL_OK);
    ck_assert_double_eq(pool[0], 0);
    ck_assert_double_eq_tol(pool[1], 0.8e-3, 1e-15);
    ck_assert_double_eq_tol(pool[2], 0.8, 1e-15);
    ck_assert_int_eq(agl_spillover_pools(pool, NULL, &p, rd, AGL_MAHALANOBIS, NULL, NULL), AGL_OK);
    ck_assert_double_eq(pool[0], 0);
    ck_assert_int_eq(agl_spillover_nearest(other, proximity, NULL, &p, rd, AGL_JAFFE, 1, 0.5, NULL, NULL),
                     AGL_OK);
    ck_assert_int_eq(other[0], -1);
    ck_assert_int_eq(other[1], 2);
    agl_profiles_free(&p);
}
END_TEST

START_TEST(same_bits_for_any_threads) {
    static world w;
    draw(&w, AGL_MAHALANOBIS);
    double first[4][N], proximity[2][N * K];
    int32_t other[2][N * K];
    agl_decay decay = {AGL_DECAY_EXPONENTIAL, 100, 0};
    for (int run = 0; run < 2; run++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = run ? 3 : 1;
        double *pool = first[2 * run], *near = first[2 * run + 1], self[N];
        ck_assert_int_eq(agl_spillover_pools(pool, self, &w.p, w.rd, AGL_MAHALANOBIS, &ctx, NULL), AGL_OK);
        ck_assert_int_eq(agl_spillover_pools_near(near, &w.p, w.rd, self, w.lon, w.lat, AGL_MAHALANOBIS,
                                                  &decay, &ctx, NULL),
                         AGL_OK);
        ck_assert_int_eq(agl_spillover_nearest(other[run], proximity[run], NULL, &w.p, w.rd, AGL_JAFFE, K,
                                               0.5, &ctx, NULL),
                         AGL_OK);
    }
    ck_assert_mem_eq(first[0], first[2], sizeof first[0]);
    ck_assert_mem_eq(first[1], first[3], sizeof first[1]);
    ck_assert_mem_eq(other[0], other[1], sizeof other[0]);
    ck_assert_mem_eq(proximity[0], proximity[1], sizeof proximity[0]);
    agl_profiles_free(&w.p);
}
END_TEST

START_TEST(inventory) {
    double steady[] = {1, 1.05, 1.05 * 1.05}, gap[] = {NAN, 2, NAN, 4, NAN}, none[] = {NAN};
    size_t filled;
    /* grows at the assumed rate: the stock stays R / (g + delta) times (1 + g), the usual start of period
     * form */
    double g = agl_rd_stock(&filled, steady, 3, 0.15, 0.05);
    ck_assert_double_eq_tol(g, (1 / 0.2 * 0.85 + 1.05) * 0.85 + 1.05 * 1.05, 1e-14);
    ck_assert_uint_eq(filled, 0);
    g = agl_rd_stock(&filled, gap, 5, 0.15, 0.05);
    ck_assert_double_eq_tol(g, ((2 / 0.2 * 0.85 + 3) * 0.85 + 4) * 0.85, 1e-13);
    ck_assert_uint_eq(filled, 1);
    ck_assert_double_nan(agl_rd_stock(&filled, none, 1, 0.15, 0.05));
}
END_TEST

START_TEST(bad_input) {
    int32_t actor[] = {0, 1}, klass[] = {0, 1};
    double value[] = {1, -1}, rd[] = {1, -2}, pool[2], lon[] = {0, 200}, lat[] = {0, 0};
    agl_error err = {0};
    agl_profiles p;
    ck_assert_int_eq(agl_profiles_new(&p, 2, 2, 2, actor, klass, value, &err), AGL_EDATA);
    value[1] = NAN;
    ck_assert_int_eq(agl_profiles_new(&p, 2, 2, 2, actor, klass, value, &err), AGL_EDATA);
    value[1] = 1;
    ck_assert_int_eq(agl_profiles_new(&p, 2, 1, 2, actor, klass, value, &err), AGL_EDATA);
    ck_assert_int_eq(agl_profiles_new(&p, 2, 2, 2, actor, klass, value, &err), AGL_OK);
    ck_assert_int_eq(agl_spillover_pools(pool, NULL, &p, rd, AGL_JAFFE, NULL, &err), AGL_EDATA);
    rd[1] = 1;
    agl_decay decay = {AGL_DECAY_INVERSE, 0, 0};
    ck_assert_int_eq(agl_spillover_pools_near(pool, &p, rd, NULL, lon, lat, AGL_JAFFE, &decay, NULL, &err),
                     AGL_EUSAGE);
    decay.km = 10;
    ck_assert_int_eq(
        agl_spillover_pools_near(pool, &p, rd, NULL, lon, lat, AGL_MAHALANOBIS, &decay, NULL, &err),
        AGL_EUSAGE);
    ck_assert_int_eq(agl_spillover_pools_near(pool, &p, rd, NULL, lon, lat, AGL_JAFFE, &decay, NULL, &err),
                     AGL_EDATA);
    ck_assert_int_eq(agl_spillover_nearest(NULL, NULL, NULL, &p, rd, AGL_JAFFE, -1, 0.5, NULL, &err),
                     AGL_EUSAGE);
    agl_profiles_free(&p);
    ck_assert_int_eq(agl_profiles_new(&p, 0, 0, 0, actor, klass, value, &err), AGL_OK);
    ck_assert_int_eq(agl_spillover_pools(pool, NULL, &p, rd, AGL_MAHALANOBIS, NULL, &err), AGL_OK);
    agl_profiles_free(&p);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("spillover");
    TCase *tests = tcase_create("spillover");
    tcase_add_test(tests, pools_are_those_of_the_matrix);
    tcase_add_test(tests, pools_by_distance);
    tcase_add_test(tests, nearest_are_those_of_the_matrix);
    tcase_add_test(tests, nobody_learns_from_himself);
    tcase_add_test(tests, same_bits_for_any_threads);
    tcase_add_test(tests, inventory);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

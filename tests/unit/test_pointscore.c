/* Scores of single points, their significance and their clusters against slow, obvious versions of the same.
 */
#include "agglo/pointscore.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { N = 240, TYPES = 3 };

typedef struct pattern {
    agl_points points;
    int32_t type[N];
    double weight[N];
} pattern;

static void make(pattern *p, bool globe, uint32_t seed) {
    agl_rng rng = agl__rng(11, seed, 0);
    agl_error err;
    double x[N], y[N];
    for (size_t i = 0; i < N; i++) {
        p->type[i] = (int32_t)agl__rng_below(&rng, TYPES);
        bool clustered = p->type[i] == 1 && i % 2;
        x[i] = clustered ? 3 + agl__rng_unit(&rng) : agl__rng_unit(&rng) * 10;
        y[i] = clustered ? 47 + agl__rng_unit(&rng) : 45 + agl__rng_unit(&rng) * 5;
        p->weight[i] = 1 + agl__rng_below(&rng, 30);
    }
    agl_status status =
        globe ? agl_points_sphere(&p->points, x, y, N, &err) : agl_points_plane(&p->points, x, y, 1, N, &err);
    ck_assert_int_eq(status, AGL_OK);
}

static double slow_score(const pattern *p, bool weighted, size_t i, double r, double *neighbours) {
    double near = 0, all = 0, same = 0, total = 0;
    *neighbours = 0;
    for (size_t j = 0; j < N; j++) {
        double w = weighted ? p->weight[j] : 1;
        if (j == i) continue;
        total += w;
        same += p->type[j] == p->type[i] ? w : 0;
        if (agl_points_distance(&p->points, i, j) > r) continue;
        all += w;
        near += p->type[j] == p->type[i] ? w : 0;
        ++*neighbours;
    }
    return all > 0 ? near / all / (same / total) : NAN;
}

START_TEST(scores_equal_the_definition) {
    for (int form = 0; form < 4; form++) {
        pattern p;
        agl_error err;
        double count[N], score[N], p_value[N], want_count;
        bool wanted[TYPES] = {false, true, true}, globe = form / 2, weighted = form % 2;
        double r = globe ? 60 : 0.7;
        make(&p, globe, 1);
        agl_pointscore_data d = {&p.points, p.type, TYPES, weighted ? p.weight : NULL, wanted};
        ck_assert_int_eq(agl_pointscore(count, score, p_value, &d, r, 20, NULL, &err), AGL_OK);
        for (size_t i = 0; i < N; i++) {
            double want = slow_score(&p, weighted, i, r, &want_count);
            if (!wanted[p.type[i]]) {
                ck_assert(isnan(score[i]) && isnan(count[i]) && isnan(p_value[i]));
                continue;
            }
            ck_assert_double_eq(count[i], want_count);
            ck_assert_int_eq(isnan(score[i]), isnan(want));
            if (!isnan(want)) ck_assert_double_eq_tol(score[i], want, 1e-12 * (1 + want));
            if (!isnan(want)) ck_assert(p_value[i] > 0 && p_value[i] <= 1);
        }
        agl_points_free(&p.points);
    }
}
END_TEST

/* The null hypothesis played out: marks of all others dealt anew, the score of i counted. */
static double slow_p(const pattern *p, bool weighted, size_t i, double r, size_t draws, uint32_t seed) {
    size_t other[N], m = 0, n = 0, at_least = 0, near_place[N];
    double same = 0, total = 0, unused, observed = slow_score(p, weighted, i, r, &unused);
    agl_rng rng = agl__rng(99, seed, 0);
    for (size_t j = 0; j < N; j++) {
        if (j == i) continue;
        other[n] = j;
        if (agl_points_distance(&p->points, i, j) <= r) near_place[m++] = n;
        n++;
        total += weighted ? p->weight[j] : 1;
        same += p->type[j] == p->type[i] ? (weighted ? p->weight[j] : 1) : 0;
    }
    for (size_t s = 0; s < draws; s++) {
        double near = 0, all = 0;
        for (size_t k = n; k > 1; k--) {
            size_t at = agl__rng_below(&rng, (uint32_t)k), swap = other[k - 1];
            other[k - 1] = other[at];
            other[at] = swap;
        }
        for (size_t k = 0; k < m; k++) {
            double w = weighted ? p->weight[other[near_place[k]]] : 1;
            all += w;
            near += p->type[other[near_place[k]]] == p->type[i] ? w : 0;
        }
        at_least += near / all / (same / total) >= observed * (1 - 1e-12);
    }
    return (double)at_least / (double)draws;
}

START_TEST(significance_equals_the_null_hypothesis) {
    enum { DRAWS = 3000 };
    pattern p;
    agl_error err;
    double count[N], score[N], p_value[N], worst = 0;
    make(&p, false, 2);
    for (int weighted = 0; weighted < 2; weighted++) {
        agl_pointscore_data d = {&p.points, p.type, TYPES, weighted ? p.weight : NULL, NULL};
        ck_assert_int_eq(agl_pointscore(count, score, p_value, &d, 0.8, DRAWS - 1, NULL, &err), AGL_OK);
        for (size_t i = 0; i < N; i += 12) {
            if (isnan(score[i])) continue;
            double want = slow_p(&p, weighted, i, 0.8, DRAWS, (uint32_t)i),
                   spread = sqrt(fmax(want * (1 - want), 1e-3) / DRAWS);
            worst = fmax(worst, fabs(p_value[i] - want) / (spread * (weighted ? sqrt(2.0) : 1)));
        }
    }
    ck_assert_msg(worst < 4, "a p-value is %g standard errors off", worst); /* 40 comparisons */
    ck_assert_msg(worst > 0.1, "the comparison has compared nothing");
    agl_points_free(&p.points);
}
END_TEST

START_TEST(clusters_equal_the_definition) {
    for (int globe = 0; globe < 2; globe++) {
        pattern p;
        agl_error err;
        bool chosen[N], linked[N][N];
        int32_t cluster[N];
        double link = globe ? 25 : 0.35;
        make(&p, globe, 3);
        for (size_t i = 0; i < N; i++)
            chosen[i] = i % 3 != 0;
        agl_pointscore_data d = {&p.points, p.type, TYPES, NULL, NULL};
        ck_assert_int_eq(agl_pointscore_clusters(cluster, chosen, &d, link, NULL, &err), AGL_OK);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++)
                linked[i][j] = chosen[i] && chosen[j] && p.type[i] == p.type[j] &&
                               agl_points_distance(&p.points, i, j) <= link;
        for (size_t k = 0; k < N; k++) /* transitive closure */
            for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < N; j++)
                    linked[i][j] = linked[i][j] || (linked[i][k] && linked[k][j]);
        size_t size[TYPES][N + 1];
        memset(size, 0, sizeof size);
        for (size_t i = 0; i < N; i++) {
            ck_assert_int_eq(cluster[i] > 0, chosen[i]);
            size[p.type[i]][cluster[i]]++;
            for (size_t j = 0; j < N; j++)
                if (chosen[i] && chosen[j] && p.type[i] == p.type[j])
                    ck_assert_int_eq(linked[i][j], cluster[i] == cluster[j]);
        }
        for (int t = 0; t < TYPES; t++)
            for (size_t c = 2; c <= N; c++)
                ck_assert_uint_le(size[t][c], size[t][c - 1]); /* the largest first */
        ck_assert_uint_gt(size[1][1], 10);
        agl_points_free(&p.points);
    }
}
END_TEST

START_TEST(hulls) {
    const double x[] = {0, 4, 4, 0, 2, 1, 4, 2},
                 y[] = {0, 0, 3, 3, 1, 1, 3, 0}; /* inner, doubled and collinear points */
    const int32_t all[] = {4, 0, 1, 2, 3, 5, 6, 7}, line[] = {0, 7, 1}, one[] = {2, 6};
    agl_points p;
    agl_error err;
    int32_t vertex[8];
    size_t n;
    double area;
    ck_assert_int_eq(agl_points_plane(&p, x, y, 1, 8, &err), AGL_OK);
    ck_assert_int_eq(agl_pointscore_hull(vertex, &n, &area, &p, all, 8, &err), AGL_OK);
    ck_assert_uint_eq(n, 4);
    ck_assert_double_eq(area, 12);
    ck_assert_int_eq(agl_pointscore_hull(vertex, &n, &area, &p, line, 3, &err), AGL_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_double_eq(area, 0);
    ck_assert_int_eq(agl_pointscore_hull(vertex, &n, &area, &p, one, 2, &err), AGL_OK);
    ck_assert_uint_eq(n, 1);
    agl_points_free(&p);
    const double lon[] = {10, 11, 11, 10, 10.5}, lat[] = {50, 50, 51, 51, 50.5};
    const int32_t five[] = {0, 1, 2, 3, 4};
    ck_assert_int_eq(agl_points_sphere(&p, lon, lat, 5, &err), AGL_OK);
    ck_assert_int_eq(agl_pointscore_hull(vertex, &n, &area, &p, five, 5, &err), AGL_OK);
    ck_assert_uint_eq(n, 4);
    /* area of a degree square between great circles, close to R^2 dlon (sin 51 - sin 50) */
    double degree = M_PI / 180,
           want = AGL_EARTH_RADIUS_KM * AGL_EARTH_RADIUS_KM * degree * (sin(51 * degree) - sin(50 * degree));
    ck_assert_double_eq_tol(area / want, 1, 1e-3);
    agl_points_free(&p);
}
END_TEST

START_TEST(threads_change_nothing) {
    pattern p;
    agl_error err;
    double count[2][N], score[2][N], p_value[2][N];
    make(&p, true, 5);
    agl_pointscore_data d = {&p.points, p.type, TYPES, p.weight, NULL};
    for (int t = 0; t < 2; t++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = t == 0 ? 1 : 5;
        ck_assert_int_eq(agl_pointscore(count[t], score[t], p_value[t], &d, 50, 99, &ctx, &err), AGL_OK);
    }
    ck_assert_mem_eq(score[0], score[1], sizeof score[0]);
    ck_assert_mem_eq(p_value[0], p_value[1], sizeof p_value[0]);
    agl_points_free(&p.points);
}
END_TEST

START_TEST(bad_input_is_refused) {
    pattern p;
    agl_error err;
    double count[N], score[N], p_value[N];
    make(&p, false, 6);
    agl_pointscore_data d = {&p.points, p.type, TYPES, p.weight, NULL};
    ck_assert_int_eq(agl_pointscore(count, score, p_value, &d, 0, 9, NULL, &err), AGL_EUSAGE);
    p.weight[5] = -2;
    ck_assert_int_eq(agl_pointscore(count, score, p_value, &d, 1, 9, NULL, &err), AGL_EDATA);
    p.weight[5] = 2;
    p.points.n = 1;
    ck_assert_int_eq(agl_pointscore(count, score, p_value, &d, 1, 9, NULL, &err), AGL_EDATA);
    p.points.n = N;
    agl_points_free(&p.points);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("pointscore");
    TCase *c = tcase_create("pointscore");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, scores_equal_the_definition);
    tcase_add_test(c, significance_equals_the_null_hypothesis);
    tcase_add_test(c, clusters_equal_the_definition);
    tcase_add_test(c, hulls);
    tcase_add_test(c, threads_change_nothing);
    tcase_add_test(c, bad_input_is_refused);
    suite_add_tcase(suite, c);
    return unit_main(suite);
}

/* Cluster definitions: every part against a slow or direct version, then the whole on planted clusters. */
#include "agglo/coagglomeration.h"
#include "agglo/define.h"
#include "agglo/grouping.h"
#include "agglo/similarity.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { N = 24, DIM = 3 };

static void random_points(double *x, size_t n, uint32_t unit) {
    agl_rng rng = agl__rng(5, 0, unit);
    for (size_t k = 0; k < n * DIM; k++)
        x[k] = agl__rng_normal(&rng) + 3 * (double)(k / DIM % 3);
}

static void squared(double *d, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            d[i * n + j] = 0;
            for (size_t a = 0; a < DIM; a++)
                d[i * n + j] += pow(x[i * DIM + a] - x[j * DIM + a], 2);
        }
}

/* ---- trees ---- */

/** Distance of groups a and b from the points themselves, without any recurrence. */
static double apart(const double *x, const double *d, const int32_t *group, int32_t a, int32_t b, bool ward) {
    double na = 0, nb = 0, sum = 0, ca[DIM] = {0}, cb[DIM] = {0}, square = 0;
    for (size_t i = 0; i < N; i++) {
        na += group[i] == a, nb += group[i] == b;
        for (size_t k = 0; k < DIM; k++) {
            if (group[i] == a) ca[k] += x[i * DIM + k];
            if (group[i] == b) cb[k] += x[i * DIM + k];
        }
        for (size_t j = 0; j < N; j++)
            if (group[i] == a && group[j] == b) sum += d[i * N + j];
    }
    for (size_t k = 0; k < DIM; k++)
        square += pow(ca[k] / na - cb[k] / nb, 2);
    return ward ? 2 * na * nb / (na + nb) * square : sum / (na * nb);
}

/** The plain algorithm: joins the closest of all pairs, n - 1 times, each distance from the points. */
static void plain(double *height, int32_t *after, const double *x, const double *d, bool ward) {
    int32_t group[N];
    for (int32_t i = 0; i < N; i++)
        group[i] = i;
    for (size_t step = 0; step + 1 < N; step++) {
        int32_t best_a = -1, best_b = -1;
        double best = INFINITY;
        for (int32_t a = 0; a < N; a++)
            for (int32_t b = a + 1; b < N; b++) {
                if (group[a] != a || group[b] != b) continue; /* groups are named by their smallest member */
                double v = apart(x, d, group, a, b, ward);
                if (v < best) best = v, best_a = a, best_b = b;
            }
        for (size_t i = 0; i < N; i++)
            if (group[i] == best_b) group[i] = best_a;
        height[step] = best;
        memcpy(after + step * N, group, sizeof group);
    }
}

static bool same_groups(const int32_t *a, const int32_t *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if ((a[i] == a[j]) != (b[i] == b[j])) return false;
    return true;
}

START_TEST(trees_are_those_of_the_plain_algorithm) {
    double x[N * DIM], d[N * N], height[N];
    int32_t after[N * N], cluster[N];
    agl_merge merges[N];
    for (uint32_t run = 0; run < 6; run++) {
        bool ward = run % 2 == 0;
        random_points(x, N, run);
        squared(d, x, N);
        plain(height, after, x, d, ward);
        ck_assert_int_eq(agl_linkage(merges, d, N, ward ? AGL_LINKAGE_WARD : AGL_LINKAGE_AVERAGE, NULL, NULL),
                         AGL_OK);
        for (size_t step = 0; step + 1 < N; step++) {
            ck_assert_double_eq_tol(merges[step].height, height[step], 1e-9 * (1 + height[step]));
            ck_assert_int_eq(agl_linkage_cut(cluster, merges, N, N - step - 1, NULL), AGL_OK);
            ck_assert(same_groups(cluster, after + step * N, N));
        }
    }
    d[1] = NAN;
    ck_assert_int_eq(agl_linkage(merges, d, N, AGL_LINKAGE_WARD, NULL, NULL), AGL_EDATA);
    ck_assert_int_eq(agl_linkage_cut(cluster, merges, N, N + 1, NULL), AGL_EUSAGE);
}
END_TEST

/* ---- k-means ---- */

/** Sum of squared distances to the centres, and the centres, from the points. */
static double around(double *centre, double *size, const double *x, const int32_t *cluster, size_t k) {
    double w = 0;
    memset(centre, 0, k * DIM * sizeof *centre);
    memset(size, 0, k * sizeof *size);
    for (size_t i = 0; i < N; i++) {
        size[cluster[i]]++;
        for (size_t a = 0; a < DIM; a++)
            centre[(size_t)cluster[i] * DIM + a] += x[i * DIM + a];
    }
    for (size_t c = 0; c < k; c++)
        for (size_t a = 0; a < DIM; a++)
            centre[c * DIM + a] /= size[c];
    for (size_t i = 0; i < N; i++)
        for (size_t a = 0; a < DIM; a++)
            w += pow(x[i * DIM + a] - centre[(size_t)cluster[i] * DIM + a], 2);
    return w;
}

START_TEST(kmeans_falls_and_ends_at_a_fixed_point) {
    enum { K = 5 };
    double x[N * DIM], d[N * N], centre[K * DIM], size[K], before = INFINITY, w;
    int32_t cluster[N];
    for (uint32_t run = 0; run < 5; run++, before = INFINITY) {
        random_points(x, N, 20 + run);
        squared(d, x, N);
        for (size_t sweeps = 0; sweeps < 8; sweeps++) {
            agl_kmeans_options o = {1, sweeps, run};
            ck_assert_int_eq(agl_kmeans(cluster, &w, d, N, K, &o, NULL, NULL), AGL_OK);
            ck_assert(w <= before + 1e-9); /* never rises from sweep to sweep */
            before = w;
            ck_assert_double_eq_tol(w, around(centre, size, x, cluster, K), 1e-9);
        }
        for (size_t i = 0; i < N; i++) /* Lloyd would move nothing */
            for (size_t c = 0; c < K; c++) {
                double own = 0, other = 0;
                for (size_t a = 0; a < DIM; a++) {
                    own += pow(x[i * DIM + a] - centre[(size_t)cluster[i] * DIM + a], 2);
                    other += pow(x[i * DIM + a] - centre[c * DIM + a], 2);
                }
                ck_assert(own <= other + 1e-9);
            }
        agl_kmeans_options many = {20, 100, run};
        ck_assert_int_eq(agl_kmeans(cluster, &w, d, N, K, &many, NULL, NULL), AGL_OK);
        ck_assert(w <= before + 1e-9);
    }
    double same[N * N] = {0}; /* all objects coincide: still K groups, none empty */
    ck_assert_int_eq(agl_kmeans(cluster, &w, same, N, K, NULL, NULL, NULL), AGL_OK);
    memset(size, 0, sizeof size);
    for (size_t i = 0; i < N; i++)
        size[cluster[i]]++;
    for (size_t c = 0; c < K; c++)
        ck_assert(size[c] > 0);
    ck_assert_int_eq(agl_kmeans(cluster, &w, d, N, N + 1, NULL, NULL, NULL), AGL_EUSAGE);
}
END_TEST

/* ---- Rand index ---- */

START_TEST(rand_index_counts_pairs) {
    int32_t a[40], b[40];
    agl_rng rng = agl__rng(8, 0, 0);
    for (int run = 0; run < 20; run++) {
        double both = 0, first = 0, second = 0, all = 0, index;
        for (int i = 0; i < 40; i++) {
            a[i] = (int32_t)agl__rng_below(&rng, 4) - (i == 3);
            b[i] = agl__rng_unit(&rng) < 0.5 ? a[i] : (int32_t)agl__rng_below(&rng, 6);
        }
        for (int i = 0; i < 40; i++)
            for (int j = i + 1; j < 40; j++) {
                if (a[i] < 0 || b[i] < 0 || a[j] < 0 || b[j] < 0) continue;
                both += a[i] == a[j] && b[i] == b[j];
                first += a[i] == a[j], second += b[i] == b[j], all++;
            }
        double expected = first * second / all;
        ck_assert_int_eq(agl_adjusted_rand(&index, a, b, 40, NULL), AGL_OK);
        ck_assert_double_eq_tol(index, (both - expected) / ((first + second) / 2 - expected), 1e-12);
        ck_assert_int_eq(agl_adjusted_rand(&index, a, a, 40, NULL), AGL_OK);
        ck_assert_double_eq_tol(index, 1, 1e-12);
    }
    const int32_t one[3] = {0, 0, 0};
    double index;
    ck_assert_int_eq(agl_adjusted_rand(&index, one, one, 3, NULL), AGL_OK);
    ck_assert_double_nan(index);
}
END_TEST

/* ---- similarities ---- */

START_TEST(similarities_by_definition) {
    enum { I = 6, R = 29 };
    double x[I * R], cor[I * I], coagglomeration[I * I], s[I][R], xr[R], square = 0;
    agl_rng rng = agl__rng(9, 0, 0);
    for (size_t k = 0; k < I * R; k++)
        x[k] = agl__rng_below(&rng, 100);
    ck_assert_int_eq(agl_similarity_correlation(cor, x, I, R, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_similarity_coagglomeration(coagglomeration, x, I, R, NULL, NULL), AGL_OK);
    for (size_t r = 0; r < R; r++)
        xr[r] = 0;
    double mean[I], sd[I];
    for (size_t i = 0; i < I; i++) {
        double sum = 0, ss = 0;
        for (size_t r = 0; r < R; r++)
            sum += x[i * R + r];
        mean[i] = sum / R;
        for (size_t r = 0; r < R; r++) {
            ss += pow(x[i * R + r] - mean[i], 2);
            s[i][r] = x[i * R + r] / sum;
            xr[r] += s[i][r] / I;
        }
        sd[i] = sqrt(ss);
    }
    for (size_t r = 0; r < R; r++)
        square += xr[r] * xr[r];
    for (size_t i = 0; i < I; i++)
        for (size_t j = 0; j < I; j++) {
            double c = 0, g = 0;
            for (size_t r = 0; r < R; r++) {
                c += (x[i * R + r] - mean[i]) * (x[j * R + r] - mean[j]);
                g += (s[i][r] - xr[r]) * (s[j][r] - xr[r]);
            }
            ck_assert_double_eq_tol(cor[i * I + j], c / sd[i] / sd[j], 1e-12);
            ck_assert_double_eq_tol(coagglomeration[i * I + j], g / (1 - square), 1e-12);
        }
    for (size_t r = 0; r < R; r++)
        x[r] = 7, x[R + r] = NAN; /* a constant row and an unknown one */
    ck_assert_int_eq(agl_similarity_correlation(cor, x, I, R, NULL, NULL), AGL_OK);
    ck_assert_double_nan(cor[0]);
    ck_assert_double_nan(cor[1 * I + 3]);
    ck_assert(!isnan(cor[2 * I + 3]));
    x[2 * R] = INFINITY;
    ck_assert_int_eq(agl_similarity_correlation(cor, x, I, R, NULL, NULL), AGL_EDATA);
    size_t unknown, parts, largest;
    double m[9] = {1, 2, NAN, 2, 1, 4, NAN, 4, 1};
    ck_assert_int_eq(agl_similarity_parts(&parts, &largest, m, 3, NULL), AGL_OK);
    ck_assert_uint_eq(parts, 1);
    ck_assert_int_eq(agl_similarity_standardize(m, 3, &unknown, NULL), AGL_OK);
    ck_assert_uint_eq(unknown, 1);
    const double want[9] = {0, -1, 0, -1, 1, 1, 0, 1, 1};
    for (int k = 0; k < 9; k++)
        ck_assert_double_eq_tol(m[k], want[k], 1e-12);
    double flat[9] = {1, 5, 5, 5, 1, 5, 5, 5, 1};
    ck_assert_int_eq(agl_similarity_standardize(flat, 3, NULL, NULL), AGL_EDATA);
}
END_TEST

START_TEST(coagglomeration_is_that_of_the_cells) {
    enum { I = 7, R = 15 };
    double x[I * R], m[I * I];
    int32_t region[I * R], industry[I * R];
    agl_rng rng = agl__rng(10, 0, 0);
    for (int k = 0; k < I * R; k++)
        x[k] = agl__rng_below(&rng, 50), industry[k] = k / R, region[k] = k % R;
    agl_cells cells = {I * R, region, industry, NULL, x, R, I, 1};
    agl_coagglomeration_options o = {.shares = AGL_SHARES_MEAN};
    agl_coagglomeration c;
    ck_assert_int_eq(agl_coagglomerate(&c, &cells, 0, NULL, &o, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_similarity_coagglomeration(m, x, I, R, NULL, NULL), AGL_OK);
    for (int k = 0; k < I * I; k++)
        ck_assert_double_eq_tol(m[k], c.gamma[k], 1e-13);
    agl_coagglomeration_free(&c);
}
END_TEST

START_TEST(flows_take_the_largest_share) {
    /* 0 sells 30 of its 100 to 1, which buys 60 in all; 1 sells 8 of 10 to 0, which buys 200; 2 trades
     * nothing */
    const double flow[9] = {0, 30, 0, 8, 0, 0, 0, 0, 0}, sold[3] = {100, 10, 0}, bought[3] = {200, 60, 0};
    double m[9];
    ck_assert_int_eq(agl_similarity_flows(m, flow, sold, bought, 3, NULL), AGL_OK);
    ck_assert_double_eq_tol(m[1], 0.8, 1e-15);
    ck_assert_double_eq_tol(m[3], 0.8, 1e-15);
    ck_assert_double_nan(m[8]);
    const double low[3] = {20, 10, 0};
    ck_assert_int_eq(agl_similarity_flows(m, flow, low, bought, 3, NULL), AGL_EDATA);
}
END_TEST

/* ---- scores ---- */

START_TEST(scores_by_definition) {
    enum { K = 4 };
    double m[N * N], industry[N * K], between[K * K], p95[N];
    int32_t cluster[N];
    agl_rng rng = agl__rng(11, 0, 0);
    for (size_t i = 0; i < N; i++) {
        cluster[i] = i == 0 ? 3 : (int32_t)(i % 3); /* cluster 3 holds one industry */
        for (size_t j = 0; j <= i; j++)
            m[i * N + j] = m[j * N + i] = agl__rng_normal(&rng) + (i % 3 == j % 3);
    }
    agl_partition_score score;
    ck_assert_int_eq(agl_score_partition(&score, industry, between, p95, m, N, cluster, K, NULL), AGL_OK);
    double pass_mean = 0, pass_p95 = 0;
    for (size_t i = 0; i < N; i++) {
        double value[K], sum = 0, others[K];
        size_t n = 0;
        for (int32_t c = 0; c < K; c++) {
            double total = 0, count = 0;
            for (size_t j = 0; j < N; j++)
                if (j != i && cluster[j] == c) total += m[i * N + j], count++;
            value[c] = count > 0 ? total / count : NAN;
            if (count > 0) ck_assert_double_eq_tol(industry[i * K + (size_t)c], value[c], 1e-12);
            if (c != cluster[i]) others[n++] = value[c], sum += value[c];
        }
        for (size_t a = 0; a < n;
             a++) /* three values: the 95th percentile lies at 0.9 between the upper two */
            for (size_t b = a + 1; b < n; b++)
                if (others[b] < others[a]) {
                    double t = others[a];
                    others[a] = others[b], others[b] = t;
                }
        double high = others[1] + 0.9 * (others[2] - others[1]);
        ck_assert_double_eq_tol(p95[i], high, 1e-12);
        pass_mean += value[cluster[i]] > sum / 3, pass_p95 += value[cluster[i]] > high;
    }
    ck_assert_double_eq_tol(score.industry_mean, pass_mean / N, 1e-12);
    ck_assert_double_eq_tol(score.industry_p95, pass_p95 / N, 1e-12);
    ck_assert_double_nan(between[3 * K + 3]);
    ck_assert(score.cluster_mean <= 0.75); /* the single one cannot pass */
    cluster[0] = 0;
    ck_assert_int_eq(agl_score_partition(&score, NULL, NULL, NULL, m, N, cluster, K, NULL), AGL_EDATA);
}
END_TEST

/* ---- the whole ---- */

/** Industries i of block i % 4 are similar, more so in the first matrix; the rest is noise. */
static void planted(double *m, uint32_t unit, double strength) {
    agl_rng rng = agl__rng(13, 0, unit);
    for (size_t i = 0; i < N; i++)
        for (size_t j = i; j < N; j++)
            m[i * N + j] = m[j * N + i] = strength * (i % 4 == j % 4) + 0.3 * agl__rng_normal(&rng);
    ck_assert_int_eq(agl_similarity_standardize(m, N, NULL, NULL), AGL_OK);
}

START_TEST(finds_planted_clusters_with_any_number_of_threads) {
    double a[N * N], b[N * N], index;
    int32_t truth[N];
    planted(a, 0, 2), planted(b, 1, 1);
    const double *const matrix[2] = {a, b};
    for (int32_t i = 0; i < N; i++)
        truth[i] = i % 4;
    agl_define_options o = AGL_DEFINE_OPTIONS_INIT;
    o.k_min = 3, o.k_max = 7, o.k_values = 5;
    agl_definition one, many;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 1;
    ck_assert_int_eq(agl_define(&one, matrix, 2, N, &o, &ctx, NULL), AGL_OK);
    ctx.threads = 7;
    ck_assert_int_eq(agl_define(&many, matrix, 2, N, &o, &ctx, NULL), AGL_OK);
    ck_assert_uint_eq(one.n_candidates, 3 * 3 * 5);
    ck_assert_uint_eq(one.k, 4);
    ck_assert_int_eq(agl_adjusted_rand(&index, one.cluster, truth, N, NULL), AGL_OK);
    ck_assert_double_eq_tol(index, 1, 1e-12);
    ck_assert_double_eq_tol(one.score.score, 1, 1e-12);
    ck_assert_mem_eq(one.cluster, many.cluster, N * sizeof *one.cluster);
    ck_assert_mem_eq(one.member, many.member, one.n_candidates * N * sizeof *one.member);
    for (size_t c = 0; c < one.n_candidates; c++)
        ck_assert(one.candidates[c].score.score == many.candidates[c].score.score &&
                  one.candidates[c].agreement == many.candidates[c].agreement);
    agl_definition_free(&one);
    agl_definition_free(&many);
}
END_TEST

START_TEST(outliers_of_given_definitions_move_home) {
    double a[N * N], index;
    int32_t truth[N], given[N];
    planted(a, 0, 2);
    const double *const matrix[1] = {a};
    for (int32_t i = 0; i < N; i++)
        truth[i] = given[i] = i % 4;
    given[5] = 3, given[10] = 0;
    agl_define_options o = AGL_DEFINE_OPTIONS_INIT;
    agl_definition d;
    ck_assert_int_eq(agl_judge(&d, matrix, 1, N, given, 4, &o, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_adjusted_rand(&index, d.cluster, truth, N, NULL), AGL_OK);
    ck_assert_double_eq_tol(index, 1, 1e-12);
    for (size_t i = 0; i < N; i++)
        ck_assert(d.reassigned[i] == (i == 5 || i == 10));
    ck_assert(d.score.score > d.candidates[0].score.score);
    agl_definition_free(&d);
    o.rounds = 0;
    ck_assert_int_eq(agl_judge(&d, matrix, 1, N, given, 4, &o, NULL, NULL), AGL_OK);
    ck_assert_mem_eq(d.cluster, given, sizeof given);
    agl_definition_free(&d);
    given[0] = 9;
    ck_assert_int_eq(agl_judge(&d, matrix, 1, N, given, 4, &o, NULL, NULL), AGL_EDATA);
    agl_definition_free(&d);
}
END_TEST

START_TEST(bad_ranges) {
    double a[N * N];
    planted(a, 0, 2);
    const double *const matrix[1] = {a};
    agl_define_options o = AGL_DEFINE_OPTIONS_INIT;
    agl_definition d;
    agl_error err;
    o.k_min = 5, o.k_max = N;
    ck_assert_int_eq(agl_define(&d, matrix, 1, N, &o, NULL, &err), AGL_EUSAGE);
    agl_definition_free(&d);
    o.k_min = 9, o.k_max = 8;
    ck_assert_int_eq(agl_define(&d, matrix, 1, N, &o, NULL, &err), AGL_EUSAGE);
    agl_definition_free(&d);
    ck_assert_int_eq(agl_define(&d, matrix, 1, 3, NULL, NULL, &err), AGL_EDATA);
    agl_definition_free(&d);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("define");
    TCase *tests = tcase_create("define");
    tcase_add_test(tests, trees_are_those_of_the_plain_algorithm);
    tcase_add_test(tests, kmeans_falls_and_ends_at_a_fixed_point);
    tcase_add_test(tests, rand_index_counts_pairs);
    tcase_add_test(tests, similarities_by_definition);
    tcase_add_test(tests, coagglomeration_is_that_of_the_cells);
    tcase_add_test(tests, flows_take_the_largest_share);
    tcase_add_test(tests, scores_by_definition);
    tcase_add_test(tests, finds_planted_clusters_with_any_number_of_threads);
    tcase_add_test(tests, outliers_of_given_definitions_move_home);
    tcase_add_test(tests, bad_ranges);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

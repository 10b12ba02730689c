/* K-density curves against the direct sum, bandwidths against sorted distances, fast kernels against the
 * plain one. */
#include "agglo/kdensity.h"
#include "base/rng.h"
#include "kernel/geo/pair_kernels.h"
#include "kernel/geo/pair_rank.h"
#include "kernel/geo/points.h"
#include "kernel/measure/kdensity.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { R = 61 };

typedef struct cloud {
    agl_points points;
    double *size;
} cloud;

/* Points in clumps and in between; `lattice` > 0 puts them on a lattice, which makes many ties of place and
 * distance. */
static cloud make(size_t n, agl_space space, double lattice, uint32_t seed) {
    cloud c = {.size = malloc(n * sizeof(double))};
    double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    agl_rng rng = agl__rng(3, seed, 0);
    for (size_t i = 0; i < n; i++) {
        bool clump = agl__rng_below(&rng, 10) < 6;
        double cx = agl__rng_below(&rng, 2) ? 2 : 7, cy = agl__rng_below(&rng, 3) ? 6 : 2;
        x[i] = clump ? cx + agl__rng_unit(&rng) / 2 : 10 * agl__rng_unit(&rng);
        y[i] = clump ? cy + agl__rng_unit(&rng) / 2 : 8 * agl__rng_unit(&rng);
        if (lattice > 0) x[i] = lattice * floor(x[i] / lattice), y[i] = lattice * floor(y[i] / lattice);
        c.size[i] = 1 + agl__rng_below(&rng, 50);
        if (space == AGL_SPHERE) x[i] -= 5, y[i] += 42; /* degrees in the north of Spain */
    }
    agl_error err;
    agl_status status = space == AGL_SPHERE ? agl_points_sphere(&c.points, x, y, n, &err)
                                            : agl_points_plane(&c.points, x, y, 100, n, &err);
    ck_assert_msg(status == AGL_OK, "%s", err.message);
    free(x);
    free(y);
    return c;
}

static void drop(cloud *c) {
    agl_points_free(&c->points);
    free(c->size);
}

static void even_r(double r[R], double last) {
    for (size_t i = 0; i < R; i++)
        r[i] = last * (double)i / (R - 1);
}

/* The definition. */
static void direct(double kd[R], const double r[R], double h, const cloud *a, const cloud *b, bool sizes) {
    long double sum[R] = {0}, total = 0;
    for (size_t i = 0; i < a->points.n; i++)
        for (size_t j = 0; j < (b ? b->points.n : i); j++) {
            const cloud *q = b ? b : a;
            double w = sizes ? a->size[i] * q->size[j] : 1, dx = a->points.x[i] - q->points.x[j],
                   dy = a->points.y[i] - q->points.y[j], dz = a->points.z[i] - q->points.z[j];
            double d = agl__distance_of_chord(a->points.space, sqrt(dx * dx + dy * dy + dz * dz));
            total += w;
            for (size_t k = 0; k < R; k++) {
                double u = (r[k] - d) / h, v = (r[k] + d) / h;
                sum[k] += w * (exp(-u * u / 2) + exp(-v * v / 2));
            }
        }
    for (size_t k = 0; k < R; k++)
        kd[k] = (double)(sum[k] / total) / (h * sqrt(2 * M_PI));
}

static double largest(const double *v) {
    double most = 0;
    for (size_t k = 0; k < R; k++)
        most = fmax(most, v[k]);
    return most;
}

static double curve(double kd[R], const double r[R], const cloud *a, const cloud *b, bool sizes, bool exact) {
    agl_kd_options o = AGL_KD_OPTIONS_INIT;
    agl_error err;
    double h;
    o.exact = exact;
    agl_status status = agl_kd_curve(kd, &h, &a->points, sizes ? a->size : NULL, b ? &b->points : NULL,
                                     sizes && b ? b->size : NULL, r, R, &o, NULL, &err);
    ck_assert_msg(status == AGL_OK, "%s", err.message);
    return h;
}

/* ---- the curve ---- */

START_TEST(exact_is_the_direct_sum) {
    double r[R], fast[R], slow[R];
    for (int k = 0; k < 12; k++) {
        agl_space space = k % 2 ? AGL_SPHERE : AGL_PLANE;
        cloud a = make(150, space, k % 3 == 0 ? 0.25 : 0, (uint32_t)k),
              b = make(90, space, 0, 50 + (uint32_t)k);
        bool between = k >= 6, sizes = k / 2 % 2;
        even_r(r, 300);
        double h = curve(fast, r, &a, between ? &b : NULL, sizes, true);
        direct(slow, r, h, &a, between ? &b : NULL, sizes);
        for (size_t i = 0; i < R; i++)
            ck_assert_double_eq_tol(fast[i] / slow[i], 1, 1e-12);
        drop(&a);
        drop(&b);
    }
}
END_TEST

START_TEST(default_is_within_1e5) {
    double r[R], fast[R], exact[R];
    const size_t sizes_of[] = {2, 3, 30, 300, 3000};
    for (size_t s = 0; s < 5; s++)
        for (int k = 0; k < 6; k++) {
            cloud a = make(sizes_of[s], k % 2 ? AGL_SPHERE : AGL_PLANE, k > 2 ? 0.1 : 0, 70 + (uint32_t)k);
            even_r(r, 400);
            if (sizes_of[s] == 2) /* one pair has no spread: no bandwidth by rule */
                ck_assert_int_eq(
                    agl_kd_curve(fast, NULL, &a.points, NULL, NULL, NULL, r, R, NULL, NULL, NULL), AGL_EDATA);
            else {
                double h = curve(fast, r, &a, NULL, false, false);
                ck_assert_double_eq_tol(curve(exact, r, &a, NULL, false, true) / h, 1, 1e-5);
                if (sizes_of[s] < 1000)
                    direct(exact, r, h, &a, NULL, false); /* else the exact curve will do */
                for (size_t i = 0; i < R; i++)
                    ck_assert_double_eq_tol(fast[i], exact[i], 1e-5 * largest(exact));
            }
            drop(&a);
        }
}
END_TEST

/* Pairs that sit at the ends of bins are the worst case of binning; a single distance makes the curve one
 * kernel. */
START_TEST(worst_case_of_the_bins) {
    double r[R], fast[R], exact[R];
    for (int k = 0; k < 40; k++) {
        const double x[] = {0, 100 + 0.01 * k, 0}, y[] = {0, 0, 0};
        cloud a = {.size = NULL};
        ck_assert_int_eq(agl_points_plane(&a.points, x, y, 1, 3, NULL), AGL_OK);
        agl_kd_options o = AGL_KD_OPTIONS_INIT;
        o.rule = AGL_KD_GIVEN;
        o.bandwidth_km = 7;
        even_r(r, 180);
        ck_assert_int_eq(agl_kd_curve(fast, NULL, &a.points, NULL, NULL, NULL, r, R, &o, NULL, NULL), AGL_OK);
        direct(exact, r, 7, &a, NULL, false);
        for (size_t i = 0; i < R; i++)
            ck_assert_double_eq_tol(fast[i], exact[i], 1e-5 * largest(exact));
        agl_points_free(&a.points);
    }
}
END_TEST

START_TEST(roads_agree) {
    double r[R], bins[R], moments[R], grid[R];
    even_r(r, 400);
    for (int k = 0; k < 4; k++) {
        cloud a = make(6000, AGL_PLANE, k == 3 ? 0.05 : 0, 20 + (uint32_t)k),
              b = make(1500, AGL_PLANE, 0, 30);
        agl_points la, lb;
        agl_kd_pairs p;
        bool done, between = k == 1, sizes = k == 2;
        ck_assert_int_eq(agl__points_localize(&la, &a.points, NULL), AGL_OK);
        ck_assert_int_eq(agl_points_plane(&lb, b.points.x, b.points.y, 1, b.points.n, NULL), AGL_OK);
        for (size_t i = 0; i < lb.n; i++) /* the frame of a */
            lb.x[i] += la.x[0] - a.points.x[0], lb.y[i] += la.y[0] - a.points.y[0];
        ck_assert_int_eq(agl__kd_pairs_new(&p, &la, sizes ? a.size : NULL, between ? &lb : NULL, NULL, NULL),
                         AGL_OK);
        ck_assert_int_eq(agl__kd_by_moments(moments, &p, r, R, 8, NULL, NULL), AGL_OK);
        ck_assert_int_eq(agl__kd_by_grid(grid, &done, &p, r, R, 8, NULL), AGL_OK);
        ck_assert(done);
        if (!sizes) ck_assert_int_eq(agl__kd_by_bins(bins, &p, r, R, 8, NULL, NULL), AGL_OK);
        for (size_t i = 0; i < R; i++) {
            if (!sizes) ck_assert_double_eq_tol(bins[i], moments[i], 5e-6 * largest(moments));
            ck_assert_double_eq_tol(grid[i], moments[i], 1e-6 * largest(moments));
        }
        agl__kd_pairs_free(&p);
        agl_points_free(&la);
        agl_points_free(&lb);
        drop(&a);
        drop(&b);
    }
}
END_TEST

/* K integrates to the share of pairs within reach, because of the reflection at zero. */
START_TEST(integrates_to_one) {
    double r[R], kd[R];
    cloud a = make(400, AGL_SPHERE, 0, 5);
    even_r(r, 2400);
    curve(kd, r, &a, NULL, true, false);
    double sum = 0;
    for (size_t i = 1; i < R; i++)
        sum += (r[i] - r[i - 1]) * (kd[i] + kd[i - 1]) / 2;
    ck_assert_double_eq_tol(sum, 1, 2e-3);
    drop(&a);
}
END_TEST

/* ---- bandwidth and ranks ---- */

static int ascending(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return p < q ? -1 : p > q;
}

/* Sorted distances of all pairs up to limit. */
static double *distances(size_t *m, const cloud *a, double limit) {
    size_t n = a->points.n;
    double *d = malloc(n * n / 2 * sizeof *d + 8);
    *m = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double x = agl_points_distance(&a->points, i, j);
            if (x <= limit) d[(*m)++] = x;
        }
    qsort(d, *m, sizeof *d, ascending);
    return d;
}

START_TEST(silverman_over_sorted_distances) {
    double r[R], kd[R];
    for (int k = 0; k < 6; k++) {
        cloud a = make(k < 3 ? 60 : 700, k % 2 ? AGL_SPHERE : AGL_PLANE, k == 2 ? 0.5 : 0, 40 + (uint32_t)k);
        even_r(r, 150);
        double h = curve(kd, r, &a, NULL, false, true);
        size_t m;
        double *d = distances(&m, &a, 300), mean = 0, squares = 0;
        for (size_t i = 0; i < m; i++)
            mean += d[i] / (double)m;
        for (size_t i = 0; i < m; i++)
            squares += (d[i] - mean) * (d[i] - mean);
        double sd = sqrt(squares / (double)(m - 1));
        double iqr = agl_quantile_sorted(d, m, 0.75) - agl_quantile_sorted(d, m, 0.25);
        ck_assert_double_eq_tol(h / (0.9 * fmin(sd, iqr / 1.34) * pow((double)m, -0.2)), 1, 1e-12);
        free(d);
        drop(&a);
    }
}
END_TEST

/* Sheather-Jones by the formula, all pairs of distances. */
static double phi4(double x) { return exp(-x * x / 2) * (pow(x, 4) - 6 * x * x + 3) / sqrt(2 * M_PI); }
static double phi6(double x) {
    return exp(-x * x / 2) * (pow(x, 6) - 15 * pow(x, 4) + 45 * x * x - 15) / sqrt(2 * M_PI);
}

static double double_sum(const double *d, size_t m, double s, double (*phi)(double), int power) {
    double sum = 0, n = (double)m;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            sum += phi((d[i] - d[j]) / s);
    return sum / (n * (n - 1) * pow(s, power));
}

START_TEST(sheather_jones_over_all_pairs) {
    double r[R], kd[R];
    cloud a = make(45, AGL_PLANE, 0, 8);
    even_r(r, 2000);
    agl_kd_options o = AGL_KD_OPTIONS_INIT;
    o.rule = AGL_KD_SHEATHER_JONES;
    double h;
    ck_assert_int_eq(agl_kd_curve(kd, &h, &a.points, NULL, NULL, NULL, r, R, &o, NULL, NULL), AGL_OK);
    size_t m;
    double *d = distances(&m, &a, INFINITY), mean = 0, squares = 0, n;
    n = (double)m;
    for (size_t i = 0; i < m; i++)
        mean += d[i] / n;
    for (size_t i = 0; i < m; i++)
        squares += (d[i] - mean) * (d[i] - mean);
    double scale = fmin(sqrt(squares / (n - 1)),
                        (agl_quantile_sorted(d, m, 0.75) - agl_quantile_sorted(d, m, 0.25)) / 1.349);
    double sa = double_sum(d, m, 1.24 * scale * pow(n, -1.0 / 7), phi4, 5);
    double tb = -double_sum(d, m, 1.23 * scale * pow(n, -1.0 / 9), phi6, 7);
    double gamma = 1.357 * pow(sa / tb, 1.0 / 7) * pow(h, 5.0 / 7);
    double wanted = pow(1 / (2 * sqrt(M_PI) * n * double_sum(d, m, gamma, phi4, 5)), 0.2);
    ck_assert_double_eq_tol(wanted / h, 1, 2e-3); /* the distances stand in 2048 cells */
    free(d);
    drop(&a);
}
END_TEST

START_TEST(quantiles_of_pairs) {
    const double p[] = {0, 0.013, 0.25, 0.5, 0.75, 1};
    for (int k = 0; k < 8; k++) {
        cloud a = make(k < 4 ? 40 : 2600, k % 2 ? AGL_SPHERE : AGL_PLANE,
                       k % 4 < 2 ? 0
                       : k < 4   ? 1
                                 : 0.2,
                       60 + (uint32_t)k);
        agl_points local;
        agl_kdtree tree;
        ck_assert_int_eq(agl__points_localize(&local, &a.points, NULL), AGL_OK);
        ck_assert_int_eq(agl__kdtree_build(&tree, &local, 16, NULL), AGL_OK);
        agl_pairs pairs = {&tree, NULL};
        for (int limited = 0; limited < 2; limited++) {
            double limit = limited ? 350 : INFINITY, q[6];
            size_t m;
            uint64_t count;
            double *d = distances(&m, &a, limit);
            ck_assert_int_eq(agl__pairs_within(&count, &pairs, limit, NULL, NULL), AGL_OK);
            ck_assert(fabs((double)count - (double)m) <
                      1e-6 * (double)m + 0.5); /* ties at the limit, to rounding */
            ck_assert_int_eq(agl__pairs_quantiles(q, p, 6, m, &pairs, NULL, NULL), AGL_OK);
            for (size_t i = 0; i < 6; i++)
                ck_assert_double_eq_tol(q[i], agl_quantile_sorted(d, m, p[i]), 1e-9);
            free(d);
        }
        agl__kdtree_free(&tree);
        agl_points_free(&local);
        drop(&a);
    }
}
END_TEST

START_TEST(deviation_is_right_to_2e6) {
    for (int k = 0; k < 2; k++) {
        cloud a = make(7000, k ? AGL_SPHERE : AGL_PLANE, 0, 90);
        agl_points local;
        agl_kd_pairs p;
        double fast, exact;
        ck_assert_int_eq(agl__points_localize(&local, &a.points, NULL), AGL_OK);
        ck_assert_int_eq(agl__kd_pairs_new(&p, &local, NULL, NULL, NULL, NULL), AGL_OK);
        ck_assert_int_eq(agl__kd_deviation(&fast, &p, 600, 300, false, NULL, NULL), AGL_OK);
        ck_assert_int_eq(agl__kd_deviation(&exact, &p, 600, 300, true, NULL, NULL), AGL_OK);
        ck_assert_double_ne(fast, exact); /* the series was used */
        ck_assert_msg(fabs(fast / exact - 1) < 2e-6, "off by %.3g", fast / exact - 1);
        agl__kd_pairs_free(&p);
        agl_points_free(&local);
        drop(&a);
    }
}
END_TEST

START_TEST(median_of_all_distances) {
    cloud a = make(333, AGL_SPHERE, 0, 12);
    size_t m;
    double *d = distances(&m, &a, INFINITY), km;
    ck_assert_int_eq(agl_kd_median_distance(&km, &a.points, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(km, agl_quantile_sorted(d, m, 0.5), 1e-9);
    free(d);
    drop(&a);
}
END_TEST

/* ---- kernels: the same bits on every register width ---- */

enum { KN = 700, BINS = 900 };

typedef struct kernel_input {
    double x[KN], y[KN], z[KN];
    float fx[KN + AGL_COMPARE_PAD], fy[KN + AGL_COMPARE_PAD], fz[KN + AGL_COMPARE_PAD], w[KN];
} kernel_input;

typedef struct kernel_output {
    uint64_t packed[AGL_PACKED_WAYS * (BINS + 1)];
    uint32_t count[AGL_PAIR_WAYS * (BINS + 1)];
    double weighed[AGL_PAIR_WAYS * (BINS + 1)];
    agl_compared compared;
    uint32_t which[AGL_COMPARE_RUN * AGL_COMPARE_RUN];
    agl_spread spread;
} kernel_output;

static void run_kernels(kernel_output *o, const agl_pair_kernels *k, const kernel_input *in) {
    memset(o, 0, sizeof *o);
    agl_xyz p = {in->x, in->y, in->z};
    agl_xyzf q = {in->fx, in->fy, in->fz};
    const agl_limits limits = {100 * 100, 150 * 150, 300 * 300, 500 * 500};
    k->packed(o->packed, BINS, 1.1 * 4096, p, 3, KN, p, 0, KN, 1);
    k->packed(o->packed, BINS, 1.1 * 4096, p, 0, 20, p, 100, 611, 0);
    k->count(o->count, BINS, 1.1f, 0.999f, q, 3, KN, q, 0, KN, 1);
    k->count(o->count, BINS, 1.1f, 0.999f, q, 0, 20, q, 100, 611, 0);
    k->weigh(o->weighed, BINS, 1.1f, 0.999f, q, in->w, 3, KN, q, in->w, 0, KN, 1);
    k->compare(&o->compared, o->which, &limits, q, 5, 8, q, 10, 10 + AGL_COMPARE_RUN - 3, 0);
    k->spread(&o->spread, 700, 300, 1, p, 3, KN, p, 0, KN, 1);
    k->spread(&o->spread, 700, 300, 0, p, 0, 20, p, 100, 611, 0);
}

static void fill_kernels(kernel_input *in) {
    agl_rng rng = agl__rng(17, 0, 0);
    for (size_t i = 0; i < KN; i++) {
        in->x[i] = in->fx[i] = (float)(1000 * agl__rng_unit(&rng) - 500);
        in->y[i] = in->fy[i] = (float)(800 * agl__rng_unit(&rng) - 400);
        in->z[i] = in->fz[i] = (float)(9 * agl__rng_unit(&rng));
        in->w[i] = (float)(1 + agl__rng_below(&rng, 9));
    }
    in->x[8] = in->x[2], in->y[8] = in->y[2], in->z[8] = in->z[2];
    in->fx[8] = in->fx[2], in->fy[8] = in->fy[2], in->fz[8] = in->fz[2];
}

START_TEST(plain_kernel_counts_every_pair) {
    static kernel_input in;
    static kernel_output o;
    fill_kernels(&in);
    run_kernels(&o, &agl__pairs_plain, &in);
    uint64_t packed = 0, count = 0;
    double weight = 0, expected = 0;
    for (size_t b = 0; b < AGL_PACKED_WAYS * (BINS + 1); b++)
        packed += o.packed[b] >> AGL_COUNT_SHIFT;
    for (size_t b = 0; b < AGL_PAIR_WAYS * (BINS + 1); b++)
        count += o.count[b], weight += o.weighed[b];
    for (size_t i = 3; i < KN; i++)
        for (size_t j = 0; j < i; j++)
            expected += (double)in.w[i] * (double)in.w[j];
    uint64_t pairs = KN * (KN - 1) / 2 - 3 + 20 * 511;
    ck_assert_uint_eq(packed, pairs);
    ck_assert_uint_eq(count, pairs);
    ck_assert_double_eq(weight, expected);
    ck_assert_uint_ge(o.count[0] + o.count[BINS + 1], 1); /* the tie */
    uint32_t nearer = 0, inside = 0, undecided = 0;
    for (size_t i = 5; i < 8; i++)
        for (size_t j = 10; j < 10 + AGL_COMPARE_RUN - 3; j++) {
            double c =
                sqrt(pow(in.x[i] - in.x[j], 2) + pow(in.y[i] - in.y[j], 2) + pow(in.z[i] - in.z[j], 2));
            nearer += c < 100;
            inside += c >= 150 && c <= 300;
            if (!((c >= 100 && c < 150) || (c > 300 && c <= 500))) continue;
            ck_assert_uint_eq(o.which[undecided++], (i - 5) << 16 | (j - 10));
        }
    ck_assert_uint_eq(o.compared.nearer, nearer);
    ck_assert_uint_eq(o.compared.inside, inside);
    ck_assert_uint_eq(o.compared.undecided, undecided);
}
END_TEST

START_TEST(wide_kernels_equal_the_plain_one) {
    static kernel_input in;
    static kernel_output plain, wide;
    fill_kernels(&in);
    run_kernels(&plain, &agl__pairs_plain, &in);
    for (int width = AGL_PAIRS_AVX2; width < AGL_PAIRS_WIDTHS; width++) {
        const agl_pair_kernels *k = agl__pair_kernels_at(width);
        if (!k) {
            printf("# this processor does not run kernel %d; not compared\n", width);
            continue;
        }
        run_kernels(&wide, k, &in);
        ck_assert_msg(memcmp(&plain, &wide, sizeof plain) == 0, "%s differs from plain", k->name);
    }
}
END_TEST

/* ---- errors ---- */

static void fails(const double *x, const double *y, size_t n, const double *r, size_t n_r, const double *size,
                  agl_status expected, const char *piece) {
    agl_points p;
    agl_error err;
    double kd[R];
    ck_assert_int_eq(agl_points_plane(&p, x, y, 1, n, &err), AGL_OK);
    ck_assert_int_eq(agl_kd_curve(kd, NULL, &p, size, NULL, NULL, r, n_r, NULL, NULL, &err), expected);
    ck_assert_msg(strstr(err.message, piece), "'%s' lacks '%s'", err.message, piece);
    agl_points_free(&p);
}

START_TEST(bad_input) {
    const double x[] = {1, 1, 1}, y[] = {2, 2, 2}, z[] = {1, 5, 9}, r[] = {0, 1, 2}, back[] = {0, 2, 1},
                 none[] = {0, 0, 3};
    fails(x, y, 3, r, 3, NULL, AGL_EDATA, "all in one place");
    fails(x, y, 1, r, 3, NULL, AGL_EDATA, "at least two points; there is one");
    fails(x, y, 0, r, 3, NULL, AGL_EDATA, "there are none");
    fails(x, z, 3, back, 3, NULL, AGL_EUSAGE, "ascending");
    fails(x, z, 3, r, 1, NULL, AGL_EUSAGE, "largest distance r is 0");
    fails(x, z, 3, r, 0, NULL, AGL_EUSAGE, "no distances");
    fails(x, z, 3, r, 3, none, AGL_EDATA, "no two points have a size above 0");
    agl_points p;
    agl_error err;
    const double lon[] = {0, 181}, lat[] = {0, 0};
    ck_assert_int_eq(agl_points_sphere(&p, lon, lat, 2, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "point 2: longitude 181"));
    ck_assert_int_eq(agl_points_sphere(&p, lat, lon, 2, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "latitude 181"));
}
END_TEST

START_TEST(distances_on_the_globe) {
    /* a quarter of a meridian, neighbours a centimetre apart, opposite points */
    const double lon[] = {10, 10, 10, -170}, lat[] = {0, 90, 9e-8, 0};
    agl_points p;
    ck_assert_int_eq(agl_points_sphere(&p, lon, lat, 4, NULL), AGL_OK);
    ck_assert_double_eq_tol(agl_points_distance(&p, 0, 1), AGL_EARTH_RADIUS_KM * M_PI / 2, 1e-9);
    ck_assert_double_eq_tol(agl_points_distance(&p, 0, 2), 9e-8 * M_PI / 180 * AGL_EARTH_RADIUS_KM, 2e-12);
    ck_assert_double_eq_tol(agl_points_distance(&p, 0, 3), AGL_EARTH_RADIUS_KM * M_PI, 1e-3);
    for (double c = 1; c < 2200; c *= 1.7)
        ck_assert_double_eq_tol(agl__arc_series(c) / agl__distance_of_chord(AGL_SPHERE, c), 1, 3e-16);
    agl_points_free(&p);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("kdensity");
    TCase *t = tcase_create("kdensity");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, exact_is_the_direct_sum);
    tcase_add_test(t, default_is_within_1e5);
    tcase_add_test(t, worst_case_of_the_bins);
    tcase_add_test(t, roads_agree);
    tcase_add_test(t, integrates_to_one);
    tcase_add_test(t, silverman_over_sorted_distances);
    tcase_add_test(t, sheather_jones_over_all_pairs);
    tcase_add_test(t, quantiles_of_pairs);
    tcase_add_test(t, deviation_is_right_to_2e6);
    tcase_add_test(t, median_of_all_distances);
    tcase_add_test(t, plain_kernel_counts_every_pair);
    tcase_add_test(t, wide_kernels_equal_the_plain_one);
    tcase_add_test(t, bad_input);
    tcase_add_test(t, distances_on_the_globe);
    suite_add_tcase(suite, t);
    return unit_main(suite);
}

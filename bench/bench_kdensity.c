/* K-density: nanoseconds per pair of the kernels beside what the machine allows, single curves, bands, all
 * industries.
 *
 *   bench_kdensity                       synthetic points: 5k (1k in the industry), 20k (4k), 100k (20k)
 *   bench_kdensity FILE.csv [sphere]     x,y,industry (or lon,lat,industry): all industries of 10 and more,
 * 1000 draws
 *
 * A pair costs one distance and one increment of a counter in memory. The limit is the slower of the two by
 * itself: counting ready-made bin numbers; the distances of the same pairs alone are printed beside it. */
#include "agglo/kdensity.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"
#include "kernel/geo/pair_kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- kernels ---- */

enum { POINTS = 8192, BINS = 2048, ROUNDS = 5 };

static double best_of(double best, double seconds) { return best == 0 || seconds < best ? seconds : best; }

static void bench_kernels(void) {
    static double x[POINTS], y[POINTS], z[POINTS];
    static float fx[POINTS + AGL_COMPARE_PAD], fy[POINTS + AGL_COMPARE_PAD], fz[POINTS + AGL_COMPARE_PAD],
        w[POINTS];
    static uint32_t counts[AGL_PAIR_WAYS * (BINS + 1)], which[AGL_COMPARE_RUN * AGL_COMPARE_RUN];
    static uint64_t packed[AGL_PACKED_WAYS * (BINS + 1)];
    static double weighed[AGL_PAIR_WAYS * (BINS + 1)];
    static uint16_t ready[1 << 16];
    agl_rng rng = agl__rng(1, 0, 0);
    for (size_t i = 0; i < POINTS; i++) {
        x[i] = fx[i] = (float)(1000 * agl__rng_unit(&rng));
        y[i] = fy[i] = (float)(1000 * agl__rng_unit(&rng));
        w[i] = 1;
    }
    for (size_t i = 0; i < 1 << 16; i++)
        ready[i] = (uint16_t)agl__rng_below(&rng, BINS);
    const double pairs = POINTS * (POINTS - 1) / 2.0;
    agl_xyz p = {x, y, z};
    agl_xyzf q = {fx, fy, fz};
    double limit = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int k = 0; k < 512; k++)
            for (size_t i = 0; i < 1 << 16; i++)
                counts[(i % AGL_PAIR_WAYS) * (BINS + 1) + ready[i]]++;
        limit = best_of(limit, (now() - start) / 512 / (1 << 16));
    }
    printf("counting ready-made bin numbers: %.3f ns each\n", limit * 1e9);
    for (int width = 0; width < AGL_PAIRS_WIDTHS; width++) {
        const agl_pair_kernels *k = agl__pair_kernels_at(width);
        if (!k) continue;
        double t[4] = {0};
        for (int round = 0; round < ROUNDS; round++) {
            double start = now();
            k->packed(packed, BINS, BINS * 4096 / 1500.0, p, 0, POINTS, p, 0, POINTS, 1);
            t[0] = best_of(t[0], now() - start);
            start = now();
            k->count(counts, BINS, BINS / 1500.0f, 0, q, 0, POINTS, q, 0, POINTS, 1);
            t[1] = best_of(t[1], now() - start);
            start = now();
            k->weigh(weighed, BINS, BINS / 1500.0f, 0, q, w, 0, POINTS, q, w, 0, POINTS, 1);
            t[2] = best_of(t[2], now() - start);
            start = now();
            agl_compared c;
            const agl_limits none = {0, 1, 0, 0};
            for (size_t i = 0; i < POINTS; i += AGL_COMPARE_RUN)
                for (size_t j = 0; j <= i; j += AGL_COMPARE_RUN)
                    k->compare(&c, which, &none, q, i, i + AGL_COMPARE_RUN, q, j, j + AGL_COMPARE_RUN,
                               i == j);
            t[3] = best_of(t[3], now() - start);
        }
        printf("%-7s counted with mean %.3f, counted %.3f, weighed %.3f, distance and comparison alone %.3f "
               "ns a pair; %.0f M pairs/s, "
               "%.0f %% of the limit\n",
               k->name, t[0] / pairs * 1e9, t[1] / pairs * 1e9, t[2] / pairs * 1e9, t[3] / pairs * 1e9,
               pairs / t[1] / 1e6, 100 * limit * pairs / t[1]);
    }
}

/* ---- bands ---- */

/* n points in a window of 1000 x 1000 km; the first fifth is the industry, of which half sits in twenty
 * clusters. */
static void bench_one(size_t n, const char *peer) {
    double *x = AGL_NEW(double, n), *y = AGL_NEW(double, n), median, r[101];
    int32_t *industry = AGL_NEW(int32_t, n);
    agl_rng rng = agl__rng(2, 0, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        bool clustered = i < n / 10;
        industry[i] = i >= n / 5;
        agl_rng centre = agl__rng(3, 0, agl__rng_below(&rng, 20));
        x[i] = clustered ? 1000 * agl__rng_unit(&centre) + 15 * agl__rng_normal(&rng)
                         : 1000 * agl__rng_unit(&rng);
        y[i] = clustered ? 1000 * agl__rng_unit(&centre) + 15 * agl__rng_normal(&rng)
                         : 1000 * agl__rng_unit(&rng);
    }
    agl_points points;
    agl_error err;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 2;
    check(agl_points_plane(&points, x, y, 1, n, &err), &err);
    double start = now();
    check(agl_kd_median_distance(&median, &points, &ctx, &err), &err);
    double range = now() - start;
    for (size_t i = 0; i < 101; i++)
        r[i] = median * (double)i / 100;
    agl_kd_options o = AGL_KD_OPTIONS_INIT;
    double kd[101];
    start = now();
    check(agl_kd_curve(kd, NULL, &points, NULL, NULL, NULL, r, 101, &o, &ctx, &err), &err);
    double all = now() - start;
    o.simulations = 1000;
    agl_kd_data data = {&points, industry, 2, NULL};
    const bool wanted[2] = {true, false};
    agl_kd_choice choice = {wanted, -1, 10};
    agl_kd_result out;
    start = now();
    check(agl_kdensity(&out, &data, &choice, r, 101, &o, &ctx, &err), &err);
    printf("%6zu points: median distance %.3f s; one curve of all points %.3f s; curve and bands of %zu, "
           "1000 draws, %.2f s (peer %s); "
           "%.0f MB\n",
           n, range, all, n / 5, now() - start, peer, megabytes());
    agl_kd_result_free(&out);
    agl_points_free(&points);
    free(x);
    free(y);
    free(industry);
}

/* ---- a file ---- */

typedef struct place {
    char *name;
    double x, y;
} place;

static int by_name(const void *a, const void *b) {
    return strcmp(((const place *)a)->name, ((const place *)b)->name);
}

static void bench_file(const char *path, bool sphere) {
    FILE *f = fopen(path, "r");
    char line[4096], name[4096];
    place *p = NULL, next;
    size_t n = 0, capacity = 0;
    if (!f || !fgets(line, sizeof line, f)) check(AGL_EIO, &(agl_error){AGL_EIO, "cannot read the file"});
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%lf,%lf,%4095[^,\n]", &next.x, &next.y, name) != 3) continue;
        next.name = strdup(name);
        p = agl__grow(p, &capacity, n + 1, sizeof *p);
        p[n++] = next;
    }
    fclose(f);
    qsort(p, n, sizeof *p, by_name);
    double *x = AGL_NEW(double, n), *y = AGL_NEW(double, n), median, r[101];
    int32_t *industry = AGL_NEW(int32_t, n), last = -1;
    for (size_t i = 0; i < n; i++) {
        last += i == 0 || strcmp(p[i].name, p[i - 1].name) != 0;
        x[i] = p[i].x, y[i] = p[i].y, industry[i] = last;
    }
    agl_points points;
    agl_error err;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 2;
    check(sphere ? agl_points_sphere(&points, x, y, n, &err) : agl_points_plane(&points, x, y, 1, n, &err),
          &err);
    double start = now();
    check(agl_kd_median_distance(&median, &points, &ctx, &err), &err);
    for (size_t i = 0; i < 101; i++)
        r[i] = median * (double)i / 100;
    double range = now() - start;
    agl_kd_data data = {&points, industry, (size_t)last + 1, NULL};
    agl_kd_choice choice = {NULL, -1, 10};
    for (size_t simulations = 0; simulations <= 1000; simulations += 1000) {
        agl_kd_options o = AGL_KD_OPTIONS_INIT;
        agl_kd_result out;
        o.simulations = simulations;
        start = now();
        check(agl_kdensity(&out, &data, &choice, r, 101, &o, &ctx, &err), &err);
        printf("%zu points, %zu industries, median distance %.1f km (%.1f s); %zu draws: %.1f s, %.0f MB\n",
               n, out.n, median, range, simulations, now() - start, megabytes());
        agl_kd_result_free(&out);
    }
    for (size_t i = 0; i < n; i++)
        free(p[i].name);
    free(p);
    free(x);
    free(y);
    free(industry);
    agl_points_free(&points);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        bench_file(argv[1], argc > 2 && strcmp(argv[2], "sphere") == 0);
        return 0;
    }
    bench_kernels();
    bench_one(5000, "43 s");
    bench_one(20000, "890-1950 s");
    bench_one(100000, "about 13 h");
    return 0;
}

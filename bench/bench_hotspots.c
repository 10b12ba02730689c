/* Local Moran with conditional permutations: random points in the unit square, their k nearest neighbours.
 *
 *   bench_hotspots [N [K [PERMUTATIONS [THREADS]]]]      default 30000 6 999 2
 *
 * Compares also the levels of the kernel that draws (plain, AVX2, AVX-512) on one thread. */
#include "agglo/hotspots.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"
#include "kernel/measure/permutation.h"

#include <stdio.h>
#include <time.h>

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void levels(const agl_spatial_weights *w, const double *y, uint32_t k) {
    static const char *const names[] = {"plain", "AVX2", "AVX-512"};
    for (int level = 0; level < 3; level++) {
        agl__draw_kernel *draw = agl__draw_kernel_for(level);
        if (!draw) continue;
        double lag[AGL__DRAW_LANES], geary[AGL__DRAW_LANES], cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), sum = 0;
        size_t sites = w->n < 500 ? w->n : 500;
        for (size_t i = 0; i < sites; i++)
            for (uint32_t r = 0; r < 992; r += AGL__DRAW_LANES) {
                agl__draw_site site = {y, w->weight + w->start[i], (uint32_t)w->n, k, (uint32_t)i, 1};
                draw(lag, geary, &site, r);
                sum += lag[0];
            }
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        printf("  %-8s %6.2f ns a draw (checksum %.17g)\n", names[level],
               1e9 * cpu / ((double)sites * 992 * k), sum);
    }
}

int main(int argc, char **argv) {
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 30000, k = argc > 2 ? strtoul(argv[2], NULL, 10) : 6;
    size_t permutations = argc > 3 ? strtoul(argv[3], NULL, 10) : 999;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = argc > 4 ? atoi(argv[4]) : 2;
    agl_error err;
    double *x = AGL_NEW(double, n), *v = AGL_NEW(double, n), *y = AGL_NEW(double, n),
           *moran = AGL_NEW(double, n);
    uint32_t *above = AGL_NEW(uint32_t, n);
    if (!x || !v || !y || !moran || !above) return 1;
    for (size_t i = 0; i < n; i++) {
        agl_rng rng = agl__rng(7, 0, (uint32_t)i);
        x[i] = agl__rng_unit(&rng);
        v[i] = agl__rng_unit(&rng);
        y[i] = agl__rng_normal(&rng);
    }
    agl_points points;
    agl_spatial_weights w;
    check(agl_points_plane(&points, x, v, 1, n, &err), &err);
    double start = seconds(CLOCK_MONOTONIC);
    check(agl_spatial_weights_nearest(&w, &points, k, &ctx, &err), &err);
    agl_spatial_weights_standardise(&w);
    double built = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    agl_local local = {.moran = moran};
    agl_local_draws draws = {.lag_above = above};
    check(agl_local_indices(&local, &w, y, NULL, &err), &err);
    check(agl_local_permute(&draws, &w, y, permutations, &ctx, &err), &err);
    double end = seconds(CLOCK_MONOTONIC), cpu_end = seconds(CLOCK_PROCESS_CPUTIME_ID);
    printf("%zu regions, %zu neighbours, %zu permutations, %d threads: weights %.3f s, local Moran %.3f s "
           "(CPU %.3f s)\n",
           n, k, permutations, ctx.threads, built - start, end - built, cpu_end - cpu);
    if (k <= AGL__DRAW_MOST) levels(&w, y, (uint32_t)k);
    agl_spatial_weights_free(&w);
    agl_points_free(&points);
    free(x);
    free(v);
    free(y);
    free(moran);
    free(above);
    return 0;
}

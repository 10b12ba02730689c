/* M of one industry (a fifth of the points, clustered; the rest at random) in a window of 1000 by 1000 km at
 * the 63 default distances, against the plain double loop over pairs, and the draws behind its bands.
 *
 *   bench_mfunction [POINTS]      default 100000
 *
 * The peer (dbmss 2.11, one thread of a Zen 4 processor) takes 21 s for M at 100,000 points.
 */
#include "agglo/mfunction.h"
#include "base/rng.h"
#include "bench.h"
#include "kernel/measure/mfunction_rings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DISTANCES = 63, SAMPLE = 300, DRAWS = 32 };

typedef struct pattern {
    size_t n, n_industry;
    agl_points points;
    int32_t *type;
    double *weight;
} pattern;

static double wrapped(double x) { return x - 1000 * floor(x / 1000); }

static pattern make(size_t n) {
    pattern p = {.n = n, .type = malloc(n * sizeof(int32_t)), .weight = malloc(n * sizeof(double))};
    double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    agl_rng rng = agl__rng(1, 0, 0);
    agl_error err = {0};
    for (size_t i = 0; i < n; i++) {
        p.type[i] = i % 5 != 0;
        p.n_industry += i % 5 == 0;
        x[i] = agl__rng_unit(&rng) * 1000;
        y[i] = agl__rng_unit(&rng) * 1000;
        if (i % 10 == 0 && i >= 200) { /* half of the industry near one of 20 centres */
            x[i] = wrapped(x[i / 10 % 20 * 10] + 15 * agl__rng_normal(&rng));
            y[i] = wrapped(y[i / 10 % 20 * 10] + 15 * agl__rng_normal(&rng));
        }
        p.weight[i] = 1 + agl__rng_below(&rng, 20);
    }
    check(agl_points_plane(&p.points, x, y, 1, n, &err), &err);
    free(x);
    free(y);
    return p;
}

/* ns a pair of the obvious loop: distance, ring, addition; all in double. */
static double bare_loop(const pattern *p, double step) {
    double *ring = calloc(402, sizeof *ring), start = now(), kept = 0;
    const double *x = p->points.x, *y = p->points.y;
    for (size_t s = 0; s < SAMPLE; s++) {
        size_t i = s * (p->n / SAMPLE);
        for (size_t j = 0; j < p->n; j++) {
            double dx = x[j] - x[i], dy = y[j] - y[i], t = sqrt(dx * dx + dy * dy) / step;
            ring[t < 400 ? (size_t)t + 1 : 401] += p->weight[j];
        }
    }
    double time = now() - start;
    for (size_t k = 0; k < 402; k++)
        kept += ring[k];
    free(ring);
    return kept > 0 ? time / ((double)SAMPLE * (double)p->n) * 1e9 : NAN;
}

/* ns a pair within reach of the ring sums, by instruction set. */
static void kernels(const pattern *p, double step, const size_t *at) {
    static const char *const names[] = {"plain", "AVX2", "AVX-512"};
    agl_error err = {0};
    agl_points sorted;
    agl__frame frame;
    agl__rings rings;
    agl__cloud cloud;
    agl__ring_scratch scratch;
    int32_t *order = malloc(p->n * sizeof *order);
    double sum[402];
    check(agl__along_curve(&sorted, &frame, order, &p->points, &err), &err);
    check(agl__rings_new(&rings, &frame, step, 400, at, DISTANCES, &err), &err);
    check(agl__cloud_new(&cloud, &frame, NULL, p->n, p->weight, &err), &err);
    check(agl__ring_scratch_new(&scratch, &rings, p->n, &err), &err);
    for (int level = 0; level <= 2; level++) {
        rings.kernel = agl__ring_kernel_for(level);
        if (!rings.kernel) continue;
        double start = now();
        for (size_t s = 0; s < SAMPLE; s++)
            agl__rings_sum(sum, &scratch, &rings, (int32_t)(s * (p->n / SAMPLE)), &cloud, 400);
        printf("  ring sums, %-8s %6.2f ns a pair\n", names[level],
               (now() - start) / ((double)SAMPLE * (double)p->n) * 1e9);
    }
    agl__ring_scratch_free(&scratch);
    agl__cloud_free(&cloud);
    agl__rings_free(&rings);
    agl__frame_free(&frame);
    agl_points_free(&sorted);
    free(order);
}

static void whole(const pattern *p, const agl_distances *d, bool weighted) {
    const agl_mfunction_curve curve = {0, 0};
    agl_error err = {0};
    double *m = malloc(DRAWS * DISTANCES * sizeof *m), pairs = (double)p->n_industry * (double)p->n;
    for (int threads = 1; threads <= 2; threads++) {
        agl_ctx ctx = AGL_CTX_INIT;
        agl_mfunction *f;
        ctx.threads = threads;
        double start = now();
        check(agl_mfunction_new(&f, &p->points, p->type, 2, weighted ? p->weight : NULL, &curve, 1, d, NULL,
                                &err),
              &err);
        check(agl_mfunction_observed(m, f, &ctx, &err), &err);
        double time = now() - start;
        printf("  M%s, %d thread%s: %.3f s, %.2g pairs a second\n", weighted ? " with sizes" : "", threads,
               threads > 1 ? "s" : "", time, pairs / time);
        if (threads == 2) {
            start = now();
            check(agl_mfunction_simulated(m, f, DRAWS, AGL_NULL_LOCATION, &ctx, &err), &err);
            printf("  %d draws of random location: %.2f s\n", DRAWS, now() - start);
        }
        agl_mfunction_free(f);
    }
    free(m);
}

int main(int argc, char **argv) {
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000, at[DISTANCES];
    if (n < 1000 || argc > 2) {
        fprintf(stderr, "usage: bench_mfunction [POINTS], at least 1000\n");
        return 2;
    }
    pattern p = make(n);
    agl_distances d = {.step = 1000 * sqrt(2.0) / 800, .n = DISTANCES, .at = at};
    agl_mfunction_default_distances(at);
    printf("%zu points, %zu in the industry, distances up to %.0f km\n", n, p.n_industry, d.step * 400);
    printf("  bare loop in double  %6.2f ns a pair\n", bare_loop(&p, d.step));
    kernels(&p, d.step, at);
    whole(&p, &d, false);
    if (n <= 20000) whole(&p, &d, true);
    agl_points_free(&p.points);
    free(p.type);
    free(p.weight);
    return 0;
}

/* K with its four corrections, r up to 300 in a window of 1000 by 1000 km, against the plain double loop over
 * pairs.
 *
 *   bench_ripley
 *
 * The peer (spatstat 3.0, one thread of a Zen 4 processor) takes 2.67 s for 20,000 points with the isotropic
 * correction and 2.7 s for 100,000 points with border.
 */
#include "agglo/ripley.h"
#include "base/rng.h"
#include "bench.h"
#include "kernel/measure/ripley_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 300, SAMPLE = 200 };

static agl_points make(size_t n) {
    double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    agl_rng rng = agl__rng(1, 0, 0);
    agl_points p;
    agl_error err = {0};
    for (size_t i = 0; i < n; i++) {
        x[i] = agl__rng_unit(&rng) * 1000;
        y[i] = agl__rng_unit(&rng) * 1000;
    }
    check(agl_points_plane(&p, x, y, 1, n, &err), &err);
    free(x);
    free(y);
    return p;
}

static double bare_loop(const agl_points *p) {
    uint64_t ring[STEPS + 2] = {0}, kept = 0;
    double start = now();
    for (size_t s = 0; s < SAMPLE; s++) {
        size_t i = s * (p->n / SAMPLE);
        for (size_t j = 0; j < p->n; j++) {
            double dx = p->x[j] - p->x[i], dy = p->y[j] - p->y[i], d = sqrt(dx * dx + dy * dy);
            ring[d < STEPS ? (size_t)d + 1 : STEPS + 1]++;
        }
    }
    double time = now() - start;
    for (size_t k = 0; k < STEPS + 2; k++)
        kept += ring[k];
    return kept > 0 ? time / ((double)SAMPLE * (double)p->n) * 1e9 : NAN;
}

static void edge_kernels(void) {
    enum { N = 64 * AGL__GROUP };
    static const char *const names[] = {"plain", "AVX2", "AVX-512"};
    static double x[N], y[N], w[N];
    uint32_t block[32];
    const double at[2] = {500, 100}, side[4] = {INFINITY, INFINITY, 100, INFINITY};
    agl_rng rng = agl__rng(2, 0, 0);
    for (size_t k = 0; k < N; k++) {
        x[k] = 500 + 300 * (agl__rng_unit(&rng) - 0.5);
        y[k] = 300 * agl__rng_unit(&rng);
    }
    for (uint32_t b = 0; b < 32; b++)
        block[b] = 2 * b;
    for (int level = 0; level <= 2; level++) {
        const agl__edge_kernel *k = agl__edge_kernel_for(level);
        if (!k) continue;
        double start = now();
        for (int round = 0; round < 20000; round++)
            k->isotropic(w, x, y, block, 32, at, side);
        printf("  isotropic weight, %-8s %5.2f ns (one side within reach)\n", names[level],
               (now() - start) / (20000.0 * 256) * 1e9);
    }
}

static void run(const agl_points *p, const agl_window *w, agl_edge edge, const char *name) {
    double value[STEPS + 1];
    agl_error err = {0};
    agl_ripley_options o = {.kind = AGL_RIPLEY_K, .edge = edge, .step = 1, .n = STEPS};
    agl_ripley_data d = {p, NULL, w};
    for (int threads = 1; threads <= 2; threads++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = threads;
        double start = now();
        check(agl_ripley(value, &d, &o, &ctx, &err), &err);
        printf("  %6zu points, %-11s %d thread%s: %.3f s\n", p->n, name, threads, threads > 1 ? "s" : "",
               now() - start);
    }
}

int main(void) {
    agl_window w;
    agl_error err = {0};
    agl_points small = make(20000), large = make(100000);
    check(agl_window_rectangle(&w, 0, 1000, 0, 1000, &err), &err);
    printf("K up to %d of 1000 km\n  bare loop in double %.2f ns a pair\n", STEPS, bare_loop(&large));
    edge_kernels();
    run(&small, &w, AGL_EDGE_NONE, "none");
    run(&small, &w, AGL_EDGE_TRANSLATION, "translation");
    run(&small, &w, AGL_EDGE_ISOTROPIC, "isotropic");
    run(&large, &w, AGL_EDGE_BORDER, "border");
    agl_window_free(&w);
    agl_points_free(&small);
    agl_points_free(&large);
    return 0;
}

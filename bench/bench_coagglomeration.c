/* Coagglomeration of all pairs of 1000 industries over 3200 counties: kernel alone, data in memory.
 *
 *   bench_coagglomeration [THREADS]
 */
#include "agglo/coagglomeration.h"
#include "base/mem.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

enum { REGIONS = 3200, INDUSTRIES = 1000, ROUNDS = 5 };

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = argc > 1 ? atoi(argv[1]) : 2;
    size_t all = (size_t)REGIONS * INDUSTRIES, n = 0;
    int32_t *region = AGL_NEW(int32_t, all), *industry = AGL_NEW(int32_t, all);
    double *value = AGL_NEW(double, all), best = 1e9, cpu = 0;
    if (!region || !industry || !value) return 1;
    agl_rng rng = agl__rng(1, 0, 0);
    for (int32_t r = 0; r < REGIONS; r++)
        for (int32_t i = 0; i < INDUSTRIES; i++)
            if (agl__rng_unit(&rng) < 0.25)
                region[n] = r, industry[n] = i, value[n++] = exp(2 * agl__rng_normal(&rng));
    agl_cells cells = {n, region, industry, NULL, value, REGIONS, INDUSTRIES, 1};
    for (int round = 0; round < ROUNDS; round++) {
        agl_coagglomeration c;
        agl_error err = {0};
        double start = now(CLOCK_MONOTONIC), cpu_start = now(CLOCK_PROCESS_CPUTIME_ID);
        if (agl_coagglomerate(&c, &cells, 0, NULL, NULL, &ctx, &err) != AGL_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        double took = now(CLOCK_MONOTONIC) - start;
        if (took < best) best = took, cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
        agl_coagglomeration_free(&c);
    }
    printf("%d industries x %d regions, %zu cells, %d threads: %.3f s (CPU %.3f; at most 0.5)\n", INDUSTRIES,
           REGIONS, n, ctx.threads, best, cpu);
    free(region);
    free(industry);
    free(value);
    return 0;
}

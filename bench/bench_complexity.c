/* Complexity, and proximity with density, of 250 regions x 5000 industries: kernels alone, data in memory.
 *
 *   bench_complexity [THREADS]
 *
 * Half of the contrast of the table is order (able regions have more and rarer industries), half is noise.
 * Peers on such a table, one core of a 2-core machine: economiccomplexity 59 s, EconGeo 62 s, py-ecomplexity
 * 84 s for ECI and PCI; economiccomplexity 1.05 s for proximity and density.
 */
#include "agglo/complexity.h"
#include "agglo/relatedness.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"

#include <math.h>
#include <stdio.h>

enum { REGIONS = 250, INDUSTRIES = 5000, CELLS = REGIONS * INDUSTRIES, ROUNDS = 5 };

static size_t fill(int32_t *region, int32_t *industry, double *value) {
    agl_rng rng = agl__rng(1, 0, 0);
    size_t n = 0;
    for (int32_t r = 0; r < REGIONS; r++)
        for (int32_t i = 0; i < INDUSTRIES; i++) {
            double able = (double)r / REGIONS, asks = (double)i / INDUSTRIES;
            if (agl__rng_unit(&rng) > 0.25 + 0.5 * (able > asks)) continue;
            region[n] = r, industry[n] = i, value[n++] = exp(2 * agl__rng_normal(&rng));
        }
    return n;
}

int main(int argc, char **argv) {
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = argc > 1 ? atoi(argv[1]) : 2;
    int32_t *region = AGL_NEW(int32_t, CELLS), *industry = AGL_NEW(int32_t, CELLS);
    double *value = AGL_NEW(double, CELLS), *density = AGL_NEW(double, CELLS), *cog = AGL_NEW(double, CELLS);
    double *eci = AGL_NEW(double, REGIONS), *pci = AGL_NEW(double, INDUSTRIES),
           *diversity = AGL_NEW(double, REGIONS);
    if (!region || !industry || !value || !density || !cog || !eci || !pci || !diversity) return 1;
    size_t n = fill(region, industry, value);
    agl_cells cells = {n, region, industry, NULL, value, REGIONS, INDUSTRIES, 1};
    agl_error err = {0};
    agl_complexity_validity v;
    agl_complexity indices = {.eci = eci, .pci = pci, .diversity = diversity};
    agl_density around = {.density = density}, gain = {.density = density, .cog = cog};
    double best[3] = {1e9, 1e9, 1e9}, cpu[3];
    for (int round = 0; round < ROUNDS; round++)
        for (int k = 0; k < 3; k++) {
            double start = now(), cpu_start = work();
            if (k == 0)
                check(agl_complex(&indices, &v, &cells, 0, NULL, &ctx, &err), &err);
            else
                check(agl_density_around(k == 1 ? &around : &gain, &cells, 0, pci, NULL, &ctx, &err), &err);
            double took = now() - start, used = work() - cpu_start;
            if (took < best[k]) best[k] = took, cpu[k] = used;
        }
    printf("%d x %d, %.0f%% present, %d threads\n", REGIONS, INDUSTRIES, 100 * v.fill, ctx.threads);
    printf("ECI, PCI, validity     %.3f s (CPU %.3f; at most 0.1), peers 59 to 84 s: ratio %.0f\n", best[0],
           cpu[0], 59 / best[0]);
    printf("proximity, density     %.3f s (CPU %.3f; at most 0.3), peer 1.05 s: ratio %.1f\n", best[1],
           cpu[1], 1.05 / best[1]);
    printf("the same and the gain  %.3f s (CPU %.3f)\n", best[2], cpu[2]);
    free(region);
    free(industry);
    free(value);
    free(density);
    free(cog);
    free(eci);
    free(pci);
    free(diversity);
    return 0;
}

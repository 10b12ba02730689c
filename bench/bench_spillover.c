/* Spillover pools: seconds on two threads.
 *
 *   bench_spillover ACTORS CLASSES PER_ACTOR      profiles of some PER_ACTOR classes, a few of which are
 * crowded
 */
#include "agglo/spillover.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"

#include <stdio.h>

static double wall, cpu;

static void lap(const char *what, agl_status status, const agl_error *err) {
    if (status != AGL_OK) {
        fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
    double w = now(), c = work();
    if (what) printf("%-22s %7.3f s wall %7.3f s cpu\n", what, w - wall, c - cpu);
    wall = w, cpu = c;
}

int main(int argc, char **argv) {
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000,
           classes = argc > 2 ? strtoul(argv[2], NULL, 10) : 650;
    size_t each = argc > 3 ? strtoul(argv[3], NULL, 10) : 10, m = n * each, k = 3;
    int32_t *actor = AGL_NEW(int32_t, m), *klass = AGL_NEW(int32_t, m), *other = AGL_NEW(int32_t, n * k);
    double *value = AGL_NEW(double, m), *rd = AGL_NEW(double, n), *pool = AGL_NEW(double, n),
           *self = AGL_NEW(double, n), *near = AGL_NEW(double, n);
    double *lon = AGL_NEW(double, n), *lat = AGL_NEW(double, n), *proximity = AGL_NEW(double, n *k);
    if (!actor || !klass || !other || !value || !rd || !pool || !self || !near || !lon || !lat || !proximity)
        return 1;
    agl_rng rng = agl__rng(1, 0, 0);
    for (size_t r = 0; r < m; r++) {
        double u = agl__rng_unit(&rng);
        actor[r] = (int32_t)(r / each);
        klass[r] = (int32_t)(u * u * (double)classes);
        value[r] = 1 + (double)agl__rng_below(&rng, 20);
    }
    for (size_t i = 0; i < n; i++) { /* at one of 5,000 places in Europe */
        agl_rng at = agl__rng(2, 0, agl__rng_below(&rng, 5000));
        rd[i] = agl__rng_unit(&rng);
        lon[i] = 30 * agl__rng_unit(&at), lat[i] = 40 + 20 * agl__rng_unit(&at);
    }
    agl_error err = {0};
    agl_profiles p;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 2;
    agl_decay decay = {AGL_DECAY_EXPONENTIAL, 300, 0};
    lap(NULL, AGL_OK, &err);
    lap("profiles", agl_profiles_new(&p, (int32_t)n, (int32_t)classes, m, actor, klass, value, &err), &err);
    lap("Jaffe pools", agl_spillover_pools(pool, self, &p, rd, AGL_JAFFE, &ctx, &err), &err);
    lap("Mahalanobis pools", agl_spillover_pools(near, self, &p, rd, AGL_MAHALANOBIS, &ctx, &err), &err);
    lap("Jaffe by distance",
        agl_spillover_pools_near(near, &p, rd, NULL, lon, lat, AGL_JAFFE, &decay, &ctx, &err), &err);
    lap("Jaffe, 3 nearest",
        agl_spillover_nearest(other, proximity, NULL, &p, rd, AGL_JAFFE, (int32_t)k, 0.8, &ctx, &err), &err);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pool[i];
    printf("%zu entries, mean pool %.6f\n", p.offset[n], sum / (double)n);
    agl_profiles_free(&p);
    free(actor), free(klass), free(other), free(value), free(rd), free(pool), free(self), free(near),
        free(lon), free(lat), free(proximity);
    return 0;
}

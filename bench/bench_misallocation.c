/* Hsieh-Klenow wedges, trimming, gains and dispersion: seconds on two threads.
 *
 *   bench_misallocation [FIRMS] [MARKETS] [REPLICATIONS]        default 5000000 3000 200
 */
#include "agglo/misallocation.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"

#include <stdio.h>

int main(int argc, char **argv) {
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 5000000,
           markets = argc > 2 ? strtoul(argv[2], NULL, 10) : 3000;
    size_t replications = argc > 3 ? strtoul(argv[3], NULL, 10) : 200, trimmed;
    double *y = AGL_NEW(double, n), *l = AGL_NEW(double, n), *k = AGL_NEW(double, n), *r = AGL_NEW(double, n),
           *q = AGL_NEW(double, n);
    double *alpha = AGL_NEW(double, markets), gain, output, lo, hi;
    int32_t *market = AGL_NEW(int32_t, n), *group = AGL_NEW(int32_t, markets), *all = AGL_NEW(int32_t, n);
    agl_market *result = AGL_NEW(agl_market, markets);
    if (!y || !l || !k || !r || !q || !alpha || !market || !group || !all || !result || markets == 0)
        return 1;
    for (size_t i = 0; i < n; i++) {
        agl_rng rng = agl__rng(1, 0, (uint32_t)i);
        market[i] = (int32_t)agl__rng_below(&rng, (uint32_t)markets);
        l[i] = exp(agl__rng_normal(&rng));
        k[i] = l[i] * exp(0.7 * agl__rng_normal(&rng));
        y[i] = 2 * l[i] * exp(0.5 * agl__rng_normal(&rng));
    }
    for (size_t m = 0; m < markets; m++)
        alpha[m] = 0.4;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 2;
    agl_error err = {0};
    agl_producers firms = {n, markets, market, y, l, k, alpha};
    agl_wedges w = {.ln_tfpr = r, .ln_tfpq = q};
    agl_dispersion d;
    double start = now(), work0 = work();
    check(agl_misallocation(result, &w, &firms, NULL, &ctx, &err), &err);
    double once = now();
    check(agl_misallocation_trim(market, &trimmed, n, r, q, group, 1, 0.01, &err), &err);
    check(agl_misallocation(result, &w, &firms, NULL, &ctx, &err), &err);
    check(agl_misallocation_dispersion(&d, r, q, all, 1, n, &err), &err);
    agl_misallocation_total(&gain, &output, result, markets, group, 1, AGL_HSIEH_KLENOW);
    double whole = now(), work1 = work();
    agl_gain_interval out = {&lo, &hi};
    check(agl_misallocation_bootstrap(&out, &firms, NULL, group, 1, 1, replications, 0.95, NULL, &ctx, &err),
          &err);
    double work2 = work();
    printf("%zu firms, %zu markets: wedges %.2f s; with trimming and dispersion %.2f s (processor %.2f s); "
           "%zu replications %.2f s "
           "(processor %.2f s)\ngain %.4f (%.4f to %.4f), sd ln TFPR %.3f\n",
           n, markets, once - start, whole - start, work1 - work0, replications, now() - whole, work2 - work1,
           gain, lo, hi, d.sd_tfpr);
    free(y), free(l), free(k), free(r), free(q), free(alpha), free(market), free(group), free(all),
        free(result);
    return 0;
}

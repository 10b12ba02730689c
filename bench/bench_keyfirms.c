/* R&D networks: seconds on two threads.
 *
 *   bench_keyfirms FIRMS LINKS MARKETS      random links with a few hubs; 100 key firms solved exactly
 */
#include "agglo/keyfirms.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"

#include <stdio.h>

static double lap(const char *what, double since) {
    double t = now();
    printf("%-14s %7.3f s\n", what, t - since);
    return t;
}

int main(int argc, char **argv) {
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000,
           m = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    size_t markets = argc > 3 ? strtoul(argv[3], NULL, 10) : 400;
    int32_t *source = AGL_NEW(int32_t, m), *target = AGL_NEW(int32_t, m), *market = AGL_NEW(int32_t, n);
    double *mu = AGL_NEW(double, n), *q = AGL_NEW(double, n), *s = AGL_NEW(double, n),
           *loss = AGL_NEW(double, n);
    double *estimate = AGL_NEW(double, n), same;
    if (!source || !target || !market || !mu || !q || !s || !loss || !estimate) return 1;
    agl_rng rng = agl__rng(1, 0, 0);
    for (size_t e = 0; e < m; e++) { /* the square makes low numbers hubs */
        double u = agl__rng_unit(&rng);
        source[e] = (int32_t)(u * u * (double)n);
        target[e] = (int32_t)agl__rng_below(&rng, (uint32_t)n);
    }
    for (size_t i = 0; i < n; i++) {
        market[i] = (int32_t)agl__rng_below(&rng, (uint32_t)markets);
        mu[i] = 5 + agl__rng_unit(&rng);
    }
    agl_error err = {0};
    agl_graph links;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 2;
    double start = now(), t = start;
    check(agl_graph_from_edges(&links, NULL, (int32_t)n, m, source, target, NULL, false, &err), &err);
    t = lap("network", t);
    agl_klz_network net = {&links, market, (int32_t)markets, 0.01, 0};
    agl_klz_bounds bounds;
    check(agl_klz_check(&bounds, &net, &ctx, &err), &err);
    net.phi = 0.1 * bounds.phi_max;
    t = lap("bounds", t);
    check(agl_klz_equilibrium(q, &net, mu, NULL, &ctx, &err), &err);
    t = lap("equilibrium", t);
    check(agl_klz_subsidies(s, &same, &net, mu, &ctx, &err), &err);
    t = lap("subsidies", t);
    check(agl_klz_key_firms(loss, estimate, &net, q, 100, 16, &ctx, &err), &err);
    lap("key firms", t);
    printf("%-14s %7.3f s   eigenvalue %.4f  same subsidy %.6f\n", "all", now() - start, bounds.lambda, same);
    agl_graph_free(&links);
    free(source), free(target), free(market), free(mu), free(q), free(s), free(loss), free(estimate);
    return 0;
}

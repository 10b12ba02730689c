/* Data envelopment analysis: seconds per run on two threads.
 *
 *   bench_dea FILE INPUTS                  units in a CSV file (header, then numbers only; the first INPUTS
 * columns are inputs) bench_dea UNITS INPUTS OUTPUTS         units drawn from a Cobb-Douglas frontier
 *   bench_dea bootstrap UNITS REPLICATIONS three inputs, two outputs
 */
#include "agglo/efficiency.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"

#include <stdio.h>
#include <string.h>

/** Outputs in random shares of a product of the inputs that grows a little more slowly than they do. */
static double *draw(size_t n, size_t m, size_t s) {
    double *v = AGL_NEW(double, n *(m + s));
    for (size_t j = 0; v && j < n; j++) {
        agl_rng rng = agl__rng(7, 0, (uint32_t)j);
        double *row = v + j * (m + s), level = -fabs(agl__rng_normal(&rng)) * 0.3, sum = 0;
        for (size_t i = 0; i < m; i++) {
            row[i] = 1 + 99 * agl__rng_unit(&rng);
            level += 0.9 / (double)m * log(row[i]);
        }
        for (size_t r = 0; r < s; r++)
            row[m + r] = 0.2 + agl__rng_unit(&rng), sum += row[m + r] * row[m + r];
        for (size_t r = 0; r < s; r++)
            row[m + r] *= exp(level) / sqrt(sum);
    }
    return v;
}

static double *read_file(const char *path, size_t *n, size_t *columns) {
    FILE *f = fopen(path, "r");
    char line[4096];
    double *v = NULL;
    size_t capacity = 0, used = 0;
    if (!f || !fgets(line, sizeof line, f)) exit(1);
    *columns = 1;
    for (char *c = line; *c; c++)
        *columns += *c == ',';
    while (fgets(line, sizeof line, f))
        for (char *at = line, *end; *at && *at != '\n'; at = *end == ',' ? end + 1 : end) {
            v = agl__grow(v, &capacity, used + 1, sizeof *v);
            v[used++] = strtod(at, &end);
            if (end == at) exit(1);
        }
    fclose(f);
    *n = used / *columns;
    return v;
}

static void report(const agl_dea_units *units, double *score) {
    static const char *const names[] = {"CRS", "VRS", "NIRS", "NDRS", "FDH"};
    size_t n = units->inputs.rows;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 2;
    agl_error err = {0};
    for (int rts = AGL_CRS; rts <= (n > 20000 ? AGL_VRS : AGL_FDH); rts++)
        for (int to = AGL_INPUT; to <= AGL_OUTPUT; to++) {
            agl_dea_options o = {(agl_rts)rts, (agl_orientation)to};
            agl_dea out = {.score = score};
            double start = now(), sum = 0;
            check(agl_dea_radial(&out, units, NULL, &o, &ctx, &err), &err);
            double seconds = now() - start;
            size_t efficient = 0;
            for (size_t j = 0; j < n; j++)
                sum += score[j], efficient += score[j] == 1;
            printf("%zu units %zu in %zu out  %-4s %-6s  %7.3f s  mean %.6f, %zu efficient\n", n,
                   units->inputs.cols, units->outputs.cols, names[rts], to == AGL_INPUT ? "input" : "output",
                   seconds, sum / (double)n, efficient);
        }
}

static void bootstrap(const agl_dea_units *units, double *score, size_t replications) {
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 2;
    agl_error err = {0};
    agl_dea_bootstrap_options o = AGL_DEA_BOOTSTRAP_INIT;
    o.replications = replications;
    agl_dea dea = {.score = score};
    agl_dea_interval out = {0};
    double start = now();
    check(agl_dea_radial(&dea, units, NULL, NULL, &ctx, &err), &err);
    check(agl_dea_bootstrap(&out, score, units, NULL, &o, &ctx, &err), &err);
    printf("%zu units, %zu replications, VRS input  %7.3f s\n", units->inputs.rows, replications,
           now() - start);
}

int main(int argc, char **argv) {
    bool boot = argc == 4 && strcmp(argv[1], "bootstrap") == 0;
    if (argc < 3 || argc > 4) {
        fprintf(stderr,
                "usage: bench_dea FILE INPUTS | UNITS INPUTS OUTPUTS | bootstrap UNITS REPLICATIONS\n");
        return 2;
    }
    size_t n = strtoul(argv[boot ? 2 : 1], NULL, 10), m = boot ? 3 : strtoul(argv[2], NULL, 10), columns;
    columns = boot ? 5 : argc == 4 ? m + strtoul(argv[3], NULL, 10) : 0;
    double *v = argc == 3 ? read_file(argv[1], &n, &columns) : draw(n, m, columns - m),
           *score = AGL_NEW(double, n);
    agl_dea_units units = {{v, n, m, columns}, {v + m, n, columns - m, columns}};
    if (boot)
        bootstrap(&units, score, strtoul(argv[3], NULL, 10));
    else
        report(&units, score);
    free(v);
    free(score);
    return 0;
}

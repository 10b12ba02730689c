/* measure define's search on 300 industries, 400 regions: similarities and 60 configurations (2 matrices, 3
 * algorithms, 10 numbers of clusters), two threads; the promise is 60 s. And Ward's tree by chains against
 * the plain algorithm.
 *
 *   bench_define [INDUSTRIES [REGIONS]]
 */
#include "agglo/define.h"
#include "agglo/grouping.h"
#include "agglo/similarity.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/** Ward's tree by looking for the closest of all pairs in every step, n^3. Returns the sum of the heights. */
static double plain_ward(double *d, size_t n) {
    double *size = AGL_NEW(double, n), sum = 0;
    bool *gone = AGL_NEW(bool, n);
    if (!size || !gone) exit(1);
    for (size_t i = 0; i < n; i++)
        size[i] = 1;
    for (size_t step = 0; step + 1 < n; step++) {
        size_t a = 0, b = 0;
        double best = INFINITY;
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n && !gone[i]; j++)
                if (!gone[j] && d[i * n + j] < best) best = d[i * n + j], a = i, b = j;
        sum += best;
        for (size_t l = 0; l < n; l++)
            if (!gone[l] && l != a && l != b)
                d[a * n + l] = d[l * n + a] = ((size[a] + size[l]) * d[a * n + l] +
                                               (size[b] + size[l]) * d[b * n + l] - size[l] * best) /
                                              (size[a] + size[b] + size[l]);
        size[a] += size[b];
        gone[b] = true;
    }
    free(size);
    free(gone);
    return sum;
}

static void trees(const double *m, size_t n, agl_error *err) {
    double *d = AGL_NEW(double, n *n), sum = 0, start;
    agl_merge *merges = AGL_NEW(agl_merge, n);
    if (!d || !merges) exit(1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < n; k++)
                d[i * n + j] += (m[i * n + k] - m[j * n + k]) * (m[i * n + k] - m[j * n + k]);
    start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    check(agl_linkage(merges, d, n, AGL_LINKAGE_WARD, NULL, err), err);
    double chains = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    for (size_t k = 0; k + 1 < n; k++)
        sum += merges[k].height;
    start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    double other = plain_ward(d, n), plain = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    printf("Ward's tree of %zu: chains %.4f s, plain algorithm %.4f s, ratio %.1f; heights differ by %.1e\n",
           n, chains, plain, plain / chains, fabs(sum - other) / other);
    free(d);
    free(merges);
}

int main(int argc, char **argv) {
    size_t n = argc > 1 ? (size_t)atoi(argv[1]) : 300, regions = argc > 2 ? (size_t)atoi(argv[2]) : 400;
    double *x = AGL_NEW(double, n *regions), *a = AGL_NEW(double, n *n), *b = AGL_NEW(double, n *n);
    agl_error err = {0};
    agl_definition d;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = 2;
    if (!x || !a || !b) return 1;
    agl_rng rng = agl__rng(1, 0, 0);
    for (size_t k = 0; k < n * regions; k++) /* industry i % 20 is at home in the regions r % 20 */
        x[k] = exp(agl__rng_normal(&rng)) * (k / regions % 20 == k % regions % 20 ? 4 : 1);
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    check(agl_similarity_correlation(a, x, n, regions, &ctx, &err), &err);
    check(agl_similarity_coagglomeration(b, x, n, regions, &ctx, &err), &err);
    check(agl_similarity_standardize(a, n, NULL, &err), &err);
    check(agl_similarity_standardize(b, n, NULL, &err), &err);
    const double *const matrix[2] = {a, b};
    check(agl_define(&d, matrix, 2, n, NULL, &ctx, &err), &err);
    wall = seconds(CLOCK_MONOTONIC) - wall, cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("%zu industries, %zu regions, %zu configurations on two threads: %.2f s, CPU %.2f s (at most 60 s "
           "for 60 "
           "configurations)\n",
           n, regions, d.n_candidates, wall, cpu);
    agl_definition_free(&d);
    trees(a, n, &err);
    free(x);
    free(a);
    free(b);
    return 0;
}

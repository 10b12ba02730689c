/* Curve from counts: distances fall into bins of h/96 that keep the number and the mean of what they hold.
 *
 * With the mean known, replacing the pairs of a bin by one mass at their mean costs at most half the variance
 * within the bin times the curvature of the kernel: width^2/4 / 2 * |f''|/h^2 <= (1/96)^2 / 8 = 1.4e-5 of the
 * peak of the kernel when all pairs of a bin sit at its two ends, and a third of it when they are spread. As
 * the variance of an even spread, width^2/12, is added to the kernel, what remains is at most 9e-6 in the
 * worst case and next to nothing in the usual one. Counting the mean costs nothing: both are kept in one
 * 64-bit number (see pair_kernels.h). */
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/geo/pair_kernels.h"
#include "kernel/geo/points.h"
#include "kernel/measure/kdensity.h"

#include <math.h>

static const double BINS_PER_H = 96;

typedef struct job {
    const agl_kd_pairs *pairs;
    const agl_kd_tiles *tiles;
    const agl_pair_kernels *kernels;
    const agl_ctx *ctx;
    size_t bins;
    double scale;     /* bins per km */
    uint64_t *packed; /* per worker, AGL_PACKED_WAYS * (bins + 1) */
    uint64_t *count;  /* per worker, bins + 1 */
    uint64_t *offset; /* per worker, bins + 1: sum of positions in the bin, in 4096ths */
} job;

static void unpack(job *j, int worker) {
    const uint64_t mask = (1ull << AGL_COUNT_SHIFT) - 1;
    size_t n = j->bins + 1;
    uint64_t *packed = j->packed + (size_t)worker * AGL_PACKED_WAYS * n;
    uint64_t *count = j->count + (size_t)worker * n, *offset = j->offset + (size_t)worker * n;
    for (size_t way = 0; way < AGL_PACKED_WAYS; way++)
        for (size_t b = 0; b < n; b++) {
            count[b] += packed[way * n + b] >> AGL_COUNT_SHIFT;
            offset[b] += packed[way * n + b] & mask;
            packed[way * n + b] = 0;
        }
}

/* Whole numbers are added, so it does not matter which worker a tile falls to. */
static agl_status count_task(void *arg, size_t task, int worker, agl_error *err) {
    job *j = arg;
    const agl_kdtree *a = &j->pairs->a, *b = agl__kd_second(j->pairs);
    agl_xyz pa = {a->points.x, a->points.y, a->points.z}, pb = {b->points.x, b->points.y, b->points.z};
    uint64_t *packed = j->packed + (size_t)worker * AGL_PACKED_WAYS * (j->bins + 1);
    size_t added = 0;
    for (size_t t = task; t < j->tiles->n; t += j->tiles->n_tasks) {
        if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        agl_kd_tile tile = j->tiles->tile[t];
        agl_kd_block p = j->tiles->a[tile.a], q = j->tiles->b[tile.b];
        bool triangle = j->tiles->a == j->tiles->b && tile.a == tile.b;
        added += (size_t)(p.end - p.begin) * (q.end - q.begin);
        if (added > AGL_PACKED_PAIRS) {
            unpack(j, worker);
            added = (size_t)(p.end - p.begin) * (q.end - q.begin);
        }
        j->kernels->packed(packed, j->bins, j->scale * (1 << AGL_FRACTION_BITS), pa, p.begin, p.end, pb,
                           q.begin, q.end, triangle);
    }
    unpack(j, worker);
    return AGL_OK;
}

/* Sums the workers' bins and adds each bin's mass at its mean distance. */
static void to_curve(double *kd, const job *j, size_t workers, const double *r, size_t n_r, double h) {
    double width = 1 / j->scale, h_wide = sqrt(h * h + width * width / 12);
    agl_space space = j->pairs->a.points.space;
    for (size_t b = 0; b < j->bins; b++) {
        uint64_t count = 0, offset = 0;
        for (size_t w = 0; w < workers; w++) {
            count += j->count[w * (j->bins + 1) + b];
            offset += j->offset[w * (j->bins + 1) + b];
        }
        if (count == 0) continue;
        /* positions were cut down to whole 4096ths: half of one is added back, except at 0, where ties sit
         * exactly */
        double within = (double)offset / (double)count / (1 << AGL_FRACTION_BITS);
        if (b > 0 || offset > 0) within += 0.5 / (1 << AGL_FRACTION_BITS);
        double chord = ((double)b + within) * width;
        agl__kd_add(kd, r, n_r, agl__distance_of_chord(space, chord), (double)count,
                    b > 0 || offset > 0 ? h_wide : h);
    }
}

agl_status agl__kd_by_bins(double *kd, const agl_kd_pairs *pairs, const double *r, size_t n_r, double h,
                           const agl_ctx *ctx, agl_error *err) {
    double reach = agl__chord_of_distance(pairs->a.points.space, r[n_r - 1] + AGL_KD_WINDOW * h);
    job j = {.pairs = pairs, .kernels = agl__pair_kernels(), .ctx = ctx};
    double bins = fmin(ceil(reach * BINS_PER_H / h) + 1, AGL_MAX_BINS);
    j.bins = (size_t)bins;
    j.scale = bins < AGL_MAX_BINS ? BINS_PER_H / h : AGL_MAX_BINS / reach;
    size_t workers = (size_t)agl_threads(ctx), n = j.bins + 1;
    agl_kd_tiles tiles;
    agl_status status = agl__kd_tiles_new(&tiles, pairs, reach, err);
    if (status != AGL_OK) return status;
    if (workers > tiles.n_tasks) workers = tiles.n_tasks;
    j.tiles = &tiles;
    j.packed = AGL_NEW(uint64_t, workers * AGL_PACKED_WAYS * n);
    j.count = AGL_NEW(uint64_t, workers * n);
    j.offset = AGL_NEW(uint64_t, workers * n);
    if (!j.packed || !j.count || !j.offset) {
        status = agl_fail_memory(err);
    } else {
        status = agl__parallel(tiles.n_tasks, count_task, &j, "pairs of points", ctx, err);
    }
    for (size_t i = 0; i < n_r; i++)
        kd[i] = 0;
    if (status == AGL_OK) to_curve(kd, &j, workers, r, n_r, h);
    free(j.packed);
    free(j.count);
    free(j.offset);
    agl__kd_tiles_free(&tiles);
    return status;
}

/* Curve from moments: exact to rounding at a few nanoseconds a pair, whatever the number of r.
 *
 * In a bin of width h/32 with centre c, e = (d - c)/h is at most 1/64. The kernel of a pair is its Taylor
 * series about c, f((r - d)/h) = sum over p of e^p / p! * He_p(u) f(u),   u = (r - c)/h,   He_p the Hermite
 * polynomials of statistics, and eight terms leave (|u| e)^8/8!, 1.5e-12 of a pair's own contribution eight
 * bandwidths away, 1e-17 next to it. So a bin needs only its moments sum of w e^p, p = 0..7. A direct sum of
 * exponentials would cost some twenty of them a pair. */
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"
#include "kernel/geo/pair_kernels.h"
#include "kernel/geo/points.h"
#include "kernel/measure/kdensity.h"

#include <math.h>

enum { MOMENTS = 8, RUN = 256 };
static const double BINS_PER_H = 32;

typedef struct job {
    const agl_kd_pairs *pairs;
    const agl_kd_tiles *tiles;
    const agl_ctx *ctx;
    size_t bins;
    double h;
    double *moments; /* per task, bins * MOMENTS */
} job;

static double arc(agl_space space, double c) {
    if (space == AGL_PLANE) return c;
    return c <= AGL_SERIES_CHORD ? agl__arc_series(c) : agl__distance_of_chord(space, c);
}

static void chords(double *restrict c, const agl_points *p, size_t i, const agl_points *q, size_t j0,
                   size_t j1) {
    const double x = p->x[i], y = p->y[i], z = p->z[i];
    for (size_t j = j0; j < j1; j++) {
        double dx = x - q->x[j], dy = y - q->y[j], dz = z - q->z[j];
        c[j - j0] = sqrt(dx * dx + dy * dy + dz * dz);
    }
}

static void add_pair(double *moments, const job *j, double d, double weight) {
    double at = d * (BINS_PER_H / j->h);
    if (!(at < (double)j->bins)) return;
    size_t bin = (size_t)at;
    double e = (at - (double)bin - 0.5) / BINS_PER_H, power = weight;
    double *m = moments + bin * MOMENTS;
    for (int p = 0; p < MOMENTS; p++, power *= e)
        m[p] += power;
}

static void add_tile(double *moments, const job *j, agl_kd_block a, agl_kd_block b, bool triangle) {
    const agl_points *p = &j->pairs->a.points, *q = &agl__kd_second(j->pairs)->points;
    const double *wa = j->pairs->wa, *wb = agl__kd_between(j->pairs) ? j->pairs->wb : wa;
    double c[RUN];
    for (size_t i = a.begin; i < a.end; i++)
        for (size_t k = b.begin, end = triangle ? i : b.end, stop; k < end; k = stop) {
            stop = end - k < RUN ? end : k + RUN;
            chords(c, p, i, q, k, stop);
            for (size_t l = k; l < stop; l++)
                add_pair(moments, j, arc(p->space, c[l - k]), wa ? wa[i] * wb[l] : 1);
        }
}

static agl_status moment_task(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    job *j = arg;
    for (size_t t = task; t < j->tiles->n; t += j->tiles->n_tasks) {
        if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        agl_kd_tile tile = j->tiles->tile[t];
        add_tile(j->moments + task * j->bins * MOMENTS, j, j->tiles->a[tile.a], j->tiles->b[tile.b],
                 j->tiles->a == j->tiles->b && tile.a == tile.b);
    }
    return AGL_OK;
}

/* sum over p of m_p/p! He_p(u) f(u), He by its recurrence He_{p+1} = u He_p - p He_{p-1}. */
static double series_at(const double *m, double u) {
    double before = 0, he = 1, factorial = 1, sum = 0;
    for (int p = 0; p < MOMENTS; p++) {
        sum += m[p] / factorial * he;
        double next = u * he - p * before;
        before = he;
        he = next;
        factorial *= p + 1;
    }
    return sum * exp(-0.5 * u * u);
}

static void to_curve(double *kd, const job *j, const double *moments, const double *r, size_t n_r) {
    for (size_t i = 0; i < n_r; i++) {
        double low = (r[i] / j->h - AGL_KD_EXACT_WINDOW) * BINS_PER_H,
               high = (r[i] / j->h + AGL_KD_EXACT_WINDOW) * BINS_PER_H;
        agl_sum sum = {0, 0};
        for (size_t b = low > 0 ? (size_t)low : 0; b < j->bins && (double)b <= high; b++) {
            if (moments[b * MOMENTS] == 0) continue;
            double centre = ((double)b + 0.5) / BINS_PER_H;
            agl__sum_add(&sum, series_at(moments + b * MOMENTS, r[i] / j->h - centre));
            agl__sum_add(&sum, series_at(moments + b * MOMENTS, -r[i] / j->h - centre));
        }
        kd[i] = agl__sum_value(&sum) / (j->h * sqrt(2 * M_PI));
    }
}

agl_status agl__kd_by_moments(double *kd, const agl_kd_pairs *pairs, const double *r, size_t n_r, double h,
                              const agl_ctx *ctx, agl_error *err) {
    double reach = r[n_r - 1] + AGL_KD_EXACT_WINDOW * h;
    job j = {.pairs = pairs, .ctx = ctx, .h = h, .bins = (size_t)ceil(reach / h * BINS_PER_H) + 1};
    agl_kd_tiles tiles;
    agl_status status =
        agl__kd_tiles_new(&tiles, pairs, agl__chord_of_distance(pairs->a.points.space, reach), err);
    if (status != AGL_OK) return status;
    j.tiles = &tiles;
    size_t size = j.bins * MOMENTS;
    j.moments = AGL_NEW(double, tiles.n_tasks *size);
    status = j.moments ? agl__parallel(tiles.n_tasks, moment_task, &j, "pairs of points", ctx, err)
                       : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (size_t k = 0; k < size; k++) { /* the tasks in order */
            agl_sum sum = {0, 0};
            for (size_t t = 0; t < tiles.n_tasks; t++)
                agl__sum_add(&sum, j.moments[t * size + k]);
            j.moments[k] = agl__sum_value(&sum);
        }
        to_curve(kd, &j, j.moments, r, n_r);
    }
    free(j.moments);
    agl__kd_tiles_free(&tiles);
    return status;
}

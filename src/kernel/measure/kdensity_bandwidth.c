/* Bandwidth rules over distances of pairs: Silverman, Sheather and Jones. */
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/geo/points.h"
#include "kernel/measure/kdensity.h"

#include <math.h>

/* ---- Silverman 1986, eq. 3.31 ---- */

/* 0.9 min(sd, IQR/1.34) m^(-1/5); the one that is not zero when the other is. */
static double silverman(double sd, double iqr, double m) {
    double spread = fmin(sd, iqr / 1.34);
    return 0.9 * (spread > 0 ? spread : sd) * pow(m, -0.2);
}

/* ---- Sheather and Jones 1991: solve the equation ---- */

/* The distances counted in `bins` equal cells of `width`; gaps[k] = number of pairs of distances that lie k
 * cells apart. All sums over pairs of distances go over the gaps. */
typedef struct cells {
    double *gaps;
    size_t bins;
    double width, m;
} cells;

enum { SJ_CELLS = 2048 };

static double phi4(double u2) { return exp(-u2 / 2) * ((u2 - 6) * u2 + 3); }
static double phi6(double u2) { return exp(-u2 / 2) * (((u2 - 15) * u2 + 45) * u2 - 15); }

/* 1/(m(m-1) s^power) * sum over all ordered pairs, the pairs of a distance with itself among them. */
static double functional(const cells *c, double s, double (*phi)(double), double power) {
    double sum = 0;
    for (size_t k = 0; k < c->bins; k++) {
        double u = (double)k * c->width / s;
        if (u * u > 1000) break;
        sum += c->gaps[k] * phi(u * u);
    }
    return (2 * sum + c->m * phi(0)) / (c->m * (c->m - 1) * pow(s, power) * sqrt(2 * M_PI));
}

/* h - {1/(2 sqrt(pi) m S(gamma(h)))}^(1/5), gamma(h) = 1.357 {S(a)/T(b)}^(1/7) h^(5/7): zero at the
 * bandwidth. */
static double excess(const cells *c, double h, double ratio) {
    double s = functional(c, 1.357 * ratio * pow(h, 5.0 / 7), phi4, 5);
    return h - pow(1 / (2 * sqrt(M_PI) * c->m * s), 0.2);
}

static agl_status sheather_jones(double *h, const double *counts, size_t bins, double width, double sd,
                                 double iqr, agl_error *err) {
    cells c = {.gaps = AGL_NEW(double, bins), .bins = bins, .width = width};
    if (!c.gaps) return agl_fail_memory(err);
    for (size_t i = 0; i < bins; i++) {
        c.m += counts[i];
        c.gaps[0] += counts[i] * (counts[i] - 1) / 2;
        for (size_t k = 1; counts[i] > 0 && k <= i; k++)
            c.gaps[k] += counts[i] * counts[i - k];
    }
    double scale = fmin(sd, iqr / 1.349);
    if (!(scale > 0)) scale = sd;
    double sa = functional(&c, 1.24 * scale * pow(c.m, -1.0 / 7), phi4, 5);
    double tb = -functional(&c, 1.23 * scale * pow(c.m, -1.0 / 9), phi6, 7);
    double high = 1.144 * scale * pow(c.m, -0.2), low = 0.1 * high, ratio = pow(sa / tb, 1.0 / 7);
    agl_status status = AGL_OK;
    if (!(tb > 0) || !(sa > 0) || !(excess(&c, low, ratio) < 0) || !(excess(&c, high, ratio) > 0)) {
        status = agl_fail(err, AGL_ECONV,
                          "the Sheather-Jones bandwidth has no solution for these distances; use "
                          "--bandwidth silverman");
    } else {
        for (int step = 0; step < 60; step++) {
            double middle = (low + high) / 2;
            *(excess(&c, middle, ratio) < 0 ? &low : &high) = middle;
        }
        *h = (low + high) / 2;
    }
    free(c.gaps);
    return status;
}

/* ---- from bins ---- */

/* Distance below which `rank` of the counted lie; within a bin they are taken to be evenly spread. */
static double binned_quantile(const double *counts, const double *distance, size_t bins, double rank) {
    double seen = 0;
    for (size_t b = 0; b < bins; b++) {
        if (rank < seen + counts[b]) {
            double left = b > 0 ? (distance[b - 1] + distance[b]) / 2 : 0;
            double right = b + 1 < bins ? (distance[b] + distance[b + 1]) / 2 : 2 * distance[b] - left;
            return left + (right - left) * (rank - seen) / counts[b];
        }
        seen += counts[b];
    }
    return distance[bins - 1];
}

agl_status agl__kd_bandwidth_binned(double *h, const double *counts, const double *distance, size_t bins,
                                    agl_kd_rule rule, agl_error *err) {
    double m = 0, sum = 0, squares = 0;
    for (size_t b = 0; b < bins; b++) {
        m += counts[b];
        sum += counts[b] * distance[b];
    }
    for (size_t b = 0; b < bins; b++)
        squares += counts[b] * (distance[b] - sum / m) * (distance[b] - sum / m);
    double sd = sqrt(squares / (m - 1));
    double iqr = binned_quantile(counts, distance, bins, 0.75 * (m - 1)) -
                 binned_quantile(counts, distance, bins, 0.25 * (m - 1));
    *h = silverman(sd, iqr, m);
    if (rule != AGL_KD_SHEATHER_JONES || !(*h > 0)) return AGL_OK;
    return sheather_jones(h, counts, bins, (distance[bins - 1] - distance[0]) / (double)(bins - 1), sd, iqr,
                          err);
}

/* ---- the rule ---- */

typedef struct cell_job {
    const agl_kd_pairs *pairs;
    const agl_kd_tiles *tiles;
    double width, limit;
    uint64_t *counts; /* per task, SJ_CELLS */
} cell_job;

static agl_status cell_task(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    (void)err;
    cell_job *j = arg;
    const agl_points *a = &j->pairs->a.points, *b = &agl__kd_second(j->pairs)->points;
    uint64_t *counts = j->counts + task * SJ_CELLS;
    for (size_t t = task; t < j->tiles->n; t += j->tiles->n_tasks) {
        agl_kd_tile tile = j->tiles->tile[t];
        agl_kd_block p = j->tiles->a[tile.a], q = j->tiles->b[tile.b];
        bool triangle = j->tiles->a == j->tiles->b && tile.a == tile.b;
        for (size_t i = p.begin; i < p.end; i++)
            for (size_t k = q.begin; k < (triangle ? i : q.end); k++) {
                double c = sqrt(agl__chord2(a, i, b, k));
                if (c > j->limit) continue;
                size_t cell = (size_t)(agl__distance_of_chord(a->space, c) / j->width);
                counts[cell < SJ_CELLS ? cell : SJ_CELLS - 1]++;
            }
    }
    return AGL_OK;
}

/* The distances up to limit_km in SJ_CELLS cells, then the equation. */
static agl_status solve_over_cells(double *h, const agl_kd_pairs *pairs, double limit_km, double sd,
                                   double iqr, const agl_ctx *ctx, agl_error *err) {
    double least2, most2;
    agl__kdnode_reach(&least2, &most2, &pairs->a.nodes[0], &agl__kd_second(pairs)->nodes[0]);
    agl_space space = pairs->a.points.space;
    double farthest = fmin(limit_km, agl__distance_of_chord(space, sqrt(most2)));
    cell_job j = {
        .pairs = pairs, .width = farthest / SJ_CELLS, .limit = agl__chord_of_distance(space, limit_km)};
    agl_kd_tiles tiles;
    agl_status status = agl__kd_tiles_new(&tiles, pairs, j.limit, err);
    if (status != AGL_OK) return status;
    j.tiles = &tiles;
    j.counts = AGL_NEW(uint64_t, tiles.n_tasks * SJ_CELLS);
    double *counts = AGL_NEW(double, SJ_CELLS);
    status = j.counts && counts ? agl__parallel(tiles.n_tasks, cell_task, &j, "bandwidth", ctx, err)
                                : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (size_t t = 0; t < tiles.n_tasks; t++)
            for (size_t k = 0; k < SJ_CELLS; k++)
                counts[k] += (double)j.counts[t * SJ_CELLS + k];
        status = sheather_jones(h, counts, SJ_CELLS, j.width, sd, iqr, err);
    }
    free(counts);
    free(j.counts);
    agl__kd_tiles_free(&tiles);
    return status;
}

agl_status agl__kd_bandwidth(double *h, const agl_kd_pairs *pairs, const agl_kd_options *options,
                             double reach_km, const agl_ctx *ctx, agl_error *err) {
    if (options->rule == AGL_KD_GIVEN) {
        *h = options->bandwidth_km;
        return AGL_OK;
    }
    double limit = isnan(options->limit_km) ? 2 * reach_km : options->limit_km;
    agl_pairs all = agl__kd_as_pairs(pairs);
    uint64_t m;
    agl_status status = agl__pairs_within(&m, &all, limit, ctx, err);
    if (status != AGL_OK) return status;
    *h = 0;
    if (m < 2) return AGL_OK;
    double p[2] = {0.25, 0.75}, q[2], sd = 0;
    status = agl__pairs_quantiles(q, p, 2, m, &all, ctx, err);
    if (status == AGL_OK)
        status = agl__kd_deviation(&sd, pairs, limit, (q[0] + q[1]) / 2, options->exact, ctx, err);
    if (status != AGL_OK || !(sd > 0)) return status;
    if (options->rule == AGL_KD_SILVERMAN) {
        *h = silverman(sd, q[1] - q[0], (double)m);
        return AGL_OK;
    }
    return solve_over_cells(h, pairs, limit, sd, q[1] - q[0], ctx, err);
}

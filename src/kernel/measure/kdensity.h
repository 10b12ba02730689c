/* Inside of agglo/kdensity.h: what its parts share.
 *   kdensity.c            the public call for all industries
 *   kdensity_curve.c      from pairs to one curve: which road; the public call for one
 *   kdensity_tiles.c      pairs of blocks of points that are near enough to matter
 *   kdensity_bandwidth.c, kdensity_deviation.c   rule -> h
 *   kdensity_bins.c       road 1: counts in bins
 *   kdensity_exact.c      road 2: moments of bins, exact and weighed
 *   kdensity_grid.c       road 3: grid and FFT, on the plane sheets of kdensity_sheet.c
 *   kdensity_draws.c, kdensity_draw.c, kdensity_table.c   random draws of all industries together */
#ifndef AGL_KERNEL_MEASURE_KDENSITY_H
#define AGL_KERNEL_MEASURE_KDENSITY_H

#include "agglo/kdensity.h"
#include "kernel/geo/kdtree.h"
#include "kernel/geo/pair_rank.h"

/** The pairs of a curve: trees over points in a common local frame; weights in tree order, or NULL. */
typedef struct agl_kd_pairs {
    agl_kdtree a, b; /* b without nodes: pairs within a */
    double *wa, *wb;
} agl_kd_pairs;

/** Builds from points in a common local frame. */
AGL_NODISCARD agl_status agl__kd_pairs_new(agl_kd_pairs *out, const agl_points *a, const double *wa,
                                           const agl_points *b, const double *wb, agl_error *err);
void agl__kd_pairs_free(agl_kd_pairs *pairs);

static inline bool agl__kd_between(const agl_kd_pairs *p) { return p->b.n_nodes > 0; }
static inline const agl_kdtree *agl__kd_second(const agl_kd_pairs *p) {
    return agl__kd_between(p) ? &p->b : &p->a;
}
static inline agl_pairs agl__kd_as_pairs(const agl_kd_pairs *p) {
    return (agl_pairs){&p->a, agl__kd_between(p) ? &p->b : NULL};
}

/** Sum of w_i w_j over the pairs, or their number. */
double agl__kd_total_weight(const agl_kd_pairs *p);

/* ---- tiles: pairs of blocks of points near enough to matter ---- */

typedef struct agl_kd_block {
    uint32_t begin, end, node;
} agl_kd_block;

typedef struct agl_kd_tile {
    uint32_t a, b; /* blocks; a == b of the same tree: pairs j < i only */
} agl_kd_tile;

typedef struct agl_kd_tiles {
    agl_kd_block *a, *b; /* b == a for pairs within */
    agl_kd_tile *tile;
    size_t n;
    size_t n_tasks; /* tile t belongs to task t % n_tasks; depends on the pairs alone */
} agl_kd_tiles;

/** All pairs of blocks that hold a pair with chord <= reach km. */
AGL_NODISCARD agl_status agl__kd_tiles_new(agl_kd_tiles *out, const agl_kd_pairs *pairs, double reach,
                                           agl_error *err);
void agl__kd_tiles_free(agl_kd_tiles *tiles);

/* ---- bandwidth ---- */

/** Bandwidth in km by the rule of the options, before `adjust`; 0 when all distances are 0. `reach_km` is the
 * largest r. */
AGL_NODISCARD agl_status agl__kd_bandwidth(double *h, const agl_kd_pairs *pairs,
                                           const agl_kd_options *options, double reach_km, const agl_ctx *ctx,
                                           agl_error *err);
/** Standard deviation (divisor m - 1) of the distances up to limit_km: to rounding when `exact`, else to
 * 2e-6. `origin` is a distance near their mean. */
AGL_NODISCARD agl_status agl__kd_deviation(double *sd, const agl_kd_pairs *pairs, double limit_km,
                                           double origin, bool exact, const agl_ctx *ctx, agl_error *err);
/** The bandwidth from counts[0..bins-1] of distances around distance[0..bins-1], ascending, where `options`
 * looks at all. */
AGL_NODISCARD agl_status agl__kd_bandwidth_binned(double *h, const double *counts, const double *distance,
                                                  size_t bins, agl_kd_rule rule, agl_error *err);

/* ---- curves ---- */

/* Beyond so many bandwidths a pair adds nothing to the curve: 1.5e-8 of its peak, and 3e-18 for exact sums.
 */
#define AGL_KD_WINDOW       6.0
#define AGL_KD_EXACT_WINDOW 9.0

/** Adds mass * [f((r - d)/h) + f((r + d)/h)] / h to kd at the ascending r. */
void agl__kd_add(double *kd, const double *r, size_t n_r, double d, double mass, double h);

/** The three roads to a curve; each gives the sum before division by the total weight. */
AGL_NODISCARD agl_status agl__kd_by_bins(double *kd, const agl_kd_pairs *pairs, const double *r, size_t n_r,
                                         double h, const agl_ctx *ctx, agl_error *err);
AGL_NODISCARD agl_status agl__kd_by_moments(double *kd, const agl_kd_pairs *pairs, const double *r,
                                            size_t n_r, double h, const agl_ctx *ctx, agl_error *err);
/** Plane only. *done is false when the grid would be larger than the pairs are worth; kd is then untouched.
 */
AGL_NODISCARD agl_status agl__kd_by_grid(double *kd, bool *done, const agl_kd_pairs *pairs, const double *r,
                                         size_t n_r, double h, agl_error *err);

/** The road that fits, and division by the total weight. `exact` as in the options. */
AGL_NODISCARD agl_status agl__kd_observed(double *kd, const agl_kd_pairs *pairs, const double *r, size_t n_r,
                                          double h, bool exact, const agl_ctx *ctx, agl_error *err);

/** AGL_EUSAGE unless r is ascending, finite, >= 0 and ends above 0. */
AGL_NODISCARD agl_status agl__kd_check_r(const double *r, size_t n_r, agl_error *err);

#endif

/* Pair distances by a grid and FFT.
 *
 * Points are spread onto a grid of spacing g by a B-spline of order p; the grid's autocorrelation, by FFT, is
 * the number of pairs at every lag, smeared by the splines, which division by the spline's transform undoes.
 * The kernel of the K-density, f((r - d)/h) + f((r + d)/h), is even and analytic in d: as a function on the
 * plane it is smooth at d = 0 too and its transform falls like exp(-k^2 h^2/2), so summing it over the lags g
 * (i, j) is exact up to that factor at k = pi/g, and up to the spline's aliasing (k g/2pi / (1 - k g/2pi))^p.
 * No correction of the near field is needed: reflection at zero, made for statistics, also made the kernel
 * fit the grid.
 *
 * What a point makes with itself is taken away before the division: its expected power is known for every
 * wave number.
 *
 *             spacing   order p   wave numbers up to    error
 *   fine      h/2       8         5.8/h                 about 1e-7 of the curve's maximum (observed curves,
 * plane) coarse    h/1.45    4         4.1/h                 about 1e-3 of a draw's deviation Rejected:
 * cloud-in-cell (p = 2, ten times the error for half the spreading, which is not what costs), zero-padding to
 * double size (padding by the range of r suffices: pairs farther apart may wrap onto lags that nobody reads).
 */
#ifndef AGL_KERNEL_MEASURE_KDENSITY_GRID_H
#define AGL_KERNEL_MEASURE_KDENSITY_GRID_H

#include "kernel/measure/kdensity_sheet.h"

typedef struct agl_kd_grid agl_kd_grid;

/** Some of the sites of the sheet; w may be NULL. */
typedef struct agl_kd_set {
    const int32_t *site;
    const double *w;
    size_t n;
} agl_kd_set;

/** A grid for distances up to reach_km and bandwidths from h. *out is NULL when it would need more than
 * `most_cells`. */
AGL_NODISCARD agl_status agl__kd_grid_new(agl_kd_grid **out, const agl_kd_sheet *sheet, double h,
                                          double reach_km, bool fine, double most_cells, agl_error *err);
void agl__kd_grid_free(agl_kd_grid *grid);

/** Cells over all parts that a coarse grid would have: some 13 ns each a correlation. */
double agl__kd_grid_cells_needed(const agl_kd_sheet *sheet, double h, double reach_km);

/** Scratch memory for one correlation at a time, and its size: that of the largest of several grids serves
 * all. */
size_t agl__kd_scratch_size(const agl_kd_grid *grid);
AGL_NODISCARD agl_status agl__kd_scratch_new(double **out, const agl_kd_grid *grid, agl_error *err);
void agl__kd_scratch_free(double *scratch);

/** Lags are grouped into bins of distance, narrow enough to hold few: each stands for the mean distance of
 * its lags. */
size_t agl__kd_grid_bins(const agl_kd_grid *grid);
const double *agl__kd_grid_distances(const agl_kd_grid *grid);

/** mass[bin] = weight of the pairs within `a`, or between `a` and `b`, in each bin (b may be NULL). */
void agl__kd_grid_bin(double *mass, const agl_kd_grid *grid, double *scratch, agl_kd_set a,
                      const agl_kd_set *b);

/** Calls add(arg, distance, mass) for every lag. */
void agl__kd_grid_each(void (*add)(void *arg, double distance, double mass), void *arg,
                       const agl_kd_grid *grid, double *scratch, agl_kd_set a, const agl_kd_set *b);

#endif

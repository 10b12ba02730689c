/* agglo/cells.h - the region x industry table that most measures start from, in long form.
 *
 *     region    [ 0, 0, 1, 2 ]          region 0 has 10 jobs in industry 0 and 5 in industry 2, region 1 an
 * unknown industry  [ 0, 2, 0, 1 ]          number in industry 0, region 2 none in industry 1 value     [ 10,
 * 5, NaN, 0 ]
 *
 * A cell that is not listed is zero. A listed cell whose value is NaN is not known (missing or suppressed):
 * it is left out of every sum and never counts as zero. `slice` tells apart tables that share nothing but the
 * codes, such as years, or the traded and the local part of an economy: each slice has totals of its own. */
#ifndef AGGLO_CELLS_H
#define AGGLO_CELLS_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct agl_cells {
    size_t n;                         /**< cells; each (region, industry, slice) at most once */
    const int32_t *region, *industry; /**< 0..n_regions-1, 0..n_industries-1 */
    const int32_t *slice;             /**< 0..n_slices-1, or NULL when there is one slice */
    const double *value;              /**< finite and >= 0, or NaN */
    size_t n_regions, n_industries, n_slices;
} agl_cells;

/** Totals of a larger economy that the cells are part of; given when the cells do not cover all of it. */
typedef struct agl_economy {
    const double *industry; /**< n_slices x n_industries; NaN = not known */
    const double *total;    /**< n_slices */
} agl_economy;

#ifdef __cplusplus
}
#endif
#endif

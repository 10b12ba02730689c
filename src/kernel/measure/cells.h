/* Sums and orders over cells, shared by the measures. Codes are dense, so all of it is counting: no hashing,
 * no comparing, O(cells + codes). */
#ifndef AGL_KERNEL_MEASURE_CELLS_H
#define AGL_KERNEL_MEASURE_CELLS_H

#include "agglo/cells.h"

/** AGL_EDATA unless every code is in range and every value is NaN or finite and >= 0. */
AGL_NODISCARD agl_status agl__cells_check(const agl_cells *cells, agl_error *err);

static inline size_t agl__cell_slice(const agl_cells *cells, size_t i) {
    return cells->slice ? (size_t)cells->slice[i] : 0;
}

/** Sums of the known cells: x_r. (n_slices x n_regions), x_.i (n_slices x n_industries), x_.. (n_slices). */
typedef struct agl_totals {
    double *region, *industry, *all;
} agl_totals;

AGL_NODISCARD agl_status agl__totals_make(agl_totals *totals, const agl_cells *cells, agl_error *err);
void agl__totals_free(agl_totals *totals);

/** Order of the rows 0..n-1 by keys[0], then keys[1], ...; rows with equal keys keep their order. codes[k] is
 * the number of different values of key k (0..codes[k]-1). `order` has n entries; n < 2^32. Cost: n_keys
 * passes. */
AGL_NODISCARD agl_status agl__code_order(uint32_t *order, const int32_t *const *keys, const size_t *codes,
                                         size_t n_keys, size_t n, agl_error *err);

/** Members of n_groups groups: those of g are member[start[g] .. start[g+1]-1], in ascending order. A group
 * of -1 is left out. `start` has n_groups + 1 entries. Both are freed by the caller. */
AGL_NODISCARD agl_status agl__groups(size_t **start, uint32_t **member, const int32_t *group, size_t n_groups,
                                     size_t n, agl_error *err);

#endif

/* The weight of all around a point for many draws in one pass: weights of point i in `lanes` draws stand side
 * by side, the distances are classified once, and a neighbour's row of weights is added to the row of its
 * interval.
 *
 * Rows are long and there are as many as points, so that reading them from memory would be most of the work.
 * Points next to each other along the curve have much the same neighbours: AGL__TILE of them are served
 * together, one stretch of rows after the other, while the stretch is in the cache. */
#ifndef AGL_KERNEL_MEASURE_MFUNCTION_LANES_H
#define AGL_KERNEL_MEASURE_MFUNCTION_LANES_H

#include "kernel/measure/mfunction_plan.h"

#define AGL__TILE 16

/** Neighbours of one point of a tile. */
typedef struct agl__tile_lists {
    uint32_t *block, *settled; /* ascending */
    int32_t *interval;         /* of the settled groups */
    size_t n_blocks, n_settled;
    double *sum; /* intervals * lanes */
} agl__tile_lists;

typedef struct agl__lanes {
    size_t lanes;   /* a multiple of 8 */
    double *weight; /* points * lanes */
    double *group;  /* groups of f->sites * lanes */
    agl__tile_lists tile[AGL__TILE];
} agl__lanes;

AGL_NODISCARD agl_status agl__lanes_new(agl__lanes *out, const agl_mfunction *f, size_t lanes,
                                        agl_error *err);
void agl__lanes_free(agl__lanes *lanes);

/** Takes over the weights of n <= lanes draws; the other lanes are zero. O(points * lanes). */
void agl__lanes_fill(agl__lanes *lanes, const agl_mfunction *f, const agl__marks *marks, size_t n);

/** below[(t * lanes + lane) * n_r + k]: weight of all around point first + t up to distance k, for the n <=
 * AGL__TILE points for which `wanted`. */
void agl__lanes_around(double *below, agl__lanes *lanes, agl__m_scratch *scratch, const agl_mfunction *f,
                       size_t first, size_t n, const bool *wanted);

#endif

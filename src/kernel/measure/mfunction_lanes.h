/* The weight of all around a point for many draws in one pass: weights of point i in `lanes` draws stand side
 * by side, the distances are classified once, and a neighbour's row of weights is added to the row of its
 * interval. */
#ifndef AGL_KERNEL_MEASURE_MFUNCTION_LANES_H
#define AGL_KERNEL_MEASURE_MFUNCTION_LANES_H

#include "kernel/measure/mfunction_plan.h"

typedef struct agl__lanes {
    size_t lanes;   /* a multiple of 8 */
    double *weight; /* points * lanes */
    double *group;  /* groups of f->sites * lanes */
    double *sum;    /* intervals * lanes */
} agl__lanes;

AGL_NODISCARD agl_status agl__lanes_new(agl__lanes *out, const agl_mfunction *f, size_t lanes,
                                        agl_error *err);
void agl__lanes_free(agl__lanes *lanes);

/** Takes over the weights of n <= lanes draws; the other lanes are zero. O(points * lanes). */
void agl__lanes_fill(agl__lanes *lanes, const agl_mfunction *f, const agl__marks *marks, size_t n);

/** below[lane * n_r + k]: weight of all around point i up to distance k. */
void agl__lanes_around(double *below, agl__lanes *lanes, agl__m_scratch *scratch, const agl_mfunction *f,
                       size_t i);

#endif

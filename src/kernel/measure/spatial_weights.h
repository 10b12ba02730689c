/* Building blocks of spatial weights, shared by the files that make them. */
#ifndef AGL_KERNEL_MEASURE_SPATIAL_WEIGHTS_H
#define AGL_KERNEL_MEASURE_SPATIAL_WEIGHTS_H

#include "agglo/spatial_weights.h"

/** Room for `pairs` neighbours; start[] is all zero. */
AGL_NODISCARD agl_status agl__spatial_weights_room(agl_spatial_weights *out, size_t n, size_t pairs,
                                                   agl_error *err);

/** Puts a row of k neighbours into ascending order; `scratch` has room for k entries of
 * agl__spatial_weights_scratch() bytes. */
void agl__spatial_weights_sort_row(int32_t *to, double *weight, size_t k, void *scratch);
size_t agl__spatial_weights_scratch(void);

#endif

/* Simulation of coagglomeration, apart from its algebra. */
#ifndef AGL_KERNEL_MEASURE_COAGGLOMERATION_H
#define AGL_KERNEL_MEASURE_COAGGLOMERATION_H

#include "agglo/coagglomeration.h"

/** Fills out->p_value from random allocations of the plants with the chances x[0..regions-1]. x2 = sum x^2.
 */
AGL_NODISCARD agl_status agl__coagglomeration_draws(agl_coagglomeration *out, const agl_plant_sizes *plants,
                                                    const double *x, size_t regions, double x2,
                                                    size_t simulations, const agl_ctx *ctx, agl_error *err);

#endif

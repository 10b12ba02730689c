/* What the parts of the misallocation kernel share. */
#ifndef AGL_KERNEL_ALLOCATE_MISALLOCATION_H
#define AGL_KERNEL_ALLOCATE_MISALLOCATION_H

#include "agglo/misallocation.h"

/** The exponents p and q of G = [ sum x r^p ]^q. */
typedef struct agl_gain_power {
    double p, q;
} agl_gain_power;

AGL_NODISCARD agl_status agl__gain_power(agl_gain_power *out, const agl_misallocation_options *o,
                                         agl_error *err);

/** Quantile of type 7 of n values in any order, which are permuted; NaN for n = 0. Expected linear time. */
double agl__quantile_select(double *values, size_t n, double p);

#endif

/* What the kernels of spillovers share. */
#ifndef AGL_KERNEL_NETWORK_SPILLOVER_H
#define AGL_KERNEL_NETWORK_SPILLOVER_H

#include "agglo/spillover.h"

/** R&D must be zero or more, or NaN for not known. */
AGL_NODISCARD agl_status agl__check_rd(const double *rd, int32_t n, agl_error *err);

/** sum - own, 0 where what is left is no more than rounding. */
double agl__without_self(double sum, double own);

#endif

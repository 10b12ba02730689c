/* Upper tail of the hypergeometric distribution for many draws from one population. */
#ifndef AGL_KERNEL_NETWORK_HYPERGEOMETRIC_H
#define AGL_KERNEL_NETWORK_HYPERGEOMETRIC_H

#include "agglo/base.h"

/** log(i!) for i = 0..n in long double, so that differences of large entries keep 1e-13; NULL when memory is
 * exhausted. */
long double *agl__log_factorials(size_t n);

/** P[X >= x], X the marked among b balls drawn from an urn of `urn`, a of them marked. The point probability
 * comes from the table, the others by their ratios, summed on the side of x away from the mean until they no
 * longer count. GSL's gsl_cdf_hypergeometric_Q was left out: it takes differences of log-gammas in double,
 * which lose digits as the urn grows. */
double agl__hypergeometric_upper(size_t x, size_t a, size_t b, size_t urn, const long double *log_factorial);

#endif

/* What the kernels on citations share: drawing them anew. */
#ifndef AGL_KERNEL_NETWORK_CITATIONS_H
#define AGL_KERNEL_NETWORK_CITATIONS_H

#include "agglo/innovation.h"
#include "base/rng.h"

/** Poisson number of that mean, >= 0: products of uniforms below 12, above it Hoermann's transformed
 * rejection (1993, PTRS), whose cost does not depend on the mean. */
double agl__poisson(agl_rng *rng, double mean);

/** Citations of class j in bootstrap sample b: drawn[e - offset[j]] for each of its rows. The same numbers
 * whoever asks, so that shares, centralities and forecasts of a sample belong together. */
void agl__citations_draw(double *drawn, const agl_citations *c, int32_t j, uint64_t seed, uint32_t b);

#endif

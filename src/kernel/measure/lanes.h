/* Inner loops over two rows in eight lanes: without -ffast-math a compiler may not reorder a sum, so the
 * lanes are written out; the order is fixed, and so are the bits. */
#ifndef AGL_KERNEL_MEASURE_LANES_H
#define AGL_KERNEL_MEASURE_LANES_H

#include <stddef.h>

enum { AGL_LANES = 8 };

static inline double agl__lanes_total(const double *lane) {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/** sum_k a_k b_k */
static inline double agl__dot(const double *a, const double *b, size_t n) {
    double lane[AGL_LANES] = {0}, rest = 0;
    size_t k = 0;
    for (; k + AGL_LANES <= n; k += AGL_LANES)
        for (size_t l = 0; l < AGL_LANES; l++)
            lane[l] += a[k + l] * b[k + l];
    for (; k < n; k++)
        rest += a[k] * b[k];
    return agl__lanes_total(lane) + rest;
}

/** sum_k (a_k - b_k)^2 */
static inline double agl__squared_distance(const double *a, const double *b, size_t n) {
    double lane[AGL_LANES] = {0}, rest = 0;
    size_t k = 0;
    for (; k + AGL_LANES <= n; k += AGL_LANES)
        for (size_t l = 0; l < AGL_LANES; l++)
            lane[l] += (a[k + l] - b[k + l]) * (a[k + l] - b[k + l]);
    for (; k < n; k++)
        rest += (a[k] - b[k]) * (a[k] - b[k]);
    return agl__lanes_total(lane) + rest;
}

#endif

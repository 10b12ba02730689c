/* Tail of a sum of independent yes-no events whose chances come in few sizes. */
#ifndef AGL_KERNEL_NETWORK_POISSON_BINOMIAL_H
#define AGL_KERNEL_NETWORK_POISSON_BINOMIAL_H

#include "agglo/base.h"

/** n[d] independent events of chance q[d], d = 0..classes-1. Chances of 1 are certain, of 0 impossible. */
typedef struct agl_events {
    const double *n, *q;
    size_t classes;
} agl_events;

/** Scratch memory, reused between calls; begin with zeros, free both arrays. */
typedef struct agl_tail_scratch {
    double *sum, *binomial;
    size_t capacity;
} agl_tail_scratch;

/** P[X >= x] of the number X of events that happen. With
 *     G(z) = prod_d (1 - q_d + q_d z)^(n_d)
 * the tilted chances q_d z / (1 - q_d + q_d z) make a distribution g_z with
 *     P[X = t] = G(z) z^-t g_z(t),
 * and z is chosen so that the mean of g_z is x. The binomials of the classes are convolved up to where g_z no
 * longer counts; every term is positive, so nothing cancels, in the far tail either. *exact (may be NULL)
 * becomes false when that would cost more than 5e8 steps and the saddle-point approximation is given instead
 * (Lugannani and Rice 1980, with the second continuity correction of Daniels 1987). Negative when memory is
 * exhausted. */
double agl__poisson_binomial_upper(size_t x, const agl_events *events, agl_tail_scratch *scratch,
                                   bool *exact);

/** The approximation alone; x above the mean and below the number of events. */
double agl__poisson_binomial_saddle(size_t x, const agl_events *events);

#endif

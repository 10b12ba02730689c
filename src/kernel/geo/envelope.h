/* Inside of agglo/envelope.h: the simulated curves ordered at every distance, and ranks of curves. */
#ifndef AGL_KERNEL_GEO_ENVELOPE_H
#define AGL_KERNEL_GEO_ENVELOPE_H

#include "agglo/envelope.h"

/** For every distance j: the `valid[j]` values that are not NaN, ascending, at sorted[j * curves]; `below`
 * and `above` [j * curves + s] count how many of them are <= and >= the value of curve s (UINT32_MAX where
 * that is NaN). */
typedef struct agl_ordered {
    size_t curves, n;
    double *sorted;
    uint32_t *below, *above;
    size_t *valid;
} agl_ordered;

/** Orders the rows of `sims`; `observed`, when given, takes part as curve number sims.rows. */
AGL_NODISCARD agl_status agl__order_curves(agl_ordered *out, agl_cmat sims, const double *observed,
                                           agl_error *err);
void agl__ordered_free(agl_ordered *ordered);

/** Extreme-rank-length order: position[s] = number of curves at most as extreme-free as s, that is, s is
 * among the position[s] most extreme ones (ties share the larger number). */
AGL_NODISCARD agl_status agl__erl_positions(uint32_t *position, const agl_ordered *ordered, agl_error *err);

#endif

/* Curves of random draws, all industries together.
 *
 * One simulation is one random order of the sites (Fisher and Yates), the same for every industry: an
 * industry of n takes the first n. That is a uniform choice of n sites without replacement whatever n, so
 * each industry's draws have the right distribution, and where sizes do not travel with the industry the
 * pairs of the first n sites are a part of the pairs of the first n + 1: going through the industries from
 * the smallest to the largest, every pair is counted once for all of them. The largest industries take the
 * grid instead when that is cheaper (routes below).
 *
 *   NEST   pairs, shared as above; no sizes, or sizes that stay at their sites (labelling)
 *   PAIRS  pairs of one industry: sizes that travel with it, two industries
 *   GRID   kdensity_grid.h
 *
 * Sharing means that bands of different industries share their luck; each is a fair one by itself. */
#ifndef AGL_KERNEL_MEASURE_KDENSITY_DRAWS_H
#define AGL_KERNEL_MEASURE_KDENSITY_DRAWS_H

#include "agglo/kdensity.h"

/** One industry: in, and its curves out. */
typedef struct agl_kd_drawn {
    int32_t code;
    const int32_t *site; /* its establishments */
    size_t n;
    double h;      /* bandwidth of its observed curve */
    float *curves; /* simulations x n_r */
} agl_kd_drawn;

typedef struct agl_kd_setting {
    const agl_points *points; /* all sites, in a local frame */
    const int32_t *industry;  /* code of each site */
    const double *size;       /* of each site, or NULL */
    const int32_t *against;   /* sites of the second industry, or NULL */
    size_t n_against;
    const double *r;
    size_t n_r;
    const agl_kd_options *options;
} agl_kd_setting;

/** Fills the curves of industry[0..n-1], which must be ascending by n. */
AGL_NODISCARD agl_status agl__kd_draw(agl_kd_drawn *industry, size_t n, const agl_kd_setting *setting,
                                      const agl_ctx *ctx, agl_error *err);

#endif

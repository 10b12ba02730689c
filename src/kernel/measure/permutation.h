/* Drawing neighbours at random: one region, a batch of rounds side by side, a round a lane.
 *
 * In round r of region i the k neighbours get the values of k different other regions. The d-th draw takes
 * one of the n-1-d regions that are left: a number below n-1-d, raised by one for each region already taken
 * (i itself among them) that is not above it, in ascending order. That needs no rejection, so all lanes take
 * the same steps. Word t of the stream (seed, r, i) of base/rng.h serves draw t.
 *
 * Weighed and left: rejection of repeated draws (lanes would diverge); shuffling an array of n (k random
 * writes and k to undo them a round: that is what serves regions with more than AGL__DRAW_MOST neighbours,
 * where the k^2 / 2 comparisons here cost more). */
#ifndef AGL_KERNEL_MEASURE_PERMUTATION_H
#define AGL_KERNEL_MEASURE_PERMUTATION_H

#include <stddef.h>
#include <stdint.h>

#define AGL__DRAW_LANES 16
#define AGL__DRAW_MOST  64

typedef struct agl__draw_site {
    const double *z, *weight; /* n values; k weights */
    uint32_t n, k, site;      /* 1 <= k <= min(n - 1, AGL__DRAW_MOST) */
    uint64_t seed;
} agl__draw_site;

/** lag[l] = sum_d w_d z_(d), geary[l] = sum_d w_d (z_site - z_(d))^2 of round `first_round` + l. */
typedef void agl__draw_kernel(double lag[AGL__DRAW_LANES], double geary[AGL__DRAW_LANES],
                              const agl__draw_site *site, uint32_t first_round);

extern agl__draw_kernel agl__draw_plain, agl__draw_avx2, agl__draw_avx512;

/** The kernel of a level (0 plain, 1 AVX2, 2 AVX-512), NULL when this processor lacks it; the best one. */
agl__draw_kernel *agl__draw_kernel_for(int level);
agl__draw_kernel *agl__draw_kernel_best(void);

#endif

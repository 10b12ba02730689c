/* The inner loops over pairs of points: distances of one point to many, counted, weighed or compared.
 *
 * One source (pair_kernels_impl.h) is compiled three times: for any processor, for AVX2 and for AVX-512. All
 * three do the same operations in the same order without fused multiply-add, so they give the same bits; the
 * tests compare them. Hand-written intrinsics were measured and gave nothing: what costs is the increment of
 * a counter in memory, not the distance (0.2 ns a pair in single precision, 0.7 ns in double). */
#ifndef AGL_KERNEL_GEO_PAIR_KERNELS_H
#define AGL_KERNEL_GEO_PAIR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/** Points as three arrays. */
typedef struct agl_xyz {
    const double *x, *y, *z;
} agl_xyz;
typedef struct agl_xyzf {
    const float *x, *y, *z;
} agl_xyzf;

/* A packed bin holds in its upper 28 bits the number of pairs and in the lower 36 the sum of their positions
 * within the bin in 4096ths of its width, so that one 64-bit addition keeps both the count and the mean
 * chord. At most 2^24 pairs may be added before the bins are unpacked. */
enum {
    AGL_FRACTION_BITS = 12,
    AGL_COUNT_SHIFT = 36,
    AGL_PACKED_PAIRS = 1 << 24,
    AGL_PACKED_WAYS = 2,
    AGL_PAIR_WAYS = 2
};

/** Upper bound of bins: the position in 4096ths must fit an int32. */
enum { AGL_MAX_BINS = (1 << 19) - 1 };

/** Great-circle distance of a chord up to AGL_SERIES_CHORD: 2R asin(c/2R) by its series in (c/2R)^2. */
static inline double agl__arc_series(double c) {
    const double u = c / (2 * 6371.0088), s = u * u;
    return c *
           (1 + s * (1.0 / 6 +
                     s * (3.0 / 40 +
                          s * (15.0 / 336 + s * (105.0 / 3456 +
                                                 s * (945.0 / 42240 +
                                                      s * (10395.0 / 599040 +
                                                           s * (135135.0 / 9676800 +
                                                                s * (2027025.0 / 175472640 +
                                                                     s * (34459425.0 / 3530096640.0))))))))));
}

/** Limits of squared chords: below low2 a pair is surely nearer, above high2 surely farther than a bracket,
 * and within [inner_low2, inner_high2] surely inside it. */
typedef struct agl_limits {
    float low2, inner_low2, inner_high2, high2;
} agl_limits;

typedef struct agl_compared {
    uint32_t nearer, inside, undecided;
} agl_compared;

enum { AGL_COMPARE_RUN = 64, AGL_COMPARE_PAD = 7 };

/** Sums over pairs at most `limit` km apart of d - origin and its square. */
typedef struct agl_spread {
    double count, sum, squares;
} agl_spread;

/** Chords up to here (km) may be turned into great-circle distances by the kernels' series, good to 1e-16. */
#define AGL_SERIES_CHORD 2200.0

typedef struct agl_pair_kernels {
    const char *name;
    /** hist[way * (bins + 1) + bin] of chord * scale for every pair (i, j), i in i0..i1-1 of a, j in j0..j1-1
     * of b; only j < i when `triangle`. `scale` is bins per km times 4096; chords beyond the last bin land in
     * bin number `bins`. AGL_PACKED_WAYS copies of the histogram (AGL_PAIR_WAYS below) take turns, so that
     * neighbouring pairs do not wait for each other. */
    void (*packed)(uint64_t *hist, size_t bins, double scale, agl_xyz a, size_t i0, size_t i1, agl_xyz b,
                   size_t j0, size_t j1, int triangle);
    /** In single precision and counts only: hist[way * (bins + 1) + bin] of chord * scale + offset, below 0
     * in bin 0; scale is bins per km. */
    void (*count)(uint32_t *hist, size_t bins, float scale, float offset, agl_xyzf a, size_t i0, size_t i1,
                  agl_xyzf b, size_t j0, size_t j1, int triangle);
    /** The same with hist += wa[i] * wb[j]. */
    void (*weigh)(double *hist, size_t bins, float scale, float offset, agl_xyzf a, const float *wa,
                  size_t i0, size_t i1, agl_xyzf b, const float *wb, size_t j0, size_t j1, int triangle);
    /** Compares the pairs of two short ranges (at most AGL_COMPARE_RUN points each) in single precision: how
     * many squared chords are < low2, how many lie in [inner_low2, inner_high2] (none when inner_low2 >
     * inner_high2), and how many of the others are <= high2: those stand in which[], i in the upper and j in
     * the lower 16 bits, counted from i0, j0. The arrays of b must be readable for AGL_COMPARE_PAD points
     * beyond j1. */
    void (*compare)(agl_compared *out, uint32_t *which, const agl_limits *limits, agl_xyzf a, size_t i0,
                    size_t i1, agl_xyzf b, size_t j0, size_t j1, int triangle);
    /** Adds the pairs of the ranges to *out. On the sphere (`sphere`) chords must not exceed
     * AGL_SERIES_CHORD. */
    void (*spread)(agl_spread *out, double limit, double origin, int sphere, agl_xyz a, size_t i0, size_t i1,
                   agl_xyz b, size_t j0, size_t j1, int triangle);
} agl_pair_kernels;

/** The fastest that this processor runs. */
const agl_pair_kernels *agl__pair_kernels(void);
/** All three, from plain to widest; NULL where the build or the processor lacks it. */
const agl_pair_kernels *agl__pair_kernels_at(int width);
enum { AGL_PAIRS_PLAIN, AGL_PAIRS_AVX2, AGL_PAIRS_AVX512, AGL_PAIRS_WIDTHS };

extern const agl_pair_kernels agl__pairs_plain, agl__pairs_avx2, agl__pairs_avx512;

#endif

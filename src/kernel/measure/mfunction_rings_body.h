/* The body of agl__ring_*, compiled once for each instruction set: the compiler turns the loops over a group
 * into its vectors. Every lane does the same arithmetic (no fused multiply-add, no reassociation): all builds
 * give the same bits.
 *
 * Define AGL__RING_KERNEL, the name of the kernel, before including. */
#include "kernel/measure/mfunction_rings.h"

#include <math.h>

enum { G = AGL__GROUP };

/* asin(u) / u as a polynomial in u^2 (Chebyshev points of degree 7, relative error 1.2e-8 on [0, 1/2]): arc /
 * chord. Beyond 1/2 it is too small but still increasing, and all that is asked there is "farther than the
 * last ring". */
static inline float arc_per_chord(float u2) {
    float p = 0.109673983F;
    p = p * u2 - 0.0900862167F;
    p = p * u2 + 0.0755397538F;
    p = p * u2 + 0.016731389F;
    p = p * u2 + 0.0464808495F;
    p = p * u2 + 0.0748811444F;
    p = p * u2 + 0.166669547F;
    return p * u2 + 0.999999989F;
}

/* Distance in steps that belongs to a chord. */
static inline float in_steps(float c, const agl__ring_scale *s, bool plane) {
    return plane ? c * s->per_step : c * arc_per_chord(c * c * s->curvature) * s->per_step;
}

/* Loops over a group are kept as loops: unrolled too early they would not become one vector. */
#define OVER_GROUP(k) _Pragma("GCC unroll 1") for (int k = 0; k < G; k++)

/* Classes of one block; those that are -1 show in the sign of any[]. */
static inline void classify_block(int32_t *restrict class, int32_t any[G], const float *restrict x,
                                  const float *restrict y, const float *restrict z, const float at[3],
                                  const agl__ring_scale *s, bool plane) {
    OVER_GROUP(k) {
        float dx = x[k] - at[0], dy = y[k] - at[1], dz = plane ? 0 : z[k] - at[2];
        float t = in_steps(sqrtf(dx * dx + dy * dy + dz * dz), s, plane);
        t = t < s->far ? t : s->far;
        int32_t ring = (int32_t)t;
        float part = t - (float)ring;
        int32_t unsure = (part < s->doubt) | (part > 1 - s->doubt) ? -1 : 0;
        class[k] = unsure | (ring + 1);
        any[k] |= class[k];
    }
}

static bool classify(int32_t *restrict class, const agl__cloud *cloud, const uint32_t *restrict block,
                     size_t n, const float at[3], const agl__ring_scale *scale) {
    const agl__ring_scale s = *scale;
    const float here[3] = {at[0], at[1], at[2]};
    const float *restrict x = cloud->x, *restrict y = cloud->y, *restrict z = cloud->z;
    int32_t any[G] = {0};
    if (s.curvature == 0)
        for (size_t b = 0; b < n; b++) {
            size_t first = (size_t)block[b] * G;
            classify_block(class + b * G, any, x + first, y + first, z, here, &s, true);
        }
    else
        for (size_t b = 0; b < n; b++) {
            size_t first = (size_t)block[b] * G;
            classify_block(class + b * G, any, x + first, y + first, z + first, here, &s, false);
        }
    for (int k = 1; k < G; k++)
        any[0] |= any[k];
    return any[0] < 0;
}

/* A ball at chord c with radius q holds chords from c - q to c + q. */
static inline void bounds_group(int32_t *restrict low, int32_t *restrict high, const float *restrict x,
                                const float *restrict y, const float *restrict z,
                                const float *restrict radius, const float at[3], const agl__ring_scale *s,
                                bool plane) {
    const float beyond = s->far + 1;
    OVER_GROUP(k) {
        float dx = x[k] - at[0], dy = y[k] - at[1], dz = plane ? 0 : z[k] - at[2];
        float c = sqrtf(dx * dx + dy * dy + dz * dz);
        float least = in_steps(c - radius[k], s, plane) + (1 - s->doubt); /* below zero when `at` is inside */
        float most = in_steps(c + radius[k], s, plane) + (1 + s->doubt);
        least = least > 0 ? least : 0;
        low[k] = (int32_t)(least < beyond ? least : beyond);
        high[k] = (int32_t)(most < beyond ? most : beyond);
    }
}

static void bounds(int32_t *restrict low, int32_t *restrict high, const agl__level *level,
                   const uint32_t *restrict parent, size_t n, const float at[3],
                   const agl__ring_scale *scale) {
    const agl__ring_scale s = *scale;
    const float here[3] = {at[0], at[1], at[2]};
    const float *restrict x = level->x, *restrict y = level->y, *restrict z = level->z,
                          *restrict q = level->radius;
    if (s.curvature == 0)
        for (size_t p = 0; p < n; p++) {
            size_t first = (size_t)parent[p] * G;
            bounds_group(low + p * G, high + p * G, x + first, y + first, z, q + first, here, &s, true);
        }
    else
        for (size_t p = 0; p < n; p++) {
            size_t first = (size_t)parent[p] * G;
            bounds_group(low + p * G, high + p * G, x + first, y + first, z + first, q + first, here, &s,
                         false);
        }
}

static uint32_t count_both(uint32_t *restrict times, uint32_t *restrict reached,
                           const int32_t *restrict class, const uint32_t *restrict block, size_t n,
                           int32_t deep_here, const int32_t *restrict deep) {
    uint32_t here[G] = {0}, total = 0;
    for (size_t b = 0; b < n; b++) {
        const int32_t *restrict c = class + b * G, *restrict other_deep = deep + (size_t)block[b] * G;
        uint32_t *restrict t = times + b * G, *restrict other = reached + (size_t)block[b] * G;
        OVER_GROUP(k) {
            uint32_t mine = c[k] <= deep_here, theirs = c[k] <= other_deep[k];
            t[k] = mine + theirs;
            other[k] += theirs;
            here[k] += mine;
        }
    }
    for (int k = 0; k < G; k++)
        total += here[k];
    return total;
}

static void add_rows(double *restrict sum, const int32_t *restrict to, const double *restrict w,
                     const uint32_t *restrict from, size_t n, size_t lanes) {
    for (size_t j = 0; j < n; j++) {
        double *restrict a = sum + (size_t)to[j] * lanes;
        const double *restrict b = w + (size_t)from[j] * lanes;
        for (size_t l = 0; l < lanes; l += 8)
            for (size_t k = 0; k < 8; k++)
                a[l + k] += b[l + k];
    }
}

const agl__ring_kernel AGL__RING_KERNEL = {
    .classify = classify, .bounds = bounds, .count_both = count_both, .add_rows = add_rows};

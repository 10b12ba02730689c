/* The body of agl__edge_*, compiled once for each instruction set; the compiler makes vectors of the loops.
 * No fused multiply-add and no reassociation: all builds give the same bits.
 *
 * Define AGL__EDGE_KERNEL, the name of the kernel, before including. */
#include "kernel/measure/ripley_plan.h"

#include <math.h>
#include <string.h>

/* arc cosine of 0 <= q <= 1. asin(s) = s P(s^2) for s <= 1/2 (Chebyshev points of degree 8, relative
 * error 8.4e-13); for q > 1/2 acos(q) = 2 asin(sqrt((1 - q) / 2)), for the others pi/2 - asin(q). */
static inline double arc_cosine(double q) {
    double low = q < 0.5 ? 1 : 0, high = 1 - low; /* products instead of branches: one vector */
    double z = low * (q * q) + high * ((1 - q) * 0.5);
    double p = 0.032957594700848809;
    p = p * z + 0.0019156113431105127;
    p = p * z + 0.020681327171691671;
    p = p * z + 0.021855742599843481;
    p = p * z + 0.030428119019079429;
    p = p * z + 0.044640564692200367;
    p = p * z + 0.075000056558218828;
    p = p * z + 0.16666666613278705;
    p = p * z + 1.0000000000008249;
    return low * M_PI_2 + (2 * high - low) * (sqrt(z) * p);
}

/* Loops over a block are kept as loops: unrolled too early they would not become vectors. */
#define OVER_BLOCK(k) _Pragma("GCC unroll 1") for (int k = 0; k < AGL__GROUP; k++)

static inline double positive(double x) { return 0.5 * (x + fabs(x)); }

/* Whether a side at distance a cuts any of the circles with squared radii d2. */
static inline bool cuts(const double *restrict d2, double a) {
    int32_t any = 0;
    OVER_BLOCK(k) { any |= d2[k] > a * a; }
    return any != 0;
}

/* Half angles acos(a / d) of the arcs that a side at distance a cuts off. */
static inline void half_angles(double *restrict half, const double *restrict d2, double a) {
    double q[AGL__GROUP];
    OVER_BLOCK(k) {
        double ratio = a / sqrt(d2[k]);
        q[k] = ratio < 1 ? ratio : 1;
    }
    OVER_BLOCK(k) { half[k] = arc_cosine(q[k]); }
}

static inline void weights_of_shares(double *restrict weight, const double *restrict share) {
    const double least = 1.0 / AGL__EDGE_MOST;
    double bounded[AGL__GROUP];
    OVER_BLOCK(k) { bounded[k] = share[k] > least ? share[k] : least; }
    OVER_BLOCK(k) { weight[k] = 1 / bounded[k]; }
}

/* A side cuts off twice its half angle. Arcs of neighbouring sides overlap by the excess of their two half
 * angles over a right angle; those of opposite sides never do. */
static void several_sides(double *restrict weight, const double *restrict d2, const double side[4]) {
    double half[4][AGL__GROUP], share[AGL__GROUP];
    for (int s = 0; s < 4; s++)
        half_angles(half[s], d2, side[s]); /* out of reach: ratio infinite, angle 0 */
    OVER_BLOCK(k) {
        double left = half[0][k], right = half[1][k], down = half[2][k], up = half[3][k];
        double overlap = positive(left + down - M_PI_2) + positive(left + up - M_PI_2) +
                         positive(right + down - M_PI_2) + positive(right + up - M_PI_2);
        share[k] = 1 - (2 * (left + right + down + up) - overlap) * (0.5 / M_PI);
    }
    weights_of_shares(weight, share);
}

/* Most blocks are nearer than every side, most others are cut by one. */
static void isotropic_block(double *restrict weight, const double *restrict x, const double *restrict y,
                            const double at[2], const double side[4]) {
    double d2[AGL__GROUP], half[AGL__GROUP];
    int n_cut = 0, cut = 0;
    OVER_BLOCK(k) {
        double dx = x[k] - at[0], dy = y[k] - at[1];
        d2[k] = dx * dx + dy * dy;
        weight[k] = 1;
    }
    for (int s = 0; s < 4; s++)
        if (side[s] < INFINITY && cuts(d2, side[s])) {
            n_cut++;
            cut = s;
        }
    if (n_cut == 0) return;
    if (n_cut > 1) {
        several_sides(weight, d2, side);
        return;
    }
    half_angles(half, d2, side[cut]);
    OVER_BLOCK(k) { half[k] = 1 - half[k] * (1 / M_PI); }
    weights_of_shares(weight, half);
}

static void isotropic(double *restrict weight, const double *restrict x, const double *restrict y,
                      const uint32_t *restrict block, size_t n, const double at[2], const double side[4]) {
    for (size_t b = 0; b < n; b++) {
        size_t first = (size_t)block[b] * AGL__GROUP;
        isotropic_block(weight + b * AGL__GROUP, x + first, y + first, at, side);
    }
}

static void translation(double *restrict weight, const double *restrict x, const double *restrict y,
                        const uint32_t *restrict block, size_t n, const double at[2], const double size[2]) {
    for (size_t b = 0; b < n; b++) {
        size_t first = (size_t)block[b] * AGL__GROUP;
        OVER_BLOCK(k) {
            double dx = x[first + k] - at[0], dy = y[first + k] - at[1];
            weight[b * AGL__GROUP + (size_t)k] =
                size[0] * size[1] / ((size[0] - fabs(dx)) * (size[1] - fabs(dy)));
        }
    }
}

const agl__edge_kernel AGL__EDGE_KERNEL = {.isotropic = isotropic, .translation = translation};

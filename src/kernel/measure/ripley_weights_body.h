/* The body of agl__edge_*, compiled once for each instruction set; the compiler makes vectors of the loops. No fused
 * multiply-add and no reassociation: all builds give the same bits.
 *
 * Define AGL__EDGE_KERNEL, the name of the kernel, before including. */
#include "kernel/measure/ripley_plan.h"

#include <math.h>
#include <string.h>

/* arc cosine of 0 <= q <= 1. asin(s) = s P(s^2) for s <= 1/2 (Chebyshev points of degree 10, relative error 3.3e-15); for
 * q > 1/2 acos(q) = 2 asin(sqrt((1 - q) / 2)), for the others pi/2 - asin(q). */
static inline double arc_cosine(double q) {
    double low = q < 0.5 ? 1 : 0, high = 1 - low; /* products instead of branches: one vector */
    double z = low * (q * q) + high * ((1 - q) * 0.5);
    double p = 0.031500978582855187;
    p = p * z - 0.0073091613102745211;
    p = p * z + 0.017924305774952437;
    p = p * z + 0.012550386671737955;
    p = p * z + 0.017550046245694551;
    p = p * z + 0.022354717951662169;
    p = p * z + 0.030382897420133208;
    p = p * z + 0.044642826955757352;
    p = p * z + 0.075000000488015583;
    p = p * z + 0.1666666666636023;
    p = p * z + 1.0000000000000031;
    return low * M_PI_2 + (2 * high - low) * (sqrt(z) * p);
}

/* Half the angle that a side at distance a cuts off circles of radius d. */
static void half_angles(double *restrict half, const double *restrict d, size_t n, double a) {
    double q[AGL__EDGE_CHUNK];
    for (size_t k = 0; k < n; k++) {
        double ratio = a / d[k];
        q[k] = ratio < 1 ? ratio : 1;
    }
    for (size_t k = 0; k < n; k++)
        half[k] = arc_cosine(q[k]);
}

static inline double positive(double x) { return 0.5 * (x + fabs(x)); }

/* A side cuts off twice its half angle. Arcs cut off by neighbouring sides overlap by the excess of the two half angles over
 * a right angle; those of opposite sides never do. */
static void isotropic(double *restrict weight, const double *restrict dx, const double *restrict dy, size_t n,
                      const double side[4]) {
    const double least = 1.0 / AGL__EDGE_MOST;
    double d[AGL__EDGE_CHUNK], half[4][AGL__EDGE_CHUNK];
    for (size_t k = 0; k < n; k++)
        d[k] = sqrt(dx[k] * dx[k] + dy[k] * dy[k]);
    for (int s = 0; s < 4; s++)
        if (side[s] < INFINITY)
            half_angles(half[s], d, n, side[s]);
        else
            memset(half[s], 0, n * sizeof *half[s]);
    for (size_t k = 0; k < n; k++) {
        double left = half[0][k], right = half[1][k], down = half[2][k], up = half[3][k];
        double overlap = positive(left + down - M_PI_2) + positive(left + up - M_PI_2) +
                         positive(right + down - M_PI_2) + positive(right + up - M_PI_2);
        double share = 1 - (2 * (left + right + down + up) - overlap) * (0.5 / M_PI);
        weight[k] = share > least ? share : least;
    }
    for (size_t k = 0; k < n; k++)
        weight[k] = 1 / weight[k];
}

static void translation(double *restrict weight, const double *restrict dx, const double *restrict dy, size_t n, double width,
                        double height) {
    for (size_t k = 0; k < n; k++)
        weight[k] = width * height / ((width - fabs(dx[k])) * (height - fabs(dy[k])));
}

const agl__edge_kernel AGL__EDGE_KERNEL = {.isotropic = isotropic, .translation = translation};

/* Distances between points inline, and conversions between chord and distance (see agglo/points.h). */
#ifndef AGL_KERNEL_GEO_POINTS_H
#define AGL_KERNEL_GEO_POINTS_H

#include "agglo/points.h"

#include <math.h>

/** Distance in km that belongs to a straight chord of c km. */
static inline double agl__distance_of_chord(agl_space space, double c) {
    if (space == AGL_PLANE) return c;
    double half = c / (2 * AGL_EARTH_RADIUS_KM);
    return 2 * AGL_EARTH_RADIUS_KM * asin(half < 1 ? half : 1);
}

/** Chord in km that belongs to a distance of d km; distances beyond half the globe give the diameter. */
static inline double agl__chord_of_distance(agl_space space, double d) {
    if (space == AGL_PLANE) return d;
    double angle = d / (2 * AGL_EARTH_RADIUS_KM);
    return 2 * AGL_EARTH_RADIUS_KM * (angle < M_PI_2 ? sin(angle) : 1);
}

/** Squared chord between i of a and j of b (same space). */
static inline double agl__chord2(const agl_points *a, size_t i, const agl_points *b, size_t j) {
    double dx = a->x[i] - b->x[j], dy = a->y[i] - b->y[j], dz = a->z[i] - b->z[j];
    return dx * dx + dy * dy + dz * dz;
}

/** Smallest box around the points: low[3], high[3]. n > 0. */
void agl__points_box(double low[3], double high[3], const agl_points *points);

/** Copy of the points in a frame of their own: origin at the centre of their box and, on the sphere, z
 * pointing up there and origin on the ground. Chords stay (to rounding at the size of the Earth, 1e-12 km),
 * coordinates become small enough for single precision, and boxes around neighbours become flat. */
AGL_NODISCARD agl_status agl__points_localize(agl_points *out, const agl_points *points, agl_error *err);

#endif

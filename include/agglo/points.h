/* agglo/points.h - positions of establishments as the point-pattern kernels see them.
 *
 * Every position is three coordinates in km, so that one kernel serves both cases:
 *   sphere  (x, y, z) = R (cos lat cos lon, cos lat sin lon, sin lat), R = 6371.0088 km, the mean radius of
 * the Earth (IUGG). Distance is the great circle, d = 2 R asin(c / 2R) with c the straight chord between the
 * points; the chord form keeps full precision for neighbours, where the usual arc cosine loses half the
 * digits. Against the WGS84 ellipsoid the sphere is off by at most 0.56 %. plane   (x, y, 0). Distance is
 * Euclidean, d = c. Chord and distance grow together, so a kernel may compare squared chords and convert its
 * limits once.
 */
#ifndef AGGLO_POINTS_H
#define AGGLO_POINTS_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Mean radius of the Earth in km. */
#define AGL_EARTH_RADIUS_KM 6371.0088

typedef enum agl_space { AGL_SPHERE, AGL_PLANE } agl_space;

/** n positions; x, y and z are owned arrays of n values in km (z is all zero in the plane). */
typedef struct agl_points {
    agl_space space;
    size_t n;
    double *x, *y, *z;
} agl_points;

/** Points from longitude and latitude in degrees (WGS84), -180..180 and -90..90. The first value outside, or
 * not finite, is AGL_EDATA with its 1-based position in the arrays. O(n). */
AGL_NODISCARD agl_status agl_points_sphere(agl_points *out, const double *lon, const double *lat, size_t n,
                                           agl_error *err);

/** Points from plane coordinates; `km_per_unit` is 0.001 for metres. A value that is not finite is AGL_EDATA.
 * O(n). */
AGL_NODISCARD agl_status agl_points_plane(agl_points *out, const double *x, const double *y,
                                          double km_per_unit, size_t n, agl_error *err);

/** Copies the points whose indices stand in index[0..n-1], in that order. O(n). */
AGL_NODISCARD agl_status agl_points_select(agl_points *out, const agl_points *from, const int32_t *index,
                                           size_t n, agl_error *err);

void agl_points_free(agl_points *points);

/** Distance in km between the points i and j. */
double agl_points_distance(const agl_points *points, size_t i, size_t j);

#ifdef __cplusplus
}
#endif
#endif

/* projection.h - from degrees to a drawing, for maps of a country or a continent. */
#ifndef AGL_REPORT_PROJECTION_H
#define AGL_REPORT_PROJECTION_H

#include "agglo/base.h"

typedef struct agl_lonlat_box {
    double west, east, south, north;
} agl_lonlat_box;

/** Albers' equal-area conic on two parallels at a sixth and five sixths of the box (Snyder 1987, eqs. 14-1 to
 * 14-6, sphere): areas stay true, so that circles over large countries do not lie. Boxes wider than 140
 * degrees or about the equator take the plain cylinder x = lon cos(middle latitude), y = lat. */
typedef struct agl_projection {
    bool conic;
    double lon0, n, c, rho0, cos_lat;
} agl_projection;

agl_projection agl__projection(agl_lonlat_box box);
/** Position in radians, y to the north. */
void agl__project(double *x, double *y, const agl_projection *p, double lon, double lat);

/** The box that holds the places (at least one). With 30 places and more it leaves out a few (at most a
 * tenth) far from the rest when the map gains much by it: overseas parts would turn the mainland into a
 * speck. `outside` receives how many. */
void agl__map_box(agl_lonlat_box *box, size_t *outside, const double *lon, const double *lat, size_t n);

#endif

/* Coordinate systems by PROJ, for points_input.c. */
#ifndef AGL_OP_MEASURE_POINTS_PROJECT_H
#define AGL_OP_MEASURE_POINTS_PROJECT_H

#include "agglo/base.h"

typedef struct agl_crs agl_crs;

/** Opens the system named `name` ("EPSG:2154", any PROJ or WKT name). AGL_EUSAGE when PROJ does not know it,
 * or when it is neither projected nor geographic in two dimensions. */
AGL_NODISCARD agl_status agl__crs_open(agl_crs **out, const char *name, agl_error *err);
void agl__crs_close(agl_crs *crs);

/** True when its coordinates are angles. */
bool agl__crs_geographic(const agl_crs *crs);
/** Length of its unit in km; 0 when geographic. */
double agl__crs_km_per_unit(const agl_crs *crs);

/** Converts n pairs in place, x east (or longitude) and y north (or latitude): from WGS84 degrees into the
 * system, or back. A pair that cannot be converted becomes infinite. */
AGL_NODISCARD agl_status agl__crs_forward(agl_crs *crs, double *lon_to_x, double *lat_to_y, size_t n,
                                          agl_error *err);
AGL_NODISCARD agl_status agl__crs_inverse(agl_crs *crs, double *x_to_lon, double *y_to_lat, size_t n,
                                          agl_error *err);

#endif

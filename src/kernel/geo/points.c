#include "kernel/geo/points.h"
#include "base/mem.h"

static agl_status points_new(agl_points *out, agl_space space, size_t n, agl_error *err) {
    *out = (agl_points){
        .space = space, .n = n, .x = AGL_NEW(double, n), .y = AGL_NEW(double, n), .z = AGL_NEW(double, n)};
    if (out->x && out->y && out->z) return AGL_OK;
    agl_points_free(out);
    return agl_fail_memory(err);
}

void agl_points_free(agl_points *points) {
    if (!points) return;
    free(points->x);
    free(points->y);
    free(points->z);
    *points = (agl_points){.space = points->space};
}

static agl_status check_degrees(double lon, double lat, size_t i, agl_error *err) {
    if (!(lon >= -180 && lon <= 180))
        return agl_fail(
            err, AGL_EDATA,
            "point %zu: longitude %g is outside -180..180; give degrees (WGS84), or x and y with a "
            "coordinate system",
            i + 1, lon);
    if (!(lat >= -90 && lat <= 90))
        return agl_fail(
            err, AGL_EDATA,
            "point %zu: latitude %g is outside -90..90; give degrees (WGS84), or check whether lon "
            "and lat are exchanged",
            i + 1, lat);
    return AGL_OK;
}

agl_status agl_points_sphere(agl_points *out, const double *lon, const double *lat, size_t n,
                             agl_error *err) {
    agl_status status = points_new(out, AGL_SPHERE, n, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < n; i++) {
        if ((status = check_degrees(lon[i], lat[i], i, err)) != AGL_OK) {
            agl_points_free(out);
            return status;
        }
        double a = lon[i] * (M_PI / 180), b = lat[i] * (M_PI / 180);
        out->x[i] = AGL_EARTH_RADIUS_KM * (cos(b) * cos(a));
        out->y[i] = AGL_EARTH_RADIUS_KM * (cos(b) * sin(a));
        out->z[i] = AGL_EARTH_RADIUS_KM * sin(b);
    }
    return AGL_OK;
}

agl_status agl_points_plane(agl_points *out, const double *x, const double *y, double km_per_unit, size_t n,
                            agl_error *err) {
    agl_status status = points_new(out, AGL_PLANE, n, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) {
            agl_points_free(out);
            return agl_fail(err, AGL_EDATA,
                            "point %zu: a coordinate is not a finite number; correct or drop the row", i + 1);
        }
        out->x[i] = x[i] * km_per_unit;
        out->y[i] = y[i] * km_per_unit;
    }
    return AGL_OK;
}

agl_status agl_points_select(agl_points *out, const agl_points *from, const int32_t *index, size_t n,
                             agl_error *err) {
    agl_status status = points_new(out, from->space, n, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < n; i++) {
        out->x[i] = from->x[index[i]];
        out->y[i] = from->y[index[i]];
        out->z[i] = from->z[index[i]];
    }
    return AGL_OK;
}

double agl_points_distance(const agl_points *points, size_t i, size_t j) {
    return agl__distance_of_chord(points->space, sqrt(agl__chord2(points, i, points, j)));
}

void agl__points_box(double low[3], double high[3], const agl_points *points) {
    const double *axis[3] = {points->x, points->y, points->z};
    for (int a = 0; a < 3; a++) {
        low[a] = high[a] = axis[a][0];
        for (size_t i = 1; i < points->n; i++) {
            low[a] = fmin(low[a], axis[a][i]);
            high[a] = fmax(high[a], axis[a][i]);
        }
    }
}

/* Unit vector up at the middle of the points; the north pole when they cancel out. */
static void upward(double up[3], const agl_points *p) {
    double sum[3] = {0, 0, 0};
    for (size_t i = 0; i < p->n; i++) {
        sum[0] += p->x[i];
        sum[1] += p->y[i];
        sum[2] += p->z[i];
    }
    double length = sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
    bool lost = length < 1e-9 * AGL_EARTH_RADIUS_KM * (double)p->n;
    for (int a = 0; a < 3; a++)
        up[a] = lost ? a == 2 : sum[a] / length;
}

agl_status agl__points_localize(agl_points *out, const agl_points *points, agl_error *err) {
    agl_status status = points_new(out, points->space, points->n, err);
    if (status != AGL_OK || points->n == 0) return status;
    if (points->space == AGL_PLANE) {
        double low[3], high[3];
        agl__points_box(low, high, points);
        for (size_t i = 0; i < points->n; i++) {
            out->x[i] = points->x[i] - (low[0] + high[0]) / 2;
            out->y[i] = points->y[i] - (low[1] + high[1]) / 2;
        }
        return AGL_OK;
    }
    double up[3];
    upward(up, points);
    /* east = pole x up, north = up x east; at a pole any direction may be called east */
    double flat = sqrt(up[0] * up[0] + up[1] * up[1]);
    double east[3] = {flat > 1e-12 ? -up[1] / flat : 1, flat > 1e-12 ? up[0] / flat : 0, 0};
    double north[3] = {-up[2] * east[1], up[2] * east[0], up[0] * east[1] - up[1] * east[0]};
    for (size_t i = 0; i < points->n; i++) {
        double p[3] = {points->x[i], points->y[i], points->z[i]};
        out->x[i] = p[0] * east[0] + p[1] * east[1];
        out->y[i] = p[0] * north[0] + p[1] * north[1] + p[2] * north[2];
        out->z[i] = p[0] * up[0] + p[1] * up[1] + p[2] * up[2] - AGL_EARTH_RADIUS_KM;
    }
    return AGL_OK;
}

#include "op/measure/ripley_window.h"
#include "base/mem.h"
#include "op/measure/points_project.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* How coordinates of the window become plane km: by a projection from degrees, or by a unit. */
typedef struct system_of {
    agl_crs *crs;       /* from degrees; NULL: none */
    double km_per_unit; /* of plane coordinates that are given as such */
    bool degrees;       /* the points are given as lon and lat */
} system_of;

static double planar_unit(const char *unit) {
    if (strcmp(unit, "m") == 0) return 0.001;
    if (strcmp(unit, "mi") == 0) return 1.609344;
    if (strcmp(unit, "ft") == 0) return 0.0003048;
    return 1;
}

/* Equal area at the middle of the points, in km. */
static agl_status open_local(agl_crs **out, const agl_points_input *in, agl_error *err) {
    const agl_points *p = &in->points;
    double m[3] = {0, 0, 0};
    char name[160];
    for (size_t i = 0; i < p->n; i++) {
        m[0] += p->x[i];
        m[1] += p->y[i];
        m[2] += p->z[i];
    }
    double lon = atan2(m[1], m[0]) * 180 / M_PI, lat = atan2(m[2], hypot(m[0], m[1])) * 180 / M_PI;
    snprintf(name, sizeof name, "+proj=laea +lon_0=%.4f +lat_0=%.4f +ellps=WGS84 +units=km +type=crs", lon,
             lat);
    return agl__crs_open(out, name, err);
}

static agl_status find_system(system_of *s, const agl_points_input *in, const agl_run *run, agl_error *err) {
    const char *crs = agl__run_text(run, "crs"), *planar = agl__run_text(run, "planar");
    bool plane = agl__run_column(run, "data", "x") && agl__run_column(run, "data", "y") &&
                 (planar || crs || !agl__run_column(run, "data", "lon"));
    *s = (system_of){.km_per_unit = planar ? planar_unit(planar) : 1, .degrees = !plane};
    if (planar) return AGL_OK;
    if (in->points.space == AGL_SPHERE) { /* lon and lat, or x and y in a geographic system */
        s->degrees = true;
        return open_local(&s->crs, in, err);
    }
    agl_status status = agl__crs_open(&s->crs, crs, err);
    if (status == AGL_OK) s->km_per_unit = agl__crs_km_per_unit(s->crs);
    return status;
}

/* Converts vertices to plane km in place. */
static agl_status to_plane(double *x, double *y, size_t n, const system_of *s, agl_error *err) {
    double unit = s->km_per_unit;
    if (s->degrees) {
        agl_status status = agl__crs_forward(s->crs, x, y, n, err);
        if (status != AGL_OK) return status;
        unit = agl__crs_km_per_unit(s->crs);
    }
    for (size_t v = 0; v < n; v++) {
        if (!isfinite(x[v]) || !isfinite(y[v]))
            return agl_fail(err, AGL_EDATA,
                            "vertex %zu of the window cannot be projected; check its coordinates", v + 1);
        x[v] *= unit;
        y[v] *= unit;
    }
    return AGL_OK;
}

/* ---- polygon ---- */

static agl_status from_boundary(agl_window *out, const system_of *s, const agl_run *run, agl_error *err) {
    const char *const roles[2][2] = {{"x", "y"}, {"lon", "lat"}};
    const agl_column *a = agl__run_column(run, "boundary", roles[s->degrees][0]),
                     *b = agl__run_column(run, "boundary", roles[s->degrees][1]);
    const agl_column *ring = agl__run_column(run, "boundary", "ring");
    size_t n = agl__run_input(run, "boundary")->rows;
    if (!a || !b)
        return agl_fail(err, AGL_EUSAGE, "the boundary needs %s and %s, as the points do",
                        roles[s->degrees][0], roles[s->degrees][1]);
    double *x = AGL_NEW(double, n), *y = AGL_NEW(double, n);
    agl_status status = x && y ? AGL_OK : agl_fail_memory(err);
    for (size_t v = 0; v < n && status == AGL_OK; v++) {
        x[v] = a->num[v];
        y[v] = b->num[v];
        if (isnan(x[v]) || isnan(y[v]))
            status = agl__run_fail_row(run, "boundary", v,
                                       isnan(x[v]) ? roles[s->degrees][0] : roles[s->degrees][1], err,
                                       "a vertex has no position; complete it");
    }
    if (status == AGL_OK) status = to_plane(x, y, n, s, err);
    if (status == AGL_OK) status = agl_window_polygon(out, x, y, ring ? ring->code : NULL, n, err);
    free(x);
    free(y);
    return status;
}

/* ---- rectangle ---- */

/* In degrees: sides along meridians and parallels, in pieces short enough that the projection may take them
 * as straight. */
static agl_status rectangle_in_degrees(agl_window *out, const double box[4], const system_of *s,
                                       agl_error *err) {
    enum { PIECES = 16 };
    double x[4 * PIECES], y[4 * PIECES];
    const double corner[5][2] = {
        {box[0], box[2]}, {box[1], box[2]}, {box[1], box[3]}, {box[0], box[3]}, {box[0], box[2]}};
    for (size_t k = 0; k < 4 * PIECES; k++) {
        double along = (double)(k % PIECES) / PIECES;
        const double *from = corner[k / PIECES], *to = corner[k / PIECES + 1];
        x[k] = from[0] + along * (to[0] - from[0]);
        y[k] = from[1] + along * (to[1] - from[1]);
    }
    agl_status status = to_plane(x, y, 4 * PIECES, s, err);
    return status == AGL_OK ? agl_window_polygon(out, x, y, NULL, 4 * PIECES, err) : status;
}

static agl_status from_text(agl_window *out, const char *text, const system_of *s, agl_error *err) {
    double box[4];
    char rest;
    if (sscanf(text, "%lf,%lf,%lf,%lf %c", &box[0], &box[1], &box[2], &box[3], &rest) != 4 ||
        !(box[0] < box[1]) || !(box[2] < box[3]))
        return agl_fail(err, AGL_EUSAGE,
                        "--window '%s' is not xmin,xmax,ymin,ymax with xmin < xmax and ymin < ymax", text);
    if (s->degrees) return rectangle_in_degrees(out, box, s, err);
    double unit = s->km_per_unit;
    return agl_window_rectangle(out, box[0] * unit, box[1] * unit, box[2] * unit, box[3] * unit, err);
}

static agl_status around_points(agl_window *out, const agl_points *p, agl_run *run, agl_error *err) {
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < p->n; i++) {
        low[0] = fmin(low[0], p->x[i]), high[0] = fmax(high[0], p->x[i]);
        low[1] = fmin(low[1], p->y[i]), high[1] = fmax(high[1], p->y[i]);
    }
    agl__run_warn(run,
                  "no window is given: the box around the points (%.6g by %.6g km) is taken for it, which is "
                  "smaller than the "
                  "area that was open to them",
                  high[0] - low[0], high[1] - low[1]);
    if (!(low[0] < high[0]) || !(low[1] < high[1]))
        return agl_fail(err, AGL_EDATA,
                        "all %zu establishments lie at the same place or on one line; give a window", p->n);
    return agl_window_rectangle(out, low[0], high[0], low[1], high[1], err);
}

/* ---- all ---- */

static agl_status project_points(agl_points_input *in, const system_of *s, agl_error *err) {
    size_t n = in->points.n;
    double *x = AGL_NEW(double, n), *y = AGL_NEW(double, n);
    agl_status status = x && y ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        memcpy(x, in->lon, n * sizeof *x);
        memcpy(y, in->lat, n * sizeof *y);
        status = agl__crs_forward(s->crs, x, y, n, err);
    }
    if (status == AGL_OK) {
        agl_points_free(&in->points);
        status = agl_points_plane(&in->points, x, y, agl__crs_km_per_unit(s->crs), n, err);
    }
    free(x);
    free(y);
    return status;
}

static agl_status check_inside(const agl_window *w, const agl_points_input *in, const agl_run *run,
                               agl_error *err) {
    for (size_t i = 0; i < in->points.n; i++)
        if (!agl_window_contains(w, in->points.x[i], in->points.y[i]))
            return agl__run_fail_row(run, "data", (size_t)in->row[i], NULL, err,
                                     "the establishment lies outside the window; widen the window or leave "
                                     "the row out with --where");
    return AGL_OK;
}

agl_status agl__ripley_window(agl_window *out, agl_points_input *in, agl_run *run, agl_error *err) {
    const char *text = agl__run_text(run, "window");
    bool polygon = agl__run_input(run, "boundary") != NULL;
    system_of s;
    *out = (agl_window){.n_rings = 0};
    if (text && polygon) return agl_fail(err, AGL_EUSAGE, "--window and --boundary exclude each other");
    agl_status status = find_system(&s, in, run, err);
    if (status == AGL_OK && in->points.space == AGL_SPHERE) status = project_points(in, &s, err);
    if (status == AGL_OK)
        status = polygon ? from_boundary(out, &s, run, err)
                 : text  ? from_text(out, text, &s, err)
                         : around_points(out, &in->points, run, err);
    if (status == AGL_OK) status = check_inside(out, in, run, err);
    agl__crs_close(s.crs);
    if (status != AGL_OK) agl_window_free(out);
    return status;
}

#include "op/measure/points_project.h"
#include "base/mem.h"

#include <math.h>
#include <proj.h>

struct agl_crs {
    PJ_CONTEXT *context;
    PJ *transform; /* WGS84 degrees -> system, axes in the order east, north */
    bool geographic;
    double km_per_unit;
};

void agl__crs_close(agl_crs *crs) {
    if (!crs) return;
    proj_destroy(crs->transform);
    proj_context_destroy(crs->context);
    free(crs);
}

bool agl__crs_geographic(const agl_crs *crs) { return crs->geographic; }
double agl__crs_km_per_unit(const agl_crs *crs) { return crs->km_per_unit; }

/* Kind and unit of the system. A compound or three-dimensional system is not a place in the plane. */
static bool describe(agl_crs *crs, const PJ *system) {
    PJ_TYPE type = proj_get_type(system);
    crs->geographic = type == PJ_TYPE_GEOGRAPHIC_2D_CRS;
    if (crs->geographic) return true;
    if (type != PJ_TYPE_PROJECTED_CRS) return false;
    PJ *axes = proj_crs_get_coordinate_system(crs->context, system);
    double metres = 0;
    int ok =
        axes && proj_cs_get_axis_info(crs->context, axes, 0, NULL, NULL, NULL, &metres, NULL, NULL, NULL);
    proj_destroy(axes);
    crs->km_per_unit = metres / 1000;
    return ok && metres > 0;
}

agl_status agl__crs_open(agl_crs **out, const char *name, agl_error *err) {
    *out = NULL;
    agl_crs *crs = AGL_NEW(agl_crs, 1);
    if (!crs) return agl_fail_memory(err);
    agl_status status = AGL_OK;
    PJ *system = NULL, *transform = NULL;
    crs->context = proj_context_create();
    proj_log_level(crs->context, PJ_LOG_NONE);
    system = proj_create(crs->context, name);
    if (!system || !proj_is_crs(system)) {
        status = agl_fail(err, AGL_EUSAGE,
                          "--crs %s: no such coordinate system; give an EPSG code such as EPSG:2154", name);
        goto out;
    }
    if (!describe(crs, system)) {
        status =
            agl_fail(err, AGL_EUSAGE,
                     "--crs %s: not a projected or geographic system of two axes; choose the EPSG code of "
                     "a map projection",
                     name);
        goto out;
    }
    transform = proj_create_crs_to_crs(crs->context, "EPSG:4326", name, NULL);
    crs->transform = transform ? proj_normalize_for_visualization(crs->context, transform) : NULL;
    if (!crs->transform)
        status = agl_fail(err, AGL_EUSAGE, "--crs %s: PROJ knows no conversion from WGS84 (%s)", name,
                          proj_context_errno_string(crs->context, proj_context_errno(crs->context)));
out:
    proj_destroy(transform);
    proj_destroy(system);
    if (status == AGL_OK) {
        *out = crs;
    } else {
        agl__crs_close(crs);
    }
    return status;
}

static agl_status convert(agl_crs *crs, PJ_DIRECTION direction, double *x, double *y, size_t n,
                          agl_error *err) {
    size_t done = proj_trans_generic(crs->transform, direction, x, sizeof *x, n, y, sizeof *y, n, NULL, 0, 0,
                                     NULL, 0, 0);
    if (done != n) return agl_fail(err, AGL_EINTERNAL, "PROJ converted %zu of %zu points", done, n);
    return AGL_OK;
}

agl_status agl__crs_forward(agl_crs *crs, double *lon_to_x, double *lat_to_y, size_t n, agl_error *err) {
    return convert(crs, PJ_FWD, lon_to_x, lat_to_y, n, err);
}

agl_status agl__crs_inverse(agl_crs *crs, double *x_to_lon, double *y_to_lat, size_t n, agl_error *err) {
    return convert(crs, PJ_INV, x_to_lon, y_to_lat, n, err);
}

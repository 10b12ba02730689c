#include "table/outline.h"
#include "base/mem.h"

#include <cpl_error.h>
#include <ogr_api.h>
#include <string.h>

static bool room_for_ring(agl_outline_rings *r, size_t vertices) {
    int32_t *owner = agl__grow(r->owner, &r->ring_room, r->n + 1, sizeof *owner);
    if (owner) r->owner = owner;
    size_t *first = agl__grow(r->first, &r->first_room, r->n + 2, sizeof *first);
    if (first) r->first = first;
    double *x = agl__grow(r->x, &r->x_room, r->n_vertices + vertices, sizeof *x);
    if (x) r->x = x;
    double *y = agl__grow(r->y, &r->y_room, r->n_vertices + vertices, sizeof *y);
    if (y) r->y = y;
    return owner && first && x && y;
}

static agl_status add_ring(agl_outline_rings *r, OGRGeometryH ring, int32_t owner, agl_error *err) {
    int points = OGR_G_GetPointCount(ring);
    if (points < 4) return agl_fail(err, AGL_EDATA, "a ring has fewer than three vertices");
    if (OGR_G_GetX(ring, 0) != OGR_G_GetX(ring, points - 1) ||
        OGR_G_GetY(ring, 0) != OGR_G_GetY(ring, points - 1))
        return agl_fail(err, AGL_EDATA, "a ring does not end where it begins");
    if (!room_for_ring(r, (size_t)points)) return agl_fail_memory(err);
    r->first[r->n] = r->n_vertices;
    for (int v = 0; v < points - 1; v++) {
        r->x[r->n_vertices] = OGR_G_GetX(ring, v);
        r->y[r->n_vertices++] = OGR_G_GetY(ring, v);
    }
    r->owner[r->n++] = owner;
    r->first[r->n] = r->n_vertices;
    return AGL_OK;
}

static agl_status add_geometry(agl_outline_rings *r, OGRGeometryH g, int32_t owner, agl_error *err) {
    OGRwkbGeometryType type = OGR_GT_Flatten(OGR_G_GetGeometryType(g));
    bool polygon = type == wkbPolygon;
    if (!polygon && type != wkbMultiPolygon && type != wkbGeometryCollection)
        return agl_fail(err, AGL_EDATA, "it is a %s, not a polygon", OGR_G_GetGeometryName(g));
    int parts = OGR_G_GetGeometryCount(g);
    agl_status status = AGL_OK;
    for (int k = 0; k < parts && status == AGL_OK; k++) {
        OGRGeometryH part = OGR_G_GetGeometryRef(g, k);
        status = polygon ? add_ring(r, part, owner, err) : add_geometry(r, part, owner, err);
    }
    return status;
}

agl_status agl__outline_rings_add(agl_outline_rings *rings, const char *wkt, int32_t owner, agl_error *err) {
    char *text = (char *)wkt; /* GDAL moves the pointer and leaves the text alone */
    OGRGeometryH g = NULL;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLErrorReset();
    agl_status status = AGL_OK;
    if (OGR_G_CreateFromWkt(&text, NULL, &g) != OGRERR_NONE || !g)
        status = agl_fail(err, AGL_EDATA, "it is not well-known text");
    if (status == AGL_OK) status = add_geometry(rings, g, owner, err);
    if (status == AGL_OK && !OGR_G_IsValid(g)) {
        const char *why = CPLGetLastErrorMsg();
        status = agl_fail(err, AGL_EDATA, "%.200s", why && *why ? why : "its rings cross");
    }
    if (g) OGR_G_DestroyGeometry(g);
    CPLPopErrorHandler();
    return status;
}

void agl__outline_rings_free(agl_outline_rings *r) {
    free(r->owner);
    free(r->first);
    free(r->x);
    free(r->y);
    *r = (agl_outline_rings){0};
}

#include "table/boundary.h"
#include "base/mem.h"

#include <cpl_error.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <string.h>

typedef struct rings {
    double *ring, *seq, *lon, *lat;
    size_t n, capacity, count; /* points, room, rings */
} rings;

static bool add_point(rings *r, size_t seq, double lon, double lat) {
    double **columns[] = {&r->ring, &r->seq, &r->lon, &r->lat};
    size_t room = r->capacity;
    for (size_t i = 0; i < 4; i++) {
        room = r->capacity;
        double *grown = agl__grow(*columns[i], &room, r->n + 1, sizeof(double));
        if (!grown) return false;
        *columns[i] = grown;
    }
    r->capacity = room;
    r->ring[r->n] = (double)r->count;
    r->seq[r->n] = (double)seq;
    r->lon[r->n] = lon;
    r->lat[r->n++] = lat;
    return true;
}

static bool add_geometry(rings *r, OGRGeometryH g) {
    int parts = OGR_G_GetGeometryCount(g), points = OGR_G_GetPointCount(g);
    for (int i = 0; i < parts; i++)
        if (!add_geometry(r, OGR_G_GetGeometryRef(g, i))) return false;
    if (parts || points < 2) return true;
    r->count++;
    for (int i = 0; i < points; i++)
        if (!add_point(r, (size_t)i, OGR_G_GetX(g, i), OGR_G_GetY(g, i))) return false;
    return true;
}

static agl_status read_layer(rings *r, OGRLayerH layer, const char *path, agl_error *err) {
    OGRSpatialReferenceH from = OGR_L_GetSpatialRef(layer), wgs84 = OSRNewSpatialReference(NULL);
    OSRImportFromEPSG(wgs84, 4326);
    OSRSetAxisMappingStrategy(wgs84, OAMS_TRADITIONAL_GIS_ORDER);
    OGRCoordinateTransformationH transform = from ? OCTNewCoordinateTransformation(from, wgs84) : NULL;
    agl_status status = AGL_OK;
    OGRFeatureH feature;
    while (status == AGL_OK && (feature = OGR_L_GetNextFeature(layer))) {
        OGRGeometryH g = OGR_F_GetGeometryRef(feature);
        if (g && transform && OGR_G_Transform(g, transform) != OGRERR_NONE)
            status = agl_fail(err, AGL_EDATA, "%s: outlines cannot be brought to WGS84", path);
        else if (g && !add_geometry(r, g))
            status = agl_fail_memory(err);
        OGR_F_Destroy(feature);
    }
    if (transform) OCTDestroyCoordinateTransformation(transform);
    OSRDestroySpatialReference(wgs84);
    if (status == AGL_OK && r->count == 0)
        status = agl_fail(err, AGL_EDATA, "%s holds no polygon or line", path);
    return status;
}

static agl_status to_table(agl_table **out, rings *r, const char *kind, agl_error *err) {
    agl_table *t;
    agl_column *c;
    const char *const names[] = {"ring", "seq", "lon", "lat"};
    const double *const data[] = {r->ring, r->seq, r->lon, r->lat};
    agl_status status = agl_table_new(&t, "boundary", r->n, err);
    if (status != AGL_OK) return status;
    status = agl_table_add(&c, t, "kind", AGL_KEY, err);
    if (status == AGL_OK) status = agl_dict_set(&c->dict, &kind, 1, err);
    for (size_t i = 0; i < 4 && status == AGL_OK; i++) {
        status = agl_table_add(&c, t, names[i], i < 2 ? AGL_INT : AGL_NUM, err);
        if (status == AGL_OK) memcpy(c->num, data[i], r->n * sizeof(double));
    }
    if (status != AGL_OK)
        agl_table_free(t);
    else
        *out = t;
    return status;
}

agl_status agl__read_boundaries(agl_table **out, const char *path, agl_error *err) {
    rings r = {0};
    char *full = NULL;
    size_t n = strlen(path);
    bool zipped = n > 3 && strcmp(path + n - 3, ".gz") == 0;
    if (asprintf(&full, "%s%s", zipped ? "/vsigzip/" : "", path) < 0) return agl_fail_memory(err);
    GDALAllRegister();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    GDALDatasetH data = GDALOpenEx(full, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    OGRLayerH layer = data ? GDALDatasetGetLayer(data, 0) : NULL;
    agl_status status =
        layer ? read_layer(&r, layer, path, err)
              : agl_fail(err, AGL_EIO,
                         "cannot read outlines from '%s'; GeoJSON, GeoPackage or Shapefile is needed", path);
    if (status == AGL_OK) status = to_table(out, &r, OGR_L_GetName(layer), err);
    if (data) GDALClose(data);
    CPLPopErrorHandler();
    free(full);
    free(r.ring);
    free(r.seq);
    free(r.lon);
    free(r.lat);
    return status;
}

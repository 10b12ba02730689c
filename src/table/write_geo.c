#include "base/mem.h"
#include "table/write_to.h"

#include <cpl_error.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <string.h>
#include <unistd.h>

/* GeoJSON holds one layer only; GeoPackage holds one a table. */

typedef struct place {
    const agl_column *lon, *lat, *wkt;
} place;

static bool find_place(place *p, const agl_table *t) {
    *p = (place){agl_table_column(t, "lon"), agl_table_column(t, "lat"), agl_table_column(t, "wkt")};
    return p->wkt || (p->lon && p->lat);
}

static agl_status fail_gdal(agl_error *err) {
    const char *why = CPLGetLastErrorMsg();
    return agl_fail(err, AGL_EIO, "%.400s", why && *why ? why : "the geodata library refused to write");
}

static agl_status add_fields(OGRLayerH layer, const agl_table *t, agl_error *err) {
    static const OGRFieldType types[] = {OFTString, OFTReal, OFTInteger64, OFTInteger, OFTString};
    for (size_t j = 0; j < t->n_columns; j++) {
        if (strcmp(t->columns[j].name, "wkt") == 0) continue;
        OGRFieldDefnH field = OGR_Fld_Create(t->columns[j].name, types[t->columns[j].type]);
        if (t->columns[j].type == AGL_BOOL) OGR_Fld_SetSubType(field, OFSTBoolean);
        OGRErr e = OGR_L_CreateField(layer, field, TRUE);
        OGR_Fld_Destroy(field);
        if (e != OGRERR_NONE) return fail_gdal(err);
    }
    return AGL_OK;
}

static void set_fields(OGRFeatureH feature, const agl_table *t, size_t row) {
    int field = 0;
    for (size_t j = 0; j < t->n_columns; j++) {
        const agl_column *c = &t->columns[j];
        if (strcmp(c->name, "wkt") == 0) continue;
        int at = field++;
        if (c->type == AGL_KEY) {
            if (c->code[row] >= 0) OGR_F_SetFieldString(feature, at, agl_column_text(c, row));
        } else if (!isnan(c->num[row])) {
            if (c->type == AGL_NUM || c->type == AGL_DATE)
                OGR_F_SetFieldDouble(feature, at, c->num[row]);
            else
                OGR_F_SetFieldInteger64(feature, at, (GIntBig)c->num[row]);
        }
    }
}

static OGRGeometryH geometry_at(const place *p, size_t row) {
    OGRGeometryH g = NULL;
    if (p->wkt) {
        char *text = p->wkt->code[row] < 0 ? NULL : p->wkt->dict.text[p->wkt->code[row]];
        if (text) OGR_G_CreateFromWkt(&text, NULL, &g);
    } else if (!isnan(p->lon->num[row]) && !isnan(p->lat->num[row])) {
        g = OGR_G_CreateGeometry(wkbPoint);
        OGR_G_SetPoint_2D(g, 0, p->lon->num[row], p->lat->num[row]);
    }
    return g;
}

static agl_status write_layer(GDALDatasetH data, OGRSpatialReferenceH wgs84, const agl_table *t,
                              const place *p, agl_error *err) {
    OGRLayerH layer = GDALDatasetCreateLayer(data, t->name, wgs84, p->wkt ? wkbUnknown : wkbPoint, NULL);
    if (!layer) return fail_gdal(err);
    agl_status status = add_fields(layer, t, err);
    if (status != AGL_OK) return status;
    bool batched =
        GDALDatasetStartTransaction(data, FALSE) == OGRERR_NONE; /* else GeoPackage syncs every feature */
    for (size_t row = 0; row < t->rows && status == AGL_OK; row++) {
        OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(layer));
        set_fields(feature, t, row);
        OGRGeometryH g = geometry_at(p, row);
        if (g) OGR_F_SetGeometryDirectly(feature, g);
        if (OGR_L_CreateFeature(layer, feature) != OGRERR_NONE) status = fail_gdal(err);
        OGR_F_Destroy(feature);
    }
    if (batched && GDALDatasetCommitTransaction(data) != OGRERR_NONE && status == AGL_OK)
        status = fail_gdal(err);
    return status;
}

agl_status agl__write_geo(const char *path, const char *driver_name, const agl_table *const *tables, size_t n,
                          agl_error *err) {
    bool one = strcmp(driver_name, "GeoJSON") == 0;
    size_t placed = 0;
    place p;
    for (size_t i = 0; i < n; i++)
        placed += find_place(&p, tables[i]);
    if (placed == 0)
        return agl_fail(err, AGL_EUSAGE, "no table has columns lon and lat, or wkt; geodata need them");
    if (one && placed > 1)
        return agl_fail(err, AGL_EUSAGE,
                        "a .geojson file takes one table; choose one with --table NAME or write .gpkg");

    GDALAllRegister();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    GDALDriverH driver = GDALGetDriverByName(driver_name);
    GDALDatasetH data = driver ? GDALCreate(driver, path, 0, 0, 0, GDT_Unknown, NULL) : NULL;
    OGRSpatialReferenceH wgs84 = OSRNewSpatialReference(NULL);
    OSRImportFromEPSG(wgs84, 4326);
    OSRSetAxisMappingStrategy(wgs84, OAMS_TRADITIONAL_GIS_ORDER);
    agl_status status = data ? AGL_OK : fail_gdal(err);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        if (find_place(&p, tables[i])) status = write_layer(data, wgs84, tables[i], &p, err);
    if (data) GDALClose(data);
    OSRDestroySpatialReference(wgs84);
    CPLPopErrorHandler();
    return status;
}

/* Geodata and spreadsheets as tables, through GDAL. */
#include "base/intern.h"
#include "base/mem.h"
#include "table/foreign.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct geo {
    const char *path;
    OGRLayerH layer;
    OGRCoordinateTransformationH to_wgs84; /* NULL when not needed */
    bool located;                          /* the layer names its coordinate system */
    bool bare;                             /* a sheet: rows without geometry */
    size_t rows, fields;
    agl_table *table;
    agl_intern *texts;  /* by column of the table */
    size_t id, wkt, at; /* columns; SIZE_MAX = not made. The centre stands in `at` and `at` + 1 */
} geo;

static agl_type type_of(OGRFieldDefnH field) {
    switch (OGR_Fld_GetType(field)) {
    case OFTInteger:
    case OFTInteger64:
        return AGL_INT;
    case OFTReal:
        return AGL_NUM;
    default:
        return AGL_KEY;
    }
}

static bool has_column(const geo *g, const char *name) {
    for (size_t j = 0; j < g->table->n_columns; j++)
        if (strcasecmp(g->table->columns[j].name, name) == 0) return true;
    return false;
}

static agl_status add_column(size_t *index, geo *g, const char *name, agl_type type, agl_error *err) {
    *index = SIZE_MAX;
    if (has_column(g, name)) return AGL_OK;
    agl_status status = agl_table_add(NULL, g->table, name, type, err);
    if (status == AGL_OK) *index = g->table->n_columns - 1;
    return status;
}

static agl_status make_centre(geo *g, agl_error *err) {
    const char *a = g->located ? "lon" : "x", *b = g->located ? "lat" : "y";
    size_t second;
    g->at = SIZE_MAX;
    if (has_column(g, a) || has_column(g, b)) return AGL_OK;
    agl_status status = add_column(&g->at, g, a, AGL_NUM, err);
    return status == AGL_OK ? add_column(&second, g, b, AGL_NUM, err) : status;
}

static agl_status make_columns(geo *g, bool feature_ids, agl_error *err) {
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(g->layer);
    g->fields = (size_t)OGR_FD_GetFieldCount(definition);
    agl_status status = agl_table_new(&g->table, OGR_L_GetName(g->layer), g->rows, err);
    for (size_t j = 0; j < g->fields && status == AGL_OK; j++) {
        OGRFieldDefnH field = OGR_FD_GetFieldDefn(definition, (int)j);
        status = agl_table_add(NULL, g->table, OGR_Fld_GetNameRef(field), type_of(field), err);
    }
    g->id = SIZE_MAX;
    if (status == AGL_OK && feature_ids) status = add_column(&g->id, g, "id", AGL_KEY, err);
    g->wkt = g->at = SIZE_MAX;
    if (status == AGL_OK && !g->bare) status = add_column(&g->wkt, g, "wkt", AGL_KEY, err);
    if (status == AGL_OK && !g->bare) status = make_centre(g, err);
    if (status == AGL_OK && !(g->texts = AGL_NEW(agl_intern, g->table->n_columns)))
        status = agl_fail_memory(err);
    return status;
}

static bool put_text(geo *g, size_t column, size_t row, const char *text) {
    int32_t code = text ? agl__intern_add(&g->texts[column], text, strlen(text)) : -1;
    g->table->columns[column].code[row] = code;
    return !text || code >= 0;
}

/** The geometry as text and its centre. */
static agl_status put_geometry(geo *g, size_t row, OGRGeometryH geometry, agl_error *err) {
    double x = NAN, y = NAN;
    char *text = NULL;
    if (geometry && g->to_wgs84 && OGR_G_Transform(geometry, g->to_wgs84) != OGRERR_NONE)
        return agl_fail(err, AGL_EDATA, "%s: feature %zu cannot be brought to longitude and latitude",
                        g->path, row + 1);
    if (geometry && !OGR_G_IsEmpty(geometry)) {
        OGRGeometryH centre = OGR_G_CreateGeometry(wkbPoint);
        if (OGR_G_Centroid(geometry, centre) == OGRERR_NONE) {
            x = OGR_G_GetX(centre, 0);
            y = OGR_G_GetY(centre, 0);
        }
        OGR_G_DestroyGeometry(centre);
        if (g->wkt != SIZE_MAX) OGR_G_ExportToWkt(geometry, &text);
    }
    if (g->at != SIZE_MAX) {
        g->table->columns[g->at].num[row] = x;
        g->table->columns[g->at + 1].num[row] = y;
    }
    bool ok = g->wkt == SIZE_MAX || put_text(g, g->wkt, row, text);
    CPLFree(text);
    return ok ? AGL_OK : agl_fail_memory(err);
}

static agl_status put_feature(geo *g, size_t row, OGRFeatureH feature, agl_error *err) {
    for (size_t j = 0; j < g->fields; j++) {
        bool there = OGR_F_IsFieldSetAndNotNull(feature, (int)j);
        agl_column *c = &g->table->columns[j];
        if (c->type != AGL_KEY)
            c->num[row] = there ? OGR_F_GetFieldAsDouble(feature, (int)j) : NAN;
        else if (!put_text(g, j, row, there ? OGR_F_GetFieldAsString(feature, (int)j) : NULL))
            return agl_fail_memory(err);
    }
    if (g->id != SIZE_MAX) {
        char id[32];
        snprintf(id, sizeof id, "%lld", (long long)OGR_F_GetFID(feature));
        if (!put_text(g, g->id, row, id)) return agl_fail_memory(err);
    }
    return put_geometry(g, row, OGR_F_GetGeometryRef(feature), err);
}

static agl_status read_features(geo *g, agl_error *err) {
    OGRFeatureH feature;
    size_t row = 0;
    agl_status status = AGL_OK;
    OGR_L_ResetReading(g->layer);
    while (status == AGL_OK && row < g->rows && (feature = OGR_L_GetNextFeature(g->layer))) {
        status = put_feature(g, row++, feature, err);
        OGR_F_Destroy(feature);
    }
    if (status == AGL_OK && row < g->rows)
        status = agl_fail(err, AGL_EIO, "%s: only %zu of %zu features can be read", g->path, row, g->rows);
    for (size_t j = 0; j < g->table->n_columns && status == AGL_OK; j++) {
        const agl_intern *texts = &g->texts[j];
        if (g->table->columns[j].type != AGL_KEY) continue;
        const char **list = AGL_NEW(const char *, texts->n);
        for (int32_t k = 0; list && k < texts->n; k++)
            list[k] = agl__intern_text(texts, k);
        status = list ? agl_dict_set(&g->table->columns[j].dict, list, (size_t)texts->n, err)
                      : agl_fail_memory(err);
        free(list);
    }
    return status;
}

/** Opens the layer and, unless it is in WGS84 already, the way there. */
static agl_status open_layer(geo *g, GDALDatasetH data, const char *layer, agl_error *err) {
    g->layer = layer ? GDALDatasetGetLayerByName(data, layer) : GDALDatasetGetLayer(data, 0);
    if (!g->layer)
        return layer ? agl_fail(err, AGL_EDATA, "%s has no layer or sheet '%s'", g->path, layer)
                     : agl_fail(err, AGL_EDATA, "%s holds no layer of features and no sheet", g->path);
    GIntBig rows = OGR_L_GetFeatureCount(g->layer, TRUE);
    if (rows <= 0) return agl_fail(err, AGL_EDATA, "%s holds no row", g->path);
    g->rows = (size_t)rows;
    g->bare = OGR_L_GetGeomType(g->layer) == wkbNone;
    OGRSpatialReferenceH from = OGR_L_GetSpatialRef(g->layer), wgs84 = OSRNewSpatialReference(NULL);
    g->located = from != NULL;
    OSRImportFromEPSG(wgs84, 4326);
    OSRSetAxisMappingStrategy(wgs84, OAMS_TRADITIONAL_GIS_ORDER);
    if (from && !OSRIsSame(from, wgs84)) g->to_wgs84 = OCTNewCoordinateTransformation(from, wgs84);
    bool lost = from && !OSRIsSame(from, wgs84) && !g->to_wgs84;
    OSRDestroySpatialReference(wgs84);
    return lost ? agl_fail(err, AGL_EDATA, "%s: its coordinate system cannot be brought to WGS84", g->path)
                : AGL_OK;
}

static agl_status read_all(geo *g, GDALDatasetH data, const char *layer, agl_error *err) {
    agl_status status = open_layer(g, data, layer, err);
    bool json = strcmp(GDALGetDriverShortName(GDALGetDatasetDriver(data)), "GeoJSON") == 0;
    if (status == AGL_OK) status = make_columns(g, json, err);
    if (status == AGL_OK) status = read_features(g, err);
    return status;
}

agl_status agl__read_gdal(agl_table **out, const char *path, const char *layer, agl_error *err) {
    geo g = {.path = path};
    char *full = NULL;
    size_t n = strlen(path);
    bool zipped = n > 3 && strcasecmp(path + n - 3, ".gz") == 0;
    if (asprintf(&full, "%s%s", zipped ? "/vsigzip/" : "", path) < 0) return agl_fail_memory(err);
    GDALAllRegister();
    static const char *const sheets[] = {"OGR_XLSX_HEADERS", "OGR_XLS_HEADERS", "OGR_ODS_HEADERS"};
    for (size_t k = 0; k < sizeof sheets / sizeof *sheets; k++)
        CPLSetThreadLocalConfigOption(sheets[k], "FORCE"); /* the first line names the columns, always */
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLErrorReset();
    GDALDatasetH data = GDALOpenEx(full, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    agl_status status = data ? read_all(&g, data, layer, err)
                             : agl_fail(err, AGL_EIO, "cannot read '%s': %.300s", path, CPLGetLastErrorMsg());
    for (size_t j = 0; g.texts && j < g.table->n_columns; j++)
        agl__intern_free(&g.texts[j]);
    free(g.texts);
    if (g.to_wgs84) OCTDestroyCoordinateTransformation(g.to_wgs84);
    if (data) GDALClose(data);
    CPLPopErrorHandler();
    for (size_t k = 0; k < sizeof sheets / sizeof *sheets; k++)
        CPLSetThreadLocalConfigOption(sheets[k], NULL);
    free(full);
    if (status != AGL_OK)
        agl_table_free(g.table);
    else
        *out = g.table;
    return status;
}

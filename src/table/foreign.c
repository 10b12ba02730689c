#include "table/foreign.h"

#include <cpl_vsi.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const by_gdal[] = {".geojson", ".geojson.gz", ".gpkg", ".shp", ".fgb",
                                      ".kml",     ".gml",        ".xlsx", ".xls", ".ods"};

static bool ends_with(const char *path, const char *ending) {
    size_t n = strlen(path), k = strlen(ending);
    return n >= k && strcasecmp(path + n - k, ending) == 0;
}

/** A .json file whose beginning names it a collection of features. */
static bool holds_features(const char *path) {
    char start[4096], full[4096];
    snprintf(full, sizeof full, "%s%s", ends_with(path, ".gz") ? "/vsigzip/" : "", path);
    VSILFILE *f = VSIFOpenL(full, "rb");
    if (!f) return false;
    size_t n = VSIFReadL(start, 1, sizeof start - 1, f);
    VSIFCloseL(f);
    start[n] = '\0';
    return strstr(start, "FeatureCollection") != NULL;
}

static bool is_for_gdal(const char *path) {
    for (size_t i = 0; i < sizeof by_gdal / sizeof *by_gdal; i++)
        if (ends_with(path, by_gdal[i])) return true;
    return (ends_with(path, ".json") || ends_with(path, ".json.gz")) && holds_features(path);
}

bool agl__is_foreign(const char *path) {
    return ends_with(path, ".gal") || ends_with(path, ".gwt") || is_for_gdal(path);
}

agl_status agl__read_foreign(agl_table **out, const char *path, const char *layer, agl_error *err) {
    if (ends_with(path, ".gal") || ends_with(path, ".gwt"))
        return agl__read_neighbours(out, path, ends_with(path, ".gwt"), err);
    return agl__read_gdal(out, path, layer, err);
}

/* Files that DuckDB does not read, as tables: geodata and spreadsheets through GDAL, and the neighbour lists
 * of spatial statistics.
 *
 *   .geojson .gpkg .shp .fgb .kml .gml , .json that holds a FeatureCollection, and .gz of GeoJSON
 *       a row a feature: its fields, `id` (the feature's own, when no field has that name and the file is
 * GeoJSON), `wkt` (the outline or point as well-known text) and the centre as lon, lat in WGS84; without a
 *       coordinate system in the file, as x, y. Fields of the same names stay as they are.
 *   .xlsx .xls .ods
 *       a row a line of the sheet; its first line holds the names of the columns
 *   .gal .gwt
 *       source, target, weight (1 in a .gal, the third number of the line in a .gwt) */
#ifndef AGL_TABLE_FOREIGN_H
#define AGL_TABLE_FOREIGN_H

#include "agglo/table.h"

/** True when `path` is read here. */
bool agl__is_foreign(const char *path);

/** `layer` picks a layer or sheet by name; NULL = the first. AGL_EIO when the file cannot be opened,
 * AGL_EDATA with what is wrong in it. */
AGL_NODISCARD agl_status agl__read_foreign(agl_table **out, const char *path, const char *layer,
                                           agl_error *err);

/** The two ways behind it. */
AGL_NODISCARD agl_status agl__read_gdal(agl_table **out, const char *path, const char *layer, agl_error *err);
AGL_NODISCARD agl_status agl__read_neighbours(agl_table **out, const char *path, bool weighted,
                                              agl_error *err);

#endif

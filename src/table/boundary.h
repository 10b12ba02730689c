/* Outlines for maps, from any geodata file that GDAL reads. */
#ifndef AGL_TABLE_BOUNDARY_H
#define AGL_TABLE_BOUNDARY_H

#include "agglo/table.h"

/** Reads the polygons and lines of the first layer as table (kind, ring, seq, lon, lat) in WGS84; kind is the
 * layer's name. AGL_EIO when the file cannot be opened, AGL_EDATA when it holds no polygon or line. */
AGL_NODISCARD agl_status agl__read_boundaries(agl_table **out, const char *path, agl_error *err);

#endif

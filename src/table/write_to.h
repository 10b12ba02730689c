/* Writers of single formats, used by write.c. Each writes a whole file to `path`, which is aside. */
#ifndef AGL_TABLE_WRITE_TO_H
#define AGL_TABLE_WRITE_TO_H

#include "agglo/table.h"

/** GraphML, GEXF 1.3 or Pajek by `format` ("graphml", "gexf", "net"). `edges` needs source and target;
 * `nodes` (may be NULL) needs id. All other columns become attributes. */
AGL_NODISCARD agl_status agl__write_graph(const char *path, const char *format, const agl_table *nodes,
                                          const agl_table *edges, agl_error *err);

/** JSON of VOSviewer: items with label (name), cluster (the column cluster, else community, else kind), x and
 * y, and the numbers of the nodes as weights or, when negative or years, scores; one link a pair, its
 * strength the weight. */
AGL_NODISCARD agl_status agl__write_vosviewer(const char *path, const agl_table *nodes,
                                              const agl_table *edges, agl_error *err);

/** A layer per table that has lon and lat, or wkt; WGS84. `driver` is "GeoJSON" or "GPKG". Other tables are
 * left out; AGL_EUSAGE when none has a place. */
AGL_NODISCARD agl_status agl__write_geo(const char *path, const char *driver, const agl_table *const *tables,
                                        size_t n, agl_error *err);

#endif

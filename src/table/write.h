/* Results to files, all or nothing: every file is written beside its place and renamed at the end. */
#ifndef AGL_TABLE_WRITE_H
#define AGL_TABLE_WRITE_H

#include "table/db.h"

/** Writes the tables to `path`. By its ending: .csv .tsv .parquet .json (one table), .duckdb (all tables;
 * other tables of an existing file stay), .graphml .gexf .net .vosviewer.json (tables "edges" and, when
 * there, "nodes"), .geojson .gpkg (tables with lon and lat or wkt). "DIR/" gets one CSV file a table.
 * AGL_EUSAGE when the ending is unknown or several tables go to a one-table format. Existing files stay as
 * they are unless everything succeeded. */
AGL_NODISCARD agl_status agl__write(const char *path, agl_db *db, const agl_table *const *tables, size_t n,
                                    agl_error *err);

/** One table as CSV on standard output. */
AGL_NODISCARD agl_status agl__write_stdout(agl_db *db, const agl_table *table, agl_error *err);

/** The name beside `path` under which it is being written ("PATH.part-PID", caller frees). */
char *agl__aside(const char *path);
/** Renames the finished file to its place, or removes it and says why. */
AGL_NODISCARD agl_status agl__land(const char *aside, const char *path, agl_error *err);

/** Copies a file byte by byte. */
AGL_NODISCARD agl_status agl__copy_file(const char *from, const char *to, agl_error *err);

#endif

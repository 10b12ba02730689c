/* DuckDB results into tables and tables into DuckDB's vectors; used inside src/table only. */
#ifndef AGL_TABLE_FETCH_H
#define AGL_TABLE_FETCH_H

#include "agglo/table.h"

#include <duckdb.h>

/** Moves every row of `result` into a new table named `name`. Texts are interned into sorted dictionaries. */
AGL_NODISCARD agl_status agl__fetch(agl_table **out, duckdb_result *result, const char *name, agl_error *err);

/** Appends all rows of `table` to `appender`, whose table has the columns of agl__sql_type in the same order.
 */
AGL_NODISCARD agl_status agl__append(duckdb_appender appender, const agl_table *table, agl_error *err);

/** SQL type in which a column is stored: VARCHAR, DOUBLE, BIGINT, BOOLEAN or DATE. */
const char *agl__sql_type(agl_type type);

#endif

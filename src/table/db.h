/* DuckDB as reader, joiner, store and writer. One agl_db is one connection and is used by one thread at a
 * time (DuckDB itself runs its queries on ctx->threads threads). */
#ifndef AGL_TABLE_DB_H
#define AGL_TABLE_DB_H

#include "agglo/table.h"

typedef struct agl_db agl_db;

/** Opens `path` (NULL = in memory), creating it unless `read_only`. AGL_EIO when it cannot be opened. Ctrl-C
 * of the context interrupts running queries. */
AGL_NODISCARD agl_status agl__db_open(agl_db **out, const char *path, bool read_only, const agl_ctx *ctx,
                                      agl_error *err);
/** Flushes and closes; NULL is allowed. */
void agl__db_close(agl_db *db);

/** Runs statements without result. The error carries DuckDB's message in one line. */
AGL_NODISCARD agl_status agl__db_exec(agl_db *db, agl_error *err, const char *format, ...) AGL_PRINTF(3, 4);
/** Runs one query and returns its result with the columns' own names. VARCHAR becomes AGL_KEY with a sorted
 * dictionary, numbers AGL_NUM or AGL_INT, BOOLEAN AGL_BOOL, DATE and TIMESTAMP AGL_DATE; NULL becomes
 * missing. */
AGL_NODISCARD agl_status agl__db_query(agl_table **out, agl_db *db, const char *sql, agl_error *err);
/** The value of the first row and column as text (caller frees); NULL in *out when there is no row or the
 * value is NULL. */
AGL_NODISCARD agl_status agl__db_text(char **out, agl_db *db, agl_error *err, const char *format, ...)
    AGL_PRINTF(4, 5);

/** Creates (or replaces) table `name` from `table`. Missing becomes NULL. */
AGL_NODISCARD agl_status agl__db_store(agl_db *db, const char *name, const agl_table *table, agl_error *err);
/** The same as a temporary table, which is never written to the database file. */
AGL_NODISCARD agl_status agl__db_store_temporary(agl_db *db, const char *name, const agl_table *table,
                                                 agl_error *err);

/** `text` as an SQL literal 'it''s' or identifier "a""b" (caller frees; NULL when memory is exhausted). */
char *agl__sql_literal(const char *text);
char *agl__sql_identifier(const char *text);

/** Version of the DuckDB library, e.g. "v1.4.4". */
const char *agl__db_version(void);

#endif

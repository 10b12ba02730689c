/* From files to tables: finds the columns of the wanted roles, reads them through DuckDB, checks what can be
 * checked without knowing the method, and says file and line when something is wrong. */
#ifndef AGL_TABLE_READ_H
#define AGL_TABLE_READ_H

#include "table/db.h"

typedef enum agl_want_type {
    AGL_WANT_KEY,
    AGL_WANT_NUMBER,
    AGL_WANT_INTEGER,
    AGL_WANT_DATE,
    AGL_WANT_YEAR
} agl_want_type;

/** One wanted column. */
typedef struct agl_want {
    const char *role;
    agl_want_type type;
    bool required;
    double min, max; /* bounds of numbers; a value outside is an error */
} agl_want;

typedef struct agl_pair {
    const char *role, *column;
} agl_pair;

/** Where the rows come from. */
typedef struct agl_source {
    const char *const *paths; /* files, globs, "file.duckdb::table", or "::table" of the open database */
    size_t n_paths;
    const agl_pair *columns; /* role -> column; a role without a pair takes the column of its own name */
    size_t n_columns;
    const char *where;      /* SQL condition over the file's columns, or NULL */
    const char *suppressed; /* SQL condition under which missing numbers count as suppressed; "ROLE: SQL"
                             * withholds the values of that role even when a number stands there; or NULL */
    const char *aggregate;  /* sum, mean, max, min: how rows of the same key are combined; NULL = an error */
} agl_source;

/** Reads the wanted columns; the result's columns are named by role, optional ones that are not there are
 * left out. `unique` names the roles that together may occur once. Errors name the file, the line and what
 * would mend it. Cost: one pass of DuckDB's parallel reader plus O(rows) here. */
AGL_NODISCARD agl_status agl__read(agl_table **out, agl_db *db, const agl_source *source,
                                   const agl_want *wants, size_t n_wants, const char *const *unique,
                                   size_t n_unique, agl_error *err);

/** "jobs.csv line 17" for row `row` of the table that agl__read made from `source`. Costs a second read: for
 * errors only. */
void agl__read_locate(char *out, size_t size, agl_db *db, const agl_source *source, size_t row);

/** SHA-256 of the contents of all files of the source, in hex (caller frees); tables of the open database are
 * hashed by their rows. */
AGL_NODISCARD agl_status agl__read_hash(char **out, agl_db *db, const agl_source *source, agl_error *err);

#endif

/* One file (or table) as an SQL relation with known columns; used inside src/table only. */
#ifndef AGL_TABLE_RELATION_H
#define AGL_TABLE_RELATION_H

#include "table/db.h"
#include "table/text.h"

typedef enum agl_format { AGL_CSV, AGL_PARQUET, AGL_JSON, AGL_DATABASE, AGL_OWN, AGL_FOREIGN } agl_format;

typedef struct agl_relation {
    agl_format format;
    char *path;     /* as given, without "::table" */
    char *table;    /* AGL_DATABASE, AGL_OWN: the table; AGL_FOREIGN: the layer or NULL */
    char alias[32]; /* AGL_DATABASE: name under which the file is attached; AGL_FOREIGN: of the table made of
                       it */
    char delimiter; /* AGL_CSV */
    size_t n_columns; /* names and SQL types; a CSV file's types are all "VARCHAR" */
    char **name, **type;
} agl_relation;

/** All files that `path` names (a glob may name several), opened far enough to know their columns. */
AGL_NODISCARD agl_status agl__relations_open(agl_relation **out, size_t *n, agl_db *db,
                                             const char *const *paths, size_t n_paths, agl_error *err);
void agl__relations_free(agl_relation *relations, size_t n, agl_db *db);

/** Index of the column (exact name first, then ignoring case), or -1. */
int agl__relation_column(const agl_relation *r, const char *name);

/** How a column of a CSV file is read. */
typedef enum agl_as { AGL_AS_ANY, AGL_AS_TEXT, AGL_AS_NUMBER } agl_as;

/** Appends the FROM item. as[j] says how each column of a CSV file is read (NULL = all as text); `sniff` lets
 * DuckDB find the types of the AGL_AS_ANY ones, for conditions that compare them with numbers. */
void agl__relation_from(agl_text *sql, const agl_relation *r, const agl_as *as, bool sniff);

/** "a, b, c" of the column names, cut after some. */
void agl__relation_columns_text(char *out, size_t size, const agl_relation *r);

/** Turns DuckDB's message on reading `r` into "FILE line N: what". */
agl_status agl__relation_fail(agl_error *err, const agl_relation *r, const agl_error *cause);

#endif

#include "table/relation.h"
#include "base/mem.h"
#include "table/foreign.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *s, size_t length, const char *ending) {
    size_t n = strlen(ending);
    return length >= n && strncasecmp(s + length - n, ending, n) == 0;
}

static agl_format format_of(const char *path) {
    size_t n = strlen(path);
    if (agl__is_foreign(path)) return AGL_FOREIGN;
    if (ends_with(path, n, ".gz")) n -= 3;
    if (ends_with(path, n, ".zst")) n -= 4;
    if (ends_with(path, n, ".parquet") || ends_with(path, n, ".pq")) return AGL_PARQUET;
    if (ends_with(path, n, ".json") || ends_with(path, n, ".ndjson") || ends_with(path, n, ".jsonl"))
        return AGL_JSON;
    if (ends_with(path, n, ".duckdb") || ends_with(path, n, ".db")) return AGL_DATABASE;
    return AGL_CSV;
}

int agl__relation_column(const agl_relation *r, const char *name) {
    for (size_t j = 0; j < r->n_columns; j++)
        if (strcmp(r->name[j], name) == 0) return (int)j;
    for (size_t j = 0; j < r->n_columns; j++)
        if (strcasecmp(r->name[j], name) == 0) return (int)j;
    return -1;
}

void agl__relation_columns_text(char *out, size_t size, const agl_relation *r) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t j = 0; j < r->n_columns && used + 4 < size; j++) {
        if (j == 30) {
            snprintf(out + used, size - used, ", ...");
            return;
        }
        int n = snprintf(out + used, size - used, "%s%.60s", j ? ", " : "", r->name[j]);
        used += n > 0 ? (size_t)n : 0;
    }
}

agl_status agl__relation_fail(agl_error *err, const agl_relation *r, const agl_error *cause) {
    if (cause->status == AGL_ECANCEL || cause->status == AGL_ENOMEM) {
        if (err) *err = *cause;
        return cause->status;
    }
    const char *m = cause->message, *line = strstr(m, "CSV Error on Line: ");
    long number = line ? atol(line + 19) : 0;
    if (strstr(m, "unicode") || strstr(m, "utf-8"))
        return agl_fail(
            err, AGL_EDATA,
            "%s line %ld: not valid UTF-8; convert the file first, e.g. iconv -f WINDOWS-1252 -t UTF-8",
            r->path, number);
    const char *found = strstr(m, "Expected Number of Columns"), *wide = strstr(m, "Maximum line size");
    if (found) {
        const char *end = strstr(found, " Possible");
        return agl_fail(err, AGL_EDATA, "%s line %ld: e%.*s; every line needs the same number of cells",
                        r->path, number, end ? (int)(end - found - 1) : 60, found + 1);
    }
    if (wide)
        return agl_fail(err, AGL_EDATA, "%s line %ld: a line of more than 2 MB; is a closing quote missing?",
                        r->path, number);
    if (number) return agl_fail(err, AGL_EDATA, "%s line %ld: %.400s", r->path, number, line + 19);
    return agl_fail(err, cause->status, "%s: %.600s", r->path, m);
}

/* ---- CSV: the header line decides the delimiter, DuckDB reads the rest
 * ------------------------------------------- */

static agl_status first_line(char **out, agl_db *db, const agl_relation *r, agl_error *err) {
    agl_text sql = {0};
    agl__text_add(&sql, "SELECT l FROM read_csv(");
    agl__text_literal(&sql, r->path);
    agl__text_add(&sql, ", columns={'l': 'VARCHAR'}, delim='\x1f', quote='', escape='', header=false, "
                        "auto_detect=false) LIMIT 1");
    agl_error cause = {0};
    agl_status status = sql.failed ? agl_fail_memory(&cause) : agl__db_text(out, db, &cause, "%s", sql.data);
    agl__text_free(&sql);
    return status == AGL_OK ? AGL_OK : agl__relation_fail(err, r, &cause);
}

/* The candidate that occurs most often outside quotes; a comma when none does. */
static char guess_delimiter(const char *header) {
    static const char candidates[] = ",;\t|";
    size_t count[sizeof candidates] = {0}, best = 0;
    bool quoted = false;
    for (const char *c = header; *c; c++) {
        if (*c == '"') quoted = !quoted;
        const char *hit = quoted ? NULL : strchr(candidates, *c);
        if (hit) count[hit - candidates]++;
    }
    for (size_t i = 1; i < sizeof candidates - 1; i++)
        if (count[i] > count[best]) best = i;
    return candidates[best];
}

static agl_status add_column(agl_relation *r, size_t *capacity, const char *name, size_t length,
                             const char *type, agl_error *err) {
    size_t again = *capacity;
    char **names = agl__grow(r->name, capacity, r->n_columns + 1, sizeof *names);
    if (names) r->name = names;
    char **types = names ? agl__grow(r->type, &again, r->n_columns + 1, sizeof *types) : NULL;
    if (types) r->type = types;
    char *copy = strndup(name, length), *kind = strdup(type);
    if (!types || !copy || !kind) {
        free(copy);
        free(kind);
        return agl_fail_memory(err);
    }
    r->name[r->n_columns] = copy;
    r->type[r->n_columns++] = kind;
    return AGL_OK;
}

/* Splits the header line; quotes are taken off, an empty name becomes columnN as DuckDB calls it. */
static agl_status split_header(agl_relation *r, char *line, agl_error *err) {
    size_t capacity = 0;
    size_t end = strcspn(line, "\r\n");
    line[end] = '\0';
    for (char *c = line;;) {
        char *cell = c, *to = c, number[32];
        bool quoted = false;
        for (; *c && (quoted || *c != r->delimiter); c++) {
            if (*c == '"' && quoted && c[1] == '"')
                *to++ = *c++;
            else if (*c == '"')
                quoted = !quoted;
            else
                *to++ = *c;
        }
        size_t length = (size_t)(to - cell);
        snprintf(number, sizeof number, "column%zu", r->n_columns);
        agl_status status = length ? add_column(r, &capacity, cell, length, "VARCHAR", err)
                                   : add_column(r, &capacity, number, strlen(number), "VARCHAR", err);
        if (status != AGL_OK) return status;
        if (!*c) return AGL_OK;
        c++;
    }
}

static agl_status open_csv(agl_relation *r, agl_db *db, agl_error *err) {
    char *line = NULL;
    struct stat info;
    if (stat(r->path, &info) == 0 && info.st_size == 0)
        return agl_fail(err, AGL_EDATA, "%s is empty; it needs a header line and data", r->path);
    agl_status status = first_line(&line, db, r, err);
    if (status != AGL_OK) return status;
    if (!line) return agl_fail(err, AGL_EDATA, "%s is empty; it needs a header line and data", r->path);
    char *start = strncmp(line, "\xef\xbb\xbf", 3) == 0 ? line + 3 : line;
    r->delimiter = guess_delimiter(start);
    status = split_header(r, start, err);
    free(line);
    return status;
}

/* ---- the other formats
 * ------------------------------------------------------------------------------------------- */

static agl_status describe(agl_relation *r, agl_db *db, agl_error *err) {
    agl_text sql = {0};
    agl_table *t = NULL;
    agl_error cause = {0};
    agl__text_add(&sql, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ");
    agl__relation_from(&sql, r, NULL, false);
    agl__text_add(&sql, ")");
    agl_status status = sql.failed ? agl_fail_memory(&cause) : agl__db_query(&t, db, sql.data, &cause);
    agl__text_free(&sql);
    if (status != AGL_OK) return agl__relation_fail(err, r, &cause);
    size_t capacity = 0;
    for (size_t i = 0; i < t->rows && status == AGL_OK; i++) {
        const char *name = agl_column_text(&t->columns[0], i);
        status = add_column(r, &capacity, name, strlen(name), agl_column_text(&t->columns[1], i), err);
    }
    agl_table_free(t);
    return status;
}

/* A database file with a single table needs no "::table". */
static agl_status only_table(agl_relation *r, agl_db *db, agl_error *err) {
    agl_table *t = NULL;
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT table_name FROM duckdb_tables() WHERE database_name = '%s' ORDER BY 1",
             r->alias);
    agl_status status = agl__db_query(&t, db, sql, err);
    if (status != AGL_OK) return status;
    if (t->rows == 1) {
        r->table = strdup(agl_column_text(&t->columns[0], 0));
        status = r->table ? AGL_OK : agl_fail_memory(err);
    } else {
        char names[400] = "";
        for (size_t i = 0, used = 0; i < t->rows && used + 70 < sizeof names; i++)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.60s", i ? ", " : "",
                                     agl_column_text(&t->columns[0], i));
        status = agl_fail(err, AGL_EDATA, "%s holds %zu tables; name one as %s::TABLE (tables: %s)", r->path,
                          t->rows, r->path, names);
    }
    agl_table_free(t);
    return status;
}

static agl_status open_database(agl_relation *r, agl_db *db, size_t index, agl_error *err) {
    agl_text sql = {0};
    agl_error cause = {0};
    snprintf(r->alias, sizeof r->alias, "agl_in_%zu_%x", index, (unsigned)(uintptr_t)r);
    agl__text_add(&sql, "ATTACH ");
    agl__text_literal(&sql, r->path);
    agl__text_add(&sql, " AS %s (READ_ONLY)", r->alias);
    agl_status status = sql.failed ? agl_fail_memory(&cause) : agl__db_exec(db, &cause, "%s", sql.data);
    agl__text_free(&sql);
    if (status != AGL_OK) {
        r->alias[0] = '\0';
        return agl__relation_fail(err, r, &cause);
    }
    return r->table ? AGL_OK : only_table(r, db, err);
}

/* What DuckDB does not read becomes a table of its own for as long as the relation lives. */
static agl_status open_foreign(agl_relation *r, agl_db *db, size_t index, agl_error *err) {
    agl_table *t = NULL;
    agl_status status = agl__read_foreign(&t, r->path, r->table, err);
    if (status != AGL_OK) return status;
    snprintf(r->alias, sizeof r->alias, "agl_in_%zu_%x", index, (unsigned)(uintptr_t)r);
    status = agl__db_store_temporary(db, r->alias, t, err);
    agl_table_free(t);
    return status;
}

static agl_status open_one(agl_relation *r, agl_db *db, size_t index, agl_error *err) {
    agl_status status = AGL_OK;
    if (r->format != AGL_OWN && access(r->path, R_OK) != 0)
        return agl_fail(err, AGL_EIO, "cannot read '%s': %m", r->path);
    if (r->format == AGL_CSV) return open_csv(r, db, err);
    if (r->format == AGL_DATABASE) status = open_database(r, db, index, err);
    if (r->format == AGL_FOREIGN) status = open_foreign(r, db, index, err);
    return status == AGL_OK ? describe(r, db, err) : status;
}

/* ---- paths
 * ------------------------------------------------------------------------------------------------------- */

static agl_status push_path(agl_relation **list, size_t *n, size_t *capacity, const char *path,
                            agl_error *err) {
    agl_relation *grown = agl__grow(*list, capacity, *n + 1, sizeof *grown);
    if (!grown) return agl_fail_memory(err);
    *list = grown;
    agl_relation r = {0};
    const char *table = strstr(path, "::");
    r.path = table ? strndup(path, (size_t)(table - path)) : strdup(path);
    if (table) r.table = strdup(table + 2);
    if (!r.path || (table && !r.table)) {
        free(r.path);
        free(r.table);
        return agl_fail_memory(err);
    }
    r.format = table == path                      ? AGL_OWN
               : format_of(r.path) == AGL_FOREIGN ? AGL_FOREIGN
               : table                            ? AGL_DATABASE
                                                  : format_of(path);
    (*list)[(*n)++] = r;
    return AGL_OK;
}

static agl_status expand(agl_relation **list, size_t *n, size_t *capacity, const char *path, agl_error *err) {
    if (!strpbrk(path, "*?[") || access(path, F_OK) == 0 || strstr(path, "::"))
        return push_path(list, n, capacity, path, err);
    glob_t found;
    int rc = glob(path, 0, NULL, &found);
    if (rc == GLOB_NOMATCH) return agl_fail(err, AGL_EIO, "no file matches '%s'", path);
    if (rc != 0) return agl_fail(err, AGL_EIO, "cannot list '%s'", path);
    agl_status status = AGL_OK;
    for (size_t i = 0; i < found.gl_pathc && status == AGL_OK; i++)
        status = push_path(list, n, capacity, found.gl_pathv[i], err);
    globfree(&found);
    return status;
}

agl_status agl__relations_open(agl_relation **out, size_t *n, agl_db *db, const char *const *paths,
                               size_t n_paths, agl_error *err) {
    agl_relation *list = NULL;
    size_t count = 0, capacity = 0;
    agl_status status = AGL_OK;
    for (size_t i = 0; i < n_paths && status == AGL_OK; i++)
        status = expand(&list, &count, &capacity, paths[i], err);
    for (size_t i = 0; i < count && status == AGL_OK; i++)
        status = open_one(&list[i], db, i, err);
    if (status != AGL_OK) {
        agl__relations_free(list, count, db);
        return status;
    }
    *out = list;
    *n = count;
    return AGL_OK;
}

void agl__relations_free(agl_relation *list, size_t n, agl_db *db) {
    for (size_t i = 0; i < n; i++) {
        if (list[i].alias[0]) {
            agl_error ignored;
            const char *leave = list[i].format == AGL_FOREIGN ? "DROP TABLE IF EXISTS" : "DETACH";
            agl_status left = agl__db_exec(db, &ignored, "%s %s", leave, list[i].alias);
            (void)left; /* nothing is left to do about it */
        }
        for (size_t j = 0; j < list[i].n_columns; j++) {
            free(list[i].name[j]);
            free(list[i].type[j]);
        }
        free(list[i].name);
        free(list[i].type);
        free(list[i].path);
        free(list[i].table);
    }
    free(list);
}

/* , columns={'a': 'VARCHAR', 'b': 'DOUBLE'} of all columns, or , types={...} of those that are not
 * AGL_AS_ANY. */
static void csv_types(agl_text *sql, const agl_relation *r, const agl_as *as, bool sniff) {
    size_t written = 0;
    for (size_t j = 0; j < r->n_columns; j++) {
        if (sniff && (!as || as[j] == AGL_AS_ANY)) continue;
        agl__text_add(sql, written++ ? ", " : sniff ? ", types={" : ", columns={");
        agl__text_literal(sql, r->name[j]);
        agl__text_add(sql, ": '%s'", as && as[j] == AGL_AS_NUMBER ? "DOUBLE" : "VARCHAR");
    }
    if (written) agl__text_add(sql, "}");
}

void agl__relation_from(agl_text *sql, const agl_relation *r, const agl_as *as, bool sniff) {
    switch (r->format) {
    case AGL_OWN:
        agl__text_identifier(sql, r->table);
        return;
    case AGL_FOREIGN:
        agl__text_add(sql, "%s", r->alias);
        return;
    case AGL_DATABASE:
        agl__text_add(sql, "%s.", r->alias);
        agl__text_identifier(sql, r->table);
        return;
    case AGL_PARQUET:
        agl__text_add(sql, "read_parquet(");
        break;
    case AGL_JSON:
        agl__text_add(sql, "read_json_auto(");
        break;
    case AGL_CSV:
        agl__text_add(sql, "read_csv(");
        break;
    }
    agl__text_literal(sql, r->path);
    if (r->format == AGL_CSV) {
        char delimiter[2] = {r->delimiter, '\0'};
        agl__text_add(sql, ", header=true, quote='\"', escape='\"', delim=");
        agl__text_literal(sql, delimiter);
        if (!sniff) agl__text_add(sql, ", auto_detect=false");
        csv_types(sql, r, as, sniff);
    }
    agl__text_add(sql, ")");
}

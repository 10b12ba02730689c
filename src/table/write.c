#include "table/write.h"
#include "base/mem.h"
#include "table/text.h"
#include "table/write_to.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *agl__aside(const char *path) {
    char *name;
    return asprintf(&name, "%s.part-%ld", path, (long)getpid()) < 0 ? NULL : name;
}

agl_status agl__land(const char *aside, const char *path, agl_error *err) {
    if (rename(aside, path) == 0) return AGL_OK;
    int why = errno;
    unlink(aside);
    return agl_fail(err, AGL_EIO, "cannot write '%s': %s", path, strerror(why));
}

/* Finds a folder that cannot be written before any work is done on the file. */
static agl_status check_folder(const char *path, agl_error *err) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    if (!folder) return agl_fail_memory(err);
    struct stat info;
    agl_status status = AGL_OK;
    if (access(folder, W_OK) != 0)
        status = agl_fail(err, AGL_EIO, "cannot write '%s': folder '%s': %s", path, folder, strerror(errno));
    else if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        status = agl_fail(err, AGL_EIO,
                          "cannot write '%s': it is a folder; write it as '%s/' to get one file a table",
                          path, path);
    free(folder);
    return status;
}

/* DuckDB names the file aside in its message; the user knows the place. */
static agl_status fail_write(const char *path, const agl_error *cause, agl_error *err) {
    if (cause->status == AGL_ECANCEL || cause->status == AGL_ENOMEM)
        return agl_fail(err, cause->status, "%s", cause->message);
    return agl_fail(err, AGL_EIO, "cannot write '%s': %.500s", path, cause->message);
}

static agl_status copy_out(agl_db *db, const agl_table *t, const char *to, const char *options,
                           agl_error *err) {
    agl_status status = agl__db_store(db, "agl_write", t, err);
    if (status != AGL_OK) return status;
    agl_text sql = {0};
    agl__text_add(&sql, "COPY agl_write TO ");
    agl__text_literal(&sql, to);
    agl__text_add(&sql, " (%s); DROP TABLE agl_write", options);
    status = sql.failed ? agl_fail_memory(err) : agl__db_exec(db, err, "%s", sql.data);
    agl__text_free(&sql);
    return status;
}

static agl_status pour(const char *from, FILE *to, const char *name, agl_error *err) {
    char buffer[1 << 16];
    FILE *in = fopen(from, "rb");
    agl_status status = in ? AGL_OK : agl_fail(err, AGL_EIO, "cannot read '%s': %s", from, strerror(errno));
    size_t n;
    while (status == AGL_OK && (n = fread(buffer, 1, sizeof buffer, in)) > 0)
        if (fwrite(buffer, 1, n, to) != n)
            status = agl_fail(err, AGL_EIO, "cannot write '%s': %s", name, strerror(errno));
    if (status == AGL_OK && ferror(in)) status = agl_fail(err, AGL_EIO, "cannot read '%s'", from);
    if (in) fclose(in);
    return status;
}

agl_status agl__copy_file(const char *from, const char *to, agl_error *err) {
    FILE *out = fopen(to, "wb");
    if (!out) return agl_fail(err, AGL_EIO, "cannot write '%s': %s", to, strerror(errno));
    agl_status status = pour(from, out, to, err);
    if (fclose(out) != 0 && status == AGL_OK)
        status = agl_fail(err, AGL_EIO, "cannot write '%s': %s", to, strerror(errno));
    return status;
}

static agl_status write_database(const char *aside, const char *path, const agl_table *const *tables,
                                 size_t n, agl_error *err) {
    agl_db *db = NULL;
    agl_status status = AGL_OK;
    if (access(path, F_OK) == 0) status = agl__copy_file(path, aside, err);
    if (status == AGL_OK) status = agl__db_open(&db, aside, false, NULL, err);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        status = agl__db_store(db, tables[i]->name, tables[i], err);
    if (status == AGL_OK) status = agl__db_exec(db, err, "CHECKPOINT");
    agl__db_close(db);
    return status;
}

static const agl_table *named(const agl_table *const *tables, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(tables[i]->name, name) == 0) return tables[i];
    return NULL;
}

static const char vosviewer[] = ".vosviewer.json";

static agl_status write_graph(const char *aside, const char *format, const agl_table *const *tables, size_t n,
                              agl_error *err) {
    const agl_table *edges = named(tables, n, "edges");
    if (!edges || !agl_table_column(edges, "source") || !agl_table_column(edges, "target"))
        return agl_fail(err, AGL_EUSAGE, "only a method with a table 'edges' can be written as .%s", format);
    if (strcmp(format, vosviewer + 1) == 0)
        return agl__write_vosviewer(aside, named(tables, n, "nodes"), edges, err);
    return agl__write_graph(aside, format, named(tables, n, "nodes"), edges, err);
}

static agl_status one_table(const agl_table *const *tables, size_t n, const char *ending, agl_error *err) {
    if (n == 1) return AGL_OK;
    char names[300] = "";
    for (size_t i = 0, used = 0; i < n && used + 40 < sizeof names; i++)
        used +=
            (size_t)snprintf(names + used, sizeof names - used, "%s%.30s", i ? ", " : "", tables[i]->name);
    return agl_fail(
        err, AGL_EUSAGE,
        "a %s file takes one table of %s; choose one with --table NAME, or write -o DIR/ or .duckdb", ending,
        names);
}

static const char *ending_of(const char *path) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    if (dot && (strcmp(dot, ".gz") == 0 || strcmp(dot, ".zst") == 0))
        while (dot > path && *(dot - 1) != '/' && *--dot != '.') {
        }
    return dot ? dot : "";
}

static const struct {
    const char *ending, *options;
} copies[] = {
    {".csv", "FORMAT csv, HEADER"},
    {".csv.gz", "FORMAT csv, HEADER, COMPRESSION gzip"},
    {".csv.zst", "FORMAT csv, HEADER, COMPRESSION zstd"},
    {".tsv", "FORMAT csv, HEADER, DELIMITER '\t'"},
    {".parquet", "FORMAT parquet, COMPRESSION zstd"},
    {".json", "FORMAT json, ARRAY true"},
    {".ndjson", "FORMAT json"},
};

static agl_status write_aside(const char *aside, const char *path, agl_db *db, const agl_table *const *tables,
                              size_t n, agl_error *err) {
    const char *ending = ending_of(path);
    size_t length = strlen(path), tail = sizeof vosviewer - 1;
    if (length > tail && strcmp(path + length - tail, vosviewer) == 0)
        return write_graph(aside, vosviewer + 1, tables, n, err);
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        if (strcmp(ending, copies[i].ending) != 0) continue;
        agl_status status = one_table(tables, n, ending, err);
        return status == AGL_OK ? copy_out(db, tables[0], aside, copies[i].options, err) : status;
    }
    if (strcmp(ending, ".duckdb") == 0) return write_database(aside, path, tables, n, err);
    if (strcmp(ending, ".graphml") == 0 || strcmp(ending, ".gexf") == 0 || strcmp(ending, ".net") == 0)
        return write_graph(aside, ending + 1, tables, n, err);
    if (strcmp(ending, ".geojson") == 0) return agl__write_geo(aside, "GeoJSON", tables, n, err);
    if (strcmp(ending, ".gpkg") == 0) return agl__write_geo(aside, "GPKG", tables, n, err);
    return agl_fail(err, AGL_EUSAGE,
                    "cannot tell the format of '%s'; known endings: .csv .csv.gz .tsv .parquet .json .ndjson "
                    ".duckdb .graphml .gexf "
                    ".net .vosviewer.json .geojson .gpkg, or DIR/",
                    path);
}

/* Writes one file aside; on failure nothing is left of it. */
static agl_status prepare(char **aside, const char *path, agl_db *db, const agl_table *const *tables,
                          size_t n, agl_error *err) {
    agl_status status = check_folder(path, err);
    if (status != AGL_OK) return status;
    *aside = agl__aside(path);
    if (!*aside) return agl_fail_memory(err);
    agl_error cause = {0};
    status = write_aside(*aside, path, db, tables, n, &cause);
    if (status == AGL_OK) return AGL_OK;
    unlink(*aside);
    if (status == AGL_EUSAGE) return agl_fail(err, status, "%s", cause.message);
    return fail_write(path, &cause, err);
}

static agl_status write_folder(const char *path, agl_db *db, const agl_table *const *tables, size_t n,
                               agl_error *err) {
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return agl_fail(err, AGL_EIO, "cannot make folder '%s': %s", path, strerror(errno));
    char **places = AGL_NEW(char *, n), **asides = AGL_NEW(char *, n);
    agl_status status = places && asides ? AGL_OK : agl_fail_memory(err);
    size_t ready = 0;
    for (size_t i = 0; i < n && status == AGL_OK; i++) {
        if (asprintf(&places[i], "%s%s.csv", path, tables[i]->name) < 0) {
            places[i] = NULL;
            status = agl_fail_memory(err);
            break;
        }
        status = prepare(&asides[i], places[i], db, &tables[i], 1, err);
        if (status == AGL_OK) ready++;
    }
    for (size_t i = 0; i < ready; i++) {
        if (status == AGL_OK)
            status = agl__land(asides[i], places[i], err);
        else
            unlink(asides[i]);
    }
    for (size_t i = 0; places && asides && i < n; i++) {
        free(places[i]);
        free(asides[i]);
    }
    free(places);
    free(asides);
    return status;
}

agl_status agl__write(const char *path, agl_db *db, const agl_table *const *tables, size_t n,
                      agl_error *err) {
    if (path[0] && path[strlen(path) - 1] == '/') return write_folder(path, db, tables, n, err);
    char *aside = NULL;
    agl_status status = prepare(&aside, path, db, tables, n, err);
    if (status == AGL_OK) status = agl__land(aside, path, err);
    free(aside);
    return status;
}

/* By way of a file: DuckDB would open /dev/stdout anew, which truncates what ">> file" means to append to. */
agl_status agl__write_stdout(agl_db *db, const agl_table *table, agl_error *err) {
    const char *folder = getenv("TMPDIR");
    char *name;
    if (asprintf(&name, "%s/agglo-XXXXXX", folder && *folder ? folder : "/tmp") < 0)
        return agl_fail_memory(err);
    int file = mkstemp(name);
    if (file < 0) {
        agl_status status = agl_fail(err, AGL_EIO, "cannot write '%s': %s", name, strerror(errno));
        free(name);
        return status;
    }
    close(file);
    agl_status status = copy_out(db, table, name, "FORMAT csv, HEADER", err);
    if (status == AGL_OK) status = pour(name, stdout, "standard output", err);
    if (status == AGL_OK && fflush(stdout) != 0)
        status = agl_fail(err, AGL_EIO, "cannot write 'standard output': %s", strerror(errno));
    unlink(name);
    free(name);
    return status;
}

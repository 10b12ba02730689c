#include "table/db.h"
#include "base/mem.h"
#include "table/fetch.h"
#include "table/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct agl_db {
    duckdb_database database;
    duckdb_connection connection;
    const agl_ctx *ctx;
};

const char *agl__db_version(void) { return duckdb_library_version(); }

char *agl__sql_literal(const char *text) {
    agl_text t = {0};
    agl__text_literal(&t, text);
    return t.data;
}

char *agl__sql_identifier(const char *text) {
    agl_text t = {0};
    agl__text_identifier(&t, text);
    return t.data;
}

/* DuckDB's messages run over many lines and end in advice on its own options: the first paragraph is what
 * counts. */
static void one_line(char *to, size_t size, const char *message) {
    size_t n = 0;
    for (const char *c = message; *c && n + 1 < size; c++) {
        if (*c == '\n') {
            if (c[1] == '\n' || strncmp(c + 1, "LINE ", 5) == 0) break;
            to[n++] = ' ';
        } else {
            to[n++] = *c;
        }
    }
    while (n > 0 && to[n - 1] == ' ')
        n--;
    to[n] = '\0';
}

static agl_status fail_sql(agl_error *err, const char *message) {
    char line[700];
    one_line(line, sizeof line, message ? message : "unknown error");
    if (strstr(line, "INTERRUPT")) return agl_fail(err, AGL_ECANCEL, "cancelled");
    if (strncmp(line, "Out of Memory", 13) == 0) return agl_fail_memory(err);
    bool io = strncmp(line, "IO Error", 8) == 0 || strstr(line, "No space left");
    return agl_fail(err, io ? AGL_EIO : AGL_EDATA, "%s", line);
}

agl_status agl__db_open(agl_db **out, const char *path, bool read_only, const agl_ctx *ctx, agl_error *err) {
    agl_db *db = AGL_NEW(agl_db, 1);
    duckdb_config config = NULL;
    char *message = NULL, number[16];
    if (!db || duckdb_create_config(&config) != DuckDBSuccess) {
        free(db);
        return agl_fail_memory(err);
    }
    db->ctx = ctx;
    snprintf(number, sizeof number, "%d", agl_threads(ctx));
    duckdb_set_config(config, "threads", number);
    duckdb_set_config(config, "access_mode", read_only ? "READ_ONLY" : "AUTOMATIC");
    duckdb_set_config(config, "autoinstall_known_extensions", "false"); /* nothing is ever fetched */
    duckdb_set_config(config, "autoload_known_extensions", "false");
    /* A list behind IN would become a join, which on several threads gives the rows in another order: results
     * and the line numbers of messages must not depend on the threads. */
    duckdb_set_config(config, "disabled_optimizers", "in_clause");
    agl_status status = AGL_OK;
    if (duckdb_open_ext(path, &db->database, config, &message) != DuckDBSuccess) {
        char line[700];
        one_line(line, sizeof line, message ? message : "");
        status = agl_fail(err, AGL_EIO, "cannot open %s: %s", path ? path : "a database in memory", line);
        free(db);
    } else if (duckdb_connect(db->database, &db->connection) != DuckDBSuccess) {
        duckdb_close(&db->database);
        free(db);
        status = agl_fail_memory(err);
    } else {
        *out = db;
    }
    duckdb_free(message);
    duckdb_destroy_config(&config);
    return status;
}

void agl__db_close(agl_db *db) {
    if (!db) return;
    duckdb_disconnect(&db->connection);
    duckdb_close(&db->database);
    free(db);
}

/* Runs a prepared statement step by step, so that a cancelled context stops it. */
static agl_status run_prepared(duckdb_result *result, agl_db *db, duckdb_prepared_statement statement,
                               agl_error *err) {
    duckdb_pending_result pending = NULL;
    agl_status status = AGL_OK;
    if (duckdb_pending_prepared(statement, &pending) != DuckDBSuccess) {
        status = fail_sql(err, duckdb_pending_error(pending));
        goto out;
    }
    for (;;) {
        if (agl_cancelled(db->ctx)) {
            duckdb_interrupt(db->connection);
            status = agl_fail(err, AGL_ECANCEL, "cancelled");
            goto out;
        }
        duckdb_pending_state state = duckdb_pending_execute_task(pending);
        if (state == DUCKDB_PENDING_ERROR) {
            status = fail_sql(err, duckdb_pending_error(pending));
            goto out;
        }
        if (duckdb_pending_execution_is_finished(state)) break;
        if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
    }
    if (duckdb_execute_pending(pending, result) != DuckDBSuccess) {
        status = fail_sql(err, duckdb_result_error(result));
        duckdb_destroy_result(result);
    }
out:
    duckdb_destroy_pending(&pending);
    return status;
}

/* Runs all statements of `sql`; with `result` there may be only one, whose result is handed over. */
static agl_status run_sql(duckdb_result *result, agl_db *db, const char *sql, agl_error *err) {
    duckdb_extracted_statements statements = NULL;
    idx_t n = duckdb_extract_statements(db->connection, sql, &statements);
    agl_status status = n ? AGL_OK : fail_sql(err, duckdb_extract_statements_error(statements));
    /* A condition such as --where "true); COPY ..." must not smuggle in a second statement. */
    if (result && n > 1)
        status = agl_fail(err, AGL_EUSAGE, "a condition must be one SQL expression, without ';'");
    for (idx_t i = 0; i < n && status == AGL_OK; i++) {
        duckdb_prepared_statement statement = NULL;
        duckdb_result local;
        if (duckdb_prepare_extracted_statement(db->connection, statements, i, &statement) != DuckDBSuccess)
            status = fail_sql(err, duckdb_prepare_error(statement));
        else
            status = run_prepared(result ? result : &local, db, statement, err);
        if (status == AGL_OK && !result) duckdb_destroy_result(&local);
        duckdb_destroy_prepare(&statement);
    }
    duckdb_destroy_extracted(&statements);
    return status;
}

agl_status agl__db_exec(agl_db *db, agl_error *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *sql = NULL;
    int n = vasprintf(&sql, format, args);
    va_end(args);
    if (n < 0) return agl_fail_memory(err);
    agl_status status = run_sql(NULL, db, sql, err);
    free(sql);
    return status;
}

agl_status agl__db_query(agl_table **out, agl_db *db, const char *sql, agl_error *err) {
    duckdb_result result;
    agl_status status = run_sql(&result, db, sql, err);
    if (status != AGL_OK) return status;
    status = agl__fetch(out, &result, "query", err);
    duckdb_destroy_result(&result);
    return status;
}

agl_status agl__db_text(char **out, agl_db *db, agl_error *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *sql = NULL;
    int n = vasprintf(&sql, format, args);
    va_end(args);
    *out = NULL;
    if (n < 0) return agl_fail_memory(err);
    duckdb_result result;
    agl_status status = run_sql(&result, db, sql, err);
    free(sql);
    if (status != AGL_OK) return status;
    if (duckdb_row_count(&result) > 0 && duckdb_column_count(&result) > 0 &&
        !duckdb_value_is_null(&result, 0, 0)) {
        char *value = duckdb_value_varchar(&result, 0, 0);
        *out = value ? strdup(value) : NULL;
        if (!*out) status = agl_fail_memory(err);
        duckdb_free(value);
    }
    duckdb_destroy_result(&result);
    return status;
}

static agl_status store(agl_db *db, const char *kind, const char *name, const agl_table *table,
                        agl_error *err) {
    agl_text sql = {0};
    agl__text_add(&sql, "CREATE OR REPLACE %s ", kind);
    agl__text_identifier(&sql, name);
    for (size_t j = 0; j < table->n_columns; j++) {
        agl__text_add(&sql, j ? ", " : " (");
        agl__text_identifier(&sql, table->columns[j].name);
        agl__text_add(&sql, " %s", agl__sql_type(table->columns[j].type));
    }
    agl__text_add(&sql, ")");
    agl_status status = sql.failed ? agl_fail_memory(err) : agl__db_exec(db, err, "%s", sql.data);
    agl__text_free(&sql);
    if (status != AGL_OK) return status;

    duckdb_appender appender = NULL;
    if (duckdb_appender_create(db->connection, NULL, name, &appender) != DuckDBSuccess)
        status = agl_fail(err, AGL_EIO, "cannot store table '%s': %s", name, duckdb_appender_error(appender));
    else
        status = agl__append(appender, table, err);
    if (status == AGL_OK && duckdb_appender_close(appender) != DuckDBSuccess)
        status = agl_fail(err, AGL_EIO, "cannot store table '%s': %s", name, duckdb_appender_error(appender));
    duckdb_appender_destroy(&appender);
    return status;
}

agl_status agl__db_store(agl_db *db, const char *name, const agl_table *table, agl_error *err) {
    return store(db, "TABLE", name, table, err);
}

agl_status agl__db_store_temporary(agl_db *db, const char *name, const agl_table *table, agl_error *err) {
    return store(db, "TEMPORARY TABLE", name, table, err);
}

#include "study/store.h"
#include "base/mem.h"
#include "table/boundary.h"
#include "table/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static agl_status run_text(agl_db *db, agl_text *sql, agl_error *err) {
    agl_status status = sql->failed ? agl_fail_memory(err) : agl__db_exec(db, err, "%s", sql->data);
    agl__text_free(sql);
    return status;
}

agl_status agl__store_prepare(agl_db *db, const agl_study *s, agl_error *err) {
    agl_status status = agl__db_exec(db, err,
                                     "CREATE TABLE IF NOT EXISTS provenance(step VARCHAR, verb VARCHAR, "
                                     "method VARCHAR, options VARCHAR, \"like\" VARCHAR, seed "
                                     "BIGINT, version VARCHAR, input_hashes VARCHAR, rows_in BIGINT, "
                                     "rows_used BIGINT, rows_dropped BIGINT, warnings VARCHAR, "
                                     "seconds DOUBLE, tables VARCHAR, position INTEGER, hash VARCHAR)");
    agl_table *known = NULL;
    if (status == AGL_OK) status = agl__db_query(&known, db, "SELECT step, tables FROM provenance", err);
    for (size_t row = 0; status == AGL_OK && row < known->rows; row++) {
        const char *name = agl_column_text(&known->columns[0], row);
        bool kept = false;
        for (size_t i = 0; i < s->n_steps; i++)
            kept = kept || strcmp(s->steps[i].name, name) == 0;
        if (kept) continue;
        agl_text sql = {0};
        const char *line = agl_column_text(&known->columns[1], row);
        for (const char *equals; line && (equals = strchr(line, '='));
             line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
            agl__text_add(&sql, "DROP TABLE IF EXISTS \"%.*s\";", (int)strcspn(equals + 1, "\n"), equals + 1);
        agl__text_add(&sql, "DELETE FROM provenance WHERE step = ");
        agl__text_literal(&sql, name);
        status = run_text(db, &sql, err);
    }
    agl_table_free(known);
    return status;
}

agl_status agl__store_unchanged(bool *unchanged, agl_db *db, const char *name, const char *hash,
                                agl_error *err) {
    char *found = NULL;
    agl_status status = agl__db_text(&found, db, err, "SELECT hash FROM provenance WHERE step = '%s'", name);
    *unchanged = found && strcmp(found, hash) == 0;
    free(found);
    return status;
}

agl_status agl__store_position(agl_db *db, const char *name, size_t position, agl_error *err) {
    return agl__db_exec(db, err, "UPDATE provenance SET position = %zu WHERE step = '%s'", position, name);
}

static void json_text(agl_text *t, const char *s) {
    agl__text_put(t, "\"", 1);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            agl__text_add(t, "\\%c", *s);
        else if ((unsigned char)*s < 32)
            agl__text_add(t, "\\u%04x", *s);
        else
            agl__text_put(t, s, 1);
    }
    agl__text_put(t, "\"", 1);
}

static void put_options(agl_text *json, const agl_method *m, const agl_run *run) {
    size_t written = 0;
    agl__text_add(json, "{");
    for (size_t i = 0; i < m->n_options; i++) {
        const char *value = agl__run_option_text(run, i);
        if (!value) continue;
        if (written++) agl__text_add(json, ", ");
        json_text(json, m->options[i].name);
        agl__text_add(json, ": ");
        json_text(json, value);
    }
    agl__text_add(json, "}");
}

/* ", 'text'" from a text that was put together, or ", NULL". */
static void put_value(agl_text *sql, const agl_text *value) {
    agl__text_add(sql, ", ");
    if (value->data)
        agl__text_literal(sql, value->data);
    else
        agl__text_add(sql, "NULL");
    sql->failed = sql->failed || value->failed;
}

static agl_status store_line(agl_db *db, const agl_study_step *step, const agl_run *run, const char *hash,
                             const char *input_hashes, double seconds, const agl_text *tables,
                             const agl_ctx *ctx, agl_error *err) {
    const agl_method *m = step->method;
    agl_text options = {0}, warnings = {0}, like = {0}, hashes = {0}, sql = {0};
    put_options(&options, m, run);
    for (size_t i = 0; i < agl__run_n_warnings(run); i++)
        agl__text_add(&warnings, "%s%s", i ? "\n" : "", agl__run_warning(run, i));
    if (agl__run_like_name(run)) agl__text_add(&like, "%s", agl__run_like_name(run));
    agl__text_add(&hashes, "%s", input_hashes);
    agl__text_add(&sql,
                  "DELETE FROM provenance WHERE step = '%s'; INSERT INTO provenance VALUES ('%s', '%s', '%s'",
                  step->name, step->name, m->verb, m->name);
    put_value(&sql, &options);
    put_value(&sql, &like);
    agl__text_add(&sql, ", %lld, '%s'", (long long)agl_seed(ctx), agl_version());
    put_value(&sql, &hashes);
    agl__text_add(&sql, ", %zu, %zu, %zu", agl__run_rows_in(run), agl__run_rows_used(run),
                  agl__run_rows_dropped(run));
    put_value(&sql, &warnings);
    agl__text_add(&sql, ", %.3f", seconds);
    put_value(&sql, tables);
    agl__text_add(&sql, ", 0, '%s')", hash);
    agl__text_free(&options);
    agl__text_free(&warnings);
    agl__text_free(&like);
    agl__text_free(&hashes);
    return run_text(db, &sql, err);
}

agl_status agl__store_run(agl_db *db, const agl_study_step *step, const agl_run *run, const char *hash,
                          const char *input_hashes, double seconds, const agl_ctx *ctx, agl_error *err) {
    agl_text tables = {0};
    agl_status status = AGL_OK;
    for (size_t i = 0; i < agl__run_n_outputs(run) && status == AGL_OK; i++) {
        const agl_table *t = agl__run_output_at(run, i);
        char *name;
        if (asprintf(&name, "%s_%s", step->name, t->name) < 0) {
            status = agl_fail_memory(err);
            break;
        }
        agl__text_add(&tables, "%s%s=%s", i ? "\n" : "", t->name, name);
        status = agl__db_store(db, name, t, err);
        free(name);
    }
    if (status == AGL_OK) status = store_line(db, step, run, hash, input_hashes, seconds, &tables, ctx, err);
    agl__text_free(&tables);
    return status;
}

/* ---- study, label, boundary
 * --------------------------------------------------------------------------------------- */

static void put_pair(agl_text *sql, const char *key, const char *value) {
    if (!value) return;
    agl__text_add(sql, "INSERT INTO study VALUES (");
    agl__text_literal(sql, key);
    agl__text_add(sql, ", ");
    agl__text_literal(sql, value);
    agl__text_add(sql, ");");
}

static agl_status store_study(agl_db *db, const agl_study *s, agl_error *err) {
    const char *pairs[][2] = {
        {"title", s->title},   {"subtitle", s->subtitle}, {"description", s->description},
        {"author", s->author}, {"date", s->date},         {"language", s->language}};
    agl_text sql = {0};
    agl__text_add(&sql, "CREATE OR REPLACE TABLE study(key VARCHAR, value VARCHAR);");
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        put_pair(&sql, pairs[i][0], pairs[i][1]);
    for (size_t i = 0; i < s->n_sections; i++) {
        const char *parts[][2] = {
            {"title", s->sections[i].title}, {"text", s->sections[i].text}, {"steps", s->sections[i].steps}};
        for (size_t k = 0; k < 3; k++) {
            char key[64];
            snprintf(key, sizeof key, "section.%03zu.%s", i + 1, parts[k][0]);
            put_pair(&sql, key, parts[k][1]);
        }
        for (size_t t = 0; t < s->sections[i].n_tables; t++) {
            const char *of_table[][2] = {{"title", s->sections[i].tables[t].title},
                                         {"note", s->sections[i].tables[t].note},
                                         {"sql", s->sections[i].tables[t].sql}};
            for (size_t k = 0; k < 3; k++) {
                char key[64];
                snprintf(key, sizeof key, "section.%03zu.table.%zu.%s", i + 1, t + 1, of_table[k][0]);
                put_pair(&sql, key, of_table[k][1]);
            }
        }
    }
    return run_text(db, &sql, err);
}

static agl_status store_label(agl_db *db, const agl_study_source *label, agl_error *err) {
    static const agl_want wants[] = {{.role = "code", .type = AGL_WANT_KEY, .required = true},
                                     {.role = "name", .type = AGL_WANT_KEY},
                                     {.role = "lon", .type = AGL_WANT_NUMBER, .min = -180, .max = 180},
                                     {.role = "lat", .type = AGL_WANT_NUMBER, .min = -90, .max = 90}};
    agl_source source = {.paths = label->paths,
                         .n_paths = label->n_paths,
                         .columns = label->columns,
                         .n_columns = label->n_columns,
                         .where = label->where};
    agl_table *t = NULL;
    agl_status status = agl__read(&t, db, &source, wants, 4, NULL, 0, err);
    if (status == AGL_OK) status = agl__db_store(db, "agl_label", t, err);
    if (status == AGL_OK) {
        const char *columns[4] = {"code", "name", "lon", "lat"};
        agl_text sql = {0};
        agl__text_add(&sql, "INSERT INTO label SELECT ");
        agl__text_literal(&sql, label->name);
        for (size_t i = 0; i < 4; i++)
            agl__text_add(&sql, ", %s%s%s", i ? "any_value(" : "",
                          agl_table_column(t, columns[i]) ? columns[i] : "NULL", i ? ")" : "");
        agl__text_add(&sql, " FROM agl_label WHERE code IS NOT NULL GROUP BY code; DROP TABLE agl_label");
        status = run_text(db, &sql, err);
    }
    agl_table_free(t);
    return status;
}

agl_status agl__store_frame(agl_db *db, const agl_study *s, agl_error *err) {
    agl_status status = store_study(db, s, err);
    if (status == AGL_OK)
        status = agl__db_exec(db, err,
                              "CREATE OR REPLACE TABLE label(kind VARCHAR, code VARCHAR, name VARCHAR, lon "
                              "DOUBLE, lat DOUBLE)");
    for (size_t i = 0; i < s->n_labels && status == AGL_OK; i++)
        status = store_label(db, &s->labels[i], err);
    if (status != AGL_OK) return status;
    if (!s->boundaries) return agl__db_exec(db, err, "DROP TABLE IF EXISTS boundary");
    agl_table *t = NULL;
    status = agl__read_boundaries(&t, s->boundaries, err);
    if (status == AGL_OK) status = agl__db_store(db, "boundary", t, err);
    agl_table_free(t);
    return status;
}

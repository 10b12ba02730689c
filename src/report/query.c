#include "report/query.h"
#include "base/mem.h"
#include "table/text.h"

#include <stdio.h>
#include <string.h>

/* Parameters and columns bear names that no record uses: an argument that is a column of the outer query must
 * not be captured by a column of the label table. */
static const char macros[] =
    "CREATE TEMP MACRO label(kind_, code_) AS coalesce((SELECT max(agl_name) FROM agl__label WHERE agl_kind "
    "= kind_ AND "
    "agl_code = CAST(code_ AS VARCHAR)), CAST(code_ AS VARCHAR));\n"
    "CREATE TEMP MACRO agl_name_of(kind_, code_) AS (SELECT max(agl_name) FROM agl__label WHERE agl_kind = "
    "kind_ AND "
    "agl_code = CAST(code_ AS VARCHAR));\n"
    "CREATE TEMP MACRO label_lon(kind_, code_) AS (SELECT max(agl_lon) FROM agl__label WHERE agl_kind = "
    "kind_ AND "
    "agl_code = CAST(code_ AS VARCHAR));\n"
    "CREATE TEMP MACRO label_lat(kind_, code_) AS (SELECT max(agl_lat) FROM agl__label WHERE agl_kind = "
    "kind_ AND "
    "agl_code = CAST(code_ AS VARCHAR));\n"
    "CREATE TEMP MACRO agl_sign(text_) AS replace(text_, '-', chr(8722));\n"
    /* four digits stay together: 2019, 1234 */
    "CREATE TEMP MACRO fmt_num(x_, digits_) AS CASE WHEN NOT isfinite(CAST(x_ AS DOUBLE)) THEN NULL "
    "WHEN abs(CAST(x_ AS DOUBLE)) < 9999.5 THEN agl_sign(format('{:.' || digits_ || 'f}', CAST(x_ AS "
    "DOUBLE))) "
    "ELSE agl_sign(replace(format('{:,.' || digits_ || 'f}', CAST(x_ AS DOUBLE)), ',', chr(8239))) END;\n"
    "CREATE TEMP MACRO fmt_int(x_) AS fmt_num(round(CAST(x_ AS DOUBLE)) + 0.0, 0);\n"
    "CREATE TEMP MACRO fmt_pct(share_) AS CASE WHEN share_ IS NULL THEN NULL "
    "WHEN share_ <> 0 AND abs(share_) < 0.0005 THEN 'less than 0.1%' "
    "WHEN abs(share_) < 0.0995 THEN fmt_num(100.0 * share_, 1) || '%' ELSE fmt_num(100.0 * share_, 0) || '%' "
    "END;\n"
    "CREATE TEMP MACRO fmt_p(p_) AS CASE WHEN p_ IS NULL THEN NULL WHEN p_ < 0.001 THEN 'p < 0.001' "
    "WHEN p_ < 0.0995 THEN 'p = ' || fmt_num(p_, 3) ELSE 'p = ' || fmt_num(p_, 2) END;\n"
    "CREATE TEMP MACRO agl_join(list_) AS CASE len(list_) WHEN 0 THEN NULL WHEN 1 THEN list_[1] "
    "ELSE array_to_string(list_[1:len(list_) - 1], ', ') || ' and ' || list_[len(list_)] END;\n"
    "CREATE TEMP MACRO fmt_list(list_) AS agl_join(list_filter(list_, lambda e_: e_ IS NOT NULL));\n";

static const char *sql_type(agl_type type) {
    switch (type) {
    case AGL_KEY:
        return "VARCHAR";
    case AGL_INT:
        return "BIGINT";
    case AGL_BOOL:
        return "BOOLEAN";
    case AGL_DATE:
        return "DATE";
    default:
        return "DOUBLE";
    }
}

static void view_name(agl_text *t, const agl_step *s, size_t k) {
    agl_text name = {0};
    agl__text_add(&name, "agl__%s_%s", s->name, s->method->outputs[k].table);
    if (name.data) agl__text_identifier(t, name.data);
    t->failed |= name.failed;
    agl__text_free(&name);
}

/** A view of output k with every column of the record; what the run dropped is NULL. */
static agl_status make_view(agl_dossier *d, const agl_step *s, size_t k, agl_error *err) {
    const agl_output_spec *o = &s->method->outputs[k];
    agl_text sql = {0};
    agl_table *head = NULL;
    agl_error why = {0};
    agl__text_add(&sql, "SELECT * FROM main.");
    agl__text_identifier(&sql, s->stored[k]);
    agl__text_add(&sql, " LIMIT 0");
    agl_status status = sql.failed ? agl_fail_memory(err) : agl__db_query(&head, d->db, sql.data, &why);
    if (status != AGL_OK && !sql.failed)
        status = agl_fail(err, status, "%s: the result of step '%s' cannot be read: %s", d->path, s->name,
                          why.message);
    if (status == AGL_OK) {
        agl__text_free(&sql);
        agl__text_add(&sql, "CREATE TEMP VIEW ");
        view_name(&sql, s, k);
        agl__text_add(&sql, " AS SELECT *");
        for (size_t c = 0; c < o->n_columns; c++)
            if (!agl_table_column(head, o->columns[c].name))
                agl__text_add(&sql, ", CAST(NULL AS %s) AS \"%s\"", sql_type(o->columns[c].type),
                              o->columns[c].name);
        agl__text_add(&sql, " FROM main.");
        agl__text_identifier(&sql, s->stored[k]);
        status = sql.failed ? agl_fail_memory(err) : agl__db_exec(d->db, err, "%s", sql.data);
    }
    agl_table_free(head);
    agl__text_free(&sql);
    return status;
}

static agl_status has_table(bool *out, agl_dossier *d, const char *name, agl_error *err) {
    char *count = NULL;
    agl_status status = agl__db_text(
        &count, d->db, err, "SELECT count(*) FROM information_schema.tables WHERE table_name = '%s'", name);
    *out = status == AGL_OK && count && strcmp(count, "0") != 0;
    free(count);
    return status;
}

/** Copies of the small tables under names of our own, empty when the study has none. */
static agl_status copy_small_tables(agl_dossier *d, agl_error *err) {
    bool labels = false, study = false, boundary = false;
    agl_status status = has_table(&labels, d, "label", err);
    if (status == AGL_OK) status = has_table(&study, d, "study", err);
    if (status == AGL_OK) status = has_table(&boundary, d, "boundary", err);
    if (status == AGL_OK)
        status =
            agl__db_exec(d->db, err,
                         "CREATE TEMP TABLE agl__label(agl_kind VARCHAR, agl_code VARCHAR, agl_name VARCHAR, "
                         "agl_lon DOUBLE, agl_lat DOUBLE)");
    if (status == AGL_OK && labels)
        status = agl__db_exec(d->db, err,
                              "INSERT INTO agl__label SELECT kind, code, max(nullif(name, '')), first(lon), "
                              "first(lat) FROM main.label GROUP BY kind, code");
    if (status == AGL_OK)
        status = agl__db_exec(d->db, err,
                              study ? "CREATE TEMP VIEW agl__study AS SELECT key, value FROM main.study"
                                    : "CREATE TEMP TABLE agl__study(key VARCHAR, value VARCHAR)");
    if (status == AGL_OK && boundary)
        status = agl__db_query(
            &d->boundary, d->db,
            "SELECT kind::VARCHAR AS kind, ring::DOUBLE AS ring, lon::DOUBLE AS lon, lat::DOUBLE AS lat FROM "
            "main.boundary WHERE kind IS NOT NULL ORDER BY kind, ring, seq",
            err);
    return status;
}

agl_status agl__query_prepare(agl_dossier *d, agl_error *err) {
    agl_status status = copy_small_tables(d, err);
    if (status == AGL_OK) status = agl__db_exec(d->db, err, "%s", macros);
    for (size_t i = 0; i < d->n_steps && status == AGL_OK; i++)
        for (size_t k = 0; k < d->steps[i].method->n_outputs && status == AGL_OK; k++)
            if (d->steps[i].stored[k]) status = make_view(d, &d->steps[i], k, err);
    return status;
}

agl_status agl__query_expand(char **out, bool *missing, const agl_step *step, const char *sql,
                             agl_error *err) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    agl_text t = {0};
    *missing = false;
    while (*sql) {
        size_t plain = strcspn(sql, "{"), name = 0;
        agl__text_put(&t, sql, plain);
        sql += plain;
        if (*sql) name = strspn(sql + 1, letters);
        if (!*sql) break;
        if (name == 0 || sql[name + 1] != '}') {
            agl__text_put(&t, sql++, 1);
            continue;
        }
        size_t k = 0;
        while (k < step->method->n_outputs && (strlen(step->method->outputs[k].table) != name ||
                                               strncmp(step->method->outputs[k].table, sql + 1, name) != 0))
            k++;
        if (k == step->method->n_outputs) {
            agl__text_free(&t);
            return agl_fail(err, AGL_EINTERNAL, "{%.*s} names no output of the method", (int)name, sql + 1);
        }
        *missing = *missing || !step->stored[k];
        view_name(&t, step, k);
        sql += name + 2;
    }
    if (t.failed || !t.data) {
        agl__text_free(&t);
        return agl_fail_memory(err);
    }
    *out = t.data;
    return AGL_OK;
}

agl_status agl__query_run(agl_table **out, agl_dossier *d, const agl_step *step, const char *sql,
                          const char *what, agl_error *err) {
    char *expanded = NULL;
    bool missing;
    agl_error why = {0};
    *out = NULL;
    agl_status status = agl__query_expand(&expanded, &missing, step, sql, &why);
    if (status == AGL_OK && !missing) status = agl__db_query(out, d->db, expanded, &why);
    free(expanded);
    if (status == AGL_OK) return AGL_OK;
    if (status == AGL_ECANCEL || status == AGL_ENOMEM) return agl_fail(err, status, "%s", why.message);
    return agl_fail(err, AGL_EINTERNAL, "record %s/%s, %s (step '%s'): %s", step->method->verb,
                    step->method->name, what, step->name, why.message);
}

/** Length of the kind of label in the name of a column: "industry_a" and "industry_b" hold industries. */
static int kind_length(const char *column) {
    size_t n = strlen(column);
    bool one_of_two = n > 2 && (strcmp(column + n - 2, "_a") == 0 || strcmp(column + n - 2, "_b") == 0);
    return (int)(one_of_two ? n - 2 : n);
}

/** Kinds of label that a key column may have: its own name; the ends and ids of networks are actors or else
 * regions; what is not named otherwise (partner, cluster) may be called after an industry. */
static void add_name_column(agl_text *sql, const char *column) {
    static const char *const ids[] = {"source", "target", "id", "node", "from", "to"};
    static const char *const industries[] = {"partner", "cluster", "cluster_a", "cluster_b", "best_other"};
    bool id = false, industry = false;
    for (size_t k = 0; k < sizeof ids / sizeof *ids; k++)
        id = id || strcmp(column, ids[k]) == 0;
    for (size_t k = 0; k < sizeof industries / sizeof *industries; k++)
        industry = industry || strcmp(column, industries[k]) == 0;
    if (id)
        agl__text_add(
            sql, ", coalesce(agl_name_of('actor', \"%s\"), agl_name_of('region', \"%s\")) AS \"%s name\"",
            column, column, column);
    else
        agl__text_add(sql,
                      ", coalesce(agl_name_of('%.*s', \"%s\"), agl_name_of('%s', \"%s\")) AS \"%s name\"",
                      kind_length(column), column, column, industry ? "industry" : "", column, column);
}

/** "SELECT columns and names FROM (the first rows in order) in order": names are looked up for the rows shown
 * only. */
static void select_output(agl_text *sql, const agl_output_spec *o, const char *view, size_t limit) {
    agl_text order = {0};
    if (o->rank) agl__text_add(&order, "\"%s\" DESC NULLS LAST, ", o->rank);
    for (size_t c = 0; c < o->n_columns; c++)
        if (o->columns[c].key) agl__text_add(&order, "\"%s\", ", o->columns[c].name);
    agl__text_add(&order, "1");
    agl__text_add(sql, "SELECT ");
    for (size_t c = 0; c < o->n_columns; c++) {
        agl__text_add(sql, "%s\"%s\"", c ? ", " : "", o->columns[c].name);
        if (o->columns[c].type == AGL_KEY) add_name_column(sql, o->columns[c].name);
    }
    if (order.failed)
        sql->failed = true;
    else
        agl__text_add(sql, " FROM (SELECT * FROM %s ORDER BY %s LIMIT %zu) ORDER BY %s", view, order.data,
                      limit, order.data);
    agl__text_free(&order);
}

agl_status agl__query_output(agl_table **out, size_t *total, agl_dossier *d, const agl_step *step, size_t k,
                             size_t limit, agl_error *err) {
    agl_text sql = {0}, view = {0};
    char *count = NULL;
    view_name(&view, step, k);
    if (!view.failed) select_output(&sql, &step->method->outputs[k], view.data, limit);
    agl_status status = sql.failed || view.failed ? agl_fail_memory(err) : AGL_OK;
    if (status == AGL_OK) status = agl__db_text(&count, d->db, err, "SELECT count(*) FROM %s", view.data);
    if (status == AGL_OK) status = agl__db_query(out, d->db, sql.data, err);
    *total = count ? (size_t)strtoull(count, NULL, 10) : 0;
    free(count);
    agl__text_free(&sql);
    agl__text_free(&view);
    return status;
}

agl_status agl__query_object(agl_table **out, agl_dossier *d, const agl_step *step, const char *column,
                             agl_error *err) {
    char *name = agl__sql_literal(step->name);
    agl_text sql = {0};
    agl__text_add(&sql,
                  "SELECT e.key::VARCHAR AS key, (e.value ->> '$')::VARCHAR AS value FROM (SELECT CASE WHEN "
                  "json_valid(%s::VARCHAR) THEN %s::VARCHAR ELSE '{}' END AS agl_object FROM main.provenance "
                  "WHERE step = %s "
                  "LIMIT 1) p, json_each(p.agl_object) e",
                  column, column, name ? name : "");
    agl_status status = !name || sql.failed ? agl_fail_memory(err) : agl__db_query(out, d->db, sql.data, err);
    free(name);
    agl__text_free(&sql);
    return status;
}

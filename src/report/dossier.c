#include "report/dossier.h"
#include "base/mem.h"
#include "report/query.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const agl_question agl__questions[4] = {
    {"measure", "Measure", "Which clusters do we have, how strong, at what stage?"},
    {"network", "Network", "Who innovates with whom, what is missing?"},
    {"allocate", "Allocate", "Where does the next euro, person or hectare do most?"},
    {"track", "Track", "Are we moving from low cost to innovation, and up the value chain?"},
};

const char *agl__study_value(const agl_dossier *d, const char *key) {
    const agl_column *k = agl_table_column(d->study, "key"), *v = agl_table_column(d->study, "value");
    for (size_t i = 0; i < d->study->rows; i++) {
        const char *name = agl_column_text(k, i), *value = agl_column_text(v, i);
        if (name && strcmp(name, key) == 0) return value && *value ? value : NULL;
    }
    return NULL;
}

/* ---- steps ---- */

/** Text of a cell; NULL when missing. A column that is NULL throughout may have come without a text type. */
static const char *text_in(const agl_table *t, const char *column, size_t row) {
    const agl_column *c = agl_table_column(t, column);
    return c->type == AGL_KEY ? agl_column_text(c, row) : NULL;
}

static const char *text_at(const agl_dossier *d, const char *column, size_t row) {
    return text_in(d->provenance, column, row);
}

static double number_at(const agl_dossier *d, const char *column, size_t row) {
    return agl_table_column(d->provenance, column)->num[row];
}

/** Binds the lines "output=stored table" to the outputs of the method. */
static agl_status bind_tables(agl_dossier *d, agl_step *s, const char *lines, agl_error *err) {
    s->stored = AGL_NEW(const char *, s->method->n_outputs);
    if (!s->stored) return agl_fail_memory(err);
    while (lines && *lines) {
        size_t n = strcspn(lines, "\n"), key = strcspn(lines, "=");
        for (size_t k = 0; key < n && k < s->method->n_outputs; k++) {
            const char *output = s->method->outputs[k].table;
            if (strlen(output) != key || strncmp(output, lines, key) != 0) continue;
            char *name = strndup(lines + key + 1, n - key - 1);
            if (!name) return agl_fail_memory(err);
            d->names[d->n_names++] = name;
            s->stored[k] = name;
        }
        lines += n + (lines[n] == '\n');
    }
    return AGL_OK;
}

static agl_status read_step(agl_dossier *d, size_t i, agl_error *err) {
    agl_step *s = &d->steps[i];
    const char *verb = text_at(d, "verb", i), *method = text_at(d, "method", i);
    *s = (agl_step){.name = text_at(d, "step", i),
                    .like = text_at(d, "like", i),
                    .version = text_at(d, "version", i),
                    .warnings = text_at(d, "warnings", i),
                    .seed = number_at(d, "seed", i),
                    .rows_in = number_at(d, "rows_in", i),
                    .rows_used = number_at(d, "rows_used", i),
                    .rows_dropped = number_at(d, "rows_dropped", i),
                    .seconds = number_at(d, "seconds", i)};
    if (!s->name || !verb || !method)
        return agl_fail(err, AGL_EDATA,
                        "%s: table provenance row %zu names no step or method; run the study again", d->path,
                        i + 1);
    for (size_t k = 0; k < agl__n_methods; k++)
        if (strcmp(agl__methods[k].verb, verb) == 0 && strcmp(agl__methods[k].name, method) == 0)
            s->method = &agl__methods[k];
    if (!s->method)
        return agl_fail(err, AGL_EDATA,
                        "%s: step '%s' uses '%s %s', which this version does not have; run the study again",
                        d->path, s->name, verb, method);
    return bind_tables(d, s, text_at(d, "tables", i), err);
}

static agl_status read_steps(agl_dossier *d, agl_error *err) {
    /* the casts make the types certain, whatever wrote the file */
    static const char sql[] =
        "SELECT step::VARCHAR AS step, verb::VARCHAR AS verb, method::VARCHAR AS method, "
        "nullif(\"like\"::VARCHAR, '') AS "
        "\"like\", version::VARCHAR AS version, nullif(warnings::VARCHAR, '') AS warnings, tables::VARCHAR "
        "AS tables, "
        "seed::DOUBLE AS seed, rows_in::DOUBLE AS rows_in, rows_used::DOUBLE AS rows_used, "
        "rows_dropped::DOUBLE AS "
        "rows_dropped, seconds::DOUBLE AS seconds FROM main.provenance ORDER BY position, step";
    agl_error why = {0};
    agl_status status = agl__db_query(&d->provenance, d->db, sql, &why);
    if (status != AGL_OK)
        return agl_fail(err, status, "%s is no study file (make one with 'agglo run'): %s", d->path,
                        why.message);
    size_t outputs = 0;
    for (size_t k = 0; k < agl__n_methods; k++)
        outputs += agl__methods[k].n_outputs;
    d->steps = AGL_NEW(agl_step, d->provenance->rows);
    d->names = AGL_NEW(char *, d->provenance->rows *(outputs + 1));
    if (!d->steps || !d->names) return agl_fail_memory(err);
    for (size_t i = 0; i < d->provenance->rows && status == AGL_OK; i++) {
        d->n_steps++;
        status = read_step(d, i, err);
    }
    return status;
}

/* ---- sections ---- */

static agl_status add_section(agl_section **out, agl_dossier *d, const char *title, const char *text,
                              agl_error *err) {
    agl_section *grown = reallocarray(d->sections, d->n_sections + 1, sizeof *grown);
    if (!grown) return agl_fail_memory(err);
    d->sections = grown;
    agl_section *s = &grown[d->n_sections++];
    *s = (agl_section){
        .title = strdup(title), .text = text ? strdup(text) : NULL, .steps = AGL_NEW(size_t, d->n_steps)};
    *out = s;
    return s->title && (s->text || !text) && s->steps ? AGL_OK : agl_fail_memory(err);
}

static void put_step(agl_dossier *d, agl_section *s, size_t step) {
    if (d->steps[step].shown) return;
    d->steps[step].shown = true;
    s->steps[s->n_steps++] = step;
}

/** The steps named in a list joined by commas; unknown names are ignored (the study file was checked when it
 * ran). */
static void put_named(agl_dossier *d, agl_section *s, const char *list) {
    while (list && *list) {
        list += strspn(list, ", \t\n");
        size_t n = strcspn(list, ",\n");
        size_t end = n;
        while (end > 0 && list[end - 1] == ' ')
            end--;
        for (size_t i = 0; i < d->n_steps; i++)
            if (strlen(d->steps[i].name) == end && strncmp(d->steps[i].name, list, end) == 0)
                put_step(d, s, i);
        list += n;
    }
}

/** The sections that the study lists, in the order of their numbers. */
static agl_status listed_sections(agl_dossier *d, agl_error *err) {
    static const char sql[] =
        "SELECT CAST(regexp_extract(key, '^section\\.(\\d+)\\.', 1) AS INTEGER) AS n, "
        "max(value) FILTER (key LIKE '%.title') AS title, max(value) FILTER (key LIKE '%.text') AS \"text\", "
        "max(value) FILTER (key LIKE '%.steps') AS steps "
        "FROM agl__study WHERE regexp_matches(key, '^section\\.\\d+\\.(title|text|steps)$') GROUP BY n ORDER "
        "BY n";
    agl_table *rows = NULL;
    agl_status status = agl__db_query(&rows, d->db, sql, err);
    for (size_t i = 0; status == AGL_OK && i < rows->rows; i++) {
        const char *title = text_in(rows, "title", i);
        agl_section *s;
        status = add_section(&s, d, title ? title : "Results", text_in(rows, "text", i), err);
        if (status == AGL_OK) {
            s->number = (int)agl_table_column(rows, "n")->num[i];
            put_named(d, s, text_in(rows, "steps", i));
        }
    }
    agl_table_free(rows);
    return status;
}

/** Steps in no section: one section a question when there are no sections at all, else one at the end. */
static agl_status remaining_sections(agl_dossier *d, agl_error *err) {
    bool listed = d->n_sections > 0;
    for (size_t q = 0; q < 4; q++) {
        agl_section *s = NULL;
        for (size_t i = 0; i < d->n_steps; i++) {
            if (d->steps[i].shown ||
                (!listed && strcmp(d->steps[i].method->verb, agl__questions[q].verb) != 0))
                continue;
            if (!s) {
                agl_status status = add_section(&s, d, listed ? "Further results" : agl__questions[q].name,
                                                listed ? NULL : agl__questions[q].text, err);
                if (status != AGL_OK) return status;
            }
            put_step(d, s, i);
        }
    }
    return AGL_OK;
}

/* ---- whole ---- */

agl_status agl__dossier_load(agl_dossier *d, const char *path, const agl_ctx *ctx, agl_error *err) {
    *d = (agl_dossier){.path = path, .ctx = ctx};
    agl_status status = agl__db_open(&d->db, path, true, ctx, err);
    /* one thread: rows that tie in a record's ORDER BY, and lists, then always come in the order of the store
     */
    if (status == AGL_OK) status = agl__db_exec(d->db, err, "SET threads = 1");
    if (status == AGL_OK) status = read_steps(d, err);
    if (status == AGL_OK) status = agl__query_prepare(d, err);
    if (status == AGL_OK)
        status = agl__db_query(&d->study, d->db,
                               "SELECT key::VARCHAR AS key, value::VARCHAR AS value FROM agl__study", err);
    if (status == AGL_OK) status = listed_sections(d, err);
    if (status == AGL_OK) status = remaining_sections(d, err);
    if (status != AGL_OK) agl__dossier_free(d);
    return status;
}

void agl__dossier_free(agl_dossier *d) {
    for (size_t i = 0; i < d->n_steps; i++)
        free(d->steps[i].stored);
    for (size_t i = 0; i < d->n_names; i++)
        free(d->names[i]);
    for (size_t i = 0; i < d->n_sections; i++) {
        free(d->sections[i].title);
        free(d->sections[i].text);
        free(d->sections[i].steps);
    }
    for (size_t i = 0; i < d->n_findings; i++)
        free(d->findings[i].text);
    free(d->steps);
    free(d->names);
    free(d->sections);
    free(d->findings);
    agl_table_free(d->provenance);
    agl_table_free(d->study);
    agl_table_free(d->boundary);
    agl__db_close(d->db);
    *d = (agl_dossier){0};
}

/* ---- findings ---- */

/** A query may say how sure its sentences are (column sure); otherwise the words tell. */
static agl_sure surety(const agl_table *rows, size_t i, const char *text) {
    const agl_column *sure = agl_table_column(rows, "sure");
    if (!sure || sure->type == AGL_KEY)
        return strstr(text, "not distinguishable from chance") ? AGL_SURE_CARE : AGL_SURE_UNTESTED;
    return isnan(sure->num[i]) ? AGL_SURE_UNTESTED : sure->num[i] != 0 ? AGL_SURE_YES : AGL_SURE_NO;
}

/** A first column that is not text: fine when it is NULL throughout (it then has no type), a defect
 * otherwise. */
static bool all_null(const agl_table *rows) {
    for (size_t i = 0; rows->n_columns && i < rows->rows; i++)
        if (!isnan(rows->columns[0].num[i])) return false;
    return true;
}

static agl_status add_finding(agl_dossier *d, size_t *capacity, agl_finding f, const char *text,
                              agl_error *err) {
    agl_finding *grown = agl__grow(d->findings, capacity, d->n_findings + 1, sizeof *grown);
    if (!grown) return agl_fail_memory(err);
    d->findings = grown;
    f.text = strdup(text);
    if (!f.text) return agl_fail_memory(err);
    grown[d->n_findings++] = f;
    return AGL_OK;
}

static agl_status collect_one(agl_dossier *d, size_t step, size_t k, size_t *capacity, agl_error *err) {
    const agl_finding_spec *f = &d->steps[step].method->findings[k];
    const agl_method *method = d->steps[step].method;
    agl_table *rows = NULL;
    char what[40];
    snprintf(what, sizeof what, "finding %zu", k + 1);
    agl_status status = agl__query_run(&rows, d, &d->steps[step], f->sql, what, err);
    if (status != AGL_OK || !rows) return status;
    bool text = rows->n_columns > 0 && rows->columns[0].type == AGL_KEY;
    if (!text && !all_null(rows))
        status = agl_fail(err, AGL_EINTERNAL, "record %s/%s, %s: the first column must be the sentence",
                          method->verb, method->name, what);
    for (size_t i = 0; text && i < rows->rows && status == AGL_OK; i++) {
        const char *sentence = agl_column_text(&rows->columns[0], i);
        if (!sentence || !*sentence) continue;
        const agl_finding found = {.sure = surety(rows, i, sentence), .rank = f->rank, .step = step};
        status = add_finding(d, capacity, found, sentence, err);
    }
    agl_table_free(rows);
    return status;
}

static int question_of(const agl_dossier *d, const agl_finding *f) {
    for (int q = 0; q < 4; q++)
        if (strcmp(d->steps[f->step].method->verb, agl__questions[q].verb) == 0) return q;
    return 4;
}

static bool before(const agl_dossier *d, const agl_finding *a, const agl_finding *b) {
    int qa = question_of(d, a), qb = question_of(d, b);
    if (qa != qb) return qa < qb;
    if (a->rank != b->rank) return a->rank < b->rank;
    return a->step < b->step;
}

agl_status agl__findings_collect(agl_dossier *d, agl_error *err) {
    size_t capacity = 0;
    for (size_t i = 0; i < d->n_steps; i++)
        for (size_t k = 0; k < d->steps[i].method->n_findings; k++) {
            agl_status status = collect_one(d, i, k, &capacity, err);
            if (status != AGL_OK) return status;
        }
    /* insertion keeps the order within a query; there are some dozens */
    for (size_t i = 1; i < d->n_findings; i++) {
        agl_finding f = d->findings[i];
        size_t at = i;
        for (; at > 0 && before(d, &f, &d->findings[at - 1]); at--)
            d->findings[at] = d->findings[at - 1];
        d->findings[at] = f;
    }
    return AGL_OK;
}

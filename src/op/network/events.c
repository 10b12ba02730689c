#include "op/network/events.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { TABLES = 2 };

static const char *const inputs[TABLES] = {"data", "patents"};

static const agl_column *column(const agl__events *e, int table, const char *role) {
    return agl__run_column(e->run, inputs[table], role);
}

static const char *event_role(int table) { return table == 0 ? "project" : "document"; }

static size_t begin_of(const agl__events *e, int table) { return table == 0 ? 0 : e->data_rows; }

static size_t rows_of(const agl__events *e, int table) {
    return table == 0 ? e->data_rows : e->rows - e->data_rows;
}

void agl__events_free(agl__events *e) {
    agl_dict_free(&e->actors);
    agl__ids_free(&e->codes);
    agl_dict_free(&e->layers);
    free(e->actor);
    free(e->event);
    free(e->layer);
    free(e->start);
    free(e->end);
    free(e->name);
    *e = (agl__events){0};
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The distinct texts, sorted, become a dictionary; `text` is sorted on the way. */
static agl_status collect(agl_dict *out, const char **text, size_t n, agl_error *err) {
    size_t distinct = 0;
    if (n > 1) qsort(text, n, sizeof *text, by_text);
    for (size_t i = 0; i < n; i++)
        if (distinct == 0 || strcmp(text[distinct - 1], text[i]) != 0) text[distinct++] = text[i];
    return agl_dict_set(out, text, distinct, err);
}

/* ---- actors
 * ---------------------------------------------------------------------------------------------------------
 */

/* Row of the table of actors that resolves a code, -1 = none. */
static agl_status find_records(int32_t **row, const agl__events *e, const agl_column *raw, agl_error *err) {
    const agl_column *record = agl__run_column(e->run, "actors", "record");
    *row = AGL_NEW(int32_t, raw->dict.n);
    int32_t *row_of = record ? AGL_NEW(int32_t, record->dict.n) : NULL;
    if (!*row || (record && !row_of)) {
        free(row_of);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; record && i < agl__run_input(e->run, "actors")->rows; i++)
        row_of[record->code[i]] = (int32_t)i;
    for (size_t c = 0; c < raw->dict.n; c++) {
        int32_t r = record ? agl_dict_find(&record->dict, raw->dict.text[c]) : -1;
        (*row)[c] = r < 0 ? -1 : row_of[r];
    }
    free(row_of);
    return AGL_OK;
}

/* Marks the codes of a table's actors that rows use. */
static agl_status mark_used(bool **used, const agl__events *e, int table, const agl_column *raw,
                            agl_error *err) {
    *used = AGL_NEW(bool, raw->dict.n);
    if (!*used) return agl_fail_memory(err);
    for (size_t i = 0; i < rows_of(e, table); i++)
        (*used)[raw->code[i]] = true;
    return AGL_OK;
}

/* What is known of the codes of each table. */
typedef struct resolved {
    const agl_column *raw;
    int32_t *row; /* codes: row of the table of actors */
    bool *used;
} resolved;

static const char *text_of(const agl__events *e, const resolved *r, size_t code) {
    const agl_column *actor = agl__run_column(e->run, "actors", "actor");
    return r->row[code] < 0 ? r->raw->dict.text[code] : actor->dict.text[actor->code[r->row[code]]];
}

/* The number of the actor of every row, and its name where the table of actors gives names. */
static agl_status number_rows(agl__events *e, const resolved *r, int table, agl_error *err) {
    const agl_column *name = agl__run_column(e->run, "actors", "actor_name");
    int32_t *number = AGL_NEW(int32_t, r->raw->dict.n);
    if (!number) return agl_fail_memory(err);
    for (size_t c = 0; c < r->raw->dict.n; c++)
        number[c] = r->used[c] ? agl_dict_find(&e->actors, text_of(e, r, c)) : -1;
    for (size_t i = 0; i < rows_of(e, table); i++) {
        int32_t code = r->raw->code[i];
        e->actor[begin_of(e, table) + i] = number[code];
        if (name) e->name[begin_of(e, table) + i] = r->row[code] < 0 ? -1 : name->code[r->row[code]];
    }
    free(number);
    return AGL_OK;
}

static void warn_unresolved(const agl__events *e, const resolved *r) {
    size_t unresolved = 0, all = 0;
    if (!agl__run_input(e->run, "actors")) return;
    for (int t = 0; t < TABLES; t++)
        for (size_t c = 0; r[t].raw && c < r[t].raw->dict.n; c++) {
            all += r[t].used[c];
            unresolved += r[t].used[c] && r[t].row[c] < 0;
        }
    if (unresolved > 0)
        agl__run_warn(e->run,
                      "%zu of %zu codes of actors are not in the table of actors and stand for themselves",
                      unresolved, all);
}

/* The texts of the actors of all tables that rows use. */
static agl_status collect_actors(agl__events *e, const resolved *r, agl_error *err) {
    size_t n = 0, at = 0;
    for (int t = 0; t < TABLES; t++)
        n += r[t].raw ? r[t].raw->dict.n : 0;
    const char **text = AGL_NEW(const char *, n);
    if (!text) return agl_fail_memory(err);
    for (int t = 0; t < TABLES; t++)
        for (size_t c = 0; r[t].raw && c < r[t].raw->dict.n; c++)
            if (r[t].used[c]) text[at++] = text_of(e, &r[t], c);
    agl_status status = collect(&e->actors, text, at, err);
    free(text);
    e->n_actors = (int32_t)e->actors.n;
    return status;
}

static agl_status number_actors(agl__events *e, agl_error *err) {
    resolved r[TABLES] = {{.raw = column(e, 0, "actor")}, {.raw = column(e, 1, "actor")}};
    agl_status status = AGL_OK;
    e->actor = AGL_NEW(int32_t, e->rows);
    if (agl__run_column(e->run, "actors", "actor_name"))
        status = (e->name = AGL_NEW(int32_t, e->rows)) ? AGL_OK : agl_fail_memory(err);
    if (!e->actor) status = agl_fail_memory(err);
    for (int t = 0; t < TABLES && status == AGL_OK; t++) {
        if (!r[t].raw) continue;
        status = find_records(&r[t].row, e, r[t].raw, err);
        if (status == AGL_OK) status = mark_used(&r[t].used, e, t, r[t].raw, err);
    }
    if (status == AGL_OK) status = collect_actors(e, r, err);
    for (int t = 0; t < TABLES && status == AGL_OK; t++)
        if (r[t].raw) status = number_rows(e, &r[t], t, err);
    if (status == AGL_OK) warn_unresolved(e, r);
    for (int t = 0; t < TABLES; t++) {
        free(r[t].row);
        free(r[t].used);
    }
    return status;
}

/* ---- layers and events
 * ---------------------------------------------------------------------------------------------------------
 */

/* The layers that rows of data name, in `text` (room for all and one more); rows without one are projects. */
static agl_status used_layers(const char **text, size_t *n, const agl__events *e, agl_error *err) {
    const agl_column *layer = column(e, 0, "layer");
    *n = 0;
    if (!layer) {
        text[(*n)++] = "project";
        return AGL_OK;
    }
    bool *used = AGL_NEW(bool, layer->dict.n), plain = false;
    if (!used) return agl_fail_memory(err);
    for (size_t i = 0; i < e->data_rows; i++) {
        if (layer->code[i] >= 0) used[layer->code[i]] = true;
        plain |= layer->code[i] < 0;
    }
    for (size_t c = 0; c < layer->dict.n; c++)
        if (used[c]) text[(*n)++] = layer->dict.text[c];
    if (plain) text[(*n)++] = "project";
    free(used);
    return AGL_OK;
}

static agl_status name_layers(agl__events *e, agl_error *err) {
    const agl_column *layer = column(e, 0, "layer");
    bool cites = agl__run_input(e->run, "citations") != NULL;
    if (cites && layer && agl_dict_find(&layer->dict, "citation") >= 0)
        return agl_fail(
            err, AGL_EDATA,
            "the role layer has a layer 'citation', which is that of --citations; give it another name");
    size_t n = 0;
    const char **text = AGL_NEW(const char *, (layer ? layer->dict.n : 0) + 3);
    agl_status status = text ? used_layers(text, &n, e, err) : agl_fail_memory(err);
    if (status == AGL_OK && e->rows > e->data_rows) text[n++] = "patent";
    if (status == AGL_OK && cites) text[n++] = "citation";
    if (status == AGL_OK) status = collect(&e->layers, text, n, err);
    free(text);
    return status;
}

static int32_t layer_of_row(const agl__events *e, size_t row) {
    const agl_column *layer = column(e, 0, "layer");
    if (row >= e->data_rows) return agl_dict_find(&e->layers, "patent");
    const char *text = layer ? agl_column_text(layer, row) : NULL;
    return agl_dict_find(&e->layers, text ? text : "project");
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t place_of(const uint64_t *key, size_t n, uint64_t wanted) {
    const uint64_t *at = bsearch(&wanted, key, n, sizeof *key, ascending);
    return (size_t)(at - key);
}

static int32_t code_of_row(const agl__events *e, size_t row) {
    int t = row >= e->data_rows;
    return e->codes.of[t][column(e, t, event_role(t))->code[row - begin_of(e, t)]];
}

/* An event is a layer and a code, so that project 7 and patent 7 are two. */
static agl_status number_in_layers(agl__events *e, agl_error *err) {
    agl_status status = name_layers(e, err);
    if (status != AGL_OK) return status;
    uint64_t *of = AGL_NEW(uint64_t, e->rows), *key = AGL_NEW(uint64_t, e->rows);
    if (!of || !key) {
        free(of);
        free(key);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < e->rows; i++)
        key[i] = of[i] = (uint64_t)layer_of_row(e, i) << 32 | (uint32_t)code_of_row(e, i);
    if (e->rows > 1) qsort(key, e->rows, sizeof *key, ascending);
    size_t n = 0;
    for (size_t i = 0; i < e->rows; i++)
        if (n == 0 || key[n - 1] != key[i]) key[n++] = key[i];
    for (size_t i = 0; i < e->rows; i++)
        e->event[i] = (int32_t)place_of(key, n, of[i]);
    e->n_events = (int32_t)n;
    e->layer = AGL_NEW(int32_t, n);
    for (size_t k = 0; e->layer && k < n; k++)
        e->layer[k] = (int32_t)(key[k] >> 32);
    free(of);
    free(key);
    return e->layer ? AGL_OK : agl_fail_memory(err);
}

static agl_status number_events(agl__events *e, agl_error *err) {
    const agl_column *columns[TABLES] = {column(e, 0, "project"), column(e, 1, "document")};
    const size_t rows[TABLES] = {rows_of(e, 0), rows_of(e, 1)};
    e->event = AGL_NEW(int32_t, e->rows);
    agl_status status = e->event ? agl__ids_new(&e->codes, columns, rows, TABLES, err) : agl_fail_memory(err);
    if (status != AGL_OK) return status;
    if (e->layered) return number_in_layers(e, err);
    for (size_t i = 0; i < e->rows; i++)
        e->event[i] = code_of_row(e, i);
    e->n_events = (int32_t)e->codes.dict.n;
    return AGL_OK;
}

/* Earliest start and latest end (or start) that the rows of each event name. */
static void span_events(agl__events *e, const double *start, const double *end) {
    for (int32_t p = 0; p < e->n_events; p++)
        e->start[p] = e->end[p] = INT32_MIN;
    for (size_t i = 0; i < e->rows; i++) {
        int32_t p = e->event[i];
        double last = end && !isnan(end[i]) ? end[i] : start[i];
        if (!isnan(start[i]) && (e->start[p] == INT32_MIN || start[i] < e->start[p]))
            e->start[p] = (int32_t)start[i];
        if (!isnan(last) && last > e->end[p]) e->end[p] = (int32_t)last;
    }
}

static agl_status find_years(agl__events *e, agl_error *err) {
    const double *start, *end = NULL;
    double *own_start = NULL, *own_end = NULL;
    agl_status status = agl__events_numbers(&start, &own_start, e, "start", err);
    if (status == AGL_OK) status = agl__events_numbers(&end, &own_end, e, "end", err);
    if (status == AGL_OK && start) {
        e->start = AGL_NEW(int32_t, e->n_events);
        e->end = AGL_NEW(int32_t, e->n_events);
        if (e->start && e->end)
            span_events(e, start, end);
        else
            status = agl_fail_memory(err);
    }
    for (size_t i = 0; status == AGL_OK && start && i < e->data_rows; i++)
        if (e->end[e->event[i]] < e->start[e->event[i]])
            status = agl__run_fail_row(e->run, "data", i, "end", err, "the project ends before it starts");
    free(own_start);
    free(own_end);
    return status;
}

agl_status agl__events_new(agl__events *e, agl_run *run, agl_error *err) {
    const agl_table *data = agl__run_input(run, "data"), *patents = agl__run_input(run, "patents");
    *e = (agl__events){
        .run = run, .data_rows = data->rows, .rows = data->rows + (patents ? patents->rows : 0)};
    e->layered = patents || agl__run_input(run, "citations") || column(e, 0, "layer");
    agl_status status = number_actors(e, err);
    if (status == AGL_OK) status = number_events(e, err);
    if (status == AGL_OK) status = find_years(e, err);
    if (status != AGL_OK) agl__events_free(e);
    return status;
}

/* ---- what the rows say
 * ---------------------------------------------------------------------------------------------------------
 */

void agl__row_texts_free(agl__row_texts *t) {
    agl__ids_free(&t->ids);
    free(t->own);
    *t = (agl__row_texts){0};
}

agl_status agl__events_texts(agl__row_texts *out, const agl__events *e, const char *role, agl_error *err) {
    const agl_column *columns[TABLES] = {column(e, 0, role), column(e, 1, role)};
    const size_t rows[TABLES] = {rows_of(e, 0), rows_of(e, 1)};
    *out = (agl__row_texts){0};
    if (!columns[0] && !columns[1]) return AGL_OK;
    if (e->rows == e->data_rows) {
        out->dict = &columns[0]->dict;
        out->code = columns[0]->code;
        return AGL_OK;
    }
    agl_status status = agl__ids_new(&out->ids, columns, rows, TABLES, err);
    if (status == AGL_OK && !(out->own = AGL_NEW(int32_t, e->rows))) status = agl_fail_memory(err);
    for (int t = 0; status == AGL_OK && t < TABLES; t++)
        for (size_t i = 0; i < rows[t]; i++) {
            int32_t code = columns[t] ? columns[t]->code[i] : -1;
            out->own[begin_of(e, t) + i] = code < 0 ? -1 : out->ids.of[t][code];
        }
    out->dict = &out->ids.dict;
    out->code = out->own;
    if (status != AGL_OK) agl__row_texts_free(out);
    return status;
}

agl_status agl__events_numbers(const double **out, double **own, const agl__events *e, const char *role,
                               agl_error *err) {
    bool dated = strcmp(role, "start") == 0 || (strcmp(role, "end") == 0 && column(e, 0, role));
    const agl_column *of[TABLES] = {column(e, 0, role), dated ? column(e, 1, "date") : NULL};
    *out = *own = NULL;
    if (!of[0] && !of[1]) return AGL_OK;
    if (e->rows == e->data_rows) {
        *out = of[0]->num;
        return AGL_OK;
    }
    *own = AGL_NEW(double, e->rows);
    if (!*own) return agl_fail_memory(err);
    for (int t = 0; t < TABLES; t++)
        for (size_t i = 0; i < rows_of(e, t); i++)
            (*own)[begin_of(e, t) + i] = of[t] ? of[t]->num[i] : (double)NAN;
    *out = *own;
    return AGL_OK;
}

/* ---- citations
 * ---------------------------------------------------------------------------------------------------------
 */

/* Event of every code among the documents that may cite: the patents, or without them whatever data hold (of
 * several layers the first). */
static agl_status find_documents(int32_t **event, const agl__events *e, agl_error *err) {
    int32_t *of = *event = AGL_NEW(int32_t, e->codes.dict.n);
    if (!of) return agl_fail_memory(err);
    for (size_t c = 0; c < e->codes.dict.n; c++)
        of[c] = -1;
    for (size_t i = e->rows > e->data_rows ? e->data_rows : 0; i < e->rows; i++) {
        int32_t c = code_of_row(e, i);
        if (of[c] < 0 || e->event[i] < of[c]) of[c] = e->event[i];
    }
    return AGL_OK;
}

/* The documents of one end of the citations; returns the rows whose document is not known. */
static size_t look_up(int32_t *out, const agl__events *e, const int32_t *event, const agl_column *from,
                      size_t rows) {
    size_t unknown = 0;
    for (size_t i = 0; i < rows; i++) {
        int32_t c = agl_dict_find(&e->codes.dict, from->dict.text[from->code[i]]);
        out[i] = c < 0 ? -1 : event[c];
        unknown += out[i] < 0;
    }
    return unknown;
}

agl_status agl__events_citations(int32_t **citing, int32_t **cited, size_t *rows, const agl__events *e,
                                 agl_error *err) {
    const agl_table *table = agl__run_input(e->run, "citations");
    *citing = *cited = NULL;
    *rows = 0;
    if (!table) return AGL_OK;
    int32_t *event = NULL;
    agl_status status = find_documents(&event, e, err);
    *citing = AGL_NEW(int32_t, table->rows);
    *cited = AGL_NEW(int32_t, table->rows);
    if (status == AGL_OK && (!*citing || !*cited)) status = agl_fail_memory(err);
    if (status == AGL_OK) {
        *rows = table->rows;
        size_t a = look_up(*citing, e, event, agl__run_column(e->run, "citations", "citing"), *rows);
        size_t b = look_up(*cited, e, event, agl__run_column(e->run, "citations", "cited"), *rows);
        if (a + b > 0)
            agl__run_warn(
                e->run,
                "of %zu citations %zu name a citing and %zu a cited document without participations; "
                "they make no tie",
                *rows, a, b);
    }
    free(event);
    return status;
}

#include "agglo/resolve.h"
#include "base/mem.h"
#include "base/sort.h"
#include "op/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS = 5, RECORD = 0, NAME, COUNTRY, CITY, IDENTIFIER };
static const char *const field_role[FIELDS] = {"record", "name", "country", "city", "identifier"};

/* Records: the distinct combinations of the fields in the rows, ordered by them. */
typedef struct records {
    const agl_column *column[FIELDS]; /* NULL = not given */
    size_t n;
    size_t *row;               /* a row of each record */
    const char **text[FIELDS]; /* n texts, NULL = missing; the array is NULL when the field is not given */
    double *weight;
    int32_t *truth; /* -1 = not known; NULL when not given */
} records;

/* ---- rows to records -------------------------------------------------------------------------- */

typedef struct line {
    int32_t code[FIELDS];
    size_t row;
} line;

static int by_fields(const void *a, const void *b) {
    const line *x = a, *y = b;
    for (int f = 0; f < FIELDS; f++)
        if (x->code[f] != y->code[f]) return x->code[f] < y->code[f] ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static bool same_fields(const line *x, const line *y) {
    return memcmp(x->code, y->code, sizeof x->code) == 0;
}

static bool allocate(records *r, size_t rows, bool truth) {
    r->row = AGL_NEW(size_t, rows);
    r->weight = AGL_NEW(double, rows);
    r->truth = truth ? AGL_NEW(int32_t, rows) : NULL;
    bool ok = r->row && r->weight && (r->truth || !truth);
    for (int f = 0; f < FIELDS; f++)
        if (r->column[f]) ok = (r->text[f] = AGL_NEW(const char *, rows)) && ok;
    return ok;
}

static void free_records(records *r) {
    free(r->row);
    free(r->weight);
    free(r->truth);
    for (int f = 0; f < FIELDS; f++)
        free(r->text[f]);
}

/* The truth of a record that stands in several rows must be one. */
static agl_status set_truth(records *r, size_t record, const agl_run *run, const agl_column *truth,
                            size_t row, agl_error *err) {
    int32_t code = truth->code[row], *of = &r->truth[record];
    if (*of >= 0 && code >= 0 && *of != code)
        return agl__run_fail_row(run, "names", row, "truth", err,
                                 "this record is '%s' here and '%s' before; give one truth",
                                 truth->dict.text[code], truth->dict.text[*of]);
    if (code >= 0) *of = code;
    return AGL_OK;
}

/* The rows in the order of their fields; NULL when memory is exhausted. */
static line *order_rows(const records *r, size_t rows) {
    line *lines = AGL_NEW(line, rows);
    for (size_t i = 0; lines && i < rows; i++) {
        lines[i].row = i;
        for (int f = 0; f < FIELDS; f++)
            lines[i].code[f] = r->column[f] ? r->column[f]->code[i] : 0;
    }
    if (lines) qsort(lines, rows, sizeof *lines, by_fields);
    return lines;
}

static void begin_record(records *r, size_t row) {
    r->row[r->n] = row;
    for (int f = 0; f < FIELDS; f++)
        if (r->column[f]) r->text[f][r->n] = agl_column_text(r->column[f], row);
    if (r->truth) r->truth[r->n] = -1;
    r->n++;
}

static agl_status read_records(records *r, const agl_run *run, agl_error *err) {
    const agl_table *table = agl__run_input(run, "names");
    const agl_column *weight = agl_table_column(table, "weight"), *truth = agl_table_column(table, "truth");
    for (int f = 0; f < FIELDS; f++)
        r->column[f] = agl_table_column(table, field_role[f]);
    line *lines = order_rows(r, table->rows);
    agl_status status = allocate(r, table->rows, truth != NULL) && lines ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; i < table->rows && status == AGL_OK; i++) {
        size_t row = lines[i].row;
        if (i == 0 || !same_fields(&lines[i - 1], &lines[i])) begin_record(r, row);
        double w = weight ? weight->num[row] : 1;
        r->weight[r->n - 1] += isnan(w) ? 0 : w;
        if (truth) status = set_truth(r, r->n - 1, run, truth, row, err);
    }
    free(lines);
    return status;
}

/* ---- decisions by hand ------------------------------------------------------------------------ */

typedef struct overrides {
    agl_resolve_override *items;
    size_t n, capacity, unknown;
} overrides;

/* Where the records of a name (an index of the sorted dictionary) begin: records are ordered by record, then
 * name, so with a record column names are scattered and the order has to be made. */
typedef struct by_name {
    size_t *start;   /* names + 1 */
    int32_t *record; /* n */
} by_name;

static agl_status index_names(by_name *index, const records *r, agl_error *err) {
    size_t names = r->column[NAME]->dict.n;
    index->start = AGL_NEW(size_t, names + 2);
    index->record = AGL_NEW(int32_t, r->n);
    if (!index->start || !index->record) return agl_fail_memory(err);
    const int32_t *code = r->column[NAME]->code;
    for (size_t i = 0; i < r->n; i++)
        index->start[code[r->row[i]] + 2]++;
    for (size_t k = 2; k < names + 2; k++)
        index->start[k] += index->start[k - 1];
    for (size_t i = 0; i < r->n; i++)
        index->record[index->start[code[r->row[i]] + 1]++] = (int32_t)i;
    return AGL_OK;
}

static agl_status push_override(overrides *o, int32_t a, int32_t b, bool same, agl_error *err) {
    agl_resolve_override *grown = agl__grow(o->items, &o->capacity, o->n + 1, sizeof *grown);
    if (!grown) return agl_fail_memory(err);
    o->items = grown;
    grown[o->n++] = (agl_resolve_override){a, b, same};
    return AGL_OK;
}

/* A decision on two names holds for every pair of their records: "same" by way of the first, "different" pair
 * by pair. */
static agl_status expand_override(overrides *o, const by_name *index, int32_t a, int32_t b, bool same,
                                  agl_error *err) {
    agl_status status = AGL_OK;
    for (size_t i = index->start[a]; i < index->start[a + 1] && status == AGL_OK; i++)
        for (size_t j = index->start[b]; j < index->start[b + 1] && status == AGL_OK; j++)
            status = push_override(o, index->record[i], index->record[j], same, err);
    return status;
}

static agl_status read_overrides(overrides *o, const agl_run *run, const records *r, agl_error *err) {
    const agl_table *table = agl__run_input(run, "overrides");
    if (!table) return AGL_OK;
    const agl_column *a = agl_table_column(table, "name_a"), *b = agl_table_column(table, "name_b");
    const agl_column *decision = agl_table_column(table, "decision");
    const agl_dict *names = &r->column[NAME]->dict;
    by_name index = {0};
    agl_status status = index_names(&index, r, err);
    for (size_t row = 0; row < table->rows && status == AGL_OK; row++) {
        const char *what = agl_column_text(decision, row);
        bool same = strcmp(what, "same") == 0;
        if (!same && strcmp(what, "different") != 0) {
            status = agl__run_fail_row(run, "overrides", row, "decision", err,
                                       "'%s' is neither same nor different", what);
            break;
        }
        int32_t x = agl_dict_find(names, agl_column_text(a, row)),
                y = agl_dict_find(names, agl_column_text(b, row));
        if (x < 0 || y < 0)
            o->unknown++;
        else
            status = expand_override(o, &index, x, y, same, err);
    }
    free(index.start);
    free(index.record);
    return status;
}

/* ---- outputs ---------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Makes the key column `name` of `table` hold n texts, one a row (NULL = missing). */
static agl_status set_texts(agl_table *table, const char *name, const char *const *text, size_t n,
                            agl_error *err) {
    const char **sorted = AGL_NEW(const char *, n);
    size_t distinct = 0;
    if (!sorted) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        if (text[i]) sorted[distinct++] = text[i];
    qsort(sorted, distinct, sizeof *sorted, by_text);
    size_t kept = 0;
    for (size_t i = 0; i < distinct; i++)
        if (i == 0 || strcmp(sorted[i], sorted[kept - 1]) != 0) sorted[kept++] = sorted[i];
    agl_column *column = agl_table_column_mut(table, name);
    agl_status status = agl_dict_set(&column->dict, sorted, kept, err);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        column->code[i] = text[i] ? agl_dict_find(&column->dict, text[i]) : -1;
    free(sorted);
    return status;
}

/* Writes the fields of the records (one a row) and drops the columns of fields that were not given. */
static agl_status set_fields(agl_table *table, const records *r, agl_error *err) {
    agl_status status = AGL_OK;
    for (int f = 0; f < FIELDS && status == AGL_OK; f++) {
        if (!r->column[f]) {
            status = agl__run_drop_column(table, field_role[f], err);
            continue;
        }
        int32_t *code;
        status = agl__run_key(&code, table, field_role[f], &r->column[f]->dict, err);
        for (size_t i = 0; i < r->n && status == AGL_OK; i++)
            code[i] = r->column[f]->code[r->row[i]];
    }
    return status;
}

/* "a00017": as many digits as the largest number needs, so that text order is number order. */
static agl_status actor_ids(char ***out, int32_t n, agl_error *err) {
    int digits = snprintf(NULL, 0, "%d", n);
    size_t width = (size_t)digits + 2;
    char **id = AGL_NEW(char *, n);
    char *pool = AGL_NEW(char, (size_t)n *width);
    *out = id;
    if (!id || !pool) {
        free(pool);
        return agl_fail_memory(err);
    }
    id[0] = pool;
    for (int32_t k = 0; k < n; k++) {
        id[k] = pool + (size_t)k * width;
        snprintf(id[k], width, "a%0*d", digits, k + 1);
    }
    return AGL_OK;
}

static agl_status write_actors(agl_run *run, const records *r, const agl_resolution *found, agl_error *err) {
    agl_table *t;
    char **id = NULL;
    int32_t *actor, *actor_name;
    double *size = AGL_NEW(double, found->n_actors);
    agl_status status = size ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__run_output(&t, run, "actors", r->n, err);
    if (status == AGL_OK) status = set_fields(t, r, err);
    if (status == AGL_OK) status = actor_ids(&id, found->n_actors, err);
    agl_dict ids = {.n = (size_t)found->n_actors, .text = id};
    if (status == AGL_OK) status = agl__run_key(&actor, t, "actor", &ids, err);
    if (status == AGL_OK) status = agl__run_key(&actor_name, t, "actor_name", &r->column[NAME]->dict, err);
    if (status == AGL_OK) {
        double *confidence = agl__run_num(t, "confidence"), *members = agl__run_num(t, "records");
        double *weight = agl__run_num(t, "weight");
        for (size_t i = 0; i < r->n; i++)
            size[found->actor[i]]++;
        for (size_t i = 0; i < r->n; i++) {
            actor[i] = found->actor[i];
            actor_name[i] = r->column[NAME]->code[r->row[found->head[found->actor[i]]]];
            confidence[i] = found->confidence[i];
            members[i] = size[found->actor[i]];
            weight[i] = r->weight[i];
        }
    }
    free(size);
    if (id) free(id[0]);
    free(id);
    return status;
}

/* The key columns of the two records of each match. */
static agl_status set_ends(agl_table *t, const records *r, const agl_resolution *found, agl_error *err) {
    static const char *const column[2][2] = {{"record_a", "record_b"}, {"name_a", "name_b"}};
    agl_status status = AGL_OK;
    for (int f = RECORD; f <= NAME && status == AGL_OK; f++)
        for (int end = 0; end < 2 && status == AGL_OK; end++) {
            int32_t *code;
            const agl_column *from = r->column[f];
            if (!from) {
                status = agl__run_drop_column(t, column[f][end], err);
                continue;
            }
            status = agl__run_key(&code, t, column[f][end], &from->dict, err);
            for (size_t k = 0; k < found->n_matches && status == AGL_OK; k++)
                code[k] = from->code[r->row[end ? found->matches[k].b : found->matches[k].a]];
        }
    return status;
}

static agl_status write_matches(agl_run *run, const records *r, const agl_resolution *found, agl_error *err) {
    static const char *const fate[] = {[AGL_MATCH_LINKED] = "linked",
                                       [AGL_MATCH_POSSIBLE] = "possible",
                                       [AGL_MATCH_GUARDED] = "guarded",
                                       [AGL_MATCH_IDENTIFIERS] = "identifiers differ"};
    size_t n = found->n_matches;
    const char **text = AGL_NEW(const char *, n);
    agl_table *t;
    agl_status status = text ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__run_output(&t, run, "matches", n, err);
    if (status == AGL_OK) status = set_ends(t, r, found, err);
    for (size_t k = 0; k < n && status == AGL_OK; k++) {
        text[k] = found->matches[k].reasons;
        agl__run_num(t, "probability")[k] = found->matches[k].probability;
        agl__run_num(t, "bits")[k] = found->matches[k].bits;
    }
    if (status == AGL_OK) status = set_texts(t, "reasons", text, n, err);
    for (size_t k = 0; k < n && status == AGL_OK; k++)
        text[k] = fate[found->matches[k].fate];
    if (status == AGL_OK) status = set_texts(t, "decision", text, n, err);
    free(text);
    return status;
}

/* Precision and recall at the chosen threshold and at some others: the price of a stricter or laxer choice.
 */
static agl_status write_quality(agl_run *run, const records *r, const agl_resolve_input *input,
                                const agl_resolve_options *options, agl_error *err) {
    double threshold[] = {options->threshold, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99};
    enum { N = sizeof threshold / sizeof *threshold };
    qsort(threshold, N, sizeof *threshold, agl__ascending);
    size_t n = 0;
    for (size_t k = 0; k < N; k++)
        if (k == 0 || threshold[k] != threshold[n - 1]) threshold[n++] = threshold[k];
    agl_table *t;
    agl_status status = agl__run_output(&t, run, "quality", n, err);
    for (size_t k = 0; k < n && status == AGL_OK; k++) {
        agl_resolution found;
        agl_pair_quality quality;
        agl_resolve_options o = *options;
        o.threshold = threshold[k];
        if (o.guard > o.threshold) o.guard = o.threshold;
        status = agl_resolve(&found, input, &o, agl__run_ctx(run), err);
        if (status != AGL_OK) break;
        status = agl_pair_quality_of(&quality, r->n, found.actor, r->truth, err);
        agl__run_num(t, "threshold")[k] = threshold[k];
        agl__run_num(t, "chosen")[k] = threshold[k] == options->threshold;
        agl__run_num(t, "actors")[k] = found.n_actors;
        agl__run_num(t, "pairs_true")[k] = quality.pairs_true;
        agl__run_num(t, "pairs_found")[k] = quality.pairs_found;
        agl__run_num(t, "pairs_right")[k] = quality.pairs_right;
        agl__run_num(t, "precision")[k] = quality.precision;
        agl__run_num(t, "recall")[k] = quality.recall;
        agl__run_num(t, "f1")[k] = quality.f1;
        agl_resolution_free(&found);
    }
    return status;
}

static void warn(agl_run *run, const records *r, const overrides *o, const agl_resolution *found) {
    if (!r->column[COUNTRY] && !r->column[CITY])
        agl__run_warn(run, "neither country nor city is given: names alone decide, and organisations of one "
                           "name are taken for one");
    if (o->unknown)
        agl__run_warn(
            run,
            "%zu overrides name an organisation that is not in the data; the names must be written as there",
            o->unknown);
    if (found->refused)
        agl__run_warn(run, "%zu overrides 'same' were not followed: the records have different identifiers",
                      found->refused);
    size_t guarded = 0;
    for (size_t k = 0; k < found->n_matches; k++)
        guarded += found->matches[k].fate == AGL_MATCH_GUARDED;
    if (guarded)
        agl__run_warn(
            run, "%zu pairs reach the threshold but would join unlike names; they are listed as 'guarded'",
            guarded);
}

agl_status agl_op_network_resolve(agl_run *run, agl_error *err) {
    records r = {0};
    overrides o = {0};
    agl_resolution found = {0};
    agl_resolve_options options = AGL_RESOLVE_OPTIONS_INIT;
    options.threshold = agl__run_number(run, "threshold");
    options.guard = fmin(agl__run_number(run, "guard"), options.threshold);
    options.floor = agl__run_number(run, "floor");
    options.max_block = (size_t)agl__run_integer(run, "max-block");

    agl_status status = read_records(&r, run, err);
    if (status == AGL_OK) status = read_overrides(&o, run, &r, err);
    agl_resolve_input input = {.n = r.n,
                               .name = r.text[NAME],
                               .country = r.text[COUNTRY],
                               .city = r.text[CITY],
                               .identifier = r.text[IDENTIFIER],
                               .weight = r.weight,
                               .n_overrides = o.n,
                               .overrides = o.items};
    if (status == AGL_OK) status = agl_resolve(&found, &input, &options, agl__run_ctx(run), err);
    if (status == AGL_OK) warn(run, &r, &o, &found);
    if (status == AGL_OK && agl__run_wants(run, "actors")) status = write_actors(run, &r, &found, err);
    if (status == AGL_OK && agl__run_wants(run, "matches")) status = write_matches(run, &r, &found, err);
    if (status == AGL_OK && r.truth && agl__run_wants(run, "quality"))
        status = write_quality(run, &r, &input, &options, err);
    agl_resolution_free(&found);
    free(o.items);
    free_records(&r);
    return status;
}

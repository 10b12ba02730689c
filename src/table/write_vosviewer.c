#include "base/mem.h"
#include "table/write_to.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* VOSviewer reads JSON of items and links. Items are told apart by cluster (a number from 1) and sized by
 * weights, which must not be negative; other numbers are scores, which it shows as colours. */

static void put_text(FILE *f, const char *text) {
    fputc('"', f);
    for (const char *c = text ? text : ""; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(f, "\\%c", *c);
        else if ((unsigned char)*c < 32)
            fprintf(f, "\\u%04x", (unsigned)*c);
        else
            fputc(*c, f);
    }
    fputc('"', f);
}

static void put_number(FILE *f, double x) { fprintf(f, "%.17g", x); }

static bool present(const agl_column *c, size_t row) {
    return c && (c->type == AGL_KEY ? c->code[row] >= 0 : isfinite(c->num[row]));
}

/* ---- items
 * ---------------------------------------------------------------------------------------------------------
 */

typedef enum use { UNUSED, WEIGHT, SCORE } use;

/* Years, positions and negative numbers cannot size an item. */
static use use_of(const agl_column *c, size_t rows) {
    static const char *const places[] = {"lon", "lat", "x", "y", "community", "cluster"};
    if (c->type != AGL_NUM && c->type != AGL_INT) return UNUSED;
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        if (strcmp(c->name, places[k]) == 0) return UNUSED;
    if (strstr(c->name, "year")) return SCORE;
    for (size_t i = 0; i < rows; i++)
        if (present(c, i) && c->num[i] < 0) return SCORE;
    return WEIGHT;
}

/* The column that says to which cluster an item belongs. */
static const agl_column *cluster_column(const agl_table *nodes) {
    static const char *const names[] = {"cluster", "community", "kind"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (agl_table_column(nodes, names[k])) return agl_table_column(nodes, names[k]);
    return NULL;
}

/* What the items are made from. */
typedef struct items {
    const agl_table *nodes;
    use *uses; /* of the columns */
    const agl_column *cluster;
    bool
        numbered; /* all clusters are whole numbers from 1 and stay what they are; other texts are numbered */
} items;

static bool all_numbers(const agl_column *c) {
    for (size_t k = 0; c && c->type == AGL_KEY && k < c->dict.n; k++) {
        const char *text = c->dict.text[k];
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 9 || text[digits] || text[0] == '0') return false;
    }
    return true;
}

static long cluster_number(const items *v, size_t row) {
    const agl_column *c = v->cluster;
    if (!present(c, row)) return 0;
    if (c->type != AGL_KEY) return c->num[row] >= 1 && c->num[row] <= 1e9 ? (long)c->num[row] : 0;
    return v->numbered ? strtol(agl_column_text(c, row), NULL, 10) : c->code[row] + 1L;
}

static void put_attributes(FILE *f, const items *v, size_t row, use which, const char *what) {
    bool first = true;
    for (size_t j = 0; j < v->nodes->n_columns; j++) {
        const agl_column *c = &v->nodes->columns[j];
        if (v->uses[j] != which || !present(c, row)) continue;
        fprintf(f, first ? ", \"%s\": {" : ", ", what);
        put_text(f, c->name);
        fputs(": ", f);
        put_number(f, c->num[row]);
        first = false;
    }
    if (!first) fputc('}', f);
}

static void put_item(FILE *f, const items *v, size_t row) {
    const agl_table *nodes = v->nodes;
    const agl_column *name = agl_table_column(nodes, "name");
    long cluster = cluster_number(v, row);
    const agl_column *x = agl_table_column(nodes, "x"), *y = agl_table_column(nodes, "y");
    const char *id = agl_column_text(agl_table_column(nodes, "id"), row);
    fputs(row ? ",\n      {\"id\": " : "\n      {\"id\": ", f);
    put_text(f, id);
    fputs(", \"label\": ", f);
    put_text(f, present(name, row) && name->type == AGL_KEY ? agl_column_text(name, row) : id);
    if (cluster > 0) fprintf(f, ", \"cluster\": %ld", cluster);
    if (present(x, row) && present(y, row) && x->type == AGL_NUM && y->type == AGL_NUM) {
        fputs(", \"x\": ", f);
        put_number(f, x->num[row]);
        fputs(", \"y\": ", f);
        put_number(f, y->num[row]);
    }
    put_attributes(f, v, row, WEIGHT, "weights");
    put_attributes(f, v, row, SCORE, "scores");
    fputc('}', f);
}

static agl_status put_items(FILE *f, const agl_table *nodes, agl_error *err) {
    items v = {.nodes = nodes, .uses = AGL_NEW(use, nodes->n_columns), .cluster = cluster_column(nodes)};
    if (!v.uses) return agl_fail_memory(err);
    v.numbered = all_numbers(v.cluster);
    for (size_t j = 0; j < nodes->n_columns; j++)
        v.uses[j] = use_of(&nodes->columns[j], nodes->rows);
    for (size_t row = 0; row < nodes->rows; row++)
        put_item(f, &v, row);
    free(v.uses);
    return AGL_OK;
}

/* The ends of the edges, when there is no table of nodes. */
static void put_ends(FILE *f, const agl_table *edges) {
    const agl_dict *s = &agl_table_column(edges, "source")->dict,
                   *t = &agl_table_column(edges, "target")->dict;
    bool first = true;
    for (size_t i = 0, j = 0; i < s->n || j < t->n; first = false) {
        int order = i == s->n ? 1 : j == t->n ? -1 : strcmp(s->text[i], t->text[j]);
        const char *id = order <= 0 ? s->text[i] : t->text[j];
        fputs(first ? "\n      {\"id\": " : ",\n      {\"id\": ", f);
        put_text(f, id);
        fputs(", \"label\": ", f);
        put_text(f, id);
        fputc('}', f);
        i += order <= 0;
        j += order >= 0;
    }
}

/* ---- links
 * ---------------------------------------------------------------------------------------------------------
 */

/* A pair has one link: slices and layers, whose rows follow each other, are added up. */
static void put_links(FILE *f, const agl_table *edges) {
    const agl_column *s = agl_table_column(edges, "source"), *t = agl_table_column(edges, "target");
    const agl_column *weight = agl_table_column(edges, "weight");
    bool first = true;
    for (size_t i = 0, end; i < edges->rows; i = end) {
        double strength = 0;
        for (end = i; end < edges->rows && s->code[end] == s->code[i] && t->code[end] == t->code[i]; end++)
            strength += !weight ? 1 : present(weight, end) ? weight->num[end] : 0;
        if (s->code[i] < 0 || t->code[i] < 0) continue;
        fputs(first ? "\n      {\"source_id\": " : ",\n      {\"source_id\": ", f);
        put_text(f, agl_column_text(s, i));
        fputs(", \"target_id\": ", f);
        put_text(f, agl_column_text(t, i));
        fputs(", \"strength\": ", f);
        put_number(f, strength);
        fputc('}', f);
        first = false;
    }
}

agl_status agl__write_vosviewer(const char *path, const agl_table *nodes, const agl_table *edges,
                                agl_error *err) {
    const agl_column *id = nodes ? agl_table_column(nodes, "id") : NULL;
    if (!id || id->type != AGL_KEY) nodes = NULL;
    FILE *f = fopen(path, "w");
    if (!f) return agl_fail(err, AGL_EIO, "%s", strerror(errno));
    agl_status status = AGL_OK;
    fputs("{\n  \"network\": {\n    \"items\": [", f);
    if (nodes)
        status = put_items(f, nodes, err);
    else
        put_ends(f, edges);
    fputs("\n    ],\n    \"links\": [", f);
    put_links(f, edges);
    fputs("\n    ]\n  }\n}\n", f);
    bool bad = ferror(f) != 0;
    if ((fclose(f) != 0 || bad) && status == AGL_OK) status = agl_fail(err, AGL_EIO, "%s", strerror(errno));
    return status;
}

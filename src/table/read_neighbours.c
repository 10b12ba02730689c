/* GAL and GWT files.
 *
 *   GAL    [0] N [NAME KEY]          GWT    [0] N [NAME KEY]
 *          region  count                    region  neighbour  weight
 *          neighbour ... (count of them)    ...
 */
#include "base/intern.h"
#include "base/mem.h"
#include "table/foreign.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct reader {
    const char *path;
    char *text, *at;
    size_t line;
    agl_intern ids;
    int32_t *end[2]; /* source, target */
    double *weight;
    size_t n, capacity;
} reader;

static agl_status slurp(reader *r, agl_error *err) {
    FILE *f = fopen(r->path, "rb");
    if (!f) return agl_fail(err, AGL_EIO, "cannot read '%s': %m", r->path);
    agl_status status = AGL_OK;
    size_t capacity = 0, length = 0, got = 1;
    while (status == AGL_OK && got > 0) {
        char *grown = agl__grow(r->text, &capacity, length + 65536, 1);
        if (!grown) {
            status = agl_fail_memory(err);
            break;
        }
        r->text = grown;
        got = fread(r->text + length, 1, 65535, f);
        length += got;
        r->text[length] = '\0';
    }
    if (status == AGL_OK && ferror(f)) status = agl_fail(err, AGL_EIO, "cannot read '%s': %m", r->path);
    fclose(f);
    r->at = r->text;
    r->line = 1;
    return status;
}

/** The next word, NULL at the end of the file. */
static char *word(reader *r) {
    static const char blank[] = " \t\r\n,;";
    while (*r->at && strchr(blank, *r->at))
        r->line += *r->at++ == '\n';
    if (!*r->at) return NULL;
    char *start = r->at;
    r->at += strcspn(r->at, blank);
    if (*r->at) {
        r->line += *r->at == '\n';
        *r->at++ = '\0';
    }
    return start;
}

static bool number(double *out, const char *text) {
    char *end;
    if (!text) return false;
    *out = strtod(text, &end);
    return *text && !*end && isfinite(*out);
}

static agl_status push(reader *r, const char *source, const char *target, double weight, agl_error *err) {
    size_t room = r->capacity;
    for (int k = 0; k < 2; k++) {
        room = r->capacity;
        int32_t *grown = agl__grow(r->end[k], &room, r->n + 1, sizeof *grown);
        if (!grown) return agl_fail_memory(err);
        r->end[k] = grown;
    }
    room = r->capacity;
    double *grown = agl__grow(r->weight, &room, r->n + 1, sizeof *grown);
    if (!grown) return agl_fail_memory(err);
    r->weight = grown;
    r->capacity = room;
    int32_t a = agl__intern_add(&r->ids, source, strlen(source));
    int32_t b = agl__intern_add(&r->ids, target, strlen(target));
    if (a < 0 || b < 0) return agl_fail_memory(err);
    r->end[0][r->n] = a;
    r->end[1][r->n] = b;
    r->weight[r->n++] = weight;
    return AGL_OK;
}

/** The header has one number, or four words of which the second is the number of regions. */
static agl_status skip_header(reader *r, agl_error *err) {
    size_t words = 0, line = 1;
    double n = 0;
    for (char *c = r->at; *c && *c != '\n';) { /* count the words of the first line */
        c += strspn(c, " \t\r");
        if (!*c || *c == '\n') break;
        words++;
        c += strcspn(c, " \t\r\n");
    }
    for (size_t k = 0; k < words; k++) {
        char *text = word(r);
        bool counts = words == 1 || k == 1;
        if (counts && !number(&n, text)) words = 0;
    }
    if (words == 1 || words >= 2) return AGL_OK;
    return agl_fail(err, AGL_EDATA, "%s line %zu: the header must hold the number of regions", r->path, line);
}

static agl_status read_gal(reader *r, agl_error *err) {
    char *source;
    while ((source = word(r))) {
        size_t line = r->line;
        double count;
        char *text = word(r);
        if (!number(&count, text) || count < 0)
            return agl_fail(err, AGL_EDATA, "%s line %zu: region %s needs its number of neighbours, not '%s'",
                            r->path, line, source, text ? text : "the end of the file");
        for (double k = 0; k < count; k++) {
            char *target = word(r);
            if (!target)
                return agl_fail(err, AGL_EDATA, "%s ends before the %g neighbours of region %s are listed",
                                r->path, count, source);
            agl_status status = push(r, source, target, 1, err);
            if (status != AGL_OK) return status;
        }
    }
    return AGL_OK;
}

static agl_status read_gwt(reader *r, agl_error *err) {
    char *source;
    while ((source = word(r))) {
        size_t line = r->line;
        char *target = word(r), *text = word(r);
        double weight;
        if (!number(&weight, text))
            return agl_fail(err, AGL_EDATA, "%s line %zu: a line needs region, neighbour and weight", r->path,
                            line);
        agl_status status = push(r, source, target, weight, err);
        if (status != AGL_OK) return status;
    }
    return AGL_OK;
}

static agl_status to_table(agl_table **out, const reader *r, agl_error *err) {
    static const char *const names[] = {"source", "target"};
    agl_table *t = NULL;
    agl_column *c;
    const char **text = AGL_NEW(const char *, r->ids.n);
    if (!text) return agl_fail_memory(err);
    for (int32_t i = 0; i < r->ids.n; i++)
        text[i] = agl__intern_text(&r->ids, i);
    agl_status status = agl_table_new(&t, "neighbours", r->n, err);
    for (int k = 0; k < 2 && status == AGL_OK; k++) {
        status = agl_table_add(&c, t, names[k], AGL_KEY, err);
        if (status == AGL_OK) status = agl_dict_set(&c->dict, text, (size_t)r->ids.n, err);
        if (status == AGL_OK && r->n) memcpy(c->code, r->end[k], r->n * sizeof *c->code);
    }
    if (status == AGL_OK) status = agl_table_add(&c, t, "weight", AGL_NUM, err);
    if (status == AGL_OK && r->n) memcpy(c->num, r->weight, r->n * sizeof *c->num);
    free(text);
    if (status != AGL_OK)
        agl_table_free(t);
    else
        *out = t;
    return status;
}

agl_status agl__read_neighbours(agl_table **out, const char *path, bool weighted, agl_error *err) {
    reader r = {.path = path};
    agl_status status = slurp(&r, err);
    if (status == AGL_OK) status = skip_header(&r, err);
    if (status == AGL_OK) status = weighted ? read_gwt(&r, err) : read_gal(&r, err);
    if (status == AGL_OK) status = to_table(out, &r, err);
    agl__intern_free(&r.ids);
    free(r.text);
    free(r.end[0]);
    free(r.end[1]);
    free(r.weight);
    return status;
}

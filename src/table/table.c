#include "table/table.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

agl_status agl_table_new(agl_table **out, const char *name, size_t rows, agl_error *err) {
    agl_table *t = AGL_NEW(agl_table, 1);
    char *copy = t ? strdup(name) : NULL;
    if (!copy) {
        free(t);
        return agl_fail_memory(err);
    }
    t->name = copy;
    t->rows = rows;
    *out = t;
    return AGL_OK;
}

static void free_column(agl_column *c) {
    free(c->name);
    free(c->code);
    free(c->num);
    free(c->state);
    agl_dict_free(&c->dict);
}

void agl_table_free(agl_table *t) {
    if (!t) return;
    for (size_t i = 0; i < t->n_columns; i++)
        free_column(&t->columns[i]);
    free(t->columns);
    free(t->name);
    free(t);
}

agl_status agl_table_add(agl_column **out, agl_table *t, const char *name, agl_type type, agl_error *err) {
    agl_column *grown = reallocarray(t->columns, t->n_columns + 1, sizeof *grown);
    if (!grown) return agl_fail_memory(err);
    t->columns = grown;
    agl_column c = {.type = type, .name = strdup(name)};
    if (type == AGL_KEY)
        c.code = AGL_NEW(int32_t, t->rows);
    else
        c.num = AGL_NEW(double, t->rows);
    if (!c.name || (!c.code && !c.num)) {
        free_column(&c);
        return agl_fail_memory(err);
    }
    t->columns[t->n_columns] = c;
    if (out) *out = &t->columns[t->n_columns];
    t->n_columns++;
    return AGL_OK;
}

agl_column *agl_table_column_mut(agl_table *t, const char *name) {
    for (size_t i = 0; t && i < t->n_columns; i++)
        if (strcmp(t->columns[i].name, name) == 0) return &t->columns[i];
    return NULL;
}

const agl_column *agl_table_column(const agl_table *t, const char *name) {
    for (size_t i = 0; t && i < t->n_columns; i++)
        if (strcmp(t->columns[i].name, name) == 0) return &t->columns[i];
    return NULL;
}

void agl__table_drop(agl_table *t, const char *name) {
    for (size_t i = 0; i < t->n_columns; i++) {
        if (strcmp(t->columns[i].name, name) != 0) continue;
        free_column(&t->columns[i]);
        memmove(&t->columns[i], &t->columns[i + 1], (t->n_columns - i - 1) * sizeof *t->columns);
        t->n_columns--;
        return;
    }
}

const char *agl_column_text(const agl_column *c, size_t row) {
    return c->code[row] < 0 ? NULL : c->dict.text[c->code[row]];
}

agl_status agl_dict_set(agl_dict *to, const char *const *text, size_t n, agl_error *err) {
    if (n > INT32_MAX) return agl_fail(err, AGL_EDATA, "more than 2^31 distinct keys");
    to->text = AGL_NEW(char *, n);
    if (!to->text) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        to->text[i] = strdup(text[i]);
        to->n = i + 1;
        if (!to->text[i]) {
            agl_dict_free(to);
            return agl_fail_memory(err);
        }
    }
    return AGL_OK;
}

agl_status agl_dict_copy(agl_dict *to, const agl_dict *from, agl_error *err) {
    return agl_dict_set(to, (const char *const *)from->text, from->n, err);
}

void agl_dict_free(agl_dict *dict) {
    for (size_t i = 0; i < dict->n; i++)
        free(dict->text[i]);
    free(dict->text);
    *dict = (agl_dict){0, NULL};
}

int32_t agl_dict_find(const agl_dict *dict, const char *text) {
    size_t lo = 0, hi = dict->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(dict->text[mid], text);
        if (order == 0) return (int32_t)mid;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return -1;
}

#include "op/network/texts.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

agl_status agl__write_texts(agl_table *table, const char *name, const char *const *text, agl_error *err) {
    agl_column *column = agl_table_column_mut(table, name);
    const char **sorted = AGL_NEW(const char *, table->rows);
    if (!sorted) return agl_fail_memory(err);
    size_t n = 0, distinct = 0;
    for (size_t i = 0; i < table->rows; i++)
        if (text[i]) sorted[n++] = text[i];
    qsort(sorted, n, sizeof *sorted, by_text);
    for (size_t i = 0; i < n; i++)
        if (distinct == 0 || strcmp(sorted[distinct - 1], sorted[i]) != 0) sorted[distinct++] = sorted[i];
    agl_status status = agl_dict_set(&column->dict, sorted, distinct, err);
    for (size_t i = 0; status == AGL_OK && i < table->rows; i++)
        column->code[i] = text[i] ? agl_dict_find(&column->dict, text[i]) : -1;
    free(sorted);
    return status;
}

void agl__words_add(agl__words *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    void *grown = length < 0 ? NULL : agl__grow(w->text, &w->capacity, w->used + (size_t)length + 1, 1);
    if (!grown) {
        w->failed = true;
        return;
    }
    w->text = grown;
    va_start(args, format);
    vsnprintf(w->text + w->used, (size_t)length + 1, format, args);
    va_end(args);
    w->used += (size_t)length;
}

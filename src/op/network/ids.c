#include "op/network/ids.h"

#include "base/mem.h"

#include <string.h>

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void agl__ids_free(agl__ids *ids) {
    if (!ids) return;
    for (size_t k = 0; ids->of && k < ids->n_columns; k++)
        free(ids->of[k]);
    free(ids->of);
    agl_dict_free(&ids->dict);
    *ids = (agl__ids){0};
}

/* of[k][code] = 0 for codes that rows use, -1 for the others; returns the number of used codes, SIZE_MAX
 * without memory. */
static size_t mark_used(agl__ids *ids, const agl_column *const *columns, const size_t *rows) {
    size_t used = 0;
    for (size_t k = 0; k < ids->n_columns; k++) {
        if (!columns[k]) continue;
        int32_t *of = ids->of[k] = AGL_NEW(int32_t, columns[k]->dict.n);
        if (!of) return SIZE_MAX;
        memset(of, 0xff, columns[k]->dict.n * sizeof *of);
        for (size_t i = 0; i < rows[k]; i++)
            if (columns[k]->code[i] >= 0) of[columns[k]->code[i]] = 0;
        for (size_t c = 0; c < columns[k]->dict.n; c++)
            used += of[c] == 0;
    }
    return used;
}

/* The used texts of all columns, sorted, each once, become the dictionary. */
static agl_status join_texts(agl__ids *ids, const agl_column *const *columns, size_t used, agl_error *err) {
    const char **text = AGL_NEW(const char *, used);
    if (!text) return agl_fail_memory(err);
    size_t n = 0, distinct = 0;
    for (size_t k = 0; k < ids->n_columns; k++)
        for (size_t c = 0; columns[k] && c < columns[k]->dict.n; c++)
            if (ids->of[k][c] == 0) text[n++] = columns[k]->dict.text[c];
    qsort(text, n, sizeof *text, by_text);
    for (size_t i = 0; i < n; i++)
        if (distinct == 0 || strcmp(text[distinct - 1], text[i]) != 0) text[distinct++] = text[i];
    agl_status status = agl_dict_set(&ids->dict, text, distinct, err);
    free(text);
    return status;
}

agl_status agl__ids_new(agl__ids *out, const agl_column *const *columns, const size_t *rows, size_t n_columns,
                        agl_error *err) {
    *out = (agl__ids){.of = AGL_NEW(int32_t *, n_columns), .n_columns = n_columns};
    size_t used = out->of ? mark_used(out, columns, rows) : SIZE_MAX;
    agl_status status = used < SIZE_MAX ? join_texts(out, columns, used, err) : agl_fail_memory(err);
    for (size_t k = 0; status == AGL_OK && k < n_columns; k++)
        for (size_t c = 0; columns[k] && c < columns[k]->dict.n; c++)
            if (out->of[k][c] == 0) out->of[k][c] = agl_dict_find(&out->dict, columns[k]->dict.text[c]);
    if (status != AGL_OK) agl__ids_free(out);
    return status;
}

/* Interning of texts while a column is read: text -> code in order of appearance, then sorted. */
#ifndef AGL_TABLE_INTERN_H
#define AGL_TABLE_INTERN_H

#include "agglo/table.h"

typedef struct agl_intern {
    agl_dict dict;
    size_t text_capacity, slots; /* slots is a power of two */
    struct {
        uint64_t hash;
        int32_t code; /* -1 = empty */
    } *slot;
    uint64_t last_hash; /* most files repeat keys in runs: the last text is looked at first */
    size_t last_length;
    int32_t last_code;
} agl_intern;

AGL_NODISCARD agl_status agl__intern_new(agl_intern *in, agl_error *err);
void agl__intern_free(agl_intern *in);
/** Code of the text of `length` bytes (may contain no NUL). Amortised O(length). */
AGL_NODISCARD agl_status agl__intern(int32_t *code, agl_intern *in, const char *text, size_t length, agl_error *err);
/** Sorts the dictionary bytewise, rewrites the n codes accordingly and moves the dictionary to `out`. */
AGL_NODISCARD agl_status agl__intern_finish(agl_dict *out, agl_intern *in, int32_t *codes, size_t n, agl_error *err);

#endif

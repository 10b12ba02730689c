/* A growing text, for SQL and other output that is put together piece by piece. Running out of memory is
 * remembered and reported once at the end, so that call sites stay readable. */
#ifndef AGL_TABLE_TEXT_H
#define AGL_TABLE_TEXT_H

#include "agglo/base.h"

typedef struct agl_text {
    char *data; /* NUL-terminated, NULL while empty */
    size_t length, capacity;
    bool failed;
} agl_text;

void agl__text_add(agl_text *t, const char *format, ...) AGL_PRINTF(2, 3);
void agl__text_put(agl_text *t, const char *bytes, size_t n);
/** Appends 'it''s' or "a""b". */
void agl__text_literal(agl_text *t, const char *value);
void agl__text_identifier(agl_text *t, const char *name);
void agl__text_free(agl_text *t);

#endif

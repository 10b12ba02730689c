#include "table/text.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void agl__text_put(agl_text *t, const char *bytes, size_t n) {
    if (t->failed) return;
    char *grown = agl__grow(t->data, &t->capacity, t->length + n + 1, 1);
    if (!grown) {
        t->failed = true;
        return;
    }
    t->data = grown;
    memcpy(t->data + t->length, bytes, n);
    t->length += n;
    t->data[t->length] = '\0';
}

void agl__text_add(agl_text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *piece = NULL;
    int n = vasprintf(&piece, format, args);
    va_end(args);
    if (n < 0)
        t->failed = true;
    else
        agl__text_put(t, piece, (size_t)n);
    free(n < 0 ? NULL : piece);
}

static void quoted(agl_text *t, const char *value, char quote) {
    agl__text_put(t, &quote, 1);
    for (const char *c = value; *c; c++) {
        if (*c == quote) agl__text_put(t, c, 1);
        agl__text_put(t, c, 1);
    }
    agl__text_put(t, &quote, 1);
}

void agl__text_literal(agl_text *t, const char *value) { quoted(t, value, '\''); }
void agl__text_identifier(agl_text *t, const char *name) { quoted(t, name, '"'); }

void agl__text_free(agl_text *t) {
    free(t->data);
    *t = (agl_text){0};
}

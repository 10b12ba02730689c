/* Free texts (reasons, names of methods) as a column of an output. */
#ifndef AGL_OP_NETWORK_TEXTS_H
#define AGL_OP_NETWORK_TEXTS_H

#include "op/run.h"

/** Makes the key column `name` hold text[row] for each of its rows; NULL = missing. The texts are copied. O(n
 * log n). */
AGL_NODISCARD agl_status agl__write_texts(agl_table *table, const char *name, const char *const *text,
                                          agl_error *err);

/** A text that grows; failed says that memory ran out, and `text` may then be short. */
typedef struct agl__words {
    char *text; /* NULL while empty */
    size_t used, capacity;
    bool failed;
} agl__words;

/** Adds formatted words. */
void agl__words_add(agl__words *words, const char *format, ...) AGL_PRINTF(2, 3);

#endif

/* One numbering of the nodes that several key columns name, each with a dictionary of its own. */
#ifndef AGL_OP_NETWORK_IDS_H
#define AGL_OP_NETWORK_IDS_H

#include "op/run.h"

typedef struct agl__ids {
    agl_dict dict; /* texts that occur in any of the columns, sorted: node v is dict.text[v] */
    int32_t **of;  /* of each column: code -> node, -1 for a code that no row uses */
    size_t n_columns;
} agl__ids;

/** Numbers the texts of the columns (entries may be NULL), of rows[k] rows each. O(texts log texts + rows).
 */
AGL_NODISCARD agl_status agl__ids_new(agl__ids *out, const agl_column *const *columns, const size_t *rows,
                                      size_t n_columns, agl_error *err);
void agl__ids_free(agl__ids *ids);

/** Rows of an input, 0 when it is not given: the rows of its columns, for agl__ids_new. */
static inline size_t agl__input_rows(const agl_run *run, const char *input) {
    const agl_table *t = agl__run_input(run, input);
    return t ? t->rows : 0;
}

#endif

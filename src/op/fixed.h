/* The role `fixed` of possible hubs, sites and projects: in, out, or empty. */
#ifndef AGL_OP_FIXED_H
#define AGL_OP_FIXED_H

#include "op/run.h"

#include <string.h>

/** What row `row` of `input` says: 1 = in, -1 = out, 0 = free (also when the column is not bound, NULL). Any
 * other text is AGL_EDATA. */
static inline agl_status agl__fixed_of(int8_t *out, const agl_run *run, const char *input,
                                       const agl_column *fixed, size_t row, agl_error *err) {
    const char *text = fixed ? agl_column_text(fixed, row) : NULL;
    *out = 0;
    if (!text || !*text) return AGL_OK;
    if (strcmp(text, "in") != 0 && strcmp(text, "out") != 0)
        return agl__run_fail_row(run, input, row, "fixed", err, "%s is neither in nor out", text);
    *out = strcmp(text, "in") == 0 ? 1 : -1;
    return AGL_OK;
}

#endif

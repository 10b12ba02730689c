/* The reader of neighbour lists, as GAL and as GWT: whatever the bytes, a table whose codes are in its
 * dictionary and whose weights are finite, or one line of error. */
#include "table/foreign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_table(const agl_table *t) {
    for (size_t j = 0; j < t->n_columns; j++) {
        const agl_column *c = &t->columns[j];
        for (size_t row = 0; row < t->rows; row++)
            if (c->type == AGL_KEY ? c->code[row] < 0 || c->code[row] >= (int32_t)c->dict.n
                                   : !isfinite(c->num[row]))
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/agglo-fuzz-%d.gal", (int)getpid());
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) abort();
    for (int weighted = 0; weighted < 2; weighted++) {
        agl_table *t = NULL;
        agl_error err = {0};
        agl_status status = agl__read_neighbours(&t, path, weighted, &err);
        if (status == AGL_OK)
            check_table(t);
        else if (!err.message[0])
            abort();
        agl_table_free(t);
    }
    unlink(path);
    return 0;
}

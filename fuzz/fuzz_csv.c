/* The reader of text files: whatever the bytes, agl__read gives a table that keeps its promises or one line
 * of error. */
#include "table/read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_table(const agl_table *t) {
    for (size_t j = 0; j < t->n_columns; j++) {
        const agl_column *c = &t->columns[j];
        for (size_t row = 0; row < t->rows; row++) {
            if (c->type == AGL_KEY) {
                if (c->code[row] < -1 || c->code[row] >= (int32_t)c->dict.n) abort();
            } else if (!c->state || c->state[row] == AGL_PRESENT) {
                if (isinf(c->num[row])) abort();
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static agl_db *db; /* one for all inputs: opening takes longer than reading */
    static char path[64];
    static const agl_ctx ctx = {.threads = 1, .seed = 1};
    agl_error err = {0};
    if (!db) {
        if (agl__db_open(&db, NULL, false, &ctx, &err) != AGL_OK) abort();
        snprintf(path, sizeof path, "/tmp/agglo-fuzz-%d.csv", (int)getpid());
    }
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) abort();

    const char *paths[] = {path};
    const agl_pair columns[] = {{"region", "r"}, {"value", "v"}};
    const agl_source source = {.paths = paths, .n_paths = 1, .columns = columns, .n_columns = 2};
    const agl_want wants[] = {{"region", AGL_WANT_KEY, true, -INFINITY, INFINITY},
                              {"value", AGL_WANT_NUMBER, true, 0, INFINITY},
                              {"year", AGL_WANT_YEAR, false, -INFINITY, INFINITY},
                              {"day", AGL_WANT_DATE, false, -INFINITY, INFINITY}};
    const char *unique[] = {"region", "year"};
    agl_table *t = NULL;
    agl_status status = agl__read(&t, db, &source, wants, 4, unique, 2, &err);
    if (status == AGL_OK)
        check_table(t);
    else if (!err.message[0] || status == AGL_EINTERNAL)
        abort();
    agl_table_free(t);
    unlink(path);
    return 0;
}

#include "op/network/actors.h"

#include "base/mem.h"
#include "base/sum.h"
#include "kernel/graph/graph.h"

#include <math.h>

agl_status agl__rows_by_new(agl__rows_by *out, int32_t n, const int32_t *actor, size_t rows, agl_error *err) {
    *out = (agl__rows_by){.n = n, .offset = AGL_NEW(size_t, (size_t)n + 1), .row = AGL_NEW(size_t, rows)};
    if (!out->offset || !out->row) {
        agl__rows_by_free(out);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < rows; i++)
        out->offset[actor[i] + 1]++;
    agl__counts_to_offsets(out->offset, n);
    for (size_t i = 0; i < rows; i++)
        out->row[out->offset[actor[i]]++] = i;
    agl__rewind_offsets(out->offset, n);
    return AGL_OK;
}

void agl__rows_by_free(agl__rows_by *rows) {
    if (!rows) return;
    free(rows->offset);
    free(rows->row);
    *rows = (agl__rows_by){0};
}

/* A value that rows can share: a code, or a position. */
typedef struct item {
    double x, y;
} item;

static int ascending(const void *a, const void *b) {
    const item *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

/* Sorts the items and returns the most frequent, the first of equals; *kinds = how many different there are.
 */
static item mode(item *items, size_t n, size_t *kinds) {
    qsort(items, n, sizeof *items, ascending);
    item best = items[0];
    size_t most = 0;
    *kinds = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && ascending(&items[begin], &items[end]) == 0;)
            end++;
        ++*kinds;
        if (end - begin > most) {
            most = end - begin;
            best = items[begin];
        }
    }
    return best;
}

static size_t most_rows(const agl__rows_by *rows) {
    size_t most = 0;
    for (int32_t a = 0; a < rows->n; a++)
        if (rows->offset[a + 1] - rows->offset[a] > most) most = rows->offset[a + 1] - rows->offset[a];
    return most;
}

agl_status agl__most_frequent(int32_t *value, size_t *several, const agl__rows_by *rows, const int32_t *code,
                              agl_error *err) {
    item *items = AGL_NEW(item, most_rows(rows));
    if (!items) return agl_fail_memory(err);
    *several = 0;
    for (int32_t a = 0; a < rows->n; a++) {
        size_t n = 0, kinds = 0;
        for (size_t i = rows->offset[a]; i < rows->offset[a + 1]; i++)
            if (code[rows->row[i]] >= 0) items[n++] = (item){code[rows->row[i]], 0};
        value[a] = n > 0 ? (int32_t)mode(items, n, &kinds).x : -1;
        *several += kinds > 1;
    }
    free(items);
    return AGL_OK;
}

agl_status agl__most_frequent_place(double *lon, double *lat, size_t *several, const agl__rows_by *rows,
                                    const double *row_lon, const double *row_lat, agl_error *err) {
    item *items = AGL_NEW(item, most_rows(rows));
    if (!items) return agl_fail_memory(err);
    *several = 0;
    for (int32_t a = 0; a < rows->n; a++) {
        size_t n = 0, kinds = 0;
        for (size_t i = rows->offset[a]; i < rows->offset[a + 1]; i++) {
            size_t row = rows->row[i];
            if (!isnan(row_lon[row]) && !isnan(row_lat[row])) items[n++] = (item){row_lat[row], row_lon[row]};
        }
        item best = n > 0 ? mode(items, n, &kinds) : (item){NAN, NAN};
        lat[a] = best.x;
        lon[a] = best.y;
        *several += kinds > 1;
    }
    free(items);
    return AGL_OK;
}

void agl__fold_rows(double *value, const agl__rows_by *rows, const double *number, agl__fold how) {
    for (int32_t a = 0; a < rows->n; a++) {
        agl_sum sum = {0, 0};
        double extreme = NAN;
        size_t n = 0;
        for (size_t i = rows->offset[a]; i < rows->offset[a + 1]; i++) {
            double x = number[rows->row[i]];
            if (isnan(x)) continue;
            agl__sum_add(&sum, x);
            extreme = n++ == 0 ? x : how == AGL_FOLD_MIN ? fmin(extreme, x) : fmax(extreme, x);
        }
        value[a] = how != AGL_FOLD_SUM ? extreme : n > 0 ? agl__sum_value(&sum) : NAN;
    }
}

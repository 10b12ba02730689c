/* Technology profiles as sparse rows and columns at once. */
#include "agglo/spillover.h"
#include "base/mem.h"
#include "base/sum.h"
#include "kernel/graph/graph.h"

#include <math.h>
#include <string.h>

static agl_status check_rows(int32_t n, int32_t classes, size_t rows, const int32_t *actor,
                             const int32_t *klass, const double *value, agl_error *err) {
    for (size_t i = 0; i < rows; i++) {
        if (actor[i] < 0 || actor[i] >= n || klass[i] < 0 || klass[i] >= classes)
            return agl_fail(err, AGL_EDATA, "row %zu names an actor or a class outside its range", i + 1);
        if (!(value[i] >= 0) || isinf(value[i]))
            return agl_fail(err, AGL_EDATA, "row %zu has the value %g; it must be zero or more", i + 1,
                            value[i]);
    }
    return AGL_OK;
}

/** Rows into the order of `key`, the given order kept among equals: order[] = rows, taken from `from` (NULL =
 * as they come). */
static void bucket(size_t *order, size_t *start, const int32_t *key, int32_t buckets, const size_t *from,
                   size_t rows) {
    memset(start, 0, ((size_t)buckets + 1) * sizeof *start);
    for (size_t i = 0; i < rows; i++)
        start[key[i] + 1]++;
    agl__counts_to_offsets(start, buckets);
    for (size_t i = 0; i < rows; i++) {
        size_t row = from ? from[i] : i;
        order[start[key[row]]++] = row;
    }
    agl__rewind_offsets(start, buckets);
}

/** Entries from rows in the order (actor, class): equal pairs add up, pairs of 0 vanish. */
static void merge(agl_profiles *p, const size_t *order, size_t rows, const int32_t *actor,
                  const int32_t *klass, const double *value) {
    size_t m = 0;
    for (size_t i = 0; i < rows;) {
        size_t row = order[i];
        agl_sum sum = {0, 0};
        for (; i < rows && actor[order[i]] == actor[row] && klass[order[i]] == klass[row]; i++)
            agl__sum_add(&sum, value[order[i]]);
        if (!(agl__sum_value(&sum) > 0)) continue;
        p->class_of[m] = klass[row];
        p->share[m++] = agl__sum_value(&sum);
        p->offset[actor[row] + 1]++;
    }
    agl__counts_to_offsets(p->offset, p->n);
}

/** Shares, directions and the view by class. */
static void finish(agl_profiles *p) {
    size_t m = p->offset[p->n];
    for (int32_t i = 0; i < p->n; i++) {
        size_t begin = p->offset[i], k = p->offset[i + 1] - begin;
        double all = agl__sum(p->share + begin, k), length = 0;
        for (size_t a = begin; a < begin + k; a++) {
            p->share[a] /= all;
            length += p->share[a] * p->share[a];
        }
        for (size_t a = begin; a < begin + k; a++)
            p->unit[a] = p->share[a] / sqrt(length);
    }
    for (size_t a = 0; a < m; a++) {
        p->class_offset[p->class_of[a] + 1]++;
        p->norm[p->class_of[a]] += p->share[a] * p->share[a];
    }
    agl__counts_to_offsets(p->class_offset, p->classes);
    for (int32_t i = 0; i < p->n; i++)
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++) {
            size_t at = p->class_offset[p->class_of[a]]++;
            p->holder[at] = i;
            p->entry[at] = a;
        }
    agl__rewind_offsets(p->class_offset, p->classes);
    for (int32_t c = 0; c < p->classes; c++)
        p->norm[c] = sqrt(p->norm[c]);
}

agl_status agl_profiles_new(agl_profiles *out, int32_t n, int32_t classes, size_t rows, const int32_t *actor,
                            const int32_t *klass, const double *value, agl_error *err) {
    *out = (agl_profiles){.n = n, .classes = classes};
    agl_status status = check_rows(n, classes, rows, actor, klass, value, err);
    if (status != AGL_OK) return status;
    size_t buckets = (size_t)(n > classes ? n : classes) + 1;
    size_t *by_class = AGL_NEW(size_t, rows), *order = AGL_NEW(size_t, rows),
           *start = AGL_NEW(size_t, buckets);
    out->offset = AGL_NEW(size_t, (size_t)n + 1);
    out->class_of = AGL_NEW(int32_t, rows);
    out->share = AGL_NEW(double, rows);
    out->unit = AGL_NEW(double, rows);
    out->class_offset = AGL_NEW(size_t, (size_t)classes + 1);
    out->holder = AGL_NEW(int32_t, rows);
    out->entry = AGL_NEW(size_t, rows);
    out->norm = AGL_NEW(double, classes);
    if (by_class && order && start && out->offset && out->class_of && out->share && out->unit &&
        out->class_offset && out->holder && out->entry && out->norm) {
        bucket(by_class, start, klass, classes, NULL, rows);
        bucket(order, start, actor, n, by_class, rows);
        merge(out, order, rows, actor, klass, value);
        finish(out);
    } else {
        agl_profiles_free(out);
        status = agl_fail_memory(err);
    }
    free(by_class);
    free(order);
    free(start);
    return status;
}

void agl_profiles_free(agl_profiles *p) {
    if (!p) return;
    free(p->offset);
    free(p->class_of);
    free(p->share);
    free(p->unit);
    free(p->class_offset);
    free(p->holder);
    free(p->entry);
    free(p->norm);
    *p = (agl_profiles){0};
}

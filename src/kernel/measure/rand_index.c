#include "agglo/grouping.h"
#include "base/mem.h"

#include <math.h>

static double pairs(double n) { return n * (n - 1) / 2; }

static double pairs_in(const double *count, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += pairs(count[k]);
    return sum;
}

/** Smallest number above all codes of objects that both groupings place. */
static size_t groups(const int32_t *a, const int32_t *other, size_t n) {
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (a[i] >= 0 && other[i] >= 0 && (size_t)a[i] + 1 > k) k = (size_t)a[i] + 1;
    return k;
}

double agl_adjusted_rand_of(double both, double first, double second, double all) {
    double expected = all > 0 ? first * second / all : 0, most = (first + second) / 2;
    return most > expected ? (both - expected) / (most - expected) : NAN;
}

agl_status agl_adjusted_rand(double *index, const int32_t *a, const int32_t *b, size_t n, agl_error *err) {
    size_t ka = groups(a, b, n), kb = groups(b, a, n), used = 0;
    double *cell = AGL_NEW(double, ka *kb), *row = AGL_NEW(double, ka), *column = AGL_NEW(double, kb);
    agl_status status = cell && row && column ? AGL_OK : agl_fail_memory(err);
    if (status != AGL_OK) goto out;
    for (size_t i = 0; i < n; i++) {
        if (a[i] < 0 || b[i] < 0) continue;
        cell[(size_t)a[i] * kb + (size_t)b[i]]++;
        row[a[i]]++, column[b[i]]++;
        used++;
    }
    double both = pairs_in(cell, ka * kb), first = pairs_in(row, ka), second = pairs_in(column, kb);
    *index = agl_adjusted_rand_of(both, first, second, pairs((double)used));
out:
    free(cell);
    free(row);
    free(column);
    return status;
}

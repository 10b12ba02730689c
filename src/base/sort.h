/* sort.h - numbers in ascending order, and quantiles of them. */
#ifndef AGL_BASE_SORT_H
#define AGL_BASE_SORT_H

#include <math.h>
#include <stddef.h>

/** Comparison of two doubles for qsort and bsearch: ascending. NaN must be kept out. */
static inline int agl__ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/** Quantile p in 0..1 of n ascending values, linear between order statistics (type 7 of Hyndman and Fan
 * 1996); NaN when n is 0. */
static inline double agl__quantile_sorted(const double *ascending, size_t n, double p) {
    if (n == 0) return NAN;
    double position = p * (double)(n - 1);
    size_t low = (size_t)position;
    if (low + 1 >= n) return ascending[n - 1];
    return ascending[low] + (position - (double)low) * (ascending[low + 1] - ascending[low]);
}

#endif

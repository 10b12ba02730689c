/* Compensated summation after Neumaier (1974): error of a few ulp whatever the length and order of the terms.
 * Pairwise summation would do for arrays; the running form also serves loops that produce terms one by one,
 * so it is the one way here. */
#ifndef AGL_BASE_SUM_H
#define AGL_BASE_SUM_H

#include <math.h>
#include <stddef.h>

typedef struct agl_sum {
    double total, lost;
} agl_sum;

static inline void agl__sum_add(agl_sum *s, double x) {
    double t = s->total + x;
    s->lost += fabs(s->total) >= fabs(x) ? (s->total - t) + x : (x - t) + s->total;
    s->total = t;
}

static inline double agl__sum_value(const agl_sum *s) { return s->total + s->lost; }

/** Sum of x[0..n-1]. */
static inline double agl__sum(const double *x, size_t n) {
    agl_sum s = {0, 0};
    for (size_t i = 0; i < n; i++)
        agl__sum_add(&s, x[i]);
    return agl__sum_value(&s);
}

#endif

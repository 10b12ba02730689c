/* Least squares of tall matrices that are never held.
 *
 * Rows are pushed one by one and folded into the triangular factor R of their QR decomposition, a block at a
 * time:
 *
 *     [ R ]                             with columns [ X | y ]:   R = [ R11 r12 ]    b = R11^-1 r12,  RSS =
 * r22^2 [ new rows ]  = Q [ R' ]                                        [      r22 ]
 *
 * Memory is O(width^2) whatever the number of rows, the error is that of Householder QR (normal equations
 * would square the condition number of the polynomials), and the result does not depend on threads. LAPACK's
 * dgels was weighed: it wants the whole matrix, and a threaded BLAS gives other last bits for other thread
 * counts. */
#ifndef AGL_KERNEL_ALLOCATE_LSQ_H
#define AGL_KERNEL_ALLOCATE_LSQ_H

#include "agglo/base.h"

typedef struct agl_lsq {
    size_t width;   /* columns of a row */
    size_t rows;    /* rows pushed */
    size_t waiting; /* rows in the block that are not folded in yet */
    size_t block;   /* rows that the block holds */
    double *a;      /* (width + block) x width: R on top, the block below */
    double *tau;    /* width */
} agl_lsq;

AGL_NODISCARD agl_status agl__lsq_new(agl_lsq *s, size_t width, agl_error *err);
void agl__lsq_free(agl_lsq *s);
/** Where the next row goes: fill its `width` values, then call agl__lsq_push. */
static inline double *agl__lsq_row(agl_lsq *s) { return s->a + (s->width + s->waiting) * s->width; }
void agl__lsq_push(agl_lsq *s);

/** Regression of the last column on columns 0..x-1, x = width - 1: coefficients in b[0..x-1]. False when the
 * columns are collinear or there are fewer rows than columns. */
AGL_NODISCARD bool agl__lsq_solve(double *b, agl_lsq *s, size_t x);

#endif

/* Linear programs with few rows and many columns, as data envelopment analysis has them by the thousand:
 *
 *     min c'z   subject to  A z = b,  z >= 0,      at most AGL__LP_ROWS rows.
 *
 * Columns come in two groups: a block that all programs share (the frontier units) and local columns of the
 * one program (slacks, the score, generated units). The inverse of the basis is kept as a small dense matrix
 * and made anew at the start, every few dozen pivots and at the end, so a solution is as exact as its basis
 * is well conditioned.
 *
 * The dual simplex starts from any basis whose reduced costs are not negative; the caller picks programs
 * where the slacks are one (c >= 0), or reuses the last basis. The primal simplex starts from a feasible
 * basis. Both leave by Bland's rule once they stall, so they end. Against alternatives: a general solver
 * spends its time on set-up and sparse factors that 6 x 6 matrices do not need (some 50 times slower here),
 * and the full tableau costs the same per pivot but lets rounding errors pile up. */
#ifndef AGL_KERNEL_ALLOCATE_LP_H
#define AGL_KERNEL_ALLOCATE_LP_H

#include "agglo/base.h"

enum { AGL__LP_ROWS = 18, AGL__LP_LOCALS = 64, AGL__LP_SMALL = 128 /* columns at work */ };

typedef enum agl_lp_end {
    AGL__LP_OPTIMAL,
    AGL__LP_INFEASIBLE,
    AGL__LP_UNBOUNDED,
    AGL__LP_STALLED
} agl_lp_end;

/** A column: block columns count from 0, local column k is -1 - k. */
typedef int32_t agl_lp_column;

typedef struct agl_lp {
    /* the program */
    size_t rows, block_rows; /* the block has zeros below its rows */
    size_t n, stride;        /* block columns; element (r, j) of the block is block[r * stride + j] */
    const double *block, *block_cost; /* block_cost NULL = zeros */
    size_t skip;                      /* block column left out, SIZE_MAX = none */
    size_t locals;
    double local[AGL__LP_ROWS][AGL__LP_LOCALS], local_cost[AGL__LP_LOCALS];
    bool barred[AGL__LP_LOCALS]; /* artificial: may be in the first basis, must be 0 and never returns */
    double rhs[AGL__LP_ROWS];
    const uint8_t *closed; /* n + locals: columns that the primal simplex leaves out; NULL = none */
    /* the solution */
    agl_lp_column basis[AGL__LP_ROWS];
    double x[AGL__LP_ROWS];   /* values of the basic columns */
    double y[AGL__LP_ROWS];   /* prices of the rows */
    double ray[AGL__LP_ROWS]; /* when infeasible: ray'A >= 0 and ray'b < 0 */
    /* workspace */
    double inverse[AGL__LP_ROWS][AGL__LP_ROWS];
    double *reduced, *row, *ratio; /* n + locals each */
    size_t capacity;
    bool bland;
    bool ready; /* for the caller: the basis may start the next program */
    /* columns at work while sifting */
    double *small, *small_cost; /* rows x AGL__LP_SMALL, AGL__LP_SMALL */
    int32_t active[AGL__LP_SMALL];
    size_t n_active; /* 0 before the first program of a sequence */
} agl_lp;

/** Workspace for up to `columns` block columns; grows an existing one. Start from a zeroed struct. */
AGL_NODISCARD agl_status agl__lp_reserve(agl_lp *lp, size_t columns, agl_error *err);
void agl__lp_free(agl_lp *lp);

/** Dual simplex from lp->basis, whose reduced costs must not be negative (small violations are repaired by
 * the primal simplex at the end). */
agl_lp_end agl__lp_dual(agl_lp *lp);
/** Primal simplex from lp->basis, which must be feasible. */
agl_lp_end agl__lp_primal(agl_lp *lp);
/** The dual simplex on few columns at a time: solves with those that recent programs needed, prices all
 * columns once, adds the worst, and goes on until none is left. Same conditions and result as agl__lp_dual;
 * many times faster for blocks of hundreds of columns, as each pivot touches few. The columns at work are
 * kept for the next program with the same block. */
agl_lp_end agl__lp_sift(agl_lp *lp);
/** Value of a column in the solution, 0 when it is not basic. */
double agl__lp_value(const agl_lp *lp, agl_lp_column column);
/** closed[j] = 1 where the reduced cost of column j is above zero: columns that no other optimum uses.
 * `closed` has n + locals entries. */
void agl__lp_close(uint8_t *closed, agl_lp *lp);

/* For the simplex files. */
bool agl__lp_factor(agl_lp *lp); /* inverse, x and y of the basis; false = singular */
void agl__lp_times(double *out, const agl_lp *lp, const double *row); /* row'A over all columns */
double agl__lp_entry(const agl_lp *lp, size_t row, agl_lp_column column);
double agl__lp_cost(const agl_lp *lp, agl_lp_column column);
void agl__lp_direction(double *w, const agl_lp *lp, agl_lp_column column); /* inverse * column */
void agl__lp_pivot(agl_lp *lp, size_t row, agl_lp_column enters, const double *w);
double agl__lp_smallest(const double *v, size_t n); /* minimum, infinite when n = 0 */
double
agl__lp_magnitude(const agl_lp *lp,
                  size_t row); /* size of what x[row] is made from: its rounding error is a tiny part of it */
static inline bool agl__lp_barred(const agl_lp *lp, agl_lp_column c) { return c < 0 && lp->barred[-1 - c]; }
static inline agl_lp_column agl__lp_at(const agl_lp *lp, size_t j) {
    return j < lp->n ? (agl_lp_column)j : -1 - (agl_lp_column)(j - lp->n);
}

#endif

/* Linear programs with some whole-number variables: problem arrays in; solution, bound, gap and prices out.
 *
 * The one place that knows GLPK. Its simplex method and branch and cut are the fastest under a licence that
 * suits this library and present on every system; HiGHS solves large problems faster but is not packaged
 * everywhere. */
#ifndef AGL_KERNEL_OPT_MILP_H
#define AGL_KERNEL_OPT_MILP_H

#include "agglo/base.h"

/** Optimise objective'x with row_lower <= A x <= row_upper and lower <= x <= upper. Bounds may be infinite.
 */
typedef struct agl__milp {
    size_t columns, rows;
    bool maximise;
    const double *objective;             /* columns */
    const double *lower, *upper;         /* columns; NULL = 0 and 1 */
    const uint8_t *integer;              /* columns, 1 = whole numbers only; NULL = all */
    const double *row_lower, *row_upper; /* rows */
    size_t entries;                      /* of A, in any order, no place twice */
    const int32_t *row, *column;
    const double *value;
} agl__milp;

typedef struct agl__milp_options {
    double gap;     /* stop when |bound - objective| <= gap |objective|; 0 = prove the optimum */
    double seconds; /* stop the search after so long with the best solution found; 0 = no limit */
    bool relaxed;   /* solve only the linear relaxation */
} agl__milp_options;

typedef struct agl__milp_result {
    double *x;         /* columns; whole numbers are exact */
    double objective;  /* of x */
    double bound;      /* no solution is better */
    double gap;        /* |bound - objective| / |objective| */
    double relaxation; /* objective of the linear relaxation */
    double *dual;      /* rows: change of the relaxation's objective for one unit more of the row's bound */
    double *reduced;   /* columns: the same for the bounds of the variable */
} agl__milp_result;

/** Arrays of `out` are the caller's, NULL where not wanted. Errors: AGL_ECONV when there is no solution (see
 * agl__milp_conflict), when it is unbounded, or when the time is up before any was found; AGL_EDATA for
 * numbers that are not finite and indices out of range; AGL_ENOMEM, AGL_ECANCEL. */
AGL_NODISCARD agl_status agl__milp_solve(agl__milp_result *out, const agl__milp *problem,
                                         const agl__milp_options *options, const agl_ctx *ctx,
                                         agl_error *err);

/** For a problem without a solution: in_conflict[r] = 1 for a set of rows that cannot hold together, of which
 * each one matters (drop any and the rest can hold). Only the first `asked` rows are questioned, the others
 * stand. All zero when there is a solution. Deletion filter (Chinneck 2008): one solve a row. Whole numbers
 * are given up when the linear relaxation is already without a solution. */
AGL_NODISCARD agl_status agl__milp_conflict(uint8_t *in_conflict, const agl__milp *problem, size_t asked,
                                            const agl_ctx *ctx, agl_error *err);

#endif

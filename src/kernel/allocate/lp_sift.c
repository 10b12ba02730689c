#include "kernel/allocate/lp.h"

#include <math.h>
#include <string.h>

enum { SMALL = AGL__LP_SMALL, SEGMENTS = 8, ROUNDS = 400 };

#define COST_TOLERANCE 1e-11

/** What the program looks like outside the sifting. */
typedef struct full {
    const double *block, *cost;
    size_t n, stride, skip;
} full;

/* ---- columns at work
 * ------------------------------------------------------------------------------------------------ */

/** Position of a block column among those at work; added when new. The caller has made room. */
static agl_lp_column activate(agl_lp *lp, const full *f, int32_t column) {
    for (size_t k = 0; k < lp->n_active; k++)
        if (lp->active[k] == column) return (agl_lp_column)k;
    size_t k = lp->n_active++;
    for (size_t r = 0; r < lp->block_rows; r++)
        lp->small[r * SMALL + k] = f->block[r * f->stride + (size_t)column];
    lp->small_cost[k] = f->cost ? f->cost[column] : 0;
    lp->active[k] = column;
    return (agl_lp_column)k;
}

/** From columns of the block to columns at work and back. */
static void enter(agl_lp *lp, const full *f) {
    if (lp->n_active + lp->rows > SMALL) lp->n_active = 0;
    for (size_t i = 0; i < lp->rows; i++)
        if (lp->basis[i] >= 0) lp->basis[i] = activate(lp, f, lp->basis[i]);
    lp->block = lp->small, lp->block_cost = f->cost ? lp->small_cost : NULL;
    lp->n = lp->n_active, lp->stride = SMALL, lp->skip = SIZE_MAX;
}

static void leave(agl_lp *lp, const full *f) {
    for (size_t i = 0; i < lp->rows; i++)
        if (lp->basis[i] >= 0) lp->basis[i] = lp->active[lp->basis[i]];
    lp->block = f->block, lp->block_cost = f->cost;
    lp->n = f->n, lp->stride = f->stride, lp->skip = f->skip;
}

/* ---- pricing all columns
 * -------------------------------------------------------------------------------------------- */

/** True when the reduced cost d of a column (in an infeasible program: its product with the ray) is negative
 * beyond rounding. */
static bool negative(const agl_lp *lp, const double *h, size_t j, double d) {
    double size = lp->block_cost ? fabs(lp->block_cost[j]) : 0;
    for (size_t r = 0; r < lp->block_rows; r++)
        size += fabs(h[r] * lp->block[r * lp->stride + j]);
    return d < -COST_TOLERANCE * size;
}

/** The worst column of each segment of the block, at most SEGMENTS. */
static size_t worst(int32_t *found, agl_lp *lp, bool feasible) {
    const double *h = feasible ? lp->y : lp->ray;
    double *d = lp->reduced;
    size_t n = lp->n, count = 0, width = n / SEGMENTS + 1;
    agl__lp_times(d, lp, h);
    for (size_t j = 0; feasible && j < n; j++)
        d[j] = (lp->block_cost ? lp->block_cost[j] : 0) - d[j];
    if (lp->skip < n) d[lp->skip] = 0;
    for (size_t start = 0; start < n; start += width) {
        size_t part = n - start < width ? n - start : width, j = start;
        double least = agl__lp_smallest(d + start, part);
        if (!(least < 0)) continue;
        while (d[j] != least)
            j++;
        if (negative(lp, h, j, least)) found[count++] = (int32_t)j;
    }
    return count;
}

agl_lp_end agl__lp_sift(agl_lp *lp) {
    full f = {lp->block, lp->block_cost, lp->n, lp->stride, lp->skip};
    if (lp->n <= SMALL) return agl__lp_dual(lp);
    bool known = false; /* a basis that is feasible, so that the primal simplex may go on */
    for (int round = 0; round < ROUNDS; round++) {
        enter(lp, &f);
        agl_lp_end end = known ? agl__lp_primal(lp) : agl__lp_dual(lp);
        leave(lp, &f);
        if (end != AGL__LP_OPTIMAL && end != AGL__LP_INFEASIBLE) return end;
        int32_t found[SEGMENTS + 1];
        size_t n = worst(found, lp, end == AGL__LP_OPTIMAL);
        if (n == 0) return end;
        if (lp->n_active + n + lp->rows > SMALL) lp->n_active = 0; /* the basis is put back on entering */
        for (size_t k = 0; k < n; k++)
            activate(lp, &f, found[k]);
        known = end == AGL__LP_OPTIMAL;
    }
    return AGL__LP_STALLED;
}

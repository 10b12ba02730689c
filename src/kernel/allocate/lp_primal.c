#include "kernel/allocate/lp.h"

#include <math.h>
#include <string.h>

enum { R = AGL__LP_ROWS, REFACTOR = 40 };

/* A reduced cost d = c - y'a is a difference of terms; it counts as negative when it is more than this part
 * of them. */
#define COST_TOLERANCE  1e-11
#define PIVOT_TOLERANCE 1e-10

/** d_j = c_j - y'a_j into `reduced`, |c_j| + |y|'|a_j| into `row`. */
static void price(agl_lp *lp) {
    size_t n = lp->n, all = n + lp->locals;
    double *d = lp->reduced, *size = lp->row;
    memset(d, 0, all * sizeof *d);
    if (lp->block_cost) memcpy(d, lp->block_cost, n * sizeof *d);
    memcpy(d + n, lp->local_cost, lp->locals * sizeof *d);
    for (size_t j = 0; j < all; j++)
        size[j] = fabs(d[j]);
    for (size_t r = 0; r < lp->rows; r++) {
        double y = lp->y[r];
        if (y == 0) continue;
        const double *a = r < lp->block_rows ? lp->block + r * lp->stride : NULL;
        for (size_t j = 0; a && j < n; j++) {
            double term = y * a[j];
            d[j] -= term, size[j] += fabs(term);
        }
        for (size_t k = 0; k < lp->locals; k++) {
            double term = y * lp->local[r][k];
            d[n + k] -= term, size[n + k] += fabs(term);
        }
    }
}

static bool may_enter(const agl_lp *lp, size_t j) {
    if (j == lp->skip || (lp->closed && lp->closed[j])) return false;
    return j < lp->n || !lp->barred[j - lp->n];
}

/** The column with the largest relative gain, by Bland's rule the first with any; SIZE_MAX when optimal. */
static size_t choose_column(const agl_lp *lp) {
    double best = -COST_TOLERANCE;
    size_t chosen = SIZE_MAX;
    for (size_t j = 0; j < lp->n + lp->locals; j++) {
        if (!(lp->reduced[j] < best * lp->row[j]) || !may_enter(lp, j)) continue;
        chosen = j;
        if (lp->bland) break;
        best = lp->reduced[j] / lp->row[j];
    }
    return chosen;
}

/** The row that blocks first; an artificial must stay at zero and blocks in either direction. SIZE_MAX =
 * none. */
static size_t choose_row(const agl_lp *lp, const double *w) {
    double top = 0, best = INFINITY;
    size_t chosen = SIZE_MAX;
    for (size_t i = 0; i < lp->rows; i++)
        top = fmax(top, fabs(w[i]));
    for (size_t i = 0; i < lp->rows; i++) {
        bool barred = agl__lp_barred(lp, lp->basis[i]);
        if (!(w[i] > PIVOT_TOLERANCE * top) && !(barred && w[i] < -PIVOT_TOLERANCE * top)) continue;
        double ratio = barred ? 0 : fmax(lp->x[i], 0) / w[i], slack = 1e-13 * fmax(fabs(best), fabs(ratio));
        bool tie = chosen != SIZE_MAX && fabs(ratio - best) <= slack;
        bool better = chosen == SIZE_MAX || (!tie && ratio < best);
        if (tie) better = lp->bland ? lp->basis[i] < lp->basis[chosen] : fabs(w[i]) > fabs(w[chosen]);
        if (better) chosen = i, best = ratio;
    }
    return chosen;
}

/** y after a change of basis: c_B' inverse. */
static void prices(agl_lp *lp) {
    for (size_t r = 0; r < lp->rows; r++)
        lp->y[r] = 0;
    for (size_t i = 0; i < lp->rows; i++) {
        double c = agl__lp_cost(lp, lp->basis[i]);
        for (size_t r = 0; c != 0 && r < lp->rows; r++)
            lp->y[r] += c * lp->inverse[i][r];
    }
}

agl_lp_end agl__lp_primal(agl_lp *lp) {
    size_t limit = 400 + 40 * lp->rows, stall = 20 + 3 * lp->rows, idle = 0;
    bool bland = lp->bland;
    agl_lp_end end = AGL__LP_STALLED;
    if (!agl__lp_factor(lp)) return AGL__LP_STALLED;
    for (size_t pivots = 0; pivots < limit; pivots++) {
        if (pivots % REFACTOR == REFACTOR - 1 && !agl__lp_factor(lp)) break;
        price(lp);
        size_t q = choose_column(lp);
        if (q == SIZE_MAX) {
            end = AGL__LP_OPTIMAL;
            break;
        }
        double w[R];
        agl__lp_direction(w, lp, agl__lp_at(lp, q));
        size_t r = choose_row(lp, w);
        if (r == SIZE_MAX) {
            end = AGL__LP_UNBOUNDED;
            break;
        }
        double step = lp->x[r] / w[r];
        idle = step > 1e-14 * agl__lp_magnitude(lp, r) ? 0 : idle + 1;
        if (idle > stall) lp->bland = true;
        agl__lp_pivot(lp, r, agl__lp_at(lp, q), w);
        prices(lp);
    }
    lp->bland = bland;
    if (end == AGL__LP_OPTIMAL && !agl__lp_factor(lp)) end = AGL__LP_STALLED;
    return end;
}

void agl__lp_close(uint8_t *closed, agl_lp *lp) {
    price(lp);
    for (size_t j = 0; j < lp->n + lp->locals; j++)
        closed[j] = lp->reduced[j] > 1e-9 * lp->row[j];
    for (size_t i = 0; i < lp->rows; i++) {
        agl_lp_column c = lp->basis[i];
        closed[c >= 0 ? (size_t)c : lp->n + (size_t)(-1 - c)] = 0;
    }
}

#include "kernel/allocate/lp.h"

#include <math.h>
#include <string.h>

enum { R = AGL__LP_ROWS, REFACTOR = 40 };

#define PIVOT_TOLERANCE    1e-11
#define FEASIBLE_TOLERANCE 1e-13
#define NOISE              1e-10

/** How far x[i] is outside its bounds (an artificial's are 0 and 0), 0 when within rounding. */
static double violation(const agl_lp *lp, size_t i) {
    double out = agl__lp_barred(lp, lp->basis[i]) ? fabs(lp->x[i]) : -lp->x[i];
    if (!(out > 0)) return 0;
    return out > FEASIBLE_TOLERANCE * agl__lp_magnitude(lp, i) ? out : 0;
}

/** The row with the largest violation for the length of its row of the inverse (dual steepest edge; exact
 * lengths are cheap with few rows); by Bland's rule the one with the smallest column. SIZE_MAX when feasible.
 */
static size_t leaving(const agl_lp *lp, uint32_t noise) {
    double best = 0;
    size_t chosen = SIZE_MAX;
    for (size_t i = 0; i < lp->rows; i++) {
        double out = violation(lp, i), length = 0;
        if (out == 0 || (noise >> i & 1)) continue;
        for (size_t r = 0; r < lp->rows; r++)
            length += lp->inverse[i][r] * lp->inverse[i][r];
        double gain = out * out / length;
        bool better = lp->bland && chosen != SIZE_MAX ? lp->basis[i] < lp->basis[chosen] : gain > best;
        if (chosen == SIZE_MAX || better) chosen = i, best = gain;
    }
    return chosen;
}

/** ratio_j = d_j / -a_j where a_j is negative enough, infinite elsewhere. Written without branches and
 * without a division by zero, so that the compiler can use vector instructions: this and the update below are
 * where the time goes. */
static void ratios(double *restrict ratio, const double *restrict a, const double *restrict d, size_t n,
                   double tolerance) {
    for (size_t j = 0; j < n; j++) {
        double above = a[j] < -tolerance ? d[j] : INFINITY, below = a[j] < -tolerance ? -a[j] : 1;
        ratio[j] = above / below;
    }
}

/** Among columns with a negative entry in the pivot row the one whose reduced cost reaches zero first; of
 * equals the largest entry, by Bland's rule the first. SIZE_MAX = none: the row cannot be satisfied. */
static size_t entering(const agl_lp *lp, double tolerance) {
    size_t all = lp->n + lp->locals, chosen = SIZE_MAX;
    ratios(lp->ratio, lp->row, lp->reduced, all, tolerance);
    for (size_t k = 0; k < lp->locals; k++)
        if (lp->barred[k]) lp->ratio[lp->n + k] = INFINITY;
    double best = agl__lp_smallest(lp->ratio, all), limit = best + 1e-13 * best + 1e-300;
    for (size_t j = 0; best < INFINITY && j < all; j++) {
        if (!(lp->ratio[j] <= limit)) continue;
        if (lp->bland) return j;
        if (chosen == SIZE_MAX || lp->row[j] < lp->row[chosen]) chosen = j;
    }
    return chosen;
}

/** d_j + step a_j, not below zero. */
static void shift(double *restrict d, const double *restrict a, size_t n, double step) {
    for (size_t j = 0; j < n; j++) {
        double moved = d[j] + step * a[j];
        d[j] = moved > 0 ? moved : 0;
    }
}

/** Reduced costs of the basis; what is negative by rounding or by a warm start counts as zero until the
 * primal simplex looks again. */
static void reduced_costs(agl_lp *lp) {
    size_t n = lp->n, all = n + lp->locals;
    double *d = lp->reduced;
    agl__lp_times(d, lp, lp->y);
    for (size_t j = 0; j < n; j++)
        d[j] = (lp->block_cost ? lp->block_cost[j] : 0) - d[j];
    for (size_t k = 0; k < lp->locals; k++)
        d[n + k] = lp->local_cost[k] - d[n + k];
    for (size_t j = 0; j < all; j++)
        d[j] = d[j] > 0 ? d[j] : 0;
}

/** Pivots until feasible (AGL__LP_OPTIMAL), infeasible or stalled. */
static agl_lp_end iterate(agl_lp *lp) {
    size_t limit = 200 + 40 * lp->rows, before_bland = 40 + 4 * lp->rows;
    bool bland = lp->bland;
    uint32_t noise = 0; /* rows whose violation is no more than rounding, as nothing can reduce it */
    agl_lp_end end = AGL__LP_STALLED;
    reduced_costs(lp);
    for (size_t pivots = 0; pivots < limit; pivots++) {
        if (pivots > before_bland) lp->bland = true;
        if (pivots % REFACTOR == REFACTOR - 1) {
            if (!agl__lp_factor(lp)) break;
            reduced_costs(lp);
        }
        size_t r = leaving(lp, noise);
        if (r == SIZE_MAX) {
            end = AGL__LP_OPTIMAL;
            break;
        }
        double rho[R], w[R], top = 0, sign = lp->x[r] > 0 ? -1 : 1; /* an artificial above zero comes down */
        for (size_t i = 0; i < lp->rows; i++) {
            rho[i] = sign * lp->inverse[r][i];
            top = fmax(top, fabs(rho[i]));
        }
        agl__lp_times(lp->row, lp, rho);
        size_t q = entering(lp, PIVOT_TOLERANCE * top);
        if (q == SIZE_MAX && fabs(lp->x[r]) <= NOISE * agl__lp_magnitude(lp, r)) {
            noise |= 1U << r;
            continue;
        }
        if (q == SIZE_MAX) {
            memcpy(lp->ray, rho, sizeof rho);
            end = AGL__LP_INFEASIBLE;
            break;
        }
        agl__lp_direction(w, lp, agl__lp_at(lp, q));
        if (!(fabs(w[r] - sign * lp->row[q]) <= 1e-6 * fabs(w[r]))) break;
        double step = lp->reduced[q] / -lp->row[q];
        if (step > 0) shift(lp->reduced, lp->row, lp->n + lp->locals, step);
        agl__lp_pivot(lp, r, agl__lp_at(lp, q), w);
    }
    lp->bland = bland;
    return end;
}

agl_lp_end agl__lp_dual(agl_lp *lp) {
    lp->closed = NULL;
    if (!agl__lp_factor(lp)) return AGL__LP_STALLED;
    for (int round = 0; round < 4; round++) {
        agl_lp_end end = iterate(lp);
        if (end != AGL__LP_OPTIMAL) return end;
        if (!agl__lp_factor(lp)) return AGL__LP_STALLED;
        if (leaving(lp, 0) == SIZE_MAX)
            return agl__lp_primal(lp); /* optimal at once unless costs were repaired */
    }
    return agl__lp_primal(lp);
}

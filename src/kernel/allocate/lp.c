#include "kernel/allocate/lp.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { R = AGL__LP_ROWS };

agl_status agl__lp_reserve(agl_lp *lp, size_t columns, agl_error *err) {
    size_t need = columns + AGL__LP_LOCALS;
    if (need <= lp->capacity) return AGL_OK;
    agl__lp_free(lp);
    lp->reduced = AGL_NEW(double, need);
    lp->row = AGL_NEW(double, need);
    lp->ratio = AGL_NEW(double, need);
    lp->small = AGL_NEW(double, R *AGL__LP_SMALL);
    lp->small_cost = AGL_NEW(double, AGL__LP_SMALL);
    lp->n_active = 0;
    if (!lp->reduced || !lp->row || !lp->ratio || !lp->small || !lp->small_cost) {
        agl__lp_free(lp);
        return agl_fail_memory(err);
    }
    lp->capacity = need;
    return AGL_OK;
}

void agl__lp_free(agl_lp *lp) {
    free(lp->reduced);
    free(lp->row);
    free(lp->ratio);
    free(lp->small);
    free(lp->small_cost);
    lp->reduced = lp->row = lp->ratio = lp->small = lp->small_cost = NULL;
    lp->capacity = 0;
}

double agl__lp_entry(const agl_lp *lp, size_t row, agl_lp_column c) {
    if (c < 0) return lp->local[row][-1 - c];
    return row < lp->block_rows ? lp->block[row * lp->stride + (size_t)c] : 0;
}

double agl__lp_cost(const agl_lp *lp, agl_lp_column c) {
    if (c < 0) return lp->local_cost[-1 - c];
    return lp->block_cost ? lp->block_cost[c] : 0;
}

double agl__lp_value(const agl_lp *lp, agl_lp_column column) {
    for (size_t i = 0; i < lp->rows; i++)
        if (lp->basis[i] == column) return lp->x[i];
    return 0;
}

void agl__lp_direction(double *w, const agl_lp *lp, agl_lp_column column) {
    double a[R];
    for (size_t r = 0; r < lp->rows; r++)
        a[r] = agl__lp_entry(lp, r, column);
    for (size_t i = 0; i < lp->rows; i++) {
        w[i] = 0;
        for (size_t r = 0; r < lp->rows; r++)
            w[i] += lp->inverse[i][r] * a[r];
    }
}

/** Rows four at a time: one pass over `out` serves four rows of the block. */
void agl__lp_times(double *out, const agl_lp *lp, const double *row) {
    size_t n = lp->n, r = 0;
    memset(out, 0, (n + lp->locals) * sizeof *out);
    for (; r + 4 <= lp->block_rows; r += 4) {
        const double *a = lp->block + r * lp->stride, *b = a + lp->stride, *c = b + lp->stride,
                     *d = c + lp->stride;
        double p = row[r], q = row[r + 1], s = row[r + 2], t = row[r + 3];
        for (size_t j = 0; j < n; j++)
            out[j] += p * a[j] + q * b[j] + s * c[j] + t * d[j];
    }
    for (; r < lp->block_rows; r++) {
        const double *a = lp->block + r * lp->stride;
        double p = row[r];
        for (size_t j = 0; j < n; j++)
            out[j] += p * a[j];
    }
    if (lp->skip < n) out[lp->skip] = 0;
    for (r = 0; r < lp->rows; r++)
        for (size_t k = 0; k < lp->locals; k++)
            out[n + k] += row[r] * lp->local[r][k];
}

/** Gauss-Jordan on [B | I] with the largest pivot of each column. */
static bool invert(agl_lp *lp) {
    size_t rows = lp->rows;
    double b[R][R];
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < rows; i++) {
            b[r][i] = agl__lp_entry(lp, r, lp->basis[i]);
            lp->inverse[r][i] = r == i;
        }
    for (size_t k = 0; k < rows; k++) {
        size_t p = k;
        for (size_t r = k + 1; r < rows; r++)
            if (fabs(b[r][k]) > fabs(b[p][k])) p = r;
        if (!(fabs(b[p][k]) > 1e-14)) return false;
        for (size_t i = 0; i < rows && p != k; i++) {
            double t = b[p][i], u = lp->inverse[p][i];
            b[p][i] = b[k][i], b[k][i] = t;
            lp->inverse[p][i] = lp->inverse[k][i], lp->inverse[k][i] = u;
        }
        double pivot = 1 / b[k][k];
        for (size_t i = 0; i < rows; i++)
            b[k][i] *= pivot, lp->inverse[k][i] *= pivot;
        for (size_t r = 0; r < rows; r++) {
            double f = b[r][k];
            if (r == k || f == 0) continue;
            for (size_t i = 0; i < rows; i++)
                b[r][i] -= f * b[k][i], lp->inverse[r][i] -= f * lp->inverse[k][i];
        }
    }
    return true;
}

bool agl__lp_factor(agl_lp *lp) {
    if (!invert(lp)) return false;
    for (size_t i = 0; i < lp->rows; i++) {
        lp->x[i] = lp->y[i] = 0;
        for (size_t r = 0; r < lp->rows; r++)
            lp->x[i] += lp->inverse[i][r] * lp->rhs[r];
    }
    for (size_t i = 0; i < lp->rows; i++) {
        double c = agl__lp_cost(lp, lp->basis[i]);
        if (c == 0) continue;
        for (size_t r = 0; r < lp->rows; r++)
            lp->y[r] += c * lp->inverse[i][r];
    }
    return true;
}

double agl__lp_magnitude(const agl_lp *lp, size_t row) {
    double sum = 0, longest = 0, top = 0;
    for (size_t r = 0; r < lp->rows; r++) {
        double a = fabs(lp->inverse[row][r]), b = fabs(lp->rhs[r]);
        sum += a * b;
        longest = a > longest ? a : longest;
        top = b > top ? b : top;
    }
    /* A zero of the inverse is one only up to rounding of the row's largest entry. */
    return sum + 0.1 * longest * top;
}

void agl__lp_pivot(agl_lp *lp, size_t row, agl_lp_column enters, const double *w) {
    double pivot = 1 / w[row], *from = lp->inverse[row], step = lp->x[row] * pivot;
    for (size_t r = 0; r < lp->rows; r++)
        from[r] *= pivot;
    for (size_t i = 0; i < lp->rows; i++) {
        if (i == row || w[i] == 0) continue;
        for (size_t r = 0; r < lp->rows; r++)
            lp->inverse[i][r] -= w[i] * from[r];
        lp->x[i] -= w[i] * step;
    }
    lp->x[row] = step;
    lp->basis[row] = enters;
}

/** Four running minima, as one would wait for itself. */
double agl__lp_smallest(const double *v, size_t n) {
    double best[4] = {INFINITY, INFINITY, INFINITY, INFINITY};
    size_t j = 0;
    for (; j + 4 <= n; j += 4)
        for (size_t k = 0; k < 4; k++)
            best[k] = v[j + k] < best[k] ? v[j + k] : best[k];
    for (; j < n; j++)
        best[0] = v[j] < best[0] ? v[j] : best[0];
    return fmin(fmin(best[0], best[1]), fmin(best[2], best[3]));
}

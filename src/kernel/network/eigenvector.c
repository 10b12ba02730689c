/* Largest eigenvector of the adjacency matrix by restarted Lanczos iteration.
 *
 * From a start vector q_1 the space of q_1, A q_1, A^2 q_1, ... is built up to STEPS vectors, kept
 * orthogonal; in it A is a small tridiagonal matrix T = Q' A Q whose largest eigenpair (theta, z) gives x = Q
 * z with residual |A x - theta x| = beta |z_last|, beta the last off-diagonal entry. x is the next start.
 * (Golub and Van Loan, Matrix Computations, ch. 10.) igraph's function was used first and given up: ARPACK's
 * sums depend on the threads of the BLAS behind it, and igraph 0.10.2 crashes when ARPACK does not converge.
 * Power iteration takes hundreds of steps where gaps are small. */
#include "agglo/centrality.h"
#include "base/mem.h"
#include "kernel/graph/graph.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { STEPS = 30, MAX_RESTARTS = 300 };

typedef struct lanczos {
    const agl_graph *g;
    size_t n;
    double *basis; /* (STEPS + 1) x n: the vectors q, one a row */
    double *next;  /* n */
    double alpha[STEPS], beta[STEPS];
} lanczos;

static double dot(const double *x, const double *y, size_t n) {
    double a = 0, b = 0, c = 0, d = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        a += x[i] * y[i];
        b += x[i + 1] * y[i + 1];
        c += x[i + 2] * y[i + 2];
        d += x[i + 3] * y[i + 3];
    }
    for (; i < n; i++)
        a += x[i] * y[i];
    return (a + b) + (c + d);
}

static void subtract(double *x, double factor, const double *y, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] -= factor * y[i];
}

static void multiply(double *y, const agl_graph *g, const double *x) {
    for (int32_t v = 0; v < g->n; v++) {
        double sum = 0;
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            sum += agl__arc_weight(g, a) * x[g->neighbour[a]];
        y[v] = sum;
    }
}

/* Builds the basis from its first row; returns its size, less than STEPS when the space is exhausted. */
static int build(lanczos *l) {
    for (int j = 0; j < STEPS; j++) {
        double *q = l->basis + (size_t)j * l->n;
        multiply(l->next, l->g, q);
        l->alpha[j] = dot(l->next, q, l->n);
        for (int pass = 0; pass < 2; pass++) /* once more for what rounding left */
            for (int i = j; i >= 0; i--) {
                const double *p = l->basis + (size_t)i * l->n;
                subtract(l->next, dot(l->next, p, l->n), p, l->n);
            }
        l->beta[j] = sqrt(dot(l->next, l->next, l->n));
        if (l->beta[j] <= 1e-14 * fabs(l->alpha[0])) return j + 1;
        for (size_t i = 0; i < l->n; i++)
            q[l->n + i] = l->next[i] / l->beta[j];
    }
    return STEPS;
}

/* Replaces the first row of the basis by x = Q z; *residual relative to theta. */
static agl_status restart(lanczos *l, int size, double *residual, agl_error *err) {
    double theta[STEPS], off[STEPS], z[STEPS * STEPS], work[2 * STEPS];
    memcpy(theta, l->alpha, sizeof theta);
    memcpy(off, l->beta, sizeof off);
    if (LAPACKE_dstev_work(LAPACK_COL_MAJOR, 'V', size, theta, off, z, size, work) != 0)
        return agl_fail(err, AGL_ECONV, "the eigenvector did not converge");
    const double *last = z + (size_t)(size - 1) * (size_t)size; /* eigenvalues ascend */
    memset(l->next, 0, l->n * sizeof *l->next);
    for (int j = 0; j < size; j++)
        subtract(l->next, -last[j], l->basis + (size_t)j * l->n, l->n);
    double length = sqrt(dot(l->next, l->next, l->n));
    for (size_t i = 0; i < l->n; i++)
        l->basis[i] = l->next[i] / length;
    *residual = l->beta[size - 1] * fabs(last[size - 1]) / theta[size - 1];
    return AGL_OK;
}

/* The eigenvector has one sign (Perron and Frobenius); what is left of other components is rounding. */
static void finish(double *eigenvector, const double *x, size_t n, bool max_one) {
    double largest = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        largest = fmax(largest, fabs(x[i]));
    }
    double sign = sum < 0 ? -1 : 1;
    for (size_t i = 0; i < n; i++) {
        double value = sign * x[i] / (max_one ? largest : 1);
        eigenvector[i] = sign * x[i] > 1e-15 * largest ? value : 0;
    }
}

/* From the strengths: a good guess, and positive, so never orthogonal to what is sought. */
static agl_status iterate(lanczos *l, const agl_ctx *ctx, agl_error *err) {
    agl__strength(l->basis, l->g);
    double length = sqrt(dot(l->basis, l->basis, l->n)), residual = INFINITY;
    for (size_t i = 0; i < l->n; i++)
        l->basis[i] /= length;
    for (int i = 0; residual > 1e-14; i++) {
        if (agl_cancelled(ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        if (i == MAX_RESTARTS)
            return agl_fail(err, AGL_ECONV, "the eigenvector did not converge; leave it out with --skip");
        agl_status status = restart(l, build(l), &residual, err);
        if (status != AGL_OK) return status;
    }
    return AGL_OK;
}

agl_status agl_eigenvector(double *eigenvector, const agl_graph *graph, bool max_one, const agl_ctx *ctx,
                           agl_error *err) {
    if (graph->directed)
        return agl_fail(err, AGL_EDATA,
                        "eigenvector centrality needs undirected ties: make the graph undirected first");
    size_t n = (size_t)graph->n;
    for (size_t v = 0; graph->arcs == 0 && v < n; v++)
        eigenvector[v] = NAN;
    if (graph->arcs == 0) return AGL_OK;
    lanczos l = {.g = graph, .n = n, .basis = AGL_NEW(double, (STEPS + 1) * n), .next = AGL_NEW(double, n)};
    agl_status status = l.basis && l.next ? iterate(&l, ctx, err) : agl_fail_memory(err);
    if (status == AGL_OK) finish(eigenvector, l.basis, n, max_one);
    free(l.basis);
    free(l.next);
    return status;
}

#include "kernel/network/logistic.h"

#include "base/mem.h"
#include "base/parallel.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { TASKS = 64, STEPS = 50, MOST = 64 };

typedef struct problem {
    const double *x, *w, *beta;
    const uint8_t *y;
    size_t n, q;
    bool derivatives;
    double *value; /* TASKS */
    double *slope; /* TASKS x (q + 1) */
    double *curve; /* TASKS x (q + 1)^2, lower triangle */
} problem;

/* One row: adds to the value, the gradient sum w (y - p) x and the information sum w p (1 - p) x x'. */
static void add_row(problem *f, size_t task, size_t r) {
    size_t m = f->q + 1;
    double z[MOST], eta = f->beta[0];
    z[0] = 1;
    memcpy(z + 1, f->x + r * f->q, f->q * sizeof *z);
    for (size_t k = 1; k < m; k++)
        eta += f->beta[k] * z[k];
    /* ln(1 + exp eta) without overflow */
    f->value[task] += f->w[r] * (f->y[r] * eta - (fmax(eta, 0) + log1p(exp(-fabs(eta)))));
    if (!f->derivatives) return;
    double p = 1 / (1 + exp(-eta)), g = f->w[r] * (f->y[r] - p), h = f->w[r] * p * (1 - p);
    double *slope = f->slope + task * m, *curve = f->curve + task * m * m;
    for (size_t k = 0; k < m; k++) {
        slope[k] += g * z[k];
        double hz = h * z[k];
        for (size_t l = 0; l <= k; l++)
            curve[k * m + l] += hz * z[l];
    }
}

static agl_status add_rows(void *arg, size_t task, int worker, agl_error *err) {
    problem *f = arg;
    (void)worker;
    (void)err;
    for (size_t r = f->n * task / TASKS; r < f->n * (task + 1) / TASKS; r++)
        add_row(f, task, r);
    return AGL_OK;
}

/* Penalised value at beta; with derivatives also slope and curve of task 0, which receive the sums. */
static agl_status evaluate(problem *f, double *value, const double *beta, double ridge, bool derivatives,
                           const agl_ctx *ctx, agl_error *err) {
    size_t m = f->q + 1;
    f->beta = beta;
    f->derivatives = derivatives;
    memset(f->value, 0, TASKS * sizeof *f->value);
    if (derivatives) {
        memset(f->slope, 0, TASKS * m * sizeof *f->slope);
        memset(f->curve, 0, TASKS * m * m * sizeof *f->curve);
    }
    agl_status status = agl__parallel(TASKS, add_rows, f, NULL, ctx, err);
    if (status != AGL_OK) return status;
    *value = 0;
    for (size_t t = 0; t < TASKS; t++)
        *value += f->value[t];
    for (size_t k = 1; k < m; k++)
        *value -= 0.5 * ridge * beta[k] * beta[k];
    if (!derivatives) return AGL_OK;
    for (size_t t = 1; t < TASKS; t++) {
        for (size_t k = 0; k < m; k++)
            f->slope[k] += f->slope[t * m + k];
        for (size_t k = 0; k < m * m; k++)
            f->curve[k] += f->curve[t * m * m + k];
    }
    for (size_t k = 1; k < m; k++) {
        f->slope[k] -= ridge * beta[k];
        f->curve[k * m + k] += ridge;
    }
    return AGL_OK;
}

/* Moves beta along the step while halving it until the value does not fall; *gain receives the rise. */
static agl_status advance(problem *f, double *beta, double *trial, double *value, double *gain, double ridge,
                          const agl_ctx *ctx, agl_error *err) {
    size_t m = f->q + 1;
    double *step = f->slope, size = 1, reached = -INFINITY;
    for (int halving = 0; halving < 40; halving++, size /= 2) {
        for (size_t k = 0; k < m; k++)
            trial[k] = beta[k] + size * step[k];
        agl_status status = evaluate(f, &reached, trial, ridge, false, ctx, err);
        if (status != AGL_OK) return status;
        if (reached >= *value) break;
    }
    *gain = reached - *value;
    if (!(*gain >= 0))
        *gain = 0;
    else
        memcpy(beta, trial, m * sizeof *beta);
    return AGL_OK;
}

agl_status agl__logistic(double *beta, const double *x, size_t n, size_t q, const uint8_t *y, const double *w,
                         double ridge, const agl_ctx *ctx, agl_error *err) {
    size_t m = q + 1;
    if (m > MOST)
        return agl_fail(err, AGL_EINTERNAL, "a logistic regression on %zu features; %d are the most", q,
                        MOST);
    problem f = {.x = x, .w = w, .y = y, .n = n, .q = q, .value = AGL_NEW(double, TASKS)};
    f.slope = AGL_NEW(double, TASKS *m);
    f.curve = AGL_NEW(double, TASKS *m *m);
    double *trial = AGL_NEW(double, m), value = 0, gain = INFINITY;
    agl_status status = f.value && f.slope && f.curve && trial ? AGL_OK : agl_fail_memory(err);
    int step = 0;
    for (; status == AGL_OK && gain > 1e-9 * fabs(value) && step < STEPS; step++) {
        status = evaluate(&f, &value, beta, ridge, true, ctx, err);
        if (status != AGL_OK) break;
        /* Newton step: curve^-1 slope; a jitter keeps the constant solvable when every weight is tiny */
        f.curve[0] += 1e-12 * (1 + f.curve[0]);
        if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'L', (lapack_int)m, 1, f.curve, (lapack_int)m, f.slope, 1) != 0)
            status = agl_fail(err, AGL_ECONV, "the logistic regression has a singular information matrix");
        if (status == AGL_OK) status = advance(&f, beta, trial, &value, &gain, ridge, ctx, err);
    }
    if (status == AGL_OK && step == STEPS && gain > 1e-6 * fabs(value))
        status = agl_fail(err, AGL_ECONV, "the logistic regression did not settle in %d steps", STEPS);
    free(f.value);
    free(f.slope);
    free(f.curve);
    free(trial);
    return status;
}

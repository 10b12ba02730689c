#include "kernel/allocate/panel.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#define D         AGL_TFP_MOST_INPUTS
#define SAME      1e-3 /* coefficients closer than this are one minimum */
#define MOST_MOVE 400  /* steps of the simplex for each coefficient */

typedef struct simplex {
    double x[D + 1][D], f[D + 1];
    size_t d, worst, best, second;
} simplex;

static void rank(simplex *s) {
    s->best = s->worst = 0;
    for (size_t i = 1; i <= s->d; i++) {
        if (s->f[i] < s->f[s->best]) s->best = i;
        if (s->f[i] > s->f[s->worst]) s->worst = i;
    }
    s->second = s->best;
    for (size_t i = 0; i <= s->d; i++)
        if (i != s->worst && s->f[i] > s->f[s->second]) s->second = i;
}

/** Value at centre + t (worst - centre); the point replaces the worst when it is better than that. */
static double try_point(simplex *s, double t, agl_criterion_fn f, void *arg) {
    double point[D];
    for (size_t j = 0; j < s->d; j++) {
        double centre = 0;
        for (size_t i = 0; i <= s->d; i++)
            if (i != s->worst) centre += s->x[i][j];
        centre /= (double)s->d;
        point[j] = centre + t * (s->x[s->worst][j] - centre);
    }
    double value = f(NULL, point, arg);
    if (value < s->f[s->worst]) {
        memcpy(s->x[s->worst], point, s->d * sizeof *point);
        s->f[s->worst] = value;
    }
    return value;
}

static double width(const simplex *s) {
    double most = 0;
    for (size_t i = 0; i <= s->d; i++)
        for (size_t j = 0; j < s->d; j++)
            most = fmax(most, fabs(s->x[i][j] - s->x[s->best][j]));
    return most;
}

static void shrink(simplex *s, agl_criterion_fn f, void *arg) {
    for (size_t i = 0; i <= s->d; i++) {
        if (i == s->best) continue;
        for (size_t j = 0; j < s->d; j++)
            s->x[i][j] = 0.5 * (s->x[i][j] + s->x[s->best][j]);
        s->f[i] = f(NULL, s->x[i], arg);
    }
}

/** One run of Nelder and Mead 1965; x becomes the best corner. GSL's version was weighed: its error handler
 * ends the program. */
static double descend(double *x, size_t d, double step, agl_criterion_fn f, void *arg) {
    simplex s = {.d = d};
    for (size_t i = 0; i <= d; i++) {
        memcpy(s.x[i], x, d * sizeof *x);
        if (i > 0) s.x[i][i - 1] += step;
        s.f[i] = f(NULL, s.x[i], arg);
    }
    rank(&s);
    for (size_t move = 0; move < MOST_MOVE * d && width(&s) > 1e-9; move++) {
        double worst = s.f[s.worst], value = try_point(&s, -1, f, arg);
        if (value < s.f[s.best])
            try_point(&s, 2, f,
                      arg); /* the reflected point is now the worst corner's place: go on in its direction */
        else if (value >= s.f[s.second] && try_point(&s, 0.5, f, arg) >= fmin(worst, value))
            shrink(&s, f, arg);
        rank(&s);
    }
    memcpy(x, s.x[s.best], d * sizeof *x);
    return s.f[s.best];
}

double agl__simplex(double *x, size_t d, double step, agl_criterion_fn f, void *arg) {
    double value = descend(x, d, step, f, arg);
    for (int again = 0; again < 5; again++) { /* a flat simplex may stand where there is no minimum */
        double old = value, at[D];
        memcpy(at, x, d * sizeof *x);
        step *= 0.3;
        value = descend(x, d, step, f, arg);
        double moved = 0;
        for (size_t j = 0; j < d; j++)
            moved = fmax(moved, fabs(x[j] - at[j]));
        if (!(value < old) || moved < 1e-7) break;
    }
    return value;
}

/** Columns (m(x + h e_j) - m(x - h e_j)) / 2h of the Jacobian, column-major. */
static void jacobian(double *a, const double *x, size_t d, agl_criterion_fn f, void *arg) {
    for (size_t j = 0; j < d; j++) {
        double point[D], up[D], down[D], h = 1e-5;
        memcpy(point, x, d * sizeof *x);
        point[j] = x[j] + h;
        f(up, point, arg);
        point[j] = x[j] - h;
        f(down, point, arg);
        for (size_t i = 0; i < d; i++)
            a[j * d + i] = (up[i] - down[i]) / (2 * h);
    }
}

double agl__newton(double *x, size_t d, agl_criterion_fn f, void *arg) {
    double m[D], value = f(m, x, arg);
    for (int step = 0; step < 20 && value > 0; step++) {
        double a[D * D], point[D], t = 1, next = AGL__FAR;
        lapack_int pivot[D];
        jacobian(a, x, d, f, arg);
        if (LAPACKE_dgesv_work(LAPACK_COL_MAJOR, (lapack_int)d, 1, a, (lapack_int)d, pivot, m,
                               (lapack_int)d) != 0)
            break;
        for (int half = 0; half < 8 && next >= value; half++, t *= 0.5) {
            for (size_t j = 0; j < d; j++)
                point[j] = x[j] - t * m[j];
            next = f(NULL, point, arg);
        }
        if (!(next < value)) break;
        memcpy(x, point, d * sizeof *x);
        value = f(m, x, arg);
    }
    return value;
}

/** Adds a minimum, or counts a start to the one that stands there; keeps them in ascending order. */
static void note(agl_tfp *out, const agl_tfp_minimum *found, size_t first, size_t d) {
    for (size_t k = 0; k < out->n_minima; k++) {
        double apart = 0;
        for (size_t j = first; j < first + d; j++)
            apart = fmax(apart, fabs(out->minima[k].coefficient[j] - found->coefficient[j]));
        if (apart > SAME) continue;
        size_t starts = out->minima[k].starts + 1;
        if (found->criterion < out->minima[k].criterion) out->minima[k] = *found;
        out->minima[k].starts = starts;
        return;
    }
    if (out->n_minima == AGL_TFP_MOST_MINIMA) {
        if (found->criterion >= out->minima[out->n_minima - 1].criterion) return;
        out->n_minima--;
    }
    size_t at = out->n_minima++;
    for (; at > 0 && out->minima[at - 1].criterion > found->criterion; at--)
        out->minima[at] = out->minima[at - 1];
    out->minima[at] = *found;
}

agl_status agl__search_minima(agl_tfp *out, size_t first, size_t d, const double *known, const double *start,
                              bool newton, agl_criterion_fn f, void *arg, const agl_ctx *ctx,
                              agl_error *err) {
    static const double grid[] = {0.1, 0.4, 0.8};
    size_t points = d > 0, tried = 0;
    for (size_t j = 0; j < d; j++)
        points *= 3;
    out->n_minima = out->chosen = 0;
    for (size_t k = 0; k <= (start ? 0 : points);
         k++) { /* the first start is `start`, or OLS as it stands in `known` */
        agl_tfp_minimum m = {.starts = 1};
        memcpy(m.coefficient, known, sizeof m.coefficient);
        for (size_t j = 0, digits = k - 1; k > 0 && j < d; j++, digits /= 3)
            m.coefficient[first + j] = grid[digits % 3];
        if (start) memcpy(m.coefficient + first, start + first, d * sizeof *start);
        m.criterion = agl__simplex(m.coefficient + first, d, start ? 0.03 : 0.1, f, arg);
        if (newton) m.criterion = agl__newton(m.coefficient + first, d, f, arg);
        if (m.criterion < AGL__FAR) note(out, &m, first, d);
        tried++;
        if (agl_cancelled(ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    if (out->n_minima == 0)
        return agl_fail(err, AGL_ECONV, "the second stage has no minimum from any of %zu starting values",
                        tried);
    return AGL_OK;
}

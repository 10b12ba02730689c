/* Gross output after Gandhi, Navarro and Rivers 2020: the first-order condition for materials makes their
 * share in revenue reveal their elasticity, which no proxy does (their section 3). */
#include "base/mem.h"
#include "kernel/allocate/lsq.h"
#include "kernel/allocate/panel.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#define D     AGL_TFP_MOST_INPUTS
#define TERMS (1 + D + D * (D + 1) / 2) /* 1, the inputs, their squares and products */
enum { STEPS = 100, STARTS = 3 };
#define SOLVED 1e-16 /* of the sum of squared moments */

/** Polynomials of the standardised inputs, materials last; q other inputs come before them. The inputs other
 * than materials are known before omega is: labour counts as fixed here, too. */
typedef struct gnr {
    agl_panel_work *w;
    size_t d, q;           /* inputs; inputs without materials */
    size_t terms, own;     /* of all inputs, with the constant; of the q, without */
    double mean[D], sd[D]; /* standardisation */
    double *v;             /* n x d: standardised inputs, materials last */
    double *eps;           /* n: error of the share regression */
    double *integral;      /* n: integral of the elasticity over ln materials */
    double gamma[TERMS], mean_share_error;
    double *t; /* n x own: terms of C */
    double *y; /* n: output - eps - integral = -C + omega */
    double *z; /* pairs x own: instruments, whitened */
} gnr;

static void gnr_free(gnr *g) {
    free(g->v);
    free(g->eps);
    free(g->integral);
    free(g->t);
    free(g->y);
    free(g->z);
}

/** Place of column j of the standardised inputs among the inputs of the panel: materials are the last free
 * one. */
static size_t input_of(const agl_firm_panel *p, size_t j) {
    size_t m = p->n_free - 1;
    return j + 1 == agl__panel_inputs(p) ? m : j < m ? j : j + 1;
}

static agl_status standardise(gnr *g, agl_error *err) {
    const agl_firm_panel *p = g->w->p;
    size_t n = p->n, d = g->d;
    for (size_t j = 0; j < d; j++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < n; i++)
            mean += p->inputs[i * d + input_of(p, j)] / (double)n;
        for (size_t i = 0; i < n; i++)
            square += pow(p->inputs[i * d + input_of(p, j)] - mean, 2);
        g->mean[j] = mean;
        g->sd[j] = sqrt(square / (double)n);
        if (!(g->sd[j] > 1e-12 * (1 + fabs(mean))))
            return agl_fail(err, AGL_EDATA, "an input does not vary; leave it out");
        for (size_t i = 0; i < n; i++)
            g->v[i * d + j] = (p->inputs[i * d + input_of(p, j)] - mean) / g->sd[j];
    }
    return AGL_OK;
}

static agl_status gnr_new(gnr *g, agl_panel_work *w, agl_error *err) {
    size_t n = w->p->n, d = agl__panel_inputs(w->p), q = d - 1;
    *g = (gnr){.w = w, .d = d, .q = q, .terms = 1 + d + d * (d + 1) / 2, .own = q + q * (q + 1) / 2};
    g->v = AGL_NEW(double, n *d);
    g->eps = AGL_NEW(double, n);
    g->integral = AGL_NEW(double, n);
    g->t = AGL_NEW(double, n * g->own);
    g->y = AGL_NEW(double, n);
    g->z = AGL_NEW(double, w->n_pairs * g->own);
    if (!g->v || !g->eps || !g->integral || !g->t || !g->y || !g->z) return agl_fail_memory(err);
    if (w->n_pairs < 10 * (g->own + 4))
        return agl_fail(err, AGL_EDATA,
                        "%zu firm-years have the year before, %zu are needed; the method needs firms in "
                        "consecutive years",
                        w->n_pairs, 10 * (g->own + 4));
    return standardise(g, err);
}

static double polynomial(const double *gamma, const gnr *g, size_t i, double *x) {
    double sum = 0;
    x[0] = 1;
    agl__poly_terms(x + 1, g->v + i * g->d, g->d);
    for (size_t k = 0; k < g->terms; k++)
        sum += gamma[k] * x[k];
    return sum;
}

/** Sum of (ln share - ln polynomial)^2; infinite where the polynomial is not positive for a row. */
static double share_loss(const double *gamma, const gnr *g) {
    double x[TERMS], sum = 0;
    for (size_t i = 0; i < g->w->p->n; i++) {
        double fit = polynomial(gamma, g, i, x);
        if (!(fit > 0)) return INFINITY;
        double r = g->w->p->proxy[i] - log(fit);
        sum += r * r;
    }
    return sum;
}

/** One Gauss-Newton step: regression of the residuals on x / polynomial. */
static agl_status gauss_newton(double *step, const double *gamma, const gnr *g, agl_error *err) {
    double x[TERMS];
    agl_lsq s;
    agl_status status = agl__lsq_new(&s, g->terms + 1, err);
    for (size_t i = 0; i < g->w->p->n && status == AGL_OK; i++) {
        double *row = agl__lsq_row(&s), fit = polynomial(gamma, g, i, x);
        for (size_t k = 0; k < g->terms; k++)
            row[k] = x[k] / fit;
        row[g->terms] = g->w->p->proxy[i] - log(fit);
        agl__lsq_push(&s);
    }
    if (status == AGL_OK && !agl__lsq_solve(step, &s, g->terms))
        status = agl_fail(err, AGL_EDATA,
                          "the inputs, their squares and products are collinear, or there are fewer "
                          "firm-years than terms; leave out an input that hardly varies");
    agl__lsq_free(&s);
    return status;
}

/** ln share = ln(E gamma(l, k, m)) - eps by nonlinear least squares, E = mean exp(eps). The start is a
 * constant, at which the polynomial is positive everywhere. */
static agl_status share_regression(gnr *g, agl_error *err) {
    size_t n = g->w->p->n;
    double at[TERMS] = {0}, next[TERMS], step[TERMS], x[TERMS], mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += g->w->p->proxy[i] / (double)n;
    at[0] = exp(mean);
    double loss = share_loss(at, g), gain = INFINITY;
    for (int k = 0; k < STEPS && gain > 1e-13 * loss; k++) {
        agl_status status = gauss_newton(step, at, g, err);
        if (status != AGL_OK) return status;
        double length = 1, after = INFINITY;
        for (int half = 0; half < 30 && !(after < loss); half++, length *= 0.5) {
            for (size_t j = 0; j < g->terms; j++)
                next[j] = at[j] + length * step[j];
            after = share_loss(next, g);
        }
        gain = after < loss ? loss - after : 0;
        if (gain > 0) memcpy(at, next, sizeof at), loss = after;
    }
    g->mean_share_error = 0;
    for (size_t i = 0; i < n; i++) {
        g->eps[i] = log(polynomial(at, g, i, x)) - g->w->p->proxy[i];
        g->mean_share_error += exp(g->eps[i]) / (double)n;
    }
    for (size_t j = 0; j < g->terms; j++)
        g->gamma[j] = at[j] / g->mean_share_error;
    return AGL_OK;
}

/** Integral over ln materials of the elasticity, from their mean. With a = elasticity without the terms of u
 * = (m - mean) / sd, b = factor of u and c of u^2: sd (a u + b u^2 / 2 + c u^3 / 3). Constants of integration
 * are part of C. `slope` receives its derivatives by the standardised inputs other than materials. */
static double integrate(double *slope, const gnr *g, size_t i) {
    const double *v = g->v + i * g->d, *coefficient = g->gamma + 1 + g->d;
    double u = v[g->q], sd = g->sd[g->q], a = g->gamma[0], b = g->gamma[g->d], c = 0;
    for (size_t j = 0; j < g->q; j++)
        slope[j] = g->gamma[1 + j] * u;
    for (size_t j = 0; j < g->q; j++)
        a += g->gamma[1 + j] * v[j];
    for (size_t j = 0, k = 0; j < g->d; j++)
        for (size_t h = j; h < g->d; h++, k++) {
            if (j == g->q) {
                c = coefficient[k];
            } else if (h == g->q) {
                b += coefficient[k] * v[j];
                slope[j] += coefficient[k] * u * u / 2;
            } else {
                a += coefficient[k] * v[j] * v[h];
                slope[j] += coefficient[k] * v[h] * u;
                slope[h] += coefficient[k] * v[j] * u;
            }
        }
    for (size_t j = 0; j < g->q; j++)
        slope[j] *= sd;
    return sd * u * (a + u * (b / 2 + u * c / 3));
}

/* ---- second stage: -C(l, k) and the Markov process of omega ---- */

/** Terms of C, and the instruments: the terms of the same year, whitened so that Z'Z / n = I. */
static agl_status second_stage_data(gnr *g, agl_error *err) {
    const agl_firm_panel *p = g->w->p;
    size_t s = g->own, pairs = g->w->n_pairs, at = 0;
    double slope[D], weight[TERMS * TERMS] = {0};
    for (size_t i = 0; i < p->n; i++) {
        g->integral[i] = integrate(slope, g, i);
        g->y[i] = p->output[i] - g->eps[i] - g->integral[i];
        agl__poly_terms(g->t + i * s, g->v + i * g->d, g->q);
        if (g->w->lag[i] >= 0) memcpy(g->z + s * at++, g->t + i * s, s * sizeof(double));
    }
    for (size_t k = 0; k < pairs; k++)
        for (size_t a = 0; a < s; a++)
            for (size_t b = 0; b <= a; b++)
                weight[a * s + b] += g->z[k * s + a] * g->z[k * s + b] / (double)pairs;
    if (LAPACKE_dpotrf_work(LAPACK_ROW_MAJOR, 'L', (lapack_int)s, weight, (lapack_int)s) != 0)
        return agl_fail(err, AGL_EDATA, "the inputs, their squares and products are collinear");
    for (size_t k = 0; k < pairs; k++) {
        double *z = g->z + k * s;
        for (size_t a = 0; a < s; a++) {
            for (size_t b = 0; b < a; b++)
                z[a] -= weight[a * s + b] * z[b];
            z[a] /= weight[a * s + a];
        }
    }
    return AGL_OK;
}

static double omega_of(const gnr *g, const double *alpha, size_t i) {
    double omega = g->y[i];
    for (size_t k = 0; k < g->own; k++)
        omega += alpha[k] * g->t[i * g->own + k];
    return omega;
}

/** Moments Z'xi / n of omega = y + alpha t, xi = omega - g(omega_-1); returns the sum of their squares. */
static double moments(double *m, const double *alpha, const gnr *g) {
    agl_panel_work *w = g->w;
    size_t s = g->own, n = w->n_pairs, at = 0;
    double sum = 0;
    for (size_t i = 0; i < w->p->n; i++) {
        if (w->lag[i] < 0) continue;
        w->omega[at] = omega_of(g, alpha, i);
        w->before[at++] = omega_of(g, alpha, (size_t)w->lag[i]);
    }
    if (!agl__markov(w->xi, w->omega, w->omega, w->before, n)) return AGL__FAR;
    memset(m, 0, s * sizeof *m);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < s; k++)
            m[k] += g->z[i * s + k] * w->xi[i] / (double)n;
    for (size_t k = 0; k < s; k++)
        sum += m[k] * m[k];
    return isfinite(sum) ? sum : AGL__FAR;
}

/** Newton's method with step halving on the moments, of which there are as many as coefficients. */
static double newton(double *alpha, const gnr *g, const agl_ctx *ctx) {
    size_t s = g->own;
    double m[TERMS], up[TERMS], down[TERMS], point[TERMS], a[TERMS * TERMS], value = moments(m, alpha, g);
    lapack_int pivot[TERMS];
    for (int step = 0; step < 50 && value > 1e-24 && !agl_cancelled(ctx); step++) {
        for (size_t j = 0; j < s; j++) {
            double h = 1e-5;
            memcpy(point, alpha, s * sizeof *point);
            point[j] = alpha[j] + h;
            double far = moments(up, point, g);
            point[j] = alpha[j] - h;
            if (fmax(far, moments(down, point, g)) >= AGL__FAR) return value;
            for (size_t i = 0; i < s; i++)
                a[j * s + i] = (up[i] - down[i]) / (2 * h);
        }
        if (LAPACKE_dgesv_work(LAPACK_COL_MAJOR, (lapack_int)s, 1, a, (lapack_int)s, pivot, m, (lapack_int)s))
            break;
        double length = 1, next = AGL__FAR;
        for (int half = 0; half < 20 && !(next < value); half++, length *= 0.5) {
            for (size_t j = 0; j < s; j++)
                point[j] = alpha[j] - length * m[j];
            next = moments(up, point, g);
        }
        if (!(next < value)) break;
        memcpy(alpha, point, s * sizeof *point);
        value = moments(m, alpha, g);
    }
    return value;
}

/** alpha of y = const - alpha t from levels, or from y_t - share y_t-1: where Newton's method starts. */
static agl_status start_at(double *alpha, const gnr *g, double share, agl_error *err) {
    size_t s = g->own;
    double b[TERMS + 1];
    agl_lsq l;
    agl_status status = agl__lsq_new(&l, s + 2, err);
    for (size_t i = 0; i < g->w->p->n && status == AGL_OK; i++) {
        if (g->w->lag[i] < 0) continue;
        size_t before = (size_t)g->w->lag[i];
        double *row = agl__lsq_row(&l);
        row[0] = 1;
        for (size_t k = 0; k < s; k++)
            row[1 + k] = -g->t[i * s + k] + share * g->t[before * s + k];
        row[s + 1] = g->y[i] - share * g->y[before];
        agl__lsq_push(&l);
    }
    if (status == AGL_OK && !agl__lsq_solve(b, &l, s + 1))
        status = agl_fail(err, AGL_EDATA, "the inputs, their squares and products are collinear over time");
    if (status == AGL_OK) memcpy(alpha, b + 1, s * sizeof *b);
    agl__lsq_free(&l);
    return status;
}

/** Mean elasticities: of materials the polynomial itself, of the others the derivative of the integral and of
 * -C. */
static void elasticities(double *coefficient, const gnr *g, const double *alpha) {
    const agl_firm_panel *p = g->w->p;
    double x[TERMS], slope[D];
    memset(coefficient, 0, D * sizeof *coefficient);
    for (size_t i = 0; i < p->n; i++) {
        const double *v = g->v + i * g->d;
        integrate(slope, g, i);
        for (size_t j = 0; j < g->q; j++)
            slope[j] -= alpha[j];
        for (size_t j = 0, k = g->q; j < g->q; j++)
            for (size_t h = j; h < g->q; h++, k++) {
                slope[j] -= alpha[k] * v[h];
                slope[h] -= alpha[k] * v[j];
            }
        for (size_t j = 0; j < g->q; j++)
            coefficient[input_of(p, j)] += slope[j] / g->sd[j] / (double)p->n;
        coefficient[input_of(p, g->q)] += polynomial(g->gamma, g, i, x) / (double)p->n;
    }
}

/** Adds what a start led to, unless it stands there already. */
static void note(agl_tfp *out, double (*alphas)[TERMS], const agl_tfp_minimum *m, const double *alpha) {
    for (size_t k = 0; k < out->n_minima; k++) {
        double apart = 0;
        for (size_t j = 0; j < D; j++)
            apart = fmax(apart, fabs(out->minima[k].coefficient[j] - m->coefficient[j]));
        if (apart > 1e-3) continue;
        out->minima[k].starts++;
        return;
    }
    memcpy(alphas[out->n_minima], alpha, sizeof alphas[0]);
    out->minima[out->n_minima++] = *m;
}

/** Brings the first that solves the conditions, else the least, to the front. */
static void choose(agl_tfp *out, double (*alphas)[TERMS]) {
    size_t best = 0;
    for (size_t k = 1; k < out->n_minima; k++)
        if (out->minima[best].criterion > SOLVED && out->minima[k].criterion < out->minima[best].criterion)
            best = k;
    agl_tfp_minimum m = out->minima[best];
    double alpha[TERMS];
    memcpy(alpha, alphas[best], sizeof alpha);
    for (size_t k = best; k > 0; k--) {
        out->minima[k] = out->minima[k - 1];
        memcpy(alphas[k], alphas[k - 1], sizeof alpha);
    }
    out->minima[0] = m;
    memcpy(alphas[0], alpha, sizeof alpha);
    out->chosen = 0;
    memcpy(out->coefficient, m.coefficient, sizeof out->coefficient);
}

agl_status agl__tfp_gnr(agl_tfp *out, double *tfp, agl_panel_work *w, const agl_ctx *ctx, agl_error *err) {
    /* omega as a share of the year before: persistent as productivity usually is, not at all, a random walk
     */
    static const double shares[STARTS] = {0.7, 0, 0.95};
    gnr g;
    double alphas[STARTS][TERMS], alpha[TERMS];
    agl_status status = gnr_new(&g, w, err);
    if (status == AGL_OK) status = share_regression(&g, err);
    if (status == AGL_OK) status = second_stage_data(&g, err);
    out->n_minima = 0;
    for (size_t k = 0; k < STARTS && status == AGL_OK; k++) {
        status = start_at(alpha, &g, shares[k], err);
        if (status != AGL_OK) break;
        agl_tfp_minimum m = {.starts = 1, .criterion = newton(alpha, &g, ctx)};
        if (agl_cancelled(ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
        if (m.criterion >= AGL__FAR || status != AGL_OK) continue;
        elasticities(m.coefficient, &g, alpha);
        note(out, alphas, &m, alpha);
    }
    if (status == AGL_OK && out->n_minima == 0)
        status = agl_fail(err, AGL_ECONV, "the second stage has no solution from any start");
    if (status == AGL_OK) choose(out, alphas);
    for (size_t i = 0; status == AGL_OK && tfp && i < w->p->n; i++)
        tfp[i] = omega_of(&g, alphas[0], i) + g.eps[i];
    gnr_free(&g);
    return status;
}

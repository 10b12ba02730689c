/* Estimators that control for productivity by a proxy: Olley-Pakes and Levinsohn-Petrin (the same algebra
 * with another proxy), Ackerberg-Caves-Frazer, Wooldridge. */
#include "base/mem.h"
#include "kernel/allocate/lsq.h"
#include "kernel/allocate/panel.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#define D AGL_TFP_MOST_INPUTS

static agl_status collinear(agl_error *err) {
    return agl_fail(err, AGL_EDATA,
                    "the inputs, the proxy and their squares and products are collinear, or there are fewer "
                    "firm-years than terms; "
                    "leave out an input that hardly varies");
}

/** First stage: y on 1, the free inputs (unless they are among the terms) and the terms of the control
 * function. phi is the fit without the free inputs' own part. */
static agl_status first_stage(double *b_free, agl_panel_work *w, bool free_inside, agl_error *err) {
    const agl_firm_panel *p = w->p;
    size_t k = agl__panel_inputs(p), own = free_inside ? 0 : p->n_free;
    double terms[AGL__MOST_TERMS], b[AGL__MOST_TERMS + D + 1];
    size_t n_terms = p->n ? agl__control_terms(terms, p, 0, free_inside) : 0, x = 1 + own + n_terms;
    agl_lsq s;
    agl_status status = agl__lsq_new(&s, x + 1, err);
    for (size_t i = 0; i < p->n && status == AGL_OK; i++) {
        double *row = agl__lsq_row(&s);
        row[0] = 1;
        memcpy(row + 1, p->inputs + i * k, own * sizeof *row);
        agl__control_terms(row + 1 + own, p, i, free_inside);
        row[x] = p->output[i];
        agl__lsq_push(&s);
    }
    if (status == AGL_OK && !agl__lsq_solve(b, &s, x)) status = collinear(err);
    agl__lsq_free(&s);
    if (status != AGL_OK) return status;
    memcpy(b_free, b + 1, own * sizeof *b);
    for (size_t i = 0; i < p->n; i++) {
        agl__control_terms(terms, p, i, free_inside);
        w->phi[i] = b[0];
        for (size_t j = 0; j < n_terms; j++)
            w->phi[i] += b[1 + own + j] * terms[j];
    }
    return AGL_OK;
}

/** omega = phi - b x over the pairs, with its lag. Only inputs first.. take part. */
static void productivity_of(agl_panel_work *w, const double *b, size_t first) {
    const agl_firm_panel *p = w->p;
    size_t k = agl__panel_inputs(p), q = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (w->lag[i] < 0) continue;
        size_t l = (size_t)w->lag[i];
        double now = w->phi[i], before = w->phi[l];
        for (size_t j = first; j < k; j++) {
            now -= b[j] * p->inputs[i * k + j];
            before -= b[j] * p->inputs[l * k + j];
        }
        w->omega[q] = now;
        w->before[q++] = before;
    }
}

static agl_status need_pairs(const agl_panel_work *w, size_t least, agl_error *err) {
    if (w->n_pairs >= least) return AGL_OK;
    return agl_fail(
        err, AGL_EDATA,
        "%zu firm-years have the year before, %zu are needed; the method needs firms in consecutive years",
        w->n_pairs, least);
}

/* ---- Olley-Pakes, Levinsohn-Petrin ---- */

typedef struct two_stage {
    agl_panel_work *w;
    double b[D];      /* free coefficients of the first stage; the rest is tried */
    double *residual; /* pairs: y - b_l l */
    double *target;   /* pairs: y - b_l l - b_k k */
} two_stage;

static double sum_of_squares(double *moments, const double *b_state, void *arg) {
    (void)moments;
    two_stage *s = arg;
    const agl_firm_panel *p = s->w->p;
    size_t k = agl__panel_inputs(p), q = 0;
    double b[D], sum = 0;
    memcpy(b + p->n_free, b_state, p->n_state * sizeof *b);
    productivity_of(s->w, b, p->n_free);
    for (size_t i = 0; i < p->n; i++) {
        if (s->w->lag[i] < 0) continue;
        s->target[q] = s->residual[q];
        for (size_t j = p->n_free; j < k; j++)
            s->target[q] -= b[j] * p->inputs[i * k + j];
        q++;
    }
    if (!agl__markov(s->w->xi, s->target, s->w->omega, s->w->before, q)) return AGL__FAR;
    for (size_t i = 0; i < q; i++)
        sum += s->w->xi[i] * s->w->xi[i];
    return isfinite(sum) ? sum / (double)q : AGL__FAR;
}

agl_status agl__tfp_two_stage(agl_tfp *out, agl_panel_work *w, const double *start, const agl_ctx *ctx,
                              agl_error *err) {
    const agl_firm_panel *p = w->p;
    size_t k = agl__panel_inputs(p), q = 0;
    two_stage s = {.w = w, .residual = AGL_NEW(double, w->n_pairs), .target = AGL_NEW(double, w->n_pairs)};
    agl_status status =
        s.residual && s.target ? need_pairs(w, 10 * (p->n_state + 4), err) : agl_fail_memory(err);
    agl_tfp ols = {0};
    if (status == AGL_OK) status = agl__tfp_linear(&ols, w, false, err);
    if (status == AGL_OK) status = first_stage(s.b, w, false, err);
    if (status == AGL_OK) {
        memcpy(s.b + p->n_free, ols.coefficient + p->n_free, p->n_state * sizeof(double));
        for (size_t i = 0; i < p->n; i++) {
            if (w->lag[i] < 0) continue;
            s.residual[q] = p->output[i];
            for (size_t j = 0; j < p->n_free; j++)
                s.residual[q] -= s.b[j] * p->inputs[i * k + j];
            q++;
        }
        status =
            agl__search_minima(out, p->n_free, p->n_state, s.b, start, false, sum_of_squares, &s, ctx, err);
    }
    if (status == AGL_OK) memcpy(out->coefficient, out->minima[0].coefficient, sizeof out->coefficient);
    free(s.residual);
    free(s.target);
    return status;
}

/* ---- Ackerberg-Caves-Frazer ---- */

typedef struct acf {
    agl_panel_work *w;
    double *z;            /* pairs x d instruments: lagged free inputs, state inputs */
    double weight[D * D]; /* Cholesky factor of Z'Z / n, lower triangle, row-major */
} acf;

/** m = L^-1 Z'xi / n with Z'Z / n = L L', so that m'm = (Z'xi/n)' (Z'Z/n)^-1 (Z'xi/n). */
static double moment_conditions(double *moments, const double *b, void *arg) {
    acf *a = arg;
    size_t d = agl__panel_inputs(a->w->p), n = a->w->n_pairs;
    double m[D] = {0}, sum = 0;
    productivity_of(a->w, b, 0);
    bool ok = agl__markov(a->w->xi, a->w->omega, a->w->omega, a->w->before, n);
    for (size_t i = 0; ok && i < n; i++)
        for (size_t j = 0; j < d; j++)
            m[j] += a->z[i * d + j] * a->w->xi[i];
    for (size_t j = 0; j < d; j++) {
        m[j] /= (double)n;
        for (size_t c = 0; c < j; c++)
            m[j] -= a->weight[j * d + c] * m[c];
        m[j] /= a->weight[j * d + j];
        sum += m[j] * m[j];
    }
    if (moments) memcpy(moments, m, d * sizeof *m);
    return ok && isfinite(sum) ? sum : AGL__FAR;
}

static agl_status instruments(acf *a, agl_error *err) {
    const agl_firm_panel *p = a->w->p;
    size_t d = agl__panel_inputs(p), q = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (a->w->lag[i] < 0) continue;
        const double *before = p->inputs + (size_t)a->w->lag[i] * d, *now = p->inputs + i * d;
        memcpy(a->z + q * d, before, p->n_free * sizeof *now);
        memcpy(a->z + q * d + p->n_free, now + p->n_free, p->n_state * sizeof *now);
        for (size_t j = 0; j < d; j++)
            for (size_t c = 0; c <= j; c++)
                a->weight[j * d + c] += a->z[q * d + j] * a->z[q * d + c] / (double)a->w->n_pairs;
        q++;
    }
    if (LAPACKE_dpotrf_work(LAPACK_ROW_MAJOR, 'L', (lapack_int)d, a->weight, (lapack_int)d) != 0)
        return collinear(err);
    return AGL_OK;
}

/** Of the solutions (criterion next to nothing) the one nearest to OLS, else the least criterion. */
static size_t choose(const agl_tfp *out, const double *ols, size_t d) {
    size_t best = 0;
    double least = INFINITY;
    for (size_t k = 0; k < out->n_minima; k++) {
        if (k > 0 && out->minima[k].criterion > 1e-12) break;
        double apart = 0;
        for (size_t j = 0; j < d; j++)
            apart += (out->minima[k].coefficient[j] - ols[j]) * (out->minima[k].coefficient[j] - ols[j]);
        if (apart < least) least = apart, best = k;
    }
    return best;
}

agl_status agl__tfp_acf(agl_tfp *out, agl_panel_work *w, const double *start, const agl_ctx *ctx,
                        agl_error *err) {
    size_t d = agl__panel_inputs(w->p);
    acf a = {.w = w, .z = AGL_NEW(double, w->n_pairs *d)};
    double none[1];
    agl_tfp ols = {0};
    agl_status status = a.z ? need_pairs(w, 10 * (d + 4), err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__tfp_linear(&ols, w, false, err);
    if (status == AGL_OK) status = first_stage(none, w, true, err);
    if (status == AGL_OK) status = instruments(&a, err);
    if (status == AGL_OK)
        status = agl__search_minima(out, 0, d, ols.coefficient, start, true, moment_conditions, &a, ctx, err);
    if (status == AGL_OK) {
        out->chosen = choose(out, ols.coefficient, d);
        memcpy(out->coefficient, out->minima[out->chosen].coefficient, sizeof out->coefficient);
    }
    free(a.z);
    return status;
}

/* ---- Wooldridge ---- */

/** Regressors of the stacked system: [1, second equation,] free inputs, state inputs of row i, terms of row
 * `control`. `free_of` is the row that the free inputs are taken from: i itself, or its lag for the
 * instruments. */
static size_t wooldridge_row(double *out, const agl_firm_panel *p, size_t i, size_t free_of, size_t control,
                             bool constants) {
    size_t k = agl__panel_inputs(p), q = 0;
    if (constants) {
        out[q++] = 1;
        out[q++] = control != i;
    }
    memcpy(out + q, p->inputs + free_of * k, p->n_free * sizeof *out);
    memcpy(out + q + p->n_free, p->inputs + i * k + p->n_free, p->n_state * sizeof *out);
    return q + k + agl__control_terms(out + q + k, p, control, false);
}

/** Regression of one free input on the instruments: row `f` of `b`. */
static agl_status project(double *b, const agl_panel_work *w, size_t f, bool constants, size_t x,
                          agl_error *err) {
    const agl_firm_panel *p = w->p;
    size_t k = agl__panel_inputs(p);
    agl_lsq s;
    agl_status status = agl__lsq_new(&s, x + 1, err);
    for (int second = 0; second < 2 && status == AGL_OK; second++)
        for (size_t i = 0; i < p->n; i++) {
            if (w->lag[i] < 0) continue;
            size_t l = (size_t)w->lag[i];
            double *row = agl__lsq_row(&s);
            wooldridge_row(row, p, i, l, second ? l : i, constants);
            row[x] = p->inputs[i * k + f];
            agl__lsq_push(&s);
        }
    if (status == AGL_OK && !agl__lsq_solve(b, &s, x)) status = collinear(err);
    agl__lsq_free(&s);
    return status;
}

/** Second stage: y on 1 and the instruments with the free inputs' fitted values in place of their lags. */
static agl_status regress_on_fitted(agl_tfp *out, const agl_panel_work *w, const double *b, bool constants,
                                    size_t x, agl_error *err) {
    const agl_firm_panel *p = w->p;
    size_t k = agl__panel_inputs(p), at = constants ? 2 : 0, extra = constants ? 0 : 1;
    double z[AGL__MOST_TERMS + D + 2], solution[AGL__MOST_TERMS + D + 3];
    agl_lsq s;
    agl_status status = agl__lsq_new(&s, x + extra + 1, err);
    for (int second = 0; second < 2 && status == AGL_OK; second++)
        for (size_t i = 0; i < p->n; i++) {
            if (w->lag[i] < 0) continue;
            size_t l = (size_t)w->lag[i];
            double *row = agl__lsq_row(&s);
            wooldridge_row(z, p, i, l, second ? l : i, constants);
            row[0] = 1;
            memcpy(row + extra, z, x * sizeof *z);
            for (size_t f = 0; f < p->n_free; f++) {
                double fit = 0;
                for (size_t j = 0; j < x; j++)
                    fit += b[f * x + j] * z[j];
                row[extra + at + f] = fit;
            }
            row[x + extra] = p->output[i];
            agl__lsq_push(&s);
        }
    if (status == AGL_OK && !agl__lsq_solve(solution, &s, x + extra)) status = collinear(err);
    if (status == AGL_OK) memcpy(out->coefficient, solution + extra + at, k * sizeof(double));
    agl__lsq_free(&s);
    return status;
}

agl_status agl__tfp_wooldridge(agl_tfp *out, agl_panel_work *w, bool no_drift, agl_error *err) {
    const agl_firm_panel *p = w->p;
    double row[AGL__MOST_TERMS + D + 2], b[D * (AGL__MOST_TERMS + D + 2)];
    agl_status status = need_pairs(w, 10 * (agl__panel_inputs(p) + 4), err);
    if (status != AGL_OK) return status;
    size_t x = wooldridge_row(row, p, 0, 0, 0, !no_drift);
    for (size_t f = 0; f < p->n_free && status == AGL_OK; f++)
        status = project(b + f * x, w, f, !no_drift, x, err);
    if (status == AGL_OK) status = regress_on_fitted(out, w, b, !no_drift, x, err);
    return status;
}

#include "agglo/regress.h"
#include "base/mem.h"
#include "base/sum.h"
#include "kernel/allocate/lsq.h"
#include "kernel/measure/regress.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define DEPENDENT 1e-9 /* length of what others leave of a column, relative to the column */

/* A fit on columns that are swept and multiplied by the root of the weights. */
typedef struct fit {
    size_t n, k;
    const double *const *x; /* k columns, of which the sandwich is made */
    double *b, *inverse;    /* k; (X'X)^-1, k x k */
    double *residual;       /* n */
} fit;

typedef struct job {
    const agl_regression_data *data;
    agl_sweep sweep;
    double **x, **z, *y; /* swept and weighted */
    size_t parameters;   /* of the fixed effects */
    agl_se se;
} job;

static double dot(const double *a, const double *b, size_t n) {
    agl_sum sum = {0};
    for (size_t i = 0; i < n; i++)
        agl__sum_add(&sum, a[i] * b[i]);
    return agl__sum_value(&sum);
}

/* ---- columns ---- */

/** A column of the rows in use, without fixed effects, times the root of the weight. `length` is its length
 * before the sweep, about its mean; a column that the effects explain is AGL_EDATA when it has a name. */
static agl_status prepare(double **out, const job *j, const double *column, const char *name,
                          const agl_ctx *ctx, agl_error *err) {
    const agl_sweep *s = &j->sweep;
    double *v = *out = AGL_NEW(double, s->n), before = 0, after = 0;
    if (!v) return agl_fail_memory(err);
    for (size_t i = 0; i < s->n; i++) {
        v[i] = column[s->row[i]];
        before = fmax(before, fabs(v[i]));
    }
    agl_status status = agl__sweep_column(v, s, ctx, err);
    for (size_t i = 0; i < s->n && status == AGL_OK; i++) {
        after = fmax(after, fabs(v[i]));
        if (s->weight) v[i] *= sqrt(s->weight[i]);
    }
    if (status == AGL_OK && name && !(after > DEPENDENT * before))
        status =
            j->data->effects
                ? agl_fail(
                      err, AGL_EDATA,
                      "'%s' does not vary within the fixed effects: leave it out, or leave out the fixed "
                      "effect that determines it",
                      name)
                : agl_fail(err, AGL_EDATA, "'%s' has the same value in every row: leave it out", name);
    return status;
}

static agl_status prepare_all(job *j, const agl_ctx *ctx, agl_error *err) {
    const agl_regression_data *d = j->data;
    j->x = AGL_NEW(double *, d->k);
    j->z = AGL_NEW(double *, d->m);
    agl_status status = j->x && j->z ? prepare(&j->y, j, d->y, NULL, ctx, err) : agl_fail_memory(err);
    for (size_t c = 0; c < d->k && status == AGL_OK; c++)
        status = prepare(&j->x[c], j, d->x[c], d->name[c], ctx, err);
    for (size_t c = 0; c < d->m && status == AGL_OK; c++)
        status = prepare(&j->z[c], j, d->z[c], d->name[d->k + c], ctx, err);
    return status;
}

static void job_free(job *j) {
    for (size_t c = 0; j->x && c < j->data->k; c++)
        free(j->x[c]);
    for (size_t c = 0; j->z && c < j->data->m; c++)
        free(j->z[c]);
    free(j->x);
    free(j->z);
    free(j->y);
    agl__sweep_free(&j->sweep);
}

/* ---- least squares ---- */

static agl_status fit_new(fit *f, size_t n, size_t k, const double *const *x, agl_error *err) {
    *f = (fit){.n = n,
               .k = k,
               .x = x,
               .b = AGL_NEW(double, k),
               .inverse = AGL_NEW(double, k *k),
               .residual = AGL_NEW(double, n)};
    return f->b && f->inverse && f->residual ? AGL_OK : agl_fail_memory(err);
}

static void fit_free(fit *f) {
    free(f->b);
    free(f->inverse);
    free(f->residual);
}

/** (X'X)^-1 = R^-1 R^-T from the triangle of the decomposition, which is left in `s` by the solver. */
static agl_status invert(fit *f, const agl_lsq *s, agl_error *err) {
    size_t k = f->k, w = s->width;
    double *u = AGL_NEW(double, k *k); /* R^-1 */
    if (!u) return agl_fail_memory(err);
    for (size_t c = 0; c < k; c++)
        for (size_t r = c + 1; r-- > 0;) {
            double v = r == c;
            for (size_t t = r + 1; t <= c; t++)
                v -= s->a[r * w + t] * u[t * k + c];
            u[r * k + c] = v / s->a[r * w + r];
        }
    for (size_t a = 0; a < k; a++)
        for (size_t b = 0; b < k; b++) {
            double v = 0;
            for (size_t t = a > b ? a : b; t < k; t++)
                v += u[a * k + t] * u[b * k + t];
            f->inverse[a * k + b] = v;
        }
    free(u);
    return AGL_OK;
}

/** The first column that those before it explain, by the triangle; SIZE_MAX when there is none. */
static size_t dependent(const agl_lsq *s, size_t k) {
    for (size_t c = 0; c < k; c++) {
        double length = 0;
        for (size_t r = 0; r <= c; r++)
            length += s->a[r * s->width + c] * s->a[r * s->width + c];
        if (!(fabs(s->a[c * s->width + c]) > DEPENDENT * sqrt(length))) return c;
    }
    return SIZE_MAX;
}

/** Regression of y on f->x. `name` (by column) is for the error on a column that others explain. */
static agl_status least_squares(fit *f, const double *y, const char *const *name, agl_error *err) {
    agl_lsq s = {0};
    size_t k = f->k;
    agl_status status = agl__lsq_new(&s, k + 1, err);
    for (size_t i = 0; i < f->n && status == AGL_OK; i++) {
        double *row = agl__lsq_row(&s);
        for (size_t c = 0; c < k; c++)
            row[c] = f->x[c][i];
        row[k] = y[i];
        agl__lsq_push(&s);
    }
    if (status == AGL_OK) {
        bool solved = agl__lsq_solve(f->b, &s, k);
        size_t c = dependent(&s, k);
        if (c != SIZE_MAX || !solved)
            status = agl_fail(err, AGL_EDATA,
                              "'%s' is a linear combination of the regressors before it%s: leave it out",
                              name[c != SIZE_MAX ? c : k - 1], " (and the fixed effects)");
    }
    if (status == AGL_OK) status = invert(f, &s, err);
    for (size_t i = 0; i < f->n && status == AGL_OK; i++) {
        f->residual[i] = y[i];
        for (size_t c = 0; c < k; c++)
            f->residual[i] -= f->b[c] * f->x[c][i];
    }
    agl__lsq_free(&s);
    return status;
}

/* ---- variance ---- */

/** Sums of x_a u over clusters (or rows): middle[a, b] = sum_g (sum x_a u) (sum x_b u). */
static agl_status sandwich_middle(double *middle, const fit *f, const job *j, agl_error *err) {
    size_t k = f->k, groups = j->se == AGL_SE_CLUSTER ? j->sweep.clusters : f->n;
    double *score = AGL_NEW(double, groups *k);
    if (!score) return agl_fail_memory(err);
    for (size_t i = 0; i < f->n; i++) {
        size_t g = j->se == AGL_SE_CLUSTER ? (size_t)j->sweep.cluster[i] : i;
        for (size_t c = 0; c < k; c++)
            score[g * k + c] += f->x[c][i] * f->residual[i];
    }
    memset(middle, 0, k * k * sizeof *middle);
    for (size_t g = 0; g < groups; g++)
        for (size_t a = 0; a < k; a++)
            for (size_t b = 0; b < k; b++)
                middle[a * k + b] += score[g * k + a] * score[g * k + b];
    free(score);
    return AGL_OK;
}

/** Variance of the coefficients, k x k: classical, or (X'X)^-1 M (X'X)^-1 with the small-sample factor. */
static agl_status variance(double *v, const fit *f, const job *j, agl_error *err) {
    size_t k = f->k;
    double n = (double)f->n, rest = n - (double)(k + j->parameters);
    if (j->se == AGL_SE_CLASSICAL) {
        double s2 = dot(f->residual, f->residual, f->n) / rest;
        for (size_t e = 0; e < k * k; e++)
            v[e] = s2 * f->inverse[e];
        return AGL_OK;
    }
    double *middle = AGL_NEW(double, k *k), g = (double)j->sweep.clusters;
    agl_status status = middle ? sandwich_middle(middle, f, j, err) : agl_fail_memory(err);
    double factor = j->se == AGL_SE_ROBUST ? n / rest : g / (g - 1) * (n - 1) / rest;
    for (size_t a = 0; a < k && status == AGL_OK; a++)
        for (size_t b = 0; b < k; b++) {
            double sum = 0;
            for (size_t s = 0; s < k; s++)
                for (size_t t = 0; t < k; t++)
                    sum += f->inverse[a * k + s] * middle[s * k + t] * f->inverse[t * k + b];
            v[a * k + b] = factor * sum;
        }
    free(middle);
    return status;
}

/** b' V^-1 b / m of the last m coefficients, by Gaussian elimination on the symmetric positive V. NaN when V
 * is singular. */
static double wald(const double *b, const double *v, size_t k, size_t m) {
    double sum = 0, *a = AGL_NEW(double, m *(m + 1));
    if (!a) return NAN;
    for (size_t r = 0; r < m; r++) {
        for (size_t c = 0; c < m; c++)
            a[r * (m + 1) + c] = v[(k - m + r) * k + k - m + c];
        a[r * (m + 1) + m] = b[k - m + r];
    }
    for (size_t p = 0; p < m; p++) { /* b' V^-1 b = sum of y_p^2 / d_p of the elimination */
        double d = a[p * (m + 1) + p], y = a[p * (m + 1) + m];
        if (!(d > 0)) sum = NAN;
        sum += y * y / d;
        for (size_t r = p + 1; r < m; r++) {
            double factor = a[r * (m + 1) + p] / d;
            for (size_t c = p; c <= m; c++)
                a[r * (m + 1) + c] -= factor * a[p * (m + 1) + c];
        }
    }
    free(a);
    return sum / (double)m;
}

/* ---- two stages ---- */

/** Regression of an endogenous column on the exogenous ones and the instruments: fitted values into `fitted`.
 */
static agl_status first_stage(double *fitted, double *statistic, const job *j, size_t column,
                              agl_error *err) {
    const agl_regression_data *d = j->data;
    size_t most = d->k + d->m, k = 0;
    const double **x = AGL_NEW(const double *, most);
    const char **name = AGL_NEW(const char *, most);
    double *v = AGL_NEW(double, most *most);
    fit f = {0};
    agl_status status = x && name && v ? AGL_OK : agl_fail_memory(err);
    for (size_t c = 0; c < most && status == AGL_OK; c++) {
        if (c < d->k && d->endogenous[c]) continue;
        name[k] = d->name[c];
        x[k++] = c < d->k ? j->x[c] : j->z[c - d->k];
    }
    if (status == AGL_OK) status = fit_new(&f, j->sweep.n, k, x, err);
    if (status == AGL_OK) status = least_squares(&f, j->x[column], name, err);
    if (status == AGL_OK) status = variance(v, &f, j, err);
    for (size_t i = 0; i < f.n && status == AGL_OK; i++)
        fitted[i] = j->x[column][i] - f.residual[i];
    if (status == AGL_OK) *statistic = wald(f.b, v, k, d->m);
    fit_free(&f);
    free(v);
    free(x);
    free(name);
    return status;
}

/** Regressors of the second stage: fitted values in the place of the endogenous ones (owned by `fitted`). */
static agl_status second_stage_columns(const double **x, double **fitted, agl_regression *out, const job *j,
                                       agl_error *err) {
    agl_status status = AGL_OK;
    for (size_t c = 0; c < j->data->k && status == AGL_OK; c++) {
        double statistic = NAN;
        x[c] = j->x[c];
        if (j->data->endogenous && j->data->endogenous[c]) {
            x[c] = fitted[c] = AGL_NEW(double, j->sweep.n);
            status = fitted[c] ? first_stage(fitted[c], &statistic, j, c, err) : agl_fail_memory(err);
        }
        if (out->first_stage_f) out->first_stage_f[c] = statistic;
    }
    return status;
}

/** Sum of squares of y about its weighted mean. */
static double total_squares(const job *j) {
    agl_sum sum = {0}, mass = {0}, squares = {0};
    const agl_sweep *s = &j->sweep;
    for (size_t i = 0; i < s->n; i++) {
        double w = s->weight ? s->weight[i] : 1;
        agl__sum_add(&sum, w * j->data->y[s->row[i]]);
        agl__sum_add(&mass, w);
    }
    double mean = agl__sum_value(&sum) / agl__sum_value(&mass);
    for (size_t i = 0; i < s->n; i++) {
        double gap = j->data->y[s->row[i]] - mean;
        agl__sum_add(&squares, (s->weight ? s->weight[i] : 1) * gap * gap);
    }
    return agl__sum_value(&squares);
}

/** The constant: weighted mean of y - X b. */
static double constant(const job *j, const double *b) {
    agl_sum sum = {0}, mass = {0};
    const agl_sweep *s = &j->sweep;
    for (size_t i = 0; i < s->n; i++) {
        double w = s->weight ? s->weight[i] : 1, rest = j->data->y[s->row[i]];
        for (size_t c = 0; c < j->data->k; c++)
            rest -= b[c] * j->data->x[c][s->row[i]];
        agl__sum_add(&sum, w * rest);
        agl__sum_add(&mass, w);
    }
    return agl__sum_value(&sum) / agl__sum_value(&mass);
}

static agl_status report(agl_regression *out, fit *f, const job *j, bool instruments, agl_error *err) {
    size_t k = f->k;
    double *v = AGL_NEW(double, k *k), rss = dot(f->residual, f->residual, f->n);
    agl_status status = v ? variance(v, f, j, err) : agl_fail_memory(err);
    out->df =
        j->se == AGL_SE_CLUSTER ? (double)j->sweep.clusters - 1 : (double)f->n - (double)(k + j->parameters);
    for (size_t c = 0; c < k && status == AGL_OK; c++) {
        out->b[c] = f->b[c];
        out->se[c] = sqrt(v[c * k + c]);
        out->t[c] = out->b[c] / out->se[c];
        out->p[c] = isnan(out->t[c]) ? NAN : fmin(1, 2 * gsl_cdf_tdist_Q(fabs(out->t[c]), out->df));
    }
    free(v);
    out->intercept = j->data->effects ? NAN : constant(j, f->b);
    out->r2 = instruments ? NAN : 1 - rss / total_squares(j);
    out->r2_within = instruments ? NAN : 1 - rss / dot(j->y, j->y, f->n);
    out->used = f->n;
    out->singletons = j->sweep.singletons;
    out->clusters = j->sweep.clusters;
    out->parameters = k + j->parameters;
    return status;
}

static agl_status check(const job *j, size_t endogenous, agl_error *err) {
    const agl_regression_data *d = j->data;
    if (endogenous > d->m)
        return agl_fail(err, AGL_EDATA,
                        "%zu instruments for %zu instrumented regressors: at least as many are needed", d->m,
                        endogenous);
    if (j->sweep.n <= d->k + d->m + j->parameters)
        return agl_fail(
            err, AGL_EDATA,
            "%zu rows (after %zu that are alone in a fixed effect) for %zu coefficients: more rows are "
            "needed, or fewer fixed effects",
            j->sweep.n, j->sweep.singletons, d->k + j->parameters);
    if (j->se == AGL_SE_CLUSTER && j->sweep.clusters <= d->k + d->m)
        return agl_fail(
            err, AGL_EDATA,
            "%zu clusters for %zu coefficients: clustered standard errors need more clusters than "
            "coefficients; take robust ones, or finer clusters",
            j->sweep.clusters, d->k + d->m);
    return AGL_OK;
}

static agl_status estimate(agl_regression *out, const job *j, bool instruments, agl_error *err) {
    const agl_regression_data *d = j->data;
    const double **x = AGL_NEW(const double *, d->k);
    double **fitted = AGL_NEW(double *, d->k);
    fit f = {0};
    agl_status status = x && fitted ? second_stage_columns(x, fitted, out, j, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = fit_new(&f, j->sweep.n, d->k, x, err);
    if (status == AGL_OK) status = least_squares(&f, j->y, d->name, err);
    for (size_t i = 0; i < f.n && status == AGL_OK && instruments;
         i++) { /* residuals of the regressors themselves */
        f.residual[i] = j->y[i];
        for (size_t c = 0; c < d->k; c++)
            f.residual[i] -= f.b[c] * j->x[c][i];
    }
    if (status == AGL_OK) status = report(out, &f, j, instruments, err);
    fit_free(&f);
    for (size_t c = 0; fitted && c < d->k; c++)
        free(fitted[c]);
    free(fitted);
    free(x);
    return status;
}

agl_status agl_regress(agl_regression *out, const agl_regression_data *data, agl_se se, const agl_ctx *ctx,
                       agl_error *err) {
    job j = {.data = data, .se = se};
    size_t endogenous = 0;
    for (size_t c = 0; c < data->k && data->endogenous; c++)
        endogenous += data->endogenous[c];
    agl_regression_data d = *data;
    if (se != AGL_SE_CLUSTER) d.cluster = NULL;
    agl_status status = agl__sweep_new(&j.sweep, &d, err);
    if (status == AGL_OK) status = agl__sweep_parameters(&j.parameters, &j.sweep, err);
    if (status == AGL_OK) status = check(&j, endogenous, err);
    if (status == AGL_OK) status = prepare_all(&j, ctx, err);
    if (status == AGL_OK) status = estimate(out, &j, endogenous > 0, err);
    job_free(&j);
    return status;
}

#include "agglo/envelope.h"
#include "agglo/quantile_compare.h"
#include "base/mem.h"
#include "base/sort.h"
#include "kernel/measure/regress.h"
#include "op/measure/economies_input.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define WEAK_F       10.0 /* Staiger and Stock 1997 */
#define FEW_CLUSTERS 30

enum { LEAST_SQUARES, TWO_STAGES, MODELS };
static const char *const model_names[MODELS] = {"least squares", "two-stage least squares"};
static const char *const parameter_names[3] = {"dilation", "shift", "truncation"};
enum { PERCENTILES = 99 };

typedef struct model {
    agl_regression r;
    double b[AGL_ECONOMIES_MOST], se[AGL_ECONOMIES_MOST], t[AGL_ECONOMIES_MOST], p[AGL_ECONOMIES_MOST],
        f[AGL_ECONOMIES_MOST];
} model;

static agl_se se_of(const agl_run *run) {
    return agl__run_is(run, "se", "classical") ? AGL_SE_CLASSICAL
           : agl__run_is(run, "se", "cluster") ? AGL_SE_CLUSTER
                                               : AGL_SE_ROBUST;
}

/** A key column of an output that holds texts of a fixed list. */
static agl_status key_of(int32_t **code, agl_table *t, const char *column, const char *const *names, size_t n,
                         agl_error *err) {
    agl_dict dict = {0};
    agl_status status = agl_dict_set(&dict, names, n, err);
    if (status == AGL_OK) status = agl__run_key(code, t, column, &dict, err);
    agl_dict_free(&dict);
    return status;
}

/* ---- regression ---- */

static agl_status estimate(model *m, size_t *models, const agl_economies_input *in, agl_run *run,
                           agl_error *err) {
    *models = in->data.m ? MODELS : 1;
    agl_status status = AGL_OK;
    for (size_t k = 0; k < *models && status == AGL_OK; k++) {
        agl_regression_data d = in->data;
        if (k == LEAST_SQUARES) d.m = 0, d.endogenous = NULL;
        m[k].r =
            (agl_regression){.b = m[k].b, .se = m[k].se, .t = m[k].t, .p = m[k].p, .first_stage_f = m[k].f};
        status = agl_regress(&m[k].r, &d, se_of(run), agl__run_ctx(run), err);
    }
    if (status != AGL_OK) return status;
    if (m[0].r.singletons)
        agl__run_warn(run, "%zu rows were left out because they are alone in a fixed effect",
                      m[0].r.singletons);
    if (se_of(run) == AGL_SE_CLUSTER && m[0].r.clusters < FEW_CLUSTERS)
        agl__run_warn(run, "only %zu clusters: standard errors are too small with fewer than about %d",
                      m[0].r.clusters, FEW_CLUSTERS);
    if (*models == MODELS && m[TWO_STAGES].f[in->instrumented] < WEAK_F)
        agl__run_warn(run,
                      "weak instruments: the first-stage F of %s is %.1f, below %g; do not rely on two-stage "
                      "least squares",
                      in->name[in->instrumented], m[TWO_STAGES].f[in->instrumented], WEAK_F);
    return AGL_OK;
}

/** Order of the variables by name. */
static void order_names(size_t *order, const char *const *name, size_t k) {
    for (size_t c = 0; c < k; c++) {
        size_t at = c;
        for (; at > 0 && strcmp(name[order[at - 1]], name[c]) > 0; at--)
            order[at] = order[at - 1];
        order[at] = c;
    }
}

static agl_status coefficients(agl_run *run, const agl_economies_input *in, const model *m, size_t models,
                               agl_error *err) {
    agl_table *t;
    int32_t *name, *variable;
    size_t k = in->data.k, order[AGL_ECONOMIES_MOST];
    const char *sorted[AGL_ECONOMIES_MOST];
    order_names(order, in->name, k);
    for (size_t c = 0; c < k; c++)
        sorted[c] = in->name[order[c]];
    agl_status status = agl__run_output(&t, run, "coefficients", models * k, err);
    if (status == AGL_OK) status = key_of(&name, t, "model", model_names, MODELS, err);
    if (status == AGL_OK) status = key_of(&variable, t, "variable", sorted, k, err);
    if (status != AGL_OK) return status;
    double level = agl__run_number(run, "level");
    for (size_t row = 0; row < models * k; row++) {
        const model *one = &m[row / k];
        size_t c = order[row % k];
        double wide = gsl_cdf_tdist_Pinv((1 + level) / 2, one->r.df) * one->se[c];
        name[row] = (int32_t)(row / k);
        variable[row] = (int32_t)(row % k);
        agl__run_num(t, "coefficient")[row] = one->b[c];
        agl__run_num(t, "se")[row] = one->se[c];
        agl__run_num(t, "t")[row] = one->t[c];
        agl__run_num(t, "p")[row] = one->p[c];
        agl__run_num(t, "lo")[row] = one->b[c] - wide;
        agl__run_num(t, "hi")[row] = one->b[c] + wide;
        agl__run_num(t, "instrumented")[row] = row / k == TWO_STAGES && c == in->instrumented;
        agl__run_num(t, "first_stage_f")[row] = row / k == TWO_STAGES ? one->f[c] : NAN;
    }
    return AGL_OK;
}

static agl_status fits(agl_run *run, const agl_economies_input *in, const model *m, size_t models,
                       agl_error *err) {
    agl_table *t;
    int32_t *name;
    agl_status status = agl__run_output(&t, run, "fit", models, err);
    if (status == AGL_OK) status = key_of(&name, t, "model", model_names, MODELS, err);
    if (status != AGL_OK) return status;
    for (size_t k = 0; k < models; k++) {
        const agl_regression *r = &m[k].r;
        name[k] = (int32_t)k;
        agl__run_num(t, "rows")[k] = (double)r->used;
        agl__run_num(t, "left_out")[k] = (double)in->left_out;
        agl__run_num(t, "singletons")[k] = (double)r->singletons;
        agl__run_num(t, "clusters")[k] = se_of(run) == AGL_SE_CLUSTER ? (double)r->clusters : NAN;
        agl__run_num(t, "parameters")[k] = (double)r->parameters;
        agl__run_num(t, "df")[k] = r->df;
        agl__run_num(t, "constant")[k] = r->intercept;
        agl__run_num(t, "r2")[k] = r->r2;
        agl__run_num(t, "r2_within")[k] = r->r2_within;
    }
    return AGL_OK;
}

/* ---- distributions ---- */

/** The outcome less its fixed effects, split at the median of density. */
typedef struct split {
    double *dense, *sparse;
    size_t n_dense, n_sparse;
} split;

static agl_status split_rows(split *s, const agl_economies_input *in, const agl_run *run, agl_error *err) {
    agl_regression_data d = in->data;
    agl_sweep sweep = {0};
    d.cluster = NULL, d.weight = NULL;
    agl_status status = agl__sweep_new(&sweep, &d, err);
    if (status != AGL_OK) return status;
    double *y = AGL_NEW(double, sweep.n), *density = AGL_NEW(double, sweep.n);
    s->dense = AGL_NEW(double, sweep.n);
    s->sparse = AGL_NEW(double, sweep.n);
    if (!y || !density || !s->dense || !s->sparse) status = agl_fail_memory(err);
    for (size_t i = 0; i < sweep.n && status == AGL_OK; i++) {
        y[i] = d.y[sweep.row[i]];
        density[i] = in->density[sweep.row[i]];
    }
    if (status == AGL_OK) status = agl__sweep_column(y, &sweep, agl__run_ctx(run), err);
    if (status == AGL_OK) {
        qsort(density, sweep.n, sizeof *density, agl__ascending);
        double median = agl_quantile_sorted(density, sweep.n, 0.5);
        for (size_t i = 0; i < sweep.n; i++) {
            if (in->density[sweep.row[i]] > median)
                s->dense[s->n_dense++] = y[i];
            else
                s->sparse[s->n_sparse++] = y[i];
        }
        qsort(s->dense, s->n_dense, sizeof *y, agl__ascending);
        qsort(s->sparse, s->n_sparse, sizeof *y, agl__ascending);
    }
    free(y);
    free(density);
    agl__sweep_free(&sweep);
    return status;
}

static agl_status write_selection(agl_run *run, const agl_quantile_fit *f, const split *s, agl_error *err) {
    agl_table *t;
    int32_t *name;
    static const int place[3] = {1, 0, 2}; /* of dilation, shift, truncation in the fit */
    const double value[3] = {f->dilation, f->shift, f->truncation};
    agl_status status = agl__run_output(&t, run, "selection", 3, err);
    if (status == AGL_OK) status = key_of(&name, t, "parameter", parameter_names, 3, err);
    for (int k = 0; k < 3 && status == AGL_OK; k++) {
        name[k] = k;
        agl__run_num(t, "value")[k] = value[k];
        agl__run_num(t, "lo")[k] = f->lo[place[k]];
        agl__run_num(t, "hi")[k] = f->hi[place[k]];
        agl__run_num(t, "no_effect")[k] = k == 0;
        agl__run_num(t, "r2")[k] = f->r2;
        agl__run_num(t, "rows_dense")[k] = (double)s->n_dense;
        agl__run_num(t, "rows_sparse")[k] = (double)s->n_sparse;
    }
    return status;
}

static agl_status write_quantiles(agl_run *run, const agl_quantile_fit *f, const split *s, agl_error *err) {
    agl_table *t;
    agl_status status = agl__run_output(&t, run, "quantiles", PERCENTILES, err);
    for (int k = 0; k < PERCENTILES && status == AGL_OK; k++) {
        double u = (k + 1) / 100.0, rank = f->truncation + (1 - f->truncation) * u;
        agl__run_num(t, "percentile")[k] = k + 1;
        agl__run_num(t, "dense")[k] = agl_quantile_sorted(s->dense, s->n_dense, u);
        agl__run_num(t, "sparse")[k] = agl_quantile_sorted(s->sparse, s->n_sparse, u);
        agl__run_num(t, "fitted")[k] =
            rank >= 0 ? f->dilation * agl_quantile_sorted(s->sparse, s->n_sparse, rank) + f->shift : NAN;
    }
    return status;
}

static agl_status compare(agl_run *run, const agl_economies_input *in, agl_error *err) {
    if (!in->density)
        return agl_fail(err, AGL_EUSAGE,
                        "--compare splits the rows by density: bind density, or jobs and area");
    split s = {0};
    agl_quantile_fit f;
    agl_quantile_options o = {.bootstrap = (size_t)agl__run_integer(run, "bootstrap"),
                              .level = agl__run_number(run, "level")};
    agl_status status = split_rows(&s, in, run, err);
    if (status == AGL_OK)
        status =
            agl_quantile_compare(&f, s.dense, s.n_dense, s.sparse, s.n_sparse, &o, agl__run_ctx(run), err);
    if (status == AGL_OK && f.starts_agreeing < 2)
        agl__run_warn(run, "the comparison of the distributions has several near-best answers: shift, "
                           "dilation and truncation "
                           "can hardly be told apart");
    if (status == AGL_OK) status = write_selection(run, &f, &s, err);
    if (status == AGL_OK) status = write_quantiles(run, &f, &s, err);
    free(s.dense);
    free(s.sparse);
    return status;
}

agl_status agl_op_measure_economies(agl_run *run, agl_error *err) {
    agl_economies_input in;
    model m[MODELS];
    size_t models = 0;
    agl_status status = agl__economies_input(&in, run, err);
    if (status == AGL_OK) status = estimate(m, &models, &in, run, err);
    if (status == AGL_OK) status = coefficients(run, &in, m, models, err);
    if (status == AGL_OK) status = fits(run, &in, m, models, err);
    if (status == AGL_OK && agl__run_flag(run, "compare")) status = compare(run, &in, err);
    agl__economies_input_free(&in);
    return status;
}

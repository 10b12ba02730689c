#include "agglo/portfolio.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/opt/milp.h"

#include <math.h>
#include <string.h>

/* The rows of the problem, in this order: limits, requires, excludes, minima, differences. */
typedef struct model {
    agl__milp milp;
    double *amount; /* n_resources x n */
    double *row_lower, *row_upper, *lower, *upper, *value;
    int32_t *row, *column;
    size_t capacity;
} model;

static void model_free(model *m) {
    free(m->amount);
    free(m->row_lower);
    free(m->row_upper);
    free(m->lower);
    free(m->upper);
    free(m->value);
    free(m->row);
    free(m->column);
}

static agl_status check(const agl_projects *p, agl_error *err) {
    for (size_t u = 0; u < p->uses; u++) {
        if (p->use_project[u] < 0 || p->use_project[u] >= p->n || p->use_resource[u] < 0 ||
            p->use_resource[u] >= p->n_resources)
            return agl_fail(err, AGL_EDATA, "use %zu names a project or resource that does not exist", u);
        if (!isfinite(p->use_amount[u])) return agl_fail(err, AGL_EDATA, "use %zu is not a finite amount", u);
    }
    for (int32_t r = 0; r < p->n_resources; r++)
        if (isnan(p->limit[r])) return agl_fail(err, AGL_EDATA, "resource %d has no limit", r);
    for (size_t k = 0; k < p->n_requires + p->n_excludes; k++) {
        const agl_pair *e = k < p->n_requires ? &p->requires_[k] : &p->excludes[k - p->n_requires];
        if (e->a < 0 || e->a >= p->n || e->b < 0 || e->b >= p->n || e->a == e->b)
            return agl_fail(err, AGL_EDATA, "a rule names a project that does not exist, or one twice");
    }
    for (size_t k = 0; k < p->n_minima; k++)
        if (!p->group || p->minima[k].a < 0 || p->minima[k].a >= p->n_groups || p->minima[k].b < 0 ||
            p->minima[k].b >= p->n_resources || !(p->minimum[k] >= 0 && p->minimum[k] <= 1))
            return agl_fail(err, AGL_EDATA,
                            "least share %zu is not in 0..1, or its group or resource is unknown", k);
    return AGL_OK;
}

static void entry(model *m, size_t row, size_t column, double value) {
    if (value == 0) return;
    m->row[m->milp.entries] = (int32_t)row;
    m->column[m->milp.entries] = (int32_t)column;
    m->value[m->milp.entries++] = value;
}

static void fill_rows(model *m, const agl_projects *p, const agl_portfolio_options *o) {
    size_t n = (size_t)p->n, row = 0;
    for (size_t u = 0; u < p->uses; u++)
        m->amount[(size_t)p->use_resource[u] * n + (size_t)p->use_project[u]] += p->use_amount[u];
    for (size_t r = 0; r < (size_t)p->n_resources; r++, row++) {
        m->row_lower[row] = -INFINITY, m->row_upper[row] = p->limit[r] * (o->scale > 0 ? o->scale : 1);
        for (size_t j = 0; j < n; j++)
            entry(m, row, j, m->amount[r * n + j]);
    }
    for (size_t k = 0; k < p->n_requires; k++, row++) { /* x_a - x_b <= 0 */
        m->row_lower[row] = -INFINITY, m->row_upper[row] = 0;
        entry(m, row, (size_t)p->requires_[k].a, 1);
        entry(m, row, (size_t)p->requires_[k].b, -1);
    }
    for (size_t k = 0; k < p->n_excludes; k++, row++) {
        m->row_lower[row] = -INFINITY, m->row_upper[row] = 1;
        entry(m, row, (size_t)p->excludes[k].a, 1);
        entry(m, row, (size_t)p->excludes[k].b, 1);
    }
    for (size_t k = 0; k < p->n_minima; k++, row++) { /* sum (in group - share) a x >= 0 */
        const double *a = m->amount + (size_t)p->minima[k].b * n;
        m->row_lower[row] = 0, m->row_upper[row] = INFINITY;
        for (size_t j = 0; j < n; j++)
            entry(m, row, j, ((p->group[j] == p->minima[k].a) - p->minimum[k]) * a[j]);
    }
    for (int32_t d = 0; d < o->differ_n; d++, row++) { /* sum_out x - sum_in x >= 1 - how many are in */
        m->row_lower[row] = 1, m->row_upper[row] = INFINITY;
        for (size_t j = 0; j < n; j++) {
            bool in = o->differ[(size_t)d * n + j] > 0.5;
            entry(m, row, j, in ? -1 : 1);
            m->row_lower[row] -= in;
        }
    }
}

static agl_status model_new(model *m, const agl_projects *p, const agl_portfolio_options *o, agl_error *err) {
    *m = (model){0};
    agl_status status = check(p, err);
    if (status != AGL_OK) return status;
    size_t n = (size_t)p->n, wide = (size_t)p->n_resources + p->n_minima + (size_t)o->differ_n;
    size_t rows = wide + p->n_requires + p->n_excludes;
    m->capacity = wide * n + 2 * (p->n_requires + p->n_excludes);
    m->amount = AGL_NEW(double, (size_t)p->n_resources *n);
    m->row_lower = AGL_NEW(double, rows);
    m->row_upper = AGL_NEW(double, rows);
    m->lower = AGL_NEW(double, n);
    m->upper = AGL_NEW(double, n);
    m->value = AGL_NEW(double, m->capacity);
    m->row = AGL_NEW(int32_t, m->capacity);
    m->column = AGL_NEW(int32_t, m->capacity);
    if (!m->amount || !m->row_lower || !m->row_upper || !m->lower || !m->upper || !m->value || !m->row ||
        !m->column) {
        model_free(m);
        return agl_fail_memory(err);
    }
    m->milp = (agl__milp){.columns = n,
                          .rows = rows,
                          .maximise = true,
                          .objective = p->value,
                          .lower = m->lower,
                          .upper = m->upper,
                          .row_lower = m->row_lower,
                          .row_upper = m->row_upper,
                          .row = m->row,
                          .column = m->column,
                          .value = m->value};
    for (size_t j = 0; j < n; j++) {
        m->lower[j] = p->fixed && p->fixed[j] > 0;
        m->upper[j] = !(p->fixed && p->fixed[j] < 0);
    }
    fill_rows(m, p, o);
    return AGL_OK;
}

agl_status agl_portfolio_solve(agl_portfolio *out, const agl_projects *projects,
                               const agl_portfolio_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_portfolio_options o = {0};
    if (options) o = *options;
    model m;
    agl_status status = model_new(&m, projects, &o, err);
    if (status != AGL_OK) return status;
    size_t n = (size_t)projects->n, resources = (size_t)projects->n_resources;
    double *x = AGL_NEW(double, n), *dual = AGL_NEW(double, m.milp.rows);
    agl__milp_result r = {.x = x, .dual = dual};
    const agl__milp_options how = {.gap = o.gap, .seconds = o.seconds};
    status = x && dual ? agl__milp_solve(&r, &m.milp, &how, ctx, err) : agl_fail_memory(err);
    if (status == AGL_OK) {
        out->value = r.objective, out->bound = r.bound, out->gap = r.gap, out->relaxation = r.relaxation;
        if (out->chosen) memcpy(out->chosen, x, n * sizeof *x);
        if (out->price) memcpy(out->price, dual, resources * sizeof *dual);
        for (size_t k = 0; out->used && k < resources; k++) {
            out->used[k] = 0;
            for (size_t j = 0; j < n; j++)
                out->used[k] += m.amount[k * n + j] * x[j];
        }
    }
    free(x);
    free(dual);
    model_free(&m);
    return status;
}

/* ---- what would change the decision
 * ------------------------------------------------------------------------ */

typedef struct turned {
    double *value;
    const agl_projects *projects;
    const agl_portfolio *best;
    const agl_portfolio_options *options;
    const agl_ctx *ctx;
} turned;

static agl_status turn_round(void *arg, size_t j, int worker, agl_error *err) {
    (void)worker;
    turned *t = arg;
    agl_projects p = *t->projects;
    bool in = t->best->chosen[j] > 0.5;
    double never = in ? -INFINITY : INFINITY;
    if (p.fixed && p.fixed[j]) {
        t->value[j] = never;
        return AGL_OK;
    }
    int8_t *fixed = AGL_NEW(int8_t, p.n);
    if (!fixed) return agl_fail_memory(err);
    if (p.fixed) memcpy(fixed, p.fixed, (size_t)p.n);
    fixed[j] = in ? -1 : 1;
    p.fixed = fixed;
    agl_portfolio other = {0};
    agl_error why = {0};
    agl_status status = agl_portfolio_solve(&other, &p, t->options, t->ctx, &why);
    free(fixed);
    if (status != AGL_OK && status != AGL_ECONV) return agl_fail(err, status, "%s", why.message);
    double lost = t->best->value - other.value;
    t->value[j] = status == AGL_ECONV ? never : p.value[j] + (in ? -lost : lost);
    return AGL_OK;
}

agl_status agl_portfolio_switches(double *value, const agl_projects *projects, const agl_portfolio *best,
                                  const agl_portfolio_options *options, const agl_ctx *ctx, agl_error *err) {
    turned t = {value, projects, best, options, ctx};
    return agl__parallel((size_t)projects->n, turn_round, &t, "switching values", ctx, err);
}

agl_status agl_portfolio_conflict(uint8_t *limit, uint8_t *require, uint8_t *exclude, uint8_t *minimum,
                                  const agl_projects *projects, const agl_ctx *ctx, agl_error *err) {
    model m;
    const agl_portfolio_options o = {0};
    agl_status status = model_new(&m, projects, &o, err);
    if (status != AGL_OK) return status;
    uint8_t *all = AGL_NEW(uint8_t, m.milp.rows), *at = all;
    status = all ? agl__milp_conflict(all, &m.milp, m.milp.rows, ctx, err) : agl_fail_memory(err);
    if (status == AGL_OK) {
        memcpy(limit, at, (size_t)projects->n_resources);
        memcpy(require, at += projects->n_resources, projects->n_requires);
        memcpy(exclude, at += projects->n_requires, projects->n_excludes);
        memcpy(minimum, at += projects->n_excludes, projects->n_minima);
    }
    free(all);
    model_free(&m);
    return status;
}

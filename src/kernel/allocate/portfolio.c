#include "agglo/portfolio.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/opt/milp.h"

#include <math.h>
#include <string.h>

/* The rows of the problem, in this order: limits, requires, excludes, minima, differences, scenarios. The
 * columns: projects, then eta and a shortfall z for each scenario. */
typedef struct model {
    agl__milp milp;
    double *amount; /* n_resources x n */
    double *row_lower, *row_upper, *lower, *upper, *value, *objective;
    int32_t *row, *column;
    uint8_t *integer;
    size_t capacity;
} model;

static void model_free(model *m) {
    free(m->amount);
    free(m->row_lower);
    free(m->row_upper);
    free(m->lower);
    free(m->upper);
    free(m->value);
    free(m->objective);
    free(m->integer);
    free(m->row);
    free(m->column);
}

static agl_status check_rules(const agl_projects *p, agl_error *err) {
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

static agl_status check(const agl_projects *p, agl_error *err) {
    for (size_t u = 0; u < p->uses; u++) {
        if (p->use_project[u] < 0 || p->use_project[u] >= p->n || p->use_resource[u] < 0 ||
            p->use_resource[u] >= p->n_resources)
            return agl_fail(err, AGL_EDATA, "use %zu names a project or resource that does not exist", u);
        if (!isfinite(p->use_amount[u])) return agl_fail(err, AGL_EDATA, "use %zu is not a finite amount", u);
    }
    for (int32_t r = 0; r < p->n_resources; r++)
        if (isnan(p->limit[r])) return agl_fail(err, AGL_EDATA, "resource %d has no limit", r);
    return check_rules(p, err);
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

static double tail_of(const agl_portfolio_options *o) { return o->tail > 0 ? o->tail : 0.1; }

/** Whether the tail has a part in the objective. */
static bool risky(const agl_projects *p, const agl_portfolio_options *o) {
    return p->n_scenarios > 0 && o->risk > 0;
}

/** z_s - eta + sum_j v_js x_j >= 0, and the objective (1 - risk) v x + risk (eta - p z / tail). */
static void fill_scenarios(model *m, const agl_projects *p, const agl_portfolio_options *o) {
    size_t n = (size_t)p->n, s = (size_t)p->n_scenarios, first = m->milp.rows - s;
    for (size_t j = 0; j < n; j++)
        m->objective[j] *= 1 - o->risk;
    m->lower[n] = -INFINITY, m->upper[n] = INFINITY, m->objective[n] = o->risk;
    for (size_t k = 0; k < s; k++) {
        m->upper[n + 1 + k] = INFINITY;
        m->objective[n + 1 + k] = -o->risk * p->probability[k] / tail_of(o);
        m->row_lower[first + k] = 0, m->row_upper[first + k] = INFINITY;
        entry(m, first + k, n, -1);
        entry(m, first + k, n + 1 + k, 1);
        for (size_t j = 0; j < n; j++)
            entry(m, first + k, j, p->scenario_value[k * n + j]);
    }
}

static agl_status reserve(model *m, size_t resources, size_t n, size_t columns, size_t rows, agl_error *err) {
    m->amount = AGL_NEW(double, resources *n);
    m->row_lower = AGL_NEW(double, rows);
    m->row_upper = AGL_NEW(double, rows);
    m->lower = AGL_NEW(double, columns);
    m->upper = AGL_NEW(double, columns);
    m->objective = AGL_NEW(double, columns);
    m->integer = AGL_NEW(uint8_t, columns);
    m->value = AGL_NEW(double, m->capacity);
    m->row = AGL_NEW(int32_t, m->capacity);
    m->column = AGL_NEW(int32_t, m->capacity);
    bool ok = m->amount && m->row_lower && m->row_upper && m->lower && m->upper && m->objective &&
              m->integer && m->value && m->row && m->column;
    if (ok) return AGL_OK;
    model_free(m);
    return agl_fail_memory(err);
}

static agl_status model_new(model *m, const agl_projects *p, const agl_portfolio_options *o, agl_error *err) {
    *m = (model){0};
    agl_status status = check(p, err);
    if (status != AGL_OK) return status;
    size_t n = (size_t)p->n, wide = (size_t)p->n_resources + p->n_minima + (size_t)o->differ_n;
    size_t scenarios = risky(p, o) ? (size_t)p->n_scenarios : 0,
           columns = n + (scenarios ? scenarios + 1 : 0);
    size_t rows = wide + p->n_requires + p->n_excludes + scenarios;
    m->capacity = wide * n + 2 * (p->n_requires + p->n_excludes) + scenarios * (n + 2);
    status = reserve(m, (size_t)p->n_resources, n, columns, rows, err);
    if (status != AGL_OK) return status;
    m->milp = (agl__milp){.columns = columns,
                          .rows = rows,
                          .maximise = true,
                          .objective = m->objective,
                          .integer = m->integer,
                          .lower = m->lower,
                          .upper = m->upper,
                          .row_lower = m->row_lower,
                          .row_upper = m->row_upper,
                          .row = m->row,
                          .column = m->column,
                          .value = m->value};
    for (size_t j = 0; j < n; j++) {
        m->objective[j] = p->value[j];
        m->integer[j] = 1;
        m->lower[j] = p->fixed && p->fixed[j] > 0;
        m->upper[j] = !(p->fixed && p->fixed[j] < 0);
    }
    fill_rows(m, p, o);
    if (scenarios) fill_scenarios(m, p, o);
    return AGL_OK;
}

typedef struct outcome {
    double value, probability;
} outcome;

static int by_value(const void *a, const void *b) {
    const outcome *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/** Mean over the worst `tail` of the scenarios; the last of them counts in part. */
static agl_status tail_mean(double *out, const agl_projects *p, const double *x, double tail,
                            agl_error *err) {
    size_t n = (size_t)p->n, s = (size_t)p->n_scenarios;
    double left = tail, sum = 0;
    *out = NAN;
    if (s == 0) return AGL_OK;
    outcome *o = AGL_NEW(outcome, s);
    if (!o) return agl_fail_memory(err);
    for (size_t k = 0; k < s; k++) {
        o[k].probability = p->probability[k];
        for (size_t j = 0; j < n; j++)
            o[k].value += p->scenario_value[k * n + j] * x[j];
    }
    qsort(o, s, sizeof *o, by_value);
    for (size_t k = 0; k < s && left > 0; k++) {
        double part = fmin(left, o[k].probability);
        sum += part * o[k].value;
        left -= part;
    }
    *out = sum / (tail - fmax(left, 0));
    free(o);
    return AGL_OK;
}

static void used_by(double *used, const agl_projects *p, const double *x) {
    for (int32_t r = 0; r < p->n_resources; r++)
        used[r] = 0;
    for (size_t u = 0; u < p->uses; u++)
        used[p->use_resource[u]] += p->use_amount[u] * x[p->use_project[u]];
}

agl_status agl_portfolio_solve(agl_portfolio *out, const agl_projects *projects,
                               const agl_portfolio_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_portfolio_options o = {0};
    if (options) o = *options;
    model m;
    agl_status status = model_new(&m, projects, &o, err);
    if (status != AGL_OK) return status;
    size_t n = (size_t)projects->n, resources = (size_t)projects->n_resources;
    double *x = AGL_NEW(double, m.milp.columns), *dual = AGL_NEW(double, m.milp.rows);
    agl__milp_result r = {.x = x, .dual = dual};
    const agl__milp_options how = {.gap = o.gap, .seconds = o.seconds};
    status = x && dual ? agl__milp_solve(&r, &m.milp, &how, ctx, err) : agl_fail_memory(err);
    if (status == AGL_OK) {
        out->value = r.objective, out->bound = r.bound, out->gap = r.gap, out->relaxation = r.relaxation;
        if (out->chosen) memcpy(out->chosen, x, n * sizeof *x);
        if (out->price) memcpy(out->price, dual, resources * sizeof *dual);
        if (out->used) used_by(out->used, projects, x);
        out->mean = 0;
        for (size_t j = 0; j < n; j++)
            out->mean += projects->value[j] * x[j];
        status = tail_mean(&out->tail_mean, projects, x, tail_of(&o), err);
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

/* ---- ties, and problems without a solution ---- */

/** Whether a portfolio with these projects fixed is worth as much as `best`; x is that portfolio. */
static agl_status as_good(bool *yes, double *x, const agl_portfolio *best, const agl_projects *p,
                          const agl_portfolio_options *o, double same, const agl_ctx *ctx, agl_error *err) {
    agl_portfolio other = {.chosen = x};
    agl_error why = {0};
    agl_status status = agl_portfolio_solve(&other, p, o, ctx, &why);
    *yes = status == AGL_OK && other.value >= best->value - same;
    return status == AGL_OK || status == AGL_ECONV ? AGL_OK : agl_fail(err, status, "%s", why.message);
}

agl_status agl_portfolio_first(agl_portfolio *best, const double *change, const agl_projects *projects,
                               const agl_portfolio_options *options, const agl_ctx *ctx, agl_error *err) {
    size_t n = (size_t)projects->n;
    double same = 1e-9 * fmax(1, fabs(best->value));
    int8_t *fixed = AGL_NEW(int8_t, n);
    double *x = AGL_NEW(double, n);
    agl_projects p = *projects;
    agl_status status = fixed && x ? AGL_OK : agl_fail_memory(err);
    p.fixed = fixed;
    for (size_t j = 0; status == AGL_OK && j < n; j++) /* decisions that are the same in all of them */
        if (!(fabs(change[j] - projects->value[j]) <= same)) fixed[j] = best->chosen[j] > 0.5 ? 1 : -1;
    for (size_t j = 0; status == AGL_OK && j < n; j++) {
        if (fixed[j]) continue;
        bool yes = best->chosen[j] > 0.5;
        fixed[j] = 1;
        if (yes) continue;
        status = as_good(&yes, x, best, &p, options, same, ctx, err);
        if (yes)
            memcpy(best->chosen, x, n * sizeof *x);
        else
            fixed[j] = -1;
    }
    if (status == AGL_OK && best->used) used_by(best->used, projects, best->chosen);
    free(fixed);
    free(x);
    return status;
}

/** A further column for each limit, which gives back what is used of it and costs in proportion to the limit.
 * The new columns stand behind the projects; all bounds, costs and entries are copies in `numbers` and
 * `places`. */
static agl__milp elastic_of(const model *m, size_t n, size_t r, double *numbers, int32_t *places,
                            uint8_t *integer) {
    size_t all = n + r, entries = m->milp.entries;
    double *objective = numbers, *lower = objective + all, *upper = lower + all, *value = upper + all;
    int32_t *row = places, *column = places + entries + r;
    memcpy(lower, m->lower, n * sizeof *lower);
    memcpy(upper, m->upper, n * sizeof *upper);
    memcpy(integer, m->integer, n);
    memcpy(value, m->value, entries * sizeof *value);
    memcpy(row, m->row, entries * sizeof *row);
    memcpy(column, m->column, entries * sizeof *column);
    for (size_t k = 0; k < r; k++) {
        double limit = fabs(m->row_upper[k]);
        objective[n + k] = limit > 0 && isfinite(limit) ? 1 / limit : 1;
        upper[n + k] = INFINITY;
        row[entries + k] = (int32_t)k, column[entries + k] = (int32_t)(n + k), value[entries + k] = -1;
    }
    agl__milp out = m->milp;
    out.columns = all, out.maximise = false, out.objective = objective, out.lower = lower, out.upper = upper;
    out.integer = integer, out.entries = entries + r, out.row = row, out.column = column, out.value = value;
    return out;
}

agl_status agl_portfolio_mend(double *excess, const agl_projects *projects,
                              const agl_portfolio_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_portfolio_options o = {0};
    if (options) o = *options;
    o.risk = 0;
    model m;
    agl_status status = model_new(&m, projects, &o, err);
    if (status != AGL_OK) return status;
    size_t n = (size_t)projects->n, r = (size_t)projects->n_resources, all = n + r;
    double *numbers = AGL_NEW(double, 4 * all + m.milp.entries + r);
    int32_t *places = AGL_NEW(int32_t, 2 * (m.milp.entries + r));
    uint8_t *integer = AGL_NEW(uint8_t, all);
    status = numbers && places && integer ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        agl__milp elastic = elastic_of(&m, n, r, numbers, places, integer);
        agl__milp_result result = {.x = numbers + 3 * all + m.milp.entries + r};
        const agl__milp_options how = {.seconds = o.seconds};
        status = agl__milp_solve(&result, &elastic, &how, ctx, err);
        if (status == AGL_OK) memcpy(excess, result.x + n, r * sizeof *excess);
    }
    free(numbers);
    free(places);
    free(integer);
    model_free(&m);
    return status;
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

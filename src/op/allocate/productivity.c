#include "agglo/productivity.h"
#include "base/mem.h"
#include "kernel/measure/cells.h"
#include "op/run.h"

#include <math.h>
#include <string.h>

#define D AGL_TFP_MOST_INPUTS

enum { METHODS = 7, ROLES = 6 };
/* In the order of agl_tfp_method; the tables are in the order of the texts. */
static const char *const method_name[METHODS] = {"ols", "fe", "op", "lp", "wrdg", "acf", "gnr"};
static const agl_tfp_method by_name[METHODS] = {AGL_TFP_ACF, AGL_TFP_FE, AGL_TFP_GNR, AGL_TFP_LP,
                                                AGL_TFP_OLS, AGL_TFP_OP, AGL_TFP_WRDG};
static const char *const sorted_methods[METHODS] = {"acf", "fe", "gnr", "lp", "ols", "op", "wrdg"};
static const char *const sorted_roles[ROLES] = {"capital", "capital2",  "labour",
                                                "labour2", "materials", "returns_to_scale"};

/** What the columns give: the inputs of the function, free ones first. */
typedef struct source {
    size_t n_free, n_state;
    const char *role[D];
    const agl_column *input[D], *output, *materials, *investment, *share;
    bool logs, gross;
} source;

/** A panel of the firm-years that have everything that a method needs. */
typedef struct panel {
    agl_firm_panel p;
    uint32_t *row; /* row of the input */
    int32_t *firm, *year;
    double *output, *inputs, *proxy;
} panel;

typedef struct result {
    bool done;
    agl_tfp tfp;
    panel panel;
    double *ln_tfp;
} result;

static void add_input(source *s, const agl_run *run, const char *role, bool state) {
    const agl_column *column = agl__run_column(run, "data", role);
    if (!column) return;
    size_t k = s->n_free + s->n_state;
    s->role[k] = role;
    s->input[k] = column;
    ++*(state ? &s->n_state : &s->n_free);
}

static source source_of(const agl_run *run) {
    source s = {.output = agl__run_column(run, "data", "output"),
                .materials = agl__run_column(run, "data", "materials"),
                .investment = agl__run_column(run, "data", "investment"),
                .share = agl__run_column(run, "data", "share"),
                .logs = agl__run_flag(run, "logs"),
                .gross = agl__run_is(run, "output-is", "gross")};
    add_input(&s, run, "labour", false);
    add_input(&s, run, "labour2", false);
    if (s.gross) add_input(&s, run, "materials", false);
    add_input(&s, run, "capital", true);
    add_input(&s, run, "capital2", true);
    return s;
}

/** Column of the proxy. NULL when there is none; that of gnr then is ln materials - ln output. */
static const agl_column *proxy_of(const source *s, agl_tfp_method m) {
    if (m == AGL_TFP_GNR) return s->share;
    return m <= AGL_TFP_FE ? NULL : m == AGL_TFP_OP ? s->investment : s->materials;
}

/** Why a method cannot be run on these columns; NULL when it can. */
static const char *hindrance(const source *s, agl_tfp_method m) {
    if (m == AGL_TFP_OP && !s->investment) return "needs the column investment";
    if (m == AGL_TFP_GNR)
        return s->gross ? NULL : "is an estimator of gross output: give gross output and --output-is gross";
    if (m > AGL_TFP_OP && !s->materials) return "needs the column materials";
    if (m > AGL_TFP_OP && s->gross)
        return "takes materials as a proxy and cannot estimate their coefficient in gross output; use gnr, "
               "or value added";
    return NULL;
}

static void panel_free(panel *p) {
    free(p->row);
    free(p->firm);
    free(p->year);
    free(p->output);
    free(p->inputs);
    free(p->proxy);
    *p = (panel){0};
}

typedef struct excluded {
    size_t missing, no_log, first_bad;
    const char *role;
} excluded;

/** True when the row has a firm, a year and a logarithm of everything. */
static bool enters(excluded *out, const agl_run *run, const source *s, const agl_column *proxy, size_t i) {
    const agl_column *column[D + 2];
    const char *role[D + 2];
    size_t k = s->n_free + s->n_state, n = 0;
    memcpy(column, s->input, k * sizeof(column[0]));
    memcpy(role, s->role, k * sizeof(role[0]));
    n = k;
    column[n] = s->output, role[n++] = "output";
    if (proxy)
        column[n] = proxy, role[n++] = proxy == s->materials ? "materials"
                                       : proxy == s->share   ? "share"
                                                             : "investment";
    bool missing = agl__run_column(run, "data", "firm")->code[i] < 0 ||
                   isnan(agl__run_column(run, "data", "year")->num[i]);
    for (size_t c = 0; c < n; c++)
        missing = missing || isnan(column[c]->num[i]);
    if (missing) {
        out->missing++;
        return false;
    }
    for (size_t c = 0; c < n; c++) {
        double x = column[c]->num[i];
        if (s->logs ? isfinite(x) : x > 0 && isfinite(x)) continue;
        if (out->no_log++ == 0) out->first_bad = i, out->role = role[c];
        return false;
    }
    return true;
}

static agl_status choose_rows(panel *p, agl_run *run, const source *s, agl_tfp_method m, agl_error *err) {
    const agl_column *proxy = proxy_of(s, m);
    size_t rows = agl__run_input(run, "data")->rows;
    excluded out = {0};
    p->row = AGL_NEW(uint32_t, rows);
    if (!p->row) return agl_fail_memory(err);
    for (size_t i = 0; i < rows; i++)
        if (enters(&out, run, s, proxy, i)) p->row[p->p.n++] = (uint32_t)i;
    if (out.no_log && agl__run_is(run, "invalid", "fail"))
        return agl__run_fail_row(run, "data", out.first_bad, out.role, err,
                                 "no logarithm, which %s needs (%zu such firm-years); correct them, leave "
                                 "them out with --invalid drop, or "
                                 "say --logs when the values are logarithms already",
                                 method_name[m], out.no_log);
    if (p->p.n == 0)
        return agl_fail(err, AGL_EDATA, "no firm-year has everything that %s needs", method_name[m]);
    if (out.missing)
        agl__run_warn(run, "%s: %zu of %zu firm-years were left out because a value is missing",
                      method_name[m], out.missing, rows);
    if (out.no_log)
        agl__run_warn(run, "%s: %zu of %zu firm-years were left out because a value is zero or negative",
                      method_name[m], out.no_log, rows);
    agl__run_rows(run, p->p.n, rows - p->p.n);
    return AGL_OK;
}

/** Puts the rows into the order of firm and year. */
static agl_status sort_rows(panel *p, const agl_run *run, agl_error *err) {
    const agl_column *firm = agl__run_column(run, "data", "firm"),
                     *year = agl__run_column(run, "data", "year");
    size_t n = p->p.n;
    double first = INFINITY, last = -INFINITY;
    for (size_t k = 0; k < n; k++) {
        first = fmin(first, year->num[p->row[k]]);
        last = fmax(last, year->num[p->row[k]]);
    }
    if (!(last - first < 10000))
        return agl_fail(err, AGL_EDATA,
                        "the years run from %g to %g; is the role year bound to the right column?", first,
                        last);
    uint32_t *order = AGL_NEW(uint32_t, n);
    p->firm = AGL_NEW(int32_t, n);
    p->year = AGL_NEW(int32_t, n);
    agl_status status = order && p->firm && p->year ? AGL_OK : agl_fail_memory(err);
    for (size_t k = 0; k < n && status == AGL_OK; k++) {
        p->firm[k] = firm->code[p->row[k]];
        p->year[k] = (int32_t)(year->num[p->row[k]] - first);
    }
    const int32_t *keys[] = {p->firm, p->year};
    const size_t codes[] = {firm->dict.n, (size_t)(last - first) + 1};
    if (status == AGL_OK) status = agl__code_order(order, keys, codes, 2, n, err);
    for (size_t k = 0; k < n && status == AGL_OK; k++)
        order[k] = p->row[order[k]];
    if (status == AGL_OK) memcpy(p->row, order, n * sizeof *order);
    for (size_t k = 0; k < n && status == AGL_OK; k++) {
        bool same = k > 0 && firm->code[p->row[k]] == firm->code[p->row[k - 1]];
        p->firm[k] =
            k == 0 ? 0
                   : p->firm[k - 1] + !same; /* firms that do not enter get no number: they are never drawn */
        p->year[k] = (int32_t)year->num[p->row[k]];
    }
    p->p.n_firms = n > 0 && status == AGL_OK ? (size_t)p->firm[n - 1] + 1 : 0;
    free(order);
    return status;
}

static double logarithm(const source *s, const agl_column *column, size_t row) {
    return s->logs ? column->num[row] : log(column->num[row]);
}

static agl_status make_panel(panel *p, agl_run *run, const source *s, agl_tfp_method m, agl_error *err) {
    const agl_column *proxy = proxy_of(s, m);
    agl_status status = choose_rows(p, run, s, m, err);
    if (status == AGL_OK) status = sort_rows(p, run, err);
    if (status != AGL_OK) return status;
    size_t n = p->p.n, k = s->n_free + s->n_state;
    p->output = AGL_NEW(double, n);
    p->inputs = AGL_NEW(double, n *k);
    p->proxy = m > AGL_TFP_FE ? AGL_NEW(double, n) : NULL;
    if (!p->output || !p->inputs || (m > AGL_TFP_FE && !p->proxy)) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        size_t r = p->row[i];
        p->output[i] = logarithm(s, s->output, r);
        for (size_t j = 0; j < k; j++)
            p->inputs[i * k + j] = logarithm(s, s->input[j], r);
        if (proxy)
            p->proxy[i] = logarithm(s, proxy, r);
        else if (p->proxy) /* gnr; materials are the last free input */
            p->proxy[i] = p->inputs[i * k + s->n_free - 1] - p->output[i];
    }
    p->p = (agl_firm_panel){n,         p->p.n_firms, p->firm,   p->year, p->output,
                            s->n_free, s->n_state,   p->inputs, p->proxy};
    return AGL_OK;
}

/** Several solutions of the second stage, or none. */
static void warn_minima(agl_run *run, const agl_tfp *t, agl_tfp_method m) {
    bool exact = m == AGL_TFP_ACF || m == AGL_TFP_GNR; /* as many conditions as coefficients */
    size_t solutions = 0;
    for (size_t i = 0; i < t->n_minima; i++)
        solutions += !exact || t->minima[i].criterion < 1e-9;
    if (exact && t->minima[t->chosen].criterion > 1e-9)
        agl__run_warn(run,
                      "%s: the moment conditions are not solved anywhere (least criterion %.3g); the "
                      "coefficients are no solution",
                      method_name[m], t->minima[t->chosen].criterion);
    if (solutions > 1)
        agl__run_warn(run, "%s: %zu solutions; the coefficients are from %s, see the table minima",
                      method_name[m], solutions,
                      m == AGL_TFP_ACF   ? "the one nearest to ols"
                      : m == AGL_TFP_GNR ? "the first that was found"
                                         : "the least");
    if (exact && t->n_minima > solutions && solutions > 0)
        agl__run_warn(run,
                      "%s: %zu further local minima are no solutions; a program that tries one starting "
                      "value may report one",
                      method_name[m], t->n_minima - solutions);
}

static void warn(agl_run *run, const result *r, const source *s, agl_tfp_method m, size_t replications) {
    const agl_tfp *t = &r->tfp;
    for (size_t j = 0; j < s->n_free + s->n_state; j++)
        if (t->coefficient[j] < 0)
            agl__run_warn(run, "%s: the coefficient of %s is negative (%.3g)", method_name[m], s->role[j],
                          t->coefficient[j]);
    warn_minima(run, t, m);
    if (replications > 0 && t->n_replicates < replications)
        agl__run_warn(run, "%s: %zu of %zu bootstrap replications could not be estimated", method_name[m],
                      replications - t->n_replicates, replications);
}

static agl_status estimate(result *r, agl_run *run, const source *s, agl_tfp_method m, agl_error *err) {
    agl_tfp_options o = {.method = m,
                         .replications = (size_t)agl__run_integer(run, "replications"),
                         .level = agl__run_number(run, "level"),
                         .no_drift = agl__run_like(run, "prodest")};
    agl_status status = make_panel(&r->panel, run, s, m, err);
    if (status != AGL_OK) return status;
    r->ln_tfp = AGL_NEW(double, r->panel.p.n);
    if (!r->ln_tfp) return agl_fail_memory(err);
    status = agl_productivity(&r->tfp, r->ln_tfp, &r->panel.p, &o, agl__run_ctx(run), err);
    r->done = status == AGL_OK;
    if (r->done) warn(run, r, s, m, o.replications);
    return status;
}

/* ---- tables ---- */

static agl_status text_key(int32_t **code, agl_table *t, const char *name, const char *const *text, size_t n,
                           agl_error *err) {
    agl_dict dict = {0};
    agl_status status = agl_dict_set(&dict, text, n, err);
    if (status == AGL_OK) status = agl__run_key(code, t, name, &dict, err);
    agl_dict_free(&dict);
    return status;
}

/** Number of the input that has the role, in the order of the texts; -1 when the function has none of that
 * role. */
static int find_input(const source *s, const char *role) {
    for (size_t j = 0; j < s->n_free + s->n_state; j++)
        if (strcmp(s->role[j], role) == 0) return (int)j;
    return -1;
}

static agl_status coefficient_table(agl_run *run, const result *all, const source *s, agl_error *err) {
    size_t k = s->n_free + s->n_state, rows = 0, at = 0;
    for (int m = 0; m < METHODS; m++)
        rows += all[m].done ? k + 1 : 0;
    agl_table *t;
    int32_t *method, *input;
    agl_status status = agl__run_output(&t, run, "coefficients", rows, err);
    if (status == AGL_OK) status = text_key(&method, t, "method", sorted_methods, METHODS, err);
    if (status == AGL_OK) status = text_key(&input, t, "input", sorted_roles, ROLES, err);
    for (int i = 0; i < METHODS && status == AGL_OK; i++) {
        const result *r = all + by_name[i];
        if (!r->done) continue;
        double sum = 0;
        for (size_t j = 0; j < k; j++)
            sum += r->tfp.coefficient[j];
        for (int role = 0; role < ROLES; role++) {
            int j = role == ROLES - 1 ? (int)k : find_input(s, sorted_roles[role]);
            if (j < 0) continue;
            method[at] = i, input[at] = role;
            agl__run_num(t, "coefficient")[at] = (size_t)j == k ? sum : r->tfp.coefficient[j];
            agl__run_num(t, "se")[at] = r->tfp.se[j];
            agl__run_num(t, "lo")[at] = r->tfp.lo[j];
            agl__run_num(t, "hi")[at] = r->tfp.hi[j];
            agl__run_num(t, "firm_years")[at] = (double)r->panel.p.n;
            agl__run_num(t, "pairs")[at] = (double)r->tfp.n_pairs;
            agl__run_num(t, "replications")[at++] = (double)r->tfp.n_replicates;
        }
    }
    return status;
}

static agl_status minima_table(agl_run *run, const result *all, const source *s, agl_error *err) {
    size_t k = s->n_free + s->n_state, rows = 0, at = 0;
    for (int m = 0; m < METHODS; m++)
        rows += all[m].done ? all[m].tfp.n_minima * k : 0;
    agl_table *t;
    int32_t *method, *input;
    agl_status status = agl__run_output(&t, run, "minima", rows, err);
    if (status == AGL_OK) status = text_key(&method, t, "method", sorted_methods, METHODS, err);
    if (status == AGL_OK) status = text_key(&input, t, "input", sorted_roles, ROLES, err);
    for (int i = 0; i < METHODS && status == AGL_OK; i++) {
        const agl_tfp *tfp = &all[by_name[i]].tfp;
        for (size_t n = 0; all[by_name[i]].done && n < tfp->n_minima; n++)
            for (int role = 0; role < ROLES; role++) {
                int j = find_input(s, sorted_roles[role]);
                if (j < 0) continue;
                method[at] = i, input[at] = role;
                agl__run_num(t, "minimum")[at] = (double)n + 1;
                agl__run_num(t, "coefficient")[at] = tfp->minima[n].coefficient[j];
                agl__run_num(t, "criterion")[at] = tfp->minima[n].criterion;
                agl__run_num(t, "starts")[at] = (double)tfp->minima[n].starts;
                agl__run_num(t, "chosen")[at++] = n == tfp->chosen;
            }
    }
    return status;
}

/** ln TFP minus the mean of the year, and growth where the year before is there. */
static agl_status relative_and_growth(double *relative, double *growth, const result *r, agl_error *err) {
    const agl_firm_panel *p = &r->panel.p;
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (size_t i = 0; i < p->n; i++) {
        first = p->year[i] < first ? p->year[i] : first;
        last = p->year[i] > last ? p->year[i] : last;
    }
    size_t years = (size_t)(last - first) + 1;
    double *sum = AGL_NEW(double, 2 * years), *count = sum + years;
    if (!sum) return agl_fail_memory(err);
    for (size_t i = 0; i < p->n; i++) {
        sum[p->year[i] - first] += r->ln_tfp[i];
        count[p->year[i] - first]++;
    }
    for (size_t i = 0; i < p->n; i++) {
        bool lag = i > 0 && p->firm[i] == p->firm[i - 1] && p->year[i] == p->year[i - 1] + 1;
        relative[i] = r->ln_tfp[i] - sum[p->year[i] - first] / count[p->year[i] - first];
        growth[i] = lag ? r->ln_tfp[i] - r->ln_tfp[i - 1] : NAN;
    }
    free(sum);
    return AGL_OK;
}

static agl_status tfp_table(agl_run *run, const result *all, agl_error *err) {
    if (!agl__run_wants(run, "tfp")) return AGL_OK;
    const agl_column *firm_column = agl__run_column(run, "data", "firm");
    size_t rows = 0, at = 0;
    for (int m = 0; m < METHODS; m++)
        rows += all[m].done ? all[m].panel.p.n : 0;
    agl_table *t;
    int32_t *method, *firm;
    agl_status status = agl__run_output(&t, run, "tfp", rows, err);
    if (status == AGL_OK) status = text_key(&method, t, "method", sorted_methods, METHODS, err);
    if (status == AGL_OK) status = agl__run_key(&firm, t, "firm", &firm_column->dict, err);
    for (int i = 0; i < METHODS && status == AGL_OK; i++) {
        const result *r = all + by_name[i];
        if (!r->done) continue;
        status =
            relative_and_growth(agl__run_num(t, "relative") + at, agl__run_num(t, "growth") + at, r, err);
        for (size_t k = 0; k < r->panel.p.n; k++, at++) {
            method[at] = i;
            firm[at] = firm_column->code[r->panel.row[k]];
            agl__run_num(t, "year")[at] = r->panel.year[k];
            agl__run_num(t, "ln_tfp")[at] = r->ln_tfp[k];
        }
    }
    return status;
}

agl_status agl_op_allocate_productivity(agl_run *run, agl_error *err) {
    source s = source_of(run);
    result all[METHODS] = {0};
    bool every = agl__run_is(run, "method", "all");
    agl_status status = AGL_OK;
    if (s.gross && !s.materials)
        status =
            agl_fail(err, AGL_EUSAGE, "gross output needs the column materials, which is an input of it");
    for (int m = 0; m < METHODS && status == AGL_OK; m++) {
        const char *why = hindrance(&s, (agl_tfp_method)m);
        if (!every && !agl__run_is(run, "method", method_name[m])) continue;
        if (why && !every) status = agl_fail(err, AGL_EUSAGE, "%s %s", method_name[m], why);
        if (!why) status = estimate(all + m, run, &s, (agl_tfp_method)m, err);
    }
    if (status == AGL_OK) status = coefficient_table(run, all, &s, err);
    if (status == AGL_OK) status = tfp_table(run, all, err);
    if (status == AGL_OK) status = minima_table(run, all, &s, err);
    for (int m = 0; m < METHODS; m++) {
        panel_free(&all[m].panel);
        free(all[m].ln_tfp);
    }
    return status;
}

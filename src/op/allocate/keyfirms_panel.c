#include "op/allocate/keyfirms_panel.h"
#include "base/mem.h"
#include "kernel/measure/cells.h"

#include <math.h>
#include <string.h>

#define WEAK       10 /* Stock and Yogo's rule of thumb */
#define MOST_YEARS 200

typedef struct panel {
    agl_run *run;
    const agl__ids *ids;
    size_t n;
    int32_t *firm, *year;
    double *output, *effort, *shifter;
    agl_graph *links; /* one a year, or one */
    size_t n_graphs;
    int32_t first_year;
} panel;

static void panel_free(panel *p) {
    for (size_t k = 0; k < p->n_graphs; k++)
        agl_graph_free(p->links + k);
    free(p->links);
    free(p->firm);
    free(p->year);
    free(p->output);
    free(p->effort);
    free(p->shifter);
}

/** Order of the rows by firm and year. */
static agl_status order_rows(uint32_t *order, const panel *p, const agl_table *t, agl_error *err) {
    const agl_column *firm = agl_table_column(t, "firm"), *year = agl_table_column(t, "year");
    int32_t *keys = AGL_NEW(int32_t, 2 * t->rows);
    double first = INFINITY, last = -INFINITY;
    if (!keys) return agl_fail_memory(err);
    agl_status status = AGL_OK;
    for (size_t k = 0; k < t->rows && status == AGL_OK; k++) {
        if (firm->code[k] < 0 || isnan(year->num[k]))
            status =
                agl__run_fail_row(p->run, "panel", k, firm->code[k] < 0 ? "firm" : "year", err, "missing");
        else
            keys[k] = p->ids->of[3][firm->code[k]];
        first = fmin(first, year->num[k]);
        last = fmax(last, year->num[k]);
    }
    if (status == AGL_OK && !(last - first < MOST_YEARS))
        status = agl_fail(err, AGL_EDATA, "the panel has no rows, or more than %d years", MOST_YEARS);
    for (size_t k = 0; k < t->rows && status == AGL_OK; k++)
        keys[t->rows + k] = (int32_t)(year->num[k] - first);
    const int32_t *columns[] = {keys, keys + t->rows};
    const size_t codes[] = {p->ids->dict.n, MOST_YEARS};
    if (status == AGL_OK) status = agl__code_order(order, columns, codes, 2, t->rows, err);
    free(keys);
    return status;
}

static agl_status reserve(panel *p, size_t n, bool effort, bool shifter, agl_error *err) {
    p->n = n;
    p->firm = AGL_NEW(int32_t, n);
    p->year = AGL_NEW(int32_t, n);
    p->output = AGL_NEW(double, n);
    p->effort = effort ? AGL_NEW(double, n) : NULL;
    p->shifter = shifter ? AGL_NEW(double, n) : NULL;
    bool ok = p->firm && p->year && p->output && (p->effort || !effort) && (p->shifter || !shifter);
    return ok ? AGL_OK : agl_fail_memory(err);
}

static agl_status read_rows(panel *p, agl_error *err) {
    const agl_table *t = agl__run_input(p->run, "panel");
    const agl_column *effort = agl_table_column(t, "effort"), *shifter = agl_table_column(t, "shifter");
    uint32_t *order = AGL_NEW(uint32_t, t->rows);
    agl_status status = order ? reserve(p, t->rows, effort, shifter, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = order_rows(order, p, t, err);
    for (size_t k = 0; k < p->n && status == AGL_OK; k++) {
        size_t row = order[k];
        p->firm[k] = p->ids->of[3][agl_table_column(t, "firm")->code[row]];
        p->year[k] = (int32_t)agl_table_column(t, "year")->num[row];
        p->output[k] = agl_table_column(t, "output")->num[row];
        if (effort) p->effort[k] = effort->num[row];
        if (shifter) p->shifter[k] = shifter->num[row];
    }
    free(order);
    return status;
}

/** The links of year first_year + `t`, of all years when the links have none. */
static agl_status year_links(panel *p, size_t t, int32_t *ends, agl_error *err) {
    const agl_table *links = agl__run_input(p->run, "data");
    const agl_column *from = agl_table_column(links, "source"), *to = agl_table_column(links, "target");
    const agl_column *year = agl_table_column(links, "year");
    int32_t *a = ends, *b = ends + links->rows;
    size_t m = 0;
    for (size_t k = 0; k < links->rows; k++) {
        if (from->code[k] < 0 || to->code[k] < 0) continue;
        if (year && year->num[k] != p->first_year + (double)t) continue;
        a[m] = p->ids->of[0][from->code[k]];
        b[m++] = p->ids->of[1][to->code[k]];
    }
    return agl_graph_from_edges(p->links + t, NULL, (int32_t)p->ids->dict.n, m, a, b, NULL, false, err);
}

static agl_status read_links(panel *p, agl_error *err) {
    const agl_table *links = agl__run_input(p->run, "data");
    const agl_column *year = agl_table_column(links, "year");
    double first = INFINITY, last = -INFINITY;
    for (size_t k = 0; year && k < links->rows; k++) {
        if (isnan(year->num[k]))
            return agl__run_fail_row(p->run, "data", k, "year", err,
                                     "a link without a year; add it, or give no years");
        first = fmin(first, year->num[k]);
        last = fmax(last, year->num[k]);
    }
    bool years = last >= first;
    if (years && !(last - first < MOST_YEARS))
        return agl_fail(err, AGL_EDATA, "the links cover more than %d years", MOST_YEARS);
    size_t graphs = years ? (size_t)(last - first) + 1 : 1;
    int32_t *ends = AGL_NEW(int32_t, 2 * links->rows);
    p->first_year = years ? (int32_t)first : 0;
    p->links = AGL_NEW(agl_graph, graphs);
    agl_status status = p->links && ends ? AGL_OK : agl_fail_memory(err);
    for (size_t t = 0; t < graphs && status == AGL_OK; t++) {
        status = year_links(p, t, ends, err);
        p->n_graphs = t + 1;
    }
    free(ends);
    return status;
}

/** Why the estimates cannot be used; NULL when they can. */
static const char *objection(const agl_klz_estimates *e, double rho, double phi, const agl_klz_network *net,
                             agl_error *why, const agl_ctx *ctx) {
    agl_klz_network with = *net;
    agl_klz_bounds bounds;
    with.rho = rho, with.phi = phi;
    if (!(e->weak >= WEAK)) return "the instruments are weak";
    if (!(rho >= 0 && phi >= 0 && rho < 1)) return "an estimate is negative or not below 1";
    return agl_klz_check(&bounds, &with, ctx, why) == AGL_OK ? NULL : why->message;
}

static agl_status write(agl_run *run, const agl_klz_estimates *e, bool used, agl_error *err) {
    static const char *const names[] = {"phi", "rho"};
    const double value[] = {e->phi, e->rho}, se[] = {e->phi_se, e->rho_se};
    const double f[] = {e->first_stage_phi, e->first_stage_rho};
    agl_table *t;
    int32_t *key;
    agl_dict dict = {0};
    agl_status status = agl__run_output(&t, run, "estimate", 2, err);
    if (status == AGL_OK) status = agl_dict_set(&dict, names, 2, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "parameter", &dict, err);
    for (size_t k = 0; k < 2 && status == AGL_OK; k++) {
        key[k] = (int32_t)k;
        agl__run_num(t, "estimate")[k] = value[k];
        agl__run_num(t, "se")[k] = se[k];
        agl__run_num(t, "lo")[k] = value[k] - 1.959963984540054 * se[k];
        agl__run_num(t, "hi")[k] = value[k] + 1.959963984540054 * se[k];
        agl__run_num(t, "first_stage_f")[k] = f[k];
        agl__run_num(t, "weak_f")[k] = e->weak;
        agl__run_num(t, "overidentification_p")[k] = e->overidentification_p;
        agl__run_num(t, "firm_years")[k] = (double)e->firm_years;
        agl__run_num(t, "used")[k] = used && isfinite(value[k]);
    }
    agl_dict_free(&dict);
    return status;
}

agl_status agl__keyfirms_panel(double *rho, double *phi, agl_run *run, const agl__ids *ids,
                               const agl_klz_network *net, agl_error *err) {
    panel p = {.run = run, .ids = ids};
    agl_klz_estimates e;
    agl_status status = read_rows(&p, err);
    if (status == AGL_OK) status = read_links(&p, err);
    if (status == AGL_OK) {
        agl_klz_panel of = {.n = p.n,
                            .firm = p.firm,
                            .year = p.year,
                            .output = p.output,
                            .effort = p.effort,
                            .shifter = p.shifter,
                            .n_firms = (int32_t)ids->dict.n,
                            .n_markets = net->n_markets,
                            .market = net->n_markets ? net->market : NULL,
                            .n_graphs = p.n_graphs,
                            .links = p.links,
                            .first_graph_year = p.first_year};
        status = agl_klz_estimate(&e, &of, err);
    }
    if (status == AGL_OK) {
        agl_error why = {0};
        double new_rho = isfinite(e.rho) ? e.rho : *rho, new_phi = isfinite(e.phi) ? e.phi : *phi;
        const char *objects = objection(&e, new_rho, new_phi, net, &why, agl__run_ctx(run));
        if (!p.shifter)
            agl__run_warn(
                run, "rho and phi are estimated with outputs of two years before as instruments, which is "
                     "right only when shocks do not last; a column shifter is better");
        if (e.overidentification_p < 0.05)
            agl__run_warn(
                run,
                "the instruments of rho and phi contradict each other (Sargan test, p = %.2g): at least "
                "one of them is not valid",
                e.overidentification_p);
        if (objects)
            agl__run_warn(
                run,
                "the estimates rho = %.3g, phi = %.3g are not used: %s (first-stage F %.3g, 10 is the usual "
                "least); the results are for --rho %g --phi %g",
                e.rho, e.phi, objects, e.weak, *rho, *phi);
        else
            *rho = new_rho, *phi = new_phi;
        status = write(run, &e, !objects, err);
    }
    panel_free(&p);
    return status;
}

#include "agglo/keyfirms.h"
#include "base/mem.h"
#include "op/allocate/keyfirms_panel.h"
#include "op/network/ids.h"
#include "op/run.h"

#include <math.h>
#include <string.h>

enum { KEY_FIRMS = 10 }; /* whose links are listed */

typedef struct firms {
    agl_run *run;
    agl__ids ids; /* of both ends and of the listed firms */
    agl_graph links;
    int32_t *market;
    agl_klz_network net;
    agl_klz_bounds bounds;
    double *values; /* the arrays below, n each */
    double *mu, *q, *subsidy, *after, *loss, *estimate;
    double same, welfare, welfare_targeted, welfare_same;
} firms;

static void firms_free(firms *f) {
    agl__ids_free(&f->ids);
    agl_graph_free(&f->links);
    free(f->market);
    free(f->values);
}

/* ---- input -----------------------------------------------------------------------------------------------
 */

static agl_status number_firms(firms *f, agl_error *err) {
    const agl_table *links = agl__run_input(f->run, "data"), *list = agl__run_input(f->run, "firms");
    const agl_table *panel = agl__run_input(f->run, "panel");
    const agl_column *columns[] = {agl_table_column(links, "source"), agl_table_column(links, "target"),
                                   agl_table_column(list, "firm"), agl__run_column(f->run, "panel", "firm")};
    const size_t rows[] = {links->rows, links->rows, list->rows, panel ? panel->rows : 0};
    agl_status status = agl__ids_new(&f->ids, columns, rows, 4, err);
    size_t n = f->ids.dict.n;
    if (status != AGL_OK) return status;
    f->market = AGL_NEW(int32_t, n);
    f->values = AGL_NEW(double, 6 * n);
    if (!f->market || !f->values) return agl_fail_memory(err);
    double **arrays[] = {&f->mu, &f->q, &f->subsidy, &f->after, &f->loss, &f->estimate};
    for (size_t k = 0; k < 6; k++)
        *arrays[k] = f->values + k * n;
    return AGL_OK;
}

static agl_status read_links(firms *f, agl_error *err) {
    const agl_table *links = agl__run_input(f->run, "data");
    const agl_column *from = agl_table_column(links, "source"), *to = agl_table_column(links, "target");
    int32_t *ends = AGL_NEW(int32_t, 2 * links->rows), *a = ends, *b = ends + links->rows;
    agl_graph_counts counts = {0};
    size_t m = 0;
    if (!ends) return agl_fail_memory(err);
    for (size_t k = 0; k < links->rows; k++) {
        if (from->code[k] < 0 || to->code[k] < 0) continue;
        a[m] = f->ids.of[0][from->code[k]];
        b[m++] = f->ids.of[1][to->code[k]];
    }
    agl_status status =
        agl_graph_from_edges(&f->links, &counts, (int32_t)f->ids.dict.n, m, a, b, NULL, false, err);
    free(ends);
    agl__run_rows(f->run, m - counts.self_loops, links->rows - m + counts.self_loops);
    if (m < links->rows) agl__run_warn(f->run, "%zu links without both ends were left out", links->rows - m);
    if (counts.self_loops)
        agl__run_warn(f->run, "%zu links of a firm with itself were left out", counts.self_loops);
    return status;
}

/** Market and value (mu, or effort) of every firm; `value` receives the one that the file has. */
static agl_status read_firms(firms *f, double *value, const char *role, agl_error *err) {
    const agl_table *list = agl__run_input(f->run, "firms");
    const agl_column *key = agl_table_column(list, "firm"), *market = agl_table_column(list, "market");
    const double *given = agl_table_column(list, role)->num;
    size_t alone = 0;
    for (size_t i = 0; i < f->ids.dict.n; i++)
        value[i] = NAN;
    for (size_t k = 0; k < list->rows; k++) {
        if (key->code[k] < 0) return agl__run_fail_row(f->run, "firms", k, "firm", err, "no firm code");
        int32_t i = f->ids.of[2][key->code[k]];
        if (isnan(given[k]))
            return agl__run_fail_row(f->run, "firms", k, role, err,
                                     "missing value of firm %s; leave the firm "
                                     "and its links out, or give its value",
                                     f->ids.dict.text[i]);
        value[i] = given[k];
        f->market[i] = market ? market->code[k] : -1;
        alone += market && market->code[k] < 0;
    }
    for (size_t i = 0; i < f->ids.dict.n; i++)
        if (isnan(value[i]))
            return agl_fail(err, AGL_EDATA,
                            "firm %s has links, or a row in --panel, but no row in --firms; add its row",
                            f->ids.dict.text[i]);
    if (alone) agl__run_warn(f->run, "%zu firms without a market are taken to have no rivals", alone);
    f->net = (agl_klz_network){&f->links, f->market, market ? (int32_t)market->dict.n : 0,
                               agl__run_number(f->run, "rho"), agl__run_number(f->run, "phi")};
    return AGL_OK;
}

/** mu as given, or the mu under which the effort seen is the equilibrium. */
static agl_status read_input(firms *f, agl_error *err) {
    bool mu = agl__run_column(f->run, "firms", "mu") != NULL;
    bool effort = agl__run_column(f->run, "firms", "effort") != NULL;
    if (mu == effort)
        return agl_fail(err, AGL_EUSAGE,
                        "the table of firms needs the role mu or the role effort%s; see --col",
                        mu ? ", not both" : "");
    agl_status status = number_firms(f, err);
    if (status == AGL_OK) status = read_links(f, err);
    if (status == AGL_OK) status = read_firms(f, mu ? f->mu : f->q, mu ? "mu" : "effort", err);
    if (status == AGL_OK && agl__run_input(f->run, "panel"))
        status = agl__keyfirms_panel(&f->net.rho, &f->net.phi, f->run, &f->ids, &f->net, err);
    if (status == AGL_OK) status = agl_klz_check(&f->bounds, &f->net, agl__run_ctx(f->run), err);
    if (status == AGL_OK && effort)
        status = agl_klz_marginal(f->mu, &f->net, f->q, agl__run_ctx(f->run), err);
    return status;
}

/* ---- computation ------------------------------------------------------------------------------------------
 */

/** Equilibria and welfare with the best subsidies; NaN where there are none. */
static agl_status subsidise(firms *f, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(f->run);
    size_t n = f->ids.dict.n;
    agl_error why = {0};
    agl_status status = agl_klz_subsidies(f->subsidy, &f->same, &f->net, f->mu, ctx, &why);
    f->welfare_targeted = f->welfare_same = NAN;
    if (status == AGL_ECONV) {
        agl__run_warn(f->run, "%s; the columns on subsidies are empty", why.message);
        for (size_t i = 0; i < n; i++)
            f->subsidy[i] = f->after[i] = NAN;
        f->same = NAN;
        return AGL_OK;
    }
    if (status != AGL_OK) return agl_fail(err, status, "%s", why.message);
    double *same = f->estimate; /* free until the key firms are sought */
    for (size_t i = 0; i < n; i++)
        same[i] = f->same;
    status = agl_klz_equilibrium(f->after, &f->net, f->mu, same, ctx, err);
    if (status == AGL_OK) status = agl_klz_welfare(&f->welfare_same, &f->net, f->after, same, err);
    if (status == AGL_OK) status = agl_klz_equilibrium(f->after, &f->net, f->mu, f->subsidy, ctx, err);
    if (status == AGL_OK) status = agl_klz_welfare(&f->welfare_targeted, &f->net, f->after, f->subsidy, err);
    return status;
}

static agl_status compute(firms *f, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(f->run);
    size_t n = f->ids.dict.n, corners = 0, taxed = 0;
    agl_status status = agl_klz_equilibrium(f->q, &f->net, f->mu, NULL, ctx, err);
    if (status == AGL_OK) status = agl_klz_welfare(&f->welfare, &f->net, f->q, NULL, err);
    if (status == AGL_OK) status = subsidise(f, err);
    if (status == AGL_OK)
        status =
            agl_klz_key_firms(f->loss, f->estimate, &f->net, f->q, (size_t)agl__run_integer(f->run, "exact"),
                              (size_t)agl__run_integer(f->run, "probes"), ctx, err);
    for (size_t i = 0; status == AGL_OK && i < n; i++) {
        corners += f->q[i] < 0;
        taxed += f->subsidy[i] < 0;
    }
    if (corners)
        agl__run_warn(f->run,
                      "%zu firms have a negative output: in the model they would leave, and the figures of "
                      "the others in their markets are approximate; a smaller rho or fewer rivals a market "
                      "is needed",
                      corners);
    if (taxed)
        agl__run_warn(f->run, "%zu firms have a negative best subsidy, that is a tax on effort", taxed);
    return status;
}

/* ---- output ----------------------------------------------------------------------------------------------
 */

static agl_status write_firms(const firms *f, agl_error *err) {
    agl_table *t;
    int32_t *key, *market;
    size_t n = f->ids.dict.n;
    const agl_column *markets = agl__run_column(f->run, "firms", "market");
    agl_status status = agl__run_output(&t, f->run, "firms", n, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "firm", &f->ids.dict, err);
    if (status == AGL_OK && markets) status = agl__run_key(&market, t, "market", &markets->dict, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < n; i++) {
        key[i] = (int32_t)i;
        if (markets) market[i] = f->market[i];
        agl__run_num(t, "links")[i] = (double)(f->links.offset[i + 1] - f->links.offset[i]);
        agl__run_num(t, "mu")[i] = f->mu[i];
        agl__run_num(t, "output")[i] = f->q[i];
        agl__run_num(t, "profit")[i] = f->q[i] * f->q[i] / 2;
        agl__run_num(t, "subsidy")[i] = f->subsidy[i];
        agl__run_num(t, "effort_subsidised")[i] = f->after[i] + f->subsidy[i];
        agl__run_num(t, "bill")[i] = f->subsidy[i] * (f->after[i] + f->subsidy[i]);
        agl__run_num(t, "loss_estimate")[i] = f->estimate[i];
        agl__run_num(t, "loss")[i] = f->loss[i];
        agl__run_num(t, "loss_share")[i] = f->loss[i] / f->welfare;
    }
    return markets ? AGL_OK : agl__run_drop_column(t, "market", err);
}

static agl_status write_summary(const firms *f, agl_error *err) {
    agl_table *t;
    double bill = 0;
    for (size_t i = 0; i < f->ids.dict.n; i++)
        bill += f->subsidy[i] * (f->after[i] + f->subsidy[i]);
    agl_status status = agl__run_output(&t, f->run, "summary", 1, err);
    if (status != AGL_OK) return status;
    const struct {
        const char *column;
        double value;
    } values[] = {{"firms", (double)f->ids.dict.n},
                  {"links", (double)agl_graph_edges(&f->links)},
                  {"rho", f->net.rho},
                  {"phi", f->net.phi},
                  {"eigenvalue", f->bounds.lambda},
                  {"phi_max", isinf(f->bounds.phi_max) ? NAN : f->bounds.phi_max},
                  {"sum_max", isinf(f->bounds.sum_max) ? NAN : f->bounds.sum_max},
                  {"welfare", f->welfare},
                  {"subsidy_same", f->same},
                  {"welfare_same", f->welfare_same},
                  {"welfare_targeted", f->welfare_targeted},
                  {"bill_targeted", bill}};
    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        agl__run_num(t, values[k].column)[0] = values[k].value;
    return AGL_OK;
}

/** Marks the firms with the largest losses, ties by code. */
static void mark_key_firms(uint8_t *key, const firms *f) {
    size_t n = f->ids.dict.n;
    for (int k = 0; k < KEY_FIRMS; k++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!key[i] && !isnan(f->loss[i]) && (best == n || f->loss[i] > f->loss[best])) best = i;
        if (best < n) key[best] = 1;
    }
}

/** Links of the marked firms, in the order of their ends; returns their number. Arrays may be NULL. */
static size_t key_links(int32_t *source, int32_t *target, double *between, const agl_graph *g,
                        const uint8_t *key) {
    size_t at = 0;
    for (int32_t i = 0; i < g->n; i++)
        for (size_t a = g->offset[i]; a < g->offset[i + 1]; a++) {
            int32_t j = g->neighbour[a];
            if (j < i || !(key[i] || key[j])) continue;
            if (source) source[at] = i, target[at] = j, between[at] = key[i] && key[j];
            at++;
        }
    return at;
}

/** The links of the key firms, for a picture of the network around them. */
static agl_status write_links(const firms *f, agl_error *err) {
    agl_table *t;
    int32_t *source, *target;
    uint8_t *key = AGL_NEW(uint8_t, f->ids.dict.n);
    if (!key) return agl_fail_memory(err);
    mark_key_firms(key, f);
    size_t rows = key_links(NULL, NULL, NULL, &f->links, key);
    agl_status status = agl__run_output(&t, f->run, "links", rows, err);
    if (status == AGL_OK) status = agl__run_key(&source, t, "source", &f->ids.dict, err);
    if (status == AGL_OK) status = agl__run_key(&target, t, "target", &f->ids.dict, err);
    if (status == AGL_OK) key_links(source, target, agl__run_num(t, "between"), &f->links, key);
    free(key);
    return status;
}

agl_status agl_op_allocate_keyfirms(agl_run *run, agl_error *err) {
    firms f = {.run = run};
    agl_status status = read_input(&f, err);
    if (status == AGL_OK) status = compute(&f, err);
    if (status == AGL_OK) status = write_firms(&f, err);
    if (status == AGL_OK) status = write_links(&f, err);
    if (status == AGL_OK) status = write_summary(&f, err);
    firms_free(&f);
    return status;
}

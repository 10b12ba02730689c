#include "op/network/hubs.h"
#include "base/mem.h"
#include "kernel/graph/graph.h"
#include "op/network/texts.h"

#include <math.h>
#include <string.h>

#define NO_GAP 1e-9 /* relative: below it the choice counts as proven */

typedef struct state {
    agl_run *run;
    agl__hub_input h;
    /* siting */
    agl_siting s;
    agl_siting_plan plan;
    agl_siting_worth worth;
    double *open, *far; /* sites; nodes */
    int32_t *site;      /* nodes: hub, as number of the site */
    double *loss, *substitute_loss;
    int32_t *substitute;
    double connected; /* objective of the best connected sites, NaN under a budget */
    /* key players */
    agl_key_group group;
    /* the hubs, best first */
    size_t n_hubs;
    int32_t *hub;   /* nodes */
    double *served; /* sites: demand for which it is the nearest hub */
    double *within; /* sites: demand within the radius, whatever the other hubs */
} state;

/* ---- siting ------------------------------------------------------------------------------------- */

static double or_infinite(double x) { return isnan(x) ? INFINITY : x; }

static agl_status check_options(const state *x, agl_error *err) {
    const agl_run *run = x->run;
    bool budget = !isnan(agl__run_number(run, "budget"));
    int64_t count = agl__run_integer(run, "count");
    if (x->h.key_player) {
        if (budget)
            return agl_fail(err, AGL_EUSAGE, "key players are chosen by number; give --count, not --budget");
        if (count <= 0) return agl_fail(err, AGL_EUSAGE, "how many key players? give --count");
        return AGL_OK;
    }
    if (!budget && count <= 0)
        return agl_fail(err, AGL_EUSAGE, "nothing limits the hubs: give --count or --budget");
    if (x->h.cover && isnan(agl__run_number(run, "radius")))
        return agl_fail(err, AGL_EUSAGE,
                        "coverage needs a distance within which a node counts as covered: give --radius");
    return AGL_OK;
}

static agl_status state_problem(state *x, agl_error *err) {
    agl__hub_input *h = &x->h;
    int64_t count = agl__run_integer(x->run, "count");
    x->open = AGL_NEW(double, h->n_sites);
    x->loss = AGL_NEW(double, h->n_sites);
    x->substitute = AGL_NEW(int32_t, h->n_sites);
    x->substitute_loss = AGL_NEW(double, h->n_sites);
    x->far = AGL_NEW(double, h->n);
    x->site = AGL_NEW(int32_t, h->n);
    if (!x->open || !x->loss || !x->substitute || !x->substitute_loss || !x->far || !x->site)
        return agl_fail_memory(err);
    x->s = (agl_siting){.n_demand = (int32_t)h->n,
                        .n_sites = (int32_t)h->n_sites,
                        .weight = h->size,
                        .distance = h->distance,
                        .cost = h->cost,
                        .fixed = h->fixed,
                        .budget = or_infinite(agl__run_number(x->run, "budget")),
                        .max_sites = count > 0 ? (double)count : INFINITY,
                        .reach = or_infinite(agl__run_number(x->run, "radius")),
                        .cover = h->cover};
    x->plan = (agl_siting_plan){.open = x->open, .site = x->site, .distance = x->far};
    x->worth = (agl_siting_worth){x->loss, x->substitute, x->substitute_loss};
    return AGL_OK;
}

typedef struct ranked {
    double value;
    int32_t at;
} ranked;

static int falling(const void *a, const void *b) {
    const ranked *p = a, *q = b;
    if (p->value != q->value) return p->value > q->value ? -1 : 1;
    return (p->at > q->at) - (p->at < q->at);
}

/* What the same number of hubs would reach if simply the nodes of most partners were taken. */
static agl_status compare_connected(state *x, const agl_siting_search_options *how, agl_error *err) {
    size_t sites = x->h.n_sites, n = 0;
    x->connected = NAN;
    if (!isinf(x->s.budget)) return AGL_OK;
    ranked *order = AGL_NEW(ranked, sites);
    int8_t *fixed = AGL_NEW(int8_t, sites);
    agl_status status = order && fixed ? AGL_OK : agl_fail_memory(err);
    for (size_t j = 0; status == AGL_OK && j < sites; j++) {
        n += x->open[j] > 0.5;
        fixed[j] = -1;
        order[j] = (ranked){(double)agl__degree(&x->h.in.graph, x->h.site[j]), (int32_t)j};
    }
    if (status == AGL_OK) {
        qsort(order, sites, sizeof *order, falling);
        for (size_t k = 0; k < n; k++)
            fixed[order[k].at] = 1;
        agl_siting s = x->s;
        agl_siting_plan plan = {0};
        agl_siting_search_options o = *how;
        s.fixed = fixed;
        o.iterations = o.exact_pairs = 0;
        status = agl_siting_search(&plan, NULL, &s, &o, agl__run_ctx(x->run), err);
        x->connected = plan.objective;
    }
    free(order);
    free(fixed);
    return status;
}

static bool served(const state *x, size_t v) { return x->site[v] >= 0 && x->far[v] <= x->s.reach; }

/* The nearest hub of each node; of equally near ones the one that the network can least do without, which is
 * common where distances are steps. */
static void assign(state *x) {
    for (size_t v = 0; v < x->h.n; v++) {
        const double *d = x->h.distance + v * x->h.n_sites;
        x->site[v] = -1;
        for (size_t k = 0; k < x->n_hubs; k++) {
            int32_t j = x->hub[k];
            if (d[j] <= x->s.reach) x->within[j] += x->h.size[v];
            if (!isnan(d[j]) && (x->site[v] < 0 || d[j] < d[x->site[v]])) x->site[v] = j;
        }
        x->far[v] = x->site[v] < 0 ? (double)NAN : d[x->site[v]];
        if (served(x, v)) x->served[x->site[v]] += x->h.size[v];
    }
}

/* Hubs by falling loss. */
static agl_status rank_sites(state *x, agl_error *err) {
    ranked *order = AGL_NEW(ranked, x->h.n_sites);
    x->served = AGL_NEW(double, x->h.n_sites);
    x->within = AGL_NEW(double, x->h.n_sites);
    x->hub = AGL_NEW(int32_t, x->h.n_sites);
    if (!order || !x->served || !x->within || !x->hub) {
        free(order);
        return agl_fail_memory(err);
    }
    for (size_t j = 0; j < x->h.n_sites; j++)
        if (x->open[j] > 0.5) order[x->n_hubs++] = (ranked){x->loss[j], (int32_t)j};
    qsort(order, x->n_hubs, sizeof *order, falling);
    for (size_t k = 0; k < x->n_hubs; k++)
        x->hub[k] = order[k].at;
    free(order);
    assign(x);
    return AGL_OK;
}

static void warn_of_plan(const state *x) {
    size_t apart = 0;
    double weight = 0;
    for (size_t v = 0; v < x->h.n; v++)
        if (x->site[v] < 0 && x->h.size[v] > 0) apart++, weight += x->h.size[v];
    if (apart > 0 && x->h.cover)
        agl__run_warn(
            x->run,
            "%zu nodes (%.2g %% of the demand) can reach no hub, the network is not connected; they are "
            "not covered",
            apart, 100 * weight / x->h.demand);
    else if (apart > 0)
        agl__run_warn(
            x->run,
            "%zu nodes (%.2g %% of the demand) can reach no hub, the network is not connected; the objective "
            "counts each as %g away (--unreachable), the mean distance leaves them out",
            apart, 100 * weight / x->h.demand, x->h.unreachable);
    if (x->plan.gap > 0)
        agl__run_warn(x->run,
                      "the choice is not proven to be the best: none can be better by more than %.2g %%",
                      100 * x->plan.gap);
    if ((double)x->n_hubs < x->s.max_sites && isinf(x->s.budget))
        agl__run_warn(x->run, "%zu hubs serve as much as %.0f would; no more were chosen", x->n_hubs,
                      x->s.max_sites);
}

static agl_status site(state *x, agl_error *err) {
    agl_siting_search_options how = AGL_SITING_SEARCH_OPTIONS_INIT;
    how.unreachable = x->h.unreachable;
    how.seconds = agl__run_number(x->run, "seconds");
    agl_status status = state_problem(x, err);
    if (status == AGL_OK)
        status = agl_siting_search(&x->plan, &x->worth, &x->s, &how, agl__run_ctx(x->run), err);
    if (status == AGL_OK) status = compare_connected(x, &how, err);
    if (status == AGL_OK) status = rank_sites(x, err);
    if (status == AGL_OK) warn_of_plan(x);
    return status;
}

/* ---- key players -------------------------------------------------------------------------------- */

static agl_status find_key_players(state *x, agl_error *err) {
    size_t n = x->h.n;
    agl_key_group_options o = {.count = (int32_t)agl__run_integer(x->run, "count"),
                               .share = agl__run_number(x->run, "decay-share"),
                               .decay = agl__run_number(x->run, "decay"),
                               .allowed = x->h.allowed,
                               .solves = 400};
    if ((size_t)o.count > n) o.count = (int32_t)n;
    x->group = (agl_key_group){.bonacich = AGL_NEW(double, n),
                               .intercentrality = AGL_NEW(double, n),
                               .member = AGL_NEW(int32_t, o.count),
                               .gain = AGL_NEW(double, o.count)};
    if (!x->group.bonacich || !x->group.intercentrality || !x->group.member || !x->group.gain)
        return agl_fail_memory(err);
    agl_status status = agl_key_players(&x->group, &x->h.in.graph, &o, agl__run_ctx(x->run), err);
    if (status != AGL_OK) return status;
    x->n_hubs = (size_t)x->group.size;
    if (x->n_hubs < (size_t)o.count) agl__run_warn(x->run, "only %zu nodes may be key players", x->n_hubs);
    double gap = x->group.bound - x->group.loss;
    if (gap > NO_GAP * x->group.loss)
        agl__run_warn(x->run,
                      "the group is not proven to be the best: none can be better by more than %.2g %%",
                      100 * gap / x->group.loss);
    return AGL_OK;
}

/* ---- output ------------------------------------------------------------------------------------- */

static agl_status drop(agl_table *t, const char *const *columns, size_t n, agl_error *err) {
    agl_status status = AGL_OK;
    for (size_t k = 0; status == AGL_OK && k < n; k++)
        status = agl__run_drop_column(t, columns[k], err);
    return status;
}

/* Node of the hub of rank k. */
static int32_t hub_node(const state *x, size_t k) {
    return x->h.key_player ? x->group.member[k] : x->h.site[x->hub[k]];
}

/* A role of the nodes, for the hubs only. */
static agl_status write_role(agl_table *t, const state *x, const char *role, agl_error *err) {
    int32_t *code, *to;
    const agl_dict *dict;
    agl_status status = agl__node_codes(&code, &dict, &x->h.in, role, err);
    if (status != AGL_OK) return status;
    if (!code) return agl__run_drop_column(t, role, err);
    status = agl__run_key(&to, t, role, dict, err);
    for (size_t k = 0; status == AGL_OK && k < x->n_hubs; k++)
        to[k] = code[hub_node(x, k)];
    free(code);
    return status;
}

static agl_status fill_sites(agl_table *t, const state *x, agl_error *err) {
    static const char *const others[] = {"bonacich", "intercentrality", "gain"};
    bool radius = !isinf(x->s.reach);
    int32_t *substitute;
    double *sum = AGL_NEW(double, x->h.n_sites);
    agl_status status =
        sum ? agl__run_key(&substitute, t, "substitute", &x->h.in.ids.dict, err) : agl_fail_memory(err);
    for (size_t v = 0; status == AGL_OK && v < x->h.n; v++)
        if (served(x, v) && x->h.size[v] > 0) sum[x->site[v]] += x->h.size[v] * x->far[v];
    for (size_t k = 0; status == AGL_OK && k < x->n_hubs; k++) {
        size_t j = (size_t)x->hub[k];
        agl__run_num(t, "cost")[k] = x->h.cost[j];
        agl__run_num(t, "served")[k] = x->served[j];
        agl__run_num(t, "within")[k] = x->within[j];
        agl__run_num(t, "served_share")[k] = x->served[j] / x->h.demand;
        agl__run_num(t, "mean_distance")[k] = x->served[j] > 0 ? sum[j] / x->served[j] : NAN;
        agl__run_num(t, "loss")[k] = x->loss[j];
        agl__run_num(t, "substitute_loss")[k] = x->substitute_loss[j];
        substitute[k] = x->substitute[j] < 0 ? -1 : x->h.site[x->substitute[j]];
    }
    free(sum);
    if (status == AGL_OK && !radius) status = agl__run_drop_column(t, "within", err);
    return status == AGL_OK ? drop(t, others, 3, err) : status;
}

static agl_status fill_players(agl_table *t, const state *x, agl_error *err) {
    static const char *const others[] = {"cost",          "served", "within",     "served_share",
                                         "mean_distance", "loss",   "substitute", "substitute_loss"};
    for (size_t k = 0; k < x->n_hubs; k++) {
        int32_t v = x->group.member[k];
        agl__run_num(t, "bonacich")[k] = x->group.bonacich[v];
        agl__run_num(t, "intercentrality")[k] = x->group.intercentrality[v];
        agl__run_num(t, "gain")[k] = x->group.gain[k];
    }
    return drop(t, others, 8, err);
}

static agl_status write_hubs(const state *x, agl_error *err) {
    agl_table *t;
    int32_t *node;
    agl_status status = agl__run_output(&t, x->run, "hubs", x->n_hubs, err);
    if (status == AGL_OK) status = agl__run_key(&node, t, "node", &x->h.in.ids.dict, err);
    if (status == AGL_OK) status = write_role(t, x, "name", err);
    if (status == AGL_OK) status = write_role(t, x, "kind", err);
    if (status == AGL_OK) status = write_role(t, x, "region", err);
    for (size_t k = 0; status == AGL_OK && k < x->n_hubs; k++) {
        int32_t v = hub_node(x, k);
        node[k] = v;
        agl__run_num(t, "rank")[k] = (double)k + 1;
        agl__run_num(t, "partners")[k] = (double)agl__degree(&x->h.in.graph, v);
        agl__run_num(t, "lon")[k] = x->h.place ? x->h.place[v] : (double)NAN;
        agl__run_num(t, "lat")[k] = x->h.place ? x->h.place[x->h.n + (size_t)v] : (double)NAN;
    }
    static const char *const places[] = {"lon", "lat"};
    if (status == AGL_OK && !x->h.place) status = drop(t, places, 2, err);
    if (status != AGL_OK) return status;
    return x->h.key_player ? fill_players(t, x, err) : fill_sites(t, x, err);
}

static agl_status write_assignments(const state *x, agl_error *err) {
    agl_table *t;
    int32_t *node, *hub;
    if (x->h.key_player) return AGL_OK;
    agl_status status = agl__run_output(&t, x->run, "assignments", x->h.n, err);
    if (status == AGL_OK) status = agl__run_key(&node, t, "node", &x->h.in.ids.dict, err);
    if (status == AGL_OK) status = agl__run_key(&hub, t, "hub", &x->h.in.ids.dict, err);
    for (size_t v = 0; status == AGL_OK && v < x->h.n; v++) {
        node[v] = (int32_t)v;
        hub[v] = x->site[v] < 0 ? -1 : x->h.site[x->site[v]];
        agl__run_num(t, "weight")[v] = x->h.size[v];
        agl__run_num(t, "distance")[v] = x->far[v];
        agl__run_num(t, "served")[v] = served(x, v);
    }
    return status;
}

typedef struct fact {
    const char *column;
    double value;
} fact;

static agl_status write_facts(agl_table *t, const fact *facts, size_t n, agl_error *err) {
    agl_status status = AGL_OK;
    for (size_t k = 0; status == AGL_OK && k < n; k++) {
        if (isnan(facts[k].value))
            status = agl__run_drop_column(t, facts[k].column, err);
        else
            agl__run_num(t, facts[k].column)[0] = facts[k].value;
    }
    return status;
}

static agl_status write_player_facts(agl_table *t, const state *x, double gap, agl_error *err) {
    const fact facts[] = {{"hubs", (double)x->n_hubs},
                          {"candidates", NAN},
                          {"cost", NAN},
                          {"value", x->group.loss},
                          {"bound", x->group.bound},
                          {"gap", gap},
                          {"connected_value", NAN},
                          {"demand", NAN},
                          {"served_share", NAN},
                          {"unreachable_share", NAN},
                          {"unreachable_distance", NAN},
                          {"mean_distance", NAN},
                          {"decay", x->group.decay},
                          {"lambda", x->group.lambda},
                          {"total", x->group.total}};
    return write_facts(t, facts, sizeof facts / sizeof *facts, err);
}

static agl_status write_site_facts(agl_table *t, const state *x, double gap, agl_error *err) {
    const agl__hub_input *h = &x->h;
    double cost = 0, weight = 0, sum = 0, apart = 0;
    for (size_t v = 0; v < h->n; v++) {
        if (x->site[v] < 0) apart += h->size[v];
        if (!served(x, v)) continue;
        weight += h->size[v];
        sum += h->size[v] * x->far[v];
    }
    for (size_t k = 0; k < x->n_hubs; k++)
        cost += h->cost[x->hub[k]];
    const fact facts[] = {{"hubs", (double)x->n_hubs},
                          {"candidates", (double)h->n_sites},
                          {"cost", cost},
                          {"value", x->plan.objective},
                          {"bound", x->plan.bound},
                          {"gap", gap},
                          {"connected_value", x->connected},
                          {"demand", h->demand},
                          {"served_share", weight / h->demand},
                          {"unreachable_share", apart / h->demand},
                          {"unreachable_distance", h->cover ? (double)NAN : h->unreachable},
                          {"mean_distance", weight > 0 ? sum / weight : (double)NAN},
                          {"decay", NAN},
                          {"lambda", NAN},
                          {"total", NAN}};
    return write_facts(t, facts, sizeof facts / sizeof *facts, err);
}

static agl_status write_summary(const state *x, agl_error *err) {
    const agl__hub_input *h = &x->h;
    agl_table *t;
    double value = h->key_player ? x->group.loss : x->plan.objective;
    double bound = h->key_player ? x->group.bound : x->plan.bound;
    double gap = value > 0 ? fabs(bound - value) / value : 0;
    if (gap <= NO_GAP) gap = 0;
    const char *objective[] = {agl__run_text(x->run, "objective")};
    const char *unit[] = {h->key_player ? "walks" : agl__run_text(x->run, "distance")};
    const char *method[] = {gap > 0 ? "best found, with bound" : "proven optimum"};
    agl_status status = agl__run_output(&t, x->run, "summary", 1, err);
    if (status == AGL_OK) status = agl__write_texts(t, "objective", objective, err);
    if (status == AGL_OK) status = agl__write_texts(t, "distance", unit, err);
    if (status == AGL_OK) status = agl__write_texts(t, "method", method, err);
    if (status != AGL_OK) return status;
    return h->key_player ? write_player_facts(t, x, gap, err) : write_site_facts(t, x, gap, err);
}

agl_status agl_op_network_hubs(agl_run *run, agl_error *err) {
    state x = {.run = run};
    x.h.key_player = agl__run_is(run, "objective", "key-player");
    x.h.cover = agl__run_is(run, "objective", "coverage");
    agl_status status = check_options(&x, err);
    if (status == AGL_OK) status = agl__hub_input_new(&x.h, run, err);
    if (status == AGL_OK) status = x.h.key_player ? find_key_players(&x, err) : site(&x, err);
    if (status == AGL_OK && agl__run_wants(run, "hubs")) status = write_hubs(&x, err);
    if (status == AGL_OK && agl__run_wants(run, "assignments")) status = write_assignments(&x, err);
    if (status == AGL_OK && agl__run_wants(run, "summary")) status = write_summary(&x, err);
    agl__hub_input_free(&x.h);
    free(x.open);
    free(x.far);
    free(x.site);
    free(x.loss);
    free(x.substitute);
    free(x.substitute_loss);
    free(x.group.bonacich);
    free(x.group.intercentrality);
    free(x.group.member);
    free(x.group.gain);
    free(x.hub);
    free(x.served);
    free(x.within);
    return status;
}

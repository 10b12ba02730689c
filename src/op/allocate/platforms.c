#include "agglo/platforms.h"
#include "base/mem.h"
#include "kernel/geo/points.h"
#include "op/network/ids.h"
#include "op/run.h"

#include <math.h>
#include <string.h>

#define MAX_PAIRS 2000000.0

typedef struct plan {
    agl_run *run;
    agl__ids demand, sites;
    const agl_dict *groups; /* NULL without */
    agl_siting s;
    agl_siting_plan best;
    double *values; /* the arrays of numbers below */
    double *weight, *cost, *distance, *open, *far;
    int32_t *codes, *group, *site;
    int8_t *fixed;
} plan;

static void plan_free(plan *l) {
    agl__ids_free(&l->demand);
    agl__ids_free(&l->sites);
    free(l->values);
    free(l->codes);
    free(l->fixed);
}

/* ---- input -----------------------------------------------------------------------------------------------
 */

static size_t rows_of(const agl_run *run, const char *input) {
    const agl_table *t = agl__run_input(run, input);
    return t ? t->rows : 0;
}

static agl_status number_all(plan *l, agl_error *err) {
    agl_run *run = l->run;
    const agl_column *demand[] = {agl__run_column(run, "data", "demand"),
                                  agl__run_column(run, "distances", "demand")};
    const agl_column *sites[] = {agl__run_column(run, "sites", "site"),
                                 agl__run_column(run, "distances", "site")};
    const size_t demand_rows[] = {rows_of(run, "data"), rows_of(run, "distances")};
    const size_t site_rows[] = {rows_of(run, "sites"), rows_of(run, "distances")};
    agl_status status = agl__ids_new(&l->demand, demand, demand_rows, 2, err);
    if (status == AGL_OK) status = agl__ids_new(&l->sites, sites, site_rows, 2, err);
    if (status != AGL_OK) return status;
    size_t d = l->demand.dict.n, s = l->sites.dict.n;
    if ((double)d * (double)s > MAX_PAIRS)
        return agl_fail(
            err, AGL_EUSAGE,
            "%zu demand points and %zu sites are too many pairs; sum the demand up by place, or leave "
            "sites out",
            d, s);
    l->values = AGL_NEW(double, d *(2 + s) + 2 * s);
    l->codes = AGL_NEW(int32_t, 2 * d);
    l->fixed = AGL_NEW(int8_t, s);
    if (!l->values || !l->codes || !l->fixed) return agl_fail_memory(err);
    l->weight = l->values, l->far = l->weight + d, l->distance = l->far + d;
    l->cost = l->distance + d * s, l->open = l->cost + s;
    l->group = l->codes, l->site = l->codes + d;
    return AGL_OK;
}

static agl_status read_demand(plan *l, agl_error *err) {
    const agl_table *t = agl__run_input(l->run, "data");
    const agl_column *key = agl_table_column(t, "demand"), *weight = agl_table_column(t, "weight");
    const agl_column *group = agl_table_column(t, "group");
    l->groups = group ? &group->dict : NULL;
    for (size_t i = 0; i < l->demand.dict.n; i++)
        l->weight[i] = NAN;
    for (size_t k = 0; k < t->rows; k++) {
        if (key->code[k] < 0 || isnan(weight->num[k]))
            return agl__run_fail_row(l->run, "data", k, "weight", err, "demand or weight is missing");
        int32_t i = l->demand.of[0][key->code[k]];
        l->weight[i] = weight->num[k];
        l->group[i] = group ? group->code[k] : -1;
    }
    for (size_t i = 0; i < l->demand.dict.n; i++)
        if (isnan(l->weight[i]))
            return agl_fail(err, AGL_EDATA, "demand %s has distances but is not among the demand",
                            l->demand.dict.text[i]);
    agl__run_rows(l->run, t->rows, 0);
    return AGL_OK;
}

static agl_status read_sites(plan *l, agl_error *err) {
    const agl_table *t = agl__run_input(l->run, "sites");
    const agl_column *key = agl_table_column(t, "site"), *cost = agl_table_column(t, "cost");
    const agl_column *fixed = agl_table_column(t, "fixed");
    for (size_t j = 0; j < l->sites.dict.n; j++)
        l->cost[j] = NAN;
    for (size_t k = 0; k < t->rows; k++) {
        const char *text = fixed ? agl_column_text(fixed, k) : NULL;
        if (key->code[k] < 0 || (cost && isnan(cost->num[k])))
            return agl__run_fail_row(l->run, "sites", k, NULL, err, "site or cost is missing");
        if (text && *text && strcmp(text, "in") != 0 && strcmp(text, "out") != 0)
            return agl__run_fail_row(l->run, "sites", k, "fixed", err, "%s is neither in nor out", text);
        int32_t j = l->sites.of[0][key->code[k]];
        l->cost[j] = cost ? cost->num[k] : 1;
        l->fixed[j] = (int8_t)(text && *text ? (strcmp(text, "in") == 0 ? 1 : -1) : 0);
    }
    for (size_t j = 0; j < l->sites.dict.n; j++)
        if (isnan(l->cost[j]))
            return agl_fail(err, AGL_EDATA, "site %s has distances but is not in --sites",
                            l->sites.dict.text[j]);
    return AGL_OK;
}

/** Positions by the number of the place, from the roles lon and lat of an input. */
static agl_status positions(agl_points *out, const plan *l, const char *input, const char *role,
                            const agl__ids *ids, agl_error *err) {
    const agl_column *lon = agl__run_column(l->run, input, "lon"),
                     *lat = agl__run_column(l->run, input, "lat");
    const agl_column *key = agl__run_column(l->run, input, role);
    double *at = AGL_NEW(double, 2 * ids->dict.n);
    if (!at) return agl_fail_memory(err);
    for (size_t k = 0; k < rows_of(l->run, input); k++) {
        size_t i = (size_t)ids->of[0][key->code[k]];
        at[i] = lon->num[k];
        at[ids->dict.n + i] = lat->num[k];
    }
    agl_status status = agl_points_sphere(out, at, at + ids->dict.n, ids->dict.n, err);
    free(at);
    return status;
}

static agl_status from_positions(plan *l, agl_error *err) {
    if (!agl__run_column(l->run, "data", "lon") || !agl__run_column(l->run, "data", "lat") ||
        !agl__run_column(l->run, "sites", "lon") || !agl__run_column(l->run, "sites", "lat"))
        return agl_fail(err, AGL_EUSAGE,
                        "give --distances, or the roles lon and lat of demand and sites; see --col");
    agl_points demand = {0}, sites = {0};
    agl_status status = positions(&demand, l, "data", "demand", &l->demand, err);
    if (status == AGL_OK) status = positions(&sites, l, "sites", "site", &l->sites, err);
    for (size_t i = 0; status == AGL_OK && i < demand.n; i++)
        for (size_t j = 0; j < sites.n; j++)
            l->distance[i * sites.n + j] =
                agl__distance_of_chord(AGL_SPHERE, sqrt(agl__chord2(&demand, i, &sites, j)));
    agl_points_free(&demand);
    agl_points_free(&sites);
    return status;
}

static agl_status read_distances(plan *l, agl_error *err) {
    const agl_table *t = agl__run_input(l->run, "distances");
    if (!t) return from_positions(l, err);
    const agl_column *demand = agl_table_column(t, "demand"), *site = agl_table_column(t, "site");
    const agl_column *distance = agl_table_column(t, "distance");
    for (size_t k = 0; k < l->demand.dict.n * l->sites.dict.n; k++)
        l->distance[k] = NAN; /* a pair that is not listed cannot be served */
    for (size_t k = 0; k < t->rows; k++) {
        if (demand->code[k] < 0 || site->code[k] < 0)
            return agl__run_fail_row(l->run, "distances", k, NULL, err, "demand or site is missing");
        size_t i = (size_t)l->demand.of[1][demand->code[k]], j = (size_t)l->sites.of[1][site->code[k]];
        l->distance[i * l->sites.dict.n + j] = distance->num[k];
    }
    return AGL_OK;
}

static double or_infinite(double x) { return isnan(x) ? INFINITY : x; }

static void state(plan *l) {
    agl_run *run = l->run;
    l->s = (agl_siting){.n_demand = (int32_t)l->demand.dict.n,
                        .n_sites = (int32_t)l->sites.dict.n,
                        .n_groups = l->groups ? (int32_t)l->groups->n : 0,
                        .weight = l->weight,
                        .distance = l->distance,
                        .cost = l->cost,
                        .fixed = l->fixed,
                        .group = l->group,
                        .budget = or_infinite(agl__run_number(run, "budget")),
                        .max_sites = or_infinite(agl__run_number(run, "sites-max")),
                        .reach = or_infinite(agl__run_number(run, "reach")),
                        .coverage = agl__run_number(run, "coverage"),
                        .equity = agl__run_number(run, "equity"),
                        .cover = agl__run_is(run, "objective", "coverage")};
    l->best = (agl_siting_plan){.open = l->open, .site = l->site, .distance = l->far};
}

static agl_status check_options(const plan *l, agl_error *err) {
    const agl_siting *s = &l->s;
    if (isinf(s->budget) && isinf(s->max_sites))
        return agl_fail(err, AGL_EUSAGE, "nothing limits the sites: give --budget or --sites-max");
    if (isinf(s->reach) && (s->cover || s->coverage > 0 || s->equity > 0))
        return agl_fail(err, AGL_EUSAGE,
                        "coverage needs a distance within which demand counts as covered: give --reach");
    if (s->equity > 0 && !l->groups)
        return agl_fail(err, AGL_EUSAGE, "--equity needs the role group in the table of demand; see --col");
    return AGL_OK;
}

/* ---- computation and output -------------------------------------------------------------------------------
 */

static agl_status explain(const plan *l, agl_error *err) {
    static const char *const names[] = {"the budget", "the number of sites", "the least coverage",
                                        "the least coverage of each group"};
    uint8_t in[4];
    char text[200] = "";
    agl_status status = agl_siting_conflict(in, &l->s, agl__run_ctx(l->run), err);
    if (status != AGL_OK) return status;
    for (int k = 0; k < 4; k++)
        if (in[k]) {
            if (*text) strcat(text, "; ");
            strcat(text, names[k]);
        }
    return agl_fail(err, AGL_ECONV, "no plan satisfies all rules; these conflict: %s",
                    *text ? text : "the limits, and that every demand has a site that can serve it");
}

static agl_status compute(plan *l, agl_error *err) {
    agl_siting_options o = {.gap = agl__run_number(l->run, "gap"),
                            .seconds = agl__run_number(l->run, "seconds")};
    agl_error why = {0};
    agl_status status = agl_siting_solve(&l->best, &l->s, &o, agl__run_ctx(l->run), &why);
    if (status == AGL_ECONV && strstr(why.message, "cannot hold together")) return explain(l, err);
    if (status != AGL_OK) return agl_fail(err, status, "%s", why.message);
    if (l->best.gap > 0)
        agl__run_warn(l->run, "the plan is not proven to be the best: it is within %.2g%% of the bound",
                      100 * l->best.gap);
    return AGL_OK;
}

static bool covered(const plan *l, size_t i) { return l->site[i] >= 0 && l->far[i] <= l->s.reach; }

static agl_status write_sites(const plan *l, agl_error *err) {
    agl_table *t;
    int32_t *key;
    size_t n = l->sites.dict.n;
    agl_status status = agl__run_output(&t, l->run, "sites", n, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "site", &l->sites.dict, err);
    if (status != AGL_OK) return status;
    for (size_t j = 0; j < n; j++) {
        key[j] = (int32_t)j;
        agl__run_num(t, "open")[j] = l->open[j];
        agl__run_num(t, "cost")[j] = l->cost[j];
        agl__run_num(t, "served")[j] = 0;
    }
    for (size_t i = 0; i < l->demand.dict.n; i++)
        if (l->site[i] >= 0) agl__run_num(t, "served")[l->site[i]] += l->weight[i];
    return AGL_OK;
}

static agl_status write_demand(const plan *l, agl_error *err) {
    agl_table *t;
    int32_t *key, *site;
    size_t n = l->demand.dict.n;
    agl_status status = agl__run_output(&t, l->run, "demand", n, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "demand", &l->demand.dict, err);
    if (status == AGL_OK) status = agl__run_key(&site, t, "site", &l->sites.dict, err);
    for (size_t i = 0; status == AGL_OK && i < n; i++) {
        key[i] = (int32_t)i;
        site[i] = l->site[i];
        agl__run_num(t, "weight")[i] = l->weight[i];
        agl__run_num(t, "distance")[i] = l->far[i];
        agl__run_num(t, "covered")[i] = covered(l, i);
    }
    return status;
}

static agl_status write_groups(const plan *l, agl_error *err) {
    agl_table *t;
    int32_t *key;
    const agl_dict none = {0};
    size_t n = l->groups ? l->groups->n : 0;
    double *weight = AGL_NEW(double, 3 * n), *in_reach = weight + n, *sum = weight + 2 * n;
    agl_status status = weight ? agl__run_output(&t, l->run, "groups", n, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "group", l->groups ? l->groups : &none, err);
    for (size_t i = 0; status == AGL_OK && n && i < l->demand.dict.n; i++) {
        int32_t g = l->group[i];
        if (g < 0) continue;
        weight[g] += l->weight[i];
        in_reach[g] += covered(l, i) ? l->weight[i] : 0;
        sum[g] += l->weight[i] > 0 ? l->weight[i] * l->far[i] : 0;
    }
    for (size_t g = 0; status == AGL_OK && g < n; g++) {
        key[g] = (int32_t)g;
        agl__run_num(t, "weight")[g] = weight[g];
        agl__run_num(t, "coverage")[g] = weight[g] > 0 ? in_reach[g] / weight[g] : NAN;
        agl__run_num(t, "mean_distance")[g] = weight[g] > 0 ? sum[g] / weight[g] : NAN;
    }
    free(weight);
    return status;
}

static agl_status write_summary(const plan *l, agl_error *err) {
    agl_table *t;
    double open = 0, cost = 0, weight = 0, in_reach = 0, sum = 0;
    for (size_t j = 0; j < l->sites.dict.n; j++) {
        open += l->open[j];
        cost += l->open[j] * l->cost[j];
    }
    for (size_t i = 0; i < l->demand.dict.n; i++) {
        weight += l->weight[i];
        in_reach += covered(l, i) ? l->weight[i] : 0;
        sum += l->weight[i] > 0 ? l->weight[i] * l->far[i] : 0;
    }
    agl_status status = agl__run_output(&t, l->run, "summary", 1, err);
    if (status != AGL_OK) return status;
    const struct {
        const char *column;
        double value;
    } values[] = {{"sites", open},
                  {"cost", cost},
                  {"objective", l->best.objective},
                  {"bound", l->best.bound},
                  {"gap", l->best.gap},
                  {"relaxation", l->best.relaxation},
                  {"coverage", weight > 0 ? in_reach / weight : NAN},
                  {"mean_distance", weight > 0 ? sum / weight : NAN},
                  {"budget_price", isinf(l->s.budget) ? NAN : l->best.budget_price}};
    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        agl__run_num(t, values[k].column)[0] = values[k].value;
    return AGL_OK;
}

agl_status agl_op_allocate_platforms(agl_run *run, agl_error *err) {
    plan l = {.run = run};
    agl_status status = number_all(&l, err);
    if (status == AGL_OK) status = read_demand(&l, err);
    if (status == AGL_OK) status = read_sites(&l, err);
    if (status == AGL_OK) status = read_distances(&l, err);
    if (status == AGL_OK) {
        state(&l);
        status = check_options(&l, err);
    }
    if (status == AGL_OK) status = compute(&l, err);
    if (status == AGL_OK) status = write_sites(&l, err);
    if (status == AGL_OK) status = write_demand(&l, err);
    if (status == AGL_OK) status = write_groups(&l, err);
    if (status == AGL_OK) status = write_summary(&l, err);
    plan_free(&l);
    return status;
}

#include "agglo/platforms.h"
#include "base/mem.h"
#include "kernel/geo/points.h"
#include "op/fixed.h"
#include "op/network/ids.h"
#include "op/run.h"

#include <math.h>
#include <string.h>

#define MAX_PAIRS      2000000.0
#define FRONTIER_PAIRS 20000.0 /* beyond, the frontier would take minutes */

static const double scales[] = {0.5, 0.75, 1, 1.25, 1.5, 2};
enum { SCALES = sizeof scales / sizeof *scales };

typedef struct plan {
    agl_run *run;
    agl__ids demand, sites;
    const agl_dict *groups; /* NULL without */
    agl_siting s;
    agl_siting_plan best;
    double *values; /* the arrays of numbers below */
    double *weight, *cost, *distance, *open, *far, *covered, *served, *capacity;
    double *lon, *lat, *site_lon, *site_lat; /* NaN without positions */
    bool positions;
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

static agl_status number_all(plan *l, agl_error *err) {
    agl_run *run = l->run;
    const agl_column *demand[] = {agl__run_column(run, "data", "demand"),
                                  agl__run_column(run, "distances", "demand")};
    const agl_column *sites[] = {agl__run_column(run, "sites", "site"),
                                 agl__run_column(run, "distances", "site")};
    const size_t demand_rows[] = {agl__input_rows(run, "data"), agl__input_rows(run, "distances")};
    const size_t site_rows[] = {agl__input_rows(run, "sites"), agl__input_rows(run, "distances")};
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
    l->values = AGL_NEW(double, d *(5 + s) + 6 * s);
    l->codes = AGL_NEW(int32_t, 2 * d);
    l->fixed = AGL_NEW(int8_t, s);
    if (!l->values || !l->codes || !l->fixed) return agl_fail_memory(err);
    l->weight = l->values, l->far = l->weight + d, l->distance = l->far + d;
    l->cost = l->distance + d * s, l->open = l->cost + s, l->served = l->open + s,
    l->capacity = l->served + s;
    l->site_lon = l->capacity + s, l->site_lat = l->site_lon + s;
    l->lon = l->site_lat + s, l->lat = l->lon + d, l->covered = l->lat + d;
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
    const agl_column *fixed = agl_table_column(t, "fixed"), *capacity = agl_table_column(t, "capacity");
    for (size_t j = 0; j < l->sites.dict.n; j++)
        l->cost[j] = NAN;
    for (size_t k = 0; k < t->rows; k++) {
        if (key->code[k] < 0 || (cost && isnan(cost->num[k])))
            return agl__run_fail_row(l->run, "sites", k, NULL, err, "site or cost is missing");
        int32_t j = l->sites.of[0][key->code[k]];
        agl_status status = agl__fixed_of(&l->fixed[j], l->run, "sites", fixed, k, err);
        if (status != AGL_OK) return status;
        l->cost[j] = cost ? cost->num[k] : 1;
        l->capacity[j] =
            capacity && !isnan(capacity->num[k]) ? capacity->num[k] : INFINITY; /* empty = no limit */
    }
    for (size_t j = 0; j < l->sites.dict.n; j++)
        if (isnan(l->cost[j]))
            return agl_fail(err, AGL_EDATA, "site %s has distances but is not in --sites",
                            l->sites.dict.text[j]);
    return AGL_OK;
}

/** Fills the positions of the rows of an input that names places in `role`; a place without any stays NaN. */
static void positions_of(double *lon, double *lat, const plan *l, const char *input, const char *role,
                         const agl__ids *ids) {
    const agl_column *x = agl__run_column(l->run, input, "lon"), *y = agl__run_column(l->run, input, "lat");
    const agl_column *key = agl__run_column(l->run, input, role);
    for (size_t i = 0; i < ids->dict.n; i++)
        lon[i] = lat[i] = NAN;
    for (size_t k = 0; x && y && k < agl__input_rows(l->run, input); k++) {
        size_t i = (size_t)ids->of[0][key->code[k]];
        lon[i] = x->num[k], lat[i] = y->num[k];
    }
    const agl_column *place = agl__run_column(l->run, "places", "place");
    const agl_column *px = agl__run_column(l->run, "places", "lon"),
                     *py = agl__run_column(l->run, "places", "lat");
    for (size_t k = 0; place && k < agl__input_rows(l->run, "places"); k++) {
        const char *text = agl_column_text(place, k);
        int32_t i = text ? agl_dict_find(&ids->dict, text) : -1;
        if (i >= 0 && isnan(lon[i])) lon[i] = px->num[k], lat[i] = py->num[k];
    }
}

static agl_status all_placed(const double *lon, const double *lat, const agl__ids *ids, const char *what,
                             agl_error *err) {
    for (size_t i = 0; i < ids->dict.n; i++)
        if (!(fabs(lon[i]) <= 180 && fabs(lat[i]) <= 90))
            return agl_fail(
                err, AGL_EDATA,
                "%s %s has no position; give lon and lat in its table or in --places, or leave it out", what,
                ids->dict.text[i]);
    return AGL_OK;
}

static agl_status from_positions(plan *l, agl_error *err) {
    bool places = agl__run_input(l->run, "places") != NULL;
    bool demand_has = agl__run_column(l->run, "data", "lon") && agl__run_column(l->run, "data", "lat");
    bool sites_have = agl__run_column(l->run, "sites", "lon") && agl__run_column(l->run, "sites", "lat");
    if (!places && !(demand_has && sites_have))
        return agl_fail(
            err, AGL_EUSAGE,
            "give --distances, or the roles lon and lat of demand and sites (see --col), or --places");
    agl_points demand = {0}, sites = {0};
    agl_status status = all_placed(l->lon, l->lat, &l->demand, "demand", err);
    if (status == AGL_OK) status = all_placed(l->site_lon, l->site_lat, &l->sites, "site", err);
    if (status == AGL_OK) status = agl_points_sphere(&demand, l->lon, l->lat, l->demand.dict.n, err);
    if (status == AGL_OK) status = agl_points_sphere(&sites, l->site_lon, l->site_lat, l->sites.dict.n, err);
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
    positions_of(l->lon, l->lat, l, "data", "demand", &l->demand);
    positions_of(l->site_lon, l->site_lat, l, "sites", "site", &l->sites);
    for (size_t i = 0; i < l->demand.dict.n; i++)
        l->positions = l->positions || !isnan(l->lon[i]);
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
                        .cover = agl__run_is(run, "objective", "coverage"),
                        .capacity = agl__run_column(run, "sites", "capacity") ? l->capacity : NULL};
    l->best = (agl_siting_plan){
        .open = l->open, .site = l->site, .distance = l->far, .served = l->served, .covered = l->covered};
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
    if (s->capacity && s->cover)
        return agl_fail(
            err, AGL_EUSAGE,
            "capacities are for --objective distance; leave the role capacity empty (--col sites.capacity=)");
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
                    *text ? text
                    : l->s.capacity
                        ? "the limits, and the capacities of the sites, which must serve all demand"
                        : "the limits, and that every demand has a site that can serve it");
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

static agl_status drop_positions(const plan *l, agl_table *t, agl_error *err) {
    if (l->positions) return AGL_OK;
    agl_status status = agl__run_drop_column(t, "lon", err);
    return status == AGL_OK ? agl__run_drop_column(t, "lat", err) : status;
}

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
        agl__run_num(t, "served")[j] = l->served[j];
        agl__run_num(t, "capacity")[j] = isinf(l->capacity[j]) ? NAN : l->capacity[j];
        agl__run_num(t, "lon")[j] = l->site_lon[j];
        agl__run_num(t, "lat")[j] = l->site_lat[j];
    }
    if (!l->s.capacity) status = agl__run_drop_column(t, "capacity", err);
    return status == AGL_OK ? drop_positions(l, t, err) : status;
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
        agl__run_num(t, "covered")[i] = l->covered[i] > 1 - 1e-9;
        agl__run_num(t, "lon")[i] = l->lon[i];
        agl__run_num(t, "lat")[i] = l->lat[i];
    }
    return status == AGL_OK ? drop_positions(l, t, err) : status;
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
        in_reach[g] += l->covered[i] * l->weight[i];
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

typedef struct totals {
    double sites, cost, coverage, mean_distance; /* the last two NaN without weight */
} totals;

static totals totals_of(const plan *l, const double *open, const double *far, const double *covered) {
    totals out = {0};
    double weight = 0, in_reach = 0, sum = 0;
    for (size_t j = 0; j < l->sites.dict.n; j++)
        out.sites += open[j], out.cost += open[j] * l->cost[j];
    for (size_t i = 0; i < l->demand.dict.n; i++) {
        weight += l->weight[i];
        in_reach += covered[i] * l->weight[i];
        sum += l->weight[i] > 0 ? l->weight[i] * far[i] : 0;
    }
    out.coverage = weight > 0 ? in_reach / weight : NAN;
    out.mean_distance = weight > 0 ? sum / weight : NAN;
    return out;
}

static agl_status write_summary(const plan *l, agl_error *err) {
    agl_table *t;
    totals all = totals_of(l, l->open, l->far, l->covered);
    agl_status status = agl__run_output(&t, l->run, "summary", 1, err);
    if (status != AGL_OK) return status;
    const struct {
        const char *column;
        double value;
    } values[] = {{"sites", all.sites},
                  {"cost", all.cost},
                  {"objective", l->best.objective},
                  {"bound", l->best.bound},
                  {"gap", l->best.gap},
                  {"relaxation", l->best.relaxation},
                  {"coverage", all.coverage},
                  {"mean_distance", all.mean_distance},
                  {"budget_price", isinf(l->s.budget) ? NAN : l->best.budget_price},
                  {"sites_price", isinf(l->s.max_sites) ? NAN : l->best.sites_price},
                  {"coverage_price", l->s.coverage > 0 ? l->best.coverage_price : NAN}};
    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        agl__run_num(t, values[k].column)[0] = values[k].value;
    return AGL_OK;
}

/** One point of the frontier: budget and number of sites times `scale`. */
static agl_status frontier_point(agl_table *t, size_t k, const plan *l, double *open, double *far,
                                 double *covered, agl_error *err) {
    agl_siting s = l->s;
    agl_siting_options o = {.gap = agl__run_number(l->run, "gap"),
                            .seconds = agl__run_number(l->run, "seconds")};
    agl_siting_plan at = {.open = open, .site = l->site, .distance = far, .covered = covered};
    totals all = {NAN, NAN, NAN, NAN};
    agl_error why = {0};
    s.budget *= scales[k];
    s.max_sites = isinf(s.max_sites) ? s.max_sites : fmax(1, round(s.max_sites * scales[k]));
    agl_status status = agl_siting_solve(&at, &s, &o, agl__run_ctx(l->run), &why);
    if (status == AGL_OK)
        all = totals_of(l, open, far, covered);
    else
        at.objective = at.budget_price = at.sites_price = NAN;
    agl__run_num(t, "scale")[k] = scales[k];
    agl__run_num(t, "budget")[k] = isinf(s.budget) ? NAN : s.budget;
    agl__run_num(t, "sites_max")[k] = isinf(s.max_sites) ? NAN : s.max_sites;
    agl__run_num(t, "sites")[k] = all.sites;
    agl__run_num(t, "cost")[k] = all.cost;
    agl__run_num(t, "objective")[k] = at.objective;
    agl__run_num(t, "coverage")[k] = all.coverage;
    agl__run_num(t, "mean_distance")[k] = all.mean_distance;
    agl__run_num(t, "budget_price")[k] = isinf(s.budget) ? NAN : at.budget_price;
    agl__run_num(t, "sites_price")[k] = isinf(s.max_sites) ? NAN : at.sites_price;
    /* a budget that is too small for the rules is no point of the frontier */
    return status == AGL_OK || status == AGL_ECONV ? AGL_OK : agl_fail(err, status, "%s", why.message);
}

/** The best plans when budget and number of sites shrink or grow. Last of all: it uses l->site as scratch. */
static agl_status write_frontier(const plan *l, agl_error *err) {
    agl_table *t;
    size_t sites = l->sites.dict.n, demand = l->demand.dict.n;
    if (!agl__run_wants(l->run, "frontier")) return AGL_OK;
    if ((double)sites * (double)demand > FRONTIER_PAIRS) {
        agl__run_warn(l->run,
                      "the frontier of budgets was not computed for more than %.0f pairs of demand and sites",
                      FRONTIER_PAIRS);
        return AGL_OK;
    }
    double *scratch = AGL_NEW(double, sites + 2 * demand);
    agl_status status = scratch ? agl__run_output(&t, l->run, "frontier", SCALES, err) : agl_fail_memory(err);
    for (size_t k = 0; k < SCALES && status == AGL_OK; k++)
        status = frontier_point(t, k, l, scratch, scratch + sites, scratch + sites + demand, err);
    free(scratch);
    return status;
}

static agl_status read_all(plan *l, agl_error *err) {
    agl_status status = number_all(l, err);
    if (status == AGL_OK) status = read_demand(l, err);
    if (status == AGL_OK) status = read_sites(l, err);
    if (status == AGL_OK) status = read_distances(l, err);
    if (status != AGL_OK) return status;
    state(l);
    return check_options(l, err);
}

agl_status agl_op_allocate_platforms(agl_run *run, agl_error *err) {
    plan l = {.run = run};
    agl_status status = read_all(&l, err);
    if (status == AGL_OK) status = compute(&l, err);
    if (status == AGL_OK) status = write_sites(&l, err);
    if (status == AGL_OK) status = write_demand(&l, err);
    if (status == AGL_OK) status = write_groups(&l, err);
    if (status == AGL_OK) status = write_summary(&l, err);
    if (status == AGL_OK) status = write_frontier(&l, err);
    plan_free(&l);
    return status;
}

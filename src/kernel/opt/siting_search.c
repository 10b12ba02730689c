/* Sites for large problems: exchanges from below, the Lagrangian bound from above, and a proof where few
 * sites are left. */
#include "base/mem.h"
#include "base/sort.h"
#include "kernel/opt/siting.h"

#include <math.h>
#include <string.h>

#define NO_GAP 1e-9 /* relative: below it the optimum counts as proven */

typedef struct search {
    const agl_siting *s;
    agl_siting_search_options o;
    agl__siting t;
    agl__sites best;
    agl__siting_bound bound;
    double weight; /* of all demand */
    const agl_ctx *ctx;
} search;

/* ---- input -------------------------------------------------------------------------------------- */

static agl_status check_sites(size_t *most, const agl_siting *s, agl_error *err) {
    size_t forced = 0, free_sites = 0;
    double spent = 0;
    for (size_t j = 0; j < (size_t)s->n_sites; j++) {
        if (!(s->cost[j] >= 0) || isinf(s->cost[j]))
            return agl_fail(err, AGL_EDATA, "site %zu costs %g; it must be zero or more", j, s->cost[j]);
        if (s->fixed && s->fixed[j] > 0) {
            forced++;
            spent += s->cost[j];
        }
        free_sites += !(s->fixed && s->fixed[j] != 0);
    }
    if ((double)forced > s->max_sites)
        return agl_fail(err, AGL_ECONV, "%zu sites are open already, more than the %g that are allowed",
                        forced, s->max_sites);
    if (spent > s->budget)
        return agl_fail(err, AGL_ECONV, "the sites that are open already cost %g, more than the budget of %g",
                        spent, s->budget);
    *most = forced + free_sites;
    if ((double)*most > s->max_sites) *most = (size_t)s->max_sites;
    return AGL_OK;
}

static agl_status check(size_t *most, double *weight, const agl_siting *s, const agl_siting_search_options *o,
                        agl_error *err) {
    *weight = 0;
    if (s->coverage > 0 || s->equity > 0)
        return agl_fail(err, AGL_EUSAGE, "the search knows no rules of coverage or equity");
    if (isnan(s->budget) || isnan(s->max_sites) || isnan(s->reach) || !(o->unreachable >= 0) ||
        isinf(o->unreachable))
        return agl_fail(err, AGL_EUSAGE,
                        "budget, number of sites, reach or the unreachable distance is out of range");
    for (size_t i = 0; i < (size_t)s->n_demand; i++) {
        if (!(s->weight[i] >= 0) || isinf(s->weight[i]))
            return agl_fail(err, AGL_EDATA, "demand %zu has the weight %g; it must be zero or more", i,
                            s->weight[i]);
        *weight += s->weight[i];
    }
    for (size_t k = 0; k < (size_t)s->n_demand * (size_t)s->n_sites; k++)
        if (s->distance[k] < 0)
            return agl_fail(err, AGL_EDATA, "the distance of demand %zu to site %zu is %g",
                            k / (size_t)s->n_sites, k % (size_t)s->n_sites, s->distance[k]);
    return check_sites(most, s, err);
}

/* ---- start -------------------------------------------------------------------------------------- */

static agl_status first_sites(search *x, agl_error *err) {
    const agl_siting *s = x->s;
    int32_t *at = AGL_NEW(int32_t, s->n_sites);
    size_t n = 0;
    if (!at) return agl_fail_memory(err);
    for (int32_t j = 0; s->fixed && j < s->n_sites; j++)
        if (s->fixed[j] > 0) at[n++] = j;
    agl_status status = agl__sites_set(&x->best, at, n, &x->t, err);
    free(at);
    if (status == AGL_OK) status = agl__siting_greedy(&x->best, &x->t, err);
    if (status == AGL_OK) status = agl__siting_exchange(&x->best, &x->t, err);
    return status;
}

/* ---- proof -------------------------------------------------------------------------------------- */

/* r_j of the worst site that the bound chooses; NaN when the number of sites is not all that limits. */
static double worst_chosen(const search *x, double *sorted) {
    const agl_siting *s = x->s;
    size_t n = 0, forced = 0;
    for (int32_t j = 0; j < s->n_sites; j++) {
        if (s->fixed && s->fixed[j] != 0)
            forced += s->fixed[j] > 0;
        else
            sorted[n++] = x->bound.reduced[j];
    }
    qsort(sorted, n, sizeof *sorted, agl__ascending);
    double room = s->max_sites - (double)forced;
    if (!isinf(s->budget) || room < 1 || room > (double)n || x->bound.steps == 0) return NAN;
    return fmin(0, sorted[(size_t)room - 1]);
}

/* The sites that a better set could hold: opening j instead of the worst chosen one must not lift the bound
 * above what is already reached. Returns how many there are. */
static size_t keep_sites(int32_t *keep, const search *x, double *sorted) {
    const agl_siting *s = x->s;
    size_t kept = 0;
    double worst = worst_chosen(x, sorted), reached = x->best.objective * (1 + NO_GAP);
    for (int32_t j = 0; j < s->n_sites; j++) {
        if (s->fixed && s->fixed[j] < 0) continue;
        double lifted = x->bound.bound + x->bound.reduced[j] - worst; /* NaN: keep */
        if (!x->best.open[j] && lifted > reached) continue;
        keep[kept++] = j;
    }
    return kept;
}

/* The same problem with the sites kept and the classes of demand. */
static void shrink(agl_siting *to, double *numbers, int8_t *fixed, const search *x, const int32_t *keep,
                   size_t n) {
    const agl_siting *s = x->s;
    double *cost = numbers, *distance = numbers + n;
    for (size_t i = 0; i < x->t.demand; i++)
        for (size_t k = 0; k < n; k++)
            distance[i * n + k] = x->t.cost[i * x->t.sites + (size_t)keep[k]];
    for (size_t k = 0; k < n; k++) {
        cost[k] = s->cost[keep[k]];
        fixed[k] = s->fixed ? s->fixed[keep[k]] : 0;
    }
    *to = *s;
    to->n_demand = (int32_t)x->t.demand, to->n_sites = (int32_t)n, to->n_groups = 0;
    to->weight = x->t.weight, to->distance = distance, to->cost = cost, to->fixed = fixed, to->group = NULL;
    to->reach = s->cover ? 0.5 : INFINITY; /* covering: costs are 0 and 1 */
}

static agl_status take(search *x, const agl_siting_plan *plan, const int32_t *keep, size_t n,
                       agl_error *err) {
    double cost = x->s->cover ? x->weight - plan->objective : plan->objective;
    double bound = x->s->cover ? x->weight - plan->bound : plan->bound;
    size_t open = 0;
    if (bound > x->bound.bound) x->bound.bound = bound;
    if (!(cost < x->best.objective * (1 - NO_GAP))) return AGL_OK;
    int32_t *at = AGL_NEW(int32_t, n);
    if (!at) return agl_fail_memory(err);
    for (size_t k = 0; k < n; k++)
        if (plan->open[k] > 0.5) at[open++] = keep[k];
    agl_status status = agl__sites_set(&x->best, at, open, &x->t, err);
    free(at);
    return status;
}

static agl_status prove(search *x, agl_error *err) {
    agl_siting small;
    agl_siting_plan plan = {0};
    agl_siting_options how = {.gap = 0, .seconds = x->o.seconds};
    int32_t *keep = AGL_NEW(int32_t, x->t.sites);
    double *sorted = AGL_NEW(double, x->t.sites), *numbers = NULL;
    int8_t *fixed = AGL_NEW(int8_t, x->t.sites);
    agl_status status = keep && sorted && fixed ? AGL_OK : agl_fail_memory(err);
    if (status != AGL_OK) goto out;
    size_t n = keep_sites(keep, x, sorted), demand = x->t.demand;
    if (n == 0 || demand == 0 || (double)n * (double)demand > (double)x->o.exact_pairs) goto out;
    numbers = AGL_NEW(double, n + n * demand);
    plan.open = AGL_NEW(double, n);
    status = numbers && plan.open ? AGL_OK : agl_fail_memory(err);
    if (status != AGL_OK) goto out;
    shrink(&small, numbers, fixed, x, keep, n);
    status = agl_siting_solve(&plan, &small, &how, x->ctx, err);
    if (status == AGL_ECONV) { /* out of time: what was found before stands */
        status = AGL_OK;
        if (err) *err = (agl_error){0};
    } else if (status == AGL_OK) {
        status = take(x, &plan, keep, n, err);
    }
out:
    free(keep);
    free(sorted);
    free(fixed);
    free(numbers);
    free(plan.open);
    return status;
}

/* ---- output ------------------------------------------------------------------------------------- */

/* The cheapest exchange of the open site at[r]; -1 = none. */
static int32_t best_substitute(double *costs, const search *x, size_t r, const double *gain,
                               const double *change) {
    const agl__sites *b = &x->best;
    const agl_siting *s = x->s;
    int32_t who = -1;
    *costs = INFINITY;
    for (int32_t j = 0; j < s->n_sites; j++) {
        double more = change[r * x->t.sites + (size_t)j] - gain[j];
        if (b->open[j] || (s->fixed && s->fixed[j] < 0) || !(more < *costs)) continue;
        if (b->spent - s->cost[b->at[r]] + s->cost[j] > s->budget) continue;
        *costs = more;
        who = j;
    }
    *costs = who < 0 ? (double)NAN : fmax(0, *costs);
    return who;
}

static void clear_worth(const agl_siting_worth *worth, size_t sites) {
    for (size_t j = 0; j < sites; j++) {
        if (worth->loss) worth->loss[j] = NAN;
        if (worth->substitute) worth->substitute[j] = -1;
        if (worth->substitute_loss) worth->substitute_loss[j] = NAN;
    }
}

static agl_status tell_worth(const agl_siting_worth *worth, const search *x, agl_error *err) {
    size_t sites = x->t.sites;
    const agl__sites *b = &x->best;
    double *gain = AGL_NEW(double, sites), *change = AGL_NEW(double, sites * b->n),
           *loss = AGL_NEW(double, b->n);
    agl_status status = gain && change && loss ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__siting_changes(gain, change, b, &x->t, err);
    for (size_t i = 0; status == AGL_OK && i < x->t.demand; i++)
        if (b->nearest[i] >= 0) loss[b->nearest[i]] += x->t.weight[i] * (b->next[i] - b->cost[i]);
    clear_worth(worth, sites);
    for (size_t r = 0; status == AGL_OK && r < b->n; r++) {
        double costs;
        int32_t who = best_substitute(&costs, x, r, gain, change);
        if (worth->loss) worth->loss[b->at[r]] = loss[r];
        if (worth->substitute) worth->substitute[b->at[r]] = who;
        if (worth->substitute_loss) worth->substitute_loss[b->at[r]] = costs;
    }
    free(gain);
    free(change);
    free(loss);
    return status;
}

static agl_status tell(agl_siting_plan *plan, const search *x, double relaxation, agl_error *err) {
    double *open = AGL_NEW(double, x->t.sites);
    if (!open) return agl_fail_memory(err);
    for (size_t j = 0; j < x->t.sites; j++)
        open[j] = x->best.open[j];
    agl__siting_assign(plan->site, plan->distance, x->s, open);
    if (plan->open) memcpy(plan->open, open, x->t.sites * sizeof *open);
    free(open);
    double bound = fmin(x->bound.bound, x->best.objective), objective = x->best.objective;
    if (objective - bound <= NO_GAP * objective) bound = objective;
    bound = fmax(bound, 0);
    plan->objective = x->s->cover ? x->weight - objective : objective;
    plan->bound = x->s->cover ? x->weight - bound : bound;
    plan->relaxation = x->s->cover ? x->weight - relaxation : relaxation;
    double apart = fabs(plan->objective - plan->bound);
    plan->gap = apart > 0 ? apart / fmax(fabs(plan->objective), 1e-300) : 0;
    plan->budget_price = NAN;
    return AGL_OK;
}

agl_status agl_siting_search(agl_siting_plan *plan, const agl_siting_worth *worth, const agl_siting *problem,
                             const agl_siting_search_options *options, const agl_ctx *ctx, agl_error *err) {
    search x = {.s = problem, .ctx = ctx, .o = AGL_SITING_SEARCH_OPTIONS_INIT};
    if (options) x.o = *options;
    size_t most = 0;
    double relaxation = 0;
    agl_status status = check(&most, &x.weight, problem, &x.o, err);
    if (status != AGL_OK) return status;
    status = agl__siting_new(&x.t, problem, x.o.unreachable, most, ctx, err);
    if (status == AGL_OK) status = agl__sites_new(&x.best, &x.t, err);
    x.bound.reduced = AGL_NEW(double, problem->n_sites);
    if (status == AGL_OK && !x.bound.reduced) status = agl_fail_memory(err);
    if (status == AGL_OK) status = first_sites(&x, err);
    if (status == AGL_OK) status = agl__siting_lagrange(&x.bound, &x.best, x.o.iterations, &x.t, err);
    relaxation = fmax(0, x.bound.bound);
    if (status == AGL_OK && x.best.objective - x.bound.bound > NO_GAP * x.best.objective)
        status = prove(&x, err);
    if (status == AGL_OK) status = tell(plan, &x, relaxation, err);
    if (status == AGL_OK && worth) status = tell_worth(worth, &x, err);
    agl__siting_free(&x.t);
    agl__sites_free(&x.best);
    free(x.bound.reduced);
    return status;
}

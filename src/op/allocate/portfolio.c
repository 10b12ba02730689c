#include "agglo/portfolio.h"
#include "base/mem.h"
#include "op/fixed.h"
#include "op/network/ids.h"
#include "op/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double scales[] = {0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2};
enum { SCALES = sizeof scales / sizeof *scales, MAX_NEXT = 20 };

typedef struct plan {
    agl_run *run;
    agl__ids projects, resources, groups, scenarios;
    agl_projects p;
    agl_portfolio best;
    agl_portfolio_options options;
    double *values; /* the arrays of numbers below */
    double *value, *amount, *limit, *minimum, *chosen, *used, *price, *change, *next;
    double next_value[MAX_NEXT];
    int32_t n_next;
    int32_t *codes, *use_project, *use_resource, *group;
    agl_pair *pairs;
    int8_t *fixed;
    double *scenario_value, *probability; /* scenarios x projects; scenarios */
} plan;

static void plan_free(plan *l) {
    agl__ids_free(&l->projects);
    agl__ids_free(&l->resources);
    agl__ids_free(&l->groups);
    agl__ids_free(&l->scenarios);
    free(l->scenario_value);
    free(l->probability);
    free(l->values);
    free(l->codes);
    free(l->pairs);
    free(l->fixed);
}

/* ---- input -----------------------------------------------------------------------------------------------
 */

/** One numbering of the projects, resources and groups that the tables name; the column cost is a resource.
 */
static agl_status number_all(plan *l, agl_error *err) {
    agl_run *run = l->run;
    char name[] = "cost", *texts[] = {name};
    int32_t zero = 0;
    const agl_column cost = {.type = AGL_KEY, .code = &zero, .dict = {1, texts}};
    bool budget = !isnan(agl__run_number(run, "budget"));
    if (budget && !agl__run_column(run, "data", "cost"))
        return agl_fail(err, AGL_EUSAGE, "--budget needs the role cost in the table of projects; see --col");
    const agl_column *of_projects[] = {
        agl__run_column(run, "data", "project"),     agl__run_column(run, "uses", "project"),
        agl__run_column(run, "requires", "project"), agl__run_column(run, "requires", "needs"),
        agl__run_column(run, "excludes", "project"), agl__run_column(run, "excludes", "other"),
        agl__run_column(run, "scenarios", "project")};
    const size_t project_rows[] = {agl__input_rows(run, "data"),     agl__input_rows(run, "uses"),
                                   agl__input_rows(run, "requires"), agl__input_rows(run, "requires"),
                                   agl__input_rows(run, "excludes"), agl__input_rows(run, "excludes"),
                                   agl__input_rows(run, "scenarios")};
    const agl_column *of_resources[] = {agl__run_column(run, "uses", "resource"),
                                        agl__run_column(run, "limits", "resource"),
                                        agl__run_column(run, "shares", "resource"), budget ? &cost : NULL};
    const size_t resource_rows[] = {agl__input_rows(run, "uses"), agl__input_rows(run, "limits"),
                                    agl__input_rows(run, "shares"), 1};
    const agl_column *of_groups[] = {agl__run_column(run, "data", "group"),
                                     agl__run_column(run, "shares", "group")};
    const size_t group_rows[] = {agl__input_rows(run, "data"), agl__input_rows(run, "shares")};
    agl_status status = agl__ids_new(&l->projects, of_projects, project_rows, 7, err);
    if (status == AGL_OK) status = agl__ids_new(&l->resources, of_resources, resource_rows, 4, err);
    if (status == AGL_OK) status = agl__ids_new(&l->groups, of_groups, group_rows, 2, err);
    const agl_column *scenario = agl__run_column(run, "scenarios", "scenario");
    const size_t scenario_rows = agl__input_rows(run, "scenarios");
    if (status == AGL_OK) status = agl__ids_new(&l->scenarios, &scenario, &scenario_rows, 1, err);
    return status;
}

static agl_status reserve(plan *l, agl_error *err) {
    size_t n = l->projects.dict.n, r = l->resources.dict.n, uses = agl__input_rows(l->run, "uses") + n;
    size_t minima = agl__input_rows(l->run, "shares"), next = (size_t)agl__run_integer(l->run, "next") + 1;
    size_t pairs = agl__input_rows(l->run, "requires") + agl__input_rows(l->run, "excludes") + minima;
    l->values = AGL_NEW(double, n *(3 + next) + uses + 3 * r + minima);
    l->codes = AGL_NEW(int32_t, 2 * uses + n);
    l->pairs = AGL_NEW(agl_pair, pairs);
    l->fixed = AGL_NEW(int8_t, n);
    if (!l->values || !l->codes || !l->pairs || !l->fixed) return agl_fail_memory(err);
    double *at = l->values;
    l->value = at, at += n;
    l->chosen = at, at += n;
    l->change = at, at += n;
    l->next = at, at += n * next;
    l->amount = at, at += uses;
    l->limit = at, at += r;
    l->used = at, at += r;
    l->price = at, at += r;
    l->minimum = at;
    l->use_project = l->codes;
    l->use_resource = l->codes + uses;
    l->group = l->codes + 2 * uses;
    return AGL_OK;
}

static agl_status all_valued(const plan *l, agl_error *err) {
    for (size_t j = 0; j < l->projects.dict.n; j++)
        if (isnan(l->value[j]))
            return agl_fail(err, AGL_EDATA,
                            "project %s is named by another table but is not among the projects",
                            l->projects.dict.text[j]);
    return AGL_OK;
}

static agl_status read_projects(plan *l, agl_error *err) {
    const agl_table *t = agl__run_input(l->run, "data");
    const agl_column *key = agl_table_column(t, "project"), *value = agl_table_column(t, "value");
    const agl_column *cost = agl_table_column(t, "cost"), *group = agl_table_column(t, "group");
    const agl_column *fixed = agl_table_column(t, "fixed");
    double budget = agl__run_number(l->run, "budget");
    int32_t resource = isnan(budget) ? -1 : agl_dict_find(&l->resources.dict, "cost");
    for (size_t j = 0; j < l->projects.dict.n; j++)
        l->value[j] = NAN;
    for (size_t k = 0; k < t->rows; k++) {
        if (key->code[k] < 0) return agl__run_fail_row(l->run, "data", k, "project", err, "no project code");
        int32_t j = l->projects.of[0][key->code[k]];
        if (isnan(value->num[k])) return agl__run_fail_row(l->run, "data", k, "value", err, "no value");
        l->value[j] = value->num[k];
        l->group[j] = group && group->code[k] >= 0 ? l->groups.of[0][group->code[k]] : -1;
        agl_status status = agl__fixed_of(&l->fixed[j], l->run, "data", fixed, k, err);
        if (status != AGL_OK) return status;
        if (resource < 0) continue;
        if (isnan(cost->num[k])) return agl__run_fail_row(l->run, "data", k, "cost", err, "no cost");
        l->use_project[l->p.uses] = j;
        l->use_resource[l->p.uses] = resource;
        l->amount[l->p.uses++] = cost->num[k];
    }
    agl__run_rows(l->run, t->rows, 0);
    return all_valued(l, err);
}

static agl_status read_uses(plan *l, agl_error *err) {
    const agl_table *uses = agl__run_input(l->run, "uses"), *limits = agl__run_input(l->run, "limits");
    for (size_t r = 0; r < l->resources.dict.n; r++)
        l->limit[r] = NAN;
    if (!isnan(agl__run_number(l->run, "budget")))
        l->limit[agl_dict_find(&l->resources.dict, "cost")] = agl__run_number(l->run, "budget");
    for (size_t k = 0; uses && k < uses->rows; k++) {
        int32_t project = agl_table_column(uses, "project")->code[k];
        int32_t resource = agl_table_column(uses, "resource")->code[k];
        double amount = agl_table_column(uses, "amount")->num[k];
        if (project < 0 || resource < 0 || isnan(amount))
            return agl__run_fail_row(l->run, "uses", k, NULL, err, "project, resource or amount is missing");
        l->use_project[l->p.uses] = l->projects.of[1][project];
        l->use_resource[l->p.uses] = l->resources.of[0][resource];
        l->amount[l->p.uses++] = amount;
    }
    for (size_t k = 0; limits && k < limits->rows; k++) {
        int32_t resource = agl_table_column(limits, "resource")->code[k];
        double limit = agl_table_column(limits, "limit")->num[k];
        if (resource < 0 || isnan(limit))
            return agl__run_fail_row(l->run, "limits", k, NULL, err, "resource or limit is missing");
        l->limit[l->resources.of[1][resource]] = limit;
    }
    for (size_t r = 0; r < l->resources.dict.n; r++)
        if (isnan(l->limit[r]))
            return agl_fail(err, AGL_EDATA,
                            "resource %s has no limit; add it to --limits (a large number for none)",
                            l->resources.dict.text[r]);
    return l->resources.dict.n
               ? AGL_OK
               : agl_fail(err, AGL_EUSAGE,
                          "nothing limits the portfolio: give --budget, or --uses and --limits");
}

/** Probabilities of the scenarios, which every row of a scenario repeats, scaled to sum 1; equal when not
 * given. */
static agl_status read_probabilities(plan *l, const agl_table *t, agl_error *err) {
    const agl_column *scenario = agl_table_column(t, "scenario"), *given = agl_table_column(t, "probability");
    size_t n = l->scenarios.dict.n;
    double sum = 0;
    for (size_t s = 0; s < n; s++)
        l->probability[s] = given ? NAN : 1;
    for (size_t k = 0; given && k < t->rows; k++) {
        double *p = &l->probability[l->scenarios.of[0][scenario->code[k]]], x = given->num[k];
        if (isnan(x) || (!isnan(*p) && *p != x))
            return agl__run_fail_row(l->run, "scenarios", k, "probability", err,
                                     "the probability of a scenario must be the same in all its rows");
        *p = x;
    }
    for (size_t s = 0; s < n; s++)
        sum += l->probability[s];
    if (!(sum > 0)) return agl_fail(err, AGL_EDATA, "the probabilities of the scenarios add up to %g", sum);
    for (size_t s = 0; s < n; s++)
        l->probability[s] /= sum;
    return AGL_OK;
}

/** Values by scenario; a project that a scenario does not name has its usual value there. The value of a
 * project becomes its mean over the scenarios. */
static agl_status read_scenarios(plan *l, agl_error *err) {
    const agl_table *t = agl__run_input(l->run, "scenarios");
    size_t n = l->projects.dict.n, scenarios = l->scenarios.dict.n;
    if (!t) return AGL_OK;
    l->scenario_value = AGL_NEW(double, scenarios *n);
    l->probability = AGL_NEW(double, scenarios);
    if (!l->scenario_value || !l->probability) return agl_fail_memory(err);
    for (size_t s = 0; s < scenarios; s++)
        memcpy(l->scenario_value + s * n, l->value, n * sizeof *l->value);
    for (size_t k = 0; k < t->rows; k++) {
        int32_t project = agl_table_column(t, "project")->code[k];
        int32_t scenario = agl_table_column(t, "scenario")->code[k];
        double value = agl_table_column(t, "value")->num[k];
        if (project < 0 || scenario < 0 || isnan(value))
            return agl__run_fail_row(l->run, "scenarios", k, NULL, err,
                                     "project, scenario or value is missing");
        l->scenario_value[(size_t)l->scenarios.of[0][scenario] * n + (size_t)l->projects.of[6][project]] =
            value;
    }
    agl_status status = read_probabilities(l, t, err);
    if (status != AGL_OK) return status;
    for (size_t j = 0; j < n; j++) {
        l->value[j] = 0;
        for (size_t s = 0; s < scenarios; s++)
            l->value[j] += l->probability[s] * l->scenario_value[s * n + j];
    }
    l->p.n_scenarios = (int32_t)scenarios;
    l->p.scenario_value = l->scenario_value, l->p.probability = l->probability;
    return AGL_OK;
}

static agl_status read_pairs(agl_pair *out, size_t *n, const plan *l, const char *input, const char *first,
                             const char *second, const int32_t *of_first, const int32_t *of_second,
                             agl_error *err) {
    const agl_table *t = agl__run_input(l->run, input);
    for (size_t k = 0; t && k < t->rows; k++) {
        int32_t a = agl_table_column(t, first)->code[k], b = agl_table_column(t, second)->code[k];
        if (a < 0 || b < 0)
            return agl__run_fail_row(l->run, input, k, NULL, err, "%s or %s is missing", first, second);
        out[(*n)++] = (agl_pair){of_first[a], of_second[b]};
    }
    return AGL_OK;
}

static agl_status read_rules(plan *l, agl_error *err) {
    agl_pair *requires = l->pairs, *excludes = requires + agl__input_rows(l->run, "requires");
    agl_pair *minima = excludes + agl__input_rows(l->run, "excludes");
    agl_projects *p = &l->p;
    agl_status status = read_pairs(requires, &p->n_requires, l, "requires", "project", "needs",
                                   l->projects.of[2], l->projects.of[3], err);
    if (status == AGL_OK)
        status = read_pairs(excludes, &p->n_excludes, l, "excludes", "project", "other", l->projects.of[4],
                            l->projects.of[5], err);
    if (status == AGL_OK)
        status = read_pairs(minima, &p->n_minima, l, "shares", "group", "resource", l->groups.of[1],
                            l->resources.of[2], err);
    const agl_column *share = agl__run_column(l->run, "shares", "share");
    for (size_t k = 0; status == AGL_OK && k < p->n_minima; k++)
        l->minimum[k] = share->num[k];
    p->requires_ = requires, p->excludes = excludes, p->minima = minima, p->minimum = l->minimum;
    p->n = (int32_t)l->projects.dict.n;
    p->n_resources = (int32_t)l->resources.dict.n;
    p->n_groups = (int32_t)l->groups.dict.n;
    p->value = l->value, p->use_project = l->use_project, p->use_resource = l->use_resource;
    p->use_amount = l->amount, p->limit = l->limit, p->group = l->group, p->fixed = l->fixed;
    return status;
}

/* ---- computation ------------------------------------------------------------------------------------------
 */

static void name(char *text, size_t size, const char *format, const char *a, const char *b) {
    size_t used = strlen(text);
    if (used + 1 >= size) return;
    if (used) used += (size_t)snprintf(text + used, size - used, "; ");
    if (used < size) snprintf(text + used, size - used, format, a, b);
}

/** What would mend it: the least rise of limits; nothing when no limits help. */
static void mend(char *text, size_t size, const plan *l) {
    double *excess = AGL_NEW(double, l->p.n_resources);
    agl_error why = {0};
    if (excess && agl_portfolio_mend(excess, &l->p, &l->options, agl__run_ctx(l->run), &why) == AGL_OK) {
        char one[200];
        *text = 0;
        for (int32_t r = 0; r < l->p.n_resources; r++) {
            if (!(excess[r] > 1e-9 * fmax(1, fabs(l->limit[r])))) continue;
            snprintf(one, sizeof one, "raise the limit of %s to %.10g", l->resources.dict.text[r],
                     l->limit[r] + excess[r]);
            size_t used = strlen(text);
            snprintf(text + used, size - used, "%s%s", used ? " and " : "; the least that mends it: ", one);
        }
    } else
        snprintf(text, size, "; no limits mend it, a rule or a fixed project must go");
    free(excess);
}

/** The message that names the constraints that cannot hold together. */
static agl_status explain(const plan *l, agl_error *err) {
    const agl_projects *p = &l->p;
    size_t rows = (size_t)p->n_resources + p->n_requires + p->n_excludes + p->n_minima;
    uint8_t *limit = AGL_NEW(uint8_t, rows), *require, *exclude, *minimum;
    char text[800] = "", cure[400] = "";
    char **project = l->projects.dict.text, **resource = l->resources.dict.text;
    if (!limit) return agl_fail_memory(err);
    require = limit + p->n_resources, exclude = require + p->n_requires, minimum = exclude + p->n_excludes;
    agl_status status =
        agl_portfolio_conflict(limit, require, exclude, minimum, p, agl__run_ctx(l->run), err);
    for (int32_t r = 0; r < p->n_resources; r++)
        if (limit[r]) name(text, sizeof text, "the limit of %s%s", resource[r], "");
    for (size_t k = 0; k < p->n_requires; k++)
        if (require[k])
            name(text, sizeof text, "%s needs %s", project[p->requires_[k].a], project[p->requires_[k].b]);
    for (size_t k = 0; k < p->n_excludes; k++)
        if (exclude[k])
            name(text, sizeof text, "%s excludes %s", project[p->excludes[k].a], project[p->excludes[k].b]);
    for (size_t k = 0; k < p->n_minima; k++)
        if (minimum[k])
            name(text, sizeof text, "the least share of %s in %s", l->groups.dict.text[p->minima[k].a],
                 resource[p->minima[k].b]);
    free(limit);
    if (status != AGL_OK) return status;
    mend(cure, sizeof cure, l);
    return agl_fail(err, AGL_ECONV,
                    "no portfolio satisfies all rules; with the projects fixed these conflict: %s%s", text,
                    cure);
}

static agl_status next_best(plan *l, agl_error *err) {
    size_t n = (size_t)l->p.n;
    int64_t wanted = agl__run_integer(l->run, "next");
    agl_portfolio_options o = l->options;
    memcpy(l->next, l->chosen, n * sizeof *l->next);
    o.differ = l->next;
    for (o.differ_n = 1; o.differ_n <= wanted; o.differ_n++) {
        agl_portfolio other = {.chosen = l->next + (size_t)o.differ_n * n};
        agl_error why = {0};
        agl_status status = agl_portfolio_solve(&other, &l->p, &o, agl__run_ctx(l->run), &why);
        if (status == AGL_ECONV) break; /* there are no more */
        if (status != AGL_OK) return agl_fail(err, status, "%s", why.message);
        l->next_value[l->n_next++] = other.value;
    }
    return AGL_OK;
}

/** Of several best portfolios the one whose projects come first, so that the answer does not depend on the
 * search. */
static agl_status first_of_ties(plan *l, agl_error *err) {
    double same = 1e-9 * fmax(1, fabs(l->best.value));
    int32_t ties = 0;
    for (int32_t j = 0; j < l->p.n; j++)
        ties += fabs(l->change[j] - l->value[j]) <= same;
    if (ties == 0) return AGL_OK;
    agl__run_warn(l->run,
                  "several portfolios share the best value; they differ in some of %d projects, and the one "
                  "whose projects "
                  "come first by code is told",
                  ties);
    return agl_portfolio_first(&l->best, l->change, &l->p, &l->options, agl__run_ctx(l->run), err);
}

static agl_status compute(plan *l, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(l->run);
    agl_error why = {0};
    l->options = (agl_portfolio_options){.gap = agl__run_number(l->run, "gap"),
                                         .seconds = agl__run_number(l->run, "seconds"),
                                         .risk = agl__run_number(l->run, "risk"),
                                         .tail = agl__run_number(l->run, "tail")};
    if (l->options.risk > 0 && !l->p.n_scenarios)
        return agl_fail(err, AGL_EUSAGE,
                        "--risk needs --scenarios, the values of the projects in each scenario");
    l->best = (agl_portfolio){.chosen = l->chosen, .used = l->used, .price = l->price};
    agl_status status = agl_portfolio_solve(&l->best, &l->p, &l->options, ctx, &why);
    if (status == AGL_ECONV && strstr(why.message, "cannot hold together")) return explain(l, err);
    if (status != AGL_OK) return agl_fail(err, status, "%s", why.message);
    if (l->best.gap > 0)
        agl__run_warn(
            l->run, "the best portfolio is not proven: no other is worth more than %g, which is %.2g%% more",
            l->best.bound, 100 * l->best.gap);
    bool switches = l->p.n <= agl__run_integer(l->run, "switch-limit");
    for (int32_t j = 0; j < l->p.n; j++)
        l->change[j] = NAN;
    if (switches) status = agl_portfolio_switches(l->change, &l->p, &l->best, &l->options, ctx, err);
    if (switches && status == AGL_OK && l->best.gap == 0 && l->options.gap == 0)
        status = first_of_ties(l, err);
    if (status == AGL_OK && !switches)
        agl__run_warn(
            l->run,
            "the values at which decisions change were not computed for more than --switch-limit projects");
    return status == AGL_OK ? next_best(l, err) : status;
}

/* ---- output ----------------------------------------------------------------------------------------------
 */

static agl_status write_projects(const plan *l, agl_error *err) {
    agl_table *t;
    int32_t *key, *group;
    bool groups = agl__run_column(l->run, "data", "group") != NULL;
    agl_status status = agl__run_output(&t, l->run, "projects", (size_t)l->p.n, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "project", &l->projects.dict, err);
    if (status == AGL_OK && groups) status = agl__run_key(&group, t, "group", &l->groups.dict, err);
    if (status != AGL_OK) return status;
    double *priced = agl__run_num(t, "cost_at_prices");
    for (int32_t j = 0; j < l->p.n; j++) {
        double change = isfinite(l->change[j]) ? l->change[j] : NAN;
        key[j] = j;
        if (groups) group[j] = l->group[j];
        priced[j] = 0;
        agl__run_num(t, "value")[j] = l->value[j];
        agl__run_num(t, "chosen")[j] = l->chosen[j];
        agl__run_num(t, "switch_value")[j] = change;
        agl__run_num(t, "margin")[j] = l->value[j] - change;
        agl__run_num(t, "next_best")[j] = l->n_next ? l->next[(size_t)l->p.n + (size_t)j] : NAN;
    }
    for (size_t u = 0; u < l->p.uses; u++)
        priced[l->use_project[u]] += l->amount[u] * l->price[l->use_resource[u]];
    return groups ? AGL_OK : agl__run_drop_column(t, "group", err);
}

static agl_status write_resources(const plan *l, agl_error *err) {
    agl_table *t;
    int32_t *key;
    size_t n = l->resources.dict.n;
    agl_status status = agl__run_output(&t, l->run, "resources", n, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "resource", &l->resources.dict, err);
    for (size_t r = 0; status == AGL_OK && r < n; r++) {
        key[r] = (int32_t)r;
        agl__run_num(t, "limit")[r] = l->limit[r];
        agl__run_num(t, "used")[r] = l->used[r];
        agl__run_num(t, "left")[r] = l->limit[r] - l->used[r];
        agl__run_num(t, "price")[r] = l->price[r];
    }
    return status;
}

static agl_status write_frontier(const plan *l, agl_error *err) {
    agl_table *t;
    double *chosen = AGL_NEW(double, l->p.n);
    agl_status status = chosen ? agl__run_output(&t, l->run, "frontier", SCALES, err) : agl_fail_memory(err);
    for (size_t k = 0; status == AGL_OK && k < SCALES; k++) {
        agl_portfolio_options o = l->options;
        agl_portfolio at = {.chosen = chosen};
        agl_error why = {0};
        double count = 0;
        o.scale = scales[k];
        status = agl_portfolio_solve(&at, &l->p, &o, agl__run_ctx(l->run), &why);
        bool there = status == AGL_OK;
        if (status == AGL_ECONV)
            status = AGL_OK; /* too little to satisfy the rules: no point of the frontier */
        if (status != AGL_OK) status = agl_fail(err, status, "%s", why.message);
        for (int32_t j = 0; j < l->p.n; j++)
            count += chosen[j];
        agl__run_num(t, "scale")[k] = scales[k];
        agl__run_num(t, "value")[k] = there ? at.value : NAN;
        agl__run_num(t, "relaxation")[k] = there ? at.relaxation : NAN;
        agl__run_num(t, "chosen")[k] = there ? count : NAN;
    }
    free(chosen);
    return status;
}

/** The projects in which each of the next-best portfolios differs from the best. */
static agl_status write_alternatives(const plan *l, agl_error *err) {
    agl_table *t;
    int32_t *key;
    size_t n = (size_t)l->p.n, rows = 0;
    for (size_t i = n; i < ((size_t)l->n_next + 1) * n; i++)
        rows += l->next[i] != l->chosen[i % n];
    agl_status status = agl__run_output(&t, l->run, "alternatives", rows, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "project", &l->projects.dict, err);
    rows = 0;
    for (size_t i = n; status == AGL_OK && i < ((size_t)l->n_next + 1) * n; i++) {
        if (l->next[i] == l->chosen[i % n]) continue;
        key[rows] = (int32_t)(i % n);
        agl__run_num(t, "rank")[rows] = (double)(i / n + 1);
        agl__run_num(t, "portfolio_value")[rows] = l->next_value[i / n - 1];
        agl__run_num(t, "chosen")[rows++] = l->next[i];
    }
    return status;
}

/** Value of the best portfolio in each scenario. */
static agl_status write_scenarios(const plan *l, agl_error *err) {
    agl_table *t;
    int32_t *key;
    size_t n = (size_t)l->p.n, scenarios = (size_t)l->p.n_scenarios;
    agl_status status = agl__run_output(&t, l->run, "scenarios", scenarios, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "scenario", &l->scenarios.dict, err);
    for (size_t s = 0; status == AGL_OK && s < scenarios; s++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += l->chosen[j] * l->scenario_value[s * n + j];
        key[s] = (int32_t)s;
        agl__run_num(t, "probability")[s] = l->probability[s];
        agl__run_num(t, "value")[s] = sum;
    }
    return status;
}

/** Mean and tail of the best portfolio at several weights of risk. */
static agl_status write_risk(const plan *l, agl_error *err) {
    static const double weights[] = {0, 0.25, 0.5, 0.75, 1};
    enum { WEIGHTS = sizeof weights / sizeof *weights };
    agl_table *t;
    double *chosen = AGL_NEW(double, l->p.n);
    agl_status status = chosen ? agl__run_output(&t, l->run, "risk", WEIGHTS, err) : agl_fail_memory(err);
    for (size_t k = 0; status == AGL_OK && k < WEIGHTS; k++) {
        agl_portfolio_options o = l->options;
        agl_portfolio at = {.chosen = chosen};
        double count = 0;
        o.risk = weights[k];
        status = agl_portfolio_solve(&at, &l->p, &o, agl__run_ctx(l->run), err);
        for (int32_t j = 0; j < l->p.n; j++)
            count += chosen[j];
        agl__run_num(t, "weight")[k] = weights[k];
        agl__run_num(t, "mean")[k] = at.mean;
        agl__run_num(t, "tail_mean")[k] = at.tail_mean;
        agl__run_num(t, "chosen")[k] = count;
    }
    free(chosen);
    return status;
}

static agl_status write_summary(const plan *l, agl_error *err) {
    agl_table *t;
    double chosen = 0;
    for (int32_t j = 0; j < l->p.n; j++)
        chosen += l->chosen[j];
    agl_status status = agl__run_output(&t, l->run, "summary", 1, err);
    if (status != AGL_OK) return status;
    agl__run_num(t, "projects")[0] = l->p.n;
    agl__run_num(t, "chosen")[0] = chosen;
    agl__run_num(t, "value")[0] = l->best.value;
    agl__run_num(t, "bound")[0] = l->best.bound;
    agl__run_num(t, "gap")[0] = l->best.gap;
    agl__run_num(t, "relaxation")[0] = l->best.relaxation;
    agl__run_num(t, "mean")[0] = l->best.mean;
    agl__run_num(t, "tail_mean")[0] = l->best.tail_mean;
    agl__run_num(t, "next_value")[0] = l->n_next ? l->next_value[0] : NAN;
    return AGL_OK;
}

static agl_status read_all(plan *l, agl_error *err) {
    agl_status status = number_all(l, err);
    if (status == AGL_OK) status = reserve(l, err);
    if (status == AGL_OK) status = read_projects(l, err);
    if (status == AGL_OK) status = read_uses(l, err);
    if (status == AGL_OK) status = read_rules(l, err);
    return status == AGL_OK ? read_scenarios(l, err) : status;
}

static agl_status write_all(plan *l, agl_error *err) {
    agl_status status = write_projects(l, err);
    if (status == AGL_OK) status = write_resources(l, err);
    if (status == AGL_OK && agl__run_wants(l->run, "frontier")) status = write_frontier(l, err);
    if (status == AGL_OK) status = write_alternatives(l, err);
    if (status == AGL_OK && l->p.n_scenarios) status = write_scenarios(l, err);
    if (status == AGL_OK && l->p.n_scenarios && agl__run_wants(l->run, "risk")) status = write_risk(l, err);
    return status == AGL_OK ? write_summary(l, err) : status;
}

agl_status agl_op_allocate_portfolio(agl_run *run, agl_error *err) {
    plan l = {.run = run};
    agl_status status = read_all(&l, err);
    if (status == AGL_OK) status = compute(&l, err);
    if (status == AGL_OK) status = write_all(&l, err);
    plan_free(&l);
    return status;
}

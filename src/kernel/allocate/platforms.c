#include "agglo/platforms.h"
#include "base/mem.h"
#include "kernel/opt/milp.h"
#include "kernel/opt/siting.h"

#include <math.h>
#include <string.h>

enum {
    BUDGET,
    NUMBER,
    COVERAGE,
    GROUPS
}; /* the first rows; then one for each group, then those of the demand */

/* Columns: the sites, then the pairs that can be served (p-median) or the demand (covering). */
typedef struct model {
    agl__milp milp;
    double *objective, *lower, *upper, *row_lower, *row_upper, *value;
    uint8_t *integer;
    int32_t *row, *column;
    double *of_group; /* weight of each group */
    double weight;
} model;

static void model_free(model *m) {
    free(m->objective);
    free(m->lower);
    free(m->upper);
    free(m->row_lower);
    free(m->row_upper);
    free(m->value);
    free(m->integer);
    free(m->row);
    free(m->column);
    free(m->of_group);
}

static double pair(const agl_siting *s, size_t i, size_t j) {
    return s->distance[i * (size_t)s->n_sites + j];
}

static agl_status check_sites(const agl_siting *s, agl_error *err) {
    for (size_t j = 0; j < (size_t)s->n_sites; j++)
        if (!(s->cost[j] >= 0) || !isfinite(s->cost[j]))
            return agl_fail(err, AGL_EDATA, "site %zu costs %g; it must be zero or more", j, s->cost[j]);
    for (size_t j = 0; s->capacity && j < (size_t)s->n_sites; j++)
        if (!(s->capacity[j] >= 0))
            return agl_fail(err, AGL_EDATA, "site %zu has the capacity %g; it must be zero or more", j,
                            s->capacity[j]);
    return AGL_OK;
}

/** Also counts the pairs of demand and site with a distance. */
static agl_status check_demand(size_t *pairs, const agl_siting *s, agl_error *err) {
    *pairs = 0;
    for (size_t i = 0; i < (size_t)s->n_demand; i++) {
        size_t served = 0;
        if (!(s->weight[i] >= 0) || !isfinite(s->weight[i]))
            return agl_fail(err, AGL_EDATA, "demand %zu has the weight %g; it must be zero or more", i,
                            s->weight[i]);
        if (s->group && s->group[i] >= s->n_groups)
            return agl_fail(err, AGL_EDATA, "demand %zu has no group", i);
        for (size_t j = 0; j < (size_t)s->n_sites; j++) {
            if (pair(s, i, j) < 0 || isinf(pair(s, i, j)))
                return agl_fail(err, AGL_EDATA, "the distance of demand %zu to site %zu is %g", i, j,
                                pair(s, i, j));
            served += !isnan(pair(s, i, j));
        }
        if (served == 0 && !s->cover)
            return agl_fail(err, AGL_EDATA, "no site can serve demand %zu; leave it out or maximise coverage",
                            i);
        *pairs += served;
    }
    return AGL_OK;
}

static agl_status check(size_t *pairs, const agl_siting *s, agl_error *err) {
    agl_status status = check_sites(s, err);
    if (status == AGL_OK) status = check_demand(pairs, s, err);
    if (status != AGL_OK) return status;
    if (s->capacity && s->cover)
        return agl_fail(err, AGL_EUSAGE, "capacities are for the least distance, not for the most coverage");
    return isnan(s->budget) || isnan(s->reach) || !(s->coverage <= 1) || !(s->equity <= 1)
               ? agl_fail(err, AGL_EDATA, "budget, reach, coverage or equity is out of range")
               : AGL_OK;
}

static agl_status reserve(model *m, const agl_siting *s, size_t pairs, bool cover, agl_error *err) {
    size_t sites = (size_t)s->n_sites, demand = (size_t)s->n_demand, groups = (size_t)s->n_groups;
    size_t columns = sites + (cover ? demand : pairs), rows = GROUPS + groups + demand + (cover ? 0 : pairs);
    size_t entries = 2 * sites + (cover ? pairs + 3 * demand : 5 * pairs);
    if (s->capacity && !cover) rows += sites, entries += sites + pairs;
    m->objective = AGL_NEW(double, columns);
    m->lower = AGL_NEW(double, columns);
    m->upper = AGL_NEW(double, columns);
    m->integer = AGL_NEW(uint8_t, columns);
    m->row_lower = AGL_NEW(double, rows);
    m->row_upper = AGL_NEW(double, rows);
    m->value = AGL_NEW(double, entries);
    m->row = AGL_NEW(int32_t, entries);
    m->column = AGL_NEW(int32_t, entries);
    m->of_group = AGL_NEW(double, groups);
    if (!m->objective || !m->lower || !m->upper || !m->integer || !m->row_lower || !m->row_upper ||
        !m->value || !m->row || !m->column || !m->of_group)
        return agl_fail_memory(err);
    m->milp = (agl__milp){.columns = columns,
                          .rows = rows,
                          .maximise = cover,
                          .objective = m->objective,
                          .lower = m->lower,
                          .upper = m->upper,
                          .integer = m->integer,
                          .row_lower = m->row_lower,
                          .row_upper = m->row_upper,
                          .row = m->row,
                          .column = m->column,
                          .value = m->value};
    return AGL_OK;
}

static void entry(model *m, size_t row, size_t column, double value) {
    m->row[m->milp.entries] = (int32_t)row;
    m->column[m->milp.entries] = (int32_t)column;
    m->value[m->milp.entries++] = value;
}

static void bound(model *m, size_t row, double lower, double upper) {
    m->row_lower[row] = lower;
    m->row_upper[row] = upper;
}

static void common_rows(model *m, const agl_siting *s) {
    bound(m, BUDGET, -INFINITY, s->budget);
    bound(m, NUMBER, -INFINITY, s->max_sites);
    for (size_t j = 0; j < (size_t)s->n_sites; j++) {
        m->integer[j] = 1;
        m->lower[j] = s->fixed && s->fixed[j] > 0;
        m->upper[j] = !(s->fixed && s->fixed[j] < 0);
        if (s->cost[j] > 0) entry(m, BUDGET, j, s->cost[j]);
        entry(m, NUMBER, j, 1);
    }
    for (size_t i = 0; i < (size_t)s->n_demand; i++) {
        m->weight += s->weight[i];
        if (s->group && s->group[i] >= 0) m->of_group[s->group[i]] += s->weight[i];
    }
    bound(m, COVERAGE, s->coverage * m->weight, INFINITY);
    for (size_t g = 0; g < (size_t)s->n_groups; g++)
        bound(m, GROUPS + g, s->equity * m->of_group[g], INFINITY);
}

/** sum_i w_i y_ij - capacity_j x_j <= 0: the last rows, one for each site; the pairs enter theirs one by one.
 */
static void capacity_rows(model *m, const agl_siting *s) {
    size_t sites = (size_t)s->n_sites, first = m->milp.rows - sites;
    for (size_t j = 0; j < sites; j++) {
        bound(m, first + j, -INFINITY, isinf(s->capacity[j]) ? INFINITY : 0);
        if (s->capacity[j] > 0 && !isinf(s->capacity[j])) entry(m, first + j, j, -s->capacity[j]);
    }
}

/** What column `c` covers of demand i counts for all and for its group. */
static void covers(model *m, const agl_siting *s, size_t i, size_t c) {
    if (!(s->weight[i] > 0)) return;
    entry(m, COVERAGE, c, s->weight[i]);
    if (s->group && s->group[i] >= 0) entry(m, GROUPS + (size_t)s->group[i], c, s->weight[i]);
}

/** Covering: z_i <= sum of x_j within reach. Column `column` is z_i, row `row` its own. */
static void covered_demand(model *m, const agl_siting *s, size_t i, size_t row, size_t column) {
    bound(m, row, -INFINITY, 0);
    m->objective[column] = s->weight[i];
    m->upper[column] = 1;
    entry(m, row, column, 1);
    covers(m, s, i, column);
    for (size_t j = 0; j < (size_t)s->n_sites; j++)
        if (pair(s, i, j) <= s->reach) entry(m, row, j, -1);
}

/** p-median: sum of y_ij = 1, y_ij <= x_j. Moves `row` and `column` on to those of the next demand. */
static void served_demand(model *m, const agl_siting *s, size_t i, size_t *row, size_t *column) {
    size_t sites = (size_t)s->n_sites, own = (*row)++;
    bound(m, own, 1, 1);
    for (size_t j = 0; j < sites; j++) {
        double d = pair(s, i, j);
        if (isnan(d)) continue;
        m->objective[*column] = s->weight[i] * d;
        m->upper[*column] = 1;
        entry(m, own, *column, 1);
        if (d <= s->reach) covers(m, s, i, *column);
        if (s->capacity && s->weight[i] > 0) entry(m, m->milp.rows - sites + j, *column, s->weight[i]);
        bound(m, *row, -INFINITY, 0);
        entry(m, *row, (*column)++, 1);
        entry(m, (*row)++, j, -1);
    }
}

static agl_status model_new(model *m, const agl_siting *s, bool cover, agl_error *err) {
    size_t pairs, column = (size_t)s->n_sites, row = GROUPS + (size_t)s->n_groups;
    *m = (model){0};
    agl_status status = check(&pairs, s, err);
    if (status == AGL_OK) status = reserve(m, s, pairs, cover, err);
    if (status != AGL_OK) return status;
    common_rows(m, s);
    if (s->capacity && !cover) capacity_rows(m, s);
    for (size_t i = 0; i < (size_t)s->n_demand; i++)
        if (cover)
            covered_demand(m, s, i, row++, column++);
        else
            served_demand(m, s, i, &row, &column);
    return AGL_OK;
}

/** Who serves whom when demand goes to the nearest open site. */
static void nearest(agl_siting_plan *out, const agl_siting *s, const double *open) {
    agl__siting_assign(out->site, out->distance, s, open);
    for (size_t j = 0; out->served && j < (size_t)s->n_sites; j++)
        out->served[j] = 0;
    for (size_t i = 0; i < (size_t)s->n_demand; i++) {
        int32_t j = out->site ? out->site[i] : -1;
        if (out->served && j >= 0) out->served[j] += s->weight[i];
        if (out->covered) out->covered[i] = j >= 0 && out->distance && out->distance[i] <= s->reach;
    }
}

/** Who serves whom under capacities: from the columns of the pairs. */
static void assigned(agl_siting_plan *out, const agl_siting *s, const double *x) {
    size_t sites = (size_t)s->n_sites, column = sites;
    for (size_t j = 0; out->served && j < sites; j++)
        out->served[j] = 0;
    for (size_t i = 0; i < (size_t)s->n_demand; i++) {
        double most = 0, mean = 0, in_reach = 0;
        int32_t site = -1;
        for (size_t j = 0; j < sites; j++) {
            double d = pair(s, i, j);
            if (isnan(d)) continue;
            double part = fmin(fmax(x[column++], 0), 1); /* within the tolerance of the solver */
            if (part > most) most = part, site = (int32_t)j;
            mean += part * d;
            in_reach += d <= s->reach ? part : 0;
            if (out->served) out->served[j] += part * s->weight[i];
        }
        if (out->site) out->site[i] = site;
        if (out->distance) out->distance[i] = mean;
        if (out->covered) out->covered[i] = in_reach;
    }
}

agl_status agl_siting_solve(agl_siting_plan *out, const agl_siting *problem,
                            const agl_siting_options *options, const agl_ctx *ctx, agl_error *err) {
    model m;
    agl_status status = model_new(&m, problem, problem->cover, err);
    double *x = status == AGL_OK ? AGL_NEW(double, m.milp.columns) : NULL;
    double *dual = status == AGL_OK ? AGL_NEW(double, m.milp.rows) : NULL;
    agl__milp_result r = {.x = x, .dual = dual};
    agl__milp_options how = {0};
    if (options) how = (agl__milp_options){.gap = options->gap, .seconds = options->seconds};
    if (status == AGL_OK)
        status = x && dual ? agl__milp_solve(&r, &m.milp, &how, ctx, err) : agl_fail_memory(err);
    if (status == AGL_OK) {
        out->objective = r.objective, out->bound = r.bound, out->gap = r.gap, out->relaxation = r.relaxation;
        out->budget_price = dual[BUDGET], out->sites_price = dual[NUMBER];
        out->coverage_price = dual[COVERAGE] * m.weight / 100;
        if (out->open) memcpy(out->open, x, (size_t)problem->n_sites * sizeof *x);
        if (problem->capacity)
            assigned(out, problem, x);
        else
            nearest(out, problem, x);
    }
    free(x);
    free(dual);
    model_free(&m);
    return status;
}

agl_status agl_siting_conflict(uint8_t conflict[4], const agl_siting *problem, const agl_ctx *ctx,
                               agl_error *err) {
    model m;
    size_t asked = GROUPS + (size_t)problem->n_groups;
    agl_status status =
        model_new(&m, problem, true, err); /* whole sites decide, the form with fewer rows will do */
    uint8_t *rows = AGL_NEW(uint8_t, asked);
    if (status == AGL_OK)
        status = rows ? agl__milp_conflict(rows, &m.milp, asked, ctx, err) : agl_fail_memory(err);
    memset(conflict, 0, 4);
    for (size_t k = 0; status == AGL_OK && k < asked; k++)
        conflict[k < GROUPS ? k : GROUPS] |= rows[k];
    free(rows);
    model_free(&m);
    return status;
}

#include "agglo/concentration.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"
#include "kernel/measure/cells.h"

#include <string.h>

#define LINES_PER_TASK 32

/** One unit of a line: its share in the line, its share in the whole (NaN = not known), and the ratio of
 * both. */
typedef struct share {
    double s, x, ratio;
    int32_t unit;
} share;

/** The table seen from the lines that are described. */
typedef struct view {
    const agl_cells *cells;
    const int32_t *line, *unit;
    size_t n_lines, n_units;
    const double *unit_total; /* n_slices x n_units */
    const double *total;      /* n_slices */
} view;

static view view_of(const agl_cells *c, agl_lines lines, const agl_totals *t, const agl_economy *economy) {
    if (lines == AGL_LINES_INDUSTRIES)
        return (view){c, c->industry, c->region, c->n_industries, c->n_regions, t->region, t->all};
    return (view){c,
                  c->region,
                  c->industry,
                  c->n_regions,
                  c->n_industries,
                  economy ? economy->industry : t->industry,
                  economy ? economy->total : t->all};
}

static int by_ratio(const void *a, const void *b) {
    const share *p = a, *q = b;
    if (p->ratio != q->ratio) return p->ratio < q->ratio ? -1 : 1;
    return (p->s > q->s) -
           (p->s < q->s); /* equal terms may trade places, others may not: sums stay the same */
}

static int by_share(const void *a, const void *b) {
    const share *p = a, *q = b;
    return (p->s > q->s) - (p->s < q->s);
}

/** Shares of the cells `member[0..m-1]` (one line of one slice) that are above zero; returns their number and
 * the total. */
static size_t shares_of(share *shares, double *total, const view *v, size_t slice, const uint32_t *member,
                        size_t m) {
    agl_sum sum = {0, 0};
    size_t n = 0;
    for (size_t k = 0; k < m; k++) {
        double value = v->cells->value[member[k]];
        if (!(value > 0)) continue;
        int32_t unit = v->unit[member[k]];
        double x = v->unit_total[slice * v->n_units + (size_t)unit] / v->total[slice];
        shares[n++] = (share){.s = value, .x = x > 0 ? x : NAN, .unit = unit};
        agl__sum_add(&sum, value);
    }
    *total = agl__sum_value(&sum);
    for (size_t k = 0; k < n; k++) {
        shares[k].s /= *total;
        shares[k].ratio = shares[k].s / shares[k].x;
    }
    return n;
}

/** Indices of the shares alone: hhi, entropy, gini. Sorts the shares by size. */
static void absolute_indices(agl_indices *out, share *shares, size_t m, size_t n) {
    agl_sum hhi = {0, 0}, entropy = {0, 0}, gini = {0, 0};
    qsort(shares, m, sizeof *shares, by_share);
    for (size_t k = 0; k < m; k++) {
        double s = shares[k].s, rank = (double)(n - m + k + 1); /* the n - m absent units come first */
        agl__sum_add(&hhi, s * s);
        agl__sum_add(&entropy, -s * log2(s));
        agl__sum_add(&gini, (2 * rank - (double)n - 1) * s);
    }
    out->hhi = agl__sum_value(&hhi);
    out->hhi_norm = n > 1 ? (out->hhi - 1.0 / (double)n) / (1 - 1.0 / (double)n) : NAN;
    out->entropy = agl__sum_value(&entropy);
    out->gini = agl__sum_value(&gini) / (double)n;
}

/** Gini coefficient relative to x, of shares sorted by ratio. The absent units come first with ratio 0. */
static double relative_gini(const share *shares, size_t m, size_t n, agl_gini_form form) {
    agl_sum under = {0, 0}, ranked = {0, 0}, ratios = {0, 0};
    double y = 0;
    for (size_t k = 0; k < m; k++) {
        agl__sum_add(&under, shares[k].x * (2 * y + shares[k].s)); /* x_k (S_{k-1} + S_k) */
        y += shares[k].s;
        agl__sum_add(&ranked, (double)(n - m + k + 1) * shares[k].ratio);
        agl__sum_add(&ratios, shares[k].ratio);
    }
    double count = (double)n, sum = agl__sum_value(&ratios), lorenz = 1 - agl__sum_value(&under);
    if (form == AGL_GINI_LORENZ) return lorenz;
    if (form == AGL_GINI_HALF) return lorenz / 2;
    /* 2/(n^2 R) sum k (r_k - R) with R = sum/n and sum k = n (n+1)/2 */
    return (2 * agl__sum_value(&ranked) / sum - (count + 1)) / count;
}

/** Indices that compare the shares with those of the whole. Sorts the shares by ratio. */
static void relative_indices(agl_indices *out, share *shares, size_t m, size_t n,
                             const agl_concentration_options *o) {
    agl_sum apart = {0, 0}, covered = {0, 0}, t = {0, 0}, l = {0, 0}, mean_lq = {0, 0};
    qsort(shares, m, sizeof *shares, by_ratio);
    for (size_t k = 0; k < m; k++) {
        double s = shares[k].s, x = shares[k].x, even = o->theil_absolute ? 1.0 / (double)n : x;
        agl__sum_add(&apart, fabs(s - x));
        agl__sum_add(&covered, x);
        agl__sum_add(&t, s * log(s / even));
        agl__sum_add(&l, even * log(even / s));
        agl__sum_add(&mean_lq, s * shares[k].ratio);
    }
    out->krugman = agl__sum_value(&apart) + fmax(0, 1 - agl__sum_value(&covered)); /* absent units: |0 - x| */
    out->hoover = out->krugman / 2;
    out->theil_t = agl__sum_value(&t);
    out->theil_l = m == n ? agl__sum_value(&l) : NAN;
    out->hachman = 1 / agl__sum_value(&mean_lq);
    out->gini_loc = relative_gini(shares, m, n, o->gini);
}

/** Related and unrelated variety. With P the share of the unit's own group
 *      unrelated = -sum_i s_i log2 P,   related = -sum_i s_i log2(s_i / P).
 * `share_of_group` is all zero on entry and on return. */
static void variety(agl_indices *out, const share *shares, size_t m, const int32_t *group,
                    double *share_of_group) {
    agl_sum between = {0, 0}, within = {0, 0};
    for (size_t k = 0; k < m; k++)
        share_of_group[group[shares[k].unit]] += shares[k].s;
    for (size_t k = 0; k < m; k++) {
        double s = shares[k].s, p = share_of_group[group[shares[k].unit]];
        agl__sum_add(&between, -s * log2(p));
        agl__sum_add(&within, -s * log2(s / p));
    }
    for (size_t k = 0; k < m; k++)
        share_of_group[group[shares[k].unit]] = 0;
    out->unrelated = agl__sum_value(&between);
    out->related = agl__sum_value(&within);
}

typedef struct job {
    view view;
    const agl_concentration_options *options;
    size_t *start; /* members of line l of slice s: group s * n_lines + l */
    uint32_t *member;
    size_t *n_units; /* of each slice: units with a total above zero */
    size_t largest;  /* largest group */
    agl_indices *out;
} job;

static void one_line(const job *j, size_t g, share *shares, double *share_of_group) {
    size_t slice = g / j->view.n_lines, n = j->n_units[slice];
    agl_indices none = {.total = 0,
                        .present = 0,
                        .hhi = NAN,
                        .hhi_norm = NAN,
                        .gini = NAN,
                        .gini_loc = NAN,
                        .krugman = NAN,
                        .hoover = NAN,
                        .theil_t = NAN,
                        .theil_l = NAN,
                        .entropy = NAN,
                        .related = NAN,
                        .unrelated = NAN,
                        .hachman = NAN};
    agl_indices *out = &j->out[g];
    *out = none;
    size_t m = shares_of(shares, &out->total, &j->view, slice, j->member + j->start[g],
                         j->start[g + 1] - j->start[g]);
    out->present = (double)m;
    if (m == 0) return;
    bool known = true;
    for (size_t k = 0; k < m; k++)
        known = known && !isnan(shares[k].x);
    absolute_indices(out, shares, m, m > n ? m : n); /* m > n only with units that the economy lacks */
    if (known) relative_indices(out, shares, m, n, j->options);
    if (j->options->group) variety(out, shares, m, j->options->group, share_of_group);
}

static agl_status task(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    const job *j = arg;
    size_t groups = j->view.n_lines * j->view.cells->n_slices;
    size_t end = (t + 1) * LINES_PER_TASK < groups ? (t + 1) * LINES_PER_TASK : groups;
    share *shares = AGL_NEW(share, j->largest);
    double *share_of_group = AGL_NEW(double, j->options->n_groups);
    agl_status status = AGL_OK;
    if (!shares || !share_of_group)
        status = agl_fail_memory(err);
    else
        for (size_t g = t * LINES_PER_TASK; g < end; g++)
            one_line(j, g, shares, share_of_group);
    free(shares);
    free(share_of_group);
    return status;
}

static agl_status check_options(const agl_concentration_options *o, agl_lines lines,
                                const agl_economy *economy, size_t n_units, agl_error *err) {
    if (economy && lines != AGL_LINES_REGIONS)
        return agl_fail(err, AGL_EUSAGE, "totals of a larger economy serve the indices of regions only");
    for (size_t u = 0; o->group && u < n_units; u++)
        if (o->group[u] < 0 || (size_t)o->group[u] >= o->n_groups)
            return agl_fail(err, AGL_EDATA, "unit %zu: group code out of range", u);
    return AGL_OK;
}

/** Cells of every line of every slice, and the number of units of every slice. */
static agl_status make_job(job *j, int32_t **group, agl_error *err) {
    const view *v = &j->view;
    size_t slices = v->cells->n_slices, groups = v->n_lines * slices;
    if (groups > INT32_MAX)
        return agl_fail(err, AGL_EDATA, "more than 2^31 combinations of year and industry or region");
    j->n_units = AGL_NEW(size_t, slices);
    *group = AGL_NEW(int32_t, v->cells->n);
    if (!*group || !j->n_units) return agl_fail_memory(err);
    for (size_t i = 0; i < v->cells->n; i++)
        (*group)[i] = (int32_t)(agl__cell_slice(v->cells, i) * v->n_lines + (size_t)v->line[i]);
    for (size_t s = 0; s < slices; s++)
        for (size_t u = 0; u < v->n_units; u++)
            j->n_units[s] += v->unit_total[s * v->n_units + u] > 0;
    agl_status status = agl__groups(&j->start, &j->member, *group, groups, v->cells->n, err);
    for (size_t g = 0; status == AGL_OK && g < groups; g++)
        if (j->start[g + 1] - j->start[g] > j->largest) j->largest = j->start[g + 1] - j->start[g];
    return status;
}

agl_status agl_concentrate(agl_indices *out, const agl_cells *cells, agl_lines lines,
                           const agl_economy *economy, const agl_concentration_options *options,
                           const agl_ctx *ctx, agl_error *err) {
    agl_concentration_options o = AGL_CONCENTRATION_OPTIONS_INIT;
    if (options) o = *options;
    size_t n_units = lines == AGL_LINES_INDUSTRIES ? cells->n_regions : cells->n_industries;
    agl_status status = check_options(&o, lines, economy, n_units, err);
    if (status == AGL_OK) status = agl__cells_check(cells, err);
    if (status != AGL_OK) return status;
    agl_totals totals;
    status = agl__totals_make(&totals, cells, err);
    if (status != AGL_OK) return status;

    int32_t *group = NULL;
    job j = {.view = view_of(cells, lines, &totals, economy), .options = &o, .out = out};
    status = make_job(&j, &group, err);
    if (status != AGL_OK) goto out;
    size_t groups = j.view.n_lines * cells->n_slices;
    status =
        agl__parallel((groups + LINES_PER_TASK - 1) / LINES_PER_TASK, task, &j, "concentration", ctx, err);
out:
    free(group);
    free(j.n_units);
    free(j.start);
    free(j.member);
    agl__totals_free(&totals);
    return status;
}

/** Cells of one industry in one slice: their number, and their indices when `member` is given. */
static size_t cells_of(uint32_t *member, const agl_cells *cells, int32_t industry, size_t slice) {
    size_t m = 0;
    for (size_t i = 0; i < cells->n; i++) {
        if (cells->industry[i] != industry || agl__cell_slice(cells, i) != slice) continue;
        if (member) member[m] = (uint32_t)i;
        m++;
    }
    return m;
}

/** Cumulates shares sorted by ratio; returns the number of points, at most m + 2. */
static size_t lorenz_points(double *x, double *y, const share *shares, size_t m, double step) {
    double covered = 0, px = 0, py = 0;
    for (size_t k = 0; k < m; k++)
        covered += shares[k].x;
    size_t n = 1; /* (0, 0), then the regions without the industry */
    px = fmax(0, 1 - covered);
    if (px > 1e-12) x[n++] = px;
    for (size_t k = 0; k + 1 < m; k++) {
        px += shares[k].x, py += shares[k].s;
        if (px - x[n - 1] >= step || py - y[n - 1] >= step) x[n] = px, y[n++] = py;
    }
    x[n] = 1, y[n++] = 1;
    return n;
}

agl_status agl_lorenz(double **x, double **y, size_t *n, const agl_cells *cells, int32_t industry,
                      int32_t slice, double step, agl_error *err) {
    *x = NULL, *y = NULL, *n = 0;
    agl_totals totals;
    agl_status status = agl__cells_check(cells, err);
    if (status == AGL_OK) status = agl__totals_make(&totals, cells, err);
    if (status != AGL_OK) return status;
    view v = view_of(cells, AGL_LINES_INDUSTRIES, &totals, NULL);
    size_t m = cells_of(NULL, cells, industry, (size_t)slice);
    uint32_t *member = AGL_NEW(uint32_t, m);
    share *shares = AGL_NEW(share, m);
    double total, *px = AGL_NEW(double, m + 2), *py = AGL_NEW(double, m + 2);
    if (!member || !shares || !px || !py) {
        status = agl_fail_memory(err);
        goto out;
    }
    cells_of(member, cells, industry, (size_t)slice);
    m = shares_of(shares, &total, &v, (size_t)slice, member, m);
    if (m == 0) {
        status = agl_fail(err, AGL_EDATA, "industry %d has no value above zero", industry);
        goto out;
    }
    qsort(shares, m, sizeof *shares, by_ratio);
    *n = lorenz_points(px, py, shares, m, step);
    *x = px, *y = py;
    px = py = NULL;
out:
    free(member);
    free(shares);
    free(px);
    free(py);
    agl__totals_free(&totals);
    return status;
}

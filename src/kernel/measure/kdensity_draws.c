#include "kernel/measure/kdensity_draws.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/geo/pair_kernels.h"
#include "kernel/geo/points.h"
#include "kernel/measure/kdensity.h"
#include "kernel/measure/kdensity_grid.h"
#include "kernel/measure/kdensity_table.h"

#include <math.h>
#include <string.h>

enum route { NEST, PAIRS, GRID };

/* Costs in ns, measured once; fixed, so that the routes and with them the last bits do not depend on the machine. */
static const double PAIR_NS = 1.2, WEIGHED_PAIR_NS = 1.4, CELL_NS = 30, SPREAD_NS = 50;

/* Bins of the pairs' histogram per smallest bandwidth, counts that may be added before the 32-bit counters are emptied, and
 * how far, in bandwidths, the projection onto sheets may misplace a pair. */
static const double BINS_PER_H = 16, EMPTY_AFTER = 0x1p31, MISPLACED = 0.1;

/* Smaller industries never take the grid. */
enum { GRID_N = 500 };

typedef struct plan {
    enum route route;
    agl_kd_grid *grid;
    agl_kd_table table; /* unless every draw has its own bandwidth */
} plan;

typedef struct worker {
    int32_t *order;  /* of the sites */
    size_t shuffled; /* so many of them are final */
    agl_rng rng;
    float *x[2], *y[2], *z[2], *w[2]; /* gathered points: a and b; for NEST a alone, part by part */
    int32_t *site[2];
    double *weight[2];
    uint32_t *filled;  /* NEST: points in each part */
    uint32_t *touched; /* NEST: parts that the present step added to, and how many points they had before */
    uint32_t *before;
    uint32_t *step;    /* NEST: the last step, from 1, that added to each part */
    uint32_t *counts;  /* AGL_PAIR_WAYS * (bins + 1) */
    double *weighed;   /* the same */
    double *mass, *plain, *merged;
    double *scratch;
} worker;

typedef struct job {
    const agl_kd_setting *set;
    agl_kd_drawn *industry;
    size_t n, n_nested, n_sites, n_most; /* n_most: the largest set of points of one draw */
    plan *plan;
    agl_kd_sheet sheet;  /* GRID: parts out of reach of each other for industries of GRID_N and more */
    agl_kd_sheet apart;  /* NEST: parts out of reach of each other for all */
    size_t *part_start;  /* first slot of each part of `apart` */
    const agl_pair_kernels *kernels;
    size_t bins;
    float scale;
    double *edge, *centre; /* of the bins, km */
    size_t rule_bins;      /* bins that a bandwidth rule looks at */
    bool weighted, travels; /* sizes count; they travel with the industry */
    uint64_t seed;
    worker *worker;
} job;

/* ---- one random order of the sites --------------------------------------------------------------------------------- */

static void new_order(worker *w, const job *j, size_t simulation) {
    for (size_t i = 0; i < j->n_sites; i++)
        w->order[i] = (int32_t)i;
    w->shuffled = 0;
    w->rng = agl__rng(j->seed, (uint32_t)simulation, 0);
}

/* Site number k of the order; k must not run ahead of what was asked before by more than one. */
static int32_t site_at(worker *w, const job *j, size_t k) {
    while (w->shuffled <= k) {
        size_t i = w->shuffled++, other = i + agl__rng_below(&w->rng, (uint32_t)(j->n_sites - i));
        int32_t t = w->order[i];
        w->order[i] = w->order[other];
        w->order[other] = t;
    }
    return w->order[k];
}

/* ---- histograms ---------------------------------------------------------------------------------------------------- */

/* Adds the counters, or the weighed ones, to mass and clears them. */
static void empty(double *mass, worker *w, const job *j, bool weighed) {
    for (size_t way = 0; way < AGL_PAIR_WAYS; way++) {
        size_t start = way * (j->bins + 1);
        for (size_t b = 0; b < j->bins; b++)
            mass[b] += weighed ? w->weighed[start + b] : (double)w->counts[start + b];
        if (weighed)
            memset(w->weighed + start, 0, (j->bins + 1) * sizeof *w->weighed);
        else
            memset(w->counts + start, 0, (j->bins + 1) * sizeof *w->counts);
    }
}

/* Pairs of a[i0..i1-1] with b[0..nb-1] (triangle: with those before i), in steps that cannot overflow a counter. */
static void count_pairs(double *mass, worker *w, const job *j, bool weighed, size_t a, size_t at_a, size_t i0, size_t i1,
                        size_t b, size_t at_b, size_t nb, bool triangle) {
    agl_xyzf p = {w->x[a] + at_a, w->y[a] + at_a, w->z[a] + at_a}, q = {w->x[b] + at_b, w->y[b] + at_b, w->z[b] + at_b};
    const float offset = 1 - 0x1p-10f; /* bin 0 for what is at distance 0, or nearly */
    size_t step = (size_t)(EMPTY_AFTER / (double)(nb + i1 + 1)) + 1;
    for (size_t i = i0, stop; i < i1; i = stop) {
        stop = i1 - i < step ? i1 : i + step;
        if (weighed)
            j->kernels->weigh(w->weighed, j->bins, j->scale, offset, p, w->w[a] + at_a, i, stop, q, w->w[b] + at_b, 0, nb,
                              triangle);
        else
            j->kernels->count(w->counts, j->bins, j->scale, offset, p, i, stop, q, 0, nb, triangle);
        if (i1 - i0 > step) empty(mass, w, j, weighed);
    }
}

/* ---- a draw's curve ------------------------------------------------------------------------------------------------ */

/* Pairs of the industry: total weight of its pairs in the present draw. */
static double pair_weight(const double *w, size_t n) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += w[i];
        squares += w[i] * w[i];
    }
    return (sum * sum - squares) / 2;
}

static double sum_of(const double *w, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += w[i];
    return sum;
}

/* Histogram to curve. `plain` holds the unweighted counts that a bandwidth rule looks at. */
static agl_status finish_curve(float *kd, worker *w, const job *j, const plan *p, const double *mass, const double *plain,
                               size_t bins, double total, agl_error *err) {
    const agl_kd_options *opt = j->set->options;
    size_t n_r = j->set->n_r;
    if (!opt->bandwidth_per_draw) {
        agl__kd_table_apply(kd, &p->table, mass, bins, total, w->merged);
        return AGL_OK;
    }
    double h = opt->bandwidth_km;
    agl_status status = AGL_OK;
    if (opt->rule != AGL_KD_GIVEN)
        status = agl__kd_bandwidth_binned(&h, plain, j->centre, j->rule_bins, opt->rule, err);
    if (status != AGL_OK) return status;
    h *= opt->adjust;
    double *curve = w->merged; /* has room: see allocation */
    memset(curve, 0, n_r * sizeof *curve);
    for (size_t b = 0; b < bins && h > 0; b++)
        if (mass[b] > 0) agl__kd_add(curve, j->set->r, n_r, j->centre[b], mass[b], h);
    for (size_t i = 0; i < n_r; i++)
        kd[i] = h > 0 ? (float)(curve[i] / total) : NAN;
    return AGL_OK;
}

/* ---- NEST ---------------------------------------------------------------------------------------------------------- */

/* Puts the sites from..to-1 of the order into the arrays of their parts. */
static size_t add_sites(worker *w, const job *j, uint32_t step, size_t from, size_t to) {
    const agl_points *p = j->set->points;
    size_t n_touched = 0;
    for (size_t k = from; k < to; k++) {
        int32_t s = site_at(w, j, k), part = j->apart.part_of[s];
        if (w->step[part] != step) {
            w->step[part] = step;
            w->touched[n_touched] = (uint32_t)part;
            w->before[n_touched++] = w->filled[part];
        }
        size_t at = j->part_start[part] + w->filled[part]++;
        w->x[0][at] = (float)p->x[s];
        w->y[0][at] = (float)p->y[s];
        w->z[0][at] = (float)p->z[s];
        if (j->weighted) {
            w->w[0][at] = (float)j->set->size[s];
            w->weight[0][k] = j->set->size[s];
        }
    }
    return n_touched;
}

static agl_status nest(worker *w, const job *j, size_t simulation, agl_error *err) {
    bool per_draw = j->set->options->bandwidth_per_draw;
    memset(w->filled, 0, j->apart.n_parts * sizeof *w->filled);
    memset(w->step, 0, j->apart.n_parts * sizeof *w->step);
    memset(w->mass, 0, j->bins * sizeof *w->mass);
    memset(w->plain, 0, j->bins * sizeof *w->plain);
    size_t done = 0;
    for (size_t k = 0; k < j->n_nested; k++) {
        size_t n = j->industry[k].n;
        float *kd = j->industry[k].curves + simulation * j->set->n_r;
        size_t touched = add_sites(w, j, (uint32_t)k + 1, done, n);
        for (size_t t = 0; t < touched; t++) {
            size_t part = w->touched[t], at = j->part_start[part];
            count_pairs(w->mass, w, j, j->weighted, 0, at, w->before[t], w->filled[part], 0, at, 0, true);
            if (j->weighted && per_draw)
                count_pairs(w->plain, w, j, false, 0, at, w->before[t], w->filled[part], 0, at, 0, true);
        }
        done = n;
        empty(w->mass, w, j, j->weighted);
        if (j->weighted && per_draw) empty(w->plain, w, j, false);
        double total = j->weighted ? pair_weight(w->weight[0], n) : (double)n * ((double)n - 1) / 2;
        agl_status status = finish_curve(kd, w, j, &j->plan[k], w->mass, j->weighted ? w->plain : w->mass, j->bins, total, err);
        if (status != AGL_OK) return status;
    }
    return AGL_OK;
}

/* ---- PAIRS and GRID ------------------------------------------------------------------------------------------------ */

static double size_at(const job *j, const int32_t *site, size_t i) { return j->set->size ? j->set->size[site[i]] : 1; }

/* Fills w->site and w->weight: the industry as set 0, the second industry as set 1. */
static void deal(worker *w, const job *j, const agl_kd_drawn *a) {
    const agl_kd_setting *s = j->set;
    bool stays = s->options->null == AGL_KD_INDEPENDENCE;
    size_t next = 0;
    for (size_t i = 0; i < a->n; i++) {
        w->site[0][i] = stays ? a->site[i] : site_at(w, j, next++);
        w->weight[0][i] = j->travels || stays ? size_at(j, a->site, i) : size_at(j, w->site[0], i);
    }
    for (size_t i = 0; i < s->n_against; i++) {
        int32_t site = site_at(w, j, next++);
        while (stays && s->industry[site] == a->code)
            site = site_at(w, j, next++);
        w->site[1][i] = site;
        w->weight[1][i] = j->travels ? size_at(j, s->against, i) : size_at(j, w->site[1], i);
    }
}

static void gather(worker *w, const job *j, size_t set, size_t n) {
    const agl_points *p = j->set->points;
    for (size_t i = 0; i < n; i++) {
        int32_t s = w->site[set][i];
        w->x[set][i] = (float)p->x[s];
        w->y[set][i] = (float)p->y[s];
        w->z[set][i] = (float)p->z[s];
        w->w[set][i] = (float)w->weight[set][i];
    }
}

static void histogram(double *mass, worker *w, const job *j, bool weighed, size_t na, size_t nb) {
    memset(mass, 0, j->bins * sizeof *mass);
    if (nb > 0)
        count_pairs(mass, w, j, weighed, 0, 0, 0, na, 1, 0, nb, false);
    else
        count_pairs(mass, w, j, weighed, 0, 0, 0, na, 0, 0, 0, true);
    empty(mass, w, j, weighed);
}

static agl_status single(worker *w, const job *j, size_t k, size_t simulation, agl_error *err) {
    const agl_kd_drawn *a = &j->industry[k];
    const plan *p = &j->plan[k];
    size_t nb = j->set->n_against;
    deal(w, j, a);
    double total = nb ? sum_of(w->weight[0], a->n) * sum_of(w->weight[1], nb) : pair_weight(w->weight[0], a->n);
    float *kd = a->curves + simulation * j->set->n_r;
    if (p->route == GRID) {
        agl_kd_set first = {w->site[0], j->weighted ? w->weight[0] : NULL, a->n};
        agl_kd_set second = {w->site[1], j->weighted ? w->weight[1] : NULL, nb};
        agl__kd_grid_bin(w->mass, p->grid, w->scratch, first, nb ? &second : NULL);
        return finish_curve(kd, w, j, p, w->mass, NULL, agl__kd_grid_bins(p->grid), total, err);
    }
    gather(w, j, 0, a->n);
    gather(w, j, 1, nb);
    histogram(w->mass, w, j, j->weighted, a->n, nb);
    bool needs_plain = j->weighted && j->set->options->bandwidth_per_draw;
    if (needs_plain) histogram(w->plain, w, j, false, a->n, nb);
    return finish_curve(kd, w, j, p, w->mass, needs_plain ? w->plain : w->mass, j->bins, total, err);
}

static agl_status draw_task(void *arg, size_t simulation, int index, agl_error *err) {
    job *j = arg;
    worker *w = &j->worker[index];
    new_order(w, j, simulation);
    agl_status status = nest(w, j, simulation, err);
    for (size_t k = j->n_nested; k < j->n && status == AGL_OK; k++)
        status = single(w, j, k, simulation, err);
    return status;
}

/* ---- setting up ---------------------------------------------------------------------------------------------------- */

/* How far the curves of industries of n >= least reach. */
static double reach_of(const job *j, size_t least) {
    double h = 0;
    for (size_t k = 0; k < j->n; k++)
        if (j->industry[k].n >= least) h = fmax(h, j->industry[k].h);
    return j->set->r[j->set->n_r - 1] + AGL_KD_WINDOW * h;
}

static double grid_cost(const job *j, size_t k) {
    const agl_kd_drawn *a = &j->industry[k];
    double reach = j->set->r[j->set->n_r - 1] + AGL_KD_WINDOW * a->h, n = (double)(a->n + j->set->n_against);
    double cells = agl__kd_grid_cells_needed(&j->sheet, a->h, reach);
    bool usable = a->n >= GRID_N && cells < 0x1p26 && j->sheet.stretch * reach < MISPLACED * a->h;
    if (j->set->options->bandwidth_per_draw || !usable) return INFINITY;
    return (j->set->n_against ? 1.5 : 1) * cells * CELL_NS + n * SPREAD_NS;
}

/* Share of all pairs of sites that lie on the same part of the sheet: the others are never looked at in a nest. */
static double shared_part(const job *j) {
    double share = 0, n = (double)j->n_sites;
    for (size_t p = 0; p < j->apart.n_parts; p++) {
        double m = (double)(j->part_start[p + 1] - j->part_start[p]) / n;
        share += m * m;
    }
    return share;
}

/* One after the other by cost; in a nest, the cheapest cut between the pairs of the smaller and grids for the larger. */
static void choose_routes(job *j) {
    size_t nb = j->set->n_against;
    if (j->travels || nb > 0) {
        j->n_nested = 0;
        for (size_t k = 0; k < j->n; k++) {
            double n = (double)j->industry[k].n, pairs = nb ? n * (double)nb : n * n / 2;
            j->plan[k].route = grid_cost(j, k) < pairs * (j->weighted ? WEIGHED_PAIR_NS : PAIR_NS) ? GRID : PAIRS;
        }
        return;
    }
    double pair_ns = (j->weighted ? WEIGHED_PAIR_NS : PAIR_NS) * shared_part(j), grids = 0, best = INFINITY;
    for (size_t k = j->n + 1; k-- > 0;) { /* the first k in the nest */
        double n = k > 0 ? (double)j->industry[k - 1].n : 0, cost = n * n / 2 * pair_ns + grids;
        if (cost < best) {
            best = cost;
            j->n_nested = k;
        }
        if (k > 0) grids += grid_cost(j, k - 1);
    }
    for (size_t k = 0; k < j->n; k++)
        j->plan[k].route = k < j->n_nested ? NEST : GRID;
}

/* The bins of the pairs' histogram: fine enough for the smallest bandwidth on that road, wide enough for all. */
static agl_status set_bins(job *j, agl_error *err) {
    const agl_kd_options *opt = j->set->options;
    agl_space space = j->set->points->space;
    double h = INFINITY, far = 0, last = j->set->r[j->set->n_r - 1];
    for (size_t k = 0; k < j->n; k++) {
        if (j->plan[k].route == GRID) continue;
        h = fmin(h, j->industry[k].h);
        far = fmax(far, last + AGL_KD_WINDOW * j->industry[k].h);
    }
    if (!(h < INFINITY)) h = far = 1; /* nothing on that road */
    double limit = isnan(opt->limit_km) ? 2 * last : opt->limit_km;
    double low[3], high[3], widest2 = 0;
    agl__points_box(low, high, j->set->points);
    for (int a = 0; a < 3; a++)
        widest2 += (high[a] - low[a]) * (high[a] - low[a]);
    double widest = agl__distance_of_chord(space, sqrt(widest2));
    if (opt->bandwidth_per_draw) far = fmax(1.5 * far, limit); /* a draw's own bandwidth may be wider */
    far = fmin(far, widest * (1 + 1e-6) + h / BINS_PER_H);
    double reach = agl__chord_of_distance(space, far);
    size_t bins = (size_t)fmin(ceil(reach * BINS_PER_H / h) + 2, AGL_MAX_BINS);
    j->bins = bins < 3 ? 3 : bins > AGL_MAX_BINS ? AGL_MAX_BINS : bins;
    j->scale = (float)((double)(j->bins - 2) / reach);
    j->edge = AGL_NEW(double, j->bins + 1);
    j->centre = AGL_NEW(double, j->bins);
    if (!j->edge || !j->centre) return agl_fail_memory(err);
    for (size_t b = 1; b <= j->bins; b++)
        j->edge[b] = agl__distance_of_chord(space, ((double)b - 1 + 0x1p-10) / (double)j->scale);
    for (size_t b = 0; b < j->bins; b++) {
        j->centre[b] = b > 0 ? (j->edge[b] + j->edge[b + 1]) / 2 : 0;
        if (j->edge[b] < limit) j->rule_bins = b + 1;
    }
    return AGL_OK;
}

static agl_status set_plan(job *j, size_t k, agl_error *err) {
    plan *p = &j->plan[k];
    const agl_kd_drawn *a = &j->industry[k];
    double reach = j->set->r[j->set->n_r - 1] + AGL_KD_WINDOW * a->h;
    if (p->route != GRID) {
        if (j->set->options->bandwidth_per_draw) return AGL_OK;
        return agl__kd_table_new(&p->table, j->edge, j->bins, j->set->r, j->set->n_r, a->h, err);
    }
    agl_status status = agl__kd_grid_new(&p->grid, &j->sheet, a->h, reach, false, 0x1p28, err);
    if (status != AGL_OK) return status;
    if (!p->grid) return agl_fail(err, AGL_EINTERNAL, "the grid of an industry is larger than estimated");
    return agl__kd_table_at(&p->table, agl__kd_grid_distances(p->grid), agl__kd_grid_bins(p->grid), j->set->r, j->set->n_r,
                            a->h, err);
}

static agl_status set_parts(job *j, agl_error *err) {
    agl_status status = agl__kd_sheet_new(&j->sheet, j->set->points, reach_of(j, GRID_N), err);
    if (status == AGL_OK) status = agl__kd_sheet_new(&j->apart, j->set->points, reach_of(j, 0), err);
    if (status != AGL_OK) return status;
    j->part_start = AGL_NEW(size_t, j->apart.n_parts + 1);
    if (!j->part_start) return agl_fail_memory(err);
    for (size_t i = 0; i < j->n_sites; i++)
        j->part_start[j->apart.part_of[i] + 1]++;
    for (size_t p = 0; p < j->apart.n_parts; p++)
        j->part_start[p + 1] += j->part_start[p];
    return AGL_OK;
}

/* Memory of one worker. */
static agl_status set_worker(worker *w, const job *j, agl_error *err) {
    size_t bins = j->bins, points = j->n_nested ? j->n_sites : j->n_most;
    agl_kd_grid *largest = NULL;
    for (size_t k = 0; k < j->n; k++) {
        if (!j->plan[k].grid) continue;
        size_t b = agl__kd_grid_bins(j->plan[k].grid);
        bins = b > bins ? b : bins;
        if (!largest || agl__kd_scratch_size(j->plan[k].grid) > agl__kd_scratch_size(largest)) largest = j->plan[k].grid;
    }
    bool ok = (w->order = AGL_NEW(int32_t, j->n_sites)) != NULL;
    for (size_t s = 0; s < 2; s++) {
        size_t n = s == 0 ? points : j->set->n_against;
        w->x[s] = AGL_NEW(float, n);
        w->y[s] = AGL_NEW(float, n);
        w->z[s] = AGL_NEW(float, n);
        w->w[s] = AGL_NEW(float, n);
        w->site[s] = AGL_NEW(int32_t, n);
        w->weight[s] = AGL_NEW(double, n);
        ok = ok && w->x[s] && w->y[s] && w->z[s] && w->w[s] && w->site[s] && w->weight[s];
    }
    size_t parts = j->apart.n_parts, ways = AGL_PAIR_WAYS * (j->bins + 1);
    w->filled = AGL_NEW(uint32_t, parts);
    w->touched = AGL_NEW(uint32_t, parts);
    w->before = AGL_NEW(uint32_t, parts);
    w->step = AGL_NEW(uint32_t, parts);
    w->counts = AGL_NEW(uint32_t, ways);
    w->weighed = AGL_NEW(double, ways);
    w->mass = AGL_NEW(double, bins);
    w->plain = AGL_NEW(double, bins);
    w->merged = AGL_NEW(double, bins + j->set->n_r);
    ok = ok && w->filled && w->touched && w->before && w->step && w->counts && w->weighed && w->mass && w->plain && w->merged;
    if (!ok) return agl_fail_memory(err);
    return largest ? agl__kd_scratch_new(&w->scratch, largest, err) : AGL_OK;
}

static void free_worker(worker *w) {
    free(w->order);
    for (size_t s = 0; s < 2; s++) {
        free(w->x[s]);
        free(w->y[s]);
        free(w->z[s]);
        free(w->w[s]);
        free(w->site[s]);
        free(w->weight[s]);
    }
    free(w->filled);
    free(w->touched);
    free(w->before);
    free(w->step);
    free(w->counts);
    free(w->weighed);
    free(w->mass);
    free(w->plain);
    free(w->merged);
    agl__kd_scratch_free(w->scratch);
}

static agl_status prepare(job *j, size_t workers, agl_error *err) {
    agl_status status = set_parts(j, err);
    if (status != AGL_OK) return status;
    choose_routes(j);
    status = set_bins(j, err);
    for (size_t k = 0; k < j->n && status == AGL_OK; k++)
        status = set_plan(j, k, err);
    for (size_t i = 0; i < workers && status == AGL_OK; i++)
        status = set_worker(&j->worker[i], j, err);
    return status;
}

agl_status agl__kd_draw(agl_kd_drawn *industry, size_t n, const agl_kd_setting *setting, const agl_ctx *ctx,
                        agl_error *err) {
    if (n == 0) return AGL_OK;
    const agl_kd_options *opt = setting->options;
    size_t workers = (size_t)agl_threads(ctx);
    if (workers > opt->simulations) workers = opt->simulations;
    job j = {.set = setting,
             .industry = industry,
             .n = n,
             .n_sites = setting->points->n,
             .n_most = industry[n - 1].n,
             .kernels = agl__pair_kernels(),
             .weighted = setting->size != NULL,
             .travels = setting->size != NULL && opt->null != AGL_KD_LABELLING,
             .seed = agl_seed(ctx)};
    j.plan = AGL_NEW(plan, n);
    j.worker = AGL_NEW(worker, workers);
    agl_status status = j.plan && j.worker ? prepare(&j, workers, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__parallel(opt->simulations, draw_task, &j, "random draws", ctx, err);
    for (size_t i = 0; j.worker && i < workers; i++)
        free_worker(&j.worker[i]);
    for (size_t k = 0; j.plan && k < n; k++) {
        agl__kd_grid_free(j.plan[k].grid);
        agl__kd_table_free(&j.plan[k].table);
    }
    free(j.worker);
    free(j.plan);
    free(j.part_start);
    free(j.edge);
    free(j.centre);
    agl__kd_sheet_free(&j.sheet);
    agl__kd_sheet_free(&j.apart);
    return status;
}

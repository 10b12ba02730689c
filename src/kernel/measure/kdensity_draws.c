/* Which industry takes which road to its draws, and the memory for it. */
#include "kernel/measure/kdensity_draws.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/geo/points.h"
#include "kernel/measure/kdensity.h"
#include "kernel/measure/kdensity_draw.h"

#include <math.h>

/* Costs in ns, measured once; fixed, so that the roads and with them the last bits do not depend on the
 * machine. */
static const double PAIR_NS = 1.1, WEIGHED_PAIR_NS = 1.4, CELL_NS = 13, SPREAD_NS = 40;

/* Bins of a histogram of pairs per bandwidth: the error of a pair is then 1/32/sqrt(12) of h, and that of a
 * draw's curve below 0.01 of its standard deviation. MISPLACED: how far, in bandwidths, the projection onto
 * sheets may misplace a pair. */
static const double BINS_PER_H = 32, MISPLACED = 0.1;

/* Smaller industries than GRID_N never take the grid. A nest pays for industries from NEST_N on; it has bins
 * for the smallest bandwidth and the widest, so that industries with a bandwidth that would ask for more than
 * NEST_BINS (they no longer fit the fastest memory) stay out. */
enum { GRID_N = 500, NEST_N = 300, NEST_BINS = 8192 };

static double last_r(const agl_kd_job *j) { return j->set->r[j->set->n_r - 1]; }

static double pair_ns(const agl_kd_job *j) { return j->weighted ? WEIGHED_PAIR_NS : PAIR_NS; }

/* How far the curves of industries of n >= least reach. */
static double reach_of(const agl_kd_job *j, size_t least) {
    double h = 0;
    for (size_t k = 0; k < j->n; k++)
        if (j->industry[k].n >= least) h = fmax(h, j->industry[k].h);
    return last_r(j) + AGL_KD_WINDOW * h;
}

/* ---- roads ---- */

static double grid_cost(const agl_kd_job *j, size_t k) {
    const agl_kd_drawn *a = &j->industry[k];
    double reach = last_r(j) + AGL_KD_WINDOW * a->h, n = (double)(a->n + j->set->n_against);
    double cells = agl__kd_grid_cells_needed(&j->sheet, a->h, reach);
    bool usable = a->n >= GRID_N && cells < 0x1p26 && j->sheet.stretch * reach < MISPLACED * a->h;
    if (j->set->options->bandwidth_per_draw || !usable) return INFINITY;
    return (j->set->n_against ? 1.5 : 1) * cells * CELL_NS + n * SPREAD_NS;
}

/* Share of all pairs of sites that lie on the same part: the others are never looked at in a nest. */
static double shared_part(const agl_kd_job *j) {
    double share = 0;
    for (size_t p = 0; p < j->apart.n_parts; p++) {
        double m = (double)(j->part_start[p + 1] - j->part_start[p]) / (double)j->n_sites;
        share += m * m;
    }
    return share;
}

static void route_alone(agl_kd_job *j, size_t k) {
    double n = (double)j->industry[k].n, nb = (double)j->set->n_against, pairs = nb > 0 ? n * nb : n * n / 2;
    j->plan[k].route = grid_cost(j, k) < pairs * pair_ns(j) ? AGL_KD_GRID : AGL_KD_PAIRS;
}

/* The nest: of its candidates, the cheapest cut between pairs for the smaller and grids for the larger. */
static void route_nest(agl_kd_job *j) {
    double grids = 0, best = INFINITY, least_h = reach_of(j, NEST_N) * BINS_PER_H / NEST_BINS;
    size_t cut = 0; /* candidates of up to so many establishments are in the nest */
    for (size_t k = j->n; k-- > 0;) {
        bool candidate = j->industry[k].n >= NEST_N && j->industry[k].h >= least_h;
        j->plan[k].route = candidate ? AGL_KD_NEST : AGL_KD_PAIRS;
        if (!candidate) continue;
        double n = (double)j->industry[k].n, cost = n * n / 2 * pair_ns(j) * shared_part(j) + grids;
        if (cost < best) {
            best = cost;
            cut = j->industry[k].n;
        }
        grids += grid_cost(j, k);
    }
    if (grids < best) cut = 0;
    for (size_t k = 0; k < j->n; k++) {
        if (j->plan[k].route == AGL_KD_PAIRS)
            route_alone(j, k);
        else if (j->industry[k].n > cut)
            j->plan[k].route = AGL_KD_GRID;
    }
}

/* ---- bins ---- */

/* Largest distance that there can be between two sites. */
static double widest(const agl_points *points) {
    double low[3], high[3], sum = 0;
    agl__points_box(low, high, points);
    for (int a = 0; a < 3; a++)
        sum += (high[a] - low[a]) * (high[a] - low[a]);
    return agl__distance_of_chord(points->space, sqrt(sum));
}

/* Bins for bandwidths from h_low, and for distances up to the window of h_high. */
static agl_status set_binning(agl_kd_binning *out, const agl_kd_job *j, double h_low, double h_high,
                              agl_error *err) {
    const agl_kd_options *opt = j->set->options;
    agl_space space = j->set->points->space;
    double limit = isnan(opt->limit_km) ? 2 * last_r(j) : opt->limit_km,
           far = last_r(j) + AGL_KD_WINDOW * h_high;
    if (opt->bandwidth_per_draw) far = fmax(1.5 * far, limit); /* a draw's own bandwidth may be wider */
    far = fmin(far, widest(j->set->points) * (1 + 1e-6) + h_low / BINS_PER_H);
    double reach = agl__chord_of_distance(space, far);
    size_t bins = (size_t)fmin(ceil(reach * BINS_PER_H / h_low) + 2, AGL_MAX_BINS);
    bins = bins < 3 ? 3 : bins > AGL_MAX_BINS ? AGL_MAX_BINS : bins;
    *out = (agl_kd_binning){.bins = bins, .edge = AGL_NEW(double, bins + 1), .centre = AGL_NEW(double, bins)};
    if (!out->edge || !out->centre) return agl_fail_memory(err);
    out->scale = (float)((double)(bins - 2) / reach);
    for (size_t b = 1; b <= bins; b++)
        out->edge[b] = agl__distance_of_chord(space, ((double)b - 1 + 0x1p-10) / (double)out->scale);
    for (size_t b = 0; b < bins; b++) {
        out->centre[b] = b > 0 ? (out->edge[b] + out->edge[b + 1]) / 2 : 0;
        if (out->edge[b] < limit) out->rule_bins = b + 1;
    }
    return AGL_OK;
}

static agl_status set_nest(agl_kd_job *j, agl_error *err) {
    double low = INFINITY, high = 0;
    for (size_t k = 0; k < j->n; k++) {
        if (j->plan[k].route != AGL_KD_NEST) continue;
        low = fmin(low, j->industry[k].h);
        high = fmax(high, j->industry[k].h);
    }
    return high > 0 ? set_binning(&j->nest, j, low, high, err) : AGL_OK;
}

/* ---- setting up ---- */

static agl_status set_plan(agl_kd_job *j, size_t k, agl_error *err) {
    agl_kd_plan *p = &j->plan[k];
    const agl_kd_drawn *a = &j->industry[k];
    const double *r = j->set->r;
    size_t n_r = j->set->n_r;
    if (p->route == AGL_KD_GRID) {
        agl_status status =
            agl__kd_grid_new(&p->grid, &j->sheet, a->h, last_r(j) + AGL_KD_WINDOW * a->h, false, 0x1p28, err);
        if (status != AGL_OK) return status;
        if (!p->grid) return agl_fail(err, AGL_EINTERNAL, "the grid of an industry is larger than estimated");
        return agl__kd_table_at(&p->table, agl__kd_grid_distances(p->grid), agl__kd_grid_bins(p->grid), r,
                                n_r, a->h, err);
    }
    agl_status status = p->route == AGL_KD_PAIRS ? set_binning(&p->own, j, a->h, a->h, err) : AGL_OK;
    if (status != AGL_OK || j->set->options->bandwidth_per_draw) return status;
    const agl_kd_binning *bins = p->route == AGL_KD_PAIRS ? &p->own : &j->nest;
    return agl__kd_table_new(&p->table, bins->edge, bins->bins, r, n_r, a->h, err);
}

static agl_status set_parts(agl_kd_job *j, agl_error *err) {
    agl_status status = agl__kd_sheet_new(&j->sheet, j->set->points, reach_of(j, GRID_N), err);
    if (status == AGL_OK) status = agl__kd_sheet_new(&j->apart, j->set->points, reach_of(j, NEST_N), err);
    if (status != AGL_OK) return status;
    j->part_start = AGL_NEW(size_t, j->apart.n_parts + 1);
    if (!j->part_start) return agl_fail_memory(err);
    for (size_t i = 0; i < j->n_sites; i++)
        j->part_start[j->apart.part_of[i] + 1]++;
    for (size_t p = 0; p < j->apart.n_parts; p++)
        j->part_start[p + 1] += j->part_start[p];
    return AGL_OK;
}

/* The most bins of any histogram, and the grid with the largest scratch memory. */
static size_t most_bins(const agl_kd_grid **largest, const agl_kd_job *j) {
    size_t bins = j->nest.bins;
    *largest = NULL;
    for (size_t k = 0; k < j->n; k++) {
        const agl_kd_plan *p = &j->plan[k];
        size_t b = p->grid ? agl__kd_grid_bins(p->grid) : p->own.bins;
        bins = b > bins ? b : bins;
        if (p->grid && (!*largest || agl__kd_scratch_size(p->grid) > agl__kd_scratch_size(*largest)))
            *largest = p->grid;
    }
    return bins;
}

/* The points of set 0 or 1. */
static bool set_points(agl_kd_worker *w, size_t set, size_t n) {
    w->x[set] = AGL_NEW(float, n);
    w->y[set] = AGL_NEW(float, n);
    w->z[set] = AGL_NEW(float, n);
    w->w[set] = AGL_NEW(float, n);
    w->site[set] = AGL_NEW(int32_t, n);
    w->weight[set] = AGL_NEW(double, n);
    return w->x[set] && w->y[set] && w->z[set] && w->w[set] && w->site[set] && w->weight[set];
}

static bool set_counters(agl_kd_worker *w, size_t bins, size_t n_r) {
    w->counts = AGL_NEW(uint32_t, AGL_PAIR_WAYS * (bins + 1));
    w->weighed = AGL_NEW(double, AGL_PAIR_WAYS *(bins + 1));
    w->mass = AGL_NEW(double, bins);
    w->plain = AGL_NEW(double, bins);
    w->merged = AGL_NEW(double, bins + n_r);
    return w->counts && w->weighed && w->mass && w->plain && w->merged;
}

static agl_status set_worker(agl_kd_worker *w, const agl_kd_job *j, agl_error *err) {
    const agl_kd_grid *largest;
    size_t bins = most_bins(&largest, j), parts = j->apart.n_parts;
    w->order = AGL_NEW(int32_t, j->n_sites);
    w->filled = AGL_NEW(uint32_t, parts);
    w->touched = AGL_NEW(uint32_t, parts);
    w->before = AGL_NEW(uint32_t, parts);
    w->step = AGL_NEW(uint32_t, parts);
    bool ok = w->order && w->filled && w->touched && w->before && w->step;
    if (!ok || !set_points(w, 0, j->nest.bins ? j->n_sites : j->n_most) ||
        !set_points(w, 1, j->set->n_against) || !set_counters(w, bins, j->set->n_r))
        return agl_fail_memory(err);
    return largest ? agl__kd_scratch_new(&w->scratch, largest, err) : AGL_OK;
}

static void free_worker(agl_kd_worker *w) {
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

static void free_binning(agl_kd_binning *b) {
    free(b->edge);
    free(b->centre);
}

typedef struct crew {
    const agl_kd_job *job;
    agl_kd_worker *worker;
} crew;

static agl_status draw_task(void *arg, size_t simulation, int index, agl_error *err) {
    crew *c = arg;
    return agl__kd_draw_one(&c->worker[index], c->job, simulation, err);
}

static agl_status prepare(agl_kd_job *j, agl_kd_worker *worker, size_t workers, agl_error *err) {
    agl_status status = set_parts(j, err);
    if (status != AGL_OK) return status;
    if (j->travels || j->set->n_against > 0)
        for (size_t k = 0; k < j->n; k++)
            route_alone(j, k);
    else
        route_nest(j);
    status = set_nest(j, err);
    for (size_t k = 0; k < j->n && status == AGL_OK; k++)
        status = set_plan(j, k, err);
    for (size_t i = 0; i < workers && status == AGL_OK; i++)
        status = set_worker(&worker[i], j, err);
    return status;
}

agl_status agl__kd_draw(agl_kd_drawn *industry, size_t n, const agl_kd_setting *setting, const agl_ctx *ctx,
                        agl_error *err) {
    if (n == 0) return AGL_OK;
    const agl_kd_options *opt = setting->options;
    size_t workers = (size_t)agl_threads(ctx);
    if (workers > opt->simulations) workers = opt->simulations;
    agl_kd_job j = {.set = setting,
                    .industry = industry,
                    .n = n,
                    .n_sites = setting->points->n,
                    .n_most = industry[n - 1].n,
                    .kernels = agl__pair_kernels(),
                    .weighted = setting->size != NULL,
                    .travels = setting->size != NULL && opt->null != AGL_KD_LABELLING,
                    .seed = agl_seed(ctx)};
    j.plan = AGL_NEW(agl_kd_plan, n);
    crew c = {&j, AGL_NEW(agl_kd_worker, workers)};
    agl_status status = j.plan && c.worker ? prepare(&j, c.worker, workers, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__parallel(opt->simulations, draw_task, &c, "random draws", ctx, err);
    for (size_t i = 0; c.worker && i < workers; i++)
        free_worker(&c.worker[i]);
    for (size_t k = 0; j.plan && k < n; k++) {
        agl__kd_grid_free(j.plan[k].grid);
        agl__kd_table_free(&j.plan[k].table);
        free_binning(&j.plan[k].own);
    }
    free(c.worker);
    free(j.plan);
    free(j.part_start);
    free_binning(&j.nest);
    agl__kd_sheet_free(&j.sheet);
    agl__kd_sheet_free(&j.apart);
    return status;
}

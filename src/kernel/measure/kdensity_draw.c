/* One random draw for every industry. */
#include "kernel/measure/kdensity_draw.h"
#include "kernel/measure/kdensity.h"

#include <math.h>
#include <string.h>

/* Counts that may be added before the 32-bit counters are emptied. */
static const double EMPTY_AFTER = 0x1p31;

/* ---- one random order of the sites ---- */

static void new_order(agl_kd_worker *w, const agl_kd_job *j, size_t simulation) {
    for (size_t i = 0; i < j->n_sites; i++)
        w->order[i] = (int32_t)i;
    w->shuffled = 0;
    w->rng = agl__rng(j->seed, (uint32_t)simulation, 0);
}

/* Site number k of the order, shuffling as far as needed. */
static int32_t site_at(agl_kd_worker *w, const agl_kd_job *j, size_t k) {
    while (w->shuffled <= k) {
        size_t i = w->shuffled++, other = i + agl__rng_below(&w->rng, (uint32_t)(j->n_sites - i));
        int32_t t = w->order[i];
        w->order[i] = w->order[other];
        w->order[other] = t;
    }
    return w->order[k];
}

/* ---- histograms ---- */

/* Adds the counters, or the weighed ones, to mass and clears them. */
static void empty(double *mass, agl_kd_worker *w, const agl_kd_binning *bins, bool weighed) {
    size_t n = bins->bins + 1;
    for (size_t way = 0; way < AGL_PAIR_WAYS; way++)
        for (size_t b = 0; b < bins->bins; b++)
            mass[b] += weighed ? w->weighed[way * n + b] : (double)w->counts[way * n + b];
    if (weighed)
        memset(w->weighed, 0, AGL_PAIR_WAYS * n * sizeof *w->weighed);
    else
        memset(w->counts, 0, AGL_PAIR_WAYS * n * sizeof *w->counts);
}

/* Some points of one of the worker's two sets, from slot `at` on. */
typedef struct range {
    size_t set, at, first, end;
} range;

/* Pairs of the points first..end-1 of a with those of b (NULL: with all of a before them), in steps that
 * cannot overflow a counter. They are in the counters afterwards, or in part already in mass. */
static void count_pairs(double *mass, agl_kd_worker *w, const agl_kd_job *j, const agl_kd_binning *bins,
                        bool weighed, range a, const range *b) {
    range q = b ? *b : a;
    agl_xyzf pa = {w->x[a.set] + a.at, w->y[a.set] + a.at, w->z[a.set] + a.at};
    agl_xyzf pb = {w->x[q.set] + q.at, w->y[q.set] + q.at, w->z[q.set] + q.at};
    const float offset = 1 - 0x1p-10f; /* bin 0 for what is at distance 0, or nearly */
    size_t first = b ? b->first : 0, step = (size_t)(EMPTY_AFTER / (double)(q.end + 1)) + 1;
    for (size_t i = a.first, stop; i < a.end; i = stop) {
        stop = a.end - i < step ? a.end : i + step;
        if (weighed)
            j->kernels->weigh(w->weighed, bins->bins, bins->scale, offset, pa, w->w[a.set] + a.at, i, stop,
                              pb, w->w[q.set] + q.at, first, q.end, !b);
        else
            j->kernels->count(w->counts, bins->bins, bins->scale, offset, pa, i, stop, pb, first, q.end, !b);
        if (a.end - a.first > step) empty(mass, w, bins, weighed);
    }
}

/* ---- a draw's curve ---- */

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
static agl_status finish_curve(float *kd, agl_kd_worker *w, const agl_kd_job *j, const agl_kd_plan *p,
                               const double *mass, const double *plain, const agl_kd_binning *bins,
                               double total, agl_error *err) {
    const agl_kd_options *opt = j->set->options;
    size_t n_r = j->set->n_r;
    if (!opt->bandwidth_per_draw) {
        agl__kd_table_apply(kd, &p->table, mass, bins->bins, total, w->merged);
        return AGL_OK;
    }
    double h = opt->bandwidth_km;
    agl_status status = AGL_OK;
    if (opt->rule != AGL_KD_GIVEN)
        status = agl__kd_bandwidth_binned(&h, plain, bins->centre, bins->rule_bins, opt->rule, err);
    if (status != AGL_OK) return status;
    h *= opt->adjust;
    double *curve = w->merged; /* has room: see allocation */
    memset(curve, 0, n_r * sizeof *curve);
    for (size_t b = 0; b < bins->bins && h > 0; b++)
        if (mass[b] > 0) agl__kd_add(curve, j->set->r, n_r, bins->centre[b], mass[b], h);
    for (size_t i = 0; i < n_r; i++)
        kd[i] = h > 0 ? (float)(curve[i] / total) : NAN;
    return AGL_OK;
}

/* ---- NEST ---- */

/* Puts the sites from..to-1 of the order into the arrays of their parts. */
static size_t add_sites(agl_kd_worker *w, const agl_kd_job *j, uint32_t step, size_t from, size_t to) {
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

static agl_status nest(agl_kd_worker *w, const agl_kd_job *j, size_t simulation, agl_error *err) {
    const agl_kd_binning *bins = &j->nest;
    bool needs_plain = j->weighted && j->set->options->bandwidth_per_draw;
    memset(w->filled, 0, j->apart.n_parts * sizeof *w->filled);
    memset(w->step, 0, j->apart.n_parts * sizeof *w->step);
    memset(w->mass, 0, bins->bins * sizeof *w->mass);
    memset(w->plain, 0, bins->bins * sizeof *w->plain);
    size_t done = 0;
    for (size_t k = 0; k < j->n; k++) {
        if (j->plan[k].route != AGL_KD_NEST) continue;
        size_t n = j->industry[k].n, touched = add_sites(w, j, (uint32_t)k + 1, done, n);
        for (size_t t = 0; t < touched; t++) {
            size_t part = w->touched[t];
            range fresh = {0, j->part_start[part], w->before[t], w->filled[part]};
            count_pairs(w->mass, w, j, bins, j->weighted, fresh, NULL);
            if (needs_plain) count_pairs(w->plain, w, j, bins, false, fresh, NULL);
        }
        done = n;
        empty(w->mass, w, bins, j->weighted);
        if (needs_plain) empty(w->plain, w, bins, false);
        double total = j->weighted ? pair_weight(w->weight[0], n) : (double)n * ((double)n - 1) / 2;
        float *kd = j->industry[k].curves + simulation * j->set->n_r;
        agl_status status =
            finish_curve(kd, w, j, &j->plan[k], w->mass, j->weighted ? w->plain : w->mass, bins, total, err);
        if (status != AGL_OK) return status;
    }
    return AGL_OK;
}

/* ---- PAIRS and GRID ---- */

static double size_at(const agl_kd_job *j, const int32_t *site, size_t i) {
    return j->set->size ? j->set->size[site[i]] : 1;
}

/* Fills w->site and w->weight: the industry as set 0, the second industry as set 1. */
static void deal(agl_kd_worker *w, const agl_kd_job *j, const agl_kd_drawn *a) {
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

static void gather(agl_kd_worker *w, const agl_kd_job *j, size_t set, size_t n) {
    const agl_points *p = j->set->points;
    for (size_t i = 0; i < n; i++) {
        int32_t s = w->site[set][i];
        w->x[set][i] = (float)p->x[s];
        w->y[set][i] = (float)p->y[s];
        w->z[set][i] = (float)p->z[s];
        w->w[set][i] = (float)w->weight[set][i];
    }
}

static void histogram(double *mass, agl_kd_worker *w, const agl_kd_job *j, const agl_kd_binning *bins,
                      bool weighed, size_t na, size_t nb) {
    range a = {0, 0, 0, na}, b = {1, 0, 0, nb};
    memset(mass, 0, bins->bins * sizeof *mass);
    count_pairs(mass, w, j, bins, weighed, a, nb > 0 ? &b : NULL);
    empty(mass, w, bins, weighed);
}

static agl_status single(agl_kd_worker *w, const agl_kd_job *j, size_t k, size_t simulation, agl_error *err) {
    const agl_kd_drawn *a = &j->industry[k];
    const agl_kd_plan *p = &j->plan[k];
    size_t nb = j->set->n_against;
    deal(w, j, a);
    double total =
        nb ? sum_of(w->weight[0], a->n) * sum_of(w->weight[1], nb) : pair_weight(w->weight[0], a->n);
    float *kd = a->curves + simulation * j->set->n_r;
    if (p->route == AGL_KD_GRID) {
        agl_kd_set first = {w->site[0], j->weighted ? w->weight[0] : NULL, a->n};
        agl_kd_set second = {w->site[1], j->weighted ? w->weight[1] : NULL, nb};
        agl__kd_grid_bin(w->mass, p->grid, w->scratch, first, nb ? &second : NULL);
        agl__kd_table_apply(kd, &p->table, w->mass, agl__kd_grid_bins(p->grid), total, w->merged);
        return AGL_OK;
    }
    gather(w, j, 0, a->n);
    gather(w, j, 1, nb);
    histogram(w->mass, w, j, &p->own, j->weighted, a->n, nb);
    bool needs_plain = j->weighted && j->set->options->bandwidth_per_draw;
    if (needs_plain) histogram(w->plain, w, j, &p->own, false, a->n, nb);
    return finish_curve(kd, w, j, p, w->mass, needs_plain ? w->plain : w->mass, &p->own, total, err);
}

agl_status agl__kd_draw_one(agl_kd_worker *w, const agl_kd_job *j, size_t simulation, agl_error *err) {
    new_order(w, j, simulation);
    agl_status status = nest(w, j, simulation, err);
    for (size_t k = 0; k < j->n && status == AGL_OK; k++)
        if (j->plan[k].route != AGL_KD_NEST) status = single(w, j, k, simulation, err);
    return status;
}

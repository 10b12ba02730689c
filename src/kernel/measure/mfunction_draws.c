#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/measure/mfunction_lanes.h"

#include <string.h>

/* Where the denominators of the draws come from. */
typedef enum source {
    FROM_TABLE,  /* weights stay: summed once for all points */
    FROM_CLOUDS, /* summed for every reference point of every draw */
    FROM_LANES   /* weights move and references are many: summed for many draws at a time */
} source;

typedef struct worker {
    agl__m_scratch scratch;
    agl__lanes lanes;
    uint32_t *deal;         /* n: point whose mark a point gets */
    int32_t *type;          /* draws * n */
    double *weight;         /* draws * n, NULL when none */
    agl__marks *marks;      /* draws */
    double *local, *global; /* draws * values */
    double *below;          /* AGL__TILE * draws * n_r */
} worker;

typedef struct draws {
    const agl_mfunction *f;
    agl_null null;
    uint64_t seed;
    const agl_ctx *ctx;
    size_t simulations, per_task, values;
    source source;
    double *table, *m;
    int32_t *others; /* independence: the points whose marks move */
    size_t n_others;
    worker *workers;
} draws;

/* ---- one draw ---- */

/* Fisher-Yates; the stream of random numbers is that of the draw, whoever makes it. */
static void deal_marks(worker *w, const draws *d, size_t draw, size_t slot) {
    const agl_mfunction *f = d->f;
    const size_t n = d->others ? d->n_others : f->n;
    int32_t *type = w->type + slot * f->n;
    double *weight = w->weight ? w->weight + slot * f->n : NULL;
    agl_rng rng = agl__rng(d->seed, (uint32_t)draw, 1);
    for (size_t k = 0; k < n; k++)
        w->deal[k] = (uint32_t)(d->others ? d->others[k] : (int32_t)k);
    for (size_t k = n; k > 1; k--) {
        size_t j = agl__rng_below(&rng, (uint32_t)k);
        uint32_t swap = w->deal[k - 1];
        w->deal[k - 1] = w->deal[j];
        w->deal[j] = swap;
    }
    memcpy(type, f->type, f->n * sizeof *type);
    if (weight) memcpy(weight, f->weight, f->n * sizeof *weight);
    for (size_t k = 0; k < n; k++) {
        size_t to = d->others ? (size_t)d->others[k] : k;
        type[to] = f->type[w->deal[k]];
        if (weight && d->null != AGL_NULL_LABELLING) weight[to] = f->weight[w->deal[k]];
    }
}

static agl_status make_marks(worker *w, const draws *d, size_t first, size_t n, agl_error *err) {
    const agl_mfunction *f = d->f;
    agl__rest rest = f->case_control || d->source != FROM_CLOUDS ? AGL__REST_NONE
                     : f->neighbour >= 0                         ? AGL__REST_OTHERS
                                                                 : AGL__REST_ALL;
    for (size_t s = 0; s < n; s++) {
        deal_marks(w, d, first + s, s);
        const double *weight = w->weight ? w->weight + s * f->n : NULL;
        agl_status status = agl__marks_new(&w->marks[s], f, w->type + s * f->n, weight, rest, err);
        if (status != AGL_OK) return status;
    }
    if (d->source == FROM_LANES) agl__lanes_fill(&w->lanes, f, w->marks, n);
    return AGL_OK;
}

static bool is_reference(const worker *w, const draws *d, size_t n, size_t i) {
    for (size_t s = 0; s < n; s++)
        if (agl__m_is_reference(d->f, &w->marks[s], i)) return true;
    return false;
}

/* Weight of all around the t-th point of a tile in draw s, as far as it is known beforehand. */
static const double *known_around(const worker *w, const draws *d, size_t first, size_t t, size_t s) {
    if (d->source == FROM_TABLE) return d->table + (first + t) * d->f->n_r;
    return d->source == FROM_LANES ? w->below + (t * d->per_task + s) * d->f->n_r : NULL;
}

static agl_status add_points(worker *w, const draws *d, size_t n, agl_error *err) {
    const agl_mfunction *f = d->f;
    for (size_t first = 0; first < f->n; first += AGL__TILE) {
        size_t m = f->n - first < AGL__TILE ? f->n - first : AGL__TILE;
        bool wanted[AGL__TILE];
        if (agl_cancelled(d->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        for (size_t t = 0; t < m; t++)
            wanted[t] = is_reference(w, d, n, first + t);
        if (d->source == FROM_LANES) agl__lanes_around(w->below, &w->lanes, &w->scratch, f, first, m, wanted);
        for (size_t t = 0; t < m; t++)
            for (size_t s = 0; s < n && wanted[t]; s++)
                if (agl__m_is_reference(f, &w->marks[s], first + t))
                    agl__m_add_point(w->local + s * d->values, w->global + s * d->values, &w->scratch, f,
                                     &w->marks[s], first + t, known_around(w, d, first, t, s));
    }
    return AGL_OK;
}

static agl_status draw_task(void *arg, size_t task, int worker_index, agl_error *err) {
    const draws *d = arg;
    const agl_mfunction *f = d->f;
    worker *w = &d->workers[worker_index];
    size_t first = task * d->per_task,
           n = d->simulations - first < d->per_task ? d->simulations - first : d->per_task;
    memset(w->local, 0, n * d->values * sizeof *w->local);
    memset(w->global, 0, n * d->values * sizeof *w->global);
    agl_status status = make_marks(w, d, first, n, err);
    if (status == AGL_OK) status = add_points(w, d, n, err);
    for (size_t s = 0; s < n && status == AGL_OK; s++)
        for (size_t c = 0; c < f->n_curves; c++)
            agl__m_divide(d->m + (c * d->simulations + first + s) * f->n_r,
                          w->local + s * d->values + c * f->n_r, w->global + s * d->values + c * f->n_r,
                          f->n_r);
    for (size_t s = 0; s < n; s++)
        agl__marks_free(&w->marks[s], f);
    return status;
}

/* ---- all draws ---- */

static agl_status worker_new(worker *w, const draws *d, agl_error *err) {
    const agl_mfunction *f = d->f;
    *w = (worker){.deal = AGL_NEW(uint32_t, f->n),
                  .type = AGL_NEW(int32_t, d->per_task * f->n),
                  .weight = f->weight ? AGL_NEW(double, d->per_task * f->n) : NULL,
                  .marks = AGL_NEW(agl__marks, d->per_task),
                  .local = AGL_NEW(double, d->per_task * d->values),
                  .global = AGL_NEW(double, d->per_task * d->values),
                  .below = AGL_NEW(double, AGL__TILE * d->per_task * f->n_r)};
    if (!w->deal || !w->type || (f->weight && !w->weight) || !w->marks || !w->local || !w->global ||
        !w->below)
        return agl_fail_memory(err);
    agl_status status = agl__m_scratch_new(&w->scratch, f, err);
    if (status == AGL_OK && d->source == FROM_LANES) status = agl__lanes_new(&w->lanes, f, d->per_task, err);
    return status;
}

static void worker_free(worker *w) {
    agl__m_scratch_free(&w->scratch);
    agl__lanes_free(&w->lanes);
    free(w->deal);
    free(w->type);
    free(w->weight);
    free(w->marks);
    free(w->local);
    free(w->global);
    free(w->below);
}

/* The cheapest way that fits: a look at all around one point costs about the same for one draw and for a lane
 * pass of many, some six times as much for 32 lanes as for one draw; a table costs one look a point. */
static void choose_source(draws *d) {
    const agl_mfunction *f = d->f;
    size_t references = 0;
    for (size_t i = 0; i < f->n; i++)
        references += f->first_curve[f->type[i] + 1] > f->first_curve[f->type[i]];
    bool moving = f->weight && d->null != AGL_NULL_LABELLING;
    d->per_task = 1;
    d->source = FROM_CLOUDS;
    if (f->case_control) return;
    if (!moving) {
        if ((double)references * (double)d->simulations > (double)f->n) d->source = FROM_TABLE;
    } else if (f->smooth.band == 0 && references * 16 > f->n && d->simulations >= 8) {
        d->source = FROM_LANES;
        d->per_task = f->n * 100 < ((size_t)512 << 20) / 32 ? 32 : 8; /* about 100 bytes a point and lane */
    }
}

static agl_status check_null(draws *d, agl_error *err) {
    const agl_mfunction *f = d->f;
    if (d->null != AGL_NULL_INDEPENDENCE) return AGL_OK;
    for (size_t c = 0; c < f->n_curves; c++)
        if (f->curves[c].reference != f->curves[0].reference ||
            f->curves[c].neighbour == f->curves[c].reference)
            return agl_fail(err, AGL_EUSAGE,
                            "population independence moves all but one reference industry: give one "
                            "industry and another to count around it");
    d->others = AGL_NEW(int32_t, f->n);
    if (!d->others) return agl_fail_memory(err);
    for (size_t i = 0; i < f->n; i++)
        if (f->type[i] != f->curves[0].reference) d->others[d->n_others++] = (int32_t)i;
    return AGL_OK;
}

agl_status agl_mfunction_simulated(double *m, agl_mfunction *f, size_t simulations, agl_null null,
                                   const agl_ctx *ctx, agl_error *err) {
    if (f->n_curves == 0 || simulations == 0) return AGL_OK;
    size_t threads = (size_t)agl_threads(ctx);
    draws d = {.f = f,
               .null = null,
               .seed = agl_seed(ctx),
               .ctx = ctx,
               .simulations = simulations,
               .values = f->n_curves * f->n_r,
               .m = m};
    agl_status status = check_null(&d, err);
    if (status != AGL_OK) return status;
    choose_source(&d);
    size_t tasks = (simulations + d.per_task - 1) / d.per_task;
    if (threads > tasks) threads = tasks;
    d.workers = AGL_NEW(worker, threads);
    d.table = d.source == FROM_TABLE ? AGL_NEW(double, f->n * f->n_r) : NULL;
    if (!d.workers || (d.source == FROM_TABLE && !d.table)) status = agl_fail_memory(err);
    if (status == AGL_OK && d.table) status = agl__m_all_around(d.table, f, ctx, err);
    for (size_t t = 0; t < threads && status == AGL_OK; t++)
        status = worker_new(&d.workers[t], &d, err);
    if (status == AGL_OK) status = agl__parallel(tasks, draw_task, &d, "simulations", ctx, err);
    for (size_t t = 0; d.workers && t < threads; t++)
        worker_free(&d.workers[t]);
    free(d.workers);
    free(d.table);
    free(d.others);
    return status;
}

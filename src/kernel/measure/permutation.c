/* Permutation tests: conditional ones of every region, and shuffles of the whole map. */
#include "kernel/measure/permutation.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/measure/autocorrelation.h"

#include <math.h>
#include <string.h>

#define CHUNK  64    /* regions of a task */
#define LEEWAY 1e-12 /* of the scale of a sum: values that differ by rounding only count as equal */

/* ---- every region ---- */

typedef struct job {
    const agl_local_draws *out;
    const agl_spatial_weights *w;
    const double *z;
    size_t rounds;
    uint64_t seed;
    const agl_ctx *ctx;
    agl__draw_kernel *draw;
    int32_t **order; /* by worker: 0..n-1, for regions with many neighbours; made when needed */
} job;

typedef struct tally {
    double lag, geary, lag_least, geary_least; /* observed less leeway */
    uint32_t lag_above, geary_above;
    double sum, square; /* of lag - observed lag */
} tally;

static void count(tally *t, double lag, double geary) {
    t->lag_above += lag >= t->lag_least;
    t->geary_above += geary >= t->geary_least;
    t->sum += lag - t->lag;
    t->square += (lag - t->lag) * (lag - t->lag);
}

static tally observe(const job *j, size_t i) {
    const agl_spatial_weights *w = j->w;
    tally t = {0};
    double scale = 0, scale2 = 0;
    for (size_t s = w->start[i]; s < w->start[i + 1]; s++) {
        double a = w->weight[s], z = j->z[w->to[s]], gap = j->z[i] - z;
        t.lag += a * z;
        t.geary += a * (gap * gap);
        scale += a * fabs(z);
        scale2 += a * (gap * gap);
    }
    t.lag_least = t.lag - LEEWAY * scale;
    t.geary_least = t.geary - LEEWAY * scale2;
    return t;
}

static void few_neighbours(tally *t, const job *j, size_t i, size_t k) {
    const agl__draw_site site = {.z = j->z,
                                 .weight = j->w->weight + j->w->start[i],
                                 .n = (uint32_t)j->w->n,
                                 .k = (uint32_t)k,
                                 .site = (uint32_t)i,
                                 .seed = j->seed};
    double lag[AGL__DRAW_LANES], geary[AGL__DRAW_LANES];
    for (size_t r = 0; r < j->rounds; r += AGL__DRAW_LANES) {
        j->draw(lag, geary, &site, (uint32_t)r);
        size_t lanes = j->rounds - r < AGL__DRAW_LANES ? j->rounds - r : AGL__DRAW_LANES;
        for (size_t l = 0; l < lanes; l++)
            count(t, lag[l], geary[l]);
    }
}

/** The first k steps of a shuffle of all regions but i, undone afterwards. */
static void many_neighbours(tally *t, const job *j, size_t i, size_t k, int32_t *order, uint32_t *swapped) {
    uint32_t last = (uint32_t)j->w->n - 1;
    const double *weight = j->w->weight + j->w->start[i];
    order[i] = (int32_t)last; /* i goes to the end, out of reach */
    for (size_t r = 0; r < j->rounds; r++) {
        agl_rng rng = agl__rng(j->seed, (uint32_t)r, (uint32_t)i);
        double lag = 0, geary = 0;
        for (uint32_t d = 0; d < k; d++) {
            uint32_t at = d + agl__rng_below(&rng, last - d);
            int32_t pick = order[at];
            double gap = j->z[i] - j->z[pick];
            lag += weight[d] * j->z[pick];
            geary += weight[d] * (gap * gap);
            order[at] = order[d];
            order[d] = pick;
            swapped[d] = at;
        }
        for (uint32_t d = (uint32_t)k; d-- > 0;) {
            int32_t pick = order[d];
            order[d] = order[swapped[d]];
            order[swapped[d]] = pick;
        }
        count(t, lag, geary);
    }
    order[i] = (int32_t)i;
}

static int32_t *order_of(const job *j, int worker) {
    int32_t **order = &j->order[worker];
    size_t n = j->w->n;
    if (*order) return *order;
    *order = AGL_NEW(int32_t, 2 * n); /* the second half keeps the swaps */
    for (size_t i = 0; *order && i < n; i++)
        (*order)[i] = (int32_t)i;
    return *order;
}

static agl_status region(const job *j, size_t i, int worker, agl_error *err) {
    size_t k = j->w->start[i + 1] - j->w->start[i];
    tally t = observe(j, i);
    if (k > AGL__DRAW_MOST) {
        int32_t *order = order_of(j, worker);
        if (!order) return agl_fail_memory(err);
        many_neighbours(&t, j, i, k, order, (uint32_t *)(order + j->w->n));
    } else if (k > 0) {
        few_neighbours(&t, j, i, k);
    }
    const agl_local_draws *out = j->out;
    double mean = t.sum / (double)j->rounds;
    if (out->lag_above) out->lag_above[i] = t.lag_above;
    if (out->geary_above) out->geary_above[i] = t.geary_above;
    if (out->lag_mean) out->lag_mean[i] = k ? t.lag + mean : NAN;
    if (out->lag_sd) out->lag_sd[i] = k ? sqrt(fmax(t.square / (double)j->rounds - mean * mean, 0)) : NAN;
    return AGL_OK;
}

static agl_status regions_task(void *arg, size_t task, int worker, agl_error *err) {
    const job *j = arg;
    size_t end = (task + 1) * CHUNK < j->w->n ? (task + 1) * CHUNK : j->w->n;
    agl_status status = AGL_OK;
    for (size_t i = task * CHUNK; i < end && status == AGL_OK; i++)
        status = agl_cancelled(j->ctx) ? AGL_ECANCEL : region(j, i, worker, err);
    return status;
}

agl_status agl_local_permute(agl_local_draws *out, const agl_spatial_weights *w, const double *y,
                             size_t permutations, const agl_ctx *ctx, agl_error *err) {
    if (permutations < 1 || permutations > INT32_MAX)
        return agl_fail(err, AGL_EUSAGE, "the number of permutations is between 1 and 2^31");
    agl_deviations d;
    agl_status status = agl__deviations_new(&d, y, w->n, err);
    if (status != AGL_OK) return status;
    size_t workers = (size_t)agl_threads(ctx);
    job j = {.out = out,
             .w = w,
             .z = d.z,
             .rounds = permutations,
             .seed = agl_seed(ctx),
             .ctx = ctx,
             .draw = agl__draw_kernel_best(),
             .order = AGL_NEW(int32_t *, workers)};
    status = j.order ? agl__parallel((w->n + CHUNK - 1) / CHUNK, regions_task, &j, "permutations", ctx, err)
                     : agl_fail_memory(err);
    for (size_t k = 0; j.order && k < workers; k++)
        free(j.order[k]);
    free(j.order);
    agl__deviations_free(&d);
    return status;
}

double agl_permutation_p(uint32_t above, size_t permutations, bool two_sided) {
    double below = (double)permutations - above, nearer = above < below ? above : below;
    double p = (nearer + 1) / ((double)permutations + 1);
    return two_sided ? fmin(1, 2 * p) : p;
}

/* ---- the whole map ---- */

typedef struct shuffles {
    const agl_spatial_weights *w;
    const double *z, *y;
    uint64_t seed;
    bool general_g;
    double *cross, *square, *product; /* by shuffle: sum w z z, sum w (z - z)^2, sum w y y */
} shuffles;

static agl_status shuffle_task(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    const shuffles *s = arg;
    size_t n = s->w->n;
    int32_t *order = AGL_NEW(int32_t, n);
    double *v = AGL_NEW(double, n);
    agl_status status = order && v ? AGL_OK : agl_fail_memory(err);
    agl_rng rng = agl__rng(s->seed, (uint32_t)task, UINT32_MAX);
    for (size_t i = 0; i < n && status == AGL_OK; i++) { /* a uniform order, built from the left */
        size_t at = agl__rng_below(&rng, (uint32_t)i + 1);
        order[i] = order[at];
        order[at] = (int32_t)i;
    }
    if (status == AGL_OK) {
        for (size_t i = 0; i < n; i++)
            v[i] = s->z[order[i]];
        s->cross[task] = agl__cross_sum(s->w, v);
        s->square[task] = agl__square_sum(s->w, v);
        for (size_t i = 0; i < n && s->general_g; i++)
            v[i] = s->y[order[i]];
        if (s->general_g) s->product[task] = agl__cross_sum(s->w, v);
    }
    free(order);
    free(v);
    return status;
}

/** (1 + shuffles at least as far from the expectation as the map) / (1 + shuffles). value = scale * sum. */
static void rank(agl_autocorrelation *a, const double *sum, double observed, size_t shuffled) {
    if (!a || isnan(a->value)) return;
    double scale = a->value / observed, far = fabs(a->value - a->expected);
    if (observed == 0) return;
    size_t farther = 0;
    for (size_t r = 0; r < shuffled; r++)
        farther += fabs(sum[r] * scale - a->expected) >= far * (1 - LEEWAY);
    a->p_permutation = (1 + (double)farther) / (1 + (double)shuffled);
}

agl_status agl_autocorrelation_permute(agl_autocorrelation *moran, agl_autocorrelation *geary,
                                       agl_autocorrelation *general_g, const agl_spatial_weights *w,
                                       const double *y, size_t permutations, const agl_ctx *ctx,
                                       agl_error *err) {
    agl_deviations d;
    agl_status status = agl__deviations_new(&d, y, w->n, err);
    if (status != AGL_OK) return status;
    shuffles s = {.w = w,
                  .z = d.z,
                  .y = y,
                  .seed = agl_seed(ctx),
                  .general_g = general_g && !isnan(general_g->value),
                  .cross = AGL_NEW(double, permutations),
                  .square = AGL_NEW(double, permutations),
                  .product = AGL_NEW(double, permutations)};
    status = s.cross && s.square && s.product
                 ? agl__parallel(permutations, shuffle_task, &s, "shuffles", ctx, err)
                 : agl_fail_memory(err);
    if (status == AGL_OK) {
        rank(moran, s.cross, agl__cross_sum(w, d.z), permutations);
        rank(geary, s.square, agl__square_sum(w, d.z), permutations);
        if (s.general_g) rank(general_g, s.product, agl__cross_sum(w, y), permutations);
    }
    free(s.cross);
    free(s.square);
    free(s.product);
    agl__deviations_free(&d);
    return status;
}

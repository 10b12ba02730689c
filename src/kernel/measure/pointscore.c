#include "agglo/pointscore.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/measure/mfunction_rings.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* Everything below goes by place, the position of a point along a Hilbert curve; order[place] is the point.
 */
typedef struct job {
    size_t n, n_types;
    int32_t *order, *type;
    double *weight; /* NULL when each is 1 */
    bool *wanted;   /* by type */
    agl_points points;
    agl__frame frame;
    agl__rings rings; /* one */
    agl__cloud all, counted,
        *same; /* weights of all, number of all (when weights differ), weights of each wanted type */
    double *total, total_all;     /* weights of types, of all */
    size_t *first, *members;      /* places by type: members[first[t]] ... */
    double *count, *near, *below; /* around each place: neighbours, weight of its type, weight of all */
    const agl_ctx *ctx;
    size_t blocks, simulations;
    agl__ring_scratch *scratch; /* one a worker */
    uint32_t **exceeds;         /* one a worker: draws at least as high, by place */
} job;

/* ---- setting up ---- */

static agl_status check(const agl_pointscore_data *data, double radius, agl_error *err) {
    size_t n = data->points->n;
    if (!(radius > 0) || !isfinite(radius)) return agl_fail(err, AGL_EUSAGE, "the radius must be above zero");
    if (n < 2) return agl_fail(err, AGL_EDATA, "there is only one point; neighbourhoods need at least two");
    for (size_t i = 0; i < n; i++) {
        if (data->type[i] < 0 || (size_t)data->type[i] >= data->n_types)
            return agl_fail(err, AGL_EUSAGE, "point %zu: industry code %d is out of range", i + 1,
                            (int)data->type[i]);
        if (data->weight && !(data->weight[i] >= 0 && isfinite(data->weight[i])))
            return agl_fail(err, AGL_EDATA,
                            "point %zu: size %g is negative or not finite; correct or drop it", i + 1,
                            data->weight[i]);
    }
    return AGL_OK;
}

static agl_status sort_points(job *j, const agl_pointscore_data *data, double radius, agl_error *err) {
    agl_status status = agl__along_curve(&j->points, &j->frame, j->order, data->points, err);
    if (status == AGL_OK) status = agl__rings_new(&j->rings, &j->frame, radius, 1, NULL, 0, err);
    if (status != AGL_OK) return status;
    for (size_t k = 0; k < j->n; k++) {
        j->type[k] = data->type[j->order[k]];
        if (j->weight) j->weight[k] = data->weight[j->order[k]];
    }
    return AGL_OK;
}

/* Places by type, totals and clouds. */
static agl_status index_types(job *j, agl_error *err) {
    for (size_t k = 0; k < j->n; k++) {
        double w = j->weight ? j->weight[k] : 1;
        j->first[j->type[k] + 1]++;
        j->total[j->type[k]] += w;
        j->total_all += w;
    }
    for (size_t t = 0; t < j->n_types; t++)
        j->first[t + 1] += j->first[t];
    for (size_t k = 0; k < j->n; k++)
        j->members[j->first[j->type[k]]++] = k;
    for (size_t t = j->n_types; t > 0; t--) /* each start has moved to the end of its type */
        j->first[t] = j->first[t - 1];
    j->first[0] = 0;
    int32_t *id = AGL_NEW(int32_t, j->n);
    if (!id) return agl_fail_memory(err);
    agl_status status = agl__cloud_new(&j->all, &j->frame, NULL, j->n, j->weight, err);
    if (status == AGL_OK && j->weight) status = agl__cloud_new(&j->counted, &j->frame, NULL, j->n, NULL, err);
    for (size_t t = 0; t < j->n_types && status == AGL_OK; t++) {
        size_t from = j->first[t], n = j->first[t + 1] - from;
        if (!j->wanted[t]) continue;
        for (size_t k = 0; k < n; k++)
            id[k] = (int32_t)j->members[from + k];
        status = agl__cloud_new(&j->same[t], &j->frame, id, n, j->weight, err);
    }
    free(id);
    return status;
}

static void job_free(job *j, size_t threads) {
    agl__cloud_free(&j->all);
    agl__cloud_free(&j->counted);
    for (size_t t = 0; j->same && t < j->n_types; t++)
        agl__cloud_free(&j->same[t]);
    for (size_t t = 0; t < threads; t++) {
        if (j->scratch) agl__ring_scratch_free(&j->scratch[t]);
        if (j->exceeds) free(j->exceeds[t]);
    }
    agl__rings_free(&j->rings);
    agl__frame_free(&j->frame);
    agl_points_free(&j->points);
    void *arrays[] = {j->order,   j->type,  j->weight, j->wanted, j->same,    j->total,  j->first,
                      j->members, j->count, j->near,   j->below,  j->scratch, j->exceeds};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++)
        free(arrays[k]);
}

static agl_status job_new(job *j, const agl_pointscore_data *data, double radius, size_t threads,
                          agl_error *err) {
    size_t n = data->points->n, types = data->n_types;
    *j = (job){.n = n,
               .n_types = types,
               .blocks = n / 64 + 1,
               .order = AGL_NEW(int32_t, n),
               .type = AGL_NEW(int32_t, n),
               .weight = data->weight ? AGL_NEW(double, n) : NULL,
               .wanted = AGL_NEW(bool, types),
               .same = AGL_NEW(agl__cloud, types),
               .total = AGL_NEW(double, types),
               .first = AGL_NEW(size_t, types + 1),
               .members = AGL_NEW(size_t, n),
               .count = AGL_NEW(double, n),
               .near = AGL_NEW(double, n),
               .below = AGL_NEW(double, n),
               .scratch = AGL_NEW(agl__ring_scratch, threads),
               .exceeds = AGL_NEW(uint32_t *, threads)};
    const void *needed[] = {j->order,
                            j->type,
                            j->wanted,
                            j->same,
                            j->total,
                            j->first,
                            j->members,
                            j->count,
                            j->near,
                            j->below,
                            j->scratch,
                            j->exceeds,
                            data->weight ? (const void *)j->weight : (const void *)j->type};
    for (size_t k = 0; k < sizeof needed / sizeof *needed; k++)
        if (!needed[k]) return agl_fail_memory(err);
    for (size_t t = 0; t < types; t++)
        j->wanted[t] = !data->wanted || data->wanted[t];
    agl_status status = sort_points(j, data, radius, err);
    if (status == AGL_OK) status = index_types(j, err);
    for (size_t t = 0; t < threads && status == AGL_OK; t++)
        status = agl__ring_scratch_new(&j->scratch[t], &j->rings, n, err);
    return status;
}

/* ---- neighbourhoods ---- */

static double weight_within(job *j, int worker, size_t place, const agl__cloud *cloud) {
    double sum[3];
    agl__rings_sum(sum, &j->scratch[worker], &j->rings, (int32_t)place, cloud, 1);
    return sum[0] + sum[1];
}

static agl_status look_around(void *arg, size_t block, int worker, agl_error *err) {
    (void)err;
    job *j = arg;
    for (size_t k = j->n * block / j->blocks; k < j->n * (block + 1) / j->blocks; k++) {
        if (!j->wanted[j->type[k]]) continue;
        j->near[k] = weight_within(j, worker, k, &j->same[j->type[k]]);
        j->below[k] = weight_within(j, worker, k, &j->all);
        j->count[k] = j->weight ? weight_within(j, worker, k, &j->counted) : j->below[k];
    }
    return AGL_OK;
}

static bool has_score(const job *j, size_t place) { return j->wanted[j->type[place]] && j->below[place] > 0; }

/* ---- significance without weights ---- */

/* x or more of m neighbours, drawn from N - 1 others of which n_A - 1 are of the same type. */
static double exact_p(const job *j, size_t place) {
    size_t t = (size_t)j->type[place], same = j->first[t + 1] - j->first[t] - 1;
    unsigned x = (unsigned)j->near[place], m = (unsigned)j->below[place];
    return x == 0 ? 1 : gsl_cdf_hypergeometric_Q(x - 1, (unsigned)same, (unsigned)(j->n - 1 - same), m);
}

/* ---- significance with weights ---- */

/* One draw: a random order of all marks. before[k] is the weight of the first k marks; for each type its
 * marks in this order, rank[] (positions, ascending) and before_type[] (weight of those before). A point with
 * m neighbours gets the first m marks, or, when its own is among them, the first m + 1 without it. */
typedef struct deal {
    uint32_t *mark;      /* position -> place whose mark it is */
    uint32_t *position;  /* place -> position */
    uint32_t *rank;      /* by type like members[] */
    double *before;      /* n + 1 */
    double *before_type; /* n + n_types: members + 1 values for each type t, from first[t] + t */
} deal;

static void deal_free(deal *d) {
    free(d->mark);
    free(d->position);
    free(d->rank);
    free(d->before);
    free(d->before_type);
}

static agl_status deal_new(deal *d, const job *j, agl_error *err) {
    *d = (deal){.mark = AGL_NEW(uint32_t, j->n),
                .position = AGL_NEW(uint32_t, j->n),
                .rank = AGL_NEW(uint32_t, j->n),
                .before = AGL_NEW(double, j->n + 1),
                .before_type = AGL_NEW(double, j->n + j->n_types)};
    if (d->mark && d->position && d->rank && d->before && d->before_type) return AGL_OK;
    deal_free(d);
    return agl_fail_memory(err);
}

static void deal_marks(deal *d, const job *j, size_t *next, agl_rng *rng) {
    for (size_t k = 0; k < j->n; k++)
        d->mark[k] = (uint32_t)k;
    for (size_t k = j->n; k > 1; k--) {
        size_t at = agl__rng_below(rng, (uint32_t)k);
        uint32_t swap = d->mark[k - 1];
        d->mark[k - 1] = d->mark[at];
        d->mark[at] = swap;
    }
    memcpy(next, j->first, j->n_types * sizeof *next);
    for (size_t k = 0; k < j->n; k++) {
        size_t place = d->mark[k], t = (size_t)j->type[place], at = next[t]++;
        d->position[place] = (uint32_t)k;
        d->before[k + 1] = d->before[k] + j->weight[place];
        d->rank[at] = (uint32_t)k;
        if (at == j->first[t]) d->before_type[at + t] = 0;
        d->before_type[at + t + 1] = d->before_type[at + t] + j->weight[place];
    }
}

/* Weight of the marks of type t among the first m: those with rank < m, found by bisection. */
static double type_before(const deal *d, const job *j, size_t t, size_t m) {
    size_t from = j->first[t], low = from, high = j->first[t + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->rank[middle] < m)
            low = middle + 1;
        else
            high = middle;
    }
    return low == from ? 0 : d->before_type[low + t];
}

static agl_status draw_task(void *arg, size_t draw, int worker, agl_error *err) {
    job *j = arg;
    deal d = {.mark = NULL};
    size_t *next = AGL_NEW(size_t, j->n_types);
    agl_status status = next ? deal_new(&d, j, err) : agl_fail_memory(err);
    if (status != AGL_OK) {
        free(next);
        return status;
    }
    agl_rng rng = agl__rng(agl_seed(j->ctx), (uint32_t)draw, 3);
    deal_marks(&d, j, next, &rng);
    for (size_t k = 0; k < j->n; k++) {
        if (!has_score(j, k)) continue;
        size_t m = (size_t)j->count[k], t = (size_t)j->type[k];
        bool own = d.position[k] < m;
        double less = own ? j->weight[k] : 0;
        double near = type_before(&d, j, t, m + own) - less, below = d.before[m + own] - less;
        /* as shares, a part in 10^12 in favour of the draw: equal shares must not differ by rounding */
        j->exceeds[worker][k] += below > 0 && near * j->below[k] >= j->near[k] * below * (1 - 1e-12);
    }
    deal_free(&d);
    free(next);
    return AGL_OK;
}

static agl_status simulate(job *j, size_t threads, agl_error *err) {
    for (size_t t = 0; t < threads; t++)
        if (!(j->exceeds[t] = AGL_NEW(uint32_t, j->n))) return agl_fail_memory(err);
    agl_status status = agl__parallel(j->simulations, draw_task, j, "simulations", j->ctx, err);
    for (size_t t = 1; t < threads && status == AGL_OK; t++) /* whole numbers: the order does not matter */
        for (size_t k = 0; k < j->n; k++)
            j->exceeds[0][k] += j->exceeds[t][k];
    return status;
}

/* ---- scores ---- */

static double score_of(const job *j, size_t place) {
    double own = j->weight ? j->weight[place] : 1;
    double global = (j->total[j->type[place]] - own) / (j->total_all - own);
    return global > 0 ? j->near[place] / j->below[place] / global : NAN;
}

agl_status agl_pointscore(double *neighbours, double *score, double *p, const agl_pointscore_data *data,
                          double radius, size_t simulations, const agl_ctx *ctx, agl_error *err) {
    agl_status status = check(data, radius, err);
    if (status != AGL_OK) return status;
    size_t threads = (size_t)agl_threads(ctx);
    job j;
    status = job_new(&j, data, radius, threads, err);
    j.ctx = ctx;
    j.simulations = simulations;
    if (status == AGL_OK) status = agl__parallel(j.blocks, look_around, &j, "neighbourhoods", ctx, err);
    if (status == AGL_OK && j.weight && simulations > 0) status = simulate(&j, threads, err);
    for (size_t k = 0; k < j.n && status == AGL_OK; k++) {
        size_t i = (size_t)j.order[k];
        bool wanted = j.wanted[j.type[k]], scored = has_score(&j, k);
        neighbours[i] = wanted ? j.count[k] : NAN;
        score[i] = scored ? score_of(&j, k) : NAN;
        p[i] = !scored || isnan(score[i]) ? NAN
               : !j.weight                ? exact_p(&j, k)
               : simulations > 0          ? (1 + (double)j.exceeds[0][k]) / ((double)simulations + 1)
                                          : NAN;
    }
    job_free(&j, threads);
    return status;
}

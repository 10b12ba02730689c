#include "agglo/agglomeration.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/sum.h"
#include "kernel/measure/cells.h"

#include <gsl/gsl_cdf.h>

#define INDUSTRIES_PER_TASK 4

typedef struct job {
    const agl_plants *plants;
    const agl_agglomeration_options *options;
    const agl_ctx *ctx;
    size_t *start; /* plants of industry i: member[start[i] .. start[i+1]-1] */
    uint32_t *member;
    double *whole;      /* size of every region over all industries, or the totals given */
    double whole_total; /* and its sum */
    agl_agglomeration *out;
} job;

/** Memory of one task, n_regions each (cumulated: one more). */
typedef struct scratch {
    double *s, *x, *cumulated;
} scratch;

static double weight_of(const job *j, size_t plant) {
    double size = j->plants->size[plant];
    if (!(size > 0)) return 0;
    return j->options->count ? 1 : size;
}

/** s_r, x_r; returns false when x is not defined (no other industry). */
static bool shares_of(scratch *w, const job *j, size_t industry, double size) {
    size_t n_regions = j->plants->n_regions;
    for (size_t r = 0; r < n_regions; r++)
        w->s[r] = 0;
    for (size_t k = j->start[industry]; k < j->start[industry + 1]; k++)
        w->s[j->plants->region[j->member[k]]] += weight_of(j, j->member[k]);
    bool without = j->options->exclude_own;
    double total = j->whole_total - (without ? size : 0);
    for (size_t r = 0; r < n_regions; r++) {
        w->x[r] = fmax(0, j->whole[r] - (without ? w->s[r] : 0)) / total;
        w->s[r] /= size;
    }
    return total > 0;
}

/** One random allocation: the sum over regions of (s_r - x_r)^2 = sum s^2 - 2 sum s x + X2. Leaves w->s at
 * zero. */
static double random_g(scratch *w, const job *j, size_t industry, double size, double x2, agl_rng *rng) {
    const size_t *start = j->start;
    size_t n_regions = j->plants->n_regions, first = start[industry], end = start[industry + 1];
    agl_sum change = {0, 0};
    for (size_t k = first; k < end; k++) {
        double z = weight_of(j, j->member[k]) / size, u = agl__rng_unit(rng) * w->cumulated[n_regions];
        if (z == 0) continue;
        size_t low = 0, high = n_regions; /* the region r with cumulated[r] <= u < cumulated[r+1] */
        while (high - low > 1) {
            size_t middle = (low + high) / 2;
            if (w->cumulated[middle] <= u)
                low = middle;
            else
                high = middle;
        }
        agl__sum_add(&change, z * (2 * w->s[low] + z) - 2 * z * w->x[low]); /* (s+z)^2 - s^2 - 2 z x */
        w->s[low] += z;
    }
    for (size_t r = 0; r < n_regions; r++)
        w->s[r] = 0;
    return agl__sum_value(&change) + x2;
}

static agl_status simulate(double *p, scratch *w, const job *j, size_t industry, const agl_agglomeration *o,
                           double x2, agl_error *err) {
    size_t n_regions = j->plants->n_regions, as_large = 0, n = j->options->simulations;
    w->cumulated[0] = 0;
    for (size_t r = 0; r < n_regions; r++) {
        w->cumulated[r + 1] = w->cumulated[r] + w->x[r];
        w->s[r] = 0;
    }
    for (size_t k = 0; k < n; k++) {
        if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        agl_rng rng = agl__rng(agl_seed(j->ctx), (uint32_t)k, (uint32_t)industry);
        /* the same allocation summed in another order must count as equal */
        as_large += random_g(w, j, industry, o->size, x2, &rng) >= o->g * (1 - 1e-12);
    }
    *p = (double)(1 + as_large) / (double)(n + 1);
    return AGL_OK;
}

/** H and sum z^4 of the plants of one industry. */
static void plant_sums(double *h, double *z4, const job *j, size_t industry, double size) {
    agl_sum two = {0, 0}, four = {0, 0};
    for (size_t k = j->start[industry]; k < j->start[industry + 1]; k++) {
        double z = weight_of(j, j->member[k]) / size;
        agl__sum_add(&two, z * z);
        agl__sum_add(&four, z * z * z * z);
    }
    *h = agl__sum_value(&two), *z4 = agl__sum_value(&four);
}

static agl_status one_industry(const job *j, size_t industry, scratch *w, agl_error *err) {
    agl_agglomeration *o = &j->out[industry];
    agl_sum size = {0, 0};
    *o = (agl_agglomeration){
        .hhi_plants = NAN, .g = NAN, .gamma = NAN, .gamma_ms = NAN, .z = NAN, .p_value = NAN};
    for (size_t k = j->start[industry]; k < j->start[industry + 1]; k++) {
        double weight = weight_of(j, j->member[k]);
        agl__sum_add(&size, weight);
        o->plants += weight > 0;
    }
    o->size = agl__sum_value(&size);
    if (o->plants == 0) return AGL_OK;
    double h, z4;
    plant_sums(&h, &z4, j, industry, o->size);
    o->hhi_plants = h;
    if (!shares_of(w, j, industry, o->size)) return AGL_OK;
    agl_sum g = {0, 0}, s2 = {0, 0}, sum2 = {0, 0}, sum3 = {0, 0};
    for (size_t r = 0; r < j->plants->n_regions; r++) {
        double s = w->s[r], x = w->x[r];
        agl__sum_add(&g, (s - x) * (s - x));
        agl__sum_add(&s2, s * s);
        agl__sum_add(&sum2, x * x);
        agl__sum_add(&sum3, x * x * x);
    }
    double x2 = agl__sum_value(&sum2), x3 = agl__sum_value(&sum3), rest = 1 - x2;
    o->g = agl__sum_value(&g);
    if (o->plants < 2 || h > AGL_AGGLOMERATION_MAX_HHI || !(rest > 0)) return AGL_OK;

    o->gamma = (o->g / rest - h) / (1 - h);
    o->gamma_ms = ((agl__sum_value(&s2) - x2) / rest - h) / (1 - h);
    double variance = 2 * (h * h * (x2 - 2 * x3 + x2 * x2) - z4 * (x2 - 4 * x3 + 3 * x2 * x2));
    if (variance > 0) {
        o->z = (o->g - rest * h) / sqrt(variance);
        o->p_value = gsl_cdf_ugaussian_Q(o->z);
    }
    return j->options->simulations ? simulate(&o->p_value, w, j, industry, o, x2, err) : AGL_OK;
}

static agl_status task(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    const job *j = arg;
    size_t n_regions = j->plants->n_regions, last = (t + 1) * INDUSTRIES_PER_TASK;
    if (last > j->plants->n_industries) last = j->plants->n_industries;
    scratch w = {AGL_NEW(double, n_regions), AGL_NEW(double, n_regions), AGL_NEW(double, n_regions + 1)};
    agl_status status = AGL_OK;
    if (!w.s || !w.x || !w.cumulated) status = agl_fail_memory(err);
    for (size_t i = t * INDUSTRIES_PER_TASK; status == AGL_OK && i < last; i++)
        status = one_industry(j, i, &w, err);
    free(w.s);
    free(w.x);
    free(w.cumulated);
    return status;
}

static agl_status check_plants(const agl_plants *p, agl_error *err) {
    for (size_t k = 0; k < p->n; k++) {
        if (p->region[k] < 0 || (size_t)p->region[k] >= p->n_regions || p->industry[k] < 0 ||
            (size_t)p->industry[k] >= p->n_industries)
            return agl_fail(err, AGL_EDATA, "establishment %zu: region or industry code out of range", k);
        if (p->size[k] < 0 || isinf(p->size[k]))
            return agl_fail(err, AGL_EDATA, "establishment %zu: the size %g is not a finite number >= 0", k,
                            p->size[k]);
    }
    return AGL_OK;
}

/** Sizes of the regions over all industries, or the totals given, and their sum. */
static agl_status make_whole(job *j, const double *region_total, agl_error *err) {
    const agl_plants *p = j->plants;
    size_t occupied = 0;
    j->whole = AGL_NEW(double, p->n_regions);
    if (!j->whole) return agl_fail_memory(err);
    if (!region_total)
        for (size_t k = 0; k < p->n; k++)
            j->whole[p->region[k]] += weight_of(j, k);
    for (size_t r = 0; r < p->n_regions; r++) {
        if (region_total) j->whole[r] = region_total[r];
        if (!(j->whole[r] >= 0) || isinf(j->whole[r]))
            return agl_fail(err, AGL_EDATA, "region %zu: the total %g is not a finite number >= 0", r,
                            j->whole[r]);
        occupied += j->whole[r] > 0;
    }
    if (occupied < 2)
        return agl_fail(err, AGL_EDATA, "fewer than two regions hold anything: the index compares regions");
    j->whole_total = agl__sum(j->whole, p->n_regions);
    return AGL_OK;
}

agl_status agl_agglomerate(agl_agglomeration *out, const agl_plants *plants, const double *region_total,
                           const agl_agglomeration_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_agglomeration_options o = AGL_AGGLOMERATION_OPTIONS_INIT;
    if (options) o = *options;
    if (o.exclude_own && region_total)
        return agl_fail(err, AGL_EUSAGE,
                        "the own industry can be excluded only from totals formed from the establishments");
    agl_status status = check_plants(plants, err);
    if (status != AGL_OK) return status;
    job j = {.plants = plants, .options = &o, .ctx = ctx, .out = out};
    status = make_whole(&j, region_total, err);
    if (status == AGL_OK)
        status = agl__groups(&j.start, &j.member, plants->industry, plants->n_industries, plants->n, err);
    if (status == AGL_OK)
        status = agl__parallel((plants->n_industries + INDUSTRIES_PER_TASK - 1) / INDUSTRIES_PER_TASK, task,
                               &j, "agglomeration", ctx, err);
    free(j.whole);
    free(j.start);
    free(j.member);
    return status;
}

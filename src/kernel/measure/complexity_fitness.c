/* Fitness and product complexity (Tacchella et al. 2012), and the method of reflections. */
#include "base/mem.h"
#include "base/sum.h"
#include "kernel/measure/complexity.h"

#include <math.h>
#include <string.h>

/* The order of the regions has to stand still for STILL steps; regions at the bottom of a nested table fall
 * towards zero for ever (Pugliese et al. 2016) without changing places. */
enum { STILL = 20, MOST = 5000 };

static void divide_by_mean(double *x, size_t n) {
    double mean = agl__sum(x, n) / (double)n;
    for (size_t i = 0; i < n; i++)
        x[i] /= mean;
}

static double power(double x, double e) { return e == 1 ? x : pow(x, e); }

/* F~ = M Q,  Q~ = ( M' F^-e )^(-1/e), both from the F and Q of the step before. */
static void step(double *f_new, double *q_new, const double *f, const double *q, const agl__presence *p,
                 double e) {
    for (size_t r = 0; r < p->n_regions; r++) {
        double sum = 0;
        for (size_t k = p->regions.start[r]; k < p->regions.start[r + 1]; k++)
            sum += q[p->regions.other[k]];
        f_new[r] = sum;
    }
    for (size_t i = 0; i < p->n_industries; i++) {
        double sum = 0;
        for (size_t k = p->industries.start[i]; k < p->industries.start[i + 1]; k++)
            sum += power(1 / f[p->industries.other[k]], e);
        q_new[i] = power(1 / sum, 1 / e); /* 0 once a fitness has fallen out of the range of numbers */
    }
    divide_by_mean(f_new, p->n_regions);
    divide_by_mean(q_new, p->n_industries);
}

typedef struct ranked {
    double value;
    size_t region;
} ranked;

static int fitter_first(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->value != y->value) return x->value > y->value ? -1 : 1;
    return (x->region > y->region) - (x->region < y->region);
}

/** Puts the order of f into `order`; true when it was that already. */
static bool same_order(size_t *order, ranked *scratch, const double *f, size_t n) {
    bool same = true;
    for (size_t r = 1; r < n && same; r++) {
        double before = f[order[r - 1]], here = f[order[r]];
        same = before > here || (before == here && order[r - 1] < order[r]);
    }
    if (same) return true;
    for (size_t r = 0; r < n; r++)
        scratch[r] = (ranked){f[r], r};
    qsort(scratch, n, sizeof *scratch, fitter_first);
    for (size_t r = 0; r < n; r++)
        order[r] = scratch[r].region;
    return false;
}

agl_status agl__fitness(double *fitness, double *q, size_t *iterations, bool *settled, const agl__presence *p,
                        size_t wanted, double extremality, const agl_ctx *ctx, agl_error *err) {
    size_t n = p->n_regions, m = p->n_industries, still = 0, limit = wanted ? wanted : MOST;
    double *f_new = AGL_NEW(double, n), *q_new = AGL_NEW(double, m);
    size_t *order = AGL_NEW(size_t, n);
    ranked *scratch = AGL_NEW(ranked, n);
    agl_status status = f_new && q_new && order && scratch ? AGL_OK : agl_fail_memory(err);
    for (size_t r = 0; r < n && status == AGL_OK; r++)
        fitness[r] = 1, order[r] = r;
    for (size_t i = 0; i < m && status == AGL_OK; i++)
        q[i] = 1;
    for (*iterations = 0; status == AGL_OK && *iterations < limit && (wanted || still < STILL);
         ++*iterations) {
        if (agl_cancelled(ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
        step(f_new, q_new, fitness, q, p, extremality);
        memcpy(fitness, f_new, n * sizeof *fitness);
        memcpy(q, q_new, m * sizeof *q);
        still = same_order(order, scratch, fitness, n) ? still + 1 : 0;
    }
    *settled = still >= STILL;
    free(f_new);
    free(q_new);
    free(order);
    free(scratch);
    return status;
}

/* k_N of a region is the mean of k_(N-1) of its industries, and the other way round; from k_0 = degree. What
 * tells regions apart shrinks with each step, so that the vectors are centred and scaled on the way: that
 * changes neither mean differences nor signs. */
agl_status agl__reflections(double *regions, const agl__presence *p, size_t steps, agl_error *err) {
    double *industries = AGL_NEW(double, p->n_industries);
    if (!industries) return agl_fail_memory(err);
    for (size_t r = 0; r < p->n_regions; r++)
        regions[r] = (double)agl__list_size(&p->regions, r);
    for (size_t s = 0; s < steps; s += 2) {
        double mean, sd;
        for (size_t i = 0; i < p->n_industries; i++) {
            industries[i] = 0;
            for (size_t k = p->industries.start[i]; k < p->industries.start[i + 1]; k++)
                industries[i] += regions[p->industries.other[k]] / (double)agl__list_size(&p->industries, i);
        }
        for (size_t r = 0; r < p->n_regions; r++) {
            regions[r] = 0;
            for (size_t k = p->regions.start[r]; k < p->regions.start[r + 1]; k++)
                regions[r] += industries[p->regions.other[k]] / (double)agl__list_size(&p->regions, r);
        }
        agl__mean_sd(&mean, &sd, regions, p->n_regions, 1);
        for (size_t r = 0; r < p->n_regions && sd > 0; r++)
            regions[r] = (regions[r] - mean) / sd;
    }
    free(industries);
    return AGL_OK;
}

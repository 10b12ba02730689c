/* Smoothed bootstrap of radial efficiency (Simar and Wilson 1998, Management Science 44(1); 2000, Journal of
 * Productivity Analysis 13). */
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/sort.h"
#include "base/sum.h"
#include "kernel/allocate/dea.h"

#include <math.h>
#include <string.h>

enum { MOST_ORDERED = 20000 }; /* units that are put in order */

typedef struct job {
    const agl_dea_units *units;
    const double *distance; /* n: d >= 1 */
    double h, mean, shrink; /* kernel bandwidth, mean of d, and 1 / sqrt(1 + h^2 / var d) */
    agl_dea_options options;
    uint64_t seed;
    size_t n, replications;
    size_t *order; /* n: units that lie next to each other follow each other */
    float
        *draws; /* n x replications: d^ / d - 1, whose rounding to single precision is far below its noise */
} job;

/* ---- the kernel density of the distances
 * ---------------------------------------------------------------------------- */

static void moments(double *mean, double *sd, const double *v, size_t n) {
    agl_sum sum = {0, 0}, squares = {0, 0};
    for (size_t j = 0; j < n; j++)
        agl__sum_add(&sum, v[j]);
    *mean = agl__sum_value(&sum) / (double)n;
    for (size_t j = 0; j < n; j++)
        agl__sum_add(&squares, (v[j] - *mean) * (v[j] - *mean));
    *sd = sqrt(agl__sum_value(&squares) / (double)(n - 1));
}

/** Silverman's rule on the distances above 1 and their mirror images: the ones at 1 are an artefact of the
 * estimate. */
static agl_status bandwidth(double *h, const double *d, size_t n, agl_error *err) {
    double *both = AGL_NEW(double, 2 * n), mean, sd_one, sd_both;
    if (!both) return agl_fail_memory(err);
    size_t k = 0;
    for (size_t j = 0; j < n; j++)
        if (d[j] > 1) both[k++] = d[j];
    if (k < 3) {
        free(both);
        return agl_fail(err, AGL_EDATA,
                        "%zu of %zu units are inefficient: too few for a bootstrap; use fewer inputs and "
                        "outputs, or constant returns to scale",
                        k, n);
    }
    moments(&mean, &sd_one, both, k);
    for (size_t j = 0; j < k; j++)
        both[k + j] = 2 - both[j];
    moments(&mean, &sd_both, both, 2 * k);
    qsort(both, 2 * k, sizeof *both, agl__ascending);
    double spread =
        (agl__quantile_sorted(both, 2 * k, 0.75) - agl__quantile_sorted(both, 2 * k, 0.25)) / 1.34;
    double width = spread > 0 && spread < sd_both ? spread : sd_both;
    *h = 0.9 * width * pow((double)(2 * k), -0.2) * pow(2, 0.2) * (sd_one > 0 ? sd_one / sd_both : 1);
    free(both);
    return AGL_OK;
}

/** A distance from the density: one of the sample plus noise, mirrored at 1, with the variance of the sample
 * restored. */
static double draw_distance(const job *j, agl_rng *rng) {
    double d = j->distance[agl__rng_below(rng, (uint32_t)j->n)] + j->h * agl__rng_normal(rng);
    d = j->mean + (d - j->mean) * j->shrink;
    return d < 1 ? 2 - d : d;
}

/* ---- one replication
 * ------------------------------------------------------------------------------------------------ */

/** The units moved along their rays to the drawn distances. */
static void pseudo_units(double *x, double *y, const job *j, uint32_t replication) {
    size_t m = j->units->inputs.cols, s = j->units->outputs.cols;
    agl_rng rng = agl__rng(j->seed, replication, 0);
    for (size_t at = 0; at < j->n; at++) {
        size_t k = j->order[at];
        double factor = draw_distance(j, &rng) / j->distance[k];
        for (size_t i = 0; i < m; i++)
            x[at * m + i] = j->units->inputs.data[k * j->units->inputs.stride + i] *
                            (j->options.orientation == AGL_INPUT ? factor : 1);
        for (size_t r = 0; r < s; r++)
            y[at * s + r] = j->units->outputs.data[k * j->units->outputs.stride + r] /
                            (j->options.orientation == AGL_OUTPUT ? factor : 1);
    }
}

/** A path from each unit to the nearest that has not been met, by the logarithms of inputs and outputs. A
 * program starts from the last basis, and neighbours have much the same one: the path saves some 40 % of the
 * time. O(n^2), once for all replications. */
static agl_status neighbours(size_t *order, const agl_dea_units *units, agl_error *err) {
    size_t n = units->inputs.rows, m = units->inputs.cols, d = m + units->outputs.cols;
    double *v = AGL_NEW(double, n *d);
    if (!v) return agl_fail_memory(err);
    for (size_t k = 0; k < n; k++) {
        order[k] = k;
        for (size_t i = 0; i < d; i++) {
            double x = i < m ? units->inputs.data[k * units->inputs.stride + i]
                             : units->outputs.data[k * units->outputs.stride + i - m];
            v[k * d + i] = x > 0 ? log(x) : -30;
        }
    }
    for (size_t k = 0; k + 1 < n && n <= MOST_ORDERED; k++) {
        size_t best = k + 1;
        double least = INFINITY;
        for (size_t next = k + 1; next < n; next++) {
            double apart = 0;
            for (size_t i = 0; i < d; i++) {
                double x = v[order[k] * d + i] - v[order[next] * d + i];
                apart += x * x;
            }
            if (apart < least) least = apart, best = next;
        }
        size_t swap = order[k + 1];
        order[k + 1] = order[best], order[best] = swap;
    }
    free(v);
    return AGL_OK;
}

static agl_status measure_all(job *j, size_t replication, const agl_tech *tech, agl_error *err) {
    agl_lp *lp = AGL_NEW(agl_lp, 1);
    agl_status status = lp ? agl__lp_reserve(lp, tech->f, err) : agl_fail_memory(err);
    for (size_t at = 0; status == AGL_OK && at < j->n; at++) {
        size_t k = j->order[at];
        const agl_cmat *x = &j->units->inputs, *y = &j->units->outputs;
        agl_dea_point p = agl__dea_point(tech, x->data + k * x->stride, y->data + k * y->stride);
        double t;
        status = agl__dea_solve(&t, lp, tech, &p, j->options.orientation, SIZE_MAX, err);
        j->draws[k * j->replications + replication] =
            (float)(1 / t / j->distance[k] - 1); /* d^ = 1/t either way */
    }
    if (lp) agl__lp_free(lp);
    free(lp);
    return status;
}

static agl_status task(void *arg, size_t replication, int worker, agl_error *err) {
    (void)worker;
    job *j = arg;
    size_t m = j->units->inputs.cols, s = j->units->outputs.cols;
    double *x = AGL_NEW(double, j->n *m), *y = AGL_NEW(double, j->n *s);
    agl_tech tech = {0};
    agl_ctx alone = AGL_CTX_INIT;
    alone.threads = 1;
    agl_status status = AGL_OK;
    if (!x || !y)
        status = agl_fail_memory(err);
    else {
        pseudo_units(x, y, j, (uint32_t)replication);
        agl_dea_units units = {{x, j->n, m, m}, {y, j->n, s, s}};
        status = agl__tech_make(&tech, &units, j->options.rts, &alone, err);
    }
    if (status == AGL_OK) status = measure_all(j, replication, &tech, err);
    agl__tech_free(&tech);
    free(x);
    free(y);
    return status;
}

/* ---- summary
 * -------------------------------------------------------------------------------------------------------- */

static void put(const agl_dea_interval *out, size_t k, double corrected, double lo, double hi) {
    if (out->corrected) out->corrected[k] = corrected;
    if (out->lo) out->lo[k] = lo;
    if (out->hi) out->hi[k] = hi;
}

/** From the draws of unit k to corrected distance and interval, in the scale of the score. */
static void summarise(const agl_dea_interval *out, const job *j, size_t k, double level, double *sorted) {
    double d = j->distance[k], mean, sd;
    size_t n = 0;
    for (size_t b = 0; b < j->replications; b++) {
        double draw = (double)j->draws[k * j->replications + b] * d;
        if (isfinite(draw)) sorted[n++] = draw;
    }
    /* Under VRS a pseudo sample may not reach the unit at all. Where that is common, the quantiles would be
     * of the others only. */
    if (!isfinite(d) || (double)n < 0.9 * (double)j->replications || n < 2) {
        put(out, k, NAN, NAN, NAN);
        return;
    }
    moments(&mean, &sd, sorted, n);
    qsort(sorted, n, sizeof *sorted, agl__ascending);
    double corrected = d - mean, least = d - agl__quantile_sorted(sorted, n, (1 + level) / 2),
           most = d - agl__quantile_sorted(sorted, n, (1 - level) / 2);
    if (j->options.orientation == AGL_OUTPUT)
        put(out, k, corrected, least, most);
    else
        put(out, k, 1 / corrected, 1 / most, 1 / least);
}

static agl_status prepare(job *j, double *distance, const double *score, const agl_dea_bootstrap_options *o,
                          agl_error *err) {
    double sd;
    for (size_t k = 0; k < j->n; k++) {
        distance[k] = j->options.orientation == AGL_INPUT ? 1 / score[k] : score[k];
        if (!(distance[k] >= 1 && distance[k] < INFINITY))
            return agl_fail(err, AGL_EDATA,
                            "unit %zu has a score of %g, which is none of a unit in its own technology",
                            k + 1, score[k]);
    }
    moments(&j->mean, &sd, distance, j->n);
    j->h = o->bandwidth;
    agl_status status = o->bandwidth > 0 ? AGL_OK : bandwidth(&j->h, distance, j->n, err);
    j->shrink = sd > 0 ? 1 / sqrt(1 + j->h * j->h / (sd * sd)) : 1;
    return status;
}

static agl_status check_options(const agl_dea_options *d, const agl_dea_bootstrap_options *o,
                                agl_error *err) {
    if (o->replications < 2 || !(o->level > 0 && o->level < 1))
        return agl_fail(err, AGL_EUSAGE,
                        "%zu replications and a level of %g: at least 2, and between 0 and 1",
                        o->replications, o->level);
    if (d->rts == AGL_FDH || d->orientation == AGL_BOTH)
        return agl_fail(err, AGL_EUSAGE, "the bootstrap needs convex technologies and one orientation");
    return AGL_OK;
}

agl_status agl_dea_bootstrap(agl_dea_interval *out, const double *score, const agl_dea_units *units,
                             const agl_dea_options *options, const agl_dea_bootstrap_options *bootstrap,
                             const agl_ctx *ctx, agl_error *err) {
    agl_dea_bootstrap_options o = AGL_DEA_BOOTSTRAP_INIT;
    agl_dea_options d = AGL_DEA_OPTIONS_INIT;
    if (bootstrap) o = *bootstrap;
    if (options) d = *options;
    agl_status status = check_options(&d, &o, err);
    if (status == AGL_OK) status = agl__dea_check(units, err);
    if (status != AGL_OK) return status;
    size_t n = units->inputs.rows;
    double *distance = AGL_NEW(double, n), *sorted = AGL_NEW(double, o.replications);
    float *draws = AGL_NEW(float, n *o.replications);
    size_t *order = AGL_NEW(size_t, n);
    job j = {.units = units,
             .distance = distance,
             .options = d,
             .seed = agl_seed(ctx),
             .n = n,
             .replications = o.replications,
             .order = order,
             .draws = draws};
    status = distance && sorted && draws && order && n > 1 ? prepare(&j, distance, score, &o, err)
                                                           : agl_fail_memory(err);
    if (status == AGL_OK) status = neighbours(order, units, err);
    if (status == AGL_OK) status = agl__parallel(o.replications, task, &j, "bootstrap", ctx, err);
    for (size_t k = 0; status == AGL_OK && k < n; k++)
        summarise(out, &j, k, o.level, sorted);
    if (status == AGL_OK && out->bandwidth) *out->bandwidth = j.h;
    free(distance);
    free(sorted);
    free(draws);
    free(order);
    return status;
}

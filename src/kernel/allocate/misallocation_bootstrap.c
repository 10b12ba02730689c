#include "agglo/envelope.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/sort.h"
#include "kernel/allocate/misallocation.h"
#include "kernel/measure/cells.h"

#include <math.h>

/* One Philox block gives eight 16-bit numbers: eight replications are drawn at a time, and the pass over the
 * firms, which is bound by memory, is made an eighth as often. */
#define LANES      8
#define BITS_16    65536
#define MOST_DRAWS 9

/** What a firm adds to its market's sums when it is drawn once. */
typedef struct firm {
    uint32_t unit;
    double output, labour, capital, weight;
} firm;

typedef struct bootstrap {
    const agl_producers *f;
    const agl_ctx *ctx;
    const int32_t *group;
    size_t n_levels, n_groups, replications;
    agl_misallocation_model model;
    agl_gain_power power;
    uint64_t seed;
    size_t *start;    /* n_markets + 1 */
    firm *sorted;     /* by market */
    double *ln_scale; /* n_markets: the weights are X_i TFPR_i^p over exp of this */
    double *draw;     /* n_groups x (replications + 1); the last is the sample itself */
    uint8_t *times;   /* 65536: Poisson(1) by 16 random bits */
} bootstrap;

/** Poisson(1) by the distribution function, its steps rounded to 1/65536: the mean is right to 1e-5. */
static void poisson_table(uint8_t *times) {
    double p = exp(-1), sum = p;
    uint8_t k = 0;
    for (size_t u = 0; u < BITS_16; u++) {
        while (k < MOST_DRAWS && (double)u + 0.5 > sum * BITS_16)
            p /= ++k, sum += p;
        times[u] = k;
    }
}

typedef struct sums {
    double output[LANES], labour[LANES], capital[LANES], weight[LANES];
} sums;

/** Sums of a market in eight replications, or, with `once`, of the firms as they are. */
static void add_market(sums *s, const bootstrap *b, size_t m, uint32_t batch, bool once) {
    *s = (sums){0};
    philox4x32_key_t key = {{(uint32_t)b->seed, (uint32_t)(b->seed >> 32)}};
    for (size_t k = b->start[m]; k < b->start[m + 1]; k++) {
        const firm *one = b->sorted + k;
        philox4x32_ctr_t counter = {{0, 1, batch, one->unit}}, bits = philox4x32(counter, key);
        double times[LANES];
        for (int lane = 0; lane < LANES; lane++)
            times[lane] = once ? 1 : b->times[bits.v[lane / 2] >> (lane % 2 ? 16 : 0) & 0xffff];
        for (int lane = 0; lane < LANES; lane++) {
            s->output[lane] += times[lane] * one->output;
            s->labour[lane] += times[lane] * one->labour;
            s->capital[lane] += times[lane] * one->capital;
            s->weight[lane] += times[lane] * one->weight;
        }
    }
}

/** G = [ sum X_i TFPR_i^p / (X TFPR^p) ]^q with the totals of the sample. */
static double ln_gain(const bootstrap *b, const sums *s, int lane, size_t m) {
    double a = b->f->capital_share[m];
    double ln_total = a * log(s->capital[lane]) + (1 - a) * log(s->labour[lane]);
    double ln_level = log(s->output[lane]) - ln_total;
    return b->power.q * (log(s->weight[lane]) + b->ln_scale[m] - ln_total - b->power.p * ln_level);
}

/** Adds the eight samples of a market to its groups: sum Y and sum Y ln G (or sum Y (G - 1)). */
static void add_to_groups(double *output, double *gain, const bootstrap *b, const sums *s, size_t m) {
    for (size_t lane = 0; lane < LANES; lane++) {
        if (!(s->output[lane] > 0)) continue; /* nothing of this market was drawn */
        double ln = ln_gain(b, s, (int)lane, m);
        double times = s->output[lane] * (b->model == AGL_HSIEH_KLENOW ? ln : expm1(ln));
        for (size_t level = 0; level < b->n_levels; level++) {
            int32_t g = b->group[level * b->f->n_markets + m];
            if (g < 0) continue;
            output[(size_t)g * LANES + lane] += s->output[lane];
            gain[(size_t)g * LANES + lane] += times;
        }
    }
}

/** Task t makes replications 8 t .. 8 t + 7; the task after the last computes the sample itself. */
static agl_status batch(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    bootstrap *b = arg;
    bool once = t * LANES >= b->replications;
    size_t first = once ? b->replications : t * LANES, last = once ? first + 1 : b->replications;
    double *output = AGL_NEW(double, b->n_groups *LANES), *gain = AGL_NEW(double, b->n_groups *LANES);
    agl_status status = output && gain ? AGL_OK : agl_fail_memory(err);
    for (size_t m = 0; m < b->f->n_markets && status == AGL_OK; m++) {
        sums s;
        add_market(&s, b, m, (uint32_t)t, once);
        add_to_groups(output, gain, b, &s, m);
        if (agl_cancelled(b->ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    for (size_t g = 0; g < b->n_groups && status == AGL_OK; g++)
        for (size_t lane = 0; lane < LANES && first + lane < last; lane++) {
            double total = output[g * LANES + lane], mean = total > 0 ? gain[g * LANES + lane] / total : NAN;
            b->draw[g * (b->replications + 1) + first + lane] =
                b->model == AGL_HSIEH_KLENOW ? mean : log1p(mean);
        }
    free(output);
    free(gain);
    return status;
}

static agl_status prepare(bootstrap *b, const int32_t *unit, agl_error *err) {
    const agl_producers *f = b->f;
    uint32_t *member = NULL;
    agl_status status = agl__groups(&b->start, &member, f->market, f->n_markets, f->n, err);
    b->sorted = AGL_NEW(firm, f->n);
    b->ln_scale = AGL_NEW(double, f->n_markets);
    b->draw = AGL_NEW(double, b->n_groups *(b->replications + 1));
    b->times = AGL_NEW(uint8_t, BITS_16);
    if (status == AGL_OK && !(b->sorted && b->ln_scale && b->draw && b->times)) status = agl_fail_memory(err);
    if (status == AGL_OK) poisson_table(b->times);
    for (size_t m = 0; m < f->n_markets && status == AGL_OK; m++) {
        double a = f->capital_share[m], most = -INFINITY;
        for (size_t k = b->start[m]; k < b->start[m + 1]; k++) {
            size_t i = member[k];
            double ln_x = a * log(f->capital[i]) + (1 - a) * log(f->labour[i]);
            double ln_w = ln_x + b->power.p * (log(f->output[i]) - ln_x);
            b->sorted[k] = (firm){unit ? (uint32_t)unit[i] : (uint32_t)i, f->output[i], f->labour[i],
                                  f->capital[i], ln_w};
            most = fmax(most, ln_w);
        }
        b->ln_scale[m] = most;
        for (size_t k = b->start[m]; k < b->start[m + 1]; k++)
            b->sorted[k].weight = exp(b->sorted[k].weight - most);
    }
    free(member);
    return status;
}

/** Basic interval on the logarithm: 2 d - Q(1 - a/2) to 2 d - Q(a/2), d = ln(1 + gain) of the sample. The
 * gain of a small market is a convex function of few firms and too small in the sample, and once more too
 * small in the replications: percentiles would carry that bias twice. NaN with fewer than ten replications.
 */
static void interval(double *lo, double *hi, double *draw, size_t replications, double level) {
    double own = draw[replications];
    size_t n = 0;
    for (size_t r = 0; r < replications; r++)
        if (!isnan(draw[r])) draw[n++] = draw[r];
    qsort(draw, n, sizeof *draw, agl__ascending);
    *lo = n < 10 ? NAN : expm1(2 * own - agl_quantile_sorted(draw, n, (1 + level) / 2));
    *hi = n < 10 ? NAN : expm1(2 * own - agl_quantile_sorted(draw, n, (1 - level) / 2));
}

agl_status agl_misallocation_bootstrap(agl_gain_interval *out, const agl_producers *firms,
                                       const int32_t *unit, const int32_t *group, size_t n_levels,
                                       size_t n_groups, size_t replications, double level,
                                       const agl_misallocation_options *options, const agl_ctx *ctx,
                                       agl_error *err) {
    agl_misallocation_options o = AGL_MISALLOCATION_OPTIONS_INIT;
    if (options) o = *options;
    if (!(level > 0 && level < 1) || replications > UINT32_MAX)
        return agl_fail(err, AGL_EUSAGE, "level must lie between 0 and 1, not %g", level);
    bootstrap b = {.f = firms,
                   .ctx = ctx,
                   .group = group,
                   .n_levels = n_levels,
                   .n_groups = n_groups,
                   .replications = replications,
                   .model = o.model,
                   .seed = agl_seed(ctx)};
    agl_status status = agl__gain_power(&b.power, &o, err);
    if (status == AGL_OK) status = prepare(&b, unit, err);
    if (status == AGL_OK)
        status = agl__parallel((replications + LANES - 1) / LANES + 1, batch, &b, "bootstrap", ctx, err);
    for (size_t g = 0; g < n_groups && status == AGL_OK; g++)
        interval(out->lo + g, out->hi + g, b.draw + g * (replications + 1), replications, level);
    free(b.start);
    free(b.sorted);
    free(b.ln_scale);
    free(b.draw);
    free(b.times);
    return status;
}

#include "kernel/allocate/misallocation.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <math.h>

#define FIRMS_PER_TASK 16384

agl_status agl__gain_power(agl_gain_power *out, const agl_misallocation_options *o, agl_error *err) {
    if (o->model == AGL_HSIEH_KLENOW && !(o->sigma > 1 && isfinite(o->sigma)))
        return agl_fail(err, AGL_EUSAGE, "sigma must be above 1, not %g", o->sigma);
    if (o->model == AGL_SPAN_OF_CONTROL && !(o->gamma > 0 && o->gamma < 1))
        return agl_fail(err, AGL_EUSAGE, "gamma must lie between 0 and 1, not %g", o->gamma);
    if (!(o->rental > 0))
        return agl_fail(err, AGL_EUSAGE, "the rental price must be above 0, not %g", o->rental);
    *out = o->model == AGL_HSIEH_KLENOW ? (agl_gain_power){o->sigma, 1 / (o->sigma - 1)}
                                        : (agl_gain_power){1 / (1 - o->gamma), 1 - o->gamma};
    return AGL_OK;
}

typedef struct job {
    const agl_producers *f;
    const agl_misallocation_options *o;
    agl_gain_power power;
    const agl_market *market;
    double *ln_x;                /* n: ln X_i, then ln x_i */
    double *ln_r;                /* n: ln TFPR_i, then ln r_i */
    double *weight;              /* n: x_i r_i^p */
    double *ln_total, *ln_level; /* n_markets: ln (K^a L^(1-a)) and ln of Y over it */
    double *sum;                 /* n_markets: sum of the weights */
    agl_wedges *out;
} job;

static size_t last_of(const job *j, size_t t) {
    return (t + 1) * FIRMS_PER_TASK < j->f->n ? (t + 1) * FIRMS_PER_TASK : j->f->n;
}

/** ln X = a ln K + (1-a) ln L,  ln TFPR = ln Y - ln X. */
static agl_status logs(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    job *j = arg;
    const agl_producers *f = j->f;
    for (size_t i = t * FIRMS_PER_TASK; i < last_of(j, t); i++) {
        int32_t m = f->market[i];
        if (m < 0) continue;
        if ((size_t)m >= f->n_markets)
            return agl_fail(err, AGL_EDATA, "firm %zu: market %d does not exist", i, m);
        if (!(f->output[i] > 0 && f->labour[i] > 0 && f->capital[i] > 0) ||
            !isfinite(f->output[i] + f->labour[i] + f->capital[i]))
            return agl_fail(err, AGL_EDATA, "firm %zu: output, labour and capital must be above zero", i);
        double a = f->capital_share[m];
        if (!(a > 0 && a < 1))
            return agl_fail(err, AGL_EDATA, "market %d: capital share %g is not between 0 and 1", m, a);
        j->ln_x[i] = a * log(f->capital[i]) + (1 - a) * log(f->labour[i]);
        j->ln_r[i] = log(f->output[i]) - j->ln_x[i];
    }
    return AGL_OK;
}

/** ln x = ln X - ln (K^a L^(1-a)),  ln r = ln TFPR - ln TFPR of the totals,  weight = x r^p. */
static agl_status weigh(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker, (void)err;
    job *j = arg;
    for (size_t i = t * FIRMS_PER_TASK; i < last_of(j, t); i++) {
        int32_t m = j->f->market[i];
        if (m < 0) continue;
        j->ln_x[i] -= j->ln_total[m];
        j->ln_r[i] -= j->ln_level[m];
        j->weight[i] = exp(j->ln_x[i] + j->power.p * j->ln_r[i]);
    }
    return AGL_OK;
}

static void put(double *array, size_t i, double value) {
    if (array) array[i] = value;
}

static agl_status fill(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker, (void)err;
    job *j = arg;
    const agl_producers *f = j->f;
    const agl_wedges *out = j->out;
    bool hk = j->o->model == AGL_HSIEH_KLENOW;
    double mark_up = j->o->sigma / (j->o->sigma - 1);
    for (size_t i = t * FIRMS_PER_TASK; i < last_of(j, t); i++) {
        int32_t m = f->market[i];
        double tfpr = NAN, tfpq = NAN, share = NAN, best = NAN, tau_y = NAN, tau_k = NAN;
        if (m >= 0) {
            double a = f->capital_share[m], log_w = j->ln_x[i] + j->power.p * j->ln_r[i];
            tfpr = j->ln_r[i];
            /* ln (A n^q / (sum A^(1/q))^q) = q ln (n e_i) */
            tfpq = j->power.q * (log_w - log(j->sum[m]) + log((double)j->market[m].n));
            share = f->output[i] / j->market[m].output;
            best = j->weight[i] / j->sum[m];
            if (hk) tau_y = 1 - mark_up * f->labour[i] / ((1 - a) * f->output[i]);
            if (hk) tau_k = a / (1 - a) * f->labour[i] / (j->o->rental * f->capital[i]) - 1;
        }
        put(out->ln_tfpr, i, tfpr);
        put(out->ln_tfpq, i, tfpq);
        put(out->share, i, share);
        put(out->efficient_share, i, best);
        put(out->tau_y, i, tau_y);
        put(out->tau_k, i, tau_k);
    }
    return AGL_OK;
}

/** Totals of the markets. One thread in row order: it is a few additions a firm, and gives the same bits for
 * any thread count. */
static void totals(job *j, agl_market *market) {
    const agl_producers *f = j->f;
    for (size_t m = 0; m < f->n_markets; m++)
        market[m] = (agl_market){.gain = NAN, .mean_tfpr = NAN, .sd_tfpr = NAN, .op_covariance = NAN};
    for (size_t i = 0; i < f->n; i++) {
        if (f->market[i] < 0) continue;
        agl_market *of = market + f->market[i];
        of->n++;
        of->output += f->output[i];
        of->labour += f->labour[i];
        of->capital += f->capital[i];
    }
    for (size_t m = 0; m < f->n_markets; m++) {
        if (market[m].n == 0) continue;
        double a = f->capital_share[m];
        j->ln_total[m] = a * log(market[m].capital) + (1 - a) * log(market[m].labour);
        j->ln_level[m] = log(market[m].output) - j->ln_total[m];
        market[m].mean_tfpr = market[m].sd_tfpr = market[m].op_covariance = 0;
    }
}

/** G = (sum x r^p)^q, dispersion of ln r, and sum_i s_i ln r_i - mean = sum_i (s_i - 1/n)(ln r_i - mean). */
static void results(job *j, agl_market *market) {
    const agl_producers *f = j->f;
    for (size_t i = 0; i < f->n; i++) {
        if (f->market[i] < 0) continue;
        agl_market *of = market + f->market[i];
        j->sum[f->market[i]] += j->weight[i];
        of->mean_tfpr += j->ln_r[i] / (double)of->n;
        of->op_covariance += f->output[i] / of->output * j->ln_r[i];
    }
    for (size_t i = 0; i < f->n; i++) {
        if (f->market[i] < 0) continue;
        agl_market *of = market + f->market[i];
        double d = j->ln_r[i] - of->mean_tfpr;
        of->sd_tfpr += d * d;
    }
    for (size_t m = 0; m < f->n_markets; m++) {
        agl_market *of = market + m;
        if (of->n == 0) continue;
        of->gain = expm1(j->power.q * log(j->sum[m]));
        of->op_covariance -= of->mean_tfpr;
        of->sd_tfpr = of->n > 1 ? sqrt(of->sd_tfpr / (double)(of->n - 1)) : NAN;
    }
}

agl_status agl_misallocation(agl_market *market, agl_wedges *wedges, const agl_producers *firms,
                             const agl_misallocation_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_misallocation_options o = AGL_MISALLOCATION_OPTIONS_INIT;
    if (options) o = *options;
    size_t n = firms->n, tasks = (n + FIRMS_PER_TASK - 1) / FIRMS_PER_TASK;
    job j = {.f = firms,
             .o = &o,
             .market = market,
             .out = wedges,
             .ln_x = AGL_NEW(double, n),
             .ln_r = AGL_NEW(double, n),
             .weight = AGL_NEW(double, n),
             .ln_total = AGL_NEW(double, firms->n_markets),
             .ln_level = AGL_NEW(double, firms->n_markets),
             .sum = AGL_NEW(double, firms->n_markets)};
    bool memory = j.ln_x && j.ln_r && j.weight && j.ln_total && j.ln_level && j.sum;
    agl_status status = memory ? agl__gain_power(&j.power, &o, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__parallel(tasks, logs, &j, NULL, ctx, err);
    if (status == AGL_OK) totals(&j, market);
    if (status == AGL_OK) status = agl__parallel(tasks, weigh, &j, NULL, ctx, err);
    if (status == AGL_OK) results(&j, market);
    if (status == AGL_OK && wedges) status = agl__parallel(tasks, fill, &j, NULL, ctx, err);
    free(j.ln_x);
    free(j.ln_r);
    free(j.weight);
    free(j.ln_total);
    free(j.ln_level);
    free(j.sum);
    return status;
}

void agl_misallocation_total(double *gain, double *output, const agl_market *market, size_t n_markets,
                             const int32_t *group, size_t n_groups, agl_misallocation_model model) {
    bool hk = model == AGL_HSIEH_KLENOW;
    for (size_t g = 0; g < n_groups; g++)
        gain[g] = output[g] = 0;
    for (size_t m = 0; m < n_markets; m++) {
        if (group[m] < 0 || market[m].n == 0) continue;
        output[group[m]] += market[m].output;
        gain[group[m]] += market[m].output * (hk ? log1p(market[m].gain) : market[m].gain);
    }
    for (size_t g = 0; g < n_groups; g++) {
        double mean = output[g] > 0 ? gain[g] / output[g] : NAN;
        gain[g] = hk ? expm1(mean) : mean;
    }
}

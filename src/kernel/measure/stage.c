#include "kernel/measure/stage.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"

#include <math.h>

enum { CHUNK = 256 }; /* series a task */

typedef struct labelling {
    const agl_stage_panel *p;
    const agl_stage_options *o;
    agl_stages *out;
    double *region, *cluster, *all; /* totals: regions x years, clusters x years, years */
    double *annual;                 /* clusters x years: log of the national change from the year before */
    double *national;               /* clusters x years: national growth over the window */
    agl_draws draws[AGL_STAGE_MAX_WINDOW + 1]; /* by number of things drawn, from 2 */
} labelling;

static agl_status check(const agl_stage_panel *p, const agl_stage_options *o, agl_error *err) {
    if (o->window < 1 || o->window > AGL_STAGE_MAX_WINDOW)
        return agl_fail(err, AGL_EUSAGE, "the window must be 1 to %d years", AGL_STAGE_MAX_WINDOW);
    if (p->n_years < o->window + 1)
        return agl_fail(err, AGL_EDATA, "a window of %zu years needs %zu years of data; there are %zu",
                        o->window, o->window + 1, p->n_years);
    for (size_t s = 0; s < p->n_series; s++) {
        if (p->region[s] < 0 || (size_t)p->region[s] >= p->n_regions || p->cluster[s] < 0 ||
            (size_t)p->cluster[s] >= p->n_clusters)
            return agl_fail(err, AGL_EDATA, "series %zu: region or cluster code out of range", s);
        for (size_t t = 0; t < p->n_years; t++) {
            double x = p->value[s * p->n_years + t];
            if (x < 0 || isinf(x))
                return agl_fail(err, AGL_EDATA, "series %zu: the value %g is not a finite number >= 0", s, x);
        }
    }
    return AGL_OK;
}

/* ---- the nation ---- */

static void add_totals(labelling *l) {
    const agl_stage_panel *p = l->p;
    size_t T = p->n_years;
    for (size_t s = 0; s < p->n_series; s++)
        for (size_t t = 0; t < T; t++) {
            double x = p->value[s * T + t];
            if (isnan(x)) continue;
            l->region[(size_t)p->region[s] * T + t] += x;
            l->cluster[(size_t)p->cluster[s] * T + t] += x;
            l->all[t] += x;
        }
}

/** log(X_t / X_{t-lag}) of every cluster and year over the series that are known in both; NaN where it is not
 * defined. */
static agl_status national_change(double *out, const labelling *l, size_t lag, agl_error *err) {
    const agl_stage_panel *p = l->p;
    size_t T = p->n_years, n = p->n_clusters * T;
    agl_sum *now = AGL_NEW(agl_sum, n), *then = AGL_NEW(agl_sum, n);
    agl_status status = now && then ? AGL_OK : agl_fail_memory(err);
    for (size_t s = 0; s < p->n_series && status == AGL_OK; s++)
        for (size_t t = lag; t < T; t++) {
            double x = p->value[s * T + t], y = p->value[s * T + t - lag];
            if (isnan(x) || isnan(y)) continue;
            agl__sum_add(&now[(size_t)p->cluster[s] * T + t], x);
            agl__sum_add(&then[(size_t)p->cluster[s] * T + t], y);
        }
    for (size_t k = 0; k < n && status == AGL_OK; k++) {
        double a = agl__sum_value(&now[k]), b = agl__sum_value(&then[k]);
        out[k] = a > 0 && b > 0 ? log(a / b) : NAN;
    }
    free(now);
    free(then);
    return status;
}

/* ---- growth ---- */

static double quotient(const labelling *l, size_t s, size_t t) {
    size_t T = l->p->n_years;
    double x = l->p->value[s * T + t], r = l->region[(size_t)l->p->region[s] * T + t],
           c = l->cluster[(size_t)l->p->cluster[s] * T + t], all = l->all[t];
    return r > 0 && c > 0 ? (x / r) / (c / all) : NAN;
}

/** Difference over the window of a column that may be missing. */
static double change(const double *column, size_t at, size_t lag) {
    return column ? column[at] - column[at - lag] : NAN;
}

static void grow(const labelling *l) {
    const agl_stage_panel *p = l->p;
    size_t T = p->n_years, w = l->o->window;
    for (size_t s = 0; s < p->n_series; s++)
        for (size_t t = 0; t < T; t++) {
            size_t at = s * T + t;
            agl_stages *out = l->out;
            out->lq[at] = quotient(l, s, t);
            out->growth[at] = out->national[at] = out->net[at] = out->heterogeneity_change[at] = NAN;
            if (t < w) continue;
            double x = p->value[at], y = p->value[at - w];
            out->national[at] = expm1(l->national[(size_t)p->cluster[s] * T + t] / (double)w);
            out->growth[at] = y > 0 ? expm1(log(x / y) / (double)w) : NAN;
            out->net[at] = out->growth[at] - out->national[at];
            if (fabs(out->net[at]) < 1e-12) out->net[at] = 0; /* rounding is no growth */
            out->heterogeneity_change[at] = change(p->heterogeneity, at, w);
        }
}

/** Weighted standard deviation of net growth by cluster. */
static agl_status spread(const labelling *l, agl_error *err) {
    const agl_stage_panel *p = l->p;
    size_t T = p->n_years, w = l->o->window;
    agl_sum *sums = AGL_NEW(agl_sum, 3 * p->n_clusters);
    if (!sums) return agl_fail_memory(err);
    for (int pass = 0; pass < 2; pass++)
        for (size_t s = 0; s < p->n_series; s++)
            for (size_t t = w; t < T; t++) {
                size_t at = s * T + t;
                double net = l->out->net[at], weight = (p->value[at] + p->value[at - w]) / 2;
                agl_sum *of = sums + 3 * (size_t)p->cluster[s];
                if (isnan(net)) continue;
                if (pass == 0) {
                    agl__sum_add(&of[0], weight);
                    agl__sum_add(&of[1], weight * net);
                } else {
                    double d = net - agl__sum_value(&of[1]) / agl__sum_value(&of[0]);
                    agl__sum_add(&of[2], weight * d * d);
                }
            }
    for (size_t c = 0; c < p->n_clusters; c++) {
        double weight = agl__sum_value(&sums[3 * c]);
        l->out->threshold[c] = weight > 0 ? sqrt(agl__sum_value(&sums[3 * c + 2]) / weight) : NAN;
    }
    free(sums);
    return AGL_OK;
}

/* ---- labels ---- */

/** Entries less exits over the window; unknown when a year of it is. */
static double entries(const agl_stage_panel *p, size_t at, size_t w) {
    if (!p->entry || !p->exit) return NAN;
    double net = 0;
    for (size_t k = 0; k < w; k++)
        net += p->entry[at - k] - p->exit[at - k];
    return net;
}

static bool declined(const labelling *l, size_t s, size_t t) {
    const int8_t *stage = l->out->stage + s * l->p->n_years;
    for (size_t back = 1; back <= l->o->memory && back <= t; back++)
        if (stage[t - back] == AGL_STAGE_DECLINE) return true;
    return false;
}

/** The annual steps of a window of which the bootstrap draws. */
typedef struct steps {
    size_t n;
    double own[AGL_STAGE_MAX_WINDOW], nation[AGL_STAGE_MAX_WINDOW]; /* logs of the changes */
    double lq[AGL_STAGE_MAX_WINDOW], heterogeneity[AGL_STAGE_MAX_WINDOW], entry[AGL_STAGE_MAX_WINDOW];
} steps;

static void known_steps(steps *k, const labelling *l, size_t s, size_t t) {
    const agl_stage_panel *p = l->p;
    size_t T = p->n_years;
    k->n = 0;
    for (size_t back = 0; back < l->o->window; back++) {
        size_t at = s * T + t - back;
        double own = log(p->value[at] / p->value[at - 1]);
        double nation = l->annual[(size_t)p->cluster[s] * T + t - back];
        if (!isfinite(own) || !isfinite(nation) || isnan(l->out->lq[at])) continue;
        k->own[k->n] = own, k->nation[k->n] = nation, k->lq[k->n] = l->out->lq[at];
        k->heterogeneity[k->n] = change(p->heterogeneity, at, 1);
        k->entry[k->n] = p->entry && p->exit ? p->entry[at] - p->exit[at] : NAN;
        k->n++;
    }
}

/** Share of the draws of years that give the same label. */
static double confidence(const labelling *l, size_t s, size_t t, const agl_stage_features *seen,
                         agl_stage label) {
    steps k;
    known_steps(&k, l, s, t);
    if (k.n < 2 || !(seen->before > 0)) return NAN;
    const agl_draws *d = &l->draws[k.n];
    double same = 0;
    for (size_t draw = 0; draw < d->n; draw++) {
        double own = 0, nation = 0, lq = 0, heterogeneity = 0, entry = 0;
        for (size_t i = 0; i < k.n; i++) {
            double share = d->times[draw * k.n + i] / (double)k.n;
            if (share == 0) continue;
            own += share * k.own[i], nation += share * k.nation[i], lq += share * k.lq[i];
            heterogeneity += share * k.heterogeneity[i], entry += share * k.entry[i];
        }
        agl_stage_features f = *seen;
        f.net = exp(own) - exp(nation), f.lq = lq;
        if (!isnan(seen->heterogeneity)) f.heterogeneity = heterogeneity;
        if (!isnan(seen->net_entry)) f.net_entry = entry;
        if (agl__stage_rule(&f, l->o) == label) same += d->chance[draw];
    }
    return same > 1 ? 1 : same;
}

static agl_status label_chunk(void *arg, size_t task, int worker, agl_error *err) {
    const labelling *l = arg;
    const agl_stage_panel *p = l->p;
    size_t T = p->n_years, w = l->o->window;
    (void)worker, (void)err;
    for (size_t s = task * CHUNK; s < (task + 1) * CHUNK && s < p->n_series; s++)
        for (size_t t = 0; t < T; t++) {
            size_t at = s * T + t;
            l->out->stage[at] = AGL_STAGE_UNKNOWN;
            l->out->confidence[at] = NAN;
            if (t < w) continue;
            agl_stage_features f = {.value = p->value[at],
                                    .before = p->value[at - w],
                                    .net = l->out->net[at],
                                    .sd = l->out->threshold[p->cluster[s]],
                                    .lq = l->out->lq[at],
                                    .lq_before = l->out->lq[at - w],
                                    .firms = p->firms ? p->firms[at] : NAN,
                                    .heterogeneity = l->out->heterogeneity_change[at],
                                    .net_entry = entries(p, at, w),
                                    .after_decline = declined(l, s, t)};
            agl_stage label = agl__stage_rule(&f, l->o);
            l->out->stage[at] = (int8_t)label;
            if (label != AGL_STAGE_UNKNOWN) l->out->confidence[at] = confidence(l, s, t, &f, label);
        }
    return AGL_OK;
}

static void labelling_free(labelling *l) {
    free(l->region);
    free(l->cluster);
    free(l->all);
    free(l->annual);
    free(l->national);
    for (size_t m = 0; m <= AGL_STAGE_MAX_WINDOW; m++)
        agl__draws_free(&l->draws[m]);
}

agl_status agl_label_stages(agl_stages *out, const agl_stage_panel *p, const agl_stage_options *options,
                            const agl_ctx *ctx, agl_error *err) {
    agl_stage_options o = AGL_STAGE_OPTIONS_INIT;
    if (options) o = *options;
    agl_status status = check(p, &o, err);
    if (status != AGL_OK) return status;
    size_t T = p->n_years;
    labelling l = {.p = p, .o = &o, .out = out};
    l.region = AGL_NEW(double, p->n_regions *T);
    l.cluster = AGL_NEW(double, p->n_clusters *T);
    l.all = AGL_NEW(double, T);
    l.annual = AGL_NEW(double, p->n_clusters *T);
    l.national = AGL_NEW(double, p->n_clusters *T);
    if (!l.region || !l.cluster || !l.all || !l.annual || !l.national) status = agl_fail_memory(err);
    for (size_t m = 2; m <= o.window && status == AGL_OK; m++)
        status = agl__draws_make(&l.draws[m], m, err);
    if (status == AGL_OK) {
        add_totals(&l);
        status = national_change(l.annual, &l, 1, err);
    }
    if (status == AGL_OK) status = national_change(l.national, &l, o.window, err);
    if (status == AGL_OK) {
        grow(&l);
        status = spread(&l, err);
    }
    if (status == AGL_OK)
        status = agl__parallel((p->n_series + CHUNK - 1) / CHUNK, label_chunk, &l, "stages", ctx, err);
    labelling_free(&l);
    return status;
}

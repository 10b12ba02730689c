#include "agglo/productivity.h"
#include "agglo/envelope.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/sort.h"
#include "kernel/allocate/lsq.h"
#include "kernel/allocate/panel.h"

#include <math.h>
#include <string.h>

#define D AGL_TFP_MOST_INPUTS

/** Adds the means of the inputs and of the output over rows first..last-1 into mean[0..k]. */
static void firm_means(double *mean, const agl_firm_panel *p, size_t first, size_t last) {
    size_t k = agl__panel_inputs(p);
    memset(mean, 0, (k + 1) * sizeof *mean);
    for (size_t i = first; i < last; i++) {
        for (size_t j = 0; j < k; j++)
            mean[j] += p->inputs[i * k + j] / (double)(last - first);
        mean[k] += p->output[i] / (double)(last - first);
    }
}

agl_status agl__tfp_linear(agl_tfp *out, agl_panel_work *w, bool within, agl_error *err) {
    const agl_firm_panel *p = w->p;
    size_t k = agl__panel_inputs(p), constant = !within;
    double mean[D + 1] = {0}, b[D + 1];
    agl_lsq s;
    agl_status status = agl__lsq_new(&s, k + constant + 1, err);
    for (size_t first = 0, last; first < p->n && status == AGL_OK; first = last) {
        for (last = first + 1; last < p->n && p->firm[last] == p->firm[first];)
            last++;
        if (within) firm_means(mean, p, first, last);
        for (size_t i = first; i < last; i++) {
            double *row = agl__lsq_row(&s);
            row[0] = 1;
            for (size_t j = 0; j < k; j++)
                row[constant + j] = p->inputs[i * k + j] - mean[j];
            row[constant + k] = p->output[i] - mean[k];
            agl__lsq_push(&s);
        }
    }
    if (status == AGL_OK && !agl__lsq_solve(b, &s, k + constant))
        status = agl_fail(err, AGL_EDATA,
                          within ? "the inputs do not vary within firms, or are collinear there"
                                 : "the inputs are collinear, or there are fewer firm-years than inputs");
    if (status == AGL_OK) memcpy(out->coefficient, b + constant, k * sizeof *b);
    agl__lsq_free(&s);
    return status;
}

/** `tfp` is filled by GNR alone, the productivity of the others follows from the coefficients. */
static agl_status estimate(agl_tfp *out, double *tfp, const agl_firm_panel *p, const agl_tfp_options *o,
                           const double *start, const agl_ctx *ctx, agl_error *err) {
    agl_panel_work w;
    agl_status status = agl__panel_work(&w, p, err);
    out->n_pairs = w.n_pairs;
    if (status == AGL_OK) switch (o->method) {
        case AGL_TFP_OLS:
            status = agl__tfp_linear(out, &w, false, err);
            break;
        case AGL_TFP_FE:
            status = agl__tfp_linear(out, &w, true, err);
            break;
        case AGL_TFP_OP:
        case AGL_TFP_LP:
            status = agl__tfp_two_stage(out, &w, start, ctx, err);
            break;
        case AGL_TFP_WRDG:
            status = agl__tfp_wooldridge(out, &w, o->no_drift, err);
            break;
        case AGL_TFP_ACF:
            status = agl__tfp_acf(out, &w, start, ctx, err);
            break;
        case AGL_TFP_GNR:
            status = agl__tfp_gnr(out, tfp, &w, ctx, err);
            break;
        }
    agl__panel_work_free(&w);
    return status;
}

/* ---- bootstrap by firms ---- */

typedef struct bootstrap {
    const agl_firm_panel *p;
    const agl_tfp_options *o;
    const agl_ctx *ctx;
    const double *start;
    const size_t *first; /* n_firms + 1: where the rows of a firm begin */
    double *draw;        /* replications x (D + 1): coefficients and their sum, NaN where none */
} bootstrap;

typedef struct copy {
    int32_t *firm, *year;
    double *output, *inputs, *proxy;
} copy;

static void copy_free(copy *c) {
    free(c->firm);
    free(c->year);
    free(c->output);
    free(c->inputs);
    free(c->proxy);
}

static bool copy_new(copy *c, size_t n, size_t k) {
    *c = (copy){AGL_NEW(int32_t, n), AGL_NEW(int32_t, n), AGL_NEW(double, n), AGL_NEW(double, n *k),
                AGL_NEW(double, n)};
    return c->firm && c->year && c->output && c->inputs && c->proxy;
}

/** One replication: as many firms as there are, drawn with replacement, each draw a firm of its own. */
static agl_status replicate(void *arg, size_t r, int worker, agl_error *err) {
    (void)worker;
    bootstrap *b = arg;
    const agl_firm_panel *p = b->p;
    size_t k = agl__panel_inputs(p), n = 0;
    agl_rng rng = agl__rng(agl_seed(b->ctx), (uint32_t)r, 0);
    for (size_t f = 0; f < p->n_firms; f++) {
        uint32_t drawn = agl__rng_below(&rng, (uint32_t)p->n_firms);
        n += b->first[drawn + 1] - b->first[drawn];
    }
    copy c;
    agl_status status = copy_new(&c, n, k) ? AGL_OK : agl_fail_memory(err);
    rng = agl__rng(agl_seed(b->ctx), (uint32_t)r,
                   0); /* the same draws once more, now that their size is known */
    n = 0;
    for (size_t f = 0; f < p->n_firms && status == AGL_OK; f++) {
        uint32_t drawn = agl__rng_below(&rng, (uint32_t)p->n_firms);
        for (size_t i = b->first[drawn]; i < b->first[drawn + 1]; i++, n++) {
            c.firm[n] = (int32_t)f;
            c.year[n] = p->year[i];
            c.output[n] = p->output[i];
            c.proxy[n] = p->proxy ? p->proxy[i] : 0;
            memcpy(c.inputs + n * k, p->inputs + i * k, k * sizeof(double));
        }
    }
    double *draw = b->draw + r * (D + 1);
    draw[0] = NAN;
    if (status == AGL_OK) {
        agl_firm_panel sample = *p;
        sample.n = n;
        sample.firm = c.firm, sample.year = c.year, sample.output = c.output, sample.inputs = c.inputs,
        sample.proxy = c.proxy;
        agl_tfp one = {0};
        status = estimate(&one, NULL, &sample, b->o, b->start, b->ctx, err);
        if (status == AGL_OK) {
            draw[k] = 0;
            for (size_t j = 0; j < k; j++)
                draw[k] += draw[j] = one.coefficient[j];
        } else if (status == AGL_EDATA || status == AGL_ECONV) {
            status = AGL_OK; /* a sample that cannot be estimated is left out and counted */
        }
    }
    copy_free(&c);
    return status;
}

/** Standard deviation and percentile interval of each coefficient over the replications. */
static void summarise(agl_tfp *out, double *column, const double *draw, size_t k, const agl_tfp_options *o) {
    for (size_t j = 0; j <= k; j++) {
        size_t n = 0;
        double mean = 0, square = 0;
        for (size_t r = 0; r < o->replications; r++)
            if (!isnan(draw[r * (D + 1)])) column[n++] = draw[r * (D + 1) + j];
        for (size_t r = 0; r < n; r++)
            mean += column[r] / (double)n;
        for (size_t r = 0; r < n; r++)
            square += (column[r] - mean) * (column[r] - mean);
        out->n_replicates = n;
        if (n < 10) continue;
        qsort(column, n, sizeof *column, agl__ascending);
        out->se[j] = sqrt(square / (double)(n - 1));
        out->lo[j] = agl_quantile_sorted(column, n, (1 - o->level) / 2);
        out->hi[j] = agl_quantile_sorted(column, n, (1 + o->level) / 2);
    }
}

static agl_status run_bootstrap(agl_tfp *out, const agl_firm_panel *p, const agl_tfp_options *o,
                                const agl_ctx *ctx, agl_error *err) {
    size_t *first = AGL_NEW(size_t, p->n_firms + 1);
    double *draw = AGL_NEW(double, o->replications *(D + 1)), *column = AGL_NEW(double, o->replications);
    agl_status status = first && draw && column ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (size_t i = 0; i < p->n; i++)
            first[p->firm[i] + 1]++;
        for (size_t f = 0; f < p->n_firms; f++)
            first[f + 1] += first[f];
        bootstrap b = {p, o, ctx, out->coefficient, first, draw};
        status = agl__parallel(o->replications, replicate, &b, "bootstrap", ctx, err);
    }
    if (status == AGL_OK) summarise(out, column, draw, agl__panel_inputs(p), o);
    free(first);
    free(draw);
    free(column);
    return status;
}

/** What the method needs of inputs and proxy. */
static agl_status check_inputs(const agl_firm_panel *p, agl_tfp_method method, agl_error *err) {
    size_t k = agl__panel_inputs(p);
    if (k == 0 || k > D) return agl_fail(err, AGL_EUSAGE, "1 to %d inputs are possible, not %zu", D, k);
    if (method > AGL_TFP_FE && !p->proxy) return agl_fail(err, AGL_EUSAGE, "the method needs a proxy");
    if ((method == AGL_TFP_OP || method == AGL_TFP_LP) && p->n_state == 0)
        return agl_fail(err, AGL_EUSAGE, "the method needs a state input");
    if (method == AGL_TFP_GNR && (p->n_free == 0 || k < 2))
        return agl_fail(err, AGL_EUSAGE,
                        "the method needs materials, the last free input, and another input");
    return AGL_OK;
}

static agl_status check(const agl_firm_panel *p, const agl_tfp_options *o, agl_error *err) {
    size_t k = agl__panel_inputs(p);
    agl_status status = check_inputs(p, o->method, err);
    if (status != AGL_OK) return status;
    if (o->replications > UINT32_MAX || !(o->level > 0 && o->level < 1))
        return agl_fail(err, AGL_EUSAGE, "level must lie between 0 and 1, not %g", o->level);
    if (p->n == 0 || p->n > INT32_MAX)
        return agl_fail(err, AGL_EDATA, "%zu firm-years: there must be 1 to 2^31", p->n);
    for (size_t i = 0; i < p->n; i++) {
        bool finite = isfinite(p->output[i]) && (!p->proxy || isfinite(p->proxy[i]));
        for (size_t j = 0; j < k; j++)
            finite = finite && isfinite(p->inputs[i * k + j]);
        if (!finite) return agl_fail(err, AGL_EDATA, "row %zu: a value is missing or infinite", i);
    }
    return AGL_OK;
}

agl_status agl_productivity(agl_tfp *out, double *tfp, const agl_firm_panel *panel,
                            const agl_tfp_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_tfp_options o = AGL_TFP_OPTIONS_INIT;
    if (options) o = *options;
    *out = (agl_tfp){0};
    for (size_t j = 0; j <= D; j++)
        out->se[j] = out->lo[j] = out->hi[j] = NAN;
    agl_status status = check(panel, &o, err);
    if (status == AGL_OK) status = estimate(out, tfp, panel, &o, NULL, ctx, err);
    if (status == AGL_OK && o.replications > 0) status = run_bootstrap(out, panel, &o, ctx, err);
    if (status != AGL_OK || !tfp || o.method == AGL_TFP_GNR) return status;
    size_t k = agl__panel_inputs(panel);
    for (size_t i = 0; i < panel->n; i++) {
        tfp[i] = panel->output[i];
        for (size_t j = 0; j < k; j++)
            tfp[i] -= out->coefficient[j] * panel->inputs[i * k + j];
    }
    return AGL_OK;
}

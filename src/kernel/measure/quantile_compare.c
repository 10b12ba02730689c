#include "agglo/quantile_compare.h"
#include "agglo/envelope.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/sort.h"
#include "kernel/allocate/panel.h"

#include <math.h>
#include <string.h>

#define RANKS    500
#define FEWEST   20
#define SAME     1e-4 /* parameters this close are the same minimum */
#define MOST_CUT 0.9  /* |S| stays below */
#define LEAST_D  0.02

static const double start_cut[] = {0, 0.05, -0.05, 0.2, -0.2};
enum { STARTS = sizeof start_cut / sizeof *start_cut, PARAMETERS = 3 };

/** Two sorted samples, and which parameters are free. */
typedef struct pair {
    const double *large, *small;
    size_t n_large, n_small, free; /* 1: A; 2: A, D; 3: A, D, S */
    double scale; /* standard deviation of the large group: the simplex sees A / scale, D, 4 S */
} pair;

/** Integrated squared gap of the quantiles in both directions. */
static double gap(double shift, double dilation, double cut, const pair *p) {
    double low = fmax(0, -cut / (1 - cut)), low_back = fmax(0, cut), sum = 0;
    for (int k = 0; k < RANKS; k++) {
        double u = (k + 0.5) / RANKS, r = low + (1 - low) * u, back = low_back + (1 - low_back) * u;
        double m = agl_quantile_sorted(p->large, p->n_large, r) -
                   dilation * agl_quantile_sorted(p->small, p->n_small, cut + (1 - cut) * r) - shift;
        double m_back =
            agl_quantile_sorted(p->small, p->n_small, back) -
            (agl_quantile_sorted(p->large, p->n_large, (back - cut) / (1 - cut)) - shift) / dilation;
        sum += m * m + m_back * m_back;
    }
    return sum / RANKS;
}

#define CUT_SCALE 4.0

typedef struct minimum {
    double x[PARAMETERS], value; /* A, D, S */
} minimum;

static minimum at_point(const double *v, const pair *p) {
    return (minimum){.x = {v[0] * p->scale, p->free > 1 ? v[1] : 1, p->free > 2 ? v[2] / CUT_SCALE : 0}};
}

static double criterion(double *unused, const double *v, void *arg) {
    (void)unused;
    const pair *p = arg;
    const minimum m = at_point(v, p);
    if (m.x[1] < LEAST_D || fabs(m.x[2]) > MOST_CUT) return 1e10 * (1 + fabs(m.x[1]) + fabs(m.x[2]));
    return gap(m.x[0], m.x[1], m.x[2], p);
}

static minimum descend(const pair *p, const double start[PARAMETERS], double step) {
    double v[PARAMETERS] = {start[0] / p->scale, start[1], start[2] * CUT_SCALE};
    double value = agl__simplex(v, p->free, step, criterion, (void *)p);
    minimum m = at_point(v, p);
    m.value = value;
    return m;
}

static void moments(double *mean, double *sd, const double *v, size_t n) {
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        square += (v[i] - *mean) * (v[i] - *mean);
    *sd = sqrt(square / (double)n);
}

/** From several S, with D and A that make standard deviations and means agree. */
static void search(minimum *best, size_t *agreeing, const pair *p) {
    double mean[2], sd[2];
    minimum each[STARTS];
    size_t starts = p->free > 2 ? STARTS : 1;
    moments(&mean[0], &sd[0], p->large, p->n_large);
    moments(&mean[1], &sd[1], p->small, p->n_small);
    *best = (minimum){.value = INFINITY};
    for (size_t s = 0; s < starts; s++) {
        double dilation = p->free > 1 ? sd[0] / sd[1] : 1;
        const double start[PARAMETERS] = {mean[0] - dilation * mean[1], dilation, start_cut[s]};
        each[s] = descend(p, start, 0.1);
        if (each[s].value < best->value) *best = each[s];
    }
    *agreeing = 0;
    for (size_t s = 0; s < starts; s++) {
        double apart = fabs(each[s].x[0] - best->x[0]) / p->scale;
        for (int k = 1; k < PARAMETERS; k++)
            apart = fmax(apart, fabs(each[s].x[k] - best->x[k]));
        *agreeing += apart < SAME;
    }
}

static agl_status sorted_copy(double **out, const double *v, size_t n, const char *which, agl_error *err) {
    if (n < FEWEST)
        return agl_fail(err, AGL_EDATA,
                        "the %s group has %zu values; comparing distributions needs at least %d", which, n,
                        FEWEST);
    *out = AGL_NEW(double, n);
    if (!*out) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(v[i]))
            return agl_fail(err, AGL_EDATA, "value %zu of the %s group is not finite", i, which);
        (*out)[i] = v[i];
    }
    qsort(*out, n, sizeof **out, agl__ascending);
    if ((*out)[0] < (*out)[n - 1]) return AGL_OK;
    return agl_fail(err, AGL_EDATA, "all values of the %s group are the same", which);
}

/* ---- bootstrap ---- */

typedef struct job {
    const pair *p;
    const minimum *fit;
    uint64_t seed;
    double *drawn[PARAMETERS];
} job;

/** A sorted sample with replacement of sorted values: how often each is drawn says it all. */
static bool draw(double *out, const double *sorted, size_t n, agl_rng rng) {
    uint32_t *times = AGL_NEW(uint32_t, n);
    if (!times) return false;
    for (size_t i = 0; i < n; i++)
        times[agl__rng_below(&rng, (uint32_t)n)]++;
    for (size_t i = 0, k = 0; i < n; i++)
        for (uint32_t t = 0; t < times[i]; t++)
            out[k++] = sorted[i];
    free(times);
    return true;
}

static agl_status sample_task(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    const job *j = arg;
    double *large = AGL_NEW(double, j->p->n_large), *small = AGL_NEW(double, j->p->n_small);
    agl_status status =
        large && small && draw(large, j->p->large, j->p->n_large, agl__rng(j->seed, (uint32_t)task, 0)) &&
                draw(small, j->p->small, j->p->n_small, agl__rng(j->seed, (uint32_t)task, 1))
            ? AGL_OK
            : agl_fail_memory(err);
    if (status == AGL_OK) {
        pair p = *j->p;
        p.large = large, p.small = small;
        minimum m = descend(&p, j->fit->x, 0.03);
        for (int k = 0; k < PARAMETERS; k++)
            j->drawn[k][task] = m.x[k];
    }
    free(large);
    free(small);
    return status;
}

static agl_status intervals(agl_quantile_fit *out, const pair *p, const minimum *fit,
                            const agl_quantile_options *o, const agl_ctx *ctx, agl_error *err) {
    job j = {.p = p, .fit = fit, .seed = agl_seed(ctx)};
    bool ok = true;
    for (int k = 0; k < PARAMETERS; k++)
        ok = (j.drawn[k] = AGL_NEW(double, o->bootstrap)) && ok;
    agl_status status =
        ok ? agl__parallel(o->bootstrap, sample_task, &j, "bootstrap", ctx, err) : agl_fail_memory(err);
    double tail = (1 - (o->level > 0 ? o->level : 0.95)) / 2;
    for (size_t k = 0; k < p->free && status == AGL_OK; k++) {
        qsort(j.drawn[k], o->bootstrap, sizeof(double), agl__ascending);
        out->lo[k] = agl_quantile_sorted(j.drawn[k], o->bootstrap, tail);
        out->hi[k] = agl_quantile_sorted(j.drawn[k], o->bootstrap, 1 - tail);
    }
    for (int k = 0; k < PARAMETERS; k++)
        free(j.drawn[k]);
    return status;
}

agl_status agl_quantile_compare(agl_quantile_fit *out, const double *large, size_t n_large,
                                const double *small, size_t n_small, const agl_quantile_options *options,
                                const agl_ctx *ctx, agl_error *err) {
    agl_quantile_options o = options ? *options : (agl_quantile_options){0};
    *out = (agl_quantile_fit){.lo = {NAN, NAN, NAN}, .hi = {NAN, NAN, NAN}};
    double *l = NULL, *s = NULL;
    minimum best;
    double mean;
    agl_status status = sorted_copy(&l, large, n_large, "large", err);
    if (status == AGL_OK) status = sorted_copy(&s, small, n_small, "small", err);
    pair p = {l, s, n_large, n_small, o.shift_only ? 1 : o.no_truncation ? 2 : 3, 1};
    if (status == AGL_OK) {
        moments(&mean, &p.scale, l, n_large);
        search(&best, &out->starts_agreeing, &p);
        out->shift = best.x[0];
        out->dilation = best.x[1];
        out->truncation = best.x[2];
        out->gap = best.value;
        out->gap_unfitted = gap(0, 1, 0, &p);
        out->r2 = out->gap_unfitted > 0 ? 1 - out->gap / out->gap_unfitted : NAN;
        if (o.bootstrap) status = intervals(out, &p, &best, &o, ctx, err);
    }
    free(l);
    free(s);
    return status;
}

/* Forecast of patents through the innovation network, and how well it does. */
#include "agglo/innovation.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/geo/envelope.h"
#include "kernel/network/citations.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

enum { N_TASKS = 32, SWEEPS = 2000 };
#define SETTLED 1e-13

typedef struct aak {
    const agl_citations *c;
    const double *p; /* n x years */
    int32_t first, years;
    agl_aak_options o;
    double *exposed; /* n x max_age: patents of k that the base years could cite at age a */
    double *size;    /* n: patents in the base years */
    double *slopes;  /* replicates */
    const agl_ctx *ctx;
} aak;

/** Memory of one forecast. */
typedef struct desk {
    double *expected;     /* n x years */
    double *cites, *ones; /* n x max_age; a row of citations */
    double *x, *y, *w;    /* n x years: logs and weights; w = 0 = not in the regression */
    double *times;        /* n: how often a class is drawn */
} desk;

static void desk_free(desk *d) {
    free(d->expected);
    free(d->cites);
    free(d->ones);
    free(d->x);
    free(d->y);
    free(d->w);
    free(d->times);
}

static agl_status desk_new(desk *d, const aak *j, agl_error *err) {
    size_t n = (size_t)j->c->n, cells = n * (size_t)j->years;
    *d = (desk){.expected = AGL_NEW(double, cells),
                .cites = AGL_NEW(double, n *(size_t)j->o.max_age),
                .ones = AGL_NEW(double, j->c->offset[n]),
                .x = AGL_NEW(double, cells),
                .y = AGL_NEW(double, cells),
                .w = AGL_NEW(double, cells),
                .times = AGL_NEW(double, n)};
    if (d->expected && d->cites && d->ones && d->x && d->y && d->w && d->times) return AGL_OK;
    desk_free(d);
    *d = (desk){0};
    return agl_fail_memory(err);
}

static double patents(const aak *j, int32_t k, int32_t year) {
    int32_t t = year - j->first;
    return t >= 0 && t < j->years ? j->p[(size_t)k * (size_t)j->years + (size_t)t] : NAN;
}

/** Patents of k that citing inventions of the base years find at age a; years before the data are on neither
 * side of the rate. NaN when a number in between is not known. */
static void expose(aak *j) {
    for (int32_t k = 0; k < j->c->n; k++) {
        j->size[k] = 0;
        for (int32_t s = j->o.base_from; s <= j->o.base_to; s++)
            j->size[k] += patents(j, k, s);
        for (int32_t a = 1; a <= j->o.max_age; a++) {
            double sum = 0;
            for (int32_t s = j->o.base_from; s <= j->o.base_to; s++)
                if (s - a >= j->first) sum += patents(j, k, s - a);
            j->exposed[k * j->o.max_age + a - 1] = sum;
        }
    }
}

/** May row e of class i be part of the network? */
static bool counts(const aak *j, int32_t i, size_t e) {
    const agl_citations *c = j->c;
    if (c->year[e] < j->o.base_from || c->year[e] > j->o.base_to || c->age[e] < 1 || c->age[e] > j->o.max_age)
        return false;
    return !(j->o.external && c->cited[e] == i) && c->year[e] - c->age[e] >= j->first;
}

/** f_ik,a for all k and a in d->cites; returns r_i. *lost gathers what has no patents to be set against. */
static double rates(desk *d, const aak *j, int32_t i, const double *value, double *lost) {
    const agl_citations *c = j->c;
    size_t ages = (size_t)j->o.max_age;
    double used = 0;
    memset(d->cites, 0, (size_t)c->n * ages * sizeof *d->cites);
    for (size_t e = c->offset[i]; e < c->offset[i + 1]; e++) {
        if (!counts(j, i, e)) continue;
        size_t cell = (size_t)c->cited[e] * ages + (size_t)c->age[e] - 1;
        double v = value[e - c->offset[i]];
        if (j->exposed[cell] > 0) {
            d->cites[cell] += v / j->exposed[cell];
            used += v;
        } else {
            *lost += v;
        }
    }
    return used / j->size[i];
}

/** Phat of class i in year t from the rates in d->cites. */
static double forecast(const desk *d, const aak *j, double r, int32_t t) {
    size_t ages = (size_t)j->o.max_age;
    double sum = 0;
    for (int32_t k = 0; k < j->c->n; k++)
        for (size_t a = 1; a <= ages; a++) {
            double f = d->cites[(size_t)k * ages + a - 1];
            int32_t year = t - (int32_t)a;
            if (f > 0 && (!j->o.ahead || year <= j->o.base_to)) sum += f * patents(j, k, year);
        }
    return sum / r;
}

/** Everything that one set of citations says: b < 0 the data, else sample b. Returns the citations used and
 * lost. */
static void expect(desk *d, const aak *j, int32_t b, double *used, double *lost) {
    const agl_citations *c = j->c;
    *used = *lost = 0;
    for (int32_t i = 0; i < c->n; i++) {
        const double *value = c->value + c->offset[i];
        if (b >= 0) {
            agl__citations_draw(d->ones, c, i, agl_seed(j->ctx), (uint32_t)b);
            value = d->ones;
        }
        double r = rates(d, j, i, value, lost);
        for (int32_t t = 0; t < j->years; t++) {
            bool after = j->first + t > j->o.base_to;
            d->expected[i * j->years + t] = after && r > 0 ? forecast(d, j, r, j->first + t) : NAN;
        }
        if (r > 0) *used += r * j->size[i];
    }
}

/** Takes the means of classes and years out of v, in turns until nothing moves. */
static void demean(double *v, const double *w, int32_t n, int32_t years) {
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double moved = 0;
        for (int side = 0; side < 2; side++)
            for (int32_t g = 0; g < (side ? years : n); g++) {
                double sum = 0, weight = 0;
                size_t step = side ? (size_t)years : 1, at = side ? (size_t)g : (size_t)g * (size_t)years;
                size_t members = (size_t)(side ? n : years);
                for (size_t k = 0; k < members; k++)
                    if (w[at + k * step] > 0)
                        sum += w[at + k * step] * v[at + k * step], weight += w[at + k * step];
                if (!(weight > 0)) continue;
                for (size_t k = 0; k < members; k++)
                    v[at + k * step] -= sum / weight;
                moved = fmax(moved, fabs(sum / weight));
            }
        if (moved < SETTLED) return;
    }
}

/** Class-years of the regression: weights and logs. */
static void regressors(desk *d, const aak *j, agl_aak *out) {
    size_t years = (size_t)j->years;
    out->observations = 0, out->classes = 0;
    for (size_t i = 0; i < (size_t)j->c->n; i++) {
        size_t before = out->observations;
        for (size_t t = 0; t < years; t++) {
            double p = j->p[i * years + t], e = d->expected[i * years + t];
            bool in = p > 0 && e > 0 && j->size[i] > 0;
            d->w[i * years + t] = in ? d->times[i] * (j->o.unweighted ? 1 : j->size[i]) : 0;
            d->x[i * years + t] = in ? log(e) : 0;
            d->y[i * years + t] = in ? log(p) : 0;
            out->observations += in;
        }
        out->classes += out->observations > before;
    }
}

/** Within-class, within-year regression of y on x; NaN when x does not vary. */
static void regress(desk *d, const aak *j, agl_aak *out) {
    size_t cells = (size_t)j->c->n * (size_t)j->years;
    double xx = 0, xy = 0, yy = 0, raw = 0;
    regressors(d, j, out);
    for (size_t k = 0; k < cells; k++)
        raw += d->w[k] * d->x[k] * d->x[k];
    demean(d->x, d->w, j->c->n, j->years);
    demean(d->y, d->w, j->c->n, j->years);
    for (size_t k = 0; k < cells; k++) {
        xx += d->w[k] * d->x[k] * d->x[k];
        xy += d->w[k] * d->x[k] * d->y[k];
        yy += d->w[k] * d->y[k] * d->y[k];
    }
    bool varies = xx > 1e-20 * raw;
    out->slope = varies ? xy / xx : NAN;
    out->r2 = varies && yy > 0 ? xy * xy / (xx * yy) : NAN;
}

static agl_status sample_task(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    aak *j = arg;
    desk d;
    agl_status status = desk_new(&d, j, err);
    for (int32_t b = (int32_t)t; status == AGL_OK && b < j->o.replicates; b += N_TASKS) {
        agl_aak one = {0};
        double used, lost;
        agl_rng rng = agl__rng(agl_seed(j->ctx), (uint32_t)b, UINT32_MAX); /* no class has that number */
        expect(&d, j, b, &used, &lost);
        memset(d.times, 0, (size_t)j->c->n * sizeof *d.times);
        for (int32_t i = 0; i < j->c->n; i++)
            d.times[agl__rng_below(&rng, (uint32_t)j->c->n)]++;
        regress(&d, j, &one);
        j->slopes[b] = one.slope;
        if (agl_cancelled(j->ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    desk_free(&d);
    return status;
}

static agl_status check(const aak *j, agl_error *err) {
    int32_t last = j->first + j->years - 1;
    const agl_aak_options *o = &j->o;
    if (o->max_age < 1 || o->replicates < 0 || !(o->level > 0 && o->level < 1))
        return agl_fail(err, AGL_EUSAGE,
                        "ages count from 1, replicates from 0, and the level lies between 0 and 1");
    if (o->base_from > o->base_to || o->base_from < j->first || o->base_to >= last)
        return agl_fail(
            err, AGL_EUSAGE,
            "the base years %d to %d must lie in the years of the patents, %d to %d, and leave at least one "
            "to forecast",
            o->base_from, o->base_to, j->first, last);
    for (size_t k = 0; k < (size_t)j->c->n * (size_t)j->years; k++)
        if (j->p[k] < 0 || isinf(j->p[k]))
            return agl_fail(err, AGL_EDATA, "class %zu has %g patents in %d; they must be zero or more",
                            k / (size_t)j->years, j->p[k], j->first + (int32_t)(k % (size_t)j->years));
    return AGL_OK;
}

/** Percentile interval of the slopes that exist. */
static void interval(agl_aak *out, double *slopes, size_t n, double level) {
    size_t known = 0;
    for (size_t b = 0; b < n; b++)
        if (!isnan(slopes[b])) slopes[known++] = slopes[b];
    gsl_sort(slopes, 1, known);
    out->lo = agl_quantile_sorted(slopes, known, (1 - level) / 2);
    out->hi = agl_quantile_sorted(slopes, known, (1 + level) / 2);
}

agl_status agl_aak_forecast(agl_aak *out, const agl_citations *citations, const double *patents_of,
                            int32_t first_year, int32_t years, const agl_aak_options *options,
                            const agl_ctx *ctx, agl_error *err) {
    aak j = {.c = citations,
             .p = patents_of,
             .first = first_year,
             .years = years,
             .o = AGL_AAK_OPTIONS_INIT,
             .ctx = ctx};
    if (options) j.o = *options;
    agl_status status = check(&j, err);
    if (status != AGL_OK) return status;
    size_t n = (size_t)citations->n;
    double used, lost;
    desk d = {0};
    j.exposed = AGL_NEW(double, n *(size_t)j.o.max_age);
    j.size = AGL_NEW(double, n);
    j.slopes = AGL_NEW(double, j.o.replicates);
    status = j.exposed && j.size && j.slopes ? desk_new(&d, &j, err) : agl_fail_memory(err);
    if (status != AGL_OK) goto out;
    expose(&j);
    expect(&d, &j, -1, &used, &lost);
    memcpy(out->expected, d.expected, n * (size_t)years * sizeof *d.expected);
    for (size_t i = 0; i < n; i++)
        d.times[i] = 1;
    regress(&d, &j, out);
    out->lost = used + lost > 0 ? lost / (used + lost) : NAN;
    out->lo = out->hi = NAN;
    if (j.o.replicates == 0 || isnan(out->slope)) goto out;
    status = agl__parallel(N_TASKS, sample_task, &j, "forecast by bootstrap", ctx, err);
    if (status == AGL_OK) interval(out, j.slopes, (size_t)j.o.replicates, j.o.level);
out:
    desk_free(&d);
    free(j.exposed);
    free(j.size);
    free(j.slopes);
    return status;
}

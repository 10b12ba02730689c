/* All industries: members, observed curves, draws, bands and indices. */
#include "kernel/measure/kdensity.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/geo/points.h"
#include "kernel/measure/kdensity_draws.h"

#include <math.h>

typedef struct job {
    const agl_kd_data *data;
    const agl_kd_options *opt;
    const agl_ctx *ctx;
    int32_t against;
    agl_points local;
    int32_t *member; /* sites, industry by industry */
    size_t *start;   /* n_industries + 1 */
    agl_kd_result *out;
    agl_kd_drawn *drawn; /* ascending by n */
    size_t n_drawn;
    agl_kd_industry **of; /* the result that belongs to each */
} job;

static size_t size_of(const job *j, int32_t code) { return j->start[code + 1] - j->start[code]; }

/* ---- members ---- */

static agl_status list_members(job *j, agl_error *err) {
    const agl_kd_data *d = j->data;
    size_t n = d->points->n;
    j->member = AGL_NEW(int32_t, n);
    j->start = AGL_NEW(size_t, d->n_industries + 2);
    if (!j->member || !j->start) return agl_fail_memory(err);
    /* counts stand two places ahead, so that filling moves start[c + 1] from the first to behind the last
     * member of c */
    for (size_t i = 0; i < n; i++)
        j->start[d->industry[i] + 2]++;
    for (size_t c = 0; c + 1 < d->n_industries + 1; c++)
        j->start[c + 2] += j->start[c + 1];
    for (size_t i = 0; i < n; i++)
        j->member[j->start[d->industry[i] + 1]++] = (int32_t)i;
    return AGL_OK;
}

static agl_status list_industries(job *j, const agl_kd_choice *choice, agl_error *err) {
    size_t n = j->data->n_industries;
    j->out->industry = AGL_NEW(agl_kd_industry, n);
    if (!j->out->industry) return agl_fail_memory(err);
    for (size_t c = 0; c < n; c++) {
        int32_t code = (int32_t)c;
        size_t size = size_of(j, code), least = j->against >= 0 ? 1 : 2;
        if ((choice->wanted && !choice->wanted[c]) || code == j->against) continue;
        if (size < choice->min_n || size < least) continue;
        double m = (double)size;
        j->out->industry[j->out->n++] =
            (agl_kd_industry){.industry = code,
                              .n = size,
                              .pairs = j->against >= 0 ? m * (double)size_of(j, j->against) : m * (m - 1) / 2,
                              .bandwidth_km = NAN,
                              .localization_index = NAN,
                              .dispersion_index = NAN,
                              .r_max_excess_km = NAN};
    }
    return AGL_OK;
}

/* ---- observed curves ---- */

/* Points and sizes of an industry. */
static agl_status extract(agl_points *points, double **size, const job *j, int32_t code, agl_error *err) {
    const int32_t *member = j->member + j->start[code];
    size_t n = size_of(j, code);
    *size = NULL;
    agl_status status = agl_points_select(points, &j->local, member, n, err);
    if (status != AGL_OK || !j->data->size) return status;
    *size = AGL_NEW(double, n);
    if (!*size) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        (*size)[i] = j->data->size[member[i]];
    return AGL_OK;
}

static agl_status observe(agl_kd_industry *x, const job *j, agl_error *err) {
    agl_points a = {0}, b = {0};
    double *wa = NULL, *wb = NULL, h = 0;
    bool between = j->against >= 0;
    agl_kd_pairs pairs = {.wa = NULL};
    size_t n_r = j->out->n_r;
    const double *r = j->out->r;
    agl_status status = extract(&a, &wa, j, x->industry, err);
    if (status == AGL_OK && between) status = extract(&b, &wb, j, j->against, err);
    if (status == AGL_OK) status = agl__kd_pairs_new(&pairs, &a, wa, between ? &b : NULL, wb, err);
    if (status == AGL_OK && !(x->kd = AGL_NEW(double, n_r))) status = agl_fail_memory(err);
    if (status != AGL_OK) goto out;
    for (size_t i = 0; i < n_r; i++)
        x->kd[i] = NAN;
    if (!(agl__kd_total_weight(&pairs) > 0)) {
        x->state = AGL_KD_NO_SIZE;
        goto out;
    }
    status = agl__kd_bandwidth(&h, &pairs, j->opt, r[n_r - 1], j->ctx, err);
    if (status != AGL_OK) goto out;
    if (!(h > 0)) {
        x->state = AGL_KD_ONE_PLACE;
        goto out;
    }
    x->bandwidth_km = h * j->opt->adjust;
    status = agl__kd_observed(x->kd, &pairs, r, n_r, x->bandwidth_km, j->opt->exact, j->ctx, err);
out:
    agl__kd_pairs_free(&pairs);
    agl_points_free(&a);
    agl_points_free(&b);
    free(wa);
    free(wb);
    return status;
}

/* ---- bands ---- */

/* Integral of max(upper - lower, 0) over r by the trapezoid rule; *where gets the r of the largest excess. */
static double excess(double *where, const double *r, const double *upper, const double *lower, size_t n) {
    double sum = 0, most = 0, before = 0;
    for (size_t i = 0; i < n; i++) {
        double e = upper[i] > lower[i] ? upper[i] - lower[i] : 0;
        if (i > 0) sum += (r[i] - r[i - 1]) * (e + before) / 2;
        if (e > most) {
            most = e;
            *where = r[i];
        }
        before = e;
    }
    return sum;
}

static bool exceeds(const double *upper, const double *lower, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (upper[i] > lower[i]) return true;
    return false;
}

static void judge(agl_kd_industry *x, const double *r, size_t n) {
    double nowhere = NAN;
    x->localized = exceeds(x->kd, x->band.global_hi, n);
    x->dispersed = !x->localized && exceeds(x->band.global_lo, x->kd, n);
    x->localization_index = excess(&x->r_max_excess_km, r, x->kd, x->band.global_hi, n);
    x->dispersion_index = x->dispersed ? excess(&nowhere, r, x->band.global_lo, x->kd, n) : 0;
}

static agl_status band_task(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    job *j = arg;
    agl_kd_drawn *d = &j->drawn[task];
    agl_kd_industry *x = j->of[task];
    size_t n_r = j->out->n_r, rows = j->opt->simulations;
    double *sims = AGL_NEW(double, rows *n_r);
    if (!sims) return agl_fail_memory(err);
    for (size_t i = 0; i < rows * n_r; i++)
        sims[i] = (double)d->curves[i];
    free(d->curves);
    d->curves = NULL;
    agl_cmat curves = {.data = sims, .rows = rows, .cols = n_r, .stride = n_r};
    agl_status status = agl_envelope_fit(&x->band, curves, x->kd, &j->opt->band, err);
    free(sims);
    if (status == AGL_OK) judge(x, j->out->r, n_r);
    return status;
}

static int by_size(const void *a, const void *b) {
    const agl_kd_industry *p = *(agl_kd_industry *const *)a, *q = *(agl_kd_industry *const *)b;
    if (p->n != q->n) return p->n < q->n ? -1 : 1;
    return p->industry < q->industry ? -1 : p->industry > q->industry;
}

static agl_status list_drawn(job *j, agl_error *err) {
    size_t n = j->out->n, n_r = j->out->n_r;
    j->drawn = AGL_NEW(agl_kd_drawn, n);
    j->of = AGL_NEW(agl_kd_industry *, n);
    if (!j->drawn || !j->of) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        if (j->out->industry[i].state == AGL_KD_DONE) j->of[j->n_drawn++] = &j->out->industry[i];
    qsort(j->of, j->n_drawn, sizeof(agl_kd_industry *), by_size);
    for (size_t k = 0; k < j->n_drawn; k++) {
        const agl_kd_industry *x = j->of[k];
        j->drawn[k] = (agl_kd_drawn){.code = x->industry,
                                     .site = j->member + j->start[x->industry],
                                     .n = x->n,
                                     .h = x->bandwidth_km,
                                     .curves = AGL_NEW(float, j->opt->simulations *n_r)};
        if (!j->drawn[k].curves) return agl_fail_memory(err);
    }
    return AGL_OK;
}

static agl_status add_bands(job *j, agl_error *err) {
    agl_status status = list_drawn(j, err);
    if (status != AGL_OK) return status;
    agl_kd_setting set = {.points = &j->local,
                          .industry = j->data->industry,
                          .size = j->data->size,
                          .r = j->out->r,
                          .n_r = j->out->n_r,
                          .options = j->opt};
    if (j->against >= 0) {
        set.against = j->member + j->start[j->against];
        set.n_against = size_of(j, j->against);
    }
    status = agl__kd_draw(j->drawn, j->n_drawn, &set, j->ctx, err);
    if (status != AGL_OK) return status;
    return agl__parallel(j->n_drawn, band_task, j, "bands", j->ctx, err);
}

/* ---- the call ---- */

static agl_status check(const agl_kd_data *data, const agl_kd_choice *choice, const agl_kd_options *opt,
                        const double *r, size_t n_r, agl_error *err) {
    agl_status status = agl__kd_check_r(r, n_r, err);
    if (status != AGL_OK) return status;
    if (choice->against >= 0 && (size_t)choice->against >= data->n_industries)
        return agl_fail(err, AGL_EUSAGE, "the second industry has a code outside the data");
    if (opt->null == AGL_KD_INDEPENDENCE && choice->against < 0)
        return agl_fail(err, AGL_EUSAGE,
                        "independence is between two industries: name the second (--against), or take "
                        "--null location");
    if (opt->rule == AGL_KD_GIVEN && !(opt->bandwidth_km > 0))
        return agl_fail(err, AGL_EUSAGE, "the bandwidth is %g km; give a number above 0", opt->bandwidth_km);
    if (!(opt->adjust > 0))
        return agl_fail(err, AGL_EUSAGE, "the bandwidth is multiplied by %g; give a number above 0",
                        opt->adjust);
    double least = 1 / opt->band.alpha * (1 - 1e-12);
    if (opt->simulations > 0 && (double)opt->simulations < least)
        return agl_fail(err, AGL_EUSAGE,
                        "%zu simulations cannot show a level of %g; ask for at least %.0f (--simulations)",
                        opt->simulations, opt->band.alpha, ceil(least));
    return AGL_OK;
}

static agl_status copy_r(agl_kd_result *out, const double *r, size_t n_r, agl_error *err) {
    out->r = AGL_NEW(double, n_r);
    if (!out->r) return agl_fail_memory(err);
    for (size_t i = 0; i < n_r; i++)
        out->r[i] = r[i];
    out->n_r = n_r;
    return AGL_OK;
}

agl_status agl_kdensity(agl_kd_result *out, const agl_kd_data *data, const agl_kd_choice *choice,
                        const double *r, size_t n_r, const agl_kd_options *options, const agl_ctx *ctx,
                        agl_error *err) {
    const agl_kd_options defaults = AGL_KD_OPTIONS_INIT;
    job j = {.data = data,
             .opt = options ? options : &defaults,
             .ctx = ctx,
             .against = choice->against,
             .out = out};
    *out = (agl_kd_result){0};
    agl_status status = check(data, choice, j.opt, r, n_r, err);
    if (status == AGL_OK) status = copy_r(out, r, n_r, err);
    if (status == AGL_OK) status = agl__points_localize(&j.local, data->points, err);
    if (status == AGL_OK) status = list_members(&j, err);
    if (status == AGL_OK) status = list_industries(&j, choice, err);
    for (size_t i = 0; i < out->n && status == AGL_OK; i++) {
        agl_progress(ctx, "industries", (double)i, (double)out->n);
        status = agl_cancelled(ctx) ? agl_fail(err, AGL_ECANCEL, "cancelled")
                                    : observe(&out->industry[i], &j, err);
    }
    if (status == AGL_OK && j.opt->simulations > 0) status = add_bands(&j, err);
    for (size_t k = 0; k < j.n_drawn; k++)
        free(j.drawn[k].curves);
    free(j.drawn);
    free(j.of);
    free(j.member);
    free(j.start);
    agl_points_free(&j.local);
    if (status != AGL_OK) agl_kd_result_free(out);
    return status;
}

void agl_kd_result_free(agl_kd_result *result) {
    if (!result) return;
    for (size_t i = 0; result->industry && i < result->n; i++) {
        free(result->industry[i].kd);
        agl_envelope_free(&result->industry[i].band);
    }
    free(result->industry);
    free(result->r);
    *result = (agl_kd_result){0};
}

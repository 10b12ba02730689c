#include "kernel/measure/mfunction_plan.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

void agl_mfunction_default_distances(size_t at[63]) {
    static const struct {
        size_t from, to, by;
    } stretch[] = {{0, 20, 1}, {22, 40, 2}, {45, 100, 5}, {110, 200, 10}, {220, 400, 20}};
    size_t n = 0;
    for (size_t s = 0; s < sizeof stretch / sizeof *stretch; s++)
        for (size_t k = stretch[s].from; k <= stretch[s].to; k += stretch[s].by)
            at[n++] = k;
}

static agl_status check_distances(const agl_distances *d, agl_error *err) {
    if (d->n == 0 || !(d->step > 0) || d->at[d->n - 1] == 0)
        return agl_fail(err, AGL_EUSAGE,
                        "distances need a step above zero and a largest distance above zero");
    for (size_t k = 1; k < d->n; k++)
        if (d->at[k] <= d->at[k - 1]) return agl_fail(err, AGL_EUSAGE, "distances must ascend");
    return AGL_OK;
}

static agl_status check_points(const agl_points *points, const int32_t *type, size_t n_types,
                               const double *weight, agl_error *err) {
    if (points->n < 2)
        return agl_fail(err, AGL_EDATA, "there is only one point; neighbourhoods need at least two");
    if (points->n > INT32_MAX / 2)
        return agl_fail(err, AGL_EDATA, "more than a billion points are not supported");
    for (size_t i = 0; i < points->n; i++) {
        if (type[i] < 0 || (size_t)type[i] >= n_types)
            return agl_fail(err, AGL_EUSAGE, "point %zu: industry code %d is out of range", i + 1,
                            (int)type[i]);
        if (weight && !(weight[i] >= 0 && isfinite(weight[i])))
            return agl_fail(err, AGL_EDATA,
                            "point %zu: size %g is negative or not finite; correct or drop it", i + 1,
                            weight[i]);
    }
    return AGL_OK;
}

static agl_status check_curves(const agl_mfunction_curve *curves, size_t n_curves, size_t n_types,
                               agl_error *err) {
    for (size_t c = 0; c < n_curves; c++)
        if (curves[c].reference < 0 || (size_t)curves[c].reference >= n_types || curves[c].neighbour < 0 ||
            (size_t)curves[c].neighbour >= n_types)
            return agl_fail(err, AGL_EUSAGE, "curve %zu: industry code out of range", c + 1);
    return AGL_OK;
}

/* Curves by reference type, and the types they count. */
static agl_status index_curves(agl_mfunction *f, agl_error *err) {
    f->first_curve = AGL_NEW(size_t, f->n_types + 1);
    f->by_reference = AGL_NEW(size_t, f->n_curves);
    f->counted = AGL_NEW(bool, f->n_types);
    if (!f->first_curve || !f->by_reference || !f->counted) return agl_fail_memory(err);
    f->neighbour = f->n_curves > 0 ? f->curves[0].neighbour : -1;
    for (size_t c = 0; c < f->n_curves; c++) {
        const agl_mfunction_curve *curve = &f->curves[c];
        f->first_curve[curve->reference + 1]++;
        f->counted[curve->neighbour] = true;
        if (f->case_control) f->counted[curve->reference] = true;
        if (curve->neighbour != f->neighbour) f->neighbour = -1;
    }
    for (size_t t = 0; t < f->n_types; t++)
        f->first_curve[t + 1] += f->first_curve[t];
    for (size_t t = 0, j = 0; t < f->n_types; t++)
        for (size_t c = 0; c < f->n_curves; c++)
            if ((size_t)f->curves[c].reference == t) f->by_reference[j++] = c;
    return AGL_OK;
}

/* Points along the Hilbert curve, with their marks. */
static agl_status sort_points(agl_mfunction *f, const agl_points *points, const int32_t *type,
                              const double *weight, agl_error *err) {
    int32_t *order = AGL_NEW(int32_t, f->n);
    f->type = AGL_NEW(int32_t, f->n);
    f->weight = weight ? AGL_NEW(double, f->n) : NULL;
    agl_status status = order && f->type && (!weight || f->weight) ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__along_curve(&f->points, &f->frame, order, points, err);
    for (size_t k = 0; k < f->n && status == AGL_OK; k++) {
        f->type[k] = type[order[k]];
        if (weight) f->weight[k] = weight[order[k]];
    }
    free(order);
    return status;
}

/* Rings for sums up to each distance: one ring a step. */
static agl_status rings_of_steps(agl_mfunction *f, const agl_distances *d, agl_error *err) {
    f->at = AGL_NEW(size_t, d->n);
    if (!f->at) return agl_fail_memory(err);
    memcpy(f->at, d->at, d->n * sizeof *f->at);
    return agl__rings_new(&f->rings, &f->frame, d->step, d->at[d->n - 1], d->at, d->n, err);
}

/* Rings for the kernel: at most h / 256 wide, reaching 6 h beyond the largest distance. */
static agl_status rings_of_kernel(agl_mfunction *f, const agl_distances *d, double h, agl_error *err) {
    enum { PER_H = 256, REACH = 6 };
    if (!(h > 0)) return agl_fail(err, AGL_EUSAGE, "the bandwidth must be above zero");
    double per_step = ceil(d->step * PER_H / h), width = d->step / per_step, band = ceil(REACH * h / width);
    double rings = (double)d->at[d->n - 1] * per_step + band;
    if (rings > 1e6)
        return agl_fail(
            err, AGL_EUSAGE,
            "a bandwidth of %g km is too small for distances up to %g km; widen it or look less far", h,
            (double)d->at[d->n - 1] * d->step);
    agl_status status = agl__rings_new(&f->rings, &f->frame, width, (size_t)rings, NULL, 0, err);
    if (status != AGL_OK) return status;
    agl__smoother *s = &f->smooth;
    *s = (agl__smoother){.band = (size_t)band,
                         .kernel = AGL_NEW(double, (size_t)band),
                         .at_zero = AGL_NEW(double, d->n),
                         .edge = AGL_NEW(size_t, d->n)};
    if (!s->kernel || !s->at_zero || !s->edge) return agl_fail_memory(err);
    for (size_t j = 0; j < s->band; j++) {
        double u = ((double)j + 0.5) * width / h;
        s->kernel[j] = exp(-0.5 * u * u);
    }
    for (size_t k = 0; k < d->n; k++) {
        double u = (double)d->at[k] * d->step / h;
        s->edge[k] = d->at[k] * (size_t)per_step;
        s->at_zero[k] = exp(-0.5 * u * u);
    }
    return AGL_OK;
}

agl_status agl_mfunction_new(agl_mfunction **out, const agl_points *points, const int32_t *type,
                             size_t n_types, const double *weight, const agl_mfunction_curve *curves,
                             size_t n_curves, const agl_distances *distances,
                             const agl_mfunction_options *options, agl_error *err) {
    const agl_mfunction_options defaults = AGL_MFUNCTION_OPTIONS_INIT, *o = options ? options : &defaults;
    agl_status status = check_points(points, type, n_types, weight, err);
    if (status == AGL_OK) status = check_curves(curves, n_curves, n_types, err);
    if (status == AGL_OK) status = check_distances(distances, err);
    if (status != AGL_OK) return status;
    agl_mfunction *f = AGL_NEW(agl_mfunction, 1);
    if (!f) return agl_fail_memory(err);
    *f = (agl_mfunction){.n = points->n,
                         .n_types = n_types,
                         .n_curves = n_curves,
                         .n_r = distances->n,
                         .case_control = o->case_control,
                         .curves = AGL_NEW(agl_mfunction_curve, n_curves)};
    if (!f->curves) {
        status = agl_fail_memory(err);
        goto fail;
    }
    memcpy(f->curves, curves, n_curves * sizeof *curves);
    if ((status = index_curves(f, err)) != AGL_OK) goto fail;
    if ((status = sort_points(f, points, type, weight, err)) != AGL_OK) goto fail;
    status = o->bandwidth != 0 ? rings_of_kernel(f, distances, o->bandwidth, err)
                               : rings_of_steps(f, distances, err);
    if (status != AGL_OK) goto fail;
    if ((status = agl__cloud_new(&f->sites, &f->frame, NULL, f->n, f->weight, err)) != AGL_OK) goto fail;
    *out = f;
    return AGL_OK;
fail:
    agl_mfunction_free(f);
    return status;
}

void agl_mfunction_free(agl_mfunction *f) {
    if (!f) return;
    agl__cloud_free(&f->sites);
    agl__rings_free(&f->rings);
    agl__frame_free(&f->frame);
    agl_points_free(&f->points);
    free(f->smooth.kernel);
    free(f->smooth.at_zero);
    free(f->smooth.edge);
    free(f->type);
    free(f->weight);
    free(f->curves);
    free(f->first_curve);
    free(f->by_reference);
    free(f->counted);
    free(f->at);
    free(f);
}

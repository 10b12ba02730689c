#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/measure/ripley_plan.h"

#include <math.h>
#include <string.h>

typedef struct draws {
    const agl_ripley_data *data;
    const agl_ripley_options *options;
    agl_ripley_null null;
    const agl_points *sites; /* location: to draw from; labelling: both patterns */
    uint64_t seed;
    agl_ctx alone; /* a draw has one thread */
    double *value;
} draws;

static agl_status plane_points(agl_points *out, size_t n, agl_error *err) {
    *out = (agl_points){.space = AGL_PLANE,
                        .n = n,
                        .x = AGL_NEW(double, n),
                        .y = AGL_NEW(double, n),
                        .z = AGL_NEW(double, n)};
    if (out->x && out->y && out->z) return AGL_OK;
    agl_points_free(out);
    return agl_fail_memory(err);
}

/* ---- drawing ---- */

/* n points uniformly in the window: from its box, until enough lie inside. */
static agl_status draw_uniform(agl_points *out, size_t n, const agl_window *w, agl_rng *rng, agl_error *err) {
    agl_status status = plane_points(out, n, err);
    for (size_t i = 0; i < n && status == AGL_OK;) {
        out->x[i] = w->low[0] + agl__rng_unit(rng) * (w->high[0] - w->low[0]);
        out->y[i] = w->low[1] + agl__rng_unit(rng) * (w->high[1] - w->low[1]);
        i += w->rectangle || agl__window_strictly_contains(w, out->x[i], out->y[i]);
    }
    return status;
}

/* The first n_a of a random order of the sites are A, the next n_b are B (Fisher-Yates, from the front). */
static agl_status draw_sites(agl_points *a, agl_points *b, size_t n_a, size_t n_b, const agl_points *sites,
                             agl_rng *rng, agl_error *err) {
    int32_t *index = AGL_NEW(int32_t, sites->n);
    if (!index) return agl_fail_memory(err);
    for (size_t k = 0; k < sites->n; k++)
        index[k] = (int32_t)k;
    for (size_t k = 0; k < n_a + n_b; k++) {
        size_t j = k + agl__rng_below(rng, (uint32_t)(sites->n - k));
        int32_t swap = index[k];
        index[k] = index[j];
        index[j] = swap;
    }
    agl_status status = agl_points_select(a, sites, index, n_a, err);
    if (status == AGL_OK && n_b > 0) status = agl_points_select(b, sites, index + n_a, n_b, err);
    free(index);
    return status;
}

/* The pattern moved by a random vector; what leaves the rectangle comes in on the other side. */
static agl_status draw_moved(agl_points *out, const agl_points *from, const agl_window *w, agl_rng *rng,
                             agl_error *err) {
    double width = w->high[0] - w->low[0], height = w->high[1] - w->low[1];
    double dx = agl__rng_unit(rng) * width, dy = agl__rng_unit(rng) * height;
    agl_status status = plane_points(out, from->n, err);
    for (size_t i = 0; i < from->n && status == AGL_OK; i++) {
        double x = from->x[i] - w->low[0] + dx, y = from->y[i] - w->low[1] + dy;
        out->x[i] = fmin(w->low[0] + (x < width ? x : x - width), w->high[0]);
        out->y[i] = fmin(w->low[1] + (y < height ? y : y - height), w->high[1]);
    }
    return status;
}

static agl_status draw_patterns(agl_points *a, agl_points *b, const draws *d, size_t draw, agl_error *err) {
    agl_rng rng = agl__rng(d->seed, (uint32_t)draw, 2);
    const agl_ripley_data *data = d->data;
    size_t n_a = data->a->n, n_b = data->b ? data->b->n : 0;
    agl_status status = AGL_OK;
    switch (d->null) {
    case AGL_RIPLEY_CSR:
        status = draw_uniform(a, n_a, data->window, &rng, err);
        if (status == AGL_OK && n_b > 0) status = draw_uniform(b, n_b, data->window, &rng, err);
        return status;
    case AGL_RIPLEY_LOCATION:
    case AGL_RIPLEY_LABELLING:
        return draw_sites(a, b, n_a, n_b, d->sites, &rng, err);
    case AGL_RIPLEY_INDEPENDENCE:
        if ((status = plane_points(a, n_a, err)) != AGL_OK) return status;
        memcpy(a->x, data->a->x, n_a * sizeof *a->x);
        memcpy(a->y, data->a->y, n_a * sizeof *a->y);
        return draw_moved(b, data->b, data->window, &rng, err);
    }
    return agl_fail(err, AGL_EINTERNAL, "unknown null hypothesis");
}

/* ---- functions of a draw ---- */

static agl_status draw_task(void *arg, size_t draw, int worker, agl_error *err) {
    (void)worker;
    const draws *d = arg;
    const agl_window *w = d->data->window;
    size_t n = d->options->n + 1;
    double *value = d->value + draw * n, *controls = NULL;
    bool difference = d->options->kind == AGL_RIPLEY_D;
    agl_points a = {.n = 0}, b = {.n = 0};
    agl_status status = draw_patterns(&a, &b, d, draw, err);
    if (status == AGL_OK)
        status =
            agl__k_function(value, &a, d->data->b && !difference ? &b : NULL, w, d->options, &d->alone, err);
    if (status == AGL_OK && difference) {
        controls = AGL_NEW(double, n);
        status = controls ? agl__k_function(controls, &b, NULL, w, d->options, &d->alone, err)
                          : agl_fail_memory(err);
        for (size_t k = 0; k < n && status == AGL_OK; k++)
            value[k] -= controls[k];
    }
    free(controls);
    agl_points_free(&a);
    agl_points_free(&b);
    return status;
}

static agl_status check_null(const draws *d, agl_error *err) {
    const agl_ripley_data *data = d->data;
    if (d->null == AGL_RIPLEY_LOCATION && (data->b || !d->sites || d->sites->n < data->a->n))
        return agl_fail(err, AGL_EUSAGE,
                        "random location draws one pattern from at least as many sites; for two patterns use "
                        "labelling or independence");
    if ((d->null == AGL_RIPLEY_LABELLING || d->null == AGL_RIPLEY_INDEPENDENCE) && !data->b)
        return agl_fail(err, AGL_EUSAGE, "this null hypothesis needs two patterns");
    if (d->null == AGL_RIPLEY_INDEPENDENCE && (!data->window->rectangle || d->options->kind == AGL_RIPLEY_D))
        return agl_fail(err, AGL_EUSAGE,
                        "independence moves one pattern around a rectangular window, for K, L or g between "
                        "two industries; use labelling here");
    return AGL_OK;
}

agl_status agl_ripley_simulated(double *value, size_t simulations, agl_ripley_null null,
                                const agl_points *sites, const agl_ripley_data *data,
                                const agl_ripley_options *options, const agl_ctx *ctx, agl_error *err) {
    draws d = {.data = data,
               .options = options,
               .null = null,
               .sites = sites,
               .seed = agl_seed(ctx),
               .value = value,
               .alone = {.threads = 1, .cancel = ctx ? ctx->cancel : NULL}};
    agl_points both = {.n = 0};
    agl_status status = agl__ripley_check(data, options, err);
    if (status == AGL_OK) status = check_null(&d, err);
    if (status != AGL_OK) return status;
    if (null == AGL_RIPLEY_LABELLING) {
        size_t n_a = data->a->n, n_b = data->b->n;
        if ((status = plane_points(&both, n_a + n_b, err)) != AGL_OK) return status;
        memcpy(both.x, data->a->x, n_a * sizeof *both.x);
        memcpy(both.y, data->a->y, n_a * sizeof *both.y);
        memcpy(both.x + n_a, data->b->x, n_b * sizeof *both.x);
        memcpy(both.y + n_a, data->b->y, n_b * sizeof *both.y);
        d.sites = &both;
    }
    status = agl__parallel(simulations, draw_task, &d, "simulations", ctx, err);
    agl_points_free(&both);
    return status;
}

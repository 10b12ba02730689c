#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/geo/points.h"
#include "kernel/measure/ripley_plan.h"

#include <math.h>
#include <string.h>

/* ---- plan ---- */

/* A, then B. */
static agl_status join(agl_points *out, const agl_points *a, const agl_points *b, agl_error *err) {
    size_t n = a->n + (b ? b->n : 0);
    *out = (agl_points){.space = AGL_PLANE,
                        .n = n,
                        .x = AGL_NEW(double, n),
                        .y = AGL_NEW(double, n),
                        .z = AGL_NEW(double, n)};
    if (!out->x || !out->y || !out->z) return agl_fail_memory(err);
    memcpy(out->x, a->x, a->n * sizeof *a->x);
    memcpy(out->y, a->y, a->n * sizeof *a->y);
    if (b) {
        memcpy(out->x + a->n, b->x, b->n * sizeof *b->x);
        memcpy(out->y + a->n, b->y, b->n * sizeof *b->y);
    }
    return AGL_OK;
}

/* The cloud of B, with coordinates by place. */
static agl_status place_cloud(agl__k_plan *p, const int32_t *source, size_t n, agl_error *err) {
    agl_status status = agl__cloud_new(&p->cloud, &p->frame, source, n, NULL, err);
    if (status != AGL_OK) return status;
    p->x = AGL_NEW(double, n + AGL__GROUP);
    p->y = AGL_NEW(double, n + AGL__GROUP);
    if (!p->x || !p->y) return agl_fail_memory(err);
    for (size_t k = 0; k < n; k++) {
        p->x[k] = p->points.x[source[k]];
        p->y[k] = p->points.y[source[k]];
    }
    return AGL_OK;
}

/* Both patterns along a Hilbert curve: plan->points, which of them are A, and the cloud of B. */
static agl_status sort_patterns(agl__k_plan *p, const agl_points *a, const agl_points *b, agl_error *err) {
    agl_points both;
    size_t n = a->n + (b ? b->n : 0), n_b = 0;
    int32_t *order = AGL_NEW(int32_t, n), *source = AGL_NEW(int32_t, n);
    p->reference = AGL_NEW(int32_t, n);
    agl_status status = join(&both, a, b, err);
    if (status == AGL_OK && (!order || !source || !p->reference)) status = agl_fail_memory(err);
    if (status == AGL_OK) status = agl__along_curve(&p->points, &p->frame, order, &both, err);
    for (size_t k = 0; k < n && status == AGL_OK; k++) {
        bool of_a = (size_t)order[k] < a->n;
        if (of_a) p->reference[p->n_reference++] = (int32_t)k;
        if (!b || !of_a) source[n_b++] = (int32_t)k;
    }
    if (status == AGL_OK) status = place_cloud(p, source, n_b, err);
    agl_points_free(&both);
    free(order);
    free(source);
    return status;
}

agl_status agl__k_plan_new(agl__k_plan *out, const agl_points *a, const agl_points *b,
                           const agl_window *window, const agl_ripley_options *options, agl_error *err) {
    *out = (agl__k_plan){.window = window,
                         .options = *options,
                         .cross = b != NULL,
                         .n_a = (double)a->n,
                         .n_b = (double)(b ? b->n : a->n)};
    size_t n = options->n;
    if (options->kind == AGL_RIPLEY_G) {
        out->half_width = options->bandwidth > 0 ? options->bandwidth : 0.15 / sqrt(out->n_b / window->area);
        n += (size_t)ceil(out->half_width / options->step);
    }
    agl_status status = sort_patterns(out, a, b, err);
    if (status == AGL_OK) status = agl__rings_new(&out->rings, &out->frame, options->step, n, NULL, 0, err);
    for (int level = 0; level <= 2; level++)
        if (agl__edge_kernel_for(level)) out->edge = agl__edge_kernel_for(level);
    if (status != AGL_OK) agl__k_plan_free(out);
    return status;
}

void agl__k_plan_free(agl__k_plan *plan) {
    agl__cloud_free(&plan->cloud);
    agl__rings_free(&plan->rings);
    agl__frame_free(&plan->frame);
    agl_points_free(&plan->points);
    free(plan->reference);
    free(plan->x);
    free(plan->y);
    plan->reference = NULL;
    plan->x = plan->y = NULL;
}

agl_status agl__k_scratch_new(agl__k_scratch *out, const agl__k_plan *plan, agl_error *err) {
    size_t vertices = plan->window->start[plan->window->n_rings];
    *out = (agl__k_scratch){.by_class = AGL_NEW(double, plan->rings.n + 2),
                            .edges = AGL_NEW(agl__near_edge, vertices),
                            .crossings = calloc(2 * vertices, agl__window_crossing_size())};
    agl_status status = out->by_class && out->edges && out->crossings ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__ring_scratch_new(&out->rings, &plan->rings, plan->points.n, err);
    if (status != AGL_OK) agl__k_scratch_free(out);
    return status;
}

void agl__k_scratch_free(agl__k_scratch *scratch) {
    agl__ring_scratch_free(&scratch->rings);
    free(scratch->by_class);
    free(scratch->edges);
    free(scratch->crossings);
    scratch->by_class = NULL;
    scratch->edges = NULL;
    scratch->crossings = NULL;
}

/* ---- one reference point ---- */

static int by_distance(const void *a, const void *b) {
    double x = ((const agl__near_edge *)a)->distance, y = ((const agl__near_edge *)b)->distance;
    return (x > y) - (x < y);
}

/* Edges of a polygon within reach of (x, y), nearest first. */
static size_t near_edges(agl__near_edge *out, const agl_window *w, double x, double y, double reach) {
    size_t n = 0;
    for (size_t r = 0; r < w->n_rings; r++)
        for (size_t v = w->start[r], before = w->start[r + 1] - 1; v < w->start[r + 1]; before = v++) {
            double ax = w->x[before], ay = w->y[before], dx = w->x[v] - ax, dy = w->y[v] - ay;
            double t = fmin(fmax(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0), 1);
            double d = hypot(ax + t * dx - x, ay + t * dy - y);
            if (d < reach) out[n++] = (agl__near_edge){.distance = d, .from = before, .to = v};
        }
    qsort(out, n, sizeof *out, by_distance);
    return n;
}

/* What the edge correction needs to know of one reference point. */
typedef struct place {
    double x, y, side[4]; /* distances of the sides of a rectangle, INFINITY out of reach */
    size_t n_edges;       /* of a polygon within reach */
    bool inner;           /* no edge within reach */
} place;

static place look_around(agl__k_scratch *s, const agl__k_plan *p, int32_t i) {
    const agl_window *w = p->window;
    double reach = p->rings.step * (double)p->rings.n;
    place at = {.x = p->points.x[i], .y = p->points.y[i], .inner = true};
    if (!w->rectangle) {
        at.n_edges = near_edges(s->edges, w, at.x, at.y, reach);
        at.inner = at.n_edges == 0;
        return at;
    }
    const double side[4] = {at.x - w->low[0], w->high[0] - at.x, at.y - w->low[1], w->high[1] - at.y};
    for (int k = 0; k < 4; k++) {
        at.side[k] = side[k] < reach ? fmax(side[k], 0) : INFINITY;
        at.inner = at.inner && side[k] >= reach;
    }
    return at;
}

/* Weights of the points of a chunk of blocks; those out of reach get any. */
static void weigh(double *weight, const int32_t *class, agl__k_scratch *s, const agl__k_plan *p,
                  const place *at, const uint32_t *block, size_t n) {
    const agl_window *w = p->window;
    const double here[2] = {at->x, at->y}, size[2] = {w->high[0] - w->low[0], w->high[1] - w->low[1]};
    bool plain = p->options.edge == AGL_EDGE_NONE || (p->options.edge == AGL_EDGE_ISOTROPIC && at->inner);
    if (w->rectangle && !plain) {
        if (p->options.edge == AGL_EDGE_TRANSLATION)
            p->edge->translation(weight, p->x, p->y, block, n, here, size);
        else
            p->edge->isotropic(weight, p->x, p->y, block, n, here, at->side);
        return;
    }
    for (size_t k = 0; k < n * AGL__GROUP; k++) {
        size_t j = (size_t)block[k / AGL__GROUP] * AGL__GROUP + k % AGL__GROUP;
        double dx = p->x[j] - at->x, dy = p->y[j] - at->y;
        weight[k] = 1;
        if (plain || (size_t) class[k] > p -> rings.n) continue;
        if (p->options.edge == AGL_EDGE_TRANSLATION) {
            weight[k] = w->area / agl_window_covariance(w, dx, dy);
        } else if (hypot(dx, dy) > s->edges[0].distance) {
            double share =
                agl__window_arc(w, s->edges, at->n_edges, at->x, at->y, hypot(dx, dy), s->crossings);
            weight[k] = 1 / fmax(share, 1.0 / AGL__EDGE_MOST);
        }
    }
}

/* g: every pair counts at the distances within the half-width h of its own, weighed by 1 - ((r - d) / h)^2.
 */
static void spread(double *sum, const double *weight, const int32_t *class, const agl__k_plan *p,
                   const place *at, const uint32_t *block, size_t n) {
    double h = p->half_width, step = p->options.step;
    for (size_t k = 0; k < n * AGL__GROUP; k++) {
        if ((size_t) class[k] > p -> rings.n) continue;
        size_t j = (size_t)block[k / AGL__GROUP] * AGL__GROUP + k % AGL__GROUP;
        double dx = p->x[j] - at->x, dy = p->y[j] - at->y, d = sqrt(dx * dx + dy * dy);
        double first = ceil((d - h) / step), last = floor((d + h) / step);
        size_t to = last < (double)p->options.n ? (size_t)last : p->options.n;
        for (size_t r = first > 0 ? (size_t)first : 0; r <= to; r++) {
            double u = ((double)r * step - d) / h;
            if (u * u < 1) sum[r] += weight[k] * (1 - u * u);
        }
    }
}

static void add_weighted(agl__k_sums *sums, agl__k_scratch *s, const agl__k_plan *p, int32_t i,
                         const place *at) {
    int32_t class[AGL__CHUNK * AGL__GROUP];
    double weight[AGL__CHUNK * AGL__GROUP], *lanes = s->rings.lanes;
    size_t classes = p->rings.n + 2;
    memset(lanes, 0, AGL__RING_LANES * classes * sizeof *lanes);
    agl__rings_visit(&s->rings, &p->rings, i, &p->cloud, p->rings.n, false);
    for (size_t from = 0, n = s->rings.n_blocks; from < n; from += AGL__CHUNK) {
        const uint32_t *block = s->rings.block + from;
        size_t m = n - from < AGL__CHUNK ? n - from : AGL__CHUNK;
        agl__rings_classify(class, &p->rings, i, &p->cloud, block, m);
        weigh(weight, class, s, p, at, block, m);
        if (p->options.kind == AGL_RIPLEY_G)
            spread(sums->pairs, weight, class, p, at, block, m);
        else
            agl__lanes_add(lanes, classes, class, weight, m);
    }
    for (size_t k = 0; k <= p->options.n && p->options.kind != AGL_RIPLEY_G; k++)
        sums->pairs[k] += (lanes[k] + lanes[k + classes]) + (lanes[k + 2 * classes] + lanes[k + 3 * classes]);
}

/* Border: a point of depth b counts at the distances below b. */
static void add_border(agl__k_sums *sums, agl__k_scratch *s, const agl__k_plan *p, int32_t i) {
    double depth = agl_window_depth(p->window, p->points.x[i], p->points.y[i]), step = p->options.step,
           before = 0;
    size_t deep = depth / step < (double)p->options.n ? (size_t)(depth / step) + 2
                                                      : p->options.n + 1; /* distances it counts at */
    while (deep > 0 && (double)(deep - 1) * step >= depth)
        deep--;
    if (deep == 0) return;
    agl__rings_sum(s->by_class, &s->rings, &p->rings, i, &p->cloud, deep - 1);
    for (size_t k = 0; k < deep; k++) {
        before += s->by_class[k];
        sums->pairs[k] += before;
        sums->references[k]++;
    }
}

void agl__k_add(agl__k_sums *sums, agl__k_scratch *scratch, const agl__k_plan *plan, size_t from, size_t to) {
    agl_edge edge = plan->options.edge;
    for (size_t k = from; k < to; k++) {
        int32_t i = plan->reference[k];
        if (edge == AGL_EDGE_BORDER) {
            add_border(sums, scratch, plan, i);
            continue;
        }
        place at = look_around(scratch, plan, i);
        bool plain = edge == AGL_EDGE_NONE || (edge == AGL_EDGE_ISOTROPIC && at.inner);
        if (!plain || plan->options.kind == AGL_RIPLEY_G) {
            add_weighted(sums, scratch, plan, i, &at);
            continue;
        }
        agl__rings_sum(scratch->by_class, &scratch->rings, &plan->rings, i, &plan->cloud, plan->rings.n);
        for (size_t r = 0; r <= plan->options.n; r++)
            sums->pairs[r] += scratch->by_class[r];
    }
}

void agl__k_value(double *value, const agl__k_sums *sums, const agl__k_plan *p) {
    const agl_ripley_options *o = &p->options;
    double area = p->window->area, ordered = p->n_a * (p->cross ? p->n_b : p->n_a - 1), before = 0;
    for (size_t k = 0; k <= o->n; k++) {
        before += sums->pairs[k];
        if (o->kind == AGL_RIPLEY_G)
            value[k] = k == 0 ? NAN
                              : area / ordered * (0.75 / p->half_width) * sums->pairs[k] /
                                    (2 * M_PI * (double)k * o->step);
        else if (o->edge == AGL_EDGE_BORDER)
            value[k] = sums->references[k] > 0 ? area * sums->pairs[k] / (p->n_b * sums->references[k]) : NAN;
        else if (agl__k_counts(p))
            value[k] = area / ordered * sums->pairs[k];
        else
            value[k] = area / ordered * before;
    }
}

/* ---- observed ---- */

static agl_status check_points(const agl_points *points, const agl_window *w, agl_error *err) {
    if (points->space != AGL_PLANE)
        return agl_fail(err, AGL_EDATA, "K needs plane coordinates; project the points first");
    bool apart = false;
    for (size_t i = 0; i < points->n; i++) {
        apart = apart || points->x[i] != points->x[0] || points->y[i] != points->y[0];
        if (!agl_window_contains(w, points->x[i], points->y[i]))
            return agl_fail(
                err, AGL_EDATA,
                "point %zu at (%g, %g) lies outside the window; widen the window or leave the point out",
                i + 1, points->x[i], points->y[i]);
    }
    if (points->n < 2)
        return agl_fail(err, AGL_EDATA, "K needs at least two points, there is %zu", points->n);
    if (!apart)
        return agl_fail(err, AGL_EDATA, "all %zu points lie at the same place; K has no meaning", points->n);
    return AGL_OK;
}

agl_status agl__ripley_check(const agl_ripley_data *data, const agl_ripley_options *o, agl_error *err) {
    const agl_window *w = data->window;
    double r = o->step * (double)o->n, width = w->high[0] - w->low[0], height = w->high[1] - w->low[1];
    if (!(o->step > 0) || o->n == 0 || o->n > 1000000)
        return agl_fail(err, AGL_EUSAGE,
                        "distances need a step above zero and a largest distance of 1 to 1,000,000 steps");
    if (o->kind == AGL_RIPLEY_G && o->edge == AGL_EDGE_BORDER)
        return agl_fail(err, AGL_EUSAGE,
                        "the pair correlation has no border correction; use translation or isotropic");
    if (o->kind == AGL_RIPLEY_D && !data->b)
        return agl_fail(err, AGL_EUSAGE, "D compares cases with controls: give both");
    if (o->edge == AGL_EDGE_TRANSLATION && w->start[w->n_rings] > 256)
        return agl_fail(err, AGL_EUSAGE,
                        "translation on a window of %zu vertices is too slow (at most 256); simplify it, or "
                        "use isotropic or border",
                        w->start[w->n_rings]);
    double most = o->edge == AGL_EDGE_NONE     ? hypot(width, height)
                  : o->edge == AGL_EDGE_BORDER ? fmin(width, height) / 2
                                               : hypot(width, height) / 2;
    if (r > most)
        return agl_fail(
            err, AGL_EUSAGE,
            "distances up to %g km reach beyond the window (%g by %g km); with this correction at most %g km",
            r, width, height, most);
    agl_status status = check_points(data->a, w, err);
    return status == AGL_OK && data->b ? check_points(data->b, w, err) : status;
}

typedef struct observed {
    const agl__k_plan *plan;
    agl__k_scratch *scratch; /* one a worker */
    size_t blocks;
    double *sums; /* blocks * 2 * (n + 1) */
} observed;

static agl_status observed_block(void *arg, size_t block, int worker, agl_error *err) {
    (void)err;
    const observed *o = arg;
    size_t n = o->plan->n_reference, width = o->plan->options.n + 1;
    agl__k_sums sums = {o->sums + 2 * block * width, o->sums + (2 * block + 1) * width};
    agl__k_add(&sums, &o->scratch[worker], o->plan, n * block / o->blocks, n * (block + 1) / o->blocks);
    return AGL_OK;
}

static agl_status weighted_sums(agl__k_sums *sums, const agl__k_plan *plan, const agl_ctx *ctx,
                                agl_error *err) {
    size_t threads = (size_t)agl_threads(ctx), width = plan->options.n + 1,
           most = ((size_t)32 << 20) / (2 * width * sizeof(double));
    observed o = {
        .plan = plan, .blocks = plan->n_reference / 32 + 1, .scratch = AGL_NEW(agl__k_scratch, threads)};
    if (o.blocks > most) o.blocks = most > 8 ? most : 8;
    if (o.blocks > 1024) o.blocks = 1024;
    o.sums = AGL_NEW(double, o.blocks * 2 * width);
    agl_status status = o.scratch && o.sums ? AGL_OK : agl_fail_memory(err);
    for (size_t t = 0; t < threads && status == AGL_OK; t++)
        status = agl__k_scratch_new(&o.scratch[t], plan, err);
    if (status == AGL_OK) status = agl__parallel(o.blocks, observed_block, &o, "K", ctx, err);
    for (size_t b = 0; b < o.blocks && status == AGL_OK; b++)
        for (size_t k = 0; k < width; k++) {
            sums->pairs[k] += o.sums[2 * b * width + k];
            sums->references[k] += o.sums[(2 * b + 1) * width + k];
        }
    for (size_t t = 0; o.scratch && t < threads; t++)
        agl__k_scratch_free(&o.scratch[t]);
    free(o.scratch);
    free(o.sums);
    return status;
}

agl_status agl__k_function(double *value, const agl_points *a, const agl_points *b, const agl_window *window,
                           const agl_ripley_options *options, const agl_ctx *ctx, agl_error *err) {
    agl__k_plan plan;
    agl__k_sums sums = {AGL_NEW(double, options->n + 1), AGL_NEW(double, options->n + 1)};
    agl_status status = sums.pairs && sums.references ? agl__k_plan_new(&plan, a, b, window, options, err)
                                                      : agl_fail_memory(err);
    if (status == AGL_OK) {
        status = agl__k_counts(&plan) ? agl__k_count(&sums, &plan, ctx, err)
                                      : weighted_sums(&sums, &plan, ctx, err);
        if (status == AGL_OK) agl__k_value(value, &sums, &plan);
        agl__k_plan_free(&plan);
    }
    free(sums.pairs);
    free(sums.references);
    return status;
}

agl_status agl_ripley(double *value, const agl_ripley_data *data, const agl_ripley_options *options,
                      const agl_ctx *ctx, agl_error *err) {
    agl_status status = agl__ripley_check(data, options, err);
    if (status != AGL_OK) return status;
    if (options->kind != AGL_RIPLEY_D)
        return agl__k_function(value, data->a, data->b, data->window, options, ctx, err);
    double *controls = AGL_NEW(double, options->n + 1);
    if (!controls) return agl_fail_memory(err);
    status = agl__k_function(value, data->a, NULL, data->window, options, ctx, err);
    if (status == AGL_OK) status = agl__k_function(controls, data->b, NULL, data->window, options, ctx, err);
    for (size_t k = 0; k <= options->n && status == AGL_OK; k++)
        value[k] -= controls[k];
    free(controls);
    return status;
}

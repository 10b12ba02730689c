#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/measure/mfunction_plan.h"

#include <math.h>
#include <string.h>

/* ---- marks ---- */

/* Points by type in id[], end[t] behind the last of type t; each type keeps the order along the curve. */
static void sort_by_type(int32_t *id, size_t *end, agl__marks *m, const agl_mfunction *f) {
    for (size_t i = 0; i < f->n; i++) {
        end[m->type[i] + 1]++;
        m->total[m->type[i]] += m->weight ? m->weight[i] : 1;
    }
    for (size_t t = 0; t < f->n_types; t++) {
        end[t + 1] += end[t];
        m->all += m->total[t];
    }
    for (size_t i = 0; i < f->n; i++)
        id[end[m->type[i]]++] =
            (int32_t)i; /* end[t] moves from the first to behind the last point of type t */
}

static agl_status make_rest(agl__marks *m, int32_t *id, const agl_mfunction *f, agl_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (m->rest_is == AGL__REST_ALL || m->type[i] != f->neighbour) id[n++] = (int32_t)i;
    return agl__cloud_new(&m->rest, &f->frame, id, n, m->weight, err);
}

agl_status agl__marks_new(agl__marks *out, const agl_mfunction *f, const int32_t *type, const double *weight,
                          agl__rest rest, agl_error *err) {
    *out = (agl__marks){.type = type,
                        .weight = weight,
                        .rest_is = rest,
                        .cloud = AGL_NEW(agl__cloud, f->n_types),
                        .total = AGL_NEW(double, f->n_types)};
    size_t *end = AGL_NEW(size_t, f->n_types + 1);
    int32_t *id = AGL_NEW(int32_t, f->n);
    agl_status status = out->cloud && out->total && end && id ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) sort_by_type(id, end, out, f);
    for (size_t t = 0; t < f->n_types && status == AGL_OK; t++) {
        size_t from = t > 0 ? end[t - 1] : 0;
        if (f->counted[t])
            status = agl__cloud_new(&out->cloud[t], &f->frame, id + from, end[t] - from, weight, err);
    }
    if (status == AGL_OK && rest != AGL__REST_NONE) status = make_rest(out, id, f, err);
    free(end);
    free(id);
    if (status != AGL_OK) agl__marks_free(out, f);
    return status;
}

void agl__marks_free(agl__marks *marks, const agl_mfunction *f) {
    for (size_t t = 0; marks->cloud && t < f->n_types; t++)
        agl__cloud_free(&marks->cloud[t]);
    agl__cloud_free(&marks->rest);
    free(marks->cloud);
    free(marks->total);
    *marks = (agl__marks){.type = NULL};
}

agl_status agl__m_scratch_new(agl__m_scratch *out, const agl_mfunction *f, agl_error *err) {
    *out = (agl__m_scratch){.sum = AGL_NEW(double, f->rings.n + 2),
                            .near = AGL_NEW(double, f->n_r),
                            .below = AGL_NEW(double, f->n_r)};
    agl_status status = out->sum && out->near && out->below ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__ring_scratch_new(&out->rings, &f->rings, f->n, err);
    if (status != AGL_OK) agl__m_scratch_free(out);
    return status;
}

void agl__m_scratch_free(agl__m_scratch *scratch) {
    agl__ring_scratch_free(&scratch->rings);
    free(scratch->sum);
    free(scratch->near);
    free(scratch->below);
    scratch->sum = scratch->near = scratch->below = NULL;
}

/* ---- one reference point ---- */

/* out[k] = sum over classes up to at[k]. */
static void sums_up_to(double *out, const double *sum, const size_t *at, size_t n) {
    double before = 0;
    for (size_t k = 0, class = 0; k < n; k++) {
        for (; class <= at[k]; class ++)
            before += sum[class];
        out[k] = before;
    }
}

/* Sum of x[j] * kernel[j]; four running sums, because one would wait for itself at every addition. */
static double product(const double *x, ptrdiff_t stride, const double *kernel, size_t n) {
    double part[4] = {0, 0, 0, 0};
    size_t j = 0;
    for (; j + 4 <= n; j += 4)
        for (size_t k = 0; k < 4; k++)
            part[k] += x[(ptrdiff_t)(j + k) * stride] * kernel[j + k];
    for (; j < n; j++)
        part[0] += x[(ptrdiff_t)j * stride] * kernel[j];
    return (part[0] + part[1]) + (part[2] + part[3]);
}

/* out[k] = sum over the rings around r_k, weighed by the kernel: outwards from edge[k], and inwards as far as
 * there are any. */
static void smooth(double *out, const double *sum, const agl__smoother *s, size_t n) {
    for (size_t k = 0; k < n; k++) {
        size_t edge = s->edge[k], inner = edge < s->band ? edge : s->band;
        out[k] = sum[0] * s->at_zero[k] + product(sum + edge, -1, s->kernel, inner) +
                 product(sum + edge + 1, 1, s->kernel, s->band);
    }
}

void agl__m_around(double *out, agl__m_scratch *scratch, const agl_mfunction *f, size_t i,
                   const agl__cloud *cloud) {
    agl__rings_sum(scratch->sum, &scratch->rings, &f->rings, (int32_t)i, cloud, f->rings.n);
    if (f->smooth.band > 0)
        smooth(out, scratch->sum, &f->smooth, f->n_r);
    else
        sums_up_to(out, scratch->sum, f->at, f->n_r);
}

/* Q_i = (W_B - [A = B] w_i) / (W - w_i); with controls (W_A - w_i) / W_B. */
static double global_share(const agl_mfunction *f, const agl__marks *m, const agl_mfunction_curve *c,
                           size_t i) {
    double own = m->weight ? m->weight[i] : 1;
    if (f->case_control) return (m->total[c->reference] - own) / m->total[c->neighbour];
    return (m->total[c->neighbour] - (c->reference == c->neighbour ? own : 0)) / (m->all - own);
}

void agl__m_add_point(double *local, double *global, agl__m_scratch *s, const agl_mfunction *f,
                      const agl__marks *m, size_t i, const double *below) {
    const int32_t type = m->type[i];
    for (size_t j = f->first_curve[type]; j < f->first_curve[type + 1]; j++) {
        size_t c = f->by_reference[j];
        const agl_mfunction_curve *curve = &f->curves[c];
        agl__m_around(s->near, s, f, i, &m->cloud[f->case_control ? curve->reference : curve->neighbour]);
        const double *all = below ? below : s->below;
        if (f->case_control) {
            agl__m_around(s->below, s, f, i, &m->cloud[curve->neighbour]);
        } else if (!below && m->rest_is == AGL__REST_OTHERS) {
            agl__m_around(s->below, s, f, i, &m->rest);
            for (size_t k = 0; k < f->n_r; k++)
                s->below[k] += s->near[k];
        } else if (!below && j == f->first_curve[type]) {
            agl__m_around(s->below, s, f, i, m->rest_is == AGL__REST_ALL ? &m->rest : &f->sites);
        }
        double share = global_share(f, m, curve, i);
        for (size_t k = 0; k < f->n_r; k++) {
            if (!(all[k] > 0)) continue;
            local[c * f->n_r + k] += s->near[k] / all[k];
            global[c * f->n_r + k] += share;
        }
    }
}

void agl__m_divide(double *m, const double *local, const double *global, size_t n) {
    for (size_t k = 0; k < n; k++)
        m[k] = global[k] > 0 ? local[k] / global[k] : NAN;
}

/* ---- observed curves ---- */

typedef struct observed {
    const agl_mfunction *f;
    const agl__marks *marks;
    agl__m_scratch *scratch; /* one a worker */
    size_t blocks, values;
    double *local, *global; /* blocks * values */
} observed;

static agl_status observed_block(void *arg, size_t block, int worker, agl_error *err) {
    (void)err;
    const observed *o = arg;
    const agl_mfunction *f = o->f;
    size_t from = f->n * block / o->blocks, to = f->n * (block + 1) / o->blocks;
    for (size_t i = from; i < to; i++)
        if (agl__m_is_reference(f, o->marks, i))
            agl__m_add_point(o->local + block * o->values, o->global + block * o->values, &o->scratch[worker],
                             f, o->marks, i, NULL);
    return AGL_OK;
}

/* Blocks of points: enough for the threads of any machine, few enough that their sums stay below 64 MB. */
static size_t block_count(size_t n, size_t values) {
    size_t most = ((size_t)64 << 20) / (2 * sizeof(double) * (values + 1)), blocks = n / 16 + 1;
    if (most < 16) most = 16;
    if (most > 1024) most = 1024;
    return blocks < most ? blocks : most;
}

agl_status agl_mfunction_observed(double *m, agl_mfunction *f, const agl_ctx *ctx, agl_error *err) {
    size_t values = f->n_curves * f->n_r, threads = (size_t)agl_threads(ctx),
           blocks = block_count(f->n, values);
    agl__marks marks;
    agl__rest rest = f->neighbour >= 0 && !f->case_control ? AGL__REST_OTHERS : AGL__REST_NONE;
    agl_status status = agl__marks_new(&marks, f, f->type, f->weight, rest, err);
    if (status != AGL_OK) return status;
    observed o = {.f = f,
                  .marks = &marks,
                  .blocks = blocks,
                  .values = values,
                  .scratch = AGL_NEW(agl__m_scratch, threads),
                  .local = AGL_NEW(double, blocks *values),
                  .global = AGL_NEW(double, blocks *values)};
    if (!o.scratch || !o.local || !o.global) status = agl_fail_memory(err);
    for (size_t t = 0; t < threads && status == AGL_OK; t++)
        status = agl__m_scratch_new(&o.scratch[t], f, err);
    if (status == AGL_OK) status = agl__parallel(blocks, observed_block, &o, "M function", ctx, err);
    if (status == AGL_OK) {
        for (size_t b = 1; b < blocks; b++)
            for (size_t v = 0; v < values; v++) {
                o.local[v] += o.local[b * values + v];
                o.global[v] += o.global[b * values + v];
            }
        agl__m_divide(m, o.local, o.global, values);
    }
    for (size_t t = 0; o.scratch && t < threads; t++)
        agl__m_scratch_free(&o.scratch[t]);
    free(o.scratch);
    free(o.local);
    free(o.global);
    agl__marks_free(&marks, f);
    return status;
}

/* ---- all around every point ---- */

typedef struct around {
    const agl_mfunction *f;
    agl__m_scratch *scratch;
    double *table;
    size_t blocks;
} around;

static agl_status around_block(void *arg, size_t block, int worker, agl_error *err) {
    (void)err;
    const around *a = arg;
    const agl_mfunction *f = a->f;
    for (size_t i = f->n * block / a->blocks; i < f->n * (block + 1) / a->blocks; i++)
        agl__m_around(a->table + i * f->n_r, &a->scratch[worker], f, i, &f->sites);
    return AGL_OK;
}

agl_status agl__m_all_around(double *table, agl_mfunction *f, const agl_ctx *ctx, agl_error *err) {
    size_t threads = (size_t)agl_threads(ctx);
    around a = {.f = f, .table = table, .blocks = f->n / 64 + 1, .scratch = AGL_NEW(agl__m_scratch, threads)};
    agl_status status = a.scratch ? AGL_OK : agl_fail_memory(err);
    for (size_t t = 0; t < threads && status == AGL_OK; t++)
        status = agl__m_scratch_new(&a.scratch[t], f, err);
    if (status == AGL_OK) status = agl__parallel(a.blocks, around_block, &a, "neighbourhoods", ctx, err);
    for (size_t t = 0; a.scratch && t < threads; t++)
        agl__m_scratch_free(&a.scratch[t]);
    free(a.scratch);
    return status;
}

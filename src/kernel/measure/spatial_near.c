/* Neighbours by distance: the nearest ones, or all within a radius, from a k-d tree. */
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/geo/kdtree.h"
#include "kernel/geo/points.h"
#include "kernel/measure/spatial_weights.h"

#include <math.h>

#define LEAF  12  /* points of a leaf of the tree */
#define CHUNK 512 /* points of a task */
#define DEPTH 128 /* nodes that wait while one point is looked after; the tree has at most 33 levels */

/** Squared chord from a point to the box of a node: a lower bound of those to its points. */
static double to_box2(const agl_kdnode *node, const double at[3]) {
    double sum = 0;
    for (int a = 0; a < 3; a++) {
        double gap = fmax(fmax(node->low[a] - at[a], at[a] - node->high[a]), 0);
        sum += gap * gap;
    }
    return sum;
}

typedef struct near {
    double chord2;
    int32_t index;
} near;

/** A candidate list of the k nearest, ascending by distance, then index. */
static void offer(near *list, size_t *count, size_t k, near candidate) {
    size_t at = *count < k ? (*count)++ : k;
    if (at == k) {
        near last = list[k - 1];
        bool nearer = candidate.chord2 < last.chord2 ||
                      (candidate.chord2 == last.chord2 && candidate.index < last.index);
        if (!nearer) return;
        at = k - 1;
    }
    for (; at > 0; at--) {
        near left = list[at - 1];
        if (left.chord2 < candidate.chord2 ||
            (left.chord2 == candidate.chord2 && left.index < candidate.index))
            break;
        list[at] = left;
    }
    list[at] = candidate;
}

/** The nearest of point i (of the points, not of the tree). Nearer children are looked at first; a node whose
 * box lies farther than the k-th candidate is left out. Rounding of the bound is allowed for, so that equally
 * near points are never lost. */
static void nearest_of(near *list, const agl_kdtree *tree, const agl_points *points, size_t i, size_t k) {
    const double at[3] = {points->x[i], points->y[i], points->z[i]};
    uint32_t stack[DEPTH];
    size_t waiting = 0, count = 0;
    stack[waiting++] = 0;
    while (waiting > 0) {
        const agl_kdnode *node = &tree->nodes[stack[--waiting]];
        if (count == k && to_box2(node, at) > list[k - 1].chord2 * (1 + 1e-12)) continue;
        if (node->left < 0) {
            for (uint32_t p = node->begin; p < node->end; p++)
                if ((size_t)tree->index[p] != i)
                    offer(list, &count, k,
                          (near){agl__chord2(points, i, points, (size_t)tree->index[p]), tree->index[p]});
            continue;
        }
        uint32_t l = (uint32_t)node->left, r = l + 1;
        bool left_first = to_box2(&tree->nodes[l], at) <= to_box2(&tree->nodes[r], at);
        stack[waiting++] = left_first ? r : l;
        stack[waiting++] = left_first ? l : r;
    }
}

typedef struct job {
    agl_spatial_weights *out;
    const agl_kdtree *tree;
    const agl_points *points;
    size_t k;
    double limit2, radius;
    agl_distance_kernel kernel;
    bool count_only;
} job;

static agl_status nearest_task(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    const job *j = arg;
    size_t end = (task + 1) * CHUNK < j->points->n ? (task + 1) * CHUNK : j->points->n;
    near *list = AGL_NEW(near, j->k);
    void *scratch = calloc(j->k, agl__spatial_weights_scratch());
    agl_status status = list && scratch ? AGL_OK : agl_fail_memory(err);
    for (size_t i = task * CHUNK; i < end && status == AGL_OK; i++) {
        nearest_of(list, j->tree, j->points, i, j->k);
        int32_t *to = j->out->to + i * j->k;
        double *weight = j->out->weight + i * j->k;
        for (size_t s = 0; s < j->k; s++) {
            to[s] = list[s].index;
            weight[s] = 1;
        }
        agl__spatial_weights_sort_row(to, weight, j->k, scratch);
    }
    free(list);
    free(scratch);
    return status;
}

agl_status agl_spatial_weights_nearest(agl_spatial_weights *out, const agl_points *points, size_t k,
                                       const agl_ctx *ctx, agl_error *err) {
    *out = (agl_spatial_weights){0};
    if (k < 1) return agl_fail(err, AGL_EUSAGE, "the number of neighbours is at least 1");
    if (points->n < 2) return agl_fail(err, AGL_EDATA, "neighbours need at least two regions");
    if (k > points->n - 1) k = points->n - 1;
    agl_kdtree tree = {0};
    agl_status status = agl__kdtree_build(&tree, points, LEAF, err);
    if (status == AGL_OK) status = agl__spatial_weights_room(out, points->n, points->n * k, err);
    if (status == AGL_OK) {
        for (size_t i = 0; i <= points->n; i++)
            out->start[i] = i * k;
        job j = {.out = out, .tree = &tree, .points = points, .k = k};
        status = agl__parallel((points->n + CHUNK - 1) / CHUNK, nearest_task, &j, "neighbours", ctx, err);
    }
    agl__kdtree_free(&tree);
    if (status != AGL_OK) agl_spatial_weights_free(out);
    return status;
}

static double kernel_weight(agl_distance_kernel kernel, double u) {
    switch (kernel) {
    case AGL_KERNEL_TRIANGULAR:
        return 1 - u;
    case AGL_KERNEL_EPANECHNIKOV:
        return 0.75 * (1 - u * u);
    case AGL_KERNEL_BIWEIGHT:
        return 15.0 / 16 * (1 - u * u) * (1 - u * u);
    case AGL_KERNEL_GAUSSIAN:
        return exp(-u * u / 2) / sqrt(2 * M_PI);
    case AGL_KERNEL_UNIFORM:
        break;
    }
    return 1;
}

/** Points within the radius of point i: their number, and with `to` themselves. */
static size_t within_of(int32_t *to, double *weight, const job *j, size_t i) {
    const double at[3] = {j->points->x[i], j->points->y[i], j->points->z[i]};
    uint32_t stack[DEPTH];
    size_t waiting = 0, count = 0;
    stack[waiting++] = 0;
    while (waiting > 0) {
        const agl_kdnode *node = &j->tree->nodes[stack[--waiting]];
        if (to_box2(node, at) > j->limit2) continue;
        if (node->left >= 0) {
            stack[waiting++] = (uint32_t)node->left;
            stack[waiting++] = (uint32_t)node->left + 1;
            continue;
        }
        for (uint32_t p = node->begin; p < node->end; p++) {
            size_t other = (size_t)j->tree->index[p];
            double chord2 = agl__chord2(j->points, i, j->points, other);
            if (other == i || chord2 > j->limit2) continue;
            if (to) {
                double u = agl__distance_of_chord(j->points->space, sqrt(chord2)) / j->radius;
                to[count] = (int32_t)other;
                weight[count] = fmax(kernel_weight(j->kernel, fmin(u, 1)), 0);
            }
            count++;
        }
    }
    return count;
}

static agl_status within_task(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    const job *j = arg;
    size_t end = (task + 1) * CHUNK < j->points->n ? (task + 1) * CHUNK : j->points->n;
    for (size_t i = task * CHUNK; i < end; i++) {
        if (j->count_only) {
            j->out->start[i + 1] = within_of(NULL, NULL, j, i);
            continue;
        }
        size_t first = j->out->start[i], k = j->out->start[i + 1] - first;
        if (k == 0) continue;
        within_of(j->out->to + first, j->out->weight + first, j, i);
        void *scratch = calloc(k, agl__spatial_weights_scratch());
        if (!scratch) return agl_fail_memory(err);
        agl__spatial_weights_sort_row(j->out->to + first, j->out->weight + first, k, scratch);
        free(scratch);
    }
    return AGL_OK;
}

/** Two passes: the rows are counted, then filled. */
static agl_status count_and_fill(job *j, size_t n, const agl_ctx *ctx, agl_error *err) {
    size_t tasks = (n + CHUNK - 1) / CHUNK, *start = AGL_NEW(size_t, n + 1);
    if (!start) return agl_fail_memory(err);
    j->out->start = start;
    j->count_only = true;
    agl_status status = agl__parallel(tasks, within_task, j, NULL, ctx, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < n; i++)
        start[i + 1] += start[i];
    if (start[n] > INT32_MAX)
        return agl_fail(err, AGL_EDATA,
                        "%zu pairs of regions lie within %g km of each other; reduce the radius", start[n],
                        j->radius);
    j->out->to = AGL_NEW(int32_t, start[n]);
    j->out->weight = AGL_NEW(double, start[n]);
    if (!j->out->to || !j->out->weight) return agl_fail_memory(err);
    j->count_only = false;
    return agl__parallel(tasks, within_task, j, "neighbours", ctx, err);
}

agl_status agl_spatial_weights_within(agl_spatial_weights *out, const agl_points *points, double radius_km,
                                      agl_distance_kernel kernel, const agl_ctx *ctx, agl_error *err) {
    *out = (agl_spatial_weights){.n = points->n};
    if (!(radius_km > 0) || !isfinite(radius_km))
        return agl_fail(err, AGL_EUSAGE, "the radius is a positive number of km, not %g", radius_km);
    if (points->n < 2) return agl_fail(err, AGL_EDATA, "neighbours need at least two regions");
    agl_kdtree tree = {0};
    double chord = agl__chord_of_distance(points->space, radius_km) * (1 + 1e-14); /* d <= r on a grid */
    job j = {.out = out,
             .tree = &tree,
             .points = points,
             .limit2 = chord * chord,
             .radius = radius_km,
             .kernel = kernel};
    agl_status status = agl__kdtree_build(&tree, points, LEAF, err);
    if (status == AGL_OK) status = count_and_fill(&j, points->n, ctx, err);
    agl__kdtree_free(&tree);
    if (status != AGL_OK) agl_spatial_weights_free(out);
    return status;
}

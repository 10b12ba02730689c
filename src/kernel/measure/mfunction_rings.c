#include "kernel/measure/mfunction_rings.h"
#include "base/mem.h"
#include "kernel/geo/points.h"

#include <math.h>
#include <string.h>

/* Bound of the error of distance / step in single precision, u = 2^-24. Coordinates are rounded by at most
 * reach * u each, which moves a chord by at most sqrt(3) * 2 reach * u. Relative to the distance: difference,
 * squares, sum and root 3.5 u, scaling 2 u, and on the sphere polynomial and its argument 5 u; less than 6 u
 * and 12 u together. */
static double float_doubt(const agl__frame *frame, double step, double radius) {
    double u = 0x1p-24, relative = frame->points->space == AGL_PLANE ? 6 * u : 12 * u;
    return 1.01 * (sqrt(3.0) * 2 * u * frame->reach + relative * (radius + step)) / step;
}

/* Class 0 and class n + 1 get intervals of their own: what is coincident is looked at singly, so that a point
 * never counts itself as part of a settled group. */
static void number_intervals(int32_t *interval, size_t n, const size_t *limits, size_t n_limits) {
    size_t next = 0;
    interval[0] = 0;
    for (size_t k = 1; k <= n + 1; k++) {
        while (limits && next < n_limits && limits[next] < k - 1)
            next++;
        bool ended = k == 1 || k == n + 1 || !limits || (next < n_limits && limits[next] == k - 1);
        interval[k] = interval[k - 1] + ended;
    }
}

agl_status agl__rings_new(agl__rings *out, const agl__frame *frame, double step, size_t n,
                          const size_t *limits, size_t n_limits, agl_error *err) {
    agl_space space = frame->points->space;
    if (!(step > 0) || n == 0 || n > INT32_MAX / 64)
        return agl_fail(err, AGL_EUSAGE,
                        "distances need a step above zero and at least one step up to the largest");
    if (space == AGL_SPHERE && step * (double)n > 10000)
        return agl_fail(err, AGL_EUSAGE,
                        "a largest distance of %g km is beyond a quarter of the globe; give at most 10000 km",
                        step * (double)n);
    *out = (agl__rings){.frame = frame,
                        .n = n,
                        .step = step,
                        .edge2 = AGL_NEW(double, n + 1),
                        .interval = AGL_NEW(int32_t, n + 2)};
    if (!out->edge2 || !out->interval) {
        agl__rings_free(out);
        return agl_fail_memory(err);
    }
    for (size_t k = 0; k <= n; k++) {
        double chord = agl__chord_of_distance(space, (double)k * step);
        out->edge2[k] = chord * chord;
    }
    number_intervals(out->interval, n, limits, n_limits);
    double doubt = float_doubt(frame, step, (double)n * step), globe = 2 * AGL_EARTH_RADIUS_KM;
    out->exact_only = doubt > 0.25 || n > 1000000; /* a float tells halves of whole numbers up to there */
    out->scale = (agl__ring_scale){.per_step = (float)(1 / step),
                                   .far = (float)n + 0.5F,
                                   .doubt = (float)doubt,
                                   .curvature = space == AGL_SPHERE ? (float)(1 / (globe * globe)) : 0};
    for (int level = 0; level <= 2; level++)
        if (agl__ring_kernel_for(level)) out->kernel = agl__ring_kernel_for(level);
    return AGL_OK;
}

void agl__rings_free(agl__rings *rings) {
    free(rings->edge2);
    free(rings->interval);
    rings->edge2 = NULL;
    rings->interval = NULL;
}

/* ---- single points ---- */

/* Smallest k with c2 <= edge2[k], n + 1 when there is none: a guess from the distance, then moved until it is
 * right. */
static int32_t exact_class(const agl__rings *r, double c2) {
    if (c2 > r->edge2[r->n]) return (int32_t)r->n + 1;
    double guess = agl__distance_of_chord(r->frame->points->space, sqrt(c2)) / r->step;
    size_t k = guess < (double)r->n ? (size_t)guess : r->n;
    while (k > 0 && c2 <= r->edge2[k - 1])
        k--;
    while (c2 > r->edge2[k])
        k++;
    return (int32_t)k;
}

/* Decides in double what single precision left open in one block. */
static void settle_block(int32_t *class, const agl__rings *rings, int32_t id, const int32_t *other) {
    const agl_points *p = rings->frame->points;
    const bool plane = p->space == AGL_PLANE; /* z is 0 and need not be fetched */
    int32_t any = 0;
    for (int k = 0; k < AGL__GROUP; k++)
        any |= class[k];
    if (any >= 0 && !rings->exact_only) return;
    for (int k = 0; k < AGL__GROUP; k++) {
        if (class[k] >= 0 && !rings->exact_only) continue;
        if (other[k] < 0 || other[k] == id) {
            class[k] = (int32_t)rings->n + 1;
            continue;
        }
        double dx = p->x[id] - p->x[other[k]], dy = p->y[id] - p->y[other[k]];
        double dz = plane ? 0 : p->z[id] - p->z[other[k]];
        class[k] = exact_class(rings, dx * dx + dy * dy + dz * dz);
    }
}

void agl__rings_classify(int32_t *class, const agl__rings *rings, int32_t id, const agl__cloud *cloud,
                         const uint32_t *block, size_t n) {
    const agl__frame *f = rings->frame;
    const float at[3] = {f->x[id], f->y[id], f->z[id]};
    bool unsure = rings->kernel->classify(class, cloud, block, n, at, &rings->scale);
    if (!unsure && !rings->exact_only) return;
    for (size_t b = 0; b < n; b++)
        settle_block(class + b * AGL__GROUP, rings, id, cloud->id + (size_t)block[b] * AGL__GROUP);
}

/* ---- groups ---- */

agl_status agl__ring_scratch_new(agl__ring_scratch *out, const agl__rings *rings, size_t n_points,
                                 agl_error *err) {
    size_t groups = n_points / (AGL__GROUP - 1) + 2 * AGL__GROUP;
    *out = (agl__ring_scratch){.block = AGL_NEW(uint32_t, groups),
                               .settled = AGL_NEW(uint32_t, groups),
                               .settled_class = AGL_NEW(int32_t, groups),
                               .list = {AGL_NEW(uint32_t, groups), AGL_NEW(uint32_t, groups)},
                               .lanes = AGL_NEW(double, AGL__RING_LANES *(rings->n + 2))};
    if (out->block && out->settled && out->settled_class && out->list[0] && out->list[1] && out->lanes)
        return AGL_OK;
    agl__ring_scratch_free(out);
    return agl_fail_memory(err);
}

void agl__ring_scratch_free(agl__ring_scratch *scratch) {
    free(scratch->block);
    free(scratch->settled);
    free(scratch->settled_class);
    free(scratch->list[0]);
    free(scratch->list[1]);
    free(scratch->lanes);
    *scratch = (agl__ring_scratch){.lanes = NULL};
}

typedef struct visit {
    const agl__rings *rings;
    const agl__cloud *cloud;
    agl__ring_scratch *scratch;
    int32_t limit;
    bool settle;
    float at[3];
} visit;

/* One level: the children of the n groups in `parent` are settled, left out or listed in `open`; returns the
 * number of those. Which of the three is as good as random, so there is no branch on it: every child is
 * written to both lists, and the lists grow when it belongs there. */
static size_t visit_level(const visit *v, const agl__level *level, const uint32_t *parent, size_t n,
                          uint32_t *open) {
    int32_t low[AGL__CHUNK * AGL__GROUP], high[AGL__CHUNK * AGL__GROUP];
    const int32_t *interval = v->rings->interval, limit = v->limit;
    uint32_t *settled = v->scratch->settled;
    int32_t *class = v->scratch->settled_class;
    size_t n_open = 0, n_settled = v->scratch->n_settled;
    for (size_t from = 0; from < n; from += AGL__CHUNK) {
        size_t m = n - from < AGL__CHUNK ? n - from : AGL__CHUNK;
        v->rings->kernel->bounds(low, high, level, parent + from, m, v->at, &v->rings->scale);
        for (size_t p = 0; p < m; p++) {
            uint32_t first = parent[from + p] * AGL__GROUP, number = first + (uint32_t)level->first;
            const int32_t *least = low + p * AGL__GROUP, *most = high + p * AGL__GROUP;
            for (uint32_t k = 0; k < AGL__GROUP; k++) {
                bool whole = v->settle & (interval[least[k]] == interval[most[k]]),
                     within = least[k] <= limit;
                open[n_open] = first + k;
                n_open += !whole & within;
                settled[n_settled] = number + k;
                class[n_settled] = least[k];
                n_settled += whole & within;
            }
        }
    }
    v->scratch->n_settled = n_settled;
    return n_open;
}

/* Groups of blocks that lie within the limit but across many intervals: none of their blocks would be settled
 * either (a block is some three times smaller), so they go to the result untested. Keeps the others in
 * `open`. */
static size_t take_blocks(const visit *v, uint32_t *open, size_t n) {
    enum { MANY = 4 };
    const int32_t *interval = v->rings->interval;
    const agl__level *level = &v->cloud->level[1];
    agl__ring_scratch *s = v->scratch;
    int32_t low[AGL__GROUP], high[AGL__GROUP];
    size_t kept = 0, all = v->cloud->level[0].n;
    for (size_t g = 0; g < n; g++) {
        uint32_t parent = open[g] / AGL__GROUP, k = open[g] % AGL__GROUP;
        if (g == 0 || parent != open[g - 1] / AGL__GROUP) /* once for siblings, which follow each other */
            v->rings->kernel->bounds(low, high, level, &parent, 1, v->at, &v->rings->scale);
        if (high[k] > v->limit || (v->settle && interval[high[k]] - interval[low[k]] <= MANY)) {
            open[kept++] = open[g];
            continue;
        }
        for (size_t b = (size_t)open[g] * AGL__GROUP; b < all && b < ((size_t)open[g] + 1) * AGL__GROUP; b++)
            s->block[s->n_blocks++] = (uint32_t)b;
    }
    return kept;
}

void agl__rings_visit(agl__ring_scratch *scratch, const agl__rings *rings, int32_t id,
                      const agl__cloud *cloud, size_t limit, bool settle) {
    const agl__frame *f = rings->frame;
    visit v = {.rings = rings,
               .cloud = cloud,
               .scratch = scratch,
               .limit = (int32_t)limit,
               .settle = settle,
               .at = {f->x[id], f->y[id], f->z[id]}};
    uint32_t *parent = scratch->list[0], *open = scratch->list[1];
    size_t n = cloud->n > 0;
    parent[0] = 0;
    scratch->n_blocks = scratch->n_settled = scratch->n_untested = scratch->n_higher = 0;
    for (int l = cloud->levels - 1; l >= 0; l--) {
        if (l == 0) {
            scratch->n_untested = scratch->n_blocks;
            scratch->n_higher = scratch->n_settled;
        }
        n = visit_level(&v, &cloud->level[l], parent, n, l > 0 ? open : scratch->block + scratch->n_blocks);
        if (l == 1) n = take_blocks(&v, open, n);
        uint32_t *swap = parent;
        parent = open;
        open = swap;
    }
    scratch->n_blocks += n;
}

/* ---- sums ---- */

/* Two classes by one load: the scatter below is bound by the number of loads and stores. */
typedef struct two {
    size_t first, second;
} two;

static inline two two_classes(const int32_t *class) {
    uint64_t both;
    memcpy(&both, class, sizeof both);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (two){both & UINT32_MAX, both >> 32};
#else
    return (two){both >> 32, both & UINT32_MAX};
#endif
}

void agl__lanes_add(double *restrict lanes, size_t classes, const int32_t *restrict class,
                    const double *restrict weight, size_t n) {
    double *restrict a = lanes, *restrict b = a + classes, *restrict c = b + classes,
                     *restrict d = c + classes;
    for (size_t k = 0; k < n * AGL__GROUP; k += 4) {
        two ab = two_classes(class + k), cd = two_classes(class + k + 2);
        a[ab.first] += weight[k];
        b[ab.second] += weight[k + 1];
        c[cd.first] += weight[k + 2];
        d[cd.second] += weight[k + 3];
    }
}

void agl__lanes_count(uint32_t *restrict lanes, size_t classes, const int32_t *restrict class,
                      const uint32_t *restrict times, size_t n) {
    uint32_t *restrict a = lanes, *restrict b = a + classes, *restrict c = b + classes,
                       *restrict d = c + classes;
    for (size_t k = 0; k < n * AGL__GROUP; k += 4) {
        two ab = two_classes(class + k), cd = two_classes(class + k + 2);
        a[ab.first] += times[k];
        b[ab.second] += times[k + 1];
        c[cd.first] += times[k + 2];
        d[cd.second] += times[k + 3];
    }
}

static void count_ones(uint32_t *restrict lanes, size_t classes, const int32_t *restrict class, size_t n) {
    uint32_t *restrict a = lanes, *restrict b = a + classes, *restrict c = b + classes,
                       *restrict d = c + classes;
    for (size_t k = 0; k < n * AGL__GROUP; k += 4) {
        two ab = two_classes(class + k), cd = two_classes(class + k + 2);
        a[ab.first]++;
        b[ab.second]++;
        c[cd.first]++;
        d[cd.second]++;
    }
}

static void add_chunk(double *lanes, size_t classes, const int32_t *class, const agl__cloud *cloud,
                      const uint32_t *block, size_t n) {
    uint32_t *counts = (uint32_t *)(void *)lanes;
    if (!cloud->weight)
        count_ones(counts, classes, class, n);
    else if (cloud->whole)
        for (size_t b = 0; b < n; b++)
            agl__lanes_count(counts, classes, class + b * AGL__GROUP,
                             cloud->whole + (size_t)block[b] * AGL__GROUP, 1);
    else
        for (size_t b = 0; b < n; b++)
            agl__lanes_add(lanes, classes, class + b * AGL__GROUP,
                           cloud->weight + (size_t)block[b] * AGL__GROUP, 1);
}

/* Many blocks: through the lanes. */
static void add_many(double *sum, agl__ring_scratch *scratch, const agl__rings *rings, int32_t id,
                     const agl__cloud *cloud) {
    size_t classes = rings->n + 2;
    double *lanes = scratch->lanes;
    bool whole = !cloud->weight || cloud->whole;
    memset(lanes, 0, AGL__RING_LANES * classes * (whole ? sizeof(uint32_t) : sizeof *lanes));
    int32_t class[AGL__CHUNK * AGL__GROUP];
    for (size_t from = 0, n = scratch->n_blocks; from < n; from += AGL__CHUNK) {
        size_t m = n - from < AGL__CHUNK ? n - from : AGL__CHUNK;
        const uint32_t *block = scratch->block + from;
        agl__rings_classify(class, rings, id, cloud, block, m);
        add_chunk(lanes, classes, class, cloud, block, m);
    }
    const double *w = lanes;
    const uint32_t *c = (const uint32_t *)(const void *)lanes;
    for (size_t k = 0; k < classes; k++)
        sum[k] += whole ? (double)c[k] + c[k + classes] + c[k + 2 * classes] + c[k + 3 * classes]
                        : (w[k] + w[k + classes]) + (w[k + 2 * classes] + w[k + 3 * classes]);
}

/* Few blocks: clearing and adding up the lanes would cost more than they save. */
static void add_few(double *sum, agl__ring_scratch *scratch, const agl__rings *rings, int32_t id,
                    const agl__cloud *cloud) {
    int32_t class[AGL__CHUNK * AGL__GROUP];
    for (size_t from = 0, n = scratch->n_blocks; from < n; from += AGL__CHUNK) {
        size_t m = n - from < AGL__CHUNK ? n - from : AGL__CHUNK;
        const uint32_t *block = scratch->block + from;
        agl__rings_classify(class, rings, id, cloud, block, m);
        for (size_t k = 0; k < m * AGL__GROUP; k++)
            sum[class[k]] += cloud->weight
                                 ? cloud->weight[(size_t)block[k / AGL__GROUP] * AGL__GROUP + k % AGL__GROUP]
                                 : 1;
    }
}

void agl__rings_sum(double *sum, agl__ring_scratch *scratch, const agl__rings *rings, int32_t id,
                    const agl__cloud *cloud, size_t limit) {
    memset(sum, 0, (rings->n + 2) * sizeof *sum);
    agl__rings_visit(scratch, rings, id, cloud, limit, true);
    for (size_t k = 0; k < scratch->n_settled; k++)
        sum[scratch->settled_class[k]] += cloud->group_weight[scratch->settled[k]];
    if (scratch->n_blocks * AGL__GROUP > AGL__RING_LANES * (rings->n + 2))
        add_many(sum, scratch, rings, id, cloud);
    else
        add_few(sum, scratch, rings, id, cloud);
}

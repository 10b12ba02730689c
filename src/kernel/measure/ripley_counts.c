/* K without weights within one pattern: every pair is looked at once and counted for both of its points.
 *
 * Point i counts at the distances r < depth_i (border), or at all of them (none); deep_i is the last class at
 * which it does, -1 when none. A pair of class c counts for i at the classes c .. deep_i, if there are any.
 * So with G[c] = number of (point, other) of class c with c <= deep,   reached_i = number of them at point i
 * the pairs at class k are   sum over c <= k of G[c]  -  sum over i with deep_i < k of reached_i.
 * All sums are of whole numbers: it does not matter which thread adds which. */
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/measure/ripley_plan.h"

#include <math.h>
#include <string.h>

enum { POINTS_A_TASK = 64 }; /* so that counts of a task fit 32 bits up to 2^25 points */

typedef struct worker {
    uint32_t *block, *list[2];
    uint32_t *lanes;   /* AGL__RING_LANES * (rings.n + 2) */
    uint32_t *reached; /* by place */
    uint64_t *pairs;   /* rings.n + 2 */
} worker;

typedef struct job {
    const agl__k_plan *plan;
    int32_t *deep;                 /* by place, -1 in empty ones */
    int32_t *deepest[AGL__LEVELS]; /* largest of a group */
    worker *workers;
} job;

/* ---- how deep ---- */

static int32_t deep_class(const agl__k_plan *p, size_t i) {
    int32_t n = (int32_t)p->options.n;
    if (p->options.edge == AGL_EDGE_NONE) return n;
    double depth = agl_window_depth(p->window, p->points.x[i], p->points.y[i]), step = p->options.step;
    int32_t deep = depth / step < n ? (int32_t)(depth / step) + 1 : n;
    while (deep >= 0 && deep * step >= depth)
        deep--;
    return deep;
}

static agl_status find_deep(job *j, agl_error *err) {
    const agl__cloud *c = &j->plan->cloud;
    size_t places = (c->n + AGL__GROUP - 1) / AGL__GROUP * AGL__GROUP;
    j->deep = AGL_NEW(int32_t, places);
    if (!j->deep) return agl_fail_memory(err);
    for (size_t k = 0; k < places; k++)
        j->deep[k] = k < c->n ? deep_class(j->plan, k) : -1;
    for (int l = 0; l < c->levels; l++) {
        size_t below = l == 0 ? c->n : c->level[l - 1].n;
        const int32_t *of_members = l == 0 ? j->deep : j->deepest[l - 1];
        j->deepest[l] = AGL_NEW(int32_t, c->level[l].n + AGL__GROUP);
        if (!j->deepest[l]) return agl_fail_memory(err);
        for (size_t g = 0; g < c->level[l].n + AGL__GROUP; g++)
            j->deepest[l][g] = -1;
        for (size_t k = 0; k < below; k++)
            if (of_members[k] > j->deepest[l][k / AGL__GROUP]) j->deepest[l][k / AGL__GROUP] = of_members[k];
    }
    return AGL_OK;
}

/* ---- blocks behind the point's own that are within reach of it or it of them ---- */

static size_t open_level(const job *j, int level, const uint32_t *parent, size_t n, uint32_t *open,
                         size_t i) {
    const agl__frame *f = &j->plan->frame;
    const float at[3] = {f->x[i], f->y[i], f->z[i]};
    const agl__level *here = &j->plan->cloud.level[level];
    const int32_t *deepest = j->deepest[level], deep = j->deep[i];
    uint32_t first_block = (uint32_t)(i / AGL__GROUP) + 1,
             last_done = level * 3 < 32 ? first_block >> (3 * level) : 0;
    int32_t low[AGL__CHUNK * AGL__GROUP], high[AGL__CHUNK * AGL__GROUP];
    size_t n_open = 0;
    for (size_t from = 0; from < n; from += AGL__CHUNK) {
        size_t m = n - from < AGL__CHUNK ? n - from : AGL__CHUNK;
        j->plan->rings.kernel->bounds(low, high, here, parent + from, m, at, &j->plan->rings.scale);
        for (size_t p = 0; p < m; p++) {
            uint32_t group = parent[from + p] * AGL__GROUP;
            for (size_t k = 0; k < AGL__GROUP; k++, group++) {
                int32_t limit = deepest[group] > deep ? deepest[group] : deep;
                open[n_open] = group;
                n_open += (low[p * AGL__GROUP + k] <= limit) &
                          (group >= last_done); /* groups before hold earlier blocks only */
            }
        }
    }
    return n_open;
}

static size_t open_blocks(const job *j, worker *w, size_t i) {
    uint32_t *parent = w->list[0], *open = w->list[1];
    size_t n = 1;
    parent[0] = 0;
    for (int l = j->plan->cloud.levels - 1; l >= 0; l--) {
        n = open_level(j, l, parent, n, l > 0 ? open : w->block, i);
        uint32_t *swap = parent;
        parent = open;
        open = swap;
    }
    return n;
}

/* ---- counting ---- */

static void count_chunk(const job *j, worker *w, size_t i, const uint32_t *block, size_t n, int32_t *class) {
    const agl__rings *r = &j->plan->rings;
    uint32_t times[AGL__CHUNK * AGL__GROUP];
    w->reached[i] += r->kernel->count_both(times, w->reached, class, block, n, j->deep[i], j->deep);
    agl__lanes_count(w->lanes, r->n + 2, class, times, n);
}

static void count_point(const job *j, worker *w, size_t i) {
    const agl__rings *r = &j->plan->rings;
    int32_t class[AGL__CHUNK * AGL__GROUP];
    uint32_t own = (uint32_t)(i / AGL__GROUP);
    agl__rings_classify(class, r, (int32_t)i, &j->plan->cloud, &own, 1);
    for (size_t k = 0; k <= i % AGL__GROUP; k++) /* earlier points of the own block have had their turn */
        class[k] = (int32_t)r->n + 1;
    count_chunk(j, w, i, &own, 1, class);
    size_t n = open_blocks(j, w, i);
    for (size_t from = 0; from < n; from += AGL__CHUNK) {
        size_t m = n - from < AGL__CHUNK ? n - from : AGL__CHUNK;
        agl__rings_classify(class, r, (int32_t)i, &j->plan->cloud, w->block + from, m);
        count_chunk(j, w, i, w->block + from, m, class);
    }
}

static agl_status count_task(void *arg, size_t task, int worker_index, agl_error *err) {
    (void)err;
    const job *j = arg;
    worker *w = &j->workers[worker_index];
    size_t classes = j->plan->rings.n + 2, n = j->plan->cloud.n, from = task * POINTS_A_TASK;
    size_t to = from + POINTS_A_TASK < n ? from + POINTS_A_TASK : n;
    memset(w->lanes, 0, AGL__RING_LANES * classes * sizeof *w->lanes);
    for (size_t i = from; i < to; i++)
        count_point(j, w, i);
    for (size_t c = 0; c < classes; c++)
        for (size_t lane = 0; lane < AGL__RING_LANES; lane++)
            w->pairs[c] += w->lanes[lane * classes + c];
    return AGL_OK;
}

/* ---- all ---- */

static agl_status worker_new(worker *w, const job *j, agl_error *err) {
    size_t n = j->plan->cloud.n, groups = n / (AGL__GROUP - 1) + 2 * AGL__GROUP,
           classes = j->plan->rings.n + 2;
    *w = (worker){.block = AGL_NEW(uint32_t, groups),
                  .list = {AGL_NEW(uint32_t, groups), AGL_NEW(uint32_t, groups)},
                  .lanes = AGL_NEW(uint32_t, AGL__RING_LANES * classes),
                  .reached = AGL_NEW(uint32_t, n + AGL__GROUP),
                  .pairs = AGL_NEW(uint64_t, classes)};
    return w->block && w->list[0] && w->list[1] && w->lanes && w->reached && w->pairs ? AGL_OK
                                                                                      : agl_fail_memory(err);
}

static void worker_free(worker *w) {
    free(w->block);
    free(w->list[0]);
    free(w->list[1]);
    free(w->lanes);
    free(w->reached);
    free(w->pairs);
}

/* pairs[k] and references[k] of the sums, k = 0..n, from the counts of all workers: what has come up to class
 * k, less what has ended before. */
static agl_status put_together(agl__k_sums *sums, const job *j, size_t threads, agl_error *err) {
    size_t n = j->plan->options.n, points = j->plan->cloud.n;
    uint64_t *ended_pairs = AGL_NEW(uint64_t, n + 2), *ended_points = AGL_NEW(uint64_t, n + 2);
    if (!ended_pairs || !ended_points) {
        free(ended_pairs);
        free(ended_points);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < points; i++) {
        ended_points[j->deep[i] + 1]++;
        for (size_t t = 0; t < threads; t++)
            ended_pairs[j->deep[i] + 1] += j->workers[t].reached[i];
    }
    uint64_t pairs = 0, references = points;
    for (size_t k = 0; k <= n; k++) {
        for (size_t t = 0; t < threads; t++)
            pairs += j->workers[t].pairs[k];
        pairs -= ended_pairs[k];
        references -= ended_points[k];
        sums->pairs[k] = (double)pairs;
        sums->references[k] = (double)references;
    }
    free(ended_pairs);
    free(ended_points);
    return AGL_OK;
}

agl_status agl__k_count(agl__k_sums *sums, const agl__k_plan *plan, const agl_ctx *ctx, agl_error *err) {
    size_t threads = (size_t)agl_threads(ctx), tasks = (plan->cloud.n + POINTS_A_TASK - 1) / POINTS_A_TASK;
    job j = {.plan = plan, .workers = AGL_NEW(worker, threads)};
    agl_status status = j.workers ? find_deep(&j, err) : agl_fail_memory(err);
    for (size_t t = 0; t < threads && status == AGL_OK; t++)
        status = worker_new(&j.workers[t], &j, err);
    if (status == AGL_OK) status = agl__parallel(tasks, count_task, &j, NULL, ctx, err);
    if (status == AGL_OK) status = put_together(sums, &j, threads, err);
    for (size_t t = 0; j.workers && t < threads; t++)
        worker_free(&j.workers[t]);
    for (int l = 0; l < AGL__LEVELS; l++)
        free(j.deepest[l]);
    free(j.deep);
    free(j.workers);
    return status;
}

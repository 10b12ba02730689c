#include "base/mem.h"
#include "kernel/graph/graph.h"
#include "kernel/network/recommend.h"

#include <math.h>
#include <string.h>

/* A pair and its value; `first` and `second` as in the pair. */
typedef struct entry {
    double value;
    int32_t first, second;
} entry;

/* The best entries so far, worst on top. With capacity many actors share one array, each its own stretch. */
typedef struct heap {
    entry *entry;
    double
        floor; /* value of the worst once it is full: most pairs fall below it and never touch the entries */
    uint32_t n, size;
} heap;

typedef struct list {
    const agl__window *today;
    const agl__scorer *scorer;
    const agl_recommend_options *options;
    size_t per_actor; /* heap of each actor; 0 = one heap for all */
    size_t workers, heaps;
    heap *heap; /* workers x heaps */
    /* filling in the details */
    size_t n;
    agl_link *link; /* n */
    size_t *offset; /* n_actors + 1: of each actor as source among the sorted links */
} list;

/* ---- keeping the best
 * ------------------------------------------------------------------------------------------------ */

/* A strict order, so that the best N of a set do not depend on the order in which they were met. */
static bool better(const entry *a, const entry *b) {
    if (a->value != b->value) return a->value > b->value;
    return a->first != b->first ? a->first < b->first : a->second < b->second;
}

static int best_first(const void *a, const void *b) { return better(a, b) ? -1 : better(b, a); }

static void sink(heap *h, size_t at) {
    for (;;) {
        size_t worst = at;
        for (size_t child = 2 * at + 1; child < 2 * at + 3 && child < h->n; child++)
            if (better(&h->entry[worst], &h->entry[child])) worst = child;
        if (worst == at) return;
        entry swapped = h->entry[at];
        h->entry[at] = h->entry[worst];
        h->entry[worst] = swapped;
        at = worst;
    }
}

static void offer(heap *h, const entry *e) {
    if (e->value < h->floor) return;
    if (h->n < h->size) {
        size_t at = h->n++;
        for (; at > 0 && better(&h->entry[(at - 1) / 2], e); at = (at - 1) / 2)
            h->entry[at] = h->entry[(at - 1) / 2];
        h->entry[at] = *e;
    } else if (h->size > 0 && better(e, &h->entry[0])) {
        h->entry[0] = *e;
        sink(h, 0);
    }
    if (h->n == h->size && h->size > 0) h->floor = h->entry[0].value;
}

/* ---- which pairs are wanted
 * ------------------------------------------------------------------------------------------ */

static bool wanted(const list *l, int32_t i, int32_t j, double log1p_km) {
    const agl_recommend_options *o = l->options;
    if (o->scope && !o->scope[i] && !o->scope[j]) return false;
    if (o->apart != 0) {
        int32_t a = o->group ? o->group[i] : -1, b = o->group ? o->group[j] : -1;
        if (a < 0 || b < 0 || (o->apart == 1) != (a == b)) return false;
    }
    return !(o->max_km < 1e300) || log1p_km <= log1p(o->max_km); /* a missing distance is not within any */
}

/* Whether a pair is wanted and can still get into a heap, by the most that its value can become. */
static bool may_enter(const void *arg, const agl__partial *pair, int worker) {
    const list *l = arg;
    const heap *mine = l->heap + (size_t)worker * l->heaps;
    const uint8_t *scope = l->options->scope;
    int32_t source = pair->source, target = pair->target;
    if (l->today->sweep.all_targets && scope[target] && target < source) return false; /* seen from there */
    if (!wanted(l, target, source, pair->feature[AGL_FEATURE_DISTANCE])) return false;
    double most = agl__scorer_bound(l->scorer, pair);
    if (l->per_actor == 0) return most >= mine->floor;
    return ((!scope || scope[source]) && most >= mine[source].floor) ||
           ((!scope || scope[target]) && most >= mine[target].floor);
}

/* The pair in the order of its ends: first and second by side, or by number where the sides are one. */
static entry entry_of(const list *l, const agl__pairs *pairs, size_t i) {
    int32_t target = pairs->target[i], source = pairs->source;
    entry e = {.value = agl__scorer_rank(NULL, l->scorer, pairs->feature + i * AGL_LINK_FEATURES),
               .first = pairs->second ? target : source,
               .second = pairs->second ? source : target};
    if (l->today->past.history->one_sided && e.first > e.second) {
        int32_t first = e.first;
        e.first = e.second;
        e.second = first;
    }
    return e;
}

static agl_status consider(void *arg, const agl__pairs *pairs, int worker, agl_error *err) {
    list *l = arg;
    (void)err;
    heap *mine = l->heap + (size_t)worker * l->heaps;
    const uint8_t *scope = l->options->scope;
    for (size_t i = 0; i < pairs->n; i++) {
        entry e = entry_of(l, pairs, i);
        if (l->per_actor == 0) {
            offer(mine, &e);
            continue;
        }
        if (!scope || scope[e.first]) offer(&mine[e.first], &e);
        if (!scope || scope[e.second]) offer(&mine[e.second], &e);
    }
    return AGL_OK;
}

/* ---- from heaps to the list
 * ------------------------------------------------------------------------------------------ */

static bool same(const entry *a, const entry *b) { return a->first == b->first && a->second == b->second; }

/* All entries kept, best first, each pair once: of every actor the best `per_actor` over all workers. */
static agl_status gather(entry **out, size_t *n, list *l, agl_error *err) {
    size_t most = 0, kept = 0, total = 0;
    for (size_t k = 0; k < l->workers * l->heaps; k++)
        total += l->heap[k].n;
    *out = AGL_NEW(entry, total);
    if (!*out) return agl_fail_memory(err);
    for (size_t a = 0; a < l->heaps; a++) {
        size_t begin = kept;
        for (size_t w = 0; w < l->workers; w++) {
            const heap *h = &l->heap[w * l->heaps + a];
            memcpy(*out + kept, h->entry, h->n * sizeof **out);
            kept += h->n;
            if (h->size > most) most = h->size;
        }
        qsort(*out + begin, kept - begin, sizeof **out, best_first);
        if (kept - begin > most) kept = begin + most;
    }
    qsort(*out, kept, sizeof **out, best_first);
    *n = 0;
    for (size_t i = 0; i < kept;
         i++) /* a pair that both ends kept stands side by side: the order is strict */
        if (i == 0 || !same(&(*out)[*n - 1], &(*out)[i])) (*out)[(*n)++] = (*out)[i];
    return AGL_OK;
}

/* Best first while both ends have capacity left. */
static agl_status limit(entry *e, size_t *n, size_t *crowded, const list *l, agl_error *err) {
    size_t capacity = l->options->capacity, kept = 0, top = l->options->per_actor > 0 ? *n : l->options->top;
    size_t *used = AGL_NEW(size_t, l->today->past.n);
    if (!used) return agl_fail_memory(err);
    for (size_t i = 0; i < *n && kept < top; i++) {
        if (capacity > 0 && (used[e[i].first] >= capacity || used[e[i].second] >= capacity)) {
            ++*crowded;
            continue;
        }
        used[e[i].first]++;
        used[e[i].second]++;
        e[kept++] = e[i];
    }
    *n = kept;
    free(used);
    return AGL_OK;
}

/* ---- details of the links that made it
 * ------------------------------------------------------------------------------- */

/* The common partners with the fewest partners of their own, which count most. */
static void name_common(int32_t common[AGL_COMMON_SHOWN], const agl__past *p, int32_t a, int32_t b) {
    for (int k = 0; k < AGL_COMMON_SHOWN; k++)
        common[k] = -1;
    size_t i = p->offset[a], j = p->offset[b];
    while (i < p->offset[a + 1] && j < p->offset[b + 1]) {
        int32_t z = p->neighbour[i], y = p->neighbour[j];
        i += z <= y;
        j += y <= z;
        for (int k = 0; z == y && k < AGL_COMMON_SHOWN; k++) { /* insert z, push the others down */
            if (common[k] >= 0 && agl__past_degree(p, common[k]) <= agl__past_degree(p, z)) continue;
            int32_t pushed = common[k];
            common[k] = z;
            z = y = pushed;
            if (pushed < 0) break;
        }
    }
}

static agl_status describe(void *arg, const agl__pairs *pairs, int worker, agl_error *err) {
    list *l = arg;
    (void)worker;
    (void)err;
    const agl__link_model *m = l->scorer->model;
    for (size_t at = 0; at < pairs->n; at++) { /* the listed pairs of the source, in the order of the list */
        agl_link *link = &l->link[l->offset[pairs->source] + pairs->begin + at];
        const double *x = pairs->feature + at * AGL_LINK_FEATURES;
        double eta;
        link->rank_score = agl__scorer_rank(&eta, l->scorer, x);
        link->probability = 1 / (1 + exp(-eta));
        memcpy(link->score, pairs->score + at * AGL_LINK_SCORES, sizeof link->score);
        link->km = expm1(x[AGL_FEATURE_DISTANCE]);
        link->similarity =
            l->today->past.history->data->topic_rows > 0 ? x[AGL_FEATURE_TOPIC_SIMILARITY] : (double)NAN;
        for (int f = 0; f < AGL_LINK_FEATURES; f++)
            link->contribution[f] =
                m->fitted ? m->rank[f + 1] * agl__standardised(&l->scorer->scale, f, x[f]) : 0;
        name_common(link->common, &l->today->past, link->first, link->second);
    }
    return AGL_OK;
}

/* Source of a link in today's sweep. */
static int32_t source_of(const agl_link *link, bool second) { return second ? link->second : link->first; }

static int by_second(const void *a, const void *b) {
    const agl_link *p = a, *q = b;
    if (p->second != q->second) return p->second < q->second ? -1 : 1;
    return (p->first > q->first) - (p->first < q->first);
}
static int by_first(const void *a, const void *b) {
    const agl_link *p = a, *q = b;
    if (p->first != q->first) return p->first < q->first ? -1 : 1;
    return (p->second > q->second) - (p->second < q->second);
}
static int by_rank(const void *a, const void *b) {
    const agl_link *p = a, *q = b;
    if (p->rank_score != q->rank_score) return p->rank_score > q->rank_score ? -1 : 1;
    return by_first(a, b);
}

/* Sweeps the sources of the links once more and fills in everything about them. */
static agl_status fill_details(list *l, const agl_ctx *ctx, agl_error *err) {
    size_t n = l->n;
    agl__sweep sweep = l->today->sweep;
    bool second = sweep.second;
    int32_t *source = AGL_NEW(int32_t, n), *target = AGL_NEW(int32_t, n);
    l->offset = AGL_NEW(size_t, (size_t)l->today->past.n + 1);
    agl_status status = source && target && l->offset ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        qsort(l->link, n, sizeof *l->link, second ? by_second : by_first);
        sweep.n = 0;
        for (size_t k = 0; k < n; k++) {
            int32_t from = source_of(&l->link[k], second);
            if (k == 0 || from != source[sweep.n - 1]) source[sweep.n++] = from;
            target[k] = source_of(&l->link[k], !second);
            l->offset[from + 1]++;
        }
        agl__counts_to_offsets(l->offset, l->today->past.n);
        sweep.source = source;
        sweep.all_targets = true;
        sweep.listed_offset = l->offset;
        sweep.listed = target;
        sweep.few = true;
        status = agl__pairs_scan(&sweep, describe, l, NULL, ctx, err);
    }
    if (status == AGL_OK) qsort(l->link, n, sizeof *l->link, by_rank);
    free(source);
    free(target);
    free(l->offset);
    l->offset = NULL;
    return status;
}

/* ---- the list
 * -------------------------------------------------------------------------------------------------------- */

/* Actors of the scope who may stand on a side (0 = first, 1 = second), ascending; `out` may be NULL. */
static size_t scope_on(int32_t *out, const agl__past *p, const uint8_t *scope, int on) {
    const uint8_t *side = p->history->data->side;
    size_t n = 0;
    for (int32_t a = 0; a < p->n; a++) {
        if (!scope[a] || !p->present[a] || !(side[a] >> on & 1)) continue;
        if (out) out[n] = a;
        n++;
    }
    return n;
}

/* Sweeps only the scope when it lies on one side, or when there is only one side. */
static agl_status narrow(agl__window *today, const agl_recommend_options *o, agl_error *err) {
    const agl__past *p = &today->past;
    if (!o->scope) return AGL_OK;
    const size_t on[2] = {scope_on(NULL, p, o->scope, 0), scope_on(NULL, p, o->scope, 1)};
    bool one_sided = p->history->one_sided;
    if (!one_sided && on[0] > 0 && on[1] > 0) return AGL_OK;
    int chosen = one_sided || on[1] > 0 ? 1 : 0;
    int32_t *source = AGL_NEW(int32_t, on[chosen]);
    if (!source) return agl_fail_memory(err);
    free(today->source);
    today->source = source;
    today->sweep.source = source;
    today->sweep.n = scope_on(source, p, o->scope, chosen);
    today->sweep.second = chosen == 1;
    today->sweep.all_targets = one_sided;
    return AGL_OK;
}

/* Heaps of one size each; with capacity four times as many as can be kept, because better placed rivals take
 * some. */
static agl_status make_heaps(list *l, const agl_ctx *ctx, agl_error *err) {
    const agl_recommend_options *o = l->options;
    l->per_actor = o->per_actor > 0 ? o->per_actor : o->capacity > 0 ? 4 * o->capacity : 0;
    l->workers = (size_t)agl_threads(ctx);
    l->heaps = l->per_actor > 0 ? (size_t)l->today->past.n : 1;
    size_t size = l->per_actor > 0 ? l->per_actor : o->top;
    l->heap = AGL_NEW(heap, l->workers * l->heaps);
    if (!l->heap) return agl_fail_memory(err);
    for (size_t w = 0; w < l->workers; w++) {
        entry *all =
            AGL_NEW(entry, l->heaps * size); /* one block a worker, cut into heaps; freed by its first heap */
        l->heap[w * l->heaps].entry = all;
        if (!all) return agl_fail_memory(err);
        for (size_t a = 0; a < l->heaps; a++)
            l->heap[w * l->heaps + a] =
                (heap){.entry = all + a * size, .size = (uint32_t)size, .floor = -INFINITY};
    }
    return AGL_OK;
}

agl_status agl__recommend_list(agl_recommendations *out, const agl__scorer *scorer, agl__window *today,
                               const agl_recommend_options *o, const agl_ctx *ctx, agl_error *err) {
    list l = {.today = today, .scorer = scorer, .options = o};
    entry *kept = NULL;
    size_t n = 0;
    agl_status status = narrow(today, o, err);
    if (status == AGL_OK) status = make_heaps(&l, ctx, err);
    agl__sweep sweep = today->sweep;
    sweep.common_only = true; /* without a common partner nothing is known of how the two could meet */
    sweep.worth = may_enter;
    sweep.worth_arg = &l;
    if (status == AGL_OK) status = agl__pairs_scan(&sweep, consider, &l, "recommending", ctx, err);
    if (status == AGL_OK) status = gather(&kept, &n, &l, err);
    if (status == AGL_OK) status = limit(kept, &n, &out->crowded, &l, err);
    if (status == AGL_OK && !(l.link = out->link = AGL_NEW(agl_link, n))) status = agl_fail_memory(err);
    for (size_t i = 0; status == AGL_OK && i < n; i++)
        l.link[i] = (agl_link){.first = kept[i].first, .second = kept[i].second};
    l.n = n;
    if (status == AGL_OK && n > 0) status = fill_details(&l, ctx, err);
    if (status == AGL_OK) out->n = n;
    for (size_t w = 0; l.heap && w < l.workers; w++)
        free(l.heap[w * l.heaps].entry);
    free(l.heap);
    free(kept);
    return status;
}

#include "kernel/geo/pair_rank.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sort.h"
#include "kernel/geo/pair_kernels.h"
#include "kernel/geo/points.h"

#include <math.h>

/* LIST: so many distances are held at the end. KEPT: of more, an even choice is kept to narrow the bracket.
 * TASKS: fixed, whatever the threads. SAMPLE: points whose mutual distances give the first bracket. */
enum {
    LIST = 1 << 21,
    SLOT = LIST / 8,
    BUCKETS = 4096,
    KEPT = 1 << 15,
    TASKS = 64,
    FRONT = 2048,
    SAMPLE = 512
};

/* How far around the wanted rank a bracket reaches, as a share of the sample it is read from. Points at even
 * steps along the tree place a rank within some 0.3 % (measured on plain, clustered and gridded points); KEPT
 * independent pairs have a standard error of 0.3 %. A bracket that misses costs another walk, not the result.
 */
static const double POINT_SLACK = 0.01, KEPT_SLACK = 0.012;

/* A squared chord and how many pairs have it. */
typedef struct entry {
    double c2;
    uint64_t pairs;
} entry;

/* What one walk looks for: pairs nearer than lo are counted, those within [lo, hi] are counted too, and every
 * stride-th of them is kept. Single precision settles what is clearly nearer or farther, double the rest:
 * counts are exact. */
typedef struct walk {
    const agl_kdtree *a, *b;
    const agl_pair_kernels *kernels;
    bool same;
    double lo2, hi2;   /* squared chords */
    agl_limits limits; /* where single precision is sure */
    uint64_t stride;   /* 0 keeps nothing */
    agl_kdpair *front;
    size_t n_front;
    struct slot *slots;
} walk;

typedef struct slot {
    uint64_t below, inside, next; /* `next` pairs are passed over before one is kept */
    entry *kept;
    size_t n_kept, capacity;
    bool overflow; /* more than SLOT were to be kept: many pairs have the same distance */
    agl_status status;
} slot;

static void keep(slot *s, double c2, uint64_t pairs) {
    if (s->n_kept == SLOT) {
        s->overflow = true;
        return;
    }
    entry *grown = agl__grow(s->kept, &s->capacity, s->n_kept + 1, sizeof *grown);
    if (!grown) {
        s->status = AGL_ENOMEM;
        return;
    }
    s->kept = grown;
    s->kept[s->n_kept++] = (entry){c2, pairs};
}

/* Takes `pairs` pairs of the same squared chord within the bracket, and keeps every stride-th. */
static void take(slot *s, const walk *w, double c2, uint64_t pairs) {
    s->inside += pairs;
    if (w->stride == 0) return;
    if (s->next >= pairs) {
        s->next -= pairs;
        return;
    }
    uint64_t kept = (pairs - s->next - 1) / w->stride + 1;
    s->next = s->next + kept * w->stride - pairs;
    keep(s, c2, kept);
}

/* The pairs which[0..n-1], counted from the points i0 and j0, in double. */
static void look_at(slot *s, const walk *w, uint32_t i0, uint32_t j0, const uint32_t *which, uint32_t n) {
    for (uint32_t k = 0; k < n; k++) {
        double c2 =
            agl__chord2(&w->a->points, i0 + (which[k] >> 16), &w->b->points, j0 + (which[k] & 0xffff));
        s->below += c2 < w->lo2;
        if (c2 >= w->lo2 && c2 <= w->hi2) take(s, w, c2, 1);
    }
}

static void tile(slot *s, const walk *w, uint32_t i0, uint32_t i1, uint32_t j0, uint32_t j1, bool triangle) {
    const agl_xyzf p = {w->a->fx, w->a->fy, w->a->fz}, q = {w->b->fx, w->b->fy, w->b->fz};
    const agl_limits inner = {w->limits.inner_low2, 1, 0, w->limits.inner_high2};
    uint32_t which[AGL_COMPARE_RUN * AGL_COMPARE_RUN];
    agl_compared c;
    w->kernels->compare(&c, which, &w->limits, p, i0, i1, q, j0, j1, triangle);
    s->below += c.nearer;
    look_at(s, w, i0, j0, which, c.undecided);
    s->inside += c.inside;
    if (w->stride == 0) return;
    if (s->next < c.inside) { /* some of these are kept: which are they? */
        w->kernels->compare(&c, which, &inner, p, i0, i1, q, j0, j1, triangle);
        for (; s->next < c.undecided; s->next += w->stride)
            keep(s,
                 agl__chord2(&w->a->points, i0 + (which[s->next] >> 16), &w->b->points,
                             j0 + (which[s->next] & 0xffff)),
                 1);
        s->next -= c.undecided;
    } else {
        s->next -= c.inside;
    }
}

/* Leaves, which may hold any number of points, in tiles that the kernel takes. */
static void leaves(slot *s, const walk *w, const agl_kdnode *a, const agl_kdnode *b, bool same) {
    for (uint32_t i = a->begin; i < a->end; i += AGL_COMPARE_RUN) {
        uint32_t i1 = a->end - i < AGL_COMPARE_RUN ? a->end : i + AGL_COMPARE_RUN;
        for (uint32_t j = b->begin; j < (same ? i1 : b->end); j += AGL_COMPARE_RUN) {
            uint32_t j1 = b->end - j < AGL_COMPARE_RUN ? b->end : j + AGL_COMPARE_RUN;
            tile(s, w, i, i1, j, j1, same && i == j);
        }
    }
}

/* True when the pair of nodes is settled without looking at its points. The margin covers the rounding of the
 * boxes' distances against those of the points. Boxes that are single places (many establishments at one
 * address) have one exact distance. */
static bool settled(slot *s, const walk *w, const agl_kdnode *a, const agl_kdnode *b, bool same) {
    double least2, most2;
    agl__kdnode_reach(&least2, &most2, a, b);
    if (most2 * (1 + 1e-12) < w->lo2 || (least2 == most2 && most2 < w->lo2)) {
        s->below += agl__kdpair_count(a, b, same);
        return true;
    }
    if (least2 * (1 - 1e-12) > w->hi2) return true;
    if (least2 < most2) return false;
    if (least2 <= w->hi2 && agl__kdpair_count(a, b, same) > 0)
        take(s, w, least2, agl__kdpair_count(a, b, same));
    return true;
}

static void visit(slot *s, const walk *w, agl_kdpair at) {
    const agl_kdnode *a = &w->a->nodes[at.a], *b = &w->b->nodes[at.b];
    bool same = w->same && at.a == at.b;
    if (s->status != AGL_OK || settled(s, w, a, b, same)) return;
    if (a->left < 0 && b->left < 0) {
        leaves(s, w, a, b, same);
        return;
    }
    agl_kdpair next[3];
    size_t n = agl__kdpair_children(next, w->a, w->b, w->same, at);
    for (size_t k = 0; k < n; k++)
        visit(s, w, next[k]);
}

static agl_status walk_task(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    walk *w = arg;
    slot *s = &w->slots[task];
    for (size_t k = task; k < w->n_front; k += TASKS)
        visit(s, w, w->front[k]);
    return s->status == AGL_OK ? AGL_OK : agl_fail_memory(err);
}

static agl_status start(walk *w, const agl_pairs *pairs, agl_error *err) {
    *w = (walk){.a = pairs->a, .b = pairs->b ? pairs->b : pairs->a, .kernels = agl__pair_kernels()};
    w->same = w->a == w->b;
    w->slots = AGL_NEW(slot, TASKS);
    if (!w->slots) return agl_fail_memory(err);
    return agl__kdpair_front(&w->front, &w->n_front, w->a, w->b, w->same, FRONT, err);
}

static void finish(walk *w) {
    for (size_t t = 0; w->slots && t < TASKS; t++)
        free(w->slots[t].kept);
    free(w->slots);
    free(w->front);
}

/* Largest coordinate of the points of a tree. */
static double extent(const agl_kdtree *t) {
    double e = 0;
    for (int a = 0; a < 3; a++)
        e = fmax(e, fmax(fabs(t->nodes[0].low[a]), fabs(t->nodes[0].high[a])));
    return e;
}

typedef struct bracket {
    double lo2, hi2;
    uint64_t below, inside; /* pairs nearer than lo2, pairs within [lo2, hi2] */
} bracket;

static float square(double c, double margin) { return (float)(c * c * (1 + margin)); }

/* In single precision a coordinate is off by 2^-24 of the extent and the operations add some 2^-23 of the
 * chord; the tolerance is twice that and more. */
static agl_limits limits_of(const walk *w, double lo, double hi) {
    double tolerance = 0x1p-21 * (fmax(extent(w->a), extent(w->b)) + hi);
    double inner_lo = lo + tolerance, inner_hi = hi - tolerance;
    agl_limits l = {square(fmax(lo - tolerance, 0), -1e-6), 1, 0, square(hi + tolerance, 1e-6)};
    if (w->stride != 1 && inner_lo < inner_hi) {
        l.inner_low2 = square(inner_lo, 1e-6);
        l.inner_high2 = square(inner_hi, -1e-6);
    }
    return l;
}

/* One walk over all pairs: fills the counts of *b, and keeps about `keep` of the pairs inside (all of them
 * when no more than that are `expected`). */
static agl_status go(bracket *b, walk *w, double keep, double expected, const agl_ctx *ctx, agl_error *err) {
    w->lo2 = b->lo2;
    w->hi2 = b->hi2;
    w->stride = keep == 0 ? 0 : keep >= expected ? 1 : (uint64_t)ceil(expected / keep);
    w->limits = limits_of(w, sqrt(b->lo2), sqrt(b->hi2));
    for (size_t t = 0; t < TASKS; t++) {
        slot *s = &w->slots[t];
        s->below = s->inside = s->n_kept = s->next = 0;
        s->overflow = false;
    }
    agl_status status = agl__parallel(TASKS, walk_task, w, NULL, ctx, err);
    b->below = b->inside = 0;
    for (size_t t = 0; t < TASKS; t++) {
        b->below += w->slots[t].below;
        b->inside += w->slots[t].inside;
    }
    return status;
}

double agl__pairs_total(const agl_pairs *pairs) {
    double n = (double)pairs->a->points.n;
    if (!pairs->b || pairs->b == pairs->a) return n * (n - 1) / 2;
    return n * (double)pairs->b->points.n;
}

agl_status agl__pairs_within(uint64_t *count, const agl_pairs *pairs, double distance, const agl_ctx *ctx,
                             agl_error *err) {
    *count = 0;
    if (agl__pairs_total(pairs) == 0) return AGL_OK;
    agl_space space = pairs->a->points.space;
    double chord = agl__chord_of_distance(space, distance), least2, most2;
    agl__kdnode_reach(&least2, &most2, &pairs->a->nodes[0], &(pairs->b ? pairs->b : pairs->a)->nodes[0]);
    if (chord * chord >= most2 * (1 + 1e-12)) {
        *count = (uint64_t)agl__pairs_total(pairs);
        return AGL_OK;
    }
    walk w;
    agl_status status = start(&w, pairs, err);
    bracket b = {.lo2 = chord * chord, .hi2 = chord * chord};
    if (status == AGL_OK) status = go(&b, &w, 0, 0, ctx, err);
    *count = b.below + b.inside;
    finish(&w);
    return status;
}

/* Ascending chords between SAMPLE points at even steps along each tree, which spreads them over the map. */
static agl_status sample_chords(double **out, size_t *n, const walk *w, agl_error *err) {
    size_t na = w->a->points.n, nb = w->b->points.n, ka = na < SAMPLE ? na : SAMPLE,
           kb = nb < SAMPLE ? nb : SAMPLE;
    *n = 0;
    *out = AGL_NEW(double, ka *kb);
    if (!*out) return agl_fail_memory(err);
    for (size_t i = 0; i < ka; i++)
        for (size_t j = 0; j < (w->same ? i : kb); j++)
            (*out)[(*n)++] = sqrt(agl__chord2(&w->a->points, i * na / ka, &w->b->points, j * nb / kb));
    qsort(*out, *n, sizeof **out, agl__ascending);
    return AGL_OK;
}

static int by_chord(const void *a, const void *b) {
    double p = ((const entry *)a)->c2, q = ((const entry *)b)->c2;
    return p < q ? -1 : p > q;
}

static size_t bucket_of(const bracket *b, double c2) {
    double at = b->hi2 > b->lo2 ? (c2 - b->lo2) / (b->hi2 - b->lo2) * BUCKETS : 0;
    return at < BUCKETS ? (size_t)at : BUCKETS - 1;
}

/* The kept entries of all slots whose bucket of the bracket is in first..last, ascending. */
static agl_status gather(entry **out, size_t *n, const walk *w, const bracket *b, size_t first, size_t last,
                         agl_error *err) {
    size_t most = 0, m = 0;
    for (size_t t = 0; t < TASKS; t++)
        most += w->slots[t].n_kept;
    *n = 0;
    *out = AGL_NEW(entry, most);
    if (!*out) return agl_fail_memory(err);
    for (size_t t = 0; t < TASKS; t++)
        for (size_t i = 0; i < w->slots[t].n_kept; i++) {
            entry e = w->slots[t].kept[i];
            size_t bucket = bucket_of(b, e.c2);
            if (bucket >= first && bucket <= last) (*out)[m++] = e;
        }
    qsort(*out, m, sizeof **out, by_chord);
    *n = m;
    return AGL_OK;
}

/* Squared chord of rank `rank` (from 0) among ascending entries; the last when beyond. */
static double chord_of_rank(const entry *sorted, size_t n, double rank) {
    double seen = 0;
    for (size_t i = 0; i < n; i++) {
        seen += (double)sorted[i].pairs;
        if (rank < seen) return sorted[i].c2;
    }
    return sorted[n - 1].c2;
}

/* Squared chords of the ranks k and last among the kept pairs, of which `before` are nearer than the bracket:
 * counted into buckets, of which only those that hold the ranks are sorted. */
static agl_status pick(double value[2], const walk *w, const bracket *b, uint64_t before, uint64_t k,
                       uint64_t last, agl_error *err) {
    uint64_t *counts = AGL_NEW(uint64_t, BUCKETS);
    if (!counts) return agl_fail_memory(err);
    for (size_t t = 0; t < TASKS; t++)
        for (size_t i = 0; i < w->slots[t].n_kept; i++)
            counts[bucket_of(b, w->slots[t].kept[i].c2)] += w->slots[t].kept[i].pairs;
    size_t first = 0;
    while (first + 1 < BUCKETS && before + counts[first] <= k)
        before += counts[first++];
    uint64_t seen = before;
    size_t end = first;
    while (end + 1 < BUCKETS && seen + counts[end] <= last)
        seen += counts[end++];
    free(counts);
    entry *kept = NULL;
    size_t n;
    agl_status status = gather(&kept, &n, w, b, first, end, err);
    if (status != AGL_OK) return status;
    value[0] = chord_of_rank(kept, n, (double)(k - before));
    value[1] = chord_of_rank(kept, n, (double)(last - before));
    free(kept);
    return AGL_OK;
}

/* Narrows the bracket around the rank k from what was kept of its inside. */
static agl_status narrow(bracket *b, const walk *w, uint64_t k, agl_error *err) {
    double total = 0;
    for (size_t t = 0; t < TASKS; t++)
        for (size_t i = 0; i < w->slots[t].n_kept; i++)
            total += (double)w->slots[t].kept[i].pairs;
    double place = (double)(k - b->below) / (double)b->inside * total, reach = KEPT_SLACK * total + 2,
           value[2] = {0, 0};
    double low = fmax(place - reach, 0), high = fmin(place + reach, total - 1);
    agl_status status = pick(value, w, b, 0, (uint64_t)low, (uint64_t)high, err);
    if (status != AGL_OK) return status;
    *b = (bracket){low > 0 ? value[0] : b->lo2, high < total - 1 ? value[1] : b->hi2, 0,
                   (uint64_t)(2 * KEPT_SLACK * (double)b->inside)};
    return AGL_OK;
}

/* What a search starts from: the sorted chords of the sample, and the bracket that holds all pairs. */
typedef struct origin {
    double *sample;
    size_t n;
    bracket whole;
} origin;

/* First bracket around the rank k, `slack` to either side; all pairs when they fit the list or nothing is
 * left to try. */
static bracket first_bracket(const origin *o, uint64_t k, double slack) {
    if (o->whole.inside <= LIST || slack > 0.5) return o->whole;
    double place = (double)k / (double)o->whole.inside * (double)o->n, reach = slack * (double)o->n + 2;
    double lo = place > reach ? o->sample[(size_t)(place - reach)] : 0;
    double hi = place + reach < (double)o->n ? o->sample[(size_t)(place + reach)] : sqrt(o->whole.hi2);
    return (bracket){
        .lo2 = lo * lo, .hi2 = hi * hi, .inside = (uint64_t)(2 * slack * (double)o->whole.inside)};
}

/* The next bracket to try, after *b turned out not to hold the rank. */
static bracket after_miss(const bracket *b, const bracket *sure, const origin *o, uint64_t k, double *slack) {
    if (sure->inside == o->whole.inside) return first_bracket(o, k, *slack *= 4);
    bracket next = *sure;
    if (k < b->below) {
        next.hi2 = b->lo2;
    } else {
        next.lo2 = b->hi2;
    }
    return next;
}

static bool overflowed(const walk *w) {
    for (size_t t = 0; t < TASKS; t++)
        if (w->slots[t].overflow) return true;
    return false;
}

/* Squared chord of the rank k, and of the rank `last` (k or k + 1) when it lies in the final bracket too:
 * *both says so. The bracket narrows until LIST holds its inside, or both its edges are one value. The counts
 * in a bracket not yet walked are what is expected. */
static agl_status find_rank(double value[2], bool *both, walk *w, const origin *o, uint64_t k, uint64_t last,
                            const agl_ctx *ctx, agl_error *err) {
    double slack = POINT_SLACK;
    bracket sure = o->whole, b = first_bracket(o, k, slack);
    bool thin = false;
    for (;;) {
        agl_status status = go(&b, w, b.inside <= LIST && !thin ? LIST : KEPT, (double)b.inside, ctx, err);
        if (status != AGL_OK) return status;
        if (k < b.below || k >= b.below + b.inside) {
            b = after_miss(&b, &sure, o, k, &slack);
            continue;
        }
        *both = last < b.below + b.inside;
        if (b.lo2 == b.hi2) {
            value[0] = value[1] = b.lo2;
            return AGL_OK;
        }
        thin = w->stride == 1 && overflowed(w);
        if (w->stride == 1 && !thin) return pick(value, w, &b, b.below, k, *both ? last : k, err);
        sure = b;
        if (!thin) status = narrow(&b, w, k, err);
        if (status != AGL_OK) return status;
    }
}

/* `listed`, when given, is the bracket of all pairs, which the last walk has kept. */
static agl_status one_quantile(double *out, double p, uint64_t count, walk *w, const bracket *listed,
                               const origin *o, const agl_ctx *ctx, agl_error *err) {
    double position = p * (double)(count - 1), value[2] = {0, 0}, next[2] = {0, 0};
    uint64_t k = (uint64_t)position, last = k + 1 < count ? k + 1 : k;
    bool both = true, always;
    agl_status status =
        listed ? pick(value, w, listed, 0, k, last, err) : find_rank(value, &both, w, o, k, last, ctx, err);
    if (status == AGL_OK && !both) {
        status = find_rank(next, &always, w, o, last, last, ctx, err);
        value[1] = next[0];
    }
    if (status != AGL_OK) return status;
    agl_space space = w->a->points.space;
    double low = agl__distance_of_chord(space, sqrt(value[0])),
           high = agl__distance_of_chord(space, sqrt(value[1]));
    *out = low + (position - (double)k) * (high - low);
    return AGL_OK;
}

agl_status agl__pairs_quantiles(double *quantile, const double *p, size_t n, uint64_t count,
                                const agl_pairs *pairs, const agl_ctx *ctx, agl_error *err) {
    for (size_t i = 0; i < n; i++)
        quantile[i] = NAN;
    if (count == 0) return AGL_OK;
    walk w;
    origin o = {0};
    agl_status status = start(&w, pairs, err);
    if (status == AGL_OK) {
        double least2;
        agl__kdnode_reach(&least2, &o.whole.hi2, &w.a->nodes[0], &w.b->nodes[0]);
        o.whole.hi2 *= 1 + 1e-9;
        o.whole.inside = (uint64_t)agl__pairs_total(pairs);
        if (o.whole.inside > LIST) status = sample_chords(&o.sample, &o.n, &w, err);
    }
    bracket b = o.whole;
    bool listed = status == AGL_OK && o.whole.inside <= LIST;
    if (listed) status = go(&b, &w, LIST, (double)b.inside, ctx, err);
    listed = listed && !overflowed(&w);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        status = one_quantile(&quantile[i], p[i], count, &w, listed ? &b : NULL, &o, ctx, err);
    free(o.sample);
    finish(&w);
    return status;
}

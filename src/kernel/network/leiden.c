#include "kernel/network/leiden.h"
#include "base/mem.h"
#include "base/rng.h"
#include "kernel/graph/graph.h"

#include <string.h>

/* A level: the graph itself or its parts contracted to nodes. Ties inside a node only count in its strength.
 */
typedef struct level {
    int32_t n;
    const size_t *offset;
    const int32_t *neighbour;
    const double *weight; /* NULL = 1 */
    double *strength;     /* n */
    size_t *own_offset;   /* what a contracted level owns */
    int32_t *own_neighbour;
    double *own_weight;
} level;

typedef struct work {
    double scale; /* r / 2W */
    agl_rng rng;
    const agl_ctx *ctx;
    int32_t *order;  /* n: random order, then the queue */
    uint8_t *queued; /* n */
    double *total;   /* n: strength of each community */
    double *to;      /* n: weight from the node at hand to each community; 0 between nodes */
    int32_t *near;   /* n: communities with a weight in `to` */
    int32_t *size;   /* n: nodes of each community */
    double *cut;     /* n: weight from a part to the rest of its community */
} work;

static double weight_of(const level *l, size_t arc) { return l->weight ? l->weight[arc] : 1; }

static void shuffle(work *w, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        w->order[i] = i;
    for (int32_t i = n - 1; i > 0; i--) {
        int32_t j = (int32_t)agl__rng_below(&w->rng, (uint32_t)i + 1), kept = w->order[i];
        w->order[i] = w->order[j];
        w->order[j] = kept;
    }
}

/* Adds up v's weights by community; returns how many it touches. */
static int32_t weights_to(work *w, const level *l, const int32_t *group, int32_t v) {
    int32_t n = 0;
    for (size_t a = l->offset[v]; a < l->offset[v + 1]; a++) {
        int32_t c = group[l->neighbour[a]];
        if (w->to[c] == 0) w->near[n++] = c;
        w->to[c] += weight_of(l, a);
    }
    return n;
}

static void forget_weights(work *w, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        w->to[w->near[i]] = 0;
}

/* ---- moving nodes ----------------------------------------------------------------------------- */

/* Community of largest gain for v, its own when none is better; -1 = one of its own would be. v is out of its
 * community. */
static int32_t best_community(const work *w, const level *l, int32_t v, int32_t own, int32_t n_near) {
    double slope = w->scale * l->strength[v];
    int32_t best = own;
    double most = w->to[own] - slope * w->total[own];
    for (int32_t i = 0; i < n_near; i++) {
        int32_t c = w->near[i];
        double gain = w->to[c] - slope * w->total[c];
        if (gain > most) {
            most = gain;
            best = c;
        }
    }
    return most < 0 ? -1 : best;
}

/* Puts the neighbours of v that are in other communities at the end of the queue, a ring that begins at `at`.
 */
static int32_t wake_neighbours(work *w, const level *l, const int32_t *group, int32_t v, int32_t at,
                               int32_t waiting) {
    for (size_t a = l->offset[v]; a < l->offset[v + 1]; a++) {
        int32_t u = l->neighbour[a];
        if (w->queued[u] || group[u] == group[v]) continue;
        w->queued[u] = 1;
        int32_t end = at + waiting < l->n ? at + waiting : at + waiting - l->n;
        w->order[end] = u;
        waiting++;
    }
    return waiting;
}

/* Moves nodes until no move gains. `free` is a stack of community numbers without members. Returns true when
 * any moved. */
static bool move_nodes(work *w, const level *l, int32_t *group, int32_t *free_numbers, int32_t n_free) {
    int32_t n = l->n, waiting = n, at = 0;
    bool moved = false;
    shuffle(w, n);
    for (int32_t v = 0; v < n; v++)
        w->queued[v] = 1;
    for (uint32_t step = 1; waiting > 0; step++) {            /* the queue is a ring: at most n nodes wait */
        if (step % 4096 == 0 && agl_cancelled(w->ctx)) break; /* the caller asks again and fails */
        int32_t v = w->order[at], own = group[v];
        at = at + 1 == n ? 0 : at + 1;
        waiting--;
        w->queued[v] = 0;
        int32_t n_near = weights_to(w, l, group, v);
        w->total[own] -= l->strength[v];
        if (--w->size[own] == 0) w->total[own] = 0; /* no rounding left behind */
        int32_t best = best_community(w, l, v, own, n_near);
        if (best < 0) best = w->size[own] == 0 ? own : free_numbers[--n_free];
        forget_weights(w, n_near);
        if (best != own && w->size[own] == 0) free_numbers[n_free++] = own;
        group[v] = best;
        w->size[best]++;
        w->total[best] += l->strength[v];
        if (best == own) continue;
        moved = true;
        waiting = wake_neighbours(w, l, group, v, at, waiting);
    }
    return moved;
}

/* ---- well-connected parts --------------------------------------------------------------------- */

/* Splits the communities `group` into parts: nodes, alone at first, join the part of their community with the
 * largest gain if both they and the part are well connected to the rest of the community. Uses total and size
 * for the parts; `whole` is the strength of each community. */
static void split(work *w, const level *l, int32_t *part, const int32_t *group, const double *whole) {
    shuffle(w, l->n);
    for (int32_t v = 0; v < l->n; v++) {
        part[v] = v;
        w->total[v] = l->strength[v];
        w->size[v] = 1;
        w->cut[v] = 0;
        for (size_t a = l->offset[v]; a < l->offset[v + 1]; a++)
            if (group[l->neighbour[a]] == group[v]) w->cut[v] += weight_of(l, a);
    }
    for (int32_t i = 0; i < l->n; i++) {
        int32_t v = w->order[i], own = part[v];
        double all = whole[group[v]], slope = w->scale * l->strength[v];
        if (w->size[own] != 1 || w->cut[own] < slope * (all - l->strength[v])) continue;
        int32_t n_near = 0, best = own;
        for (size_t a = l->offset[v]; a < l->offset[v + 1]; a++) {
            int32_t u = l->neighbour[a];
            if (group[u] != group[v]) continue;
            if (w->to[part[u]] == 0) w->near[n_near++] = part[u];
            w->to[part[u]] += weight_of(l, a);
        }
        double most = 0;
        for (int32_t k = 0; k < n_near; k++) {
            int32_t p = w->near[k];
            if (p == own || w->cut[p] < w->scale * w->total[p] * (all - w->total[p])) continue;
            double gain = w->to[p] - slope * w->total[p];
            if (gain > most) {
                most = gain;
                best = p;
            }
        }
        if (best != own) { /* what ties v to the part is no longer cut, on neither side */
            w->cut[best] += w->cut[own] - 2 * w->to[best];
            w->total[best] += l->strength[v];
            w->size[best]++;
            w->size[own] = 0;
            part[v] = best;
        }
        forget_weights(w, n_near);
    }
}

/* ---- contraction ------------------------------------------------------------------------------ */

/* Numbers the values of `group` by their first node; returns how many there are. `number` is scratch for n.
 */
static int32_t renumber(int32_t *group, int32_t n, int32_t *number) {
    int32_t k = 0;
    memset(number, 0xff, (size_t)n * sizeof *number);
    for (int32_t v = 0; v < n; v++) {
        if (number[group[v]] < 0) number[group[v]] = k++;
        group[v] = number[group[v]];
    }
    return k;
}

static void free_level(level *l) {
    free(l->strength);
    free(l->own_offset);
    free(l->own_neighbour);
    free(l->own_weight);
    *l = (level){0};
}

/* Nodes of each part, by part: start[p] .. start[p + 1] - 1 of member. */
static void list_members(size_t *start, int32_t *member, const int32_t *part, int32_t n, int32_t k) {
    memset(start, 0, ((size_t)k + 1) * sizeof *start);
    for (int32_t v = 0; v < n; v++)
        start[part[v] + 1]++;
    for (int32_t p = 0; p < k; p++)
        start[p + 1] += start[p];
    for (int32_t v = n; v-- > 0;) /* backwards, so that start ends where it began */
        member[--start[part[v] + 1]] = v;
    for (int32_t p = 0; p < k; p++)
        start[p] = start[p + 1];
    start[k] = (size_t)n;
}

/* Arcs between parts: the room that the contracted level needs before parallel ones are added up. */
static size_t count_across(const level *from, const int32_t *part) {
    size_t arcs = 0;
    for (int32_t v = 0; v < from->n; v++)
        for (size_t a = from->offset[v]; a < from->offset[v + 1]; a++)
            arcs += part[from->neighbour[a]] != part[v];
    return arcs;
}

/* Writes part p with the given members as a node of `to`, its arcs from place `used` on; returns the next
 * free place. */
static size_t contract_part(level *to, size_t used, work *w, const level *from, const int32_t *part,
                            int32_t p, const int32_t *member, size_t members) {
    int32_t n_near = 0;
    for (size_t i = 0; i < members; i++) {
        int32_t v = member[i];
        to->strength[p] += from->strength[v];
        for (size_t a = from->offset[v]; a < from->offset[v + 1]; a++) {
            int32_t q = part[from->neighbour[a]];
            if (q == p) continue;
            if (w->to[q] == 0) w->near[n_near++] = q;
            w->to[q] += weight_of(from, a);
        }
    }
    for (int32_t i = 0; i < n_near; i++) {
        to->own_neighbour[used] = w->near[i];
        to->own_weight[used++] = w->to[w->near[i]];
    }
    forget_weights(w, n_near);
    return used;
}

/* The parts 0..k-1 of `from` as nodes of `to`, the weights between them added up. */
static agl_status contract(level *to, work *w, const level *from, const int32_t *part, int32_t k,
                           agl_error *err) {
    size_t arcs = count_across(from, part), used = 0;
    *to = (level){.n = k,
                  .strength = AGL_NEW(double, k),
                  .own_offset = AGL_NEW(size_t, (size_t)k + 1),
                  .own_neighbour = AGL_NEW(int32_t, arcs),
                  .own_weight = AGL_NEW(double, arcs)};
    size_t *start = AGL_NEW(size_t, (size_t)k + 1);
    int32_t *member = AGL_NEW(int32_t, from->n);
    bool ok = to->strength && to->own_offset && to->own_neighbour && to->own_weight && start && member;
    if (ok) list_members(start, member, part, from->n, k);
    for (int32_t p = 0; ok && p < k; p++) {
        used = contract_part(to, used, w, from, part, p, member + start[p], start[p + 1] - start[p]);
        to->own_offset[p + 1] = used;
    }
    free(start);
    free(member);
    to->offset = to->own_offset;
    to->neighbour = to->own_neighbour;
    to->weight = to->own_weight;
    if (ok) return AGL_OK;
    free_level(to);
    return agl_fail_memory(err);
}

/* ---- a round ---------------------------------------------------------------------------------- */

/* Sizes and strengths of the communities of a level, and the numbers that have no member. */
static int32_t count_groups(work *w, const level *l, const int32_t *group, int32_t *free_numbers) {
    memset(w->total, 0, (size_t)l->n * sizeof *w->total);
    memset(w->size, 0, (size_t)l->n * sizeof *w->size);
    for (int32_t v = 0; v < l->n; v++) {
        w->total[group[v]] += l->strength[v];
        w->size[group[v]]++;
    }
    int32_t n_free = 0;
    for (int32_t c = l->n; c-- > 0;)
        if (w->size[c] == 0) free_numbers[n_free++] = c;
    return n_free;
}

typedef struct arrays {
    int32_t *group, *part, *of,
        *spare; /* n each: group and part by node of the level, level's node of each node */
    double *whole;
} arrays;

/* From the graph upwards until contraction no longer shrinks it. group[v] of the graph's nodes comes in and
 * goes out. */
static agl_status run_round(bool *changed, int32_t *group, work *w, arrays *x, const level *bottom,
                            agl_error *err) {
    level here = *bottom, next;
    bool owned = false;
    agl_status status = AGL_OK;
    *changed = false;
    memcpy(x->group, group, (size_t)bottom->n * sizeof *group);
    for (int32_t v = 0; v < bottom->n; v++)
        x->of[v] = v;
    for (;;) {
        if (agl_cancelled(w->ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
        if (status != AGL_OK) break;
        int32_t n_free = count_groups(w, &here, x->group, x->spare);
        bool moved = move_nodes(w, &here, x->group, x->spare, n_free);
        *changed |= moved;
        int32_t k = renumber(x->group, here.n, x->spare);
        for (int32_t v = 0; moved && v < bottom->n; v++)
            group[v] = x->group[x->of[v]];
        if (k == here.n) break;
        memset(x->whole, 0, (size_t)k * sizeof *x->whole);
        for (int32_t v = 0; v < here.n; v++)
            x->whole[x->group[v]] += here.strength[v];
        split(w, &here, x->part, x->group, x->whole);
        int32_t parts = renumber(x->part, here.n, x->spare);
        if (parts == here.n) break; /* nothing joined: the level above would be this one */
        status = contract(&next, w, &here, x->part, parts, err);
        for (int32_t v = 0; v < here.n; v++) /* a part keeps the community of its nodes */
            x->spare[x->part[v]] = x->group[v];
        memcpy(x->group, x->spare, (size_t)parts * sizeof *x->group);
        for (int32_t v = 0; v < bottom->n; v++)
            x->of[v] = x->part[x->of[v]];
        if (owned) free_level(&here);
        here = next;
        owned = true;
    }
    if (owned) free_level(&here);
    return status;
}

/* ---- the run ---------------------------------------------------------------------------------- */

static bool allocate(work *w, arrays *x, level *l, int32_t n) {
    w->order = AGL_NEW(int32_t, n);
    w->queued = AGL_NEW(uint8_t, n);
    w->total = AGL_NEW(double, n);
    w->to = AGL_NEW(double, n);
    w->near = AGL_NEW(int32_t, n);
    w->size = AGL_NEW(int32_t, n);
    w->cut = AGL_NEW(double, n);
    x->group = AGL_NEW(int32_t, n);
    x->part = AGL_NEW(int32_t, n);
    x->of = AGL_NEW(int32_t, n);
    x->spare = AGL_NEW(int32_t, n);
    x->whole = AGL_NEW(double, n);
    l->strength = AGL_NEW(double, n);
    return w->order && w->queued && w->total && w->to && w->near && w->size && w->cut && x->group &&
           x->part && x->of && x->spare && x->whole && l->strength;
}

agl_status agl__leiden(int32_t *group, int32_t *k, const agl_graph *graph, const agl_leiden_run *run,
                       const agl_ctx *ctx, agl_error *err) {
    int32_t n = graph->n;
    work w = {.rng = agl__rng(run->seed, run->replicate, 0), .ctx = ctx};
    arrays x = {0};
    level l = {.n = n, .offset = graph->offset, .neighbour = graph->neighbour, .weight = graph->weight};
    agl_status status = allocate(&w, &x, &l, n) ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        double total = 0;
        agl__strength(l.strength, graph);
        for (int32_t v = 0; v < n; v++) {
            if (run->inner) l.strength[v] += run->inner[v];
            total += l.strength[v];
            group[v] = v;
        }
        w.scale = total > 0 ? run->resolution / total : 0;
        bool changed = total > 0;
        for (int r = 0; r < run->rounds && changed && status == AGL_OK; r++)
            status = run_round(&changed, group, &w, &x, &l, err);
        *k = renumber(group, n, x.spare);
    }
    free(w.order);
    free(w.queued);
    free(w.total);
    free(w.to);
    free(w.near);
    free(w.size);
    free(w.cut);
    free(x.group);
    free(x.part);
    free(x.of);
    free(x.spare);
    free(x.whole);
    free(l.strength);
    return status;
}

#include "kernel/network/harmonic.h"
#include "base/mem.h"
#include "base/rng.h"
#include "kernel/graph/graph.h"

#include <string.h>

enum { STREAM = 2 }; /* of the random numbers, apart from those of random orders */

agl_status agl__harmonic_new(agl__harmonic *out, int32_t n, agl_error *err) {
    *out = (agl__harmonic){.seen = AGL_NEW(uint64_t, n),
                           .front = AGL_NEW(uint64_t, n),
                           .next = AGL_NEW(uint64_t, n),
                           .active = AGL_NEW(int32_t, n),
                           .touched = AGL_NEW(int32_t, n)};
    return out->seen && out->front && out->next && out->active && out->touched ? AGL_OK
                                                                               : agl_fail_memory(err);
}

void agl__harmonic_free(agl__harmonic *h) {
    free(h->seen);
    free(h->front);
    free(h->next);
    free(h->active);
    free(h->touched);
}

/* next(v) |= front(u) for the neighbours v of the few active nodes u; returns how many v were touched. */
static int32_t push(agl__harmonic *h, const agl_graph *g, int32_t n_active) {
    int32_t touched = 0;
    for (int32_t i = 0; i < n_active; i++) {
        uint64_t front = h->front[h->active[i]];
        for (size_t a = g->offset[h->active[i]]; a < g->offset[h->active[i] + 1]; a++) {
            uint64_t *next = &h->next[g->neighbour[a]];
            if (*next == 0) h->touched[touched++] = g->neighbour[a];
            *next |= front;
        }
    }
    return touched;
}

/* The same by asking every node that a live search has not seen; it stops asking its neighbours when all of
 * these searches have come by, which is soon where the busiest neighbours stand first. */
static int32_t pull(agl__harmonic *h, const agl_graph *g, uint64_t live) {
    int32_t touched = 0;
    for (int32_t v = 0; v < g->n; v++) {
        uint64_t wanted = live & ~h->seen[v], found = 0;
        if (!wanted) continue;
        for (size_t a = g->offset[v]; a < g->offset[v + 1] && (found & wanted) != wanted; a++)
            found |= h->front[g->neighbour[a]];
        if (!(found & wanted)) continue;
        h->next[v] = found & wanted;
        h->touched[touched++] = v;
    }
    return touched;
}

static int32_t advance(agl__harmonic *h, const agl_graph *g, int32_t n_active) {
    size_t arcs = 0;
    uint64_t live = 0;
    for (int32_t i = 0; i < n_active; i++) {
        arcs += agl__degree(g, h->active[i]);
        live |= h->front[h->active[i]];
    }
    int32_t touched = arcs < g->arcs / 16 ? push(h, g, n_active) : pull(h, g, live);
    for (int32_t i = 0; i < n_active; i++)
        h->front[h->active[i]] = 0;
    return touched;
}

/* Counts the bits of many words by position: 64 counters of a byte each, emptied before they can run over. */
typedef struct counter {
    uint64_t byte[8]; /* counter 8 i + j is byte j of byte[i] */
    int filled;
    int64_t *total; /* AGL__LANES */
} counter;

static void empty(counter *c) {
    for (int k = 0; k < AGL__LANES; k++)
        c->total[k] += (int64_t)(c->byte[k / 8] >> k % 8 * 8 & 255);
    memset(c->byte, 0, sizeof c->byte);
    c->filled = 0;
}

static inline void count(counter *c, uint64_t word) {
    if (c->filled == 255) empty(c);
    c->filled++;
    for (int i = 0; i < 8; i++) {
        /* bit j of a byte becomes byte j: copy the byte eight times, keep one bit of each copy, move it down
         */
        uint64_t x = (word >> 8 * i & 255) * 0x0101010101010101u & 0x8040201008040201u;
        c->byte[i] += (x + 0x7f7f7f7f7f7f7f7fu) >> 7 & 0x0101010101010101u;
    }
}

/* Moves what is new from next to front, and counts it. */
static int32_t settle(agl__harmonic *h, int32_t touched, counter *reached, double *part, double share,
                      const int32_t *set_of, int32_t sets) {
    int32_t active = 0;
    for (int32_t i = 0; i < touched; i++) {
        int32_t v = h->touched[i];
        uint64_t fresh = h->next[v] & ~h->seen[v];
        h->next[v] = 0;
        if (!fresh) continue;
        h->seen[v] |= fresh;
        h->front[v] = fresh;
        h->active[active++] = v;
        count(reached, fresh);
        int32_t set = part ? set_of[v] : -1;
        for (uint64_t left = set >= 0 ? fresh : 0; left; left &= left - 1)
            part[(size_t)__builtin_ctzll(left) * (size_t)sets + (size_t)set] += share;
    }
    empty(reached);
    return active;
}

void agl__harmonic_sums(double *sum, double *part, agl__harmonic *h, const agl_graph *g, const uint8_t *gone,
                        const int32_t *source, int32_t count, const int32_t *set_of, int32_t sets) {
    int32_t active = 0;
    for (int32_t v = 0; v < g->n; v++) /* what is gone counts as seen by all: nobody ever enters it */
        h->seen[v] = gone && gone[v] ? UINT64_MAX : 0;
    for (int32_t k = 0; k < count; k++) {
        int32_t v = source[k];
        sum[k] = 0;
        if (gone && gone[v]) continue;
        h->seen[v] |= (uint64_t)1 << k;
        h->front[v] |= (uint64_t)1 << k;
        h->active[active++] = v;
    }
    if (part) memset(part, 0, (size_t)count * (size_t)sets * sizeof *part);
    for (int32_t step = 1; active > 0; step++) {
        int64_t reached[AGL__LANES] = {0};
        counter c = {.total = reached};
        active = settle(h, advance(h, g, active), &c, part, 1.0 / step, set_of, sets);
        for (int32_t k = 0; k < count; k++)
            sum[k] += (double)reached[k] / step;
    }
}

agl_status agl__draw_tied(int32_t **source, size_t *n, size_t *population, const agl_graph *g, size_t wanted,
                          uint32_t replicate, const agl_ctx *ctx, agl_error *err) {
    agl_rng rng = agl__rng(agl_seed(ctx), replicate, STREAM);
    *n = *population = 0;
    for (int32_t v = 0; v < g->n; v++)
        *population += agl__degree(g, v) > 0;
    if (wanted == 0 || wanted > *population) wanted = *population;
    *source = AGL_NEW(int32_t, wanted);
    if (!*source) return agl_fail_memory(err);
    size_t left = *population;
    for (int32_t v = 0; v < g->n && *n < wanted; v++) { /* selection sampling, Knuth 3.4.2 S */
        if (agl__degree(g, v) == 0) continue;
        if (wanted == *population || agl__rng_unit(&rng) * (double)left < (double)(wanted - *n))
            (*source)[(*n)++] = v;
        left--;
    }
    return AGL_OK;
}

agl_status agl__busiest_first(agl_graph *out, int32_t **new_id, const agl_graph *g, agl_error *err) {
    *out = (agl_graph){0};
    *new_id = AGL_NEW(int32_t, g->n);
    if (!*new_id) return agl_fail_memory(err);
    agl_status status = agl__locality_order(*new_id, g, err);
    return status == AGL_OK ? agl_graph_relabel(out, g, *new_id, err) : status;
}

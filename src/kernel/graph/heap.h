/* Binary heap of nodes by distance, with decrease-key, for shortest paths. The caller owns the arrays:
 * place[v] is v's position in the heap, -1 when it is not in it. */
#ifndef AGL_KERNEL_GRAPH_HEAP_H
#define AGL_KERNEL_GRAPH_HEAP_H

#include <stdint.h>

typedef struct agl__heap {
    int32_t *node;          /* n: the heap */
    int32_t *place;         /* n: -1 everywhere at the start */
    const double *distance; /* n: the keys; the caller lowers a key, then calls agl__heap_raise */
    int32_t n;
} agl__heap;

static inline void agl__heap_put(agl__heap *h, int32_t at, int32_t v) {
    h->node[at] = v;
    h->place[v] = at;
}

/** Inserts v, or moves it up after its distance fell. */
static inline void agl__heap_raise(agl__heap *h, int32_t v) {
    int32_t at = h->place[v] >= 0 ? h->place[v] : h->n++;
    while (at > 0 && h->distance[h->node[(at - 1) / 2]] > h->distance[v]) {
        agl__heap_put(h, at, h->node[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    agl__heap_put(h, at, v);
}

/** Takes out the nearest node; the heap must not be empty. */
static inline int32_t agl__heap_pop(agl__heap *h) {
    int32_t nearest = h->node[0], v = h->node[--h->n], at = 0;
    h->place[nearest] = -1;
    if (h->n == 0) return nearest;
    for (;;) {
        int32_t child = 2 * at + 1;
        if (child >= h->n) break;
        if (child + 1 < h->n && h->distance[h->node[child + 1]] < h->distance[h->node[child]]) child++;
        if (h->distance[h->node[child]] >= h->distance[v]) break;
        agl__heap_put(h, at, h->node[child]);
        at = child;
    }
    agl__heap_put(h, at, v);
    return nearest;
}

#endif

/* Weighted dependencies: distances first (Dijkstra), then paths and dependencies along the order in which
 * nodes were settled. Counting paths during the search is the textbook way; with a tolerance for ties it can
 * count an arc when going out that it does not recognise when coming back, so one test, on final distances,
 * serves both ways. */
#include "base/mem.h"
#include "kernel/graph/heap.h"
#include "kernel/network/brandes.h"

#include <math.h>

static void settle_all(agl__brandes *s, const agl_graph *g, const double *length, int32_t source) {
    for (int32_t v = 0; v < g->n; v++) {
        s->distance[v] = INFINITY;
        s->place[v] = -1;
    }
    agl__heap heap = {.node = s->heap, .place = s->place, .distance = s->distance, .n = 0};
    s->reached = 0;
    s->distance[source] = 0;
    agl__heap_raise(&heap, source);
    while (heap.n > 0) {
        int32_t v = agl__heap_pop(&heap);
        s->queue[s->reached++] = v;
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
            int32_t w = g->neighbour[a];
            double distance = s->distance[v] + length[a];
            if (distance < s->distance[w]) {
                s->distance[w] = distance;
                agl__heap_raise(&heap, w);
            }
        }
    }
}

/* Does the arc v -> w of this length lie on a shortest path? */
static bool on_path(const agl__brandes *s, int32_t v, int32_t w, double length, double tolerance) {
    double through = s->distance[v] + length;
    return s->distance[v] < s->distance[w] && through - s->distance[w] <= tolerance * through;
}

void agl__brandes_lengths(agl__brandes *scratch, const agl_graph *g, const double *length, double tolerance,
                          int32_t source) {
    agl__brandes *s = scratch;
    settle_all(s, g, length, source);
    for (int32_t i = 0; i < s->reached; i++) {
        s->paths[s->queue[i]] = i == 0;
        s->dependency[s->queue[i]] = 0;
    }
    /* sigma(w) = sum of sigma(v) over the arcs v -> w on shortest paths */
    for (int32_t i = 0; i < s->reached; i++) {
        int32_t v = s->queue[i];
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            if (on_path(s, v, g->neighbour[a], length[a], tolerance))
                s->paths[g->neighbour[a]] += s->paths[v];
    }
    /* delta(v) = sum of sigma(v) / sigma(w) (1 + delta(w)) over the same arcs */
    for (int32_t i = s->reached; i-- > 1;) {
        int32_t v = s->queue[i];
        double sum = 0;
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
            int32_t w = g->neighbour[a];
            if (on_path(s, v, w, length[a], tolerance)) sum += (1 + s->dependency[w]) / s->paths[w];
        }
        s->dependency[v] = s->paths[v] * sum;
    }
}

#include "base/mem.h"
#include "kernel/graph/graph.h"

#include <string.h>

size_t agl__find_arc(const agl_graph *g, int32_t u, int32_t v) {
    size_t low = g->offset[u], high = g->offset[u + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->neighbour[middle] < v)
            low = middle + 1;
        else
            high = middle;
    }
    return low < g->offset[u + 1] && g->neighbour[low] == v ? low : SIZE_MAX;
}

void agl__strength(double *strength, const agl_graph *g) {
    for (int32_t v = 0; v < g->n; v++) {
        double sum = 0;
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            sum += agl__arc_weight(g, a);
        strength[v] = sum;
    }
}

int32_t agl__bfs(int32_t *queue, int32_t *distance, const agl_graph *g, int32_t source) {
    int32_t head = 0, tail = 0;
    queue[tail++] = source;
    distance[source] = 0;
    while (head < tail) {
        int32_t v = queue[head++];
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
            int32_t w = g->neighbour[a];
            if (distance[w] >= 0) continue;
            distance[w] = distance[v] + 1;
            queue[tail++] = w;
        }
    }
    return tail;
}

void agl__bfs_reset(int32_t *distance, const int32_t *queue, int32_t reached) {
    for (int32_t i = 0; i < reached; i++)
        distance[queue[i]] = -1;
}

/* component[v] = number of v's component in order of discovery; returns how many there are. */
static int32_t discover(int32_t *component, int32_t *queue, const agl_graph *g) {
    int32_t found = 0;
    memset(component, 0xff, (size_t)g->n * sizeof *component);
    for (int32_t v = 0; v < g->n; v++) {
        if (component[v] >= 0) continue;
        int32_t head = 0, tail = 0;
        queue[tail++] = v;
        component[v] = found;
        while (head < tail) {
            int32_t u = queue[head++];
            for (size_t a = g->offset[u]; a < g->offset[u + 1]; a++) {
                int32_t w = g->neighbour[a];
                if (component[w] >= 0) continue;
                component[w] = found;
                queue[tail++] = w;
            }
        }
        found++;
    }
    return found;
}

agl_status agl__rank_by_size(int32_t *group, int32_t n, int32_t k, agl_error *err) {
    /* Number groups by falling size with a counting sort over sizes; it is stable, so equal sizes keep their
     * order. */
    size_t *start = AGL_NEW(size_t, (size_t)n + 2);
    int32_t *size = AGL_NEW(int32_t, k), *rank = AGL_NEW(int32_t, k);
    agl_status status = start && size && rank ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (int32_t v = 0; v < n; v++)
            size[group[v]]++;
        for (int32_t c = 0; c < k; c++)
            start[n - size[c] + 1]++;
        for (int32_t s = 0; s <= n; s++)
            start[s + 1] += start[s];
        for (int32_t c = 0; c < k; c++)
            rank[c] = (int32_t)start[n - size[c]]++;
        for (int32_t v = 0; v < n; v++)
            group[v] = rank[group[v]];
    }
    free(start);
    free(size);
    free(rank);
    return status;
}

agl_status agl_graph_components(int32_t *component, int32_t *k, const agl_graph *graph, agl_error *err) {
    agl_graph both = {0}; /* arcs against their direction reach the rest of a weak component */
    const agl_graph *g = graph;
    agl_status status = AGL_OK;
    if (graph->directed) {
        status = agl_graph_undirected(&both, graph, err);
        if (status != AGL_OK) return status;
        g = &both;
    }
    int32_t *queue = AGL_NEW(int32_t, g->n);
    if (queue) {
        *k = discover(component, queue, g);
        status = agl__rank_by_size(component, g->n, *k, err);
    } else {
        status = agl_fail_memory(err);
    }
    free(queue);
    agl_graph_free(&both);
    return status;
}

/* Nodes by falling degree, ties by their number: counting sort. */
static agl_status by_degree(int32_t *order, const agl_graph *g, agl_error *err) {
    size_t largest = 0;
    for (int32_t v = 0; v < g->n; v++)
        if (agl__degree(g, v) > largest) largest = agl__degree(g, v);
    size_t *start = AGL_NEW(size_t, largest + 2);
    if (!start) return agl_fail_memory(err);
    for (int32_t v = 0; v < g->n; v++)
        start[largest - agl__degree(g, v) + 1]++;
    for (size_t d = 0; d <= largest; d++)
        start[d + 1] += start[d];
    for (int32_t v = 0; v < g->n; v++)
        order[start[largest - agl__degree(g, v)]++] = v;
    free(start);
    return AGL_OK;
}

agl_status agl__locality_order(int32_t *new_id, const agl_graph *g, agl_error *err) {
    size_t n = (size_t)g->n;
    int32_t *order = AGL_NEW(int32_t, n), *component = AGL_NEW(int32_t, n), k = 0;
    size_t *start = AGL_NEW(size_t, n + 1);
    agl_status status = order && component && start ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl_graph_components(component, &k, g, err);
    if (status == AGL_OK) status = by_degree(order, g, err);
    if (status == AGL_OK) {
        for (size_t v = 0; v < n; v++)
            start[component[v] + 1]++;
        agl__counts_to_offsets(start, k);
        for (size_t i = 0; i < n; i++)
            new_id[order[i]] = (int32_t)start[component[order[i]]]++;
    }
    free(order);
    free(component);
    free(start);
    return status;
}

agl_status agl__component_ranges(int32_t *begin, int32_t *end, const agl_graph *g, agl_error *err) {
    int32_t n = g->n, k = 0;
    int32_t *component = AGL_NEW(int32_t, n);
    if (!component) return agl_fail_memory(err);
    agl_status status = agl_graph_components(component, &k, g, err);
    for (int32_t v = 0; status == AGL_OK && v < n; v++)
        begin[v] = v > 0 && component[v] == component[v - 1] ? begin[v - 1] : v;
    for (int32_t v = n; status == AGL_OK && v-- > 0;)
        end[v] = v + 1 < n && component[v] == component[v + 1] ? end[v + 1] : v + 1;
    free(component);
    return status;
}

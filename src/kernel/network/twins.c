#include "kernel/network/twins.h"

#include "base/mem.h"

/* Scrambles a node number into 64 random-looking bits (finaliser of SplitMix64, Steele et al. 2014). */
static uint64_t scramble(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

typedef struct keyed {
    uint64_t hash;
    int32_t node;
} keyed;

static int by_hash(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* N[u] = N[v], decided on the rows themselves: u's and v's without v and u. */
static bool are_twins(const agl_graph *g, int32_t u, int32_t v) {
    if (agl__degree(g, u) != agl__degree(g, v) || agl__find_arc(g, u, v) == SIZE_MAX) return false;
    size_t a = g->offset[u], b = g->offset[v], a_end = g->offset[u + 1], b_end = g->offset[v + 1];
    for (;;) {
        if (a < a_end && g->neighbour[a] == v) a++;
        if (b < b_end && g->neighbour[b] == u) b++;
        if (a == a_end || b == b_end) return a == a_end && b == b_end;
        if (g->neighbour[a++] != g->neighbour[b++]) return false;
    }
}

/* leader[v] = lowest twin of v (v itself when it has none), -1 when isolated. Equal neighbourhoods have equal
 * sums of scrambled numbers; a clash of sums can only hide a pair of twins, never make one. */
static agl_status find_leaders(int32_t *leader, const agl_graph *g, agl_error *err) {
    keyed *key = AGL_NEW(keyed, g->n);
    if (!key) return agl_fail_memory(err);
    for (int32_t v = 0; v < g->n; v++) {
        key[v] = (keyed){.hash = scramble((uint64_t)v), .node = v};
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            key[v].hash += scramble((uint64_t)g->neighbour[a]);
    }
    qsort(key, (size_t)g->n, sizeof *key, by_hash);
    for (int32_t i = 0; i < g->n; i++) {
        int32_t v = key[i].node, before = i > 0 ? leader[key[i - 1].node] : -1;
        bool same = i > 0 && key[i - 1].hash == key[i].hash && before >= 0 && are_twins(g, before, v);
        leader[v] = agl__degree(g, v) == 0 ? -1 : same ? before : v;
    }
    free(key);
    return AGL_OK;
}

/* One node a class, busy ones first in each component; node[v] = node of leader v, -1 for all others. */
static agl_status keep_leaders(agl__twins *out, int32_t *node, const agl_graph *plain, const int32_t *leader,
                               agl_error *err) {
    agl_graph kept = {0};
    size_t n = (size_t)plain->n;
    int32_t *old_id = AGL_NEW(int32_t, n), *new_id = AGL_NEW(int32_t, n);
    uint8_t *keep = AGL_NEW(uint8_t, n);
    agl_status status = old_id && new_id && keep ? AGL_OK : agl_fail_memory(err);
    for (size_t v = 0; status == AGL_OK && v < n; v++) {
        keep[v] = leader[v] == (int32_t)v;
        node[v] = -1;
    }
    if (status == AGL_OK) status = agl_graph_induced(&kept, old_id, plain, keep, err);
    if (status == AGL_OK) status = agl__locality_order(new_id, &kept, err);
    if (status == AGL_OK) status = agl_graph_relabel(&out->graph, &kept, new_id, err);
    for (int32_t i = 0; status == AGL_OK && i < kept.n; i++)
        node[old_id[i]] = new_id[i];
    agl_graph_free(&kept);
    free(old_id);
    free(new_id);
    free(keep);
    return status;
}

/* Sizes and components of the classes. */
static agl_status describe(agl__twins *out, const int32_t *leader, size_t n, agl_error *err) {
    out->copies = AGL_NEW(double, out->graph.n);
    out->begin = AGL_NEW(int32_t, out->graph.n);
    out->end = AGL_NEW(int32_t, out->graph.n);
    if (!out->copies || !out->begin || !out->end) return agl_fail_memory(err);
    for (size_t v = 0; v < n; v++) {
        if (leader[v] < 0) continue;
        out->class_of[v] =
            out->class_of[leader[v]]; /* a leader is the lowest of its class, so its own is there */
        out->copies[out->class_of[v]]++;
    }
    return agl__component_ranges(out->begin, out->end, &out->graph, err);
}

agl_status agl__twins_new(agl__twins *out, const agl_graph *graph, agl_error *err) {
    *out = (agl__twins){0};
    agl_graph plain = *graph; /* borrows the rows: twins are a matter of who, not of how strongly */
    plain.weight = NULL;
    int32_t *leader = AGL_NEW(int32_t, graph->n);
    out->class_of = AGL_NEW(int32_t, graph->n);
    agl_status status = leader && out->class_of ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = find_leaders(leader, &plain, err);
    if (status == AGL_OK) status = keep_leaders(out, out->class_of, &plain, leader, err);
    if (status == AGL_OK) status = describe(out, leader, (size_t)graph->n, err);
    free(leader);
    if (status != AGL_OK) agl__twins_free(out);
    return status;
}

void agl__twins_free(agl__twins *twins) {
    if (!twins) return;
    agl_graph_free(&twins->graph);
    free(twins->copies);
    free(twins->begin);
    free(twins->end);
    free(twins->class_of);
    *twins = (agl__twins){0};
}

#include "agglo/brokerage.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

/* ---- articulation points ---------------------------------------------------------------------- */

typedef struct search {
    const agl_graph *g;
    int32_t *order;   /* n: place in the order of discovery, from 1; 0 = not yet found */
    int32_t *low;     /* n: earliest place reached from the subtree by one arc back */
    int32_t *size;    /* n: nodes of the subtree */
    int32_t *parent;  /* n: -1 at a root */
    size_t *next;     /* n: next arc to follow */
    int32_t *stack;   /* n */
    int32_t *largest; /* n: largest part cut off below v */
    int32_t *below;   /* n: nodes cut off below v, all parts */
    int32_t found;
} search;

static void enter(search *s, int32_t v, int32_t parent) {
    s->order[v] = s->low[v] = ++s->found;
    s->size[v] = 1;
    s->parent[v] = parent;
    s->next[v] = s->g->offset[v];
}

/* v is done: its parent p takes over what it found. A subtree that reaches no further back than p is a part
 * of its own when p leaves. */
static void leave(search *s, int32_t *parts, int32_t v) {
    int32_t p = s->parent[v];
    if (p < 0) return;
    s->size[p] += s->size[v];
    if (s->low[v] < s->low[p]) s->low[p] = s->low[v];
    if (s->low[v] < s->order[p]) return;
    parts[p]++;
    s->below[p] += s->size[v];
    if (s->size[v] > s->largest[p]) s->largest[p] = s->size[v];
}

/* Depth-first search of the component of `root`; returns how many nodes it has, which are written to
 * `members`. */
static int32_t search_component(search *s, int32_t *parts, int32_t root, int32_t *members) {
    int32_t depth = 0, n = 0;
    enter(s, root, -1);
    s->stack[depth++] = root;
    while (depth > 0) {
        int32_t v = s->stack[depth - 1];
        if (s->next[v] < s->g->offset[v + 1]) {
            int32_t u = s->g->neighbour[s->next[v]++];
            if (s->order[u] == 0) {
                enter(s, u, v);
                s->stack[depth++] = u;
            } else if (u != s->parent[v] && s->order[u] < s->low[v]) {
                s->low[v] = s->order[u];
            }
            continue;
        }
        depth--;
        members[n++] = v;
        leave(s, parts, v);
    }
    return n;
}

static void settle(const search *s, int32_t *parts, int32_t *cut_off, const int32_t *members, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        int32_t v = members[i], others = n - 1;
        int32_t rest = others - s->below[v]; /* what stays with the parent */
        if (rest > 0) parts[v]++;
        int32_t most = rest > s->largest[v] ? rest : s->largest[v];
        cut_off[v] = others - most;
    }
}

agl_status agl_articulation(int32_t *parts, int32_t *cut_off, const agl_graph *graph, agl_error *err) {
    if (graph->directed)
        return agl_fail(err, AGL_EDATA,
                        "articulation points need undirected ties: make the graph undirected first");
    int32_t n = graph->n;
    search s = {.g = graph,
                .order = AGL_NEW(int32_t, n),
                .low = AGL_NEW(int32_t, n),
                .size = AGL_NEW(int32_t, n),
                .parent = AGL_NEW(int32_t, n),
                .next = AGL_NEW(size_t, n),
                .stack = AGL_NEW(int32_t, n),
                .largest = AGL_NEW(int32_t, n),
                .below = AGL_NEW(int32_t, n)};
    int32_t *members = AGL_NEW(int32_t, n);
    bool ok = s.order && s.low && s.size && s.parent && s.next && s.stack && s.largest && s.below && members;
    if (ok) {
        memset(parts, 0, (size_t)n * sizeof *parts);
        memset(cut_off, 0, (size_t)n * sizeof *cut_off);
        for (int32_t v = 0; v < n; v++)
            if (s.order[v] == 0) settle(&s, parts, cut_off, members, search_component(&s, parts, v, members));
    }
    free(s.order);
    free(s.low);
    free(s.size);
    free(s.parent);
    free(s.next);
    free(s.stack);
    free(s.largest);
    free(s.below);
    free(members);
    return ok ? AGL_OK : agl_fail_memory(err);
}

/* ---- ranks ------------------------------------------------------------------------------------ */

typedef struct ranked {
    double value;
    size_t at;
} ranked;

static int by_value(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

agl_status agl_percent_rank(double *rank, const double *value, size_t n, agl_error *err) {
    ranked *order = AGL_NEW(ranked, n);
    size_t known = 0;
    if (!order) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        rank[i] = NAN;
        if (!isnan(value[i])) order[known++] = (ranked){value[i], i};
    }
    qsort(order, known, sizeof *order, by_value);
    for (size_t begin = 0, end; begin < known; begin = end) {
        for (end = begin + 1; end < known && order[end].value == order[begin].value;)
            end++;
        double below = (double)begin + (double)(end - begin - 1) / 2; /* half of the others that are equal */
        for (size_t i = begin; i < end; i++)
            rank[order[i].at] = known > 1 ? below / (double)(known - 1) : 0.5;
    }
    free(order);
    return AGL_OK;
}

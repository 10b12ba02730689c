/* The main path of a field of citing works, by search path count.
 *
 * Components in reverse topological order come out of Tarjan's search (1972) for free; counts of paths are
 * then one sweep each way. */
#include "agglo/graph.h"
#include "agglo/innovation.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/graph/graph.h"

#include <math.h>
#include <string.h>

enum { N_TASKS = 16 };

/* Works merged into components; component numbers fall along the flow of knowledge: an arc leads from a
 * higher to a lower number. */
typedef struct flow {
    const agl_graph *g; /* works; arcs from the cited to the citing */
    int32_t *component; /* n */
    int32_t components;
    int32_t *stack, *low; /* n: of the search */
    size_t *next;         /* n: arc to follow next */
    int32_t *order;       /* n: call stack */
    size_t
        *from_offset; /* components + 1: arcs between components, by source, targets ascending, each once */
    int32_t *to;
    double *before, *after; /* components: ln N-, ln N+; -INFINITY = no path (single) */
    double *best;           /* components: largest sum of SPC from here on */
    int32_t *follow;        /* components: next on the best path, -1 = end */
} flow;

static void flow_free(flow *f) {
    free(f->component);
    free(f->stack);
    free(f->low);
    free(f->next);
    free(f->order);
    free(f->from_offset);
    free(f->to);
    free(f->before);
    free(f->after);
    free(f->best);
    free(f->follow);
}

static agl_status flow_new(flow *f, const agl_graph *g, agl_error *err) {
    size_t n = (size_t)g->n;
    *f = (flow){.g = g,
                .component = AGL_NEW(int32_t, n),
                .stack = AGL_NEW(int32_t, n),
                .low = AGL_NEW(int32_t, n),
                .next = AGL_NEW(size_t, n),
                .order = AGL_NEW(int32_t, n),
                .from_offset = AGL_NEW(size_t, n + 1),
                .to = AGL_NEW(int32_t, g->arcs),
                .before = AGL_NEW(double, n),
                .after = AGL_NEW(double, n),
                .best = AGL_NEW(double, n),
                .follow = AGL_NEW(int32_t, n)};
    bool ok = f->component && f->stack && f->low && f->next && f->order && f->from_offset && f->to &&
              f->before && f->after && f->best && f->follow;
    return ok ? AGL_OK : agl_fail_memory(err);
}

/** Is arc a in this sample? Its own stream, so that it does not matter who asks. b < 0: the data. */
static bool kept(uint64_t seed, int32_t b, size_t a) {
    if (b < 0) return true;
    agl_rng rng = agl__rng(seed, (uint32_t)b, (uint32_t)a);
    return agl__rng_unit(&rng) > 0.36787944117144233; /* 1/e: the share of Poisson(1) numbers that are 0 */
}

/** Closes the component that v leads. */
static void close_component(flow *f, int32_t v, int32_t *on_stack) {
    int32_t u;
    do {
        u = f->stack[--*on_stack];
        f->component[u] = f->components;
        f->low[u] = INT32_MAX;
    } while (u != v);
    f->components++;
}

/** Tarjan's search from root without recursion. low[v]: 0 = not seen, INT32_MAX = closed. */
static void search(flow *f, int32_t root, int32_t *clock, int32_t *on_stack, int32_t *number) {
    const agl_graph *g = f->g;
    int32_t depth = 0;
    f->order[depth++] = root;
    f->next[root] = g->offset[root];
    f->low[root] = number[root] = ++*clock;
    f->stack[(*on_stack)++] = root;
    while (depth > 0) {
        int32_t v = f->order[depth - 1];
        if (f->next[v] < g->offset[v + 1]) {
            int32_t u = g->neighbour[f->next[v]];
            if (f->low[u] == 0) {
                f->next[u] = g->offset[u];
                f->low[u] = number[u] = ++*clock;
                f->stack[(*on_stack)++] = u;
                f->order[depth++] = u;
                continue; /* the arc is looked at again when u is done */
            }
            if (f->low[u] < f->low[v]) f->low[v] = f->low[u];
            f->next[v]++;
            continue;
        }
        depth--;
        if (f->low[v] == number[v]) close_component(f, v, on_stack);
    }
}

static agl_status find_components(flow *f, agl_error *err) {
    int32_t clock = 0, on_stack = 0, *number = AGL_NEW(int32_t, f->g->n);
    if (!number) return agl_fail_memory(err);
    for (int32_t v = 0; v < f->g->n; v++)
        if (f->low[v] == 0) search(f, v, &clock, &on_stack, number);
    free(number);
    return AGL_OK;
}

static int ascending(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/** Arcs between components that are in sample b, each once. */
static void link_components(flow *f, uint64_t seed, int32_t b) {
    const agl_graph *g = f->g;
    size_t *offset = f->from_offset;
    memset(offset, 0, ((size_t)f->components + 1) * sizeof *offset);
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t v = 0; v < g->n; v++)
            for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
                int32_t from = f->component[v], to = f->component[g->neighbour[a]];
                if (from == to || !kept(seed, b, a)) continue;
                if (pass == 0)
                    offset[from + 1]++;
                else
                    f->to[offset[from]++] = to;
            }
        if (pass == 0)
            agl__counts_to_offsets(offset, f->components);
        else
            agl__rewind_offsets(offset, f->components);
    }
    size_t m = 0;
    for (int32_t k = 0; k < f->components; k++) {
        size_t begin = offset[k], first = m;
        size_t end = offset[k + 1];
        qsort(f->to + begin, end - begin, sizeof *f->to, ascending);
        for (size_t a = begin; a < end; a++)
            if (m == first || f->to[m - 1] != f->to[a]) f->to[m++] = f->to[a];
        offset[k] = first;
    }
    offset[f->components] = m;
}

/** ln(exp a + exp b) */
static double add_logs(double a, double b) {
    double high = fmax(a, b), low = fmin(a, b);
    return isinf(low) ? high : high + log1p(exp(low - high));
}

/** ln N- and ln N+ of every component; returns ln of the number of all paths of at least one arc. */
static double count_paths(flow *f) {
    double all = -INFINITY;
    for (int32_t k = 0; k < f->components; k++)
        f->before[k] = f->after[k] = -INFINITY;
    for (int32_t k = f->components - 1; k >= 0; k--) { /* sources first */
        bool leads_on = f->from_offset[k] < f->from_offset[k + 1];
        if (isinf(f->before[k]) && leads_on) f->before[k] = 0;
        for (size_t a = f->from_offset[k]; a < f->from_offset[k + 1]; a++)
            f->before[f->to[a]] = add_logs(f->before[f->to[a]], f->before[k]);
        if (!leads_on) all = add_logs(all, f->before[k]);
    }
    for (int32_t k = 0; k < f->components; k++) { /* sinks first */
        for (size_t a = f->from_offset[k]; a < f->from_offset[k + 1]; a++)
            f->after[k] = add_logs(f->after[k], f->after[f->to[a]]);
        if (isinf(f->after[k]) && !isinf(f->before[k])) f->after[k] = 0;
    }
    return all;
}

/** Best path onwards from every component; returns where the global main path begins, -1 = nowhere. */
static int32_t find_best(flow *f, double all) {
    int32_t start = -1;
    for (int32_t k = 0; k < f->components; k++) {
        f->best[k] = 0;
        f->follow[k] = -1;
        for (size_t a = f->from_offset[k]; a < f->from_offset[k + 1]; a++) {
            int32_t to = f->to[a];
            double sum = exp(f->before[k] + f->after[to] - all) + f->best[to];
            if (f->follow[k] < 0 || sum > f->best[k] * (1 + 1e-12)) f->best[k] = sum, f->follow[k] = to;
        }
    }
    for (int32_t k = f->components - 1; k >= 0; k--)
        if (f->follow[k] >= 0 && f->before[k] == 0 &&
            (start < 0 || f->best[k] > f->best[start] * (1 + 1e-12)))
            start = k;
    return start;
}

/** Works on the main path of sample b, marked. */
static int32_t solve(flow *f, double *all, uint64_t seed, int32_t b) {
    link_components(f, seed, b);
    *all = count_paths(f);
    return find_best(f, *all);
}

typedef struct samples {
    flow *shared; /* the components are those of the data */
    int32_t replicates;
    double *hits; /* N_TASKS x n */
    const agl_ctx *ctx;
} samples;

static agl_status sample_task(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    samples *s = arg;
    flow f;
    size_t n = (size_t)s->shared->g->n;
    double all, *hits = s->hits + t * n;
    uint8_t *on = AGL_NEW(uint8_t, n);
    agl_status status = flow_new(&f, s->shared->g, err);
    if (status == AGL_OK && !on) status = agl_fail_memory(err);
    if (status == AGL_OK) memcpy(f.component, s->shared->component, n * sizeof *f.component);
    f.components = s->shared->components;
    for (int32_t b = (int32_t)t; status == AGL_OK && b < s->replicates; b += N_TASKS) {
        memset(on, 0, n);
        for (int32_t k = solve(&f, &all, agl_seed(s->ctx), b); k >= 0; k = f.follow[k])
            on[k] = 1;
        for (size_t v = 0; v < n; v++)
            hits[v] += on[f.component[v]];
        if (agl_cancelled(s->ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    free(on);
    flow_free(&f);
    return status;
}

static agl_status find_support(double *support, flow *f, int32_t replicates, const agl_ctx *ctx,
                               agl_error *err) {
    size_t n = (size_t)f->g->n;
    samples s = {f, replicates, AGL_NEW(double, N_TASKS *n), ctx};
    agl_status status = s.hits ? agl__parallel(N_TASKS, sample_task, &s, "main paths by bootstrap", ctx, err)
                               : agl_fail_memory(err);
    for (size_t v = 0; status == AGL_OK && v < n; v++) {
        double hits = 0;
        for (size_t t = 0; t < N_TASKS; t++)
            hits += s.hits[t * n + v];
        support[v] = hits / replicates;
    }
    free(s.hits);
    return status;
}

static void report_cycles(agl_main_path *out, const flow *f, int32_t *members) {
    memset(members, 0, (size_t)f->g->n * sizeof *members);
    for (int32_t v = 0; v < f->g->n; v++)
        members[f->component[v]]++;
    for (int32_t k = 0; k < f->components; k++)
        if (members[k] > 1) out->cycles++, out->in_cycles += (size_t)members[k];
}

/** The works of the path, component by component. */
static agl_status write_path(agl_main_path *out, const flow *f, int32_t start, agl_error *err) {
    out->path = AGL_NEW(int32_t, f->g->n);
    if (!out->path) return agl_fail_memory(err);
    for (int32_t k = start; k >= 0; k = f->follow[k])
        for (int32_t v = 0; v < f->g->n; v++)
            if (f->component[v] == k) out->path[out->length++] = v;
    return AGL_OK;
}

agl_status agl_main_path_find(agl_main_path *out, int32_t n, size_t m, const int32_t *citing,
                              const int32_t *cited, int32_t replicates, const agl_ctx *ctx, agl_error *err) {
    agl_graph g = {0};
    flow f = {0};
    double all = 0;
    out->path = NULL;
    out->length = out->cycles = out->in_cycles = 0;
    agl_status status = agl_graph_from_edges(&g, NULL, n, m, cited, citing, NULL, true, err);
    if (status == AGL_OK) status = flow_new(&f, &g, err);
    if (status == AGL_OK) status = find_components(&f, err);
    if (status != AGL_OK) goto out;
    report_cycles(out, &f, f.stack);
    int32_t start = solve(&f, &all, 0, -1);
    if (start < 0) {
        status = agl_fail(err, AGL_EDATA,
                          "no work cites another one outside a circle of citations; there is no path");
        goto out;
    }
    out->ln_paths = all;
    for (int32_t v = 0; v < n; v++) {
        int32_t k = f.component[v];
        out->traversal[v] = exp(f.before[k] + f.after[k] - all);
    }
    status = write_path(out, &f, start, err);
    if (status == AGL_OK && out->support && replicates > 0)
        status = find_support(out->support, &f, replicates, ctx, err);
    else if (status == AGL_OK && out->support)
        for (int32_t v = 0; v < n; v++)
            out->support[v] = NAN;
out:
    flow_free(&f);
    agl_graph_free(&g);
    if (status != AGL_OK) {
        free(out->path);
        out->path = NULL;
    }
    return status;
}

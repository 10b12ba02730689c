/* Closeness by many breadth-first searches at once (Then et al. 2014): bit b of a node's words says whether
 * search b has seen it, so one pass over the arcs moves 256 searches one step on. Because d(s, v) = d(v, s),
 * the steps are added up at the node that is reached, never at the source: counting the new bits of a node is
 * one popcount, and since all sums are whole numbers the order of the threads does not matter. */
#include "agglo/closeness.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/graph/graph.h"

#include <math.h>
#include <string.h>

enum { WORDS = 4, LANES = 64 * WORDS };

typedef struct bits {
    uint64_t word[WORDS];
} bits;

/* Memory of one thread; the sums run over all its batches. */
typedef struct scratch {
    bits *seen, *front, *next; /* next is zero between steps */
    int32_t *active, *touched; /* nodes with bits in front and in next */
    int32_t n_active, n_touched;
    uint64_t *steps;   /* steps from all sources so far to each node */
    uint64_t *reached; /* sources that reach each node, itself included */
    int32_t diameter;
} scratch;

typedef struct job {
    agl_graph g;    /* components one after another */
    int32_t *begin; /* n: where the component of each node begins */
    int32_t *end;   /* n: and ends */
    scratch *scratch;
    const agl_ctx *ctx;
} job;

static bool any(const bits *b) { return (b->word[0] | b->word[1] | b->word[2] | b->word[3]) != 0; }

static agl_status scratch_new(scratch *s, size_t n, agl_error *err) {
    s->seen = AGL_NEW(bits, n);
    s->front = AGL_NEW(bits, n);
    s->next = AGL_NEW(bits, n);
    s->active = AGL_NEW(int32_t, n);
    s->touched = AGL_NEW(int32_t, n);
    s->steps = AGL_NEW(uint64_t, n);
    s->reached = AGL_NEW(uint64_t, n);
    bool complete = s->seen && s->front && s->next && s->active && s->touched && s->steps && s->reached;
    return complete ? AGL_OK : agl_fail_memory(err);
}

static void scratch_free(scratch *s) {
    free(s->seen);
    free(s->front);
    free(s->next);
    free(s->active);
    free(s->touched);
    free(s->steps);
    free(s->reached);
}

/* next(v) |= front(u) for the neighbours v of the few active nodes u. */
static void advance_sparse(scratch *s, const agl_graph *g) {
    for (int32_t i = 0; i < s->n_active; i++) {
        int32_t u = s->active[i];
        for (size_t a = g->offset[u]; a < g->offset[u + 1]; a++) {
            bits *next = &s->next[g->neighbour[a]];
            if (!any(next)) s->touched[s->n_touched++] = g->neighbour[a];
            for (int k = 0; k < WORDS; k++)
                next->word[k] |= s->front[u].word[k];
        }
    }
}

/* next(v) = union of front(u) over the neighbours u of v, for all v that some search has not seen. */
static void advance_dense(scratch *s, const agl_graph *g, int32_t begin, int32_t end, const bits *all) {
    for (int32_t v = begin; v < end; v++) {
        const bits *seen = &s->seen[v];
        uint64_t wanted = 0;
        for (int k = 0; k < WORDS; k++)
            wanted |= all->word[k] & ~seen->word[k];
        if (!wanted) continue;
        bits sum = {{0}};
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            for (int k = 0; k < WORDS; k++)
                sum.word[k] |= s->front[g->neighbour[a]].word[k];
        s->next[v] = sum;
        if (any(&sum)) s->touched[s->n_touched++] = v;
    }
}

/* Moves what is new from next to front and books it. */
static void settle(scratch *s, uint64_t step) {
    for (int32_t i = 0; i < s->n_active; i++)
        s->front[s->active[i]] = (bits){{0}};
    s->n_active = 0;
    for (int32_t i = 0; i < s->n_touched; i++) {
        int32_t v = s->touched[i];
        uint64_t found = 0;
        for (int k = 0; k < WORDS; k++) {
            uint64_t fresh = s->next[v].word[k] & ~s->seen[v].word[k];
            s->seen[v].word[k] |= fresh;
            s->front[v].word[k] = fresh;
            found += (uint64_t)__builtin_popcountll(fresh);
        }
        s->next[v] = (bits){{0}};
        s->steps[v] += step * found;
        s->reached[v] += found;
        if (found) s->active[s->n_active++] = v;
    }
    s->n_touched = 0;
}

static agl_status search(job *j, scratch *s, int32_t begin, int32_t end, const bits *all, agl_error *err) {
    size_t arcs = j->g.offset[end] - j->g.offset[begin];
    for (int32_t step = 1; s->n_active > 0; step++) {
        if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        size_t active_arcs = 0;
        for (int32_t i = 0; i < s->n_active; i++)
            active_arcs += agl__degree(&j->g, s->active[i]);
        if (active_arcs < arcs / 8)
            advance_sparse(s, &j->g);
        else
            advance_dense(s, &j->g, begin, end, all);
        settle(s, (uint64_t)step);
        if (s->n_active > 0 && step > s->diameter) s->diameter = step;
    }
    return AGL_OK;
}

/* Searches from nodes task * LANES and the following. */
static agl_status run_batch(void *arg, size_t task, int worker, agl_error *err) {
    job *j = arg;
    scratch *s = &j->scratch[worker];
    int32_t n = j->g.n, first = (int32_t)(task * LANES), last = n - first < LANES ? n - 1 : first + LANES - 1;
    if (!s->seen) {
        agl_status status = scratch_new(s, (size_t)n, err);
        if (status != AGL_OK) return status;
    }
    int32_t begin = j->begin[first], end = j->end[last];
    memset(s->seen + begin, 0, (size_t)(end - begin) * sizeof *s->seen);
    bits all = {{0}};
    for (int32_t v = first; v <= last; v++) {
        int lane = v - first;
        uint64_t bit = (uint64_t)1 << lane % 64;
        s->seen[v].word[lane / 64] |= bit;
        s->front[v].word[lane / 64] |= bit;
        all.word[lane / 64] |= bit;
        s->reached[v]++;
        s->active[s->n_active++] = v;
    }
    return search(j, s, begin, end, &all, err);
}

static void finish(double *closeness, agl_path_lengths *lengths, const job *j, const int32_t *new_id,
                   bool within_component) {
    int workers = agl_threads(j->ctx);
    double all_steps = 0, all_pairs = 0;
    int32_t diameter = 0;
    for (int32_t v = 0; v < j->g.n; v++) {
        uint64_t steps = 0, reached = 0;
        for (int w = 0; w < workers; w++) {
            if (!j->scratch[w].steps) continue;
            steps += j->scratch[w].steps[new_id[v]];
            reached += j->scratch[w].reached[new_id[v]];
        }
        double others = (double)reached - 1;
        all_steps += (double)steps; /* whole numbers: exact */
        all_pairs += others;
        if (others == 0)
            closeness[v] = within_component ? NAN : 0;
        else
            closeness[v] = others / (double)steps * (within_component ? 1 : others / (j->g.n - 1.0));
    }
    for (int w = 0; w < workers; w++)
        if (j->scratch[w].diameter > diameter) diameter = j->scratch[w].diameter;
    if (lengths)
        *lengths =
            (agl_path_lengths){.mean = all_pairs > 0 ? all_steps / all_pairs : NAN, .diameter = diameter};
}

agl_status agl_closeness(double *closeness, agl_path_lengths *lengths, const agl_graph *graph,
                         bool within_component, const agl_ctx *ctx, agl_error *err) {
    if (graph->directed)
        return agl_fail(err, AGL_EDATA,
                        "closeness is computed on undirected ties: make the graph undirected first");
    size_t n = (size_t)graph->n, workers = (size_t)agl_threads(ctx);
    job j = {.ctx = ctx,
             .scratch = AGL_NEW(scratch, workers),
             .begin = AGL_NEW(int32_t, n),
             .end = AGL_NEW(int32_t, n)};
    int32_t *new_id = AGL_NEW(int32_t, n);
    agl_status status = j.scratch && j.begin && j.end && new_id ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__locality_order(new_id, graph, err);
    if (status == AGL_OK) status = agl_graph_relabel(&j.g, graph, new_id, err);
    if (status == AGL_OK) status = agl__component_ranges(j.begin, j.end, &j.g, err);
    if (status == AGL_OK)
        status = agl__parallel((n + LANES - 1) / LANES, run_batch, &j, "closeness", ctx, err);
    if (status == AGL_OK) finish(closeness, lengths, &j, new_id, within_component);
    for (size_t w = 0; j.scratch && w < workers; w++)
        scratch_free(&j.scratch[w]);
    free(j.scratch);
    free(j.begin);
    free(j.end);
    free(new_id);
    agl_graph_free(&j.g);
    return status;
}

/* Structural holes and clustering in one walk over the triangles of each node.
 *
 * For node i every tie u-q among its neighbours is met once: the graph is renamed so that busy nodes come
 * first, and j looks at its busier neighbours q only, a short run at the head of its row. With x_q = p_iq /
 * s_q and symmetric weights p_iq p_qu = x_q w_qu, so the tie u-q adds x_q w_qu to the indirect share of u and
 * x_u w_qu to that of q. Intersecting whole neighbourhoods instead costs sum k^2: ten times as many steps on
 * 200k actors and 2.7 M ties. */
#include "agglo/ego.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/graph/graph.h"

#include <math.h>

/* AHEAD: the rows of the neighbours lie anywhere in memory; fetching the eighth next took off a quarter of
 * the time. */
enum { N_TASKS = 128, AHEAD = 8 };

/* What the present node i knows of its neighbour q. */
typedef struct near {
    double value;    /* what the clustering variant adds up: 1, w_iq, or (w_iq / max w)^(1/3) */
    double through;  /* x_q = p_iq / s_q */
    double indirect; /* sum over u of p_iu p_uq so far */
} near;

/* Memory of one thread. Three quarters of the nodes asked about are no neighbours of i: they are turned away
 * at an array of bytes, which stays in cache where the records do not. */
typedef struct scratch {
    uint8_t *is_near;
    near *near;
} scratch;

typedef struct job {
    agl_ego_measures out;
    agl_graph g;       /* renamed */
    int32_t *old_id;   /* n */
    double *strength;  /* n, of the renamed graph */
    double *cube_root; /* arcs: (w / max w)^(1/3), for Onnela */
    agl_clustering variant;
    scratch *scratch; /* one a thread */
    const agl_ctx *ctx;
} job;

static double arc_value(const job *j, size_t arc) {
    if (j->variant == AGL_CLUSTERING_ONNELA) return j->cube_root[arc];
    return j->variant == AGL_CLUSTERING_BARRAT ? agl__arc_weight(&j->g, arc) : 1;
}

/* Walks the ties among the neighbours of i; returns their number and the sum that the clustering variant asks
 * for. */
static size_t walk(double *sum, const job *j, const scratch *s, int32_t i) {
    const agl_graph *g = &j->g;
    size_t ties = 0;
    double total = 0;
    for (size_t a = g->offset[i]; a < g->offset[i + 1]; a++) {
        if (a + AHEAD < g->offset[i + 1])
            __builtin_prefetch(&g->neighbour[g->offset[g->neighbour[a + AHEAD]]]);
        int32_t u = g->neighbour[a];
        near *at_u = &s->near[u];
        double value = at_u->value, through = at_u->through, indirect = 0;
        for (size_t b = g->offset[u]; b < g->offset[u + 1] && g->neighbour[b] < u; b++) {
            if (!s->is_near[g->neighbour[b]]) continue;
            near *at_q = &s->near[g->neighbour[b]];
            double w = agl__arc_weight(g, b);
            indirect += at_q->through * w;
            at_q->indirect += through * w;
            ties++;
            if (j->variant == AGL_CLUSTERING_BARRAT) total += value + at_q->value;
            if (j->variant == AGL_CLUSTERING_ONNELA) total += value * at_q->value * j->cube_root[b];
        }
        at_u->indirect += indirect;
    }
    *sum = total;
    return ties;
}

static double clustering_of(const job *j, int32_t i, double ties, double sum) {
    double k = (double)agl__degree(&j->g, i);
    if (k < 2) return NAN;
    if (j->variant == AGL_CLUSTERING_BARRAT) return sum / (j->strength[i] * (k - 1));
    return 2 * (j->variant == AGL_CLUSTERING_ONNELA ? sum : ties) / (k * (k - 1));
}

static void measure_node(const job *j, const scratch *s, int32_t i) {
    const agl_graph *g = &j->g;
    double k = (double)agl__degree(g, i), strength = j->strength[i];
    for (size_t a = g->offset[i]; a < g->offset[i + 1]; a++) {
        int32_t q = g->neighbour[a];
        s->is_near[q] = 1;
        s->near[q] =
            (near){.value = arc_value(j, a), .through = agl__arc_weight(g, a) / strength / j->strength[q]};
    }
    double sum = 0, ties = (double)walk(&sum, j, s, i), constraint = 0;
    for (size_t a = g->offset[i]; a < g->offset[i + 1]; a++) {
        double share = agl__arc_weight(g, a) / strength + s->near[g->neighbour[a]].indirect;
        constraint += share * share;
        s->is_near[g->neighbour[a]] = 0;
    }
    int32_t v = j->old_id[i];
    if (j->out.constraint) j->out.constraint[v] = k > 0 ? constraint : NAN;
    if (j->out.effective_size) j->out.effective_size[v] = k > 0 ? k - 2 * ties / k : NAN;
    if (j->out.clustering) j->out.clustering[v] = clustering_of(j, i, ties, sum);
    if (j->out.triangles) j->out.triangles[v] = ties;
}

/* Nodes t, t + N_TASKS, ...: busy ones are spread over the tasks. */
static agl_status run_nodes(void *arg, size_t task, int worker, agl_error *err) {
    job *j = arg;
    scratch *s = &j->scratch[worker];
    if (!s->near) {
        s->near = AGL_NEW(near, j->g.n);
        s->is_near = AGL_NEW(uint8_t, j->g.n);
        if (!s->near || !s->is_near) return agl_fail_memory(err);
    }
    for (int32_t i = (int32_t)task; i < j->g.n; i += N_TASKS) {
        if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        measure_node(j, s, i);
    }
    return AGL_OK;
}

static agl_status set_cube_roots(job *j, agl_error *err) {
    j->cube_root = AGL_NEW(double, j->g.arcs);
    if (!j->cube_root) return agl_fail_memory(err);
    double largest = 0;
    for (size_t a = 0; a < j->g.arcs; a++)
        largest = fmax(largest, agl__arc_weight(&j->g, a));
    for (size_t a = 0; a < j->g.arcs; a++)
        j->cube_root[a] = cbrt(agl__arc_weight(&j->g, a) / largest);
    return AGL_OK;
}

static agl_status prepare(job *j, const agl_graph *graph, agl_error *err) {
    size_t n = (size_t)graph->n;
    int32_t *new_id = AGL_NEW(int32_t, n);
    j->old_id = AGL_NEW(int32_t, n);
    j->strength = AGL_NEW(double, n);
    j->scratch = AGL_NEW(scratch, agl_threads(j->ctx));
    agl_status status = new_id && j->old_id && j->strength && j->scratch ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__locality_order(new_id, graph, err);
    if (status == AGL_OK) status = agl_graph_relabel(&j->g, graph, new_id, err);
    if (status == AGL_OK) {
        for (size_t v = 0; v < n; v++)
            j->old_id[new_id[v]] = (int32_t)v;
        agl__strength(j->strength, &j->g);
        if (j->variant == AGL_CLUSTERING_ONNELA) status = set_cube_roots(j, err);
    }
    free(new_id);
    return status;
}

agl_status agl_ego(const agl_ego_measures *out, const agl_graph *graph, agl_clustering variant,
                   const agl_ctx *ctx, agl_error *err) {
    if (graph->directed)
        return agl_fail(err, AGL_EDATA,
                        "structural holes need undirected ties: make the graph undirected first");
    job j = {.out = *out, .variant = variant, .ctx = ctx};
    agl_status status = prepare(&j, graph, err);
    if (status == AGL_OK) status = agl__parallel(N_TASKS, run_nodes, &j, "structural holes", ctx, err);
    for (int w = 0; j.scratch && w < agl_threads(ctx); w++) {
        free(j.scratch[w].near);
        free(j.scratch[w].is_near);
    }
    free(j.scratch);
    free(j.old_id);
    free(j.strength);
    free(j.cube_root);
    agl_graph_free(&j.g);
    return status;
}

#include "agglo/betweenness.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/network/brandes.h"

#include <math.h>
#include <string.h>

enum { N_TASKS = 64 };

/* Everything the tasks share. Unweighted searches run on classes of twins, weighted ones on the nodes
 * themselves. */
typedef struct job {
    bool weighted, sampled;
    agl__twins twins;
    const agl_graph *graph; /* weighted only */
    double *length;         /* weighted only: of each arc */
    double tolerance;
    int32_t n;       /* classes or nodes */
    double *times;   /* n: how many of the drawn sources stand for this one */
    double *sum;     /* N_TASKS x n: sum of delta over a task's sources */
    double *squares; /* N_TASKS x n: sum of delta^2, when sampled */
    agl__brandes *scratch;
    const agl_ctx *ctx;
} job;

/* Sources t, t + N_TASKS, t + 2 N_TASKS ...: near and far from the centre alike, so tasks take about the same
 * time. */
static agl_status run_sources(void *arg, size_t task, int worker, agl_error *err) {
    job *j = arg;
    agl__brandes *s = &j->scratch[worker];
    if (!s->queue) {
        agl_status status = agl__brandes_new(s, j->n, j->weighted, err);
        if (status != AGL_OK) return status;
    }
    double *sum = j->sum + task * (size_t)j->n,
           *squares = j->sampled ? j->squares + task * (size_t)j->n : NULL;
    for (int32_t source = (int32_t)task; source < j->n; source += N_TASKS) {
        double times = j->times[source];
        if (times == 0) continue;
        if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        if (j->weighted)
            agl__brandes_lengths(s, j->graph, j->length, j->tolerance, source);
        else
            agl__brandes_hops(s, &j->twins, source);
        for (int32_t i = 1; i < s->reached; i++) {
            int32_t v = s->queue[i];
            sum[v] += times * s->dependency[v];
            if (squares) squares[v] += times * s->dependency[v] * s->dependency[v];
        }
    }
    return AGL_OK;
}

/* Class (or node) in which node v searches; -1 when it has no tie. */
static int32_t searcher(const job *j, const agl_graph *g, int32_t v) {
    if (j->weighted) return agl__degree(g, v) ? v : -1;
    return j->twins.class_of[v];
}

/* times[] for m of the M connected nodes drawn without replacement (selection sampling, Knuth 3.4.2 S). */
static void draw_sources(job *j, const agl_graph *g, size_t population, size_t wanted, uint64_t seed) {
    agl_rng rng = agl__rng(seed, 0, 0);
    size_t left = population, needed = wanted;
    for (int32_t v = 0; v < g->n && needed > 0; v++) {
        int32_t at = searcher(j, g, v);
        if (at < 0) continue;
        if (needed == left || agl__rng_unit(&rng) * (double)left < (double)needed) {
            j->times[at]++;
            needed--;
        }
        left--;
    }
}

static agl_status set_lengths(job *j, const agl_graph *g, agl_tie_length kind, agl_error *err) {
    j->length = AGL_NEW(double, g->arcs);
    if (!j->length) return agl_fail_memory(err);
    for (size_t a = 0; a < g->arcs; a++)
        j->length[a] = kind == AGL_LENGTH_INVERSE ? 1 / g->weight[a] : g->weight[a];
    return AGL_OK;
}

static agl_status allocate(job *j, agl_error *err) {
    j->times = AGL_NEW(double, j->n);
    j->sum = AGL_NEW(double, (size_t)j->n *N_TASKS);
    if (j->sampled) j->squares = AGL_NEW(double, (size_t)j->n *N_TASKS);
    j->scratch = AGL_NEW(agl__brandes, agl_threads(j->ctx));
    return j->times && j->sum && (!j->sampled || j->squares) && j->scratch ? AGL_OK : agl_fail_memory(err);
}

static agl_status prepare(job *j, size_t *population, size_t *drawn, const agl_graph *g,
                          const agl_betweenness_options *options, agl_error *err) {
    j->weighted = options->length != AGL_LENGTH_NONE && g->weight;
    j->graph = g;
    j->tolerance = options->tolerance;
    agl_status status =
        j->weighted ? set_lengths(j, g, options->length, err) : agl__twins_new(&j->twins, g, err);
    if (status != AGL_OK) return status;
    j->n = j->weighted ? g->n : j->twins.graph.n;

    *population = 0;
    for (int32_t v = 0; v < g->n; v++)
        *population += searcher(j, g, v) >= 0;
    j->sampled = options->sources > 0 && options->sources < *population;
    *drawn = j->sampled ? options->sources : *population;
    status = allocate(j, err);
    if (status == AGL_OK)
        draw_sources(j, g, *population, *drawn, agl_seed(j->ctx)); /* all of them when exact */
    return status;
}

/* Adds the slots of the tasks in order and scales: pairs were met from both ends. */
static void combine(double *betweenness, double *error, const job *j, const agl_graph *g, size_t population,
                    size_t drawn) {
    double all = (double)population, m = (double)drawn;
    for (int32_t v = 0; v < g->n; v++) {
        int32_t at = searcher(j, g, v);
        double sum = 0, squares = 0;
        for (size_t task = 0; at >= 0 && task < N_TASKS; task++) {
            sum += j->sum[task * (size_t)j->n + (size_t)at];
            if (j->sampled) squares += j->squares[task * (size_t)j->n + (size_t)at];
        }
        betweenness[v] = j->sampled ? sum * all / (2 * m) : sum / 2;
        if (!error) continue;
        double variance = j->sampled && m > 1 ? (squares - sum * sum / m) / (m - 1) : 0;
        error[v] = variance > 0 ? all / 2 * sqrt((1 - m / all) * variance / m) : 0;
    }
}

agl_status agl_betweenness(double *betweenness, double *error, const agl_graph *graph,
                           const agl_betweenness_options *options, const agl_ctx *ctx, agl_error *err) {
    static const agl_betweenness_options defaults = AGL_BETWEENNESS_OPTIONS_INIT;
    if (graph->directed)
        return agl_fail(err, AGL_EDATA,
                        "betweenness is computed on undirected ties: make the graph undirected first");
    job j = {.ctx = ctx};
    size_t population = 0, drawn = 0;
    agl_status status = prepare(&j, &population, &drawn, graph, options ? options : &defaults, err);
    if (status == AGL_OK) status = agl__parallel(N_TASKS, run_sources, &j, "betweenness", ctx, err);
    if (status == AGL_OK) combine(betweenness, error, &j, graph, population, drawn);
    for (int w = 0; j.scratch && w < agl_threads(ctx); w++)
        agl__brandes_free(&j.scratch[w]);
    free(j.scratch);
    free(j.times);
    free(j.sum);
    free(j.squares);
    free(j.length);
    agl__twins_free(&j.twins);
    return status;
}

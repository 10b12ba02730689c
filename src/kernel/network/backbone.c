/* Disparity filter, hypergeometric model, false-discovery rate. */
#include "agglo/backbone.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/graph/graph.h"
#include "kernel/network/hypergeometric.h"

#include <math.h>

/* ---- disparity -------------------------------------------------------------------------------- */

agl_status agl_disparity(double *p, const agl_graph *graph, agl_error *err) {
    if (graph->directed)
        return agl_fail(err, AGL_EDATA,
                        "the disparity filter needs undirected ties: make the graph undirected first");
    double *strength = AGL_NEW(double, graph->n);
    if (!strength) return agl_fail_memory(err);
    agl__strength(strength, graph);
    for (int32_t v = 0; v < graph->n; v++) {
        double degree = (double)agl__degree(graph, v);
        for (size_t a = graph->offset[v]; a < graph->offset[v + 1]; a++) {
            double share = fmin(1, agl__arc_weight(graph, a) / strength[v]);
            p[a] = degree > 1 ? exp((degree - 1) * log1p(-share)) : 1; /* (1 - w/s)^(k-1) */
        }
    }
    free(strength);
    return AGL_OK;
}

/* ---- hypergeometric --------------------------------------------------------------------------- */

enum { TASK = 4096 }; /* ties of a task */

typedef struct urn_job {
    double *p, *expected;
    const agl_ties *ties;
    const agl_incidence *incidence;
    size_t projects; /* with members */
    const long double *log_factorial;
} urn_job;

static agl_status urn_task(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    (void)err;
    const urn_job *j = arg;
    const agl_ties *t = j->ties;
    const size_t *offset = j->incidence->actor_offset;
    size_t to = (task + 1) * TASK < t->n ? (task + 1) * TASK : t->n;
    for (size_t i = task * TASK; i < to; i++) {
        int32_t a = t->source[i], b = t->target[i];
        size_t ka = offset[a + 1] - offset[a], kb = offset[b + 1] - offset[b];
        j->p[i] = agl__hypergeometric_upper((size_t)t->projects[i], ka, kb, j->projects, j->log_factorial);
        if (j->expected) j->expected[i] = (double)ka * (double)kb / (double)j->projects;
    }
    return AGL_OK;
}

agl_status agl_backbone_hypergeometric(double *p, double *expected, const agl_ties *ties,
                                       const agl_incidence *incidence, const agl_ctx *ctx, agl_error *err) {
    urn_job j = {.p = p, .expected = expected, .ties = ties, .incidence = incidence};
    for (int32_t k = 0; k < incidence->n_projects; k++)
        j.projects += incidence->project_offset[k + 1] > incidence->project_offset[k];
    long double *log_factorial = agl__log_factorials(j.projects);
    if (!log_factorial) return agl_fail_memory(err);
    j.log_factorial = log_factorial;
    agl_status status = agl__parallel((ties->n + TASK - 1) / TASK, urn_task, &j, "testing ties", ctx, err);
    free(log_factorial);
    return status;
}

/* ---- false-discovery rate --------------------------------------------------------------------- */

typedef struct tested {
    double p;
    size_t at;
} tested;

static int by_p(const void *a, const void *b) {
    const tested *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

agl_status agl_false_discovery(double *q, const double *p, size_t n, double tests, agl_error *err) {
    tested *order = AGL_NEW(tested, n);
    size_t m = 0;
    if (!order) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        q[i] = NAN;
        if (!isnan(p[i])) order[m++] = (tested){p[i], i};
    }
    qsort(order, m, sizeof *order, by_p);
    double least = 1; /* q_(r) = min(q_(r+1), p_(r) tests / r) */
    for (size_t r = m; r-- > 0;) {
        least = fmin(least, order[r].p * tests / (double)(r + 1));
        q[order[r].at] = least;
    }
    free(order);
    return AGL_OK;
}

/* The stochastic degree sequence model: ties against the bipartite configuration model. */
#include "agglo/backbone.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/network/bicm.h"
#include "kernel/network/poisson_binomial.h"

#include <math.h>

enum { TASK = 64 }; /* groups of a task */

/* A tie by what its tail depends on: the classes of its actors and the number of shared projects. */
typedef struct key {
    int32_t low, high, projects;
    size_t tie;
} key;

typedef struct job {
    double *p, *expected;
    const agl_bicm *model;
    const key *key;      /* sorted */
    const size_t *group; /* groups + 1: ties of one pair of classes and one number */
    size_t groups;
    double *chance;            /* actor classes x project classes */
    double **q;                /* per worker: chances of a pair, by project class */
    agl_tail_scratch *scratch; /* per worker */
    size_t *approximated;      /* per task */
} job;

static int by_classes(const void *a, const void *b) {
    const key *x = a, *y = b;
    if (x->low != y->low) return x->low < y->low ? -1 : 1;
    if (x->high != y->high) return x->high < y->high ? -1 : 1;
    if (x->projects != y->projects) return x->projects < y->projects ? -1 : 1;
    return (x->tie > y->tie) - (x->tie < y->tie);
}

static bool same_tail(const key *x, const key *y) {
    return x->low == y->low && x->high == y->high && x->projects == y->projects;
}

static agl_status tail_task(void *arg, size_t task, int worker, agl_error *err) {
    job *j = arg;
    int32_t classes = j->model->project.n;
    double *q = j->q[worker];
    size_t to = (task + 1) * TASK < j->groups ? (task + 1) * TASK : j->groups;
    for (size_t g = task * TASK; g < to; g++) {
        const key *first = &j->key[j->group[g]];
        const double *low = j->chance + (size_t)first->low * (size_t)classes;
        const double *high = j->chance + (size_t)first->high * (size_t)classes;
        double expected = 0;
        for (int32_t e = 0; e < classes; e++) {
            q[e] = low[e] * high[e];
            expected += j->model->project.count[e] * q[e];
        }
        agl_events events = {.n = j->model->project.count, .q = q, .classes = (size_t)classes};
        bool exact;
        double p = agl__poisson_binomial_upper((size_t)first->projects, &events, &j->scratch[worker], &exact);
        if (p < 0) return agl_fail_memory(err);
        size_t ties = j->group[g + 1] - j->group[g];
        if (!exact) j->approximated[task] += ties;
        for (size_t k = 0; k < ties; k++) {
            j->p[first[k].tie] = p;
            if (j->expected) j->expected[first[k].tie] = expected;
        }
    }
    return AGL_OK;
}

static agl_status sort_ties(key **keys, size_t **group, size_t *groups, const agl_ties *ties,
                            const agl_bicm *model, agl_error *err) {
    key *k = *keys = AGL_NEW(key, ties->n);
    size_t *start = *group = AGL_NEW(size_t, ties->n + 1);
    if (!k || !start) return agl_fail_memory(err);
    for (size_t t = 0; t < ties->n; t++) {
        int32_t a = model->actor.of[ties->source[t]], b = model->actor.of[ties->target[t]];
        k[t] = (key){a < b ? a : b, a < b ? b : a, ties->projects[t], t};
    }
    qsort(k, ties->n, sizeof *k, by_classes);
    size_t n = 0;
    for (size_t t = 0; t < ties->n; t++)
        if (t == 0 || !same_tail(&k[t - 1], &k[t])) start[n++] = t;
    start[n] = ties->n;
    *groups = n;
    return AGL_OK;
}

static agl_status run_tails(job *j, size_t *approximated, const agl_ctx *ctx, agl_error *err) {
    size_t tasks = (j->groups + TASK - 1) / TASK, actors = (size_t)j->model->actor.n;
    size_t classes = (size_t)j->model->project.n;
    int threads = agl_threads(ctx);
    j->chance = AGL_NEW(double, actors *classes);
    j->q = AGL_NEW(double *, threads);
    j->scratch = AGL_NEW(agl_tail_scratch, threads);
    j->approximated = AGL_NEW(size_t, tasks);
    bool ok = j->chance && j->q && j->scratch && j->approximated;
    for (int t = 0; ok && t < threads; t++)
        ok = (j->q[t] = AGL_NEW(double, classes)) != NULL;
    for (size_t c = 0; ok && c < actors; c++)
        for (size_t e = 0; e < classes; e++)
            j->chance[c * classes + e] = agl__bicm_chance(j->model, (int32_t)c, (int32_t)e);
    agl_status status =
        ok ? agl__parallel(tasks, tail_task, j, "testing ties", ctx, err) : agl_fail_memory(err);
    *approximated = 0;
    for (size_t t = 0; status == AGL_OK && t < tasks; t++)
        *approximated += j->approximated[t];
    for (int t = 0; t < threads; t++) {
        if (j->q) free(j->q[t]);
        if (!j->scratch) continue;
        free(j->scratch[t].sum);
        free(j->scratch[t].binomial);
    }
    free(j->chance);
    free(j->q);
    free(j->scratch);
    free(j->approximated);
    return status;
}

agl_status agl_backbone_stochastic(double *p, double *expected, agl_stochastic_report *report,
                                   const agl_ties *ties, const agl_incidence *incidence, const agl_ctx *ctx,
                                   agl_error *err) {
    agl_bicm model;
    key *keys = NULL;
    size_t *group = NULL, groups = 0, approximated = 0;
    agl_status status = agl__bicm_fit(&model, incidence, ctx, err);
    if (status != AGL_OK) return status;
    status = sort_ties(&keys, &group, &groups, ties, &model, err);
    if (status == AGL_OK) {
        job j = {
            .p = p, .expected = expected, .model = &model, .key = keys, .group = group, .groups = groups};
        status = run_tails(&j, &approximated, ctx, err);
    }
    if (status == AGL_OK && report)
        *report = (agl_stochastic_report){model.iterations, model.degree_error, approximated};
    free(keys);
    free(group);
    agl__bicm_free(&model);
    return status;
}

/* Groups of key players: pivoted Cholesky on (I - a G)^-1, whose columns are solved for only where bounds
 * ask. */
#include "kernel/network/keygroup.h"
#include "agglo/centrality.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"
#include "kernel/allocate/rivalry.h"
#include "kernel/graph/graph.h"

#include <math.h>
#include <string.h>

enum { BATCH = 16 };
#define TIGHT 1e-13 /* residual of solves */
#define EQUAL 1e-10 /* gains nearer than this share are equal: the lower node wins */

typedef struct solver {
    agl__cg_work work;
    double *unit, *x;
} solver;

typedef struct search {
    const agl_graph *g;
    double a;
    size_t n, solved, most_solves;
    int32_t count, chosen;
    uint8_t *free;  /* n: may still be chosen */
    double *b;      /* n: what is left of b */
    double *diag;   /* n: what is left of m_ii, NaN = not known */
    double *low;    /* n: no more than what is left of m_ii */
    double *gain;   /* n: of adding the node, or its bound where m_ii is not known */
    double *factor; /* count x n: the columns of the Cholesky factor */
    int32_t *who;   /* BATCH: nodes to solve for */
    double *found;  /* BATCH: their m_ii */
    solver *solvers;
    const agl_ctx *ctx;
} search;

/* ---- solves ------------------------------------------------------------------------------------- */

/* to = x - a G x */
static agl_status apply(double *to, const double *x, void *arg, agl_error *err) {
    const search *s = arg;
    const agl_graph *g = s->g;
    for (int32_t v = 0; v < g->n; v++) {
        double sum = 0;
        for (size_t e = g->offset[v]; e < g->offset[v + 1]; e++)
            sum += agl__arc_weight(g, e) * x[g->neighbour[e]];
        to[v] = x[v] - s->a * sum;
    }
    return agl_cancelled(s->ctx) ? agl_fail(err, AGL_ECANCEL, "cancelled") : AGL_OK;
}

static agl_status solve(double *x, const double *right, search *s, solver *by, agl_error *err) {
    const agl__operator op = {apply, NULL, s};
    return agl__conjugate_gradients(x, right, s->n, TIGHT, &by->work, &op, err);
}

static agl_status solver_new(solver *out, size_t n, agl_error *err) {
    *out = (solver){.work = {.residual = AGL_NEW(double, n),
                             .conditioned = AGL_NEW(double, n),
                             .direction = AGL_NEW(double, n),
                             .image = AGL_NEW(double, n)},
                    .unit = AGL_NEW(double, n),
                    .x = AGL_NEW(double, n)};
    return out->work.residual && out->work.conditioned && out->work.direction && out->work.image &&
                   out->unit && out->x
               ? AGL_OK
               : agl_fail_memory(err);
}

static agl_status column(const double **x, search *s, int32_t v, int worker, agl_error *err) {
    solver *by = &s->solvers[worker];
    agl_status status = by->x ? AGL_OK : solver_new(by, s->n, err);
    if (status != AGL_OK) return status;
    by->unit[v] = 1;
    status = solve(by->x, by->unit, s, by, err);
    by->unit[v] = 0;
    *x = by->x;
    return status;
}

static agl_status solve_one(void *arg, size_t task, int worker, agl_error *err) {
    search *s = arg;
    const double *x;
    agl_status status = column(&x, s, s->who[task], worker, err);
    if (status == AGL_OK) s->found[task] = x[s->who[task]];
    return status;
}

/* ---- gains -------------------------------------------------------------------------------------- */

static void bound_gains(search *s) {
    for (size_t v = 0; v < s->n; v++) {
        double m = isnan(s->diag[v]) ? fmax(1, s->low[v]) : s->diag[v];
        s->gain[v] = s->free[v] ? s->b[v] * s->b[v] / m : -1;
    }
}

static int32_t best_known(const search *s) {
    int32_t best = -1;
    for (int32_t v = 0; v < s->g->n; v++)
        if (s->free[v] && !isnan(s->diag[v]) && (best < 0 || s->gain[v] > s->gain[best] * (1 + EQUAL)))
            best = v;
    return best;
}

/* Nodes of unknown m_ii with the highest bounds, as long as these exceed the best known gain. */
static size_t next_batch(search *s, int32_t best) {
    size_t n = 0, room = s->most_solves - s->solved;
    if (room > BATCH) room = BATCH;
    for (int32_t v = 0; v < s->g->n && room > 0; v++) {
        if (!s->free[v] || !isnan(s->diag[v]) || (best >= 0 && !(s->gain[v] > s->gain[best]))) continue;
        size_t at = n < room ? n++ : room;
        if (at == room && !(s->gain[v] > s->gain[s->who[room - 1]])) continue;
        if (at == room) at--;
        while (at > 0 && s->gain[v] > s->gain[s->who[at - 1]]) {
            s->who[at] = s->who[at - 1];
            at--;
        }
        s->who[at] = v;
    }
    return n;
}

/* Learns m_ii until no unknown node can beat the best known one (or the solves are used up). */
static agl_status refine(int32_t *best, search *s, agl_error *err) {
    for (;;) {
        bound_gains(s);
        *best = best_known(s);
        size_t n = next_batch(s, *best);
        if (n == 0) return AGL_OK;
        agl_status status = agl__parallel(n, solve_one, s, NULL, s->ctx, err);
        if (status != AGL_OK) return status;
        for (size_t k = 0; k < n; k++) {
            int32_t v = s->who[k];
            s->diag[v] = s->found[k];
            for (int32_t t = 0; t < s->chosen; t++) {
                double l = s->factor[(size_t)t * s->n + (size_t)v];
                s->diag[v] -= l * l;
            }
        }
        s->solved += n;
    }
}

static int falling(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Sum of the `count` largest gains. */
static agl_status largest_gains(double *sum, const search *s, agl_error *err) {
    double *sorted = AGL_NEW(double, s->n);
    if (!sorted) return agl_fail_memory(err);
    memcpy(sorted, s->gain, s->n * sizeof *sorted);
    qsort(sorted, s->n, sizeof *sorted, falling);
    *sum = 0;
    for (size_t k = 0; k < s->n && k < (size_t)s->count && sorted[k] > 0; k++)
        *sum += sorted[k];
    free(sorted);
    return AGL_OK;
}

/* One step of Cholesky: M and b without v. */
static agl_status take(search *s, int32_t v, agl_error *err) {
    const double *x;
    agl_status status = column(&x, s, v, 0, err);
    if (status != AGL_OK) return status;
    double *l = s->factor + (size_t)s->chosen * s->n, root = sqrt(s->diag[v]), part = s->b[v] / root;
    memcpy(l, x, s->n * sizeof *l);
    for (int32_t t = 0; t < s->chosen; t++) {
        const double *before = s->factor + (size_t)t * s->n;
        double at = before[v];
        for (size_t i = 0; i < s->n; i++)
            l[i] -= before[i] * at;
    }
    for (size_t i = 0; i < s->n; i++) {
        l[i] /= root;
        s->b[i] -= l[i] * part;
        s->low[i] -= l[i] * l[i];
        s->diag[i] -= l[i] * l[i];
    }
    s->free[v] = 0;
    s->chosen++;
    return AGL_OK;
}

/* ---- the search --------------------------------------------------------------------------------- */

static agl_status search_new(search *s, const agl_graph *g, const agl_key_group_options *o,
                             const agl_ctx *ctx, agl_error *err) {
    size_t n = (size_t)g->n;
    *s = (search){.g = g,
                  .n = n,
                  .count = o->count,
                  .most_solves = o->solves > 0 ? o->solves : SIZE_MAX,
                  .free = AGL_NEW(uint8_t, n),
                  .b = AGL_NEW(double, n),
                  .diag = AGL_NEW(double, n),
                  .low = AGL_NEW(double, n),
                  .gain = AGL_NEW(double, n),
                  .factor = AGL_NEW(double, n *(size_t)o->count),
                  .who = AGL_NEW(int32_t, BATCH),
                  .found = AGL_NEW(double, BATCH),
                  .solvers = AGL_NEW(solver, agl_threads(ctx)),
                  .ctx = ctx};
    bool ok =
        s->free && s->b && s->diag && s->low && s->gain && s->factor && s->who && s->found && s->solvers;
    return ok ? AGL_OK : agl_fail_memory(err);
}

static void search_free(search *s) {
    for (int w = 0; s->solvers && w < agl_threads(s->ctx); w++) {
        free(s->solvers[w].work.residual);
        free(s->solvers[w].work.conditioned);
        free(s->solvers[w].work.direction);
        free(s->solvers[w].work.image);
        free(s->solvers[w].unit);
        free(s->solvers[w].x);
    }
    free(s->free);
    free(s->b);
    free(s->diag);
    free(s->low);
    free(s->gain);
    free(s->factor);
    free(s->who);
    free(s->found);
    free(s->solvers);
}

/* lambda = x'Gx for the leading vector x; a by share or as given. */
static agl_status set_decay(agl_key_group *out, search *s, const agl_key_group_options *o, agl_error *err) {
    double *x = AGL_NEW(double, s->n), lambda = 0;
    if (!x) return agl_fail_memory(err);
    agl_status status = s->g->arcs > 0 ? agl_eigenvector(x, s->g, false, s->ctx, err) : AGL_OK;
    for (int32_t v = 0; status == AGL_OK && v < s->g->n; v++)
        for (size_t e = s->g->offset[v]; e < s->g->offset[v + 1]; e++)
            lambda += x[v] * agl__arc_weight(s->g, e) * x[s->g->neighbour[e]];
    free(x);
    if (status != AGL_OK) return status;
    out->lambda = lambda;
    out->decay = isnan(o->decay) ? (lambda > 0 ? o->share / lambda : 0) : o->decay;
    s->a = out->decay;
    if (!(out->decay >= 0) || out->decay * lambda >= 1)
        return agl_fail(
            err, AGL_ECONV,
            "the decay %g is too large: in this network (largest eigenvalue %.6g) it must be below %.6g",
            out->decay, lambda, 1 / lambda);
    return AGL_OK;
}

static agl_status start(agl_key_group *out, search *s, const agl_key_group_options *o, agl_error *err) {
    agl_sum total = {0, 0};
    agl_status status = solver_new(&s->solvers[0], s->n, err);
    if (status != AGL_OK) return status;
    double *ones = s->gain;
    for (size_t v = 0; v < s->n; v++)
        ones[v] = 1;
    status = solve(s->b, ones, s, &s->solvers[0], err);
    for (size_t v = 0; status == AGL_OK && v < s->n; v++) {
        double squares = 0;
        for (size_t e = s->g->offset[v]; e < s->g->offset[v + 1]; e++)
            squares += agl__arc_weight(s->g, e) * agl__arc_weight(s->g, e);
        s->low[v] = 1 / (1 - s->a * s->a * squares);
        s->diag[v] = NAN;
        s->free[v] = !o->allowed || o->allowed[v];
        agl__sum_add(&total, s->b[v]);
    }
    out->total = agl__sum_value(&total);
    if (out->bonacich) memcpy(out->bonacich, s->b, s->n * sizeof *s->b);
    return status;
}

static void tell_alone(agl_key_group *out, const search *s) {
    for (size_t v = 0; out->intercentrality && v < s->n; v++)
        out->intercentrality[v] = isnan(s->diag[v]) ? (double)NAN : s->b[v] * s->b[v] / s->diag[v];
}

static agl_status greedy(agl_key_group *out, search *s, agl_error *err) {
    out->loss = 0;
    out->bound = INFINITY;
    for (out->size = 0; out->size < s->count; out->size++) {
        int32_t best;
        double more = 0;
        agl_status status = refine(&best, s, err);
        if (status == AGL_OK) status = largest_gains(&more, s, err);
        if (status != AGL_OK) return status;
        if (out->size == 0) tell_alone(out, s);
        out->bound = fmin(out->bound, out->loss + more);
        if (best < 0) break;
        if (out->member) out->member[out->size] = best;
        if (out->gain) out->gain[out->size] = s->gain[best];
        out->loss += s->gain[best];
        status = take(s, best, err);
        if (status != AGL_OK) return status;
    }
    out->bound = fmax(out->bound, out->loss);
    return AGL_OK;
}

static agl_status run(agl_key_group *out, const agl_graph *g, const agl_key_group_options *o,
                      const agl_ctx *ctx, agl_error *err) {
    search s;
    agl_status status = search_new(&s, g, o, ctx, err);
    if (status == AGL_OK) status = set_decay(out, &s, o, err);
    if (status == AGL_OK) status = start(out, &s, o, err);
    if (status == AGL_OK) status = greedy(out, &s, err);
    search_free(&s);
    return status;
}

/* Small networks: the best group, and its members in the order that the greedy step gives them. */
static agl_status prove(agl_key_group *out, const agl_graph *g, const agl_key_group_options *o,
                        const agl_ctx *ctx, agl_error *err) {
    int32_t member[AGL__KEY_GROUP_SIZE] = {0};
    double loss = out->loss;
    bool proven;
    agl_status status =
        agl__key_group_exact(&loss, member, &proven, g, out->decay, o->count, o->allowed, ctx, err);
    if (status != AGL_OK) return status;
    if (loss > out->loss * (1 + EQUAL)) {
        uint8_t *only = AGL_NEW(uint8_t, g->n);
        if (!only) return agl_fail_memory(err);
        for (int32_t k = 0; k < o->count; k++)
            only[member[k]] = 1;
        double bound = out->bound;
        agl_key_group_options again = *o;
        agl_key_group group = {.member = out->member, .gain = out->gain};
        again.allowed = only;
        status = run(&group, g, &again, ctx, err);
        free(only);
        if (status != AGL_OK) return status;
        out->loss = group.loss;
        out->bound = fmax(bound, group.loss);
    }
    if (proven) out->bound = out->loss;
    return AGL_OK;
}

agl_status agl_key_players(agl_key_group *out, const agl_graph *graph, const agl_key_group_options *options,
                           const agl_ctx *ctx, agl_error *err) {
    if (graph->directed) return agl_fail(err, AGL_EDATA, "key players need undirected ties");
    if (options->count < 1 || (isnan(options->decay) && !(options->share > 0 && options->share < 1)))
        return agl_fail(err, AGL_EUSAGE, "the size of the group or the decay is out of range");
    agl_key_group_options o = *options;
    if (o.count > graph->n) o.count = graph->n > 0 ? graph->n : 1;
    agl_status status = run(out, graph, &o, ctx, err);
    if (status == AGL_OK && out->size == o.count && out->bound > out->loss * (1 + EQUAL) &&
        graph->n <= AGL__KEY_GROUP_NODES && o.count <= AGL__KEY_GROUP_SIZE)
        status = prove(out, graph, &o, ctx, err);
    return status;
}

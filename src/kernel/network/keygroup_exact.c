/* Branch and bound over groups of key players, on the dense inverse. */
#include "base/mem.h"
#include "kernel/graph/graph.h"
#include "kernel/network/keygroup.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#define MOST_WORK 4e8   /* entries updated before the search is given up */
#define BETTER    1e-10 /* share by which a group must be better */

typedef struct choice {
    double gain;
    int32_t node;
} choice;

typedef struct tree {
    size_t n;
    int32_t count;
    double *m;      /* (count + 1) x n x n: what is left of M at each depth */
    double *b;      /* (count + 1) x n */
    choice *order;  /* count x n: the free nodes at each depth, by falling gain */
    int32_t *group; /* count */
    double loss, work;
    int32_t *member;
    const agl_ctx *ctx;
} tree;

static int by_gain(const void *a, const void *b) {
    const choice *p = a, *q = b;
    if (p->gain != q->gain) return p->gain < q->gain ? 1 : -1;
    return (p->node > q->node) - (p->node < q->node);
}

/* M = (I - a G)^-1 and b = M 1 at depth 0. */
static agl_status invert(tree *t, const agl_graph *g, double decay, agl_error *err) {
    size_t n = t->n;
    for (size_t v = 0; v < n; v++) {
        t->m[v * n + v] = 1;
        for (size_t e = g->offset[v]; e < g->offset[v + 1]; e++)
            t->m[v * n + (size_t)g->neighbour[e]] = -decay * agl__arc_weight(g, e);
    }
    if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (int)n, t->m, (int)n) != 0 ||
        LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'L', (int)n, t->m, (int)n) != 0)
        return agl_fail(err, AGL_ECONV, "the decay is too large for this network");
    for (size_t v = 0; v < n; v++)
        for (size_t u = v + 1; u < n; u++)
            t->m[u * n + v] = t->m[v * n + u];
    for (size_t v = 0; v < n; v++)
        for (size_t u = 0; u < n; u++)
            t->b[v] += t->m[v * n + u];
    return AGL_OK;
}

/* What is left of M and b without v, one depth further down. */
static void leave_out(tree *t, int32_t depth, int32_t v) {
    size_t n = t->n;
    const double *m = t->m + (size_t)depth * n * n, *b = t->b + (size_t)depth * n, *row = m + (size_t)v * n;
    double *to = t->m + ((size_t)depth + 1) * n * n, *b_to = t->b + ((size_t)depth + 1) * n;
    for (size_t i = 0; i < n; i++) {
        double share = row[i] / row[v];
        for (size_t j = 0; j < n; j++)
            to[i * n + j] = m[i * n + j] - share * row[j];
        b_to[i] = b[i] - share * b[v];
    }
    t->work += (double)(n * n);
}

static void record(tree *t, double loss) {
    if (!(loss > t->loss * (1 + BETTER))) return;
    t->loss = loss;
    memcpy(t->member, t->group, (size_t)t->count * sizeof *t->group);
}

/* Groups that hold group[0..depth-1] and take the rest from the first `n` nodes of the order above. */
static void branch(tree *t, int32_t depth, double loss, const choice *from, size_t n) {
    const double *m = t->m + (size_t)depth * t->n * t->n, *b = t->b + (size_t)depth * t->n;
    choice *order = t->order + (size_t)depth * t->n;
    size_t wanted = (size_t)(t->count - depth);
    for (size_t k = 0; k < n; k++) {
        size_t v = (size_t)from[k].node;
        order[k] = (choice){b[v] * b[v] / m[v * t->n + v], (int32_t)v};
    }
    t->work += (double)n;
    qsort(order, n, sizeof *order, by_gain);
    for (size_t k = 0; k + wanted <= n && t->work < MOST_WORK && !agl_cancelled(t->ctx); k++) {
        double most = loss;
        for (size_t i = k; i < k + wanted; i++)
            most += order[i].gain;
        if (!(most > t->loss * (1 + BETTER))) return;
        t->group[depth] = order[k].node;
        if (wanted == 1) {
            record(t, loss + order[k].gain);
            return; /* the others gain less */
        }
        leave_out(t, depth, order[k].node);
        branch(t, depth + 1, loss + order[k].gain, order + k + 1, n - k - 1);
    }
}

agl_status agl__key_group_exact(double *loss, int32_t *member, bool *proven, const agl_graph *g, double decay,
                                int32_t count, const uint8_t *allowed, const agl_ctx *ctx, agl_error *err) {
    size_t n = (size_t)g->n, deep = (size_t)count + 1, free_nodes = 0;
    tree t = {.n = n,
              .count = count,
              .m = AGL_NEW(double, deep *n *n),
              .b = AGL_NEW(double, deep *n),
              .order = AGL_NEW(choice, (size_t)count * n),
              .group = AGL_NEW(int32_t, count),
              .loss = *loss,
              .member = member,
              .ctx = ctx};
    choice *all = AGL_NEW(choice, n);
    agl_status status = t.m && t.b && t.order && t.group && all ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = invert(&t, g, decay, err);
    for (size_t v = 0; status == AGL_OK && v < n; v++)
        if (!allowed || allowed[v]) all[free_nodes++].node = (int32_t)v;
    if (status == AGL_OK) {
        branch(&t, 0, 0, all, free_nodes);
        *proven = t.work < MOST_WORK;
        *loss = t.loss;
        if (agl_cancelled(ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    free(t.m);
    free(t.b);
    free(t.order);
    free(t.group);
    free(all);
    return status;
}

#include "kernel/network/bicm.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { MOST_ITERATIONS = 20000 };
static const double met = 1e-10, tolerable = 1e-8; /* relative errors of the degrees */

/* ---- classes ---------------------------------------------------------------------------------- */

static size_t degree(const size_t *offset, int32_t v) { return offset[v + 1] - offset[v]; }

/* nodes[d] = nodes of degree d, for d = 0..*largest; NULL when memory is exhausted. */
static int32_t *count_degrees(size_t *largest, int32_t n, const size_t *offset) {
    *largest = 0;
    for (int32_t v = 0; v < n; v++)
        if (degree(offset, v) > *largest) *largest = degree(offset, v);
    int32_t *nodes = AGL_NEW(int32_t, *largest + 1);
    for (int32_t v = 0; nodes && v < n; v++)
        nodes[degree(offset, v)]++;
    return nodes;
}

static agl_status make_classes(agl_degree_classes *c, int32_t n, const size_t *offset, agl_error *err) {
    size_t largest;
    int32_t *class_of = count_degrees(&largest, n, offset); /* nodes of each degree; then its class */
    for (size_t d = 1; class_of && d <= largest; d++)
        c->n += class_of[d] > 0;
    c->of = AGL_NEW(int32_t, n);
    c->degree = AGL_NEW(double, c->n);
    c->count = AGL_NEW(double, c->n);
    c->x = AGL_NEW(double, c->n);
    c->fixed = AGL_NEW(int32_t, c->n);
    bool ok = class_of && c->of && c->degree && c->count && c->x && c->fixed;
    if (ok) {
        int32_t k = 0;
        for (size_t d = 1; d <= largest; d++) {
            if (class_of[d] == 0) continue;
            c->degree[k] = (double)d;
            c->count[k] = class_of[d];
            class_of[d] = k++;
        }
        class_of[0] = -1;
        for (int32_t v = 0; v < n; v++)
            c->of[v] = class_of[degree(offset, v)];
    }
    free(class_of);
    return ok ? AGL_OK : agl_fail_memory(err);
}

static void free_classes(agl_degree_classes *c) {
    free(c->degree);
    free(c->count);
    free(c->x);
    free(c->fixed);
    free(c->of);
}

void agl__bicm_free(agl_bicm *model) {
    free_classes(&model->actor);
    free_classes(&model->project);
    *model = (agl_bicm){0};
}

/* ---- what is certain -------------------------------------------------------------------------- */

/* What is left to explain: degree of a class minus its certain memberships, and the free nodes of a side. */
static double left_degree(const agl_degree_classes *c, int32_t k, const agl_degree_classes *other) {
    double degree = c->degree[k];
    for (int32_t e = 0; e < other->n; e++)
        if (other->fixed[e] > 0) degree -= other->count[e];
    return degree;
}

static double free_nodes(const agl_degree_classes *c) {
    double n = 0;
    for (int32_t k = 0; k < c->n; k++)
        if (c->fixed[k] == 0) n += c->count[k];
    return n;
}

/* Fixes the classes of one side whose members are in all or none of what is free on the other; true when any
 * was. */
static bool fix_side(agl_degree_classes *c, const agl_degree_classes *other, int32_t *step) {
    double possible = free_nodes(other);
    bool any = false;
    for (int32_t k = 0; k < c->n; k++) {
        if (c->fixed[k] != 0) continue;
        double degree = left_degree(c, k, other);
        if (degree > 0 && degree < possible) continue;
        c->fixed[k] = degree <= 0 ? -*step : *step;
        any = true;
    }
    *step += any;
    return any;
}

static void fix_certain(agl_bicm *m) {
    int32_t step = 1;
    while (fix_side(&m->actor, &m->project, &step) || fix_side(&m->project, &m->actor, &step))
        ;
}

double agl__bicm_chance(const agl_bicm *m, int32_t c, int32_t e) {
    int32_t a = m->actor.fixed[c], b = m->project.fixed[e];
    if (a == 0 && b == 0) {
        double xy = m->actor.x[c] * m->project.x[e];
        return xy / (1 + xy);
    }
    /* the one decided earlier rules */
    int32_t first = b == 0 || (a != 0 && abs(a) < abs(b)) ? a : b;
    return first > 0 ? 1 : 0;
}

/* ---- the fixed point -------------------------------------------------------------------------- */

/* x_c = k_c / sum_e n_e y_e / (1 + x_c y_e), one sweep over the free classes of a side. Returns the largest
 * relative difference between a degree and its expectation before the sweep. */
static double sweep(agl_degree_classes *c, const agl_degree_classes *other) {
    double worst = 0;
    for (int32_t k = 0; k < c->n; k++) {
        if (c->fixed[k] != 0) continue;
        double sum = 0, degree = left_degree(c, k, other), x = c->x[k];
        for (int32_t e = 0; e < other->n; e++)
            if (other->fixed[e] == 0) sum += other->count[e] * other->x[e] / (1 + x * other->x[e]);
        worst = fmax(worst, fabs(x * sum - degree) / degree);
        c->x[k] = degree / sum;
    }
    return worst;
}

/* x = k / sqrt(E), the chances k d / E of the sparse limit. */
static void start(agl_degree_classes *c, const agl_degree_classes *other, double memberships) {
    for (int32_t k = 0; k < c->n; k++)
        c->x[k] = c->fixed[k] == 0 ? left_degree(c, k, other) / sqrt(memberships) : 0;
}

static agl_status fit(agl_bicm *m, const agl_ctx *ctx, agl_error *err) {
    double memberships = 0;
    for (int32_t k = 0; k < m->actor.n; k++)
        if (m->actor.fixed[k] == 0) memberships += m->actor.count[k] * left_degree(&m->actor, k, &m->project);
    start(&m->actor, &m->project, memberships);
    start(&m->project, &m->actor, memberships);
    for (m->iterations = 1; m->iterations <= MOST_ITERATIONS; m->iterations++) {
        if (agl_cancelled(ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        double a = sweep(&m->actor, &m->project), b = sweep(&m->project, &m->actor);
        m->degree_error = fmax(a, b);
        if (m->degree_error <= met) return AGL_OK;
    }
    if (m->degree_error <= tolerable) return AGL_OK;
    return agl_fail(err, AGL_ECONV,
                    "the bipartite configuration model misses the degrees by %.1e after %d rounds; use the "
                    "hypergeometric model",
                    m->degree_error, MOST_ITERATIONS);
}

agl_status agl__bicm_fit(agl_bicm *out, const agl_incidence *incidence, const agl_ctx *ctx, agl_error *err) {
    *out = (agl_bicm){0};
    agl_status status = make_classes(&out->actor, incidence->n_actors, incidence->actor_offset, err);
    if (status == AGL_OK)
        status = make_classes(&out->project, incidence->n_projects, incidence->project_offset, err);
    if (status == AGL_OK) {
        fix_certain(out);
        status = fit(out, ctx, err);
    }
    if (status != AGL_OK) agl__bicm_free(out);
    return status;
}

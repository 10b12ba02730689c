/* Standard deviation of the distances of all pairs, by a walk over two trees.
 *
 * Between two nodes far from each other the mean distance needs only the nodes' means and covariances. With D
 * the vector between the means, c = |D|, u = D/c, S the sum of both covariances and F(c) the distance of a
 * chord, to second order
 *
 *     mean F(|D + e|) = F + ( F'' u'Su + F'/c (tr S - u'Su) ) / 2,       F' = F'' = 1, 0 in the plane,
 *
 * and the same for F^2. Third moments cancel over many pairs of nodes, and the fourth order is (spread/c)^4:
 * with boxes whose diagonals add up to a fifth of c at most, the deviation is right to 2e-6. Nearer nodes,
 * those that straddle the limit, and all of them in an exact run or of few pairs, are taken point by point.
 */
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"
#include "kernel/geo/pair_kernels.h"
#include "kernel/geo/points.h"
#include "kernel/measure/kdensity.h"

#include <math.h>

enum { TASKS = 64, FRONT = 2048 };
static const double OPENING = 0.2, FEW = 0x1p24;

typedef struct moments {
    double n, mean[3], cov[6]; /* xx yy zz xy xz yz */
    double diagonal;
} moments;

typedef struct partial {
    agl_sum sum, squares;
    double count;
} partial;

typedef struct job {
    const agl_kdtree *a, *b;
    moments *ma, *mb;
    bool same, exact;
    agl_space space;
    const agl_pair_kernels *kernels;
    double limit; /* chord */
    double limit_km;
    double origin; /* distances are taken from here, against cancellation */
    agl_kdpair *front;
    size_t n_front;
    partial *task;
} job;

static moments moments_of(const agl_kdtree *t, const agl_kdnode *node) {
    moments m = {.n = node->end - node->begin};
    const double *axis[3] = {t->points.x, t->points.y, t->points.z};
    for (int a = 0; a < 3; a++) {
        for (uint32_t k = node->begin; k < node->end; k++)
            m.mean[a] += axis[a][k];
        m.mean[a] /= m.n;
        m.diagonal += (node->high[a] - node->low[a]) * (node->high[a] - node->low[a]);
    }
    m.diagonal = sqrt(m.diagonal);
    for (uint32_t k = node->begin; k < node->end; k++) {
        double x = axis[0][k] - m.mean[0], y = axis[1][k] - m.mean[1], z = axis[2][k] - m.mean[2];
        const double product[6] = {x * x, y * y, z * z, x * y, x * z, y * z};
        for (int i = 0; i < 6; i++)
            m.cov[i] += product[i] / m.n;
    }
    return m;
}

static agl_status all_moments(moments **out, const agl_kdtree *t, agl_error *err) {
    *out = AGL_NEW(moments, t->n_nodes);
    if (!*out) return agl_fail_memory(err);
    for (size_t k = 0; k < t->n_nodes; k++)
        (*out)[k] = moments_of(t, &t->nodes[k]);
    return AGL_OK;
}

/* Distance of a chord with its first two derivatives. */
static void distance_at(double f[3], agl_space space, double c) {
    f[0] = agl__distance_of_chord(space, c);
    f[1] = 1;
    f[2] = 0;
    if (space == AGL_PLANE) return;
    double half = c / (2 * AGL_EARTH_RADIUS_KM), rest = 1 - half * half;
    f[1] = 1 / sqrt(rest);
    f[2] = f[1] / rest * half / (2 * AGL_EARTH_RADIUS_KM);
}

/* Adds the pairs of two far nodes; false when they are too near for the series. */
static bool add_far(partial *out, const job *j, const moments *p, const moments *q) {
    double d[3], s[6];
    for (int a = 0; a < 3; a++)
        d[a] = p->mean[a] - q->mean[a];
    double c = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    if (p->diagonal + q->diagonal > OPENING * c || c > 1.9 * AGL_EARTH_RADIUS_KM) return false;
    for (int i = 0; i < 6; i++)
        s[i] = p->cov[i] + q->cov[i];
    double along = c > 0 ? (s[0] * d[0] * d[0] + s[1] * d[1] * d[1] + s[2] * d[2] * d[2] +
                            2 * (s[3] * d[0] * d[1] + s[4] * d[0] * d[2] + s[5] * d[1] * d[2])) /
                               (c * c)
                         : 0;
    double across = s[0] + s[1] + s[2] - along, f[3];
    if (c == 0) { /* two nodes of one place each, the same */
        f[0] = f[1] = f[2] = 0;
    } else {
        distance_at(f, j->space, c);
    }
    double g = f[0] - j->origin, n = p->n * q->n, curve = c > 0 ? f[1] / c : 0;
    /* g = F - origin and g^2, whose derivatives are 2 g F' and 2 (F'^2 + g F'') */
    agl__sum_add(&out->sum, n * (g + (f[2] * along + curve * across) / 2));
    agl__sum_add(&out->squares, n * (g * g + (f[1] * f[1] + g * f[2]) * along + g * curve * across));
    out->count += n;
    return true;
}

/* Pair by pair, where chords may be longer than the kernels' series allows. */
static agl_spread add_each(const job *j, const agl_kdnode *p, const agl_kdnode *q, bool same) {
    agl_spread s = {0, 0, 0};
    for (size_t i = p->begin; i < p->end; i++)
        for (size_t k = q->begin; k < (same ? i : q->end); k++) {
            double c = sqrt(agl__chord2(&j->a->points, i, &j->b->points, k));
            if (c > j->limit) continue;
            double d = agl__distance_of_chord(j->space, c) - j->origin;
            s.sum += d;
            s.squares += d * d;
            s.count++;
        }
    return s;
}

static void add_near(partial *out, const job *j, const agl_kdnode *p, const agl_kdnode *q, bool same,
                     double most2) {
    const agl_points *a = &j->a->points, *b = &j->b->points;
    agl_spread s = {0, 0, 0};
    if (j->space == AGL_SPHERE && most2 > AGL_SERIES_CHORD * AGL_SERIES_CHORD)
        s = add_each(j, p, q, same);
    else
        j->kernels->spread(&s, j->limit_km, j->origin, j->space == AGL_SPHERE, (agl_xyz){a->x, a->y, a->z},
                           p->begin, p->end, (agl_xyz){b->x, b->y, b->z}, q->begin, q->end, same);
    agl__sum_add(&out->sum, s.sum);
    agl__sum_add(&out->squares, s.squares);
    out->count += s.count;
}

static void visit(partial *out, const job *j, agl_kdpair at) {
    const agl_kdnode *p = &j->a->nodes[at.a], *q = &j->b->nodes[at.b];
    bool same = j->same && at.a == at.b;
    double least2, most2;
    agl__kdnode_reach(&least2, &most2, p, q);
    if (least2 * (1 - 1e-12) > j->limit * j->limit) return;
    bool inside = most2 * (1 + 1e-12) <= j->limit * j->limit;
    if (inside && !same && !j->exact && add_far(out, j, &j->ma[at.a], &j->mb[at.b])) return;
    if (p->left < 0 && q->left < 0) {
        add_near(out, j, p, q, same, most2);
        return;
    }
    agl_kdpair next[3];
    size_t n = agl__kdpair_children(next, j->a, j->b, j->same, at);
    for (size_t k = 0; k < n; k++)
        visit(out, j, next[k]);
}

static agl_status deviation_task(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    (void)err;
    job *j = arg;
    for (size_t k = task; k < j->n_front; k += TASKS)
        visit(&j->task[task], j, j->front[k]);
    return AGL_OK;
}

agl_status agl__kd_deviation(double *sd, const agl_kd_pairs *pairs, double limit_km, double origin,
                             bool exact, const agl_ctx *ctx, agl_error *err) {
    agl_pairs all = agl__kd_as_pairs(pairs);
    exact = exact || agl__pairs_total(&all) < FEW;
    job j = {.a = &pairs->a,
             .b = agl__kd_second(pairs),
             .exact = exact,
             .origin = origin,
             .space = pairs->a.points.space};
    j.same = j.a == j.b;
    j.kernels = agl__pair_kernels();
    j.limit_km = limit_km;
    j.limit = agl__chord_of_distance(j.space, limit_km);
    j.task = AGL_NEW(partial, TASKS);
    agl_status status = j.task ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK && !exact) status = all_moments(&j.ma, j.a, err);
    j.mb = j.ma;
    if (status == AGL_OK && !exact && !j.same) status = all_moments(&j.mb, j.b, err);
    if (status == AGL_OK) status = agl__kdpair_front(&j.front, &j.n_front, j.a, j.b, j.same, FRONT, err);
    if (status == AGL_OK) status = agl__parallel(TASKS, deviation_task, &j, "bandwidth", ctx, err);
    if (status == AGL_OK) {
        agl_sum sum = {0, 0}, squares = {0, 0};
        double count = 0;
        for (size_t t = 0; t < TASKS; t++) {
            agl__sum_add(&sum, agl__sum_value(&j.task[t].sum));
            agl__sum_add(&squares, agl__sum_value(&j.task[t].squares));
            count += j.task[t].count;
        }
        double mean = agl__sum_value(&sum) / count;
        *sd = sqrt(fmax(agl__sum_value(&squares) - count * mean * mean, 0) / (count - 1));
    }
    if (j.mb != j.ma) free(j.mb);
    free(j.ma);
    free(j.front);
    free(j.task);
    return status;
}

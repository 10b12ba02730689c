/* The nearest in technology of each actor, by sparse products of one row with all others. */
#include "agglo/spillover.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/network/spillover.h"

#include <math.h>

enum { ACTORS_PER_TASK = 64 };

typedef struct nearest {
    const agl_profiles *p;
    const double *rd;
    agl_proximity kind;
    int32_t k;
    double least;
    int32_t *other, *near;
    double *proximity;
    double *class_unit, *class_x; /* unit and X in the order of the holders, so that a class is one run */
    double *sum;                  /* n a worker: proximity to the actor at hand, 0 = untouched */
    double *y;                    /* classes a worker */
    int32_t *touched;             /* n + 1 a worker */
} nearest;

/** Does a (proximity x) come before b (proximity y)? */
static bool before(const nearest *j, double x, int32_t a, double y, int32_t b) {
    if (fabs(x - y) > 1e-12) return x > y;
    double ga = j->rd && !isnan(j->rd[a]) ? j->rd[a] : -1, gb = j->rd && !isnan(j->rd[b]) ? j->rd[b] : -1;
    return ga != gb ? ga > gb : a < b;
}

static void insert(const nearest *j, int32_t i, double x, int32_t b) {
    int32_t *other = j->other + (size_t)i * (size_t)j->k;
    double *proximity = j->proximity + (size_t)i * (size_t)j->k;
    int32_t at = j->k;
    while (at > 0 && (other[at - 1] < 0 || before(j, x, b, proximity[at - 1], other[at - 1])))
        at--;
    if (at == j->k) return;
    for (int32_t r = j->k - 1; r > at; r--)
        other[r] = other[r - 1], proximity[r] = proximity[r - 1];
    other[at] = b;
    proximity[at] = x;
}

/** sum[b] += scale * value of every holder b of class c; returns the number touched so far. */
static int32_t add_class(double *sum, int32_t *touched, int32_t n, const agl_profiles *p, const double *value,
                         int32_t c, double scale) {
    for (size_t h = p->class_offset[c]; h < p->class_offset[c + 1]; h++) {
        int32_t b = p->holder[h];
        touched[n] =
            b; /* kept only when it is new: a branch here would be guessed wrongly half of the time */
        n += sum[b] == 0;
        sum[b] += scale * value[h];
    }
    return n;
}

/** t_i Omega in y: r = X t_i over the actors that share a class, then X' r. */
static void through_omega(double *y, double *sum, int32_t *touched, const nearest *j, int32_t i) {
    const agl_profiles *p = j->p;
    int32_t n = 0;
    for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++)
        n = add_class(sum, touched, n, p, j->class_x, p->class_of[a], p->unit[a]);
    for (int32_t c = 0; c < p->classes; c++)
        y[c] = 0;
    for (int32_t t = 0; t < n; t++) {
        int32_t b = touched[t];
        for (size_t a = p->offset[b]; a < p->offset[b + 1]; a++)
            y[p->class_of[a]] += p->share[a] / p->norm[p->class_of[a]] * sum[b];
        sum[b] = 0;
    }
}

static void one_actor(const nearest *j, double *sum, double *y, int32_t *touched, int32_t i) {
    const agl_profiles *p = j->p;
    int32_t n = 0, near = 0;
    if (j->kind == AGL_JAFFE)
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++)
            n = add_class(sum, touched, n, p, j->class_unit, p->class_of[a], p->unit[a]);
    else {
        through_omega(y, sum, touched, j, i);
        for (int32_t c = 0; c < p->classes; c++)
            if (y[c] > 0) n = add_class(sum, touched, n, p, j->class_unit, c, y[c]);
    }
    for (int32_t t = 0; t < n; t++) {
        int32_t b = touched[t];
        double x = sum[b];
        sum[b] = 0;
        if (b == i) continue;
        near += x >= j->least * (1 - 1e-12);
        insert(j, i, x, b);
    }
    if (j->near) j->near[i] = near;
}

static agl_status task(void *arg, size_t t, int worker, agl_error *err) {
    (void)err;
    nearest *j = arg;
    size_t n = (size_t)j->p->n, w = (size_t)worker;
    int32_t begin = (int32_t)t * ACTORS_PER_TASK;
    for (int32_t i = begin; i < j->p->n && i < begin + ACTORS_PER_TASK; i++)
        one_actor(j, j->sum + w * n, j->y + w * (size_t)j->p->classes, j->touched + w * (n + 1), i);
    return AGL_OK;
}

agl_status agl_spillover_nearest(int32_t *other, double *proximity, int32_t *near,
                                 const agl_profiles *profiles, const double *rd, agl_proximity kind,
                                 int32_t k, double least, const agl_ctx *ctx, agl_error *err) {
    if (k < 0 || !(least > 0)) return agl_fail(err, AGL_EUSAGE, "the number of pairs must be 0 or more");
    size_t n = (size_t)profiles->n, m = profiles->offset[n], workers = (size_t)agl_threads(ctx);
    nearest j = {.p = profiles,
                 .rd = rd,
                 .kind = kind,
                 .k = k,
                 .least = least,
                 .other = other,
                 .near = near,
                 .proximity = proximity};
    j.class_unit = AGL_NEW(double, m);
    j.class_x = AGL_NEW(double, m);
    j.sum = AGL_NEW(double, workers *n);
    j.y = AGL_NEW(double, workers *(size_t)profiles->classes);
    j.touched = AGL_NEW(int32_t, workers * (n + 1));
    agl_status status = AGL_OK;
    if (!j.class_unit || !j.class_x || !j.sum || !j.y || !j.touched) {
        status = agl_fail_memory(err);
        goto out;
    }
    for (size_t i = 0; i < n * (size_t)k; i++)
        other[i] = -1, proximity[i] = NAN;
    for (int32_t c = 0; c < profiles->classes; c++)
        for (size_t h = profiles->class_offset[c]; h < profiles->class_offset[c + 1]; h++) {
            j.class_unit[h] = profiles->unit[profiles->entry[h]];
            j.class_x[h] = profiles->share[profiles->entry[h]] / profiles->norm[c];
        }
    status = agl__parallel((n + ACTORS_PER_TASK - 1) / ACTORS_PER_TASK, task, &j, "proximity", ctx, err);
out:
    free(j.class_unit);
    free(j.class_x);
    free(j.sum);
    free(j.y);
    free(j.touched);
    return status;
}

/* Spillover pools without a matrix of actors. */
#include "agglo/spillover.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"
#include "kernel/network/spillover.h"

#include <math.h>

enum { ACTORS_PER_TASK = 4096, CLASSES_PER_TASK = 4 };

typedef struct pools {
    const agl_profiles *p;
    const double *rd;
    double *s;       /* classes: S_c = sum_j t_jc G_j */
    double *z;       /* classes: X'(X S); Mahalanobis */
    double *along;   /* n: X S */
    double *own;     /* entries: t_ic (Omega_c . t_i) */
    double *scratch; /* a row of Omega for each worker */
    double *pool, *self;
    agl_proximity kind;
} pools;

static size_t tasks(size_t n, size_t per_task) { return (n + per_task - 1) / per_task; }
static size_t least(size_t a, size_t b) { return a < b ? a : b; }

agl_status agl__check_rd(const double *rd, int32_t n, agl_error *err) {
    for (int32_t i = 0; i < n; i++)
        if (rd[i] < 0 || isinf(rd[i]))
            return agl_fail(err, AGL_EDATA, "actor %d has R&D of %g; it must be zero or more", i, rd[i]);
    return AGL_OK;
}

double agl__without_self(double sum, double own) {
    double rest = sum - own;
    return rest > 1e-12 * own ? rest : 0;
}

/** S_c */
static agl_status class_sums(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker, (void)err;
    pools *j = arg;
    const agl_profiles *p = j->p;
    size_t end = least((t + 1) * CLASSES_PER_TASK, (size_t)p->classes);
    for (size_t c = t * CLASSES_PER_TASK; c < end; c++) {
        agl_sum s = {0, 0};
        for (size_t h = p->class_offset[c]; h < p->class_offset[c + 1]; h++)
            if (!isnan(j->rd[p->holder[h]])) agl__sum_add(&s, p->unit[p->entry[h]] * j->rd[p->holder[h]]);
        j->s[c] = agl__sum_value(&s);
    }
    return AGL_OK;
}

/** sum_c t_ic (S_c - t_ic G_i): taken out class by class, so that a class of one's own leaves exactly
 * nothing. */
static agl_status jaffe(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker, (void)err;
    pools *j = arg;
    const agl_profiles *p = j->p;
    size_t end = least((t + 1) * ACTORS_PER_TASK, (size_t)p->n);
    for (size_t i = t * ACTORS_PER_TASK; i < end; i++) {
        double g = isnan(j->rd[i]) ? 0 : j->rd[i], sum = 0;
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++)
            sum += p->unit[a] * agl__without_self(j->s[p->class_of[a]], p->unit[a] * g);
        bool known = p->offset[i] < p->offset[i + 1];
        j->pool[i] = known ? sum : NAN;
        if (j->self) j->self[i] = known ? 1 : NAN;
    }
    return AGL_OK;
}

/** (X S)_i = sum_c T_ic S_c / |T_.c| */
static agl_status along_actors(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker, (void)err;
    pools *j = arg;
    const agl_profiles *p = j->p;
    size_t end = least((t + 1) * ACTORS_PER_TASK, (size_t)p->n);
    for (size_t i = t * ACTORS_PER_TASK; i < end; i++) {
        j->along[i] = 0;
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++)
            j->along[i] += p->share[a] / p->norm[p->class_of[a]] * j->s[p->class_of[a]];
    }
    return AGL_OK;
}

/** Row c of Omega in `row`: sum over the holders j of X_jc X_j. */
static void omega_row(double *row, const agl_profiles *p, size_t c) {
    for (int32_t d = 0; d < p->classes; d++)
        row[d] = 0;
    for (size_t h = p->class_offset[c]; h < p->class_offset[c + 1]; h++) {
        double x = p->share[p->entry[h]] / p->norm[c];
        for (size_t a = p->offset[p->holder[h]]; a < p->offset[p->holder[h] + 1]; a++)
            row[p->class_of[a]] += x * p->share[a] / p->norm[p->class_of[a]];
    }
}

/** z_c, and the own terms t_ic (Omega_c . t_i) of the holders of class c. */
static agl_status along_classes(void *arg, size_t t, int worker, agl_error *err) {
    (void)err;
    pools *j = arg;
    const agl_profiles *p = j->p;
    double *row = j->scratch + (size_t)worker * (size_t)p->classes;
    size_t end = least((t + 1) * CLASSES_PER_TASK, (size_t)p->classes);
    for (size_t c = t * CLASSES_PER_TASK; c < end; c++) {
        agl_sum z = {0, 0};
        omega_row(row, p, c);
        for (size_t h = p->class_offset[c]; h < p->class_offset[c + 1]; h++) {
            int32_t i = p->holder[h];
            double dot = 0;
            agl__sum_add(&z, p->share[p->entry[h]] / p->norm[c] * j->along[i]);
            for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++)
                dot += row[p->class_of[a]] * p->unit[a];
            j->own[p->entry[h]] = p->unit[p->entry[h]] * dot;
        }
        j->z[c] = agl__sum_value(&z);
    }
    return AGL_OK;
}

/** t_i z - G_i t_i Omega t_i' */
static agl_status mahalanobis(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker, (void)err;
    pools *j = arg;
    const agl_profiles *p = j->p;
    size_t end = least((t + 1) * ACTORS_PER_TASK, (size_t)p->n);
    for (size_t i = t * ACTORS_PER_TASK; i < end; i++) {
        double g = isnan(j->rd[i]) ? 0 : j->rd[i], sum = 0, own = 0;
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++) {
            sum += p->unit[a] * j->z[p->class_of[a]];
            own += j->own[a];
        }
        bool known = p->offset[i] < p->offset[i + 1];
        j->pool[i] = known ? agl__without_self(sum, g * own) : NAN;
        if (j->self) j->self[i] = known ? own : NAN;
    }
    return AGL_OK;
}

agl_status agl_spillover_pools(double *pool, double *self, const agl_profiles *profiles, const double *rd,
                               agl_proximity proximity, const agl_ctx *ctx, agl_error *err) {
    size_t n = (size_t)profiles->n, classes = (size_t)profiles->classes, m = profiles->offset[n];
    agl_status status = agl__check_rd(rd, profiles->n, err);
    if (status != AGL_OK) return status;
    pools j = {.p = profiles, .rd = rd, .pool = pool, .self = self, .kind = proximity};
    j.s = AGL_NEW(double, classes);
    if (!j.s) return agl_fail_memory(err);
    size_t by_class = tasks(classes, CLASSES_PER_TASK), by_actor = tasks(n, ACTORS_PER_TASK);
    status = agl__parallel(by_class, class_sums, &j, NULL, ctx, err);
    if (status == AGL_OK && proximity == AGL_JAFFE)
        status = agl__parallel(by_actor, jaffe, &j, "spillover pools", ctx, err);
    if (status != AGL_OK || proximity == AGL_JAFFE) goto out;
    j.z = AGL_NEW(double, classes);
    j.along = AGL_NEW(double, n);
    j.own = AGL_NEW(double, m);
    j.scratch = AGL_NEW(double, (size_t)agl_threads(ctx) * classes);
    if (!j.z || !j.along || !j.own || !j.scratch) {
        status = agl_fail_memory(err);
        goto out;
    }
    status = agl__parallel(by_actor, along_actors, &j, NULL, ctx, err);
    if (status == AGL_OK)
        status = agl__parallel(by_class, along_classes, &j, "nearness of classes", ctx, err);
    if (status == AGL_OK) status = agl__parallel(by_actor, mahalanobis, &j, NULL, ctx, err);
out:
    free(j.s);
    free(j.z);
    free(j.along);
    free(j.own);
    free(j.scratch);
    return status;
}

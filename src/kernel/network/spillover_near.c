/* Spillover pools that fade with distance, summed place by place.
 *
 * Actors at one position share the weights to all others, so the sums are made once a place:
 *     Z_c(place) = sum over places q of w(d) S_qc,   S_qc = sum over the actors j at q of t_jc G_j.
 * A multipole expansion was weighed: its far field needs a vector of all classes in every cell, and real
 * actors crowd in a few thousand towns, where the plain sum over places costs less. */
#include "agglo/spillover.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/geo/points.h"
#include "kernel/graph/graph.h"
#include "kernel/network/spillover.h"

#include <math.h>
#include <string.h>

enum { PLACES_PER_TASK = 8 };

/* Who sits where, and what each class holds there. */
typedef struct places {
    int32_t n;          /* places */
    double *x, *y, *z;  /* n */
    size_t *offset;     /* n + 1 */
    int32_t *actor;     /* actors of each place */
    size_t *class_from; /* classes + 1 */
    int32_t *place;     /* of each entry, ascending in a class */
    double *sum;        /* S_qc of the entry */
} places;

typedef struct near_job {
    const agl_profiles *p;
    const double *rd, *self;
    const agl_decay *decay;
    agl_proximity kind;
    places at;
    double *weight, *z, *y; /* a worker: n places, classes, classes */
    double *pool;
} near_job;

typedef struct spot {
    double x, y, z;
    int32_t actor;
} spot;

static int by_position(const void *a, const void *b) {
    const spot *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    if (p->y != q->y) return p->y < q->y ? -1 : 1;
    if (p->z != q->z) return p->z < q->z ? -1 : 1;
    return (p->actor > q->actor) - (p->actor < q->actor);
}

double agl_decay_weight(const agl_decay *decay, double d) {
    return decay->kind == AGL_DECAY_EXPONENTIAL ? exp(-d / decay->km) : 1 / (1 + d / decay->km);
}

/** Side of a cubic cell within which two places may move without a weight changing by more than `error` of
 * itself: each end moves by at most half the diagonal, and up to 10,000 km a great circle grows by at most
 * 1.42 for 1 of its chord. */
static double cell_side(const agl_decay *decay) {
    double span = decay->kind == AGL_DECAY_EXPONENTIAL ? log1p(decay->error) : decay->error;
    return decay->km * span / (sqrt(3) * 1.45);
}

/** Positions of the actors that have both a profile and coordinates, on the sphere, in cells when wanted; *n
 * of them. */
static agl_status find_spots(spot *spots, size_t *n, const near_job *j, const double *lon, const double *lat,
                             agl_error *err) {
    double side = j->decay->error > 0 ? cell_side(j->decay) : 0;
    size_t k = 0, all = (size_t)j->p->n;
    double *degrees = AGL_NEW(double, 2 * all), *a = degrees, *b = degrees + all;
    if (!degrees) return agl_fail_memory(err);
    for (size_t i = 0; i < all; i++) {
        if (isnan(lon[i]) || isnan(lat[i]) || j->p->offset[i] == j->p->offset[i + 1]) continue;
        spots[k].actor = (int32_t)i;
        a[k] = lon[i], b[k++] = lat[i];
    }
    agl_points at;
    agl_status status = agl_points_sphere(&at, a, b, k, err);
    free(degrees);
    if (status != AGL_OK) return status;
    for (size_t s = 0; s < k; s++) {
        double xyz[] = {at.x[s], at.y[s], at.z[s]};
        for (int d = 0; side > 0 && d < 3; d++)
            xyz[d] = (floor(xyz[d] / side) + 0.5) * side;
        spots[s].x = xyz[0], spots[s].y = xyz[1], spots[s].z = xyz[2];
    }
    agl_points_free(&at);
    qsort(spots, k, sizeof *spots, by_position);
    *n = k;
    return AGL_OK;
}

static void list_places(places *at, const spot *spots, size_t n) {
    for (size_t k = 0; k < n; k++) {
        const spot *s = &spots[k];
        bool same = k > 0 && s->x == spots[k - 1].x && s->y == spots[k - 1].y && s->z == spots[k - 1].z;
        if (!same) {
            at->x[at->n] = s->x, at->y[at->n] = s->y, at->z[at->n] = s->z;
            at->n++;
        }
        at->actor[k] = s->actor;
        at->offset[at->n] = k + 1;
    }
}

/** Entries (class, place): places are walked in order, so each class finds its last place at its end. */
static void list_classes(places *at, const near_job *j) {
    const agl_profiles *p = j->p;
    size_t *next = at->class_from; /* class c is filled at next[c + 1], which begins at the holders of c */
    for (int32_t c = 0; c < p->classes; c++)
        next[c + 1] = p->class_offset[c];
    for (int32_t q = 0; q < at->n; q++)
        for (size_t k = at->offset[q]; k < at->offset[q + 1]; k++) {
            int32_t i = at->actor[k];
            for (size_t a = p->offset[i]; !isnan(j->rd[i]) && a < p->offset[i + 1]; a++) {
                size_t *end = &next[p->class_of[a] + 1];
                if (*end == p->class_offset[p->class_of[a]] || at->place[*end - 1] != q) {
                    at->place[*end] = q;
                    at->sum[(*end)++] = 0;
                }
                at->sum[*end - 1] += p->unit[a] * j->rd[i];
            }
        }
}

static void places_free(places *at) {
    free(at->x);
    free(at->y);
    free(at->z);
    free(at->offset);
    free(at->actor);
    free(at->class_from);
    free(at->place);
    free(at->sum);
}

static agl_status places_new(near_job *j, const double *lon, const double *lat, agl_error *err) {
    size_t n = (size_t)j->p->n, m = j->p->offset[n], found = 0;
    places *at = &j->at;
    spot *spots = AGL_NEW(spot, n);
    *at = (places){.x = AGL_NEW(double, n), .y = AGL_NEW(double, n), .z = AGL_NEW(double, n)};
    at->offset = AGL_NEW(size_t, n + 1);
    at->actor = AGL_NEW(int32_t, n);
    at->class_from = AGL_NEW(size_t, (size_t)j->p->classes + 1);
    at->place = AGL_NEW(int32_t, m);
    at->sum = AGL_NEW(double, m);
    bool ok =
        spots && at->x && at->y && at->z && at->offset && at->actor && at->class_from && at->place && at->sum;
    agl_status status = ok ? find_spots(spots, &found, j, lon, lat, err) : agl_fail_memory(err);
    if (status == AGL_OK) {
        list_places(at, spots, found);
        list_classes(at, j);
    }
    free(spots);
    return status;
}

static void weights(double *w, const near_job *j, int32_t from) {
    const places *at = &j->at;
    for (int32_t q = 0; q < at->n; q++) {
        double dx = at->x[q] - at->x[from], dy = at->y[q] - at->y[from], dz = at->z[q] - at->z[from];
        double d = agl__distance_of_chord(AGL_SPHERE, sqrt(dx * dx + dy * dy + dz * dz));
        w[q] = agl_decay_weight(j->decay, d);
    }
}

/** Z_c */
static double class_sum(const near_job *j, const double *w, int32_t c) {
    double z = 0;
    for (size_t e = j->p->class_offset[c]; e < j->at.class_from[c + 1]; e++)
        z += w[j->at.place[e]] * j->at.sum[e];
    return z;
}

/** Z is made only of the classes that the actors of the place hold; NaN = not yet. */
static void jaffe_place(const near_job *j, const double *w, double *z, int32_t q) {
    const agl_profiles *p = j->p;
    for (size_t k = j->at.offset[q]; k < j->at.offset[q + 1]; k++) {
        int32_t i = j->at.actor[k];
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++)
            z[p->class_of[a]] = NAN;
    }
    for (size_t k = j->at.offset[q]; k < j->at.offset[q + 1]; k++) {
        int32_t i = j->at.actor[k];
        double g = isnan(j->rd[i]) ? 0 : j->rd[i], sum = 0;
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++) {
            int32_t c = p->class_of[a];
            if (isnan(z[c])) z[c] = class_sum(j, w, c);
            sum += p->unit[a] * agl__without_self(z[c], p->unit[a] * g);
        }
        j->pool[i] = sum;
    }
}

/** t_i X'(X Z) - G_i t_i Omega t_i' */
static void mahalanobis_place(const near_job *j, const double *w, double *z, double *y, int32_t q) {
    const agl_profiles *p = j->p;
    for (int32_t c = 0; c < p->classes; c++)
        z[c] = class_sum(j, w, c);
    memset(y, 0, (size_t)p->classes * sizeof *y);
    for (int32_t i = 0; i < p->n; i++) {
        double along = 0;
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++)
            along += p->share[a] / p->norm[p->class_of[a]] * z[p->class_of[a]];
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++)
            y[p->class_of[a]] += p->share[a] / p->norm[p->class_of[a]] * along;
    }
    for (size_t k = j->at.offset[q]; k < j->at.offset[q + 1]; k++) {
        int32_t i = j->at.actor[k];
        double sum = 0;
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++)
            sum += p->unit[a] * y[p->class_of[a]];
        j->pool[i] = agl__without_self(sum, isnan(j->rd[i]) ? 0 : j->rd[i] * j->self[i]);
    }
}

static agl_status near_task(void *arg, size_t t, int worker, agl_error *err) {
    (void)err;
    near_job *j = arg;
    double *w = j->weight + (size_t)worker * (size_t)j->at.n;
    double *z = j->z + (size_t)worker * (size_t)j->p->classes,
           *y = j->y + (size_t)worker * (size_t)j->p->classes;
    for (int32_t q = (int32_t)t * PLACES_PER_TASK; q < j->at.n && q < ((int32_t)t + 1) * PLACES_PER_TASK;
         q++) {
        weights(w, j, q);
        if (j->kind == AGL_JAFFE)
            jaffe_place(j, w, z, q);
        else
            mahalanobis_place(j, w, z, y, q);
    }
    return AGL_OK;
}

agl_status agl_spillover_pools_near(double *pool, const agl_profiles *profiles, const double *rd,
                                    const double *self, const double *lon, const double *lat,
                                    agl_proximity proximity, const agl_decay *decay, const agl_ctx *ctx,
                                    agl_error *err) {
    if (!(decay->km > 0) || !isfinite(decay->km) || !(decay->error >= 0 && decay->error < 1))
        return agl_fail(err, AGL_EUSAGE, "the decay needs a scale above 0 km and an error in 0..1");
    if (proximity == AGL_MAHALANOBIS && !self)
        return agl_fail(err, AGL_EUSAGE, "the decay of Mahalanobis pools needs the own proximities");
    agl_status status = agl__check_rd(rd, profiles->n, err);
    if (status != AGL_OK) return status;
    near_job j = {.p = profiles, .rd = rd, .self = self, .decay = decay, .kind = proximity, .pool = pool};
    for (int32_t i = 0; i < profiles->n; i++)
        pool[i] = NAN;
    status = places_new(&j, lon, lat, err);
    if (status != AGL_OK) goto out;
    size_t workers = (size_t)agl_threads(ctx), classes = (size_t)profiles->classes;
    j.weight = AGL_NEW(double, workers *(size_t)j.at.n);
    j.z = AGL_NEW(double, workers *classes);
    j.y = AGL_NEW(double, workers *classes);
    if (j.weight && j.z && j.y)
        status = agl__parallel(((size_t)j.at.n + PLACES_PER_TASK - 1) / PLACES_PER_TASK, near_task, &j,
                               "pools by distance", ctx, err);
    else
        status = agl_fail_memory(err);
out:
    places_free(&j.at);
    free(j.weight);
    free(j.z);
    free(j.y);
    return status;
}

/* Second eigenvector of the symmetric form, on the smaller side of M.
 *
 *     regions:      A = a M b M' a        a = k_r^-1/2,   b = w_i / k_i       first eigenvector  sqrt(k_r)
 *     industries:   A = b M' a M b        a = k_r^-1,     b = (w_i / k_i)^1/2 first eigenvector  sqrt(w_i
 * k_i)
 *
 * Lanczos iteration with full orthogonalisation, also against the first eigenvector, whose eigenvalue is 1.
 * The usual routes were weighed: a general eigensolver on the row-stochastic matrix costs a thousand times as
 * much and returns eigenvalues in no order; LAPACK's symmetric solvers find all vectors; ARPACK's sums
 * depend on the threads of the BLAS behind it. */
#include "base/mem.h"
#include "kernel/measure/complexity.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

enum {
    STEPS = 300, /* vectors held before a new start */
    RESTARTS = 40,
    DENSE = 1024 /* up to this size A is formed */
};

typedef struct operator_ {
    const agl__lists *small, *large; /* members of the smaller side, and of the other */
    double *scale, *middle;          /* outer and inner diagonal */
    double *first;                   /* eigenvector of eigenvalue 1, length 1 */
    double *dense;                   /* n x n or NULL */
    double *between;                 /* scratch of the larger side */
    size_t n;
} operator_;

static double dot(const double *x, const double *y, size_t n) {
    double s[4] = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            s[k] += x[i + k] * y[i + k];
    for (; i < n; i++)
        s[0] += x[i] * y[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static void subtract(double *x, double factor, const double *y, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] -= factor * y[i];
}

static void normalise(double *x, size_t n) {
    double length = sqrt(dot(x, x, n));
    for (size_t i = 0; i < n && length > 0; i++)
        x[i] /= length;
}

/** y = A x. */
static void apply(double *y, const operator_ *o, const double *x) {
    if (o->dense) {
        for (size_t i = 0; i < o->n; i++)
            y[i] = dot(o->dense + i * o->n, x, o->n);
        return;
    }
    for (size_t j = 0; j < o->large->n; j++) {
        double sum = 0;
        for (size_t k = o->large->start[j]; k < o->large->start[j + 1]; k++)
            sum += o->scale[o->large->other[k]] * x[o->large->other[k]];
        o->between[j] = o->middle[j] * sum;
    }
    for (size_t i = 0; i < o->n; i++) {
        double sum = 0;
        for (size_t k = o->small->start[i]; k < o->small->start[i + 1]; k++)
            sum += o->between[o->small->other[k]];
        y[i] = o->scale[i] * sum;
    }
}

/** A as a matrix: every member of the larger side adds its middle to the pairs that it holds. */
static void form(operator_ *o) {
    for (size_t j = 0; j < o->large->n; j++) {
        const int32_t *member = o->large->other + o->large->start[j];
        size_t n = agl__list_size(o->large, j);
        double add = o->middle[j];
        if (add == 0) continue;
        for (size_t a = 0; a < n; a++) {
            double *row = o->dense + (size_t)member[a] * o->n;
            for (size_t b = 0; b <= a; b++)
                row[member[b]] += add;
        }
    }
    for (size_t i = 0; i < o->n; i++)
        for (size_t k = 0; k <= i; k++) {
            double value = o->scale[i] * o->scale[k] * o->dense[i * o->n + k];
            o->dense[i * o->n + k] = o->dense[k * o->n + i] = value;
        }
}

/** Diversity of a region when industry i counts weight[i] times. */
static double diversity(const agl__presence *p, size_t r, const double *weight) {
    if (!weight) return (double)agl__list_size(&p->regions, r);
    double sum = 0;
    for (size_t k = p->regions.start[r]; k < p->regions.start[r + 1]; k++)
        sum += weight[p->regions.other[k]];
    return sum;
}

/** Ubiquity among the regions that enter; they hold it together or not at all, being a connected part. */
static double ubiquity(const agl__presence *p, size_t i, const uint8_t *inside) {
    size_t first = p->industries.start[i];
    return inside && !inside[p->industries.other[first]] ? 0 : (double)agl__list_size(&p->industries, i);
}

/** a, b and the first eigenvector, see above. */
static void diagonals(operator_ *o, const agl__presence *p, const double *weight, const uint8_t *inside) {
    bool regions = agl__regions_are_fewer(p);
    for (size_t r = 0; r < p->n_regions; r++) {
        double k = inside && !inside[r] ? 0 : diversity(p, r, weight);
        if (regions)
            o->scale[r] = k > 0 ? 1 / sqrt(k) : 0, o->first[r] = sqrt(k);
        else
            o->middle[r] = k > 0 ? 1 / k : 0;
    }
    for (size_t i = 0; i < p->n_industries; i++) {
        double k = ubiquity(p, i, inside), w = weight ? weight[i] : 1;
        if (regions)
            o->middle[i] = k > 0 ? w / k : 0;
        else
            o->scale[i] = k > 0 ? sqrt(w / k) : 0, o->first[i] = sqrt(w * k);
    }
}

static agl_status operator_new(operator_ *o, const agl__presence *p, const double *weight,
                               const uint8_t *inside, agl_error *err) {
    bool regions = agl__regions_are_fewer(p);
    *o = (operator_){.small = regions ? &p->regions : &p->industries,
                     .large = regions ? &p->industries : &p->regions};
    o->n = o->small->n;
    o->scale = AGL_NEW(double, o->n);
    o->first = AGL_NEW(double, o->n);
    o->middle = AGL_NEW(double, o->large->n);
    if (o->n <= DENSE)
        o->dense = AGL_NEW(double, o->n * o->n);
    else
        o->between = AGL_NEW(double, o->large->n);
    if (!o->scale || !o->first || !o->middle || (!o->dense && !o->between)) return agl_fail_memory(err);
    diagonals(o, p, weight, inside);
    normalise(o->first, o->n);
    if (o->dense) form(o);
    return AGL_OK;
}

static void operator_free(operator_ *o) {
    free(o->scale);
    free(o->middle);
    free(o->first);
    free(o->dense);
    free(o->between);
}

typedef struct lanczos {
    double *basis; /* (STEPS + 1) x n, one vector a row */
    double alpha[STEPS], beta[STEPS];
    double *z, *work; /* of the small tridiagonal matrix */
} lanczos;

/** Adds vector `at` + 1 to the basis; its length before scaling is beta[at]. */
static void extend(lanczos *l, const operator_ *o, size_t at) {
    double *next = l->basis + (at + 1) * o->n;
    apply(next, o, l->basis + at * o->n);
    l->alpha[at] = dot(next, l->basis + at * o->n, o->n);
    for (int pass = 0; pass < 2; pass++) { /* once more for what rounding left */
        subtract(next, dot(next, o->first, o->n), o->first, o->n);
        for (size_t k = at + 1; k-- > 0;) {
            const double *q = l->basis + k * o->n;
            subtract(next, dot(next, q, o->n), q, o->n);
        }
    }
    l->beta[at] = sqrt(dot(next, next, o->n));
    if (l->beta[at] > 0)
        for (size_t i = 0; i < o->n; i++)
            next[i] /= l->beta[at];
}

/** Two largest eigenvalues of the tridiagonal matrix of `size`, the vector of the largest, and its residual
 * relative to the distance of the two. */
static agl_status look(agl__eigenpair *pair, double *error, lanczos *l, const operator_ *o, size_t size,
                       agl_error *err) {
    double d[STEPS], e[STEPS];
    memcpy(d, l->alpha, size * sizeof *d);
    memcpy(e, l->beta, size * sizeof *e);
    int n = (int)size;
    if (LAPACKE_dstev_work(LAPACK_COL_MAJOR, 'V', n, d, e, l->z, n, l->work) != 0)
        return agl_fail(err, AGL_ECONV, "the complexity index did not converge");
    const double *top = l->z + (size - 1) * size;
    pair->second = d[size - 1];
    pair->third = size > 1 ? d[size - 2] : 0;
    memset(pair->vector, 0, o->n * sizeof *pair->vector);
    for (size_t k = 0; k < size; k++)
        subtract(pair->vector, -top[k], l->basis + k * o->n, o->n);
    normalise(pair->vector, o->n);
    double gap = pair->second - pair->third;
    *error = l->beta[size - 1] * fabs(top[size - 1]) / fmax(gap, 1e-8);
    return AGL_OK;
}

/** A start that no symmetry of M is orthogonal to. */
static void start(double *x, const operator_ *o, const double *vector) {
    if (dot(vector, vector, o->n) > 0)
        memcpy(x, vector, o->n * sizeof *x);
    else
        for (size_t i = 0; i < o->n; i++)
            x[i] = o->scale[i] > 0 ? sin(1 + 1.7 * (double)i) : 0;
    for (size_t i = 0; i < o->n; i++)
        if (!(o->scale[i] > 0)) x[i] = 0;
    for (int pass = 0; pass < 2; pass++)
        subtract(x, dot(x, o->first, o->n), o->first, o->n);
    normalise(x, o->n);
}

static agl_status iterate(agl__eigenpair *pair, lanczos *l, const operator_ *o, double tolerance,
                          const agl_ctx *ctx, agl_error *err) {
    for (int round = 0; round < RESTARTS; round++) {
        start(l->basis, o, pair->vector);
        size_t size = 0, next_look = 12;
        bool exhausted = false;
        while (size < STEPS && !exhausted) {
            extend(l, o, size++);
            exhausted = l->beta[size - 1] <= 1e-13;
            if (size < next_look && size < STEPS && !exhausted) continue;
            next_look = size + size / 2;
            double error = INFINITY;
            agl_status status = look(pair, &error, l, o, size, err);
            if (status != AGL_OK) return status;
            if (exhausted || error <= tolerance) return AGL_OK;
            if (agl_cancelled(ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        }
    }
    return agl_fail(
        err, AGL_ECONV,
        "the complexity index did not converge: its second and third eigenvalue are nearly equal; leave out "
        "small regions with --min-total");
}

agl_status agl__second_eigenpair(agl__eigenpair *pair, const agl__presence *p, const double *weight,
                                 const uint8_t *inside, double tolerance, const agl_ctx *ctx,
                                 agl_error *err) {
    operator_ o;
    lanczos l = {0};
    agl_status status = operator_new(&o, p, weight, inside, err);
    size_t steps = o.n < STEPS ? o.n + 1 : STEPS;
    l.basis = AGL_NEW(double, (STEPS + 1) * o.n);
    l.z = AGL_NEW(double, steps *steps);
    l.work = AGL_NEW(double, 2 * STEPS);
    if (status == AGL_OK && (!l.basis || !l.z || !l.work)) status = agl_fail_memory(err);
    if (status == AGL_OK) status = iterate(pair, &l, &o, tolerance, ctx, err);
    free(l.basis);
    free(l.z);
    free(l.work);
    operator_free(&o);
    return status;
}

void agl__complexity_from(double *eci, double *pci, const agl__presence *p, const double *vector,
                          const double *weight, const uint8_t *inside) {
    bool regions = agl__regions_are_fewer(p);
    for (size_t r = 0; r < p->n_regions; r++) {
        double k = inside && !inside[r] ? 0 : diversity(p, r, weight);
        eci[r] = k > 0 ? 0 : NAN;
        if (!(k > 0)) continue;
        if (regions) {
            eci[r] = vector[r] / sqrt(k);
            continue;
        }
        for (size_t m = p->regions.start[r]; m < p->regions.start[r + 1]; m++) {
            size_t i = (size_t)p->regions.other[m];
            eci[r] += vector[i] * sqrt((weight ? weight[i] : 1) / ubiquity(p, i, inside)) / k;
        }
    }
    for (size_t i = 0; pci && i < p->n_industries; i++) {
        double k = ubiquity(p, i, inside);
        pci[i] = k > 0 ? 0 : NAN;
        for (size_t m = p->industries.start[i]; k > 0 && m < p->industries.start[i + 1]; m++)
            pci[i] += eci[p->industries.other[m]] / k;
    }
}

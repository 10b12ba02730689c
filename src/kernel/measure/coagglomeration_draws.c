/* Random allocations of plants to regions, and of labels to industries. */
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/measure/coagglomeration.h"

#include <math.h>
#include <string.h>

enum { EXACT_PLANTS = 1000, MOST_DRAWN = 100000 };

/** Walker's alias table: region r with chance x_r by one uniform number. */
typedef struct alias {
    size_t n;
    double *keep;
    uint32_t *other;
} alias;

static agl_status alias_new(alias *t, const double *x, size_t n, agl_error *err) {
    uint32_t *small = AGL_NEW(uint32_t, n), *large = AGL_NEW(uint32_t, n);
    size_t n_small = 0, n_large = 0;
    *t = (alias){n, AGL_NEW(double, n), AGL_NEW(uint32_t, n)};
    if (!small || !large || !t->keep || !t->other) {
        free(small);
        free(large);
        return agl_fail_memory(err);
    }
    for (size_t r = 0; r < n; r++) {
        t->keep[r] = x[r] * (double)n;
        t->other[r] = (uint32_t)r;
        if (t->keep[r] < 1)
            small[n_small++] = (uint32_t)r;
        else
            large[n_large++] = (uint32_t)r;
    }
    while (n_small > 0 && n_large > 0) {
        uint32_t s = small[--n_small], l = large[n_large - 1];
        t->other[s] = l;
        t->keep[l] -= 1 - t->keep[s];
        if (t->keep[l] < 1) {
            n_large--;
            small[n_small++] = l;
        }
    }
    free(small);
    free(large);
    return AGL_OK;
}

static size_t draw_region(const alias *t, agl_rng *rng) {
    double u = agl__rng_unit(rng) * (double)t->n;
    size_t r = (size_t)u;
    if (r >= t->n) r = t->n - 1;
    return u - (double)r < t->keep[r] ? r : t->other[r];
}

typedef struct job {
    const agl_coagglomeration *c;
    const double *x;
    size_t regions;
    double x2;
    alias chances;
    size_t *start; /* plants drawn of industry i: share[start[i]] .. */
    double *share;
    const agl_ctx *ctx;
    uint32_t *as_large; /* [worker][pair]: whole numbers, so that it does not matter which worker counted */
} job;

/** Plants that are drawn for an industry: all, or 1/H equal ones when there are many. */
static size_t plants_drawn(double plants, double h) {
    if (isnan(h)) return 0;
    if (plants <= EXACT_PLANTS) return (size_t)plants;
    double equal = round(1 / h);
    return equal < 1 ? 1 : equal > MOST_DRAWN ? MOST_DRAWN : (size_t)equal;
}

static double plants_of(const agl_plant_sizes *plants, size_t k) { return fmax(1, round(plants->count[k])); }

/** Turns the sizes of the plants of industry i into shares. */
static void to_shares(job *j, size_t i, bool equal) {
    double sum = 0;
    for (size_t k = j->start[i]; k < j->start[i + 1]; k++) {
        if (equal) j->share[k] = 1;
        sum += j->share[k];
    }
    for (size_t k = j->start[i]; k < j->start[i + 1]; k++)
        j->share[k] /= sum;
}

static agl_status list_plants(job *j, const agl_plant_sizes *plants, agl_error *err) {
    size_t n = j->c->n_industries;
    double *count = AGL_NEW(double, n);
    size_t *next = AGL_NEW(size_t, n);
    j->start = AGL_NEW(size_t, n + 1);
    agl_status status = AGL_OK;
    if (!count || !next || !j->start) {
        status = agl_fail_memory(err);
        goto out;
    }
    for (size_t k = 0; k < plants->n; k++)
        count[plants->industry[k]] += plants_of(plants, k);
    for (size_t i = 0; i < n; i++) {
        next[i] = j->start[i];
        j->start[i + 1] = j->start[i] + (j->c->size[i] > 0 ? plants_drawn(count[i], j->c->hhi_plants[i]) : 0);
    }
    j->share = AGL_NEW(double, j->start[n]);
    if (!j->share) {
        status = agl_fail_memory(err);
        goto out;
    }
    for (size_t k = 0; k < plants->n; k++) {
        size_t i = (size_t)plants->industry[k];
        if (count[i] > EXACT_PLANTS) continue;
        for (double m = 0; m < plants_of(plants, k) && next[i] < j->start[i + 1]; m++)
            j->share[next[i]++] = plants->size[k];
    }
    for (size_t i = 0; i < n; i++)
        to_shares(j, i, count[i] > EXACT_PLANTS);
out:
    free(count);
    free(next);
    return status;
}

/** Memory of one draw. */
typedef struct draw {
    double *s;        /* regions: share of the industry being drawn */
    int32_t *touched; /* regions that it fell into */
    size_t *of;       /* entries of industry i: of[i] .. of[i+1]-1 */
    int32_t *region;
    double *value;
    double *row; /* regions: one industry spread out */
    double *sx;  /* industries: sum_r s_r x_r */
} draw;

static agl_status draw_new(draw *d, const job *j, agl_error *err) {
    size_t n = j->c->n_industries, plants = j->start[n];
    *d = (draw){AGL_NEW(double, j->regions), AGL_NEW(int32_t, j->regions), AGL_NEW(size_t, n + 1),
                AGL_NEW(int32_t, plants),    AGL_NEW(double, plants),      AGL_NEW(double, j->regions),
                AGL_NEW(double, n)};
    return d->s && d->touched && d->of && d->region && d->value && d->row && d->sx ? AGL_OK
                                                                                   : agl_fail_memory(err);
}

static void draw_free(draw *d) {
    free(d->s);
    free(d->touched);
    free(d->of);
    free(d->region);
    free(d->value);
    free(d->row);
    free(d->sx);
}

/** Allocates the plants of industry i and lists where they fell. */
static void allocate(draw *d, const job *j, size_t i, size_t replicate) {
    agl_rng rng = agl__rng(agl_seed(j->ctx), (uint32_t)replicate, (uint32_t)i);
    size_t n = 0, at = d->of[i];
    for (size_t k = j->start[i]; k < j->start[i + 1]; k++) {
        size_t r = draw_region(&j->chances, &rng);
        if (d->s[r] == 0) d->touched[n++] = (int32_t)r;
        d->s[r] += j->share[k];
    }
    d->sx[i] = 0;
    for (size_t k = 0; k < n; k++) {
        int32_t r = d->touched[k];
        d->region[at] = r;
        d->value[at++] = d->s[r];
        d->sx[i] += d->s[r] * j->x[r];
        d->s[r] = 0;
    }
    d->of[i + 1] = at;
}

/* gamma* (1 - X2) = s_i s_j - s_i x - s_j x + X2: only where plants fell. */
static agl_status one_draw(void *arg, size_t replicate, int worker, agl_error *err) {
    job *j = arg;
    draw d;
    size_t n = j->c->n_industries;
    uint32_t *as_large = j->as_large + (size_t)worker * n * n;
    double rest = 1 - j->x2;
    agl_status status = draw_new(&d, j, err);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        allocate(&d, j, i, replicate);
    for (size_t a = 0; a < n && status == AGL_OK; a++) {
        if (d.of[a] == d.of[a + 1]) continue;
        for (size_t k = d.of[a]; k < d.of[a + 1]; k++)
            d.row[d.region[k]] = d.value[k];
        for (size_t b = a + 1; b < n; b++) {
            double sum = 0;
            if (d.of[b] == d.of[b + 1]) continue;
            for (size_t k = d.of[b]; k < d.of[b + 1]; k++)
                sum += d.value[k] * d.row[d.region[k]];
            /* the same allocation summed in another order must count as equal */
            as_large[a * n + b] += (sum - d.sx[a] - d.sx[b] + j->x2) / rest >= j->c->gamma[a * n + b] - 1e-12;
        }
        for (size_t k = d.of[a]; k < d.of[a + 1]; k++)
            d.row[d.region[k]] = 0;
    }
    draw_free(&d);
    return status;
}

agl_status agl__coagglomeration_draws(agl_coagglomeration *out, const agl_plant_sizes *plants,
                                      const double *x, size_t regions, double x2, size_t simulations,
                                      const agl_ctx *ctx, agl_error *err) {
    size_t n = out->n_industries, workers = (size_t)agl_threads(ctx);
    job j = {.c = out, .x = x, .regions = regions, .x2 = x2, .ctx = ctx};
    agl_status status = alias_new(&j.chances, x, regions, err);
    if (status == AGL_OK) status = list_plants(&j, plants, err);
    j.as_large = AGL_NEW(uint32_t, workers * n * n);
    if (status == AGL_OK && !j.as_large) status = agl_fail_memory(err);
    if (status == AGL_OK) status = agl__parallel(simulations, one_draw, &j, "random allocations", ctx, err);
    for (size_t a = 0; a < n && status == AGL_OK; a++)
        for (size_t b = a + 1; b < n; b++) {
            size_t as_large = 0;
            for (size_t w = 0; w < workers; w++)
                as_large += j.as_large[w * n * n + a * n + b];
            if (isnan(out->z[a * n + b])) continue;
            out->p_value[a * n + b] = out->p_value[b * n + a] =
                (double)(1 + as_large) / (double)(simulations + 1);
        }
    free(j.chances.keep);
    free(j.chances.other);
    free(j.start);
    free(j.share);
    free(j.as_large);
    return status;
}

/* ---- links ---- */

typedef struct relabelling {
    const agl_coagglomeration *c;
    const int32_t *a, *b;
    const double *link; /* centred */
    size_t n;
    double covariance; /* of the true labels */
    int32_t *member;   /* industries that occur */
    size_t members;
    uint64_t seed;
    uint8_t *as_large;
} relabelling;

static agl_status relabel(void *arg, size_t replicate, int worker, agl_error *err) {
    (void)worker;
    relabelling *q = arg;
    size_t n = q->c->n_industries;
    int32_t *to = AGL_NEW(int32_t, n), *order = AGL_NEW(int32_t, q->members);
    if (!to || !order) {
        free(to);
        free(order);
        return agl_fail_memory(err);
    }
    agl_rng rng = agl__rng(q->seed, (uint32_t)replicate, 1);
    memcpy(order, q->member, q->members * sizeof *order);
    for (size_t k = q->members; k > 1; k--) {
        size_t with = agl__rng_below(&rng, (uint32_t)k);
        int32_t keep = order[k - 1];
        order[k - 1] = order[with];
        order[with] = keep;
    }
    for (size_t k = 0; k < q->members; k++)
        to[q->member[k]] = order[k];
    double sum = 0;
    for (size_t k = 0; k < q->n; k++)
        sum += q->link[k] * q->c->gamma[(size_t)to[q->a[k]] * n + (size_t)to[q->b[k]]];
    q->as_large[replicate] = sum >= q->covariance - 1e-12 * fabs(q->covariance);
    free(to);
    free(order);
    return AGL_OK;
}

/** Keeps the pairs where both are known; returns their number. */
static size_t keep_known(int32_t *a, int32_t *b, double *link, const agl_coagglomeration *c,
                         const int32_t *from_a, const int32_t *from_b, const double *from, size_t n) {
    size_t kept = 0;
    for (size_t k = 0; k < n; k++) {
        if (from_a[k] < 0 || from_b[k] < 0 || from_a[k] == from_b[k] || isnan(from[k])) continue;
        if (isnan(c->gamma[(size_t)from_a[k] * c->n_industries + (size_t)from_b[k]])) continue;
        a[kept] = from_a[k], b[kept] = from_b[k], link[kept++] = from[k];
    }
    return kept;
}

/** Correlation of gamma and the links, which are centred on the way; the products' sum into *covariance. With
 * centred links the sum of products changes with the labels as the covariance does when all pairs are listed.
 */
static double correlate(double *covariance, const relabelling *q, double *link) {
    double mean = 0, mean_gamma = 0, xx = 0, yy = 0, xy = 0;
    for (size_t k = 0; k < q->n; k++) {
        mean += link[k] / (double)q->n;
        mean_gamma += q->c->gamma[(size_t)q->a[k] * q->c->n_industries + (size_t)q->b[k]] / (double)q->n;
    }
    *covariance = 0;
    for (size_t k = 0; k < q->n; k++) {
        double y = q->c->gamma[(size_t)q->a[k] * q->c->n_industries + (size_t)q->b[k]];
        link[k] -= mean;
        *covariance += link[k] * y;
        xx += link[k] * link[k], yy += (y - mean_gamma) * (y - mean_gamma), xy += link[k] * (y - mean_gamma);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

static agl_status permute(agl_link_test *out, relabelling *q, size_t permutations, const agl_ctx *ctx,
                          agl_error *err) {
    size_t n = q->c->n_industries, as_large = 0;
    uint8_t *occurs = AGL_NEW(uint8_t, n);
    q->member = AGL_NEW(int32_t, n);
    q->as_large = AGL_NEW(uint8_t, permutations);
    agl_status status = occurs && q->member && q->as_large ? AGL_OK : agl_fail_memory(err);
    for (size_t k = 0; k < q->n && status == AGL_OK; k++)
        occurs[q->a[k]] = occurs[q->b[k]] = 1;
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        if (occurs[i]) q->member[q->members++] = (int32_t)i;
    if (status == AGL_OK) status = agl__parallel(permutations, relabel, q, "relabellings", ctx, err);
    for (size_t d = 0; d < permutations && status == AGL_OK; d++)
        as_large += q->as_large[d];
    out->p_value = (double)(1 + as_large) / (double)(permutations + 1);
    free(occurs);
    free(q->member);
    free(q->as_large);
    return status;
}

agl_status agl_coagglomeration_link(agl_link_test *out, const agl_coagglomeration *c, const int32_t *a,
                                    const int32_t *b, const double *link, size_t n, size_t permutations,
                                    const agl_ctx *ctx, agl_error *err) {
    int32_t *own_a = AGL_NEW(int32_t, n), *own_b = AGL_NEW(int32_t, n);
    double *own = AGL_NEW(double, n);
    *out = (agl_link_test){.correlation = NAN, .p_value = NAN};
    agl_status status = own_a && own_b && own ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        relabelling q = {.c = c, .a = own_a, .b = own_b, .link = own, .seed = agl_seed(ctx)};
        q.n = out->pairs = keep_known(own_a, own_b, own, c, a, b, link, n);
        if (q.n >= 3) out->correlation = correlate(&q.covariance, &q, own);
        if (!isnan(out->correlation)) status = permute(out, &q, permutations, ctx, err);
    }
    free(own_a);
    free(own_b);
    free(own);
    return status;
}

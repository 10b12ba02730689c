#include "kernel/measure/relatedness.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/measure/cells.h"

#include <math.h>

double agl_relate(agl_relation relation, const agl_cooccurrence *c) {
    double t = c->t, a = c->s_i, b = c->s_j, mu = c->n_i * c->n_j / c->places, value = NAN;
    switch (relation) {
    case AGL_PROXIMITY:
        value = c->together / fmax(c->n_i, c->n_j);
        break;
    case AGL_ASSOCIATION:
        value = t * c->together / (a * b);
        break;
    case AGL_COSINE:
        value = c->together / sqrt(a * b);
        break;
    case AGL_JACCARD:
        value = c->together / (a + b - c->together);
        break;
    case AGL_PROBABILITY:
        value = c->together / (t / 2 * (a / t * (b / (t - a)) + b / t * (a / (t - b))));
        break;
    case AGL_TEECE:
        value =
            (c->together - mu) / sqrt(mu * (1 - c->n_i / c->places) * (c->places - c->n_j) / (c->places - 1));
        break;
    }
    return isfinite(value) ? value : NAN;
}

agl_cooccurrence agl__relating_pair(const agl__relating *r, size_t i, size_t j, double together) {
    return (agl_cooccurrence){.together = together,
                              .n_i = r->n[i],
                              .n_j = r->n[j],
                              .places = (double)r->p->n_regions,
                              .s_i = r->s[i],
                              .s_j = r->s[j],
                              .t = r->t};
}

agl_status agl__relating_new(agl__relating *out, const agl__presence *p, const agl_relatedness_options *o,
                             agl_error *err) {
    size_t n = p->n_industries;
    bool proximity = o->relation == AGL_PROXIMITY;
    *out = (agl__relating){.p = p,
                           .tiles = agl__tiles_best(),
                           .relation = o->relation,
                           .own = proximity && !o->exclude_self ? 1 : 0,
                           .words = (p->n_regions + 63) / 64};
    out->bits = AGL_NEW(uint64_t, n * out->words);
    out->n = AGL_NEW(double, n);
    out->s = AGL_NEW(double, n);
    if (!out->bits || !out->n || !out->s) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        out->n[i] = (double)agl__list_size(&p->industries, i);
        for (size_t k = p->industries.start[i]; k < p->industries.start[i + 1]; k++) {
            size_t r = (size_t)p->industries.other[k];
            out->bits[i * out->words + r / 64] |= (uint64_t)1 << (r % 64);
            out->s[i] += (double)agl__list_size(&p->regions, r) - 1; /* partners of i in region r */
        }
        out->t += out->s[i];
    }
    return AGL_OK;
}

void agl__relating_free(agl__relating *r) {
    free(r->bits);
    free(r->n);
    free(r->s);
    *r = (agl__relating){0};
}

void agl__relating_row(double *phi, const agl__relating *r, size_t i, size_t first, size_t n) {
    r->tiles->together(phi, r->bits + i * r->words, r->bits + first * r->words, r->words, n);
    if (r->relation == AGL_PROXIMITY) { /* the usual case, written so that it becomes vector code */
        double own = r->n[i];
        for (size_t k = 0; k < n; k++)
            phi[k] /= own > r->n[first + k] ? own : r->n[first + k];
    } else {
        for (size_t k = 0; k < n; k++) {
            agl_cooccurrence c = agl__relating_pair(r, i, first + k, phi[k]);
            double value = agl_relate(r->relation, &c);
            phi[k] = isnan(value) ? 0 : value;
        }
    }
    if (i >= first && i < first + n) phi[i - first] = r->own;
}

agl_status agl__relatedness_rule(agl__presence_rule *rule, const agl_relatedness_options *o,
                                 const agl_cells *cells, agl_error *err) {
    if (!(o->threshold > 0))
        return agl_fail(err, AGL_EUSAGE, "the threshold must be above 0, not %g", o->threshold);
    if (o->relation == AGL_TEECE)
        return agl_fail(err, AGL_EUSAGE,
                        "a density cannot be weighed by Teece's z: half of its values are negative");
    *rule = (agl__presence_rule){.threshold = o->threshold,
                                 .any = o->any,
                                 .min_region = o->min_region,
                                 .min_industry = o->min_industry};
    return agl__cells_check(cells, err);
}

/* ---- pairs ---- */

typedef struct pairs_job {
    const agl__relating *r;
    agl_related *out;
    double least;
    size_t *start; /* pairs of industry i: start[i] .. start[i+1]-1 */
} pairs_job;

static agl_status count_pairs(void *arg, size_t i, int worker, agl_error *err) {
    (void)worker;
    pairs_job *j = arg;
    size_t n = j->r->p->n_industries - i - 1, count = 0;
    double *c = AGL_NEW(double, n);
    if (!c) return agl_fail_memory(err);
    j->r->tiles->together(c, j->r->bits + i * j->r->words, j->r->bits + (i + 1) * j->r->words, j->r->words,
                          n);
    for (size_t k = 0; k < n; k++)
        count += c[k] / fmax(j->r->n[i], j->r->n[i + 1 + k]) >= j->least;
    j->start[i + 1] = count;
    free(c);
    return AGL_OK;
}

static agl_status fill_pairs(void *arg, size_t i, int worker, agl_error *err) {
    (void)worker;
    pairs_job *j = arg;
    const agl__relating *r = j->r;
    size_t n = r->p->n_industries - i - 1, at = j->start[i];
    double *c = AGL_NEW(double, n);
    if (!c) return agl_fail_memory(err);
    r->tiles->together(c, r->bits + i * r->words, r->bits + (i + 1) * r->words, r->words, n);
    for (size_t k = 0; k < n; k++) {
        if (!(c[k] / fmax(r->n[i], r->n[i + 1 + k]) >= j->least)) continue;
        agl_cooccurrence pair = agl__relating_pair(r, i, i + 1 + k, c[k]);
        j->out->a[at] = r->p->industry[i];
        j->out->b[at] = r->p->industry[i + 1 + k];
        j->out->together[at] = c[k];
        double *const to[] = {j->out->proximity, j->out->association, j->out->cosine,
                              j->out->jaccard,   j->out->probability, j->out->teece};
        for (int m = AGL_PROXIMITY; m <= AGL_TEECE; m++)
            to[m][at] = agl_relate((agl_relation)m, &pair);
        at++;
    }
    free(c);
    return AGL_OK;
}

static agl_status related_new(agl_related *out, size_t n, agl_error *err) {
    *out = (agl_related){
        .n = n, .a = AGL_NEW(int32_t, n), .b = AGL_NEW(int32_t, n), .together = AGL_NEW(double, n)};
    out->proximity = AGL_NEW(double, n);
    out->association = AGL_NEW(double, n);
    out->cosine = AGL_NEW(double, n);
    out->jaccard = AGL_NEW(double, n);
    out->probability = AGL_NEW(double, n);
    out->teece = AGL_NEW(double, n);
    return out->a && out->b && out->together && out->proximity && out->association && out->cosine &&
                   out->jaccard && out->probability && out->teece
               ? AGL_OK
               : agl_fail_memory(err);
}

agl_status agl_related_pairs(agl_related *out, const agl_cells *cells, size_t slice, double least,
                             const agl_relatedness_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_relatedness_options o = AGL_RELATEDNESS_OPTIONS_INIT;
    if (options) o = *options;
    *out = (agl_related){0};
    agl__presence_rule rule;
    agl_status status = agl__relatedness_rule(&rule, &o, cells, err);
    if (status != AGL_OK) return status;
    agl__presence p;
    agl__relating r = {0};
    pairs_job j = {.r = &r, .out = out, .least = least};
    status = agl__presence_make(&p, cells, slice, &rule, err);
    if (status == AGL_OK) status = agl__relating_new(&r, &p, &o, err);
    j.start = AGL_NEW(size_t, p.n_industries + 1);
    if (status == AGL_OK && !j.start) status = agl_fail_memory(err);
    if (status == AGL_OK) status = agl__parallel(p.n_industries, count_pairs, &j, NULL, ctx, err);
    for (size_t i = 0; i < p.n_industries && status == AGL_OK; i++)
        j.start[i + 1] += j.start[i];
    if (status == AGL_OK) status = related_new(out, j.start[p.n_industries], err);
    if (status == AGL_OK)
        status = agl__parallel(p.n_industries, fill_pairs, &j, "pairs of industries", ctx, err);
    if (status != AGL_OK) agl_related_free(out);
    free(j.start);
    agl__relating_free(&r);
    agl__presence_free(&p);
    return status;
}

void agl_related_free(agl_related *pairs) {
    free(pairs->a);
    free(pairs->b);
    free(pairs->together);
    free(pairs->proximity);
    free(pairs->association);
    free(pairs->cosine);
    free(pairs->jaccard);
    free(pairs->probability);
    free(pairs->teece);
    *pairs = (agl_related){0};
}

#include "kernel/network/ranking.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

typedef struct scored {
    double score;
    int32_t positive;
} scored;

static int falling(const void *a, const void *b) {
    const scored *p = a, *q = b;
    if (p->score != q->score) return p->score > q->score ? -1 : 1;
    return (p->positive > q->positive) - (p->positive < q->positive);
}

void agl__ranking_free(agl__ranking *r) {
    if (!r) return;
    free(r->level);
    free(r->of);
    *r = (agl__ranking){0};
}

agl_status agl__ranking_new(agl__ranking *out, const double *score, size_t n, agl_error *err) {
    *out = (agl__ranking){.n_positives = n, .level = AGL_NEW(double, n), .of = AGL_NEW(int32_t, n)};
    scored *order = AGL_NEW(scored, n);
    if (!out->level || !out->of || !order) {
        free(order);
        agl__ranking_free(out);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++)
        order[i] = (scored){score[i], (int32_t)i};
    qsort(order, n, sizeof *order, falling);
    for (size_t i = 0; i < n; i++) {
        if (out->n_levels == 0 || out->level[out->n_levels - 1] != order[i].score)
            out->level[out->n_levels++] = order[i].score;
        out->of[order[i].positive] = (int32_t)(out->n_levels - 1);
    }
    free(order);
    return AGL_OK;
}

/* Precision among the first k when `hits` of the first `seen` were positive and the next `group` candidates,
 * `gained` of them positive, come in random order: the expected share. */
static void fill_precision(double *precision, size_t *next, const double *k, size_t n_k, double hits,
                           double seen, double gained, double group) {
    for (; *next < n_k && k[*next] <= seen + group; ++*next)
        precision[*next] = (hits + (group > 0 ? gained * (k[*next] - seen) / group : 0)) / k[*next];
}

void agl__ranking_quality(agl__quality *out, double *precision, const agl__ranking *r,
                          const uint64_t *negatives, const double *weight, const double *k, size_t n_k,
                          double *scratch) {
    double positives = 0, all_negatives = 0, hits = 0, misses = 0, area = 0, average = 0;
    size_t next = 0;
    memset(scratch, 0, r->n_levels * sizeof *scratch);
    for (size_t i = 0; i < r->n_positives; i++) {
        scratch[r->of[i]] += weight ? weight[i] : 1;
        positives += weight ? weight[i] : 1;
    }
    for (size_t s = 0; s < agl__ranking_slots(r); s++)
        all_negatives += (double)negatives[s];
    for (size_t l = 0; l < r->n_levels; l++) {
        double above = (double)negatives[2 * l], equal = (double)negatives[2 * l + 1], gained = scratch[l];
        fill_precision(precision, &next, k, n_k, hits, hits + misses, 0, above);
        misses += above;
        fill_precision(precision, &next, k, n_k, hits, hits + misses, gained, gained + equal);
        /* positives of this level stand above the negatives still to come and level with `equal` */
        area += gained * (all_negatives - misses - 0.5 * equal);
        hits += gained;
        misses += equal;
        if (gained > 0) average += gained * hits / (hits + misses);
    }
    fill_precision(precision, &next, k, n_k, hits, hits + misses, 0, (double)negatives[2 * r->n_levels]);
    for (; next < n_k; next++)
        precision[next] = NAN;
    out->average_precision = positives > 0 ? average / positives : (double)NAN;
    out->auc = positives > 0 && all_negatives > 0 ? area / (positives * all_negatives) : (double)NAN;
}

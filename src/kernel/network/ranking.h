/* How well a score ranks the few positives among very many candidates, exactly and in memory of the
 * positives: the candidates stream by and are only counted between the scores of the positives. */
#ifndef AGL_KERNEL_NETWORK_RANKING_H
#define AGL_KERNEL_NETWORK_RANKING_H

#include "agglo/base.h"

/** The scores of the positives as levels. Slot 2l holds candidates scored above level l (and below level l -
 * 1), slot 2l + 1 those at level l, slot 2 n_levels those below all. */
typedef struct agl__ranking {
    size_t n_positives, n_levels;
    double *level; /* n_levels, falling */
    int32_t *of;   /* n_positives: level of each */
} agl__ranking;

/** O(n log n). Scores must not be NaN. */
AGL_NODISCARD agl_status agl__ranking_new(agl__ranking *out, const double *score, size_t n, agl_error *err);
void agl__ranking_free(agl__ranking *ranking);

static inline size_t agl__ranking_slots(const agl__ranking *r) { return 2 * r->n_levels + 1; }

/** Slot of a negative with that score. O(log n), O(1) outside the range of the positives. */
static inline size_t agl__ranking_slot(const agl__ranking *r, double score) {
    size_t n = r->n_levels;
    if (n == 0 || score < r->level[n - 1]) return 2 * n;
    if (score == r->level[n - 1]) return 2 * n - 1;
    if (score > r->level[0]) return 0;
    size_t lo = 0, size = n; /* first level <= score lies in lo..lo+size-1 */
    while (size > 1) {
        size_t half = size / 2;
        lo = r->level[lo + half - 1] > score ? lo + half : lo;
        size -= half;
    }
    return 2 * lo + (r->level[lo] == score);
}

typedef struct agl__quality {
    double average_precision; /* sum over levels of (recall gained) * precision: candidates with equal scores
                                 come together */
    double auc;               /* P[positive above negative] + P[equal] / 2 */
} agl__quality;

/** Quality of the ranking with negatives[slot] counted, each positive i weighing weight[i] (NULL = 1).
 * precision[c] among the first k[c] candidates (k ascending; equal scores in random order; NaN when there are
 * fewer). With a weight the list is the weighted one. O(n_positives + n_k). NaN without positives or
 * negatives. */
void agl__ranking_quality(agl__quality *out, double *precision, const agl__ranking *r,
                          const uint64_t *negatives, const double *weight, const double *k, size_t n_k,
                          double *scratch_levels);

#endif

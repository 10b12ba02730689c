/* The pairs of a source with everyone it may be recommended to: simple scores and raw features of each,
 * streamed. */
#ifndef AGL_KERNEL_NETWORK_PAIRS_H
#define AGL_KERNEL_NETWORK_PAIRS_H

#include "kernel/network/past.h"

/** The candidates of one source: actors of the other side that are present and not yet partners. In features
 * the source comes second when `second`, else first. */
typedef struct agl__pairs {
    size_t index; /* of the source among those swept */
    size_t begin; /* pairs of this source that came before: they are handed over in parts */
    int32_t source;
    bool second;
    size_t n;
    const int32_t
        *target;         /* n; ascending over the parts of a source unless common_only or listed say other */
    const double *score; /* n x AGL_LINK_SCORES */
    const double *feature; /* n x AGL_LINK_FEATURES, raw: logs are still to be taken of those that
                              agl__feature_is_log names; missing = NaN */
} agl__pairs;

/** Raw features of which the model takes ln(x + e). */
static inline bool agl__feature_is_log(int feature) { return feature <= AGL_FEATURE_TOPIC_MEETING; }

/** A pair before what costs most is known of it. */
typedef struct agl__partial {
    int32_t source, target;
    const double *feature; /* AGL_LINK_FEATURES, raw */
    uint32_t bounded;      /* bit f: feature f is an upper bound, the feature lies between 0 and it */
} agl__partial;

typedef struct agl__sweep {
    const agl__past *past;
    const int32_t *source; /* n */
    size_t n;
    bool second;      /* sources come second in their pairs, targets first; false: the other way round */
    bool all_targets; /* in a one-sided network: targets below the source as well, which shows pairs of two
                         sources twice */
    double katz;      /* weight of a step */
    bool counts_only; /* only score[AGL_COMMON_NEIGHBOURS] is wanted, the rest is left undefined */
    /** Which pairs to describe, by source, target and their common partners; NULL = all. */
    bool (*select)(const void *arg, int32_t source, int32_t target, double common);
    const void *select_arg;
    bool few;                    /* few are selected: their walks are counted one by one instead of for all */
    bool common_only;            /* only targets with common partners, in no particular order */
    const size_t *listed_offset; /* by actor: the only targets to look at, NULL = all */
    const int32_t *listed;
    /** Whether a pair is worth the time that its topics and walks of length three take; NULL = all are. Those
     * that are not are not visited. */
    bool (*worth)(const void *arg, const agl__partial *pair, int worker);
    const void *worth_arg;
} agl__sweep;

typedef agl_status (*agl__pairs_fn)(void *arg, const agl__pairs *pairs, int worker, agl_error *err);

enum {
    AGL__BLOCK = 8
}; /* sources handled at once: their walks of length three share one sweep over the arcs */

/** Walks from every source, in blocks of AGL__BLOCK that run in parallel; `visit` is called for some pairs at
 * a time, those of a source one after the other, by the worker that has its block. O(sum k^2 + n arcs /
 * AGL__BLOCK + pairs), with `few` or `worth` O(sum k^2 + pairs + sum of the degrees of the targets selected
 * and worth it); memory O(actors) a worker. */
AGL_NODISCARD agl_status agl__pairs_scan(const agl__sweep *sweep, agl__pairs_fn visit, void *arg,
                                         const char *what, const agl_ctx *ctx, agl_error *err);

/** Half the inverse of the largest eigenvalue of the adjacency matrix, a weight of steps for which the series
 * of Katz converges quickly: by power iteration, a lower bound of the eigenvalue and within some per cent of
 * it. 0.5 without ties. */
AGL_NODISCARD agl_status agl__katz_step(double *step, const agl__past *past, agl_error *err);

#endif

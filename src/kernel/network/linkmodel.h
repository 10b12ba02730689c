/* The combined model of missing links: what it learns from, how it is fitted in two steps, how it scores
 * another year. */
#ifndef AGL_KERNEL_NETWORK_LINKMODEL_H
#define AGL_KERNEL_NETWORK_LINKMODEL_H

#include "kernel/network/pairs.h"

#include <math.h>

/** One year and its candidates: pairs of present actors that had not met. */
typedef struct agl__window {
    agl__past past;
    agl__sweep sweep;   /* over `source` */
    int32_t *source;    /* those actors of the smaller side that are swept */
    double sampled;     /* share of that side */
    double candidates;  /* pairs swept; filled by sampling */
    double met;         /* those that met afterwards */
    size_t *met_offset; /* n + 1: new partners of each actor, ascending; NULL when the future is not known */
    int32_t *met_with;
} agl__window;

/** State at the end of `until`. `last` > until: with the ties first made in until + 1..last; else without a
 * future. When the pairs are more than the budget a random sample of the sources is swept. */
AGL_NODISCARD agl_status agl__window_new(agl__window *out, const agl__history *history, int32_t until,
                                         int32_t last, double pair_budget, const agl_ctx *ctx,
                                         agl_error *err);
void agl__window_free(agl__window *window);

/** Whether two candidates met later. O(log of the later partners). */
bool agl__window_met(const agl__window *window, int32_t source, int32_t target);

/** How features are standardised among the candidates of a window. */
typedef struct agl__scale {
    double unit[AGL_LINK_FEATURES], log_unit[AGL_LINK_FEATURES]; /* e of ln(x + e), and ln e */
    double mean[AGL_LINK_FEATURES], sd[AGL_LINK_FEATURES];       /* sd 0 = constant, not used */
} agl__scale;

/** z = standardised feature; missing and constant features are 0, the mean. */
static inline double agl__standardised(const agl__scale *s, int feature, double raw) {
    if (!(s->sd[feature] > 0) || isnan(raw)) return 0;
    double x = agl__feature_is_log(feature) ? log(raw + s->unit[feature]) : raw;
    return (x - s->mean[feature]) / s->sd[feature];
}

/** Year at whose end the model learns, so that it sees what happened by `last`: last - horizon, or earlier
 * where these years brought fewer than 5 % of the ties known by `last` together for the first time (the last
 * year of a record is often incomplete). */
int32_t agl__learning_year(const agl__history *history, int32_t last, int32_t horizon);

typedef struct agl__link_model {
    bool fitted;
    double screen[AGL_LINK_FEATURES + 1]; /* constant, then weights of the first step */
    double rank[AGL_LINK_FEATURES + 1];   /* of the second */
    double share;      /* share of the candidates that the first step hands to the second */
    double trained_on; /* pairs that met */
    double base_rate;
} agl__link_model;

/** Learns from a window with a future. Fewer than 50 pairs that met: *out is not fitted, status AGL_OK. */
AGL_NODISCARD agl_status agl__link_model_fit(agl__link_model *out, agl__window *window, double ridge,
                                             const agl_ctx *ctx, agl_error *err);

/** A linear form in standardised features, rewritten for raw ones: constant + sum of weight times ln(x +
 * unit) or x. */
typedef struct agl__form {
    double constant, weight[AGL_LINK_FEATURES];
} agl__form;

/** The model made ready for the candidates of one window. */
typedef struct agl__scorer {
    const agl__link_model *model;
    agl__scale scale;
    agl__form screen, rank;
    double threshold; /* of the first step, above which the second ranks */
} agl__scorer;

AGL_NODISCARD agl_status agl__scorer_new(agl__scorer *out, const agl__link_model *model, agl__window *window,
                                         const agl_ctx *ctx, agl_error *err);

/** Value by which a pair is ranked: the second step's, lifted above all others, where the first lets it
 * through, else the first step's; without a model, resource allocation. *eta (may be NULL) = log odds of a
 * meeting, NaN without a model. */
double agl__scorer_rank(double *eta, const agl__scorer *scorer, const double *feature);

/** No less than the value that agl__scorer_rank will give once the features that are only bounded are known.
 */
double agl__scorer_bound(const agl__scorer *scorer, const agl__partial *pair);

#endif

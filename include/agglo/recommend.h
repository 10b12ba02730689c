/* agglo/recommend.h - the links that are missing: which pairs of actors that never worked together are likely
 * to.
 *
 * A pair is described by what was known at the end of a year: the paths between the two in the network of
 * past projects, their topics, places and sizes. A logistic regression learns from the pairs of an earlier
 * year which of them met afterwards, and scores the pairs of today. The same is done with a year that lies
 * further back to test it: what the model recommended then is compared with what happened, beside simple
 * scores that need no learning.
 */
#ifndef AGGLO_RECOMMEND_H
#define AGGLO_RECOMMEND_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Who took part in which project, and what is known of both. Ids are 0-based; -1, INT32_MIN or NaN = not
 * known. */
typedef struct agl_cooperation {
    int32_t n_projects, n_actors;
    size_t rows;            /**< participations; an actor may be listed twice in a project */
    const int32_t *project; /**< rows */
    const int32_t *actor;   /**< rows */
    const double *money;    /**< rows, any one currency; NULL = not known */
    const int32_t *year;    /**< n_projects: first year; projects without one are not used */
    const uint8_t *side;  /**< n_actors: bit 0 = may be the first of a recommended pair, bit 1 = the second */
    const int32_t *place; /**< n_actors: 0..n_places-1, e.g. the country; NULL = not known */
    int32_t n_places;
    const double *lon, *lat; /**< n_actors, degrees; NULL = not known */
    size_t topic_rows;       /**< topics of projects; 0 = none known */
    const int32_t *topic_project;
    const int32_t *topic; /**< 0..n_topics-1 */
    int32_t n_topics;
} agl_cooperation;

/** Simple scores of a pair that need no learning. k_z = partners of z, N(i) = set of i's partners. */
typedef enum agl_link_score {
    AGL_COMMON_NEIGHBOURS,       /**< |N(i) and N(j)| */
    AGL_ADAMIC_ADAR,             /**< sum over common partners z of 1 / ln k_z */
    AGL_RESOURCE_ALLOCATION,     /**< sum over common partners z of 1 / k_z */
    AGL_PREFERENTIAL_ATTACHMENT, /**< k_i k_j */
    AGL_KATZ, /**< walks of length two and three, b^2 A^2 + b^3 A^3 (the tie itself is absent) */
    AGL_LINK_SCORES
} agl_link_score;

/** What the combined model sees of a pair (i, j). */
typedef enum agl_link_feature {
    AGL_FEATURE_COMMON,        /**< resource allocation, sum over common partners z of 1 / k_z; log */
    AGL_FEATURE_COMMON_RECENT, /**< the same with ties fading by 0.6 a year: sum of w_iz w_zj / sum_u w_zu;
                                  log */
    AGL_FEATURE_COMMON_CLOSE,  /**< the same with Newman's weights, so that small projects count more; log */
    AGL_FEATURE_PATHS3, /**< walks of length three i-u-v-j, each 1 / sqrt(k_u k_v) (Kovacs et al. 2019); log
                         */
    AGL_FEATURE_TOPIC_MEETING, /**< sum over topics t of r_it r_jt / R_t, r the partners of the other side met
                                  in t; log */
    AGL_FEATURE_TOPIC_SIMILARITY, /**< cosine of the projects by topic */
    AGL_FEATURE_PLACE_AFFINITY, /**< log of ties between the two places over those expected from their totals
                                 */
    AGL_FEATURE_SAME_PLACE,     /**< 1 when both are of one place */
    AGL_FEATURE_DISTANCE,       /**< log of 1 + km */
    AGL_FEATURE_PARTNERS_FIRST, /**< partners on the other side; log. Of the first and the second, or, when
                                   both sides are the same, the sum and the absolute difference. So with the
                                   next three pairs */
    AGL_FEATURE_PARTNERS_SECOND,
    AGL_FEATURE_PROJECTS_FIRST, /**< projects; log */
    AGL_FEATURE_PROJECTS_SECOND,
    AGL_FEATURE_ACTIVITY_FIRST, /**< projects with partners, fading by 0.6 a year; log */
    AGL_FEATURE_ACTIVITY_SECOND,
    AGL_FEATURE_MONEY_FIRST, /**< money received; log */
    AGL_FEATURE_MONEY_SECOND,
    AGL_LINK_FEATURES
} agl_link_feature;

typedef struct agl_recommend_options {
    int32_t train_until; /**< back-test: what was known at the end of this year; INT32_MIN = no back-test */
    int32_t horizon;     /**< years after which the model looks whether a pair has met */
    double ridge;        /**< penalty on squared weights (features have variance one) */
    size_t replicates;   /**< bootstrap samples of the back-test */
    double
        pair_budget; /**< more candidate pairs than this: learn and test on a random sample of the actors */
    const double *k; /**< n_k list lengths for precision, ascending */
    size_t n_k;
    size_t top;           /**< length of the list of recommended links */
    size_t per_actor;     /**< > 0: the best so many of every actor instead, `top` is then not used */
    size_t capacity;      /**< > 0: no actor gets more than so many links; the best go first */
    const uint8_t *scope; /**< n_actors: links with at least one end of scope 1; NULL = all */
    const int32_t *group; /**< n_actors: group (e.g. region) for `apart`; NULL = none */
    int apart;            /**< 0 = any, 1 = both ends in one group, 2 = ends in different groups */
    double max_km;        /**< largest distance; INFINITY = any. Actors without a position have no distance */
} agl_recommend_options;

#define AGL_RECOMMEND_OPTIONS_INIT                                                                           \
    {                                                                                                        \
        .train_until = INT32_MIN, .horizon = 1, .ridge = 10, .replicates = 500, .pair_budget = 1e8,          \
        .top = 1000, .max_km = 1e300                                                                         \
    }

/** Value with its 95 % interval; NaN where not known. */
typedef struct agl_interval {
    double value, lo, hi;
} agl_interval;

/** One score in the back-test. */
typedef struct agl_link_quality {
    agl_interval average_precision, auc;
    agl_interval *precision; /**< n_k: share of hits among the first k */
} agl_link_quality;

enum {
    AGL_LINK_MODEL = AGL_LINK_SCORES,
    AGL_LINK_METHODS
};                             /**< index of the combined model beside the simple scores */
enum { AGL_COMMON_SHOWN = 3 }; /**< common partners named with a recommendation */

typedef struct agl_backtest {
    int32_t until, last; /**< known until the end of `until`, tested on the ties made up to `last` */
    double candidates;   /**< pairs of actors present before that had not met */
    double met;          /**< those that met afterwards */
    double sampled;      /**< share of the candidates that were ranked (1 = all) */
    double trained_on;   /**< ties that the model learnt from */
    int best;            /**< simple score with the highest average precision */
    agl_interval gain;   /**< average precision of the model over that of the best simple score, less one */
    agl_link_quality *quality; /**< AGL_LINK_METHODS */
} agl_backtest;

typedef struct agl_link {
    int32_t first, second; /**< actors */
    double rank_score;     /**< by which links are ranked; only the order has a meaning */
    double probability;    /**< that they meet within the horizon, by the model; NaN without one */
    double score[AGL_LINK_SCORES];
    double km;                              /**< NaN when a position is missing */
    double similarity;                      /**< cosine of topics; NaN when topics are not known */
    double contribution[AGL_LINK_FEATURES]; /**< weight times standardised feature: what speaks for (> 0) or
                                               against it */
    int32_t common[AGL_COMMON_SHOWN];       /**< common partners that count most, -1 = none */
} agl_link;

typedef struct agl_recommendations {
    size_t n;
    agl_link *link;   /**< n, best first */
    int32_t last;     /**< last year known */
    double base_rate; /**< share of the pairs without a tie that met within the horizon, in the year the model
                         learnt from */
    double trained_on; /**< ties that the model learnt from; 0 = too few, and the ranking is by resource
                          allocation */
    double weight[AGL_LINK_FEATURES];        /**< of the second step, for standardised features */
    double screen_weight[AGL_LINK_FEATURES]; /**< of the first */
    size_t crowded;                          /**< links passed over because an actor had no capacity left */
    agl_backtest *test;                      /**< NULL without back-test */
} agl_recommendations;

/** Ranks the pairs that have not met. Candidates: one actor with bit 0, the other with bit 1 of `side`, both
 * in a project by the end of the year, never in one together.
 *
 * The model learns in two steps from the pairs known at the end of the year (last - horizon) and whether they
 * met by `last`: a first logistic regression on all pairs that met and a random, weighted sample of the
 * others; a second one on the pairs that the first puts on top (20 times as many as met), because ranking
 * well among the best candidates asks for other weights than telling them from the hopeless millions.
 * Features are standardised among the candidates of each year, so that the growth of the network does not
 * disturb. Back-test: the same with everything after train_until hidden. Its intervals come from drawing the
 * later projects anew: ties of one project stand or fall together.
 *
 * Errors: AGL_EDATA when no project has a year or no pair can be ranked. Fewer than 50 ties to learn from: no
 * model, the ranking is by resource allocation. Cost: time O(pairs with a common partner + pairs within
 * pair_budget + sum over actors of k_i^2), with a back-test also O(actors swept times ties / 8); pairs whose
 * value is bounded below the entry to the list (Cauchy and Schwarz on the walks of length three and on
 * topics) are not looked at further, which does not change the list. Memory O(ties + actors), the list, and
 * two samples of at most some 600 000 pairs. The same bits for any number of threads. Source: Liben-Nowell
 * and Kleinberg 2007, J. Am. Soc. Inf. Sci. Technol. 58(7) for the task and the simple scores; Zhou, Lu and
 * Zhang 2009, Eur. Phys. J. B 71 for resource allocation; the model is agglo's own. */
AGL_NODISCARD agl_status agl_recommend(agl_recommendations **out, const agl_cooperation *data,
                                       const agl_recommend_options *options, const agl_ctx *ctx,
                                       agl_error *err);
void agl_recommendations_free(agl_recommendations *recommendations);

/** Names of the simple scores and of the model ("common_neighbours", ..., "model"), of the features
 * ("common", ...). */
const char *agl_link_method_name(int method);
const char *agl_link_feature_name(int feature);

#ifdef __cplusplus
}
#endif
#endif

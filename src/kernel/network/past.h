/* What was known of the actors and their ties at the end of a year, as the recommendation of links sees it.
 */
#ifndef AGL_KERNEL_NETWORK_PAST_H
#define AGL_KERNEL_NETWORK_PAST_H

#include "agglo/graph.h"
#include "agglo/recommend.h"

/** The whole record, from which the state at the end of any year is made. */
typedef struct agl__history {
    const agl_cooperation *data;
    agl_incidence incidence; /* dated projects and their actors */
    agl_ties ties;           /* by year: slice = year of the projects, weight fractional */
    size_t *topic_offset;    /* n_projects + 1 */
    int32_t *topic;          /* distinct topics of each project */
    double
        *position; /* n_actors x 3: points on the sphere in km, NaN when not known; NULL without positions */
    int32_t first_year, last_year;
    bool one_sided; /* both ends of a pair come from the same side, so that a pair has no order */
} agl__history;

AGL_NODISCARD agl_status agl__history_new(agl__history *out, const agl_cooperation *data, const agl_ctx *ctx,
                                          agl_error *err);
void agl__history_free(agl__history *history);

/** Numbers of an actor that the features are made of. */
enum { AGL__PARTNERS, AGL__PROJECTS, AGL__ACTIVITY, AGL__MONEY, AGL__ACTOR_NUMBERS };

typedef struct agl__past {
    const agl__history *history;
    int32_t n, until;
    uint8_t *present;               /* n: took part in a project by then */
    size_t *offset;                 /* n + 1: partners of each actor, ascending */
    int32_t *neighbour;             /* arcs */
    double *close;                  /* arcs: Newman's weight, sum over shared projects of 1 / (members - 1) */
    double *recent;                 /* arcs: sum over shared projects of AGL__FADING^age */
    double *close_sum, *recent_sum; /* n: sums over the arcs of each actor */
    double *damping;                /* n: 1 / sqrt(partners), 0 without */
    double *damping_norm;           /* n: root of the sum of squares of the partners' damping */
    double *number[AGL__ACTOR_NUMBERS]; /* n each: ln(x + e), e the 1st percentile of the positive values */
    size_t *topic_offset;               /* n + 1: topics of each actor */
    int32_t *topic;
    double *share;       /* of each: projects in the topic, the actor's vector scaled to length one */
    double *reach;       /* of each: partners of the other side met in the topic, fading */
    double *reach_total; /* n_topics: sum of reach over the actors that may come first */
    double *reach_norm;  /* n: root of the sum of reach^2 / reach_total over the topics of the actor */
    size_t
        *place_offset; /* n_places + 1: places tied to each place (its actors being second, theirs first) */
    int32_t *place_to;
    double *place_ties;
    double *place_first, *place_second; /* n_places: ties of its actors as first, as second */
    double ties_across;                 /* ties between the sides */
} agl__past;

#define AGL__FADING 0.6

AGL_NODISCARD agl_status agl__past_new(agl__past *out, const agl__history *history, int32_t until,
                                       agl_error *err);
void agl__past_free(agl__past *past);

static inline size_t agl__past_degree(const agl__past *p, int32_t v) {
    return p->offset[v + 1] - p->offset[v];
}

/** *e = 1st percentile of the positive numbers among the n (1 when there are none): ln(x + e) is a log that
 * keeps zero, in units that the data set themselves. O(n log n). */
AGL_NODISCARD agl_status agl__log_unit(double *e, const double *x, size_t n, agl_error *err);

/** Distance of two actors in km, NaN when a position is missing. */
double agl__past_distance(const agl__history *history, int32_t a, int32_t b);

#endif

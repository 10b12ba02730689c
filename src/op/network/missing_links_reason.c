/* Why a link is recommended: the parts of the model's score that speak most for it, each with the facts
 * behind it. */
#include "base/mem.h"
#include "op/network/missing_links.h"
#include "op/network/texts.h"

#include <math.h>
#include <string.h>

enum { PARTNERS, TOPICS, PLACES, FIRST_ACTIVE, SECOND_ACTIVE, PARTS };

static const double SPEAKS = 0.1; /* log odds from which a part counts as a reason */

/* What the features add to the log odds, by part. */
static void add_up(double part[PARTS], const double *c, bool ordered) {
    part[PARTNERS] = c[AGL_FEATURE_COMMON] + c[AGL_FEATURE_COMMON_RECENT] + c[AGL_FEATURE_COMMON_CLOSE] +
                     c[AGL_FEATURE_PATHS3];
    part[TOPICS] = c[AGL_FEATURE_TOPIC_MEETING] + c[AGL_FEATURE_TOPIC_SIMILARITY];
    part[PLACES] = c[AGL_FEATURE_PLACE_AFFINITY] + c[AGL_FEATURE_SAME_PLACE] + c[AGL_FEATURE_DISTANCE];
    part[FIRST_ACTIVE] = part[SECOND_ACTIVE] = 0;
    for (int k = AGL_FEATURE_PARTNERS_FIRST; k < AGL_LINK_FEATURES; k += 2) {
        part[FIRST_ACTIVE] += c[k];
        part[SECOND_ACTIVE] += c[k + 1];
    }
    if (ordered) return; /* sums and differences of the two belong to both */
    part[FIRST_ACTIVE] += part[SECOND_ACTIVE];
    part[SECOND_ACTIVE] = -INFINITY;
}

/* Codes tell a reader little: where there are names, only partners that have one are named. */
static void say_partners(agl__words *w, const agl__missing_links *m, const agl_link *l) {
    double n = l->score[AGL_COMMON_NEIGHBOURS];
    bool first = true;
    agl__words_add(w, "%.0f common partner%s", n, n == 1 ? "" : "s");
    for (int k = 0; k < AGL_COMMON_SHOWN && l->common[k] >= 0; k++) {
        if (m->name && m->name[l->common[k]] < 0) continue;
        agl__words_add(w, "%s%s",
                       !first   ? ", "
                       : n == 1 ? ": "
                                : ", among them ",
                       agl__missing_links_name(m, l->common[k]));
        first = false;
    }
}

/* Adds the projects of an actor to the count of each topic. */
static void count_topics(uint32_t *count, const agl__missing_links *m, int32_t actor) {
    const agl_incidence *p = &m->participation, *t = &m->topic_of;
    for (size_t i = p->actor_offset[actor]; i < p->actor_offset[actor + 1]; i++)
        for (size_t k = t->project_offset[p->project[i]]; k < t->project_offset[p->project[i] + 1]; k++)
            count[t->actor[k]]++;
}

/* The two topics in which both have most projects (the smaller number of the two counts). */
static void say_topics(agl__words *w, const agl__missing_links *m, const agl_link *l) {
    size_t n = (size_t)m->data.n_topics, best[2] = {n, n};
    uint32_t *a = AGL_NEW(uint32_t, n), *b = AGL_NEW(uint32_t, n), most[2] = {0, 0};
    w->failed = w->failed || !a || !b;
    if (a && b) {
        count_topics(a, m, l->first);
        count_topics(b, m, l->second);
        for (size_t t = 0; t < n; t++) {
            uint32_t both = a[t] < b[t] ? a[t] : b[t];
            if (both > most[0]) {
                most[1] = most[0], best[1] = best[0];
                most[0] = both, best[0] = t;
            } else if (both > most[1]) {
                most[1] = both, best[1] = t;
            }
        }
    }
    free(a);
    free(b);
    if (best[0] == n) return;
    agl__words_add(w, "both work on %s", m->topics.dict.text[best[0]]);
    if (best[1] < n) agl__words_add(w, " and %s", m->topics.dict.text[best[1]]);
    agl__words_add(w, " (similarity of topics %.2f)", l->similarity);
}

static void say_places(agl__words *w, const agl__missing_links *m, const agl_link *l) {
    const agl_column *place = agl__run_column(m->run, "data", m->country ? "country" : "region");
    const int32_t *at = m->data.place;
    int32_t a = at ? at[l->first] : -1, b = at ? at[l->second] : -1;
    if (!isnan(l->km) && l->contribution[AGL_FEATURE_DISTANCE] > 0)
        agl__words_add(w, "%.0f km apart", l->km);
    else if (a >= 0 && a == b)
        agl__words_add(w, "both in %s", place->dict.text[a]);
    else if (a >= 0 && b >= 0)
        agl__words_add(w, "actors of %s and %s often work together", place->dict.text[a],
                       place->dict.text[b]);
}

static size_t projects_of(const agl__missing_links *m, int32_t actor) {
    return m->participation.actor_offset[actor + 1] - m->participation.actor_offset[actor];
}

static void say_active(agl__words *w, const agl__missing_links *m, const agl_link *l, int part,
                       bool ordered) {
    if (!ordered)
        agl__words_add(w, "both take part in many projects (%zu and %zu)", projects_of(m, l->first),
                       projects_of(m, l->second));
    else {
        int32_t actor = part == FIRST_ACTIVE ? l->first : l->second;
        agl__words_add(w, "%s takes part in many projects (%zu)", agl__missing_links_name(m, actor),
                       projects_of(m, actor));
    }
}

/* The part that speaks most for the link and has not been said; the partners first when nothing speaks for
 * it. */
static int next_part(const double part[PARTS], const bool said[PARTS], bool first) {
    int next = -1;
    for (int k = 0; k < PARTS; k++)
        if (!said[k] && (next < 0 || part[k] > part[next])) next = k;
    return first && part[next] < SPEAKS ? PARTNERS : next;
}

static void say(agl__words *w, const agl__missing_links *m, const agl_link *l, int part) {
    switch (part) {
    case PARTNERS:
        say_partners(w, m, l);
        break;
    case TOPICS:
        say_topics(w, m, l);
        break;
    case PLACES:
        say_places(w, m, l);
        break;
    default:
        say_active(w, m, l, part, m->ordered);
    }
}

char *agl__missing_links_reason(const agl__missing_links *m, const agl_link *l) {
    double part[PARTS];
    bool said[PARTS] = {false};
    add_up(part, l->contribution, m->ordered);
    agl__words w = {0};
    for (int turn = 0; turn < 3; turn++) {
        int next = next_part(part, said, turn == 0);
        if (turn > 0 && part[next] < SPEAKS) break; /* the first is always said */
        size_t before = w.used;
        said[next] = true;
        if (turn > 0) agl__words_add(&w, "; ");
        size_t joined = w.used;
        say(&w, m, l, next);
        if (w.used == joined && w.text) w.text[w.used = before] = 0; /* nothing to say */
    }
    if (w.failed || !w.text) {
        free(w.text);
        return NULL;
    }
    return w.text;
}

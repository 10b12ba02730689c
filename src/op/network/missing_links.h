/* What the op `network recommend` knows of its actors, shared by its parts. */
#ifndef AGL_OP_NETWORK_MISSING_LINKS_H
#define AGL_OP_NETWORK_MISSING_LINKS_H

#include "agglo/graph.h"
#include "agglo/recommend.h"
#include "op/network/actors.h"
#include "op/network/ids.h"

typedef struct agl__missing_links {
    agl_run *run;
    agl_cooperation data;
    agl_recommend_options options;
    agl_recommendations *result;
    /* inputs, owned here and pointed to by `data` */
    agl__ids projects;           /* of the participations and of the table of topics */
    agl__ids topics;             /* texts of the topics */
    agl__rows_by rows_of;        /* rows of each actor; actors are the codes of the column */
    agl_incidence participation; /* dated projects that are used */
    agl_incidence topic_of;      /* topics of projects, as members */
    int32_t *project, *year, *topic_project, *topic;
    uint8_t *side, *scope;
    bool ordered;                     /* the two ends of a pair are of different kinds */
    int32_t *kind, *country, *region; /* n_actors, -1 = not known; NULL when the role is not bound */
    int32_t *name;                    /* n_actors: code of the most frequent name */
    double *lon, *lat;
} agl__missing_links;

/** Reads the inputs and the options that shape them. */
AGL_NODISCARD agl_status agl__missing_links_read(agl__missing_links *m, agl_run *run, agl_error *err);
void agl__missing_links_free(agl__missing_links *m);

/** Name of an actor, or its code. */
const char *agl__missing_links_name(const agl__missing_links *m, int32_t actor);

/** Why a link is recommended, in words, for the caller to free; NULL when memory ran out. */
char *agl__missing_links_reason(const agl__missing_links *m, const agl_link *link);

#endif

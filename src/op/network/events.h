/* Who took part in what: the participations of `network build` from all its tables, with one numbering of the
 * actors and of the events (projects, patents, ...), each event in a layer. */
#ifndef AGL_OP_NETWORK_EVENTS_H
#define AGL_OP_NETWORK_EVENTS_H

#include "op/network/ids.h"

typedef struct agl__events {
    agl_run *run;
    size_t rows, data_rows; /* participations; first those of the input data, then those of patents */
    agl_dict actors;        /* sorted codes: actor a is actors.text[a] */
    int32_t n_actors;
    int32_t *actor; /* rows */
    agl__ids codes; /* of projects and documents, of[0] of data, of[1] of patents */
    int32_t n_events;
    int32_t *event;       /* rows */
    bool layered;         /* a role layer, patents or citations are given */
    agl_dict layers;      /* sorted; empty unless layered */
    int32_t *layer;       /* n_events; NULL unless layered */
    int32_t *start, *end; /* n_events: years, INT32_MIN when not known; NULL when no table has years */
    int32_t *name;        /* rows: code of the actor's name in the table of actors; NULL when it gives none */
} agl__events;

AGL_NODISCARD agl_status agl__events_new(agl__events *out, agl_run *run, agl_error *err);
void agl__events_free(agl__events *events);

/** Texts of a role over all rows, -1 where a table lacks it. */
typedef struct agl__row_texts {
    const agl_dict *dict; /* NULL: no table has the role */
    const int32_t *code;  /* rows */
    agl__ids ids;         /* owned when two tables have it */
    int32_t *own;
} agl__row_texts;

AGL_NODISCARD agl_status agl__events_texts(agl__row_texts *out, const agl__events *events, const char *role,
                                           agl_error *err);
void agl__row_texts_free(agl__row_texts *texts);

/** Numbers of a role of data over all rows (of start and end with the dates of patents), NaN where a table
 * lacks it; *own is to be freed by the caller. NULL when no table has the role. */
AGL_NODISCARD agl_status agl__events_numbers(const double **out, double **own, const agl__events *events,
                                             const char *role, agl_error *err);

/** Rows of the input citations as events: citing[i], cited[i], -1 for a document that no participation names;
 * both NULL without the input. The caller frees them. */
AGL_NODISCARD agl_status agl__events_citations(int32_t **citing, int32_t **cited, size_t *rows,
                                               const agl__events *events, agl_error *err);

#endif

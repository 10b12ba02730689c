/* The ties of `network build` in all layers and time slices. */
#ifndef AGL_OP_NETWORK_LAYERS_H
#define AGL_OP_NETWORK_LAYERS_H

#include "agglo/graph.h"
#include "op/network/events.h"

/** One layer in numbers. */
typedef struct agl__layer_facts {
    double events; /* projects, documents; citations between documents that are known */
    double actors; /* that take part in them; of citations, that are tied */
    double ties;   /* pairs of actors, in whatever slice */
    double weight; /* of all of them */
    double shared; /* pairs that are tied in another layer as well */
} agl__layer_facts;

typedef struct agl__layers {
    bool sliced;             /* by year: ties.slice is the first year of the slice */
    agl_ties ties;           /* ascending by source, target, layer, slice */
    int32_t *layer;          /* of each tie; NULL where layers are not told apart */
    agl__layer_facts *facts; /* of each layer of the events; NULL without layers */
    int32_t *slice; /* n_events: first year of the slice, INT32_MIN when not known; NULL unless sliced */
} agl__layers;

/** Options weights, min-weight, slice, slice-years, layers and layer-weights. `members`: who took part in
 * which event, without those that are too large. */
AGL_NODISCARD agl_status agl__layers_new(agl__layers *out, const agl__events *events,
                                         const agl_incidence *members, agl_error *err);
void agl__layers_free(agl__layers *layers);

#endif

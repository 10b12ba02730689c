/* The tables of `network build` beside nodes and edges. */
#ifndef AGL_OP_NETWORK_BUILD_TABLES_H
#define AGL_OP_NETWORK_BUILD_TABLES_H

#include "op/network/layers.h"

/** Table `layers`: one row a layer. */
AGL_NODISCARD agl_status agl__write_layers(agl_run *run, const agl__events *events, const agl__layers *layers,
                                           agl_error *err);

/** Table `slices`: one row for each actor and slice in which it takes part or is tied. */
AGL_NODISCARD agl_status agl__write_slices(agl_run *run, const agl__events *events, const agl_incidence *all,
                                           const agl__layers *layers, agl_error *err);

#endif

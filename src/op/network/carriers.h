/* The ranked list of the actors that could carry a common technology platform, with the reasons in words. */
#ifndef AGL_OP_NETWORK_CARRIERS_H
#define AGL_OP_NETWORK_CARRIERS_H

#include "agglo/graph.h"
#include "op/network/edge_input.h"

/** What is known of the nodes, n values each. */
typedef struct agl__carrier_facts {
    const agl__edge_input *in;
    const agl_graph *ties; /* undirected */
    const int32_t *core, *cut_off, *group;
    const agl_dict *groups;                /* NULL without groups, as are group and across */
    const double *effective_size, *across; /* across: pairs of others connected across groups */
} agl__carrier_facts;

/** Writes the table carriers: the nodes of the kind --carrier (all when the nodes have no kind) with a tie,
 * by falling score, at most --top of them. */
AGL_NODISCARD agl_status agl__write_carriers(agl_run *run, const agl__carrier_facts *facts, agl_error *err);

#endif

/* The input of ops that work on a given network: an edge list, and where given a table of its nodes. */
#ifndef AGL_OP_NETWORK_EDGE_INPUT_H
#define AGL_OP_NETWORK_EDGE_INPUT_H

#include "agglo/graph.h"
#include "op/network/ids.h"

typedef struct agl__edge_input {
    agl__ids ids; /* node v is ids.dict.text[v] */
    agl_graph graph;
    const agl_table *nodes; /* NULL when not given */
    size_t *node_row;       /* n: row of the node in `nodes`, SIZE_MAX = not there */
} agl__edge_input;

/** Reads the input `edges` (roles source, target and, unless the option --unweighted is set, weight) and,
 * when the record has one, the input `nodes` (role id). Warns of rows that are left out, of repeated pairs
 * and of unknown nodes, and tells the run how many rows were used. AGL_EDATA names the row of a negative
 * weight. */
AGL_NODISCARD agl_status agl__edge_input_new(agl__edge_input *out, agl_run *run, const char *edges,
                                             bool directed, agl_error *err);
void agl__edge_input_free(agl__edge_input *in);

/** Codes of a role of the table of nodes, by node (caller frees): -1 where missing or not in the table; NULL
 * codes and dictionary when the role is not bound. */
AGL_NODISCARD agl_status agl__node_codes(int32_t **code, const agl_dict **dict, const agl__edge_input *in,
                                         const char *role, agl_error *err);

/** Writes the key column `column` of an output with a row for each node from a role of the table of nodes;
 * drops the column when the role is not bound. */
AGL_NODISCARD agl_status agl__write_node_role(agl_table *table, const char *column, const agl__edge_input *in,
                                              const char *role, agl_error *err);

#endif

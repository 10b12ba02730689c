#include "op/network/edge_input.h"
#include "base/mem.h"

#include <math.h>

enum { SOURCE, TARGET, NODE, ID_COLUMNS };

/* Rows that are left out, by reason. */
typedef struct left_out {
    size_t no_end, no_weight, zero;
} left_out;

typedef struct edge_list {
    size_t n;
    int32_t *source, *target;
    double *weight; /* NULL = unweighted */
} edge_list;

static agl_status collect(edge_list *list, left_out *out, const agl__edge_input *in, const agl_run *run,
                          const char *input, agl_error *err) {
    const agl_table *edges = agl__run_input(run, input);
    const agl_column *from = agl_table_column(edges, "source"), *to = agl_table_column(edges, "target");
    const agl_column *w = list->weight ? agl_table_column(edges, "weight") : NULL;
    for (size_t i = 0; i < edges->rows; i++) {
        if (w && w->num[i] < 0)
            return agl__run_fail_row(run, input, i, "weight", err,
                                     "negative weight %g; weights say how strong a tie is", w->num[i]);
        if (from->code[i] < 0 || to->code[i] < 0) {
            out->no_end++;
        } else if (w && isnan(w->num[i])) {
            out->no_weight++;
        } else if (w && w->num[i] == 0) {
            out->zero++;
        } else {
            list->source[list->n] = in->ids.of[SOURCE][from->code[i]];
            list->target[list->n] = in->ids.of[TARGET][to->code[i]];
            if (w) list->weight[list->n] = w->num[i];
            list->n++;
        }
    }
    return AGL_OK;
}

static void warn(agl_run *run, const agl__edge_input *in, const left_out *out,
                 const agl_graph_counts *counts) {
    if (out->no_end > 0) agl__run_warn(run, "%zu edges with only one end were left out", out->no_end);
    if (out->no_weight > 0) agl__run_warn(run, "%zu edges without a weight were left out", out->no_weight);
    if (out->zero > 0) agl__run_warn(run, "%zu edges of weight 0 were left out: they are no ties", out->zero);
    if (counts->self_loops > 0)
        agl__run_warn(run, "%zu edges from a node to itself were left out", counts->self_loops);
    if (counts->duplicates > 0)
        agl__run_warn(run, "%zu edges repeat a pair of nodes; %s", counts->duplicates,
                      in->graph.weight ? "their weights were added up" : "each pair is one tie");
    size_t unknown =
        in->nodes ? in->ids.dict.n - in->nodes->rows : 0; /* ids of nodes are unique, and all are nodes */
    if (unknown > 0) agl__run_warn(run, "%zu nodes of the edges are not in the table of nodes", unknown);
}

static agl_status find_rows(agl__edge_input *in, agl_error *err) {
    in->node_row = AGL_NEW(size_t, in->ids.dict.n);
    if (!in->node_row) return agl_fail_memory(err);
    for (size_t v = 0; v < in->ids.dict.n; v++)
        in->node_row[v] = SIZE_MAX;
    const agl_column *id = in->nodes ? agl_table_column(in->nodes, "id") : NULL;
    for (size_t i = 0; id && i < in->nodes->rows; i++)
        in->node_row[in->ids.of[NODE][id->code[i]]] = i;
    return AGL_OK;
}

agl_status agl__edge_input_new(agl__edge_input *out, agl_run *run, const char *input, bool directed,
                               agl_error *err) {
    const agl_table *edges = agl__run_input(run, input);
    *out = (agl__edge_input){.nodes = agl__run_input(run, "nodes")};
    const agl_column *columns[ID_COLUMNS] = {agl_table_column(edges, "source"),
                                             agl_table_column(edges, "target"),
                                             out->nodes ? agl_table_column(out->nodes, "id") : NULL};
    size_t rows[ID_COLUMNS] = {edges->rows, edges->rows, out->nodes ? out->nodes->rows : 0};
    bool weighted = agl_table_column(edges, "weight") && !agl__run_flag(run, "unweighted");
    agl_status status = agl__ids_new(&out->ids, columns, rows, ID_COLUMNS, err);
    if (status != AGL_OK) return status;
    agl_graph_counts counts = {0, 0};
    left_out lost = {0};
    edge_list list = {.source = AGL_NEW(int32_t, edges->rows), .target = AGL_NEW(int32_t, edges->rows)};
    if (weighted) list.weight = AGL_NEW(double, edges->rows);
    status = list.source && list.target && (list.weight || !weighted) ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = collect(&list, &lost, out, run, input, err);
    if (status == AGL_OK)
        status = agl_graph_from_edges(&out->graph, &counts, (int32_t)out->ids.dict.n, list.n, list.source,
                                      list.target, list.weight, directed, err);
    if (status == AGL_OK) status = find_rows(out, err);
    if (status == AGL_OK) {
        agl__run_rows(run, list.n - counts.self_loops, edges->rows - list.n + counts.self_loops);
        warn(run, out, &lost, &counts);
    }
    free(list.source);
    free(list.target);
    free(list.weight);
    if (status != AGL_OK) agl__edge_input_free(out);
    return status;
}

void agl__edge_input_free(agl__edge_input *in) {
    agl__ids_free(&in->ids);
    agl_graph_free(&in->graph);
    free(in->node_row);
    *in = (agl__edge_input){0};
}

agl_status agl__node_codes(int32_t **code, const agl_dict **dict, const agl__edge_input *in, const char *role,
                           agl_error *err) {
    const agl_column *column = in->nodes ? agl_table_column(in->nodes, role) : NULL;
    *code = NULL;
    *dict = NULL;
    if (!column) return AGL_OK;
    *code = AGL_NEW(int32_t, in->ids.dict.n);
    if (!*code) return agl_fail_memory(err);
    *dict = &column->dict;
    for (size_t v = 0; v < in->ids.dict.n; v++)
        (*code)[v] = in->node_row[v] == SIZE_MAX ? -1 : column->code[in->node_row[v]];
    return AGL_OK;
}

agl_status agl__write_node_role(agl_table *table, const char *column, const agl__edge_input *in,
                                const char *role, agl_error *err) {
    int32_t *code, *to;
    const agl_dict *dict;
    agl_status status = agl__node_codes(&code, &dict, in, role, err);
    if (status != AGL_OK) return status;
    if (!code) return agl__run_drop_column(table, column, err);
    status = agl__run_key(&to, table, column, dict, err);
    for (size_t v = 0; status == AGL_OK && v < in->ids.dict.n; v++)
        to[v] = code[v];
    free(code);
    return status;
}

#include "base/mem.h"
#include "op/network/edge_input.h"

#include <math.h>

typedef struct joined {
    agl_run *run;
    agl__edge_input in;
    int32_t *community; /* n: code in the table of communities, -1 = none */
} joined;

/* The community of every node, by its id. */
static agl_status find_communities(joined *s, agl_error *err) {
    const agl_column *id = agl__run_column(s->run, "communities", "id");
    const agl_column *community = agl__run_column(s->run, "communities", "community");
    s->community = AGL_NEW(int32_t, s->in.graph.n);
    if (!s->community) return agl_fail_memory(err);
    size_t unknown = 0, found = 0;
    for (int32_t v = 0; v < s->in.graph.n; v++)
        s->community[v] = -1;
    for (size_t i = 0; id && i < agl__run_input(s->run, "communities")->rows; i++) {
        int32_t v = agl_dict_find(&s->in.ids.dict, agl_column_text(id, i));
        if (v >= 0) s->community[v] = community->code[i];
        unknown += v < 0;
        found += v >= 0;
    }
    if (id && found == 0)
        return agl_fail(err, AGL_EDATA,
                        "no id of --communities is an end of a tie; do both tables use the same codes?");
    if (unknown > 0)
        agl__run_warn(s->run, "%zu rows of the communities name nodes that are not in the network", unknown);
    return AGL_OK;
}

static agl_status write_community(const joined *s, agl_table *out, agl_error *err) {
    const agl_column *from = agl__run_column(s->run, "communities", "community");
    if (!from) return agl__run_drop_column(out, "community", err);
    int32_t *code = NULL;
    agl_status status = agl__run_key(&code, out, "community", &from->dict, err);
    for (size_t v = 0; status == AGL_OK && v < out->rows; v++)
        code[v] = s->community[v];
    return status;
}

static agl_status write_number(const joined *s, agl_table *out, const char *role, agl_error *err) {
    const agl_column *from = agl__run_column(s->run, "nodes", role);
    if (!from) return agl__run_drop_column(out, role, err);
    double *to = agl__run_num(out, role);
    for (size_t v = 0; v < out->rows; v++)
        to[v] = s->in.node_row[v] == SIZE_MAX ? (double)NAN : from->num[s->in.node_row[v]];
    return AGL_OK;
}

static agl_status write_nodes(const joined *s, agl_error *err) {
    static const char *const texts[] = {"name", "kind", "country", "region"};
    static const char *const numbers[] = {"lon", "lat", "x", "y", "size"};
    const agl_graph *g = &s->in.graph;
    agl_table *out;
    int32_t *id = NULL;
    agl_status status = agl__run_output(&out, s->run, "nodes", (size_t)g->n, err);
    if (status == AGL_OK) status = agl__run_key(&id, out, "id", &s->in.ids.dict, err);
    if (status != AGL_OK) return status;
    for (int32_t v = 0; v < g->n; v++) {
        id[v] = v;
        agl__run_num(out, "partners")[v] = (double)(g->offset[v + 1] - g->offset[v]);
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            agl__run_num(out, "strength")[v] += g->weight ? g->weight[a] : 1;
    }
    for (size_t k = 0; k < sizeof texts / sizeof *texts && status == AGL_OK; k++)
        status = agl__write_node_role(out, texts[k], &s->in, texts[k], err);
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers && status == AGL_OK; k++)
        status = write_number(s, out, numbers[k], err);
    return status == AGL_OK ? write_community(s, out, err) : status;
}

static bool kept(const joined *s, int32_t v, size_t arc, double lightest) {
    const agl_graph *g = &s->in.graph;
    return g->neighbour[arc] > v && (g->weight ? g->weight[arc] : 1) >= lightest;
}

static agl_status write_edges(const joined *s, agl_error *err) {
    const agl_graph *g = &s->in.graph;
    double lightest = agl__run_number(s->run, "min-weight");
    size_t n = 0, row = 0;
    for (int32_t v = 0; v < g->n; v++)
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            n += kept(s, v, a, lightest);
    agl_table *out;
    int32_t *source = NULL, *target = NULL;
    agl_status status = agl__run_output(&out, s->run, "edges", n, err);
    if (status == AGL_OK) status = agl__run_key(&source, out, "source", &s->in.ids.dict, err);
    if (status == AGL_OK) status = agl__run_key(&target, out, "target", &s->in.ids.dict, err);
    for (int32_t v = 0; status == AGL_OK && v < g->n; v++)
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
            if (!kept(s, v, a, lightest)) continue;
            source[row] = v;
            target[row] = g->neighbour[a];
            agl__run_num(out, "weight")[row++] = g->weight ? g->weight[a] : 1;
        }
    return status;
}

agl_status agl_op_network_export(agl_run *run, agl_error *err) {
    joined s = {.run = run};
    agl_status status = agl__edge_input_new(&s.in, run, "edges", false, err);
    if (status == AGL_OK) status = find_communities(&s, err);
    if (status == AGL_OK && agl__run_wants(run, "nodes")) status = write_nodes(&s, err);
    if (status == AGL_OK && agl__run_wants(run, "edges")) status = write_edges(&s, err);
    agl__edge_input_free(&s.in);
    free(s.community);
    return status;
}

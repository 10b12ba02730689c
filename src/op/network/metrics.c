#include "agglo/betweenness.h"
#include "agglo/centrality.h"
#include "agglo/closeness.h"
#include "agglo/community.h"
#include "agglo/ego.h"
#include "agglo/summary.h"
#include "base/mem.h"
#include "base/sum.h"
#include "kernel/graph/graph.h"
#include "op/network/ids.h"
#include "op/network/measures.h"

#include <math.h>
#include <string.h>

enum { SOURCE, TARGET, NODE, ID_COLUMNS }; /* key columns that name nodes */
enum { MAP_NODES = 150 };

typedef struct metrics {
    agl_run *run;
    const agl_ctx *ctx;
    bool wanted[AGL_MEASURES];
    bool like_igraph, like_networkx;
    agl__ids ids;
    agl_graph graph;
    agl_table *nodes;   /* the output; the run owns it */
    int32_t *community; /* n, when it or participation is wanted */
    int32_t n_communities;
    agl_path_lengths paths;
    double transitivity, clustering_mean;
} metrics;

static double *out_column(const metrics *m, agl__measure which) {
    return m->wanted[which] ? agl__run_num(m->nodes, agl__measure_names[which]) : NULL;
}

/* ---- input
 * ---------------------------------------------------------------------------------------------------------
 */

/* Edges that can be used, as node numbers; returns how many. *loose and *zero count the rows left out. */
static agl_status usable_edges(metrics *m, size_t *n, int32_t *source, int32_t *target, double *weight,
                               size_t *loose, size_t *zero, agl_error *err) {
    const agl_table *edges = agl__run_input(m->run, "edges");
    const agl_column *from = agl_table_column(edges, "source"), *to = agl_table_column(edges, "target");
    const agl_column *w = agl__run_flag(m->run, "unweighted") ? NULL : agl_table_column(edges, "weight");
    for (size_t i = 0; i < edges->rows; i++) {
        if (w && w->num[i] < 0)
            return agl__run_fail_row(m->run, "edges", i, "weight", err,
                                     "negative weight %g; weights say how strong a tie is", w->num[i]);
        if (w && isnan(w->num[i])) {
            ++*loose;
        } else if (w && w->num[i] == 0) {
            ++*zero;
        } else {
            source[*n] = m->ids.of[SOURCE][from->code[i]];
            target[*n] = m->ids.of[TARGET][to->code[i]];
            if (w) weight[*n] = w->num[i];
            ++*n;
        }
    }
    return AGL_OK;
}

static void warn_of_edges(metrics *m, const agl_graph_counts *counts, size_t loose, size_t zero) {
    if (loose > 0) agl__run_warn(m->run, "%zu edges without a weight were left out", loose);
    if (zero > 0) agl__run_warn(m->run, "%zu edges of weight 0 were left out: they are no ties", zero);
    if (counts->self_loops > 0)
        agl__run_warn(m->run, "%zu edges from a node to itself were left out", counts->self_loops);
    if (counts->duplicates > 0)
        agl__run_warn(m->run, "%zu edges repeat a pair of nodes (in either direction or another year); %s",
                      counts->duplicates,
                      m->graph.weight ? "their weights were added up" : "each pair is one tie");
    const agl_table *nodes = agl__run_input(m->run, "nodes");
    if (!nodes) return;
    size_t unknown = m->ids.dict.n - nodes->rows; /* ids of nodes are unique, and all of them are nodes */
    if (unknown > 0) agl__run_warn(m->run, "%zu nodes of the edges are not in the table of nodes", unknown);
}

static agl_status read_graph(metrics *m, agl_error *err) {
    const agl_table *edges = agl__run_input(m->run, "edges"), *nodes = agl__run_input(m->run, "nodes");
    const agl_column *columns[ID_COLUMNS] = {agl_table_column(edges, "source"),
                                             agl_table_column(edges, "target"),
                                             nodes ? agl_table_column(nodes, "id") : NULL};
    size_t rows[ID_COLUMNS] = {edges->rows, edges->rows, nodes ? nodes->rows : 0}, n = 0, loose = 0, zero = 0;
    bool weighted = agl_table_column(edges, "weight") && !agl__run_flag(m->run, "unweighted");
    agl_graph_counts counts = {0, 0};
    agl_status status = agl__ids_new(&m->ids, columns, rows, ID_COLUMNS, err);
    if (status != AGL_OK) return status;
    int32_t *source = AGL_NEW(int32_t, edges->rows), *target = AGL_NEW(int32_t, edges->rows);
    double *weight = AGL_NEW(double, weighted ? edges->rows : 0);
    status = source && target && weight ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = usable_edges(m, &n, source, target, weight, &loose, &zero, err);
    if (status == AGL_OK)
        status = agl_graph_from_edges(&m->graph, &counts, (int32_t)m->ids.dict.n, n, source, target,
                                      weighted ? weight : NULL, false, err);
    if (status == AGL_OK) {
        agl__run_rows(m->run, n - counts.self_loops, loose + zero + counts.self_loops);
        warn_of_edges(m, &counts, loose, zero);
    }
    free(source);
    free(target);
    free(weight);
    return status;
}

/* ---- measures
 * ------------------------------------------------------------------------------------------------------ */

static agl_status measure_betweenness(metrics *m, agl_error *err) {
    agl_betweenness_options options = AGL_BETWEENNESS_OPTIONS_INIT;
    options.sources = (size_t)agl__run_integer(m->run, "sources");
    if (!agl__run_is(m->run, "betweenness-weights", "none")) {
        if (!m->graph.weight)
            return agl_fail(err, AGL_EUSAGE,
                            "--betweenness-weights needs the role weight; give --col weight=COLUMN");
        options.length =
            agl__run_is(m->run, "betweenness-weights", "inverse") ? AGL_LENGTH_INVERSE : AGL_LENGTH_WEIGHT;
    }
    size_t tied = 0;
    for (int32_t v = 0; v < m->graph.n; v++)
        tied += agl__degree(&m->graph, v) > 0;
    bool estimate = options.sources > 0 && options.sources < tied;
    if (!estimate) {
        agl_status status = agl__run_drop_column(m->nodes, "betweenness_se", err);
        if (status != AGL_OK) return status;
    } else {
        agl__run_warn(
            m->run,
            "betweenness is an estimate from the paths of %zu of %zu nodes; see betweenness_se for its error",
            options.sources, tied);
    }
    return agl_betweenness(out_column(m, AGL_BETWEENNESS), agl__run_num(m->nodes, "betweenness_se"),
                           &m->graph, &options, m->ctx, err);
}

/* Below two partners there is no pair to be tied: 0 by convention, missing with --like igraph. */
static void settle_clustering(metrics *m, double *clustering) {
    agl_sum sum = {0, 0};
    double n = 0;
    for (int32_t v = 0; v < m->graph.n; v++) {
        if (isnan(clustering[v]) && !m->like_igraph) clustering[v] = 0;
        if (isnan(clustering[v])) continue;
        agl__sum_add(&sum, clustering[v]);
        n++;
    }
    m->clustering_mean = n > 0 ? agl__sum_value(&sum) / n : (double)NAN;
}

static agl_status measure_surroundings(metrics *m, agl_error *err) {
    agl_ego_measures out = {.constraint = out_column(m, AGL_CONSTRAINT),
                            .effective_size = out_column(m, AGL_EFFECTIVE_SIZE),
                            .clustering = out_column(m, AGL_CLUSTERING)};
    if (!out.constraint && !out.effective_size && !out.clustering) return AGL_OK;
    agl_clustering variant = AGL_CLUSTERING_PLAIN;
    if (m->graph.weight && m->like_igraph) variant = AGL_CLUSTERING_BARRAT;
    if (m->graph.weight && m->like_networkx) variant = AGL_CLUSTERING_ONNELA;
    out.triangles = AGL_NEW(double, m->graph.n);
    agl_status status = out.triangles ? agl_ego(&out, &m->graph, variant, m->ctx, err) : agl_fail_memory(err);
    if (status == AGL_OK && out.clustering) {
        m->transitivity = agl_transitivity(&m->graph, out.triangles);
        settle_clustering(m, out.clustering);
    }
    free(out.triangles);
    return status;
}

static agl_status measure_core(metrics *m, agl_error *err) {
    double *core = out_column(m, AGL_CORE), *component = out_column(m, AGL_COMPONENT);
    int32_t *number = AGL_NEW(int32_t, m->graph.n), k = 0;
    agl_status status = number ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK && core) {
        status = agl_core_numbers(number, &m->graph, err);
        for (int32_t v = 0; status == AGL_OK && v < m->graph.n; v++)
            core[v] = number[v];
    }
    if (status == AGL_OK && component) {
        status = agl_graph_components(number, &k, &m->graph, err);
        for (int32_t v = 0; status == AGL_OK && v < m->graph.n; v++)
            component[v] = number[v] + 1; /* people count from one */
    }
    free(number);
    return status;
}

static agl_status measure_communities(metrics *m, agl_error *err) {
    double *community = out_column(m, AGL_COMMUNITY), *participation = out_column(m, AGL_PARTICIPATION);
    if (!community && !participation) return AGL_OK;
    int32_t k = 0;
    m->community = AGL_NEW(int32_t, m->graph.n);
    if (!m->community) return agl_fail_memory(err);
    agl_status status = agl_leiden(m->community, &k, &m->graph, NULL, m->ctx, err);
    if (status == AGL_OK && participation)
        status = agl_participation(participation, &m->graph, m->community, k, err);
    for (int32_t v = 0; status == AGL_OK && v < m->graph.n; v++) {
        bool alone = agl__degree(&m->graph, v) == 0; /* no community, rather than one of its own */
        if (community) community[v] = alone ? (double)NAN : m->community[v] + 1;
        if (!alone && m->community[v] >= m->n_communities) m->n_communities = m->community[v] + 1;
    }
    return status;
}

static agl_status measure(metrics *m, agl_error *err) {
    const agl_graph *g = &m->graph;
    double *degree = out_column(m, AGL_DEGREE);
    for (int32_t v = 0; degree && v < g->n; v++)
        degree[v] = (double)agl__degree(g, v);
    if (m->wanted[AGL_STRENGTH]) agl__strength(out_column(m, AGL_STRENGTH), g);
    agl_status status = measure_core(m, err);
    if (status == AGL_OK) status = measure_surroundings(m, err);
    if (status == AGL_OK && m->wanted[AGL_PAGERANK])
        status = agl_pagerank(out_column(m, AGL_PAGERANK), g, 0.85, m->ctx, err);
    if (status == AGL_OK && m->wanted[AGL_EIGENVECTOR])
        status = agl_eigenvector(out_column(m, AGL_EIGENVECTOR), g, m->like_igraph, m->ctx, err);
    if (status == AGL_OK) status = measure_communities(m, err);
    if (status == AGL_OK && m->wanted[AGL_CLOSENESS])
        status = agl_closeness(out_column(m, AGL_CLOSENESS), &m->paths, g, m->like_igraph, m->ctx, err);
    if (status == AGL_OK && m->wanted[AGL_BETWEENNESS]) status = measure_betweenness(m, err);
    return status;
}

/* ---- output
 * -------------------------------------------------------------------------------------------------------- */

/* Name and kind from the table of nodes, for the nodes that it lists. */
static agl_status write_text(metrics *m, const char *role, agl_error *err) {
    const agl_column *from = agl__run_column(m->run, "nodes", role),
                     *id = agl__run_column(m->run, "nodes", "id");
    if (!from) return agl__run_drop_column(m->nodes, role, err);
    int32_t *code = NULL;
    agl_status status = agl__run_key(&code, m->nodes, role, &from->dict, err);
    if (status != AGL_OK) return status;
    for (int32_t v = 0; v < m->graph.n; v++)
        code[v] = -1;
    for (size_t i = 0; i < agl__run_input(m->run, "nodes")->rows; i++)
        code[m->ids.of[NODE][id->code[i]]] = from->code[i];
    return AGL_OK;
}

static agl_status write_nodes(metrics *m, agl_error *err) {
    int32_t *id = NULL;
    agl_status status = agl__run_output(&m->nodes, m->run, "nodes", (size_t)m->graph.n, err);
    if (status == AGL_OK) status = agl__run_key(&id, m->nodes, "id", &m->ids.dict, err);
    if (status != AGL_OK) return status;
    for (int32_t v = 0; v < m->graph.n; v++)
        id[v] = v;
    status = write_text(m, "name", err);
    if (status == AGL_OK) status = write_text(m, "kind", err);
    for (int k = 0; k < AGL_MEASURES && status == AGL_OK; k++)
        if (!m->wanted[k]) status = agl__run_drop_column(m->nodes, agl__measure_names[k], err);
    if (status == AGL_OK && !m->wanted[AGL_BETWEENNESS])
        status = agl__run_drop_column(m->nodes, "betweenness_se", err);
    return status == AGL_OK ? measure(m, err) : status;
}

static agl_status drop_unknown(metrics *m, agl_table *out, agl_error *err) {
    static const struct {
        agl__measure needs;
        const char *column;
    } columns[] = {{AGL_CLUSTERING, "transitivity"},
                   {AGL_CLUSTERING, "clustering_mean"},
                   {AGL_CLOSENESS, "mean_path"},
                   {AGL_CLOSENESS, "diameter"}};
    agl_status status = AGL_OK;
    for (size_t k = 0; k < sizeof columns / sizeof *columns && status == AGL_OK; k++)
        if (!m->wanted[columns[k].needs]) status = agl__run_drop_column(out, columns[k].column, err);
    if (status == AGL_OK && !m->community) status = agl__run_drop_column(out, "communities", err);
    if (status == AGL_OK && !m->community) status = agl__run_drop_column(out, "modularity", err);
    return status;
}

static agl_status write_network(metrics *m, agl_error *err) {
    agl_network_summary s;
    agl_table *out;
    double modularity = NAN;
    agl_status status = agl_network_summarize(&s, &m->graph, err);
    if (status == AGL_OK) status = agl__run_output(&out, m->run, "network", 1, err);
    if (status == AGL_OK && m->community)
        status = agl_modularity(&modularity, &m->graph, m->community, m->graph.n, 1, err);
    if (status != AGL_OK) return status;
    const struct {
        const char *column;
        double value;
    } values[] = {{"nodes", (double)s.nodes},
                  {"ties", (double)s.ties},
                  {"isolates", (double)s.isolates},
                  {"total_weight", s.total_weight},
                  {"density", s.density},
                  {"mean_degree", s.mean_degree},
                  {"components", s.components},
                  {"largest_share", s.largest_share},
                  {"assortativity", s.assortativity},
                  {"transitivity", m->transitivity},
                  {"clustering_mean", m->clustering_mean},
                  {"communities", m->n_communities},
                  {"modularity", modularity},
                  {"mean_path", m->paths.mean},
                  {"diameter", m->paths.diameter}};
    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        agl__run_num(out, values[k].column)[0] = values[k].value;
    if (s.largest_share < 0.5 && s.nodes > 1)
        agl__run_warn(
            m->run,
            "the network falls apart: its largest component holds %.0f %% of the nodes; compare betweenness, "
            "closeness and eigenvector only within a component",
            100 * s.largest_share);
    return drop_unknown(m, out, err);
}

typedef struct ranked {
    double value;
    int32_t node;
} ranked;

static int by_value(const void *a, const void *b) {
    const ranked *p = a, *q = b;
    if (p->value != q->value) return p->value > q->value ? -1 : 1;
    return (p->node > q->node) - (p->node < q->node);
}

/* shown[v] for the MAP_NODES nodes of highest betweenness, or degree where betweenness was not computed. */
static agl_status choose_shown(uint8_t *shown, const metrics *m, agl_error *err) {
    const double *value = out_column(m, AGL_BETWEENNESS);
    ranked *rank = AGL_NEW(ranked, m->graph.n);
    if (!rank) return agl_fail_memory(err);
    for (int32_t v = 0; v < m->graph.n; v++)
        rank[v] = (ranked){value ? value[v] : (double)agl__degree(&m->graph, v), v};
    qsort(rank, (size_t)m->graph.n, sizeof *rank, by_value);
    for (int32_t i = 0; i < m->graph.n && i < MAP_NODES; i++)
        shown[rank[i].node] = 1;
    free(rank);
    return AGL_OK;
}

/* The ties among the shown nodes; `out` NULL only counts them. */
static size_t shown_ties(agl_table *out, int32_t *source, int32_t *target, const agl_graph *g,
                         const uint8_t *shown) {
    size_t n = 0;
    for (int32_t v = 0; v < g->n; v++)
        for (size_t a = g->offset[v]; shown[v] && a < g->offset[v + 1]; a++) {
            if (g->neighbour[a] < v || !shown[g->neighbour[a]]) continue;
            if (out) {
                source[n] = v;
                target[n] = g->neighbour[a];
                agl__run_num(out, "weight")[n] = agl__arc_weight(g, a);
            }
            n++;
        }
    return n;
}

static agl_status write_map(metrics *m, agl_error *err) {
    uint8_t *shown = AGL_NEW(uint8_t, m->graph.n);
    agl_table *out;
    int32_t *source = NULL, *target = NULL;
    agl_status status = shown ? choose_shown(shown, m, err) : agl_fail_memory(err);
    if (status == AGL_OK)
        status = agl__run_output(&out, m->run, "map", shown_ties(NULL, NULL, NULL, &m->graph, shown), err);
    if (status == AGL_OK) status = agl__run_key(&source, out, "source", &m->ids.dict, err);
    if (status == AGL_OK) status = agl__run_key(&target, out, "target", &m->ids.dict, err);
    if (status == AGL_OK) shown_ties(out, source, target, &m->graph, shown);
    free(shown);
    return status;
}

agl_status agl_op_network_metrics(agl_run *run, agl_error *err) {
    metrics m = {.run = run,
                 .ctx = agl__run_ctx(run),
                 .like_igraph = agl__run_like(run, "igraph"),
                 .like_networkx = agl__run_like(run, "networkx")};
    agl_status status = agl__measures_wanted(m.wanted, run, err);
    if (status == AGL_OK) status = read_graph(&m, err);
    if (status == AGL_OK) status = write_nodes(&m, err);
    if (status == AGL_OK) status = write_network(&m, err);
    if (status == AGL_OK && agl__run_wants(run, "map")) status = write_map(&m, err);
    agl__ids_free(&m.ids);
    agl_graph_free(&m.graph);
    free(m.community);
    return status;
}

#include "agglo/communities.h"
#include "agglo/community.h"
#include "agglo/grouping.h"
#include "base/intern.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/graph/graph.h"
#include "kernel/network/leiden.h"

#include <math.h>
#include <string.h>

enum { MOST_ROUNDS = 12 };

/* R divisions of one graph. */
typedef struct ensemble {
    const agl_graph *graph;
    const agl_communities_options *o;
    const agl_ctx *ctx;
    const double *inner; /* strength within the nodes of `graph`, see agl_leiden_run */
    int stage;       /* 0 = the graph itself, 1.. = rounds of the consensus; keeps the random streams apart */
    int32_t **group; /* runs x n */
    int32_t *k;      /* runs */
} ensemble;

static agl_status run_one(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    ensemble *e = arg;
    agl_leiden_run run = {.resolution = e->o->resolution,
                          .rounds = e->o->rounds,
                          .seed = agl_seed(e->ctx),
                          .replicate = (uint32_t)(e->stage * e->o->runs) + (uint32_t)task,
                          .inner = e->inner};
    return agl__leiden(e->group[task], &e->k[task], e->graph, &run, e->ctx, err);
}

static void free_ensemble(ensemble *e) {
    for (int r = 0; e->group && r < e->o->runs; r++)
        free(e->group[r]);
    free(e->group);
    free(e->k);
}

static agl_status run_all(ensemble *e, const char *what, agl_error *err) {
    if (!e->group) {
        e->group = AGL_NEW(int32_t *, e->o->runs);
        e->k = AGL_NEW(int32_t, e->o->runs);
        bool ok = e->group && e->k;
        for (int r = 0; ok && r < e->o->runs; r++)
            ok = (e->group[r] = AGL_NEW(int32_t, e->graph->n)) != NULL;
        if (!ok) return agl_fail_memory(err);
    }
    return agl__parallel((size_t)e->o->runs, run_one, e, what, e->ctx, err);
}

/* All divisions are the same: groups are numbered by their lowest node, so equal divisions are equal arrays.
 */
static bool all_agree(const ensemble *e) {
    for (int r = 1; r < e->o->runs; r++)
        if (memcmp(e->group[0], e->group[r], (size_t)e->graph->n * sizeof **e->group) != 0) return false;
    return true;
}

static agl_status best_run(int *best, const ensemble *e, const agl_graph *graph, double *modularity,
                           agl_error *err) {
    *best = 0;
    for (int r = 0; r < e->o->runs; r++) {
        agl_status status =
            agl_modularity(&modularity[r], graph, e->group[r], e->k[r], e->o->resolution, err);
        if (status != AGL_OK) return status;
        if (modularity[r] > modularity[*best]) *best = r;
    }
    return AGL_OK;
}

/* ---- cores ------------------------------------------------------------------------------------ */

/* Nodes that are together in every run cannot part any more: they become one node, and the rounds of the
 * consensus are cheap. */
typedef struct cores {
    int32_t n;
    int32_t *of;     /* core of each node */
    agl_graph graph; /* of the cores, weights added up */
    double *inner;   /* n: strength within a core */
} cores;

static void free_cores(cores *c) {
    free(c->of);
    free(c->inner);
    agl_graph_free(&c->graph);
}

typedef struct signature {
    uint64_t hash; /* of the groups of a node in all runs */
    int32_t node;
} signature;

static int by_hash(const void *a, const void *b) {
    const signature *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Numbers the distinct signatures by their lowest node. Two signatures of equal 64-bit hash are taken for
 * one: among 1e6 nodes that happens once in 4e7 networks, and would join two nodes. */
static agl_status find_cores(cores *c, const ensemble *runs, agl_error *err) {
    int32_t n = runs->graph->n;
    signature *s = AGL_NEW(signature, n);
    c->of = AGL_NEW(int32_t, n);
    if (!s || !c->of) {
        free(s);
        return agl_fail_memory(err);
    }
    for (int32_t v = 0; v < n; v++) {
        s[v].node = v;
        for (int r = 0; r < runs->o->runs; r++)
            s[v].hash = agl__hash_mix(s[v].hash, (uint64_t)(uint32_t)runs->group[r][v]);
    }
    qsort(s, (size_t)n, sizeof *s, by_hash);
    for (int32_t i = 0; i < n; i++) /* the first node of equal ones leads */
        c->of[s[i].node] = i > 0 && s[i].hash == s[i - 1].hash ? c->of[s[i - 1].node] : s[i].node;
    for (int32_t v = 0; v < n; v++)
        c->of[v] = c->of[v] == v ? c->n++ : c->of[c->of[v]]; /* leaders have been numbered before */
    free(s);
    return AGL_OK;
}

static agl_status contract_cores(cores *c, const agl_graph *g, agl_error *err) {
    size_t n = 0, most = agl_graph_edges(g);
    int32_t *source = AGL_NEW(int32_t, most), *target = AGL_NEW(int32_t, most);
    double *weight = AGL_NEW(double, most);
    c->inner = AGL_NEW(double, c->n);
    agl_status status = source && target && weight && c->inner ? AGL_OK : agl_fail_memory(err);
    for (int32_t v = 0; status == AGL_OK && v < g->n; v++)
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
            int32_t u = g->neighbour[a];
            if (u < v) continue;
            double w = agl__arc_weight(g, a);
            if (c->of[u] == c->of[v]) {
                c->inner[c->of[v]] += 2 * w;
                continue;
            }
            source[n] = c->of[v];
            target[n] = c->of[u];
            weight[n++] = w;
        }
    if (status == AGL_OK)
        status = agl_graph_from_edges(&c->graph, NULL, c->n, n, source, target, weight, false, err);
    free(source);
    free(target);
    free(weight);
    return status;
}

/* ---- consensus -------------------------------------------------------------------------------- */

/* `out` = `graph` with each tie weighed by the share of the runs in which its ends are together; ties never
 * together vanish. */
static agl_status weigh_ties(agl_graph *out, const agl_graph *graph, int32_t *const *group, int runs,
                             agl_error *err) {
    *out = (agl_graph){.n = graph->n, .offset = AGL_NEW(size_t, (size_t)graph->n + 1)};
    out->neighbour = AGL_NEW(int32_t, graph->arcs);
    out->weight = AGL_NEW(double, graph->arcs);
    if (!out->weight || !out->offset || !out->neighbour) {
        agl_graph_free(out);
        return agl_fail_memory(err);
    }
    for (int32_t v = 0; v < graph->n; v++) {
        for (size_t a = graph->offset[v]; a < graph->offset[v + 1]; a++) {
            int32_t u = graph->neighbour[a];
            int together = 0;
            for (int r = 0; r < runs; r++)
                together += group[r][u] == group[r][v];
            if (together == 0) continue;
            out->neighbour[out->arcs] = u;
            out->weight[out->arcs++] = agl__arc_weight(graph, a) * together / runs;
        }
        out->offset[v + 1] = out->arcs;
    }
    return AGL_OK;
}

/* The first runs as divisions of the cores, which take the place of the runs in the first round. */
static agl_status divisions_of_cores(ensemble *e, const cores *c, const ensemble *runs, agl_error *err) {
    e->group = AGL_NEW(int32_t *, e->o->runs);
    e->k = AGL_NEW(int32_t, e->o->runs);
    if (!e->group || !e->k) return agl_fail_memory(err);
    for (int r = 0; r < e->o->runs; r++) {
        e->group[r] = AGL_NEW(int32_t, c->n);
        if (!e->group[r]) return agl_fail_memory(err);
        e->k[r] = runs->k[r];
        for (int32_t v = 0; v < runs->graph->n; v++)
            e->group[r][c->of[v]] = runs->group[r][v];
    }
    return AGL_OK;
}

/* Runs on togetherness until all agree; *rounds = -1 when they never do. */
static agl_status iterate(ensemble *e, int *rounds, const cores *c, agl_error *err) {
    agl_status status = AGL_OK;
    e->graph = &c->graph;
    *rounds = all_agree(e) ? 0 : -1;
    for (e->stage = 1; status == AGL_OK && *rounds < 0 && e->stage <= MOST_ROUNDS; e->stage++) {
        agl_graph together;
        status = weigh_ties(&together, &c->graph, e->group, e->o->runs, err);
        if (status != AGL_OK) break;
        e->graph = &together;
        status = run_all(e, "consensus", err);
        agl_graph_free(&together);
        e->graph = &c->graph;
        if (status == AGL_OK && all_agree(e)) *rounds = e->stage;
    }
    return status;
}

/* The division of the nodes that a division of their cores stands for. */
static void expand(int32_t *group, const cores *c, const int32_t *of_core, int32_t n) {
    for (int32_t v = 0; v < n; v++)
        group[v] = of_core[c->of[v]];
}

/* Of runs that could not agree, the one of highest modularity. */
static agl_status choose_run(int *chosen, int32_t *group, const agl_graph *graph, const cores *c,
                             const ensemble *e, agl_error *err) {
    double most = -INFINITY;
    for (int r = 0; r < e->o->runs; r++) {
        double modularity;
        expand(group, c, e->group[r], graph->n);
        agl_status status = agl_modularity(&modularity, graph, group, e->k[r], e->o->resolution, err);
        if (status != AGL_OK) return status;
        if (!(modularity > most)) continue;
        most = modularity;
        *chosen = r;
    }
    return AGL_OK;
}

static agl_status find_consensus(agl_communities *out, const agl_graph *graph, const ensemble *runs,
                                 agl_error *err) {
    cores c = {0};
    ensemble e = {.o = runs->o, .ctx = runs->ctx};
    int chosen = 0;
    agl_status status = find_cores(&c, runs, err);
    if (status == AGL_OK) status = contract_cores(&c, graph, err);
    e.inner = c.inner;
    if (status == AGL_OK) status = divisions_of_cores(&e, &c, runs, err);
    if (status == AGL_OK) status = iterate(&e, &out->consensus_rounds, &c, err);
    if (status == AGL_OK && out->consensus_rounds < 0)
        status = choose_run(&chosen, out->community, graph, &c, &e, err);
    if (status == AGL_OK) {
        expand(out->community, &c, e.group[chosen], graph->n);
        out->k = e.k[chosen];
    }
    free_ensemble(&e);
    free_cores(&c);
    return status;
}

/* ---- numbering and stability ------------------------------------------------------------------ */

typedef struct ranked {
    int32_t size, group;
} ranked;

static int by_size(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

static agl_status number_by_size(agl_communities *out, agl_error *err) {
    ranked *rank = AGL_NEW(ranked, out->k);
    int32_t *number = AGL_NEW(int32_t, out->k);
    out->size = AGL_NEW(int32_t, out->k);
    bool ok = rank && number && out->size;
    if (ok) {
        for (int32_t c = 0; c < out->k; c++)
            rank[c].group = c;
        for (int32_t v = 0; v < out->n; v++)
            rank[out->community[v]].size++;
        qsort(rank, (size_t)out->k, sizeof *rank, by_size);
        for (int32_t c = 0; c < out->k; c++) {
            number[rank[c].group] = c;
            out->size[c] = rank[c].size;
        }
        for (int32_t v = 0; v < out->n; v++)
            out->community[v] = number[out->community[v]];
    }
    free(rank);
    free(number);
    return ok ? AGL_OK : agl_fail_memory(err);
}

static double pairs(double n) { return n * (n - 1) / 2; }

typedef struct counting {
    int32_t *member; /* n, by community; start at first[c] */
    size_t *first;   /* k + 1 */
    int32_t *count;  /* n: members of the community at hand in each group of the run */
} counting;

/* Adds the togetherness of one run and sets its agreement. Both stabilities are sums of pairs here. */
static void count_run(agl_communities *out, const counting *c, const int32_t *group, int32_t k, int run) {
    double both = 0, result = 0, own = 0;
    for (int32_t community = 0; community < out->k; community++) {
        double together = 0;
        for (size_t i = c->first[community]; i < c->first[community + 1]; i++)
            together += c->count[group[c->member[i]]]++; /* with those counted before */
        for (size_t i = c->first[community]; i < c->first[community + 1]; i++)
            out->node_stability[c->member[i]] += c->count[group[c->member[i]]] - 1;
        for (size_t i = c->first[community]; i < c->first[community + 1]; i++)
            c->count[group[c->member[i]]] = 0;
        out->stability[community] += together;
        both += together;
        result += pairs(out->size[community]);
    }
    for (int32_t v = 0; v < out->n; v++)
        own += c->count[group[v]]++;
    memset(c->count, 0, (size_t)k * sizeof *c->count);
    double rand = agl_adjusted_rand_of(both, result, own, pairs(out->n));
    out->run_agreement[run] = isnan(rand) ? 1 : rand; /* both are one community, or all nodes apart */
}

static agl_status measure_stability(agl_communities *out, const ensemble *runs, agl_error *err) {
    counting c = {.member = AGL_NEW(int32_t, out->n),
                  .first = AGL_NEW(size_t, (size_t)out->k + 1),
                  .count = AGL_NEW(int32_t, out->n)};
    out->node_stability = AGL_NEW(double, out->n);
    out->stability = AGL_NEW(double, out->k);
    out->run_agreement = AGL_NEW(double, out->runs);
    bool ok = c.member && c.first && c.count && out->node_stability && out->stability && out->run_agreement;
    if (ok) {
        for (int32_t k = 0; k < out->k; k++)
            c.first[k + 1] = c.first[k] + (size_t)out->size[k];
        for (int32_t v = 0; v < out->n; v++)
            c.member[c.first[out->community[v]] + (size_t)c.count[out->community[v]]++] = v;
        memset(c.count, 0, (size_t)out->n * sizeof *c.count);
        for (int r = 0; r < out->runs; r++)
            count_run(out, &c, runs->group[r], runs->k[r], r);
        for (int32_t k = 0; k < out->k; k++)
            out->stability[k] =
                out->size[k] > 1 ? out->stability[k] / (out->runs * pairs(out->size[k])) : NAN;
        for (int32_t v = 0; v < out->n; v++) {
            double others = out->size[out->community[v]] - 1;
            out->node_stability[v] = others > 0 ? out->node_stability[v] / (out->runs * others) : NAN;
        }
    }
    free(c.member);
    free(c.first);
    free(c.count);
    return ok ? AGL_OK : agl_fail_memory(err);
}

/* ---- the whole -------------------------------------------------------------------------------- */

static agl_status divide(agl_communities *out, const agl_graph *graph, ensemble *runs, agl_error *err) {
    int best = 0;
    agl_status status = run_all(runs, "finding communities", err);
    if (status == AGL_OK) status = best_run(&best, runs, graph, out->run_modularity, err);
    if (status != AGL_OK) return status;
    memcpy(out->run_k, runs->k, (size_t)out->runs * sizeof *out->run_k);
    if (runs->o->best) {
        memcpy(out->community, runs->group[best], (size_t)out->n * sizeof *out->community);
        out->k = runs->k[best];
    } else {
        status = find_consensus(out, graph, runs, err);
    }
    if (status == AGL_OK) status = number_by_size(out, err);
    if (status == AGL_OK) status = measure_stability(out, runs, err);
    if (status == AGL_OK)
        status = agl_modularity(&out->modularity, graph, out->community, out->k, runs->o->resolution, err);
    return status;
}

agl_status agl_find_communities(agl_communities *out, const agl_graph *graph,
                                const agl_communities_options *options, const agl_ctx *ctx, agl_error *err) {
    static const agl_communities_options defaults = AGL_COMMUNITIES_OPTIONS_INIT;
    const agl_communities_options *o = options ? options : &defaults;
    if (graph->directed)
        return agl_fail(err, AGL_EDATA,
                        "communities are found in undirected ties: make the graph undirected first");
    if (!(o->resolution > 0 && isfinite(o->resolution)))
        return agl_fail(err, AGL_EUSAGE, "resolution %g: give a number above 0", o->resolution);
    if (o->runs < 1 || o->rounds < 1)
        return agl_fail(err, AGL_EUSAGE, "at least one run of one round is needed");
    *out = (agl_communities){.n = graph->n, .runs = o->runs};
    out->community = AGL_NEW(int32_t, graph->n);
    out->run_modularity = AGL_NEW(double, o->runs);
    out->run_k = AGL_NEW(int32_t, o->runs);
    ensemble runs = {.graph = graph, .o = o, .ctx = ctx};
    agl_status status = out->community && out->run_modularity && out->run_k ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = divide(out, graph, &runs, err);
    free_ensemble(&runs);
    if (status != AGL_OK) agl_communities_free(out);
    return status;
}

void agl_communities_free(agl_communities *communities) {
    free(communities->community);
    free(communities->size);
    free(communities->node_stability);
    free(communities->stability);
    free(communities->run_modularity);
    free(communities->run_k);
    free(communities->run_agreement);
    *communities = (agl_communities){0};
}

#include "base/mem.h"
#include "kernel/geo/points.h"
#include "kernel/graph/graph.h"
#include "op/fixed.h"
#include "op/network/hubs.h"

#include <math.h>
#include <string.h>

#define ALL_NODES   2000  /* networks up to this size: every node is a candidate */
#define CANDIDATES  300   /* beyond: the nodes of most partners */
#define MAX_PAIRS   1.5e8 /* distances kept: 1.2 GB */
#define UNREACHABLE 2     /* times the largest distance */

static size_t row_of(const agl__hub_input *h, size_t v) { return h->in.node_row[v]; }

/* ---- nodes -------------------------------------------------------------------------------------- */

static agl_status read_sizes(agl__hub_input *h, agl_error *err) {
    const agl_column *size = agl__run_column(h->run, "nodes", "size");
    size_t unknown = 0;
    h->size = AGL_NEW(double, h->n);
    if (!h->size) return agl_fail_memory(err);
    for (size_t v = 0; v < h->n; v++) {
        double w = !size ? 1 : row_of(h, v) == SIZE_MAX ? (double)NAN : size->num[row_of(h, v)];
        unknown += isnan(w);
        h->size[v] = isnan(w) ? 0 : w;
        h->demand += h->size[v];
    }
    if (unknown > 0)
        agl__run_warn(h->run, "%zu nodes have no size; they can be hubs, but count as no demand", unknown);
    if (!(h->demand > 0)) return agl_fail(err, AGL_EDATA, "there is no demand: every node has size 0");
    return AGL_OK;
}

static agl_status read_places(agl__hub_input *h, agl_error *err) {
    const agl_column *lon = agl__run_column(h->run, "nodes", "lon"),
                     *lat = agl__run_column(h->run, "nodes", "lat");
    if (!lon || !lat)
        return h->km ? agl_fail(err, AGL_EUSAGE,
                                "--distance km needs --nodes with the roles lon and lat; see --col")
                     : AGL_OK;
    h->place = AGL_NEW(double, 2 * h->n);
    if (!h->place) return agl_fail_memory(err);
    size_t unknown = 0;
    for (size_t v = 0; v < h->n; v++) {
        size_t row = row_of(h, v);
        bool known = row != SIZE_MAX && !isnan(lon->num[row]) && !isnan(lat->num[row]);
        h->place[v] = known ? lon->num[row] : (double)NAN;
        h->place[h->n + v] = known ? lat->num[row] : (double)NAN;
        unknown += !known;
    }
    if (unknown > 0 && h->km)
        agl__run_warn(h->run,
                      "%zu nodes have no position; they cannot be hubs, and their demand is not served",
                      unknown);
    return AGL_OK;
}

/* Marks the codes named in the comma-separated list. AGL_EUSAGE for a word that is no code. */
static agl_status mark_kinds(uint8_t *marked, const agl_dict *kinds, const char *list, agl_error *err) {
    while (*list) {
        size_t length = strcspn(list, ","), skip = strspn(list, " ");
        if (skip < length) {
            const char *word = list + skip;
            size_t n = length - skip, k = 0;
            while (n > 0 && word[n - 1] == ' ')
                n--;
            while (k < kinds->n && (strncmp(kinds->text[k], word, n) != 0 || kinds->text[k][n] != '\0'))
                k++;
            if (k == kinds->n)
                return agl_fail(err, AGL_EDATA, "no node is of the kind '%.*s' that --site-kinds names",
                                (int)n, word);
            marked[k] = 1;
        }
        list += length + (list[length] == ',');
    }
    return AGL_OK;
}

static agl_status by_kind(agl__hub_input *h, agl_error *err) {
    const char *list = agl__run_text(h->run, "site-kinds");
    int32_t *kind = NULL;
    const agl_dict *kinds;
    if (!list) return AGL_OK;
    agl_status status = agl__node_codes(&kind, &kinds, &h->in, "kind", err);
    if (status != AGL_OK) return status;
    if (!kind)
        return agl_fail(err, AGL_EUSAGE,
                        "--site-kinds needs --nodes with the role kind; see --col nodes.kind=COLUMN");
    uint8_t *marked = AGL_NEW(uint8_t, kinds->n);
    status = marked ? mark_kinds(marked, kinds, list, err) : agl_fail_memory(err);
    for (size_t v = 0; status == AGL_OK && v < h->n; v++)
        if (kind[v] < 0 || !marked[kind[v]]) h->allowed[v] = 0;
    free(marked);
    free(kind);
    return status;
}

/* in or out, as the role `fixed` says; sites that are open already stay, whatever their kind. */
static agl_status by_rule(int8_t *rule, agl__hub_input *h, agl_error *err) {
    const agl_column *fixed = agl__run_column(h->run, "nodes", "fixed");
    for (size_t v = 0; fixed && v < h->n; v++) {
        if (row_of(h, v) == SIZE_MAX) continue;
        agl_status status = agl__fixed_of(&rule[v], h->run, "nodes", fixed, row_of(h, v), err);
        if (status != AGL_OK) return status;
        if (rule[v] == 0) continue;
        h->allowed[v] = rule[v] > 0;
        if (rule[v] > 0 && h->km && isnan(h->place[v]))
            return agl__run_fail_row(h->run, "nodes", row_of(h, v), "lon", err,
                                     "a hub that is open already has no position");
    }
    return AGL_OK;
}

/* ---- candidates --------------------------------------------------------------------------------- */

typedef struct ranked {
    bool fixed;
    size_t degree;
    int32_t node;
} ranked;

static int by_degree(const void *a, const void *b) {
    const ranked *p = a, *q = b;
    if (p->fixed != q->fixed) return p->fixed ? -1 : 1;
    if (p->degree != q->degree) return p->degree > q->degree ? -1 : 1;
    return (p->node > q->node) - (p->node < q->node);
}

static int by_node(const void *a, const void *b) {
    const ranked *p = a, *q = b;
    return (p->node > q->node) - (p->node < q->node);
}

static agl_status read_costs(agl__hub_input *h, agl_error *err) {
    const agl_column *cost = agl__run_column(h->run, "nodes", "cost");
    for (size_t j = 0; j < h->n_sites; j++) {
        size_t v = (size_t)h->site[j], row = row_of(h, v);
        h->cost[j] = !cost ? 1 : row == SIZE_MAX ? (double)NAN : cost->num[row];
        if (isnan(h->cost[j]))
            return agl_fail(
                err, AGL_EDATA,
                "node %s could be a hub but has no cost; give one, or mark it 'out' in the role fixed",
                h->in.ids.dict.text[v]);
    }
    return AGL_OK;
}

static agl_status choose_sites(agl__hub_input *h, const int8_t *rule, agl_error *err) {
    ranked *r = AGL_NEW(ranked, h->n);
    if (!r) return agl_fail_memory(err);
    size_t n = 0, most = h->n <= ALL_NODES ? h->n : CANDIDATES;
    int64_t asked = agl__run_integer(h->run, "candidates");
    if (asked > 0) most = (size_t)asked;
    for (int32_t v = 0; v < h->in.graph.n; v++)
        if (h->allowed[v]) r[n++] = (ranked){rule[v] > 0, agl__degree(&h->in.graph, v), v};
    qsort(r, n, sizeof *r, by_degree);
    if (n > most)
        agl__run_warn(
            h->run,
            "of the %zu nodes that could be hubs the %zu with most partners were considered; the bound holds "
            "for these (--candidates takes more)",
            n, most);
    h->n_sites = n < most ? n : most;
    qsort(r, h->n_sites, sizeof *r, by_node);
    h->site = AGL_NEW(int32_t, h->n_sites);
    h->fixed = AGL_NEW(int8_t, h->n_sites);
    h->cost = AGL_NEW(double, h->n_sites);
    bool ok = h->site && h->fixed && h->cost;
    for (size_t j = 0; ok && j < h->n_sites; j++) {
        h->site[j] = r[j].node;
        h->fixed[j] = rule[r[j].node];
    }
    free(r);
    if (!ok) return agl_fail_memory(err);
    return h->n_sites > 0 ? read_costs(h, err) : agl_fail(err, AGL_EDATA, "no node can be a hub");
}

/* ---- distances ---------------------------------------------------------------------------------- */

/* Length of each arc: the shortest of the rows that name the pair. */
static agl_status read_lengths(double **length, const agl__hub_input *h, agl_error *err) {
    const agl_table *edges = agl__run_input(h->run, "edges");
    const agl_column *l = agl_table_column(edges, "length"), *from = agl_table_column(edges, "source");
    const agl_column *to = agl_table_column(edges, "target");
    const agl_graph *g = &h->in.graph;
    if (!l)
        return agl_fail(err, AGL_EUSAGE,
                        "--distance length needs the role length of the edges; give --col length=COLUMN");
    *length = AGL_NEW(double, g->arcs);
    if (!*length) return agl_fail_memory(err);
    for (size_t a = 0; a < g->arcs; a++)
        (*length)[a] = INFINITY;
    for (size_t i = 0; i < edges->rows; i++) {
        if (from->code[i] < 0 || to->code[i] < 0) continue;
        int32_t ends[] = {h->in.ids.of[0][from->code[i]], h->in.ids.of[1][to->code[i]]};
        if (isnan(l->num[i]) || l->num[i] < 0)
            return agl__run_fail_row(h->run, "edges", i, "length", err,
                                     isnan(l->num[i]) ? "the length is missing" : "negative length %g",
                                     l->num[i]);
        for (int k = 0; k < 2; k++) {
            size_t a = ends[0] == ends[1] ? SIZE_MAX : agl__find_arc(g, ends[k], ends[1 - k]);
            if (a != SIZE_MAX && l->num[i] < (*length)[a]) (*length)[a] = l->num[i];
        }
    }
    return AGL_OK;
}

/* Great circles; NaN where a position is missing. */
static agl_status measure_km(agl__hub_input *h, agl_error *err) {
    double *at = AGL_NEW(double, 2 * h->n);
    if (!at) return agl_fail_memory(err);
    for (size_t k = 0; k < 2 * h->n; k++)
        at[k] = isnan(h->place[k]) ? 0 : h->place[k];
    agl_points points = {0};
    agl_status status = agl_points_sphere(&points, at, at + h->n, h->n, err);
    for (size_t v = 0; status == AGL_OK && v < h->n; v++)
        for (size_t j = 0; j < h->n_sites; j++)
            h->distance[v * h->n_sites + j] =
                isnan(h->place[v])
                    ? (double)NAN
                    : agl__distance_of_chord(AGL_SPHERE,
                                             sqrt(agl__chord2(&points, v, &points, (size_t)h->site[j])));
    agl_points_free(&points);
    free(at);
    return status;
}

static agl_status measure(agl__hub_input *h, agl_error *err) {
    double *length = NULL;
    agl_status status = AGL_OK;
    if ((double)h->n * (double)h->n_sites > MAX_PAIRS)
        return agl_fail(err, AGL_EUSAGE,
                        "%zu nodes and %zu candidates are too many pairs; lower --candidates", h->n,
                        h->n_sites);
    h->distance = AGL_NEW(double, h->n * h->n_sites);
    if (!h->distance) return agl_fail_memory(err);
    if (h->km) {
        status = measure_km(h, err);
    } else {
        if (agl__run_is(h->run, "distance", "length")) status = read_lengths(&length, h, err);
        if (status == AGL_OK)
            status = agl_path_distances(h->distance, &h->in.graph, length, h->site, (int32_t)h->n_sites,
                                        agl__run_ctx(h->run), err);
    }
    free(length);
    for (size_t k = 0; status == AGL_OK && k < h->n * h->n_sites; k++)
        if (h->distance[k] > h->farthest) h->farthest = h->distance[k];
    double asked = agl__run_number(h->run, "unreachable");
    h->unreachable = !isnan(asked) ? asked : h->farthest > 0 ? UNREACHABLE * h->farthest : 1;
    return status;
}

/* Demand, positions and the nodes that may be hubs: rule[v] = 1 for those that are open already. */
static agl_status read_nodes(agl__hub_input *h, int8_t *rule, agl_error *err) {
    agl_status status = read_sizes(h, err);
    if (status == AGL_OK) status = read_places(h, err);
    for (size_t v = 0; status == AGL_OK && v < h->n; v++)
        h->allowed[v] = !h->km || !isnan(h->place[v]);
    if (status == AGL_OK) status = by_kind(h, err);
    return status == AGL_OK ? by_rule(rule, h, err) : status;
}

agl_status agl__hub_input_new(agl__hub_input *out, agl_run *run, agl_error *err) {
    *out = (agl__hub_input){.run = run,
                            .key_player = agl__run_is(run, "objective", "key-player"),
                            .cover = agl__run_is(run, "objective", "coverage")};
    agl_status status = agl__edge_input_new(&out->in, run, "edges", false, err);
    if (status != AGL_OK) return status;
    out->n = (size_t)out->in.graph.n;
    out->km = agl__run_is(run, "distance", "km") && !out->key_player;
    out->allowed = AGL_NEW(uint8_t, out->n);
    int8_t *rule = AGL_NEW(int8_t, out->n);
    status = out->allowed && rule ? read_nodes(out, rule, err) : agl_fail_memory(err);
    if (status == AGL_OK && !out->key_player) status = choose_sites(out, rule, err);
    if (status == AGL_OK && !out->key_player) status = measure(out, err);
    free(rule);
    if (status != AGL_OK) agl__hub_input_free(out);
    return status;
}

void agl__hub_input_free(agl__hub_input *h) {
    agl__edge_input_free(&h->in);
    free(h->size);
    free(h->cost);
    free(h->site);
    free(h->fixed);
    free(h->allowed);
    free(h->distance);
    free(h->place);
    *h = (agl__hub_input){0};
}

#include "agglo/communities.h"
#include "agglo/backbone.h"
#include "base/mem.h"
#include "kernel/graph/graph.h"
#include "op/network/edge_input.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ATTRIBUTES = 3, NAMED = 3 };
static const char *const attribute[ATTRIBUTES] = {"kind", "region", "topic"};
static const char *const main_column[ATTRIBUTES] = {"main_kind", "main_region", "main_topic"};

/* What the op works on. Communities of one node are left out of the outputs: k counts the others. */
typedef struct state {
    agl_run *run;
    agl__edge_input in;
    agl_communities found;
    int32_t k;
    double *inside;             /* n: strength within the community */
    double *strength;           /* n */
    int32_t *value[ATTRIBUTES]; /* n codes; NULL when not given */
    const agl_dict *dict[ATTRIBUTES];
} state;

static bool is_alone(const state *s, int32_t v) { return s->found.community[v] >= s->k; }

static agl_status prepare(state *s, agl_error *err) {
    const agl_graph *g = &s->in.graph;
    s->inside = AGL_NEW(double, g->n);
    s->strength = AGL_NEW(double, g->n);
    if (!s->inside || !s->strength) return agl_fail_memory(err);
    agl__strength(s->strength, g);
    for (int32_t v = 0; v < g->n; v++)
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            if (s->found.community[g->neighbour[a]] == s->found.community[v])
                s->inside[v] += agl__arc_weight(g, a);
    while (s->k < s->found.k && s->found.size[s->k] > 1)
        s->k++;
    agl_status status = AGL_OK;
    for (int a = 0; a < ATTRIBUTES && status == AGL_OK; a++)
        status = agl__node_codes(&s->value[a], &s->dict[a], &s->in, attribute[a], err);
    for (int a = 0; a < ATTRIBUTES && status == AGL_OK; a++)
        for (int32_t v = 0; s->value[a] && v < g->n; v++)
            if (is_alone(s, v))
                s->value[a][v] = -1; /* profiles compare with the network, not with who is outside it */
    return status;
}

/* ---- nodes ------------------------------------------------------------------------------------ */

static agl_status write_nodes(state *s, agl_error *err) {
    agl_table *out;
    int32_t *id;
    int32_t n = s->in.graph.n;
    agl_status status = agl__run_output(&out, s->run, "nodes", (size_t)n, err);
    if (status == AGL_OK) status = agl__run_key(&id, out, "id", &s->in.ids.dict, err);
    if (status == AGL_OK) status = agl__write_node_role(out, "name", &s->in, "name", err);
    for (int a = 0; a < ATTRIBUTES && status == AGL_OK; a++)
        status = agl__write_node_role(out, attribute[a], &s->in, attribute[a], err);
    if (status != AGL_OK) return status;
    for (int32_t v = 0; v < n; v++) {
        bool alone = is_alone(s, v);
        id[v] = v;
        agl__run_num(out, "community")[v] = alone ? (double)NAN : s->found.community[v] + 1;
        agl__run_num(out, "stability")[v] = alone ? (double)NAN : s->found.node_stability[v];
        agl__run_num(out, "inside_share")[v] =
            s->strength[v] > 0 ? s->inside[v] / s->strength[v] : (double)NAN;
        agl__run_num(out, "strength")[v] = s->strength[v];
    }
    return AGL_OK;
}

/* ---- communities ------------------------------------------------------------------------------ */

/* Ties within and weights within and out of each community. */
static void add_up(const state *s, double *ties, double *inside, double *outside) {
    const agl_graph *g = &s->in.graph;
    for (int32_t v = 0; v < g->n; v++) {
        int32_t c = s->found.community[v];
        if (c >= s->k) continue;
        inside[c] += s->inside[v] / 2; /* seen from both ends */
        outside[c] += s->strength[v] - s->inside[v];
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++)
            ties[c] += g->neighbour[a] > v && s->found.community[g->neighbour[a]] == c;
    }
}

typedef struct ranked {
    double value;
    int32_t node, community;
} ranked;

static int by_community(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->community != y->community) return x->community < y->community ? -1 : 1;
    if (x->value != y->value) return x->value > y->value ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static const char *name_of(const state *s, int32_t v) {
    size_t row = s->in.node_row[v];
    const agl_column *name = s->in.nodes ? agl_table_column(s->in.nodes, "name") : NULL;
    const char *text = name && row != SIZE_MAX ? agl_column_text(name, row) : NULL;
    return text ? text : s->in.ids.dict.text[v];
}

/* "A; B; C": the members with most weight inside each community. The caller frees the k texts. */
static agl_status name_members(char **text, const state *s, agl_error *err) {
    int32_t n = s->in.graph.n;
    ranked *rank = AGL_NEW(ranked, n);
    if (!rank) return agl_fail_memory(err);
    for (int32_t v = 0; v < n; v++)
        rank[v] = (ranked){s->inside[v], v, s->found.community[v]};
    qsort(rank, (size_t)n, sizeof *rank, by_community);
    bool ok = true;
    for (int32_t c = 0, at = 0; ok && c < s->k; at += s->found.size[c++]) {
        size_t length = 1;
        int32_t named = s->found.size[c] < NAMED ? s->found.size[c] : NAMED;
        for (int32_t i = 0; i < named; i++)
            length += strlen(name_of(s, rank[at + i].node)) + 2;
        ok = (text[c] = AGL_NEW(char, length)) != NULL;
        for (int32_t i = 0; ok && i < named; i++) {
            if (i > 0) strcat(text[c], "; ");
            strcat(text[c], name_of(s, rank[at + i].node));
        }
    }
    free(rank);
    return ok ? AGL_OK : agl_fail_memory(err);
}

typedef struct text_at {
    const char *text;
    int32_t at;
} text_at;

static int by_text(const void *a, const void *b) {
    const text_at *x = a, *y = b;
    return strcmp(x->text, y->text);
}

static agl_status write_members(agl_table *out, const state *s, agl_error *err) {
    char **text = AGL_NEW(char *, s->k);
    text_at *order = AGL_NEW(text_at, s->k);
    const char **sorted = AGL_NEW(const char *, s->k);
    agl_status status = text && order && sorted ? name_members(text, s, err) : agl_fail_memory(err);
    if (status == AGL_OK) {
        agl_column *column = agl_table_column_mut(out, "members");
        size_t distinct = 0;
        for (int32_t c = 0; c < s->k; c++)
            order[c] = (text_at){text[c], c};
        qsort(order, (size_t)s->k, sizeof *order, by_text);
        for (int32_t c = 0; c < s->k; c++) {
            if (c == 0 || strcmp(order[c - 1].text, order[c].text) != 0) sorted[distinct++] = order[c].text;
            column->code[order[c].at] = (int32_t)distinct - 1;
        }
        status = agl_dict_set(&column->dict, sorted, distinct, err);
    }
    for (int32_t c = 0; text && c < s->k; c++)
        free(text[c]);
    free(text);
    free(order);
    free(sorted);
    return status;
}

/* The most frequent value of an attribute in each community. */
static agl_status write_main(agl_table *out, const state *s, int a, agl_error *err) {
    if (!s->value[a]) return agl__run_drop_column(out, main_column[a], err);
    int32_t *code;
    agl_profile_row *rows = NULL;
    size_t n = 0;
    agl_status status = agl__run_key(&code, out, main_column[a], s->dict[a], err);
    if (status == AGL_OK)
        status = agl_community_profile(&rows, &n, s->in.graph.n, s->found.community, s->found.k, s->value[a],
                                       (int32_t)s->dict[a]->n, 1, err);
    if (status != AGL_OK) return status;
    int32_t *most = AGL_NEW(int32_t, s->k);
    for (int32_t c = 0; c < s->k; c++)
        code[c] = -1;
    for (size_t i = 0; most && i < n; i++) {
        int32_t c = rows[i].community;
        if (c >= s->k || rows[i].actors <= most[c]) continue; /* of equals the first in the alphabet */
        most[c] = rows[i].actors;
        code[c] = rows[i].value;
    }
    status = most ? AGL_OK : agl_fail_memory(err);
    free(most);
    free(rows);
    return status;
}

static agl_status write_communities(state *s, agl_error *err) {
    agl_table *out;
    double *ties = AGL_NEW(double, s->k), *inside = AGL_NEW(double, s->k), *outside = AGL_NEW(double, s->k);
    agl_status status = ties && inside && outside ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__run_output(&out, s->run, "communities", (size_t)s->k, err);
    if (status == AGL_OK) {
        add_up(s, ties, inside, outside);
        for (int32_t c = 0; c < s->k; c++) {
            double size = s->found.size[c];
            agl__run_num(out, "community")[c] = c + 1;
            agl__run_num(out, "size")[c] = size;
            agl__run_num(out, "stability")[c] = s->found.stability[c];
            agl__run_num(out, "ties")[c] = ties[c];
            agl__run_num(out, "density")[c] = ties[c] / (size * (size - 1) / 2);
            agl__run_num(out, "weight_inside")[c] = inside[c];
            agl__run_num(out, "weight_outside")[c] = outside[c];
            agl__run_num(out, "inside_share")[c] = 2 * inside[c] / (2 * inside[c] + outside[c]);
        }
        for (int a = 0; a < ATTRIBUTES && status == AGL_OK; a++)
            status = write_main(out, s, a, err);
        if (status == AGL_OK) status = write_members(out, s, err);
    }
    free(ties);
    free(inside);
    free(outside);
    return status;
}

/* ---- profile ---------------------------------------------------------------------------------- */

/* One dictionary of the values of all attributes, sorted; of[a][code] is the place of a value in it. */
typedef struct profile {
    agl_profile_row *rows[ATTRIBUTES];
    size_t n[ATTRIBUTES], total;
    agl__ids values;
} profile;

static agl_status make_profile(profile *p, const state *s, agl_error *err) {
    const agl_column *columns[ATTRIBUTES];
    size_t rows[ATTRIBUTES];
    agl_status status = AGL_OK;
    int32_t min_size = (int32_t)agl__run_integer(s->run, "min-size");
    for (int a = 0; a < ATTRIBUTES && status == AGL_OK; a++) {
        columns[a] = s->value[a] ? agl_table_column(s->in.nodes, attribute[a]) : NULL;
        rows[a] = columns[a] ? s->in.nodes->rows : 0;
        if (!columns[a]) continue;
        status = agl_community_profile(&p->rows[a], &p->n[a], s->in.graph.n, s->found.community, s->found.k,
                                       s->value[a], (int32_t)s->dict[a]->n, min_size, err);
        p->total += p->n[a];
    }
    return status == AGL_OK ? agl__ids_new(&p->values, columns, rows, ATTRIBUTES, err) : status;
}

typedef struct place {
    int a;
    size_t row;
} place;

/* Rows in the order community, attribute, value: the attributes are in the order of the alphabet, as are the
 * values. */
static size_t order_rows(place *order, const profile *p, int32_t k) {
    size_t next[ATTRIBUTES] = {0}, used = 0;
    for (int32_t c = 0; c < k; c++)
        for (int a = 0; a < ATTRIBUTES; a++)
            for (; next[a] < p->n[a] && p->rows[a][next[a]].community == c; next[a]++)
                order[used++] = (place){a, next[a]};
    return used;
}

static agl_status fill_profile(agl_table *out, const profile *p, const place *order, size_t n,
                               agl_error *err) {
    static const agl_dict attributes = {.n = ATTRIBUTES, .text = (char **)(uintptr_t)attribute};
    int32_t *which, *value;
    double *pv = agl__run_num(out, "p_value"), *qv = agl__run_num(out, "q_value");
    agl_status status = agl__run_key(&which, out, "attribute", &attributes, err);
    if (status == AGL_OK) status = agl__run_key(&value, out, "value", &p->values.dict, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < n; i++) {
        const agl_profile_row *row = &p->rows[order[i].a][order[i].row];
        which[i] = order[i].a;
        value[i] = p->values.of[order[i].a][row->value];
        agl__run_num(out, "community")[i] = row->community + 1;
        agl__run_num(out, "actors")[i] = row->actors;
        agl__run_num(out, "share")[i] = row->share;
        agl__run_num(out, "share_all")[i] = row->share_all;
        agl__run_num(out, "ratio")[i] = row->share / row->share_all;
        pv[i] = row->p;
    }
    return agl_false_discovery(qv, pv, n, (double)n, err);
}

static agl_status write_profile(state *s, agl_error *err) {
    if (!s->value[0] && !s->value[1] && !s->value[2]) return AGL_OK;
    profile p = {0};
    agl_table *out;
    agl_status status = make_profile(&p, s, err);
    place *order = status == AGL_OK ? AGL_NEW(place, p.total) : NULL;
    if (status == AGL_OK && !order) status = agl_fail_memory(err);
    if (status == AGL_OK) {
        size_t n = order_rows(order, &p, s->k);
        status = agl__run_output(&out, s->run, "profile", n, err);
        if (status == AGL_OK) status = fill_profile(out, &p, order, n, err);
    }
    free(order);
    for (int a = 0; a < ATTRIBUTES; a++)
        free(p.rows[a]);
    agl__ids_free(&p.values);
    return status;
}

/* ---- links between communities, runs, summary ------------------------------------------------- */

/* The ties between communities as a graph of the communities. */
static agl_status contract_communities(agl_graph *links, const state *s, agl_error *err) {
    const agl_graph *g = &s->in.graph;
    size_t n = 0, most = agl_graph_edges(g);
    int32_t *a = AGL_NEW(int32_t, most), *b = AGL_NEW(int32_t, most);
    double *w = AGL_NEW(double, most);
    agl_status status = a && b && w ? AGL_OK : agl_fail_memory(err);
    for (int32_t v = 0; status == AGL_OK && v < g->n; v++)
        for (size_t e = g->offset[v]; e < g->offset[v + 1]; e++) {
            int32_t c = s->found.community[v], d = s->found.community[g->neighbour[e]];
            if (g->neighbour[e] < v || c == d) continue;
            a[n] = c;
            b[n] = d;
            w[n++] = agl__arc_weight(g, e);
        }
    if (status == AGL_OK) status = agl_graph_from_edges(links, NULL, s->found.k, n, a, b, w, false, err);
    free(a);
    free(b);
    free(w);
    return status;
}

static agl_status write_links(state *s, agl_error *err) {
    agl_graph links = {0};
    agl_table *out;
    double *total = AGL_NEW(double, s->found.k), all = 0;
    agl_status status = total ? contract_communities(&links, s, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__run_output(&out, s->run, "links", agl_graph_edges(&links), err);
    for (int32_t v = 0; status == AGL_OK && v < s->in.graph.n; v++) {
        total[s->found.community[v]] += s->strength[v];
        all += s->strength[v];
    }
    for (int32_t c = 0, row = 0; status == AGL_OK && c < links.n; c++)
        for (size_t e = links.offset[c]; e < links.offset[c + 1]; e++) {
            int32_t d = links.neighbour[e];
            if (d < c) continue;
            agl__run_num(out, "community_a")[row] = c + 1;
            agl__run_num(out, "community_b")[row] = d + 1;
            agl__run_num(out, "weight")[row] = links.weight[e];
            agl__run_num(out, "ratio")[row++] = links.weight[e] * all / (total[c] * total[d]);
        }
    agl_graph_free(&links);
    free(total);
    return status;
}

static agl_status write_runs(state *s, agl_error *err) {
    agl_table *out;
    agl_status status = agl__run_output(&out, s->run, "runs", (size_t)s->found.runs, err);
    if (status != AGL_OK) return status;
    size_t isolates = 0; /* a run counts them as communities */
    for (int32_t v = 0; v < s->in.graph.n; v++)
        isolates += agl__degree(&s->in.graph, v) == 0;
    for (int r = 0; r < s->found.runs; r++) {
        agl__run_num(out, "run")[r] = r + 1;
        agl__run_num(out, "communities")[r] = s->found.run_k[r] - (double)isolates;
        agl__run_num(out, "modularity")[r] = s->found.run_modularity[r];
        agl__run_num(out, "agreement")[r] = s->found.run_agreement[r];
    }
    return AGL_OK;
}

static agl_status write_summary(state *s, agl_error *err) {
    agl_table *out;
    agl_status status = agl__run_output(&out, s->run, "summary", 1, err);
    if (status != AGL_OK) return status;
    double best = NAN, agreement = 0, together = 0, possible = 0;
    for (int r = 0; r < s->found.runs; r++) {
        best = fmax(best, s->found.run_modularity[r]); /* NaN yields to a number */
        agreement += s->found.run_agreement[r] / s->found.runs;
    }
    for (int32_t c = 0; c < s->k; c++) {
        double pairs = s->found.size[c] * (s->found.size[c] - 1.0) / 2;
        together += s->found.stability[c] * pairs;
        possible += pairs;
    }
    const struct {
        const char *column;
        double value;
    } values[] = {
        {"resolution", agl__run_number(s->run, "resolution")},
        {"communities", s->k},
        {"alone", (double)(s->found.k - s->k)},
        {"modularity", s->found.modularity},
        {"best_modularity", best},
        {"stability", possible > 0 ? together / possible : NAN},
        {"agreement", agreement},
        {"runs", s->found.runs},
        {"consensus_rounds", s->found.consensus_rounds < 0 ? (double)NAN : s->found.consensus_rounds}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        agl__run_num(out, values[i].column)[0] = values[i].value;
    if (s->found.consensus_rounds < 0)
        agl__run_warn(s->run,
                      "the runs did not agree on one division; the one of highest modularity was taken");
    if (possible > 0 && together / possible < 0.5)
        agl__run_warn(s->run, "less than half of the pairs stay together from run to run: the communities "
                              "are not well defined");
    return AGL_OK;
}

agl_status agl_op_network_communities(agl_run *run, agl_error *err);

agl_status agl_op_network_communities(agl_run *run, agl_error *err) {
    static agl_status (*const writers[])(state *, agl_error *) = {
        write_nodes, write_communities, write_profile, write_links, write_runs, write_summary};
    static const char *const tables[] = {"nodes", "communities", "profile", "links", "runs", "summary"};
    state s = {.run = run};
    agl_communities_options o = AGL_COMMUNITIES_OPTIONS_INIT;
    o.resolution = agl__run_number(run, "resolution");
    o.runs = (int)agl__run_integer(run, "runs");
    o.best = agl__run_is(run, "choose", "best");
    agl_status status = agl__edge_input_new(&s.in, run, "edges", false, err);
    if (status == AGL_OK) status = agl_find_communities(&s.found, &s.in.graph, &o, agl__run_ctx(run), err);
    if (status == AGL_OK) status = prepare(&s, err);
    for (size_t t = 0; t < sizeof tables / sizeof *tables && status == AGL_OK; t++)
        if (agl__run_wants(run, tables[t])) status = writers[t](&s, err);
    agl__edge_input_free(&s.in);
    agl_communities_free(&s.found);
    free(s.inside);
    free(s.strength);
    for (int a = 0; a < ATTRIBUTES; a++)
        free(s.value[a]);
    return status;
}

#include "agglo/brokerage.h"
#include "base/mem.h"
#include "kernel/graph/graph.h"
#include "op/network/edge_input.h"
#include "op/network/removals.h"

#include <math.h>
#include <string.h>

enum { ALL_EXITS = 1000 }; /* networks up to this size: the exit of every node is computed, from all nodes */

static const char *const names[AGL_REMOVALS] = {"betweenness", "degree", "random"}; /* sorted */

typedef struct state {
    agl_run *run;
    agl__edge_input in;
    agl__removals removals;
    int32_t *parts, *cut_off, *component; /* n */
    int32_t size[2];                      /* of the two largest components */
    agl_exit_loss *exit;                  /* exits */
    int32_t *exit_of, *order;             /* n: number of the exit or -1; nodes by harm */
    int32_t exits;
    double efficiency;
} state;

/* ---- curve -------------------------------------------------------------------------------------- */

static agl_status write_curve(const state *s, agl_error *err) {
    static const agl_dict dict = {.n = AGL_REMOVALS, .text = (char **)(uintptr_t)names};
    const agl__removals *r = &s->removals;
    agl_table *t;
    int32_t *strategy;
    agl_status status = agl__run_output(&t, s->run, "curve", AGL_REMOVALS * r->stages, err);
    if (status == AGL_OK) status = agl__run_key(&strategy, t, "strategy", &dict, err);
    if (status != AGL_OK) return status;
    for (size_t k = 0; k < AGL_REMOVALS; k++) {
        const agl__removal *o = &r->of[k];
        const struct {
            const char *column;
            const double *value;
        } columns[] = {{"largest_share", o->largest},          {"largest_lo", o->largest_low},
                       {"largest_hi", o->largest_high},        {"efficiency", o->efficiency},
                       {"efficiency_se", o->efficiency_error}, {"efficiency_lo", o->efficiency_low},
                       {"efficiency_hi", o->efficiency_high}};
        for (size_t i = 0; i < r->stages; i++) {
            size_t row = k * r->stages + i;
            strategy[row] = (int32_t)k;
            agl__run_num(t, "removed")[row] = r->left[i];
            agl__run_num(t, "removed_share")[row] = (double)r->left[i] / s->in.graph.n;
            for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
                agl__run_num(t, columns[c].column)[row] = columns[c].value[i];
        }
    }
    return AGL_OK;
}

static agl_status write_strategies(const state *s, agl_error *err) {
    static const agl_dict dict = {.n = AGL_REMOVALS, .text = (char **)(uintptr_t)names};
    agl_table *t;
    int32_t *strategy;
    agl_status status = agl__run_output(&t, s->run, "strategies", AGL_REMOVALS, err);
    if (status == AGL_OK) status = agl__run_key(&strategy, t, "strategy", &dict, err);
    for (int32_t k = 0; status == AGL_OK && k < AGL_REMOVALS; k++) {
        strategy[k] = k;
        agl__run_num(t, "nodes")[k] = s->in.graph.n;
        agl__run_num(t, "robustness")[k] = s->removals.of[k].robustness;
        agl__run_num(t, "half_share")[k] = s->removals.of[k].half;
        agl__run_num(t, "efficiency_start")[k] = s->efficiency;
    }
    return status;
}

/* ---- single exits ------------------------------------------------------------------------------- */

typedef struct ranked {
    double value, second;
    int32_t node;
} ranked;

static int falling(const void *a, const void *b) {
    const ranked *p = a, *q = b;
    if (p->value != q->value) return p->value > q->value ? -1 : 1;
    if (p->second != q->second) return p->second > q->second ? -1 : 1;
    return (p->node > q->node) - (p->node < q->node);
}

/* The nodes whose exit is computed: all of a small network, else those of highest betweenness and the worst
 * cut points. */
static agl_status choose_exits(state *s, agl_error *err) {
    int32_t n = s->in.graph.n, wanted = (int32_t)agl__run_integer(s->run, "exits");
    if (n <= ALL_EXITS || wanted > n) wanted = n;
    ranked *r = AGL_NEW(ranked, n);
    if (!r) return agl_fail_memory(err);
    memset(s->exit_of, 0xff, (size_t)n * sizeof *s->exit_of);
    for (int pass = 0; pass < 2; pass++) {
        int32_t room = pass == 0 ? wanted - wanted / 5 : wanted; /* a fifth for cut points */
        for (int32_t v = 0; v < n; v++)
            r[v] = (ranked){pass == 0 ? s->removals.betweenness[v] : s->cut_off[v],
                            (double)agl__degree(&s->in.graph, v), v};
        qsort(r, (size_t)n, sizeof *r, falling);
        for (int32_t k = 0; k < n && s->exits < room; k++)
            if (s->exit_of[r[k].node] < 0) s->exit_of[r[k].node] = s->exits++;
    }
    free(r);
    return AGL_OK;
}

/* Sources that estimate what exits cost; 0 = all. */
static size_t exit_sources(const state *s) {
    return s->in.graph.n <= ALL_EXITS ? 0 : 2 * s->removals.sources;
}

static double largest_loss(const state *s, int32_t v) {
    if (s->component[v] > 0) return 0;
    int32_t rest = s->size[0] - 1 - s->cut_off[v];
    return s->size[0] - (rest > s->size[1] ? rest : s->size[1]);
}

/* Cut points and components. */
static agl_status find_parts(state *s, agl_error *err) {
    int32_t n = s->in.graph.n, k = 0;
    s->parts = AGL_NEW(int32_t, n);
    s->cut_off = AGL_NEW(int32_t, n);
    s->component = AGL_NEW(int32_t, n);
    bool ok = s->parts && s->cut_off && s->component;
    agl_status status = ok ? agl_articulation(s->parts, s->cut_off, &s->in.graph, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl_graph_components(s->component, &k, &s->in.graph, err);
    for (int32_t v = 0; status == AGL_OK && v < n; v++)
        if (s->component[v] < 2) s->size[s->component[v]]++;
    return status;
}

/* Nodes by falling loss of the others; those without it follow by betweenness. */
static agl_status rank_exits(state *s, agl_error *err) {
    int32_t n = s->in.graph.n;
    ranked *r = AGL_NEW(ranked, n);
    if (!r) return agl_fail_memory(err);
    for (int32_t v = 0; v < n; v++) {
        double harm = s->exit_of[v] < 0 ? (double)NAN : s->exit[s->exit_of[v]].others;
        r[v] = (ranked){isnan(harm) ? -1 : harm, s->removals.betweenness[v], v};
    }
    qsort(r, (size_t)n, sizeof *r, falling);
    for (int32_t i = 0; i < n; i++)
        s->order[r[i].node] = i + 1;
    free(r);
    return AGL_OK;
}

static agl_status measure_exits(state *s, agl_error *err) {
    agl_status status = find_parts(s, err);
    if (status != AGL_OK) return status;
    s->exit_of = AGL_NEW(int32_t, s->in.graph.n);
    s->order = AGL_NEW(int32_t, s->in.graph.n);
    status = s->exit_of && s->order ? choose_exits(s, err) : agl_fail_memory(err);
    if (status != AGL_OK) return status;
    s->exit = AGL_NEW(agl_exit_loss, s->exits);
    if (!s->exit) return agl_fail_memory(err);
    status = agl_exit_losses(s->exit, &s->efficiency, &s->in.graph, s->exit_of, s->exits, exit_sources(s),
                             agl__run_ctx(s->run), err);
    return status == AGL_OK ? rank_exits(s, err) : status;
}

static agl_status write_exits(const state *s, agl_error *err) {
    static const char *const roles[] = {"name", "kind", "region"};
    agl_table *t;
    int32_t *node, n = s->in.graph.n;
    agl_status status = agl__run_output(&t, s->run, "exits", (size_t)n, err);
    if (status == AGL_OK) status = agl__run_key(&node, t, "node", &s->in.ids.dict, err);
    for (int k = 0; status == AGL_OK && k < 3; k++)
        status = agl__write_node_role(t, roles[k], &s->in, roles[k], err);
    for (int32_t v = 0; status == AGL_OK && v < n; v++) {
        const agl_exit_loss none = {NAN, NAN, NAN, NAN, 0};
        const agl_exit_loss *x = s->exit_of[v] < 0 ? &none : &s->exit[s->exit_of[v]];
        node[v] = v;
        agl__run_num(t, "rank")[v] = s->order[v];
        agl__run_num(t, "partners")[v] = (double)agl__degree(&s->in.graph, v);
        agl__run_num(t, "articulation")[v] = s->parts[v] > 1;
        agl__run_num(t, "cut_off")[v] = s->cut_off[v];
        agl__run_num(t, "largest_loss")[v] = largest_loss(s, v);
        agl__run_num(t, "others_loss")[v] = x->others;
        agl__run_num(t, "others_loss_se")[v] = x->others_error;
        agl__run_num(t, "efficiency_loss")[v] = x->total;
        agl__run_num(t, "efficiency_loss_se")[v] = x->total_error;
    }
    return status;
}

/* ---- exits of groups ---------------------------------------------------------------------------- */

static agl_status fill_groups(const state *s, const agl_dict *dict, const agl_exit_loss *loss,
                              const int32_t *members, const int32_t *in_largest, agl_error *err) {
    agl_table *t;
    int32_t *key;
    size_t rows = 0, row = 0, k = dict->n;
    for (size_t g = 0; g < k; g++)
        rows += members[g] > 0;
    agl_status status = agl__run_output(&t, s->run, "groups", rows, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "group", dict, err);
    for (size_t g = 0; status == AGL_OK && g < k; g++) {
        if (members[g] == 0) continue;
        double lost = s->size[0] - in_largest[g] - loss[g].largest;
        key[row] = (int32_t)g;
        agl__run_num(t, "members")[row] = members[g];
        agl__run_num(t, "members_share")[row] = (double)members[g] / s->in.graph.n;
        agl__run_num(t, "cut_off")[row] = lost > 0 ? lost : 0;
        agl__run_num(t, "others_loss")[row] = loss[g].others;
        agl__run_num(t, "others_loss_se")[row] = loss[g].others_error;
        agl__run_num(t, "efficiency_loss")[row] = loss[g].total;
        agl__run_num(t, "efficiency_loss_se")[row++] = loss[g].total_error;
    }
    return status;
}

static agl_status write_groups(const state *s, agl_error *err) {
    const char *by = agl__run_text(s->run, "remove-by");
    int32_t *group = NULL, unknown = 0;
    const agl_dict *dict;
    if (agl__run_is(s->run, "remove-by", "none")) return AGL_OK;
    agl_status status = agl__node_codes(&group, &dict, &s->in, by, err);
    if (status != AGL_OK) return status;
    if (!group)
        return agl_fail(err, AGL_EUSAGE,
                        "--remove-by %s needs --nodes with the role %s; see --col nodes.%s=COLUMN", by, by,
                        by);
    size_t k = dict->n;
    agl_exit_loss *loss = AGL_NEW(agl_exit_loss, k);
    int32_t *members = AGL_NEW(int32_t, 2 * k), *in_largest = members ? members + k : NULL;
    double whole;
    status = loss && members ? AGL_OK : agl_fail_memory(err);
    for (int32_t v = 0; status == AGL_OK && v < s->in.graph.n; v++) {
        unknown += group[v] < 0;
        if (group[v] < 0) continue;
        members[group[v]]++;
        in_largest[group[v]] += s->component[v] == 0;
    }
    if (unknown > 0)
        agl__run_warn(s->run, "%d nodes have no %s; they stay whichever group leaves", unknown, by);
    if (status == AGL_OK)
        status = agl_exit_losses(loss, &whole, &s->in.graph, group, (int32_t)k, exit_sources(s),
                                 agl__run_ctx(s->run), err);
    if (status == AGL_OK) status = fill_groups(s, dict, loss, members, in_largest, err);
    free(loss);
    free(members);
    free(group);
    return status;
}

/* ---- the op ------------------------------------------------------------------------------------- */

static void warn(const state *s) {
    const agl_graph *g = &s->in.graph;
    int32_t isolates = 0;
    for (int32_t v = 0; v < g->n; v++)
        isolates += agl__degree(g, v) == 0;
    if (isolates > 0)
        agl__run_warn(s->run, "%d nodes have no tie; they count among those that can leave, and reach nobody",
                      isolates);
    if (s->size[0] < g->n - isolates)
        agl__run_warn(
            s->run,
            "the network is not connected: its largest component has %d of %d nodes, shares are of all "
            "nodes",
            s->size[0], g->n);
    if (s->removals.sources > 0)
        agl__run_warn(s->run,
                      "efficiency is estimated from the paths of %zu nodes (curves) and %zu nodes (exits); "
                      "see the columns "
                      "that end in _se",
                      s->removals.sources, exit_sources(s));
    if (s->exits < g->n)
        agl__run_warn(s->run,
                      "what their exit costs was computed for %d of %d nodes, those of highest betweenness "
                      "and the worst "
                      "cut points (--exits)",
                      s->exits, g->n);
}

agl_status agl_op_network_resilience(agl_run *run, agl_error *err) {
    state s = {.run = run};
    agl_status status = agl__edge_input_new(&s.in, run, "edges", false, err);
    if (status == AGL_OK && s.in.graph.arcs == 0)
        status = agl_fail(err, AGL_EDATA,
                          "the network has no ties, so nothing can break; check source and target");
    if (status == AGL_OK) status = agl__removals_new(&s.removals, run, &s.in.graph, err);
    if (status == AGL_OK) status = measure_exits(&s, err);
    if (status == AGL_OK) warn(&s);
    if (status == AGL_OK && agl__run_wants(run, "curve")) status = write_curve(&s, err);
    if (status == AGL_OK && agl__run_wants(run, "strategies")) status = write_strategies(&s, err);
    if (status == AGL_OK && agl__run_wants(run, "exits")) status = write_exits(&s, err);
    if (status == AGL_OK && agl__run_wants(run, "groups")) status = write_groups(&s, err);
    agl__edge_input_free(&s.in);
    agl__removals_free(&s.removals);
    free(s.parts);
    free(s.cut_off);
    free(s.component);
    free(s.exit);
    free(s.exit_of);
    free(s.order);
    return status;
}

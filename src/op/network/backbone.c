#include "agglo/backbone.h"
#include "base/mem.h"
#include "base/sum.h"
#include "kernel/graph/graph.h"
#include "op/network/edge_input.h"

#include <math.h>
#include <string.h>

/* The ties under test and what came out. */
typedef struct tested {
    agl_run *run;
    agl__edge_input edges; /* of an edge list */
    agl__ids ids;          /* of participations: the actors */
    agl_incidence incidence;
    const agl_dict *actors; /* node v is actors->text[v] */
    agl_ties ties;
    double *p, *q, *expected; /* n; expected is NULL for an edge list */
    double tests;
    const char *model;
    agl_stochastic_report report;
} tested;

static agl_status make_results(tested *t, bool expected, agl_error *err) {
    t->p = AGL_NEW(double, t->ties.n);
    t->q = AGL_NEW(double, t->ties.n);
    t->expected = expected ? AGL_NEW(double, t->ties.n) : NULL;
    return t->p && t->q && (t->expected || !expected) ? AGL_OK : agl_fail_memory(err);
}

/* ---- an edge list: the disparity filter ------------------------------------------------------- */

static agl_status ties_of_graph(tested *t, agl_error *err) {
    const agl_graph *g = &t->edges.graph;
    size_t n = agl_graph_edges(g);
    t->ties.source = AGL_NEW(int32_t, n);
    t->ties.target = AGL_NEW(int32_t, n);
    t->ties.weight = AGL_NEW(double, n);
    if (!t->ties.source || !t->ties.target || !t->ties.weight) return agl_fail_memory(err);
    for (int32_t v = 0; v < g->n; v++)
        for (size_t a = g->offset[v]; a < g->offset[v + 1]; a++) {
            if (g->neighbour[a] < v) continue;
            t->ties.source[t->ties.n] = v;
            t->ties.target[t->ties.n] = g->neighbour[a];
            t->ties.weight[t->ties.n++] = agl__arc_weight(g, a);
        }
    return AGL_OK;
}

/* Both ends of a tie are tested; the tie is as significant as the better of them. The rate counts both. */
static agl_status disparity(tested *t, agl_error *err) {
    const agl_graph *g = &t->edges.graph;
    double *p = AGL_NEW(double, g->arcs), *q = AGL_NEW(double, g->arcs);
    agl_status status = p && q ? agl_disparity(p, g, err) : agl_fail_memory(err);
    t->tests = (double)g->arcs;
    if (status == AGL_OK) status = agl_false_discovery(q, p, g->arcs, t->tests, err);
    for (size_t i = 0; status == AGL_OK && i < t->ties.n; i++) {
        size_t there = agl__find_arc(g, t->ties.source[i], t->ties.target[i]);
        size_t back = agl__find_arc(g, t->ties.target[i], t->ties.source[i]);
        t->p[i] = fmin(p[there], p[back]);
        t->q[i] = fmin(q[there], q[back]);
    }
    free(p);
    free(q);
    return status;
}

static agl_status test_edges(tested *t, agl_error *err) {
    if (!agl__run_is(t->run, "model", "auto") && !agl__run_is(t->run, "model", "disparity"))
        return agl_fail(err, AGL_EUSAGE, "--model %s needs participations; give the roles project and actor",
                        agl__run_text(t->run, "model"));
    t->model = "disparity";
    agl_status status = agl__edge_input_new(&t->edges, t->run, "data", false, err);
    if (status != AGL_OK) return status;
    t->actors = &t->edges.ids.dict;
    if (!t->edges.graph.weight)
        agl__run_warn(t->run, "the edges have no weights: every tie of an actor is as strong as the others "
                              "and none stands out");
    status = ties_of_graph(t, err);
    if (status == AGL_OK) status = make_results(t, false, err);
    return status == AGL_OK ? disparity(t, err) : status;
}

/* ---- participations: hypergeometric and stochastic models ------------------------------------- */

static agl_status read_incidence(tested *t, agl_error *err) {
    const agl_table *data = agl__run_input(t->run, "data");
    const agl_column *project = agl_table_column(data, "project"), *actor = agl_table_column(data, "actor");
    agl_status status = agl__ids_new(&t->ids, &actor, &data->rows, 1, err);
    int32_t *node = status == AGL_OK ? AGL_NEW(int32_t, data->rows) : NULL;
    if (status == AGL_OK && !node) status = agl_fail_memory(err);
    if (status != AGL_OK) return status;
    size_t used = 0, too_large = 0, limit = (size_t)agl__run_integer(t->run, "max-members");
    for (size_t i = 0; i < data->rows; i++) {
        node[i] = actor->code[i] < 0 ? -1 : t->ids.of[0][actor->code[i]];
        used += node[i] >= 0 && project->code[i] >= 0;
    }
    status = agl_incidence_new(&t->incidence, &too_large, (int32_t)project->dict.n, (int32_t)t->ids.dict.n,
                               data->rows, project->code, node, limit, err);
    free(node);
    if (status != AGL_OK) return status;
    agl__run_rows(t->run, used, data->rows - used);
    if (used < data->rows)
        agl__run_warn(t->run, "%zu rows without a project or an actor were left out", data->rows - used);
    if (t->incidence.duplicates > 0)
        agl__run_warn(t->run,
                      "%zu participations repeat an actor in a project; an actor counts once in a project",
                      t->incidence.duplicates);
    if (too_large > 0)
        agl__run_warn(t->run, "%zu projects with more than %zu actors were left out", too_large, limit);
    return AGL_OK;
}

static double active_actors(const agl_incidence *inc) {
    double n = 0;
    for (int32_t a = 0; a < inc->n_actors; a++)
        n += inc->actor_offset[a + 1] > inc->actor_offset[a];
    return n;
}

static agl_status test_participations(tested *t, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(t->run);
    if (agl__run_is(t->run, "model", "disparity"))
        return agl_fail(err, AGL_EUSAGE,
                        "--model disparity needs an edge list; give the roles source, target and weight");
    bool urn = agl__run_is(t->run, "model", "hypergeometric");
    t->model = urn ? "hypergeometric" : "stochastic";
    agl_status status = read_incidence(t, err);
    if (status != AGL_OK) return status;
    t->actors = &t->ids.dict;
    status = agl_project(&t->ties, &t->incidence, AGL_WEIGHT_FULL, 0, NULL, ctx, err);
    if (status == AGL_OK) status = make_results(t, true, err);
    if (status == AGL_OK)
        status =
            urn ? agl_backbone_hypergeometric(t->p, t->expected, &t->ties, &t->incidence, ctx, err)
                : agl_backbone_stochastic(t->p, t->expected, &t->report, &t->ties, &t->incidence, ctx, err);
    if (status != AGL_OK) return status;
    if (t->report.approximated > 0)
        agl__run_warn(t->run, "the chances of %zu ties are approximate (relative error below 0.001)",
                      t->report.approximated);
    double n = active_actors(&t->incidence);
    t->tests = agl__run_is(t->run, "tests", "ties") ? (double)t->ties.n : n * (n - 1) / 2;
    return agl_false_discovery(t->q, t->p, t->ties.n, t->tests, err);
}

/* ---- outputs ---------------------------------------------------------------------------------- */

static bool is_kept(const tested *t, size_t i) {
    double alpha = agl__run_number(t->run, "alpha");
    if (agl__run_is(t->run, "correction", "none")) return t->p[i] <= alpha;
    if (agl__run_is(t->run, "correction", "bonferroni")) return t->p[i] * t->tests <= alpha;
    return t->q[i] <= alpha;
}

static agl_status drop_columns(const tested *t, agl_table *out, bool all, agl_error *err) {
    agl_status status = AGL_OK;
    if (!t->ties.projects) status = agl__run_drop_column(out, "expected", err);
    if (status == AGL_OK && !all) status = agl__run_drop_column(out, "kept", err);
    return status;
}

static agl_status write_edges(const tested *t, size_t kept, agl_error *err) {
    bool all = agl__run_flag(t->run, "all");
    agl_table *out;
    int32_t *source, *target;
    agl_status status = agl__run_output(&out, t->run, "edges", all ? t->ties.n : kept, err);
    if (status == AGL_OK) status = agl__run_key(&source, out, "source", t->actors, err);
    if (status == AGL_OK) status = agl__run_key(&target, out, "target", t->actors, err);
    if (status != AGL_OK) return status;
    size_t row = 0;
    for (size_t i = 0; i < t->ties.n; i++) {
        bool keep = is_kept(t, i);
        if (!keep && !all) continue;
        source[row] = t->ties.source[i];
        target[row] = t->ties.target[i];
        agl__run_num(out, "weight")[row] = t->ties.weight[i];
        agl__run_num(out, "expected")[row] = t->expected ? t->expected[i] : NAN;
        agl__run_num(out, "p_value")[row] = t->p[i];
        agl__run_num(out, "q_value")[row] = t->q[i];
        agl__run_num(out, "kept")[row] = keep;
        row++;
    }
    return drop_columns(t, out, all, err);
}

typedef struct totals {
    double kept, weight, kept_weight, actors, kept_actors;
} totals;

static agl_status add_up(totals *s, const tested *t, agl_error *err) {
    uint8_t *tied = AGL_NEW(uint8_t, t->actors->n);
    agl_sum weight = {0, 0}, kept = {0, 0};
    if (!tied) return agl_fail_memory(err);
    for (size_t i = 0; i < t->ties.n; i++) {
        agl__sum_add(&weight, t->ties.weight[i]);
        tied[t->ties.source[i]] |= 1;
        tied[t->ties.target[i]] |= 1;
        if (!is_kept(t, i)) continue;
        agl__sum_add(&kept, t->ties.weight[i]);
        s->kept++;
        tied[t->ties.source[i]] |= 2;
        tied[t->ties.target[i]] |= 2;
    }
    s->weight = agl__sum_value(&weight);
    s->kept_weight = agl__sum_value(&kept);
    for (size_t v = 0; v < t->actors->n; v++) {
        s->actors += tied[v] & 1;
        s->kept_actors += (tied[v] & 2) != 0;
    }
    free(tied);
    return AGL_OK;
}

static agl_status write_summary(const tested *t, const totals *s, agl_error *err) {
    agl_table *out;
    int32_t *model;
    const char *name[] = {t->model};
    agl_dict one = {.n = 1, .text = (char **)(uintptr_t)name};
    agl_status status = agl__run_output(&out, t->run, "summary", 1, err);
    if (status == AGL_OK) status = agl__run_key(&model, out, "model", &one, err);
    if (status != AGL_OK) return status;
    model[0] = 0;
    const struct {
        const char *column;
        double value;
    } values[] = {{"ties", (double)t->ties.n},
                  {"kept", s->kept},
                  {"kept_share", t->ties.n ? s->kept / (double)t->ties.n : NAN},
                  {"kept_weight_share", s->weight > 0 ? s->kept_weight / s->weight : NAN},
                  {"actors", s->actors},
                  {"kept_actors", s->kept_actors},
                  {"tests", t->tests},
                  {"alpha", agl__run_number(t->run, "alpha")}};
    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        agl__run_num(out, values[k].column)[0] = values[k].value;
    return AGL_OK;
}

static agl_status write_outputs(const tested *t, agl_error *err) {
    totals s = {0};
    agl_status status = add_up(&s, t, err);
    if (status == AGL_OK && s.kept == 0 && t->ties.n > 0)
        agl__run_warn(t->run, "no tie is stronger than chance at this level; see --alpha, --correction and "
                              "the table edges with --all");
    if (status == AGL_OK && agl__run_wants(t->run, "edges")) status = write_edges(t, (size_t)s.kept, err);
    if (status == AGL_OK && agl__run_wants(t->run, "summary")) status = write_summary(t, &s, err);
    return status;
}

agl_status agl_op_network_backbone(agl_run *run, agl_error *err) {
    tested t = {.run = run};
    bool two_mode = agl__run_column(run, "data", "project") && agl__run_column(run, "data", "actor");
    bool one_mode = agl__run_column(run, "data", "source") && agl__run_column(run, "data", "target");
    agl_status status;
    if (two_mode && one_mode)
        status = agl_fail(err, AGL_EUSAGE,
                          "give either project and actor or source and target, not both; see --col");
    else if (two_mode)
        status = test_participations(&t, err);
    else if (one_mode)
        status = test_edges(&t, err);
    else
        status = agl_fail(err, AGL_EUSAGE,
                          "give the roles project and actor (participations), or source, target and weight "
                          "(edges); see --col");
    if (status == AGL_OK) status = write_outputs(&t, err);
    agl__edge_input_free(&t.edges);
    agl__ids_free(&t.ids);
    agl_incidence_free(&t.incidence);
    agl_ties_free(&t.ties);
    free(t.p);
    free(t.q);
    free(t.expected);
    return status;
}

#include "agglo/brokerage.h"
#include "agglo/centrality.h"
#include "agglo/ego.h"
#include "base/mem.h"
#include "kernel/graph/graph.h"
#include "op/network/carriers.h"
#include "op/network/edge_input.h"

#include <math.h>
#include <string.h>

static const char *const role_column[AGL_ROLES] = {[AGL_ROLE_COORDINATOR] = "coordinator",
                                                   [AGL_ROLE_ITINERANT] = "itinerant",
                                                   [AGL_ROLE_REPRESENTATIVE] = "representative",
                                                   [AGL_ROLE_GATEKEEPER] = "gatekeeper",
                                                   [AGL_ROLE_LIAISON] = "liaison"};
/* The same names in the order of the alphabet, for key columns. */
static const char *const sorted_role[AGL_ROLES] = {"coordinator", "gatekeeper", "itinerant", "liaison",
                                                   "representative"};
static const int32_t role_key[AGL_ROLES] = {[AGL_ROLE_COORDINATOR] = 0,
                                            [AGL_ROLE_GATEKEEPER] = 1,
                                            [AGL_ROLE_ITINERANT] = 2,
                                            [AGL_ROLE_LIAISON] = 3,
                                            [AGL_ROLE_REPRESENTATIVE] = 4};

typedef struct state {
    agl_run *run;
    agl__edge_input in;
    agl_graph undirected;
    const agl_graph *ties; /* undirected */
    int32_t *group;        /* n; NULL when there is no such attribute */
    const agl_dict *groups;
    int32_t *group_size;
    double *chance; /* groups x roles */
    double *count;  /* n x roles; NULL without groups */
    double *constraint, *effective_size;
    int32_t *core, *parts, *cut_off;
} state;

/* ---- measures --------------------------------------------------------------------------------- */

static agl_status measure_roles(state *s, agl_error *err) {
    const char *by = agl__run_text(s->run, "by");
    agl_status status = agl__node_codes(&s->group, &s->groups, &s->in, by, err);
    if (status != AGL_OK) return status;
    if (!s->group) {
        if (s->in.nodes)
            agl__run_warn(s->run,
                          "the table of nodes has no role %s, so there are no broker roles; see --by and "
                          "--col nodes.%s=COLUMN",
                          by, by);
        else
            agl__run_warn(s->run,
                          "without a table of nodes there are no groups and no broker roles; see --nodes");
        return AGL_OK;
    }
    int32_t n = s->in.graph.n, k = (int32_t)s->groups->n, unknown = 0;
    s->count = AGL_NEW(double, (size_t)n *AGL_ROLES);
    s->group_size = AGL_NEW(int32_t, k);
    s->chance = AGL_NEW(double, (size_t)k *AGL_ROLES);
    if (!s->count || !s->group_size || !s->chance) return agl_fail_memory(err);
    for (int32_t v = 0; v < n; v++) {
        bool tied = agl__degree(s->ties, v) > 0;
        unknown += tied && s->group[v] < 0;
        if (tied && s->group[v] >= 0) s->group_size[s->group[v]]++;
    }
    if (unknown > 0)
        agl__run_warn(s->run, "%d nodes have no %s; triads with them are left out of the broker roles",
                      unknown, by);
    agl_role_chances(s->chance, s->group_size, k);
    return agl_gould_fernandez(s->count, &s->in.graph, s->group, k, agl__run_ctx(s->run), err);
}

static agl_status measure(state *s, agl_error *err) {
    size_t n = (size_t)s->in.graph.n;
    s->constraint = AGL_NEW(double, n);
    s->effective_size = AGL_NEW(double, n);
    s->core = AGL_NEW(int32_t, n);
    s->parts = AGL_NEW(int32_t, n);
    s->cut_off = AGL_NEW(int32_t, n);
    bool ok = s->constraint && s->effective_size && s->core && s->parts && s->cut_off;
    agl_status status = ok ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK && s->in.graph.directed) {
        status = agl_graph_undirected(&s->undirected, &s->in.graph, err);
        s->ties = &s->undirected;
    }
    agl_ego_measures ego = {.constraint = s->constraint, .effective_size = s->effective_size};
    if (status == AGL_OK) status = agl_ego(&ego, s->ties, AGL_CLUSTERING_PLAIN, agl__run_ctx(s->run), err);
    if (status == AGL_OK) status = agl_core_numbers(s->core, s->ties, err);
    if (status == AGL_OK) status = agl_articulation(s->parts, s->cut_off, s->ties, err);
    return status == AGL_OK ? measure_roles(s, err) : status;
}

/* ---- nodes ------------------------------------------------------------------------------------ */

static double total_of(const state *s, int32_t v) {
    double sum = 0;
    for (int r = 0; r < AGL_ROLES; r++)
        sum += s->count[(size_t)v * AGL_ROLES + (size_t)r];
    return sum;
}

/* The role that v plays most compared with what chance would give a broker of its group; -1 for none. */
static int main_role(const state *s, int32_t v) {
    double total = total_of(s, v), most = 1;
    int main = -1;
    if (total < 1 || s->group[v] < 0) return -1;
    for (int r = 0; r < AGL_ROLES; r++) {
        double chance = s->chance[(size_t)s->group[v] * AGL_ROLES + (size_t)r];
        double ratio = chance > 0 ? s->count[(size_t)v * AGL_ROLES + (size_t)r] / (total * chance) : 0;
        if (ratio > most) {
            most = ratio;
            main = r;
        }
    }
    return main;
}

static agl_status drop_roles(agl_table *out, agl_error *err) {
    agl_status status = agl__run_drop_column(out, "brokerage", err);
    if (status == AGL_OK) status = agl__run_drop_column(out, "main_role", err);
    if (status == AGL_OK) status = agl__run_drop_column(out, "group", err);
    for (int r = 0; r < AGL_ROLES && status == AGL_OK; r++)
        status = agl__run_drop_column(out, role_column[r], err);
    return status;
}

static agl_status write_roles(agl_table *out, const state *s, agl_error *err) {
    static const agl_dict roles = {.n = AGL_ROLES, .text = (char **)(uintptr_t)sorted_role};
    if (!s->count) return drop_roles(out, err);
    int32_t *role, *group;
    agl_status status = agl__run_key(&role, out, "main_role", &roles, err);
    if (status == AGL_OK) status = agl__run_key(&group, out, "group", s->groups, err);
    for (int32_t v = 0; status == AGL_OK && v < s->in.graph.n; v++) {
        int main = main_role(s, v);
        bool known = s->group[v] >= 0;
        role[v] = main < 0 ? -1 : role_key[main];
        group[v] = s->group[v];
        agl__run_num(out, "brokerage")[v] = known ? total_of(s, v) : (double)NAN;
        for (int r = 0; r < AGL_ROLES; r++)
            agl__run_num(out, role_column[r])[v] =
                known ? s->count[(size_t)v * AGL_ROLES + (size_t)r] : (double)NAN;
    }
    return status;
}

static agl_status write_nodes(state *s, agl_error *err) {
    agl_table *out;
    int32_t *id, n = s->in.graph.n;
    agl_status status = agl__run_output(&out, s->run, "nodes", (size_t)n, err);
    if (status == AGL_OK) status = agl__run_key(&id, out, "id", &s->in.ids.dict, err);
    if (status == AGL_OK) status = agl__write_node_role(out, "name", &s->in, "name", err);
    if (status == AGL_OK) status = agl__write_node_role(out, "kind", &s->in, "kind", err);
    if (status == AGL_OK) status = agl__write_node_role(out, "region", &s->in, "region", err);
    if (status == AGL_OK) status = write_roles(out, s, err);
    if (status != AGL_OK) return status;
    for (int32_t v = 0; v < n; v++) {
        id[v] = v;
        agl__run_num(out, "partners")[v] = (double)agl__degree(s->ties, v);
        agl__run_num(out, "constraint")[v] = s->constraint[v];
        agl__run_num(out, "effective_size")[v] = s->effective_size[v];
        agl__run_num(out, "core")[v] = s->core[v];
        agl__run_num(out, "articulation")[v] = s->parts[v] > 1;
        agl__run_num(out, "parts")[v] = s->parts[v];
        agl__run_num(out, "cut_off")[v] = s->cut_off[v];
    }
    return AGL_OK;
}

/* ---- groups ----------------------------------------------------------------------------------- */

/* Pairs by group of the broker and role. */
static void sum_roles(double *sum, const state *s) {
    for (int32_t v = 0; v < s->in.graph.n; v++)
        for (size_t r = 0; s->group[v] >= 0 && r < AGL_ROLES; r++)
            sum[(size_t)s->group[v] * AGL_ROLES + r] += s->count[(size_t)v * AGL_ROLES + r];
}

/* The five rows of a group, from row `first`: how often its members play a role, and how often they would by
 * chance. */
static void fill_group(agl_table *out, int32_t *role, size_t first, const double *pairs, const double *chance,
                       int32_t members) {
    double total = 0;
    for (int r = 0; r < AGL_ROLES; r++)
        total += pairs[r];
    for (int r = 0; r < AGL_ROLES; r++) {
        size_t at = first + (size_t)role_key[r];
        role[at] = role_key[r];
        agl__run_num(out, "members")[at] = members;
        agl__run_num(out, "pairs")[at] = pairs[r];
        agl__run_num(out, "share")[at] = total > 0 ? pairs[r] / total : NAN;
        agl__run_num(out, "share_chance")[at] = chance[r];
        agl__run_num(out, "ratio")[at] = total > 0 && chance[r] > 0 ? pairs[r] / (total * chance[r]) : NAN;
    }
}

/* One row for each group with tied members and each role. */
static agl_status write_groups(state *s, agl_error *err) {
    static const agl_dict roles = {.n = AGL_ROLES, .text = (char **)(uintptr_t)sorted_role};
    if (!s->count) return AGL_OK;
    size_t k = s->groups->n, rows = 0;
    double *sum = AGL_NEW(double, k *AGL_ROLES);
    agl_table *out;
    int32_t *group, *role;
    for (size_t g = 0; g < k; g++)
        rows += s->group_size[g] > 0 ? AGL_ROLES : 0;
    agl_status status = sum ? agl__run_output(&out, s->run, "groups", rows, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__run_key(&group, out, "group", s->groups, err);
    if (status == AGL_OK) status = agl__run_key(&role, out, "role", &roles, err);
    if (status == AGL_OK) sum_roles(sum, s);
    size_t row = 0;
    for (size_t g = 0; status == AGL_OK && g < k; g++) {
        if (s->group_size[g] == 0) continue;
        for (size_t r = 0; r < AGL_ROLES; r++)
            group[row + r] = (int32_t)g;
        fill_group(out, role, row, sum + g * AGL_ROLES, s->chance + g * AGL_ROLES, s->group_size[g]);
        row += AGL_ROLES;
    }
    free(sum);
    return status;
}

/* ---- carriers --------------------------------------------------------------------------------- */

static agl_status write_carriers(state *s, agl_error *err) {
    agl__carrier_facts facts = {.in = &s->in,
                                .ties = s->ties,
                                .core = s->core,
                                .effective_size = s->effective_size,
                                .cut_off = s->cut_off,
                                .group = s->group,
                                .groups = s->groups};
    double *across = s->count ? AGL_NEW(double, s->in.graph.n) : NULL;
    if (s->count && !across) return agl_fail_memory(err);
    for (int32_t v = 0; across && v < s->in.graph.n; v++)
        across[v] = total_of(s, v) - s->count[(size_t)v * AGL_ROLES + AGL_ROLE_COORDINATOR];
    facts.across = across;
    agl_status status = agl__write_carriers(s->run, &facts, err);
    free(across);
    return status;
}

agl_status agl_op_network_brokerage(agl_run *run, agl_error *err);

agl_status agl_op_network_brokerage(agl_run *run, agl_error *err) {
    state s = {.run = run};
    agl_status status = agl__edge_input_new(&s.in, run, "edges", agl__run_flag(run, "directed"), err);
    s.ties = &s.in.graph;
    if (status == AGL_OK) status = measure(&s, err);
    if (status == AGL_OK && agl__run_wants(run, "nodes")) status = write_nodes(&s, err);
    if (status == AGL_OK && agl__run_wants(run, "groups")) status = write_groups(&s, err);
    if (status == AGL_OK && agl__run_wants(run, "carriers")) status = write_carriers(&s, err);
    agl__edge_input_free(&s.in);
    agl_graph_free(&s.undirected);
    free(s.group);
    free(s.group_size);
    free(s.chance);
    free(s.count);
    free(s.constraint);
    free(s.effective_size);
    free(s.core);
    free(s.parts);
    free(s.cut_off);
    return status;
}

/* Hubs against trying every set, bounds against the optimum, key players against solving without them. */
#include "agglo/hubs.h"
#include "graphs.h"

#include <string.h>

enum { DEMAND = 30, SITES = 14 };

typedef struct sample {
    double weight[DEMAND], distance[DEMAND * SITES], cost[SITES];
    agl_siting s;
} sample;

/* Places on a square; some pairs cannot be served. */
static void make(sample *x, uint32_t stream, bool cover, double budget, double most) {
    agl_rng rng = agl__rng(5, stream, 0);
    double at[2 * (DEMAND + SITES)];
    for (int k = 0; k < 2 * (DEMAND + SITES); k++)
        at[k] = agl__rng_unit(&rng);
    for (int i = 0; i < DEMAND; i++) {
        x->weight[i] = stream % 2 ? 1 + (double)agl__rng_below(&rng, 9) : agl__rng_unit(&rng);
        for (int j = 0; j < SITES; j++) {
            double dx = at[2 * i] - at[2 * (DEMAND + j)], dy = at[2 * i + 1] - at[2 * (DEMAND + j) + 1];
            bool apart = agl__rng_below(&rng, 12) == 0 || i == 7; /* nobody reaches demand 7 */
            x->distance[i * SITES + j] = apart ? (double)NAN : sqrt(dx * dx + dy * dy);
        }
    }
    for (int j = 0; j < SITES; j++)
        x->cost[j] = 1 + agl__rng_unit(&rng);
    x->s = (agl_siting){.n_demand = DEMAND,
                        .n_sites = SITES,
                        .weight = x->weight,
                        .distance = x->distance,
                        .cost = x->cost,
                        .budget = budget,
                        .max_sites = most,
                        .reach = 0.25,
                        .cover = cover};
}

enum { FAR = 3 };

static double value(const sample *x, uint32_t set) {
    double sum = 0;
    for (int i = 0; i < DEMAND; i++) {
        double c = x->s.cover ? 0 : FAR;
        for (int j = 0; j < SITES; j++) {
            double d = x->distance[i * SITES + j];
            if (!(set >> j & 1) || isnan(d)) continue;
            if (x->s.cover)
                c = d <= x->s.reach ? 1 : c;
            else
                c = fmin(c, d);
        }
        sum += x->weight[i] * c;
    }
    return sum;
}

/* The best set by trying them all; `forced` must be in it, `barred` may not. */
static double best_of_all(const sample *x, uint32_t forced, uint32_t barred) {
    double best = x->s.cover ? -1 : INFINITY;
    for (uint32_t set = 0; set < 1u << SITES; set++) {
        double cost = 0, n = 0;
        for (int j = 0; j < SITES; j++)
            if (set >> j & 1) cost += x->cost[j], n++;
        if (cost > x->s.budget || n > x->s.max_sites || (set & forced) != forced || (set & barred)) continue;
        double v = value(x, set);
        if (x->s.cover ? v > best : v < best) best = v;
    }
    return best;
}

static uint32_t set_of(const double *open) {
    uint32_t set = 0;
    for (int j = 0; j < SITES; j++)
        if (open[j] > 0.5) set |= 1u << j;
    return set;
}

START_TEST(against_all_sets) {
    agl_siting_search_options o = AGL_SITING_SEARCH_OPTIONS_INIT;
    o.unreachable = FAR;
    for (uint32_t k = 0; k < 16; k++) {
        sample x;
        int8_t fixed[SITES] = {0};
        double open[SITES];
        bool budget = k / 2 % 2, rules = k / 4 % 2;
        make(&x, k, k % 2, budget ? 4.5 : INFINITY, budget ? INFINITY : 3);
        if (rules) fixed[2] = 1, fixed[5] = -1, x.s.fixed = fixed;
        double best = best_of_all(&x, rules ? 4 : 0, rules ? 32 : 0);
        for (o.exact_pairs = 0; o.exact_pairs <= 1000; o.exact_pairs += 1000) {
            agl_siting_plan plan = {.open = open};
            OK(agl_siting_search(&plan, NULL, &x.s, &o, NULL, err));
            ck_assert_double_eq_tol(plan.objective, value(&x, set_of(open)), 1e-9);
            double slack = 1e-9 * (1 + best),
                   sign = x.s.cover ? -1 : 1; /* bound <= best <= found, or turned round */
            ck_assert_double_le(sign * plan.bound, sign * best + slack);
            ck_assert_double_le(sign * best, sign * plan.objective + slack);
            if (o.exact_pairs > 0) {
                ck_assert_double_eq_tol(plan.objective, best, 1e-9);
                ck_assert_double_eq_tol(plan.gap, 0, 1e-12);
            }
        }
    }
}
END_TEST

START_TEST(worth_of_sites) {
    sample x;
    double open[SITES], loss[SITES], substitute_loss[SITES];
    int32_t substitute[SITES];
    agl_siting_search_options o = AGL_SITING_SEARCH_OPTIONS_INIT;
    o.unreachable = FAR;
    for (uint32_t k = 0; k < 4; k++) {
        make(&x, k, k % 2, INFINITY, 3);
        agl_siting_plan plan = {.open = open};
        const agl_siting_worth worth = {loss, substitute, substitute_loss};
        OK(agl_siting_search(&plan, &worth, &x.s, &o, NULL, err));
        uint32_t set = set_of(open);
        double sign = x.s.cover ? -1 : 1;
        for (int j = 0; j < SITES; j++) {
            if (!(set >> j & 1)) {
                ck_assert(isnan(loss[j]) && substitute[j] == -1 && isnan(substitute_loss[j]));
                continue;
            }
            uint32_t without = set & ~(1u << j);
            ck_assert_double_eq_tol(loss[j], sign * (value(&x, without) - plan.objective), 1e-9);
            double least = INFINITY;
            for (int i = 0; i < SITES; i++)
                if (!(set >> i & 1))
                    least = fmin(least, sign * (value(&x, without | 1u << i) - plan.objective));
            ck_assert_double_eq_tol(substitute_loss[j], least, 1e-9);
            ck_assert_double_eq_tol(sign * (value(&x, without | 1u << substitute[j]) - plan.objective), least,
                                    1e-9);
        }
    }
}
END_TEST

START_TEST(any_number_of_threads) {
    agl_graph g = project_graph(400, 200, 6, 3, false);
    int32_t source[60];
    double *d = AGL_NEW(double, 400 * 60), *e = AGL_NEW(double, 400 * 60), weight[400], cost[60], open[2][60];
    agl_siting_plan plan[2];
    for (int k = 0; k < 60; k++)
        source[k] = 3 * k, cost[k] = 1;
    for (int i = 0; i < 400; i++)
        weight[i] = 1 + i % 7 * 0.1;
    for (int k = 0; k < 2; k++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = k == 0 ? 1 : 3;
        OK(agl_path_distances(k == 0 ? d : e, &g, NULL, source, 60, &ctx, err));
        const agl_siting s = {.n_demand = 400,
                              .n_sites = 60,
                              .weight = weight,
                              .distance = d,
                              .cost = cost,
                              .budget = INFINITY,
                              .max_sites = 5,
                              .reach = INFINITY};
        agl_siting_search_options o = AGL_SITING_SEARCH_OPTIONS_INIT;
        o.unreachable = 20, o.exact_pairs = 0, o.iterations = 60;
        plan[k] = (agl_siting_plan){.open = open[k]};
        OK(agl_siting_search(&plan[k], NULL, &s, &o, &ctx, err));
    }
    ck_assert_mem_eq(d, e, 400 * 60 * sizeof *d);
    ck_assert_mem_eq(open[0], open[1], sizeof open[0]);
    ck_assert(plan[0].objective == plan[1].objective && plan[0].bound == plan[1].bound);
    free(d);
    free(e);
    agl_graph_free(&g);
}
END_TEST

/* Shortest paths by relaxing every arc n times. */
START_TEST(path_lengths) {
    agl_graph g = project_graph(50, 30, 4, 9, false);
    agl_rng rng = agl__rng(1, 0, 0);
    double *length = AGL_NEW(double, g.arcs), got[50 * 3], want[50];
    const int32_t source[] = {0, 4, 49};
    for (int32_t v = 0; v < g.n; v++)
        for (size_t a = g.offset[v]; a < g.offset[v + 1]; a++)
            length[a] =
                g.neighbour[a] > v ? agl__rng_unit(&rng) : length[agl__find_arc(&g, g.neighbour[a], v)];
    for (int with = 0; with < 2; with++) {
        OK(agl_path_distances(got, &g, with ? length : NULL, source, 3, NULL, err));
        for (int k = 0; k < 3; k++) {
            for (int v = 0; v < 50; v++)
                want[v] = v == source[k] ? 0 : INFINITY;
            for (int round = 0; round < 50; round++)
                for (int32_t v = 0; v < g.n; v++)
                    for (size_t a = g.offset[v]; a < g.offset[v + 1]; a++)
                        want[g.neighbour[a]] = fmin(want[g.neighbour[a]], want[v] + (with ? length[a] : 1));
            for (int v = 0; v < 50; v++) {
                if (isinf(want[v]))
                    ck_assert(isnan(got[v * 3 + k]));
                else
                    ck_assert_double_eq_tol(got[v * 3 + k], want[v], 1e-12);
            }
        }
    }
    free(length);
    agl_graph_free(&g);
}
END_TEST

/* ---- key players -------------------------------------------------------------------------------- */

/* Sum of b without the nodes of the set: by repeating b = 1 + a G b. */
static double aggregate(const agl_graph *g, double a, const uint8_t *gone) {
    double b[64] = {0}, next[64], sum = 0;
    for (int round = 0; round < 2000; round++) {
        for (int32_t v = 0; v < g->n; v++) {
            next[v] = gone[v] ? 0 : 1;
            for (size_t e = g->offset[v]; !gone[v] && e < g->offset[v + 1]; e++)
                next[v] += a * agl__arc_weight(g, e) * b[g->neighbour[e]];
        }
        memcpy(b, next, sizeof b);
    }
    for (int32_t v = 0; v < g->n; v++)
        sum += b[v];
    return sum;
}

START_TEST(key_players_against_all_groups) {
    for (uint64_t seed = 1; seed <= 4; seed++) {
        agl_graph g = project_graph(14, 12, 4, seed, seed % 2);
        double c[14], gain[3], best = 0;
        int32_t member[3];
        uint8_t gone[64] = {0};
        agl_key_group group = {.intercentrality = c, .member = member, .gain = gain};
        const agl_key_group_options o = {.count = 3, .share = 0.9, .decay = NAN};
        OK(agl_key_players(&group, &g, &o, NULL, err));
        double all = aggregate(&g, group.decay, gone);
        ck_assert_double_eq_tol(group.total, all, 1e-9 * all);
        for (int i = 0; i < 14; i++)
            for (int j = 0; j < i; j++)
                for (int k = 0; k < j; k++) {
                    gone[i] = gone[j] = gone[k] = 1;
                    best = fmax(best, all - aggregate(&g, group.decay, gone));
                    gone[i] = gone[j] = gone[k] = 0;
                }
        ck_assert_double_eq_tol(group.loss, best, 1e-8 * all);
        ck_assert_double_eq_tol(group.bound, best, 1e-8 * all);
        for (int k = 0; k < 3; k++)
            gone[member[k]] = 1;
        ck_assert_double_eq_tol(all - aggregate(&g, group.decay, gone), best, 1e-8 * all);
        for (int i = 0; i < 14; i++) {
            memset(gone, 0, sizeof gone);
            gone[i] = 1;
            if (!isnan(c[i]))
                ck_assert_double_eq_tol(c[i], all - aggregate(&g, group.decay, gone), 1e-8 * all);
        }
        agl_graph_free(&g);
    }
}
END_TEST

/* On a larger graph: the greedy group, whose bound holds against random groups and against the same greedy
 * choice made with every m_ii known; the same bits for any number of threads. */
START_TEST(key_group_bounds) {
    agl_graph g = project_graph(300, 220, 5, 8, true);
    int32_t member[2][6];
    double gain[2][6], c[300];
    agl_key_group group[2];
    for (int k = 0; k < 2; k++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = k == 0 ? 1 : 3;
        group[k] = (agl_key_group){.member = member[k], .gain = gain[k], .intercentrality = c};
        const agl_key_group_options o = {.count = 6, .share = 0.8, .decay = NAN};
        OK(agl_key_players(&group[k], &g, &o, &ctx, err));
    }
    ck_assert_mem_eq(member[0], member[1], sizeof member[0]);
    ck_assert_mem_eq(gain[0], gain[1], sizeof gain[0]);
    ck_assert(group[0].bound == group[1].bound && group[0].bound >= group[0].loss);
    double sum = 0;
    size_t known = 0;
    for (int k = 0; k < 6; k++) {
        sum += gain[0][k];
        if (k > 0) ck_assert_double_le(gain[0][k], gain[0][k - 1] * (1 + 1e-9));
    }
    ck_assert_double_eq_tol(sum, group[0].loss, 1e-9 * sum);
    for (int v = 0; v < 300; v++) {
        known += !isnan(c[v]);
        if (!isnan(c[v])) ck_assert_double_le(c[v], c[member[0][0]] * (1 + 1e-9));
    }
    ck_assert_uint_lt(known, 150); /* the bounds spared most of the solves */
    agl_graph_free(&g);
}
END_TEST

START_TEST(bad_input) {
    sample x;
    agl_siting_plan plan = {0};
    int8_t fixed[SITES] = {1, 1, 1, 1};
    agl_error err = {0};
    make(&x, 1, false, INFINITY, 3);
    x.s.fixed = fixed;
    ck_assert_int_eq(agl_siting_search(&plan, NULL, &x.s, NULL, NULL, &err), AGL_ECONV);
    ck_assert(strstr(err.message, "4 sites are open already"));
    x.s.fixed = NULL;
    x.weight[3] = -1;
    ck_assert_int_eq(agl_siting_search(&plan, NULL, &x.s, NULL, NULL, &err), AGL_EDATA);
    x.weight[3] = 0;
    x.s.coverage = 0.5;
    ck_assert_int_eq(agl_siting_search(&plan, NULL, &x.s, NULL, NULL, &err), AGL_EUSAGE);
    const int32_t pairs[][2] = {{0, 1}, {1, 2}};
    agl_graph g = graph_of(4, 2, pairs, NULL);
    agl_key_group group = {0};
    const agl_key_group_options o = {.count = 1, .decay = 0.8};
    ck_assert_int_eq(agl_key_players(&group, &g, &o, NULL, &err), AGL_ECONV);
    ck_assert(strstr(err.message, "must be below 0.707107"));
    const double length[] = {1, 1, -2, -2};
    const int32_t source[] = {0};
    double d[4];
    ck_assert_int_eq(agl_path_distances(d, &g, length, source, 1, NULL, &err), AGL_EDATA);
    agl_graph_free(&g);
}
END_TEST

int main(void) {
    Suite *s = suite_create("hubs");
    TCase *t = tcase_create("hubs");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, against_all_sets);
    tcase_add_test(t, worth_of_sites);
    tcase_add_test(t, any_number_of_threads);
    tcase_add_test(t, path_lengths);
    tcase_add_test(t, key_players_against_all_groups);
    tcase_add_test(t, key_group_bounds);
    tcase_add_test(t, bad_input);
    suite_add_tcase(s, t);
    return unit_main(s);
}

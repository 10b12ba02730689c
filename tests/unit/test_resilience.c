/* Removals against taking the nodes out and looking at what remains. */
#include "agglo/resilience.h"
#include "graphs.h"

#include <string.h>

enum { N = 60 };

/* Efficiency and largest component of what remains, by searching from every node; among the pairs of nodes
 * with counts[v] != 0 only, n (n - 1) pairs of the whole. */
static double look(int32_t *largest, const agl_graph *g, const uint8_t *gone, const uint8_t *counts) {
    int32_t queue[N], steps[N];
    double sum = 0;
    *largest = 0;
    for (int32_t s = 0; s < g->n; s++) {
        if (gone[s]) continue;
        int32_t head = 0, tail = 0;
        memset(steps, 0xff, sizeof steps);
        queue[tail++] = s;
        steps[s] = 0;
        while (head < tail) {
            int32_t u = queue[head++];
            if (steps[u] > 0 && counts[s] && counts[u]) sum += 1.0 / steps[u];
            for (size_t a = g->offset[u]; a < g->offset[u + 1]; a++) {
                int32_t w = g->neighbour[a];
                if (gone[w] || steps[w] >= 0) continue;
                steps[w] = steps[u] + 1;
                queue[tail++] = w;
            }
        }
        if (tail > *largest) *largest = tail;
    }
    return sum / (g->n * (g->n - 1.0));
}

START_TEST(curves) {
    uint8_t all[N];
    memset(all, 1, sizeof all);
    for (uint64_t seed = 1; seed <= 4; seed++) {
        agl_graph g = project_graph(N, 50, 4, seed, false);
        int32_t order[N], largest[N + 1], left[] = {0, 1, 7, 30, 59, 60}, now;
        double efficiency[6], error[6];
        if (seed == 1)
            agl_random_order(order, N, 3, NULL);
        else
            OK(agl_degree_order(order, &g, seed % 2, err));
        OK(agl_removal_largest(largest, &g, order, err));
        OK(agl_removal_efficiency(efficiency, error, &g, order, left, 6, 0, 0, NULL, err));
        uint8_t gone[N] = {0};
        for (int32_t k = 0; k <= N; k++) {
            double e = look(&now, &g, gone, all);
            ck_assert_int_eq(largest[k], now);
            for (int i = 0; i < 6; i++) {
                if (left[i] != k) continue;
                ck_assert_double_eq_tol(efficiency[i], e, 1e-12);
                ck_assert(error[i] == 0);
            }
            if (k < N) {
                ck_assert(!gone[order[k]]);
                gone[order[k]] = 1;
            }
        }
        agl_graph_free(&g);
    }
}
END_TEST

/* Nobody left has more partners (among those left) than the one who goes. */
START_TEST(degree_orders) {
    agl_graph g = project_graph(N, 60, 5, 11, false);
    for (int adaptive = 0; adaptive < 2; adaptive++) {
        int32_t order[N];
        uint8_t gone[N] = {0};
        OK(agl_degree_order(order, &g, adaptive, err));
        for (int k = 0; k < N; k++) {
            size_t degree[N] = {0}, most = 0;
            for (int32_t v = 0; v < N; v++) {
                if (gone[v]) continue;
                for (size_t a = g.offset[v]; a < g.offset[v + 1]; a++)
                    degree[v] += !adaptive || !gone[g.neighbour[a]];
                if (degree[v] > most) most = degree[v];
            }
            ck_assert(!gone[order[k]]);
            ck_assert_uint_eq(degree[order[k]], most);
            gone[order[k]] = 1;
        }
    }
    agl_graph_free(&g);
}
END_TEST

START_TEST(exits) {
    for (uint64_t seed = 1; seed <= 3; seed++) {
        agl_graph g = project_graph(N, 45, 4, seed, false);
        int32_t set_of[N], sets = 9, largest;
        agl_exit_loss loss[9];
        double efficiency;
        uint8_t all[N], none[N] = {0};
        memset(all, 1, sizeof all);
        for (int32_t v = 0; v < N; v++) /* single nodes, larger sets, nobody in set 8 */
            set_of[v] = v < 5 ? v : v % 4 == 0 ? -1 : 5 + v % 3;
        OK(agl_exit_losses(loss, &efficiency, &g, set_of, sets, 0, NULL, err));
        double whole = look(&largest, &g, none, all);
        ck_assert_double_eq_tol(efficiency, whole, 1e-12);
        ck_assert(isnan(loss[8].total) && isnan(loss[8].others) && loss[8].largest == largest);
        for (int32_t x = 0; x < 8; x++) {
            uint8_t gone[N], stay[N];
            for (int v = 0; v < N; v++) {
                gone[v] = set_of[v] == x;
                stay[v] = !gone[v];
            }
            double after = look(&largest, &g, gone, all), before = look(&(int32_t){0}, &g, none, stay);
            ck_assert_int_eq(loss[x].largest, largest);
            ck_assert_double_eq_tol(loss[x].total, 1 - after / whole, 1e-12);
            ck_assert_double_eq_tol(loss[x].others, 1 - after / before, 1e-12);
            ck_assert(loss[x].total_error == 0 && loss[x].others_error == 0);
        }
        agl_graph_free(&g);
    }
}
END_TEST

enum { DRAWS = 300, STATISTICS = 6 };

/* Over many draws the estimates have the exact value as their mean, and the stated error as their spread. */
START_TEST(stated_errors) {
    agl_graph g = project_graph(N, 120, 5, 5, false);
    int32_t order[N], left[] = {0, 10}, set_of[N];
    double exact[STATISTICS], whole, sum[STATISTICS] = {0}, squares[STATISTICS] = {0},
                                     error[STATISTICS] = {0};
    agl_exit_loss loss[2];
    OK(agl_degree_order(order, &g, false, err));
    OK(agl_removal_efficiency(exact, NULL, &g, order, left, 2, 0, 0, NULL, err));
    memset(set_of, 0xff, sizeof set_of);
    for (int k = 0; k < 9; k++)
        set_of[order[k]] = k > 0;
    OK(agl_exit_losses(loss, &whole, &g, set_of, 2, 0, NULL, err));
    for (int i = 0; i < 2; i++)
        exact[2 + i] = loss[i].total, exact[4 + i] = loss[i].others;
    for (uint32_t r = 0; r < DRAWS; r++) {
        double x[STATISTICS], se[STATISTICS];
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.seed = 100 + r;
        ctx.threads = 1;
        OK(agl_removal_efficiency(x, se, &g, order, left, 2, 20, r, &ctx, err));
        OK(agl_exit_losses(loss, &whole, &g, set_of, 2, 20, &ctx, err));
        for (int i = 0; i < 2; i++) {
            x[2 + i] = loss[i].total, se[2 + i] = loss[i].total_error;
            x[4 + i] = loss[i].others, se[4 + i] = loss[i].others_error;
        }
        for (int i = 0; i < STATISTICS; i++) {
            sum[i] += x[i];
            squares[i] += (x[i] - exact[i]) * (x[i] - exact[i]);
            error[i] += se[i] * se[i];
        }
    }
    for (int i = 0; i < STATISTICS; i++) {
        double spread = sqrt(squares[i] / DRAWS), stated = sqrt(error[i] / DRAWS);
        ck_assert_double_le(fabs(sum[i] / DRAWS - exact[i]), 4 * spread / sqrt(DRAWS));
        ck_assert_msg(stated > 0.8 * spread && stated < 1.25 * spread, "statistic %d: spread %g, stated %g",
                      i, spread, stated);
    }
    agl_graph_free(&g);
}
END_TEST

START_TEST(any_number_of_threads) {
    agl_graph g = project_graph(900, 700, 5, 2, false);
    static int32_t order[900], left[] = {0, 50, 300}, set_of[900];
    agl_exit_loss loss[2][3];
    double efficiency[2][3], error[2][3], whole[2];
    for (int v = 0; v < 900; v++)
        set_of[v] = v % 4 - 1;
    for (int k = 0; k < 2; k++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = k == 0 ? 1 : 3;
        agl_random_order(order, 900, 0, &ctx);
        OK(agl_removal_efficiency(efficiency[k], error[k], &g, order, left, 3, 200, 0, &ctx, err));
        memset(loss[k], 0, sizeof loss[k]);
        OK(agl_exit_losses(loss[k], &whole[k], &g, set_of, 3, 200, &ctx, err));
    }
    ck_assert_mem_eq(efficiency[0], efficiency[1], sizeof efficiency[0]);
    ck_assert_mem_eq(error[0], error[1], sizeof error[0]);
    for (int x = 0; x < 3; x++) {
        ck_assert(loss[0][x].total == loss[1][x].total && loss[0][x].others == loss[1][x].others);
        ck_assert(loss[0][x].total_error == loss[1][x].total_error &&
                  loss[0][x].largest == loss[1][x].largest);
    }
    agl_graph_free(&g);
}
END_TEST

START_TEST(odd_graphs) {
    agl_graph g;
    int32_t order[] = {2, 0, 1}, largest[4], left[] = {0, 3}, set_of[] = {0, -1, -1};
    double e[2], se[2], whole;
    agl_exit_loss loss;
    agl_error why = {0};
    OK(agl_graph_from_edges(&g, NULL, 3, 0, NULL, NULL, NULL, false, err));
    OK(agl_removal_largest(largest, &g, order, err));
    ck_assert(largest[0] == 1 && largest[2] == 1 && largest[3] == 0);
    OK(agl_removal_efficiency(e, se, &g, order, left, 2, 0, 0, NULL, err));
    ck_assert(e[0] == 0 && e[1] == 0 && se[0] == 0);
    OK(agl_exit_losses(&loss, &whole, &g, set_of, 1, 0, NULL, err));
    ck_assert(isnan(loss.total) && whole == 0 && loss.largest == 1);
    order[0] = 1;
    ck_assert_int_eq(agl_removal_largest(largest, &g, order, &why), AGL_EDATA);
    left[1] = 4;
    ck_assert_int_eq(agl_removal_efficiency(e, se, &g, order, left, 2, 0, 0, NULL, &why), AGL_EDATA);
    set_of[1] = 1;
    ck_assert_int_eq(agl_exit_losses(&loss, &whole, &g, set_of, 1, 0, NULL, &why), AGL_EDATA);
    g.directed = true;
    ck_assert_int_eq(agl_degree_order(order, &g, true, &why), AGL_EDATA);
    agl_graph_free(&g);
}
END_TEST

int main(void) {
    Suite *s = suite_create("resilience");
    TCase *t = tcase_create("resilience");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, curves);
    tcase_add_test(t, degree_orders);
    tcase_add_test(t, exits);
    tcase_add_test(t, stated_errors);
    tcase_add_test(t, any_number_of_threads);
    tcase_add_test(t, odd_graphs);
    suite_add_tcase(s, t);
    return unit_main(s);
}

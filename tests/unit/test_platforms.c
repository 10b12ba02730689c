/* Siting plans against trying all sets of sites. */
#include "agglo/platforms.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { D = 12, S = 7, G = 3 };

typedef struct problem {
    double weight[D], distance[D * S], cost[S];
    int32_t group[D];
    int8_t fixed[S];
    agl_siting s;
} problem;

static void draw(problem *q, uint32_t which) {
    agl_rng rng = agl__rng(31, which, 0);
    double x[D + S], y[D + S];
    memset(q, 0, sizeof *q);
    for (int k = 0; k < D + S; k++)
        x[k] = agl__rng_unit(&rng), y[k] = agl__rng_unit(&rng);
    for (int i = 0; i < D; i++) {
        q->weight[i] = 1 + agl__rng_below(&rng, 9);
        q->group[i] = i % G;
        for (int j = 0; j < S; j++)
            q->distance[i * S + j] = hypot(x[i] - x[D + j], y[i] - y[D + j]);
    }
    for (int j = 0; j < S; j++)
        q->cost[j] = 1 + agl__rng_below(&rng, 5);
    q->s = (agl_siting){.n_demand = D,
                        .n_sites = S,
                        .n_groups = G,
                        .weight = q->weight,
                        .distance = q->distance,
                        .cost = q->cost,
                        .fixed = q->fixed,
                        .group = q->group,
                        .budget = 9,
                        .max_sites = 3,
                        .reach = 0.4,
                        .coverage = 0.5,
                        .equity = 0.3};
}

/** Objective of the set of sites, NaN when it breaks a rule. */
static double worth(const problem *q, unsigned set) {
    double cost = 0, number = 0, covered = 0, all = 0, of[G] = {0}, total[G] = {0}, distance = 0;
    for (int j = 0; j < S; j++) {
        bool in = set >> j & 1;
        if (q->fixed[j] && (q->fixed[j] > 0) != in) return NAN;
        cost += in * q->cost[j], number += in;
    }
    for (int i = 0; i < D; i++) {
        double d = INFINITY;
        for (int j = 0; j < S; j++)
            if (set >> j & 1) d = fmin(d, q->distance[i * S + j]);
        distance += q->weight[i] * d;
        all += q->weight[i], total[q->group[i]] += q->weight[i];
        if (d <= q->s.reach) covered += q->weight[i], of[q->group[i]] += q->weight[i];
    }
    for (int g = 0; g < G; g++)
        if (of[g] < q->s.equity * total[g] - 1e-9) return NAN;
    if (cost > q->s.budget || number > q->s.max_sites || covered < q->s.coverage * all - 1e-9) return NAN;
    return q->s.cover ? covered : distance;
}

START_TEST(all_sets) {
    int solved = 0;
    for (uint32_t k = 0; k < 30; k++) {
        problem q;
        double open[S], distance[D], best = NAN;
        int32_t site[D];
        unsigned set = 0;
        draw(&q, k);
        q.s.cover = k % 2;
        if (k % 5 == 0) q.fixed[k % S] = 1;
        for (unsigned t = 0; t < 1u << S; t++) {
            double w = worth(&q, t);
            if (!isnan(w) && (isnan(best) || (q.s.cover ? w > best : w < best))) best = w;
        }
        agl_siting_plan plan = {.open = open, .site = site, .distance = distance};
        agl_status status = agl_siting_solve(&plan, &q.s, NULL, NULL, NULL);
        ck_assert_int_eq(status, isnan(best) ? AGL_ECONV : AGL_OK);
        if (isnan(best)) continue;
        solved++;
        ck_assert_double_eq_tol(plan.objective, best, 1e-9);
        ck_assert_double_eq_tol(plan.bound, best, 1e-6);
        for (int j = 0; j < S; j++)
            set |= (unsigned)(open[j] > 0.5) << j;
        ck_assert_double_eq_tol(worth(&q, set), best, 1e-9);
        for (int i = 0; i < D; i++)
            ck_assert(site[i] >= 0 && open[site[i]] == 1 && distance[i] == q.distance[i * S + site[i]]);
    }
    ck_assert_int_gt(solved, 10);
}
END_TEST

START_TEST(conflicts) {
    problem q;
    uint8_t conflict[4];
    agl_siting_plan plan = {0};
    draw(&q, 1);
    q.s.coverage = 0, q.s.equity = 1, q.s.reach = 1e-6;
    ck_assert_int_eq(agl_siting_solve(&plan, &q.s, NULL, NULL, NULL), AGL_ECONV);
    ck_assert_int_eq(agl_siting_conflict(conflict, &q.s, NULL, NULL), AGL_OK);
    ck_assert(conflict[0] == 0 && conflict[1] == 0 && conflict[2] == 0 && conflict[3] == 1);
    q.s.equity = 0, q.s.coverage = 1, q.s.reach = 2, q.s.budget = 0.5;
    ck_assert_int_eq(agl_siting_conflict(conflict, &q.s, NULL, NULL), AGL_OK);
    ck_assert(conflict[0] == 1 && conflict[1] == 0 && conflict[2] == 1 && conflict[3] == 0);
}
END_TEST

START_TEST(bad_input) {
    problem q;
    agl_siting_plan plan = {0};
    draw(&q, 1);
    q.weight[3] = -1;
    ck_assert_int_eq(agl_siting_solve(&plan, &q.s, NULL, NULL, NULL), AGL_EDATA);
    draw(&q, 1);
    for (int j = 0; j < S; j++)
        q.distance[2 * S + j] = NAN;
    ck_assert_int_eq(agl_siting_solve(&plan, &q.s, NULL, NULL, NULL), AGL_EDATA);
    draw(&q, 1);
    q.cost[0] = NAN;
    ck_assert_int_eq(agl_siting_solve(&plan, &q.s, NULL, NULL, NULL), AGL_EDATA);
}
END_TEST

/* Capacities against trying all sets and all ways to serve whole units: with weights of 1 and whole
 * capacities some best plan serves nobody in parts. */
START_TEST(capacities) {
    enum { PLACES = 6, SITES = 4 };
    for (uint32_t k = 0; k < 12; k++) {
        problem q;
        double open[SITES], served[SITES], covered[PLACES], far[PLACES], capacity[SITES], best = INFINITY;
        double distance[PLACES * SITES];
        int32_t site[PLACES];
        draw(&q, 50 + k);
        for (int i = 0; i < PLACES; i++) {
            q.weight[i] = 1;
            for (int j = 0; j < SITES; j++)
                distance[i * SITES + j] = q.distance[i * S + j];
        }
        for (uint32_t j = 0; j < SITES; j++)
            capacity[j] = 1 + (j + k) % 4;
        agl_siting s = {.n_demand = PLACES,
                        .n_sites = SITES,
                        .weight = q.weight,
                        .distance = distance,
                        .cost = q.cost,
                        .budget = 11,
                        .max_sites = 3,
                        .reach = 0.4,
                        .capacity = capacity};
        for (unsigned set = 0; set < 1u << SITES; set++) {
            double cost = 0;
            for (int j = 0; j < SITES; j++)
                cost += set >> j & 1 ? q.cost[j] : 0;
            if (cost > s.budget || __builtin_popcount(set) > 3) continue;
            for (unsigned way = 0; way < 1u << 2 * PLACES; way++) {
                double load[SITES] = {0}, sum = 0;
                bool ok = true;
                for (int i = 0; i < PLACES; i++) {
                    unsigned j = way >> 2 * i & 3;
                    ok = ok && (set >> j & 1) && ++load[j] <= capacity[j];
                    sum += distance[i * SITES + (int)j];
                }
                if (ok) best = fmin(best, sum);
            }
        }
        agl_siting_plan plan = {
            .open = open, .site = site, .distance = far, .served = served, .covered = covered};
        agl_status status = agl_siting_solve(&plan, &s, NULL, NULL, NULL);
        ck_assert_int_eq(status, isinf(best) ? AGL_ECONV : AGL_OK);
        if (status != AGL_OK) continue;
        ck_assert_double_eq_tol(plan.objective, best, 1e-7);
        double all = 0, sum = 0;
        for (int j = 0; j < SITES; j++) {
            ck_assert_double_le(served[j], capacity[j] * open[j] + 1e-7);
            all += served[j];
        }
        for (int i = 0; i < PLACES; i++) {
            ck_assert_int_ge(site[i], 0);
            ck_assert_double_ge(covered[i], 0);
            ck_assert_double_le(covered[i], 1 + 1e-9);
            sum += far[i];
        }
        ck_assert_double_eq_tol(all, PLACES, 1e-7);
        ck_assert_double_eq_tol(sum, best, 1e-7);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("platforms");
    TCase *tests = tcase_create("platforms");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, all_sets);
    tcase_add_test(tests, conflicts);
    tcase_add_test(tests, bad_input);
    tcase_add_test(tests, capacities);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

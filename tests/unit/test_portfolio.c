/* Portfolios against trying all subsets. */
#include "agglo/portfolio.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { N = 10, R = 2, RULES = 2 };

typedef struct problem {
    double value[N], amount[R * N], limit[R], minimum[1];
    int32_t project[R * N], resource[R * N], group[N];
    int8_t fixed[N];
    agl_pair require[RULES], exclude[RULES], minima[1];
    agl_projects p;
} problem;

static void draw(problem *q, uint32_t which) {
    agl_rng rng = agl__rng(21, which, 0);
    memset(q, 0, sizeof *q);
    for (int j = 0; j < N; j++) {
        q->value[j] = 1 + agl__rng_below(&rng, 50);
        q->group[j] = j % 3;
        for (int r = 0; r < R; r++) {
            int u = r * N + j;
            q->project[u] = j, q->resource[u] = r;
            q->amount[u] = 1 + agl__rng_below(&rng, 20);
            q->limit[r] += q->amount[u] * 0.45;
        }
    }
    for (int k = 0; k < RULES; k++) {
        q->require[k] = (agl_pair){(int32_t)agl__rng_below(&rng, 5), 5 + (int32_t)agl__rng_below(&rng, 5)};
        q->exclude[k] = (agl_pair){(int32_t)agl__rng_below(&rng, 5), 5 + (int32_t)agl__rng_below(&rng, 5)};
    }
    q->minima[0] = (agl_pair){1, 0};
    q->minimum[0] = 0.3;
    q->p = (agl_projects){.n = N,
                          .n_resources = R,
                          .n_groups = 3,
                          .value = q->value,
                          .uses = R * N,
                          .use_project = q->project,
                          .use_resource = q->resource,
                          .use_amount = q->amount,
                          .limit = q->limit,
                          .n_requires = RULES,
                          .n_excludes = RULES,
                          .n_minima = 1,
                          .requires_ = q->require,
                          .excludes = q->exclude,
                          .minima = q->minima,
                          .minimum = q->minimum,
                          .group = q->group,
                          .fixed = q->fixed};
}

static bool allowed(const problem *q, unsigned set) {
    double used[R] = {0}, in_group = 0;
    for (int j = 0; j < N; j++) {
        bool in = set >> j & 1;
        if (q->fixed[j] && (q->fixed[j] > 0) != in) return false;
        for (int r = 0; r < R; r++)
            used[r] += in ? q->amount[r * N + j] : 0;
        if (in && q->group[j] == q->minima[0].a) in_group += q->amount[j];
    }
    for (int r = 0; r < R; r++)
        if (used[r] > q->limit[r] + 1e-9) return false;
    for (int k = 0; k < RULES; k++) {
        if ((set >> q->require[k].a & 1) && !(set >> q->require[k].b & 1)) return false;
        if ((set >> q->exclude[k].a & 1) && (set >> q->exclude[k].b & 1)) return false;
    }
    return in_group >= q->minimum[0] * used[0] - 1e-9;
}

static double worth(const problem *q, unsigned set) {
    double v = 0;
    for (int j = 0; j < N; j++)
        v += set >> j & 1 ? q->value[j] : 0;
    return v;
}

/** Best allowed set whose project j (N = any) is in or not, other than `not`. */
static double brute(const problem *q, int j, bool in, unsigned not, unsigned *best) {
    double most = -INFINITY;
    for (unsigned set = 0; set < 1u << N; set++) {
        if (set == not || (j < N && (set >> j & 1) != in) || !allowed(q, set)) continue;
        if (worth(q, set) > most) most = worth(q, set), *best = set;
    }
    return most;
}

START_TEST(all_subsets) {
    for (uint32_t k = 0; k < 25; k++) {
        problem q;
        double chosen[N], used[R], price[R], change[N];
        unsigned set = 0, ignored;
        draw(&q, k);
        if (k % 3 == 0) q.fixed[k % N] = -1;
        agl_portfolio out = {.chosen = chosen, .used = used, .price = price};
        ck_assert_int_eq(agl_portfolio_solve(&out, &q.p, NULL, NULL, NULL), AGL_OK);
        double best = brute(&q, N, false, ~0u, &ignored);
        ck_assert_double_eq_tol(out.value, best, 1e-9);
        ck_assert_double_eq_tol(out.bound, best, 1e-6);
        ck_assert(out.relaxation >= best - 1e-9);
        for (int j = 0; j < N; j++)
            set |= (unsigned)(chosen[j] > 0.5) << j;
        ck_assert(allowed(&q, set));
        ck_assert_double_eq_tol(worth(&q, set), best, 1e-9);

        agl_portfolio_options next = {.differ_n = 1, .differ = chosen};
        agl_portfolio second = {0};
        ck_assert_int_eq(agl_portfolio_solve(&second, &q.p, &next, NULL, NULL), AGL_OK);
        ck_assert_double_eq_tol(second.value, brute(&q, N, false, set, &ignored), 1e-9);

        ck_assert_int_eq(agl_portfolio_switches(change, &q.p, &out, NULL, NULL, NULL), AGL_OK);
        for (int j = 0; j < N; j++) {
            bool in = chosen[j] > 0.5;
            double turned = brute(&q, j, !in, ~0u, &ignored);
            double expected = q.value[j] + (in ? turned - best : best - turned);
            if (isinf(turned))
                ck_assert(isinf(change[j]));
            else
                ck_assert_double_eq_tol(change[j], expected, 1e-9);
        }
    }
}
END_TEST

/* The price of a limit is the slope of the relaxation. */
START_TEST(prices) {
    problem q;
    double price[R];
    draw(&q, 3);
    agl_portfolio out = {.price = price}, more = {0};
    ck_assert_int_eq(agl_portfolio_solve(&out, &q.p, NULL, NULL, NULL), AGL_OK);
    for (int r = 0; r < R; r++) {
        q.limit[r] += 1e-4;
        ck_assert_int_eq(agl_portfolio_solve(&more, &q.p, NULL, NULL, NULL), AGL_OK);
        ck_assert_double_eq_tol((more.relaxation - out.relaxation) / 1e-4, price[r], 1e-4);
        q.limit[r] -= 1e-4;
    }
    ck_assert_double_gt(price[0] + price[1], 0);
}
END_TEST

START_TEST(conflicts) {
    problem q;
    uint8_t limit[R], require[RULES], exclude[RULES], minimum[1];
    draw(&q, 1);
    q.require[0] = (agl_pair){0, 5}, q.require[1] = (agl_pair){1, 6};
    q.exclude[0] = (agl_pair){0, 5}, q.exclude[1] = (agl_pair){2, 7};
    q.limit[0] = q.limit[1] = 1000;
    q.minimum[0] = 0;
    ck_assert_int_eq(agl_portfolio_conflict(limit, require, exclude, minimum, &q.p, NULL, NULL), AGL_OK);
    ck_assert_int_eq(limit[0] + limit[1] + require[0] + require[1] + exclude[0] + exclude[1] + minimum[0], 0);
    q.fixed[0] = 1; /* 0 needs 5, and may not be with 5 */
    agl_portfolio out = {0};
    agl_error err = {0};
    ck_assert_int_eq(agl_portfolio_solve(&out, &q.p, NULL, NULL, &err), AGL_ECONV);
    ck_assert_int_eq(agl_portfolio_conflict(limit, require, exclude, minimum, &q.p, NULL, NULL), AGL_OK);
    ck_assert_int_eq(require[0], 1);
    ck_assert_int_eq(exclude[0], 1);
    ck_assert_int_eq(limit[0] + limit[1] + require[1] + exclude[1] + minimum[0], 0);
}
END_TEST

/** Mean of the worst share `tail` of equally likely outcomes, by filling it up from the worst. */
static double worst(const double *outcome, int n, double tail) {
    double left = tail, sum = 0;
    bool taken[16] = {false};
    while (left > 1e-12) {
        int next = -1;
        for (int s = 0; s < n; s++)
            if (!taken[s] && (next < 0 || outcome[s] < outcome[next])) next = s;
        double part = fmin(left, 1.0 / n);
        sum += part * outcome[next];
        left -= part;
        taken[next] = true;
    }
    return sum / tail;
}

/* Mean and tail of scenarios against trying all subsets. */
START_TEST(risk) {
    enum { S = 5 };
    for (uint32_t k = 0; k < 12; k++) {
        problem q;
        double scenario[S * N], probability[S], chosen[N];
        const double weight = 0.25 * (k % 5), tail = k % 2 ? 0.3 : 0.2;
        draw(&q, 40 + k);
        agl_rng rng = agl__rng(22, k, 0);
        for (int j = 0; j < N; j++) {
            q.value[j] = 0;
            for (int s = 0; s < S; s++) {
                scenario[s * N + j] = (double)agl__rng_below(&rng, 60) - 10;
                q.value[j] += scenario[s * N + j] / S;
            }
        }
        for (int s = 0; s < S; s++)
            probability[s] = 1.0 / S;
        q.p.n_scenarios = S, q.p.scenario_value = scenario, q.p.probability = probability;
        agl_portfolio out = {.chosen = chosen};
        agl_portfolio_options o = {.risk = weight, .tail = tail};
        ck_assert_int_eq(agl_portfolio_solve(&out, &q.p, &o, NULL, NULL), AGL_OK);
        double best = -INFINITY;
        for (unsigned set = 0; set < 1u << N; set++) {
            if (!allowed(&q, set)) continue;
            double outcome[S] = {0}, mean = 0;
            for (int s = 0; s < S; s++) {
                for (int j = 0; j < N; j++)
                    outcome[s] += set >> j & 1 ? scenario[s * N + j] : 0;
                mean += outcome[s] / S;
            }
            best = fmax(best, (1 - weight) * mean + weight * worst(outcome, S, tail));
        }
        ck_assert_double_eq_tol(out.value, best, 1e-6);
        ck_assert_double_eq_tol((1 - weight) * out.mean + weight * out.tail_mean, best, 1e-6);
        ck_assert_double_le(out.tail_mean, out.mean + 1e-9);
    }
}
END_TEST

/* Few different values make many portfolios of the same worth. */
START_TEST(ties_go_to_the_first) {
    for (uint32_t k = 0; k < 12; k++) {
        problem q;
        double chosen[N], used[R], change[N];
        draw(&q, 60 + k);
        for (int j = 0; j < N; j++)
            q.value[j] = 1 + j % 2;
        agl_portfolio out = {.chosen = chosen, .used = used};
        ck_assert_int_eq(agl_portfolio_solve(&out, &q.p, NULL, NULL, NULL), AGL_OK);
        ck_assert_int_eq(agl_portfolio_switches(change, &q.p, &out, NULL, NULL, NULL), AGL_OK);
        ck_assert_int_eq(agl_portfolio_first(&out, change, &q.p, NULL, NULL, NULL), AGL_OK);
        unsigned first = 0, reversed = 0;
        for (unsigned set = 0; set < 1u << N; set++) {
            unsigned r = 0;
            for (int j = 0; j < N; j++)
                r |= (set >> j & 1) << (N - 1 - j);
            if (allowed(&q, set) && fabs(worth(&q, set) - out.value) < 1e-9 && r >= reversed)
                first = set, reversed = r;
        }
        double spent = 0;
        for (int j = 0; j < N; j++) {
            ck_assert_int_eq(chosen[j] > 0.5, first >> j & 1);
            spent += chosen[j] * q.amount[j];
        }
        ck_assert_double_eq_tol(used[0], spent, 1e-9);
    }
}
END_TEST

/* The least rise of limits against trying all subsets. */
START_TEST(mending) {
    for (uint32_t k = 0; k < 8; k++) {
        problem q;
        double excess[R], best = INFINITY;
        draw(&q, 80 + k);
        for (int j = 0; j < 4; j++)
            q.fixed[j + 5] = 1;
        q.limit[0] = 20, q.limit[1] = 25;
        agl_status status = agl_portfolio_mend(excess, &q.p, NULL, NULL, NULL);
        for (unsigned set = 0; set < 1u << N; set++) {
            double need[R], cost = 0, limit[R] = {q.limit[0], q.limit[1]};
            for (int r = 0; r < R; r++) {
                need[r] = -limit[r];
                for (int j = 0; j < N; j++)
                    need[r] += set >> j & 1 ? q.amount[r * N + j] : 0;
                cost += fmax(0, need[r]) / limit[r];
            }
            q.limit[0] = q.limit[1] = 1e9;
            if (allowed(&q, set)) best = fmin(best, cost);
            q.limit[0] = limit[0], q.limit[1] = limit[1];
        }
        ck_assert_int_eq(status, isinf(best) ? AGL_ECONV : AGL_OK);
        if (status == AGL_OK) ck_assert_double_eq_tol(excess[0] / 20 + excess[1] / 25, best, 1e-7);
    }
}
END_TEST

START_TEST(bad_input) {
    problem q;
    agl_portfolio out = {0};
    draw(&q, 2);
    q.require[0].b = N;
    ck_assert_int_eq(agl_portfolio_solve(&out, &q.p, NULL, NULL, NULL), AGL_EDATA);
    draw(&q, 2);
    q.limit[1] = NAN;
    ck_assert_int_eq(agl_portfolio_solve(&out, &q.p, NULL, NULL, NULL), AGL_EDATA);
    draw(&q, 2);
    q.value[1] = NAN;
    ck_assert_int_eq(agl_portfolio_solve(&out, &q.p, NULL, NULL, NULL), AGL_EDATA);
    draw(&q, 2);
    q.minimum[0] = 2;
    ck_assert_int_eq(agl_portfolio_solve(&out, &q.p, NULL, NULL, NULL), AGL_EDATA);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("portfolio");
    TCase *tests = tcase_create("portfolio");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, all_subsets);
    tcase_add_test(tests, prices);
    tcase_add_test(tests, conflicts);
    tcase_add_test(tests, risk);
    tcase_add_test(tests, ties_go_to_the_first);
    tcase_add_test(tests, mending);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

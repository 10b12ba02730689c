/* Optimal R&D shares against the dynamics that they are derived from, and the promises of the header. */
#include "agglo/rd.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { N = 6 };

typedef struct economy {
    int32_t citing[N * N], cited[N * N];
    double weight[N * N], domestic[N * N], beta[N], actual[N];
    agl_rd_network net;
} economy;

static void draw(economy *e, bool open, uint32_t which) {
    agl_rng rng = agl__rng(11, which, 0);
    size_t m = 0;
    for (int32_t i = 0; i < N; i++) {
        e->beta[i] = 0.1 + agl__rng_unit(&rng);
        e->actual[i] = 0.1 + agl__rng_unit(&rng);
        for (int32_t j = 0; j < N; j++, m++) {
            e->citing[m] = i, e->cited[m] = j;
            e->weight[m] = agl__rng_unit(&rng);
            e->domestic[m] = agl__rng_unit(&rng);
        }
    }
    ck_assert_int_eq(
        agl_rd_network_new(&e->net, N, m, e->citing, e->cited, e->weight, open ? e->domestic : NULL, NULL),
        AGL_OK);
}

/** Discounted welfare of the constant shares s, by stepping the dynamics forward (Heun) and summing utility.
 */
static double simulate(const economy *e, const double *s, double rho, double lambda) {
    double x[N] = {0}, welfare = 0, dt = 0.025, beta = 0, all = 0;
    for (int i = 0; i < N; i++)
        beta += e->beta[i], all += s[i];
    double ln[N];
    for (int i = 0; i < N; i++)
        ln[i] = log(s[i] / all);
    for (int k = 0; k < 6000; k++) {
        double k1[N], k2[N], y[N], u = 0;
        for (int i = 0; i < N; i++) {
            k1[i] = ln[i] - x[i];
            for (size_t a = e->net.offset[i]; a < e->net.offset[i + 1]; a++)
                k1[i] += e->net.share[a] * x[e->net.cited[a]];
            y[i] = x[i] + dt * lambda * k1[i];
            u += e->beta[i] / beta * x[i];
        }
        for (int i = 0; i < N; i++) {
            k2[i] = ln[i] - y[i];
            for (size_t a = e->net.offset[i]; a < e->net.offset[i + 1]; a++)
                k2[i] += e->net.share[a] * y[e->net.cited[a]];
        }
        welfare += exp(-rho * k * dt) * u * dt * (k == 0 ? 0.5 : 1);
        for (int i = 0; i < N; i++)
            x[i] += dt * lambda * (k1[i] + k2[i]) / 2;
    }
    return welfare;
}

static void against_the_dynamics(bool open) {
    economy e;
    double gamma[N], rho = 0.2, lambda = 0.3;
    draw(&e, open, open);
    agl_rd r = {.gamma = gamma};
    agl_rd_options o = {rho, lambda, 1};
    ck_assert_int_eq(agl_rd_optimal(&r, &e.net, e.beta, e.actual, &o, NULL, NULL), AGL_OK);
    double best = simulate(&e, gamma, rho, lambda), actual = simulate(&e, e.actual, rho, lambda);
    ck_assert_double_eq_tol(rho * (best - actual), r.ln_gain, 1e-4);
    for (int i = 0; i < N; i++) /* a little more in one sector, from all others: never better */
        for (int sign = -1; sign <= 1; sign += 2) {
            double s[N];
            memcpy(s, gamma, sizeof s);
            s[i] *= 1 + sign * 0.05;
            ck_assert_double_lt(simulate(&e, s, rho, lambda), best);
        }
    agl_rd_network_free(&e.net);
}

START_TEST(is_the_optimum_of_the_dynamics) { against_the_dynamics(false); }
END_TEST
START_TEST(is_the_optimum_of_the_open_economy) { against_the_dynamics(true); }
END_TEST

/* gamma' (I - d Omega) = (1 - d) beta' / mass */
START_TEST(solves_its_equation) {
    economy e;
    double gamma[N], gain[N];
    for (int open = 0; open < 2; open++) {
        draw(&e, open, 5);
        agl_rd r = {.gamma = gamma, .gain = gain};
        ck_assert_int_eq(agl_rd_optimal(&r, &e.net, e.beta, e.actual, NULL, NULL, NULL), AGL_OK);
        double d = 1 / (1 + 0.05 / 0.17), left[N], sum = 0, all = 0, beta = 0;
        memcpy(left, gamma, sizeof left);
        for (int i = 0; i < N; i++) {
            for (size_t a = e.net.offset[i]; a < e.net.offset[i + 1]; a++)
                left[e.net.cited[a]] -= d * gamma[i] * e.net.share[a];
            sum += gamma[i], all += gain[i], beta += e.beta[i];
        }
        for (int i = 0; i < N; i++)
            ck_assert_double_eq_tol(left[i] * r.mass, (1 - d) * e.beta[i] / beta, 1e-14);
        ck_assert_double_eq_tol(sum, 1, 1e-14);
        ck_assert_double_eq_tol(all, r.ln_gain, 1e-14);
        if (!open) ck_assert_double_eq_tol(r.mass, 1, 1e-13);
        if (open) ck_assert_double_lt(r.mass, 0.9);
        agl_rd_network_free(&e.net);
    }
}
END_TEST

START_TEST(limits) {
    economy e;
    double gamma[N], central[N];
    draw(&e, false, 7);
    agl_rd r = {.gamma = gamma, .centrality = central};
    agl_rd_options impatient = {1e9, 1, 1}, patient = {1e-4, 1, 1};
    ck_assert_int_eq(agl_rd_optimal(&r, &e.net, e.beta, NULL, &impatient, NULL, NULL), AGL_OK);
    double beta = 0;
    for (int i = 0; i < N; i++)
        beta += e.beta[i];
    for (int i = 0; i < N; i++)
        ck_assert_double_eq_tol(gamma[i], e.beta[i] / beta, 1e-8);
    ck_assert_double_nan(r.ln_gain);
    ck_assert_int_eq(agl_rd_optimal(&r, &e.net, e.beta, NULL, &patient, NULL, NULL), AGL_OK);
    ck_assert(r.settled);
    for (int i = 0; i < N; i++)
        ck_assert_double_eq_tol(gamma[i], central[i], 1e-3);
    agl_rd_network_free(&e.net);
}
END_TEST

/* Two sectors that only cite each other (a period of two), and one that cites nobody. */
START_TEST(periodic_and_silent) {
    int32_t citing[] = {0, 1}, cited[] = {1, 0};
    double weight[] = {3, 5}, beta[] = {2, 1, 1}, actual[] = {1, 0, 1}, central[3];
    agl_rd_network net;
    ck_assert_int_eq(agl_rd_network_new(&net, 3, 2, citing, cited, weight, NULL, NULL), AGL_OK);
    ck_assert_int_eq(net.silent, 1);
    agl_rd r = {.centrality = central};
    ck_assert_int_eq(agl_rd_optimal(&r, &net, beta, actual, NULL, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(central[0], 0.375, 1e-12);
    ck_assert_double_eq_tol(central[1], 0.375, 1e-12);
    ck_assert_double_eq_tol(central[2], 0.25, 1e-12);
    ck_assert_double_infinite(r.ln_gain);
    agl_rd_network_free(&net);
}
END_TEST

START_TEST(bad_input) {
    int32_t citing[] = {0, 1}, cited[] = {1, 2};
    double weight[] = {3, 5}, beta[] = {0, 0}, ok[] = {1, 1}, share[] = {0.5, 1.5};
    agl_error err = {0};
    agl_rd_network net;
    agl_rd r = {0};
    ck_assert_int_eq(agl_rd_network_new(&net, 2, 2, citing, cited, weight, NULL, &err), AGL_EDATA);
    cited[1] = 0;
    ck_assert_int_eq(agl_rd_network_new(&net, 2, 2, citing, cited, weight, share, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "domestic"));
    weight[0] = -1;
    ck_assert_int_eq(agl_rd_network_new(&net, 2, 2, citing, cited, weight, NULL, &err), AGL_EDATA);
    weight[0] = 1;
    ck_assert_int_eq(agl_rd_network_new(&net, 2, 2, citing, cited, weight, NULL, &err), AGL_OK);
    ck_assert_int_eq(agl_rd_optimal(&r, &net, beta, ok, NULL, NULL, &err), AGL_EDATA);
    ck_assert_int_eq(agl_rd_optimal(&r, &net, ok, beta, NULL, NULL, &err), AGL_EDATA);
    agl_rd_options o = {0, 1, 1};
    ck_assert_int_eq(agl_rd_optimal(&r, &net, ok, ok, &o, NULL, &err), AGL_EUSAGE);
    agl_rd_network_free(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("rd");
    TCase *tests = tcase_create("rd");
    tcase_add_test(tests, is_the_optimum_of_the_dynamics);
    tcase_add_test(tests, is_the_optimum_of_the_open_economy);
    tcase_add_test(tests, solves_its_equation);
    tcase_add_test(tests, limits);
    tcase_add_test(tests, periodic_and_silent);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

#include "agglo/misallocation.h"
#include "kernel/allocate/misallocation.h"
#include "unit.h"

#include <math.h>
#include <string.h>

/* Two industries whose firms get known productivities and wedges; observables follow from the firms' own
 * first-order conditions, solved here by the closed form of the model, not by the formulas under test. */
enum { N = 9, MARKETS = 2 };
static const double A[N] = {1, 1.5, 2, 0.8, 1, 0.7, 1.3, 2.2, 0.9};
static const double TAU_Y[N] = {0.1, -0.2, 0.3, 0, 0.05, 0.25, -0.1, 0.15, 0};
static const double TAU_K[N] = {0.2, 0, 0.5, -0.3, 0, 0.4, 0.1, -0.2, 0.3};
static const double THETA[MARKETS] = {0.6, 0.4}, ALPHA[MARKETS] = {0.4, 0.6};
static const int32_t MARKET[N] = {0, 0, 0, 0, 1, 1, 1, 1, 1};
#define R 0.1

typedef struct economy {
    double py[N], wl[N], k[N];
    agl_producers firms;
} economy;

/** Prices p_i ~ cost of a unit / (1 - tau_y); revenue p_i y_i ~ p_i^(1-sigma); factor bills from the cost
 * shares. */
static void make(economy *e, double sigma) {
    double total[MARKETS] = {0};
    for (int i = 0; i < N; i++) {
        double a = ALPHA[MARKET[i]], unit = pow(R * (1 + TAU_K[i]) / a, a) * pow(1 / (1 - a), 1 - a) / A[i];
        e->py[i] = pow(unit / (1 - TAU_Y[i]), 1 - sigma);
        total[MARKET[i]] += e->py[i];
    }
    for (int i = 0; i < N; i++) {
        double a = ALPHA[MARKET[i]];
        e->py[i] *= THETA[MARKET[i]] / total[MARKET[i]];
        double cost = e->py[i] * (1 - TAU_Y[i]) * (sigma - 1) / sigma;
        e->wl[i] = (1 - a) * cost;
        e->k[i] = a * cost / (R * (1 + TAU_K[i]));
    }
    e->firms = (agl_producers){N, MARKETS, MARKET, e->py, e->wl, e->k, ALPHA};
}

/** Direct aggregation: output of each industry as a CES bundle of A K^a L^(1-a), once with the inputs as they
 * are, once with the same inputs in proportion to A^(sigma-1), which equalises marginal revenue products. */
static double direct_gain(const economy *e, double sigma) {
    double ln = 0;
    for (int s = 0; s < MARKETS; s++) {
        double actual = 0, best = 0, k = 0, l = 0, power = 0, a = ALPHA[s], rho = (sigma - 1) / sigma;
        for (int i = 0; i < N; i++) {
            if (MARKET[i] != s) continue;
            k += e->k[i], l += e->wl[i], power += pow(A[i], sigma - 1);
            actual += pow(A[i] * pow(e->k[i], a) * pow(e->wl[i], 1 - a), rho);
        }
        for (int i = 0; i < N; i++) {
            if (MARKET[i] != s) continue;
            double part = pow(A[i], sigma - 1) / power;
            best += pow(A[i] * pow(part * k, a) * pow(part * l, 1 - a), rho);
        }
        ln += THETA[s] * (log(best) - log(actual)) / rho;
    }
    return expm1(ln);
}

typedef struct result {
    agl_market market[MARKETS];
    double tfpr[N], tfpq[N], share[N], best[N], tau_y[N], tau_k[N], gain, output;
} result;

static agl_status run(result *r, const economy *e, const agl_misallocation_options *o, int threads) {
    static const int32_t all[MARKETS] = {0, 0};
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = threads;
    agl_wedges w = {r->tfpr, r->tfpq, r->share, r->best, r->tau_y, r->tau_k};
    agl_status status = agl_misallocation(r->market, &w, &e->firms, o, &ctx, NULL);
    if (status == AGL_OK)
        agl_misallocation_total(&r->gain, &r->output, r->market, MARKETS, all, 1,
                                o ? o->model : AGL_HSIEH_KLENOW);
    return status;
}

START_TEST(wedges_come_back) {
    for (int s = 0; s < 3; s++) {
        double sigma = (double[]){1.5, 3, 7}[s];
        economy e;
        result r;
        make(&e, sigma);
        agl_misallocation_options o = AGL_MISALLOCATION_OPTIONS_INIT;
        o.sigma = sigma;
        ck_assert_int_eq(run(&r, &e, &o, 1), AGL_OK);
        double base = r.tfpq[0] - log(A[0]);
        for (int i = 0; i < N; i++) {
            ck_assert_double_eq_tol(r.tau_y[i], TAU_Y[i], 1e-12);
            ck_assert_double_eq_tol(r.tau_k[i], TAU_K[i], 1e-12);
            if (i == 4) base = r.tfpq[4] - log(A[4]);
            ck_assert_double_eq_tol(r.tfpq[i] - log(A[i]), base,
                                    1e-12); /* TFPQ is A up to a constant of the industry */
        }
    }
}
END_TEST

START_TEST(gain_is_that_of_direct_aggregation) {
    for (int s = 0; s < 4; s++) {
        double sigma = (double[]){1.2, 2, 3, 10}[s];
        economy e;
        result r;
        make(&e, sigma);
        agl_misallocation_options o = AGL_MISALLOCATION_OPTIONS_INIT;
        o.sigma = sigma;
        ck_assert_int_eq(run(&r, &e, &o, 1), AGL_OK);
        ck_assert_double_eq_tol(r.gain, direct_gain(&e, sigma), 1e-12);
        ck_assert_double_eq_tol(r.output, 1, 1e-12);
    }
}
END_TEST

START_TEST(nothing_to_gain_without_wedges) {
    economy e;
    result r;
    make(&e, 3);
    for (int i = 0; i < N; i++) { /* factors in proportion to revenue */
        e.wl[i] = 0.5 * e.py[i];
        e.k[i] = 2 * e.py[i];
    }
    ck_assert_int_eq(run(&r, &e, NULL, 1), AGL_OK);
    ck_assert_double_eq_tol(r.gain, 0, 1e-14);
    for (int i = 0; i < N; i++) {
        ck_assert_double_eq_tol(r.tfpr[i], 0, 1e-14);
        ck_assert_double_eq_tol(r.share[i], r.best[i], 1e-14);
    }
}
END_TEST

/* Span of control: output of one good with decreasing returns, against a numerical optimum over the split of
 * both factors. */
START_TEST(span_of_control_is_the_optimum) {
    static const double a[3] = {1, 1.4, 0.6}, k[3] = {1, 0.5, 2}, l[3] = {1, 2, 0.4};
    const double alpha = 0.3, gamma = 0.7;
    const int32_t market[3] = {0, 0, 0};
    double y[3], total = 0, most = 0;
    for (int i = 0; i < 3; i++)
        total += y[i] = a[i] * pow(pow(k[i], alpha) * pow(l[i], 1 - alpha), gamma);
    for (int u = 1; u < 400;
         u++) /* at the optimum both factors are split alike, so one split is searched on a fine grid */
        for (int v = 1; u + v < 400; v++) {
            double part[3] = {u / 400., v / 400., 1 - (u + v) / 400.}, sum = 0;
            for (int i = 0; i < 3; i++)
                sum += a[i] * pow(pow(part[i] * 3.5, alpha) * pow(part[i] * 3.4, 1 - alpha), gamma);
            most = fmax(most, sum);
        }
    agl_producers firms = {3, 1, market, y, l, k, &alpha};
    agl_misallocation_options o = AGL_MISALLOCATION_OPTIONS_INIT;
    o.model = AGL_SPAN_OF_CONTROL;
    o.gamma = gamma;
    agl_market m;
    double best[3];
    agl_wedges w = {.efficient_share = best};
    ck_assert_int_eq(agl_misallocation(&m, &w, &firms, &o, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(1 + m.gain, most / total, 2e-5);
    ck_assert_double_ge(1 + m.gain, most / total);
    double sum = 0;
    for (int i = 0; i < 3; i++)
        sum += pow(a[i], 1 / (1 - gamma));
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(best[i], pow(a[i], 1 / (1 - gamma)) / sum, 1e-13);
}
END_TEST

START_TEST(olley_pakes_covariance) {
    economy e;
    result r;
    make(&e, 3);
    ck_assert_int_eq(run(&r, &e, NULL, 1), AGL_OK);
    double mean = 0, covariance = 0, square = 0;
    for (int i = 0; i < 4; i++)
        mean += r.tfpr[i] / 4;
    for (int i = 0; i < 4; i++) {
        covariance += (r.share[i] - 0.25) * (r.tfpr[i] - mean);
        square += (r.tfpr[i] - mean) * (r.tfpr[i] - mean);
    }
    ck_assert_double_eq_tol(r.market[0].op_covariance, covariance, 1e-14);
    ck_assert_double_eq_tol(r.market[0].sd_tfpr, sqrt(square / 3), 1e-14);
}
END_TEST

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double draw(uint64_t *state) { /* any fixed sequence will do */
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

START_TEST(quantiles_without_sorting) {
    uint64_t state = 3;
    for (size_t n = 1; n < 60; n++)
        for (int ties = 0; ties < 2; ties++) {
            double v[64], sorted[64];
            for (size_t i = 0; i < n; i++)
                sorted[i] = ties ? floor(4 * draw(&state)) : draw(&state);
            qsort(memcpy(v, sorted, sizeof v), n, sizeof *v, by_value);
            memcpy(v, sorted, n * sizeof *v);
            qsort(sorted, n, sizeof *sorted, by_value);
            for (int q = 0; q <= 10; q++) {
                double at = q / 10. * (double)(n - 1);
                size_t k = (size_t)at;
                double want =
                    k + 1 < n ? sorted[k] + (at - (double)k) * (sorted[k + 1] - sorted[k]) : sorted[n - 1];
                ck_assert_double_eq_tol(agl__quantile_select(v, n, q / 10.), want, 1e-15);
            }
        }
    ck_assert_double_nan(agl__quantile_select(NULL, 0, 0.5));
}
END_TEST

/* Many firms: trimming drops the tails of each group, the result does not depend on threads, dispersion is
 * that of the plain formulas. */
enum { MANY = 40000, GROUPS = 2 };
static double big_y[MANY], big_l[MANY], big_k[MANY], big_r[MANY], big_q[MANY];
static int32_t big_market[MANY];
static const double big_alpha[4] = {0.3, 0.4, 0.5, 0.6};

static agl_producers many(void) {
    uint64_t state = 7;
    for (int i = 0; i < MANY; i++) {
        big_market[i] = i % 4;
        big_l[i] = exp(2 * draw(&state));
        big_k[i] = exp(2 * draw(&state));
        big_y[i] = exp(2 * draw(&state)) * sqrt(big_l[i] * big_k[i]);
    }
    return (agl_producers){MANY, 4, big_market, big_y, big_l, big_k, big_alpha};
}

START_TEST(trimming) {
    static const int32_t group[4] = {0, 1, 0, 1};
    agl_producers f = many();
    agl_market m[4];
    agl_wedges w = {.ln_tfpr = big_r, .ln_tfpq = big_q};
    ck_assert_int_eq(agl_misallocation(m, &w, &f, NULL, NULL, NULL), AGL_OK);
    static int32_t market[MANY];
    memcpy(market, big_market, sizeof market);
    size_t trimmed, of[GROUPS] = {0};
    ck_assert_int_eq(agl_misallocation_trim(market, &trimmed, MANY, big_r, big_q, group, GROUPS, 0.02, NULL),
                     AGL_OK);
    for (int i = 0; i < MANY; i++)
        of[group[big_market[i]]] += market[i] < 0;
    for (int g = 0; g < GROUPS; g++) { /* 4 % by either criterion, at most 8 % together */
        ck_assert_uint_ge(of[g], MANY / GROUPS * 4 / 100 - 2);
        ck_assert_uint_le(of[g], MANY / GROUPS * 8 / 100);
    }
    ck_assert_uint_eq(of[0] + of[1], trimmed);
    ck_assert_int_eq(agl_misallocation_trim(market, &trimmed, MANY, big_r, big_q, group, GROUPS, 0, NULL),
                     AGL_OK);
    ck_assert_uint_eq(trimmed, 0);
}
END_TEST

START_TEST(same_bits_for_any_thread_count) {
    static const int32_t group[8] = {0, 1, 2, 3, 4, 4, 4, 4};
    agl_producers f = many();
    double gain[2][10];
    agl_market m[2][4];
    for (int t = 0; t < 2; t++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = t ? 3 : 1;
        agl_gain_interval out = {gain[t], gain[t] + 5};
        ck_assert_int_eq(agl_misallocation(m[t], NULL, &f, NULL, &ctx, NULL), AGL_OK);
        ck_assert_int_eq(agl_misallocation_bootstrap(&out, &f, NULL, group, 2, 5, 30, 0.9, NULL, &ctx, NULL),
                         AGL_OK);
    }
    ck_assert_mem_eq(m[0], m[1], sizeof m[0]);
    ck_assert_mem_eq(gain[0], gain[1], sizeof gain[0]);
}
END_TEST

/* The bootstrap's spread is that of the gain over independent samples: its interval holds the gain of the
 * whole, and its width shrinks as 1 / sqrt(n). */
START_TEST(bootstrap_interval) {
    static const int32_t one[4] = {0, 0, 0, 0};
    double width[2];
    for (int t = 0; t < 2; t++) {
        agl_producers f = many();
        f.n = t ? MANY : MANY / 16;
        agl_market m[4];
        double gain, output, lo, hi;
        agl_gain_interval out = {&lo, &hi};
        ck_assert_int_eq(agl_misallocation(m, NULL, &f, NULL, NULL, NULL), AGL_OK);
        agl_misallocation_total(&gain, &output, m, 4, one, 1, AGL_HSIEH_KLENOW);
        ck_assert_int_eq(agl_misallocation_bootstrap(&out, &f, NULL, one, 1, 1, 400, 0.95, NULL, NULL, NULL),
                         AGL_OK);
        ck_assert(lo < gain && gain < hi);
        width[t] = hi - lo;
    }
    ck_assert_double_gt(width[0] / width[1], 3);
    ck_assert_double_lt(width[0] / width[1], 5.5);
}
END_TEST

/* Firms with true wedges that stay, observed without error (lambda 1), or with an error in the level of
 * inputs that is drawn anew. */
START_TEST(measurement_error) {
    enum { FIRMS = 8000, YEARS = 4, ROWS = FIRMS * YEARS };
    static double y[ROWS], l[ROWS], k[ROWS], tfpr[ROWS];
    static int32_t market[ROWS], lag[ROWS], unit[ROWS];
    const double alpha[YEARS] = {0.5, 0.5, 0.5, 0.5};
    double lambda[2];
    for (int noisy = 0; noisy < 2; noisy++) {
        uint64_t state = 11;
        for (int f = 0; f < FIRMS; f++) {
            double wedge = draw(&state) - 0.5, size = 3 * draw(&state);
            for (int t = 0; t < YEARS; t++) {
                int i = f * YEARS + t;
                size += draw(&state) - 0.5;
                double input = exp(size), extra = noisy ? 2 * (draw(&state) - 0.5) : 0 * draw(&state);
                y[i] = exp(size + wedge);
                l[i] = k[i] = input * (1 + 0.9 * extra * (extra > 0 ? 1 : 0.9));
                market[i] = t, unit[i] = f, lag[i] = t ? i - 1 : -1;
            }
        }
        agl_producers firms = {ROWS, YEARS, market, y, l, k, alpha};
        agl_market m[YEARS];
        agl_wedges w = {.ln_tfpr = tfpr};
        agl_measurement_error e;
        ck_assert_int_eq(agl_misallocation(m, &w, &firms, NULL, NULL, NULL), AGL_OK);
        ck_assert_int_eq(agl_misallocation_error(&e, &firms, tfpr, lag, unit, NULL), AGL_OK);
        ck_assert_uint_eq(e.pairs, FIRMS * (YEARS - 1));
        ck_assert_double_gt(e.se, 0);
        lambda[noisy] = e.lambda;
        if (!noisy) ck_assert_double_eq_tol(e.lambda, 1, 4 * e.se + 1e-9);
    }
    ck_assert_double_lt(lambda[1], 0.9);
}
END_TEST

START_TEST(bad_input) {
    economy e;
    result r;
    agl_error err = {0};
    make(&e, 3);
    e.k[4] = 0;
    ck_assert_int_eq(agl_misallocation(r.market, NULL, &e.firms, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "firm 4"));
    e.k[4] = NAN;
    ck_assert_int_eq(run(&r, &e, NULL, 1), AGL_EDATA);
    e.k[4] = 1;
    agl_misallocation_options o = AGL_MISALLOCATION_OPTIONS_INIT;
    o.sigma = 1;
    ck_assert_int_eq(run(&r, &e, &o, 1), AGL_EUSAGE);
    o.sigma = 3, o.model = AGL_SPAN_OF_CONTROL, o.gamma = 1;
    ck_assert_int_eq(run(&r, &e, &o, 1), AGL_EUSAGE);
    static const double share[MARKETS] = {0.4, 1};
    e.firms.capital_share = share;
    ck_assert_int_eq(run(&r, &e, NULL, 1), AGL_EDATA);
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    ck_assert_int_eq(agl_misallocation(r.market, NULL, &e.firms, NULL, &ctx, NULL), AGL_ECANCEL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("misallocation");
    TCase *tests = tcase_create("misallocation");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, wedges_come_back);
    tcase_add_test(tests, gain_is_that_of_direct_aggregation);
    tcase_add_test(tests, nothing_to_gain_without_wedges);
    tcase_add_test(tests, span_of_control_is_the_optimum);
    tcase_add_test(tests, olley_pakes_covariance);
    tcase_add_test(tests, quantiles_without_sorting);
    tcase_add_test(tests, trimming);
    tcase_add_test(tests, same_bits_for_any_thread_count);
    tcase_add_test(tests, bootstrap_interval);
    tcase_add_test(tests, measurement_error);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

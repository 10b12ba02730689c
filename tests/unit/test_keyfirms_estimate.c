/* rho and phi from panels of firms that play the game: known parameters come back, useless instruments are
 * noticed. */
#include "agglo/keyfirms.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { FIRMS = 300, YEARS = 7, MARKETS = 50, ROWS = FIRMS * YEARS, LINKS = 450 };
#define RHO 0.06
#define PHI 0.05

typedef struct world {
    int32_t firm[ROWS], year[ROWS], market[FIRMS];
    double output[ROWS], shifter[ROWS];
    agl_graph links[YEARS];
    agl_klz_panel panel;
} world;
static world w;

/** Firms meet and part, shifters and shocks move them, every year is an equilibrium. `shift` scales the
 * shifter. */
static void simulate(uint64_t seed, double shift) {
    static double mu[FIRMS], value[FIRMS], q[FIRMS];
    static int32_t a[LINKS], b[LINKS];
    agl_rng rng = agl__rng(seed, 0, 0);
    for (int i = 0; i < FIRMS; i++) {
        w.market[i] = i % MARKETS;
        mu[i] = 3 + agl__rng_unit(&rng);
    }
    for (int t = 0; t < YEARS; t++) {
        for (int k = 0; k < LINKS; k++)
            if (t == 0 || agl__rng_unit(&rng) < 0.2) {
                a[k] = (int32_t)(agl__rng_unit(&rng) * FIRMS);
                b[k] = (a[k] + 1 + (int32_t)(agl__rng_unit(&rng) * (FIRMS - 1))) % FIRMS;
            }
        ck_assert_int_eq(agl_graph_from_edges(w.links + t, NULL, FIRMS, LINKS, a, b, NULL, false, NULL),
                         AGL_OK);
        for (int i = 0; i < FIRMS; i++) {
            double x = shift * agl__rng_normal(&rng);
            w.firm[i * YEARS + t] = i, w.year[i * YEARS + t] = 2010 + t;
            w.shifter[i * YEARS + t] = x;
            value[i] = mu[i] + 0.1 * t + x + 0.3 * agl__rng_normal(&rng);
        }
        agl_klz_network net = {w.links + t, w.market, MARKETS, RHO, PHI};
        ck_assert_int_eq(agl_klz_equilibrium(q, &net, value, NULL, NULL, NULL), AGL_OK);
        for (int i = 0; i < FIRMS; i++)
            w.output[i * YEARS + t] = q[i];
    }
    w.panel = (agl_klz_panel){ROWS,  w.firm,  w.year,   w.output, NULL,    w.shifter,
                              FIRMS, MARKETS, w.market, YEARS,    w.links, 2010};
}

static void leave(void) {
    for (int t = 0; t < YEARS; t++)
        agl_graph_free(w.links + t);
}

START_TEST(shifters_find_the_truth) {
    agl_klz_estimates e;
    simulate(1, 0.6);
    ck_assert_int_eq(agl_klz_estimate(&e, &w.panel, NULL), AGL_OK);
    ck_assert_double_eq_tol(e.phi, PHI, 0.01);
    ck_assert_double_eq_tol(e.rho, RHO, 0.01);
    ck_assert_double_lt(fabs(e.phi - PHI), 3.5 * e.phi_se);
    ck_assert_double_lt(fabs(e.rho - RHO), 3.5 * e.rho_se);
    ck_assert_double_gt(e.weak, 15);
    ck_assert_double_le(e.weak, fmin(e.first_stage_phi, e.first_stage_rho) * 1.0001);
    ck_assert_double_gt(e.overidentification_p, 1e-4);
    ck_assert_uint_eq(e.firm_years,
                      FIRMS * (YEARS - 2)); /* the year before, and the links of the year before that */
    ck_assert_uint_eq(e.firms, FIRMS);
    leave();
}
END_TEST

START_TEST(errors_are_as_large_as_said) {
    double z = 0; /* mean square of the error over its standard error: 1 when the latter is right */
    for (uint64_t s = 0; s < 12; s++) {
        agl_klz_estimates e;
        simulate(100 + s, 0.6);
        ck_assert_int_eq(agl_klz_estimate(&e, &w.panel, NULL), AGL_OK);
        z += (pow((e.phi - PHI) / e.phi_se, 2) + pow((e.rho - RHO) / e.rho_se, 2)) / 24;
        leave();
    }
    ck_assert_double_gt(z, 0.35);
    ck_assert_double_lt(z, 2.2);
}
END_TEST

START_TEST(lagged_outputs_when_nothing_else_is_known) {
    agl_klz_estimates e;
    simulate(2, 0.6);
    w.panel.shifter = NULL;
    ck_assert_int_eq(agl_klz_estimate(&e, &w.panel, NULL), AGL_OK);
    ck_assert_double_lt(fabs(e.phi - PHI), 3.5 * e.phi_se);
    ck_assert_double_lt(fabs(e.rho - RHO), 3.5 * e.rho_se);
    leave();
}
END_TEST

START_TEST(weak_instruments_show) {
    agl_klz_estimates e;
    simulate(3, 0.6);
    agl_rng rng = agl__rng(9, 0, 0);
    for (int i = 0; i < ROWS; i++) /* has nothing to do with output */
        w.shifter[i] = agl__rng_normal(&rng);
    ck_assert_int_eq(agl_klz_estimate(&e, &w.panel, NULL), AGL_OK);
    ck_assert_double_lt(e.weak, 10);
    leave();
}
END_TEST

START_TEST(gaps_missing_values_and_absent_firms) {
    agl_klz_estimates e;
    simulate(4, 0.6);
    double kept = w.output[3];
    w.output[3] = NAN; /* the firm, its partners and its rivals lose the years that need it */
    ck_assert_int_eq(agl_klz_estimate(&e, &w.panel, NULL), AGL_OK);
    ck_assert_uint_lt(e.firm_years, FIRMS * (YEARS - 2) - 10);
    w.output[3] = kept;
    for (int i = 0; i < ROWS; i++)
        w.year[i] = 2010 + 2 * (w.year[i] - 2010);
    w.panel.n_graphs = 1;
    agl_error err = {0};
    ck_assert_int_eq(agl_klz_estimate(&e, &w.panel, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "firm-years"));
    w.year[1] = w.year[0];
    ck_assert_int_eq(agl_klz_estimate(&e, &w.panel, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "two rows"));
    leave();
}
END_TEST

START_TEST(without_rivals_only_phi) {
    agl_klz_estimates e;
    simulate(5, 0.6);
    w.panel.market = NULL, w.panel.n_markets = 0;
    ck_assert_int_eq(agl_klz_estimate(&e, &w.panel, NULL), AGL_OK);
    ck_assert(isnan(e.rho) && isnan(e.rho_se) && isfinite(e.phi));
    ck_assert_double_eq_tol(e.weak, e.first_stage_phi, 1e-9 * e.weak); /* one endogenous sum: the same F */
    leave();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("keyfirms_estimate");
    TCase *tests = tcase_create("keyfirms_estimate");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, shifters_find_the_truth);
    tcase_add_test(tests, errors_are_as_large_as_said);
    tcase_add_test(tests, lagged_outputs_when_nothing_else_is_known);
    tcase_add_test(tests, weak_instruments_show);
    tcase_add_test(tests, gaps_missing_values_and_absent_firms);
    tcase_add_test(tests, without_rivals_only_phi);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

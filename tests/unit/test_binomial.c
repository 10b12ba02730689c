/* The binomial tail against exact values, against the sum of its terms and against GSL. */
#include "kernel/measure/binomial.h"
#include "unit.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

static double relative(double a, double b) { return fabs(a - b) / fabs(b); }

/** The slow, obvious version: point probabilities by products in long double, added from x to n. */
static double by_terms(int x, int n, double p) {
    long double odds = (long double)p / (1 - (long double)p), term = powl(1 - (long double)p, n), sum = 0;
    for (int k = 0; k <= n; k++) {
        if (k >= x) sum += term;
        term *= odds * (n - k) / (k + 1);
    }
    return (double)sum;
}

START_TEST(ends) {
    ck_assert_double_eq(agl__binomial_upper(0, 10, 0.3), 1);
    ck_assert_double_eq(agl__binomial_upper(3, 10, 0), 0);
    ck_assert_double_eq(agl__binomial_upper(3, 10, 1), 1);
    ck_assert_double_eq(agl__binomial_upper(0, 0, 0.3), 1);
    ck_assert_double_eq_tol(agl__binomial_upper(10, 10, 0.5), 0x1p-10, 1e-18);
    ck_assert_double_nan(agl__binomial_upper(11, 10, 0.5));
    ck_assert_double_nan(agl__binomial_upper(1, 10, 1.5));
    ck_assert_double_nan(agl__binomial_upper(NAN, 10, 0.5));
    ck_assert_double_nan(agl__binomial_upper(1, NAN, 0.5));
    ck_assert_double_nan(agl__binomial_upper(1, 10, NAN));
}
END_TEST

START_TEST(against_terms) {
    static const double shares[] = {1e-6, 0.003, 0.1, 0.5, 0.87, 0.999};
    double worst = 0;
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++)
        for (int n = 1; n <= 400; n += n < 40 ? 1 : 37)
            for (int x = 1; x <= n; x++) {
                double expected = by_terms(x, n, shares[s]);
                if (expected > 1e-290)
                    worst = fmax(worst, relative(agl__binomial_upper(x, n, shares[s]), expected));
            }
    ck_assert_double_lt(worst, 1e-12);
}
END_TEST

/* Large n, where differences of log-gamma functions fail. Expected: tails summed term by term from a Stirling
 * series with 45 decimal digits. */
START_TEST(large_counts) {
    static const struct {
        double x, n, p, upper;
    } cases[] = {
        {5412, 8705, 0.584004, 4.0035054198517817e-13},
        {916, 8814, 0.083028, 3.642740837591892e-12},
        {53, 6555, 0.005677, 0.008386850296812149},
        {4, 6525, 0.00076, 0.7292777512841161},
        {8494, 55942, 0.140701, 3.4732627118073155e-14},
        {30, 91579, 7.6e-05, 8.710599417561024e-11},
        {20545, 79687, 0.251674, 3.3804387872373505e-05},
        {13826, 60321, 0.217769, 6.871305807885475e-12},
        {90, 533116, 0.0002, 0.9544354866638137},
        {123547, 626847, 0.194039, 5.287770394922828e-10},
        {53159, 671071, 0.076954, 2.296309748519879e-12},
        {8854, 772170, 0.011489, 0.5753936610433165},
        {1320241, 5038535, 0.261648, 0.025965034526416315},
        {446361, 7333399, 0.060588, 0.0007819643739002617},
        {1818659, 5697961, 0.319158, 0.46108163524440504},
        {838008, 6926577, 0.121433, 0.9998508091507042},
        {324943054, 802334697, 0.404976, 0.11407187451577966},
        {21143340, 954506123, 0.022166, 0.9991311260663618},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(relative(agl__binomial_upper(cases[i].x, cases[i].n, cases[i].p), cases[i].upper) <
                          1e-11,
                      "x %.0f n %.0f p %g: %.17g instead of %.17g", cases[i].x, cases[i].n, cases[i].p,
                      agl__binomial_upper(cases[i].x, cases[i].n, cases[i].p), cases[i].upper);
}
END_TEST

START_TEST(against_gsl_for_real_values) {
    gsl_set_error_handler_off();
    double worst = 0;
    for (double n = 0.7; n < 3000; n *= 1.37)
        for (double share = 0.002; share < 1; share += 0.0517)
            for (double x = n * share * 0.31; x < n; x += 0.173 * n) {
                double expected = gsl_sf_beta_inc(x, n - x + 1, share);
                if (expected > 1e-250)
                    worst = fmax(worst, relative(agl__binomial_upper(x, n, share), expected));
            }
    ck_assert_double_lt(worst, 1e-10);
}
END_TEST

START_TEST(falls_with_x) {
    double before = 1;
    for (double x = 0; x <= 200; x += 0.25) {
        double p = agl__binomial_upper(x, 200, 0.3);
        ck_assert_double_le(p, before * (1 + 1e-13));
        ck_assert_double_ge(p, 0);
        before = p;
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("binomial");
    TCase *tests = tcase_create("binomial");
    tcase_add_test(tests, ends);
    tcase_add_test(tests, against_terms);
    tcase_add_test(tests, large_counts);
    tcase_add_test(tests, against_gsl_for_real_values);
    tcase_add_test(tests, falls_with_x);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

/* The forecast on data made by the model itself, with a known slope. */
#include "agglo/innovation.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum {
    N = 8,
    YEARS = 16,
    FIRST = 1990,
    AGES = 4,
    BASE_FROM = 1995,
    BASE_TO = 1999,
    MAX_ROWS = N * N * AGES * 8
};

typedef struct world {
    double f[N][N][AGES], p[N * YEARS], phat[N * YEARS];
    int32_t citing[MAX_ROWS], cited[MAX_ROWS], year[MAX_ROWS], age[MAX_ROWS];
    double value[MAX_ROWS];
    size_t m;
    agl_citations c;
} world;

static double patents(const world *w, int k, int year) { return w->p[k * YEARS + year - FIRST]; }

/** Patents of the base years are noise, those after it follow ln P = slope ln Phat + class + year + noise;
 * citations are their expectations, so that the rates f are found again exactly. */
static void simulate(world *w, double slope, double noise, bool external) {
    agl_rng rng = agl__rng(21, 0, 0);
    w->m = 0;
    for (int j = 0; j < N; j++)
        for (int k = 0; k < N; k++)
            for (int a = 0; a < AGES; a++)
                w->f[j][k][a] = agl__rng_unit(&rng) * agl__rng_unit(&rng) * (j == k ? 2 : 0.5);
    for (int j = 0; j < N; j++)
        for (int t = 0; t <= BASE_TO - FIRST; t++)
            w->p[j * YEARS + t] = 200 + 800 * agl__rng_unit(&rng);
    for (int j = 0; j < N; j++)
        for (int k = 0; k < N; k++)
            for (int s = BASE_FROM; s <= BASE_TO; s++)
                for (int a = 1; a <= AGES; a++) {
                    w->citing[w->m] = j, w->cited[w->m] = k, w->year[w->m] = s, w->age[w->m] = a;
                    w->value[w->m++] = w->f[j][k][a - 1] * patents(w, k, s - a);
                }
    for (int t = BASE_TO + 1; t < FIRST + YEARS; t++) {
        double common = agl__rng_normal(&rng);
        for (int j = 0; j < N; j++) {
            double cites = 0, made = 0, sum = 0;
            for (size_t e = 0; e < w->m; e++)
                if (w->citing[e] == j && !(external && w->cited[e] == j)) cites += w->value[e];
            for (int s = BASE_FROM; s <= BASE_TO; s++)
                made += patents(w, j, s);
            for (int k = 0; k < N; k++)
                for (int a = 1; a <= AGES; a++)
                    if (!(external && k == j)) sum += w->f[j][k][a - 1] * patents(w, k, t - a);
            double *at = &w->phat[j * YEARS + t - FIRST];
            *at = sum / (cites / made);
            w->p[j * YEARS + t - FIRST] =
                exp(slope * log(*at) + 0.3 * common + 0.1 * j + noise * agl__rng_normal(&rng));
        }
    }
    ck_assert_int_eq(
        agl_citations_new(&w->c, N, w->m, w->citing, w->cited, w->value, w->year, w->age, NULL, NULL),
        AGL_OK);
}

static agl_aak_options options(bool external, int32_t replicates) {
    agl_aak_options o = AGL_AAK_OPTIONS_INIT;
    o.base_from = BASE_FROM, o.base_to = BASE_TO, o.max_age = AGES, o.external = external,
    o.replicates = replicates;
    return o;
}

static void check_exact(bool external) {
    static world w;
    double expected[N * YEARS];
    simulate(&w, 0.85, 0, external);
    agl_aak r = {.expected = expected};
    agl_aak_options o = options(external, 0);
    ck_assert_int_eq(agl_aak_forecast(&r, &w.c, w.p, FIRST, YEARS, &o, NULL, NULL), AGL_OK);
    for (int j = 0; j < N; j++)
        for (int t = 0; t < YEARS; t++) {
            if (FIRST + t <= BASE_TO)
                ck_assert_double_nan(expected[j * YEARS + t]);
            else
                ck_assert_double_eq_tol(expected[j * YEARS + t] / w.phat[j * YEARS + t], 1, 1e-12);
        }
    ck_assert_double_eq_tol(r.slope, 0.85, 1e-9);
    ck_assert_double_eq_tol(r.r2, 1, 1e-9);
    ck_assert_uint_eq(r.observations, N * (YEARS - (BASE_TO - FIRST + 1)));
    ck_assert_int_eq(r.classes, N);
    ck_assert_double_eq(r.lost, 0);
    ck_assert_double_nan(r.lo);
    o.unweighted = true;
    ck_assert_int_eq(agl_aak_forecast(&r, &w.c, w.p, FIRST, YEARS, &o, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(r.slope, 0.85, 1e-9);
    agl_citations_free(&w.c);
}

START_TEST(finds_the_slope_of_its_own_model) {
    check_exact(false);
    check_exact(true);
}
END_TEST

START_TEST(interval_and_threads) {
    static world w;
    double expected[N * YEARS];
    simulate(&w, 0.85, 0.02, false);
    agl_aak r[2] = {{.expected = expected}, {.expected = expected}};
    agl_aak_options o = options(false, 60);
    for (int run = 0; run < 2; run++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = run ? 3 : 1;
        ck_assert_int_eq(agl_aak_forecast(&r[run], &w.c, w.p, FIRST, YEARS, &o, &ctx, NULL), AGL_OK);
    }
    ck_assert_double_lt(r[0].lo, 0.85);
    ck_assert_double_gt(r[0].hi, 0.85);
    ck_assert_double_lt(r[0].hi - r[0].lo, 0.5);
    ck_assert_double_eq(r[0].lo, r[1].lo);
    ck_assert_double_eq(r[0].hi, r[1].hi);
    agl_citations_free(&w.c);
}
END_TEST

/* An unknown number spoils the forecasts that need it and no other; without later patents forecasts fall. */
START_TEST(unknown_patents_and_ahead) {
    static world w;
    double expected[N * YEARS], ahead[N * YEARS];
    simulate(&w, 0.85, 0.02, false);
    w.p[3 * YEARS + 2001 - FIRST] = NAN;
    agl_aak r = {.expected = expected};
    agl_aak_options o = options(false, 0);
    ck_assert_int_eq(agl_aak_forecast(&r, &w.c, w.p, FIRST, YEARS, &o, NULL, NULL), AGL_OK);
    for (int t = BASE_TO + 1; t < FIRST + YEARS; t++)
        for (int j = 0; j < N; j++) {
            bool needs = t >= 2002 && t <= 2001 + AGES;
            ck_assert_int_eq(isnan(expected[j * YEARS + t - FIRST]), needs);
        }
    r.expected = ahead;
    o.ahead = true;
    ck_assert_int_eq(agl_aak_forecast(&r, &w.c, w.p, FIRST, YEARS, &o, NULL, NULL), AGL_OK);
    ck_assert_double_eq(ahead[2000 - FIRST], expected[2000 - FIRST]);
    ck_assert_double_lt(ahead[2001 - FIRST], expected[2001 - FIRST]);
    ck_assert_double_gt(ahead[2003 - FIRST], 0);
    agl_citations_free(&w.c);
}
END_TEST

START_TEST(bad_input) {
    static world w;
    double expected[N * YEARS];
    agl_error err = {0};
    simulate(&w, 0.85, 0, false);
    agl_aak r = {.expected = expected};
    agl_aak_options o = options(false, 0);
    o.base_to = FIRST + YEARS - 1;
    ck_assert_int_eq(agl_aak_forecast(&r, &w.c, w.p, FIRST, YEARS, &o, NULL, &err), AGL_EUSAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "base years"));
    o = options(false, 0);
    o.max_age = 0;
    ck_assert_int_eq(agl_aak_forecast(&r, &w.c, w.p, FIRST, YEARS, &o, NULL, &err), AGL_EUSAGE);
    o = options(false, 0);
    w.p[5] = -1;
    ck_assert_int_eq(agl_aak_forecast(&r, &w.c, w.p, FIRST, YEARS, &o, NULL, &err), AGL_EDATA);
    agl_citations_free(&w.c);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("aak");
    TCase *tests = tcase_create("aak");
    tcase_add_test(tests, finds_the_slope_of_its_own_model);
    tcase_add_test(tests, interval_and_threads);
    tcase_add_test(tests, unknown_patents_and_ahead);
    tcase_add_test(tests, bad_input);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

/* The Malmquist index against its definition on small panels. */
#include "agglo/malmquist.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>

enum { UNITS = 20, YEARS = 3, ROWS = UNITS * YEARS };

typedef struct panel {
    double x[ROWS * 2], y[ROWS];
    int32_t unit[ROWS], period[ROWS];
    agl_dea_panel panel;
} panel;

/** In year t everything makes growth^t more of the same inputs. */
static void draw(panel *p, double growth) {
    for (int u = 0; u < UNITS; u++) {
        agl_rng rng = agl__rng(3, 0, (uint32_t)u);
        double a = 1 + agl__rng_unit(&rng), b = 1 + agl__rng_unit(&rng), y = 1 + agl__rng_unit(&rng);
        for (int t = 0; t < YEARS; t++) {
            int k = t * UNITS + u;
            p->x[2 * k] = a, p->x[2 * k + 1] = b, p->y[k] = y * pow(growth, t);
            p->unit[k] = u, p->period[k] = t;
        }
    }
    p->panel = (agl_dea_panel){{{p->x, ROWS, 2, 2}, {p->y, ROWS, 1, 1}}, p->unit, p->period, UNITS, YEARS};
}

static panel data;

START_TEST(uniform_growth_moves_the_frontier) {
    agl_malmquist m;
    draw(&data, 1.1);
    for (int to = AGL_INPUT; to <= AGL_OUTPUT; to++) {
        agl_malmquist_options o = {(agl_orientation)to, false};
        ck_assert_int_eq(agl_malmquist_make(&m, &data.panel, &o, NULL, NULL), AGL_OK);
        ck_assert_uint_eq(m.n, UNITS * (YEARS - 1));
        for (size_t k = 0; k < m.n; k++) {
            ck_assert_double_eq_tol(m.mi[k], 1.1, 1e-10);
            ck_assert_double_eq_tol(m.ec[k], 1, 1e-10);
            ck_assert_double_eq_tol(m.tc[k], 1.1, 1e-10);
            ck_assert_double_eq_tol(m.e01[k], 1.1 * m.e00[k], 1e-10);
        }
        agl_malmquist_free(&m);
    }
}
END_TEST

/* Each efficiency by its own call, and the identities of the decomposition. */
START_TEST(as_the_definition) {
    agl_malmquist m;
    agl_rng rng = agl__rng(8, 0, 0);
    draw(&data, 1);
    for (size_t k = 0; k < ROWS; k++)
        data.y[k] *= 0.7 + 0.6 * agl__rng_unit(&rng);
    ck_assert_int_eq(agl_malmquist_make(&m, &data.panel, NULL, NULL, NULL), AGL_OK);
    size_t unsplit = 0;
    for (size_t k = 0; k < m.n; k++) {
        double e[2][2];
        int32_t row[2] = {m.from[k], m.to[k]};
        for (int f = 0; f < 2; f++)
            for (int u = 0; u < 2; u++) {
                int at = data.period[row[f]] * UNITS;
                agl_dea_units reference = {{data.x + 2 * at, UNITS, 2, 2}, {data.y + at, UNITS, 1, 1}};
                agl_dea_units unit = {{data.x + 2 * row[u], 1, 2, 2}, {data.y + row[u], 1, 1, 1}};
                agl_dea out = {.score = &e[f][u]};
                agl_dea_options o = {AGL_CRS, AGL_INPUT};
                ck_assert_int_eq(agl_dea_radial(&out, &unit, &reference, &o, NULL, NULL), AGL_OK);
            }
        ck_assert_double_eq_tol(m.mi[k], sqrt(e[0][1] / e[0][0] * (e[1][1] / e[1][0])), 1e-10);
        ck_assert_double_eq_tol(m.ec[k], e[1][1] / e[0][0], 1e-10);
        ck_assert_double_eq_tol(m.ec[k] * m.tc[k], m.mi[k], 1e-12);
        ck_assert_double_eq_tol(m.pec[k] * m.sec[k], m.ec[k], 1e-12);
        unsplit += isnan(m.tc_vrs[k]);
        if (!isnan(m.tc_vrs[k])) ck_assert_double_eq_tol(m.pec[k] * m.tc_vrs[k] * m.scale[k], m.mi[k], 1e-12);
    }
    ck_assert_uint_gt(unsplit,
                      0); /* under VRS some units lie beyond the other year's frontier: empty, not 1 */
    ck_assert_uint_lt(unsplit, m.n);
    agl_malmquist_free(&m);
}
END_TEST

START_TEST(gaps) {
    agl_malmquist m;
    draw(&data, 1.05);
    data.unit[UNITS + 4] = UNITS; /* unit 4 is missing in year 1; another stands there once */
    data.panel.n_units = UNITS + 1;
    ck_assert_int_eq(agl_malmquist_make(&m, &data.panel, NULL, NULL, NULL), AGL_OK);
    ck_assert_uint_eq(m.n, 2 * UNITS - 2);
    agl_malmquist_free(&m);
    agl_malmquist_options o = {AGL_INPUT, true};
    ck_assert_int_eq(agl_malmquist_make(&m, &data.panel, &o, NULL, NULL), AGL_OK);
    ck_assert_uint_eq(m.n, 2 * UNITS - 1);
    for (size_t k = 0; k < m.n; k++)
        if (data.unit[m.to[k]] == 4) ck_assert_double_eq_tol(m.mi[k], 1.05 * 1.05, 1e-10);
    agl_malmquist_free(&m);
}
END_TEST

START_TEST(bad_panel) {
    agl_malmquist m;
    draw(&data, 1);
    data.unit[1] = 0;
    ck_assert_int_eq(agl_malmquist_make(&m, &data.panel, NULL, NULL, NULL),
                     AGL_EDATA); /* unit 0 twice in year 0 */
    data.unit[1] = UNITS;
    ck_assert_int_eq(agl_malmquist_make(&m, &data.panel, NULL, NULL, NULL), AGL_EDATA);
    data.unit[1] = 1;
    data.y[2] = -1;
    ck_assert_int_eq(agl_malmquist_make(&m, &data.panel, NULL, NULL, NULL), AGL_EDATA);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("malmquist");
    TCase *tests = tcase_create("malmquist");
    tcase_add_test(tests, uniform_growth_moves_the_frontier);
    tcase_add_test(tests, as_the_definition);
    tcase_add_test(tests, gaps);
    tcase_add_test(tests, bad_panel);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

/* Pieces of the dossier: escapes, axes, labels, projection, layout, and drawings of every kind. */
#include "base/rng.h"
#include "report/chart.h"
#include "report/labels.h"
#include "report/layout.h"
#include "report/markup.h"
#include "report/projection.h"
#include "report/scale.h"
#include "report_xml.h"
#include "unit.h"

#include <math.h>

/* ---- text ---- */

#define CHECK_TEXT(call, expected)                                                                           \
    do {                                                                                                     \
        agl_text t = {0};                                                                                    \
        call;                                                                                                \
        ck_assert_str_eq(t.data ? t.data : "", expected);                                                    \
        agl__text_free(&t);                                                                                  \
    } while (0)

START_TEST(html_is_escaped) {
    CHECK_TEXT(agl__html(&t, "a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
    CHECK_TEXT(agl__html(&t, "Z\xc3\xbcrich \xe5\xb7\xa5\xe4\xb8\x9a"),
               "Z\xc3\xbcrich \xe5\xb7\xa5\xe4\xb8\x9a");
    CHECK_TEXT(agl__html(&t, "a\x01"
                             "b\xff"
                             "c\xc3"),
               "a b\xef\xbf\xbd"
               "c\xef\xbf\xbd");
    CHECK_TEXT(agl__html(&t, "\xc0\xaf\xed\xa0\x80"), /* overlong, surrogate */
               "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    CHECK_TEXT(agl__html(&t, NULL), "");
}
END_TEST

START_TEST(numbers_are_readable) {
    CHECK_TEXT(agl__number(&t, 1234567.891, 1), "1\xe2\x80\xaf"
                                                "234\xe2\x80\xaf"
                                                "567.9");
    CHECK_TEXT(agl__number(&t, 2019, 0), "2019");
    CHECK_TEXT(agl__number(&t, -0.5, 2), "\xe2\x88\x92"
                                         "0.50");
    CHECK_TEXT(agl__number(&t, 0, 2), "0.00");
    CHECK_TEXT(agl__number(&t, 3.2e-7, 3), "3.2\xc3\x97"
                                           "10\xe2\x81\xbb\xe2\x81\xb7");
    CHECK_TEXT(agl__number(&t, 1e20, 0), "1.0\xc3\x97"
                                         "10\xc2\xb2\xe2\x81\xb0");
    CHECK_TEXT(agl__number(&t, NAN, 2), "\xe2\x80\x93");
    CHECK_TEXT(agl__coord(&t, 12.5), "12.5");
    CHECK_TEXT(agl__coord(&t, -0.001), "0");
    CHECK_TEXT(agl__coord(&t, 100), "100");
    CHECK_TEXT(agl__coord(&t, INFINITY), "0");
}
END_TEST

START_TEST(csv_and_base64) {
    CHECK_TEXT(agl__csv(&t, "plain"), "plain");
    CHECK_TEXT(agl__csv(&t, "a,\"b\""), "\"a,\"\"b\"\"\"");
    /* RFC 4648, section 10 */
    CHECK_TEXT(agl__base64(&t, "foobar", 6), "Zm9vYmFy");
    CHECK_TEXT(agl__base64(&t, "fooba", 5), "Zm9vYmE=");
    CHECK_TEXT(agl__base64(&t, "foob", 4), "Zm9vYg==");
    CHECK_TEXT(agl__base64(&t, "", 0), "");
}
END_TEST

/* ---- axes ---- */

static agl_axis fitted(const double *v, size_t n, unsigned flags) {
    agl_axis a;
    ck_assert_int_eq(agl__axis_fit(&a, v, n, flags, 6, NULL), AGL_OK);
    return a;
}

START_TEST(ticks_are_round) {
    const double v[] = {3, 97};
    agl_axis a = fitted(v, 2, 0);
    char label[32];
    ck_assert_double_eq(a.lo, 0);
    ck_assert_double_eq(a.hi, 100);
    ck_assert_int_eq(a.n_ticks, 6);
    ck_assert_double_eq_tol(a.tick[1], 20, 1e-12);
    const double small[] = {0.012, 0.031};
    a = fitted(small, 2, 0);
    agl__axis_label(label, sizeof label, &a, 0);
    ck_assert_str_eq(label, "0.012");
    const double large[] = {0, 2.5e6};
    a = fitted(large, 2, 0);
    agl__axis_label(label, sizeof label, &a, 1);
    ck_assert_str_eq(label, "0.5 M");
}
END_TEST

START_TEST(axes_hold_for_any_values) {
    agl_rng r = agl__rng(7, 0, 0);
    for (int round = 0; round < 3000; round++) {
        double v[40], scale = pow(10, 24 * agl__rng_unit(&r) - 12);
        size_t n = 1 + agl__rng_below(&r, 40);
        for (size_t i = 0; i < n; i++)
            v[i] = scale * (round % 3 == 0 ? exp(4 * agl__rng_normal(&r)) : agl__rng_normal(&r));
        unsigned flags = agl__rng_below(&r, 32);
        agl_axis a = fitted(v, n, flags);
        ck_assert_double_lt(a.lo, a.hi);
        ck_assert_int_ge(a.n_ticks, 1);
        for (int k = 0; k < a.n_ticks; k++) {
            double slack = 1e-6 * (a.hi - a.lo);
            ck_assert(a.tick[k] >= a.lo - slack && a.tick[k] <= a.hi + slack);
            if (k) ck_assert_double_gt(a.tick[k], a.tick[k - 1]);
        }
        size_t outside = 0;
        for (size_t i = 0; i < n; i++) {
            double t = agl__axis_at(&a, v[i]);
            ck_assert(t >= 0 && t <= 1);
            outside += v[i] < a.lo || v[i] > a.hi;
        }
        ck_assert_uint_eq(outside, a.outside);
        ck_assert(outside <= (n / 20 > 1 ? n / 20 : 1));
        if (flags & AGL_AXIS_WHOLE) ck_assert_uint_eq(outside, 0);
        if (flags & AGL_AXIS_LINEAR) ck_assert(!a.log);
        if (flags & AGL_AXIS_ZERO && !a.log) ck_assert(a.lo <= 0 && a.hi >= 0);
    }
}
END_TEST

START_TEST(axes_take_odd_input) {
    const double nothing[] = {NAN, INFINITY}, one[] = {5}, zero[] = {0, 0};
    agl_axis a = fitted(nothing, 2, 0);
    ck_assert(a.lo == 0 && a.hi == 1);
    a = fitted(NULL, 0, 0);
    ck_assert(a.lo == 0 && a.hi == 1);
    a = fitted(one, 1, 0);
    ck_assert(a.lo < 5 && a.hi > 5);
    a = fitted(zero, 2, AGL_AXIS_ZERO);
    ck_assert(a.lo < a.hi);
    const double years[] = {2017, 2018, 2019};
    char label[32];
    a = fitted(years, 3, AGL_AXIS_TIGHT);
    agl__axis_label(label, sizeof label, &a, 0);
    ck_assert(a.year);
    ck_assert_str_eq(label, "2017");
    ck_assert_int_eq(a.n_ticks, 3);
}
END_TEST

START_TEST(skewed_axes_turn_logarithmic) {
    const double v[] = {0.5, 3, 40, 900, 20000};
    agl_axis a = fitted(v, 5, 0);
    ck_assert(a.log);
    ck_assert_double_eq_tol(agl__axis_at(&a, sqrt(a.lo * a.hi)), 0.5, 1e-12);
    ck_assert(!fitted(v, 5, AGL_AXIS_LINEAR).log);
    const double with_zero[] = {0, 3, 40, 900, 20000};
    ck_assert(!fitted(with_zero, 5, 0).log);
    const double crowd[] = {1, 1.1, 1.2, 1.3, 1.4, 1.5, 60};
    ck_assert(fitted(crowd, 7, AGL_AXIS_CLOUD).log);
    ck_assert(!fitted(crowd, 7, 0).log);
}
END_TEST

START_TEST(outliers_do_not_squeeze_the_rest) {
    double v[30];
    for (int i = 0; i < 29; i++)
        v[i] = i - 10;
    v[29] = 5000;
    agl_axis a = fitted(v, 30, 0);
    ck_assert_uint_eq(a.outside, 1);
    ck_assert_double_lt(a.hi, 100);
    ck_assert_double_ge(fitted(v, 30, AGL_AXIS_WHOLE).hi, 5000);
}
END_TEST

/* ---- labels ---- */

START_TEST(labels_never_touch) {
    agl_rng r = agl__rng(3, 0, 0);
    agl_labels l = {.inside = {0, 0, 400, 300}};
    agl_box placed[200];
    int n = 0;
    for (int i = 0; i < 200; i++) {
        double x = 400 * agl__rng_unit(&r), y = 300 * agl__rng_unit(&r), tx, ty,
               width = 20 + 60 * agl__rng_unit(&r);
        ck_assert(agl__labels_mark(&l, x, y, 4));
        if (!agl__labels_place(&tx, &ty, &l, x, y, 4, width, 12)) continue;
        placed[n++] = (agl_box){tx, ty - 9, tx + width, ty + 2};
    }
    ck_assert_int_gt(n, 20);
    for (int i = 0; i < n; i++) {
        ck_assert(placed[i].x0 >= 0 && placed[i].x1 <= 400 && placed[i].y0 >= 0 && placed[i].y1 <= 300);
        for (int k = 0; k < i; k++)
            ck_assert(placed[i].x1 <= placed[k].x0 || placed[k].x1 <= placed[i].x0 ||
                      placed[i].y1 <= placed[k].y0 || placed[k].y1 <= placed[i].y0);
    }
    agl__labels_free(&l);
}
END_TEST

/* ---- maps ---- */

START_TEST(conic_keeps_areas) {
    const agl_lonlat_box europe = {-12, 38, 34, 70};
    agl_projection p = agl__projection(europe);
    ck_assert(p.conic);
    double first = 0;
    for (double lat = 35; lat < 70; lat += 5) {
        /* a small cell of the sphere has the area d(sin lat) d(lon) */
        double x[3], y[3], h = 0.01, d = 0.017453292519943295;
        agl__project(&x[0], &y[0], &p, 20, lat);
        agl__project(&x[1], &y[1], &p, 20 + h, lat);
        agl__project(&x[2], &y[2], &p, 20, lat + h);
        double area = fabs((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]));
        double ratio = area / (h * d * (sin((lat + h) * d) - sin(lat * d)));
        if (first == 0) first = ratio;
        ck_assert_double_eq_tol(ratio, 1, 1e-3);
        ck_assert_double_eq_tol(ratio, first, 1e-3);
    }
}
END_TEST

START_TEST(map_leaves_far_places_out) {
    double lon[100], lat[100];
    for (int i = 0; i < 98; i++) {
        lon[i] = -5 + (i % 14);
        lat[i] = 42 + (i / 14);
    }
    lon[98] = 55.5, lat[98] = -21.1; /* Reunion */
    lon[99] = -61.5, lat[99] = 16.2; /* Guadeloupe */
    agl_lonlat_box box;
    size_t outside;
    agl__map_box(&box, &outside, lon, lat, 100);
    ck_assert_uint_eq(outside, 2);
    ck_assert(box.west > -8 && box.east < 12 && box.south > 40 && box.north < 51);
    agl__map_box(&box, &outside, lon, lat, 98);
    ck_assert_uint_eq(outside, 0);
    agl__map_box(&box, &outside, lon, lat, 1);
    ck_assert(box.west < box.east && box.south < box.north);
}
END_TEST

/* ---- layout ---- */

START_TEST(layout_is_the_same_again_and_tells_communities_apart) {
    enum { N = 40, M = 2 * 20 * 19 / 2 + 1 };
    int32_t source[M], target[M];
    int group[N];
    size_t m = 0;
    for (int g = 0; g < 2; g++)
        for (int i = 0; i < 20; i++) {
            group[20 * g + i] = g;
            for (int j = i + 1; j < 20; j++, m++)
                source[m] = 20 * g + i, target[m] = 20 * g + j;
        }
    source[m] = 0, target[m++] = 20;
    const agl_layout_graph graph = {N, m, source, target, NULL, group};
    double x[2][N], y[2][N], radius[N];
    for (int k = 0; k < 2; k++)
        ck_assert_int_eq(agl__layout(x[k], y[k], &graph, NULL, NULL), AGL_OK);
    ck_assert_mem_eq(x[0], x[1], sizeof x[0]);
    for (int i = 0; i < N; i++)
        radius[i] = 6;
    agl__layout_fit(x[0], y[0], radius, N, 0, 0, 600, 400);
    double most = -INFINITY, least = INFINITY; /* of the community on the left, of the one on the right */
    int left = x[0][5] < x[0][25] ? 0 : 1;
    for (int i = 0; i < N; i++) {
        ck_assert(x[0][i] >= 6 && x[0][i] <= 594 && y[0][i] >= 6 && y[0][i] <= 394);
        if (group[i] == left)
            most = fmax(most, x[0][i]);
        else
            least = fmin(least, x[0][i]);
        for (int j = 0; j < i; j++)
            ck_assert_double_gt(hypot(x[0][i] - x[0][j], y[0][i] - y[0][j]), 10);
    }
    ck_assert_double_lt(most, least);
}
END_TEST

/* ---- drawings ---- */

static const char *const names[] = {
    "A & B <x>",       "\"quoted\": long industry name that needs two lines",
    "\xff\xfe broken", "",
    "Z\xc3\xbcrich",   "a very long label that will not fit its column in any way at all"};

static agl_column *column(agl_table *t, const char *name, agl_type type) {
    agl_column *c;
    ck_assert_int_eq(agl_table_add(&c, t, name, type, NULL), AGL_OK);
    return c;
}

/** Rows with every column that any kind of chart takes; `kind` of values: 0 plain, 1 skewed, 2 with gaps, 3
 * all missing. */
static agl_table *sample(size_t rows, int kind) {
    static const char *const numbers[] = {"value", "lo",    "hi",     "ref", "x",   "y",         "size",
                                          "x_ref", "y_ref", "weight", "lon", "lat", "lo_global", "hi_global"};
    static const char *const keys[] = {"label", "group", "series", "quadrants", "source", "target", "id"};
    agl_table *t;
    ck_assert_int_eq(agl_table_new(&t, "sample", rows, NULL), AGL_OK);
    agl_rng r = agl__rng(11, (uint32_t)kind, (uint32_t)rows);
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        agl_column *c = column(t, numbers[k], AGL_NUM);
        for (size_t i = 0; i < rows; i++) {
            c->num[i] = kind == 1 ? exp(5 * agl__rng_normal(&r)) : 10 * agl__rng_unit(&r) - 2;
            if (kind == 3 || (kind == 2 && agl__rng_below(&r, 4) == 0)) c->num[i] = NAN;
        }
    }
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        agl_column *c = column(t, keys[k], AGL_KEY);
        ck_assert_int_eq(agl_dict_set(&c->dict, names, 6, NULL), AGL_OK);
        for (size_t i = 0; i < rows; i++)
            c->code[i] = kind == 3 ? -1 : (int32_t)agl__rng_below(&r, 6);
    }
    return t;
}

static void draw_and_check(const char *kind, const agl_table *rows, bool empty) {
    const agl_chart_spec spec = {kind, "Title <&>", "x & y", "\"y\"", "Note <b>", "", "nodes"};
    const agl_chart chart = {&spec, "c1", rows, rows, NULL, NULL};
    agl_text svg = {0}, notes = {0};
    agl_error err = {0};
    ck_assert_msg(agl__chart_draw(&svg, &notes, &chart, &err) == AGL_OK, "%s: %s", kind, err.message);
    ck_assert(!svg.failed && !notes.failed);
    if (empty)
        ck_assert_msg(svg.length == 0, "%s draws without rows", kind);
    else
        ck_assert_msg(svg.length > 200 && strncmp(svg.data, "<svg ", 5) == 0, "%s draws nothing", kind);
    xml x;
    ck_assert_msg(xml_well_formed(&x, svg.data ? svg.data : ""), "%s: %s", kind, x.why);
    if (!empty) ck_assert(strstr(svg.data, "<title id=") && strstr(svg.data, "<desc id="));
    agl__text_free(&svg);
    agl__text_free(&notes);
}

START_TEST(every_kind_draws_well_formed_svg) {
    static const char *const kinds[] = {"bars",  "scatter",   "bubble", "lorenz",
                                        "lines", "histogram", "map",    "network"};
    const size_t sizes[] = {1, 2, 37, 2500};
    for (size_t k = 0; k < 8; k++)
        for (int values = 0; values < 3; values++)
            for (size_t s = 0; s < 4; s++) {
                agl_table *rows = sample(sizes[s], values);
                if (values < 2 || sizes[s] > 10) draw_and_check(kinds[k], rows, false);
                agl_table_free(rows);
            }
}
END_TEST

START_TEST(nothing_to_draw_draws_nothing) {
    static const char *const kinds[] = {"bars", "scatter", "bubble", "lorenz", "lines", "histogram", "map"};
    for (size_t k = 0; k < 7; k++) {
        agl_table *none = sample(0, 0), *missing = sample(5, 3);
        draw_and_check(kinds[k], none, true);
        draw_and_check(kinds[k], missing, true);
        agl_table_free(none);
        agl_table_free(missing);
    }
}
END_TEST

START_TEST(a_chart_without_its_column_is_a_defect) {
    const agl_chart_spec spec = {"bars", "T", NULL, NULL, NULL, "", NULL};
    agl_table *t;
    ck_assert_int_eq(agl_table_new(&t, "t", 1, NULL), AGL_OK);
    column(t, "label", AGL_NUM);
    const agl_chart chart = {&spec, "c1", t, NULL, NULL, NULL};
    agl_text svg = {0}, notes = {0};
    agl_error err = {0};
    ck_assert_int_eq(agl__chart_draw(&svg, &notes, &chart, &err), AGL_EINTERNAL);
    ck_assert_ptr_nonnull(strstr(err.message, "'value'"));
    agl_table_free(t);
}
END_TEST

int main(void) {
    Suite *s = suite_create("report");
    TCase *text = tcase_create("text"), *axis = tcase_create("axis"), *place = tcase_create("place"),
          *draw = tcase_create("draw");
    tcase_add_test(text, html_is_escaped);
    tcase_add_test(text, numbers_are_readable);
    tcase_add_test(text, csv_and_base64);
    tcase_add_test(axis, ticks_are_round);
    tcase_add_test(axis, axes_hold_for_any_values);
    tcase_add_test(axis, axes_take_odd_input);
    tcase_add_test(axis, skewed_axes_turn_logarithmic);
    tcase_add_test(axis, outliers_do_not_squeeze_the_rest);
    tcase_add_test(place, labels_never_touch);
    tcase_add_test(place, conic_keeps_areas);
    tcase_add_test(place, map_leaves_far_places_out);
    tcase_add_test(place, layout_is_the_same_again_and_tells_communities_apart);
    tcase_add_test(draw, every_kind_draws_well_formed_svg);
    tcase_add_test(draw, nothing_to_draw_draws_nothing);
    tcase_add_test(draw, a_chart_without_its_column_is_a_defect);
    tcase_set_timeout(draw, 120);
    suite_add_tcase(s, text);
    suite_add_tcase(s, axis);
    suite_add_tcase(s, place);
    suite_add_tcase(s, draw);
    return unit_main(s);
}

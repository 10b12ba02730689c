/* Stages of clusters: constructed panels with known stages, the rule line by line, the bootstrap against a
 * plain one. */
#include "agglo/stage.h"
#include "base/rng.h"
#include "kernel/measure/stage.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { R = 12, T = 12, S = 2 * R };

/** Two clusters in twelve regions. Cluster 0 grows by 2 % a year everywhere but in the regions made to
 * differ; cluster 1 keeps region totals steady enough for quotients. */
typedef struct world {
    int32_t region[S], cluster[S];
    double value[S * T], heterogeneity[S * T], entry[S * T], exit[S * T], firms[S * T];
    int8_t stage[S * T];
    double confidence[S * T], growth[S * T], national[S * T], net[S * T], lq[S * T], change[S * T],
        threshold[2];
    agl_stage_panel panel;
    agl_stages out;
} world;

static void build(world *w) {
    memset(w, 0, sizeof *w);
    for (int s = 0; s < S; s++) {
        w->region[s] = s / 2, w->cluster[s] = s % 2;
        for (int t = 0; t < T; t++)
            w->value[s * T + t] = s % 2 == 0 ? 1000 * pow(1.02, t) * (1 + 0.01 * ((s + t) % 3)) : 1000;
    }
    w->panel = (agl_stage_panel){.n_series = S,
                                 .n_years = T,
                                 .n_regions = R,
                                 .n_clusters = 2,
                                 .region = w->region,
                                 .cluster = w->cluster,
                                 .value = w->value};
    w->out =
        (agl_stages){w->stage, w->confidence, w->growth, w->national, w->net, w->lq, w->change, w->threshold};
}

static double *series(world *w, int region) { return w->value + 2 * region * T; }
static agl_stage at(const world *w, int region, int t) { return (agl_stage)w->stage[2 * region * T + t]; }

static void label(world *w, const agl_stage_options *o, int threads) {
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = threads;
    agl_error err = {0};
    ck_assert_msg(agl_label_stages(&w->out, &w->panel, o, &ctx, &err) == AGL_OK, "%s", err.message);
}

/** Region 0 booms from year 4, region 1 is new in year 5, region 2 is small and grows, 3 small and shrinks, 4
 * falls until year 7 and recovers, 5 is steady. */
static void stories(world *w) {
    build(w);
    for (int t = 0; t < T; t++) {
        if (t >= 4) series(w, 0)[t] = series(w, 0)[t - 1] * 1.25;
        series(w, 1)[t] = t < 5 ? 0 : 400 + 50 * t;
        series(w, 2)[t] = 100 * pow(1.12, t);
        series(w, 3)[t] = 200 * pow(0.99, t);
        if (t > 2) series(w, 4)[t] = series(w, 4)[t - 1] * (t < 8 ? 0.85 : 1.2);
    }
}

START_TEST(constructed_histories) {
    world w;
    stories(&w);
    agl_stage_options o = AGL_STAGE_OPTIONS_INIT;
    o.window = 2, o.lq_min = 0.8;
    label(&w, &o, 2);
    ck_assert_int_eq(at(&w, 0, 1), AGL_STAGE_UNKNOWN); /* no window yet */
    ck_assert_double_nan(w.growth[1]);
    for (int t = 6; t < T; t++)
        ck_assert_int_eq(at(&w, 0, t), AGL_STAGE_GROWTH);
    ck_assert_int_eq(at(&w, 1, 4), AGL_STAGE_UNKNOWN); /* not there */
    ck_assert_int_eq(at(&w, 1, 5), AGL_STAGE_EMERGENCE);
    ck_assert_double_nan(w.confidence[2 * 1 * T + 5]);
    ck_assert_int_eq(at(&w, 2, 3), AGL_STAGE_EMERGENCE);
    ck_assert_int_eq(at(&w, 3, 6), AGL_STAGE_NONE);
    ck_assert_int_eq(at(&w, 4, 6), AGL_STAGE_DECLINE);
    ck_assert_int_eq(at(&w, 4, 10), AGL_STAGE_RENEWAL);
    ck_assert_int_eq(at(&w, 5, 3), AGL_STAGE_SUSTAINMENT);
    ck_assert_double_eq_tol(w.growth[T * 0 + 8], sqrt(1.25 * 1.25) - 1, 1e-12);
    for (int k = 0; k < S * T; k++)
        ck_assert(isnan(w.confidence[k]) || (w.confidence[k] >= 0 && w.confidence[k] <= 1));
    o.memory = 1; /* no decline that recently: the recovery counts as growth */
    label(&w, &o, 1);
    ck_assert_int_eq(at(&w, 4, 11), AGL_STAGE_GROWTH);
}
END_TEST

START_TEST(scaling_and_threads_change_nothing) {
    static world a, b;
    stories(&a);
    agl_rng rng = agl__rng(3, 0, 0);
    for (int k = 0; k < S * T; k++)
        a.value[k] *= 1 + 0.1 * agl__rng_unit(&rng);
    b = a;
    b.panel.value = b.value, b.panel.region = b.region, b.panel.cluster = b.cluster;
    b.out = (agl_stages){b.stage, b.confidence, b.growth, b.national, b.net, b.lq, b.change, b.threshold};
    for (int k = 0; k < S * T; k++)
        b.value[k] *= 1024; /* a power of two: not even rounding differs */
    label(&a, NULL, 1);
    label(&b, NULL, 5);
    ck_assert_mem_eq(a.stage, b.stage, sizeof a.stage);
    ck_assert_mem_eq(a.confidence, b.confidence, sizeof a.confidence);
    ck_assert_mem_eq(a.net, b.net, sizeof a.net);
    int stages[AGL_STAGES] = {0};
    for (int k = 0; k < S * T; k++)
        if (a.stage[k] >= 0) stages[a.stage[k]]++;
    ck_assert(stages[AGL_STAGE_GROWTH] > 0 && stages[AGL_STAGE_SUSTAINMENT] > 0);
}
END_TEST

START_TEST(net_growth_of_the_whole_is_zero) {
    world w;
    build(&w);
    for (int s = 0; s < S; s++)
        for (int t = 0; t < T; t++)
            w.value[s * T + t] = 100 * (s + 1) * pow(1.05, t); /* all alike */
    label(&w, NULL, 1);
    for (int s = 0; s < S; s++)
        for (int t = 3; t < T; t++) {
            ck_assert_double_eq_tol(w.growth[s * T + t], 0.05, 1e-12);
            ck_assert_double_eq_tol(w.net[s * T + t], 0, 1e-12);
        }
    ck_assert_double_eq_tol(w.threshold[0], 0, 1e-12);
}
END_TEST

START_TEST(an_unknown_year_is_no_zero) {
    world w;
    stories(&w);
    series(&w, 0)[8] = NAN;
    label(&w, NULL, 1);
    ck_assert_int_eq(at(&w, 0, 8), AGL_STAGE_UNKNOWN);
    ck_assert_int_eq(at(&w, 0, 11), AGL_STAGE_UNKNOWN); /* its window starts there */
    ck_assert_int_eq(at(&w, 0, 10), AGL_STAGE_GROWTH);
    ck_assert(!isnan(w.national[5 * T + 8])); /* the nation is that of the regions known in both years */
}
END_TEST

START_TEST(the_rule_line_by_line) {
    agl_stage_options o = AGL_STAGE_OPTIONS_INIT;
    const agl_stage_features calm = {100, 100, 0, 0.1, 2, 2, NAN, NAN, NAN, false};
    agl_stage_features f = calm;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_SUSTAINMENT);
    f.net = 0.2;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_GROWTH);
    f.net_entry = -3;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_GROWTH);
    o.net_entry = true;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_SUSTAINMENT);
    f = calm, f.net = -0.2, f.net_entry = 4;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_SUSTAINMENT);
    o.net_entry = false;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_DECLINE);
    f.heterogeneity = 0.5; /* knowledge renews itself */
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_SUSTAINMENT);
    f = calm, f.net = -0.2, f.lq = 0.5;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_DECLINE); /* was a cluster a window ago */
    f.lq_before = 0.6;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_NONE);
    f.net = 0.05;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_EMERGENCE);
    o.emerge_sd = 1;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_NONE);
    f = calm, f.firms = 3, o.firms_min = 5, f.net = 0.2;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_EMERGENCE);
    f = calm, f.after_decline = true, f.net = 0.01;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_RENEWAL);
    f.heterogeneity = -0.1;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_SUSTAINMENT);
    f = calm, f.before = 0, f.net = NAN;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_EMERGENCE);
    f.before = NAN;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_UNKNOWN);
    f = calm, f.value = 0;
    ck_assert_int_eq(agl__stage_rule(&f, &o), AGL_STAGE_UNKNOWN);
}
END_TEST

START_TEST(draws_are_all_outcomes) {
    for (size_t m = 1; m <= 6; m++) {
        agl_draws d;
        ck_assert_int_eq(agl__draws_make(&d, m, NULL), AGL_OK);
        double sum = 0, *mean = calloc(m, sizeof *mean);
        for (size_t k = 0; k < d.n; k++) {
            size_t total = 0;
            sum += d.chance[k];
            for (size_t i = 0; i < m; i++) {
                total += d.times[k * m + i];
                mean[i] += d.chance[k] * d.times[k * m + i];
            }
            ck_assert_uint_eq(total, m);
            ck_assert(k == 0 || memcmp(d.times + k * m, d.times + (k - 1) * m, m) < 0); /* all different */
        }
        ck_assert_double_eq_tol(sum, 1, 1e-12);
        for (size_t i = 0; i < m; i++)
            ck_assert_double_eq_tol(mean[i], 1, 1e-12);
        free(mean);
        agl__draws_free(&d);
    }
}
END_TEST

START_TEST(confidence_is_that_of_random_draws) {
    static world w;
    stories(&w);
    agl_rng rng = agl__rng(4, 0, 0);
    for (int k = 0; k < S * T; k++)
        w.value[k] *= 1 + 0.15 * agl__rng_unit(&rng);
    agl_stage_options o = AGL_STAGE_OPTIONS_INIT;
    o.lq_min = 0;
    label(&w, &o, 1);
    int between = 0;
    for (int region = 5; region < R; region++) { /* steady ones: growth, sustainment or decline by chance */
        int k = 2 * region * T + T - 1, same = 0;
        enum { DRAWS = 4000 };
        for (int draw = 0; draw < DRAWS; draw++) {
            double own = 0, nation = 0;
            for (int i = 0; i < 3; i++) {
                int t = T - 1 - (int)agl__rng_below(&rng, 3);
                double now = 0, then = 0;
                for (int r = 0; r < R; r++)
                    now += series(&w, r)[t], then += series(&w, r)[t - 1];
                own += log(series(&w, region)[t] / series(&w, region)[t - 1]) / 3,
                    nation += log(now / then) / 3;
            }
            bool past = false; /* renewal depends on the history, which is not drawn */
            for (int back = 1; back <= 5; back++)
                past = past || w.stage[k - back] == AGL_STAGE_DECLINE;
            double net = exp(own) - exp(nation), sd = w.threshold[0];
            agl_stage stage = past && net > 0 ? AGL_STAGE_RENEWAL
                              : net < -sd     ? AGL_STAGE_DECLINE
                              : net > sd      ? AGL_STAGE_GROWTH
                                              : AGL_STAGE_SUSTAINMENT;
            same += stage == w.stage[k];
        }
        ck_assert_double_eq_tol(w.confidence[k], same / (double)DRAWS, 0.04); /* five standard errors */
        between += w.confidence[k] < 1;
    }
    ck_assert_int_gt(between, 0);
}
END_TEST

START_TEST(bad_panels) {
    world w;
    build(&w);
    agl_stage_options o = AGL_STAGE_OPTIONS_INIT;
    w.panel.n_years = 3;
    ck_assert_int_eq(agl_label_stages(&w.out, &w.panel, &o, NULL, NULL), AGL_EDATA);
    w.panel.n_years = T;
    o.window = 9;
    ck_assert_int_eq(agl_label_stages(&w.out, &w.panel, &o, NULL, NULL), AGL_EUSAGE);
    w.value[5] = -1;
    ck_assert_int_eq(agl_label_stages(&w.out, &w.panel, NULL, NULL, NULL), AGL_EDATA);
    w.value[5] = 1, w.region[2] = R;
    ck_assert_int_eq(agl_label_stages(&w.out, &w.panel, NULL, NULL, NULL), AGL_EDATA);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("stage");
    TCase *tests = tcase_create("stage");
    tcase_add_test(tests, constructed_histories);
    tcase_add_test(tests, scaling_and_threads_change_nothing);
    tcase_add_test(tests, net_growth_of_the_whole_is_zero);
    tcase_add_test(tests, an_unknown_year_is_no_zero);
    tcase_add_test(tests, the_rule_line_by_line);
    tcase_add_test(tests, draws_are_all_outcomes);
    tcase_add_test(tests, confidence_is_that_of_random_draws);
    tcase_add_test(tests, bad_panels);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

/* What must hold for any data: units of measurement, the order of rows and the number of threads do not
 * matter, shares add up, and no other allocation does better. */
#include "agglo/misallocation.h"
#include "agglo/rd.h"
#include "base/rng.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { FIRMS = 3000, MARKETS = 7, SECTORS = 40, FLOWS = 300 };

/* ---- misallocation ---- */

typedef struct industry {
    int32_t market[FIRMS];
    double output[FIRMS], labour[FIRMS], capital[FIRMS], share[MARKETS];
    agl_producers firms;
} industry;
static industry one, other;

static void draw_firms(industry *d, uint32_t seed) {
    for (int i = 0; i < FIRMS; i++) {
        agl_rng rng = agl__rng(seed, 0, (uint32_t)i);
        d->market[i] = (int32_t)agl__rng_below(&rng, MARKETS - 1); /* the last market stays empty */
        d->labour[i] = exp(agl__rng_normal(&rng));
        d->capital[i] = exp(1 + agl__rng_normal(&rng));
        d->output[i] = 3 * sqrt(d->labour[i] * d->capital[i]) * exp(0.4 * agl__rng_normal(&rng));
    }
    for (int m = 0; m < MARKETS; m++)
        d->share[m] = 0.2 + 0.08 * m;
    d->firms = (agl_producers){FIRMS, MARKETS, d->market, d->output, d->labour, d->capital, d->share};
}

typedef struct wedges {
    agl_market market[MARKETS];
    double tfpr[FIRMS], tfpq[FIRMS], share[FIRMS], best[FIRMS];
} wedges;
static wedges got, again;

static void measure(wedges *w, const industry *d, agl_misallocation_model model, int threads) {
    agl_misallocation_options o = AGL_MISALLOCATION_OPTIONS_INIT;
    agl_ctx ctx = AGL_CTX_INIT;
    agl_wedges to = {.ln_tfpr = w->tfpr, .ln_tfpq = w->tfpq, .share = w->share, .efficient_share = w->best};
    o.model = model;
    ctx.threads = threads;
    ck_assert_int_eq(agl_misallocation(w->market, &to, &d->firms, &o, &ctx, NULL), AGL_OK);
}

START_TEST(units_of_measurement) {
    for (int model = 0; model < 2; model++) {
        draw_firms(&one, 1);
        other = one;
        other.firms = (agl_producers){FIRMS,        MARKETS,       other.market, other.output,
                                      other.labour, other.capital, other.share};
        for (int i = 0; i < FIRMS; i++)
            other.output[i] *= 100, other.labour[i] *= 7, other.capital[i] *= 0.01;
        measure(&got, &one, (agl_misallocation_model)model, 1);
        measure(&again, &other, (agl_misallocation_model)model, 1);
        for (int m = 0; m < MARKETS - 1; m++) {
            ck_assert_double_eq_tol(got.market[m].gain, again.market[m].gain, 1e-11);
            ck_assert_double_eq_tol(got.market[m].sd_tfpr, again.market[m].sd_tfpr, 1e-11);
            ck_assert_double_eq_tol(got.market[m].op_covariance, again.market[m].op_covariance, 1e-11);
        }
        for (int i = 0; i < FIRMS; i++) {
            ck_assert_double_eq_tol(got.tfpr[i], again.tfpr[i], 1e-11);
            ck_assert_double_eq_tol(got.tfpq[i], again.tfpq[i], 1e-11);
        }
    }
}
END_TEST

START_TEST(order_of_firms) {
    draw_firms(&one, 2);
    for (int i = 0; i < FIRMS; i++) { /* 7 has no divisor in common with 3000 */
        int j = (i * 7 + 11) % FIRMS;
        other.market[i] = one.market[j], other.output[i] = one.output[j];
        other.labour[i] = one.labour[j], other.capital[i] = one.capital[j];
    }
    memcpy(other.share, one.share, sizeof one.share);
    other.firms =
        (agl_producers){FIRMS, MARKETS, other.market, other.output, other.labour, other.capital, other.share};
    measure(&got, &one, AGL_HSIEH_KLENOW, 1);
    measure(&again, &other, AGL_HSIEH_KLENOW, 1);
    for (int m = 0; m < MARKETS - 1; m++)
        ck_assert_double_eq_tol(got.market[m].gain, again.market[m].gain, 1e-11);
    for (int i = 0; i < FIRMS; i++)
        ck_assert_double_eq_tol(got.best[(i * 7 + 11) % FIRMS], again.best[i], 1e-13);
}
END_TEST

START_TEST(shares_and_bounds) {
    draw_firms(&one, 3);
    for (int model = 0; model < 2; model++) {
        double sum[MARKETS] = {0}, best[MARKETS] = {0};
        measure(&got, &one, (agl_misallocation_model)model, 1);
        for (int i = 0; i < FIRMS; i++)
            sum[one.market[i]] += got.share[i], best[one.market[i]] += got.best[i];
        for (int m = 0; m < MARKETS - 1; m++) {
            ck_assert_double_eq_tol(sum[m], 1, 1e-11);
            ck_assert_double_eq_tol(best[m], 1, 1e-11);
            ck_assert_double_gt(got.market[m].gain, 0); /* wedges are there */
        }
        ck_assert(isnan(got.market[MARKETS - 1].gain)); /* nobody there */
        double total, output;
        int32_t all[MARKETS] = {0};
        agl_misallocation_total(&total, &output, got.market, MARKETS, all, 1, (agl_misallocation_model)model);
        double least = INFINITY, most = 0;
        for (int m = 0; m < MARKETS - 1; m++)
            least = fmin(least, got.market[m].gain), most = fmax(most, got.market[m].gain);
        ck_assert(total >= least && total <= most); /* a mean of the markets' gains */
    }
}
END_TEST

START_TEST(threads_do_not_matter) {
    draw_firms(&one, 4);
    measure(&got, &one, AGL_HSIEH_KLENOW, 1);
    measure(&again, &one, AGL_HSIEH_KLENOW, 3);
    ck_assert_mem_eq(&got, &again, sizeof got);
}
END_TEST

/* ---- R&D ---- */

typedef struct economy {
    int32_t citing[FLOWS], cited[FLOWS], place[SECTORS];
    double weight[FLOWS], domestic[FLOWS], beta[SECTORS], actual[SECTORS];
} economy;

static void draw_economy(economy *e, uint32_t seed) {
    agl_rng rng = agl__rng(seed, 1, 0);
    for (int k = 0; k < FLOWS; k++) {
        e->citing[k] = (int32_t)agl__rng_below(&rng, SECTORS);
        e->cited[k] = (int32_t)agl__rng_below(&rng, SECTORS);
        e->weight[k] = 0.1 + agl__rng_unit(&rng);
        e->domestic[k] = agl__rng_unit(&rng);
    }
    for (int i = 0; i < SECTORS; i++) {
        e->place[i] = (i * 7 + 3) % SECTORS;
        e->beta[i] = agl__rng_unit(&rng);
        e->actual[i] = 0.05 + agl__rng_unit(&rng);
    }
}

typedef struct plan {
    double gamma[SECTORS], gain[SECTORS], centrality[SECTORS], ln_gain, distance, mass;
} plan;

/** Best shares with sector i renamed place[i] when `place` is given, flows and amounts scaled. */
static void best(plan *out, const economy *e, bool open, const int32_t *place, double scale, int threads) {
    int32_t citing[FLOWS], cited[FLOWS];
    double weight[FLOWS], beta[SECTORS], actual[SECTORS];
    agl_rd_network net;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = threads;
    memset(out, 0, sizeof *out);
    for (int k = 0; k < FLOWS; k++) {
        citing[k] = place ? place[e->citing[k]] : e->citing[k];
        cited[k] = place ? place[e->cited[k]] : e->cited[k];
        weight[k] = scale * e->weight[k];
    }
    for (int i = 0; i < SECTORS; i++) {
        beta[place ? place[i] : i] = scale * e->beta[i];
        actual[place ? place[i] : i] = 3 * scale * e->actual[i];
    }
    ck_assert_int_eq(
        agl_rd_network_new(&net, SECTORS, FLOWS, citing, cited, weight, open ? e->domestic : NULL, NULL),
        AGL_OK);
    agl_rd to = {.gamma = out->gamma, .gain = out->gain, .centrality = out->centrality};
    ck_assert_int_eq(agl_rd_optimal(&to, &net, beta, actual, NULL, &ctx, NULL), AGL_OK);
    out->ln_gain = to.ln_gain, out->distance = to.distance, out->mass = to.mass;
    agl_rd_network_free(&net);
}

START_TEST(rd_units_and_names) {
    for (int open = 0; open < 2; open++) {
        static economy e;
        plan a, b, c;
        draw_economy(&e, 5);
        best(&a, &e, open, NULL, 1, 1);
        best(&b, &e, open, NULL, 1e4, 1);
        best(&c, &e, open, e.place, 1, 1);
        ck_assert_double_eq_tol(a.ln_gain, b.ln_gain, 1e-12);
        ck_assert_double_eq_tol(a.ln_gain, c.ln_gain, 1e-12);
        ck_assert_double_eq_tol(a.distance, c.distance, 1e-12);
        for (int i = 0; i < SECTORS; i++) {
            ck_assert_double_eq_tol(a.gamma[i], b.gamma[i], 1e-13);
            ck_assert_double_eq_tol(a.gamma[i], c.gamma[e.place[i]], 1e-13);
            ck_assert_double_eq_tol(a.gain[i], c.gain[e.place[i]], 1e-12);
        }
    }
}
END_TEST

START_TEST(rd_shares_and_bounds) {
    for (uint32_t seed = 0; seed < 10; seed++)
        for (int open = 0; open < 2; open++) {
            static economy e;
            plan p;
            double sum = 0, parts = 0, central = 0;
            draw_economy(&e, 10 + seed);
            best(&p, &e, open, NULL, 1, 1);
            for (int i = 0; i < SECTORS; i++) {
                ck_assert_double_ge(p.gamma[i], 0);
                sum += p.gamma[i], parts += p.gain[i], central += p.centrality[i];
            }
            ck_assert_double_eq_tol(sum, 1, 1e-12);
            ck_assert_double_eq_tol(central, 1, 1e-9);
            ck_assert_double_eq_tol(parts, p.ln_gain, 1e-11);
            ck_assert_double_gt(p.ln_gain, 0); /* a divergence: zero only at the best shares themselves */
            ck_assert(p.distance > 0 && p.distance < 1);
            ck_assert(open ? p.mass > 0 && p.mass < 1 : fabs(p.mass - 1) < 1e-12);
            memcpy(e.actual, p.gamma, sizeof p.gamma);
            best(&p, &e, open, NULL, 1, 1);
            ck_assert_double_eq_tol(p.ln_gain, 0, 1e-12);
            ck_assert_double_eq_tol(p.distance, 0, 1e-12);
        }
}
END_TEST

START_TEST(rd_threads_do_not_matter) {
    static economy e;
    plan a, b;
    draw_economy(&e, 30);
    best(&a, &e, true, NULL, 1, 1);
    best(&b, &e, true, NULL, 1, 3);
    ck_assert_mem_eq(&a, &b, sizeof a);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("allocate_properties");
    TCase *tests = tcase_create("allocate_properties");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, units_of_measurement);
    tcase_add_test(tests, order_of_firms);
    tcase_add_test(tests, shares_and_bounds);
    tcase_add_test(tests, threads_do_not_matter);
    tcase_add_test(tests, rd_units_and_names);
    tcase_add_test(tests, rd_shares_and_bounds);
    tcase_add_test(tests, rd_threads_do_not_matter);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

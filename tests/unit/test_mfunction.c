/* The rings and the M function against slow, obvious versions of the same. */
#include "agglo/envelope.h"
#include "agglo/mfunction.h"
#include "base/rng.h"
#include "kernel/geo/points.h"
#include "kernel/measure/mfunction_rings.h"
#include "unit.h"

#include <math.h>
#include <string.h>

/* ---- patterns ---- */

typedef enum layout { SCATTERED, GRIDDED, CLUSTERED, GLOBE } layout;

typedef struct pattern {
    agl_points points;
    int32_t type[800];
    double weight[800];
    size_t n;
} pattern;

/* GRIDDED lies on whole kilometres with many ties, so that distances fall on the edges of rings. */
static void make(pattern *p, layout how, size_t n, uint32_t seed) {
    agl_rng rng = agl__rng(7, seed, 0);
    agl_error err;
    double x[800], y[800];
    for (size_t i = 0; i < n; i++) {
        x[i] = agl__rng_unit(&rng) * 100;
        y[i] = agl__rng_unit(&rng) * 100;
        if (how == GRIDDED) {
            x[i] = floor(x[i] / 5);
            y[i] = floor(y[i] / 5);
        } else if (how == CLUSTERED && i % 4) {
            x[i] = x[i / 40 * 40] + agl__rng_normal(&rng);
            y[i] = y[i / 40 * 40] + agl__rng_normal(&rng);
        } else if (how == GLOBE) {
            x[i] = x[i] * 3.6 - 180;
            y[i] = y[i] * 1.7 - 85;
        }
        p->type[i] = (int32_t)agl__rng_below(&rng, 4);
        p->weight[i] = 1 + agl__rng_below(&rng, 50);
    }
    p->n = n;
    if (how == GLOBE)
        ck_assert_int_eq(agl_points_sphere(&p->points, x, y, n, &err), AGL_OK);
    else
        ck_assert_int_eq(agl_points_plane(&p->points, x, y, 1, n, &err), AGL_OK);
}

/* ---- rings ---- */

static int32_t slow_class(const agl_points *p, size_t i, size_t j, double step, size_t n) {
    if (i == j) return (int32_t)n + 1;
    double c2 = agl__chord2(p, i, p, j);
    for (size_t k = 0; k <= n; k++) {
        double chord = agl__chord_of_distance(p->space, (double)k * step);
        if (c2 <= chord * chord) return (int32_t)k;
    }
    return (int32_t)n + 1;
}

static void check_classes(layout how, double step, size_t n_rings, int level) {
    pattern p;
    agl__frame frame;
    agl__rings rings;
    agl__cloud cloud;
    agl_error err;
    make(&p, how, 333, 1);
    ck_assert_int_eq(agl__frame_new(&frame, &p.points, &err), AGL_OK);
    ck_assert_int_eq(agl__rings_new(&rings, &frame, step, n_rings, NULL, 0, &err), AGL_OK);
    ck_assert_int_eq(agl__cloud_new(&cloud, &frame, NULL, p.n, NULL, &err), AGL_OK);
    rings.kernel = agl__ring_kernel_for(level);
    for (size_t i = 0; i < p.n; i += 7)
        for (uint32_t block = 0; block * AGL__GROUP < p.n; block++) {
            int32_t class[AGL__GROUP];
            agl__rings_classify(class, &rings, (int32_t)i, &cloud, &block, 1);
            for (size_t k = 0; k < AGL__GROUP; k++) {
                size_t j = block * AGL__GROUP + k;
                int32_t want = j < p.n ? slow_class(&p.points, i, j, step, n_rings) : (int32_t)n_rings + 1;
                ck_assert_msg(class[k] == want, "layout %d level %d: %zu to %zu is in %d, not %d", (int)how,
                              level, i, j, class[k], want);
            }
        }
    agl__cloud_free(&cloud);
    agl__rings_free(&rings);
    agl__frame_free(&frame);
    agl_points_free(&p.points);
}

START_TEST(classes_are_exact) {
    for (int level = 0; level <= 2; level++) {
        if (!agl__ring_kernel_for(level)) continue;
        check_classes(SCATTERED, 0.37, 100, level);
        check_classes(SCATTERED, 1e-6, 900, level); /* finer than single precision */
        check_classes(GRIDDED, 1, 12, level);
        check_classes(CLUSTERED, 0.1, 40, level);
        check_classes(GLOBE, 500, 20, level);
        check_classes(GLOBE, 7, 100, level);
    }
}
END_TEST

/* Sums by interval equal those of the single points, whatever groups were settled; also for part of the
 * points. */
static void check_sums(layout how, double step, size_t n_rings, const size_t *limits, size_t n_limits,
                       bool weighted, size_t limit) {
    pattern p;
    agl__frame frame;
    agl__rings rings;
    agl__cloud cloud;
    agl__ring_scratch scratch;
    agl_error err;
    int32_t some[800];
    double sum[1002], want[1002];
    size_t n = 0;
    make(&p, how, 800, 2);
    ck_assert_int_eq(agl__frame_new(&frame, &p.points, &err), AGL_OK);
    int32_t order[800];
    ck_assert_int_eq(agl__hilbert_order(order, &frame, &err), AGL_OK);
    for (size_t k = 0; k < p.n; k++)
        if (p.type[order[k]] != 3) some[n++] = order[k];
    ck_assert_int_eq(agl__rings_new(&rings, &frame, step, n_rings, limits, n_limits, &err), AGL_OK);
    ck_assert_int_eq(agl__cloud_new(&cloud, &frame, some, n, weighted ? p.weight : NULL, &err), AGL_OK);
    ck_assert_int_eq(agl__ring_scratch_new(&scratch, &rings, n, &err), AGL_OK);
    size_t settled = 0;
    for (size_t i = 0; i < p.n; i += 11) {
        memset(want, 0, sizeof want);
        for (size_t k = 0; k < n; k++)
            want[slow_class(&p.points, i, (size_t)some[k], step, n_rings)] +=
                weighted ? p.weight[some[k]] : 1;
        agl__rings_sum(sum, &scratch, &rings, (int32_t)i, &cloud, limit);
        settled += scratch.n_settled;
        double a = 0, b = 0;
        for (size_t k = 0; k <= limit; k++) {
            a += sum[k];
            b += want[k];
            bool ends = rings.interval[k] != rings.interval[k + 1];
            if (ends)
                ck_assert_msg(a == b, "layout %d point %zu class %zu: %g, not %g", (int)how, i, k, a, b);
        }
    }
    if (how == CLUSTERED && n_limits > 0) ck_assert_uint_gt(settled, 0);
    agl__ring_scratch_free(&scratch);
    agl__cloud_free(&cloud);
    agl__rings_free(&rings);
    agl__frame_free(&frame);
    agl_points_free(&p.points);
}

START_TEST(sums_are_exact) {
    const size_t one[] = {60}, some[] = {0, 3, 20, 60, 100};
    for (int how = SCATTERED; how <= GLOBE; how++)
        for (int weighted = 0; weighted <= 1; weighted++) {
            double step = how == GLOBE ? 90 : how == GRIDDED ? 0.25 : 1;
            check_sums((layout)how, step, 100, NULL, 0, weighted, 100);
            check_sums((layout)how, step, 100, some, 5, weighted, 100);
            check_sums((layout)how, step, 60, one, 1, weighted, 60);
            check_sums((layout)how, step, 100, NULL, 0, weighted, 33);
            check_sums((layout)how, step / 100, 1000, NULL, 0, weighted, 1000);
        }
}
END_TEST

START_TEST(kernels_give_the_same_bits) {
    pattern p;
    agl__frame frame;
    agl__rings rings;
    agl__cloud cloud;
    agl_error err;
    make(&p, GLOBE, 640, 3);
    ck_assert_int_eq(agl__frame_new(&frame, &p.points, &err), AGL_OK);
    ck_assert_int_eq(agl__rings_new(&rings, &frame, 25, 300, NULL, 0, &err), AGL_OK);
    ck_assert_int_eq(agl__cloud_new(&cloud, &frame, NULL, p.n, NULL, &err), AGL_OK);
    const agl__ring_kernel *plain = agl__ring_kernel_for(0);
    const float at[3] = {frame.x[5], frame.y[5], frame.z[5]};
    uint32_t blocks[AGL__CHUNK], parents[2] = {0, 1};
    int32_t a[2][AGL__CHUNK * AGL__GROUP], b[2][AGL__CHUNK * AGL__GROUP];
    double rows[4 * 16], sum[2][4 * 16];
    for (uint32_t k = 0; k < AGL__CHUNK; k++)
        blocks[k] = 2 * k;
    for (int k = 0; k < 4 * 16; k++)
        rows[k] = 1.0 / (k + 1);
    const int32_t to[5] = {3, 0, 3, 1, 3};
    const uint32_t from[5] = {1, 2, 1, 0, 3};
    for (int level = 1; level <= 2; level++) {
        const agl__ring_kernel *fast = agl__ring_kernel_for(level);
        if (!fast) continue;
        bool unsure[2] = {plain->classify(a[0], &cloud, blocks, AGL__CHUNK, at, &rings.scale),
                          fast->classify(a[1], &cloud, blocks, AGL__CHUNK, at, &rings.scale)};
        ck_assert_int_eq(unsure[0], unsure[1]);
        ck_assert_mem_eq(a[0], a[1], sizeof a[0]);
        plain->bounds(a[0], b[0], &cloud.level[0], parents, 2, at, &rings.scale);
        fast->bounds(a[1], b[1], &cloud.level[0], parents, 2, at, &rings.scale);
        ck_assert_mem_eq(a[0], a[1], 2 * AGL__GROUP * sizeof(int32_t));
        ck_assert_mem_eq(b[0], b[1], 2 * AGL__GROUP * sizeof(int32_t));
        memset(sum, 0, sizeof sum);
        plain->add_rows(sum[0], to, rows, from, 5, 16);
        fast->add_rows(sum[1], to, rows, from, 5, 16);
        ck_assert_mem_eq(sum[0], sum[1], sizeof sum[0]);
    }
    agl__cloud_free(&cloud);
    agl__rings_free(&rings);
    agl__frame_free(&frame);
    agl_points_free(&p.points);
}
END_TEST

/* ---- M ---- */

/* The definition, word for word. h > 0: the kernel form. */
static double slow_m(const agl_points *p, const int32_t *type, const double *w, agl_mfunction_curve c,
                     double r, double h, bool controls) {
    double all = 0, neighbours = 0, cases = 0, local = 0, global = 0;
    for (size_t i = 0; i < p->n; i++) {
        all += w ? w[i] : 1;
        if (type[i] == c.neighbour) neighbours += w ? w[i] : 1;
        if (type[i] == c.reference) cases += w ? w[i] : 1;
    }
    for (size_t i = 0; i < p->n; i++) {
        if (type[i] != c.reference) continue;
        double near = 0, below = 0, own = w ? w[i] : 1;
        for (size_t j = 0; j < p->n; j++) {
            if (j == i) continue;
            double d = agl_points_distance(p, i, j),
                   k = h > 0 ? exp(-0.5 * (d - r) * (d - r) / (h * h)) : d <= r;
            k *= w ? w[j] : 1;
            if (type[j] == (controls ? c.reference : c.neighbour)) near += k;
            if (!controls || type[j] == c.neighbour) below += k;
        }
        if (!(below > 0)) continue;
        local += near / below;
        global += controls ? (cases - own) / neighbours
                           : (neighbours - (c.reference == c.neighbour ? own : 0)) / (all - own);
    }
    return global > 0 ? local / global : NAN;
}

static bool near(double a, double b, double tolerance) {
    return (isnan(a) && isnan(b)) || fabs(a - b) <= tolerance * fmax(fabs(b), 1e-6);
}

START_TEST(observed_equals_the_definition) {
    const agl_mfunction_curve curves[] = {{0, 0}, {0, 1}, {2, 1}, {3, 3}};
    const size_t at[] = {0, 1, 2, 5, 9, 20};
    for (int how = SCATTERED; how <= GLOBE; how++)
        for (int form = 0; form < 4; form++) { /* plain, weighted, case-control, one curve */
            pattern p;
            agl_error err;
            agl_mfunction *f;
            agl_mfunction_options o = AGL_MFUNCTION_OPTIONS_INIT;
            agl_distances d = {how == GLOBE ? 333 : how == GRIDDED ? 1 : 1.7, 6, at};
            double m[4 * 6];
            o.case_control = form == 2;
            size_t first = form >= 2, n = form == 3 ? 1 : form == 2 ? 2 : 4;
            make(&p, (layout)how, 400, 4);
            const double *w = form > 0 ? p.weight : NULL;
            ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, w, curves + first, n, &d, &o, &err),
                             AGL_OK);
            ck_assert_int_eq(agl_mfunction_observed(m, f, NULL, &err), AGL_OK);
            for (size_t c = 0; c < n; c++)
                for (size_t k = 0; k < 6; k++) {
                    double want = slow_m(&p.points, p.type, w, curves[first + c], (double)at[k] * d.step, 0,
                                         o.case_control);
                    ck_assert_msg(near(m[c * 6 + k], want, 1e-12),
                                  "layout %d form %d curve %zu r %zu: %.15g, not %.15g", how, form, c, k,
                                  m[c * 6 + k], want);
                }
            agl_mfunction_free(f);
            agl_points_free(&p.points);
        }
}
END_TEST

START_TEST(kernel_form_is_close_to_the_definition) {
    const agl_mfunction_curve curve = {0, 1};
    const size_t at[] = {0, 3, 10, 20};
    pattern p;
    agl_error err;
    agl_mfunction *f;
    agl_mfunction_options o = AGL_MFUNCTION_OPTIONS_INIT;
    agl_distances d = {2, 4, at};
    double m[4];
    o.bandwidth = 3.3;
    make(&p, SCATTERED, 400, 5);
    ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, p.weight, &curve, 1, &d, &o, &err), AGL_OK);
    ck_assert_int_eq(agl_mfunction_observed(m, f, NULL, &err), AGL_OK);
    for (size_t k = 0; k < 4; k++) {
        double want = slow_m(&p.points, p.type, p.weight, curve, (double)at[k] * d.step, o.bandwidth, false);
        ck_assert_msg(near(m[k], want, 1e-4), "r %zu: %.9g, not %.9g", k, m[k], want);
    }
    agl_mfunction_free(f);
    agl_points_free(&p.points);
}
END_TEST

/* ---- draws ---- */

/* Deals marks as the kernel does, but into plain arrays in the order of the points along the curve. */
static void slow_deal(int32_t *type, double *weight, const pattern *p, const int32_t *order, agl_null null,
                      int32_t fixed, uint32_t draw) {
    size_t moved[800], deal[800], n = 0;
    agl_rng rng = agl__rng(1, draw, 1);
    for (size_t k = 0; k < p->n; k++) {
        type[order[k]] = p->type[order[k]];
        weight[order[k]] = p->weight[order[k]];
        if (null != AGL_NULL_INDEPENDENCE || p->type[order[k]] != fixed) moved[n++] = (size_t)order[k];
    }
    memcpy(deal, moved, sizeof deal);
    for (size_t k = n; k > 1; k--) {
        size_t j = agl__rng_below(&rng, (uint32_t)k), swap = deal[k - 1];
        deal[k - 1] = deal[j];
        deal[j] = swap;
    }
    for (size_t k = 0; k < n; k++) {
        type[moved[k]] = p->type[deal[k]];
        if (null != AGL_NULL_LABELLING) weight[moved[k]] = p->weight[deal[k]];
    }
}

/* All ways of getting the denominators: table (no weights, labelling), clouds (few reference points), lanes
 * (many). */
static void check_draws(agl_null null, bool weighted, const agl_mfunction_curve *curves, size_t n_curves,
                        size_t rare) {
    enum { DRAWS = 11, R = 3 };
    const size_t at[R] = {1, 4, 15};
    pattern p;
    agl_error err;
    agl_mfunction *f;
    agl__frame frame;
    agl_distances d = {2.5, R, at};
    int32_t order[800], type[800];
    double weight[800], *m = malloc(n_curves * DRAWS * R * sizeof *m);
    make(&p, CLUSTERED, 320, 6);
    for (size_t i = 0; i < p.n; i++) /* make the first reference type rare */
        if (p.type[i] == curves[0].reference && i % rare) p.type[i] = 3;
    ck_assert_int_eq(agl__frame_new(&frame, &p.points, &err), AGL_OK);
    ck_assert_int_eq(agl__hilbert_order(order, &frame, &err), AGL_OK);
    ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, weighted ? p.weight : NULL, curves, n_curves,
                                       &d, NULL, &err),
                     AGL_OK);
    ck_assert_int_eq(agl_mfunction_simulated(m, f, DRAWS, null, NULL, &err), AGL_OK);
    for (uint32_t s = 0; s < DRAWS; s++) {
        slow_deal(type, weight, &p, order, null, curves[0].reference, s);
        for (size_t c = 0; c < n_curves; c++)
            for (size_t k = 0; k < R; k++) {
                double want = slow_m(&p.points, type, weighted ? weight : NULL, curves[c],
                                     (double)at[k] * d.step, 0, false);
                double got = m[(c * DRAWS + s) * R + k];
                ck_assert_msg(near(got, want, 1e-11),
                              "null %d weighted %d draw %u curve %zu r %zu: %.15g, not %.15g", (int)null,
                              weighted, s, c, k, got, want);
            }
    }
    free(m);
    agl_mfunction_free(f);
    agl__frame_free(&frame);
    agl_points_free(&p.points);
}

START_TEST(draws_equal_the_definition) {
    const agl_mfunction_curve all[] = {{0, 0}, {1, 1}, {2, 2}, {3, 1}}, one[] = {{0, 0}}, pair[] = {{0, 2}};
    for (int weighted = 0; weighted <= 1; weighted++) {
        check_draws(AGL_NULL_LOCATION, weighted, all, 4, 1);
        check_draws(AGL_NULL_LOCATION, weighted, one, 1, 9);
        check_draws(AGL_NULL_LABELLING, weighted, all, 4, 1);
        check_draws(AGL_NULL_LABELLING, weighted, pair, 1, 9);
        check_draws(AGL_NULL_INDEPENDENCE, weighted, pair, 1, 1);
    }
}
END_TEST

START_TEST(threads_change_nothing) {
    const agl_mfunction_curve curves[] = {{0, 0}, {1, 2}};
    const size_t at[] = {1, 4, 15};
    pattern p;
    agl_error err;
    agl_distances d = {2.5, 3, at};
    double m[2][2 * 3], sims[2][2 * 40 * 3];
    make(&p, SCATTERED, 700, 8);
    for (int t = 0; t < 2; t++) {
        agl_ctx ctx = AGL_CTX_INIT;
        agl_mfunction *f;
        ctx.threads = t == 0 ? 1 : 5;
        ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, p.weight, curves, 2, &d, NULL, &err),
                         AGL_OK);
        ck_assert_int_eq(agl_mfunction_observed(m[t], f, &ctx, &err), AGL_OK);
        ck_assert_int_eq(agl_mfunction_simulated(sims[t], f, 40, AGL_NULL_LOCATION, &ctx, &err), AGL_OK);
        agl_mfunction_free(f);
    }
    ck_assert_mem_eq(m[0], m[1], sizeof m[0]);
    ck_assert_mem_eq(sims[0], sims[1], sizeof sims[0]);
    agl_points_free(&p.points);
}
END_TEST

/* Industries without effect leave the global band in a share alpha of all cases. */
START_TEST(bands_hold_their_level) {
    enum { RUNS = 400, DRAWS = 99, R = 6 };
    const agl_mfunction_curve curve = {0, 0};
    const size_t at[R] = {1, 2, 3, 5, 8, 12};
    agl_distances d = {2, R, at};
    agl_envelope_options o = AGL_ENVELOPE_OPTIONS_INIT;
    size_t rejected = 0;
    o.band = AGL_BAND_ERL;
    for (uint32_t run = 0; run < RUNS; run++) {
        pattern p;
        agl_error err;
        agl_mfunction *f;
        agl_envelope e;
        agl_ctx ctx = AGL_CTX_INIT;
        double m[R], sims[DRAWS * R];
        ctx.seed = 1000 + run; /* the pattern is random too: its own stream */
        make(&p, SCATTERED, 120, 100 + run);
        ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, p.weight, &curve, 1, &d, NULL, &err),
                         AGL_OK);
        ck_assert_int_eq(agl_mfunction_observed(m, f, &ctx, &err), AGL_OK);
        ck_assert_int_eq(agl_mfunction_simulated(sims, f, DRAWS, AGL_NULL_LOCATION, &ctx, &err), AGL_OK);
        agl_cmat all = {.data = sims, .rows = DRAWS, .cols = R, .stride = R};
        ck_assert_int_eq(agl_envelope_fit(&e, all, m, &o, &err), AGL_OK);
        rejected += e.p_global <= 0.05;
        agl_envelope_free(&e);
        agl_mfunction_free(f);
        agl_points_free(&p.points);
    }
    ck_assert_msg(rejected >= 8 && rejected <= 36, "rejects %zu of %d", rejected,
                  RUNS); /* 20 expected, sd 4.4 */
}
END_TEST

/* ---- what is refused ---- */

START_TEST(bad_input_is_refused) {
    const agl_mfunction_curve curve = {0, 0}, outside = {0, 9};
    const size_t at[] = {1, 4}, falling[] = {4, 1};
    pattern p;
    agl_error err;
    agl_mfunction *f;
    agl_distances d = {1, 2, at}, bad = {1, 2, falling}, none = {0, 2, at};
    agl_mfunction_options o = AGL_MFUNCTION_OPTIONS_INIT;
    double m[2 * 10];
    make(&p, SCATTERED, 50, 9);
    ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, NULL, &outside, 1, &d, NULL, &err),
                     AGL_EUSAGE);
    ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, NULL, &curve, 1, &bad, NULL, &err),
                     AGL_EUSAGE);
    ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, NULL, &curve, 1, &none, NULL, &err),
                     AGL_EUSAGE);
    o.bandwidth = 1e-9;
    ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, NULL, &curve, 1, &d, &o, &err), AGL_EUSAGE);
    p.weight[3] = -1;
    ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, p.weight, &curve, 1, &d, NULL, &err),
                     AGL_EDATA);
    p.points.n = 1;
    ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, NULL, &curve, 1, &d, NULL, &err), AGL_EDATA);
    p.points.n = 50;
    ck_assert_int_eq(agl_mfunction_new(&f, &p.points, p.type, 4, NULL, &curve, 1, &d, NULL, &err), AGL_OK);
    ck_assert_int_eq(agl_mfunction_simulated(m, f, 10, AGL_NULL_INDEPENDENCE, NULL, &err), AGL_EUSAGE);
    agl_mfunction_free(f);
    agl_points_free(&p.points);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mfunction");
    TCase *rings = tcase_create("rings"), *m = tcase_create("M");
    tcase_set_timeout(rings, 120);
    tcase_set_timeout(m, 120);
    tcase_add_test(rings, classes_are_exact);
    tcase_add_test(rings, sums_are_exact);
    tcase_add_test(rings, kernels_give_the_same_bits);
    tcase_add_test(m, observed_equals_the_definition);
    tcase_add_test(m, kernel_form_is_close_to_the_definition);
    tcase_add_test(m, draws_equal_the_definition);
    tcase_add_test(m, threads_change_nothing);
    tcase_add_test(m, bands_hold_their_level);
    tcase_add_test(m, bad_input_is_refused);
    suite_add_tcase(suite, rings);
    suite_add_tcase(suite, m);
    return unit_main(suite);
}

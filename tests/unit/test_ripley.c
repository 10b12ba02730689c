/* K, g, D and their edge corrections against slow, obvious versions of the same. */
#include "agglo/ripley.h"
#include "base/rng.h"
#include "kernel/measure/ripley_plan.h"
#include "unit.h"

#include <math.h>
#include <string.h>

/* ---- windows ---- */

/* An L, and a square with a hole; both in clockwise and anticlockwise rings, closed and open. */
static void make_l(agl_window *w) {
    const double x[] = {0, 0, 4, 4, 10, 10}, y[] = {0, 8, 8, 5, 5, 0};
    agl_error err;
    ck_assert_int_eq(agl_window_polygon(w, x, y, NULL, 6, &err), AGL_OK);
}

static void make_holed(agl_window *w) {
    const double x[] = {3, 5, 5, 3, 3, 0, 10, 10, 0}, y[] = {3, 3, 6, 6, 3, 0, 0, 9, 9};
    const int32_t ring[] = {7, 7, 7, 7, 7, 2, 2, 2, 2};
    agl_error err;
    ck_assert_int_eq(agl_window_polygon(w, x, y, ring, 9, &err), AGL_OK);
}

START_TEST(windows) {
    agl_window w;
    agl_error err;
    make_l(&w);
    ck_assert_double_eq_tol(w.area, 62, 1e-12);
    ck_assert(!w.rectangle);
    ck_assert(agl_window_contains(&w, 1, 7) && agl_window_contains(&w, 9, 1) &&
              !agl_window_contains(&w, 7, 7));
    ck_assert(agl_window_contains(&w, 10, 0) && agl_window_contains(&w, 4, 6));
    ck_assert_double_eq_tol(agl_window_depth(&w, 3, 4), sqrt(2), 1e-12);
    agl_window_free(&w);
    make_holed(&w);
    ck_assert_double_eq_tol(w.area, 84, 1e-12);
    ck_assert(!agl_window_contains(&w, 4, 4) && agl_window_contains(&w, 2, 4));
    ck_assert_double_eq_tol(agl_window_depth(&w, 2, 4), 1, 1e-12);
    agl_window_free(&w);
    ck_assert_int_eq(agl_window_rectangle(&w, 1, 3, -2, 4, &err), AGL_OK);
    ck_assert(w.rectangle);
    ck_assert_double_eq(w.area, 12);
    ck_assert_double_eq(agl_window_depth(&w, 1.5, 0), 0.5);
    agl_window_free(&w);
    ck_assert_int_eq(agl_window_rectangle(&w, 3, 1, 0, 1, &err), AGL_EDATA);
    const double x[] = {0, 1, 0}, y[] = {0, 1, 0}, flat_x[] = {0, 1, 2}, flat_y[] = {0, 0, 0};
    ck_assert_int_eq(agl_window_polygon(&w, x, y, NULL, 3, &err), AGL_EDATA);
    ck_assert_int_eq(agl_window_polygon(&w, flat_x, flat_y, NULL, 3, &err), AGL_EDATA);
}
END_TEST

/* Area by counting the cells of a fine grid, arcs by walking around the circle in small steps. */
static double counted_covariance(const agl_window *w, double dx, double dy) {
    enum { CELLS = 500 };
    double width = w->high[0] - w->low[0], height = w->high[1] - w->low[1];
    size_t inside = 0;
    for (size_t i = 0; i < CELLS; i++)
        for (size_t j = 0; j < CELLS; j++) {
            double x = w->low[0] + ((double)i + 0.5) / CELLS * width,
                   y = w->low[1] + ((double)j + 0.5) / CELLS * height;
            inside +=
                agl__window_strictly_contains(w, x, y) && agl__window_strictly_contains(w, x - dx, y - dy);
        }
    return (double)inside / (CELLS * CELLS) * width * height;
}

START_TEST(covariances) {
    agl_window w[2];
    make_l(&w[0]);
    make_holed(&w[1]);
    for (int k = 0; k < 2; k++) {
        ck_assert_double_eq_tol(agl_window_covariance(&w[k], 0, 0), w[k].area, 1e-9);
        ck_assert_double_eq(agl_window_covariance(&w[k], 20, 0), 0);
        const double move[][2] = {{1.3, 0.7}, {-2.1, 1.9}, {3.3, -4.4}, {0, 2}, {-5.05, -0.35}};
        for (size_t m = 0; m < 5; m++) {
            double got = agl_window_covariance(&w[k], move[m][0], move[m][1]),
                   want = counted_covariance(&w[k], move[m][0], move[m][1]);
            ck_assert_msg(fabs(got - want) < 0.15, "window %d move %zu: %g, not %g", k, m, got, want);
            ck_assert_double_eq_tol(got, agl_window_covariance(&w[k], -move[m][0], -move[m][1]), 1e-9);
        }
        agl_window_free(&w[k]);
    }
}
END_TEST

/* ---- functions ---- */

static void scatter(agl_points *p, size_t n, const agl_window *w, double round_to, uint32_t seed) {
    agl_rng rng = agl__rng(5, seed, 0);
    agl_error err;
    double x[400], y[400];
    for (size_t i = 0; i < n;) {
        x[i] = w->low[0] + agl__rng_unit(&rng) * (w->high[0] - w->low[0]);
        y[i] = w->low[1] + agl__rng_unit(&rng) * (w->high[1] - w->low[1]);
        if (round_to > 0) {
            x[i] = round(x[i] / round_to) * round_to;
            y[i] = round(y[i] / round_to) * round_to;
        }
        i += agl_window_contains(w, x[i], y[i]);
    }
    ck_assert_int_eq(agl_points_plane(p, x, y, 1, n, &err), AGL_OK);
}

static double walked_share(const agl_window *w, double x, double y, double r) {
    enum { STEPS = 20000 };
    size_t inside = 0;
    for (size_t k = 0; k < STEPS; k++) {
        double a = 2 * M_PI * ((double)k + 0.5) / STEPS;
        inside += agl__window_strictly_contains(w, x + r * cos(a), y + r * sin(a));
    }
    return (double)inside / STEPS;
}

static double slow_weight(const agl_window *w, agl_edge edge, const agl_points *a, size_t i,
                          const agl_points *b, size_t j) {
    double dx = b->x[j] - a->x[i], dy = b->y[j] - a->y[i];
    if (edge == AGL_EDGE_TRANSLATION) return w->area / agl_window_covariance(w, dx, dy);
    if (edge == AGL_EDGE_ISOTROPIC) return 1 / fmax(walked_share(w, a->x[i], a->y[i], hypot(dx, dy)), 0.01);
    return 1;
}

/* The definition, word for word, at distance r. */
static double slow_value(const agl_points *a, const agl_points *b, const agl_window *w,
                         const agl_ripley_options *o, double r) {
    const agl_points *other = b ? b : a;
    double n_a = (double)a->n, n_b = (double)other->n, ordered = n_a * (b ? n_b : n_b - 1), sum = 0,
           references = 0;
    double h = o->bandwidth > 0 ? o->bandwidth : 0.15 / sqrt(n_b / w->area);
    for (size_t i = 0; i < a->n; i++) {
        bool deep = agl_window_depth(w, a->x[i], a->y[i]) > r;
        references += deep;
        if (o->edge == AGL_EDGE_BORDER && !deep) continue;
        for (size_t j = 0; j < other->n; j++) {
            if (!b && i == j) continue;
            double dx = other->x[j] - a->x[i], dy = other->y[j] - a->y[i], d2 = dx * dx + dy * dy,
                   u = (r - sqrt(d2)) / h;
            double share = o->kind == AGL_RIPLEY_G ? (u * u < 1 ? 0.75 / h * (1 - u * u) : 0) : d2 <= r * r;
            if (share > 0) sum += share * slow_weight(w, o->edge, a, i, other, j);
        }
    }
    if (o->kind == AGL_RIPLEY_G) return w->area / ordered * sum / (2 * M_PI * r);
    if (o->edge == AGL_EDGE_BORDER) return references > 0 ? w->area * sum / (n_b * references) : NAN;
    return w->area / ordered * sum;
}

static void compare(const agl_points *a, const agl_points *b, const agl_window *w, agl_ripley_kind kind,
                    agl_edge edge, double step, double tolerance) {
    enum { R = 8 };
    double value[R + 1];
    agl_error err;
    agl_ripley_data d = {a, b, w};
    agl_ripley_options o = {
        .kind = kind, .edge = edge, .step = step, .n = R, .bandwidth = kind == AGL_RIPLEY_G ? 0.37 : 0};
    ck_assert_msg(agl_ripley(value, &d, &o, NULL, &err) == AGL_OK, "%s", err.message);
    for (size_t k = kind == AGL_RIPLEY_G; k <= R; k++) {
        double want = slow_value(a, b, w, &o, (double)k * step);
        ck_assert_msg((isnan(value[k]) && isnan(want)) ||
                          fabs(value[k] - want) <= tolerance * fmax(want, 1e-3),
                      "kind %d edge %d cross %d r %g: %.12g, not %.12g", (int)kind, (int)edge, b != NULL,
                      (double)k * step, value[k], want);
    }
}

START_TEST(functions_equal_the_definition) {
    agl_window w[3];
    agl_error err;
    ck_assert_int_eq(agl_window_rectangle(&w[0], -1, 9, 2, 8, &err), AGL_OK);
    make_l(&w[1]);
    make_holed(&w[2]);
    for (int k = 0; k < 3; k++)
        for (int gridded = 0; gridded < 2; gridded++) {
            agl_points a, b;
            scatter(&a, 60, &w[k], gridded ? 0.25 : 0, (uint32_t)k);
            scatter(&b, 40, &w[k], gridded ? 0.25 : 0, (uint32_t)k + 10);
            for (int edge = AGL_EDGE_NONE; edge <= AGL_EDGE_ISOTROPIC; edge++) {
                /* shares of circles are walked in 20,000 steps; on a grid circles pass through vertices */
                double tolerance = edge == AGL_EDGE_ISOTROPIC ? 2e-4 : 1e-11;
                compare(&a, NULL, &w[k], AGL_RIPLEY_K, (agl_edge)edge, 0.25, tolerance);
                compare(&a, &b, &w[k], AGL_RIPLEY_K, (agl_edge)edge, 0.3, tolerance);
                if (edge != AGL_EDGE_BORDER)
                    compare(&a, NULL, &w[k], AGL_RIPLEY_G, (agl_edge)edge, 0.3, tolerance);
            }
            agl_points_free(&a);
            agl_points_free(&b);
        }
    for (int k = 0; k < 3; k++)
        agl_window_free(&w[k]);
}
END_TEST

START_TEST(difference_of_k) {
    agl_window w;
    agl_points a, b;
    agl_error err;
    double d[9], k_a[9], k_b[9];
    make_l(&w);
    scatter(&a, 50, &w, 0, 1);
    scatter(&b, 80, &w, 0, 2);
    agl_ripley_options o = {.kind = AGL_RIPLEY_D, .edge = AGL_EDGE_ISOTROPIC, .step = 0.4, .n = 8};
    agl_ripley_data both = {&a, &b, &w}, cases = {&a, NULL, &w}, controls = {&b, NULL, &w};
    ck_assert_int_eq(agl_ripley(d, &both, &o, NULL, &err), AGL_OK);
    o.kind = AGL_RIPLEY_K;
    ck_assert_int_eq(agl_ripley(k_a, &cases, &o, NULL, &err), AGL_OK);
    ck_assert_int_eq(agl_ripley(k_b, &controls, &o, NULL, &err), AGL_OK);
    for (int k = 0; k <= 8; k++)
        ck_assert_double_eq(d[k], k_a[k] - k_b[k]);
    agl_points_free(&a);
    agl_points_free(&b);
    agl_window_free(&w);
}
END_TEST

/* Outside of a rectangle with sides at distances `side`, walking around the circle through (dx, dy). */
static double walked_outside(double dx, double dy, const double side[4]) {
    enum { STEPS = 20000 };
    double d = hypot(dx, dy), outside = 0;
    for (int step = 0; step < STEPS; step++) {
        double a = 2 * M_PI * (step + 0.5) / STEPS;
        outside +=
            -d * cos(a) > side[0] || d * cos(a) > side[1] || -d * sin(a) > side[2] || d * sin(a) > side[3];
    }
    return outside / STEPS;
}

START_TEST(edge_kernels_give_the_same_bits) {
    enum { N = 10 * AGL__GROUP };
    double x[N], y[N], w[2][N];
    uint32_t block[10] = {9, 2, 4, 3, 1, 0, 5, 6, 8, 7};
    const double at[2] = {3, -2}, size[2] = {20, 30};
    agl_rng rng = agl__rng(3, 3, 3);
    for (size_t k = 0; k < N; k++) {
        x[k] = at[0] + agl__rng_normal(&rng);
        y[k] = at[1] + agl__rng_normal(&rng);
    }
    x[0] = at[0], y[0] = at[1]; /* a coincident pair */
    const double sides[][4] = {
        {0.5, INFINITY, INFINITY, INFINITY}, {INFINITY, 0.1, 0, INFINITY}, {0.9, 1.1, 0.4, 2}, {0, 0, 0, 0}};
    for (size_t s = 0; s < 4; s++) {
        agl__edge_plain.isotropic(w[0], x, y, block, 10, at, sides[s]);
        for (size_t k = 0; k < N; k++) {
            size_t j = block[k / AGL__GROUP] * AGL__GROUP + k % AGL__GROUP;
            double want = 1 / fmax(1 - walked_outside(x[j] - at[0], y[j] - at[1], sides[s]), 0.01);
            ck_assert_msg(fabs(w[0][k] - want) < 3e-4 * want * want, "sides %zu pair %zu: %g, not %g", s, k,
                          w[0][k], want);
        }
        for (int level = 1; level <= 2; level++) {
            const agl__edge_kernel *fast = agl__edge_kernel_for(level);
            if (!fast) continue;
            fast->isotropic(w[1], x, y, block, 10, at, sides[s]);
            ck_assert_mem_eq(w[0], w[1], sizeof w[0]);
        }
    }
    agl__edge_plain.translation(w[0], x, y, block, 10, at, size);
    ck_assert_double_eq_tol(w[0][0], 600 / ((20 - fabs(x[72] - 3)) * (30 - fabs(y[72] + 2))), 1e-12);
    for (int level = 1; level <= 2; level++)
        if (agl__edge_kernel_for(level)) {
            agl__edge_kernel_for(level)->translation(w[1], x, y, block, 10, at, size);
            ck_assert_mem_eq(w[0], w[1], sizeof w[0]);
        }
}
END_TEST

/* One pattern, every pair looked at once, against the definition at sizes with several levels of groups. */
START_TEST(counts_equal_the_definition) {
    agl_window w;
    agl_error err;
    ck_assert_int_eq(agl_window_rectangle(&w, 0, 10, 0, 8, &err), AGL_OK);
    for (uint32_t n = 2; n <= 400; n += 199)
        for (int gridded = 0; gridded < 2; gridded++) {
            agl_points a;
            scatter(&a, n, &w, gridded ? 0.5 : 0, n);
            a.x[0] = 1, a.y[0] = 1, a.x[1] = 2, a.y[1] = 2;
            compare(&a, NULL, &w, AGL_RIPLEY_K, AGL_EDGE_NONE, 0.5, 1e-12);
            compare(&a, NULL, &w, AGL_RIPLEY_K, AGL_EDGE_BORDER, 0.5, 1e-12);
            agl_points_free(&a);
        }
    agl_window_free(&w);
}
END_TEST

/* ---- draws ---- */

START_TEST(draws_follow_their_null_hypothesis) {
    enum { DRAWS = 400, R = 4 };
    agl_window w;
    agl_points a, b, sites;
    agl_error err;
    double *value = malloc(DRAWS * (R + 1) * sizeof *value);
    ck_assert_int_eq(agl_window_rectangle(&w, 0, 10, 0, 8, &err), AGL_OK);
    scatter(&a, 40, &w, 0, 21);
    scatter(&b, 60, &w, 0, 22);
    scatter(&sites, 300, &w, 0, 23);
    agl_ripley_options o = {.kind = AGL_RIPLEY_K, .edge = AGL_EDGE_TRANSLATION, .step = 0.5, .n = R};
    agl_ripley_data one = {&a, NULL, &w}, two = {&a, &b, &w};
    struct {
        agl_ripley_null null;
        const agl_ripley_data *data;
    } how[] = {{AGL_RIPLEY_CSR, &one},
               {AGL_RIPLEY_CSR, &two},
               {AGL_RIPLEY_LOCATION, &one},
               {AGL_RIPLEY_LABELLING, &two},
               {AGL_RIPLEY_INDEPENDENCE, &two}};
    for (size_t h = 0; h < 5; h++) {
        double expected[R + 1];
        /* with A in its place only the isotropic correction is right around every single point */
        o.edge = how[h].null == AGL_RIPLEY_INDEPENDENCE ? AGL_EDGE_ISOTROPIC : AGL_EDGE_TRANSLATION;
        ck_assert_msg(agl_ripley_simulated(value, DRAWS, how[h].null, &sites, how[h].data, &o, NULL, &err) ==
                          AGL_OK,
                      "%s", err.message);
        for (size_t k = 0; k <= R; k++)
            expected[k] = M_PI * (double)(k * k) * 0.25;
        if (how[h].null == AGL_RIPLEY_LOCATION) { /* the mean is K of all sites */
            agl_ripley_data all = {&sites, NULL, &w};
            ck_assert_int_eq(agl_ripley(expected, &all, &o, NULL, &err), AGL_OK);
        }
        for (size_t k = 1; k <= R; k++) {
            double mean = 0, square = 0;
            for (size_t s = 0; s < DRAWS; s++) {
                mean += value[s * (R + 1) + k] / DRAWS;
                square += value[s * (R + 1) + k] * value[s * (R + 1) + k] / DRAWS;
            }
            double error = sqrt((square - mean * mean) / DRAWS);
            ck_assert_double_gt(error, 0);
            if (how[h].null != AGL_RIPLEY_LABELLING) /* there the mean depends on both patterns */
                ck_assert_msg(fabs(mean - expected[k]) < 4 * error,
                              "null %zu r %zu: mean %g, not %g (error %g)", h, k, mean, expected[k], error);
        }
    }
    free(value);
    agl_points_free(&a);
    agl_points_free(&b);
    agl_points_free(&sites);
    agl_window_free(&w);
}
END_TEST

START_TEST(threads_change_nothing) {
    enum { R = 20 };
    agl_window w;
    agl_points a;
    agl_error err;
    double value[2][R + 1], sims[2][10 * (R + 1)];
    ck_assert_int_eq(agl_window_rectangle(&w, 0, 10, 0, 8, &err), AGL_OK);
    scatter(&a, 400, &w, 0, 31);
    agl_ripley_options o = {.kind = AGL_RIPLEY_K, .edge = AGL_EDGE_ISOTROPIC, .step = 0.1, .n = R};
    agl_ripley_data d = {&a, NULL, &w};
    for (int t = 0; t < 2; t++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = t == 0 ? 1 : 5;
        ck_assert_int_eq(agl_ripley(value[t], &d, &o, &ctx, &err), AGL_OK);
        ck_assert_int_eq(agl_ripley_simulated(sims[t], 10, AGL_RIPLEY_CSR, NULL, &d, &o, &ctx, &err), AGL_OK);
    }
    ck_assert_mem_eq(value[0], value[1], sizeof value[0]);
    ck_assert_mem_eq(sims[0], sims[1], sizeof sims[0]);
    agl_points_free(&a);
    agl_window_free(&w);
}
END_TEST

/* The analytic test holds its level under complete randomness and finds a cluster. */
START_TEST(ktest_holds_its_level) {
    enum { RUNS = 400 };
    const double r[] = {0.5, 1, 1.5, 2};
    agl_window w;
    agl_points a;
    agl_error err;
    size_t rejected = 0;
    double p;
    ck_assert_int_eq(agl_window_rectangle(&w, 0, 10, 0, 8, &err), AGL_OK);
    for (uint32_t run = 0; run < RUNS; run++) {
        scatter(&a, 120, &w, 0, 1000 + run);
        ck_assert_int_eq(agl_ripley_ktest(&p, &a, &w, r, 4, NULL, &err), AGL_OK);
        rejected += p <= 0.05;
        agl_points_free(&a);
    }
    ck_assert_msg(rejected >= 8 && rejected <= 36, "rejects %zu of %d", rejected,
                  RUNS); /* 20 expected, sd 4.4 */
    scatter(&a, 120, &w, 0, 1);
    for (size_t i = 0; i < 40; i++) {
        a.x[i] = 3 + 0.01 * (double)i;
        a.y[i] = 4;
    }
    ck_assert_int_eq(agl_ripley_ktest(&p, &a, &w, r, 4, NULL, &err), AGL_OK);
    ck_assert_double_lt(p, 1e-6);
    const double too_far[] = {5};
    ck_assert_int_eq(agl_ripley_ktest(&p, &a, &w, too_far, 1, NULL, &err), AGL_EUSAGE);
    agl_points_free(&a);
    agl_window_free(&w);
}
END_TEST

/* ---- what is refused ---- */

START_TEST(bad_input_is_refused) {
    agl_window w;
    agl_points a, b;
    agl_error err;
    double value[200];
    ck_assert_int_eq(agl_window_rectangle(&w, 0, 10, 0, 8, &err), AGL_OK);
    scatter(&a, 30, &w, 0, 41);
    scatter(&b, 30, &w, 0, 42);
    agl_ripley_data d = {&a, NULL, &w}, two = {&a, &b, &w};
    agl_ripley_options o = {.kind = AGL_RIPLEY_K, .edge = AGL_EDGE_BORDER, .step = 0.1, .n = 41};
    ck_assert_int_eq(agl_ripley(value, &d, &o, NULL, &err), AGL_EUSAGE); /* 4.1 > 8 / 2 */
    o.n = 40;
    ck_assert_int_eq(agl_ripley(value, &d, &o, NULL, &err), AGL_OK);
    o.kind = AGL_RIPLEY_G;
    ck_assert_int_eq(agl_ripley(value, &d, &o, NULL, &err), AGL_EUSAGE);
    o.kind = AGL_RIPLEY_D;
    ck_assert_int_eq(agl_ripley(value, &d, &o, NULL, &err), AGL_EUSAGE);
    o = (agl_ripley_options){.kind = AGL_RIPLEY_K, .edge = AGL_EDGE_NONE, .step = 0.1, .n = 10};
    ck_assert_int_eq(agl_ripley_simulated(value, 2, AGL_RIPLEY_LOCATION, &b, &two, &o, NULL, &err),
                     AGL_EUSAGE);
    ck_assert_int_eq(agl_ripley_simulated(value, 2, AGL_RIPLEY_LABELLING, NULL, &d, &o, NULL, &err),
                     AGL_EUSAGE);
    a.x[3] = 11;
    ck_assert_int_eq(agl_ripley(value, &d, &o, NULL, &err), AGL_EDATA);
    for (size_t i = 0; i < a.n; i++)
        a.x[i] = a.y[i] = 1;
    ck_assert_int_eq(agl_ripley(value, &d, &o, NULL, &err), AGL_EDATA);
    a.n = 1;
    ck_assert_int_eq(agl_ripley(value, &d, &o, NULL, &err), AGL_EDATA);
    agl_points_free(&a);
    agl_points_free(&b);
    agl_window_free(&w);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("ripley");
    TCase *w = tcase_create("window"), *k = tcase_create("K");
    tcase_set_timeout(w, 120);
    tcase_set_timeout(k, 240);
    tcase_add_test(w, windows);
    tcase_add_test(w, covariances);
    tcase_add_test(k, functions_equal_the_definition);
    tcase_add_test(k, difference_of_k);
    tcase_add_test(k, edge_kernels_give_the_same_bits);
    tcase_add_test(k, counts_equal_the_definition);
    tcase_add_test(k, draws_follow_their_null_hypothesis);
    tcase_add_test(k, threads_change_nothing);
    tcase_add_test(k, ktest_holds_its_level);
    tcase_add_test(k, bad_input_is_refused);
    suite_add_tcase(suite, w);
    suite_add_tcase(suite, k);
    return unit_main(suite);
}

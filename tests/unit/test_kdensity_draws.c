/* Random draws against curves computed one by one, the level of the bands, and what is said of industries. */
#include "agglo/kdensity.h"
#include "base/rng.h"
#include "kernel/geo/points.h"
#include "kernel/measure/kdensity.h"
#include "kernel/measure/kdensity_draws.h"
#include "kernel/measure/kdensity_grid.h"
#include "kernel/measure/kdensity_table.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { R = 41, SEED = 1 };

typedef struct world {
    size_t n;
    double *x, *y, *size;
    int32_t *industry;
    agl_points points;
} world;

static world make(size_t n, agl_space space, uint32_t seed) {
    world w = {n, malloc(n * 8), malloc(n * 8), malloc(n * 8), malloc(n * 4), {0}};
    agl_rng rng = agl__rng(23, seed, 0);
    for (size_t i = 0; i < n; i++) {
        double centre = (double)agl__rng_below(&rng, 4);
        bool town = agl__rng_below(&rng, 2);
        w.x[i] = town ? 2 * centre + agl__rng_normal(&rng) / 10 : 8 * agl__rng_unit(&rng);
        w.y[i] = town ? centre + agl__rng_normal(&rng) / 10 : 6 * agl__rng_unit(&rng);
        if (agl__rng_below(&rng, 5) == 0 && i > 0)
            w.x[i] = w.x[i - 1], w.y[i] = w.y[i - 1]; /* same address */
        w.size[i] = 1 + agl__rng_below(&rng, 20);
        w.industry[i] = (int32_t)agl__rng_below(&rng, 3);
    }
    for (size_t i = 0; i < n && space == AGL_SPHERE; i++)
        w.y[i] += 45; /* degrees */
    agl_status status = space == AGL_SPHERE ? agl_points_sphere(&w.points, w.x, w.y, n, NULL)
                                            : agl_points_plane(&w.points, w.x, w.y, 90, n, NULL);
    ck_assert_int_eq(status, AGL_OK);
    return w;
}

static void drop(world *w) {
    free(w->x);
    free(w->y);
    free(w->size);
    free(w->industry);
    agl_points_free(&w->points);
}

static void even_r(double r[R], double last) {
    for (size_t i = 0; i < R; i++)
        r[i] = last * (double)i / (R - 1);
}

/* The random order of simulation s, as the header describes it. */
static int32_t *order_of(size_t n, size_t s, uint64_t seed) {
    int32_t *order = malloc(n * sizeof *order);
    agl_rng rng = agl__rng(seed, (uint32_t)s, 0);
    for (size_t i = 0; i < n; i++)
        order[i] = (int32_t)i;
    for (size_t i = 0; i < n; i++) {
        size_t k = i + agl__rng_below(&rng, (uint32_t)(n - i));
        int32_t t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
    return order;
}

/* Exact curve of some sites with given sizes (NULL: none), within a or between a and b. */
static void exact(double kd[R], const double r[R], double h, const agl_points *points, const int32_t *a,
                  const double *wa, size_t na, const int32_t *b, const double *wb, size_t nb) {
    agl_points pa, pb = {0};
    agl_kd_options o = AGL_KD_OPTIONS_INIT;
    o.exact = true;
    o.rule = h > 0 ? AGL_KD_GIVEN : AGL_KD_SILVERMAN;
    o.bandwidth_km = h;
    ck_assert_int_eq(agl_points_select(&pa, points, a, na, NULL), AGL_OK);
    if (nb) ck_assert_int_eq(agl_points_select(&pb, points, b, nb, NULL), AGL_OK);
    ck_assert_int_eq(agl_kd_curve(kd, NULL, &pa, wa, nb ? &pb : NULL, wb, r, R, &o, NULL, NULL), AGL_OK);
    agl_points_free(&pa);
    agl_points_free(&pb);
}

/* Mean error and spread of the error of approximate curves, in standard deviations of the draws: the greatest
 * over r. */
static void errors(double *bias, double *noise, const double *approximate, const double *truth, size_t sims) {
    *bias = *noise = 0;
    for (size_t i = 0; i < R; i++) {
        double mean = 0, square = 0, error = 0, errors2 = 0, n = (double)sims;
        for (size_t s = 0; s < sims; s++) {
            double t = truth[s * R + i], e = approximate[s * R + i] - t;
            mean += t / n;
            square += t * t / n;
            error += e / n;
            errors2 += e * e / n;
        }
        double sd = sqrt(square - mean * mean);
        *bias = fmax(*bias, fabs(error) / sd);
        *noise = fmax(*noise, sqrt(fmax(errors2 - error * error, 0)) / sd);
    }
}

/* The Monte Carlo error of a 2.5 % quantile of 1,000 draws is 0.085 standard deviations, that of an edge of
 * the global band more. A bias below 0.0085 and a noise that adds less than 0.4 % to the deviation (0.09)
 * move the bands by less than a tenth. */
#define TOLERATED_BIAS  0.0085
#define TOLERATED_NOISE 0.09

START_TEST(pair_draws_are_close) {
    enum { SIMS = 60 };
    double r[R];
    even_r(r, 300);
    for (int space = 0; space < 2; space++) {
        world w = make(2000, (agl_space)space, 1);
        agl_points local;
        ck_assert_int_eq(agl__points_localize(&local, &w.points, NULL), AGL_OK);
        agl_kd_options o = AGL_KD_OPTIONS_INIT;
        o.simulations = SIMS;
        agl_kd_drawn d[2] = {{.n = 40, .h = 45, .curves = calloc(SIMS * R, sizeof(float))},
                             {.n = 300, .h = 12, .curves = calloc(SIMS * R, sizeof(float))}};
        agl_kd_setting set = {.points = &local, .industry = w.industry, .r = r, .n_r = R, .options = &o};
        ck_assert_int_eq(agl__kd_draw(d, 2, &set, NULL, NULL), AGL_OK);
        for (int k = 0; k < 2; k++) {
            static double fast[SIMS * R], truth[SIMS * R];
            for (size_t s = 0; s < SIMS; s++) {
                int32_t *order = order_of(w.n, s, SEED);
                exact(truth + s * R, r, d[k].h, &w.points, order, NULL, d[k].n, NULL, NULL, 0);
                for (size_t i = 0; i < R; i++)
                    fast[s * R + i] = (double)d[k].curves[s * R + i];
                free(order);
            }
            double bias, noise;
            errors(&bias, &noise, fast, truth, SIMS);
            ck_assert_msg(bias < TOLERATED_BIAS && noise < TOLERATED_NOISE, "bias %g noise %g", bias, noise);
            free(d[k].curves);
        }
        agl_points_free(&local);
        drop(&w);
    }
}
END_TEST

START_TEST(grid_draws_are_close) {
    enum { SIMS = 60, NA = 700, NB = 300 };
    double r[R];
    static double fast[SIMS * R], truth[SIMS * R];
    even_r(r, 300);
    for (int k = 0; k < 6; k++) {
        world w = make(4000, k % 2 ? AGL_SPHERE : AGL_PLANE, 2);
        const double h = 11, reach = 300 + AGL_KD_WINDOW * h;
        bool between = k / 2 == 1, sizes = k / 2 == 2;
        agl_points local;
        agl_kd_sheet sheet;
        agl_kd_grid *grid;
        agl_kd_table table;
        double *scratch;
        ck_assert_int_eq(agl__points_localize(&local, &w.points, NULL), AGL_OK);
        ck_assert_int_eq(agl__kd_sheet_new(&sheet, &local, reach, NULL), AGL_OK);
        ck_assert_int_eq(agl__kd_grid_new(&grid, &sheet, h, reach, false, 1e9, NULL), AGL_OK);
        ck_assert_int_eq(agl__kd_scratch_new(&scratch, grid, NULL), AGL_OK);
        size_t bins = agl__kd_grid_bins(grid);
        ck_assert_int_eq(agl__kd_table_at(&table, agl__kd_grid_distances(grid), bins, r, R, h, NULL), AGL_OK);
        double *mass = calloc(bins, sizeof *mass), *merged = calloc(bins, sizeof *merged);
        for (size_t s = 0; s < SIMS; s++) {
            int32_t *order = order_of(w.n, s, SEED);
            const double *wa = sizes ? w.size : NULL;
            exact(truth + s * R, r, h, &w.points, order, wa, NA, order + NA, NULL, between ? NB : 0);
            agl_kd_set a = {order, wa, NA}, b = {order + NA, NULL, NB};
            agl__kd_grid_bin(mass, grid, scratch, a, between ? &b : NULL);
            double total = between ? NA * NB : NA * (NA - 1) / 2.0, sum = 0, squares = 0;
            for (size_t i = 0; i < NA && sizes; i++)
                sum += w.size[i], squares += w.size[i] * w.size[i];
            if (sizes) total = (sum * sum - squares) / 2;
            float kd[R];
            agl__kd_table_apply(kd, &table, mass, bins, total, merged);
            for (size_t i = 0; i < R; i++)
                fast[s * R + i] = (double)kd[i];
            free(order);
        }
        double bias, noise;
        errors(&bias, &noise, fast, truth, SIMS);
        ck_assert_msg(bias < TOLERATED_BIAS && noise < TOLERATED_NOISE, "case %d: bias %g noise %g", k, bias,
                      noise);
        free(mass);
        free(merged);
        agl__kd_table_free(&table);
        agl__kd_scratch_free(scratch);
        agl__kd_grid_free(grid);
        agl__kd_sheet_free(&sheet);
        agl_points_free(&local);
        drop(&w);
    }
}
END_TEST

enum { SEEDS = 10 };

/* Edge k of the bands: how far approximation moves it, against its spread from seed to seed. */
static void check_moves(double edge[2][SEEDS][4 * R], size_t k) {
    double moved = 0, carlo = 0;
    for (size_t i = k * R; i < (k + 1) * R; i++) {
        double mean = 0, squares = 0, shift = 0;
        for (size_t seed = 0; seed < SEEDS; seed++) {
            mean += edge[0][seed][i] / SEEDS;
            shift += pow(edge[1][seed][i] - edge[0][seed][i], 2) / SEEDS;
        }
        for (size_t seed = 0; seed < SEEDS; seed++)
            squares += pow(edge[0][seed][i] - mean, 2) / (SEEDS - 1);
        moved += sqrt(shift);
        carlo += sqrt(squares);
    }
    ck_assert_msg(moved < 0.1 * carlo, "edge %zu moves by %.3f of its Monte Carlo error", k, moved / carlo);
}

/* The same said of the bands themselves: over ten seeds, the edges from approximate draws differ from those
 * of exact curves of the same draws by less than a tenth of what they differ from seed to seed. */
START_TEST(bands_move_by_less_than_a_tenth) {
    enum { SIMS = 200, N = 50 };
    static double edge[2][SEEDS][4 * R], sims[SIMS * R];
    double r[R];
    even_r(r, 300);
    world w = make(800, AGL_PLANE, 7);
    agl_points local;
    ck_assert_int_eq(agl__points_localize(&local, &w.points, NULL), AGL_OK);
    for (size_t seed = 0; seed < SEEDS; seed++) {
        agl_kd_options o = AGL_KD_OPTIONS_INIT;
        o.simulations = SIMS;
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.seed = 1 + seed;
        agl_kd_drawn d = {.n = N, .h = 35, .curves = calloc(SIMS * R, sizeof(float))};
        agl_kd_setting set = {.points = &local, .industry = w.industry, .r = r, .n_r = R, .options = &o};
        ck_assert_int_eq(agl__kd_draw(&d, 1, &set, &ctx, NULL), AGL_OK);
        for (int approximate = 0; approximate < 2; approximate++) {
            for (size_t s = 0; s < SIMS; s++) {
                int32_t *order = order_of(w.n, s, 1 + seed);
                if (!approximate) exact(sims + s * R, r, d.h, &w.points, order, NULL, N, NULL, NULL, 0);
                for (size_t i = 0; approximate && i < R; i++)
                    sims[s * R + i] = (double)d.curves[s * R + i];
                free(order);
            }
            agl_envelope e;
            ck_assert_int_eq(agl_envelope_fit(&e, (agl_cmat){sims, SIMS, R, R}, NULL, NULL, NULL), AGL_OK);
            const double *edges[4] = {e.local_lo, e.local_hi, e.global_lo, e.global_hi};
            for (size_t k = 0; k < 4; k++)
                memcpy(edge[approximate][seed] + k * R, edges[k], R * sizeof(double));
            agl_envelope_free(&e);
        }
        free(d.curves);
    }
    for (size_t k = 0; k < 4; k++)
        check_moves(edge, k);
    agl_points_free(&local);
    drop(&w);
}
END_TEST

enum { DEALT = 8, NA = 25, NB = 18 };

typedef struct deal {
    world w;
    int32_t a[NA], b[NB];
} deal;

/* Industry 0 has the sites 0, 4, 8, ..., industry 1 the first 18 of the others. */
static void make_deal(deal *d) {
    d->w = make(120, AGL_PLANE, 3);
    for (size_t i = 0; i < d->w.n; i++)
        d->w.industry[i] = i % 4 == 0 && i / 4 < NA ? 0 : 2;
    for (int32_t i = 0; i < NA; i++)
        d->a[i] = 4 * i;
    for (int32_t i = 0, k = 0; k < NB; i++) {
        if (i % 4 == 0) continue;
        d->b[k++] = i;
        d->w.industry[i] = 1;
    }
}

/* The curve of simulation s by the words of the header. */
static void by_the_words(double kd[R], const double r[R], const deal *d, agl_kd_null null, bool sizes,
                         bool between, size_t s) {
    int32_t *order = order_of(d->w.n, s, SEED), others[NB];
    double wa[NA], wb[NB];
    bool stays = null == AGL_KD_INDEPENDENCE;
    const int32_t *first = stays ? d->a : order, *second = stays ? others : order + NA;
    for (size_t i = 0, m = 0; m < NB; i++)
        if (d->w.industry[order[i]] != 0) others[m++] = order[i];
    for (size_t i = 0; i < NA; i++)
        wa[i] = d->w.size[null == AGL_KD_LABELLING ? first[i] : d->a[i]];
    for (size_t i = 0; i < NB; i++)
        wb[i] = d->w.size[null == AGL_KD_LABELLING ? second[i] : d->b[i]];
    exact(kd, r, 30, &d->w.points, first, sizes ? wa : NULL, NA, second, sizes ? wb : NULL, between ? NB : 0);
    free(order);
}

static void check_deal(const deal *d, const double r[R], agl_kd_null null, bool sizes, bool between) {
    agl_kd_options o = AGL_KD_OPTIONS_INIT;
    o.simulations = DEALT;
    o.null = null;
    agl_kd_drawn drawn = {
        .code = 0, .site = d->a, .n = NA, .h = 30, .curves = calloc(DEALT * R, sizeof(float))};
    agl_kd_setting set = {.points = &d->w.points,
                          .industry = d->w.industry,
                          .size = sizes ? d->w.size : NULL,
                          .against = between ? d->b : NULL,
                          .n_against = between ? NB : 0,
                          .r = r,
                          .n_r = R,
                          .options = &o};
    ck_assert_int_eq(agl__kd_draw(&drawn, 1, &set, NULL, NULL), AGL_OK);
    for (size_t s = 0; s < DEALT; s++) {
        double truth[R];
        by_the_words(truth, r, d, null, sizes, between, s);
        for (size_t i = 0; i < R; i++)
            ck_assert_double_eq_tol((double)drawn.curves[s * R + i], truth[i], 0.01 * truth[R / 2]);
    }
    free(drawn.curves);
}

/* Every null hypothesis deals sites and sizes as the header says. */
START_TEST(draws_follow_the_null_hypothesis) {
    double r[R];
    deal d;
    even_r(r, 400);
    make_deal(&d);
    for (int null = AGL_KD_LOCATION; null <= AGL_KD_INDEPENDENCE; null++)
        for (int k = 0; k < 4; k++)
            if (null != AGL_KD_INDEPENDENCE || k >= 2) check_deal(&d, r, (agl_kd_null)null, k % 2, k >= 2);
    drop(&d.w);
}
END_TEST

START_TEST(own_bandwidth_of_a_draw) {
    enum { SIMS = 10, N = 80 };
    double r[R], truth[R];
    even_r(r, 200);
    world w = make(500, AGL_PLANE, 4);
    agl_kd_options o = AGL_KD_OPTIONS_INIT;
    o.simulations = SIMS;
    o.bandwidth_per_draw = true;
    agl_kd_drawn d = {.n = N, .h = 25, .curves = calloc(SIMS * R, sizeof(float))};
    agl_kd_setting set = {.points = &w.points, .industry = w.industry, .r = r, .n_r = R, .options = &o};
    ck_assert_int_eq(agl__kd_draw(&d, 1, &set, NULL, NULL), AGL_OK);
    for (size_t s = 0; s < SIMS; s++) {
        int32_t *order = order_of(w.n, s, SEED);
        exact(truth, r, 0, &w.points, order, NULL, N, NULL, NULL, 0);
        for (size_t i = 0; i < R; i++)
            ck_assert_double_eq_tol((double)d.curves[s * R + i], truth[i], 0.01 * truth[R / 2]);
        free(order);
    }
    free(d.curves);
    drop(&w);
}
END_TEST

/* ---- all industries ---- */

static agl_kd_result run(const world *w, size_t industries, bool sizes, const agl_kd_options *o, int threads,
                         int32_t against) {
    double r[R];
    agl_error err;
    agl_kd_result out;
    even_r(r, 300);
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = threads;
    agl_kd_data data = {&w->points, w->industry, industries, sizes ? w->size : NULL};
    agl_kd_choice choice = {NULL, against, 2};
    agl_status status = agl_kdensity(&out, &data, &choice, r, R, o, &ctx, &err);
    ck_assert_msg(status == AGL_OK, "%s", err.message);
    return out;
}

static bool same(const double *a, const double *b) { return memcmp(a, b, R * sizeof *a) == 0; }

START_TEST(same_bits_for_any_number_of_threads) {
    for (int k = 0; k < 4; k++) {
        world w = make(k == 3 ? 9000 : 700, k % 2 ? AGL_SPHERE : AGL_PLANE, 5);
        agl_kd_options o = AGL_KD_OPTIONS_INIT;
        o.simulations = 40;
        o.exact = k == 2;
        agl_kd_result one = run(&w, 3, k == 2, &o, 1, k == 1 ? 2 : -1),
                      three = run(&w, 3, k == 2, &o, 3, k == 1 ? 2 : -1);
        ck_assert_uint_eq(one.n, three.n);
        ck_assert_uint_eq(one.n, k == 1 ? 2 : 3);
        for (size_t i = 0; i < one.n; i++) {
            const agl_kd_industry *p = &one.industry[i], *q = &three.industry[i];
            ck_assert(same(p->kd, q->kd) && same(p->band.mean, q->band.mean) &&
                      same(p->band.global_hi, q->band.global_hi));
            ck_assert_double_eq(p->bandwidth_km, q->bandwidth_km);
            ck_assert_double_eq(p->band.p_global, q->band.p_global);
        }
        agl_kd_result_free(&one);
        agl_kd_result_free(&three);
        drop(&w);
    }
}
END_TEST

/* Sharing the pairs of the draws does not change what an industry gets. */
START_TEST(industries_together_as_alone) {
    world w = make(900, AGL_PLANE, 6);
    for (size_t i = 0; i < w.n; i++) /* of very different size: bandwidths and bins differ */
        w.industry[i] = i < 20 ? 0 : i < 150 ? 1 : 2;
    agl_kd_options o = AGL_KD_OPTIONS_INIT;
    o.simulations = 50;
    agl_kd_result all = run(&w, 3, false, &o, 0, -1);
    bool only[3] = {false, true, false};
    double r[R];
    even_r(r, 300);
    agl_kd_data data = {&w.points, w.industry, 3, NULL};
    agl_kd_choice choice = {only, -1, 2};
    agl_kd_result alone;
    ck_assert_int_eq(agl_kdensity(&alone, &data, &choice, r, R, &o, NULL, NULL), AGL_OK);
    ck_assert_uint_eq(alone.n, 1);
    ck_assert(same(alone.industry[0].kd, all.industry[1].kd));
    for (size_t i = 0; i < R; i++) {
        double width = all.industry[1].band.local_hi[i] - all.industry[1].band.local_lo[i];
        ck_assert_double_eq_tol(alone.industry[0].band.mean[i], all.industry[1].band.mean[i], 2e-3 * width);
        ck_assert_double_eq_tol(alone.industry[0].band.global_hi[i], all.industry[1].band.global_hi[i],
                                0.01 * width);
    }
    agl_kd_result_free(&all);
    agl_kd_result_free(&alone);
    drop(&w);
}
END_TEST

/* An industry dealt at random leaves its global band of nominal 5 % in 3 to 7 % of 1,000 runs. */
START_TEST(level_is_held_without_effect) {
    enum { RUNS = 1000, N = 150, MEMBERS = 15 };
    size_t outside[2] = {0, 0}, small = 0;
    for (uint32_t k = 0; k < RUNS; k++) {
        world w = make(N, AGL_PLANE, 100 + k);
        for (size_t i = 0; i < N; i++) /* positions are independent of the index, but for shared addresses */
            w.industry[i] = 1;
        agl_rng rng = agl__rng(77, k, 0);
        for (size_t m = 0; m < MEMBERS;) {
            size_t i = agl__rng_below(&rng, N);
            m += w.industry[i] == 1;
            w.industry[i] = 0;
        }
        const bool only[2] = {true, false};
        double r[R];
        even_r(r, 300);
        for (int band = 0; band < 2; band++) {
            agl_kd_options o = AGL_KD_OPTIONS_INIT;
            o.simulations = 199;
            o.band.band = band ? AGL_BAND_ERL : AGL_BAND_DO2005;
            agl_kd_data data = {&w.points, w.industry, 2, NULL};
            agl_kd_choice choice = {only, -1, 2};
            agl_kd_result out;
            agl_ctx ctx = AGL_CTX_INIT;
            ctx.seed = 5000 + k;
            ck_assert_int_eq(agl_kdensity(&out, &data, &choice, r, R, &o, &ctx, NULL), AGL_OK);
            outside[band] += out.industry[0].localized || out.industry[0].dispersed;
            if (band) small += out.industry[0].band.p_global <= 0.05;
            agl_kd_result_free(&out);
        }
        drop(&w);
    }
    ck_assert_msg(outside[0] >= 30 && outside[0] <= 70, "do2005: %zu of 1000", outside[0]);
    ck_assert_msg(outside[1] >= 30 && outside[1] <= 70, "erl: %zu of 1000", outside[1]);
    ck_assert_msg(small >= 30 && small <= 70, "p: %zu of 1000", small);
}
END_TEST

START_TEST(finds_localized_and_dispersed) {
    world w = make(1500, AGL_PLANE, 8);
    size_t near = 0, far = 0;
    for (size_t i = 0; i < w.n; i++) {
        w.industry[i] = 2;
        if (hypot(w.x[i] - 4, w.y[i] - 2) < 0.3 && near < 40) w.industry[i] = 0, near++; /* around one town */
    }
    for (int column = 0; column < 7; column++) /* one in every cell of a wide lattice */
        for (int row = 0; row < 5; row++)
            for (size_t i = 0; i < w.n; i++)
                if (w.industry[i] == 2 &&
                    hypot(w.x[i] - 0.6 - 1.15 * column, w.y[i] - 0.6 - 1.15 * row) < 0.25) {
                    w.industry[i] = 1;
                    far++;
                    break;
                }
    ck_assert_uint_eq(near, 40);
    ck_assert_uint_ge(far, 25);
    agl_kd_options o = AGL_KD_OPTIONS_INIT;
    o.simulations = 400;
    agl_kd_result out = run(&w, 3, false, &o, 0, -1);
    const agl_kd_industry *town = &out.industry[0], *lattice = &out.industry[1];
    ck_assert(town->localized && !town->dispersed);
    ck_assert_double_gt(town->localization_index, 0.2);
    ck_assert_double_eq(town->dispersion_index, 0);
    ck_assert_double_lt(town->r_max_excess_km, 60);
    ck_assert_double_le(town->band.p_global, 1.0 / 401 + 1e-12);
    ck_assert(!lattice->localized && lattice->dispersed);
    ck_assert_double_gt(lattice->dispersion_index, 0);
    ck_assert_double_eq(lattice->localization_index, 0);
    agl_kd_result_free(&out);
    drop(&w);
}
END_TEST

START_TEST(states_and_errors) {
    world w = make(60, AGL_PLANE, 9);
    for (size_t i = 0; i < w.n; i++) {
        w.industry[i] = i < 10 ? 0 : i < 20 ? 1 : i < 21 ? 2 : 3;
        if (i < 10) w.points.x[i] = 5, w.points.y[i] = 5;
        if (i >= 10 && i < 20) w.size[i] = 0;
    }
    agl_kd_options o = AGL_KD_OPTIONS_INIT;
    o.simulations = 20;
    agl_kd_result out = run(&w, 4, true, &o, 0, -1);
    ck_assert_uint_eq(out.n, 3); /* the industry of one is left out */
    ck_assert_int_eq(out.industry[0].state, AGL_KD_ONE_PLACE);
    ck_assert_int_eq(out.industry[1].state, AGL_KD_NO_SIZE);
    ck_assert_int_eq(out.industry[2].state, AGL_KD_DONE);
    ck_assert(isnan(out.industry[0].kd[3]) && isnan(out.industry[0].bandwidth_km) &&
              out.industry[0].band.n == 0);
    ck_assert_uint_eq(out.industry[2].band.n, R);
    agl_kd_result_free(&out);

    double r[R];
    even_r(r, 300);
    agl_error err;
    agl_kd_data data = {&w.points, w.industry, 4, NULL};
    agl_kd_choice choice = {NULL, -1, 2};
    o.simulations = 19;
    ck_assert_int_eq(agl_kdensity(&out, &data, &choice, r, R, &o, NULL, &err), AGL_EUSAGE);
    ck_assert_ptr_nonnull(
        strstr(err.message, "19 simulations cannot show a level of 0.05; ask for at least 20"));
    o.simulations = 20;
    o.null = AGL_KD_INDEPENDENCE;
    ck_assert_int_eq(agl_kdensity(&out, &data, &choice, r, R, &o, NULL, &err), AGL_EUSAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "--against"));
    drop(&w);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("kdensity draws");
    TCase *t = tcase_create("kdensity draws");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, pair_draws_are_close);
    tcase_add_test(t, grid_draws_are_close);
    tcase_add_test(t, bands_move_by_less_than_a_tenth);
    tcase_add_test(t, draws_follow_the_null_hypothesis);
    tcase_add_test(t, own_bandwidth_of_a_draw);
    tcase_add_test(t, same_bits_for_any_number_of_threads);
    tcase_add_test(t, industries_together_as_alone);
    tcase_add_test(t, level_is_held_without_effect);
    tcase_add_test(t, finds_localized_and_dispersed);
    tcase_add_test(t, states_and_errors);
    suite_add_tcase(suite, t);
    return unit_main(suite);
}

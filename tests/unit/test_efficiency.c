/* Data envelopment analysis against GLPK on the textbook programs, brute force for the free disposal hull,
 * and the promises of the header. */
#include "agglo/efficiency.h"
#include "base/rng.h"
#include "kernel/allocate/dea.h"
#include "unit.h"

#include <glpk.h>
#include <math.h>
#include <string.h>

enum { N = 60, M = 3, S = 2, K = M + S };

static const double sizes[K] = {1, 1e5, 1e-3, 1e6, 1}; /* badly scaled on purpose */

typedef struct sample {
    double v[N * K], price[N * M];
    agl_dea_units units;
} sample;

/** Units around a Cobb-Douglas frontier; some are copies, some have zeros, some lie on a mixture of others.
 */
static void draw(sample *t, uint32_t seed, double spread) {
    agl_rng rng = agl__rng(seed, 0, 0);
    for (size_t j = 0; j < N; j++) {
        double *row = t->v + j * K, level = -fabs(0.3 * agl__rng_normal(&rng)),
               size = exp(spread * agl__rng_normal(&rng));
        for (size_t i = 0; i < M; i++)
            row[i] = size * (0.2 + agl__rng_unit(&rng)), level += 0.3 * log(row[i]),
            t->price[j * M + i] = 1 + agl__rng_unit(&rng);
        for (size_t r = 0; r < S; r++)
            row[M + r] = exp(level) * (0.2 + agl__rng_unit(&rng));
        if (j % 11 == 3) row[M] = 0;
        if (j % 13 == 4) row[1] = 0;
        if (j % 9 == 5) memcpy(row, row - K, K * sizeof *row);
        if (j % 10 == 7)
            for (size_t k = 0; k < K; k++)
                row[k] = 0.5 * (row[k - K] + row[k - 2 * K]);
    }
    for (size_t j = 0; j < N; j++)
        for (size_t k = 0; k < K; k++)
            t->v[j * K + k] *= sizes[k];
    t->units = (agl_dea_units){{t->v, N, M, K}, {t->v + M, N, S, K}};
}

/* ---- the textbook program, by GLPK
 * ------------------------------------------------------------------------------------ */

/** Rows: inputs, outputs, sum of lambda. Columns: lambda 1..N, then the score. Everything relative to unit o
 * where it is not zero. */
static double by_glpk(const sample *t, size_t o, agl_rts rts, agl_orientation orientation, bool without_o) {
    static const int kinds[] = {GLP_FR, GLP_FX, GLP_UP, GLP_LO};
    int index[N + 2];
    double value[N + 2], score = NAN;
    glp_prob *p = glp_create_prob();
    glp_add_rows(p, K + 1);
    glp_add_cols(p, N + 1);
    for (int j = 1; j <= N + 1; j++)
        glp_set_col_bnds(p, j, j <= N && without_o && j == (int)o + 1 ? GLP_FX : GLP_LO, 0, 0);
    for (int k = 0; k < K; k++) {
        bool input = k < M, scored = input == (orientation == AGL_INPUT);
        double own = t->v[o * K + (size_t)k], by = own > 0 ? own : sizes[k];
        for (int j = 0; j < N; j++)
            index[j + 1] = j + 1, value[j + 1] = t->v[j * K + k] / by;
        index[N + 1] = N + 1, value[N + 1] = scored ? -own / by : 0;
        glp_set_mat_row(p, k + 1, N + 1, index, value);
        glp_set_row_bnds(p, k + 1, input ? GLP_UP : GLP_LO, scored ? 0 : own / by, scored ? 0 : own / by);
    }
    for (int j = 0; j < N; j++)
        index[j + 1] = j + 1, value[j + 1] = 1;
    glp_set_mat_row(p, K + 1, N, index, value);
    glp_set_row_bnds(p, K + 1, kinds[rts], 1, 1);
    glp_set_obj_dir(p, orientation == AGL_INPUT ? GLP_MIN : GLP_MAX);
    glp_set_obj_coef(p, N + 1, 1);
    glp_smcp parm;
    glp_init_smcp(&parm);
    parm.msg_lev = GLP_MSG_OFF, parm.tol_bnd = 1e-11, parm.tol_dj = 1e-11;
    glp_adv_basis(p, 0);
    if (glp_simplex(p, &parm) == 0 && glp_get_status(p) == GLP_OPT) score = glp_get_obj_val(p);
    glp_delete_prob(p);
    return score;
}

static sample data;

static agl_status radial(double *score, agl_rts rts, agl_orientation to) {
    agl_dea out = {.score = score};
    agl_dea_options o = {rts, to};
    return agl_dea_radial(&out, &data.units, NULL, &o, NULL, NULL);
}

START_TEST(as_glpk) {
    double score[N];
    for (uint32_t seed = 1; seed <= 6; seed++) {
        draw(&data, seed, seed == 3 ? 2.5 : 0.3 + 0.05 * seed);
        for (int rts = AGL_CRS; rts <= AGL_NDRS; rts++)
            for (int to = AGL_INPUT; to <= AGL_OUTPUT; to++) {
                ck_assert_int_eq(radial(score, (agl_rts)rts, (agl_orientation)to), AGL_OK);
                for (size_t o = 0; o < N; o++) {
                    double expected = by_glpk(&data, o, (agl_rts)rts, (agl_orientation)to, false);
                    ck_assert_msg(fabs(score[o] / expected - 1) < 1e-9,
                                  "seed %u rts %d to %d unit %zu: %.15g instead of %.15g", seed, rts, to, o,
                                  score[o], expected);
                }
            }
    }
}
END_TEST

START_TEST(super_as_glpk) {
    double score[N];
    size_t none = 0;
    for (int rts = AGL_CRS; rts <= AGL_NDRS; rts++)
        for (int to = AGL_INPUT; to <= AGL_OUTPUT; to++) {
            draw(&data, 4, 0.5);
            agl_dea_options o = {(agl_rts)rts, (agl_orientation)to};
            ck_assert_int_eq(agl_dea_super(score, &data.units, &o, NULL, NULL), AGL_OK);
            for (size_t j = 0; j < N; j++) {
                double expected = by_glpk(&data, j, o.rts, o.orientation, true);
                none += isnan(expected);
                ck_assert_msg(isnan(expected) ? isnan(score[j]) : fabs(score[j] / expected - 1) < 1e-9,
                              "rts %d to %d unit %zu: %.15g instead of %.15g", rts, to, j, score[j],
                              expected);
            }
        }
    ck_assert_uint_gt(none, 0); /* infeasible ones are among them */
}
END_TEST

/* ---- solutions, not only scores
 * ----------------------------------------------------------------------------------------- */

/** Peers, weights and slacks must reproduce the target exactly; shadow prices must support the frontier and
 * give the score. */
static void check_solution(agl_rts rts, agl_orientation to) {
    static double score[N], in[N * M], out[N * S], v[N * M], u[N * S], lambda[N * (K + 1)];
    static int32_t peer[N * (K + 1)];
    agl_dea dea = {score, in, out, v, u, peer, lambda};
    agl_dea_options o = {rts, to};
    ck_assert_int_eq(agl_dea_radial(&dea, &data.units, NULL, &o, NULL, NULL), AGL_OK);
    for (size_t j = 0; j < N; j++) {
        double sum = 0, mix[K] = {0};
        for (size_t a = 0; a < K + 1 && peer[j * (K + 1) + a] >= 0; a++) {
            sum += lambda[j * (K + 1) + a];
            for (size_t k = 0; k < K; k++)
                mix[k] += lambda[j * (K + 1) + a] * data.v[(size_t)peer[j * (K + 1) + a] * K + k];
        }
        for (size_t k = 0; k < K; k++) {
            double by = (k < M) == (to == AGL_INPUT) ? score[j] : 1,
                   slack = k < M ? -in[j * M + k] : out[j * S + k - M];
            double own = data.v[j * K + k];
            ck_assert_double_eq_tol(mix[k] / sizes[k], (by * own + slack) / sizes[k],
                                    1e-8 * (1 + own / sizes[k]));
        }
        if (rts == AGL_VRS) ck_assert_double_eq_tol(sum, 1, 1e-9);
        double vx = 0, uy = 0;
        for (size_t i = 0; i < M; i++)
            vx += v[j * M + i] * data.v[j * K + i];
        for (size_t r = 0; r < S; r++)
            uy += u[j * S + r] * data.v[j * K + M + r];
        ck_assert_double_eq_tol(to == AGL_INPUT ? vx : uy, 1, 1e-9);
        if (rts == AGL_CRS) ck_assert_double_eq_tol(to == AGL_INPUT ? uy : vx, score[j], 1e-9 * score[j]);
    }
}

START_TEST(solutions_add_up) {
    draw(&data, 6, 0.4);
    for (int rts = AGL_CRS; rts <= AGL_NDRS; rts++)
        for (int to = AGL_INPUT; to <= AGL_OUTPUT; to++)
            check_solution((agl_rts)rts, (agl_orientation)to);
}
END_TEST

START_TEST(fdh_by_hand) {
    double score[N];
    draw(&data, 7, 0.3);
    ck_assert_int_eq(radial(score, AGL_FDH, AGL_INPUT), AGL_OK);
    for (size_t o = 0; o < N; o++) {
        double best = 1;
        for (size_t j = 0; j < N; j++) {
            const double *a = data.v + j * K, *b = data.v + o * K;
            if (a[M] < b[M] || a[M + 1] < b[M + 1]) continue;
            double need = 0;
            for (size_t i = 0; i < M; i++)
                if (a[i] > 0) need = fmax(need, b[i] > 0 ? a[i] / b[i] : INFINITY);
            best = fmin(best, need);
        }
        ck_assert_double_eq_tol(score[o], best, 1e-12);
    }
}
END_TEST

/** Least cost by GLPK in the variables x and lambda, another form than the kernel's. */
START_TEST(cost_as_glpk) {
    double efficiency[N], best[N * M];
    draw(&data, 8, 0.3);
    agl_cmat prices = {data.price, N, M, M};
    data.price[5 * M] = NAN;
    ck_assert_int_eq(agl_dea_cost(efficiency, best, &data.units, &prices, AGL_VRS, NULL, NULL), AGL_OK);
    ck_assert_double_nan(efficiency[5]);
    for (size_t o = 0; o < N; o++) {
        if (o == 5) continue;
        double actual = 0, least = 0;
        int index[N + 2];
        double value[N + 2];
        glp_prob *p = glp_create_prob();
        glp_add_rows(p, K + 1);
        glp_add_cols(p, N + M);
        for (int k = 0; k <= K; k++) {
            double by = k < K ? sizes[k] : 1;
            for (int j = 0; j < N; j++)
                index[j + 1] = j + 1, value[j + 1] = k < K ? data.v[j * K + k] / by : 1;
            index[N + 1] = N + 1 + k, value[N + 1] = -1;
            glp_set_mat_row(p, k + 1, k < M ? N + 1 : N, index, value);
            double rhs = k < M ? 0 : k < K ? data.v[o * K + (size_t)k] / by : 1;
            glp_set_row_bnds(p, k + 1, k < M ? GLP_UP : k < K ? GLP_LO : GLP_FX, rhs, rhs);
        }
        for (int j = 1; j <= N + M; j++) {
            glp_set_col_bnds(p, j, GLP_LO, 0, 0);
            if (j > N) glp_set_obj_coef(p, j, data.price[o * M + (size_t)(j - N - 1)] * sizes[j - N - 1]);
        }
        for (size_t i = 0; i < M; i++) {
            actual += data.price[o * M + i] * data.v[o * K + i];
            least += data.price[o * M + i] * best[o * M + i];
        }
        glp_smcp parm;
        glp_init_smcp(&parm);
        parm.msg_lev = GLP_MSG_OFF, parm.tol_bnd = 1e-11, parm.tol_dj = 1e-11;
        glp_simplex(p, &parm);
        ck_assert_double_eq_tol(efficiency[o], glp_get_obj_val(p) / actual, 1e-9);
        ck_assert_double_eq_tol(least / actual, efficiency[o], 1e-9);
        glp_delete_prob(p);
    }
}
END_TEST

START_TEST(sbm_promises) {
    double rho[N], input[N], theta[N];
    draw(&data, 9, 0.3);
    agl_dea_options both = {AGL_VRS, AGL_BOTH}, in = {AGL_VRS, AGL_INPUT};
    ck_assert_int_eq(agl_dea_sbm(rho, &data.units, &both, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl_dea_sbm(input, &data.units, &in, NULL, NULL), AGL_OK);
    ck_assert_int_eq(radial(theta, AGL_VRS, AGL_INPUT), AGL_OK);
    for (size_t j = 0; j < N; j++) {
        bool zero = data.v[j * K + 1] == 0 || data.v[j * K + M] == 0;
        ck_assert_int_eq(isnan(rho[j]), zero);
        if (zero) continue;
        ck_assert(rho[j] > 0 && rho[j] <= input[j] + 1e-10 &&
                  input[j] <= theta[j] + 1e-10); /* Tone 2001, theorem 2 */
    }
}
END_TEST

/* ---- the rest
 * -------------------------------------------------------------------------------------------------------------
 */

START_TEST(same_bits_for_any_thread_count) {
    enum { MANY = 700 };
    static double v[MANY * K], one[4 * MANY], two[4 * MANY];
    agl_rng rng = agl__rng(11, 0, 0);
    for (size_t k = 0; k < MANY * K; k++)
        v[k] = 1 + 9 * agl__rng_unit(&rng);
    agl_dea_units units = {{v, MANY, M, K}, {v + M, MANY, S, K}};
    agl_dea_bootstrap_options b = {20, 0.9, 0};
    double *to[2] = {one, two};
    for (int t = 0; t < 2; t++) {
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = t == 0 ? 1 : 3;
        agl_dea out = {.score = to[t]};
        agl_dea_interval interval = {to[t] + MANY, to[t] + 2 * MANY, to[t] + 3 * MANY, NULL};
        ck_assert_int_eq(agl_dea_radial(&out, &units, NULL, NULL, &ctx, NULL), AGL_OK);
        ck_assert_int_eq(agl_dea_bootstrap(&interval, to[t], &units, NULL, &b, &ctx, NULL), AGL_OK);
    }
    ck_assert_mem_eq(one, two, sizeof one);
}
END_TEST

/** One input, one output with a known frontier y = sqrt(x): corrected scores are nearer to the truth than
 * scores, and intervals mostly hold it. */
START_TEST(bootstrap_finds_the_frontier) {
    enum { MANY = 150 };
    static double v[MANY * 2], truth[MANY], score[MANY], corrected[MANY], lo[MANY], hi[MANY];
    for (int to = AGL_INPUT; to <= AGL_OUTPUT; to++) {
        agl_rng rng = agl__rng(12, 0, 0);
        for (size_t j = 0; j < MANY; j++) {
            double x = 1 + 9 * agl__rng_unit(&rng), loss = exp(-fabs(0.3 * agl__rng_normal(&rng)));
            v[2 * j] = x, v[2 * j + 1] = to == AGL_OUTPUT ? sqrt(x) * loss : sqrt(x * loss);
            truth[j] = to == AGL_OUTPUT ? 1 / loss : loss;
        }
        agl_dea_units units = {{v, MANY, 1, 2}, {v + 1, MANY, 1, 2}};
        agl_dea_options o = {AGL_VRS, (agl_orientation)to};
        agl_dea out = {.score = score};
        agl_dea_bootstrap_options b = {400, 0.95, 0};
        agl_dea_interval interval = {corrected, lo, hi, NULL};
        ck_assert_int_eq(agl_dea_radial(&out, &units, NULL, &o, NULL, NULL), AGL_OK);
        ck_assert_int_eq(agl_dea_bootstrap(&interval, score, &units, &o, &b, NULL, NULL), AGL_OK);
        double raw = 0, better = 0, held = 0, n = 0;
        for (size_t j = 0; j < MANY; j++) {
            if (isnan(lo[j])) continue;
            ck_assert(lo[j] <= corrected[j] && corrected[j] <= hi[j]);
            ck_assert(to == AGL_INPUT ? hi[j] <= score[j] + 1e-9 : lo[j] >= score[j] - 1e-9);
            raw += fabs(score[j] - truth[j]), better += fabs(corrected[j] - truth[j]);
            held += lo[j] <= truth[j] && truth[j] <= hi[j], n++;
        }
        ck_assert_double_gt(n, 0.8 * MANY);
        ck_assert_double_lt(better, 0.95 * raw);
        ck_assert_msg(held > 0.8 * n && held < n + 1, "orientation %d: %g of %g intervals hold the truth", to,
                      held, n);
    }
}
END_TEST

START_TEST(another_reference) {
    double score[N], better[N * K];
    draw(&data, 13, 0.2);
    memcpy(better, data.v, sizeof better);
    for (size_t j = 0; j < N; j++)
        for (size_t i = 0; i < M; i++)
            better[j * K + i] *= 0.5; /* twice as productive */
    agl_dea_units reference = {{better, N, M, K}, {better + M, N, S, K}};
    double own[N];
    ck_assert_int_eq(radial(own, AGL_CRS, AGL_INPUT), AGL_OK);
    agl_dea out = {.score = score};
    agl_dea_options o = {AGL_CRS, AGL_INPUT};
    ck_assert_int_eq(agl_dea_radial(&out, &data.units, &reference, &o, NULL, NULL), AGL_OK);
    for (size_t j = 0; j < N; j++)
        ck_assert_double_eq_tol(score[j], own[j] / 2, 1e-9);
}
END_TEST

START_TEST(bad_input) {
    double score[N];
    agl_error err;
    agl_dea out = {.score = score};
    draw(&data, 14, 0.2);
    data.v[3] = -1;
    ck_assert_int_eq(agl_dea_radial(&out, &data.units, NULL, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "unit 1: output 1"));
    data.v[3] = NAN;
    ck_assert_int_eq(agl_dea_radial(&out, &data.units, NULL, NULL, NULL, NULL), AGL_EDATA);
    data.v[3] = data.v[4] = 0;
    ck_assert_int_eq(agl_dea_radial(&out, &data.units, NULL, NULL, NULL, &err), AGL_EDATA);
    ck_assert_ptr_nonnull(strstr(err.message, "no output above zero"));
    data.v[3] = 1;
    agl_dea_options o = {AGL_FDH, AGL_INPUT}, both = {AGL_CRS, AGL_BOTH};
    ck_assert_int_eq(agl_dea_super(score, &data.units, &o, NULL, NULL), AGL_EUSAGE);
    ck_assert_int_eq(agl_dea_sbm(score, &data.units, &o, NULL, NULL), AGL_EUSAGE);
    ck_assert_int_eq(agl_dea_radial(&out, &data.units, NULL, &both, NULL, NULL), AGL_EUSAGE);
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    ck_assert_int_eq(agl_dea_radial(&out, &data.units, NULL, NULL, &ctx, NULL), AGL_ECANCEL);
}
END_TEST

/* The example of the header. */
START_TEST(example) {
    double v[] = {4, 2, 8, 8, 8, 5}, score[3], lambda[9];
    int32_t peer[9];
    agl_dea_units units = {{v, 3, 1, 2}, {v + 1, 3, 1, 2}};
    agl_dea out = {.score = score, .peer = peer, .lambda = lambda};
    ck_assert_int_eq(agl_dea_radial(&out, &units, NULL, NULL, NULL, NULL), AGL_OK);
    ck_assert_double_eq(score[0], 1);
    ck_assert_double_eq(score[1], 1);
    ck_assert_double_eq_tol(score[2], 0.75, 1e-12);
    ck_assert_double_eq_tol(lambda[6], 0.5, 1e-12);
    ck_assert_double_eq_tol(lambda[7], 0.5, 1e-12);
    ck_assert_int_eq(peer[6] + peer[7], 1);
    ck_assert_int_eq(peer[8], -1);
}
END_TEST

int main(void) {
    glp_term_out(GLP_OFF);
    Suite *suite = suite_create("efficiency");
    TCase *tests = tcase_create("efficiency");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, as_glpk);
    tcase_add_test(tests, super_as_glpk);
    tcase_add_test(tests, solutions_add_up);
    tcase_add_test(tests, fdh_by_hand);
    tcase_add_test(tests, cost_as_glpk);
    tcase_add_test(tests, sbm_promises);
    tcase_add_test(tests, same_bits_for_any_thread_count);
    tcase_add_test(tests, bootstrap_finds_the_frontier);
    tcase_add_test(tests, another_reference);
    tcase_add_test(tests, bad_input);
    tcase_add_test(tests, example);
    suite_add_tcase(suite, tests);
    return unit_main(suite);
}

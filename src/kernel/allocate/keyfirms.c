#include "agglo/keyfirms.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "kernel/allocate/rivalry.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#define TIGHT    1e-13 /* residuals of solves whose results are reported */
#define OUTER    1e-12 /* of the subsidies, whose operator is itself the result of solves */
#define ONE_FIRM 1e-11 /* of the solve for a firm that leaves */
#define ROUGH                                                                                                \
    1e-4 /* of the solves behind an estimate that the random signs leave with errors of percents             \
          */
#define MAX_LANCZOS 200

/* ---- range of the parameters ------------------------------------------------------------------------------
 */

/** Largest eigenvalue of the links by Lanczos' recurrence from the vector of ones, which is not orthogonal to
 * the leading vector of any component. Without reorthogonalisation copies of eigenvalues turn up, which does
 * not touch the largest. Powers of A + I need some ten times the products. */
static agl_status largest_eigenvalue(double *lambda, agl__cg_work *w, const agl__rivalry *game,
                                     const agl_ctx *ctx, agl_error *err) {
    size_t n = game->n;
    double *x = w->residual, *ax = w->image, *old = w->direction, diagonal[MAX_LANCZOS], off[MAX_LANCZOS];
    double d[MAX_LANCZOS], e[MAX_LANCZOS], norm = 0, before = -1;
    for (size_t i = 0; i < n; i++)
        x[i] = 1 / sqrt((double)n);
    for (int k = 0; k < MAX_LANCZOS; k++) {
        agl_status status = agl__rivalry_product(ax, x, 0, 0, 1, w->sums, game, ctx, err);
        if (status != AGL_OK) return status;
        diagonal[k] = agl__dot(x, ax, n);
        for (size_t i = 0; i < n; i++)
            ax[i] -= diagonal[k] * x[i] + norm * old[i];
        off[k] = norm = sqrt(agl__dot(ax, ax, n));
        memcpy(d, diagonal, sizeof d);
        memcpy(e, off, sizeof e);
        if (LAPACKE_dsterf(k + 1, d, e) != 0)
            return agl_fail(err, AGL_ECONV, "no convergence of the eigenvalue");
        *lambda = fmax(0, d[k]);
        if (norm <= 1e-12 * *lambda || norm == 0 || fabs(*lambda - before) <= 1e-13 * *lambda) return AGL_OK;
        before = *lambda;
        for (size_t i = 0; i < n; i++) {
            old[i] = x[i];
            x[i] = ax[i] / norm;
        }
        if (agl_cancelled(ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    return AGL_OK; /* a Ritz value: its error is the square of that of the vector */
}

agl_status agl_klz_check(agl_klz_bounds *bounds, const agl_klz_network *net, const agl_ctx *ctx,
                         agl_error *err) {
    agl__rivalry game;
    agl__cg_work work = {0};
    *bounds = (agl_klz_bounds){NAN, NAN, NAN};
    agl_status status = agl__rivalry_new(&game, net, err);
    if (status != AGL_OK) return status;
    status = agl__cg_work_new(&work, &game, err);
    if (status == AGL_OK) status = largest_eigenvalue(&bounds->lambda, &work, &game, ctx, err);
    if (status == AGL_OK) {
        double largest = 1;
        for (size_t m = 0; m < game.n_markets; m++)
            largest = fmax(largest, game.size[m]);
        bounds->phi_max = bounds->lambda > 0 ? (1 - net->rho) / bounds->lambda : INFINITY;
        bounds->sum_max = 1 / fmax(bounds->lambda, largest - 1);
        if (!(net->phi < bounds->phi_max))
            status =
                agl_fail(err, AGL_ECONV,
                         "phi = %g is too large for an equilibrium: with rho = %g and this network (largest "
                         "eigenvalue %.6g) it must be below %.6g",
                         net->phi, net->rho, bounds->lambda, bounds->phi_max);
    }
    agl__cg_work_free(&work);
    agl__rivalry_free(&game);
    return status;
}

/* ---- equilibrium and welfare ------------------------------------------------------------------------------
 */

agl_status agl_klz_equilibrium(double *q, const agl_klz_network *net, const double *mu, const double *subsidy,
                               const agl_ctx *ctx, agl_error *err) {
    agl__rivalry game;
    agl__cg_work work = {0};
    double *b = AGL_NEW(double, net->links->n);
    agl_status status = agl__rivalry_new(&game, net, err);
    if (status == AGL_OK && !b) status = agl_fail_memory(err);
    if (status == AGL_OK) status = agl__cg_work_new(&work, &game, err);
    if (status != AGL_OK) goto out;
    if (subsidy) status = agl__rivalry_product(b, subsidy, 1, 0, game.phi, work.sums, &game, ctx, err);
    for (size_t i = 0; i < game.n; i++)
        b[i] += mu[i];
    if (status == AGL_OK) status = agl__rivalry_solve(q, b, TIGHT, &work, &game, ctx, err);
out:
    agl__cg_work_free(&work);
    agl__rivalry_free(&game);
    free(b);
    return status;
}

agl_status agl_klz_marginal(double *mu, const agl_klz_network *net, const double *effort, const agl_ctx *ctx,
                            agl_error *err) {
    agl__rivalry game;
    agl_status status = agl__rivalry_new(&game, net, err);
    if (status != AGL_OK) return status;
    double *sums = AGL_NEW(double, game.n_markets);
    status = sums ? agl__rivalry_product(mu, effort, 1 - game.rho, game.rho, -game.phi, sums, &game, ctx, err)
                  : agl_fail_memory(err);
    free(sums);
    agl__rivalry_free(&game);
    return status;
}

agl_status agl_klz_welfare(double *welfare, const agl_klz_network *net, const double *q,
                           const double *subsidy, agl_error *err) {
    agl__rivalry game;
    agl_status status = agl__rivalry_new(&game, net, err);
    if (status != AGL_OK) return status;
    double *sums = AGL_NEW(double, game.n_markets), w = 0;
    if (sums) {
        /* q'Bq = sum over markets of (sum q)^2 - sum q^2 */
        for (size_t i = 0; i < game.n; i++) {
            sums[game.market[i]] += q[i];
            w += q[i] * q[i] * (1 - game.rho / 2);
            if (subsidy) w -= subsidy[i] * (q[i] + subsidy[i] / 2);
        }
        *welfare = w + game.rho / 2 * agl__dot(sums, sums, game.n_markets);
    } else {
        status = agl_fail_memory(err);
    }
    free(sums);
    agl__rivalry_free(&game);
    return status;
}

/* ---- subsidies --------------------------------------------------------------------------------------------
 */

typedef struct planner {
    const agl__rivalry *game;
    agl__cg_work inner;
    double *right, *x, *y; /* n */
    double scale;          /* norm of the right-hand side of the outer problem, 0 = not yet known */
    double tolerance;      /* of the inner solves */
    const agl_ctx *ctx;
} planner;

/** to = T S^-1 from, T = I + phi A. `from` may be p->right. */
static agl_status pass_back(double *to, const double *from, planner *p, agl_error *err) {
    agl_status status = agl__rivalry_solve(p->y, from, p->tolerance, &p->inner, p->game, p->ctx, err);
    if (status != AGL_OK) return status;
    return agl__rivalry_product(to, p->y, 1, 0, p->game->phi, p->inner.sums, p->game, p->ctx, err);
}

/** H s = s + x + T S^-1 (s - Q x), x = S^-1 T s. The outer directions shrink as it converges; what counts is
 * the error relative to its right-hand side, so the inner solves may stop earlier and earlier (half the
 * products). */
static agl_status apply_h(double *to, const double *s, void *arg, agl_error *err) {
    planner *p = arg;
    const agl__rivalry *g = p->game;
    if (p->scale > 0) p->tolerance = fmin(1e-3, fmax(TIGHT, TIGHT * p->scale / sqrt(agl__dot(s, s, g->n))));
    agl_status status = agl__rivalry_product(p->right, s, 1, 0, g->phi, p->inner.sums, g, p->ctx, err);
    if (status == AGL_OK)
        status = agl__rivalry_solve(p->x, p->right, p->tolerance, &p->inner, g, p->ctx, err);
    if (status == AGL_OK)
        status = agl__rivalry_product(p->right, p->x, 2 - g->rho, g->rho, 0, p->inner.sums, g, p->ctx, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < g->n; i++)
        p->right[i] = s[i] - p->right[i];
    status = pass_back(to, p->right, p, err);
    for (size_t i = 0; status == AGL_OK && i < g->n; i++)
        to[i] += s[i] + p->x[i];
    return status;
}

/** g = (R'Q - I) r = T S^-1 Q r - r, r = S^-1 mu: what the first unit of subsidy adds to welfare. */
static agl_status first_gain(double *g, double *r, const double *mu, planner *p, agl_error *err) {
    const agl__rivalry *game = p->game;
    agl_status status = agl__rivalry_solve(r, mu, TIGHT, &p->inner, game, p->ctx, err);
    if (status == AGL_OK)
        status =
            agl__rivalry_product(p->right, r, 2 - game->rho, game->rho, 0, p->inner.sums, game, p->ctx, err);
    if (status == AGL_OK) status = pass_back(g, p->right, p, err);
    for (size_t i = 0; status == AGL_OK && i < game->n; i++)
        g[i] -= r[i];
    return status;
}

static agl_status solve_subsidies(double *targeted, double *homogeneous, planner *p, agl__cg_work *outer,
                                  double *g, double *other, const double *mu, agl_error *err) {
    size_t n = p->game->n;
    double *ones = outer->direction, numerator = 0, curvature = 0;
    agl_status status = first_gain(g, other, mu, p, err);
    for (size_t i = 0; i < n; i++)
        ones[i] = 1;
    if (status == AGL_OK) status = apply_h(other, ones, p, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < n; i++) {
        numerator += g[i];
        curvature += other[i];
    }
    *homogeneous = numerator / curvature;
    p->scale = sqrt(agl__dot(g, g, n));
    const agl__operator h = {apply_h, NULL, p};
    if (curvature > 0 && targeted) status = agl__conjugate_gradients(targeted, g, n, OUTER, outer, &h, err);
    if (!(curvature > 0) || status == AGL_ECONV) {
        *homogeneous = curvature > 0 ? *homogeneous : NAN;
        return agl_fail(
            err, AGL_ECONV,
            "no best subsidy exists at these parameters: each further unit would pay; a smaller phi "
            "or a larger rho is needed");
    }
    return status;
}

agl_status agl_klz_subsidies(double *targeted, double *homogeneous, const agl_klz_network *net,
                             const double *mu, const agl_ctx *ctx, agl_error *err) {
    agl__rivalry game;
    *homogeneous = NAN;
    agl_status status = agl__rivalry_new(&game, net, err);
    if (status != AGL_OK) return status;
    size_t n = game.n;
    agl__cg_work outer = {0};
    planner p = {.game = &game, .tolerance = TIGHT, .ctx = ctx};
    double *work = AGL_NEW(double, 5 * n);
    status = work ? agl__cg_work_new(&outer, &game, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__cg_work_new(&p.inner, &game, err);
    if (status == AGL_OK) {
        p.right = work, p.x = work + n, p.y = work + 2 * n;
        status = solve_subsidies(targeted, homogeneous, &p, &outer, work + 3 * n, work + 4 * n, mu, err);
    }
    agl__cg_work_free(&outer);
    agl__cg_work_free(&p.inner);
    agl__rivalry_free(&game);
    free(work);
    return status;
}

/* ---- key firms --------------------------------------------------------------------------------------------
 */

typedef struct leaving {
    const agl__rivalry *game;
    const double *q;
    double *qq;          /* n: Q q */
    double *loss;        /* n */
    const uint32_t *who; /* firms to solve */
    agl__cg_work *work;  /* per worker */
    double **unit, **v;  /* per worker, n each */
    agl_ctx one;         /* one thread: the firms are what runs in parallel */
} leaving;

static agl_status one_firm(void *arg, size_t task, int worker, agl_error *err) {
    leaving *l = arg;
    const agl__rivalry *g = l->game;
    size_t k = l->who[task];
    double *unit = l->unit[worker], *v = l->v[worker];
    unit[k] = 1;
    agl_status status = agl__rivalry_solve(v, unit, ONE_FIRM, &l->work[worker], g, &l->one, err);
    unit[k] = 0;
    if (status != AGL_OK) return status;
    double a = l->q[k] / v[k], *qv = l->work[worker].image, linear = agl__dot(v, l->qq, g->n);
    status = agl__rivalry_product(qv, v, 2 - g->rho, g->rho, 0, l->work[worker].sums, g, &l->one, err);
    l->loss[k] = a * linear - a * a / 2 * agl__dot(v, qv, g->n);
    return status;
}

/** Diagonals of S^-1 and S^-1 Q S^-1 from random signs x: the means of x o S^-1 x and of x o S^-1 Q S^-1 x.
 */
static agl_status estimate_losses(double *estimate, const leaving *l, size_t probes, const agl_ctx *ctx,
                                  agl_error *err) {
    const agl__rivalry *g = l->game;
    size_t n = g->n;
    agl__cg_work *w = &l->work[0];
    double *work = AGL_NEW(double, 6 * n);
    if (!work) return agl_fail_memory(err);
    double *x = work, *y = work + n, *z = work + 2 * n, *d = work + 3 * n, *e = work + 4 * n,
           *gain = work + 5 * n;
    agl_status status = agl__rivalry_solve(gain, l->qq, TIGHT, w, g, ctx, err); /* v'Qq of all firms */
    for (uint32_t p = 0; status == AGL_OK && p < probes; p++) {
        agl_rng rng = agl__rng(agl_seed(ctx), p, 0);
        for (size_t i = 0; i < n; i++)
            x[i] = agl__rng_u32(&rng) & 1 ? 1 : -1;
        status = agl__rivalry_solve(y, x, ROUGH, w, g, ctx, err);
        if (status == AGL_OK)
            status = agl__rivalry_product(w->image, y, 2 - g->rho, g->rho, 0, w->sums, g, ctx, err);
        if (status != AGL_OK) break;
        memcpy(e, w->image, n * sizeof *e);
        status = agl__rivalry_solve(z, e, ROUGH, w, g, ctx, err);
        for (size_t i = 0; i < n; i++) {
            d[i] += x[i] * y[i] / (double)probes;
            estimate[i] += x[i] * z[i] / (double)probes;
        }
    }
    for (size_t i = 0; i < n; i++) {
        double a = l->q[i] / d[i];
        estimate[i] = a * gain[i] - a * a / 2 * estimate[i];
    }
    free(work);
    return status;
}

typedef struct ranked {
    double value;
    uint32_t firm;
} ranked;

static int falling(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? 1 : -1;
    return (x->firm > y->firm) - (x->firm < y->firm);
}

static agl_status choose(uint32_t *who, const double *estimate, size_t exact, size_t n, agl_error *err) {
    ranked *r = AGL_NEW(ranked, n);
    if (!r) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        r[i] = (ranked){isnan(estimate[i]) ? -INFINITY : estimate[i], (uint32_t)i};
    qsort(r, n, sizeof *r, falling);
    for (size_t k = 0; k < exact; k++)
        who[k] = r[k].firm;
    free(r);
    return AGL_OK;
}

static agl_status scratch(leaving *l, int threads, agl_error *err) {
    size_t n = l->game->n;
    l->qq = AGL_NEW(double, n);
    l->work = AGL_NEW(agl__cg_work, threads);
    l->unit = AGL_NEW(double *, threads);
    l->v = AGL_NEW(double *, threads);
    agl_status status = l->qq && l->work && l->unit && l->v ? AGL_OK : agl_fail_memory(err);
    for (int t = 0; status == AGL_OK && t < threads; t++) {
        l->unit[t] = AGL_NEW(double, n);
        l->v[t] = AGL_NEW(double, n);
        status = l->unit[t] && l->v[t] ? agl__cg_work_new(&l->work[t], l->game, err) : agl_fail_memory(err);
    }
    return status;
}

static void scratch_free(leaving *l, int threads) {
    for (int t = 0; t < threads; t++) {
        if (l->unit) free(l->unit[t]);
        if (l->v) free(l->v[t]);
        if (l->work) agl__cg_work_free(&l->work[t]);
    }
    free(l->unit);
    free(l->v);
    free(l->work);
    free(l->qq);
}

agl_status agl_klz_key_firms(double *loss, double *estimate, const agl_klz_network *net, const double *q,
                             size_t exact, size_t probes, const agl_ctx *ctx, agl_error *err) {
    agl__rivalry game;
    agl_status status = agl__rivalry_new(&game, net, err);
    if (status != AGL_OK) return status;
    size_t n = game.n;
    int threads = agl_threads(ctx);
    if (exact > n) exact = n;
    uint32_t *who = AGL_NEW(uint32_t, n);
    leaving l = {.game = &game, .q = q, .loss = loss, .who = who};
    if (ctx) l.one = *ctx;
    l.one.threads = 1;
    l.one.progress = NULL;
    status = who ? scratch(&l, threads, err) : agl_fail_memory(err);
    if (status == AGL_OK)
        status = agl__rivalry_product(l.qq, q, 2 - game.rho, game.rho, 0, l.work[0].sums, &game, ctx, err);
    if (status != AGL_OK) goto out;
    for (size_t i = 0; i < n; i++) {
        loss[i] = NAN;
        estimate[i] = 0;
        who[i] = (uint32_t)i;
    }
    if (exact < n) status = estimate_losses(estimate, &l, probes > 0 ? probes : 1, ctx, err);
    if (status == AGL_OK && exact < n) status = choose(who, estimate, exact, n, err);
    if (status == AGL_OK) status = agl__parallel(exact, one_firm, &l, "key firms", ctx, err);
    if (exact == n) memcpy(estimate, loss, n * sizeof *estimate);
out:
    scratch_free(&l, threads);
    agl__rivalry_free(&game);
    free(who);
    return status;
}

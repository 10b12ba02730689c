#include "kernel/allocate/rivalry.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/graph/graph.h"

#include <math.h>
#include <string.h>

#define FIRMS_PER_TASK 8192
#define MAX_STEPS      1000

agl_status agl__rivalry_new(agl__rivalry *out, const agl_klz_network *net, agl_error *err) {
    size_t n = (size_t)net->links->n, named = net->market ? (size_t)net->n_markets : 0;
    *out = (agl__rivalry){.links = net->links, .n = n, .n_markets = named, .rho = net->rho, .phi = net->phi};
    if (!(net->rho >= 0 && net->rho < 1 && net->phi >= 0 && isfinite(net->phi)))
        return agl_fail(err, AGL_EUSAGE, "rho must lie in [0, 1) and phi must not be negative");
    out->market = AGL_NEW(int32_t, n);
    out->size = AGL_NEW(double, n + named);
    if (!out->market || !out->size) {
        agl__rivalry_free(out);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        int32_t m = net->market ? net->market[i] : -1;
        if (m < -1 || m >= (int32_t)named) {
            agl__rivalry_free(out);
            return agl_fail(err, AGL_EDATA, "market %d of firm %zu does not exist", m, i);
        }
        out->market[i] = m >= 0 ? m : (int32_t)out->n_markets++;
        out->size[out->market[i]]++;
    }
    return AGL_OK;
}

void agl__rivalry_free(agl__rivalry *game) {
    free(game->market);
    free(game->size);
    *game = (agl__rivalry){0};
}

double agl__dot(const double *a, const double *b, size_t n) {
    double sum[4] = {0}; /* four chains: a single one waits for each addition */
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    return sum[0] + sum[1] + (sum[2] + sum[3]);
}

/* ---- products --------------------------------------------------------------------------------------------
 */

typedef struct product {
    double *to;
    const double *x, *sums;
    double own, rivals, partners;
    const agl__rivalry *game;
} product;

static agl_status some_rows(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker, (void)err;
    const product *p = arg;
    const agl_graph *g = p->game->links;
    size_t end = (task + 1) * FIRMS_PER_TASK < p->game->n ? (task + 1) * FIRMS_PER_TASK : p->game->n;
    for (size_t i = task * FIRMS_PER_TASK; i < end; i++) {
        double of_partners = 0;
        if (p->partners != 0)
            for (size_t a = g->offset[i]; a < g->offset[i + 1]; a++)
                of_partners += p->x[g->neighbour[a]];
        p->to[i] = p->own * p->x[i] + p->rivals * p->sums[p->game->market[i]] + p->partners * of_partners;
    }
    return AGL_OK;
}

static void market_sums(double *sums, const double *x, const agl__rivalry *game) {
    memset(sums, 0, game->n_markets * sizeof *sums);
    for (size_t i = 0; i < game->n; i++)
        sums[game->market[i]] += x[i];
}

agl_status agl__rivalry_product(double *to, const double *x, double own, double rivals, double partners,
                                double *sums, const agl__rivalry *game, const agl_ctx *ctx, agl_error *err) {
    product p = {to, x, sums, own, rivals, partners, game};
    market_sums(sums, x, game);
    return agl__parallel((game->n + FIRMS_PER_TASK - 1) / FIRMS_PER_TASK, some_rows, &p, NULL, ctx, err);
}

/* ---- conjugate gradients ---------------------------------------------------------------------------------
 */

agl_status agl__cg_work_new(agl__cg_work *out, const agl__rivalry *game, agl_error *err) {
    size_t n = game->n;
    double *all = AGL_NEW(double, 4 * n + game->n_markets);
    *out = (agl__cg_work){.residual = all};
    if (!all) return agl_fail_memory(err);
    *out = (agl__cg_work){all, all + n, all + 2 * n, all + 3 * n, all + 4 * n};
    return AGL_OK;
}

void agl__cg_work_free(agl__cg_work *work) { free(work->residual); }

static void condition(double *to, const double *x, const agl__operator *op, size_t n) {
    if (op->condition)
        op->condition(to, x, op->arg);
    else
        memcpy(to, x, n * sizeof *to);
}

agl_status agl__conjugate_gradients(double *x, const double *b, size_t n, double tolerance,
                                    agl__cg_work *work, const agl__operator *op, agl_error *err) {
    double *r = work->residual, *z = work->conditioned, *p = work->direction, *ap = work->image;
    double goal = tolerance * sqrt(agl__dot(b, b, n));
    memset(x, 0, n * sizeof *x);
    memcpy(r, b, n * sizeof *r);
    condition(z, r, op, n);
    memcpy(p, z, n * sizeof *p);
    double rz = agl__dot(r, z, n);
    for (int step = 0; step < MAX_STEPS; step++) {
        if (sqrt(agl__dot(r, r, n)) <= goal) return AGL_OK;
        agl_status status = op->apply(ap, p, op->arg, err);
        if (status != AGL_OK) return status;
        double curvature = agl__dot(p, ap, n);
        if (!(curvature > 0)) return agl_fail(err, AGL_ECONV, "the system is not positive definite");
        double alpha = rz / curvature;
        for (size_t i = 0; i < n; i++) {
            x[i] += alpha * p[i];
            r[i] -= alpha * ap[i];
        }
        condition(z, r, op, n);
        double before = rz;
        rz = agl__dot(r, z, n);
        for (size_t i = 0; i < n; i++)
            p[i] = z[i] + rz / before * p[i];
    }
    return agl_fail(err, AGL_ECONV, "no convergence after %d steps; take a smaller rho or phi", MAX_STEPS);
}

typedef struct solve {
    const agl__rivalry *game;
    double *sums;
    const agl_ctx *ctx;
} solve;

static agl_status apply_game(double *to, const double *x, void *arg, agl_error *err) {
    const solve *s = arg;
    if (agl_cancelled(s->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
    return agl__rivalry_product(to, x, 1 - s->game->rho, s->game->rho, -s->game->phi, s->sums, s->game,
                                s->ctx, err);
}

/** (I + rho B)^-1 x: in a market of m firms it is (1 - rho) I + rho 1 1', whose inverse is
 * (x - rho sum(x) / (1 - rho + rho m)) / (1 - rho). */
static void without_links(double *to, const double *x, void *arg) {
    const solve *s = arg;
    const agl__rivalry *g = s->game;
    market_sums(s->sums, x, g);
    for (size_t m = 0; m < g->n_markets; m++)
        s->sums[m] *= g->rho / (1 - g->rho + g->rho * g->size[m]);
    for (size_t i = 0; i < g->n; i++)
        to[i] = (x[i] - s->sums[g->market[i]]) / (1 - g->rho);
}

agl_status agl__rivalry_solve(double *x, const double *b, double tolerance, agl__cg_work *work,
                              const agl__rivalry *game, const agl_ctx *ctx, agl_error *err) {
    solve s = {game, work->sums, ctx};
    const agl__operator op = {apply_game, without_links, &s};
    return agl__conjugate_gradients(x, b, game->n, tolerance, work, &op, err);
}

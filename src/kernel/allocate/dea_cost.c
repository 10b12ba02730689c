/* Cost efficiency (Farrell 1957): with x >= X lambda the least cost of y_o is
 *
 *     min sum_j (w_o'x_j) lambda_j   subject to   Y lambda >= y_o   and the returns to scale,
 *
 * a program with one row an output: prices are not negative, so its slacks are a dual feasible start. */
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/allocate/dea.h"

#include <math.h>

typedef struct job {
    double *efficiency, *best;
    const agl_tech *tech;
    const agl_dea_units *units;
    const agl_cmat *prices;
    agl_lp *lp;
    double **cost; /* of the frame columns, one array a worker */
} job;

static void program(agl_lp *lp, const job *j, const agl_dea_point *p, const double *w, double *cost) {
    const agl_tech *t = j->tech;
    for (size_t k = 0; k < t->f; k++)
        cost[k] = 0;
    for (size_t i = 0; i < t->m; i++)
        for (size_t k = 0; k < t->f; k++)
            cost[k] -= w[i] / t->scale[i] * t->block[i * t->capacity + k];
    lp->rows = lp->block_rows = t->rows - t->m;
    lp->n = t->f, lp->stride = t->capacity, lp->skip = SIZE_MAX;
    lp->block = t->block + t->m * t->capacity, lp->block_cost = cost;
    lp->locals = lp->rows;
    lp->n_active = 0;
    for (size_t r = 0; r < lp->rows; r++) {
        bool output = r < t->s;
        for (size_t k = 0; k < lp->rows; k++)
            lp->local[r][k] = 0;
        lp->local[r][r] = output || t->rts == AGL_NDRS ? -1 : 1;
        lp->local_cost[r] = 0;
        lp->barred[r] = !output && t->rts == AGL_VRS;
        lp->rhs[r] = output ? p->z[t->m + r] : 1;
        lp->basis[r] = -1 - (agl_lp_column)r;
    }
}

static agl_status one_unit(const job *j, size_t o, agl_lp *lp, double *cost, agl_error *err) {
    const agl_tech *t = j->tech;
    const double *w = j->prices->data + o * j->prices->stride,
                 *x = j->units->inputs.data + o * j->units->inputs.stride;
    double actual = 0, least = 0;
    j->efficiency[o] = NAN;
    for (size_t i = 0; i < t->m; i++) {
        actual += w[i] * x[i];
        if (j->best) j->best[o * t->m + i] = NAN;
    }
    if (!(actual > 0)) return AGL_OK;
    agl_dea_point p = agl__dea_unit(t, o);
    program(lp, j, &p, w, cost);
    agl_lp_end end = agl__lp_sift(lp);
    if (end == AGL__LP_STALLED) {
        program(lp, j, &p, w, cost);
        lp->bland = true;
        end = agl__lp_sift(lp);
        lp->bland = false;
    }
    if (end != AGL__LP_OPTIMAL)
        return agl_fail(err, AGL_ECONV, "the least cost of a unit could not be determined");
    for (size_t i = 0; i < t->m; i++) {
        double need = 0;
        for (size_t b = 0; b < lp->rows; b++)
            if (lp->basis[b] >= 0) need -= lp->x[b] * t->block[i * t->capacity + (size_t)lp->basis[b]];
        need *= p.size / t->scale[i];
        least += w[i] * need;
        if (j->best) j->best[o * t->m + i] = need;
    }
    j->efficiency[o] = agl__dea_snap(least / actual);
    return AGL_OK;
}

static agl_status task(void *arg, size_t k, int worker, agl_error *err) {
    job *j = arg;
    size_t end = (k + 1) * AGL__DEA_CHUNK < j->tech->n ? (k + 1) * AGL__DEA_CHUNK : j->tech->n;
    agl_status status = agl__lp_reserve(&j->lp[worker], j->tech->f, err);
    if (status == AGL_OK && !j->cost[worker] && !(j->cost[worker] = AGL_NEW(double, j->tech->f)))
        status = agl_fail_memory(err);
    for (size_t o = k * AGL__DEA_CHUNK; status == AGL_OK && o < end; o++)
        status = one_unit(j, o, &j->lp[worker], j->cost[worker], err);
    return status;
}

/** Missing prices are allowed, negative ones are not. */
static agl_status check(const agl_dea_units *units, const agl_cmat *prices, agl_rts rts, agl_error *err) {
    if (rts == AGL_FDH) return agl_fail(err, AGL_EUSAGE, "cost efficiency needs a convex technology");
    agl_status status = agl__dea_check(units, err);
    if (status != AGL_OK) return status;
    if (prices->rows != units->inputs.rows || prices->cols != units->inputs.cols)
        return agl_fail(err, AGL_EDATA, "prices are %zu x %zu, inputs %zu x %zu", prices->rows, prices->cols,
                        units->inputs.rows, units->inputs.cols);
    for (size_t o = 0; o < prices->rows; o++)
        for (size_t i = 0; i < prices->cols; i++) {
            double w = prices->data[o * prices->stride + i];
            if (w < 0 || isinf(w))
                return agl_fail(err, AGL_EDATA, "unit %zu: price %zu is %g", o + 1, i + 1, w);
        }
    return AGL_OK;
}

agl_status agl_dea_cost(double *efficiency, double *best_inputs, const agl_dea_units *units,
                        const agl_cmat *prices, agl_rts rts, const agl_ctx *ctx, agl_error *err) {
    agl_status status = check(units, prices, rts, err);
    if (status != AGL_OK) return status;
    size_t threads = (size_t)agl_threads(ctx);
    agl_tech tech;
    job j = {.efficiency = efficiency,
             .best = best_inputs,
             .tech = &tech,
             .units = units,
             .prices = prices,
             .lp = AGL_NEW(agl_lp, threads),
             .cost = AGL_NEW(double *, threads)};
    status = agl__tech_make(&tech, units, rts, ctx, err);
    if (status == AGL_OK && !(j.lp && j.cost)) status = agl_fail_memory(err);
    if (status == AGL_OK)
        status = agl__parallel((tech.n + AGL__DEA_CHUNK - 1) / AGL__DEA_CHUNK, task, &j, "cost efficiency",
                               ctx, err);
    for (size_t w = 0; w < threads; w++) {
        if (j.lp) agl__lp_free(&j.lp[w]);
        if (j.cost) free(j.cost[w]);
    }
    free(j.lp);
    free(j.cost);
    agl__tech_free(&tech);
    return status;
}

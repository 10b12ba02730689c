#include "agglo/efficiency.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/allocate/dea.h"

#include <math.h>

typedef struct job {
    agl_dea *out;
    const agl_tech *tech;
    const agl_dea_units *units;
    bool own; /* the units are their own reference */
    agl_orientation orientation;
    agl_lp *lp; /* one a worker */
    uint8_t **closed;
} job;

/** Second stage: among all solutions with this score the one with the largest sum of slacks, in units of the
 * data. Columns with a reduced cost above zero are closed, so the score stays what it is. */
static agl_status maximise_slacks(agl_lp *lp, const job *j, uint8_t *closed, agl_error *err) {
    const agl_tech *t = j->tech;
    agl__lp_close(closed, lp);
    for (size_t r = 0; r < t->m + t->s; r++)
        lp->local_cost[r] = -1 / t->scale[r];
    lp->local_cost[t->rows] = 0;
    lp->closed = closed;
    agl_lp_end end = agl__lp_primal(lp);
    if (end == AGL__LP_STALLED) {
        lp->bland = true;
        end = agl__lp_primal(lp);
        lp->bland = false;
    }
    lp->closed = NULL;
    if (end == AGL__LP_OPTIMAL) return AGL_OK;
    return agl_fail(err, AGL_ECONV, "the slacks of a unit could not be determined");
}

static void put_weights(const job *j, size_t o, const agl_lp *lp, const agl_dea_point *p, double t) {
    const agl_tech *tech = j->tech;
    double norm = (j->orientation == AGL_OUTPUT ? 1 / t : 1) / p->size;
    for (size_t r = 0; r < tech->m + tech->s; r++) {
        double *to = r < tech->m ? j->out->weight_in : j->out->weight_out;
        size_t at = r < tech->m ? o * tech->m + r : o * tech->s + r - tech->m;
        double price = lp->y[r] * norm * tech->scale[r];
        if (to) to[at] = price > 0 ? price : 0;
    }
}

/** Slacks and weights of the solution, brought from the scaled program to the unit's own size. */
static void put_solution(const job *j, size_t o, const agl_lp *lp, const agl_dea_point *p, double t) {
    const agl_tech *tech = j->tech;
    double size = p->size / (j->orientation == AGL_OUTPUT ? t : 1);
    size_t width = tech->m + tech->s + 1, peers = 0;
    for (size_t i = 0; i < tech->rows; i++) {
        agl_lp_column c = lp->basis[i];
        double x = lp->x[i] > 0 ? lp->x[i] * size : 0;
        size_t slack = (size_t)(-1 - c);
        if (c >= 0) {
            double lambda = x / tech->size[tech->member[c]];
            if (!(lp->x[i] > 1e-12) || !j->out->peer) continue;
            j->out->peer[o * width + peers] = tech->member[c];
            if (j->out->lambda) j->out->lambda[o * width + peers] = lambda;
            peers++;
        } else if (slack < tech->m + tech->s) {
            double *to = slack < tech->m ? j->out->slack_in : j->out->slack_out;
            size_t at = slack < tech->m ? o * tech->m + slack : o * tech->s + slack - tech->m;
            /* Against the unit's own value: what is left over by rounding is no slack. */
            if (to) to[at] = lp->x[i] > 1e-11 * (p->z[slack] + 1e-300) ? x / tech->scale[slack] : 0;
        }
    }
}

static void put_nothing(const job *j, size_t o) {
    size_t m = j->tech->m, s = j->tech->s, width = m + s + 1;
    for (size_t k = 0; k < width; k++) {
        if (j->out->peer) j->out->peer[o * width + k] = -1;
        if (j->out->lambda) j->out->lambda[o * width + k] = NAN;
    }
    double *of_inputs[] = {j->out->slack_in, j->out->weight_in},
           *of_outputs[] = {j->out->slack_out, j->out->weight_out};
    for (int a = 0; a < 2; a++) {
        for (size_t i = 0; of_inputs[a] && i < m; i++)
            of_inputs[a][o * m + i] = NAN;
        for (size_t r = 0; of_outputs[a] && r < s; r++)
            of_outputs[a][o * s + r] = NAN;
    }
}

static agl_status one_unit(job *j, size_t o, agl_lp *lp, uint8_t *closed, agl_error *err) {
    const agl_tech *tech = j->tech;
    const agl_cmat *x = &j->units->inputs, *y = &j->units->outputs;
    agl_dea_point p = agl__dea_point(tech, x->data + o * x->stride, y->data + o * y->stride);
    double t;
    agl_status status = agl__dea_solve(&t, lp, tech, &p, j->orientation, SIZE_MAX, err);
    if (status != AGL_OK) return status;
    if (j->own) t = agl__dea_snap(t);
    if (j->out->score) j->out->score[o] = j->orientation == AGL_OUTPUT ? 1 / t : t;
    put_nothing(j, o);
    if (isnan(t)) return AGL_OK;
    if (j->out->weight_in || j->out->weight_out) put_weights(j, o, lp, &p, t);
    if (!j->out->peer && !j->out->slack_in && !j->out->slack_out) return AGL_OK;
    status = maximise_slacks(lp, j, closed, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; j->out->slack_in && i < tech->m; i++)
        j->out->slack_in[o * tech->m + i] = 0;
    for (size_t r = 0; j->out->slack_out && r < tech->s; r++)
        j->out->slack_out[o * tech->s + r] = 0;
    put_solution(j, o, lp, &p, t);
    return AGL_OK;
}

static agl_status task(void *arg, size_t k, int worker, agl_error *err) {
    job *j = arg;
    agl_lp *lp = &j->lp[worker];
    size_t n = j->units->inputs.rows, end = (k + 1) * AGL__DEA_CHUNK < n ? (k + 1) * AGL__DEA_CHUNK : n;
    agl_status status = agl__lp_reserve(lp, j->tech->f, err);
    if (status == AGL_OK && !j->closed[worker] &&
        !(j->closed[worker] = AGL_NEW(uint8_t, j->tech->f + AGL__LP_LOCALS)))
        status = agl_fail_memory(err);
    lp->ready = false;
    for (size_t o = k * AGL__DEA_CHUNK; status == AGL_OK && o < end; o++)
        status = one_unit(j, o, lp, j->closed[worker], err);
    return status;
}

static agl_status solve_all(job *j, const agl_ctx *ctx, agl_error *err) {
    size_t threads = (size_t)agl_threads(ctx), n = j->units->inputs.rows;
    j->lp = AGL_NEW(agl_lp, threads);
    j->closed = AGL_NEW(uint8_t *, threads);
    agl_status status = j->lp && j->closed ? agl__parallel((n + AGL__DEA_CHUNK - 1) / AGL__DEA_CHUNK, task, j,
                                                           "efficiency", ctx, err)
                                           : agl_fail_memory(err);
    for (size_t w = 0; w < threads; w++) {
        if (j->lp) agl__lp_free(&j->lp[w]);
        if (j->closed) free(j->closed[w]);
    }
    free(j->lp);
    free(j->closed);
    return status;
}

agl_status agl_dea_radial(agl_dea *out, const agl_dea_units *units, const agl_dea_units *reference,
                          const agl_dea_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_dea_options o = AGL_DEA_OPTIONS_INIT;
    if (options) o = *options;
    if (o.orientation == AGL_BOTH)
        return agl_fail(err, AGL_EUSAGE, "radial efficiency is oriented to inputs or to outputs");
    agl_status status = agl__dea_check(units, err);
    if (status == AGL_OK && reference) status = agl__dea_check(reference, err);
    if (status != AGL_OK) return status;
    if (reference &&
        (reference->inputs.cols != units->inputs.cols || reference->outputs.cols != units->outputs.cols))
        return agl_fail(err, AGL_EDATA, "the reference units have other inputs or outputs than the units");
    if (o.rts == AGL_FDH) return agl__fdh(out, units, reference, o.orientation, ctx, err);
    agl_tech tech;
    status = agl__tech_make(&tech, reference ? reference : units, o.rts, ctx, err);
    job j = {.out = out, .tech = &tech, .units = units, .own = !reference, .orientation = o.orientation};
    if (status == AGL_OK) status = solve_all(&j, ctx, err);
    agl__tech_free(&tech);
    return status;
}

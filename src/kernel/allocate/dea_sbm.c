/* Slacks-based measure (Tone 2001, European Journal of Operational Research 130), made linear by Charnes and
 * Cooper's t:
 *
 *     min  t - 1/m sum S-_i / x_io
 *     t + 1/s sum S+_r / y_ro = 1,   t x_o = X L + S-,   t y_o = Y L - S+,   sum L = t (VRS),   L, S-, S+, t
 * >= 0
 *
 * The unit itself (L_o = t = 1) is a feasible start, so the primal simplex needs no first phase. */
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/allocate/dea.h"

#include <math.h>

typedef struct job {
    double *score;
    const agl_tech *tech;
    agl_orientation orientation;
    agl_lp *lp;
} job;

/** Local columns: slacks 0..m+s-1, then t, then the unit itself. */
static void local_columns(agl_lp *lp, const job *j, size_t o, const agl_dea_point *p) {
    const agl_tech *t = j->tech;
    size_t mixed = t->m + t->s, norm = t->rows, score = mixed, own = mixed + 1;
    lp->locals = mixed + 2;
    for (size_t k = 0; k < lp->locals; k++) {
        bool input = k < t->m, output = k >= t->m && k < mixed;
        lp->barred[k] = false;
        lp->local_cost[k] = k == score ? 1 : 0;
        if (input && j->orientation != AGL_OUTPUT) lp->local_cost[k] = -1 / ((double)t->m * p->z[k]);
        for (size_t r = 0; r < norm; r++) {
            double z = r < t->m ? p->z[r] : r < mixed ? -p->z[r] : -1;
            lp->local[r][k] = k == score ? z : k == own ? t->point[r * t->n + o] : r == k ? -1 : 0;
        }
        lp->local[norm][k] = k == score ? 1 : 0;
        if (output && j->orientation != AGL_INPUT) lp->local[norm][k] = 1 / ((double)t->s * p->z[k]);
    }
}

static void program(agl_lp *lp, const job *j, size_t o, const agl_dea_point *p) {
    const agl_tech *t = j->tech;
    size_t mixed = t->m + t->s, norm = t->rows, score = mixed, own = mixed + 1, largest = 0;
    agl__dea_frame_program(lp, t);
    lp->rows = norm + 1;
    lp->skip = SIZE_MAX;
    local_columns(lp, j, o, p);
    for (size_t r = 0; r < norm; r++) {
        lp->rhs[r] = 0;
        lp->basis[r] = -1 - (agl_lp_column)r;
        if (r < mixed && p->z[r] > p->z[largest]) largest = r;
    }
    lp->rhs[norm] = 1;
    lp->basis[norm] = -1 - (agl_lp_column)score;
    /* The unit takes the row of the sum of weights, which has no slack, or in its absence one that it fills
     * well. */
    lp->basis[norm > mixed ? mixed : largest] = -1 - (agl_lp_column)own;
}

static agl_status one_unit(const job *j, size_t o, agl_lp *lp, agl_error *err) {
    const agl_tech *t = j->tech;
    agl_dea_point p = agl__dea_unit(t, o);
    j->score[o] = NAN;
    for (size_t k = 0; k < t->m + t->s; k++)
        if (p.z[k] == 0) return AGL_OK;
    program(lp, j, o, &p);
    agl_lp_end end = agl__lp_primal(lp);
    if (end == AGL__LP_STALLED) {
        program(lp, j, o, &p);
        lp->bland = true;
        end = agl__lp_primal(lp);
        lp->bland = false;
    }
    if (end != AGL__LP_OPTIMAL)
        return agl_fail(err, AGL_ECONV, "the slacks-based measure of a unit could not be determined");
    double rho = 0;
    for (size_t i = 0; i < lp->rows; i++)
        rho += agl__lp_cost(lp, lp->basis[i]) * lp->x[i];
    j->score[o] = agl__dea_snap(rho);
    return AGL_OK;
}

static agl_status task(void *arg, size_t k, int worker, agl_error *err) {
    job *j = arg;
    size_t end = (k + 1) * AGL__DEA_CHUNK < j->tech->n ? (k + 1) * AGL__DEA_CHUNK : j->tech->n;
    agl_status status = agl__lp_reserve(&j->lp[worker], j->tech->f, err);
    for (size_t o = k * AGL__DEA_CHUNK; status == AGL_OK && o < end; o++)
        status = one_unit(j, o, &j->lp[worker], err);
    return status;
}

agl_status agl_dea_sbm(double *score, const agl_dea_units *units, const agl_dea_options *options,
                       const agl_ctx *ctx, agl_error *err) {
    agl_dea_options o = AGL_DEA_OPTIONS_INIT;
    if (options) o = *options;
    if (o.rts != AGL_CRS && o.rts != AGL_VRS)
        return agl_fail(err, AGL_EUSAGE,
                        "the slacks-based measure is for constant or variable returns to scale");
    agl_status status = agl__dea_check(units, err);
    if (status != AGL_OK) return status;
    size_t threads = (size_t)agl_threads(ctx);
    agl_tech tech;
    job j = {.score = score, .tech = &tech, .orientation = o.orientation, .lp = AGL_NEW(agl_lp, threads)};
    status = agl__tech_make(&tech, units, o.rts, ctx, err);
    if (status == AGL_OK && !j.lp) status = agl_fail_memory(err);
    if (status == AGL_OK)
        status = agl__parallel((tech.n + AGL__DEA_CHUNK - 1) / AGL__DEA_CHUNK, task, &j,
                               "slacks-based measure", ctx, err);
    for (size_t w = 0; j.lp && w < threads; w++)
        agl__lp_free(&j.lp[w]);
    free(j.lp);
    agl__tech_free(&tech);
    return status;
}

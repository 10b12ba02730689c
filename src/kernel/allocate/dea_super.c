/* Super-efficiency (Andersen and Petersen 1993, Management Science 39(10)). Without unit o the frame may lack
 * units that o hid, so the program starts with the frame and generates what else it needs from all units. */
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/allocate/dea.h"

#include <math.h>

enum { ROUNDS = 1000 };

typedef struct job {
    double *score;
    const agl_tech *tech;
    agl_orientation orientation;
    agl_lp *lp;
    double **scratch;
} job;

/** Makes room among the local columns: generated ones that are not basic go. */
static void compact(agl_lp *lp, const agl_tech *t) {
    size_t first = t->rows + 1, kept = first;
    for (size_t k = first; k < lp->locals; k++) {
        size_t at = SIZE_MAX;
        for (size_t i = 0; i < lp->rows; i++)
            if (lp->basis[i] == -1 - (agl_lp_column)k) at = i;
        if (at == SIZE_MAX) continue;
        for (size_t r = 0; r < lp->rows; r++)
            lp->local[r][kept] = lp->local[r][k];
        lp->basis[at] = -1 - (agl_lp_column)kept++;
    }
    lp->locals = kept;
}

static void add_column(agl_lp *lp, const agl_tech *t, size_t unit) {
    if (lp->locals == AGL__LP_LOCALS) compact(lp, t);
    size_t k = lp->locals++;
    for (size_t r = 0; r < t->rows; r++)
        lp->local[r][k] = t->point[r * t->n + unit];
    lp->local_cost[k] = 0;
    lp->barred[k] = false;
}

static agl_status one_unit(const job *j, size_t o, agl_lp *lp, double *scratch, agl_error *err) {
    const agl_tech *t = j->tech;
    agl_dea_point p = agl__dea_unit(t, o);
    double score;
    bool in_frame = t->place[o] >= 0;
    agl_status status =
        agl__dea_solve(&score, lp, t, &p, j->orientation, in_frame ? (size_t)t->place[o] : SIZE_MAX, err);
    if (status != AGL_OK) return status;
    agl_lp_end end = isnan(score) ? AGL__LP_INFEASIBLE : AGL__LP_OPTIMAL;
    size_t last = SIZE_MAX;
    for (int round = 0; in_frame && round < ROUNDS; round++) {
        double h[AGL__LP_ROWS];
        for (size_t r = 0; r < t->rows; r++)
            h[r] = end == AGL__LP_INFEASIBLE ? -lp->ray[r] : lp->y[r];
        size_t far = agl__tech_beyond(t, h, o, scratch);
        if (far == SIZE_MAX || far == last)
            break; /* all units lie on this side: the solution holds against all */
        add_column(lp, t, far);
        last = far;
        end = end == AGL__LP_OPTIMAL ? agl__lp_primal(lp) : agl__lp_dual(lp);
        if (end != AGL__LP_OPTIMAL && end != AGL__LP_INFEASIBLE)
            return agl_fail(err, AGL_ECONV, "the super-efficiency of a unit could not be determined");
    }
    if (in_frame) lp->ready = false;
    double value = end == AGL__LP_OPTIMAL ? agl__lp_value(lp, agl__dea_score_column(t)) : NAN;
    j->score[o] = j->orientation == AGL_OUTPUT ? 1 / value : value;
    return AGL_OK;
}

static agl_status task(void *arg, size_t k, int worker, agl_error *err) {
    job *j = arg;
    agl_lp *lp = &j->lp[worker];
    size_t n = j->tech->n, end = (k + 1) * AGL__DEA_CHUNK < n ? (k + 1) * AGL__DEA_CHUNK : n;
    agl_status status = agl__lp_reserve(lp, j->tech->f, err);
    if (status == AGL_OK && !j->scratch[worker] && !(j->scratch[worker] = AGL_NEW(double, n)))
        status = agl_fail_memory(err);
    lp->ready = false;
    for (size_t o = k * AGL__DEA_CHUNK; status == AGL_OK && o < end; o++)
        status = one_unit(j, o, lp, j->scratch[worker], err);
    return status;
}

static agl_status solve_all(job *j, const agl_ctx *ctx, agl_error *err) {
    size_t threads = (size_t)agl_threads(ctx), tasks = (j->tech->n + AGL__DEA_CHUNK - 1) / AGL__DEA_CHUNK;
    j->lp = AGL_NEW(agl_lp, threads);
    j->scratch = AGL_NEW(double *, threads);
    agl_status status = j->lp && j->scratch ? agl__parallel(tasks, task, j, "super-efficiency", ctx, err)
                                            : agl_fail_memory(err);
    for (size_t w = 0; w < threads; w++) {
        if (j->lp) agl__lp_free(&j->lp[w]);
        if (j->scratch) free(j->scratch[w]);
    }
    free(j->lp);
    free(j->scratch);
    return status;
}

agl_status agl_dea_super(double *score, const agl_dea_units *units, const agl_dea_options *options,
                         const agl_ctx *ctx, agl_error *err) {
    agl_dea_options o = AGL_DEA_OPTIONS_INIT;
    if (options) o = *options;
    if (o.rts == AGL_FDH || o.orientation == AGL_BOTH)
        return agl_fail(err, AGL_EUSAGE, "super-efficiency needs a convex technology and one orientation");
    agl_status status = agl__dea_check(units, err);
    if (status != AGL_OK) return status;
    agl_tech tech;
    status = agl__tech_make(&tech, units, o.rts, ctx, err);
    job j = {.score = score, .tech = &tech, .orientation = o.orientation};
    if (status == AGL_OK) status = solve_all(&j, ctx, err);
    agl__tech_free(&tech);
    return status;
}

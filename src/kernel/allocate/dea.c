#include "kernel/allocate/dea.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"

#include <math.h>
#include <string.h>

/* ---- checks and scaling
 * ------------------------------------------------------------------------------------------- */

static agl_status check_part(const agl_cmat *part, const char *what, agl_error *err) {
    if (part->cols < 1 || part->cols > AGL_DEA_MOST)
        return agl_fail(err, AGL_EDATA, "%zu %ss: between 1 and %d are possible", part->cols, what,
                        AGL_DEA_MOST);
    for (size_t j = 0; j < part->rows; j++) {
        double top = 0;
        for (size_t k = 0; k < part->cols; k++) {
            double v = part->data[j * part->stride + k];
            if (!(v >= 0 && v < INFINITY))
                return agl_fail(err, AGL_EDATA, "unit %zu: %s %zu is %g; it must be zero or above", j + 1,
                                what, k + 1, v);
            top = v > top ? v : top;
        }
        if (top == 0) return agl_fail(err, AGL_EDATA, "unit %zu has no %s above zero", j + 1, what);
    }
    return AGL_OK;
}

agl_status agl__dea_check(const agl_dea_units *units, agl_error *err) {
    if (units->inputs.rows != units->outputs.rows || units->inputs.rows == 0)
        return agl_fail(err, AGL_EDATA, "%zu units with inputs and %zu with outputs", units->inputs.rows,
                        units->outputs.rows);
    if (units->inputs.rows > INT32_MAX / 2) return agl_fail(err, AGL_EDATA, "more than a billion units");
    agl_status status = check_part(&units->inputs, "input", err);
    return status == AGL_OK ? check_part(&units->outputs, "output", err) : status;
}

/** 1 / mean of a column, 1 when it is zero throughout. */
static double scale_of(const agl_cmat *part, size_t k) {
    agl_sum sum = {0, 0};
    for (size_t j = 0; j < part->rows; j++)
        agl__sum_add(&sum, part->data[j * part->stride + k]);
    double mean = agl__sum_value(&sum) / (double)part->rows;
    return mean > 0 ? 1 / mean : 1;
}

agl_dea_point agl__dea_point(const agl_tech *t, const double *inputs, const double *outputs) {
    agl_dea_point p = {.size = 1};
    for (size_t i = 0; i < t->m; i++)
        p.z[i] = inputs[i] * t->scale[i];
    for (size_t r = 0; r < t->s; r++)
        p.z[t->m + r] = outputs[r] * t->scale[t->m + r];
    if (t->rts != AGL_CRS) return p;
    p.size = 0;
    for (size_t i = 0; i < t->m; i++)
        p.size += p.z[i];
    for (size_t k = 0; k < t->m + t->s; k++)
        p.z[k] /= p.size;
    return p;
}

agl_dea_point agl__dea_unit(const agl_tech *t, size_t unit) {
    agl_dea_point p = {.size = t->size[unit]};
    for (size_t k = 0; k < t->m + t->s; k++)
        p.z[k] = fabs(t->point[k * t->n + unit]);
    return p;
}

static agl_status scale_units(agl_tech *t, const agl_dea_units *units, agl_error *err) {
    t->point = AGL_NEW(double, t->rows * t->n);
    t->size = AGL_NEW(double, t->n);
    t->place = AGL_NEW(int32_t, t->n);
    if (!t->point || !t->size || !t->place) return agl_fail_memory(err);
    for (size_t k = 0; k < t->m + t->s; k++)
        t->scale[k] = k < t->m ? scale_of(&units->inputs, k) : scale_of(&units->outputs, k - t->m);
    for (size_t j = 0; j < t->n; j++) {
        agl_dea_point p = agl__dea_point(t, units->inputs.data + j * units->inputs.stride,
                                         units->outputs.data + j * units->outputs.stride);
        for (size_t k = 0; k < t->m + t->s; k++)
            t->point[k * t->n + j] = k < t->m ? -p.z[k] : p.z[k];
        if (t->rows > t->m + t->s) t->point[(t->rows - 1) * t->n + j] = 1;
        t->size[j] = p.size;
        t->place[j] = -1;
    }
    return AGL_OK;
}

/* ---- the frame
 * ---------------------------------------------------------------------------------------------------- */

static agl_status frame_add(agl_tech *t, size_t unit, agl_error *err) {
    if (t->place[unit] >= 0) return AGL_OK;
    if (t->f == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 64;
        double *block = AGL_NEW(double, t->rows *capacity);
        int32_t *member = AGL_NEW(int32_t, capacity);
        if (!block || !member) {
            free(block);
            free(member);
            return agl_fail_memory(err);
        }
        for (size_t r = 0; r < t->rows && t->f > 0; r++)
            memcpy(block + r * capacity, t->block + r * t->capacity, t->f * sizeof *block);
        if (t->f > 0) memcpy(member, t->member, t->f * sizeof *member);
        free(t->block);
        free(t->member);
        t->block = block, t->member = member, t->capacity = capacity;
    }
    for (size_t r = 0; r < t->rows; r++)
        t->block[r * t->capacity + t->f] = t->point[r * t->n + unit];
    t->member[t->f] = (int32_t)unit;
    t->place[unit] = (int32_t)t->f++;
    return AGL_OK;
}

size_t agl__tech_beyond(const agl_tech *t, const double *h, size_t except, double *scratch) {
    double size = 0;
    memset(scratch, 0, t->n * sizeof *scratch);
    for (size_t r = 0; r < t->rows; r++) {
        const double *row = t->point + r * t->n;
        double a = h[r];
        size = fmax(size, fabs(a));
        for (size_t j = 0; a != 0 && j < t->n; j++)
            scratch[j] += a * row[j];
    }
    size_t best = SIZE_MAX;
    double top = 1e-12 * size;
    for (size_t j = 0; j < t->n; j++)
        if (scratch[j] > top && j != except) top = scratch[j], best = j;
    return best;
}

enum { PROBE = 32, FIRST_BATCH = 32, LAST_BATCH = 4096 };

/** Probes whether units lie in the technology of the frame so far; for each that does not, `found` names one
 * that must be added. */
typedef struct probe {
    const agl_tech *tech;
    const int32_t *unit;
    size_t n;
    int32_t *found; /* n: -1 = inside */
    agl_lp *lp;     /* one a worker */
    double **scratch;
} probe;

static agl_status probe_unit(probe *p, size_t k, agl_lp *lp, double *scratch, agl_error *err) {
    const agl_tech *t = p->tech;
    size_t unit = (size_t)p->unit[k];
    agl_dea_point point = agl__dea_unit(t, unit);
    double score = NAN, h[AGL__LP_ROWS];
    agl_status status = agl__dea_solve(&score, lp, t, &point, AGL_INPUT, SIZE_MAX, err);
    p->found[k] = -1;
    if (status != AGL_OK || score < 1 - 1e-11) return status;
    p->found[k] = (int32_t)unit; /* on the frontier, within rounding: best its own reference */
    if (score < 1 + 1e-11) return AGL_OK;
    /* The prices of the rows, or the ray that proves infeasibility, are a hyperplane with the frame on one
     * side and the unit on the other. The unit farthest beyond it is efficient. */
    for (size_t r = 0; r < t->rows; r++)
        h[r] = isnan(score) ? -lp->ray[r] : lp->y[r];
    size_t far = agl__tech_beyond(t, h, SIZE_MAX, scratch);
    p->found[k] = (int32_t)(far == SIZE_MAX || t->place[far] >= 0 ? unit : far);
    return AGL_OK;
}

static agl_status probe_task(void *arg, size_t task, int worker, agl_error *err) {
    probe *p = arg;
    agl_lp *lp = &p->lp[worker];
    size_t end = (task + 1) * PROBE < p->n ? (task + 1) * PROBE : p->n;
    agl_status status = agl__lp_reserve(lp, p->tech->f, err);
    if (status == AGL_OK && !p->scratch[worker] && !(p->scratch[worker] = AGL_NEW(double, p->tech->n)))
        status = agl_fail_memory(err);
    lp->ready = false; /* no basis to start from: results depend on the task, never on the thread */
    for (size_t k = task * PROBE; status == AGL_OK && k < end; k++)
        status = probe_unit(p, k, lp, p->scratch[worker], err);
    return status;
}

/** Adds what the probes found; keeps the units that were outside for the next round. */
static agl_status take_found(agl_tech *t, int32_t *unit, size_t *n, const int32_t *found, agl_error *err) {
    size_t kept = 0;
    for (size_t k = 0; k < *n; k++) {
        if (found[k] < 0) continue;
        agl_status status = frame_add(t, (size_t)found[k], err);
        if (status != AGL_OK) return status;
        if (t->place[unit[k]] < 0) unit[kept++] = unit[k];
    }
    *n = kept;
    return AGL_OK;
}

/** Batches grow, so that the frame is nearly complete before most units are probed. */
static agl_status build_frame(agl_tech *t, probe *p, int32_t *unit, const agl_ctx *ctx, agl_error *err) {
    size_t batch = FIRST_BATCH;
    for (size_t start = 0; start < t->n;
         start += batch, batch = 2 * batch < LAST_BATCH ? 2 * batch : LAST_BATCH) {
        size_t n = 0;
        for (size_t j = start; j < start + batch && j < t->n; j++)
            if (t->place[j] < 0) unit[n++] = (int32_t)j;
        while (n > 0) {
            p->unit = unit, p->n = n;
            agl_status status = agl__parallel((n + PROBE - 1) / PROBE, probe_task, p, NULL, ctx, err);
            if (status == AGL_OK) status = take_found(t, unit, &n, p->found, err);
            if (status != AGL_OK) return status;
        }
    }
    return AGL_OK;
}

static agl_status find_frame(agl_tech *t, const agl_ctx *ctx, agl_error *err) {
    size_t threads = (size_t)agl_threads(ctx);
    int32_t *unit = AGL_NEW(int32_t, LAST_BATCH);
    probe p = {.tech = t,
               .found = AGL_NEW(int32_t, LAST_BATCH),
               .lp = AGL_NEW(agl_lp, threads),
               .scratch = AGL_NEW(double *, threads)};
    agl_status status =
        unit && p.found && p.lp && p.scratch ? build_frame(t, &p, unit, ctx, err) : agl_fail_memory(err);
    for (size_t w = 0; w < threads; w++) {
        if (p.lp) agl__lp_free(&p.lp[w]);
        if (p.scratch) free(p.scratch[w]);
    }
    free(unit);
    free(p.found);
    free(p.lp);
    free(p.scratch);
    return status;
}

agl_status agl__tech_make(agl_tech *tech, const agl_dea_units *units, agl_rts rts, const agl_ctx *ctx,
                          agl_error *err) {
    size_t m = units->inputs.cols, s = units->outputs.cols;
    *tech = (agl_tech){.n = units->inputs.rows, .m = m, .s = s, .rows = m + s + (rts != AGL_CRS), .rts = rts};
    agl_status status = scale_units(tech, units, err);
    return status == AGL_OK ? find_frame(tech, ctx, err) : status;
}

void agl__tech_free(agl_tech *tech) {
    free(tech->point);
    free(tech->size);
    free(tech->place);
    free(tech->member);
    free(tech->block);
    *tech = (agl_tech){0};
}

/* ---- the program of one unit
 * -------------------------------------------------------------------------------------- */

void agl__dea_frame_program(agl_lp *lp, const agl_tech *t) {
    size_t mixed = t->m + t->s;
    lp->rows = lp->block_rows = t->rows;
    lp->n = t->f, lp->stride = t->capacity;
    lp->block = t->block, lp->block_cost = NULL;
    lp->closed = NULL;
    lp->locals = t->rows;
    for (size_t r = 0; r < t->rows; r++) {
        for (size_t k = 0; k < t->rows; k++)
            lp->local[r][k] = 0;
        /* rows  -X lambda + .. - slack = 0,  Y lambda - slack = y,  sum lambda (+-) slack */
        lp->local[r][r] = r < mixed || t->rts == AGL_NDRS ? -1 : 1;
        lp->local_cost[r] = 0;
        lp->barred[r] = r >= mixed && t->rts == AGL_VRS; /* an equation: its slack is an artificial */
    }
}

/** min t:  t x_o - X l >= 0,  Y l >= y_o,  sum l - k t (=, <=, >=) 1 - k   with k = 0 for the input and 1 for
 * the output orientation. The second is the output program in mu = lambda / phi, t = 1 / phi: both have costs
 * >= 0, so the slacks are a dual feasible basis, and so is the last unit's basis, as its prices are a
 * hyperplane above all units whichever unit asks. */
static void radial_program(agl_lp *lp, const agl_tech *t, const agl_dea_point *p,
                           agl_orientation orientation) {
    size_t score = t->rows;
    agl__dea_frame_program(lp, t);
    lp->locals = score + 1;
    lp->local_cost[score] = 1;
    lp->barred[score] = false;
    for (size_t r = 0; r < t->rows; r++) {
        bool input = r < t->m, output = !input && r < t->m + t->s, of_output = orientation == AGL_OUTPUT;
        lp->local[r][score] = input ? p->z[r] : output ? 0 : of_output ? -1 : 0;
        lp->rhs[r] = input ? 0 : output ? p->z[r] : of_output ? 0 : 1;
    }
}

static void cold(agl_lp *lp) {
    for (size_t r = 0; r < lp->rows; r++)
        lp->basis[r] = -1 - (agl_lp_column)r;
}

agl_status agl__dea_solve(double *t, agl_lp *lp, const agl_tech *tech, const agl_dea_point *point,
                          agl_orientation orientation, size_t skip, agl_error *err) {
    bool warm = lp->ready && skip == SIZE_MAX;
    radial_program(lp, tech, point, orientation);
    lp->skip = skip;
    if (!warm) {
        lp->n_active = 0;
        cold(lp);
    }
    agl_lp_end end = agl__lp_sift(lp);
    for (int retry = 0; retry < 2 && (end == AGL__LP_STALLED || (end == AGL__LP_INFEASIBLE && warm));
         retry++) {
        cold(lp); /* infeasible from a warm start is only believed when a cold one agrees */
        lp->bland = retry == 1;
        warm = false;
        end = agl__lp_sift(lp);
    }
    lp->bland = false;
    *t = NAN;
    if (end == AGL__LP_OPTIMAL) *t = agl__lp_value(lp, agl__dea_score_column(tech));
    lp->ready = end == AGL__LP_OPTIMAL;
    if (end == AGL__LP_OPTIMAL || end == AGL__LP_INFEASIBLE) return AGL_OK;
    return agl_fail(err, AGL_ECONV,
                    "a linear program of %zu rows and %zu columns did not come to an end; are inputs or "
                    "outputs of very different size?",
                    tech->rows, tech->f);
}

/* Free disposal hull: the reference is a single unit, so a scan replaces the program. */
#include "base/parallel.h"
#include "kernel/allocate/dea.h"

#include <math.h>

typedef struct job {
    agl_dea *out;
    const agl_dea_units *units, *reference;
    bool own;
    agl_orientation orientation;
} job;

/** Input: max_i x_ij / x_io when y_j >= y_o. Output: min_r y_rj / y_ro when x_j <= x_o. NaN when j is no
 * reference for o. */
static double ratio(const double *xj, const double *yj, const double *xo, const double *yo, size_t m,
                    size_t s, agl_orientation orientation) {
    bool input = orientation == AGL_INPUT;
    double worst = input ? 0 : INFINITY;
    for (size_t r = 0; r < s; r++) {
        if (input ? yj[r] < yo[r] : false) return NAN;
        if (!input && yo[r] > 0) worst = fmin(worst, yj[r] / yo[r]);
    }
    for (size_t i = 0; i < m; i++) {
        if (!input && xj[i] > xo[i]) return NAN;
        if (input && xj[i] > 0) worst = fmax(worst, xo[i] > 0 ? xj[i] / xo[i] : INFINITY);
    }
    return input && isinf(worst) ? NAN : worst;
}

static double slack_sum(double *in, double *out, const double *xj, const double *yj, const double *xo,
                        const double *yo, size_t m, size_t s, double score, agl_orientation orientation) {
    double sum = 0, by_x = orientation == AGL_INPUT ? score : 1, by_y = orientation == AGL_OUTPUT ? score : 1;
    for (size_t i = 0; i < m; i++) {
        double slack = by_x * xo[i] - xj[i];
        slack = slack > 1e-13 * xo[i] ? slack : 0;
        sum += slack;
        if (in) in[i] = slack;
    }
    for (size_t r = 0; r < s; r++) {
        double slack = yj[r] - by_y * yo[r];
        slack = slack > 1e-13 * yj[r] ? slack : 0;
        sum += slack;
        if (out) out[r] = slack;
    }
    return sum;
}

/** The reference unit with the best score; of equals the one with the largest slacks, as the second stage of
 * the programs would have it. SIZE_MAX when there is none. */
static size_t best_reference(double *score, const job *j, const double *xo, const double *yo) {
    const agl_cmat *rx = &j->reference->inputs, *ry = &j->reference->outputs;
    size_t best = SIZE_MAX;
    double slack = -1;
    *score = NAN;
    for (size_t k = 0; k < rx->rows; k++) {
        const double *xk = rx->data + k * rx->stride, *yk = ry->data + k * ry->stride;
        double v = ratio(xk, yk, xo, yo, rx->cols, ry->cols, j->orientation);
        if (isnan(v)) continue;
        bool better = best == SIZE_MAX || (j->orientation == AGL_INPUT ? v < *score : v > *score);
        if (!better && v != *score) continue;
        double sum = slack_sum(NULL, NULL, xk, yk, xo, yo, rx->cols, ry->cols, v, j->orientation);
        if (better || sum > slack) best = k, *score = v, slack = sum;
    }
    return best;
}

static void fill(double *array, size_t row, size_t width, double value) {
    for (size_t k = 0; array && k < width; k++)
        array[row * width + k] = value;
}

static void one_unit(const job *j, size_t o) {
    const agl_cmat *x = &j->units->inputs, *y = &j->units->outputs, *rx = &j->reference->inputs,
                   *ry = &j->reference->outputs;
    const double *xo = x->data + o * x->stride, *yo = y->data + o * y->stride;
    size_t m = x->cols, s = y->cols, width = m + s + 1;
    double score;
    size_t best = best_reference(&score, j, xo, yo);
    fill(j->out->slack_in, o, m, NAN);
    fill(j->out->slack_out, o, s, NAN);
    fill(j->out->weight_in, o, m, 0);
    fill(j->out->weight_out, o, s, 0);
    fill(j->out->lambda, o, width, NAN);
    for (size_t k = 0; j->out->peer && k < width; k++)
        j->out->peer[o * width + k] = -1;
    if (j->out->score) j->out->score[o] = j->own ? agl__dea_snap(score) : score;
    if (best == SIZE_MAX) return;
    if (j->out->peer) j->out->peer[o * width] = (int32_t)best;
    if (j->out->lambda) j->out->lambda[o * width] = 1;
    slack_sum(j->out->slack_in ? j->out->slack_in + o * m : NULL,
              j->out->slack_out ? j->out->slack_out + o * s : NULL, rx->data + best * rx->stride,
              ry->data + best * ry->stride, xo, yo, m, s, score, j->orientation);
}

static agl_status task(void *arg, size_t o, int worker, agl_error *err) {
    (void)worker, (void)err;
    one_unit(arg, o);
    return AGL_OK;
}

agl_status agl__fdh(agl_dea *out, const agl_dea_units *units, const agl_dea_units *reference,
                    agl_orientation orientation, const agl_ctx *ctx, agl_error *err) {
    job j = {.out = out,
             .units = units,
             .reference = reference ? reference : units,
             .own = !reference,
             .orientation = orientation};
    return agl__parallel(units->inputs.rows, task, &j, "free disposal hull", ctx, err);
}

#include "agglo/malmquist.h"
#include "base/mem.h"
#include "kernel/allocate/dea.h"

#include <math.h>
#include <string.h>

/* ---- pairs of rows
 * ---------------------------------------------------------------------------------------------------- */

static agl_status allocate(agl_malmquist *m, size_t n, agl_error *err) {
    double **of[] = {&m->e00, &m->e01, &m->e10, &m->e11,    &m->mi,   &m->ec,
                     &m->tc,  &m->pec, &m->sec, &m->tc_vrs, &m->scale};
    m->from = AGL_NEW(int32_t, n);
    m->to = AGL_NEW(int32_t, n);
    bool complete = m->from && m->to;
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        complete = (*of[k] = AGL_NEW(double, n)) && complete;
    return complete ? AGL_OK : agl_fail_memory(err);
}

void agl_malmquist_free(agl_malmquist *m) {
    double *of[] = {m->e00, m->e01, m->e10, m->e11, m->mi, m->ec, m->tc, m->pec, m->sec, m->tc_vrs, m->scale};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        free(of[k]);
    free(m->from);
    free(m->to);
    *m = (agl_malmquist){0};
}

/** at[unit * n_periods + period] = row, -1 = none. */
static agl_status lay_out(int32_t **at, const agl_dea_panel *p, agl_error *err) {
    size_t cells = p->n_units * p->n_periods;
    *at = AGL_NEW(int32_t, cells);
    if (!*at) return agl_fail_memory(err);
    for (size_t c = 0; c < cells; c++)
        (*at)[c] = -1;
    for (size_t k = 0; k < p->units.inputs.rows; k++) {
        if (p->unit[k] < 0 || (size_t)p->unit[k] >= p->n_units || p->period[k] < 0 ||
            (size_t)p->period[k] >= p->n_periods)
            return agl_fail(err, AGL_EDATA, "row %zu of the panel has a unit or period out of range", k + 1);
        int32_t *cell = &(*at)[(size_t)p->unit[k] * p->n_periods + (size_t)p->period[k]];
        if (*cell >= 0)
            return agl_fail(err, AGL_EDATA, "rows %d and %zu are the same unit and period", *cell + 1, k + 1);
        *cell = (int32_t)k;
    }
    return AGL_OK;
}

static agl_status find_pairs(agl_malmquist *m, const agl_dea_panel *p, bool bridge, agl_error *err) {
    int32_t *at = NULL;
    agl_status status = lay_out(&at, p, err);
    if (status == AGL_OK) status = allocate(m, p->units.inputs.rows, err);
    for (size_t u = 0; status == AGL_OK && u < p->n_units; u++) {
        int32_t before = -1;
        for (size_t t = 0; t < p->n_periods; t++) {
            int32_t row = at[u * p->n_periods + t];
            if (row >= 0 && before >= 0) {
                m->from[m->n] = before;
                m->to[m->n++] = row;
            }
            if (row >= 0 || !bridge) before = row;
        }
    }
    free(at);
    return status;
}

/* ---- efficiencies against the frontier of each period
 * ------------------------------------------------------------------ */

/** Room for one period: its own units, and the questions asked of its frontier. */
typedef struct desk {
    double *own_x, *own_y, *x, *y, *score;
    double **to; /* where each answer goes */
    size_t n_own, n;
} desk;

static void desk_free(desk *d) {
    free(d->own_x);
    free(d->own_y);
    free(d->x);
    free(d->y);
    free(d->score);
    free(d->to);
}

static agl_status desk_new(desk *d, const agl_dea_panel *p, size_t pairs, agl_error *err) {
    size_t rows = p->units.inputs.rows, m = p->units.inputs.cols, s = p->units.outputs.cols, most = 2 * pairs;
    *d = (desk){AGL_NEW(double, rows *m),
                AGL_NEW(double, rows *s),
                AGL_NEW(double, most *m),
                AGL_NEW(double, most *s),
                AGL_NEW(double, most),
                AGL_NEW(double *, most),
                0,
                0};
    return d->own_x && d->own_y && d->x && d->y && d->score && d->to ? AGL_OK : agl_fail_memory(err);
}

static void copy_row(double *x, double *y, size_t at, const agl_dea_panel *p, size_t row) {
    size_t m = p->units.inputs.cols, s = p->units.outputs.cols;
    memcpy(x + at * m, p->units.inputs.data + row * p->units.inputs.stride, m * sizeof *x);
    memcpy(y + at * s, p->units.outputs.data + row * p->units.outputs.stride, s * sizeof *y);
}

static void ask(desk *d, const agl_dea_panel *p, int32_t row, double *to) {
    copy_row(d->x, d->y, d->n, p, (size_t)row);
    d->to[d->n++] = to;
}

/** e[frontier][unit] of every pair, frontier and unit 0 = first, 1 = last period of the pair. */
static agl_status measure(double *const e[2][2], const agl_malmquist *mq, const agl_dea_panel *p,
                          const agl_dea_options *o, desk *d, const agl_ctx *ctx, agl_error *err) {
    size_t m = p->units.inputs.cols, s = p->units.outputs.cols;
    for (size_t t = 0; t < p->n_periods; t++) {
        d->n = d->n_own = 0;
        for (size_t k = 0; k < p->units.inputs.rows; k++)
            if ((size_t)p->period[k] == t) copy_row(d->own_x, d->own_y, d->n_own++, p, k);
        for (size_t k = 0; k < mq->n; k++)
            for (int end = 0; end < 2; end++) {
                int32_t row[2] = {mq->from[k], mq->to[k]};
                if ((size_t)p->period[row[end]] != t) continue;
                ask(d, p, row[end], &e[end][end][k]);
                ask(d, p, row[1 - end], &e[end][1 - end][k]);
            }
        if (d->n == 0) continue;
        agl_dea_units own = {{d->own_x, d->n_own, m, m}, {d->own_y, d->n_own, s, s}};
        agl_dea_units asked = {{d->x, d->n, m, m}, {d->y, d->n, s, s}};
        agl_dea out = {.score = d->score};
        agl_status status = agl_dea_radial(&out, &asked, &own, o, ctx, err);
        if (status != AGL_OK) return status;
        for (size_t k = 0; k < d->n; k++) {
            double score = o->orientation == AGL_OUTPUT ? 1 / d->score[k] : d->score[k];
            *d->to[k] = agl__dea_snap(score);
        }
    }
    return AGL_OK;
}

/* ---- the index
 * -----------------------------------------------------------------------------------------------------------
 */

static void decompose(agl_malmquist *m, double *const v[2][2]) {
    for (size_t k = 0; k < m->n; k++) {
        m->mi[k] = sqrt(m->e01[k] / m->e00[k] * (m->e11[k] / m->e10[k]));
        m->ec[k] = m->e11[k] / m->e00[k];
        m->tc[k] = m->mi[k] / m->ec[k];
        m->pec[k] = v[1][1][k] / v[0][0][k];
        m->sec[k] = m->ec[k] / m->pec[k];
        m->tc_vrs[k] = sqrt(v[0][1][k] / v[1][1][k] * (v[0][0][k] / v[1][0][k]));
        m->scale[k] = m->mi[k] / (m->pec[k] * m->tc_vrs[k]);
        double *of[] = {m->mi, m->ec, m->tc, m->pec, m->sec, m->tc_vrs, m->scale};
        for (size_t f = 0; f < sizeof of / sizeof *of; f++)
            if (!isfinite(of[f][k])) of[f][k] = NAN; /* a zero efficiency: no ratio */
    }
}

agl_status agl_malmquist_make(agl_malmquist *out, const agl_dea_panel *panel,
                              const agl_malmquist_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_malmquist_options o = AGL_MALMQUIST_OPTIONS_INIT;
    if (options) o = *options;
    *out = (agl_malmquist){0};
    desk d = {0};
    double *v = NULL;
    agl_status status = agl__dea_check(&panel->units, err);
    if (status == AGL_OK) status = find_pairs(out, panel, o.bridge, err);
    if (status == AGL_OK) status = desk_new(&d, panel, out->n, err);
    if (status == AGL_OK && !(v = AGL_NEW(double, 4 * out->n))) status = agl_fail_memory(err);
    if (status == AGL_OK) {
        double *const crs[2][2] = {{out->e00, out->e01}, {out->e10, out->e11}};
        double *const vrs[2][2] = {{v, v + out->n}, {v + 2 * out->n, v + 3 * out->n}};
        agl_dea_options dea = {.rts = AGL_CRS, .orientation = o.orientation};
        status = measure(crs, out, panel, &dea, &d, ctx, err);
        dea.rts = AGL_VRS;
        if (status == AGL_OK) status = measure(vrs, out, panel, &dea, &d, ctx, err);
        if (status == AGL_OK) decompose(out, vrs);
    }
    desk_free(&d);
    free(v);
    if (status != AGL_OK) agl_malmquist_free(out);
    return status;
}

#include "agglo/malmquist.h"
#include "base/mem.h"
#include "base/sort.h"
#include "base/sum.h"
#include "op/allocate/dea_input.h"

#include <math.h>

typedef struct panel {
    int32_t *period;
    double *years; /* ascending */
    size_t n_periods;
} panel;

static agl_status number_periods(panel *p, const agl_dea_input *in, agl_error *err) {
    p->period = AGL_NEW(int32_t, in->n);
    p->years = AGL_NEW(double, in->n);
    if (!p->period || !p->years) return agl_fail_memory(err);
    for (size_t k = 0; k < in->n; k++)
        p->years[k] = in->year[k];
    qsort(p->years, in->n, sizeof *p->years, agl__ascending);
    for (size_t k = 0; k < in->n; k++)
        if (k == 0 || p->years[k] != p->years[p->n_periods - 1]) p->years[p->n_periods++] = p->years[k];
    for (size_t k = 0; k < in->n; k++) {
        const double *at = bsearch(&in->year[k], p->years, p->n_periods, sizeof *p->years, agl__ascending);
        p->period[k] = (int32_t)(at - p->years);
    }
    if (p->n_periods < 2)
        return agl_fail(err, AGL_EDATA, "all rows are of the year %g: a change needs two years", p->years[0]);
    return AGL_OK;
}

/** Changes of each unit that a gap in the panel leaves out. */
static size_t count_gaps(const agl_dea_input *in, const panel *p) {
    size_t gaps = 0;
    for (size_t k = 1; k < in->n; k++)
        gaps += in->unit[k] == in->unit[k - 1] && p->period[k] != p->period[k - 1] + 1;
    return gaps;
}

/* ---- the tables
 * ---------------------------------------------------------------------------------------------------------
 */

enum { COMPLETE, NO_INDEX, NO_SPLIT };
static const char *const reasons[] = {
    "", "the other year's frontier cannot make this",
    "no pure technical change: the other year's VRS frontier cannot make this"};

static agl_status reason_column(agl_table *t, const agl_malmquist *m, agl_error *err) {
    agl_dict dict = {0};
    int32_t *code;
    bool any = false;
    for (size_t k = 0; k < m->n; k++)
        any = any || isnan(m->mi[k]) || isnan(m->tc_vrs[k]);
    if (!any) return agl__run_drop_column(t, "reason", err);
    agl_status status = agl_dict_set(&dict, reasons + 1, 2, err);
    if (status == AGL_OK) status = agl__run_key(&code, t, "reason", &dict, err);
    for (size_t k = 0; status == AGL_OK && k < m->n; k++)
        code[k] = (isnan(m->mi[k]) ? NO_INDEX : isnan(m->tc_vrs[k]) ? NO_SPLIT : COMPLETE) - 1;
    agl_dict_free(&dict);
    return status;
}

static agl_status write_changes(agl_run *run, const agl_malmquist *m, const agl_dea_input *in,
                                agl_error *err) {
    agl_table *t;
    size_t *of = AGL_NEW(size_t, m->n);
    for (size_t k = 0; of && k < m->n; k++)
        of[k] = (size_t)m->to[k];
    agl_status status = of ? agl__run_output(&t, run, "changes", m->n, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__dea_keys(t, in, of, err);
    if (status == AGL_OK) status = reason_column(t, m, err);
    free(of);
    if (status != AGL_OK) return status;
    const struct {
        const char *column;
        const double *from;
    } columns[] = {{"mi", m->mi},
                   {"ec", m->ec},
                   {"tc", m->tc},
                   {"pec", m->pec},
                   {"sec", m->sec},
                   {"tc_vrs", m->tc_vrs},
                   {"scale_vrs", m->scale},
                   {"e_first_first", m->e00},
                   {"e_first_last", m->e01},
                   {"e_last_first", m->e10},
                   {"e_last_last", m->e11}};
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        for (size_t k = 0; k < m->n; k++)
            agl__run_num(t, columns[c].column)[k] = columns[c].from[k];
    for (size_t k = 0; k < m->n; k++)
        agl__run_num(t, "from_year")[k] = in->year[m->from[k]];
    return AGL_OK;
}

/** Geometric means of changes; those without an index are left out of all of them. */
typedef struct means {
    agl_sum mi, ec, tc, pec, sec, years;
    size_t n;
} means;

static void add(means *to, const agl_malmquist *m, size_t k, double years) {
    if (isnan(m->mi[k]) || isnan(m->pec[k]) || !(m->mi[k] > 0)) return;
    agl__sum_add(&to->mi, log(m->mi[k]));
    agl__sum_add(&to->ec, log(m->ec[k]));
    agl__sum_add(&to->tc, log(m->tc[k]));
    agl__sum_add(&to->pec, log(m->pec[k]));
    agl__sum_add(&to->sec, log(m->sec[k]));
    agl__sum_add(&to->years, years);
    to->n++;
}

static void put(agl_table *t, size_t row, const means *s, double by) {
    agl__run_num(t, "mi")[row] = exp(agl__sum_value(&s->mi) / by);
    agl__run_num(t, "ec")[row] = exp(agl__sum_value(&s->ec) / by);
    agl__run_num(t, "tc")[row] = exp(agl__sum_value(&s->tc) / by);
    agl__run_num(t, "pec")[row] = exp(agl__sum_value(&s->pec) / by);
    agl__run_num(t, "sec")[row] = exp(agl__sum_value(&s->sec) / by);
    agl__run_num(t, "changes")[row] = (double)s->n;
}

static agl_status write_periods(agl_run *run, const agl_malmquist *m, const panel *p, agl_error *err) {
    means *of = AGL_NEW(means, p->n_periods);
    if (!of) return agl_fail_memory(err);
    size_t rows = 0;
    for (size_t k = 0; k < m->n; k++)
        add(&of[p->period[m->to[k]]], m, k, 1);
    for (size_t t = 0; t < p->n_periods; t++)
        rows += of[t].n > 0;
    agl_table *table;
    agl_status status = agl__run_output(&table, run, "periods", rows, err);
    for (size_t t = 0, row = 0; status == AGL_OK && t < p->n_periods; t++) {
        if (of[t].n == 0) continue;
        agl__run_num(table, "year")[row] = p->years[t];
        put(table, row++, &of[t], (double)of[t].n);
    }
    free(of);
    return status;
}

/** Per unit: geometric mean a year, and the product of all changes. */
static agl_status write_units(agl_run *run, const agl_malmquist *m, const agl_dea_input *in, agl_error *err) {
    means *of = AGL_NEW(means, in->units->n);
    if (!of) return agl_fail_memory(err);
    size_t rows = 0, row = 0;
    for (size_t k = 0; k < m->n; k++)
        add(&of[in->unit[m->to[k]]], m, k, in->year[m->to[k]] - in->year[m->from[k]]);
    for (size_t u = 0; u < in->units->n; u++)
        rows += of[u].n > 0;
    agl_table *t;
    int32_t *unit;
    agl_status status = agl__run_output(&t, run, "units", rows, err);
    if (status == AGL_OK) status = agl__run_key(&unit, t, "unit", in->units, err);
    for (size_t u = 0; status == AGL_OK && u < in->units->n; u++) {
        if (of[u].n == 0) continue;
        unit[row] = (int32_t)u;
        agl__run_num(t, "years")[row] = agl__sum_value(&of[u].years);
        agl__run_num(t, "cumulated")[row] = exp(agl__sum_value(&of[u].mi));
        put(t, row++, &of[u], agl__sum_value(&of[u].years));
    }
    free(of);
    return status;
}

static void warn(agl_run *run, const agl_malmquist *m, size_t gaps, bool bridge) {
    size_t no_index = 0, no_split = 0;
    for (size_t k = 0; k < m->n; k++) {
        no_index += isnan(m->mi[k]);
        no_split += !isnan(m->mi[k]) && isnan(m->tc_vrs[k]);
    }
    if (gaps)
        agl__run_warn(run,
                      bridge ? "%zu changes run over a gap: the unit is missing in years between"
                             : "%zu changes are left out because the unit is missing in years between; "
                               "--bridge follows it "
                               "over the gap",
                      gaps);
    if (no_index) agl__run_warn(run, "%zu changes have no index; column reason says why", no_index);
    if (no_split)
        agl__run_warn(run,
                      "%zu changes have no tc_vrs and scale_vrs: with variable returns, the other year's "
                      "frontier cannot make "
                      "what the unit makes; mi, ec, tc, pec and sec are complete",
                      no_split);
}

static agl_status compute(agl_run *run, const agl_dea_input *in, const panel *p, agl_error *err) {
    agl_malmquist_options o = {.orientation =
                                   agl__run_is(run, "orientation", "output") ? AGL_OUTPUT : AGL_INPUT,
                               .bridge = agl__run_flag(run, "bridge")};
    agl_dea_panel data = {{{in->x, in->n, in->m, in->m}, {in->y, in->n, in->s, in->s}},
                          in->unit,
                          p->period,
                          in->units->n,
                          p->n_periods};
    agl_malmquist m;
    agl_status status = agl_malmquist_make(&m, &data, &o, agl__run_ctx(run), err);
    if (status != AGL_OK) return status;
    if (m.n == 0)
        status = agl_fail(err, AGL_EDATA,
                          "no unit has rows in two successive years; are the unit codes the same over time?");
    if (status == AGL_OK) status = write_changes(run, &m, in, err);
    if (status == AGL_OK) status = write_periods(run, &m, p, err);
    if (status == AGL_OK) status = write_units(run, &m, in, err);
    if (status == AGL_OK) {
        warn(run, &m, count_gaps(in, p), o.bridge);
        status = agl__dea_warn_small(run, in, err);
    }
    agl_malmquist_free(&m);
    return status;
}

agl_status agl_op_allocate_malmquist(agl_run *run, agl_error *err);

agl_status agl_op_allocate_malmquist(agl_run *run, agl_error *err) {
    agl_dea_input in;
    panel p = {0};
    agl_status status = agl__dea_input(&in, run, false, err);
    if (status == AGL_OK) status = number_periods(&p, &in, err);
    if (status == AGL_OK) status = compute(run, &in, &p, err);
    free(p.period);
    free(p.years);
    agl__dea_input_free(&in);
    return status;
}

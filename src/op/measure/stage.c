#include "agglo/stage.h"
#include "base/mem.h"
#include "op/measure/stage_input.h"

#include <math.h>

/* Stages in the order of their names, as key columns are sorted, and the place of each stage in it. */
static const char *const stage_names[AGL_STAGES] = {"decline", "emergence", "growth",
                                                    "none",    "renewal",   "sustainment"};
static const int32_t place_of[AGL_STAGES] = {
    [AGL_STAGE_DECLINE] = 0, [AGL_STAGE_EMERGENCE] = 1, [AGL_STAGE_GROWTH] = 2,
    [AGL_STAGE_NONE] = 3,    [AGL_STAGE_RENEWAL] = 4,   [AGL_STAGE_SUSTAINMENT] = 5};

typedef struct labelled {
    const agl_stage_input *in;
    agl_stages stages;
    double min_value;
    size_t window;
} labelled;

static agl_stage_options read_options(const agl_run *run) {
    return (agl_stage_options){.window = (size_t)agl__run_integer(run, "window"),
                               .memory = (size_t)agl__run_integer(run, "memory"),
                               .emerge_sd = agl__run_number(run, "emergence-sd"),
                               .grow_sd = agl__run_number(run, "growth-sd"),
                               .decline_sd = agl__run_number(run, "decline-sd"),
                               .lq_min = agl__run_number(run, "lq-min"),
                               .firms_min = agl__run_number(run, "firms-min"),
                               .net_entry = agl__run_flag(run, "net-entry")};
}

static agl_status compute(labelled *l, const agl_run *run, agl_error *err) {
    const agl_stage_panel *p = &l->in->panel;
    size_t n = p->n_series * p->n_years;
    agl_stages *s = &l->stages;
    agl_stage_options o = read_options(run);
    s->stage = AGL_NEW(int8_t, n);
    s->confidence = AGL_NEW(double, n);
    s->growth = AGL_NEW(double, n);
    s->national = AGL_NEW(double, n);
    s->net = AGL_NEW(double, n);
    s->lq = AGL_NEW(double, n);
    s->heterogeneity_change = AGL_NEW(double, n);
    s->threshold = AGL_NEW(double, p->n_clusters);
    if (!s->stage || !s->confidence || !s->growth || !s->national || !s->net || !s->lq ||
        !s->heterogeneity_change || !s->threshold)
        return agl_fail_memory(err);
    return agl_label_stages(s, p, &o, agl__run_ctx(run), err);
}

static void labelled_free(labelled *l) {
    free(l->stages.stage);
    free(l->stages.confidence);
    free(l->stages.growth);
    free(l->stages.national);
    free(l->stages.net);
    free(l->stages.lq);
    free(l->stages.heterogeneity_change);
    free(l->stages.threshold);
}

/** True when the place gets a row: it has a stage and is large enough to be told. */
static bool shown(const labelled *l, size_t at) {
    if (l->stages.stage[at] == AGL_STAGE_UNKNOWN) return false;
    double before = l->in->value[at - l->window];
    return (l->in->value[at] + before) / 2 >= l->min_value;
}

static double at_or_nan(const double *column, size_t at) { return column ? column[at] : NAN; }

/** Drops the columns that the data cannot fill. */
static agl_status drop_unknown(agl_table *t, const agl_stage_input *in, agl_error *err) {
    const struct {
        const char *name;
        bool there;
    } optional[] = {{"firms", in->firms},
                    {"entry_rate", in->firms && in->entry},
                    {"exit_rate", in->firms && in->exit},
                    {"heterogeneity_change", in->heterogeneity}};
    agl_status status = AGL_OK;
    for (size_t k = 0; k < 4 && status == AGL_OK; k++)
        if (!optional[k].there) status = agl__run_drop_column(t, optional[k].name, err);
    return status;
}

static agl_status write_stages(agl_run *run, const labelled *l, agl_error *err) {
    const agl_stage_panel *p = &l->in->panel;
    const agl_stages *s = &l->stages;
    size_t T = p->n_years, rows = 0, row = 0;
    agl_dict names = {0};
    agl_table *t;
    int32_t *region, *cluster, *stage;
    for (size_t at = 0; at < p->n_series * T; at++)
        rows += shown(l, at);
    agl_status status = agl__run_output(&t, run, "stages", rows, err);
    if (status == AGL_OK) status = agl_dict_set(&names, stage_names, AGL_STAGES, err);
    if (status == AGL_OK) status = agl__run_key(&region, t, "region", l->in->cells.regions, err);
    if (status == AGL_OK) status = agl__run_key(&cluster, t, "cluster", l->in->cells.industries, err);
    if (status == AGL_OK) status = agl__run_key(&stage, t, "stage", &names, err);
    agl_dict_free(&names);
    for (size_t at = 0; status == AGL_OK && at < p->n_series * T; at++) {
        if (!shown(l, at)) continue;
        double firms = at_or_nan(l->in->firms, at);
        region[row] = p->region[at / T], cluster[row] = p->cluster[at / T],
        stage[row] = place_of[s->stage[at]];
        agl__run_num(t, "year")[row] = l->in->cells.years[at % T];
        agl__run_num(t, "confidence")[row] = s->confidence[at];
        agl__run_num(t, "value")[row] = l->in->value[at];
        agl__run_num(t, "growth")[row] = s->growth[at];
        agl__run_num(t, "national_growth")[row] = s->national[at];
        agl__run_num(t, "net_growth")[row] = s->net[at];
        agl__run_num(t, "threshold")[row] = s->threshold[p->cluster[at / T]];
        agl__run_num(t, "lq")[row] = s->lq[at];
        agl__run_num(t, "firms")[row] = firms;
        agl__run_num(t, "entry_rate")[row] = firms > 0 ? at_or_nan(l->in->entry, at) / firms : NAN;
        agl__run_num(t, "exit_rate")[row] = firms > 0 ? at_or_nan(l->in->exit, at) / firms : NAN;
        agl__run_num(t, "heterogeneity_change")[row] = s->heterogeneity_change[at];
        row++;
    }
    return status == AGL_OK ? drop_unknown(t, l->in, err) : status;
}

/** From one year to the next, over all that are shown in both. */
static agl_status write_transitions(agl_run *run, const labelled *l, agl_error *err) {
    const agl_stage_panel *p = &l->in->panel;
    double count[AGL_STAGES][AGL_STAGES] = {{0}}, from_total[AGL_STAGES] = {0};
    size_t rows = 0, row = 0;
    for (size_t at = 1; at < p->n_series * p->n_years; at++) {
        if (at % p->n_years == 0 || !shown(l, at - 1) || !shown(l, at)) continue;
        int32_t a = place_of[l->stages.stage[at - 1]], b = place_of[l->stages.stage[at]];
        rows += count[a][b]++ == 0;
        from_total[a]++;
    }
    agl_dict names = {0};
    agl_table *t;
    int32_t *from, *to;
    agl_status status = agl__run_output(&t, run, "transitions", rows, err);
    if (status == AGL_OK) status = agl_dict_set(&names, stage_names, AGL_STAGES, err);
    if (status == AGL_OK) status = agl__run_key(&from, t, "from_stage", &names, err);
    if (status == AGL_OK) status = agl__run_key(&to, t, "to_stage", &names, err);
    agl_dict_free(&names);
    for (int a = 0; a < AGL_STAGES && status == AGL_OK; a++)
        for (int b = 0; b < AGL_STAGES; b++) {
            if (count[a][b] == 0) continue;
            from[row] = a, to[row] = b;
            agl__run_num(t, "clusters")[row] = count[a][b];
            agl__run_num(t, "share")[row] = count[a][b] / from_total[a];
            row++;
        }
    return status;
}

/** What is in a stage in a year. */
typedef struct bin {
    double n, value, confidence, known;
} bin;

static agl_status write_counts(agl_run *run, const labelled *l, agl_error *err) {
    const agl_stage_panel *p = &l->in->panel;
    size_t T = p->n_years, rows = 0, row = 0;
    bin *bins = AGL_NEW(bin, T * AGL_STAGES);
    agl_dict names = {0};
    agl_table *t;
    int32_t *stage;
    agl_status status = bins ? AGL_OK : agl_fail_memory(err);
    for (size_t at = 0; status == AGL_OK && at < p->n_series * T; at++) {
        if (!shown(l, at)) continue;
        bin *b = &bins[at % T * AGL_STAGES + (size_t)place_of[l->stages.stage[at]]];
        rows += b->n++ == 0;
        b->value += l->in->value[at];
        if (isnan(l->stages.confidence[at])) continue;
        b->confidence += l->stages.confidence[at];
        b->known++;
    }
    if (status == AGL_OK) status = agl__run_output(&t, run, "counts", rows, err);
    if (status == AGL_OK) status = agl_dict_set(&names, stage_names, AGL_STAGES, err);
    if (status == AGL_OK) status = agl__run_key(&stage, t, "stage", &names, err);
    agl_dict_free(&names);
    for (size_t k = 0; status == AGL_OK && k < T * AGL_STAGES; k++) {
        if (bins[k].n == 0) continue;
        agl__run_num(t, "year")[row] = l->in->cells.years[k / AGL_STAGES];
        stage[row] = (int32_t)(k % AGL_STAGES);
        agl__run_num(t, "clusters")[row] = bins[k].n;
        agl__run_num(t, "value")[row] = bins[k].value;
        agl__run_num(t, "mean_confidence")[row] =
            bins[k].known > 0 ? bins[k].confidence / bins[k].known : NAN;
        row++;
    }
    free(bins);
    return status;
}

static void warn(agl_run *run, const labelled *l) {
    const agl_stage_panel *p = &l->in->panel;
    size_t unknown = 0, lone = 0;
    for (size_t at = 0; at < p->n_series * p->n_years; at++)
        unknown += at % p->n_years >= l->window && l->stages.stage[at] == AGL_STAGE_UNKNOWN &&
                   !(l->in->value[at] == 0) && !isnan(l->in->value[at]);
    if (unknown)
        agl__run_warn(run,
                      "%zu clusters of a region and year have no stage, because a value at the start of the "
                      "window is missing or suppressed",
                      unknown);
    for (size_t c = 0; c < p->n_clusters; c++)
        lone += l->stages.threshold[c] == 0;
    if (lone)
        agl__run_warn(run,
                      "%zu clusters grow at the same rate in all their regions, or have one region only: "
                      "their growth net of the nation is zero, and the stage says nothing",
                      lone);
    if (l->window < 2)
        agl__run_warn(run, "with a window of one year there is nothing to draw from: confidence is empty");
    if (!l->in->heterogeneity)
        agl__run_warn(run, "no heterogeneity is given: decline and renewal rest on growth alone");
}

agl_status agl_op_measure_stage(agl_run *run, agl_error *err) {
    agl_stage_input in;
    labelled l = {.in = &in,
                  .min_value = agl__run_number(run, "min-value"),
                  .window = (size_t)agl__run_integer(run, "window")};
    agl_status status = agl__stage_input(&in, run, err);
    if (status == AGL_OK) status = compute(&l, run, err);
    if (status == AGL_OK) status = write_stages(run, &l, err);
    if (status == AGL_OK) status = write_transitions(run, &l, err);
    if (status == AGL_OK) status = write_counts(run, &l, err);
    if (status == AGL_OK) warn(run, &l);
    labelled_free(&l);
    agl__stage_input_free(&in);
    return status;
}

#include "agglo/hotspots.h"
#include "agglo/backbone.h"
#include "base/mem.h"
#include "op/measure/hotspot_input.h"

#include <math.h>
#include <string.h>

/* Sorted, so that codes sort as texts do. */
enum { HIGH_HIGH, HIGH_LOW, LOW_HIGH, LOW_LOW, NO_NEIGHBOUR, NOT_SIGNIFICANT, CLASSES };
static const char *const class_names[CLASSES] = {"high-high", "high-low",     "low-high",
                                                 "low-low",   "no neighbour", "not significant"};
static const char *const index_names[] = {"Geary c", "General G", "Moran I"};

typedef struct settings {
    size_t permutations;
    bool two_sided; /* p of a permutation test */
    bool analytic;  /* p that decides: of the normal distribution */
    bool correct;   /* by the false-discovery rate */
    double level;
} settings;

static settings settings_of(const agl_run *run) {
    settings s = {.permutations = (size_t)agl__run_integer(run, "permutations"),
                  .two_sided = !agl__run_like(run, "esda"),
                  .analytic = agl__run_is(run, "inference", "analytic"),
                  .correct = agl__run_is(run, "correction", "fdr"),
                  .level = agl__run_number(run, "level")};
    if (s.permutations == 0) s.analytic = true;
    return s;
}

/** A key column of an output that holds some of a fixed list of texts. */
static agl_status key_of(int32_t **code, agl_table *t, const char *column, const char *const *names, size_t n,
                         agl_error *err) {
    agl_dict dict = {0};
    agl_status status = agl_dict_set(&dict, names, n, err);
    if (status == AGL_OK) status = agl__run_key(code, t, column, &dict, err);
    agl_dict_free(&dict);
    return status;
}

/* ---- the whole map ---- */

static agl_status overall(const agl_hotspot_input *in, agl_run *run, const settings *s, agl_error *err) {
    agl_autocorrelation a[3];
    agl_weight_sums sums;
    agl_table *t;
    int32_t *name;
    agl_status status = agl_geary(&a[0], &in->weights, in->value, err);
    if (status == AGL_OK) status = agl_general_g(&a[1], &in->weights, in->value, err);
    if (status == AGL_OK) status = agl_moran(&a[2], &in->weights, in->value, err);
    if (status == AGL_OK && s->permutations)
        status = agl_autocorrelation_permute(&a[2], &a[0], &a[1], &in->weights, in->value, s->permutations,
                                             agl__run_ctx(run), err);
    if (status == AGL_OK) status = agl_spatial_weights_sums(&sums, &in->weights, err);
    if (status == AGL_OK) status = agl__run_output(&t, run, "overall", 3, err);
    if (status == AGL_OK) status = key_of(&name, t, "index", index_names, 3, err);
    if (status != AGL_OK) return status;
    for (int k = 0; k < 3; k++) {
        name[k] = k;
        agl__run_num(t, "value")[k] = a[k].value;
        agl__run_num(t, "expected")[k] = a[k].expected;
        agl__run_num(t, "variance")[k] = a[k].variance;
        agl__run_num(t, "z")[k] = a[k].z;
        agl__run_num(t, "p")[k] = a[k].p;
        agl__run_num(t, "variance_normal")[k] = a[k].variance_normal;
        agl__run_num(t, "z_normal")[k] = a[k].z_normal;
        agl__run_num(t, "p_normal")[k] = a[k].p_normal;
        agl__run_num(t, "p_permutation")[k] = a[k].p_permutation;
        agl__run_num(t, "regions")[k] = (double)in->n;
        agl__run_num(t, "islands")[k] = (double)sums.islands;
        agl__run_num(t, "pairs")[k] = (double)in->weights.start[in->n];
        agl__run_num(t, "weight_sum")[k] = sums.s0;
    }
    if (isnan(a[1].value))
        agl__run_warn(run, "some values are negative: the general G has no meaning for them and is left out");
    return AGL_OK;
}

/* ---- the regions ---- */

static int quadrant_of(double value, double lag, double mean) {
    if (isnan(lag)) return NO_NEIGHBOUR;
    return value > mean ? (lag > mean ? HIGH_HIGH : HIGH_LOW) : (lag > mean ? LOW_HIGH : LOW_LOW);
}

/** p of the permutation tests; NaN at islands and without permutations. */
static agl_status permute(double *p_lag, double *p_geary, const agl_hotspot_input *in, const agl_run *run,
                          const settings *s, agl_error *err) {
    for (size_t i = 0; i < in->n; i++)
        p_lag[i] = p_geary[i] = NAN;
    if (s->permutations == 0) return AGL_OK;
    agl_local_draws draws = {.lag_above = AGL_NEW(uint32_t, in->n), .geary_above = AGL_NEW(uint32_t, in->n)};
    agl_status status =
        draws.lag_above && draws.geary_above
            ? agl_local_permute(&draws, &in->weights, in->value, s->permutations, agl__run_ctx(run), err)
            : agl_fail_memory(err);
    for (size_t i = 0; i < in->n && status == AGL_OK; i++) {
        if (in->weights.start[i] == in->weights.start[i + 1]) continue;
        p_lag[i] = agl_permutation_p(draws.lag_above[i], s->permutations, s->two_sided);
        p_geary[i] = agl_permutation_p(draws.geary_above[i], s->permutations, s->two_sided);
    }
    free(draws.lag_above);
    free(draws.geary_above);
    return status;
}

/** With few permutations no p-value may be small enough to count among many regions. */
static void warn_resolution(agl_run *run, const double *p, size_t n, const settings *s) {
    double least = (s->two_sided ? 2.0 : 1.0) / ((double)s->permutations + 1);
    size_t at_least = 0, tests = 0;
    for (size_t i = 0; i < n; i++) {
        tests += !isnan(p[i]);
        at_least += p[i] <= least * 1.000001;
    }
    if (s->analytic || !s->correct || at_least == 0 || least * (double)tests <= s->level * (double)at_least)
        return;
    agl__run_warn(
        run,
        "%zu regions have the least p-value that %zu permutations can give (%g), too coarse to count among "
        "%zu tests: use --permutations %.0f",
        at_least, s->permutations, least, tests,
        ceil(1.2 * least * (double)(s->permutations + 1) * (double)tests / (s->level * (double)at_least) /
             1000) *
                1000 -
            1);
}

static agl_status classify(agl_table *t, const agl_hotspot_input *in, agl_run *run, const settings *s,
                           agl_error *err) {
    int32_t *quadrant, *class;
    agl_status status = key_of(&quadrant, t, "quadrant", class_names, CLASSES, err);
    if (status == AGL_OK) status = key_of(&class, t, "class", class_names, CLASSES, err);
    const double *p = agl__run_num(t, s->analytic ? "p_gi" : "p_permutation"), *lag = agl__run_num(t, "lag");
    double *q = agl__run_num(t, "q"), mean = 0;
    size_t tests = 0;
    for (size_t i = 0; i < in->n; i++) {
        tests += !isnan(p[i]);
        mean += in->value[i] / (double)in->n;
    }
    if (status == AGL_OK) status = agl_false_discovery(q, p, in->n, (double)tests, err);
    if (status != AGL_OK) return status;
    warn_resolution(run, p, in->n, s);
    for (size_t i = 0; i < in->n; i++) {
        bool counts = (s->correct ? q[i] : p[i]) <= s->level;
        quadrant[i] = quadrant_of(in->value[i], lag[i], mean);
        class[i] = counts || quadrant[i] == NO_NEIGHBOUR ? quadrant[i] : NOT_SIGNIFICANT;
        agl__run_num(t, "significant")[i] = counts;
    }
    return AGL_OK;
}

/** Outlines for geodata files, when they are wanted and given with the data. */
static agl_status copy_outlines(agl_table *t, const agl_hotspot_input *in, const agl_run *run,
                                agl_error *err) {
    const agl_column *wkt = agl__run_column(run, "data", "wkt");
    if (!wkt || !agl__run_flag(run, "outlines")) return agl__run_drop_column(t, "wkt", err);
    int32_t *code;
    agl_status status = agl__run_key(&code, t, "wkt", &wkt->dict, err);
    for (size_t i = 0; i < in->n && status == AGL_OK; i++)
        code[i] = wkt->code[in->row[i]];
    return status;
}

static agl_status describe(agl_table *t, const agl_hotspot_input *in, const agl_run *run, agl_error *err) {
    int32_t *region;
    agl_status status = agl__run_key(&region, t, "region", in->regions, err);
    if (status == AGL_OK) status = copy_outlines(t, in, run, err);
    if (status == AGL_OK && !in->lon) status = agl__run_drop_column(t, "lon", err);
    if (status == AGL_OK && !in->lon) status = agl__run_drop_column(t, "lat", err);
    if (status != AGL_OK) return status;
    memcpy(agl__run_num(t, "value"), in->value, in->n * sizeof *in->value);
    if (in->lon) memcpy(agl__run_num(t, "lon"), in->lon, in->n * sizeof *in->lon);
    if (in->lat) memcpy(agl__run_num(t, "lat"), in->lat, in->n * sizeof *in->lat);
    for (size_t i = 0; i < in->n; i++) {
        region[i] = in->code[i];
        agl__run_num(t, "neighbours")[i] = (double)(in->weights.start[i + 1] - in->weights.start[i]);
    }
    return AGL_OK;
}

static agl_status regions(const agl_hotspot_input *in, agl_run *run, const settings *s, agl_error *err) {
    agl_table *t;
    agl_status status = agl__run_output(&t, run, "regions", in->n, err);
    if (status == AGL_OK) status = describe(t, in, run, err);
    if (status != AGL_OK) return status;
    agl_local local = {.lag = agl__run_num(t, "lag"),
                       .moran = agl__run_num(t, "moran"),
                       .moran_expected = agl__run_num(t, "moran_expected"),
                       .moran_variance = agl__run_num(t, "moran_variance"),
                       .gi = agl__run_num(t, "gi"),
                       .gi_star = agl__run_num(t, "gi_star"),
                       .geary = agl__run_num(t, "geary"),
                       .geary_expected = agl__run_num(t, "geary_expected"),
                       .geary_variance = agl__run_num(t, "geary_variance"),
                       .p_gi = agl__run_num(t, "p_gi"),
                       .p_gi_star = agl__run_num(t, "p_gi_star"),
                       .p_geary = agl__run_num(t, "p_geary")};
    const agl_local_options like = {.moran_n = agl__run_like(run, "spdep"),
                                    .geary_n = agl__run_like(run, "esda")};
    status = agl_local_indices(&local, &in->weights, in->value, &like, err);
    if (status == AGL_OK)
        status = permute(agl__run_num(t, "p_permutation"), agl__run_num(t, "p_geary_permutation"), in, run, s,
                         err);
    return status == AGL_OK ? classify(t, in, run, s, err) : status;
}

static agl_status neighbours(const agl_hotspot_input *in, agl_run *run, agl_error *err) {
    const agl_spatial_weights *w = &in->weights;
    agl_table *t;
    int32_t *source, *target;
    agl_status status = agl__run_output(&t, run, "neighbours", w->start[w->n], err);
    if (status == AGL_OK) status = agl__run_key(&source, t, "source", in->regions, err);
    if (status == AGL_OK) status = agl__run_key(&target, t, "target", in->regions, err);
    if (status != AGL_OK) return status;
    double *weight = agl__run_num(t, "weight");
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = w->start[i]; k < w->start[i + 1]; k++) {
            source[k] = in->code[i];
            target[k] = in->code[w->to[k]];
            weight[k] = w->weight[k];
        }
    return AGL_OK;
}

agl_status agl_op_measure_hotspots(agl_run *run, agl_error *err) {
    agl_hotspot_input in;
    const settings s = settings_of(run);
    agl_status status = agl__hotspot_input(&in, run, err);
    if (status == AGL_OK) status = overall(&in, run, &s, err);
    if (status == AGL_OK && agl__run_wants(run, "regions")) status = regions(&in, run, &s, err);
    if (status == AGL_OK && agl__run_wants(run, "neighbours")) status = neighbours(&in, run, err);
    agl__hotspot_input_free(&in);
    return status;
}

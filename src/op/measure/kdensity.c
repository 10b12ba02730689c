#include "agglo/kdensity.h"
#include "base/mem.h"
#include "kernel/geo/points.h"
#include "op/measure/points_input.h"

#include <math.h>
#include <string.h>

/* The peer evaluates at so many distances; otherwise r goes in round steps, about this many. */
enum { PEER_R = 512, ABOUT_R = 100 };

typedef struct job {
    agl_run *run;
    agl_points_input in;
    const double *size;
    bool *wanted;
    agl_kd_choice choice;
    agl_kd_options options;
    double *r;
    size_t n_r;
    agl_kd_result result;
} job;

static void job_free(job *j) {
    agl_kd_result_free(&j->result);
    agl__points_input_free(&j->in);
    free(j->wanted);
    free(j->r);
}

/* ---- options ---- */

/* A positive number, all of the text. */
static bool parse_km(double *km, const char *text) {
    char *end;
    *km = strtod(text, &end);
    return end != text && *end == '\0' && *km > 0 && isfinite(*km);
}

static agl_status read_options(job *j, agl_error *err) {
    agl_run *run = j->run;
    const char *bandwidth = agl__run_text(run, "bandwidth");
    bool dbmss = agl__run_like(run, "dbmss"), do2005 = agl__run_like(run, "do2005");
    agl_kd_options *o = &j->options;
    *o = (agl_kd_options)AGL_KD_OPTIONS_INIT;
    if (strcmp(bandwidth, "silverman") == 0)
        o->rule = AGL_KD_SILVERMAN;
    else if (strcmp(bandwidth, "sj") == 0)
        o->rule = AGL_KD_SHEATHER_JONES;
    else if (parse_km(&o->bandwidth_km, bandwidth))
        o->rule = AGL_KD_GIVEN;
    else
        return agl_fail(err, AGL_EUSAGE, "--bandwidth %s: give silverman, sj, or a number of km above 0",
                        bandwidth);
    o->adjust = agl__run_number(run, "adjust");
    o->limit_km = do2005 ? INFINITY : NAN;
    o->exact = agl__run_flag(run, "exact");
    o->null = agl__run_is(run, "null", "labelling")      ? AGL_KD_LABELLING
              : agl__run_is(run, "null", "independence") ? AGL_KD_INDEPENDENCE
                                                         : AGL_KD_LOCATION;
    o->simulations = (size_t)agl__run_integer(run, "simulations");
    o->bandwidth_per_draw = dbmss;
    o->band = (agl_envelope_options){.alpha = agl__run_number(run, "alpha"),
                                     .band = dbmss                             ? AGL_BAND_DBMSS
                                             : agl__run_is(run, "band", "erl") ? AGL_BAND_ERL
                                                                               : AGL_BAND_DO2005,
                                     .each_side = do2005};
    double least = ceil(1 / o->band.alpha * (1 - 1e-12));
    if (o->simulations > 0 && (double)o->simulations < least)
        return agl_fail(err, AGL_EUSAGE,
                        "%zu simulations cannot show a level of %g; ask for at least %.0f (--simulations)",
                        o->simulations, o->band.alpha, least);
    return AGL_OK;
}

/* Which industries were asked for. */
static agl_status read_names(job *j, agl_error *err) {
    const char *against = agl__run_text(j->run, "against"), *list = agl__run_text(j->run, "industries");
    j->choice = (agl_kd_choice){.against = -1, .min_n = (size_t)agl__run_integer(j->run, "min-n")};
    j->choice.wanted = j->wanted = AGL_NEW(bool, j->in.industries->n);
    if (!j->wanted) return agl_fail_memory(err);
    if (!against && j->options.null == AGL_KD_INDEPENDENCE)
        return agl_fail(err, AGL_EUSAGE,
                        "--null independence is between two industries: name the second with --against");
    agl_status status = agl__points_industries(j->wanted, &j->in, list, "industries", err);
    if (status == AGL_OK && against)
        status = agl__points_industry(&j->choice.against, &j->in, against, "against", err);
    return status;
}

/* How many of them are large enough: one at least. */
static agl_status check_sizes(job *j, agl_error *err) {
    size_t n = j->in.industries->n, large = 0, small = 0, min_n = j->choice.min_n;
    size_t *count = AGL_NEW(size_t, n);
    if (!count) return agl_fail_memory(err);
    for (size_t i = 0; i < j->in.points.n; i++)
        count[j->in.industry[i]]++;
    for (size_t c = 0; c < n; c++) {
        if (!j->wanted[c] || count[c] == 0 || (int32_t)c == j->choice.against) continue;
        large += count[c] >= min_n;
        small += count[c] < min_n;
    }
    free(count);
    if (small)
        agl__run_warn(j->run, "%zu %s with fewer than %zu establishments %s left out (--min-n)", small,
                      small == 1 ? "industry" : "industries", min_n, small == 1 ? "was" : "were");
    if (large > 0) return AGL_OK;
    return agl_fail(err, AGL_EDATA,
                    "no industry has at least %zu establishments; lower --min-n or choose others with "
                    "--industries",
                    min_n);
}

/* ---- distances r ---- */

/* Diagonal of the box around the points: no pair is farther apart. */
static double extent_km(const agl_points *p) {
    double low[3], high[3], sum = 0;
    agl__points_box(low, high, p);
    for (int a = 0; a < 3; a++)
        sum += (high[a] - low[a]) * (high[a] - low[a]);
    return agl__distance_of_chord(p->space, sqrt(sum));
}

/* 1, 2, 2.5 or 5 times a power of ten, the nearest to x by ratio. */
static double round_step(double x) {
    const double choice[] = {1, 2, 2.5, 5, 10};
    double power = pow(10, floor(log10(x))), best = power;
    for (size_t i = 1; i < 5; i++)
        if (fabs(log(choice[i] * power / x)) < fabs(log(best / x))) best = choice[i] * power;
    return best;
}

static agl_status find_range(double *km, const job *j, agl_error *err) {
    const char *text = agl__run_text(j->run, "rmax-km");
    double extent = extent_km(&j->in.points);
    if (extent == 0)
        return agl_fail(err, AGL_EDATA,
                        "all %zu establishments are in one place; a K-density needs distances",
                        j->in.points.n);
    if (strcmp(text, "median") == 0) {
        if (agl__run_like(j->run, "dbmss")) {
            *km = extent / 3;
            return AGL_OK;
        }
        agl_status status = agl_kd_median_distance(km, &j->in.points, agl__run_ctx(j->run), err);
        if (status == AGL_OK && *km == 0)
            status = agl_fail(
                err, AGL_EDATA,
                "most pairs of establishments share one place, so that the median distance is 0; give "
                "--rmax-km");
        return status;
    }
    if (!parse_km(km, text))
        return agl_fail(err, AGL_EUSAGE, "--rmax-km %s: give median, or a number of km above 0", text);
    if (*km > extent)
        return agl_fail(err, AGL_EUSAGE,
                        "--rmax-km %g reaches beyond the establishments, which are at most %.4g km apart",
                        *km, extent);
    return AGL_OK;
}

static agl_status find_r(job *j, agl_error *err) {
    if (j->in.points.n < 2)
        return agl_fail(err, AGL_EDATA, "one establishment only; a K-density needs at least two");
    double last, step = agl__run_number(j->run, "step-km");
    agl_status status = find_range(&last, j, err);
    if (status != AGL_OK) return status;
    if (agl__run_like(j->run, "dbmss") && isnan(step)) {
        j->n_r = PEER_R;
        step = last / (PEER_R - 1);
    } else {
        if (isnan(step)) step = round_step(last / ABOUT_R);
        if (step > last)
            return agl_fail(err, AGL_EUSAGE, "--step-km %g is longer than the range of %.4g km", step, last);
        if (last / step > 100000)
            return agl_fail(err, AGL_EUSAGE,
                            "--step-km %g gives more than 100,000 distances; choose a longer step", step);
        j->n_r = (size_t)(last / step * (1 + 1e-12)) + 1;
    }
    j->r = AGL_NEW(double, j->n_r);
    if (!j->r) return agl_fail_memory(err);
    for (size_t i = 0; i < j->n_r; i++)
        j->r[i] = step * (double)i;
    return AGL_OK;
}

/* ---- outputs ---- */

static const char *const BANDS[] = {"null_mean", "null_median", "local_lo",
                                    "local_hi",  "global_lo",   "global_hi"};
static const char *const TESTS[] = {"localized",        "dispersed",       "localization_index",
                                    "dispersion_index", "r_max_excess_km", "p_global"};

static agl_status write_curves(job *j, agl_error *err) {
    const agl_kd_result *x = &j->result;
    size_t n = x->n_r;
    agl_table *t;
    int32_t *code;
    agl_status status = agl__run_output(&t, j->run, "curves", x->n * n, err);
    if (status == AGL_OK) status = agl__run_key(&code, t, "industry", j->in.industries, err);
    if (status != AGL_OK) return status;
    double *r = agl__run_num(t, "r_km"), *kd = agl__run_num(t, "kd"), *band[6];
    for (size_t c = 0; c < 6; c++)
        band[c] = agl__run_num(t, BANDS[c]);
    for (size_t k = 0; k < x->n; k++) {
        const agl_kd_industry *i = &x->industry[k];
        const double *from[6] = {i->band.mean,     i->band.median,    i->band.local_lo,
                                 i->band.local_hi, i->band.global_lo, i->band.global_hi};
        for (size_t m = 0; m < n; m++) {
            code[k * n + m] = i->industry;
            r[k * n + m] = x->r[m];
            kd[k * n + m] = i->kd[m];
            for (size_t c = 0; c < 6; c++)
                band[c][k * n + m] = i->band.n ? from[c][m] : NAN;
        }
    }
    for (size_t c = 0; c < 6 && status == AGL_OK && j->options.simulations == 0; c++)
        status = agl__run_drop_column(t, BANDS[c], err);
    return status;
}

static agl_status write_industries(job *j, agl_error *err) {
    const agl_kd_result *x = &j->result;
    agl_table *t;
    int32_t *code;
    agl_status status = agl__run_output(&t, j->run, "industries", x->n, err);
    if (status == AGL_OK) status = agl__run_key(&code, t, "industry", j->in.industries, err);
    if (status != AGL_OK) return status;
    double *n = agl__run_num(t, "n"), *pairs = agl__run_num(t, "pairs"), *h = agl__run_num(t, "bandwidth_km"),
           *test[6];
    for (size_t c = 0; c < 6; c++)
        test[c] = agl__run_num(t, TESTS[c]);
    for (size_t k = 0; k < x->n; k++) {
        const agl_kd_industry *i = &x->industry[k];
        code[k] = i->industry;
        n[k] = (double)i->n;
        pairs[k] = i->pairs;
        h[k] = i->bandwidth_km;
        const double from[6] = {i->localized,        i->dispersed,       i->localization_index,
                                i->dispersion_index, i->r_max_excess_km, i->band.p_global};
        for (size_t c = 0; c < 6; c++)
            test[c][k] = i->band.n ? from[c] : NAN;
    }
    for (size_t c = 0; c < 6 && status == AGL_OK && j->options.simulations == 0; c++)
        status = agl__run_drop_column(t, TESTS[c], err);
    return status;
}

/* Marks the codes of the `most` industries with the largest localization index. */
static void mark_localized(bool *shown, const agl_kd_result *x, size_t most) {
    for (size_t m = 0; m < most; m++) {
        const agl_kd_industry *best = NULL;
        for (size_t k = 0; k < x->n; k++) {
            const agl_kd_industry *i = &x->industry[k];
            if (!i->localized || shown[i->industry]) continue;
            if (!best || i->localization_index > best->localization_index) best = i;
        }
        if (!best) return;
        shown[best->industry] = true;
    }
}

/* The establishments of the most localized industries, for the map. */
static agl_status write_points(job *j, agl_error *err) {
    const agl_points_input *in = &j->in;
    size_t n = in->industries->n, rows = 0, row = 0;
    bool *shown = AGL_NEW(bool, n);
    if (!shown) return agl_fail_memory(err);
    if (in->lon) mark_localized(shown, &j->result, (size_t)agl__run_integer(j->run, "map-industries"));
    for (size_t i = 0; i < in->points.n; i++)
        rows += shown[in->industry[i]];
    agl_table *t;
    int32_t *code;
    agl_status status = agl__run_output(&t, j->run, "points", rows, err);
    if (status == AGL_OK) status = agl__run_key(&code, t, "industry", in->industries, err);
    if (status != AGL_OK) {
        free(shown);
        return status;
    }
    double *number = agl__run_num(t, "point"), *lon = agl__run_num(t, "lon"), *lat = agl__run_num(t, "lat"),
           *size = agl__run_num(t, "size");
    for (size_t c = 0; c < n; c++)
        for (size_t i = 0, k = 0; shown[c] && i < in->points.n; i++) {
            if (in->industry[i] != (int32_t)c) continue;
            code[row] = (int32_t)c;
            number[row] = (double)++k;
            lon[row] = in->lon[i];
            lat[row] = in->lat[i];
            size[row++] = in->size ? in->size[i] : 1;
        }
    free(shown);
    return AGL_OK;
}

/* What the industries without a curve lack, and what the bands are worth. */
static agl_status judge(job *j, agl_error *err) {
    size_t one_place = 0, no_size = 0, least = SIZE_MAX;
    for (size_t k = 0; k < j->result.n; k++) {
        one_place += j->result.industry[k].state == AGL_KD_ONE_PLACE;
        no_size += j->result.industry[k].state == AGL_KD_NO_SIZE;
        if (j->result.industry[k].n < least) least = j->result.industry[k].n;
    }
    if (one_place + no_size == j->result.n)
        return agl_fail(
            err, AGL_EDATA,
            one_place
                ? "all pairs of establishments are equally far apart (are they all in one place?), so "
                  "that there is no bandwidth; give one with --bandwidth"
                : "no two establishments of an industry have a size above 0; check the size or leave it out");
    if (one_place)
        agl__run_warn(j->run, "no curve for %zu of the industries: all their establishments are in one place",
                      one_place);
    if (no_size)
        agl__run_warn(j->run, "no curve for %zu of the industries: no two establishments have a size above 0",
                      no_size);
    double tail = j->options.band.alpha * (double)j->options.simulations;
    if (j->options.simulations > 0 && tail < 10)
        agl__run_warn(
            j->run,
            "%zu simulations leave %.3g beyond a level of %g: the bands are rough; 1000 are customary",
            j->options.simulations, tail, j->options.band.alpha);
    return AGL_OK;
}

agl_status agl_op_measure_kdensity(agl_run *run, agl_error *err) {
    job j = {.run = run};
    agl_status status = read_options(&j, err);
    if (status == AGL_OK) status = agl__points_read(&j.in, run, "data", err);
    if (status == AGL_OK) status = read_names(&j, err);
    if (status == AGL_OK) status = check_sizes(&j, err);
    if (status == AGL_OK) status = find_r(&j, err);
    if (status == AGL_OK) {
        if (!agl__run_flag(run, "unweighted")) j.size = j.in.size;
        agl_kd_data data = {.points = &j.in.points,
                            .industry = j.in.industry,
                            .n_industries = j.in.industries->n,
                            .size = j.size};
        status = agl_kdensity(&j.result, &data, &j.choice, j.r, j.n_r, &j.options, agl__run_ctx(run), err);
    }
    if (status == AGL_OK) status = judge(&j, err);
    if (status == AGL_OK) status = write_curves(&j, err);
    if (status == AGL_OK) status = write_industries(&j, err);
    if (status == AGL_OK) status = write_points(&j, err);
    job_free(&j);
    return status;
}

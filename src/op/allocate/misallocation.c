#include "agglo/misallocation.h"
#include "base/mem.h"
#include "base/sort.h"
#include "kernel/measure/cells.h"
#include "op/allocate/producer_input.h"

#include <math.h>
#include <string.h>

/* Everything that the tables need; arrays by row of the input set, by market, or by year. */
typedef struct work {
    agl_run *run;
    agl_misallocation_options o;
    agl_producer_input in;
    agl_market_set nation; /* each group is an industry in a year */
    agl_market *market;    /* of the nation */
    agl_wedges w;          /* n each, relative to the nation's markets */
    double *buffer;        /* the arrays of w */
    int32_t *year_of;      /* year of each market of the nation */
    double *year_gain, *year_output, *year_lo, *year_hi;
    size_t *year_trimmed;
    size_t replications;
    double level;
} work;

static agl_status allocate(work *k, agl_error *err) {
    size_t n = k->in.n, years = k->in.n_years;
    k->buffer = AGL_NEW(double, 6 * n);
    k->market = AGL_NEW(agl_market, k->nation.firms.n_markets);
    k->year_of = AGL_NEW(int32_t, k->nation.firms.n_markets);
    k->year_gain = AGL_NEW(double, years);
    k->year_output = AGL_NEW(double, years);
    k->year_lo = AGL_NEW(double, years);
    k->year_hi = AGL_NEW(double, years);
    k->year_trimmed = AGL_NEW(size_t, years);
    if (!k->buffer || !k->market || !k->year_of || !k->year_gain || !k->year_output || !k->year_lo ||
        !k->year_hi || !k->year_trimmed)
        return agl_fail_memory(err);
    k->w = (agl_wedges){k->buffer,         k->buffer + n,     k->buffer + 2 * n,
                        k->buffer + 3 * n, k->buffer + 4 * n, k->buffer + 5 * n};
    for (size_t m = 0; m < k->nation.firms.n_markets; m++)
        k->year_of[m] = k->nation.year[k->nation.group[m]];
    for (size_t y = 0; y < years; y++)
        k->year_lo[y] = k->year_hi[y] = NAN;
    return AGL_OK;
}

/** Wedges of all firms, then without the tails of the year. */
static agl_status compute(work *k, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(k->run);
    size_t trimmed = 0;
    agl_status status = agl_misallocation(k->market, &k->w, &k->nation.firms, &k->o, ctx, err);
    if (status == AGL_OK)
        status = agl_misallocation_trim(k->nation.market, &trimmed, k->in.n, k->w.ln_tfpr, k->w.ln_tfpq,
                                        k->year_of, k->in.n_years, agl__run_number(k->run, "trim"), err);
    for (size_t i = 0; i < k->in.n && status == AGL_OK && trimmed; i++)
        if (k->nation.market[i] < 0) {
            k->in.trimmed_to[i] = -1;
            k->year_trimmed[k->in.year[i]]++;
        }
    if (status == AGL_OK && trimmed)
        status = agl_misallocation(k->market, &k->w, &k->nation.firms, &k->o, ctx, err);
    if (status == AGL_OK)
        agl_misallocation_total(k->year_gain, k->year_output, k->market, k->nation.firms.n_markets,
                                k->year_of, k->in.n_years, k->o.model);
    return status;
}

static agl_status year_column(agl_table *t, const agl_producer_input *in, const int32_t *year, size_t rows,
                              agl_error *err) {
    if (!in->years) return agl__run_drop_column(t, "year", err);
    double *out = agl__run_num(t, "year");
    for (size_t r = 0; r < rows; r++)
        out[r] = in->years[year ? (size_t)year[r] : r];
    return AGL_OK;
}

/* ---- industries, regions, clusters ---- */

/** What the table of a kind of place shows beside the gain. */
static void place_columns(agl_table *t, const work *k, const agl_market_set *set, bool nation) {
    double *share = agl__run_num(t, "output_share");
    double *best = nation ? NULL : agl__run_num(t, "efficient_share"),
           *tfpr = nation ? NULL : agl__run_num(t, "mean_ln_tfpr");
    double *firms = agl__run_num(t, "firms");
    for (size_t i = 0; i < k->in.n; i++) {
        if (set->market[i] < 0) continue;
        int32_t g = set->group[set->market[i]], of = k->nation.market[i];
        double theta = k->market[of].output / k->year_output[k->in.year[i]];
        share[g] += theta * k->w.share[i];
        if (best) best[g] += theta * k->w.efficient_share[i];
        if (tfpr) tfpr[g] += k->w.ln_tfpr[i];
        firms[g]++;
    }
    for (size_t g = 0; g < set->n_groups && tfpr; g++)
        tfpr[g] = firms[g] > 0 ? tfpr[g] / firms[g] : NAN;
}

/** Contribution of an industry: its part of the sum that makes the gain of the year. */
static void industry_columns(agl_table *t, const work *k) {
    bool hk = k->o.model == AGL_HSIEH_KLENOW;
    double *contribution = agl__run_num(t, "contribution"), *capital = agl__run_num(t, "capital_share");
    double *sd = agl__run_num(t, "sd_tfpr"), *op = agl__run_num(t, "op_covariance");
    for (size_t m = 0; m < k->nation.firms.n_markets; m++) {
        size_t g = (size_t)k->nation.group[m], y = (size_t)k->year_of[m];
        double own = hk ? log1p(k->market[m].gain) : k->market[m].gain,
               all = hk ? log1p(k->year_gain[y]) : k->year_gain[y];
        contribution[g] = all > 0 ? k->market[m].output / k->year_output[y] * own / all : NAN;
        capital[g] = k->in.derived ? NAN : k->nation.capital_share[m];
        sd[g] = k->market[m].sd_tfpr;
        op[g] = k->market[m].op_covariance;
    }
}

/** Intervals of the groups; with `nation` also those of the years, from the same draws. */
static agl_status intervals(work *k, const agl_market_set *set, bool nation, double *lo, double *hi,
                            agl_error *err) {
    size_t markets = set->firms.n_markets, years = nation ? k->in.n_years : 0, n = set->n_groups + years;
    for (size_t g = 0; g < set->n_groups; g++)
        lo[g] = hi[g] = NAN;
    if (k->replications == 0) return AGL_OK;
    int32_t *group = AGL_NEW(int32_t, 2 * markets);
    double *ends = AGL_NEW(double, 2 * n);
    agl_status status = group && ends ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (size_t m = 0; m < markets; m++) {
            group[m] = set->group[m];
            group[markets + m] = nation ? (int32_t)set->n_groups + k->year_of[m] : -1;
        }
        agl_gain_interval out = {ends, ends + n};
        status = agl_misallocation_bootstrap(&out, &set->firms, k->in.firm, group, nation ? 2 : 1, n,
                                             k->replications, k->level, &k->o, agl__run_ctx(k->run), err);
    }
    if (status == AGL_OK) {
        memcpy(lo, ends, set->n_groups * sizeof *lo);
        memcpy(hi, ends + n, set->n_groups * sizeof *hi);
        memcpy(k->year_lo, ends + set->n_groups, years * sizeof *lo);
        memcpy(k->year_hi, ends + n + set->n_groups, years * sizeof *hi);
    }
    free(group);
    free(ends);
    return status;
}

/** One row for each place and year, with the gain when labour and capital stay in the place and the industry.
 */
static agl_status place_table(work *k, const agl_market_set *set, const char *name, const char *key,
                              const agl_dict *dict, bool nation, agl_error *err) {
    agl_table *t;
    int32_t *code;
    agl_market *market = nation ? k->market : AGL_NEW(agl_market, set->firms.n_markets);
    if (!market) return agl_fail_memory(err);
    agl_status status = agl__run_output(&t, k->run, name, set->n_groups, err);
    if (status == AGL_OK) status = agl__run_key(&code, t, key, dict, err);
    if (status == AGL_OK && !nation)
        status = agl_misallocation(market, NULL, &set->firms, &k->o, agl__run_ctx(k->run), err);
    if (status == AGL_OK) {
        memcpy(code, set->place, set->n_groups * sizeof *code);
        agl_misallocation_total(agl__run_num(t, "gain"), agl__run_num(t, "output"), market,
                                set->firms.n_markets, set->group, set->n_groups, k->o.model);
        place_columns(t, k, set, nation);
        if (nation) industry_columns(t, k);
        status = intervals(k, set, nation, agl__run_num(t, "gain_lo"), agl__run_num(t, "gain_hi"), err);
    }
    if (status == AGL_OK) status = year_column(t, &k->in, set->year, set->n_groups, err);
    if (!nation) free(market);
    return status;
}

/** Table of the places of an optional role. */
static agl_status role_table(work *k, const char *role, const char *table, agl_error *err) {
    const agl_column *column = agl__run_column(k->run, "data", role);
    if (!column || !agl__run_wants(k->run, table)) return AGL_OK;
    int32_t *place = AGL_NEW(int32_t, k->in.n);
    if (!place) return agl_fail_memory(err);
    size_t none = 0;
    for (size_t i = 0; i < k->in.n; i++) {
        place[i] = column->code[k->in.row[i]];
        none += place[i] < 0;
    }
    if (none) agl__run_warn(k->run, "%zu of %zu firms have no %s and count in none", none, k->in.n, role);
    agl_market_set set;
    agl_status status = agl__market_set(&set, &k->in, place, column->dict.n, err);
    if (status == AGL_OK) status = place_table(k, &set, table, role, &column->dict, false, err);
    agl__market_set_free(&set);
    free(place);
    return status;
}

/* ---- summary, sensitivity, firms, measurement error ---- */

static agl_status summary_table(work *k, agl_error *err) {
    size_t years = k->in.n_years;
    agl_table *t;
    agl_dispersion *d = AGL_NEW(agl_dispersion, years);
    agl_status status =
        d ? agl_misallocation_dispersion(d, k->w.ln_tfpr, k->w.ln_tfpq, k->in.year, years, k->in.n, err)
          : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__run_output(&t, k->run, "summary", years, err);
    if (status == AGL_OK) {
        memcpy(agl__run_num(t, "output"), k->year_output, years * sizeof(double));
        memcpy(agl__run_num(t, "gain"), k->year_gain, years * sizeof(double));
        memcpy(agl__run_num(t, "gain_lo"), k->year_lo, years * sizeof(double));
        memcpy(agl__run_num(t, "gain_hi"), k->year_hi, years * sizeof(double));
        double *op = agl__run_num(t, "op_covariance");
        for (size_t m = 0; m < k->nation.firms.n_markets; m++)
            if (k->market[m].n > 0)
                op[k->year_of[m]] +=
                    k->market[m].output / k->year_output[k->year_of[m]] * k->market[m].op_covariance;
        for (size_t y = 0; y < years; y++) {
            agl__run_num(t, "firms")[y] = (double)d[y].n;
            agl__run_num(t, "trimmed")[y] = (double)k->year_trimmed[y];
            agl__run_num(t, "actual_to_efficient")[y] = 1 / (1 + k->year_gain[y]);
            agl__run_num(t, "sd_tfpr")[y] = d[y].sd_tfpr;
            agl__run_num(t, "p75_25_tfpr")[y] = d[y].p75_25_tfpr;
            agl__run_num(t, "p90_10_tfpr")[y] = d[y].p90_10_tfpr;
            agl__run_num(t, "sd_tfpq")[y] = d[y].sd_tfpq;
            agl__run_num(t, "p75_25_tfpq")[y] = d[y].p75_25_tfpq;
            agl__run_num(t, "p90_10_tfpq")[y] = d[y].p90_10_tfpq;
            agl__run_num(t, "correlation")[y] = d[y].correlation;
        }
        status = year_column(t, &k->in, NULL, years, err);
    }
    free(d);
    return status;
}

/** Reads "2, 3, 4" into values; false when it is no list of numbers. */
static bool parse_list(double *value, size_t *n, size_t most, const char *text) {
    for (*n = 0; *text && *n < most; ++*n) {
        char *end;
        value[*n] = strtod(text, &end);
        if (end == text || !isfinite(value[*n])) return false;
        for (text = end; *text == ' ' || *text == ',';)
            text++;
    }
    return *text == 0 && *n > 0;
}

/** The gain on the same firms with other values of sigma or gamma. */
static agl_status sensitivity_table(work *k, agl_error *err) {
    bool hk = k->o.model == AGL_HSIEH_KLENOW;
    const char *text = agl__run_text(k->run, "sensitivity");
    double value[32];
    size_t n, years = k->in.n_years;
    if (k->in.derived || !agl__run_wants(k->run, "sensitivity")) return AGL_OK;
    if (!parse_list(value, &n, 32, text ? text : hk ? "2, 3, 4, 5" : "0.5, 0.6, 0.7, 0.8, 0.9"))
        return agl_fail(err, AGL_EUSAGE,
                        "--sensitivity must be a list of up to 32 numbers, such as \"2, 3, 5\", not \"%s\"",
                        text);
    qsort(value, n, sizeof *value, agl__ascending);
    agl_table *t;
    agl_status status = agl__run_output(&t, k->run, "sensitivity", n * years, err);
    agl_market *market = AGL_NEW(agl_market, k->nation.firms.n_markets);
    double *scratch = AGL_NEW(double, 2 * years);
    if (status == AGL_OK && !(market && scratch)) status = agl_fail_memory(err);
    for (size_t v = 0; v < n && status == AGL_OK; v++) {
        agl_misallocation_options o = k->o;
        *(hk ? &o.sigma : &o.gamma) = value[v];
        status = agl_misallocation(market, NULL, &k->nation.firms, &o, agl__run_ctx(k->run), err);
        if (status != AGL_OK) break;
        agl_misallocation_total(scratch, scratch + years, market, k->nation.firms.n_markets, k->year_of,
                                years, k->o.model);
        for (size_t y = 0; y < years; y++) {
            agl__run_num(t, "gain")[y * n + v] = scratch[y];
            agl__run_num(t, "parameter")[y * n + v] = value[v];
            if (k->in.years) agl__run_num(t, "year")[y * n + v] = k->in.years[y];
        }
    }
    if (status == AGL_OK && !k->in.years) status = agl__run_drop_column(t, "year", err);
    free(market);
    free(scratch);
    return status;
}

static agl_status firm_keys(const work *k, agl_table *t, agl_error *err) {
    const agl_column *firm = agl__run_column(k->run, "data", "firm"),
                     *industry = agl__run_column(k->run, "data", "industry");
    agl_status status = AGL_OK;
    int32_t *code;
    if (firm) {
        status = agl__run_key(&code, t, "firm", &firm->dict, err);
        if (status == AGL_OK) memcpy(code, k->in.firm, k->in.n * sizeof *code);
    } else {
        status = agl__run_drop_column(t, "firm", err);
    }
    if (status != AGL_OK) return status;
    if (!industry) return agl__run_drop_column(t, "industry", err);
    status = agl__run_key(&code, t, "industry", &industry->dict, err);
    if (status == AGL_OK) memcpy(code, k->in.industry, k->in.n * sizeof *code);
    return status;
}

static agl_status firms_table(work *k, agl_error *err) {
    static const char *const name[] = {"ln_tfpr", "ln_tfpq", "share", "efficient_share", "tau_y", "tau_k"};
    if (!agl__run_wants(k->run, "firms")) return AGL_OK;
    agl_table *t;
    size_t n = k->in.n;
    agl_status status = agl__run_output(&t, k->run, "firms", n, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < n; i++) {
        agl__run_num(t, "row")[i] = (double)k->in.row[i] + 1;
        agl__run_num(t, "trimmed")[i] = k->in.trimmed_to[i] < 0;
    }
    for (int c = 0; c < 6; c++)
        memcpy(agl__run_num(t, name[c]), k->buffer + (size_t)c * n, n * sizeof(double));
    status = firm_keys(k, t, err);
    if (status == AGL_OK) status = year_column(t, &k->in, k->in.year, n, err);
    bool no_taus = k->in.derived || k->o.model == AGL_SPAN_OF_CONTROL;
    if (status == AGL_OK && no_taus) status = agl__run_drop_column(t, "tau_y", err);
    if (status == AGL_OK && no_taus) status = agl__run_drop_column(t, "tau_k", err);
    return status;
}

/** Row of the same firm a year before. */
static agl_status find_lags(int32_t *lag, const agl_producer_input *in, size_t n_firms, agl_error *err) {
    const int32_t *keys[] = {in->firm, in->year};
    const size_t codes[] = {n_firms, in->n_years};
    uint32_t *order = AGL_NEW(uint32_t, in->n);
    if (!order) return agl_fail_memory(err);
    agl_status status = agl__code_order(order, keys, codes, 2, in->n, err);
    for (size_t k = 0; k < in->n && status == AGL_OK; k++) {
        size_t i = order[k], b = k > 0 ? order[k - 1] : i;
        bool same = k > 0 && in->firm[i] == in->firm[b] && in->industry[i] == in->industry[b];
        lag[i] = same && in->years[in->year[i]] == in->years[in->year[b]] + 1 ? (int32_t)b : -1;
    }
    free(order);
    return status;
}

static agl_status error_table(work *k, agl_error *err) {
    const agl_column *firm = agl__run_column(k->run, "data", "firm");
    if (!firm || !k->in.years || k->in.n_years < 2 || k->in.derived ||
        !agl__run_wants(k->run, "measurement_error"))
        return AGL_OK;
    int32_t *lag = AGL_NEW(int32_t, k->in.n);
    agl_measurement_error e;
    agl_table *t;
    agl_status status = lag ? find_lags(lag, &k->in, firm->dict.n, err) : agl_fail_memory(err);
    if (status == AGL_OK)
        status = agl_misallocation_error(&e, &k->nation.firms, k->w.ln_tfpr, lag, k->in.firm, err);
    if (status == AGL_OK) status = agl__run_output(&t, k->run, "measurement_error", 1, err);
    if (status == AGL_OK) {
        *agl__run_num(t, "pairs") = (double)e.pairs;
        *agl__run_num(t, "psi") = e.psi;
        *agl__run_num(t, "lambda_share") = e.lambda;
        *agl__run_num(t, "lambda_se") = e.se;
    }
    free(lag);
    return status;
}

static void warn(work *k) {
    size_t alone = 0;
    for (size_t m = 0; m < k->nation.firms.n_markets; m++)
        alone += k->market[m].n == 1;
    if (alone)
        agl__run_warn(k->run,
                      "%zu of %zu industries (by year) have one firm: nothing can be reallocated there",
                      alone, k->nation.firms.n_markets);
    if (k->in.derived)
        agl__run_warn(
            k->run, "output and inputs are computed from tfpr and tfpq with the parameter given, so that the "
                    "gain at other parameters (table sensitivity) and the wedges of firms are not known");
}

agl_status agl_op_allocate_misallocation(agl_run *run, agl_error *err) {
    work k = {
        .run = run,
        .o = {.model = agl__run_is(run, "model", "span-of-control") ? AGL_SPAN_OF_CONTROL : AGL_HSIEH_KLENOW,
              .sigma = agl__run_number(run, "sigma"),
              .gamma = agl__run_number(run, "gamma"),
              .rental = agl__run_number(run, "rental")},
        .replications = (size_t)agl__run_integer(run, "replications"),
        .level = agl__run_number(run, "level")};
    agl_status status = agl__producer_input(&k.in, run, &k.o, err);
    if (status == AGL_OK) status = agl__market_set(&k.nation, &k.in, k.in.industry, k.in.n_industries, err);
    if (status == AGL_OK) status = allocate(&k, err);
    if (status == AGL_OK) status = compute(&k, err);
    if (status == AGL_OK) warn(&k);
    if (status == AGL_OK)
        status = k.in.industries
                     ? place_table(&k, &k.nation, "industries", "industry", k.in.industries, true, err)
                     : intervals(&k, &k.nation, true, k.year_lo, k.year_hi, err);
    if (status == AGL_OK) status = role_table(&k, "region", "regions", err);
    if (status == AGL_OK) status = role_table(&k, "cluster", "clusters", err);
    if (status == AGL_OK) status = summary_table(&k, err);
    if (status == AGL_OK) status = sensitivity_table(&k, err);
    if (status == AGL_OK) status = error_table(&k, err);
    if (status == AGL_OK) status = firms_table(&k, err);
    free(k.buffer);
    free(k.market);
    free(k.year_of);
    free(k.year_gain);
    free(k.year_output);
    free(k.year_lo);
    free(k.year_hi);
    free(k.year_trimmed);
    agl__market_set_free(&k.nation);
    agl__producer_input_free(&k.in);
    return status;
}

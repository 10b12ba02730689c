#include "op/allocate/producer_input.h"
#include "base/mem.h"
#include "kernel/measure/cells.h"

#include <math.h>

#define MOST_YEARS 10000 /* a wider range holds no years but something else */

typedef struct columns {
    const agl_column *output, *labour, *capital, *tfpr, *tfpq, *industry, *year, *firm;
} columns;

static double value(const agl_column *c, size_t row) { return c ? c->num[row] : NAN; }

/** Codes of the years of the rows that enter. */
static agl_status code_years(agl_producer_input *in, const agl_column *year, agl_error *err) {
    in->n_years = 1;
    if (!year) return AGL_OK;
    double first = INFINITY, last = -INFINITY;
    for (size_t k = 0; k < in->n; k++) {
        first = fmin(first, year->num[in->row[k]]);
        last = fmax(last, year->num[in->row[k]]);
    }
    if (!(last - first < MOST_YEARS))
        return agl_fail(err, AGL_EDATA,
                        "the years run from %g to %g; is the role year bound to the right column?", first,
                        last);
    size_t range = (size_t)(last - first) + 1;
    int32_t *at = AGL_NEW(int32_t, range);
    in->years = AGL_NEW(double, range);
    if (!at || !in->years) {
        free(at);
        return agl_fail_memory(err);
    }
    for (size_t k = 0; k < in->n; k++)
        at[(size_t)(year->num[in->row[k]] - first)] = 1;
    in->n_years = 0;
    for (size_t y = 0; y < range; y++) {
        if (!at[y]) continue;
        at[y] = (int32_t)in->n_years;
        in->years[in->n_years++] = first + (double)y;
    }
    for (size_t k = 0; k < in->n; k++)
        in->year[k] = at[(size_t)(year->num[in->row[k]] - first)];
    free(at);
    return AGL_OK;
}

typedef struct excluded {
    size_t missing, not_positive, first_bad;
    const char *role; /* of the first bad row */
} excluded;

/** True when the row enters. Missing is not zero: a missing value leaves the row out, a zero is an error
 * unless --invalid drop. */
static bool enters(excluded *out, const columns *c, size_t i) {
    const agl_column *number[] = {c->output, c->labour, c->capital, c->tfpr, c->tfpq};
    static const char *const role[] = {"output", "labour", "capital", "tfpr", "tfpq"};
    bool missing = (c->industry && c->industry->code[i] < 0) || (c->year && isnan(c->year->num[i])) ||
                   (c->firm && c->firm->code[i] < 0);
    for (int k = 0; k < 5; k++)
        missing = missing || (number[k] && isnan(number[k]->num[i]));
    if (missing) {
        out->missing++;
        return false;
    }
    for (int k = 0; k < 5; k++) {
        if (!number[k] || number[k]->num[i] > 0) continue;
        if (out->not_positive++ == 0) out->first_bad = i, out->role = role[k];
        return false;
    }
    return true;
}

static agl_status choose_rows(agl_producer_input *in, agl_run *run, const columns *c, agl_error *err) {
    excluded out = {0};
    for (size_t i = 0; i < in->rows; i++)
        if (enters(&out, c, i)) in->row[in->n++] = (uint32_t)i;
    if (out.not_positive && agl__run_is(run, "invalid", "fail"))
        return agl__run_fail_row(run, "data", out.first_bad, out.role, err,
                                 "zero or negative, but logarithms are taken (%zu such rows); correct them, "
                                 "or leave them out with "
                                 "--invalid drop",
                                 out.not_positive);
    if (in->n == 0) return agl_fail(err, AGL_EDATA, "no row has everything that is needed above zero");
    if (out.missing)
        agl__run_warn(run, "%zu of %zu rows were left out because a value is missing", out.missing, in->rows);
    if (out.not_positive)
        agl__run_warn(
            run,
            "%zu of %zu rows were left out because a value is zero or negative: firms with losses go, so the "
            "dispersion is too small",
            out.not_positive, in->rows);
    agl__run_rows(run, in->n, in->rows - in->n);
    return AGL_OK;
}

/** Output and inputs that TFPR and TFPQ imply, up to a common unit, with X = K = L:
 *     ln TFPQ = q (ln X + p ln TFPR)  ->  ln X = ln TFPQ / q - p ln TFPR,  ln Y = ln X + ln TFPR. */
static void derive(agl_producer_input *in, const columns *c, const agl_misallocation_options *o) {
    bool hk = o->model == AGL_HSIEH_KLENOW;
    double p = hk ? o->sigma : 1 / (1 - o->gamma), q = hk ? 1 / (o->sigma - 1) : 1 - o->gamma;
    for (size_t k = 0; k < in->n; k++) {
        double r = log(value(c->tfpr, in->row[k])), x = log(value(c->tfpq, in->row[k])) / q - p * r;
        in->labour[k] = in->capital[k] = exp(x);
        in->output[k] = exp(x + r);
    }
}

static agl_status fill(agl_producer_input *in, agl_run *run, const columns *c,
                       const agl_misallocation_options *o, agl_error *err) {
    for (size_t k = 0; k < in->n; k++) {
        size_t i = in->row[k];
        in->output[k] = value(c->output, i);
        in->labour[k] = value(c->labour, i);
        in->capital[k] = value(c->capital, i);
        if (c->industry) in->industry[k] = c->industry->code[i];
        if (c->firm) in->firm[k] = c->firm->code[i];
    }
    if (in->derived) derive(in, c, o);
    in->industries = c->industry ? &c->industry->dict : NULL;
    in->n_industries = c->industry ? c->industry->dict.n : 1;
    for (size_t k = 0; k < in->n; k++)
        if (!isfinite(in->output[k]) || !isfinite(in->capital[k]) || !(in->capital[k] > 0))
            return agl__run_fail_row(run, "data", in->row[k], NULL, err,
                                     "the value is too large or too small to compute with");
    return code_years(in, c->year, err);
}

/* ---- capital shares ---- */

static const char *industry_name(const agl_producer_input *in, size_t s) {
    return in->industries ? in->industries->text[s] : "(all)";
}

/** a = 1 - scale (labour cost / value added) of each industry, all years together. */
static agl_status shares_from_data(agl_producer_input *in, agl_run *run, agl_error *err) {
    double *labour = AGL_NEW(double, in->n_industries), scale = agl__run_number(run, "labour-scale");
    if (!labour) return agl_fail_memory(err);
    for (size_t s = 0; s < in->n_industries; s++)
        in->capital_share[s] = 0;
    for (size_t k = 0; k < in->n; k++) {
        labour[in->industry[k]] += in->labour[k];
        in->capital_share[in->industry[k]] += in->output[k];
    }
    agl_status status = AGL_OK;
    for (size_t s = 0; s < in->n_industries && status == AGL_OK; s++) {
        if (!(in->capital_share[s] > 0)) continue;
        double a = 1 - scale * labour[s] / in->capital_share[s];
        if (!(a > 0 && a < 1))
            status =
                agl_fail(err, AGL_EDATA,
                         "industry %s: labour is %.3g times output, which leaves no capital share between 0 "
                         "and 1; is labour the "
                         "wage bill in the unit of output? Otherwise give --shares FILE or --capital-share",
                         industry_name(in, s), labour[s] / in->capital_share[s]);
        in->capital_share[s] = a;
    }
    free(labour);
    return status;
}

static agl_status shares_from_file(agl_producer_input *in, const agl_run *run, agl_error *err) {
    const agl_column *of = agl__run_column(run, "shares", "industry"),
                     *a = agl__run_column(run, "shares", "capital_share");
    size_t rows = agl__run_input(run, "shares")->rows;
    if (!in->industries) return agl_fail(err, AGL_EUSAGE, "--shares needs the role industry in the data");
    for (size_t row = 0; row < rows; row++) {
        int32_t code = of->code[row] < 0 ? -1 : agl_dict_find(in->industries, of->dict.text[of->code[row]]);
        if (code >= 0) in->capital_share[code] = a->num[row];
    }
    for (size_t k = 0; k < in->n; k++) {
        double share = in->capital_share[in->industry[k]];
        if (!(share > 0 && share < 1))
            return agl__run_fail_row(run, "data", in->row[k], "industry", err,
                                     "industry %s has no capital share between 0 and 1 in shares",
                                     in->industries->text[in->industry[k]]);
    }
    return AGL_OK;
}

static agl_status capital_shares(agl_producer_input *in, agl_run *run, const agl_misallocation_options *o,
                                 agl_error *err) {
    double all = in->derived ? 0.5 : agl__run_number(run, "capital-share");
    in->capital_share = AGL_NEW(double, in->n_industries);
    if (!in->capital_share) return agl_fail_memory(err);
    for (size_t s = 0; s < in->n_industries; s++)
        in->capital_share[s] = all;
    if (!isnan(all)) return AGL_OK;
    if (agl__run_input(run, "shares")) return shares_from_file(in, run, err);
    if (o->model == AGL_SPAN_OF_CONTROL)
        return agl_fail(err, AGL_EUSAGE,
                        "the span-of-control model needs --capital-share or --shares: labour may be persons, "
                        "from which no share follows");
    return shares_from_data(in, run, err);
}

static agl_status allocate(agl_producer_input *in, bool with_firm, agl_error *err) {
    in->output = AGL_NEW(double, in->n);
    in->labour = AGL_NEW(double, in->n);
    in->capital = AGL_NEW(double, in->n);
    in->industry = AGL_NEW(int32_t, in->n);
    in->year = AGL_NEW(int32_t, in->n);
    in->trimmed_to = AGL_NEW(int32_t, in->n);
    if (with_firm) in->firm = AGL_NEW(int32_t, in->n);
    bool numbers = in->output && in->labour && in->capital;
    return numbers && in->industry && in->year && in->trimmed_to && (in->firm || !with_firm)
               ? AGL_OK
               : agl_fail_memory(err);
}

/** Either output, labour and capital, or tfpr and tfpq: the two ways may contradict each other. */
static agl_status check_columns(const columns *c, bool derived, agl_error *err) {
    if (!derived && !(c->output && c->labour && c->capital))
        return agl_fail(
            err, AGL_EUSAGE,
            "the columns output, labour and capital are needed, or else tfpr and tfpq; name them with --col");
    if (derived && (c->output || c->labour || c->capital))
        return agl_fail(err, AGL_EUSAGE,
                        "give either output, labour and capital, or tfpr and tfpq, not both");
    return AGL_OK;
}

agl_status agl__producer_input(agl_producer_input *in, agl_run *run, const agl_misallocation_options *o,
                               agl_error *err) {
    columns c = {agl__run_column(run, "data", "output"),  agl__run_column(run, "data", "labour"),
                 agl__run_column(run, "data", "capital"), agl__run_column(run, "data", "tfpr"),
                 agl__run_column(run, "data", "tfpq"),    agl__run_column(run, "data", "industry"),
                 agl__run_column(run, "data", "year"),    agl__run_column(run, "data", "firm")};
    size_t rows = agl__run_input(run, "data")->rows;
    *in = (agl_producer_input){.rows = rows, .derived = c.tfpr && c.tfpq};
    if (rows > INT32_MAX)
        return agl_fail(err, AGL_EDATA, "more than 2 billion rows: split the data by year with --where");
    in->row = AGL_NEW(uint32_t, rows);
    agl_status status = in->row ? check_columns(&c, in->derived, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = choose_rows(in, run, &c, err);
    if (status == AGL_OK) status = allocate(in, c.firm != NULL, err);
    if (status == AGL_OK) status = fill(in, run, &c, o, err);
    if (status == AGL_OK) status = capital_shares(in, run, o, err);
    return status;
}

void agl__producer_input_free(agl_producer_input *in) {
    free(in->row);
    free(in->trimmed_to);
    free(in->output);
    free(in->labour);
    free(in->capital);
    free(in->industry);
    free(in->year);
    free(in->firm);
    free(in->years);
    free(in->capital_share);
    *in = (agl_producer_input){0};
}

/* ---- markets ---- */

static bool market_arrays(agl_market_set *set, size_t n) {
    set->market = AGL_NEW(int32_t, n);
    set->capital_share = AGL_NEW(double, n);
    set->group = AGL_NEW(int32_t, n);
    set->industry = AGL_NEW(int32_t, n);
    set->place = AGL_NEW(int32_t, n);
    set->year = AGL_NEW(int32_t, n);
    return set->market && set->capital_share && set->group && set->industry && set->place && set->year;
}

/** Numbers the runs of equal place, year and industry in the sorted rows; returns the number of markets. */
static size_t number_markets(agl_market_set *set, const agl_producer_input *in, const int32_t *place,
                             const uint32_t *order) {
    size_t markets = 0;
    for (size_t k = 0; k < in->n; k++) {
        size_t i = order[k], before = k > 0 ? order[k - 1] : i;
        set->market[i] = -1;
        if (place[i] < 0) continue;
        bool new_group = k == 0 || place[i] != place[before] || in->year[i] != in->year[before];
        if (new_group) {
            set->place[set->n_groups] = place[i];
            set->year[set->n_groups++] = in->year[i];
        }
        if (new_group || in->industry[i] != in->industry[before]) {
            set->group[markets] = (int32_t)(set->n_groups - 1);
            set->industry[markets] = in->industry[i];
            set->capital_share[markets++] = in->capital_share[in->industry[i]];
        }
        if (in->trimmed_to[i] == 0) set->market[i] = (int32_t)(markets - 1);
    }
    return markets;
}

agl_status agl__market_set(agl_market_set *set, const agl_producer_input *in, const int32_t *place,
                           size_t n_places, agl_error *err) {
    *set = (agl_market_set){0};
    size_t n = in->n;
    int32_t *key = AGL_NEW(int32_t, n); /* rows without a place come last */
    uint32_t *order = AGL_NEW(uint32_t, n);
    agl_status status = market_arrays(set, n) && key && order ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        key[i] = place[i] < 0 ? (int32_t)n_places : place[i];
    const int32_t *keys[] = {key, in->year, in->industry};
    const size_t codes[] = {n_places + 1, in->n_years, in->n_industries};
    if (status == AGL_OK) status = agl__code_order(order, keys, codes, 3, n, err);
    size_t markets = status == AGL_OK ? number_markets(set, in, place, order) : 0;
    set->firms =
        (agl_producers){n, markets, set->market, in->output, in->labour, in->capital, set->capital_share};
    free(key);
    free(order);
    return status;
}

void agl__market_set_free(agl_market_set *set) {
    free(set->market);
    free(set->capital_share);
    free(set->group);
    free(set->industry);
    free(set->place);
    free(set->year);
    *set = (agl_market_set){0};
}

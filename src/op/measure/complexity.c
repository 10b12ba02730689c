#include "agglo/complexity.h"
#include "base/mem.h"
#include "kernel/measure/complexity.h"
#include "op/measure/complexity_input.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Limits of the checks: rules of thumb, told in the record. */
#define LEAST_GAP         0.05
#define LEAST_CORRELATION 0.2
#define LEAST_STABILITY   0.95
#define LEAST_SIDE        20

enum { REGION_COLUMNS = 8, INDUSTRY_COLUMNS = 5 };
static const char *const region_column[REGION_COLUMNS] = {"total",  "diversity", "eci", "eci_lo",
                                                          "eci_hi", "fitness",   "coi", "expy"};
static const char *const industry_column[INDUSTRY_COLUMNS] = {"total", "ubiquity", "pci", "fitness_q",
                                                              "prody"};

/** Results of all years: [column][year * codes + code]. */
typedef struct results {
    const agl_cell_input *in;
    double *region[REGION_COLUMNS], *industry[INDUSTRY_COLUMNS];
    double *income;                    /* of regions in one year; NULL without the input */
    agl_complexity_validity *validity; /* by year */
} results;

static agl_status results_new(results *r, const agl_cell_input *in, bool income, agl_error *err) {
    size_t years = in->n_years;
    *r = (results){.in = in, .validity = AGL_NEW(agl_complexity_validity, years)};
    bool ok = r->validity != NULL;
    for (int c = 0; c < REGION_COLUMNS; c++)
        ok = (r->region[c] = AGL_NEW(double, years * in->cells.n_regions)) != NULL && ok;
    for (int c = 0; c < INDUSTRY_COLUMNS; c++)
        ok = (r->industry[c] = AGL_NEW(double, years * in->cells.n_industries)) != NULL && ok;
    if (income) ok = (r->income = AGL_NEW(double, in->cells.n_regions)) != NULL && ok;
    return ok ? AGL_OK : agl_fail_memory(err);
}

static void results_free(results *r) {
    for (int c = 0; c < REGION_COLUMNS; c++)
        free(r->region[c]);
    for (int c = 0; c < INDUSTRY_COLUMNS; c++)
        free(r->industry[c]);
    free(r->income);
    free(r->validity);
}

/** Income of every region in a year; returns the number of those known. */
static size_t read_income(double *income, const agl_run *run, const agl_cell_input *in, size_t slice) {
    const agl_column *region = agl__run_column(run, "income", "region"),
                     *value = agl__run_column(run, "income", "value"),
                     *year = agl__run_column(run, "income", "year");
    size_t known = 0, rows = agl__run_input(run, "income")->rows;
    for (size_t r = 0; r < in->cells.n_regions; r++)
        income[r] = NAN;
    for (size_t k = 0; k < rows; k++) {
        if (year && in->years && year->num[k] != agl__cell_year(in, slice)) continue;
        int32_t code =
            region->code[k] < 0 ? -1 : agl_dict_find(in->regions, region->dict.text[region->code[k]]);
        if (code < 0 || isnan(value->num[k])) continue;
        income[code] = value->num[k];
        known++;
    }
    return known;
}

/* ---- the validity report ---- */

/* Sorted: the codes of the key column. */
enum {
    DIVERSITY_CORRELATION,
    EMPTY_INDUSTRIES,
    EMPTY_REGIONS,
    FITNESS_SETTLED,
    INDUSTRIES,
    NESTEDNESS,
    OUTSIDE,
    PARTS,
    REGIONS,
    SIGN_STABILITY,
    SMALL_INDUSTRIES,
    SMALL_REGIONS,
    SPECTRAL_GAP,
    TINY_AT_ENDS,
    TINY_REGIONS,
    CHECKS
};
static const char *const check_name[CHECKS] = {"diversity_correlation",
                                               "empty_industries",
                                               "empty_regions",
                                               "fitness_settled",
                                               "industries",
                                               "nestedness",
                                               "outside",
                                               "parts",
                                               "regions",
                                               "sign_stability",
                                               "small_industries",
                                               "small_regions",
                                               "spectral_gap",
                                               "tiny_at_ends",
                                               "tiny_regions"};

typedef struct finding {
    double value, limit, passed; /* limit and passed NaN where nothing is judged */
} finding;

static finding told(size_t count) { return (finding){(double)count, NAN, NAN}; }
static finding at_least(double value, double limit) {
    return (finding){value, limit, isnan(value) ? NAN : value >= limit};
}
static finding at_most(double value, double limit) { return (finding){value, limit, value <= limit}; }

static void judge(finding *f, const agl_complexity_validity *v) {
    f[DIVERSITY_CORRELATION] = at_least(v->diversity_correlation, LEAST_CORRELATION);
    f[EMPTY_INDUSTRIES] = told(v->empty_industries);
    f[EMPTY_REGIONS] = told(v->empty_regions);
    f[FITNESS_SETTLED] = at_least(v->fitness_settled, 1);
    f[INDUSTRIES] = at_least((double)v->industries, LEAST_SIDE);
    f[NESTEDNESS] = at_least(v->nestedness, v->fill);
    f[OUTSIDE] = told(v->outside);
    f[PARTS] = at_most((double)v->parts, 1);
    f[REGIONS] = at_least((double)v->regions, LEAST_SIDE);
    f[SIGN_STABILITY] = at_least(v->sign_stability, LEAST_STABILITY);
    f[SMALL_INDUSTRIES] = told(v->small_industries);
    f[SMALL_REGIONS] = told(v->small_regions);
    f[SPECTRAL_GAP] = at_least(v->gap, LEAST_GAP);
    f[TINY_AT_ENDS] = at_most((double)v->tiny_ends, 0);
    f[TINY_REGIONS] = told(v->tiny);
}

static void warn(agl_run *run, const agl_complexity_validity *v, const finding *f, const char *when) {
    agl__warn_left_out(run, v, when);
    if (f[PARTS].passed == 0)
        agl__run_warn(run,
                      "the table falls into %zu parts that share no industry%s: the index holds for the "
                      "largest, and %zu "
                      "regions have none",
                      v->parts, when, v->outside);
    if (f[TINY_AT_ENDS].passed == 0)
        agl__run_warn(run,
                      "%zu of the %zu regions at the top and the bottom of the index are tiny (below a tenth "
                      "of the median "
                      "total)%s: their few units decide it; leave them out with --min-total",
                      v->tiny_ends, v->ends, when);
    if (f[SPECTRAL_GAP].passed == 0)
        agl__run_warn(run,
                      "the second and the third eigenvalue are close (%.3f and %.3f)%s: small changes of the "
                      "data may turn "
                      "the index into another one",
                      v->second, v->third, when);
    if (f[DIVERSITY_CORRELATION].passed == 0)
        agl__run_warn(run,
                      "the index hardly goes together with the diversity of regions (correlation %.2f)%s: "
                      "its sign, and "
                      "so who is at the top, is doubtful",
                      v->diversity_correlation, when);
    if (f[SIGN_STABILITY].passed == 0)
        agl__run_warn(run, "the sign of the index changes in %.0f%% of the draws of industries%s",
                      100 * (1 - v->sign_stability), when);
    if (f[NESTEDNESS].passed == 0)
        agl__run_warn(run,
                      "the table is not nested (%.2f, by chance %.2f)%s: industries of specialised regions "
                      "are not a part "
                      "of those of diverse ones, as the index assumes",
                      v->nestedness, v->fill, when);
    if (f[REGIONS].passed == 0 || f[INDUSTRIES].passed == 0)
        agl__run_warn(run, "%zu regions and %zu industries are few for an index of complexity%s", v->regions,
                      v->industries, when);
    if (f[FITNESS_SETTLED].passed == 0)
        agl__run_warn(run, "the order of the regions by fitness still changed after %zu iterations%s",
                      v->fitness_iterations, when);
}

static agl_status write_validity(agl_run *run, const results *r, agl_error *err) {
    size_t years = r->in->n_years, row = 0;
    agl_table *t;
    agl_status status = agl__run_output(&t, run, "validity", CHECKS * years, err);
    agl_column *key = status == AGL_OK ? agl_table_column_mut(t, "check") : NULL;
    if (key) status = agl_dict_set(&key->dict, check_name, CHECKS, err);
    if (status == AGL_OK) status = agl__drop_year(t, r->in, err);
    if (status != AGL_OK) return status;
    key = agl_table_column_mut(t, "check");
    double *year = r->in->years ? agl__run_num(t, "year") : NULL, *value = agl__run_num(t, "value"),
           *limit = agl__run_num(t, "limit"), *passed = agl__run_num(t, "passed");
    for (int c = 0; c < CHECKS; c++)
        for (size_t y = 0; y < years; y++, row++) {
            finding f[CHECKS];
            judge(f, &r->validity[y]);
            key->code[row] = c;
            if (year) year[row] = r->in->years[y];
            value[row] = f[c].value, limit[row] = f[c].limit, passed[row] = f[c].passed;
        }
    return AGL_OK;
}

/* ---- computation ---- */

/** Complexity outlook of the regions. */
static agl_status outlook(double *coi, agl_run *run, const agl_cell_input *in, size_t y,
                          const agl_complexity *of, agl_error *err) {
    const agl_cells *cells = &in->cells;
    agl_relatedness_options options = agl__relatedness_options(run);
    agl_density density = {.coi = coi};
    bool fit = agl__run_is(run, "outlook-by", "fitness"), peer = agl__run_like(run, "py-ecomplexity");
    double *pci = AGL_NEW(double, cells->n_industries), mean, sd;
    if (!pci) return agl_fail_memory(err);
    memcpy(pci, fit ? of->fitness_q : of->pci, cells->n_industries * sizeof *pci);
    if (peer && !fit) agl__peer_pci(pci, cells->n_industries, of->eci, of->diversity, cells->n_regions);
    agl_status status = agl_density_around(&density, cells, y, pci, &options, agl__run_ctx(run), err);
    agl__mean_sd(&mean, &sd, coi, cells->n_regions, 0);
    for (size_t r = 0; r < cells->n_regions && peer; r++)
        coi[r] = (coi[r] - mean) / sd; /* that package standardises the outlook as well */
    free(pci);
    return status;
}

static agl_status one_year(agl_run *run, results *r, size_t y, const agl_complexity_options *o,
                           agl_error *err) {
    const agl_cells *cells = &r->in->cells;
    size_t at = y * cells->n_regions, of = y * cells->n_industries;
    char when[32] = "";
    if (r->in->years) snprintf(when, sizeof when, " in %.0f", r->in->years[y]);
    agl_complexity out = {.total = r->region[0] + at,
                          .diversity = r->region[1] + at,
                          .eci = r->region[2] + at,
                          .eci_lo = r->region[3] + at,
                          .eci_hi = r->region[4] + at,
                          .fitness = r->region[5] + at,
                          .industry_total = r->industry[0] + of,
                          .ubiquity = r->industry[1] + of,
                          .pci = r->industry[2] + of,
                          .fitness_q = r->industry[3] + of};
    agl_status status = agl_complex(&out, &r->validity[y], cells, y, o, agl__run_ctx(run), err);
    if (status == AGL_OK && agl__run_wants(run, "regions"))
        status = outlook(r->region[6] + at, run, r->in, y, &out, err);
    if (status == AGL_OK && r->income) {
        if (read_income(r->income, run, r->in, y) == 0)
            return agl_fail(err, AGL_EDATA,
                            "no region of the data has an income%s: are the codes the same in both files?",
                            when);
        status = agl_prody(r->industry[4] + of, r->region[7] + at, cells, y, r->income, o, err);
    }
    if (status == AGL_OK) {
        finding f[CHECKS];
        judge(f, &r->validity[y]);
        warn(run, &r->validity[y], f, when);
    } else if (err && r->in->years) {
        size_t length = strlen(err->message);
        snprintf(err->message + length, sizeof err->message - length, " (year %.0f)", r->in->years[y]);
    }
    return status;
}

/** One table of a side: rows are its codes with a total, in every year. */
static agl_status write_side(agl_run *run, const char *name, const char *key, const agl_dict *dict,
                             double *const *values, const char *const *column, int columns, const results *r,
                             agl_error *err) {
    size_t years = r->in->n_years, rows = 0, row = 0;
    for (size_t k = 0; k < years * dict->n; k++)
        rows += !isnan(values[0][k]);
    agl_table *t;
    int32_t *code;
    agl_status status = agl__run_output(&t, run, name, rows, err);
    if (status == AGL_OK) status = agl__drop_year(t, r->in, err);
    if (status == AGL_OK) status = agl__run_key(&code, t, key, dict, err);
    if (status == AGL_OK && !r->income) {
        status = agl__run_drop_column(t, column[columns - 1], err);
        columns--; /* expy and prody stand last */
    }
    if (status != AGL_OK) return status;
    double *year = r->in->years ? agl__run_num(t, "year") : NULL;
    for (size_t k = 0; k < dict->n; k++)
        for (size_t y = 0; y < years; y++) {
            size_t from = y * dict->n + k;
            if (isnan(values[0][from])) continue;
            code[row] = (int32_t)k;
            if (year) year[row] = r->in->years[y];
            for (int c = 0; c < columns; c++)
                agl__run_num(t, column[c])[row] = values[c][from];
            row++;
        }
    return AGL_OK;
}

agl_status agl_op_measure_complexity(agl_run *run, agl_error *err) {
    agl_cell_columns columns = agl__cell_columns(run, "value");
    agl_cell_input in;
    results r = {0};
    agl_complexity_options o = agl__complexity_options(run);
    o.replications = (size_t)agl__run_integer(run, "draws");
    o.level = agl__run_number(run, "level");
    o.extremality = agl__run_number(run, "extremality");
    agl_status status = agl__cell_input(&in, run, &columns, err);
    if (status == AGL_OK) status = results_new(&r, &in, agl__run_input(run, "income") != NULL, err);
    for (size_t y = 0; y < in.n_years && status == AGL_OK; y++)
        status = one_year(run, &r, y, &o, err);
    if (status == AGL_OK)
        status = write_side(run, "regions", "region", in.regions, r.region, region_column, REGION_COLUMNS, &r,
                            err);
    if (status == AGL_OK)
        status = write_side(run, "industries", "industry", in.industries, r.industry, industry_column,
                            INDUSTRY_COLUMNS, &r, err);
    if (status == AGL_OK) status = write_validity(run, &r, err);
    results_free(&r);
    agl__cell_input_free(&in);
    return status;
}

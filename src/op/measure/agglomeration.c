#include "agglo/agglomeration.h"
#include "base/mem.h"
#include "op/run.h"

#include <math.h>

/** Rows of the input "data" as establishments. */
static agl_plants plants_of(const agl_run *run) {
    const agl_column *industry = agl__run_column(run, "data", "industry"),
                     *region = agl__run_column(run, "data", "region");
    return (agl_plants){.n = agl__run_input(run, "data")->rows,
                        .industry = industry->code,
                        .region = region->code,
                        .size = agl__run_column(run, "data", "size")->num,
                        .n_industries = industry->dict.n,
                        .n_regions = region->dict.n};
}

static agl_status check_sizes(agl_run *run, const agl_plants *p, agl_error *err) {
    size_t missing = 0, zero = 0;
    for (size_t k = 0; k < p->n; k++) {
        missing += isnan(p->size[k]);
        zero += p->size[k] == 0;
    }
    if (missing + zero == p->n)
        return agl_fail(err, AGL_EDATA, "every size is zero or missing: there is nothing to compare");
    if (missing)
        agl__run_warn(run,
                      "%zu of %zu establishments have no size: they were left out, which changes the shares",
                      missing, p->n);
    if (zero) agl__run_warn(run, "%zu establishments of size 0 do not count as plants", zero);
    agl__run_rows(run, p->n - missing - zero, missing + zero);
    return AGL_OK;
}

/** Regions of the data and of the input "region_totals" under common codes: those of the data first, then the
 * others. Totals of a region with establishments must be there and above zero. */
static agl_status read_totals(double **totals, agl_plants *p, const agl_run *run, agl_error *err) {
    *totals = NULL;
    const agl_column *of = agl__run_column(run, "region_totals", "region");
    if (!of) return AGL_OK;
    const agl_column *value = agl__run_column(run, "region_totals", "value"),
                     *region = agl__run_column(run, "data", "region");
    size_t rows = agl__run_input(run, "region_totals")->rows, n = region->dict.n;
    *totals = AGL_NEW(double, n + rows);
    if (!*totals) return agl_fail_memory(err);
    for (size_t row = 0; row < rows; row++) {
        int32_t code = agl_dict_find(&region->dict, of->dict.text[of->code[row]]);
        double x = value->num[row];
        if (code >= 0)
            (*totals)[code] = isnan(x) ? 0 : x;
        else if (!isnan(x))
            (*totals)[n++] = x;
    }
    for (size_t k = 0; k < p->n; k++)
        if (p->size[k] > 0 && !((*totals)[p->region[k]] > 0))
            return agl__run_fail_row(run, "data", k, "region", err,
                                     "region %s has no total above zero in region_totals",
                                     region->dict.text[p->region[k]]);
    p->n_regions = n;
    return AGL_OK;
}

static void warn(agl_run *run, const agl_agglomeration *result, size_t n, bool simulated) {
    size_t undefined = 0, few = 0, industries = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(result[i].plants > 0)) continue;
        industries++;
        undefined += isnan(result[i].gamma);
        few += !isnan(result[i].gamma) && result[i].plants < 10;
    }
    if (undefined)
        agl__run_warn(run,
                      "%zu of %zu industries have no index: they have one plant, or one that holds nearly "
                      "all of the industry",
                      undefined, industries);
    if (few && !simulated)
        agl__run_warn(run,
                      "%zu of %zu industries have fewer than 10 plants: the normal approximation of their "
                      "p_value is rough; "
                      "use --simulations 1000",
                      few, industries);
}

static agl_status write_table(agl_run *run, const agl_agglomeration *result, size_t n, agl_error *err) {
    const agl_column *industry = agl__run_column(run, "data", "industry");
    size_t rows = 0, row = 0;
    for (size_t i = 0; i < n; i++)
        rows += result[i].plants > 0;
    agl_table *t;
    int32_t *code;
    agl_status status = agl__run_output(&t, run, "industries", rows, err);
    if (status == AGL_OK) status = agl__run_key(&code, t, "industry", &industry->dict, err);
    if (status != AGL_OK) return status;
    double *plants = agl__run_num(t, "plants"), *size = agl__run_num(t, "size"),
           *h = agl__run_num(t, "hhi_plants");
    double *g = agl__run_num(t, "g"), *gamma = agl__run_num(t, "gamma"), *ms = agl__run_num(t, "gamma_ms");
    double *z = agl__run_num(t, "z"), *p = agl__run_num(t, "p_value");
    for (size_t i = 0; i < n; i++) {
        if (!(result[i].plants > 0)) continue;
        code[row] = (int32_t)i;
        plants[row] = result[i].plants;
        size[row] = result[i].size;
        h[row] = result[i].hhi_plants;
        g[row] = result[i].g;
        gamma[row] = result[i].gamma;
        z[row] = result[i].z;
        p[row] = result[i].p_value;
        ms[row] = result[i].gamma_ms;
        row++;
    }
    return AGL_OK;
}

agl_status agl_op_measure_agglomeration(agl_run *run, agl_error *err) {
    agl_plants plants = plants_of(run);
    agl_agglomeration_options options = {.count = agl__run_is(run, "variant", "count"),
                                         .exclude_own = agl__run_flag(run, "exclude-own"),
                                         .simulations = (size_t)agl__run_integer(run, "simulations")};
    double *totals = NULL;
    agl_agglomeration *result = AGL_NEW(agl_agglomeration, plants.n_industries);
    agl_status status = result ? check_sizes(run, &plants, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = read_totals(&totals, &plants, run, err);
    if (status == AGL_OK) status = agl_agglomerate(result, &plants, totals, &options, agl__run_ctx(run), err);
    if (status == AGL_OK) {
        warn(run, result, plants.n_industries, options.simulations > 0);
        status = write_table(run, result, plants.n_industries, err);
    }
    free(totals);
    free(result);
    return status;
}

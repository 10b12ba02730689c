#include "agglo/specialization.h"
#include "op/measure/cell_input.h"

#include <math.h>
#include <string.h>

/** What the values were like, and what that means for interval and test. */
static void warn(agl_run *run, const agl_cell_input *in, const double *lq) {
    size_t undefined = 0;
    for (size_t k = 0; k < in->cells.n; k++)
        undefined += !isnan(in->value[k]) && isnan(lq[k]);
    if (undefined)
        agl__run_warn(run, "%zu cells have no quotient because their region or their industry is empty",
                      undefined);
    if (in->fractions)
        agl__run_warn(run,
                      "%zu values are not whole numbers: interval and p_value take values for counts, and "
                      "change with the unit of "
                      "measurement when they are none",
                      in->fractions);
}

static agl_status fill(agl_run *run, const agl_cell_input *in, const agl_economy *economy, agl_error *err) {
    agl_table *t;
    agl_status status = agl__run_output(&t, run, "lq", in->cells.n, err);
    if (status == AGL_OK) status = agl__cell_keys(t, in, "industry", err);
    if (status != AGL_OK) return status;
    memcpy(agl__run_num(t, "value"), in->value, in->cells.n * sizeof *in->value);
    agl_specialization out = {.region_total = agl__run_num(t, "region_total"),
                              .industry_total = agl__run_num(t, "industry_total"),
                              .share_of_region = agl__run_num(t, "share_of_region"),
                              .share_of_industry = agl__run_num(t, "share_of_industry"),
                              .lq = agl__run_num(t, "lq"),
                              .lq_lo = agl__run_num(t, "lq_lo"),
                              .lq_hi = agl__run_num(t, "lq_hi"),
                              .p_value = agl__run_num(t, "p_value")};
    agl_specialization_options options = {.level = agl__run_number(run, "level")};
    status = agl_specialize(&out, &in->cells, economy, &options, agl__run_ctx(run), err);
    if (status == AGL_OK) warn(run, in, out.lq);
    return status;
}

agl_status agl_op_measure_specialization(agl_run *run, agl_error *err) {
    agl_cell_columns columns = agl__cell_columns(run, "value");
    agl_cell_input in;
    agl_reference reference = {0};
    agl_status status = agl__cell_input(&in, run, &columns, err);
    if (status == AGL_OK) status = agl__reference(&reference, run, &in, err);
    if (status == AGL_OK) status = agl__cell_input_needs_regions(&in, reference.given, err);
    if (status == AGL_OK) status = fill(run, &in, agl__reference_economy(&reference), err);
    agl__reference_free(&reference);
    agl__cell_input_free(&in);
    return status;
}

#include "agglo/clusters.h"
#include "agglo/specialization.h"
#include "base/mem.h"
#include "op/measure/definitions.h"

#include <math.h>
#include <string.h>

/* ---- cells of clusters -----------------------------------------------------------------------------------
 */

/** Establishments by cell; NULL when the data have none. */
static agl_status read_establishments(double **out, const agl_run *run, const agl_cell_input *in,
                                      agl_error *err) {
    const agl_column *column = agl__run_column(run, "data", "establishments");
    *out = NULL;
    if (!column) return AGL_OK;
    *out = AGL_NEW(double, in->cells.n);
    if (!*out) return agl_fail_memory(err);
    for (size_t k = 0; k < in->cells.n; k++)
        (*out)[k] = column->num[in->row[k]];
    return AGL_OK;
}

static double add_known(double a, double b) {
    if (isnan(a)) return b;
    return isnan(b) ? a : a + b;
}

/** Adds up the cells of industries that belong to one cluster; they stand side by side. Sums run over what is
 * known. Returns the number of sums that lack a part. */
static size_t merge(agl_cell_input *in, double *establishments) {
    size_t to = 0, partial = 0;
    bool lacks = false, has = false;
    for (size_t k = 0; k < in->cells.n; k++) {
        double x = in->value[k], plants = establishments ? establishments[k] : NAN;
        bool same = to > 0 && in->region[k] == in->region[to - 1] &&
                    in->industry[k] == in->industry[to - 1] && in->slice[k] == in->slice[to - 1];
        if (same) {
            x = add_known(in->value[to - 1], x);
            if (establishments) plants = add_known(establishments[to - 1], plants);
        } else {
            partial += lacks && has;
            lacks = has = false;
            to++;
        }
        lacks = lacks || isnan(in->value[k]);
        has = has || !isnan(in->value[k]);
        in->region[to - 1] = in->region[k], in->industry[to - 1] = in->industry[k],
                        in->slice[to - 1] = in->slice[k];
        in->value[to - 1] = x;
        if (establishments) establishments[to - 1] = plants;
    }
    in->cells.n = to;
    return partial + (lacks && has);
}

/* ---- output ----------------------------------------------------------------------------------------------
 */

static agl_status fill(agl_run *run, const agl_cell_input *in, const double *establishments,
                       const agl_economy *economy, agl_error *err) {
    agl_table *t;
    agl_status status = agl__run_output(&t, run, "clusters", in->cells.n, err);
    if (status == AGL_OK) status = agl__cell_keys(t, in, "cluster", err);
    if (status != AGL_OK) return status;
    memcpy(agl__run_num(t, "employment"), in->value, in->cells.n * sizeof *in->value);
    if (establishments)
        memcpy(agl__run_num(t, "establishments"), establishments, in->cells.n * sizeof *establishments);
    agl_specialization quotients = {.region_total = agl__run_num(t, "region_total"),
                                    .industry_total = agl__run_num(t, "cluster_total"),
                                    .share_of_region = agl__run_num(t, "share_of_region"),
                                    .share_of_industry = agl__run_num(t, "share_of_cluster"),
                                    .lq = agl__run_num(t, "lq")};
    agl_clusters flags = {.rank_employment = agl__run_num(t, "rank_employment"),
                          .rank_lq = agl__run_num(t, "rank_lq"),
                          .qualifying = agl__run_num(t, "qualifying"),
                          .significant = agl__run_num(t, "significant"),
                          .strong = agl__run_num(t, "strong"),
                          .strong10 = agl__run_num(t, "strong10")};
    status = agl_specialize(&quotients, &in->cells, economy, NULL, agl__run_ctx(run), err);
    if (status == AGL_OK)
        status = agl_flag_clusters(&flags, &in->cells, quotients.lq, establishments, agl__run_ctx(run), err);
    if (status == AGL_OK && !establishments) status = agl__run_drop_column(t, "establishments", err);
    return status;
}

static void warn(agl_run *run, const agl_cell_input *in, const double *establishments, size_t partial) {
    if (in->unmapped)
        agl__run_warn(run, "%zu rows were left out because their industry is in no cluster", in->unmapped);
    if (partial)
        agl__run_warn(run,
                      "%zu clusters of a region are sums without an industry whose employment is missing or "
                      "suppressed: they are "
                      "too small",
                      partial);
    if (!establishments) {
        agl__run_warn(run, "the data hold no establishments: the flags rest on employment and location "
                           "quotient alone, and one "
                           "large plant can make a strong cluster");
        return;
    }
    size_t unknown = 0;
    for (size_t k = 0; k < in->cells.n; k++)
        unknown += in->value[k] > 0 && isnan(establishments[k]);
    if (unknown)
        agl__run_warn(
            run,
            "%zu clusters of a region have employment but no number of establishments: they are not flagged",
            unknown);
}

agl_status agl_op_measure_clusters(agl_run *run, agl_error *err) {
    agl_mapped m = {.columns = agl__cell_columns(run, "employment")};
    agl_cell_input in = {0};
    agl_reference reference = {0};
    double *establishments = NULL;
    size_t partial = 0;
    agl_status status = agl__definitions_apply(&m, run, err);
    if (status == AGL_OK) status = agl__cell_input(&in, run, &m.columns, err);
    if (status == AGL_OK) status = read_establishments(&establishments, run, &in, err);
    if (status == AGL_OK && m.cluster) partial = merge(&in, establishments);
    if (status == AGL_OK) status = agl__reference(&reference, run, &in, err);
    if (status == AGL_OK) status = agl__cell_input_needs_regions(&in, reference.given, err);
    if (status == AGL_OK) status = fill(run, &in, establishments, agl__reference_economy(&reference), err);
    if (status == AGL_OK) warn(run, &in, establishments, partial);
    agl__reference_free(&reference);
    agl__cell_input_free(&in);
    free(establishments);
    agl__mapped_free(&m);
    return status;
}

#include "agglo/define.h"
#include "base/mem.h"
#include "op/measure/define_related.h"

#include <math.h>

/** Clusters 0..k-1 from the definitions given; industries without one were left out by the reading. */
static agl_status read_given(int32_t *cluster, size_t *k, agl_define_result *r, agl_run *run,
                             agl_error *err) {
    agl_status status = agl__define_groups(cluster, run, "definitions", r->in, err);
    r->given = &agl__run_column(run, "definitions", "cluster")->dict;
    int32_t *number = AGL_NEW(int32_t, r->given->n);
    r->given_code = AGL_NEW(int32_t, r->given->n);
    if (status == AGL_OK && (!number || !r->given_code)) status = agl_fail_memory(err);
    for (size_t c = 0; status == AGL_OK && c < r->given->n; c++)
        number[c] = -1;
    *k = 0;
    for (size_t i = 0; status == AGL_OK && i < r->in->n; i++) {
        if (cluster[i] < 0) {
            status = agl_fail(err, AGL_EDATA, "--definitions gives industry %s no cluster",
                              r->in->dict->text[r->in->code[i]]);
            break;
        }
        if (number[cluster[i]] < 0) {
            number[cluster[i]] = (int32_t)*k;
            r->given_code[(*k)++] = cluster[i];
        }
        cluster[i] = number[cluster[i]];
    }
    if (status == AGL_OK && *k < 2)
        status = agl_fail(err, AGL_EDATA,
                          "--definitions puts all industries of the data into one cluster: there is nothing "
                          "to compare it with");
    free(number);
    return status;
}

static agl_define_options read_options(const agl_run *run) {
    agl_define_options o = AGL_DEFINE_OPTIONS_INIT;
    bool all = agl__run_is(run, "algorithm", "all");
    o.k_min = (size_t)agl__run_integer(run, "k-min"), o.k_max = (size_t)agl__run_integer(run, "k-max");
    o.k_values = (size_t)agl__run_integer(run, "k-values");
    o.starts = (size_t)agl__run_integer(run, "starts");
    o.rounds = (size_t)agl__run_integer(run, "rounds");
    o.ward = all || agl__run_is(run, "algorithm", "ward");
    o.average = all || agl__run_is(run, "algorithm", "average");
    o.kmeans = all || agl__run_is(run, "algorithm", "kmeans");
    return o;
}

static agl_status compute(agl_define_result *r, agl_run *run, agl_error *err) {
    const double *matrix[AGL_DEFINE_MATRICES];
    const agl_ctx *ctx = agl__run_ctx(run);
    agl_define_options o = read_options(run);
    for (size_t m = 0; m < r->matrices->n; m++)
        matrix[m] = r->matrices->matrix[m];
    if (!agl__run_input(run, "definitions"))
        return agl_define(&r->d, matrix, r->matrices->n, r->in->n, &o, ctx, err);
    size_t k = 0;
    int32_t *cluster = AGL_NEW(int32_t, r->in->n);
    agl_status status = cluster ? read_given(cluster, &k, r, run, err) : agl_fail_memory(err);
    if (!agl__run_flag(run, "reassign-given")) o.rounds = 0;
    if (status == AGL_OK)
        status = agl_judge(&r->d, matrix, r->matrices->n, r->in->n, cluster, k, &o, ctx, err);
    free(cluster);
    return status;
}

static agl_status read_comparison(agl_define_result *r, agl_run *run, agl_error *err) {
    if (!agl__run_input(run, "compare")) return AGL_OK;
    r->compared = AGL_NEW(int32_t, r->in->n);
    if (!r->compared) return agl_fail_memory(err);
    agl_status status = agl__define_groups(r->compared, run, "compare", r->in, err);
    r->others = &agl__run_column(run, "compare", "cluster")->dict;
    size_t without = 0;
    for (size_t i = 0; i < r->in->n; i++)
        without += r->compared[i] < 0;
    if (status == AGL_OK && without)
        agl__run_warn(run, "%zu of %zu industries are not in --compare: the comparison leaves them out",
                      without, r->in->n);
    return status;
}

static void warn(agl_run *run, const agl_define_result *r) {
    const agl_definition *d = &r->d;
    size_t singles = 0;
    for (size_t c = 0; c < d->k; c++)
        singles += isnan(d->between[c * d->k + c]);
    if (singles)
        agl__run_warn(run,
                      "%zu of %zu clusters hold one industry only: nothing measured ties it to others more "
                      "than they are tied among each other",
                      singles, d->k);
    if (d->score.score < 0.5)
        agl__run_warn(run,
                      "the validation score is %.2f: fewer than half of the clusters and industries stand "
                      "apart from the others, the data hardly fall into clusters",
                      d->score.score);
}

agl_status agl_op_measure_define(agl_run *run, agl_error *err) {
    agl_define_input in;
    agl_define_matrices matrices = {0};
    agl_define_result r = {.in = &in, .matrices = &matrices};
    agl_status status = agl__define_input(&in, run, err);
    if (status == AGL_OK) status = agl__define_matrices(&matrices, run, &in, err);
    if (status == AGL_OK) status = read_comparison(&r, run, err);
    if (status == AGL_OK) status = compute(&r, run, err);
    if (status == AGL_OK) status = agl__define_name(&r, err);
    if (status == AGL_OK) status = agl__define_output(run, &r, err);
    if (status == AGL_OK) status = agl__define_related(run, &r, err);
    if (status == AGL_OK) status = agl__define_compare(run, &r, err);
    if (status == AGL_OK) status = agl__define_summary(run, &r, err);
    if (status == AGL_OK) warn(run, &r);
    agl__define_result_free(&r);
    agl__define_matrices_free(&matrices);
    agl__define_input_free(&in);
    return status;
}

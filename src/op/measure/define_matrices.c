#include "agglo/similarity.h"
#include "base/mem.h"
#include "base/sum.h"
#include "op/measure/define_input.h"

#include <math.h>
#include <string.h>

/* ---- location ---- */

/** Values as the option `location` wants them correlated: as they are, as log(1 + x), or as shares of the
 * region; NULL without memory. */
static double *located(const agl_run *run, const agl_define_input *in, const double *x, bool jobs) {
    size_t R = in->regions;
    double *y = AGL_NEW(double, in->n *R), *whole = AGL_NEW(double, R);
    for (size_t r = 0; y && whole && r < R; r++) {
        whole[r] = jobs ? in->region_total[r] : 0;
        for (size_t i = 0; i < in->n && !jobs; i++)
            if (!isnan(x[i * R + r])) whole[r] += x[i * R + r];
    }
    for (size_t k = 0; y && whole && k < in->n * R; k++) {
        double v = x[k];
        if (agl__run_is(run, "location", "logs"))
            v = log1p(v);
        else if (agl__run_is(run, "location", "shares") && !isnan(v))
            v = whole[k % R] > 0 ? v / whole[k % R] : 0;
        y[k] = v;
    }
    if (!whole) {
        free(y);
        y = NULL;
    }
    free(whole);
    return y;
}

static agl_status location(double *m, agl_run *run, const agl_define_input *in, const double *x, bool jobs,
                           agl_error *err) {
    double *y = located(run, in, x, jobs);
    agl_status status = y ? agl_similarity_correlation(m, y, in->n, in->regions, agl__run_ctx(run), err)
                          : agl_fail_memory(err);
    free(y);
    return status;
}

/* ---- input-output links ---- */

/** Places of the industries of a key column of another input, by row; -1 where there is none. */
static agl_status row_places(int32_t **out, agl_run *run, const agl_define_input *in, const char *input,
                             const char *role, size_t *found, agl_error *err) {
    const agl_column *c = agl__run_column(run, input, role);
    size_t rows = agl__run_input(run, input)->rows;
    int32_t *place = agl__define_places(in, c, found);
    *out = AGL_NEW(int32_t, rows);
    if (place && *out)
        for (size_t row = 0; row < rows; row++)
            (*out)[row] = c->code[row] < 0 ? -1 : place[c->code[row]];
    agl_status status = place && *out ? AGL_OK : agl_fail_memory(err);
    free(place);
    return status;
}

static void add_flows(double *flow, double *sold, double *bought, const int32_t *from, const int32_t *to,
                      const double *value, size_t rows, size_t n) {
    for (size_t row = 0; row < rows; row++) {
        if (isnan(value[row])) continue;
        if (from[row] >= 0) sold[from[row]] += value[row];
        if (to[row] >= 0) bought[to[row]] += value[row];
        if (from[row] >= 0 && to[row] >= 0) flow[(size_t)from[row] * n + (size_t)to[row]] += value[row];
    }
}

static agl_status flows(double *m, agl_run *run, const agl_define_input *in, agl_error *err) {
    size_t n = in->n, sellers = 0, buyers = 0;
    double *flow = AGL_NEW(double, n *n), *sold = AGL_NEW(double, n), *bought = AGL_NEW(double, n);
    int32_t *from = NULL, *to = NULL;
    agl_status status = flow && sold && bought ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = row_places(&from, run, in, "flows", "source", &sellers, err);
    if (status == AGL_OK) status = row_places(&to, run, in, "flows", "target", &buyers, err);
    if (status == AGL_OK && sellers + buyers == 0)
        status =
            agl_fail(err, AGL_EDATA, "--flows names no industry of the data: do both use the same codes?");
    if (status == AGL_OK) {
        add_flows(flow, sold, bought, from, to, agl__run_column(run, "flows", "value")->num,
                  agl__run_input(run, "flows")->rows, n);
        status = agl_similarity_flows(m, flow, sold, bought, n, err);
    }
    free(flow);
    free(sold);
    free(bought);
    free(from);
    free(to);
    return status;
}

/* ---- occupations ---- */

/** Share of every occupation in the known jobs of each industry; NaN where none are known. */
static void occupation_shares(double *share, const int32_t *place, const agl_column *occupation,
                              const double *value, size_t rows, size_t n) {
    size_t kinds = occupation->dict.n;
    for (size_t row = 0; row < rows; row++)
        if (place[row] >= 0 && occupation->code[row] >= 0 && !isnan(value[row]))
            share[(size_t)place[row] * kinds + (size_t)occupation->code[row]] += value[row];
    for (size_t i = 0; i < n; i++) {
        double total = agl__sum(share + i * kinds, kinds);
        for (size_t o = 0; o < kinds; o++)
            share[i * kinds + o] = total > 0 ? share[i * kinds + o] / total : NAN;
    }
}

static agl_status occupations(double *m, agl_run *run, const agl_define_input *in, agl_error *err) {
    const agl_column *occupation = agl__run_column(run, "occupations", "occupation");
    size_t found = 0;
    double *share = AGL_NEW(double, in->n * occupation->dict.n);
    int32_t *place = NULL;
    agl_status status =
        share ? row_places(&place, run, in, "occupations", "industry", &found, err) : agl_fail_memory(err);
    if (status == AGL_OK && found == 0)
        status = agl_fail(err, AGL_EDATA,
                          "--occupations names no industry of the data: do both use the same codes?");
    if (status == AGL_OK) {
        occupation_shares(share, place, occupation, agl__run_column(run, "occupations", "value")->num,
                          agl__run_input(run, "occupations")->rows, in->n);
        status = agl_similarity_correlation(m, share, in->n, occupation->dict.n, agl__run_ctx(run), err);
    }
    free(share);
    free(place);
    return status;
}

/* ---- all of them ---- */

static bool wanted(const agl_run *run, const char *name) {
    return agl__run_is(run, "use", "all") || agl__run_is(run, "use", name);
}

/** Industries of which the matrix knows nothing. */
static size_t unknown_industries(const double *m, size_t n) {
    size_t unknown = 0;
    for (size_t i = 0; i < n; i++)
        unknown += isnan(m[i * n + i]);
    return unknown;
}

/** Tells what is odd about a matrix and puts it on the common scale. */
static agl_status finish(agl_define_matrices *out, agl_run *run, const char *name, size_t n, agl_error *err) {
    double *m = out->matrix[out->n];
    size_t parts, largest, unknown = unknown_industries(m, n);
    out->name[out->n] = name;
    agl_status status = agl_similarity_parts(&parts, &largest, m, n, err);
    if (status != AGL_OK) return status;
    if (unknown == n)
        return agl_fail(err, AGL_EDATA, "the similarity by %s knows nothing of any industry", name);
    if (unknown)
        agl__run_warn(run,
                      "the similarity by %s knows nothing of %zu of %zu industries: they count as related to "
                      "all others as an average pair",
                      name, unknown, n);
    if (parts > unknown + 1)
        agl__run_warn(run,
                      "the similarity by %s falls into %zu separate parts (the largest has %zu of %zu "
                      "industries): between the parts nothing is measured but absence",
                      name, parts - unknown, largest, n);
    agl_error why = {0};
    status = agl_similarity_standardize(m, n, NULL, &why);
    if (status != AGL_OK) return agl_fail(err, status, "similarity by %s: %s", name, why.message);
    out->n++;
    return AGL_OK;
}

agl_status agl__define_matrices(agl_define_matrices *out, agl_run *run, const agl_define_input *in,
                                agl_error *err) {
    static const char *const names[AGL_DEFINE_MATRICES] = {"employment", "establishments", "coagglomeration",
                                                           "flows", "occupations"};
    const bool there[AGL_DEFINE_MATRICES] = {true, in->establishments != NULL, true,
                                             agl__run_input(run, "flows") != NULL,
                                             agl__run_input(run, "occupations") != NULL};
    *out = (agl_define_matrices){0};
    agl_status status = AGL_OK;
    for (size_t k = 0; k < AGL_DEFINE_MATRICES && status == AGL_OK; k++) {
        if (!there[k] || !wanted(run, names[k])) continue;
        double *m = out->matrix[out->n] = AGL_NEW(double, in->n * in->n);
        if (!m) return agl_fail_memory(err);
        if (k < 2)
            status = location(m, run, in, k ? in->establishments : in->employment, k == 0, err);
        else if (k == 2)
            status =
                agl_similarity_coagglomeration(m, in->employment, in->n, in->regions, agl__run_ctx(run), err);
        else
            status = k == 3 ? flows(m, run, in, err) : occupations(m, run, in, err);
        if (status == AGL_OK) status = finish(out, run, names[k], in->n, err);
    }
    if (status == AGL_OK && out->n == 0)
        status = agl_fail(err, AGL_EDATA,
                          "--use %s needs data that are not given: establishments stand in the role of that "
                          "name, the others in --flows and --occupations",
                          agl__run_text(run, "use"));
    return status;
}

void agl__define_matrices_free(agl_define_matrices *m) {
    for (size_t k = 0; k < AGL_DEFINE_MATRICES; k++)
        free(m->matrix[k]);
    *m = (agl_define_matrices){0};
}

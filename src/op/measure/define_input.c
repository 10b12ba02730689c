#include "op/measure/define_input.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- which industries ---- */

/** Number of regions in which every industry of the data has employment. */
static agl_status count_regions(size_t *presence, const agl_cell_input *in, agl_error *err) {
    int32_t *last = AGL_NEW(int32_t, in->cells.n_industries);
    if (!last) return agl_fail_memory(err);
    for (size_t i = 0; i < in->cells.n_industries; i++)
        last[i] = -1;
    for (size_t k = 0; k < in->cells.n; k++) {
        int32_t i = in->industry[k];
        if (!(in->value[k] > 0) || last[i] == in->region[k]) continue;
        last[i] = in->region[k]; /* cells stand in the order of regions */
        presence[i]++;
    }
    free(last);
    return AGL_OK;
}

/** Takes out of `keep` the industries that the input does not name; their number goes to `dropped`. */
static agl_status keep_named(bool *keep, size_t *dropped, agl_run *run, const char *input,
                             const agl_dict *dict, agl_error *err) {
    const agl_column *named = agl__run_column(run, input, "industry");
    *dropped = 0;
    if (!named) return AGL_OK;
    size_t rows = agl__run_input(run, input)->rows, found = 0;
    bool *is = AGL_NEW(bool, dict->n);
    if (!is) return agl_fail_memory(err);
    for (size_t row = 0; row < rows; row++) {
        int32_t code = named->code[row] < 0 ? -1 : agl_dict_find(dict, named->dict.text[named->code[row]]);
        if (code < 0) continue;
        is[code] = true;
        found++;
    }
    for (size_t i = 0; i < dict->n; i++) {
        *dropped += keep[i] && !is[i];
        keep[i] = keep[i] && is[i];
    }
    free(is);
    if (found) return AGL_OK;
    return agl_fail(
        err, AGL_EDATA,
        "no industry of the data is in --%s (the data have %s, --%s has %s): do both use the same "
        "codes, with the same number of digits?",
        input, dict->n ? dict->text[0] : "none", input, named->dict.n ? named->dict.text[0] : "none");
}

/** Warns of the industries that stand in too few regions, naming the first ones. */
static void warn_rare(agl_run *run, const bool *rare, const agl_dict *dict, size_t n, int64_t least) {
    char names[200] = "";
    size_t told = 0, used = 0;
    for (size_t i = 0; i < dict->n && told < 5; i++) {
        if (!rare[i] || used + strlen(dict->text[i]) + 3 > sizeof names) continue;
        used +=
            (size_t)snprintf(names + used, sizeof names - used, "%s%s", told++ ? ", " : "", dict->text[i]);
    }
    agl__run_warn(run,
                  "%zu industries with employment in fewer than %lld regions were left out, because their "
                  "similarity to others would rest on a region or two: %s%s",
                  n, (long long)least, names, told < n ? ", ..." : "");
}

/** Leaves in `keep` the industries that the lists name and that stand in enough regions. */
static agl_status narrow(bool *keep, bool *rare, agl_run *run, const agl_define_input *in, int64_t least,
                         agl_error *err) {
    const char *const lists[] = {"industries", "definitions"};
    size_t *presence = AGL_NEW(size_t, in->dict->n), dropped, n = 0;
    agl_status status = presence ? count_regions(presence, &in->cells, err) : agl_fail_memory(err);
    for (size_t l = 0; l < 2 && status == AGL_OK; l++) {
        status = keep_named(keep, &dropped, run, lists[l], in->dict, err);
        if (status == AGL_OK && dropped)
            agl__run_warn(run, "%zu industries of the data were left out because --%s does not name them",
                          dropped, lists[l]);
    }
    for (size_t i = 0; i < in->dict->n && status == AGL_OK; i++) {
        rare[i] = keep[i] && presence[i] < (size_t)least;
        keep[i] = keep[i] && !rare[i];
        n += rare[i];
    }
    if (status == AGL_OK && n) warn_rare(run, rare, in->dict, n, least);
    free(presence);
    return status;
}

static agl_status pick(agl_define_input *in, agl_run *run, agl_error *err) {
    size_t all = in->dict->n;
    int64_t least = agl__run_integer(run, "min-regions");
    bool *keep = AGL_NEW(bool, all), *rare = AGL_NEW(bool, all);
    in->code = AGL_NEW(int32_t, all);
    in->index = AGL_NEW(int32_t, all);
    agl_status status = keep && rare && in->code && in->index ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        memset(keep, true, all);
        status = narrow(keep, rare, run, in, least, err);
    }
    for (size_t i = 0; i < all && status == AGL_OK; i++) {
        in->index[i] = keep[i] ? (int32_t)in->n : -1;
        if (keep[i]) in->code[in->n++] = (int32_t)i;
    }
    if (status == AGL_OK && in->n < 4)
        status = agl_fail(err, AGL_EDATA,
                          "%zu industries are left to be grouped, at least 4 are needed: give more, or lower "
                          "--min-regions (now %lld)",
                          in->n, (long long)least);
    free(keep);
    free(rare);
    return status;
}

/* ---- values ---- */

/** Mean over the years of one quantity; a year that lists no row is zero, one without a value is left out. */
static agl_status mean_over_years(double *mean, const agl_define_input *in, const double *value,
                                  agl_error *err) {
    const agl_cell_input *c = &in->cells;
    uint16_t *unknown = AGL_NEW(uint16_t, in->n * in->regions);
    if (!unknown) return agl_fail_memory(err);
    for (size_t k = 0; k < c->cells.n; k++) {
        int32_t i = in->index[c->industry[k]];
        if (i < 0) continue;
        size_t at = (size_t)i * in->regions + (size_t)c->region[k];
        if (isnan(value[k]))
            unknown[at]++;
        else
            mean[at] += value[k];
    }
    for (size_t at = 0; at < in->n * in->regions; at++)
        mean[at] = unknown[at] < c->n_years ? mean[at] / (double)(c->n_years - unknown[at]) : NAN;
    free(unknown);
    return AGL_OK;
}

static agl_status read_establishments(agl_define_input *in, agl_run *run, agl_error *err) {
    const agl_column *plants = agl__run_column(run, "data", "establishments");
    if (!plants) return AGL_OK;
    double *value = AGL_NEW(double, in->cells.cells.n);
    in->establishments = AGL_NEW(double, in->n * in->regions);
    agl_status status = value && in->establishments ? AGL_OK : agl_fail_memory(err);
    for (size_t k = 0; k < in->cells.cells.n && status == AGL_OK; k++)
        value[k] = plants->num[in->cells.row[k]];
    if (status == AGL_OK) status = mean_over_years(in->establishments, in, value, err);
    free(value);
    return status;
}

static agl_status read_values(agl_define_input *in, agl_run *run, agl_error *err) {
    const agl_cell_input *c = &in->cells;
    in->regions = c->cells.n_regions;
    in->employment = AGL_NEW(double, in->n * in->regions);
    in->region_total = AGL_NEW(double, in->regions);
    in->total = AGL_NEW(double, in->n);
    if (!in->employment || !in->region_total || !in->total) return agl_fail_memory(err);
    agl_status status = mean_over_years(in->employment, in, c->value, err);
    if (status == AGL_OK) status = read_establishments(in, run, err);
    if (status != AGL_OK) return status;
    for (size_t k = 0; k < c->cells.n; k++)
        if (!isnan(c->value[k])) in->region_total[c->region[k]] += c->value[k] / (double)c->n_years;
    for (size_t i = 0; i < in->n; i++)
        for (size_t r = 0; r < in->regions; r++)
            if (!isnan(in->employment[i * in->regions + r]))
                in->total[i] += in->employment[i * in->regions + r];
    return AGL_OK;
}

static agl_status read_titles(agl_define_input *in, agl_run *run, agl_error *err) {
    const agl_column *industry = agl__run_column(run, "titles", "industry"),
                     *title = agl__run_column(run, "titles", "title");
    in->title = AGL_NEW(const char *, in->n);
    if (!in->title) return agl_fail_memory(err);
    for (size_t i = 0; i < in->n; i++)
        in->title[i] = in->dict->text[in->code[i]];
    if (!industry) return AGL_OK;
    size_t rows = agl__run_input(run, "titles")->rows, found;
    int32_t *place = agl__define_places(in, industry, &found);
    if (!place) return agl_fail_memory(err);
    for (size_t row = 0; row < rows; row++) {
        int32_t i = industry->code[row] < 0 ? -1 : place[industry->code[row]];
        if (i >= 0 && title->code[row] >= 0) in->title[i] = title->dict.text[title->code[row]];
    }
    free(place);
    if (found < in->n)
        agl__run_warn(run, "%zu of %zu industries have no title in --titles: their codes stand for them",
                      in->n - found, in->n);
    return AGL_OK;
}

int32_t *agl__define_places(const agl_define_input *in, const agl_column *column, size_t *found) {
    int32_t *place = AGL_NEW(int32_t, column->dict.n);
    *found = 0;
    for (size_t k = 0; place && k < column->dict.n; k++) {
        int32_t code = agl_dict_find(in->dict, column->dict.text[k]);
        place[k] = code < 0 ? -1 : in->index[code];
        *found += place[k] >= 0;
    }
    return place;
}

agl_status agl__define_groups(int32_t *group, agl_run *run, const char *input, const agl_define_input *in,
                              agl_error *err) {
    const agl_column *industry = agl__run_column(run, input, "industry"),
                     *cluster = agl__run_column(run, input, "cluster");
    size_t rows = agl__run_input(run, input)->rows, found;
    int32_t *place = agl__define_places(in, industry, &found);
    if (!place) return agl_fail_memory(err);
    for (size_t i = 0; i < in->n; i++)
        group[i] = -1;
    for (size_t row = 0; row < rows; row++)
        if (industry->code[row] >= 0 && place[industry->code[row]] >= 0)
            group[place[industry->code[row]]] = cluster->code[row];
    free(place);
    if (found) return AGL_OK;
    return agl_fail(err, AGL_EDATA,
                    "--%s names no industry that is grouped (the data have %s, --%s has %s): do both use the "
                    "same codes, with the same number of digits?",
                    input, in->dict->text[in->code[0]], input,
                    industry->dict.n ? industry->dict.text[0] : "none");
}

agl_status agl__define_input(agl_define_input *out, agl_run *run, agl_error *err) {
    *out = (agl_define_input){0};
    agl_cell_columns columns = agl__cell_columns(run, "employment");
    agl_status status = agl__cell_input(&out->cells, run, &columns, err);
    if (status == AGL_OK) status = agl__cell_input_needs_regions(&out->cells, false, err);
    out->dict = columns.industries;
    if (status == AGL_OK) status = pick(out, run, err);
    if (status == AGL_OK) status = read_values(out, run, err);
    if (status == AGL_OK) status = read_titles(out, run, err);
    return status;
}

void agl__define_input_free(agl_define_input *in) {
    agl__cell_input_free(&in->cells);
    free(in->code);
    free(in->index);
    free(in->employment);
    free(in->establishments);
    free(in->region_total);
    free(in->total);
    free(in->title);
    *in = (agl_define_input){0};
}

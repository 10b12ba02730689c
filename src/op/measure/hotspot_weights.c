/* Neighbours of a run: from a file, from outlines, or from positions. */
#include "base/mem.h"
#include "op/measure/hotspot_input.h"
#include "table/outline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- from a file ---- */

/** node[code] of a column of ids: the region's place, -1 when the data have it without a value, -2 when they
 * do not know it. */
static int32_t *places_of(const agl_dict *ids, const agl_hotspot_input *in) {
    int32_t *place = AGL_NEW(int32_t, in->regions->n), *node = AGL_NEW(int32_t, ids->n);
    if (place && node) {
        for (size_t c = 0; c < in->regions->n; c++)
            place[c] = -1;
        for (size_t i = 0; i < in->n; i++)
            place[in->code[i]] = (int32_t)i;
        for (size_t k = 0; k < ids->n; k++) {
            int32_t code = agl_dict_find(in->regions, ids->text[k]);
            node[k] = code < 0 ? -2 : place[code];
        }
    }
    free(place);
    if (place) return node;
    free(node);
    return NULL;
}

typedef struct pair_list {
    int32_t *source, *target;
    double *weight;
    size_t n, valueless, own;
} pair_list;

static agl_status check_weight(const agl_run *run, size_t row, double weight, agl_error *err) {
    if (weight >= 0 && isfinite(weight)) return AGL_OK;
    return agl__run_fail_row(run, "weights", row, "weight", err,
                             isnan(weight) ? "the weight is missing; give it or leave the pair out"
                                           : "weight %g; weights are not negative",
                             weight);
}

/** One row of the file: checked, and added unless it pairs a region with itself or with one without a value.
 */
static agl_status add_pair(pair_list *list, int32_t *const node[2], const agl_run *run, size_t row,
                           agl_error *err) {
    static const char *const roles[2] = {"source", "target"};
    int32_t at[2];
    for (int k = 0; k < 2; k++) {
        const agl_column *end = agl__run_column(run, "weights", roles[k]);
        at[k] = node[k][end->code[row]];
        if (at[k] == -2)
            return agl__run_fail_row(run, "weights", row, roles[k], err,
                                     "region %s is not in the data; use the codes of the data",
                                     end->dict.text[end->code[row]]);
    }
    const agl_column *weight = agl__run_column(run, "weights", "weight");
    double w = weight ? weight->num[row] : 1;
    agl_status status = check_weight(run, row, w, err);
    if (status != AGL_OK) return status;
    bool valueless = at[0] < 0 || at[1] < 0;
    list->valueless += valueless;
    list->own += !valueless && at[0] == at[1];
    if (valueless || at[0] == at[1] || w == 0) return AGL_OK;
    list->source[list->n] = at[0];
    list->target[list->n] = at[1];
    list->weight[list->n++] = w;
    return AGL_OK;
}

static agl_status list_pairs(pair_list *list, const agl_hotspot_input *in, const agl_run *run,
                             agl_error *err) {
    size_t rows = agl__run_input(run, "weights")->rows;
    int32_t *const node[2] = {places_of(&agl__run_column(run, "weights", "source")->dict, in),
                              places_of(&agl__run_column(run, "weights", "target")->dict, in)};
    list->source = AGL_NEW(int32_t, rows);
    list->target = AGL_NEW(int32_t, rows);
    list->weight = AGL_NEW(double, rows);
    bool ok = node[0] && node[1] && list->source && list->target && list->weight;
    agl_status status = ok ? AGL_OK : agl_fail_memory(err);
    for (size_t r = 0; r < rows && status == AGL_OK; r++)
        status = add_pair(list, node, run, r, err);
    free(node[0]);
    free(node[1]);
    return status;
}

static agl_status from_file(agl_hotspot_input *in, agl_run *run, agl_error *err) {
    pair_list list = {0};
    agl_status status = list_pairs(&list, in, run, err);
    if (status == AGL_OK && list.own)
        agl__run_warn(run, "%zu pairs of a region with itself were left out of the weights", list.own);
    if (status == AGL_OK && list.valueless)
        agl__run_warn(run, "%zu pairs were left out of the weights because a region has no value",
                      list.valueless);
    if (status == AGL_OK)
        status = agl_spatial_weights_pairs(&in->weights, in->n, list.source, list.target, list.weight, list.n,
                                           err);
    snprintf(in->how, sizeof in->how, "neighbours from a file");
    free(list.source);
    free(list.target);
    free(list.weight);
    return status;
}

/* ---- from outlines ---- */

/** Row of the outlines (1 + row, 0 = none) of each region, for the input that has them. */
static agl_status outline_rows(size_t **rows, const agl_hotspot_input *in, const agl_run *run,
                               const char *input, agl_error *err) {
    *rows = AGL_NEW(size_t, in->regions->n);
    if (!*rows) return agl_fail_memory(err);
    if (strcmp(input, "data") == 0) {
        for (size_t i = 0; i < in->n; i++)
            (*rows)[in->code[i]] = in->row[i] + 1;
        return AGL_OK;
    }
    const agl_column *region = agl__run_column(run, input, "region");
    for (size_t r = 0; r < agl__run_input(run, input)->rows; r++) {
        int32_t code = agl_dict_find(in->regions, region->dict.text[region->code[r]]);
        if (code >= 0) (*rows)[code] = r + 1;
    }
    return AGL_OK;
}

static agl_status read_rings(agl_outline_rings *rings, size_t *without, const agl_hotspot_input *in,
                             const agl_run *run, agl_error *err) {
    const char *input = agl__run_input(run, "shapes") ? "shapes" : "data";
    const agl_column *wkt = agl__run_column(run, input, "wkt");
    size_t *rows = NULL;
    agl_status status = outline_rows(&rows, in, run, input, err);
    for (size_t i = 0; i < in->n && status == AGL_OK; i++) {
        size_t row = rows[in->code[i]];
        if (!row || wkt->code[row - 1] < 0) {
            (*without)++;
            continue;
        }
        agl_error why = {0};
        status = agl__outline_rings_add(rings, wkt->dict.text[wkt->code[row - 1]], (int32_t)i, &why);
        if (status == AGL_EDATA)
            status = agl__run_fail_row(
                run, input, row - 1, "wkt", err,
                "the outline of region %s cannot be used: %s; repair it (\"fix geometries\" "
                "of a geographic information system)",
                in->regions->text[in->code[i]], why.message);
        else if (status != AGL_OK)
            status = agl_fail_memory(err);
    }
    free(rows);
    return status;
}

static agl_status from_outlines(agl_hotspot_input *in, agl_run *run, bool rook, agl_error *err) {
    agl_outline_rings r = {0};
    size_t without = 0;
    agl_status status = read_rings(&r, &without, in, run, err);
    if (status == AGL_OK && without)
        agl__run_warn(run, "%zu of %zu regions have no outline, and so no neighbours", without, in->n);
    agl_outlines o = {.n = in->n, .n_rings = r.n, .owner = r.owner, .first = r.first, .x = r.x, .y = r.y};
    if (status == AGL_OK)
        status = agl_spatial_weights_touching(&in->weights, &o, rook, agl__run_number(run, "snap"), err);
    snprintf(in->how, sizeof in->how, "outlines that touch along %s",
             rook ? "an edge" : "an edge or in a corner");
    agl__outline_rings_free(&r);
    return status;
}

/* ---- from positions ---- */

static agl_distance_kernel kernel_of(const agl_run *run) {
    static const char *const names[] = {"uniform", "triangular", "epanechnikov", "biweight", "gaussian"};
    for (int k = 0; k < 5; k++)
        if (agl__run_is(run, "kernel", names[k])) return (agl_distance_kernel)k;
    return AGL_KERNEL_TRIANGULAR;
}

/** Least distance at which every region has k others within reach; *least: the distance of the nearest pair.
 */
static agl_status reach(double *radius, double *least, const agl_hotspot_input *in, size_t k,
                        const agl_ctx *ctx, agl_error *err) {
    agl_spatial_weights near;
    agl_status status = agl_spatial_weights_nearest(&near, &in->points, k, ctx, err);
    if (status != AGL_OK) return status;
    *radius = 0;
    *least = INFINITY;
    for (size_t i = 0; i < near.n; i++)
        for (size_t s = near.start[i]; s < near.start[i + 1]; s++) {
            double d = agl_points_distance(&in->points, i, (size_t)near.to[s]);
            *radius = fmax(*radius, d);
            *least = fmin(*least, d);
        }
    agl_spatial_weights_free(&near);
    return AGL_OK;
}

static agl_status from_distance(agl_hotspot_input *in, agl_run *run, bool kernel, size_t k, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(run);
    double radius = agl__run_number(run, "radius"), all, least;
    agl_status status = reach(&all, &least, in, kernel ? k : 1, ctx, err);
    if (status != AGL_OK) return status;
    if (isnan(radius)) {
        radius = all * (1 + 1e-12);
        if (!(radius > 0)) return agl_fail(err, AGL_EDATA, "all regions lie at the same place");
        agl__run_warn(run, "no --radius given: %g km taken, the least at which every region has %zu %s",
                      radius, kernel ? k : 1, kernel && k > 1 ? "others within reach" : "other within reach");
    }
    if (least > radius)
        return agl_fail(
            err, AGL_EDATA,
            "no region has a neighbour within --radius %g km: the nearest two are %g km apart; every "
            "region has one from %g km",
            radius, least, all);
    snprintf(in->how, sizeof in->how, "regions within %g km", radius);
    return agl_spatial_weights_within(&in->weights, &in->points, radius,
                                      kernel ? kernel_of(run) : AGL_KERNEL_UNIFORM, ctx, err);
}

agl_status agl__hotspot_weights(agl_hotspot_input *in, agl_run *run, const char *how, agl_error *err) {
    size_t k = (size_t)agl__run_integer(run, "k");
    if (strcmp(how, "file") == 0) return from_file(in, run, err);
    if (strcmp(how, "queen") == 0) return from_outlines(in, run, false, err);
    if (strcmp(how, "rook") == 0) return from_outlines(in, run, true, err);
    if (strcmp(how, "band") == 0) return from_distance(in, run, false, k, err);
    if (strcmp(how, "kernel") == 0) return from_distance(in, run, true, k, err);
    if (k >= in->n)
        return agl_fail(err, AGL_EDATA, "--k %zu, but there are only %zu other regions", k, in->n - 1);
    snprintf(in->how, sizeof in->how, "the %zu nearest regions", k);
    return agl_spatial_weights_nearest(&in->weights, &in->points, k, agl__run_ctx(run), err);
}

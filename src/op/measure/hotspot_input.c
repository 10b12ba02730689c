#include "op/measure/hotspot_input.h"
#include "base/mem.h"
#include "op/measure/points_input.h"

#include <math.h>
#include <string.h>

/** What makes neighbours: the option, or what the inputs allow. */
static agl_status choose(const char **how, const agl_run *run, agl_error *err) {
    *how = agl__run_text(run, "neighbours");
    bool file = agl__run_input(run, "weights") != NULL;
    bool shapes = agl__run_input(run, "shapes") || agl__run_column(run, "data", "wkt");
    if (file && *how)
        return agl_fail(err, AGL_EUSAGE, "--weights and --neighbours exclude each other; leave one out");
    if (file) *how = "file";
    if (!*how) *how = shapes ? "queen" : "knn";
    bool touching = strcmp(*how, "queen") == 0 || strcmp(*how, "rook") == 0;
    if (touching && !shapes)
        return agl_fail(
            err, AGL_EUSAGE,
            "--neighbours %s needs outlines: give geodata as input, or --shapes FILE; for points take "
            "knn, band or kernel",
            *how);
    return AGL_OK;
}

static bool needs_points(const char *how) {
    return strcmp(how, "knn") == 0 || strcmp(how, "band") == 0 || strcmp(how, "kernel") == 0;
}

/** Positions for maps where the neighbours do not come from them. */
static agl_status map_positions(agl_hotspot_input *in, const agl_run *run, agl_error *err) {
    const agl_column *lon = agl__run_column(run, "data", "lon"), *lat = agl__run_column(run, "data", "lat");
    if (!lon || !lat) return AGL_OK;
    in->lon = AGL_NEW(double, in->n);
    in->lat = AGL_NEW(double, in->n);
    if (!in->lon || !in->lat) return agl_fail_memory(err);
    for (size_t i = 0; i < in->n; i++) {
        in->lon[i] = lon->num[in->row[i]];
        in->lat[i] = lat->num[in->row[i]];
    }
    return AGL_OK;
}

/** The kept rows in the order of the regions. place[row] is 1 + the position of the row's point, 0 for none
 * (NULL = no points wanted). */
static agl_status keep(agl_hotspot_input *in, const agl_run *run, const int32_t *place, size_t *valueless,
                       agl_error *err) {
    const agl_column *region = agl__run_column(run, "data", "region"),
                     *value = agl__run_column(run, "data", "value");
    size_t rows = agl__run_input(run, "data")->rows, codes = region->dict.n;
    size_t *row_of = AGL_NEW(size_t, codes); /* 1 + row of the region, 0 = dropped */
    in->regions = &region->dict;
    in->code = AGL_NEW(int32_t, rows);
    in->row = AGL_NEW(size_t, rows);
    in->value = AGL_NEW(double, rows);
    if (!row_of || !in->code || !in->row || !in->value) {
        free(row_of);
        return agl_fail_memory(err);
    }
    *valueless = 0;
    for (size_t r = 0; r < rows; r++) {
        bool there = isfinite(value->num[r]);
        *valueless += !there;
        if (there && (!place || place[r])) row_of[region->code[r]] = r + 1;
    }
    for (size_t c = 0; c < codes; c++) {
        if (!row_of[c]) continue;
        in->code[in->n] = (int32_t)c;
        in->row[in->n] = row_of[c] - 1;
        in->value[in->n++] = value->num[row_of[c] - 1];
    }
    free(row_of);
    return AGL_OK;
}

/** The points of the kept rows, in their order. */
static agl_status select_points(agl_hotspot_input *in, const agl_points_input *p, const int32_t *place,
                                agl_error *err) {
    int32_t *index = AGL_NEW(int32_t, in->n);
    if (p->lon) {
        in->lon = AGL_NEW(double, in->n);
        in->lat = AGL_NEW(double, in->n);
    }
    agl_status status = index && (!p->lon || (in->lon && in->lat)) ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; i < in->n && status == AGL_OK; i++) {
        index[i] = place[in->row[i]] - 1;
        if (!p->lon) continue;
        in->lon[i] = p->lon[index[i]];
        in->lat[i] = p->lat[index[i]];
    }
    if (status == AGL_OK) status = agl_points_select(&in->points, &p->points, index, in->n, err);
    free(index);
    return status;
}

static agl_status read_regions(agl_hotspot_input *in, agl_run *run, bool with_points, agl_error *err) {
    size_t rows = agl__run_input(run, "data")->rows, valueless = 0;
    agl_points_input p = {0};
    int32_t *place = NULL;
    agl_status status = AGL_OK;
    if (with_points) {
        status = agl__points_read(&p, run, "data", err);
        if (status == AGL_OK && !(place = AGL_NEW(int32_t, rows))) status = agl_fail_memory(err);
        for (size_t k = 0; k < p.points.n && status == AGL_OK; k++)
            place[p.row[k]] = (int32_t)k + 1;
    }
    if (status == AGL_OK) status = keep(in, run, place, &valueless, err);
    if (status == AGL_OK && valueless)
        agl__run_warn(run, "%zu of %zu regions have no value and were left out, also as neighbours",
                      valueless, rows);
    agl__run_rows(run, in->n, rows - in->n);
    if (status == AGL_OK)
        status = with_points ? select_points(in, &p, place, err) : map_positions(in, run, err);
    agl__points_input_free(&p);
    free(place);
    return status;
}

/** Counts islands and tells of them. */
static agl_status tell_islands(const agl_hotspot_input *in, agl_run *run, agl_error *err) {
    size_t islands = 0, first = 0;
    for (size_t i = 0; i < in->n; i++)
        if (in->weights.start[i] == in->weights.start[i + 1] && islands++ == 0) first = i;
    if (islands == in->n)
        return agl_fail(err, AGL_EDATA, "no region has a neighbour (%s); %s", in->how,
                        strstr(in->how, "km")      ? "widen --radius"
                        : strstr(in->how, "touch") ? "if the outlines do not share vertices, try --snap"
                                                   : "check the codes of the regions");
    if (islands)
        agl__run_warn(
            run,
            "%zu of %zu regions have no neighbour (%s is the first): they have no local index and add "
            "nothing to the sums over pairs",
            islands, in->n, in->regions->text[in->code[first]]);
    return AGL_OK;
}

agl_status agl__hotspot_input(agl_hotspot_input *out, agl_run *run, agl_error *err) {
    *out = (agl_hotspot_input){0};
    const char *how;
    agl_status status = choose(&how, run, err);
    if (status == AGL_OK) status = read_regions(out, run, needs_points(how), err);
    if (status == AGL_OK && out->n < 4)
        status = agl_fail(err, AGL_EDATA, "only %zu regions have a value%s; autocorrelation needs at least 4",
                          out->n, needs_points(how) ? " and a position" : "");
    if (status == AGL_OK) status = agl__hotspot_weights(out, run, how, err);
    if (status == AGL_OK) status = tell_islands(out, run, err);
    if (status == AGL_OK && agl__run_is(run, "standardise", "row"))
        agl_spatial_weights_standardise(&out->weights);
    return status;
}

void agl__hotspot_input_free(agl_hotspot_input *in) {
    free(in->code);
    free(in->row);
    free(in->value);
    free(in->lon);
    free(in->lat);
    agl_points_free(&in->points);
    agl_spatial_weights_free(&in->weights);
    *in = (agl_hotspot_input){0};
}

#include "agglo/concentration.h"
#include "base/mem.h"
#include "op/measure/cell_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Lorenz curves are for drawing: 200 steps either way are finer than any screen. */
#define LORENZ_STEP 0.005

/* ---- groups of industries, for related variety -----------------------------------------------------------
 */

/** Bytes of the first `digits` characters of a code. */
static size_t prefix_bytes(const char *code, size_t digits) {
    size_t n = 0;
    while (code[n] && (digits > 0 || ((unsigned char)code[n] & 0xC0) == 0x80)) {
        if (((unsigned char)code[n] & 0xC0) != 0x80) digits--;
        n++;
    }
    return n;
}

/** Group of every industry: its code's first characters. The dictionary is sorted, so equal prefixes stand
 * together. */
static size_t groups_by_prefix(int32_t *group, const agl_dict *industries, size_t digits) {
    size_t n = 0, before = 0;
    for (size_t i = 0; i < industries->n; i++) {
        size_t length = prefix_bytes(industries->text[i], digits);
        if (i == 0 || length != before || strncmp(industries->text[i], industries->text[i - 1], length) != 0)
            n++;
        group[i] = (int32_t)n - 1;
        before = length;
    }
    return n;
}

/** Group of every industry from the role "group"; an industry in two groups, or in none, is an error. */
static agl_status groups_by_column(int32_t *group, size_t *n, const agl_run *run, const agl_column *column,
                                   const agl_cell_input *in, agl_error *err) {
    for (size_t i = 0; i < in->cells.n_industries; i++)
        group[i] = -1;
    for (size_t k = 0; k < in->cells.n; k++) {
        int32_t g = column->code[in->row[k]], *of = &group[in->industry[k]];
        const char *industry = in->industries->text[in->industry[k]];
        if (g < 0)
            return agl__run_fail_row(run, "data", in->row[k], "group", err, "industry %s has no group here",
                                     industry);
        if (*of >= 0 && *of != g)
            return agl__run_fail_row(run, "data", in->row[k], "group", err,
                                     "industry %s is in group %s here and in group %s before", industry,
                                     column->dict.text[g], column->dict.text[*of]);
        *of = g;
    }
    for (size_t i = 0; i < in->cells.n_industries; i++)
        if (group[i] < 0) group[i] = 0; /* an industry without any cell: no share, no influence */
    *n = column->dict.n;
    return AGL_OK;
}

static agl_status make_groups(int32_t **group, size_t *n, agl_run *run, const agl_cell_input *in,
                              agl_error *err) {
    *group = AGL_NEW(int32_t, in->cells.n_industries);
    if (!*group) return agl_fail_memory(err);
    const agl_column *column = agl__run_column(run, "data", "group");
    if (column) return groups_by_column(*group, n, run, column, in, err);
    *n = groups_by_prefix(*group, in->industries, (size_t)agl__run_integer(run, "digits"));
    if (*n == 1)
        agl__run_warn(
            run,
            "all industry codes share one group: unrelated variety is 0; see --digits or the role group");
    else if (*n == in->cells.n_industries)
        agl__run_warn(
            run,
            "every industry is a group of its own: related variety is 0; see --digits or the role group");
    return AGL_OK;
}

/* ---- output tables ---------------------------------------------------------------------------------------
 */

/** Column of the output and the place of its value in agl_indices. */
typedef struct field {
    const char *column;
    size_t offset;
} field;

#define FIELD(column, member)                                                                                \
    { column, offsetof(agl_indices, member) }

static const field industry_fields[] = {
    FIELD("value", total),          FIELD("regions", present), FIELD("hhi", hhi),
    FIELD("hhi_norm", hhi_norm),    FIELD("gini", gini),       FIELD("gini_loc", gini_loc),
    FIELD("krugman_conc", krugman), FIELD("theil_t", theil_t), FIELD("theil_l", theil_l),
    FIELD("hoover", hoover),        FIELD("entropy", entropy)};

static const field region_fields[] = {FIELD("value", total),
                                      FIELD("industries", present),
                                      FIELD("hhi", hhi),
                                      FIELD("gini_spec", gini_loc),
                                      FIELD("krugman_spec", krugman),
                                      FIELD("theil_t", theil_t),
                                      FIELD("theil_l", theil_l),
                                      FIELD("entropy", entropy),
                                      FIELD("related_variety", related),
                                      FIELD("unrelated_variety", unrelated),
                                      FIELD("hachman", hachman)};

/** A table with a row for every line of every slice that has a value above zero, ordered by line, then slice.
 */
static agl_status write_table(agl_run *run, const char *name, const char *key, const agl_dict *dict,
                              const field *fields, size_t n_fields, const agl_indices *indices,
                              const agl_cell_input *in, agl_error *err) {
    size_t slices = in->cells.n_slices, rows = 0;
    for (size_t g = 0; g < slices * dict->n; g++)
        rows += indices[g].present > 0;
    agl_table *t;
    int32_t *code, *basis = NULL;
    agl_status status = agl__run_output(&t, run, name, rows, err);
    if (status == AGL_OK) status = agl__cell_drop_unused(t, in, err);
    if (status == AGL_OK) status = agl__run_key(&code, t, key, dict, err);
    if (status == AGL_OK && in->bases) status = agl__run_key(&basis, t, "basis", in->bases, err);
    if (status != AGL_OK) return status;
    double *year = in->years ? agl__run_num(t, "year") : NULL;
    size_t row = 0;
    for (size_t line = 0; line < dict->n; line++)
        for (size_t slice = 0; slice < slices; slice++) {
            const agl_indices *from = &indices[slice * dict->n + line];
            if (!(from->present > 0)) continue;
            code[row] = (int32_t)line;
            if (year) year[row] = agl__cell_year(in, slice);
            if (basis) basis[row] = agl__cell_basis(in, slice);
            for (size_t f = 0; f < n_fields; f++)
                agl__run_num(t, fields[f].column)[row] =
                    *(const double *)((const char *)from + fields[f].offset);
            row++;
        }
    return AGL_OK;
}

/* ---- Lorenz curves ---------------------------------------------------------------------------------------
 */

typedef struct candidate {
    double gini, total;
    size_t industry, slice;
} candidate;

static int by_key(const void *a, const void *b) {
    const candidate *p = a, *q = b;
    if (p->industry != q->industry) return p->industry < q->industry ? -1 : 1;
    return (p->slice > q->slice) - (p->slice < q->slice);
}

static int most_concentrated_first(const void *a, const void *b) {
    const candidate *p = a, *q = b;
    return p->gini != q->gini ? (p->gini > q->gini ? -1 : 1) : by_key(a, b);
}

static int larger_first(const void *a, const void *b) {
    const candidate *p = a, *q = b;
    return p->total != q->total ? (p->total > q->total ? -1 : 1) : by_key(a, b);
}

/** The `wanted` most concentrated industries of the last year among the larger half: below that, one plant
 * decides. */
static size_t choose(candidate *c, const agl_indices *indices, const agl_cell_input *in, size_t wanted) {
    size_t n = 0, slices = in->cells.n_slices, first = slices - in->n_bases;
    for (size_t s = first; s < slices; s++)
        for (size_t i = 0; i < in->cells.n_industries; i++) {
            const agl_indices *from = &indices[s * in->cells.n_industries + i];
            if (from->present > 0) c[n++] = (candidate){from->gini_loc, from->total, i, s};
        }
    qsort(c, n, sizeof *c, larger_first);
    n = (n + 1) / 2;
    qsort(c, n, sizeof *c, most_concentrated_first);
    if (n > wanted) n = wanted;
    qsort(c, n, sizeof *c, by_key);
    return n;
}

typedef struct curve {
    double *x, *y;
    size_t n;
} curve;

static agl_status write_curves(agl_run *run, const candidate *chosen, const curve *curves, size_t n,
                               const agl_cell_input *in, agl_error *err) {
    size_t rows = 0;
    for (size_t c = 0; c < n; c++)
        rows += curves[c].n;
    agl_table *t;
    int32_t *industry, *basis = NULL;
    agl_status status = agl__run_output(&t, run, "lorenz", rows, err);
    if (status == AGL_OK) status = agl__cell_drop_unused(t, in, err);
    if (status == AGL_OK) status = agl__run_key(&industry, t, "industry", in->industries, err);
    if (status == AGL_OK && in->bases) status = agl__run_key(&basis, t, "basis", in->bases, err);
    if (status != AGL_OK) return status;
    double *year = in->years ? agl__run_num(t, "year") : NULL, *point = agl__run_num(t, "point");
    double *x = agl__run_num(t, "x"), *y = agl__run_num(t, "y");
    for (size_t c = 0, row = 0; c < n; c++)
        for (size_t k = 0; k < curves[c].n; k++, row++) {
            industry[row] = (int32_t)chosen[c].industry;
            if (year) year[row] = agl__cell_year(in, chosen[c].slice);
            if (basis) basis[row] = agl__cell_basis(in, chosen[c].slice);
            point[row] = (double)k;
            x[row] = curves[c].x[k];
            y[row] = curves[c].y[k];
        }
    return AGL_OK;
}

static agl_status lorenz_table(agl_run *run, const agl_indices *indices, const agl_cell_input *in,
                               agl_error *err) {
    size_t wanted = (size_t)agl__run_integer(run, "curves"), n = 0;
    candidate *chosen = AGL_NEW(candidate, in->n_bases * in->cells.n_industries);
    curve *curves = AGL_NEW(curve, wanted);
    agl_status status = chosen && curves ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) n = choose(chosen, indices, in, wanted);
    for (size_t c = 0; c < n && status == AGL_OK; c++)
        status = agl_lorenz(&curves[c].x, &curves[c].y, &curves[c].n, &in->cells, (int32_t)chosen[c].industry,
                            (int32_t)chosen[c].slice, LORENZ_STEP, err);
    if (status == AGL_OK) status = write_curves(run, chosen, curves, n, in, err);
    for (size_t c = 0; curves && c < n; c++) {
        free(curves[c].x);
        free(curves[c].y);
    }
    free(curves);
    free(chosen);
    return status;
}

/* ---- the method ------------------------------------------------------------------------------------------
 */

static agl_concentration_options options_of(const agl_run *run) {
    agl_concentration_options o = AGL_CONCENTRATION_OPTIONS_INIT;
    if (agl__run_is(run, "gini", "half")) o.gini = AGL_GINI_HALF;
    if (agl__run_is(run, "gini", "ranks")) o.gini = AGL_GINI_RANKS;
    if (agl__run_like(run, "krugman1991") || agl__run_like(run, "econgeo")) o.gini = AGL_GINI_HALF;
    if (agl__run_like(run, "reat")) o.gini = AGL_GINI_RANKS;
    o.theil_absolute = agl__run_is(run, "theil", "absolute") || agl__run_like(run, "reat");
    return o;
}

/** Table "industries" (where the regions given are the whole) and the Lorenz curves. */
static agl_status industries(agl_run *run, const agl_cell_input *in, agl_error *err) {
    size_t n = in->cells.n_slices * in->cells.n_industries;
    agl_concentration_options options = options_of(run);
    agl_indices *indices = AGL_NEW(agl_indices, n);
    if (!indices) return agl_fail_memory(err);
    agl_status status =
        agl_concentrate(indices, &in->cells, AGL_LINES_INDUSTRIES, NULL, &options, agl__run_ctx(run), err);
    for (size_t g = 0; g < n && agl__run_like(run, "econgeo"); g++)
        indices[g].hoover *= 100;
    if (status == AGL_OK && agl__run_wants(run, "industries"))
        status = write_table(run, "industries", "industry", in->industries, industry_fields,
                             sizeof industry_fields / sizeof *industry_fields, indices, in, err);
    if (status == AGL_OK && agl__run_wants(run, "lorenz")) status = lorenz_table(run, indices, in, err);
    free(indices);
    return status;
}

static agl_status regions(agl_run *run, const agl_cell_input *in, const agl_economy *economy,
                          agl_error *err) {
    size_t n = in->cells.n_slices * in->cells.n_regions;
    agl_concentration_options options = options_of(run);
    int32_t *group = NULL;
    agl_indices *indices = AGL_NEW(agl_indices, n);
    agl_status status = indices ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = make_groups(&group, &options.n_groups, run, in, err);
    options.group = group;
    if (status == AGL_OK)
        status = agl_concentrate(indices, &in->cells, AGL_LINES_REGIONS, economy, &options, agl__run_ctx(run),
                                 err);
    if (status == AGL_OK)
        status = write_table(run, "regions", "region", in->regions, region_fields,
                             sizeof region_fields / sizeof *region_fields, indices, in, err);
    free(indices);
    free(group);
    return status;
}

agl_status agl_op_measure_concentration(agl_run *run, agl_error *err) {
    agl_cell_columns columns = agl__cell_columns(run, "value");
    agl_cell_input in;
    agl_reference reference = {0};
    agl_status status = agl__cell_input(&in, run, &columns, err);
    if (status == AGL_OK) status = agl__reference(&reference, run, &in, err);
    if (status == AGL_OK) status = agl__cell_input_needs_regions(&in, reference.given, err);
    if (status == AGL_OK && (agl__run_wants(run, "industries") || agl__run_wants(run, "lorenz")))
        status = industries(run, &in, err);
    if (status == AGL_OK && agl__run_wants(run, "regions"))
        status = regions(run, &in, agl__reference_economy(&reference), err);
    agl__reference_free(&reference);
    agl__cell_input_free(&in);
    return status;
}

#include "kernel/measure/coagglomeration.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"
#include "kernel/measure/cells.h"
#include "kernel/measure/tiles.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* Industries of one task: a few panels of rows, so that a piece of a panel of columns is used while it is in
 * the first cache; pieces of DEPTH regions (16 kB of columns, 12 kB of rows). */
enum { PANELS = 8, STRIP = PANELS * AGL__TILE_ROWS, DEPTH = 256, LINE = 64 / sizeof(double) };

typedef struct job {
    agl_coagglomeration *out;
    const agl__tiles *tiles;
    size_t regions, kept; /* with a reference share; industries that hold anything */
    int32_t *code;        /* of the kept industries */
    double *x;            /* reference shares, kept regions */
    double *rows, *cols;  /* centred shares in panels: [panel][region][6] and [panel][region][8] */
    double *memory;       /* of cols, which starts at a cache line */
    double rest;          /* 1 - X2 */
} job;

/* ---- shares ---- */

/** Totals by code from the cells of the slice. */
static agl_status totals(double *industry, double *region, const agl_cells *c, size_t slice, agl_error *err) {
    agl_sum *i = AGL_NEW(agl_sum, c->n_industries), *r = AGL_NEW(agl_sum, c->n_regions);
    agl_status status = i && r ? AGL_OK : agl_fail_memory(err);
    for (size_t k = 0; k < c->n && status == AGL_OK; k++) {
        if (agl__cell_slice(c, k) != slice || !(c->value[k] > 0)) continue;
        agl__sum_add(&i[c->industry[k]], c->value[k]);
        agl__sum_add(&r[c->region[k]], c->value[k]);
    }
    for (size_t k = 0; k < c->n_industries && status == AGL_OK; k++)
        industry[k] = agl__sum_value(&i[k]);
    for (size_t k = 0; k < c->n_regions && status == AGL_OK; k++)
        region[k] = agl__sum_value(&r[k]);
    free(i);
    free(r);
    return status;
}

/** Reference shares by region code, summing to 1. */
static agl_status reference(double *x, const double *region, const double *industry, const agl_cells *c,
                            size_t slice, const agl_coagglomeration_options *o, agl_error *err) {
    size_t industries = 0;
    for (size_t i = 0; i < c->n_industries; i++)
        industries += industry[i] > 0;
    agl_sum *mean = AGL_NEW(agl_sum, c->n_regions);
    if (!mean) return agl_fail_memory(err);
    for (size_t k = 0; k < c->n; k++)
        if (agl__cell_slice(c, k) == slice && c->value[k] > 0)
            agl__sum_add(&mean[c->region[k]], c->value[k] / industry[c->industry[k]] / (double)industries);
    size_t bad = c->n_regions;
    for (size_t r = 0; r < c->n_regions; r++) {
        x[r] = o->shares == AGL_SHARES_MEAN ? agl__sum_value(&mean[r]) : region[r];
        if (o->region_total) x[r] = o->region_total[r];
        if (!(x[r] >= 0) || isinf(x[r]) || (region[r] > 0 && !(x[r] > 0))) bad = r;
    }
    free(mean);
    if (bad < c->n_regions)
        return agl_fail(err, AGL_EDATA,
                        "region %zu has no finite total above zero although industries are there", bad);
    double all = agl__sum(x, c->n_regions);
    for (size_t r = 0; r < c->n_regions; r++)
        x[r] /= all;
    return AGL_OK;
}

/** Lays the centred shares out in panels. */
static void lay_out(job *j, const agl_cells *c, size_t slice, const int32_t *region_at,
                    const int32_t *industry_at) {
    size_t n = j->regions;
    for (size_t i = 0; i < j->kept; i++)
        for (size_t r = 0; r < n; r++) {
            j->rows[(i / AGL__TILE_ROWS * n + r) * AGL__TILE_ROWS + i % AGL__TILE_ROWS] = -j->x[r];
            j->cols[(i / AGL__TILE_COLS * n + r) * AGL__TILE_COLS + i % AGL__TILE_COLS] = -j->x[r];
        }
    for (size_t k = 0; k < c->n; k++) {
        if (agl__cell_slice(c, k) != slice || !(c->value[k] > 0)) continue;
        size_t r = (size_t)region_at[c->region[k]], i = (size_t)industry_at[c->industry[k]];
        double s = c->value[k] / j->out->size[c->industry[k]] - j->x[r];
        j->rows[(i / AGL__TILE_ROWS * n + r) * AGL__TILE_ROWS + i % AGL__TILE_ROWS] = s;
        j->cols[(i / AGL__TILE_COLS * n + r) * AGL__TILE_COLS + i % AGL__TILE_COLS] = s;
    }
}

/* ---- products ---- */

static void store(const job *j, const double *tile, size_t row, size_t col) {
    for (size_t a = 0; a < AGL__TILE_ROWS && row + a < j->kept; a++)
        for (size_t b = 0; b < AGL__TILE_COLS && col + b < j->kept; b++) {
            if (col + b < row + a) continue;
            size_t p = (size_t)j->code[row + a], q = (size_t)j->code[col + b], n = j->out->n_industries;
            double gamma = tile[a * AGL__TILE_COLS + b] / j->rest;
            j->out->gamma[p * n + q] = j->out->gamma[q * n + p] = gamma;
        }
}

/** Products of the strip with one panel of columns. */
static void block(double tile[][AGL__TILE_ROWS * AGL__TILE_COLS], const job *j, size_t first, size_t panels,
                  size_t q) {
    memset(tile, 0, panels * sizeof *tile);
    for (size_t from = 0; from < j->regions; from += DEPTH) {
        size_t depth = j->regions - from < DEPTH ? j->regions - from : DEPTH;
        const double *cols = j->cols + (q * j->regions + from) * AGL__TILE_COLS;
        for (size_t p = 0; p < panels; p++) {
            size_t panel = first / AGL__TILE_ROWS + p;
            j->tiles->products(tile[p], j->rows + (panel * j->regions + from) * AGL__TILE_ROWS, cols, depth);
        }
    }
}

static agl_status strip(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker, (void)err;
    const job *j = arg;
    double tile[PANELS][AGL__TILE_ROWS * AGL__TILE_COLS];
    size_t first = t * STRIP, left = (j->kept - first + AGL__TILE_ROWS - 1) / AGL__TILE_ROWS;
    size_t panels = left < PANELS ? left : PANELS, all = (j->kept + AGL__TILE_COLS - 1) / AGL__TILE_COLS;
    for (size_t q = first / AGL__TILE_COLS; q < all; q++) {
        block(tile, j, first, panels, q);
        for (size_t p = 0; p < panels; p++)
            store(j, tile[p], first + p * AGL__TILE_ROWS, q * AGL__TILE_COLS);
    }
    return AGL_OK;
}

/* ---- test ---- */

/** H_i of the plants; NaN where an industry has none. */
static agl_status plant_hhi(double *h, const agl_plant_sizes *plants, size_t industries, agl_error *err) {
    agl_sum *one = AGL_NEW(agl_sum, industries), *two = AGL_NEW(agl_sum, industries);
    agl_status status = one && two ? AGL_OK : agl_fail_memory(err);
    for (size_t k = 0; k < plants->n && status == AGL_OK; k++) {
        double s = plants->size[k], n = plants->count[k];
        if (plants->industry[k] < 0 || (size_t)plants->industry[k] >= industries || !(s > 0) || !(n > 0) ||
            isinf(s * n))
            status = agl_fail(err, AGL_EDATA,
                              "plants %zu: industry out of range, or size or count not above zero", k);
        else {
            agl__sum_add(&one[plants->industry[k]], n * s);
            agl__sum_add(&two[plants->industry[k]], n * s * s);
        }
    }
    for (size_t i = 0; i < industries && status == AGL_OK; i++) {
        double sum = agl__sum_value(&one[i]);
        h[i] = sum > 0 ? agl__sum_value(&two[i]) / (sum * sum) : NAN;
    }
    free(one);
    free(two);
    return status;
}

static agl_status test(job *j, const agl_plant_sizes *plants, size_t simulations, const agl_ctx *ctx,
                       agl_error *err) {
    agl_coagglomeration *o = j->out;
    size_t n = o->n_industries;
    o->z = AGL_NEW(double, n *n);
    o->p_value = AGL_NEW(double, n *n);
    if (!o->z || !o->p_value) return agl_fail_memory(err);
    agl_status status = plant_hhi(o->hhi_plants, plants, n, err);
    if (status != AGL_OK) return status;
    agl_sum two = {0, 0}, three = {0, 0};
    for (size_t r = 0; r < j->regions; r++) {
        agl__sum_add(&two, j->x[r] * j->x[r]);
        agl__sum_add(&three, j->x[r] * j->x[r] * j->x[r]);
    }
    double x2 = agl__sum_value(&two), spread = sqrt(x2 - 2 * agl__sum_value(&three) + x2 * x2);
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            double sd = spread * sqrt(o->hhi_plants[a] * o->hhi_plants[b]) / j->rest;
            size_t at = a * n + b;
            o->z[at] = a != b && sd > 0 ? o->gamma[at] / sd : NAN;
            o->p_value[at] = isnan(o->z[at]) ? NAN : gsl_cdf_ugaussian_Q(o->z[at]);
        }
    return simulations ? agl__coagglomeration_draws(o, plants, j->x, j->regions, x2, simulations, ctx, err)
                       : AGL_OK;
}

/* ---- whole ---- */

/** Numbers what is kept, checks that there is something to compare, and allocates. */
static agl_status number(job *j, int32_t *region_at, int32_t *industry_at, const double *x,
                         const agl_cells *c, agl_error *err) {
    j->code = AGL_NEW(int32_t, c->n_industries);
    j->x = AGL_NEW(double, c->n_regions);
    if (!j->code || !j->x) return agl_fail_memory(err);
    for (size_t i = 0; i < c->n_industries; i++) {
        industry_at[i] = j->out->size[i] > 0 ? (int32_t)j->kept : -1;
        if (j->out->size[i] > 0) j->code[j->kept++] = (int32_t)i;
    }
    agl_sum x2 = {0, 0};
    for (size_t r = 0; r < c->n_regions; r++) {
        region_at[r] = x[r] > 0 ? (int32_t)j->regions : -1;
        if (x[r] > 0) j->x[j->regions++] = x[r];
        agl__sum_add(&x2, x[r] * x[r]);
    }
    j->rest = 1 - agl__sum_value(&x2);
    j->out->regions = j->regions;
    if (j->regions < 2)
        return agl_fail(err, AGL_EDATA,
                        "fewer than two regions hold anything: give more regions, the index compares them");
    if (j->kept < 2)
        return agl_fail(err, AGL_EDATA,
                        "fewer than two industries hold anything: give more, the index compares them");
    j->rows = AGL_NEW(double, (j->kept + AGL__TILE_ROWS) * j->regions);
    j->memory = AGL_NEW(double, (j->kept + AGL__TILE_COLS) * j->regions + LINE);
    if (!j->rows || !j->memory) return agl_fail_memory(err);
    j->cols = j->memory + (64 - (uintptr_t)j->memory % 64) % 64 / sizeof(double);
    return AGL_OK;
}

static agl_status result_new(agl_coagglomeration *out, size_t n, agl_error *err) {
    *out = (agl_coagglomeration){.n_industries = n,
                                 .size = AGL_NEW(double, n),
                                 .gamma = AGL_NEW(double, n *n),
                                 .hhi_plants = AGL_NEW(double, n)};
    if (!out->size || !out->gamma || !out->hhi_plants) return agl_fail_memory(err);
    for (size_t k = 0; k < n * n; k++)
        out->gamma[k] = NAN;
    for (size_t i = 0; i < n; i++)
        out->hhi_plants[i] = NAN;
    return AGL_OK;
}

agl_status agl_coagglomerate(agl_coagglomeration *out, const agl_cells *c, size_t slice,
                             const agl_plant_sizes *plants, const agl_coagglomeration_options *options,
                             const agl_ctx *ctx, agl_error *err) {
    agl_coagglomeration_options o = {.shares = AGL_SHARES_TOTAL};
    if (options) o = *options;
    job j = {.out = out, .tiles = agl__tiles_best()};
    double *region = AGL_NEW(double, c->n_regions), *x = AGL_NEW(double, c->n_regions);
    int32_t *region_at = AGL_NEW(int32_t, c->n_regions), *industry_at = AGL_NEW(int32_t, c->n_industries);
    agl_status status = result_new(out, c->n_industries, err);
    if (status == AGL_OK && (!region || !x || !region_at || !industry_at)) status = agl_fail_memory(err);
    if (status == AGL_OK) status = agl__cells_check(c, err);
    if (status == AGL_OK) status = totals(out->size, region, c, slice, err);
    if (status == AGL_OK) status = reference(x, region, out->size, c, slice, &o, err);
    if (status == AGL_OK) status = number(&j, region_at, industry_at, x, c, err);
    if (status == AGL_OK) {
        lay_out(&j, c, slice, region_at, industry_at);
        status = agl__parallel((j.kept + STRIP - 1) / STRIP, strip, &j, "pairs of industries", ctx, err);
    }
    if (status == AGL_OK && plants) status = test(&j, plants, o.simulations, ctx, err);
    if (status != AGL_OK) agl_coagglomeration_free(out);
    free(region);
    free(x);
    free(region_at);
    free(industry_at);
    free(j.code);
    free(j.x);
    free(j.rows);
    free(j.memory);
    return status;
}

void agl_coagglomeration_free(agl_coagglomeration *c) {
    free(c->size);
    free(c->gamma);
    free(c->hhi_plants);
    free(c->z);
    free(c->p_value);
    *c = (agl_coagglomeration){0};
}

void agl_coagglomeration_groups(double *gamma, double *industries, const agl_coagglomeration *c,
                                const int32_t *group, size_t n_groups) {
    size_t n = c->n_industries;
    for (size_t g = 0; g < n_groups; g++) {
        double total = 0, squares = 0, count = 0;
        agl_sum sum = {0, 0};
        for (size_t i = 0; i < n; i++)
            if (group[i] == (int32_t)g && c->size[i] > 0) total += c->size[i], count++;
        for (size_t i = 0; i < n; i++) {
            if (group[i] != (int32_t)g || !(c->size[i] > 0)) continue;
            double w = c->size[i] / total;
            squares += w * w;
            for (size_t k = 0; k < n; k++)
                if (k != i && group[k] == (int32_t)g && c->size[k] > 0)
                    agl__sum_add(&sum, w * (c->size[k] / total) * c->gamma[i * n + k]);
        }
        gamma[g] = count >= 2 ? agl__sum_value(&sum) / (1 - squares) : NAN;
        if (industries) industries[g] = count;
    }
}

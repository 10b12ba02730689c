#include "kernel/measure/presence.h"
#include "base/mem.h"
#include "base/sum.h"
#include "kernel/measure/cells.h"

#include <math.h>

#define TIE 1e-12

/** Cells above zero of one slice in the order of region and industry. */
typedef struct chosen {
    size_t n;
    int32_t *region, *industry;
    double *value;
} chosen;

static void chosen_free(chosen *c) {
    free(c->region);
    free(c->industry);
    free(c->value);
}

static bool stands_before(const agl_cells *c, size_t a, size_t b) {
    if (c->region[a] != c->region[b]) return c->region[a] < c->region[b];
    return c->industry[a] < c->industry[b];
}

static agl_status choose(chosen *out, const agl_cells *c, size_t slice, agl_error *err) {
    uint32_t *order = NULL;
    agl_status status = AGL_OK;
    bool sorted = true;
    for (size_t i = 1; i < c->n && sorted; i++)
        sorted = stands_before(c, i - 1, i) || agl__cell_slice(c, i) != agl__cell_slice(c, i - 1);
    *out = (chosen){0, AGL_NEW(int32_t, c->n), AGL_NEW(int32_t, c->n), AGL_NEW(double, c->n)};
    if (!out->region || !out->industry || !out->value) return agl_fail_memory(err);
    if (!sorted) {
        const int32_t *const keys[] = {c->region, c->industry};
        const size_t codes[] = {c->n_regions, c->n_industries};
        order = AGL_NEW(uint32_t, c->n);
        status = order ? agl__code_order(order, keys, codes, 2, c->n, err) : agl_fail_memory(err);
    }
    for (size_t k = 0; k < c->n && status == AGL_OK; k++) {
        size_t i = order ? order[k] : k;
        if (agl__cell_slice(c, i) != slice || !(c->value[i] > 0)) continue;
        out->region[out->n] = c->region[i];
        out->industry[out->n] = c->industry[i];
        out->value[out->n++] = c->value[i];
    }
    free(order);
    return status;
}

/** Totals by code of the cells whose region and industry have a place; frees what *total held. */
static agl_status totals_by(double **total, const int32_t *code, size_t codes, const chosen *c,
                            const agl__presence *p, agl_error *err) {
    agl_sum *sum = AGL_NEW(agl_sum, codes);
    free(*total);
    *total = AGL_NEW(double, codes);
    agl_status status = sum && *total ? AGL_OK : agl_fail_memory(err);
    for (size_t k = 0; status == AGL_OK && k < c->n; k++)
        if (p->region_at[c->region[k]] >= 0 && p->industry_at[c->industry[k]] >= 0)
            agl__sum_add(&sum[code[k]], c->value[k]);
    for (size_t k = 0; status == AGL_OK && k < codes; k++)
        (*total)[k] = agl__sum_value(&sum[k]);
    free(sum);
    return status;
}

/** Leaves out what has no total or a smaller one than `least`; returns how many had one. */
static size_t leave_out(int32_t *at, const double *total, size_t codes, double least) {
    size_t small = 0;
    for (size_t k = 0; k < codes; k++) {
        if (at[k] < 0 || (total[k] > 0 && !(total[k] < least))) continue;
        small += total[k] > 0;
        at[k] = -1;
    }
    return small;
}

/** Numbers the codes that are kept: at[code] = place, code_of[place] = code. */
static size_t number(int32_t *at, int32_t *code_of, size_t codes) {
    size_t n = 0;
    for (size_t k = 0; k < codes; k++)
        if (at[k] >= 0) {
            code_of[n] = (int32_t)k;
            at[k] = (int32_t)n++;
        }
    return n;
}

/** Marks the cells that are present, and leaves out regions and industries without any. */
static agl_status mark(uint8_t *present, agl__presence *p, const chosen *c, const agl_cells *cells,
                       const agl__presence_rule *rule, const double *of_region, const double *of_industry,
                       agl_error *err) {
    uint8_t *some_region = AGL_NEW(uint8_t, cells->n_regions),
            *some_industry = AGL_NEW(uint8_t, cells->n_industries);
    agl_status status = some_region && some_industry ? AGL_OK : agl_fail_memory(err);
    for (size_t k = 0; k < c->n && status == AGL_OK; k++) {
        int32_t r = c->region[k], i = c->industry[k];
        if (p->region_at[r] < 0 || p->industry_at[i] < 0) continue;
        double expected = of_region[r] * (of_industry[i] / p->total);
        present[k] = rule->any || c->value[k] >= rule->threshold * expected * (1 - TIE);
        some_region[r] |= present[k];
        some_industry[i] |= present[k];
    }
    for (size_t r = 0; r < cells->n_regions && status == AGL_OK; r++)
        if (!some_region[r]) p->region_at[r] = -1;
    for (size_t i = 0; i < cells->n_industries && status == AGL_OK; i++)
        if (!some_industry[i]) p->industry_at[i] = -1;
    free(some_region);
    free(some_industry);
    return status;
}

/** Copies the cells, and lists of presence in both directions. */
static agl_status fill(agl__presence *p, const chosen *c, const uint8_t *present, agl_error *err) {
    size_t ones = 0, cells = 0;
    p->regions = (agl__lists){p->n_regions, AGL_NEW(size_t, p->n_regions + 1), AGL_NEW(int32_t, c->n)};
    p->industries =
        (agl__lists){p->n_industries, AGL_NEW(size_t, p->n_industries + 1), AGL_NEW(int32_t, c->n)};
    p->cell_start = AGL_NEW(size_t, p->n_regions + 1);
    p->cell_industry = AGL_NEW(int32_t, c->n);
    p->cell_value = AGL_NEW(double, c->n);
    size_t *next = AGL_NEW(size_t, p->n_industries + 1);
    if (!p->regions.start || !p->regions.other || !p->industries.start || !p->industries.other ||
        !p->cell_start || !p->cell_industry || !p->cell_value || !next) {
        free(next);
        return agl_fail_memory(err);
    }
    for (size_t k = 0; k < c->n; k++) {
        int32_t r = p->region_at[c->region[k]], i = p->industry_at[c->industry[k]];
        if (r < 0 || i < 0) continue;
        p->cell_industry[cells] = i;
        p->cell_value[cells++] = c->value[k];
        p->cell_start[r + 1] = cells;
        if (present[k]) {
            p->regions.other[ones++] = i;
            p->industries.start[i + 1]++;
        }
        p->regions.start[r + 1] = ones;
    }
    for (size_t i = 0; i < p->n_industries; i++) {
        p->industries.start[i + 1] += p->industries.start[i];
        next[i] = p->industries.start[i];
    }
    for (size_t r = 0; r < p->n_regions; r++)
        for (size_t k = p->regions.start[r]; k < p->regions.start[r + 1]; k++)
            p->industries.other[next[p->regions.other[k]]++] = (int32_t)r;
    free(next);
    return AGL_OK;
}

/** Counts what was dropped, numbers what is kept and gathers its totals. */
static agl_status settle(agl__presence *p, const agl_cells *cells, const double *of_region,
                         const double *of_industry, agl_error *err) {
    p->region = AGL_NEW(int32_t, cells->n_regions);
    p->industry = AGL_NEW(int32_t, cells->n_industries);
    if (!p->region || !p->industry) return agl_fail_memory(err);
    p->n_regions = number(p->region_at, p->region, cells->n_regions);
    p->n_industries = number(p->industry_at, p->industry, cells->n_industries);
    p->empty_regions = cells->n_regions - p->n_regions - p->small_regions;
    p->empty_industries = cells->n_industries - p->n_industries - p->small_industries;
    p->region_total = AGL_NEW(double, p->n_regions);
    p->industry_total = AGL_NEW(double, p->n_industries);
    if (!p->region_total || !p->industry_total) return agl_fail_memory(err);
    for (size_t r = 0; r < p->n_regions; r++)
        p->region_total[r] = of_region[p->region[r]];
    for (size_t i = 0; i < p->n_industries; i++)
        p->industry_total[i] = of_industry[p->industry[i]];
    if (p->n_regions < 2)
        return agl_fail(err, AGL_EDATA,
                        "%zu region%s hold%s anything (after the filters): give more regions to compare, or "
                        "lower the filters",
                        p->n_regions, p->n_regions == 1 ? "" : "s", p->n_regions == 1 ? "s" : "");
    if (p->n_industries < 2)
        return agl_fail(err, AGL_EDATA,
                        "%zu industr%s held by any region (after the filters): give more industries, or "
                        "lower the filters",
                        p->n_industries, p->n_industries == 1 ? "y is" : "ies are");
    return AGL_OK;
}

agl_status agl__presence_make(agl__presence *p, const agl_cells *cells, size_t slice,
                              const agl__presence_rule *rule, agl_error *err) {
    *p = (agl__presence){0};
    chosen c = {0};
    double *of_region = NULL, *of_industry = NULL;
    uint8_t *present = AGL_NEW(uint8_t, cells->n);
    p->region_at = AGL_NEW(int32_t, cells->n_regions);
    p->industry_at = AGL_NEW(int32_t, cells->n_industries);
    agl_status status = p->region_at && p->industry_at && present ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = choose(&c, cells, slice, err);
    if (status != AGL_OK) goto out;
    /* x_r. of all industries decides which regions stay; x_.i of these which industries; then both anew */
    status = totals_by(&of_region, c.region, cells->n_regions, &c, p, err);
    if (status != AGL_OK) goto out;
    p->small_regions = leave_out(p->region_at, of_region, cells->n_regions, rule->min_region);
    status = totals_by(&of_industry, c.industry, cells->n_industries, &c, p, err);
    if (status != AGL_OK) goto out;
    p->small_industries = leave_out(p->industry_at, of_industry, cells->n_industries, rule->min_industry);
    status = totals_by(&of_region, c.region, cells->n_regions, &c, p, err);
    if (status != AGL_OK) goto out;
    p->total = agl__sum(of_region, cells->n_regions);
    status = mark(present, p, &c, cells, rule, of_region, of_industry, err);
    if (status == AGL_OK) status = settle(p, cells, of_region, of_industry, err);
    if (status == AGL_OK) status = fill(p, &c, present, err);
out:
    chosen_free(&c);
    free(of_region);
    free(of_industry);
    free(present);
    return status;
}

void agl__presence_free(agl__presence *p) {
    free(p->region);
    free(p->industry);
    free(p->region_at);
    free(p->industry_at);
    free(p->region_total);
    free(p->industry_total);
    free(p->regions.start);
    free(p->regions.other);
    free(p->industries.start);
    free(p->industries.other);
    free(p->cell_start);
    free(p->cell_industry);
    free(p->cell_value);
    *p = (agl__presence){0};
}

/** Gives every region that `first` reaches the part `part`; returns the number of regions and industries
 * reached. */
static size_t reach(int32_t *region_part, uint8_t *seen_industry, int32_t *queue, const agl__presence *p,
                    size_t first, int32_t part) {
    size_t head = 0, tail = 0, size = 0;
    queue[tail++] = (int32_t)first;
    region_part[first] = part;
    while (head < tail) {
        size_t r = (size_t)queue[head++];
        size++;
        for (size_t k = p->regions.start[r]; k < p->regions.start[r + 1]; k++) {
            size_t i = (size_t)p->regions.other[k];
            if (seen_industry[i]) continue;
            seen_industry[i] = 1;
            size++;
            for (size_t m = p->industries.start[i]; m < p->industries.start[i + 1]; m++) {
                int32_t s = p->industries.other[m];
                if (region_part[s] >= 0) continue;
                region_part[s] = part;
                queue[tail++] = s;
            }
        }
    }
    return size;
}

agl_status agl__presence_parts(size_t *parts, int32_t *region_part, const agl__presence *p, agl_error *err) {
    uint8_t *seen = AGL_NEW(uint8_t, p->n_industries);
    int32_t *queue = AGL_NEW(int32_t, p->n_regions);
    agl_status status = seen && queue ? AGL_OK : agl_fail_memory(err);
    size_t largest = 0, largest_part = 0;
    *parts = 0;
    for (size_t r = 0; r < p->n_regions && status == AGL_OK; r++)
        region_part[r] = -1;
    for (size_t r = 0; r < p->n_regions && status == AGL_OK; r++) {
        if (region_part[r] >= 0) continue;
        size_t size = reach(region_part, seen, queue, p, r, (int32_t)*parts);
        if (size > largest) largest = size, largest_part = *parts;
        (*parts)++;
    }
    /* the largest becomes part 0: exchange the two numbers */
    for (size_t r = 0; r < p->n_regions && status == AGL_OK; r++) {
        if (region_part[r] == 0)
            region_part[r] = (int32_t)largest_part;
        else if (region_part[r] == (int32_t)largest_part)
            region_part[r] = 0;
    }
    free(seen);
    free(queue);
    return status;
}

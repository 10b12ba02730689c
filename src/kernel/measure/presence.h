/* Which industries are at home in which regions: the 0/1 matrix M that complexity and relatedness start from,
 *
 *     M_ri = 1  when  LQ_ri = (x_ri / x_r.) / (x_.i / x..) >= threshold
 *
 * over the regions and industries that hold anything. Empty ones are dropped and counted: a share 0/0 is no
 * share. A tie at the threshold counts as present (>=), with a tolerance of 1e-12, so that a table of exact
 * proportions does not depend on rounding. */
#ifndef AGL_KERNEL_MEASURE_PRESENCE_H
#define AGL_KERNEL_MEASURE_PRESENCE_H

#include "agglo/cells.h"

/** Where each member of one side is found on the other, ascending: other[start[k] .. start[k+1]-1]. */
typedef struct agl__lists {
    size_t n;
    size_t *start;
    int32_t *other;
} agl__lists;

static inline size_t agl__list_size(const agl__lists *l, size_t k) { return l->start[k + 1] - l->start[k]; }

typedef struct agl__presence {
    size_t n_regions, n_industries;   /* kept */
    int32_t *region, *industry;       /* code of the input of each that is kept, ascending */
    int32_t *region_at, *industry_at; /* by code: place among the kept, or -1 */
    double *region_total, *industry_total;
    double total;
    agl__lists regions, industries; /* industries of a region; regions of an industry */
    size_t *cell_start;             /* cells above zero of region r: cell_start[r] .. cell_start[r+1]-1 */
    int32_t *cell_industry;
    double *cell_value;
    size_t small_regions, small_industries; /* dropped because below the least total */
    size_t empty_regions,
        empty_industries; /* dropped because they hold nothing, or nothing at the threshold */
} agl__presence;

typedef struct agl__presence_rule {
    double threshold;    /* least LQ, above 0 */
    bool any;            /* present wherever the value is above zero; threshold is not used */
    double min_region;   /* regions with a smaller total are left out before anything is formed */
    double min_industry; /* then industries with a smaller total */
} agl__presence_rule;

/** Presence in slice `slice` of the cells. AGL_EDATA when fewer than two regions or two industries are left.
 * O(cells + codes), more when the cells do not stand in the order of region and industry. Free the result in
 * any case. */
AGL_NODISCARD agl_status agl__presence_make(agl__presence *out, const agl_cells *cells, size_t slice,
                                            const agl__presence_rule *rule, agl_error *err);
void agl__presence_free(agl__presence *p);

/** Connected parts of M, the largest (in regions plus industries) numbered 0.
 * region_part has n_regions entries. Returns the number of parts in *parts. */
AGL_NODISCARD agl_status agl__presence_parts(size_t *parts, int32_t *region_part, const agl__presence *p,
                                             agl_error *err);

#endif

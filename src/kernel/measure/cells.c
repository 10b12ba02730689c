#include "kernel/measure/cells.h"
#include "base/mem.h"
#include "base/sum.h"

#include <string.h>

agl_status agl__cells_check(const agl_cells *c, agl_error *err) {
    for (size_t i = 0; i < c->n; i++) {
        size_t slice = agl__cell_slice(c, i);
        if (c->region[i] < 0 || (size_t)c->region[i] >= c->n_regions || c->industry[i] < 0 ||
            (size_t)c->industry[i] >= c->n_industries || slice >= c->n_slices)
            return agl_fail(err, AGL_EDATA, "cell %zu: region, industry or slice code out of range", i);
        if (c->value[i] < 0 || isinf(c->value[i]))
            return agl_fail(err, AGL_EDATA, "cell %zu: the value %g is not a finite number >= 0", i,
                            c->value[i]);
    }
    return AGL_OK;
}

static double *sums_to_values(agl_sum *sums, size_t n) {
    double *values = AGL_NEW(double, n);
    for (size_t i = 0; values && i < n; i++)
        values[i] = agl__sum_value(&sums[i]);
    return values;
}

agl_status agl__totals_make(agl_totals *totals, const agl_cells *c, agl_error *err) {
    *totals = (agl_totals){0};
    size_t n_region = c->n_slices * c->n_regions, n_industry = c->n_slices * c->n_industries;
    agl_sum *region = AGL_NEW(agl_sum, n_region), *industry = AGL_NEW(agl_sum, n_industry);
    agl_sum *all = AGL_NEW(agl_sum, c->n_slices);
    agl_status status = AGL_OK;
    if (!region || !industry || !all) {
        status = agl_fail_memory(err);
        goto out;
    }
    for (size_t i = 0; i < c->n; i++) {
        double x = c->value[i];
        if (isnan(x)) continue;
        size_t slice = agl__cell_slice(c, i);
        agl__sum_add(&region[slice * c->n_regions + (size_t)c->region[i]], x);
        agl__sum_add(&industry[slice * c->n_industries + (size_t)c->industry[i]], x);
    }
    for (size_t s = 0; s < c->n_slices; s++)
        for (size_t r = 0; r < c->n_regions; r++)
            agl__sum_add(&all[s], agl__sum_value(&region[s * c->n_regions + r]));
    totals->region = sums_to_values(region, n_region);
    totals->industry = sums_to_values(industry, n_industry);
    totals->all = sums_to_values(all, c->n_slices);
    if (!totals->region || !totals->industry || !totals->all) {
        agl__totals_free(totals);
        status = agl_fail_memory(err);
    }
out:
    free(region);
    free(industry);
    free(all);
    return status;
}

void agl__totals_free(agl_totals *totals) {
    free(totals->region);
    free(totals->industry);
    free(totals->all);
    *totals = (agl_totals){0};
}

/** One stable pass by `key`: to[] gets the rows of from[] in its order. `count` is scratch for `codes`
 * entries. */
static void counting_pass(uint32_t *to, const uint32_t *from, const int32_t *key, size_t *count, size_t codes,
                          size_t n) {
    memset(count, 0, codes * sizeof *count);
    for (size_t i = 0; i < n; i++)
        count[key[i]]++;
    size_t next = 0;
    for (size_t k = 0; k < codes; k++) {
        size_t here = count[k];
        count[k] = next;
        next += here;
    }
    for (size_t i = 0; i < n; i++)
        to[count[key[from[i]]]++] = from[i];
}

agl_status agl__code_order(uint32_t *order, const int32_t *const *keys, const size_t *codes, size_t n_keys,
                           size_t n, agl_error *err) {
    size_t most = 0;
    for (size_t k = 0; k < n_keys; k++)
        if (codes[k] > most) most = codes[k];
    uint32_t *other = AGL_NEW(uint32_t, n);
    size_t *count = AGL_NEW(size_t, most);
    agl_status status = AGL_OK;
    if (!other || !count) {
        status = agl_fail_memory(err);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    /* the last key first: later passes are stable and keep its order among equals */
    for (size_t k = n_keys; k-- > 0;) {
        if (codes[k] < 2) continue;
        counting_pass(other, order, keys[k], count, codes[k], n);
        memcpy(order, other, n * sizeof *order);
    }
out:
    free(other);
    free(count);
    return status;
}

agl_status agl__groups(size_t **start, uint32_t **member, const int32_t *group, size_t n_groups, size_t n,
                       agl_error *err) {
    *start = AGL_NEW(size_t, n_groups + 2);
    *member = AGL_NEW(uint32_t, n);
    if (!*start || !*member) {
        free(*start);
        free(*member);
        *start = NULL, *member = NULL;
        return agl_fail_memory(err);
    }
    /* counts land two places up and are summed into starts one place up; filling moves those into place */
    size_t *next = *start + 1;
    for (size_t i = 0; i < n; i++)
        if (group[i] >= 0) next[group[i] + 1]++;
    for (size_t g = 1; g <= n_groups; g++)
        next[g] += next[g - 1];
    for (size_t i = 0; i < n; i++)
        if (group[i] >= 0) (*member)[next[group[i]]++] = (uint32_t)i;
    return AGL_OK;
}

#include "table/aggregate.h"
#include "base/mem.h"
#include "base/sum.h"

#include <math.h>
#include <string.h>

/* Rows -> group numbers by open addressing over a hash of the key columns' values. */
typedef struct groups {
    const agl_column **key;
    size_t n_keys, slots;
    size_t *slot;   /* group + 1, 0 = empty */
    size_t *first;  /* first row of each group */
    size_t *of_row; /* group of each row */
    size_t n;
} groups;

static uint64_t mix(uint64_t h, uint64_t x) {
    h = (h ^ x) * 0x9fb21c651e98df25u;
    return h ^ h >> 32;
}

static uint64_t hash_row(const groups *g, size_t row) {
    uint64_t h = 0x243f6a8885a308d3u;
    for (size_t k = 0; k < g->n_keys; k++) {
        const agl_column *c = g->key[k];
        uint64_t x = 0;
        if (c->type == AGL_KEY)
            x = (uint32_t)c->code[row];
        else if (!isnan(c->num[row]))
            memcpy(&x, &c->num[row], sizeof x);
        h = mix(h, x);
    }
    return h;
}

static bool same_key(const groups *g, size_t a, size_t b) {
    for (size_t k = 0; k < g->n_keys; k++) {
        const agl_column *c = g->key[k];
        if (c->type == AGL_KEY) {
            if (c->code[a] != c->code[b]) return false;
        } else if (!(c->num[a] == c->num[b] || (isnan(c->num[a]) && isnan(c->num[b])))) {
            return false;
        }
    }
    return true;
}

static void groups_free(groups *g) {
    free(g->key);
    free(g->slot);
    free(g->first);
    free(g->of_row);
}

static agl_status groups_new(groups *g, const agl_table *t, const char *const *unique, size_t n_unique,
                             agl_error *err) {
    *g = (groups){.key = AGL_NEW(const agl_column *, n_unique), .slots = 16};
    while (g->slots < 2 * t->rows)
        g->slots *= 2;
    g->slot = AGL_NEW(size_t, g->slots);
    g->first = AGL_NEW(size_t, t->rows);
    g->of_row = AGL_NEW(size_t, t->rows);
    if (!g->key || !g->slot || !g->first || !g->of_row) {
        groups_free(g);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < n_unique; i++) {
        const agl_column *c = agl_table_column(t, unique[i]);
        if (c) g->key[g->n_keys++] = c;
    }
    return AGL_OK;
}

/* The group of `row`, made when new. */
static size_t group_of(groups *g, size_t row) {
    size_t at = hash_row(g, row) & (g->slots - 1);
    while (g->slot[at] && !same_key(g, g->first[g->slot[at] - 1], row))
        at = (at + 1) & (g->slots - 1);
    if (!g->slot[at]) {
        g->first[g->n] = row;
        g->slot[at] = ++g->n;
    }
    return g->of_row[row] = g->slot[at] - 1;
}

agl_status agl__find_duplicate(bool *found, size_t *first, size_t *second, const agl_table *t,
                               const char *const *unique, size_t n_unique, agl_error *err) {
    groups g;
    *found = false;
    agl_status status = groups_new(&g, t, unique, n_unique, err);
    if (status != AGL_OK) return status;
    for (size_t row = 0; row < t->rows && g.n_keys > 0; row++) {
        size_t before = g.n, group = group_of(&g, row);
        if (g.n > before) continue;
        *found = true;
        *first = g.first[group];
        *second = row;
        break;
    }
    groups_free(&g);
    return AGL_OK;
}

static void combine(double *value, agl_sum *sum, size_t *count, double x, const char *how) {
    if (*count == 0) *value = x;
    agl__sum_add(sum, x);
    if (strcmp(how, "max") == 0)
        *value = fmax(*value, x);
    else if (strcmp(how, "min") == 0)
        *value = fmin(*value, x);
    else
        *value = strcmp(how, "mean") == 0 ? agl__sum_value(sum) / (double)(*count + 1) : agl__sum_value(sum);
    ++*count;
}

static agl_status aggregate_numbers(agl_column *to, const agl_column *from, const groups *g, size_t rows,
                                    const char *how, agl_error *err) {
    agl_sum *sum = AGL_NEW(agl_sum, g->n);
    size_t *count = AGL_NEW(size_t, g->n);
    uint8_t *state = AGL_NEW(uint8_t, g->n);
    if (!sum || !count || !state) {
        free(sum);
        free(count);
        free(state);
        return agl_fail_memory(err);
    }
    for (size_t row = 0; row < rows; row++) {
        size_t k = g->of_row[row];
        if (!isnan(from->num[row]))
            combine(&to->num[k], &sum[k], &count[k], from->num[row], how);
        else if (from->state && from->state[row] == AGL_SUPPRESSED)
            state[k] = AGL_SUPPRESSED;
    }
    for (size_t k = 0; k < g->n; k++) {
        if (count[k] == 0) to->num[k] = NAN;
        state[k] = count[k] ? AGL_PRESENT : state[k] == AGL_SUPPRESSED ? AGL_SUPPRESSED : AGL_MISSING;
    }
    to->state = state;
    free(sum);
    free(count);
    return AGL_OK;
}

static void first_keys(agl_column *to, const agl_column *from, const groups *g, size_t rows) {
    for (size_t k = 0; k < g->n; k++)
        to->code[k] = -1;
    for (size_t row = 0; row < rows; row++) {
        size_t k = g->of_row[row];
        if (to->code[k] < 0) to->code[k] = from->code[row];
    }
}

static void first_numbers(agl_column *to, const agl_column *from, const groups *g) {
    for (size_t k = 0; k < g->n; k++)
        to->num[k] = from->num[g->first[k]];
}

static bool is_unique(const char *name, const char *const *unique, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(unique[i], name) == 0) return true;
    return false;
}

agl_status agl__aggregate(agl_table **table, const char *const *unique, size_t n_unique, const char *how,
                          agl_error *err) {
    agl_table *from = *table, *to = NULL;
    groups g;
    agl_status status = groups_new(&g, from, unique, n_unique, err);
    if (status != AGL_OK) return status;
    for (size_t row = 0; row < from->rows; row++)
        group_of(&g, row);

    status = agl_table_new(&to, from->name, g.n, err);
    for (size_t j = 0; j < from->n_columns && status == AGL_OK; j++) {
        const agl_column *f = &from->columns[j];
        agl_column *c;
        if ((status = agl_table_add(&c, to, f->name, f->type, err)) != AGL_OK) break;
        if (f->type == AGL_KEY) {
            first_keys(c, f, &g, from->rows);
            status = agl_dict_copy(&c->dict, &f->dict, err);
        } else if (is_unique(f->name, unique, n_unique) || f->type == AGL_DATE) {
            first_numbers(c, f, &g);
        } else {
            status = aggregate_numbers(c, f, &g, from->rows, how, err);
        }
    }
    groups_free(&g);
    if (status != AGL_OK) {
        agl_table_free(to);
        return status;
    }
    agl_table_free(from);
    *table = to;
    return AGL_OK;
}

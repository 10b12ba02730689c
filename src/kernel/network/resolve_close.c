/* The guarded closure: groups of records from scored pairs. */
#include "base/mem.h"
#include "kernel/network/resolve.h"

#include <string.h>

enum { LOOKED_AT = 12 }; /* records of a group that a join is checked against */

/* ---- groups ----------------------------------------------------------------------------------- */

agl_status agl__groups_new(agl_groups *out, const agl_records *records, agl_error *err) {
    int32_t n = records->n;
    *out = (agl_groups){.n = n};
    out->parent = AGL_NEW(int32_t, n);
    out->next = AGL_NEW(int32_t, n);
    out->last = AGL_NEW(int32_t, n);
    out->size = AGL_NEW(int32_t, n);
    out->identifier = AGL_NEW(int32_t, n);
    if (!out->parent || !out->next || !out->last || !out->size || !out->identifier) {
        agl__groups_free(out);
        return agl_fail_memory(err);
    }
    for (int32_t i = 0; i < n; i++) {
        out->parent[i] = out->last[i] = i;
        out->next[i] = -1;
        out->size[i] = 1;
        out->identifier[i] = records->identifier.code[i];
    }
    return AGL_OK;
}

void agl__groups_free(agl_groups *groups) {
    free(groups->parent);
    free(groups->next);
    free(groups->last);
    free(groups->size);
    free(groups->identifier);
    *groups = (agl_groups){0};
}

int32_t agl__groups_root(agl_groups *groups, int32_t record) {
    while (groups->parent[record] != record) {
        groups->parent[record] = groups->parent[groups->parent[record]];
        record = groups->parent[record];
    }
    return record;
}

/* Joins two groups, given by their roots; the lower root stays. */
static void join(agl_groups *g, int32_t a, int32_t b) {
    if (a == b) return;
    int32_t root = a < b ? a : b, other = a < b ? b : a;
    g->parent[other] = root;
    g->next[g->last[root]] = other;
    g->last[root] = g->last[other];
    g->size[root] += g->size[other];
    if (g->identifier[root] < 0) g->identifier[root] = g->identifier[other];
}

static bool identifiers_clash(const agl_groups *g, int32_t a, int32_t b) {
    return g->identifier[a] >= 0 && g->identifier[b] >= 0 && g->identifier[a] != g->identifier[b];
}

/* ---- decisions by hand ------------------------------------------------------------------------ */

typedef struct closure {
    agl_groups *groups;
    const agl_records *records;
    double threshold, guard; /* bits */
    size_t n_apart;
    size_t *apart_start; /* n + 1: by record, the records it must be kept from */
    int32_t *apart;
} closure;

static agl_status check_overrides(const agl_resolve_input *input, agl_error *err) {
    for (size_t k = 0; k < input->n_overrides; k++) {
        const agl_resolve_override *o = &input->overrides[k];
        if (o->a < 0 || o->b < 0 || (size_t)o->a >= input->n || (size_t)o->b >= input->n)
            return agl_fail(err, AGL_EDATA, "override %zu names record %d or %d, outside 0..%zu", k, o->a,
                            o->b, input->n ? input->n - 1 : 0);
    }
    return AGL_OK;
}

/* Lists by record what it must be kept from. */
static agl_status list_apart(closure *c, const agl_resolve_input *input, agl_error *err) {
    size_t n = input->n;
    c->apart_start = AGL_NEW(size_t, n + 2);
    c->apart = AGL_NEW(int32_t, 2 * input->n_overrides);
    if (!c->apart_start || !c->apart) return agl_fail_memory(err);
    for (size_t k = 0; k < input->n_overrides; k++)
        if (!input->overrides[k].same) {
            c->apart_start[input->overrides[k].a + 2]++;
            c->apart_start[input->overrides[k].b + 2]++;
            c->n_apart++;
        }
    for (size_t i = 2; i < n + 2; i++)
        c->apart_start[i] += c->apart_start[i - 1];
    for (size_t k = 0; k < input->n_overrides; k++) {
        const agl_resolve_override *o = &input->overrides[k];
        if (o->same) continue;
        c->apart[c->apart_start[o->a + 1]++] = o->b;
        c->apart[c->apart_start[o->b + 1]++] = o->a;
    }
    return AGL_OK;
}

/* Has somebody decided that a record of one group is not one of the other? */
static bool kept_apart(const closure *c, int32_t a, int32_t b) {
    if (c->n_apart == 0) return false;
    int32_t small = c->groups->size[a] < c->groups->size[b] ? a : b, large = small == a ? b : a;
    for (int32_t i = small; i >= 0; i = c->groups->next[i])
        for (size_t k = c->apart_start[i]; k < c->apart_start[i + 1]; k++)
            if (agl__groups_root(c->groups, c->apart[k]) == large) return true;
    return false;
}

static agl_status follow_overrides(closure *c, size_t *refused, const agl_resolve_input *input,
                                   agl_error *err) {
    for (size_t k = 0; k < input->n_overrides; k++) {
        const agl_resolve_override *o = &input->overrides[k];
        if (!o->same) continue;
        int32_t a = agl__groups_root(c->groups, o->a), b = agl__groups_root(c->groups, o->b);
        if (a == b) continue;
        if (kept_apart(c, a, b))
            return agl_fail(err, AGL_EDATA,
                            "overrides contradict each other: '%s' and '%s' are to be the same and different",
                            input->name[o->a] ? input->name[o->a] : "",
                            input->name[o->b] ? input->name[o->b] : "");
        if (identifiers_clash(c->groups, a, b))
            ++*refused;
        else
            join(c->groups, a, b);
    }
    return AGL_OK;
}

/* Records with one identifier are one organisation, unless somebody decided otherwise. */
static agl_status join_identifiers(closure *c, agl_error *err) {
    const agl_field *field = &c->records->identifier;
    int32_t *first = AGL_NEW(int32_t, field->text.n);
    if (!first) return agl_fail_memory(err);
    for (int32_t i = 0; i < c->records->n; i++) {
        int32_t id = field->code[i];
        if (id < 0) continue;
        if (first[id] == 0) {
            first[id] = i + 1;
            continue;
        }
        int32_t a = agl__groups_root(c->groups, first[id] - 1), b = agl__groups_root(c->groups, i);
        if (a != b && !kept_apart(c, a, b)) join(c->groups, a, b);
    }
    free(first);
    return AGL_OK;
}

/* ---- scored pairs ----------------------------------------------------------------------------- */

/* Do the groups fit as a whole? Every pair of their records must reach the guard, the mean the threshold. */
static bool fit(const closure *c, int32_t a, int32_t b) {
    double sum = 0;
    int pairs = 0, looked_a = 0;
    for (int32_t i = a; i >= 0 && looked_a < LOOKED_AT; i = c->groups->next[i], looked_a++) {
        int looked_b = 0;
        for (int32_t j = b; j >= 0 && looked_b < LOOKED_AT; j = c->groups->next[j], looked_b++) {
            agl_evidence evidence;
            agl__score(&evidence, c->records, i, j);
            if (evidence.total < c->guard) return false;
            sum += evidence.total;
            pairs++;
        }
    }
    return sum >= c->threshold * pairs;
}

static int best_first(const void *a, const void *b) {
    const agl_pair *x = a, *y = b;
    if (x->bits != y->bits) return x->bits > y->bits ? -1 : 1;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static agl_status join_pairs(closure *c, const agl_pair *pair, size_t n, const agl_ctx *ctx, agl_error *err) {
    agl_pair *order = AGL_NEW(agl_pair, n);
    if (!order) return agl_fail_memory(err);
    agl_status status = AGL_OK;
    if (n > 0) memcpy(order, pair, n * sizeof *order);
    qsort(order, n, sizeof *order, best_first);
    for (size_t k = 0; k < n && order[k].bits >= c->threshold; k++) {
        if (k % 1024 == 0 && agl_cancelled(ctx)) {
            status = agl_fail(err, AGL_ECANCEL, "cancelled");
            break;
        }
        int32_t a = agl__groups_root(c->groups, order[k].a), b = agl__groups_root(c->groups, order[k].b);
        if (a == b || identifiers_clash(c->groups, a, b) || kept_apart(c, a, b) || !fit(c, a, b)) continue;
        join(c->groups, a, b);
    }
    free(order);
    return status;
}

agl_status agl__close(agl_groups *groups, size_t *refused, const agl_records *records, const agl_pair *pair,
                      size_t n_pairs, const agl_resolve_input *input, double threshold_bits,
                      double guard_bits, const agl_ctx *ctx, agl_error *err) {
    closure c = {.groups = groups, .records = records, .threshold = threshold_bits, .guard = guard_bits};
    *refused = 0;
    agl_status status = check_overrides(input, err);
    if (status == AGL_OK) status = list_apart(&c, input, err);
    if (status == AGL_OK) status = follow_overrides(&c, refused, input, err);
    if (status == AGL_OK) status = join_identifiers(&c, err);
    if (status == AGL_OK) status = join_pairs(&c, pair, n_pairs, ctx, err);
    free(c.apart_start);
    free(c.apart);
    return status;
}

#include "op/network/build_tables.h"

#include "base/mem.h"

#include <string.h>

agl_status agl__write_layers(agl_run *run, const agl__events *e, const agl__layers *l, agl_error *err) {
    if (!l->facts) return AGL_OK;
    agl_table *out;
    int32_t *layer = NULL;
    agl_status status = agl__run_output(&out, run, "layers", e->layers.n, err);
    if (status == AGL_OK) status = agl__run_key(&layer, out, "layer", &e->layers, err);
    for (size_t k = 0; status == AGL_OK && k < e->layers.n; k++) {
        layer[k] = (int32_t)k;
        agl__run_num(out, "events")[k] = l->facts[k].events;
        agl__run_num(out, "actors")[k] = l->facts[k].actors;
        agl__run_num(out, "ties")[k] = l->facts[k].ties;
        agl__run_num(out, "shared")[k] = l->facts[k].shared;
        agl__run_num(out, "weight")[k] = l->facts[k].weight;
    }
    return status;
}

/* ---- slices
 * ---------------------------------------------------------------------------------------------------------
 */

/* An actor in a slice. A participation has partner -1; a tie stands once at either end, and layers that tie
 * the same two in one slice repeat it. */
typedef struct mention {
    int32_t actor, slice, partner;
} mention;

static int in_order(const void *a, const void *b) {
    const mention *x = a, *y = b;
    if (x->actor != y->actor) return x->actor < y->actor ? -1 : 1;
    if (x->slice != y->slice) return x->slice < y->slice ? -1 : 1;
    return (x->partner > y->partner) - (x->partner < y->partner);
}

static bool one_row(const mention *x, const mention *y) {
    return x->actor == y->actor && x->slice == y->slice;
}

/* Every participation with a year and both ends of every tie, sorted. */
static size_t collect(mention *out, const agl_incidence *all, const agl__layers *l) {
    const agl_ties *t = &l->ties;
    size_t n = 0;
    for (int32_t a = 0; a < all->n_actors; a++)
        for (size_t i = all->actor_offset[a]; i < all->actor_offset[a + 1]; i++)
            if (l->slice[all->project[i]] != INT32_MIN)
                out[n++] = (mention){a, l->slice[all->project[i]], -1};
    for (size_t i = 0; i < t->n; i++) {
        out[n++] = (mention){t->source[i], t->slice[i], t->target[i]};
        out[n++] = (mention){t->target[i], t->slice[i], t->source[i]};
    }
    if (n > 1) qsort(out, n, sizeof *out, in_order);
    return n;
}

static agl_status fill(agl_table *out, const agl__events *e, const mention *m, size_t n, agl_error *err) {
    int32_t *id = NULL;
    agl_status status = agl__run_key(&id, out, "id", &e->actors, err);
    if (status != AGL_OK) return status;
    double *year = agl__run_num(out, "year"), *projects = agl__run_num(out, "projects");
    double *partners = agl__run_num(out, "partners");
    size_t row = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && !one_row(&m[i - 1], &m[i])) row++;
        id[row] = m[i].actor;
        year[row] = m[i].slice;
        projects[row] += m[i].partner < 0;
        partners[row] += m[i].partner >= 0 && (i == 0 || in_order(&m[i - 1], &m[i]) != 0);
    }
    return AGL_OK;
}

agl_status agl__write_slices(agl_run *run, const agl__events *e, const agl_incidence *all,
                             const agl__layers *l, agl_error *err) {
    if (!l->sliced || !agl__run_text(run, "slice-years")) return AGL_OK;
    mention *m = AGL_NEW(mention, all->pairs + 2 * l->ties.n);
    if (!m) return agl_fail_memory(err);
    size_t n = collect(m, all, l), rows = n > 0;
    for (size_t i = 1; i < n; i++)
        rows += !one_row(&m[i - 1], &m[i]);
    agl_table *out;
    agl_status status = agl__run_output(&out, run, "slices", rows, err);
    if (status == AGL_OK) status = fill(out, e, m, n, err);
    free(m);
    return status;
}

/* The pairs of a curve, cut into tiles of blocks that are near enough to matter. */
#include "base/mem.h"
#include "kernel/measure/kdensity.h"

#include <math.h>

enum { LEAF = 32, BLOCK = 256, TASK_PAIRS = 1 << 18, MOST_TASKS = 64 };

static agl_status in_tree_order(double **out, const agl_kdtree *tree, const double *w, agl_error *err) {
    *out = NULL;
    if (!w) return AGL_OK;
    *out = AGL_NEW(double, tree->points.n);
    if (!*out) return agl_fail_memory(err);
    for (size_t i = 0; i < tree->points.n; i++)
        (*out)[i] = w[tree->index[i]];
    return AGL_OK;
}

agl_status agl__kd_pairs_new(agl_kd_pairs *out, const agl_points *a, const double *wa, const agl_points *b,
                             const double *wb, agl_error *err) {
    *out = (agl_kd_pairs){.wa = NULL};
    agl_status status = agl__kdtree_build(&out->a, a, LEAF, err);
    if (status == AGL_OK) status = in_tree_order(&out->wa, &out->a, wa, err);
    if (status == AGL_OK && b) status = agl__kdtree_build(&out->b, b, LEAF, err);
    if (status == AGL_OK && b) status = in_tree_order(&out->wb, &out->b, wb, err);
    if (status != AGL_OK) agl__kd_pairs_free(out);
    return status;
}

void agl__kd_pairs_free(agl_kd_pairs *pairs) {
    agl__kdtree_free(&pairs->a);
    agl__kdtree_free(&pairs->b);
    free(pairs->wa);
    free(pairs->wb);
    *pairs = (agl_kd_pairs){.wa = NULL};
}

static void weight_sums(double *sum, double *squares, const double *w, size_t n) {
    *sum = *squares = 0;
    for (size_t i = 0; i < n; i++) {
        *sum += w[i];
        *squares += w[i] * w[i];
    }
}

double agl__kd_total_weight(const agl_kd_pairs *p) {
    if (!p->wa) {
        agl_pairs pairs = agl__kd_as_pairs(p);
        return agl__pairs_total(&pairs);
    }
    double sa, qa, sb, qb;
    weight_sums(&sa, &qa, p->wa, p->a.points.n);
    if (!agl__kd_between(p)) return (sa * sa - qa) / 2;
    weight_sums(&sb, &qb, p->wb, p->b.points.n);
    return sa * sb;
}

/* The largest nodes of at most BLOCK points, in tree order. */
static agl_status cut(agl_kd_block **out, size_t *n, const agl_kdtree *tree, agl_error *err) {
    *n = 0;
    *out = AGL_NEW(agl_kd_block, tree->n_nodes);
    if (!*out) return agl_fail_memory(err);
    bool *inside = AGL_NEW(bool, tree->n_nodes); /* below a block already taken */
    if (!inside) return agl_fail_memory(err);
    for (uint32_t k = 0; k < tree->n_nodes; k++) {
        const agl_kdnode *node = &tree->nodes[k];
        bool small = node->end - node->begin <= BLOCK;
        if (small && !inside[k]) (*out)[(*n)++] = (agl_kd_block){node->begin, node->end, k};
        if (node->left >= 0) inside[node->left] = inside[node->left + 1] = small;
    }
    free(inside);
    return AGL_OK;
}

static size_t count_or_fill(agl_kd_tile *tile, const agl_kd_tiles *t, size_t na, size_t nb,
                            const agl_kd_pairs *pairs, double reach2) {
    size_t n = 0;
    bool same = t->a == t->b;
    const agl_kdtree *second = agl__kd_second(pairs);
    for (uint32_t i = 0; i < na; i++)
        for (uint32_t j = 0; j < (same ? i + 1 : nb); j++) {
            double least2, most2;
            agl__kdnode_reach(&least2, &most2, &pairs->a.nodes[t->a[i].node], &second->nodes[t->b[j].node]);
            if (least2 > reach2) continue;
            if (tile) tile[n] = (agl_kd_tile){i, j};
            n++;
        }
    return n;
}

agl_status agl__kd_tiles_new(agl_kd_tiles *out, const agl_kd_pairs *pairs, double reach, agl_error *err) {
    *out = (agl_kd_tiles){0};
    size_t na, nb;
    agl_status status = cut(&out->a, &na, &pairs->a, err);
    if (status != AGL_OK) goto fail;
    out->b = out->a;
    nb = na;
    if (agl__kd_between(pairs)) status = cut(&out->b, &nb, &pairs->b, err);
    if (status != AGL_OK) goto fail;
    out->n = count_or_fill(NULL, out, na, nb, pairs, reach * reach * (1 + 1e-12));
    out->tile = AGL_NEW(agl_kd_tile, out->n);
    if (!out->tile) {
        status = agl_fail_memory(err);
        goto fail;
    }
    count_or_fill(out->tile, out, na, nb, pairs, reach * reach * (1 + 1e-12));
    agl_pairs all = agl__kd_as_pairs(pairs);
    out->n_tasks = (size_t)fmin(fmax(agl__pairs_total(&all) / TASK_PAIRS, 1), MOST_TASKS);
    return AGL_OK;
fail:
    agl__kd_tiles_free(out);
    return status;
}

void agl__kd_tiles_free(agl_kd_tiles *tiles) {
    if (tiles->b != tiles->a) free(tiles->b);
    free(tiles->a);
    free(tiles->tile);
    *tiles = (agl_kd_tiles){0};
}

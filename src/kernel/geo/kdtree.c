#include "kernel/geo/kdtree.h"
#include "base/mem.h"
#include "kernel/geo/pair_kernels.h"

#include <math.h>

typedef struct builder {
    const double *axis[3];
    int32_t *index;
    agl_kdnode *nodes;
    size_t n_nodes, leaf;
} builder;

static void box(agl_kdnode *node, const builder *b) {
    for (int a = 0; a < 3; a++) {
        node->low[a] = INFINITY;
        node->high[a] = -INFINITY;
        for (uint32_t k = node->begin; k < node->end; k++) {
            double v = b->axis[a][b->index[k]];
            node->low[a] = fmin(node->low[a], v);
            node->high[a] = fmax(node->high[a], v);
        }
    }
}

/* Orders index[begin..end-1] so that the element at `middle` is the one a sort would put there, smaller ones
 * before it (Hoare 1961, median of three). Ties in the coordinate are ordered by index: the tree is the same
 * on every machine. */
static bool before(const double *v, int32_t a, int32_t b) { return v[a] != v[b] ? v[a] < v[b] : a < b; }

static void select_middle(int32_t *index, const double *v, size_t begin, size_t end, size_t middle) {
    while (end - begin > 1) {
        int32_t p = index[begin], q = index[begin + (end - begin) / 2], r = index[end - 1];
        int32_t pivot = before(v, p, q) ? (before(v, q, r)   ? q
                                           : before(v, p, r) ? r
                                                             : p)
                                        : (before(v, p, r)   ? p
                                           : before(v, q, r) ? r
                                                             : q);
        size_t i = begin, j = end - 1;
        for (;;) {
            while (before(v, index[i], pivot))
                i++;
            while (before(v, pivot, index[j]))
                j--;
            if (i >= j) break;
            int32_t t = index[i];
            index[i++] = index[j];
            index[j--] = t;
        }
        size_t cut = i > j ? i : j + 1; /* [begin, cut) <= pivot <= [cut, end) */
        if (cut == end) cut = end - 1;
        if (middle < cut) {
            end = cut;
        } else {
            begin = cut;
        }
    }
}

/* Splits node after node; children stand behind their parent, so one pass over the growing list is enough. */
static void split_all(builder *b) {
    for (size_t k = 0; k < b->n_nodes; k++) {
        agl_kdnode *node = &b->nodes[k];
        box(node, b);
        node->left = -1;
        if (node->end - node->begin <= b->leaf) continue;
        int longest = 0;
        for (int a = 1; a < 3; a++)
            if (node->high[a] - node->low[a] > node->high[longest] - node->low[longest]) longest = a;
        uint32_t middle = node->begin + (node->end - node->begin) / 2;
        select_middle(b->index, b->axis[longest], node->begin, node->end, middle);
        node->left = (int32_t)b->n_nodes;
        b->nodes[b->n_nodes++] = (agl_kdnode){.begin = node->begin, .end = middle};
        b->nodes[b->n_nodes++] = (agl_kdnode){.begin = middle, .end = node->end};
    }
}

agl_status agl__kdtree_build(agl_kdtree *out, const agl_points *points, size_t leaf, agl_error *err) {
    *out = (agl_kdtree){0};
    size_t n = points->n;
    builder b = {.axis = {points->x, points->y, points->z}, .leaf = leaf};
    out->index = b.index = AGL_NEW(int32_t, n);
    out->nodes = b.nodes = AGL_NEW(agl_kdnode, 4 * (n / leaf + 1));
    if (!b.index || !b.nodes) goto memory;
    for (size_t i = 0; i < n; i++)
        b.index[i] = (int32_t)i;
    if (n > 0) {
        b.nodes[b.n_nodes++] = (agl_kdnode){.begin = 0, .end = (uint32_t)n};
        split_all(&b);
    }
    out->n_nodes = b.n_nodes;
    agl_status status = agl_points_select(&out->points, points, b.index, n, err);
    if (status != AGL_OK) {
        agl__kdtree_free(out);
        return status;
    }
    out->fx = AGL_NEW(float, n + AGL_COMPARE_PAD);
    out->fy = AGL_NEW(float, n + AGL_COMPARE_PAD);
    out->fz = AGL_NEW(float, n + AGL_COMPARE_PAD);
    if (!out->fx || !out->fy || !out->fz) goto memory;
    for (size_t i = 0; i < n; i++) {
        out->fx[i] = (float)out->points.x[i];
        out->fy[i] = (float)out->points.y[i];
        out->fz[i] = (float)out->points.z[i];
    }
    return AGL_OK;
memory:
    agl__kdtree_free(out);
    return agl_fail_memory(err);
}

void agl__kdtree_free(agl_kdtree *tree) {
    agl_points_free(&tree->points);
    free(tree->fx);
    free(tree->fy);
    free(tree->fz);
    free(tree->index);
    free(tree->nodes);
    *tree = (agl_kdtree){0};
}

/* No coordinate is NaN: a plain comparison, which becomes one instruction where fmax() is a call. */
static inline double larger(double a, double b) { return a > b ? a : b; }

void agl__kdnode_reach(double *least2, double *most2, const agl_kdnode *a, const agl_kdnode *b) {
    *least2 = *most2 = 0;
    for (int k = 0; k < 3; k++) {
        double gap = larger(larger(a->low[k] - b->high[k], b->low[k] - a->high[k]), 0);
        double span = larger(a->high[k] - b->low[k], b->high[k] - a->low[k]);
        *least2 += gap * gap;
        *most2 += span * span;
    }
}

size_t agl__kdpair_children(agl_kdpair out[3], const agl_kdtree *a, const agl_kdtree *b, bool same,
                            agl_kdpair at) {
    const agl_kdnode *p = &a->nodes[at.a], *q = &b->nodes[at.b];
    if (same && at.a == at.b) {
        uint32_t l = (uint32_t)p->left;
        out[0] = (agl_kdpair){l, l};
        out[1] = (agl_kdpair){l + 1, l + 1};
        out[2] = (agl_kdpair){l + 1, l};
        return 3;
    }
    bool split_a = q->left < 0 || (p->left >= 0 && p->end - p->begin >= q->end - q->begin);
    uint32_t l = (uint32_t)(split_a ? p->left : q->left);
    for (uint32_t k = 0; k < 2; k++)
        out[k] = split_a ? (agl_kdpair){l + k, at.b} : (agl_kdpair){at.a, l + k};
    return 2;
}

agl_status agl__kdpair_front(agl_kdpair **out, size_t *n, const agl_kdtree *a, const agl_kdtree *b, bool same,
                             size_t wanted, agl_error *err) {
    *n = 0;
    *out = AGL_NEW(agl_kdpair, 2 * wanted + 3);
    agl_kdpair *next = AGL_NEW(agl_kdpair, 2 * wanted + 3);
    if (!*out || !next) {
        free(next);
        return agl_fail_memory(err);
    }
    (*out)[(*n)++] = (agl_kdpair){0, 0};
    for (bool grows = true; grows && *n < wanted;) {
        size_t m = 0;
        grows = false;
        for (size_t k = 0; k < *n; k++) {
            bool leaves = a->nodes[(*out)[k].a].left < 0 && b->nodes[(*out)[k].b].left < 0;
            bool room = m + 3 + (*n - k - 1) <= 2 * wanted + 3;
            if (leaves || !room) {
                next[m++] = (*out)[k];
                continue;
            }
            m += agl__kdpair_children(next + m, a, b, same, (*out)[k]);
            grows = true;
        }
        agl_kdpair *swap = *out;
        *out = next;
        next = swap;
        *n = m;
    }
    free(next);
    return AGL_OK;
}

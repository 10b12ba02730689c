/* k-d tree over points in km: median splits along the longest side of the box of the points. Points are
 * stored in tree order, so that every node is a run of the arrays and its box bounds the distances of the
 * run. O(n log n) to build. */
#ifndef AGL_KERNEL_GEO_KDTREE_H
#define AGL_KERNEL_GEO_KDTREE_H

#include "agglo/points.h"

typedef struct agl_kdnode {
    double low[3], high[3];
    uint32_t begin, end; /* its points */
    int32_t left;        /* first child, the second follows it; -1 for a leaf */
} agl_kdnode;

typedef struct agl_kdtree {
    agl_points points;   /* in tree order */
    float *fx, *fy, *fz; /* the same in single precision, padded for the kernel that compares */
    int32_t *index;      /* index[k] = position of point k of the tree in the points it was built from */
    agl_kdnode *nodes;   /* nodes[0] is the root */
    size_t n_nodes;
} agl_kdtree;

/** Leaves hold at most `leaf` points. n = 0 gives no nodes. */
AGL_NODISCARD agl_status agl__kdtree_build(agl_kdtree *out, const agl_points *points, size_t leaf,
                                           agl_error *err);
void agl__kdtree_free(agl_kdtree *tree);

/** Least and greatest squared chord between points of two nodes (of the same or of two trees), up to
 * rounding. */
void agl__kdnode_reach(double *least2, double *most2, const agl_kdnode *a, const agl_kdnode *b);

/* ---- walking two trees together ---- */

typedef struct agl_kdpair {
    uint32_t a, b; /* a node of each tree */
} agl_kdpair;

/** The pairs of nodes one level below a pair that is not two leaves: 2, or 3 when both are the same node of
 * one tree
 * (`same`), which then cover every unordered pair of points once. Returns their number. */
size_t agl__kdpair_children(agl_kdpair out[3], const agl_kdtree *a, const agl_kdtree *b, bool same,
                            agl_kdpair at);

/** Pairs of nodes that together cover all pairs of points, breadth first from the roots until there are at
 * least `wanted` or only pairs of leaves are left. *out is owned by the caller. */
AGL_NODISCARD agl_status agl__kdpair_front(agl_kdpair **out, size_t *n, const agl_kdtree *a,
                                           const agl_kdtree *b, bool same, size_t wanted, agl_error *err);

/** Number of pairs of points in a pair of nodes. */
static inline uint64_t agl__kdpair_count(const agl_kdnode *a, const agl_kdnode *b, bool same_node) {
    uint64_t n = a->end - a->begin, m = b->end - b->begin;
    return same_node ? n * (n - 1) / 2 : n * m;
}

#endif

/* layout.h - places the nodes of a network for a drawing. Presentation only: no number is taken from it. */
#ifndef AGL_REPORT_LAYOUT_H
#define AGL_REPORT_LAYOUT_H

#include "agglo/base.h"

typedef struct agl_layout_graph {
    size_t n, m;                    /* nodes, ties */
    const int32_t *source, *target; /* ends of the ties, 0..n-1 */
    const double *weight;           /* m positive weights; NULL = 1 */
    const int *group;               /* community of each node, 0..; NULL = none */
} agl_layout_graph;

/** Force-directed positions (ForceAtlas2: Jacomy et al. 2014), started from the communities and drawn a
 * little to their centres, turned so that the longest extent lies across. The same graph and seed give the
 * same drawing. Stress majorisation lost: innovation networks have short paths everywhere, which it draws as
 * one even ball. O(n^2) a round, 400 rounds: some 0.3 s for 400 nodes. */
AGL_NODISCARD agl_status agl__layout(double *x, double *y, const agl_layout_graph *graph, const agl_ctx *ctx,
                                     agl_error *err);

/** Moves the drawing into the rectangle (stretching it a little) and pushes circles of the given radii apart.
 */
void agl__layout_fit(double *x, double *y, const double *radius, size_t n, double x0, double y0, double x1,
                     double y1);

#endif

/* agglo/pointscore.h - which establishments sit in the clusters: the local values behind M, their
 * significance, and the groups that the significant ones form.
 *
 *     score_i = q_i(r) / Q_i    (see agglo/mfunction.h, neighbour industry = own industry)
 * the share of the industry among the weight within r of establishment i, itself left out, relative to its
 * share in the whole area. Null hypothesis: i stays, all other (type, weight) marks are dealt anew to the
 * other sites. Then the m_i neighbours carry a random sample of m_i marks, whatever their places, so that
 *   - without weights the number of neighbours of the same industry is hypergeometric: the p-value is exact;
 *   - with weights the first m_i marks of a random order of all others are such a sample: one order a draw
 * serves all i. p_i = P(score at least as high). Source: Marcon and Puech 2010, Journal of Economic Geography
 * 10(5), eq. 1 (q, Q); test and clusters after the idea of Scholl and Brenner 2016, Regional Studies 50(6).
 */
#ifndef AGGLO_POINTSCORE_H
#define AGGLO_POINTSCORE_H

#include "agglo/points.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Marked points. `type` holds n codes in 0..n_types-1, `weight` n values >= 0 or NULL; `wanted` (NULL = all)
 * says for which types scores are asked. */
typedef struct agl_pointscore_data {
    const agl_points *points;
    const int32_t *type;
    size_t n_types;
    const double *weight;
    const bool *wanted;
} agl_pointscore_data;

/** By point: `neighbours` within r of any type, `score`, and `p`. NaN where the type is not wanted; where
 * there is no neighbour (or none with weight) score and p are NaN. `simulations` draws when there are weights
 * (p = (1 + k) / (S + 1)). AGL_EUSAGE for a radius that is not above zero, AGL_EDATA for fewer than two
 * points or a negative weight. Time: about 1 ns a pair within reach, and 50 ns a wanted point and draw. */
AGL_NODISCARD agl_status agl_pointscore(double *neighbours, double *score, double *p,
                                        const agl_pointscore_data *data, double radius, size_t simulations,
                                        const agl_ctx *ctx, agl_error *err);

/** Groups of chosen points: two of the same type at most `link` km apart belong together. cluster[i] = 1, 2,
 * ... within the type, the largest first (ties: the one with the first point); 0 for points not chosen. O(n
 * log n + linked pairs). */
AGL_NODISCARD agl_status agl_pointscore_clusters(int32_t *cluster, const bool *chosen,
                                                 const agl_pointscore_data *data, double link,
                                                 const agl_ctx *ctx, agl_error *err);

/** Convex hull of the points member[0..n-1]: their positions in anticlockwise order to vertex[] (room for n),
 * its area in km2. On the sphere in the gnomonic projection at their middle, where great circles are
 * straight; the area there is larger than on the globe by a share of about (extent / 9000 km)^2. Coincident
 * points count once; 1 or 2 vertices have no area. O(n log n). */
AGL_NODISCARD agl_status agl_pointscore_hull(int32_t *vertex, size_t *n_vertices, double *area,
                                             const agl_points *points, const int32_t *member, size_t n,
                                             agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

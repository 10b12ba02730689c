/* agglo/ripley.h - Ripley's K and its relatives: how many more points lie within r of a point than in a
 * pattern without structure, over a study window W.
 *
 *     K(r) = |W| / (n (n - 1)) sum_{i != j} 1[d_ij <= r] e_ij          complete randomness: pi r^2
 * With two patterns the sum runs over i in A, j in B and n (n - 1) is n_A n_B. Points near the edge of W miss
 * neighbours that lie outside; e_ij makes up for them: none         1 border       only i more than r from
 * the edge count, K(r) = |W| sum_i N_i(r) / (n_B #{i}); n_B = n for one pattern translation  |W| / |W
 * intersected with W moved by x_j - x_i| isotropic    1 / share of the circle around x_i through x_j that
 * lies in W, at most 100 L(r) = sqrt(K / pi); D(r) = K of cases - K of controls; pair correlation g(r) = |W|
 * / (n (n - 1)) 1 / (2 pi r) sum_{i != j} e_ij k_h(r - d_ij) with Epanechnikov's kernel of half-width h =
 * 0.15 / sqrt(n / |W|). Coordinates are plane. Source: Ripley 1977, JRSSB 39(2); Ohser 1983; Diggle and
 * Chetwynd 1991 (D); Stoyan and Stoyan 1994 (g); Baddeley, Rubak and Turner 2015, Spatial Point Patterns,
 * ch. 7. Test: Lang and Marcon 2013, ESAIM: P&S 17.
 */
#ifndef AGGLO_RIPLEY_H
#define AGGLO_RIPLEY_H

#include "agglo/points.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- window ---- */

/** One or more closed rings; what lies in an odd number of rings is inside. Rings are stored with the inside
 * to their left, the first vertex not repeated. */
typedef struct agl_window {
    size_t n_rings;
    size_t *start; /**< n_rings + 1, into x and y */
    double *x, *y; /**< km */
    double area;
    double low[2], high[2];
    bool rectangle; /**< one ring with sides along the axes */
} agl_window;

AGL_NODISCARD agl_status agl_window_rectangle(agl_window *out, double x0, double x1, double y0, double y1,
                                              agl_error *err);
/** n vertices, ring after ring; `ring` (NULL = one ring) holds a number that is the same within a ring. A
 * repeated first vertex at the end is dropped. AGL_EDATA for a ring with fewer than three vertices or without
 * area. */
AGL_NODISCARD agl_status agl_window_polygon(agl_window *out, const double *x, const double *y,
                                            const int32_t *ring, size_t n, agl_error *err);
void agl_window_free(agl_window *window);
/** Inside or on the edge (within 1e-9 of the size of the window). O(vertices). */
bool agl_window_contains(const agl_window *window, double x, double y);
/** Distance from a point inside to the edge. O(vertices). */
double agl_window_depth(const agl_window *window, double x, double y);
/** Area of W intersected with W moved by (dx, dy). O(1) for rectangles, O(vertices^2) else. */
double agl_window_covariance(const agl_window *window, double dx, double dy);

/* ---- functions ---- */

typedef enum agl_edge { AGL_EDGE_NONE, AGL_EDGE_BORDER, AGL_EDGE_TRANSLATION, AGL_EDGE_ISOTROPIC } agl_edge;
typedef enum agl_ripley_kind { AGL_RIPLEY_K, AGL_RIPLEY_G, AGL_RIPLEY_D } agl_ripley_kind;

typedef struct agl_ripley_options {
    agl_ripley_kind kind;
    agl_edge edge;
    double step; /**< km; distances are 0, step, ..., n * step */
    size_t n;
    double bandwidth; /**< half-width of the kernel of g in km; 0: 0.15 / sqrt(n_B / |W|) */
} agl_ripley_options;

/** Patterns to compute from. `b` NULL: within a. For D: cases a, controls b. */
typedef struct agl_ripley_data {
    const agl_points *a, *b;
    const agl_window *window;
} agl_ripley_data;

/** value[k], k = 0..n. NaN where no point counts (border) or, for g, at r = 0.
 * AGL_EUSAGE for border with g, an unusable grid, translation with more than 256 vertices; AGL_EDATA for
 * points on the sphere or outside the window, fewer than two points, all points coincident, or r beyond the
 * window (no pair of points within W, or for border no point of W, can be that far apart or deep). Time:
 * about 1 ns a pair and core within reach for none and border, 5 ns for the others on rectangles; memory
 * O(points). */
AGL_NODISCARD agl_status agl_ripley(double *value, const agl_ripley_data *data,
                                    const agl_ripley_options *options, const agl_ctx *ctx, agl_error *err);

typedef enum agl_ripley_null {
    AGL_RIPLEY_CSR,         /**< n_A (and n_B) points uniformly in the window */
    AGL_RIPLEY_LOCATION,    /**< n_A of the sites, without replacement (one pattern) */
    AGL_RIPLEY_LABELLING,   /**< the labels A and B dealt anew to all points (two patterns or D) */
    AGL_RIPLEY_INDEPENDENCE /**< B moved by a random vector, wrapped around (two patterns, rectangle) */
} agl_ripley_null;

/** value[s * (n + 1) + k] of `simulations` draws; `sites` only for AGL_RIPLEY_LOCATION. */
AGL_NODISCARD agl_status agl_ripley_simulated(double *value, size_t simulations, agl_ripley_null null,
                                              const agl_points *sites, const agl_ripley_data *data,
                                              const agl_ripley_options *options, const agl_ctx *ctx,
                                              agl_error *err);

/** Test of complete randomness on a rectangle without simulation: K without correction at r[0..n-1]
 * (ascending, above zero, at most half the shorter side) against its exact mean and covariance under a
 * Poisson process whose intensity is estimated; chi-square with n degrees of freedom. Coincident pairs are
 * left out. */
AGL_NODISCARD agl_status agl_ripley_ktest(double *p_value, const agl_points *points,
                                          const agl_window *rectangle, const double *r, size_t n,
                                          const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

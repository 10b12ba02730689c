/* agglo/spillover.h - knowledge spillovers: how close actors are in technology, and whose R&D they can draw
 * on.
 *
 *     actor     patents by class (A, B)    R&D     pool (Jaffe)
 *     Alpha       8   0                     50      60 * 0.6 + 90 * 0  = 36     Beta shares six tenths of its
 *     Beta        3   4                     60      50 * 0.6 + 90 * 0.8 = 102   direction with Alpha
 *     Gamma       0   5                     90      60 * 0.8            = 48
 */
#ifndef AGGLO_SPILLOVER_H
#define AGGLO_SPILLOVER_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Technology profiles of n actors over classes, sparse both ways round. T_ic is the share of class c in the
 * patents (sales, projects) of actor i. */
typedef struct agl_profiles {
    int32_t n, classes;
    size_t *offset;       /**< n + 1: the entries of each actor, classes ascending */
    int32_t *class_of;    /**< offset[n]: class of the entry */
    double *share;        /**< T_ic, sum 1 in each actor */
    double *unit;         /**< T_ic / |T_i|, the direction of the actor */
    size_t *class_offset; /**< classes + 1: the holders of each class, actors ascending */
    int32_t *holder;      /**< offset[n]: actor */
    size_t *entry;        /**< offset[n]: the holder's entry in share and unit */
    double *norm;         /**< classes: length of the column T_.c */
} agl_profiles;

/** Profiles from rows (actor, class, value): rows of the same pair add up in their order, pairs of value 0
 * are left out, an actor without entries has no profile. Errors: AGL_EDATA (id outside its range, value
 * negative or not finite), AGL_ENOMEM. O(rows + n + classes), memory linear in the entries. */
AGL_NODISCARD agl_status agl_profiles_new(agl_profiles *out, int32_t n, int32_t classes, size_t rows,
                                          const int32_t *actor, const int32_t *klass, const double *value,
                                          agl_error *err);
void agl_profiles_free(agl_profiles *profiles);

typedef enum agl_proximity {
    AGL_JAFFE,      /**< TEC_ij = T_i T_j' / (|T_i| |T_j|), in 0..1: overlap of the same classes */
    AGL_MAHALANOBIS /**< TEC_ij = t_i Omega t_j', t_i = T_i / |T_i|; Omega = X'X, X_ic = T_ic / |T_.c|:
                       classes that the same actors hold count as near, so TEC may exceed 1 */
} agl_proximity;

/** How spillovers fade with the distance of d km. */
typedef enum agl_decay_kind {
    AGL_DECAY_EXPONENTIAL, /**< w(d) = exp(-d / km) */
    AGL_DECAY_INVERSE      /**< w(d) = 1 / (1 + d / km) */
} agl_decay_kind;

typedef struct agl_decay {
    agl_decay_kind kind;
    double km;    /**< scale, above 0 */
    double error; /**< 0 = exact. Above 0: positions are merged into cells so small that no weight between
                     places up to 10,000 km apart is off by more than this share of itself; since all terms of
                     a pool are positive the bound holds for the pool, too */
} agl_decay;

/** w(d). */
double agl_decay_weight(const agl_decay *decay, double d);

/** Spillover pools
 *
 *     pool_i = sum over j != i of TEC_ij G_j
 *
 * `rd` holds G (n, >= 0); NaN = not known: the actor has a pool but adds nothing to others. pool is NaN where
 * there is no profile. No matrix of actors is ever made: with S_c = sum_j t_jc G_j
 *
 *     Jaffe         pool_i = sum_c t_ic (S_c - t_ic G_i)
 *     Mahalanobis   pool_i = t_i X'(X S) - G_i t_i Omega t_i'
 *
 * so that time and memory are linear in the entries; the own term of the second is found one row of Omega at
 * a time in O(sum of squared entries per actor). A pool below 1e-12 of the own term that is taken out is
 * rounding and is set to 0. `self` (NULL = not wanted) receives TEC_ii. Errors: AGL_EDATA (R&D negative or
 * infinite), AGL_ENOMEM, AGL_ECANCEL. Same bits for any number of threads.
 * Source: Jaffe 1986, American Economic Review 76(5); Bloom, Schankerman and Van Reenen 2013, Econometrica
 * 81(4), section 3 and appendix C. */
AGL_NODISCARD agl_status agl_spillover_pools(double *pool, double *self, const agl_profiles *profiles,
                                             const double *rd, agl_proximity proximity, const agl_ctx *ctx,
                                             agl_error *err);

/** Pools that fade with distance: sum over j != i of w(d_ij) TEC_ij G_j. lon and lat in degrees, NaN = not
 * known: such an actor has no pool (NaN) and adds to none. `self` is that of agl_spillover_pools; needed for
 * Mahalanobis, else NULL. The pool is summed place by place: with L places time is O(L^2) weights plus, for
 * Jaffe, the entries that share a class, for Mahalanobis O(L entries); memory stays linear in the entries.
 * decay->error above 0 makes L smaller. Errors as above, AGL_EUSAGE (decay). */
AGL_NODISCARD agl_status agl_spillover_pools_near(double *pool, const agl_profiles *profiles,
                                                  const double *rd, const double *self, const double *lon,
                                                  const double *lat, agl_proximity proximity,
                                                  const agl_decay *decay, const agl_ctx *ctx, agl_error *err);

/** The k nearest in technology of each actor, nearest first: other[i * k + r] (-1 = there is none with
 * proximity above 0) and proximity[i * k + r]. Equal proximity (to 1e-12): the larger rd first, then the
 * lower number; rd may be NULL. near[i] (NULL = not wanted) counts the others of proximity >= `least`. Time:
 * Jaffe O(pairs of actors that share a class), Mahalanobis O(n entries); memory O(n k) and O(n) a thread. */
AGL_NODISCARD agl_status agl_spillover_nearest(int32_t *other, double *proximity, int32_t *near,
                                               const agl_profiles *profiles, const double *rd,
                                               agl_proximity kind, int32_t k, double least,
                                               const agl_ctx *ctx, agl_error *err);

/** Stock of R&D from m yearly flows by the perpetual inventory method, at the end of the last of the years:
 *
 *     G_first = R_first / (growth + delta),   G_t = (1 - delta) G_(t-1) + R_t
 *
 * flow[t] is that of year t (consecutive years), NaN = not known. What is before the first known flow is left
 * out; unknown ones between two known are interpolated linearly, those after the last count as no new R&D, so
 * that the stock only wears off. *filled (may be NULL) counts the interpolated. NaN when no flow is known.
 * O(m). */
double agl_rd_stock(size_t *filled, const double *flow, size_t m, double delta, double growth);

#ifdef __cplusplus
}
#endif
#endif

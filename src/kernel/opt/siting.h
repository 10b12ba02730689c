/* What searches for sites share: costs of serving, sets of open sites, exchanges, bounds. */
#ifndef AGL_KERNEL_OPT_SITING_H
#define AGL_KERNEL_OPT_SITING_H

#include "agglo/hubs.h"

/** Nearest open site of every demand (-1 = none can serve it) and its distance (NaN); open[j] > 0.5 = open.
 * Either output may be NULL. */
void agl__siting_assign(int32_t *site, double *distance, const agl_siting *s, const double *open);

/** A siting problem in the form that the search works on: pairs cost c_ij = d_ij, at most `far`, or for
 * covering 0 within reach and 1 beyond (far = 1). Demand with the same costs at every site is one class with
 * the sum of their weights (in networks many nodes have the same neighbours; a third to a half of the rows
 * remain), demand without weight is left out. The classes are cut into a fixed number of parts, each with a
 * slot for its sums. */
typedef struct agl__siting {
    const agl_siting *s;
    double far;
    size_t sites, demand; /* demand: classes */
    double *cost;         /* demand x sites */
    double *weight;       /* demand */
    size_t parts;
    double *slot; /* parts x slot_size */
    size_t slot_size;
    const agl_ctx *ctx;
} agl__siting;

/** Open sites, and for every demand the nearest of them: its place in `at` (-1 = none open), its cost and the
 * cost of the next one (far when there is none). */
typedef struct agl__sites {
    size_t n;
    int32_t *at;   /* sites: the first n are open */
    uint8_t *open; /* sites */
    int32_t *nearest;
    double *cost, *next;
    double objective; /* sum of w c */
    double spent;     /* on open sites */
} agl__sites;

/** `most` = the largest number of open sites that may occur. */
AGL_NODISCARD agl_status agl__siting_new(agl__siting *out, const agl_siting *s, double far, size_t most,
                                         const agl_ctx *ctx, agl_error *err);
void agl__siting_free(agl__siting *t);
AGL_NODISCARD agl_status agl__sites_new(agl__sites *out, const agl__siting *t, agl_error *err);
void agl__sites_free(agl__sites *set);
void agl__sites_copy(agl__sites *to, const agl__sites *from, const agl__siting *t);

/** Opens exactly the sites of at[0..n-1] and finds the nearest. O(demand n). */
AGL_NODISCARD agl_status agl__sites_set(agl__sites *set, const int32_t *at, size_t n, const agl__siting *t,
                                        agl_error *err);

/** gain[j] = what opening j saves; change[r * sites + j] = what closing at[r] costs once j is open (NULL =
 * not wanted). O(demand sites). */
AGL_NODISCARD agl_status agl__siting_changes(double *gain, double *change, const agl__sites *set,
                                             const agl__siting *t, agl_error *err);

/** Opens sites greedily from those of `set`, then exchanges while that pays. */
AGL_NODISCARD agl_status agl__siting_greedy(agl__sites *set, const agl__siting *t, agl_error *err);
AGL_NODISCARD agl_status agl__siting_exchange(agl__sites *set, const agl__siting *t, agl_error *err);

/** Best Lagrangian bound found, and what it says of each site. */
typedef struct agl__siting_bound {
    double bound;    /* no allowed set costs less */
    double *reduced; /* sites: r_j at that bound */
    size_t steps;
} agl__siting_bound;

/** Improves `best` on the way. out->reduced is the caller's. */
AGL_NODISCARD agl_status agl__siting_lagrange(agl__siting_bound *out, agl__sites *best, size_t iterations,
                                              const agl__siting *t, agl_error *err);

#endif

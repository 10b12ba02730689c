/* agglo/relatedness.h - which industries go together, and how close a region is to those it does not have.
 *
 * Presence M_ri as in agglo/complexity.h: LQ >= threshold. C_ij = regions that have both i and j, n_i =
 * regions that have i, P = regions; S_i = sum_{j != i} C_ij, T = sum_i S_i.
 *
 *     proximity     C_ij / max(n_i, n_j)                       least conditional probability (Hidalgo et al.
 * 2007) association   T C_ij / (S_i S_j)                         van Eck and Waltman 2009 cosine        C_ij
 * / sqrt(S_i S_j) jaccard       C_ij / (S_i + S_j - C_ij) probability   C_ij / { T/2 [ S_i/T S_j/(T-S_i) +
 * S_j/T S_i/(T-S_j) ] }                      Steijn 2021 teece         (C_ij - mu) / sqrt(mu (1 - n_i/P) (P -
 * n_j)/(P - 1)),  mu = n_i n_j / P         Teece et al. 1994
 *
 * A measure that divides by zero is NaN for pairs, and 0 in a density. */
#ifndef AGGLO_RELATEDNESS_H
#define AGGLO_RELATEDNESS_H

#include "agglo/cells.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum agl_relation {
    AGL_PROXIMITY,
    AGL_ASSOCIATION,
    AGL_COSINE,
    AGL_JACCARD,
    AGL_PROBABILITY,
    AGL_TEECE
} agl_relation;

/** What a pair of industries is made of. */
typedef struct agl_cooccurrence {
    double together;         /**< C_ij */
    double n_i, n_j, places; /**< regions with i, with j, all */
    double s_i, s_j, t;      /**< S_i, S_j, T */
} agl_cooccurrence;

/** One measure of one pair; NaN where it is not defined. */
double agl_relate(agl_relation relation, const agl_cooccurrence *c);

typedef struct agl_relatedness_options {
    double threshold;    /**< least location quotient that counts as presence */
    bool any;            /**< every value above zero is presence instead */
    double min_region;   /**< regions with a smaller total are left out before anything is formed */
    double min_industry; /**< the same for industries, after the regions */
    agl_relation
        relation;      /**< that weighs the density; not AGL_TEECE, which is negative for half of the pairs */
    bool exclude_self; /**< leave an industry out of its own density */
} agl_relatedness_options;

#define AGL_RELATEDNESS_OPTIONS_INIT                                                                         \
    {                                                                                                        \
        .threshold = 1, .any = false, .min_region = 0, .min_industry = 0, .relation = AGL_PROXIMITY,         \
        .exclude_self = false                                                                                \
    }

/** Pairs i < j by code; released with agl_related_free. */
typedef struct agl_related {
    size_t n;
    int32_t *a, *b;
    double *together, *proximity, *association, *cosine, *jaccard, *probability, *teece;
} agl_related;

/** All pairs of industries that are kept with a proximity of at least `least` (0 = all pairs), in order.
 * Errors: AGL_EDATA, AGL_EUSAGE, AGL_ENOMEM, AGL_ECANCEL. Cost: O(I^2 P / 64). */
AGL_NODISCARD agl_status agl_related_pairs(agl_related *out, const agl_cells *cells, size_t slice,
                                           double least, const agl_relatedness_options *options,
                                           const agl_ctx *ctx, agl_error *err);
void agl_related_free(agl_related *pairs);

/** Arrays of the caller by code, region x industry; each may be NULL. NaN for what was left out. */
typedef struct agl_density {
    double *present; /**< M_ri */
    double *lq;      /**< location quotient */
    double *density; /**< omega_ri */
    double *cog;     /**< opportunity gain */
    double *coi;     /**< by region: complexity outlook */
} agl_density;

/** Density around every industry in every region, and what it would open up:
 *
 *     omega_ri = sum_j M_rj phi_ij / sum_j phi_ij                                     distance = 1 - omega
 *     coi_r    = sum_i omega_ri (1 - M_ri) PCI_i
 *     cog_ri   = (1 - M_ri) sum_j phi_ij (1 - M_rj) PCI_j / sum_k phi_jk
 *
 * phi is options->relation; with AGL_PROXIMITY the own term phi_ii = 1 is in the sums, as in the literature,
 * with the others it is not. `pci` by industry code is needed for cog and coi only; an industry without one
 * adds nothing. Errors as above. Cost: O(I^2 P / 64 + I ones); phi is formed piece by piece and never held.
 * Sources: Hidalgo et al. 2007, Science 317; Hausmann et al. 2014, Atlas of Economic Complexity. */
AGL_NODISCARD agl_status agl_density_around(agl_density *out, const agl_cells *cells, size_t slice,
                                            const double *pci, const agl_relatedness_options *options,
                                            const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

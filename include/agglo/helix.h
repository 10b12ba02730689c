/* agglo/helix.h - triple helix: do university, industry and government work as one system? */
#ifndef AGGLO_HELIX_H
#define AGGLO_HELIX_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The three helices as bits of a cell number: 3 = university and industry without government. */
enum { AGL_HELIX_UNIVERSITY = 1, AGL_HELIX_INDUSTRY = 2, AGL_HELIX_GOVERNMENT = 4, AGL_HELIX_CELLS = 8 };

/** Mutual information in three dimensions, in bits, of the 8 cell counts of documents by who took part:
 *     T = H_u + H_i + H_g - H_ui - H_ug - H_ig + H_uig,   H the Shannon entropy of the marginal table, in
 * bits. Negative = synergy: the three together reduce uncertainty. Cell 0 holds the documents with none of
 * the three; the literature leaves them out (set it to 0), since what has none is mostly not in the data.
 * `corrected` adds the Miller-Madow term (K - 1) / (2 N ln 2) to every entropy, K its cells that are not
 * empty, N the documents. NaN when there are no documents. Source: Leydesdorff 2003, Scientometrics 58,
 * 445-467; Miller 1955. */
double agl_helix_information(const double count[AGL_HELIX_CELLS], bool corrected);

/** T, in bits, if the three took part independently of each other, each as often as in `count`: 0 when
 * documents with none of them are in it. When they are left out (cell 0 is 0) independence is meant before
 * that. Leaving out makes T negative by itself, so this, not 0, is what independence looks like. With m_u,
 * m_i, m_g the shares of documents in which each takes part and e the unknown share of documents that have
 * any, independence asks (1 - m_u e)(1 - m_i e)(1 - m_g e) = 1 - e, a quadratic in e once its root e = 0 is
 * divided out. NaN when there are no documents. */
double agl_helix_independent(const double count[AGL_HELIX_CELLS]);

typedef struct agl_helix_options {
    int32_t replicates; /**< bootstrap samples; 0 = no intervals */
    double level;       /**< of the intervals, e.g. 0.95 */
} agl_helix_options;

#define AGL_HELIX_OPTIONS_INIT                                                                               \
    { .replicates = 1000, .level = 0.95 }

/** A value with its interval, in bits. */
typedef struct agl_helix_value {
    double plain, corrected;
    double lo, hi; /**< percentile interval of the corrected value; NaN without replicates */
} agl_helix_value;

/** T of n_groups groups, of their union, and of what the union has beyond them:
 *     T = T_between + sum over groups g of (N_g / N) T_g   (Leydesdorff and Strand 2013, eq. 6).
 * counts: n_groups x 8, row-major. groups: n_groups values. Intervals come from drawing every group's
 * documents again with replacement, its number of documents fixed. Groups without documents have NaN. Errors:
 * AGL_EDATA for a negative count. Cost: O(n_groups replicates) time, 8 bytes each memory; parallel over
 * replicates, the same bits for any number of threads. */
AGL_NODISCARD agl_status agl_helix(agl_helix_value *groups, agl_helix_value *total, agl_helix_value *between,
                                   const double *counts, size_t n_groups, const agl_helix_options *options,
                                   const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

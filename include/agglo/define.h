/* agglo/define.h - cluster definitions from data: which industries belong together? */
#ifndef AGGLO_DEFINE_H
#define AGGLO_DEFINE_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How well a grouping fits a similarity matrix: shares from 0 to 1 of the clusters and of the industries
 * that are closer to their own cluster than to others. */
typedef struct agl_partition_score {
    double cluster_mean, cluster_p95;   /**< of the k clusters */
    double industry_mean, industry_p95; /**< of the n industries */
    double score;                       /**< mean of the four */
} agl_partition_score;

/** Scores of a grouping of n industries into k clusters (codes 0..k-1, none empty) on the symmetric matrix m:
 *
 *     WCR_c  = mean of m_ij over i != j in c               BCR_cd = mean of m_ij over i in c, j in d
 *     WCR_i  = mean of m_ij over j != i in the own c       BCR_id = mean of m_ij over j in d
 *     cluster_mean  = share of clusters   with WCR_c > mean over d != c of BCR_cd
 *     cluster_p95   = share of clusters   with WCR_c > 95th percentile over d != c of BCR_cd (linear
 * interpolation) industry_mean, industry_p95 = the same with WCR_i and BCR_id
 *
 * after Delgado, Porter and Stern 2016, section 4. A cluster of one industry has no WCR and passes nothing:
 * such a cluster explains nothing, and scores would otherwise be best with every industry by itself.
 * `industry` (n x k, may be NULL) gets BCR_id and, at the own cluster, WCR_i; `between` (k x k, may be NULL)
 * BCR_cd and, on the diagonal, WCR_c; NaN where a cluster of one leaves them undefined. `p95` (n, may be
 * NULL) gets the 95th percentile of BCR_id over the other clusters. Errors: AGL_EDATA (k < 2, a code out of
 * range, an empty cluster), AGL_ENOMEM. Cost: n^2 + n k log k; memory n k. */
AGL_NODISCARD agl_status agl_score_partition(agl_partition_score *out, double *industry, double *between,
                                             double *p95, const double *m, size_t n, const int32_t *cluster,
                                             size_t k, agl_error *err);

typedef enum agl_define_algorithm {
    AGL_DEFINE_WARD,    /**< Ward's tree on the rows of the matrix */
    AGL_DEFINE_AVERAGE, /**< average linkage on the similarities themselves */
    AGL_DEFINE_KMEANS,  /**< k-means on the rows of the matrix */
    AGL_DEFINE_GIVEN    /**< not made here, only judged */
} agl_define_algorithm;

typedef struct agl_define_options {
    size_t k_min, k_max, k_values; /**< k_values numbers of clusters, evenly from k_min to k_max */
    bool ward, average, kmeans;    /**< algorithms to try */
    size_t starts;                 /**< of each k-means */
    size_t rounds;                 /**< most rounds of reassigning outliers; 0 = leave them */
} agl_define_options;

#define AGL_DEFINE_OPTIONS_INIT                                                                              \
    {                                                                                                        \
        .k_min = 0, .k_max = 0, .k_values = 10, .ward = true, .average = true, .kmeans = true, .starts = 10, \
        .rounds = 10                                                                                         \
    }

/** One configuration that was tried: similarity matrix, algorithm, number of clusters. */
typedef struct agl_candidate {
    int32_t matrix; /**< index; the number of matrices given = their mean */
    agl_define_algorithm algorithm;
    size_t k;
    size_t singles;            /**< clusters of one industry */
    agl_partition_score score; /**< mean over the matrices given */
    double agreement;          /**< mean adjusted Rand index with the other configurations; NaN when alone */
} agl_candidate;

typedef struct agl_definition {
    size_t n, n_candidates, chosen, k;
    agl_candidate *candidates;
    int32_t *member;                  /**< n_candidates x n: cluster of each industry in each configuration */
    int32_t *cluster;                 /**< n: the chosen one of these after its outliers moved */
    bool *reassigned;                 /**< n: moved as an outlier */
    double *mean;                     /**< n x n: mean of the matrices, on the common scale */
    double *industry, *between, *p95; /**< of the result on `mean`, as in agl_score_partition */
    agl_partition_score score;        /**< of the result, mean over the matrices given */
} agl_definition;

/** Tries every algorithm on every matrix, and on their mean when there are several, for every number of
 * clusters; takes the configuration with the highest score (then fewer clusters of one, then more clusters,
 * then the earlier); then moves its outliers.
 *
 * matrix[0..n_matrices-1]: similarity matrices, n x n, on the common scale (agl_similarity_standardize). The
 * score of a configuration is the mean of its scores on each of them. An outlier is an industry with WCR_i <=
 * the 95th percentile of its BCR_id, both on the mean matrix; it moves to the cluster to which it is closest
 * when it is closer to that than to its own and its own keeps at least two industries. Rounds repeat until
 * nothing moves; the round with the highest score is kept, so that moving never makes the definition worse.
 * (Choosing by the score after moving was tried: it favours few large clusters, into which moving drains the
 * others.) k_min = 0 stands for sqrt(n) and k_max = 0 for 2 sqrt(n), about the 30 to 60 of the authors at
 * their 778 industries.
 *
 * Errors: AGL_EDATA (n < 4), AGL_EUSAGE (k outside 2..n-1, k_min > k_max, no algorithm), AGL_ENOMEM,
 * AGL_ECANCEL. Cost: a matrix n^3 / 2 for distances, a configuration about (starts + matrices) n^2; memory
 * n^2 a matrix. Free the result in any case. Source: Delgado, Porter and Stern 2016, Journal of Economic
 * Geography 16(1). */
AGL_NODISCARD agl_status agl_define(agl_definition *out, const double *const *matrix, size_t n_matrices,
                                    size_t n, const agl_define_options *options, const agl_ctx *ctx,
                                    agl_error *err);

/** The same for a definition made elsewhere: cluster[i] in 0..k-1, none empty. With rounds > 0 in the options
 * its outliers are reassigned. */
AGL_NODISCARD agl_status agl_judge(agl_definition *out, const double *const *matrix, size_t n_matrices,
                                   size_t n, const int32_t *cluster, size_t k,
                                   const agl_define_options *options, const agl_ctx *ctx, agl_error *err);

void agl_definition_free(agl_definition *definition);

#ifdef __cplusplus
}
#endif
#endif

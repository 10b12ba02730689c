/* agglo/communities.h - communities that do not depend on the luck of one run: a consensus of many, and how
 * stable each community is.
 *
 *   one run of an algorithm      which of many near-best divisions comes out depends on the seed
 *   R runs, seeds 1..R           share of the runs in which two actors are together
 *   consensus                    communities from those shares; stability = mean share over the pairs inside
 */
#ifndef AGGLO_COMMUNITIES_H
#define AGGLO_COMMUNITIES_H

#include "agglo/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct agl_communities_options {
    double resolution; /**< of the modularity; larger = smaller communities; default 1 */
    int runs;          /**< default 20 */
    int rounds;        /**< of the Leiden algorithm in a run, at most; default 5 */
    bool best;         /**< take the run of highest modularity instead of the consensus; default false */
} agl_communities_options;

#define AGL_COMMUNITIES_OPTIONS_INIT                                                                         \
    { .resolution = 1, .runs = 20, .rounds = 5, .best = false }

typedef struct agl_communities {
    int32_t n, k;           /**< nodes, communities; isolated nodes are communities of their own, the last */
    int32_t *community;     /**< n: 0..k-1, by falling size, ties by lowest node */
    int32_t *size;          /**< k */
    double *node_stability; /**< n: mean share of the runs together with a fellow member; NaN when alone */
    double *stability;      /**< k: mean over the pairs of the community; NaN for one node */
    double modularity;      /**< of the result; NaN without ties */
    int runs;
    double *run_modularity; /**< runs */
    int32_t *run_k;         /**< runs: communities found */
    double *run_agreement;  /**< runs: adjusted Rand index with the result; 1 = the same, 0 = as by chance */
    int consensus_rounds;   /**< until all runs agreed; 0 with `best`, -1 when 12 did not suffice */
} agl_communities;

/** Communities of an undirected graph.
 * 1. R runs of the Leiden algorithm on modularity (resolution r), each with a random order of its own.
 * 2. Each tie is weighed by w_uv (share of the runs in which u and v are together), and R runs are made on
 * those weights; again until all runs find the same division (Lancichinetti and Fortunato 2012; on the ties
 * only, as in Tandon et al. 2019, and keeping the weights). When 12 rounds do not suffice, the run of highest
 *    modularity of the last round is taken.
 * 3. Stability over the runs of step 1: for community c of n_c nodes, n_cg of them in group g of run i,
 *        sum over i and g of n_cg (n_cg - 1) / (R n_c (n_c - 1)).
 * The runs are shared among the threads; the result depends on the seed of the context only.
 * Errors: AGL_EDATA when directed, AGL_EUSAGE for a resolution that is not positive or no runs.
 * Cost: about 20 R arcs steps for step 1 and less for each round of step 2; memory 12 bytes an arc and
 * thread. Source: Traag, Waltman and van Eck 2019, Sci. Rep. 9, 5233; Lancichinetti and Fortunato 2012, Sci.
 * Rep. 2, 336. */
AGL_NODISCARD agl_status agl_find_communities(agl_communities *out, const agl_graph *graph,
                                              const agl_communities_options *options, const agl_ctx *ctx,
                                              agl_error *err);
void agl_communities_free(agl_communities *communities);

/** What is more common in a community than in the network. */
typedef struct agl_profile_row {
    int32_t community, value;
    int32_t actors;          /**< of the community with this value */
    double share, share_all; /**< among its actors, and among all, whose value is known */
    double p; /**< chance of at least as many if values were dealt out at random (hypergeometric) */
} agl_profile_row;

/** Profile of communities: one row for each community of at least min_size actors of known value and each
 * value that occurs in it, by (community, value). value[v] in 0..n_values-1 or -1 = not known. The caller
 * frees *rows. O(n log n). */
AGL_NODISCARD agl_status agl_community_profile(agl_profile_row **rows, size_t *n_rows, int32_t n,
                                               const int32_t *community, int32_t k, const int32_t *value,
                                               int32_t n_values, int32_t min_size, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

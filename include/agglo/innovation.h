/* agglo/innovation.h - who builds on whose inventions: the innovation network between technology classes,
 * what it forecasts, and the main path of a field.
 *
 *     citations of     to chips   to lasers   to dyes        Omega         0.5  0.5  0
 *     chips                 10          10         0                        0.8  0.2  0
 *     lasers                 8           2         0                        0.2  0.2  0.6
 *     dyes                   1           1         3         centrality    0.62 0.38 0     all roads lead to
 * chips and lasers
 */
#ifndef AGGLO_INNOVATION_H
#define AGGLO_INNOVATION_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Citations between n classes, grouped by the citing class. */
typedef struct agl_citations {
    int32_t n;
    size_t *offset; /**< n + 1 */
    int32_t *cited; /**< offset[n]: cited class */
    double *value;  /**< number of citations, > 0 */
    int32_t *year;  /**< of the citing invention, INT32_MIN = not known */
    int32_t *age;   /**< years from the cited to the citing invention, INT32_MIN = not known */
    int32_t
        *unit; /**< the citing document; NULL when the citations are counts. Equal units are neighbours. */
} agl_citations;

/** From m rows; year, age and unit may be NULL. Rows of value 0 are left out. Errors: AGL_EDATA (class
 * outside 0..n-1, value negative or not finite), AGL_ENOMEM. O(m log m). */
AGL_NODISCARD agl_status agl_citations_new(agl_citations *out, int32_t n, size_t m, const int32_t *citing,
                                           const int32_t *cited, const double *value, const int32_t *year,
                                           const int32_t *age, const int32_t *unit, agl_error *err);
void agl_citations_free(agl_citations *citations);

typedef struct agl_innovation_options {
    bool external;      /**< leave out the citations of a class to itself */
    int32_t replicates; /**< bootstrap samples; 0 = no intervals */
    double level;       /**< of the intervals */
} agl_innovation_options;

#define AGL_INNOVATION_OPTIONS_INIT                                                                          \
    { .external = false, .replicates = 200, .level = 0.95 }

/** The network; owned, freed by agl_innovation_free. Intervals are NaN without replicates. */
typedef struct agl_innovation {
    int32_t n;
    size_t *offset;   /**< n + 1: links of each citing class, cited classes ascending */
    int32_t *cited;   /**< offset[n] */
    double *value;    /**< citations */
    double *share;    /**< omega_jk = citations of j to k / all citations of j */
    double *lo, *hi;  /**< of share */
    double *given;    /**< n: citations to other classes */
    double *received; /**< n: citations from other classes */
    double *own;      /**< n: citations to itself */
    double *centrality, *centrality_lo, *centrality_hi; /**< n: left Perron vector of Omega, sum 1 */
    double *net, *net_lo, *net_hi; /**< n: (received - given) / (received + given): 1 = only a source of
                                      knowledge, -1 = only a user */
    double *above;                 /**< n: share of the samples in which centrality exceeds 1 / n */
    size_t silent;                 /**< classes that cite nobody */
    bool settled;                  /**< the centrality converged */
} agl_innovation;

/** Omega, its centrality a' = a' Omega, and how sure they are.
 *
 * A class that cites nobody cites itself (Liu and Ma); it, and any group of classes that cites only itself,
 * then takes all the weight that flows into it. The centrality is the limit of a lazy walk from equal
 * weights, which exists for every network (agl_rd_optimal). Bootstrap: with units, whole citing documents are
 * drawn (each counts Poisson(1) times, as their citations belong together); with counts each is drawn from
 * Poisson(count). Percentile intervals. Errors: AGL_EUSAGE (options), AGL_EDATA (no citations), AGL_ENOMEM,
 * AGL_ECANCEL. Cost: O(replicates (m + steps links)); the same bits for any number of threads. Source:
 * Acemoglu, Akcigit and Kerr 2016, PNAS 113(41); Liu and Ma 2021. */
AGL_NODISCARD agl_status agl_innovation_network(agl_innovation *out, const agl_citations *citations,
                                                const agl_innovation_options *options, const agl_ctx *ctx,
                                                agl_error *err);
void agl_innovation_free(agl_innovation *network);

/* ---- what the network forecasts ---- */

typedef struct agl_aak_options {
    int32_t base_from, base_to; /**< citing years from which the network is taken */
    int32_t max_age;            /**< ages 1..max_age count */
    bool external;              /**< leave out k = j */
    bool ahead;                 /**< use patents up to base_to only, as if nothing later were known */
    bool unweighted; /**< classes weigh alike in the regression, instead of by their patents in the base years
                      */
    int32_t replicates;
    double level;
} agl_aak_options;

#define AGL_AAK_OPTIONS_INIT                                                                                 \
    { .max_age = 10, .replicates = 200, .level = 0.95 }

typedef struct agl_aak {
    double *expected; /**< n x years, array of the caller: forecast of the years after base_to, NaN else */
    double slope, lo, hi;
    double r2;           /**< of the regression, within classes and years */
    size_t observations; /**< class-years in it */
    int32_t classes;     /**< with at least one */
    double lost; /**< share of the citations of the base years that had no patents to be set against */
} agl_aak;

/** Forecast of patents from what others patented before.
 *
 *     f_jk,a   = citations of j to k at age a in the base years / patents of k that they could go to,
 *                sum over base years s of P_k,s-a
 *     Phat_jt  = sum_k sum_a f_jk,a P_k,t-a / r_j,     r_j = citations / patents of j in the base years
 *     ln P_jt  = slope ln Phat_jt + class + year + e,   t after the base years
 *
 * The scaling by r_j turns expected citations into expected patents; it drops out of the regression.
 * `patents` is n x years row by row, year 0 = first_year, NaN = not known: a forecast that needs an unknown
 * number is NaN. Class-years with P or Phat of 0 or unknown are not in the regression. slope is NaN when
 * fewer than two classes or two years are left. Interval: each replicate draws the citations anew and the
 * classes with replacement. Errors: AGL_EUSAGE (options, base years outside the data), AGL_EDATA (patents
 * negative), AGL_ENOMEM, AGL_ECANCEL. Cost: O(replicates (m + n^2 years ages)). Source:
 * Acemoglu, Akcigit and Kerr 2016, PNAS 113(41), eq. 1 and table 1. */
AGL_NODISCARD agl_status agl_aak_forecast(agl_aak *out, const agl_citations *citations, const double *patents,
                                          int32_t first_year, int32_t years, const agl_aak_options *options,
                                          const agl_ctx *ctx, agl_error *err);

/* ---- the main path ---- */

typedef struct agl_main_path {
    double *traversal; /**< n, array of the caller: share of all paths from the first to the last works that
                          lead through it */
    double *support; /**< n, array of the caller or NULL: share of the samples of citations whose main path it
                        is on */
    int32_t *path;   /**< owned: the works of the main path, oldest first (free()) */
    size_t length;   /**< works on it */
    double ln_paths; /**< log of the number of paths */
    size_t cycles;   /**< groups of works that cite each other in a circle, merged into one */
    size_t in_cycles; /**< works in them */
} agl_main_path;

/** Main path of n works and m citations (citing[e] -> cited[e]; knowledge flows the other way), by search
 * path count. N-(u) is the number of paths from any work that cites nobody to u, N+(v) from v to any that
 * nobody cites, and
 *
 *     SPC(u, v) = N-(u) N+(v) / number of all paths      v cites u
 *
 * The global main path is the path of the largest sum of SPC. Counts are kept as logarithms, because they
 * grow exponentially with the works. Works that cite each other in a circle are merged (strongly connected
 * components); the main path shows all works of such a group, the lower number first. Repeated citations
 * count once, works without any are not part of a path. Ties end the same way in every run. `replicates`
 * samples keep each citation with probability 1 - 1/e, as a bootstrap does. Errors: AGL_EDATA (ids; no
 * citation), AGL_ENOMEM, AGL_ECANCEL. O(replicates (n + m)). Source: Hummon and Doreian 1989, Social Networks
 * 11(1); Batagelj 2003; Liu and Lu 2012, JASIST 63(3). */
AGL_NODISCARD agl_status agl_main_path_find(agl_main_path *out, int32_t n, size_t m, const int32_t *citing,
                                            const int32_t *cited, int32_t replicates, const agl_ctx *ctx,
                                            agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* agglo/clusters.h - which region-clusters are strong: the flags of the U.S. Cluster Mapping Project. */
#ifndef AGGLO_CLUSTERS_H
#define AGGLO_CLUSTERS_H

#include "agglo/cells.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Result, cells->n values each, NaN where not defined; arrays of the caller, NULL where not wanted. Flags
 * are 0 or 1. */
typedef struct agl_clusters {
    double *rank_employment, *rank_lq; /**< 1 = largest in the cluster; equals share the better rank */
    double *qualifying, *significant, *strong, *strong10;
} agl_clusters;

/** Flags every cell (region, cluster; the cluster stands in cells->industry, employment in cells->value).
 *
 * Among the n regions where the cluster has employment, with Q25 the lower quartile (linear interpolation):
 *
 *     qualifying  = employment > Q25  and  establishments > Q25  and  LQ > Q25
 *     significant = qualifying  and  rank_lq <= floor(n / 2)
 *     strong      = qualifying  and  rank_lq <= ceil(n / 4)   and  LQ > 1
 *     strong10    = qualifying  and  rank_lq <= ceil(n / 10)  and  LQ > 1
 *
 * lq: location quotient of every cell. establishments: of every cell, or NULL: that condition is then left
 * out. Employment 0: flags 0, no ranks. Employment NaN: everything NaN. LQ or establishments NaN beside
 * employment: flags NaN. Errors: AGL_EDATA, AGL_ENOMEM, AGL_ECANCEL. Cost: O(n log n) time, O(n) memory.
 * Source: the flags that the project published for 2016, from which the rule was recovered without a
 * mismatch; the clusters are those of Delgado, Porter and Stern 2016, Journal of Economic Geography 16(1). */
AGL_NODISCARD agl_status agl_flag_clusters(agl_clusters *out, const agl_cells *cells, const double *lq,
                                           const double *establishments, const agl_ctx *ctx, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

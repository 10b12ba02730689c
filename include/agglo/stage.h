/* agglo/stage.h - in which stage of its life is a cluster? A heuristic after Menzel and Fornahl (2010). */
#ifndef AGGLO_STAGE_H
#define AGGLO_STAGE_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum agl_stage {
    AGL_STAGE_UNKNOWN = -1, /**< no value, or no growth can be told */
    AGL_STAGE_NONE = 0,     /**< below the size of a cluster and not growing */
    AGL_STAGE_EMERGENCE,
    AGL_STAGE_GROWTH,
    AGL_STAGE_SUSTAINMENT,
    AGL_STAGE_DECLINE,
    AGL_STAGE_RENEWAL
} agl_stage;
enum { AGL_STAGES = 6 };

/** Longest window: the bootstrap of w years is summed up over its C(2w - 1, w) different draws. */
enum { AGL_STAGE_MAX_WINDOW = 8 };

/** Series of clusters in regions: element [s * n_years + t]. Years follow each other without a gap. */
typedef struct agl_stage_panel {
    size_t n_series, n_years, n_regions, n_clusters;
    const int32_t *region, *cluster; /**< n_series */
    const double *value;             /**< employment; NaN = unknown, 0 = none */
    const double *firms, *entry,
        *exit;                   /**< firms, new ones and closed ones in the year; NULL or NaN = unknown */
    const double *heterogeneity; /**< of the knowledge in the cluster, any scale; NULL or NaN = unknown */
} agl_stage_panel;

typedef struct agl_stage_options {
    size_t window; /**< w: years over which growth is taken, 1 to AGL_STAGE_MAX_WINDOW */
    size_t memory; /**< years after a decline in which new growth is renewal */
    double emerge_sd, grow_sd, decline_sd; /**< thresholds of net growth in standard deviations */
    double lq_min;                         /**< location quotient from which a region has a cluster */
    double firms_min; /**< number of firms from which it has one; where firms are known */
    bool net_entry;   /**< growth needs entries >= exits, decline exits >= entries; where they are known */
} agl_stage_options;

#define AGL_STAGE_OPTIONS_INIT                                                                               \
    {                                                                                                        \
        .window = 3, .memory = 5, .emerge_sd = 0, .grow_sd = 1, .decline_sd = 1, .lq_min = 1,                \
        .firms_min = 0, .net_entry = false                                                                   \
    }

/** Results [s * n_years + t], NaN (AGL_STAGE_UNKNOWN) where not defined; arrays of the caller. */
typedef struct agl_stages {
    int8_t *stage;
    double *confidence;
    double *growth, *national, *net; /**< a year, as fractions */
    double *lq;
    double *heterogeneity_change; /**< over the window */
    double *threshold;            /**< n_clusters: one standard deviation of net growth */
} agl_stages;

/** Labels every series and year t >= w.
 *
 *     growth   = (x_t / x_{t-w})^{1/w} - 1                  x the value of the cluster in the region
 *     national = (X_t / X_{t-w})^{1/w} - 1                  X its sum over the regions that are known in both
 * years net      = growth - national sd       = standard deviation of net over the regions and years of the
 * cluster, weighted by (x_t + x_{t-w}) / 2, so that erratic small cells do not set the bar for all lq       =
 * (x / total of the region) / (X / total of all)  in year t
 *
 * The first line that holds gives the stage:
 *     emergence    x_{t-w} = 0 < x_t
 *     renewal      a decline in the last `memory` years, net > 0, heterogeneity not known to fall or stay
 *     decline      net < -decline_sd sd, lq_t or lq_{t-w} >= lq_min, heterogeneity not known to rise [, exits
 * >= entries] emergence    lq < lq_min or firms < firms_min, and net > emerge_sd sd none         lq < lq_min
 * or firms < firms_min growth       net > grow_sd sd [, entries >= exits] sustainment  otherwise
 * Heterogeneity, entries and exits count over the window. Multiplying all values by one factor changes no
 * label.
 *
 * Confidence: the bootstrap of the years of the window. The m annual changes that are known (of growth,
 * heterogeneity, entries; with the location quotients of their years) are drawn m times with replacement, the
 * label is formed anew with the same threshold and history, and confidence is the share of draws with the
 * label of the data. All draws are enumerated by their multinomial chances, so it is exact and free of random
 * numbers. NaN with fewer than two known changes and for clusters that are new. Errors: AGL_EDATA (fewer than
 * window + 1 years, a negative or infinite value, a code out of range), AGL_EUSAGE (window out of range),
 * AGL_ENOMEM, AGL_ECANCEL. Cost: series x years x C(2w - 1, w) x w over the threads; memory of the order of
 * the panel. Source: the stages are those of Menzel and Fornahl 2010, Industrial and Corporate Change 19(1);
 * the rules are ours. */
AGL_NODISCARD agl_status agl_label_stages(agl_stages *out, const agl_stage_panel *panel,
                                          const agl_stage_options *options, const agl_ctx *ctx,
                                          agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

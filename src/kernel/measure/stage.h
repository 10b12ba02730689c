/* The rule of the stages and the draws of its bootstrap. */
#ifndef AGL_KERNEL_MEASURE_STAGE_H
#define AGL_KERNEL_MEASURE_STAGE_H

#include "agglo/stage.h"

/** What the rule looks at. NaN = unknown. */
typedef struct agl_stage_features {
    double value, before; /* now and a window ago */
    double net, sd;       /* net growth and one standard deviation of it */
    double lq, lq_before, firms;
    double heterogeneity, net_entry; /* changes over the window */
    bool after_decline;
} agl_stage_features;

agl_stage agl__stage_rule(const agl_stage_features *f, const agl_stage_options *o);

/** The different outcomes of drawing m things m times with replacement: times[k * m + i] = how often thing i
 * comes in outcome k, chance[k] = m! / prod(times!) / m^m. */
typedef struct agl_draws {
    size_t n, m;
    uint8_t *times;
    double *chance;
} agl_draws;

/** All outcomes for m >= 1. Free the result in any case. */
AGL_NODISCARD agl_status agl__draws_make(agl_draws *out, size_t m, agl_error *err);
void agl__draws_free(agl_draws *d);

#endif

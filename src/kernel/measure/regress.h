/* Sweeping fixed effects out of columns, for regress.c. */
#ifndef AGL_KERNEL_MEASURE_REGRESS_H
#define AGL_KERNEL_MEASURE_REGRESS_H

#include "agglo/regress.h"

/** The rows in use and their groups, numbered without gaps. */
typedef struct agl_sweep {
    size_t n, singletons;
    size_t *row; /* n: row of the data */
    size_t effects;
    int32_t *group[AGL_REGRESS_MOST_EFFECTS]; /* n each */
    size_t groups[AGL_REGRESS_MOST_EFFECTS];
    int32_t *cluster; /* n; NULL without clusters */
    size_t clusters;
    double *weight; /* n; NULL = 1 each */
} agl_sweep;

/** Leaves out singletons (when there are fixed effects) and numbers groups and clusters anew. Without effects
 * there is one, of one group: the constant. */
AGL_NODISCARD agl_status agl__sweep_new(agl_sweep *out, const agl_regression_data *data, agl_error *err);
void agl__sweep_free(agl_sweep *s);

/** Takes the effects out of a column of n values. */
AGL_NODISCARD agl_status agl__sweep_column(double *v, const agl_sweep *s, const agl_ctx *ctx, agl_error *err);

/** Parameters that the effects use up; those nested in clusters count none. */
AGL_NODISCARD agl_status agl__sweep_parameters(size_t *out, const agl_sweep *s, agl_error *err);

#endif

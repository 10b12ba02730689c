/* What the indices of spatial autocorrelation have in common. */
#ifndef AGL_KERNEL_MEASURE_AUTOCORRELATION_H
#define AGL_KERNEL_MEASURE_AUTOCORRELATION_H

#include "agglo/hotspots.h"

/** z = y - mean and its power sums. */
typedef struct agl_deviations {
    double *z; /* n */
    double mean, sum2, sum4;
} agl_deviations;

/** AGL_EDATA when there are fewer than four values, when one is not finite or when all are the same. */
AGL_NODISCARD agl_status agl__deviations_new(agl_deviations *out, const double *y, size_t n, agl_error *err);
void agl__deviations_free(agl_deviations *d);

/** Sums over the weights; AGL_EDATA when no region has a neighbour. */
AGL_NODISCARD agl_status agl__weight_sums(agl_weight_sums *out, const agl_spatial_weights *weights,
                                          agl_error *err);

/** z and two-sided p from value, expectation and the variances. */
void agl__autocorrelation_test(agl_autocorrelation *a);

/** Two-sided p of a standard normal value; NaN stays NaN. */
double agl__normal_two_sided(double z);

/** sum_i u_i sum_j w_ij v_j, and sum_ij w_ij (v_i - v_j)^2. */
double agl__cross_sum(const agl_spatial_weights *weights, const double *v);
double agl__square_sum(const agl_spatial_weights *weights, const double *v);

#endif

/* From the masses of bins of distance to a curve, for many histograms with the same bins. */
#ifndef AGL_KERNEL_MEASURE_KDENSITY_TABLE_H
#define AGL_KERNEL_MEASURE_KDENSITY_TABLE_H

#include "agglo/base.h"

/** For every r the weights of the bins first[i]..first[i]+count[i]-1, kept one after the other from
 * weight[start[i]]. Bins are first merged by `merge` neighbours, as many as stay below h/24; bin 0 stays
 * alone, it holds what lies at distance 0 (establishments at one address), which the kernel weighs most. */
typedef struct agl_kd_table {
    size_t n_r, merge;
    size_t *first, *count, *start;
    double *weight;
} agl_kd_table;

/** `edge` holds the bins + 1 ascending edges of the bins in km. Mass is taken to be evenly spread within a
 * (merged) bin: its variance is taken out of h. */
AGL_NODISCARD agl_status agl__kd_table_new(agl_kd_table *out, const double *edge, size_t bins,
                                           const double *r, size_t n_r, double h, agl_error *err);

/** For mass at the distances at[0..bins-1] themselves, ascending; nothing is merged. */
AGL_NODISCARD agl_status agl__kd_table_at(agl_kd_table *out, const double *at, size_t bins, const double *r,
                                          size_t n_r, double h, agl_error *err);
void agl__kd_table_free(agl_kd_table *table);

/** kd[i] = sum over the bins of mass * weight / total. `merged` is scratch for bins values. */
void agl__kd_table_apply(float *kd, const agl_kd_table *table, const double *mass, size_t bins, double total,
                         double *merged);

#endif

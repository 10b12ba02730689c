/* Rows, variables and groups of `measure economies`. */
#ifndef AGL_OP_MEASURE_ECONOMIES_INPUT_H
#define AGL_OP_MEASURE_ECONOMIES_INPUT_H

#include "agglo/regress.h"
#include "op/run.h"

#define AGL_ECONOMIES_MOST 16

typedef struct agl_economies_input {
    agl_regression_data data; /* points into the fields below; without instruments when there are none */
    size_t instrumented;      /* column of x that the instruments are for; SIZE_MAX = none */
    double *y, *x[AGL_ECONOMIES_MOST], *z[AGL_ECONOMIES_MOST], *weight;
    const double *columns[2 * AGL_ECONOMIES_MOST];
    const char *name[2 * AGL_ECONOMIES_MOST];
    bool endogenous[AGL_ECONOMIES_MOST];
    int32_t *code[5]; /* groups by row: fixed effects, then the clusters */
    double *density;  /* ln density of each row; NULL when not known */
    size_t left_out;
} agl_economies_input;

/** Reads, derives (density, own industry and diversity from jobs), takes logs, leaves out and counts rows
 * that are not complete. AGL_EDATA names the row of a value that is not positive where logs are due. */
AGL_NODISCARD agl_status agl__economies_input(agl_economies_input *out, agl_run *run, agl_error *err);
void agl__economies_input_free(agl_economies_input *in);

/** Density, own-industry jobs and diversity of each row from its jobs, in economies_derive.c. Each array has
 * a value a row, NaN where there is none; `area` may be NULL (density stays NaN). */
AGL_NODISCARD agl_status agl__economies_derive(double *density, double *own, double *diversity,
                                               const agl_run *run, agl_error *err);

#endif

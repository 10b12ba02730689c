/* Clusters in the place of industries: the input "definitions" (industry, cluster, kind?) applied to the
 * data. */
#ifndef AGL_OP_MEASURE_DEFINITIONS_H
#define AGL_OP_MEASURE_DEFINITIONS_H

#include "op/measure/cell_input.h"

/** Columns of the data with clusters in the place of industries. */
typedef struct agl_mapped {
    agl_cell_columns columns;
    int32_t *cluster, *basis; /* by row of the data; NULL without definitions, or without kinds */
} agl_mapped;

/** Puts clusters in the place of industries, and kinds in that of bases, when the input "definitions" is
 * given. Rows whose industry it does not name get no cluster. AGL_EDATA when it names no industry of the
 * data, or when both the data and the definitions tell traded from local. Free the result in any case. */
AGL_NODISCARD agl_status agl__definitions_apply(agl_mapped *m, const agl_run *run, agl_error *err);
void agl__mapped_free(agl_mapped *m);

#endif

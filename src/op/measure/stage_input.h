/* The panel of 'measure stage': a series per region and cluster, a place per year. */
#ifndef AGL_OP_MEASURE_STAGE_INPUT_H
#define AGL_OP_MEASURE_STAGE_INPUT_H

#include "agglo/stage.h"
#include "op/measure/definitions.h"

typedef struct agl_stage_input {
    agl_mapped mapped;
    agl_cell_input cells;
    agl_stage_panel panel;
    int32_t *region, *cluster;
    double *value, *firms, *entry, *exit, *heterogeneity;
} agl_stage_input;

/** Reads the panel. AGL_EDATA when years are missing between the first and the last (named), or when there
 * are too few for the window. Free the result in any case. */
AGL_NODISCARD agl_status agl__stage_input(agl_stage_input *out, agl_run *run, agl_error *err);
void agl__stage_input_free(agl_stage_input *in);

#endif

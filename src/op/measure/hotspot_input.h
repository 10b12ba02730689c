/* Input of the spatial statistics: regions with a value, and who is a neighbour of whom.
 *
 * Roles of the input `data`: region, value, lon and lat or x and y, wkt. Input `weights`: source, target,
 * weight; input `shapes`: region, wkt. Options: neighbours, k, radius, kernel, snap, standardise, crs,
 * planar. */
#ifndef AGL_OP_MEASURE_HOTSPOT_INPUT_H
#define AGL_OP_MEASURE_HOTSPOT_INPUT_H

#include "agglo/spatial_weights.h"
#include "op/run.h"

typedef struct agl_hotspot_input {
    size_t n;      /* regions with a value, in the order of their codes */
    int32_t *code; /* of the region, into *regions */
    size_t *row;   /* in the data */
    double *value;
    double *lon, *lat; /* degrees; NULL when not known */
    const agl_dict *regions;
    agl_points points; /* n = 0 unless neighbours come from positions */
    agl_spatial_weights weights;
    char how[120]; /* what makes neighbours, for people */
} agl_hotspot_input;

/** Reads, checks, warns. */
AGL_NODISCARD agl_status agl__hotspot_input(agl_hotspot_input *out, agl_run *run, agl_error *err);
void agl__hotspot_input_free(agl_hotspot_input *in);

/** Who is a neighbour: fills in->weights (not standardised) and in->how. In hotspot_weights.c. */
AGL_NODISCARD agl_status agl__hotspot_weights(agl_hotspot_input *in, agl_run *run, const char *how,
                                              agl_error *err);

#endif

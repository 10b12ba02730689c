/* Establishments of a run as points: shared by the point-pattern methods (kdensity, mfunction, ripley,
 * pointscore).
 *
 * Roles of the input: lon and lat (degrees), or x and y; industry; size (optional); id (optional). Options:
 * --crs and
 * --planar. What gives which distance:
 *   lon, lat                          great circle in km
 *   lon, lat   --crs EPSG:n           projected by PROJ, plane distance in km
 *   x, y       --crs EPSG:n           they are in that system: plane distance in km, or great circle when it
 * is geographic x, y       --planar km|m|mi|ft    plane distance in km Rows without a position, an industry
 * or (when the role is bound) a size are dropped, counted and warned of. */
#ifndef AGL_OP_MEASURE_POINTS_INPUT_H
#define AGL_OP_MEASURE_POINTS_INPUT_H

#include "agglo/points.h"
#include "op/run.h"

typedef struct agl_points_input {
    agl_points points; /* the kept rows, in the order of the input */
    int32_t *row;      /* their rows in the input */
    int32_t *industry; /* codes into *industries */
    const agl_dict
        *industries; /* of the input's column, sorted; not owned. NULL when the record has no such role */
    double *size;    /* NULL when the role is not bound */
    const agl_column *id; /* NULL when the role is not bound; index it with row[] */
    double *lon, *lat;    /* degrees, for maps; NULL with --planar */
} agl_points_input;

/** Reads, checks, projects and warns. AGL_EUSAGE for roles or options that do not go together and for an
 * unknown system; AGL_EDATA for coordinates out of range (with file and row) and when no row is left. */
AGL_NODISCARD agl_status agl__points_read(agl_points_input *out, agl_run *run, const char *input,
                                          agl_error *err);
void agl__points_input_free(agl_points_input *in);

/** Code of the industry named `text`; AGL_EDATA naming near codes when the input has none such. `option` is
 * the option that named it, for the message. */
AGL_NODISCARD agl_status agl__points_industry(int32_t *code, const agl_points_input *in, const char *text,
                                              const char *option, agl_error *err);

/** Reads a comma-separated list of industries, or "all" (every industry of the input). wanted[code] is set
 * for each; it has in->industries->n elements. */
AGL_NODISCARD agl_status agl__points_industries(bool *wanted, const agl_points_input *in, const char *list,
                                                const char *option, agl_error *err);

#endif

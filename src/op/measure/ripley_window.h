/* The study window of 'measure ripley' from its options and inputs, and points that fit it. */
#ifndef AGL_OP_MEASURE_RIPLEY_WINDOW_H
#define AGL_OP_MEASURE_RIPLEY_WINDOW_H

#include "agglo/ripley.h"
#include "op/measure/points_input.h"

/** Window and plane points in km. Where the window comes from:
 *   input boundary               polygon; its vertices are given as the points are
 *   --window xmin,xmax,ymin,ymax rectangle in the unit of the coordinates (degrees for lon and lat)
 *   neither                      box around the points, with a warning
 * Points given as lon and lat without --crs are projected here (Lambert's azimuthal equal area at their
 * middle); a rectangle in degrees then becomes a polygon. in->points is replaced by plane points. AGL_EDATA
 * names the row of a point outside the window. */
AGL_NODISCARD agl_status agl__ripley_window(agl_window *out, agl_points_input *in, agl_run *run,
                                            agl_error *err);

#endif

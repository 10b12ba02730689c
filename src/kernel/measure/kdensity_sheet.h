/* Sites laid out on plane sheets, for the grids of kdensity_grid.c. */
#ifndef AGL_KERNEL_MEASURE_KDENSITY_SHEET_H
#define AGL_KERNEL_MEASURE_KDENSITY_SHEET_H

#include "agglo/points.h"

enum { AGL_KD_RATIOS = 16 };

typedef struct agl_kd_part {
    double width, height; /* km; its sites lie in [0, width] x [0, height] */
} agl_kd_part;

/** Parts are groups of sites farther than `reach` from each other: no pair between two of them matters. Each
 * has a plane of its own: the plane itself, or on the sphere the azimuthal equidistant projection about its
 * middle. */
typedef struct agl_kd_sheet {
    size_t n, n_parts;
    int32_t *part_of;  /* n */
    double *u, *v;     /* n, km */
    agl_kd_part *part; /* n_parts */
    /** Root mean square of the relative error of a distance on the sheet around its mean, over an even choice
     * of pairs within reach: about (radius of a part)^2 / (12 R^2). 0 in the plane. */
    double stretch;
    double reach;
    double
        ratio[AGL_KD_RATIOS]; /* mean of true over sheet distance, at even steps of the latter up to reach */
} agl_kd_sheet;

/** True distance, in the mean over the pairs of sites, of points that are `distance` apart on the sheet. */
double agl__kd_sheet_true(const agl_kd_sheet *sheet, double distance);

/** `points` in a local frame (agl__points_localize). O(n log n). */
AGL_NODISCARD agl_status agl__kd_sheet_new(agl_kd_sheet *out, const agl_points *points, double reach_km,
                                           agl_error *err);
void agl__kd_sheet_free(agl_kd_sheet *sheet);

#endif

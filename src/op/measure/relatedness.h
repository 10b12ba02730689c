/* Parts of the op relatedness. */
#ifndef AGL_OP_MEASURE_RELATEDNESS_H
#define AGL_OP_MEASURE_RELATEDNESS_H

#include "op/measure/complexity_input.h"

/** One year of the table around every region and industry; matrices by code, region x industry. */
typedef struct agl__around {
    const agl_cell_input *in;
    size_t slice;
    double *present, *lq, *density, *cog;
    double *pci;             /* by industry; NaN when the complexity could not be told */
    double *eci, *diversity; /* by region */
} agl__around;

/** Everything but cog and pci when `complexity` is false. Free the result in any case. */
AGL_NODISCARD agl_status agl__around_make(agl__around *out, agl_run *run, const agl_cell_input *in,
                                          size_t slice, bool complexity, agl_error *err);
void agl__around_free(agl__around *a);

/** Place of each of n values among them, (rank - 1/2) / n with rank 1 for the smallest; equal ones share the
 * mean place. order is scratch. */
typedef struct agl__ranked {
    double value;
    size_t at;
} agl__ranked;
void agl__places(double *place, agl__ranked *values, size_t n);

/** Tables "change" and "entry": what came and went between the slices of two years, and how dense it was.
 * Without rows when there is one year. */
AGL_NODISCARD agl_status agl__relatedness_change(agl_run *run, const agl_cell_input *in, size_t from,
                                                 size_t to, agl_error *err);

#endif

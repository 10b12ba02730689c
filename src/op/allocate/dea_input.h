/* Units with their inputs, outputs and prices from the columns input_1.., output_1.., price_1.. of the main
 * input. */
#ifndef AGL_OP_ALLOCATE_DEA_INPUT_H
#define AGL_OP_ALLOCATE_DEA_INPUT_H

#include "agglo/efficiency.h"
#include "op/run.h"

typedef struct agl_dea_input {
    size_t n, m, s;                /* units (rows kept), inputs, outputs */
    size_t *row;                   /* n: row of the input; rows are ordered by unit and year */
    double *x, *y, *w;             /* n x m, n x s, n x m or NULL without prices */
    int32_t *unit, *group, *slice; /* n: codes; group -1 without; slice = technology the unit belongs to */
    double *year;                  /* n, NaN without */
    size_t n_slices;
    const agl_dict *units, *groups; /* groups NULL without */
    bool has_year;
    char *names[2 * AGL_DEA_MOST]; /* of inputs, then outputs: those of --names, else the roles */
    agl_dict variables;            /* the same, sorted */
    size_t show[2 * AGL_DEA_MOST]; /* inputs by name, then outputs by name */
} agl_dea_input;

/** Reads, drops rows with a missing value (counted in a warning), sorts, and tells the run its row counts. A
 * unit belongs to the technology of its year and group, of all rows when `pooled`. AGL_EDATA: no rows, a unit
 * without an input or output above zero, prices for some inputs only. Free in any case. */
AGL_NODISCARD agl_status agl__dea_input(agl_dea_input *out, agl_run *run, bool pooled, agl_error *err);
void agl__dea_input_free(agl_dea_input *in);

/** Columns unit, year and group of an output with a row per entry of `of` (indices of units); drops the
 * unused ones. */
AGL_NODISCARD agl_status agl__dea_keys(agl_table *table, const agl_dea_input *in, const size_t *of,
                                       agl_error *err);

/** Warns when a technology has fewer units than three times inputs and outputs together. */
AGL_NODISCARD agl_status agl__dea_warn_small(agl_run *run, const agl_dea_input *in, agl_error *err);

#endif

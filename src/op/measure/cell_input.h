/* From input columns to cells: what the measures of a region x industry table share. Cells come sorted by
 * region, industry and year, which is also the order of their output. */
#ifndef AGL_OP_MEASURE_CELL_INPUT_H
#define AGL_OP_MEASURE_CELL_INPUT_H

#include "agglo/cells.h"
#include "op/run.h"

/** Columns to read, by row. Dictionaries are sorted. basis and year may be NULL; a code of -1 leaves the row
 * out. */
typedef struct agl_cell_columns {
    size_t rows;
    const int32_t *region, *industry, *basis;
    const agl_dict *regions, *industries, *bases;
    const double *value, *year;
    const uint8_t *state; /* of value, or NULL */
} agl_cell_columns;

typedef struct agl_cell_input {
    agl_cells cells; /* a slice is a year and a basis: slice = year * n_bases + basis */
    int32_t *region, *industry, *slice;
    double *value;
    uint32_t *row;                                /* row of the input that each cell stands in */
    const agl_dict *regions, *industries, *bases; /* bases NULL without basis */
    double *years;                                /* ascending; NULL without year */
    size_t n_years, n_bases;                      /* 1 when there is none */
    size_t unmapped, left_out;                    /* rows without industry; rows without year or basis */
    size_t missing, suppressed;                   /* cells without a value */
    size_t fractions;                             /* values that are not whole numbers */
} agl_cell_input;

/** Columns region, industry, year, basis and `value` of the input "data". */
agl_cell_columns agl__cell_columns(const agl_run *run, const char *value);

/** Reads, sorts, warns of rows left out and of cells without a value, and tells the run its row counts.
 * AGL_EDATA when no value is above zero or when the years are none. Free the result in any case. */
AGL_NODISCARD agl_status agl__cell_input(agl_cell_input *out, agl_run *run, const agl_cell_columns *columns,
                                         agl_error *err);
void agl__cell_input_free(agl_cell_input *in);

/** AGL_EDATA when there is one region only and nothing to compare it with. */
AGL_NODISCARD agl_status agl__cell_input_needs_regions(const agl_cell_input *in, bool reference,
                                                       agl_error *err);

/** Year and basis of a slice; NaN and -1 when there is none. */
double agl__cell_year(const agl_cell_input *in, size_t slice);
int32_t agl__cell_basis(const agl_cell_input *in, size_t slice);

/** Drops the columns year and basis of an output when the input has none. */
AGL_NODISCARD agl_status agl__cell_drop_unused(agl_table *table, const agl_cell_input *in, agl_error *err);

/** Key columns of an output with a row per cell: region, `industry`, year, basis. */
AGL_NODISCARD agl_status agl__cell_keys(agl_table *table, const agl_cell_input *in, const char *industry,
                                        agl_error *err);

/** Totals of the larger economy from the input "reference" (industry, value, year?, basis?). */
typedef struct agl_reference {
    bool given;
    agl_economy economy;
    double *industry, *total;
} agl_reference;

/** Reads the reference when it is given; a reference without years serves every year. AGL_EDATA when only one
 * of data and reference tells bases apart, or when a year is not in the reference. Free the result in any
 * case. */
AGL_NODISCARD agl_status agl__reference(agl_reference *out, agl_run *run, const agl_cell_input *in,
                                        agl_error *err);
void agl__reference_free(agl_reference *reference);
/** &reference->economy, or NULL when none was given. */
const agl_economy *agl__reference_economy(const agl_reference *reference);

#endif

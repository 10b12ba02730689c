/* Bands and tests of one observed curve against its simulations, written to the columns that mfunction and
 * ripley share. */
#ifndef AGL_OP_MEASURE_MFUNCTION_BANDS_H
#define AGL_OP_MEASURE_MFUNCTION_BANDS_H

#include "agglo/base.h"
#include "op/measure/points_input.h"

/** Industries by --industries, --against and --min-n. The arrays are owned. */
typedef struct agl_chosen {
    int32_t *industry; /* n codes, ascending */
    size_t n;
    size_t *count;   /* establishments by code, of all industries */
    int32_t against; /* code, -1: none; it is not among the chosen */
} agl_chosen;

/** Warns of industries left out for their size. AGL_EDATA when none is left. */
AGL_NODISCARD agl_status agl__choose_industries(agl_chosen *out, const agl_points_input *in, agl_run *run,
                                                agl_error *err);
void agl__chosen_free(agl_chosen *chosen);

/** Step and number of steps of an even grid of distances up to `reach` km; AGL_EUSAGE when there is none or
 * too many. */
AGL_NODISCARD agl_status agl__even_distances(size_t *steps, double step, double reach, agl_error *err);

/** What is asked for: options --simulations, --alpha, --band, --like dbmss. */
typedef struct agl_bands {
    size_t simulations;
    double alpha;
    int band; /* agl_band */
} agl_bands;

/** AGL_EUSAGE when the simulations cannot show alpha (fewer than 1/alpha). */
AGL_NODISCARD agl_status agl__bands_options(agl_bands *out, const agl_run *run, agl_error *err);

/** How the observed curve lies to the global band, and its p-values. NaN without simulations. */
typedef struct agl_bands_summary {
    bool above, below; /**< leaves the global band upwards, downwards, at some distance */
    double r_above;    /**< where it exceeds the upper limit most */
    double p_global, p_dclf, p_mad, p_dclf_student, p_mad_student;
} agl_bands_summary;

/** Fits the bands of `observed` (n values at the distances r) to the rows of sims (simulations x n) and
 * writes null_mean, null_median, local_lo, local_hi, global_lo and global_hi of the table from row `row` on.
 */
AGL_NODISCARD agl_status agl__bands_write(agl_bands_summary *out, agl_table *table, size_t row,
                                          const double *observed, const double *sims, const double *r,
                                          size_t n, const agl_bands *bands, agl_error *err);

/** Without simulations: drops the columns of bands from `curves` and those of tests from `industries`. */
AGL_NODISCARD agl_status agl__bands_drop(agl_table *curves, agl_table *industries, agl_error *err);

#endif

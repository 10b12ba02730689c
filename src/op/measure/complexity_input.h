/* Options that complexity and relatedness share: which cells count as presence. */
#ifndef AGL_OP_MEASURE_COMPLEXITY_INPUT_H
#define AGL_OP_MEASURE_COMPLEXITY_INPUT_H

#include "agglo/complexity.h"
#include "agglo/relatedness.h"
#include "op/measure/cell_input.h"

/** --presence, --threshold, --min-total, --min-industry, --iterations and --like of the run. */
agl_complexity_options agl__complexity_options(const agl_run *run);
agl_relatedness_options agl__relatedness_options(const agl_run *run);
/** The measure named by an option whose choices are those of agl_relation. */
agl_relation agl__relation_option(const agl_run *run, const char *option);

/** Drops the column year of an output when the input has none. */
AGL_NODISCARD agl_status agl__drop_year(agl_table *table, const agl_cell_input *in, agl_error *err);

/** With --like py-ecomplexity: moves the n_pci complexities, which that package uses before they are centred,
 * for outlook and gain. What the centring took off in units of the standard deviation follows from sum_r k_r
 * ECI_r = 0 before it (the second eigenvector is orthogonal to the first): - sum k_r eci_r / sum k_r. */
void agl__peer_pci(double *pci, size_t n_pci, const double *eci, const double *diversity, size_t n_regions);

/** Warns of the regions and industries that were left out; `when` is "" or " in 2019". */
void agl__warn_left_out(agl_run *run, const agl_complexity_validity *v, const char *when);

#endif

/* The panel of `allocate keyfirms`: outputs by firm and year, and what they say about rho and phi. */
#ifndef AGL_OP_ALLOCATE_KEYFIRMS_PANEL_H
#define AGL_OP_ALLOCATE_KEYFIRMS_PANEL_H

#include "agglo/keyfirms.h"
#include "op/network/ids.h"
#include "op/run.h"

/** Estimates rho and phi from the input `panel` and fills the table estimate. `ids` numbers the firms of the
 * links (columns 0 and 1) and of the panel (column 3). rho and phi change only where the estimates can be
 * used: instruments that are not weak, an equilibrium that exists; else a warning says why not. */
AGL_NODISCARD agl_status agl__keyfirms_panel(double *rho, double *phi, agl_run *run, const agl__ids *ids,
                                             const agl_klz_network *net, agl_error *err);

#endif

/* agglo/malmquist.h - productivity change of units over time, split into catching up and a moving frontier.
 *
 *     unit   2005 -> 2006   MI     EC     TC
 *     A                     1.18   0.98   1.21      the frontier moved 21 percent, A fell back a little from
 * it
 */
#ifndef AGGLO_MALMQUIST_H
#define AGGLO_MALMQUIST_H

#include "agglo/efficiency.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A panel: row k is unit unit[k] in period period[k]; each pair at most once. Periods are numbered in time.
 */
typedef struct agl_dea_panel {
    agl_dea_units units;
    const int32_t *unit, *period;
    size_t n_units, n_periods;
} agl_dea_panel;

typedef struct agl_malmquist_options {
    agl_orientation orientation;
    bool bridge; /**< a unit that is missing in between is followed from its last row to its next */
} agl_malmquist_options;

#define AGL_MALMQUIST_OPTIONS_INIT                                                                           \
    { .orientation = AGL_INPUT, .bridge = false }

/** Changes, ordered by unit and period; n values each. Values above 1 are progress. NaN where a program has
 * no solution. */
typedef struct agl_malmquist {
    size_t n;
    int32_t *from, *to;            /**< rows of the panel */
    double *e00, *e01, *e10, *e11; /**< CRS efficiencies: frontier of the first (0) or last (1) period, then
                                      unit of which period */
    double *mi, *ec, *tc;          /**< index = efficiency change x technical change */
    double *pec, *sec;      /**< efficiency change under VRS, and scale: ec = pec x sec (Fare et al. 1994) */
    double *tc_vrs, *scale; /**< mi = pec x tc_vrs x scale (Ray and Desli 1997); may have no solution */
} agl_malmquist;

/** Malmquist productivity index between a unit's successive periods.
 *
 *     MI = sqrt( e01/e00 * e11/e10 ),   EC = e11/e00,   TC = MI/EC
 *
 * e are radial CRS efficiencies, theta or 1/phi. PEC = v11/v00, SEC = EC/PEC, and TC_vrs = sqrt( v01/v11 *
 * v00/v10 ) from the same with variable returns; v01 and v10 measure a unit against another period and may
 * not exist (NaN). Rows whose unit has no row in the period before are no end of a change, unless `bridge`.
 * Errors as agl_dea_radial. Cost: two passes of agl_dea_radial over the panel, each row measured against up
 * to three frontiers. Source: Fare, Grosskopf, Norris and Zhang 1994, American Economic Review 84(1); Ray and
 * Desli 1997, AER 87(5). */
AGL_NODISCARD agl_status agl_malmquist_make(agl_malmquist *out, const agl_dea_panel *panel,
                                            const agl_malmquist_options *options, const agl_ctx *ctx,
                                            agl_error *err);
void agl_malmquist_free(agl_malmquist *m);

#ifdef __cplusplus
}
#endif
#endif

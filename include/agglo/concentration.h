/* agglo/concentration.h - how unevenly an industry is spread over regions, or a region's work over
 * industries.
 *
 * Both questions are the same sums over the rows or the columns of one table, so one function answers them: a
 * *line* is the industry (or region) that is described, its *units* are the regions (or industries) it
 * spreads over. */
#ifndef AGGLO_CONCENTRATION_H
#define AGGLO_CONCENTRATION_H

#include "agglo/cells.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum agl_lines { AGL_LINES_INDUSTRIES, AGL_LINES_REGIONS } agl_lines;

/** Scale of the locational Gini coefficient. */
typedef enum agl_gini_form {
    AGL_GINI_LORENZ, /**< twice the area between Lorenz curve and diagonal, 0..1 */
    AGL_GINI_HALF,   /**< that area itself, 0..0.5 (Krugman 1991) */
    AGL_GINI_RANKS   /**< Gini coefficient of the unweighted ratios s/x (Farhauer and Kroell 2014) */
} agl_gini_form;

typedef struct agl_concentration_options {
    agl_gini_form gini;
    bool theil_absolute; /**< compare with equal shares 1/n instead of with the shares x of the whole */
    const int32_t
        *group; /**< group of every unit, 0..n_groups-1, for related and unrelated variety; may be NULL */
    size_t n_groups;
} agl_concentration_options;

#define AGL_CONCENTRATION_OPTIONS_INIT                                                                       \
    { .gini = AGL_GINI_LORENZ, .theil_absolute = false, .group = NULL, .n_groups = 0 }

/** Indices of one line; NaN where not defined. */
typedef struct agl_indices {
    double total;         /**< sum of the line's known cells; 0 makes every index NaN */
    double present;       /**< units with a value above zero */
    double hhi, hhi_norm; /**< Herfindahl-Hirschman index, and the same with equal shares put at 0 */
    double gini;          /**< Gini coefficient of the values over all n units */
    double gini_loc;      /**< Gini coefficient relative to x, see agl_gini_form */
    double krugman;       /**< sum |s - x|, 0..2 */
    double hoover;        /**< half of it: the share that would have to move */
    double theil_t, theil_l;
    double entropy;            /**< in bits */
    double related, unrelated; /**< entropy within and between the groups of options.group, in bits */
    double hachman;            /**< 1 / sum s (s/x), 1 = structured as the whole */
} agl_indices;

/** Indices of every line of every slice: out[slice * lines + line], memory of the caller.
 *
 * Over the n units of the slice whose own total is above zero, with s_k the share of unit k in the line and
 * x_k its share in the slice (of `economy` when given, for AGL_LINES_REGIONS only):
 *
 *     hhi = sum s^2,   hhi_norm = (hhi - 1/n) / (1 - 1/n),   entropy = -sum s log2 s,
 *     gini = sum_k (2k - n - 1) y_k / (n sum y),  y ascending,
 *     gini_loc: units in ascending order of s/x, Lorenz curve of s over x,
 *         LORENZ  1 - sum_k x_k (S_{k-1} + S_k),   HALF  half of that,
 *         RANKS   2 / (n^2 R) sum_k k (r_k - R),   r = s/x, R its mean,
 *     theil_t = sum s ln(s/x), or sum s ln(n s);   theil_l = sum x ln(x/s), or 1/n sum ln(1/(n s)): NaN with
 * any s = 0, unrelated = -sum_g P_g log2 P_g,   related = sum_g P_g H_g = entropy - unrelated,   P_g the
 * share of group g.
 *
 * Cells that are NaN are left out as if not listed. Units with s > 0 but no x (not in `economy`) make the
 * indices that need x NaN. Errors: AGL_EDATA, AGL_EUSAGE, AGL_ENOMEM, AGL_ECANCEL. Cost: O(N log N) time, O(N
 * + lines + units) memory for N cells. Source: Krugman 1991, Geography and Trade; Theil 1967; Frenken, Van
 * Oort and Verburg 2007 (variety); Hachman 1995. */
AGL_NODISCARD agl_status agl_concentrate(agl_indices *out, const agl_cells *cells, agl_lines lines,
                                         const agl_economy *economy, const agl_concentration_options *options,
                                         const agl_ctx *ctx, agl_error *err);

/** Lorenz curve of one industry against all industries: regions in ascending order of s/x, x the cumulated
 * share of the slice, y that of the industry, from (0, 0) to (1, 1). Points closer than `step` in both
 * directions to the one before are left out (0 keeps all). *x and *y have *n entries and are freed by the
 * caller. AGL_EDATA when the industry has no value. */
AGL_NODISCARD agl_status agl_lorenz(double **x, double **y, size_t *n, const agl_cells *cells,
                                    int32_t industry, int32_t slice, double step, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

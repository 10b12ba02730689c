/* agglo/complexity.h - economic complexity: what the industries at home in a region say about its economy.
 *
 * M_ri = 1 when region r has the industry i (LQ >= threshold), else 0; k_r, k_i are the sums of its rows
 * (diversity) and columns (ubiquity). Regions are complex when they have industries that few, and complex,
 * regions have. */
#ifndef AGGLO_COMPLEXITY_H
#define AGGLO_COMPLEXITY_H

#include "agglo/cells.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How the two indices are put on a scale. */
typedef enum agl_complexity_scale {
    AGL_COMPLEXITY_OWN,        /**< each by its own mean and standard deviation (n - 1) */
    AGL_COMPLEXITY_ECI_SD,     /**< both by mean and standard deviation (n) of the ECI, so that ECI = mean PCI
                                  (py-ecomplexity) */
    AGL_COMPLEXITY_REFLECTIONS /**< as the first; the sign agrees with the method of reflections
                                  (economiccomplexity) */
} agl_complexity_scale;

typedef struct agl_complexity_options {
    double threshold;    /**< least location quotient that counts as presence */
    bool any;            /**< every value above zero is presence instead */
    double min_region;   /**< regions with a smaller total are left out before anything is formed */
    double min_industry; /**< the same for industries, after the regions */
    agl_complexity_scale scale;
    size_t replications; /**< bootstrap draws of the industries for eci_lo and eci_hi; 0 = none */
    double level;        /**< of that interval */
    size_t iterations;   /**< of the fitness; 0 = until the order of the regions stands still */
    double extremality;  /**< exponent e > 0 of the fitness; 1 = Tacchella et al. */
} agl_complexity_options;

#define AGL_COMPLEXITY_OPTIONS_INIT                                                                          \
    {                                                                                                        \
        .threshold = 1, .any = false, .min_region = 0, .min_industry = 0, .scale = AGL_COMPLEXITY_OWN,       \
        .replications = 0, .level = 0.95, .iterations = 0, .extremality = 1                                  \
    }

/** Arrays of the caller, by code of the cells; each may be NULL. NaN for what was left out. */
typedef struct agl_complexity {
    double *total, *diversity, *eci, *eci_lo, *eci_hi, *fitness; /**< n_regions */
    double *industry_total, *ubiquity, *pci, *fitness_q;         /**< n_industries */
} agl_complexity;

/** Whether the numbers can be believed. */
typedef struct agl_complexity_validity {
    size_t regions, industries;             /**< that entered */
    size_t small_regions, small_industries; /**< left out by min_region, min_industry */
    size_t empty_regions, empty_industries; /**< left out because they hold nothing */
    size_t parts;                           /**< connected parts of M; 1 is sound */
    size_t outside;                         /**< regions outside the largest part: they have no ECI */
    double fill;                            /**< share of ones in M */
    double second, third;                   /**< eigenvalues lambda_2, lambda_3 (the first is 1) */
    double gap;                             /**< (lambda_2 - lambda_3) / lambda_2 */
    double diversity_correlation;           /**< of ECI and k_r, from which the sign is taken */
    double sign_stability;  /**< share of the draws whose own sign agrees; NaN without draws */
    double nestedness;      /**< NODF, 0 to 1 */
    size_t tiny;            /**< regions below a tenth of the median total */
    size_t ends, tiny_ends; /**< regions at the two ends of the ECI, tiny ones among them */
    size_t fitness_iterations;
    bool fitness_settled; /**< the order of the regions stood still */
} agl_complexity_validity;

/** Complexity of one slice of the cells.
 *
 *     ECI  = D_r^-1/2 v,  v the eigenvector of the second largest eigenvalue of D_r^-1/2 M D_i^-1 M'
 * D_r^-1/2, put to mean 0 and standard deviation 1; the sign makes corr(ECI, k_r) > 0 PCI  = mean of the ECI
 * of the regions that have the industry, put on its scale F, Q   fitness and its counterpart: F~ = M Q, Q~ =
 * ( M' F^-e )^(-1/e), each divided by its mean; from 1
 *
 * The symmetric form is solved on the smaller side by Lanczos iteration with full orthogonalisation and the
 * first eigenvector taken out; when M falls into several parts, on the largest, and the other regions and
 * industries have no ECI and PCI. The interval: `replications` draws of the industries with replacement, each
 * with an ECI of its own, turned to agree with the full one; the quantiles of these. NODF (Almeida-Neto et
 * al. 2008) is the mean over pairs of regions and pairs of industries of unequal degree of the share of the
 * smaller one's members that the larger one has.
 *
 * Errors: AGL_EDATA (bad codes or values; fewer than two regions or industries left; regions that all have
 * the same industries), AGL_EUSAGE (options), AGL_ECONV, AGL_ENOMEM, AGL_ECANCEL. Cost: O(sum of k_i^2) or
 * O(ones) a step, some 30 to 300 steps; the same again for each draw, but with a start close to the end.
 * Sources: Hidalgo and Hausmann 2009, PNAS 106; Hausmann et al. 2014, Atlas of Economic Complexity; Tacchella
 * et al. 2012, Scientific Reports 2. */
AGL_NODISCARD agl_status agl_complex(agl_complexity *out, agl_complexity_validity *validity,
                                     const agl_cells *cells, size_t slice,
                                     const agl_complexity_options *options, const agl_ctx *ctx,
                                     agl_error *err);

/** PRODY of industries (the income of their typical region) and EXPY of regions (mean PRODY of what they
 * make):
 *
 *     PRODY_i = sum_r (x_ri / x_r.) y_r / sum_r (x_ri / x_r.)         EXPY_r = sum_i (x_ri / x_r.) PRODY_i
 *
 * `income` y_r by region code, NaN where it is not known: such a region does not enter PRODY, but has an
 * EXPY. prody and expy by code, NaN for what options->min_region or min_industry leave out and for industries
 * that no region with an income holds. Industries without PRODY are left out of the shares of EXPY. Source:
 * Hausmann, Hwang and Rodrik 2007, Journal of Economic Growth 12. */
AGL_NODISCARD agl_status agl_prody(double *prody, double *expy, const agl_cells *cells, size_t slice,
                                   const double *income, const agl_complexity_options *options,
                                   agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

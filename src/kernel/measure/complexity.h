/* Parts of the complexity kernel, over the regions and industries that are kept. */
#ifndef AGL_KERNEL_MEASURE_COMPLEXITY_H
#define AGL_KERNEL_MEASURE_COMPLEXITY_H

#include "agglo/complexity.h"
#include "kernel/measure/presence.h"

/* ---- the second eigenvector (complexity_eigen.c) ---- */

typedef struct agl__eigenpair {
    double second, third; /* eigenvalues */
    double *vector; /* of `second`, length 1, on the smaller side; start of the iteration when not zero */
} agl__eigenpair;

/** The smaller side of M: regions when there are not more of them than industries. */
static inline bool agl__regions_are_fewer(const agl__presence *p) { return p->n_regions <= p->n_industries; }

/** Second eigenpair, where industry i counts weight[i] times (NULL = once each). Only regions with
 * inside[r] != 0 enter (NULL = all). The error of the vector is about `tolerance`. AGL_ECONV after some
 * thousands of steps. */
AGL_NODISCARD agl_status agl__second_eigenpair(agl__eigenpair *pair, const agl__presence *p,
                                               const double *weight, const uint8_t *inside, double tolerance,
                                               const agl_ctx *ctx, agl_error *err);

/** ECI and PCI, not yet on a scale, from that vector: NaN where a region or industry does not enter. */
void agl__complexity_from(double *eci, double *pci, const agl__presence *p, const double *vector,
                          const double *weight, const uint8_t *inside);

/* ---- fitness (complexity_fitness.c) ---- */

/** Fitness (n_regions) and product complexity Q (n_industries). Returns the number of iterations. */
AGL_NODISCARD agl_status agl__fitness(double *fitness, double *q, size_t *iterations, bool *settled,
                                      const agl__presence *p, size_t wanted, double extremality,
                                      const agl_ctx *ctx, agl_error *err);
/** Even-order reflection of the diversity, on its scale: what the sign is taken from with
 * AGL_COMPLEXITY_REFLECTIONS. */
AGL_NODISCARD agl_status agl__reflections(double *regions, const agl__presence *p, size_t steps,
                                          agl_error *err);

/* ---- validity (complexity_validity.c) ---- */

/** NODF over both sides, 0 to 1. */
AGL_NODISCARD agl_status agl__nestedness(double *nodf, const agl__presence *p, const agl_ctx *ctx,
                                         agl_error *err);
/** Tiny regions, and those among the ends of the ECI. */
AGL_NODISCARD agl_status agl__tiny_regions(agl_complexity_validity *v, const agl__presence *p,
                                           const double *eci, agl_error *err);

/** Correlation over the places where both are numbers; NaN when one does not vary. */
double agl__correlation(const double *x, const double *y, size_t n);
/** Mean and standard deviation (divided by n - lost) of the numbers among x. */
void agl__mean_sd(double *mean, double *sd, const double *x, size_t n, size_t lost);

#endif

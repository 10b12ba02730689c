/* The bipartite configuration model: the most random membership of actors in projects with given expected
 * degrees. */
#ifndef AGL_KERNEL_NETWORK_BICM_H
#define AGL_KERNEL_NETWORK_BICM_H

#include "agglo/graph.h"

/** The nodes of one side in classes of equal degree, by rising degree; degree 0 has no class. */
typedef struct agl_degree_classes {
    int32_t n;
    double *degree, *count; /* n */
    double *x;              /* n: the fitted value */
    /* n: 0 = free; +t / -t = all / none of its memberships are certain, decided as the t-th */
    int32_t *fixed;
    int32_t *of; /* class of each node, -1 for degree 0 */
} agl_degree_classes;

typedef struct agl_bicm {
    agl_degree_classes actor, project;
    int iterations;
    double degree_error; /* largest relative difference between a degree and its expectation */
} agl_bicm;

/** Fits x, y of p = x y / (1 + x y) so that the expected degrees are the given ones, by the fixed point
 *     x_c = k_c / sum_e n_e y_e / (1 + x_c y_e),   y_e likewise,
 * on classes of equal degree. Actors in every project and projects of every actor are certain: they are taken
 * out first, again and again. AGL_ECONV when the degrees are not met within 1e-8.
 * Source: Squartini and Garlaschelli 2011; Vallarano et al. 2021, eq. 21. */
AGL_NODISCARD agl_status agl__bicm_fit(agl_bicm *out, const agl_incidence *incidence, const agl_ctx *ctx,
                                       agl_error *err);
void agl__bicm_free(agl_bicm *model);

/** Chance that an actor of class c is in a project of class e. */
double agl__bicm_chance(const agl_bicm *model, int32_t c, int32_t e);

#endif

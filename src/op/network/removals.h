/* The removal curves of `network resilience`. */
#ifndef AGL_OP_NETWORK_REMOVALS_H
#define AGL_OP_NETWORK_REMOVALS_H

#include "agglo/resilience.h"
#include "op/run.h"

/** In the order of their names. */
enum { AGL_REMOVE_BETWEENNESS, AGL_REMOVE_DEGREE, AGL_REMOVE_RANDOM, AGL_REMOVALS };

/** What is known at each stage of each strategy: `stages` values. */
typedef struct agl__removal {
    double *largest, *largest_low, *largest_high; /* share of all nodes; low and high for random removal */
    double *efficiency, *efficiency_low, *efficiency_high; /* share of that of the whole network */
    double *efficiency_error;
    double robustness; /* mean of the largest share over all removals */
    double
        half; /* share of the nodes after whose removal the largest component has less than half its nodes */
} agl__removal;

typedef struct agl__removals {
    size_t stages, sources;
    int32_t *left; /* stages: nodes removed */
    agl__removal of[AGL_REMOVALS];
    double *betweenness; /* n */
    double *values;      /* what the arrays above point into */
} agl__removals;

/** Computes all curves with the options --replicates, --sources and --recompute. */
AGL_NODISCARD agl_status agl__removals_new(agl__removals *out, agl_run *run, const agl_graph *g,
                                           agl_error *err);
void agl__removals_free(agl__removals *r);

#endif

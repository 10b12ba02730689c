/* One simulation of kdensity_draws.c: what it needs to know, and the memory of the thread that draws it. */
#ifndef AGL_KERNEL_MEASURE_KDENSITY_DRAW_H
#define AGL_KERNEL_MEASURE_KDENSITY_DRAW_H

#include "base/rng.h"
#include "kernel/geo/pair_kernels.h"
#include "kernel/measure/kdensity_draws.h"
#include "kernel/measure/kdensity_grid.h"
#include "kernel/measure/kdensity_table.h"

typedef enum agl_kd_route { AGL_KD_NEST, AGL_KD_PAIRS, AGL_KD_GRID } agl_kd_route;

/** Bins of a histogram of pairs; bin 0 is for what is at distance 0, or nearly. */
typedef struct agl_kd_binning {
    size_t bins;
    float scale;           /* bins per km of chord */
    double *edge, *centre; /* bins + 1 and bins, km of distance */
    size_t rule_bins;      /* so many of them a bandwidth rule looks at */
} agl_kd_binning;

typedef struct agl_kd_plan {
    agl_kd_route route;
    agl_kd_binning own; /* PAIRS */
    agl_kd_grid *grid;  /* GRID */
    agl_kd_table table; /* unless every draw has its own bandwidth */
} agl_kd_plan;

typedef struct agl_kd_worker {
    int32_t *order;  /* of the sites */
    size_t shuffled; /* so many of them are final */
    agl_rng rng;
    float *x[2], *y[2], *z[2], *w[2]; /* gathered points: a and b; for NEST a alone, part by part */
    int32_t *site[2];
    double *weight[2];
    uint32_t *filled;  /* NEST: points in each part */
    uint32_t *touched; /* NEST: parts that the present step added to ... */
    uint32_t *before;  /* ... and how many points they had before */
    uint32_t *step;    /* NEST: the last step, from 1, that added to each part */
    uint32_t *counts;  /* AGL_PAIR_WAYS * (bins + 1) */
    double *weighed;   /* the same */
    double *mass, *plain, *merged;
    double *scratch;
} agl_kd_worker;

typedef struct agl_kd_job {
    const agl_kd_setting *set;
    agl_kd_drawn *industry; /* ascending by n */
    size_t n, n_sites, n_most;
    agl_kd_plan *plan;
    agl_kd_sheet sheet; /* GRID: parts out of reach of each other for the industries that may take it */
    agl_kd_sheet apart; /* NEST: parts out of reach of each other for all */
    size_t *part_start; /* first slot of each part of `apart` */
    agl_kd_binning nest;
    const agl_pair_kernels *kernels;
    bool weighted, travels; /* sizes count; they travel with the industry */
    uint64_t seed;
} agl_kd_job;

/** Draws one simulation for every industry. */
AGL_NODISCARD agl_status agl__kd_draw_one(agl_kd_worker *worker, const agl_kd_job *job, size_t simulation,
                                          agl_error *err);

#endif

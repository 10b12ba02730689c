/* Inside of agglo/mfunction.h: what the observed and the simulated curves share. */
#ifndef AGL_KERNEL_MEASURE_MFUNCTION_PLAN_H
#define AGL_KERNEL_MEASURE_MFUNCTION_PLAN_H

#include "agglo/mfunction.h"
#include "kernel/measure/mfunction_rings.h"

/* The Gaussian kernel on rings so narrow that a distance within may count as its middle. A step of the
 * distance grid is a whole number of rings, so the distances r lie on edges and one row of kernel values
 * serves them all. */
typedef struct agl__smoother {
    size_t band;     /* rings on each side of r; 0: no smoothing, sums up to each distance */
    double *kernel;  /* band values: at 1/2, 3/2, ... rings from r */
    double *at_zero; /* n_r values: coincident points seen from r */
    size_t *edge;    /* n_r: the ring that ends at r */
} agl__smoother;

struct agl_mfunction {
    agl_points points; /* along a Hilbert curve; everything below is in that order */
    size_t n, n_types;
    int32_t *type;
    double *weight; /* NULL when each is 1 */
    agl_mfunction_curve *curves;
    size_t n_curves;
    size_t *first_curve; /* n_types + 1: the curves of a reference type, in by_reference */
    size_t *by_reference;
    bool *counted;     /* types that some curve counts around its reference points */
    int32_t neighbour; /* the one type that all curves count, -1 when there are several */
    bool case_control;
    size_t n_r, *at; /* distances: classes of the rings */
    agl__smoother smooth;
    agl__frame frame;
    agl__rings rings;
    agl__cloud sites; /* all points; its weights are the observed ones */
};

/** What the denominators of a pattern are summed from. */
typedef enum agl__rest {
    AGL__REST_NONE,   /* f->sites: its weights hold for this pattern, or the caller brings the sums */
    AGL__REST_OTHERS, /* the counted type and all others: no point is looked at twice */
    AGL__REST_ALL     /* all points with the weights of this pattern */
} agl__rest;

/** The marks of one pattern, observed or drawn, and what follows from them. */
typedef struct agl__marks {
    const int32_t *type;  /* by point */
    const double *weight; /* NULL when each is 1 */
    agl__cloud *cloud;    /* n_types; those of counted types are made */
    agl__cloud rest;      /* all but the one counted type, or all */
    agl__rest rest_is;
    double *total; /* weight of each type */
    double all;
} agl__marks;

/** Makes the clouds of the counted types and the rest (AGL__REST_OTHERS only where f->neighbour >= 0). The
 * arrays are borrowed. */
AGL_NODISCARD agl_status agl__marks_new(agl__marks *out, const agl_mfunction *f, const int32_t *type,
                                        const double *weight, agl__rest rest, agl_error *err);
void agl__marks_free(agl__marks *marks, const agl_mfunction *f);

/** Scratch of one thread. */
typedef struct agl__m_scratch {
    agl__ring_scratch rings;
    double *sum;          /* by class */
    double *near, *below; /* n_r: numerator and denominator of a local share */
} agl__m_scratch;

AGL_NODISCARD agl_status agl__m_scratch_new(agl__m_scratch *out, const agl_mfunction *f, agl_error *err);
void agl__m_scratch_free(agl__m_scratch *scratch);

/** Weight of the cloud's points around point i at the distances of the grid: up to each, or smoothed. */
void agl__m_around(double *out, agl__m_scratch *scratch, const agl_mfunction *f, size_t i,
                   const agl__cloud *cloud);

/** Adds point i, where it is a reference point under these marks, to local[c * n_r + k] = sum of q_i and
 * global[c * n_r + k] = sum of Q_i. `below` holds the weight of all around i when that is known, else NULL.
 */
void agl__m_add_point(double *local, double *global, agl__m_scratch *scratch, const agl_mfunction *f,
                      const agl__marks *marks, size_t i, const double *below);

/** m = local / global, NaN where no reference point has a neighbour; n values each. */
void agl__m_divide(double *m, const double *local, const double *global, size_t n);

/** Whether point i is a reference point of some curve under these marks. */
static inline bool agl__m_is_reference(const agl_mfunction *f, const agl__marks *marks, size_t i) {
    int32_t type = marks->type[i];
    return f->first_curve[type + 1] > f->first_curve[type];
}

/** Weight of all around every point, n * n_r values; for weights that do not move. */
AGL_NODISCARD agl_status agl__m_all_around(double *table, agl_mfunction *f, const agl_ctx *ctx,
                                           agl_error *err);

#endif

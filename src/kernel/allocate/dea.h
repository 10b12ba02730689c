/* The technology that a set of units spans, and the programs of single units against it. Shared by the DEA
 * kernels.
 *
 * Columns are scaled: each input and output by its mean, and under CRS, where a unit stands for a ray, each
 * unit by the sum of its scaled inputs, so that units of any size are columns of size one.
 *
 *              unit 1 .. n (frame: only the efficient ones)
 *     rows     -x_1        first m
 *              +y_1        next s
 *               1          last, not for CRS
 */
#ifndef AGL_KERNEL_ALLOCATE_DEA_H
#define AGL_KERNEL_ALLOCATE_DEA_H

#include "agglo/efficiency.h"
#include "kernel/allocate/lp.h"

typedef struct agl_tech {
    size_t n, m, s, rows;
    agl_rts rts;
    double scale[2 * AGL_DEA_MOST]; /* scaled value = value * scale */
    double *point;                  /* rows x n, all units */
    double *size;                   /* n: CRS sum of scaled inputs, else 1; column = scaled values / size */
    size_t f, capacity;             /* the frame: units that span the technology */
    int32_t *member;                /* f: unit of each frame column */
    int32_t *place;                 /* n: frame column of each unit, -1 = none */
    double *block;                  /* rows x capacity */
} agl_tech;

/** AGL_EDATA unless shapes fit, every value is finite and >= 0, and each unit has an input and an output. */
AGL_NODISCARD agl_status agl__dea_check(const agl_dea_units *units, agl_error *err);

/** Scales the units and finds the frame. `units` must be checked. Free in any case. O(n) programs with frame
 * columns. */
AGL_NODISCARD agl_status agl__tech_make(agl_tech *tech, const agl_dea_units *units, agl_rts rts,
                                        const agl_ctx *ctx, agl_error *err);
void agl__tech_free(agl_tech *tech);

/** One unit, scaled as the columns are: x[0..m-1], y[0..s-1]. */
typedef struct agl_dea_point {
    double z[2 * AGL_DEA_MOST], size;
} agl_dea_point;

agl_dea_point agl__dea_point(const agl_tech *tech, const double *inputs, const double *outputs);
agl_dea_point agl__dea_unit(const agl_tech *tech, size_t unit); /* unit of the technology itself */

/** The score t: input theta = t, output phi = 1/t. NaN when infeasible; lp->ray then separates the unit.
 * Starts from the last basis when lp->ready. `skip` is a frame column to leave out (SIZE_MAX = none), which
 * takes a cold start. */
AGL_NODISCARD agl_status agl__dea_solve(double *t, agl_lp *lp, const agl_tech *tech,
                                        const agl_dea_point *point, agl_orientation orientation, size_t skip,
                                        agl_error *err);
/** Column of the score in these programs; the slack of row r is column -1 - r. */
static inline agl_lp_column agl__dea_score_column(const agl_tech *tech) {
    return -1 - (agl_lp_column)tech->rows;
}

/** The program without objective: the block, rows, and the slacks of inputs and outputs. */
void agl__dea_frame_program(agl_lp *lp, const agl_tech *tech);

/** Unit other than `except` that lies farthest beyond the hyperplane `h` (rows values: h'column > 0); gives
 * h'column, or SIZE_MAX when none lies beyond it by more than rounding. */
size_t agl__tech_beyond(const agl_tech *tech, const double *h, size_t except, double *scratch);

/* Free disposal hull, without programs. */
AGL_NODISCARD agl_status agl__fdh(agl_dea *out, const agl_dea_units *units, const agl_dea_units *reference,
                                  agl_orientation orientation, const agl_ctx *ctx, agl_error *err);

/** Scores within this of 1 are 1. */
#define AGL__DEA_SNAP 1e-10
static inline double agl__dea_snap(double t) {
    return t > 1 - AGL__DEA_SNAP && t < 1 + AGL__DEA_SNAP ? 1 : t;
}

enum { AGL__DEA_CHUNK = 64 /* units a task */ };

#endif

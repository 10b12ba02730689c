/* scale.h - axes: from values to 0..1, with round ticks.
 *
 * An axis turns logarithmic when every value is positive and they spread over more than three powers of ten;
 * for clouds of points (AGL_AXIS_CLOUD) also when they spread over a factor of 20 and half of them would
 * crowd in an eighth of the axis. A linear axis stops short of a few values that lie far outside the rest;
 * the chart draws those at its edge and says so. */
#ifndef AGL_REPORT_SCALE_H
#define AGL_REPORT_SCALE_H

#include "report/markup.h"

#define AGL_MAX_TICKS 16

enum {
    AGL_AXIS_ZERO = 1,   /* zero belongs to the axis */
    AGL_AXIS_LINEAR = 2, /* never logarithmic */
    AGL_AXIS_WHOLE = 4,  /* shows every value, however far out */
    AGL_AXIS_TIGHT = 8,  /* ends at the extreme values instead of at ticks */
    AGL_AXIS_CLOUD = 16  /* no baseline, no order: logarithmic already when crowded */
};

typedef struct agl_axis {
    double lo, hi; /* ends, lo < hi always */
    bool log;
    bool year;      /* whole numbers that read as years: no spaces between thousands */
    size_t outside; /* values beyond the ends */
    double tick[AGL_MAX_TICKS];
    int n_ticks;
    int decimals; /* of the tick labels */
} agl_axis;

/** Fits an axis to the finite ones of v[0..n-1]; without any it is 0..1. `wanted` is about how many ticks
 * fit. */
AGL_NODISCARD agl_status agl__axis_fit(agl_axis *out, const double *v, size_t n, unsigned flags, int wanted,
                                       agl_error *err);

/** Position of v on the axis, held within 0..1. */
double agl__axis_at(const agl_axis *axis, double v);
/** The label of tick i, e.g. "1 500", "0.25", "3M", "2019", "10⁻⁶". */
void agl__axis_label(char *out, size_t size, const agl_axis *axis, int i);

/** A round number in few letters, e.g. "20 M", "500 k", "0.05". */
void agl__compact(agl_text *t, double v);

/** True when all finite values are positive and spread over more than three powers of ten. */
bool agl__skewed(const double *v, size_t n);
/** Finite values of v, sorted ascending (caller frees); their number goes to `kept`. NULL when memory is
 * exhausted. */
double *agl__sorted_finite(size_t *kept, const double *v, size_t n);

/** Decimals with which a column of numbers is shown: about three significant digits at its median. */
int agl__decimals_for(const double *v, size_t n);

#endif

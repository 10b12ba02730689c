/* Goodness-of-fit tests of a whole curve: DCLF (integrated squared deviation) and MAD (largest deviation). */
#include "agglo/envelope.h"
#include "base/mem.h"

#include <math.h>

typedef struct reference {
    size_t n;
    double *total;  /* sum of the simulated curves at every distance */
    double *scale;  /* 1, or 1/sd of the simulations */
    double *weight; /* trapezoid weights over the distances that take part; 0 elsewhere */
    bool *used;
} reference;

static bool has_nan(agl_cmat sims, const double *observed, size_t j) {
    bool missing = isnan(observed[j]);
    for (size_t s = 0; s < sims.rows && !missing; s++)
        missing = isnan(sims.data[s * sims.stride + j]);
    return missing;
}

static void summarise(reference *ref, agl_cmat sims, const double *observed, bool studentised) {
    for (size_t j = 0; j < ref->n; j++) {
        ref->used[j] = !has_nan(sims, observed, j);
        if (!ref->used[j]) continue;
        double mean = 0, squares = 0;
        for (size_t s = 0; s < sims.rows; s++)
            ref->total[j] += sims.data[s * sims.stride + j];
        mean = ref->total[j] / (double)sims.rows;
        for (size_t s = 0; s < sims.rows; s++) {
            double d = sims.data[s * sims.stride + j] - mean;
            squares += d * d;
        }
        double sd = sims.rows > 1 ? sqrt(squares / (double)(sims.rows - 1)) : 0;
        ref->scale[j] = studentised ? 1 / sd : 1;
        ref->used[j] = !studentised || sd > 0;
    }
}

/* Trapezoid weights between neighbours that both take part; a single distance gets weight 1. */
static size_t trapezoid(reference *ref, const double *r) {
    size_t used = 0, last = SIZE_MAX;
    for (size_t j = 0; j < ref->n; j++) {
        if (!ref->used[j]) continue;
        used++;
        if (last != SIZE_MAX) {
            double half = (r[j] - r[last]) / 2;
            ref->weight[last] += half;
            ref->weight[j] += half;
        }
        last = j;
    }
    if (used == 1) ref->weight[last] = 1;
    return used;
}

/* Deviation of `curve` from the mean of `others` simulations whose sum is total - own. */
static void deviation(double *dclf, double *mad, const reference *ref, const double *curve, bool own,
                      size_t others) {
    *dclf = *mad = 0;
    for (size_t j = 0; j < ref->n; j++) {
        if (!ref->used[j]) continue;
        double mean = (ref->total[j] - (own ? curve[j] : 0)) / (double)others;
        double d = (curve[j] - mean) * ref->scale[j];
        *dclf += ref->weight[j] * d * d;
        *mad = fmax(*mad, fabs(d));
    }
}

agl_status agl_gof_test(agl_gof *out, agl_cmat sims, const double *observed, const double *r,
                        bool studentised, agl_error *err) {
    *out = (agl_gof){NAN, NAN, NAN, NAN, 0};
    if (sims.rows < 2)
        return agl_fail(err, AGL_EUSAGE,
                        "a goodness-of-fit test needs at least 2 simulations (--simulations)");
    size_t n = sims.cols;
    double *block = AGL_NEW(double, 3 * n);
    bool *used = AGL_NEW(bool, n);
    if (!block || !used) {
        free(block);
        free(used);
        return agl_fail_memory(err);
    }
    reference ref = {.n = n, .total = block, .scale = block + n, .weight = block + 2 * n, .used = used};
    summarise(&ref, sims, observed, studentised);
    out->n_used = trapezoid(&ref, r);
    if (out->n_used > 0) {
        deviation(&out->dclf, &out->mad, &ref, observed, false, sims.rows);
        size_t dclf_above = 0, mad_above = 0;
        for (size_t s = 0; s < sims.rows; s++) {
            double u, v;
            deviation(&u, &v, &ref, sims.data + s * sims.stride, true, sims.rows - 1);
            dclf_above += u >= out->dclf;
            mad_above += v >= out->mad;
        }
        out->dclf_p = (double)(1 + dclf_above) / (double)(sims.rows + 1);
        out->mad_p = (double)(1 + mad_above) / (double)(sims.rows + 1);
    }
    free(block);
    free(used);
    return AGL_OK;
}

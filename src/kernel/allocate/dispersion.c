#include "base/mem.h"
#include "kernel/allocate/misallocation.h"
#include "kernel/measure/cells.h"

#include <math.h>

/** Brings the element of rank k of v[0..n-1] to v[k], no greater ones before it, no smaller ones after it
 * (Hoare 1961, median of three). Written out because gsl_sort's selection keeps k elements sorted and is
 * quadratic for quantiles in the middle. */
static void select_rank(double *v, size_t n, size_t k) {
    size_t lo = 0, hi = n - 1;
    while (hi > lo) {
        size_t mid = lo + (hi - lo) / 2;
        double a = v[lo], b = v[mid], c = v[hi];
        double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
        size_t i = lo, j = hi;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i > j) break;
            double swap = v[i];
            v[i++] = v[j];
            v[j] = swap;
            if (j == 0) break;
            j--;
        }
        if (k <= j && j < hi)
            hi = j;
        else if (k >= i)
            lo = i;
        else
            return;
    }
}

double agl__quantile_select(double *values, size_t n, double p) {
    if (n == 0) return NAN;
    double at = p * (double)(n - 1);
    size_t k = (size_t)at;
    if (k >= n - 1) k = n - 1;
    select_rank(values, n, k);
    double low = values[k], next = INFINITY;
    if (at <= (double)k) return low;
    for (size_t i = k + 1; i < n; i++)
        next = fmin(next, values[i]);
    return low + (at - (double)k) * (next - low);
}

/** Marks the members of one group whose value lies in a tail. */
static void mark_tails(bool *out, double *scratch, const double *value, const uint32_t *member, size_t n,
                       double trim) {
    for (size_t k = 0; k < n; k++)
        scratch[k] = value[member[k]];
    double lo = agl__quantile_select(scratch, n, trim), hi = agl__quantile_select(scratch, n, 1 - trim);
    for (size_t k = 0; k < n; k++)
        if (value[member[k]] < lo || value[member[k]] > hi) out[member[k]] = true;
}

agl_status agl_misallocation_trim(int32_t *market, size_t *trimmed, size_t n, const double *ln_tfpr,
                                  const double *ln_tfpq, const int32_t *group, size_t n_groups, double trim,
                                  agl_error *err) {
    *trimmed = 0;
    if (!(trim >= 0 && trim < 0.5))
        return agl_fail(err, AGL_EUSAGE, "trim must lie between 0 and 0.5, not %g", trim);
    if (trim == 0) return AGL_OK;
    int32_t *of = AGL_NEW(int32_t, n);
    bool *out = AGL_NEW(bool, n);
    double *scratch = AGL_NEW(double, n);
    size_t *start = NULL;
    uint32_t *member = NULL;
    agl_status status = of && out && scratch ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        of[i] = market[i] < 0 ? -1 : group[market[i]];
    if (status == AGL_OK) status = agl__groups(&start, &member, of, n_groups, n, err);
    for (size_t g = 0; g < n_groups && status == AGL_OK; g++) {
        mark_tails(out, scratch, ln_tfpr, member + start[g], start[g + 1] - start[g], trim);
        mark_tails(out, scratch, ln_tfpq, member + start[g], start[g + 1] - start[g], trim);
    }
    for (size_t i = 0; i < n && status == AGL_OK; i++)
        if (out[i]) {
            market[i] = -1;
            ++*trimmed;
        }
    free(of);
    free(out);
    free(scratch);
    free(start);
    free(member);
    return status;
}

static double mean_of(const double *v, size_t n) {
    double mean = 0;
    for (size_t k = 0; k < n; k++)
        mean += v[k] / (double)n;
    return mean;
}

/** Dispersion of n >= 2 pairs; the arrays are permuted. */
static void disperse(agl_dispersion *out, double *r, double *q, size_t n) {
    double mr = mean_of(r, n), mq = mean_of(q, n), rr = 0, qq = 0, rq = 0;
    for (size_t k = 0; k < n; k++) {
        rr += (r[k] - mr) * (r[k] - mr);
        qq += (q[k] - mq) * (q[k] - mq);
        rq += (r[k] - mr) * (q[k] - mq);
    }
    out->sd_tfpr = sqrt(rr / (double)(n - 1));
    out->sd_tfpq = sqrt(qq / (double)(n - 1));
    if (rr > 0 && qq > 0) out->correlation = rq / sqrt(rr * qq);
    out->p75_25_tfpr = agl__quantile_select(r, n, 0.75) - agl__quantile_select(r, n, 0.25);
    out->p90_10_tfpr = agl__quantile_select(r, n, 0.9) - agl__quantile_select(r, n, 0.1);
    out->p75_25_tfpq = agl__quantile_select(q, n, 0.75) - agl__quantile_select(q, n, 0.25);
    out->p90_10_tfpq = agl__quantile_select(q, n, 0.9) - agl__quantile_select(q, n, 0.1);
}

agl_status agl_misallocation_dispersion(agl_dispersion *out, const double *ln_tfpr, const double *ln_tfpq,
                                        const int32_t *group, size_t n_groups, size_t n, agl_error *err) {
    size_t *start = NULL;
    uint32_t *member = NULL;
    double *r = AGL_NEW(double, n), *q = AGL_NEW(double, n);
    agl_status status = r && q ? agl__groups(&start, &member, group, n_groups, n, err) : agl_fail_memory(err);
    for (size_t g = 0; g < n_groups && status == AGL_OK; g++) {
        size_t many = 0;
        for (size_t k = start[g]; k < start[g + 1]; k++) {
            if (isnan(ln_tfpr[member[k]]) || isnan(ln_tfpq[member[k]])) continue;
            r[many] = ln_tfpr[member[k]];
            q[many++] = ln_tfpq[member[k]];
        }
        out[g] = (agl_dispersion){many, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        if (many > 1) disperse(out + g, r, q, many);
    }
    free(r);
    free(q);
    free(start);
    free(member);
    return status;
}

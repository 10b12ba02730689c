#include "report/scale.h"
#include "base/mem.h"
#include "base/sort.h"
#include "report/markup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double *agl__sorted_finite(size_t *kept, const double *v, size_t n) {
    double *sorted = AGL_NEW(double, n);
    if (!sorted) return NULL;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(v[i])) sorted[k++] = v[i];
    qsort(sorted, k, sizeof *sorted, agl__ascending);
    *kept = k;
    return sorted;
}

bool agl__skewed(const double *v, size_t n) {
    double min = INFINITY, max = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (isfinite(v[i])) {
            min = fmin(min, v[i]);
            max = fmax(max, v[i]);
        }
    return min > 0 && max / min > 1000;
}

/** The round step (1, 2 or 5 times a power of ten) that cuts `span` into about `wanted` pieces. */
static double round_step(double span, int wanted) {
    double raw = span / (wanted > 1 ? wanted : 1);
    double power = pow(10, floor(log10(raw)));
    double lead = raw / power;
    return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

static bool reads_as_years(const double *sorted, size_t n) {
    if (n == 0 || sorted[0] < 1500 || sorted[n - 1] > 2200 || sorted[n - 1] - sorted[0] > 400) return false;
    for (size_t i = 0; i < n; i++)
        if (sorted[i] != floor(sorted[i])) return false;
    return true;
}

/** Moves *lo and *hi in front of a few values far outside the rest. The fence is five times the distance of
 * the quartiles; a fence by standard deviations lost, as the very outliers widen it. An end moves only when
 * at most 5 % of the values lie beyond and the axis gains at least 2.5 times in resolution. */
static void leave_outliers_out(double *lo, double *hi, const double *sorted, size_t n) {
    if (n < 10) return;
    double q1 = agl__quantile_sorted(sorted, n, 0.25), q3 = agl__quantile_sorted(sorted, n, 0.75),
           reach = 5 * (q3 - q1);
    if (reach <= 0) return;
    size_t first = 0, last = n - 1, few = n / 20 > 1 ? n / 20 : 1;
    while (sorted[first] < q1 - reach)
        first++;
    while (sorted[last] > q3 + reach)
        last--;
    double inner = sorted[last] - sorted[first];
    if (first + (n - 1 - last) > few || sorted[n - 1] - sorted[0] < 2.5 * inner) return;
    *lo = first > 0 ? sorted[first] - 0.05 * inner : *lo;
    *hi = last < n - 1 ? sorted[last] + 0.05 * inner : *hi;
}

/** Positive values over a factor of 20, half of them within an eighth of a linear axis. */
static bool crowded(const double *sorted, size_t n) {
    if (n < 5 || sorted[0] <= 0 || sorted[n - 1] / sorted[0] < 20) return false;
    return agl__quantile_sorted(sorted, n, 0.5) - sorted[0] < 0.125 * (sorted[n - 1] - sorted[0]);
}

static void log_ticks(agl_axis *a, int wanted) {
    double first = ceil(log10(a->lo) - 1e-9), last = floor(log10(a->hi) + 1e-9);
    if (last - first < 2) {
        static const double lead[] = {1, 2, 5};
        for (double e = first - 1; e <= last; e++)
            for (int k = 0; k < 3; k++) {
                double tick = lead[k] * pow(10, e);
                if (tick >= a->lo && tick <= a->hi && a->n_ticks < AGL_MAX_TICKS)
                    a->tick[a->n_ticks++] = tick;
            }
        return;
    }
    double step = fmax(1, ceil((last - first) / (wanted > 1 ? wanted : 1)));
    for (double e = first; e <= last + 1e-9 && a->n_ticks < AGL_MAX_TICKS; e += step)
        a->tick[a->n_ticks++] = pow(10, e);
}

static void linear_ticks(agl_axis *a, int wanted, bool tight) {
    double step = round_step(a->hi - a->lo, wanted);
    if (a->year && step < 1) step = 1;
    if (!tight) {
        a->lo = floor(a->lo / step + 1e-9) * step;
        a->hi = ceil(a->hi / step - 1e-9) * step;
    }
    double first = ceil(a->lo / step - 1e-9);
    for (int k = 0; k < AGL_MAX_TICKS && (first + k) * step <= a->hi + 1e-9 * step; k++)
        a->tick[a->n_ticks++] = (first + k) * step;
    double digits = ceil(-log10(step) - 1e-9);
    a->decimals = digits > 0 ? (int)fmin(digits, 12) : 0;
}

static void fit_sorted(agl_axis *a, const double *sorted, size_t n, unsigned flags, int wanted) {
    a->lo = n ? sorted[0] : 0;
    a->hi = n ? sorted[n - 1] : 1;
    a->log = !(flags & AGL_AXIS_LINEAR) &&
             (agl__skewed(sorted, n) || (flags & AGL_AXIS_CLOUD && crowded(sorted, n)));
    a->year = reads_as_years(sorted, n);
    if (a->log) {
        a->lo /= 1.3;
        a->hi *= 1.3;
        log_ticks(a, wanted);
        return;
    }
    if (!(flags & AGL_AXIS_WHOLE)) leave_outliers_out(&a->lo, &a->hi, sorted, n);
    if (flags & AGL_AXIS_ZERO) {
        a->lo = fmin(a->lo, 0);
        a->hi = fmax(a->hi, 0);
    }
    /* one value only, or values that differ in their last bits */
    double size = fmax(fabs(a->lo), fabs(a->hi));
    if (a->hi - a->lo <= 1e-12 * size || a->hi == a->lo) {
        double pad = a->year ? 1 : size > 0 ? 0.1 * size : 1;
        a->lo -= flags & AGL_AXIS_ZERO && a->lo == 0 ? 0 : pad;
        a->hi += pad;
    }
    linear_ticks(a, wanted, flags & AGL_AXIS_TIGHT);
}

agl_status agl__axis_fit(agl_axis *out, const double *v, size_t n, unsigned flags, int wanted,
                         agl_error *err) {
    *out = (agl_axis){0};
    size_t kept;
    double *sorted = agl__sorted_finite(&kept, v, n);
    if (!sorted) return agl_fail_memory(err);
    fit_sorted(out, sorted, kept, flags, wanted);
    for (size_t i = 0; i < kept; i++)
        out->outside += sorted[i] < out->lo || sorted[i] > out->hi;
    free(sorted);
    return AGL_OK;
}

double agl__axis_at(const agl_axis *a, double v) {
    if (a->log && v <= 0) return 0;
    double t = a->log ? log(v / a->lo) / log(a->hi / a->lo) : (v - a->lo) / (a->hi - a->lo);
    return fmin(fmax(t, 0), 1);
}

/** Thousands, millions, billions: the divisor and suffix for labels up to `size`. */
static const char *unit_for(double size, double *divisor) {
    *divisor = size >= 1e9 ? 1e9 : size >= 1e6 ? 1e6 : size >= 1e5 ? 1e3 : 1;
    return size >= 1e9 ? " bn" : size >= 1e6 ? " M" : size >= 1e5 ? " k" : "";
}

void agl__axis_label(char *out, size_t size, const agl_axis *a, int i) {
    double v = a->tick[i], divisor;
    const char *suffix = unit_for(a->log ? v : fmax(fabs(a->lo), fabs(a->hi)), &divisor);
    int decimals = a->log ? (v < 1 ? (int)ceil(-log10(v) - 1e-9) : 0) : a->decimals;
    agl_text b = {0};
    if (a->year) {
        snprintf(out, size, "%.0f", v);
        return;
    }
    if (divisor > 1 && v != 0) {
        double step = a->n_ticks > 1 ? fabs(a->tick[1] - a->tick[0]) / divisor : 1;
        decimals = a->log ? 0 : (int)fmax(0, ceil(-log10(step) - 1e-9));
        agl__number(&b, v / divisor, decimals);
        agl__raw(&b, suffix);
    } else {
        agl__number(&b, v, v == 0 && divisor > 1 ? 0 : a->log && decimals > 4 ? 0 : decimals);
    }
    snprintf(out, size, "%s", b.data ? b.data : "");
    agl__text_free(&b);
}

void agl__compact(agl_text *t, double v) {
    double divisor;
    const char *suffix = unit_for(fabs(v), &divisor);
    double shown = fabs(v) / divisor;
    agl__number(t, v / divisor, shown > 0 && shown < 1 ? (int)ceil(-log10(shown) - 1e-9) : 0);
    agl__raw(t, suffix);
}

int agl__decimals_for(const double *v, size_t n) {
    size_t kept = 0;
    double *sorted = AGL_NEW(double, n);
    bool whole = true;
    for (size_t i = 0; sorted && i < n; i++) {
        whole = whole && (!isfinite(v[i]) || v[i] == floor(v[i]));
        if (isfinite(v[i]) && v[i] != 0) sorted[kept++] = fabs(v[i]);
    }
    double median = 0;
    if (sorted && kept) {
        qsort(sorted, kept, sizeof *sorted, agl__ascending);
        median = agl__quantile_sorted(sorted, kept, 0.5);
    }
    free(sorted);
    if (whole || median <= 0) return 0;
    double decimals = 2 - floor(log10(median));
    return (int)fmin(fmax(decimals, 0), 6);
}

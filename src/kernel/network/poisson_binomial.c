#include "kernel/network/poisson_binomial.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

static const double affordable = 5e8; /* steps of a convolution */

/* ---- the tilt --------------------------------------------------------------------------------- */

/* Tilted chance q z / (1 - q + q z). */
static double tilted(double q, double z) { return q * z / (1 - q + q * z); }

static double tilted_mean(const agl_events *e, double z, double *variance) {
    double mean = 0, v = 0;
    for (size_t d = 0; d < e->classes; d++) {
        double q = tilted(e->q[d], z);
        mean += e->n[d] * q;
        v += e->n[d] * q * (1 - q);
    }
    *variance = v;
    return mean;
}

static double log_generating(const agl_events *e, double z) {
    double sum = 0;
    for (size_t d = 0; d < e->classes; d++)
        sum += e->n[d] * log1p(e->q[d] * (z - 1));
    return sum;
}

/* log z such that the tilted mean is x: Newton in log z, kept inside a bracket. x between the certain and the
 * possible. */
static double find_tilt(const agl_events *e, double x) {
    double lo = -800, hi = 800, s = 0;
    for (int i = 0; i < 200; i++) {
        double variance, mean = tilted_mean(e, exp(s), &variance);
        if (fabs(mean - x) <= 1e-10 * x) break;
        if (mean < x)
            lo = s;
        else
            hi = s;
        double next = variance > 0 ? s + (x - mean) / variance : NAN;
        s = next > lo && next < hi ? next : (lo + hi) / 2;
    }
    return s;
}

/* ---- exact ------------------------------------------------------------------------------------ */

/* lgamma_r, because lgamma writes the sign to a global. */
static double log_choose(double n, double m) {
    int sign;
    return lgamma_r(n + 1, &sign) - lgamma_r(m + 1, &sign) - lgamma_r(n - m + 1, &sign);
}

/* binomial[t] = P[Bin(n, q) = t] for t = 0..top, 0 beyond n; built outwards from the mode so that small ends
 * underflow to 0 and large ones never overflow. Returns the last index that is not 0. */
static size_t binomial_points(double *binomial, size_t top, double n, double q) {
    size_t last = n < (double)top ? (size_t)n : top;
    memset(binomial, 0, (top + 1) * sizeof *binomial);
    if (q >= 1) {
        if ((double)last == n) binomial[last] = 1;
        return last;
    }
    size_t mode = (size_t)((n + 1) * q);
    if (mode > last) mode = last;
    double m = (double)mode, odds = q / (1 - q);
    binomial[mode] = exp(log_choose(n, m) + m * log(q) + (n - m) * log1p(-q));
    for (size_t t = mode; t-- > 0 && binomial[t + 1] > 0;)
        binomial[t] = binomial[t + 1] * (double)(t + 1) / ((n - (double)t) * odds);
    for (size_t t = mode + 1; t <= last && binomial[t - 1] > 0; t++)
        binomial[t] = binomial[t - 1] * (n - (double)t + 1) / (double)t * odds;
    while (last > 0 && binomial[last] == 0)
        last--;
    return last;
}

/* sum = sum * binomial, both of indices 0..top; sum has entries up to *used. From the top down, in place:
 * entry t needs the entries below it only. */
static void convolve(double *sum, size_t *used, const double *binomial, size_t last, size_t top) {
    size_t reach = *used + last < top ? *used + last : top;
    for (size_t t = reach + 1; t-- > 0;) {
        double total = 0;
        size_t from = t > *used ? t - *used : 0, to = t < last ? t : last;
        for (size_t k = from; k <= to; k++)
            total += binomial[k] * sum[t - k];
        sum[t] = total;
    }
    *used = reach;
}

/* Tilted distribution up to `top` in scratch->sum. */
static bool tilted_points(size_t top, const agl_events *e, double z, agl_tail_scratch *scratch) {
    size_t need = top + 1;
    if (need > scratch->capacity) {
        free(scratch->sum);
        free(scratch->binomial);
        scratch->sum = AGL_NEW(double, need);
        scratch->binomial = AGL_NEW(double, need);
        scratch->capacity = scratch->sum && scratch->binomial ? need : 0;
        if (!scratch->capacity) return false;
    }
    size_t used = 0;
    memset(scratch->sum, 0, need * sizeof *scratch->sum);
    scratch->sum[0] = 1;
    for (size_t d = 0; d < e->classes; d++) {
        double q = tilted(e->q[d], z);
        if (!(e->n[d] > 0 && q > 0)) continue;
        size_t last = binomial_points(scratch->binomial, top, e->n[d], q);
        convolve(scratch->sum, &used, scratch->binomial, last, top);
    }
    return true;
}

/* ---- tails ------------------------------------------------------------------------------------ */

static void count_events(const agl_events *e, double *certain, double *possible) {
    *certain = *possible = 0;
    for (size_t d = 0; d < e->classes; d++) {
        if (e->q[d] >= 1) *certain += e->n[d];
        if (e->q[d] > 0) *possible += e->n[d];
    }
}

/* Where the tail from x on has been summed to 1e-17 of its first term. P[X = t] is proportional to the
 * elementary symmetric polynomial e_t of the odds, and e_(t+1) <= e_t L / (t + 1) with L the sum of the odds
 * (Maclaurin), so that the terms fall at least like those of a Poisson law of mean L. Infinite odds give no
 * bound. */
static double last_term(size_t x, const agl_events *e) {
    double odds = 0, log_term = 0, t = (double)x;
    for (size_t d = 0; d < e->classes; d++)
        if (e->n[d] > 0) odds += e->n[d] * e->q[d] / (1 - e->q[d]);
    if (!(odds < 1e6)) return INFINITY;
    for (double log_odds = log(odds); log_term > -39; t++)
        log_term += log_odds - log(t + 1);
    return t;
}

double agl__poisson_binomial_saddle(size_t x, const agl_events *e) {
    /* K(s) = log G(e^s); at the lattice point x with u~ = 2 sinh(s/2) sqrt(K''):  P = 1 - Phi(w) + phi(w)
     * (1/u~ - 1/w), w the signed root of the deviance at x - 1/2 */
    double y = (double)x - 0.5, s = find_tilt(e, y), variance;
    tilted_mean(e, exp(s), &variance);
    double deviance = 2 * (s * y - log_generating(e, exp(s)));
    double w = copysign(sqrt(fmax(deviance, 0)), s), u = 2 * sinh(s / 2) * sqrt(variance);
    double density = exp(-w * w / 2) / sqrt(2 * M_PI), tail = 0.5 * erfc(w / M_SQRT2);
    if (fabs(w) < 1e-4) return tail; /* at the mean the correction cancels */
    return fmin(1, fmax(0, tail + density * (1 / u - 1 / w)));
}

double agl__poisson_binomial_upper(size_t x, const agl_events *e, agl_tail_scratch *scratch, bool *exact) {
    double certain, possible, target = (double)x;
    if (exact) *exact = true;
    count_events(e, &certain, &possible);
    if (target <= certain) return 1;
    if (target > possible) return 0;
    double s =
        target < possible ? find_tilt(e, target) : 700; /* all that can happen do: the tilt has no end */
    if (target == possible) {                           /* P = prod q^n */
        double log_p = 0;
        for (size_t d = 0; d < e->classes; d++)
            if (e->n[d] > 0 && e->q[d] > 0) log_p += e->n[d] * log(e->q[d]);
        return exp(log_p);
    }
    if (s < 0) s = 0; /* x below the mean: no tilt, the tail is most of the distribution */
    double z = exp(s), variance;
    double mean = tilted_mean(e, z, &variance);
    double far = ceil(fmax(mean, target) + 12 * sqrt(variance) + 40);
    size_t top = (size_t)fmin(possible, fmin(far, last_term(x, e)));
    if ((double)e->classes * (double)top * (double)top > affordable) {
        if (exact) *exact = false;
        return agl__poisson_binomial_saddle(x, e);
    }
    if (!tilted_points(top, e, z, scratch)) return -1;
    double sum = 0; /* sum over t >= x of g_z(t) z^(x - t), from the small end */
    for (size_t t = top + 1; t-- > x;)
        sum += scratch->sum[t] * exp(-s * (double)(t - x));
    return fmin(1, sum * exp(log_generating(e, z) - s * target));
}

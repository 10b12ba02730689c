#include "kernel/measure/binomial.h"

#include <math.h>

#define LOG_2PI 1.8378770664093454836
/* log of the smallest double is about -745; a point below exp(-60) changes no digit of the complement of its
 * tail. */
#define LOG_ZERO    (-745.0)
#define LOG_NOTHING (-60.0)

/** Stirling's error: log gamma(x+1) - [(x + 1/2) log x - x + log(2 pi)/2], x > 0. */
static double stirling_error(double x) {
    static const double small[16] = {0,
                                     0.08106146679532726,
                                     0.0413406959554093,
                                     0.02767792568499834,
                                     0.020790672103765093,
                                     0.016644691189821193,
                                     0.013876128823070748,
                                     0.01189670994589177,
                                     0.010411265261972096,
                                     0.009255462182712733,
                                     0.008330563433362871,
                                     0.007573675487951841,
                                     0.00694284010720953,
                                     0.006408994188004207,
                                     0.005951370112758848,
                                     0.005554733551962801};
    double shift = 0;
    if (x < 16) {
        if (x == floor(x)) return small[(int)x];
        /* s(x) = s(x+1) + (x + 1/2) log(1 + 1/x) - 1 carries small x to where the series holds */
        for (; x < 16; x++)
            shift += (x + 0.5) * log1p(1 / x) - 1;
    }
    double r = 1 / x, r2 = r * r;
    return shift + r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680 - r2 / 1188))));
}

/** log of C(n, x) p^x (1-p)^(n-x) for 0 < x < n, 0 < p < 1. With the mean m = n p and d = x - m
 *      -x log(1 + d/m) - (n-x) log(1 - d/(n-m)) + log sqrt(n / (2 pi x (n-x))) + Stirling errors,
 * whose rounding error is of the order of eps |d|, not eps n log n. */
static double log_point(double x, double n, double p) {
    double m = n * p, d = x - m, y = n - x;
    double deviance = x * log1p(d / m) + y * log1p(-d / (n * (1 - p)));
    return stirling_error(n) - stirling_error(x) - stirling_error(y) - deviance +
           0.5 * (log(n / (x * y)) - LOG_2PI);
}

/** The fraction 1/(1 + d1/(1 + d2/(1 + ...))) of I_x(a, b) for x < (a+1)/(a+b+2), with
 *      d(2m) = m (b-m) x / ((a+2m-1)(a+2m)),   d(2m+1) = -(a+m)(a+b+m) x / ((a+2m)(a+2m+1)),
 * in its even part 1/(b0 - c1/(b1 - c2/(b2 - ...))), b(m) = 1 + d(2m) + d(2m+1), c(m) = d(2m-1) d(2m): half
 * the steps. Numerators and denominators run forward, so that a step waits for one division only. */
static double beta_fraction(double a, double b, double x) {
    double odd = -(a + b) * x / (a + 1); /* d(2m+1) of the step before */
    double top0 = 1, top = 1 + odd, bottom0 = 0, bottom = 1;
    for (double m = 1; m < 1e7; m++) {
        double k = a + 2 * m, r = x / ((k - 1) * k * (k + 1));
        double even = m * (b - m) * (k + 1) * r;
        double next = -(a + m) * (a + b + m) * (k - 1) * r;
        double beta = 1 + even + next, c = odd * even;
        double top1 = beta * top - c * top0, bottom1 = beta * bottom - c * bottom0;
        odd = next;
        double before = top * bottom1, now = top1 * bottom;
        top0 = top, bottom0 = bottom, top = top1, bottom = bottom1;
        if (fabs(now - before) <= 1e-15 * fabs(now)) break;
        if (fabs(bottom) < 1e-30 || fabs(bottom) > 1e30) {
            double scale = 1 / bottom;
            top0 *= scale, bottom0 *= scale, top *= scale, bottom = 1;
        }
    }
    return bottom / top;
}

double agl__binomial_upper(double x, double n, double p) {
    if (!(n >= 0 && x <= n && p >= 0 && p <= 1)) return NAN;
    if (x <= 0 || p == 1) return 1;
    if (p == 0) return 0;
    if (x == n) return pow(p, n);
    double q = 1 - p, b = n - x + 1, log_p = log_point(x, n, p);
    /* I_p(a, b) = p^a q^b / (a B(a, b)) * fraction(a, b, p), and p^a q^b / (a B) = q * point probability for
     * a = x */
    if (p * (n + 3) <= x + 1) return log_p < LOG_ZERO ? 0 : exp(log_p) * q * beta_fraction(x, b, p);
    if (log_p < LOG_NOTHING) return 1;
    return 1 - exp(log_p) * q * (x / b) * beta_fraction(b, x, q);
}

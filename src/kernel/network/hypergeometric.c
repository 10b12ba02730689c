#include "kernel/network/hypergeometric.h"
#include "base/mem.h"

#include <math.h>

long double *agl__log_factorials(size_t n) {
    long double *table = AGL_NEW(long double, n + 1);
    for (size_t i = 2; table && i <= n; i++)
        table[i] = lgammal((long double)i + 1);
    return table;
}

/* P[X = x] */
static double point(size_t x, size_t a, size_t b, size_t urn, const long double *lf) {
    /* C(a, x) C(urn - a, b - x) / C(urn, b) */
    long double log_p = lf[a] - lf[x] - lf[a - x];
    log_p += lf[urn - a] - lf[b - x] - lf[urn - a - (b - x)];
    log_p -= lf[urn] - lf[b] - lf[urn - b];
    return (double)expl(log_p);
}

/* P[X = x] + P[X = x + 1] + ... */
static double sum_up(size_t x, size_t a, size_t b, size_t urn, const long double *lf) {
    size_t most = a < b ? a : b;
    double term = point(x, a, b, urn, lf), sum = term;
    for (; x < most && term > sum * 1e-17; x++) {
        term *= (double)(a - x) * (double)(b - x) / ((double)(x + 1) * (double)(urn - a - b + x + 1));
        sum += term;
    }
    return sum;
}

/* P[X = x] + P[X = x - 1] + ... */
static double sum_down(size_t x, size_t a, size_t b, size_t urn, const long double *lf) {
    size_t least = a + b > urn ? a + b - urn : 0;
    double term = point(x, a, b, urn, lf), sum = term;
    for (; x > least && term > sum * 1e-17; x--) {
        term *= (double)x * (double)(urn - a - b + x) / ((double)(a - x + 1) * (double)(b - x + 1));
        sum += term;
    }
    return sum;
}

double agl__hypergeometric_upper(size_t x, size_t a, size_t b, size_t urn, const long double *log_factorial) {
    size_t most = a < b ? a : b, least = a + b > urn ? a + b - urn : 0;
    if (x <= least) return 1;
    if (x > most) return 0;
    double mean = (double)a * (double)b / (double)urn;
    if ((double)x > mean) return fmin(1, sum_up(x, a, b, urn, log_factorial));
    return fmax(0, 1 - sum_down(x - 1, a, b, urn, log_factorial));
}

#include "agglo/ripley.h"
#include "base/mem.h"
#include "kernel/geo/pair_rank.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* ---- moments of the local number of neighbours ----
 *
 * A disc of radius r around a uniform point U of the rectangle W = w x l loses the area A(U, r) beyond the
 * sides. The share of W that it covers, h(U, r) = (pi r^2 - A) / (w l), has mean e(r), the probability that
 * two points are within r. */

/* Two points within r: r^2 / (w l) (pi - 4 r / 3 (1/w + 1/l) + r^2 / (2 w l)). */
static double within(double r, double w, double l) {
    return r * r / (w * l) * (M_PI - 4 * r / 3 * (1 / w + 1 / l) + r * r / (2 * w * l));
}

/* Segment cut off the unit disc by a line at distance x. */
static double segment(double x) { return x < 1 ? acos(x) - x * sqrt(1 - x * x) : 0; }

/* Lost by a disc of radius r at (a, b) from the nearest sides: both segments, less the corner when it lies
 * inside. */
static double lost(double a, double b, double r) {
    double x = a / r, y = b / r, both = segment(x) + segment(y);
    if (x * x + y * y < 1) both = both / 2 + M_PI / 4 - x * y;
    return r * r * both;
}

/* Gauss-Legendre nodes and weights on (0, 1) by Newton's method on the Legendre polynomial. */
enum { NODES = 24 };

typedef struct nodes {
    double at[NODES], weight[NODES];
} nodes;

static nodes gauss_legendre(void) {
    nodes g;
    for (int i = 0; i < NODES; i++) {
        double x = cos(M_PI * (i + 0.75) / (NODES + 0.5)), slope = 1;
        for (int step = 0; step < 100; step++) {
            double before = 1, p = x;
            for (int k = 2; k <= NODES; k++) {
                double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
                before = p;
                p = next;
            }
            slope = NODES * (x * p - before) / (x * x - 1);
            double move = p / slope;
            x -= move;
            if (fabs(move) < 1e-15) break;
        }
        g.at[i] = (x + 1) / 2;
        g.weight[i] = 1 / ((1 - x * x) * slope * slope);
    }
    return g;
}

/* Along a side, away from the corners: integral over a of both segments. */
static double along_side(double r1, double r2, const nodes *g) {
    double sum = 0;
    for (int i = 0; i < NODES; i++) { /* a = r1 (1 - t^2): smooth where the smaller segment vanishes */
        double t = g->at[i], a = r1 * (1 - t * t);
        sum += g->weight[i] * 2 * t * r1 * r1 * r1 * segment(a / r1) * r2 * r2 * segment(a / r2);
    }
    return sum;
}

/* Integral over b of lost(a, b, r1) lost(a, b, r2), 0 <= b <= r2, in pieces on which it is smooth. */
static double across(double a, double r1, double r2, const nodes *g) {
    double cut[5] = {0, a < r1 ? sqrt(r1 * r1 - a * a) : 0, r1, a < r2 ? sqrt(r2 * r2 - a * a) : 0, r2},
           sum = 0;
    if (cut[3] < cut[2]) {
        double swap = cut[2];
        cut[2] = cut[3];
        cut[3] = swap;
    }
    if (cut[2] < cut[1]) cut[2] = cut[1];
    for (int piece = 0; piece < 4; piece++) {
        double width = cut[piece + 1] - cut[piece];
        if (!(width > 0)) continue;
        for (int i = 0; i < NODES; i++) {
            double t = g->at[i], b = cut[piece] + width * (1 - t * t); /* fine towards the upper end */
            sum += g->weight[i] * 2 * t * width * lost(a, b, r1) * lost(a, b, r2);
        }
    }
    return sum;
}

/* Covariance of h(U, r1) and h(U, r2), r1 <= r2 <= half the shorter side: interior, sides and corners of W.
 */
static double covariance(double r1, double r2, double w, double l, const nodes *g) {
    double area = w * l, mean1 = M_PI * r1 * r1 - area * within(r1, w, l),
           mean2 = M_PI * r2 * r2 - area * within(r2, w, l);
    double corner = 0;
    for (int half = 0; half < 2; half++) {
        double from = half ? r1 : 0, to = half ? r2 : r1;
        for (int i = 0; i < NODES && to > from; i++) {
            double t = g->at[i], a = from + (to - from) * (1 - t * t);
            corner += g->weight[i] * 2 * t * (to - from) * across(a, r1, r2, g);
        }
    }
    double sides = 2 * (w + l - 4 * r2) * along_side(r1, r2, g);
    return ((sides + 4 * corner) / area - mean1 * mean2) / (area * area);
}

/* ---- test ---- */

/* Solves a x = b for a positive definite a (n x n, overwritten) and returns b' x; NaN when a is not positive
 * definite. */
static double quadratic_form(double *a, double *b, size_t n) {
    double form = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= a[i * n + k] * a[j * n + k];
            if (i == j && !(sum > 0)) return NAN;
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
        double y = b[i];
        for (size_t k = 0; k < i; k++)
            y -= a[i * n + k] * b[k];
        b[i] = y / a[i * n + i]; /* forward substitution: |L^-1 b|^2 = b' a^-1 b */
        form += b[i] * b[i];
    }
    return form;
}

/* Pairs nearer than each r, without coincident ones. */
static agl_status count_pairs(double *pairs, const agl_points *points, const double *r, size_t n,
                              const agl_ctx *ctx, agl_error *err) {
    agl_kdtree tree;
    uint64_t coincident = 0, count = 0;
    agl_status status = agl__kdtree_build(&tree, points, 16, err);
    if (status != AGL_OK) return status;
    agl_pairs all = {.a = &tree, .b = NULL};
    status = agl__pairs_within(&coincident, &all, 0, ctx, err);
    for (size_t k = 0; k < n && status == AGL_OK; k++) {
        status = agl__pairs_within(&count, &all, nextafter(r[k], 0), ctx, err);
        pairs[k] = (double)(count - coincident);
    }
    agl__kdtree_free(&tree);
    return status;
}

agl_status agl_ripley_ktest(double *p_value, const agl_points *points, const agl_window *rectangle,
                            const double *r, size_t n, const agl_ctx *ctx, agl_error *err) {
    double w = rectangle->high[0] - rectangle->low[0], l = rectangle->high[1] - rectangle->low[1],
           count = (double)points->n;
    *p_value = NAN;
    if (!rectangle->rectangle)
        return agl_fail(err, AGL_EUSAGE, "the analytic test of K needs a rectangular window");
    if (points->n < 3 || n == 0)
        return agl_fail(err, AGL_EDATA,
                        "the analytic test of K needs at least three points and one distance");
    for (size_t k = 0; k < n; k++)
        if (!(r[k] > (k ? r[k - 1] : 0)) || r[k] > fmin(w, l) / 2)
            return agl_fail(
                err, AGL_EUSAGE,
                "the analytic test of K needs ascending distances up to half the shorter side, %g km",
                fmin(w, l) / 2);
    double *sigma = AGL_NEW(double, n *n), *excess = AGL_NEW(double, n);
    agl_status status = sigma && excess ? count_pairs(excess, points, r, n, ctx, err) : agl_fail_memory(err);
    if (status == AGL_OK) {
        const nodes g = gauss_legendre();
        /* The share of pairs within r is a U-statistic: mean e(r), covariance
         * 2 / (n (n-1)) (e(min) - e e' + 2 (n - 2) cov(h, h')). */
        for (size_t i = 0; i < n; i++) {
            excess[i] = 2 * excess[i] / (count * (count - 1)) - within(r[i], w, l);
            for (size_t j = 0; j <= i; j++) {
                double pair = within(r[j], w, l) * (1 - within(r[i], w, l));
                double local = 2 * (count - 2) * covariance(r[j], r[i], w, l, &g);
                sigma[i * n + j] = 2 / (count * (count - 1)) * (pair + local);
            }
        }
        double form = quadratic_form(sigma, excess, n);
        if (isnan(form))
            status = agl_fail(
                err, AGL_ECONV,
                "the analytic test of K has no solution at these distances; use fewer or wider apart");
        else
            *p_value = gsl_cdf_chisq_Q(form, (double)n);
    }
    free(sigma);
    free(excess);
    return status;
}

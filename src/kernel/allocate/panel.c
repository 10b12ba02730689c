#include "kernel/allocate/panel.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

agl_status agl__panel_work(agl_panel_work *w, const agl_firm_panel *p, agl_error *err) {
    *w = (agl_panel_work){.p = p};
    w->lag = AGL_NEW(int32_t, p->n);
    w->phi = AGL_NEW(double, p->n);
    w->omega = AGL_NEW(double, p->n);
    w->before = AGL_NEW(double, p->n);
    w->xi = AGL_NEW(double, p->n);
    if (!w->lag || !w->phi || !w->omega || !w->before || !w->xi) return agl_fail_memory(err);
    for (size_t i = 0; i < p->n; i++) {
        bool same = i > 0 && p->firm[i] == p->firm[i - 1];
        if (p->firm[i] < 0 || (size_t)p->firm[i] >= p->n_firms ||
            (i > 0 && (p->firm[i] < p->firm[i - 1] || (same && p->year[i] <= p->year[i - 1]))))
            return agl_fail(err, AGL_EDATA, "row %zu is not in ascending order of firm and year", i);
        w->lag[i] = same && p->year[i] == p->year[i - 1] + 1 ? (int32_t)(i - 1) : -1;
        w->n_pairs += w->lag[i] >= 0;
    }
    return AGL_OK;
}

void agl__panel_work_free(agl_panel_work *w) {
    free(w->lag);
    free(w->phi);
    free(w->omega);
    free(w->before);
    free(w->xi);
    *w = (agl_panel_work){0};
}

size_t agl__poly_terms(double *out, const double *v, size_t q) {
    size_t n = q;
    memcpy(out, v, q * sizeof *v);
    for (size_t i = 0; i < q; i++)
        for (size_t j = i; j < q; j++)
            out[n++] = v[i] * v[j];
    return n;
}

size_t agl__control_terms(double *out, const agl_firm_panel *p, size_t i, bool with_free) {
    double v[AGL_TFP_MOST_INPUTS + 1];
    size_t skip = with_free ? 0 : p->n_free, k = agl__panel_inputs(p), q = k - skip;
    memcpy(v, p->inputs + i * k + skip, q * sizeof *v);
    v[q++] = p->proxy[i];
    return agl__poly_terms(out, v, q);
}

/** Solves the 4 x 4 system a x = b, a symmetric and positive definite, by Cholesky factors in place. */
static bool solve4(double x[4], double a[4][4]) {
    for (int j = 0; j < 4; j++)
        for (int i = j; i < 4; i++) {
            double v = a[i][j];
            for (int k = 0; k < j; k++)
                v -= a[i][k] * a[j][k];
            if (i == j && !(v > 1e-13 * a[j][j])) return false;
            a[i][j] = i == j ? sqrt(v) : v / a[j][j];
        }
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < i; k++)
            x[i] -= a[i][k] * x[k];
        x[i] /= a[i][i];
    }
    for (int i = 4; i-- > 0;) {
        for (int k = i + 1; k < 4; k++)
            x[i] -= a[k][i] * x[k];
        x[i] /= a[i][i];
    }
    return true;
}

/* Normal equations are good enough here: of a standardised variable the condition number of the cubic is
 * below 1e3, and the minimisers call this thousands of times. */
bool agl__markov(double *xi, const double *target, const double *omega, const double *before, size_t n) {
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        mean += before[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++)
        square += (before[i] - mean) * (before[i] - mean);
    double sd = sqrt(square / (double)n);
    if (n < 5 || !(sd > 1e-12 * (1 + fabs(mean))) || !isfinite(sd)) return false;
    double power[7] = {0}, g[4] = {0}, a[4][4];
    for (size_t i = 0; i < n; i++) {
        double u = (before[i] - mean) / sd, u2 = u * u, u3 = u2 * u;
        power[1] += u, power[2] += u2, power[3] += u3;
        power[4] += u2 * u2, power[5] += u2 * u3, power[6] += u3 * u3;
        g[0] += omega[i], g[1] += omega[i] * u, g[2] += omega[i] * u2, g[3] += omega[i] * u3;
    }
    power[0] = (double)n;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            a[i][j] = power[i + j];
    if (!solve4(g, a)) return false;
    for (size_t i = 0; i < n; i++) {
        double u = (before[i] - mean) / sd;
        xi[i] = target[i] - (g[0] + u * (g[1] + u * (g[2] + u * g[3])));
    }
    return true;
}

#include "agglo/rd.h"
#include "base/mem.h"
#include "base/sum.h"

#include <math.h>
#include <string.h>

#define LEFT_OVER  1e-15 /* of the series */
#define MAX_TERMS  1000000
#define MAX_WALK   20000
#define WALK_MOVES 1e-14 /* largest change of a share at which the walk counts as settled */

/* ---- the network --------------------------------------------------------------------------------------- */

static agl_status check_flows(int32_t n, size_t m, const int32_t *citing, const int32_t *cited,
                              const double *weight, const double *domestic, agl_error *err) {
    for (size_t e = 0; e < m; e++) {
        if (citing[e] < 0 || citing[e] >= n || cited[e] < 0 || cited[e] >= n)
            return agl_fail(err, AGL_EDATA, "flow %zu names a sector outside 0..%d", e, n - 1);
        if (!(weight[e] >= 0) || !isfinite(weight[e]))
            return agl_fail(err, AGL_EDATA, "flow %zu has %g citations; they must be zero or more", e,
                            weight[e]);
        if (domestic && !(domestic[e] >= 0 && domestic[e] <= 1))
            return agl_fail(err, AGL_EDATA, "flow %zu has a domestic share of %g, which is not in 0..1", e,
                            domestic[e]);
    }
    return AGL_OK;
}

/** Positions of the rows: as many entries as there are flows, one for a sector that cites nobody. */
static void place_rows(agl_rd_network *net, size_t m, const int32_t *citing, const double *weight,
                       double *total) {
    for (size_t e = 0; e < m; e++) {
        total[citing[e]] += weight[e];
        net->offset[citing[e] + 1]++;
    }
    for (int32_t i = 0; i < net->n; i++) {
        if (!(total[i] > 0)) net->offset[i + 1] = 1, net->silent++;
        net->offset[i + 1] += net->offset[i];
    }
}

agl_status agl_rd_network_new(agl_rd_network *out, int32_t n, size_t m, const int32_t *citing,
                              const int32_t *cited, const double *weight, const double *domestic,
                              agl_error *err) {
    *out = (agl_rd_network){.n = n, .open = domestic != NULL};
    agl_status status = check_flows(n, m, citing, cited, weight, domestic, err);
    if (status != AGL_OK) return status;
    double *total = AGL_NEW(double, n);
    size_t *next = AGL_NEW(size_t, n);
    out->offset = AGL_NEW(size_t, (size_t)n + 1);
    out->cited = AGL_NEW(int32_t, m + (size_t)n);
    out->share = AGL_NEW(double, m + (size_t)n);
    if (total && next && out->offset && out->cited && out->share) {
        place_rows(out, m, citing, weight, total);
        memcpy(next, out->offset, (size_t)n * sizeof *next);
        for (size_t e = 0; e < m; e++) {
            int32_t i = citing[e];
            if (!(total[i] > 0)) continue;
            out->cited[next[i]] = cited[e];
            out->share[next[i]++] = weight[e] / total[i] * (domestic ? domestic[e] : 1);
        }
        for (int32_t i = 0; i < n; i++)
            if (!(total[i] > 0)) out->cited[out->offset[i]] = i, out->share[out->offset[i]] = 1;
    } else {
        status = agl_fail_memory(err);
        agl_rd_network_free(out);
    }
    free(total);
    free(next);
    return status;
}

void agl_rd_network_free(agl_rd_network *network) {
    if (!network) return;
    free(network->offset);
    free(network->cited);
    free(network->share);
    *network = (agl_rd_network){0};
}

/** to' = from' Omega */
static void left_product(double *to, const double *from, const agl_rd_network *net) {
    memset(to, 0, (size_t)net->n * sizeof *to);
    for (int32_t i = 0; i < net->n; i++)
        for (size_t a = net->offset[i]; a < net->offset[i + 1]; a++)
            to[net->cited[a]] += from[i] * net->share[a];
}

/* ---- shares ----------------------------------------------------------------------------------------------
 */

/** share = amount / sum of amounts. */
static agl_status scale_to_one(double *share, const double *amount, size_t n, const char *what,
                               agl_error *err) {
    for (size_t i = 0; i < n; i++)
        if (!(amount[i] >= 0) || !isfinite(amount[i]))
            return agl_fail(err, AGL_EDATA, "%s of sector %zu is %g; it must be zero or more", what, i,
                            amount[i]);
    double sum = agl__sum(amount, n);
    if (!(sum > 0)) return agl_fail(err, AGL_EDATA, "%s is zero in every sector", what);
    for (size_t i = 0; i < n; i++)
        share[i] = amount[i] / sum;
    return AGL_OK;
}

/** gamma' = (1 - d) sum_k d^k beta' Omega^k; returns its sum before scaling through *mass. `term` enters as
 * beta. */
static agl_status power_series(double *gamma, double *mass, double *term, double *next,
                               const agl_rd_network *net, double d, const agl_ctx *ctx, agl_error *err) {
    size_t n = (size_t)net->n;
    double left = 1; /* the rows of Omega sum to at most 1, so the terms from k on add up to at most d^k */
    memset(gamma, 0, n * sizeof *gamma);
    for (size_t k = 0; k < MAX_TERMS && left > LEFT_OVER; k++, left *= d) {
        for (size_t i = 0; i < n; i++)
            gamma[i] += (1 - d) * term[i];
        left_product(next, term, net);
        for (size_t i = 0; i < n; i++)
            term[i] = d * next[i];
        if (agl_cancelled(ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    *mass = agl__sum(gamma, n);
    for (size_t i = 0; i < n; i++)
        gamma[i] /= *mass;
    return AGL_OK;
}

/** Lazy walk from beta; rows of an open economy are scaled back to 1 by scaling the vector, sector by sector.
 */
static agl_status lazy_walk(double *at, bool *settled, double *next, double *row, const agl_rd_network *net,
                            const agl_ctx *ctx, agl_error *err) {
    size_t n = (size_t)net->n;
    for (size_t i = 0; i < n; i++)
        row[i] = agl__sum(net->share + net->offset[i], net->offset[i + 1] - net->offset[i]);
    *settled = false;
    for (int k = 0; k < MAX_WALK && !*settled; k++) {
        double moved = 0;
        for (size_t i = 0; i < n; i++)
            next[i] = 0;
        for (size_t i = 0; i < n; i++) {
            double half = at[i] / 2;
            next[i] += half;
            if (!(row[i] > 0)) next[i] += half; /* builds on foreign knowledge only */
            for (size_t a = net->offset[i]; row[i] > 0 && a < net->offset[i + 1]; a++)
                next[net->cited[a]] += half * net->share[a] / row[i];
        }
        for (size_t i = 0; i < n; i++) {
            moved = fmax(moved, fabs(next[i] - at[i]));
            at[i] = next[i];
        }
        *settled = moved < WALK_MOVES;
        if (agl_cancelled(ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
    }
    double sum = agl__sum(at, n);
    for (size_t i = 0; i < n; i++)
        at[i] /= sum;
    return AGL_OK;
}

static void welfare(agl_rd *out, const double *gamma, const double *b, size_t n, const agl_rd_options *o) {
    agl_sum gain = {0, 0}, distance = {0, 0};
    for (size_t i = 0; i < n; i++) {
        double g =
            gamma[i] > 0 ? o->psi * o->lambda / o->rho * out->mass * gamma[i] * log(gamma[i] / b[i]) : 0;
        if (out->gain) out->gain[i] = g;
        agl__sum_add(&gain, g);
        agl__sum_add(&distance, fabs(gamma[i] - b[i]) / 2);
    }
    out->ln_gain = agl__sum_value(&gain);
    /* one infinite term leaves a NaN in the compensated sum; the gain is then infinite */
    if (isnan(out->ln_gain)) out->ln_gain = INFINITY;
    out->distance = agl__sum_value(&distance);
}

agl_status agl_rd_optimal(agl_rd *out, const agl_rd_network *network, const double *consumption,
                          const double *actual, const agl_rd_options *options, const agl_ctx *ctx,
                          agl_error *err) {
    agl_rd_options o = AGL_RD_OPTIONS_INIT;
    if (options) o = *options;
    if (!(o.rho > 0 && o.lambda > 0 && o.psi > 0 && isfinite(o.rho) && isfinite(o.lambda) && isfinite(o.psi)))
        return agl_fail(err, AGL_EUSAGE, "rho, lambda and psi must be above 0");
    size_t n = (size_t)network->n;
    double *work = AGL_NEW(double, 5 * n);
    if (!work) return agl_fail_memory(err);
    double *beta = work, *gamma = work + n, *term = work + 2 * n, *next = work + 3 * n, *b = work + 4 * n;
    out->ln_gain = out->distance = NAN;
    out->settled = true;
    agl_status status = scale_to_one(beta, consumption, n, "consumption", err);
    if (status == AGL_OK && actual) status = scale_to_one(b, actual, n, "actual R&D", err);
    if (status != AGL_OK) goto out;
    memcpy(term, beta, n * sizeof *term);
    status = power_series(gamma, &out->mass, term, next, network, 1 / (1 + o.rho / o.lambda), ctx, err);
    if (status != AGL_OK) goto out;
    if (actual) welfare(out, gamma, b, n, &o);
    if (out->gamma) memcpy(out->gamma, gamma, n * sizeof *gamma);
    if (out->centrality) {
        memcpy(out->centrality, beta, n * sizeof *beta);
        status = lazy_walk(out->centrality, &out->settled, next, term, network, ctx, err);
    }
out:
    free(work);
    return status;
}

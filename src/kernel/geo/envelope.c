#include "kernel/geo/envelope.h"
#include "base/mem.h"
#include "base/sort.h"
#include "base/sum.h"

#include <math.h>

double agl_quantile_sorted(const double *ascending, size_t n, double p) {
    return agl__quantile_sorted(ascending, n, p);
}

/* ---- mean, median, local band ---- */

static void pointwise(agl_envelope *e, const agl_ordered *o, const agl_envelope_options *opt) {
    double tail = opt->each_side ? opt->alpha : opt->alpha / 2;
    for (size_t j = 0; j < o->n; j++) {
        const double *sorted = o->sorted + j * o->curves;
        size_t m = o->valid[j];
        e->mean[j] = m ? agl__sum(sorted, m) / (double)m : NAN;
        e->median[j] = agl_quantile_sorted(sorted, m, 0.5);
        e->local_lo[j] = agl_quantile_sorted(sorted, m, tail);
        e->local_hi[j] = agl_quantile_sorted(sorted, m, 1 - tail);
    }
}

/* ---- Duranton-Overman: common pointwise level ---- */

enum { LOWER = 1, UPPER = 2 };

/* exits[k] becomes the number of curves that leave, on one of `sides`, the band whose edges are the k-th
 * smallest and k-th largest value of all the other curves. That is what a new curve does; counted against the
 * band of all curves, itself among them, a curve stays inside too easily, and bands from few simulations
 * would be too narrow. Curve s is below the k-th smallest of the others at j exactly when at most k - 1 of
 * them are <= its value, that is below[j][s] <= k. */
static void count_exits(uint32_t *exits, const agl_ordered *o, int sides) {
    for (size_t k = 0; k <= o->curves + 1; k++)
        exits[k] = 0;
    for (size_t s = 0; s < o->curves; s++) {
        uint32_t depth = (uint32_t)o->curves;
        for (size_t j = 0; j < o->n; j++) {
            uint32_t below = o->below[j * o->curves + s], above = o->above[j * o->curves + s];
            if ((sides & LOWER) && below < depth) depth = below;
            if ((sides & UPPER) && above < depth) depth = above;
        }
        exits[depth]++;
    }
    for (size_t k = 1; k <= o->curves + 1; k++)
        exits[k] += exits[k - 1];
}

/* The level k + weight: at k at most a share alpha leaves, at k + 1 more do. k stays within the lower half,
 * where the edges have not crossed. When even the hull of all curves (k = 1) is left too often, the
 * simulations are too few, and the level 1 - t stands for t times the distance between the last two curves
 * beyond it: with tails that fall like exp(-x/b), whose last gap has the mean b, that takes the share down by
 * exp(-t). */
static double common_level(const uint32_t *exits, size_t curves, double alpha) {
    double target = alpha * (double)curves;
    if (exits[1] > target) return 1 - log((double)exits[1] / target);
    size_t k = 1;
    while (k + 1 <= (curves + 1) / 2 && exits[k + 1] <= target)
        k++;
    if (k + 1 > (curves + 1) / 2) return (double)k;
    return (double)k + (target - exits[k]) / (double)(exits[k + 1] - exits[k]);
}

/* Value at the fractional rank `level` (1 = smallest) of m ascending values. */
static double value_at(const double *ascending, size_t m, double level) {
    if (m < 2) return agl_quantile_sorted(ascending, m, 0);
    if (level < 1) return ascending[0] - (1 - level) * (ascending[1] - ascending[0]);
    return agl_quantile_sorted(ascending, m, fmin((level - 1) / (double)(m - 1), 0.5));
}

static double value_from_top(const double *ascending, size_t m, double level) {
    if (m < 2) return agl_quantile_sorted(ascending, m, 0);
    if (level < 1) return ascending[m - 1] + (1 - level) * (ascending[m - 1] - ascending[m - 2]);
    return agl_quantile_sorted(ascending, m, fmax(1 - (level - 1) / (double)(m - 1), 0.5));
}

static agl_status band_do2005(agl_envelope *e, const agl_ordered *o, const agl_envelope_options *opt,
                              agl_error *err) {
    uint32_t *exits = AGL_NEW(uint32_t, o->curves + 2);
    if (!exits) return agl_fail_memory(err);
    double lower, upper;
    if (opt->each_side) {
        count_exits(exits, o, LOWER);
        lower = common_level(exits, o->curves, opt->alpha);
        count_exits(exits, o, UPPER);
        upper = common_level(exits, o->curves, opt->alpha);
    } else {
        count_exits(exits, o, LOWER | UPPER);
        lower = upper = common_level(exits, o->curves, opt->alpha);
    }
    for (size_t j = 0; j < o->n; j++) {
        e->global_lo[j] = value_at(o->sorted + j * o->curves, o->valid[j], lower);
        e->global_hi[j] = value_from_top(o->sorted + j * o->curves, o->valid[j], upper);
    }
    free(exits);
    return AGL_OK;
}

/* ---- hulls of kept curves: ERL and the peer's rule ---- */

/* Smallest and largest value at every distance over the curves with keep[s]; NaN where none has a value. */
static void hull(double *low, double *high, agl_cmat sims, const double *observed, const bool *keep) {
    for (size_t j = 0; j < sims.cols; j++)
        low[j] = high[j] = NAN;
    for (size_t s = 0; s < sims.rows + (observed ? 1 : 0); s++) {
        const double *curve = s < sims.rows ? sims.data + s * sims.stride : observed;
        for (size_t j = 0; keep[s] && j < sims.cols; j++) {
            low[j] = fmin(low[j], curve[j]);
            high[j] = fmax(high[j], curve[j]);
        }
    }
}

/* Orders all curves, the observed one among them, by extreme rank length: p-value, and the band when asked
 * for. */
static agl_status erl(agl_envelope *e, agl_cmat sims, const double *observed, const agl_envelope_options *opt,
                      agl_error *err) {
    agl_ordered o = {0};
    agl_status status = agl__order_curves(&o, sims, observed, err);
    if (status != AGL_OK) return status;
    uint32_t *position = AGL_NEW(uint32_t, o.curves);
    bool *keep = AGL_NEW(bool, o.curves);
    if (!position || !keep) {
        status = agl_fail_memory(err);
        goto out;
    }
    status = agl__erl_positions(position, &o, err);
    if (status != AGL_OK) goto out;
    if (observed) e->p_global = (double)position[sims.rows] / (double)o.curves;
    if (opt->band == AGL_BAND_ERL) {
        for (size_t s = 0; s < o.curves; s++)
            keep[s] = (double)position[s] / (double)o.curves > opt->alpha;
        hull(e->global_lo, e->global_hi, sims, observed, keep);
    }
out:
    free(position);
    free(keep);
    agl__ordered_free(&o);
    return status;
}

/* Marks the curves that are first to reach the smallest or the largest kept value at some distance. */
static void mark_extremes(bool *drop, agl_cmat sims, const bool *keep) {
    for (size_t j = 0; j < sims.cols; j++) {
        size_t least = SIZE_MAX, most = SIZE_MAX;
        for (size_t s = 0; s < sims.rows; s++) {
            double v = sims.data[s * sims.stride + j];
            if (!keep[s] || isnan(v)) continue;
            if (least == SIZE_MAX || v < sims.data[least * sims.stride + j]) least = s;
            if (most == SIZE_MAX || v > sims.data[most * sims.stride + j]) most = s;
        }
        if (least != SIZE_MAX) drop[least] = drop[most] = true;
    }
}

/* Rounds of dropping until at most target = (1 - alpha) S curves are kept, then a step back towards the hull
 * before the last round of (target - kept)/S of the way: the divisor is what the peer uses. */
static agl_status band_dbmss(agl_envelope *e, agl_cmat sims, const agl_envelope_options *opt,
                             agl_error *err) {
    size_t n = sims.cols, kept = sims.rows;
    bool *keep = AGL_NEW(bool, sims.rows), *drop = AGL_NEW(bool, sims.rows);
    double *before = AGL_NEW(double, 2 * n);
    agl_status status = AGL_OK;
    if (!keep || !drop || !before) {
        status = agl_fail_memory(err);
        goto out;
    }
    for (size_t s = 0; s < sims.rows; s++)
        keep[s] = true;
    hull(e->global_lo, e->global_hi, sims, NULL, keep);
    double target = (1 - opt->alpha) * (double)sims.rows;
    while ((double)kept > target) {
        for (size_t j = 0; j < n; j++) {
            before[j] = e->global_lo[j];
            before[n + j] = e->global_hi[j];
        }
        for (size_t s = 0; s < sims.rows; s++)
            drop[s] = false;
        mark_extremes(drop, sims, keep);
        size_t left = 0;
        for (size_t s = 0; s < sims.rows; s++) {
            keep[s] = keep[s] && !drop[s];
            left += keep[s];
        }
        if (left < 2 || left == kept) {
            status =
                agl_fail(err, AGL_EDATA,
                         "the global band by elimination (--like dbmss) drops every one of %zu simulations; "
                         "ask for more simulations or another band",
                         sims.rows);
            goto out;
        }
        kept = left;
        hull(e->global_lo, e->global_hi, sims, NULL, keep);
    }
    double step = (target - (double)kept) / (double)sims.rows;
    for (size_t j = 0; j < n && step > 0; j++) {
        e->global_lo[j] += (before[j] - e->global_lo[j]) * step;
        e->global_hi[j] += (before[n + j] - e->global_hi[j]) * step;
    }
out:
    free(keep);
    free(drop);
    free(before);
    return status;
}

/* ---- the public call ---- */

static agl_status check(agl_cmat sims, const agl_envelope_options *opt, agl_error *err) {
    if (!(opt->alpha > 0 && opt->alpha < 1))
        return agl_fail(err, AGL_EUSAGE, "alpha is %g; give a level between 0 and 1, such as 0.05",
                        opt->alpha);
    if ((double)sims.rows < 1 / opt->alpha * (1 - 1e-12))
        return agl_fail(err, AGL_EUSAGE,
                        "%zu simulations cannot show a level of %g; ask for at least %.0f (--simulations)",
                        sims.rows, opt->alpha, ceil(1 / opt->alpha * (1 - 1e-12)));
    return AGL_OK;
}

agl_status agl_envelope_fit(agl_envelope *out, agl_cmat sims, const double *observed,
                            const agl_envelope_options *options, agl_error *err) {
    const agl_envelope_options defaults = AGL_ENVELOPE_OPTIONS_INIT, *opt = options ? options : &defaults;
    *out = (agl_envelope){.n = sims.cols, .p_global = NAN};
    agl_status status = check(sims, opt, err);
    if (status != AGL_OK) return status;
    size_t n = sims.cols;
    double *block = AGL_NEW(double, 6 * n);
    if (!block) return agl_fail_memory(err);
    double **part[6] = {&out->mean,     &out->median,    &out->local_lo,
                        &out->local_hi, &out->global_lo, &out->global_hi};
    for (size_t i = 0; i < 6; i++)
        *part[i] = block + i * n;

    agl_ordered o = {0};
    status = agl__order_curves(&o, sims, NULL, err);
    if (status != AGL_OK) goto out;
    pointwise(out, &o, opt);
    if (opt->band == AGL_BAND_DO2005) status = band_do2005(out, &o, opt, err);
    if (opt->band == AGL_BAND_DBMSS) status = band_dbmss(out, sims, opt, err);
    if (status == AGL_OK && (observed || opt->band == AGL_BAND_ERL))
        status = erl(out, sims, observed, opt, err);
out:
    agl__ordered_free(&o);
    if (status != AGL_OK) agl_envelope_free(out);
    return status;
}

void agl_envelope_free(agl_envelope *envelope) {
    if (!envelope) return;
    free(envelope->mean); /* one block for all six */
    *envelope = (agl_envelope){.p_global = NAN};
}

#include "base/mem.h"
#include "kernel/measure/stage.h"

#include <math.h>
#include <string.h>

static bool too_small(const agl_stage_features *f, const agl_stage_options *o) {
    return f->lq < o->lq_min || f->firms < o->firms_min; /* unknown firms are not too few */
}

/** A cluster, now or at the start of the window, that shrinks more than usual and does not renew its
 * knowledge. */
static bool declines(const agl_stage_features *f, const agl_stage_options *o) {
    if (!(f->net < -o->decline_sd * f->sd)) return false;
    if (!(f->lq >= o->lq_min) && !(f->lq_before >= o->lq_min)) return false;
    if (f->heterogeneity > 0) return false;
    return !(o->net_entry && f->net_entry > 0);
}

agl_stage agl__stage_rule(const agl_stage_features *f, const agl_stage_options *o) {
    if (!(f->value > 0)) return AGL_STAGE_UNKNOWN;
    if (f->before == 0) return AGL_STAGE_EMERGENCE;
    if (isnan(f->net) || isnan(f->lq)) return AGL_STAGE_UNKNOWN;
    if (f->after_decline && f->net > 0 && !(f->heterogeneity <= 0)) return AGL_STAGE_RENEWAL;
    if (declines(f, o)) return AGL_STAGE_DECLINE;
    if (too_small(f, o)) return f->net > o->emerge_sd * f->sd ? AGL_STAGE_EMERGENCE : AGL_STAGE_NONE;
    bool entering = !(o->net_entry && f->net_entry < 0);
    return f->net > o->grow_sd * f->sd && entering ? AGL_STAGE_GROWTH : AGL_STAGE_SUSTAINMENT;
}

/* ---- draws ---- */

static double factorial(size_t n) {
    double f = 1;
    for (size_t k = 2; k <= n; k++)
        f *= (double)k;
    return f;
}

/** C(2m - 1, m) */
static size_t outcomes(size_t m) {
    return (size_t)(factorial(2 * m - 1) / factorial(m) / factorial(m - 1) + 0.5);
}

agl_status agl__draws_make(agl_draws *out, size_t m, agl_error *err) {
    *out = (agl_draws){.m = m, .n = outcomes(m)};
    out->times = AGL_NEW(uint8_t, out->n * m);
    out->chance = AGL_NEW(double, out->n);
    uint8_t *now = AGL_NEW(uint8_t, m);
    if (!out->times || !out->chance || !now) {
        free(now);
        return agl_fail_memory(err);
    }
    now[0] = (uint8_t)m; /* compositions of m into m parts, from (m, 0, ..., 0) to (0, ..., 0, m) */
    for (size_t k = 0; k < out->n; k++) {
        double chance = factorial(m) / pow((double)m, (double)m);
        for (size_t i = 0; i < m; i++)
            chance /= factorial(now[i]);
        memcpy(out->times + k * m, now, m);
        out->chance[k] = chance;
        size_t last =
            m - 1; /* next: one from the rightmost part before the last, with all of the last, to its right */
        while (last-- > 0 && now[last] == 0)
            ;
        if (last == SIZE_MAX) break;
        uint8_t rest = (uint8_t)(now[m - 1] + 1);
        now[m - 1] = 0;
        now[last]--, now[last + 1] = rest;
    }
    free(now);
    return AGL_OK;
}

void agl__draws_free(agl_draws *d) {
    free(d->times);
    free(d->chance);
    *d = (agl_draws){0};
}

#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"
#include "kernel/measure/complexity.h"
#include "kernel/measure/tiles.h"

#include <math.h>

void agl__mean_sd(double *mean, double *sd, const double *x, size_t n, size_t lost) {
    agl_sum sum = {0, 0}, squares = {0, 0};
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) agl__sum_add(&sum, x[i]), count++;
    *mean = count ? agl__sum_value(&sum) / (double)count : NAN;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) agl__sum_add(&squares, (x[i] - *mean) * (x[i] - *mean));
    *sd = count > lost ? sqrt(agl__sum_value(&squares) / (double)(count - lost)) : NAN;
}

double agl__correlation(const double *x, const double *y, size_t n) {
    double sx = 0, sy = 0, xx = 0, yy = 0, xy = 0, count = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]) && !isnan(y[i])) sx += x[i], sy += y[i], count++;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        double a = x[i] - sx / count, b = y[i] - sy / count;
        xx += a * a, yy += b * b, xy += a * b;
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* ---- nestedness: members as bits, so that an overlap is a count of common bits ---- */

typedef struct nested {
    const agl__lists *side;
    const agl__tiles *tiles;
    size_t words;
    uint64_t *bits;
    double *sum; /* by member: sum of its shares with later members */
} nested;

static agl_status one_member(void *arg, size_t a, int worker, agl_error *err) {
    (void)worker;
    nested *s = arg;
    size_t ka = agl__list_size(s->side, a), n = s->side->n - a - 1;
    double sum = 0, *common = AGL_NEW(double, n);
    if (!common) return agl_fail_memory(err);
    s->tiles->together(common, s->bits + a * s->words, s->bits + (a + 1) * s->words, s->words, n);
    for (size_t k = 0; k < n; k++) {
        size_t kb = agl__list_size(s->side, a + 1 + k);
        if (ka != kb)
            sum += common[k] / (double)(ka < kb ? ka : kb); /* of equal ones no one is the smaller: 0 */
    }
    s->sum[a] = sum;
    free(common);
    return AGL_OK;
}

static agl_status nested_side(double *sum, double *pairs, const agl__lists *side, size_t others,
                              const agl_ctx *ctx, agl_error *err) {
    nested s = {.side = side, .tiles = agl__tiles_best(), .words = (others + 63) / 64};
    s.bits = AGL_NEW(uint64_t, s.words * side->n);
    s.sum = AGL_NEW(double, side->n);
    agl_status status = s.bits && s.sum ? AGL_OK : agl_fail_memory(err);
    for (size_t a = 0; a < side->n && status == AGL_OK; a++)
        for (size_t k = side->start[a]; k < side->start[a + 1]; k++)
            s.bits[a * s.words + (size_t)side->other[k] / 64] |= (uint64_t)1 << (side->other[k] % 64);
    if (status == AGL_OK) status = agl__parallel(side->n, one_member, &s, NULL, ctx, err);
    for (size_t a = 0; a < side->n && status == AGL_OK; a++)
        *sum += s.sum[a], *pairs += (double)a;
    free(s.bits);
    free(s.sum);
    return status;
}

agl_status agl__nestedness(double *nodf, const agl__presence *p, const agl_ctx *ctx, agl_error *err) {
    double sum = 0, pairs = 0;
    agl_status status = nested_side(&sum, &pairs, &p->regions, p->n_industries, ctx, err);
    if (status == AGL_OK) status = nested_side(&sum, &pairs, &p->industries, p->n_regions, ctx, err);
    *nodf = sum / pairs;
    return status;
}

/* ---- tiny regions at the ends ---- */

typedef struct place {
    double key, total;
    size_t region;
} place;

static int by_place(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->region > y->region) - (x->region < y->region);
}

agl_status agl__tiny_regions(agl_complexity_validity *v, const agl__presence *p, const double *eci,
                             agl_error *err) {
    size_t n = p->n_regions, with = 0;
    place *of = AGL_NEW(place, n);
    if (!of) return agl_fail_memory(err);
    for (size_t r = 0; r < n; r++)
        of[r] = (place){p->region_total[r], p->region_total[r], r};
    qsort(of, n, sizeof *of, by_place);
    double median = (of[(n - 1) / 2].total + of[n / 2].total) / 2, limit = median / 10;
    for (size_t r = 0; r < n; r++)
        v->tiny += p->region_total[r] < limit;
    for (size_t r = 0; r < n; r++)
        if (!isnan(eci[r])) of[with++] = (place){eci[r], p->region_total[r], r};
    qsort(of, with, sizeof *of, by_place);
    size_t each = with / 20 > 0 ? with / 20 : 1; /* the outer twentieth on each side, ten at most */
    if (each > 10) each = 10;
    if (2 * each > with) each = with / 2;
    v->ends = 2 * each;
    for (size_t k = 0; k < each; k++)
        v->tiny_ends += (of[k].total < limit) + (of[with - 1 - k].total < limit);
    free(of);
    return AGL_OK;
}

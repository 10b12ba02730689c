/* From pairs to a curve: which road is taken, and the public call for a single one. */
#include "base/mem.h"
#include "kernel/geo/points.h"
#include "kernel/measure/kdensity.h"
#include "kernel/measure/kdensity_grid.h"

#include <math.h>
#include <string.h>

/* Below so many pairs the grid is not worth a thought. Above, it is taken when its cells, at CELL_NS a cell,
 * cost less than the pairs at PAIR_NS a pair; these are orders of magnitude measured once, and fixed so that
 * results do not depend on the machine. */
static const double GRID_PAIRS = 2e7, CELL_NS = 30, PAIR_NS = 1.2, MOST_CELLS = 0x1p26;

void agl__kd_add(double *kd, const double *r, size_t n_r, double d, double mass, double h) {
    const double scale = mass / (h * sqrt(2 * M_PI)), window = AGL_KD_WINDOW * h;
    size_t j = 0, end = n_r;
    while (j < end) { /* first r >= d - window */
        size_t middle = j + (end - j) / 2;
        if (r[middle] < d - window) {
            j = middle + 1;
        } else {
            end = middle;
        }
    }
    for (; j < n_r && r[j] <= d + window; j++) {
        double u = (r[j] - d) / h;
        kd[j] += scale * exp(-0.5 * u * u);
    }
    for (j = 0; j < n_r && r[j] <= window - d; j++) {
        double u = (r[j] + d) / h;
        kd[j] += scale * exp(-0.5 * u * u);
    }
}

/* ---- the grid road (plane only) ---- */

typedef struct lag_sum {
    double *kd;
    const double *r;
    size_t n_r;
    double h;
} lag_sum;

static void add_lag(void *arg, double distance, double mass) {
    lag_sum *s = arg;
    agl__kd_add(s->kd, s->r, s->n_r, distance, mass, s->h);
}

/* The points of both trees, one after the other, as sites 0..n-1 of one sheet. */
static agl_status both_points(agl_points *out, const agl_kd_pairs *p, agl_error *err) {
    const agl_points *a = &p->a.points, *b = &p->b.points;
    agl_points view = {.space = a->space, .n = a->n};
    size_t n = a->n + (agl__kd_between(p) ? b->n : 0);
    double *block = AGL_NEW(double, 3 * n);
    if (!block) return agl_fail_memory(err);
    view.n = n, view.x = block, view.y = block + n, view.z = block + 2 * n;
    memcpy(view.x, a->x, a->n * sizeof *view.x);
    memcpy(view.y, a->y, a->n * sizeof *view.y);
    if (agl__kd_between(p)) {
        memcpy(view.x + a->n, b->x, b->n * sizeof *view.x);
        memcpy(view.y + a->n, b->y, b->n * sizeof *view.y);
    }
    *out = view;
    return AGL_OK;
}

agl_status agl__kd_by_grid(double *kd, bool *done, const agl_kd_pairs *pairs, const double *r, size_t n_r,
                           double h, agl_error *err) {
    *done = false;
    agl_points all = {0};
    agl_kd_sheet sheet = {0};
    agl_kd_grid *grid = NULL;
    double *scratch = NULL;
    int32_t *site = NULL;
    double reach = r[n_r - 1] + AGL_KD_WINDOW * h;
    agl_pairs as_pairs = agl__kd_as_pairs(pairs);
    double most = fmin(agl__pairs_total(&as_pairs) * PAIR_NS / CELL_NS, MOST_CELLS);
    agl_status status = both_points(&all, pairs, err);
    if (status == AGL_OK) status = agl__kd_sheet_new(&sheet, &all, reach, err);
    if (status == AGL_OK) status = agl__kd_grid_new(&grid, &sheet, h, reach, true, most, err);
    if (status == AGL_OK && grid) status = agl__kd_scratch_new(&scratch, grid, err);
    if (status == AGL_OK && grid && !(site = AGL_NEW(int32_t, all.n))) status = agl_fail_memory(err);
    if (status == AGL_OK && grid) {
        for (size_t i = 0; i < all.n; i++)
            site[i] = (int32_t)i;
        for (size_t i = 0; i < n_r; i++)
            kd[i] = 0;
        size_t na = pairs->a.points.n;
        agl_kd_set a = {site, pairs->wa, na}, b = {site + na, pairs->wb, all.n - na};
        agl__kd_grid_each(add_lag, &(lag_sum){kd, r, n_r, h}, grid, scratch, a,
                          agl__kd_between(pairs) ? &b : NULL);
        *done = true;
    }
    free(site);
    agl__kd_scratch_free(scratch);
    agl__kd_grid_free(grid);
    agl__kd_sheet_free(&sheet);
    free(all.x); /* one block */
    return status;
}

/* ---- choice ---- */

agl_status agl__kd_observed(double *kd, const agl_kd_pairs *pairs, const double *r, size_t n_r, double h,
                            bool exact, const agl_ctx *ctx, agl_error *err) {
    agl_pairs all = agl__kd_as_pairs(pairs);
    bool done = false;
    agl_status status = AGL_OK;
    if (!exact && pairs->a.points.space == AGL_PLANE && agl__pairs_total(&all) > GRID_PAIRS)
        status = agl__kd_by_grid(kd, &done, pairs, r, n_r, h, err);
    if (status == AGL_OK && !done)
        status = exact || pairs->wa ? agl__kd_by_moments(kd, pairs, r, n_r, h, ctx, err)
                                    : agl__kd_by_bins(kd, pairs, r, n_r, h, ctx, err);
    if (status != AGL_OK) return status;
    double total = agl__kd_total_weight(pairs);
    for (size_t i = 0; i < n_r; i++)
        kd[i] /= total;
    return AGL_OK;
}

/* ---- a single curve ---- */

agl_status agl__kd_check_r(const double *r, size_t n_r, agl_error *err) {
    if (n_r == 0) return agl_fail(err, AGL_EUSAGE, "no distances r to evaluate at");
    for (size_t i = 0; i < n_r; i++)
        if (!(r[i] >= 0) || !isfinite(r[i]) || (i > 0 && r[i] < r[i - 1]))
            return agl_fail(err, AGL_EUSAGE,
                            "the distances r must be ascending numbers from 0 up; number %zu is %g", i + 1,
                            r[i]);
    if (r[n_r - 1] == 0) return agl_fail(err, AGL_EUSAGE, "the largest distance r is 0; give a range in km");
    return AGL_OK;
}

/* Puts a and b into one local frame. */
static agl_status localize_both(agl_points *la, agl_points *lb, const agl_points *a, const agl_points *b,
                                agl_error *err) {
    if (!b) return agl__points_localize(la, a, err);
    agl_kd_pairs trees = {.a.points = *a, .b = {.points = *b, .n_nodes = 1}};
    agl_points all = {0}, local = {0};
    int32_t *index = AGL_NEW(int32_t, a->n + b->n);
    agl_status status = index ? both_points(&all, &trees, err) : agl_fail_memory(err);
    if (status != AGL_OK) {
        free(index);
        return status;
    }
    memcpy(all.z, a->z, a->n * sizeof *all.z);
    memcpy(all.z + a->n, b->z, b->n * sizeof *all.z);
    for (size_t i = 0; i < all.n; i++)
        index[i] = (int32_t)i;
    status = agl__points_localize(&local, &all, err);
    if (status == AGL_OK) status = agl_points_select(la, &local, index, a->n, err);
    if (status == AGL_OK) status = agl_points_select(lb, &local, index + a->n, b->n, err);
    agl_points_free(&local);
    free(all.x);
    free(index);
    return status;
}

/* Bandwidth and curve of pairs that are set up. */
static agl_status evaluate(double *kd, double *h, const agl_kd_pairs *pairs, const double *r, size_t n_r,
                           const agl_kd_options *opt, const agl_ctx *ctx, agl_error *err) {
    if (!(agl__kd_total_weight(pairs) > 0))
        return agl_fail(err, AGL_EDATA,
                        "no two points have a size above 0; leave the size out for the unweighted K-density");
    agl_status status = agl__kd_bandwidth(h, pairs, opt, r[n_r - 1], ctx, err);
    if (status != AGL_OK) return status;
    *h *= opt->adjust;
    if (!(*h > 0))
        return agl_fail(
            err, AGL_EDATA,
            "all pairs of points are equally far apart (are they all in one place?), so there is no "
            "bandwidth; give one in km");
    return agl__kd_observed(kd, pairs, r, n_r, *h, opt->exact, ctx, err);
}

agl_status agl_kd_curve(double *kd, double *bandwidth_km, const agl_points *a, const double *wa,
                        const agl_points *b, const double *wb, const double *r, size_t n_r,
                        const agl_kd_options *options, const agl_ctx *ctx, agl_error *err) {
    const agl_kd_options defaults = AGL_KD_OPTIONS_INIT, *opt = options ? options : &defaults;
    agl_status status = agl__kd_check_r(r, n_r, err);
    if (status != AGL_OK) return status;
    if (a->n < (b ? 1 : 2) || (b && b->n < 1))
        return agl_fail(err, AGL_EDATA, "a K-density needs at least two points; there %s",
                        a->n == 1 ? "is one" : "are none");
    agl_points la = {0}, lb = {0};
    agl_kd_pairs pairs = {.wa = NULL};
    double h = 0;
    status = localize_both(&la, &lb, a, b, err);
    if (status == AGL_OK) status = agl__kd_pairs_new(&pairs, &la, wa, b ? &lb : NULL, wb, err);
    if (status == AGL_OK) status = evaluate(kd, &h, &pairs, r, n_r, opt, ctx, err);
    if (status == AGL_OK && bandwidth_km) *bandwidth_km = h;
    agl__kd_pairs_free(&pairs);
    agl_points_free(&la);
    agl_points_free(&lb);
    return status;
}

agl_status agl_kd_median_distance(double *km, const agl_points *points, const agl_ctx *ctx, agl_error *err) {
    if (points->n < 2) return agl_fail(err, AGL_EDATA, "a distance needs at least two points");
    agl_points local = {0};
    agl_kd_pairs pairs = {.wa = NULL};
    agl_status status = agl__points_localize(&local, points, err);
    if (status == AGL_OK) status = agl__kd_pairs_new(&pairs, &local, NULL, NULL, NULL, err);
    if (status == AGL_OK) {
        agl_pairs all = agl__kd_as_pairs(&pairs);
        double half = 0.5;
        status = agl__pairs_quantiles(km, &half, 1, (uint64_t)agl__pairs_total(&all), &all, ctx, err);
    }
    agl__kd_pairs_free(&pairs);
    agl_points_free(&local);
    return status;
}

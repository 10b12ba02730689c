#include "agglo/specialization.h"
#include "base/parallel.h"
#include "kernel/measure/binomial.h"
#include "kernel/measure/cells.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#define CELLS_PER_TASK 8192

typedef struct job {
    const agl_cells *cells;
    const agl_economy *economy; /* x_.i and x.. that the shares refer to */
    const double *region;       /* x_r. */
    double z;
    agl_specialization out;
} job;

static void put(double *array, size_t i, double value) {
    if (array) array[i] = value;
}

/** Wilson's interval of the share x/n. */
static void wilson(double *lo, double *hi, double x, double n, double z) {
    double s = x / n, z2n = z * z / n;
    double centre = s + z2n / 2, half = sqrt(z2n * (s * (1 - s) + z2n / 4));
    *lo = x > 0 ? (centre - half) / (1 + z2n)
                : 0; /* exactly 0 and 1 at the ends, where rounding would leave 1e-17 */
    *hi = x < n ? (centre + half) / (1 + z2n) : 1;
}

static void one_cell(job *j, size_t i) {
    const agl_cells *c = j->cells;
    size_t slice = agl__cell_slice(c, i);
    double x = c->value[i], n = j->region[slice * c->n_regions + (size_t)c->region[i]];
    double of_industry = j->economy->industry[slice * c->n_industries + (size_t)c->industry[i]];
    double pi = of_industry / j->economy->total[slice];
    double lq = NAN, lo = NAN, hi = NAN, p = NAN;
    if (n > 0 && pi > 0 && !isnan(x)) {
        lq = x / n / pi;
        if (j->out.lq_lo || j->out.lq_hi) wilson(&lo, &hi, x, n, j->z);
        if (j->out.p_value) p = agl__binomial_upper(x, n, pi);
    }
    put(j->out.region_total, i, n);
    put(j->out.industry_total, i, of_industry);
    put(j->out.share_of_region, i, n > 0 ? x / n : NAN);
    put(j->out.share_of_industry, i, of_industry > 0 ? x / of_industry : NAN);
    put(j->out.lq, i, lq);
    put(j->out.lq_lo, i, lo / pi);
    put(j->out.lq_hi, i, hi / pi);
    put(j->out.p_value, i, p);
}

static agl_status task(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker, (void)err;
    job *j = arg;
    size_t end = (t + 1) * CELLS_PER_TASK < j->cells->n ? (t + 1) * CELLS_PER_TASK : j->cells->n;
    for (size_t i = t * CELLS_PER_TASK; i < end; i++)
        one_cell(j, i);
    return AGL_OK;
}

agl_status agl_specialize(agl_specialization *out, const agl_cells *cells, const agl_economy *economy,
                          const agl_specialization_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_specialization_options o = AGL_SPECIALIZATION_OPTIONS_INIT;
    if (options) o = *options;
    if (!(o.level > 0 && o.level < 1))
        return agl_fail(err, AGL_EUSAGE, "level must lie between 0 and 1, not %g", o.level);
    agl_status status = agl__cells_check(cells, err);
    if (status != AGL_OK) return status;
    agl_totals totals;
    status = agl__totals_make(&totals, cells, err);
    if (status != AGL_OK) return status;
    agl_economy own = {.industry = totals.industry, .total = totals.all};
    job j = {.cells = cells,
             .economy = economy ? economy : &own,
             .region = totals.region,
             .z = gsl_cdf_ugaussian_Pinv((1 + o.level) / 2),
             .out = *out};
    status = agl__parallel((cells->n + CELLS_PER_TASK - 1) / CELLS_PER_TASK, task, &j, "location quotients",
                           ctx, err);
    agl__totals_free(&totals);
    return status;
}

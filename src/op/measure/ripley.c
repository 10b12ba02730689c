#include "agglo/ripley.h"
#include "base/mem.h"
#include "op/measure/mfunction_bands.h"
#include "op/measure/ripley_window.h"

#include <math.h>
#include <string.h>

typedef enum shape { SHAPE_K, SHAPE_L, SHAPE_G, SHAPE_D } shape;

typedef struct job {
    agl_run *run;
    agl_points_input in;
    agl_window window;
    agl_bands bands;
    shape shape;
    agl_ripley_options options;
    agl_ripley_null null;
    bool pooled; /* all establishments as one pattern */
    size_t *count;
    int32_t against;
    int32_t *industry; /* one a curve */
    size_t n_curves;
    double *r, *theory;
    double *value, *sims; /* of the curve at hand */
} job;

static void job_free(job *j) {
    agl__points_input_free(&j->in);
    agl_window_free(&j->window);
    free(j->count);
    free(j->industry);
    free(j->r);
    free(j->theory);
    free(j->value);
    free(j->sims);
}

/* ---- what to compute ---- */

static agl_status read_options(job *j, agl_error *err) {
    const agl_run *run = j->run;
    j->pooled = agl__run_flag(run, "pooled");
    j->shape = agl__run_is(run, "function", "k")   ? SHAPE_K
               : agl__run_is(run, "function", "g") ? SHAPE_G
               : agl__run_is(run, "function", "d") ? SHAPE_D
                                                   : SHAPE_L;
    j->options.kind = j->shape == SHAPE_G ? AGL_RIPLEY_G : j->shape == SHAPE_D ? AGL_RIPLEY_D : AGL_RIPLEY_K;
    j->options.edge = agl__run_is(run, "correction", "none")          ? AGL_EDGE_NONE
                      : agl__run_is(run, "correction", "border")      ? AGL_EDGE_BORDER
                      : agl__run_is(run, "correction", "translation") ? AGL_EDGE_TRANSLATION
                                                                      : AGL_EDGE_ISOTROPIC;
    double bandwidth = agl__run_number(run, "bandwidth-km");
    j->options.bandwidth = isnan(bandwidth) ? 0 : bandwidth;
    const char *null = agl__run_text(run, "null");
    if (!null) null = j->shape == SHAPE_D ? "labelling" : "csr";
    j->null = strcmp(null, "location") == 0       ? AGL_RIPLEY_LOCATION
              : strcmp(null, "labelling") == 0    ? AGL_RIPLEY_LABELLING
              : strcmp(null, "independence") == 0 ? AGL_RIPLEY_INDEPENDENCE
                                                  : AGL_RIPLEY_CSR;
    if (j->pooled && (agl__run_text(run, "against") || j->shape == SHAPE_D))
        return agl_fail(err, AGL_EUSAGE, "--pooled makes one pattern of all establishments; D and --against need industries");
    return agl__bands_options(&j->bands, run, err);
}

static agl_status choose_industries(job *j, agl_error *err) {
    const agl_points_input *in = &j->in;
    const char *against = agl__run_text(j->run, "against");
    size_t types = in->industries->n, min_n = (size_t)agl__run_integer(j->run, "min-n"), small = 0;
    bool *wanted = AGL_NEW(bool, types);
    j->count = AGL_NEW(size_t, types);
    j->industry = AGL_NEW(int32_t, types + 1);
    j->against = -1;
    agl_status status = wanted && j->count && j->industry ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK && j->pooled) {
        j->industry[j->n_curves++] = -1;
        goto out;
    }
    if (status == AGL_OK) status = agl__points_industries(wanted, in, agl__run_text(j->run, "industries"), "industries", err);
    if (status == AGL_OK && against) status = agl__points_industry(&j->against, in, against, "against", err);
    for (size_t i = 0; status == AGL_OK && i < in->points.n; i++)
        j->count[in->industry[i]]++;
    for (size_t t = 0; status == AGL_OK && t < types; t++) {
        if (!wanted[t] || j->count[t] == 0 || (int32_t)t == j->against) continue;
        if (j->count[t] < min_n)
            small++;
        else
            j->industry[j->n_curves++] = (int32_t)t;
    }
    if (small) agl__run_warn(j->run, "%zu industries with fewer than %zu establishments were left out (--min-n)", small, min_n);
    if (status == AGL_OK && j->n_curves == 0)
        status = agl_fail(err, AGL_EDATA, "no industry has at least %zu establishments; lower --min-n or choose others with --industries", min_n);
out:
    free(wanted);
    return status;
}

static agl_status choose_distances(job *j, agl_error *err) {
    double rmax = agl__run_number(j->run, "rmax-km"), step = agl__run_number(j->run, "step-km");
    double shorter = fmin(j->window.high[0] - j->window.low[0], j->window.high[1] - j->window.low[1]);
    if (isnan(rmax)) rmax = shorter / 4;
    if (isnan(step)) step = rmax / 100;
    double steps = floor(rmax / step * (1 + 1e-12));
    if (!(steps >= 1) || steps > 100000)
        return agl_fail(err, AGL_EUSAGE, "--step-km %g makes %.0f distances up to %g km; give 1 to 100000", step, steps, rmax);
    j->options.step = step;
    j->options.n = (size_t)steps;
    size_t n = j->options.n + 1;
    j->r = AGL_NEW(double, n);
    j->theory = AGL_NEW(double, n);
    j->value = AGL_NEW(double, n);
    j->sims = AGL_NEW(double, n *j->bands.simulations);
    if (!j->r || !j->theory || !j->value || !j->sims) return agl_fail_memory(err);
    bool excess = agl__run_like(j->run, "dbmss"); /* the peer gives L - r */
    for (size_t k = 0; k < n; k++) {
        double r = j->r[k] = (double)k * step;
        j->theory[k] = j->shape == SHAPE_K ? M_PI * r * r : j->shape == SHAPE_L ? (excess ? 0 : r) : j->shape == SHAPE_G ? 1 : 0;
    }
    return AGL_OK;
}

/* ---- one curve ---- */

/* The establishments of an industry, or (`others`) all but those. */
static agl_status select_points(agl_points *out, const agl_points_input *in, int32_t industry, bool others, agl_error *err) {
    int32_t *index = AGL_NEW(int32_t, in->points.n);
    size_t n = 0;
    if (!index) return agl_fail_memory(err);
    for (size_t i = 0; i < in->points.n; i++)
        if (industry < 0 || (in->industry[i] == industry) != others) index[n++] = (int32_t)i;
    agl_status status = agl_points_select(out, &in->points, index, n, err);
    free(index);
    return status;
}

/* L is taken of K after the fact, so that means and bands are those of L. */
static void to_shape(const job *j, double *value, size_t curves) {
    size_t n = j->options.n + 1;
    bool excess = agl__run_like(j->run, "dbmss");
    if (j->shape != SHAPE_L) return;
    for (size_t c = 0; c < curves; c++)
        for (size_t k = 0; k < n; k++)
            value[c * n + k] = sqrt(value[c * n + k] / M_PI) - (excess ? j->r[k] : 0);
}

static agl_status compute(job *j, size_t c, double *ktest, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(j->run);
    agl_points a = {.n = 0}, b = {.n = 0};
    bool second = j->against >= 0 || j->shape == SHAPE_D;
    *ktest = NAN;
    agl_status status = select_points(&a, &j->in, j->industry[c], false, err);
    if (status == AGL_OK && second)
        status = j->against >= 0 ? select_points(&b, &j->in, j->against, false, err) : select_points(&b, &j->in, j->industry[c], true, err);
    agl_ripley_data data = {&a, second ? &b : NULL, &j->window};
    if (status == AGL_OK) status = agl_ripley(j->value, &data, &j->options, ctx, err);
    if (status == AGL_OK && j->bands.simulations > 0)
        status = agl_ripley_simulated(j->sims, j->bands.simulations, j->null, &j->in.points, &data, &j->options, ctx, err);
    if (status == AGL_OK && !second && j->window.rectangle && a.n > 2) { /* up to ten of the distances, evenly spaced */
        double half = fmin(j->window.high[0] - j->window.low[0], j->window.high[1] - j->window.low[1]) / 2, r[10];
        size_t n = 0, most = j->options.n < 10 ? j->options.n : 10;
        for (size_t k = 1; k <= most; k++) {
            double at = (double)((k * j->options.n + most / 2) / most) * j->options.step;
            if (at <= half * (1 + 1e-12)) r[n++] = fmin(at, half);
        }
        agl_error unused;
        if (n > 0 && agl_ripley_ktest(ktest, &a, &j->window, r, n, ctx, &unused) == AGL_ECONV) *ktest = NAN;
    }
    if (status == AGL_OK) {
        to_shape(j, j->value, 1);
        to_shape(j, j->sims, j->bands.simulations);
    }
    agl_points_free(&a);
    agl_points_free(&b);
    return status;
}

/* ---- writing ---- */

static agl_status write_keys(job *j, agl_table *t, size_t rows_a_curve, agl_error *err) {
    int32_t *industry = NULL, *neighbour = NULL;
    agl_status status = j->pooled ? agl__run_drop_column(t, "industry", err) : agl__run_key(&industry, t, "industry", j->in.industries, err);
    if (status == AGL_OK)
        status = j->against >= 0 ? agl__run_key(&neighbour, t, "neighbour", j->in.industries, err) : agl__run_drop_column(t, "neighbour", err);
    for (size_t k = 0; status == AGL_OK && k < t->rows; k++) {
        if (industry) industry[k] = j->industry[k / rows_a_curve];
        if (neighbour) neighbour[k] = j->against;
    }
    return status;
}

static agl_status write_curve(job *j, agl_table *curves, agl_table *industries, size_t c, agl_error *err) {
    size_t n = j->options.n + 1, establishments = j->pooled ? j->in.points.n : j->count[j->industry[c]];
    double ktest;
    agl_bands_summary s;
    agl_status status = compute(j, c, &ktest, err);
    if (status != AGL_OK) return status;
    memcpy(agl__run_num(curves, "r_km") + c * n, j->r, n * sizeof *j->r);
    memcpy(agl__run_num(curves, "value") + c * n, j->value, n * sizeof *j->value);
    memcpy(agl__run_num(curves, "theoretical") + c * n, j->theory, n * sizeof *j->theory);
    agl__run_num(industries, "n")[c] = (double)establishments;
    agl__run_num(industries, "density_km2")[c] = (double)establishments / j->window.area;
    agl__run_num(industries, "p_ktest")[c] = ktest;
    if (j->bands.simulations == 0) return AGL_OK;
    status = agl__bands_write(&s, curves, c * n, j->value, j->sims, j->r, n, &j->bands, err);
    if (status != AGL_OK) return status;
    agl__run_num(industries, "concentrated")[c] = s.above;
    agl__run_num(industries, "dispersed")[c] = s.below;
    agl__run_num(industries, "r_max_excess_km")[c] = s.r_above;
    agl__run_num(industries, "p_global")[c] = s.p_global;
    agl__run_num(industries, "p_dclf")[c] = s.p_dclf;
    agl__run_num(industries, "p_mad")[c] = s.p_mad;
    agl__run_num(industries, "p_dclf_student")[c] = s.p_dclf_student;
    agl__run_num(industries, "p_mad_student")[c] = s.p_mad_student;
    return AGL_OK;
}

static agl_status write(job *j, agl_error *err) {
    size_t n = j->options.n + 1;
    agl_table *curves, *industries;
    agl_status status = agl__run_output(&curves, j->run, "curves", j->n_curves * n, err);
    if (status == AGL_OK) status = agl__run_output(&industries, j->run, "industries", j->n_curves, err);
    if (status == AGL_OK) status = write_keys(j, curves, n, err);
    if (status == AGL_OK) status = write_keys(j, industries, 1, err);
    if (status == AGL_OK && j->bands.simulations == 0) status = agl__bands_drop(curves, industries, err);
    for (size_t c = 0; c < j->n_curves && status == AGL_OK; c++)
        status = write_curve(j, curves, industries, c, err);
    return status;
}

agl_status agl_op_measure_ripley(agl_run *run, agl_error *err) {
    job j = {.run = run};
    agl_status status = agl__points_read(&j.in, run, "data", err);
    if (status == AGL_OK) status = read_options(&j, err);
    if (status == AGL_OK) status = agl__ripley_window(&j.window, &j.in, run, err);
    if (status == AGL_OK) status = choose_industries(&j, err);
    if (status == AGL_OK) status = choose_distances(&j, err);
    if (status == AGL_OK) status = write(&j, err);
    job_free(&j);
    return status;
}

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
    bool ktest;
    agl_chosen chosen;
    size_t n_curves;
    double *r, *theory;
    double *value, *sims; /* of the curve at hand */
} job;

static void job_free(job *j) {
    agl__points_input_free(&j->in);
    agl_window_free(&j->window);
    agl__chosen_free(&j->chosen);
    free(j->r);
    free(j->theory);
    free(j->value);
    free(j->sims);
}

/* ---- what to compute ---- */

static shape shape_of(const agl_run *run) {
    if (agl__run_is(run, "function", "k")) return SHAPE_K;
    if (agl__run_is(run, "function", "g")) return SHAPE_G;
    return agl__run_is(run, "function", "d") ? SHAPE_D : SHAPE_L;
}

static agl_edge edge_of(const agl_run *run) {
    if (agl__run_is(run, "correction", "none")) return AGL_EDGE_NONE;
    if (agl__run_is(run, "correction", "border")) return AGL_EDGE_BORDER;
    return agl__run_is(run, "correction", "translation") ? AGL_EDGE_TRANSLATION : AGL_EDGE_ISOTROPIC;
}

static agl_ripley_null null_of(const agl_run *run, shape s) {
    const char *null = agl__run_text(run, "null");
    if (!null) return s == SHAPE_D ? AGL_RIPLEY_LABELLING : AGL_RIPLEY_CSR;
    if (strcmp(null, "location") == 0) return AGL_RIPLEY_LOCATION;
    if (strcmp(null, "labelling") == 0) return AGL_RIPLEY_LABELLING;
    return strcmp(null, "independence") == 0 ? AGL_RIPLEY_INDEPENDENCE : AGL_RIPLEY_CSR;
}

static agl_status read_options(job *j, agl_error *err) {
    const agl_run *run = j->run;
    double bandwidth = agl__run_number(run, "bandwidth-km");
    j->pooled = agl__run_flag(run, "pooled");
    j->ktest = agl__run_flag(run, "ktest");
    j->shape = shape_of(run);
    j->options.kind = j->shape == SHAPE_G ? AGL_RIPLEY_G : j->shape == SHAPE_D ? AGL_RIPLEY_D : AGL_RIPLEY_K;
    j->options.edge = edge_of(run);
    j->options.bandwidth = isnan(bandwidth) ? 0 : bandwidth;
    j->null = null_of(run, j->shape);
    if (j->pooled && (agl__run_text(run, "against") || j->shape == SHAPE_D))
        return agl_fail(err, AGL_EUSAGE,
                        "--pooled makes one pattern of all establishments; D and --against need industries");
    return agl__bands_options(&j->bands, run, err);
}

static agl_status choose_industries(job *j, agl_error *err) {
    if (j->pooled) {
        j->n_curves = 1;
        j->chosen.against = -1;
        return AGL_OK;
    }
    agl_status status = agl__choose_industries(&j->chosen, &j->in, j->run, err);
    j->n_curves = j->chosen.n;
    return status;
}

static int32_t industry_of(const job *j, size_t c) { return j->pooled ? -1 : j->chosen.industry[c]; }

static agl_status check_ktest(const job *j, agl_error *err) {
    if (!j->ktest || (j->window.rectangle && j->chosen.against < 0 && j->shape != SHAPE_D)) return AGL_OK;
    return agl_fail(err, AGL_EUSAGE, "--ktest needs a rectangular window and one industry at a time");
}

static agl_status choose_distances(job *j, agl_error *err) {
    double rmax = agl__run_number(j->run, "rmax-km"), step = agl__run_number(j->run, "step-km");
    double shorter = fmin(j->window.high[0] - j->window.low[0], j->window.high[1] - j->window.low[1]);
    if (isnan(rmax)) rmax = shorter / 4;
    if (isnan(step)) step = rmax / 100;
    agl_status status = agl__even_distances(&j->options.n, step, rmax, err);
    if (status != AGL_OK) return status;
    j->options.step = step;
    size_t n = j->options.n + 1;
    j->r = AGL_NEW(double, n);
    j->theory = AGL_NEW(double, n);
    j->value = AGL_NEW(double, n);
    j->sims = AGL_NEW(double, n * j->bands.simulations);
    if (!j->r || !j->theory || !j->value || !j->sims) return agl_fail_memory(err);
    bool excess = agl__run_like(j->run, "dbmss"); /* the peer gives L - r */
    for (size_t k = 0; k < n; k++) {
        double r = j->r[k] = (double)k * step;
        j->theory[k] = j->shape == SHAPE_K   ? M_PI * r * r
                       : j->shape == SHAPE_L ? (excess ? 0 : r)
                       : j->shape == SHAPE_G ? 1
                                             : 0;
    }
    return AGL_OK;
}

/* ---- one curve ---- */

/* The establishments of an industry, or (`others`) all but those. */
static agl_status select_points(agl_points *out, const agl_points_input *in, int32_t industry, bool others,
                                agl_error *err) {
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

/* Analytic test at up to ten of the distances, evenly spaced. */
static agl_status analytic_test(double *p, const job *j, const agl_points *a, agl_error *err) {
    const agl_window *w = &j->window;
    double half = fmin(w->high[0] - w->low[0], w->high[1] - w->low[1]) / 2, r[10];
    size_t n = 0, most = j->options.n < 10 ? j->options.n : 10;
    for (size_t k = 1; k <= most; k++) {
        double at = (double)((k * j->options.n + most / 2) / most) * j->options.step;
        if (at <= half * (1 + 1e-12)) r[n++] = fmin(at, half);
    }
    if (n == 0) return AGL_OK;
    return agl_ripley_ktest(p, a, w, r, n, agl__run_ctx(j->run), err);
}

static agl_status compute(job *j, size_t c, double *ktest, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(j->run);
    agl_points a = {.n = 0}, b = {.n = 0};
    bool second = j->chosen.against >= 0 || j->shape == SHAPE_D;
    *ktest = NAN;
    agl_status status = select_points(&a, &j->in, industry_of(j, c), false, err);
    if (status == AGL_OK && second)
        status = j->chosen.against >= 0 ? select_points(&b, &j->in, j->chosen.against, false, err)
                                        : select_points(&b, &j->in, industry_of(j, c), true, err);
    agl_ripley_data data = {&a, second ? &b : NULL, &j->window};
    if (status == AGL_OK) status = agl_ripley(j->value, &data, &j->options, ctx, err);
    if (status == AGL_OK && j->bands.simulations > 0)
        status = agl_ripley_simulated(j->sims, j->bands.simulations, j->null, &j->in.points, &data,
                                      &j->options, ctx, err);
    if (status == AGL_OK && j->ktest) status = analytic_test(ktest, j, &a, err);
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
    agl_status status = j->pooled ? agl__run_drop_column(t, "industry", err)
                                  : agl__run_key(&industry, t, "industry", j->in.industries, err);
    if (status == AGL_OK)
        status = j->chosen.against >= 0 ? agl__run_key(&neighbour, t, "neighbour", j->in.industries, err)
                                        : agl__run_drop_column(t, "neighbour", err);
    for (size_t k = 0; status == AGL_OK && k < t->rows; k++) {
        if (industry) industry[k] = industry_of(j, k / rows_a_curve);
        if (neighbour) neighbour[k] = j->chosen.against;
    }
    return status;
}

static agl_status write_curve(job *j, agl_table *curves, agl_table *industries, size_t c, agl_error *err) {
    size_t n = j->options.n + 1,
           establishments = j->pooled ? j->in.points.n : j->chosen.count[industry_of(j, c)];
    double ktest;
    agl_bands_summary s;
    agl_status status = compute(j, c, &ktest, err);
    if (status != AGL_OK) return status;
    memcpy(agl__run_num(curves, "r_km") + c * n, j->r, n * sizeof *j->r);
    memcpy(agl__run_num(curves, "value") + c * n, j->value, n * sizeof *j->value);
    memcpy(agl__run_num(curves, "theoretical") + c * n, j->theory, n * sizeof *j->theory);
    agl__run_num(industries, "n")[c] = (double)establishments;
    agl__run_num(industries, "density_km2")[c] = (double)establishments / j->window.area;
    if (j->ktest) agl__run_num(industries, "p_ktest")[c] = ktest;
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
    if (status == AGL_OK && !j->ktest) status = agl__run_drop_column(industries, "p_ktest", err);
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
    if (status == AGL_OK) status = check_ktest(&j, err);
    if (status == AGL_OK) status = choose_distances(&j, err);
    if (status == AGL_OK) status = write(&j, err);
    job_free(&j);
    return status;
}

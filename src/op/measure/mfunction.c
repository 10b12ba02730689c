#include "agglo/mfunction.h"
#include "agglo/kdensity.h"
#include "base/mem.h"
#include "kernel/geo/points.h"
#include "op/measure/mfunction_bands.h"
#include "op/measure/points_input.h"

#include <math.h>
#include <string.h>

typedef struct job {
    agl_run *run;
    agl_points_input in;
    agl_bands bands;
    const double *weight;
    agl_chosen chosen;
    agl_mfunction_curve *curves;
    size_t n_curves;
    size_t *at;
    agl_distances distances;
    double *r, *m, *sims; /* n_r; n_curves * n_r; n_curves * simulations * n_r */
    double *bandwidth;    /* by curve; kernel form */
    agl_null null;
    agl_mfunction_options options;
    bool kernel;
} job;

static void job_free(job *j) {
    agl__points_input_free(&j->in);
    agl__chosen_free(&j->chosen);
    free(j->curves);
    free(j->at);
    free(j->r);
    free(j->m);
    free(j->sims);
    free(j->bandwidth);
}

/* ---- what to compute ---- */

/* One curve for each industry, around itself or counting that of --against. */
static agl_status choose_curves(job *j, agl_error *err) {
    agl_status status = agl__choose_industries(&j->chosen, &j->in, j->run, err);
    if (status != AGL_OK) return status;
    if (j->options.case_control && j->chosen.against < 0)
        return agl_fail(err, AGL_EUSAGE,
                        "--case-control compares with controls: name their industry with --against");
    j->n_curves = j->chosen.n;
    j->curves = AGL_NEW(agl_mfunction_curve, j->n_curves);
    if (!j->curves) return agl_fail_memory(err);
    for (size_t c = 0; c < j->n_curves; c++) {
        int32_t industry = j->chosen.industry[c];
        j->curves[c] = (agl_mfunction_curve){industry, j->chosen.against >= 0 ? j->chosen.against : industry};
    }
    return AGL_OK;
}

/* Diagonal of the box around the points: what the peer calls the diameter of the window. */
static double extent_km(const agl_points *points) {
    double low[3], high[3];
    agl__points_box(low, high, points);
    double chord = sqrt((high[0] - low[0]) * (high[0] - low[0]) + (high[1] - low[1]) * (high[1] - low[1]) +
                        (high[2] - low[2]) * (high[2] - low[2]));
    return agl__distance_of_chord(points->space, chord);
}

/* --rmax-km and --step-km: an even grid; without a step the spacing of Marcon and Puech up to rmax or half
 * the extent. */
static agl_status choose_distances(job *j, agl_error *err) {
    double rmax = agl__run_number(j->run, "rmax-km"), step = agl__run_number(j->run, "step-km"),
           extent = extent_km(&j->in.points);
    if (!(extent > 0))
        return agl_fail(err, AGL_EDATA,
                        "all %zu establishments lie at the same place; there is no distance to look at",
                        j->in.points.n);
    double reach = isnan(rmax) ? extent / 2 : rmax;
    if (j->in.points.space == AGL_SPHERE && isnan(rmax) && reach > 10000) reach = 10000;
    if (isnan(step)) {
        j->at = AGL_NEW(size_t, 63);
        if (!j->at) return agl_fail_memory(err);
        agl_mfunction_default_distances(j->at);
        j->distances = (agl_distances){.step = reach / 400, .n = 63, .at = j->at};
    } else {
        size_t steps;
        agl_status status = agl__even_distances(&steps, step, reach, err);
        if (status != AGL_OK) return status;
        j->at = AGL_NEW(size_t, steps + 1);
        if (!j->at) return agl_fail_memory(err);
        for (size_t k = 0; k <= steps; k++)
            j->at[k] = k;
        j->distances = (agl_distances){.step = step, .n = steps + 1, .at = j->at};
    }
    j->r = AGL_NEW(double, j->distances.n);
    if (!j->r) return agl_fail_memory(err);
    for (size_t k = 0; k < j->distances.n; k++)
        j->r[k] = (double)j->at[k] * j->distances.step;
    return AGL_OK;
}

static agl_status read_options(job *j, agl_error *err) {
    j->options = (agl_mfunction_options)AGL_MFUNCTION_OPTIONS_INIT;
    j->options.case_control = agl__run_flag(j->run, "case-control");
    j->kernel = agl__run_is(j->run, "form", "kernel");
    j->weight = agl__run_flag(j->run, "unweighted") ? NULL : j->in.size;
    j->null = agl__run_is(j->run, "null", "labelling")      ? AGL_NULL_LABELLING
              : agl__run_is(j->run, "null", "independence") ? AGL_NULL_INDEPENDENCE
                                                            : AGL_NULL_LOCATION;
    agl_status status = agl__bands_options(&j->bands, j->run, err);
    for (size_t i = 0; status == AGL_OK && j->weight && i < j->in.points.n; i++)
        if (j->weight[i] < 0)
            status = agl__run_fail_row(j->run, "data", (size_t)j->in.row[i], "size", err,
                                       "negative size %g; correct the cell or leave it out with --where",
                                       j->weight[i]);
    if (status == AGL_OK && j->null == AGL_NULL_INDEPENDENCE && !agl__run_text(j->run, "against") &&
        j->bands.simulations > 0)
        status = agl_fail(err, AGL_EUSAGE,
                          "--null independence keeps an industry in place and moves the others: name another "
                          "with --against");
    return status;
}

/* ---- computing ---- */

/* Curves [first, first + n) in one object. */
static agl_status run_curves(job *j, size_t first, size_t n, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(j->run);
    size_t n_r = j->distances.n, simulations = j->bands.simulations;
    agl_mfunction *f = NULL;
    agl_status status = agl_mfunction_new(&f, &j->in.points, j->in.industry, j->in.industries->n, j->weight,
                                          j->curves + first, n, &j->distances, &j->options, err);
    if (status != AGL_OK) return status;
    status = agl_mfunction_observed(j->m + first * n_r, f, ctx, err);
    if (status == AGL_OK && simulations > 0)
        status =
            agl_mfunction_simulated(j->sims + first * simulations * n_r, f, simulations, j->null, ctx, err);
    agl_mfunction_free(f);
    return status;
}

static agl_status select_industry(agl_points *out, const agl_points_input *in, int32_t industry,
                                  agl_error *err) {
    int32_t *index = AGL_NEW(int32_t, in->points.n);
    size_t n = 0;
    if (!index) return agl_fail_memory(err);
    for (size_t i = 0; i < in->points.n; i++)
        if (in->industry[i] == industry) index[n++] = (int32_t)i;
    agl_status status = agl_points_select(out, &in->points, index, n, err);
    free(index);
    return status;
}

/* Silverman's rule over the distances up to twice the largest r, as for K-density. */
static agl_status choose_bandwidth(double *h, job *j, size_t c, agl_error *err) {
    agl_points a = {.n = 0}, b = {.n = 0};
    agl_kd_options o = AGL_KD_OPTIONS_INIT;
    bool cross = j->curves[c].neighbour != j->curves[c].reference;
    double unused;
    agl_status status = select_industry(&a, &j->in, j->curves[c].reference, err);
    if (status == AGL_OK && cross) status = select_industry(&b, &j->in, j->curves[c].neighbour, err);
    if (status == AGL_OK)
        status = agl_kd_curve(&unused, h, &a, NULL, cross ? &b : NULL, NULL, j->r + j->distances.n - 1, 1, &o,
                              agl__run_ctx(j->run), err);
    if (status == AGL_OK && !(*h > 0))
        status = agl_fail(err, AGL_EDATA,
                          "no bandwidth follows from the distances of industry %s; give --bandwidth-km",
                          j->in.industries->text[j->curves[c].reference]);
    agl_points_free(&a);
    agl_points_free(&b);
    return status;
}

/* The kernel form has a bandwidth, and independence a set of moving marks, for every industry by itself. */
static agl_status compute(job *j, agl_error *err) {
    size_t values = j->n_curves * j->distances.n;
    double given = agl__run_number(j->run, "bandwidth-km");
    j->m = AGL_NEW(double, values);
    j->sims = AGL_NEW(double, values * j->bands.simulations);
    j->bandwidth = AGL_NEW(double, j->n_curves);
    if (!j->m || !j->sims || !j->bandwidth) return agl_fail_memory(err);
    bool alone = j->kernel || (j->null == AGL_NULL_INDEPENDENCE && j->bands.simulations > 0);
    if (!alone) return run_curves(j, 0, j->n_curves, err);
    agl_status status = AGL_OK;
    for (size_t c = 0; c < j->n_curves && status == AGL_OK; c++) {
        if (j->kernel) {
            j->bandwidth[c] = given;
            if (isnan(given)) status = choose_bandwidth(&j->bandwidth[c], j, c, err);
            j->options.bandwidth = j->bandwidth[c];
        }
        if (status == AGL_OK) status = run_curves(j, c, 1, err);
    }
    return status;
}

/* ---- writing ---- */

static agl_status write_keys(job *j, agl_table *t, size_t rows_a_curve, agl_error *err) {
    int32_t *industry, *neighbour = NULL;
    agl_status status = agl__run_key(&industry, t, "industry", j->in.industries, err);
    if (status == AGL_OK)
        status = j->chosen.against >= 0 ? agl__run_key(&neighbour, t, "neighbour", j->in.industries, err)
                                        : agl__run_drop_column(t, "neighbour", err);
    for (size_t k = 0; status == AGL_OK && k < t->rows; k++) {
        industry[k] = j->curves[k / rows_a_curve].reference;
        if (neighbour) neighbour[k] = j->chosen.against;
    }
    return status;
}

static void summarise(job *j, agl_table *t, size_t c) {
    const double *m = j->m + c * j->distances.n;
    double most = NAN, at = NAN;
    for (size_t k = 0; k < j->distances.n; k++)
        if (m[k] > most || (isnan(most) && !isnan(m[k]))) {
            most = m[k];
            at = j->r[k];
        }
    agl__run_num(t, "n")[c] = (double)j->chosen.count[j->curves[c].reference];
    agl__run_num(t, "m_max")[c] = most;
    agl__run_num(t, "r_m_max_km")[c] = at;
    if (j->kernel) agl__run_num(t, "bandwidth_km")[c] = j->bandwidth[c];
}

static agl_status write_bands(job *j, agl_table *curves, agl_table *industries, size_t c, agl_error *err) {
    size_t n_r = j->distances.n;
    agl_bands_summary s;
    agl_status status = agl__bands_write(&s, curves, c * n_r, j->m + c * n_r,
                                         j->sims + c * j->bands.simulations * n_r, j->r, n_r, &j->bands, err);
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
    size_t n_r = j->distances.n;
    agl_table *curves, *industries;
    agl_status status = agl__run_output(&curves, j->run, "curves", j->n_curves * n_r, err);
    if (status == AGL_OK) status = agl__run_output(&industries, j->run, "industries", j->n_curves, err);
    if (status == AGL_OK) status = write_keys(j, curves, n_r, err);
    if (status == AGL_OK) status = write_keys(j, industries, 1, err);
    if (status == AGL_OK && !j->kernel) status = agl__run_drop_column(industries, "bandwidth_km", err);
    if (status == AGL_OK && j->bands.simulations == 0) status = agl__bands_drop(curves, industries, err);
    if (status != AGL_OK) return status;
    memcpy(agl__run_num(curves, "m"), j->m, j->n_curves * n_r * sizeof *j->m);
    for (size_t c = 0; c < j->n_curves && status == AGL_OK; c++) {
        memcpy(agl__run_num(curves, "r_km") + c * n_r, j->r, n_r * sizeof *j->r);
        summarise(j, industries, c);
        if (j->bands.simulations > 0) status = write_bands(j, curves, industries, c, err);
    }
    return status;
}

agl_status agl_op_measure_mfunction(agl_run *run, agl_error *err) {
    job j = {.run = run};
    agl_status status = agl__points_read(&j.in, run, "data", err);
    if (status == AGL_OK) status = read_options(&j, err);
    if (status == AGL_OK) status = choose_curves(&j, err);
    if (status == AGL_OK) status = choose_distances(&j, err);
    if (status == AGL_OK) status = compute(&j, err);
    if (status == AGL_OK) status = write(&j, err);
    job_free(&j);
    return status;
}

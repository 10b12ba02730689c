#include "kernel/measure/complexity.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/sort.h"
#include "base/sum.h"
#include "kernel/measure/cells.h"

#include <math.h>
#include <string.h>

#define TOLERANCE      1e-13
#define DRAW_TOLERANCE 1e-7 /* of a bootstrap draw: far below what draws differ by */
#define STEPS_OF_SIGN  20   /* reflections */

typedef struct job {
    const agl__presence *p;
    const agl_complexity_options *options;
    const agl_ctx *ctx;
    agl_complexity_validity *validity;
    uint8_t *inside;   /* regions of the largest part; NULL when there is one part */
    double *eci, *pci; /* kept regions and industries */
    double *vector;    /* second eigenvector */
    double *degree;    /* diversity */
    double *draws;     /* replications x n_regions, NaN where a draw gives none */
    double *agrees;    /* by draw: 1 when its own sign agrees, NaN when the draw gave nothing */
} job;

/** Puts x to mean 0 and standard deviation 1 by the given ones. */
static void scale(double *x, size_t n, double mean, double sd) {
    for (size_t i = 0; i < n; i++)
        x[i] = (x[i] - mean) / sd;
}

static void turn(double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
}

/** Largest part of M when there are several. */
static agl_status find_parts(job *j, agl_error *err) {
    size_t n = j->p->n_regions;
    int32_t *part = AGL_NEW(int32_t, n);
    agl_status status =
        part ? agl__presence_parts(&j->validity->parts, part, j->p, err) : agl_fail_memory(err);
    if (status == AGL_OK && j->validity->parts > 1) {
        j->inside = AGL_NEW(uint8_t, n);
        if (!j->inside) status = agl_fail_memory(err);
        for (size_t r = 0; r < n && status == AGL_OK; r++) {
            j->inside[r] = part[r] == 0;
            j->validity->outside += part[r] != 0;
        }
    }
    free(part);
    return status;
}

/** Sign and scale of ECI and PCI. */
static agl_status finish(job *j, agl_error *err) {
    const agl__presence *p = j->p;
    bool by_eci = j->options->scale == AGL_COMPLEXITY_ECI_SD;
    double *of_sign = j->degree, *reflections = NULL, mean, sd;
    if (j->options->scale == AGL_COMPLEXITY_REFLECTIONS) {
        of_sign = reflections = AGL_NEW(double, p->n_regions);
        agl_status status =
            reflections ? agl__reflections(reflections, p, STEPS_OF_SIGN, err) : agl_fail_memory(err);
        if (status != AGL_OK) {
            free(reflections);
            return status;
        }
    }
    if (agl__correlation(j->eci, of_sign, p->n_regions) < 0) {
        turn(j->eci, p->n_regions);
        turn(j->pci, p->n_industries);
        turn(j->vector, agl__regions_are_fewer(p) ? p->n_regions : p->n_industries);
    }
    free(reflections);
    agl__mean_sd(&mean, &sd, j->eci, p->n_regions, by_eci ? 0 : 1);
    scale(j->eci, p->n_regions, mean, sd);
    if (by_eci) /* the mean ECI of its regions shrinks by lambda_2: undone, ECI is the mean PCI of its
                   industries */
        scale(j->pci, p->n_industries, 0, j->validity->second);
    else
        agl__mean_sd(&mean, &sd, j->pci, p->n_industries, 1);
    scale(j->pci, p->n_industries, mean, sd);
    j->validity->diversity_correlation = agl__correlation(j->eci, j->degree, p->n_regions);
    return AGL_OK;
}

static agl_status index_of(job *j, agl_error *err) {
    const agl__presence *p = j->p;
    agl_complexity_validity *v = j->validity;
    agl__eigenpair pair = {.vector = j->vector};
    agl_status status = agl__second_eigenpair(&pair, p, NULL, j->inside, TOLERANCE, j->ctx, err);
    if (status != AGL_OK) return status;
    v->second = pair.second, v->third = fmax(0, pair.third);
    v->gap = (v->second - v->third) / v->second;
    if (!(pair.second > 1e-10))
        return agl_fail(
            err, AGL_EDATA,
            "all regions have the same industries (location quotient of at least %g): nothing tells "
            "them apart, so there is no complexity index",
            j->options->threshold);
    agl__complexity_from(j->eci, j->pci, p, j->vector, NULL, j->inside);
    return finish(j, err);
}

/* ---- bootstrap ---- */

/** A draw of the industries with replacement: how often each was drawn. */
static void draw_weights(double *weight, size_t n, uint64_t seed, size_t draw) {
    agl_rng rng = agl__rng(seed, (uint32_t)draw, 0);
    for (size_t k = 0; k < n; k++)
        weight[agl__rng_below(&rng, (uint32_t)n)]++;
}

static agl_status one_draw(void *arg, size_t d, int worker, agl_error *err) {
    (void)worker;
    job *j = arg;
    const agl__presence *p = j->p;
    size_t n = p->n_regions, small = agl__regions_are_fewer(p) ? n : p->n_industries;
    double *weight = AGL_NEW(double, p->n_industries), *vector = AGL_NEW(double, small),
           *degree = AGL_NEW(double, n);
    double *eci = j->draws + d * n, mean, sd;
    agl_error own = {0};
    agl__eigenpair pair = {.vector = vector};
    agl_status status = weight && vector && degree ? AGL_OK : agl_fail_memory(err);
    if (status != AGL_OK) goto out;
    draw_weights(weight, p->n_industries, agl_seed(j->ctx), d);
    memcpy(vector, j->vector, small * sizeof *vector);
    status = agl__second_eigenpair(&pair, p, weight, j->inside, DRAW_TOLERANCE, j->ctx, &own);
    j->agrees[d] = NAN;
    if (status == AGL_OK && pair.second > 1e-10) {
        agl__complexity_from(eci, NULL, p, vector, weight, j->inside);
        for (size_t r = 0; r < n; r++)
            for (size_t k = p->regions.start[r]; k < p->regions.start[r + 1]; k++)
                degree[r] += weight[p->regions.other[k]];
        bool turned = agl__correlation(eci, j->eci, n) < 0;
        if (turned) turn(eci, n);
        j->agrees[d] = agl__correlation(eci, degree, n) > 0;
        agl__mean_sd(&mean, &sd, eci, n, j->options->scale == AGL_COMPLEXITY_ECI_SD ? 0 : 1);
        scale(eci, n, mean, sd);
    } else { /* a draw that leaves nothing to tell apart says nothing */
        for (size_t r = 0; r < n; r++)
            eci[r] = NAN;
        if (status == AGL_ECONV) status = AGL_OK;
        if (status != AGL_OK && err) *err = own;
    }
out:
    free(weight);
    free(vector);
    free(degree);
    return status;
}

static agl_status interval(double *lo, double *hi, job *j, agl_error *err) {
    size_t n = j->p->n_regions, draws = j->options->replications, valid = 0;
    double tail = (1 - j->options->level) / 2, agree = 0;
    double *column = AGL_NEW(double, draws);
    if (!column) return agl_fail_memory(err);
    for (size_t r = 0; r < n; r++) {
        size_t count = 0;
        for (size_t d = 0; d < draws; d++)
            if (!isnan(j->draws[d * n + r])) column[count++] = j->draws[d * n + r];
        qsort(column, count, sizeof *column, agl__ascending);
        lo[r] = count ? agl__quantile_sorted(column, count, tail) : NAN;
        hi[r] = count ? agl__quantile_sorted(column, count, 1 - tail) : NAN;
    }
    for (size_t d = 0; d < draws; d++)
        if (!isnan(j->agrees[d])) agree += j->agrees[d], valid++;
    if (valid) j->validity->sign_stability = agree / (double)valid;
    free(column);
    return AGL_OK;
}

/* ---- results by code ---- */

static void spread(double *out, const double *kept, const int32_t *at, size_t codes) {
    for (size_t k = 0; out && k < codes; k++)
        out[k] = at[k] < 0 || !kept ? NAN : kept[at[k]];
}

static void degrees(double *out, const agl__lists *side, const int32_t *at, size_t codes) {
    for (size_t k = 0; out && k < codes; k++)
        out[k] = at[k] < 0 ? NAN : (double)agl__list_size(side, (size_t)at[k]);
}

static agl_status bootstrap(agl_complexity *out, job *j, const agl_cells *cells, agl_error *err) {
    const agl__presence *p = j->p;
    size_t draws = j->options->replications;
    double *lo = AGL_NEW(double, p->n_regions), *hi = AGL_NEW(double, p->n_regions);
    j->draws = AGL_NEW(double, draws * p->n_regions);
    j->agrees = AGL_NEW(double, draws);
    agl_status status = lo && hi && j->draws && j->agrees ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__parallel(draws, one_draw, j, "complexity, draws", j->ctx, err);
    if (status == AGL_OK && draws) status = interval(lo, hi, j, err);
    if (status == AGL_OK) {
        spread(out->eci_lo, draws ? lo : NULL, p->region_at, cells->n_regions);
        spread(out->eci_hi, draws ? hi : NULL, p->region_at, cells->n_regions);
    }
    free(lo);
    free(hi);
    free(j->draws);
    free(j->agrees);
    return status;
}

static agl_status fitness(agl_complexity *out, job *j, const agl_cells *cells, agl_error *err) {
    const agl__presence *p = j->p;
    double *f = AGL_NEW(double, p->n_regions), *q = AGL_NEW(double, p->n_industries);
    agl_status status = f && q ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK)
        status = agl__fitness(f, q, &j->validity->fitness_iterations, &j->validity->fitness_settled, p,
                              j->options->iterations, j->options->extremality, j->ctx, err);
    if (status == AGL_OK) {
        spread(out->fitness, f, p->region_at, cells->n_regions);
        spread(out->fitness_q, q, p->industry_at, cells->n_industries);
    }
    free(f);
    free(q);
    return status;
}

static void totals(agl_complexity *out, const agl__presence *p, const agl_cells *cells) {
    spread(out->total, p->region_total, p->region_at, cells->n_regions);
    degrees(out->diversity, &p->regions, p->region_at, cells->n_regions);
    spread(out->industry_total, p->industry_total, p->industry_at, cells->n_industries);
    degrees(out->ubiquity, &p->industries, p->industry_at, cells->n_industries);
}

/** What is known before anything is computed. */
static void describe(agl_complexity_validity *v, const agl__presence *p) {
    *v = (agl_complexity_validity){.regions = p->n_regions,
                                   .industries = p->n_industries,
                                   .small_regions = p->small_regions,
                                   .small_industries = p->small_industries,
                                   .empty_regions = p->empty_regions,
                                   .empty_industries = p->empty_industries,
                                   .sign_stability = NAN};
    v->fill = (double)p->regions.start[p->n_regions] / (double)p->n_regions / (double)p->n_industries;
}

static agl_status reserve(job *j, agl_error *err) {
    const agl__presence *p = j->p;
    j->eci = AGL_NEW(double, p->n_regions);
    j->pci = AGL_NEW(double, p->n_industries);
    j->vector = AGL_NEW(double, agl__regions_are_fewer(p) ? p->n_regions : p->n_industries);
    j->degree = AGL_NEW(double, p->n_regions);
    if (!j->eci || !j->pci || !j->vector || !j->degree) return agl_fail_memory(err);
    for (size_t r = 0; r < p->n_regions; r++)
        j->degree[r] = (double)agl__list_size(&p->regions, r);
    return AGL_OK;
}

static agl_status compute(agl_complexity *out, job *j, const agl_cells *cells, agl_error *err) {
    const agl__presence *p = j->p;
    describe(j->validity, p);
    agl_status status = reserve(j, err);
    if (status == AGL_OK) status = find_parts(j, err);
    if (status == AGL_OK) status = index_of(j, err);
    if (status == AGL_OK) status = agl__tiny_regions(j->validity, p, j->eci, err);
    if (status == AGL_OK) status = agl__nestedness(&j->validity->nestedness, p, j->ctx, err);
    if (status == AGL_OK && (out->fitness || out->fitness_q)) status = fitness(out, j, cells, err);
    if (status == AGL_OK && (out->eci_lo || out->eci_hi)) status = bootstrap(out, j, cells, err);
    if (status == AGL_OK) {
        spread(out->eci, j->eci, p->region_at, cells->n_regions);
        spread(out->pci, j->pci, p->industry_at, cells->n_industries);
        totals(out, p, cells);
    }
    return status;
}

static agl_status check(const agl_complexity_options *o, const agl_cells *cells, agl_error *err) {
    if (!(o->threshold > 0))
        return agl_fail(err, AGL_EUSAGE, "the threshold must be above 0, not %g", o->threshold);
    if (!(o->level > 0 && o->level < 1))
        return agl_fail(err, AGL_EUSAGE, "level must lie between 0 and 1, not %g", o->level);
    if (!(o->extremality > 0))
        return agl_fail(err, AGL_EUSAGE, "the extremality must be above 0, not %g", o->extremality);
    return agl__cells_check(cells, err);
}

static agl__presence_rule rule_of(const agl_complexity_options *o) {
    return (agl__presence_rule){.threshold = o->threshold,
                                .any = o->any,
                                .min_region = o->min_region,
                                .min_industry = o->min_industry};
}

agl_status agl_complex(agl_complexity *out, agl_complexity_validity *validity, const agl_cells *cells,
                       size_t slice, const agl_complexity_options *options, const agl_ctx *ctx,
                       agl_error *err) {
    agl_complexity_options o = AGL_COMPLEXITY_OPTIONS_INIT;
    agl_complexity_validity own;
    if (options) o = *options;
    agl_status status = check(&o, cells, err);
    if (status != AGL_OK) return status;
    agl__presence p;
    agl__presence_rule rule = rule_of(&o);
    job j = {.p = &p, .options = &o, .ctx = ctx, .validity = validity ? validity : &own};
    status = agl__presence_make(&p, cells, slice, &rule, err);
    if (status == AGL_OK) status = compute(out, &j, cells, err);
    free(j.inside);
    free(j.eci);
    free(j.pci);
    free(j.vector);
    free(j.degree);
    agl__presence_free(&p);
    return status;
}

/** PRODY by code from the regions with an income. */
static agl_status prody_of(double *prody, const agl__presence *p, const double *income, size_t codes,
                           agl_error *err) {
    agl_sum *share = AGL_NEW(agl_sum, p->n_industries), *weighted = AGL_NEW(agl_sum, p->n_industries);
    agl_status status = share && weighted ? AGL_OK : agl_fail_memory(err);
    for (size_t r = 0; r < p->n_regions && status == AGL_OK; r++) {
        double y = income[p->region[r]];
        for (size_t k = p->cell_start[r]; k < p->cell_start[r + 1] && !isnan(y); k++) {
            double s = p->cell_value[k] / p->region_total[r];
            agl__sum_add(&share[p->cell_industry[k]], s);
            agl__sum_add(&weighted[p->cell_industry[k]], s * y);
        }
    }
    for (size_t i = 0; i < codes && status == AGL_OK; i++) {
        int32_t at = p->industry_at[i];
        double s = at < 0 ? 0 : agl__sum_value(&share[at]);
        prody[i] = s > 0 ? agl__sum_value(&weighted[at]) / s : NAN;
    }
    free(share);
    free(weighted);
    return status;
}

/** EXPY of kept region r. */
static double expy_of(const agl__presence *p, size_t r, const double *prody) {
    agl_sum sum = {0, 0}, of = {0, 0};
    for (size_t k = p->cell_start[r]; k < p->cell_start[r + 1]; k++) {
        double y = prody[p->industry[p->cell_industry[k]]];
        if (isnan(y)) continue;
        agl__sum_add(&sum, p->cell_value[k] * y);
        agl__sum_add(&of, p->cell_value[k]);
    }
    return agl__sum_value(&of) > 0 ? agl__sum_value(&sum) / agl__sum_value(&of) : NAN;
}

agl_status agl_prody(double *prody, double *expy, const agl_cells *cells, size_t slice, const double *income,
                     const agl_complexity_options *options, agl_error *err) {
    agl_complexity_options o = AGL_COMPLEXITY_OPTIONS_INIT;
    if (options) o = *options;
    agl_status status = check(&o, cells, err);
    if (status != AGL_OK) return status;
    agl__presence p;
    agl__presence_rule rule = rule_of(&o);
    status = agl__presence_make(&p, cells, slice, &rule, err);
    if (status == AGL_OK) status = prody_of(prody, &p, income, cells->n_industries, err);
    for (size_t r = 0; r < cells->n_regions && status == AGL_OK; r++)
        expy[r] = p.region_at[r] < 0 ? NAN : expy_of(&p, (size_t)p.region_at[r], prody);
    agl__presence_free(&p);
    return status;
}

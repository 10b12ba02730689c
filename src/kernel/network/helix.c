#include "agglo/helix.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

enum { CELLS = AGL_HELIX_CELLS, N_TASKS = 64 };

/* Entropy in bits of the table that keeps the helices in `mask`, N documents in all; with the Miller-Madow
 * term when corrected. */
static double entropy(const double count[CELLS], int mask, double documents, bool corrected) {
    double marginal[CELLS] = {0}, h = 0;
    int filled = 0;
    for (int cell = 0; cell < CELLS; cell++)
        marginal[cell & mask] += count[cell];
    for (int cell = 0; cell < CELLS; cell++) {
        if (marginal[cell] <= 0) continue;
        double p = marginal[cell] / documents;
        h -= p * log2(p);
        filled++;
    }
    return corrected ? h + (filled - 1) / (2 * documents * M_LN2) : h;
}

double agl_helix_information(const double count[CELLS], bool corrected) {
    enum { U = AGL_HELIX_UNIVERSITY, I = AGL_HELIX_INDUSTRY, G = AGL_HELIX_GOVERNMENT };
    double documents = 0;
    for (int cell = 0; cell < CELLS; cell++)
        documents += count[cell];
    if (!(documents > 0)) return NAN;
    double h[CELLS] = {0};
    for (int mask = 1; mask < CELLS; mask++)
        h[mask] = entropy(count, mask, documents, corrected);
    /* T = H_u + H_i + H_g - H_ui - H_ug - H_ig + H_uig */
    return h[U] + h[I] + h[G] - h[U | I] - h[U | G] - h[I | G] + h[U | I | G];
}

double agl_helix_independent(const double count[CELLS]) {
    double m[3] = {0}, documents = 0;
    for (int cell = 1; cell < CELLS; cell++) {
        documents += count[cell];
        for (int k = 0; k < 3; k++)
            if (cell >> k & 1) m[k] += count[cell];
    }
    if (count[0] > 0) return 0;
    if (!(documents > 0)) return NAN;
    for (int k = 0; k < 3; k++)
        m[k] /= documents;
    /* m_u m_i m_g e^2 - (m_u m_i + m_u m_g + m_i m_g) e + (m_u + m_i + m_g - 1) = 0, the smaller root */
    double a = m[0] * m[1] * m[2], b = m[0] * m[1] + m[0] * m[2] + m[1] * m[2],
           c = fmax(0, m[0] + m[1] + m[2] - 1);
    double e = b > 0 ? 2 * c / (b + sqrt(fmax(0, b * b - 4 * a * c))) : 0;
    double expected[CELLS] = {0};
    for (int cell = 1; cell < CELLS; cell++) {
        double p = 1;
        int last = cell & 1   ? 0
                   : cell & 2 ? 1
                              : 2; /* divide by e in a factor m e, so that e = 0 needs no special case */
        for (int k = 0; k < 3; k++)
            p *= k == last ? m[k] : cell >> k & 1 ? m[k] * e : 1 - m[k] * e;
        expected[cell] = p;
    }
    return agl_helix_information(expected, false);
}

/* ---- bootstrap ---- */

static void philox_set(void *state, unsigned long seed) { *(agl_rng *)state = agl__rng(seed, 0, 0); }
static unsigned long philox_get(void *state) { return agl__rng_u32(state); }
static double philox_unit(void *state) { return agl__rng_unit(state); }
static const gsl_rng_type philox = {"philox",   UINT32_MAX, 0,          sizeof(agl_rng),
                                    philox_set, philox_get, philox_unit};

static double documents_of(const double *count) {
    double n = 0;
    for (int cell = 0; cell < CELLS; cell++)
        n += count[cell];
    return n;
}

/* Draws as many documents as `count` has from its own shares: one binomial after another, each given what is
 * left. */
static void draw(double drawn[CELLS], const double count[CELLS], agl_rng *rng) {
    gsl_rng source = {&philox, rng};
    double left = documents_of(count), share_left = left;
    memset(drawn, 0, CELLS * sizeof *drawn);
    for (int cell = 0; cell < CELLS && left > 0; cell++) {
        if (count[cell] <= 0) continue;
        double p = fmin(1, count[cell] / share_left);
        drawn[cell] = p < 1 ? gsl_ran_binomial(&source, p, (unsigned)left) : left;
        left -= drawn[cell];
        share_left -= count[cell];
    }
}

typedef struct job {
    const double *counts;
    size_t n_groups;
    int32_t replicates;
    double *groups;          /* n_groups x replicates: corrected T of each sample */
    double *total, *between; /* replicates */
    const agl_ctx *ctx;
} job;

static double between_of(double total, const double *groups, size_t stride, const double *counts,
                         size_t n_groups) {
    double documents = 0, within = 0;
    for (size_t g = 0; g < n_groups; g++) {
        double n = documents_of(counts + g * CELLS);
        documents += n;
        if (n > 0) within += n * groups[g * stride];
    }
    return total - within / documents;
}

static agl_status run_replicates(void *arg, size_t task, int worker, agl_error *err) {
    (void)worker;
    job *j = arg;
    for (int32_t b = (int32_t)task; b < j->replicates; b += N_TASKS) {
        if (agl_cancelled(j->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
        double pooled[CELLS] = {0};
        for (size_t g = 0; g < j->n_groups; g++) {
            double drawn[CELLS];
            agl_rng rng = agl__rng(agl_seed(j->ctx), (uint32_t)b, (uint32_t)g);
            draw(drawn, j->counts + g * CELLS, &rng);
            for (int cell = 0; cell < CELLS; cell++)
                pooled[cell] += drawn[cell];
            j->groups[g * (size_t)j->replicates + (size_t)b] = agl_helix_information(drawn, true);
        }
        j->total[b] = agl_helix_information(pooled, true);
        j->between[b] = between_of(j->total[b], j->groups + b, (size_t)j->replicates, j->counts, j->n_groups);
    }
    return AGL_OK;
}

static void set_interval(agl_helix_value *value, double *samples, int32_t n, double level) {
    value->lo = value->hi = NAN;
    if (n == 0 || isnan(samples[0])) return; /* a group without documents has none in any sample */
    gsl_sort(samples, 1, (size_t)n);
    value->lo = gsl_stats_quantile_from_sorted_data(samples, 1, (size_t)n, (1 - level) / 2);
    value->hi = gsl_stats_quantile_from_sorted_data(samples, 1, (size_t)n, (1 + level) / 2);
}

static void point_values(agl_helix_value *groups, agl_helix_value *total, agl_helix_value *between,
                         const double *counts, size_t n_groups, double *column) {
    double pooled[CELLS] = {0};
    for (size_t g = 0; g < n_groups; g++) {
        const double *count = counts + g * CELLS;
        for (int cell = 0; cell < CELLS; cell++)
            pooled[cell] += count[cell];
        groups[g] = (agl_helix_value){agl_helix_information(count, false), agl_helix_information(count, true),
                                      NAN, NAN};
    }
    *total = (agl_helix_value){agl_helix_information(pooled, false), agl_helix_information(pooled, true), NAN,
                               NAN};
    for (size_t g = 0; g < n_groups; g++)
        column[g] = groups[g].plain;
    between->plain = between_of(total->plain, column, 1, counts, n_groups);
    for (size_t g = 0; g < n_groups; g++)
        column[g] = groups[g].corrected;
    between->corrected = between_of(total->corrected, column, 1, counts, n_groups);
}

agl_status agl_helix(agl_helix_value *groups, agl_helix_value *total, agl_helix_value *between,
                     const double *counts, size_t n_groups, const agl_helix_options *options,
                     const agl_ctx *ctx, agl_error *err) {
    static const agl_helix_options defaults = AGL_HELIX_OPTIONS_INIT;
    if (!options) options = &defaults;
    for (size_t i = 0; i < n_groups * CELLS; i++)
        if (!(counts[i] >= 0 && counts[i] <= UINT32_MAX))
            return agl_fail(err, AGL_EDATA, "group %zu has a count of %g documents", i / CELLS, counts[i]);
    int32_t replicates = options->replicates;
    job j = {.counts = counts, .n_groups = n_groups, .replicates = replicates, .ctx = ctx};
    j.groups = AGL_NEW(double, (size_t)replicates *n_groups);
    j.total = AGL_NEW(double, replicates);
    j.between = AGL_NEW(double, replicates);
    double *column = AGL_NEW(double, n_groups);
    agl_status status = j.groups && j.total && j.between && column ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        point_values(groups, total, between, counts, n_groups, column);
        status = agl__parallel(N_TASKS, run_replicates, &j, "bootstrap", ctx, err);
    }
    if (status == AGL_OK) {
        for (size_t g = 0; g < n_groups; g++)
            set_interval(&groups[g], j.groups + g * (size_t)replicates, replicates, options->level);
        set_interval(total, j.total, replicates, options->level);
        set_interval(between, j.between, replicates, options->level);
    }
    free(j.groups);
    free(j.total);
    free(j.between);
    free(column);
    return status;
}

#include "agglo/define.h"
#include "agglo/grouping.h"
#include "agglo/similarity.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/measure/lanes.h"

#include <math.h>
#include <string.h>

/** What the search works on. Matrix `n_given` is the mean when there are several. */
typedef struct search {
    const double *const *given;
    size_t n_given, n_matrices, n;
    const agl_define_options *options;
    const agl_ctx *ctx;
    double **rows;               /* n_matrices: squared distances of the rows, n x n */
    agl_merge **ward, **average; /* n_matrices: trees */
    agl_definition *out;
} search;

static const double *matrix_of(const search *s, size_t m) {
    return m < s->n_given ? s->given[m] : s->out->mean;
}

/* ---- the mean matrix ---- */

static agl_status average_matrices(agl_definition *out, const double *const *matrix, size_t n_matrices,
                                   size_t n, agl_error *err) {
    out->mean = AGL_NEW(double, n *n);
    if (!out->mean) return agl_fail_memory(err);
    for (size_t m = 0; m < n_matrices; m++)
        for (size_t k = 0; k < n * n; k++)
            out->mean[k] += matrix[m][k] / (double)n_matrices;
    return n_matrices > 1 ? agl_similarity_standardize(out->mean, n, NULL, err) : AGL_OK;
}

/* ---- distances and trees, a task a matrix ---- */

static agl_status average_tree(agl_merge *merges, const double *m, size_t n, const agl_ctx *ctx,
                               agl_error *err) {
    double *apart = AGL_NEW(double, n *n), most = -INFINITY;
    if (!apart) return agl_fail_memory(err);
    for (size_t k = 0; k < n * n; k++)
        if (m[k] > most) most = m[k];
    for (size_t k = 0; k < n * n; k++)
        apart[k] = most - m[k];
    agl_status status = agl_linkage(merges, apart, n, AGL_LINKAGE_AVERAGE, ctx, err);
    free(apart);
    return status;
}

static agl_status prepare(void *arg, size_t task, int worker, agl_error *err) {
    const search *s = arg;
    const double *m = matrix_of(s, task);
    size_t n = s->n;
    agl_status status = AGL_OK;
    (void)worker;
    if (s->options->ward || s->options->kmeans) {
        double *d = s->rows[task] = AGL_NEW(double, n *n);
        if (!d) return agl_fail_memory(err);
        for (size_t i = 0; i < n; i++) {
            if (agl_cancelled(s->ctx)) return agl_fail(err, AGL_ECANCEL, "cancelled");
            for (size_t j = i + 1; j < n; j++)
                d[i * n + j] = d[j * n + i] = agl__squared_distance(m + i * n, m + j * n, n);
        }
    }
    if (s->options->ward) {
        s->ward[task] = AGL_NEW(agl_merge, n);
        status = s->ward[task] ? agl_linkage(s->ward[task], s->rows[task], n, AGL_LINKAGE_WARD, s->ctx, err)
                               : agl_fail_memory(err);
    }
    if (status == AGL_OK && s->options->average) {
        s->average[task] = AGL_NEW(agl_merge, n);
        status = s->average[task] ? average_tree(s->average[task], m, n, s->ctx, err) : agl_fail_memory(err);
    }
    return status;
}

/* ---- scores ---- */

static agl_status score_on_all(agl_partition_score *out, const search *s, const int32_t *cluster, size_t k,
                               agl_error *err) {
    *out = (agl_partition_score){0};
    double weight = 1 / (double)s->n_given;
    for (size_t m = 0; m < s->n_given; m++) {
        agl_partition_score one;
        agl_status status = agl_score_partition(&one, NULL, NULL, NULL, s->given[m], s->n, cluster, k, err);
        if (status != AGL_OK) return status;
        out->cluster_mean += weight * one.cluster_mean, out->cluster_p95 += weight * one.cluster_p95;
        out->industry_mean += weight * one.industry_mean, out->industry_p95 += weight * one.industry_p95;
        out->score += weight * one.score;
    }
    return AGL_OK;
}

/* ---- outliers ---- */

/** Moves each outlier to the cluster it is closest to, one after the other; returns the number of moves. */
static size_t move_outliers(int32_t *cluster, const double *industry, const double *p95, size_t *size,
                            size_t n, size_t k) {
    size_t moves = 0;
    memset(size, 0, k * sizeof *size);
    for (size_t i = 0; i < n; i++)
        size[cluster[i]]++;
    for (size_t i = 0; i < n; i++) {
        size_t own = (size_t)cluster[i], best = own;
        double within = industry[i * k + own];
        if (!(within <= p95[i]) || size[own] < 3) continue;
        for (size_t d = 0; d < k; d++)
            if (industry[i * k + d] > industry[i * k + best]) best = d;
        if (best == own) continue;
        size[own]--, size[best]++;
        cluster[i] = (int32_t)best;
        moves++;
    }
    return moves;
}

/** Rounds of moves from `trial` on, which they overwrite; the best-scoring state goes to `cluster` and
 * `best`. */
static agl_status rounds_of_moves(agl_partition_score *best, int32_t *cluster, int32_t *trial, size_t k,
                                  const search *s, agl_error *err) {
    size_t n = s->n;
    double *industry = AGL_NEW(double, n *k), *p95 = AGL_NEW(double, n);
    size_t *size = AGL_NEW(size_t, k);
    agl_status status = industry && p95 && size ? AGL_OK : agl_fail_memory(err);
    for (size_t r = 0; r < s->options->rounds && status == AGL_OK; r++) {
        agl_partition_score score;
        if (agl_cancelled(s->ctx)) status = agl_fail(err, AGL_ECANCEL, "cancelled");
        if (status == AGL_OK)
            status = agl_score_partition(&score, industry, NULL, p95, s->out->mean, n, trial, k, err);
        if (status != AGL_OK || move_outliers(trial, industry, p95, size, n, k) == 0) break;
        status = score_on_all(&score, s, trial, k, err);
        if (status != AGL_OK || !(score.score >= best->score)) continue;
        *best = score;
        memcpy(cluster, trial, n * sizeof *trial);
    }
    free(industry);
    free(p95);
    free(size);
    return status;
}

/* ---- configurations, a task each ---- */

static agl_status group(int32_t *cluster, const search *s, const agl_candidate *c, size_t task,
                        agl_error *err) {
    agl_kmeans_options kmeans = {s->options->starts, 100, (uint32_t)task};
    switch (c->algorithm) {
    case AGL_DEFINE_WARD:
        return agl_linkage_cut(cluster, s->ward[c->matrix], s->n, c->k, err);
    case AGL_DEFINE_AVERAGE:
        return agl_linkage_cut(cluster, s->average[c->matrix], s->n, c->k, err);
    case AGL_DEFINE_KMEANS:
        return agl_kmeans(cluster, NULL, s->rows[c->matrix], s->n, c->k, &kmeans, s->ctx, err);
    case AGL_DEFINE_GIVEN:
        break; /* the caller has put it there */
    }
    return AGL_OK;
}

static size_t count_singles(const int32_t *cluster, size_t n, size_t k, size_t *size) {
    size_t singles = 0;
    memset(size, 0, k * sizeof *size);
    for (size_t i = 0; i < n; i++)
        size[cluster[i]]++;
    for (size_t c = 0; c < k; c++)
        singles += size[c] == 1;
    return singles;
}

static agl_status try_one(void *arg, size_t task, int worker, agl_error *err) {
    const search *s = arg;
    agl_candidate *c = &s->out->candidates[task];
    int32_t *cluster = s->out->member + task * s->n;
    size_t *size = AGL_NEW(size_t, c->k);
    (void)worker;
    agl_status status = size ? group(cluster, s, c, task, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = score_on_all(&c->score, s, cluster, c->k, err);
    if (status == AGL_OK) c->singles = count_singles(cluster, s->n, c->k, size);
    free(size);
    return status;
}

/** Mean agreement of a configuration with all the others. */
static agl_status compare_one(void *arg, size_t task, int worker, agl_error *err) {
    const search *s = arg;
    agl_definition *out = s->out;
    double sum = 0;
    size_t n = 0;
    (void)worker;
    for (size_t other = 0; other < out->n_candidates; other++) {
        double index;
        if (other == task) continue;
        agl_status status =
            agl_adjusted_rand(&index, out->member + task * s->n, out->member + other * s->n, s->n, err);
        if (status != AGL_OK) return status;
        if (isnan(index)) continue;
        sum += index;
        n++;
    }
    out->candidates[task].agreement = n ? sum / (double)n : NAN;
    return AGL_OK;
}

/* ---- the list of configurations ---- */

/** Range of k where none was asked for: from sqrt(n) to twice that. */
static void default_range(agl_define_options *o, size_t n) {
    if (o->k_min == 0) {
        o->k_min = (size_t)floor(sqrt((double)n));
        if (o->k_max && o->k_min > o->k_max) o->k_min = o->k_max;
    }
    if (o->k_max == 0) {
        o->k_max = (size_t)ceil(2 * sqrt((double)n));
        if (o->k_max > n - 1) o->k_max = n - 1;
        if (o->k_max < o->k_min) o->k_max = o->k_min;
    }
}

static agl_status check_options(agl_define_options *o, size_t n, agl_error *err) {
    if (n < 4)
        return agl_fail(err, AGL_EDATA, "%zu industries are too few to be grouped: give at least 4", n);
    default_range(o, n);
    if (o->k_min < 2 || o->k_max >= n || o->k_min > o->k_max)
        return agl_fail(err, AGL_EUSAGE,
                        "%zu to %zu clusters cannot be made of %zu industries: ask for 2 to %zu, the smaller "
                        "number first",
                        o->k_min, o->k_max, n, n - 1);
    if (!o->ward && !o->average && !o->kmeans) return agl_fail(err, AGL_EUSAGE, "no algorithm was chosen");
    if (o->k_values == 0) o->k_values = 1;
    if (o->k_values > o->k_max - o->k_min + 1) o->k_values = o->k_max - o->k_min + 1;
    return AGL_OK;
}

static agl_status list_candidates(search *s, agl_error *err) {
    const agl_define_options *o = s->options;
    const bool wanted[] = {o->ward, o->average, o->kmeans};
    agl_definition *out = s->out;
    size_t most = s->n_matrices * 3 * o->k_values;
    out->candidates = AGL_NEW(agl_candidate, most);
    out->member = AGL_NEW(int32_t, most * s->n);
    if (!out->candidates || !out->member) return agl_fail_memory(err);
    for (size_t m = 0; m < s->n_matrices; m++)
        for (int a = AGL_DEFINE_WARD; a <= AGL_DEFINE_KMEANS; a++)
            for (size_t v = 0; v < o->k_values && wanted[a]; v++) {
                size_t range = o->k_max - o->k_min, steps = o->k_values > 1 ? o->k_values - 1 : 1;
                size_t k = o->k_min + (v * range + steps / 2) / steps;
                out->candidates[out->n_candidates++] = (agl_candidate){
                    .matrix = (int32_t)m, .algorithm = (agl_define_algorithm)a, .k = k, .agreement = NAN};
            }
    return AGL_OK;
}

/** True when a is to be taken before b. Of equal scores the grouping that the others confirm: joining
 * clusters that stand apart, or halving one, can leave every score at 1, and neither fewest nor most clusters
 * finds the right one. */
static bool better(const agl_candidate *a, const agl_candidate *b) {
    double gain = a->score.score - b->score.score; /* sums of shares: equal ones may differ by rounding */
    if (fabs(gain) > 1e-12) return gain > 0;
    if (a->singles != b->singles) return a->singles < b->singles;
    return a->agreement > b->agreement;
}

static void choose(agl_definition *out) {
    for (size_t c = 1; c < out->n_candidates; c++)
        if (better(&out->candidates[c], &out->candidates[out->chosen])) out->chosen = c;
    out->k = out->candidates[out->chosen].k;
}

/* ---- the result ---- */

/** The chosen configuration after its outliers moved, with its relatedness on the mean matrix. */
static agl_status settle(const search *s, agl_error *err) {
    agl_definition *out = s->out;
    size_t n = out->n, k = out->k;
    const int32_t *chosen = out->member + out->chosen * n;
    agl_partition_score on_mean;
    int32_t *trial = AGL_NEW(int32_t, n);
    out->cluster = AGL_NEW(int32_t, n);
    out->reassigned = AGL_NEW(bool, n);
    out->industry = AGL_NEW(double, n *k);
    out->between = AGL_NEW(double, k *k);
    out->p95 = AGL_NEW(double, n);
    if (!trial || !out->cluster || !out->reassigned || !out->industry || !out->between || !out->p95) {
        free(trial);
        return agl_fail_memory(err);
    }
    memcpy(out->cluster, chosen, n * sizeof *chosen);
    memcpy(trial, chosen, n * sizeof *chosen);
    out->score = out->candidates[out->chosen].score;
    agl_status status = rounds_of_moves(&out->score, out->cluster, trial, k, s, err);
    free(trial);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < n; i++)
        out->reassigned[i] = out->cluster[i] != chosen[i];
    return agl_score_partition(&on_mean, out->industry, out->between, out->p95, out->mean, n, out->cluster, k,
                               err);
}

/* ---- the two entries ---- */

static void search_free(search *s) {
    for (size_t m = 0; m < s->n_matrices; m++) {
        if (s->rows) free(s->rows[m]);
        if (s->ward) free(s->ward[m]);
        if (s->average) free(s->average[m]);
    }
    free(s->rows);
    free(s->ward);
    free(s->average);
}

agl_status agl_define(agl_definition *out, const double *const *matrix, size_t n_matrices, size_t n,
                      const agl_define_options *options, const agl_ctx *ctx, agl_error *err) {
    agl_define_options o = AGL_DEFINE_OPTIONS_INIT;
    if (options) o = *options;
    *out = (agl_definition){.n = n};
    search s = {.given = matrix, .n_given = n_matrices, .n = n, .options = &o, .ctx = ctx, .out = out};
    s.n_matrices = n_matrices + (n_matrices > 1);
    s.rows = AGL_NEW(double *, s.n_matrices);
    s.ward = AGL_NEW(agl_merge *, s.n_matrices);
    s.average = AGL_NEW(agl_merge *, s.n_matrices);
    agl_status status = s.rows && s.ward && s.average ? check_options(&o, n, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = average_matrices(out, matrix, n_matrices, n, err);
    if (status == AGL_OK) status = list_candidates(&s, err);
    if (status == AGL_OK) status = agl__parallel(s.n_matrices, prepare, &s, "distances", ctx, err);
    if (status == AGL_OK) status = agl__parallel(out->n_candidates, try_one, &s, "configurations", ctx, err);
    if (status == AGL_OK) status = agl__parallel(out->n_candidates, compare_one, &s, "agreement", ctx, err);
    if (status == AGL_OK) {
        choose(out);
        status = settle(&s, err);
    }
    search_free(&s);
    return status;
}

agl_status agl_judge(agl_definition *out, const double *const *matrix, size_t n_matrices, size_t n,
                     const int32_t *cluster, size_t k, const agl_define_options *options, const agl_ctx *ctx,
                     agl_error *err) {
    agl_define_options o = AGL_DEFINE_OPTIONS_INIT;
    if (options) o = *options;
    *out = (agl_definition){.n = n, .n_candidates = 1, .k = k};
    search s = {.given = matrix, .n_given = n_matrices, .n = n, .options = &o, .ctx = ctx, .out = out};
    out->candidates = AGL_NEW(agl_candidate, 1);
    out->member = AGL_NEW(int32_t, n);
    if (!out->candidates || !out->member) return agl_fail_memory(err);
    out->candidates[0] = (agl_candidate){.matrix = (int32_t)(n_matrices > 1 ? n_matrices : 0),
                                         .algorithm = AGL_DEFINE_GIVEN,
                                         .k = k,
                                         .agreement = NAN};
    memcpy(out->member, cluster, n * sizeof *cluster);
    agl_status status = average_matrices(out, matrix, n_matrices, n, err);
    if (status == AGL_OK) status = try_one(&s, 0, 0, err);
    if (status == AGL_OK) status = settle(&s, err);
    return status;
}

void agl_definition_free(agl_definition *d) {
    free(d->candidates);
    free(d->member);
    free(d->cluster);
    free(d->reassigned);
    free(d->mean);
    free(d->industry);
    free(d->between);
    free(d->p95);
    *d = (agl_definition){0};
}

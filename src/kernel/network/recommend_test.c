#include "agglo/envelope.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/sort.h"
#include "kernel/network/ranking.h"
#include "kernel/network/recommend.h"

#include <math.h>
#include <string.h>

enum { M = AGL_LINK_METHODS };

/* A candidate pair that met afterwards. */
typedef struct meeting {
    int32_t a, b, group; /* group = number of the project that brought them together first */
    double score[M];
} meeting;

typedef struct found {
    meeting *met;
    size_t n, capacity;
} found;

typedef struct trial {
    const agl__window *window;
    const agl__scorer *scorer;
    found *part; /* of each source */
    found all;
    int32_t groups; /* projects that brought any pair together */
    agl__ranking ranking[M];
    uint64_t **count; /* of each worker: the slots of the M rankings one after another */
    size_t offset[M + 1];
} trial;

/* ---- scores of those that met, and counts of those that did not
 * ------------------------------------------------------ */

static void score_pair(double score[M], const trial *t, const agl__pairs *pairs, size_t i) {
    memcpy(score, pairs->score + i * AGL_LINK_SCORES, AGL_LINK_SCORES * sizeof *score);
    score[AGL_LINK_MODEL] = agl__scorer_rank(NULL, t->scorer, pairs->feature + i * AGL_LINK_FEATURES);
}

static agl_status add_met(void *arg, const agl__pairs *pairs, int worker, agl_error *err) {
    trial *t = arg;
    (void)worker;
    found *f = &t->part[pairs->index];
    for (size_t i = 0; i < pairs->n; i++) {
        void *grown = agl__grow(f->met, &f->capacity, f->n + 1, sizeof *f->met);
        if (!grown) return agl_fail_memory(err);
        f->met = grown;
        meeting *m = &f->met[f->n++];
        *m = (meeting){.a = pairs->source, .b = pairs->target[i]};
        score_pair(m->score, t, pairs, i);
    }
    return AGL_OK;
}

static agl_status count_others(void *arg, const agl__pairs *pairs, int worker, agl_error *err) {
    trial *t = arg;
    (void)err;
    uint64_t *count = t->count[worker];
    for (size_t i = 0; i < pairs->n; i++) {
        double score[M];
        if (agl__window_met(t->window, pairs->source, pairs->target[i])) continue;
        score_pair(score, t, pairs, i);
        for (int m = 0; m < M; m++)
            count[t->offset[m] + agl__ranking_slot(&t->ranking[m], score[m])]++;
    }
    return AGL_OK;
}

/* ---- projects that brought the pairs together
 * ------------------------------------------------------------------------ */

/* Earliest later project of both actors; their lists ascend by project. */
static int32_t first_shared(const agl__history *h, int32_t a, int32_t b, int32_t until) {
    const agl_incidence *inc = &h->incidence;
    size_t i = inc->actor_offset[a], j = inc->actor_offset[b];
    int32_t best = -1;
    while (i < inc->actor_offset[a + 1] && j < inc->actor_offset[b + 1]) {
        int32_t p = inc->project[i], q = inc->project[j];
        int32_t year = h->data->year[p];
        if (p == q && year > until && (best < 0 || year < h->data->year[best])) best = p;
        i += p <= q;
        j += q <= p;
    }
    return best;
}

static agl_status group_by_project(trial *t, agl_error *err) {
    const agl__history *h = t->window->past.history;
    int32_t *number = AGL_NEW(int32_t, h->data->n_projects); /* 1 + number of the project, 0 = not yet seen */
    if (!number) return agl_fail_memory(err);
    for (size_t i = 0; i < t->all.n; i++) {
        meeting *m = &t->all.met[i];
        int32_t project = first_shared(h, m->a, m->b, t->window->past.until);
        if (number[project] == 0) number[project] = ++t->groups;
        m->group = number[project] - 1;
    }
    free(number);
    return AGL_OK;
}

/* ---- intervals
 * ------------------------------------------------------------------------------------------------------- */

/* Everything that one bootstrap sample gives: of each method average precision, auc and the precisions. */
typedef struct bootstrap {
    const trial *trial;
    const agl_recommend_options *options;
    const uint64_t *count;
    uint64_t seed;
    size_t width;  /* values of one method: 2 + n_k */
    double *value; /* replicates x M x width */
} bootstrap;

static void measure(double *value, const bootstrap *b, const double *weight, double *levels) {
    const agl_recommend_options *o = b->options;
    for (int m = 0; m < M; m++) {
        agl__quality q;
        agl__ranking_quality(&q, value + (size_t)m * b->width + 2, &b->trial->ranking[m],
                             b->count + b->trial->offset[m], weight, o->k, o->n_k, levels);
        value[(size_t)m * b->width] = q.average_precision;
        value[(size_t)m * b->width + 1] = q.auc;
    }
}

/* Draws the projects anew, with replacement: a pair weighs as often as its project was drawn. */
static agl_status replicate(void *arg, size_t r, int worker, agl_error *err) {
    bootstrap *b = arg;
    const trial *t = b->trial;
    (void)worker;
    double *times = AGL_NEW(double, t->groups), *weight = AGL_NEW(double, t->all.n),
           *levels = AGL_NEW(double, t->all.n);
    agl_status status = times && weight && levels ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        agl_rng rng = agl__rng(b->seed, (uint32_t)r, 3);
        for (int32_t g = 0; g < t->groups; g++)
            times[agl__rng_below(&rng, (uint32_t)t->groups)]++;
        for (size_t i = 0; i < t->all.n; i++)
            weight[i] = times[t->all.met[i].group];
        measure(b->value + r * M * b->width, b, weight, levels);
    }
    free(times);
    free(weight);
    free(levels);
    return status;
}

/* 95 % interval of n values, which are sorted. */
static void fill_interval(agl_interval *out, double point, double *value, size_t n) {
    qsort(value, n, sizeof *value, agl__ascending);
    *out = (agl_interval){point, n > 0 ? agl_quantile_sorted(value, n, 0.025) : (double)NAN,
                          n > 0 ? agl_quantile_sorted(value, n, 0.975) : (double)NAN};
}

static agl_status fill_intervals(agl_backtest *out, const bootstrap *b, const double *point, agl_error *err) {
    size_t n = b->options->replicates, stride = M * b->width;
    double *column = AGL_NEW(double, n);
    if (!column) return agl_fail_memory(err);
    for (size_t at = 0; at < stride; at++) {
        size_t what = at % b->width;
        agl_link_quality *q = &out->quality[at / b->width];
        for (size_t r = 0; r < n; r++)
            column[r] = b->value[r * stride + at];
        fill_interval(what == 0   ? &q->average_precision
                      : what == 1 ? &q->auc
                                  : &q->precision[what - 2],
                      point[at], column, n);
    }
    for (int m = 0; m < AGL_LINK_SCORES; m++)
        if (point[(size_t)m * b->width] > point[(size_t)out->best * b->width]) out->best = m;
    size_t model = AGL_LINK_MODEL * b->width, best = (size_t)out->best * b->width;
    for (size_t r = 0; r < n; r++)
        column[r] = b->value[r * stride + model] / b->value[r * stride + best] - 1;
    fill_interval(&out->gain, point[model] / point[best] - 1, column, n);
    free(column);
    return AGL_OK;
}

static agl_status evaluate(agl_backtest *out, const trial *t, const uint64_t *count,
                           const agl_recommend_options *o, const agl_ctx *ctx, agl_error *err) {
    bootstrap b = {.trial = t, .options = o, .count = count, .seed = agl_seed(ctx), .width = 2 + o->n_k};
    b.value = AGL_NEW(double, o->replicates *M *b.width);
    double *point = AGL_NEW(double, M *b.width), *levels = AGL_NEW(double, t->all.n);
    agl_status status = b.value && point && levels ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) measure(point, &b, NULL, levels);
    if (status == AGL_OK) status = agl__parallel(o->replicates, replicate, &b, "intervals", ctx, err);
    if (status == AGL_OK) status = fill_intervals(out, &b, point, err);
    free(b.value);
    free(point);
    free(levels);
    return status;
}

/* ---- the test
 * -------------------------------------------------------------------------------------------------------- */

static agl_status join(trial *t, agl_error *err) {
    for (size_t s = 0; s < t->window->sweep.n; s++) {
        if (t->part[s].n == 0) continue;
        void *grown = agl__grow(t->all.met, &t->all.capacity, t->all.n + t->part[s].n, sizeof *t->all.met);
        if (!grown) return agl_fail_memory(err);
        t->all.met = grown;
        memcpy(t->all.met + t->all.n, t->part[s].met, t->part[s].n * sizeof *t->all.met);
        t->all.n += t->part[s].n;
    }
    return AGL_OK;
}

static agl_status make_rankings(trial *t, size_t workers, agl_error *err) {
    double *score = AGL_NEW(double, t->all.n);
    if (!score) return agl_fail_memory(err);
    agl_status status = AGL_OK;
    for (int m = 0; m < M && status == AGL_OK; m++) {
        for (size_t i = 0; i < t->all.n; i++)
            score[i] = t->all.met[i].score[m];
        status = agl__ranking_new(&t->ranking[m], score, t->all.n, err);
        t->offset[m + 1] = t->offset[m] + agl__ranking_slots(&t->ranking[m]);
    }
    for (size_t k = 0; k < workers && status == AGL_OK; k++)
        if (!(t->count[k] = AGL_NEW(uint64_t, t->offset[M]))) status = agl_fail_memory(err);
    free(score);
    return status;
}

static agl_status run_trial(agl_backtest *out, trial *t, const agl_recommend_options *o, const agl_ctx *ctx,
                            agl_error *err) {
    size_t workers = (size_t)agl_threads(ctx);
    agl__sweep all = t->window->sweep, of_met = all;
    of_met.listed_offset = t->window->met_offset;
    of_met.listed = t->window->met_with;
    of_met.few = true;
    t->count = AGL_NEW(uint64_t *, workers);
    t->part = AGL_NEW(found, all.n);
    agl_status status = t->count && t->part ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__pairs_scan(&of_met, add_met, t, "back-test: ties to come", ctx, err);
    if (status == AGL_OK) status = join(t, err);
    if (status == AGL_OK && t->all.n == 0)
        status = agl_fail(err, AGL_EDATA,
                          "back-test: no new tie was made after %d between actors present before; take an "
                          "earlier --train-until",
                          o->train_until);
    if (status == AGL_OK) status = group_by_project(t, err);
    if (status == AGL_OK) status = make_rankings(t, workers, err);
    if (status == AGL_OK)
        status = agl__pairs_scan(&all, count_others, t, "back-test: ranking all pairs", ctx, err);
    for (size_t k = 1; k < workers && status == AGL_OK; k++)
        for (size_t s = 0; s < t->offset[M]; s++)
            t->count[0][s] += t->count[k][s];
    out->met = (double)t->all.n;
    return status == AGL_OK ? evaluate(out, t, t->count[0], o, ctx, err) : status;
}

static void free_trial(trial *t, size_t workers) {
    for (size_t k = 0; t->count && k < workers; k++)
        free(t->count[k]);
    for (size_t s = 0; t->part && s < t->window->sweep.n; s++)
        free(t->part[s].met);
    for (int m = 0; m < M; m++)
        agl__ranking_free(&t->ranking[m]);
    free(t->count);
    free(t->part);
    free(t->all.met);
}

void agl__backtest_free(agl_backtest *test) {
    if (!test) return;
    for (int m = 0; test->quality && m < M; m++)
        free(test->quality[m].precision);
    free(test->quality);
    free(test);
}

/* Learns from the years up to train_until; nothing later is looked at. */
static agl_status train(agl__link_model *model, const agl__history *h, const agl_recommend_options *o,
                        const agl_ctx *ctx, agl_error *err) {
    agl__window before;
    agl_status status = agl__window_new(&before, h, agl__learning_year(h, o->train_until, o->horizon),
                                        o->train_until, o->pair_budget, ctx, err);
    if (status != AGL_OK) return status;
    status = agl__link_model_fit(model, &before, o->ridge, ctx, err);
    agl__window_free(&before);
    return status;
}

agl_status agl__recommend_test(agl_backtest **out, const agl__history *h, const agl_recommend_options *o,
                               const agl_ctx *ctx, agl_error *err) {
    *out = NULL;
    if (o->train_until < h->first_year || o->train_until >= h->last_year)
        return agl_fail(err, AGL_EUSAGE,
                        "--train-until %d: the projects start in %d to %d, and the test needs years on both "
                        "sides",
                        o->train_until, h->first_year, h->last_year);
    agl_backtest *b = AGL_NEW(agl_backtest, 1);
    if (!b || !(b->quality = AGL_NEW(agl_link_quality, M))) {
        free(b);
        return agl_fail_memory(err);
    }
    *b = (agl_backtest){.until = o->train_until, .last = h->last_year, .quality = b->quality};
    agl__link_model model = {0};
    agl__window then = {0};
    agl__scorer scorer;
    trial t = {.window = &then, .scorer = &scorer};
    agl_status status = AGL_OK;
    for (int m = 0; m < M && status == AGL_OK; m++)
        if (!(b->quality[m].precision = AGL_NEW(agl_interval, o->n_k))) status = agl_fail_memory(err);
    if (status == AGL_OK) status = train(&model, h, o, ctx, err);
    if (status == AGL_OK)
        status = agl__window_new(&then, h, o->train_until, h->last_year, o->pair_budget, ctx, err);
    if (status == AGL_OK) status = agl__scorer_new(&scorer, &model, &then, ctx, err);
    if (status == AGL_OK) status = run_trial(b, &t, o, ctx, err);
    b->candidates = then.candidates;
    b->sampled = then.sampled;
    b->trained_on = model.fitted ? model.trained_on : 0;
    free_trial(&t, (size_t)agl_threads(ctx));
    agl__window_free(&then);
    if (status == AGL_OK)
        *out = b;
    else
        agl__backtest_free(b);
    return status;
}

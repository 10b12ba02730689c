#include "kernel/network/linkmodel.h"

#include "base/mem.h"
#include "base/rng.h"
#include "kernel/graph/graph.h"
#include "kernel/network/logistic.h"

#include <math.h>
#include <string.h>

/* The non-ties are sampled by how many partners the two share, because those with many are few and decide the
 * ranking. */
enum { STRATA = 3, MANY = 4, PER_STRATUM = 200000, LEAST_TIES = 50, PASSED_PER_TIE = 20 };
static const double lift = 1e6;   /* above every log odds */
static const double slack = 1e-6; /* above the rounding of any log odds, lifted or not */

/* ---- windows
 * ------------------------------------------------------------------------------------------------------- */

void agl__window_free(agl__window *w) {
    if (!w) return;
    agl__past_free(&w->past);
    free(w->source);
    free(w->met_offset);
    free(w->met_with);
    *w = (agl__window){0};
}

/* Pairs whose first tie falls into until + 1..last, for both ends. The ties ascend by (source, target, year).
 */
static agl_status find_meetings(agl__window *w, int32_t last, agl_error *err) {
    const agl_ties *t = &w->past.history->ties;
    w->met_offset = AGL_NEW(size_t, (size_t)w->past.n + 1);
    if (!w->met_offset) return agl_fail_memory(err);
    for (int fill = 0; fill < 2; fill++) {
        for (size_t i = 0; i < t->n; i++) {
            bool first = i == 0 || t->source[i] != t->source[i - 1] || t->target[i] != t->target[i - 1];
            int32_t a = t->source[i], b = t->target[i];
            if (!first || t->slice[i] <= w->past.until || t->slice[i] > last) continue;
            if (!w->past.present[a] || !w->past.present[b]) continue;
            if (!fill) {
                w->met_offset[a + 1]++;
                w->met_offset[b + 1]++;
            } else {
                w->met_with[w->met_offset[a]++] = b;
                w->met_with[w->met_offset[b]++] = a;
            }
        }
        if (fill) break;
        agl__counts_to_offsets(w->met_offset, w->past.n);
        w->met_with = AGL_NEW(int32_t, w->met_offset[w->past.n]);
        if (!w->met_with) return agl_fail_memory(err);
    }
    agl__rewind_offsets(w->met_offset, w->past.n);
    return AGL_OK;
}

static int by_id(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Sources: the present actors of the smaller side, or so many of them, drawn without replacement, as the
 * budget allows. */
static agl_status choose_sources(agl__window *w, double budget, const agl_ctx *ctx, agl_error *err) {
    const agl__past *p = &w->past;
    const uint8_t *side = p->history->data->side;
    size_t n[2] = {0, 0}, found = 0;
    for (int32_t a = 0; a < p->n; a++)
        for (int s = 0; s < 2; s++)
            n[s] += p->present[a] && (side[a] >> s & 1);
    int chosen = n[1] <= n[0];
    w->source = AGL_NEW(int32_t, n[chosen]);
    if (!w->source) return agl_fail_memory(err);
    for (int32_t a = 0; a < p->n; a++)
        if (p->present[a] && (side[a] >> chosen & 1)) w->source[found++] = a;
    double targets = (double)n[!chosen] * (p->history->one_sided ? 0.5 : 1);
    size_t keep = (double)found * targets <= budget ? found : (size_t)fmax(1, budget / targets);
    if (keep < found) {
        agl_rng rng = agl__rng(agl_seed(ctx), (uint32_t)p->until, 1);
        for (size_t i = 0; i < keep; i++) { /* the first steps of a shuffle */
            size_t other = i + agl__rng_below(&rng, (uint32_t)(found - i));
            int32_t swapped = w->source[i];
            w->source[i] = w->source[other];
            w->source[other] = swapped;
        }
        qsort(w->source, keep, sizeof *w->source, by_id);
    }
    w->sampled = found > 0 ? (double)keep / (double)found : 1;
    w->sweep = (agl__sweep){.past = p, .source = w->source, .n = keep, .second = chosen == 1};
    return agl__katz_step(&w->sweep.katz, p, err);
}

agl_status agl__window_new(agl__window *w, const agl__history *history, int32_t until, int32_t last,
                           double pair_budget, const agl_ctx *ctx, agl_error *err) {
    *w = (agl__window){0};
    agl_status status = agl__past_new(&w->past, history, until, err);
    if (status == AGL_OK && last > until) status = find_meetings(w, last, err);
    if (status == AGL_OK) status = choose_sources(w, pair_budget, ctx, err);
    if (status != AGL_OK) agl__window_free(w);
    return status;
}

/* Pairs that first met in after + 1..last. The ties ascend by (source, target, year). */
static size_t first_ties(const agl_ties *t, int32_t after, int32_t last) {
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        bool first = i == 0 || t->source[i] != t->source[i - 1] || t->target[i] != t->target[i - 1];
        n += first && t->slice[i] > after && t->slice[i] <= last;
    }
    return n;
}

int32_t agl__learning_year(const agl__history *h, int32_t last, int32_t horizon) {
    size_t all = first_ties(&h->ties, INT32_MIN, last);
    int32_t year = last - horizon;
    while (year > h->first_year && first_ties(&h->ties, year, last) * 20 < all)
        year--;
    return year;
}

bool agl__window_met(const agl__window *w, int32_t source, int32_t target) {
    if (!w->met_offset) return false;
    size_t lo = w->met_offset[source], hi = w->met_offset[source + 1];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->met_with[mid] < target)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < w->met_offset[source + 1] && w->met_with[lo] == target;
}

/* ---- samples of candidates
 * ----------------------------------------------------------------------------------------- */

typedef struct rows {
    size_t n, capacity, y_capacity, w_capacity;
    double *x; /* n x AGL_LINK_FEATURES, raw */
    uint8_t *y;
    double *w;
} rows;

static void free_rows(rows *r, size_t n) {
    for (size_t i = 0; r && i < n; i++) {
        free(r[i].x);
        free(r[i].y);
        free(r[i].w);
    }
}

static agl_status add_row(rows *r, const double *x, uint8_t y, double w, agl_error *err) {
    void *xs = agl__grow(r->x, &r->capacity, r->n + 1, AGL_LINK_FEATURES * sizeof *r->x);
    if (xs) r->x = xs;
    void *ys = xs ? agl__grow(r->y, &r->y_capacity, r->n + 1, sizeof *r->y) : NULL;
    if (ys) r->y = ys;
    void *ws = ys ? agl__grow(r->w, &r->w_capacity, r->n + 1, sizeof *r->w) : NULL;
    if (!ws) return agl_fail_memory(err);
    r->w = ws;
    memcpy(r->x + r->n * AGL_LINK_FEATURES, x, AGL_LINK_FEATURES * sizeof *x);
    r->y[r->n] = y;
    r->w[r->n++] = w;
    return AGL_OK;
}

/* What a sweep gathers: counts, then a random sample, then the best by the first step. */
typedef struct gather {
    const agl__window *window;
    uint64_t seed;
    size_t (
        *count)[STRATA + 1]; /* of each source: candidates that did not meet by stratum, and those that did */
    double rate[STRATA];
    const agl__scale *scale;
    agl__form screen;
    double threshold;
    rows *part; /* of each source */
} gather;

static int stratum(double common) { return common >= MANY ? 2 : common > 0 ? 1 : 0; }

static double common_of(const agl__pairs *pairs, size_t i) {
    return pairs->score[i * AGL_LINK_SCORES + AGL_COMMON_NEIGHBOURS];
}

static agl_status count_pairs(void *arg, const agl__pairs *pairs, int worker, agl_error *err) {
    gather *g = arg;
    (void)worker;
    (void)err;
    for (size_t i = 0; i < pairs->n; i++) {
        bool met = agl__window_met(g->window, pairs->source, pairs->target[i]);
        g->count[pairs->index][met ? STRATA : stratum(common_of(pairs, i))]++;
    }
    return AGL_OK;
}

static bool drawn(const void *arg, int32_t source, int32_t target, double common) {
    const gather *g = arg;
    double rate = g->rate[stratum(common)];
    if (rate >= 1 || agl__window_met(g->window, source, target)) return true;
    agl_rng rng = agl__rng(g->seed, (uint32_t)source, (uint32_t)target);
    return agl__rng_unit(&rng) <= rate;
}

static agl_status add_drawn(void *arg, const agl__pairs *pairs, int worker, agl_error *err) {
    gather *g = arg;
    (void)worker;
    agl_status status = AGL_OK;
    for (size_t i = 0; i < pairs->n && status == AGL_OK; i++) {
        bool met = agl__window_met(g->window, pairs->source, pairs->target[i]);
        double weight = met ? 1 : 1 / g->rate[stratum(common_of(pairs, i))];
        status = add_row(&g->part[pairs->index], pairs->feature + i * AGL_LINK_FEATURES, met, weight, err);
    }
    return status;
}

/* constant + sum of weights times standardised features, as a form in raw features. */
static agl__form form_of(const double *beta, const agl__scale *s) {
    agl__form f = {.constant = beta[0]};
    for (int k = 0; k < AGL_LINK_FEATURES; k++) {
        if (!(s->sd[k] > 0)) continue; /* constant: adds nothing, missing or not */
        f.weight[k] = beta[k + 1] / s->sd[k];
        f.constant -= f.weight[k] * s->mean[k];
    }
    return f;
}

/* What the forms weigh: ln(x + e) where a log is taken (zeros are frequent and need none), the mean where a
 * feature is missing, else the feature. */
static void prepare(double *z, const agl__scale *s, const double *raw) {
    for (int k = 0; k <= AGL_FEATURE_TOPIC_MEETING; k++)
        z[k] = raw[k] > 0 ? log(raw[k] + s->unit[k]) : s->log_unit[k];
    for (int k = AGL_FEATURE_TOPIC_MEETING + 1; k < AGL_LINK_FEATURES; k++)
        z[k] = isnan(raw[k]) ? s->mean[k] : raw[k];
}

static double value_of(const agl__form *f, const double *z) {
    double eta = f->constant;
    for (int k = 0; k < AGL_LINK_FEATURES; k++)
        eta += f->weight[k] * z[k];
    return eta;
}

/* No less than the value of the form when the features of `bounded` lie between 0 and what z says: those of
 * negative weight fall back to 0. */
static double bound_of(const agl__form *f, const agl__scale *s, const double *z, uint32_t bounded) {
    double eta = value_of(f, z);
    for (int k = AGL_FEATURE_PATHS3; k <= AGL_FEATURE_TOPIC_SIMILARITY; k++) {
        if (!(bounded >> k & 1) || f->weight[k] >= 0) continue;
        eta -= f->weight[k] * (z[k] - (agl__feature_is_log(k) ? s->log_unit[k] : 0));
    }
    return eta + slack;
}

static bool may_be_best(const void *arg, const agl__partial *pair, int worker) {
    const gather *g = arg;
    double z[AGL_LINK_FEATURES];
    (void)worker;
    prepare(z, g->scale, pair->feature);
    return bound_of(&g->screen, g->scale, z, pair->bounded) >= g->threshold;
}

static agl_status take_best(void *arg, const agl__pairs *pairs, int worker, agl_error *err) {
    gather *g = arg;
    (void)worker;
    agl_status status = AGL_OK;
    for (size_t i = 0; i < pairs->n && status == AGL_OK; i++) {
        const double *x = pairs->feature + i * AGL_LINK_FEATURES;
        double z[AGL_LINK_FEATURES];
        prepare(z, g->scale, x);
        if (value_of(&g->screen, z) < g->threshold) continue;
        bool met = agl__window_met(g->window, pairs->source, pairs->target[i]);
        status = add_row(&g->part[pairs->index], x, met, 1, err);
    }
    return status;
}

/* Joins the parts in the order of the sources. */
static agl_status join(rows *out, const rows *part, size_t n, agl_error *err) {
    *out = (rows){0};
    agl_status status = AGL_OK;
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < part[s].n && status == AGL_OK; i++)
            status = add_row(out, part[s].x + i * AGL_LINK_FEATURES, part[s].y[i], part[s].w[i], err);
    return status;
}

static agl_status sweep_rows(rows *out, gather *g, const agl__sweep *sweep, agl__pairs_fn visit,
                             const char *what, const agl_ctx *ctx, agl_error *err) {
    *out = (rows){0};
    g->part = AGL_NEW(rows, sweep->n);
    if (!g->part) return agl_fail_memory(err);
    agl_status status = agl__pairs_scan(sweep, visit, g, what, ctx, err);
    if (status == AGL_OK) status = join(out, g->part, sweep->n, err);
    free_rows(g->part, sweep->n);
    free(g->part);
    g->part = NULL;
    if (status != AGL_OK) {
        free_rows(out, 1);
        *out = (rows){0};
    }
    return status;
}

static agl_status gather_new(gather *g, agl__window *w, const agl_ctx *ctx, agl_error *err) {
    *g = (gather){.window = w, .seed = agl_seed(ctx), .count = calloc(w->sweep.n + 1, sizeof *g->count)};
    return g->count ? AGL_OK : agl_fail_memory(err);
}

/* Counts the candidates of the window, which gives the rates of the sample. */
static agl_status count_candidates(gather *g, agl__window *w, const agl_ctx *ctx, agl_error *err) {
    agl__sweep counting = w->sweep;
    double total[STRATA + 1] = {0};
    counting.counts_only = true;
    agl_status status = agl__pairs_scan(&counting, count_pairs, g, NULL, ctx, err);
    for (size_t s = 0; s < w->sweep.n; s++)
        for (int k = 0; k <= STRATA; k++)
            total[k] += (double)g->count[s][k];
    w->met = total[STRATA];
    w->candidates = total[0] + total[1] + total[2] + total[STRATA];
    for (int k = 0; k < STRATA; k++)
        g->rate[k] = total[k] > PER_STRATUM ? PER_STRATUM / total[k] : 1;
    return status;
}

/* All pairs that met and a sample of the others, each weighing as many as it stands for. */
static agl_status sample(rows *out, gather *g, agl__window *w, const agl_ctx *ctx, agl_error *err) {
    agl_status status = count_candidates(g, w, ctx, err);
    agl__sweep drawing = w->sweep;
    drawing.select = drawn;
    drawing.select_arg = g;
    drawing.few = true;
    return status == AGL_OK ? sweep_rows(out, g, &drawing, add_drawn, "comparing pairs", ctx, err) : status;
}

/* ---- standardising
 * ------------------------------------------------------------------------------------------------- */

static agl_status make_scale(agl__scale *s, const rows *r, agl_error *err) {
    double *column = AGL_NEW(double, r->n), weight = 0;
    if (!column) return agl_fail_memory(err);
    agl_status status = AGL_OK;
    for (size_t i = 0; i < r->n; i++)
        weight += r->w[i];
    for (int k = 0; k < AGL_LINK_FEATURES && status == AGL_OK; k++) {
        double mean = 0, square = 0, known = 0;
        for (size_t i = 0; i < r->n; i++)
            column[i] = r->x[i * AGL_LINK_FEATURES + (size_t)k];
        s->unit[k] = 1;
        if (agl__feature_is_log(k)) status = agl__log_unit(&s->unit[k], column, r->n, err);
        s->log_unit[k] = log(s->unit[k]);
        for (size_t i = 0; i < r->n; i++) {
            if (agl__feature_is_log(k)) column[i] = log(column[i] + s->unit[k]);
            if (isnan(column[i])) continue;
            known += r->w[i];
            mean += r->w[i] * column[i];
        }
        s->mean[k] = known > 0 ? mean / known : 0;
        for (size_t i = 0; i < r->n; i++)
            if (!isnan(column[i])) square += r->w[i] * (column[i] - s->mean[k]) * (column[i] - s->mean[k]);
        s->sd[k] = known > 0 ? sqrt(square / known) : 0;
        if (s->sd[k] <= 1e-12 * fabs(s->mean[k])) s->sd[k] = 0; /* constant but for rounding */
    }
    free(column);
    return status;
}

static void standardise(rows *r, const agl__scale *s) {
    for (size_t i = 0; i < r->n; i++)
        for (int k = 0; k < AGL_LINK_FEATURES; k++) {
            double *x = &r->x[i * AGL_LINK_FEATURES + (size_t)k];
            *x = agl__standardised(s, k, *x);
        }
}

typedef struct weighted {
    double score, weight;
} weighted;

static int falling(const void *a, const void *b) {
    const weighted *p = a, *q = b;
    return (p->score < q->score) - (p->score > q->score);
}

/* The value of the first step above which `share` of the candidates lie. Rows are standardised. */
static agl_status find_threshold(double *threshold, const rows *r, const double *beta, double share,
                                 agl_error *err) {
    weighted *order = AGL_NEW(weighted, r->n);
    if (!order) return agl_fail_memory(err);
    double total = 0, above = 0;
    for (size_t i = 0; i < r->n; i++) {
        order[i] = (weighted){beta[0], r->w[i]};
        for (int k = 0; k < AGL_LINK_FEATURES; k++)
            order[i].score += beta[k + 1] * r->x[i * AGL_LINK_FEATURES + (size_t)k];
        total += r->w[i];
    }
    qsort(order, r->n, sizeof *order, falling);
    *threshold = -INFINITY;
    for (size_t i = 0; i < r->n && share < 1; i++) {
        above += order[i].weight;
        *threshold = order[i].score;
        if (above >= share * total) break;
    }
    free(order);
    return AGL_OK;
}

/* ---- fitting and scoring
 * ------------------------------------------------------------------------------------------- */

static agl_status fit_second_step(agl__link_model *m, gather *g, double ridge, const agl_ctx *ctx,
                                  agl_error *err) {
    rows best;
    agl__sweep taking = g->window->sweep;
    taking.worth = may_be_best;
    taking.worth_arg = g;
    agl_status status = sweep_rows(&best, g, &taking, take_best, "learning", ctx, err);
    if (status != AGL_OK) return status;
    standardise(&best, g->scale);
    memcpy(m->rank, m->screen, sizeof m->rank);
    status = agl__logistic(m->rank, best.x, best.n, AGL_LINK_FEATURES, best.y, best.w, ridge, ctx, err);
    free_rows(&best, 1);
    return status;
}

agl_status agl__link_model_fit(agl__link_model *m, agl__window *w, double ridge, const agl_ctx *ctx,
                               agl_error *err) {
    gather g;
    rows all = {0};
    agl__scale scale;
    *m = (agl__link_model){.share = 1};
    agl_status status = gather_new(&g, w, ctx, err);
    if (status == AGL_OK) status = sample(&all, &g, w, ctx, err);
    if (status != AGL_OK) goto out;
    m->trained_on = w->met;
    m->base_rate = w->candidates > 0 ? w->met / w->candidates : 0;
    if (w->met < LEAST_TIES || w->met >= w->candidates) goto out;
    m->share = fmin(1, PASSED_PER_TIE * m->base_rate);
    status = make_scale(&scale, &all, err);
    if (status != AGL_OK) goto out;
    standardise(&all, &scale);
    m->screen[0] = log(m->base_rate / (1 - m->base_rate));
    status = agl__logistic(m->screen, all.x, all.n, AGL_LINK_FEATURES, all.y, all.w, ridge, ctx, err);
    if (status == AGL_OK) status = find_threshold(&g.threshold, &all, m->screen, m->share, err);
    g.scale = &scale;
    g.screen = form_of(m->screen, &scale);
    if (status == AGL_OK) status = fit_second_step(m, &g, ridge, ctx, err);
    m->fitted = status == AGL_OK;
out:
    free_rows(&all, 1);
    free(g.count);
    return status;
}

static agl_status fit_to_window(agl__scorer *out, gather *g, agl__window *w, const agl_ctx *ctx,
                                agl_error *err) {
    rows all;
    agl_status status = sample(&all, g, w, ctx, err);
    if (status != AGL_OK) return status;
    status = make_scale(&out->scale, &all, err);
    if (status == AGL_OK) standardise(&all, &out->scale);
    if (status == AGL_OK)
        status = find_threshold(&out->threshold, &all, out->model->screen, out->model->share, err);
    free_rows(&all, 1);
    out->screen = form_of(out->model->screen, &out->scale);
    out->rank = form_of(out->model->rank, &out->scale);
    return status;
}

agl_status agl__scorer_new(agl__scorer *out, const agl__link_model *model, agl__window *w, const agl_ctx *ctx,
                           agl_error *err) {
    *out = (agl__scorer){.model = model};
    gather g;
    agl__window blind = *w; /* as if the future were not known */
    blind.met_offset = NULL;
    agl_status status = gather_new(&g, &blind, ctx, err);
    if (status == AGL_OK)
        status =
            model->fitted ? fit_to_window(out, &g, &blind, ctx, err) : count_candidates(&g, &blind, ctx, err);
    w->candidates = blind.candidates;
    free(g.count);
    return status;
}

double agl__scorer_rank(double *eta, const agl__scorer *s, const double *feature) {
    if (eta) *eta = NAN;
    if (!s->model->fitted) return feature[AGL_FEATURE_COMMON];
    double z[AGL_LINK_FEATURES];
    prepare(z, &s->scale, feature);
    double first = value_of(&s->screen, z), log_odds = first;
    bool passed = first >= s->threshold;
    if (passed) log_odds = value_of(&s->rank, z);
    if (eta) *eta = log_odds;
    return passed ? lift + log_odds : log_odds;
}

double agl__scorer_bound(const agl__scorer *s, const agl__partial *pair) {
    if (!s->model->fitted) return pair->feature[AGL_FEATURE_COMMON];
    double z[AGL_LINK_FEATURES];
    prepare(z, &s->scale, pair->feature);
    double first = bound_of(&s->screen, &s->scale, z, pair->bounded);
    return first >= s->threshold ? lift + bound_of(&s->rank, &s->scale, z, pair->bounded) : first;
}

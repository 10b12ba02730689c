#include "kernel/network/pairs.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/graph/graph.h"

#include <math.h>
#include <string.h>

enum { LANES = 2 * AGL__BLOCK, PART = 128 }; /* pairs handed over at a time */

/* Sums over the common partners z of the source and one actor. */
typedef struct common {
    double count;      /* 1 */
    double adamic;     /* 1 / ln k_z */
    double allocation; /* 1 / k_z */
    double damped;     /* 1 / sqrt(k_z) */
    double recent;     /* w_jz w_zi / sum_u w_zu with fading weights */
    double close;      /* the same with Newman's weights */
} common;

/* What is known of one source of a block: `sum` is zero but for the actors it touches. */
typedef struct two_steps {
    common *sum; /* n */
    int32_t *touched;
    size_t n_touched;
} two_steps;

/* Memory of one worker. A block holds for each actor the walks from all its lanes, first the numbers of
 * walks, then the walks damped by 1 / sqrt of the degrees passed. Taken singly a source has one lane: its
 * walks of length two are the pair (number, damped) of each actor, which stays in the nearer caches. */
typedef struct scratch {
    two_steps lane[AGL__BLOCK];
    double *walk;          /* n x 2 AGL__BLOCK, or n x 2 singly: walks of length two from the sources */
    double *paths;         /* n x 2 AGL__BLOCK: walks of length three; NULL singly */
    double walk_norm;      /* singly: root of the sum of squares of the damped common partners */
    double *share, *reach; /* n_topics: those of the source, zero between sources */
    double *affinity;      /* n_places: of each place with the source's */
    uint8_t *met;          /* n: the source and its partners */
    int32_t target[PART];
    double score[PART * AGL_LINK_SCORES], feature[PART * AGL_LINK_FEATURES];
} scratch;

typedef struct scan {
    const agl__sweep *sweep;
    bool singly; /* walks of length three are counted target by target, because few are wanted */
    agl__pairs_fn visit;
    void *arg;
    scratch *scratch;
} scan;

/* ---- walks of length two and three
 * --------------------------------------------------------------------------------- */

/* Adds up the common partners of j with everybody. O(sum over partners of their degree). */
static void add_common(two_steps *l, const agl__past *p, int32_t j) {
    for (size_t k = 0; k < l->n_touched; k++)
        l->sum[l->touched[k]] = (common){0};
    size_t n = 0;
    for (size_t a = p->offset[j]; a < p->offset[j + 1]; a++) {
        int32_t z = p->neighbour[a];
        double k = (double)agl__past_degree(p, z);
        double adamic = k > 1 ? 1 / log(k) : 0, allocation = 1 / k, damped = 1 / sqrt(k);
        double recent = p->recent[a] / p->recent_sum[z], close = p->close[a] / p->close_sum[z];
        for (size_t b = p->offset[z]; b < p->offset[z + 1]; b++) {
            common *c = &l->sum[p->neighbour[b]];
            l->touched[n] =
                p->neighbour[b]; /* kept only when new: a branch here would often be mispredicted */
            n += c->count == 0;
            c->count += 1;
            c->adamic += adamic;
            c->allocation += allocation;
            c->damped += damped;
            c->recent += recent * p->recent[b];
            c->close += close * p->close[b];
        }
    }
    l->n_touched = n;
}

/* The walks of length two of one source, into its lane: their number, and the sum of 1 / sqrt(k_u k_v). */
static void load_walks(double *walk, const common *sum, const agl__past *p, size_t lane) {
    for (int32_t v = 0; v < p->n; v++) {
        double *w = walk + LANES * (size_t)v + lane;
        w[0] = sum[v].count;
        w[AGL__BLOCK] = sum[v].damped * p->damping[v];
    }
}

/* Walks of length three from every source of the block to target i: sum over its partners v of walk[v]. Eight
 * sums at a time stay in registers. */
static void three_steps(double *out, const double *walk, const agl__past *p, int32_t i) {
    for (size_t half = 0; half < LANES; half += AGL__BLOCK) {
        double sum[AGL__BLOCK] = {0};
        for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++) {
            const double *w = walk + LANES * (size_t)p->neighbour[a] + half;
            for (size_t lane = 0; lane < AGL__BLOCK; lane++)
                sum[lane] += w[lane];
        }
        memcpy(out + half, sum, sizeof sum);
    }
}

/* The walks of length two of a source that is taken singly. */
static void load_single(scratch *s, const agl__past *p, int32_t j) {
    two_steps *l = &s->lane[0];
    double square = 0;
    for (size_t k = 0; k < l->n_touched; k++)
        s->walk[2 * (size_t)l->touched[k]] = s->walk[2 * (size_t)l->touched[k] + 1] = 0;
    add_common(l, p, j);
    for (size_t k = 0; k < l->n_touched; k++) {
        int32_t v = l->touched[k];
        const common *c = &l->sum[v];
        s->walk[2 * (size_t)v] = c->count;
        s->walk[2 * (size_t)v + 1] = c->damped * p->damping[v];
        square += c->damped * c->damped;
    }
    s->walk_norm = sqrt(square);
}

/* Walks of length three from that source to i: their number, and the damped ones. */
static void single_steps(double out[2], const double *walk, const agl__past *p, int32_t i) {
    double number = 0, damped = 0;
    for (size_t a = p->offset[i]; a < p->offset[i + 1]; a++) {
        const double *w = walk + 2 * (size_t)p->neighbour[a];
        number += w[0];
        damped += w[1];
    }
    out[0] = number;
    out[1] = damped;
}

/* ---- features
 * ------------------------------------------------------------------------------------------------------ */

static void load_source(scratch *s, const agl__past *p, int32_t j) {
    for (size_t k = p->topic_offset[j]; k < p->topic_offset[j + 1]; k++) {
        s->share[p->topic[k]] = p->share[k];
        s->reach[p->topic[k]] = p->reach[k];
    }
    for (size_t a = p->offset[j]; a < p->offset[j + 1]; a++)
        s->met[p->neighbour[a]] = 1;
    s->met[j] = 1;
}

static void unload_source(scratch *s, const agl__past *p, int32_t j) {
    for (size_t k = p->topic_offset[j]; k < p->topic_offset[j + 1]; k++)
        s->share[p->topic[k]] = s->reach[p->topic[k]] = 0;
    for (size_t a = p->offset[j]; a < p->offset[j + 1]; a++)
        s->met[p->neighbour[a]] = 0;
    s->met[j] = 0;
}

/* Affinity of every place q (of targets) with the source's place: ln of (ties + 1) / (ties expected + 1). The
 * ties are kept by the place of the second actor; a first source has to look through all of them, once a
 * source. */
static void load_affinity(scratch *s, const agl__past *p, int32_t place, bool second) {
    const agl_cooperation *d = p->history->data;
    if (!d->place || place < 0) return;
    for (int32_t q = 0; q < d->n_places; q++)
        s->affinity[q] = 0;
    for (int32_t q = second ? place : 0; q < (second ? place + 1 : d->n_places); q++)
        for (size_t k = p->place_offset[q]; k < p->place_offset[q + 1]; k++) {
            if (second)
                s->affinity[p->place_to[k]] = p->place_ties[k];
            else if (p->place_to[k] == place)
                s->affinity[q] = p->place_ties[k];
        }
    for (int32_t q = 0; q < d->n_places; q++) {
        int32_t first = second ? q : place, other = second ? place : q;
        double expected =
            p->ties_across > 0 ? p->place_first[first] * p->place_second[other] / p->ties_across : 0;
        s->affinity[q] = log((s->affinity[q] + 1) / (expected + 1));
    }
}

static void topic_features(double *x, const scratch *s, const agl__past *p, int32_t i) {
    double meeting = 0, cosine = 0;
    for (size_t k = p->topic_offset[i]; k < p->topic_offset[i + 1]; k++) {
        int32_t t = p->topic[k];
        cosine += s->share[t] * p->share[k];
        if (p->reach_total[t] > 0) meeting += s->reach[t] * p->reach[k] / p->reach_total[t];
    }
    x[AGL_FEATURE_TOPIC_MEETING] = meeting;
    x[AGL_FEATURE_TOPIC_SIMILARITY] = cosine;
}

static void place_features(double *x, const scratch *s, const agl__past *p, int32_t i, int32_t j) {
    const agl_cooperation *d = p->history->data;
    int32_t at = d->place ? d->place[i] : -1, from = d->place ? d->place[j] : -1;
    bool known = at >= 0 && from >= 0;
    x[AGL_FEATURE_PLACE_AFFINITY] = known ? s->affinity[at] : (double)NAN;
    x[AGL_FEATURE_SAME_PLACE] = known ? at == from : (double)NAN;
    x[AGL_FEATURE_DISTANCE] =
        p->history->position ? log1p(agl__past_distance(p->history, i, j)) : (double)NAN;
}

/* Numbers of the two actors: first and second, or sum and absolute difference when the pair has no order. */
static void actor_features(double *x, const agl__past *p, int32_t first, int32_t second) {
    for (int k = 0; k < AGL__ACTOR_NUMBERS; k++) {
        double a = p->number[k][first], b = p->number[k][second];
        x[AGL_FEATURE_PARTNERS_FIRST + 2 * k] = p->history->one_sided ? a + b : a;
        x[AGL_FEATURE_PARTNERS_SECOND + 2 * k] = p->history->one_sided ? fabs(a - b) : b;
    }
}

static void fill_scores(double *score, const agl__past *p, const common *c, double walks3, int32_t i,
                        int32_t j, double katz) {
    score[AGL_COMMON_NEIGHBOURS] = c->count;
    score[AGL_ADAMIC_ADAR] = c->adamic;
    score[AGL_RESOURCE_ALLOCATION] = c->allocation;
    score[AGL_PREFERENTIAL_ATTACHMENT] = (double)agl__past_degree(p, i) * (double)agl__past_degree(p, j);
    score[AGL_KATZ] = katz * katz * (c->count + katz * walks3);
}

/* The features that are quickly found. */
static void fill_quick(double *x, const scratch *s, const agl__past *p, const common *c, int32_t i, int32_t j,
                       bool second) {
    x[AGL_FEATURE_COMMON] = c->allocation;
    x[AGL_FEATURE_COMMON_RECENT] = c->recent;
    x[AGL_FEATURE_COMMON_CLOSE] = c->close;
    place_features(x, s, p, i, j);
    actor_features(x, p, second ? i : j, second ? j : i);
}

/* Asks whether the pair is worth going on with: before its topics and walks of length three are known, and
 * again before the walks. The bounds are those of Cauchy and Schwarz, over the partners v of i, of
 * sum_v damped_v / sqrt(k_v), and over topics; the cosine is at most 1. */
static bool is_worth(double *x, const scratch *s, const agl__sweep *w, int32_t i, int32_t j, int worker) {
    const agl__past *p = w->past;
    const double rounding = 1 + 1e-9;
    agl__partial pair = {.source = j, .target = i, .feature = x, .bounded = 1u << AGL_FEATURE_PATHS3};
    x[AGL_FEATURE_PATHS3] = rounding * p->damping_norm[i] * s->walk_norm;
    if (p->history->data->topic_rows > 0) {
        x[AGL_FEATURE_TOPIC_MEETING] = rounding * p->reach_norm[i] * p->reach_norm[j];
        x[AGL_FEATURE_TOPIC_SIMILARITY] = rounding;
        pair.bounded |= 1u << AGL_FEATURE_TOPIC_MEETING | 1u << AGL_FEATURE_TOPIC_SIMILARITY;
        if (!w->worth(w->worth_arg, &pair, worker)) return false;
        pair.bounded = 1u << AGL_FEATURE_PATHS3;
    }
    topic_features(x, s, p, i);
    return w->worth(w->worth_arg, &pair, worker);
}

/* ---- the sweep
 * ----------------------------------------------------------------------------------------------------- */

static bool on_wanted_side(const agl__sweep *w, int32_t i) {
    return w->past->present[i] && (w->past->history->data->side[i] & (w->second ? 1 : 2));
}

static bool is_target(const agl__sweep *w, const scratch *s, int32_t i, int32_t j) {
    return on_wanted_side(w, i) && !s->met[i] && (!w->past->history->one_sided || w->all_targets || i > j);
}

/* A source whose pairs are handed over in parts. */
typedef struct visiting {
    const scan *scan;
    scratch *scratch;
    size_t lane;
    int worker;
    agl__pairs out;
} visiting;

/* Describes the next pair of the part, unless it is not worth it. */
static bool fill_pair(const visiting *v, int32_t i) {
    const agl__sweep *w = v->scan->sweep;
    scratch *s = v->scratch;
    const common *c = &s->lane[v->lane].sum[i];
    size_t at = v->out.n;
    int32_t j = v->out.source;
    double *score = s->score + at * AGL_LINK_SCORES, *x = s->feature + at * AGL_LINK_FEATURES, walks[2];
    s->target[at] = i;
    if (w->counts_only) {
        score[AGL_COMMON_NEIGHBOURS] = c->count;
        return true;
    }
    fill_quick(x, s, w->past, c, i, j, w->second);
    if (!w->worth)
        topic_features(x, s, w->past, i);
    else if (!is_worth(x, s, w, i, j, v->worker))
        return false;
    const double *paths = v->scan->singly ? walks : s->paths + LANES * (size_t)i + v->lane;
    if (v->scan->singly) single_steps(walks, s->walk, w->past, i);
    fill_scores(score, w->past, c, paths[0], i, j, w->katz);
    x[AGL_FEATURE_PATHS3] = paths[v->scan->singly ? 1 : AGL__BLOCK];
    return true;
}

static agl_status hand_over(visiting *v, agl_error *err) {
    agl_status status = v->out.n > 0 ? v->scan->visit(v->scan->arg, &v->out, v->worker, err) : AGL_OK;
    v->out.begin += v->out.n;
    v->out.n = 0;
    return status;
}

static agl_status visit_target(visiting *v, int32_t i, agl_error *err) {
    const agl__sweep *w = v->scan->sweep;
    int32_t j = v->out.source;
    if (!is_target(w, v->scratch, i, j)) return AGL_OK;
    if (w->select && !w->select(w->select_arg, j, i, v->scratch->lane[v->lane].sum[i].count)) return AGL_OK;
    if (fill_pair(v, i) && ++v->out.n == PART) return hand_over(v, err);
    return AGL_OK;
}

static agl_status visit_targets(visiting *v, agl_error *err) {
    const agl__sweep *w = v->scan->sweep;
    const two_steps *l = &v->scratch->lane[v->lane];
    int32_t j = v->out.source;
    agl_status status = AGL_OK;
    if (w->listed_offset) {
        for (size_t k = w->listed_offset[j]; k < w->listed_offset[j + 1] && status == AGL_OK; k++)
            status = visit_target(v, w->listed[k], err);
    } else if (w->common_only) {
        for (size_t k = 0; k < l->n_touched && status == AGL_OK; k++)
            status = visit_target(v, l->touched[k], err);
    } else {
        int32_t begin = w->past->history->one_sided && !w->all_targets ? j + 1 : 0;
        for (int32_t i = begin; i < w->past->n && status == AGL_OK; i++)
            status = visit_target(v, i, err);
    }
    return status == AGL_OK ? hand_over(v, err) : status;
}

static agl_status visit_source(const scan *c, scratch *s, size_t index, size_t at, int worker,
                               agl_error *err) {
    const agl__sweep *w = c->sweep;
    const agl__past *p = w->past;
    int32_t j = w->source[index];
    visiting v = {.scan = c,
                  .scratch = s,
                  .lane = at,
                  .worker = worker,
                  .out = {.index = index,
                          .source = j,
                          .second = w->second,
                          .target = s->target,
                          .score = s->score,
                          .feature = s->feature}};
    load_source(s, p, j);
    if (!w->counts_only)
        load_affinity(s, p, p->history->data->place ? p->history->data->place[j] : -1, w->second);
    agl_status status = visit_targets(&v, err);
    unload_source(s, p, j);
    return status;
}

/* The walks of length three from all sources of the block to all targets share one sweep over the arcs. */
static void load_block(scratch *s, const agl__sweep *w, size_t first, size_t n) {
    for (size_t k = 0; k < n; k++) {
        add_common(&s->lane[k], w->past, w->source[first + k]);
        load_walks(s->walk, s->lane[k].sum, w->past, k);
    }
    int32_t begin =
        w->past->history->one_sided && !w->all_targets ? w->source[first] : 0; /* sources ascend */
    for (int32_t i = begin; i < w->past->n; i++)
        if (on_wanted_side(w, i)) three_steps(s->paths + LANES * (size_t)i, s->walk, w->past, i);
}

static agl_status scan_block(void *arg, size_t block, int worker, agl_error *err) {
    const scan *c = arg;
    const agl__sweep *w = c->sweep;
    scratch *s = &c->scratch[worker];
    size_t first = block * AGL__BLOCK, n = w->n - first < AGL__BLOCK ? w->n - first : AGL__BLOCK;
    if (!c->singly) load_block(s, w, first, n);
    agl_status status = AGL_OK;
    for (size_t k = 0; k < n && status == AGL_OK; k++) {
        if (w->counts_only)
            add_common(&s->lane[0], w->past, w->source[first + k]);
        else if (c->singly)
            load_single(s, w->past, w->source[first + k]);
        status = visit_source(c, s, first + k, c->singly ? 0 : k, worker, err);
    }
    return status;
}

static void free_scratch(scratch *s, size_t workers) {
    for (size_t k = 0; s && k < workers; k++) {
        for (int at = 0; at < AGL__BLOCK; at++) {
            free(s[k].lane[at].sum);
            free(s[k].lane[at].touched);
        }
        free(s[k].walk);
        free(s[k].paths);
        free(s[k].share);
        free(s[k].reach);
        free(s[k].affinity);
        free(s[k].met);
    }
    free(s);
}

static bool fill_scratch(scratch *s, const scan *c) {
    const agl__past *p = c->sweep->past;
    const agl_cooperation *d = p->history->data;
    size_t n = (size_t)p->n;
    for (int at = 0; at < (c->singly ? 1 : AGL__BLOCK); at++) {
        s->lane[at].sum = AGL_NEW(common, n);
        s->lane[at].touched = AGL_NEW(int32_t, n + 1); /* one beyond the last is written to */
        if (!s->lane[at].sum || !s->lane[at].touched) return false;
    }
    s->walk = AGL_NEW(double, (c->singly ? 2 : LANES) * n);
    s->paths = AGL_NEW(double, c->singly ? 0 : LANES *n);
    s->share = AGL_NEW(double, d->n_topics);
    s->reach = AGL_NEW(double, d->n_topics);
    s->affinity = AGL_NEW(double, d->n_places);
    s->met = AGL_NEW(uint8_t, n);
    return s->walk && s->paths && s->share && s->reach && s->affinity && s->met;
}

agl_status agl__pairs_scan(const agl__sweep *sweep, agl__pairs_fn visit, void *arg, const char *what,
                           const agl_ctx *ctx, agl_error *err) {
    size_t blocks = (sweep->n + AGL__BLOCK - 1) / AGL__BLOCK, workers = (size_t)agl_threads(ctx);
    if (workers > blocks) workers = blocks;
    scan c = {.sweep = sweep,
              .singly = sweep->counts_only || sweep->few || sweep->worth,
              .visit = visit,
              .arg = arg,
              .scratch = AGL_NEW(scratch, workers)};
    bool ok = c.scratch != NULL;
    for (size_t k = 0; ok && k < workers; k++)
        ok = fill_scratch(&c.scratch[k], &c);
    agl_status status = ok ? agl__parallel(blocks, scan_block, &c, what, ctx, err) : agl_fail_memory(err);
    free_scratch(c.scratch, workers);
    return status;
}

agl_status agl__katz_step(double *step, const agl__past *p, agl_error *err) {
    double *x = AGL_NEW(double, p->n), *y = AGL_NEW(double, p->n), eigenvalue = 0;
    if (!x || !y) {
        free(x);
        free(y);
        return agl_fail_memory(err);
    }
    for (int32_t v = 0; v < p->n; v++)
        x[v] = 1 / sqrt((double)p->n);
    for (int round = 0; round < 50; round++) {
        double square = 0;
        for (int32_t v = 0; v < p->n; v++) {
            y[v] = 0;
            for (size_t a = p->offset[v]; a < p->offset[v + 1]; a++)
                y[v] += x[p->neighbour[a]];
            square += y[v] * y[v];
        }
        eigenvalue = sqrt(square);
        if (eigenvalue <= 0) break;
        for (int32_t v = 0; v < p->n; v++)
            x[v] = y[v] / eigenvalue;
    }
    *step = eigenvalue > 0 ? 0.5 / eigenvalue : 0.5;
    free(x);
    free(y);
    return AGL_OK;
}

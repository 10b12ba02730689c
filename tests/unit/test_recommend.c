/* Missing links: every fast part against a slow, obvious one; the model on data whose answer is known. */
#include "agglo/recommend.h"
#include "base/mem.h"
#include "base/rng.h"
#include "kernel/network/linkmodel.h"
#include "kernel/network/logistic.h"
#include "kernel/network/ranking.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { ACTORS = 60, PROJECTS = 240, MEMBERS = 6, ROWS = PROJECTS * MEMBERS, TOPICS = 5, PLACES = 4 };

static struct {
    int32_t project[ROWS], actor[ROWS], year[PROJECTS], place[ACTORS], topic[PROJECTS],
        topic_project[PROJECTS];
    uint8_t side[ACTORS];
    double money[ROWS], lon[ACTORS], lat[ACTORS];
    size_t rows;
} made;

/* Actors of a topic (a % TOPICS) meet each other more often than others; 2010..2019. Two kinds unless
 * one_sided. */
static agl_cooperation cooperation(uint64_t seed, bool one_sided) {
    agl_rng rng = agl__rng(seed, 0, 0);
    made.rows = 0;
    for (int32_t a = 0; a < ACTORS; a++) {
        made.side[a] = (uint8_t)(one_sided ? 3 : a % 3 == 0 ? 1 : a % 3 == 1 ? 2 : 0);
        made.place[a] = a % 7 == 6 ? -1 : a % PLACES;
        made.lon[a] = a == 5 ? (double)NAN : (double)a;
        made.lat[a] = a / 2.0;
    }
    for (int32_t p = 0; p < PROJECTS; p++) {
        made.year[p] = p == 7 ? INT32_MIN : 2010 + p * 10 / PROJECTS;
        made.topic[p] = (int32_t)agl__rng_below(&rng, TOPICS);
        made.topic_project[p] = p;
        uint32_t size = 1 + agl__rng_below(&rng, MEMBERS - 1);
        for (uint32_t k = 0; k < size; k++) {
            bool at_home = agl__rng_unit(&rng) < 0.8;
            int32_t draw = (int32_t)(ACTORS * pow(agl__rng_unit(&rng), 1.5));
            made.actor[made.rows] = at_home ? (draw / TOPICS) * TOPICS + made.topic[p] : draw;
            made.money[made.rows] = k == 2 ? (double)NAN : 10.0 * (k + 1);
            made.project[made.rows++] = p;
        }
    }
    return (agl_cooperation){.n_projects = PROJECTS,
                             .n_actors = ACTORS,
                             .rows = made.rows,
                             .project = made.project,
                             .actor = made.actor,
                             .money = made.money,
                             .year = made.year,
                             .side = made.side,
                             .place = made.place,
                             .n_places = PLACES,
                             .lon = made.lon,
                             .lat = made.lat,
                             .topic_rows = PROJECTS,
                             .topic_project = made.topic_project,
                             .topic = made.topic,
                             .n_topics = TOPICS};
}

/* ---- ranking ---------------------------------------------------------------------------------------------
 */

typedef struct scored {
    double score, weight;
    int positive;
} scored;

static int by_score(const void *a, const void *b) {
    const scored *p = a, *q = b;
    return (p->score < q->score) - (p->score > q->score);
}

/* Average precision, auc and precision by looking at the whole list, ties together. */
static void slow_quality(double *ap, double *auc, double *precision, scored *s, size_t n, double k) {
    double hits = 0, seen = 0, all = 0, negatives = 0;
    qsort(s, n, sizeof *s, by_score);
    for (size_t i = 0; i < n; i++)
        *(s[i].positive ? &all : &negatives) += s[i].weight;
    *ap = *auc = 0;
    *precision = NAN;
    for (size_t i = 0, end; i < n; i = end) {
        double gained = 0, group = 0;
        for (end = i; end < n && s[end].score == s[i].score; end++) {
            group += s[end].weight;
            gained += s[end].positive ? s[end].weight : 0;
        }
        if (isnan(*precision) && seen + group >= k) *precision = (hits + gained * (k - seen) / group) / k;
        *auc += gained * (negatives - (seen - hits) - 0.5 * (group - gained));
        hits += gained;
        seen += group;
        if (gained > 0) *ap += gained / all * hits / seen;
    }
    *auc /= all * negatives;
}

START_TEST(ranking_counts_exactly) {
    enum { N = 400 };
    for (uint32_t round = 0; round < 20; round++) {
        agl_rng rng = agl__rng(3, round, 0);
        scored list[N];
        double positive[N], weight[N], scratch[N];
        size_t np = 0;
        for (size_t i = 0; i < N; i++) {
            list[i].positive = agl__rng_unit(&rng) < 0.1;
            list[i].weight = list[i].positive && round % 2 ? agl__rng_below(&rng, 3) : 1;
            list[i].score =
                round < 10 ? agl__rng_below(&rng, 8) : agl__rng_unit(&rng) + 0.3 * list[i].positive;
            if (!list[i].positive) continue;
            positive[np] = list[i].score;
            weight[np++] = list[i].weight;
        }
        agl__ranking r;
        ck_assert_int_eq(agl__ranking_new(&r, positive, np, NULL), AGL_OK);
        uint64_t *count = AGL_NEW(uint64_t, agl__ranking_slots(&r));
        for (size_t i = 0; i < N; i++)
            if (!list[i].positive) count[agl__ranking_slot(&r, list[i].score)]++;
        agl__quality q;
        double ap, auc, precision, fast, k = 30;
        agl__ranking_quality(&q, &fast, &r, count, weight, &k, 1, scratch);
        slow_quality(&ap, &auc, &precision, list, N, k);
        ck_assert_double_eq_tol(q.average_precision, ap, 1e-12);
        ck_assert_double_eq_tol(q.auc, auc, 1e-12);
        ck_assert_double_eq_tol(fast, precision, 1e-12);
        free(count);
        agl__ranking_free(&r);
    }
}
END_TEST

/* ---- logistic regression ---------------------------------------------------------------------------------
 */

START_TEST(logistic_meets_its_conditions) {
    enum { N = 500, Q = 3 };
    double x[N * Q], w[N], beta[Q + 1] = {0}, ridge = 2;
    uint8_t y[N];
    agl_rng rng = agl__rng(5, 0, 0);
    for (int r = 0; r < N; r++) {
        double eta = -1;
        for (int k = 0; k < Q; k++) {
            x[r * Q + k] = agl__rng_normal(&rng);
            eta += (k - 1) * x[r * Q + k];
        }
        y[r] = agl__rng_unit(&rng) < 1 / (1 + exp(-eta));
        w[r] = 0.5 + agl__rng_unit(&rng);
    }
    ck_assert_int_eq(agl__logistic(beta, x, N, Q, y, w, ridge, NULL, NULL), AGL_OK);
    for (int k = 0; k <= Q; k++) { /* slope of the penalised likelihood is zero */
        double slope = k == 0 ? 0 : -ridge * beta[k];
        for (int r = 0; r < N; r++) {
            double eta = beta[0];
            for (int l = 0; l < Q; l++)
                eta += beta[l + 1] * x[r * Q + l];
            slope += w[r] * (y[r] - 1 / (1 + exp(-eta))) * (k == 0 ? 1 : x[r * Q + k - 1]);
        }
        ck_assert_double_eq_tol(slope, 0, 1e-3);
    }
    /* one binary feature without penalty: the log odds of the two groups */
    double bx[10] = {0, 0, 0, 0, 1, 1, 1, 1, 1, 1}, bw[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, two[2] = {0, 0};
    uint8_t by[10] = {1, 0, 0, 0, 1, 1, 1, 1, 0, 0};
    ck_assert_int_eq(agl__logistic(two, bx, 10, 1, by, bw, 0, NULL, NULL), AGL_OK);
    ck_assert_double_eq_tol(two[0], log(1.0 / 3), 1e-6);
    ck_assert_double_eq_tol(two[0] + two[1], log(2.0), 1e-6);
}
END_TEST

/* ---- scores and features of pairs
 * --------------------------------------------------------------------------- */

/* The same from the definitions, on dense matrices. */
typedef struct slow {
    double tie[ACTORS][ACTORS], close[ACTORS][ACTORS], recent[ACTORS][ACTORS], degree[ACTORS],
        close_sum[ACTORS], recent_sum[ACTORS], topics[ACTORS][TOPICS], reach[ACTORS][TOPICS];
} slow;

static bool member(int32_t p, int32_t a) {
    for (size_t i = 0; i < made.rows; i++)
        if (made.project[i] == p && made.actor[i] == a) return true;
    return false;
}

static void slow_past(slow *s, int32_t until, bool one_sided) {
    memset(s, 0, sizeof *s);
    for (int32_t p = 0; p < PROJECTS; p++) {
        if (made.year[p] == INT32_MIN || made.year[p] > until) continue;
        double size = 0, fade = pow(0.6, until - made.year[p]);
        bool in[ACTORS];
        for (int32_t a = 0; a < ACTORS; a++)
            size += in[a] = member(p, a);
        for (int32_t a = 0; a < ACTORS; a++) {
            if (!in[a]) continue;
            s->topics[a][made.topic[p]]++;
            for (int32_t b = 0; b < ACTORS; b++) {
                if (!in[b] || a == b) continue;
                s->tie[a][b] = 1;
                s->close[a][b] += 1 / (size - 1);
                s->recent[a][b] += fade;
                bool across = one_sided || (made.side[a] == 1 && made.side[b] == 2) ||
                              (made.side[a] == 2 && made.side[b] == 1);
                s->reach[a][made.topic[p]] += across ? fade : 0;
            }
        }
    }
    for (int32_t a = 0; a < ACTORS; a++)
        for (int32_t b = 0; b < ACTORS; b++) {
            s->degree[a] += s->tie[a][b];
            s->close_sum[a] += s->close[a][b];
            s->recent_sum[a] += s->recent[a][b];
        }
}

static double slow_feature(const slow *s, int f, int32_t i, int32_t j) {
    double x = 0, norm_i = 0, norm_j = 0;
    for (int32_t z = 0; z < ACTORS; z++) {
        if (f == AGL_FEATURE_COMMON && s->tie[i][z] * s->tie[j][z] > 0) x += 1 / s->degree[z];
        if (f == AGL_FEATURE_COMMON_RECENT && s->degree[z] > 0)
            x += s->recent[i][z] * s->recent[z][j] / s->recent_sum[z];
        if (f == AGL_FEATURE_COMMON_CLOSE && s->degree[z] > 0)
            x += s->close[i][z] * s->close[z][j] / s->close_sum[z];
        for (int32_t u = 0; f == AGL_FEATURE_PATHS3 && u < ACTORS; u++)
            if (s->tie[i][z] * s->tie[z][u] * s->tie[u][j] > 0) x += 1 / sqrt(s->degree[z] * s->degree[u]);
    }
    for (int t = 0; t < TOPICS; t++) {
        double total = 0;
        for (int32_t a = 0; a < ACTORS; a++)
            total += made.side[a] & 1 ? s->reach[a][t] : 0;
        if (f == AGL_FEATURE_TOPIC_MEETING && total > 0) x += s->reach[i][t] * s->reach[j][t] / total;
        if (f == AGL_FEATURE_TOPIC_SIMILARITY) x += s->topics[i][t] * s->topics[j][t];
        norm_i += s->topics[i][t] * s->topics[i][t];
        norm_j += s->topics[j][t] * s->topics[j][t];
    }
    return f == AGL_FEATURE_TOPIC_SIMILARITY ? x / sqrt(norm_i * norm_j) : x;
}

static double slow_score(const slow *s, int k, int32_t i, int32_t j, double katz) {
    double x = 0, walks2 = 0, walks3 = 0;
    for (int32_t z = 0; z < ACTORS; z++) {
        double both = s->tie[i][z] * s->tie[j][z];
        walks2 += both;
        for (int32_t u = 0; u < ACTORS; u++)
            walks3 += s->tie[i][z] * s->tie[z][u] * s->tie[u][j];
        if (both > 0 && k == AGL_ADAMIC_ADAR) x += 1 / log(s->degree[z]);
        if (both > 0 && k == AGL_RESOURCE_ALLOCATION) x += 1 / s->degree[z];
    }
    if (k == AGL_COMMON_NEIGHBOURS) return walks2;
    if (k == AGL_PREFERENTIAL_ATTACHMENT) return s->degree[i] * s->degree[j];
    return k == AGL_KATZ ? katz * katz * walks2 + katz * katz * katz * walks3 : x;
}

typedef struct check {
    const slow *truth;
    double katz;
    size_t pairs;
} check;

static agl_status check_pairs(void *arg, const agl__pairs *pairs, int worker, agl_error *err) {
    check *c = arg;
    (void)worker;
    (void)err;
    for (size_t n = 0; n < pairs->n; n++, c->pairs++) {
        int32_t i = pairs->target[n], j = pairs->source;
        ck_assert(c->truth->tie[i][j] == 0 && i != j);
        for (int k = 0; k < AGL_LINK_SCORES; k++)
            ck_assert_double_eq_tol(pairs->score[n * AGL_LINK_SCORES + (size_t)k],
                                    slow_score(c->truth, k, i, j, c->katz), 1e-9);
        for (int f = 0; f <= AGL_FEATURE_TOPIC_SIMILARITY; f++)
            ck_assert_double_eq_tol(pairs->feature[n * AGL_LINK_FEATURES + (size_t)f],
                                    slow_feature(c->truth, f, i, j), 1e-9);
    }
    return AGL_OK;
}

/* What a feature is said to be at most is no less than the feature. */
static bool check_bounds(const void *arg, const agl__partial *pair, int worker) {
    const check *c = arg;
    (void)worker;
    ck_assert(pair->bounded >> AGL_FEATURE_PATHS3 & 1);
    for (int f = 0; f <= AGL_FEATURE_TOPIC_SIMILARITY; f++) {
        double x = slow_feature(c->truth, f, pair->target, pair->source);
        if (pair->bounded >> f & 1)
            ck_assert_double_ge(pair->feature[f], x);
        else
            ck_assert_double_eq_tol(pair->feature[f], x, 1e-9);
    }
    return true;
}

/* Pairs of present actors that have not met, with at least so many common partners. */
static size_t slow_candidates(const slow *truth, const agl__past *p, double common) {
    size_t n = 0;
    for (int32_t i = 0; i < ACTORS; i++)
        for (int32_t j = 0; j < ACTORS; j++) {
            bool pair = p->history->one_sided ? i < j : made.side[i] == 1 && made.side[j] == 2;
            n += pair && p->present[i] && p->present[j] && truth->tie[i][j] == 0 &&
                 slow_score(truth, AGL_COMMON_NEIGHBOURS, i, j, 0) >= common;
        }
    return n;
}

START_TEST(pairs_follow_the_definitions) {
    for (int one_sided = 0; one_sided < 2; one_sided++) {
        agl_cooperation data = cooperation(11, one_sided);
        agl__history h;
        agl__window w;
        static slow truth;
        agl_ctx ctx = AGL_CTX_INIT;
        ctx.threads = 1; /* Check fails from the thread of the test */
        ck_assert_int_eq(agl__history_new(&h, &data, &ctx, NULL), AGL_OK);
        ck_assert_int_eq(h.one_sided, one_sided);
        ck_assert_int_eq(agl__window_new(&w, &h, 2013, 2013, 1e9, &ctx, NULL), AGL_OK);
        slow_past(&truth, 2013, one_sided);
        check c = {.truth = &truth, .katz = w.sweep.katz};
        ck_assert_int_eq(agl__pairs_scan(&w.sweep, check_pairs, &c, NULL, &ctx, NULL), AGL_OK);
        size_t candidates = slow_candidates(&truth, &w.past, 0);
        ck_assert_uint_eq(c.pairs, candidates);
        ck_assert_uint_gt(candidates, 100);
        agl__sweep singly = w.sweep; /* the same, source by source */
        singly.worth = check_bounds;
        singly.worth_arg = &c;
        c.pairs = 0;
        ck_assert_int_eq(agl__pairs_scan(&singly, check_pairs, &c, NULL, &ctx, NULL), AGL_OK);
        ck_assert_uint_eq(c.pairs, candidates);
        singly.worth = NULL;
        singly.few = singly.common_only = true;
        size_t with_common = slow_candidates(&truth, &w.past, 1);
        c.pairs = 0;
        ck_assert_int_eq(agl__pairs_scan(&singly, check_pairs, &c, NULL, &ctx, NULL), AGL_OK);
        ck_assert_uint_eq(c.pairs, with_common);
        ck_assert_uint_lt(with_common, candidates);
        agl__window_free(&w);
        agl__history_free(&h);
    }
}
END_TEST

START_TEST(katz_step_is_half_the_inverse_eigenvalue) {
    /* a complete graph of 5: largest eigenvalue 4 */
    int32_t project[5] = {0, 0, 0, 0, 0}, actor[5] = {0, 1, 2, 3, 4}, year = 2000;
    uint8_t side[5] = {3, 3, 3, 3, 3};
    agl_cooperation d = {.n_projects = 1,
                         .n_actors = 5,
                         .rows = 5,
                         .project = project,
                         .actor = actor,
                         .year = &year,
                         .side = side};
    agl__history h;
    agl__past p;
    double step;
    ck_assert_int_eq(agl__history_new(&h, &d, NULL, NULL), AGL_OK);
    ck_assert_int_eq(agl__past_new(&p, &h, 2000, NULL), AGL_OK);
    ck_assert_int_eq(agl__katz_step(&step, &p, NULL), AGL_OK);
    ck_assert_double_eq_tol(step, 0.125, 1e-12);
    agl__past_free(&p);
    agl__history_free(&h);
}
END_TEST

/* ---- recommendations
 * ---------------------------------------------------------------------------------------- */

static agl_recommendations *recommend(const agl_cooperation *d, const agl_recommend_options *o, int threads) {
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.threads = threads;
    agl_error err = {.message = ""};
    agl_recommendations *r;
    ck_assert_msg(agl_recommend(&r, d, o, &ctx, &err) == AGL_OK, "%s", err.message);
    return r;
}

START_TEST(lists_are_cut_from_the_full_one) {
    agl_cooperation d = cooperation(11, true);
    agl_recommend_options o = AGL_RECOMMEND_OPTIONS_INIT;
    o.top = 100000;
    o.horizon = 5;
    agl_recommendations *all = recommend(&d, &o, 1);
    ck_assert_uint_gt(all->n, 200);
    ck_assert_double_gt(all->trained_on, 50);
    o.top = 25; /* the first of them */
    agl_recommendations *top = recommend(&d, &o, 2);
    ck_assert_uint_eq(top->n, 25);
    for (size_t i = 0; i < 25; i++)
        ck_assert(memcmp(&top->link[i], &all->link[i], sizeof *all->link) == 0);
    agl_recommendations_free(top);
    o.per_actor = 2; /* a link is in when it is among the first two of one of its ends */
    agl_recommendations *each = recommend(&d, &o, 2);
    size_t expected = 0, seen[ACTORS] = {0};
    for (size_t i = 0; i < all->n; i++) {
        const agl_link *l = &all->link[i];
        bool in = seen[l->first] < 2 || seen[l->second] < 2;
        seen[l->first]++;
        seen[l->second]++;
        if (!in) continue;
        ck_assert(each->link[expected].first == l->first && each->link[expected].second == l->second);
        expected++;
    }
    ck_assert_uint_eq(each->n, expected);
    agl_recommendations_free(each);
    o.per_actor = 0;
    o.top = 20;
    o.capacity = 1; /* best first, everyone once */
    agl_recommendations *once = recommend(&d, &o, 2);
    size_t used[ACTORS] = {0}, at = 0;
    for (size_t i = 0; i < once->n; i++)
        ck_assert(used[once->link[i].first]++ == 0 && used[once->link[i].second]++ == 0);
    memset(used, 0, sizeof used);
    for (size_t i = 0; i < all->n && at < 3; i++) {
        const agl_link *l = &all->link[i];
        if (used[l->first] || used[l->second]) continue;
        used[l->first] = used[l->second] = 1;
        ck_assert(once->link[at].first == l->first && once->link[at].second == l->second);
        at++;
    }
    agl_recommendations_free(once);
    agl_recommendations_free(all);
}
END_TEST

START_TEST(constraints_hold) {
    agl_cooperation d = cooperation(11, true);
    uint8_t scope[ACTORS] = {0};
    scope[3] = 1;
    agl_recommend_options o = AGL_RECOMMEND_OPTIONS_INIT;
    o.top = 100000;
    agl_recommendations *all = recommend(&d, &o, 1);
    size_t of_scope = 0, near = 0, apart = 0;
    for (size_t i = 0; i < all->n; i++) {
        const agl_link *l = &all->link[i];
        of_scope += l->first == 3 || l->second == 3;
        near += l->km <= 500;
        apart += made.place[l->first] >= 0 && made.place[l->second] >= 0 &&
                 made.place[l->first] != made.place[l->second];
        ck_assert(l->first < l->second && l->common[0] >= 0 && l->score[AGL_COMMON_NEIGHBOURS] >= 1);
        ck_assert(isnan(l->km) == (l->first == 5 || l->second == 5));
    }
    o.scope = scope;
    agl_recommendations *mine = recommend(&d, &o, 2);
    ck_assert_uint_eq(mine->n, of_scope);
    o.scope = NULL;
    o.max_km = 500;
    agl_recommendations *close = recommend(&d, &o, 2);
    ck_assert_uint_eq(close->n, near);
    o.max_km = 1e300;
    o.apart = 2;
    o.group = made.place;
    agl_recommendations *across = recommend(&d, &o, 2);
    ck_assert_uint_eq(across->n, apart);
    ck_assert_uint_gt(of_scope, 0);
    ck_assert_uint_gt(near, 0);
    ck_assert_uint_gt(apart, 0);
    agl_recommendations_free(all);
    agl_recommendations_free(mine);
    agl_recommendations_free(close);
    agl_recommendations_free(across);
}
END_TEST

START_TEST(back_test_is_fair_and_repeatable) {
    agl_cooperation d = cooperation(17, false);
    const double k[2] = {10, 50};
    agl_recommend_options o = AGL_RECOMMEND_OPTIONS_INIT;
    o.train_until = 2015;
    o.horizon = 3;
    o.replicates = 50;
    o.k = k;
    o.n_k = 2;
    agl_recommendations *one = recommend(&d, &o, 1), *three = recommend(&d, &o, 3);
    ck_assert_uint_eq(one->n, three->n);
    for (size_t i = 0; i < one->n; i++)
        ck_assert(memcmp(&one->link[i], &three->link[i], sizeof *one->link) == 0);
    ck_assert(memcmp(one->weight, three->weight, sizeof one->weight) == 0);
    const agl_backtest *a = one->test, *b = three->test;
    ck_assert(a->gain.value == b->gain.value && a->gain.lo == b->gain.lo && a->gain.hi == b->gain.hi);
    ck_assert(a->sampled == 1 && a->met > 20 && a->met < a->candidates);
    for (int m = 0; m < AGL_LINK_METHODS; m++) {
        const agl_link_quality *q = &a->quality[m];
        ck_assert(q->average_precision.lo <= q->average_precision.value &&
                  q->average_precision.value <= q->average_precision.hi);
        ck_assert(q->auc.value > 0 && q->auc.value <= 1);
    }
    ck_assert_double_gt(a->quality[AGL_LINK_MODEL].auc.value, 0.55);
    /* nothing after the year may leak: the same model when the later projects are taken away, the same
     * candidates */
    double before = a->trained_on;
    for (int32_t p = 0; p < PROJECTS; p++)
        if (made.year[p] > 2015 && p % 2) made.year[p] = INT32_MIN;
    agl_recommendations *fewer = recommend(&d, &o, 2);
    ck_assert_double_eq(fewer->test->trained_on, before);
    ck_assert_double_eq(fewer->test->candidates, a->candidates);
    ck_assert_double_lt(fewer->test->met, a->met);
    agl_recommendations_free(fewer);
    agl_recommendations_free(one);
    agl_recommendations_free(three);
}
END_TEST

START_TEST(bad_input_is_refused) {
    agl_cooperation d = cooperation(17, false);
    agl_recommend_options o = AGL_RECOMMEND_OPTIONS_INIT;
    agl_recommendations *r = NULL;
    agl_error err;
    o.train_until = 2030;
    ck_assert_int_eq(agl_recommend(&r, &d, &o, NULL, &err), AGL_EUSAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "2010 to 2019"));
    for (int32_t p = 0; p < PROJECTS; p++)
        made.year[p] = INT32_MIN;
    o.train_until = INT32_MIN;
    ck_assert_int_eq(agl_recommend(&r, &d, &o, NULL, &err), AGL_EDATA);
    ck_assert_ptr_null(r);
    atomic_bool stop = true;
    agl_ctx ctx = AGL_CTX_INIT;
    ctx.cancel = &stop;
    d = cooperation(17, false);
    ck_assert_int_eq(agl_recommend(&r, &d, &o, &ctx, &err), AGL_ECANCEL);
}
END_TEST

START_TEST(too_little_to_learn_from) {
    /* a path 0-1-2-3 made in one year: no model, but the pairs at distance two in the order of resource
     * allocation */
    int32_t project[] = {0, 0, 1, 1, 2, 2}, actor[] = {0, 1, 1, 2, 2, 3}, year[] = {2000, 2000, 2000};
    uint8_t side[] = {3, 3, 3, 3};
    agl_cooperation d = {.n_projects = 3,
                         .n_actors = 4,
                         .rows = 6,
                         .project = project,
                         .actor = actor,
                         .year = year,
                         .side = side};
    agl_recommendations *r = recommend(&d, NULL, 1);
    ck_assert_double_eq(r->trained_on, 0);
    ck_assert_uint_eq(r->n, 2);
    ck_assert(isnan(r->link[0].probability) && isnan(r->link[0].km) && isnan(r->link[0].similarity));
    ck_assert(r->link[0].first == 0 && r->link[0].second == 2 && r->link[0].common[0] == 1 &&
              r->link[0].common[1] == -1);
    ck_assert_double_eq(r->link[0].score[AGL_RESOURCE_ALLOCATION], 0.5);
    agl_recommendations_free(r);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("recommend");
    TCase *cases = tcase_create("recommend");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, ranking_counts_exactly);
    tcase_add_test(cases, logistic_meets_its_conditions);
    tcase_add_test(cases, pairs_follow_the_definitions);
    tcase_add_test(cases, katz_step_is_half_the_inverse_eigenvalue);
    tcase_add_test(cases, lists_are_cut_from_the_full_one);
    tcase_add_test(cases, constraints_hold);
    tcase_add_test(cases, back_test_is_fair_and_repeatable);
    tcase_add_test(cases, bad_input_is_refused);
    tcase_add_test(cases, too_little_to_learn_from);
    suite_add_tcase(suite, cases);
    return unit_main(suite);
}

#include "base/mem.h"
#include "op/network/kinds.h"
#include "op/network/missing_links.h"
#include "op/network/texts.h"

#include <stdio.h>
#include <string.h>

static const double list_length[] = {10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000};
enum { LENGTHS = sizeof list_length / sizeof *list_length };

/* In the order of their names, for key columns. */
static const int32_t sorted_method[AGL_LINK_METHODS] = {
    AGL_ADAMIC_ADAR, AGL_COMMON_NEIGHBOURS,       AGL_KATZ,
    AGL_LINK_MODEL,  AGL_PREFERENTIAL_ATTACHMENT, AGL_RESOURCE_ALLOCATION};

static double *number(agl_table *out, const char *name) { return agl__run_num(out, name); }

/* ---- back-test
 * --------------------------------------------------------------------------------------------- */

static void put_interval(agl_table *out, size_t row, const char *value, const char *lo, const char *hi,
                         const agl_interval *v) {
    number(out, value)[row] = v->value;
    number(out, lo)[row] = v->lo;
    number(out, hi)[row] = v->hi;
}

static agl_status method_names(agl_dict *names, agl_error *err) {
    const char *text[AGL_LINK_METHODS];
    for (int k = 0; k < AGL_LINK_METHODS; k++)
        text[k] = agl_link_method_name(sorted_method[k]);
    return agl_dict_set(names, text, AGL_LINK_METHODS, err);
}

static agl_status write_quality(const agl__missing_links *m, const agl_dict *names, agl_error *err) {
    const agl_backtest *b = m->result->test;
    agl_table *out;
    int32_t *method = NULL;
    agl_status status = agl__run_output(&out, m->run, "backtest", AGL_LINK_METHODS, err);
    if (status == AGL_OK) status = agl__run_key(&method, out, "method", names, err);
    for (size_t k = 0; status == AGL_OK && k < AGL_LINK_METHODS; k++) {
        const agl_link_quality *q = &b->quality[sorted_method[k]];
        method[k] = (int32_t)k;
        put_interval(out, k, "average_precision", "average_precision_lo", "average_precision_hi",
                     &q->average_precision);
        put_interval(out, k, "auc", "auc_lo", "auc_hi", &q->auc);
        number(out, "lift")[k] = q->average_precision.value * b->candidates / b->met;
    }
    return status;
}

static agl_status write_precision(const agl__missing_links *m, const agl_dict *names, agl_error *err) {
    const agl_backtest *b = m->result->test;
    agl_table *out;
    int32_t *method = NULL;
    size_t lengths = m->options.n_k, row = 0;
    agl_status status = agl__run_output(&out, m->run, "precision", AGL_LINK_METHODS * lengths, err);
    if (status == AGL_OK) status = agl__run_key(&method, out, "method", names, err);
    for (size_t k = 0; status == AGL_OK && k < AGL_LINK_METHODS; k++)
        for (size_t c = 0; c < lengths; c++, row++) {
            method[row] = (int32_t)k;
            number(out, "first")[row] = m->options.k[c];
            put_interval(out, row, "precision", "precision_lo", "precision_hi",
                         &b->quality[sorted_method[k]].precision[c]);
        }
    return status;
}

static agl_status write_test(const agl__missing_links *m, agl_error *err) {
    const agl_backtest *b = m->result->test;
    agl_table *out;
    agl_status status = agl__run_output(&out, m->run, "test", 1, err);
    if (status != AGL_OK) return status;
    *number(out, "train_until") = b->until;
    *number(out, "last_year") = b->last;
    *number(out, "candidates") = b->candidates;
    *number(out, "met") = b->met;
    *number(out, "base_rate") = b->met / b->candidates;
    *number(out, "sampled_share") = b->sampled;
    *number(out, "trained_on") = b->trained_on;
    put_interval(out, 0, "gain", "gain_lo", "gain_hi", &b->gain);
    const char *best = agl_link_method_name(b->best);
    return agl__write_texts(out, "best_baseline", &best, err);
}

static agl_status write_backtest(const agl__missing_links *m, agl_error *err) {
    if (!m->result->test) return AGL_OK;
    agl_dict names = {0};
    agl_status status = method_names(&names, err);
    if (status == AGL_OK) status = write_quality(m, &names, err);
    if (status == AGL_OK) status = write_precision(m, &names, err);
    if (status == AGL_OK) status = write_test(m, err);
    agl_dict_free(&names);
    return status;
}

/* ---- model
 * ------------------------------------------------------------------------------------------------- */

static const char *const feature_meaning[AGL_LINK_FEATURES] = {
    "common partners, those with few partners counting more",
    "common partners, recent projects counting more",
    "common partners, small projects counting more",
    "paths of three steps between the two",
    "meetings expected from their topics alone",
    "similarity of their topics",
    "countries (regions) that often work together",
    "both in one country (region)",
    "distance",
    "partners of the first on the other side",
    "partners of the second",
    "projects of the first",
    "projects of the second",
    "recent projects of the first",
    "recent projects of the second",
    "money of the first",
    "money of the second"};

typedef struct named {
    const char *name;
    int feature;
} named;

static int by_name(const void *a, const void *b) {
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static agl_status write_model(const agl__missing_links *m, agl_error *err) {
    const agl_recommendations *r = m->result;
    named order[AGL_LINK_FEATURES];
    const char *name[AGL_LINK_FEATURES], *meaning[AGL_LINK_FEATURES];
    for (int f = 0; f < AGL_LINK_FEATURES; f++)
        order[f] = (named){agl_link_feature_name(f), f};
    qsort(order, AGL_LINK_FEATURES, sizeof *order, by_name);
    agl_table *out;
    size_t rows = r->trained_on > 0 ? AGL_LINK_FEATURES : 0;
    agl_status status = agl__run_output(&out, m->run, "model", rows, err);
    for (size_t k = 0; status == AGL_OK && k < rows; k++) {
        name[k] = order[k].name;
        meaning[k] = feature_meaning[order[k].feature];
        number(out, "weight")[k] = r->weight[order[k].feature];
        number(out, "screen_weight")[k] = r->screen_weight[order[k].feature];
    }
    if (status == AGL_OK) status = agl__write_texts(out, "feature", name, err);
    return status == AGL_OK ? agl__write_texts(out, "meaning", meaning, err) : status;
}

/* ---- links
 * ------------------------------------------------------------------------------------------------- */

/* A text of each row's actor from code by actor and dictionary; drops the column without codes. */
static agl_status write_codes(agl_table *out, const char *name, const int32_t *actor, const int32_t *code,
                              const agl_dict *dict, agl_error *err) {
    if (!code) return agl__run_drop_column(out, name, err);
    int32_t *to = NULL;
    agl_status status = agl__run_key(&to, out, name, dict, err);
    for (size_t i = 0; status == AGL_OK && i < out->rows; i++)
        to[i] = code[actor[i]];
    return status;
}

static const agl_dict *dict_of(const agl__missing_links *m, const char *role) {
    const agl_column *column = agl__run_column(m->run, "data", role);
    return column ? &column->dict : NULL;
}

/* Name, kind, country and region of one end of the links. */
static agl_status write_end(agl_table *out, const agl__missing_links *m, const char *end,
                            const int32_t *actor, agl_error *err) {
    char name[40];
    agl_dict kinds = {0};
    const struct {
        const char *what;
        const int32_t *code;
        const agl_dict *dict;
    } all[] = {{"name", m->name, dict_of(m, "name")},
               {"kind", m->kind, &kinds},
               {"country", m->country, dict_of(m, "country")},
               {"region", m->region, dict_of(m, "region")}};
    agl_status status = agl_dict_set(&kinds, agl__kind_names, AGL_KINDS, err);
    for (size_t k = 0; k < sizeof all / sizeof *all && status == AGL_OK; k++) {
        snprintf(name, sizeof name, "%s%s", end, all[k].what);
        status = write_codes(out, name, actor, all[k].code, all[k].dict, err);
    }
    agl_dict_free(&kinds);
    return status;
}

static agl_status write_reasons(agl_table *out, const agl__missing_links *m, const agl_link *const *link,
                                agl_error *err) {
    char **text = AGL_NEW(char *, out->rows);
    agl_status status = text ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; i < out->rows && status == AGL_OK; i++)
        if (!(text[i] = agl__missing_links_reason(m, link[i]))) status = agl_fail_memory(err);
    if (status == AGL_OK) status = agl__write_texts(out, "reason", (const char *const *)text, err);
    for (size_t i = 0; text && i < out->rows; i++)
        free(text[i]);
    free(text);
    return status;
}

static int by_ends(const void *a, const void *b) {
    const agl_link *p = *(const agl_link *const *)a, *q = *(const agl_link *const *)b;
    if (p->first != q->first) return p->first < q->first ? -1 : 1;
    return (p->second > q->second) - (p->second < q->second);
}

static void put_numbers(agl_table *out, const agl_recommendations *r, const agl_link *const *link) {
    for (size_t i = 0; i < r->n; i++) {
        number(out, "rank")[i] = (double)(link[i] - r->link) + 1;
        number(out, "probability")[i] = link[i]->probability;
        number(out, "lift")[i] = link[i]->probability / r->base_rate;
        for (int s = 0; s < AGL_LINK_SCORES; s++)
            number(out, agl_link_method_name(s))[i] = link[i]->score[s];
        number(out, "similarity")[i] = link[i]->similarity;
        number(out, "km")[i] = link[i]->km;
    }
}

static agl_status fill_links(agl_table *out, const agl__missing_links *m, const agl_link *const *link,
                             int32_t *ends, agl_error *err) {
    size_t n = out->rows;
    const agl_dict *actors = dict_of(m, "actor");
    int32_t *source = NULL, *target = NULL;
    agl_status status = agl__run_key(&source, out, "source", actors, err);
    if (status == AGL_OK) status = agl__run_key(&target, out, "target", actors, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < n; i++) {
        source[i] = ends[i] = link[i]->first;
        target[i] = ends[n + i] = link[i]->second;
    }
    put_numbers(out, m->result, link);
    if (m->data.topic_rows == 0) status = agl__run_drop_column(out, "similarity", err);
    if (status == AGL_OK && !m->lon) status = agl__run_drop_column(out, "km", err);
    if (status == AGL_OK) status = write_end(out, m, "source_", ends, err);
    if (status == AGL_OK) status = write_end(out, m, "target_", ends + n, err);
    return status == AGL_OK ? write_reasons(out, m, link, err) : status;
}

static agl_status write_links(const agl__missing_links *m, agl_error *err) {
    const agl_recommendations *r = m->result;
    const agl_link **link = AGL_NEW(const agl_link *, r->n);
    int32_t *ends = AGL_NEW(int32_t, 2 * r->n);
    agl_table *out;
    agl_status status =
        link && ends ? agl__run_output(&out, m->run, "links", r->n, err) : agl_fail_memory(err);
    if (status == AGL_OK) {
        for (size_t i = 0; i < r->n; i++)
            link[i] = &r->link[i];
        qsort(link, r->n, sizeof *link, by_ends);
        status = fill_links(out, m, link, ends, err);
    }
    free(link);
    free(ends);
    return status;
}

/* ---- actors
 * ------------------------------------------------------------------------------------------------ */

/* What the links add up to for one actor. */
typedef struct tally {
    double links, expected, best_probability;
    int32_t best; /* partner */
} tally;

static agl_status fill_actors(agl_table *out, const agl__missing_links *m, const tally *t, int32_t *actor,
                              agl_error *err) {
    int32_t *id = NULL, *best = NULL;
    agl_status status = agl__run_key(&id, out, "actor", dict_of(m, "actor"), err);
    if (status == AGL_OK) status = agl__run_key(&best, out, "best", dict_of(m, "actor"), err);
    if (status != AGL_OK) return status;
    size_t row = 0;
    for (int32_t a = 0; a < m->data.n_actors; a++) {
        if (t[a].links == 0) continue;
        id[row] = actor[row] = a;
        best[row] = t[a].best;
        number(out, "links")[row] = t[a].links;
        number(out, "expected")[row] = t[a].expected;
        number(out, "best_probability")[row] = t[a].best_probability;
        if (m->lon) {
            number(out, "lon")[row] = m->lon[a];
            number(out, "lat")[row] = m->lat[a];
        }
        row++;
    }
    if (!m->lon) status = agl__run_drop_column(out, "lon", err);
    if (status == AGL_OK && !m->lon) status = agl__run_drop_column(out, "lat", err);
    return status == AGL_OK ? write_end(out, m, "", actor, err) : status;
}

static agl_status write_actors(const agl__missing_links *m, agl_error *err) {
    const agl_recommendations *r = m->result;
    tally *t = AGL_NEW(tally, m->data.n_actors);
    int32_t *actor = AGL_NEW(int32_t, m->data.n_actors);
    size_t rows = 0;
    for (size_t i = 0; t && i < r->n; i++) {
        const int32_t end[2] = {r->link[i].first, r->link[i].second};
        for (int k = 0; k < 2; k++) {
            tally *of = &t[end[k]];
            if (of->links == 0) { /* links come best first */
                of->best = end[1 - k];
                of->best_probability = r->link[i].probability;
                rows++;
            }
            of->links++;
            of->expected += r->link[i].probability;
        }
    }
    agl_table *out;
    agl_status status =
        t && actor ? agl__run_output(&out, m->run, "actors", rows, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = fill_actors(out, m, t, actor, err);
    free(t);
    free(actor);
    return status;
}

/* ---- the op
 * ------------------------------------------------------------------------------------------------ */

static void warn(const agl__missing_links *m) {
    const agl_recommendations *r = m->result;
    const agl_backtest *b = r->test;
    if (r->trained_on == 0)
        agl__run_warn(
            m->run,
            "too few new ties to learn from (50 are needed); the links are ranked by resource allocation and "
            "have no probability");
    if (r->crowded > 0)
        agl__run_warn(m->run, "%zu links were passed over because an actor had no capacity left", r->crowded);
    if (r->n == 0)
        agl__run_warn(
            m->run,
            "no pair that has not met shares a partner within the constraints, so nothing is recommended");
    if (b && b->trained_on == 0)
        agl__run_warn(
            m->run,
            "back-test: too few new ties before the end of %d to learn from; the model ranked by resource "
            "allocation",
            b->until);
    if (b && b->sampled < 1)
        agl__run_warn(m->run,
                      "back-test: the candidates are those of a random sample of %.1f %% of the actors; see "
                      "--pair-budget",
                      100 * b->sampled);
    if (b && b->met < 100)
        agl__run_warn(m->run, "back-test: only %.0f new ties to predict; read the intervals", b->met);
}

agl_status agl_op_network_recommend(agl_run *run, agl_error *err) {
    agl__missing_links m;
    agl_status status = agl__missing_links_read(&m, run, err);
    m.options.k = list_length;
    m.options.n_k = LENGTHS;
    if (status == AGL_OK) status = agl_recommend(&m.result, &m.data, &m.options, agl__run_ctx(run), err);
    if (status == AGL_OK) warn(&m);
    if (status == AGL_OK && agl__run_wants(run, "links")) status = write_links(&m, err);
    if (status == AGL_OK && agl__run_wants(run, "actors")) status = write_actors(&m, err);
    if (status == AGL_OK && agl__run_wants(run, "model")) status = write_model(&m, err);
    if (status == AGL_OK) status = write_backtest(&m, err);
    agl__missing_links_free(&m);
    return status;
}

#include "kernel/network/recommend.h"

#include "base/mem.h"

#include <string.h>

const char *agl_link_method_name(int method) {
    static const char *const names[AGL_LINK_METHODS] = {
        "common_neighbours",       "adamic_adar", "resource_allocation",
        "preferential_attachment", "katz",        "model"};
    return method >= 0 && method < AGL_LINK_METHODS ? names[method] : "";
}

const char *agl_link_feature_name(int feature) {
    static const char *const names[AGL_LINK_FEATURES] = {
        "common",           "common_recent",  "common_close",    "paths3",         "topic_meeting",
        "topic_similarity", "place_affinity", "same_place",      "distance",       "partners_first",
        "partners_second",  "projects_first", "projects_second", "activity_first", "activity_second",
        "money_first",      "money_second"};
    return feature >= 0 && feature < AGL_LINK_FEATURES ? names[feature] : "";
}

void agl_recommendations_free(agl_recommendations *r) {
    if (!r) return;
    free(r->link);
    agl__backtest_free(r->test);
    free(r);
}

/* Learns from the last `horizon` years of the record. */
static agl_status learn(agl__link_model *model, const agl__history *h, const agl_recommend_options *o,
                        const agl_ctx *ctx, agl_error *err) {
    agl__window before;
    int32_t year = agl__learning_year(h, h->last_year, o->horizon);
    agl_status status = agl__window_new(&before, h, year, h->last_year, o->pair_budget, ctx, err);
    if (status != AGL_OK) return status;
    status = agl__link_model_fit(model, &before, o->ridge, ctx, err);
    agl__window_free(&before);
    return status;
}

static agl_status recommend(agl_recommendations *out, const agl__history *h, const agl_recommend_options *o,
                            const agl_ctx *ctx, agl_error *err) {
    agl__link_model model = {0};
    agl__window today = {0};
    agl__scorer scorer;
    agl_status status = learn(&model, h, o, ctx, err);
    if (status == AGL_OK)
        status = agl__window_new(&today, h, h->last_year, h->last_year, o->pair_budget / 5, ctx, err);
    if (status == AGL_OK) status = agl__scorer_new(&scorer, &model, &today, ctx, err);
    if (status == AGL_OK && today.sampled < 1) { /* the sample only set the scale: now sweep all */
        agl__window_free(&today);
        status = agl__window_new(&today, h, h->last_year, h->last_year, 1e300, ctx, err);
    }
    if (status == AGL_OK) status = agl__recommend_list(out, &scorer, &today, o, ctx, err);
    agl__window_free(&today);
    out->last = h->last_year;
    out->base_rate = model.base_rate;
    out->trained_on = model.fitted ? model.trained_on : 0;
    memcpy(out->weight, model.rank + 1, sizeof out->weight);
    memcpy(out->screen_weight, model.screen + 1, sizeof out->screen_weight);
    return status;
}

agl_status agl_recommend(agl_recommendations **out, const agl_cooperation *data,
                         const agl_recommend_options *options, const agl_ctx *ctx, agl_error *err) {
    const agl_recommend_options defaults = AGL_RECOMMEND_OPTIONS_INIT, *o = options ? options : &defaults;
    *out = NULL;
    agl__history history;
    agl_status status = agl__history_new(&history, data, ctx, err);
    if (status != AGL_OK) return status;
    agl_recommendations *r = AGL_NEW(agl_recommendations, 1);
    status = r ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK && o->train_until != INT32_MIN)
        status = agl__recommend_test(&r->test, &history, o, ctx, err);
    if (status == AGL_OK) status = recommend(r, &history, o, ctx, err);
    agl__history_free(&history);
    if (status == AGL_OK)
        *out = r;
    else
        agl_recommendations_free(r);
    return status;
}

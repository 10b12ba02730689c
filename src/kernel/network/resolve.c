#include "kernel/network/resolve.h"
#include "base/mem.h"
#include "base/sum.h"

#include <string.h>

static agl_status check(const agl_resolve_input *input, const agl_resolve_options *o, agl_error *err) {
    if (!(o->threshold > 0 && o->threshold < 1))
        return agl_fail(err, AGL_EUSAGE, "threshold %g: give a probability between 0 and 1", o->threshold);
    if (!(o->guard >= 0 && o->guard <= o->threshold))
        return agl_fail(err, AGL_EUSAGE, "guard %g: give a probability from 0 to the threshold %g", o->guard,
                        o->threshold);
    if (!(o->floor > 0 && o->floor < 1))
        return agl_fail(err, AGL_EUSAGE, "floor %g: give a probability between 0 and 1", o->floor);
    if (o->max_block < 2) return agl_fail(err, AGL_EUSAGE, "max_block %zu: at least 2", o->max_block);
    for (size_t i = 0; input->weight && i < input->n; i++)
        if (!(input->weight[i] >= 0 && isfinite(input->weight[i])))
            return agl_fail(err, AGL_EDATA, "record %zu: weight %g; give a number of at least 0", i,
                            input->weight[i]);
    return AGL_OK;
}

/* Numbers the groups by their first record. */
static agl_status number_actors(agl_resolution *out, agl_groups *groups, agl_error *err) {
    size_t n = out->n;
    out->actor = AGL_NEW(int32_t, n);
    out->confidence = AGL_NEW(double, n);
    if (!out->actor || !out->confidence) return agl_fail_memory(err);
    for (int32_t i = 0; i < (int32_t)n; i++) {
        int32_t root = agl__groups_root(groups, i); /* the lowest record of the group */
        out->actor[i] = root == i ? out->n_actors++ : out->actor[root];
    }
    return AGL_OK;
}

/* The heavier record names the actor; then the longer name, which is the less abbreviated; then the first. */
static bool names_better(const agl_resolve_input *input, int32_t a, int32_t b) {
    double wa = input->weight ? input->weight[a] : 1, wb = input->weight ? input->weight[b] : 1;
    if (wa != wb) return wa > wb;
    size_t la = input->name[a] ? strlen(input->name[a]) : 0, lb = input->name[b] ? strlen(input->name[b]) : 0;
    return la > lb;
}

static agl_status choose_heads(agl_resolution *out, const agl_resolve_input *input, agl_error *err) {
    out->head = AGL_NEW(int32_t, out->n_actors);
    if (!out->head) return agl_fail_memory(err);
    for (int32_t actor = 0; actor < out->n_actors; actor++)
        out->head[actor] = -1;
    for (int32_t i = 0; i < (int32_t)out->n; i++) {
        int32_t *head = &out->head[out->actor[i]];
        if (*head < 0 || names_better(input, i, *head)) *head = i;
    }
    return AGL_OK;
}

/* Within an actor: mean probability of a record with up to MEMBERS others. Alone: 1 - the best probability
 * left. */
static void set_confidence(agl_resolution *out, agl_groups *groups, const agl_records *records,
                           const agl_pair *pair, size_t n_pairs) {
    enum { MEMBERS = 12 };
    for (int32_t i = 0; i < (int32_t)out->n; i++) {
        out->confidence[i] = 1;
        int32_t root = agl__groups_root(groups, i);
        agl_sum sum = {0, 0};
        int looked = 0;
        for (int32_t j = root; j >= 0 && looked < MEMBERS; j = groups->next[j]) {
            if (j == i) continue;
            agl_evidence evidence;
            agl__score(&evidence, records, i, j);
            bool identified = records->identifier.code[i] >= 0 &&
                              records->identifier.code[i] == records->identifier.code[j];
            agl__sum_add(&sum, identified ? 1 : agl__probability(evidence.total));
            looked++;
        }
        if (looked > 0) out->confidence[i] = agl__sum_value(&sum) / looked;
    }
    for (size_t k = 0; k < n_pairs; k++) {
        int32_t ends[2] = {pair[k].a, pair[k].b};
        if (out->actor[ends[0]] == out->actor[ends[1]] || agl__other_identifier(records, ends[0], ends[1]))
            continue;
        for (int e = 0; e < 2; e++) {
            bool alone = groups->size[agl__groups_root(groups, ends[e])] == 1;
            out->confidence[ends[e]] =
                alone ? fmin(out->confidence[ends[e]], 1 - agl__probability(pair[k].bits))
                      : out->confidence[ends[e]];
        }
    }
}

static agl_status list_matches(agl_resolution *out, const agl_records *records, const agl_pair *pair,
                               size_t n_pairs, const agl_resolve_options *o, agl_error *err) {
    out->matches = AGL_NEW(agl_match, n_pairs);
    if (!out->matches) return agl_fail_memory(err);
    for (size_t k = 0; k < n_pairs; k++) {
        double probability = agl__probability(pair[k].bits);
        if (probability < o->floor) continue;
        agl_match *match = &out->matches[out->n_matches];
        bool linked = out->actor[pair[k].a] == out->actor[pair[k].b];
        *match =
            (agl_match){.a = pair[k].a, .b = pair[k].b, .bits = pair[k].bits, .probability = probability};
        match->fate = linked                                               ? AGL_MATCH_LINKED
                      : agl__other_identifier(records, match->a, match->b) ? AGL_MATCH_IDENTIFIERS
                      : probability >= o->threshold                        ? AGL_MATCH_GUARDED
                                                                           : AGL_MATCH_POSSIBLE;
        agl_evidence evidence;
        agl__score(&evidence, records, match->a, match->b);
        match->reasons = agl__explain(&evidence, records, match->a, match->b);
        if (!match->reasons) return agl_fail_memory(err);
        out->n_matches++;
    }
    return AGL_OK;
}

agl_status agl_resolve(agl_resolution *out, const agl_resolve_input *input,
                       const agl_resolve_options *options, const agl_ctx *ctx, agl_error *err) {
    static const agl_resolve_options defaults = AGL_RESOLVE_OPTIONS_INIT;
    const agl_resolve_options *o = options ? options : &defaults;
    *out = (agl_resolution){.n = input->n};
    agl_records records = {0};
    agl_groups groups = {0};
    agl_pair *pair = NULL;
    size_t n_pairs = 0;
    double threshold = agl__bits(o->threshold), guard = agl__bits(o->guard);
    double least = fmin(threshold, agl__bits(o->floor));

    agl_status status = check(input, o, err);
    if (status == AGL_OK) status = agl__records_new(&records, input, err);
    if (status == AGL_OK) status = agl__candidates(&pair, &n_pairs, &records, o->max_block, least, ctx, err);
    if (status == AGL_OK) status = agl__groups_new(&groups, &records, err);
    if (status == AGL_OK)
        status =
            agl__close(&groups, &out->refused, &records, pair, n_pairs, input, threshold, guard, ctx, err);
    if (status == AGL_OK) status = number_actors(out, &groups, err);
    if (status == AGL_OK) status = choose_heads(out, input, err);
    if (status == AGL_OK) set_confidence(out, &groups, &records, pair, n_pairs);
    if (status == AGL_OK) status = list_matches(out, &records, pair, n_pairs, o, err);
    free(pair);
    agl__groups_free(&groups);
    agl__records_free(&records);
    if (status != AGL_OK) agl_resolution_free(out);
    return status;
}

void agl_resolution_free(agl_resolution *resolution) {
    free(resolution->actor);
    free(resolution->head);
    free(resolution->confidence);
    for (size_t k = 0; k < resolution->n_matches; k++)
        free(resolution->matches[k].reasons);
    free(resolution->matches);
    *resolution = (agl_resolution){0};
}

/* ---- quality ---------------------------------------------------------------------------------- */

typedef struct cell {
    int32_t actor, truth;
} cell;

static int by_cell(const void *a, const void *b) {
    const cell *x = a, *y = b;
    if (x->actor != y->actor) return x->actor < y->actor ? -1 : 1;
    return (x->truth > y->truth) - (x->truth < y->truth);
}

static int by_truth(const void *a, const void *b) {
    const cell *x = a, *y = b;
    return (x->truth > y->truth) - (x->truth < y->truth);
}

static double pairs_of(size_t n) { return (double)n * ((double)n - 1) / 2; }

/* Sum over the runs of equal cells of their pairs. */
static double count_pairs(const cell *c, size_t n, int (*order)(const void *, const void *)) {
    double pairs = 0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && order(&c[begin], &c[end]) == 0;)
            end++;
        pairs += pairs_of(end - begin);
    }
    return pairs;
}

static int by_actor(const void *a, const void *b) {
    const cell *x = a, *y = b;
    return (x->actor > y->actor) - (x->actor < y->actor);
}

agl_status agl_pair_quality_of(agl_pair_quality *out, size_t n, const int32_t *actor, const int32_t *truth,
                               agl_error *err) {
    cell *c = AGL_NEW(cell, n);
    if (!c) return agl_fail_memory(err);
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        if (truth[i] >= 0) c[used++] = (cell){actor[i], truth[i]};
    *out = (agl_pair_quality){0};
    qsort(c, used, sizeof *c, by_cell);
    out->pairs_right = count_pairs(c, used, by_cell);
    out->pairs_found = count_pairs(c, used, by_actor);
    qsort(c, used, sizeof *c, by_truth);
    out->pairs_true = count_pairs(c, used, by_truth);
    free(c);
    out->precision = out->pairs_found > 0 ? out->pairs_right / out->pairs_found : NAN;
    out->recall = out->pairs_true > 0 ? out->pairs_right / out->pairs_true : NAN;
    double both = out->pairs_true + out->pairs_found;
    out->f1 = both > 0 ? 2 * out->pairs_right / both : NAN;
    return AGL_OK;
}

#include "op/network/layers.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* How layers and slices become one number for the projection: layer * slices + slice, which sorts as wanted.
 */
typedef struct plan {
    const agl__events *events;
    const agl_incidence *members;
    agl_projection_weight how;
    bool sliced, summed;
    int32_t first, years, slices; /* first year, years of a slice, number of slices */
    double min_weight;
    double *weight; /* of each layer */
} plan;

void agl__layers_free(agl__layers *l) {
    agl_ties_free(&l->ties);
    free(l->layer);
    free(l->facts);
    free(l->slice);
    *l = (agl__layers){0};
}

/* ---- options
 * ---------------------------------------------------------------------------------------------------------
 */

static agl_status bad_weights(const agl__events *e, const char *text, agl_error *err) {
    char names[200] = "";
    size_t used = 0;
    for (size_t k = 0; k < e->layers.n && used < sizeof names - 1; k++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", k ? ", " : "", e->layers.text[k]);
    return agl_fail(
        err, AGL_EUSAGE,
        "--layer-weights %s: give LAYER=NUMBER, separated by commas, numbers of 0 or more; the layers are %s",
        text, names);
}

/* One "layer=number" of `length` characters. */
static bool read_weight(double *weight, const agl_dict *layers, const char *item, size_t length) {
    const char *equals = memchr(item, '=', length);
    if (!equals || equals + 1 == item + length) return false;
    char *end;
    double value = strtod(equals + 1, &end);
    if (end != item + length || !(value >= 0 && value <= 1e300)) return false;
    for (size_t k = 0; k < layers->n; k++)
        if (strlen(layers->text[k]) == (size_t)(equals - item) &&
            memcmp(layers->text[k], item, (size_t)(equals - item)) == 0) {
            weight[k] = value;
            return true;
        }
    return false;
}

static agl_status read_weights(plan *p, agl_error *err) {
    const agl__events *e = p->events;
    const char *text = agl__run_text(e->run, "layer-weights");
    p->weight = AGL_NEW(double, e->layers.n + 1);
    if (!p->weight) return agl_fail_memory(err);
    for (size_t k = 0; k <= e->layers.n; k++)
        p->weight[k] = 1;
    if (!text) return AGL_OK;
    if (!e->layered)
        return agl_fail(err, AGL_EUSAGE,
                        "--layer-weights needs layers; give the role layer, --patents or --citations");
    for (const char *item = text;; item++) {
        size_t length = strcspn(item, ",");
        if (!read_weight(p->weight, &e->layers, item, length)) return bad_weights(e, text, err);
        item += length;
        if (!*item) return AGL_OK;
    }
}

static agl_status read_slices(plan *p, agl_error *err) {
    const agl__events *e = p->events;
    const char *years = agl__run_text(e->run, "slice-years");
    int32_t last = INT32_MIN;
    p->sliced = years || agl__run_is(e->run, "slice", "year");
    p->years = years ? (int32_t)agl__run_integer(e->run, "slice-years") : 1;
    p->first = INT32_MAX;
    p->slices = 1;
    if (!p->sliced) return AGL_OK;
    if (!e->start)
        return agl_fail(err, AGL_EUSAGE, "%s needs the role start; give --col start=COLUMN",
                        years ? "--slice-years" : "--slice year");
    for (int32_t k = 0; k < e->n_events; k++) {
        if (e->start[k] == INT32_MIN) continue;
        if (e->start[k] < p->first) p->first = e->start[k];
        if (e->start[k] > last) last = e->start[k];
    }
    if (last == INT32_MIN) return AGL_OK;
    int64_t slices = ((int64_t)last - p->first) / p->years + 1;
    if (slices * ((int64_t)e->layers.n + 1) > INT32_MAX / 2)
        return agl_fail(err, AGL_EDATA,
                        "years from %d to %d make too many slices; correct them or use --where", p->first,
                        last);
    p->slices = (int32_t)slices;
    return AGL_OK;
}

/* ---- the ties of all layers
 * ---------------------------------------------------------------------------------------------------------
 */

/* Where the ties of an event go when it lies in `layer`; INT32_MIN = nowhere. */
static int32_t place_of(const plan *p, int32_t event, int32_t layer) {
    int32_t slice = 0;
    if (p->sliced) {
        int32_t start = p->events->start[event];
        if (start == INT32_MIN) return INT32_MIN;
        slice = (int32_t)(((int64_t)start - p->first) / p->years);
    }
    return layer * p->slices + slice;
}

/* Places of all events, in their own layer or all in the layer `only` (>= 0). */
static int32_t *places(const plan *p, int32_t only) {
    const agl__events *e = p->events;
    int32_t *place = AGL_NEW(int32_t, e->n_events);
    for (int32_t k = 0; place && k < e->n_events; k++)
        place[k] = place_of(p, k, only >= 0 ? only : e->layer ? e->layer[k] : 0);
    return place;
}

static agl_status project_events(agl_ties *out, const plan *p, agl_error *err) {
    const agl__events *e = p->events;
    agl_project_facts facts = {.start = e->start, .end = e->end};
    int32_t *place = NULL;
    if (p->sliced || e->layered) {
        facts.slice = place = places(p, -1);
        if (!place) return agl_fail_memory(err);
    }
    agl_status status = agl_project(out, p->members, p->how, e->layered ? 0 : p->min_weight, &facts,
                                    agl__run_ctx(e->run), err);
    free(place);
    return status;
}

static agl_status ties_new(agl_ties *out, size_t n, bool timed, agl_error *err) {
    *out = (agl_ties){.source = AGL_NEW(int32_t, n),
                      .target = AGL_NEW(int32_t, n),
                      .weight = AGL_NEW(double, n),
                      .projects = AGL_NEW(int32_t, n),
                      .slice = AGL_NEW(int32_t, n)};
    bool complete = out->source && out->target && out->weight && out->projects && out->slice;
    if (timed) complete = (out->first = AGL_NEW(int32_t, n)) && complete;
    if (timed) complete = (out->last = AGL_NEW(int32_t, n)) && complete;
    if (complete) return AGL_OK;
    agl_ties_free(out);
    return agl_fail_memory(err);
}

/* Puts tie i of `from` at place `at` of `to`. */
static void copy_tie(agl_ties *to, size_t at, const agl_ties *from, size_t i) {
    to->source[at] = from->source[i];
    to->target[at] = from->target[i];
    to->weight[at] = from->weight[i];
    to->projects[at] = from->projects[i];
    to->slice[at] = from->slice[i];
    if (!to->first) return;
    to->first[at] = from->first[i];
    to->last[at] = from->last[i];
}

static bool before(const agl_ties *a, size_t i, const agl_ties *b, size_t j) {
    if (a->source[i] != b->source[j]) return a->source[i] < b->source[j];
    if (a->target[i] != b->target[j]) return a->target[i] < b->target[j];
    return a->slice[i] < b->slice[j];
}

/* Both sorted lists become one. */
static agl_status merge(agl_ties *ties, const agl_ties *more, agl_error *err) {
    agl_ties out;
    agl_status status = ties_new(&out, ties->n + more->n, ties->first != NULL, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0, j = 0; i < ties->n || j < more->n;) {
        if (j == more->n || (i < ties->n && before(ties, i, more, j)))
            copy_tie(&out, out.n++, ties, i++);
        else
            copy_tie(&out, out.n++, more, j++);
    }
    agl_ties_free(ties);
    *ties = out;
    return AGL_OK;
}

/* Adds the ties through citations; *used = citations between two known documents. */
static agl_status add_citations(agl_ties *ties, double *used, const plan *p, agl_error *err) {
    const agl__events *e = p->events;
    int32_t *citing, *cited, *place = NULL, layer = agl_dict_find(&e->layers, "citation");
    size_t rows;
    agl_ties more = {0};
    agl_status status = agl__events_citations(&citing, &cited, &rows, e, err);
    if (status == AGL_OK && citing) {
        place = places(p, layer);
        const agl_project_facts facts = {.start = e->start, .slice = place};
        status = place ? agl_citation_ties(&more, p->members, rows, citing, cited, p->how, &facts, err)
                       : agl_fail_memory(err);
        for (size_t i = 0; i < rows; i++)
            *used += citing[i] >= 0 && cited[i] >= 0 && citing[i] != cited[i];
        if (status == AGL_OK) status = merge(ties, &more, err);
    }
    agl_ties_free(&more);
    free(place);
    free(citing);
    free(cited);
    return status;
}

/* ---- layers in numbers
 * ---------------------------------------------------------------------------------------------------------
 */

/* Pairs of actors by layer, from ties whose slices are still places; weights are those of the layers. */
static void count_ties(agl__layer_facts *f, const plan *p, const agl_ties *t) {
    for (size_t i = 0, end; i < t->n; i = end) {
        int32_t layers = 0, last = -1;
        for (end = i; end < t->n && t->source[end] == t->source[i] && t->target[end] == t->target[i]; end++) {
            int32_t layer = t->slice[end] / p->slices;
            f[layer].weight += t->weight[end];
            f[layer].ties += layer != last;
            layers += layer != last;
            last = layer;
        }
        last = -1;
        for (size_t k = i; layers > 1 && k < end; k++) {
            int32_t layer = t->slice[k] / p->slices;
            f[layer].shared += layer != last;
            last = layer;
        }
    }
}

/* Events of each layer, and the actors that take part in them or are tied there. */
static agl_status count_actors(agl__layer_facts *f, const plan *p, const agl_ties *t, agl_error *err) {
    const agl__events *e = p->events;
    const agl_incidence *m = p->members;
    int32_t *seen = AGL_NEW(int32_t, e->n_actors); /* last layer in which the actor was counted, plus one */
    if (!seen) return agl_fail_memory(err);
    for (int32_t k = 0; k < e->n_events; k++) { /* events ascend by layer */
        int32_t layer = e->layer[k];
        f[layer].events++;
        for (size_t i = m->project_offset[k]; i < m->project_offset[k + 1]; i++) {
            f[layer].actors += seen[m->actor[i]] != layer + 1;
            seen[m->actor[i]] = layer + 1;
        }
    }
    memset(seen, 0, (size_t)e->n_actors * sizeof *seen);
    int32_t citation = agl__run_input(e->run, "citations") ? agl_dict_find(&e->layers, "citation") : -1;
    for (size_t i = 0; citation >= 0 && i < t->n; i++) {
        if (t->slice[i] / p->slices != citation) continue;
        const int32_t ends[2] = {t->source[i], t->target[i]};
        for (int k = 0; k < 2; k++) {
            f[citation].actors += !seen[ends[k]];
            seen[ends[k]] = 1;
        }
    }
    free(seen);
    return AGL_OK;
}

/* ---- from places back to layers and years
 * ---------------------------------------------------------------------------------------------------------
 */

static int32_t earlier(int32_t a, int32_t b) {
    if (a == INT32_MIN || b == INT32_MIN) return a == INT32_MIN ? b : a;
    return a < b ? a : b;
}

/* Adds tie i to tie `at`. */
static void add_to(agl_ties *t, size_t at, size_t i) {
    t->weight[at] += t->weight[i];
    t->projects[at] += t->projects[i];
    if (!t->first) return;
    t->first[at] = earlier(t->first[at], t->first[i]);
    if (t->last[i] > t->last[at]) t->last[at] = t->last[i];
}

/* Adds up the layers of each pair and slice in place. The ties of a pair come by layer, then slice: few, so
 * that the slice is looked for among those kept. */
static void add_layers(agl_ties *t, int32_t slices) {
    size_t kept = 0;
    for (size_t i = 0, end; i < t->n; i = end) {
        size_t from = kept;
        for (end = i; end < t->n && t->source[end] == t->source[i] && t->target[end] == t->target[i]; end++) {
            int32_t slice = t->slice[end] % slices;
            size_t at = from;
            while (at < kept && t->slice[at] < slice)
                at++;
            if (at < kept && t->slice[at] == slice) {
                add_to(t, at, end);
                continue;
            }
            const int32_t projects = t->projects[end], first = t->first ? t->first[end] : 0;
            const int32_t last = t->last ? t->last[end] : 0, source = t->source[end], target = t->target[end];
            const double weight = t->weight[end];
            for (size_t k = kept; k > at; k--) /* the later slices move up; tie `end` lies behind them */
                copy_tie(t, k, t, k - 1);
            t->source[at] = source;
            t->target[at] = target;
            t->weight[at] = weight;
            t->projects[at] = projects;
            t->slice[at] = slice;
            if (t->first) t->first[at] = first;
            if (t->last) t->last[at] = last;
            kept++;
        }
    }
    t->n = kept;
}

/* Drops what is too light or in a layer of weight zero, and turns places into layers and years. */
static agl_status decode(agl__layers *out, const plan *p, agl_error *err) {
    agl_ties *t = &out->ties;
    bool apart = p->events->layered && !p->summed;
    double threshold = p->min_weight * (1 - 1e-12); /* three thirds are one */
    size_t kept = 0;
    if (apart && !(out->layer = AGL_NEW(int32_t, t->n))) return agl_fail_memory(err);
    for (size_t i = 0; t->slice && i < t->n; i++) {
        int32_t layer = t->slice[i] / p->slices, slice = t->slice[i] % p->slices;
        if (p->events->layered && (t->weight[i] < threshold || t->weight[i] <= 0)) continue;
        copy_tie(t, kept, t, i);
        if (apart) out->layer[kept] = layer;
        t->slice[kept++] = p->sliced ? p->first + slice * p->years : 0;
    }
    if (t->slice) t->n = kept;
    if (!p->sliced) {
        free(t->slice);
        t->slice = NULL;
    }
    return AGL_OK;
}

static agl_status keep_slices(agl__layers *out, const plan *p, agl_error *err) {
    const agl__events *e = p->events;
    out->sliced = p->sliced;
    if (!p->sliced) return AGL_OK;
    out->slice = AGL_NEW(int32_t, e->n_events);
    for (int32_t k = 0; out->slice && k < e->n_events; k++) {
        int32_t place = place_of(p, k, 0);
        out->slice[k] = place == INT32_MIN ? INT32_MIN : p->first + place * p->years;
    }
    return out->slice ? AGL_OK : agl_fail_memory(err);
}

static agl_status tie_layers(agl__layers *out, const plan *p, agl_error *err) {
    const agl__events *e = p->events;
    agl_ties *t = &out->ties;
    double citations = 0;
    agl_status status = project_events(t, p, err);
    if (status == AGL_OK && e->layered) status = add_citations(t, &citations, p, err);
    if (status == AGL_OK && e->layered) {
        for (size_t i = 0; i < t->n; i++)
            t->weight[i] *= p->weight[t->slice[i] / p->slices];
        out->facts = AGL_NEW(agl__layer_facts, e->layers.n);
        status = out->facts ? count_actors(out->facts, p, t, err) : agl_fail_memory(err);
        if (status == AGL_OK) count_ties(out->facts, p, t);
        if (status == AGL_OK && agl__run_input(e->run, "citations"))
            out->facts[agl_dict_find(&e->layers, "citation")].events = citations;
        if (status == AGL_OK && p->summed) add_layers(t, p->slices);
    }
    if (status == AGL_OK) status = decode(out, p, err);
    return status == AGL_OK ? keep_slices(out, p, err) : status;
}

agl_status agl__layers_new(agl__layers *out, const agl__events *e, const agl_incidence *members,
                           agl_error *err) {
    plan p = {.events = e,
              .members = members,
              .how = agl__run_is(e->run, "weights", "fractional") ? AGL_WEIGHT_FRACTIONAL : AGL_WEIGHT_FULL,
              .summed = agl__run_is(e->run, "layers", "sum"),
              .min_weight = agl__run_number(e->run, "min-weight")};
    *out = (agl__layers){0};
    agl_status status = read_weights(&p, err);
    if (status == AGL_OK) status = read_slices(&p, err);
    if (status == AGL_OK) status = tie_layers(out, &p, err);
    free(p.weight);
    if (status != AGL_OK) agl__layers_free(out);
    return status;
}

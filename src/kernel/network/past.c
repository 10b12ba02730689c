#include "kernel/network/past.h"

#include "base/mem.h"
#include "base/sort.h"
#include "kernel/geo/points.h"
#include "kernel/graph/graph.h"

#include <math.h>
#include <string.h>

/* ---- the whole record
 * ---------------------------------------------------------------------------------------------- */

void agl__history_free(agl__history *h) {
    if (!h) return;
    agl_incidence_free(&h->incidence);
    agl_ties_free(&h->ties);
    free(h->topic_offset);
    free(h->topic);
    free(h->position);
    *h = (agl__history){0};
}

/* Distinct topics of each project, ascending. */
static agl_status collect_topics(agl__history *h, agl_error *err) {
    const agl_cooperation *d = h->data;
    agl_incidence found; /* topics as members of projects */
    agl_status status = agl_incidence_new(&found, NULL, d->n_projects, d->n_topics, d->topic_rows,
                                          d->topic_project, d->topic, 0, err);
    if (status != AGL_OK) return status;
    h->topic_offset = found.project_offset;
    h->topic = found.actor;
    found.project_offset = NULL;
    found.actor = NULL;
    agl_incidence_free(&found);
    return AGL_OK;
}

static agl_status collect_positions(agl__history *h, agl_error *err) {
    const agl_cooperation *d = h->data;
    if (!d->lon || !d->lat) return AGL_OK;
    h->position = AGL_NEW(double, 3 * (size_t)d->n_actors);
    if (!h->position) return agl_fail_memory(err);
    const double radian = 0.017453292519943295, earth = AGL_EARTH_RADIUS_KM;
    for (int32_t a = 0; a < d->n_actors; a++) {
        double lon = d->lon[a] * radian, lat = d->lat[a] * radian, *p = h->position + 3 * (size_t)a;
        p[0] = earth * cos(lat) * cos(lon);
        p[1] = earth * cos(lat) * sin(lon);
        p[2] = earth * sin(lat);
    }
    return AGL_OK;
}

double agl__past_distance(const agl__history *h, int32_t a, int32_t b) {
    if (!h->position) return NAN;
    const double *p = h->position + 3 * (size_t)a, *q = h->position + 3 * (size_t)b;
    double x = p[0] - q[0], y = p[1] - q[1], z = p[2] - q[2];
    double chord = sqrt(x * x + y * y + z * z);
    return isnan(chord) ? (double)NAN : agl__distance_of_chord(AGL_SPHERE, chord);
}

/* The actor of each row, -1 where its project has no year; the first and the last year on the way. */
static void date_rows(int32_t *dated, agl__history *h) {
    const agl_cooperation *d = h->data;
    for (size_t i = 0; i < d->rows; i++) {
        int32_t year = d->year[d->project[i]];
        dated[i] = year == INT32_MIN ? -1 : d->actor[i];
        if (year == INT32_MIN) continue;
        if (year < h->first_year) h->first_year = year;
        if (year > h->last_year) h->last_year = year;
    }
}

agl_status agl__history_new(agl__history *h, const agl_cooperation *d, const agl_ctx *ctx, agl_error *err) {
    *h = (agl__history){.data = d, .first_year = INT32_MAX, .last_year = INT32_MIN, .one_sided = true};
    for (int32_t a = 0; a < d->n_actors; a++)
        if (d->side[a] == 1 || d->side[a] == 2) h->one_sided = false;
    int32_t *dated = AGL_NEW(int32_t, d->rows);
    if (!dated) return agl_fail_memory(err);
    date_rows(dated, h);
    agl_status status = h->last_year == INT32_MIN
                            ? agl_fail(err, AGL_EDATA,
                                       "no participation has a year, so there is no past to "
                                       "learn from; bind the role start")
                            : AGL_OK;
    if (status == AGL_OK)
        status = agl_incidence_new(&h->incidence, NULL, d->n_projects, d->n_actors, d->rows, d->project,
                                   dated, 0, err);
    agl_project_facts facts = {.slice = d->year};
    if (status == AGL_OK)
        status = agl_project(&h->ties, &h->incidence, AGL_WEIGHT_FRACTIONAL, 0, &facts, ctx, err);
    if (status == AGL_OK) status = collect_topics(h, err);
    if (status == AGL_OK) status = collect_positions(h, err);
    free(dated);
    if (status != AGL_OK) agl__history_free(h);
    return status;
}

/* ---- the state at the end of a year
 * -------------------------------------------------------------------------------- */

void agl__past_free(agl__past *p) {
    if (!p) return;
    free(p->present);
    free(p->offset);
    free(p->neighbour);
    free(p->close);
    free(p->recent);
    free(p->close_sum);
    free(p->recent_sum);
    free(p->damping);
    free(p->damping_norm);
    for (int k = 0; k < AGL__ACTOR_NUMBERS; k++)
        free(p->number[k]);
    free(p->topic_offset);
    free(p->topic);
    free(p->share);
    free(p->reach);
    free(p->reach_total);
    free(p->reach_norm);
    free(p->place_offset);
    free(p->place_to);
    free(p->place_ties);
    free(p->place_first);
    free(p->place_second);
    *p = (agl__past){0};
}

static double faded(const agl__past *p, int32_t year) { return pow(AGL__FADING, p->until - year); }

static bool known(const agl__past *p, int32_t project) {
    int32_t year = p->history->data->year[project];
    return year != INT32_MIN && year <= p->until;
}

/* What the yearly ties of the pair of tie i come to by the year; returns the end of its ties. */
static size_t merge_pair(double *close, double *recent, const agl__past *p, size_t i) {
    const agl_ties *t = &p->history->ties;
    size_t end = i;
    *close = *recent = 0;
    for (; end < t->n && t->source[end] == t->source[i] && t->target[end] == t->target[i]; end++) {
        if (t->slice[end] > p->until) continue;
        *close += t->weight[end];
        *recent += t->projects[end] * faded(p, t->slice[end]);
    }
    return end;
}

/* Puts both arcs of a pair at the next free places of its ends. */
static void put_arcs(agl__past *p, const int32_t pair[2], double close, double recent) {
    for (int k = 0; k < 2; k++) {
        size_t at = p->offset[pair[k]]++;
        p->neighbour[at] = pair[1 - k];
        p->close[at] = close;
        p->recent[at] = recent;
        p->close_sum[pair[k]] += close;
        p->recent_sum[pair[k]] += recent;
    }
}

static void fill_damping(agl__past *p) {
    for (int32_t v = 0; v < p->n; v++)
        if (agl__past_degree(p, v) > 0) p->damping[v] = 1 / sqrt((double)agl__past_degree(p, v));
    for (int32_t v = 0; v < p->n; v++) {
        double square = 0;
        for (size_t a = p->offset[v]; a < p->offset[v + 1]; a++)
            square += 1 / (double)agl__past_degree(p, p->neighbour[a]);
        p->damping_norm[v] = sqrt(square);
    }
}

/* Merges the yearly ties up to the year into arcs. The ties ascend by (source, target), so that appending to
 * both ends leaves every list ascending: v meets the sources below it before it is a source itself. */
static agl_status make_arcs(agl__past *p, agl_error *err) {
    const agl_ties *t = &p->history->ties;
    p->offset = AGL_NEW(size_t, (size_t)p->n + 1);
    p->close_sum = AGL_NEW(double, p->n);
    p->recent_sum = AGL_NEW(double, p->n);
    p->damping = AGL_NEW(double, p->n);
    p->damping_norm = AGL_NEW(double, p->n);
    if (!p->offset || !p->close_sum || !p->recent_sum || !p->damping || !p->damping_norm)
        return agl_fail_memory(err);
    for (int fill = 0; fill < 2; fill++) {
        for (size_t i = 0, end; i < t->n; i = end) {
            double close, recent;
            end = merge_pair(&close, &recent, p, i);
            if (close <= 0) continue;
            const int32_t pair[2] = {t->source[i], t->target[i]};
            if (fill)
                put_arcs(p, pair, close, recent);
            else
                p->offset[pair[0] + 1]++, p->offset[pair[1] + 1]++;
        }
        if (fill) break;
        agl__counts_to_offsets(p->offset, p->n);
        size_t arcs = p->offset[p->n];
        p->neighbour = AGL_NEW(int32_t, arcs);
        p->close = AGL_NEW(double, arcs);
        p->recent = AGL_NEW(double, arcs);
        if (!p->neighbour || !p->close || !p->recent) return agl_fail_memory(err);
    }
    agl__rewind_offsets(p->offset, p->n);
    fill_damping(p);
    return AGL_OK;
}

/* Bits of the actors whom an actor of side `bits` may be recommended to. */
static uint8_t other_side(uint8_t bits) { return (uint8_t)((bits & 1) << 1 | (bits & 2) >> 1); }

agl_status agl__log_unit(double *e, const double *x, size_t n, agl_error *err) {
    double *positive = AGL_NEW(double, n);
    size_t found = 0;
    if (!positive) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        if (x[i] > 0) positive[found++] = x[i];
    qsort(positive, found, sizeof *positive, agl__ascending);
    *e = found > 0 ? positive[found / 100] : 1;
    free(positive);
    return AGL_OK;
}

static agl_status make_numbers(agl__past *p, agl_error *err) {
    const agl_cooperation *d = p->history->data;
    const agl_incidence *inc = &p->history->incidence;
    for (int k = 0; k < AGL__ACTOR_NUMBERS; k++)
        if (!(p->number[k] = AGL_NEW(double, p->n))) return agl_fail_memory(err);
    for (int32_t a = 0; a < p->n; a++) {
        for (size_t i = inc->actor_offset[a]; i < inc->actor_offset[a + 1]; i++) {
            int32_t project = inc->project[i];
            if (!known(p, project)) continue;
            p->number[AGL__PROJECTS][a]++;
            if (inc->project_offset[project + 1] - inc->project_offset[project] > 1)
                p->number[AGL__ACTIVITY][a] += faded(p, d->year[project]);
        }
        uint8_t other = other_side(d->side[a]);
        for (size_t i = p->offset[a]; i < p->offset[a + 1]; i++)
            p->number[AGL__PARTNERS][a] += (d->side[p->neighbour[i]] & other) != 0;
        p->present[a] = p->number[AGL__PROJECTS][a] > 0;
    }
    for (size_t i = 0; d->money && i < d->rows; i++)
        if (d->money[i] > 0 && known(p, d->project[i])) p->number[AGL__MONEY][d->actor[i]] += d->money[i];
    for (int k = 0; k < AGL__ACTOR_NUMBERS; k++) {
        double e;
        agl_status status = agl__log_unit(&e, p->number[k], (size_t)p->n, err);
        if (status != AGL_OK) return status;
        for (int32_t a = 0; a < p->n; a++)
            p->number[k][a] = log(p->number[k][a] + e);
    }
    return AGL_OK;
}

/* ---- topics
 * -------------------------------------------------------------------------------------------------------- */

/* Actors of a project by side: those that may come first, second. */
static void count_sides(double sides[2], const agl__history *h, int32_t project) {
    sides[0] = sides[1] = 0;
    for (size_t i = h->incidence.project_offset[project]; i < h->incidence.project_offset[project + 1]; i++) {
        uint8_t side = h->data->side[h->incidence.actor[i]];
        sides[0] += side & 1;
        sides[1] += side >> 1 & 1;
    }
}

/* Partners of the other side that an actor meets in a project. */
static double met_across(const double sides[2], uint8_t side) {
    if (side == 3) return fmax(sides[0] - 1, 0); /* one side: all but itself */
    return side == 1 ? sides[1] : side == 2 ? sides[0] : 0;
}

/* Adds the projects of one actor to count and reach by topic; touched receives the topics. Returns how many.
 */
static size_t add_topics(double *count, double *reach, int32_t *touched, const agl__past *p, int32_t a,
                         const double (*sides)[2]) {
    const agl__history *h = p->history;
    size_t n = 0;
    for (size_t i = h->incidence.actor_offset[a]; i < h->incidence.actor_offset[a + 1]; i++) {
        int32_t project = h->incidence.project[i];
        if (!known(p, project)) continue;
        double met = met_across(sides[project], h->data->side[a]) * faded(p, h->data->year[project]);
        for (size_t k = h->topic_offset[project]; k < h->topic_offset[project + 1]; k++) {
            if (count[h->topic[k]]++ == 0) touched[n++] = h->topic[k];
            reach[h->topic[k]] += met;
        }
    }
    return n;
}

static int by_id(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

typedef struct topic_scratch {
    double *count, *reach;
    int32_t *touched;
    double (*sides)[2];
} topic_scratch;

static agl_status fill_topics(agl__past *p, topic_scratch *s, agl_error *err) {
    const agl_cooperation *d = p->history->data;
    size_t used = 0, capacity = 0;
    size_t share_capacity = 0, reach_capacity = 0;
    for (int32_t a = 0; a < p->n; a++) {
        size_t n = add_topics(s->count, s->reach, s->touched, p, a, (const double(*)[2])s->sides);
        void *topic = agl__grow(p->topic, &capacity, used + n + 1, sizeof *p->topic);
        if (topic) p->topic = topic;
        void *share = topic ? agl__grow(p->share, &share_capacity, used + n + 1, sizeof *p->share) : NULL;
        if (share) p->share = share;
        void *reach = share ? agl__grow(p->reach, &reach_capacity, used + n + 1, sizeof *p->reach) : NULL;
        if (!reach) return agl_fail_memory(err);
        p->reach = reach;
        qsort(s->touched, n, sizeof *s->touched, by_id);
        double square = 0;
        for (size_t k = 0; k < n; k++)
            square += s->count[s->touched[k]] * s->count[s->touched[k]];
        for (size_t k = 0; k < n; k++, used++) {
            int32_t t = s->touched[k];
            p->topic[used] = t;
            p->share[used] = s->count[t] / sqrt(square);
            p->reach[used] = s->reach[t];
            if (d->side[a] & 1) p->reach_total[t] += s->reach[t];
            s->count[t] = s->reach[t] = 0;
        }
        p->topic_offset[a + 1] = used;
    }
    return AGL_OK;
}

static void norm_reach(agl__past *p) {
    for (int32_t a = 0; a < p->n; a++) {
        double square = 0;
        for (size_t k = p->topic_offset[a]; k < p->topic_offset[a + 1]; k++) {
            double total = p->reach_total[p->topic[k]];
            if (total > 0) square += p->reach[k] * p->reach[k] / total;
        }
        p->reach_norm[a] = sqrt(square);
    }
}

static agl_status make_topics(agl__past *p, agl_error *err) {
    const agl_cooperation *d = p->history->data;
    size_t n_topics = (size_t)d->n_topics;
    topic_scratch s = {.count = AGL_NEW(double, n_topics),
                       .reach = AGL_NEW(double, n_topics),
                       .touched = AGL_NEW(int32_t, n_topics),
                       .sides = calloc((size_t)d->n_projects + 1, sizeof *s.sides)};
    p->topic_offset = AGL_NEW(size_t, (size_t)p->n + 1);
    p->reach_total = AGL_NEW(double, n_topics);
    p->reach_norm = AGL_NEW(double, p->n);
    bool ok =
        s.count && s.reach && s.touched && s.sides && p->topic_offset && p->reach_total && p->reach_norm;
    agl_status status = ok ? AGL_OK : agl_fail_memory(err);
    for (int32_t project = 0; status == AGL_OK && project < d->n_projects; project++)
        count_sides(s.sides[project], p->history, project);
    if (status == AGL_OK) status = fill_topics(p, &s, err);
    if (status == AGL_OK) norm_reach(p);
    free(s.count);
    free(s.reach);
    free(s.touched);
    free(s.sides);
    return status;
}

/* ---- places
 * -------------------------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Keys (place of the second, place of the first) of every arc across the sides; returns how many. */
static size_t place_keys(uint64_t *key, const agl__past *p) {
    const agl_cooperation *d = p->history->data;
    size_t n = 0;
    for (int32_t a = 0; a < p->n; a++) {
        if (!(d->side[a] & 2) || d->place[a] < 0) continue;
        for (size_t i = p->offset[a]; i < p->offset[a + 1]; i++) {
            int32_t b = p->neighbour[i];
            if ((d->side[b] & 1) && d->place[b] >= 0)
                key[n++] = (uint64_t)d->place[a] << 32 | (uint32_t)d->place[b];
        }
    }
    return n;
}

/* Counts the ties of each pair of places from the sorted keys, and of each place. */
static void count_place_ties(agl__past *p, const uint64_t *key, size_t n, size_t places) {
    size_t used = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && key[end] == key[i];)
            end++;
        int32_t second = (int32_t)(key[i] >> 32), first = (int32_t)(key[i] & 0xffffffff);
        p->place_to[used] = first;
        p->place_ties[used++] = (double)(end - i);
        p->place_offset[second + 1] = used;
        p->place_first[first] += (double)(end - i);
        p->place_second[second] += (double)(end - i);
    }
    for (size_t k = 0; k < places; k++)
        if (p->place_offset[k + 1] < p->place_offset[k]) p->place_offset[k + 1] = p->place_offset[k];
    p->ties_across = (double)n;
}

static agl_status make_places(agl__past *p, agl_error *err) {
    const agl_cooperation *d = p->history->data;
    size_t places = d->place && d->n_places > 0 ? (size_t)d->n_places : 0;
    p->place_offset = AGL_NEW(size_t, places + 1);
    p->place_first = AGL_NEW(double, places);
    p->place_second = AGL_NEW(double, places);
    uint64_t *key = AGL_NEW(uint64_t, places > 0 ? p->offset[p->n] : 0);
    agl_status status =
        p->place_offset && p->place_first && p->place_second && key ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        size_t n = places > 0 ? place_keys(key, p) : 0;
        qsort(key, n, sizeof *key, by_key);
        p->place_to = AGL_NEW(int32_t, n);
        p->place_ties = AGL_NEW(double, n);
        if (p->place_to && p->place_ties)
            count_place_ties(p, key, n, places);
        else
            status = agl_fail_memory(err);
    }
    free(key);
    return status;
}

agl_status agl__past_new(agl__past *p, const agl__history *history, int32_t until, agl_error *err) {
    *p = (agl__past){.history = history, .n = history->data->n_actors, .until = until};
    p->present = AGL_NEW(uint8_t, p->n);
    agl_status status = p->present ? make_arcs(p, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = make_numbers(p, err);
    if (status == AGL_OK) status = make_topics(p, err);
    if (status == AGL_OK) status = make_places(p, err);
    if (status != AGL_OK) agl__past_free(p);
    return status;
}

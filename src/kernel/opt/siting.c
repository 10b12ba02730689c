/* Greedy opening and exchange of sites. Demand runs in the outer loop, sites in the inner one: a row of
 * distances is contiguous, price and nearest sites of the demand are scalars, and the sums over demand stay
 * in cache. */
#include "kernel/opt/siting.h"
#include "base/intern.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

enum { PARTS = 32 };
#define SLOTS   4194304.0 /* numbers in all slots together */
#define TINY    1e-12     /* of the objective: an exchange must save more */
#define NO_MOVE SIZE_MAX

void agl__siting_assign(int32_t *site, double *distance, const agl_siting *s, const double *open) {
    for (size_t i = 0; i < (size_t)s->n_demand; i++) {
        const double *row = s->distance + i * (size_t)s->n_sites;
        int32_t nearest = -1;
        for (int32_t j = 0; j < s->n_sites; j++)
            if (open[j] > 0.5 && !isnan(row[j]) && (nearest < 0 || row[j] < row[nearest])) nearest = j;
        if (site) site[i] = nearest;
        if (distance) distance[i] = nearest < 0 ? (double)NAN : row[nearest];
    }
}

/* Costs of demand i at every site. */
static void cost_row(double *row, const agl__siting *t, size_t i) {
    const double *d = t->s->distance + i * t->sites, reach = t->s->reach, far = t->far;
    if (t->s->cover)
        for (size_t j = 0; j < t->sites; j++)
            row[j] = d[j] <= reach ? 0 : 1;
    else
        for (size_t j = 0; j < t->sites; j++)
            row[j] = d[j] < far ? d[j] : far; /* NaN: cannot be served */
}

/* Merges demand with equal rows, by hashing. */
static agl_status find_classes(agl__siting *t, agl_error *err) {
    size_t n = (size_t)t->s->n_demand, slots = 64, rows = 0, bytes = t->sites * sizeof(double);
    while (slots < 2 * n)
        slots *= 2;
    int32_t *slot = AGL_NEW(int32_t, slots); /* 1 + class */
    double *row = AGL_NEW(double, t->sites);
    t->weight = AGL_NEW(double, n);
    agl_status status = slot && row && t->weight ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; status == AGL_OK && i < n; i++) {
        if (!(t->s->weight[i] > 0)) continue;
        cost_row(row, t, i);
        size_t at = (size_t)agl__hash_bytes(row, bytes) & (slots - 1);
        while (slot[at] && memcmp(t->cost + (size_t)(slot[at] - 1) * t->sites, row, bytes) != 0)
            at = (at + 1) & (slots - 1);
        if (!slot[at]) {
            double *more = agl__grow(t->cost, &rows, (t->demand + 1) * t->sites, sizeof *t->cost);
            if (!more) {
                status = agl_fail_memory(err);
                break;
            }
            t->cost = more;
            memcpy(t->cost + t->demand * t->sites, row, bytes);
            slot[at] = (int32_t)++t->demand;
        }
        t->weight[slot[at] - 1] += t->s->weight[i];
    }
    free(slot);
    free(row);
    return status;
}

agl_status agl__siting_new(agl__siting *out, const agl_siting *s, double far, size_t most, const agl_ctx *ctx,
                           agl_error *err) {
    *out = (agl__siting){
        .s = s, .far = s->cover ? 1 : far, .sites = (size_t)s->n_sites, .parts = PARTS, .ctx = ctx};
    out->slot_size = out->sites * (most + 1) + 1;
    while (out->parts > 1 && (double)out->slot_size * (double)out->parts > SLOTS)
        out->parts /= 2;
    out->slot = AGL_NEW(double, out->slot_size * out->parts);
    return out->slot ? find_classes(out, err) : agl_fail_memory(err);
}

void agl__siting_free(agl__siting *t) {
    free(t->cost);
    free(t->weight);
    free(t->slot);
}

agl_status agl__sites_new(agl__sites *out, const agl__siting *t, agl_error *err) {
    *out = (agl__sites){.at = AGL_NEW(int32_t, t->sites),
                        .open = AGL_NEW(uint8_t, t->sites),
                        .nearest = AGL_NEW(int32_t, t->demand),
                        .cost = AGL_NEW(double, t->demand),
                        .next = AGL_NEW(double, t->demand)};
    return out->at && out->open && out->nearest && out->cost && out->next ? AGL_OK : agl_fail_memory(err);
}

void agl__sites_free(agl__sites *set) {
    free(set->at);
    free(set->open);
    free(set->nearest);
    free(set->cost);
    free(set->next);
}

void agl__sites_copy(agl__sites *to, const agl__sites *from, const agl__siting *t) {
    to->n = from->n, to->objective = from->objective, to->spent = from->spent;
    memcpy(to->at, from->at, t->sites * sizeof *to->at);
    memcpy(to->open, from->open, t->sites * sizeof *to->open);
    memcpy(to->nearest, from->nearest, t->demand * sizeof *to->nearest);
    memcpy(to->cost, from->cost, t->demand * sizeof *to->cost);
    memcpy(to->next, from->next, t->demand * sizeof *to->next);
}

/* ---- nearest sites ------------------------------------------------------------------------------ */

typedef struct pass {
    const agl__siting *t;
    agl__sites *set;
    bool wants_changes;
} pass;

static size_t part_begin(const agl__siting *t, size_t part) { return t->demand * part / t->parts; }

static agl_status find_nearest(void *arg, size_t part, int worker, agl_error *err) {
    pass *p = arg;
    const agl__siting *t = p->t;
    agl__sites *set = p->set;
    double sum = 0;
    (void)worker;
    for (size_t i = part_begin(t, part); i < part_begin(t, part + 1); i++) {
        const double *row = t->cost + i * t->sites;
        double first = t->far, second = t->far;
        int32_t nearest = set->n > 0 ? 0 : -1;
        for (size_t r = 0; r < set->n; r++) {
            double c = row[set->at[r]];
            if (c < first) {
                second = first;
                first = c;
                nearest = (int32_t)r;
            } else if (r > 0 && c < second) {
                second = c;
            }
        }
        set->nearest[i] = nearest;
        set->cost[i] = first;
        set->next[i] = second;
        sum += t->weight[i] * first;
    }
    t->slot[part * t->slot_size] = sum;
    return agl_cancelled(t->ctx) ? agl_fail(err, AGL_ECANCEL, "cancelled") : AGL_OK;
}

agl_status agl__sites_set(agl__sites *set, const int32_t *at, size_t n, const agl__siting *t,
                          agl_error *err) {
    pass p = {.t = t, .set = set};
    memmove(set->at, at, n * sizeof *at);
    memset(set->open, 0, t->sites);
    set->n = n;
    set->spent = set->objective = 0;
    for (size_t r = 0; r < n; r++) {
        set->open[set->at[r]] = 1;
        set->spent += t->s->cost[set->at[r]];
    }
    agl_status status = agl__parallel(t->parts, find_nearest, &p, NULL, t->ctx, err);
    for (size_t part = 0; part < t->parts; part++)
        set->objective += t->slot[part * t->slot_size];
    return status;
}

/* ---- what changes would bring ------------------------------------------------------------------- */

/* For demand with the nearest cost f and the next one s, a site that costs c saves w max(0, f - c) when it
 * opens; when it opens and the nearest closes, the demand then pays min(max(c, f), s) instead of f. */
static agl_status sum_changes(void *arg, size_t part, int worker, agl_error *err) {
    pass *p = arg;
    const agl__siting *t = p->t;
    const agl__sites *set = p->set;
    double *gain = t->slot + part * t->slot_size;
    (void)worker;
    memset(gain, 0, t->sites * (p->wants_changes ? set->n + 1 : 1) * sizeof *gain);
    for (size_t i = part_begin(t, part); i < part_begin(t, part + 1); i++) {
        const double *row = t->cost + i * t->sites;
        double w = t->weight[i], f = set->cost[i], s = set->next[i];
        for (size_t j = 0; j < t->sites; j++)
            gain[j] += row[j] < f ? w * (f - row[j]) : 0;
        if (!p->wants_changes || set->nearest[i] < 0 || !(s > f)) continue;
        double *change = gain + t->sites * ((size_t)set->nearest[i] + 1);
        for (size_t j = 0; j < t->sites; j++) {
            double c = row[j] > f ? row[j] : f;
            change[j] += w * ((c < s ? c : s) - f);
        }
    }
    return agl_cancelled(t->ctx) ? agl_fail(err, AGL_ECANCEL, "cancelled") : AGL_OK;
}

agl_status agl__siting_changes(double *gain, double *change, const agl__sites *set, const agl__siting *t,
                               agl_error *err) {
    pass p = {.t = t, .set = (agl__sites *)(uintptr_t)set, .wants_changes = change != NULL};
    size_t n = change ? t->sites * set->n : 0;
    agl_status status = agl__parallel(t->parts, sum_changes, &p, NULL, t->ctx, err);
    memset(gain, 0, t->sites * sizeof *gain);
    if (change) memset(change, 0, n * sizeof *change);
    for (size_t part = 0; status == AGL_OK && part < t->parts; part++) {
        const double *slot = t->slot + part * t->slot_size;
        for (size_t j = 0; j < t->sites; j++)
            gain[j] += slot[j];
        for (size_t k = 0; k < n; k++)
            change[k] += slot[t->sites + k];
    }
    return status;
}

/* ---- moves -------------------------------------------------------------------------------------- */

static bool may_open(const agl__sites *set, const agl__siting *t, size_t j) {
    return !set->open[j] && !(t->s->fixed && t->s->fixed[j] < 0);
}

static bool affordable(const agl__siting *t, double spent) { return spent <= t->s->budget * (1 + 1e-12); }

agl_status agl__siting_greedy(agl__sites *set, const agl__siting *t, agl_error *err) {
    double *gain = AGL_NEW(double, t->sites);
    agl_status status = gain ? AGL_OK : agl_fail_memory(err);
    while (status == AGL_OK && (double)set->n + 1 <= t->s->max_sites && set->n < t->sites) {
        size_t best = NO_MOVE;
        double most = 0;
        status = agl__siting_changes(gain, NULL, set, t, err);
        for (size_t j = 0; status == AGL_OK && j < t->sites; j++) {
            double c = t->s->cost[j];
            if (!may_open(set, t, j) || !(gain[j] > 0) || !affordable(t, set->spent + c)) continue;
            double value = isinf(t->s->budget) ? gain[j] : gain[j] / fmax(c, 1e-300);
            if (value > most) most = value, best = j;
        }
        if (status != AGL_OK || best == NO_MOVE) break;
        set->at[set->n] = (int32_t)best;
        status = agl__sites_set(set, set->at, set->n + 1, t, err);
    }
    free(gain);
    return status;
}

typedef struct move {
    size_t open, close; /* NO_MOVE = none */
    double saves;
} move;

static move best_move(const double *gain, const double *change, const agl__sites *set, const agl__siting *t) {
    move best = {NO_MOVE, NO_MOVE, 0};
    bool room = (double)set->n + 1 <= t->s->max_sites;
    for (size_t j = 0; j < t->sites; j++) {
        if (!may_open(set, t, j)) continue;
        double c = t->s->cost[j];
        if (room && gain[j] > best.saves && affordable(t, set->spent + c)) best = (move){j, NO_MOVE, gain[j]};
        for (size_t r = 0; r < set->n; r++) {
            size_t out = (size_t)set->at[r];
            double saves = gain[j] - change[r * t->sites + j];
            if (!(saves > best.saves) || (t->s->fixed && t->s->fixed[out] > 0) ||
                !affordable(t, set->spent + c - t->s->cost[out]))
                continue;
            best = (move){j, r, saves};
        }
    }
    return best;
}

agl_status agl__siting_exchange(agl__sites *set, const agl__siting *t, agl_error *err) {
    double *gain = AGL_NEW(double, t->sites), *change = NULL;
    agl_status status = gain ? AGL_OK : agl_fail_memory(err);
    while (status == AGL_OK) {
        free(change);
        change = AGL_NEW(double, t->sites * set->n);
        status = change ? agl__siting_changes(gain, change, set, t, err) : agl_fail_memory(err);
        if (status != AGL_OK) break;
        move m = best_move(gain, change, set, t);
        if (m.open == NO_MOVE || !(m.saves > TINY * set->objective)) break;
        double before = set->objective;
        size_t n = set->n + (m.close == NO_MOVE);
        set->at[m.close == NO_MOVE ? n - 1 : m.close] = (int32_t)m.open;
        status = agl__sites_set(set, set->at, n, t, err);
        if (!(set->objective < before)) break; /* rounding only */
    }
    free(gain);
    free(change);
    return status;
}

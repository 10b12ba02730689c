/* The Lagrangian bound on siting problems (Narula, Ogbu and Samuelsson 1977), by subgradient steps. */
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sum.h"
#include "kernel/opt/siting.h"

#include <math.h>
#include <string.h>

enum { PATIENCE = 12, TRY_EVERY = 10 };
#define SHORTEST 1e-3  /* step at which it stops */
#define CLOSE    1e-10 /* gap, relative, that counts as none */
#define ROUNDING 1e-12 /* of the terms of the bound, taken off so that rounding cannot make it too high */

typedef struct ranked {
    double value; /* of opening the site, per unit of cost under a budget; ascending is better */
    int32_t site;
} ranked;

typedef struct dual {
    const agl__siting *t;
    double *price;   /* demand: l_i */
    double *reduced; /* sites: r_j */
    ranked *order;
    int32_t *chosen; /* sites */
    size_t n;        /* chosen */
    agl__sites trial;
    double size; /* of the terms of the bound */
} dual;

static int by_value(const void *a, const void *b) {
    const ranked *p = a, *q = b;
    if (p->value != q->value) return p->value < q->value ? -1 : 1;
    return (p->site > q->site) - (p->site < q->site);
}

static agl_status sum_reduced(void *arg, size_t part, int worker, agl_error *err) {
    dual *d = arg;
    const agl__siting *t = d->t;
    double *reduced = t->slot + part * t->slot_size;
    (void)worker;
    memset(reduced, 0, t->sites * sizeof *reduced);
    for (size_t i = t->demand * part / t->parts; i < t->demand * (part + 1) / t->parts; i++) {
        const double *row = t->cost + i * t->sites;
        double w = t->weight[i], price = d->price[i];
        if (!(price > 0)) continue;
        for (size_t j = 0; j < t->sites; j++) {
            double r = w * row[j] - price;
            reduced[j] += r < 0 ? r : 0;
        }
    }
    return agl_cancelled(t->ctx) ? agl_fail(err, AGL_ECANCEL, "cancelled") : AGL_OK;
}

/* Sites that are open already are chosen, those that may be and whose r_j is below 0 are listed by falling
 * -r_j; returns how many are listed. */
static size_t list_sites(dual *d, double *sum, double *spent) {
    const agl_siting *s = d->t->s;
    size_t n = 0;
    d->n = 0;
    *sum = *spent = 0;
    for (int32_t j = 0; j < s->n_sites; j++) {
        int rule = s->fixed ? s->fixed[j] : 0;
        if (rule > 0) {
            d->chosen[d->n++] = j;
            *sum += d->reduced[j];
            *spent += s->cost[j];
        } else if (rule == 0 && d->reduced[j] < 0) {
            d->order[n++] = (ranked){d->reduced[j], j};
        }
    }
    qsort(d->order, n, sizeof *d->order, by_value);
    return n;
}

/* Fills the budget with the listed sites by falling value for money, `room` of them at most; returns the
 * least sum of r_j that fractions of sites can reach. */
static double fill_budget(dual *d, size_t n, size_t room, double left) {
    const agl_siting *s = d->t->s;
    double sum = 0;
    bool whole = true;
    for (size_t k = 0; k < n; k++)
        d->order[k].value = d->reduced[d->order[k].site] / fmax(s->cost[d->order[k].site], 1e-300);
    qsort(d->order, n, sizeof *d->order, by_value);
    for (size_t k = 0; k < n; k++) {
        int32_t j = d->order[k].site;
        double c = s->cost[j];
        if (c <= left) {
            if (whole) sum += d->reduced[j];
            left -= c;
            if (room > 0) {
                d->chosen[d->n++] = j;
                room--;
            }
        } else if (whole) {
            sum += d->reduced[j] * fmax(left, 0) / c;
            whole = false; /* the bound ends here, the set goes on with what still fits */
        }
    }
    return sum;
}

/* Chooses the allowed set of least sum r_j, and returns a bound on that sum: exact when only the number of
 * sites is limited; with a budget the better of the two relaxations (number only, fractions under the
 * budget). */
static double choose(dual *d) {
    const agl_siting *s = d->t->s;
    double sum, spent;
    size_t n = list_sites(d, &sum, &spent), forced = d->n;
    size_t room = s->max_sites - (double)forced >= (double)n ? n : (size_t)(s->max_sites - (double)forced);
    double by_number = sum;
    for (size_t k = 0; k < room; k++)
        by_number += d->order[k].value;
    if (!isinf(s->budget)) return fmax(by_number, sum + fill_budget(d, n, room, s->budget - spent));
    for (size_t k = 0; k < room; k++)
        d->chosen[d->n++] = d->order[k].site;
    return by_number;
}

/* Value of the dual at the prices. */
static agl_status evaluate(double *bound, dual *d, agl_error *err) {
    const agl__siting *t = d->t;
    agl_sum sum = {0, 0};
    agl_status status = agl__parallel(t->parts, sum_reduced, d, NULL, t->ctx, err);
    if (status != AGL_OK) return status;
    memset(d->reduced, 0, t->sites * sizeof *d->reduced);
    for (size_t part = 0; part < t->parts; part++)
        for (size_t j = 0; j < t->sites; j++)
            d->reduced[j] += t->slot[part * t->slot_size + j];
    for (size_t i = 0; i < t->demand; i++)
        agl__sum_add(&sum, d->price[i]);
    double prices = agl__sum_value(&sum), chosen = choose(d);
    *bound = prices + chosen - ROUNDING * (prices - chosen);
    return AGL_OK;
}

/* Prices rise where no chosen site serves and fall where several do, in proportion to the weight of the class
 * (its members would each get the same step); they stay within 0 and w far, where some best prices lie. */
static void step(dual *d, double share, double gap) {
    const agl__siting *t = d->t;
    double norm = 0;
    double *served = d->trial.cost; /* scratch */
    for (size_t i = 0; i < t->demand; i++) {
        const double *row = t->cost + i * t->sites;
        double w = t->weight[i], n = 0;
        for (size_t k = 0; k < d->n; k++)
            n += w * row[d->chosen[k]] < d->price[i];
        served[i] = 1 - n;
        norm += w * served[i] * served[i];
    }
    if (!(norm > 0)) return;
    for (size_t i = 0; i < t->demand; i++) {
        double p = d->price[i] + share * gap / norm * t->weight[i] * served[i];
        d->price[i] = fmin(fmax(p, 0), t->weight[i] * t->far);
    }
}

static agl_status try_set(agl__sites *best, dual *d, bool always, agl_error *err) {
    const agl__siting *t = d->t;
    agl_status status = agl__sites_set(&d->trial, d->chosen, d->n, t, err);
    if (status == AGL_OK && (always || d->trial.objective < best->objective))
        status = agl__siting_exchange(&d->trial, t, err);
    if (status == AGL_OK && d->trial.objective < best->objective) agl__sites_copy(best, &d->trial, t);
    return status;
}

static agl_status ascend(agl__siting_bound *out, agl__sites *best, size_t iterations, dual *d,
                         agl_error *err) {
    const agl__siting *t = d->t;
    double share = 2;
    size_t waited = 0;
    out->bound = 0; /* costs are not negative */
    if (iterations == 0) return AGL_OK;
    for (out->steps = 0; out->steps < iterations && share > SHORTEST; out->steps++) {
        double bound;
        agl_status status = evaluate(&bound, d, err);
        if (status != AGL_OK) return status;
        if (bound > out->bound) {
            waited = bound > out->bound + 1e-6 * fabs(bound) ? 0 : waited + 1;
            out->bound = bound;
            memcpy(out->reduced, d->reduced, t->sites * sizeof *d->reduced);
        } else {
            waited++;
        }
        if (waited >= PATIENCE) share /= 2, waited = 0;
        if (best->objective - out->bound <= CLOSE * best->objective) break;
        if (out->steps % TRY_EVERY == TRY_EVERY - 1) status = try_set(best, d, false, err);
        if (status != AGL_OK) return status;
        step(d, share, best->objective - bound);
        agl_progress(t->ctx, "bound", (double)out->steps, (double)iterations);
    }
    return try_set(best, d, true, err);
}

agl_status agl__siting_lagrange(agl__siting_bound *out, agl__sites *best, size_t iterations,
                                const agl__siting *t, agl_error *err) {
    dual d = {.t = t,
              .price = AGL_NEW(double, t->demand),
              .reduced = AGL_NEW(double, t->sites),
              .order = AGL_NEW(ranked, t->sites),
              .chosen = AGL_NEW(int32_t, t->sites)};
    agl_status status = agl__sites_new(&d.trial, t, err);
    if (status == AGL_OK && (!d.price || !d.reduced || !d.order || !d.chosen)) status = agl_fail_memory(err);
    /* a site is worth its price to demand that has it alone near by */
    for (size_t i = 0; status == AGL_OK && i < t->demand; i++)
        d.price[i] = t->weight[i] * (best->cost[i] + best->next[i]) / 2;
    if (status == AGL_OK) status = ascend(out, best, iterations, &d, err);
    agl__sites_free(&d.trial);
    free(d.price);
    free(d.reduced);
    free(d.order);
    free(d.chosen);
    return status;
}

#include "base/mem.h"
#include "base/sum.h"
#include "kernel/measure/regress.h"

#include <math.h>
#include <string.h>

#define ROUNDS  10000
#define SETTLED 1e-13 /* change of a round relative to the length of the column */

/* ---- rows in use ---- */

/** Marks rows that are alone in a group of one of the effects, until none is left. Returns how many. */
static size_t mark_singletons(bool *out_of_use, size_t *const count[], const agl_regression_data *d) {
    size_t marked = 0, before;
    do {
        before = marked;
        for (size_t e = 0; e < d->effects; e++) {
            memset(count[e], 0, d->groups[e] * sizeof **count);
            for (size_t i = 0; i < d->n; i++)
                if (!out_of_use[i]) count[e][d->effect[e][i]]++;
            for (size_t i = 0; i < d->n; i++)
                if (!out_of_use[i] && count[e][d->effect[e][i]] == 1) {
                    out_of_use[i] = true;
                    marked++;
                }
        }
    } while (marked > before);
    return marked;
}

/** Codes of the rows in use, numbered from 0 in the order of the old codes. */
static int32_t *renumber(size_t *groups, const agl_sweep *s, const int32_t *code, size_t codes) {
    int32_t *number = AGL_NEW(int32_t, codes), *group = AGL_NEW(int32_t, s->n);
    if (!number || !group) {
        free(number);
        free(group);
        return NULL;
    }
    for (size_t i = 0; i < s->n; i++)
        number[code[s->row[i]]] = 1;
    *groups = 0;
    for (size_t g = 0; g < codes; g++)
        number[g] = number[g] ? (int32_t)(*groups)++ : -1;
    for (size_t i = 0; i < s->n; i++)
        group[i] = number[code[s->row[i]]];
    free(number);
    return group;
}

static agl_status take_rows(agl_sweep *s, const agl_regression_data *d, agl_error *err) {
    size_t *count[AGL_REGRESS_MOST_EFFECTS] = {0};
    bool *out_of_use = AGL_NEW(bool, d->n), ok = out_of_use != NULL;
    for (size_t e = 0; e < d->effects; e++)
        ok = (count[e] = AGL_NEW(size_t, d->groups[e])) && ok;
    s->row = AGL_NEW(size_t, d->n);
    ok = ok && s->row;
    if (ok) {
        s->singletons = mark_singletons(out_of_use, count, d);
        for (size_t i = 0; i < d->n; i++)
            if (!out_of_use[i]) s->row[s->n++] = i;
    }
    for (size_t e = 0; e < d->effects; e++)
        free(count[e]);
    free(out_of_use);
    return ok ? AGL_OK : agl_fail_memory(err);
}

agl_status agl__sweep_new(agl_sweep *s, const agl_regression_data *d, agl_error *err) {
    *s = (agl_sweep){.effects = d->effects ? d->effects : 1};
    agl_status status = take_rows(s, d, err);
    bool ok = status == AGL_OK;
    for (size_t e = 0; e < d->effects && ok; e++)
        ok = (s->group[e] = renumber(&s->groups[e], s, d->effect[e], d->groups[e])) != NULL;
    if (ok && d->effects == 0) {
        ok = (s->group[0] = AGL_NEW(int32_t, s->n)) != NULL;
        s->groups[0] = 1;
    }
    if (ok && d->cluster) ok = (s->cluster = renumber(&s->clusters, s, d->cluster, d->clusters)) != NULL;
    if (ok && d->weight && (ok = (s->weight = AGL_NEW(double, s->n)) != NULL))
        for (size_t i = 0; i < s->n; i++)
            s->weight[i] = d->weight[s->row[i]];
    if (ok) return AGL_OK;
    agl__sweep_free(s);
    return status != AGL_OK ? status : agl_fail_memory(err);
}

void agl__sweep_free(agl_sweep *s) {
    for (size_t e = 0; e < AGL_REGRESS_MOST_EFFECTS; e++)
        free(s->group[e]);
    free(s->row);
    free(s->cluster);
    free(s->weight);
    *s = (agl_sweep){0};
}

/* ---- the sweep ---- */

/** Takes the weighted mean of each group of effect e out of v; returns the largest mean. */
static double demean(double *v, const agl_sweep *s, size_t e, agl_sum *sum, double *mass) {
    double largest = 0;
    memset(sum, 0, s->groups[e] * sizeof *sum);
    memset(mass, 0, s->groups[e] * sizeof *mass);
    for (size_t i = 0; i < s->n; i++) {
        double w = s->weight ? s->weight[i] : 1;
        agl__sum_add(&sum[s->group[e][i]], w * v[i]);
        mass[s->group[e][i]] += w;
    }
    for (size_t g = 0; g < s->groups[e]; g++) {
        mass[g] = agl__sum_value(&sum[g]) / mass[g];
        largest = fmax(largest, fabs(mass[g]));
    }
    for (size_t i = 0; i < s->n; i++)
        v[i] -= mass[s->group[e][i]];
    return largest;
}

agl_status agl__sweep_column(double *v, const agl_sweep *s, const agl_ctx *ctx, agl_error *err) {
    size_t most = 0;
    double scale = 0;
    for (size_t e = 0; e < s->effects; e++)
        most = s->groups[e] > most ? s->groups[e] : most;
    for (size_t i = 0; i < s->n; i++)
        scale = fmax(scale, fabs(v[i]));
    agl_sum *sum = AGL_NEW(agl_sum, most);
    double *mass = AGL_NEW(double, most), moved = INFINITY;
    agl_status status = sum && mass ? AGL_OK : agl_fail_memory(err);
    for (size_t round = 0; status == AGL_OK && moved > SETTLED * scale; round++) {
        moved = 0;
        for (size_t e = 0; e < s->effects; e++)
            moved = fmax(moved, demean(v, s, e, sum, mass));
        if (s->effects == 1 && round == 1) break; /* once is exact; the second time mends the rounding */
        if (agl_cancelled(ctx))
            status = agl_fail(err, AGL_ECANCEL, "cancelled");
        else if (round == ROUNDS)
            status = agl_fail(
                err, AGL_ECONV,
                "the fixed effects could not be separated in %d rounds: their groups overlap too little; "
                "leave one effect out",
                ROUNDS);
    }
    free(sum);
    free(mass);
    return status;
}

/* ---- degrees of freedom ---- */

static int32_t root_of(int32_t *parent, int32_t a) {
    while (parent[a] != a)
        a = parent[a] = parent[parent[a]];
    return a;
}

/** Connected parts of the groups of the first two effects, joined by rows. */
static agl_status connected_parts(size_t *parts, const agl_sweep *s, agl_error *err) {
    size_t n = s->groups[0] + s->groups[1];
    int32_t *parent = AGL_NEW(int32_t, n);
    if (!parent) return agl_fail_memory(err);
    for (size_t a = 0; a < n; a++)
        parent[a] = (int32_t)a;
    *parts = n;
    for (size_t i = 0; i < s->n; i++) {
        int32_t a = root_of(parent, s->group[0][i]);
        int32_t b = root_of(parent, (int32_t)s->groups[0] + s->group[1][i]);
        if (a == b) continue;
        parent[b] = a;
        (*parts)--;
    }
    free(parent);
    return AGL_OK;
}

/** True when each group of effect e lies in one cluster. */
static agl_status nested(bool *yes, const agl_sweep *s, size_t e, agl_error *err) {
    *yes = s->cluster != NULL;
    int32_t *cluster = AGL_NEW(int32_t, s->groups[e]);
    if (!cluster) return agl_fail_memory(err);
    for (size_t i = 0; i < s->n && *yes; i++) {
        int32_t *c = &cluster[s->group[e][i]];
        *yes = *c == 0 || *c == s->cluster[i] + 1;
        *c = s->cluster[i] + 1;
    }
    free(cluster);
    return AGL_OK;
}

agl_status agl__sweep_parameters(size_t *out, const agl_sweep *s, agl_error *err) {
    bool first = false; /* the first effect counts */
    *out = 1;           /* the constant, which every effect holds once more */
    for (size_t e = 0; e < s->effects; e++) {
        bool inside = false;
        size_t parts = 1;
        agl_status status = s->groups[e] > 1 ? nested(&inside, s, e, err) : AGL_OK;
        if (e == 0) first = !inside;
        if (status == AGL_OK && e == 1 && first && !inside) status = connected_parts(&parts, s, err);
        if (status != AGL_OK) return status;
        if (!inside) *out += s->groups[e] - parts;
    }
    return AGL_OK;
}

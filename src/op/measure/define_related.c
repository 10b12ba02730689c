#include "op/measure/define_related.h"
#include "agglo/grouping.h"
#include "base/mem.h"
#include "base/sort.h"

#include <math.h>

/* ---- related clusters ---- */

/** 90th percentile of n values, which are sorted on the way. */
static double p90(double *x, size_t n) {
    qsort(x, n, sizeof *x, agl__ascending);
    double at = 0.9 * (double)(n - 1);
    size_t below = (size_t)at, above = below + 1 < n ? below + 1 : below;
    return x[below] + (at - (double)below) * (x[above] - x[below]);
}

/** Limits of the top tenth: of all pairs of clusters, and of all industries with each cluster but their own.
 */
static agl_status limits(double *pairs, double *industries, const agl_definition *d, agl_error *err) {
    size_t n_pairs = 0, n_industries = 0;
    double *x = AGL_NEW(double, d->k * d->k), *y = AGL_NEW(double, d->n * d->k);
    if (!x || !y) {
        free(x);
        free(y);
        return agl_fail_memory(err);
    }
    for (size_t c = 0; c < d->k; c++)
        for (size_t e = c + 1; e < d->k; e++)
            x[n_pairs++] = d->between[c * d->k + e];
    for (size_t i = 0; i < d->n; i++)
        for (size_t c = 0; c < d->k; c++)
            if ((size_t)d->cluster[i] != c) y[n_industries++] = d->industry[i * d->k + c];
    *pairs = p90(x, n_pairs), *industries = p90(y, n_industries);
    free(x);
    free(y);
    return AGL_OK;
}

/** Share of the industries of a whose relatedness to b is at or above the limit. */
static double share_related(const agl_definition *d, size_t a, size_t b, double limit) {
    double n = 0, related = 0;
    for (size_t i = 0; i < d->n; i++) {
        if ((size_t)d->cluster[i] != a) continue;
        n++;
        related += d->industry[i * d->k + b] >= limit;
    }
    return related / n;
}

agl_status agl__define_related(agl_run *run, const agl_define_result *r, agl_error *err) {
    const agl_definition *d = &r->d;
    agl_table *t;
    int32_t *a, *b, *name_a, *name_b;
    double pairs = NAN, each = NAN;
    agl_status status = limits(&pairs, &each, d, err);
    if (status == AGL_OK) status = agl__run_output(&t, run, "related", d->k * (d->k - 1) / 2, err);
    if (status == AGL_OK) status = agl__run_key(&a, t, "cluster_a", r->codes, err);
    if (status == AGL_OK) status = agl__run_key(&b, t, "cluster_b", r->codes, err);
    if (status == AGL_OK) status = agl__run_key(&name_a, t, "name_a", &r->centres, err);
    if (status == AGL_OK) status = agl__run_key(&name_b, t, "name_b", &r->centres, err);
    if (status != AGL_OK) return status;
    double *relatedness = agl__run_num(t, "relatedness"), *ab = agl__run_num(t, "share_a"),
           *ba = agl__run_num(t, "share_b"), *mean = agl__run_num(t, "share_mean"),
           *least = agl__run_num(t, "share_min"), *top = agl__run_num(t, "related_90"),
           *i20 = agl__run_num(t, "related_i20_90"), *i20_min = agl__run_num(t, "related_i20_90_min");
    size_t row = 0;
    for (size_t c = 0; c < d->k; c++)
        for (size_t e = c + 1; e < d->k; e++, row++) {
            size_t one = r->order[c], other = r->order[e];
            a[row] = r->code[one], b[row] = r->code[other];
            name_a[row] = (int32_t)one, name_b[row] = (int32_t)other;
            relatedness[row] = d->between[one * d->k + other];
            ab[row] = share_related(d, one, other, each), ba[row] = share_related(d, other, one, each);
            mean[row] = (ab[row] + ba[row]) / 2, least[row] = fmin(ab[row], ba[row]);
            top[row] = relatedness[row] >= pairs;
            i20[row] = top[row] && mean[row] >= 0.2, i20_min[row] = top[row] && least[row] >= 0.2;
        }
    return AGL_OK;
}

/* ---- comparison ---- */

/** Industries and jobs by cluster and group of the comparison, and industries of each. */
typedef struct crossing {
    double *cell, *jobs, *own, *theirs;
    size_t filled;
} crossing;

static void cross(crossing *x, const agl_define_result *r) {
    for (size_t i = 0; i < r->d.n; i++) {
        if (r->compared[i] < 0) continue;
        size_t c = (size_t)r->d.cluster[i], o = (size_t)r->compared[i], at = c * r->others->n + o;
        x->filled += x->cell[at]++ == 0;
        x->jobs[at] += r->in->total[i];
        x->own[c]++, x->theirs[o]++;
    }
}

static agl_status write_crossing(agl_run *run, const agl_define_result *r, const crossing *x,
                                 agl_error *err) {
    agl_table *t;
    int32_t *cluster, *other;
    agl_status status = agl__run_output(&t, run, "compare", x->filled, err);
    if (status == AGL_OK) status = agl__run_key(&cluster, t, "cluster", r->codes, err);
    if (status == AGL_OK) status = agl__run_key(&other, t, "other", r->others, err);
    for (size_t at = 0, row = 0; status == AGL_OK && at < r->d.k; at++)
        for (size_t o = 0, c = r->order[at]; o < r->others->n; o++) {
            double n = x->cell[c * r->others->n + o];
            if (n == 0) continue;
            cluster[row] = r->code[c], other[row] = (int32_t)o;
            agl__run_num(t, "industries")[row] = n;
            agl__run_num(t, "employment")[row] = x->jobs[c * r->others->n + o];
            agl__run_num(t, "share_of_cluster")[row] = n / x->own[c];
            agl__run_num(t, "share_of_other")[row] = n / x->theirs[o];
            row++;
        }
    return status;
}

agl_status agl__define_compare(agl_run *run, const agl_define_result *r, agl_error *err) {
    if (!r->compared) return AGL_OK;
    size_t others = r->others->n;
    crossing x = {AGL_NEW(double, r->d.k *others), AGL_NEW(double, r->d.k *others), AGL_NEW(double, r->d.k),
                  AGL_NEW(double, others), 0};
    agl_status status = x.cell && x.jobs && x.own && x.theirs ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        cross(&x, r);
        status = write_crossing(run, r, &x, err);
    }
    free(x.cell);
    free(x.jobs);
    free(x.own);
    free(x.theirs);
    return status;
}

/* ---- the definition in one row ---- */

agl_status agl__define_summary(agl_run *run, const agl_define_result *r, agl_error *err) {
    const agl_definition *d = &r->d;
    const agl_candidate *chosen = &d->candidates[d->chosen];
    double moved = 0, outliers = 0, singles = 0, compared = 0, rand = NAN;
    agl_table *t;
    agl_status status = agl__run_output(&t, run, "result", 1, err);
    if (status == AGL_OK && r->compared)
        status = agl_adjusted_rand(&rand, d->cluster, r->compared, d->n, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < d->n; i++) {
        double own = d->industry[i * d->k + (size_t)d->cluster[i]];
        moved += d->reassigned[i];
        singles += isnan(own);
        outliers += !(own > d->p95[i]);
        compared += r->compared && r->compared[i] >= 0;
    }
    const struct {
        const char *name;
        double value;
    } cells[] = {{"configuration", (double)d->chosen + 1},
                 {"industries", (double)d->n},
                 {"k", (double)d->k},
                 {"score_before", chosen->score.score},
                 {"score", d->score.score},
                 {"cluster_mean", d->score.cluster_mean},
                 {"cluster_p95", d->score.cluster_p95},
                 {"industry_mean", d->score.industry_mean},
                 {"industry_p95", d->score.industry_p95},
                 {"reassigned", moved},
                 {"outliers", outliers},
                 {"singles", singles},
                 {"compared", compared},
                 {"rand", rand}};
    for (size_t k = 0; k < sizeof cells / sizeof *cells; k++)
        agl__run_num(t, cells[k].name)[0] = cells[k].value;
    if (!r->compared) status = agl__run_drop_column(t, "compared", err);
    if (!r->compared && status == AGL_OK) status = agl__run_drop_column(t, "rand", err);
    return status;
}

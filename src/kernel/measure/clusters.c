#include "agglo/clusters.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/sort.h"
#include "kernel/measure/cells.h"

#include <math.h>

#define CLUSTERS_PER_TASK 32

typedef struct job {
    const agl_cells *cells;
    const double *lq, *establishments;
    size_t *start; /* cells of cluster g: member[start[g] .. start[g+1]-1]; g counts slices x clusters */
    uint32_t *member;
    size_t groups, largest;
    agl_clusters out;
} job;

/** Ascending values of the regions where the cluster has employment. */
typedef struct sorted {
    double *value;
    size_t n;
} sorted;

static void sort(sorted *s) { qsort(s->value, s->n, sizeof *s->value, agl__ascending); }

/** Lower quartile, interpolated linearly between order statistics (type 7 of Hyndman and Fan 1996). */
static double lower_quartile(const sorted *s) {
    if (s->n == 0) return NAN;
    double position = 0.25 * (double)(s->n - 1), whole = floor(position);
    size_t k = (size_t)whole;
    if (k + 1 >= s->n) return s->value[k];
    return s->value[k] + (position - whole) * (s->value[k + 1] - s->value[k]);
}

/** 1 + the number of values above v. */
static size_t rank(const sorted *s, double v) {
    size_t low = 0, high = s->n; /* value[0..low-1] <= v < value[high..] */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->value[middle] <= v)
            low = middle + 1;
        else
            high = middle;
    }
    return 1 + s->n - low;
}

static void put(double *array, size_t i, double value) {
    if (array) array[i] = value;
}

static void put_flags(const agl_clusters *out, size_t i, double qualifying, double significant, double strong,
                      double strong10) {
    put(out->qualifying, i, qualifying);
    put(out->significant, i, significant);
    put(out->strong, i, strong);
    put(out->strong10, i, strong10);
}

/** Collects and sorts the values of cluster g. */
static void collect(const job *j, size_t g, sorted *employment, sorted *establishments, sorted *lq) {
    employment->n = establishments->n = lq->n = 0;
    for (size_t k = j->start[g]; k < j->start[g + 1]; k++) {
        size_t i = j->member[k];
        if (!(j->cells->value[i] > 0)) continue;
        employment->value[employment->n++] = j->cells->value[i];
        if (!isnan(j->lq[i])) lq->value[lq->n++] = j->lq[i];
        if (j->establishments && !isnan(j->establishments[i]))
            establishments->value[establishments->n++] = j->establishments[i];
    }
    sort(employment);
    sort(establishments);
    sort(lq);
}

/** Flags of one cell with known values. `place` is its rank by LQ among the n regions with employment. */
static void flag(const agl_clusters *out, size_t i, bool qualifying, size_t place, size_t n, double lq) {
    bool above = qualifying && lq > 1;
    put_flags(out, i, qualifying, qualifying && place <= n / 2, above && place <= (n + 3) / 4,
              above && place <= (n + 9) / 10);
}

static void one_cluster(const job *j, size_t g, sorted *employment, sorted *establishments, sorted *lq) {
    collect(j, g, employment, establishments, lq);
    double least = lower_quartile(employment), least_plants = lower_quartile(establishments);
    double least_lq = lower_quartile(lq);
    for (size_t k = j->start[g]; k < j->start[g + 1]; k++) {
        size_t i = j->member[k];
        double x = j->cells->value[i], v = j->lq[i], plants = j->establishments ? j->establishments[i] : 0;
        bool ranked = x > 0 && !isnan(v);
        size_t place = ranked ? rank(lq, v) : 0;
        put(j->out.rank_employment, i, x > 0 ? (double)rank(employment, x) : NAN);
        put(j->out.rank_lq, i, ranked ? (double)place : NAN);
        if (isnan(x) || (x > 0 && (isnan(v) || isnan(plants)))) {
            put_flags(&j->out, i, NAN, NAN, NAN, NAN);
            continue;
        }
        bool enough_plants = !j->establishments || plants > least_plants;
        flag(&j->out, i, x > least && v > least_lq && enough_plants, place, employment->n, v);
    }
}

static agl_status task(void *arg, size_t t, int worker, agl_error *err) {
    (void)worker;
    const job *j = arg;
    size_t end = (t + 1) * CLUSTERS_PER_TASK < j->groups ? (t + 1) * CLUSTERS_PER_TASK : j->groups;
    sorted employment = {AGL_NEW(double, j->largest), 0}, establishments = {AGL_NEW(double, j->largest), 0};
    sorted lq = {AGL_NEW(double, j->largest), 0};
    agl_status status = AGL_OK;
    if (!employment.value || !establishments.value || !lq.value)
        status = agl_fail_memory(err);
    else
        for (size_t g = t * CLUSTERS_PER_TASK; g < end; g++)
            one_cluster(j, g, &employment, &establishments, &lq);
    free(employment.value);
    free(establishments.value);
    free(lq.value);
    return status;
}

agl_status agl_flag_clusters(agl_clusters *out, const agl_cells *cells, const double *lq,
                             const double *establishments, const agl_ctx *ctx, agl_error *err) {
    agl_status status = agl__cells_check(cells, err);
    if (status != AGL_OK) return status;
    job j = {.cells = cells, .lq = lq, .establishments = establishments, .out = *out};
    j.groups = cells->n_slices * cells->n_industries;
    if (j.groups > INT32_MAX)
        return agl_fail(err, AGL_EDATA, "more than 2^31 combinations of year and cluster");
    int32_t *group = AGL_NEW(int32_t, cells->n);
    if (!group) return agl_fail_memory(err);
    for (size_t i = 0; i < cells->n; i++)
        group[i] = (int32_t)(agl__cell_slice(cells, i) * cells->n_industries + (size_t)cells->industry[i]);
    status = agl__groups(&j.start, &j.member, group, j.groups, cells->n, err);
    if (status != AGL_OK) goto out;
    for (size_t g = 0; g < j.groups; g++)
        if (j.start[g + 1] - j.start[g] > j.largest) j.largest = j.start[g + 1] - j.start[g];
    status =
        agl__parallel((j.groups + CLUSTERS_PER_TASK - 1) / CLUSTERS_PER_TASK, task, &j, "clusters", ctx, err);
out:
    free(group);
    free(j.start);
    free(j.member);
    return status;
}

/* Density, own-industry size and diversity from jobs by region and industry. */
#include "base/mem.h"
#include "op/measure/economies_input.h"

#include <math.h>

/** Place of each row's region and year: the rows of one place make its economy. */
static agl_status places(int32_t **place, size_t *n, const agl_run *run, agl_error *err) {
    const agl_column *region = agl__run_column(run, "data", "region"),
                     *year = agl__run_column(run, "data", "year");
    size_t rows = agl__run_input(run, "data")->rows;
    double first = INFINITY, last = -INFINITY;
    for (size_t i = 0; year && i < rows; i++) {
        first = fmin(first, year->num[i]);
        last = fmax(last, year->num[i]);
    }
    size_t years = year && last >= first ? (size_t)(last - first) + 1 : 1;
    if (years > 10000) return agl_fail(err, AGL_EDATA, "the years run from %g to %g", first, last);
    *n = region->dict.n * years;
    *place = AGL_NEW(int32_t, rows);
    if (!*place) return agl_fail_memory(err);
    for (size_t i = 0; i < rows; i++) {
        bool there = region->code[i] >= 0 && (!year || isfinite(year->num[i]));
        size_t y = year && there ? (size_t)(year->num[i] - first) : 0;
        (*place)[i] = there ? (int32_t)((size_t)region->code[i] * years + y) : -1;
    }
    return AGL_OK;
}

/** 1 / sum of the squared shares of the other industries in what is left of a place. */
static double spread(double rest, double squares) {
    return rest > 0 && squares > 0 ? rest * rest / squares : NAN;
}

agl_status agl__economies_derive(double *density, double *own, double *diversity, const agl_run *run,
                                 agl_error *err) {
    const agl_column *jobs = agl__run_column(run, "data", "jobs"),
                     *area = agl__run_column(run, "data", "area");
    size_t rows = agl__run_input(run, "data")->rows, n = 0;
    int32_t *place = NULL;
    agl_status status = places(&place, &n, run, err);
    double *total = AGL_NEW(double, n), *square = AGL_NEW(double, n);
    if (status == AGL_OK && (!total || !square)) status = agl_fail_memory(err);
    bool ok = status == AGL_OK;
    for (size_t i = 0; ok && i < rows; i++) {
        if (place[i] < 0 || isnan(jobs->num[i])) continue;
        total[place[i]] += jobs->num[i];
        square[place[i]] += jobs->num[i] * jobs->num[i];
    }
    for (size_t i = 0; ok && i < rows; i++) {
        density[i] = own[i] = diversity[i] = NAN;
        if (place[i] < 0 || isnan(jobs->num[i])) continue;
        own[i] = jobs->num[i];
        if (area && area->num[i] > 0) density[i] = total[place[i]] / area->num[i];
        diversity[i] = spread(total[place[i]] - own[i], square[place[i]] - own[i] * own[i]);
    }
    free(place);
    free(total);
    free(square);
    return status;
}

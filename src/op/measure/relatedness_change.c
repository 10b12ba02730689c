#include "base/mem.h"
#include "op/measure/relatedness.h"

#include <math.h>
#include <stdlib.h>

enum { DECILES = 10 };

/* Sorted: codes of the column event. */
enum { ABSENT, ENTERED, EXITED, STAYED, EVENTS };
static const char *const event_name[EVENTS] = {"absent", "entered", "exited", "stayed"};

/** What became of every region and industry that is there in both years; [region x industry], -1 = not in
 * both. */
typedef struct change {
    int8_t *event;
    double *place; /* of the density in the first year, among the region's absent or its present industries */
    size_t known;
} change;

static agl_status compare(change *c, const agl__around *before, const agl__around *after, agl_error *err) {
    size_t industries = before->in->cells.n_industries, regions = before->in->cells.n_regions;
    agl__ranked *values = AGL_NEW(agl__ranked, industries);
    *c = (change){.event = AGL_NEW(int8_t, regions * industries),
                  .place = AGL_NEW(double, regions *industries)};
    if (!values || !c->event || !c->place) {
        free(values);
        return agl_fail_memory(err);
    }
    for (size_t k = 0; k < regions * industries; k++) {
        double was = before->present[k], is = after->present[k];
        c->event[k] = -1;
        if (isnan(was) || isnan(is) || isnan(before->density[k])) continue;
        c->event[k] = (int8_t)(was == 1 ? (is == 1 ? STAYED : EXITED) : (is == 1 ? ENTERED : ABSENT));
        c->known++;
    }
    for (size_t r = 0; r < regions; r++)
        for (int was = 0; was < 2; was++) {
            size_t n = 0, row = r * industries;
            for (size_t i = 0; i < industries; i++)
                if (c->event[row + i] >= 0 && before->present[row + i] == was)
                    values[n++] = (agl__ranked){before->density[row + i], i};
            agl__places(c->place + row, values, n);
        }
    free(values);
    return AGL_OK;
}

static agl_status write_change(agl_run *run, const change *c, const agl__around *before,
                               const agl__around *after, agl_error *err) {
    const agl_cell_input *in = before->in;
    size_t industries = in->cells.n_industries, rows = c ? c->known : 0, row = 0;
    agl_table *t;
    int32_t *region, *industry;
    agl_status status = agl__run_output(&t, run, "change", rows, err);
    if (status == AGL_OK) status = agl__run_key(&region, t, "region", in->regions, err);
    if (status == AGL_OK) status = agl__run_key(&industry, t, "industry", in->industries, err);
    agl_column *event = status == AGL_OK ? agl_table_column_mut(t, "event") : NULL;
    if (event) status = agl_dict_set(&event->dict, event_name, EVENTS, err);
    if (status != AGL_OK) return status;
    double *since = agl__run_num(t, "from_year"), *until = agl__run_num(t, "to_year"),
           *density = agl__run_num(t, "density"), *place = agl__run_num(t, "density_place");
    for (size_t k = 0; row < rows; k++) {
        if (c->event[k] < 0) continue;
        region[row] = (int32_t)(k / industries);
        industry[row] = (int32_t)(k % industries);
        event->code[row] = c->event[k];
        since[row] = agl__cell_year(in, before->slice), until[row] = agl__cell_year(in, after->slice);
        density[row] = before->density[k];
        place[row] = c->place[k];
        row++;
    }
    return AGL_OK;
}

/** Rates of entry and exit by tenth of the place. */
static agl_status write_entry(agl_run *run, const change *c, size_t all, agl_error *err) {
    double count[DECILES][EVENTS] = {{0}};
    for (size_t k = 0; c && k < all; k++) {
        if (c->event[k] < 0) continue;
        int decile = (int)(c->place[k] * DECILES);
        count[decile < DECILES ? decile : DECILES - 1][c->event[k]]++;
    }
    agl_table *t;
    agl_status status = agl__run_output(&t, run, "entry", c ? DECILES : 0, err);
    if (status != AGL_OK) return status;
    for (int d = 0; c && d < DECILES; d++) {
        double absent = count[d][ABSENT] + count[d][ENTERED], there = count[d][EXITED] + count[d][STAYED];
        agl__run_num(t, "decile")[d] = d + 1;
        agl__run_num(t, "absent")[d] = absent;
        agl__run_num(t, "entered")[d] = count[d][ENTERED];
        agl__run_num(t, "entry_rate")[d] = absent > 0 ? count[d][ENTERED] / absent : NAN;
        agl__run_num(t, "present")[d] = there;
        agl__run_num(t, "exited")[d] = count[d][EXITED];
        agl__run_num(t, "exit_rate")[d] = there > 0 ? count[d][EXITED] / there : NAN;
    }
    return AGL_OK;
}

agl_status agl__relatedness_change(agl_run *run, const agl_cell_input *in, size_t from, size_t to,
                                   agl_error *err) {
    agl__around before = {.in = in, .slice = from}, after = {0};
    change c = {0};
    bool two = from < to;
    size_t all = in->cells.n_regions * in->cells.n_industries;
    agl_status status = AGL_OK;
    if (two) status = agl__around_make(&before, run, in, from, false, err);
    if (two && status == AGL_OK) status = agl__around_make(&after, run, in, to, false, err);
    if (two && status == AGL_OK) status = compare(&c, &before, &after, err);
    if (status == AGL_OK) status = write_change(run, two ? &c : NULL, &before, &after, err);
    if (status == AGL_OK) status = write_entry(run, two ? &c : NULL, all, err);
    free(c.event);
    free(c.place);
    agl__around_free(&before);
    agl__around_free(&after);
    return status;
}

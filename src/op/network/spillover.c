#include "agglo/spillover.h"
#include "agglo/points.h"
#include "base/mem.h"
#include "op/network/actors.h"
#include "op/network/ids.h"
#include "op/network/texts.h"
#include "op/run.h"

#include <math.h>
#include <string.h>

/* Units are what has a pool: the actors, or with --by region their regions. */
typedef struct spill {
    agl__ids ids;      /* actors of both inputs */
    agl__rows_by rows; /* of the input actors */
    double *rd;        /* of each actor: stock, NaN = not known */
    double *lon, *lat; /* of each actor; all NaN when not given */
    int32_t *region;   /* of each actor, -1 = not known */
    const agl_dict *regions;
    bool by_region, places;
    int32_t units;
    const agl_dict *dict; /* of the units */
    int32_t *unit;        /* of each actor, -1 = none */
    double *unit_rd, *unit_lon, *unit_lat;
    agl_profiles profiles;
    const agl_column *class_column;
    double *pool, *self;            /* units */
    double *near_pool, *placed;     /* units, NULL without decay: by distance, and its bound: weights of 1 */
    int32_t k, *other, *neighbours; /* units x k */
    double *proximity;
} spill;

static void spill_free(spill *s) {
    agl__ids_free(&s->ids);
    agl__rows_by_free(&s->rows);
    agl_profiles_free(&s->profiles);
    free(s->rd);
    free(s->lon);
    free(s->lat);
    free(s->region);
    free(s->unit);
    free(s->unit_rd);
    free(s->unit_lon);
    free(s->unit_lat);
    free(s->pool);
    free(s->near_pool);
    free(s->placed);
    free(s->self);
    free(s->other);
    free(s->neighbours);
    free(s->proximity);
}

/* ---- input ---- */

static agl_status number_actors(spill *s, const agl_run *run, agl_error *err) {
    const agl_table *data = agl__run_input(run, "data"), *list = agl__run_input(run, "actors");
    const agl_column *columns[] = {agl_table_column(data, "actor"), agl_table_column(list, "actor")};
    const size_t rows[] = {data->rows, list->rows};
    agl_status status = agl__ids_new(&s->ids, columns, rows, 2, err);
    if (status != AGL_OK) return status;
    size_t n = s->ids.dict.n;
    int32_t *actor = AGL_NEW(int32_t, list->rows);
    s->rd = AGL_NEW(double, n);
    s->lon = AGL_NEW(double, n);
    s->lat = AGL_NEW(double, n);
    s->region = AGL_NEW(int32_t, n);
    if (actor && s->rd && s->lon && s->lat && s->region) {
        for (size_t i = 0; i < list->rows; i++)
            actor[i] = s->ids.of[1][columns[1]->code[i]];
        status = agl__rows_by_new(&s->rows, (int32_t)n, actor, list->rows, err);
    } else {
        status = agl_fail_memory(err);
    }
    free(actor);
    return status;
}

/** First and last year of the table. */
static void find_years(double *first, double *last, const double *year, size_t rows) {
    *first = INFINITY, *last = -INFINITY;
    for (size_t i = 0; i < rows; i++) {
        if (isnan(year[i])) continue;
        *first = fmin(*first, year[i]);
        *last = fmax(*last, year[i]);
    }
}

/** Stocks from yearly flows, at the end of the last year of the table. */
static agl_status stocks(spill *s, agl_run *run, const double *rd, const double *year, agl_error *err) {
    double first, last, delta = agl__run_number(run, "delta"), growth = agl__run_number(run, "growth");
    size_t undated = 0, gaps = 0, rows = agl__run_input(run, "actors")->rows;
    find_years(&first, &last, year, rows);
    if (!(first <= last))
        return agl_fail(
            err, AGL_EDATA,
            "no row of --actors has a year; leave the role empty with --col actors.year= when rd is a stock");
    size_t m = (size_t)(last - first) + 1;
    double *flow = AGL_NEW(double, m);
    if (!flow) return agl_fail_memory(err);
    for (int32_t i = 0; i < s->rows.n; i++) {
        size_t filled = 0;
        for (size_t t = 0; t < m; t++)
            flow[t] = NAN;
        for (size_t k = s->rows.offset[i]; k < s->rows.offset[i + 1]; k++) {
            size_t row = s->rows.row[k];
            if (isnan(rd[row])) continue;
            if (isnan(year[row])) {
                undated++;
                continue;
            }
            double *f = &flow[(size_t)(year[row] - first)];
            *f = isnan(*f) ? rd[row] : *f + rd[row];
        }
        s->rd[i] = agl_rd_stock(&filled, flow, m, delta, growth);
        gaps += filled;
    }
    free(flow);
    if (undated) agl__run_warn(run, "%zu rows of R&D without a year were left out", undated);
    if (gaps)
        agl__run_warn(
            run,
            "%zu years without R&D between two known ones were interpolated; give a 0 where there was none",
            gaps);
    return AGL_OK;
}

static agl_status read_places(spill *s, agl_run *run, agl_error *err) {
    const agl_column *lon = agl__run_column(run, "actors", "lon"),
                     *lat = agl__run_column(run, "actors", "lat");
    const agl_column *region = agl__run_column(run, "actors", "region");
    size_t several = 0, n = s->ids.dict.n, rows = agl__run_input(run, "actors")->rows;
    agl_status status = AGL_OK;
    s->places = lon && lat;
    for (size_t i = 0; i < n; i++)
        s->lon[i] = s->lat[i] = NAN, s->region[i] = -1;
    for (size_t i = 0; s->places && i < rows; i++)
        if (fabs(lon->num[i]) > 180 || fabs(lat->num[i]) > 90)
            return agl__run_fail_row(
                run, "actors", i, fabs(lon->num[i]) > 180 ? "lon" : "lat", err,
                "the position %g, %g is not in degrees (longitude -180..180, latitude -90..90)", lon->num[i],
                lat->num[i]);
    if (s->places)
        status = agl__most_frequent_place(s->lon, s->lat, &several, &s->rows, lon->num, lat->num, err);
    if (status == AGL_OK && several)
        agl__run_warn(run, "%zu actors have several positions; the most frequent one counts", several);
    if (status != AGL_OK || !region) return status;
    s->regions = &region->dict;
    status = agl__most_frequent(s->region, &several, &s->rows, region->code, err);
    if (status == AGL_OK && several)
        agl__run_warn(run, "%zu actors have several regions; the most frequent one counts", several);
    return status;
}

static agl_status read_actors(spill *s, agl_run *run, agl_error *err) {
    const agl_column *rd = agl__run_column(run, "actors", "rd"),
                     *year = agl__run_column(run, "actors", "year");
    agl_status status = number_actors(s, run, err);
    if (status != AGL_OK) return status;
    if (year)
        status = stocks(s, run, rd->num, year->num, err);
    else
        agl__fold_rows(s->rd, &s->rows, rd->num, AGL_FOLD_SUM);
    return status == AGL_OK ? read_places(s, run, err) : status;
}

/* ---- units ---- */

/** Region by region: R&D adds up, the position is the middle of the members' positions on the globe. */
static agl_status add_up_regions(spill *s, agl_error *err) {
    size_t n = (size_t)s->units;
    double *middle = AGL_NEW(double, 3 * n);
    if (!middle) return agl_fail_memory(err);
    for (size_t i = 0; i < s->ids.dict.n; i++) {
        int32_t u = s->unit[i];
        if (u < 0) continue;
        if (!isnan(s->rd[i])) s->unit_rd[u] = (isnan(s->unit_rd[u]) ? 0 : s->unit_rd[u]) + s->rd[i];
        if (isnan(s->lon[i]) || isnan(s->lat[i])) continue;
        double a = s->lon[i] * (M_PI / 180), b = s->lat[i] * (M_PI / 180);
        middle[3 * u] += cos(b) * cos(a);
        middle[3 * u + 1] += cos(b) * sin(a);
        middle[3 * u + 2] += sin(b);
    }
    for (size_t u = 0; u < n; u++) {
        const double *v = middle + 3 * u;
        double across = hypot(v[0], v[1]);
        if (!(hypot(across, v[2]) > 1e-9)) continue; /* nobody placed, or all around the globe */
        s->unit_lon[u] = atan2(v[1], v[0]) * (180 / M_PI);
        s->unit_lat[u] = atan2(v[2], across) * (180 / M_PI);
    }
    free(middle);
    return AGL_OK;
}

static agl_status make_units(spill *s, const agl_run *run, agl_error *err) {
    size_t actors = s->ids.dict.n;
    s->by_region = agl__run_is(run, "by", "region");
    if (s->by_region && !s->regions)
        return agl_fail(err, AGL_EUSAGE,
                        "--by region needs the role region of --actors (--col actors.region=COLUMN)");
    s->dict = s->by_region ? s->regions : &s->ids.dict;
    s->units = (int32_t)s->dict->n;
    size_t n = (size_t)s->units;
    s->unit = AGL_NEW(int32_t, actors);
    s->unit_rd = AGL_NEW(double, n);
    s->unit_lon = AGL_NEW(double, n);
    s->unit_lat = AGL_NEW(double, n);
    s->pool = AGL_NEW(double, n);
    s->self = AGL_NEW(double, n);
    if (!s->unit || !s->unit_rd || !s->unit_lon || !s->unit_lat || !s->pool || !s->self)
        return agl_fail_memory(err);
    for (size_t u = 0; u < n; u++)
        s->unit_rd[u] = s->unit_lon[u] = s->unit_lat[u] = NAN;
    for (size_t i = 0; i < actors; i++)
        s->unit[i] = s->by_region ? s->region[i] : (int32_t)i;
    if (s->by_region) return add_up_regions(s, err);
    memcpy(s->unit_rd, s->rd, n * sizeof *s->rd);
    memcpy(s->unit_lon, s->lon, n * sizeof *s->lon);
    memcpy(s->unit_lat, s->lat, n * sizeof *s->lat);
    return AGL_OK;
}

static agl_status read_profiles(spill *s, agl_run *run, agl_error *err) {
    const agl_table *data = agl__run_input(run, "data");
    const agl_column *actor = agl_table_column(data, "actor");
    const double *v = agl_table_column(data, "value")->num;
    s->class_column = agl_table_column(data, "class");
    int32_t *ends = AGL_NEW(int32_t, 2 * data->rows);
    double *value = AGL_NEW(double, data->rows);
    agl_status status = AGL_OK;
    if (ends && value) {
        int32_t *unit = ends, *klass = ends + data->rows;
        size_t m = 0;
        for (size_t i = 0; i < data->rows; i++) {
            int32_t u = s->unit[s->ids.of[0][actor->code[i]]];
            if (u < 0 || isnan(v[i])) continue;
            unit[m] = u;
            klass[m] = s->class_column->code[i];
            value[m++] = v[i];
        }
        agl__run_rows(run, m, data->rows - m);
        if (m < data->rows)
            agl__run_warn(run, "%zu rows without a value%s were left out", data->rows - m,
                          s->by_region ? " or of actors without a region" : "");
        status = agl_profiles_new(&s->profiles, s->units, (int32_t)s->class_column->dict.n, m, unit, klass,
                                  value, err);
    } else {
        status = agl_fail_memory(err);
    }
    free(ends);
    free(value);
    return status;
}

static bool has_profile(const spill *s, int32_t u) {
    return s->profiles.offset[u] < s->profiles.offset[u + 1];
}

/** Warns of what is not known, and fails when nothing is. */
static agl_status take_stock(const spill *s, agl_run *run, agl_error *err) {
    size_t silent = 0, unplaced = 0, profiled = 0;
    double lost = 0, all = 0;
    const char *what = s->by_region ? "regions" : "actors";
    for (int32_t u = 0; u < s->units; u++) {
        double g = isnan(s->unit_rd[u]) ? 0 : s->unit_rd[u];
        all += g;
        if (!has_profile(s, u)) {
            lost += g;
            continue;
        }
        profiled++;
        silent += isnan(s->unit_rd[u]);
        unplaced += isnan(s->unit_lon[u]);
    }
    if (profiled == 0)
        return agl_fail(err, AGL_EDATA, "no row of the profiles has a value above 0; check --col value=");
    if (!(all - lost > 0))
        return agl_fail(err, AGL_EDATA,
                        "no actor of the profiles has R&D above 0; check that --actors uses the same codes");
    if (lost > 0)
        agl__run_warn(run, "%.2g%% of all R&D belongs to %s without a profile and is in no pool",
                      100 * lost / all, what);
    if (silent)
        agl__run_warn(
            run, "%zu %s have a profile but no known R&D: they have pools and add nothing to those of others",
            silent, what);
    if (s->near_pool && unplaced)
        agl__run_warn(
            run, "%zu %s have no position: they have no pool by distance and add nothing to those of others",
            unplaced, what);
    return AGL_OK;
}

/* ---- computing ---- */

static agl_status by_distance(spill *s, agl_proximity kind, agl_run *run, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(run);
    size_t n = (size_t)s->units;
    agl_decay decay = {.kind =
                           agl__run_is(run, "decay", "inverse") ? AGL_DECAY_INVERSE : AGL_DECAY_EXPONENTIAL,
                       .km = agl__run_number(run, "decay-km"),
                       .error = agl__run_number(run, "decay-error")};
    double *rd = AGL_NEW(double, n);
    if (!rd) return agl_fail_memory(err);
    for (size_t u = 0; u < n; u++)
        rd[u] = isnan(s->unit_lon[u]) ? NAN : s->unit_rd[u];
    agl_status status = agl_spillover_pools(s->placed, NULL, &s->profiles, rd, kind, ctx, err);
    free(rd);
    if (status != AGL_OK) return status;
    return agl_spillover_pools_near(s->near_pool, &s->profiles, s->unit_rd, s->self, s->unit_lon, s->unit_lat,
                                    kind, &decay, ctx, err);
}

static agl_status compute(spill *s, agl_run *run, agl_error *err) {
    const agl_ctx *ctx = agl__run_ctx(run);
    agl_proximity kind = agl__run_is(run, "proximity", "mahalanobis") ? AGL_MAHALANOBIS : AGL_JAFFE;
    size_t n = (size_t)s->units;
    if (!agl__run_is(run, "decay", "none")) {
        if (!s->places) return agl_fail(err, AGL_EUSAGE, "--decay needs the roles lon and lat of --actors");
        s->near_pool = AGL_NEW(double, n);
        s->placed = AGL_NEW(double, n);
        if (!s->near_pool || !s->placed) return agl_fail_memory(err);
    }
    agl_status status = take_stock(s, run, err);
    if (status == AGL_OK)
        status = agl_spillover_pools(s->pool, s->self, &s->profiles, s->unit_rd, kind, ctx, err);
    if (status == AGL_OK && s->near_pool) status = by_distance(s, kind, run, err);
    s->k = (int32_t)agl__run_integer(run, "pairs");
    if (status != AGL_OK || s->k == 0) return status;
    s->other = AGL_NEW(int32_t, n * (size_t)s->k);
    s->proximity = AGL_NEW(double, n *(size_t)s->k);
    s->neighbours = AGL_NEW(int32_t, n);
    if (!s->other || !s->proximity || !s->neighbours) return agl_fail_memory(err);
    return agl_spillover_nearest(s->other, s->proximity, s->neighbours, &s->profiles, s->unit_rd, kind, s->k,
                                 agl__run_number(run, "near"), ctx, err);
}

/* ---- output ---- */

static int32_t main_class(const agl_profiles *p, int32_t u) {
    size_t best = p->offset[u];
    for (size_t a = best + 1; a < p->offset[u + 1]; a++)
        if (p->share[a] > p->share[best]) best = a;
    return p->class_of[best];
}

static size_t count_profiles(const spill *s) {
    size_t n = 0;
    for (int32_t u = 0; u < s->units; u++)
        n += has_profile(s, u);
    return n;
}

static agl_status drop(agl_table *t, bool unless, const char *column, agl_error *err) {
    return unless ? AGL_OK : agl__run_drop_column(t, column, err);
}

static agl_status drop_unused(agl_table *t, const spill *s, agl_error *err) {
    agl_status status = drop(t, s->regions && !s->by_region, "region", err);
    if (status == AGL_OK) status = drop(t, s->near_pool, "near_pool", err);
    if (status == AGL_OK) status = drop(t, s->near_pool, "near_share", err);
    if (status == AGL_OK) status = drop(t, s->k > 0, "neighbours", err);
    if (status == AGL_OK) status = drop(t, s->k > 0, "nearest", err);
    if (status == AGL_OK) status = drop(t, s->k > 0, "nearest_proximity", err);
    if (status == AGL_OK) status = drop(t, s->places, "lon", err);
    if (status == AGL_OK) status = drop(t, s->places, "lat", err);
    return status;
}

/** R&D of all that have a profile. */
static double rd_of_all(const spill *s) {
    double all = 0;
    for (int32_t u = 0; u < s->units; u++)
        if (has_profile(s, u) && !isnan(s->unit_rd[u])) all += s->unit_rd[u];
    return all;
}

/** The numbers of unit u in a row of the table pools. */
static void write_numbers(agl_table *t, const spill *s, size_t row, int32_t u, double all) {
    double rest = all - (isnan(s->unit_rd[u]) ? 0 : s->unit_rd[u]);
    agl__run_num(t, "rd")[row] = s->unit_rd[u];
    agl__run_num(t, "classes")[row] = (double)(s->profiles.offset[u + 1] - s->profiles.offset[u]);
    agl__run_num(t, "pool")[row] = s->pool[u];
    agl__run_num(t, "reach")[row] = rest > 0 ? s->pool[u] / rest : NAN;
    if (s->near_pool) {
        agl__run_num(t, "near_pool")[row] = s->near_pool[u];
        agl__run_num(t, "near_share")[row] = s->placed[u] > 0 ? s->near_pool[u] / s->placed[u] : NAN;
    }
    if (s->k) {
        agl__run_num(t, "neighbours")[row] = s->neighbours[u];
        agl__run_num(t, "nearest_proximity")[row] = s->proximity[(size_t)u * (size_t)s->k];
    }
    if (s->places) {
        agl__run_num(t, "lon")[row] = s->unit_lon[u];
        agl__run_num(t, "lat")[row] = s->unit_lat[u];
    }
}

static agl_status write_pools(agl_run *run, const spill *s, agl_error *err) {
    agl_table *t;
    int32_t *key, *klass, *region = NULL, *nearest = NULL;
    bool regions = s->regions && !s->by_region;
    agl_status status = agl__run_output(&t, run, "pools", count_profiles(s), err);
    if (status == AGL_OK) status = drop_unused(t, s, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "actor", s->dict, err);
    if (status == AGL_OK) status = agl__run_key(&klass, t, "main_class", &s->class_column->dict, err);
    if (status == AGL_OK && regions) status = agl__run_key(&region, t, "region", s->regions, err);
    if (status == AGL_OK && s->k) status = agl__run_key(&nearest, t, "nearest", s->dict, err);
    if (status != AGL_OK) return status;
    double all = rd_of_all(s);
    size_t row = 0;
    for (int32_t u = 0; u < s->units; u++) {
        if (!has_profile(s, u)) continue;
        key[row] = u;
        klass[row] = main_class(&s->profiles, u);
        if (region) region[row] = s->region[u];
        if (nearest) nearest[row] = s->other[(size_t)u * (size_t)s->k];
        write_numbers(t, s, row++, u, all);
    }
    return AGL_OK;
}

/** Great-circle distance in km, NaN when a position is not known. */
static double distance(const spill *s, int32_t a, int32_t b) {
    double lon[] = {s->unit_lon[a], s->unit_lon[b]}, lat[] = {s->unit_lat[a], s->unit_lat[b]};
    if (isnan(lon[0]) || isnan(lon[1]) || isnan(lat[0]) || isnan(lat[1])) return NAN;
    double f = M_PI / 180, h = sin((lat[0] - lat[1]) * f / 2), g = sin((lon[0] - lon[1]) * f / 2);
    return 2 * AGL_EARTH_RADIUS_KM * asin(fmin(1, sqrt(h * h + cos(lat[0] * f) * cos(lat[1] * f) * g * g)));
}

static agl_status write_pairs(agl_run *run, const spill *s, agl_error *err) {
    agl_table *t;
    int32_t *key, *other;
    size_t n = 0, k = (size_t)s->k;
    for (size_t e = 0; e < (size_t)s->units * k; e++)
        n += s->other[e] >= 0;
    agl_status status = agl__run_output(&t, run, "pairs", n, err);
    if (status == AGL_OK) status = drop(t, s->places, "distance", err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "actor", s->dict, err);
    if (status == AGL_OK) status = agl__run_key(&other, t, "other", s->dict, err);
    if (status != AGL_OK) return status;
    size_t row = 0;
    for (size_t e = 0; e < (size_t)s->units * k; e++) {
        if (s->other[e] < 0) continue;
        int32_t u = (int32_t)(e / k), v = s->other[e];
        double part = s->proximity[e] * s->unit_rd[v];
        key[row] = u;
        other[row] = v;
        agl__run_num(t, "rank")[row] = (double)(e % k + 1);
        agl__run_num(t, "proximity")[row] = s->proximity[e];
        agl__run_num(t, "other_rd")[row] = s->unit_rd[v];
        agl__run_num(t, "pool_share")[row] = s->pool[u] > 0 ? part / s->pool[u] : NAN;
        if (s->places) agl__run_num(t, "distance")[row] = distance(s, u, v);
        row++;
    }
    return AGL_OK;
}

/** One row: what the pools are pools of, in words and in sum. */
static agl_status write_summary(agl_run *run, const spill *s, agl_error *err) {
    agl_table *t;
    const char *unit = s->by_region ? "regions" : "actors", *called = agl__run_text(run, "called");
    agl_status status = agl__run_output(&t, run, "summary", 1, err);
    if (status == AGL_OK) status = agl__write_texts(t, "unit", &unit, err);
    if (status == AGL_OK) status = agl__write_texts(t, "measure", &called, err);
    if (status == AGL_OK) status = drop(t, s->near_pool, "decay_km", err);
    if (status != AGL_OK) return status;
    double pool = 0;
    for (int32_t u = 0; u < s->units; u++)
        if (has_profile(s, u)) pool += s->pool[u];
    agl__run_num(t, "units")[0] = (double)count_profiles(s);
    agl__run_num(t, "rd")[0] = rd_of_all(s);
    agl__run_num(t, "mean_pool")[0] = pool / (double)count_profiles(s);
    if (s->near_pool) agl__run_num(t, "decay_km")[0] = agl__run_number(run, "decay-km");
    return AGL_OK;
}

/** R&D by class: each actor's is spread over its classes by its shares. */
static agl_status write_classes(agl_run *run, const spill *s, agl_error *err) {
    agl_table *t;
    int32_t *key;
    const agl_profiles *p = &s->profiles;
    size_t used = 0, row = 0;
    for (int32_t c = 0; c < p->classes; c++)
        used += p->class_offset[c] < p->class_offset[c + 1];
    agl_status status = agl__run_output(&t, run, "classes", used, err);
    if (status == AGL_OK) status = agl__run_key(&key, t, "class", &s->class_column->dict, err);
    if (status != AGL_OK) return status;
    double all = 0;
    for (int32_t c = 0; c < p->classes; c++) {
        if (p->class_offset[c] == p->class_offset[c + 1]) continue;
        double rd = 0;
        for (size_t h = p->class_offset[c]; h < p->class_offset[c + 1]; h++)
            if (!isnan(s->unit_rd[p->holder[h]])) rd += p->share[p->entry[h]] * s->unit_rd[p->holder[h]];
        key[row] = c;
        agl__run_num(t, "actors")[row] = (double)(p->class_offset[c + 1] - p->class_offset[c]);
        agl__run_num(t, "rd")[row++] = rd;
        all += rd;
    }
    for (size_t r = 0; r < row; r++)
        agl__run_num(t, "rd_share")[r] = agl__run_num(t, "rd")[r] / all;
    return AGL_OK;
}

agl_status agl_op_network_spillover(agl_run *run, agl_error *err) {
    spill s = {0};
    agl_status status = read_actors(&s, run, err);
    if (status == AGL_OK) status = make_units(&s, run, err);
    if (status == AGL_OK) status = read_profiles(&s, run, err);
    if (status == AGL_OK) status = compute(&s, run, err);
    if (status == AGL_OK) status = write_pools(run, &s, err);
    if (status == AGL_OK) status = write_pairs(run, &s, err);
    if (status == AGL_OK) status = write_classes(run, &s, err);
    if (status == AGL_OK) status = write_summary(run, &s, err);
    spill_free(&s);
    return status;
}

#include "op/measure/points_input.h"
#include "base/mem.h"
#include "op/measure/points_project.h"

#include <math.h>
#include <string.h>

typedef struct source {
    const char *input;
    const agl_column *a, *b; /* lon, lat or x, y */
    const char *a_role, *b_role;
    const agl_column *industry, *size;
    const char *crs, *planar;
    bool degrees; /* a, b are lon, lat */
} source;

/* Which columns and options say where the points are: x and y when they come with a system or a unit, or
 * alone. */
static void find_source(source *s, const agl_run *run, const char *input) {
    const agl_column *lon = agl__run_column(run, input, "lon"), *lat = agl__run_column(run, input, "lat");
    const agl_column *x = agl__run_column(run, input, "x"), *y = agl__run_column(run, input, "y");
    *s = (source){.input = input,
                  .industry = agl__run_column(run, input, "industry"),
                  .size = agl__run_column(run, input, "size"),
                  .crs = agl__run_text(run, "crs"),
                  .planar = agl__run_text(run, "planar")};
    bool plane = x && y && (s->planar || s->crs || !(lon && lat));
    s->degrees = !plane;
    s->a = plane ? x : lon, s->b = plane ? y : lat;
    s->a_role = plane ? "x" : "lon", s->b_role = plane ? "y" : "lat";
}

static agl_status check_source(const source *s, agl_error *err) {
    if (s->crs && s->planar)
        return agl_fail(
            err, AGL_EUSAGE,
            "--crs and --planar exclude each other; --planar is for coordinates without a system");
    if (!s->a || !s->b)
        return agl_fail(err, AGL_EUSAGE,
                        "no positions: bind lon and lat, or x and y with --crs EPSG:n or --planar km "
                        "(--col lon=COLUMN --col lat=COLUMN)");
    if (!s->degrees && !s->crs && !s->planar)
        return agl_fail(err, AGL_EUSAGE,
                        "x and y need their coordinate system: --crs EPSG:n, or --planar km, m, mi or ft");
    if (s->degrees && s->planar)
        return agl_fail(
            err, AGL_EUSAGE,
            "--planar goes with x and y; with lon and lat leave it out (great-circle distance) or give "
            "--crs EPSG:n");
    return AGL_OK;
}

static agl_status allocate(agl_points_input *out, double **a, double **b, size_t rows, bool size,
                           agl_error *err) {
    out->row = AGL_NEW(int32_t, rows);
    out->industry = AGL_NEW(int32_t, rows);
    out->size = size ? AGL_NEW(double, rows) : NULL;
    *a = AGL_NEW(double, rows);
    *b = AGL_NEW(double, rows);
    bool ok = out->row && out->industry && (out->size || !size) && *a && *b;
    return ok ? AGL_OK : agl_fail_memory(err);
}

/* What a row lacks. */
typedef enum lack { NOTHING, POSITION, INDUSTRY, SIZE } lack;

static lack lack_of(const source *s, size_t row) {
    if (!isfinite(s->a->num[row]) || !isfinite(s->b->num[row])) return POSITION;
    if (s->industry && s->industry->code[row] < 0) return INDUSTRY;
    return s->size && !isfinite(s->size->num[row]) ? SIZE : NOTHING;
}

/* Keeps the complete rows; copies codes, sizes and row numbers, and returns the two coordinate columns. */
static agl_status keep_rows(agl_points_input *out, double **a, double **b, const source *s, agl_run *run,
                            agl_error *err) {
    size_t rows = agl__run_input(run, s->input)->rows, n = 0, lacking[4] = {0};
    if (rows > INT32_MAX)
        return agl_fail(err, AGL_EDATA, "more than 2^31 points; filter the input with --where");
    agl_status status = allocate(out, a, b, rows, s->size, err);
    if (status != AGL_OK) return status;
    for (size_t i = 0; i < rows; i++) {
        lack l = lack_of(s, i);
        lacking[l]++;
        if (l != NOTHING) continue;
        (*a)[n] = s->a->num[i];
        (*b)[n] = s->b->num[i];
        out->row[n] = (int32_t)i;
        out->industry[n] = s->industry ? s->industry->code[i] : 0;
        if (s->size) out->size[n] = s->size->num[i];
        n++;
    }
    out->points.n = n;
    agl__run_rows(run, n, rows - n);
    if (n < rows && !s->industry)
        agl__run_warn(run, "%zu of %zu rows were left out because they have no position", rows - n, rows);
    else if (n < rows)
        agl__run_warn(run,
                      "%zu of %zu rows were left out: %zu without a position, %zu without an industry, %zu "
                      "without a size",
                      rows - n, rows, lacking[POSITION], lacking[INDUSTRY], lacking[SIZE]);
    if (n > 0) return AGL_OK;
    return agl_fail(err, AGL_EDATA, "no row has %s; check --col and --where",
                    s->industry ? "both a position and an industry" : "a position");
}

static agl_status check_degrees(const agl_points_input *in, const source *s, const double *lon,
                                const double *lat, const agl_run *run, agl_error *err) {
    for (size_t i = 0; i < in->points.n; i++) {
        bool lon_bad = !(fabs(lon[i]) <= 180), lat_bad = !(fabs(lat[i]) <= 90);
        if (!lon_bad && !lat_bad) continue;
        return agl__run_fail_row(
            run, s->input, (size_t)in->row[i], lon_bad ? s->a_role : s->b_role, err,
            lon_bad ? "longitude %g is outside -180..180; give degrees (WGS84), or bind x and y with --crs"
                    : "latitude %g is outside -90..90; check whether lon and lat are exchanged",
            lon_bad ? lon[i] : lat[i]);
    }
    return AGL_OK;
}

/* After a conversion by PROJ: a position outside the area where the system works comes back infinite. */
static agl_status check_converted(const agl_points_input *in, const source *s, const double *a,
                                  const double *b, const agl_run *run, agl_error *err) {
    for (size_t i = 0; i < in->points.n; i++)
        if (!isfinite(a[i]) || !isfinite(b[i]))
            return agl__run_fail_row(
                run, s->input, (size_t)in->row[i], s->a_role, err,
                "the position cannot be converted with %s; check the coordinate system and the unit", s->crs);
    return AGL_OK;
}

static double km_per_unit(const char *unit) {
    if (strcmp(unit, "m") == 0) return 0.001;
    if (strcmp(unit, "mi") == 0) return 1.609344;
    if (strcmp(unit, "ft") == 0) return 0.0003048;
    return 1;
}

static agl_status copy(double **to, const double *from, size_t n, agl_error *err) {
    *to = AGL_NEW(double, n);
    if (!*to) return agl_fail_memory(err);
    memcpy(*to, from, n * sizeof *from);
    return AGL_OK;
}

/* With a coordinate system: degrees and plane coordinates from one another. On return a, b hold what the
 * distance is taken of, and in->lon, in->lat the degrees. */
static agl_status convert(agl_points_input *in, const source *s, double *a, double *b, agl_crs *crs,
                          const agl_run *run, agl_error *err) {
    size_t n = in->points.n;
    agl_status status = s->degrees ? check_degrees(in, s, a, b, run, err) : AGL_OK;
    if (status == AGL_OK) status = copy(&in->lon, a, n, err);
    if (status == AGL_OK) status = copy(&in->lat, b, n, err);
    if (status != AGL_OK) return status;
    status =
        s->degrees ? agl__crs_forward(crs, a, b, n, err) : agl__crs_inverse(crs, in->lon, in->lat, n, err);
    if (status == AGL_OK)
        status = check_converted(in, s, s->degrees ? a : in->lon, s->degrees ? b : in->lat, run, err);
    if (status != AGL_OK) return status;
    return agl__crs_geographic(crs) ? agl_points_sphere(&in->points, in->lon, in->lat, n, err)
                                    : agl_points_plane(&in->points, a, b, agl__crs_km_per_unit(crs), n, err);
}

static agl_status place(agl_points_input *in, const source *s, double *a, double *b, const agl_run *run,
                        agl_error *err) {
    size_t n = in->points.n;
    agl_status status;
    if (s->planar) return agl_points_plane(&in->points, a, b, km_per_unit(s->planar), n, err);
    if (s->crs) {
        agl_crs *crs = NULL;
        status = agl__crs_open(&crs, s->crs, err);
        if (status == AGL_OK) status = convert(in, s, a, b, crs, run, err);
        agl__crs_close(crs);
        return status;
    }
    status = check_degrees(in, s, a, b, run, err);
    if (status == AGL_OK) status = copy(&in->lon, a, n, err);
    if (status == AGL_OK) status = copy(&in->lat, b, n, err);
    return status == AGL_OK ? agl_points_sphere(&in->points, a, b, n, err) : status;
}

agl_status agl__points_read(agl_points_input *out, agl_run *run, const char *input, agl_error *err) {
    *out = (agl_points_input){.id = agl__run_column(run, input, "id")};
    source s;
    double *a = NULL, *b = NULL;
    find_source(&s, run, input);
    agl_status status = check_source(&s, err);
    if (status == AGL_OK) status = keep_rows(out, &a, &b, &s, run, err);
    if (status == AGL_OK) {
        out->industries = s.industry ? &s.industry->dict : NULL;
        status = place(out, &s, a, b, run, err);
    }
    free(a);
    free(b);
    if (status != AGL_OK) agl__points_input_free(out);
    return status;
}

void agl__points_input_free(agl_points_input *in) {
    if (!in) return;
    agl_points_free(&in->points);
    free(in->row);
    free(in->industry);
    free(in->size);
    free(in->lon);
    free(in->lat);
    *in = (agl_points_input){0};
}

/* Points that have the same industry code occur? The dictionary may list codes whose every row was dropped.
 */
static bool occurs(const agl_points_input *in, int32_t code) {
    for (size_t i = 0; i < in->points.n; i++)
        if (in->industry[i] == code) return true;
    return false;
}

agl_status agl__points_industry(int32_t *code, const agl_points_input *in, const char *text,
                                const char *option, agl_error *err) {
    *code = agl_dict_find(in->industries, text);
    if (*code >= 0 && occurs(in, *code)) return AGL_OK;
    const char *first = in->industries->n ? in->industries->text[0] : "";
    const char *last = in->industries->n ? in->industries->text[in->industries->n - 1] : "";
    return agl_fail(
        err, AGL_EDATA,
        "--%s %s: no establishment has this industry; the input has %zu industries from '%s' to '%s'", option,
        text, in->industries->n, first, last);
}

agl_status agl__points_industries(bool *wanted, const agl_points_input *in, const char *list,
                                  const char *option, agl_error *err) {
    bool all = !list || strcmp(list, "all") == 0;
    for (size_t i = 0; i < in->industries->n; i++)
        wanted[i] = all;
    if (all) return AGL_OK;
    int32_t whole = agl_dict_find(in->industries, list); /* a code may hold a comma itself */
    if (whole >= 0) {
        wanted[whole] = true;
        return AGL_OK;
    }
    char *copy_of = AGL_NEW(char, strlen(list) + 1);
    if (!copy_of) return agl_fail_memory(err);
    strcpy(copy_of, list);
    agl_status status = AGL_OK;
    char *rest = NULL;
    for (char *word = strtok_r(copy_of, ",", &rest); word && status == AGL_OK;
         word = strtok_r(NULL, ",", &rest)) {
        int32_t code;
        status = agl__points_industry(&code, in, word, option, err);
        if (status == AGL_OK) wanted[code] = true;
    }
    free(copy_of);
    return status;
}

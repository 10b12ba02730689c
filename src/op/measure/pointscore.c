#include "agglo/pointscore.h"
#include "agglo/backbone.h"
#include "base/mem.h"
#include "op/measure/points_input.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct job {
    agl_run *run;
    agl_points_input in;
    agl_pointscore_data data;
    bool *wanted;
    double radius, link, alpha;
    double *neighbours, *score, *p, *q; /* by point */
    bool *significant;
    int32_t *cluster;
    const double *x, *y; /* coordinates as given, for maps without degrees */
} job;

/* Points of a cluster, in the order of the input. */
typedef struct hull {
    int32_t industry, cluster;
    const int32_t *member;
    size_t members;
} hull;

static void job_free(job *j) {
    agl__points_input_free(&j->in);
    free(j->wanted);
    free(j->neighbours);
    free(j->score);
    free(j->p);
    free(j->q);
    free(j->significant);
    free(j->cluster);
}

/* ---- what to compute ---- */

/* Industries that are asked for and large enough. */
static agl_status choose_industries(job *j, agl_error *err) {
    const agl_points_input *in = &j->in;
    size_t types = in->industries->n, min_n = (size_t)agl__run_integer(j->run, "min-n"), left = 0;
    size_t *count = AGL_NEW(size_t, types);
    j->wanted = AGL_NEW(bool, types);
    agl_status status = j->wanted && count ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK)
        status =
            agl__points_industries(j->wanted, in, agl__run_text(j->run, "industries"), "industries", err);
    for (size_t i = 0; status == AGL_OK && i < in->points.n; i++)
        count[in->industry[i]]++;
    for (size_t t = 0; status == AGL_OK && t < types; t++) {
        j->wanted[t] = j->wanted[t] && count[t] >= min_n;
        left += j->wanted[t];
    }
    free(count);
    if (status == AGL_OK && left == 0)
        status = agl_fail(
            err, AGL_EDATA,
            "no industry has at least %zu establishments; lower --min-n or choose others with --industries",
            min_n);
    return status;
}

static agl_status read_options(job *j, agl_error *err) {
    const agl_points_input *in = &j->in;
    double draws = (double)agl__run_integer(j->run, "simulations");
    j->radius = agl__run_number(j->run, "radius-km");
    j->link = agl__run_number(j->run, "link-km");
    j->alpha = agl__run_number(j->run, "alpha");
    if (isnan(j->link)) j->link = j->radius;
    agl_status status = choose_industries(j, err);
    if (status != AGL_OK) return status;
    j->data = (agl_pointscore_data){.points = &in->points,
                                    .type = in->industry,
                                    .n_types = in->industries->n,
                                    .wanted = j->wanted,
                                    .weight = agl__run_flag(j->run, "unweighted") ? NULL : in->size};
    if (!j->data.weight) return AGL_OK;
    for (size_t i = 0; i < in->points.n; i++)
        if (in->size[i] < 0)
            return agl__run_fail_row(j->run, "data", (size_t)in->row[i], "size", err,
                                     "negative size %g; correct the cell or leave it out with --where",
                                     in->size[i]);
    if (draws * j->alpha < 1)
        return agl_fail(err, AGL_EUSAGE,
                        "%.0f simulations cannot show a level of %g; give at least --simulations %.0f", draws,
                        j->alpha, ceil(1 / j->alpha));
    return AGL_OK;
}

/* False discovery rates within each industry. */
static agl_status adjust(job *j, agl_error *err) {
    size_t n = j->in.points.n;
    size_t *at = AGL_NEW(size_t, n);
    double *p = AGL_NEW(double, n), *q = AGL_NEW(double, n);
    agl_status status = at && p && q ? AGL_OK : agl_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        j->q[i] = NAN;
    for (size_t t = 0; t < j->data.n_types && status == AGL_OK; t++) {
        size_t m = 0;
        if (!j->wanted[t]) continue;
        for (size_t i = 0; i < n; i++)
            if ((size_t)j->in.industry[i] == t && !isnan(j->p[i])) {
                at[m] = i;
                p[m++] = j->p[i];
            }
        if (m > 0) status = agl_false_discovery(q, p, m, (double)m, err);
        for (size_t k = 0; k < m && status == AGL_OK; k++)
            j->q[at[k]] = q[k];
    }
    free(at);
    free(p);
    free(q);
    return status;
}

static agl_status compute(job *j, agl_error *err) {
    size_t n = j->in.points.n;
    const agl_ctx *ctx = agl__run_ctx(j->run);
    j->neighbours = AGL_NEW(double, n);
    j->score = AGL_NEW(double, n);
    j->p = AGL_NEW(double, n);
    j->q = AGL_NEW(double, n);
    j->significant = AGL_NEW(bool, n);
    j->cluster = AGL_NEW(int32_t, n);
    if (!j->neighbours || !j->score || !j->p || !j->q || !j->significant || !j->cluster)
        return agl_fail_memory(err);
    agl_status status = agl_pointscore(j->neighbours, j->score, j->p, &j->data, j->radius,
                                       (size_t)agl__run_integer(j->run, "simulations"), ctx, err);
    if (status == AGL_OK) status = adjust(j, err);
    if (status != AGL_OK) return status;
    const double *level = agl__run_is(j->run, "adjust", "fdr") ? j->q : j->p;
    for (size_t i = 0; i < n; i++)
        j->significant[i] = level[i] <= j->alpha;
    return agl_pointscore_clusters(j->cluster, j->significant, &j->data, j->link, ctx, err);
}

/* ---- clusters as lists of their points ---- */

typedef struct member {
    int32_t industry, cluster, point;
} member;

static int by_cluster(const void *a, const void *b) {
    const member *x = a, *y = b;
    if (x->industry != y->industry) return x->industry < y->industry ? -1 : 1;
    if (x->cluster != y->cluster) return x->cluster < y->cluster ? -1 : 1;
    return (x->point > y->point) - (x->point < y->point);
}

/* Clusters with at least `least` members; `member` and `hulls` are to be freed. Smaller ones lose their
 * number. */
static agl_status list_clusters(hull **hulls, size_t *n_hulls, int32_t **points, job *j, size_t least,
                                agl_error *err) {
    size_t n = 0, all = j->in.points.n;
    member *m = AGL_NEW(member, all);
    *hulls = AGL_NEW(hull, all);
    *points = AGL_NEW(int32_t, all);
    *n_hulls = 0;
    if (!m || !*hulls || !*points) {
        free(m);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < all; i++)
        if (j->cluster[i] > 0) m[n++] = (member){j->in.industry[i], j->cluster[i], (int32_t)i};
    qsort(m, n, sizeof *m, by_cluster);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && m[to].industry == m[from].industry && m[to].cluster == m[from].cluster;
             to++)
            (*points)[to] = m[to].point;
        if (to - from >= least)
            (*hulls)[(*n_hulls)++] = (hull){m[from].industry, m[from].cluster, *points + from, to - from};
        else
            for (size_t k = from; k < to; k++)
                j->cluster[m[k].point] = 0;
    }
    free(m);
    return AGL_OK;
}

/* ---- writing ---- */

/* Degrees where there are any, else the coordinates as they were given. */
static void place_of(const job *j, size_t i, double *x, double *y) {
    size_t row = (size_t)j->in.row[i];
    *x = j->in.lon ? j->in.lon[i] : j->x[row];
    *y = j->in.lat ? j->in.lat[i] : j->y[row];
}

/* Fills lon and lat, or x and y, and drops the other pair. */
static agl_status keep_place(double **x, double **y, const job *j, agl_table *t, agl_error *err) {
    bool degrees = j->in.lon != NULL;
    agl_status status = agl__run_drop_column(t, degrees ? "x" : "lon", err);
    if (status == AGL_OK) status = agl__run_drop_column(t, degrees ? "y" : "lat", err);
    if (status != AGL_OK) return status;
    *x = agl__run_num(t, degrees ? "lon" : "x");
    *y = agl__run_num(t, degrees ? "lat" : "y");
    return AGL_OK;
}

/* Rows of the points table: wanted points by industry, within it as in the input. */
static size_t *rows_by_industry(const job *j, size_t *rows) {
    size_t n = j->in.points.n, types = j->data.n_types;
    size_t *start = AGL_NEW(size_t, types + 1), *row = AGL_NEW(size_t, n);
    *rows = 0;
    if (!start || !row) {
        free(start);
        free(row);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (j->wanted[j->in.industry[i]]) start[j->in.industry[i] + 1]++;
    for (size_t t = 0; t < types; t++)
        start[t + 1] += start[t];
    *rows = start[types];
    for (size_t i = 0; i < n; i++)
        if (j->wanted[j->in.industry[i]]) row[start[j->in.industry[i]]++] = i;
    free(start);
    return row;
}

static agl_status write_id(const job *j, agl_table *t, const size_t *point, agl_error *err) {
    if (!j->in.id) return agl__run_drop_column(t, "id", err);
    int32_t *code;
    agl_status status = agl__run_key(&code, t, "id", &j->in.id->dict, err);
    for (size_t k = 0; status == AGL_OK && k < t->rows; k++)
        code[k] = j->in.id->code[j->in.row[point[k]]];
    return status;
}

static agl_status write_points(job *j, agl_error *err) {
    size_t rows;
    size_t *point = rows_by_industry(j, &rows);
    agl_table *t;
    int32_t *industry;
    double *x, *y;
    agl_status status = point ? agl__run_output(&t, j->run, "points", rows, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__run_key(&industry, t, "industry", j->in.industries, err);
    if (status == AGL_OK) status = write_id(j, t, point, err);
    if (status == AGL_OK) status = keep_place(&x, &y, j, t, err);
    if (status == AGL_OK && !j->in.size) status = agl__run_drop_column(t, "size", err);
    for (size_t k = 0; status == AGL_OK && k < rows; k++) {
        size_t i = point[k];
        industry[k] = j->in.industry[i];
        agl__run_num(t, "row")[k] = (double)j->in.row[i] + 1;
        place_of(j, i, &x[k], &y[k]);
        if (j->in.size) agl__run_num(t, "size")[k] = j->in.size[i];
        agl__run_num(t, "neighbours")[k] = j->neighbours[i];
        agl__run_num(t, "score")[k] = j->score[i];
        agl__run_num(t, "p_value")[k] = j->p[i];
        agl__run_num(t, "q_value")[k] = j->q[i];
        agl__run_num(t, "significant")[k] = isnan(j->p[i]) ? NAN : j->significant[i];
        agl__run_num(t, "cluster")[k] = j->cluster[i] > 0 ? (double)j->cluster[i] : NAN;
    }
    free(point);
    return status;
}

/* Well-known text of a hull: a polygon, or a line or point when it has no area. */
static agl_status hull_text(char **out, double *area, const job *j, const hull *h, agl_error *err) {
    static const char *const opening[] = {"POINT (", "LINESTRING (", "POLYGON (("};
    int32_t *vertex = AGL_NEW(int32_t, h->members);
    size_t n = 0, length = 0;
    agl_status status = vertex
                            ? agl_pointscore_hull(vertex, &n, area, &j->in.points, h->member, h->members, err)
                            : agl_fail_memory(err);
    char *text = status == AGL_OK ? AGL_NEW(char, 64 * (n + 2)) : NULL;
    if (status == AGL_OK && !text) status = agl_fail_memory(err);
    if (status == AGL_OK) {
        size_t kind = n < 3 ? n - 1 : 2;
        length += (size_t)sprintf(text, "%s", opening[kind]);
        for (size_t v = 0; v < n + (kind == 2); v++) { /* a polygon ends where it began */
            double x, y;
            place_of(j, (size_t)vertex[v % n], &x, &y);
            length += (size_t)sprintf(text + length, "%s%.15g %.15g", v ? ", " : "", x, y);
        }
        sprintf(text + length, "%s", kind == 2 ? "))" : ")");
    }
    free(vertex);
    *out = text;
    return status;
}

static void sum_up_hull(const job *j, const hull *h, agl_table *t, size_t row, double *x, double *y) {
    double size = 0, score = 0, sum_x = 0, sum_y = 0, px, py, origin_x, origin_y;
    place_of(j, (size_t)h->member[0], &origin_x, &origin_y);
    for (size_t k = 0; k < h->members; k++) {
        size_t i = (size_t)h->member[k];
        place_of(j, i, &px, &py);
        double dx = px - origin_x;
        if (j->in.lon && fabs(dx) > 180) dx -= copysign(360, dx); /* across the date line */
        sum_x += dx;
        sum_y += py - origin_y;
        size += j->in.size ? j->in.size[i] : 0;
        score += j->score[i];
    }
    double n = (double)h->members;
    x[row] = origin_x + sum_x / n;
    if (j->in.lon && fabs(x[row]) > 180) x[row] -= copysign(360, x[row]);
    y[row] = origin_y + sum_y / n;
    agl__run_num(t, "cluster")[row] = h->cluster;
    agl__run_num(t, "members")[row] = n;
    if (j->in.size) agl__run_num(t, "size")[row] = size;
    agl__run_num(t, "mean_score")[row] = score / n;
}

static agl_status write_hulls(job *j, const hull *hulls, size_t n, agl_error *err) {
    agl_table *t;
    int32_t *industry, *wkt;
    double *x, *y;
    char **text = AGL_NEW(char *, n);
    agl_dict texts = {.n = n, .text = text};
    agl_status status = text ? agl__run_output(&t, j->run, "hulls", n, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__run_key(&industry, t, "industry", j->in.industries, err);
    if (status == AGL_OK) status = keep_place(&x, &y, j, t, err);
    if (status == AGL_OK && !j->in.size) status = agl__run_drop_column(t, "size", err);
    for (size_t k = 0; status == AGL_OK && k < n; k++) {
        industry[k] = hulls[k].industry;
        status = hull_text(&text[k], &agl__run_num(t, "area_km2")[k], j, &hulls[k], err);
        if (status == AGL_OK) sum_up_hull(j, &hulls[k], t, k, x, y);
    }
    if (status == AGL_OK) status = agl__run_key(&wkt, t, "wkt", &texts, err);
    for (size_t k = 0; status == AGL_OK && k < n; k++)
        wkt[k] = (int32_t)k;
    for (size_t k = 0; text && k < n; k++)
        free(text[k]);
    free(text);
    return status;
}

static agl_status write(job *j, agl_error *err) {
    hull *hulls = NULL;
    int32_t *points = NULL;
    size_t n = 0;
    agl_status status =
        list_clusters(&hulls, &n, &points, j, (size_t)agl__run_integer(j->run, "min-members"), err);
    if (status == AGL_OK) status = write_points(j, err);
    if (status == AGL_OK) status = write_hulls(j, hulls, n, err);
    free(hulls);
    free(points);
    return status;
}

agl_status agl_op_measure_pointscore(agl_run *run, agl_error *err) {
    job j = {.run = run};
    agl_status status = agl__points_read(&j.in, run, "data", err);
    if (status == AGL_OK && !j.in.lon) {
        j.x = agl__run_column(run, "data", "x")->num;
        j.y = agl__run_column(run, "data", "y")->num;
    }
    if (status == AGL_OK) status = read_options(&j, err);
    if (status == AGL_OK) status = compute(&j, err);
    if (status == AGL_OK) status = write(&j, err);
    job_free(&j);
    return status;
}

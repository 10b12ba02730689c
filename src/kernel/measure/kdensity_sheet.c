#include "kernel/measure/kdensity_sheet.h"
#include "base/mem.h"
#include "kernel/geo/points.h"

#include <math.h>

/* ---- parts: cells of side `reach`, joined when they touch ---- */

typedef struct keyed {
    uint64_t key; /* three coordinates of the cell, 21 bits each */
    int32_t site;
} keyed;

static int by_key(const void *a, const void *b) {
    const keyed *p = a, *q = b;
    if (p->key != q->key) return p->key < q->key ? -1 : 1;
    return p->site < q->site ? -1 : p->site > q->site;
}

static uint64_t pack(int64_t x, int64_t y, int64_t z) {
    return (uint64_t)x << 42 | (uint64_t)y << 21 | (uint64_t)z;
}

static int32_t root(int32_t *parent, int32_t k) {
    while (parent[k] != k)
        k = parent[k] = parent[parent[k]];
    return k;
}

static int32_t find_cell(const uint64_t *cells, size_t n, uint64_t key) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cells[middle] < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < n && cells[low] == key ? (int32_t)low : -1;
}

static void join_neighbours(int32_t *parent, const uint64_t *cells, size_t n) {
    const uint64_t mask = (1 << 21) - 1;
    for (size_t k = 0; k < n; k++) {
        int64_t x = (int64_t)(cells[k] >> 42), y = (int64_t)(cells[k] >> 21 & mask),
                z = (int64_t)(cells[k] & mask);
        for (int64_t d = 0; d < 27; d++) {
            int32_t other = find_cell(cells, n, pack(x + d / 9 - 1, y + d / 3 % 3 - 1, z + d % 3 - 1));
            if (other >= 0) parent[root(parent, (int32_t)k)] = root(parent, other);
        }
    }
}

/* Fills part_of and returns the number of parts, or -1 when memory is exhausted. Cells start at 1, so that a
 * neighbour below the first has a key. */
static int32_t find_parts(int32_t *part_of, const agl_points *p, double side) {
    double low[3], high[3];
    agl__points_box(low, high, p);
    keyed *sites = AGL_NEW(keyed, p->n);
    uint64_t *cells = AGL_NEW(uint64_t, p->n);
    int32_t *parent = AGL_NEW(int32_t, p->n), *number = AGL_NEW(int32_t, p->n), parts = 0;
    if (!sites || !cells || !parent || !number) {
        parts = -1;
        goto out;
    }
    for (size_t i = 0; i < p->n; i++)
        sites[i] =
            (keyed){pack(1 + (int64_t)((p->x[i] - low[0]) / side), 1 + (int64_t)((p->y[i] - low[1]) / side),
                         1 + (int64_t)((p->z[i] - low[2]) / side)),
                    (int32_t)i};
    qsort(sites, p->n, sizeof *sites, by_key);
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        if (n == 0 || cells[n - 1] != sites[i].key) cells[n++] = sites[i].key;
    for (size_t k = 0; k < n; k++) {
        parent[k] = (int32_t)k;
        number[k] = -1;
    }
    join_neighbours(parent, cells, n);
    for (size_t i = 0, k = 0; i < p->n; i++) {
        if (cells[k] != sites[i].key) k++;
        int32_t top = root(parent, (int32_t)k);
        if (number[top] < 0) number[top] = parts++;
        part_of[sites[i].site] = number[top];
    }
out:
    free(sites);
    free(cells);
    free(parent);
    free(number);
    return parts;
}

/* ---- projection ---- */

/* Unit vectors east, north and up at the middle of a part, seen from the centre of the Earth, which in the
 * local frame lies at (0, 0, -R). */
typedef struct frame {
    double east[3], north[3], up[3];
} frame;

static void from_centre(double out[3], const agl_points *p, size_t i) {
    out[0] = p->x[i];
    out[1] = p->y[i];
    out[2] = p->z[i] + AGL_EARTH_RADIUS_KM;
}

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static frame frame_at(const double sum[3]) {
    frame f;
    double length = sqrt(dot(sum, sum));
    for (int a = 0; a < 3; a++)
        f.up[a] = length > 0 ? sum[a] / length : a == 2;
    /* any direction that is not nearly up will do to start from */
    int axis = fabs(f.up[0]) < 0.6 ? 0 : 1;
    for (int a = 0; a < 3; a++)
        f.east[a] = (a == axis) - f.up[axis] * f.up[a];
    double scale = 1 / sqrt(dot(f.east, f.east));
    for (int a = 0; a < 3; a++)
        f.east[a] *= scale;
    f.north[0] = f.up[1] * f.east[2] - f.up[2] * f.east[1];
    f.north[1] = f.up[2] * f.east[0] - f.up[0] * f.east[2];
    f.north[2] = f.up[0] * f.east[1] - f.up[1] * f.east[0];
    return f;
}

/* Azimuthal equidistant: as far from the middle and in the same direction as on the sphere. */
static void project(double *u, double *v, const double p[3], const frame *f) {
    double e = dot(p, f->east), n = dot(p, f->north), flat = sqrt(e * e + n * n);
    double distance = AGL_EARTH_RADIUS_KM * atan2(flat, dot(p, f->up));
    *u = flat > 0 ? e / flat * distance : 0;
    *v = flat > 0 ? n / flat * distance : 0;
}

static agl_status project_parts(agl_kd_sheet *s, const agl_points *p, agl_error *err) {
    double(*sum)[3] = calloc(s->n_parts, sizeof *sum);
    frame *frames = AGL_NEW(frame, s->n_parts);
    if (!sum || !frames) {
        free(sum);
        free(frames);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < s->n; i++) {
        double q[3];
        from_centre(q, p, i);
        for (int a = 0; a < 3; a++)
            sum[s->part_of[i]][a] += q[a];
    }
    for (size_t k = 0; k < s->n_parts; k++)
        frames[k] = frame_at(sum[k]);
    for (size_t i = 0; i < s->n; i++) {
        double q[3];
        from_centre(q, p, i);
        project(&s->u[i], &s->v[i], q, &frames[s->part_of[i]]);
    }
    free(sum);
    free(frames);
    return AGL_OK;
}

/* The projection lengthens distances across the direction to the middle. The mean of that, over an even
 * choice of pairs and as a function of distance, is taken back where distances are read off the sheet; what
 * is left is the stretch. */
static void compare_distances(agl_kd_sheet *s, const agl_points *p) {
    enum { CHOICE = 1200 };
    size_t step = s->n / CHOICE + 1, pairs = 0;
    double on_sphere[AGL_KD_RATIOS] = {0}, on_sheet[AGL_KD_RATIOS] = {0}, ratios = 0, squares = 0;
    for (size_t i = 0; i < s->n; i += step)
        for (size_t j = 0; j < i; j += step) {
            if (s->part_of[i] != s->part_of[j]) continue;
            double d = agl_points_distance(p, i, j), e = hypot(s->u[i] - s->u[j], s->v[i] - s->v[j]);
            if (!(e < s->reach) || d == 0) continue;
            size_t bin = (size_t)(e / s->reach * AGL_KD_RATIOS);
            on_sphere[bin] += d;
            on_sheet[bin] += e;
            ratios += e / d;
            squares += (e / d) * (e / d);
            pairs++;
        }
    for (size_t b = 0; b < AGL_KD_RATIOS; b++)
        s->ratio[b] = on_sheet[b] > 0 ? on_sphere[b] / on_sheet[b] : 1;
    if (pairs > 0) s->stretch = sqrt(fmax(squares / (double)pairs - pow(ratios / (double)pairs, 2), 0));
}

double agl__kd_sheet_true(const agl_kd_sheet *sheet, double distance) {
    double at = distance / sheet->reach * AGL_KD_RATIOS - 0.5; /* ratios belong to the middles of the steps */
    double low = fmin(fmax(floor(at), 0), AGL_KD_RATIOS - 2), share = fmin(fmax(at - low, 0), 1);
    size_t b = (size_t)low;
    return distance * (sheet->ratio[b] + share * (sheet->ratio[b + 1] - sheet->ratio[b]));
}

/* Moves every part to the corner of its sheet. */
static agl_status measure(agl_kd_sheet *s, agl_error *err) {
    double *low = AGL_NEW(double, 2 * s->n_parts);
    if (!low) return agl_fail_memory(err);
    for (size_t k = 0; k < 2 * s->n_parts; k++)
        low[k] = INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        double *corner = low + 2 * s->part_of[i];
        corner[0] = fmin(corner[0], s->u[i]);
        corner[1] = fmin(corner[1], s->v[i]);
    }
    for (size_t i = 0; i < s->n; i++) {
        agl_kd_part *part = &s->part[s->part_of[i]];
        s->u[i] -= low[2 * s->part_of[i]];
        s->v[i] -= low[2 * s->part_of[i] + 1];
        part->width = fmax(part->width, s->u[i]);
        part->height = fmax(part->height, s->v[i]);
    }
    free(low);
    return AGL_OK;
}

agl_status agl__kd_sheet_new(agl_kd_sheet *out, const agl_points *points, double reach_km, agl_error *err) {
    size_t n = points->n;
    *out = (agl_kd_sheet){.n = n,
                          .part_of = AGL_NEW(int32_t, n),
                          .u = AGL_NEW(double, n),
                          .v = AGL_NEW(double, n),
                          .reach = fmax(reach_km, 0.01)};
    for (size_t b = 0; b < AGL_KD_RATIOS; b++)
        out->ratio[b] = 1;
    agl_status status = AGL_OK;
    int32_t parts = -1;
    if (out->part_of && out->u && out->v) parts = find_parts(out->part_of, points, out->reach);
    if (parts >= 0) out->part = AGL_NEW(agl_kd_part, parts);
    if (!out->part) {
        status = agl_fail_memory(err);
        goto out;
    }
    out->n_parts = (size_t)parts;
    if (points->space == AGL_SPHERE) {
        status = project_parts(out, points, err);
        if (status == AGL_OK) compare_distances(out, points);
    } else {
        for (size_t i = 0; i < n; i++) {
            out->u[i] = points->x[i];
            out->v[i] = points->y[i];
        }
    }
    if (status == AGL_OK) status = measure(out, err);
out:
    if (status != AGL_OK) agl__kd_sheet_free(out);
    return status;
}

void agl__kd_sheet_free(agl_kd_sheet *sheet) {
    free(sheet->part_of);
    free(sheet->u);
    free(sheet->v);
    free(sheet->part);
    *sheet = (agl_kd_sheet){0};
}

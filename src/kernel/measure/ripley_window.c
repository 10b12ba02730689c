#include "base/mem.h"
#include "kernel/measure/ripley_plan.h"

#include <math.h>
#include <string.h>

/* ---- making ---- */

agl_status agl_window_rectangle(agl_window *out, double x0, double x1, double y0, double y1, agl_error *err) {
    if (!(x0 < x1) || !(y0 < y1) || !isfinite(x0) || !isfinite(x1) || !isfinite(y0) || !isfinite(y1))
        return agl_fail(err, AGL_EDATA,
                        "the window from (%g, %g) to (%g, %g) has no area; give it as xmin,xmax,ymin,ymax",
                        x0, y0, x1, y1);
    const double x[4] = {x0, x1, x1, x0}, y[4] = {y0, y0, y1, y1};
    return agl_window_polygon(out, x, y, NULL, 4, err);
}

static double ring_area(const agl_window *w, size_t ring) {
    double twice = 0;
    size_t from = w->start[ring], to = w->start[ring + 1];
    for (size_t v = from; v < to; v++) {
        size_t next = v + 1 < to ? v + 1 : from;
        twice += (w->x[v] - w->x[from]) * (w->y[next] - w->y[from]) -
                 (w->x[next] - w->x[from]) * (w->y[v] - w->y[from]);
    }
    return twice / 2;
}

/* Whether a ray to the right of (x, y) crosses the ring an odd number of times. */
static bool in_ring(const agl_window *w, size_t ring, double x, double y) {
    bool inside = false;
    size_t from = w->start[ring], to = w->start[ring + 1];
    for (size_t v = from, before = to - 1; v < to; before = v++) {
        if ((w->y[v] > y) == (w->y[before] > y)) continue;
        double at = w->x[v] + (y - w->y[v]) / (w->y[before] - w->y[v]) * (w->x[before] - w->x[v]);
        if (x < at) inside = !inside;
    }
    return inside;
}

/* Turns every ring so that the inside of the window is to its left, and adds up the area: rings inside an
 * even number of others are outlines, the rest are holes. */
static void orient(agl_window *w) {
    w->area = 0;
    for (size_t r = 0; r < w->n_rings; r++) {
        size_t depth = 0, from = w->start[r], to = w->start[r + 1];
        for (size_t other = 0; other < w->n_rings; other++)
            if (other != r) depth += in_ring(w, other, w->x[from], w->y[from]);
        double area = ring_area(w, r);
        bool hole = depth % 2, turned = (area < 0) != hole;
        w->area += hole ? -fabs(area) : fabs(area);
        for (size_t a = from, b = to - 1; turned && a < b; a++, b--) {
            double x = w->x[a], y = w->y[a];
            w->x[a] = w->x[b], w->y[a] = w->y[b];
            w->x[b] = x, w->y[b] = y;
        }
    }
}

static void find_shape(agl_window *w) {
    size_t n = w->start[w->n_rings];
    w->low[0] = w->high[0] = w->x[0];
    w->low[1] = w->high[1] = w->y[0];
    for (size_t v = 1; v < n; v++) {
        w->low[0] = fmin(w->low[0], w->x[v]), w->high[0] = fmax(w->high[0], w->x[v]);
        w->low[1] = fmin(w->low[1], w->y[v]), w->high[1] = fmax(w->high[1], w->y[v]);
    }
    w->rectangle = n == 4;
    for (size_t v = 0; v < n && w->rectangle; v++) {
        bool corner = (w->x[v] == w->low[0] || w->x[v] == w->high[0]) &&
                      (w->y[v] == w->low[1] || w->y[v] == w->high[1]);
        size_t next = (v + 1) % n;
        w->rectangle = corner && (w->x[v] == w->x[next]) != (w->y[v] == w->y[next]);
    }
}

/* Adds a vertex to the ring that starts at `from`, unless it repeats the one before or (`last`) closes the
 * ring. */
static void keep_vertex(agl_window *w, size_t from, size_t *kept, double x, double y, bool last) {
    bool repeats = *kept > from && x == w->x[*kept - 1] && y == w->y[*kept - 1];
    bool closes = last && *kept > from && x == w->x[from] && y == w->y[from];
    if (repeats || closes) return;
    w->x[*kept] = x;
    w->y[(*kept)++] = y;
}

static agl_status copy_rings(agl_window *w, const double *x, const double *y, const int32_t *ring, size_t n,
                             agl_error *err) {
    size_t kept = 0;
    for (size_t v = 0; v < n; v++) {
        if (!isfinite(x[v]) || !isfinite(y[v]))
            return agl_fail(err, AGL_EDATA, "vertex %zu of the window is not a finite position", v + 1);
        bool first = v == 0 || (ring && ring[v] != ring[v - 1]),
             last = v + 1 == n || (ring && ring[v] != ring[v + 1]);
        if (first) w->start[w->n_rings++] = kept;
        size_t from = w->start[w->n_rings - 1];
        keep_vertex(w, from, &kept, x[v], y[v], last);
        if (last && kept - from < 3)
            return agl_fail(err, AGL_EDATA, "ring %zu of the window has fewer than three different vertices",
                            w->n_rings);
    }
    w->start[w->n_rings] = kept;
    return AGL_OK;
}

agl_status agl_window_polygon(agl_window *out, const double *x, const double *y, const int32_t *ring,
                              size_t n, agl_error *err) {
    if (n < 3 || n > INT32_MAX)
        return agl_fail(err, AGL_EDATA, "a window needs at least three vertices, there are %zu", n);
    *out = (agl_window){.start = AGL_NEW(size_t, n + 1), .x = AGL_NEW(double, n), .y = AGL_NEW(double, n)};
    agl_status status = out->start && out->x && out->y ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) status = copy_rings(out, x, y, ring, n, err);
    if (status == AGL_OK) {
        orient(out);
        find_shape(out);
        if (!(out->area > 0)) status = agl_fail(err, AGL_EDATA, "the window has no area");
    }
    if (status != AGL_OK) agl_window_free(out);
    return status;
}

void agl_window_free(agl_window *window) {
    if (!window) return;
    free(window->start);
    free(window->x);
    free(window->y);
    *window = (agl_window){.n_rings = 0};
}

/* ---- points and the edge ---- */

static double segment_distance2(double ax, double ay, double bx, double by, double x, double y) {
    double dx = bx - ax, dy = by - ay, t = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    double ex = ax + t * dx - x, ey = ay + t * dy - y;
    return ex * ex + ey * ey;
}

double agl_window_depth(const agl_window *w, double x, double y) {
    if (w->rectangle) return fmin(fmin(x - w->low[0], w->high[0] - x), fmin(y - w->low[1], w->high[1] - y));
    double least = INFINITY;
    for (size_t r = 0; r < w->n_rings; r++)
        for (size_t v = w->start[r], before = w->start[r + 1] - 1; v < w->start[r + 1]; before = v++)
            least = fmin(least, segment_distance2(w->x[before], w->y[before], w->x[v], w->y[v], x, y));
    return sqrt(least);
}

bool agl__window_strictly_contains(const agl_window *w, double x, double y) {
    bool inside = false;
    for (size_t r = 0; r < w->n_rings; r++)
        inside ^= in_ring(w, r, x, y);
    return inside;
}

bool agl_window_contains(const agl_window *w, double x, double y) {
    double slack = 1e-9 * fmax(w->high[0] - w->low[0], w->high[1] - w->low[1]);
    if (x < w->low[0] - slack || x > w->high[0] + slack || y < w->low[1] - slack || y > w->high[1] + slack)
        return false;
    if (w->rectangle || agl__window_strictly_contains(w, x, y)) return true;
    return agl_window_depth(w, x, y) <= slack;
}

/* ---- set covariance ---- */

/* An edge as the upper side of a trapezoid that stands on a common base line below everything. The window is
 * the sum of these trapezoids, counted positive under edges that run to the left (inside below) and negative
 * under the others. */
typedef struct roof {
    double x0, x1, y0, slope, sign;
} roof;

static roof roof_of(const agl_window *w, size_t a, size_t b, double dx, double dy) {
    bool left = w->x[b] < w->x[a];
    size_t first = left ? b : a, second = left ? a : b;
    double width = w->x[second] - w->x[first];
    return (roof){.x0 = w->x[first] + dx,
                  .x1 = w->x[second] + dx,
                  .y0 = w->y[first] + dy,
                  .slope = width > 0 ? (w->y[second] - w->y[first]) / width : 0,
                  .sign = left ? 1 : -1};
}

/* Area over the base that is under both roofs: the lower of two lines over the stretch they share. */
static double area_under_both(const roof *a, const roof *b, double base) {
    double from = fmax(a->x0, b->x0), to = fmin(a->x1, b->x1);
    if (!(from < to)) return 0;
    double a0 = a->y0 + a->slope * (from - a->x0), a1 = a->y0 + a->slope * (to - a->x0);
    double b0 = b->y0 + b->slope * (from - b->x0), b1 = b->y0 + b->slope * (to - b->x0);
    double width = to - from, d0 = a0 - b0, d1 = a1 - b1;
    if (d0 * d1 >= 0) return width * ((d0 + d1 < 0 ? a0 + a1 : b0 + b1) / 2 - base);
    double cross = d0 / (d0 - d1), at = a0 + cross * (a1 - a0), first = d0 < 0 ? a0 : b0,
           second = d1 < 0 ? a1 : b1;
    return width * (cross * ((first + at) / 2 - base) + (1 - cross) * ((at + second) / 2 - base));
}

double agl_window_covariance(const agl_window *w, double dx, double dy) {
    double width = w->high[0] - w->low[0] - fabs(dx), height = w->high[1] - w->low[1] - fabs(dy);
    if (!(width > 0) || !(height > 0)) return 0;
    if (w->rectangle) return width * height;
    double base = w->low[1] + fmin(dy, 0), area = 0;
    for (size_t r = 0; r < w->n_rings; r++)
        for (size_t v = w->start[r], before = w->start[r + 1] - 1; v < w->start[r + 1]; before = v++) {
            roof here = roof_of(w, before, v, 0, 0);
            for (size_t q = 0; q < w->n_rings; q++)
                for (size_t u = w->start[q], prior = w->start[q + 1] - 1; u < w->start[q + 1]; prior = u++) {
                    roof moved = roof_of(w, prior, u, dx, dy);
                    area += here.sign * moved.sign * area_under_both(&here, &moved, base);
                }
        }
    return fmax(area, 0);
}

/* ---- part of a circle inside ----
 *
 * Walk around the circle anticlockwise. Where it crosses an edge from right to left it enters the window,
 * where from left to right it leaves; the angle inside is that of the exits less that of the entries. A
 * circle through a vertex (points on a grid have many) spoils the count: then the arcs between all crossings
 * are tested one by one. */

typedef struct crossing {
    double angle;
    bool enters;
} crossing;

static int by_angle(const void *a, const void *b) {
    double x = ((const crossing *)a)->angle, y = ((const crossing *)b)->angle;
    return (x > y) - (x < y);
}

/* Crossings of the edge from a to b (relative to the centre), those within a hair of its ends included;
 * *vertex is set when there are such. */
static size_t edge_crossings(crossing *out, bool *vertex, double ax, double ay, double bx, double by,
                             double radius) {
    const double hair = 1e-9;
    double dx = bx - ax, dy = by - ay, a = dx * dx + dy * dy, half_b = ax * dx + ay * dy;
    double c = ax * ax + ay * ay - radius * radius, disc = half_b * half_b - a * c;
    size_t n = 0;
    if (!(disc > 0)) return 0;
    double root = sqrt(disc);
    for (int side = -1; side <= 1; side += 2) {
        double t = (-half_b + side * root) / a;
        if (!(t >= -hair && t <= 1 + hair)) continue;
        if (t <= hair || t >= 1 - hair) *vertex = true;
        double x = ax + t * dx, y = ay + t * dy;
        /* the walk goes along (-y, x), the inside lies along (-dy, dx) */
        out[n++] = (crossing){.angle = atan2(y, x), .enters = y * dy + x * dx > 0};
    }
    return n;
}

/* Whether the arc between two crossings lies inside. It may touch edges, so three of its points vote. */
static bool arc_inside(const agl_window *w, double x, double y, double radius, double from, double to) {
    const double at[3] = {0.31, 0.5, 0.73};
    int votes = 0;
    for (int k = 0; k < 3; k++) {
        double angle = from + at[k] * (to - from);
        votes += agl__window_strictly_contains(w, x + radius * cos(angle), y + radius * sin(angle));
    }
    return votes >= 2;
}

double agl__window_arc(const agl_window *w, const agl__near_edge *edges, size_t n_edges, double x, double y,
                       double radius, void *scratch) {
    crossing *c = scratch;
    size_t n = 0;
    bool vertex = false, alternate = true;
    for (size_t e = 0; e < n_edges && edges[e].distance <= radius; e++) {
        size_t a = edges[e].from, b = edges[e].to;
        n += edge_crossings(c + n, &vertex, w->x[a] - x, w->y[a] - y, w->x[b] - x, w->y[b] - y, radius);
    }
    if (n == 0) return arc_inside(w, x, y, radius, 0, 2 * M_PI) ? 1 : 0;
    qsort(c, n, sizeof *c, by_angle);
    double inside = c[0].enters ? 0 : 2 * M_PI; /* the walk starts outside or inside */
    for (size_t k = 0; k < n; k++) {
        inside += c[k].enters ? -c[k].angle : c[k].angle;
        alternate = alternate && c[k].enters != c[(k + 1) % n].enters;
    }
    if (vertex || !alternate) {
        inside = 0;
        for (size_t k = 0; k < n; k++) {
            double to = k + 1 < n ? c[k + 1].angle : c[0].angle + 2 * M_PI;
            if (arc_inside(w, x, y, radius, c[k].angle, to)) inside += to - c[k].angle;
        }
    }
    return inside / (2 * M_PI);
}

size_t agl__window_crossing_size(void) { return sizeof(crossing); }

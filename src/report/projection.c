#include "report/projection.h"

#include <math.h>

#define DEGREE 0.017453292519943295

agl_projection agl__projection(agl_lonlat_box box) {
    double span = box.north - box.south, middle = (box.north + box.south) / 2;
    double s1 = sin((box.south + span / 6) * DEGREE), s2 = sin((box.north - span / 6) * DEGREE);
    agl_projection p = {.lon0 = (box.west + box.east) / 2, .n = (s1 + s2) / 2};
    p.conic = box.east - box.west <= 140 && fabs(p.n) > 0.05;
    p.cos_lat = cos(fmin(fabs(middle), 60) * DEGREE);
    p.c = 1 - s1 * s1 + 2 * p.n * s1;
    p.rho0 = p.conic ? sqrt(fmax(p.c - 2 * p.n * sin(middle * DEGREE), 0)) / p.n : 0;
    return p;
}

void agl__project(double *x, double *y, const agl_projection *p, double lon, double lat) {
    double turn = remainder(lon - p->lon0, 360);
    if (!p->conic) {
        *x = turn * DEGREE * p->cos_lat;
        *y = lat * DEGREE;
        return;
    }
    double rho = sqrt(fmax(p->c - 2 * p->n * sin(lat * DEGREE), 0)) / p->n, theta = p->n * turn * DEGREE;
    *x = rho * sin(theta);
    *y = p->rho0 - rho * cos(theta);
}

static agl_lonlat_box padded(agl_lonlat_box b) {
    double px = fmax(0.05 * (b.east - b.west), 0.5), py = fmax(0.05 * (b.north - b.south), 0.4);
    return (agl_lonlat_box){b.west - px, b.east + px, fmax(b.south - py, -89), fmin(b.north + py, 89)};
}

static double extent(agl_lonlat_box b) { return (b.east - b.west + 1) * (b.north - b.south + 1); }

static bool within(const agl_lonlat_box *b, double lon, double lat) {
    return lon >= b->west && lon <= b->east && lat >= b->south && lat <= b->north;
}

static agl_lonlat_box bounds(const double *lon, const double *lat, size_t n, const agl_lonlat_box *of) {
    agl_lonlat_box b = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++)
        if (within(of, lon[i], lat[i]))
            b = (agl_lonlat_box){fmin(b.west, lon[i]), fmax(b.east, lon[i]), fmin(b.south, lat[i]),
                                 fmax(b.north, lat[i])};
    return b;
}

/** Is it worth leaving out a further share of the places to save that part of the map's area? Two bargains: a
 * fifth of the area or more for next to no places, or half of it for some; never more than a tenth of the
 * places in all. */
static bool worth(double saved, double further, double in_all) {
    return in_all <= 0.1 && ((saved >= 0.2 && saved >= 40 * further) || saved >= 0.5);
}

static size_t count_within(const agl_lonlat_box *b, const double *lon, const double *lat, size_t n) {
    size_t inside = 0;
    for (size_t i = 0; i < n; i++)
        inside += within(b, lon[i], lat[i]);
    return inside;
}

/** The best single cut from one side of the box, tried at 12 depths; false when none is worth it. */
static bool best_cut(agl_lonlat_box *box, const double *lon, const double *lat, size_t n) {
    agl_lonlat_box best = *box;
    double most = 0, places = (double)n, before = (double)count_within(box, lon, lat, n);
    for (int side = 0; side < 4; side++)
        for (int depth = 1; depth <= 12; depth++) {
            double wide = 0.06 * depth * (box->east - box->west),
                   high = 0.06 * depth * (box->north - box->south);
            agl_lonlat_box cut = *box;
            if (side == 0) cut.west += wide;
            if (side == 1) cut.east -= wide;
            if (side == 2) cut.south += high;
            if (side == 3) cut.north -= high;
            cut = bounds(lon, lat, n, &cut);
            double left = (double)count_within(&cut, lon, lat, n), further = (before - left) / places;
            double saved = 1 - extent(cut) / extent(*box);
            if (!worth(saved, further, (places - left) / places) || saved - 4 * further <= most) continue;
            most = saved - 4 * further;
            best = cut;
        }
    *box = best;
    return most > 0;
}

void agl__map_box(agl_lonlat_box *box, size_t *outside, const double *lon, const double *lat, size_t n) {
    agl_lonlat_box b = {-INFINITY, INFINITY, -INFINITY, INFINITY};
    b = bounds(lon, lat, n, &b);
    for (int cuts = 0; n >= 30 && cuts < 6 && best_cut(&b, lon, lat, n); cuts++) {
    }
    *box = padded(b);
    *outside = n - count_within(box, lon, lat, n);
}

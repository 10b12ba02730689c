/* Map: places as circles by size, coloured by a value or a class, over graticule and outlines. */
#include "base/mem.h"
#include "report/chart.h"
#include "report/columns.h"
#include "report/labels.h"
#include "report/projection.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LON, LAT, SIZE, VALUE };
static const char *const numbers[] = {"lon", "lat", "size", "value", NULL};
static const char *const texts[] = {"label", "group", NULL};

#define R_LARGEST  22.0
#define MAX_LABELS 16

typedef struct map {
    agl_columns c;
    agl_groups groups;
    agl_lonlat_box box;
    agl_projection projection;
    agl_box frame;                    /* on paper */
    double scale, centre_x, centre_y; /* paper = centre + scale * projected */
    double mid_x, mid_y;
    double largest;
    agl_axis colour;
    size_t outside;
    size_t *order; /* places by falling size */
    const char *id;
} map;

static void to_paper(double *px, double *py, const map *m, double lon, double lat) {
    double x, y;
    agl__project(&x, &y, &m->projection, lon, lat);
    *px = m->centre_x + m->scale * (x - m->mid_x);
    *py = m->centre_y - m->scale * (y - m->mid_y);
}

static bool in_box(const map *m, size_t i) {
    double lon = m->c.number[LON][i], lat = m->c.number[LAT][i];
    return lon >= m->box.west && lon <= m->box.east && lat >= m->box.south && lat <= m->box.north;
}

/** Scales the box (sampled along its edges, which are curved) to the width, at most 560 high. */
static void fit_frame(map *m, double top) {
    double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY;
    for (int k = 0; k <= 20; k++)
        for (int side = 0; side < 4; side++) {
            double t = k / 20.0, x, y;
            double lon = side == 0   ? m->box.west
                         : side == 1 ? m->box.east
                                     : m->box.west + t * (m->box.east - m->box.west);
            double lat = side == 2   ? m->box.south
                         : side == 3 ? m->box.north
                                     : m->box.south + t * (m->box.north - m->box.south);
            agl__project(&x, &y, &m->projection, lon, lat);
            x0 = fmin(x0, x), x1 = fmax(x1, x), y0 = fmin(y0, y), y1 = fmax(y1, y);
        }
    double width = AGL_SVG_WIDTH - 2;
    m->scale = fmin(width / (x1 - x0), 560 / (y1 - y0));
    double height = fmax(m->scale * (y1 - y0), 240);
    m->frame = (agl_box){1, top, 1 + width, top + height};
    m->mid_x = (x0 + x1) / 2;
    m->mid_y = (y0 + y1) / 2;
    m->centre_x = 1 + width / 2;
    m->centre_y = top + height / 2;
}

typedef struct ranked {
    double size;
    size_t row;
} ranked;

static int by_size(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

static agl_status order_places(map *m, agl_error *err) {
    ranked *r = AGL_NEW(ranked, m->c.n);
    m->order = AGL_NEW(size_t, m->c.n);
    if (!r || !m->order) {
        free(r);
        return agl_fail_memory(err);
    }
    const double *size = m->c.number[SIZE] ? m->c.number[SIZE] : m->c.number[VALUE];
    for (size_t i = 0; i < m->c.n; i++) {
        r[i] = (ranked){size && isfinite(size[i]) ? size[i] : 0, i};
        if (m->c.number[SIZE]) m->largest = fmax(m->largest, r[i].size);
    }
    qsort(r, m->c.n, sizeof *r, by_size);
    for (size_t i = 0; i < m->c.n; i++)
        m->order[i] = r[i].row;
    free(r);
    return AGL_OK;
}

/** Lines of equal latitude (or, for meridians, longitude) every `step` degrees through from..to, each drawn
 * from a to b. */
static void draw_lines(agl_text *svg, const map *m, bool meridians, double from, double to, double a,
                       double b, double step) {
    for (double g = floor(from / step - 4) * step; g <= to + 4 * step; g += step) {
        if (!meridians && fabs(g) > 85) continue;
        agl__raw(svg, "<path class=\"graticule\" d=\"");
        for (int k = 0; k <= 24; k++) {
            double t = a + (b - a) * k / 24, x, y;
            to_paper(&x, &y, m, meridians ? g : t, meridians ? t : g);
            agl__text_add(svg, "%s%.1f %.1f", k ? "L" : "M", x, y);
        }
        agl__raw(svg, "\"/>\n");
    }
}

static void draw_graticule(agl_text *svg, const map *m) {
    static const double steps[] = {20, 10, 5, 2, 1, 0.5}, above[] = {80, 35, 14, 6, 2.5, 0};
    const agl_lonlat_box *b = &m->box;
    double wide = b->east - b->west, high = b->north - b->south, middle = m->projection.lon0;
    int k = 0;
    while (k < 5 && fmax(wide, high) <= above[k])
        k++;
    /* curved lines need to run beyond the corners */
    draw_lines(svg, m, false, b->south, b->north, fmax(b->west - wide, middle - 179.9),
               fmin(b->east + wide, middle + 179.9), steps[k]);
    draw_lines(svg, m, true, b->west, b->east, fmax(b->south - high, -89), fmin(b->north + high, 89),
               steps[k]);
}

/** One ring; points closer than 0.7 to the last one drawn are skipped. */
static void draw_ring(agl_text *svg, const map *m, const double *lon, const double *lat, size_t first,
                      size_t end) {
    double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY, last_x = NAN, last_y = NAN;
    agl_text path = {0};
    for (size_t i = first; i < end; i++) {
        double x, y;
        if (!isfinite(lon[i]) || !isfinite(lat[i])) continue;
        to_paper(&x, &y, m, lon[i], lat[i]);
        x0 = fmin(x0, x), x1 = fmax(x1, x), y0 = fmin(y0, y), y1 = fmax(y1, y);
        if (hypot(x - last_x, y - last_y) < 0.7) continue;
        agl__text_add(&path, "%s%.1f %.1f", path.length ? "L" : "M", x, y);
        last_x = x, last_y = y;
    }
    bool seen = x1 > m->frame.x0 && x0 < m->frame.x1 && y1 > m->frame.y0 && y0 < m->frame.y1 &&
                x1 - x0 + y1 - y0 > 1.5;
    if (seen && path.length) {
        agl__raw(svg, path.data);
        agl__raw(svg, "Z");
    }
    svg->failed |= path.failed;
    agl__text_free(&path);
}

/** The coordinates and ring numbers of the outlines; false when a column is missing or of the wrong type. */
static bool outline_columns(const double *number[3], const agl_table *boundary) {
    static const char *const names[] = {"ring", "lon", "lat"};
    for (int k = 0; k < 3; k++) {
        const agl_column *c = agl_table_column(boundary, names[k]);
        if (!c || c->type == AGL_KEY) return false;
        number[k] = c->num;
    }
    return true;
}

static void draw_outlines(agl_text *svg, const map *m, const agl_table *boundary) {
    const agl_column *kind = agl_table_column(boundary, "kind");
    const double *number[3]; /* ring, lon, lat */
    if (!kind || kind->type != AGL_KEY || !outline_columns(number, boundary)) return;
    size_t first = 0;
    for (size_t i = 1; i <= boundary->rows; i++) {
        bool new_kind = i == boundary->rows || kind->code[i] != kind->code[first];
        bool new_ring = new_kind || number[0][i] != number[0][first];
        if (!new_ring) continue;
        if (first == 0 || kind->code[first] != kind->code[first - 1])
            agl__raw(svg, "<path class=\"land\" fill-rule=\"evenodd\" d=\"");
        draw_ring(svg, m, number[1], number[2], first, i);
        if (new_kind) agl__raw(svg, "\"/>\n");
        first = i;
    }
}

static const char *class_of(const map *m, size_t i) {
    return m->groups.n ? m->groups.name[m->groups.of[i]] : NULL;
}

static void look_of(char out[48], const map *m, size_t i) {
    char ramp[8];
    const char *fill = agl__class_colour(class_of(m, i), m->groups.of[i]);
    if (!m->groups.n && m->c.number[VALUE]) {
        fill = "none";
        if (isfinite(m->c.number[VALUE][i])) {
            agl__colour_ramp(ramp, agl__axis_at(&m->colour, m->c.number[VALUE][i]));
            fill = ramp;
        }
    }
    snprintf(out, 48, "class=\"dot\" fill=\"%s\"", fill);
}

static double radius(const map *m, size_t i) {
    if (m->c.number[SIZE]) return agl__chart_radius(m->c.number[SIZE][i], m->largest, R_LARGEST);
    return agl__class_is_background(class_of(m, i)) ? 1.8 : 4.5;
}

static void tip_of(agl_text *tip, const map *m, const agl_chart_spec *spec, size_t i) {
    agl__raw(tip, m->c.text[0] ? m->c.text[0][i] : "");
    for (int k = SIZE; k <= VALUE; k++) {
        const char *name = k == SIZE ? spec->x_title : spec->y_title;
        if (!m->c.number[k]) continue;
        agl__text_add(tip, "%s%s: ", tip->length ? "; " : "", name ? name : k == SIZE ? "size" : "value");
        agl__number(tip, m->c.number[k][i], agl__decimals_for(m->c.number[k], m->c.n));
    }
}

static void draw_places(agl_text *svg, map *m, const agl_chart_spec *spec) {
    for (size_t k = 0; k < 2 * m->c.n; k++) { /* what is not significant lies below the rest */
        size_t i = m->order[k % m->c.n];
        double x, y;
        char look[48];
        agl_text tip = {0};
        if (!in_box(m, i) || agl__class_is_background(class_of(m, i)) != (k < m->c.n)) continue;
        to_paper(&x, &y, m, m->c.number[LON][i], m->c.number[LAT][i]);
        look_of(look, m, i);
        if (m->c.n <= 1500) tip_of(&tip, m, spec, i);
        agl__svg_circle(svg, x, y, radius(m, i), look, tip.data);
        svg->failed |= tip.failed;
        agl__text_free(&tip);
    }
}

static void draw_labels(agl_text *svg, const map *m) {
    agl_labels labels = {.inside = m->frame};
    int placed = 0;
    for (size_t k = 0; k < m->c.n && k < 400; k++) {
        double x, y;
        to_paper(&x, &y, m, m->c.number[LON][m->order[k]], m->c.number[LAT][m->order[k]]);
        if (!agl__labels_mark(&labels, x, y, radius(m, m->order[k]))) svg->failed = true;
    }
    for (size_t k = 0; k < m->c.n && k < 5 * MAX_LABELS && placed < MAX_LABELS; k++) {
        size_t i = m->order[k];
        double x, y, tx, ty, width = fmin(agl__text_width(m->c.text[0][i], AGL_SVG_FONT), 180);
        to_paper(&x, &y, m, m->c.number[LON][i], m->c.number[LAT][i]);
        if (!*m->c.text[0][i] || !in_box(m, i) ||
            !agl__labels_place(&tx, &ty, &labels, x, y, radius(m, i), width, 13))
            continue;
        agl__svg_text_fit(svg, tx, ty, "start", "halo", m->c.text[0][i], 180);
        placed++;
    }
    agl__labels_free(&labels);
}

/** The strip below the map: colour scale and circle sizes with their meanings. */
static double draw_keys(agl_text *svg, const map *m, const agl_chart_spec *spec) {
    double y = m->frame.y1 + 14, used = 0;
    if (!m->groups.n && m->c.number[VALUE]) {
        agl__svg_text_fit(svg, 4, y + 8, "start", "axis", spec->y_title ? spec->y_title : "value", 330);
        for (int k = 0; k < 40; k++) {
            char ramp[8], fill[24];
            agl__colour_ramp(ramp, k / 39.0);
            snprintf(fill, sizeof fill, "fill=\"%s\"", ramp);
            agl__svg_rect(svg, 4 + k * 7, y + 16, 7.3, 12, fill);
        }
        for (int k = 0; k < m->colour.n_ticks; k++) {
            char label[32];
            double x = 4 + 280 * agl__axis_at(&m->colour, m->colour.tick[k]);
            agl__axis_label(label, sizeof label, &m->colour, k);
            agl__svg_line(svg, "key", x, y + 28, x, y + 32);
            agl__svg_text(svg, x, y + 44, x < 16 ? "start" : "middle", "tick", label);
        }
        used = 62;
    }
    if (m->c.number[SIZE]) {
        agl__svg_text_fit(svg, 400, y + 8, "start", "axis", spec->x_title ? spec->x_title : "size of circle",
                          350);
        agl__chart_size_key(svg, 404, y + 14 + 2 * R_LARGEST, R_LARGEST, m->largest);
        used = 14 + 2 * R_LARGEST + 6;
    }
    return m->frame.y1 + (used > 0 ? 14 + used : 2);
}

static void draw(agl_text *svg, agl_text *notes, map *m, const agl_chart *chart) {
    double legend = agl__svg_legend(NULL, 0, 0, AGL_SVG_WIDTH, m->groups.name, m->groups.n);
    agl_text body = {0}, desc = {0};
    fit_frame(m, legend + 2);
    agl__svg_legend(&body, 0, 0, AGL_SVG_WIDTH, m->groups.name, m->groups.n);
    agl__text_add(&body, "<clipPath id=\"%s-c\">", m->id);
    agl__svg_rect(&body, m->frame.x0, m->frame.y0, m->frame.x1 - m->frame.x0, m->frame.y1 - m->frame.y0, "");
    agl__text_add(&body, "</clipPath><g clip-path=\"url(#%s-c)\">\n", m->id);
    agl__svg_rect(&body, m->frame.x0, m->frame.y0, m->frame.x1 - m->frame.x0, m->frame.y1 - m->frame.y0,
                  "class=\"sea\"");
    draw_graticule(&body, m);
    if (chart->boundary) draw_outlines(&body, m, chart->boundary);
    draw_places(&body, m, chart->spec);
    if (m->c.text[0]) draw_labels(&body, m);
    agl__raw(&body, "</g>\n");
    double height = draw_keys(&body, m, chart->spec);
    agl__text_add(&desc, "Map of %zu places. %s", m->c.n, chart->spec->note ? chart->spec->note : "");
    agl__svg_open(svg, chart->id, height, chart->spec->title, desc.data);
    agl__raw(svg, body.data);
    agl__svg_close(svg);
    svg->failed |= body.failed || desc.failed;
    agl__text_free(&body);
    agl__text_free(&desc);
    if (m->outside)
        agl__count(notes, m->outside, "place far outside the map is not drawn. ",
                   "places far outside the map are not drawn. ");
    if (m->colour.log)
        agl__raw(notes, "The colour scale is logarithmic. ");
    else if (m->colour.outside)
        agl__count(notes, m->colour.outside, "value beyond the colour scale has its end colour. ",
                   "values beyond the colour scale have its end colour. ");
    agl__columns_note(notes, &m->c, "places");
}

agl_status agl__chart_map(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err) {
    map m = {.id = chart->id};
    const agl_columns_want want = {numbers, 2, texts, 5000};
    agl_status status = agl__columns_load(&m.c, chart->rows, &want, err);
    if (status == AGL_OK) status = agl__groups_make(&m.groups, m.c.text[1], m.c.n, err);
    if (status == AGL_OK && m.c.n > 0) {
        agl__map_box(&m.box, &m.outside, m.c.number[LON], m.c.number[LAT], m.c.n);
        m.projection = agl__projection(m.box);
        status = order_places(&m, err);
        if (status == AGL_OK && m.c.number[VALUE])
            status = agl__axis_fit(&m.colour, m.c.number[VALUE], m.c.n, AGL_AXIS_CLOUD, 5, err);
        if (status == AGL_OK) draw(svg, notes, &m, chart);
    }
    if (status == AGL_OK && m.c.n == 0) agl__columns_note(notes, &m.c, "places");
    free(m.order);
    free(m.groups.of);
    agl__columns_free(&m.c);
    return status;
}

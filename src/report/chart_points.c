/* Scatter and bubble: points in a plane, optionally with sizes, classes, reference lines and the names of the
 * four quadrants that these make. */
#include "base/mem.h"
#include "base/sort.h"
#include "report/chart.h"
#include "report/columns.h"
#include "report/labels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { X, Y, SIZE, X_REF, Y_REF };
static const char *const bubble_numbers[] = {"x", "y", "size", "x_ref", "y_ref", NULL};
static const char *const texts[] = {"label", "group", "tip", NULL};

#define R_LARGEST   24.0
#define MANY        1200 /* points from which they are drawn as one path without tooltips */
#define MAX_LABELS  18
#define LABEL_WIDTH 190.0

typedef struct points {
    agl_columns c;
    agl_groups groups;
    agl_plot plot;
    agl_labels labels;
    size_t *order; /* rows, the most important first */
    double largest;
    bool bubble;
} points;

static double at_or_nan(const double *v, size_t i) { return v ? v[i] : NAN; }
static double radius(const points *p, size_t i) {
    if (!p->c.number[SIZE]) return p->c.n > MANY ? 1.6 : p->c.n > 200 ? 3 : 4;
    return agl__chart_radius(p->c.number[SIZE][i], p->largest, p->bubble ? R_LARGEST : 12);
}

static agl_status fit(agl_axis *axis, const double *v, const double *ref, size_t n, agl_error *err) {
    double *all = AGL_NEW(double, n + 1);
    if (!all) return agl_fail_memory(err);
    memcpy(all, v, n * sizeof *v);
    all[n] = at_or_nan(ref, 0);
    agl_status status = agl__axis_fit(axis, all, n + 1, AGL_AXIS_CLOUD, 6, err);
    free(all);
    return status;
}

typedef struct ranked {
    double key;
    size_t row;
} ranked;

static int by_key_descending(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

/** Importance: size, or else distance from the middle of the points (in shares of the axes). */
static agl_status order_points(points *p, agl_error *err) {
    size_t n = p->c.n, kept = 0;
    ranked *rank = AGL_NEW(ranked, n);
    double *sorted_x = NULL, *sorted_y = NULL;
    p->order = AGL_NEW(size_t, n);
    sorted_x = agl__sorted_finite(&kept, p->c.number[X], n);
    sorted_y = agl__sorted_finite(&kept, p->c.number[Y], n);
    agl_status status = rank && p->order && sorted_x && sorted_y ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        double mx = agl__axis_at(&p->plot.x, agl__quantile_sorted(sorted_x, n, 0.5));
        double my = agl__axis_at(&p->plot.y, agl__quantile_sorted(sorted_y, n, 0.5));
        for (size_t i = 0; i < n; i++) {
            double far = hypot(agl__axis_at(&p->plot.x, p->c.number[X][i]) - mx,
                               agl__axis_at(&p->plot.y, p->c.number[Y][i]) - my);
            double size = at_or_nan(p->c.number[SIZE], i);
            rank[i] = (ranked){p->c.number[SIZE] ? (isfinite(size) ? size : -1) : far, i};
        }
        qsort(rank, n, sizeof *rank, by_key_descending);
        for (size_t i = 0; i < n; i++)
            p->order[i] = rank[i].row;
    }
    free(rank);
    free(sorted_x);
    free(sorted_y);
    return status;
}

/** Writes the name of quadrant k (clockwise from top right) into its corner. */
static void name_corner(agl_text *svg, points *p, int k, const char *text, size_t n) {
    char name[80];
    snprintf(name, sizeof name, "%.*s", (int)(n < 70 ? n : 70), text);
    bool right = k < 2, top = k == 0 || k == 3;
    double x = right ? p->plot.x1 - 6 : p->plot.x0 + 6, y = top ? p->plot.y0 + 15 : p->plot.y1 - 8;
    double width = agl__text_width(name, AGL_SVG_FONT);
    agl__svg_text(svg, x, y, right ? "end" : "start", "quadrant", name);
    const agl_box box = {right ? x - width : x, y - 12, right ? x : x + width, y + 3};
    if (!agl__labels_block(&p->labels, box)) svg->failed = true;
}

/** Shades and names the quadrants. `names` lists four texts joined by |, clockwise from top right. */
static void draw_quadrants(agl_text *svg, points *p, const char *names) {
    const agl_plot *q = &p->plot;
    double rx = at_or_nan(p->c.number[X_REF], 0), ry = at_or_nan(p->c.number[Y_REF], 0);
    double cx = isfinite(rx) ? agl__plot_x(q, rx) : q->x0, cy = isfinite(ry) ? agl__plot_y(q, ry) : q->y1;
    if (isfinite(rx) && isfinite(ry)) agl__svg_rect(svg, cx, q->y0, q->x1 - cx, cy - q->y0, "class=\"best\"");
    if (isfinite(rx)) agl__svg_line(svg, "ref", cx, q->y0, cx, q->y1);
    if (isfinite(ry)) agl__svg_line(svg, "ref", q->x0, cy, q->x1, cy);
    for (int k = 0; names && k < 4; k++) {
        size_t n = strcspn(names, "|");
        name_corner(svg, p, k, names, n);
        names += n + (names[n] == '|');
    }
}

static void tip_of(agl_text *tip, const points *p, const agl_chart *chart, size_t i) {
    const char **of = p->c.text[2] ? p->c.text[2] : p->c.text[0], *label = of ? of[i] : "";
    agl__text_add(tip, "%s%s%s: ", label, *label ? "; " : "",
                  chart->spec->x_title ? chart->spec->x_title : "x");
    agl__number(tip, p->c.number[X][i], agl__decimals_for(p->c.number[X], p->c.n));
    agl__text_add(tip, "; %s: ", chart->spec->y_title ? chart->spec->y_title : "y");
    agl__number(tip, p->c.number[Y][i], agl__decimals_for(p->c.number[Y], p->c.n));
    if (!p->c.number[SIZE]) return;
    agl__raw(tip, "; size: ");
    agl__number(tip, p->c.number[SIZE][i], agl__decimals_for(p->c.number[SIZE], p->c.n));
}

static void draw_marks(agl_text *svg, const points *p, const agl_chart *chart) {
    for (size_t k = 0; k < p->c.n; k++) {
        size_t i = p->order[k];
        char look[64];
        agl_text tip = {0};
        snprintf(look, sizeof look, "class=\"dot\" fill=\"%s\"",
                 agl__class_colour(p->groups.n ? p->groups.name[p->groups.of[i]] : NULL, p->groups.of[i]));
        tip_of(&tip, p, chart, i);
        agl__svg_circle(svg, agl__plot_x(&p->plot, p->c.number[X][i]),
                        agl__plot_y(&p->plot, p->c.number[Y][i]), radius(p, i), look, tip.data);
        svg->failed |= tip.failed;
        agl__text_free(&tip);
    }
}

/** Thousands of points: one path of round dots a class, some 12 bytes a point. */
static void draw_cloud(agl_text *svg, const points *p) {
    for (int g = 0; g < (p->groups.n ? (int)p->groups.n : 1); g++) {
        agl__text_add(svg, "<path class=\"cloud\" stroke=\"%s\" d=\"",
                      agl__class_colour(p->groups.n ? p->groups.name[g] : NULL, g));
        for (size_t i = 0; i < p->c.n; i++)
            if (p->groups.of[i] == g)
                agl__text_add(svg, "M%.1f %.1fh0", agl__plot_x(&p->plot, p->c.number[X][i]),
                              agl__plot_y(&p->plot, p->c.number[Y][i]));
        agl__raw(svg, "\"/>\n");
    }
}

/** Places one label; "Region: industry" goes on two lines when it is long. */
static bool draw_label(agl_text *svg, points *p, size_t i) {
    const char *label = p->c.text[0][i], *second = strstr(label, ": ");
    char first[96];
    double x, y, height = 13, width = agl__text_width(label, AGL_SVG_FONT);
    bool split = second && width > 130 && (size_t)(second - label) < sizeof first - 1;
    if (split) {
        snprintf(first, sizeof first, "%.*s", (int)(second - label) + 1, label);
        width = fmax(agl__text_width(first, AGL_SVG_FONT), agl__text_width(second + 2, AGL_SVG_FONT));
        height = 26;
    }
    width = fmin(width, LABEL_WIDTH);
    if (!agl__labels_place(&x, &y, &p->labels, agl__plot_x(&p->plot, p->c.number[X][i]),
                           agl__plot_y(&p->plot, p->c.number[Y][i]), radius(p, i), width, height))
        return false;
    if (split) agl__svg_text_fit(svg, x, y - 10, "start", "halo", first, LABEL_WIDTH);
    agl__svg_text_fit(svg, x, y + (split ? 3 : 0), "start", "halo", split ? second + 2 : label, LABEL_WIDTH);
    return true;
}

static void draw_labels(agl_text *svg, points *p) {
    int placed = 0, tried = 0;
    for (size_t i = 0; p->c.n <= MANY && i < p->c.n; i++)
        if (!agl__labels_mark(&p->labels, agl__plot_x(&p->plot, p->c.number[X][i]),
                              agl__plot_y(&p->plot, p->c.number[Y][i]), radius(p, i)))
            svg->failed = true;
    for (size_t k = 0; k < p->c.n && tried < 6 * MAX_LABELS && placed < MAX_LABELS; k++) {
        if (!*p->c.text[0][p->order[k]]) continue;
        placed += draw_label(svg, p, p->order[k]);
        tried++;
    }
}

static void draw(agl_text *svg, agl_text *notes, points *p, const agl_chart *chart) {
    bool sized = p->c.number[SIZE] != NULL;
    double legend = agl__svg_legend(NULL, 0, 0, AGL_SVG_WIDTH, p->groups.name, p->groups.n);
    p->plot.x0 = 60;
    p->plot.x1 = AGL_SVG_WIDTH - (sized ? 124 : 16);
    p->plot.inset = p->bubble ? 16 : 6;
    p->plot.y0 = legend + 30;
    p->plot.y1 = p->plot.y0 + 400;
    p->labels.inside = (agl_box){p->plot.x0, p->plot.y0 - 6, p->plot.x1 + (sized ? 40 : 8), p->plot.y1};
    agl_text desc = {0};
    agl__text_add(&desc, "%zu points. %s", p->c.n, chart->spec->note ? chart->spec->note : "");
    agl__svg_open(svg, chart->id, p->plot.y1 + 44, chart->spec->title, desc.data);
    svg->failed |= desc.failed;
    agl__text_free(&desc);
    agl__svg_legend(svg, 0, 0, AGL_SVG_WIDTH, p->groups.name, p->groups.n);
    agl__svg_axis_x(svg, &p->plot, chart->spec->x_title);
    agl__svg_axis_y(svg, &p->plot, chart->spec->y_title);
    const agl_column *names = agl_table_column(chart->rows, "quadrants");
    draw_quadrants(svg, p, names && names->type == AGL_KEY ? agl_column_text(names, 0) : NULL);
    if (p->c.n > MANY && !sized)
        draw_cloud(svg, p);
    else
        draw_marks(svg, p, chart);
    if (p->c.text[0]) draw_labels(svg, p);
    if (sized) agl__chart_size_key(svg, p->plot.x1 + 16, p->plot.y1, p->bubble ? R_LARGEST : 12, p->largest);
    agl__svg_close(svg);
    agl__axis_note(notes, &p->plot.x, "horizontal");
    agl__axis_note(notes, &p->plot.y, "vertical");
    agl__columns_note(notes, &p->c, "points");
}

agl_status agl__chart_points(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err) {
    points p = {.bubble = strcmp(chart->spec->kind, "bubble") == 0};
    const agl_columns_want want = {bubble_numbers, p.bubble ? 3 : 2, texts, 5000};
    agl_status status = agl__columns_load(&p.c, chart->rows, &want, err);
    if (status == AGL_OK) status = agl__groups_make(&p.groups, p.c.text[1], p.c.n, err);
    if (status == AGL_OK && p.c.n > 0) {
        for (size_t i = 0; p.c.number[SIZE] && i < p.c.n; i++)
            p.largest = fmax(p.largest, p.c.number[SIZE][i]);
        status = fit(&p.plot.x, p.c.number[X], p.c.number[X_REF], p.c.n, err);
        if (status == AGL_OK) status = fit(&p.plot.y, p.c.number[Y], p.c.number[Y_REF], p.c.n, err);
        if (status == AGL_OK) status = order_points(&p, err);
        if (status == AGL_OK) draw(svg, notes, &p, chart);
    }
    if (status == AGL_OK && p.c.n == 0) agl__columns_note(notes, &p.c, "points");
    free(p.order);
    free(p.groups.of);
    agl__labels_free(&p.labels);
    agl__columns_free(&p.c);
    return status;
}

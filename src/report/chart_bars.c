/* Ranked bars with intervals. A bar whose interval covers the value of no effect is hatched: the eye must not
 * take it for a finding. Values over more than three powers of ten are drawn as dots, since a bar has no
 * honest length there. */
#include "base/mem.h"
#include "report/chart.h"
#include "report/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VALUE, LO, HI, REF };
static const char *const numbers[] = {"value", "lo", "hi", "ref", NULL};
static const char *const texts[] = {"label", "group", NULL};

#define ROW_HEIGHT 22.0

typedef struct bars {
    agl_columns c;
    agl_groups groups;
    agl_plot plot;
    double label_width;
    size_t cut;   /* intervals that reach beyond the axis */
    bool hatched; /* at least one is */
    int decimals; /* of the printed values */
    const char *id;
} bars;

static double value_of(const bars *b, int which, size_t i) {
    return b->c.number[which] ? b->c.number[which][i] : NAN;
}

static bool uncertain(const bars *b, size_t i) {
    return value_of(b, LO, i) <= value_of(b, REF, i) && value_of(b, REF, i) <= value_of(b, HI, i);
}

/** The axis shows all values and references, intervals up to 1.6 times the range of the values. */
static agl_status fit_axis(bars *b, agl_error *err) {
    size_t n = b->c.n, m = 0;
    const double *value = b->c.number[VALUE];
    bool dots = agl__skewed(value, n);
    double lo = dots ? INFINITY : 0, hi = dots ? -INFINITY : 0;
    for (size_t i = 0; i < n; i++) {
        lo = fmin(lo, value[i]);
        hi = fmax(hi, value[i]);
    }
    double room = 0.6 * (hi - lo),
           floor_at = dots     ? lo / 3
                      : lo < 0 ? lo - room
                               : lo,
           top = dots ? hi * 3 : hi + room;
    double *all = AGL_NEW(double, 4 * n);
    if (!all) return agl_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        double low = value_of(b, LO, i), high = value_of(b, HI, i);
        all[m++] = value[i];
        all[m++] = value_of(b, REF, i);
        all[m++] = isfinite(low) ? fmax(low, floor_at) : NAN;
        all[m++] = isfinite(high) ? fmin(high, top) : NAN;
        b->hatched = b->hatched || uncertain(b, i);
    }
    unsigned flags = AGL_AXIS_WHOLE | (dots ? 0 : AGL_AXIS_LINEAR | AGL_AXIS_ZERO);
    agl_status status = agl__axis_fit(&b->plot.x, all, m, flags, 6, err);
    b->plot.x.year = false;
    for (size_t i = 0; i < n; i++)
        b->cut += value_of(b, HI, i) > b->plot.x.hi || value_of(b, LO, i) < b->plot.x.lo;
    free(all);
    return status;
}

static double widest_value(const bars *b) {
    double widest = 30;
    for (size_t i = 0; i < b->c.n; i++) {
        agl_text text = {0};
        agl__number(&text, b->c.number[VALUE][i], b->decimals);
        widest = fmax(widest, agl__text_width(text.data, AGL_SVG_FONT));
        agl__text_free(&text);
    }
    return widest;
}

static void place(bars *b, double legend_height) {
    double widest = 40;
    for (size_t i = 0; b->c.text[0] && i < b->c.n; i++)
        widest = fmax(widest, agl__text_width(b->c.text[0][i], AGL_SVG_FONT));
    b->label_width = fmin(widest, 330);
    b->plot.x0 = 1.06 * b->label_width + 12; /* fonts that run wider than the one measured */
    b->plot.x1 = AGL_SVG_WIDTH - 24 - widest_value(b);
    b->plot.y0 = legend_height + 4;
    b->plot.y1 = b->plot.y0 + ROW_HEIGHT * (double)b->c.n + 4;
}

static void draw_interval(agl_text *svg, const bars *b, size_t i, double y) {
    double lo = value_of(b, LO, i), hi = value_of(b, HI, i);
    if (!isfinite(lo) || !isfinite(hi)) return;
    double x0 = agl__plot_x(&b->plot, lo), x1 = agl__plot_x(&b->plot, hi);
    agl__svg_line(svg, "whisker", x0, y, x1, y);
    if (lo >= b->plot.x.lo) agl__svg_line(svg, "whisker", x0, y - 4, x0, y + 4);
    if (hi <= b->plot.x.hi)
        agl__svg_line(svg, "whisker", x1, y - 4, x1, y + 4);
    else
        agl__text_add(svg, "<path class=\"arrow\" d=\"M%.1f %.1fl-7 -4v8z\"/>\n", x1 + 2, y);
}

static void draw_row(agl_text *svg, const bars *b, size_t i) {
    double y = b->plot.y0 + ROW_HEIGHT * ((double)i + 0.5) + 2, v = b->c.number[VALUE][i];
    const char *label = b->c.text[0] ? b->c.text[0][i] : "";
    double x0 = agl__plot_x(&b->plot, b->plot.x.log ? b->plot.x.lo : 0), x1 = agl__plot_x(&b->plot, v);
    char fill[64];
    if (uncertain(b, i))
        snprintf(fill, sizeof fill, "fill=\"url(#%s-h%d)\"", b->id, b->groups.of[i]);
    else
        snprintf(fill, sizeof fill, "fill=\"%s\"", agl__colour(b->groups.of[i]));
    agl__svg_text_fit(svg, b->plot.x0 - 8, y + 4, "end", "label", label, b->label_width);
    if (b->plot.x.log)
        agl__svg_circle(svg, x1, y, 5.5, fill, NULL);
    else
        agl__svg_rect(svg, fmin(x0, x1), y - 7, fabs(x1 - x0), 14, fill);
    draw_interval(svg, b, i, y);
    agl_text text = {0};
    agl__number(&text, v, b->decimals);
    agl__svg_text(svg, AGL_SVG_WIDTH - 4, y + 4, "end", "number", text.data);
    svg->failed |= text.failed;
    agl__text_free(&text);
}

static void hatch_patterns(agl_text *svg, const bars *b) {
    agl__raw(svg, "<defs>");
    for (int k = 0; k < (b->groups.n ? (int)b->groups.n : 1); k++)
        agl__text_add(svg,
                      "<pattern id=\"%s-h%d\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
                      "patternTransform=\"rotate(45)\"><rect width=\"5\" height=\"5\" fill=\"#eef1f3\"/>"
                      "<rect width=\"1.6\" height=\"5\" fill=\"%s\" opacity=\".75\"/></pattern>",
                      b->id, k, agl__colour(k));
    agl__raw(svg, "</defs>\n");
}

/** One reference for all bars, other than zero, is named above its line. */
static bool names_reference(const bars *b) {
    double first = value_of(b, REF, 0);
    for (size_t i = 1; i < b->c.n; i++)
        if (value_of(b, REF, i) != first) return false;
    return isfinite(first) && first != 0;
}

static void draw_reference(agl_text *svg, const bars *b) {
    double first = value_of(b, REF, 0);
    for (size_t i = 0; i < b->c.n; i++) {
        double y = b->plot.y0 + ROW_HEIGHT * (double)i + 2, ref = value_of(b, REF, i);
        if (!isfinite(ref)) continue;
        double x = agl__plot_x(&b->plot, ref);
        agl__svg_line(svg, "ref", x, y, x, y + ROW_HEIGHT);
    }
    if (names_reference(b)) {
        agl_text text = {0};
        agl__number(&text, first, agl__decimals_for(&first, 1));
        agl__raw(&text, " = no effect");
        agl__svg_text(svg, agl__plot_x(&b->plot, first), b->plot.y0 - 1, "middle", "ref", text.data);
        svg->failed |= text.failed;
        agl__text_free(&text);
    }
}

static void draw(agl_text *svg, agl_text *notes, bars *b, const agl_chart *chart) {
    double legend = agl__svg_legend(NULL, 0, 0, AGL_SVG_WIDTH, b->groups.name, b->groups.n);
    b->decimals = agl__decimals_for(b->c.number[VALUE], b->c.n);
    place(b, legend + (names_reference(b) ? 14 : 0));
    agl_text desc = {0};
    agl__text_add(&desc, "Horizontal bars, %zu rows%s. %s", b->c.n, b->c.number[LO] ? ", with intervals" : "",
                  chart->spec->note ? chart->spec->note : "");
    agl__svg_open(svg, chart->id, b->plot.y1 + (chart->spec->x_title ? 44 : 24), chart->spec->title,
                  desc.data);
    svg->failed |= desc.failed;
    agl__text_free(&desc);
    if (b->hatched) hatch_patterns(svg, b);
    agl__svg_legend(svg, 0, 0, AGL_SVG_WIDTH, b->groups.name, b->groups.n);
    agl__svg_axis_x(svg, &b->plot, chart->spec->x_title);
    for (size_t i = 0; i < b->c.n; i++)
        draw_row(svg, b, i);
    draw_reference(svg, b);
    agl__svg_close(svg);
    if (b->c.number[REF] && !names_reference(b)) agl__raw(notes, "Dashed: the value of no effect. ");
    if (b->hatched)
        agl__raw(notes, "Hatched: the interval includes the value of no effect, so chance may explain it. ");
    if (b->cut) {
        agl__count(notes, b->cut, "interval reaches", "intervals reach");
        agl__raw(notes, " beyond the axis (arrow). ");
    }
    agl__axis_note(notes, &b->plot.x, "horizontal");
    agl__columns_note(notes, &b->c, "rows");
}

agl_status agl__chart_bars(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err) {
    bars b = {.id = chart->id};
    const agl_columns_want want = {numbers, 1, texts, 40};
    agl_status status = agl__columns_load(&b.c, chart->rows, &want, err);
    if (status == AGL_OK) status = agl__groups_make(&b.groups, b.c.text[1], b.c.n, err);
    if (status == AGL_OK && b.c.n > 0) {
        status = fit_axis(&b, err);
        if (status == AGL_OK) draw(svg, notes, &b, chart);
    }
    if (status == AGL_OK && b.c.n == 0) agl__columns_note(notes, &b.c, "rows");
    free(b.groups.of);
    agl__columns_free(&b.c);
    return status;
}

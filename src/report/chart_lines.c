/* Lines with bands, and Lorenz curves. A series with its own bands gets its own panel: overlaid bands cannot
 * be read. */
#include "base/mem.h"
#include "report/chart.h"
#include "report/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { X, Y, LO, HI, LO_GLOBAL, HI_GLOBAL, Y_REF };
static const char *const numbers[] = {"x", "y", "lo", "hi", "lo_global", "hi_global", "y_ref", NULL};
static const char *const texts[] = {"series", NULL};

#define MAX_SERIES 12

typedef struct lines {
    agl_columns c;
    const char *name[MAX_SERIES];
    size_t first[MAX_SERIES + 1]; /* series s: order[first[s] .. first[s + 1] - 1], ascending in x */
    size_t *order;
    size_t n_series, dropped_series;
    agl_plot plot;
    bool lorenz, banded;
} lines;

typedef struct keyed {
    int series;
    double x;
    size_t row;
} keyed;

static int by_series_and_x(const void *a, const void *b) {
    const keyed *p = a, *q = b;
    if (p->series != q->series) return p->series < q->series ? -1 : 1;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

static agl_status order_rows(lines *l, agl_error *err) {
    size_t n = l->c.n, distinct = 1;
    const char **name = AGL_NEW(const char *, n);
    size_t *count = AGL_NEW(size_t, n);
    int *of = AGL_NEW(int, n);
    keyed *k = AGL_NEW(keyed, n);
    l->order = AGL_NEW(size_t, n);
    agl_status status = name && count && of && k && l->order ? AGL_OK : agl_fail_memory(err);
    if (status == AGL_OK) {
        if (l->c.text[0]) distinct = agl__distinct(name, count, of, l->c.text[0], n);
        for (size_t i = 0; i < n; i++)
            k[i] = (keyed){of[i], l->c.number[X][i], i};
        qsort(k, n, sizeof *k, by_series_and_x);
        l->n_series = distinct < MAX_SERIES ? distinct : MAX_SERIES;
        l->dropped_series = distinct - l->n_series;
        for (size_t i = 0; i < n; i++) {
            l->order[i] = k[i].row;
            if (k[i].series < MAX_SERIES) l->first[k[i].series + 1] = i + 1;
        }
        for (size_t s = 0; s < l->n_series; s++)
            l->name[s] = name[s];
    }
    free(name);
    free(count);
    free(of);
    free(k);
    return status;
}

static agl_status fit_axes(lines *l, agl_error *err) {
    size_t n = l->c.n, m = 0;
    if (l->lorenz) {
        const double unit[2] = {0, 1};
        agl_status status = agl__axis_fit(&l->plot.x, unit, 2, AGL_AXIS_LINEAR, 5, err);
        return status == AGL_OK ? agl__axis_fit(&l->plot.y, unit, 2, AGL_AXIS_LINEAR, 5, err) : status;
    }
    agl_status status = agl__axis_fit(&l->plot.x, l->c.number[X], n, AGL_AXIS_TIGHT | AGL_AXIS_WHOLE, 7, err);
    if (status != AGL_OK) return status;
    double *all = AGL_NEW(double, 6 * n), min = INFINITY, max = -INFINITY;
    if (!all) return agl_fail_memory(err);
    for (int k = Y; k <= Y_REF; k++)
        for (size_t i = 0; l->c.number[k] && i < n; i++) {
            all[m++] = l->c.number[k][i];
            min = fmin(min, all[m - 1]);
            max = fmax(max, all[m - 1]);
        }
    unsigned zero = min >= 0 && min < 0.4 * max ? AGL_AXIS_ZERO : 0;
    status =
        agl__axis_fit(&l->plot.y, all, m, AGL_AXIS_WHOLE | zero, l->banded && l->n_series > 1 ? 4 : 6, err);
    l->plot.y.year = false;
    free(all);
    return status;
}

static void append_point(agl_text *svg, const lines *l, bool first, size_t row, const double *y) {
    agl__text_add(svg, "%s%.1f %.1f", first ? "M" : "L", agl__plot_x(&l->plot, l->c.number[X][row]),
                  agl__plot_y(&l->plot, y[row]));
}

/** The line of one column through a series; pieces end where a value is missing. */
static void draw_path(agl_text *svg, const lines *l, size_t s, const double *y, const char *attributes) {
    bool open = false;
    agl__text_add(svg, "<path %s d=\"", attributes);
    for (size_t k = l->first[s]; k < l->first[s + 1]; k++) {
        size_t row = l->order[k];
        if (isfinite(y[row])) append_point(svg, l, !open, row, y);
        open = isfinite(y[row]);
    }
    agl__raw(svg, "\"/>\n");
}

static void draw_band(agl_text *svg, const lines *l, size_t s, const double *lo, const double *hi,
                      const char *fill) {
    bool any = false;
    agl__text_add(svg, "<path class=\"band\" fill=\"%s\" d=\"", fill);
    for (size_t k = l->first[s]; k < l->first[s + 1]; k++) {
        size_t row = l->order[k];
        if (!isfinite(lo[row]) || !isfinite(hi[row])) continue;
        append_point(svg, l, !any, row, lo);
        any = true;
    }
    for (size_t k = l->first[s + 1]; k-- > l->first[s];) {
        size_t row = l->order[k];
        if (isfinite(lo[row]) && isfinite(hi[row])) append_point(svg, l, false, row, hi);
    }
    agl__raw(svg, any ? "Z\"/>\n" : "\"/>\n");
}

static void draw_series(agl_text *svg, const lines *l, size_t s, size_t colour) {
    char look[120];
    if (l->c.number[LO] && l->c.number[HI])
        draw_band(svg, l, s, l->c.number[LO], l->c.number[HI], agl__colour((int)colour));
    for (int k = LO_GLOBAL; k <= HI_GLOBAL; k++)
        if (l->c.number[k]) draw_path(svg, l, s, l->c.number[k], "class=\"global\"");
    snprintf(look, sizeof look, "class=\"series\" stroke=\"%s\"%s",
             agl__colour((int)(colour % AGL_N_COLOURS)),
             colour >= AGL_N_COLOURS ? " stroke-dasharray=\"5 3\"" : "");
    draw_path(svg, l, s, l->c.number[Y], look);
    bool few = l->first[s + 1] - l->first[s] <= 15;
    for (size_t k = l->first[s]; few && !l->lorenz && k < l->first[s + 1]; k++) {
        size_t row = l->order[k];
        snprintf(look, sizeof look, "fill=\"%s\"", agl__colour((int)(colour % AGL_N_COLOURS)));
        agl__svg_circle(svg, agl__plot_x(&l->plot, l->c.number[X][row]),
                        agl__plot_y(&l->plot, l->c.number[Y][row]), 2.6, look, NULL);
    }
}

/** Names at the right ends of the lines, pushed apart so that they do not touch. */
static void name_ends(agl_text *svg, const lines *l) {
    double y[MAX_SERIES];
    size_t by_height[MAX_SERIES];
    for (size_t s = 0; s < l->n_series; s++) {
        y[s] = agl__plot_y(&l->plot, l->c.number[Y][l->order[l->first[s + 1] - 1]]);
        size_t at = s;
        for (; at > 0 && y[by_height[at - 1]] > y[s]; at--)
            by_height[at] = by_height[at - 1];
        by_height[at] = s;
    }
    double free_from = l->plot.y0;
    for (size_t k = 0; k < l->n_series; k++) {
        size_t s = by_height[k];
        double room_below = 14.0 * (double)(l->n_series - 1 - k);
        double at = fmin(fmax(y[s], free_from), fmax(free_from, l->plot.y1 - room_below));
        free_from = at + 14;
        agl__text_add(svg, "<path class=\"lead\" d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\"/>\n",
                      l->plot.x1 + 3, y[s], l->plot.x1 + 12, at, agl__colour((int)(s % AGL_N_COLOURS)));
        agl__svg_text_fit(svg, l->plot.x1 + 15, at + 4, "start", "legend", l->name[s],
                          AGL_SVG_WIDTH - l->plot.x1 - 18);
    }
}

static void draw_reference(agl_text *svg, const lines *l) {
    if (!l->c.number[Y_REF] || !isfinite(l->c.number[Y_REF][0])) return;
    double y = agl__plot_y(&l->plot, l->c.number[Y_REF][0]);
    agl__svg_line(svg, "ref", l->plot.x0, y, l->plot.x1, y);
}

static double draw_overlaid(agl_text *svg, lines *l, const agl_chart_spec *spec) {
    bool named = l->c.text[0] != NULL;
    double widest = 0, legend = 0;
    for (size_t s = 0; named && s < l->n_series; s++)
        widest = fmax(widest, agl__text_width(l->name[s], AGL_SVG_FONT));
    if (l->lorenz) {
        if (named) legend = agl__svg_legend(svg, 0, 0, AGL_SVG_WIDTH, l->name, l->n_series);
        widest = 0;
    }
    l->plot.x0 = 60;
    l->plot.x1 = l->lorenz ? 60 + 420 : AGL_SVG_WIDTH - 22 - (named ? fmin(widest, 190) : 0);
    l->plot.y0 = legend + 30;
    l->plot.y1 = l->plot.y0 + (l->lorenz ? 420 : 320);
    agl__svg_axis_x(svg, &l->plot, spec->x_title);
    agl__svg_axis_y(svg, &l->plot, spec->y_title);
    if (l->lorenz) {
        agl__svg_line(svg, "ref", l->plot.x0, l->plot.y1, l->plot.x1, l->plot.y0);
        agl__svg_text(svg, l->plot.x0 + 210, l->plot.y0 + 195, "end", "ref", "even spread");
    }
    draw_reference(svg, l);
    for (size_t s = 0; s < l->n_series; s++)
        draw_series(svg, l, s, s);
    if (named && !l->lorenz) name_ends(svg, l);
    return l->plot.y1 + 44;
}

static double draw_panels(agl_text *svg, lines *l, const agl_chart_spec *spec) {
    const double width = (AGL_SVG_WIDTH - 24) / 2, height = 210;
    size_t rows = (l->n_series + 1) / 2;
    for (size_t s = 0; s < l->n_series; s++) {
        double left = (double)(s % 2) * (width + 24), top = (double)(s / 2) * height;
        l->plot.x0 = left + 56;
        l->plot.x1 = left + width - 14; /* room for half of the last label */
        l->plot.y0 = top + 28;
        l->plot.y1 = top + height - 30;
        agl__svg_text_fit(svg, left + 56, top + 16, "start", "panel", l->name[s], width - 56);
        agl__svg_axis_x(svg, &l->plot, NULL);
        agl__svg_axis_y(svg, &l->plot, NULL);
        draw_reference(svg, l);
        draw_series(svg, l, s, 0);
    }
    if (spec->x_title)
        agl__svg_text(svg, AGL_SVG_WIDTH / 2, (double)rows * height + 10, "middle", "axis", spec->x_title);
    return (double)rows * height + 22;
}

static void note(agl_text *notes, const lines *l, const agl_chart_spec *spec) {
    if (l->c.number[LO] && l->c.number[HI]) agl__raw(notes, "Shaded: local band. ");
    if (l->c.number[LO_GLOBAL] || l->c.number[HI_GLOBAL])
        agl__raw(notes, "Dashed: global band; only a line that leaves it differs from chance as a whole. ");
    if (l->banded && l->n_series > 1 && spec->y_title)
        agl__text_add(notes, "Vertical axis: %s. ", spec->y_title);
    if (l->dropped_series)
        agl__count(notes, l->dropped_series, "further series is not drawn. ",
                   "further series are not drawn. ");
    agl__axis_note(notes, &l->plot.x, "horizontal");
    agl__axis_note(notes, &l->plot.y, "vertical");
    agl__columns_note(notes, &l->c, "points");
}

static void draw(agl_text *svg, agl_text *notes, lines *l, const agl_chart *chart) {
    agl_text body = {0}, desc = {0};
    double height = l->banded && l->n_series > 1 ? draw_panels(&body, l, chart->spec)
                                                 : draw_overlaid(&body, l, chart->spec);
    agl__text_add(&desc, "%zu %s. %s", l->n_series, l->lorenz ? "Lorenz curves" : "lines",
                  chart->spec->note ? chart->spec->note : "");
    agl__svg_open(svg, chart->id, height, chart->spec->title, desc.data);
    agl__raw(svg, body.data);
    agl__svg_close(svg);
    svg->failed |= body.failed || desc.failed;
    agl__text_free(&body);
    agl__text_free(&desc);
    note(notes, l, chart->spec);
}

agl_status agl__chart_lines(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err) {
    lines l = {.lorenz = strcmp(chart->spec->kind, "lorenz") == 0};
    const agl_columns_want want = {numbers, 2, texts, 20000};
    agl_status status = agl__columns_load(&l.c, chart->rows, &want, err);
    if (status == AGL_OK && l.c.n > 0) {
        l.banded = (l.c.number[LO] && l.c.number[HI]) || l.c.number[LO_GLOBAL] || l.c.number[HI_GLOBAL];
        status = order_rows(&l, err);
        if (status == AGL_OK) status = fit_axes(&l, err);
        if (status == AGL_OK) draw(svg, notes, &l, chart);
    }
    if (status == AGL_OK && l.c.n == 0) agl__columns_note(notes, &l.c, "points");
    free(l.order);
    agl__columns_free(&l.c);
    return status;
}

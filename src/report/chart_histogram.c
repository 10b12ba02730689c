/* Histogram; with classes, one panel a class on a common axis (stacked or overlaid bars hide all but one
 * class). */
#include "base/mem.h"
#include "base/sort.h"
#include "report/chart.h"
#include "report/columns.h"

#include <math.h>
#include <stdio.h>

enum { VALUE, REF };
static const char *const numbers[] = {"value", "ref", NULL};
static const char *const texts[] = {"group", NULL};

#define MAX_BINS   40
#define MAX_PANELS 6

typedef struct histogram {
    agl_columns c;
    agl_groups groups;
    agl_plot plot;
    int bins;
} histogram;

/** Number of bins after Freedman and Diaconis (1981), width 2 IQR n^(-1/3), held to 8..40. On the axis scale,
 * so that a logarithmic axis has bins of equal width on paper. */
static agl_status choose_bins(histogram *h, agl_error *err) {
    double *at = AGL_NEW(double, h->c.n);
    if (!at) return agl_fail_memory(err);
    bool whole = true;
    for (size_t i = 0; i < h->c.n; i++) {
        at[i] = agl__axis_at(&h->plot.x, h->c.number[VALUE][i]);
        whole = whole && h->c.number[VALUE][i] == floor(h->c.number[VALUE][i]);
    }
    size_t kept;
    double *sorted = agl__sorted_finite(&kept, at, h->c.n);
    free(at);
    if (!sorted) return agl_fail_memory(err);
    double iqr = agl__quantile_sorted(sorted, kept, 0.75) - agl__quantile_sorted(sorted, kept, 0.25);
    double bins = iqr > 0 ? ceil(cbrt((double)kept) / (2 * iqr)) : 20;
    double span = h->plot.x.hi - h->plot.x.lo;
    /* whole numbers: bins of one unit, or counts would pile up in every other bin */
    h->bins = whole && !h->plot.x.log && span <= MAX_BINS && span >= 2 ? (int)span
                                                                       : (int)fmin(fmax(bins, 8), MAX_BINS);
    free(sorted);
    return AGL_OK;
}

static void count_bins(double *count, const histogram *h, int group, bool all) {
    for (int k = 0; k < h->bins; k++)
        count[k] = 0;
    for (size_t i = 0; i < h->c.n; i++) {
        if (!all && h->groups.of[i] != group) continue;
        int k = (int)(agl__axis_at(&h->plot.x, h->c.number[VALUE][i]) * h->bins);
        count[k < h->bins ? k : h->bins - 1]++;
    }
}

static agl_status draw_panel(agl_text *svg, histogram *h, int group, bool all, const agl_chart_spec *spec,
                             agl_error *err) {
    double count[MAX_BINS];
    count_bins(count, h, group, all);
    agl_status status = agl__axis_fit(&h->plot.y, count, (size_t)h->bins,
                                      AGL_AXIS_ZERO | AGL_AXIS_LINEAR | AGL_AXIS_WHOLE, all ? 6 : 3, err);
    if (status != AGL_OK) return status;
    h->plot.y.year = false;
    agl__svg_axis_x(svg, &h->plot, all ? spec->x_title : NULL);
    agl__svg_axis_y(svg, &h->plot, all ? (spec->y_title ? spec->y_title : "number") : NULL);
    double width = (h->plot.x1 - h->plot.x0) / h->bins;
    char fill[40];
    snprintf(fill, sizeof fill, "fill=\"%s\"", agl__colour(group));
    for (int k = 0; k < h->bins; k++) {
        if (count[k] <= 0) continue;
        double top = agl__plot_y(&h->plot, count[k]);
        agl__svg_rect(svg, h->plot.x0 + k * width + 0.5, top, width - 1, h->plot.y1 - top, fill);
    }
    if (h->c.number[REF] && isfinite(h->c.number[REF][0])) {
        double x = agl__plot_x(&h->plot, h->c.number[REF][0]);
        agl__svg_line(svg, "ref", x, h->plot.y0, x, h->plot.y1);
    }
    return AGL_OK;
}

static agl_status draw_body(double *height, agl_text *svg, histogram *h, const agl_chart_spec *spec,
                            agl_error *err) {
    h->plot.x0 = 60;
    h->plot.x1 = AGL_SVG_WIDTH - 16;
    if (h->groups.n < 2) {
        h->plot.y0 = 30;
        h->plot.y1 = 300;
        *height = 344;
        return draw_panel(svg, h, 0, true, spec, err);
    }
    int panels = h->groups.n < MAX_PANELS ? (int)h->groups.n : MAX_PANELS;
    for (int g = 0; g < panels; g++) {
        h->plot.y0 = g * 150 + 26;
        h->plot.y1 = g * 150 + 126;
        agl__svg_text(svg, h->plot.x0, g * 150 + 15, "start", "panel", h->groups.name[g]);
        agl_status status = draw_panel(svg, h, g, false, spec, err);
        if (status != AGL_OK) return status;
    }
    if (spec->x_title)
        agl__svg_text(svg, AGL_SVG_WIDTH / 2, panels * 150 + 12, "middle", "axis", spec->x_title);
    *height = panels * 150 + 22;
    return AGL_OK;
}

agl_status agl__chart_histogram(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err) {
    histogram h = {0};
    agl_text body = {0}, desc = {0};
    double height = 0;
    const agl_columns_want want = {numbers, 1, texts, SIZE_MAX};
    agl_status status = agl__columns_load(&h.c, chart->rows, &want, err);
    if (status == AGL_OK) status = agl__groups_make(&h.groups, h.c.text[0], h.c.n, err);
    if (status == AGL_OK) agl__columns_note(notes, &h.c, "rows");
    if (status != AGL_OK || h.c.n == 0) goto out;
    status = agl__axis_fit(&h.plot.x, h.c.number[VALUE], h.c.n, AGL_AXIS_CLOUD, 8, err);
    if (status == AGL_OK) status = choose_bins(&h, err);
    if (status == AGL_OK) status = draw_body(&height, &body, &h, chart->spec, err);
    if (status != AGL_OK) goto out;
    agl__text_add(&desc, "Histogram of %zu values. %s", h.c.n, chart->spec->note ? chart->spec->note : "");
    agl__svg_open(svg, chart->id, height, chart->spec->title, desc.data);
    agl__raw(svg, body.data);
    agl__svg_close(svg);
    svg->failed |= body.failed || desc.failed;
    if (h.groups.n > MAX_PANELS)
        agl__count(notes, h.groups.n - MAX_PANELS, "further class is not drawn. ",
                   "further classes are not drawn. ");
    agl__axis_note(notes, &h.plot.x, "horizontal");
out:
    agl__text_free(&body);
    agl__text_free(&desc);
    free(h.groups.of);
    agl__columns_free(&h.c);
    return status;
}

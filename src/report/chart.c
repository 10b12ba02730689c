#include "report/chart.h"
#include "report/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef agl_status (*draw_fn)(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err);

static const struct {
    const char *kind;
    draw_fn draw;
} kinds[] = {{"bars", agl__chart_bars},       {"scatter", agl__chart_points},
             {"bubble", agl__chart_points},   {"lorenz", agl__chart_lines},
             {"lines", agl__chart_lines},     {"histogram", agl__chart_histogram},
             {"network", agl__chart_network}, {"map", agl__chart_map}};

agl_status agl__chart_draw(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err) {
    if (chart->rows->rows == 0) return AGL_OK;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (strcmp(kinds[k].kind, chart->spec->kind) == 0) return kinds[k].draw(svg, notes, chart, err);
    return agl_fail(err, AGL_EINTERNAL, "unknown kind of chart '%s'", chart->spec->kind);
}

void agl__chart_csv(agl_text *out, const agl_table *rows) {
    for (size_t c = 0; c < rows->n_columns; c++) {
        agl__raw(out, c ? "," : "");
        agl__csv(out, rows->columns[c].name);
    }
    agl__raw(out, "\n");
    for (size_t i = 0; i < rows->rows; i++) {
        for (size_t c = 0; c < rows->n_columns; c++) {
            const agl_column *column = &rows->columns[c];
            agl__raw(out, c ? "," : "");
            if (column->type == AGL_KEY)
                agl__csv(out, agl_column_text(column, i));
            else if (column->type == AGL_DATE)
                agl__cell_text(out, column, i, 0);
            else if (agl__cell_present(column, i))
                agl__text_add(out, "%.10g", column->num[i]);
        }
        agl__raw(out, "\n");
    }
}

double agl__chart_radius(double size, double largest, double r_largest) {
    if (!(size > 0) || !(largest > 0)) return 2;
    return fmax(2, r_largest * sqrt(fmin(size / largest, 1)));
}

/** The largest of 1, 2, 5 times a power of ten that does not exceed v > 0. */
static double round_down(double v) {
    double power = pow(10, floor(log10(v)));
    return power * (v / power >= 5 ? 5 : v / power >= 2 ? 2 : 1);
}

void agl__chart_size_key(agl_text *svg, double x, double y, double r, double largest) {
    if (!(largest > 0)) return;
    double big = round_down(largest), values[2] = {big, round_down(big / 8)};
    for (int k = 0; k < 2; k++) {
        double radius = agl__chart_radius(values[k], largest, r);
        agl__svg_circle(svg, x + r, y - radius, radius, "class=\"key\"", NULL);
        agl__svg_line(svg, "key", x + r, y - 2 * radius, x + 2 * r + 4, y - 2 * radius);
        agl_text label = {0};
        agl__compact(&label, values[k]);
        agl__svg_text(svg, x + 2 * r + 7, y - 2 * radius + 4, "start", "tick", label.data);
        svg->failed |= label.failed;
        agl__text_free(&label);
    }
}

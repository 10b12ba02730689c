/* chart.h - one drawing from one query result. The kinds and the columns they take: docs/developing.md,
 * "Findings". */
#ifndef AGL_REPORT_CHART_H
#define AGL_REPORT_CHART_H

#include "agglo/table.h"
#include "op/spec.h"
#include "report/markup.h"

typedef struct agl_chart {
    const agl_chart_spec *spec;
    const char *id;            /* unique in the page */
    const agl_table *rows;     /* result of spec->sql */
    const agl_table *nodes;    /* result of spec->nodes; network only */
    const agl_table *boundary; /* outlines (kind, ring, seq, lon, lat) in drawing order; NULL when there are
                                  none; map only */
    const agl_ctx *ctx;
} agl_chart;

/** Draws the chart to `svg` and what was left out or transformed, as sentences, to `notes`. Nothing is added
 * to `svg` when no row can be drawn. AGL_EINTERNAL when the query does not give what the kind needs. */
AGL_NODISCARD agl_status agl__chart_draw(agl_text *svg, agl_text *notes, const agl_chart *chart,
                                         agl_error *err);

/* The kinds; called by agl__chart_draw with at least one row. */
agl_status agl__chart_bars(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err);
agl_status agl__chart_points(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err);
agl_status agl__chart_lines(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err);
agl_status agl__chart_histogram(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err);
agl_status agl__chart_map(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err);
agl_status agl__chart_network(agl_text *svg, agl_text *notes, const agl_chart *chart, agl_error *err);

/** The query result as CSV. */
void agl__chart_csv(agl_text *out, const agl_table *rows);

/** Nested circles that say what areas mean; (x, y) is the lower left corner. `largest` has radius `r`. */
void agl__chart_size_key(agl_text *svg, double x, double y, double r, double largest);
/** Radius of a circle whose area is proportional to `size`. */
double agl__chart_radius(double size, double largest, double r_largest);

#endif

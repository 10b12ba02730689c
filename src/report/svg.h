/* svg.h - the pieces that every chart is made of. Looks (font, colours of text and lines) come from the style
 * sheet by class, so that screen and print can differ; colours that carry meaning stand in the drawing
 * itself. */
#ifndef AGL_REPORT_SVG_H
#define AGL_REPORT_SVG_H

#include "report/markup.h"
#include "report/scale.h"

#define AGL_SVG_WIDTH 760.0 /* user units; one is about a screen pixel */
#define AGL_SVG_FONT  12.0
#define AGL_N_COLOURS 8

/** Colours for classes, told apart with any common colour blindness and in grey (after Okabe and Ito 2008,
 * darkened where the original is too light on white). Beyond AGL_N_COLOURS: grey. */
const char *agl__colour(int k);
/** Colour of the k-th class by name: grey for the class "not significant", which stays in the background. */
const char *agl__class_colour(const char *name, int k);
bool agl__class_is_background(const char *name);
/** Colour of t in 0..1 on a sequential scale of rising darkness (writes "#rrggbb"). */
void agl__colour_ramp(char out[8], double t);

/** The rectangle in which the data are drawn; the ends of the axes lie `inset` within it, so that large marks
 * have room. */
typedef struct agl_plot {
    double x0, y0, x1, y1, inset;
    agl_axis x, y;
} agl_plot;

double agl__plot_x(const agl_plot *p, double v);
double agl__plot_y(const agl_plot *p, double v);

/** Opens the drawing with its accessible title and description. `id` is unique in the page. */
void agl__svg_open(agl_text *b, const char *id, double height, const char *title, const char *desc);
void agl__svg_close(agl_text *b);

/** Text at (x, y); anchor "start", "middle" or "end"; `class` may be NULL. */
void agl__svg_text(agl_text *b, double x, double y, const char *anchor, const char *class, const char *text);
/** The same, shortened with an ellipsis to `width`; the whole text is then kept as the tooltip. */
void agl__svg_text_fit(agl_text *b, double x, double y, const char *anchor, const char *class,
                       const char *text, double width);
/** Width of a text of that font size, a little generous since the reader's font is not known. */
double agl__text_width(const char *text, double size);

void agl__svg_line(agl_text *b, const char *class, double x0, double y0, double x1, double y1);
/** A rectangle; `attributes` is raw, e.g. "fill=\"#eee\"". */
void agl__svg_rect(agl_text *b, double x, double y, double width, double height, const char *attributes);
/** A circle with a tooltip (tip may be NULL). */
void agl__svg_circle(agl_text *b, double x, double y, double r, const char *attributes, const char *tip);

/** Grid, tick labels and titles. Lower edge for x, left edge for y. */
void agl__svg_axis_x(agl_text *b, const agl_plot *p, const char *title);
void agl__svg_axis_y(agl_text *b, const agl_plot *p, const char *title);

/** A row of coloured marks with names, wrapped to the width; returns the height it takes. `n` names; with `b`
 * NULL it only measures. */
double agl__svg_legend(agl_text *b, double x, double y, double width, const char *const *names, size_t n);

/** Says on the chart's notes that an axis is logarithmic or leaves values out. */
void agl__axis_note(agl_text *notes, const agl_axis *axis, const char *which);

#endif

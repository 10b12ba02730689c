#include "report/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const palette[AGL_N_COLOURS] = {"#0072b2", "#d55e00", "#009e73", "#aa4499",
                                                   "#b8860b", "#56b4e9", "#882255", "#4d4d4d"};

const char *agl__colour(int k) { return k >= 0 && k < AGL_N_COLOURS ? palette[k] : "#a3adb6"; }

bool agl__class_is_background(const char *name) { return name && strcmp(name, "not significant") == 0; }

const char *agl__class_colour(const char *name, int k) {
    return agl__colour(agl__class_is_background(name) ? -1 : k);
}

void agl__colour_ramp(char out[8], double t) {
    /* light yellow over green and blue to dark violet: lightness falls evenly, so it reads in grey print as
     * well */
    static const double stop[5][3] = {
        {253, 224, 115}, {122, 201, 122}, {42, 157, 143}, {38, 96, 140}, {48, 22, 88}};
    double at = fmin(fmax(t, 0), 1) * 4;
    int k = at >= 4 ? 3 : (int)at;
    int rgb[3];
    for (int c = 0; c < 3; c++)
        rgb[c] = (int)lround(stop[k][c] + (at - k) * (stop[k + 1][c] - stop[k][c]));
    snprintf(out, 8, "#%02x%02x%02x", (unsigned)rgb[0] & 255, (unsigned)rgb[1] & 255, (unsigned)rgb[2] & 255);
}

double agl__plot_x(const agl_plot *p, double v) {
    return p->x0 + p->inset + agl__axis_at(&p->x, v) * (p->x1 - p->x0 - 2 * p->inset);
}

double agl__plot_y(const agl_plot *p, double v) {
    return p->y1 - p->inset - agl__axis_at(&p->y, v) * (p->y1 - p->y0 - 2 * p->inset);
}

void agl__svg_open(agl_text *b, const char *id, double height, const char *title, const char *desc) {
    agl__text_add(
        b,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"%s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
        "aria-labelledby=\"%s-t %s-d\"><title id=\"%s-t\">",
        id, AGL_SVG_WIDTH, height, id, id, id);
    agl__html(b, title);
    agl__text_add(b, "</title><desc id=\"%s-d\">", id);
    agl__html(b, desc);
    agl__raw(b, "</desc>\n");
}

void agl__svg_close(agl_text *b) { agl__raw(b, "</svg>\n"); }

static void open_text(agl_text *b, double x, double y, const char *anchor, const char *class) {
    agl__raw(b, "<text x=\"");
    agl__coord(b, x);
    agl__raw(b, "\" y=\"");
    agl__coord(b, y);
    agl__raw(b, "\"");
    if (strcmp(anchor, "start") != 0) agl__text_add(b, " text-anchor=\"%s\"", anchor);
    if (class) agl__text_add(b, " class=\"%s\"", class);
    agl__raw(b, ">");
}

void agl__svg_text(agl_text *b, double x, double y, const char *anchor, const char *class, const char *text) {
    open_text(b, x, y, anchor, class);
    agl__html(b, text);
    agl__raw(b, "</text>\n");
}

/** Width of one character in thousandths of the font size. */
static double character_width(uint32_t code) {
    if (code >= 0x2e80) return 1000;                   /* East Asian */
    if (code == 0x2026 || code == 0x2014) return 1000; /* ellipsis, dash */
    if (code >= 0x80) return code >= 0x2000 && code < 0x2100 ? 300 : 590;
    if (code == 0) return 0;
    if (strchr("iljI.,:;'|!", (int)code)) return 300;
    if (strchr("ftr()[]/- ", (int)code)) return 390;
    if (strchr("mwMW%@", (int)code)) return 890;
    return code >= 'A' && code <= 'Z' ? 700 : 590;
}

double agl__text_width(const char *text, double size) {
    double width = 0;
    while (text && *text) {
        uint32_t code;
        size_t n = agl__utf8_next(text, &code);
        width += character_width(n ? code : 'x');
        text += n ? n : 1;
    }
    return width * size / 1000;
}

void agl__svg_text_fit(agl_text *b, double x, double y, const char *anchor, const char *class,
                       const char *text, double width) {
    if (!text) return;
    if (agl__text_width(text, AGL_SVG_FONT) <= width) {
        agl__svg_text(b, x, y, anchor, class, text);
        return;
    }
    char shorter[256];
    size_t n = 0;
    double used = AGL_SVG_FONT * 0.9; /* the ellipsis */
    while (text[n]) {
        uint32_t code;
        size_t step = agl__utf8_next(text + n, &code);
        used += character_width(step ? code : 'x') * AGL_SVG_FONT / 1000;
        step = step ? step : 1;
        if (used > width || n + step >= sizeof shorter - 4) break;
        n += step;
    }
    while (n > 0 && text[n - 1] == ' ')
        n--;
    memcpy(shorter, text, n);
    memcpy(shorter + n, "\xe2\x80\xa6", 4);
    open_text(b, x, y, anchor, class);
    agl__raw(b, "<title>");
    agl__html(b, text);
    agl__raw(b, "</title>");
    agl__html(b, shorter);
    agl__raw(b, "</text>\n");
}

static void attribute(agl_text *b, const char *name, double value) {
    agl__text_add(b, " %s=\"", name);
    agl__coord(b, value);
    agl__raw(b, "\"");
}

void agl__svg_line(agl_text *b, const char *class, double x0, double y0, double x1, double y1) {
    agl__text_add(b, "<line class=\"%s\"", class);
    attribute(b, "x1", x0);
    attribute(b, "y1", y0);
    attribute(b, "x2", x1);
    attribute(b, "y2", y1);
    agl__raw(b, "/>\n");
}

void agl__svg_rect(agl_text *b, double x, double y, double width, double height, const char *attributes) {
    agl__raw(b, "<rect");
    attribute(b, "x", x);
    attribute(b, "y", y);
    attribute(b, "width", fmax(width, 0));
    attribute(b, "height", fmax(height, 0));
    agl__text_add(b, " %s/>\n", attributes);
}

void agl__svg_circle(agl_text *b, double x, double y, double r, const char *attributes, const char *tip) {
    agl__raw(b, "<circle");
    attribute(b, "cx", x);
    attribute(b, "cy", y);
    attribute(b, "r", r);
    agl__text_add(b, " %s", attributes);
    if (!tip) {
        agl__raw(b, "/>\n");
        return;
    }
    agl__raw(b, "><title>");
    agl__html(b, tip);
    agl__raw(b, "</title></circle>\n");
}

void agl__svg_axis_x(agl_text *b, const agl_plot *p, const char *title) {
    char label[32];
    for (int i = 0; i < p->x.n_ticks; i++) {
        double x = agl__plot_x(p, p->x.tick[i]);
        agl__svg_line(b, p->x.tick[i] == 0 && p->x.lo < 0 ? "zero" : "grid", x, p->y0, x, p->y1);
        agl__axis_label(label, sizeof label, &p->x, i);
        agl__svg_text(b, x, p->y1 + 16, "middle", "tick", label);
    }
    agl__svg_line(b, "edge", p->x0, p->y1, p->x1, p->y1);
    if (!title) return;
    agl_text whole = {0};
    agl__text_add(&whole, "%s%s", title, p->x.log ? " (logarithmic)" : "");
    agl__svg_text(b, (p->x0 + p->x1) / 2, p->y1 + 35, "middle", "axis", whole.data);
    b->failed |= whole.failed;
    agl__text_free(&whole);
}

void agl__svg_axis_y(agl_text *b, const agl_plot *p, const char *title) {
    char label[32];
    for (int i = 0; i < p->y.n_ticks; i++) {
        double y = agl__plot_y(p, p->y.tick[i]);
        agl__svg_line(b, p->y.tick[i] == 0 && p->y.lo < 0 ? "zero" : "grid", p->x0, y, p->x1, y);
        agl__axis_label(label, sizeof label, &p->y, i);
        agl__svg_text(b, p->x0 - 8, y + 4, "end", "tick", label);
    }
    if (!title) return;
    /* above the axis and upright: a turned title is hard to read */
    agl_text whole = {0};
    agl__text_add(&whole, "%s%s", title, p->y.log ? " (logarithmic)" : "");
    agl__svg_text(b, fmax(p->x0 - 40, 4), p->y0 - 12, "start", "axis", whole.data);
    b->failed |= whole.failed;
    agl__text_free(&whole);
}

double agl__svg_legend(agl_text *b, double x, double y, double width, const char *const *names, size_t n) {
    double at = x, row = y + 12;
    for (size_t k = 0; k < n; k++) {
        double wide = fmin(18 + agl__text_width(names[k], AGL_SVG_FONT), width);
        if (at > x && at + wide > x + width) {
            at = x;
            row += 18;
        }
        if (b) {
            char fill[40];
            snprintf(fill, sizeof fill, "rx=\"2\" fill=\"%s\"", agl__class_colour(names[k], (int)k));
            agl__svg_rect(b, at, row - 9, 11, 11, fill);
            agl__svg_text_fit(b, at + 16, row + 1, "start", "legend", names[k], wide - 16);
        }
        at += wide + 14;
    }
    return n ? row + 10 - y : 0;
}

void agl__axis_note(agl_text *notes, const agl_axis *axis, const char *which) {
    if (axis->log)
        agl__text_add(notes, "The %s axis is logarithmic: each step multiplies. ", which);
    else if (axis->outside) {
        agl__count(notes, axis->outside, "value lies", "values lie");
        agl__text_add(notes, " beyond the %s axis and %s drawn at its edge. ", which,
                      axis->outside == 1 ? "is" : "are");
    }
}

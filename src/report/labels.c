#include "report/labels.h"
#include "base/mem.h"

#include <math.h>

void agl__labels_free(agl_labels *l) {
    free(l->text);
    free(l->mark);
    l->text = l->mark = NULL;
    l->n_text = l->n_marks = l->text_capacity = l->mark_capacity = 0;
}

static bool push(agl_box **array, size_t *n, size_t *capacity, agl_box box) {
    agl_box *grown = agl__grow(*array, capacity, *n + 1, sizeof box);
    if (!grown) return false;
    *array = grown;
    grown[(*n)++] = box;
    return true;
}

bool agl__labels_mark(agl_labels *l, double x, double y, double r) {
    /* the square of the same area as the circle */
    double half = 0.89 * r;
    return push(&l->mark, &l->n_marks, &l->mark_capacity, (agl_box){x - half, y - half, x + half, y + half});
}

bool agl__labels_block(agl_labels *l, agl_box box) {
    return push(&l->text, &l->n_text, &l->text_capacity, box);
}

static double overlap(agl_box a, agl_box b) {
    double w = fmin(a.x1, b.x1) - fmax(a.x0, b.x0), h = fmin(a.y1, b.y1) - fmax(a.y0, b.y0);
    return w > 0 && h > 0 ? w * h : 0;
}

/** Area of marks under the box; infinite when it leaves the frame or meets another text. */
static double cost(const agl_labels *l, agl_box box) {
    if (box.x0 < l->inside.x0 || box.x1 > l->inside.x1 || box.y0 < l->inside.y0 || box.y1 > l->inside.y1)
        return INFINITY;
    for (size_t i = 0; i < l->n_text; i++)
        if (overlap(box, l->text[i]) > 0) return INFINITY;
    double covered = 0;
    for (size_t i = 0; i < l->n_marks; i++)
        covered += overlap(box, l->mark[i]);
    return covered;
}

bool agl__labels_place(double *text_x, double *text_y, agl_labels *l, double x, double y, double r,
                       double width, double height) {
    double gap = r + 3, slant = 0.75 * r + 2;
    const double lower_left[8][2] = {{x + gap, y + height / 2},      {x - gap - width, y + height / 2},
                                     {x - width / 2, y - gap},       {x - width / 2, y + gap + height},
                                     {x + slant, y - slant},         {x + slant, y + slant + height},
                                     {x - slant - width, y - slant}, {x - slant - width, y + slant + height}};
    double best = 0.3 * width * height; /* a text may hide that much of marks, not more */
    int chosen = -1;
    for (int k = 0; k < 8; k++) {
        double left = lower_left[k][0], bottom = lower_left[k][1];
        double c = cost(l, (agl_box){left - 1, bottom - height, left + width + 1, bottom + 1});
        if (c < best) {
            best = c;
            chosen = k;
        }
        if (chosen == k && c == 0) break;
    }
    if (chosen < 0) return false;
    double left = lower_left[chosen][0], bottom = lower_left[chosen][1];
    *text_x = left;
    *text_y = bottom - 0.2 * height; /* the baseline stands above the descenders */
    return agl__labels_block(l, (agl_box){left - 1, bottom - height, left + width + 1, bottom + 1});
}

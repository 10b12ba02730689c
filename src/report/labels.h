/* labels.h - places text beside marks so that no two texts touch (greedy: the caller offers the most
 * important first). */
#ifndef AGL_REPORT_LABELS_H
#define AGL_REPORT_LABELS_H

#include "agglo/base.h"

typedef struct agl_box {
    double x0, y0, x1, y1;
} agl_box;

typedef struct agl_labels {
    agl_box inside; /* nothing is placed beyond */
    agl_box *text;  /* placed so far; never overlapped */
    size_t n_text, text_capacity;
    agl_box *mark; /* overlapped reluctantly */
    size_t n_marks, mark_capacity;
} agl_labels;

void agl__labels_free(agl_labels *l);
/** A mark (circle of radius r) that texts should keep off. */
AGL_NODISCARD bool agl__labels_mark(agl_labels *l, double x, double y, double r);
/** A region that texts must keep off. */
AGL_NODISCARD bool agl__labels_block(agl_labels *l, agl_box box);
/** Finds a place for a text of that width and height beside the circle (x, y, r): right, left, above, below,
 * then the diagonals; true and the left end of its baseline when there is one. */
bool agl__labels_place(double *text_x, double *text_y, agl_labels *l, double x, double y, double r,
                       double width, double height);

#endif

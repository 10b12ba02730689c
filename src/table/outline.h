/* Outlines in well-known text as rings of vertices. */
#ifndef AGL_TABLE_OUTLINE_H
#define AGL_TABLE_OUTLINE_H

#include "agglo/base.h"

/** Rings of many outlines one after the other. */
typedef struct agl_outline_rings {
    size_t n, n_vertices;
    int32_t *owner; /* n */
    size_t *first;  /* n + 1 */
    double *x, *y;  /* n_vertices */
    size_t ring_room, first_room, x_room, y_room;
} agl_outline_rings;

/** Adds the rings of a POLYGON, MULTIPOLYGON or collection of them for `owner`; the closing vertex is left
 * out. AGL_EDATA with what is wrong in the text of the error: not readable, no polygon, a ring that crosses
 * itself, is not closed or has fewer than three vertices. */
AGL_NODISCARD agl_status agl__outline_rings_add(agl_outline_rings *rings, const char *wkt, int32_t owner,
                                                agl_error *err);
void agl__outline_rings_free(agl_outline_rings *rings);

#endif

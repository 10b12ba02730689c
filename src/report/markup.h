/* markup.h - pieces of HTML, SVG and CSV appended to a growing text.
 *
 * Numbers are written with the point of the C locale, which agl__report_write sets for its thread. Memory
 * that runs out is remembered in the text and asked for once at the end. */
#ifndef AGL_REPORT_MARKUP_H
#define AGL_REPORT_MARKUP_H

#include "agglo/base.h"
#include "table/text.h"

/** The text as it is; NULL adds nothing. */
void agl__raw(agl_text *t, const char *text);

/** Text safe in HTML and SVG content and in quoted attributes: & < > " ' escaped, control characters as
 * spaces, bytes that are no UTF-8 as U+FFFD. NULL adds nothing. */
void agl__html(agl_text *t, const char *text);

/** A coordinate: at most two decimals, no trailing zeros; not finite becomes 0 (callers leave such points
 * out). */
void agl__coord(agl_text *t, double x);

/** A number for readers: fixed decimals, narrow no-break spaces between thousands from five digits on, a true
 * minus sign, an en dash when it is not finite. Beyond 1e15, and below the last decimal when it would read as
 * zero: powers of ten. */
void agl__number(agl_text *t, double x, int decimals);

/** A number of things: "1 place", "15 134 places". */
void agl__count(agl_text *t, size_t n, const char *one, const char *many);

/** A field of a CSV file, quoted when it must be. */
void agl__csv(agl_text *t, const char *text);
/** The bytes in base64. */
void agl__base64(agl_text *t, const char *bytes, size_t n);

/** Length of the UTF-8 sequence that begins at `text` (1 to 4), 0 when it is broken; its code point goes to
 * `code`. */
size_t agl__utf8_next(const char *text, uint32_t *code);

#endif

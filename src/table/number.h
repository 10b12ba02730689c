/* Numbers as people write them: decimal comma, thousands separators, markers of missing and suppressed cells.
 * Used when a column is not plain numbers throughout. */
#ifndef AGL_TABLE_NUMBER_H
#define AGL_TABLE_NUMBER_H

#include "agglo/table.h"

/** The decimal sign of a column, guessed from all its distinct texts: ',' when one text can only be read so
 * ("3,14", "1.234,5"), '.' otherwise; texts that could be either ("1,234") follow `fallback`. */
char agl__decimal_sign(const agl_dict *texts, char fallback);

/** Reads one text. Returns true with *state AGL_PRESENT and *value, or with AGL_MISSING ("", "NA", ":", "..",
 * "-") or AGL_SUPPRESSED ("D", "(S)", "c", "*", ": c") and NaN; false when it is none of these. A single flag
 * letter after a number
 * ("12.5 e", as Eurostat marks estimates) is allowed and dropped. "nan" and "inf" are not numbers. */
bool agl__parse_number(double *value, agl_state *state, const char *text, char decimal);

#endif

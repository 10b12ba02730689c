/* columns.h - the columns that a chart draws, taken by name from the result of its query. */
#ifndef AGL_REPORT_COLUMNS_H
#define AGL_REPORT_COLUMNS_H

#include "agglo/table.h"
#include "report/svg.h"

#define AGL_MAX_NUMBERS 8
#define AGL_MAX_TEXTS   3

/** What a chart takes. `numbers`: the first `n_needed` must be there and finite, else the row is left out.
 * Each list ends with NULL. */
typedef struct agl_columns_want {
    const char *const *numbers;
    size_t n_needed;
    const char *const *texts;
    size_t limit; /* rows drawn at most */
} agl_columns_want;

typedef struct agl_columns {
    size_t n;                         /* rows to draw */
    size_t dropped;                   /* rows left out for want of a number */
    size_t beyond;                    /* rows left out for want of room */
    double *number[AGL_MAX_NUMBERS];  /* in the order of `numbers`; NULL when not given or nowhere present */
    const char **text[AGL_MAX_TEXTS]; /* in the order of `texts`; NULL likewise; missing = "" */
    char *pool;                       /* texts made from numbers */
} agl_columns;

/** AGL_EINTERNAL when a needed column is not there or is text. Dates become decimal years. */
AGL_NODISCARD agl_status agl__columns_load(agl_columns *out, const agl_table *table,
                                           const agl_columns_want *want, agl_error *err);
void agl__columns_free(agl_columns *c);
/** Says on the notes how many rows were left out. */
void agl__columns_note(agl_text *notes, const agl_columns *c, const char *things);

/** Classes and their colours: in order of first appearance, or, when there are more than colours, the most
 * frequent ones with the rest as one grey class. */
typedef struct agl_groups {
    size_t n;
    const char *name[AGL_N_COLOURS + 1];
    int *of; /* class of each row */
} agl_groups;

/** Distinct texts in order of first appearance to `name` with their frequency to `count` (zeroed before; both
 * with room for n), the number of each row's text to `of`; returns how many. O(n * distinct), with n in the
 * thousands. */
size_t agl__distinct(const char **name, size_t *count, int *of, const char *const *text, size_t n);

/** `text` NULL gives one class without a name (n = 0) for all rows. */
AGL_NODISCARD agl_status agl__groups_make(agl_groups *out, const char *const *text, size_t n, agl_error *err);

/** Text of any cell: keys as they are, numbers with up to `decimals` decimals, dates as 2019-12-31; NULL when
 * missing. */
void agl__cell_text(agl_text *out, const agl_column *column, size_t row, int decimals);
bool agl__cell_present(const agl_column *column, size_t row);
/** Days since 1970-01-01 as year, month and day (proleptic Gregorian). */
void agl__civil(int64_t days, int *year, int *month, int *day);

#endif

/* What the rows of a table say about each actor, brought into one value an actor. */
#ifndef AGL_OP_NETWORK_ACTORS_H
#define AGL_OP_NETWORK_ACTORS_H

#include "op/run.h"

/** Rows of each actor, in the order of the table. */
typedef struct agl__rows_by {
    int32_t n;      /* actors */
    size_t *offset; /* n + 1 */
    size_t *row;
} agl__rows_by;

/** actor[i] in 0..n-1 for each of the rows. O(n + rows). */
AGL_NODISCARD agl_status agl__rows_by_new(agl__rows_by *out, int32_t n, const int32_t *actor, size_t rows,
                                          agl_error *err);
void agl__rows_by_free(agl__rows_by *rows);

/** Most frequent code of each actor among its rows, the lowest of equally frequent ones, -1 when it has none;
 * *several counts the actors with more than one. code[row] = -1: missing. */
AGL_NODISCARD agl_status agl__most_frequent(int32_t *value, size_t *several, const agl__rows_by *rows,
                                            const int32_t *code, agl_error *err);

/** Most frequent position of each actor (both coordinates present), the south-westernmost of equally frequent
 * ones, NaN when it has none; *several as above. */
AGL_NODISCARD agl_status agl__most_frequent_place(double *lon, double *lat, size_t *several,
                                                  const agl__rows_by *rows, const double *row_lon,
                                                  const double *row_lat, agl_error *err);

typedef enum agl__fold { AGL_FOLD_SUM, AGL_FOLD_MIN, AGL_FOLD_MAX } agl__fold;

/** Sum, smallest or largest of the present numbers of each actor; NaN when it has none. */
void agl__fold_rows(double *value, const agl__rows_by *rows, const double *number, agl__fold how);

#endif

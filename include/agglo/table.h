/* agglo/table.h - typed columns with validity and dictionary-coded keys.
 *
 *   agl_table "edges"            rows = 3
 *     column "source"  AGL_KEY   code   [ 0, 0, 1 ]     dict ["ABB", "BASF", "CNRS"]
 *     column "target"  AGL_KEY   code   [ 1, 2, 2 ]     dict (its own)
 *     column "weight"  AGL_NUM   num    [ 2, 1, 5 ]     state [ 0, 0, 0 ]
 *
 * Keys are text for ever: "02016" keeps its zero. Every other type is held as double (integers are exact to
 * 2^53) and `type` says how it is written. A value that is not there is -1 in `code`, NaN in `num`; `state`
 * tells why.
 */
#ifndef AGGLO_TABLE_H
#define AGGLO_TABLE_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum agl_type {
    AGL_KEY,  /**< text as int32 index into a dictionary */
    AGL_NUM,  /**< real number */
    AGL_INT,  /**< whole number */
    AGL_BOOL, /**< 0 or 1 */
    AGL_DATE  /**< days since 1970-01-01 */
} agl_type;

/** Why a value is or is not there. Zero is a present value. */
typedef enum agl_state { AGL_PRESENT = 0, AGL_MISSING = 1, AGL_SUPPRESSED = 2 } agl_state;

/** Distinct texts. Sorted bytewise when it comes from a reader, so comparing codes compares texts. */
typedef struct agl_dict {
    size_t n;
    char **text;
} agl_dict;

typedef struct agl_column {
    char *name;
    agl_type type;
    int32_t *code;  /**< AGL_KEY: rows codes, -1 = missing */
    agl_dict dict;  /**< AGL_KEY: its texts */
    double *num;    /**< other types: rows values, NaN = not present */
    uint8_t *state; /**< rows agl_state values, or NULL when every value is present */
} agl_column;

typedef struct agl_table {
    char *name;
    size_t rows, n_columns;
    agl_column *columns;
} agl_table;

/** An empty table without columns. */
AGL_NODISCARD agl_status agl_table_new(agl_table **out, const char *name, size_t rows, agl_error *err);
void agl_table_free(agl_table *table);

/** Adds a column of `rows` zero values (code 0 or 0.0, all present). `out` stays valid until the next add. */
AGL_NODISCARD agl_status agl_table_add(agl_column **out, agl_table *table, const char *name, agl_type type,
                                       agl_error *err);

/** The column of that name, or NULL. */
const agl_column *agl_table_column(const agl_table *table, const char *name);
agl_column *agl_table_column_mut(agl_table *table, const char *name);

/** Text of a key in row `row`; NULL when missing. */
const char *agl_column_text(const agl_column *column, size_t row);

/** Copies `from` into the dictionary of the AGL_KEY column `to` (which must be empty). O(n). */
AGL_NODISCARD agl_status agl_dict_copy(agl_dict *to, const agl_dict *from, agl_error *err);
/** Takes n texts by copy. */
AGL_NODISCARD agl_status agl_dict_set(agl_dict *to, const char *const *text, size_t n, agl_error *err);
void agl_dict_free(agl_dict *dict);
/** Index of `text` in a sorted dictionary, -1 when absent. O(log n). */
int32_t agl_dict_find(const agl_dict *sorted, const char *text);

#ifdef __cplusplus
}
#endif
#endif

/* One row per key: finds duplicates, and combines them when asked to. */
#ifndef AGL_TABLE_AGGREGATE_H
#define AGL_TABLE_AGGREGATE_H

#include "agglo/table.h"

/** Looks for two rows with the same values in the n_unique named columns (columns that the table lacks are
 * ignored). Returns true and the two rows when there are. O(rows) expected. */
AGL_NODISCARD agl_status agl__find_duplicate(bool *found, size_t *first, size_t *second,
                                             const agl_table *table, const char *const *unique,
                                             size_t n_unique, agl_error *err);

/** Replaces *table by one with a row per key, in order of first appearance. Numbers are combined by `how`
 * ("sum", "mean", "max", "min") over present values (suppressed when there are none and one is suppressed,
 * else missing); other columns keep their first present value. */
AGL_NODISCARD agl_status agl__aggregate(agl_table **table, const char *const *unique, size_t n_unique,
                                        const char *how, agl_error *err);

#endif

/* query.h - the SQL of the records: what it may refer to, and running it. */
#ifndef AGL_REPORT_QUERY_H
#define AGL_REPORT_QUERY_H

#include "report/dossier.h"

/** Makes the temporary macros (label, label_lon, label_lat, fmt_int, fmt_num, fmt_pct, fmt_p, fmt_list), a
 * view of each stored table with all columns of its record, and reads the outlines. The study file itself is
 * not touched. */
AGL_NODISCARD agl_status agl__query_prepare(agl_dossier *d, agl_error *err);

/** Replaces {output} by the view of that output of the step. `missing` tells that the step did not store one
 * of them. Braces around anything but a plain name stay. AGL_EINTERNAL when a name is no output of the
 * method. */
AGL_NODISCARD agl_status agl__query_expand(char **out, bool *missing, const agl_step *step, const char *sql,
                                           agl_error *err);

/** Runs a query of the step's record; NULL in *out when it needs a table that the step did not store.
 * AGL_EINTERNAL names the record and `what` (e.g. "finding 2"). */
AGL_NODISCARD agl_status agl__query_run(agl_table **out, agl_dossier *d, const agl_step *step,
                                        const char *sql, const char *what, agl_error *err);

/** Rows of output k of the step in the order of its rank column, at most `limit`; each key column that has
 * labels is followed by a column of names ("COLUMN name"). `total` receives the number of rows of the whole
 * table. */
AGL_NODISCARD agl_status agl__query_output(agl_table **out, size_t *total, agl_dossier *d,
                                           const agl_step *step, size_t k, size_t limit, agl_error *err);

/** The options, or the input hashes, of a step: columns key and value. `column` is a column of the table
 * provenance that holds a JSON object; anything else gives no rows. */
AGL_NODISCARD agl_status agl__query_object(agl_table **out, agl_dossier *d, const agl_step *step,
                                           const char *column, agl_error *err);

#endif

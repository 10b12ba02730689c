/* What an op sees: its inputs bound to roles, its options, its outputs, its warnings. An op is
 *
 *     agl_status agl_op_VERB_METHOD(agl_run *run, agl_error *err)
 *
 * in src/op/VERB/METHOD.c, beside the record spec/VERB/METHOD.toml from which the command line, the help, the
 * documents and the validation of study files are made. It reads columns, checks what only it can check,
 * calls kernels and fills output columns. It knows nothing of files, SQL or the dossier. */
#ifndef AGL_OP_RUN_H
#define AGL_OP_RUN_H

#include "agglo/base.h"
#include "agglo/table.h"

typedef struct agl_run agl_run;

/* ---- inputs ---- */

/** Table bound to the input of that name (the record's [[inputs]] name); NULL when optional and not given.
 * Its columns are named by role, and required roles are there with the type that the record says. */
const agl_table *agl__run_input(const agl_run *run, const char *input);
/** Column of a role; NULL when the role is optional and not bound, or its input not given. */
const agl_column *agl__run_column(const agl_run *run, const char *input, const char *role);

/* ---- options (types and ranges are already checked against the record) ---- */
bool agl__run_flag(const agl_run *run, const char *option);
double agl__run_number(const agl_run *run, const char *option); /**< NaN when not given and without default */
int64_t agl__run_integer(const agl_run *run, const char *option);
const char *agl__run_text(const agl_run *run,
                          const char *option); /**< NULL when not given and without default */
bool agl__run_is(const agl_run *run, const char *option, const char *value);
/** True when --like names this peer. */
bool agl__run_like(const agl_run *run, const char *peer);
/** True when the caller asked for this output table (all are wanted unless --table names one). Lets an op
 * skip work. */
bool agl__run_wants(const agl_run *run, const char *table);
const agl_ctx *agl__run_ctx(const agl_run *run);

/* ---- outputs ---- */

/** Makes the output table `name` of the record with `rows` rows and every column that the record lists, in
 * that order. Rows must end in the order of the key columns. Columns that a run does not fill (marked
 * optional in the record) are dropped with agl__run_drop_column. The run owns the table. */
AGL_NODISCARD agl_status agl__run_output(agl_table **out, agl_run *run, const char *name, size_t rows,
                                         agl_error *err);
AGL_NODISCARD agl_status agl__run_drop_column(agl_table *table, const char *column, agl_error *err);
/** Makes the key column `name` of an output hold codes of `from` (its dictionary is copied). */
AGL_NODISCARD agl_status agl__run_key(int32_t **codes, agl_table *table, const char *name,
                                      const agl_dict *from, agl_error *err);
/** Data of a non-key column of an output; never NULL for a column of the record. Write NaN where there is no
 * value. */
double *agl__run_num(agl_table *table, const char *name);

/** A sentence on the validity of the result (small counts, suppressed cells, no convergence ...). Shown on
 * stderr, kept in the provenance, printed in the dossier. */
void agl__run_warn(agl_run *run, const char *format, ...) AGL_PRINTF(2, 3);
/** Rows of the main input that entered the computation and that were dropped. */
void agl__run_rows(agl_run *run, size_t used, size_t dropped);
/** Fails with AGL_EDATA naming file and row of the main input, e.g. "jobs.csv row 17, column value: negative
 * employment -3; correct the cell or leave it out with --where". `row` is the 0-based row of the table,
 * `role` may be NULL. */
agl_status agl__run_fail_row(const agl_run *run, const char *input, size_t row, const char *role,
                             agl_error *err, const char *format, ...) AGL_PRINTF(6, 7);

/* ---- the ops ---- */
#include "ops.h" /* made from spec/ at build time: agl_status agl_op_VERB_METHOD(agl_run *run, agl_error *err); */

#endif

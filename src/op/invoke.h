/* How the command and the study make, feed and execute a run. */
#ifndef AGL_OP_INVOKE_H
#define AGL_OP_INVOKE_H

#include "op/spec.h"
#include "table/read.h"

/** A run of `method` with all options at their defaults. `ctx` and `db` (may still be NULL) must outlive it.
 */
AGL_NODISCARD agl_status agl__run_new(agl_run **out, const agl_method *method, agl_db *db, const agl_ctx *ctx,
                                      agl_error *err);
void agl__run_free(agl_run *run);
/** The database through which inputs are read, when it was not there yet at agl__run_new. */
void agl__run_set_db(agl_run *run, agl_db *db);

/** Sets an option from text, checking name (suggesting the nearest), type, range and choices. */
AGL_NODISCARD agl_status agl__run_set(agl_run *run, const char *option, const char *text, agl_error *err);
AGL_NODISCARD agl_status agl__run_set_like(agl_run *run, const char *peer, agl_error *err);
/** Only this output table is wanted. */
AGL_NODISCARD agl_status agl__run_set_table(agl_run *run, const char *table, agl_error *err);

/** Reads the source of an input. Rows without a required key are dropped with a warning. The source must
 * outlive the run. */
AGL_NODISCARD agl_status agl__run_bind(agl_run *run, const char *input, const agl_source *source,
                                       agl_error *err);

/** Checks that every required input is bound and runs the op. */
AGL_NODISCARD agl_status agl__run_execute(agl_run *run, agl_error *err);

/* ---- what came out ---- */
size_t agl__run_n_outputs(const agl_run *run);
const agl_table *agl__run_output_at(const agl_run *run, size_t i);
size_t agl__run_n_warnings(const agl_run *run);
const char *agl__run_warning(const agl_run *run, size_t i);
size_t agl__run_rows_in(const agl_run *run);
size_t agl__run_rows_used(const agl_run *run);
size_t agl__run_rows_dropped(const agl_run *run);
const char *agl__run_like_name(const agl_run *run); /**< NULL when none */
/** The option's value as text, NULL when unset. */
const char *agl__run_option_text(const agl_run *run, size_t option);

#endif

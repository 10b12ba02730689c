/* What a study's DuckDB file holds besides the result tables: provenance, study, label, boundary. */
#ifndef AGL_STUDY_STORE_H
#define AGL_STUDY_STORE_H

#include "study/study.h"

/** Creates the provenance table when the file is new, and removes the steps that the study no longer has. */
AGL_NODISCARD agl_status agl__store_prepare(agl_db *db, const agl_study *study, agl_error *err);

/** True when step `name` was stored with this hash. */
AGL_NODISCARD agl_status agl__store_unchanged(bool *unchanged, agl_db *db, const char *name, const char *hash,
                                              agl_error *err);

/** Stores the outputs of a run as NAME_OUTPUT and its line of provenance. */
AGL_NODISCARD agl_status agl__store_run(agl_db *db, const agl_study_step *step, const agl_run *run,
                                        const char *hash, const char *input_hashes, double seconds,
                                        const agl_ctx *ctx, agl_error *err);
/** Sets the place of the step in the order of the study. */
AGL_NODISCARD agl_status agl__store_position(agl_db *db, const char *name, size_t position, agl_error *err);

/** (Re)writes the tables study, label and boundary. */
AGL_NODISCARD agl_status agl__store_frame(agl_db *db, const agl_study *study, agl_error *err);

#endif

/* report.h - the dossier: one self-contained HTML file made from a study's DuckDB file. */
#ifndef AGL_REPORT_REPORT_H
#define AGL_REPORT_REPORT_H

#include "agglo/base.h"

/** Reads the study file `duckdb_path` (read only) and writes the dossier to `out_html`: aside first, then
 * renamed, so that an earlier dossier stays whole when anything fails. The same study file gives the same
 * bytes.
 *
 * The file holds no arithmetic of the field: sentences and chart data come from the SQL of the method records
 * (docs/developing.md, "Findings"), everything else from the tables provenance, study, label and, when
 * present, boundary. Errors: AGL_EIO when a file cannot be read or written, AGL_EDATA when the DuckDB file is
 * no study or is of another version, AGL_EINTERNAL when the SQL of a record fails (the message names record
 * and query). */
AGL_NODISCARD agl_status agl__report_write(const char *out_html, const char *duckdb_path, const agl_ctx *ctx,
                                           agl_error *err);

#endif

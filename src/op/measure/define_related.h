/* Ties between clusters and the comparison with other definitions, of 'measure define'. */
#ifndef AGL_OP_MEASURE_DEFINE_RELATED_H
#define AGL_OP_MEASURE_DEFINE_RELATED_H

#include "op/measure/define_output.h"

/** Table "related": a row per pair of clusters. */
AGL_NODISCARD agl_status agl__define_related(agl_run *run, const agl_define_result *r, agl_error *err);
/** Table "compare": clusters against the groups of --compare; nothing without one. */
AGL_NODISCARD agl_status agl__define_compare(agl_run *run, const agl_define_result *r, agl_error *err);
/** Table "result": the definition in one row. */
AGL_NODISCARD agl_status agl__define_summary(agl_run *run, const agl_define_result *r, agl_error *err);

#endif

/* Which measures of `network metrics` a run asks for. */
#ifndef AGL_OP_NETWORK_MEASURES_H
#define AGL_OP_NETWORK_MEASURES_H

#include "op/run.h"

typedef enum agl__measure {
    AGL_DEGREE,
    AGL_STRENGTH,
    AGL_BETWEENNESS,
    AGL_CLOSENESS,
    AGL_EIGENVECTOR,
    AGL_PAGERANK,
    AGL_CLUSTERING,
    AGL_CONSTRAINT,
    AGL_EFFECTIVE_SIZE,
    AGL_CORE,
    AGL_COMPONENT,
    AGL_COMMUNITY,
    AGL_PARTICIPATION,
    AGL_MEASURES
} agl__measure;

/** Their names, which are also the columns of the table nodes. */
extern const char *const agl__measure_names[AGL_MEASURES];

/** wanted[m] by the options --measures (all when not given) and --skip, comma-separated lists. AGL_EUSAGE
 * names a word that is no measure and the nearest one. */
AGL_NODISCARD agl_status agl__measures_wanted(bool wanted[AGL_MEASURES], const agl_run *run, agl_error *err);

#endif

/* Kinds of actors: the codes of a source become the five kinds of the field. */
#ifndef AGL_OP_NETWORK_KINDS_H
#define AGL_OP_NETWORK_KINDS_H

#include "op/run.h"

/** In the order of their names, so that numbers sort as texts do. */
enum {
    AGL_KIND_FIRM,
    AGL_KIND_GOVERNMENT,
    AGL_KIND_INSTITUTE,
    AGL_KIND_OTHER,
    AGL_KIND_UNIVERSITY,
    AGL_KINDS
};

/** Names of the kinds: firm, government, institute, other, university. */
extern const char *const agl__kind_names[AGL_KINDS];

/** Kind of each code of `codes` (caller frees): by the input `kinds` (roles code and kind) when the run has
 * it, then by the built-in list, which knows the five names and the codes of CORDIS (HES, PRC, REC, PUB,
 * OTH), case ignored. What neither knows is `other`, with a warning that names it. AGL_EDATA when the input
 * gives a kind that is none of the five. */
AGL_NODISCARD agl_status agl__kinds_of(int32_t **kind, agl_run *run, const agl_dict *codes, agl_error *err);

/** Kind of each row, -1 where its code is missing: as agl__kinds_of, but the input `kinds` may say from and
 * until which year a code means what (roles from and until, both included). A code that the input gives a
 * meaning only in other years counts as missing, with a warning; so does one with bounded meanings in a row
 * without a year. `year` may be NULL. AGL_EDATA when two meanings of a code overlap. O(rows + codes). */
AGL_NODISCARD agl_status agl__kind_vintages(int32_t *kind, agl_run *run, const agl_dict *codes,
                                            const int32_t *code, const double *year, size_t rows,
                                            agl_error *err);

#endif

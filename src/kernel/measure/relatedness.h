/* Pieces of the matrix of relatedness between industries, formed when they are asked for. */
#ifndef AGL_KERNEL_MEASURE_RELATEDNESS_H
#define AGL_KERNEL_MEASURE_RELATEDNESS_H

#include "agglo/relatedness.h"
#include "kernel/measure/presence.h"
#include "kernel/measure/tiles.h"

/** Industries as bits over the regions, with the counts that the measures need. */
typedef struct agl__relating {
    const agl__presence *p;
    const agl__tiles *tiles;
    agl_relation relation;
    double own; /* phi_ii */
    size_t words;
    uint64_t *bits; /* n_industries x words */
    double *n, *s;  /* n_i, S_i */
    double t;       /* T */
} agl__relating;

AGL_NODISCARD agl_status agl__relating_new(agl__relating *out, const agl__presence *p,
                                           const agl_relatedness_options *options, agl_error *err);
void agl__relating_free(agl__relating *r);

/** phi[k] of industry i with industries first .. first+n-1; 0 where it is not defined. */
void agl__relating_row(double *phi, const agl__relating *r, size_t i, size_t first, size_t n);
/** What industries i and j are made of, given C_ij. */
agl_cooccurrence agl__relating_pair(const agl__relating *r, size_t i, size_t j, double together);

/** AGL_EUSAGE when an option is out of range; else the rule of presence. */
AGL_NODISCARD agl_status agl__relatedness_rule(agl__presence_rule *rule,
                                               const agl_relatedness_options *options, const agl_cells *cells,
                                               agl_error *err);

#endif

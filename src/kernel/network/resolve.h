/* The parts of agl_resolve: records in coded form, the score of a pair, blocks, and the guarded closure. */
#ifndef AGL_KERNEL_NETWORK_RESOLVE_H
#define AGL_KERNEL_NETWORK_RESOLVE_H

#include "agglo/resolve.h"
#include "kernel/network/org_name.h"

/* ---- records ---------------------------------------------------------------------------------- */

/** A text field in codes: equal texts (folded, cities under one of their names) have equal codes. */
typedef struct agl_field {
    int32_t *code; /* n, -1 = not known */
    double *share; /* of each code among the known ones */
    double chance; /* that two known ones agree: the sum of the squared shares */
    agl_intern text;
} agl_field;

typedef struct agl_records {
    int32_t n;
    agl_names names;
    agl_field country, city, identifier;
} agl_records;

AGL_NODISCARD agl_status agl__records_new(agl_records *out, const agl_resolve_input *input, agl_error *err);
void agl__records_free(agl_records *records);

/* ---- score ------------------------------------------------------------------------------------ */

/** Two words, by place in their names, that are one word spelt differently. */
typedef struct agl_word_pair {
    uint8_t a, b;
    double bits; /* what that says */
} agl_word_pair;

/** How the words of two names correspond. Sets are over places in the name. */
typedef struct agl_alignment {
    uint64_t same_a, same_b;   /* words that both have */
    uint64_t alike_a, alike_b; /* words matched by spelling */
    uint64_t left_a, left_b;   /* words that only one has */
    size_t n_alike;
    agl_word_pair alike[AGL__NAME_WORDS];
    bool spacing; /* the same letters, spaced differently ... */
    bool slip;    /* ... but for one */
    bool acronym; /* one is the acronym of the other */
} agl_alignment;

/** The evidence in bits, field by field. */
typedef struct agl_evidence {
    double words, rest, legal, country, city;
    double total; /* the prior included */
    agl_legal_match legal_match;
    agl_alignment words_of;
} agl_evidence;

/** Log2 odds that records a and b are one organisation, and why. */
void agl__score(agl_evidence *out, const agl_records *records, int32_t a, int32_t b);
static inline double agl__probability(double bits);
/** The reasons in words; NULL when memory is exhausted. */
char *agl__explain(const agl_evidence *evidence, const agl_records *records, int32_t a, int32_t b);
/** True when both have an identifier and they differ. */
static inline bool agl__other_identifier(const agl_records *r, int32_t a, int32_t b) {
    return r->identifier.code[a] >= 0 && r->identifier.code[b] >= 0 &&
           r->identifier.code[a] != r->identifier.code[b];
}

/* ---- blocks ----------------------------------------------------------------------------------- */

typedef struct agl_pair {
    int32_t a, b; /* a < b */
    double bits;
} agl_pair;

/** Scores the pairs of records that share a block and keeps those of at least min_bits, by (a, b). */
AGL_NODISCARD agl_status agl__candidates(agl_pair **out, size_t *n_out, const agl_records *records,
                                         size_t max_block, double min_bits, const agl_ctx *ctx,
                                         agl_error *err);

/* ---- closure ---------------------------------------------------------------------------------- */

/** Groups of records under union with member lists. */
typedef struct agl_groups {
    int32_t n;
    int32_t *parent;      /* root = itself */
    int32_t *next, *last; /* members of a root: root, next[root], ... ; -1 ends; last[root] = the last one */
    int32_t *size;        /* of a root */
    int32_t *identifier;  /* of a root: the one identifier of its records, -1 = none */
} agl_groups;

AGL_NODISCARD agl_status agl__groups_new(agl_groups *out, const agl_records *records, agl_error *err);
void agl__groups_free(agl_groups *groups);
int32_t agl__groups_root(agl_groups *groups, int32_t record);

/** Joins records as the header of agl_resolve says; *refused counts overrides "same" between different
 * identifiers. */
AGL_NODISCARD agl_status agl__close(agl_groups *groups, size_t *refused, const agl_records *records,
                                    const agl_pair *pair, size_t n_pairs, const agl_resolve_input *input,
                                    double threshold_bits, double guard_bits, const agl_ctx *ctx,
                                    agl_error *err);

#include <math.h>
static inline double agl__probability(double bits) { return 1 / (1 + exp2(-bits)); }
static inline double agl__bits(double probability) { return log2(probability / (1 - probability)); }

#endif

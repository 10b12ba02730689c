/* agglo/resolve.h - which records name the same organisation.
 *
 *   "SAMSUNG ELECTRONICS CO., LTD."   KR  \
 *   "Samsung Electonics Co Ltd"       KR   > one actor, each match with its reasons
 *   "Electronics Samsung"             --  /
 *   "SAMSUNG SDS CO LTD"              KR     another
 */
#ifndef AGGLO_RESOLVE_H
#define AGGLO_RESOLVE_H

#include "agglo/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A decision taken by hand: records a and b are (same) or are not the same organisation. */
typedef struct agl_resolve_override {
    int32_t a, b;
    bool same;
} agl_resolve_override;

/** n records. Texts are UTF-8 (other bytes are read as Latin-1) of any length; NULL or "" = not known. */
typedef struct agl_resolve_input {
    size_t n;
    const char *const *name;       /**< n; a record without a name matches by identifier or override only */
    const char *const *country;    /**< n codes, or NULL */
    const char *const *city;       /**< n names, or NULL */
    const char *const *identifier; /**< n ids of a register (PIC, ROR, tax number ...), or NULL */
    const double *weight; /**< n >= 0, e.g. documents of the record; the heaviest names the actor. NULL = 1 */
    size_t n_overrides;
    const agl_resolve_override *overrides;
} agl_resolve_input;

typedef struct agl_resolve_options {
    double threshold; /**< probability from which a pair is taken for a match; default 0.9 */
    double guard;     /**< least probability of EVERY pair within an actor, against chains; default 0.02 */
    double floor;     /**< pairs below this probability are not listed; default 0.2 */
    size_t
        max_block; /**< records of one block compared all with all; larger blocks by a window; default 100 */
} agl_resolve_options;

#define AGL_RESOLVE_OPTIONS_INIT                                                                             \
    { .threshold = 0.9, .guard = 0.02, .floor = 0.2, .max_block = 100 }

/** What became of a pair. */
typedef enum agl_match_fate {
    AGL_MATCH_LINKED,     /**< both records are one actor */
    AGL_MATCH_POSSIBLE,   /**< below the threshold and not joined: worth a look */
    AGL_MATCH_GUARDED,    /**< above it, but joining would put unlike records together */
    AGL_MATCH_IDENTIFIERS /**< above it, but the identifiers differ */
} agl_match_fate;

typedef struct agl_match {
    int32_t a, b;       /**< records, a < b */
    double bits;        /**< log2 odds that they are the same */
    double probability; /**< 1 / (1 + 2^-bits) */
    agl_match_fate fate;
    char *reasons; /**< what speaks for and against, e.g. "same words: samsung; ...; same country KR" */
} agl_match;

typedef struct agl_resolution {
    size_t n;
    int32_t n_actors;
    int32_t *actor; /**< n: actor of each record, numbered by first record */
    /** n_actors: the record that names the actor: the heaviest, then that of the longest name, then the
     * first. */
    int32_t *head;
    /** n: mean probability that the record belongs with the others of its actor; of a record alone 1 - the
     * highest probability that was left unlinked. */
    double *confidence;
    size_t n_matches;
    agl_match *matches; /**< by (a, b) */
    size_t refused;     /**< overrides "same" that were not followed because identifiers differ */
} agl_resolution;

/** Resolves the records. For a pair of records that share a block the log2 odds of being the same are
 *     bits = -log2(d + 200) + S(words) + S(legal form) + S(country) + S(city)
 *     S    = log2(P(outcome | same) / P(outcome | different)),   d = distinct names
 * (Fellegi and Sunter 1969, eq. 12). For words P(outcome | different) is the word's share of the names: rare
 * words weigh more. Slips of the pen and abbreviations count for part of it, words that only one name has
 * count against. Names are compared folded (accents, case, order, legal forms; Greek, Cyrillic, Hangul and
 * kana in Latin letters). Blocks: names that share a rare word, two words, the beginning or end of the rarest
 * word, or the acronym.
 *
 * Matches are taken from the best down. Two groups are joined only when every pair of their records (at most
 * 12 of each are looked at) reaches `guard` and the mean reaches `threshold` in bits: a complete-link guard
 * against chains a-b, b-c with a unlike c. Records with two different identifiers are never joined, with the
 * same one always. Overrides come before scores.
 *
 * Missing: an absent country, city, legal form or identifier is no evidence either way.
 * Errors: AGL_EDATA for a negative or infinite weight, an override of a record that is not there, an override
 * "same" and one "different" for one pair.
 * Cost: at most n k max_block / 2 comparisons for k = 15 blocks a record, memory O(n + total length +
 * matches); 20,000 names take about a second. Threads share the comparisons; the result does not depend on
 * their number. Source: Fellegi and Sunter 1969, JASA 64, 1183; Winkler 1990 (string comparison, word
 * frequencies). */
AGL_NODISCARD agl_status agl_resolve(agl_resolution *out, const agl_resolve_input *input,
                                     const agl_resolve_options *options, const agl_ctx *ctx, agl_error *err);
void agl_resolution_free(agl_resolution *resolution);

/** How well actors agree with a truth. */
typedef struct agl_pair_quality {
    double pairs_true, pairs_found,
        pairs_right;  /**< pairs of records: the same in truth, in one actor, both */
    double precision; /**< right / found, NaN when none is found */
    double recall;    /**< right / true, NaN when there is none */
    double f1;        /**< 2 right / (true + found), NaN when both are 0 */
} agl_pair_quality;

/** Pairwise precision and recall of `actor` against `truth` (n codes each; records with a negative truth are
 * left out). O(n log n). */
AGL_NODISCARD agl_status agl_pair_quality_of(agl_pair_quality *out, size_t n, const int32_t *actor,
                                             const int32_t *truth, agl_error *err);

#ifdef __cplusplus
}
#endif
#endif

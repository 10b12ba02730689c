/* Names of organisations taken apart: the words that identify them as ids of a shared vocabulary, and the
 * legal form. */
#ifndef AGL_KERNEL_NETWORK_ORG_NAME_H
#define AGL_KERNEL_NETWORK_ORG_NAME_H

#include "base/intern.h"
#include "kernel/network/org_words.h"

enum {
    AGL__NAME_WORDS = 48,        /* words of a name that are compared; the rest counts as one word */
    AGL__BACKGROUND_NAMES = 200, /* names of the imagined background list, see agl_names.bits */
};

/** n names. Words of name i: word[offset[i] .. offset[i+1]-1], in their order, repeated words once. */
typedef struct agl_names {
    int32_t n;
    size_t *offset;
    int32_t *word;
    int32_t *form;     /* legal form, AGL__NO_FORM = none */
    uint64_t *acronym; /* hash of the first letters of the words; 0 when there are fewer than three */
    int32_t *squeezed; /* id in `compact` of the words as written, without spaces; -1 = no words */
    agl_intern compact;

    agl_intern vocabulary;
    uint8_t *class; /* of each word: agl_word_class */
    int32_t *count; /* distinct names that hold it */
    /* Agreement weight of each word, log2(0.95 / u). u is the chance that a name holds it, estimated from the
     * distinct ones of these names and AGL__BACKGROUND_NAMES imagined ones, so that "university" is common in
     * a list of ten names, too. */
    double *bits;
    double prior;      /* log2(distinct names + AGL__BACKGROUND_NAMES) */
    uint32_t *letters; /* set of its letters and digits, to reject unlike words fast */
} agl_names;

/** Takes n names apart (NULL or blank ones have no words). O(total length). */
AGL_NODISCARD agl_status agl__names_new(agl_names *out, size_t n, const char *const *name, agl_error *err);
void agl__names_free(agl_names *names);

#endif

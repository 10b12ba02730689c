/* What words mean in names of organisations: legal forms of many countries, words that are abbreviated or
 * translated, words that carry little, names of countries. All in folded form (text_fold.h). */
#ifndef AGL_KERNEL_NETWORK_ORG_WORDS_H
#define AGL_KERNEL_NETWORK_ORG_WORDS_H

#include "agglo/base.h"

typedef enum agl_word_class {
    AGL__WORD_PLAIN, /* tells organisations apart */
    AGL__WORD_KNOWN, /* common in names anywhere: university, technology */
    AGL__WORD_LIGHT, /* comes and goes in names of one organisation: group, international */
    AGL__WORD_PLACE, /* a country: tells the branches of a firm apart */
    AGL__WORD_NUMBER,
    AGL__WORD_INITIAL, /* one letter, of a person's or product's name */
    AGL__WORD_STOP     /* article, preposition: left out */
} agl_word_class;

typedef struct agl_words agl_words;

/** Builds the look-up tables; they are only read afterwards. */
AGL_NODISCARD agl_status agl__words_new(agl_words **out, agl_error *err);
void agl__words_free(agl_words *words);

/** The form of `word` under which its abbreviations and translations meet ("univ", "universitaet" ->
 * "university"; words not in the tables stand for themselves) and its class. */
const char *agl__words_canonical(agl_word_class *class, const agl_words *words, const char *word);

/** Is the word a single letter that is an article or preposition inside a name ("d", "e", "y")? */
bool agl__words_stop_letter(const char *word);

enum { AGL__NO_FORM = -1 };

/** Longest legal form that begins at word[at] of n words: returns its number of words (0 = none) and its
 * number in *form. Short forms that are also words or initials ("as", "ag") count only behind the first word.
 */
size_t agl__words_legal(int32_t *form, const agl_words *words, const char *const *word, size_t n, size_t at);

typedef enum agl_legal_match {
    AGL__LEGAL_UNKNOWN, /* one of the names has none, or one that translations use for any form ("Co Ltd") */
    AGL__LEGAL_SAME,
    AGL__LEGAL_DIFFERS,  /* two forms of one country: GmbH and AG */
    AGL__LEGAL_CONFLICTS /* forms that no country has both: GmbH and SAS */
} agl_legal_match;

/** How two legal forms (AGL__NO_FORM = none) agree. */
agl_legal_match agl__words_compare_legal(int32_t a, int32_t b);
/** Short name of a legal form, e.g. "gmbh". */
const char *agl__words_legal_name(int32_t form);

#endif

/* Text of any script folded to a form in which spellings of one name meet: lower case, no accents, Greek,
 * Cyrillic, Hangul and kana in Latin letters, punctuation as spaces. */
#ifndef AGL_KERNEL_NETWORK_TEXT_FOLD_H
#define AGL_KERNEL_NETWORK_TEXT_FOLD_H

#include "agglo/base.h"

typedef struct agl_fold agl_fold;

/** Builds the tables (about a millisecond); they are only read afterwards and may be shared by threads. */
AGL_NODISCARD agl_status agl__fold_new(agl_fold **out, agl_error *err);
void agl__fold_free(agl_fold *fold);

/** Bytes that agl__fold_text may write for a text of `length` bytes, the closing zero included. */
static inline size_t agl__fold_capacity(size_t length) { return 4 * length + 1; }

/** Writes the folded text, zero-terminated, and returns its length. Any bytes are accepted: what is not UTF-8
 * is read as Latin-1, the usual cause. Letters of scripts without a table (Han, Arabic, Hebrew, Thai ...)
 * stay as they are. */
size_t agl__fold_text(const agl_fold *fold, char *out, const char *text);

/** Next code point of `text` (advanced past it); 0 at the end. A byte that is not UTF-8 is one code point of
 * its value. */
uint32_t agl__utf8_read(const char **text);
/** Writes one code point as UTF-8 and returns the bytes written (1 to 4). */
size_t agl__utf8_put(char *out, uint32_t code);
/** True for the Chinese characters, which are written without spaces between words. */
bool agl__is_han(uint32_t code);

#endif

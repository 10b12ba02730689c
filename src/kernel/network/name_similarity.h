/* How alike two words are. */
#ifndef AGL_KERNEL_NETWORK_NAME_SIMILARITY_H
#define AGL_KERNEL_NETWORK_NAME_SIMILARITY_H

#include <stdbool.h>
#include <stddef.h>

/** Jaro-Winkler similarity of two byte strings, 0 to 1 (Jaro 1989; Winkler 1990, prefix of up to 4 bytes
 * weighing 0.1): J = (m/|a| + m/|b| + (m - t)/m) / 3,   JW = J + 0.1 l (1 - J) m = bytes that match within
 * max(|a|,|b|)/2 - 1 places, t = half the matches out of order, l = common prefix. Bytes beyond the 64th are
 * ignored. */
double agl__jaro_winkler(const char *a, size_t na, const char *b, size_t nb);

/** True when one insertion, deletion, substitution or swap of neighbours turns a into b. */
bool agl__one_edit(const char *a, const char *b);

#endif

#include "kernel/network/name_similarity.h"

#include <stdint.h>
#include <string.h>

enum { COMPARED = 64 }; /* bytes, so that sets of places fit one word */

/* Marks in *in_a and *in_b the places that match and returns how many. */
static size_t find_matches(uint64_t *in_a, uint64_t *in_b, const char *a, size_t na, const char *b,
                           size_t nb) {
    size_t longer = na > nb ? na : nb;
    size_t window = longer / 2 > 0 ? longer / 2 - 1 : 0;
    size_t matches = 0;
    for (size_t i = 0; i < na; i++) {
        size_t from = i > window ? i - window : 0, to = i + window + 1 < nb ? i + window + 1 : nb;
        for (size_t j = from; j < to; j++)
            if (a[i] == b[j] && !(*in_b >> j & 1)) {
                *in_a |= (uint64_t)1 << i;
                *in_b |= (uint64_t)1 << j;
                matches++;
                break;
            }
    }
    return matches;
}

double agl__jaro_winkler(const char *a, size_t na, const char *b, size_t nb) {
    if (na > COMPARED) na = COMPARED;
    if (nb > COMPARED) nb = COMPARED;
    if (na == 0 || nb == 0) return na == nb ? 1 : 0;
    uint64_t in_a = 0, in_b = 0;
    size_t matches = find_matches(&in_a, &in_b, a, na, b, nb);
    if (matches == 0) return 0;

    /* the matches read in the order of a and in the order of b: how many pairs differ */
    size_t differ = 0;
    for (size_t k = 0; k < matches; k++) {
        size_t i = (size_t)__builtin_ctzll(in_a), j = (size_t)__builtin_ctzll(in_b);
        differ += a[i] != b[j];
        in_a &= in_a - 1;
        in_b &= in_b - 1;
    }
    double m = (double)matches, t = (double)(differ / 2);
    double jaro = (m / (double)na + m / (double)nb + (m - t) / m) / 3;

    size_t prefix = 0;
    while (prefix < 4 && prefix < na && prefix < nb && a[prefix] == b[prefix])
        prefix++;
    return jaro + 0.1 * (double)prefix * (1 - jaro);
}

bool agl__one_edit(const char *a, const char *b) {
    size_t na = strlen(a), nb = strlen(b);
    if (na > nb) return agl__one_edit(b, a);
    if (nb - na > 1) return false;
    size_t i = 0;
    while (i < na && a[i] == b[i])
        i++;
    if (na < nb) return strcmp(a + i, b + i + 1) == 0;
    if (i == na) return false; /* equal */
    bool substituted = strcmp(a + i + 1, b + i + 1) == 0;
    bool swapped = i + 1 < na && a[i] == b[i + 1] && a[i + 1] == b[i] && strcmp(a + i + 2, b + i + 2) == 0;
    return substituted || swapped;
}

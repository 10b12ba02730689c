#include "table/number.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const missing_marks[] = {"",   "na", "n/a", "n.a.", "null", "none", ":",
                                            "..", ".",  "-",   "--",   "…",    "–",    "missing"};
static const char *const suppressed_marks[] = {"(d)", "(s)", "(c)", "(x)",          "*",          "**",
                                               "***", ":c",  ": c", "confidential", "suppressed", "withheld"};

static bool one_of(const char *const *list, size_t n, const char *text) {
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(list[i], text) == 0) return true;
    return false;
}

/* What the separators of one text say: ',' or '.' when only one reading is possible, '?' when both are, 0
 * when none. */
static char evidence(const char *s) {
    const char *comma = strrchr(s, ','), *dot = strrchr(s, '.');
    if (comma && dot) return comma > dot ? ',' : '.';
    const char *only = comma ? comma : dot;
    if (!only) return 0;
    if (strchr(s, *only) != only) return *only == ',' ? '.' : ','; /* several: thousands */
    size_t digits = strspn(only + 1, "0123456789");
    if (digits != 3) return *only;
    return comma ? '?'
                 : 0; /* "1.234" is taken for a plain number unless a comma is the decimal sign elsewhere */
}

char agl__decimal_sign(const agl_dict *texts, char fallback) {
    bool open = false;
    for (size_t i = 0; i < texts->n; i++) {
        char e = evidence(texts->text[i]);
        if (e == ',' || e == '.') return e;
        open = open || e == '?';
    }
    return open ? fallback : '.';
}

/* Copies the digits without thousands separators (the other sign, spaces, no-break spaces, apostrophes) and
 * with a point as decimal sign. False when a character has no place in a number. */
static bool plain(char *to, size_t size, const char *s, char decimal) {
    size_t n = 0;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (n + 1 >= size) return false;
        if (c == (unsigned char)decimal)
            to[n++] = '.';
        else if (isdigit(c) || c == '+' || c == '-' || c == 'e' || c == 'E')
            to[n++] = *s;
        else if (c == 0xC2 && (unsigned char)s[1] == 0xA0)
            s++;
        else if (c == 0xE2 && (unsigned char)s[1] == 0x80 && s[2])
            s += 2; /* thin and narrow spaces, right quote */
        else if (!(c == '.' || c == ',' || c == ' ' || c == '\''))
            return false;
    }
    to[n] = '\0';
    return n > 0;
}

bool agl__parse_number(double *value, agl_state *state, const char *text, char decimal) {
    char s[64], digits[64];
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    if (length >= sizeof s) return false;
    memcpy(s, text, length);
    s[length] = '\0';

    *value = NAN;
    if (one_of(missing_marks, sizeof missing_marks / sizeof *missing_marks, s))
        return *state = AGL_MISSING, true;
    if (one_of(suppressed_marks, sizeof suppressed_marks / sizeof *suppressed_marks, s) ||
        strcmp(s, "D") == 0 || strcmp(s, "S") == 0 ||
        strcmp(s, "c") == 0) /* bare letters as the U.S. Census and Eurostat write them */
        return *state = AGL_SUPPRESSED, true;
    char *flag = strrchr(s, ' ');
    if (flag && flag > s && strlen(flag + 1) <= 2 && isalpha((unsigned char)flag[1])) *flag = '\0';
    if (!plain(digits, sizeof digits, s, decimal)) return false;
    char *end;
    *value = strtod(digits, &end);
    *state = AGL_PRESENT;
    return *end == '\0' && end != digits && isfinite(*value);
}

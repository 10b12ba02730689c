#include "report/markup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NARROW_SPACE "\xe2\x80\xaf" /* U+202F */
#define MINUS        "\xe2\x88\x92" /* U+2212 */

void agl__raw(agl_text *t, const char *text) {
    if (text) agl__text_put(t, text, strlen(text));
}

/** Bytes that the lead byte of a sequence announces, 0 when it cannot lead. */
static size_t announced(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return 2;
    if (lead >= 0xe0 && lead <= 0xef) return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

size_t agl__utf8_next(const char *text, uint32_t *code) {
    const unsigned char *s = (const unsigned char *)text;
    size_t n = announced(s[0]);
    *code = n == 1 ? s[0] : (uint32_t)(s[0] & (0x7f >> n));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        *code = *code << 6 | (s[i] & 0x3f);
    }
    bool overlong = (n == 3 && *code < 0x800) || (n == 4 && *code < 0x10000);
    bool no_character = (*code >= 0xd800 && *code <= 0xdfff) || *code > 0x10ffff;
    return n && !overlong && !no_character ? n : 0;
}

/** The escape of an ASCII character, NULL when it stands for itself. */
static const char *escape(uint32_t code) {
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return code < 0x20 || code == 0x7f ? " " : NULL;
    }
}

void agl__html(agl_text *b, const char *text) {
    const char *plain = text; /* start of the run not yet copied */
    while (text && *text) {
        uint32_t code;
        size_t n = agl__utf8_next(text, &code);
        const char *instead = n == 0 ? "\xef\xbf\xbd" : escape(code);
        if (instead) {
            agl__text_put(b, plain, (size_t)(text - plain));
            agl__raw(b, instead);
            plain = text + (n ? n : 1);
        }
        text += n ? n : 1;
    }
    if (text) agl__text_put(b, plain, (size_t)(text - plain));
}

void agl__coord(agl_text *b, double x) {
    char text[64];
    if (!isfinite(x)) x = 0;
    int n = snprintf(text, sizeof text, "%.2f", fmin(fmax(x, -1e6), 1e6));
    while (n > 0 && text[n - 1] == '0')
        n--;
    if (n > 0 && text[n - 1] == '.') n--;
    if (n == 2 && text[0] == '-' && text[1] == '0')
        agl__raw(b, "0");
    else
        agl__text_put(b, text, (size_t)n);
}

/** x = m * 10^e with a superscript exponent, e.g. 3.2×10⁻⁷. */
static void add_power(agl_text *b, double x) {
    static const char *const digit[] = {"\xe2\x81\xb0", "\xc2\xb9",     "\xc2\xb2",     "\xc2\xb3",
                                        "\xe2\x81\xb4", "\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7",
                                        "\xe2\x81\xb8", "\xe2\x81\xb9"};
    char text[32];
    snprintf(text, sizeof text, "%.1e", fabs(x));
    char *e = strchr(text, 'e');
    *e = '\0';
    if (x < 0) agl__raw(b, MINUS);
    agl__text_add(b,
                  "%s\xc3\x97"
                  "10",
                  text);
    for (const char *s = e + 1; *s; s++) {
        if (*s == '-')
            agl__raw(b, "\xe2\x81\xbb");
        else if (*s != '+' && !(*s == '0' && s[1] && (s[-1] == '+' || s[-1] == '-')))
            agl__raw(b, digit[*s - '0']);
    }
}

void agl__number(agl_text *b, double x, int decimals) {
    if (!isfinite(x)) {
        agl__raw(b, "\xe2\x80\x93");
        return;
    }
    if (fabs(x) >= 1e15 || (x != 0 && fabs(x) < 0.5 * pow(10, -decimals))) {
        add_power(b, x);
        return;
    }
    char text[64];
    snprintf(text, sizeof text, "%.*f", decimals, fabs(x));
    size_t whole = strcspn(text, ".");
    if (x < 0 && strspn(text, "0.") < strlen(text)) agl__raw(b, MINUS);
    for (size_t i = 0; i < whole; i++) {
        /* four digits stay together: 2019, 1234 */
        if (i > 0 && (whole - i) % 3 == 0 && whole > 4) agl__raw(b, NARROW_SPACE);
        agl__text_put(b, text + i, 1);
    }
    agl__raw(b, text + whole);
}

void agl__count(agl_text *t, size_t n, const char *one, const char *many) {
    agl__number(t, (double)n, 0);
    agl__text_add(t, " %s", n == 1 ? one : many);
}

void agl__csv(agl_text *b, const char *text) {
    if (!text) return;
    if (!strpbrk(text, ",\"\r\n")) {
        agl__raw(b, text);
        return;
    }
    agl__raw(b, "\"");
    for (; *text; text++)
        agl__text_put(b, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    agl__raw(b, "\"");
}

void agl__base64(agl_text *b, const char *bytes, size_t n) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *)bytes;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three =
            (uint32_t)s[i] << 16 | (i + 1 < n ? (uint32_t)s[i + 1] << 8 : 0) | (i + 2 < n ? s[i + 2] : 0);
        char four[4] = {letters[three >> 18], letters[three >> 12 & 63],
                        i + 1 < n ? letters[three >> 6 & 63] : '=', i + 2 < n ? letters[three & 63] : '='};
        agl__text_put(b, four, 4);
    }
}

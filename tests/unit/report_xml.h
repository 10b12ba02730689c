/* Checks that drawings are well-formed XML: tags nest, attributes are quoted and named once, & and < stand
 * escaped, ids are there once. A test may not depend on a parser that the build does not need. */
#ifndef AGL_TESTS_REPORT_XML_H
#define AGL_TESTS_REPORT_XML_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct xml {
    const char *at;
    char stack[64][24];
    int depth;
    char why[160];
} xml;

static inline bool xml_fail(xml *x, const char *why) {
    snprintf(x->why, sizeof x->why, "%s near \"%.60s\"", why, x->at);
    return false;
}

static inline bool xml_entity(xml *x) {
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strncmp(x->at, known[k], strlen(known[k])) == 0) return true;
    return xml_fail(x, "bare &");
}

static inline size_t xml_name(char out[24], const char *s) {
    size_t n = 0;
    while (n < 23 && (isalnum((unsigned char)s[n]) || s[n] == '-' || s[n] == ':' || s[n] == '_')) {
        out[n] = s[n];
        n++;
    }
    out[n] = '\0';
    return n;
}

/** Attributes up to > or />; *closed tells which. */
static inline bool xml_attributes(xml *x, bool *closed) {
    char seen[24][24];
    int n = 0;
    for (;;) {
        while (isspace((unsigned char)*x->at))
            x->at++;
        *closed = strncmp(x->at, "/>", 2) == 0;
        if (*closed || *x->at == '>') {
            x->at += *closed ? 2 : 1;
            return true;
        }
        char name[24];
        size_t length = xml_name(name, x->at);
        if (length == 0 || n == 24) return xml_fail(x, "bad attribute");
        for (int k = 0; k < n; k++)
            if (strcmp(seen[k], name) == 0) return xml_fail(x, "attribute twice");
        memcpy(seen[n++], name, sizeof name);
        x->at += length;
        if (strncmp(x->at, "=\"", 2) != 0) return xml_fail(x, "attribute without quotes");
        for (x->at += 2; *x->at != '"'; x->at++) {
            if (*x->at == '\0' || *x->at == '<') return xml_fail(x, "attribute without end");
            if (*x->at == '&' && !xml_entity(x)) return false;
            if (strncmp(x->at, "nan", 3) == 0 || strncmp(x->at, "inf", 3) == 0) {
                bool word = isalpha((unsigned char)x->at[-1]) || isalpha((unsigned char)x->at[3]);
                if (!word) return xml_fail(x, "a coordinate is no number");
            }
        }
        x->at++;
    }
}

static inline bool xml_tag(xml *x) {
    char name[24];
    bool end = x->at[1] == '/', closed = false;
    x->at += end ? 2 : 1;
    size_t n = xml_name(name, x->at);
    if (n == 0) return xml_fail(x, "bad tag");
    x->at += n;
    if (end) {
        if (*x->at != '>') return xml_fail(x, "bad end tag");
        x->at++;
        if (x->depth == 0 || strcmp(x->stack[x->depth - 1], name) != 0)
            return xml_fail(x, "tags do not nest");
        x->depth--;
        return true;
    }
    if (!xml_attributes(x, &closed)) return false;
    if (closed) return true;
    if (x->depth == 64) return xml_fail(x, "too deep");
    memcpy(x->stack[x->depth++], name, sizeof name);
    return true;
}

/** True when `text` is well-formed; else x->why says what is not. */
static inline bool xml_well_formed(xml *x, const char *text) {
    *x = (xml){.at = text};
    while (*x->at) {
        if (*x->at == '<') {
            if (!xml_tag(x)) return false;
        } else if (*x->at == '&') {
            if (!xml_entity(x)) return false;
            x->at++;
        } else if ((unsigned char)*x->at < 32 && *x->at != '\n') {
            return xml_fail(x, "control character");
        } else {
            x->at++;
        }
    }
    return x->depth == 0 || xml_fail(x, "tag without end");
}

#endif

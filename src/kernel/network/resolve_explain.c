/* The reasons of a match in words. */
#include "base/mem.h"
#include "kernel/network/resolve.h"

#include <stdio.h>

static const char *word_at(const agl_records *r, int32_t record, size_t place) {
    return agl__intern_text(&r->names.vocabulary, r->names.word[r->names.offset[record] + place]);
}

/* "label: word, word" for the words of the set; nothing for an empty set. */
static void list_words(FILE *out, const char **separator, const char *label, const agl_records *r,
                       int32_t record, uint64_t set) {
    if (!set) return;
    fprintf(out, "%s%s: ", *separator, label);
    *separator = "; ";
    for (const char *comma = ""; set; set &= set - 1, comma = ", ")
        fprintf(out, "%s%s", comma, word_at(r, record, (size_t)__builtin_ctzll(set)));
}

static void list_field(FILE *out, const char **separator, const char *label, const agl_field *f, int32_t a,
                       int32_t b) {
    if (f->code[a] < 0 || f->code[b] < 0) return;
    const char *x = agl__intern_text(&f->text, f->code[a]), *y = agl__intern_text(&f->text, f->code[b]);
    if (f->code[a] == f->code[b])
        fprintf(out, "%ssame %s %s", *separator, label, x);
    else
        fprintf(out, "%sother %s (%s, %s)", *separator, label, x, y);
    *separator = "; ";
}

char *agl__explain(const agl_evidence *evidence, const agl_records *records, int32_t a, int32_t b) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out) return NULL;
    const agl_alignment *w = &evidence->words_of;
    const char *separator = "";
    if (w->acronym) {
        fprintf(out, "one is the acronym of the other");
        separator = "; ";
    } else if (w->spacing) {
        fprintf(out, w->slip ? "the same letters but one, spaced differently"
                             : "the same letters, spaced differently");
        separator = "; ";
    } else {
        bool all = !w->left_a && !w->left_b && !w->n_alike;
        list_words(out, &separator, all ? "all words the same" : "same words", records, a, w->same_a);
    }
    for (size_t k = 0; k < w->n_alike; k++) {
        fprintf(out, "%s%s is like %s", separator, word_at(records, a, w->alike[k].a),
                word_at(records, b, w->alike[k].b));
        separator = "; ";
    }
    list_words(out, &separator, "only in the first", records, a, w->left_a);
    list_words(out, &separator, "only in the second", records, b, w->left_b);
    const char *fa = agl__words_legal_name(records->names.form[a]),
               *fb = agl__words_legal_name(records->names.form[b]);
    if (evidence->legal_match == AGL__LEGAL_SAME) fprintf(out, "%ssame legal form %s", separator, fa);
    if (evidence->legal_match > AGL__LEGAL_SAME)
        fprintf(out, "%sother legal form (%s, %s)", separator, fa, fb);
    if (evidence->legal_match != AGL__LEGAL_UNKNOWN) separator = "; ";
    list_field(out, &separator, "country", &records->country, a, b);
    list_field(out, &separator, "city", &records->city, a, b);
    list_field(out, &separator, "identifier", &records->identifier, a, b);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

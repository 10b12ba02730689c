/* Records in codes: names taken apart, countries, cities and identifiers as numbers with their shares. */
#include "base/mem.h"
#include "kernel/network/resolve.h"
#include "kernel/network/text_fold.h"

#include <string.h>

typedef enum field_kind { COUNTRY, CITY, IDENTIFIER } field_kind;

/* A city without district numbers and under one of its names: "PARIS 13", "Wien" -> "paris", "vienna". In
 * place. */
static void city_key(char *key, const agl_words *words, const char *folded) {
    size_t used = 0;
    for (const char *at = folded + strspn(folded, " "); *at;) {
        size_t length = strcspn(at, " ");
        char word[64];
        size_t copied = length < sizeof word - 1 ? length : sizeof word - 1;
        memcpy(word, at, copied);
        word[copied] = '\0';
        agl_word_class class;
        const char *canonical = agl__words_canonical(&class, words, word);
        if (class != AGL__WORD_NUMBER && class != AGL__WORD_STOP && strcmp(canonical, "cedex") != 0) {
            size_t more = strlen(canonical);
            if (used > 0) key[used++] = ' ';
            memcpy(key + used, canonical, more);
            used += more;
        }
        at += length;
        at += strspn(at, " ");
    }
    key[used] = '\0';
}

static void trim(char *text) {
    size_t lead = strspn(text, " "), n = strlen(text + lead);
    memmove(text, text + lead, n + 1);
    while (n > 0 && text[n - 1] == ' ')
        text[--n] = '\0';
}

static bool measure_shares(agl_field *field, size_t n) {
    field->share = AGL_NEW(double, field->text.n);
    if (!field->share) return false;
    double known = 0;
    for (size_t i = 0; i < n; i++)
        if (field->code[i] >= 0) {
            field->share[field->code[i]]++;
            known++;
        }
    field->chance = 0;
    for (int32_t c = 0; c < field->text.n; c++) {
        field->share[c] /= known;
        field->chance += field->share[c] * field->share[c];
    }
    return true;
}

typedef struct coder {
    const agl_fold *fold;
    const agl_words *words;
    char *folded, *key; /* room for the longest text */
} coder;

/* Code of one text, added when new; -1 for a missing one. False when memory is exhausted. */
static bool code_text(int32_t *code, agl_field *field, field_kind kind, const char *text, const coder *c) {
    *code = -1;
    if (!text) return true;
    if (kind == IDENTIFIER) { /* as given, but for spaces around it */
        strcpy(c->key, text);
    } else {
        agl__fold_text(c->fold, c->folded, text);
        if (kind == CITY)
            city_key(c->key, c->words, c->folded);
        else
            strcpy(c->key, c->folded);
    }
    trim(c->key);
    if (c->key[0] == '\0') return true;
    *code = agl__intern_add(&field->text, c->key, strlen(c->key));
    return *code >= 0;
}

static agl_status code_field(agl_field *field, field_kind kind, size_t n, const char *const *text,
                             const agl_fold *fold, const agl_words *words, agl_error *err) {
    size_t longest = 0;
    for (size_t i = 0; text && i < n; i++)
        if (text[i] && strlen(text[i]) > longest) longest = strlen(text[i]);
    coder c = {.fold = fold, .words = words};
    c.folded = AGL_NEW(char, agl__fold_capacity(longest));
    c.key =
        AGL_NEW(char, 16 * agl__fold_capacity(longest)); /* a city's canonical name may be the longer one */
    field->code = AGL_NEW(int32_t, n);
    bool ok = c.folded && c.key && field->code;
    for (size_t i = 0; i < n && ok; i++)
        ok = code_text(&field->code[i], field, kind, text ? text[i] : NULL, &c);
    ok = ok && measure_shares(field, n);
    free(c.folded);
    free(c.key);
    return ok ? AGL_OK : agl_fail_memory(err);
}

agl_status agl__records_new(agl_records *out, const agl_resolve_input *input, agl_error *err) {
    *out = (agl_records){.n = (int32_t)input->n};
    agl_fold *fold = NULL;
    agl_words *words = NULL;
    size_t n = input->n;
    agl_status status = agl__names_new(&out->names, n, input->name, err);
    if (status == AGL_OK) status = agl__fold_new(&fold, err);
    if (status == AGL_OK) status = agl__words_new(&words, err);
    if (status == AGL_OK) status = code_field(&out->country, COUNTRY, n, input->country, fold, words, err);
    if (status == AGL_OK) status = code_field(&out->city, CITY, n, input->city, fold, words, err);
    if (status == AGL_OK)
        status = code_field(&out->identifier, IDENTIFIER, n, input->identifier, fold, words, err);
    agl__fold_free(fold);
    agl__words_free(words);
    if (status != AGL_OK) agl__records_free(out);
    return status;
}

static void free_field(agl_field *field) {
    free(field->code);
    free(field->share);
    agl__intern_free(&field->text);
}

void agl__records_free(agl_records *records) {
    agl__names_free(&records->names);
    free_field(&records->country);
    free_field(&records->city);
    free_field(&records->identifier);
    *records = (agl_records){0};
}

#include "kernel/network/org_name.h"
#include "base/mem.h"
#include "kernel/network/name_similarity.h"
#include "kernel/network/text_fold.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RAW_WORDS = 256 }; /* words of a name that are looked at; those behind are hashed into one */

/* One name on its way through the steps below. */
typedef struct parse {
    const agl_fold *fold;
    const agl_words *words;
    char *folded, *text; /* buffers for the longest name */
    const char *word[RAW_WORDS];
    bool drop[RAW_WORDS]; /* says nothing about who it is: legal form, own acronym, stop word */
    size_t n;
    int32_t form;
    uint64_t rest; /* hash of the words beyond RAW_WORDS, 0 = none */
} parse;

/* ---- from text to words ----------------------------------------------------------------------- */

/* What says "limited company" in Chinese and Japanese, longest first. */
static const char *const han_forms[] = {"股份有限公司", "有限责任公司", "有限責任公司", "有限公司",
                                        "株式会社",     "株式會社",     "有限会社",     "公司"};

static void blank_han_forms(char *text) {
    for (size_t f = 0; f < sizeof han_forms / sizeof han_forms[0]; f++)
        for (char *at = strstr(text, han_forms[f]); at; at = strstr(at, han_forms[f]))
            memset(at, ' ', strlen(han_forms[f]));
}

/* Copies `text`; a run of Chinese characters c1 c2 c3 becomes " c1c2 c2c3 ", the overlapping pairs by which
 * texts without spaces are indexed. Writes at most three times the bytes read. */
static void pair_han(char *out, const char *text) {
    const char *previous = NULL, *at = text; /* previous: the Chinese character before, when there is one */
    size_t run = 0;
    for (const char *start = at;; start = at) {
        uint32_t code = agl__utf8_read(&at);
        bool han = agl__is_han(code);
        if (!han && run == 1) { /* a lone character is a word */
            memcpy(out, previous, (size_t)(start - previous));
            out += start - previous;
        }
        if (han != (run > 0)) *out++ = ' ';
        if (code == 0) break;
        if (!han) {
            memcpy(out, start, (size_t)(at - start));
            out += at - start;
        } else if (run > 0) {
            memcpy(out, previous, (size_t)(at - previous));
            out += at - previous;
            *out++ = ' ';
        }
        previous = start;
        run = han ? run + 1 : 0;
    }
    *out = '\0';
}

/* "s a de c v" -> "sa de cv": letters that stand alone side by side were an abbreviation with points. In
 * place. */
static void join_letters(char *text) {
    char *to = text;
    bool alone_before = false;
    for (char *at = text + strspn(text, " "); *at;) {
        size_t length = strcspn(at, " ");
        bool alone = length == 1 && *at >= 'a' && *at <= 'z';
        if (to != text && !(alone && alone_before)) *to++ = ' ';
        memmove(to, at, length);
        to += length;
        alone_before = alone;
        at += length;
        at += strspn(at, " ");
    }
    *to = '\0';
}

/* "qualcommincorporated": length of the word without a legal form that lacks its space. */
static size_t without_glued_form(const char *word, size_t length) {
    static const char *const form[] = {"incorporated", "corporation", "limited", "gmbh", "coltd"};
    for (size_t f = 0; f < sizeof form / sizeof form[0]; f++) {
        size_t end = strlen(form[f]);
        if (length >= end + 4 && memcmp(word + length - end, form[f], end) == 0) return length - end;
    }
    return length;
}

/* "gyeongbukdaehakgyo", University of Gyeongbuk in one word: where the part that says university begins; 0 =
 * nowhere. */
static size_t korean_university(const char *word, size_t length) {
    static const char university[] = "daehakgyo";
    size_t end = sizeof university - 1;
    return length > end + 1 && memcmp(word + length - end, university, end) == 0 ? length - end : 0;
}

static void split(parse *p, char *text) {
    p->n = 0;
    p->rest = 0;
    for (char *at = text; *at;) {
        size_t length = strcspn(at, " ");
        bool last = at[length] == '\0';
        at[without_glued_form(at, length)] = '\0';
        size_t part = korean_university(at, length);
        if (part > 0 && p->n + 1 < RAW_WORDS) {
            p->word[p->n++] = "daehakgyo";
            at[part] = '\0';
        }
        if (p->n < RAW_WORDS)
            p->word[p->n++] = at;
        else
            p->rest = agl__hash_mix(p->rest, agl__hash_bytes(at, length));
        at += last ? length : length + 1;
    }
}

/* ---- what the words are ----------------------------------------------------------------------- */

/* "insitu inc a subsidiary of the boeing company": what follows names somebody else. */
static void cut_relation(parse *p) {
    static const char *const relation[][2] = {
        {"subsidiary", "of"},  {"division", "of"}, {"formerly", "known"}, {"trading", "as"},
        {"doing", "business"}, {"dba", ""},        {"through", "its"},    {"acting", "through"}};
    for (size_t i = 1; i + 1 < p->n; i++)
        for (size_t r = 0; r < sizeof relation / sizeof relation[0]; r++)
            if (strcmp(p->word[i], relation[r][0]) == 0 &&
                (!relation[r][1][0] || strcmp(p->word[i + 1], relation[r][1]) == 0)) {
                bool article = i > 1 && strcmp(p->word[i - 1], "a") == 0;
                p->n = i - article;
                p->rest = 0;
                return;
            }
}

/* "lncorporated", "corporatoin": a long legal form with one slip of the pen. */
static bool is_misspelt_form(const char *word) {
    static const char *const form[] = {"incorporated", "corporation", "limited", "company"};
    for (size_t f = 0; f < sizeof form / sizeof form[0]; f++)
        if (agl__one_edit(word, form[f])) return true;
    return false;
}

/* Drops the legal forms; the name's form is the last that belongs to certain countries, else the last. */
static void find_forms(parse *p) {
    p->form = AGL__NO_FORM;
    for (size_t i = 0; i < p->n;) {
        int32_t form = AGL__NO_FORM;
        size_t length = agl__words_legal(&form, p->words, p->word, p->n, i);
        for (size_t k = 0; k < length; k++)
            p->drop[i + k] = true;
        if (length > 0 && (p->form < 0 || agl__words_compare_legal(form, form) == AGL__LEGAL_SAME))
            p->form = form;
        if (i > 0 && length == 0) p->drop[i] = is_misspelt_form(p->word[i]);
        i += length ? length : 1;
        /* "elwha llc a limited liability corporation of the state of delaware" describes the name before it
         */
        if (length > 0 && i > length && i + 1 < p->n && strcmp(p->word[i], "a") == 0) p->n = i;
    }
}

/* First letters of the words but `skip`: with or without stop words, with or without legal forms. Returns how
 * many. */
static size_t initials(char *out, size_t capacity, const parse *p, size_t skip, bool stops, bool forms) {
    size_t n = 0;
    for (size_t i = 0; i < p->n && n < capacity; i++) {
        agl_word_class class;
        if (i == skip || (p->drop[i] && !forms)) continue;
        agl__words_canonical(&class, p->words, p->word[i]);
        if ((class == AGL__WORD_STOP || agl__words_stop_letter(p->word[i])) && !stops) continue;
        out[n++] = p->word[i][0];
    }
    return n;
}

/* Are the letters of `word` among the n initials in this order, with at most two initials left out? */
static bool spells(const char *word, const char *initial, size_t n) {
    size_t length = strlen(word), k = 0;
    if (length > n || n - length > 2) return false;
    for (size_t i = 0; i < n && k < length; i++)
        k += word[k] == initial[i];
    return k == length;
}

/* "centre national de la recherche scientifique cnrs": the acronym repeats what the words say. */
static void drop_own_acronym(parse *p) {
    char letters[24];
    for (size_t i = 0; i < p->n; i++) {
        size_t length = strlen(p->word[i]);
        if (length < 3 || length > 12 || p->drop[i]) continue;
        for (int variant = 0; variant < 4; variant++) {
            size_t n = initials(letters, sizeof letters, p, i, variant & 1, variant & 2);
            if (!spells(p->word[i], letters, n)) continue;
            p->drop[i] = true;
            return;
        }
    }
}

static void take_apart(parse *p, const char *name) {
    agl__fold_text(p->fold, p->folded, name);
    blank_han_forms(p->folded);
    pair_han(p->text, p->folded);
    join_letters(p->text);
    split(p, p->text);
    memset(p->drop, 0, sizeof p->drop);
    cut_relation(p);
    find_forms(p);
    drop_own_acronym(p);
}

/* ---- the vocabulary --------------------------------------------------------------------------- */

typedef struct growing {
    size_t n_words;                         /* words written so far */
    bool new_name;                          /* no name before had these letters: its words count */
    size_t words, classes, counts, letters; /* capacities */
} growing;

static uint32_t letter_set(const char *word) {
    uint32_t set = 0;
    for (; *word; word++)
        set |= 1u << (*word >= 'a' && *word <= 'z'   ? *word - 'a'
                      : *word >= '0' && *word <= '9' ? 26 + (*word - '0') % 5
                                                     : 31);
    return set;
}

/* Adds a word to the vocabulary; -1 when memory is exhausted. */
static int32_t add_word(agl_names *names, growing *g, const char *word, agl_word_class class) {
    int32_t before = names->vocabulary.n;
    int32_t id = agl__intern_add(&names->vocabulary, word, strlen(word));
    if (id != before) return id;
    uint8_t *classes = agl__grow(names->class, &g->classes, (size_t)id + 1, sizeof *classes);
    if (classes) names->class = classes;
    int32_t *counts = agl__grow(names->count, &g->counts, (size_t)id + 1, sizeof *counts);
    if (counts) names->count = counts;
    uint32_t *letters = agl__grow(names->letters, &g->letters, (size_t)id + 1, sizeof *letters);
    if (letters) names->letters = letters;
    if (!classes || !counts || !letters) return -1;
    classes[id] = (uint8_t) class;
    counts[id] = 0;
    letters[id] = letter_set(word);
    return id;
}

/* Appends the word to name i unless the name has it already or is full. */
static bool push_word(agl_names *names, growing *g, size_t i, const char *word, agl_word_class class) {
    int32_t id = add_word(names, g, word, class);
    if (id < 0) return false;
    for (size_t k = names->offset[i]; k < g->n_words; k++)
        if (names->word[k] == id) return true;
    int32_t *words = agl__grow(names->word, &g->words, g->n_words + 1, sizeof *words);
    if (!words) return false;
    names->word = words;
    words[g->n_words++] = id;
    if (g->new_name) names->count[id]++;
    return true;
}

/* The words as they were written, without spaces. False when memory is exhausted. */
static bool squeeze(agl_names *names, size_t i, const parse *p) {
    size_t length = 0;
    for (size_t k = 0; k < p->n; k++) { /* the folded text has been used up: its buffer is free */
        if (p->drop[k]) continue;
        size_t more = strlen(p->word[k]);
        memcpy(p->folded + length, p->word[k], more);
        length += more;
    }
    if (p->rest) length += (size_t)snprintf(p->folded + length, 18, "+%016llx", (unsigned long long)p->rest);
    names->squeezed[i] = length > 0 ? agl__intern_add(&names->compact, p->folded, length) : -1;
    return length == 0 || names->squeezed[i] >= 0;
}

/* Which words count: first all but legal forms and stop words; when that leaves nothing that tells
 * organisations apart
 * ("I-ON Communications"), the stop words, too; when that leaves nothing ("The Company Ltd"), every word. */
typedef enum strictness { USUAL, WITH_STOPS, EVERYTHING } strictness;

static agl_word_class class_of(const char **canonical, const parse *p, size_t k, strictness how) {
    agl_word_class class;
    *canonical = agl__words_canonical(&class, p->words, p->word[k]);
    if (class == AGL__WORD_INITIAL && k + 1 < p->n && agl__words_stop_letter(p->word[k]))
        class = AGL__WORD_STOP;
    if (how != EVERYTHING && p->drop[k]) return AGL__WORD_STOP;
    return class == AGL__WORD_STOP && how != USUAL ? AGL__WORD_LIGHT : class;
}

static strictness choose(const parse *p) {
    const char *canonical;
    size_t kept = 0, telling = 0;
    for (size_t k = 0; k < p->n; k++) {
        agl_word_class class = class_of(&canonical, p, k, USUAL);
        kept += class != AGL__WORD_STOP;
        telling += class == AGL__WORD_PLAIN || class == AGL__WORD_PLACE;
    }
    if (telling > 0 || kept > 1) return USUAL;
    return kept > 0 ? WITH_STOPS : EVERYTHING;
}

static bool write_words(agl_names *names, growing *g, size_t i, const parse *p) {
    bool ok = true;
    strictness how = choose(p);
    for (size_t k = 0; ok && k < p->n && g->n_words - names->offset[i] < AGL__NAME_WORDS - 1; k++) {
        const char *canonical;
        agl_word_class class = class_of(&canonical, p, k, how);
        if (class != AGL__WORD_STOP) ok = push_word(names, g, i, canonical, class);
    }
    if (ok && p->rest) {
        char tail[32];
        snprintf(tail, sizeof tail, "+%016llx", (unsigned long long)p->rest);
        ok = push_word(names, g, i, tail, AGL__WORD_PLAIN);
    }
    return ok;
}

static bool weigh_words(agl_names *names) {
    names->bits = AGL_NEW(double, names->vocabulary.n);
    if (!names->bits) return false;
    names->prior = log2((double)names->compact.n + AGL__BACKGROUND_NAMES);
    /* share of the background list's names that hold a word of each class */
    static const double background[] = {
        [AGL__WORD_PLAIN] = 0.0005, [AGL__WORD_KNOWN] = 0.03,  [AGL__WORD_LIGHT] = 0.03,
        [AGL__WORD_PLACE] = 0.02,   [AGL__WORD_NUMBER] = 0.01, [AGL__WORD_INITIAL] = 0.03};
    for (int32_t w = 0; w < names->vocabulary.n; w++) {
        double u = (names->count[w] + AGL__BACKGROUND_NAMES * background[names->class[w]]) /
                   ((double)names->compact.n + AGL__BACKGROUND_NAMES);
        names->bits[w] = log2(0.95 / fmin(u, 0.9));
    }
    return true;
}

static agl_status allocate(agl_names *names, parse *p, size_t n, const char *const *name, agl_error *err) {
    size_t longest = 0;
    for (size_t i = 0; i < n; i++) {
        size_t length = name[i] ? strlen(name[i]) : 0;
        if (length > longest) longest = length;
    }
    names->n = (int32_t)n;
    names->offset = AGL_NEW(size_t, n + 1);
    names->form = AGL_NEW(int32_t, n);
    names->acronym = AGL_NEW(uint64_t, n);
    names->squeezed = AGL_NEW(int32_t, n);
    p->folded = AGL_NEW(char, 3 * agl__fold_capacity(longest) + 32);
    p->text = AGL_NEW(char, 3 * agl__fold_capacity(longest) + 8);
    bool ok = names->offset && names->form && names->acronym && names->squeezed && p->folded && p->text;
    return ok ? AGL_OK : agl_fail_memory(err);
}

agl_status agl__names_new(agl_names *out, size_t n, const char *const *name, agl_error *err) {
    *out = (agl_names){0};
    if (n > INT32_MAX)
        return agl_fail(err, AGL_EDATA, "%zu names: at most %d can be resolved at once", n, INT32_MAX);
    agl_fold *fold = NULL;
    agl_words *words = NULL;
    parse *p = AGL_NEW(parse, 1);
    growing g = {0};
    agl_status status = p ? agl__fold_new(&fold, err) : agl_fail_memory(err);
    if (status == AGL_OK) status = agl__words_new(&words, err);
    if (status == AGL_OK) status = allocate(out, p, n, name, err);
    if (status != AGL_OK) goto out;
    p->fold = fold;
    p->words = words;
    for (size_t i = 0; i < n; i++) {
        out->offset[i] = g.n_words;
        take_apart(p, name[i] ? name[i] : "");
        out->form[i] = p->form;
        char letters[16];
        size_t length = initials(letters, sizeof letters, p, SIZE_MAX, false, false);
        out->acronym[i] = length >= 3 ? agl__hash_bytes(letters, length) | 1 : 0;
        int32_t distinct = out->compact.n;
        bool ok = squeeze(out, i, p);
        g.new_name = out->compact.n > distinct;
        if (!ok || !write_words(out, &g, i, p)) {
            status = agl_fail_memory(err);
            goto out;
        }
    }
    out->offset[n] = g.n_words;
    if (!weigh_words(out)) status = agl_fail_memory(err);
out:
    if (p) {
        free(p->folded);
        free(p->text);
    }
    free(p);
    agl__fold_free(fold);
    agl__words_free(words);
    if (status != AGL_OK) agl__names_free(out);
    return status;
}

void agl__names_free(agl_names *names) {
    free(names->offset);
    free(names->word);
    free(names->form);
    free(names->acronym);
    free(names->squeezed);
    agl__intern_free(&names->compact);
    agl__intern_free(&names->vocabulary);
    free(names->class);
    free(names->count);
    free(names->bits);
    free(names->letters);
    *names = (agl_names){0};
}

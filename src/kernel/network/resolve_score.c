/* The score of a pair of records: how their words correspond, and what each field says in bits. */
#include "base/mem.h"
#include "kernel/network/name_similarity.h"
#include "kernel/network/resolve.h"

#include <math.h>
#include <string.h>

/* Weights that do not come from the data, in bits. They follow two samples of patent applicants labelled by
 * hand (898 names, 200 true pairs, 14,000 pairs that share a word;
 * tests/oracle/data/network_resolve_SOURCE.md) and are rounded to the careful side. In the samples no word is
 * left over in 55 % of the true pairs and 0.1 % of the others (9 bits), words of one name only in 8 % and 1.3
 * %, of both in 19 % and 99 %; the legal form is the same in 57 % and 20 % (1.5 bits).
 *
 * Estimating them from each list by expectation maximisation (Winkler 1988) was weighed and left out: the
 * same two records would then be one actor or two depending on what else is in the list. */
static const double all_words_match = 6.5; /* nothing is left over */
static const double all_but_light = 4.0;   /* nothing but words that come and go */
static const double all_words_alike = 5.5; /* the same, but for spellings */
static const double slip_of_person = 4.0;  /* bits less for a slip in what may be a person's name */
static const double extra_word = -2.0;     /* a word that only one name has ... */
static const double extra_share = -0.50;   /* ... and this part of its weight */
static const double extra_light = -0.5;    /* the same for group, holding, international ... */
static const double extra_place = -4.5;    /* for a country, where branches differ */
static const double extra_number = -5.0;
static const double swapped_word = -2.5;    /* words left on both sides: each costs this ... */
static const double swapped_share = -0.45;  /* ... and this part of its weight */
static const double swapped_number = -6.0;  /* "Institute 54", "Institute 38" */
static const double acronym_letter = 2.2;   /* "CNRS" for four words, per letter */
static const double words_over_names = 6.0; /* words weigh at most log2(names) + this */
static const double same_form = 1.0, same_name_and_form = 2.5, other_form = -2.0, foreign_form = -10.0;
static const double country_same = 0.995, city_same = 0.70; /* shares among true pairs */
static const double city_alike = 0.5; /* part of the weight of a city for one spelt alike */

enum { SHORTEST_TYPO = 4, SHORTEST_PREFIX = 5, SHORTEST_LIKENESS = 8 }; /* letters */

/* ---- words ------------------------------------------------------------------------------------ */

typedef struct name_view {
    const int32_t *word;
    size_t n;
} name_view;

static name_view view(const agl_names *names, int32_t i) {
    return (name_view){names->word + names->offset[i], names->offset[i + 1] - names->offset[i]};
}

static uint64_t low_bits(size_t n) { return n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1; }

/* What it costs, in bits of the rarer word, that two words differ by one slip: the rarer is then the misspelt
 * one. Slips are a matter of 1 in 20 names, and long words have few neighbours by accident. */
static double slip_cost(size_t length) {
    return length >= 9 ? 3 : length >= 7 ? 4 : length > SHORTEST_TYPO ? 5.5 : 8;
}

/* May x and y be spellings of one word at all? Countries, numbers and initials are taken as they stand, and
 * two known words are two words. */
static bool may_be_alike(const agl_names *names, int32_t x, int32_t y) {
    uint8_t cx = names->class[x], cy = names->class[y];
    return cx < AGL__WORD_PLACE && cy < AGL__WORD_PLACE && (cx == AGL__WORD_PLAIN || cy == AGL__WORD_PLAIN);
}

/* Two words that several names hold each are two words, not one and a slip; nor do slips change many letters.
 */
static bool may_be_slip(const agl_names *names, int32_t x, int32_t y) {
    bool established = names->count[x] > 3 && names->count[y] > 3;
    return !established && __builtin_popcount(names->letters[x] ^ names->letters[y]) <= 4;
}

/* What one slip of the pen between x and y says, or, with `likeness`, a few in long words. */
static double slip_bits(const agl_names *names, int32_t x, int32_t y, bool likeness, bool persons) {
    const char *a = agl__intern_text(&names->vocabulary, x), *b = agl__intern_text(&names->vocabulary, y);
    size_t na = strlen(a), nb = strlen(b), shorter = na < nb ? na : nb;
    bool both_rare =
        names->count[x] <= 2 && names->count[y] <= 2; /* neither is established as the right one */
    double doubt = (both_rare ? 1 : 0) + (persons ? slip_of_person : 0);
    double bits = fmax(names->bits[x], names->bits[y]) - doubt;
    if (shorter < SHORTEST_TYPO || !may_be_slip(names, x, y)) return 0;
    if (agl__one_edit(a, b)) return bits - slip_cost(shorter);
    if (!likeness || shorter < SHORTEST_LIKENESS || agl__jaro_winkler(a, na, b, nb) < 0.95) return 0;
    return bits - slip_cost(shorter) - 2;
}

/* What it says, in bits, that word x of one name stands where the other has y; 0 = they are different words.
 */
static double spelling_bits(const agl_names *names, int32_t x, int32_t y, bool others, bool persons) {
    if (!may_be_alike(names, x, y)) return 0;
    const char *a = agl__intern_text(&names->vocabulary, x), *b = agl__intern_text(&names->vocabulary, y);
    size_t na = strlen(a), nb = strlen(b), shorter = na < nb ? na : nb;
    /* a beginning stands for the word; only beside other words that agree, or "innova" would stand for
     * anything */
    bool beginning = others && !persons && shorter >= SHORTEST_PREFIX && memcmp(a, b, shorter) == 0;
    if (beginning) return (na + nb - 2 * shorter <= 2 ? 0.8 : 0.6) * fmin(names->bits[x], names->bits[y]) - 1;
    return slip_bits(names, x, y, others, persons);
}

static void match_same(agl_alignment *out, name_view a, name_view b) {
    for (size_t i = 0; i < a.n; i++)
        for (size_t j = 0; j < b.n; j++)
            if (a.word[i] == b.word[j]) {
                out->same_a |= (uint64_t)1 << i;
                out->same_b |= (uint64_t)1 << j;
                break;
            }
}

/* "dai nippon" for "dainippon": two neighbours of `two` make one word of `one`. Marks them as the same. */
static void match_joined(uint64_t *same_two, uint64_t *same_one, const agl_names *names, name_view two,
                         name_view one) {
    for (size_t i = 0; i + 1 < two.n; i++) {
        if (*same_two >> i & 3) continue;
        const char *first = agl__intern_text(&names->vocabulary, two.word[i]);
        const char *second = agl__intern_text(&names->vocabulary, two.word[i + 1]);
        size_t length = strlen(first);
        for (size_t j = 0; j < one.n; j++) {
            const char *whole = agl__intern_text(&names->vocabulary, one.word[j]);
            if ((*same_one >> j & 1) || strncmp(whole, first, length) != 0 ||
                strcmp(whole + length, second) != 0)
                continue;
            *same_two |= (uint64_t)3 << i;
            *same_one |= (uint64_t)1 << j;
            break;
        }
    }
}

/* A name without a legal form and without a word like "university" may be a person's. */
static bool may_be_person(const agl_names *names, int32_t i, name_view name) {
    if (names->form[i] != AGL__NO_FORM || name.n > 4) return false;
    for (size_t k = 0; k < name.n; k++)
        if (names->class[name.word[k]] == AGL__WORD_KNOWN) return false;
    return true;
}

static void match_alike(agl_alignment *out, const agl_names *names, name_view a, name_view b, bool persons) {
    for (size_t i = 0; i < a.n; i++) {
        if (out->same_a >> i & 1) continue;
        agl_word_pair best = {.bits = 0};
        for (size_t j = 0; j < b.n; j++) {
            if ((out->same_b | out->alike_b) >> j & 1) continue;
            double bits = spelling_bits(names, a.word[i], b.word[j], out->same_a != 0, persons);
            if (bits > best.bits) best = (agl_word_pair){(uint8_t)i, (uint8_t)j, bits};
        }
        if (best.bits == 0) continue;
        out->alike_a |= (uint64_t)1 << best.a;
        out->alike_b |= (uint64_t)1 << best.b;
        out->alike[out->n_alike++] = best;
    }
}

static bool is_acronym(const agl_names *names, name_view one, int32_t other) {
    if (one.n != 1 || names->acronym[other] == 0) return false;
    const char *text = agl__intern_text(&names->vocabulary, one.word[0]);
    return (agl__hash_bytes(text, strlen(text)) | 1) == names->acronym[other];
}

/* "dai nippon", "dainippon": the same when written without spaces, or, when long, but for one slip. */
static bool same_letters(bool *slip, const agl_names *names, int32_t a, int32_t b) {
    enum { LONG = 10 };
    int32_t x = names->squeezed[a], y = names->squeezed[b];
    *slip = false;
    if (x < 0 || y < 0 || x == y) return x >= 0 && x == y;
    const char *s = agl__intern_text(&names->compact, x), *t = agl__intern_text(&names->compact, y);
    bool other_spacing = names->offset[a + 1] - names->offset[a] != names->offset[b + 1] - names->offset[b];
    *slip = other_spacing && strlen(s) >= LONG && agl__one_edit(s, t);
    return *slip;
}

static void align(agl_alignment *out, const agl_names *names, int32_t ia, int32_t ib) {
    name_view a = view(names, ia), b = view(names, ib);
    memset(out, 0, offsetof(agl_alignment, alike));
    out->spacing = out->slip = out->acronym = false;
    uint64_t all_a = low_bits(a.n), all_b = low_bits(b.n);
    match_same(out, a, b);
    if (out->same_a != all_a || out->same_b != all_b) {
        match_joined(&out->same_a, &out->same_b, names, a, b);
        match_joined(&out->same_b, &out->same_a, names, b, a);
        match_alike(out, names, a, b, may_be_person(names, ia, a) && may_be_person(names, ib, b));
    }
    out->left_a = all_a & ~(out->same_a | out->alike_a);
    out->left_b = all_b & ~(out->same_b | out->alike_b);
    if ((out->left_a || out->left_b) && same_letters(&out->slip, names, ia, ib)) {
        out->spacing = true;
        out->same_a = all_a;
        out->same_b = all_b;
        out->left_a = out->left_b = out->alike_a = out->alike_b = 0;
        out->n_alike = 0;
    }
    if (out->same_a == 0 && out->n_alike == 0 && (is_acronym(names, a, ib) || is_acronym(names, b, ia))) {
        out->acronym = true;
        out->left_a = out->left_b = 0;
    }
}

static double sum_bits(const agl_names *names, name_view name, uint64_t set) {
    double sum = 0;
    for (; set; set &= set - 1)
        sum += names->bits[name.word[__builtin_ctzll(set)]];
    return sum;
}

/* What the words that both have say. */
static double word_bits(const agl_alignment *w, const agl_names *names, name_view a, name_view b) {
    if (w->acronym) {
        name_view one = a.n == 1 ? a : b;
        return acronym_letter * (double)strlen(agl__intern_text(&names->vocabulary, one.word[0]));
    }
    /* same words weigh the same on both sides unless they were joined: take the side that claims less */
    double sum = fmin(sum_bits(names, a, w->same_a), sum_bits(names, b, w->same_b));
    for (size_t k = 0; k < w->n_alike; k++)
        sum += w->alike[k].bits;
    if (w->slip) sum -= slip_cost(9);
    return fmin(sum, names->prior + words_over_names);
}

static bool is_light(const agl_names *names, int32_t word) {
    return names->class[word] == AGL__WORD_LIGHT || names->class[word] == AGL__WORD_INITIAL;
}

static double extra_bits(const agl_names *names, name_view name, uint64_t set) {
    double sum = 0;
    for (; set; set &= set - 1) {
        int32_t word = name.word[__builtin_ctzll(set)];
        agl_word_class class = names->class[word];
        sum += is_light(names, word)       ? extra_light
               : class == AGL__WORD_PLACE  ? extra_place
               : class == AGL__WORD_NUMBER ? extra_number
                                           : extra_word + extra_share * names->bits[word];
    }
    return sum;
}

static double swapped_bits(const agl_names *names, name_view name, uint64_t set) {
    double sum = 0;
    for (; set; set &= set - 1) {
        int32_t word = name.word[__builtin_ctzll(set)];
        agl_word_class class = names->class[word];
        sum += class == AGL__WORD_NUMBER || class == AGL__WORD_INITIAL
                   ? swapped_number
                   : swapped_word + swapped_share * names->bits[word];
    }
    return sum;
}

static bool all_light(const agl_names *names, name_view name, uint64_t set) {
    for (; set; set &= set - 1)
        if (!is_light(names, name.word[__builtin_ctzll(set)])) return false;
    return true;
}

/* What is left over says. */
static double rest_bits(const agl_alignment *w, const agl_names *names, name_view a, name_view b) {
    if (w->acronym) return 0;
    if (!w->left_a && !w->left_b) return w->n_alike || w->slip ? all_words_alike : all_words_match;
    if (w->left_a && w->left_b) return swapped_bits(names, a, w->left_a) + swapped_bits(names, b, w->left_b);
    double bonus = all_light(names, a, w->left_a) && all_light(names, b, w->left_b) ? all_but_light : 0;
    return bonus + extra_bits(names, a, w->left_a) + extra_bits(names, b, w->left_b);
}

/* ---- other fields ----------------------------------------------------------------------------- */

static double legal_bits(agl_legal_match match, const agl_alignment *w) {
    bool all = !w->left_a && !w->left_b && !w->n_alike && !w->acronym;
    if (match == AGL__LEGAL_SAME && all) return same_name_and_form;
    return match == AGL__LEGAL_SAME        ? same_form
           : match == AGL__LEGAL_DIFFERS   ? other_form
           : match == AGL__LEGAL_CONFLICTS ? foreign_form
                                           : 0;
}

static bool known(const agl_field *field, int32_t a, int32_t b) {
    return field->code[a] >= 0 && field->code[b] >= 0;
}

static bool agrees(const agl_field *field, int32_t a, int32_t b) { return field->code[a] == field->code[b]; }

static double country_bits(const agl_records *r, int32_t a, int32_t b) {
    const agl_field *f = &r->country;
    if (!known(f, a, b)) return 0;
    if (agrees(f, a, b)) return log2(country_same / fmax(f->share[f->code[a]], 0.01));
    return log2((1 - country_same) / fmax(1 - f->chance, 0.05));
}

/* Is the text of a field, or one of its words, among the words of the set? "University of Graz", Graz. */
static bool names_hold(const agl_names *names, name_view name, uint64_t set, const char *field) {
    for (; set; set &= set - 1) {
        const char *word = agl__intern_text(&names->vocabulary, name.word[__builtin_ctzll(set)]);
        size_t length = strlen(word);
        for (const char *at = strstr(field, word); at; at = strstr(at + 1, word))
            if ((at == field || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return true;
    }
    return false;
}

/* Given the country, a city that agrees says only what the city adds to it; nothing when the names hold it
 * already. */
static double city_bits(const agl_records *r, const agl_alignment *w, int32_t a, int32_t b) {
    const agl_field *f = &r->city;
    if (!known(f, a, b)) return 0;
    double share = f->share[f->code[a]];
    if (known(&r->country, a, b) && agrees(&r->country, a, b)) share /= r->country.share[r->country.code[a]];
    double same = log2(city_same / fmin(fmax(share, 0.004), 0.6));
    bool said = names_hold(&r->names, view(&r->names, a), w->same_a, agl__intern_text(&f->text, f->code[a]));
    if (agrees(f, a, b)) return said ? 0 : same;
    const char *x = agl__intern_text(&f->text, f->code[a]), *y = agl__intern_text(&f->text, f->code[b]);
    if (agl__jaro_winkler(x, strlen(x), y, strlen(y)) >= 0.9) return said ? 0 : city_alike * same;
    return log2((1 - city_same) / fmax(1 - f->chance, 0.05));
}

void agl__score(agl_evidence *out, const agl_records *records, int32_t a, int32_t b) {
    const agl_names *names = &records->names;
    name_view va = view(names, a), vb = view(names, b);
    align(&out->words_of, names, a, b);
    out->words = word_bits(&out->words_of, names, va, vb);
    out->rest = va.n && vb.n ? rest_bits(&out->words_of, names, va, vb) : 0;
    out->legal_match = agl__words_compare_legal(names->form[a], names->form[b]);
    out->legal = legal_bits(out->legal_match, &out->words_of);
    out->country = country_bits(records, a, b);
    out->city = city_bits(records, &out->words_of, a, b);
    out->total = -names->prior + out->words + out->rest + out->legal + out->country + out->city;
}

#include "kernel/network/org_words.h"
#include "base/intern.h"
#include "base/mem.h"
#include "kernel/network/org_words_table.h"

#include <string.h>

enum {
    N_LEGAL = sizeof legal_rows / sizeof legal_rows[0],
    N_WORDS = sizeof word_rows / sizeof word_rows[0],
    STOP_ROW = N_WORDS, /* row number that marks a stop word */
    LONGEST_PHRASE = 6  /* words of the longest legal form */
};

struct agl_words {
    agl_intern word, phrase; /* words, and legal forms with single spaces */
    int32_t *row;            /* of each word: its row, or STOP_ROW */
    int32_t *form;           /* of each phrase: its legal form */
};

/* Calls add(words, text, length, value) for each piece of "a|b|c". */
typedef bool (*add_fn)(agl_words *words, const char *text, size_t length, int32_t value);

static bool each_piece(agl_words *words, const char *list, int32_t value, add_fn add) {
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, "|");
        if (length > 0 && !add(words, at, length, value)) return false;
        at += length;
        if (*at == '|') at++;
    }
    return true;
}

/* The first row that claims a word keeps it. */
static bool add_word(agl_words *words, const char *text, size_t length, int32_t row) {
    int32_t before = words->word.n;
    int32_t id = agl__intern_add(&words->word, text, length);
    if (id < 0) return false;
    if (id == before) words->row[id] = row;
    return true;
}

static bool add_phrase(agl_words *words, const char *text, size_t length, int32_t form) {
    int32_t before = words->phrase.n;
    int32_t id = agl__intern_add(&words->phrase, text, length);
    if (id < 0) return false;
    if (id == before) words->form[id] = form;
    return true;
}

static size_t count_pieces(const char *list) {
    size_t n = 1;
    for (; *list; list++)
        n += *list == '|';
    return n;
}

agl_status agl__words_new(agl_words **out, agl_error *err) {
    size_t n_words = count_pieces(stop_words) + N_WORDS, n_phrases = 0;
    for (size_t r = 0; r < N_WORDS; r++)
        n_words += count_pieces(word_rows[r].variants);
    for (size_t r = 0; r < N_LEGAL; r++)
        n_phrases += count_pieces(legal_rows[r].phrases);

    agl_words *words = AGL_NEW(agl_words, 1);
    if (!words) return agl_fail_memory(err);
    words->row = AGL_NEW(int32_t, n_words);
    words->form = AGL_NEW(int32_t, n_phrases);
    bool ok = words->row && words->form && each_piece(words, stop_words, STOP_ROW, add_word);
    for (int32_t r = 0; ok && r < N_WORDS; r++)
        ok = each_piece(words, word_rows[r].canonical, r, add_word) &&
             each_piece(words, word_rows[r].variants, r, add_word);
    for (int32_t r = 0; ok && r < N_LEGAL; r++)
        ok = each_piece(words, legal_rows[r].phrases, r, add_phrase);
    if (!ok) {
        agl__words_free(words);
        return agl_fail_memory(err);
    }
    *out = words;
    return AGL_OK;
}

void agl__words_free(agl_words *words) {
    if (!words) return;
    agl__intern_free(&words->word);
    agl__intern_free(&words->phrase);
    free(words->row);
    free(words->form);
    free(words);
}

/* Digits, without zeros in front; or a small Roman numeral of two letters and more. NULL for anything else.
 */
static const char *as_number(const char *word) {
    static const char *const roman[] = {"ii", "2",   "iii", "3",    "iv", "4",  "vi",
                                        "6",  "vii", "7",   "viii", "8",  "ix", "9"};
    for (size_t r = 0; r < sizeof roman / sizeof roman[0]; r += 2)
        if (strcmp(word, roman[r]) == 0) return roman[r + 1];
    if (word[0] == '\0' || word[strspn(word, "0123456789")] != '\0') return NULL;
    while (word[0] == '0' && word[1])
        word++;
    return word;
}

const char *agl__words_canonical(agl_word_class *class, const agl_words *words, const char *word) {
    const char *number = as_number(word);
    if (number) {
        *class = AGL__WORD_NUMBER;
        return number;
    }
    if (word[0] >= 'a' && word[0] <= 'z' && word[1] == '\0') {
        *class = AGL__WORD_INITIAL;
        return word;
    }
    int32_t id = agl__intern_find(&words->word, word, strlen(word));
    int32_t row = id < 0 ? -1 : words->row[id];
    *class = row < 0                       ? AGL__WORD_PLAIN
             : row == STOP_ROW             ? AGL__WORD_STOP
             : word_rows[row].class == 'c' ? AGL__WORD_PLAIN
             : word_rows[row].class == 'k' ? AGL__WORD_KNOWN
             : word_rows[row].class == 'l' ? AGL__WORD_LIGHT
                                           : AGL__WORD_PLACE;
    return row < 0 || row == STOP_ROW ? word : word_rows[row].canonical;
}

bool agl__words_stop_letter(const char *word) {
    return word[1] == '\0' && word[0] && strchr(stop_letters, word[0]);
}

/* Is `phrase` one of the forms that count only behind the first word? */
static bool is_ambiguous(const char *phrase) {
    size_t length = strlen(phrase);
    for (const char *at = strstr(ambiguous_forms, phrase); at; at = strstr(at + 1, phrase))
        if (at[-1] == '|' && at[length] == '|') return true;
    return false;
}

size_t agl__words_legal(int32_t *form, const agl_words *words, const char *const *word, size_t n, size_t at) {
    char phrase[160];
    size_t length = 0, longest = 0;
    for (size_t k = 0; k < LONGEST_PHRASE && at + k < n; k++) {
        size_t more = strlen(word[at + k]);
        if (length + more + 2 > sizeof phrase) break;
        if (k > 0) phrase[length++] = ' ';
        memcpy(phrase + length, word[at + k], more + 1);
        length += more;
        int32_t id = agl__intern_find(&words->phrase, phrase, length);
        if (id < 0 || (at == 0 && is_ambiguous(phrase))) continue;
        *form = words->form[id];
        longest = k + 1;
    }
    return longest;
}

/* Do two lists "de at ch" share a country? */
static bool share_country(const char *a, const char *b) {
    for (const char *at = a; *at;) {
        size_t length = strcspn(at, " ");
        for (const char *other = b; *other;) {
            size_t other_length = strcspn(other, " ");
            if (length == other_length && memcmp(at, other, length) == 0) return true;
            other += other_length + (other[other_length] == ' ');
        }
        at += length + (at[length] == ' ');
    }
    return false;
}

agl_legal_match agl__words_compare_legal(int32_t a, int32_t b) {
    if (a < 0 || b < 0) return AGL__LEGAL_UNKNOWN;
    if (a == b) return AGL__LEGAL_SAME;
    const char *ca = legal_rows[a].countries, *cb = legal_rows[b].countries;
    if (ca[0] == '*' || cb[0] == '*') return AGL__LEGAL_UNKNOWN;
    return share_country(ca, cb) ? AGL__LEGAL_DIFFERS : AGL__LEGAL_CONFLICTS;
}

const char *agl__words_legal_name(int32_t form) { return form < 0 ? "" : legal_rows[form].name; }

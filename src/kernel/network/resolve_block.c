/* Blocks: which pairs of records are compared at all.
 *
 * Every record gets a few keys; records that share a key are compared. Entries (key, place) are sorted, where
 * the place of a record is its rank in the order of the names written without spaces, so that within a block
 * that is too large the records nearest in that order are compared (sorted neighbourhood, Hernandez and
 * Stolfo 1995) and work stays bounded. Keys from groups of letters (minhash) were
 * weighed and left out: they would also bring together names with several slips, at the price of as many keys
 * again for every record. */
#include "base/mem.h"
#include "base/parallel.h"
#include "kernel/network/resolve.h"

#include <string.h>

enum {
    RAREST = 4,  /* words of a name that make keys */
    KEYS = 16,   /* keys of a record at most */
    TASK = 128,  /* records of a task */
    WINDOW = 10, /* neighbours compared in a block that is too large */
    PREFIX = 5   /* bytes of the beginning and end of a word */
};

typedef struct entry {
    uint64_t key;
    int32_t place;
    int32_t follow; /* entries behind this one to compare with, were the block to go on */
} entry;

typedef struct block_index {
    const agl_records *records;
    size_t max_block;
    double min_bits;
    int32_t *record_at; /* place -> record */
    entry *entry;       /* sorted by key, place */
    size_t n_entries;
    size_t *of_place; /* n + 1: where the entries of a place begin in position */
    size_t *position; /* indices into entry */
    int32_t **seen;   /* per worker: place -> 1 + place compared with last */
    agl_pair **found; /* per task */
    size_t *n_found;
} block_index;

/* ---- keys ------------------------------------------------------------------------------------- */

/* Is c, behind the letter `before`, part of a spelling that varies: "ae" for "a", a doubled letter? */
static bool is_silent(char before, char c) {
    return before == c || (c == 'e' && (before == 'a' || before == 'o' || before == 'u'));
}

/* Spelling without what varies: "ae" as "a", doubled letters once, "ph" as "f", "ck" as "k", "y" as "i". */
static size_t skeleton(char *out, size_t capacity, const char *word) {
    size_t n = 0;
    for (; *word && n < capacity; word++) {
        char before = n > 0 ? out[n - 1] : '\0', c = *word;
        if (is_silent(before, c)) continue;
        if (before == 'p' && c == 'h')
            out[n - 1] = 'f';
        else if (before == 'c' && c == 'k')
            out[n - 1] = 'k';
        else
            out[n++] = c == 'y' ? 'i' : c;
    }
    return n;
}

static uint64_t key_of(char kind, const void *bytes, size_t length) {
    return agl__hash_mix(agl__hash_bytes(bytes, length), (uint64_t)kind);
}

/* The places of the rarest words of a name, rarest first; ties by place. */
static size_t rarest_words(int32_t *out, const agl_names *names, int32_t i) {
    size_t n = 0;
    for (size_t k = names->offset[i]; k < names->offset[i + 1]; k++) {
        int32_t word = names->word[k];
        size_t at = n < RAREST ? n++ : RAREST;
        for (; at > 0 && names->bits[word] > names->bits[out[at - 1]]; at--)
            if (at < RAREST) out[at] = out[at - 1];
        if (at < RAREST) out[at] = word;
    }
    return n;
}

/* The keys of record i; returns how many (at most KEYS). */
static size_t make_keys(uint64_t *key, const agl_names *names, int32_t i) {
    int32_t rare[RAREST];
    size_t n_rare = rarest_words(rare, names, i), n = 0;
    if (n_rare == 0) return 0;
    for (size_t x = 0; x < n_rare; x++) {
        key[n++] = key_of('w', &rare[x], sizeof rare[x]);
        for (size_t y = x + 1; y < n_rare; y++) {
            int32_t two[2] = {rare[x] < rare[y] ? rare[x] : rare[y], rare[x] < rare[y] ? rare[y] : rare[x]};
            key[n++] = key_of('p', two, sizeof two);
        }
    }
    char bones[64];
    const char *rarest = agl__intern_text(&names->vocabulary, rare[0]);
    size_t length = skeleton(bones, sizeof bones, rarest);
    size_t part = length < PREFIX ? length : PREFIX;
    key[n++] = key_of('b', bones, part);
    key[n++] = key_of('e', bones + length - part, part);
    key[n++] = key_of('s', &names->squeezed[i], sizeof names->squeezed[i]);
    if (names->acronym[i]) key[n++] = agl__hash_mix(names->acronym[i], 'a');
    if (names->offset[i + 1] - names->offset[i] == 1)
        key[n++] = agl__hash_mix(agl__hash_bytes(rarest, strlen(rarest)) | 1, 'a');
    return n;
}

/* ---- index ------------------------------------------------------------------------------------ */

typedef struct spelling {
    char *text;
    int32_t record;
} spelling;

static int by_spelling(const void *a, const void *b) {
    const spelling *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->record > y->record) - (x->record < y->record);
}

static int by_key(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Orders the records by the first bytes of their name without spaces. */
static bool order_records(block_index *x) {
    const agl_names *names = &x->records->names;
    size_t n = (size_t)names->n;
    enum { BYTES = 32 };
    spelling *order = AGL_NEW(spelling, n);
    char *text = AGL_NEW(char, n *BYTES);
    if (order && text)
        for (size_t i = 0; i < n; i++) {
            char *out = text + i * BYTES;
            size_t used = 0;
            for (size_t k = names->offset[i]; k < names->offset[i + 1] && used < BYTES - 1; k++)
                used += skeleton(out + used, BYTES - 1 - used,
                                 agl__intern_text(&names->vocabulary, names->word[k]));
            order[i] = (spelling){out, (int32_t)i};
        }
    bool ok = order && text;
    if (ok) qsort(order, n, sizeof *order, by_spelling);
    for (size_t i = 0; ok && i < n; i++)
        x->record_at[i] = order[i].record;
    free(order);
    free(text);
    return ok;
}

/* In a block of at most max_block entries each is compared with all behind it, in a larger one with its
 * neighbours. */
static void set_follow(block_index *x) {
    for (size_t begin = 0, end; begin < x->n_entries; begin = end) {
        for (end = begin + 1; end < x->n_entries && x->entry[end].key == x->entry[begin].key;)
            end++;
        bool large = end - begin > x->max_block;
        for (size_t e = begin; e < end; e++) {
            size_t behind = end - e - 1;
            x->entry[e].follow = (int32_t)(large && behind > WINDOW ? WINDOW : behind);
        }
    }
}

static bool build_index(block_index *x) {
    const agl_names *names = &x->records->names;
    size_t n = (size_t)names->n, used = 0;
    x->record_at = AGL_NEW(int32_t, n);
    x->of_place = AGL_NEW(size_t, n + 1);
    if (!x->record_at || !x->of_place || !order_records(x)) return false;
    size_t capacity = 0;
    for (size_t place = 0; place < n; place++) {
        uint64_t key[KEYS];
        size_t n_keys = make_keys(key, names, x->record_at[place]);
        entry *grown = agl__grow(x->entry, &capacity, used + n_keys + 1, sizeof *grown);
        if (!grown) return false;
        x->entry = grown;
        for (size_t k = 0; k < n_keys; k++)
            grown[used++] = (entry){key[k], (int32_t)place, 0};
        x->of_place[place + 1] = used;
    }
    x->n_entries = used;
    if (used > 0) qsort(x->entry, used, sizeof *x->entry, by_key);
    set_follow(x);
    x->position = AGL_NEW(size_t, used);
    size_t *next = AGL_NEW(size_t, n);
    bool ok = x->position && next;
    if (ok && n > 0) memcpy(next, x->of_place, n * sizeof *next);
    for (size_t e = 0; ok && e < used; e++)
        x->position[next[x->entry[e].place]++] = e;
    free(next);
    return ok;
}

/* ---- comparing -------------------------------------------------------------------------------- */

static agl_status compare(const block_index *x, size_t task, size_t *capacity, int32_t a, int32_t b,
                          agl_error *err) {
    agl_evidence evidence;
    agl__score(&evidence, x->records, a, b);
    if (evidence.total < x->min_bits) return AGL_OK;
    agl_pair *grown = agl__grow(x->found[task], capacity, x->n_found[task] + 1, sizeof *grown);
    if (!grown) return agl_fail_memory(err);
    x->found[task] = grown;
    grown[x->n_found[task]++] = (agl_pair){a < b ? a : b, a < b ? b : a, evidence.total};
    return AGL_OK;
}

/* Compares the records of a range of places with those that follow them in their blocks. */
static agl_status compare_range(void *arg, size_t task, int worker, agl_error *err) {
    block_index *x = arg;
    size_t n = (size_t)x->records->n, capacity = 0;
    if (!x->seen[worker] && !(x->seen[worker] = AGL_NEW(int32_t, n))) return agl_fail_memory(err);
    int32_t *seen = x->seen[worker];
    size_t to = (task + 1) * TASK < n ? (task + 1) * TASK : n;
    for (size_t place = task * TASK; place < to; place++) {
        for (size_t p = x->of_place[place]; p < x->of_place[place + 1]; p++) {
            size_t e = x->position[p], end = e + 1 + (size_t)x->entry[e].follow;
            for (size_t other = e + 1; other < end; other++) {
                int32_t there = x->entry[other].place;
                if (there == (int32_t)place || seen[there] == (int32_t)place + 1) continue;
                seen[there] = (int32_t)place + 1;
                agl_status status =
                    compare(x, task, &capacity, x->record_at[place], x->record_at[there], err);
                if (status != AGL_OK) return status;
            }
        }
    }
    return AGL_OK;
}

static int by_pair(const void *a, const void *b) {
    const agl_pair *x = a, *y = b;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static agl_status gather(agl_pair **out, size_t *n_out, const block_index *x, size_t tasks, agl_error *err) {
    size_t n = 0;
    for (size_t t = 0; t < tasks; t++)
        n += x->n_found[t];
    agl_pair *pair = AGL_NEW(agl_pair, n);
    if (!pair) return agl_fail_memory(err);
    n = 0;
    for (size_t t = 0; t < tasks; t++) {
        if (x->n_found[t]) memcpy(pair + n, x->found[t], x->n_found[t] * sizeof *pair);
        n += x->n_found[t];
    }
    if (n > 0) qsort(pair, n, sizeof *pair, by_pair);
    *out = pair;
    *n_out = n;
    return AGL_OK;
}

agl_status agl__candidates(agl_pair **out, size_t *n_out, const agl_records *records, size_t max_block,
                           double min_bits, const agl_ctx *ctx, agl_error *err) {
    size_t tasks = ((size_t)records->n + TASK - 1) / TASK;
    int threads = agl_threads(ctx);
    block_index x = {.records = records, .max_block = max_block, .min_bits = min_bits};
    x.seen = AGL_NEW(int32_t *, threads);
    x.found = AGL_NEW(agl_pair *, tasks);
    x.n_found = AGL_NEW(size_t, tasks);
    agl_status status = AGL_OK;
    if (!x.seen || !x.found || !x.n_found || !build_index(&x)) status = agl_fail_memory(err);
    if (status == AGL_OK) status = agl__parallel(tasks, compare_range, &x, "comparing names", ctx, err);
    if (status == AGL_OK) status = gather(out, n_out, &x, tasks, err);
    for (int t = 0; x.seen && t < threads; t++)
        free(x.seen[t]);
    for (size_t t = 0; x.found && t < tasks; t++)
        free(x.found[t]);
    free(x.seen);
    free(x.found);
    free(x.n_found);
    free(x.record_at);
    free(x.of_place);
    free(x.position);
    free(x.entry);
    return status;
}

#include "table/intern.h"
#include "base/mem.h"

#include <string.h>

agl_status agl__intern_new(agl_intern *in, agl_error *err) {
    *in = (agl_intern){.slots = 1024, .last_code = -1};
    in->slot = calloc(in->slots, sizeof *in->slot);
    if (!in->slot) return agl_fail_memory(err);
    for (size_t i = 0; i < in->slots; i++)
        in->slot[i].code = -1;
    return AGL_OK;
}

void agl__intern_free(agl_intern *in) {
    agl_dict_free(&in->dict);
    free(in->slot);
    in->slot = NULL;
}

/* Eight bytes a step, multiply and fold: short keys are the rule here, so the cost per call counts, not per byte. */
static uint64_t hash_text(const char *text, size_t length) {
    uint64_t h = 0x9e3779b97f4a7c15u ^ length;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
        text += 8;
        length -= 8;
    }
    uint64_t word = 0;
    memcpy(&word, text, length);
    h = (h ^ word) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 29;
}

static agl_status grow_slots(agl_intern *in, agl_error *err) {
    size_t slots = in->slots * 2;
    void *memory = calloc(slots, sizeof *in->slot);
    if (!memory) return agl_fail_memory(err);
    __typeof__(in->slot) old = in->slot, fresh = memory;
    for (size_t i = 0; i < slots; i++)
        fresh[i].code = -1;
    for (size_t i = 0; i < in->slots; i++) {
        if (old[i].code < 0) continue;
        size_t at = old[i].hash & (slots - 1);
        while (fresh[at].code >= 0)
            at = (at + 1) & (slots - 1);
        fresh[at] = old[i];
    }
    free(old);
    in->slot = fresh;
    in->slots = slots;
    return AGL_OK;
}

static agl_status add_text(int32_t *code, agl_intern *in, const char *text, size_t length, agl_error *err) {
    if (in->dict.n >= INT32_MAX) return agl_fail(err, AGL_EDATA, "more than 2^31 distinct keys in one column");
    char **grown = agl__grow(in->dict.text, &in->text_capacity, in->dict.n + 1, sizeof *grown);
    if (!grown) return agl_fail_memory(err);
    in->dict.text = grown;
    char *copy = malloc(length + 1);
    if (!copy) return agl_fail_memory(err);
    memcpy(copy, text, length);
    copy[length] = '\0';
    *code = (int32_t)in->dict.n;
    in->dict.text[in->dict.n++] = copy;
    return AGL_OK;
}

static bool same(const agl_intern *in, int32_t code, const char *text, size_t length) {
    const char *known = in->dict.text[code];
    return strncmp(known, text, length) == 0 && known[length] == '\0';
}

agl_status agl__intern(int32_t *code, agl_intern *in, const char *text, size_t length, agl_error *err) {
    uint64_t hash = hash_text(text, length);
    if (in->last_code >= 0 && in->last_hash == hash && in->last_length == length &&
        memcmp(in->dict.text[in->last_code], text, length) == 0) {
        *code = in->last_code;
        return AGL_OK;
    }
    size_t at = hash & (in->slots - 1);
    while (in->slot[at].code >= 0 && !(in->slot[at].hash == hash && same(in, in->slot[at].code, text, length)))
        at = (at + 1) & (in->slots - 1);
    if (in->slot[at].code < 0) {
        int32_t fresh = -1;
        agl_status status = add_text(&fresh, in, text, length, err);
        if (status != AGL_OK) return status;
        in->slot[at].hash = hash;
        in->slot[at].code = fresh;
        *code = fresh;
        if (in->dict.n * 2 > in->slots && (status = grow_slots(in, err)) != AGL_OK) return status;
    } else {
        *code = in->slot[at].code;
    }
    in->last_hash = hash;
    in->last_length = length;
    in->last_code = *code;
    return AGL_OK;
}

typedef struct entry {
    char *text;
    int32_t old;
} entry;

static int by_text(const void *a, const void *b) {
    return strcmp(((const entry *)a)->text, ((const entry *)b)->text);
}

agl_status agl__intern_finish(agl_dict *out, agl_intern *in, int32_t *codes, size_t n, agl_error *err) {
    size_t size = in->dict.n;
    entry *entries = AGL_NEW(entry, size);
    int32_t *fresh = AGL_NEW(int32_t, size);
    if (!entries || !fresh) {
        free(entries);
        free(fresh);
        return agl_fail_memory(err);
    }
    for (size_t i = 0; i < size; i++)
        entries[i] = (entry){in->dict.text[i], (int32_t)i};
    qsort(entries, size, sizeof *entries, by_text);
    for (size_t i = 0; i < size; i++) {
        fresh[entries[i].old] = (int32_t)i;
        in->dict.text[i] = entries[i].text;
    }
    for (size_t i = 0; i < n; i++)
        if (codes[i] >= 0) codes[i] = fresh[codes[i]];
    *out = in->dict;
    in->dict = (agl_dict){0, NULL};
    in->last_code = -1;
    free(entries);
    free(fresh);
    return AGL_OK;
}

/* Texts as consecutive ids: the first text gets 0, the next new one 1, ... Open addressing over one text
 * pool; grows by doubling, memory linear in the distinct texts. */
#ifndef AGL_BASE_INTERN_H
#define AGL_BASE_INTERN_H

#include "agglo/base.h"

typedef struct agl_intern {
    int32_t n;  /* distinct texts */
    char *pool; /* the texts, each zero-terminated */
    size_t pool_used, pool_capacity;
    size_t *start; /* n: where text i begins in the pool */
    size_t start_capacity;
    int32_t *slot; /* 1 + id, 0 = empty */
    size_t slots;  /* a power of two */
    size_t last_length;
    int32_t last; /* 1 + id of the text asked for last: files repeat keys in runs */
} agl_intern;

/** 64-bit hash of bytes, eight a step; all bits are good. */
uint64_t agl__hash_bytes(const void *bytes, size_t length);
/** Mixes a number into a hash. */
uint64_t agl__hash_mix(uint64_t hash, uint64_t value);

/** Id of the text of that length, added when new; -1 when memory is exhausted. */
int32_t agl__intern_add(agl_intern *map, const char *text, size_t length);
/** Id of the text, -1 when it is not there. */
int32_t agl__intern_find(const agl_intern *map, const char *text, size_t length);
/** The text of an id; valid until the next add. */
static inline const char *agl__intern_text(const agl_intern *map, int32_t id) {
    return map->pool + map->start[id];
}
void agl__intern_free(agl_intern *map);

#endif

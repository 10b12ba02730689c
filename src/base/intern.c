#include "base/intern.h"
#include "base/mem.h"

#include <string.h>

uint64_t agl__hash_mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0xD6E8FEB86659FD93u;
    hash ^= hash >> 32;
    hash *= 0xD6E8FEB86659FD93u;
    return hash ^ hash >> 32;
}

uint64_t agl__hash_bytes(const void *bytes, size_t length) {
    const unsigned char *b = bytes;
    uint64_t hash = 0xCBF29CE484222325u ^ length, word = 0;
    for (; length >= 8; b += 8, length -= 8) {
        memcpy(&word, b, 8);
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, b, length);
    return agl__hash_mix(hash, word);
}

/* The slot that holds the text, or the empty one where it belongs. */
static size_t find_slot(const agl_intern *map, const char *text, size_t length) {
    size_t at = (size_t)agl__hash_bytes(text, length) & (map->slots - 1);
    while (map->slot[at]) {
        const char *held = agl__intern_text(map, map->slot[at] - 1);
        if (strncmp(held, text, length) == 0 && held[length] == '\0') break;
        at = (at + 1) & (map->slots - 1);
    }
    return at;
}

static bool grow_slots(agl_intern *map) {
    size_t slots = map->slots ? 2 * map->slots : 64;
    int32_t *slot = AGL_NEW(int32_t, slots);
    if (!slot) return false;
    free(map->slot);
    map->slot = slot;
    map->slots = slots;
    for (int32_t id = 0; id < map->n; id++) {
        const char *text = agl__intern_text(map, id);
        map->slot[find_slot(map, text, strlen(text))] = id + 1;
    }
    return true;
}

static bool append(agl_intern *map, const char *text, size_t length) {
    char *pool = agl__grow(map->pool, &map->pool_capacity, map->pool_used + length + 1, 1);
    if (!pool) return false;
    map->pool = pool;
    size_t *start = agl__grow(map->start, &map->start_capacity, (size_t)map->n + 1, sizeof *start);
    if (!start) return false;
    map->start = start;
    start[map->n] = map->pool_used;
    if (length) memcpy(pool + map->pool_used, text, length);
    pool[map->pool_used + length] = '\0';
    map->pool_used += length + 1;
    return true;
}

int32_t agl__intern_add(agl_intern *map, const char *text, size_t length) {
    if (map->last && map->last_length == length &&
        memcmp(agl__intern_text(map, map->last - 1), text, length) == 0)
        return map->last - 1;
    if (2 * ((size_t)map->n + 1) > map->slots && !grow_slots(map)) return -1;
    size_t at = find_slot(map, text, length);
    if (!map->slot[at]) {
        if (map->n == INT32_MAX || !append(map, text, length)) return -1;
        map->slot[at] = ++map->n;
    }
    map->last = map->slot[at];
    map->last_length = length;
    return map->last - 1;
}

int32_t agl__intern_find(const agl_intern *map, const char *text, size_t length) {
    if (map->slots == 0) return -1;
    return map->slot[find_slot(map, text, length)] - 1;
}

void agl__intern_free(agl_intern *map) {
    free(map->pool);
    free(map->start);
    free(map->slot);
    *map = (agl_intern){0};
}

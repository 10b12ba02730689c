/* Which polygons touch: every vertex (queen) or edge (rook) gets a number by hashing, and regions that hold
 * the same number are neighbours. */
#include "base/intern.h"
#include "base/mem.h"
#include "kernel/measure/spatial_weights.h"

#include <math.h>
#include <string.h>

/* Numbers for pairs of 64-bit keys, chained by the hash of the key. */
typedef struct numbers {
    size_t n, slots; /* slots: a power of two */
    int32_t *head;   /* 1 + number, 0 = empty */
    int32_t *next;   /* 1 + number of the next in the chain */
    uint64_t *a, *b; /* the key of each number */
} numbers;

static bool numbers_new(numbers *t, size_t most) {
    *t = (numbers){.slots = 16};
    while (t->slots < 2 * most)
        t->slots *= 2;
    t->head = AGL_NEW(int32_t, t->slots);
    t->next = AGL_NEW(int32_t, most);
    t->a = AGL_NEW(uint64_t, most);
    t->b = AGL_NEW(uint64_t, most);
    return t->head && t->next && t->a && t->b;
}

static void numbers_free(numbers *t) {
    free(t->head);
    free(t->next);
    free(t->a);
    free(t->b);
}

static size_t slot_of(const numbers *t, uint64_t a, uint64_t b) {
    return agl__hash_mix(agl__hash_mix(0, a), b) & (t->slots - 1);
}

static int32_t number_add(numbers *t, uint64_t a, uint64_t b) {
    size_t slot = slot_of(t, a, b);
    t->a[t->n] = a;
    t->b[t->n] = b;
    t->next[t->n] = t->head[slot];
    t->head[slot] = (int32_t)t->n + 1;
    return (int32_t)t->n++;
}

static int32_t number_of(numbers *t, uint64_t a, uint64_t b) {
    for (int32_t k = t->head[slot_of(t, a, b)]; k > 0; k = t->next[k - 1])
        if (t->a[k - 1] == a && t->b[k - 1] == b) return k - 1;
    return number_add(t, a, b);
}

static uint64_t bits_of(double x) {
    uint64_t bits;
    x += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/** With a snap distance a vertex joins the first one within reach, which lies in one of the nine cells of
 * that size around it. The cell is the key; several vertices may share it. x[k], y[k] place number k. */
static int32_t snapped(numbers *t, double *px, double *py, double x, double y, double snap) {
    int64_t cx = (int64_t)floor(x / snap), cy = (int64_t)floor(y / snap);
    int32_t best = -1;
    for (int64_t dx = -1; dx <= 1; dx++)
        for (int64_t dy = -1; dy <= 1; dy++) {
            uint64_t a = (uint64_t)(cx + dx), b = (uint64_t)(cy + dy);
            for (int32_t k = t->head[slot_of(t, a, b)]; k > 0; k = t->next[k - 1]) {
                bool here = t->a[k - 1] == a && t->b[k - 1] == b;
                if (here && hypot(px[k - 1] - x, py[k - 1] - y) <= snap && (best < 0 || k - 1 < best))
                    best = k - 1;
            }
        }
    if (best >= 0) return best;
    best = number_add(t, (uint64_t)cx, (uint64_t)cy);
    px[best] = x;
    py[best] = y;
    return best;
}

/** vertex[v]: the number of each vertex's place. */
static agl_status number_vertices(int32_t *vertex, const agl_outlines *o, size_t m, double snap,
                                  agl_error *err) {
    numbers t;
    double *px = snap > 0 ? AGL_NEW(double, m) : NULL, *py = snap > 0 ? AGL_NEW(double, m) : NULL;
    bool ok = numbers_new(&t, m) && (snap <= 0 || (px && py));
    for (size_t v = 0; v < m && ok; v++)
        vertex[v] = snap > 0 ? snapped(&t, px, py, o->x[v], o->y[v], snap)
                             : number_of(&t, bits_of(o->x[v]), bits_of(o->y[v]));
    numbers_free(&t);
    free(px);
    free(py);
    return ok ? AGL_OK : agl_fail_memory(err);
}

/** edge[v]: the number of the edge from vertex v to the next of its ring, -1 for an edge without length. */
static agl_status number_edges(int32_t *edge, const int32_t *vertex, const agl_outlines *o, size_t m,
                               agl_error *err) {
    numbers t;
    bool ok = numbers_new(&t, m);
    for (size_t r = 0; r < o->n_rings && ok; r++)
        for (size_t v = o->first[r]; v < o->first[r + 1]; v++) {
            size_t w = v + 1 < o->first[r + 1] ? v + 1 : o->first[r];
            uint64_t a = (uint64_t)vertex[v], b = (uint64_t)vertex[w];
            edge[v] = a == b ? -1 : number_of(&t, a < b ? a : b, a < b ? b : a);
        }
    numbers_free(&t);
    return ok ? AGL_OK : agl_fail_memory(err);
}

/** The holders of each number: member[start[k] .. start[k+1]-1], a region as often as its rings hold it. */
typedef struct holders {
    size_t n, *start;
    int32_t *member;
} holders;

static bool collect(holders *h, const int32_t *number, const agl_outlines *o, size_t m) {
    int32_t most = -1;
    for (size_t v = 0; v < m; v++)
        if (number[v] > most) most = number[v];
    h->n = (size_t)(most + 1);
    h->start = AGL_NEW(size_t, h->n + 2);
    h->member = AGL_NEW(int32_t, m);
    if (!h->start || !h->member) return false;
    for (size_t v = 0; v < m; v++)
        if (number[v] >= 0) h->start[number[v] + 2]++;
    for (size_t k = 2; k < h->n + 2; k++)
        h->start[k] += h->start[k - 1];
    for (size_t r = 0; r < o->n_rings; r++)
        for (size_t v = o->first[r]; v < o->first[r + 1]; v++)
            if (number[v] >= 0) h->member[h->start[number[v] + 1]++] = o->owner[r];
    return true;
}

/** Pairs of different regions that hold the same number, with repetitions; returns their number. */
static size_t list_pairs(uint64_t *pairs, const holders *h, size_t n) {
    size_t count = 0;
    for (size_t k = 0; k < h->n; k++)
        for (size_t p = h->start[k]; p < h->start[k + 1]; p++)
            for (size_t q = h->start[k]; q < h->start[k + 1]; q++) {
                if (h->member[p] == h->member[q]) continue;
                if (pairs) pairs[count] = (uint64_t)h->member[p] * n + (uint64_t)h->member[q];
                count++;
            }
    return count;
}

static agl_status link_holders(agl_spatial_weights *out, const holders *h, size_t n, agl_error *err) {
    size_t m = list_pairs(NULL, h, n), kept = 0;
    uint64_t *pairs = AGL_NEW(uint64_t, m);
    int32_t *source = AGL_NEW(int32_t, m), *target = AGL_NEW(int32_t, m);
    numbers seen = {0};
    agl_status status = AGL_OK;
    if (!pairs || !source || !target || m > INT32_MAX || !numbers_new(&seen, m)) {
        status = m > INT32_MAX ? agl_fail(err, AGL_EDATA, "too many polygons share the same vertices")
                               : agl_fail_memory(err);
        goto out;
    }
    list_pairs(pairs, h, n);
    for (size_t k = 0; k < m; k++) { /* each pair once */
        size_t before = seen.n;
        number_of(&seen, pairs[k], 0);
        if (seen.n == before) continue;
        source[kept] = (int32_t)(pairs[k] / n);
        target[kept++] = (int32_t)(pairs[k] % n);
    }
    status = agl_spatial_weights_pairs(out, n, source, target, NULL, kept, err);
out:
    numbers_free(&seen);
    free(pairs);
    free(source);
    free(target);
    return status;
}

static agl_status check_vertices(const agl_outlines *o, size_t m, double snap, agl_error *err) {
    if (m >= INT32_MAX) return agl_fail(err, AGL_EDATA, "the outlines have more than 2^31 vertices");
    if (!(snap >= 0)) return agl_fail(err, AGL_EUSAGE, "the snap distance is not negative");
    double farthest = snap > 0 ? snap * 1e15 : INFINITY; /* cells are numbered in 64 bits */
    for (size_t v = 0; v < m; v++)
        if (!isfinite(o->x[v]) || !isfinite(o->y[v]) || fmax(fabs(o->x[v]), fabs(o->y[v])) > farthest)
            return agl_fail(err, AGL_EDATA, "vertex %zu of the outlines cannot be used: (%g, %g)", v, o->x[v],
                            o->y[v]);
    return AGL_OK;
}

agl_status agl_spatial_weights_touching(agl_spatial_weights *out, const agl_outlines *o, bool rook,
                                        double snap, agl_error *err) {
    *out = (agl_spatial_weights){0};
    size_t m = o->n_rings ? o->first[o->n_rings] : 0;
    agl_status status = check_vertices(o, m, snap, err);
    if (status != AGL_OK) return status;
    holders h = {0};
    int32_t *vertex = AGL_NEW(int32_t, m), *edge = rook ? AGL_NEW(int32_t, m) : NULL;
    status = vertex && (edge || !rook) ? number_vertices(vertex, o, m, snap, err) : agl_fail_memory(err);
    if (status == AGL_OK && rook) status = number_edges(edge, vertex, o, m, err);
    if (status == AGL_OK && !collect(&h, rook ? edge : vertex, o, m)) status = agl_fail_memory(err);
    if (status == AGL_OK) status = link_holders(out, &h, o->n, err);
    free(vertex);
    free(edge);
    free(h.start);
    free(h.member);
    return status;
}

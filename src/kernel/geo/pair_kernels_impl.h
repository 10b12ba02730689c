/* Source of the three variants of pair_kernels.h; the including file defines AGL_PAIRS_NAME and
 * AGL_PAIRS_TEXT. Distances of a run of points go to a small buffer first: that loop vectorises; the counting
 * that follows cannot. */
#include "kernel/geo/pair_kernels.h"

#include <math.h>
#include <stdbool.h>

enum { RUN = 256 };

static inline size_t run_end(size_t j, size_t end) { return end - j < RUN ? end : j + RUN; }

/* t = min(trunc(chord * scale), limit) */
static inline void chords(int32_t *restrict t, const double p[3], agl_xyz b, size_t j0, size_t j1,
                          double scale, double limit) {
    const double *restrict x = b.x + j0, *restrict y = b.y + j0, *restrict z = b.z + j0;
    for (size_t k = 0; k < j1 - j0; k++) {
        double dx = p[0] - x[k], dy = p[1] - y[k], dz = p[2] - z[k];
        double c = sqrt(dx * dx + dy * dy + dz * dz) * scale;
        t[k] = (int32_t)(c < limit ? c : limit);
    }
}

static inline void chords_f(int32_t *restrict t, const float p[3], agl_xyzf b, size_t j0, size_t j1,
                            float scale, float offset, float limit) {
    const float *restrict x = b.x + j0, *restrict y = b.y + j0, *restrict z = b.z + j0;
    for (size_t k = 0; k < j1 - j0; k++) {
        float dx = p[0] - x[k], dy = p[1] - y[k], dz = p[2] - z[k];
        float c = sqrtf(dx * dx + dy * dy + dz * dz) * scale + offset;
        c = c < limit ? c : limit;
        t[k] = (int32_t)(c > 0 ? c : 0);
    }
}

static void packed(uint64_t *hist, size_t bins, double scale, agl_xyz a, size_t i0, size_t i1, agl_xyz b,
                   size_t j0, size_t j1, int triangle) {
    const uint32_t mask = (1u << AGL_FRACTION_BITS) - 1;
    const double limit = (double)(bins << AGL_FRACTION_BITS);
    uint64_t *way[AGL_PACKED_WAYS];
    for (size_t w = 0; w < AGL_PACKED_WAYS; w++)
        way[w] = hist + w * (bins + 1);
    int32_t t[RUN];
    for (size_t i = i0; i < i1; i++) {
        const double p[3] = {a.x[i], a.y[i], a.z[i]};
        size_t end = triangle ? i : j1;
        for (size_t j = j0, stop; j < end; j = stop) {
            stop = run_end(j, end);
            chords(t, p, b, j, stop, scale, limit);
            for (size_t k = 0; k < stop - j; k++) {
                uint32_t at = (uint32_t)t[k];
                way[k % AGL_PACKED_WAYS][at >> AGL_FRACTION_BITS] += (1ull << AGL_COUNT_SHIFT) + (at & mask);
            }
        }
    }
}

static void count(uint32_t *hist, size_t bins, float scale, float offset, agl_xyzf a, size_t i0, size_t i1,
                  agl_xyzf b, size_t j0, size_t j1, int triangle) {
    uint32_t *way[AGL_PAIR_WAYS];
    for (size_t w = 0; w < AGL_PAIR_WAYS; w++)
        way[w] = hist + w * (bins + 1);
    int32_t t[RUN];
    for (size_t i = i0; i < i1; i++) {
        const float p[3] = {a.x[i], a.y[i], a.z[i]};
        size_t end = triangle ? i : j1;
        for (size_t j = j0, stop; j < end; j = stop) {
            stop = run_end(j, end);
            chords_f(t, p, b, j, stop, scale, offset, (float)bins);
            for (size_t k = 0; k < stop - j; k++)
                way[k % AGL_PAIR_WAYS][t[k]]++;
        }
    }
}

static void weigh(double *hist, size_t bins, float scale, float offset, agl_xyzf a, const float *wa,
                  size_t i0, size_t i1, agl_xyzf b, const float *wb, size_t j0, size_t j1, int triangle) {
    double *way[AGL_PAIR_WAYS];
    for (size_t w = 0; w < AGL_PAIR_WAYS; w++)
        way[w] = hist + w * (bins + 1);
    int32_t t[RUN];
    for (size_t i = i0; i < i1; i++) {
        const float p[3] = {a.x[i], a.y[i], a.z[i]};
        const double wi = (double)wa[i];
        size_t end = triangle ? i : j1;
        for (size_t j = j0, stop; j < end; j = stop) {
            stop = run_end(j, end);
            chords_f(t, p, b, j, stop, scale, offset, (float)bins);
            for (size_t k = 0; k < stop - j; k++)
                way[k % AGL_PAIR_WAYS][t[k]] += wi * (double)wb[j + k];
        }
    }
}

/* Vectors as wide as a register: gcc takes wider ones apart into single numbers. */
#ifdef __AVX2__
enum { VECTOR_BYTES = 32 };
#else
enum { VECTOR_BYTES = 16 };
#endif
enum { FLOATS = VECTOR_BYTES / 4, DOUBLES = VECTOR_BYTES / 8 };
typedef float floats __attribute__((vector_size(VECTOR_BYTES), aligned(4)));
typedef int32_t bits
    __attribute__((vector_size(VECTOR_BYTES))); /* of a lane: all ones for true, 0 for false */
typedef double lanes __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t masks __attribute__((vector_size(VECTOR_BYTES)));

static inline bool any(const bits *b) {
    union {
        bits lanes;
        uint64_t words[VECTOR_BYTES / 8];
    } u = {*b};
    uint64_t all = 0;
    for (int k = 0; k < VECTOR_BYTES / 8; k++)
        all |= u.words[k];
    return all != 0;
}

static inline uint32_t count_true(const bits *sum) {
    int32_t n = 0;
    for (int k = 0; k < FLOATS; k++)
        n -= (*sum)[k];
    return (uint32_t)n;
}

/* Leaves are short: counts stay in lanes until the end, where a loop that the compiler vectorises would spend
 * more on adding up lanes point by point than on the pairs (measured: 1.7 times the time). */
static void compare(agl_compared *out, uint32_t *which, const agl_limits *limits, agl_xyzf a, size_t i0,
                    size_t i1, agl_xyzf b, size_t j0, size_t j1, int triangle) {
    const agl_limits l = *limits;
    bits nearer = {0}, inside = {0}, lane = {0};
    for (int k = 0; k < FLOATS; k++)
        lane[k] = k;
    uint32_t n = 0;
    for (size_t i = i0; i < i1; i++) {
        int32_t m = (int32_t)((triangle ? i : j1) - j0);
        bits open = {0}, undecided[AGL_COMPARE_RUN / FLOATS];
        for (int32_t k = 0; k < m; k += FLOATS) {
            floats dx = a.x[i] - *(const floats *)(b.x + j0 + k),
                   dy = a.y[i] - *(const floats *)(b.y + j0 + k),
                   dz = a.z[i] - *(const floats *)(b.z + j0 + k), c2 = dx * dx + dy * dy + dz * dz;
            bits valid = lane < m - k, near = (c2 < l.low2) & valid,
                 in = (c2 >= l.inner_low2) & (c2 <= l.inner_high2) & valid;
            undecided[k / FLOATS] = (c2 <= l.high2) & valid & ~near & ~in;
            nearer += near;
            inside += in;
            open |= undecided[k / FLOATS];
        }
        if (!any(&open)) continue;
        for (int32_t k = 0; k < m; k++)
            if (undecided[k / FLOATS][k % FLOATS]) which[n++] = (uint32_t)(i - i0) << 16 | (uint32_t)k;
    }
    *out = (agl_compared){count_true(&nearer), count_true(&inside), n};
}

/* Distances from p to a run of points, padded to a multiple of eight with infinity. */
static inline size_t distances(double *restrict d, const double p[3], agl_xyz b, size_t j0, size_t j1,
                               int sphere) {
    const double *restrict x = b.x + j0, *restrict y = b.y + j0, *restrict z = b.z + j0;
    size_t m = j1 - j0, padded = (m + 7) / 8 * 8;
    for (size_t k = 0; k < m; k++) {
        double dx = p[0] - x[k], dy = p[1] - y[k], dz = p[2] - z[k];
        d[k] = sqrt(dx * dx + dy * dy + dz * dz);
    }
    for (size_t k = 0; sphere && k < m; k++)
        d[k] = agl__arc_series(d[k]);
    for (size_t k = m; k < padded; k++)
        d[k] = INFINITY;
    return padded;
}

/* Eight partial sums, so that the order of additions is the same for every width of the registers. */
enum { SUMS = 8, VECTORS = SUMS / DOUBLES };

static void spread(agl_spread *out, double limit, double origin, int sphere, agl_xyz a, size_t i0, size_t i1,
                   agl_xyz b, size_t j0, size_t j1, int triangle) {
    union {
        double each[RUN];
        lanes vector[RUN / DOUBLES];
    } d;
    lanes sum[VECTORS] = {{0}}, squares[VECTORS] = {{0}};
    masks count[VECTORS] = {{0}};
    for (size_t i = i0; i < i1; i++) {
        const double p[3] = {a.x[i], a.y[i], a.z[i]};
        size_t end = triangle ? i : j1;
        for (size_t j = j0, stop; j < end; j = stop) {
            stop = run_end(j, end);
            size_t m = distances(d.each, p, b, j, stop, sphere) / DOUBLES;
            for (size_t k = 0; k < m; k += VECTORS)
                for (size_t v = 0; v < VECTORS; v++) {
                    masks in = d.vector[k + v] <= limit; /* all ones, or 0 */
                    lanes g = (lanes)((masks)(d.vector[k + v] - origin) & in);
                    count[v] -= in;
                    sum[v] += g;
                    squares[v] += g * g;
                }
        }
    }
    for (size_t k = 0; k < SUMS; k++) {
        out->count += (double)count[k / DOUBLES][k % DOUBLES];
        out->sum += sum[k / DOUBLES][k % DOUBLES];
        out->squares += squares[k / DOUBLES][k % DOUBLES];
    }
}

const agl_pair_kernels AGL_PAIRS_NAME = {AGL_PAIRS_TEXT, packed, count, weigh, compare, spread};

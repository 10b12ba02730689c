/* Compiled once for each instruction set: define AGL__TILES and include. */
#include "kernel/measure/tiles.h"

#include <string.h>

typedef double eight __attribute__((vector_size(64), aligned(8), may_alias));

static void together(double *c, const uint64_t *one, const uint64_t *others, size_t words, size_t n) {
    for (size_t k = 0; k < n; k++) {
        const uint64_t *other = others + k * words;
        int common = 0;
        for (size_t w = 0; w < words; w++)
            common += __builtin_popcountll(one[w] & other[w]);
        c[k] = common;
    }
}

static void add(double *sum, const double *const *row, size_t rows, size_t n) {
    size_t r = 0;
    for (; r + 4 <= rows; r += 4) {
        const double *a = row[r], *b = row[r + 1], *c = row[r + 2], *d = row[r + 3];
        for (size_t k = 0; k < n; k++)
            sum[k] = (((sum[k] + a[k]) + b[k]) + c[k]) + d[k];
    }
    for (; r < rows; r++)
        for (size_t k = 0; k < n; k++)
            sum[k] += row[r][k];
}

static void add_weighted(double *sum, const double *const *row, const double *weight, size_t rows, size_t n) {
    size_t r = 0;
    for (; r + 4 <= rows; r += 4) {
        const double *a = row[r], *b = row[r + 1], *c = row[r + 2], *d = row[r + 3];
        double wa = weight[r], wb = weight[r + 1], wc = weight[r + 2], wd = weight[r + 3];
        for (size_t k = 0; k < n; k++)
            sum[k] = (((sum[k] + wa * a[k]) + wb * b[k]) + wc * c[k]) + wd * d[k];
    }
    for (; r < rows; r++)
        for (size_t k = 0; k < n; k++)
            sum[k] += weight[r] * row[r][k];
}

static void products(double *c, const double *a, const double *b, size_t depth) {
    eight s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0};
    for (size_t k = 0; k < depth; k++) {
        eight x = *(const eight *)(b + k * AGL__TILE_COLS);
        const double *y = a + k * AGL__TILE_ROWS;
        s0 += y[0] * x;
        s1 += y[1] * x;
        s2 += y[2] * x;
        s3 += y[3] * x;
        s4 += y[4] * x;
        s5 += y[5] * x;
    }
    const eight all[AGL__TILE_ROWS] = {s0, s1, s2, s3, s4, s5};
    memcpy(c, all, sizeof all);
}

const agl__tiles AGL__TILES = {together, add, add_weighted, products};

/* Compiled once for each instruction set: define AGL__TILES and include. */
#include "kernel/measure/tiles.h"

/* Four numbers: with eight the compiler leaves the registers. `four_at` is the same anywhere in memory. */
typedef double four __attribute__((vector_size(32)));
typedef double four_at __attribute__((vector_size(32), aligned(8), may_alias));

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

#define ROW(i)                                                                                               \
    do {                                                                                                     \
        l##i += y[i] * left;                                                                                 \
        r##i += y[i] * right;                                                                                \
    } while (0)
#define OPEN(i)                                                                                              \
    four l##i = *(const four_at *)(c + (i)*AGL__TILE_COLS),                                                  \
         r##i = *(const four_at *)(c + (i)*AGL__TILE_COLS + 4)
#define CLOSE(i)                                                                                             \
    do {                                                                                                     \
        *(four_at *)(c + (i)*AGL__TILE_COLS) = l##i;                                                         \
        *(four_at *)(c + (i)*AGL__TILE_COLS + 4) = r##i;                                                     \
    } while (0)

/* The twelve sums stay in registers: an array would be kept in memory. */
static void products(double *c, const double *a, const double *b, size_t depth) {
    OPEN(0);
    OPEN(1);
    OPEN(2);
    OPEN(3);
    OPEN(4);
    OPEN(5);
    for (size_t k = 0; k < depth; k++) {
        four left = *(const four_at *)(b + k * AGL__TILE_COLS),
             right = *(const four_at *)(b + k * AGL__TILE_COLS + 4);
        const double *y = a + k * AGL__TILE_ROWS;
        ROW(0);
        ROW(1);
        ROW(2);
        ROW(3);
        ROW(4);
        ROW(5);
    }
    CLOSE(0);
    CLOSE(1);
    CLOSE(2);
    CLOSE(3);
    CLOSE(4);
    CLOSE(5);
}

const agl__tiles AGL__TILES = {together, add, add_weighted, products};

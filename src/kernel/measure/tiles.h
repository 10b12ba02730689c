/* Inner loops over all pairs of industries, compiled for several instruction sets. Every sum runs over its
 * terms in one order and nothing is fused, so the bits do not depend on the instruction set. A BLAS was
 * weighed: its sums depend on its threads, its thread count is a setting of the whole process, and the matrix
 * of pairs (200 MB for 5000 industries) would have to be written and read. */
#ifndef AGL_KERNEL_MEASURE_TILES_H
#define AGL_KERNEL_MEASURE_TILES_H

#include <stddef.h>
#include <stdint.h>

enum { AGL__TILE_ROWS = 6, AGL__TILE_COLS = 8 };

typedef struct agl__tiles {
    /** c[k] = number of bits that `one` and others[k] have in common; each has `words` words. */
    void (*together)(double *c, const uint64_t *one, const uint64_t *others, size_t words, size_t n);
    /** sum[k] += row[0][k] + ... one row after the other, for k < n. */
    void (*add)(double *sum, const double *const *row, size_t rows, size_t n);
    /** sum[k] += weight[0] row[0][k] + ... */
    void (*add_weighted)(double *sum, const double *const *row, const double *weight, size_t rows, size_t n);
    /** c[6][8] += sum_k a[k][6]' b[k][8], k < depth. Fastest when b stands on a multiple of 64 bytes. */
    void (*products)(double *c, const double *a, const double *b, size_t depth);
} agl__tiles;

extern const agl__tiles agl__tiles_plain, agl__tiles_avx2, agl__tiles_avx512;

/** The best for this processor; level 0, 1, 2 asks for plain, AVX2, AVX-512 (NULL when it has not). */
const agl__tiles *agl__tiles_best(void);
const agl__tiles *agl__tiles_for(int level);

#endif

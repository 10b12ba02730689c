/* The body of the kernels of permutation.h: AGL__DRAW_KERNEL names the function. GCC's vectors of the width
 * of the instruction set, a lane a round; only the product of 32-bit numbers is spelled out, because
 * compilers take three products for it otherwise. (Plain loops over 16 lanes were weighed: they are unrolled
 * before they can become vectors. Vectors wider than the instruction set are taken apart lane by lane.) Every
 * step is exact or done lane by lane in the same order, so results do not depend on the processor. */
#include "kernel/measure/permutation.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define WIDTH 64
#elif defined(__AVX2__)
#define WIDTH 32
#else
#define WIDTH 16
#endif
#define LANES AGL__DRAW_LANES

typedef uint32_t lanes __attribute__((vector_size(WIDTH)));
typedef int32_t signed_lanes __attribute__((vector_size(WIDTH)));
typedef uint64_t wide_lanes __attribute__((vector_size(WIDTH)));

/** Products of the even lanes of a with m, 64 bits each. */
static inline wide_lanes even_products(lanes a, uint32_t m) {
#if defined(__AVX512F__)
    return (wide_lanes)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(m));
#elif defined(__AVX2__)
    return (wide_lanes)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(m));
#else
    wide_lanes product = {(uint64_t)a[0] * m, (uint64_t)a[2] * m};
    return product;
#endif
}

/** High and low halves of a * m in each lane. */
static inline void multiply(lanes *high, lanes *low, lanes a, uint32_t m) {
    wide_lanes even = even_products(a, m), odd = even_products((lanes)((wide_lanes)a >> 32), m);
    *low = (lanes)((even & 0xFFFFFFFFu) | (odd << 32));
    *high = (lanes)((even >> 32) | (odd & 0xFFFFFFFF00000000u));
}

/** Four words a lane: Philox4x32-10 (Salmon et al. 2011) of the counter {block, 0, first + lane, unit}. */
static inline void philox(lanes out[4], uint32_t block, uint32_t first, uint32_t unit, uint64_t seed) {
    lanes a = (lanes){0} + block, b = {0}, c, d = (lanes){0} + unit;
    for (uint32_t l = 0; l < WIDTH / 4; l++)
        c[l] = first + l;
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        lanes high_a, low_a, high_c, low_c;
        multiply(&high_a, &low_a, a, 0xD2511F53u);
        multiply(&high_c, &low_c, c, 0xCD9E8D57u);
        a = high_c ^ b ^ key0;
        b = low_c;
        c = high_a ^ d ^ key1;
        d = low_a;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    out[0] = d; /* base/rng.h hands the words of a block out from the last to the first */
    out[1] = c;
    out[2] = b;
    out[3] = a;
}

/** Turns the number of a choice left into the region, and puts it among the d + 1 taken ones, in order. */
static inline signed_lanes take(signed_lanes *taken, uint32_t d, lanes choice) {
    signed_lanes region = (signed_lanes)choice;
    for (uint32_t t = 0; t <= d; t++)
        region -= taken[t] <= region; /* a true comparison is -1 */
    signed_lanes carry = region;
    for (uint32_t t = 0; t <= d; t++) {
        signed_lanes swap = (taken[t] ^ carry) & (taken[t] > carry);
        taken[t] ^= swap;
        carry ^= swap;
    }
    taken[d + 1] = carry;
    return region;
}

void AGL__DRAW_KERNEL(double lag[LANES], double geary[LANES], const agl__draw_site *s, uint32_t first_round) {
    signed_lanes taken[AGL__DRAW_MOST + 1];
    lanes words[4], choice, unused;
    double zi = s->z[s->site];
    for (uint32_t first = 0; first < LANES; first += WIDTH / 4) {
        double sum[WIDTH / 4] = {0}, square[WIDTH / 4] = {0};
        taken[0] = (signed_lanes){0} + (int32_t)s->site;
        for (uint32_t d = 0; d < s->k; d++) {
            if (d % 4 == 0) philox(words, d / 4, first_round + first, s->site, s->seed);
            multiply(&choice, &unused, words[d % 4], s->n - 1 - d);
            signed_lanes region = take(taken, d, choice);
            double w = s->weight[d];
            for (int l = 0; l < WIDTH / 4; l++) {
                double z = s->z[region[l]], gap = zi - z;
                sum[l] += w * z;
                square[l] += w * (gap * gap);
            }
        }
        for (uint32_t l = 0; l < WIDTH / 4; l++) {
            lag[first + l] = sum[l];
            geary[first + l] = square[l];
        }
    }
}
